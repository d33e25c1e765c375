package nodeipam

import (
	"maps"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Controller is the twin of kube-controller-manager's node IPAM, together with the part of the API server that keeps
// its results: the Node objects. Flags go in as data; nodes are registered, patched and deleted, the controller manager
// is stopped, started and restarted; each [Step] says what the real ones do.
//
// The twin follows pkg/controller/nodeipam/ipam/range_allocator.go of the release it is made for, its defects
// included: what a failing allocation leaks, what a deletion frees although another node uses it, what kills it at
// the next start. Where the real outcome depends on timing, the Step says so ([Timing]) and lists what can come; the
// twin goes on with the likeliest, and [Controller.Resolve] tells it what came.
//
// Not modelled: several allocators at work at once (two controller managers, a cloud controller manager), answers of
// the API server that get lost, and allocators other than RangeAllocator.
//
// The zero Controller is a cluster of the newest release without nodes whose controller manager does not run. A
// Controller can be read by several goroutines at once, but not while one of them takes a step.
type Controller struct {
	version fact.Version
	flags   ControllerFlags
	running bool
	ranges  Ranges
	sets    []subnetSet
	nodes   map[string]nodeRecord
	waiting []string // nodes without podCIDRs, in the order of their registration
	serial  int

	last *undo // what Resolve needs; nil where the last step was certain
}

type nodeRecord struct {
	podCIDRs []string // as stored; never written to
	serial   int
	deleting bool // it has a deletion timestamp
}

// NewStopped returns a cluster of release v without nodes whose controller manager does not run.
// The zero Version is the newest release.
func NewStopped(v fact.Version) *Controller {
	return &Controller{version: v.Or(fact.NewestKubernetes())}
}

// NewController returns a cluster of release v without nodes whose controller manager was started with f.
// The zero Version is the newest release. The error is a *[RefusedError] if it does not start, or
// [ErrAllocatorUnknown].
func NewController(f ControllerFlags, v fact.Version) (*Controller, error) {
	c := NewStopped(v)
	if s := c.Start(f); s.Err != nil {
		return nil, s.Err
	}
	return c, nil
}

// Version returns the release that c follows.
func (c *Controller) Version() fact.Version { return c.version.Or(fact.NewestKubernetes()) }

// Flags returns the flags of the last start.
func (c *Controller) Flags() ControllerFlags { return c.flags }

// Running reports whether the controller manager runs.
func (c *Controller) Running() bool { return c.running }

// Allocating reports whether the controller manager runs and hands out subnets.
func (c *Controller) Allocating() bool { return c.running && c.ranges.ipam }

// Len returns the number of nodes.
func (c *Controller) Len() int { return len(c.nodes) }

// Nodes returns all nodes sorted by name.
func (c *Controller) Nodes() []NodeSubnets {
	out := make([]NodeSubnets, 0, len(c.nodes))
	for _, n := range slices.Sorted(maps.Keys(c.nodes)) {
		out = append(out, NodeSubnets{n, slices.Clone(c.nodes[n].podCIDRs)})
	}
	return out
}

// Node returns the podCIDRs of a node, and whether it exists.
func (c *Controller) Node(name string) (podCIDRs []string, ok bool) {
	n, ok := c.nodes[name]
	return slices.Clone(n.podCIDRs), ok
}

// Waiting returns the nodes without podCIDRs, in the order of their registration.
func (c *Controller) Waiting() []string { return slices.Clone(c.waiting) }

// Open reports whether it is unknown how many subnets failed retries have used up, so that the subnets of the next node
// that is registered are open as well.
func (c *Controller) Open() bool {
	return slices.ContainsFunc(c.sets, func(s subnetSet) bool { return s.early != nil })
}

// Clone returns a copy of c, which shares nothing with it. A step that was not resolved can be resolved in both.
func (c *Controller) Clone() *Controller {
	d := *c
	d.nodes = maps.Clone(c.nodes)
	d.waiting = slices.Clone(c.waiting)
	d.sets = cloneSets(c.sets)
	if c.last != nil {
		u := *c.last
		u.sets = cloneSets(u.sets)
		u.served = slices.Clone(u.served)
		d.last = &u
	}
	return &d
}

func cloneSets(sets []subnetSet) []subnetSet {
	out := make([]subnetSet, len(sets))
	for i := range sets {
		out[i] = sets[i].clone()
	}
	return out
}

// Equal reports whether c and d are in the same state: every step gives the same answer in both. The names of nodes
// count, and the order of those that wait; how the state came about does not.
func (c *Controller) Equal(d *Controller) bool {
	if c == nil || d == nil {
		return c == d
	}
	if c.Version() != d.Version() || c.running != d.running || len(c.sets) != len(d.sets) ||
		len(c.nodes) != len(d.nodes) || !slices.Equal(c.waiting, d.waiting) {
		return false
	}
	for i := range c.sets {
		if !c.sets[i].equal(&d.sets[i]) {
			return false
		}
	}
	for name, n := range c.nodes {
		m, ok := d.nodes[name]
		if !ok || n.deleting != m.deleting || !slices.Equal(n.podCIDRs, m.podCIDRs) {
			return false
		}
	}
	return true
}
