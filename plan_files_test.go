package kubecidr_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestPlansAreSound: the files that are rendered from a plan pass the check, without error and without warning, in every release, family
// order and size. What a plan warns of itself may come back.
func TestPlansAreSound(t *testing.T) {
	type sizes struct{ nodes, pods, services, grow int }
	n, none := 0, 0
	for _, minor := range []int{13, 16, 18, 20, 22, 23, 31, 37} {
		for _, families := range [][]fact.Family{{fact.IPv4}, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}} {
			for _, s := range []sizes{{}, {3, 16, 100, 0}, {40, 30, 200, 2}, {500, 250, 5000, 1}, {5000, 60, 60000, 0}, {1, 1000, 20, 4}} {
				for _, within := range []string{"", "10.64.0.0/10,fd00::/48", "10.0.0.0/9,fd12:3456:789a:1::/64"} {
					r := plan.Request{Name: "north", Nodes: s.nodes, PodsPerNode: s.pods, Services: s.services, Grow: s.grow, Families: families,
						Kubernetes: fact.Version{Major: 1, Minor: minor}}
					if within != "" {
						ps, err := cidr.ParseList(within)
						if err != nil {
							t.Fatal(err)
						}
						for _, p := range ps {
							if slices.Contains(families, fact.FamilyOf(p)) {
								r.Within = append(r.Within, p)
							}
						}
					}
					name := fmt.Sprintf("v1.%d %v %+v within %q", minor, families, s, within)
					p, err := plan.New(r)
					if _, ok := errtype.As[*plan.InfeasibleError](err); ok {
						none++
						continue
					}
					if _, ok := errtype.As[*plan.RequestError](err); ok && minor < 17 && len(families) == 2 {
						continue // no dual-stack
					}
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					n++
					checkPlanFiles(t, name, p)
				}
			}
		}
	}
	if n < 300 || none > n/3 {
		t.Errorf("%d plans, %d infeasible: the grid shows too little", n, none)
	}
}

// checkPlanFiles renders p and checks the files.
func checkPlanFiles(t *testing.T, name string, p *plan.Plan) {
	t.Helper()
	var config, network bytes.Buffer
	if err := kubeadm.WriteClusterConfiguration(&config, p, kubeadm.WriteOptions{}); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if err := kubecidr.WriteFlannel(&network, p); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	report, err := kubecidr.Check(fstest.MapFS{"kubeadm.yaml": {Data: config.Bytes()}, "kube-flannel-cfg.yaml": {Data: network.Bytes()}})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, f := range report.Findings {
		known := slices.ContainsFunc(p.Warnings, func(w fact.Finding) bool { return w.Rule == f.Rule })
		// A defect of the release that was asked for is not the plan's.
		if f.Severity != fact.Info && f.Rule != fact.RuleUpstreamBug && !known {
			t.Errorf("%s: %s %s: %s\n%s", name, f.Severity, f.Rule, f.Message, config.String())
		}
	}
}
