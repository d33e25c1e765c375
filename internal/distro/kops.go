package distro

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// kops: k8s.io/kops pkg/apis/kops/v1alpha2, pkg/apis/kops/validation, upup/pkg/fi/cloudup/defaults.go,
// pkg/model/components/kubecontrollermanager.go.
func kops() Installer {
	return Installer{
		Name:       "kops",
		Recognised: "apiVersion kops.k8s.io, kind Cluster",
		Marks:      []string{"kops.k8s.io"},
		Groups:     []string{"kops.k8s.io"},
		Kinds:      []string{"Cluster"},
		Through:    ThroughFlags,
		DNS:        10,
		Defaults: []Default{
			{Role: Services, IPv4: "100.64.0.0/13", Rendered: true,
				Releases: "v1.28 and later; the first eighth of nonMasqueradeCIDR before"},
			{Role: Pods, IPv4: "100.96.0.0/11", Old: true, Releases: "the upper half of nonMasqueradeCIDR"},
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kube-controller-manager"},
		},
		Checks: []Check{ChecksText, ChecksHosts},
		Changes: []Change{{
			Roles: []Role{Pods, Services, DNS, NodeMask}, Key: "spec.podCIDR, spec.serviceClusterIPRange, " +
				"spec.kubeControllerManager", Immutable: true,
			Restart: []string{"kops edit cluster", "kops update cluster --yes", "kops rolling-update cluster --yes"},
			Way: "kops takes the change, and nodes and services keep what they have; create another cluster with " +
				"the other ranges",
		}},
		read:   readKops,
		refuse: refuseKops,
		Takes: target.Terms{Doc: "what the Cluster of kops edit cluster has to hold", Stacks: []string{target.IPv4},
			Why: "IPv6 addresses of pods come from the subnets of the hosts", Write: writeKops},
	}
}

// kopsNetworks are the names below networking, with the network and who hands out addresses.
var kopsNetworks = []struct {
	key, cni string
	by       Allocator
}{
	{"cilium", "cilium", NodeIPAM}, {"calico", "calico", OwnIPAM}, {"flannel", "flannel", NodeIPAM},
	{"canal", "canal", NodeIPAM},
	{"kubenet", "kubenet", NodeIPAM}, {"kindnet", "kindnet", NodeIPAM}, {"kuberouter", "kube-router", NodeIPAM},
	{"kubeRouter", "kube-router", NodeIPAM}, {"amazonvpc", "aws-vpc-cni", OwnIPAM},
	{"amazonVPC", "aws-vpc-cni", OwnIPAM},
	{"weave", "weave", OwnIPAM}, {"gcp", "gke", CloudIPAM}, {"gce", "gke", CloudIPAM},
	{"cni", "none", UnknownAllocator}, {"romana", "romana", OwnIPAM},
}

func readKops(c *Cluster, n *source.Node) {
	if !isMap(n, "spec") {
		c.Installer = ""
		return
	}
	c.Release = word(n.Get("spec", "kubernetesVersion"))
	for _, prefix := range []string{"spec.", "spec.networking."} { // v1alpha2, and v1alpha3 below networking
		c.take(Hosts, prefix+"networkCIDR", prefix+"additionalNetworkCIDRs")
		c.take(Pods, prefix+"podCIDR")
		c.take(Services, prefix+"serviceClusterIPRange")
		if v := find(n, prefix+"nonMasqueradeCIDR"); len(v) > 0 && word(v[0].node) != "::/0" {
			c.put(Value{Role: Superset}, v[0].node, v[0].key)
		} else if len(v) > 0 {
			c.Family = "ipv6"
		}
		for _, p := range find(n, prefix+"subnets[]") {
			c.put(Value{Role: Hosts}, p.node.Get("cidr"), p.key+".cidr")
		}
	}
	kcm := n.Get("spec", "kubeControllerManager")
	for _, k := range []struct {
		key  string
		role Role
	}{{"clusterCIDR", Pods}, {"nodeCIDRMaskSize", NodeMask}, {"allocateNodeCIDRs", Allocate},
		{"serviceClusterIPRange", Services}} {
		c.put(Value{Role: k.role, Program: ControllerManager}, kcm.Get(k.key), "spec.kubeControllerManager."+k.key)
	}
	c.put(Value{Role: Services, Program: APIServer}, n.Get("spec", "kubeAPIServer", "serviceClusterIPRange"),
		"spec.kubeAPIServer.serviceClusterIPRange")
	c.put(Value{Role: Pods, Program: KubeProxy}, n.Get("spec", "kubeProxy", "clusterCIDR"),
		"spec.kubeProxy.clusterCIDR")
	c.put(Value{Role: DNS}, n.Get("spec", "kubeDNS", "serverIP"), "spec.kubeDNS.serverIP")
	for _, e := range entries(n.Get("spec", "networking")) {
		for _, k := range kopsNetworks {
			if k.key == e.Key && (e.Value == nil || e.Value.Kind != source.Sequence) {
				c.CNI, c.CNIStated, c.CNIPos, c.Allocator = k.cni, true, e.KeyPos, k.by
				if k.cni == "cilium" && word(e.Value.Get("ipam")) == "eni" {
					c.Allocator = OwnIPAM
				}
			}
		}
	}
	if c.Family == "ipv6" {
		c.Allocator = CloudIPAM // kops-controller writes podCIDR from the instance's prefix
	}
	c.kopsPods()
}

