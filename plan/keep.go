package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// checkPods checks the number of pods in all.
func (r *Request) checkPods() error {
	switch {
	case r.Pods < 0:
		return &RequestError{Field: "pods", Value: strconv.Itoa(r.Pods), Reason: "must be 1 or more; 0 stands for no number"}
	case r.Pods > maxCount:
		return &RequestError{Field: "pods", Value: strconv.Itoa(r.Pods), Reason: fmt.Sprintf("must be %d or less", maxCount)}
	case r.Nodes > 0 && r.PodsPerNode > 0 && r.Pods > r.Nodes*r.PodsPerNode:
		return &RequestError{Field: "pods", Value: strconv.Itoa(r.Pods), Reason: fmt.Sprintf("%s with %s each have room for %s; ask for more of either, or leave one out",
			words.Plural(r.Nodes, "node"), words.Plural(r.PodsPerNode, "pod"), words.Commas(r.Nodes*r.PodsPerNode))}
	case r.Pods > maxPodsPerNode && r.Nodes > 0 && (r.Pods+r.Nodes-1)/r.Nodes > maxPodsPerNode:
		return &RequestError{Field: "pods", Value: strconv.Itoa(r.Pods), Reason: fmt.Sprintf("more than %d on a node", maxPodsPerNode)}
	}
	return nil
}

// checkKeep checks what is kept. A role that is pinned too has a pin that contains it.
func (r *Request) checkKeep() error {
	if err := r.checkRoles("keep", r.Keep); err != nil {
		return err
	}
	for i, k := range r.Keep {
		for _, p := range r.Pins {
			if p.Role == k.Role && p.Role != fact.RoleHosts && fact.FamilyOf(p.Prefix) == fact.FamilyOf(k.Prefix) && !cidr.Contains(p.Prefix, k.Prefix) {
				return &RequestError{Field: fmt.Sprintf("keep[%d]", i), Value: k.String(), Reason: fmt.Sprintf("pin %v does not contain it; leave one out", p)}
			}
		}
	}
	return nil
}

// checkHeld checks what nodes hold: subnets of a family that is planned, no two of which overlap, and not more than nodes.
func (r *Request) checkHeld() error {
	if r.HeldCount < 0 || r.HeldCount > maxCount {
		return &RequestError{Field: "held", Value: strconv.Itoa(r.HeldCount), Reason: fmt.Sprintf("must be 0 to %d", maxCount)}
	}
	if err := r.checkPrefixes("held", r.Held); err != nil {
		return err
	}
	sorted := slices.Clone(r.Held)
	slices.SortFunc(sorted, cidrorder.Compare)
	for i := 1; i < len(sorted); i++ { // of ranges that nest, one follows one that contains it
		if sorted[i-1].Overlaps(sorted[i]) {
			return &RequestError{Field: "held", Value: sorted[i].String(), Reason: fmt.Sprintf("overlaps %v: two nodes cannot hold the same addresses; fix the cluster first", sorted[i-1])}
		}
	}
	if n := r.heldNodes(); r.Nodes > 0 && r.Nodes < n {
		return &RequestError{Field: "nodes", Value: strconv.Itoa(r.Nodes), Reason: fmt.Sprintf("%s are registered already; ask for %d or more", words.Plural(n, "node"), n)}
	}
	return nil
}

// heldNodes returns how many nodes are registered: HeldCount, or as many as hold a subnet in the family that has most of them.
func (r *Request) heldNodes() int {
	n := [2]int{}
	for _, h := range r.Held {
		if fact.FamilyOf(h) == fact.IPv6 {
			n[1]++
		} else {
			n[0]++
		}
	}
	return max(r.HeldCount, n[0], n[1])
}

// held returns the subnets of family f that nodes hold.
func (r *Request) held(f fact.Family) []netip.Prefix {
	var out []netip.Prefix
	for _, h := range r.Held {
		if fact.FamilyOf(h) == f {
			out = append(out, h)
		}
	}
	return out
}

// heldMask returns the length of all subnets of family f that nodes hold, 0 if there are none or they differ.
func (r *Request) heldMask(f fact.Family) int {
	mask := 0
	for _, h := range r.held(f) {
		if mask != 0 && mask != h.Bits() {
			return 0
		}
		mask = h.Bits()
	}
	return mask
}

// lives reports whether the pods of family f are those of a living cluster, whose node mask is permanent.
func (r *Request) lives(f fact.Family) bool {
	return r.heldMask(f) > 0 || slices.ContainsFunc(r.Keep, func(k Pin) bool { return k.Role == fact.RolePods && fact.FamilyOf(k.Prefix) == f })
}

// keptClaims returns the claims of what is kept in the family, widened to what the request needs. hosts says that it has others.
func (s *familySolver) keptClaims(hosts bool) []Claim {
	var out []Claim
	several := hosts
	for i, k := range s.req.Keep {
		for _, q := range s.req.Keep[:i] {
			several = several || k.Role == fact.RoleHosts && q.Role == fact.RoleHosts && q.Prefix != k.Prefix && fact.FamilyOf(q.Prefix) == fact.FamilyOf(k.Prefix)
		}
	}
	for _, k := range s.req.Keep {
		if fact.FamilyOf(k.Prefix) != s.family {
			continue
		}
		c := Claim{Prefix: k.Prefix, Role: k.Role, By: "keep " + string(k.Role), Kept: k.Prefix}
		switch k.Role {
		case fact.RolePods:
			c.Prefix = s.widenPods(k.Prefix)
		case fact.RoleHosts:
			if needs, _ := s.req.hostNeeds(s.family); !several && needs > 0 {
				c.Prefix = supernet(k.Prefix, min(k.Prefix.Bits(), needs))
			}
		}
		if !slices.Contains(out, c) && !slices.ContainsFunc(s.claims, func(p Claim) bool { return p.Role == k.Role && k.Role != fact.RoleHosts }) {
			out = append(out, c)
		}
	}
	return out
}

