package netdist

import "strings"

func kubeRouterRow() Row {
	return Row{
		Name: "kube-router", Title: "kube-router", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Images:      []string{"cloudnativelabs/kube-router", "*kube-router"},
			Workloads:   []string{"kube-router"},
			ConfigMaps:  []string{"kube-router-cfg"},
			Files:       []string{"10-kuberouter.conflist", "10-kuberouter.conf"},
			Links:       []string{"kube-bridge", "kube-dummy-if", "tun-*"},
			Annotations: []string{"kube-router.io/*"},
		},
		Modes: []Mode{
			{
				Name: "podCIDR", Allocator: AllocatorNode,
				Note: "annotations kube-router.io/pod-cidr and pod-cidrs of a Node win over its podCIDR",
			},
			{
				Name: "no-router", Allocator: AllocatorNone, Key: "--run-router=false",
				Note: "it proxies services or enforces policy beside another network",
			},
		},
		Defaults: []Default{
			{
				Use: Services, Prefix: "10.96.0.0/12", Moves: "--service-cluster-ip-range",
				Source: "cloudnativelabs/kube-router pkg/options/options.go",
			},
		},
		Later: []Change{
			{What: "pods", Use: Pods, Possible: true, Source: "cloudnativelabs/kube-router pkg/utils/pod_cidr.go",
				Steps: []string{
					"--cluster-cidr of kube-controller-manager, then drain and register each node anew; or the " +
						"annotation kube-router.io/pod-cidrs on each Node",
					"restart kube-router on each node, which writes its file in /etc/cni/net.d anew, then the pods",
				}},
		},
		object: readKubeRouter,
		words:  []string{"kube-router", "kuberouter"},
	}
}

func readKubeRouter(r *reader, o *object) {
	if o.kind == "Node" && o.group == "" {
		a := o.Get("metadata", "annotations")
		for _, key := range []string{"kube-router.io/pod-cidr", "kube-router.io/pod-cidrs"} {
			if v := a.Get(key); v.Str() != "" {
				r.see("kube-router", key, v).addList(Range{Use: NodeBlock, Key: key, Node: o.name}, v, form{}, ",")
			}
		}
		return
	}
	if o.kind == "ConfigMap" && o.name == "kube-router-cfg" && o.configMap("cni-conf.json") {
		r.see("kube-router", "ConfigMap "+o.name, o.Get("metadata", "name"))
		return
	}
	for _, c := range o.run("kube-router") {
		if !c.agent {
			continue
		}
		n := r.network("kube-router")
		fl := c.flags("run-router", "run-service-proxy", "run-firewall", "enable-cni", "service-cluster-ip-range",
			"service-external-ip-range", "loadbalancer-ip-range")
		if fl["run-router"].text == "false" || fl["enable-cni"].text == "false" {
			n.mode("no-router", false)
			n.passive = true
		}
		n.addFlag(Range{Use: Services, Key: "--service-cluster-ip-range"}, fl["service-cluster-ip-range"], form{}, ",")
		n.addFlag(Range{Use: LoadBalancers, Name: "external", Key: "--service-external-ip-range"},
			fl["service-external-ip-range"], form{}, ",")
		n.addFlag(Range{Use: LoadBalancers, Name: "load balancers", Key: "--loadbalancer-ip-range"},
			fl["loadbalancer-ip-range"], form{}, ",")
		if strings.ToLower(fl["run-service-proxy"].text) == "true" || strings.ToLower(fl["run-firewall"].text) != "false" {
			n.wantDefaults(Services)
		}
	}
}
