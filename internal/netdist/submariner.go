package netdist

// submarinerRow joins clusters. With Globalnet their ranges may overlap, and each cluster gets a part of one for all.
func submarinerRow() Row {
	return Row{
		Name: "submariner", Title: "Submariner", Purpose: Interconnect, Allocator: AllocatorNone,
		Names: Names{
			Images:      []string{"submariner/submariner-gateway", "*submariner-gateway", "*submariner-globalnet"},
			Controllers: []string{"*submariner-operator"},
			Workloads:   []string{"submariner-gateway", "submariner-globalnet", "submariner-routeagent"},
			Groups:      []string{"submariner.io"}, Links: []string{"vx-submariner"}, Annotations: []string{"submariner.io/*"},
		},
		Defaults: []Default{
			{
				Use: Hidden, Name: "globalnet", Prefix: "242.0.0.0/8", Mode: "globalnet",
				Moves: "spec.globalnetCIDRRange", Source: "submariner-operator pkg/discovery/globalnet",
			},
			{
				Use: Hidden, Name: "clusterset", Prefix: "243.0.0.0/8", If: "clusterset addresses",
				Moves: "spec.clustersetIPCIDRRange", Source: "submariner-operator pkg/discovery/clustersetip",
			},
			{
				Use: Hidden, Name: "tunnels between nodes", Prefix: "240.0.0.0/8", If: "a gateway",
				Source: "submariner pkg/routeagent_driver/handlers/kubeproxy VxLANVTepNetworkPrefix",
			},
		},
		Modes: []Mode{
			{Name: "plain", Allocator: AllocatorNone},
			{Name: "globalnet", Allocator: AllocatorNone, Key: "globalnetEnabled"},
		},
		Later: []Change{
			{
				What: "global range", Use: Hidden, Possible: true, Source: "submariner-operator docs",
				Steps: []string{
					"subctl uninstall in each cluster, then subctl deploy-broker and subctl join --globalnet-cidr",
				},
			},
		},
		object: readSubmariner,
		words:  []string{"submariner"},
	}
}

func readSubmariner(r *reader, o *object) {
	if o.group != "submariner.io" {
		return
	}
	n := r.see("submariner", o.kind, o.Get("kind"))
	spec := o.Get("spec")
	switch o.kind {
	case "Submariner":
		n.mark("a gateway")
		n.add(Range{Use: Pods, Key: "spec.clusterCIDR"}, spec.Get("clusterCIDR"), form{}, ",")
		n.add(Range{Use: Services, Key: "spec.serviceCIDR"}, spec.Get("serviceCIDR"), form{}, ",")
		if g := spec.Get("globalCIDR"); g.Str() != "" {
			n.mode("globalnet", false)
			n.add(Range{Use: Hidden, Name: "globalnet", Key: "spec.globalCIDR"}, g, form{}, ",")
		}
		n.add(Range{Use: Hidden, Name: "clusterset", Key: "spec.clustersetIPCIDR"}, spec.Get("clustersetIPCIDR"), form{}, ",")
	case "Broker":
		if spec.Get("clustersetIPEnabled").Str() == "true" {
			n.mark("clusterset addresses")
		}
		if spec.Get("globalnetEnabled").Str() == "true" {
			n.mode("globalnet", false)
			n.add(Range{Use: Hidden, Name: "globalnet", Key: "spec.globalnetCIDRRange"}, spec.Get("globalnetCIDRRange"),
				form{}, ",")
		}
	case "Cluster":
		// One of several clusters: its ranges must keep clear of those of the others.
		where := spec.Get("cluster_id").Str()
		n.addList(Range{Use: Pods, Key: "spec.cluster_cidr", Where: where}, spec.Get("cluster_cidr"), form{}, ",")
		n.addList(Range{Use: Services, Key: "spec.service_cidr", Where: where}, spec.Get("service_cidr"), form{}, ",")
		n.addList(Range{Use: Hidden, Name: "globalnet", Key: "spec.global_cidr", Where: where}, spec.Get("global_cidr"),
			form{}, ",")
	}
}
