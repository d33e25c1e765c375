package draw

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// mdAlternatives says what else was tried, what would have come of it, and why it was not chosen.
func mdAlternatives(p *view, b *printer, _ Options) {
	as := p.Alternatives()
	if len(as) == 0 {
		b.printf("The request leaves nothing to choose: every range is fixed.\n\n")
		return
	}
	b.printf("Each was planned for the same request, with what the request fixes where it is.\n\n")
	rows := [][]string{{"Alternative", "Ranges then", "Why not"}}
	for _, a := range as {
		rows = append(rows, []string{alternativeWords(p, a), alternativeRanges(a), alternativeWhy(p, a)})
	}
	b.mdTable("", rows...)
}

// alternativeWords says in what an alternative differs.
func alternativeWords(p *view, a plan.Alternative) string {
	switch a.Kind {
	case plan.AlternativeBlock:
		return "draw from " + gate.Code(a.Prefix.String()) + " alone"
	case plan.AlternativeDefault:
		who := "kubeadm's default"
		if a.Role == fact.RolePods {
			who = "flannel's default"
		}
		return fmt.Sprintf("%s %s, %s", a.Role, gate.Code(a.Prefix.String()), who)
	case plan.AlternativeNodeMask:
		of := ""
		if len(p.Families) > 1 {
			of = ", " + a.Families[0].String()
		}
		return fmt.Sprintf("node subnets of a /%d%s", a.NodeMask, of)
	}
	if len(a.Families) == 1 {
		return a.Families[0].String() + " alone"
	}
	return fmt.Sprintf("%v and %v", a.Families[0], a.Families[1])
}

// alternativeRanges lists the ranges of an alternative.
func alternativeRanges(a plan.Alternative) string {
	if a.Plan == nil {
		return "none exist"
	}
	var s []string
	for _, r := range a.Plan.Ranges {
		if !r.Given {
			s = append(s, string(r.Role)+" "+gate.Code(r.Prefix.String()))
		}
	}
	if len(s) == 0 {
		return "as they are"
	}
	return strings.Join(s, ", ")
}

// alternativeWhy says why an alternative was not chosen.
func alternativeWhy(p *view, a plan.Alternative) string {
	if a.Plan == nil {
		return causeWords(a.Err)
	}
	switch a.Kind {
	case plan.AlternativeNodeMask:
		return maskWhy(p, a)
	case plan.AlternativeFamilies:
		if len(a.Families) == 1 {
			return "both families were asked for"
		}
		return fmt.Sprintf("%v was not asked for; it can be added later as the second family, and nodes get a subnet of it by registering again", a.Families[1])
	}
	known := make(map[string]bool)
	for _, f := range p.Warnings {
		known[f.Message] = true
	}
	for _, f := range a.Plan.Warnings {
		if f.Severity != fact.Info && !known[f.Message] {
			return gate.Markdown(f.Message)
		}
	}
	mine, then := p.Growths(), a.Plan.Growths()
	if a.Kind == plan.AlternativeDefault {
		return defaultWhy(p, a, growthOf(then, a.Role, a.Families[0]))
	}
	for _, role := range []fact.Role{fact.RolePods, fact.RoleHosts, fact.RoleServices} {
		m, t := growthOf(mine, role, a.Families[0]), growthOf(then, role, a.Families[0])
		if t.Prefix.IsValid() && m.Prefix.IsValid() && t.Into.Bits() > m.Into.Bits() {
			return fmt.Sprintf("less room: %s could become a /%d at most, a /%d as planned", role, t.Into.Bits(), m.Into.Bits())
		}
	}
	return "no better, and later in the order in which blocks are tried"
}

