package plan

import (
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// A SegmentKind says what a part of the address space is to a plan.
type SegmentKind string

const (
	SegmentUsed     SegmentKind = "used"     // a range of the plan; Role says which
	SegmentReserved SegmentKind = "reserved" // to be avoided; Name says who uses it
	SegmentGrowth   SegmentKind = "growth"   // kept free so that the range of Role can grow
	SegmentFree     SegmentKind = "free"
)

// An Area is a block of the address space together with what lies in it.
type Area struct {
	Prefix   netip.Prefix // a block to draw from, or a given range outside of all of them
	Outside  bool         // it is not a block to draw from
	Segments []Segment    // by address, without gaps, from the first to the last address of Prefix
}

// A Segment is a run of addresses of one kind.
type Segment struct {
	First, Last netip.Addr
	Prefix      netip.Prefix // the same as a prefix, invalid where it is none
	Kind        SegmentKind
	Role        Role   // for used and growth
	Name        string // for reserved: who uses it
}

// Map returns the address space of family f as p divides it: the blocks to draw from in the order of their addresses,
// then given ranges that lie outside of them. It is empty for a family that p does not have.
//
// Where ranges of several kinds overlap, a range of the plan comes before what is to be avoided, and that before what is
// kept for growth.
func (p *Plan) Map(f Family) []Area {
	var areas []Area
	var b netipx.IPSetBuilder
	for _, w := range p.Request.Within {
		if FamilyOf(w) == f {
			b.AddPrefix(w)
		}
	}
	space, err := b.IPSet()
	if err != nil || !slices.Contains(p.Families, f) {
		return nil
	}
	for _, w := range space.Prefixes() {
		areas = append(areas, Area{Prefix: w, Segments: p.segments(w)})
	}
	for _, r := range p.Ranges {
		if r.Family() == f && !space.ContainsPrefix(r.Prefix) && !slices.ContainsFunc(areas, func(a Area) bool { return a.Prefix == r.Prefix }) {
			areas = append(areas, Area{Prefix: r.Prefix, Outside: true, Segments: p.segments(r.Prefix)})
		}
	}
	return areas
}

// segments divides area into what is used, reserved, kept and free.
func (p *Plan) segments(area netip.Prefix) []Segment {
	var b netipx.IPSetBuilder
	b.AddPrefix(area)
	var out []Segment
	// take moves what is left of q in area to out.
	take := func(q netip.Prefix, s Segment) {
		left, err := b.IPSet()
		if err != nil || !q.IsValid() || !left.OverlapsPrefix(q) {
			return
		}
		var part netipx.IPSetBuilder
		part.AddPrefix(q)
		part.Intersect(left)
		set, err := part.IPSet()
		if err != nil {
			return
		}
		for _, rg := range set.Ranges() {
			s.First, s.Last = rg.From(), rg.To()
			s.Prefix, _ = rg.Prefix()
			out = append(out, s)
		}
		b.RemovePrefix(q)
	}
	for _, r := range p.Ranges {
		take(r.Prefix, Segment{Kind: SegmentUsed, Role: r.Role})
	}
	for _, a := range p.Request.Avoid {
		take(a.Prefix, Segment{Kind: SegmentReserved, Name: a.Name})
	}
	for _, r := range p.Ranges {
		take(r.Grow, Segment{Kind: SegmentGrowth, Role: r.Role})
	}
	take(area, Segment{Kind: SegmentFree})
	slices.SortFunc(out, func(a, b Segment) int { return a.First.Compare(b.First) })
	return out
}
