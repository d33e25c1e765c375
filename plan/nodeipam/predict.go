package nodeipam

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A RangeUse says what has become of the node subnets of one cluster range. Each subnet is counted once, so that
//
//	Subnets = Services + Foreign + Nodes + Leaked + Free - Reused
//
// The zero value describes no range.
type RangeUse struct {
	Range    netip.Prefix `json:"range"`
	NodeMask int          `json:"nodeMask"` // prefix length of its subnets
	Subnets  uint64       `json:"subnets"`  // how many it holds
	Services uint64       `json:"services"` // touched by a service range that is filtered out
	Foreign  uint64       `json:"foreign"`  // of the others: touched by a podCIDR that is longer or shorter than NodeMask
	Nodes    uint64       `json:"nodes"`    // of the others: held by a node
	Leaked   uint64       `json:"leaked"`   // used up by failed tries; a restart gives them back
	Free     uint64       `json:"free"`
	// Reused are those in Services, Foreign or Nodes that the controller manager takes for free all the same, and hands
	// out a second time: a node with the same podCIDR, or with one in the service range, was deleted.
	Reused uint64 `json:"reused"`

	ForeignNodes int `json:"foreignNodes"` // nodes that hold a podCIDR counted under Foreign
	// Ends is the number of nodes that hold a subnet of this range when none is left, if none is deleted.
	Ends uint64 `json:"ends"`
}

// A Prediction says what comes next. The zero value predicts nothing.
type Prediction struct {
	// Next are the subnets of the next nodes, one entry a node, registered one after the other with no restart of the
	// controller manager in between. There are fewer than were asked for if a range ends.
	Next [][]netip.Prefix
	// NextOpen: retries have used up an unknown number of subnets, so that Next is what comes if they have used up all.
	NextOpen bool
	// CursorUnknown: the prediction was made from files, and those do not say which subnet was handed out last. Next is
	// what comes if it was the highest one that is held: so it is as long as no range has come round to its start
	// again.
	CursorUnknown bool

	// AfterRestart is the same with a restart, or a change of the leader, before the first of them. RestartServes are
	// the nodes that wait now and are served by the restart.
	AfterRestart  [][]netip.Prefix
	RestartServes []NodeSubnets
	RestartErr    error // why it does not come back: *[RefusedError], *[ExitError]

	Nodes   int    // nodes that exist
	Holding int    // nodes that hold a subnet of every range
	More    uint64 // how many more nodes get subnets; the one after them gets none
	Ends    uint64 // Holding + More
	// Limits are the places in Ranges of those that end first.
	Limits []int
	// RestartMore is More after a restart: what failed tries have used up is free then, and what nodes hold twice is
	// not.
	RestartMore uint64

	// Forecast says when that is, for predictions of [Inventory.Predict]; nil where nothing tells when nodes joined, or
	// all of them did on one day.
	Forecast *Forecast

	Ranges []RangeUse // in the order of --cluster-cidr; none if nothing is handed out
}

// Predict says which subnets the next k nodes get, with and without a restart of the controller manager in between, and
// when it ends. c does not change. If the controller manager does not run, what it does when it is started is under
// AfterRestart, and the rest is empty.
func (c *Controller) Predict(k int) Prediction {
	p := Prediction{Nodes: len(c.nodes)}
	restarted := c.Clone()
	if s := restarted.Start(c.flags); s.Err != nil {
		p.RestartErr = s.Err
	} else {
		p.RestartServes = s.Assigned
		if restarted.Allocating() {
			p.AfterRestart = restarted.next(k)
			p.RestartMore = restarted.least()
		}
	}
	if !c.Allocating() {
		return p
	}
	p.Next = c.next(k)
	for i := range c.sets {
		p.NextOpen = p.NextOpen || c.sets[i].mayFree() > c.sets[i].free()
	}
	p.More = c.least()
	for _, n := range c.nodes {
		if c.holdsAll(n) {
			p.Holding++
		}
	}
	p.Ends = uint64(p.Holding) + p.More
	for i := range c.sets {
		u := c.use(i)
		p.Ranges = append(p.Ranges, u)
		if c.sets[i].hollow || u.Free == p.More {
			p.Limits = append(p.Limits, i)
		}
	}
	return p
}

// afterHighest returns the next k free subnets of range i behind the highest that a node holds, then those before it.
func (c *Controller) afterHighest(i, k int) []netip.Prefix {
	s := &c.sets[i]
	if s.hollow {
		return nil
	}
	var highest netip.Addr
	for _, n := range c.nodes {
		if i < len(n.podCIDRs) {
			if p, ok := ParsePodCIDR(n.podCIDRs[i]); ok && highest.Less(p.Addr()) {
				highest = p.Addr()
			}
		}
	}
	// Those behind are what comes when everything up to the highest is used.
	var out []netip.Prefix
	if at, ok := s.pool.Split().Index(highest); ok {
		behind := s.pool.Clone()
		fill(behind, 0, at+1)
		for p := range behind.FreeSubnets() {
			if len(out) == k {
				return out
			}
			out = append(out, s.shown(p))
		}
	}
	for p := range s.pool.FreeSubnets() {
		if len(out) == k || highest.IsValid() && !p.Addr().Less(highest) {
			break
		}
		out = append(out, s.shown(p))
	}
	return out
}

// next returns what the next k nodes get.
func (c *Controller) next(k int) [][]netip.Prefix {
	var out [][]netip.Prefix
	sets := cloneSets(c.sets)
	for range k {
		var node []netip.Prefix
		for i := range sets {
			p, err := sets[i].next()
			if err != nil || !p.IsValid() {
				return out
			}
			node = append(node, p)
		}
		out = append(out, node)
	}
	return out
}

