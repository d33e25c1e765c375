package repair

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A RangeFault is something wrong with the ranges themselves, which repairing nodes does not fix. The zero value names
// no rule.
type RangeFault struct {
	Rule fact.RuleID
	Text string
	// Missing is how many nodes get no subnet, for RuleClusterCIDRExhausted.
	Missing int
}

// rangeFaultsOf returns what is wrong with the ranges of inv, apart from there being too few subnets. err is that of
// inv.rules.
func rangeFaultsOf(inv nodeipam.Inventory, err error) []RangeFault {
	var out []RangeFault
	add := func(rule fact.RuleID, format string, args ...any) {
		out = append(out, RangeFault{Rule: rule, Text: fmt.Sprintf(format, args...)})
	}
	flags, _ := inv.Flags()
	var refused *nodeipam.RefusedError
	switch {
	case strings.TrimSpace(flags.ClusterCIDR) == "":
		add(fact.RulePodCIDRUnset, "%s has no --cluster-cidr", managerName(inv, inv.Managers[0]))
	case errors.As(err, &refused):
		for _, f := range refused.Refusals {
			add(f.Rule, "kube-controller-manager does not start: %s", f.Message)
		}
	case err != nil:
		add(fact.RuleNodeMaskTooFar, "%v", err)
	}
	first := inv.Managers[0]
	for _, m := range inv.Managers[1:] {
		if differs := flagDifferences(flags, m.Flags); differs != "" {
			add(fact.RuleControlPlaneFlagsDiffer, "%s and %s differ: %s", managerName(inv, first), managerName(inv, m), differs)
		}
	}
	if !flags.NodeIPAMEnabled(inv.Kubernetes.Or(fact.NewestKubernetes())) {
		for _, n := range inv.Nodes {
			if len(n.PodCIDRs) == 0 {
				add(fact.RuleAllocateNodeCIDRsOff, "kube-controller-manager hands out nothing: --allocate-node-cidrs is not true, or --controllers switches node IPAM off")
				break
			}
		}
	}
	if err != nil {
		return out
	}
	rules, err := rulesOf(inv)
	if err != nil {
		return out
	}
	for _, p := range rules.ranges {
		for _, s := range rules.services {
			if p.Overlaps(s) {
				add(fact.RulePodServiceOverlap, "pod range %s overlaps service range %s", p, s)
			}
		}
		for _, t := range rules.taken {
			if p.Overlaps(t.Prefix) {
				add(fact.RuleHostPodOverlap, "pod range %s overlaps %s (%s)", p, t.Prefix, cmp.Or(t.Name, t.Source))
			}
		}
		if n, ok := networkOf(inv, fact.FamilyOf(p)); ok && !cidr.Contains(n, p) {
			add(fact.RuleFlannelNetworkMismatch, "flannel's Network %s does not contain pod range %s", n, p)
		}
	}
	return out
}

// networkOf returns flannel's range of a family; ok is false where it is not known, and where no range of any family
// is.
func networkOf(inv nodeipam.Inventory, f fact.Family) (netip.Prefix, bool) {
	for _, n := range inv.Networks {
		if fact.FamilyOf(n) == f {
			return n, true
		}
	}
	return netip.Prefix{}, false
}

// managerName names the host of m in a sentence.
func managerName(inv nodeipam.Inventory, m nodeipam.HostFlags) string {
	switch {
	case m.Host != "":
		return m.Host
	case inv.Assumed != "" || m.File == "":
		return "every control-plane host"
	}
	return "the control-plane host of " + m.File
}

// flagDifferences says in which flags a and b differ, "" for none. Ranges are compared as text, as the program reads
// it.
func flagDifferences(a, b nodeipam.ControllerFlags) string {
	var out []string
	add := func(name string, x, y any) {
		if x != y {
			out = append(out, fmt.Sprintf("%s %v and %v", name, x, y))
		}
	}
	add("--allocate-node-cidrs", a.AllocateNodeCIDRs, b.AllocateNodeCIDRs)
	add("--cluster-cidr", cmp.Or(a.ClusterCIDR, "unset"), cmp.Or(b.ClusterCIDR, "unset"))
	add("--service-cluster-ip-range", cmp.Or(a.ServiceClusterIPRange, "unset"), cmp.Or(b.ServiceClusterIPRange, "unset"))
	add("--node-cidr-mask-size", a.NodeCIDRMaskSize, b.NodeCIDRMaskSize)
	add("--node-cidr-mask-size-ipv4", a.NodeCIDRMaskSizeIPv4, b.NodeCIDRMaskSizeIPv4)
	add("--node-cidr-mask-size-ipv6", a.NodeCIDRMaskSizeIPv6, b.NodeCIDRMaskSizeIPv6)
	return strings.Join(out, ", ")
}

// exhausted describes ranges that hold too few subnets.
func (r *nodeRules) exhausted(inv nodeipam.Inventory, missing int) RangeFault {
	var parts []string
	for i, p := range r.ranges {
		pool, err := r.usable(i)
		if err != nil {
			continue
		}
		part := fmt.Sprintf("%s holds 2^%d = %d node subnets of /%d", p, r.masks[i]-p.Bits(), pool.Len(), r.masks[i])
		if lost := pool.Used(); lost > 0 {
			part += fmt.Sprintf(", %d of them lost to service ranges and hosts", lost)
		}
		parts = append(parts, part)
	}
	return RangeFault{fact.RuleClusterCIDRExhausted, fmt.Sprintf("%s; %d nodes, %d of them get none", strings.Join(parts, "; "), len(inv.Nodes), missing), missing}
}
