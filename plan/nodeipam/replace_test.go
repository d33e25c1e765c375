package nodeipam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestReplace(t *testing.T) {
	v130 := fact.Version{Major: 1, Minor: 30}
	for _, tt := range []struct {
		name    string
		version fact.Version
		cluster string
		script  string
		surge   int
		want    Replacement
	}{
		{"a round for each pair", fact.Version{}, "10.244.0.0/21", "start +a +b +c", 2, Replacement{Nodes: 3, Surge: 2, Rounds: 2, Peaks: []uint64{5}, Free: []uint64{3}}},
		{"fewer than asked for", fact.Version{}, "10.244.0.0/22", "start +a +b +c", 3, Replacement{Nodes: 3, Surge: 1, Rounds: 3, Peaks: []uint64{4}, Free: []uint64{0}}},
		{"full", fact.Version{}, "10.244.0.0/23", "start +a +b", 1, Replacement{Nodes: 2, Peaks: []uint64{2}, Free: []uint64{0}}},
		{"none asked for", fact.Version{}, "10.244.0.0/23", "start +a", 0, Replacement{Nodes: 1, Peaks: []uint64{1}, Free: []uint64{1}}},
		{"none asked for, below 0", fact.Version{}, "10.244.0.0/23", "start +a", -1, Replacement{Nodes: 1, Peaks: []uint64{1}, Free: []uint64{1}}},
		{"no nodes", fact.Version{}, "10.244.0.0/23", "start", 2, Replacement{Peaks: []uint64{0}, Free: []uint64{2}}},
		{"the second range bounds", fact.Version{}, "10.244.0.0/21,fd00:10:244::/62", "start +a +b +c", 2, Replacement{Nodes: 3, Surge: 1, Rounds: 3, Peaks: []uint64{4, 4}, Free: []uint64{4, 0}}},
		{"a name that is taken", fact.Version{}, "10.244.0.0/22", "start +replacement-1", 1, Replacement{Nodes: 1, Surge: 1, Rounds: 1, Peaks: []uint64{2}, Free: []uint64{2}}},
		{"it does not run", fact.Version{}, "10.244.0.0/22", "+a", 1, Replacement{Nodes: 1}},
		// A subnet that two nodes hold comes back with the first of them.
		{"a podCIDR on two nodes", fact.Version{}, "10.244.0.0/22", "+a=10.244.0.0/24 +b=10.244.0.0/24 start", 1, Replacement{Nodes: 2, Surge: 1, Rounds: 2, Peaks: []uint64{3}, Free: []uint64{2}}},
		{"before v1.31 nobody tries again", v130, "10.244.0.0/22", "start +a +b +c", 1, Replacement{Nodes: 3, Surge: 1, Rounds: 3, Peaks: []uint64{4}, Free: []uint64{0}}},
	} {
		c := NewStopped(tt.version)
		script(t, c, ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: tt.cluster}, tt.script)
		before := c.Clone()
		got := c.Replace(tt.surge)
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
		if !c.Equal(before) {
			t.Errorf("%s: the cluster changed", tt.name)
		}
		if want := tt.want.Rounds > 0 || tt.want.Nodes == 0; got.OK() != want {
			t.Errorf("%s: OK %v", tt.name, got.OK())
		}
	}
}

// TestReplaceProperties: in a cluster in order, of which nothing is used up, the peak is all nodes and the surge, and it never gets stuck.
func TestReplaceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, bits, surge := rapid.IntRange(1, 20).Draw(t, "nodes"), rapid.IntRange(18, 24).Draw(t, "bits"), rapid.IntRange(0, 20).Draw(t, "surge")
		subnets := 1 << (24 - bits)
		nodes = min(nodes, subnets)
		c, err := NewController(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: fmt.Sprintf("10.244.0.0/%d", bits)}, fact.Version{})
		if err != nil {
			t.Skip(err) // the base has host bits
		}
		for i := range nodes {
			c.Create(strings.Repeat("n", i+1))
		}
		r := c.Replace(surge)
		at := min(surge, subnets-nodes, nodes)
		rounds := 0
		if at > 0 {
			rounds = (nodes + at - 1) / at
		}
		top := nodes + at
		want := Replacement{Nodes: nodes, Surge: at, Rounds: rounds, Peaks: []uint64{uint64(top)}, Free: []uint64{uint64(subnets - top)}}
		if d := cmp.Diff(want, r); d != "" {
			t.Fatal(d)
		}
	})
}
