package netdist

func kindnetRow() Row {
	return Row{
		Name: "kindnet", Title: "kindnet", Purpose: PodNetwork, Allocator: AllocatorNode,
		Names: Names{
			Images:    []string{"kindest/kindnetd", "*kindnetd", "*kindnet"},
			Workloads: []string{"kindnet"},
			Files:     []string{"10-kindnet.conflist"},
		},
		Modes: []Mode{{Name: "podCIDR", Allocator: AllocatorNode, Note: "ptp and host-local of Node.spec.podCIDRs"}},
		Later: []Change{{What: "pods", Use: Pods, Source: "kubernetes-sigs/kind pkg/cluster/internal/create", Steps: []string{
			"kind delete cluster, then kind create cluster with another networking.podSubnet",
		}}},
		object: func(r *reader, o *object) {
			for _, c := range o.run("kindnet") {
				if c.agent {
					r.network("kindnet").add(Range{Use: Pods, Key: "POD_SUBNET"}, c.env("POD_SUBNET"), form{}, ",")
				}
			}
		},
		words: []string{"kindnet"},
	}
}
