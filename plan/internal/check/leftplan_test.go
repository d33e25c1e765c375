package check

import (
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestPlanLeft: a plan among the files that names other ranges than what runs is told, one that names the same is not.
func TestPlanLeft(t *testing.T) {
	stated := func(c fact.Component, role fact.Role, key, list string) fact.Statement {
		return fact.Statement{Component: c, Role: role, Key: key, Text: list, Prefixes: prefixtest.List(list), Pos: fact.Position{File: string(c) + ".yaml", Line: 1, Column: 1}}
	}
	for _, tt := range []struct {
		name           string
		pods, services string // planned
		want           int
	}{
		{"followed", "10.20.0.0/16", "10.96.0.0/16", 0},
		{"other pods", "10.21.0.0/16", "10.96.0.0/16", 1},
		{"grown, and the plan was not", "10.20.0.0/17", "10.96.0.0/17", 2},
	} {
		whole := fact.Statement{Component: fact.Operator, Role: fact.RoleSetting, Setting: fact.SettingAllocate, Bool: true, Pos: fact.Position{File: "operator.yaml", Line: 1, Column: 1}}
		r := Run(whole, stated(fact.Kubeadm, fact.RolePods, "networking.podSubnet", "10.20.0.0/16"), stated(fact.Kubeadm, fact.RoleServices, "networking.serviceSubnet", "10.96.0.0/16"),
			stated(fact.Operator, fact.RolePods, "pods", tt.pods), stated(fact.Operator, fact.RoleServices, "services", tt.services))
		n := 0
		for _, f := range r.Findings {
			if f.Rule == fact.RulePlanLeft {
				n++
			}
		}
		if n != tt.want {
			t.Errorf("%s: told %d times, want %d: %v", tt.name, n, tt.want, r.Findings)
		}
	}
	if !slices.ContainsFunc(Rules(), func(r fact.Rule) bool { return r.ID == fact.RulePlanLeft }) {
		t.Error("not in the catalogue")
	}
}
