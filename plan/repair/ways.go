package repair

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A WayKind is the kind of a [Way]. The zero value names no kind.
type WayKind string

const (
	WayNodes      WayKind = "nodes"         // steps on nodes alone, in the ranges that are there
	WayRestart    WayKind = "restart"       // kube-controller-manager is started anew and serves those that wait
	WayRestore    WayKind = "restore"       // put the ranges and masks back that nodes hold subnets of
	WaySettings   WayKind = "settings"      // bring the settings of all components into agreement
	WayWiden      WayKind = "widen"         // a shorter cluster prefix, where the neighbour is free
	WayLongerMask WayKind = "longer-mask"   // smaller node subnets
	WayServices   WayKind = "service-range" // another service range beside the old one
	WayMovePods   WayKind = "move-pods"     // another pod range
	WayRecreate   WayKind = "recreate"      // a new cluster
	WayTarget     WayKind = "target"        // to ranges that somebody names, see [Toward]
)

// A Way is a way out. Each was tried on the twin: after its steps kube-controller-manager starts and every node holds
// a right subnet. The zero value has no steps.
type Way struct {
	Kind     WayKind
	Title    string
	Steps    []Step // what to do, in order
	Disturbs fact.Disturbance
	Drained  []string // nodes that are drained, sorted

	Flags    nodeipam.ControllerFlags // of kube-controller-manager on every control-plane host afterwards
	Networks []netip.Prefix           // flannel's Network and IPv6Network afterwards; none where flannel is not used
	Minimal  bool                     // fewer nodes cannot be drained with these flags
	Proof    Proof
}

// settings returns the steps of w that are not on nodes.
func (w Way) settings() []Step {
	return slices.DeleteFunc(slices.Clone(w.Steps), func(s Step) bool { return s.Node != "" })
}

// A Proof is what the twin says after a way was gone. The zero value proves nothing.
type Proof struct {
	Nodes  int                 // nodes, each with right subnets
	More   uint64              // how many more get subnets
	Ranges []nodeipam.RangeUse // what becomes of the cluster ranges
	Text   string              // all of it in a sentence
}

// waysOf returns the ways out, best first: fewest interruptions, then fewest nodes that are drained, then fewest
// settings that change. faults are those of the ranges, none where steps on nodes do.
func waysOf(inv nodeipam.Inventory, faults []RangeFault) []Way {
	base, ok, fitted := inv, true, false
	if len(faults) > 0 {
		if base, ok, fitted = agreedFlags(inv); !ok {
			base = inv
		}
	}
	other := base // for ways that look for other ranges
	if fitted {
		other = inv
	}
	var out []Way
	add := func(w Way, after nodeipam.Inventory, ok bool) {
		if !ok {
			return
		}
		if w, ok = prove(inv, w, after); ok {
			out = append(out, w)
		}
	}
	if len(faults) == 0 {
		add(Way{Kind: WayNodes, Title: "repair the nodes, and leave the ranges as they are"}, inv, true)
		add(wayRestart(inv))
	}
	add(wayRestore(inv, base))
	if len(faults) > 0 {
		if ok {
			add(waySettings(inv, base))
			add(wayWiden(inv, base))
			add(wayLongerMask(inv, base))
			add(wayServices(inv, base, faults))
		}
		add(wayMovePods(inv, other))
		add(wayNewCluster(inv, other))
	}
	rank := func(w Way) int {
		return slices.Index([]fact.Disturbance{fact.DisturbsNothing, fact.DisturbsComponent, fact.DisturbsNodes, fact.DisturbsCluster}, w.Disturbs)
	}
	masters := func(w Way) (n int) {
		for _, name := range w.Drained {
			if inv.IsControlPlane(name) {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b Way) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.Drained), len(b.Drained)), cmp.Compare(masters(a), masters(b)),
			words.CompareBool(a.Kind == WayRecreate, b.Kind == WayRecreate), cmp.Compare(len(a.settings()), len(b.settings())))
	})
	return out
}

// wayRestart lets kube-controller-manager serve those that wait, where it serves all of them and nothing else is wrong.
func wayRestart(inv nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	f, _ := inv.Flags()
	step := Step{Kind: KindRestartController, Flags: f, Was: f, Why: "it counts afresh which subnets are in use, and serves the nodes that wait", Restarts: restarts(inv)}
	waiting := len(inv.Stopped().Waiting())
	return Way{Kind: WayRestart, Title: "start kube-controller-manager anew: it serves " + words.Plural(waiting, "node") + " by itself", Steps: []Step{step}}, inv, waiting > 0
}

// prove tries w on the twin, and fills in what has to be done on nodes. after is the cluster with its settings, and
// its nodes as they are.
func prove(inv nodeipam.Inventory, w Way, after nodeipam.Inventory) (Way, bool) {
	w, _, ok := try(inv, w, after)
	return w, ok
}

