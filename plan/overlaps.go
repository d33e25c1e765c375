package plan

import (
	"iter"
	"net/netip"
	"slices"
)

// An overlapIndex finds which of many ranges overlap a given one, in time that grows with the logarithm of their number.
type overlapIndex struct {
	sorted  []indexed // by netip.Prefix.Compare, so that what lies in a range follows it
	lengths []int     // prefix lengths that occur, ascending
}

// An indexed range has its number in the list that the index was made of.
type indexed struct {
	netip.Prefix
	at int
}

// newOverlapIndex returns the index of ps, canonical prefixes of any family.
func newOverlapIndex(ps iter.Seq2[int, netip.Prefix]) *overlapIndex {
	x := &overlapIndex{}
	var has [129]bool
	for i, p := range ps {
		if p.IsValid() {
			x.sorted = append(x.sorted, indexed{p, i})
			has[p.Bits()] = true
		}
	}
	slices.SortStableFunc(x.sorted, func(a, b indexed) int { return a.Compare(b.Prefix) })
	for n, ok := range has {
		if ok {
			x.lengths = append(x.lengths, n)
		}
	}
	return x
}

// overlapping returns the numbers of the ranges that overlap p: those that contain it, the largest first, then those in it, by address.
func (x *overlapIndex) overlapping(p netip.Prefix) iter.Seq[int] {
	return func(yield func(int) bool) {
		find := func(q netip.Prefix) int {
			i, _ := slices.BinarySearchFunc(x.sorted, q, func(e indexed, q netip.Prefix) int { return e.Compare(q) })
			return i
		}
		for _, n := range x.lengths {
			if n >= p.Bits() {
				break
			}
			q := supernet(p, n)
			for i := find(q); i < len(x.sorted) && x.sorted[i].Prefix == q; i++ {
				if !yield(x.sorted[i].at) {
					return
				}
			}
		}
		if !p.IsValid() {
			return
		}
		for i := find(p); i < len(x.sorted) && p.Contains(x.sorted[i].Addr()); i++ {
			if !yield(x.sorted[i].at) {
				return
			}
		}
	}
}

// first returns the number of the first range that overlaps p, -1 if none does.
func (x *overlapIndex) first(p netip.Prefix) int {
	for i := range x.overlapping(p) {
		return i
	}
	return -1
}

// contained reports whether another range than that of number i contains p, one that is equal to it only if it comes before.
func (x *overlapIndex) contained(p netip.Prefix, i int) bool {
	for j := range x.overlapping(p) {
		// What contains p comes first, then p itself, in the order of the list.
		return j != i
	}
	return false
}
