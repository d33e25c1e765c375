package plan

import (
	"fmt"
	"math"
	"math/bits"
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Limits of Kubernetes on ranges, as prefix lengths.
const (
	// At most 20 bits of host part for services:
	// cmd/kubeadm/app/apis/kubeadm/validation ValidateServiceSubnetSize v1.37.2, kept by kubeadm although kube-apiserver
	// takes larger ones since v1.34; before, cmd/kube-apiserver/app/options/validation.go validateMaxCIDRRange.
	maxServiceHostBits = 20
	// At least 10 addresses for services and 14 for pods, which is 4 bits for both:
	// cmd/kubeadm/app/constants MinimumAddressesInServiceSubnet, MinimumAddressesInPodSubnet v1.37.2.
	minHostBits = 4
	// At most 16 bits between pod range and node subnet: for IPv6 pkg/controller/nodeipam/ipam/cidrset
	// clusterSubnetMaxDiff, for both families cmd/kubeadm/app/apis/kubeadm/validation ValidatePodSubnetNodeMask
	// (PodSubnetNodeMaskMaxDiff), since v1.20.
	maxNodeBits = 16
	// At most 65,535 addresses of an IPv6 service range are handed out before v1.33, however large it is:
	// pkg/registry/core/service/ipallocator/bitmap.go NewInMemory. Since then MultiCIDRServiceAllocator is on.
	maxServiceBitsIPv6 = 16
	// Service addresses that the cluster takes itself: "kubernetes" (address 1) and cluster DNS (address 10).
	ownServices = 2
)

// limitsPodRange reports whether no more than maxNodeBits may lie between pod range and node mask of family f.
func limitsPodRange(f fact.Family, v fact.Version) bool {
	return f == fact.IPv6 || !v.Before(fact.V(1, 20, 0))
}

// log2ceil returns the smallest b with 1<<b >= n. n is at least 1.
func log2ceil(n uint64) int { return bits.Len64(n - 1) }

// nodeOverhead is how many addresses of a node's subnet no pod gets: the network's own, the bridge's (the first), and for
// IPv4 the broadcast address: plugins/ipam/host-local/backend/allocator/range.go Canonicalize and lastIP of
// containernetworking/plugins.
func nodeOverhead(f fact.Family) int {
	if f == fact.IPv4 {
		return 3
	}
	return 2
}

// subnetNeeds returns how many addresses a node's subnet must have: PodsPerNode times Churn, and in any case one for each
// pod beside the overhead. Twice the pods is how GKE sizes node subnets, so that the address of a pod that is gone is not
// reused at once; 110 pods give a /24 there and here (Google Cloud, "Flexible Pod CIDR").
func (r *Request) subnetNeeds(f fact.Family) uint64 {
	return max(uint64(math.Ceil(float64(r.PodsPerNode)*r.Churn)), uint64(r.PodsPerNode+nodeOverhead(f)))
}

// longestNodeMask returns the prefix length of the smallest subnet of family f that holds the pods of one node.
func (r *Request) longestNodeMask(f fact.Family) int { return f.Bits() - log2ceil(r.subnetNeeds(f)) }

// nodeMask returns the node mask of family f that is asked for, 0 for none.
func (r *Request) nodeMask(f fact.Family) int {
	if f == fact.IPv4 {
		return r.NodeMaskIPv4
	}
	return r.NodeMaskIPv6
}

// derivedNodeMask returns the longest node mask that may be chosen where none is asked for: [Request.longestNodeMask], unless
// kubeadm's own idea of it sets a limit. Its pod range is a /64 or larger then, and 16 bits at most lie between that and the node mask.
func (r *Request) derivedNodeMask(f fact.Family) int {
	longest := r.longestNodeMask(f)
	if r.nodeMaskUnread() {
		longest = min(longest, defaultNodeMask(f)+maxNodeBits)
	}
	return longest
}

// nodeBits returns how many bits number the node subnets.
func (r *Request) nodeBits() int { return log2ceil(uint64(r.Nodes + r.Surge)) }

// serviceNeeds returns the prefix length of the smallest service range that serves r, and the arithmetic.
func (r *Request) serviceNeeds(f fact.Family) (int, string) {
	edges := "the base address"
	if f == fact.IPv4 {
		edges = "base and broadcast address"
	}
	n := r.Services + ownServices + int(serviceEdges(f))
	b := f.Bits() - max(log2ceil(uint64(n)), minHostBits)
	return b, fmt.Sprintf("%s + %d of the cluster (API server, DNS) + %s = %s addresses: /%d",
		words.Plural(r.Services, "service"), ownServices, edges, words.Commas(n), b)
}

// servicesLimited reports whether release v hands out no more than maxServiceBitsIPv6 bits of a service range of family f.
func servicesLimited(f fact.Family, v fact.Version) bool {
	return f == fact.IPv6 && v.Before(fact.V(1, 33, 0))
}

// podNeeds returns the prefix length of the smallest pod range with node subnets of length mask, and the arithmetic.
// It may be negative: more than the address space.
func (r *Request) podNeeds(f fact.Family, mask int) (int, string) {
	b := min(mask-r.nodeBits(), f.Bits()-minHostBits)
	own, unread := b, ""
	if assumed := defaultNodeMask(f); r.nodeMaskUnread() && b > assumed {
		b = assumed
		unread = fmt.Sprintf("; kubeadm %v takes node subnets for a /%d whatever they are: /%d or larger", r.Kubernetes, assumed, b)
	}
	nodes := words.Plural(r.Nodes, "node")
	if r.Surge > 0 {
		nodes += " + " + words.Commas(r.Surge) + " during a rollout"
	}
	switch {
	case r.nodeBits() == 0:
		return b, fmt.Sprintf("%s with a /%d", nodes, mask) + unread
	case b < 0:
		return b, fmt.Sprintf("%s with a /%d each: %s subnets are more than the whole of %v", nodes, mask, words.Commas(1<<r.nodeBits()), f)
	}
	return b, fmt.Sprintf("%s with a /%d each: %s subnets are /%d", nodes, mask, words.Commas(1<<r.nodeBits()), own) + unread
}

// defaultNodeMask returns the node mask that kube-controller-manager takes by itself, and kubeadm where it reads none.
func defaultNodeMask(f fact.Family) int {
	if f == fact.IPv4 {
		return 24
	}
	return 64
}

// nodeMaskUnread reports whether kubeadm of the release judges the pod range by a node mask that cannot be set: v1.21 and v1.22 read the flags
// of the families alone, which kube-controller-manager of these releases forbids where there is one family.
// cmd/kubeadm/app/apis/kubeadm/validation getClusterNodeMask and cmd/kube-controller-manager/app/core.go
// setNodeCIDRMaskSizes, v1.22.
func (r *Request) nodeMaskUnread() bool {
	return len(r.planned()) == 1 && !r.Kubernetes.Before(fact.V(1, 21, 0)) && r.Kubernetes.Before(fact.V(1, 23, 0))
}

// nodeMaskSizing returns the arithmetic of a node mask.
func (r *Request) nodeMaskSizing(f fact.Family, mask int) string {
	return fmt.Sprintf("%s on a node x %g = %s addresses: /%d or larger", words.Plural(r.PodsPerNode, "pod"), r.Churn,
		words.Commas(int(r.subnetNeeds(f))), r.longestNodeMask(f))
}

// hostNeeds returns the prefix length of the smallest host range that serves r, and the arithmetic.
func (r *Request) hostNeeds(f fact.Family) (int, string) {
	n := r.HostCount + r.hostEdges(f)
	b := f.Bits() - max(log2ceil(uint64(n)), 2)
	smallest := ""
	if c, ok := r.cloud(); ok && f == fact.IPv4 && b > c.longest {
		b, smallest = c.longest, fmt.Sprintf(", the smallest subnet of %s", c.name)
	}
	return b, fmt.Sprintf("%s + %s = %s addresses: /%d%s", words.Plural(r.HostCount, "host"), r.edgesText(f), words.Commas(n), b, smallest)
}

// shortestFor returns the shortest prefix length that a range of the role may have or grow to.
func (r *Request) shortestFor(role fact.Role, f fact.Family, mask int) int {
	switch {
	case role == fact.RoleServices:
		return f.Bits() - maxServiceHostBits
	case role == fact.RolePods && r.nodeMaskUnread():
		return max(mask-maxNodeBits, defaultNodeMask(f)-maxNodeBits)
	case role == fact.RolePods && limitsPodRange(f, r.Kubernetes):
		return max(mask-maxNodeBits, 0)
	}
	return 0
}

// supernet returns p widened to bits, the invalid Prefix for bits outside 0 to p.Bits().
func supernet(p netip.Prefix, bits int) netip.Prefix {
	if bits < 0 || bits > p.Bits() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(p.Addr(), bits).Masked()
}
