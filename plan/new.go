package plan

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// New returns a plan for r, or an error: a [*RequestError] if r does not make sense, an [*InfeasibleError] if no plan
// exists. r is not changed.
//
// New is complete: it finds a plan whenever one exists. What the request needs is a list of block sizes for each family,
// and [cidr.Space.Fits] says exactly whether the free blocks hold such a list; every preference below is followed only
// while the rest still fits.
//
//   - What is given (Hosts, Pins) stays where it is. With Grow, its neighbours are kept free as far as they are.
//   - 10.96.0.0/12 for services and 10.244.0.0/16 for pods, the defaults of kubeadm and flannel, are kept whole where they
//     are free and large enough; with Grow, services get the part of 10.96.0.0/12 that can double so many times. A request
//     that needs a larger pod range gets the one around 10.244.0.0. If the whole default is not free, a range of the size
//     that is needed goes to its base. Hosts without a range get a /24 or larger at 10.0.0.0.
//   - IPv6 ranges are laid out in the first /48 of the space: hosts at subnet 0 (a /64), services at subnet 4000 (a /112),
//     pods at subnet 8000 (256 node subnets), or larger as needed.
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
	p.Ranges = slices.Concat(byRole[fact.RoleHosts], byRole[fact.RoleServices], byRole[fact.RolePods])
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
	for _, x := range claims {
		if err := space.Occupy(x.Prefix); err != nil && !errors.Is(err, cidr.ErrOutside) {
			return nil, err
		}
	}
	c[f] = &openSpace{within, claims, space}
	return c[f], nil
}

// A familySolver places the ranges of one family.
type familySolver struct {
	req    *Request // with defaults
	family fact.Family
	claims []Claim // what the request fixes: pins and hosts, then what is to be avoided
	spaces spaceCache

	space   *cidr.Space // shared with others until run clones it
	demands []*demand   // not placed yet
	mask    int

	ranges   []Range
	limits   []*LimitError
	shortage *Shortage
}

// A demand is a range that has to be placed.
type demand struct {
	role     fact.Role
	needs    int    // prefix length of the smallest range that serves
	shortest int    // prefix length that the range may not grow beyond
	sizing   string // arithmetic behind needs
	roomy    int    // prefix length that is preferred where there is room, at most needs
	familiar []familiarRange
}

// A familiarRange is one that operators know, and why.
type familiarRange struct {
	prefix netip.Prefix
	why    string
}

// block returns the prefix length of a range of length bits together with the neighbours that it needs to grow.
func (d *demand) block(bits, grow int) int { return min(bits, max(bits-grow, d.shortest)) }

func newFamilySolver(r *Request, f fact.Family, c spaceCache) *familySolver {
	s := &familySolver{req: r, family: f, spaces: c}
	var hosts []Claim
	for _, p := range r.Hosts {
		if fact.FamilyOf(p) == f {
			hosts = append(hosts, Claim{Prefix: p, Role: fact.RoleHosts, By: "hosts"})
		}
	}
	for _, p := range r.Pins {
		if fact.FamilyOf(p.Prefix) != f {
			continue
		}
		c := Claim{Prefix: p.Prefix, Role: p.Role, By: "pin " + string(p.Role), Pin: true}
		if p.Role == fact.RoleHosts {
			hosts = append(hosts, c)
		} else if !slices.Contains(s.claims, c) {
			s.claims = append(s.claims, c)
		}
	}
	// A hosts' range inside another one says nothing new.
	for i, c := range hosts {
		if !slices.ContainsFunc(hosts[:i], func(h Claim) bool { return cidr.Contains(h.Prefix, c.Prefix) }) &&
			!slices.ContainsFunc(hosts[i+1:], func(h Claim) bool { return h.Prefix != c.Prefix && cidr.Contains(h.Prefix, c.Prefix) }) {
			s.claims = append(s.claims, c)
		}
	}
	for _, a := range r.Avoid {
		if fact.FamilyOf(a.Prefix) == f {
			s.claims = append(s.claims, Claim{Prefix: a.Prefix, Role: fact.RoleReserved, By: a.Name})
		}
	}
	return s
}

// fixed returns the claims of a role.
func (s *familySolver) fixed(role fact.Role) []Claim {
	var out []Claim
	for _, c := range s.claims {
		if c.Role == role {
			out = append(out, c)
		}
	}
	return out
}

