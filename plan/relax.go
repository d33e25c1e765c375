package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sort"

	"github.com/kubecidr/kubecidr/plan/fact"
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
	x.tryBending()
	x.tryKeeping()
	x.tryKeptSpace()
	x.tryGivingUp()
	x.tryAgain()
	x.tryWidening()
	x.tryOneFamily()
	x.tryWithoutNamed()
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
	if c.text != "" && slices.ContainsFunc(x.out, func(o ranked) bool { return o.Change == c.text }) {
		return true // found in another way
	}
	p, e := x.spaces.solve(r)
	if e != nil {
		return false
	}
	x.out = append(x.out, ranked{Relaxation{Change: c.text, Flags: flagsOf(x.orig, r), Request: r, Plan: p}, c.loss})
	return true
}

// clone returns a copy of r that shares no memory with it.
func (r Request) clone() Request {
	r.Hosts, r.Within, r.Families = slices.Clone(r.Hosts), slices.Clone(r.Within), slices.Clone(r.Families)
	r.Avoid, r.Pins = slices.Clone(r.Avoid), slices.Clone(r.Pins)
	r.Keep, r.Held, r.Prefer = slices.Clone(r.Keep), slices.Clone(r.Held), slices.Clone(r.Prefer)
	r.Named = slices.Clone(r.Named)
	for i := range r.Named {
		r.Named[i].Prefixes = slices.Clone(r.Named[i].Prefixes)
	}
	return r
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
			r.Keep = slices.DeleteFunc(r.Keep, func(p Pin) bool { return other(p.Prefix) })
			r.Held = slices.DeleteFunc(r.Held, other)
			for i := range r.Named {
				r.Named[i].Prefixes = slices.DeleteFunc(r.Named[i].Prefixes, other)
			}
			r.Named = slices.DeleteFunc(r.Named, func(n Named) bool { return n.Addresses == 0 && len(n.Prefixes) == 0 })
			return r
		}})
	}
}

// lossOfFamily is the loss of doing without a family. Where no other change is smaller, those are looked for that consist of several.
const lossOfFamily = 6

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
