package repair

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A Kind is the kind of a step of a [Repair].
type Kind string

const (
	// KindPatch sets the podCIDRs of a node that has none. Nothing restarts but flannel on that node, by itself.
	KindPatch Kind = "patch"
	// KindRecreate drains a node, deletes its Node object and creates it again with other podCIDRs, because set ones cannot be
	// changed. The pods of the node move, kubelet and flannel restart on it.
	KindRecreate Kind = "recreate"
	// KindDelete is the first half of RepairRecreate, where another node has to be given room first.
	KindDelete Kind = "delete"
	// KindCreate is its second half.
	KindCreate Kind = "create"
	// KindRestartFlannel restarts flannel on a node whose subnet.env says something else than its Node object.
	KindRestartFlannel Kind = "restart-flannel"
	// KindStopController stops kube-controller-manager on every control-plane host, so that it hands out nothing meanwhile.
	KindStopController Kind = "stop-controller-manager"
	// KindStartController starts it again.
	KindStartController Kind = "start-controller-manager"
	// KindRestartController restarts it, so that it counts afresh which subnets are in use.
	KindRestartController Kind = "restart-controller-manager"
)

// A Step is one thing to do.
type Step struct {
	Kind     Kind
	Node     string         // "" for steps that concern the controller manager
	Old      []string       // podCIDRs that the node has now
	New      []netip.Prefix // podCIDRs that it is to have
	Why      string
	Restarts []string // what restarts
	Bridge   bool     // cni0 of the node is deleted as well: it has an address of another subnet
}

// A Repair is the smallest set of changes after which every node holds subnets of its own, in the cluster ranges, of the right size, clear of
// service ranges and of everything else that is taken.
//
// The number of nodes that are drained is the smallest possible, and no node is touched that was right. New subnets touch nothing that another node
// holds at the time. The zero Repair is that of a healthy cluster.
type Repair struct {
	Faults []NodeFault // sorted by node
	Steps  []Step      // in order
	// Minimal reports that fewer nodes cannot be drained. It is false only where many nodes overlap with subnets of
	// different sizes.
	Minimal bool
	// RangeFaults say why steps on nodes alone do not do; Ways are the ways out, best first. Both are empty where they do.
	RangeFaults []RangeFault
	Ways        []Way
	// Served are the nodes without podCIDRs to which kube-controller-manager gives right ones by itself when it is started anew, if it
	// does so to all of them. Restarting it can then take the place of patching them.
	Served []nodeipam.NodeSubnets

	Inventory nodeipam.Inventory
}

// Healthy reports whether there is nothing to do.
func (r *Repair) Healthy() bool { return len(r.Steps) == 0 && len(r.RangeFaults) == 0 }

// Drained returns the nodes that are drained, sorted.
func (r *Repair) Drained() []string {
	var out []string
	for _, s := range r.Steps {
		if s.Kind == KindRecreate || s.Kind == KindDelete {
			out = append(out, s.Node)
		}
	}
	slices.Sort(out)
	return out
}

// New works out how to mend the subnets of the nodes of inv.
//
// A node without podCIDRs is patched, unless kube-controller-manager is about to serve it: that is for whoever runs the
// repair to see, and the commands do. A node with wrong ones is drained, deleted and created again. Of nodes that
// overlap those keep theirs whose subnet.env, links and routes agree, then those whose name comes first, as long as that costs no more changes. If the
// ranges hold too few subnets, or are at fault in another way, Steps holds what can be done on nodes, and Ways what is to be
// done about the ranges.
//
// The error is [nodeipam.ErrNoControllerFlags] if nothing tells the pod range. Flags that do not start are a RangeFault.
func New(inv nodeipam.Inventory) (*Repair, error) {
	r := &Repair{Inventory: inv, Minimal: true}
	rules, err := rulesOf(inv)
	if errors.Is(err, nodeipam.ErrNoControllerFlags) {
		return nil, err
	}
	r.RangeFaults = rangeFaultsOf(inv, err)
	if err == nil {
		missing, err := r.mend(rules)
		if err != nil {
			return nil, err
		}
		if missing > 0 {
			r.RangeFaults = append(r.RangeFaults, rules.exhausted(inv, missing))
		}
	}
	if len(r.RangeFaults) > 0 {
		r.Ways = waysOf(inv, r.RangeFaults)
	}
	if err == nil {
		r.Served = servedBy(inv, rules)
	}
	return r, nil
}

