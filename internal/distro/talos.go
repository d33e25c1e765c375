package distro

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// talos: github.com/siderolabs/talos pkg/machinery/config/types/v1alpha1 and types/k8s,
// internal/app/machined/pkg/controllers/k8s/control_plane_final.go.
func talos() Installer {
	return Installer{
		Name: "talos",
		Recognised: "version v1alpha1 with machine or cluster, a patch of it, or apiVersion v1alpha1 with kind " +
			"KubeNetworkConfig",
		Marks:   []string{"machine", "podSubnets", "serviceSubnets", "KubeNetworkConfig", "controllerManager"},
		Groups:  []string{"v1alpha1"},
		Kinds:   []string{"KubeNetworkConfig"},
		Through: ThroughFlags,
		CNI:     "flannel",
		DNS:     10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.244.0.0/16", Rendered: true},
			{Role: Services, IPv4: "10.96.0.0/12", Rendered: true},
			{Role: Pods, IPv6: "fc00:db8:10::/56", Old: true, Releases: "where all addresses are IPv6"},
			{Role: Services, IPv6: "fc00:db8:20::/112", Old: true, Releases: "where all addresses are IPv6"},
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kube-controller-manager"},
			{Role: NodeMaskIPv6, IPv6: "64", Of: "kube-controller-manager"},
		},
		Changes: []Change{
			{
				Roles: []Role{Pods, Services, DNS}, Key: "cluster.network.podSubnets, cluster.network.serviceSubnets",
				Immutable: true,
				Restart:   []string{"talosctl -n NODE edit machineconfig"},
				Way: "talosctl takes the change and starts the control plane anew; nodes keep their podCIDR and " +
					"services their addresses, so bootstrap another cluster",
			},
			{
				Roles:   []Role{NodeMask, NodeMaskIPv4, NodeMaskIPv6},
				Key:     "cluster.controllerManager.extraArgs; nodeCIDRMaskSizeIPv4 of KubeNetworkConfig since 1.14",
				Restart: []string{"talosctl -n NODE patch machineconfig --patch @FILE"},
				Way:     "it holds for nodes that register afterwards",
			},
		},
		match:  isTalos,
		read:   readTalos,
		refuse: refuseTalos,
		Takes:  target.Terms{Doc: "a patch for talosctl gen config --config-patch @FILE", Write: writeTalos},
	}
}

// talosPaths are the paths of patches in the form of RFC 6902.
var talosPaths = []struct {
	path string
	role Role
}{{"/cluster/network/podSubnets", Pods}, {"/cluster/network/serviceSubnets", Services},
	{"/machine/kubelet/clusterDNS", DNS}}

func isTalos(f *source.File, n *source.Node) bool {
	for _, it := range items(n) {
		for _, p := range talosPaths {
			if word(it.Get("path")) == p.path {
				return true
			}
		}
	}
	if n.Kind != source.Mapping || has(n, "apiVersion") || has(n, "kind") {
		return false
	}
	if n.Get("version").Str() == "v1alpha1" && (isMap(n, "machine") || isMap(n, "cluster")) {
		return true
	}
	for _, e := range n.Entries {
		if e.Key != "machine" && e.Key != "cluster" && e.Key != "version" && e.Key != "debug" && e.Key != "persist" {
			return false
		}
	}
	network := n.Get("cluster", "network")
	return isMap(n, "cluster") && (hasAny(network, "podSubnets", "serviceSubnets") ||
		isMap(n, "cluster", "controllerManager", "extraArgs") || isMap(n, "cluster", "apiServer", "extraArgs"))
}

func readTalos(c *Cluster, n *source.Node) {
	if n.Kind == source.Sequence {
		c.talosPatch(n)
		return
	}
	if n.Get("kind").Str() == "KubeNetworkConfig" {
		c.take(Pods, "podSubnets")
		c.take(Services, "serviceSubnets")
		c.take(NodeMaskIPv4, "nodeCIDRMaskSizeIPv4")
		c.take(NodeMaskIPv6, "nodeCIDRMaskSizeIPv6")
		c.Partial = true
		return
	}
	c.Name = word(n.Get("cluster", "clusterName"))
	c.Partial = !isMap(n, "cluster", "controlPlane") || !isMap(n, "machine") || n.Get("version").Str() == ""
	c.take(Pods, "cluster.network.podSubnets")
	c.take(Services, "cluster.network.serviceSubnets")
	c.take(DNS, "machine.kubelet.clusterDNS")
	if len(c.Values) > 0 && c.Values[len(c.Values)-1].Role == DNS {
		c.Values[len(c.Values)-1].Program = Kubelet
	}
	host := word(n.Get("machine", "network", "hostname"))
	c.take(Address, "cluster.controlPlane.endpoint")
	for _, path := range []string{"machine.network.interfaces[].addresses", "machine.network.interfaces[].vip.ip"} {
		for _, p := range find(n, path) {
			c.put(Value{Role: Address, Host: host}, p.node, p.key)
		}
	}
	for _, p := range find(n, "machine.kubelet.extraConfig.maxPods") {
		c.put(Value{Role: MaxPods, Program: Kubelet}, p.node, p.key)
	}
	c.talosCNI(n)
	for _, k := range []struct {
		path    string
		program Program
	}{
		{"cluster.controllerManager.extraArgs", ControllerManager}, {"cluster.apiServer.extraArgs", APIServer},
		{"cluster.proxy.extraArgs", KubeProxy}, {"machine.kubelet.extraArgs", Kubelet},
	} {
		for _, p := range find(n, k.path) {
			c.args(k.program, p.node, p.key)
		}
	}
}

