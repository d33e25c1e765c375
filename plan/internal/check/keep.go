package check

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A Candidate is a node whose subnets are right but for those of other nodes.
type Candidate struct {
	Node nodeipam.InventoryNode
	Held []netip.Prefix
}

// Agrees reports whether flannel on the host uses the subnets that the Node object names.
func (c Candidate) Agrees() bool {
	return len(c.Node.SubnetEnv) > 0 && !slices.ContainsFunc(c.Node.SubnetEnv, func(p netip.Prefix) bool { return !slices.Contains(c.Held, p) })
}

// evidence says how far the host itself bears out what the Node object names: more is better. Each of subnet.env, the host's links and
// the routes of others counts for it, or against it where it shows other subnets; what is not known counts for nothing.
func (c Candidate) evidence() int {
	n := 0
	if len(c.Node.SubnetEnv) > 0 {
		n--
		if c.Agrees() {
			n += 2
		}
	}
	if len(c.Node.Links) > 0 {
		n--
		if c.LinksAgree() {
			n += 2
		}
	}
	if len(c.Node.Routes) > 0 {
		n--
		if slices.ContainsFunc(c.Node.Routes, func(p netip.Prefix) bool { return slices.Contains(c.Held, p) }) {
			n += 2
		}
	}
	return n
}

// LinksAgree reports whether every link of the host has an address of the subnets that the Node object names.
func (c Candidate) LinksAgree() bool {
	return !slices.ContainsFunc(c.Node.Links, func(p netip.Prefix) bool {
		return !slices.ContainsFunc(c.Held, func(q netip.Prefix) bool { return holdsSubnet(p, q) })
	})
}

// OtherBridge reports whether cni0 has an address of another subnet.
func (c Candidate) OtherBridge() bool {
	return slices.ContainsFunc(c.Node.Links, func(p netip.Prefix) bool { return !p.IsSingleIP() && !slices.Contains(c.Held, p) })
}

const (
	// LargestExact is the number of overlapping nodes up to which the best choice is searched for where subnets of
	// several sizes and families overlap; that problem has no quick solution in general.
	LargestExact = 24
	// largestPreferred is the number of overlapping nodes up to which, among the largest choices, the preferred is sought.
	largestPreferred = 200
)

// KeepMost says which candidates may keep their subnets, so that no two that overlap do and as many as possible do. Among equal choices those are
// preferred whose subnet.env, links and routes agree, then those with the first names. exact reports that more are impossible.
func KeepMost(list []Candidate) (keep []bool, exact bool) {
	keep = make([]bool, len(list))
	exact = true
	for _, group := range Components(list) {
		if len(group) == 1 {
			keep[group[0]] = true
			continue
		}
		slices.SortFunc(group, func(a, b int) int { return Preferred(list[a], list[b]) })
		var chosen []int
		switch {
		case equalOrDisjoint(list, group):
			chosen = matching(list, group)
		case len(group) <= LargestExact:
			chosen = independent(list, group)
		default:
			chosen = greedy(list, group)
			exact = false
		}
		for _, i := range chosen {
			keep[i] = true
		}
	}
	return keep, exact
}

// Preferred orders candidates: those first whose subnet.env, links and routes bear them out, then by name.
func Preferred(a, b Candidate) int {
	return cmp.Or(b.evidence()-a.evidence(), strings.Compare(a.Node.Name, b.Node.Name))
}

