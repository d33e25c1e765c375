package repair

import (
	"iter"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A State is how a cluster is after a step. The zero value is that of a cluster without flags or nodes.
type State struct {
	Flags    nodeipam.ControllerFlags // of the controller manager that leads
	Networks []netip.Prefix           // flannel's Network and IPv6Network
	// Nodes are all nodes with their podCIDRs, sorted by name; where nodes times steps are more than mostStates,
	// those alone whose podCIDRs the step changes.
	Nodes []nodeipam.NodeSubnets
}

// mostStates is the number of nodes times steps up to which the states of a way name every node.
const mostStates = 1 << 16

// States replays the steps of w on the twin of the cluster of inv, and returns the state after each. It ends early at
// a step that fails, which none of a way that [New] returned does.
func (w Way) States(inv nodeipam.Inventory) iter.Seq[State] {
	return func(yield func(State) bool) {
		c := inv.Stopped()
		state := State{Networks: inv.Networks}
		state.Flags, _ = inv.Flags()
		all := len(inv.Nodes)*len(w.Steps) <= mostStates
		for _, s := range w.Steps {
			waiting := c.Waiting()
			if s.apply(c) != nil {
				return
			}
			if s.setsFlags() {
				state.Flags = s.Flags
			}
			if s.Kind == KindNetwork || s.Kind == KindNewCluster {
				state.Networks = s.Networks
			}
			if all {
				state.Nodes = c.Nodes()
			} else {
				state.Nodes = changed(c, s, waiting)
			}
			if !yield(state) {
				return
			}
		}
	}
}

// After returns the inventory with the best way gone; that of today where there is none.
func (r *Repair) After() nodeipam.Inventory {
	inv := r.Inventory
	w, ok := r.Best()
	if !ok {
		return inv
	}
	inv = withFlags(inv, w.Flags)
	inv.Networks = w.Networks
	c, _ := replay(r.Inventory, w.Steps, w.Flags)
	anew := map[string]bool{}
	for _, s := range w.Steps {
		anew[s.Node] = true
	}
	inv.Nodes = slices.Clone(inv.Nodes)
	for i := range inv.Nodes {
		n := &inv.Nodes[i]
		n.PodCIDRs, _ = c.Node(n.Name)
		if anew[n.Name] {
			n.SubnetEnv, n.Links, n.Routes = nil, nil, nil // flannel writes and makes them anew
		}
	}
	return inv
}

// changed returns the nodes whose podCIDRs a step may have changed. waiting are those that had none before.
func changed(c *nodeipam.Controller, s Step, waiting []string) []nodeipam.NodeSubnets {
	switch {
	case s.Kind == KindNewCluster:
		return c.Nodes()
	case s.Node != "":
		waiting = []string{s.Node}
	case !s.setsFlags():
		return nil
	}
	var out []nodeipam.NodeSubnets
	for _, name := range slices.Sorted(slices.Values(waiting)) {
		if subnets, ok := c.Node(name); ok {
			out = append(out, nodeipam.NodeSubnets{Node: name, PodCIDRs: subnets})
		}
	}
	return out
}

// Undo returns the step that leads back to what was before s. ok is false where nothing does: what is for people to
// do, and podCIDRs in a form that cannot be given to a node again.
func (s Step) Undo() (undo Step, ok bool) {
	switch s.Kind {
	case KindPatch, KindCreate:
		return Step{Kind: KindDelete, Node: s.Node, Old: words.Texts(s.New)}, true
	case KindRecreate, KindDelete:
		var old []netip.Prefix
		for _, text := range s.Old {
			p, err := netip.ParsePrefix(text)
			if err != nil || p != p.Masked() {
				return Step{}, false
			}
			old = append(old, p)
		}
		if s.Kind == KindDelete {
			return Step{Kind: KindCreate, Node: s.Node, New: old}, true
		}
		return Step{Kind: KindRecreate, Node: s.Node, Old: words.Texts(s.New), New: old}, true
	case KindPause, KindResume, KindFlags:
		return Step{Kind: KindFlags, Flags: s.Was, Was: s.Flags}, true
	case KindNetwork:
		return Step{Kind: KindNetwork, Networks: s.Before, Before: s.Networks}, true
	}
	return Step{}, false
}
