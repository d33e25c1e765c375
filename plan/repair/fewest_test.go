package repair

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestFewestInterruptions: brute force over all ranges and masks around what nodes hold finds no setting that drains
// no node, where the best way drains one.
func TestFewestInterruptions(t *testing.T) {
	held := rapid.SampledFrom([]string{"", "10.244.0.0/24", "10.244.1.0/24", "10.244.3.0/24", "10.244.4.0/24", "10.244.9.0/24", "10.99.0.0/24", "10.244.0.0/25", "10.244.1.128/25", "10.244.2.0/25"})
	rapid.Check(t, func(t *rapid.T) {
		f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: rapid.SampledFrom([]string{"10.244.0.0/22", "10.244.0.0/21", "10.244.8.0/22", "10.10.0.0/22"}).Draw(t, "range")}
		f.NodeCIDRMaskSize = rapid.SampledFrom([]int{0, 24, 25}).Draw(t, "mask")
		inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: f}}}
		for i := range rapid.IntRange(1, 4).Draw(t, "nodes") {
			n := nodeipam.InventoryNode{Name: string(rune('a' + i))}
			if s := held.Draw(t, "held"); s != "" {
				n.PodCIDRs = []string{s}
			}
			inv.Nodes = append(inv.Nodes, n)
		}
		if rapid.Bool().Draw(t, "taken") {
			inv.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix(rapid.SampledFrom([]string{"10.244.5.0/24", "10.244.128.0/17", "10.99.1.0/24", "10.98.0.0/16"}).Draw(t, "by"))}}
		}
		r, err := New(inv)
		if err != nil {
			t.Fatal(err)
		}
		best, ok := r.Best()
		if !ok || len(best.Drained) == 0 {
			return
		}
		for _, mask := range []int{23, 24, 25, 26} {
			for bits := 12; bits <= mask && bits < 25; bits++ {
				for _, n := range inv.Nodes {
					for _, p := range heldBy(n) {
						g := f
						g.ClusterCIDR, g.NodeCIDRMaskSize = netip.PrefixFrom(p.Addr(), bits).Masked().String(), mask
						if after := withFlags(inv, g); quiet(after) {
							t.Fatalf("%s %s drains %v, and %s drains none", best.Kind, best.Title, best.Drained, FlagsText(g))
						}
					}
				}
			}
		}
	})
}

// quiet reports whether a cluster needs no node drained, has room for one more, and ranges that nothing else uses.
func quiet(inv nodeipam.Inventory) bool {
	rules, err := rulesOf(inv)
	if err != nil || len(rangeFaultsOf(inv, nil)) > 0 || len(drainedBy(inv, rules)) > 0 || slices.ContainsFunc(rules.ranges, rules.touched) {
		return false
	}
	return !slices.ContainsFunc(lackingOf(inv, 1), func(n uint64) bool { return n > 0 })
}
