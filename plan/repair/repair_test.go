package repair

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// stepList prints steps, short: "patch b 10.244.1.0/24".
func stepList(steps []Step) string {
	var out []string
	for _, s := range steps {
		out = append(out, strings.TrimSpace(string(s.Kind)+" "+s.Node+" "+strings.Join(words.Texts(s.New), ",")))
	}
	return strings.Join(out, "; ")
}

func TestRepair(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	dual := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22,fd00:10:244::/62"}
	with := func(inv nodeipam.Inventory, change func(*nodeipam.Inventory)) nodeipam.Inventory {
		change(&inv)
		return inv
	}
	tests := []struct {
		name string
		inv  nodeipam.Inventory
		want string
	}{
		{"healthy", plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.3.0/24"), ""},
		{"no nodes", plantest.Inventory(v4, ""), ""},
		{"one has none", plantest.Inventory(v4, "a=10.244.0.0/24 b"), "patch b 10.244.1.0/24"},
		{"duplicates: the first name keeps", plantest.Inventory(v4, "b=10.244.0.0/24 a=10.244.0.0/24"), "recreate b 10.244.1.0/24"},
		{"unless subnet.env says otherwise", plantest.Inventory(v4, "a=10.244.0.0/24~10.244.2.0/24 b=10.244.0.0/24~10.244.0.0/24"), "recreate a 10.244.1.0/24"},
		{"outside goes first", plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.0.0/24 x=10.99.0.0/24"), "recreate x 10.244.1.0/24; recreate b 10.244.2.0/24"},
		{"wider than the mask", plantest.Inventory(v4, "a=10.244.0.0/23 b=10.244.3.0/24"), "recreate a 10.244.2.0/24"},
		{"all patched with the whole range", plantest.Inventory(v4, "a=10.244.0.0/22 b=10.244.0.0/22"), "delete a; recreate b 10.244.0.0/24; create a 10.244.1.0/24"},
		{"longer than the mask", plantest.Inventory(v4, "a=10.244.0.0/25 b=10.244.0.128/25"), "recreate a 10.244.1.0/24; recreate b 10.244.2.0/24"},
		{"the only room is its own", plantest.Inventory(v4, "a=10.244.0.0/23 b=10.244.2.0/24 c=10.244.3.0/24"), "recreate a 10.244.0.0/24"},
		{"the second half of it", with(plantest.Inventory(v4, "a=10.244.0.0/23 b=10.244.2.0/24 c=10.244.3.0/24"), func(i *nodeipam.Inventory) {
			i.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.0.9/32")}}
		}), "recreate a 10.244.1.0/24"},
		{"what another holds is not given away before it is mended", with(plantest.Inventory(v4, "a=10.244.0.0/25 b=10.244.2.0/23 c=10.244.1.0/24"), func(i *nodeipam.Inventory) {
			i.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.0.9/32")}}
		}), "recreate b 10.244.2.0/24; recreate a 10.244.3.0/24"},
		{"one family is missing: the other stays", plantest.Inventory(dual, "a=10.244.2.0/24 b=10.244.0.0/24,fd00:10:244::/64"), "recreate a 10.244.2.0/24,fd00:10:244:1::/64"},
		{"families in the other order", plantest.Inventory(dual, "a=fd00:10:244::/64,10.244.0.0/24"), "recreate a 10.244.1.0/24,fd00:10:244:1::/64"},
		{"a family too many", plantest.Inventory(v4, "a=10.244.0.0/24,fd00::/64"), "recreate a 10.244.0.0/24"},
		{"a chain of duplicates: the ends stay", plantest.Inventory(dual, "b=10.244.0.0/24,fd00:10:244:1::/64 a=10.244.0.0/24,fd00:10:244::/64 c=10.244.1.0/24,fd00:10:244:1::/64"), "recreate b 10.244.2.0/24,fd00:10:244:2::/64"},
		{"garbage", plantest.Inventory(v4, "a=x"), "recreate a 10.244.0.0/24"},
		{"host bits keep the API server from taking any change", plantest.Inventory(v4, "a=10.244.0.7/24"), "recreate a 10.244.0.0/24"},
		{"which is no matter before 1.36", with(plantest.Inventory(v4, "a=10.244.0.7/24"), func(i *nodeipam.Inventory) { i.Kubernetes = fact.V(1, 35, 0) }), ""},
		{"clear of services and hosts", with(plantest.Inventory(v4, "a=10.244.0.0/24 b"), func(i *nodeipam.Inventory) {
			i.Services = []netip.Prefix{netip.MustParsePrefix("10.244.1.0/26")}
			i.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.2.9/32")}}
		}), "patch b 10.244.3.0/24"},
		{"a node in the service range", with(plantest.Inventory(v4, "a=10.244.0.0/24"), func(i *nodeipam.Inventory) {
			i.Services = []netip.Prefix{netip.MustParsePrefix("10.244.0.0/26")}
		}), "recreate a 10.244.1.0/24"},
		{"flannel uses another subnet", plantest.Inventory(v4, "a=10.244.0.0/24~10.244.1.0/24"), "restart-flannel a"},
		{"two that hold each other's place", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}, "a=10.244.0.0/25 b=10.244.1.0/25"), "recreate a 10.244.0.0/24; recreate b 10.244.1.0/24"},
		{"room that comes free on the way", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}, "a=10.244.0.0/23 b"), "recreate a 10.244.0.0/24; patch b 10.244.1.0/24"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := New(tt.inv)
			if err != nil {
				t.Fatal(err)
			}
			rules, err := rulesOf(tt.inv)
			if err != nil {
				t.Fatal(err)
			}
			m, err := mend(tt.inv, rules)
			if err != nil {
				t.Fatal(err)
			}
			if got := stepList(m.steps); got != tt.want {
				t.Errorf("steps %s\nwant  %s", got, tt.want)
			}
			if r.Healthy() != (tt.want == "" && len(r.RangeFaults) == 0) {
				t.Errorf("healthy: %v, %v", r.Healthy(), r.RangeFaults)
			}
			for _, s := range m.steps {
				if s.Why == "" {
					t.Errorf("no reason for %+v", s)
				}
			}
			sound(t, r)
		})
	}
	// Four nodes and room for two: of those that were deleted and of those that have none one each gets nothing.
	r, err := New(plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}, "a=10.244.0.0/23 b=10.244.0.0/23 c=10.244.0.0/23 d"))
	if err != nil || !slices.ContainsFunc(r.RangeFaults, func(f RangeFault) bool { return f.Rule == fact.RuleClusterCIDRExhausted }) {
		t.Errorf("%v, %+v", err, r)
	}
	if _, err := New(nodeipam.Inventory{}); !errors.Is(err, nodeipam.ErrNoControllerFlags) {
		t.Errorf("nothing known: %v", err)
	}
}

