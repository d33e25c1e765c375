package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// A change makes a request ask for less, or gives it more space.
type change struct {
	text string
	loss float64 // how much it costs, for the order of relaxations
	make func(Request) Request
}

// relax returns the changes that make r feasible, each verified, the smallest loss first.
func relax(r Request, e *InfeasibleError, spaces spaceCache) []Relaxation {
	x := relaxer{orig: r, e: e, spaces: spaces}
	x.tryDials(change{make: func(r Request) Request { return r }})
	x.tryGivingUp()
	x.tryWidening()
	x.tryOneFamily()
	x.tryBalanced()
	if !slices.ContainsFunc(x.out, func(o ranked) bool { return o.loss < lossOfFamily }) {
		x.tryTogether()
	}
	slices.SortStableFunc(x.out, func(a, b ranked) int { return cmp.Compare(a.loss, b.loss) })
	var out []Relaxation
	for _, o := range x.out {
		if o.loss <= max(2*lossOfFamily, 2*x.out[0].loss) { // nobody takes what costs so much more
			out = append(out, o.Relaxation)
		}
	}
	return out
}

type ranked struct {
	Relaxation
	loss float64
}

type relaxer struct {
	orig   Request
	e      *InfeasibleError
	spaces spaceCache
	out    []ranked

	balanced bool // tryBalanced found something
}

// try records the change if it makes the request feasible.
func (x *relaxer) try(c change) bool {
	r := c.make(x.orig.clone())
	if !x.spaces.feasible(r) {
		return false
	}
	p, e := x.spaces.solve(r)
	if e != nil {
		return false
	}
	x.out = append(x.out, ranked{Relaxation{Change: c.text, Request: r, Plan: p}, c.loss})
	return true
}

// clone returns a copy of r that shares no memory with it.
func (r Request) clone() Request {
	r.Hosts, r.Within, r.Families = slices.Clone(r.Hosts), slices.Clone(r.Within), slices.Clone(r.Families)
	r.Avoid, r.Pins = slices.Clone(r.Avoid), slices.Clone(r.Pins)
	return r
}

// A dial is a number of the request that can be turned down in steps: step 0 is the request as it is, each further one
// asks for no more than the one before.
type dial struct {
	what  string // "nodes" and "pods" for these two
	steps int    // last step
	at    func(r Request, step int) Request
	text  func(step int) string
	loss  func(step int) float64
}

