package netdist

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Targets returns the networks that can be planned for, in the order of the table. The first default of a family counts; one
// that is a whole private block, as Cilium's 10.0.0.0/8, leaves no room for hosts and services and is not preferred.
func Targets() []target.Target {
	var out []target.Target
	for _, row := range rows {
		if row.Takes.Write == nil {
			continue
		}
		t := target.Target{Name: row.Name, Terms: row.Takes, Refusals: refusals}
		seen := map[fact.Family]bool{}
		for _, d := range row.Defaults {
			p, err := netip.ParsePrefix(d.Prefix)
			if f := fact.FamilyOf(p); err != nil || d.Use != Pods || seen[f] {
				continue
			} else if seen[f] = true; f == fact.IPv6 {
				t.Mask6 = d.Block
			} else {
				t.Mask4 = d.Block
			}
			if p.Bits() > 8 {
				t.Prefer = append(t.Prefer, plan.Preference{Role: fact.RolePods, Prefix: p, Why: "the default of " + row.Title})
			}
		}
		out = append(out, t)
	}
	return out
}

// refusals reads a file that was written for a network and returns what the network has against it.
func refusals(text []byte) []string {
	f, err := source.New("plan", text, source.Limits{})
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, n := range Read(f) {
		for _, p := range n.Problems {
			if !p.Warning {
				out = append(out, p.Message())
			}
		}
	}
	return out
}
