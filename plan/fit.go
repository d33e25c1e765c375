package plan

import (
	"math"
	"slices"
	"sort"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Fit returns the plan with the most that fits in the space that r draws from: nodes first, then pods on a node, then
// services. What r asks for stays as it is; a number that it leaves out is as large as the rest leaves room for, in
// that order. Where not even one node fits with the 110 pods of a kubelet and twice the addresses, both bend if r does
// not ask for them: addresses first.
// The error is that of [New] for the least that could be planned.
func Fit(r Request) (*Plan, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return New(fitting(r, spaceCache{}))
}

// fitting returns r with the largest numbers that fit in place of those that are left out.
func fitting(r Request, spaces spaceCache) Request {
	r, q := r.clone(), r
	q = least(q)
	if !spaces.feasible(q) && r.Churn == 0 {
		q.Churn = 1
	}
	if r.PodsPerNode == 0 && r.Pods == 0 {
		set := func(n int) Request { q.PodsPerNode = n; return q }
		floor := q.WithDefaults().PodsPerNode
		if !spaces.feasible(q) {
			q = set(spaces.most(1, floor, set))
			floor = q.PodsPerNode
		}
		if r.Nodes == 0 {
			q = spaces.mostNodes(q)
		}
		// An IPv6 subnet holds what no node runs, so that there pods are as many as asked for or usual.
		if slices.Contains(q.planned(), fact.IPv4) {
			q = set(spaces.most(floor, mostPods(&q, floor), set))
		}
	} else if r.Nodes == 0 {
		q = spaces.mostNodes(q)
	}
	if r.Services == 0 {
		q = spaces.mostServices(q)
	}
	return q
}

// mostPods returns how many pods a node may have at most: where the node mask is fixed, as many as its subnet has
// addresses enough for.
func mostPods(r *Request, floor int) int {
	n := maxPodsPerNode
	for _, f := range r.planned() {
		if masks := tradedMasks(r, f); len(masks) == 1 {
			n = min(n, podsHeld(r, f, masks[0]))
		}
	}
	return max(n, floor)
}

// least returns r with the smallest numbers of nodes and services in place of those that are left out.
func least(r Request) Request {
	if r.Nodes == 0 && r.Pods == 0 {
		r.Nodes = max(1, r.heldNodes())
	}
	if r.Services == 0 {
		r.Services = 1
	}
	return r
}

// most returns the largest n from low to high for which at(n) is feasible, low if none is. Feasibility shrinks as n
// grows.
func (c spaceCache) most(low, high int, at func(int) Request) int {
	return max(low, low-1+sort.Search(high-low+1, func(i int) bool { return !c.feasible(at(low + i)) }))
}

func (c spaceCache) mostNodes(r Request) Request {
	if r.Pods > 0 { // pods in all are asked for, and pods on a node: the nodes follow
		return r
	}
	set := func(n int) Request { r.Nodes = n; return r }
	return set(c.most(r.Nodes, maxCount, set))
}

func (c spaceCache) mostServices(r Request) Request {
	set := func(n int) Request { r.Services = n; return r }
	return set(c.most(r.Services, maxCount, set))
}

// A Tradeoff is one way to divide the space that a request draws from: no other has more of one thing and no less of
// the others. The zero value holds nothing.
type Tradeoff struct {
	NodeMask    int // of the primary family
	Nodes       int
	PodsPerNode int // that have addresses enough, those that come and go included
	Services    int
	Request     Request // that plans it
}

// Tradeoffs returns how the space that r draws from can be divided, for each node mask with the most nodes, and then
// the most services, the largest node subnets first. What r asks for stays as it is. It is empty where nothing fits;
// the error is that of [Request.Check].
func Tradeoffs(r Request) ([]Tradeoff, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	spaces := spaceCache{}
	f := r.planned()[0]
	var out []Tradeoff
	for _, mask := range tradedMasks(&r, f) {
		q := least(r.clone())
		if f == fact.IPv4 {
			q.NodeMaskIPv4 = mask
		} else {
			q.NodeMaskIPv6 = mask
		}
		pods := podsHeld(&q, f, mask)
		if q.PodsPerNode == 0 && q.Pods == 0 {
			q.PodsPerNode = pods
		}
		if q.PodsPerNode > pods || !spaces.feasible(q) {
			continue
		}
		if r.Nodes == 0 {
			q = spaces.mostNodes(q)
		}
		if r.Services == 0 {
			q = spaces.mostServices(q)
		}
		d := q.WithDefaults()
		out = append(out, Tradeoff{mask, d.Nodes, pods, d.Services, q})
	}
	return slices.DeleteFunc(out, func(t Tradeoff) bool {
		return slices.ContainsFunc(out, func(u Tradeoff) bool {
			return u.NodeMask != t.NodeMask && u.Nodes >= t.Nodes && u.PodsPerNode >= t.PodsPerNode && u.Services >= t.Services &&
				(u.Nodes > t.Nodes || u.PodsPerNode > t.PodsPerNode || u.Services > t.Services)
		})
	}), nil
}

// tradedMasks returns the node masks that are compared: the one that is asked for or held, or those of any use.
func tradedMasks(r *Request, f fact.Family) []int {
	if r.nodeMask(f) > 0 {
		return []int{r.nodeMask(f)}
	}
	if r.heldMask(f) > 0 {
		return []int{r.heldMask(f)}
	}
	for _, k := range r.Keep {
		if k.Role == fact.RolePods && fact.FamilyOf(k.Prefix) == f {
			q := r.WithDefaults()
			return []int{newFamilySolver(&q, f, spaceCache{}).keptMask(k.Prefix)}
		}
	}
	if f == fact.IPv6 {
		return []int{56, 64, 72, 80, 96, 112, 120}
	}
	var out []int
	for mask := 16; mask <= 30; mask++ {
		out = append(out, mask)
	}
	return out
}

// podsHeld returns how many pods a node's subnet of length mask has addresses enough for, at most as many as a request
// may ask for.
func podsHeld(r *Request, f fact.Family, mask int) int {
	h := f.Bits() - mask
	if h > 30 {
		return maxPodsPerNode
	}
	churn := r.Churn
	if churn == 0 {
		churn = 2
	}
	return max(1, min(int(math.Floor(float64(uint64(1)<<h)/churn)), 1<<h-nodeOverhead(f), maxPodsPerNode))
}