// sound checks that each way leaves no fault on the twin, that no step on it breaks anything, and that steps on nodes
// alone touch none that was right.
func sound(t interface {
	Helper()
	Errorf(string, ...any)
}, r *Repair) {
	t.Helper()
	for _, w := range r.Ways {
		harmless(t, r.Inventory, w)
		if w.Kind != WayNodes {
			continue
		}
		wrong := map[string]bool{}
		for _, f := range r.Faults {
			wrong[f.Node] = true
		}
		for _, s := range w.Steps {
			if s.Node != "" && !wrong[s.Node] && s.Kind != KindRestartFlannel {
				t.Errorf("%s was right: %+v", s.Node, s)
			}
		}
	}
}

// harmless goes a way on the twin, step by step. At each prefix of it nodes that were right stay so, nobody overlaps
// who did not before, whatever is handed out lies outside of services and hosts, and the controller manager starts if
// the flags of the moment hand out anything. A step that is broken off half-way has at most deleted its node, or
// registered it. In the end nothing is wrong. Undone step by step it is as before.
func harmless(t interface {
	Helper()
	Errorf(string, ...any)
}, inv nodeipam.Inventory, w Way) {
	t.Helper()
	c := inv.Stopped()
	start := c.Nodes()
	before := conflicts(c)
	var undo []Step
	master := false
	undone := w.Kind != WayRecreate && w.Kind != WayServices
	for i, s := range w.Steps {
		if s.drains() {
			if master && !inv.IsControlPlane(s.Node) {
				t.Errorf("%s, step %d: worker %s is drained after a control-plane host", w.Kind, i+1, s.Node)
			}
			master = master || inv.IsControlPlane(s.Node)
			half := c.Clone()
			half.Delete(s.Node)
			if err := calm(half, inv, before); err != "" {
				t.Errorf("%s, step %d %s %s, Node deleted: %s", w.Kind, i+1, s.Kind, s.Node, err)
			}
			if step := half.Create(s.Node); step.Err != nil || len(step.Assigned) > 0 {
				t.Errorf("%s, step %d %s %s, registered anew: %v, %v", w.Kind, i+1, s.Kind, s.Node, step.Err, step.Assigned)
			}
		}
		if err := s.apply(c); err != nil {
			t.Errorf("%s, step %d: %v", w.Kind, i+1, err)
			return
		}
		if err := calm(c, inv, before); err != "" && w.Kind != WayRecreate {
			t.Errorf("%s, step %d %s %s: %s", w.Kind, i+1, s.Kind, s.Node, err)
		}
		u, ok := s.Undo()
		if served := s.setsFlags() && len(inv.Stopped().Waiting()) > 0; served {
			undone = false // nobody takes back what the controller manager has handed out
		}
		if undone = undone && (ok || s.Node == ""); ok {
			undo = append(undo, u)
		}
	}
	proven(t, inv, w)
	if !undone {
		return
	}
	for _, s := range slices.Backward(undo) {
		if s.Kind == KindFlags && s.Flags.AllocateNodeCIDRs {
			continue // it may not have started before either
		}
		if err := s.apply(c); err != nil {
			t.Errorf("%s: undo: %v", w.Kind, err)
		}
	}
	if end := c.Nodes(); fmt.Sprint(end) != fmt.Sprint(start) {
		t.Errorf("%s: undone: %v, want %v", w.Kind, end, start)
	}
}

