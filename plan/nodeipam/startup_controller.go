package nodeipam

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// dualStackGate reports whether gate IPv6DualStack is on: alpha 1.16, beta and on 1.21, GA 1.23
// (pkg/features/kube_features.go v1.22).
func dualStackGate(v fact.Version, g Gates) bool {
	switch {
	case v.Before(v1(16)):
		return false
	case v.Before(v1(23)):
		if on, ok := g["IPv6DualStack"]; ok {
			return on
		}
		return !v.Before(v1(21))
	}
	return true
}

// Ranges are what kube-controller-manager makes of its flags. The zero value hands out nothing.
type Ranges struct {
	Cluster []netip.Prefix // masked, in flag order; IPv4-mapped ones as they are
	Masks   []int          // node masks, one for each of cluster
	Service []netip.Prefix // primary and secondary, those that it could read
	ipam    bool           // node IPAM runs
}

// NodeIPAMEnabled reports whether f starts the node IPAM controller.
func (f ControllerFlags) NodeIPAMEnabled(v fact.Version) bool {
	if !f.AllocateNodeCIDRs {
		return false
	}
	if f.Controllers == nil {
		return true
	}
	// The first entry that names the controller decides: k8s.io/controller-manager v0.37.2 app/helper.go
	// IsControllerEnabled. The long name exists since 1.28, with nodeipam as its alias.
	names := []string{"nodeipam"}
	if !v.Before(v1(28)) {
		names = append(names, "node-ipam-controller")
	}
	star := false
	for _, c := range f.Controllers {
		for _, n := range names {
			switch c {
			case n:
				return true
			case "-" + n:
				return false
			}
		}
		star = star || c == "*"
	}
	return star
}

// allocator returns the effective --cidr-allocator-type.
func (f ControllerFlags) allocator() string {
	if f.CIDRAllocatorType == "" && !f.CIDRAllocatorEmpty {
		return "RangeAllocator"
	}
	return f.CIDRAllocatorType
}

// Refusals returns why a kube-controller-manager of release v does not start with f, in its words; none where it
// starts. What it refuses because of the nodes that exist is told by [NewController] and [Controller.Restart].
// The zero Version is the newest release.
func (f ControllerFlags) Refusals(v fact.Version) []Refusal {
	_, out := f.Resolve(v)
	return out
}

// Resolve reads f as release v does: the ranges and masks that it works with, or why it does not start.
func (f ControllerFlags) Resolve(v fact.Version) (Ranges, []Refusal) {
	if len(f.Malformed) > 0 {
		return Ranges{}, f.Malformed[:1:1]
	}
	r := newRefuser(v)
	var c Ranges
	f.checkOptions(r)
	if c.ipam = f.NodeIPAMEnabled(r.version); len(r.out) > 0 || !c.ipam {
		return c, r.out
	}
	// The rest ends at the first error.
	gate := dualStackGate(r.version, f.FeatureGates)
	for _, step := range []func(*refuser, *Ranges, bool){
		f.checkCloud, f.readClusters, f.readServices, f.readMasks, f.checkAllocator, f.checkDistance,
	} {
		if step(r, &c, gate); len(r.out) > 0 {
			return c, r.out
		}
	}
	return c, nil
}

// checkOptions does what the program does first, and reports together: the validation of its options.
func (f ControllerFlags) checkOptions(r *refuser) {
	if !r.version.Before(v1(16)) && strings.Count(f.ServiceClusterIPRange, ",") > 1 {
		r.add(f.ServiceClusterIPRange, []string{"kcm-service-count"})
	}
	if a := f.allocator(); a != "" && a != "RangeAllocator" {
		r.add(a, []string{"kcm-allocator-unavailable"}, a)
	}
}

func (f ControllerFlags) checkCloud(r *refuser, _ *Ranges, _ bool) {
	if f.allocator() == "CloudAllocator" {
		r.add(f.CIDRAllocatorType, []string{"kcm-allocator-cloud"})
	}
}

// readClusters reads --cluster-cidr: one range before 1.16, then a list.
func (f ControllerFlags) readClusters(r *refuser, c *Ranges, gate bool) {
	if r.version.Before(v1(16)) {
		_, p, ok := ipnet.ParseCIDR(f.ClusterCIDR)
		if !ok {
			r.add(f.ClusterCIDR, []string{"kcm-cluster-missing"})
			return
		}
		c.Cluster = []netip.Prefix{p}
		return
	}
	list := strings.Split(strings.TrimSpace(f.ClusterCIDR), ",")
	var bad int
	if c.Cluster, bad = ipnet.ParseCIDRs(list); bad >= 0 {
		r.add(f.ClusterCIDR, []string{"kcm-cluster-parse"}, bad, list[bad])
		return
	}
	n := len(c.Cluster)
	switch {
	case n > 1 && !gate:
		r.add(f.ClusterCIDR, []string{"kcm-cluster-gate", "kcm-cluster-gate-slice"}, n)
	case n > 1 && !ipnet.DualStack(c.Cluster):
		r.add(f.ClusterCIDR, []string{"kcm-cluster-families"}, n)
	case n > 2:
		r.add(f.ClusterCIDR, []string{"kcm-cluster-count-old", "kcm-cluster-count"}, n)
	}
}

