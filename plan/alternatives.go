package plan

import (
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// An AlternativeKind says in what an alternative differs from the plan. The zero value names no kind.
type AlternativeKind string

const (
	AlternativeBlock    AlternativeKind = "block"    // it draws from another private block
	AlternativeDefault  AlternativeKind = "default"  // a range that kubeadm or flannel takes by itself stays as it is
	AlternativeNodeMask AlternativeKind = "nodeMask" // the subnets of the nodes are of half or of twice the size
	AlternativeFamilies AlternativeKind = "families" // one family in place of both, or both in place of one
)

// An Alternative is a plan that was not chosen: what it differs in, and what comes of it. The zero Alternative has no
// kind.
type Alternative struct {
	Kind     AlternativeKind
	Prefix   netip.Prefix  // AlternativeBlock: to draw from; AlternativeDefault: the range that is kept
	Role     fact.Role     // AlternativeDefault: of Prefix
	Families []fact.Family // AlternativeFamilies: in order; otherwise the one family that differs
	NodeMask int           // AlternativeNodeMask: prefix length of a node's subnet
	Holds    int           // AlternativeNodeMask: pods of a node that its subnet has addresses enough for, those that come and go included

	Plan *Plan            // nil where none exists
	Err  *InfeasibleError // why none exists, without relaxations; nil beside a plan
}

// Alternatives returns what else could have been planned for the request of p, each tried: other private blocks, the
// defaults of kubeadm and flannel, other node subnets, and the other number of families. What the request fixes stays
// fixed, so that there are fewer, or none, where it fixes much. The order is that of the kinds above, and the result
// depends on p.Request and p.Ranges alone.
func (p *Plan) Alternatives() []Alternative {
	r := p.Request
	if len(p.Families) == 0 || r.Check() != nil {
		return nil
	}
	t := alternatives{p: p, spaces: spaceCache{}}
	for _, f := range p.Families {
		if f == fact.IPv4 && t.chosen(f, "") {
			t.blocks(f)
			t.defaults(f)
		}
	}
	for _, f := range p.Families {
		if t.chosen(f, fact.RolePods) && r.nodeMask(f) == 0 && r.heldMask(f) == 0 {
			t.masks(f)
		}
	}
	t.families()
	return t.out
}

// alternatives collects what else could be planned.
type alternatives struct {
	p      *Plan
	spaces spaceCache
	out    []Alternative
}

// chosen reports whether the plan chose a range of family f and of a role, of any role if that is "".
func (t *alternatives) chosen(f fact.Family, role fact.Role) bool {
	return slices.ContainsFunc(t.p.Ranges, func(r Range) bool {
		return r.Family() == f && (role == "" || r.Role == role) && !r.Given && !r.Kept.IsValid()
	})
}

// add plans q and adds what comes of it.
func (t *alternatives) add(a Alternative, q Request) {
	if q.Check() != nil {
		return
	}
	a.Plan, a.Err = t.spaces.solve(q)
	t.out = append(t.out, a)
}

// blocks tries the private blocks that hold no chosen range of the plan.
func (t *alternatives) blocks(f fact.Family) {
	for _, block := range check.PrivateRanges() {
		if fact.FamilyOf(block) != f || slices.ContainsFunc(t.p.Ranges, func(r Range) bool { return !r.Given && r.Prefix.Overlaps(block) }) {
			continue
		}
		q := t.p.Request.clone()
		q.Within = append(slices.DeleteFunc(q.Within, func(w netip.Prefix) bool { return fact.FamilyOf(w) == f }), block)
		t.add(Alternative{Kind: AlternativeBlock, Prefix: block, Families: []fact.Family{f}}, q)
	}
}

// defaults tries the ranges that kubeadm, and the manifest of flannel, take where nobody says otherwise:
// cmd/kubeadm/app/apis/kubeadm/v1beta4 DefaultServicesSubnet, v1.37.2; Documentation/kube-flannel.yml, v0.28.10.
func (t *alternatives) defaults(f fact.Family) {
	for _, d := range []Pin{
		{fact.RoleServices, cidr.MustParse("10.96.0.0/12")},
		{fact.RolePods, cidr.MustParse("10.244.0.0/16")},
	} {
		if own, ok := t.p.Range(d.Role, f); ok && t.chosen(f, d.Role) && own.Prefix != d.Prefix {
			q := t.p.Request.clone()
			q.Pins = append(q.Pins, d)
			t.add(Alternative{Kind: AlternativeDefault, Prefix: d.Prefix, Role: d.Role, Families: []fact.Family{f}}, q)
		}
	}
}

// masks tries node subnets of half and of twice the size.
func (t *alternatives) masks(f fact.Family) {
	for _, mask := range []int{t.p.NodeMask(f) + 1, t.p.NodeMask(f) - 1} {
		if mask < 0 || mask > f.Bits() { // of a plan made by hand
			continue
		}
		q := t.p.Request.clone()
		if f == fact.IPv4 {
			q.NodeMaskIPv4 = mask
		} else {
			q.NodeMaskIPv6 = mask
		}
		t.add(Alternative{Kind: AlternativeNodeMask, Families: []fact.Family{f}, NodeMask: mask, Holds: podsHeld(&q, f, mask)}, q)
	}
}

// families tries the primary family alone where there are two, and both where there is one.
func (t *alternatives) families() {
	q := t.p.Request.clone()
	q.Families = []fact.Family{t.p.Families[0]}
	if len(t.p.Families) == 1 {
		other := fact.IPv6
		if t.p.Families[0] == fact.IPv6 {
			other = fact.IPv4
		}
		q.Families = append(q.Families, other)
	}
	t.add(Alternative{Kind: AlternativeFamilies, Families: q.Families}, q)
}
