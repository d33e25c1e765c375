package netdist

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
)

// errOrder is the error of a range whose last address lies before its first, or is of the other family.
var errOrder = errors.New("the last address lies before the first, or is of the other family")

// A form says how a value is written.
type form struct {
	// dash takes "first-last", dots takes "first..last" (kube-ovn).
	dash, dots bool
	// hostLen takes a third part, "10.128.0.0/14/23": the prefix length of a node's part (OVN-Kubernetes).
	hostLen bool
	// bare takes an address without length, as the range of that address.
	bare bool
}

// parse reads one range. block is 0 where the text names none.
func (fm form) parse(text string) (ps []netip.Prefix, block int, err error) {
	if fm.hostLen {
		if head, tail, ok := cutLast(text, "/"); ok && strings.Contains(head, "/") {
			n, err := strconv.ParseUint(tail, 10, 8)
			if err != nil {
				_, err := cidr.ParseLenient(text)
				return nil, 0, err
			}
			text, block = head, int(n)
		}
	}
	p, err := cidr.ParseLenient(text)
	if err == nil {
		return []netip.Prefix{p}, block, nil
	}
	for _, sep := range []string{"-", ".."} {
		if sep == "-" && !fm.dash || sep == ".." && !fm.dots {
			continue
		}
		first, last, ok := strings.Cut(text, sep)
		if !ok {
			continue
		}
		// Whereabouts writes the length behind the last address.
		last, _, _ = strings.Cut(last, "/")
		a, err1 := netip.ParseAddr(strings.TrimSpace(first))
		b, err2 := netip.ParseAddr(strings.TrimSpace(last))
		if err1 != nil || err2 != nil {
			return nil, 0, err
		}
		r := netipx.IPRangeFrom(a, b)
		if !r.IsValid() {
			return nil, 0, errOrder
		}
		return r.Prefixes(), 0, nil
	}
	if fm.bare {
		if a, err := netip.ParseAddr(text); err == nil {
			a = a.WithZone("")
			return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, 0, nil
		}
	}
	return nil, 0, err
}

// cutLast is strings.Cut at the last sep.
func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// isTemplate reports whether text is filled in before anybody reads it: {{ }}, ${X}, $(X), $X, <x>, [[ ]], __X__, %X%.
func isTemplate(text string) bool {
	if strings.Contains(text, "{{") || strings.Contains(text, "[[") || strings.Contains(text, "{%") {
		return true
	}
	if strings.ContainsAny(text, "$<>") {
		return true
	}
	return strings.HasPrefix(text, "__") && strings.HasSuffix(text, "__") ||
		strings.HasPrefix(text, "%") && strings.HasSuffix(text, "%") && len(text) > 1 ||
		strings.HasPrefix(text, "@") && strings.HasSuffix(text, "@") && len(text) > 1
}

// An element is one element of a list in a text.
type element struct {
	text string
	off  int
}

// elements cuts text at the separators; blanks around an element are removed, empty ones left out.
func elements(text, seps string) []element {
	var out []element
	start := 0
	add := func(end int) {
		t := text[start:end]
		trimmed := strings.TrimLeft(t, " \t\r\n")
		off := start + len(t) - len(trimmed)
		if trimmed = strings.TrimRight(trimmed, " \t\r\n"); trimmed != "" {
			out = append(out, element{trimmed, off})
		}
	}
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(seps, text[i]) >= 0 {
			add(i)
			start = i + 1
		}
	}
	add(len(text))
	return out
}

// release returns a version that a tag or a label names, without v and what follows the numbers: "v3.26.1-eksbuild.1"
// is 3.26.1.
func release(tag string) string {
	t := strings.TrimPrefix(strings.TrimSpace(tag), "v")
	end, dots := 0, 0
	for end < len(t) && (t[end] >= '0' && t[end] <= '9' || t[end] == '.') {
		if t[end] == '.' {
			dots++
		}
		end++
	}
	t = strings.TrimRight(t[:end], ".")
	if dots == 0 || t == "" || t[0] == '.' || len(t) > 20 {
		return ""
	}
	return t
}
