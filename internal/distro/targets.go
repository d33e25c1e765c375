package distro

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Targets returns the installers that can be planned for, in the order of the table.
func Targets() []target.Target {
	var out []target.Target
	for _, in := range Installers() {
		if in.Takes.Write == nil {
			continue
		}
		t := target.Target{Name: in.Name, Terms: in.Takes, Refusals: refusalsIn}
		for _, f := range []fact.Family{fact.IPv4, fact.IPv6} {
			for _, r := range []struct {
				role Role
				as   fact.Role
			}{{Services, fact.RoleServices}, {Pods, fact.RolePods}} {
				if p, err := netip.ParsePrefix(in.byDefault(f, r.role)); err == nil {
					t.Prefer = append(t.Prefer, plan.Preference{Role: r.as, Prefix: p, Why: "the default of " + in.Name})
				}
			}
		}
		t.Mask4, _ = strconv.Atoi(in.byDefault(fact.IPv4, NodeMaskIPv4, NodeMask))
		t.Mask6, _ = strconv.Atoi(in.byDefault(fact.IPv6, NodeMaskIPv6, NodeMask))
		out = append(out, t)
	}
	return out
}

// byDefault returns what the installer takes for one of the roles in a family, "" for nothing. What only earlier releases
// took, or what it merely writes into an example, counts where there is nothing else.
func (in *Installer) byDefault(f fact.Family, roles ...Role) string {
	old := ""
	for _, role := range roles {
		for _, d := range in.Defaults {
			text := d.IPv4
			if f == fact.IPv6 {
				text = d.IPv6
			}
			switch {
			case d.Role != role || text == "":
			case !d.Old:
				return text
			case old == "":
				old = text
			}
		}
	}
	return old
}

// refusalsIn reads a file that was written for an installer and returns what the installer has against it, and what it takes
// although it does not work.
func refusalsIn(text []byte) []string {
	f, err := source.New("plan", text, source.Limits{})
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, c := range Read(f) {
		for _, p := range c.Problems {
			if !p.Refused && !p.Harmful {
				continue
			}
			why := p.Message
			if p.Says != "" {
				why += fmt.Sprintf(" (it says: %s)", p.Says)
			}
			out = append(out, why)
		}
	}
	return out
}
