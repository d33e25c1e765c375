package netdist

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Statements returns what n says, for the checker: that the network is in use, its pod ranges, what it keeps for
// itself, its problems.
//
// Left out is what the vocabulary of statements has no words for: ranges that are switched off or belong to another
// cluster, default service ranges, and ranges that are not masqueraded. A network that lives on
// Node.spec.podCIDR in a mode of its own is not stated as the plugin in use, since its name stands for its own
// address management.
func (n Network) Statements() []fact.Statement {
	row, ok := ByName(n.Name)
	if !ok {
		return nil
	}
	var out []fact.Statement
	if n.statesCNI(row) {
		out = append(out, fact.Statement{
			Component: fact.Component(n.Name), Pos: fact.Position(n.Pos), Role: fact.RoleSetting, Setting: fact.SettingCNI,
			Key: n.Key, Text: n.Name,
		})
	}
	if n.allocates(row) {
		out = append(out, fact.Statement{
			Component: fact.Component(n.Name), Pos: fact.Position(n.Pos), Role: fact.RoleSetting,
			Setting: fact.SettingAllocator, Key: n.Key, Text: string(n.NodeSubnets),
		})
	}
	for _, r := range n.Ranges {
		if s, ok := n.statement(row, r); ok {
			out = append(out, s)
		}
	}
	for _, p := range n.Problems {
		out = append(out, n.problem(p))
	}
	return out
}

// statesCNI reports whether n is the plugin in use, as package plan understands the name: networks that have modes
// with and without podCIDR are meant by it in the latter. One that does policy beside another is stated too, if its
// name means address management: whatever that other is, nobody saw that it needs podCIDRs.
func (n Network) statesCNI(row Row) bool {
	if row.Purpose != PodNetwork || n.Passive {
		return row.Purpose == PodNetwork && n.NodeSubnets == AllocatorNone && row.Allocator != AllocatorNode
	}
	return n.NodeSubnets != AllocatorNode || row.Allocator == AllocatorNode
}

// allocates reports whether n decides who hands out node subnets, and is known to.
func (n Network) allocates(row Row) bool {
	return row.Purpose == PodNetwork && !n.Passive && n.NodeSubnets != AllocatorUnknown && n.NodeSubnets != AllocatorNone
}

// statement returns what r states, false where nothing is.
func (n Network) statement(row Row, r Range) (fact.Statement, bool) {
	if r.Disabled || r.Where != "" || n.Passive && r.Use == Pods && n.NodeSubnets == AllocatorNone &&
		row.Purpose == PodNetwork {
		return fact.Statement{}, false
	}
	s := fact.Statement{
		Component: fact.Component(n.Name), Pos: fact.Position(r.Pos), Key: strings.TrimSpace(r.Key), Text: r.Text,
		Prefixes: slices.Clone(r.Prefixes),
		Err:      r.Err, Default: r.Default,
	}
	if r.Name != "" && r.Use == Pods {
		s.Key = r.Name + " " + r.Key
	}
	switch r.Use {
	case Pods:
		s.Role = fact.RolePods
	case Services:
		s.Role = fact.RoleServices
		return s, !r.Default
	case Hosts:
		s.Role = fact.RoleHosts
	case Address:
		s.Role = fact.RoleAddress
		for _, p := range r.Prefixes {
			s.Addrs = append(s.Addrs, p.Addr())
		}
		s.Prefixes = nil
	case NodeBlock:
		s.Role, s.Host = fact.RoleNodeBlock, r.Node
		return s, r.Err == nil && r.Node != ""
	case LoadBalancers, Egress, Hidden, Secondary:
		if r.Use == LoadBalancers && r.Err != nil {
			s.Role = fact.RoleLoadBalancer
			return s, true
		}
		s.Role = fact.RoleReserved
		switch r.Use {
		case LoadBalancers:
			s.Role = fact.RoleLoadBalancer
		case Hidden:
			s.Role = fact.RoleHidden
		}
		s.Text = strings.Join(slices.DeleteFunc([]string{row.Title, reservedFor(r), r.Name},
			func(t string) bool { return t == "" }), " ")
		return s, r.Err == nil && len(r.Prefixes) > 0 && !linkLocal(r)
	default:
		return fact.Statement{}, false
	}
	return s, true
}

// linkLocal reports whether r lies among link-local addresses, where no pod and no service can be and no statement is
// needed.
func linkLocal(r Range) bool {
	return !slices.ContainsFunc(r.Prefixes, func(p netip.Prefix) bool { return !p.Addr().IsLinkLocalUnicast() })
}

func reservedFor(r Range) string {
	switch r.Use {
	case LoadBalancers:
		return "load balancers"
	case Egress:
		return "egress"
	case Secondary:
		return "second network"
	}
	return ""
}

// problem returns p as a finding that concerns one file alone.
func (n Network) problem(p Problem) fact.Statement {
	f := &fact.Finding{
		Rule: fact.RuleID(p.ID), Severity: fact.Error, Message: p.Message(), Fix: []string{p.Fix()},
		Where: []fact.Place{{Position: fact.Position(p.Range.Pos), Note: p.Range.label()}},
	}
	if p.Warning {
		f.Severity = fact.Warning
	}
	if p.RefusedBy != "" {
		f.RefusedBy = []fact.Component{fact.Component(p.RefusedBy)}
	}
	if p.Other != nil {
		f.Where = append(f.Where, fact.Place{Position: fact.Position(p.Other.Pos), Note: p.Other.label()})
	}
	return fact.Statement{
		Component: fact.Component(n.Name), Pos: fact.Position(p.Range.Pos), Role: fact.RoleProblem, Key: p.Range.Key,
		Text: p.Range.Text, Finding: f,
	}
}
