package distro

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// kubeKey: github.com/kubesphere/kubekey, branch 3.x cmd/kk/apis/kubekey/v1alpha2, and v4 builtin/core.
func kubeKey() Installer {
	return Installer{
		Name:       "kubekey",
		Recognised: "apiVersion kubekey.kubesphere.io, kind Cluster (3 and older), Config or Inventory (4)",
		Marks:      []string{"kubekey.kubesphere.io"},
		Groups:     []string{"kubekey.kubesphere.io"},
		Kinds:      []string{"Cluster", "Config", "Inventory"},
		Through:    ThroughKubeadm,
		CNI:        "calico",
		DNS:        3,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.233.64.0/18", Rendered: true},
			{Role: Services, IPv4: "10.233.0.0/18", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Rendered: true},
			{Role: NodeMaskIPv6, IPv6: "120", Rendered: true, Releases: "3; 64 in 4"},
			{Role: MaxPods, IPv4: "110", IPv6: "110", Rendered: true},
		},
		Changes: []Change{{
			Roles: []Role{Pods, Services, NodeMask, NodeMaskIPv4, NodeMaskIPv6, DNS}, Key: "spec.network, cni",
			Immutable: true,
			Way: "kk delete cluster, then kk create cluster -f FILE with the other ranges; kk add nodes and kk " +
				"upgrade keep them",
		}},
		read:   readKubeKey,
		refuse: refuseKubeKey,
		Takes: target.Terms{Doc: "what the Cluster of kk create cluster -f has to hold (KubeKey 3)", HasName: true,
			Stacks: []string{target.IPv4, target.Dual},
			Why:    "of two families IPv4 comes first, and of one the node mask is for IPv4",
			IPv4:   target.Mask{Min: 20, Max: 32, Why: kubeKeyBlocks}, IPv6: target.Mask{Min: 116, Max: 128, Why: kubeKeyBlocks},
			Write: writeKubeKey},
	}
}

func readKubeKey(c *Cluster, n *source.Node) {
	switch n.Get("kind").Str() {
	case "Cluster":
		c.Release = word(n.Get("spec", "kubernetes", "version"))
		c.take(Pods, "spec.network.kubePodsCIDR")
		c.take(Services, "spec.network.kubeServiceCIDR")
		c.take(NodeMaskIPv4, "spec.kubernetes.nodeCidrMaskSize")
		c.take(NodeMaskIPv6, "spec.kubernetes.nodeCidrMaskSizeIPv6")
		c.take(MaxPods, "spec.kubernetes.maxPods")
		c.kubeKeyMask()
		c.kubeKeyCNI(n.Get("spec", "network", "plugin"))
		for _, p := range find(n, "spec.hosts[]") {
			for _, k := range []string{"address", "internalAddress"} {
				c.put(Value{Role: Address, Host: word(p.node.Get("name"))}, p.node.Get(k), p.key+"."+k)
			}
		}
		c.take(Address, "spec.controlPlaneEndpoint.address")
	case "Config":
		spec, prefix := n.Get("spec"), "spec."
		if !has(spec, "cni") && has(n, "cni") {
			spec, prefix = n, ""
		}
		c.Release = word(spec.Get("kubernetes", "kube_version"))
		c.take(Pods, prefix+"cni.pod_cidr")
		c.take(Services, prefix+"cni.service_cidr")
		c.take(NodeMaskIPv4, prefix+"cni.ipv4_mask_size")
		if !c.take(NodeMaskIPv6, prefix+"cni.ipv6_mask_size") {
			if _, v6 := families(c.prefixes(Pods)); v6 {
				c.Values = append(c.Values, Value{Role: NodeMaskIPv6, Key: "cni.ipv6_mask_size", Pos: c.Pos, Text: "64",
					Int: 64, Default: true, DefaultOf: "kubekey", Rendered: true})
			}
		}
		c.kubeKeyMask()
		c.take(MaxPods, prefix+"kubernetes.kubelet.max_pods")
		c.kubeKeyCNI(spec.Get("cni", "type"))
	default:
		c.Partial = true
		for _, p := range find(n, "spec.hosts.*") {
			host := p.key[strings.LastIndexByte(p.key, '.')+1:]
			for _, k := range []string{"internal_ipv4", "internal_ipv6"} {
				c.put(Value{Role: Address, Host: host}, p.node.Get(k), p.key+"."+k)
			}
			c.put(Value{Role: Address, Host: host}, p.node.Get("connector", "host"), p.key+".connector.host")
		}
	}
}

