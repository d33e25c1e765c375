package check_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// A finding about one entry of a list points at that entry.
func TestPlaceOfEntry(t *testing.T) {
	at := func(column int) fact.Position { return fact.Position{File: "kcm.yaml", Line: 9, Column: column} }
	pods := func(text string, pos fact.Position, own []fact.Position, ps ...string) fact.Statement {
		s := fact.Statement{Component: fact.ControllerManager, Role: fact.RolePods, Key: "--cluster-cidr", Text: text, Pos: pos, PrefixPos: own}
		for _, p := range ps {
			s.Prefixes = append(s.Prefixes, netip.MustParsePrefix(p))
		}
		return s
	}
	hosts := fact.Statement{
		Component: fact.Operator, Role: fact.RoleReserved, Text: "vpn", Key: "-avoid",
		Prefixes: []netip.Prefix{netip.MustParsePrefix("fd00:1::/32")},
	}
	for _, c := range []struct {
		name string
		pods fact.Statement
		want fact.Position
	}{
		{"second of two", pods("10.244.0.0/16,fd00:1::/56", at(23), nil, "10.244.0.0/16", "fd00:1::/56"), at(23 + len("10.244.0.0/16,"))},
		{"first of two", pods("fd00:1::/56,10.244.0.0/16", at(23), nil, "fd00:1::/56", "10.244.0.0/16"), at(23)},
		{"alone", pods("fd00:1::/56", at(23), nil, "fd00:1::/56"), at(23)},
		{"host bits", pods("10.244.1.0/16,fd00:1::1/56", at(23), nil, "10.244.1.0/16", "fd00:1::1/56"), at(23 + len("10.244.1.0/16,"))},
		{"after a blank", pods("10.244.0.0/16, fd00:1::/56", at(23), nil, "10.244.0.0/16", "fd00:1::/56"), at(23 + len("10.244.0.0/16, "))},
		{"places of their own", pods("10.244.0.0/16,fd00:1::/56", at(23), []fact.Position{at(23), at(60)}, "10.244.0.0/16", "fd00:1::/56"), at(60)},
		{"column unknown", pods("10.244.0.0/16,fd00:1::/56", at(0), nil, "10.244.0.0/16", "fd00:1::/56"), at(0)},
		{"over two lines", pods("10.244.0.0/16,\nfd00:1::/56", at(23), nil, "10.244.0.0/16", "fd00:1::/56"), at(23)},
		{"text of another form", pods("the usual ones", at(23), nil, "10.244.0.0/16", "fd00:1::/56"), at(23)},
	} {
		r := check.Run(c.pods, hosts)
		i := slices.IndexFunc(r.Findings, func(f fact.Finding) bool { return f.Rule == fact.RuleReservedOverlap })
		if i < 0 {
			t.Errorf("%s: no finding %s in %+v", c.name, fact.RuleReservedOverlap, r.Findings)
			continue
		}
		if got := r.Findings[i].Where[0].Position; got != c.want {
			t.Errorf("%s: place %v, want %v", c.name, got, c.want)
		}
	}
}
