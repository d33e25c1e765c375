// Package scalar reads the small texts that stand in the files of kubeadm and in the output of kubectl: addresses,
// ranges and counts, as Kubernetes reads them. Values keep their text and their place.
package scalar

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Prefix reads the text of v as a CIDR; V is the zero Prefix where it is none.
func Prefix(v fact.Value[string]) fact.Value[netip.Prefix] {
	p, _ := cidr.ParseLenient(v.Text)
	return fact.Value[netip.Prefix]{V: p, Text: v.Text, Pos: v.Pos}
}

// ParseAddr reads an address as Kubernetes does: leading zeros are decimal, a zone is refused.
// k8s.io/utils net/parse.go ParseIPSloppy.
func ParseAddr(s string) (netip.Addr, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return a, nil
	}
	p, err := cidr.ParseLenient(s + "/0")
	if err != nil || strings.Contains(s, "/") {
		return netip.Addr{}, fmt.Errorf("%q is no IP address", FirstLine(s, 60))
	}
	return p.Addr(), nil
}

// Addr reads the text of v as an address; V is the zero Addr where it is none.
func Addr(v fact.Value[string]) fact.Value[netip.Addr] {
	a, _ := ParseAddr(v.Text)
	return fact.Value[netip.Addr]{V: a, Text: v.Text, Pos: v.Pos}
}

// Addrs reads addresses with commas between them, each at its own place.
func Addrs(v fact.Value[string]) []fact.Value[netip.Addr] {
	var out []fact.Value[netip.Addr]
	pos := v.Pos
	for e := range strings.SplitSeq(v.V, ",") {
		out = append(out, Addr(fact.Value[string]{V: e, Text: e, Pos: pos}))
		pos.Column += len(e) + 1
	}
	return out
}

// Count reads the text of v as a count; V is 0 and ok false where it is none.
func Count(v fact.Value[string]) (fact.Value[int], bool) {
	n, err := strconv.ParseInt(v.Text, 10, 32)
	return fact.Value[int]{V: int(n), Text: v.Text, Pos: v.Pos}, err == nil && n >= 0
}

// AddrStatement states one address of a host.
func AddrStatement(c fact.Component, host, key string, v fact.Value[netip.Addr]) fact.Statement {
	s := fact.Statement{Component: c, Host: host, Pos: v.Pos, Role: fact.RoleAddress, Key: key, Text: v.Text}
	if v.V.IsValid() {
		s.Addrs = []netip.Addr{v.V}
	} else {
		_, s.Err = ParseAddr(v.Text)
	}
	return s
}

// ParsePrefixes reads a comma-separated list of ranges as the programs do, host bits kept and nothing trimmed. The
// error says what to do about a blank or an empty entry, which look like nothing.
func ParsePrefixes(text string) ([]netip.Prefix, error) {
	ps, err := prefixes(strings.Split(text, ","))
	if err == nil {
		return ps, nil
	}
	var kept []string
	for e := range strings.SplitSeq(text, ",") {
		if e = strings.TrimSpace(e); e != "" {
			kept = append(kept, e)
		}
	}
	if _, err2 := prefixes(kept); err2 == nil && len(kept) > 0 {
		return nil, fmt.Errorf("%q: blanks and empty entries are not allowed in a list of ranges; write %s",
			text, strings.Join(kept, ","))
	}
	return nil, err
}

// OptionalPrefixes reads a list of ranges as [ParsePrefixes] does; none from "".
func OptionalPrefixes(s string) ([]netip.Prefix, error) {
	if s == "" {
		return nil, nil
	}
	return ParsePrefixes(s)
}

func prefixes(entries []string) ([]netip.Prefix, error) {
	var ps []netip.Prefix
	for _, e := range entries {
		p, err := cidr.ParseLenient(e)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// NumError returns err of a function of package strconv in words that no release of Go changes; nil for nil.
func NumError(function, text string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("strconv.%s: parsing %q: value out of range", function, text)
	}
	return fmt.Errorf("strconv.%s: parsing %q: invalid syntax", function, text)
}

// FirstLine returns the first line of s, shortened to at most n bytes.
func FirstLine(s string, n int) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "..."
	}
	return s
}
