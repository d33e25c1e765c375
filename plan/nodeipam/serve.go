package nodeipam

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
)

// Wait lets time pass.
func (c *Controller) Wait() Step {
	var step Step
	c.serve(&step, nil, "")
	return step
}

// retries reports whether failed nodes are tried again on their own: since 1.31, with a backoff of 5 ms that doubles up
// to 1000 s. Before, only an event of the node does (range_allocator.go v1.30, v1.31).
func (c *Controller) retries() bool { return !c.Version().Before(v1(31)) }

// serve lets the controller manager handle the nodes that wait: fresh ones in this order, then the others, the one that
// has waited the shortest first, whose backoff is shortest. why says what makes the order of fresh ones open.
func (c *Controller) serve(step *Step, fresh []string, why string) {
	c.last = nil
	if !c.Allocating() || len(c.waiting) == 0 {
		return
	}
	order := slices.Clone(fresh)
	least, most := c.least(), c.most()
	if most > 0 && len(c.waiting) > len(fresh) {
		isFresh := make(map[string]bool, len(fresh))
		for _, n := range fresh {
			isFresh[n] = true
		}
		for _, n := range slices.Backward(c.waiting) {
			if !isFresh[n] {
				order = append(order, n)
			}
		}
	}
	if t := c.timing(order, len(fresh), least, most, why); t != nil {
		step.Timing = t
		c.last = &undo{timing: t, sets: cloneSets(c.sets), fresh: slices.Clone(fresh)}
	}
	tries := order
	if !c.retries() {
		tries = fresh
	}
	for i, name := range tries {
		if i >= len(fresh) && c.least() == 0 {
			break
		}
		got := c.attempt(step, name)
		if got == nil {
			continue
		}
		c.assign(name, got)
		step.Assigned = append(step.Assigned, NodeSubnets{name, words.Texts(got)})
		if c.last != nil {
			c.last.served = append(c.last.served, name)
		}
		if c.ranges.mapped() && c.retries() {
			c.adopt(step, name) // the event of its own change: 0.0.0.0/24 is outside
		}
	}
	slices.SortFunc(step.Assigned, func(a, b NodeSubnets) int { return strings.Compare(a.Node, b.Node) })
	c.drain()
}

// assign stores subnets in a Node object.
func (c *Controller) assign(name string, subnets []netip.Prefix) {
	n := c.nodes[name]
	n.podCIDRs = words.Texts(subnets)
	c.nodes[name] = n
	c.unwait(name)
}

// least returns how many nodes can be served for certain, most how many at the most.
func (c *Controller) least() uint64 {
	return c.smallest((*subnetSet).free)
}

func (c *Controller) most() uint64 {
	return c.smallest((*subnetSet).mayFree)
}

func (c *Controller) smallest(free func(*subnetSet) uint64) uint64 {
	n := ^uint64(0)
	for i := range c.sets {
		if c.sets[i].hollow {
			return 0 // the API server refuses what is handed out
		}
		n = min(n, free(&c.sets[i]))
	}
	return n
}

// mapped reports whether a cluster range is IPv4-mapped: all of its subnets are then the same.
func (r Ranges) mapped() bool {
	return slices.ContainsFunc(r.Cluster, func(p netip.Prefix) bool { return p.Addr().Is4In6() })
}

// attempt takes one subnet of each range for a node, nil where one has none left. What earlier ranges gave is lost
// then.
func (c *Controller) attempt(step *Step, name string) []netip.Prefix {
	var got []netip.Prefix
	hollow := false
	for i := range c.sets {
		p, err := c.sets[i].next()
		if err != nil {
			if i == 0 && c.sets[0].early != nil && c.sets[1].free() == 0 { // only a range before another one has early
				// Perhaps there was one left, and the second range failed.
				c.sets[0].burnOne()
			}
			text := fmt.Errorf("failed to allocate cidr from cluster cidr at idx:%d: %w", i, err)
			if c.Version().Before(v1(16)) {
				text = fmt.Errorf("failed to allocate cidr: %w", err)
			}
			c.fail(step, name, EventCIDRNotAvailable, text)
			c.drain()
			return nil
		}
		hollow = hollow || c.sets[i].hollow
		got = append(got, p)
	}
	if !hollow {
		return got
	}
	// The API server refuses the text "<nil>", and everything is given back.
	list := make([]string, len(got))
	for i, p := range got {
		list[i] = "<nil>"
		if p.IsValid() {
			list[i] = p.String()
			if err := c.sets[i].mark(p, true); err != nil {
				step.Log = append(step.Log, err.Error())
			}
			continue
		}
		c.sets[i].full = false
	}
	refused := invalidNode(name, ValidatePodCIDRs(list, c.Version()))
	c.fail(step, name, eventCIDRAssignmentFailed, fmt.Errorf("failed to patch node CIDR: %w", refused))
	return nil
}

func (c *Controller) fail(step *Step, name, reason string, err error) {
	e := NodeEvent{name, reason, "Node " + name + " status is now: " + reason}
	if !slices.Contains(step.Events, e) {
		step.Events = append(step.Events, e)
	}
	c.logSync(step, name, err)
}

// drain burns what retries burn: while a later range is full, every try of a node that waits takes a subnet of the
// earlier ones and does not give it back (range_allocator.go AllocateOrOccupyCIDR v1.37.2).
func (c *Controller) drain() {
	if !c.retries() || len(c.waiting) == 0 {
		return
	}
	for i := range c.sets {
		if c.sets[i].hollow || c.sets[i].free() > 0 {
			continue
		}
		for j := range i {
			c.sets[j].burn()
		}
	}
}