// keptMask returns the node mask of the pod range k, which is kept.
func (s *familySolver) keptMask(k netip.Prefix) int {
	r, f := s.req, s.family
	if mask := r.nodeMask(f); mask > 0 {
		return mask
	}
	if mask := r.heldMask(f); mask > 0 {
		return mask
	}
	mask := defaultNodeMask(f)
	if k.Bits() <= mask && log2ceil(uint64(r.PodsPerNode+nodeOverhead(f))) <= f.Bits()-mask && (mask-k.Bits() <= maxNodeBits || !limitsPodRange(f, r.Kubernetes)) {
		return mask
	}
	return s.pinnedMask(k, r.derivedNodeMask(f), 0)
}

// widenPods returns the smallest range that contains k, holds what nodes hold and has a subnet for every node, or k itself if there is none.
func (s *familySolver) widenPods(k netip.Prefix) netip.Prefix {
	mask := s.keptMask(k)
	needs, _ := s.req.podNeeds(s.family, mask)
	for b := min(k.Bits(), needs); b >= 0; b-- {
		q := supernet(k, b)
		if s.req.holdsHeld(q) && s.req.nodesIn(q, mask) >= uint64(s.req.Nodes+s.req.Surge) {
			return q
		}
	}
	return k
}

// holdsHeld reports whether all subnets of its family that nodes hold lie in q.
func (r *Request) holdsHeld(q netip.Prefix) bool {
	return !slices.ContainsFunc(r.Held, func(h netip.Prefix) bool { return fact.FamilyOf(h) == fact.FamilyOf(q) && !cidr.Contains(q, h) })
}

// nodesIn returns how many nodes have a subnet in q, those that hold one of another length than mask included: they keep that, and
// every subnet that it meets is lost to others. It is the largest uint64 where that cannot count them.
func (r *Request) nodesIn(q netip.Prefix, mask int) uint64 {
	d := mask - q.Bits()
	switch {
	case d < 0:
		return 0
	case d > 62:
		return 1<<64 - 1
	}
	total, met := uint64(1)<<d, uint64(0)
	var last netip.Prefix // of length mask
	held := r.held(fact.FamilyOf(q))
	slices.SortFunc(held, cidrorder.Compare)
	n := uint64(0)
	for _, h := range held {
		if !cidr.Contains(q, h) {
			continue
		}
		n++
		if h.Bits() <= mask {
			met += 1 << (mask - h.Bits())
		} else if b := supernet(h, mask); b != last {
			met++
			last = b
		}
	}
	return total - met + n
}

// outside returns the first block that k takes in on its way to q which is not in the space to draw from. ok is false if there is none.
func (s *familySolver) outside(k, q netip.Prefix) (p netip.Prefix, ok bool) {
	if k == q {
		return netip.Prefix{}, false
	}
	var b netipx.IPSetBuilder
	for _, w := range s.req.Within {
		b.AddPrefix(w)
	}
	space, err := b.IPSet()
	for p := k; p != q; p, _ = cidr.Parent(p) {
		if beside, has := cidr.Buddy(p); !has || err != nil || !space.ContainsPrefix(beside) {
			return beside, true
		}
	}
	return netip.Prefix{}, false
}

// checkKept adds the limits that keep a range from being widened, beside what claims it: the edge of the space, nodes that hold subnets of another length.
func (s *familySolver) checkKept() {
	r, f := s.req, s.family
	for _, c := range s.claims {
		if !c.Kept.IsValid() {
			continue
		}
		if p, ok := s.outside(c.Kept, c.Prefix); ok {
			s.limit(c.Role, c.Kept, c.Prefix.Bits(), c.Kept.Bits(), "widening it to %v takes %v, which is not in the space to draw from (%s)",
				c.Prefix, p, words.JoinPrefixes(s.within()))
		}
	}
	if held, asked := r.heldMask(f), r.nodeMask(f); held > 0 && asked > 0 && held != asked {
		s.limit(fact.RolePods, netip.Prefix{}, held, asked, "%s, and a node mask of /%d beside them leads to overlaps as soon as a node is deleted; "+
			"use /%d, or register every node again", holdEach(len(r.held(f)), held), asked, held)
	}
	for _, c := range s.fixed(fact.RolePods) {
		for _, h := range r.held(f) {
			if !cidr.Contains(c.Prefix, h) {
				s.limit(fact.RolePods, c.Prefix, 0, c.Prefix.Bits(), "a node holds %v, which lies outside: kube-controller-manager does not start with such a node", h)
				break
			}
		}
	}
}

// holdEach returns "1 node holds a /24" or "2 nodes hold a /24 each".
func holdEach(n, mask int) string {
	if n == 1 {
		return fmt.Sprintf("1 node holds a /%d", mask)
	}
	return fmt.Sprintf("%s hold a /%d each", words.Plural(n, "node"), mask)
}
