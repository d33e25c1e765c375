package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A telling is what a row of the matrix says where two facts do not agree. All of a row are one finding.
type telling struct {
	rule     fact.RuleID
	severity fact.Severity
	text     string // what follows from it, behind the two values
	fix      []string
	hosts    bool                      // both facts are about one host, or the second about each of several
	one      bool                      // of several values of one host, one that agrees is enough
	network  bool                      // both facts are of one network
	second   bool                      // the second fact is the one to change
	when     func(*checker) bool       // nil: always
	soft     func(*checker) bool       // reports whether it is a warning here, whatever severity says; nil: never
	skip     func(*checker, held) bool // leaves out a value of the first fact, nil: none
	counts   func([]held) bool         // reports whether values of the second fact are worth the comparison, nil: they are
	say      func([]hit) string        // says what does not agree, nil: each pair in turn
	mend     func(*checker, []hit) []string
}

// A hit is two values that do not agree.
type hit struct{ a, b held }

// passAgreements runs the comparisons whose rows in the agreement matrix say what to tell.
var passAgreements = rule{
	about: fact.Rule{ID: "agreements"},
	find:  (*checker).compareAgreements,
	after: []fact.RuleID{everything},
}

// compareAgreements walks the matrix.
func (c *checker) compareAgreements() {
	said := c.said()
	for _, row := range agreements() {
		t := row.tell
		if t == nil || t.when != nil && !t.when(c) {
			continue
		}
		as, bs := of(said, row.a), of(said, row.b)
		if t.skip != nil {
			as = slices.DeleteFunc(as, func(h held) bool { return t.skip(c, h) })
		}
		hits := row.hits(as, bs)
		if t.one {
			hits = row.alone(hits, as, bs)
		}
		if len(hits) > 0 {
			c.tellHits(row, hits)
		}
	}
}

// said returns what is stated of each kind, and in force.
func (c *checker) said() map[kinds][]held {
	out := map[kinds][]held{}
	for _, s := range c.all {
		k := kindOf(s)
		if k == 0 || s.Overridden || s.Default {
			continue
		}
		hs := heldBy(s)
		for _, a := range s.Addrs {
			if a = a.Unmap().WithZone(""); len(hs) == 0 && a.IsValid() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !a.IsUnspecified() {
				p := netip.PrefixFrom(a, a.BitLen())
				out[k] = append(out[k], held{s, p, p})
			}
		}
		out[k] = append(out[k], hs...)
	}
	return out
}

// of returns the values of a set of kinds, in the order of the kinds.
func of(said map[kinds][]held, set kinds) []held {
	var out []held
	for _, k := range allKinds() {
		if set&k != 0 {
			out = append(out, said[k]...)
		}
	}
	return out
}

// mostHits is how many values a finding of the matrix tells of.
const mostHits = 20

// hits returns the values that do not agree, each of as with the nearest of bs.
func (r agreement) hits(as, bs []held) []hit {
	switch {
	case r.must == distinct:
		return sharedBetweenHosts(as)
	case r.must == equal && r.a == r.b:
		return unlikeTheFirst(as)
	case r.tell.hosts:
		return r.hitsPerHost(as, bs)
	}
	return r.hitsAmong(as, bs)
}

// hitsAmong compares each of as with those of its family among bs: with all of them where they have to be apart, with any elsewhere.
func (r agreement) hitsAmong(as, bs []held) []hit {
	var out []hit
	if r.tell.counts != nil && !r.tell.counts(bs) {
		return nil
	}
	byFamily := map[fact.Family][]held{}
	for _, b := range distinctHeld(bs[:min(len(bs), mostRanges)]) {
		byFamily[fact.FamilyOf(b.p)] = append(byFamily[fact.FamilyOf(b.p)], b)
	}
	for _, a := range as {
		known := byFamily[fact.FamilyOf(a.p)]
		if r.tell.network {
			known = slices.DeleteFunc(slices.Clone(known), func(b held) bool { return b.s.Component != a.s.Component })
		}
		i := slices.IndexFunc(known, func(b held) bool { return r.agrees(a.p, b.p) })
		switch {
		case len(known) == 0 || len(out) == mostHits:
		case r.must == apart:
			if i = slices.IndexFunc(known, func(b held) bool { return !r.agrees(a.p, b.p) }); i >= 0 {
				out = append(out, hit{a, known[i]})
			}
		case i < 0:
			i = max(0, slices.IndexFunc(known, func(b held) bool { return !b.p.IsSingleIP() }))
			out = append(out, hit{a, known[i]})
		}
	}
	return out
}

