package draw

import (
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// The size of a grid: 2^gridMin to 2^gridBits cells, as many as it takes to draw each use by whole cells, in rows of gridColumns. So a /8
// that holds a /24 shows its /16s, a /24 that holds two /26 its /28s.
const (
	gridMin     = 4
	gridBits    = 8
	gridColumns = 64
	gridTicks   = 4 // labels on the axis above a grid, at most
)

// maxZooms is how many crowded cells get a map of their own. Their numbers take one digit.
const maxZooms = 9

// A grid is an area drawn as equal cells, row by row: a map in exact proportion. Text and picture draw the same one.
type grid struct {
	Prefix   netip.Prefix // what is drawn: the area, or the part of it that holds the plan's ranges
	CellBits int          // prefix length of a cell
	Cells    []gridCell
	Number   int // of the cell that this grid enlarges; 0 for that of an area
}

// A gridCell is one cell of a grid.
type gridCell struct {
	Kind   SegmentKind  // what it is for; SegmentFree for a cell without any use
	Role   fact.Role    // for SegmentUsed and SegmentGrowth
	Name   string       // for SegmentReserved, and for roles that the plan names; "" where several meet
	Full   bool         // the whole cell is used so
	Shared bool         // several uses meet in it; Kind and Role are those of a range of the plan, if one is among them
	Many   bool         // several ranges of Role meet in it
	Of     netip.Prefix // for SegmentUsed: the range of the plan, invalid where several meet, or others lie within it
	Roles  roleSet      // of all ranges of the plan in it
	Zoom   int          // number of the grid that enlarges it, 0 for none
}

// A roleSet is a set of roles, a bit for each in the order of mapRoles.
type roleSet uint8

// mapRoles returns the roles in the order in which a plan lists them.
func mapRoles() []fact.Role {
	return []fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods, roleNamed}
}

// roleNamed stands on a map for all roles that a plan names itself.
const roleNamed fact.Role = "named"

// isNamed reports whether a role is one that the plan names itself.
func isNamed(r fact.Role) bool {
	switch r {
	case "", fact.RoleHosts, fact.RoleServices, fact.RolePods, fact.RoleReserved:
		return false
	}
	return true
}

// mapRole returns the role as a map draws it.
func mapRole(r fact.Role) fact.Role {
	if isNamed(r) {
		return roleNamed
	}
	return r
}

func roleSetOf(r fact.Role) roleSet {
	if i := slices.Index(mapRoles(), r); i >= 0 {
		return 1 << i
	}
	return 0
}

// String names the roles with commas between.
func (s roleSet) String() string {
	var names []string
	for i, r := range mapRoles() {
		if s&(1<<i) != 0 {
			names = append(names, string(r))
		}
	}
	return strings.Join(names, ", ")
}

// shownRole returns the role with the name that the plan gives it, where one range of such a role is in the cell.
func (c gridCell) shownRole() fact.Role {
	if c.Role == roleNamed && c.Name != "" {
		return fact.Role(c.Name)
	}
	return c.Role
}

// crowded reports whether several uses, or several ranges of the plan, meet in the cell, so that it shows none of them.
func (c gridCell) crowded() bool { return c.Kind == SegmentUsed && (c.Shared || c.Many) }

// gridsOf returns the grids of each area: its own, then one for each crowded cell in any of them, up to maxZooms in all.
func gridsOf(areas []Area) [][]grid {
	out := make([][]grid, len(areas))
	zooms := 0
	for i, a := range areas {
		grids := []grid{a.grid()}
		for k := 0; k < len(grids); k++ { // grows while cells of the enlarged maps are crowded
			g := grids[k]
			split, err := cidr.NewSplit(g.Prefix, g.CellBits)
			for c := range g.Cells {
				if err != nil || zooms == maxZooms || !g.Cells[c].crowded() {
					continue
				}
				zooms++
				g.Cells[c].Zoom = zooms
				cell := a.cut(split.At(uint64(c)))
				z := cell.gridIn(cell.extent(SegmentUsed, SegmentReserved))
				z.Number = zooms
				grids = append(grids, z)
			}
		}
		out[i] = grids
	}
	return out
}

// cut returns the part of the area that lies in p.
func (a Area) cut(p netip.Prefix) Area {
	out := Area{Prefix: p, Outside: a.Outside}
	last := cidr.Last(p)
	for _, s := range a.Segments {
		if s.Last.Less(p.Addr()) || last.Less(s.First) {
			continue
		}
		if s.First.Less(p.Addr()) || last.Less(s.Last) {
			if s.First.Less(p.Addr()) {
				s.First = p.Addr()
			}
			if last.Less(s.Last) {
				s.Last = last
			}
			s.Prefix, _ = netipx.IPRangeFrom(s.First, s.Last).Prefix()
		}
		out.Segments = append(out.Segments, s)
	}
	return out
}

// grid returns the area as cells. Where all ranges of the plan would share a single cell, the smallest part of the
// area that holds them is drawn instead.
func (a Area) grid() grid {
	in := a.extent(SegmentUsed, SegmentGrowth)
	if in.Bits() < a.Prefix.Bits()+gridBits { // -1 where there is none
		in = a.Prefix
	}
	return a.gridIn(in)
}

