package netdist

import "github.com/kubecidr/kubecidr/internal/source"

// flannelRow is flannel. Its net-conf.json, its pods and its logs are read by package flannel; here are its names and
// the values of its chart.
func flannelRow() Row {
	return Row{
		Name: "flannel", Title: "flannel", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Aliases: []string{"kube-flannel", "flanneld"},
			Images: []string{
				"flannel/flannel", "flannelcni/flannel", "coreos/flannel", "*coreos-flannel", "*flannelcni-flannel",
				"*flannel-flannel", "*hardened-flannel", "*/flannel", "flannel-io/flannel",
			},
			Workloads:   []string{"kube-flannel-ds", "kube-flannel-ds*", "kube-flannel"},
			ConfigMaps:  []string{"kube-flannel-cfg"},
			Types:       []string{"flannel"},
			Files:       []string{"10-flannel.conflist", "10-flannel.conf", "10-flannel-v6.conflist"},
			Links:       []string{"flannel.*", "flannel-*", "flannel0", "flannel-wg", "flannel-v6.*"},
			Annotations: []string{"flannel.alpha.coreos.com/*"},
			Reasons:     []string{"FlannelIsUp"},
		},
		Modes: []Mode{
			{Name: "kube", Allocator: AllocatorNode, Key: "--kube-subnet-mgr"},
			{Name: "etcd", Allocator: AllocatorOwn, Key: "--etcd-endpoints", Note: "leases in etcd"},
		},
		Defaults: []Default{
			{
				Use: Pods, Prefix: "10.244.0.0/16", Moves: "podCidr",
				Source: "flannel-io/flannel chart/kube-flannel/values.yaml podCidr",
			},
		},
		Later: []Change{{What: "pods", Use: Pods, Possible: true, Source: "flannel-io/flannel pkg/subnet/kube",
			Steps: []string{
				"--cluster-cidr of kube-controller-manager and net-conf.json, then drain and register each node anew",
			}}},
		values: flannelValues,
		words:  []string{"flannel"},
	}
}

// flannelValues reads values of the chart flannel: podCidr alone says nothing, many charts have such a key.
func flannelValues(r *reader, v *source.Node, chart string) bool {
	f := v.Get("flannel")
	four, six := v.Get("podCidr"), v.Get("podCidrv6")
	known := isChart(chart, "flannel", "rke2-flannel") ||
		(four != nil || six != nil) && (f != nil || v.Get("netpol") != nil) || f.Get("backend").Str() != ""
	if !known || v.Get("calico") != nil { // beside calico it is Canal
		return false
	}
	shows := four
	for _, x := range []*source.Node{six, f, v} {
		if shows == nil {
			shows = x
		}
	}
	n := r.see("flannel", "values", shows)
	n.mode("kube", true)
	if n.Release == "" {
		n.Release = release(f.Get("image", "tag").Str())
	}
	if four == nil && !isChart(chart, "rke2-flannel") {
		n.wantDefaults(Pods)
	}
	n.add(Range{Use: Pods, Key: "podCidr"}, four, form{}, "")
	n.add(Range{Use: Pods, Key: "podCidrv6"}, six, form{}, "")
	return true
}