// hitsPerHost compares values of one host with each other, and those of no host with every host's.
func (r agreement) hitsPerHost(as, bs []held) []hit {
	byHost := map[string][]held{}
	var hosts []string
	for _, b := range bs {
		h := shortHost(b.s.Host)
		if byHost[h] == nil {
			hosts = append(hosts, h)
		}
		byHost[h] = append(byHost[h], b)
	}
	ofHost := map[string][]held{}
	for _, a := range as {
		ofHost[shortHost(a.s.Host)] = append(ofHost[shortHost(a.s.Host)], a)
	}
	var out []hit
	for _, h := range hosts {
		mine := ofHost[h]
		if h != "" {
			mine = slices.Concat(mine, ofHost[""])
		}
		out = append(out, r.hitsAmong(mine, byHost[h])...)
		if len(out) >= mostHits {
			break
		}
	}
	return out
}

// agrees reports whether a and b, of one family, are what the row demands.
func (r agreement) agrees(a, b netip.Prefix) bool {
	switch r.must {
	case equal:
		return a == b
	case within:
		return cidr.Contains(b, a)
	case meet:
		return a.Overlaps(b)
	case apart:
		return !a.Overlaps(b)
	}
	return true
}

// alone returns the hits of hosts of which no value agrees: what an earlier start left behind does no harm beside what this one made.
func (r agreement) alone(hits []hit, as, bs []held) []hit {
	return slices.DeleteFunc(hits, func(x hit) bool {
		return slices.ContainsFunc(as, func(a held) bool {
			return shortHost(a.s.Host) == shortHost(x.a.s.Host) && fact.FamilyOf(a.p) == fact.FamilyOf(x.a.p) && slices.ContainsFunc(bs, func(b held) bool {
				return (!r.tell.hosts || shortHost(b.s.Host) == shortHost(a.s.Host)) && fact.FamilyOf(b.p) == fact.FamilyOf(a.p) && r.agrees(a.p, b.p)
			})
		})
	})
}

// sharedBetweenHosts returns pairs of two hosts that share addresses.
func sharedBetweenHosts(as []held) []hit {
	var subs []owned
	for _, a := range as {
		if a.s.Host != "" {
			subs = append(subs, owned{a, shortHost(a.s.Host)})
		}
	}
	var out []hit
	for _, g := range overlapGroups(subs) {
		i := slices.IndexFunc(g, func(o owned) bool { return o.name != g[0].name })
		if i > 0 && len(out) < mostHits {
			out = append(out, hit{g[0].held, g[i].held})
		}
	}
	return out
}

// unlikeTheFirst returns what differs from the first of its family.
func unlikeTheFirst(as []held) []hit {
	first := map[fact.Family]held{}
	var out []hit
	for _, a := range as {
		f, ok := first[fact.FamilyOf(a.p)]
		switch {
		case !ok:
			first[fact.FamilyOf(a.p)] = a
		case f.p != a.p && len(out) < mostHits:
			out = append(out, hit{a, f})
		}
	}
	return out
}

// tellHits makes one finding of what does not agree.
func (c *checker) tellHits(row agreement, hits []hit) {
	t := row.tell
	f := fact.Finding{Rule: t.rule, Severity: cmp.Or(t.severity, fact.Warning), Fix: t.fix}
	if t.soft != nil && t.soft(c) {
		f.Severity = fact.Warning
	}
	verb := map[demand]string{equal: "is not", within: "does not lie in", meet: "shares no address with", apart: "shares addresses with", distinct: "shares addresses with"}[row.must]
	var parts []string
	for _, h := range hits {
		x, y := h.a, h.b
		if t.second {
			x, y = y, x
		}
		f.Where = append(f.Where, x.place(plainRange(x.p)), y.place(plainRange(y.p)))
		f.Args = append(f.Args, args("value", h.a.p, "other", h.b.p, argHost, h.a.s.Host, argHost, h.b.s.Host)...)
		f.Subjects = append(f.Subjects, subjectsOf(h.a.s.Host)...)
		f.Subjects = append(f.Subjects, subjectsOf(h.b.s.Host)...)
		part := fmt.Sprintf("%s (%s) %s %s (%s)", plainRange(h.a.p), who(h.a.s), verb, plainRange(h.b.p), who(h.b.s))
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	f.Where = cutPlaces(allPlaces(f.Where...))
	f.Message = shortList(parts) + ": " + t.text
	if t.say != nil {
		f.Message = t.say(hits) + ": " + t.text
	}
	if t.mend != nil {
		f.Fix = t.mend(c, hits)
	}
	c.add(f)
}
