package kubeadm

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// refused states what kubeadm of release v does not take beside ranges: those a checker asks about by itself, together
// with what other files say of them.
func (c Config) refused(base fact.Statement, v fact.Version) []fact.Statement {
	var out []fact.Statement
	for _, r := range c.Refusals(v) {
		pos, fix := c.Cluster.Pos, ""
		switch r.Rule {
		case fact.RuleDNSDomainInvalid:
			pos, fix = c.Cluster.DNSDomain.Pos, "write a domain of lower-case letters, digits, dots and hyphens, such as cluster.local"
		case fact.RuleArgumentWithoutName:
			for _, a := range slices.Concat(c.Cluster.ControllerManagerArgs, c.Cluster.APIServerArgs) {
				if a.Name.V == "" {
					pos = a.Value.Pos
					if a.Name.Pos.IsValid() {
						pos = a.Name.Pos
					}
				}
			}
			fix = "give the entry its name, such as node-cidr-mask-size, without dashes"
		default:
			continue
		}
		out = append(out, problem(base, fact.Finding{
			Rule: r.Rule, Severity: fact.Error, Message: fmt.Sprintf("%s%s: %s", refusesFile, r.Field, r.Message), Fix: []string{fix},
			Effect: "kubeadm exits with an error before it changes anything", Disturbs: fact.DisturbsNothing,
			Where: []fact.Place{{Position: pos}}, RefusedBy: []fact.Component{fact.Kubeadm},
		}))
	}
	return out
}

// addressGates are the feature gates that bear on address ranges.
var addressGates = []string{"IPv6DualStack", "ServiceIPStaticSubrange", "MultiCIDRServiceAllocator", "DisableAllocatorDualWrite", "EndpointSlice"}

// gateStatements states the feature gate of kubeadm that bears on addresses, or that a configuration of two families
// sets none.
func (c ClusterConfiguration) gateStatements(base fact.Statement) []fact.Statement {
	on, err := strconv.ParseBool(c.IPv6DualStack.V)
	switch {
	case err != nil && !strings.Contains(c.PodSubnet.V+c.ServiceSubnet.V, ","):
		return nil
	case err != nil:
		s := setting(base, fact.SettingFeatureGate, "", fact.Value[string]{Pos: c.Pos})
		s.Default = true
		return []fact.Statement{s}
	}
	s := setting(base, fact.SettingFeatureGate, "featureGates", c.IPv6DualStack)
	s.Text, s.Bool = "IPv6DualStack", on
	return []fact.Statement{s}
}

// gateStatements states the feature gates of a program that bear on addresses, or that one with two families has none.
func (p Process) gateStatements(f Flags, base fact.Statement) []fact.Statement {
	var out []fact.Statement
	l, given := f.Lookup("feature-gates")
	gates := f.gates()
	for _, name := range slices.Sorted(maps.Keys(gates)) {
		if !slices.Contains(addressGates, name) {
			continue
		}
		s := setting(base, fact.SettingFeatureGate, "--feature-gates", l.Value)
		s.Text, s.Bool = name, gates[name]
		out = append(out, s)
	}
	_, dual := gates["IPv6DualStack"]
	if two := strings.Contains(f.known("cluster-cidr")+f.known("service-cluster-ip-range"), ","); two && !dual && !(given && l.Unknown) {
		s := setting(base, fact.SettingFeatureGate, "", fact.Value[string]{Pos: p.Pos})
		s.Default = true
		out = append(out, s)
	}
	return out
}
