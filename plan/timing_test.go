package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// An interleaving is a state of several workers that allocate at the same time: how far each node has got, and which subnets are
// used. It is the slow twin of [Timing]: every order of single allocations is tried.
type interleaving struct {
	used  [2]uint16 // bit i: subnet i
	next  [2]uint8
	stage [4]uint8 // range that the node allocates from next
	held  [4][2]uint8
	done  [4]bool
}

type explorer struct {
	sizes []int // subnets of each range
	old   bool  // up to 1.30: one node after the other, each tried once
	nodes int
	seen  map[interleaving]bool
	out   map[string]bool
}

// explore tries every step from s, and records who holds what where nothing more can come.
func (e *explorer) explore(s interleaving) {
	if e.old {
		e.exploreOld(s)
		return
	}
	if e.seen[s] {
		return
	}
	e.seen[s] = true
	free := func(f int) bool { return s.used[f] != 1<<e.sizes[f]-1 }
	open := false
	for i := range e.nodes {
		if s.done[i] {
			continue
		}
		stuck := false
		for f := int(s.stage[i]); f < len(e.sizes); f++ {
			stuck = stuck || !free(f)
		}
		open = open || !stuck
	}
	if !open {
		e.record(s)
		return
	}
	for i := range e.nodes {
		if s.done[i] {
			continue
		}
		t := s
		f := int(t.stage[i])
		if !e.take(&t, i, f) {
			t.stage[i], t.held[i] = 0, [2]uint8{} // what earlier ranges gave is lost
			e.explore(t)
			continue
		}
		if t.stage[i]++; int(t.stage[i]) == len(e.sizes) {
			t.done[i] = true
		}
		e.explore(t)
	}
}

const failed = 9 // the stage of a node that was tried

// record notes who holds what.
func (e *explorer) record(s interleaving) {
	var parts []string
	for i := range e.nodes {
		if s.done[i] {
			parts = append(parts, fmt.Sprint(i, s.held[i][:len(e.sizes)]))
		}
	}
	e.out[strings.Join(parts, " ")] = true
}

// take takes the next subnet of range f for node i, and reports whether there was one.
func (e *explorer) take(s *interleaving, i, f int) bool {
	if s.used[f] == 1<<e.sizes[f]-1 {
		return false
	}
	at := int(s.next[f])
	for s.used[f]>>at&1 == 1 {
		at = (at + 1) % e.sizes[f]
	}
	s.used[f] |= 1 << at
	s.next[f] = uint8((at + 1) % e.sizes[f])
	s.held[i][f] = uint8(at)
	return true
}

// exploreOld tries every order of nodes.
func (e *explorer) exploreOld(s interleaving) {
	last := true
	for i := range e.nodes {
		if s.done[i] || s.stage[i] == failed {
			continue
		}
		last = false
		t := s
		t.done[i] = true
		for f := range e.sizes {
			if !e.take(&t, i, f) {
				t.done[i], t.stage[i] = false, failed
				break
			}
		}
		e.exploreOld(t)
	}
	if last {
		e.record(s)
	}
}

// TestTimingInterleavings compares the outcomes of every small burst with those of every order of single allocations.
func TestTimingInterleavings(t *testing.T) {
	check := func(version, nodes int, bits ...int) {
		f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: fmt.Sprintf("10.244.0.0/%d", 24-bits[0])}
		if len(bits) > 1 {
			f.FeatureGates = Gates{"IPv6DualStack": true}
			f.ClusterCIDR += fmt.Sprintf(",fd00::/%d", 64-bits[1])
		}
		c, err := NewController(f, v1(version))
		if err != nil {
			t.Fatal(err)
		}
		e := &explorer{nodes: nodes, old: version < 31, seen: map[interleaving]bool{}, out: map[string]bool{}}
		for _, b := range bits {
			e.sizes = append(e.sizes, 1<<b)
		}
		e.explore(interleaving{})

		names := []string{"n0", "n1", "n2"}[:nodes]
		step := c.Burst(names...)
		key := func(o Outcome) string {
			var parts []string
			for i, n := range names {
				if len(o[n]) == 0 {
					continue
				}
				var at []uint8
				for f, p := range o[n] {
					k, _ := c.sets[f].pool.Split().Index(p.Addr())
					at = append(at, uint8(k))
				}
				parts = append(parts, fmt.Sprint(i, at))
			}
			return strings.Join(parts, " ")
		}
		got := map[string]bool{}
		if step.Timing == nil {
			o := Outcome{}
			for _, n := range step.Assigned {
				for _, s := range n.PodCIDRs {
					o[n.Node] = append(o[n.Node], netip.MustParsePrefix(s))
				}
			}
			got[key(o)] = true
		} else {
			n := int64(0)
			for o := range step.Timing.Outcomes() {
				n++
				got[key(o)] = true
				if !step.Timing.Allows(o) {
					t.Fatalf("%v is an outcome and not allowed", o)
				}
			}
			if int64(len(got)) != n || step.Timing.Count().Int64() != n {
				t.Fatalf("%d outcomes, %d different, Count says %v", n, len(got), step.Timing.Count())
			}
		}
		for o := range e.out {
			if !got[o] {
				t.Errorf("1.%d, %s: %d nodes: %q can come, and the twin does not say so: %+v", version, f.ClusterCIDR, nodes, o, step.Timing)
			}
		}
		for o := range got {
			if !e.out[o] {
				t.Errorf("1.%d, %s: %d nodes: %q cannot come, and the twin says it can: %+v", version, f.ClusterCIDR, nodes, o, step.Timing)
			}
		}
	}
	for _, version := range []int{37, 30} {
		for nodes := 1; nodes <= 3; nodes++ {
			for v4 := range 3 {
				check(version, nodes, v4)
				for v6 := range 3 {
					check(version, nodes, v4, v6)
				}
			}
		}
	}
}

func TestTimingEdges(t *testing.T) {
	p := netip.MustParsePrefix
	tm := &Timing{Nodes: []string{"a", "b"}, Min: 1, Max: 1, Subnets: [][]netip.Prefix{{p("10.0.0.0/24")}, {p("fd00::/64")}}, Skips: []bool{false, false}, Paired: true}
	for _, tt := range []struct {
		o    Outcome
		want bool
	}{
		{Outcome{"a": {p("10.0.0.0/24"), p("fd00::/64")}}, true},
		{Outcome{"a": {p("10.0.0.0/24"), p("fd00::/64")}, "x": {p("10.9.0.0/24")}}, true}, // not one of its nodes
		{Outcome{"a": {p("10.0.0.0/24")}}, false},
		{nil, false},
		{Outcome{"a": {p("10.0.0.0/24"), p("fd00::/64")}, "b": {p("10.0.0.0/24"), p("fd00::/64")}}, false},
	} {
		if got := tm.Allows(tt.o); got != tt.want {
			t.Errorf("Allows(%v) = %v", tt.o, got)
		}
	}
	// The sequence ends when it is told to, and can be ranged over again.
	for range 2 {
		n := 0
		for range tm.Outcomes() {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%d outcomes", n)
		}
	}
	if got := slices.Collect(tm.Outcomes()); len(got) != 2 || tm.Count().Int64() != 2 {
		t.Errorf("%v, %v", got, tm.Count())
	}
	if s := tm.String(); !strings.HasPrefix(s, "a, b: ") {
		t.Error(s)
	}
	zero := &Timing{}
	if zero.Count().Int64() != 1 || !zero.Allows(nil) {
		t.Error("the zero Timing has one outcome: nobody gets anything")
	}
}
