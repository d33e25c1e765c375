// Package words holds the small texts that several packages write: counts, lists of names and of prefixes, and what may stand in a line.
package words

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/cidr"
)

// Plural returns "1 node", "1,024 nodes".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Commas(n) + " " + noun + "s"
}

// Commas returns n with a comma between groups of three digits: "1,024".
func Commas(n int) string {
	if n < 0 {
		return "-" + cidr.FormatCount(-uint64(n))
	}
	return cidr.FormatCount(uint64(n))
}

// Times says how often: "not even once", "twice", "3 times".
func Times(n int) string {
	switch n {
	case 0:
		return "not even once"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// JoinPrefixes returns ps as a list with commas, as flags take it.
func JoinPrefixes(ps []netip.Prefix) string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// NameList joins names, the first few spelled out: "a, b and c", "a, b, c, d, e and 12 more".
func NameList(names []string) string {
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return names[0]
	case n <= Shown:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names[:Shown], ", ") + " and " + strconv.Itoa(len(names)-Shown) + " more"
}

func Texts(prefixes []netip.Prefix) []string {
	out := make([]string, len(prefixes))
	for i, p := range prefixes {
		out[i] = p.String()
	}
	return out
}

func CompareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// IsDNSSubdomain reports whether s has the form of dnsSubdomain.
func IsDNSSubdomain(s string) bool {
	alnum := func(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || !alnum(label[0]) || !alnum(label[len(label)-1]) {
			return false
		}
		for i := range len(label) {
			if !alnum(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

// Printable returns s with line breaks, control characters, marks that turn the direction of writing and invalid UTF-8
// replaced, so that a name from a request file cannot change the layout of a document or drive a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' ||
			r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return '?'
		}
		return r
	}, s)
}

// IsControl reports whether r is a control character above ASCII, or a mark that no text needs.
func IsControl(r rune) bool {
	return r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

// Shown is how many names a message spells out; the rest is counted.
const Shown = 5
