package check

import (
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// masked returns p without host bits, and the invalid Prefix for one that is invalid or IPv4-mapped.
func masked(p netip.Prefix) netip.Prefix {
	if !p.IsValid() || p.Addr().Is4In6() {
		return netip.Prefix{}
	}
	return p.Masked()
}

// maskedPrefixes returns the masked prefixes of s, invalid ones left out, in the order of the source.
func maskedPrefixes(s *fact.Statement) []netip.Prefix {
	if s == nil {
		return nil
	}
	var ps []netip.Prefix
	for _, p := range s.Prefixes {
		if p = masked(p); p.IsValid() {
			ps = append(ps, p)
		}
	}
	return ps
}

// withinAny reports whether one of qs holds p.
func withinAny(qs []held, p netip.Prefix) bool {
	return slices.ContainsFunc(qs, func(q held) bool { return cidr.Contains(q.p, p) })
}

// ofFamily returns those of hs that are of family f.
func ofFamily(hs []held, f fact.Family) []held {
	var out []held
	for _, h := range hs {
		if fact.FamilyOf(h.p) == f {
			out = append(out, h)
		}
	}
	return out
}

// distinctHeld returns one of each masked prefix of hs, first come.
func distinctHeld(hs []held) []held {
	var out []held
	known := make(map[netip.Prefix]bool, len(hs))
	for _, h := range hs {
		if !known[h.p] {
			known[h.p] = true
			out = append(out, h)
		}
	}
	return out
}
