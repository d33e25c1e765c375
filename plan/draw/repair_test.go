package draw

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// TestRepairGolden: the whole text, and the script behind the functions that all scripts begin with.
func TestRepairGolden(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	mask := func(bits int) nodeipam.ControllerFlags {
		f := v4
		f.NodeCIDRMaskSize = bits
		return f
	}
	p := netip.MustParsePrefix
	var got strings.Builder
	for _, tt := range []struct {
		name   string
		inv    nodeipam.Inventory
		change func(*nodeipam.Inventory)
	}{
		{"healthy", plantest.Inventory(v4, "a=10.244.0.0/24"), nil},
		{"no nodes were given", plantest.Inventory(v4, ""), nil},
		{"one has none, and the flags are kubeadm's", plantest.Inventory(v4, "a=10.244.0.0/24 b"), func(i *nodeipam.Inventory) { i.Assumed, i.Managers[0].Host = fact.Kubeadm, "" }},
		{"one is drained, and flannel of another one restarts", plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.0.0/24 c=10.244.2.0/24"), func(i *nodeipam.Inventory) {
			i.Nodes[2].Links = []netip.Prefix{p("10.244.9.0/24")}
		}},
		{"flannel alone", plantest.Inventory(v4, "a=10.244.0.0/24~10.244.1.0/24"), nil},
		{"not canonical, so that it cannot be cordoned", plantest.Inventory(v4, "a=10.244.0.7/24"), nil},
		{"no release with podCIDRs, and hosts without a name", plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.0.0/24"), func(i *nodeipam.Inventory) {
			i.Kubernetes, i.Managers[0].Host = fact.V(1, 15, 3), ""
		}},
		{"a name that no node can have", plantest.Inventory(v4, "-o a=10.244.0.0/24"), nil},
		{"the range was changed", plantest.Inventory(v4, "a=10.99.3.0/24"), nil},
		{"full, and the mask was changed", plantest.Inventory(mask(25), "cp1=10.244.0.0/24 cp2=10.244.1.0/24 cp3=10.244.2.0/24 w1=10.244.3.0/24 w2"), func(i *nodeipam.Inventory) {
			i.Networks = []netip.Prefix{p("10.244.0.0/16")}
		}},
		{"flags that do not start", plantest.Inventory(mask(20), "a b"), nil},
		{"no way but people's", plantest.Inventory(v4, "a=10.244.0.0/24"), func(i *nodeipam.Inventory) {
			i.Managers[0].Flags.ClusterCIDR = "10.0.0.0/8"
			i.Taken = []fact.Reservation{{Prefix: p("0.0.0.0/0"), Name: "all"}}
		}},
	} {
		if tt.change != nil {
			tt.change(&tt.inv)
		}
		r, err := repair.New(tt.inv)
		if err != nil {
			t.Fatal(err)
		}
		var script strings.Builder
		got.WriteString("-- " + tt.name + " --\n")
		if err := RepairText(&got, r, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := RepairCommands(&script, r); err != nil {
			t.Fatal(err)
		}
		got.WriteString("\n")
		head, tail, _ := strings.Cut(script.String(), scriptHead)
		got.WriteString(head + "...\n" + tail + "\n")
	}
	const file = "testdata/repair.txtar"
	if *golden.Update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
