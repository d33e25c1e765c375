package plan_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Will 40 nodes fit beside the office network?
func ExampleNew() {
	p, err := plan.New(plan.Request{
		Nodes: 40,
		Hosts: []netip.Prefix{netip.MustParsePrefix("10.0.2.0/24")},
		Avoid: []plan.Reservation{{Prefix: netip.MustParsePrefix("10.240.0.0/12"), Name: "office"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range p.Ranges {
		fmt.Println(r.Role, r.Prefix)
	}
	c := p.Capacity()
	fmt.Println(c.Nodes, "nodes fit,", c.NodesLeft, "more than asked for")
	fmt.Println("API server:", p.APIServerServiceIPs[0], "DNS:", p.DNSServiceIPs[0])
	// Output:
	// hosts 10.0.2.0/24
	// services 10.96.0.0/12
	// pods 10.0.64.0/18
	// 64 nodes fit, 24 more than asked for
	// API server: 10.96.0.1 DNS: 10.96.0.10
}

// What is missing, and what would help?
func ExampleInfeasibleError() {
	_, err := plan.New(plan.Request{
		Nodes:       5000,
		PodsPerNode: 250,
		Within:      []netip.Prefix{netip.MustParsePrefix("10.0.0.0/14")},
	})
	var short *cidr.ShortageError
	if errors.As(err, &short) {
		fmt.Printf("blocks of /%d: %v needed, %v there\n", short.Bits, short.Need, short.Have)
	}
	var e *plan.InfeasibleError
	if errors.As(err, &e) {
		for _, r := range e.Relaxations {
			fmt.Println(r.Change)
		}
	}
	// Output:
	// blocks of /10: 1 needed, 0 there
	// draw from 10.0.0.0/9 instead of 10.0.0.0/14
	// 250 -> 8 pods on a node
	// 5,000 -> 2,048 nodes and 250 -> 32 pods on a node
	// draw from 100.64.0.0/10 as well
	// 5,000 -> 256 nodes
}

// Two pins in the hosts' range: which ones, and what instead?
func ExampleInfeasibleError_Alternative() {
	_, err := plan.New(plan.Request{
		Hosts: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Pins: []plan.Pin{
			{Role: fact.RoleServices, Prefix: netip.MustParsePrefix("10.1.0.0/16")},
			{Role: fact.RolePods, Prefix: netip.MustParsePrefix("10.244.0.0/16")},
		},
	})
	var e *plan.InfeasibleError
	if errors.As(err, &e) {
		for _, c := range e.Conflicts {
			fmt.Println(c)
		}
		p := e.Alternative()
		fmt.Println("instead:", p.Services()[0], p.Pods()[0])
	}
	// Output:
	// pin services 10.1.0.0/16 overlaps hosts 10.0.0.0/8
	// pin pods 10.244.0.0/16 overlaps hosts 10.0.0.0/8
	// instead: 192.168.16.0/22 192.168.0.0/20
}

// The cluster gets a second family: does anything move?
func ExamplePlan_Pinned() {
	p, err := plan.New(plan.Request{Name: "blue"})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := p.Pinned()
	r.Families = append(r.Families, fact.IPv6)
	p, err = plan.New(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Services(), p.Pods())
	// Output:
	// [10.96.0.0/12 fd08:128e:d548:4000::/112] [10.244.0.0/16 fd08:128e:d548:8000::/56]
}

// Can the pod range become larger without renumbering?
func ExamplePlan_Growth() {
	p, err := plan.New(plan.Request{Nodes: 1000, Grow: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, _ := p.Growth(fact.RolePods, fact.IPv4)
	fmt.Printf("%v can double %d times, into %v; %d kept free; then: %s\n", g.Prefix, g.Doublings, g.Into, g.Kept, g.Limit)
	// Output:
	// 10.244.0.0/14 can double 5 times, into 10.128.0.0/9; 1 kept free; then: hosts 10.0.0.0/22
}

// Which subnets does the third node get?
func ExamplePlan_NodePodCIDRs() {
	p, err := plan.New(plan.Request{Families: []fact.Family{fact.IPv4, fact.IPv6}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.NodePodCIDRs(2))
	// Output: [10.244.2.0/24 fd01:6d86:e7ae:8002::/64]
}

func ExampleULA() {
	fmt.Println(plan.ULA("kubernetes"))
	fmt.Println(plan.ULA("blue"))
	// Output:
	// fd01:6d86:e7ae::/48
	// fd08:128e:d548::/48
}

// A plan that somebody changed by hand.
func ExamplePlan_Validate() {
	p, err := plan.New(plan.Request{})
	if err != nil {
		fmt.Println(err)
		return
	}
	p.NodeMaskIPv4 = 26
	fmt.Println(p.Validate())
	// Output: pods 10.244.0.0/16: a /26 does not hold 110 pods
}
