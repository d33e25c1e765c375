package plan

import (
	"cmp"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
)

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
