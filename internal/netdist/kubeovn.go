package netdist

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

func kubeOVNRow() Row {
	const config = "kubeovn/kube-ovn pkg/controller/config.go ParseFlags"
	return Row{
		Name: "kube-ovn", Title: "Kube-OVN", Purpose: PodNetwork, Allocator: AllocatorFlat,
		Names: Names{
			Aliases: []string{"kubeovn"},
			Images:  []string{"kubeovn/kube-ovn", "*kube-ovn", "*kube-ovn-dpdk"},
			Workloads: []string{
				"kube-ovn-controller", "kube-ovn-cni", "ovs-ovn", "kube-ovn-pinger", "kube-ovn-monitor",
			},
			ConfigMaps:  []string{"ovn-vpc-nat-config"},
			Types:       []string{"kube-ovn"},
			Files:       []string{"01-kube-ovn.conflist", "00-kube-ovn.conflist"},
			Links:       []string{"ovn0"},
			Annotations: []string{"ovn.kubernetes.io/*"},
			Groups:      []string{"kubeovn.io"},
		},
		Modes: []Mode{{Name: "subnets", Allocator: AllocatorFlat, Note: "one flat subnet over all nodes"}},
		Defaults: []Default{
			{Use: Pods, Name: "ovn-default", Prefix: "10.16.0.0/16", Moves: "--default-cidr", Source: config},
			{Use: Hidden, Name: "join", Prefix: "100.64.0.0/16", Moves: "--node-switch-cidr", Source: config},
			{Use: Services, Prefix: "10.96.0.0/12", Moves: "--service-cluster-ip-range", Source: config},
		},
		Limits: Limits{
			By: "kube-ovn-controller", Overlap: "is conflict with",
			Source: "kubeovn/kube-ovn pkg/controller/subnet.go",
		},
		Later: []Change{
			{What: "default subnet", Use: Pods, Possible: true, Source: "kubeovn/kube-ovn pkg/controller/subnet.go",
				Steps: []string{
					"kubectl edit subnet ovn-default: spec.cidrBlock, spec.gateway and spec.excludeIps together",
					"restart all pods that have addresses of it",
				}},
			{What: "join subnet", Use: Hidden, Possible: true, Source: "the same", Steps: []string{
				"kubectl edit subnet join: spec.cidrBlock and spec.gateway; --node-switch-cidr of kube-ovn-controller alike",
				"remove the ovn.kubernetes.io annotations from each Node and restart kube-ovn-cni",
			}},
		},
		object: readKubeOVN,
		values: kubeOVNValues,
		words:  []string{"kube-ovn", "kubeovn", "ovn-default", "JOIN_CIDR", "subnetName", "NodeSwitchCIDR"},
		tables: []textTable{{[]string{"NAME", "PROVIDER", "VPC"}, kubeOVNRowOf}},
		lines: []textLine{
			{mark: "POD_CIDR=", read: kubeOVNVariable}, {mark: "JOIN_CIDR=", read: kubeOVNVariable},
			{mark: "SVC_CIDR=", read: kubeOVNVariable}, {mark: "export ", read: kubeOVNVariable},
			{mark: "config is &{", inside: true, read: kubeOVNConfig},
		},
	}
}

func readKubeOVN(r *reader, o *object) {
	if o.group == "kubeovn.io" {
		kubeOVNObject(r, o)
		return
	}
	for _, c := range o.run("kube-ovn") {
		if c.name != "kube-ovn-controller" && !strings.HasPrefix(o.name, "kube-ovn-controller") {
			continue
		}
		n := r.network("kube-ovn")
		n.wantDefaults(Pods, Services)
		fl := c.flags("default-cidr", "node-switch-cidr", "service-cluster-ip-range")
		n.addFlag(Range{Use: Pods, Name: "ovn-default", Key: "--default-cidr"}, fl["default-cidr"], form{}, ",")
		n.addFlag(Range{Use: Hidden, Name: "join", Key: "--node-switch-cidr"}, fl["node-switch-cidr"], form{}, ",")
		n.addFlag(Range{Use: Services, Key: "--service-cluster-ip-range"}, fl["service-cluster-ip-range"], form{}, ",")
		for _, f := range fl {
			if isTemplate(f.text) {
				n.defaults = nil // it is written, only not here
			}
		}
	}
}

