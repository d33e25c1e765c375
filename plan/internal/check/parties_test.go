package check_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestParties holds what is found in the statements of a program that the package does not know, and of a person: all that needs no
// knowledge of them, and nothing about programs that nobody stated.
func TestParties(t *testing.T) {
	for _, c := range []struct {
		who            fact.Component
		pods, services string
		want           []string
	}{
		{"installer", "10.244.0.0/16", "10.96.0.0/16", nil},
		{"installer", "10.244.0.0/16", "fd00:10:96::/112", []string{"error ip-family-mismatch"}},
		{"installer", "fd00:10:244::/56", "10.96.0.0/16", []string{"error ip-family-mismatch"}},
		{"installer", "10.244.0.0/16", "10.96.0.0/16 10.97.0.0/16", []string{"error too-many-ranges"}},
		{"installer", "", "10.96.0.0/16 10.97.0.0/16", []string{"error too-many-ranges"}},
		{"installer", "10.244.0.0/16", "10.96.0.0/30", []string{"error service-range-too-small"}},
		{"installer", "10.244.0.0/16 10.245.0.0/16", "10.96.0.0/16", nil}, // a network with an allocator of its own takes several
		{"installer", "10.244.0.0/16", "10.244.0.0/20", []string{"error pod-service-overlap"}},
		{fact.ServiceCIDR, "", "10.96.0.0/16 10.97.0.0/16", nil},
		{fact.Operator, "10.244.0.0/16", "10.96.0.0/16", nil},
		{fact.Operator, "10.244.0.0/16", "fd00:10:96::/112", []string{"error ip-family-mismatch"}},
		{fact.Operator, "10.244.0.0/16", "10.96.0.0/16 10.97.0.0/16", []string{"error too-many-ranges"}},
		{fact.Operator, "10.244.0.0/26", "10.96.0.0/16", []string{"error node-mask-too-short"}},
	} {
		var statements []fact.Statement
		for role, text := range map[fact.Role]string{fact.RolePods: c.pods, fact.RoleServices: c.services} {
			s := fact.Statement{Component: c.who, Role: role, Key: string(role), Text: strings.ReplaceAll(text, " ", ",")}
			for f := range strings.FieldsSeq(text) {
				s.Prefixes = append(s.Prefixes, netip.MustParsePrefix(f))
			}
			if text != "" {
				statements = append(statements, s)
			}
		}
		var got []string
		for _, f := range check.Run(statements...).Findings {
			got = append(got, string(f.Severity)+" "+string(f.Rule))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s with pods %s and services %s (-want +got):\n%s", c.who, c.pods, c.services, diff)
		}
	}
}
