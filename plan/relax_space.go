package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// tryWidening tries to draw from more. Where both families are short, each gets the first that serves it.
func (x *relaxer) tryWidening() {
	both := change{}
	for _, s := range x.e.Shortages {
		wider := x.widenings(s)
		for _, c := range wider {
			if len(x.e.Shortages) == 1 {
				x.try(c)
			}
		}
		if len(wider) == 0 {
			return
		}
		both = both.and(wider[0])
	}
	if len(x.e.Shortages) > 1 {
		x.try(both)
	}
}

// maxWidened is how many blocks to draw from are widened, the largest: each is tried in several lengths.
const maxWidened = 8

// widenings returns changes that serve the family that is short: the smallest widening of a block, another private
// range, another ULA.
func (x *relaxer) widenings(s *Shortage) []change {
	var out []change
	serves := func(c change) bool {
		r := c.make(x.orig.clone())
		return r.Check() == nil && x.spaces.feasibleIn(r.WithDefaults(), s.Family)
	}
	blocks := s.Within
	if len(blocks) > maxWidened {
		blocks = slices.Clone(blocks)
		slices.SortStableFunc(blocks, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
		blocks = blocks[:maxWidened]
	}
	for _, w := range blocks {
		i := slices.IndexFunc(check.PrivateRanges(), func(q netip.Prefix) bool { return cidr.Contains(q, w) })
		if i < 0 {
			continue
		}
		shortest := check.PrivateRanges()[i].Bits()
		if s.Family == fact.IPv6 {
			shortest = 48 // RFC 4193: what is before belongs to others
		}
		steps := w.Bits() - shortest
		n := 1 + sort.Search(steps, func(i int) bool { return serves(x.widen(s, w, i+1)) })
		if n > steps {
			continue
		}
		c := x.widen(s, w, n)
		c.text = widenText(s, supernet(w, w.Bits()-n))
		if !slices.ContainsFunc(out, func(o change) bool { return o.text == c.text }) {
			out = append(out, c)
		}
	}
	for _, q := range x.furtherSpace(s.Family) {
		if slices.ContainsFunc(s.Within, q.Overlaps) {
			continue
		}
		loss := 5.0
		if q.Bits() == 10 {
			loss = 7 // shared with the provider (RFC 6598)
		}
		c := change{fmt.Sprintf("draw from %v as well", q), loss, func(r Request) Request {
			r = x.spaceNamed(r, s.Family)
			r.Within = append(r.Within, q)
			return r
		}}
		if serves(c) {
			out = append(out, c)
		}
	}
	return out
}

// widen returns the change, without its text, that draws from a block step bits shorter than w, in place of what lies
// in it.
func (x *relaxer) widen(s *Shortage, w netip.Prefix, step int) change {
	wider := supernet(w, w.Bits()-step)
	return change{loss: 3 + 0.2*float64(step), make: func(q Request) Request {
		q = x.spaceNamed(q, s.Family)
		q.Within = slices.DeleteFunc(q.Within, func(x netip.Prefix) bool { return cidr.Contains(wider, x) })
		q.Within = append(q.Within, wider)
		return q
	}}
}

// widenText says what is drawn from instead of what.
func widenText(s *Shortage, wider netip.Prefix) string {
	var old []string
	for _, q := range s.Within {
		if cidr.Contains(wider, q) {
			old = append(old, q.String())
		}
	}
	if n := len(old) - maxCauses; n > 0 {
		old = append(old[:maxCauses], words.Commas(n)+" more")
	}
	return fmt.Sprintf("draw from %v instead of %s", wider, strings.Join(old, " and "))
}

// furtherSpace returns private space that one can always draw from.
func (x *relaxer) furtherSpace(f fact.Family) []netip.Prefix {
	if f == fact.IPv6 {
		return []netip.Prefix{ULA(x.e.Request.Name), ULA(x.e.Request.Name + "/2")}
	}
	return slices.DeleteFunc(check.PrivateRanges(), func(p netip.Prefix) bool { return fact.FamilyOf(p) != f })
}

// spaceNamed returns r with the space to draw from spelt out for family f, so that more can be added to it.
func (x *relaxer) spaceNamed(r Request, f fact.Family) Request {
	if !slices.ContainsFunc(r.Within, func(p netip.Prefix) bool { return fact.FamilyOf(p) == f }) {
		q := r.WithDefaults()
		r.Within = append(r.Within, q.defaultWithin(f)...)
	}
	return r
}
