package plan

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Permanence says of one thing that a plan decides whether it can be changed after installation. The zero value names
// nothing.
type Permanence struct {
	What      string // in a few words: "pod range", "node subnet size"
	Value     string // as the plan decides it
	Permanent bool   // it cannot be changed without building nodes or the cluster again
	How       string // what can be changed and how, or why it cannot
	Source    string // upstream path, symbol and version
}

// Permanence returns what is permanent after installation and what can be changed later, the permanent first.
func (p *Plan) Permanence() []Permanence {
	list := func(role fact.Role) string {
		var s []string
		for _, q := range p.prefixes(role) {
			s = append(s, q.String())
		}
		return strings.Join(s, ",")
	}
	var masks, fams []string
	for _, f := range p.Families {
		masks = append(masks, fmt.Sprintf("/%d", p.NodeMask(f)))
		fams = append(fams, f.String())
	}
	out := []Permanence{
		{"first service range", list(fact.RoleServices), true,
			"the service \"kubernetes\" and cluster DNS have addresses in it, which stand in certificates and in every kubelet's configuration; it cannot be moved or resized",
			"pkg/apis/networking/validation ValidateServiceCIDRUpdate v1.37.2"},
		{"family order", strings.Join(fams, ","), true,
			"a node's first subnet is bound to the first pod range by position; the first service family is bound to the API server's advertise address",
			"pkg/controller/nodeipam/ipam/range_allocator.go NewCIDRRangeAllocator v1.37.2"},
		{"node subnet size", strings.Join(masks, ","), true,
			"nodes keep the subnet they have; another size beside it leads to overlaps as soon as a node is deleted. Every node would have to be drained, deleted and registered again",
			"pkg/apis/core/validation ValidateNodeUpdate v1.37.2; kubernetes/kubernetes#70957"},
		{"a node's subnet", "one of " + list(fact.RolePods), true,
			"spec.podCIDR may change from \"\" to a value and never again; a node gets another by being deleted and registered again",
			"pkg/apis/core/validation ValidateNodeUpdate v1.37.2"},
		{"hosts' ranges", list(fact.RoleHosts), false,
			"hosts can be added in further ranges that overlap neither pods nor services; nothing in Kubernetes names the hosts' range",
			""},
	}
	grow := "it can be replaced by a larger range that contains it, at the same time in kubeadm-config, kube-controller-manager on every control-plane host, kube-proxy and flannel; nodes keep their subnets"
	out = append(out, Permanence{"pod range", list(fact.RolePods), false, grow,
		"pkg/controller/nodeipam/ipam/range_allocator.go occupyCIDRs v1.37.2"})
	more := Permanence{"further service ranges", "none", false,
		"from v1.33 on a ServiceCIDR object adds a range; node IPAM, kubeadm and kube-proxy do not know of it, so keep it clear of pods and hosts by hand",
		"pkg/controlplane/controller/defaultservicecidr v1.37.2"}
	if v := p.Request.Kubernetes.Or(fact.NewestKubernetes()); v.Before(fact.V(1, 33, 0)) {
		more.Permanent = true
		more.How = fmt.Sprintf("%v has one service range for each family; ServiceCIDR objects, which add one, are stable from v1.33 on", v)
		out = append(out[:1:1], append([]Permanence{more}, out[1:]...)...)
	} else {
		out = append(out, more)
	}
	return out
}
