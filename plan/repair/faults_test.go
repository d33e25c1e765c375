package repair

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestFaultsOf: what is wrong with a node, in which range, and in which words.
func TestFaultsOf(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	mask := func(cidr string, bits int) nodeipam.ControllerFlags {
		return nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: cidr, NodeCIDRMaskSize: bits}
	}
	with := func(inv nodeipam.Inventory, change func(*nodeipam.Inventory)) nodeipam.Inventory {
		change(&inv)
		return inv
	}
	former := func(bits ...int) func(*nodeipam.Inventory) {
		return func(i *nodeipam.Inventory) { i.FormerMasks = bits }
	}
	for _, tt := range []struct {
		name string
		inv  nodeipam.Inventory
		want string
		err  string
	}{
		{"healthy", plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.1.0/24"), "", ""},
		{"none", plantest.Inventory(v4, "a"), "a podcidr-missing -1: no podCIDR", ""},
		{"twice", plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.0.0/24"), "b node-subnet-duplicate 0: 10.244.0.0/24 is held by a, too", ""},
		{"in one of another size that is right", with(plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.0.128/25"), former(25)), "b node-subnet-duplicate 0: 10.244.0.128/25 overlaps 10.244.0.0/24 of a", ""},
		{"a family too many", plantest.Inventory(v4, "a=10.244.0.0/24,fd00::/64"),
			"a podcidr-outside-cluster-cidr 1: fd00::/64 is its subnet number 2, and there is no cluster range of that number: kube-controller-manager exits at start", ""},
		{"all of the range, which was right before", with(plantest.Inventory(mask("10.244.0.0/24", 25), "a=10.244.0.0/24"), former(24)), "", ""},
		{"more than that", with(plantest.Inventory(mask("10.244.0.0/24", 25), "a=10.244.0.0/23"), former(23)), "a node-mask-immutable 0: 10.244.0.0/23 is a /23, node subnets of 10.244.0.0/24 are /25", ""},
		{"a subnet of one address", plantest.Inventory(mask("10.244.0.0/22", 32), "a=10.244.0.1/32"), "", ""},
		{"and of less", plantest.Inventory(mask("10.244.0.0/22", 33), "a=10.244.0.0/24"), "", "no node can get a subnet of /33 from 10.244.0.0/22"},
		{"a mapped range", plantest.Inventory(mask("::ffff:10.244.0.0/112", 120), "a=10.244.0.0/24"), "", "no node can get a subnet of /120 from ::ffff:10.244.0.0/112"},
	} {
		faults, err := FaultsOf(tt.inv)
		var got []string
		for _, f := range faults {
			got = append(got, fmt.Sprintf("%s %s %d: %s", f.Node, f.Rule, f.Range, f.Text))
		}
		if strings.Join(got, "; ") != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%s: %q, %v\nwant %q, %s", tt.name, got, err, tt.want, tt.err)
		}
	}
}
