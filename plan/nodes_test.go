package plan

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestNodesAsTwin registers nodes with the twin of kube-controller-manager, which the plan predicts by arithmetic.
func TestNodesAsTwin(t *testing.T) {
	for _, r := range []Request{
		{Nodes: 4, NodeMaskIPv4: 26, PodsPerNode: 30, Pins: pins("pods=10.0.0.0/24 services=10.1.0.0/22")},
		{Nodes: 3, Families: []fact.Family{fact.IPv6, fact.IPv4}, Pins: pins("pods=10.244.0.0/22 pods=fd00::/62")},
		{Nodes: 3, Families: []fact.Family{fact.IPv6}, Kubernetes: fact.V(1, 20, 0), Pins: pins("pods=fd00::/68")},
		{},
	} {
		p := mustNew(t, r)
		c, err := p.Controller()
		if err != nil {
			t.Fatal(err)
		}
		most := int(p.Capacity().Nodes)
		for i := range most {
			step := c.Create(fmt.Sprintf("node-%d", i))
			if step.Err != nil || len(step.Assigned) != 1 {
				t.Fatalf("node %d: %+v", i, step)
			}
			if got, want := fmt.Sprint(step.Assigned[0].PodCIDRs), fmt.Sprint(p.NodePodCIDRs(i)); got != want {
				t.Errorf("node %d gets %s, predicted %s", i, got, want)
			}
		}
		if step := c.Create("one-more"); len(step.Assigned) != 0 || p.NodePodCIDRs(most) != nil {
			t.Errorf("the twin gives a node more %v, predicted %v: the plan says that %d nodes fit", step.Assigned, p.NodePodCIDRs(most), most)
		}
		for _, f := range []fact.Family{fact.IPv4, fact.IPv6, 0} {
			_, has := p.Range(fact.RolePods, f)
			for _, i := range []int{math.MinInt, -1, 0, most - 1} {
				if q, ok := p.NodeSubnet(i, f); ok != (has && i >= 0) || ok != q.IsValid() {
					t.Errorf("NodeSubnet(%d, %v) = %v, %v", i, f, q, ok)
				}
			}
		}
	}
}

// TestProgramsTakePlans: no program of the plan's release refuses its ranges.
func TestProgramsTakePlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRequest(rt)
		r.Kubernetes = rapid.SampledFrom([]fact.Version{{}, {Major: 1, Minor: 23, Patch: 0}, {Major: 1, Minor: 28, Patch: 15}, {Major: 1, Minor: 33, Patch: 0}}).Draw(rt, "release")
		p, e := spaceCache{}.solve(r)
		if e != nil {
			return
		}
		v := p.Request.Kubernetes
		flags := p.ControllerFlags()
		if refusals := flags.Refusals(v); len(refusals) > 0 {
			rt.Fatalf("%s: kube-controller-manager %v: %+v", ranges(p), v, refusals)
		}
		if refusals := (nodeipam.APIServerFlags{ServiceClusterIPRange: flags.ServiceClusterIPRange}).Refusals(v); len(refusals) > 0 {
			rt.Fatalf("%s: kube-apiserver %v: %+v", ranges(p), v, refusals)
		}
		n := nodeipam.KubeadmNetworking{PodSubnet: flags.ClusterCIDR, ServiceSubnet: flags.ServiceClusterIPRange}
		for _, f := range p.Families {
			n.ControllerManagerArgs = append(n.ControllerManagerArgs,
				nodeipam.Arg{Name: fmt.Sprintf("node-cidr-mask-size-ipv%d", f), Value: fmt.Sprint(p.NodeMask(f))})
		}
		if refusals := n.Refusals(v); len(refusals) > 0 {
			rt.Fatalf("%s: kubeadm %v: %+v", ranges(p), v, refusals)
		}
	})
}
