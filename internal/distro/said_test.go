package distro

import (
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestSaid reads what installers print of ranges, and leaves what others write about it.
func TestSaid(t *testing.T) {
	for _, tt := range []struct {
		name, text, running string
		want                []fact.RuleID
	}{
		{"an error", "Error: the size of pod subnet with mask 24 is smaller than or equal to the size of node subnet with mask 24\n", "", []fact.RuleID{fact.RuleNodeMaskTooShort}},
		{"a level", `time="2026-01-05T12:00:00Z" level=fatal msg="cluster network must not overlap with service network"` + "\n", "", []fact.RuleID{fact.RulePodServiceOverlap}},
		{"an item, by its program", "1 problem occurred:\n\t* podSubnets: \"10.244.0.0/25\" is smaller than the per-node pod CIDR mask size\n", "talos", []fact.RuleID{fact.RuleNodeMaskTooShort}},
		{"twice", "ERROR a: multiple CIDR blocks for Pods are not yet supported\nERROR a: multiple CIDR blocks for Pods are not yet supported\n", "", []fact.RuleID{fact.RuleTooManyRanges}},
		{"an explanation", "cluster network must not overlap with service network: the two meet\n", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []fact.RuleID
			for _, s := range Said(newFile(t, "out.txt", []byte(tt.text)), tt.running) {
				got = append(got, s.Symptom.Rules[0])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("rules %v, want %v", got, tt.want)
			}
		})
	}
}
