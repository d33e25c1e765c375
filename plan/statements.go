package plan

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/internal/words"
)

// Statements returns what p says about a cluster's ranges, for [Check]: the ranges, the node masks, the pods of a node, the
// Kubernetes version, and what is to be avoided. [Operator] says it, without a place.
func (p *Plan) Statements() []Statement {
	var out []Statement
	add := func(s Statement) {
		s.Component = Operator
		out = append(out, s)
	}
	for _, role := range []Role{RoleHosts, RoleServices, RolePods} {
		if ps := p.prefixes(role); len(ps) > 0 {
			add(Statement{Role: role, Key: string(role), Text: words.JoinPrefixes(ps), Prefixes: ps})
		}
	}
	// As the flag that kube-controller-manager of the plan's release takes.
	flags := p.ControllerFlags()
	for _, m := range []struct {
		setting Setting
		mask    int
	}{
		{SettingNodeMask, flags.NodeCIDRMaskSize},
		{SettingNodeMaskIPv4, flags.NodeCIDRMaskSizeIPv4},
		{SettingNodeMaskIPv6, flags.NodeCIDRMaskSizeIPv6},
	} {
		if m.mask > 0 {
			add(Statement{Role: RoleSetting, Setting: m.setting, Key: "node mask", Int: m.mask})
		}
	}
	if len(p.Families) > 0 {
		add(Statement{Role: RoleSetting, Setting: SettingAllocate, Key: "node subnets", Bool: true})
		add(Statement{Role: RoleSetting, Setting: SettingMaxPods, Key: "pods per node", Int: p.Request.PodsPerNode})
		add(Statement{Role: RoleSetting, Setting: SettingVersion, Key: "Kubernetes", Text: p.Request.Kubernetes.String()})
	}
	if len(p.DNSServiceIPs) > 0 {
		add(Statement{Role: RoleDNS, Key: "cluster DNS", Text: p.DNSServiceIPs[0].String(), Addrs: p.DNSServiceIPs[:1:1]})
	}
	for _, a := range p.Request.Avoid {
		add(Statement{Role: RoleReserved, Key: "avoid", Text: a.Name, Prefixes: []netip.Prefix{a.Prefix}})
	}
	return out
}