// conflicts returns the pairs of claims that contradict each other: fixed ranges of different roles that overlap, and
// service and pod ranges that overlap what is to be avoided. Hosts may lie in what is to be avoided (they are part of
// somebody's network), and what is to be avoided may overlap as it likes.
func (s *familySolver) conflicts() iter.Seq[*ConflictError] {
	return func(yield func(*ConflictError) bool) {
		for i, a := range s.claims {
			if a.Role == fact.RoleReserved {
				break // they are the last
			}
			for _, b := range s.claims[i+1:] {
				if a.Role == b.Role || !a.Prefix.Overlaps(b.Prefix) ||
					a.Role == fact.RoleHosts && b.Role == fact.RoleReserved {
					continue
				}
				if !yield(&ConflictError{A: a, B: b, Overlap: longer(a.Prefix, b.Prefix)}) {
					return
				}
			}
		}
	}
}

// longer returns the smaller of two ranges, the first if they are of one size.
func longer(p, q netip.Prefix) netip.Prefix {
	if q.Bits() > p.Bits() {
		return q
	}
	return p
}

// prepare says what has to be placed, opens the space for it and decides the node mask. fits is false where no plan exists:
// short is the certificate then, or nil where limits say why.
func (s *familySolver) prepare() (fits bool, short error) {
	s.addServices()
	s.addHosts()
	pods := s.addPods()
	if len(s.limits) > 0 {
		return false, nil
	}
	open, err := s.spaces.open(s.family, s.within(), s.claims)
	if err != nil {
		s.limits = append(s.limits, &LimitError{Family: s.family, Reason: err.Error()})
		return false, nil
	}
	s.space = open.Space
	for _, mask := range s.masks(pods) {
		s.setMask(pods, mask)
		if short = s.fits(s.demands); short == nil {
			return true, nil
		}
	}
	return false, short
}

// run places everything, or says why that is impossible.
func (s *familySolver) run() {
	fits, short := s.prepare()
	if short != nil {
		s.reportShortage(short)
	}
	if !fits {
		return
	}
	s.space = s.space.Clone()
	s.keepNeighbours()
	s.placeFamiliar()
	s.placeBest()
	slices.SortStableFunc(s.ranges, func(a, b Range) int { return cmp.Compare(roleOrder(a.Role), roleOrder(b.Role)) })
}

func roleOrder(r fact.Role) int {
	return slices.Index([]fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods}, r)
}

// given adds the range of a claim that is fixed.
func (s *familySolver) given(c Claim, needs int, sizing string) {
	why := "given"
	if c.Pin {
		why = "pinned"
	}
	s.ranges = append(s.ranges, Range{Role: c.Role, Prefix: c.Prefix, Given: true, Grow: c.Prefix, Needs: needs, Sizing: sizing, Why: why})
}

func (s *familySolver) limit(role fact.Role, p netip.Prefix, want, limit int, format string, args ...any) {
	s.limits = append(s.limits, &LimitError{Role: role, Family: s.family, Prefix: p, Want: want, Limit: limit, Reason: fmt.Sprintf(format, args...)})
}

func (s *familySolver) addServices() {
	f, shortest := s.family, s.req.shortestFor(fact.RoleServices, s.family, 0)
	needs, sizing := s.req.serviceNeeds(f)
	if servicesLimited(f, s.req.Kubernetes) && needs < f.Bits()-maxServiceBitsIPv6 {
		s.limit(fact.RoleServices, netip.Prefix{}, needs, f.Bits()-maxServiceBitsIPv6,
			"before v1.33 no more than 65,535 addresses of an IPv6 range are handed out: %s", sizing)
		return
	}
	pinned := s.fixed(fact.RoleServices)
	for _, c := range pinned {
		switch b := c.Prefix.Bits(); {
		case b > needs:
			s.limit(fact.RoleServices, c.Prefix, needs, b, "/%d or larger is needed, it is a /%d: %s", needs, b, sizing)
		case b < shortest:
			s.limit(fact.RoleServices, c.Prefix, needs, shortest,
				"/%d is the largest that kubeadm takes (20 bits), it is a /%d; use a /%d to /%d", shortest, b, shortest, needs)
		}
		s.given(c, needs, sizing)
	}
	if len(pinned) > 0 {
		return
	}
	if needs < shortest {
		s.limit(fact.RoleServices, netip.Prefix{}, needs, shortest, "/%d is the largest that kubeadm takes (20 bits), /%d is needed: %s", shortest, needs, sizing)
		return
	}
	d := &demand{role: fact.RoleServices, needs: needs, shortest: shortest, sizing: sizing, roomy: needs}
	if f == fact.IPv4 {
		whole := shortest + s.req.Grow
		if whole <= needs {
			why := "kubeadm's default service range"
			if s.req.Grow > 0 {
				why = "can double into kubeadm's default service range"
			}
			d.familiar = append(d.familiar, familiarRange{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 96}), whole), why})
		}
		d.familiar = append(d.familiar, familiarRange{supernet(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 96}), 32), needs), "at the base of kubeadm's default service range"})
	} else {
		d.roomy = min(needs, max(112, shortest+s.req.Grow))
		d.familiar = s.layout(0x4000, d.roomy, needs)
	}
	s.demands = append(s.demands, d)
}

