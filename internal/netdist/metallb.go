package netdist

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

func metalLBRow() Row {
	return Row{
		Name: "metallb", Title: "MetalLB", Purpose: LoadBalancing, Allocator: AllocatorNone,
		Names: Names{
			Images: []string{"metallb/speaker", "*metallb-speaker"}, Controllers: []string{
				"metallb/controller", "*metallb-controller",
			},
			Workloads: []string{"speaker", "metallb-speaker", "metallb-controller"}, Groups: []string{"metallb.io"},
			Annotations: []string{"metallb.universe.tf/*", "metallb.io/*"},
		},
		Limits: Limits{
			By: "metallb", Overlap: "overlaps with already defined CIDR",
			Source: "metallb/metallb internal/config/config.go",
		},
		Later: []Change{{What: "pool", Use: LoadBalancers, Possible: true, InPlace: true,
			Source: "metallb/metallb internal/config/config.go", Steps: []string{
				"kubectl -n metallb-system edit ipaddresspool NAME; a Service whose address left the pool " +
					"gets the event AllocationFailed and another address",
			}}},
		object: readMetalLB,
		values: func(r *reader, v *source.Node, chart string) bool {
			// The chart took configInline up to 0.12, the same text as the old ConfigMap.
			in := v.Get("configInline")
			if in.Get("address-pools") == nil && !isChart(chart, "metallb") {
				return false
			}
			metalLBPools(r, in.Get("address-pools"))
			return true
		},
		tables: []textTable{
			{[]string{"NAME", "AUTO ASSIGN", "AVOID BUGGY IPS", "ADDRESSES"}, metalLBTable},
		},
		words: []string{"metallb", "address-pools", "AUTO ASSIGN"},
	}
}

// metalLBForm is how MetalLB writes ranges: internal/config/config.go ParseCIDR.
var metalLBForm = form{dash: true}

func readMetalLB(r *reader, o *object) {
	switch {
	case o.group == "metallb.io" && (o.kind == "IPAddressPool" || o.kind == "AddressPool"):
		n := r.see("metallb", o.kind, o.Get("kind"))
		n.addList(Range{Use: LoadBalancers, Name: o.name, Key: "spec.addresses", OnDemand: o.Get("spec",
			"autoAssign").Str() == "false"}, o.Get("spec", "addresses"), metalLBForm, "")
	case o.kind == "ConfigMap" && strings.Contains(o.data.Get("config").Str(), "address-pools"):
		docs, _ := o.data.Get("config").File().YAML()
		for _, d := range docs {
			metalLBPools(r, d.Get("address-pools"))
		}
	}
}

// metalLBPools reads the pools of the old ConfigMap.
func metalLBPools(r *reader, pools *source.Node) {
	if pools == nil || pools.Kind != source.Sequence {
		return
	}
	n := r.see("metallb", "address-pools", pools)
	for _, p := range pools.Items {
		rg := Range{
			Use: LoadBalancers, Name: p.Get("name").Str(), Key: "address-pools.addresses",
			OnDemand: p.Get("auto-assign").Str() == "false",
		}
		list := p.Get("addresses")
		if list == nil {
			list = p.Get("cidr") // before 0.7
		}
		n.addList(rg, list, metalLBForm, "")
	}
}

// metalLBTable reads a row of kubectl get ipaddresspools: the addresses are a JSON list.
func metalLBTable(r *reader, cells map[string]cell) {
	c := cells["ADDRESSES"]
	for _, e := range elements(strings.Map(func(c rune) rune {
		if strings.ContainsRune(`[]"`, c) {
			return ' '
		}
		return c
	}, c.text), ",") {
		pos := c.pos
		pos.Column += e.off
		if _, _, err := metalLBForm.parse(e.text); err == nil {
			r.seeAt("metallb", "IPAddressPool", pos).addText(Range{Use: LoadBalancers, Name: cells["NAME"].text,
				Key: "ADDRESSES"}, e.text, pos, metalLBForm)
		}
	}
}
