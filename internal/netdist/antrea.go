package netdist

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

func antreaRow() Row {
	return Row{
		Name: "antrea", Title: "Antrea", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Images: []string{
				"antrea/antrea-ubuntu", "antrea/antrea-ubi", "antrea/antrea-agent-ubuntu", "antrea/antrea-agent-ubi",
				"antrea/antrea-windows", "*antrea-agent-ubuntu", "*antrea-agent-ubi", "*antrea-ubuntu",
				"*antrea-advanced-debian",
			},
			Controllers: []string{
				"antrea/antrea-controller-ubuntu", "antrea/antrea-controller-ubi", "*antrea-controller-ubuntu",
			},
			Workloads:   []string{"antrea-agent", "antrea-controller"},
			ConfigMaps:  []string{"antrea-config*"},
			Types:       []string{"antrea"},
			Files:       []string{"10-antrea.conflist"},
			Links:       []string{"antrea-gw*", "antrea-tun*"},
			Annotations: []string{"node.antrea.io/*", "ipam.antrea.io/*"},
			Groups:      []string{"crd.antrea.io", "controlplane.antrea.io"},
		},
		Modes: []Mode{
			{
				Name: "podCIDR", Allocator: AllocatorNode, Key: "nodeIPAM.enableNodeIPAM",
				Note: "kube-controller-manager writes Node.spec.podCIDR",
			},
			{
				Name: "nodeIPAM", Allocator: AllocatorOwnNode, Key: "nodeIPAM.enableNodeIPAM",
				Note: "antrea-controller writes Node.spec.podCIDR; kube-controller-manager must have --allocate-node-cidrs=false",
			},
		},
		Limits: Limits{
			MinBlock4: 16, MaxBlock4: 30, MinBlock6: 64, MaxBlock6: 126, MaxDiff6: 16, By: "antrea-controller",
			TooFar: "the node IPv6 CIDR size is too big",
			Source: "antrea cmd/antrea-controller/options.go validateNodeIPAMControllerOptions",
		},
		Later: []Change{
			{What: "clusterCIDRs of its node IPAM", Use: Pods, Possible: true, Source: "antrea docs/antrea-ipam.md",
				Steps: []string{
					"edit nodeIPAM.clusterCIDRs in antrea-controller.conf of the ConfigMap antrea-config, " +
						"restart deployment/antrea-controller",
					"a node keeps its podCIDR: drain it, delete its Node, restart its kubelet",
				}},
			{What: "pods without its node IPAM", Use: Pods, Possible: true, Source: "the same", Steps: []string{
				"--cluster-cidr of kube-controller-manager, then drain and register each node anew",
			}},
		},
		object: readAntrea,
		values: antreaValues,
		words:  []string{"antrea", "enableNodeIPAM", "trafficEncapMode", "clusterCIDRs"},
	}
}

func readAntrea(r *reader, o *object) {
	switch {
	case o.kind == "ConfigMap" && (o.configMap("antrea-controller.conf") || o.configMap("antrea-agent.conf")):
		n := r.see("antrea", "ConfigMap "+o.name, o.Get("metadata", "name"))
		for _, key := range []string{"antrea-controller.conf", "antrea-agent.conf"} {
			at := o.data.Get(key)
			if at.Str() == "" {
				continue
			}
			docs, _ := at.File().YAML()
			for _, d := range docs {
				antreaConf(n, d, key)
			}
		}
	case o.group == "crd.antrea.io" && (o.kind == "IPPool" || o.kind == "ExternalIPPool"):
		n := r.see("antrea", o.kind, o.Get("kind"))
		rg := Range{Use: Secondary, Name: o.name, Key: "spec.ipRanges", OnDemand: true} // of the hosts' network, or of a VLAN
		if o.kind == "ExternalIPPool" {
			rg.Use, rg.OnDemand = Egress, false
		}
		if list := o.Get("spec", "ipRanges"); list != nil {
			for _, it := range list.Items {
				n.add(rg, it.Get("cidr"), form{bare: true}, "")
				n.startStop(rg, it.Get("start"), it.Get("end"))
			}
		}
	case o.group == "crd.antrea.io":
		r.see("antrea", o.kind, o.Get("kind"))
	}
}

func antreaConf(n *found, d *source.Node, key string) {
	if key == "antrea-controller.conf" {
		antreaNodeIPAM(n, d.Get("nodeIPAM"), "enableNodeIPAM")
		return
	}
	n.antreaServices(d)
	n.encapMode(d)
}

// encapMode notes whether Antrea does policy alone, beside the network of a cloud.
func (n *found) encapMode(d *source.Node) {
	if strings.EqualFold(d.Get("trafficEncapMode").Str(), "networkPolicyOnly") {
		n.passive = true
	}
}

// antreaServices reads the service ranges that an agent is told. With its proxy, which is on by default since 0.11,
// they do not count.
func (n *found) antreaServices(d *source.Node) {
	for _, k := range []string{"serviceCIDR", "serviceCIDRv6"} {
		n.add(Range{Use: Services, Key: k}, d.Get(k), form{}, "")
	}
}

func antreaNodeIPAM(n *found, ipam *source.Node, enable string) {
	if ipam.Get(enable).Str() != "true" {
		n.mode("podCIDR", true)
		return
	}
	n.mode("nodeIPAM", false)
	n.addList(Range{Use: Pods, Key: "nodeIPAM.clusterCIDRs"}, ipam.Get("clusterCIDRs"), form{}, ",")
	for i := range n.Ranges {
		if n.Ranges[i].Key != "nodeIPAM.clusterCIDRs" {
			continue
		}
		size, def := "nodeCIDRMaskSizeIPv4", 24
		if n.Ranges[i].IPv6() {
			size, def = "nodeCIDRMaskSizeIPv6", 64
		}
		n.Ranges[i] = n.Ranges[i].block(ipam.Get(size), def)
	}
	for _, k := range []string{"serviceCIDR", "serviceCIDRv6"} {
		n.add(Range{Use: Services, Key: "nodeIPAM." + k}, ipam.Get(k), form{}, "")
	}
}

// antreaValues reads values of the chart antrea.
func antreaValues(r *reader, v *source.Node, chart string) bool {
	ipam := v.Get("nodeIPAM")
	known := isChart(chart, "antrea") || ipam.Get("clusterCIDRs") != nil && ipam.Get("enable") != nil ||
		v.Get("trafficEncapMode") != nil && (v.Get("antreaProxy") != nil || v.Get("featureGates") != nil ||
			v.Get("serviceCIDR") != nil)
	if !known {
		return false
	}
	shows := v
	for _, k := range []string{"nodeIPAM", "trafficEncapMode"} {
		if x := v.Get(k); x != nil {
			shows = x
			break
		}
	}
	n := r.see("antrea", "values", shows)
	if img := v.Get("image", "tag").Str(); n.Release == "" {
		n.Release = release(img)
	}
	antreaNodeIPAM(n, ipam, "enable")
	n.antreaServices(v)
	n.encapMode(v)
	return true
}