// layout returns the ranges at a subnet of the first /48 to draw from, none if no block is so large.
func (s *familySolver) layout(subnet uint16, lengths ...int) []familiarRange {
	for _, w := range s.req.Within {
		if fact.FamilyOf(w) != s.family || w.Bits() > 48 {
			continue
		}
		a := w.Addr().As16()
		a[6], a[7] = byte(subnet>>8), byte(subnet)
		var out []familiarRange
		for _, n := range slices.Compact(slices.Clone(lengths)) {
			if p := supernet(netip.PrefixFrom(netip.AddrFrom16(a), 128), n); p.IsValid() {
				out = append(out, familiarRange{p, fmt.Sprintf("at subnet %x of %v", subnet, supernet(w, min(w.Bits(), 48)))})
			}
		}
		return out
	}
	return nil
}

func (s *familySolver) addHosts() {
	needs, sizing := s.req.hostNeeds(s.family)
	if given := s.fixed(fact.RoleHosts); len(given) > 0 {
		for _, c := range given {
			s.given(c, c.Prefix.Bits(), "")
		}
		return
	}
	if needs < 1 {
		s.limit(fact.RoleHosts, netip.Prefix{}, needs, 1, "more than the address space: %s", sizing)
		return
	}
	d := &demand{role: fact.RoleHosts, needs: needs, sizing: sizing}
	if s.family == fact.IPv4 {
		d.roomy = min(needs, 24)
		for _, n := range slices.Compact([]int{d.roomy, needs}) {
			why := "the first of 10.0.0.0/8"
			if n < 8 {
				why = "around 10.0.0.0/8"
			}
			d.familiar = append(d.familiar, familiarRange{supernet(netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 32), n), why})
		}
	} else {
		d.roomy = min(needs, 64)
		d.familiar = s.layout(0, d.roomy, needs)
	}
	s.demands = append(s.demands, d)
}

