package repair

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// waySettings is agreement alone.
func waySettings(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	steps := settingsOf(inv, base)
	w := Way{Kind: WaySettings, Title: "bring the settings of all components into agreement", Steps: steps}
	f, _ := base.Flags()
	if !slices.ContainsFunc(inv.Managers, func(m nodeipam.HostFlags) bool {
		return m.Flags.ClusterCIDR == f.ClusterCIDR && (maskFlagsText(f) == "" || maskFlagsText(m.Flags) == maskFlagsText(f))
	}) &&
		!slices.Contains(inv.Stated, f.ClusterCIDR) {
		w.Title = "make the pod range and the node mask fit each other: " + strings.TrimSpace("--cluster-cidr="+f.ClusterCIDR+" "+maskFlagsText(f))
	}
	if rules, err := rulesOf(base); err == nil && !slices.ContainsFunc(inv.Managers, func(h nodeipam.HostFlags) bool { return maskFlagsText(h.Flags) == maskFlagsText(f) }) {
		for i, m := range rules.masks {
			if n := check.Usable(fact.FamilyOf(rules.ranges[i]), m); n < cmp.Or(inv.MaxPods, 110) {
				w.Steps = append(w.Steps, byHand("set kubelet's maxPods to %d or less: a /%d has no more addresses", n, m))
			}
		}
	}
	return w, base, len(steps) > 0
}

// byHand makes a step that is for people to do.
func byHand(format string, args ...any) Step {
	return Step{Kind: KindByHand, What: fmt.Sprintf(format, args...)}
}

// wayWiden doubles cluster ranges in place until twice the nodes find a subnet, or, where something lies in the way, every node and one more.
func wayWiden(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	old := strings.Join(words.Texts(rules.ranges), ",")
	if least, ok := widened(base, rules, 1); !ok || flagsOf(least).ClusterCIDR == old {
		return Way{}, inv, false
	}
	for _, spare := range []int{max(1, len(base.Nodes)), 1} {
		wide, ok := widened(base, rules, spare)
		f := flagsOf(wide)
		if !ok {
			continue
		}
		w := Way{Kind: WayWiden, Title: fmt.Sprintf("widen the pod range in place: %s instead of %s; the neighbour is free", f.ClusterCIDR, old), Steps: settingsOf(inv, wide)}
		if _, _, ok := try(inv, w, wide); ok || spare == 1 {
			return w, wide, true
		}
	}
	return Way{}, inv, false
}

// flagsOf returns the flags of the controller manager that leads.
func flagsOf(inv nodeipam.Inventory) nodeipam.ControllerFlags {
	f, _ := inv.Flags()
	return f
}

// widened returns base with cluster ranges that hold a subnet for every node and spare more; ok is false where they
// cannot be widened so far. Whether something else is in what they grow into is seen when the way is tried.
func widened(base nodeipam.Inventory, rules nodeRules, spare int) (after nodeipam.Inventory, ok bool) {
	f, _ := base.Flags()
	ranges := slices.Clone(rules.ranges)
	for range 16 {
		done := true
		lacking := lackingOf(base, 1)
		for i, lack := range lackingOf(base, spare) {
			if lack == 0 || lacking[i] == 0 && ranges[i] == rules.ranges[i] {
				continue
			}
			done = false
			q, ok := cidr.Parent(ranges[i])
			// kubeadm takes no more than 16 bits between pod range and node mask, in both families: adm-mask-far.
			if !ok || rules.masks[i]-q.Bits() > 16 {
				return base, false
			}
			ranges[i] = q
		}
		if done {
			return base, true
		}
		f.ClusterCIDR = strings.Join(words.Texts(ranges), ",")
		base = withFlags(base, f)
	}
	return base, false
}

// lackingOf returns for each cluster range how many subnets it lacks for the nodes of inv and spare more, at least one: a
// range that is full to the last is the next alarm.
func lackingOf(inv nodeipam.Inventory, spare int) []uint64 {
	rules, err := rulesOf(inv)
	if err != nil {
		return nil
	}
	_, right, _ := rules.faults(inv.Nodes)
	need := uint64(len(inv.Nodes) - len(right) + spare)
	out := make([]uint64, len(rules.ranges))
	for i := range rules.ranges {
		if free := freeOf(inv, i); free < need {
			out[i] = need - free
		}
	}
	return out
}

