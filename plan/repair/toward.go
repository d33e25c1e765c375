package repair

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A Target is what a living cluster is to become. The zero value names no range; [Toward] refuses it.
type Target struct {
	Pods     []netip.Prefix // of each family, primary first
	Services []netip.Prefix // of each family; none: as they are
	// MaskIPv4 and MaskIPv6 are the lengths of node subnets; 0: as they are.
	MaskIPv4, MaskIPv6 int
}

// An UnreachableError says that no steps lead a cluster to a [Target]. The zero value names no fault.
type UnreachableError struct {
	Target Target
	Faults []RangeFault // what stands in the way
}

// Error names what stands in the way, the first first.
func (e *UnreachableError) Error() string {
	if len(e.Faults) == 0 {
		return "no steps lead there that the twin of kube-controller-manager approves of"
	}
	var list []string
	for _, f := range e.Faults {
		list = append(list, f.Text)
	}
	return strings.Join(list, "; ")
}

// Toward works out the steps that lead the cluster of inv to the ranges of t, proved like those of [New]: nodes whose
// subnets are right there keep them, and what is wrong with others is mended on the way. The result has one way, of kind
// [WayTarget], or none where the cluster is there already.
//
// The error is [nodeipam.ErrNoControllerFlags] if nothing tells the pod range, an [*UnreachableError] where no steps lead
// there: a service range is exchanged by none.
func Toward(inv nodeipam.Inventory, t Target) (*Repair, error) {
	if n, ok := NetworkOf(inv); ok && len(inv.Pools) > 0 {
		return towardPools(inv, n, t)
	}
	f, ok := inv.Flags()
	if !ok {
		return nil, nodeipam.ErrNoControllerFlags
	}
	r := &Repair{Inventory: inv}
	for _, p := range t.Services {
		if len(inv.Services) > 0 && !slices.Contains(inv.Services, p) {
			text := fmt.Sprintf("service range %s is to become %v: Services, certificates and kubelets hold its addresses, so that it takes a new cluster",
				strings.Join(words.Texts(inv.Services), ","), p)
			return r, &UnreachableError{t, []RangeFault{{Rule: fact.RuleClusterIPOutside, Text: text}}}
		}
	}
	before := f.ClusterCIDR
	f.AllocateNodeCIDRs, f.Controllers = true, nil
	if ranges := strings.Join(words.Texts(t.Pods), ","); !sameList(before, t.Pods) {
		f.ClusterCIDR = ranges
	}
	f = needMasks(f, inv.Kubernetes, t.Pods, t.masks(inv))
	after := withFlags(inv, f)
	w := Way{Kind: WayTarget, Title: targetTitle(before, f, t)}
	w.Steps = settingsOf(inv, after)
	w, why, ok := try(inv, w, after)
	if !ok {
		return r, &UnreachableError{t, why}
	}
	r.Goal = w.Title
	if len(w.Steps) > 0 {
		r.Ways = []Way{w}
	}
	return r, nil
}

// targetTitle says what changes.
func targetTitle(before string, f nodeipam.ControllerFlags, t Target) string {
	if f.ClusterCIDR == before {
		return "the pod range stays " + before
	}
	verb := "pods move to "
	if contained(before, t.Pods) {
		verb = "the pod range is widened in place to "
	}
	return verb + f.ClusterCIDR + " from " + before
}

// contained reports whether each range of a list lies in one of ranges.
func contained(list string, ranges []netip.Prefix) bool {
	for s := range strings.SplitSeq(list, ",") {
		p, ok := nodeipam.ParsePodCIDR(strings.TrimSpace(s))
		if !ok || !slices.ContainsFunc(ranges, func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Overlaps(p) }) {
			return false
		}
	}
	return true
}

// sameList reports whether a list says ranges, in any form of writing.
func sameList(list string, ranges []netip.Prefix) bool {
	var got []netip.Prefix
	for s := range strings.SplitSeq(list, ",") {
		p, ok := nodeipam.ParsePodCIDR(strings.TrimSpace(s))
		if !ok {
			return false
		}
		got = append(got, p)
	}
	return slices.Equal(got, ranges)
}

// masks returns the node mask of each pod range: as asked for, else as it is.
func (t Target) masks(inv nodeipam.Inventory) []int {
	rules, err := rulesOf(inv)
	var out []int
	for _, p := range t.Pods {
		family := fact.FamilyOf(p)
		mask, other := t.MaskIPv4, 24
		if family == fact.IPv6 {
			mask, other = t.MaskIPv6, 64
		}
		if mask == 0 && err == nil {
			mask = maskOf(rules, family)
		}
		if mask == 0 {
			mask = other
		}
		out = append(out, mask)
	}
	return out
}
