package kubecidr_test

import (
	"testing"

	"github.com/kubecidr/kubecidr/plan"
)

// TestRulesHaveBundles: each rule is wanted by a bundle, which TestReports sees fire. A rule without one is dead, or nobody has shown
// that it lives.
func TestRulesHaveBundles(t *testing.T) {
	wanted := map[string]bool{}
	for _, b := range bundles(t) {
		for _, w := range b.want {
			if len(w.rules) == 1 { // of several that would do, none is demanded
				wanted[w.rules[0]] = true
			}
		}
	}
	for _, r := range plan.Rules() {
		if !wanted[string(r.ID)] {
			t.Errorf("no bundle of testdata/incidents wants %s: %s", r.ID, r.Title)
		}
	}
}