// talosPatch reads a patch in the form of RFC 6902.
func (c *Cluster) talosPatch(n *source.Node) {
	c.Partial = true
	for _, it := range n.Items {
		for _, p := range talosPaths {
			if op := word(it.Get("op")); word(it.Get("path")) == p.path && (op == "add" || op == "replace") {
				c.put(Value{Role: p.role}, it.Get("value"), p.path)
			}
		}
	}
}

// talosCNI reads the network. One of one's own is known by the names of its manifests, if at all.
func (c *Cluster) talosCNI(n *source.Node) {
	if name := n.Get("cluster", "network", "cni", "name"); word(name) != "" && !isTemplate(word(name)) {
		c.CNI, c.CNIStated, c.CNIPos = word(name), true, c.at(name)
		if c.CNI == "custom" {
			c.CNI = "none"
			for _, p := range find(n, "cluster.network.cni.urls[]") {
				for _, a := range allocators {
					if strings.Contains(word(p.node), a.cni) {
						c.CNI, c.Allocator = a.cni, UnknownAllocator
					}
				}
			}
		}
	}
}

func refuseTalos(c *Cluster) {
	if c.root.Get("kind").Str() == "KubeNetworkConfig" {
		c.refuseTalosDocument()
		return
	}
	for _, role := range []Role{Pods, Services} {
		if v := c.twoOfOne(role); v != nil {
			c.breaks("talos-two-of-a-family", "pkg/machinery/config/types/v1alpha1/v1alpha1_validation.go",
				v.Key+" "+v.Text+" has two ranges of one family: talosctl takes them, and kube-controller-manager "+
					"and kube-apiserver do not", "keep one range of each family", v)
		}
	}
	c.refuseArgAlone(ControllerManager, Pods, "flannel and kube-proxy keep the other range")
	for _, v := range c.of(Services, ControllerManager) {
		if v.Program == ControllerManager && v.Err == nil && !v.Template {
			c.breaks("talos-services-added", "internal/app/machined/pkg/controllers/k8s/control_plane_final.go",
				v.Key+" "+v.Text+" is added to the service range that Talos derives, it does not replace it",
				"write cluster.network.serviceSubnets", v)
		}
	}
}

// refuseTalosDocument: pkg/machinery/config/types/k8s/network.go KubeNetworkConfigV1Alpha1.Validate.
func (c *Cluster) refuseTalosDocument() {
	const src = "pkg/machinery/config/types/k8s/network.go"
	counts := map[Role]int{}
	for _, role := range []Role{Pods, Services} {
		v := c.first(role)
		if v == nil {
			c.refused("talos-no-subnet", "at least one subnet must be specified", src, string(role)+": no subnet", nil)
			continue
		}
		if !v.IsRange() {
			continue
		}
		counts[role] = len(v.Prefixes)
		if len(v.Prefixes) > 2 || c.twoOfOne(role) != nil {
			c.refused("talos-one-each", "at most one IPv4 and one IPv6", src,
				v.Key+" "+v.Text+" is not one range of each family", v)
		}
		if p, ok := hostBits(v); ok {
			c.refused("talos-host-bits", "is not a valid CIDR", src,
				fmt.Sprintf("%s %v has host bits set; write %v", v.Key, p, p.Masked()), v)
		}
		for _, p := range v.Prefixes[:min(len(v.Prefixes), 2)] {
			host := p.Addr().BitLen() - p.Bits()
			m := c.maskFor(p)
			switch {
			case role == Services && host > 20:
				c.refused("talos-services-too-large", "too large", src,
					fmt.Sprintf("%s %v has %d host bits, and 20 are allowed", v.Key, p, host), v)
			case host < 4:
				c.refused("talos-too-small", "is too small, must be larger", src,
					fmt.Sprintf("%s %v has fewer than 4 host bits", v.Key, p), v)
			case role == Pods && m != nil && m.Int < p.Bits():
				c.refused("talos-mask-shorter", "is smaller than the per-node pod CIDR mask size", src,
					fmt.Sprintf("%s %v is smaller than one node's /%d", v.Key, p, m.Int), v, m)
			case role == Pods && m != nil && m.Int-p.Bits() > 16:
				c.refused("talos-mask-too-far", "at most 16 bits", src,
					fmt.Sprintf("%s %v and a node mask of /%d are more than 16 bits apart", v.Key, p, m.Int), v, m)
			}
		}
	}
	p, s := c.first(Pods), c.first(Services)
	switch {
	case counts[Pods] == 0 || counts[Services] == 0:
	case counts[Pods] != counts[Services]:
		c.refused("talos-counts", "number of pod subnets must match the number of service subnets", src,
			fmt.Sprintf("%d pod subnets and %d service subnets", counts[Pods], counts[Services]), p, s)
	case ipnet.Is4(p.Prefixes[0]) != ipnet.Is4(s.Prefixes[0]):
		c.breaks("talos-families", src, fmt.Sprintf("pods %s and services %s are of different families: Talos "+
			"compares their number alone", p.Text, s.Text), "name the same families in the same order", p, s)
	}
}

// writeTalos writes a patch in the form that every release takes. Lists of subnets replace what stands there before.
func writeTalos(f *target.File) {
	f.Line("# talosctl gen config NAME https://ENDPOINT:6443 --config-patch @FILE")
	f.Line("cluster:\n  network:")
	f.List("    ", "podSubnets", f.Plan.Pods())
	f.List("    ", "serviceSubnets", f.Plan.Services())
	if args := f.MaskArgs(24, 64, false); len(args) > 0 {
		f.Line("  controllerManager:\n    extraArgs:")
		for _, a := range args {
			f.Line("      %s: \"%d\"", a.Name, a.Value)
		}
	}
	if n, told := f.MaxPods(); told {
		f.Line("machine:\n  kubelet:\n    extraConfig:\n      maxPods: %d", n)
	}
}