// Components returns the parts of list that overlap, directly or by way of others, each once.
func Components(list []Candidate) [][]int {
	parent := make([]int, len(list))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	type entry struct {
		p    netip.Prefix
		node int
	}
	var all []entry
	for i, c := range list {
		for _, p := range c.Held {
			all = append(all, entry{p, i})
		}
	}
	// Prefixes are nested or disjoint: in this order a prefix follows those that contain it, and the last one that does not
	// contain it ends before it.
	slices.SortFunc(all, func(a, b entry) int { return cidrorder.Compare(a.p, b.p) })
	var open []entry
	for _, e := range all {
		for len(open) > 0 && !open[len(open)-1].p.Overlaps(e.p) {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			parent[find(e.node)] = find(open[len(open)-1].node)
		}
		open = append(open, e)
	}
	place := map[int]int{}
	var out [][]int
	for i := range list {
		root := find(i)
		k, ok := place[root]
		if !ok {
			k = len(out)
			place[root] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}

// Conflict reports whether two candidates overlap.
func Conflict(a, b Candidate) bool {
	for _, p := range a.Held {
		for _, q := range b.Held {
			if p.Overlaps(q) {
				return true
			}
		}
	}
	return false
}

// equalOrDisjoint reports whether the subnets of the group overlap only where they are equal, and each node holds at most two.
// A choice is then a matching: nodes are the edges between their first and their second subnet.
func equalOrDisjoint(list []Candidate, group []int) bool {
	var bits [2]int // 0: none seen yet; no node's subnet is that short
	for _, i := range group {
		if len(list[i].Held) > 2 {
			return false
		}
		for f, p := range list[i].Held {
			if bits[f] > 0 && bits[f] != p.Bits() {
				return false
			}
			bits[f] = p.Bits()
		}
	}
	return true
}

// matching returns a largest part of the group in which no subnet occurs twice. The group is sorted by preference.
func matching(list []Candidate, group []int) []int {
	most := augment(list, group)
	if len(group) > largestPreferred {
		return most
	}
	// A node is kept if a largest choice holds it together with those that are kept already.
	var fixed []int
	for k, i := range group {
		if clash(list, fixed, i) {
			continue
		}
		rest := make([]int, 0, len(group))
		for _, j := range group[k+1:] {
			if !clash(list, fixed, j) && !clash(list, []int{i}, j) {
				rest = append(rest, j)
			}
		}
		if len(fixed)+1+len(augment(list, rest)) == len(most) {
			fixed = append(fixed, i)
		}
	}
	return fixed
}

// clash reports whether candidate i holds a subnet of one of set.
func clash(list []Candidate, set []int, i int) bool {
	for _, j := range set {
		for f, p := range list[i].Held {
			if f < len(list[j].Held) && list[j].Held[f] == p {
				return true
			}
		}
	}
	return false
}

// augment finds a largest matching by augmenting paths: first subnets on one side, second ones on the other; a node that
// holds one subnet has a second of its own.
func augment(list []Candidate, group []int) []int {
	type side struct {
		p    netip.Prefix // the second subnet, invalid where there is none
		node int          // counts there alone
	}
	second := func(i int) side {
		if len(list[i].Held) > 1 {
			return side{p: list[i].Held[1]}
		}
		return side{node: i}
	}
	edges := map[netip.Prefix][]int{}
	var firsts []netip.Prefix
	for _, i := range group {
		p := list[i].Held[0]
		if edges[p] == nil {
			firsts = append(firsts, p)
		}
		edges[p] = append(edges[p], i)
	}
	matched := map[side]int{} // the node that takes a second subnet
	var try func(p netip.Prefix, seen map[side]bool) bool
	try = func(p netip.Prefix, seen map[side]bool) bool {
		for _, i := range edges[p] {
			s := second(i)
			if seen[s] {
				continue
			}
			seen[s] = true
			if j, ok := matched[s]; !ok || try(list[j].Held[0], seen) {
				matched[s] = i
				return true
			}
		}
		return false
	}
	for _, p := range firsts {
		try(p, map[side]bool{})
	}
	var out []int
	for _, i := range matched {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

// independent returns a largest part of the group in which no two are adjacent, by branch and bound; of several, the first in
// the order of the group.
func independent(list []Candidate, group []int) []int {
	var best []int
	var search func(left, chosen []int)
	search = func(left, chosen []int) {
		if len(chosen)+len(left) <= len(best) {
			return
		}
		if len(left) == 0 {
			best = slices.Clone(chosen)
			return
		}
		i := left[0]
		rest := slices.DeleteFunc(slices.Clone(left[1:]), func(j int) bool { return Conflict(list[i], list[j]) })
		search(rest, append(slices.Clone(chosen), i))
		search(left[1:], chosen)
	}
	search(group, nil)
	return best
}

// greedy returns a part of the group in which no two are adjacent and to which none can be added.
func greedy(list []Candidate, group []int) []int {
	var chosen []int
	free := map[fact.Family]*cidr.Space{}
	for f, all := range map[fact.Family]string{fact.IPv4: "0.0.0.0/0", fact.IPv6: "::/0"} {
		free[f], _ = cidr.NewSpace(netip.MustParsePrefix(all))
	}
	for _, i := range group {
		if slices.ContainsFunc(list[i].Held, func(p netip.Prefix) bool { return !free[fact.FamilyOf(p)].IsFree(p) }) {
			continue
		}
		chosen = append(chosen, i)
		for _, p := range list[i].Held {
			_ = free[fact.FamilyOf(p)].Occupy(p) // it is inside: all addresses are
		}
	}
	return chosen
}
