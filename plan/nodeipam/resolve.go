package nodeipam

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
)

// undo is the state before nodes were served, and who was.
type undo struct {
	timing *Timing
	sets   []subnetSet
	fresh  []string // nodes that are tried for certain
	served []string
}

// timing returns what is open when the nodes of order are handled, nil if nothing is.
func (c *Controller) timing(order []string, fresh int, least, most uint64, why string) *Timing {
	n := len(order)
	t := &Timing{Nodes: slices.Sorted(slices.Values(order)), Why: why, Paired: !c.retries()}
	t.Max = int(min(uint64(n), most))
	t.Min = int(min(uint64(fresh), least))
	if t.Max == 0 {
		return nil
	}
	open := n > 1 || fresh == 0
	for i := range c.sets {
		s := &c.sets[i]
		limit, skips := c.contested(i, n, t.Max)
		t.list(s, limit, skips)
		// One that may be free is certain only if it is free in any case.
		limit = min(limit, mostListed)
		open = open || s.early != nil && (limit > 1 || s.free() < limit)
	}
	if !open || c.ranges.mapped() {
		return nil
	}
	if len(c.sets) < 2 {
		t.Paired = false
	}
	if fresh < n {
		switch {
		case !c.retries():
			t.Why = "nodes that wait are tried again when something about them changes, within about five minutes"
		case fresh == 0:
			t.Why = "nodes that wait are tried again after a pause that doubles up to 1000 s; whose ends first is not known"
		}
	} else if n == 1 {
		t.Why = "retries of nodes that wait have used up an unknown number of subnets"
	}
	return t
}

// contested returns how many subnets of range i the nodes compete for when n are handled and at most are served, and
// whether some of these may be passed over.
func (c *Controller) contested(i, n, most int) (limit uint64, skips bool) {
	s := &c.sets[i]
	skips = s.early != nil
	for j := i + 1; j < len(c.sets); j++ {
		// A node that fails at a later range has taken a subnet of this one, with others at work between the two. Up
		// to 1.30 one goroutine takes both, so that those that fail come last.
		skips = skips || c.retries() && c.sets[j].mayFree() < uint64(n)
	}
	switch {
	case s.early != nil:
		return s.mayFree(), skips
	case skips:
		// None fails before the later range is full, and by then whoever is served holds its subnet of this one: each
		// node has taken at most one so far.
		return min(s.mayFree(), uint64(n)), skips
	}
	return uint64(most), skips
}

// list adds the next subnets of a range, up to mostListed of them.
func (t *Timing) list(s *subnetSet, all uint64, skips bool) {
	limit := min(all, mostListed)
	var rest *cidr.Pool
	if all != limit {
		rest = s.widest().Clone()
	}
	list := make([]netip.Prefix, 0, limit)
	for p := range s.widest().Upcoming() {
		if uint64(len(list)) == limit {
			break
		}
		list = append(list, s.shown(p))
	}
	skips = skips || s.mapped() // all subnets are the same
	t.Subnets = append(t.Subnets, list)
	t.rest, t.Beyond = append(t.rest, rest), append(t.Beyond, all-limit)
	t.Skips = append(t.Skips, skips)
	t.Paired = t.Paired && !skips
}

// Resolve tells c which of the possible outcomes of its last step came true: which podCIDRs the nodes of the step's
// [Timing] hold now. It reports false, and changes nothing, if it is not one of them, or if the last step was certain.
func (c *Controller) Resolve(got Outcome) bool {
	u := c.last
	if u == nil || !u.timing.Allows(got) {
		return false
	}
	served := u.timing.served(got)
	for _, name := range u.served {
		n := c.nodes[name]
		n.podCIDRs = nil
		c.nodes[name] = n
		c.waiting = append(c.waiting, name)
	}
	slices.SortFunc(c.waiting, func(a, b string) int { return c.nodes[a].serial - c.nodes[b].serial })
	c.sets = cloneSets(u.sets)
	for f := range c.sets {
		if !c.take(f, served, got) {
			return false // cannot be: Allows has looked
		}
	}
	c.lose(served, got)
	u.served = nil
	for _, name := range served {
		c.assign(name, got[name])
		u.served = append(u.served, name)
	}
	c.drain()
	return true
}

// take marks the subnets of range f that the served nodes got, in the order in which they were handed out: those
// between were burned.
func (c *Controller) take(f int, served []string, got Outcome) bool {
	want := make(map[netip.Prefix]bool, len(served))
	for _, name := range served {
		want[got[name][f]] = true
	}
	order := slices.Clone(c.last.timing.Subnets[f])
	listed := len(order)
	for _, name := range served {
		if p := got[name][f]; !slices.Contains(order[:listed], p) {
			order = append(order, p) // one that is not written out: those come behind
		}
	}
	pool := c.sets[f].widest()
	slices.SortFunc(order[listed:], func(p, q netip.Prefix) int {
		i, _ := pool.Split().Index(p.Addr())
		j, _ := pool.Split().Index(q.Addr())
		n, at := pool.Len(), pool.Cursor() // n is a power of two, so that what is before the cursor wraps around to the end
		return cmp.Compare((i-at)%n, (j-at)%n)
	})
	for _, p := range order {
		if want[p] && c.sets[f].take(p) != nil {
			return false
		}
	}
	return true
}

// lose takes what fresh nodes that got nothing have taken: one of each range before the one that was full.
func (c *Controller) lose(served []string, got Outcome) {
	u := c.last
	taken := uint64(len(served))
	for _, name := range u.fresh {
		if len(got[name]) == 0 {
			taken++
		}
	}
	for i := range c.sets {
		if c.sets[i].free() > 0 {
			continue
		}
		for j := range i {
			for u.sets[j].mayFree()-c.sets[j].mayFree() < taken {
				if _, err := c.sets[j].next(); err != nil {
					break
				}
			}
		}
	}
}
