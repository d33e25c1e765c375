package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var rulePodCIDROutsideClusterCIDR = rule{
	rank:    290,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsNodes,
		Title:  "A node's podCIDR lies outside --cluster-cidr",
		Cause:  "The range was changed while nodes were registered, or an upgrade ran with other values.",
		Effect: "kube-controller-manager exits when it leads: \"failed to mark cidr as occupied ... out the range of cluster cidr\".",
		Mend:   "give back the old range, or register the nodes again",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go NewCIDRRangeAllocator, v1.37.2",
	},
	find:  (*checker).nodeSubnetsOutside,
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer},
}

var rulePodCIDROrder = rule{
	rank:    520,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RulePodCIDROrder, Severity: fact.Warning, Disturbs: fact.DisturbsComponent,
		Title:  "podCIDRs name the families in another order than a --cluster-cidr that nobody allocates from",
		Cause:  "The two entries of --cluster-cidr were swapped.",
		Effect: "None while that controller manager hands out no subnets; once it does, it does not start with these nodes, which is podcidr-outside-cluster-cidr.",
		Mend:   "restore the order of --cluster-cidr",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go occupyCIDRs, v1.37.2",
	},
	by: fact.RulePodCIDROutsideClusterCIDR,
}

// Variants of [fact.RulePodCIDROutsideClusterCIDR]; without one the subnet lies elsewhere.
const (
	otherOrder  fact.Variant = "order"  // families in another order
	otherFamily fact.Variant = "family" // a family that the range does not have
)

// nodeSubnetsOutside: a node's subnet lies outside the range of a controller manager.
func (c *checker) nodeSubnetsOutside() {
	type miss struct {
		k     *managerView
		nodes []*nodeView
		subs  []held
		order []*nodeView
		extra []*nodeView
	}
	var misses []*miss
	var agreed *miss
	for _, k := range c.controllers {
		if len(k.pods) == 0 {
			continue
		}
		m := &miss{k: k}
		for _, n := range c.nodes {
			hs := n.subs
			out := slices.IndexFunc(hs, func(h held) bool { return !withinAny(k.pods, h.p) && !covers(h.p, k.pods) })
			switch {
			case out >= 0 && len(ofFamily(k.pods, fact.FamilyOf(hs[out].p))) == 0:
				m.extra = append(m.extra, n)
			case out >= 0:
				m.nodes = append(m.nodes, n)
				m.subs = append(m.subs, hs[out])
			case len(hs) > 0 && len(k.pods) == 2 && fact.FamilyOf(hs[0].p) != fact.FamilyOf(k.pods[0].p):
				m.order = append(m.order, n)
			}
		}
		if len(m.nodes) == 0 {
			agreed = m
		}
		misses = append(misses, m)
	}
	if agreed != nil && len(misses) > 1 && c.has(fact.RuleControlPlaneFlagsDiffer) {
		// Only the odd hosts miss them: that is what differing flags mean.
		cause := c.cause(fact.RuleControlPlaneFlagsDiffer)
		said := map[string]bool{}
		for _, m := range misses {
			if key := joinHeld(m.k.pods); len(m.nodes) > 0 && !said[key] {
				said[key] = true
				f := c.outside(m.k, m.nodes, m.subs)
				c.explain(cause, "podcidr-outside-cluster-cidr: "+f.Message, f)
			}
		}
		return
	}
	seen := map[string]bool{}
	for _, m := range misses {
		key := joinHeld(m.k.pods)
		if seen[key] {
			continue
		}
		seen[key] = true
		if len(m.nodes) > 0 {
			f := c.outside(m.k, m.nodes, m.subs)
			// A controller manager that allocates ends whatever the network plugin does; one that kubeadm would start need not run.
			if !m.k.serves() || c.ownIPAM() && m.k.predicted {
				f.Severity = fact.Warning
				f.RefusedBy = nil
				f.Message += "; that controller manager hands out no subnets that count here, so nothing stops for it"
			}
			if cause := c.cause(fact.RuleControlPlaneFlagsDiffer); cause != nil {
				c.explain(cause, "podcidr-outside-cluster-cidr: "+f.Message, f)
			} else {
				c.add(f)
			}
		}
		if len(m.extra) > 0 && m.k.serves() && !c.ownIPAM() {
			c.add(fact.Finding{
				Variant: otherFamily, Args: args(argNode, m.extra, argPods, m.k.pods, argHost, m.k.host),
				Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Subjects: nodeNames(m.extra), RefusedBy: []fact.Component{fact.ControllerManager},
				Message: fmt.Sprintf("%s %s subnets of a family that %s (%s) does not have: %s; kube-controller-manager does not start with a podCIDR that belongs to none of its ranges",
					words.NameList(nodeNames(m.extra)), choose(len(m.extra), "holds", "hold"), m.k.label(), joinHeld(m.k.pods), nodeSubs(m.extra)),
				Where: append(nodePlaces(m.extra), placeOf(m.k.podsAt, "pods "+joinHeld(m.k.pods))),
				Fix: []string{
					"give --cluster-cidr the second family back on every control-plane host",
					"or drain, delete and register again the nodes listed",
				},
			})
		}
		if len(m.order) > 0 {
			c.otherOrder(m.k, m.order)
		}
	}
}

