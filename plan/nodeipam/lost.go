package nodeipam

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
)

// LostBlocks counts the node subnets of length mask in p that touch one of the services, as the range allocator marks
// them at its start: k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange.
// The exponent is exact: the count is 2^n, or n is -1 for none.
func LostBlocks(p netip.Prefix, mask int, s netip.Prefix) int {
	switch {
	case cidr.Contains(s, p):
		return mask - p.Bits()
	case !cidr.Contains(p, s):
		return -1
	}
	return max(mask-s.Bits(), 0)
}

// ParsePodCIDR reads a podCIDR as the programs do.
func ParsePodCIDR(s string) (netip.Prefix, bool) {
	_, p, ok := ipnet.ParseCIDR(s)
	if !ok || p.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return p, true
}
