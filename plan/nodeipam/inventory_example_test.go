package nodeipam_test

import (
	"errors"
	"fmt"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// What is known of a living cluster, and how its controller manager goes on from there.
func ExampleInventory() {
	inv := nodeipam.Inventory{
		Managers: []nodeipam.HostFlags{{Host: "master-1", Flags: nodeipam.ControllerFlags{
			AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22",
		}}},
		Nodes: []nodeipam.InventoryNode{
			{Name: "master-1", PodCIDRs: []string{"10.244.0.0/24"}},
			{Name: "worker-1", PodCIDRs: []string{"10.244.1.0/24"}},
		},
	}
	c, err := inv.Controller()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"worker-2", "worker-3", "worker-4"} {
		c.Create(name)
		subnets, _ := c.Node(name)
		fmt.Println(name, subnets)
	}
	// Output:
	// worker-2 [10.244.2.0/24]
	// worker-3 [10.244.3.0/24]
	// worker-4 []
}

// Without the flags of a controller manager nobody knows what comes next.
func ExampleInventory_unknown() {
	_, err := nodeipam.Inventory{}.Controller()
	fmt.Println(errors.Is(err, nodeipam.ErrNoControllerFlags))
	// Output: true
}

// What kube-apiserver says before it exits, and with which status.
func ExampleRefusedError() {
	_, err := nodeipam.APIServerFlags{ServiceClusterIPRange: "10.96.0.0/30"}.ServiceRanges(fact.V(1, 37, 2))
	var refused *nodeipam.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Refusals[0].Rule)
	}
	// Output:
	// 1 service-range-too-small
}