// conflicts returns which pairs of nodes overlap.
func conflicts(c *nodeipam.Controller) map[string]bool {
	out := map[string]bool{}
	nodes := c.Nodes()
	for i, a := range nodes {
		for _, b := range nodes[:i] {
			for _, s := range a.PodCIDRs {
				for _, u := range b.PodCIDRs {
					p, ok := nodeipam.ParsePodCIDR(s)
					q, ok2 := nodeipam.ParsePodCIDR(u)
					if ok && ok2 && p.Overlaps(q) {
						out[b.Node+" "+a.Node] = true
					}
				}
			}
		}
	}
	return out
}

// calm says what is worse than before, "" for nothing.
func calm(c *nodeipam.Controller, inv nodeipam.Inventory, before map[string]bool) string {
	for pair := range conflicts(c) {
		if !before[pair] {
			return pair + " overlap"
		}
	}
	was := map[string]bool{}
	for _, n := range inv.Nodes {
		for _, s := range n.PodCIDRs {
			was[n.Name+" "+s] = true
		}
	}
	for _, n := range c.Nodes() {
		for _, s := range n.PodCIDRs {
			p, ok := nodeipam.ParsePodCIDR(s)
			if was[n.Node+" "+s] || !ok {
				continue
			}
			for _, r := range inv.Taken {
				if r.Prefix.Overlaps(p) {
					return n.Node + " is given " + s + ", which " + r.Prefix.String() + " takes a part of"
				}
			}
			if slices.ContainsFunc(inv.Services, p.Overlaps) {
				return n.Node + " is given " + s + ", inside of services"
			}
		}
	}
	if c.Running() {
		again := c.Clone()
		if s := again.Start(c.Flags()); s.Err != nil {
			return "kube-controller-manager ends: " + s.Err.Error()
		}
	}
	return ""
}

