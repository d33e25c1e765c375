package check

import (
	"fmt"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var ruleKubeadmConfigDrift = rule{
	rank:    510,
	changes: []fact.Component{fact.Kubeadm, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleKubeadmConfigDrift, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "The manifests carry other ranges than kubeadm's configuration",
		Cause:  "A manifest or the ConfigMap was edited by hand.",
		Effect: "The next kubeadm upgrade or join writes kubeadm's value on that host alone.",
		Mend:   "make the kubeadm-config ConfigMap say what the manifests say",
		Source: "kubernetes/kubeadm#541, #950, #2157",
	},
	find: (*checker).kubeadmDrift,
}

// kubeadmDrift: the manifests carry other ranges than kubeadm's configuration, from which the next upgrade writes them.
func (c *checker) kubeadmDrift() {
	if k := kubeadmPods(c.view); k != nil {
		for _, m := range c.managers {
			if len(m.pods) == 0 || len(maskedPrefixes(m.pods[0])) == 0 {
				continue
			}
			if !equalRanges(heldBy(k), heldBy(m.pods[0])) {
				c.drift(k, m.pods[0], "pod range")
				break
			}
		}
	}
	var k *fact.Statement
	for _, src := range c.kubeadms {
		if s := src.services; s != nil && !s.Default && len(maskedPrefixes(s)) > 0 {
			k = s
			break
		}
	}
	if k == nil {
		return
	}
	for _, src := range slices.Concat(c.servers, c.managers) {
		if s := src.services; len(maskedPrefixes(s)) > 0 && !equalRanges(heldBy(k), heldBy(s)) {
			c.drift(k, s, "service range")
			return
		}
	}
}

func (c *checker) drift(k, s *fact.Statement, what string) {
	c.add(fact.Finding{
		Rule: fact.RuleKubeadmConfigDrift, Args: args("kubeadm", k, "runs", s, "program", s.Component, argHost, s.Host),
		Message: fmt.Sprintf("%s is %s, but %s is %s: the program's own flag is in force, and the next kubeadm upgrade or join writes kubeadm's %s",
			who(k), writes(k), who(s), writes(s), what),
		Where: []fact.Place{placeOf(s, what+" "+writes(s)+", in force"), placeOf(k, what+" "+writes(k))},
		Fix: []string{
			fmt.Sprintf("kubectl -n kube-system edit configmap kubeadm-config, and set the %s to %s if what runs is right", what, writes(s)),
			"or change the manifests of every control-plane host, if kubeadm's value is right and no node holds a subnet of the other range",
		},
	})
}
