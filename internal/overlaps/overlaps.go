// Package overlaps finds which of many ranges overlap a given one.
package overlaps

import (
	"iter"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/internal/cidrorder"
)

// An Index finds which of many ranges overlap a given one, in time that grows with the logarithm of their number.
// The zero Index holds none.
type Index struct {
	sorted  []indexed // by cidrorder.Compare, so that what lies in a range follows it
	lengths []int     // prefix lengths that occur, ascending
}

// An indexed range has its number in the list that the index was made of.
type indexed struct {
	netip.Prefix
	at int
}

// New returns the index of ps, canonical prefixes of any family.
func New(ps iter.Seq2[int, netip.Prefix]) *Index {
	x := &Index{}
	var has [129]bool
	for i, p := range ps {
		if p.IsValid() {
			x.sorted = append(x.sorted, indexed{p, i})
			has[p.Bits()] = true
		}
	}
	slices.SortStableFunc(x.sorted, func(a, b indexed) int { return cidrorder.Compare(a.Prefix, b.Prefix) })
	for n, ok := range has {
		if ok {
			x.lengths = append(x.lengths, n)
		}
	}
	return x
}

// Overlapping returns the numbers of the ranges that overlap p: those that contain it, the largest first, then those in
// it, by address.
func (x *Index) Overlapping(p netip.Prefix) iter.Seq[int] {
	return func(yield func(int) bool) {
		find := func(q netip.Prefix) int {
			i, _ := slices.BinarySearchFunc(x.sorted, q, func(e indexed, q netip.Prefix) int { return cidrorder.Compare(e.Prefix, q) })
			return i
		}
		for _, n := range x.lengths {
			if n >= p.Bits() {
				break
			}
			q := netip.PrefixFrom(p.Addr(), n).Masked()
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

// First returns the number of the first range that overlaps p, -1 if none does.
func (x *Index) First(p netip.Prefix) int {
	for i := range x.Overlapping(p) {
		return i
	}
	return -1
}

// Contained reports whether another range than that of number i contains p, one that is equal to it only if it comes
// before.
func (x *Index) Contained(p netip.Prefix, i int) bool {
	for j := range x.Overlapping(p) {
		// What contains p comes first, then p itself, in the order of the list.
		return j != i
	}
	return false
}