// readServices reads --service-cluster-ip-range. An entry that cannot be read is logged and not filtered; entries are
// not trimmed.
func (f ControllerFlags) readServices(r *refuser, c *Ranges, gate bool) {
	list := []string{f.ServiceClusterIPRange}
	if !r.version.Before(v1(16)) {
		list = strings.Split(f.ServiceClusterIPRange, ",")
	}
	for _, s := range list {
		if _, p, ok := ipnet.ParseCIDR(s); ok {
			c.Service = append(c.Service, p)
		}
	}
	switch {
	case len(c.Service) == 2 && !gate:
		r.add(f.ServiceClusterIPRange, []string{"kcm-service-gate"})
	case len(c.Service) == 2 && !ipnet.DualStack(c.Service):
		r.add(f.ServiceClusterIPRange, []string{"kcm-service-families"})
	}
}

// readMasks reads the node masks, which are no shorter than the cluster's ranges.
func (f ControllerFlags) readMasks(r *refuser, c *Ranges, gate bool) {
	m4, m6 := f.nodeMasks(r, c.Cluster, gate)
	if len(r.out) > 0 {
		return
	}
	for _, p := range c.Cluster {
		m := m6
		if ipnet.Is4(p) {
			m = m4
		}
		c.Masks = append(c.Masks, m)
	}
	for i, p := range c.Cluster {
		if p.Bits() > c.Masks[i] {
			r.add(ipnet.String(p), []string{"kcm-mask-short-old", "kcm-mask-short"})
			return
		}
	}
}

func (f ControllerFlags) checkAllocator(r *refuser, _ *Ranges, _ bool) {
	v := r.version
	switch a := f.allocator(); {
	case a == "RangeAllocator", a == "CloudAllocator", strings.HasPrefix(a, "IPAMFrom") && v.Before(v1(31)):
		// In-tree clouds bring allocators of their own up to 1.30.
	case a == "MultiCIDRRangeAllocator" && !v.Before(v1(25)) && v.Before(v1(29)):
	default:
		r.add(a, []string{"kcm-allocator-type"}, a)
	}
}

// checkDistance holds ranges and masks to the 16 bits of the allocator's bitmap. That is checked for IPv6 alone:
// cidrset/cidr_set.go NewCIDRSet v1.37.2.
func (f ControllerFlags) checkDistance(r *refuser, c *Ranges, _ bool) {
	for i, p := range c.Cluster {
		if !ipnet.Is4(p) && c.Masks[i]-p.Bits() > 16 {
			r.add(ipnet.String(p), []string{"kcm-mask-far"})
			return
		}
	}
}

// nodeMasks returns the node masks of f for the families of cluster.
func (f ControllerFlags) nodeMasks(r *refuser, cluster []netip.Prefix, gate bool) (m4, m6 int) {
	v := r.version
	plain, v4, v6 := f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6
	m4, m6 = 24, 64
	family := func() {
		if v4 != 0 {
			m4 = v4
		}
		if v6 != 0 {
			m6 = v6
		}
	}
	if v.Before(v1(17)) {
		// One mask for all, 24 where none is given, for IPv6 as well.
		m4 = 24
		if plain != 0 {
			m4 = plain
		}
		return m4, m4
	}
	dual := len(cluster) > 1
	if v.Before(v1(20)) {
		dual = gate // not the ranges but the feature gate decides which flags are legal
	}
	switch {
	case dual && plain != 0:
		r.add(strconv.Itoa(plain), []string{"kcm-mask-dual"})
	case dual:
		family()
	case v.Before(v1(23)) && (v4 != 0 || v6 != 0):
		r.add(joinMasks(v4, v6), []string{"kcm-mask-single-old"})
	case plain != 0 && (v4 != 0 || v6 != 0):
		r.add(joinMasks(v4, v6), []string{"kcm-mask-both"})
	case plain != 0:
		m4, m6 = plain, plain
	case v4 != 0 && !ipnet.Is4(cluster[0]):
		r.add(strconv.Itoa(v4), []string{"kcm-mask-ipv4"})
	case v6 != 0 && ipnet.Is4(cluster[0]):
		r.add(strconv.Itoa(v6), []string{"kcm-mask-ipv6"})
	default:
		family()
	}
	return m4, m6
}

func joinMasks(v4, v6 int) string {
	switch {
	case v4 == 0:
		return strconv.Itoa(v6)
	case v6 == 0:
		return strconv.Itoa(v4)
	}
	return strconv.Itoa(v4) + ", " + strconv.Itoa(v6)
}
