package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// flannelNeedsSubnet reports whether a file says that flannel takes subnets from Node objects. Without one it stops:
// flannel v0.28.10 pkg/subnet/kube/kube.go AcquireLease.
func (c *checker) flannelNeedsSubnet() bool {
	return slices.ContainsFunc(c.flannels, func(f *sourceView) bool {
		s := f.set[fact.SettingKubeSubnetMgr]
		return s != nil && s.Bool
	})
}

// needsPodCIDR reports whether something shows a network that takes the subnets of nodes, or a program that missed one.
func (c *checker) needsPodCIDR() bool {
	if c.usesFlannel() || c.sawUnassigned() || c.cni != "" && !c.ownIPAM() {
		return true
	}
	return slices.ContainsFunc(c.all, func(s *fact.Statement) bool {
		return s.Setting == fact.SettingAllocator && s.Text == fact.AllocatorNode ||
			s.Role == fact.RoleSymptom && s.Symptom != nil && slices.Contains(s.Symptom.Rules, fact.RulePodCIDRUnset)
	})
}

// contradicted reports whether a message says what arithmetic refutes: an address that is not within a range, which it is. Arithmetic
// wins; the message is that of a defect: kube-apiserver v1.17.0 says so of Services that are in range.
func (c *checker) contradicted(g *sighting) bool {
	y := g.s.Symptom
	sub, net := masked(y.Subnet), masked(y.Network)
	if !sub.IsValid() || !net.IsValid() || !cidr.Contains(net, sub) {
		return false
	}
	switch y.Rules[0] {
	case fact.RuleControlPlaneFlagsDiffer, fact.RuleClusterIPOutside, fact.RuleClusterDNSOutside, fact.RuleServiceRangeMismatch, fact.RulePodCIDROutsideClusterCIDR, fact.RuleFlannelNetworkMismatch:
	default:
		return false
	}
	c.add(fact.Finding{
		Rule: fact.RuleUpstreamBug, Severity: fact.Warning, Where: g.places, Subjects: subjectsOf(y.Node),
		Message: fmt.Sprintf("%s says: %s; but %v lies within %v, which runs from %v to %v: the message is false, and nothing is to be changed for it", g.s.Component, strings.TrimSpace(y.Message), plainRange(sub), net, net.Addr(), cidr.Last(net)),
		Fix:     []string{"leave Services and ranges as they are, and use a newer release of " + string(g.s.Component)},
	})
	return true
}
