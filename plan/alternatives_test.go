package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
)

func TestAlternatives(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  plan.Request
		want string
		why  string
	}{
		{"by default", plan.Request{}, "block 172.16.0.0/12 ok; block 192.168.0.0/16 ok; block 100.64.0.0/10 ok; nodeMask IPv4 /25 64 ok; nodeMask IPv4 /23 256 ok; families IPv4,IPv6 ok",
			"kubeadm's and flannel's defaults are what was chosen"},
		{"other ranges than the defaults", plan.Request{Within: prefixtest.List("172.16.0.0/12")},
			"block 10.0.0.0/8 ok; block 192.168.0.0/16 ok; block 100.64.0.0/10 ok; default services 10.96.0.0/12 ok; default pods 10.244.0.0/16 ok; nodeMask IPv4 /25 64 ok; nodeMask IPv4 /23 256 ok; families IPv4,IPv6 ok", ""},
		{"defaults that are taken", plan.Request{Avoid: plantest.Avoid("10.100.0.0/16 10.244.7.0/24")},
			"block 172.16.0.0/12 ok; block 192.168.0.0/16 ok; block 100.64.0.0/10 ok; default services 10.96.0.0/12 none; default pods 10.244.0.0/16 none; nodeMask IPv4 /25 64 ok; nodeMask IPv4 /23 256 ok; families IPv4,IPv6 ok", ""},
		{"many nodes", plan.Request{Nodes: 2000}, "block 172.16.0.0/12 ok; block 192.168.0.0/16 none; block 100.64.0.0/10 ok; default pods 10.244.0.0/16 none; nodeMask IPv4 /25 64 ok; nodeMask IPv4 /23 256 ok; families IPv4,IPv6 ok",
			"a /16 is too small for them"},
		{"all fixed", plan.Request{Hosts: prefixtest.List("198.51.100.0/24"), Pins: plangen.Pins("services=10.96.0.0/12 pods=10.244.0.0/16")}, "families IPv4,IPv6 ok", "what is fixed has no alternative"},
		{"mask fixed", plan.Request{NodeMaskIPv4: 26, PodsPerNode: 20, Hosts: prefixtest.List("198.51.100.0/24"), Pins: plangen.Pins("services=10.96.0.0/12")},
			"block 172.16.0.0/12 ok; block 192.168.0.0/16 ok; block 100.64.0.0/10 ok; families IPv4,IPv6 ok", ""},
		{"both families", plan.Request{Name: "lab", Families: []fact.Family{fact.IPv6, fact.IPv4}},
			"block 172.16.0.0/12 ok; block 192.168.0.0/16 ok; block 100.64.0.0/10 ok; nodeMask IPv6 /65 16777216 ok; nodeMask IPv6 /63 16777216 ok; nodeMask IPv4 /25 64 ok; nodeMask IPv4 /23 256 ok; families IPv6 ok", ""},
	} {
		p := plangen.New(t, tt.req)
		var got []string
		for _, a := range p.Alternatives() {
			s := string(a.Kind)
			switch a.Kind {
			case plan.AlternativeBlock:
				s += " " + a.Prefix.String()
			case plan.AlternativeDefault:
				s += " " + string(a.Role) + " " + a.Prefix.String()
			case plan.AlternativeNodeMask:
				s += fmt.Sprintf(" %v /%d %d", a.Families[0], a.NodeMask, a.Holds)
			case plan.AlternativeFamilies:
				s += " " + strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Families), " ", ","), "[]")
			}
			if a.Plan != nil {
				s += " ok"
			} else {
				s += " none"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s: %s\nwant %s\n%s", tt.name, s, tt.want, tt.why)
		}
	}
	if a := new(plan.Plan).Alternatives(); a != nil {
		t.Errorf("the zero plan has alternatives: %+v", a)
	}
}

// TestAlternativesProperties: each alternative is a sound plan or has a reason, and leaves what the request fixes where it is.
func TestAlternativesProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, err := plan.New(plangen.Draw(rt))
		if err != nil {
			rt.Skip("no plan:", err)
		}
		for _, a := range p.Alternatives() {
			switch {
			case (a.Plan == nil) == (a.Err == nil):
				rt.Fatalf("%s: plan %v beside %v", a.Kind, a.Plan, a.Err)
			case a.Err != nil && len(a.Err.Conflicts)+len(a.Err.Limits)+len(a.Err.Shortages) == 0:
				rt.Fatalf("%s: no plan and no reason", a.Kind)
			case a.Plan != nil && a.Plan.Validate() != nil:
				rt.Fatalf("%s: %v", a.Kind, a.Plan.Validate())
			}
		}
	})
}

// Was the other half of the private address space considered?
func ExamplePlan_Alternatives() {
	p, err := plan.New(plan.Request{Nodes: 2000})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range p.Alternatives() {
		switch {
		case a.Kind != plan.AlternativeBlock:
		case a.Plan == nil:
			fmt.Println(a.Prefix, "is too small")
		default:
			fmt.Println(a.Prefix, "gives pods", a.Plan.Pods()[0])
		}
	}
	// Output:
	// 172.16.0.0/12 gives pods 172.16.0.0/13
	// 192.168.0.0/16 is too small
	// 100.64.0.0/10 gives pods 100.64.0.0/13
}
