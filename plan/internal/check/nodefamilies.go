package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var rulePodCIDRFamilyMissing = rule{
	rank: 390,
	about: fact.Rule{
		ID: fact.RulePodCIDRFamilyMissing, Severity: fact.Error, Disturbs: fact.DisturbsNodes,
		Title:  "A dual-stack cluster with a node of one family",
		Cause:  "The node was registered before the second family was added.",
		Effect: "Its pods have one address; flannel with EnableIPv6 does not start there.",
		Mend:   "delete and register the node again",
		Source: "k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidateNodeUpdate, v1.37.2",
	},
	find: (*checker).nodeFamilies,
}

// nodeFamilies: a dual-stack cluster with nodes of one family.
func (c *checker) nodeFamilies() {
	var want []fact.Family
	var ranges []held
	for _, k := range c.controllers {
		if k.dual() && k.serves() {
			want, ranges = familiesOf(k.pods), k.pods
		}
	}
	if want == nil {
		if fs := familiesOf(c.networks); len(fs) == 2 && len(c.controllers) == 0 {
			want = []fact.Family{fact.IPv4, fact.IPv6}
			ranges = []held{ofFamily(c.networks, fact.IPv4)[0], ofFamily(c.networks, fact.IPv6)[0]}
		}
	}
	if c.ownIPAM() {
		return
	}
	if want == nil {
		c.flannelWithoutIPv6Nodes()
		return
	}
	var one []*nodeView
	lacks := map[fact.Family]bool{}
	for _, n := range c.nodes {
		if len(n.subs) == 0 {
			continue
		}
		for _, f := range want {
			if len(ofFamily(n.subs, f)) == 0 {
				one = append(one, n)
				lacks[f] = true
				break
			}
		}
	}
	if len(one) == 0 {
		return
	}
	var fs []string
	nth, at := "second", ranges[1]
	for i, f := range want {
		if lacks[f] {
			fs = append(fs, f.String())
			if i == 0 && !lacks[want[1]] {
				nth, at = "first", ranges[0]
			}
		}
	}
	c.add(fact.Finding{
		Rule: fact.RulePodCIDRFamilyMissing, Args: args(argNode, one, argPods, ranges, "family", fs), Severity: fact.Error, Subjects: nodeNames(one),
		Message: fmt.Sprintf("the cluster is dual-stack, its %s range is %s, but %s %s no %s podCIDR: %s; kube-controller-manager never adds a family to a node that has a podCIDR",
			nth, at.says(), words.NameList(nodeNames(one)), choose(len(one), "has", "have"), strings.Join(fs, " and no "), nodeSubs(one)),
		Where: append(nodePlaces(one), placeOf(at.s, "pods "+writes(at.s))),
		Fix: []string{
			"for each node listed: " + c.rejoin() + "; it registers again with a subnet of each family",
			c.rejoinLoses(),
			"the kubelet's --node-ip has to name an address of each family",
		},
		Disturbs: fact.DisturbsNodes,
	})
}

// flannelWithoutIPv6Nodes: flannel wants an IPv6 subnet of each node of a cluster that has IPv4 alone.
func (c *checker) flannelWithoutIPv6Nodes() {
	six := ofFamily(c.networks, fact.IPv6)
	kube, _ := c.kubeMode()
	serving := slices.IndexFunc(c.controllers, func(k *managerView) bool { return k.serves() })
	if len(six) == 0 || !kube || serving < 0 || len(ofFamily(c.pods, fact.IPv6)) > 0 ||
		slices.ContainsFunc(c.nodes, func(n *nodeView) bool { return len(ofFamily(n.subs, fact.IPv6)) > 0 }) {
		return
	}
	k := c.controllers[serving]
	c.add(fact.Finding{
		Changes: []fact.Component{fact.Flannel, fact.ControllerManager}, Args: args("network", six[0], argPods, k.pods, argHost, k.host),
		Rule: fact.RulePodCIDRFamilyMissing, Severity: fact.Error, Subjects: nodeNames(c.nodes), RefusedBy: []fact.Component{fact.Flannel},
		Message: fmt.Sprintf("flannel has EnableIPv6 and %s, but the cluster's pod range is IPv4 alone: %s; no node gets an IPv6 podCIDR, and flannel does not start without one",
			six[0].says(), says(k.podsAt)),
		Where: []fact.Place{six[0].place("pods " + six[0].text()), placeOf(k.podsAt, "pods "+joinHeld(k.pods))},
		Fix: []string{
			"if IPv6 is not wanted: remove EnableIPv6 and IPv6Network from net-conf.json, and restart flannel",
			fmt.Sprintf("if it is: --cluster-cidr=%s,%v on every control-plane host, a second service range, and every node drained, deleted and registered again", joinHeld(k.pods), six[0].p),
		},
		Disturbs: fact.DisturbsComponent,
	})
}
