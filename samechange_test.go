package kubecidr_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// otherChanges are the bundles whose first mend by check is not the first way of repair, and why that is right.
var otherChanges = map[string]string{
	"families-two-of-one-unit":     "check asks for one of the two ranges, and only a person knows which; repair shows what serves whichever it is",
	"ok-server-joined-with-a-file": "a fault of repair, open: it holds the unit of a k3s server apart from the file beside it, which check joins",
	"netconf-range-len":            "check has a file of flannel alone and names its fault; repair takes its Network for the cluster's range",
}

var rangeText = regexp.MustCompile(`[0-9a-fA-F.:]+/[0-9]+`)

// newRanges returns the ranges of a text that no statement of files has, sorted.
func newRanges(files *kubecidr.Files, text string) []string {
	known := map[netip.Prefix]bool{}
	for _, s := range files.Statements() {
		for _, p := range s.Prefixes {
			known[p.Masked()] = true
		}
	}
	var out []string
	for _, m := range rangeText.FindAllString(text, -1) {
		if p, err := netip.ParsePrefix(m); err == nil && !known[p.Masked()] && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}

// firstMends returns the first mends of the findings of rules, those under others as well; ok is false where there is no such finding.
func firstMends(list []fact.Finding, rules map[fact.RuleID]bool) (mends []string, ok bool) {
	for _, f := range list {
		if rules[f.Rule] {
			ok = true
			if len(f.Fix) > 0 {
				mends = append(mends, f.Fix[0])
			}
		}
		below, found := firstMends(f.Symptoms, rules)
		mends, ok = append(mends, below...), ok || found
	}
	return mends, ok
}

// TestSameChange: what repair finds wrong with ranges, check finds as well, and the new range of repair's first way is the one that check's
// first mend names; where repair needs none, check names none.
func TestSameChange(t *testing.T) {
	tried := 0
	for _, b := range bundles(t) {
		files, err := kubecidr.Read(b.files, kubecidr.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rep, err := repair.New(repair.InventoryOf(files.Statements()...))
		if err != nil {
			continue
		}
		w, ok := rep.Best()
		if !ok || len(rep.RangeFaults) == 0 {
			continue
		}
		tried++
		rules := map[fact.RuleID]bool{}
		for _, f := range rep.RangeFaults {
			rules[f.Rule] = true
		}
		mends, found := firstMends(files.Check().Findings, rules)
		named, way := newRanges(files, strings.Join(mends, "\n")), newRanges(files, w.Title+"\n"+w.Flags.ClusterCIDR)
		if w.Kind == repair.WayRecreate { // services as well
			way = newRanges(files, w.Flags.ClusterCIDR)
		}
		same := found && !slices.ContainsFunc(way, func(p string) bool { return !slices.Contains(named, p) }) &&
			(len(way) > 0 || len(named) == 0 || rules[fact.RuleCIDRMalformed]) // how a range is written, it says by examples
		if _, other := otherChanges[b.name]; same == other {
			t.Errorf("%s: %v: repair's first way is %q (%v), check mends by %q; an exception: %v", b.name, rules, w.Title, way, mends, other)
		}
	}
	if tried < 90 {
		t.Errorf("%d bundles have ranges that repair finds at fault", tried)
	}
}
