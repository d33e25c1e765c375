package netdist

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/source"
)

// A ProblemID names a kind of problem inside one network. It is stable.
type ProblemID string

const (
	// PoolOverlap: two pools of one network share addresses.
	PoolOverlap ProblemID = "pool-overlap"
	// PoolTooSmall: a pool is smaller than what one node gets of it.
	PoolTooSmall ProblemID = "pool-smaller-than-node-block"
	// PoolBlockLimit: what one node gets is larger or smaller than the network takes.
	PoolBlockLimit ProblemID = "pool-node-block-refused"
	// PoolUsesMixed: one pool is for load balancers and for pods.
	PoolUsesMixed ProblemID = "pool-uses-mixed"
	// PoolLinkLocal: a pool lies among link-local addresses.
	PoolLinkLocal ProblemID = "pool-link-local"
	// RangeTooSmall: a hidden range does not hold an address for each node that the pods have room for.
	RangeTooSmall ProblemID = "hidden-range-too-small"
)

// A Problem is what is wrong with the ranges of one network, whatever else the cluster says.
type Problem struct {
	ID        ProblemID
	Warning   bool // it works, or may: not an error
	Range     Range
	Other     *Range // the range that it meets
	Limit     int    // a prefix length, or a power of two, by ID
	RefusedBy string // the program that does not take it, "" where none does
	Log       string // part of the line that it writes
	Source    string // upstream
}

// mostProblems is how many problems of one network are told.
const mostProblems = 100

// problems returns what is wrong inside n, in the order of its ranges.
func problems(row *Row, n Network) []Problem {
	out := mixedPools(n)
	for _, r := range n.Ranges {
		if len(out) < mostProblems {
			out = append(out, blockProblems(row, r)...)
		}
	}
	out = append(out, overlaps(row, n)...)
	out = append(out, tooSmall(row, n)...)
	return out[:min(len(out), mostProblems)]
}

// blockProblems compares the size of a node's part with its range.
func blockProblems(row *Row, r Range) []Problem {
	if r.Use != Pods || len(r.Prefixes) != 1 || r.Disabled {
		return nil
	}
	p := r.Prefixes[0]
	l := row.Limits
	make1 := func(id ProblemID, limit int, log string) []Problem {
		return []Problem{{ID: id, Range: r, Limit: limit, RefusedBy: l.By, Log: log, Source: l.Source}}
	}
	if row.Name == "calico" && (netip.MustParsePrefix("169.254.0.0/16").Overlaps(p) ||
		netip.MustParsePrefix("fe80::/10").Overlaps(p)) && p.Bits() > 1 {
		return make1(PoolLinkLocal, 0, "link local")
	}
	lo, hi := l.MinBlock4, l.MaxBlock4
	if r.IPv6() {
		lo, hi = l.MinBlock6, l.MaxBlock6
	}
	switch b := r.BlockSize; {
	case b == 0:
	case lo > 0 && b < lo:
		return make1(PoolBlockLimit, lo, l.TooLarge)
	case hi > 0 && b > hi, b > p.Addr().BitLen():
		return make1(PoolBlockLimit, hi, l.TooLarge)
	case b < p.Bits(), b == p.Bits() && l.Longer:
		return make1(PoolTooSmall, p.Bits(), l.TooLarge)
	case l.MaxDiff6 > 0 && r.IPv6() && b-p.Bits() > l.MaxDiff6:
		return make1(PoolBlockLimit, p.Bits()+l.MaxDiff6, l.TooFar)
	}
	return nil
}

// overlaps finds pools of n that share addresses. The same pool may be shown by several objects: equal ranges are two
// pools only where both have a name and a key alike.
func overlaps(row *Row, n Network) []Problem {
	var ps []netip.Prefix
	var of []int
	for i, r := range n.Ranges {
		if r.Use != Pods && r.Use != LoadBalancers && r.Use != Egress || r.Where != "" || r.Disabled {
			continue
		}
		for _, p := range r.Prefixes {
			if p.IsValid() && !p.Addr().Is4In6() {
				ps, of = append(ps, p.Masked()), append(of, i)
			}
		}
	}
	type pair struct{ i, j int }
	var pairs []pair
	looked := 0
	for a, b := range cidr.Overlaps(ps) {
		if looked++; looked > 64*mostProblems || len(pairs) >= mostProblems {
			break
		}
		i, j := min(of[a], of[b]), max(of[a], of[b])
		if i != j && twoPools(n.Ranges[i], n.Ranges[j], row) && !slices.Contains(pairs, pair{i, j}) {
			pairs = append(pairs, pair{i, j})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.i != b.i {
			return a.i - b.i
		}
		return a.j - b.j
	})
	var out []Problem
	for _, q := range pairs {
		other := n.Ranges[q.i]
		out = append(out, Problem{
			ID: PoolOverlap, Range: n.Ranges[q.j], Other: &other, RefusedBy: row.Limits.By, Log: row.Limits.Overlap,
			Source: row.Limits.Source,
		})
	}
	return out
}