// defaultWhy says why a range that software takes by itself, and that can grow so far, was not chosen.
func defaultWhy(p *view, a plan.Alternative, g plan.Growth) string {
	inside := func(w netip.Prefix) bool { return cidr.Contains(w, a.Prefix) }
	mine, _ := p.Range(a.Role, a.Families[0])
	switch {
	case !slices.ContainsFunc(p.Request.Within, inside):
		return "outside of what is to be drawn from"
	case g.Doublings < p.Request.Grow:
		return fmt.Sprintf("it can double %s in place, %d asked for: %s", words.Times(g.Doublings), p.Request.Grow, gate.Markdown(g.Limit))
	case a.Prefix.Bits() < mine.Prefix.Bits():
		return fmt.Sprintf("larger than is needed: a /%d would do", mine.Needs)
	}
	return "no better for this cluster"
}

// growthOf returns the growth of the first range of a role and family.
func growthOf(gs []plan.Growth, role fact.Role, f fact.Family) plan.Growth {
	i := slices.IndexFunc(gs, func(g plan.Growth) bool { return g.Role == role && fact.FamilyOf(g.Prefix) == f })
	if i < 0 {
		return plan.Growth{}
	}
	return gs[i]
}

// maskWhy compares the subnets of nodes with those of the plan.
func maskWhy(p *view, a plan.Alternative) string {
	f := a.Families[0]
	switch {
	case a.Holds < p.Request.PodsPerNode:
		return fmt.Sprintf("enough for %s on a node with %g addresses each, %s are planned", words.Plural(a.Holds, "pod"), p.Request.Churn, words.Commas(p.Request.PodsPerNode))
	case a.NodeMask < p.NodeMask(f):
		then, _ := a.Plan.Range(fact.RolePods, f)
		mine, _ := p.Range(fact.RolePods, f)
		if then.Prefix.Bits() < mine.Prefix.Bits() {
			return fmt.Sprintf("the pod range is %s times as large for the same pods", cidr.FormatPow2(mine.Prefix.Bits()-then.Prefix.Bits()))
		}
		return fmt.Sprintf("half as many nodes fit: %s", cidr.FormatCount(a.Plan.FamilyCapacity(f).NodeSubnets))
	case f == fact.IPv6:
		return "a /64 for a node is what kube-controller-manager takes by itself"
	}
	return "smaller subnets than were chosen, for no gain"
}

// causeWords tells the first cause of an infeasible request.
func causeWords(e *plan.InfeasibleError) string {
	switch {
	case e == nil:
		return "none exists"
	case len(e.Conflicts) > 0:
		return gate.Markdown(e.Conflicts[0].Error())
	case len(e.Limits) > 0:
		return gate.Markdown(e.Limits[0].Error())
	case len(e.Shortages) > 0 && e.Shortages[0].Err != nil:
		return gate.Markdown(e.Shortages[0].Err.Error())
	}
	return "none exists"
}

// mdCost says what it takes to change each thing after installation.
func mdCost(p *view, b *printer, _ Options) {
	nodes := words.Plural(p.Request.Nodes, "node")
	rows := [][]string{{"Change", "Work", "Interruption"},
		{"add hosts in another range", "enter it in the address register; routes and firewall as for the first", "none"},
		{"add a node", "join it; it gets the next free subnet", "none"},
		{"widen the pod range in place", "kubeadm-config, kube-controller-manager on every control-plane host, kube-proxy, flannel", "restarts of these; traffic between hosts stops for seconds while flannel restarts"},
	}
	if !addsServiceRanges(p) {
		rows = append(rows, []string{"more services than the range holds", "a new cluster, or a release from v1.33 on", "all of it"})
	} else {
		rows = append(rows, []string{"more services than the range holds", "one ServiceCIDR object", "none"})
	}
	rows = append(rows,
		[]string{"another pods' limit of a node", "`maxPods` of kubelet, up to what a node's subnet holds", "a restart of each kubelet"},
		[]string{"another subnet of a node", "drain it, delete it, register it again", "of one node"},
		[]string{"another node mask, or another pod range that does not contain this one", nodes + ", each drained, deleted and registered again", "of every node, one after the other"})
	if len(p.Families) == 1 {
		rows = append(rows, []string{"a second family", "kube-apiserver, kube-controller-manager, kube-proxy, flannel; " + nodes + " registered again", "restarts of these, and every node, one after the other"})
	}
	rows = append(rows,
		[]string{"another first service range, another first family", "a new cluster beside this one, and all workloads moved", "as the workloads allow"})
	b.mdTable("", rows...)
}

