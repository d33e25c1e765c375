package plan

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Statements returns what p says about a cluster's ranges, for [Check]: the ranges, the node masks, the pods of a node, the
// Kubernetes version, and what is to be avoided. [fact.Operator] says it, without a place.
func (p *Plan) Statements() []fact.Statement {
	var out []fact.Statement
	add := func(s fact.Statement) {
		s.Component = fact.Operator
		out = append(out, s)
	}
	for _, role := range []fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods} {
		if ps := p.prefixes(role); len(ps) > 0 {
			add(fact.Statement{Role: role, Key: string(role), Text: words.JoinPrefixes(ps), Prefixes: ps})
		}
	}
	// As the flag that kube-controller-manager of the plan's release takes.
	flags := p.ControllerFlags()
	for _, m := range []struct {
		setting fact.Setting
		mask    int
	}{
		{fact.SettingNodeMask, flags.NodeCIDRMaskSize},
		{fact.SettingNodeMaskIPv4, flags.NodeCIDRMaskSizeIPv4},
		{fact.SettingNodeMaskIPv6, flags.NodeCIDRMaskSizeIPv6},
	} {
		if m.mask > 0 {
			add(fact.Statement{Role: fact.RoleSetting, Setting: m.setting, Key: "node mask", Int: m.mask})
		}
	}
	if len(p.Families) > 0 {
		add(fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "node subnets", Bool: true})
		add(fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingMaxPods, Key: "pods per node", Int: p.Request.PodsPerNode})
		add(fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingVersion, Key: "Kubernetes", Text: p.Request.Kubernetes.String()})
	}
	if len(p.DNSServiceIPs) > 0 {
		add(fact.Statement{Role: fact.RoleDNS, Key: "cluster DNS", Text: p.DNSServiceIPs[0].String(), Addrs: p.DNSServiceIPs[:1:1]})
	}
	for _, r := range p.Named() {
		add(fact.Statement{Role: fact.RoleReserved, Key: "range", Text: string(r.Role), Prefixes: []netip.Prefix{r.Prefix}})
	}
	for _, a := range p.Request.Avoid {
		add(fact.Statement{Role: fact.RoleReserved, Key: "avoid", Text: a.Name, Prefixes: []netip.Prefix{a.Prefix}})
	}
	return out
}
