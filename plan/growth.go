package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/overlaps"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Growth says how far a range can still grow in place. The zero value describes no range.
type Growth struct {
	Role      fact.Role
	Prefix    netip.Prefix
	Doublings int          // how many times the range can double with everything else where it is
	Into      netip.Prefix // what it becomes then; equals Prefix if Doublings is 0
	Kept      int          // how many of the doublings the plan keeps free on purpose
	Limit     string       // what stops it: another range, the edge of the space to draw from, a limit of Kubernetes
}

// Growths returns for each of p's ranges, in their order, how far it can grow in place. O(n log n) for n ranges and
// reservations.
func (p *Plan) Growths() []Growth {
	n := newNeighbourhood(p)
	out := make([]Growth, 0, len(p.Ranges))
	for _, r := range p.Ranges {
		out = append(out, n.growth(r))
	}
	return out
}

// Growth returns how far the range of a role can grow in place, the first where hosts have several of a family.
// ok is false if the plan has no such range.
func (p *Plan) Growth(role fact.Role, f fact.Family) (g Growth, ok bool) {
	r, ok := p.Range(role, f)
	if !ok {
		return Growth{}, false
	}
	return p.RangeGrowth(r), true
}

// RangeGrowth returns how far r, one of the ranges of p, can grow in place. For all of them, [Plan.Growths] is faster.
func (p *Plan) RangeGrowth(r Range) Growth { return newNeighbourhood(p).growth(r) }

// A neighbourhood knows what stands beside the ranges of a plan.
type neighbourhood struct {
	p      *Plan
	space  *netipx.IPSet   // what the request draws from
	avoid  *overlaps.Index // numbers in Request.Avoid
	ranges map[fact.Role]*overlaps.Index
}

func newNeighbourhood(p *Plan) *neighbourhood {
	n := &neighbourhood{p: p, ranges: make(map[fact.Role]*overlaps.Index)}
	var b netipx.IPSetBuilder
	for _, w := range p.Request.Within {
		b.AddPrefix(w)
	}
	n.space, _ = b.IPSet() // nil, which holds nothing, for ranges that are none
	n.avoid = overlaps.New(func(yield func(int, netip.Prefix) bool) {
		for i, a := range p.Request.Avoid {
			if !yield(i, a.Prefix) {
				return
			}
		}
	})
	return n
}

// others returns the index of the ranges of other roles.
func (n *neighbourhood) others(role fact.Role) *overlaps.Index {
	if n.ranges[role] == nil {
		n.ranges[role] = overlaps.New(func(yield func(int, netip.Prefix) bool) {
			for i, r := range n.p.Ranges {
				if r.Role != role && !yield(i, r.Prefix) {
					return
				}
			}
		})
	}
	return n.ranges[role]
}

func (n *neighbourhood) growth(r Range) Growth {
	g := Growth{Role: r.Role, Prefix: r.Prefix, Into: r.Prefix}
	shortest := n.p.Request.shortestFor(r.Role, r.Family(), n.p.NodeMask(r.Family()))
	for {
		next := supernet(r.Prefix, g.Into.Bits()-1)
		if g.Limit = n.limit(r, g.Into, next, shortest); g.Limit != "" {
			break
		}
		g.Doublings++
		g.Into = next
		if next.Bits() >= r.Grow.Bits() {
			g.Kept = g.Doublings
		}
	}
	return g
}

// limit says why r, which can be as large as now, cannot grow into next, the double of that; "" if it can.
func (n *neighbourhood) limit(r Range, now, next netip.Prefix, shortest int) string {
	switch {
	case !next.IsValid():
		return "the end of the address space"
	case next.Bits() < shortest && r.Role == fact.RoleServices:
		return fmt.Sprintf("/%d is the largest service range that kubeadm takes", shortest)
	case next.Bits() < shortest:
		return fmt.Sprintf("at most %d bits between pod range and node subnet", maxNodeBits)
	case r.Role == fact.RoleServices && next.Addr() != r.Prefix.Addr():
		return fmt.Sprintf("%v begins before it, and the addresses of the API server and of cluster DNS would change", next)
	}
	// What is kept for another range needs no look: a block that meets it without being part of it contains that range.
	// Hosts alone can be many, and they ask about the few others, which ask about them.
	if met := slices.Collect(n.others(r.Role).Overlapping(next)); len(met) > 0 {
		q := n.p.Ranges[slices.Min(met)]
		return fmt.Sprintf("%s %v", q.Role, q.Prefix)
	}
	beside, ok := cidr.Buddy(now)
	if i := n.avoid.First(beside); i >= 0 { // also where the hosts lie in it: the neighbours are somebody else's to give
		return n.p.Request.Avoid[i].String()
	}
	if !ok || !n.space.ContainsPrefix(beside) {
		return "the edge of the space to draw from"
	}
	return ""
}
