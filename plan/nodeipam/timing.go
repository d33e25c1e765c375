package nodeipam

import (
	"iter"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
)

// A Timing says that the outcome of a [Step] depends on the order in which the controller manager gets to several
// nodes, or on how often it has tried before, which no observer can know. It describes all possible outcomes.
//
// In each of them, between Min and Max of Nodes hold subnets afterwards, one of each range, no two the same; the others
// hold none. The zero value has one outcome, in which no node holds a subnet.
type Timing struct {
	Nodes    []string // sorted
	Min, Max int

	// Subnets holds for each cluster range what the nodes compete for, in the order in which it is handed out. If k
	// nodes are served, they hold the first k of them, or any k where Skips says so.
	Subnets [][]netip.Prefix
	Skips   []bool
	// Beyond says of each list how many more there are that are not written out: at most 65,536 are.
	Beyond []uint64

	// Paired: subnets of both ranges that stand at the same place go to the same node (1.30 and older, where one
	// goroutine allocates).
	Paired bool

	Why string

	rest []*cidr.Pool // for each list that is cut, in which all of them are free; nil for others
}

// mostListed is how many subnets of a range are written out in a Timing.
const mostListed = 1 << 16

// An Outcome says which podCIDRs each node holds, of those that compete. Nodes that hold none are not in it. In the
// zero value, nil, no node holds a subnet.
type Outcome map[string][]netip.Prefix

// Allows reports whether got is one of the possible outcomes, false for nil. Nodes that t does not name are not looked
// at.
func (t *Timing) Allows(got Outcome) bool {
	if t == nil {
		return false
	}
	served := t.served(got)
	if len(served) < t.Min || len(served) > t.Max {
		return false
	}
	places := make([][]netip.Prefix, len(served))
	for i, n := range served {
		if len(got[n]) != len(t.Subnets) {
			return false
		}
		for f, p := range got[n] {
			k := slices.Index(t.Subnets[f], p)
			if k < 0 && !t.isBeyond(f, p) || !t.skips(f) && k >= len(served) {
				return false
			}
			if t.Paired && f > 0 && slices.Index(t.Subnets[0], got[n][0]) != k {
				return false
			}
			places[i] = append(places[i], p)
		}
	}
	for f := range t.Subnets {
		seen := map[netip.Prefix]bool{}
		for i := range served {
			if seen[places[i][f]] {
				return false
			}
			seen[places[i][f]] = true
		}
	}
	return true
}

// isBeyond reports whether p is one of the subnets of range f that are not written out.
func (t *Timing) isBeyond(f int, p netip.Prefix) bool {
	return f < len(t.rest) && t.rest[f] != nil && p.Bits() == t.Subnets[f][0].Bits() && t.rest[f].IsFree(p)
}

// beyond returns how many subnets of range f are not written out.
func (t *Timing) beyond(f int) uint64 {
	if f < len(t.Beyond) {
		return t.Beyond[f]
	}
	return 0
}

// skips reports whether any of range f's subnets can be the ones that are left over, not its last alone.
func (t *Timing) skips(f int) bool { return f < len(t.Skips) && t.Skips[f] }

// served returns those of t.Nodes that hold something in got.
func (t *Timing) served(got Outcome) []string {
	var out []string
	for _, n := range t.Nodes {
		if len(got[n]) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// Count returns the number of possible outcomes, 0 for nil. Numbers of nodes that there are not count for nothing.
func (t *Timing) Count() *big.Int {
	total := new(big.Int)
	if t == nil {
		return total
	}
	for k := max(t.Min, 0); k <= min(t.Max, len(t.Nodes)); k++ {
		n := new(big.Int).Binomial(int64(len(t.Nodes)), int64(k))
		for f := range t.Subnets {
			if f > 0 && t.Paired {
				break
			}
			of := int64(k)
			if t.skips(f) {
				of = int64(len(t.Subnets[f])) + int64(min(t.beyond(f), 1<<40))
			}
			n.Mul(n, permutations(of, int64(k)))
		}
		total.Add(total, n)
	}
	return total
}

// permutations returns the number of ways to choose k of n in order.
func permutations(n, k int64) *big.Int {
	if k > n {
		return new(big.Int)
	}
	if k == 0 {
		return big.NewInt(1)
	}
	return new(big.Int).MulRange(n-k+1, n)
}

// Outcomes returns all possible outcomes with the subnets that are written out, in a fixed order: those that serve most
// nodes first; none for nil. There can be very many, see [Timing.Count]. The sequence can be ranged over more than
// once; each Outcome belongs to the caller.
func (t *Timing) Outcomes() iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		if t == nil {
			return
		}
		for k := min(t.Max, len(t.Nodes)); k >= max(t.Min, 0); k-- {
			if t.enough(k) && !t.choose(0, k, make([]string, 0, k), yield) {
				return
			}
		}
	}
}

// enough reports whether each range has subnets for k nodes that are written out.
func (t *Timing) enough(k int) bool {
	return !slices.ContainsFunc(t.Subnets, func(list []netip.Prefix) bool { return len(list) < k })
}

// choose extends chosen by nodes from place i on until it holds k, then hands out subnets.
func (t *Timing) choose(i, k int, chosen []string, yield func(Outcome) bool) bool {
	if len(chosen) == k {
		return t.fill(0, chosen, make([][]int, len(t.Subnets)), yield)
	}
	for ; len(t.Nodes)-i >= k-len(chosen); i++ {
		if !t.choose(i+1, k, append(chosen, t.Nodes[i]), yield) {
			return false
		}
	}
	return true
}

// fill assigns places of range f to the chosen nodes.
func (t *Timing) fill(f int, chosen []string, places [][]int, yield func(Outcome) bool) bool {
	if f == len(t.Subnets) {
		out := Outcome{}
		for i, n := range chosen {
			for g, at := range places {
				out[n] = append(out[n], t.Subnets[g][at[i]])
			}
		}
		return yield(out)
	}
	if f > 0 && t.Paired {
		places[f] = places[0]
		return t.fill(f+1, chosen, places, yield)
	}
	of := len(chosen)
	if t.skips(f) {
		of = len(t.Subnets[f])
	}
	if t.Paired { // a place that all ranges have
		for _, list := range t.Subnets {
			of = min(of, len(list))
		}
	}
	at := make([]int, 0, len(chosen))
	var place func() bool
	place = func() bool {
		if len(at) == len(chosen) {
			places[f] = at
			return t.fill(f+1, chosen, places, yield)
		}
		for p := range of {
			if slices.Contains(at, p) {
				continue
			}
			at = append(at, p)
			if !place() {
				return false
			}
			at = at[:len(at)-1]
		}
		return true
	}
	return place()
}

// String says in one line what is open.
func (t *Timing) String() string {
	var b strings.Builder
	b.WriteString(strings.Join(t.Nodes, ", "))
	b.WriteString(": ")
	b.WriteString(t.Why)
	return b.String()
}
