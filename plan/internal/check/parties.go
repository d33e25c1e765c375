package check

import (
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// passParties asks of what programs say that this package does not know whatever needs no knowledge of them.
var passParties = rule{
	about: fact.Rule{ID: "parties"},
	find:  (*checker).parties,
	after: []fact.RuleID{fact.RuleIPFamilyMismatch, fact.RuleServiceRangeTooLarge, fact.RuleNodeMaskTooShort, fact.RuleCIDRMalformed, "startup"},
}

// parties judges the ranges of each party that is none of the known programs and says both pods and services, as an installer does, or
// several service ranges. Overlaps, purposes and host bits are found for everybody by other rules.
func (c *checker) parties() {
	for _, src := range c.others {
		if src.comp == fact.ServiceCIDR {
			continue // an object each, as many as one likes
		}
		pods, services := src.podPrefixes(), heldBy(src.services)
		if len(services) == 0 || len(pods) == 0 && len(services) < 2 {
			continue
		}
		o := Own{OwnAllocator: true} // it may be one of a network that keeps its own book, unless it says node masks
		for _, h := range pods {
			o.Pods = append(o.Pods, h.p)
		}
		for _, h := range services {
			o.Services = append(o.Services, h.p)
		}
		for setting, mask := range map[fact.Setting]*int{fact.SettingNodeMaskIPv4: &o.NodeMaskIPv4, fact.SettingNodeMaskIPv6: &o.NodeMaskIPv6} {
			if s := src.set[setting]; s != nil && s.Err == nil {
				*mask, o.OwnAllocator = s.Int, false
			}
		}
		j := newOwnJudge(o, c.view.release(src), c.rules.all)
		for _, ask := range []func(*ownJudge){(*ownJudge).lists, (*ownJudge).families, (*ownJudge).masks, (*ownJudge).sizes} {
			ask(j)
		}
		for _, f := range j.found {
			c.party(src, pods, services, f)
		}
	}
}

// party adds a finding about a field of a party, unless another rule has one at that place.
func (c *checker) party(src *sourceView, pods, services []held, f fact.Finding) {
	var at held
	switch {
	case f.Field.Name == fieldServices:
		at = services[f.Field.Index]
	case f.Field.Name == fieldPods:
		at = pods[f.Field.Index]
	case len(pods) > 0:
		at = pods[0]
	default:
		return
	}
	if f.Severity == fact.Info || slices.ContainsFunc(c.found, func(o *fact.Finding) bool { return o.Rule == f.Rule && o.Severity != fact.Info }) {
		return
	}
	f.Message = who(at.s) + ": " + at.text() + " " + f.Field.Detail
	f.Where = []fact.Place{at.place(f.Field.Name + " " + at.text())}
	f.Field = fact.Field{}
	if src.host != "" {
		f.Subjects = []string{src.host}
	}
	c.add(f)
}