// drawInventory draws a small cluster with all kinds of faults.
func drawInventory(t *rapid.T) nodeipam.Inventory {
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true}
	f.ClusterCIDR = rapid.SampledFrom([]string{"10.244.0.0/22", "10.244.0.0/23", "10.244.0.0/22,fd00:10:244::/62", "fd00:10:244::/63,10.244.0.0/22"}).Draw(t, "ranges")
	inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: f}}}
	inv.ControlPlanes = map[string]bool{rapid.SampledFrom([]string{"n0", "n1", "n5"}).Draw(t, "control plane"): true}
	if rapid.Bool().Draw(t, "taken") {
		inv.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix(rapid.SampledFrom([]string{"10.244.1.9/32", "192.168.0.0/24", "fd00:10:244::/112"}).Draw(t, "taken range"))}}
	}
	v4 := rapid.SampledFrom([]string{"10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24", "10.244.0.0/23", "10.244.0.0/22", "10.244.0.128/25", "10.244.1.0/26", "10.99.0.0/24", "10.244.3.7/24"})
	v6 := rapid.SampledFrom([]string{"fd00:10:244::/64", "fd00:10:244:1::/64", "fd00:10:244:2::/64", "fd00:10:244::/63", "fd00:10:244::/80", "fd99::/64"})
	n := rapid.IntRange(0, 5).Draw(t, "nodes")
	for i := range n {
		node := nodeipam.InventoryNode{Name: fmt.Sprintf("n%d", i)}
		for j, part := range strings.Split(f.ClusterCIDR, ",") {
			if j > 0 && rapid.IntRange(0, 4).Draw(t, "one family") == 0 || j == 0 && rapid.IntRange(0, 4).Draw(t, "none") == 0 {
				break
			}
			g := v4
			if part[0] == 'f' {
				g = v6
			}
			node.PodCIDRs = append(node.PodCIDRs, g.Draw(t, "podCIDR"))
		}
		if len(node.PodCIDRs) > 0 && rapid.IntRange(0, 3).Draw(t, "subnet.env") == 0 {
			if p, ok := nodeipam.ParsePodCIDR(node.PodCIDRs[0]); ok {
				node.SubnetEnv = []netip.Prefix{p}
			}
		}
		inv.Nodes = append(inv.Nodes, node)
	}
	return inv
}

// TestRepairProperties: what a repair promises, with brute force as the judge of "fewest".
func TestRepairProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t)
		r, err := New(inv)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := rulesOf(inv)
		if err != nil {
			t.Fatal(err)
		}
		// Brute force: the largest set of nodes that can stay as they are.
		most := 0
		for set := range 1 << len(inv.Nodes) {
			var held []netip.Prefix
			ok, size := true, 0
			for i, n := range inv.Nodes {
				if set>>i&1 == 0 {
					continue
				}
				size++
				faults, list := rules.own(n)
				ok = ok && len(faults) == 0
				for _, p := range list {
					ok = ok && !slices.ContainsFunc(held, p.Overlaps)
				}
				held = append(held, list...)
			}
			if ok {
				most = max(most, size)
			}
		}
		wrong := map[string]bool{}
		for _, f := range r.Faults {
			wrong[f.Node] = true
		}
		if got := len(inv.Nodes) - len(wrong); got != most {
			t.Fatalf("%d nodes stay as they are, %d could", got, most)
		}
		// There is a place for every node exactly if each range holds as many usable subnets.
		room := true
		for i := range rules.ranges {
			pool, err := rules.usable(i)
			if err != nil {
				t.Fatal(err)
			}
			room = room && pool.Free() >= uint64(len(inv.Nodes))
		}
		exhausted := slices.ContainsFunc(r.RangeFaults, func(f RangeFault) bool { return f.Rule == fact.RuleClusterCIDRExhausted })
		if exhausted == room {
			t.Fatalf("room for all %v, exhausted %v", room, exhausted)
		}
		if room {
			sound(t, r)
			return
		}
		sound(t, r)
		if _, ok := r.Way(WayNodes); ok {
			t.Fatal("steps on nodes do not do")
		}
	})
}

