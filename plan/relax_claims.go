package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

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
	case c.Kept.IsValid() && c.Role == fact.RoleServices:
		return claimGone{Claim{Prefix: c.Kept, Kept: c.Kept, Role: c.Role}, 12}
	case c.Kept.IsValid():
		return claimGone{Claim{Prefix: c.Kept, Kept: c.Kept, Role: c.Role}, 10}
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
	for _, l := range x.e.Limits {
		if isNamed(l.Role) && l.Prefix.IsValid() {
			add(Claim{Prefix: l.Prefix, Role: l.Role, By: "range " + string(l.Role), Pin: true})
		}
	}
	for _, l := range x.e.Limits {
		for _, k := range x.orig.Keep {
			if k.Role == l.Role && l.Prefix.IsValid() && cidr.Contains(l.Prefix, k.Prefix) {
				add(Claim{Prefix: k.Prefix, Kept: k.Prefix, Role: k.Role})
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
		case g.Kept.IsValid() && g.Role == fact.RoleServices:
			parts = append(parts, fmt.Sprintf("services elsewhere than in %v, which is a new cluster: certificates, kubelets and services hold its addresses", g.Kept))
		case g.Kept.IsValid():
			parts = append(parts, fmt.Sprintf("pods elsewhere than in %v: %s", g.Kept, x.orig.again()))
		case g.Pin && isNamed(g.Role):
			parts = append(parts, fmt.Sprintf("%s elsewhere than in %v", g.Role, g.Prefix))
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
				r.Keep = slices.DeleteFunc(r.Keep, func(p Pin) bool { return p.Role == fact.RoleHosts })
				r.Pins = slices.DeleteFunc(r.Pins, func(p Pin) bool { return p.Role == fact.RoleHosts })
			case g.Kept.IsValid():
				f := fact.FamilyOf(g.Kept)
				r.Keep = slices.DeleteFunc(r.Keep, func(p Pin) bool { return p == Pin{g.Role, g.Kept} })
				if g.Role == fact.RolePods {
					r = r.registeredAgain(f)
				}
			case g.Pin && isNamed(g.Role):
				r = r.unfixed(g.Role, g.Prefix)
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
