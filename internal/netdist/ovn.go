package netdist

import (
	"bytes"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

func ovnRow() Row {
	return Row{
		Name: "ovn-kubernetes", Title: "OVN-Kubernetes", Purpose: PodNetwork, Allocator: AllocatorOwn,
		Names: Names{
			Aliases: []string{"ovn", "ovnkubernetes", "ovn-k8s", "ovnk"},
			Images: []string{
				"ovn-kubernetes/ovn-kube-u", "ovn-kubernetes/ovn-kube-f", "*ovn-kube-u", "*ovn-kube-f",
				"*ovn-kubernetes", "*ovn-daemonset-u", "*ovn-daemonset-f",
			},
			Workloads:   []string{"ovnkube-node", "ovnkube-master", "ovnkube-control-plane", "ovnkube-cluster-manager"},
			ConfigMaps:  []string{"ovn-config", "ovnkube-config"},
			Types:       []string{"ovn-k8s-cni-overlay"},
			Files:       []string{"10-ovn-kubernetes.conf", "10-ovn-kubernetes.conflist"},
			Links:       []string{"ovn-k8s-mp*", "br-ex", "br-int", "genev_sys_*"},
			Annotations: []string{"k8s.ovn.org/*"},
			Groups:      []string{"k8s.ovn.org"},
		},
		Modes: []Mode{
			{
				Name: "node-subnets", Allocator: AllocatorOwn, Key: "k8s.ovn.org/node-subnets",
				Note: "the node annotation holds the subnet; Node.spec.podCIDR is empty as a rule",
			},
		},
		Defaults: ovnDefaults(),
		Limits: Limits{
			Longer: true, MinBlock6: 64, MaxBlock6: 64, By: "ovnkube",
			TooLarge: "cannot use a host subnet length mask shorter than or equal to the cluster subnet mask",
			Overlap:  "illegal network configuration",
			Source:   "ovn-org/ovn-kubernetes go-controller/pkg/config/utils.go ParseClusterSubnetEntries",
		},
		Later:  ovnLater(),
		object: readOVN,
		values: ovnValues,
		words:  []string{"ovn", "OVN", "openshift.io", "podNetwork"},
	}
}

// ovnDefaults are the ranges that it takes if nobody says others.
func ovnDefaults() []Default {
	const config = "ovn-org/ovn-kubernetes go-controller/pkg/config/config.go"
	return []Default{
		{
			Use: Hidden, Name: "join", Prefix: "100.64.0.0/16", Moves: "ipv4.internalJoinSubnet",
			Source: config + " Gateway.V4JoinSubnet",
		},
		{
			Use: Hidden, Name: "join", Prefix: "fd98::/64", Moves: "ipv6.internalJoinSubnet",
			Source: config + " Gateway.V6JoinSubnet",
		},
		{
			Use: Hidden, Name: "transit", Prefix: "100.88.0.0/16", Moves: "ipv4.internalTransitSwitchSubnet",
			Source: config + " ClusterManager.V4TransitSwitchSubnet",
		},
		{
			Use: Hidden, Name: "transit", Prefix: "fd97::/64", Moves: "ipv6.internalTransitSwitchSubnet",
			Source: config + " ClusterManager.V6TransitSwitchSubnet",
		},
		{
			Use: Hidden, Name: "masquerade", Prefix: "169.254.169.0/29",
			Moves: "gatewayConfig.ipv4.internalMasqueradeSubnet", Source: config + " Gateway.V4MasqueradeSubnet",
		},
		{
			Use: Hidden, Name: "masquerade", Prefix: "fd69::/125",
			Moves: "gatewayConfig.ipv6.internalMasqueradeSubnet", Source: config + " Gateway.V6MasqueradeSubnet",
		},
		{Use: Hidden, Name: "masquerade", Prefix: "169.254.0.0/17", Moves: "gatewayConfig.ipv4.internalMasqueradeSubnet",
			When:   "clusters that OpenShift 4.17 or later installed",
			Source: "openshift/cluster-network-operator pkg/network/ovn_kubernetes.go"},
		{
			Use: Hidden, Name: "user-defined join", Prefix: "100.65.0.0/16", Moves: "spec.layer3.joinSubnets",
			If: "a user-defined network", Source: config,
		},
		{
			Use: Hidden, Name: "user-defined join", Prefix: "fd99::/64", Moves: "spec.layer3.joinSubnets",
			If: "a user-defined network", Source: config,
		},
	}
}

// ovnLater says what can be changed in a living cluster.
func ovnLater() []Change {
	return []Change{
		{What: "join, transit and masquerade range", Use: Hidden, Possible: true, InPlace: true,
			Source: "openshift/api operator/v1/types_network.go", Steps: []string{
				`kubectl patch network.operator.openshift.io cluster --type merge -p '{"spec":` +
					`{"defaultNetwork":{"ovnKubernetesConfig":{"ipv4":{"internalJoinSubnet":"RANGE"}}}}}'`,
				"the operator restarts its DaemonSets one node after the other; without the operator: " +
					"gateway-v4-join-subnet in ovnkube.conf, then restart ovnkube",
			}},
		{What: "cluster network", Use: Pods, Possible: true,
			Source: "openshift/cluster-network-operator pkg/network/cluster_config.go", Steps: []string{
				"it can only be made wider: a shorter prefix of the same range with the same hostPrefix",
			}},
		{What: "host prefix", Use: NodeBlock, Source: "the same", Steps: []string{"a new cluster"}},
		{What: "service network", Use: Services, Source: "the same", Steps: []string{"a new cluster"}},
	}
}

func readOVN(r *reader, o *object) {
	switch {
	case o.kind == "Network" && (o.group == "operator.openshift.io" || o.group == "config.openshift.io"):
		openShiftNetwork(r, o)
	case o.kind == "ConfigMap" && o.configMap("ovnkube.conf"):
		n := r.see("ovn-kubernetes", "ovnkube.conf", o.data.Get("ovnkube.conf"))
		ovnINI(n, o.data.Get("ovnkube.conf"))
	case o.kind == "ConfigMap" && o.configMap("net_cidr") && o.configMap("svc_cidr"):
		n := r.see("ovn-kubernetes", "ConfigMap "+o.name, o.Get("metadata", "name"))
		n.add(Range{Use: Pods, Key: "net_cidr"}, o.data.Get("net_cidr"), form{hostLen: true}, ",")
		n.add(Range{Use: Services, Key: "svc_cidr"}, o.data.Get("svc_cidr"), form{}, ",")
	case o.kind == "Node" && o.group == "":
		ovnNode(r, o)
	case o.group == "k8s.ovn.org" && (o.kind == "UserDefinedNetwork" || o.kind == "ClusterUserDefinedNetwork"):
		userDefined(r, o)
	case o.group == "k8s.ovn.org":
		r.see("ovn-kubernetes", o.kind, o.Get("kind"))
	}
	for _, c := range o.run("ovn-kubernetes") {
		ovnFlags(r, c)
	}
}

// openShiftNetwork reads the Network "cluster" of either group. One of another network type shows that network.
func openShiftNetwork(r *reader, o *object) {
	spec := o.Get("spec")
	kind := spec.Get("networkType").Str()
	if kind == "" {
		kind = spec.Get("defaultNetwork", "type").Str()
	}
	if kind == "" {
		kind = o.Get("status", "networkType").Str()
	}
	if kind != "" && !strings.EqualFold(kind, "OVNKubernetes") {
		if strings.EqualFold(kind, "Calico") || strings.EqualFold(kind, "Cilium") {
			r.network(strings.ToLower(kind)).evidence("networkType", o.Get("kind"))
		}
		return
	}
	n := r.see("ovn-kubernetes", "Network", o.Get("kind"))
	if nets := spec.Get("clusterNetwork"); nets != nil {
		for _, c := range nets.Items {
			rg := Range{Use: Pods, Key: "spec.clusterNetwork"}
			if p := c.Get("hostPrefix"); p != nil {
				rg = rg.block(p, 0)
			}
			n.add(rg, c.Get("cidr"), form{}, "")
		}
	}
	n.addList(Range{Use: Services, Key: "spec.serviceNetwork"}, spec.Get("serviceNetwork"), form{}, ",")
	ovnConfig(n, spec.Get("defaultNetwork", "ovnKubernetesConfig"))
}

// ovnConfig reads ovnKubernetesConfig. The old keys of the join range come first, so that an equal new one is no
// second range.
func ovnConfig(n *found, c *source.Node) {
	for _, k := range []struct {
		name string
		keys []string
	}{
		{"join", []string{"ipv4", "internalJoinSubnet"}}, {"join", []string{"ipv6", "internalJoinSubnet"}},
		{"join", []string{"v4InternalSubnet"}}, {"join", []string{"v6InternalSubnet"}},
		{"transit", []string{"ipv4", "internalTransitSwitchSubnet"}}, {
			"transit", []string{"ipv6", "internalTransitSwitchSubnet"},
		},
		{"masquerade", []string{"gatewayConfig", "ipv4", "internalMasqueradeSubnet"}},
		{"masquerade", []string{"gatewayConfig", "ipv6", "internalMasqueradeSubnet"}},
	} {
		n.add(Range{Use: Hidden, Name: k.name, Key: strings.Join(k.keys, ".")}, c.Get(k.keys...), form{}, "")
	}
	if list := c.Get("hybridOverlayConfig", "hybridClusterNetwork"); list != nil {
		for _, h := range list.Items {
			rg := Range{
				Use: Pods, Name: "hybrid overlay", Key: "hybridOverlayConfig.hybridClusterNetwork", OnDemand: true,
			}
			n.add(rg.block(h.Get("hostPrefix"), 0), h.Get("cidr"), form{}, "")
		}
	}
}

// ovnKeys are keys of ovnkube.conf and flags of ovnkube, with what they mean: go-controller/pkg/config/config.go.
var ovnKeys = []struct {
	name, pool string
	use        Use
}{
	{"cluster-subnets", "", Pods}, {"service-cidrs", "", Services}, {"k8s-service-cidrs", "", Services},
	{"k8s-service-cidr", "", Services},
	{"gateway-v4-join-subnet", "join", Hidden}, {"gateway-v6-join-subnet", "join", Hidden},
	{"v4-join-subnet", "join", Hidden}, {"v6-join-subnet", "join", Hidden},
	{"v4-masquerade-subnet", "masquerade", Hidden}, {"v6-masquerade-subnet", "masquerade", Hidden},
	{"gateway-v4-masquerade-subnet", "masquerade", Hidden}, {"gateway-v6-masquerade-subnet", "masquerade", Hidden},
	{"cluster-manager-v4-transit-switch-subnet", "transit", Hidden}, {
		"cluster-manager-v6-transit-switch-subnet", "transit", Hidden,
	},
	{"v4-transit-switch-subnet", "transit", Hidden}, {"v6-transit-switch-subnet", "transit", Hidden},
	{"hybrid-overlay-cluster-subnets", "hybrid overlay", Pods},
}

// ovnINI reads ovnkube.conf: key=value lines below sections, values in quotes or not.
func ovnINI(n *found, at *source.Node) {
	file := at.File()
	data := file.Data
	for off := 0; off < len(data); {
		end := off + bytes.IndexByte(data[off:], '\n')
		if end < off {
			end = len(data)
		}
		line := string(data[off:end])
		key, value, ok := strings.Cut(line, "=")
		for _, k := range ovnKeys {
			if !ok || strings.TrimSpace(key) != k.name {
				continue
			}
			start := off + len(key) + 1
			text := strings.TrimLeft(value, " \t\"'")
			start += len(value) - len(text)
			n.addFlag(Range{Use: k.use, Name: k.pool, Key: k.name}, argument{k.name, strings.TrimRight(text, " \t\"'"),
				Position(file.Position(start))}, form{hostLen: true}, ",")
		}
		off = end + 1
	}
	ovnBlocks(n)
}

// ovnBlocks sets the host length of ranges that name none: 24 for IPv4, 64 for IPv6, as ovnkube's own flag says.
func ovnBlocks(n *found) {
	for i := range n.Ranges {
		if n.Ranges[i].Use == Pods && n.Ranges[i].BlockSize == 0 && !n.Ranges[i].Default {
			blockFor(n.Ranges[i:i+1], nil, 24, 64)
		}
	}
}

func ovnFlags(r *reader, c container) {
	var names []string
	for _, k := range ovnKeys {
		names = append(names, k.name)
	}
	fl := c.flags(names...)
	n := r.network("ovn-kubernetes")
	for _, k := range ovnKeys {
		n.addFlag(Range{Use: k.use, Name: k.pool, Key: "--" + k.name}, fl[k.name], form{hostLen: true}, ",")
	}
	if c.agent {
		ovnBlocks(n)
	}
}

// ovnNode reads the annotations that ovnkube leaves on a Node.
func ovnNode(r *reader, o *object) {
	a := o.Get("metadata", "annotations")
	for _, k := range []struct {
		key, pool string
		use       Use
	}{
		{"k8s.ovn.org/node-subnets", "", NodeBlock}, {"k8s.ovn.org/node-masquerade-subnet", "masquerade", Hidden},
	} {
		v := a.Get(k.key)
		if v.Str() == "" {
			continue
		}
		n := r.see("ovn-kubernetes", k.key, v)
		in, err := v.File().JSON()
		if err != nil {
			continue
		}
		for i, e := range in.Entries {
			if k.use == Hidden && i > 1 {
				break
			}
			rg := Range{Use: k.use, Name: k.pool, Key: k.key, Node: o.name}
			if k.use == NodeBlock && e.Key != "default" {
				rg.Name, rg.OnDemand = e.Key, true
			}
			n.addList(rg, e.Value, form{}, ",")
		}
	}
}

// userDefined reads a network of one's own. Its pods get addresses of it instead of the cluster's.
func userDefined(r *reader, o *object) {
	n := r.see("ovn-kubernetes", o.kind, o.Get("kind"))
	n.mark("a user-defined network")
	spec := o.Get("spec")
	if in := spec.Get("network"); in != nil {
		spec = in
	}
	for _, layer := range []string{"layer2", "layer3", "localnet"} {
		l := spec.Get(layer)
		use := Pods
		if l.Get("role").Str() == "Secondary" || layer == "localnet" {
			use = Secondary
		}
		rg := Range{Use: use, Name: o.name, Key: "spec." + layer + ".subnets", OnDemand: true}
		if subs := l.Get("subnets"); subs != nil {
			for _, s := range subs.Items {
				if s.Kind == source.Mapping {
					n.add(rg.block(s.Get("hostSubnet"), 0), s.Get("cidr"), form{}, "")
				} else {
					n.add(rg, s, form{}, "")
				}
			}
		}
		n.addList(Range{Use: Hidden, Name: "user-defined join", Key: "spec." + layer + ".joinSubnets"},
			l.Get("joinSubnets"), form{}, ",")
	}
}

// ovnValues reads values of the chart ovn-kubernetes.
func ovnValues(r *reader, v *source.Node, chart string) bool {
	pods, global := v.Get("podNetwork"), v.Get("global")
	known := isChart(chart, "ovn-kubernetes") || pods != nil && v.Get("serviceNetwork") != nil &&
		(v.Get("k8sAPIServer") != nil || global.Get("v4JoinSubnet") != nil || global.Get("gatewayMode") != nil)
	if !known {
		return false
	}
	if pods == nil {
		pods = v
	}
	n := r.see("ovn-kubernetes", "values", pods)
	n.add(Range{Use: Pods, Key: "podNetwork"}, v.Get("podNetwork"), form{hostLen: true}, ",")
	n.add(Range{Use: Services, Key: "serviceNetwork"}, v.Get("serviceNetwork"), form{}, ",")
	for _, fam := range []string{"v4", "v6"} {
		for _, k := range []struct{ key, name string }{
			{"JoinSubnet", "join"}, {"MasqueradeSubnet", "masquerade"}, {"TransitSwitchSubnet", "transit"},
		} {
			n.add(Range{Use: Hidden, Name: k.name, Key: "global." + fam + k.key}, global.Get(fam+k.key), form{}, "")
		}
	}
	ovnBlocks(n)
	return true
}
