package plan

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

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

// keepNeighbours keeps the neighbours of given ranges free for growth, as far as they are free and everything else
// fits.
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

// best returns the best block of length bits that is free: in private space beside the ranges that popular software
// takes on a host by default if there is one, then anywhere beside these, then anywhere. loud says that it meets one of
// them.
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