// addPods adds the demand for pods, whose size setMask decides, or the pinned range with its mask.
func (s *familySolver) addPods() *demand {
	r, f := s.req, s.family
	longest := r.derivedNodeMask(f)
	asked := r.nodeMask(f)
	if asked > 0 {
		if n := uint64(r.PodsPerNode + nodeOverhead(f)); log2ceil(n) > f.Bits()-asked {
			s.limit(fact.RolePods, netip.Prefix{}, f.Bits()-log2ceil(n), asked,
				"a node subnet of /%d holds %v pods at a time, %s are asked for; use a node mask of /%d or shorter, or fewer pods per node",
				asked, Count{f.Bits() - asked, uint64(nodeOverhead(f))}, words.Commas(r.PodsPerNode), f.Bits()-log2ceil(n))
			return nil
		}
		longest = asked
	}
	nodeBits := r.nodeBits()
	if pinned := s.fixed(fact.RolePods); len(pinned) > 0 {
		for _, c := range pinned {
			b := c.Prefix.Bits()
			s.mask = s.pinnedMask(c.Prefix, longest, asked)
			needs, sizing := r.podNeeds(f, s.mask)
			s.given(c, needs, sizing)
			switch {
			case b > f.Bits()-minHostBits:
				s.limit(fact.RolePods, c.Prefix, f.Bits()-minHostBits, b, "kubeadm takes /%d or larger (14 addresses)", f.Bits()-minHostBits)
			case b > needs:
				most := "not even one node subnet"
				if s.mask >= b {
					most = words.Plural(1<<(s.mask-b), "node subnet")
				}
				s.limit(fact.RolePods, c.Prefix, needs, b, "/%d or larger is needed, it is a /%d with %s: %s; %s",
					needs, b, most, sizing, r.nodeMaskSizing(f, s.mask))
			case s.mask-b > maxNodeBits && limitsPodRange(f, r.Kubernetes):
				s.limit(fact.RolePods, c.Prefix, s.mask-maxNodeBits, b,
					"at most %d bits may lie between pod range and node subnet, /%d to /%d are %d; use a /%d or longer, or a node mask of /%d or shorter",
					maxNodeBits, b, s.mask, s.mask-b, s.mask-maxNodeBits, b+maxNodeBits)
			case b < r.shortestFor(fact.RolePods, f, s.mask):
				s.limit(fact.RolePods, c.Prefix, r.shortestFor(fact.RolePods, f, s.mask), b,
					"at most %d bits may lie between pod range and node subnet, for which kubeadm %v takes a /%d whatever it is; use a /%d or longer",
					maxNodeBits, r.Kubernetes, defaultNodeMask(f), defaultNodeMask(f)-maxNodeBits)
			}
		}
		return nil
	}
	if nodeBits > maxNodeBits && limitsPodRange(f, r.Kubernetes) || longest-nodeBits < 1 {
		needs, sizing := r.podNeeds(f, longest)
		s.limit(fact.RolePods, netip.Prefix{}, needs, max(longest-maxNodeBits, 0),
			"at most %d bits may lie between pod range and node subnet, which is %s nodes; asked for are %s",
			maxNodeBits, words.Commas(1<<maxNodeBits), sizing)
		return nil
	}
	if needs, sizing := r.podNeeds(f, longest); r.nodeMaskUnread() && needs < r.shortestFor(fact.RolePods, f, longest) {
		s.limit(fact.RolePods, netip.Prefix{}, needs, r.shortestFor(fact.RolePods, f, longest),
			"at most %d bits may lie between pod range and node subnet, for which kubeadm %v takes a /%d whatever it is; asked for are %s",
			maxNodeBits, r.Kubernetes, defaultNodeMask(f), sizing)
		return nil
	}
	d := &demand{role: fact.RolePods}
	s.demands = append(s.demands, d)
	return d
}

// pinnedMask returns the node mask for a pod range that is fixed: longest, or what the limit of 16 bits makes of it; for
// IPv6 64 where that serves.
func (s *familySolver) pinnedMask(p netip.Prefix, longest, asked int) int {
	if asked > 0 {
		return asked
	}
	mask := longest
	if limitsPodRange(s.family, s.req.Kubernetes) {
		mask = min(mask, p.Bits()+maxNodeBits)
	}
	if s.family == fact.IPv6 {
		for _, m := range niceMasks() {
			if m <= mask && m-p.Bits() >= s.req.nodeBits() {
				return m
			}
		}
	}
	return mask
}