// kubeKeyMask makes the mask that of the single family where there is one: --node-cidr-mask-size is written then, and a
// mask of the family that the pods do not have is written nowhere.
func (c *Cluster) kubeKeyMask() {
	v4, v6 := families(c.prefixes(Pods))
	if v4 && v6 {
		return
	}
	for i := range c.Values {
		switch v := &c.Values[i]; v.Role {
		case NodeMaskIPv4:
			v.Role = NodeMask
		case NodeMaskIPv6:
			v.Ignored = v4 && !v.Default
		}
	}
}

func (c *Cluster) kubeKeyCNI(n *source.Node) {
	name := strings.ToLower(word(n))
	if name == "" || isTemplate(name) {
		return
	}
	if name == "kubeovn" {
		name = "kube-ovn"
	}
	c.CNI, c.CNIStated, c.CNIPos = name, true, c.at(n)
	if name == "other" || name == "none" {
		c.CNI = "none"
	}
}

func refuseKubeKey(c *Cluster) {
	for _, role := range []Role{Pods, Services} {
		v := c.first(role)
		if v == nil || !v.IsRange() {
			continue
		}
		switch {
		case len(v.Prefixes) > 2, c.twoOfOne(role) != nil:
			c.refused("kubekey-two-families", "must specify both IPv4 and IPv6 ranges",
				"builtin/core/roles/precheck/network", v.Key+" "+v.Text+" is not one range of each family", v)
		case len(v.Prefixes) == 2 && !ipnet.Is4(v.Prefixes[0]):
			c.refused("kubekey-ipv4-first", "", "builtin/core/roles/precheck/network",
				v.Key+" "+v.Text+" names IPv6 first, and IPv4 has to come first", v)
		}
	}
	mask, pods := c.first(NodeMaskIPv4), c.first(Pods)
	if mask == nil {
		mask = c.first(NodeMask)
	}
	if c.CNI == "calico" && mask != nil && pods != nil && pods.IsRange() && !mask.Default &&
		mask.Int > pods.Prefixes[0].Bits() && mask.Int <= 32 {
		c.notes("kubekey-calico-block", "cmd/kk/pkg/plugins/network/templates",
			fmt.Sprintf("the blocks of Calico have the length of the node mask, /%d: one node takes %d addresses at "+
				"a time", mask.Int, 1<<(32-mask.Int)), mask)
	}
}

const kubeKeyBlocks = "blocks of Calico, its network, have that length"

// writeKubeKey writes the Cluster of version 3. There is no key for the address of cluster DNS.
func writeKubeKey(f *target.File) {
	name, _ := f.Name()
	f.Line("apiVersion: kubekey.kubesphere.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: %s\nspec:\n  kubernetes:", name)
	if v, asked := f.Release(); asked {
		f.Line("    version: %v", v)
	}
	f.Line("    nodeCidrMaskSize: %d", f.Plan.NodeMaskIPv4)
	if f.Dual() {
		f.Line("    nodeCidrMaskSizeIPv6: %d", f.Plan.NodeMaskIPv6)
	}
	if n, told := f.MaxPods(); told {
		f.Line("    maxPods: %d", n)
	}
	f.Line("  network:\n    kubePodsCIDR: %s", target.Join(f.Plan.Pods()))
	if dns, ok := nth(f.Plan.Services()[0], 3); ok {
		f.Line("    # cluster DNS gets %v", dns)
	}
	f.Line("    kubeServiceCIDR: %s", target.Join(f.Plan.Services()))
}
