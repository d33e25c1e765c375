package check_test

import (
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// What is refused twice and stands in no file has no place.
func TestRefusedInNoFile(t *testing.T) {
	pair := []netip.Prefix{cidr.MustParse("10.96.0.0/16"), cidr.MustParse("10.97.0.0/16")}
	var in []fact.Statement
	for _, c := range []fact.Component{fact.ControllerManager, fact.APIServer} {
		in = append(in, fact.Statement{Component: c, Role: fact.RoleServices, Key: "--service-cluster-ip-range", Text: "10.96.0.0/16,10.97.0.0/16", Prefixes: pair})
	}
	in = append(in, fact.Statement{Component: fact.ControllerManager, Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Text: "true", Bool: true},
		fact.Statement{Component: fact.ControllerManager, Role: fact.RolePods, Key: "--cluster-cidr", Text: "10.244.0.0/16", Prefixes: []netip.Prefix{cidr.MustParse("10.244.0.0/16")}})
	for _, f := range check.Run(in...).Findings {
		if f.Rule == fact.RuleTooManyRanges {
			if len(f.Where) != 0 || len(f.RefusedBy) != 2 {
				t.Errorf("places %v, refused by %v, want no place and two programs", f.Where, f.RefusedBy)
			}
			return
		}
	}
	t.Error("two ranges of one family are not refused")
}
