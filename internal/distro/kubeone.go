package distro

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// kubeOne: k8c.io/kubeone pkg/apis/kubeone/v1beta3 types.go and defaults.go, pkg/apis/kubeone/validation.
func kubeOne() Installer {
	return Installer{
		Name:       "kubeone",
		Recognised: "apiVersion kubeone.k8c.io (kubeone.io before), kind KubeOneCluster",
		Marks:      []string{"kubeone.k8c.io", "kubeone.io"},
		Groups:     []string{"kubeone.k8c.io", "kubeone.io"},
		Kinds:      []string{"KubeOneCluster"},
		Through:    ThroughKubeadm,
		CNI:        "canal",
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.244.0.0/16", IPv6: "fd01::/48", Rendered: true},
			{Role: Services, IPv4: "10.96.0.0/12", IPv6: "fd02::/120", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Rendered: true},
			{Role: NodeMaskIPv6, IPv6: "64", Rendered: true},
		},
		Checks: []Check{ChecksText, ChecksFamilies, ChecksOneEach, ChecksMask},
		Changes: []Change{{
			Roles: []Role{Pods, Services, DNS, NodeMask, NodeMaskIPv4, NodeMaskIPv6}, Key: "clusterNetwork",
			Immutable: true,
			Way: "kubeone apply never changes ranges; kubeone reset, then kubeone apply with the other ranges, or " +
				"another cluster",
		}},
		read:   readKubeOne,
		refuse: refuseKubeOne,
		Takes: target.Terms{Doc: "what the KubeOneCluster of kubeone apply has to hold", HasName: true, FamilyMasks: true,
			Stacks: []string{target.IPv4, target.Dual}, Why: "IPv6 alone and IPv6 first are not supported",
			Write: writeKubeOne},
	}
}

func readKubeOne(c *Cluster, n *source.Node) {
	c.Name = word(n.Get("name"))
	c.Release = word(n.Get("versions", "kubernetes"))
	network := n.Get("clusterNetwork")
	switch word(network.Get("ipFamily")) {
	case "IPv4+IPv6", "IPv6+IPv4":
		c.Family = "dual"
	case "IPv6":
		c.Family = "ipv6"
	default:
		c.Family = "ipv4"
	}
	c.take(Pods, "clusterNetwork.podSubnet")
	c.take(Services, "clusterNetwork.serviceSubnet")
	if c.Family != "ipv4" {
		c.take(Pods, "clusterNetwork.podSubnetIPv6")
		c.take(Services, "clusterNetwork.serviceSubnetIPv6")
	}
	c.take(NodeMaskIPv4, "clusterNetwork.nodeCIDRMaskSizeIPv4")
	if c.Family != "ipv4" {
		c.take(NodeMaskIPv6, "clusterNetwork.nodeCIDRMaskSizeIPv6")
	}
	for _, e := range entries(network.Get("cni")) {
		name := strings.ToLower(e.Key)
		switch name {
		case "canal", "cilium":
		case "weavenet":
			name = "weave"
		case "external":
			name = "none"
		default:
			continue
		}
		c.CNI, c.CNIStated, c.CNIPos = name, true, e.KeyPos
	}
	for _, path := range []string{"controlPlane.hosts[]", "staticWorkers.hosts[]"} {
		for _, p := range find(n, path) {
			for _, k := range []string{"publicAddress", "privateAddress"} {
				c.put(Value{Role: Address, Host: word(p.node.Get("hostname"))}, p.node.Get(k), p.key+"."+k)
			}
		}
	}
	c.take(Address, "apiEndpoint.host")
}

func refuseKubeOne(c *Cluster) {
	const src = "pkg/apis/kubeone/validation/validation.go"
	if family := word(c.root.Get("clusterNetwork", "ipFamily")); family == "IPv6" || family == "IPv6+IPv4" {
		c.refused("kubeone-family", "ipv6 and ipv6+ipv4 ip families are currently not supported", src,
			"ipFamily "+family, &Value{Pos: c.at(c.root.Get("clusterNetwork", "ipFamily"))})
	}
	switch family := word(c.root.Get("clusterNetwork", "ipFamily")); family {
	case "", "IPv4", "IPv6", "IPv6+IPv4":
	case "IPv4+IPv6":
		cloud := c.root.Get("cloudProvider")
		if len(entries(cloud)) > 0 && !hasAny(cloud, "aws", "none", "vsphere") {
			c.refused("kubeone-dual-cloud", "dualstack is currently supported only on AWS, vSphere and baremetal "+
				"(none)",
				src, "ipFamily "+family+" on another cloud", &Value{Pos: c.at(cloud)})
		}
	default:
		c.refused("kubeone-family-unknown", "unknown ipFamily", src, "ipFamily "+family,
			&Value{Pos: c.at(c.root.Get("clusterNetwork", "ipFamily"))})
	}
	for _, role := range []Role{Pods, Services} {
		for _, v := range c.of(role, "") {
			if !v.IsRange() || v.Default {
				continue
			}
			six := strings.HasSuffix(v.Key, "IPv6")
			want := "IPv4"
			if six {
				want = "IPv6"
			}
			if len(v.Prefixes) > 1 || ipnet.Is4(v.Prefixes[0]) == six {
				c.refused("kubeone-subnet-family", fmt.Sprintf(".%s must be valid %q subnet.", v.Key, want), src,
					fmt.Sprintf("%s %s is not one %s range", v.Key, v.Text, want), v)
				continue
			}
			if m := c.maskFor(v.Prefixes[0]); role == Pods && m != nil && m.Int <= v.Prefixes[0].Bits() {
				c.refused("kubeone-mask-not-longer", "node CIDR mask size must be longer than the mask size of the "+
					"pod CIDR", src,
					fmt.Sprintf("%s %s and a node mask of /%d: the mask has to be longer, an equal one is refused as "+
						"well", v.Key, v.Text, m.Int), v, m)
			}
		}
	}
}

func writeKubeOne(f *target.File) {
	name, _ := f.Name()
	f.Line("apiVersion: kubeone.k8c.io/v1beta3\nkind: KubeOneCluster\nname: %s", name)
	if v, asked := f.Release(); asked {
		f.Line("versions:\n  kubernetes: %q", strings.TrimPrefix(v.String(), "v"))
	}
	f.Line("clusterNetwork:")
	if f.Dual() {
		f.Line("  ipFamily: IPv4+IPv6")
	}
	for _, fam := range f.Plan.Families {
		suffix := ""
		if fam == fact.IPv6 {
			suffix = "IPv6"
		}
		pods, _ := f.Range(fact.RolePods, fam)
		services, _ := f.Range(fact.RoleServices, fam)
		f.Line("  podSubnet%s: %s\n  serviceSubnet%s: %s", suffix, target.Text(pods.String()), suffix,
			target.Text(services.String()))
		f.Line("  nodeCIDRMaskSize%v: %d", fam, f.Plan.NodeMask(fam))
	}
}