// gridIn returns the part p of the area as cells.
func (a Area) gridIn(p netip.Prefix) grid {
	part := a.cut(p)
	g := grid{Prefix: p, CellBits: part.cellBits()}
	split, err := cidr.NewSplit(g.Prefix, g.CellBits)
	if err != nil {
		return g // cannot be: the prefix is canonical and the length in range
	}
	g.Cells = make([]gridCell, split.Len())
	for i := range g.Cells {
		g.Cells[i].Kind = SegmentFree
	}
	for _, s := range part.Segments {
		if s.Kind == SegmentFree {
			continue
		}
		i, _ := split.Index(s.First)
		j, _ := split.Index(s.Last)
		for k := i; k <= j; k++ {
			cell := split.At(k)
			full := !cell.Addr().Less(s.First) && !s.Last.Less(netipx.PrefixLastIP(cell))
			g.Cells[k] = g.Cells[k].with(s, full)
		}
	}
	return g
}

// cellBits returns the prefix length of the largest cells that draw each segment whole, within the size of a grid.
func (a Area) cellBits() int {
	n := a.Prefix.Bits() + gridMin
	for _, s := range a.Segments { // they lie end to end: where one ends, the next begins
		if s.First != a.Prefix.Addr() {
			n = max(n, alignedBits(s.First))
		}
	}
	return min(n, a.Prefix.Bits()+gridBits, a.Prefix.Addr().BitLen())
}

// alignedBits returns the length of the largest prefix that begins at addr.
func alignedBits(addr netip.Addr) int {
	raw := addr.AsSlice()
	for i := len(raw) - 1; i >= 0; i-- {
		if raw[i] != 0 {
			return 8*(i+1) - bits.TrailingZeros8(raw[i])
		}
	}
	return 0
}

// with returns the cell with one more use.
func (c gridCell) with(s Segment, full bool) gridCell {
	one := gridCell{Kind: s.Kind, Role: mapRole(s.Role), Name: s.Name}
	if isNamed(s.Role) {
		one.Name = string(s.Role)
	}
	if s.Kind == SegmentUsed {
		one.Of, one.Roles = s.Prefix, roleSetOf(one.Role)
	}
	switch {
	case c.Kind == SegmentFree:
		one.Full = full
		return one
	case s.Kind == SegmentGrowth:
		return c // growth beside a range needs no mark of its own
	case c.Kind == SegmentGrowth:
		return one
	case c.Kind == s.Kind && c.Role == one.Role:
		// Many reservations are still only that.
		if c.Name != one.Name {
			c.Name = ""
		}
		c.Many, c.Of = c.Kind == SegmentUsed, netip.Prefix{}
		return c
	case c.Kind == SegmentReserved:
		c = one
	case s.Kind == SegmentUsed:
		c.Of = netip.Prefix{}
	}
	c.Roles |= one.Roles
	c.Shared = true
	return c
}

// extent returns the smallest prefix that holds all segments of these kinds in the area, the zero Prefix where there is none.
func (a Area) extent(kinds ...SegmentKind) netip.Prefix {
	var p netip.Prefix
	for _, s := range a.Segments {
		if !slices.Contains(kinds, s.Kind) {
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

// title says what a grid of an area shows.
func (g grid) title(a Area) string {
	title := fmt.Sprintf("%v, each cell a /%d", a.Prefix, g.CellBits)
	switch {
	case g.Number > 0:
		title = fmt.Sprintf("%d: %v enlarged, each cell a /%d", g.Number, g.Prefix, g.CellBits)
	case g.Prefix != a.Prefix:
		title = fmt.Sprintf("%v, of which %v is drawn, each cell a /%d", a.Prefix, g.Prefix, g.CellBits)
	}
	if a.Outside {
		title += ", outside of the space to draw from"
	}
	return title
}

// columns returns how many cells a row has.
func (g grid) columns() int { return min(gridColumns, len(g.Cells)) }

// A tick is a label of the axis above a grid.
type tick struct {
	Column int
	Label  string // what to add to the address at the left of a row: "+0.16.0.0"
}

// ticks returns the axis of a grid whose cells have room for perCell letters each, none where not even two labels fit.
// Only the last one may be longer than its room.
func (g grid) ticks(perCell float64) []tick {
	base := netip.IPv4Unspecified()
	if g.Prefix.Addr().Is6() {
		base = netip.IPv6Unspecified()
	}
	offsets, err := cidr.NewSplit(netip.PrefixFrom(base, max(0, g.CellBits-gridBits)), g.CellBits)
	if err != nil {
		return nil
	}
	for step := max(1, g.columns()/gridTicks); step < g.columns(); step *= 2 {
		ts, fit := []tick{{0, "+0"}}, float64(len("+0")+1) <= float64(step)*perCell
		for c := step; c < g.columns(); c += step {
			ts = append(ts, tick{c, "+" + offsets.At(uint64(c)).Addr().String()})
			fit = fit && (c+step >= g.columns() || float64(len(ts[len(ts)-1].Label)+2) <= float64(step)*perCell)
		}
		if fit {
			return ts
		}
	}
	return nil
}
