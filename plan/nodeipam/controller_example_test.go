package nodeipam_test

import (
	"fmt"
	"log"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// Which subnet does the next node get? The rotation decides, and a restart forgets it.
func ExampleController() {
	flags := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	c, err := nodeipam.NewController(flags, fact.Version{Major: 1, Minor: 34})
	if err != nil {
		log.Fatal(err)
	}
	c.Create("a")
	c.Create("b")
	c.Delete("a")
	restarted := c.Clone()
	restarted.Restart(flags)

	fmt.Println(c.Create("c").Assigned)
	fmt.Println(restarted.Create("c").Assigned)
	// Output:
	// [{c [10.244.2.0/24]}]
	// [{c [10.244.0.0/24]}]
}

// Five nodes for four subnets: who goes away empty-handed is a matter of timing.
func ExampleController_Burst() {
	flags := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22"}
	c, err := nodeipam.NewController(flags, fact.Version{})
	if err != nil {
		log.Fatal(err)
	}
	step := c.Burst("a", "b", "c", "d", "e")
	fmt.Println(step.Timing.Min, "of", len(step.Timing.Nodes), "nodes get a subnet, in one of", step.Timing.Count(), "ways")
	for _, e := range step.Events {
		fmt.Println(e.Message)
	}
	// Output:
	// 4 of 5 nodes get a subnet, in one of 120 ways
	// Node e status is now: CIDRNotAvailable
}

// When does it end, and what has become of the subnets?
func ExampleController_Predict() {
	flags := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/20", ServiceClusterIPRange: "10.244.8.0/22"}
	c, err := nodeipam.NewController(flags, fact.Version{})
	if err != nil {
		log.Fatal(err)
	}
	c.Create("old", "10.244.0.0/23") // from the days of another node mask
	c.Create("new")
	p := c.Predict(2)
	fmt.Println("next:", p.Next)
	fmt.Printf("%d nodes get a subnet, node %d gets none\n", p.Ends, p.Ends+1)
	u := p.Ranges[0]
	fmt.Printf("of %d subnets %d are lost to services, %d to another mask, %d are free\n", u.Subnets, u.Services, u.Foreign, u.Free)
	fmt.Println("room for a surge of 20:", c.Surge(20).OK())
	// Output:
	// next: [[10.244.3.0/24] [10.244.4.0/24]]
	// 11 nodes get a subnet, node 12 gets none
	// of 16 subnets 4 are lost to services, 2 to another mask, 9 are free
	// room for a surge of 20: false
}

// Two nodes share a subnet, a third has none. What is the least to do?
func Example_repair() {
	r, err := repair.New(nodeipam.Inventory{
		Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16"}}},
		Nodes: []nodeipam.InventoryNode{
			{Name: "w1", PodCIDRs: []string{"10.244.0.0/24"}},
			{Name: "w2", PodCIDRs: []string{"10.244.0.0/24"}},
			{Name: "w3"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	best, _ := r.Best()
	for _, s := range best.Steps {
		fmt.Println(s.Kind, s.Node, s.New)
	}
	fmt.Println("drained:", best.Drained)
	// Output:
	// pause-node-ipam  []
	// patch w3 [10.244.1.0/24]
	// recreate w2 [10.244.2.0/24]
	// resume-node-ipam  []
	// drained: [w2]
}
