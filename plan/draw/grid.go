package draw

import (
	"net/netip"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// The size of a grid: 2^gridBits cells in rows of gridColumns. So a /8 shows its /16s, a /16 its /24s, a /48 its /56s.
const (
	gridBits    = 8
	gridColumns = 64
)

// A grid is an area drawn as equal cells, row by row: a map in exact proportion. Text and picture draw the same one.
type grid struct {
	Prefix   netip.Prefix // what is drawn: the area, or the part of it that holds the plan's ranges
	CellBits int          // prefix length of a cell
	Cells    []gridCell
}

// A gridCell is one cell of a grid.
type gridCell struct {
	Kind   SegmentKind // what it is for; SegmentFree for a cell without any use
	Role   fact.Role   // for SegmentUsed and SegmentGrowth
	Name   string      // for SegmentReserved; "" where several meet
	Full   bool        // the whole cell is used so
	Shared bool        // several uses meet in it; Kind and Role are those of a range of the plan, if one is among them
}

// grid returns the area as cells. Where all ranges of the plan would share a single cell, the smallest part of the
// area that holds them is drawn instead.
func (a Area) grid() grid {
	g := grid{Prefix: a.Prefix}
	if in := a.extent(); in.Bits() >= a.Prefix.Bits()+gridBits { // -1 where there is none
		g.Prefix = in
	}
	g.CellBits = min(g.Prefix.Bits()+gridBits, g.Prefix.Addr().BitLen())
	split, err := cidr.NewSplit(g.Prefix, g.CellBits)
	if err != nil {
		return g // cannot be: the prefix is canonical and the length in range
	}
	g.Cells = make([]gridCell, split.Len())
	for i := range g.Cells {
		g.Cells[i].Kind = SegmentFree
	}
	last := netipx.PrefixLastIP(g.Prefix)
	for _, s := range a.Segments {
		if s.Kind == SegmentFree || s.Last.Less(g.Prefix.Addr()) || last.Less(s.First) {
			continue
		}
		from, to := s.First, s.Last
		if from.Less(g.Prefix.Addr()) {
			from = g.Prefix.Addr()
		}
		if last.Less(to) {
			to = last
		}
		i, _ := split.Index(from)
		j, _ := split.Index(to)
		for k := i; k <= j; k++ {
			cell := split.At(k)
			full := !cell.Addr().Less(from) && !to.Less(netipx.PrefixLastIP(cell))
			g.Cells[k] = g.Cells[k].with(s, full)
		}
	}
	return g
}

// with returns the cell with one more use.
func (c gridCell) with(s Segment, full bool) gridCell {
	switch {
	case c.Kind == SegmentFree:
		return gridCell{Kind: s.Kind, Role: s.Role, Name: s.Name, Full: full}
	case s.Kind == SegmentGrowth:
		return c // growth beside a range needs no mark of its own
	case c.Kind == s.Kind && c.Role == s.Role:
		// Many reservations are still only that.
		if c.Name != s.Name {
			c.Name = ""
		}
		return c
	case c.Kind == SegmentGrowth:
		return gridCell{Kind: s.Kind, Role: s.Role, Name: s.Name}
	case c.Kind == SegmentReserved:
		c = gridCell{Kind: s.Kind, Role: s.Role, Name: s.Name}
	}
	c.Shared = true
	return c
}

// extent returns the smallest prefix that holds all ranges of the plan in the area, the zero Prefix where there is none.
func (a Area) extent() netip.Prefix {
	var p netip.Prefix
	for _, s := range a.Segments {
		if s.Kind != SegmentUsed && s.Kind != SegmentGrowth {
			continue
		}
		if !p.IsValid() {
			p = netip.PrefixFrom(s.First, s.First.BitLen())
		}
		for !p.Contains(s.Last) {
			p = netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
		}
	}
	return p
}