// otherOrder: nodes name the families in another order than the ranges of k. The position decides which range a podCIDR is
// looked up in, not its family: k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go occupyCIDRs.
func (c *checker) otherOrder(k *managerView, ns []*nodeView) {
	first := ns[0].subs[0]
	f := fact.Finding{
		Variant: otherOrder, Args: args(argNode, ns, argPods, k.pods, "subnet", first, argHost, k.host),
		Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Subjects: nodeNames(ns), RefusedBy: []fact.Component{fact.ControllerManager},
		Message: fmt.Sprintf("%s %s podCIDRs in another family order than %s, which says %s: it compares them by position, so %s of %s lies outside the first range %s, and kube-controller-manager does not start",
			words.NameList(nodeNames(ns)), choose(len(ns), "has", "have"), k.label(), joinHeld(k.pods), first.text(), ns[0].name, k.pods[0].text()),
		Where: append(nodePlaces(ns), placeOf(k.podsAt, "pods "+joinHeld(k.pods))),
		Fix: []string{
			fmt.Sprintf("give --cluster-cidr back the order that the nodes have, --cluster-cidr=%s,%s, on every control-plane host%s", k.pods[1].p, k.pods[0].p, c.alsoKubeadm()),
			"or drain, delete and register again each node listed: the order of a podCIDR that is set cannot be changed",
		},
		Disturbs: fact.DisturbsComponent,
	}
	if !k.serves() || c.ownIPAM() && k.predicted {
		f.Rule, f.Variant, f.Severity, f.RefusedBy = fact.RulePodCIDROrder, "", fact.Warning, nil
		f.Message = fmt.Sprintf("%s %s podCIDRs in another family order than %s, which says %s; that controller manager hands out no subnets that count here, and would not start with these nodes if it did",
			words.NameList(nodeNames(ns)), choose(len(ns), "has", "have"), k.label(), joinHeld(k.pods))
	}
	c.add(f)
}

// covers reports whether p is wider than one of the ranges and holds it: the controller manager takes such a podCIDR.
func covers(p netip.Prefix, hs []held) bool {
	return slices.ContainsFunc(hs, func(h held) bool { return cidr.Contains(p, h.p) })
}

func (c *checker) outside(k *managerView, ns []*nodeView, subs []held) fact.Finding {
	fam := fact.FamilyOf(subs[0].p)
	var parts []string
	for i, n := range ns {
		if i == words.Shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(ns)-i))
			break
		}
		parts = append(parts, n.name+" holds "+subs[i].text())
	}
	f := fact.Finding{Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Subjects: nodeNames(ns), RefusedBy: []fact.Component{fact.ControllerManager}}
	r := ofFamily(k.pods, fam)[0]
	f.Args = args(argNode, ns, argPods, r, argHost, k.host)
	f.Message = fmt.Sprintf("%s: outside the pod range %s of %s, which runs from %v to %v",
		strings.Join(parts, ", "), r.p, k.label(), r.p.Addr(), cidr.Last(r.p))
	if r.written != r.p {
		f.Message += fmt.Sprintf(" (written as %v)", r.written)
	}
	f.Where = append(nodePlaces(ns), placeOf(k.podsAt, "pods "+joinHeld(k.pods)))
	f.Fix = []string{
		fmt.Sprintf("if the range was changed by mistake, give --cluster-cidr back the range that holds %s, on every control-plane host%s", subs[0].text(), c.alsoKubeadm()),
		fmt.Sprintf("if %s is what is wanted, for each node listed, since a podCIDR that is set cannot be changed: %s", joinHeld(k.pods), c.rejoin()),
		c.rejoinLoses(),
	}
	f.Disturbs = fact.DisturbsNodes
	if r, ok := c.rules.of(f.Rule); ok {
		f.Effect = r.Effect
	}
	return f
}
