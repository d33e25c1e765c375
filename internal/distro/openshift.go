package distro

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// openShift: github.com/openshift/api config/v1 and operator/v1 Network, github.com/openshift/installer
// pkg/types/validation/installconfig.go, github.com/openshift/cluster-network-operator pkg/network.
func openShift() Installer {
	return Installer{
		Name: "openshift",
		Recognised: "install-config: apiVersion v1 without kind, baseDomain and platform; kind Network of " +
			"config.openshift.io and operator.openshift.io, HostedCluster of hypershift.openshift.io",
		Marks:   []string{"openshift.io", "baseDomain", "hostPrefix"},
		Groups:  []string{"config.openshift.io", "operator.openshift.io", "hypershift.openshift.io"},
		Kinds:   []string{"Network", "HostedCluster"},
		Through: ThroughNothing,
		CNI:     "ovn-kubernetes",
		DNS:     10,
		Defaults: []Default{
			{Role: Hosts, IPv4: "10.0.0.0/16", Rendered: true},
			{Role: Pods, IPv4: "10.128.0.0/14", Rendered: true},
			{Role: Services, IPv4: "172.30.0.0/16", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "23", Rendered: true},
			{Role: NodeMaskIPv6, IPv6: "64", Rendered: true},
		},
		Checks: []Check{ChecksText, ChecksFamilies, ChecksPodsServices, ChecksHosts, ChecksMask, ChecksOneEach},
		Changes: []Change{
			{
				Roles: []Role{Pods}, Key: "spec.clusterNetwork[].cidr of Network.config.openshift.io cluster",
				Restart: []string{"oc patch Network.config.openshift.io cluster --type=merge -p PATCH"},
				Way: "a shorter prefix with the same first address, hostPrefix and number of entries as before, " +
					"with OVN-Kubernetes alone",
			},
			{Roles: []Role{Services, NodeMask, NodeMaskIPv4, NodeMaskIPv6, DNS}, Key: "spec.serviceNetwork, hostPrefix",
				Immutable: true, Way: "install another cluster"},
		},
		match: func(f *source.File, n *source.Node) bool {
			if has(n, "kind") {
				return false
			}
			if !has(n, "apiVersion") { // an excerpt
				return len(find(n, "networking.clusterNetwork[].hostPrefix")) > 0
			}
			return word(n.Get("baseDomain")) != "" && has(n, "platform") &&
				(n.Get("apiVersion").Str() == "v1" || strings.HasPrefix(n.Get("apiVersion").Str(), "v1beta"))
		},
		read:   readOpenShift,
		refuse: refuseOpenShift,
		Takes: target.Terms{Doc: "networking of install-config.yaml", Avoid: ovnAvoid(),
			IPv6: target.Mask{Min: 64, Max: 64, Why: "OVN-Kubernetes takes no other"}, Write: writeOpenShift},
	}
}

func readOpenShift(c *Cluster, n *source.Node) {
	prefix := "networking."
	c.Partial = !has(n, "apiVersion")
	switch n.Get("kind").Str() {
	case "HostedCluster": // its defaults are its own
		c.Partial = true
		prefix = "spec.networking."
	case "Network":
		c.Partial = true
		prefix = "spec."
		if n.Get("status", "clusterNetwork") != nil { // in force, where spec is what is wanted
			prefix = "status."
		}
	}
	c.take(Pods, prefix+"clusterNetwork[].cidr", prefix+"clusterNetworks[].cidr", prefix+"podCIDR")
	services := prefix + "serviceNetwork"
	if n.Get("kind").Str() == "HostedCluster" {
		services += "[].cidr"
	}
	c.take(Services, services, prefix+"serviceCIDR")
	c.take(Hosts, prefix+"machineNetwork[].cidr", prefix+"machineCIDR")
	for _, p := range append(find(n, prefix+"clusterNetwork[]"), find(n, prefix+"clusterNetworks[]")...) {
		role := NodeMaskIPv4
		if strings.Contains(word(p.node.Get("cidr")), ":") {
			role = NodeMaskIPv6
		}
		c.put(Value{Role: role}, p.node.Get("hostPrefix"), p.key+".hostPrefix")
		c.put(Value{Role: HostBits}, p.node.Get("hostSubnetLength"), p.key+".hostSubnetLength")
	}
	for _, ovn := range []string{"networking.ovnKubernetesConfig.", "spec.defaultNetwork.ovnKubernetesConfig.",
		"spec.operatorConfiguration.clusterNetworkOperator.ovnKubernetesConfig."} {
		c.take(Reserved, ovn+"ipv4.internalJoinSubnet", ovn+"ipv6.internalJoinSubnet", ovn+"v4InternalSubnet",
			ovn+"v6InternalSubnet",
			ovn+"ipv4.internalTransitSwitchSubnet", ovn+"ipv6.internalTransitSwitchSubnet",
			ovn+"gatewayConfig.ipv4.internalMasqueradeSubnet",
			ovn+"gatewayConfig.ipv6.internalMasqueradeSubnet", ovn+"hybridOverlayConfig.hybridClusterNetwork[].cidr")
	}
	c.take(Address, "platform.baremetal.apiVIPs", "platform.baremetal.ingressVIPs", "platform.vsphere.apiVIPs",
		"platform.vsphere.ingressVIPs",
		"platform.baremetal.apiVIP", "platform.baremetal.ingressVIP")
	for _, path := range []string{prefix + "networkType", prefix + "type", "spec.defaultNetwork.type"} {
		for _, p := range find(n, path) {
			c.openShiftCNI(p.node)
		}
	}
}

