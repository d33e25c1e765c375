package repair

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A setting of one cluster range: the range and the length of node subnets in it.
type setting struct {
	p    netip.Prefix
	mask int
}

// mostRestored is the number of combinations of settings that are tried; of many nodes fewer, each look at which
// takes its time.
const mostRestored = 128

// wayRestore puts back ranges and masks that nodes hold subnets of, where fewer nodes have to be drained then: who
// changes the range of a living cluster changes a setting, and its nodes stay where they are. A range that something
// else uses, too, is cut down to what it does not.
func wayRestore(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	least := len(drainedBy(base, rules))
	if slices.ContainsFunc(rules.ranges, rules.touched) {
		least = len(base.Nodes) + 1
	}
	if least == 0 {
		return Way{}, inv, false
	}
	f, _ := base.Flags()
	var best nodeipam.Inventory
	var settings []setting
	for _, list := range combinations(inv, rules) {
		after, ok := withSettings(base, f, list)
		if !ok {
			continue
		}
		r, err := rulesOf(after)
		if err != nil {
			continue
		}
		// Of equal ones the first: the least is changed there.
		if n := len(drainedBy(after, r)); n < least {
			best, settings, least = after, list, n
		}
	}
	if settings == nil {
		return Way{}, inv, false
	}
	after, _ := best.Flags()
	w := Way{Kind: WayRestore, Steps: settingsOf(inv, best), Title: "set the pod range and the node mask to what nodes hold subnets of: " + FlagsText(after)}
	return w, best, true
}

// drainedBy returns the nodes that hold something wrong.
func drainedBy(inv nodeipam.Inventory, rules nodeRules) map[string]bool {
	faults, _, _ := rules.faults(inv.Nodes)
	out := map[string]bool{}
	for _, f := range faults {
		if f.Rule != fact.RulePodCIDRMissing {
			out[f.Node] = true
		}
	}
	return out
}

// withSettings returns base with these ranges and masks, widened where they hold too few subnets.
func withSettings(base nodeipam.Inventory, f nodeipam.ControllerFlags, list []setting) (nodeipam.Inventory, bool) {
	var ranges []netip.Prefix
	var masks []int
	for _, s := range list {
		ranges, masks = append(ranges, s.p), append(masks, s.mask)
	}
	f.ClusterCIDR = strings.Join(words.Texts(ranges), ",")
	after := withFlags(base, needMasks(f, base.Kubernetes, ranges, masks))
	rules, err := rulesOf(after)
	if err != nil || slices.ContainsFunc(ranges, rules.touched) {
		return after, false
	}
	after, ok := widened(after, rules, 1)
	if rules, err = rulesOf(after); err != nil || !ok || slices.ContainsFunc(rules.ranges, rules.touched) {
		return after, false
	}
	return after, true
}

// combinations returns settings to try, those of today left out: for each cluster range what it may have been, in any
// combination.
func combinations(inv nodeipam.Inventory, rules nodeRules) [][]setting {
	out := [][]setting{nil}
	most := max(8, min(mostRestored, 1<<20/max(1, len(inv.Nodes))))
	for i := range rules.ranges {
		var next [][]setting
		for _, s := range formerSettings(inv, rules, i) {
			for _, list := range out {
				if len(next) < most {
					next = append(next, append(slices.Clone(list), s))
				}
			}
		}
		out = next
	}
	return out
}

// formerSettings returns what cluster range i may have been, its present setting first.
func formerSettings(inv nodeipam.Inventory, rules nodeRules, i int) []setting {
	now := setting{rules.ranges[i], rules.masks[i]}
	family := fact.FamilyOf(now.p)
	lengths, holders := map[int]int{}, 0
	var held, outside netip.Prefix // the smallest prefixes that hold what nodes hold
	for _, n := range inv.Nodes {
		if i >= len(n.PodCIDRs) {
			continue
		}
		p, ok := nodeipam.ParsePodCIDR(n.PodCIDRs[i])
		if !ok || fact.FamilyOf(p) != family {
			continue
		}
		lengths[p.Bits()]++
		holders++
		held = spanning(held, p)
		if !now.p.Overlaps(p) {
			outside = spanning(outside, p)
		}
	}
	if !held.IsValid() {
		return []setting{now}
	}
	mask := now.mask
	for bits, n := range lengths {
		// That of most nodes which hold any; one that holds all of the range is no sign of a mask.
		if 2*n > holders && bits > now.p.Bits() {
			mask = bits
		}
	}
	ranges := []netip.Prefix{now.p}
	add := func(p netip.Prefix) {
		if p.IsValid() && !slices.Contains(ranges, p) {
			ranges = append(ranges, p)
		}
	}
	for _, p := range statedRanges(inv) {
		if fact.FamilyOf(p) == family && outside.IsValid() && p.Overlaps(outside) && p.Bits() <= outside.Bits() {
			add(p)
		}
	}
	if outside.IsValid() || rules.touched(now.p) {
		add(rules.widest(now.p.Bits(), held))
		add(rules.widest(now.p.Bits(), outside))
		add(spanning(now.p, held)) // it was wider
	}
	var out []setting
	for _, m := range []int{now.mask, mask} {
		for _, p := range ranges {
			if s := (setting{p, m}); m >= p.Bits() && m-p.Bits() <= 16 && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// widest returns the widest prefix around p of at least this length that nothing but nodes uses, p where there is none.
func (r *nodeRules) widest(bits int, p netip.Prefix) netip.Prefix {
	for ; bits < p.Bits(); bits++ {
		if q := netip.PrefixFrom(p.Addr(), bits).Masked(); !r.touched(q) {
			return q
		}
	}
	return p
}

// statedRanges returns the pod ranges that any source names.
func statedRanges(inv nodeipam.Inventory) []netip.Prefix {
	out := slices.Clone(inv.Networks)
	texts := slices.Clone(inv.Stated)
	for _, m := range inv.Managers {
		texts = append(texts, m.Flags.ClusterCIDR)
	}
	for _, t := range texts {
		for s := range strings.SplitSeq(t, ",") {
			if p, ok := nodeipam.ParsePodCIDR(strings.TrimSpace(s)); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// spanning returns the smallest prefix that holds a and b, of one family; b where a is invalid.
func spanning(a, b netip.Prefix) netip.Prefix {
	if !a.IsValid() {
		return b
	}
	p := netip.PrefixFrom(a.Addr(), min(a.Bits(), b.Bits())).Masked()
	for !p.Contains(b.Addr()) {
		p = netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
	}
	return p
}
