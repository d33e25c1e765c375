package plan

import (
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// quietlyAvoided returns the ranges that are chosen from last: those of [localDefaults], and those with a special
// purpose that is not private use. Ranges for documentation and for benchmarks are like public ones: who draws from
// them means it.
func quietlyAvoided() []netip.Prefix {
	var out []netip.Prefix
	for _, u := range check.LocalDefaults() {
		out = append(out, u.Prefix)
	}
	for s := range cidr.SpecialRanges() {
		switch s.Kind {
		case cidr.KindPrivate, cidr.KindDocumentation, cidr.KindBenchmarking:
		default:
			out = append(out, s.Prefix)
		}
	}
	return out
}

// A warner collects the warnings of a plan.
type warner struct {
	p    *Plan
	near *neighbourhood
	uses []cidr.Use // that popular software makes of addresses
	out  []fact.Finding
}

// add adds a warning. effect and fix are "" where there is none.
func (w *warner) add(rule fact.RuleID, sev fact.Severity, effect, fix, format string, args ...any) {
	f := fact.Finding{Rule: rule, Severity: sev, Message: fmt.Sprintf(format, args...), Effect: effect, Disturbs: fact.DisturbsNothing}
	if fix != "" {
		f.Fix = []string{fix}
	}
	w.out = append(w.out, f)
}

// warnings returns what is legal in p and may surprise.
func (p *Plan) warnings() []fact.Finding {
	w := &warner{p: p, near: newNeighbourhood(p), uses: check.LocalDefaults()}
	w.name()
	for _, r := range p.Ranges {
		w.purpose(r)
		w.users(r)
		w.growth(r)
	}
	w.dns()
	for _, f := range p.Families {
		w.sizes(f)
	}
	w.dualStack()
	return w.out
}

// name warns of an IPv6 space that every cluster without a name gets.
func (w *warner) name() {
	ula := ULA("kubernetes") // what WithDefaults calls a cluster
	if w.p.Request.Name != "kubernetes" {
		return
	}
	for _, r := range w.p.Ranges {
		if !r.Given && r.Family() == fact.IPv6 && cidr.Contains(ula, r.Prefix) {
			w.add(fact.RuleULANotNamed, fact.Warning, "a second cluster that is planned without a name has the same IPv6 ranges, so the two can never be routed to each other",
				"give the cluster a name of its own, or ranges to draw from",
				"the IPv6 ranges are drawn from %v, which is made from the name \"kubernetes\", that of every cluster without one", ula)
			return
		}
	}
}

// purpose warns of addresses that are for something else, or somebody else's.
func (w *warner) purpose(r Range) {
	if kind := check.Special(r.Prefix); kind != "" {
		w.add(fact.RuleSpecialRange, fact.Error, "hosts and routers do not forward these addresses as they do others", "take a range of private addresses",
			"%s %v overlaps addresses for another purpose: %s", r.Role, r.Prefix, kind)
		return
	}
	if r.Role == fact.RoleHosts || check.IsPrivate(r.Prefix) {
		return
	}
	known, ok := cidr.Special(r.Prefix)
	switch {
	case ok && known.Kind == cidr.KindDocumentation:
		w.add(fact.RulePublicRange, fact.Warning, "hosts and routers may drop these addresses", "take a range of private addresses",
			"%s %v is for examples in documents: %v (%s)", r.Role, r.Prefix, known.Prefix, known.RFC)
	case ok:
		// Benchmarking, reserved: not private by name, and nobody's on the Internet.
	case r.Family() == fact.IPv6:
		w.add(fact.RulePublicRange, fact.Info, "", "", "%s %v is global address space: it has to be assigned to you", r.Role, r.Prefix)
	default:
		w.add(fact.RulePublicRange, fact.Warning, "what others have at these addresses cannot be reached from pods",
			"take a range of private addresses",
			"%s %v is not private address space (RFC 1918, RFC 6598, RFC 4193)", r.Role, r.Prefix)
	}
}

// users warns of others that have the same addresses.
func (w *warner) users(r Range) {
	if r.Role == fact.RoleHosts { // New has nothing else overlap what is to be avoided
		for i := range w.near.avoid.Overlapping(r.Prefix) {
			w.add(fact.RuleHostsInReserved, fact.Info, "", "", "hosts %v overlap %v, which is to be avoided: hosts are given, so they stay; nothing else is placed there",
				r.Prefix, w.p.Request.Avoid[i])
		}
	}
	for _, u := range w.uses {
		if u.Prefix.Overlaps(r.Prefix) {
			rule := fact.RuleKnownRangeOverlap
			if u.Prefix == check.Docker0() {
				rule = fact.RuleDockerBridgeOverlap
			}
			w.add(rule, fact.Warning, fmt.Sprintf("on a host where %s runs, traffic to %v stays on that host", u.Name, u.Prefix),
				"take another range, or move "+u.Name, "%s %v overlaps %v, which %s takes by default: %s (%s)", r.Role, r.Prefix, u.Prefix, u.Name, u.What, u.Source)
		}
	}
}

// growth says of a range that it cannot grow as far as was asked for.
func (w *warner) growth(r Range) {
	if r.Prefix.Bits()-r.Grow.Bits() >= w.p.Request.Grow {
		return // kept free for it: no need to look further
	}
	if g := w.near.growth(r); g.Doublings < w.p.Request.Grow {
		w.add(fact.RuleGrowthLimited, fact.Info, "", "", "%s %v can double %s in place, %d asked for: %s",
			r.Role, r.Prefix, words.Times(g.Doublings), w.p.Request.Grow, g.Limit)
	}
}

// dns warns of service ranges in which the address of cluster DNS is handed out like any other.
func (w *warner) dns() {
	for _, q := range w.p.Services() {
		if staticBand(cidr.HostBits(q)) == 0 {
			dns, _ := cidr.Nth(q, 10)
			w.add(fact.RuleDNSNotReserved, fact.Warning, "a service created before cluster DNS may be given the address, and installing DNS fails then",
				fmt.Sprintf("take a /%d or larger for services", q.Bits()-1),
				"services %v has no band of addresses that are handed out last (KEP-3070 has one from 17 addresses on): %v, which kubeadm gives to cluster DNS, may go to another service first", q, dns)
		}
	}
}

// sizes warns of a family whose ranges hold less than one may think.
func (w *warner) sizes(f fact.Family) {
	p, req := w.p, &w.p.Request
	c := p.FamilyCapacity(f)
	if c.HostsLeft.Sign() < 0 {
		w.add(fact.RuleHostRangeTooSmall, fact.Warning, "nodes cannot be added beyond what the hosts' network holds", "give the hosts' further ranges as well",
			"%v hosts have room for %v, %v are asked for", f, c.Hosts, max(req.HostCount, req.Nodes+req.Surge))
	}
	mask := p.NodeMask(f)
	if longest := req.longestNodeMask(f); mask > longest {
		w.add(fact.RuleNodeSubnetTight, fact.Warning, "an address is reused soon after a pod is gone; pods wait in ContainerCreating when many are replaced at once",
			fmt.Sprintf("take a node mask of /%d", longest),
			"%v node subnets are /%d: %s", f, mask, req.nodeMaskSizing(f, mask))
	}
	if f == fact.IPv6 && mask != 64 {
		w.add(fact.RuleNodeMaskUncommon, fact.Info, "", "", "IPv6 node subnets are /%d, not /64: kube-controller-manager has to be told, --node-cidr-mask-size-ipv6=%d", mask, mask)
	}
	pods, _ := p.Range(fact.RolePods, f)
	if pods.Kept.IsValid() && req.nodeMask(f) == 0 && req.heldMask(f) == 0 {
		w.add(fact.RuleNodeMaskAssumed, fact.Warning, "in a cluster that runs with another node mask, this plan has another number of nodes, and following it leads to overlaps",
			fmt.Sprintf("say which node mask the cluster has, or what its nodes hold: %d is what kube-controller-manager takes by itself", defaultNodeMask(f)),
			"%v node subnets are taken to be /%d: nobody said which mask the pod range %v runs with, and it is permanent", f, mask, pods.Kept)
	} else if pods.Given && req.nodeMask(f) == 0 && mask != defaultNodeMask(f) {
		w.add(fact.RuleNodeMaskAssumed, fact.Warning, "in a cluster that runs with another node mask, nodes would get subnets of two sizes, which overlap as soon as a node is deleted",
			fmt.Sprintf("say which node mask the cluster has: %d is what kube-controller-manager takes by itself", defaultNodeMask(f)),
			"%v node subnets are /%d, derived from the pods of a node: nobody said which mask the pod range %v has", f, mask, pods.Prefix)
	}
}

// dualStack says what is particular to two families.
func (w *warner) dualStack() {
	p := w.p
	if len(p.Families) != 2 {
		return
	}
	first, second := p.FamilyCapacity(p.Families[0]), p.FamilyCapacity(p.Families[1])
	if second.NodeSubnets < first.NodeSubnets {
		w.add(fact.RuleFamiliesDiffer, fact.Info, "the error names the second range first and the first one later; a restart gives the subnets back", "",
			"%v has %s node subnets, %v has %s: each attempt to serve a node beyond the %s takes one of %v and does not give it back",
			first.Family, cidr.FormatCount(first.NodeSubnets), second.Family, cidr.FormatCount(second.NodeSubnets),
			cidr.FormatCount(second.NodeSubnets), first.Family)
	}
	if v := p.Request.Kubernetes; v.Before(fact.V(1, 23, 0)) {
		w.add(fact.RuleDualStackNotStable, fact.Warning, "", "", "dual-stack is stable from v1.23 on; %v needs the feature gate IPv6DualStack, which is on by default from v1.21", v)
	}
	if p.Families[0] == fact.IPv6 {
		w.add(fact.RuleDualStackIPv6First, fact.Info, "", "", "IPv6 is primary: the API server's advertise address has to be an IPv6 address (v1.24 and later), and pod and service lists name IPv6 first everywhere")
	}
}