// freeOf returns how many subnets of cluster range i are left to nodes that are not right.
func freeOf(inv nodeipam.Inventory, i int) uint64 {
	rules, err := rulesOf(inv)
	if err != nil {
		return 0
	}
	pool, err := rules.usable(i)
	if err != nil {
		return 0
	}
	_, right, _ := rules.faults(inv.Nodes)
	for _, n := range right {
		if p, ok := nodeipam.ParsePodCIDR(n.PodCIDRs[i]); ok {
			_ = pool.Occupy(p) // inside: the node is right
		}
	}
	return pool.Free()
}

// wayLongerMask gives new nodes smaller subnets. Those that exist keep theirs, except for as many as have to make
// room: a block that is larger than the mask counts as the several that it is. The other direction, larger subnets,
// leads to overlaps (kubernetes/kubernetes#90922).
func wayLongerMask(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	f, _ := base.Flags()
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	short := lackingOf(base, 1)
	masks := slices.Clone(rules.masks)
	_, right, _ := rules.faults(base.Nodes)
	drained := 0
	for i, lack := range short {
		if lack == 0 {
			continue
		}
		d, n, ok := smallerSubnets(rules.ranges[i], masks[i], cmp.Or(inv.MaxPods, 110), lack, freeOf(base, i))
		if !ok || n > uint64(len(right)) {
			return Way{}, inv, false
		}
		masks[i] += d
		drained = max(drained, int(n))
	}
	if slices.Equal(masks, rules.masks) {
		return Way{}, inv, false
	}
	base = withFlags(base, withMasks(f, rules.ranges, masks))
	base.FormerMasks = append(slices.Clone(base.FormerMasks), rules.masks...)
	base.Resize = map[string]bool{}
	for _, n := range right[len(right)-drained:] {
		base.Resize[n.Name] = true
	}
	w := Way{Kind: WayLongerMask, Title: fmt.Sprintf("smaller node subnets: %s instead of %s, for nodes that come; others keep theirs", maskText(masks), maskText(rules.masks))}
	w.Steps = settingsOf(inv, base)
	for i, p := range rules.ranges {
		if n := check.Usable(fact.FamilyOf(p), masks[i]); masks[i] != rules.masks[i] && n < 1<<30 {
			w.Steps = append(w.Steps, byHand("set kubelet's maxPods to %d or less on nodes that get a /%d", n, masks[i]))
		}
	}
	return w, base, true
}

// smallerSubnets returns by how many bits node subnets of p have to be smaller to make room for lack more than there
// are free, and how many nodes have to give up what they hold: as few nodes as possible, then as few bits. ok is
// false if the subnets then hold too few pods, or lie more than 16 bits below p.
func smallerSubnets(p netip.Prefix, mask, pods int, lack, free uint64) (bits int, drained uint64, ok bool) {
	for d := 1; d <= 16; d++ {
		if check.Usable(fact.FamilyOf(p), mask+d) < max(pods, 1) || mask+d-p.Bits() > 16 {
			break
		}
		// What is free counts 2^d times; a node that gives up its subnet takes one of the 2^d in it again.
		var n uint64
		if need := lack + free; need > free<<d {
			n = (need - free<<d + 1<<d - 2) / (1<<d - 1)
		}
		if !ok || n < drained {
			bits, drained, ok = d, n, true
		}
	}
	return bits, drained, ok
}

func maskText(masks []int) string {
	var out []string
	for _, m := range masks {
		out = append(out, fmt.Sprintf("/%d", m))
	}
	return strings.Join(out, " and ")
}

// withMasks returns f with node masks for the families of ranges.
func withMasks(f nodeipam.ControllerFlags, ranges []netip.Prefix, masks []int) nodeipam.ControllerFlags {
	f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = 0, 0, 0
	if len(ranges) == 1 {
		f.NodeCIDRMaskSize = masks[0]
		return f
	}
	for i, p := range ranges {
		if fact.FamilyOf(p) == fact.IPv4 {
			f.NodeCIDRMaskSizeIPv4 = masks[i]
		} else {
			f.NodeCIDRMaskSizeIPv6 = masks[i]
		}
	}
	return f
}
