package plan

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/overlaps"
	"github.com/kubecidr/kubecidr/plan/fact"
)

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
	for _, c := range s.keptClaims(len(hosts) > 0) {
		if c.Role == fact.RoleHosts {
			hosts = append(hosts, c)
		} else {
			s.claims = append(s.claims, c)
		}
	}
	s.claims = append(s.claims, s.namedClaims()...)
	// A hosts' range inside another one says nothing new.
	known := overlaps.New(func(yield func(int, netip.Prefix) bool) {
		for i, c := range hosts {
			if !yield(i, c.Prefix) {
				return
			}
		}
	})
	for i, c := range hosts {
		if !known.Contained(c.Prefix, i) {
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
			if a.Role == fact.RoleHosts || a.Role == fact.RoleReserved {
				break // they are the last, and contradict nothing among them
			}
			for _, b := range s.claims[i+1:] {
				if a.Role == b.Role || !a.Prefix.Overlaps(b.Prefix) {
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
	s.addNamed()
	s.checkKept()
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
	roles := s.req.roles()
	slices.SortStableFunc(s.ranges, func(a, b Range) int { return cmp.Compare(slices.Index(roles, a.Role), slices.Index(roles, b.Role)) })
}

// given adds the range of a claim that is fixed.
func (s *familySolver) given(c Claim, needs int, sizing string) {
	why := "given"
	switch {
	case c.Pin:
		why = "pinned"
	case c.Kept == c.Prefix:
		why = "kept as it is"
	case c.Kept.IsValid():
		why = fmt.Sprintf("the smallest range that suffices and contains %v, which is kept", c.Kept)
	}
	s.ranges = append(s.ranges, Range{Role: c.Role, Prefix: c.Prefix, Kept: c.Kept, Given: !c.Kept.IsValid() || c.Kept == c.Prefix, Grow: c.Prefix,
		Needs: needs, Sizing: sizing, Why: why})
}

func (s *familySolver) limit(role fact.Role, p netip.Prefix, want, limit int, format string, args ...any) {
	s.limits = append(s.limits, &LimitError{Role: role, Family: s.family, Prefix: p, Want: want, Limit: limit, Reason: fmt.Sprintf(format, args...)})
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

// without returns the demands but d.
func (s *familySolver) without(d *demand) []*demand {
	return slices.DeleteFunc(slices.Clone(s.demands), func(x *demand) bool { return x == d })
}
