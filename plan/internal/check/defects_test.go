package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Each defect says where it is from, and which releases have it, in an order that makes sense.
func TestDefects(t *testing.T) {
	for i, d := range defects {
		if d.source == "" || d.tell == nil || d.program == "" {
			t.Errorf("defect %d has no source, program or rule to tell it by: %+v", i, d)
		}
		if !d.until.IsZero() && !d.since.Before(d.until) {
			t.Errorf("defect %d: since %v until %v", i, d.since, d.until)
		}
		if d.with != "" {
			if _, ok := rules.of(d.with); !ok {
				t.Errorf("defect %d belongs to %q, which is no rule", i, d.with)
			}
		}
	}
	one := defect{since: fact.V(1, 31, 0), until: fact.V(1, 31, 4)}
	open := defect{since: fact.V(1, 36, 0)}
	always := defect{}
	for _, c := range []struct {
		d    *defect
		v    fact.Version
		want bool
	}{
		{&one, fact.V(1, 30, 14), false},
		{&one, fact.V(1, 31, 0), true},
		{&one, fact.V(1, 31, 3), true},
		{&one, fact.V(1, 31, 4), false},
		{&one, fact.Version{}, false}, // nobody says the release
		{&open, fact.V(1, 35, 9), false},
		{&open, fact.V(1, 40, 0), true},
		{&always, fact.Version{}, true},
		{&always, fact.V(0, 5, 5), true},
	} {
		if got := c.d.has(c.v); got != c.want {
			t.Errorf("a defect since %v until %v: has(%v) = %v", c.d.since, c.d.until, c.v, got)
		}
	}
}

// Since 1.36 the API server refuses updates of a Node whose podCIDR has host bits. That is said of Nodes alone that hold such a subnet.
func TestHostBitsOfNodes(t *testing.T) {
	on := func(names ...string) fact.Statement {
		return fact.Statement{Component: fact.Kubeadm, Role: fact.RoleProblem, Finding: &fact.Finding{Rule: fact.RuleCIDRHostBitsSet, Severity: fact.Warning, Message: "bits", Subjects: names}}
	}
	for _, tt := range []struct {
		why string
		in  []fact.Statement
		say bool
	}{
		{"a Node", statedBy(t, "kubelet f :version x v1.36.0\nnode@a f node-pods x 10.1.1.1/24"), true},
		{"before", statedBy(t, "kubelet f :version x v1.35.9\nnode@a f node-pods x 10.1.1.1/24"), false},
		{"a finding on a Node with a subnet", append(statedBy(t, "kubelet f :version x v1.36.0\nnode@a f node-pods x 10.1.1.0/24"), on("b", "a")), true},
		{"on a Node without", append(statedBy(t, "kubelet f :version x v1.36.0\nnode@a f node-pods x -"), on("a")), false},
		{"on no Node", append(statedBy(t, "kubelet f :version x v1.36.0\nnode@a f node-pods x 10.1.1.0/24"), on("b")), false},
		{"on nothing", append(statedBy(t, "kubelet f :version x v1.36.0"), on()), false},
	} {
		said := slices.ContainsFunc(Run(tt.in...).Findings, func(f fact.Finding) bool {
			return f.Rule == fact.RuleCIDRHostBitsSet && strings.Contains(f.Message, "refuses every update of such a Node")
		})
		if said != tt.say {
			t.Errorf("%s: said is %v", tt.why, said)
		}
	}
}

// Of arguments that are given more than once, the last in the order of their texts counts up to 1.35: the first of its text is pointed at,
// and the last in the file, which counts since.
func TestRepeatedArgsPlaces(t *testing.T) {
	const arg = "kubeadm f pods controllerManager.extraArgs~cluster-cidr "
	for _, tt := range []struct{ in, want string }{
		{arg + "10.2.0.0/16 overridden\n" + arg + "10.2.0.0/16 overridden\n" + arg + "10.1.0.0/16", "f:1:1 f:3:1"},
		{arg + "10.1.0.0/16 overridden\n" + arg + "10.2.0.0/16 overridden\n" + arg + "10.1.0.0/16", "f:2:1 f:3:1"},
		{arg + "10.1.0.0/16 overridden\n" + arg + "10.2.0.0/16", ""},
		{arg + "10.2.0.0/16 overridden\n" + arg + "10.2.0.0/16", ""},
	} {
		got := ""
		for _, f := range Run(statedBy(t, tt.in+"\nkubeadm g :version kubernetesVersion v1.30.0")...).Findings {
			if f.Rule == fact.RuleUpstreamBug {
				var at []string
				for _, p := range f.Where[1:] {
					at = append(at, p.Position.String())
				}
				got = strings.Join(at, " ")
			}
		}
		if got != tt.want {
			t.Errorf("%q: at %q, want %q", tt.in, got, tt.want)
		}
	}
}
