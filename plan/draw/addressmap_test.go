package draw

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plangen"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
)

// slowUse is the judge of Map: what one address is for, found by looking at everything.
func slowUse(p *plan.Plan, a netip.Addr) Segment {
	for _, r := range p.Ranges {
		if r.Prefix.Contains(a) {
			return Segment{Kind: SegmentUsed, Role: r.Role}
		}
	}
	best := Segment{Kind: SegmentFree}
	bits := -1
	for _, r := range p.Request.Avoid {
		if r.Prefix.Contains(a) && r.Prefix.Bits() >= bits { // of equal ones the last
			best, bits = Segment{Kind: SegmentReserved, Name: r.Name}, r.Prefix.Bits()
		}
	}
	if bits >= 0 {
		return best
	}
	for _, r := range p.Ranges {
		if r.Grow.Contains(a) {
			return Segment{Kind: SegmentGrowth, Role: r.Role}
		}
	}
	return best
}

// drawSmallPlan draws a plan of disjoint ranges, as New makes them, in a few hundred addresses at an end or in the middle of the
// address space, with reservations anywhere.
func drawSmallPlan(t *rapid.T) *plan.Plan {
	base := cidr.MustParse(rapid.SampledFrom([]string{"10.0.0.0/24", "0.0.0.0/24", "255.255.255.0/24", "fd00::/120",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120", "10.0.0.0/22", "10.0.0.128/27", "10.0.0.7/32"}).Draw(t, "within"))
	sub := func(label string, within netip.Prefix) netip.Prefix {
		bits := rapid.IntRange(within.Bits(), within.Addr().BitLen()).Draw(t, label+" bits")
		split, err := cidr.NewSplit(within, bits)
		if err != nil {
			t.Fatalf("NewSplit(%v, %d): %v", within, bits, err)
		}
		return split.At(rapid.Uint64Range(0, split.Len()-1).Draw(t, label))
	}
	p := &plan.Plan{Families: []fact.Family{fact.FamilyOf(base)}, Request: plan.Request{Within: []netip.Prefix{base}}}
	for _, role := range []fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods} {
		grow := sub(string(role)+" growth", base)
		free := true
		for _, r := range p.Ranges {
			free = free && !r.Grow.Overlaps(grow)
		}
		if free {
			p.Ranges = append(p.Ranges, plan.Range{Role: role, Prefix: sub(string(role), grow), Grow: grow})
		}
	}
	around, _ := cidr.Parent(base)
	for i := range rapid.IntRange(0, 8).Draw(t, "reservations") {
		p.Request.Avoid = append(p.Request.Avoid, fact.Reservation{Prefix: sub("reserved", around), Name: string(rune('a' + i))})
	}
	return p
}

// sameUse reports whether a segment has the use that the judge found.
func sameUse(got, want Segment) bool {
	return got.Kind == want.Kind && got.Role == want.Role && got.Name == want.Name
}

func TestMapAgainstEachAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawSmallPlan(t)
		areas := Map(p, p.Families[0])
		if len(areas) != 1 || areas[0].Prefix != p.Request.Within[0] || areas[0].Outside {
			t.Fatalf("Map = %v, want the one block %v", areas, p.Request.Within)
		}
		a := areas[0].Prefix.Addr()
		for i, s := range areas[0].Segments {
			if a != s.First {
				t.Fatalf("segment %d begins at %v, want %v: no gap and no overlap", i, s.First, a)
			}
			for ; a.IsValid() && !s.Last.Less(a); a = a.Next() {
				if want := slowUse(p, a); !sameUse(s, want) {
					t.Fatalf("%v is %+v, want %+v", a, s, want)
				}
			}
			if s.Prefix.IsValid() && (s.Prefix.Addr() != s.First || cidr.Last(s.Prefix) != s.Last) {
				t.Fatalf("segment %v to %v calls itself %v", s.First, s.Last, s.Prefix)
			}
		}
		if end := cidr.Last(areas[0].Prefix).Next(); a != end {
			t.Fatalf("the segments end before %v, want %v", a, end)
		}
	})
}

// A cell is whole if all its addresses have its use; it is shared if addresses of several have one.
func TestGridAgainstEachAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawSmallPlan(t)
		area := Map(p, p.Families[0])[0]
		for _, g := range gridsOf([]Area{area})[0] {
			checkGrid(t, p, area, g)
		}
	})
}