// niceMasks returns the IPv6 node masks from 64 on, the preferred first: 64, then those that end at a byte, at a hexadecimal digit, anywhere.
func niceMasks() []int {
	out := []int{64}
	for _, step := range []int{8, 4, 1} {
		for m := 65; m <= 128; m++ {
			if m%step == 0 && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// masks returns the node masks to try, the preferred first, the one that needs least last.
func (s *familySolver) masks(pods *demand) []int {
	longest := s.req.derivedNodeMask(s.family)
	switch {
	case pods == nil:
		return []int{s.mask}
	case s.family == fact.IPv4:
		return []int{cmp.Or(s.req.NodeMaskIPv4, longest)}
	case s.req.NodeMaskIPv6 > 0:
		return []int{s.req.NodeMaskIPv6}
	}
	var out []int
	for _, m := range niceMasks() {
		if m >= 64 && m < longest {
			out = append(out, m)
		}
	}
	return append(out, longest)
}

// setMask decides the node mask and with it the size of the pod range.
func (s *familySolver) setMask(pods *demand, mask int) {
	s.mask = mask
	if pods == nil {
		return
	}
	f := s.family
	pods.needs, pods.sizing = s.req.podNeeds(f, mask)
	pods.sizing = s.req.nodeMaskSizing(f, mask) + "; " + pods.sizing
	pods.shortest = s.req.shortestFor(fact.RolePods, f, mask)
	pods.roomy = pods.needs
	pods.familiar = nil
	if f == fact.IPv6 {
		pods.roomy = min(pods.needs, max(mask-8, pods.shortest+s.req.Grow))
		pods.familiar = s.layout(0x8000, pods.roomy, pods.needs)
		return
	}
	base := netip.AddrFrom4([4]byte{10, 244})
	// As large as the default, unless it could not double so many times then.
	bits := min(pods.needs, max(16, pods.shortest+s.req.Grow))
	why := "flannel's default network"
	switch {
	case bits < 16:
		why = "around flannel's default network"
	case bits > 16:
		why = "at the base of flannel's default network"
	}
	pods.familiar = append(pods.familiar, familiarRange{supernet(netip.PrefixFrom(base, 32), bits), why})
	if pods.needs > bits {
		pods.familiar = append(pods.familiar, familiarRange{netip.PrefixFrom(base, pods.needs), "at the base of flannel's default network"})
	}
}

// within returns the blocks to draw from.
func (s *familySolver) within() []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(s.req.Within), func(p netip.Prefix) bool { return fact.FamilyOf(p) != s.family })
}

// fits reports whether demands fit in what is free, neighbours for growth included: nil if they do.
func (s *familySolver) fits(demands []*demand) error {
	blocks := make([]int, len(demands))
	for i, d := range demands {
		blocks[i] = d.block(d.needs, s.req.Grow)
	}
	return s.space.Fits(blocks...)
}

// take occupies block if it is free and if demands still fit beside it.
func (s *familySolver) take(block netip.Prefix, demands []*demand) bool {
	if !s.space.IsFree(block) || s.space.Occupy(block) != nil {
		return false
	}
	if s.fits(demands) == nil {
		return true
	}
	// Cannot fail: it was occupied a moment ago.
	_ = s.space.Release(block)
	return false
}

// keepNeighbours keeps the neighbours of given ranges free for growth, as far as they are free and everything else fits.
func (s *familySolver) keepNeighbours() {
	for i := range s.ranges {
		r := &s.ranges[i]
		shortest := s.req.shortestFor(r.Role, s.family, s.mask)
		for range s.req.Grow {
			next, ok := cidr.Parent(r.Grow)
			buddy, _ := cidr.Buddy(r.Grow)
			if !ok || next.Bits() < shortest || r.Role == fact.RoleServices && next.Addr() != r.Prefix.Addr() || !s.take(buddy, s.demands) {
				break
			}
			r.Grow = next
		}
	}
}

// without returns the demands but d.
func (s *familySolver) without(d *demand) []*demand {
	return slices.DeleteFunc(slices.Clone(s.demands), func(x *demand) bool { return x == d })
}

// place records that d got p in block, for the reason why.
func (s *familySolver) place(d *demand, p, block netip.Prefix, why string) {
	s.ranges = append(s.ranges, Range{Role: d.role, Prefix: p, Grow: block, Needs: d.needs, Sizing: d.sizing, Why: why})
	s.demands = s.without(d)
}

// placeFamiliar places what can have a range that operators know.
func (s *familySolver) placeFamiliar() {
	for _, role := range []fact.Role{fact.RoleServices, fact.RolePods, fact.RoleHosts} {
		for _, d := range s.demands {
			if d.role != role {
				continue
			}
			for _, c := range d.familiar {
				// Services have to stay at the base of what they grow into: 10.96.0.0 and subnet 4000 begin every block
				// that is not larger than the largest service range.
				block := supernet(c.prefix, d.block(c.prefix.Bits(), s.req.Grow))
				if s.take(block, s.without(d)) {
					s.place(d, c.prefix, block, c.why)
					break
				}
			}
			break
		}
	}
}

// placeBest places the rest, the largest first, each in the smallest free block that holds it.
func (s *familySolver) placeBest() {
	for len(s.demands) > 0 {
		d := slices.MinFunc(s.demands, func(a, b *demand) int {
			return cmp.Compare(a.block(a.needs, s.req.Grow), b.block(b.needs, s.req.Grow))
		})
		rest := s.without(d)
		for _, bits := range slices.Compact([]int{d.roomy, d.needs}) {
			block, loud, ok := s.best(d.block(bits, s.req.Grow))
			if ok && s.take(block, rest) {
				s.place(d, netip.PrefixFrom(block.Addr(), bits), block, s.whyBest(d, block, loud))
				break
			}
		}
		if slices.Contains(s.demands, d) {
			// Cannot happen: the demands fit, and serving the largest first keeps it so (cidr.Space.Fits).
			s.limit(d.role, netip.Prefix{}, d.needs, d.needs, "%v", errUnplaced)
			return
		}
	}
}

// errUnplaced would mean that Fits and Alloc contradict each other.
var errUnplaced = errors.New("a range that fits could not be placed; please report this request")

// best returns the best block of length bits that is free: in private space beside the ranges that popular software takes on a
// host by default if there is one, then anywhere beside these, then anywhere. loud says that it meets one of them.
func (s *familySolver) best(bits int) (p netip.Prefix, loud, ok bool) {
	p, err := s.space.Peek(bits)
	if err != nil {
		return netip.Prefix{}, false, false
	}
	avoided := quietlyAvoided()
	if check.IsPrivate(p) && !slices.ContainsFunc(avoided, p.Overlaps) {
		return p, false, true
	}
	var private []netip.Prefix
	for _, q := range check.PrivateRanges() {
		private = slices.AppendSeq(private, s.space.Within(q))
	}
	// Cannot fail: these are blocks of one space.
	privateSpace, _ := cidr.NewSpace(private...)
	for _, quiet := range []*cidr.Space{privateSpace, s.space.Clone()} {
		for _, q := range avoided {
			// A range outside of the space takes nothing of it.
			_ = quiet.Occupy(q)
		}
		if q, err := quiet.Peek(bits); err == nil {
			return q, false, true
		}
	}
	return p, true, true
}

// whyBest says why d got block and not a range that operators know.
func (s *familySolver) whyBest(d *demand, block netip.Prefix, loud bool) string {
	why := fmt.Sprintf("the lowest /%d in the smallest free block that holds one", block.Bits())
	if loud {
		why += ", although addresses in it have another use by default"
	}
	if len(d.familiar) > 0 {
		p := d.familiar[0].prefix
		why += fmt.Sprintf("; %v is passed over: %s", p, s.obstacle(p))
	}
	return why
}

// obstacle says what keeps p from being used.
func (s *familySolver) obstacle(p netip.Prefix) string {
	for _, c := range s.claims {
		if c.Prefix.Overlaps(p) {
			return c.String()
		}
	}
	for _, r := range s.ranges {
		if r.Grow.Overlaps(p) {
			return fmt.Sprintf("%s %v", r.Role, r.Grow)
		}
	}
	if !slices.ContainsFunc(cidr.Merge(s.req.Within...), func(q netip.Prefix) bool { return cidr.Contains(q, p) }) {
		return "not in the space to draw from"
	}
	return "the other ranges would not fit beside it"
}

// maxTrials limits how many obstacles are tried one by one.
const maxTrials = 64

// reportShortage says what is short, and what is in the way.
func (s *familySolver) reportShortage(err error) {
	sh := &Shortage{Family: s.family, Err: err, Within: cidr.Merge(s.within()...)}
	for _, d := range s.demands {
		sh.Wanted = append(sh.Wanted, Demand{Role: d.role, Bits: d.block(d.needs, s.req.Grow), Why: d.sizing})
	}
	slices.SortStableFunc(sh.Wanted, func(a, b Demand) int { return cmp.Compare(a.Bits, b.Bits) })
	for _, c := range s.claims {
		if slices.ContainsFunc(sh.Within, c.Prefix.Overlaps) {
			sh.InTheWay = append(sh.InTheWay, Obstacle{Claim: c})
		}
	}
	slices.SortStableFunc(sh.InTheWay, func(a, b Obstacle) int {
		return cmp.Or(cmp.Compare(a.Prefix.Bits(), b.Prefix.Bits()), a.Prefix.Addr().Compare(b.Prefix.Addr()))
	})
	s.space = s.space.Clone()
	for i := range min(len(sh.InTheWay), maxTrials) {
		o := &sh.InTheWay[i]
		o.Helps = s.helps(o.Claim)
	}
	slices.SortStableFunc(sh.InTheWay, func(a, b Obstacle) int {
		switch {
		case a.Helps == b.Helps:
			return 0
		case a.Helps:
			return -1
		}
		return 1
	})
	s.shortage = sh
}

// helps reports whether what has to be placed would fit if claim c were given up.
func (s *familySolver) helps(c Claim) bool {
	// These cannot fail: c overlaps the space to draw from, and what does not is outside of it.
	_ = s.space.Release(c.Prefix)
	for _, other := range s.claims {
		if other != c && other.Prefix.Overlaps(c.Prefix) {
			_ = s.space.Occupy(other.Prefix)
		}
	}
	ok := s.fits(s.demands) == nil
	_ = s.space.Occupy(c.Prefix)
	return ok
}