// and returns the change that does c and then d.
func (c change) and(d change) change {
	switch {
	case c.text == "":
		return d
	case d.text == "":
		return c
	}
	return change{c.text + " and " + d.text, c.loss + d.loss, func(r Request) Request { return d.make(c.make(r)) }}
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
	r := x.e.Request
	f := r.Families[0]
	var out []dial
	if r.Grow > 0 {
		out = append(out, dial{"", r.Grow,
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
	out = append(out, turnDown(r.Services, 1, 1,
		func(q *Request, n int) { q.Services = n },
		func(n int) string {
			q := r
			q.Services = n
			from, _ := r.serviceNeeds(f)
			to, _ := q.serviceNeeds(f)
			return fmt.Sprintf("services /%d -> /%d (%s -> %s services)", from, to, words.Commas(r.Services), words.Commas(n))
		}, x.edges(func(f fact.Family) int { return ownServices + int(serviceEdges(f)) })...))
	nodes := turnDown(r.Nodes, 1, nodesLoss,
		func(q *Request, n int) { q.Nodes = n },
		func(n int) string { return fmt.Sprintf("%s -> %s", words.Commas(r.Nodes), words.Plural(n, "node")) },
		x.nodeEdges(r.Surge)...)
	nodes.what = "nodes"
	out = append(out, nodes)
	if r.Churn > 1 {
		out = append(out, dial{"", 1,
			func(q Request, i int) Request {
				if i > 0 {
					q.Churn = 1
				}
				return q
			},
			func(int) string { return fmt.Sprintf("%g -> 1 address for each pod of a node", r.Churn) },
			func(int) float64 { return 1.2 }})
	}
	// Numbers of pods that fill a node's subnet.
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
	out = append(out, fewer)
	// Every node needs an address, so no fewer host addresses than nodes.
	if least := r.Nodes + r.Surge; x.orig.HostCount > least {
		out = append(out, turnDown(r.HostCount, least, 1.1,
			func(q *Request, n int) { q.HostCount = n },
			func(n int) string {
				return fmt.Sprintf("%s -> %s host addresses", words.Commas(r.HostCount), words.Commas(n))
			},
			x.edges(hostEdges)...))
	}
	if r.NodeMaskIPv4 > 0 || r.NodeMaskIPv6 > 0 {
		out = append(out, dial{"", 1,
			func(q Request, i int) Request {
				if i > 0 {
					q.NodeMaskIPv4, q.NodeMaskIPv6 = 0, 0
				}
				return q
			},
			func(int) string { return "node masks as derived from the pods of a node" },
			func(int) float64 { return 0.8 }})
	}
	return out
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
		for _, n := range x.edges(hostEdges) {
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
	return dial{"", len(counts),
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

// A claimGone is a claim that a relaxation gives up.
type claimGone struct {
	Claim
	loss float64
}

// lossOf returns c as one that is given up. Hosts count as one, whatever their ranges.
func lossOf(c Claim) claimGone {
	switch {
	case c.Role == fact.RoleHosts:
		return claimGone{Claim{Role: fact.RoleHosts}, 10}
	case c.Pin:
		return claimGone{c, 2}
	}
	return claimGone{c, 4} // somebody else's range
}

// inTheWay returns the claims that could be given up: those that contradict others, that are too small, that take space.
// Ranges of the cluster itself come first: of these there are few.
func (x *relaxer) inTheWay() []claimGone {
	var gone []claimGone
	seen := make(map[claimGone]bool)
	add := func(c Claim) {
		if g := lossOf(c); !seen[g] {
			seen[g] = true
			gone = append(gone, g)
		}
	}
	for _, c := range x.e.Conflicts {
		add(c.A)
		add(c.B)
	}
	for _, l := range x.e.Limits {
		for _, p := range x.orig.Pins {
			if p.Role == l.Role && p.Prefix == l.Prefix {
				add(Claim{Prefix: p.Prefix, Role: p.Role, By: "pin " + string(p.Role), Pin: true})
			}
		}
	}
	for _, s := range x.e.Shortages {
		for _, o := range s.InTheWay {
			if o.Helps || len(s.InTheWay) <= 8 {
				add(o.Claim)
			}
		}
	}
	slices.SortStableFunc(gone, func(a, b claimGone) int {
		return words.CompareBool(a.Role == fact.RoleReserved, b.Role == fact.RoleReserved)
	})
	return gone
}

// tryBalanced turns nodes and pods on a node down together, where one alone has to shrink to less than an eighth.
func (x *relaxer) tryBalanced() {
	var a, b dial
	for _, d := range x.dials() {
		switch d.what {
		case "nodes":
			a = d
		case "pods":
			b = d
		}
	}
	one, ok := x.smallest(x.orig, a)
	if !ok || one.loss <= 3*nodesLoss {
		return
	}
	type pair struct {
		change
		worst float64 // the larger of the two losses, to be as small as possible
	}
	var pairs []pair
	for i := 1; i <= b.steps; i++ {
		if x.spaces.feasible(b.at(x.orig.clone(), i)) {
			break // fewer pods alone are a relaxation already
		}
		nodes, ok := x.smallest(b.at(x.orig.clone(), i), a)
		if !ok || x.spaces.feasible(nodes.make(x.orig.clone())) {
			continue
		}
		both := nodes.and(change{b.text(i), b.loss(i), func(r Request) Request { return b.at(r, i) }})
		pairs = append(pairs, pair{both, max(nodes.loss, b.loss(i))})
	}
	if len(pairs) > 0 {
		best := slices.MinFunc(pairs, func(p, q pair) int { return cmp.Compare(p.worst, q.worst) })
		x.balanced = x.try(best.change)
	}
}

// tryGivingUp tries to do without ranges that are in the way: one, or as few as needed.
func (x *relaxer) tryGivingUp() {
	gone := x.inTheWay()
	if len(gone) > maxGivenUp {
		gone = gone[:maxGivenUp]
	}
	// One of the two of each contradiction has to go. One side can be in thousands, so each is kept once.
	type pair struct{ a, b int }
	var pairs []pair
	known := make(map[pair]bool)
	index := make(map[claimGone]int)
	for i, g := range gone {
		index[g] = i + 1
	}
	for _, c := range x.e.Conflicts {
		if p := (pair{index[lossOf(c.A)] - 1, index[lossOf(c.B)] - 1}); !known[p] {
			known[p] = true
			pairs = append(pairs, p)
		}
	}
	var found [][]int // sets that work; a set that holds one of them says nothing new
	for size := 1; size <= len(gone) && size <= 4; size++ {
		if size > 2 && len(found) > 0 {
			break
		}
		combinations(len(gone), size, func(set []int) {
			if slices.ContainsFunc(found, func(f []int) bool { return subset(f, set) }) ||
				slices.ContainsFunc(pairs, func(p pair) bool { return !slices.Contains(set, p.a) && !slices.Contains(set, p.b) }) {
				return
			}
			if x.try(x.giveUp(gone, set)) {
				found = append(found, slices.Clone(set))
			}
		})
	}
}

// maxGivenUp is how many ranges are tried in combination.
const maxGivenUp = 12

// giveUp returns the change that does without the claims of a set.
func (x *relaxer) giveUp(gone []claimGone, set []int) change {
	var parts []string
	loss := 0.0
	for _, i := range set {
		g := gone[i]
		loss += g.loss
		switch {
		case g.Role == fact.RoleHosts:
			parts = append(parts, "hosts elsewhere")
		case g.Pin:
			parts = append(parts, fmt.Sprintf("%s not pinned to %v", g.Role, g.Prefix))
		default:
			parts = append(parts, "give up "+fact.Reservation{Prefix: g.Prefix, Name: g.By}.String())
		}
	}
	return change{strings.Join(parts, " and "), loss, func(r Request) Request {
		for _, i := range set {
			g := gone[i]
			switch {
			case g.Role == fact.RoleHosts:
				r.Hosts = nil
				r.Pins = slices.DeleteFunc(r.Pins, func(p Pin) bool { return p.Role == fact.RoleHosts })
			case g.Pin:
				r.Pins = slices.DeleteFunc(r.Pins, func(p Pin) bool { return p == Pin{g.Role, g.Prefix} })
			default:
				r.Avoid = slices.DeleteFunc(r.Avoid, func(a fact.Reservation) bool { return a.Prefix == g.Prefix })
			}
		}
		return r
	}}
}

// combinations calls f with each set of size numbers below n, in lexical order. f must not keep the slice.
func combinations(n, size int, f func([]int)) {
	set := make([]int, size)
	var fill func(at, from int)
	fill = func(at, from int) {
		if at == size {
			f(set)
			return
		}
		for i := from; i < n; i++ {
			set[at] = i
			fill(at+1, i+1)
		}
	}
	fill(0, 0)
}

// subset reports whether all of a is in b.
func subset(a, b []int) bool {
	return !slices.ContainsFunc(a, func(x int) bool { return !slices.Contains(b, x) })
}

// tryWidening tries to draw from more. Where both families are short, each gets the first that serves it.
func (x *relaxer) tryWidening() {
	both := change{}
	for _, s := range x.e.Shortages {
		wider := x.widenings(s)
		for _, c := range wider {
			if len(x.e.Shortages) == 1 {
				x.try(c)
			}
		}
		if len(wider) == 0 {
			return
		}
		both = both.and(wider[0])
	}
	if len(x.e.Shortages) > 1 {
		x.try(both)
	}
}

// widenings returns changes that serve the family that is short: the smallest widening of a block, another private range,
// another ULA.
func (x *relaxer) widenings(s *Shortage) []change {
	var out []change
	serves := func(r Request) bool { return r.Check() == nil && x.spaces.feasibleIn(r.WithDefaults(), s.Family) }
	add := func(c change) {
		if serves(c.make(x.orig.clone())) && !slices.ContainsFunc(out, func(o change) bool { return o.text == c.text }) {
			out = append(out, c)
		}
	}
	for _, w := range s.Within {
		i := slices.IndexFunc(check.PrivateRanges(), func(q netip.Prefix) bool { return cidr.Contains(q, w) })
		if i < 0 {
			continue
		}
		shortest := check.PrivateRanges()[i].Bits()
		if s.Family == fact.IPv6 {
			shortest = 48 // RFC 4193: what is before belongs to others
		}
		widened := func(step int) change {
			wider := supernet(w, w.Bits()-step)
			var old []string
			for _, q := range s.Within {
				if cidr.Contains(wider, q) {
					old = append(old, q.String())
				}
			}
			return change{
				fmt.Sprintf("draw from %v instead of %s", wider, strings.Join(old, " and ")), 3 + 0.2*float64(step),
				func(q Request) Request {
					q = x.spaceNamed(q, s.Family)
					q.Within = slices.DeleteFunc(q.Within, func(x netip.Prefix) bool { return cidr.Contains(wider, x) })
					q.Within = append(q.Within, wider)
					return q
				}}
		}
		steps := w.Bits() - shortest
		if n := 1 + sort.Search(steps, func(i int) bool { return serves(widened(i + 1).make(x.orig.clone())) }); n <= steps {
			add(widened(n))
		}
	}
	for _, q := range x.furtherSpace(s.Family) {
		if slices.ContainsFunc(s.Within, q.Overlaps) {
			continue
		}
		loss := 5.0
		if q.Bits() == 10 {
			loss = 7 // shared with the provider (RFC 6598)
		}
		add(change{fmt.Sprintf("draw from %v as well", q), loss, func(r Request) Request {
			r = x.spaceNamed(r, s.Family)
			r.Within = append(r.Within, q)
			return r
		}})
	}
	return out
}

// furtherSpace returns private space that one can always draw from.
func (x *relaxer) furtherSpace(f fact.Family) []netip.Prefix {
	if f == fact.IPv6 {
		return []netip.Prefix{ULA(x.e.Request.Name), ULA(x.e.Request.Name + "/2")}
	}
	return slices.DeleteFunc(check.PrivateRanges(), func(p netip.Prefix) bool { return fact.FamilyOf(p) != f })
}

// spaceNamed returns r with the space to draw from spelt out for family f, so that more can be added to it.
func (x *relaxer) spaceNamed(r Request, f fact.Family) Request {
	if !slices.ContainsFunc(r.Within, func(p netip.Prefix) bool { return fact.FamilyOf(p) == f }) {
		q := r.WithDefaults()
		r.Within = append(r.Within, q.defaultWithin(f)...)
	}
	return r
}

// lossOfFamily is the loss of doing without a family. Where no other change is smaller, those are looked for that consist of several.
const lossOfFamily = 6

// tryOneFamily tries to do without the other family.
func (x *relaxer) tryOneFamily() {
	if len(x.orig.Families) < 2 {
		return
	}
	for _, f := range x.orig.Families {
		x.try(change{fmt.Sprintf("%v alone", f), lossOfFamily, func(r Request) Request {
			other := func(p netip.Prefix) bool { return fact.FamilyOf(p) != f }
			r.Families = []fact.Family{f}
			r.Hosts, r.Within = slices.DeleteFunc(r.Hosts, other), slices.DeleteFunc(r.Within, other)
			r.Pins = slices.DeleteFunc(r.Pins, func(p Pin) bool { return other(p.Prefix) })
			return r
		}})
	}
}

// tryTogether is for requests that no small change makes feasible: two dials at once, or as many as it takes; where nothing at
// all helped so far, all that is in the way given up, pins first, and then no dial, one, or several.
func (x *relaxer) tryTogether() {
	x.trySeveral(change{make: func(r Request) Request { return r }})
	gone := x.inTheWay()
	for _, keep := range []func(g claimGone) bool{
		func(g claimGone) bool { return g.Pin },
		func(g claimGone) bool { return g.Role != fact.RoleHosts },
		func(claimGone) bool { return true },
	} {
		var set []int
		for i, g := range gone {
			if keep(g) {
				set = append(set, i)
			}
		}
		if len(x.out) > 0 {
			return
		}
		if len(set) == 0 || len(set) > maxGivenUp {
			continue
		}
		base := x.giveUp(gone, set)
		if x.try(base) {
			return
		}
		x.tryDials(base)
		if len(x.out) == 0 {
			x.trySeveral(base)
		}
	}
}

// trySeveral turns two dials of the request as base changes it; where that does not help, all of them.
func (x *relaxer) trySeveral(base change) {
	r := base.make(x.orig.clone())
	dials := slices.DeleteFunc(x.dials(), func(d dial) bool { return d.steps < 1 })
	found := x.balanced // two of them, which are not tried again
	for i, a := range dials {
		for _, b := range dials[i+1:] {
			if a.what != "nodes" || b.what != "pods" || !x.balanced {
				found = x.try(base.and(x.turn(r, a, b))) || found
			}
		}
	}
	if !found {
		x.try(base.and(x.turn(r, dials...)))
	}
}

// turn returns the change that turns all of dials: first all the way down, then each back up as far as possible, the first that
// costs most to turn down. It changes nothing where that does not make r feasible, or where one dial alone would do.
func (x *relaxer) turn(r Request, dials ...dial) change {
	steps := make([]int, len(dials))
	at := func(r Request) Request {
		for i, d := range dials {
			r = d.at(r, steps[i])
		}
		return r
	}
	order := make([]int, len(dials))
	for i, d := range dials {
		steps[i], order[i] = d.steps, i
	}
	none := change{make: func(r Request) Request { return r }}
	if !x.spaces.feasible(at(r.clone())) {
		return none
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(dials[b].loss(steps[b]), dials[a].loss(steps[a])) })
	for _, i := range order {
		steps[i] = sort.Search(dials[i].steps, func(step int) bool {
			steps[i] = step
			return x.spaces.feasible(at(r.clone()))
		})
	}
	turned := 0
	out := none
	for i, d := range dials {
		if n := steps[i]; n > 0 {
			turned++
			out = out.and(change{d.text(n), d.loss(n), func(r Request) Request { return d.at(r, n) }})
		}
	}
	if turned < 2 {
		return none // what one does alone is a relaxation already
	}
	return out
}
