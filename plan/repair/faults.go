package repair

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A NodeFault is something wrong with the subnets of one node. The zero value names no node and no rule.
type NodeFault struct {
	Node  string
	Rule  fact.RuleID // RulePodCIDRMissing, RuleNodeSubnetDuplicate, RulePodCIDROutsideClusterCIDR, RuleNodeMaskImmutable, ...
	Range int         // place of the cluster range in --cluster-cidr, -1 where it concerns none
	Held  string      // the podCIDR, "" for none
	Other string      // node that holds an overlapping subnet, or what it collides with
	Text  string      // one clause
}

// nodeRules says what right subnets of a node are.
type nodeRules struct {
	ranges   []netip.Prefix
	masks    []int
	former   []int           // other lengths that are right as they are
	resize   map[string]bool // nodes for which they are not
	services []netip.Prefix
	taken    []fact.Reservation
	outer    []holding // taken without what lies in others: disjoint, sorted by address
	version  fact.Version
}

// FaultsOf returns what is wrong with the subnets of the nodes of inv, as far as each node could have better ones:
// none, in the wrong place, of the wrong size, overlapping, of one family only. They are sorted by node. The cluster
// ranges and node masks are those of [nodeipam.Inventory.Flags]; a node is right if it holds, in the order of
// --cluster-cidr, one subnet of each range, of the size of the node mask, that touches no other node's, no service
// range and nothing of Taken. Of nodes that overlap, all but those that a smallest repair keeps are faulty. The error
// is that of [nodeipam.Inventory.Controller] for flags that do not start.
func FaultsOf(inv nodeipam.Inventory) ([]NodeFault, error) {
	r, err := rulesOf(inv)
	if err != nil {
		return nil, err
	}
	faults, _, _ := r.faults(inv.Nodes)
	return faults, nil
}

// rulesOf returns what inv's flags make of right and wrong.
func rulesOf(inv nodeipam.Inventory) (nodeRules, error) {
	f, ok := inv.Flags()
	if !ok {
		return nodeRules{}, nodeipam.ErrNoControllerFlags
	}
	r := nodeRules{services: slices.Clone(inv.Services), taken: inv.Taken, version: inv.Kubernetes.Or(fact.NewestKubernetes())}
	f.AllocateNodeCIDRs, f.Controllers = true, nil // where nothing is handed out, the ranges still tell what belongs where
	ranges, refused := f.Resolve(r.version)
	if len(refused) > 0 {
		return r, nodeipam.Refused(refused, r.version)
	}
	for i, p := range ranges.Cluster {
		if p.Addr().Is4In6() || ranges.Masks[i] > p.Addr().BitLen() {
			return r, fmt.Errorf("no node can get a subnet of /%d from %s", ranges.Masks[i], p)
		}
	}
	r.ranges, r.masks = ranges.Cluster, ranges.Masks
	r.former, r.resize = inv.FormerMasks, inv.Resize
	r.outer = outermost(inv.Taken)
	for _, s := range ranges.Service {
		r.services = check.AppendNew(r.services, nodeipam.PlainRange(s))
	}
	return r, nil
}

// faults returns the faults of nodes, those that hold only right subnets, and whether the choice among overlapping
// ones is a smallest one for certain.
func (r *nodeRules) faults(nodes []nodeipam.InventoryNode) (faults []NodeFault, right []nodeipam.InventoryNode, minimal bool) {
	var candidates []check.Candidate
	for _, n := range nodes {
		own, held := r.own(n)
		if len(own) > 0 {
			faults = append(faults, own...)
			continue
		}
		candidates = append(candidates, check.Candidate{Node: n, Held: held})
	}
	keep, minimal := check.KeepMost(candidates)
	var kept []holding // disjoint, since no two that are kept overlap
	for i, c := range candidates {
		if keep[i] {
			right = append(right, c.Node)
			for _, p := range c.Held {
				kept = append(kept, holding{p, c.Node.Name})
			}
		}
	}
	slices.SortFunc(kept, func(a, b holding) int { return cidrorder.Compare(a.Prefix, b.Prefix) })
	for i, c := range candidates {
		if keep[i] {
			continue
		}
		for j, p := range c.Held {
			for _, h := range overlapping(kept, p) {
				text := fmt.Sprintf("%s is held by %s, too", p, h.by)
				if h.Prefix != p {
					text = fmt.Sprintf("%s overlaps %s of %s", p, h.Prefix, h.by)
				}
				faults = append(faults, NodeFault{c.Node.Name, fact.RuleNodeSubnetDuplicate, j, p.String(), h.by, text})
			}
		}
	}
	slices.SortStableFunc(faults, func(a, b NodeFault) int { return strings.Compare(a.Node, b.Node) })
	return faults, right, minimal
}

// A holding is a prefix without host bits, and who holds it.
type holding struct {
	netip.Prefix
	by string
}

