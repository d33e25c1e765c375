package check

import (
	"fmt"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var rulePlanLeft = rule{
	rank:    515,
	changes: []fact.Component{fact.Kubeadm, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RulePlanLeft, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "The cluster has other ranges than its plan",
		Cause:  "The cluster was changed and its plan was not, or the plan was not followed.",
		Effect: "Whoever goes by the plan gives ranges that are in use to others, and grows the cluster into what is not free.",
		Mend:   "plan again from what runs, keeping it, or make the cluster what the plan says while it is new",
		Source: "Plans as package draw writes them.",
	},
	find: (*checker).planLeft,
}

// planLeft: a plan among the files names other ranges of pods or services than what runs.
func (c *checker) planLeft() {
	runs := map[fact.Role]*fact.Statement{fact.RolePods: kubeadmPods(c.view)}
	for _, m := range c.managers {
		if len(m.pods) > 0 && len(maskedPrefixes(m.pods[0])) > 0 {
			runs[fact.RolePods] = m.pods[0]
			break
		}
	}
	for _, src := range slices.Concat(c.servers, c.managers, c.kubeadms) {
		if s := src.services; s != nil && !s.Default && len(maskedPrefixes(s)) > 0 {
			runs[fact.RoleServices] = s
			break
		}
	}
	plans := map[string]bool{} // files that state a whole plan, not a range that somebody noted
	for _, s := range c.all {
		if s.Component == fact.Operator && s.Setting == fact.SettingAllocate && s.Pos.File != "" {
			plans[s.Pos.File] = true
		}
	}
	for _, s := range c.all {
		if s.Component != fact.Operator || !plans[s.Pos.File] || s.Overridden || s.Role != fact.RolePods && s.Role != fact.RoleServices {
			continue
		}
		r := runs[s.Role]
		if r == nil || len(maskedPrefixes(s)) == 0 || equalRanges(heldBy(s), heldBy(r)) {
			continue
		}
		what := "pod range"
		if s.Role == fact.RoleServices {
			what = "service range"
		}
		c.add(fact.Finding{
			Rule: fact.RulePlanLeft, Args: args("plan", s, "runs", r, "program", r.Component, argHost, r.Host),
			Message: fmt.Sprintf("%s is %s, but the plan says %s: what runs counts, and the plan no longer says which addresses are taken", who(r), writes(r), writes(s)),
			Where:   []fact.Place{placeOf(r, what+" "+writes(r)+", in force"), placeOf(s, what+" "+writes(s)+", planned")},
			Fix:     []string{fmt.Sprintf("make a new plan with %s=%s kept", s.Role, writes(r))},
		})
	}
}
