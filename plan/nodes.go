package plan

import (
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// NodeSubnet returns the subnet of family f that node i gets, counting from 0 in the order in which nodes are
// registered with a controller that has been running since the first one: node i gets subnet i, as no range of a plan
// overlaps another; where nodes hold subnets already, they are the first, by address. ok is false if i is negative or
// beyond the last node subnet, and for a family that p does not have.
func (p *Plan) NodeSubnet(i int, f fact.Family) (q netip.Prefix, ok bool) {
	r, _ := p.Range(fact.RolePods, f) // without one there is nothing to split
	s, err := cidr.NewSplit(r.Prefix, p.NodeMask(f))
	if err != nil {
		return netip.Prefix{}, false
	}
	q = s.At(uint64(i)) // a negative i is beyond all of them
	if held := p.Request.held(f); len(held) > 0 && i >= 0 {
		q = heldOrFree(s, held, uint64(i))
	}
	return q, q.IsValid()
}

// heldOrFree returns the subnet of node i where the first nodes are those that hold one, in the order of their
// addresses, and each further one gets the lowest that is free. It is invalid beyond the last.
func heldOrFree(s cidr.Split, held []netip.Prefix, i uint64) netip.Prefix {
	slices.SortFunc(held, cidrorder.Compare)
	if i < uint64(len(held)) {
		return held[i]
	}
	at := i - uint64(len(held)) // of the free ones
	for _, h := range held {
		first, ok := s.Index(h.Addr())
		if !ok {
			continue
		}
		last, _ := s.Index(cidr.Last(h))
		if first > at {
			break
		}
		at += last - first + 1
	}
	return s.At(at)
}

// ControllerFlags returns the flags that make kube-controller-manager hand out the node subnets of p: one mask for each
// family, and for a single family before v1.23, which does not take that, the plain one.
// cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes v1.37.2.
func (p *Plan) ControllerFlags() nodeipam.ControllerFlags {
	f := nodeipam.ControllerFlags{
		AllocateNodeCIDRs:     true,
		ClusterCIDR:           words.JoinPrefixes(p.Pods()),
		ServiceClusterIPRange: words.JoinPrefixes(p.Services()),
		NodeCIDRMaskSizeIPv4:  p.NodeMaskIPv4,
		NodeCIDRMaskSizeIPv6:  p.NodeMaskIPv6,
	}
	if len(p.Families) == 1 && p.Request.Kubernetes.Or(fact.NewestKubernetes()).Before(fact.V(1, 23, 0)) {
		f.NodeCIDRMaskSize = p.NodeMask(p.Families[0])
		f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = 0, 0
	}
	return f
}

// Controller returns the twin of kube-controller-manager, started with the flags of p, for a cluster without nodes.
// The error is that of [nodeipam.NewController]: it cannot come from a plan that [New] made for v1.23 or later.
func (p *Plan) Controller() (*nodeipam.Controller, error) {
	return nodeipam.NewController(p.ControllerFlags(), p.Request.Kubernetes)
}

// NodePodCIDRs returns the subnets of node i, primary family first, as they stand in the Node object's podCIDRs.
// It is nil if i is negative or beyond the last node that gets a subnet of every family.
func (p *Plan) NodePodCIDRs(i int) []netip.Prefix {
	var out []netip.Prefix
	for _, f := range p.Families {
		q, ok := p.NodeSubnet(i, f)
		if !ok {
			return nil
		}
		out = append(out, q)
	}
	return out
}