// TestKeepMostExact compares the choice with trying everything: overlaps of equal subnets in two families, which are
// a matching, and of subnets of several sizes, which are not.
func TestKeepMostExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []check.Candidate
		sizes := rapid.Bool().Draw(t, "several sizes")
		for i := range rapid.IntRange(0, 9).Draw(t, "nodes") {
			a := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 3).Draw(t, "v4")), 0}), 24)
			b := netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 7: byte(rapid.IntRange(0, 3).Draw(t, "v6"))}), 64)
			c := check.Candidate{Node: nodeipam.InventoryNode{Name: fmt.Sprintf("n%d", i)}, Held: []netip.Prefix{a, b}}
			if sizes {
				// Wide ones touch several that do not touch each other, so that the first choice is often not the best.
				c.Held[0] = netip.PrefixFrom(a.Addr(), rapid.IntRange(22, 25).Draw(t, "bits")).Masked()
			}
			if rapid.Bool().Draw(t, "one family") {
				c.Held = c.Held[:1]
			}
			for _, to := range []*[]netip.Prefix{&c.Node.SubnetEnv, &c.Node.Links, &c.Node.Routes} {
				switch rapid.IntRange(0, 5).Draw(t, "evidence") {
				case 0:
					*to = c.Held[:1]
				case 1:
					*to = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/24")}
				}
			}
			list = append(list, c)
		}
		keep, exact := check.KeepMost(list)
		most, kept := 0, 0
		order := make([]int, len(list)) // the preferred first
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return check.Preferred(list[a], list[b]) })
		best := make([]bool, len(list)) // of the largest choices the one that holds the preferred, in order: who can be kept is
		for set := range 1 << len(list) {
			size, ok := 0, true
			for i := range list {
				if set>>i&1 == 0 {
					continue
				}
				size++
				for j := range i {
					ok = ok && (set>>j&1 == 0 || !check.Conflict(list[i], list[j]))
				}
			}
			if !ok || size < most {
				continue
			}
			choice := make([]bool, len(list))
			for i := range list {
				choice[i] = set>>i&1 == 1
			}
			better := size > most
			for _, i := range order {
				if better || choice[i] != best[i] {
					better = better || choice[i]
					break
				}
			}
			if better {
				most, best = size, choice
			}
		}
		if !slices.Equal(keep, best) {
			t.Fatalf("keeps %v, preferred are %v of %v", keep, best, list)
		}
		for i := range list {
			if !keep[i] {
				continue
			}
			kept++
			for j := range i {
				if keep[j] && check.Conflict(list[i], list[j]) {
					t.Fatalf("%v and %v are both kept", list[i], list[j])
				}
			}
		}
		if !exact || kept != most {
			t.Fatalf("%d kept, %d possible, exact %v", kept, most, exact)
		}
	})
}

// TestOverlapping compares the search in a sorted list with a look at every entry, for the lists that sixteen
// addresses can hold.
func TestOverlapping(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	block := func(i, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), bits).Masked()
	}
	for range 2000 {
		var taken []fact.Reservation
		for range r.IntN(6) {
			taken = append(taken, fact.Reservation{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(16))}), 28+r.IntN(5)), Name: "x"})
		}
		list := outermost(taken)
		for i := range 16 {
			for bits := 26; bits <= 32; bits++ {
				p := block(i, bits)
				var want []holding
				for _, h := range list {
					if h.Overlaps(p) {
						want = append(want, h)
					}
				}
				if got := overlapping(list, p); !slices.Equal(got, want) {
					t.Fatalf("%v in %v: %v, want %v", p, list, got, want)
				}
				if any := slices.ContainsFunc(taken, func(t fact.Reservation) bool { return t.Prefix.Overlaps(p) }); any != (len(want) > 0) {
					t.Fatalf("%v overlaps %v: %v; outermost: %v", p, taken, any, list)
				}
			}
		}
	}
}

// TestKeepMostLarge: of very many nodes that overlap with subnets of different sizes, no two that stay overlap, and
// none that goes could have stayed.
func TestKeepMostLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var list []check.Candidate
	for i := range 400 {
		v4 := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(64)), 0}), 18+r.IntN(8)).Masked()
		v6 := netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 7: byte(r.IntN(64))}), 58+r.IntN(8)).Masked()
		list = append(list, check.Candidate{Node: nodeipam.InventoryNode{Name: fmt.Sprint(i)}, Held: []netip.Prefix{v4, v6}})
	}
	keep, exact := check.KeepMost(list)
	if exact {
		t.Error("exact")
	}
	for i := range list {
		others := false
		for j := range list {
			others = others || j != i && keep[j] && check.Conflict(list[i], list[j])
		}
		if keep[i] == others {
			t.Errorf("node %d: %v, kept %v, overlaps one that is kept: %v", i, list[i].Held, keep[i], others)
		}
	}
}
