package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A dial is a number of the request that can be turned down in steps: step 0 is the request as it is, each further one
// asks for no more than the one before.
type dial struct {
	what  string // "nodes" and "pods" for these two
	bends bool   // nobody asked for it: it is a default
	steps int    // last step
	at    func(r Request, step int) Request
	text  func(step int) string
	loss  func(step int) float64
}

// tryDials turns each dial of the request as c changes it, alone.
func (x *relaxer) tryDials(c change) {
	r := c.make(x.orig.clone())
	for _, d := range x.dials() {
		if turned, ok := x.smallest(r, d); ok {
			x.try(c.and(turned))
		}
	}
}

// smallest returns the first step of d that makes r feasible. Feasibility grows with the steps, so it is searched by halving.
func (x *relaxer) smallest(r Request, d dial) (change, bool) {
	if d.steps < 1 || !x.spaces.feasible(d.at(r.clone(), d.steps)) {
		return change{}, false
	}
	lo, hi := 0, d.steps // infeasible at lo, feasible at hi
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; x.spaces.feasible(d.at(r.clone(), mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return change{d.text(hi), d.loss(hi), func(r Request) Request { return d.at(r, hi) }}, true
}

// dials returns the numbers that can be turned down.
func (x *relaxer) dials() []dial {
	return slices.Concat(x.roomDials(), x.serviceDials(), x.nodeDials(), x.podDials(), x.hostDials(), x.maskDials(), x.namedDials())
}

// once returns the dial of one step, which make makes.
func once(text string, loss float64, make func(*Request)) dial {
	return dial{"", false, 1,
		func(q Request, i int) Request {
			if i > 0 {
				make(&q)
			}
			return q
		},
		func(int) string { return text },
		func(int) float64 { return loss }}
}

// roomDials turn down the room to grow, and that for a rolling replacement.
func (x *relaxer) roomDials() []dial {
	r := x.e.Request
	var out []dial
	if r.Grow > 0 {
		out = append(out, dial{"", false, r.Grow,
			func(q Request, i int) Request { q.Grow = r.Grow - i; return q },
			func(i int) string {
				return fmt.Sprintf("room to double %s -> %s", words.Times(r.Grow), words.Times(r.Grow-i))
			},
			func(i int) float64 { return 0.5 * float64(i) }})
	}
	if r.Surge > 0 {
		out = append(out, turnDown(r.Surge, 0, 0.6,
			func(q *Request, n int) { q.Surge = n },
			func(n int) string {
				return fmt.Sprintf("%s -> %s nodes more during a rollout", words.Commas(r.Surge), words.Commas(n))
			},
			x.nodeEdges(r.Nodes)...))
	}
	return out
}

func (x *relaxer) serviceDials() []dial {
	r := x.e.Request
	f := r.Families[0]
	return []dial{x.unasked(x.orig.Services == 0, turnDown(r.Services, 1, 1,
		func(q *Request, n int) { q.Services = n },
		func(n int) string {
			q := r
			q.Services = n
			from, _ := r.serviceNeeds(f)
			to, _ := q.serviceNeeds(f)
			return fmt.Sprintf("services /%d -> /%d (%s -> %s services)", from, to, words.Commas(r.Services), words.Commas(n))
		}, x.edges(func(f fact.Family) int { return ownServices + int(serviceEdges(f)) })...))}
}

func (x *relaxer) nodeDials() []dial {
	r := x.e.Request
	nodes := turnDown(r.Nodes, max(1, x.orig.heldNodes()), nodesLoss,
		func(q *Request, n int) { q.Nodes = n },
		func(n int) string { return fmt.Sprintf("%s -> %s", words.Commas(r.Nodes), words.Plural(n, "node")) },
		x.nodeEdges(r.Surge)...)
	nodes.what = "nodes"
	return []dial{x.unasked(x.orig.Nodes == 0 && x.orig.Pods == 0, nodes)}
}

// podDials turn down the addresses for each pod, and the pods of a node to numbers that fill its subnet.
func (x *relaxer) podDials() []dial {
	r := x.e.Request
	var out []dial
	if r.Churn > 1 {
		out = append(out, x.unasked(x.orig.Churn == 0,
			once(fmt.Sprintf("%g -> 1 address for each pod of a node", r.Churn), 1.2, func(q *Request) { q.Churn = 1 })))
	}
	var pods []int
	for _, f := range r.Families {
		for h := log2ceil(r.subnetNeeds(f)); h >= 2; h-- {
			pods = append(pods, min(int(float64(uint64(1)<<h)/r.Churn), 1<<h-nodeOverhead(f)))
		}
		if mask := r.nodeMask(f); mask > 0 && f.Bits()-mask < 30 { // as many as it holds, however tight
			pods = append(pods, 1<<(f.Bits()-mask)-nodeOverhead(f))
		}
	}
	pods = slices.DeleteFunc(pods, func(n int) bool { return n < 1 || n >= r.PodsPerNode })
	fewer := turnDownTo(r.PodsPerNode, pods, 1.3,
		func(q *Request, n int) { q.PodsPerNode = n },
		func(n int) string {
			return fmt.Sprintf("%s -> %s on a node", words.Commas(r.PodsPerNode), words.Plural(n, "pod"))
		})
	fewer.what = "pods"
	return append(out, x.unasked(x.orig.PodsPerNode == 0 && x.orig.Pods == 0, fewer))
}

// hostDials turn down the host addresses: every node needs one, so no fewer than nodes.
func (x *relaxer) hostDials() []dial {
	r := x.e.Request
	least := r.Nodes + r.Surge
	if x.orig.HostCount <= least {
		return nil
	}
	return []dial{turnDown(r.HostCount, least, 1.1,
		func(q *Request, n int) { q.HostCount = n },
		func(n int) string {
			return fmt.Sprintf("%s -> %s host addresses", words.Commas(r.HostCount), words.Commas(n))
		},
		x.edges(r.hostEdges)...)}
}

// maskDials give up node masks that were asked for, none where nodes run with them.
func (x *relaxer) maskDials() []dial {
	r := x.e.Request
	if r.NodeMaskIPv4 == 0 && r.NodeMaskIPv6 == 0 || slices.ContainsFunc(r.Families, r.keeps) {
		return nil
	}
	return []dial{once("node masks as derived from the pods of a node", 0.8, func(q *Request) { q.NodeMaskIPv4, q.NodeMaskIPv6 = 0, 0 })}
}

// unasked returns d at a third of its loss where it turns down a default that nobody asked for, as long as what is left is of use.
func (x *relaxer) unasked(is bool, d dial) dial {
	if is {
		loss := d.loss
		d.bends, d.loss = true, func(step int) float64 {
			if n := loss(step); n <= 2*nodesLoss {
				return n / 3
			}
			return loss(step)
		}
	}
	return d
}

// maxBending is up to how many ranges in the way every combination of defaults is judged; beyond, one that is found by halving.
const maxBending = 1000

// tryBending turns down several defaults that nobody asked for, where one alone does not do: they bend before the space does.
func (x *relaxer) tryBending() {
	dials := slices.DeleteFunc(x.dials(), func(d dial) bool { return !d.bends || d.steps < 1 })
	if len(dials) < 2 || slices.ContainsFunc(dials, func(d dial) bool { _, ok := x.smallest(x.orig, d); return ok }) {
		return
	}
	if len(x.orig.Avoid)+len(x.orig.Hosts)+len(x.orig.Within) > maxBending {
		x.try(x.turn(x.orig, dials...))
		return
	}
	best := change{loss: math.Inf(1)}
	none := change{make: func(r Request) Request { return r }}
	var bend func(c change, rest []dial)
	bend = func(c change, rest []dial) {
		r := c.make(x.orig.clone())
		if len(rest) == 1 {
			if last, ok := x.smallest(r, rest[0]); ok {
				if both := c.and(last); both.loss < best.loss {
					best = both
				}
			} else if c.text != "" && c.loss < best.loss && x.spaces.feasible(r) {
				best = c
			}
			return
		}
		d := rest[0]
		for i := range d.steps + 1 {
			next := c
			if i > 0 {
				next = c.and(change{d.text(i), d.loss(i), func(r Request) Request { return d.at(r, i) }})
			}
			if next.loss < best.loss {
				bend(next, rest[1:])
			}
		}
	}
	bend(none, dials)
	if best.make != nil {
		x.try(best)
	}
}

// nodesLoss is the loss of halving the nodes.
const nodesLoss = 1.5

// edges returns of(f) for each family, without repetition.
func (x *relaxer) edges(of func(fact.Family) int) []int {
	var out []int
	for _, f := range x.e.Request.Families {
		if n := of(f); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// nodeEdges returns what nodes of one kind leave over of a power of two: the nodes of the other kind, none if these are turned
// down too, and the edges of the hosts' range where that is to be placed for as many hosts as nodes.
func (x *relaxer) nodeEdges(others int) []int {
	out := []int{others, 0}
	if x.orig.HostCount == 0 {
		for _, n := range x.edges(x.e.Request.hostEdges) {
			out = append(out, others+n, n)
		}
	}
	return out
}

// turnDown returns the dial of a count that is served by blocks of a power of two, edges addresses of which are not for the
// count: each step is the next lower count that fills such a block, and the last one is least.
func turnDown(from, least int, loss float64, set func(*Request, int), text func(int) string, edges ...int) dial {
	counts := []int{least}
	for _, e := range edges {
		for k := range log2ceil(uint64(from+e)) + 1 {
			counts = append(counts, 1<<k-e)
		}
	}
	counts = slices.DeleteFunc(counts, func(n int) bool { return n < least || n >= from })
	return turnDownTo(from, counts, loss, set, text)
}

// turnDownTo returns the dial of a count that can be turned down to those in counts, in any order. The loss is for each
// time that the count is halved.
func turnDownTo(from int, counts []int, loss float64, set func(*Request, int), text func(int) string) dial {
	slices.Sort(counts)
	counts = slices.Compact(counts)
	slices.Reverse(counts)
	return dial{"", false, len(counts),
		func(q Request, i int) Request {
			if i > 0 {
				set(&q, counts[i-1])
			}
			return q
		},
		func(i int) string { return text(counts[i-1]) },
		func(i int) float64 {
			return loss * float64(max(1, log2ceil(uint64(from))-log2ceil(uint64(max(counts[i-1], 1)))))
		}}
}