// checkGrid holds each cell of a grid against each of its addresses.
func checkGrid(t *rapid.T, p *plan.Plan, area Area, g grid) {
	if !cidr.Contains(area.Prefix, g.Prefix) {
		t.Fatalf("the grid shows %v, which is not in %v", g.Prefix, area.Prefix)
	}
	split, err := cidr.NewSplit(g.Prefix, g.CellBits)
	if err != nil || split.Len() != uint64(len(g.Cells)) {
		t.Fatalf("%d cells of /%d in %v: %v", len(g.Cells), g.CellBits, g.Prefix, err)
	}
	for i, got := range g.Cells {
		var uses []Segment // without growth and free, each once
		growth, free, all := false, false, true
		var first Segment
		cell := split.At(uint64(i))
		for a := cell.Addr(); a.IsValid() && cell.Contains(a); a = a.Next() {
			u := slowUse(p, a)
			if a == cell.Addr() {
				first = u
			}
			all = all && sameUse(u, first)
			switch u.Kind {
			case SegmentFree:
				free = true
			case SegmentGrowth:
				growth = true
			default:
				// What is reserved by several is still only reserved.
				known := false
				for _, v := range uses {
					known = known || v.Kind == u.Kind && v.Role == u.Role
				}
				if !known {
					uses = append(uses, u)
				}
			}
		}
		want := SegmentFree
		for _, u := range uses {
			if u.Kind == SegmentUsed || want != SegmentUsed {
				want = u.Kind
			}
		}
		if len(uses) == 0 && growth {
			want = SegmentGrowth
		}
		if got.Kind != want || got.Shared != (len(uses) > 1) {
			t.Fatalf("cell %v is %+v, want %s, shared %v", cell, got, want, len(uses) > 1)
		}
		if got.Kind != SegmentFree && got.Full != all {
			t.Fatalf("cell %v is %+v, want full %v (free addresses %v)", cell, got, all, free)
		}
	}
}

