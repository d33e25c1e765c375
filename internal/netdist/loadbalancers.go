package netdist

import "strings"

func kubeVIPRow() Row {
	return Row{
		Name: "kube-vip", Title: "kube-vip", Purpose: LoadBalancing, Allocator: AllocatorNone,
		Names: Names{
			Images: []string{"kube-vip/kube-vip", "*kube-vip", "*kube-vip-iptables"}, Controllers: []string{
				"kube-vip/kube-vip-cloud-provider", "*kube-vip-cloud-provider",
			},
			Workloads: []string{"kube-vip", "kube-vip-ds", "kube-vip-cloud-provider"}, ConfigMaps: []string{"kubevip"},
			Annotations: []string{"kube-vip.io/*"},
		},
		Later: []Change{
			{
				What: "pool", Use: LoadBalancers, Possible: true, InPlace: true,
				Source: "kube-vip/kube-vip-cloud-provider README.md",
				Steps:  []string{"kubectl -n kube-system edit configmap kubevip: cidr-global or range-global"},
			},
			{What: "address of the control plane", Use: Address, Possible: true,
				Source: "kube-vip/kube-vip pkg/kubevip/config_environment.go", Steps: []string{
					"address in the static pod on each control-plane host; the certificate of kube-apiserver " +
						"and every kubeconfig name it as well",
				}},
		},
		object: readKubeVIP,
		words:  []string{"kube-vip", "kubevip", "range-global", "cidr-global"},
	}
}

func readKubeVIP(r *reader, o *object) {
	if o.kind == "ConfigMap" && (o.name == "kubevip" || o.configMap("cidr-global") || o.configMap("range-global")) &&
		o.data != nil {
		for _, e := range o.data.Entries {
			pool, cidr := strings.CutPrefix(e.Key, "cidr-")
			if !cidr {
				var ok bool
				if pool, ok = strings.CutPrefix(e.Key, "range-"); !ok {
					continue
				}
			}
			if strings.HasPrefix(strings.TrimSpace(e.Value.Str()), "0.0.0.0") {
				continue // addresses come from DHCP
			}
			n := r.see("kube-vip", "ConfigMap "+o.name, o.Get("metadata", "name"))
			n.add(Range{Use: LoadBalancers, Name: pool, Key: e.Key}, e.Value, form{dash: true, bare: true}, ",")
		}
		return
	}
	for _, c := range o.run("kube-vip") {
		if !c.agent {
			continue
		}
		for _, key := range []string{"address", "vip_address"} {
			v := c.env(key)
			if text := v.Str(); strings.ContainsAny(text, ".:") && strings.Trim(text, "0123456789abcdefABCDEF.:/") == "" {
				r.network("kube-vip").add(Range{Use: Address, Name: "kube-apiserver", Key: key}, v, form{bare: true}, "")
				break
			}
		}
	}
}

// serviceLBRow is the load balancer of k3s: it takes the addresses of nodes and holds no range.
func serviceLBRow() Row {
	return Row{
		Name: "servicelb", Title: "ServiceLB", Purpose: LoadBalancing, Allocator: AllocatorNone,
		Names: Names{
			Aliases: []string{"klipper-lb", "klipper"}, Images: []string{"rancher/klipper-lb", "*klipper-lb"},
			Workloads: []string{"svclb-*"}, Annotations: []string{"svccontroller.k3s.cattle.io/*"},
		},
		words: []string{"klipper-lb"},
	}
}

func openELBRow() Row {
	return Row{
		Name: "openelb", Title: "OpenELB", Purpose: LoadBalancing, Allocator: AllocatorNone,
		Names: Names{
			Aliases: []string{"porter"}, Images: []string{"kubesphere/openelb", "kubesphere/porter"},
			Workloads: []string{"openelb-manager", "openelb-speaker"}, Groups: []string{"network.kubesphere.io"},
		},
		object: func(r *reader, o *object) {
			if o.is("Eip", "network.kubesphere.io") {
				n := r.see("openelb", o.kind, o.Get("kind"))
				n.add(Range{Use: LoadBalancers, Name: o.name, Key: "spec.address", Disabled: o.Get("spec",
					"disable").Str() == "true"}, o.Get("spec", "address"), form{dash: true, bare: true}, "")
			}
		},
		words: []string{"kubesphere"},
	}
}

func pureLBRow() Row {
	return Row{
		Name: "purelb", Title: "PureLB", Purpose: LoadBalancing, Allocator: AllocatorNone,
		Names: Names{
			Images: []string{"purelb/lbnodeagent"}, Controllers: []string{"purelb/allocator"},
			Workloads: []string{"lbnodeagent"}, Groups: []string{"purelb.io"},
		},
		object: func(r *reader, o *object) {
			if !o.is("ServiceGroup", "purelb.io") {
				return
			}
			n := r.see("purelb", o.kind, o.Get("kind"))
			for _, kind := range []string{"local", "remote"} {
				n.add(Range{Use: LoadBalancers, Name: o.name, Key: "spec." + kind + ".pool"}, o.Get("spec", kind, "pool"),
					form{dash: true}, "")
				for _, fam := range []string{"v4pool", "v6pool"} {
					n.add(Range{Use: LoadBalancers, Name: o.name, Key: "spec." + kind + "." + fam + ".pool"}, o.Get("spec", kind,
						fam, "pool"), form{dash: true}, "")
				}
			}
		},
		words: []string{"purelb"},
	}
}
