package fact_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An installer states its own settings, and asks whether they agree.
func ExampleStatement() {
	pods := fact.Statement{
		Component: fact.ControllerManager, Role: fact.RolePods, Key: "--cluster-cidr", Text: "10.244.0.0/16",
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")},
	}
	services := fact.Statement{
		Component: fact.APIServer, Role: fact.RoleServices, Key: "--service-cluster-ip-range", Text: "10.244.0.0/20",
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/20")},
	}
	for _, f := range plan.Check(pods, services).Findings {
		if f.Severity == fact.Error {
			fmt.Println(f.Rule)
		}
	}
	// Output: pod-service-overlap
}

// A finding holds what it knows as data beside its sentences: a caller branches on the rule and reads the ranges.
func ExampleFinding() {
	f := fact.Finding{
		Rule: fact.RuleHostPodOverlap, Severity: fact.Error,
		Message: "hosts 10.244.0.0/24 lie in the pod range 10.244.0.0/16",
		Fix:     []string{"plan another pod range"},
		Where:   []fact.Place{{Position: fact.Position{File: "kubeadm.yaml", Line: 4, Column: 14}}},
	}
	fmt.Println(f.Error())
	fmt.Println(f.Rule == fact.RuleHostPodOverlap, f.Where[0].Position.Line)
	// Output:
	// kubeadm.yaml:4:14: host-pod-overlap: hosts 10.244.0.0/24 lie in the pod range 10.244.0.0/16; plan another pod range
	// true 4
}

// A report as an error: nil where nothing is wrong, and otherwise the findings, which errors.As finds.
func ExampleReport() {
	r := fact.Report{Stated: 2, Findings: []fact.Finding{
		{Rule: fact.RuleHostPodOverlap, Severity: fact.Error, Message: "hosts and pods overlap"},
		{Rule: fact.RuleNodeMaskUncommon, Severity: fact.Warning, Message: "the node mask is uncommon"},
	}}
	fmt.Println(r.Verdict())
	fmt.Println(r.Err())

	var first *fact.Finding
	fmt.Println(errors.As(r.Err(), &first), first.Rule)

	accepted := r.Waive(fact.Waiver{Rule: fact.RuleHostPodOverlap, Reason: "the hosts move in May"})
	fmt.Println(accepted.Err())
	// Output:
	// broken
	// host-pod-overlap: hosts and pods overlap
	// true host-pod-overlap
	// <nil>
}

// A report on nothing is no success.
func ExampleReport_nothing() {
	err := plan.Check().Err()
	fmt.Println(errors.Is(err, fact.ErrNothingStated))
	// Output: true
}

// The error of a report lists its errors, without warnings.
func ExampleReportError() {
	r := fact.Report{Stated: 1, Findings: []fact.Finding{{Rule: fact.RuleHostPodOverlap, Severity: fact.Error, Message: "hosts and pods overlap"}}}
	var e *fact.ReportError
	if errors.As(r.Err(), &e) {
		fmt.Println(len(e.Findings), e.Findings[0].Rule)
	}
	// Output: 1 host-pod-overlap
}

// Versions order by their numbers; the zero Version is an unknown release.
func ExampleVersion() {
	v, err := fact.ParseVersion("v1.30.4+k3s1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v, v.Before(fact.V(1, 33, 0)))

	var unknown fact.Version
	fmt.Println(unknown.IsZero(), unknown.Or(v))
	// Output:
	// v1.30.4 true
	// true v1.30.4
}