// holding returns the podCIDR of n that lies in range i, or around it.
func (c *Controller) holding(n nodeRecord, i int) (p netip.Prefix, ok bool) {
	if i >= len(n.podCIDRs) {
		return netip.Prefix{}, false
	}
	_, p, ok = ipnet.ParseCIDR(n.podCIDRs[i])
	return p, ok && PlainRange(c.sets[i].cluster).Overlaps(PlainRange(p))
}

// holdsAll reports whether n holds a subnet of every range.
func (c *Controller) holdsAll(n nodeRecord) bool {
	for i := range c.sets {
		if _, ok := c.holding(n, i); !ok {
			return false
		}
	}
	return true
}

// Uses returns what is in use of each range that the controller hands out from, in flag order; none where it does not
// run, or hands out nothing.
func (c *Controller) Uses() []RangeUse {
	out := make([]RangeUse, 0, len(c.sets))
	for i := range c.sets {
		out = append(out, c.use(i))
	}
	return out
}

// use counts the subnets of range i.
func (c *Controller) use(i int) RangeUse {
	s := &c.sets[i]
	u := RangeUse{Range: PlainRange(s.cluster), NodeMask: s.mask}
	if s.mapped() {
		u.NodeMask -= 96
	}
	if s.hollow {
		return u // no subnet of it can be given to a node
	}
	u.Subnets, u.Free = s.pool.Len(), s.pool.Free()

	seen := subnetSet{cluster: s.cluster, mask: s.mask, pool: cidr.NewPool(s.pool.Split())}
	for _, p := range c.ranges.Service {
		_ = seen.mark(p, false) // one that is outside blocks nothing
	}
	u.Services = seen.pool.Used()
	var own []netip.Prefix
	var holding uint64
	for _, n := range c.nodes {
		p, ok := c.holding(n, i)
		if !ok {
			continue
		}
		holding++
		if p.Bits() == u.NodeMask {
			own = append(own, p)
			continue
		}
		if u.ForeignNodes++; seen.mark(p, false) != nil {
			u.ForeignNodes--
		}
	}
	u.Foreign = seen.pool.Used() - u.Services
	for _, p := range own {
		_ = seen.mark(p, false) // it overlaps the range
	}
	u.Nodes = seen.pool.Used() - u.Services - u.Foreign
	var both uint64
	for p := range seen.pool.UsedBlocks() {
		n, err := s.pool.UsedIn(p)
		if err != nil {
			continue // cannot be: p is part of the range
		}
		both += n
	}
	u.Leaked = s.pool.Used() - both
	u.Reused = seen.pool.Used() - both
	u.Ends = holding + u.Free
	return u
}

// A SurgeNeed says whether more nodes can exist for a while, as in a rolling replacement that registers new nodes
// before it deletes old ones. The zero value is about no nodes, which fit.
type SurgeNeed struct {
	Surge int    // nodes more than now
	Fits  uint64 // how many of them get subnets
	// Missing says for each cluster range how many subnets it lacks for them and for the nodes that wait already, what
	// failed allocations have used up not counted, since a restart gives it back; 0 where it has enough.
	Missing []uint64
	// Bits says for each cluster range how long its prefix may be at the most, the node mask unchanged, to hold all of
	// them, less what the service ranges take of it. It is the length that it has where nothing is missing, and -1
	// where no shorter one does.
	Bits []int
	// Leaks: a range behind the first lacks subnets. Each new node that gets none takes subnets of the ranges before it
	// and does not give them back until the next restart.
	Leaks bool
	// Replacement is what [Controller.Replace] says of this surge, nil where nobody asked for it.
	Replacement *Replacement
}

// OK reports whether all of the surge fits.
func (n SurgeNeed) OK() bool { return n.Fits >= uint64(n.Surge) }

// Surge says what s more nodes need, beside those that wait already. c does not change; s below 0 counts as 0.
func (c *Controller) Surge(s int) SurgeNeed {
	n := SurgeNeed{Surge: max(s, 0)}
	if !c.Allocating() {
		return n
	}
	n.Fits = min(uint64(n.Surge), c.least())
	need := uint64(n.Surge) + uint64(len(c.waiting))
	for i := range c.sets {
		u := c.use(i)
		n.Missing = append(n.Missing, 0)
		n.Bits = append(n.Bits, u.Range.Bits())
		if c.sets[i].hollow {
			continue
		}
		held := u.Foreign + u.Nodes
		have := u.Subnets - u.Services - held
		if have >= need {
			continue
		}
		n.Missing[i] = need - have
		n.Leaks = n.Leaks || i > 0
		n.Bits[i] = c.wideEnough(u, held+need)
	}
	return n
}

// wideEnough returns the longest prefix length with which the range of u holds need subnets beside the service ranges,
// -1 where none does.
func (c *Controller) wideEnough(u RangeUse, need uint64) int {
	for bits := u.Range.Bits() - 1; bits >= 0; bits-- {
		if fact.FamilyOf(u.Range) == fact.IPv6 && u.NodeMask-bits > 16 {
			break // k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset clusterSubnetMaxDiff
		}
		q := netip.PrefixFrom(u.Range.Addr(), bits).Masked()
		free := uint64(1) << (u.NodeMask - bits)
		for _, s := range c.ranges.Service {
			if s = PlainRange(s); s.Overlaps(q) {
				free -= min(free, uint64(1)<<LostBlocks(q, u.NodeMask, s))
			}
		}
		if free >= need {
			return bits
		}
	}
	return -1
}
