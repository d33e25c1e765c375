package nodeipam

import (
	"slices"
	"strconv"
)

// A Replacement says what it takes on the way to replace every node of a cluster: in each round Surge new nodes are
// registered, and as many old ones deleted once those have their subnets. The zero value replaces no node.
type Replacement struct {
	Nodes  int // nodes that are replaced
	Surge  int // nodes more than now at a time: as many as were asked for, fewer where fewer get subnets or there are fewer to replace
	Rounds int // until no old node is left; 0 where no node more gets a subnet, or none was asked for
	// Peaks says for each cluster range how many of its subnets nodes hold at a time at the most, Free how many are
	// left then at the least.
	Peaks, Free []uint64
	// Stuck is the round in which a new node gets no subnet although all of the surge fits at first, 0 where there is
	// none: failed tries use subnets up.
	Stuck int
}

// OK reports whether every node is replaced, however few at a time.
func (r Replacement) OK() bool { return r.Stuck == 0 && (r.Rounds > 0 || r.Nodes == 0) }

// Replace says what replacing all nodes takes, surge more at a time, in the order of their names. c does not change;
// surge below 0 counts as 0.
func (c *Controller) Replace(surge int) Replacement {
	old := c.Nodes()
	r := Replacement{Nodes: len(old)}
	if !c.Allocating() {
		return r
	}
	r.Surge = int(min(uint64(max(surge, 0)), c.least(), uint64(len(old))))
	c = c.Clone()
	held := make([]uint64, len(c.sets))
	c.countAll(held, old)
	r.watch(c, held)
	if r.Surge == 0 {
		return r
	}
	for made := 0; len(old) > 0; {
		n := min(r.Surge, len(old))
		r.Rounds++
		var fresh []string
		for range n {
			made++
			name := c.fresh(made)
			fresh = append(fresh, name)
			c.countAll(held, c.Create(name).Assigned)
		}
		if r.watch(c, held); slices.ContainsFunc(fresh, c.waits) {
			r.Stuck = r.Rounds
			return r
		}
		for _, o := range old[:n] {
			c.count(held, o.Node, -1)
			c.countAll(held, c.Delete(o.Node).Assigned) // what it leaves serves those that wait, on releases that try again
		}
		old = old[n:]
	}
	return r
}

// count adds d to what is held of each range of which the node holds a subnet.
func (c *Controller) count(held []uint64, name string, d int) {
	n, ok := c.nodes[name]
	for i := range held {
		if _, holds := c.holding(n, i); ok && holds {
			held[i] += uint64(d)
		}
	}
}

// countAll counts what nodes hold.
func (c *Controller) countAll(held []uint64, nodes []NodeSubnets) {
	for _, n := range nodes {
		c.count(held, n.Node, 1)
	}
}

// fresh returns the name of the n-th node that replaces one: a name that no node has.
func (c *Controller) fresh(n int) string {
	name := "replacement-" + strconv.Itoa(n)
	for {
		if _, ok := c.nodes[name]; !ok {
			return name
		}
		name += "-x"
	}
}

// waits reports whether the node of this name has no subnet.
func (c *Controller) waits(name string) bool { return len(c.nodes[name].podCIDRs) == 0 }

// watch notes how many subnets are held and free now.
func (r *Replacement) watch(c *Controller, held []uint64) {
	if r.Peaks == nil {
		r.Peaks, r.Free = slices.Clone(held), make([]uint64, len(held))
		for i := range c.sets {
			r.Free[i] = c.sets[i].free()
		}
	}
	for i := range c.sets {
		r.Peaks[i], r.Free[i] = max(r.Peaks[i], held[i]), min(r.Free[i], c.sets[i].free())
	}
}
