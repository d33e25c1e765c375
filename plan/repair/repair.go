package repair

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A Repair is what is wrong with the subnets of a cluster's nodes, and the ways out. After each of them every node
// holds subnets of its own, in the cluster ranges, of the right size, clear of service ranges and of everything else
// that is taken.
//
// No node is touched that was right in the ranges that a way leads to, and new subnets touch nothing that another
// node holds at the time. The zero Repair is that of a healthy cluster.
type Repair struct {
	Faults []NodeFault // sorted by node
	// RangeFaults say why steps on nodes alone do not do; none where they do.
	RangeFaults []RangeFault
	// Ways are the ways out, best first: fewest interruptions, then fewest changes. None where nothing is wrong.
	Ways []Way
	// Goal says in a few words where the ways lead, for those of [Toward]; "" where they mend.
	Goal string

	Inventory nodeipam.Inventory
}

// Healthy reports whether there is nothing to do.
func (r *Repair) Healthy() bool {
	return len(r.Ways) == 0 && len(r.RangeFaults) == 0 && len(r.Faults) == 0
}

// Best returns the way that interrupts least; ok is false where there is none.
func (r *Repair) Best() (w Way, ok bool) {
	if len(r.Ways) == 0 {
		return Way{}, false
	}
	return r.Ways[0], true
}

// Way returns the way of a kind; ok is false where there is none.
func (r *Repair) Way(kind WayKind) (w Way, ok bool) {
	if i := slices.IndexFunc(r.Ways, func(w Way) bool { return w.Kind == kind }); i >= 0 {
		return r.Ways[i], true
	}
	return Way{}, false
}

// A WayError says that there is no way of a number or kind. The zero value names no way.
type WayError struct {
	Want string
	Ways []WayKind // those that there are
}

// Error lists the ways that there are.
func (e *WayError) Error() string {
	if len(e.Ways) == 0 {
		return fmt.Sprintf("way %q: there is none to choose", e.Want)
	}
	var kinds []string
	for i, k := range e.Ways {
		kinds = append(kinds, fmt.Sprintf("%d or %s", i+1, k))
	}
	return fmt.Sprintf("way %q: must be %s", e.Want, strings.Join(kinds, ", "))
}

// Choose returns r with one of its ways alone: that of a number, 1 being the best, or of a kind. The error is a [*WayError].
func (r *Repair) Choose(want string) (*Repair, error) {
	e := &WayError{Want: want}
	for i, w := range r.Ways {
		if want == strconv.Itoa(i+1) || want == string(w.Kind) {
			one := *r
			one.Ways = []Way{w}
			return &one, nil
		}
		e.Ways = append(e.Ways, w.Kind)
	}
	return nil, e
}

// New works out how to fix the subnets of the nodes of inv.
//
// A node without podCIDRs is patched. A node with wrong ones is drained, deleted, registered anew and given other
// ones. Of nodes that overlap those keep theirs whose subnet.env, links and routes agree, then those whose name comes
// first, as long as that costs no more changes. Control-plane hosts come last.
//
// The error is [nodeipam.ErrNoControllerFlags] if nothing tells the pod range. Flags that do not start are a
// RangeFault.
func New(inv nodeipam.Inventory) (*Repair, error) {
	if n, ok := NetworkOf(inv); ok && !ends(inv) {
		return newPools(inv, n), nil
	}
	r := &Repair{Inventory: inv}
	if inv.Allocator == fact.AllocatorOwn && !ends(inv) {
		return r, nil // no row says how to change its ranges, and podCIDRs decide nothing there
	}
	if w, ok := waySwitchOff(inv); ok {
		_, err := inv.Controller()
		r.RangeFaults, r.Ways = rangeFaultsOf(inv, err), []Way{w}
		return r, nil
	}
	rules, err := rulesOf(inv)
	if errors.Is(err, nodeipam.ErrNoControllerFlags) {
		return nil, err
	}
	if unknownNetwork(inv) {
		return nil, nodeipam.ErrNoControllerFlags
	}
	r.RangeFaults = rangeFaultsOf(inv, err)
	work := false
	if err == nil {
		m, err := mend(inv, rules)
		if err != nil {
			return nil, err
		}
		r.Faults, work = m.faults, len(m.steps) > 0
		if m.missing > 0 {
			r.RangeFaults = append(r.RangeFaults, rules.exhausted(inv, m.missing))
		}
	} else {
		// What is right cannot be told, but none is none.
		for _, n := range inv.Nodes {
			if len(n.PodCIDRs) == 0 {
				r.Faults = append(r.Faults, NodeFault{Node: n.Name, Rule: fact.RulePodCIDRMissing, Range: -1, Text: "no podCIDR"})
			}
		}
	}
	if work || len(r.RangeFaults) > 0 {
		r.Ways = waysOf(inv, r.RangeFaults)
	}
	return r, nil
}

// unknownNetwork reports whether flannel runs with a range that nothing shows: the pods need that one, and no other.
func unknownNetwork(inv nodeipam.Inventory) bool {
	f, _ := inv.Flags()
	return inv.CNI == string(fact.Flannel) && strings.TrimSpace(f.ClusterCIDR) == "" && len(inv.Networks)+len(inv.Stated) == 0 &&
		!slices.ContainsFunc(inv.Nodes, func(n nodeipam.InventoryNode) bool { return len(n.PodCIDRs) > 0 })
}

// waySwitchOff switches node IPAM off where the network hands out addresses by itself and kube-controller-manager has no range to hand out of.
func waySwitchOff(inv nodeipam.Inventory) (Way, bool) {
	f, ok := inv.Flags()
	if !ok || inv.Allocator != fact.AllocatorOwn || strings.TrimSpace(f.ClusterCIDR) != "" {
		return Way{}, false
	}
	f.AllocateNodeCIDRs = false
	after := withFlags(inv, f)
	w := Way{Kind: WaySettings, Title: "switch node IPAM off: " + cmp.Or(inv.CNI, "the network") + " hands out addresses by itself", Steps: settingsOf(inv, after), Flags: f}
	c := inv.Stopped()
	if len(w.Steps) == 0 || c.Start(f).Err != nil {
		return Way{}, false
	}
	w.Disturbs, w.Drained = disturbs(w)
	w.Proof = Proof{Nodes: len(inv.Nodes), Text: "kube-controller-manager starts, and hands out no subnets"}
	return w, true
}

// servedBy returns what the controller manager gives to those that wait when it is started, nil if not all of them
// get right subnets.
func servedBy(inv nodeipam.Inventory) []nodeipam.NodeSubnets {
	rules, err := rulesOf(inv)
	if err != nil {
		return nil
	}
	c := inv.Stopped()
	f, _ := inv.Flags()
	waiting := len(c.Waiting())
	s := c.Start(f)
	if s.Err != nil || len(s.Assigned) != waiting {
		return nil
	}
	for _, n := range s.Assigned {
		if faults, _ := rules.own(nodeipam.InventoryNode{Name: n.Node, PodCIDRs: n.PodCIDRs}); len(faults) > 0 {
			return nil
		}
	}
	return s.Assigned
}
