package netdist

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// multusRow is Multus: it gives pods further interfaces, whose ranges are never those of the cluster's pods.
func multusRow() Row {
	return Row{
		Name: "multus", Title: "Multus", Purpose: SecondNetwork, Allocator: AllocatorNone,
		Names: Names{
			Images: []string{"*multus-cni", "*multus"}, Workloads: []string{"kube-multus-ds", "multus"},
			Types:       []string{"multus", "multus-shim"},
			Files:       []string{"00-multus.conf", "00-multus.conflist", "70-multus.conf"},
			Annotations: []string{"k8s.v1.cni.cncf.io/*"}, Groups: []string{"k8s.cni.cncf.io"},
		},
		Later: []Change{
			{
				What: "second network", Use: Secondary, Possible: true, InPlace: true,
				Source: "k8snetworkplumbingwg/multus-cni docs",
				Steps: []string{
					"edit spec.config of the NetworkAttachmentDefinition; pods take it when they are recreated",
				},
			},
		},
		object: readMultus,
		words:  []string{"NetworkAttachmentDefinition", "multus"},
	}
}

func readMultus(r *reader, o *object) {
	if !o.is("NetworkAttachmentDefinition", "k8s.cni.cncf.io") {
		return
	}
	n := r.see("multus", o.kind, o.Get("kind"))
	config := o.Get("spec", "config")
	if strings.TrimSpace(config.Str()) == "" {
		return
	}
	docs, err := config.File().YAML() // JSON, or what people write instead
	if err != nil {
		return
	}
	for _, d := range docs {
		plugins := []*source.Node{d}
		if l := d.Get("plugins"); l != nil {
			plugins = append(plugins, l.Items...)
		}
		for _, p := range plugins {
			n.ipam(Range{Use: Secondary, Name: o.name}, p.Get("ipam"))
		}
	}
}

// ipam reads the ranges of an ipam section: host-local, whereabouts, static. Routes in it are no ranges of the network.
func (n *found) ipam(rg Range, ipam *source.Node) {
	if ipam == nil {
		return
	}
	fm := form{dash: true}
	rg.Key = "ipam.subnet"
	n.add(rg, ipam.Get("subnet"), fm, "")
	rg.Key = "ipam.range"
	n.add(rg, ipam.Get("range"), fm, "")
	rg.Key = "ipam.ipRanges"
	if l := ipam.Get("ipRanges"); l != nil {
		for _, it := range l.Items {
			n.add(rg, it.Get("range"), fm, "")
		}
	}
	rg.Key = "ipam.ranges"
	if sets := ipam.Get("ranges"); sets != nil {
		for _, set := range sets.Items {
			for _, it := range set.Items {
				n.add(rg, it.Get("subnet"), fm, "")
			}
		}
	}
	rg.Key = "ipam.addresses"
	if l := ipam.Get("addresses"); l != nil {
		for _, it := range l.Items {
			n.add(rg, it.Get("address"), fm, "")
		}
	}
}

func whereaboutsRow() Row {
	return Row{
		Name: "whereabouts", Title: "Whereabouts", Purpose: SecondNetwork, Allocator: AllocatorNone,
		Names: Names{
			Images: []string{"*whereabouts"}, Workloads: []string{"whereabouts"}, Types: []string{"whereabouts"},
			Groups: []string{"whereabouts.cni.cncf.io"},
		},
		object: func(r *reader, o *object) {
			if o.is("IPPool", "whereabouts.cni.cncf.io") {
				r.see("whereabouts", o.kind, o.Get("kind")).add(Range{Use: Secondary, Name: o.name, Key: "spec.range"},
					o.Get("spec", "range"), form{dash: true}, "")
			}
		},
		words: []string{"whereabouts"},
	}
}