// twoPools reports whether a and b, which overlap, are two pools and have to keep clear of each other.
func twoPools(a, b Range, row *Row) bool {
	if a.Default || b.Default {
		return false
	}
	if row.Name == "ovn-kubernetes" && a.Use == b.Use && a.OnDemand && b.OnDemand {
		return false // networks of one's own may overlap each other
	}
	if row.Name == "kube-ovn" && (a.Key == "spec.ips") != (b.Key == "spec.ips") {
		return false // an IPPool is cut from its subnet
	}
	if slices.Equal(a.Prefixes, b.Prefixes) {
		return a.Key == b.Key && a.Name != b.Name && a.Name != "" && b.Name != ""
	}
	// The old default pool in the environment beside the pools of today.
	return a.Key == b.Key || a.Use != b.Use
}

// tooSmall compares the join and transit ranges of OVN-Kubernetes with the nodes that the pods have room for, as the
// operator does: openshift/cluster-network-operator pkg/network/ovn_kubernetes.go.
func tooSmall(row *Row, n Network) []Problem {
	if row.Name != "ovn-kubernetes" {
		return nil
	}
	var out []Problem
	for _, h := range n.Ranges {
		if h.Use != Hidden || h.Name != "join" && h.Name != "transit" || len(h.Prefixes) != 1 || h.IPv6() {
			continue
		}
		room := h.Prefixes[0].Addr().BitLen() - h.Prefixes[0].Bits()
		for _, r := range n.Ranges {
			if nodes, ok := r.BlocksLog2(); r.Use == Pods && !r.OnDemand && ok && !r.IPv6() && nodes > room {
				pods := r
				out = append(out, Problem{
					ID: RangeTooSmall, Range: h, Other: &pods, Limit: nodes, RefusedBy: "cluster-network-operator",
					Log:    "is not large enough for the maximum number of nodes which can be supported by ClusterNetwork",
					Source: "openshift/cluster-network-operator pkg/network/ovn_kubernetes.go",
				})
				break
			}
		}
	}
	return out
}

// checkUses notes a pool whose allowedUses cannot go together: projectcalico/calico
// libcalico-go/lib/clientv3/ippool.go.
func checkUses(pool []Range, uses *source.Node) {
	if uses == nil || len(uses.Items) < 2 {
		return
	}
	mixed := slices.ContainsFunc(uses.Items, func(u *source.Node) bool { return u.Str() == "LoadBalancer" })
	for i := range pool {
		pool[i].MixedUses = mixed
	}
}

// mixedPools returns the problems of pools with uses that cannot go together.
func mixedPools(n Network) []Problem {
	var out []Problem
	for _, r := range n.Ranges {
		if r.MixedUses {
			out = append(out, Problem{
				ID: PoolUsesMixed, Range: r, RefusedBy: "calico",
				Source: "projectcalico/calico libcalico-go/lib/clientv3/ippool.go",
			})
		}
	}
	return out
}

// Message says what p is in one sentence, lower case, without position.
func (p Problem) Message() string {
	name := p.Range.label()
	switch p.ID {
	case PoolOverlap:
		return fmt.Sprintf("%s overlaps %s: both hand out the same addresses", name, p.Other.label())
	case PoolTooSmall:
		return fmt.Sprintf("%s is smaller than what each node gets of it: a node's part is a /%d, the range a /%d", name,
			p.Range.BlockSize, p.Limit)
	case PoolBlockLimit:
		return fmt.Sprintf("%s is cut into parts of /%d, at which %s stops: /%d is the limit", name, p.Range.BlockSize,
			p.RefusedBy, p.Limit)
	case PoolUsesMixed:
		return fmt.Sprintf("%s is for load balancers and for pods or tunnels at the same time: give each a pool of its own",
			name)
	case PoolLinkLocal:
		return fmt.Sprintf("%s lies among link-local addresses, which no pool may hold", name)
	case RangeTooSmall:
		return fmt.Sprintf("%s holds 2^%d addresses, the pods %s leave room for 2^%d nodes: each needs an address of it",
			name, p.Range.Prefixes[0].Addr().BitLen()-p.Range.Prefixes[0].Bits(), p.Other.Text, p.Limit)
	}
	return name
}

// Fix says what to do about p, in lower case.
func (p Problem) Fix() string {
	switch p.ID {
	case PoolOverlap:
		return "remove one of the two, or give it a range of its own"
	case PoolTooSmall:
		return fmt.Sprintf("take a range of /%d or larger, or smaller parts", max(p.Range.BlockSize-1, 0))
	case PoolBlockLimit:
		return fmt.Sprintf("set the size of a node's part to /%d, or take another range", p.Limit)
	case RangeTooSmall:
		return fmt.Sprintf("take a range of 2^%d addresses or more", p.Limit)
	case PoolLinkLocal:
		return "take a range of private addresses"
	}
	return "split it into two pools"
}

// label names a range in a sentence: `pool blue (10.0.0.0/16)`.
func (r Range) label() string {
	switch {
	case r.Name != "" && r.Use == Hidden:
		return fmt.Sprintf("the %s range %s", r.Name, r.Text)
	case r.Name != "":
		return fmt.Sprintf("pool %s (%s)", r.Name, r.Text)
	}
	return fmt.Sprintf("%s %s", r.Key, r.Text)
}
