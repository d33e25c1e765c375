package netdist

import (
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ciliumMask4 and ciliumMask6 are the node masks by default: cilium install/kubernetes/cilium/values.yaml
// ipam.operator.
const (
	ciliumMask4 = 24
	ciliumMask6 = 120
)

// ciliumModes are the values of ipam that the agent takes: cilium pkg/ipam/option.
var ciliumModes = []Mode{
	{
		Name: "cluster-pool", Allocator: AllocatorOwn, Key: "ipam",
		Note: "cilium-operator cuts node subnets from its pools, lowest first, and keeps them in CiliumNode objects",
	},
	{Name: "kubernetes", Allocator: AllocatorNode, Key: "ipam", Note: "agents wait for Node.spec.podCIDR"},
	{
		Name: "multi-pool", Allocator: AllocatorOwn, Key: "ipam",
		Note: "nodes take parts of CiliumPodIPPools as they need them",
	},
	{Name: "cluster-pool-v2beta", Allocator: AllocatorOwn, Key: "ipam", Note: "up to 1.13"},
	{Name: "crd", Allocator: AllocatorOwn, Key: "ipam"},
	{Name: "eni", Allocator: AllocatorCloud, Key: "ipam"},
	{Name: "azure", Allocator: AllocatorCloud, Key: "ipam"},
	{Name: "alibabacloud", Allocator: AllocatorCloud, Key: "ipam"},
	{
		Name: "delegated-plugin", Allocator: AllocatorUnknown, Key: "ipam",
		Note: "another CNI plugin gives the addresses",
	},
	{Name: "chained", Allocator: AllocatorNone, Key: "cni-chaining-mode", Note: "another network gives the addresses"},
}

func ciliumRow() Row {
	const values = "cilium install/kubernetes/cilium/values.yaml ipam.operator"
	return Row{
		Name: "cilium", Title: "Cilium", Purpose: PodNetwork, Allocator: AllocatorOwn,
		Names: Names{
			Aliases: []string{"cilium-cni", "azure-cilium", "cilium-native"},
			Images:  []string{"cilium/cilium", "*cilium-cilium", "cilium/cilium-ci"},
			Controllers: []string{
				"cilium/operator", "cilium/operator-generic", "cilium/operator-aws", "cilium/operator-azure",
				"cilium/operator-alibabacloud", "*cilium-operator-generic", "*cilium-operator-aws",
				"*cilium-operator-azure",
			},
			Workloads:   []string{"cilium", "cilium-operator"},
			ConfigMaps:  []string{"cilium-config"},
			Types:       []string{"cilium-cni"},
			Files:       []string{"05-cilium.conflist", "05-cilium.conf", "05-cilium-cni.conf"},
			Links:       []string{"cilium_*", "lxc*"},
			Annotations: []string{"network.cilium.io/*", "io.cilium.network.*", "lbipam.cilium.io/*", "io.cilium/*"},
			Reasons:     []string{"CiliumIsUp"},
			Groups:      []string{"cilium.io"},
		},
		Modes: ciliumModes,
		Defaults: []Default{
			{
				Use: Pods, Prefix: "10.0.0.0/8", Block: ciliumMask4, Mode: "cluster-pool",
				Moves: "ipam.operator.clusterPoolIPv4PodCIDRList", Source: values,
			},
			{
				Use: Pods, Prefix: "fd00::/104", Block: ciliumMask6, Mode: "cluster-pool",
				Moves: "ipam.operator.clusterPoolIPv6PodCIDRList", Source: values,
			},
		},
		Limits: Limits{
			MaxDiff6: 16, By: "cilium-operator", TooFar: "New CIDR set failed; the node CIDR size is too big",
			Overlap: "collides with",
			Source:  "cilium pkg/ipam/cidrset/cidr_set.go NewCIDRSet",
		},
		Later:  ciliumLater(),
		Takes:  target.Terms{Doc: "values of Cilium's chart, with pools of its own", Write: writeCilium},
		object: readCilium,
		values: ciliumValues,
		tables: []textTable{{[]string{"NAME", "CILIUMINTERNALIP", "INTERNALIP"}, ciliumNodeRow}},
		lines: []textLine{
			{mark: "IPAM:", read: ciliumStatusLine}, {mark: "cluster-pool-ipv4-cidr ", read: ciliumConfigLine},
			{mark: "cluster-pool-ipv6-cidr ", read: ciliumConfigLine}, {
				mark: "ipv4-native-routing-cidr ", read: ciliumConfigLine,
			},
			{mark: "ipam ", read: ciliumModeLine},
		},
		words: []string{
			"cilium", "Cilium", "CILIUM", "clusterPoolIP", "ipv4NativeRoutingCIDR", "cluster-pool-ip",
			"kubeProxyReplacement", "allocated from", "k8s-require-ipv4-pod-cidr",
		},
	}
}

// ciliumLater says what can be changed in a living cluster.
func ciliumLater() []Change {
	return []Change{
		{What: "pool of mode cluster-pool", Use: Pods, Possible: true,
			Source: "cilium Documentation/network/concepts/ipam/cluster-pool.rst", Steps: []string{
				"add an entry to ipam.operator.clusterPoolIPv4PodCIDRList; never change or reorder those " +
					"that are there, nor the mask size",
				"helm upgrade, then kubectl -n kube-system rollout restart deployment/cilium-operator",
				"to move a node to the new entry: kubectl drain NODE, kubectl delete ciliumnode NODE, restart its agent",
			}},
		{
			What: "mask size of mode cluster-pool", Use: NodeBlock, Source: "the same",
			Steps: []string{"a new cluster, or nodes that are drained and registered again with a new pool list"},
		},
		{
			What: "ipam mode", Use: Pods, Source: "the same",
			Steps: []string{
				"not on nodes that run pods: rebuild them; cluster-pool to multi-pool alone has a documented way",
			},
		},
		{
			What: "pool of CiliumPodIPPool", Use: Pods, Possible: true, Source: "cilium operator/pkg/ipam",
			Steps: []string{"add to spec.ipv4.cidrs; maskSize cannot be changed"},
		},
		{
			What: "pool for load balancers", Use: LoadBalancers, Possible: true, InPlace: true,
			Source: "cilium Documentation/network/lb-ipam.rst",
			Steps: []string{
				"edit spec.blocks of the CiliumLoadBalancerIPPool; Services whose address left it get another",
			},
		},
	}
}

func readCilium(r *reader, o *object) {
	switch {
	case o.kind == "ConfigMap" && (o.name == "cilium-config" || o.configMap("cluster-pool-ipv4-cidr") ||
		o.configMap("cluster-pool-ipv6-cidr")):
		ciliumConfig(r, o)
	case o.is("CiliumNode", "cilium.io"):
		ciliumNode(r, o)
	case o.is("CiliumPodIPPool", "cilium.io"):
		n := r.see("cilium", o.kind, o.Get("kind"))
		n.mode("multi-pool", false)
		for _, f := range []struct {
			key string
			def int
		}{{"ipv4", ciliumMask4}, {"ipv6", ciliumMask6}} {
			p := o.Get("spec", f.key)
			rg := Range{Use: Pods, Name: o.name, Key: "spec." + f.key + ".cidrs"}
			if size := p.Get("maskSize"); size != nil {
				rg = rg.block(size, 0)
			}
			n.addList(rg, p.Get("cidrs"), form{}, ",")
		}
	case o.is("CiliumLoadBalancerIPPool", "cilium.io"):
		n := r.see("cilium", o.kind, o.Get("kind"))
		rg := Range{
			Use: LoadBalancers, Name: o.name, Key: "spec.blocks", Disabled: o.Get("spec", "disabled").Str() == "true",
		}
		for _, list := range []string{"blocks", "cidrs"} {
			if l := o.Get("spec", list); l != nil {
				for _, b := range l.Items {
					rg.Key = "spec." + list
					n.add(rg, b.Get("cidr"), form{bare: true}, "")
					n.startStop(rg, b.Get("start"), b.Get("stop"))
				}
			}
		}
	case o.kind == "CiliumEgressGatewayPolicy" && o.group == "cilium.io", o.kind == "CiliumNetworkPolicy",
		o.kind == "CiliumEndpoint":
		// It shows the network, and holds no range that it takes.
		if o.group == "cilium.io" {
			r.see("cilium", o.kind, o.Get("kind"))
		}
	}
}

// startStop adds a range from one address to another; without an end it is the one address.
func (n *found) startStop(rg Range, start, stop *source.Node) {
	a := strings.TrimSpace(start.Str())
	if a == "" || isTemplate(a+stop.Str()) {
		return
	}
	text := a
	if b := strings.TrimSpace(stop.Str()); b != "" {
		text += "-" + b
	}
	n.addText(rg, text, Position(start.Pos), form{dash: true, bare: true})
}

// ciliumConfig reads the ConfigMap cilium-config.
func ciliumConfig(r *reader, o *object) {
	d := o.data
	n := r.see("cilium", "ConfigMap "+o.name, o.Get("metadata", "name"))
	ipam := d.Get("ipam").Str()
	if chain := d.Get("cni-chaining-mode").Str(); chain != "" && chain != "none" && chain != "portmap" && ipam != "eni" {
		n.mode("chained", false)
		n.passive = true
		if chain == "aws-cni" {
			r.see("aws-vpc-cni", "cni-chaining-mode", d.Get("cni-chaining-mode"))
		}
	} else if isTemplate(ipam) {
		ipam = ""
	}
	if ipam == "" {
		n.mode("cluster-pool", true)
	} else {
		n.mode(ipam, false)
	}
	n.ipv6 = d.Get("enable-ipv6").Str() == "true"
	if slices.Contains([]string{"cluster-pool", "cluster-pool-v2beta"}, n.Mode) {
		n.wantDefaults(Pods)
		for _, f := range []struct {
			fam string
			def int
		}{{"ipv4", ciliumMask4}, {"ipv6", ciliumMask6}} {
			key := "cluster-pool-" + f.fam + "-cidr"
			rg := Range{Use: Pods, Key: key}
			n.addList(rg.block(d.Get("cluster-pool-"+f.fam+"-mask-size"), f.def), d.Get(key), form{}, ", ")
		}
	}
	for _, key := range []string{"ipv4-native-routing-cidr", "ipv6-native-routing-cidr", "native-routing-cidr"} {
		n.add(Range{Use: NotMasqueraded, Key: key}, d.Get(key), form{}, ", ")
	}
	if n.Mode == "multi-pool" {
		n.autoPools(d.Get("auto-create-cilium-pod-ip-pools"))
	}
}

// autoPools reads pools as the operator creates them: "default=ipv4-cidrs:10.10.0.0/16;ipv4-mask-size:24,other=...".
// Pools and the CIDRs of one pool are both separated by commas; only a pool has a name with =.
func (n *found) autoPools(at *source.Node) {
	text := at.Str()
	if text == "" || isTemplate(text) {
		return
	}
	file, pool := at.File(), ""
	for _, part := range elements(text, ",;") {
		t, off := part.text, part.off
		if name, rest, ok := strings.Cut(t, "="); ok {
			pool, off, t = name, off+len(name)+1, rest
		}
		if strings.Contains(t, "-mask-size:") {
			continue
		}
		for _, key := range []string{"ipv4-cidrs:", "ipv6-cidrs:"} {
			if rest, ok := strings.CutPrefix(t, key); ok {
				off, t = off+len(key), rest
			}
		}
		if t != "" {
			n.addText(Range{Use: Pods, Name: pool, Key: "auto-create-cilium-pod-ip-pools"}, t, Position(file.Position(off)),
				form{})
		}
	}
}

func ciliumNode(r *reader, o *object) {
	n := r.see("cilium", o.kind, o.Get("kind"))
	if addrs := o.Get("spec", "addresses"); addrs != nil {
		for _, a := range addrs.Items {
			if a.Get("type").Str() == "InternalIP" {
				n.add(Range{Use: Address, Name: o.name, Key: "spec.addresses"}, a.Get("ip"), form{bare: true}, "")
			}
		}
	}
	ipam := o.Get("spec", "ipam")
	n.addList(Range{Use: NodeBlock, Key: "spec.ipam.podCIDRs", Node: o.name}, ipam.Get("podCIDRs"), form{}, ",")
	if pools := ipam.Get("pools", "allocated"); pools != nil {
		for _, p := range pools.Items {
			rg := Range{Use: NodeBlock, Name: p.Get("pool").Str(), Key: "spec.ipam.pools.allocated", Node: o.name}
			n.addList(rg, p.Get("cidrs"), form{}, ",")
		}
	}
	for _, m := range []struct{ key, mode string }{
		{"eni", "eni"}, {"azure", "azure"}, {"alibaba-cloud", "alibabacloud"},
	} {
		if e := o.Get("spec", m.key); e != nil && len(e.Entries) > 0 {
			n.mode(m.mode, false)
		}
	}
}

// ciliumValues reads values of the chart cilium.
func ciliumValues(r *reader, v *source.Node, chart string) bool {
	if in := v.Get("cilium"); in.Get("ipam") != nil || in.Get("kubeProxyReplacement") != nil {
		v, chart = in, "cilium" // an umbrella chart
	}
	ipam := v.Get("ipam")
	op := ipam.Get("operator")
	known := isChart(chart, "cilium", "rke2-cilium", "cilium-enterprise") || op.Get("clusterPoolIPv4PodCIDRList") != nil ||
		op.Get("clusterPoolIPv6PodCIDRList") != nil || op.Get("clusterPoolIPv4PodCIDR") != nil ||
		op.Get("clusterPoolIPv6PodCIDR") != nil ||
		op.Get("autoCreateCiliumPodIPPools") != nil || v.Get("ipv4NativeRoutingCIDR") != nil ||
		v.Get("ipv6NativeRoutingCIDR") != nil ||
		v.Get("kubeProxyReplacement") != nil && (v.Get("k8sServiceHost") != nil || v.Get("hubble") != nil ||
			v.Get("bpf") != nil || isCiliumMode(ipam.Get("mode").Str())) ||
		isCiliumMode(ipam.Get("mode").Str()) && len(v.Entries) > 1
	if !known {
		return false
	}
	shows := ipam
	if shows == nil {
		shows = v
	}
	n := r.see("cilium", "values", shows)
	if m := ipam.Get("mode").Str(); m != "" && !isTemplate(m) {
		n.mode(m, false)
	} else if !isChart(chart, "rke2-cilium") && !isTemplate(m) {
		n.mode("cluster-pool", true)
	}
	if chain := v.Get("cni", "chainingMode").Str(); chain != "" && chain != "none" && chain != "portmap" &&
		n.Mode != "eni" {
		n.Mode, n.ModeDefault, n.passive = "chained", false, true
		if chain == "aws-cni" {
			r.see("aws-vpc-cni", "cni.chainingMode", v.Get("cni", "chainingMode"))
		}
	}
	ciliumValueRanges(n, v, op, chart)
	return true
}

func ciliumValueRanges(n *found, v, op *source.Node, chart string) {
	n.ipv6 = v.Get("ipv6", "enabled").Str() == "true"
	if n.Mode == "cluster-pool" || n.Mode == "" || n.Mode == "cluster-pool-v2beta" {
		if !isChart(chart, "rke2-cilium") {
			n.wantDefaults(Pods) // RKE2 fills in its cluster-cidr
		}
		for _, f := range []struct {
			fam string
			def int
		}{{"IPv4", ciliumMask4}, {"IPv6", ciliumMask6}} {
			for _, key := range []string{"clusterPool" + f.fam + "PodCIDRList", "clusterPool" + f.fam + "PodCIDR"} {
				rg := Range{Use: Pods, Key: "ipam.operator." + key}
				n.addList(rg.block(op.Get("clusterPool"+f.fam+"MaskSize"), f.def), op.Get(key), form{}, ", ")
			}
		}
	}
	if n.Mode == "multi-pool" {
		if pools := op.Get("autoCreateCiliumPodIPPools"); pools != nil {
			for _, e := range pools.Entries {
				for _, fam := range []string{"ipv4", "ipv6"} {
					rg := Range{Use: Pods, Name: e.Key, Key: "ipam.operator.autoCreateCiliumPodIPPools"}
					if size := e.Value.Get(fam, "maskSize"); size != nil {
						rg = rg.block(size, 0)
					}
					n.addList(rg, e.Value.Get(fam, "cidrs"), form{}, ",")
				}
			}
		}
	}
	for _, key := range []string{"ipv4NativeRoutingCIDR", "ipv6NativeRoutingCIDR"} {
		n.add(Range{Use: NotMasqueraded, Key: key}, v.Get(key), form{}, "")
	}
}

// isCiliumMode reports whether s names a mode that no other software has.
func isCiliumMode(s string) bool {
	return s != "" && slices.ContainsFunc(ciliumModes, func(m Mode) bool {
		return m.Name == s && s != "crd" && s != "chained"
	})
}

// ciliumNodeRow reads a row of kubectl get ciliumnodes: it shows the network, its addresses are single ones.
func ciliumNodeRow(r *reader, cells map[string]cell) {
	if c := cells["CILIUMINTERNALIP"]; strings.ContainsAny(c.text, ".:") {
		n := r.seeAt("cilium", "CiliumNode", c.pos)
		if ip := cells["INTERNALIP"]; strings.ContainsAny(ip.text, ".:") && strings.Trim(ip.text, "0123456789abcdefABCDEF.:") == "" {
			n.addText(Range{Use: Address, Name: cells["NAME"].text, Key: "INTERNALIP of CiliumNode"}, ip.text, ip.pos, form{bare: true})
		}
	}
}

// ciliumStatusLine reads "IPAM: IPv4: 4/254 allocated from 10.0.1.0/24," of cilium status: the subnet of one node.
// cilium api/client status formatting, "%d/%s allocated from %s".
func ciliumStatusLine(r *reader, line string, pos Position) {
	const from = " allocated from "
	for off := 0; ; {
		i := strings.Index(line[off:], from)
		if i < 0 {
			return
		}
		off += i + len(from)
		text, _, _ := strings.Cut(line[off:], " ")
		text = strings.TrimRight(text, ",\r")
		if looksLikeRange(text) {
			p := pos
			p.Column += off
			r.seeAt("cilium", "cilium status", p).addText(Range{Use: NodeBlock, Key: "IPAM"}, text, p, form{})
		}
	}
}

// ciliumConfigLine reads a line of cilium config view, a key and its value in two columns.
func ciliumConfigLine(r *reader, line string, pos Position) {
	key, rest, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(rest, " ") {
		return
	}
	use, def := Pods, ciliumMask4
	if strings.Contains(key, "native") {
		use, def = NotMasqueraded, 0
	} else if strings.Contains(key, "ipv6") {
		def = ciliumMask6
	}
	for _, e := range elements(rest, ", \t\r") {
		if looksLikeRange(e.text) {
			p := pos
			p.Column += len(key) + 1 + e.off
			n := r.seeAt("cilium", "cilium config view", p)
			n.addText(Range{Use: use, Key: key, BlockSize: def, BlockDefault: def > 0}, e.text, p, form{})
		}
	}
}

// ciliumModeLine reads the line of cilium config view that says who hands out addresses.
func ciliumModeLine(r *reader, line string, pos Position) {
	_, rest, _ := strings.Cut(line, " ")
	mode := strings.TrimSpace(rest)
	if !strings.HasPrefix(rest, " ") || !slices.ContainsFunc(ciliumModes, func(m Mode) bool { return m.Name == mode && m.Key == "ipam" }) {
		return
	}
	r.seeAt("cilium", "cilium config view", pos).mode(mode, false)
}

// writeCilium writes values for mode cluster-pool.
func writeCilium(f *target.File) {
	if f.Dual() || f.Plan.Families[0] == fact.IPv6 {
		f.Line("ipv4:\n  enabled: %t\nipv6:\n  enabled: true", f.Dual())
	}
	f.Line("ipam:\n  mode: cluster-pool\n  operator:")
	for _, p := range f.Plan.Pods() {
		fam := fact.FamilyOf(p)
		f.Line("    clusterPool%vPodCIDRList:\n      - %s", fam, target.Text(p.String()))
		f.Line("    clusterPool%vMaskSize: %d", fam, f.Plan.NodeMask(fam))
	}
}
