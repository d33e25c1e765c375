package draw

import (
	"cmp"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A SegmentKind says what a part of the address space is to a plan. The zero value names no kind.
type SegmentKind string

const (
	SegmentUsed     SegmentKind = "used"     // a range of the plan; Role says which
	SegmentReserved SegmentKind = "reserved" // to be avoided; Name says who uses it
	SegmentGrowth   SegmentKind = "growth"   // kept free so that the range of Role can grow
	SegmentFree     SegmentKind = "free"
)

// An Area is a block of the address space together with what lies in it. The zero value has an invalid block and no
// segments.
type Area struct {
	Prefix   netip.Prefix // a block to draw from, or a given range outside of all of them
	Outside  bool         // it is not a block to draw from
	Segments []Segment    // by address, without gaps, from the first to the last address of Prefix
}

// A Segment is a run of addresses of one kind. The zero value holds no addresses.
type Segment struct {
	First, Last netip.Addr
	Prefix      netip.Prefix // the same as a prefix, invalid where it is none
	Kind        SegmentKind
	Role        fact.Role // for used and growth
	Name        string    // for reserved: who uses it
}

// Map returns the address space of family f as p divides it: the blocks to draw from in the order of their addresses,
// then given ranges that lie outside of them. It is empty for a family that p does not have,
// and for nil.
//
// Where ranges of several kinds overlap, a range of the plan comes before what is to be avoided, and that before what
// is kept for growth. Of several ranges to be avoided, the smallest is told.
func Map(p *plan.Plan, f fact.Family) []Area {
	if p == nil {
		return nil
	}
	var areas []Area
	var b netipx.IPSetBuilder
	for _, w := range p.Request.Within {
		if fact.FamilyOf(w) == f {
			b.AddPrefix(w)
		}
	}
	space, err := b.IPSet()
	if err != nil || !slices.Contains(p.Families, f) {
		return nil
	}
	layers := layersOf(p, f)
	seen := make(map[netip.Prefix]bool)
	for _, w := range space.Prefixes() {
		seen[w] = true
		areas = append(areas, Area{Prefix: w, Segments: layers.segments(w)})
	}
	for _, r := range p.Ranges {
		if r.Family() == f && r.Prefix == r.Prefix.Masked() && !space.ContainsPrefix(r.Prefix) && !seen[r.Prefix] {
			seen[r.Prefix] = true
			areas = append(areas, Area{Prefix: r.Prefix, Outside: true, Segments: layers.segments(r.Prefix)})
		}
	}
	return areas
}

// A layer is a prefix with its use, on a map that is drawn in layers.
type layer struct {
	netip.Prefix
	bits int // length of the prefix, which is cut to the area
	rank int // the higher one is seen where two overlap; of two with the same rank, the smaller prefix
	use  Segment
	of   netip.Prefix // range of the plan that it belongs to: two ranges stay two segments
}

// Layers are all of a family, by prefix, rank and length.
type layers []layer

func layersOf(p *plan.Plan, f fact.Family) layers {
	var out layers
	add := func(q netip.Prefix, rank int, use Segment, of netip.Prefix) {
		if q.IsValid() && fact.FamilyOf(q) == f {
			out = append(out, layer{q.Masked(), q.Bits(), rank, use, of})
		}
	}
	for _, r := range p.Ranges {
		add(r.Grow, 1, Segment{Kind: SegmentGrowth, Role: r.Role}, r.Prefix)
		add(r.Prefix, 3, Segment{Kind: SegmentUsed, Role: r.Role}, r.Prefix)
	}
	for _, a := range p.Request.Avoid {
		add(a.Prefix, 2, Segment{Kind: SegmentReserved, Name: a.Name}, netip.Prefix{})
	}
	slices.SortStableFunc(out, compareLayers)
	return out
}

func compareLayers(a, b layer) int {
	return cmp.Or(cidrorder.Compare(a.Prefix, b.Prefix), cmp.Compare(a.rank, b.rank), cmp.Compare(a.bits, b.bits))
}

// in returns the layers that meet area, cut to it, in their order.
func (ls layers) in(area netip.Prefix) layers {
	find := func(q netip.Prefix) int {
		i, _ := slices.BinarySearchFunc(ls, q, func(l layer, q netip.Prefix) int { return cidrorder.Compare(l.Prefix, q) })
		return i
	}
	out := layers{{area, 0, 0, Segment{Kind: SegmentFree}, netip.Prefix{}}}
	for n := range area.Bits() { // those around it
		q := netip.PrefixFrom(area.Addr(), n).Masked()
		for i := find(q); i < len(ls) && ls[i].Prefix == q; i++ {
			l := ls[i]
			l.Prefix = area
			out = append(out, l)
		}
	}
	from := find(area)
	to := from
	for ; to < len(ls) && area.Contains(ls[to].Addr()); to++ {
		if ls[to].Prefix != area {
			break
		}
		out = append(out, ls[to])
	}
	slices.SortStableFunc(out, compareLayers)
	for ; to < len(ls) && area.Contains(ls[to].Addr()); to++ {
		out = append(out, ls[to])
	}
	return out
}

// segments divides area into what is used, reserved, kept and free, in O(log n + m) for n layers of which m meet it.
func (ls layers) segments(area netip.Prefix) []Segment {
	// Prefixes nest or are disjoint, and in this order each comes after those that contain it. So the open ones are a
	// stack, and what is seen is known when one is put on it.
	type open struct {
		last netip.Addr
		seen layer
	}
	var (
		out   []Segment
		of    netip.Prefix // range that the last segment belongs to
		stack []open
		next  = area.Addr() // first address that no segment holds yet; invalid beyond the last of all
	)
	emit := func(seen layer, last netip.Addr) {
		if !next.IsValid() || last.Less(next) {
			return
		}
		s := seen.use
		s.First, s.Last = next, last
		if n := len(out) - 1; n >= 0 && out[n].Kind == s.Kind && out[n].Role == s.Role && out[n].Name == s.Name && of == seen.of {
			out[n].Last = last
		} else {
			out = append(out, s)
		}
		of, next = seen.of, last.Next()
	}
	closeBefore := func(q netip.Prefix) {
		for n := len(stack) - 1; n >= 0 && (!q.IsValid() || stack[n].last.Less(q.Addr())); n-- {
			emit(stack[n].seen, stack[n].last)
			stack = stack[:n]
		}
	}
	for _, l := range ls.in(area) {
		closeBefore(l.Prefix)
		seen := l
		if n := len(stack) - 1; n >= 0 {
			if next.Less(l.Addr()) {
				emit(stack[n].seen, l.Addr().Prev())
			}
			if stack[n].seen.rank > l.rank {
				seen = stack[n].seen
			}
		}
		stack = append(stack, open{cidr.Last(l.Prefix), seen})
	}
	closeBefore(netip.Prefix{})
	for i := range out {
		out[i].Prefix, _ = netipx.IPRangeFrom(out[i].First, out[i].Last).Prefix()
	}
	return out
}