// addsServiceRanges reports whether the plan's release has ServiceCIDR objects: KEP-1880, stable in v1.33.
func addsServiceRanges(p *view) bool {
	return !p.Request.Kubernetes.Or(fact.NewestKubernetes()).Before(fact.V(1, 33, 0))
}

// mdRollback says what the way back is, from each point.
func mdRollback(p *view, b *printer, _ Options) {
	rows := [][]string{{"Until", "Way back", "What is lost"},
		{"the first `kubeadm init`", "plan again with another request", "nothing"},
		{"the first workload", "`kubeadm reset` on every host, remove `/etc/cni/net.d`, `/run/flannel/subnet.env` and the links `cni0` and `flannel.1`, plan and install again", "the empty cluster"},
		{"a change of flannel's configuration is in use", "apply the ConfigMap as it was, restart the DaemonSet", "connections between hosts, for seconds"},
		{"a node has a subnet of a widened pod range", "put the old pod range " + orNone(mdPrefixes(p.Pods())) + " back in all places that were changed, restart these", "nothing while no node's subnet lies outside of it"},
	}
	if addsServiceRanges(p) {
		rows = append(rows, []string{"a service has an address of a further service range", "delete the ServiceCIDR object", "nothing while none is in use"})
	}
	b.mdTable("", append(rows, []string{"workloads run", "a new cluster with other ranges beside this one; both must not share ranges where they talk to each other", "what is not moved"})...)
	b.printf("Keep the files of this document and a backup of etcd from before each change: `etcdctl snapshot save`.\n\n")
}

// mdComponents lists what the plan relies on, with releases and licences as the projects state them.
func mdComponents(p *view, b *printer, _ Options) {
	k := p.Request.Kubernetes.Or(fact.NewestKubernetes())
	kubeadm := fmt.Sprintf("as `kubeadm config images list --kubernetes-version %v` names it", k)
	b.mdTable("",
		[]string{"Component", "Release", "Licence", "Part in this plan"},
		[]string{"Kubernetes: kubeadm, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy, kubelet", k.String(), "Apache-2.0", "hands out service addresses and node subnets"},
		[]string{"etcd", kubeadm, "Apache-2.0", "keeps what was handed out"},
		[]string{"CoreDNS", kubeadm, "Apache-2.0", "cluster DNS, at the tenth service address"},
		[]string{"flannel and its CNI plugin", fact.NewestFlannel().String() + ", and the plugin that its manifest names", "Apache-2.0", "carries traffic between the nodes' subnets"},
		[]string{"CNI plugins bridge, host-local, portmap, loopback", "as the package kubernetes-cni of the release installs them", "Apache-2.0", "hand out the addresses of a node's subnet"},
		[]string{"container runtime: containerd or CRI-O", "as the hosts' distribution supports it, with CRI v1", "Apache-2.0", "none, unless its own default bridge is left in use"})
}

// mdSignOff is the table to sign.
func mdSignOff(_ *view, b *printer, _ Options) {
	rows := [][]string{{"For", "Confirms", "Decision", "Name", "Date"}}
	for _, r := range [][2]string{
		{"network", "no range is in use elsewhere, and all are in the address register"},
		{"security", "the firewall table"},
		{"platform", "capacity, growth, and what is permanent"},
		{"operations", "monitoring, cost of a change, the way back"},
		{"owner of the workloads", "number of pods and services"},
	} {
		rows = append(rows, []string{r[0], r[1], "pending", "not yet signed", "not yet signed"})
	}
	b.mdTable("", rows...)
}