// TestGridCells: which part of an area is drawn, and what each cell of it shows.
func TestGridCells(t *testing.T) {
	for _, tt := range []struct {
		name, ranges, grow, avoid string // grow is the room of the last range
		want                      string
	}{
		{"each its cells", "hosts=10.1.0.0/24 services=10.1.64.0/23", "", "vpn=10.1.128.0/24",
			"10.1.0.0/16: 0 used hosts full, 64-65 used services full, 128 reserved vpn full"},
		{"two roles in one cell", "hosts=10.1.0.0/25 services=10.1.0.128/25 pods=10.1.255.0/24", "", "",
			"10.1.0.0/16: 0 used hosts shared, 255 used pods full"},
		{"two ranges of one role in a cell", "hosts=10.1.0.0/26 hosts=10.1.0.128/26 pods=10.1.255.0/24", "", "",
			"10.1.0.0/16: 0 used hosts, 255 used pods full"},
		{"a range at the end of a cell", "hosts=10.1.0.0/24 pods=10.1.1.128/25", "", "",
			"10.1.0.0/16: 0 used hosts full, 1 used pods"},
		{"two reservations in one cell", "hosts=10.1.0.0/24 pods=10.1.9.0/24", "", "a=10.1.3.0/26 b=10.1.3.128/26 c=10.1.4.0/26 c=10.1.4.128/26",
			"10.1.0.0/16: 0 used hosts full, 3 reserved, 4 reserved c, 9 used pods full"},
		{"a reservation before and after a range", "hosts=10.1.0.64/26 pods=10.1.1.0/26", "", "a=10.1.0.0/26 b=10.1.1.128/26",
			"10.1.0.0/16: 0 used hosts shared, 1 used pods shared"},
		{"growth around a range, and a reservation in it", "hosts=10.1.0.0/24 pods=10.1.4.64/26", "10.1.4.0/22", "a=10.1.5.128/26",
			"10.1.0.0/16: 0 used hosts full, 4 used pods, 5 reserved a, 6-7 growth pods full"},
		{"all in one cell", "hosts=10.1.2.0/25 services=10.1.2.128/26", "", "a=10.1.1.0/24 b=10.1.3.0/24",
			"10.1.2.0/24: 0-7 used hosts full, 8-11 used services full"},
		{"all in two cells", "hosts=10.1.2.0/24 services=10.1.3.0/24", "", "",
			"10.1.0.0/16: 2 used hosts full, 3 used services full"},
		{"growth counts", "pods=10.1.2.0/25", "10.1.2.0/23", "",
			"10.1.0.0/16: 2 used pods, 3 growth pods full"},
		{"growth in one cell", "pods=10.1.2.0/26", "10.1.2.0/25", "",
			"10.1.2.0/25: 0-7 used pods full, 8-15 growth pods full"},
		{"no range", "", "", "a=10.1.0.0/24", "10.1.0.0/16: 0 reserved a full"},
		{"nothing at all", "", "", "", "10.1.0.0/16: "},
		{"the whole area", "pods=10.1.0.0/16", "", "", "10.1.0.0/16: 0-15 used pods full"},
		{"cells as large as the ranges allow", "hosts=10.1.0.0/22 services=10.1.64.0/18 pods=10.1.128.0/17", "", "",
			"10.1.0.0/16: 0 used hosts full, 16-31 used services full, 32-63 used pods full"},
		{"neighbours of one role stay two", "hosts=10.1.0.0/24 hosts=10.1.1.0/24", "", "", "10.1.0.0/16: 0 used hosts full, 1 used hosts full"},
	} {
		p := &plan.Plan{Families: []fact.Family{fact.IPv4}, Request: plan.Request{Within: prefixtest.List("10.1.0.0/16")}}
		for _, r := range plangen.Pins(tt.ranges) {
			p.Ranges = append(p.Ranges, plan.Range{Role: r.Role, Prefix: r.Prefix, Grow: r.Prefix})
		}
		if tt.grow != "" {
			p.Ranges[len(p.Ranges)-1].Grow = netip.MustParsePrefix(tt.grow)
		}
		for _, a := range plangen.Pins(tt.avoid) {
			p.Request.Avoid = append(p.Request.Avoid, fact.Reservation{Prefix: a.Prefix, Name: string(a.Role)})
		}
		g := Map(p, fact.IPv4)[0].grid()
		var runs []string
		for i := 0; i < len(g.Cells); {
			c, from := g.Cells[i], i
			for ; i < len(g.Cells) && g.Cells[i] == c; i++ {
			}
			if c == (gridCell{Kind: SegmentFree}) {
				continue
			}
			s := strconv.Itoa(from)
			if i > from+1 {
				s += "-" + strconv.Itoa(i-1)
			}
			for _, w := range []string{string(c.Kind), string(c.Role), c.Name} {
				if w != "" {
					s += " " + w
				}
			}
			if c.Full {
				s += " full"
			}
			if c.Shared {
				s += " shared"
			}
			runs = append(runs, s)
		}
		if got := g.Prefix.String() + ": " + strings.Join(runs, ", "); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// What is seen without a break is one segment, whatever lies below it; two ranges of one role stay two.
func TestMapSegments(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pods  string
		avoid string
		want  string
	}{
		{"a reservation below", "10.1.0.0/17", "10.1.4.0/24", "used 10.1.0.0-10.1.127.255, free 10.1.128.0-10.1.255.255"},
		{"two reservations below", "10.1.128.0/17", "10.1.132.0/24 10.1.200.0/32", "free 10.1.0.0-10.1.127.255, used 10.1.128.0-10.1.255.255"},
		{"a reservation beside", "10.1.0.0/17", "10.1.128.0/24", "used 10.1.0.0-10.1.127.255, reserved 10.1.128.0-10.1.128.255, free 10.1.129.0-10.1.255.255"},
		{"around", "10.1.0.0/17", "10.0.0.0/8", "used 10.1.0.0-10.1.127.255, reserved 10.1.128.0-10.1.255.255"},
		{"neighbours", "10.1.0.0/17 10.1.128.0/17", "10.1.127.0/24", "used 10.1.0.0-10.1.127.255, used 10.1.128.0-10.1.255.255"},
		{"everything", "10.1.0.0/16", "10.1.0.0/16", "used 10.1.0.0-10.1.255.255"},
	} {
		p := &plan.Plan{Families: []fact.Family{fact.IPv4}, Request: plan.Request{Within: prefixtest.List("10.1.0.0/16"), Avoid: plantest.Avoid(tt.avoid)}}
		for _, q := range prefixtest.List(tt.pods) {
			p.Ranges = append(p.Ranges, plan.Range{Role: fact.RolePods, Prefix: q, Grow: q})
		}
		var got []string
		for _, s := range Map(p, fact.IPv4)[0].Segments {
			got = append(got, fmt.Sprintf("%s %v-%v", s.Kind, s.First, s.Last))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestMapAreas(t *testing.T) {
	prefixes := func(s string) []netip.Prefix {
		ps, err := cidr.ParseList(s)
		if err != nil {
			t.Fatal(err)
		}
		return ps
	}
	for _, tt := range []struct {
		name, within, hosts string
		family              fact.Family
		want                string // areas, those outside in brackets
		why                 string
	}{
		{"halves", "10.1.0.0/17,10.1.128.0/17", "10.1.0.0/24", fact.IPv4, "10.1.0.0/16", "neighbours are one block"},
		{"outside", "10.1.0.0/16", "198.51.100.0/24", fact.IPv4, "10.1.0.0/16 [198.51.100.0/24]", "given hosts lie elsewhere"},
		{"around", "10.1.0.0/16", "10.0.0.0/8", fact.IPv4, "10.1.0.0/16 [10.0.0.0/8]", "given hosts hold the block"},
		{"other family", "10.1.0.0/16", "10.1.0.0/24", fact.IPv6, "", "the plan has no IPv6"},
		{"other family within", "10.1.0.0/16,fd00::/48", "10.1.0.0/24", fact.IPv6, "", "the space to draw from has IPv6, the plan has none"},
		{"order", "192.168.0.0/16,10.0.0.0/8", "10.0.0.0/24", fact.IPv4, "10.0.0.0/8 192.168.0.0/16", "by address"},
	} {
		p := &plan.Plan{Families: []fact.Family{fact.IPv4}, Request: plan.Request{Within: prefixes(tt.within)}}
		for _, h := range prefixes(tt.hosts) {
			p.Ranges = append(p.Ranges, plan.Range{Role: fact.RoleHosts, Prefix: h, Grow: h})
		}
		got := ""
		for i, a := range Map(p, tt.family) {
			if i > 0 {
				got += " "
			}
			if a.Outside {
				got += "[" + a.Prefix.String() + "]"
			} else {
				got += a.Prefix.String()
			}
		}
		if got != tt.want {
			t.Errorf("%s: areas %q, want %q: %s", tt.name, got, tt.want, tt.why)
		}
	}
}

// TestZooms: which cells are enlarged, and what the maps of these show.
func TestZooms(t *testing.T) {
	many := ""
	for i := range 12 {
		many += fmt.Sprintf("hosts=10.1.%d.0/26 hosts=10.1.%d.128/26 ", i*9, i*9)
	}
	for _, tt := range []struct{ name, ranges, avoid, want string }{
		{"nothing crowded", "hosts=10.1.0.0/24 pods=10.1.128.0/17", "", "10.1.0.0/16"},
		{"hosts and services in one cell", "hosts=10.1.0.0/25 services=10.1.0.128/25 pods=10.1.128.0/17", "", "10.1.0.0/16 1:10.1.0.0/24"},
		{"the smallest part that holds them", "hosts=10.1.0.64/28 services=10.1.0.80/28 pods=10.1.128.0/17", "", "10.1.0.0/16 1:10.1.0.64/27"},
		{"a range beside a reservation", "hosts=10.1.0.0/26 pods=10.1.128.0/17", "vpn=10.1.0.128/25", "10.1.0.0/16 1:10.1.0.0/24"},
		{"two of one role", "hosts=10.1.0.0/26 hosts=10.1.0.128/26 pods=10.1.128.0/17", "", "10.1.0.0/16 1:10.1.0.0/24"},
		{"reservations alone", "pods=10.1.128.0/17", "a=10.1.0.0/25 b=10.1.0.128/26", "10.1.0.0/16"},
		{"a part of a cell alone", "hosts=10.1.0.0/26 pods=10.1.128.0/17", "", "10.1.0.0/16"},
		{"two cells", "hosts=10.1.3.0/25 services=10.1.3.128/25 hosts=10.1.9.0/25 hosts=10.1.9.128/25 pods=10.1.128.0/17", "", "10.1.0.0/16 1:10.1.3.0/24 2:10.1.9.0/24"},
		{"as many as have a digit", many + "pods=10.1.128.0/17", "", "10.1.0.0/16 1:10.1.0.0/24 2:10.1.9.0/24 3:10.1.18.0/24 4:10.1.27.0/24 5:10.1.36.0/24 6:10.1.45.0/24 7:10.1.54.0/24 8:10.1.63.0/24 9:10.1.72.0/24"},
	} {
		p := &plan.Plan{Families: []fact.Family{fact.IPv4}, Request: plan.Request{Within: prefixtest.List("10.1.0.0/16")}}
		for _, r := range plangen.Pins(tt.ranges) {
			p.Ranges = append(p.Ranges, plan.Range{Role: r.Role, Prefix: r.Prefix, Grow: r.Prefix})
		}
		for _, a := range plangen.Pins(tt.avoid) {
			p.Request.Avoid = append(p.Request.Avoid, fact.Reservation{Prefix: a.Prefix, Name: string(a.Role)})
		}
		var got []string
		for _, g := range gridsOf(Map(p, fact.IPv4))[0] {
			s := g.Prefix.String()
			if g.Number > 0 {
				s = strconv.Itoa(g.Number) + ":" + s
			}
			got = append(got, s)
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestZoomInZoom: a map of a crowded cell whose own cells are crowded is enlarged as well, down to single addresses.
func TestZoomInZoom(t *testing.T) {
	p := &plan.Plan{Families: []fact.Family{fact.IPv6}, Request: plan.Request{Within: prefixtest.List("fd00:1::/32")}}
	for _, r := range plangen.Pins("hosts=fd00:1::/128 hosts=fd00:1::1/128 services=fd00:1:0:1::/112 pods=fd00:1:8000::/33") {
		p.Ranges = append(p.Ranges, plan.Range{Role: r.Role, Prefix: r.Prefix, Grow: r.Prefix})
	}
	grids := gridsOf(Map(p, fact.IPv6))[0]
	for _, r := range p.Ranges {
		drawn := false
		for _, g := range grids {
			for _, c := range g.Cells {
				drawn = drawn || c.Of == r.Prefix
			}
		}
		if !drawn {
			t.Errorf("%v has no cell of its own in %d maps", r.Prefix, len(grids))
		}
	}
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		prefix  string
		bits    int
		perCell float64
		want    string
		why     string
	}{
		{"10.0.0.0/8", 16, 1, "0+0 16+0.16.0.0 32+0.32.0.0 48+0.48.0.0", "the second number counts"},
		{"10.0.0.0/24", 32, 1, "0+0 16+0.0.0.16 32+0.0.0.32 48+0.0.0.48", "single addresses"},
		{"0.0.0.0/0", 8, 1, "0+0 16+16.0.0.0 32+32.0.0.0 48+48.0.0.0", "all of IPv4"},
		{"0.0.0.0/0", 4, 1, "0+0 8+128.0.0.0", "the last label may be longer than its room"},
		{"10.0.0.0/22", 26, 1, "0+0 8+0.0.2.0", "half as many where the letters need it"},
		{"10.0.0.0/22", 26, 7, "0+0 4+0.0.1.0 8+0.0.2.0 12+0.0.3.0", "wider cells"},
		{"10.0.0.0/30", 32, 7, "0+0 2+0.0.0.2", "four cells, with room for two labels"},
		{"10.0.0.0/31", 32, 7, "0+0 1+0.0.0.1", "two cells"},
		{"10.0.0.0/31", 32, 1, "", "two cells of a letter each have no room for a label"},
		{"10.0.0.0/30", 32, 1, "", "nor have four"},
		{"10.0.0.0/29", 32, 1, "0+0 4+0.0.0.4", "eight have"},
		{"10.0.0.0/32", 32, 7, "", "one cell needs no axis"},
		{"fd00::/48", 56, 1, "0+0 16+0:0:0:1000:: 32+0:0:0:2000:: 48+0:0:0:3000::", "IPv6"},
		{"fd00::/104", 112, 1, "0+0 16+::10:0 32+::20:0 48+::30:0", "no dotted form"},
	} {
		g := grid{Prefix: netip.MustParsePrefix(tt.prefix), CellBits: tt.bits, Cells: make([]gridCell, 1<<(tt.bits-netip.MustParsePrefix(tt.prefix).Bits()))}
		var got []string
		for _, x := range g.ticks(tt.perCell) {
			got = append(got, fmt.Sprintf("%d%s", x.Column, x.Label))
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s in /%d, %v letters for a cell: %q, want %q: %s", tt.prefix, tt.bits, tt.perCell, got, tt.want, tt.why)
		}
	}
}
