package fact_test

import (
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestVerdict(t *testing.T) {
	bad := fact.Finding{Rule: "r", Severity: fact.Error}
	waived := bad
	waived.Waived = "ours"
	odd := fact.Finding{Rule: "r", Severity: fact.Warning}
	now := fact.Finding{Rule: "r", Severity: fact.Warning, Trouble: true}
	info := fact.Finding{Rule: "r", Severity: fact.Info}
	gap := []fact.NotSeen{{What: "hosts"}}
	for _, tt := range []struct {
		r    fact.Report
		want fact.Verdict
		why  string
	}{
		{fact.Report{}, "", "nothing was stated"},
		{fact.Report{Stated: 1}, fact.Sound, "nothing is wrong"},
		{fact.Report{Stated: 1, Findings: []fact.Finding{info}}, fact.Sound, "worth knowing alone"},
		{fact.Report{Stated: 1, Findings: []fact.Finding{waived}}, fact.Sound, "accepted"},
		{fact.Report{Stated: 1, Findings: []fact.Finding{odd}}, fact.NoError, "a warning"},
		{fact.Report{Stated: 1, NotSeen: gap}, fact.NoError, "something that decides was not seen"},
		{fact.Report{Stated: 1, NotUnderstood: []fact.NotUnderstood{{File: "f"}}}, fact.NoError, "or not understood"},
		{fact.Report{Stated: 1, Findings: []fact.Finding{now}, NotSeen: gap}, fact.Trouble, "a symptom of now"},
		{fact.Report{Stated: 1, Findings: []fact.Finding{bad, now}, NotSeen: gap}, fact.Broken, "an error"},
		{fact.Report{Findings: []fact.Finding{bad}}, fact.Broken, "an error that somebody made by hand"},
	} {
		if got := tt.r.Verdict(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.why, got, tt.want)
		}
	}
}