// kubeOVNObject reads Kube-OVN's objects. A subnet with a VLAN is part of the hosts' network on purpose.
func kubeOVNObject(r *reader, o *object) {
	spec := o.Get("spec")
	n := r.see("kube-ovn", o.kind, o.Get("kind"))
	switch o.kind {
	case "Subnet":
		rg := Range{Use: Pods, Name: o.name, Key: "spec.cidrBlock"}
		vpc := spec.Get("vpc").Str()
		provider := spec.Get("provider").Str()
		switch {
		case o.name == "join":
			rg.Use = Hidden
		case spec.Get("vlan").Str() != "":
			rg.Use = Hosts
		case provider != "" && provider != "ovn" && !strings.HasSuffix(provider, ".ovn"):
			rg.Use = Secondary
		case vpc != "" && vpc != "ovn-cluster":
			rg.Use, rg.Where, rg.OnDemand = Pods, "vpc "+vpc, true
		case spec.Get("default").Str() != "true" && o.name != "ovn-default":
			rg.OnDemand = true
		}
		n.add(rg, spec.Get("cidrBlock"), form{}, ",")
	case "IPPool":
		n.addList(Range{Use: Pods, Name: o.name, Key: "spec.ips", OnDemand: true}, spec.Get("ips"), form{dots: true,
			bare: true}, ",")
	}
}

// kubeOVNRowOf reads a row of kubectl get subnet.
func kubeOVNRowOf(r *reader, cells map[string]cell) {
	c := cells["CIDR"]
	if c.text == "" {
		return
	}
	rg := Range{Use: Pods, Name: cells["NAME"].text, Key: "CIDR"}
	if rg.Name == "join" {
		rg.Use = Hidden
	} else if cells["DEFAULT"].text != "true" {
		rg.OnDemand = true
	}
	for _, e := range elements(c.text, ",") {
		if looksLikeRange(e.text) {
			pos := c.pos
			pos.Column += e.off
			r.seeAt("kube-ovn", "Subnet", pos).addText(rg, e.text, pos, form{})
		}
	}
}

// kubeOVNValues reads values of the charts kube-ovn, which has a mapping for each family, and kube-ovn-v2.
func kubeOVNValues(r *reader, v *source.Node, chart string) bool {
	old := v.Get("networking", "NET_STACK") != nil
	for _, stack := range []string{"ipv4", "ipv6", "dual_stack"} {
		old = old || v.Get(stack, "POD_CIDR") != nil && v.Get(stack, "JOIN_CIDR") != nil
	}
	net := v.Get("networking")
	isNew := net.Get("pods", "cidr") != nil && net.Get("join", "cidr") != nil || isChart(chart, "kube-ovn-v2")
	switch {
	case old || isChart(chart, "kube-ovn"):
		stack := net.Get("NET_STACK").Str()
		if stack == "" {
			stack = "ipv4"
		}
		shows := v.Get(stack)
		if shows == nil {
			shows = v
		}
		n := r.see("kube-ovn", "values", shows)
		n.wantDefaults(Pods, Services)
		n.addKubeOVN(stack+".POD_CIDR", v.Get(stack, "POD_CIDR"), stack+".JOIN_CIDR", v.Get(stack, "JOIN_CIDR"),
			stack+".SVC_CIDR", v.Get(stack, "SVC_CIDR"))
	case isNew:
		n := r.see("kube-ovn", "values", net)
		n.wantDefaults(Pods, Services)
		stack := strings.ToLower(net.Get("stack").Str())
		for _, fam := range []string{"v4", "v6"} {
			if fam == "v6" && (stack == "" || stack == "ipv4") || fam == "v4" && stack == "ipv6" {
				continue
			}
			n.addKubeOVN("networking.pods.cidr."+fam, net.Get("pods", "cidr", fam), "networking.join.cidr."+fam,
				net.Get("join", "cidr", fam),
				"networking.services.cidr."+fam, net.Get("services", "cidr", fam))
		}
	default:
		return false
	}
	return true
}

// addKubeOVN adds the default subnet, the join subnet and the services.
func (n *found) addKubeOVN(podKey string, pods *source.Node, joinKey string, join *source.Node, svcKey string,
	svc *source.Node) {
	n.add(Range{Use: Pods, Name: "ovn-default", Key: podKey}, pods, form{}, ",")
	n.add(Range{Use: Hidden, Name: "join", Key: joinKey}, join, form{}, ",")
	n.add(Range{Use: Services, Key: svcKey}, svc, form{}, ",")
}
