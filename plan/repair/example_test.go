package repair_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// small is a cluster in which two nodes hold the same subnet.
func small() nodeipam.Inventory {
	return nodeipam.Inventory{
		Managers: []nodeipam.HostFlags{{Host: "master-1", Flags: nodeipam.ControllerFlags{
			AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16",
		}}},
		Nodes: []nodeipam.InventoryNode{
			{Name: "master-1", PodCIDRs: []string{"10.244.0.0/24"}},
			{Name: "worker-1", PodCIDRs: []string{"10.244.1.0/24"}},
			{Name: "worker-2", PodCIDRs: []string{"10.244.1.0/24"}},
		},
	}
}

// What is wrong with the subnets of nodes, and the way that interrupts least.
func ExampleRepair() {
	r, err := repair.New(small())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range r.Faults {
		fmt.Println(f.Node, f.Rule)
	}
	if w, ok := r.Best(); ok {
		fmt.Println(w.Kind, w.Disturbs)
		for _, s := range w.Steps {
			fmt.Println("-", s.Kind)
		}
	}
	fmt.Println(len(r.After().Nodes), "nodes afterwards")
	// Output:
	// worker-2 node-subnet-duplicate
	// nodes nodes are drained and registered again
	// - pause-node-ipam
	// - recreate
	// - resume-node-ipam
	// 3 nodes afterwards
}

// A way is chosen by its number or its kind; the error lists what there is.
func ExampleWayError() {
	r, err := repair.New(small())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = r.Choose("teleport")
	var e *repair.WayError
	fmt.Println(errors.As(err, &e), e.Want)
	// Output: true teleport
}

// Steps to another service range do not exist: the error says what stands in the way.
func ExampleUnreachableError() {
	inv := small()
	inv.Services = []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")}
	_, err := repair.Toward(inv, repair.Target{
		Pods:     []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")},
		Services: []netip.Prefix{netip.MustParsePrefix("172.20.0.0/16")},
	})
	var e *repair.UnreachableError
	if errors.As(err, &e) {
		fmt.Println(e.Faults[0].Rule)
	}
	// Output: cluster-ip-outside-service-range
}