// kopsPods derives the pod range that kops fills in: the upper half of nonMasqueradeCIDR.
func (c *Cluster) kopsPods() {
	super := c.first(Superset)
	if c.says(Pods) || c.Family == "ipv6" || c.saysFor(Pods, ControllerManager) || super != nil && !super.IsRange() ||
		c.CNI == "aws-vpc-cni" || c.Allocator == CloudIPAM {
		return
	}
	text, pos := "100.96.0.0/11", c.Pos
	if super != nil {
		p := super.Prefixes[0].Masked()
		if p.Bits() >= p.Addr().BitLen() {
			return
		}
		upper, err := cidr.NewSplit(p, p.Bits()+1)
		if err != nil {
			return
		}
		text, pos = upper.At(1).String(), super.Pos
	}
	v := Value{Role: Pods, Key: "spec.podCIDR", Pos: pos, Default: true, DefaultOf: c.Installer, Rendered: true}
	c.plain(&v, text, func(int) Position { return pos })
}

// keyed returns the ranges of a role whose keys hold, or do not hold, a word, and the first value that has one.
func (c *Cluster) keyed(role Role, word string, with bool) (ps []netip.Prefix, first *Value) {
	for _, v := range c.of(role, "") {
		if v.IsRange() && strings.Contains(v.Key, word) == with {
			ps = append(ps, v.Prefixes...)
			if first == nil {
				first = v
			}
		}
	}
	return ps, first
}

// refuseKops: pkg/apis/kops/validation/validation.go validateNetworking and validateSubnet, legacy.go.
func refuseKops(c *Cluster) {
	const src = "pkg/apis/kops/validation/validation.go"
	vpc := c.CNI == "aws-vpc-cni"
	networks, network := c.keyed(Hosts, "subnets[", false)
	supers := c.prefixes(Superset)
	super := c.first(Superset)
	if a, b, ok := overlapping(supers, networks); ok && !vpc && !(c.CNI == "cilium" && c.Allocator == OwnIPAM) {
		c.refused("kops-non-masquerade-hosts", "nonMasqueradeCIDR cannot overlap with networkCIDR", src,
			fmt.Sprintf("nonMasqueradeCIDR %v overlaps the network %v of the hosts", a, b), super, network)
	}
	if super != nil && super.IsRange() && !ipnet.Is4(super.Prefixes[0]) {
		c.refused("kops-non-masquerade-ipv6", `IPv6 clusters must have a nonMasqueradeCIDR of "::/0"`, src,
			"nonMasqueradeCIDR "+super.Text, super)
	}
	for _, v := range append(c.of(Pods, ""), c.of(Pods, ControllerManager)...) {
		if v.IsRange() && len(supers) > 0 && !inside(v.Prefixes[0], supers) {
			c.refused("kops-pods-outside", "must be a subnet of nonMasqueradeCIDR", src,
				fmt.Sprintf("%s %s does not lie in nonMasqueradeCIDR %s", v.Key, v.Text, super.Text), v, super)
			break
		}
	}
	c.refuseKopsSubnets(networks, vpc)
	d, s := c.first(DNS), c.prefixes(Services)
	if d != nil && !d.Default && len(d.Addrs) > 0 && len(s) > 0 &&
		!inside(netip.PrefixFrom(d.Addrs[0], d.Addrs[0].BitLen()), s) {
		c.refused("kops-dns-outside", "ServiceClusterIPRange must contain the DNS Server IP", src,
			fmt.Sprintf("kubeDNS.serverIP %v lies outside of the services %v", d.Addrs[0], s[0]), d, c.first(Services))
	}
	own, all := c.of(Services, APIServer), c.first(Services)
	if len(own) > 0 && own[0].Program == APIServer && all != nil && own[0].Text != all.Text {
		c.refused("kops-services-differ", "kubeAPIServer serviceClusterIPRange did not match cluster "+
			"serviceClusterIPRange",
			src, own[0].Key+" "+own[0].Text+" and "+all.Key+" "+all.Text, own[0], all)
	}
	if c.Family == "ipv6" && c.CNI == "flannel" {
		c.refused("kops-flannel-ipv6", "Flannel does not support IPv6", src,
			"networking.flannel with nonMasqueradeCIDR ::/0", &Value{Pos: c.CNIPos})
	}
}

