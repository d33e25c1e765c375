package nodeipam

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
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
// TestTimingCountOfAnything: hand-made values end, too.
func TestTimingCountOfAnything(t *testing.T) {
	var none *Timing
	for _, tt := range []*Timing{none, {}, {Min: math.MinInt}, {Max: math.MaxInt}, {Min: math.MinInt, Max: math.MaxInt, Nodes: []string{"a"}, Subnets: make([][]netip.Prefix, 1)}} {
		if got := tt.Count(); got.Sign() < 0 {
			t.Errorf("Count of %+v = %v", tt, got)
		}
	}
}

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

// tuples calls f with each way to give one of held[i] to each i, held[i] being what node i may hold.
func tuples(held [][][]netip.Prefix, f func([][]netip.Prefix)) {
	at := make([][]netip.Prefix, len(held))
	var fill func(i int)
	fill = func(i int) {
		if i == len(held) {
			f(at)
			return
		}
		for _, h := range held[i] {
			at[i] = h
			fill(i + 1)
		}
	}
	fill(0)
}

// possible is what the comments of [Timing] say, word for word: the judge of Allows, Outcomes and Count.
func possible(tm *Timing, got [][]netip.Prefix) bool {
	served := 0
	for _, h := range got {
		if h != nil {
			served++
		}
	}
	if served < tm.Min || served > tm.Max {
		return false
	}
	for i, h := range got {
		if h == nil {
			continue
		}
		for f, p := range h {
			at := slices.Index(tm.Subnets[f], p)
			if at < 0 || !tm.Skips[f] && at >= served || tm.Paired && at != slices.Index(tm.Subnets[0], h[0]) {
				return false
			}
			for _, other := range got[:i] {
				if other != nil && other[f] == p {
					return false
				}
			}
		}
	}
	return true
}

// TestTimingExact gives, for every small Timing, every choice of subnets to the nodes, one that is not among the subnets and too few
// included: Allows takes those that are possible, Outcomes yields each of them once, and Count is their number.
func TestTimingExact(t *testing.T) {
	v4, v6 := prefixtest.List("10.0.0.0/24 10.0.1.0/24 10.0.2.0/24 10.0.3.0/24"), prefixtest.List("fd00::/64 fd00:0:0:1::/64 fd00:0:0:2::/64 fd00:0:0:3::/64")
	check := func(tm *Timing) {
		t.Helper()
		one := [][]netip.Prefix{nil}
		for _, p := range v4[:len(tm.Subnets[0])+1] {
			if len(tm.Subnets) == 1 {
				one = append(one, []netip.Prefix{p})
				continue
			}
			for _, q := range v6[:len(tm.Subnets[1])+1] {
				one = append(one, []netip.Prefix{p, q})
			}
		}
		held := make([][][]netip.Prefix, len(tm.Nodes))
		for i := range held {
			held[i] = one
		}
		want := map[string]bool{}
		tuples(held, func(got [][]netip.Prefix) {
			o := Outcome{}
			for i, h := range got {
				if h != nil {
					o[tm.Nodes[i]] = h
				}
			}
			ok := possible(tm, got)
			if ok {
				want[fmt.Sprint(o)] = true
			}
			if tm.Allows(o) != ok {
				t.Errorf("%+v: Allows(%v) = %v", tm, o, !ok)
			}
			for n := range o {
				if len(tm.Subnets) > 1 {
					short := maps.Clone(o)
					if short[n] = o[n][:1]; tm.Allows(short) {
						t.Errorf("%+v: Allows(%v)", tm, short)
					}
				}
			}
		})
		most := len(tm.Nodes)
		for o := range tm.Outcomes() {
			if !want[fmt.Sprint(o)] {
				t.Errorf("%+v: outcome %v comes twice, or is not possible", tm, o)
			}
			delete(want, fmt.Sprint(o))
			if len(o) > most {
				t.Errorf("%+v: outcome %v comes after one that serves %d", tm, o, most)
			}
			most = len(o)
		}
		if len(want) > 0 {
			t.Errorf("%+v: no outcome %v", tm, want)
		}
		n := 0
		for range tm.Outcomes() {
			n++
		}
		if got := tm.Count(); got.Int64() != int64(n) {
			t.Errorf("%+v: Count() = %v, there are %d", tm, got, n)
		}
	}
	for nodes := range 4 {
		for first := range 3 {
			for second := -1; second < 2 && (second < 0 || first < 2 && nodes < 3); second++ {
				for flags := range 8 {
					tm := &Timing{Nodes: []string{"a", "b", "c"}[:nodes], Subnets: [][]netip.Prefix{v4[:first+1]}, Skips: []bool{flags&1 > 0}, Paired: flags&4 > 0}
					tm.Max = min(nodes, first+1)
					if second >= 0 {
						tm.Subnets, tm.Skips = append(tm.Subnets, v6[:second+1]), append(tm.Skips, flags&2 > 0)
						tm.Max = min(tm.Max, second+1)
					} else if flags > 1 {
						continue
					}
					if tm.Paired && flags != 4 { // Paired is for subnets that are handed out in step
						continue
					}
					for tm.Min = 0; tm.Min <= tm.Max; tm.Min++ {
						check(tm)
					}
				}
			}
		}
	}
}
