package cidr

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
)

// Overlaps returns the pairs of prefixes in ps that have an address in common, as their indices i < j, each pair once. The
// order of the pairs depends on ps alone: by the lower-lying or larger prefix.
//
// Two prefixes overlap as [netip.Prefix.Overlaps] has it: equal ones do, host bits are ignored, an invalid prefix overlaps
// nothing, and IPv4 and IPv6 are apart, so that a list may hold both. An IPv4-mapped prefix is IPv6.
//
// It takes O(n log n) time plus the number of pairs, which may be as large as n(n-1)/2. The sequence can be ranged over more
// than once and does the work each time.
func Overlaps(ps []netip.Prefix) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		_ = overlapsOf(ps, true, yield) && overlapsOf(ps, false, yield)
	}
}

type span struct {
	key  u128
	bits int
	i    int
}

func overlapsOf(ps []netip.Prefix, is4 bool, yield func(int, int) bool) bool {
	var spans []span
	for i, p := range ps {
		if p.IsValid() && p.Addr().Is4() == is4 {
			spans = append(spans, span{keyOf(p.Addr()).masked(p.Bits()), p.Bits(), i})
		}
	}
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(a.key.compare(b.key), a.bits-b.bits, a.i-b.i)
	})
	var open []span // those that contain the current one, outermost first
	for _, s := range spans {
		for len(open) > 0 {
			if o := open[len(open)-1]; o.key == s.key.masked(o.bits) {
				break
			}
			open = open[:len(open)-1]
		}
		for _, o := range open {
			if !yield(min(o.i, s.i), max(o.i, s.i)) {
				return false
			}
		}
		open = append(open, s)
	}
	return true
}
