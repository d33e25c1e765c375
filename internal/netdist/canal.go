package netdist

import "github.com/kubecidr/kubecidr/internal/source"

// canalRow is flannel's routes with Calico's policy: pods take Node.spec.podCIDR, and Calico's pool is for its rules
// alone.
func canalRow() Row {
	return Row{
		Name: "canal", Title: "Canal", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Aliases:    []string{"rke2-canal"},
			Workloads:  []string{"canal", "rke2-canal"},
			ConfigMaps: []string{"canal-config", "rke2-canal-config"},
			Files:      []string{"10-canal.conflist", "10-canal.conf"},
		},
		Modes: []Mode{{Name: "podCIDR", Allocator: AllocatorNode, Note: `host-local with "subnet": "usePodCidr"`}},
		Later: []Change{{What: "pods", Use: Pods, Possible: true, Source: "projectcalico/calico manifests/canal.yaml",
			Steps: []string{
				"--cluster-cidr of kube-controller-manager and net-conf.json in the ConfigMap " +
					"canal-config, then drain and register each node anew",
			}}},
		object: func(r *reader, o *object) {
			// Its net-conf.json is read by package flannel.
			if o.kind == "ConfigMap" && o.configMap("net-conf.json") && (o.configMap("canal_iface") ||
				o.configMap("typha_service_name")) {
				r.see("canal", "ConfigMap "+o.name, o.Get("metadata", "name"))
			}
		},
		values: func(r *reader, v *source.Node, chart string) bool {
			if !isChart(chart, "rke2-canal") {
				return false
			}
			r.see("canal", "values", v)
			return true
		},
		words: []string{"canal", "calico", "flannel"},
	}
}
