package distro

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// clusterOf returns the cluster that states a value, of those that are read.
func (w writtenValue) clusterOf(cs []Cluster) *Cluster {
	for i := range cs {
		for _, v := range cs[i].Values {
			if v.Role == w.v.Role && v.Key == w.v.Key && v.Pos.File == w.v.Pos.File && v.Pos.Line == w.v.Pos.Line {
				return &cs[i]
			}
		}
	}
	return nil
}

// errorsOf returns the rules of the errors that one cluster alone has.
func errorsOf(c *Cluster) []string {
	var out []string
	for _, f := range plan.Check(c.Statements()...).Findings {
		if f.Severity == fact.Error {
			out = append(out, string(f.Rule))
		}
	}
	return out
}

// Each healthy cluster is broken in each way in which ranges break, and the checker says so from what the installer's
// file states.
func TestRuleMutants(t *testing.T) {
	total, found := 0, 0
	check := func(w writtenValue, how, text string) {
		total++
		c := w.clusterOf(w.with(t, text))
		if c == nil {
			t.Errorf("%s: %s %s as %s: not read", w.b.name, how, w.v.Key, text)
			return
		}
		if len(errorsOf(c)) > 0 {
			found++
			return
		}
		t.Errorf("%s: %s: %s %s as %s: no error", w.b.name, how, w.v.Key, w.v.Text, text)
	}
	for _, w := range writtenValues(t) {
		c := w.clusterOf(w.b.read(t))
		if c == nil || w.v.Program == KubeProxy {
			continue
		}
		pods, services := c.of(Pods, ControllerManager), c.of(Services, APIServer)
		switch w.v.Role {
		case Pods:
			if len(services) > 0 && services[0].IsRange() && len(w.v.Prefixes) == len(services[0].Prefixes) {
				check(w, "pods are services", services[0].Text)
			}
			if len(w.v.Prefixes) == 1 && len(pods) == 1 {
				check(w, "malformed", "10.1.0.0/99")
				if c.Allocator == NodeIPAM && ipnet.Is4(w.v.Prefixes[0]) {
					check(w, "smaller than a node's subnet", "10.99.1.0/29")
				}
			}
		case Services:
			if len(pods) > 0 && pods[0].IsRange() && len(w.v.Prefixes) == len(pods[0].Prefixes) &&
				w.v.Program != ControllerManager {
				check(w, "services are pods", pods[0].Text)
			}
			if len(w.v.Prefixes) == 1 && w.v.Program != ControllerManager {
				check(w, "malformed", "10.1.0.0/99")
			}
		case NodeMask, NodeMaskIPv4:
			if c.Allocator == NodeIPAM && len(pods) > 0 && pods[0].IsRange() && ipnet.Is4(pods[0].Prefixes[0]) &&
				!strings.Contains(w.v.Key, "Prefix") {
				check(w, "mask shorter than the range", strconv.Itoa(pods[0].Prefixes[0].Bits()-1))
				check(w, "mask too long", "33")
			}
		}
	}
	t.Logf("%d of %d mutants are errors", found, total)
	if total < 60 {
		t.Errorf("only %d mutants", total)
	}
}

// A server's node-args that contradict the podCIDR of its node are named.
func TestNodeArgsAgainstPodCIDR(t *testing.T) {
	text := "kind: Node\napiVersion: v1\nmetadata:\n  name: srv1\n  annotations:\n" +
		"    k3s.io/node-args: '[\"server\",\"--cluster-cidr\",\"172.17.0.0/24\"]'\nspec: {podCIDR: 10.42.0.0/24}\n"
	cs := Read(newFile(t, "node.yaml", []byte(text)))
	s := append(statementsOf(cs), fact.Statement{
		Component: fact.Node, Host: "srv1", Role: fact.RoleNodePods, Key: "spec.podCIDR", Text: "10.42.0.0/24",
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.42.0.0/24")},
		Pos:      Position{File: "node.yaml", Line: 7, Column: 16},
	})
	for _, f := range plan.Check(s...).Findings {
		if f.Rule == fact.RulePodCIDROutsideClusterCIDR {
			return
		}
	}
	t.Errorf("podCIDR outside of --cluster-cidr of node-args is not found: %+v", plan.Check(s...).Findings)
}

// The rules that problems name are rules of package plan.
func TestSameRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range plan.Rules() {
		known[string(r.ID)] = true
	}
	for _, r := range sameRules {
		if !known[r.rule] {
			t.Errorf("%s: no rule %s", r.id, r.rule)
		}
	}
}