// overlapping returns the part of list that overlaps p: the one entry that contains it, or those that lie in it. list
// is sorted by address, its entries are disjoint.
func overlapping(list []holding, p netip.Prefix) []holding {
	i, _ := slices.BinarySearchFunc(list, p.Masked().Addr(), func(h holding, a netip.Addr) int { return h.Addr().Compare(a) })
	if i > 0 && list[i-1].Overlaps(p) {
		return list[i-1 : i]
	}
	end := i
	for end < len(list) && list[end].Overlaps(p) {
		end++
	}
	return list[i:end]
}

// outermost returns what is taken without what lies in others, of equal ones the first, sorted by address.
func outermost(taken []fact.Reservation) []holding {
	var all, out []holding
	for _, t := range taken {
		p := t.Prefix.Masked()
		if !p.IsValid() {
			continue
		}
		name := p.String()
		if p.IsSingleIP() {
			name = p.Addr().String()
		}
		all = append(all, holding{p, name + " (" + cmp.Or(t.Name, t.Source, "taken") + ")"})
	}
	slices.SortStableFunc(all, func(a, b holding) int { return cidrorder.Compare(a.Prefix, b.Prefix) })
	for _, h := range all {
		if len(out) == 0 || !out[len(out)-1].Overlaps(h.Prefix) {
			out = append(out, h)
		}
	}
	return out
}

// own returns what is wrong with n whatever other nodes hold, and the subnets that it holds.
func (r *nodeRules) own(n nodeipam.InventoryNode) (faults []NodeFault, held []netip.Prefix) {
	add := func(rule fact.RuleID, i int, text, other, format string, args ...any) {
		faults = append(faults, NodeFault{n.Name, rule, i, text, other, fmt.Sprintf(format, args...)})
	}
	if len(n.PodCIDRs) == 0 {
		add(fact.RulePodCIDRMissing, -1, "", "", "no podCIDR")
		return faults, nil
	}
	for i, s := range n.PodCIDRs {
		p, ok := nodeipam.ParsePodCIDR(s)
		switch {
		case !ok:
			add(fact.RuleCIDRMalformed, i, s, "", "%q is no range that can be used", s)
			continue
		case i >= len(r.ranges):
			add(fact.RulePodCIDROutsideClusterCIDR, i, s, "", "%s is its subnet number %d, and there is no cluster range of that number: kube-controller-manager exits at start", p, i+1)
			continue
		case !r.ranges[i].Overlaps(p):
			add(fact.RulePodCIDROutsideClusterCIDR, i, s, r.ranges[i].String(), "%s is outside of %s: kube-controller-manager exits at start", p, r.ranges[i])
			continue
		}
		held = append(held, p)
		if p.Bits() != r.masks[i] && (r.resize[n.Name] || !slices.Contains(r.former, p.Bits())) || p.Bits() < r.ranges[i].Bits() {
			add(fact.RuleNodeMaskImmutable, i, s, "", "%s is a /%d, node subnets of %s are /%d", p, p.Bits(), r.ranges[i], r.masks[i])
		}
		// Since 1.36 a Node with host bits in its podCIDR cannot be labelled or cordoned any more.
		if q, err := netip.ParsePrefix(s); !r.version.Before(fact.V(1, 36, 0)) && (err != nil || q != q.Masked()) {
			add(fact.RuleCIDRHostBitsSet, i, s, "", "%q is not in canonical form: this release refuses every change of the Node", s)
		}
		if name, rule, ok := r.collision(p); ok {
			add(rule, i, s, name, "%s overlaps %s", p, name)
		}
	}
	if len(n.PodCIDRs) < len(r.ranges) {
		missing := r.ranges[len(n.PodCIDRs)]
		add(fact.RulePodCIDRFamilyMissing, len(n.PodCIDRs), "", "", "no %s subnet", fact.FamilyOf(missing))
	}
	return faults, held
}

// collision returns what other than a node uses part of p.
func (r *nodeRules) collision(p netip.Prefix) (name string, rule fact.RuleID, ok bool) {
	for _, s := range r.services {
		if s.Overlaps(p) {
			return "the service range " + s.String(), fact.RulePodServiceOverlap, true
		}
	}
	for _, h := range overlapping(r.outer, p) {
		return h.by, fact.RuleHostPodOverlap, true
	}
	return "", "", false
}

// usable returns a pool of range i in which every subnet is free that no service range and nothing that is taken
// touches.
func (r *nodeRules) usable(i int) (*cidr.Pool, error) {
	split, err := cidr.NewSplit(r.ranges[i], r.masks[i])
	if err != nil {
		return nil, err
	}
	pool := cidr.NewPool(split)
	for _, s := range r.services {
		if s.Overlaps(r.ranges[i]) {
			if err := pool.Occupy(s); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range r.taken {
		if t.Prefix.Overlaps(r.ranges[i]) {
			if err := pool.Occupy(t.Prefix); err != nil {
				return nil, err
			}
		}
	}
	return pool, nil
}