// servedBy returns what the controller manager gives to those that wait when it is started, nil if not all of them get right
// subnets.
func servedBy(inv nodeipam.Inventory, rules nodeRules) []nodeipam.NodeSubnets {
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

// mend fills in faults and steps. It returns how many nodes get no subnet because there are too few.
func (r *Repair) mend(rules nodeRules) (missing int, err error) {
	var right []nodeipam.InventoryNode
	r.Faults, right, r.Minimal = rules.faults(r.Inventory.Nodes)
	missing, err = r.plan(rules, right, true)
	if err != nil || missing == 0 {
		return missing, err
	}
	// Some nodes stay as they are, so nobody can be given what they hold.
	return r.plan(rules, right, false)
}

// A placer hands out subnets to nodes that are mended one after the other.
type placer struct {
	rules nodeRules
	pools []*cidr.Pool              // for each range, used: kept by a right node, given already, or not usable
	held  map[string][]netip.Prefix // what nodes that are not yet mended hold

	// What mark works out. It stays on the safe side, since nodes that are mended hold less and less, until it is worked out
	// again.
	clean []*cidr.Pool    // used: used in pools, or held by any of them
	alone map[string]bool // nodes of which no other of them holds a part
	stale bool
}

// plan fills in the steps. It returns how many nodes get no subnet because there are too few. all says that every node is mended, so
// that what wrong nodes hold now can be given to others.
func (r *Repair) plan(rules nodeRules, right []nodeipam.InventoryNode, all bool) (missing int, err error) {
	p := &placer{rules: rules, held: map[string][]netip.Prefix{}}
	for i := range rules.ranges {
		pool, err := rules.usable(i)
		if err != nil {
			return 0, err
		}
		for _, n := range right {
			if q, ok := nodeipam.ParsePodCIDR(n.PodCIDRs[i]); ok {
				if err := pool.Occupy(q); err != nil {
					return 0, err
				}
			}
		}
		p.pools = append(p.pools, pool)
	}
	why := map[string][]string{}
	kills := map[string]bool{} // nodes that kill the controller manager at its next start
	for _, f := range r.Faults {
		why[f.Node] = append(why[f.Node], f.Text)
		if f.Rule == fact.RulePodCIDROutsideClusterCIDR || f.Rule == fact.RuleCIDRMalformed {
			kills[f.Node] = true
		}
	}
	isRight := map[string]bool{}
	for _, n := range right {
		isRight[n.Name] = true
	}
	var patch, recreate []nodeipam.InventoryNode
	for _, n := range r.Inventory.Nodes {
		switch {
		case isRight[n.Name]:
		case len(n.PodCIDRs) == 0:
			patch = append(patch, n)
		default:
			recreate = append(recreate, n)
			for _, s := range n.PodCIDRs {
				if q, ok := nodeipam.ParsePodCIDR(s); ok {
					p.held[n.Name] = append(p.held[n.Name], q)
				}
			}
		}
	}
	// Those go first.
	slices.SortStableFunc(recreate, func(a, b nodeipam.InventoryNode) int { return words.CompareBool(!kills[a.Name], !kills[b.Name]) })
	p.mark()

	reason := func(n nodeipam.InventoryNode) string { return strings.Join(why[n.Name], "; ") }
	var steps []Step
	var late []nodeipam.InventoryNode
	for _, n := range patch {
		if got := p.place(n, true); got != nil {
			steps = append(steps, Step{Kind: KindPatch, Node: n.Name, New: got, Why: reason(n), Restarts: []string{"flannel on " + n.Name + ", which waits for a subnet and restarts by itself"}})
			continue
		}
		late = append(late, n)
	}
	restarts := func(n nodeipam.InventoryNode) []string {
		return []string{"kubelet and flannel on " + n.Name, "all pods of " + n.Name + ", on other nodes"}
	}
	// Nodes whose place is held by another that is still to be mended are deleted now and created later.
	var deleted []nodeipam.InventoryNode
	for len(recreate) > 0 {
		// What cannot be placed now cannot be until it is marked again, since less and less is free.
		placed := 0
		for i, n := range recreate {
			got := p.place(n, true)
			if got == nil {
				recreate[i-placed] = n
				continue
			}
			placed++
			p.release(n)
			steps = append(steps, Step{Kind: KindRecreate, Node: n.Name, Old: n.PodCIDRs, New: got, Why: reason(n), Restarts: restarts(n)})
		}
		recreate = recreate[:len(recreate)-placed]
		switch {
		case p.stale:
			p.mark()
			continue
		case !all:
			missing += len(recreate)
			recreate = nil
			continue
		case len(recreate) == 0:
			continue
		}
		// One at a time, as long as there are few; it takes too long to look again after each of very many.
		for _, n := range recreate[:1+len(recreate)/check.LargestExact] {
			p.release(n)
			deleted = append(deleted, n)
			steps = append(steps, Step{Kind: KindDelete, Node: n.Name, Old: n.PodCIDRs, Why: reason(n) + "; what it holds is needed, and there is no other place for it yet", Restarts: restarts(n)})
		}
		recreate = recreate[1+len(recreate)/check.LargestExact:]
	}
	if p.stale {
		p.mark()
	}
	stop := false
	for _, n := range deleted {
		if got := p.place(n, false); got != nil {
			steps = append(steps, Step{Kind: KindCreate, Node: n.Name, New: got, Why: reason(n)})
			continue
		}
		missing++
	}
	for _, n := range late {
		if got := p.place(n, !all); got != nil {
			stop = true
			steps = append(steps, Step{Kind: KindPatch, Node: n.Name, New: got, Why: reason(n), Restarts: []string{"flannel on " + n.Name + ", which waits for a subnet and restarts by itself"}})
			continue
		}
		missing++
	}
	for _, n := range right {
		var held []netip.Prefix
		for _, s := range n.PodCIDRs {
			if q, ok := nodeipam.ParsePodCIDR(s); ok {
				held = append(held, q)
			}
		}
		c := check.Candidate{Node: n, Held: held}
		var why []string
		if len(n.SubnetEnv) > 0 && !c.Agrees() {
			why = append(why, fmt.Sprintf("its subnet.env says %s", strings.Join(words.Texts(n.SubnetEnv), ", ")))
		}
		bridge := false
		if len(n.Links) > 0 && !c.LinksAgree() {
			why = append(why, fmt.Sprintf("its links have %s", strings.Join(words.Texts(n.Links), ", ")))
			bridge = c.OtherBridge()
		}
		if len(why) > 0 {
			steps = append(steps, Step{
				Kind: KindRestartFlannel, Node: n.Name, Old: n.PodCIDRs, Why: strings.Join(why, "; "), Bridge: bridge,
				Restarts: []string{"flannel on " + n.Name, "pods on " + n.Name + " whose address is outside of its podCIDR"},
			})
		}
	}
	r.Steps = r.bracket(steps, stop)
	return missing, nil
}

// mark works out clean and alone.
func (p *placer) mark() {
	p.stale = false
	p.clean = nil
	for i, pool := range p.pools {
		clean := pool.Clone()
		for _, held := range p.held {
			for _, q := range held {
				if q.Overlaps(p.rules.ranges[i]) {
					_ = clean.Occupy(q) // it overlaps, so it is inside or around
				}
			}
		}
		p.clean = append(p.clean, clean)
	}
	p.alone = make(map[string]bool, len(p.held))
	var list []check.Candidate
	for name, held := range p.held {
		list = append(list, check.Candidate{Node: nodeipam.InventoryNode{Name: name}, Held: held})
	}
	for _, group := range check.Components(list) {
		if len(group) == 1 {
			p.alone[list[group[0]].Node.Name] = true
		}
	}
}

// release takes note that n is deleted.
func (p *placer) release(n nodeipam.InventoryNode) {
	if _, ok := p.held[n.Name]; ok {
		delete(p.held, n.Name)
		p.stale = true
	}
}

// place finds subnets for n, one of each range, and takes them; nil where there are none. What it holds now and may keep
// it keeps. clean says that nothing may be touched that another node holds that is not yet mended.
func (p *placer) place(n nodeipam.InventoryNode, clean bool) []netip.Prefix {
	var got []netip.Prefix
	for i := range p.rules.ranges {
		q, ok := p.placeIn(i, n, clean)
		if !ok {
			return nil
		}
		got = append(got, q)
	}
	for i, q := range got {
		_ = p.pools[i].Occupy(q) // a subnet of both pools
		_ = p.clean[i].Occupy(q)
	}
	return got
}

func (p *placer) placeIn(i int, n nodeipam.InventoryNode, clean bool) (netip.Prefix, bool) {
	own := p.alone[n.Name] || !clean
	// Its own, if that is right in this family.
	if i < len(n.PodCIDRs) && own {
		if q, ok := nodeipam.ParsePodCIDR(n.PodCIDRs[i]); ok && q.Bits() == p.rules.masks[i] && p.rules.ranges[i].Overlaps(q) && p.pools[i].IsFree(q) {
			return q, true
		}
	}
	for q := range p.clean[i].FreeSubnets() {
		return q, true
	}
	if !clean {
		for q := range p.pools[i].FreeSubnets() {
			return q, true
		}
		return netip.Prefix{}, false
	}
	if !own {
		return netip.Prefix{}, false
	}
	// What only it holds itself is free once it is deleted.
	split := p.pools[i].Split()
	for _, q := range p.held[n.Name] {
		if !q.Overlaps(p.rules.ranges[i]) {
			continue
		}
		first, ok := split.Index(q.Addr())
		if !ok {
			first = 0 // it is larger than the range
		}
		for at := first; at < split.Len() && split.At(at).Overlaps(q); at++ {
			if sub := split.At(at); p.pools[i].IsFree(sub) {
				return sub, true
			}
		}
	}
	return netip.Prefix{}, false
}

// bracket puts what has to be done to the controller manager around steps. It asks the twin.
func (r *Repair) bracket(steps []Step, stop bool) []Step {
	nodes := slices.ContainsFunc(steps, func(s Step) bool { return s.Kind != KindRestartFlannel })
	if !nodes {
		return steps
	}
	if stop {
		first := Step{Kind: KindStopController, Why: "subnets come free on the way that it would hand out by itself", Restarts: []string{"kube-controller-manager"}}
		last := Step{Kind: KindStartController, Why: "every node has its subnets", Restarts: []string{"kube-controller-manager"}}
		return append(append([]Step{first}, steps...), last)
	}
	// A controller manager that nodes keep from starting is back as soon as the last of them is gone: kubelet tries again and again.
	c, err := r.Inventory.Controller()
	ends := map[string]bool{}
	if err != nil {
		ends = c.Ends()
	}
	for _, s := range steps {
		if err != nil && len(ends) == 0 {
			err = c.Start(c.Flags()).Err
		}
		if s.apply(c) != nil {
			return steps
		}
		delete(ends, s.Node)
	}
	for _, u := range c.Uses() {
		if u.Reused > 0 || u.Leaked > 0 {
			return append(steps, Step{
				Kind: KindRestartController, Restarts: []string{"kube-controller-manager"},
				Why: "it takes subnets for free that nodes hold, or for used that none holds, until it counts afresh; let no node join before",
			})
		}
	}
	return steps
}

// apply does the step to the twin.
func (s Step) apply(c *nodeipam.Controller) error {
	var step nodeipam.Step
	switch s.Kind {
	case KindPatch:
		step = c.Patch(s.Node, words.Texts(s.New)...)
	case KindRecreate:
		if step = c.Delete(s.Node); step.Err == nil {
			step = c.Create(s.Node, words.Texts(s.New)...)
		}
	case KindDelete:
		step = c.Delete(s.Node)
	case KindCreate:
		step = c.Create(s.Node, words.Texts(s.New)...)
	case KindStopController:
		step = c.Stop()
	case KindStartController, KindRestartController:
		step = c.Start(c.Flags())
	}
	if step.Err != nil {
		return fmt.Errorf("%s %s: %w", s.Kind, s.Node, step.Err)
	}
	return nil
}

// Apply does the steps to a twin, whether its controller manager runs or not. The error is that of the first step that fails; nothing
// is done after it.
func (r *Repair) Apply(c *nodeipam.Controller) error {
	for _, s := range r.Steps {
		if err := s.apply(c); err != nil {
			return err
		}
	}
	return nil
}

// After returns the inventory with the steps done.
func (r *Repair) After() nodeipam.Inventory {
	inv := r.Inventory
	inv.Nodes = slices.Clone(inv.Nodes)
	place := map[string]int{}
	for i, n := range inv.Nodes {
		place[n.Name] = i
	}
	for _, s := range r.Steps {
		if i, ok := place[s.Node]; ok {
			n := &inv.Nodes[i]
			if s.New != nil {
				n.PodCIDRs = words.Texts(s.New)
			}
			n.SubnetEnv, n.Links, n.Routes = nil, nil, nil // flannel writes and makes them anew
		}
	}
	return inv
}