// try is prove; where ok is false, why says what stands in the way, as far as that can be told.
func try(inv nodeipam.Inventory, w Way, after nodeipam.Inventory) (tried Way, why []RangeFault, ok bool) {
	rules, err := rulesOf(after)
	if errors.Is(err, nodeipam.ErrNoControllerFlags) {
		return w, nil, false
	}
	if faults := rangeFaultsOf(after, err); err != nil || len(faults) > 0 {
		return w, faults, false
	}
	m, err := mend(after, rules)
	if err != nil {
		return w, nil, false
	}
	if m.missing > 0 {
		return w, []RangeFault{rules.exhausted(after, m.missing)}, false
	}
	flags, _ := after.Flags()
	if w.Steps, ok = m.join(inv, w, flags); !ok {
		return w, nil, false
	}
	c, ok := replay(inv, w.Steps, flags)
	if !ok {
		return w, nil, false
	}
	done := after
	done.Nodes = nil
	for _, n := range c.Nodes() {
		done.Nodes = append(done.Nodes, nodeipam.InventoryNode{Name: n.Node, PodCIDRs: n.PodCIDRs})
	}
	if left, _, _ := rules.faults(done.Nodes); len(left) > 0 {
		return w, nil, false
	}
	p := c.Predict(0)
	w.Flags, w.Networks, w.Minimal = flags, after.Networks, m.minimal
	w.Disturbs, w.Drained = disturbs(w)
	w.Proof = Proof{Nodes: len(done.Nodes), More: p.More, Ranges: p.Ranges}
	w.Proof.Text = fmt.Sprintf("kube-controller-manager starts, %s with right subnets, %d more get one", words.Plural(len(done.Nodes), "node"), p.More)
	return w, nil, true
}

// replay takes the steps on the twin, once from the controller manager as it is and once from one that is away, as
// when it restarts meanwhile. It returns the twin afterwards, with a controller manager that was started anew; ok is
// false where a step fails, one starts it in vain, or nodes wait.
func replay(inv nodeipam.Inventory, steps []Step, flags nodeipam.ControllerFlags) (c *nodeipam.Controller, ok bool) {
	c = inv.Stopped() // without flags, so that it hands out nothing before a step starts it
	for _, s := range steps {
		if s.apply(c) != nil {
			return c, false
		}
	}
	if s := c.Start(flags); s.Err != nil || !c.Allocating() || len(s.Assigned) > 0 || len(c.Waiting()) > 0 {
		return c, false
	}
	return c, true
}

// join puts the settings of w and the steps on nodes into one order. Where nodes are registered anew, or hold what
// the flags do not allow, node IPAM is off from before the first of them until the flags are those of the end. Where
// the controller manager serves all nodes that wait by itself once it has its flags, nothing is done on them.
func (m *mender) join(inv nodeipam.Inventory, w Way, flags nodeipam.ControllerFlags) ([]Step, bool) {
	if w.Kind == WayRecreate {
		return w.Steps, true
	}
	starts := slices.ContainsFunc(w.Steps, Step.setsFlags)
	flannel := slices.DeleteFunc(slices.Clone(m.steps), func(s Step) bool { return s.Kind != KindRestartFlannel })
	nodes := slices.DeleteFunc(slices.Clone(m.steps), func(s Step) bool { return s.Kind == KindRestartFlannel })
	if starts && !slices.ContainsFunc(nodes, Step.drains) && (len(nodes) == 0 || servedBy(m.inv) != nil) {
		return slices.Concat(w.Steps, flannel), true
	}
	if w.Kind == WayRestart {
		return nil, false
	}
	why, pause := m.pauses()
	if !pause && !starts {
		return slices.Concat(w.Steps, nodes, flannel), true
	}
	in, _ := InstallerOf(inv)
	within := in.Within // agents take flannel's range from the server
	var before, last, rest []Step
	for _, s := range w.Steps {
		switch {
		case s.Kind == KindNetwork && !within:
			before = append(before, s)
		case s.Kind == KindFlags:
			last = append(last, s)
		default:
			rest = append(rest, s)
		}
	}
	was, _ := inv.Flags()
	off := was
	off.AllocateNodeCIDRs = false
	if why == "" {
		why = "it would hand out subnets of the old settings"
	}
	if inv.Stopped().Start(off).Err != nil {
		off = flags
		off.AllocateNodeCIDRs = false
	}
	if len(last) == 0 {
		last = []Step{{Kind: KindResume, Flags: flags, Was: off, Why: "every node has its subnets", Restarts: restarts(inv)}}
	}
	last[0].Was = off
	first := Step{Kind: KindPause, Flags: off, Was: was, Why: why, Restarts: restarts(inv)}
	return slices.Concat([]Step{first}, before, nodes, last, rest, flannel), true
}

// disturbs returns what w interrupts, and the nodes that it drains, sorted.
func disturbs(w Way) (d fact.Disturbance, drained []string) {
	d = fact.DisturbsNothing
	for _, s := range w.Steps {
		if s.drains() {
			drained = append(drained, s.Node)
		}
		if s.restartsComponent() {
			d = fact.DisturbsComponent
		}
	}
	slices.Sort(drained)
	switch {
	case w.Kind == WayRecreate || w.Kind == WayServices:
		d = fact.DisturbsCluster
	case len(drained) > 0:
		d = fact.DisturbsNodes
	}
	return d, drained
}