func (c *Cluster) openShiftCNI(n *source.Node) {
	name := strings.ToLower(word(n))
	switch name {
	case "":
		return
	case "ovnkubernetes":
		name = "ovn-kubernetes"
	case "openshiftsdn":
		name = "openshift-sdn"
	}
	c.CNI, c.CNIStated, c.CNIPos = name, true, c.at(n)
}

// ovnReserved are the ranges that OVN-Kubernetes uses within: cluster-network-operator bindata, and OVN-Kubernetes' own
// defaults.
var ovnReserved = []struct{ key, text string }{
	{"internalJoinSubnet", "100.64.0.0/16"}, {"internalTransitSwitchSubnet", "100.88.0.0/16"},
	{"internalMasqueradeSubnet", "169.254.0.0/17"},
}

func refuseOpenShift(c *Cluster) {
	const src = "pkg/types/validation/installconfig.go"
	pods, services, hosts := c.prefixes(Pods), c.prefixes(Services), c.prefixes(Hosts)
	if c.CNI == "ovn-kubernetes" && !c.Partial {
		c.addReserved()
	}
	if a, b, ok := overlapping(pods, services); ok {
		c.refused("openshift-pods-services", "cluster network must not overlap with service network", src,
			fmt.Sprintf("clusterNetwork %v overlaps serviceNetwork %v", a, b), c.first(Pods), c.first(Services))
	}
	if a, b, ok := overlapping(services, hosts); ok {
		c.refused("openshift-services-hosts", "service network must not overlap with any of the machine networks", src,
			fmt.Sprintf("serviceNetwork %v overlaps machineNetwork %v", a, b), c.first(Services), c.first(Hosts))
	}
	if a, b, ok := overlapping(pods, hosts); ok {
		c.refused("openshift-pods-hosts", "cluster network must not overlap with any of the machine networks", src,
			fmt.Sprintf("clusterNetwork %v overlaps machineNetwork %v", a, b), c.first(Pods), c.first(Hosts))
	}
	for _, role := range []Role{Pods, Services, Hosts} {
		if a, b, ok := overlapping(c.prefixes(role), c.prefixes(Reserved)); ok {
			c.refused("openshift-internal-subnet", "must not overlap with OVNKubernetes default internal subnet", src,
				fmt.Sprintf("%s %v overlap %v, which OVN-Kubernetes uses within", role, a, b), c.first(role))
		}
	}
	for _, p := range c.of(Pods, "") {
		if !p.IsRange() {
			continue
		}
		m := c.maskFor(p.Prefixes[0])
		switch {
		case m == nil:
		case m.Int < p.Prefixes[0].Bits():
			c.refused("openshift-host-prefix", "host subnetwork prefix must not be larger size than CIDR", src,
				fmt.Sprintf("hostPrefix %d is larger than the clusterNetwork %v", m.Int, p.Prefixes[0]), p, m)
		case !ipnet.Is4(p.Prefixes[0]) && m.Int != 64:
			c.refused("openshift-host-prefix-ipv6", "must be 64 for IPv6 networks", src,
				fmt.Sprintf("hostPrefix %d of %v", m.Int, p.Prefixes[0]), p, m)
		}
	}
	c.refuseFamilies("openshift-families", "must either both be IPv4-only, both be IPv6-only, or both be dual-stack",
		"cluster-network-operator pkg/network/cluster_config.go")
}

// addReserved adds OVN-Kubernetes' own ranges where the file does not move them.
func (c *Cluster) addReserved() {
	for _, r := range ovnReserved {
		moved := false
		for _, v := range c.of(Reserved, "") {
			moved = moved || strings.HasSuffix(v.Key, r.key) || r.key == "internalJoinSubnet" &&
				strings.HasSuffix(v.Key, "v4InternalSubnet")
		}
		if !moved {
			v := Value{Role: Reserved, Key: "OVN-Kubernetes " + r.key, Pos: c.Pos, Default: true,
				DefaultOf: "ovn-kubernetes", Rendered: true}
			c.plain(&v, r.text, func(int) Position { return c.Pos })
		}
	}
}

// ovnAvoid returns the ranges that OVN-Kubernetes takes, for a plan to keep clear of.
func ovnAvoid() []fact.Reservation {
	var out []fact.Reservation
	for _, r := range ovnReserved {
		out = append(out, fact.Reservation{Name: "OVN-Kubernetes " + r.key, Prefix: netip.MustParsePrefix(r.text)})
	}
	return out
}

func writeOpenShift(f *target.File) {
	f.Line("# install-config.yaml: to be merged\nnetworking:\n  networkType: OVNKubernetes\n  machineNetwork:")
	for _, p := range f.Plan.Hosts() {
		f.Line("    - cidr: %s", target.Text(p.String()))
	}
	f.Line("  clusterNetwork:")
	for _, p := range f.Plan.Pods() {
		f.Line("    - cidr: %s\n      hostPrefix: %d", target.Text(p.String()), f.Plan.NodeMask(fact.FamilyOf(p)))
	}
	f.List("  ", "serviceNetwork", f.Plan.Services())
}