// refuseKopsSubnets looks at the subnets of the hosts: they lie in the network, and clear of pods and services.
func (c *Cluster) refuseKopsSubnets(networks []netip.Prefix, vpc bool) {
	const src = "pkg/apis/kops/validation/validation.go validateSubnet"
	subnets, _ := c.keyed(Hosts, "subnets[", true)
	for _, v := range c.of(Hosts, "") {
		if v.IsRange() && strings.Contains(v.Key, "subnets[") && len(networks) > 0 && !inside(v.Prefixes[0], networks) {
			c.refused("kops-subnet-outside", "is not a subnet of the networkCIDR", src,
				fmt.Sprintf("%s %s does not lie in the network %v", v.Key, v.Text, networks[0]), v)
		}
	}
	for _, role := range []Role{Pods, Services} {
		v := c.first(role)
		if v == nil || vpc && role == Pods {
			continue
		}
		if a, b, ok := overlapping(v.Prefixes, subnets); ok {
			c.refused("kops-subnet-overlap", "must not overlap podCIDR, must not overlap serviceClusterIPRange", src,
				fmt.Sprintf("%s %v overlap the subnet %v of the hosts", role, a, b), v)
		}
	}
}

// writeKops writes what the Cluster has to hold. nonMasqueradeCIDR is the default where pods and services lie in it,
// and otherwise the smallest range that contains both.
func writeKops(f *target.File) {
	pods, _ := f.Range(fact.RolePods, fact.IPv4)
	services, _ := f.Range(fact.RoleServices, fact.IPv4)
	super := netip.MustParsePrefix("100.64.0.0/10")
	if both := []netip.Prefix{super}; !inside(pods, both) || !inside(services, both) {
		for super = pods; !cidr.Contains(super, services); {
			super, _ = cidr.Parent(super)
		}
	}
	f.Line("# kops edit cluster NAME: to be merged")
	f.Line("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nspec:")
	if v, asked := f.Release(); asked {
		f.Line("  kubernetesVersion: %s", strings.TrimPrefix(v.String(), "v"))
	}
	for i, h := range f.Plan.Hosts() {
		if h.Overlaps(super) {
			f.Refuse("nonMasqueradeCIDR has to contain pods %v and services %v, and %v overlaps the hosts %v; -for kops "+
				"plans other ranges", pods, services, super, h)
		}
		switch i {
		case 0:
			f.Line("  networkCIDR: %v", h)
		case 1:
			f.Line("  additionalNetworkCIDRs:\n    - %v", h)
		default:
			f.Line("    - %v", h)
		}
	}
	f.Line("  nonMasqueradeCIDR: %v\n  podCIDR: %v\n  serviceClusterIPRange: %v", super, pods, services)
	if mask := f.Plan.NodeMaskIPv4; mask != 24 {
		f.Line("  kubeControllerManager:\n    nodeCIDRMaskSize: %d", mask)
	}
	if n, told := f.MaxPods(); told {
		f.Line("  kubelet:\n    maxPods: %d", n)
	}
}
