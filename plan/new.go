package plan

import (
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// New returns a plan for r, or an error: a [*RequestError] if r does not make sense, an [*InfeasibleError] if no plan
// exists. r is not changed.
//
// New is complete: it finds a plan whenever one exists. What the request needs is a list of block sizes for each family,
// and [cidr.Space.Fits] says exactly whether the free blocks hold such a list; every preference below is followed only
// while the rest still fits.
//
//   - What is given (Hosts, Pins) stays where it is. With Grow, its neighbours are kept free as far as they are.
//   - Ranges of Prefer are taken where they are free and large enough, before those that follow.
//   - 10.96.0.0/12 for services and 10.244.0.0/16 for pods, the defaults of kubeadm and flannel, are kept whole where they
//     are free and large enough; with Grow, services get the part of 10.96.0.0/12 that can double so many times. A request
//     that needs a larger pod range gets the one around 10.244.0.0. If the whole default is not free, a range of the size
//     that is needed goes to its base. Hosts without a range get a /24 or larger at 10.0.0.0.
//   - IPv6 ranges are laid out in the first /48 of the space: hosts at subnet 0 (a /64), services at subnet 4000 (a /112),
//     pods at subnet 8000 (256 node subnets), or larger as needed.
//   - Ranges with names (Named) are as large as they have to be, for IPv6 a /64 where there is room.
//   - Everything else is cut, largest first, from the smallest free block that holds it, at its lowest address, so that
//     large free blocks survive; public addresses and ranges that popular software takes on a host (docker0, libvirt) come last.
//
// The result depends on r alone.
func New(r Request) (*Plan, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	spaces := spaceCache{}
	p, e := spaces.solve(r)
	if e != nil {
		e.Relaxations = relax(r, e, spaces)
		return nil, e
	}
	return p, nil
}

// solve is New without relaxations, for a request that was checked.
func (c spaceCache) solve(r Request) (*Plan, *InfeasibleError) {
	r = r.WithDefaults()
	p := &Plan{Request: r, Families: slices.Clone(r.Families)}
	fail := &InfeasibleError{Request: r}
	byRole := map[fact.Role][]Range{}
	for _, f := range r.Families {
		s := newFamilySolver(&p.Request, f, c)
		fail.Conflicts = slices.AppendSeq(fail.Conflicts, s.conflicts())
		s.run()
		fail.Limits = append(fail.Limits, s.limits...)
		if s.shortage != nil {
			fail.Shortages = append(fail.Shortages, s.shortage)
		}
		for _, x := range s.ranges {
			byRole[x.Role] = append(byRole[x.Role], x)
		}
		if f == fact.IPv4 {
			p.NodeMaskIPv4 = s.mask
		} else {
			p.NodeMaskIPv6 = s.mask
		}
	}
	if len(fail.Conflicts)+len(fail.Limits) > 0 {
		fail.Shortages = nil // fixed ranges that are wrong come first: the space changes with them
	}
	if len(fail.Conflicts)+len(fail.Limits)+len(fail.Shortages) > 0 {
		return nil, fail
	}
	for _, role := range r.roles() {
		p.Ranges = append(p.Ranges, byRole[role]...)
	}
	for _, q := range p.Services() {
		if a, ok := cidr.Nth(q, 1); ok {
			p.APIServerServiceIPs = append(p.APIServerServiceIPs, a)
		}
		if a, ok := cidr.Nth(q, 10); ok {
			p.DNSServiceIPs = append(p.DNSServiceIPs, a)
		}
	}
	p.Warnings = p.warnings()
	return p, nil
}

// feasible reports whether a plan exists for r, at much less than the cost of making it.
func (c spaceCache) feasible(r Request) bool {
	if r.Check() != nil {
		return false
	}
	r = r.WithDefaults()
	return !slices.ContainsFunc(r.Families, func(f fact.Family) bool { return !c.feasibleIn(r, f) })
}

// feasibleIn reports whether r, which was checked and has its defaults, can be planned in family f.
func (c spaceCache) feasibleIn(r Request, f fact.Family) bool {
	s := newFamilySolver(&r, f, c)
	for range s.conflicts() {
		return false
	}
	fits, _ := s.prepare()
	return fits
}

// A spaceCache holds for each family the free space that was needed last. Relaxations are found by judging many requests,
// most of which differ in numbers alone, and with thousands of ranges to be avoided their space is what takes time.
type spaceCache map[fact.Family]*openSpace

// An openSpace is what is free in the blocks to draw from beside claims. It is not changed.
type openSpace struct {
	within []netip.Prefix
	claims []Claim
	*cidr.Space
}

// open returns the space of what is free in within beside claims, which it keeps.
func (c spaceCache) open(f fact.Family, within []netip.Prefix, claims []Claim) (*openSpace, error) {
	same := func(a, b Claim) bool { return a.Prefix == b.Prefix }
	if o := c[f]; o != nil && slices.Equal(o.within, within) && slices.EqualFunc(o.claims, claims, same) {
		return o, nil
	}
	space, err := cidr.NewSpace(within...)
	if err != nil {
		return nil, err
	}
	taken := make([]netip.Prefix, len(claims))
	for i, x := range claims {
		taken[i] = x.Prefix
	}
	if err := space.Exclude(taken...); err != nil {
		return nil, err
	}
	c[f] = &openSpace{within, claims, space}
	return c[f], nil
}
