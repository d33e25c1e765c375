package repair

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A RangeFault is something wrong with the ranges themselves, that mending nodes does not cure.
type RangeFault struct {
	Rule fact.RuleID
	Text string
	// Missing is how many nodes get no subnet, for RuleClusterCIDRExhausted.
	Missing int
}

// A WayKind is the kind of a [Way].
type WayKind string

const (
	WaySettings   WayKind = "settings"      // bring the settings of all components into agreement
	WayWiden      WayKind = "widen"         // a shorter cluster prefix, where the neighbour is free
	WayLongerMask WayKind = "longer-mask"   // smaller node subnets
	WayServices   WayKind = "service-range" // another service range beside the old one
	WayMovePods   WayKind = "move-pods"     // another pod range
	WayRecreate   WayKind = "recreate"      // a new cluster
)

// A Way is a way out where the ranges are at fault. Each was tried on the twin: with its settings, after its node steps,
// kube-controller-manager starts and every node holds a right subnet.
type Way struct {
	Kind     WayKind
	Title    string
	Steps    []string // what to do, in order
	Disturbs fact.Disturbance
	Drained  []string // nodes that are drained, sorted

	Flags    nodeipam.ControllerFlags // of kube-controller-manager on every control-plane host afterwards
	Networks []netip.Prefix           // flannel's Network and IPv6Network afterwards; none where flannel is not used
	Nodes    []Step                   // what is to be done on nodes, after the settings
	Proof    Proof
}

// A Proof is what the twin says after a way was gone.
type Proof struct {
	Nodes  int                 // nodes, each with right subnets
	More   uint64              // how many more get subnets
	Ranges []nodeipam.RangeUse // what becomes of the cluster ranges
	Text   string              // all of it in a sentence
}

// rangeFaultsOf returns what is wrong with the ranges of inv, apart from there being too few subnets. err is that of inv.rules.
func rangeFaultsOf(inv nodeipam.Inventory, err error) []RangeFault {
	var out []RangeFault
	add := func(rule fact.RuleID, format string, args ...any) {
		out = append(out, RangeFault{Rule: rule, Text: fmt.Sprintf(format, args...)})
	}
	flags, _ := inv.Flags()
	var refused *nodeipam.RefusedError
	switch {
	case strings.TrimSpace(flags.ClusterCIDR) == "":
		add(fact.RulePodCIDRUnset, "%s has no --cluster-cidr", managerName(inv, inv.Managers[0]))
	case errors.As(err, &refused):
		for _, f := range refused.Refusals {
			add(f.Rule, "kube-controller-manager does not start: %s", f.Message)
		}
	case err != nil:
		add(fact.RuleNodeMaskTooFar, "%v", err)
	}
	first := inv.Managers[0]
	for _, m := range inv.Managers[1:] {
		if differs := flagDifferences(flags, m.Flags); differs != "" {
			add(fact.RuleControlPlaneFlagsDiffer, "%s and %s differ: %s", managerName(inv, first), managerName(inv, m), differs)
		}
	}
	if !flags.NodeIPAMEnabled(inv.Kubernetes.Or(fact.NewestKubernetes())) {
		for _, n := range inv.Nodes {
			if len(n.PodCIDRs) == 0 {
				add(fact.RuleAllocateNodeCIDRsOff, "kube-controller-manager hands out nothing: --allocate-node-cidrs is not true, or --controllers switches node IPAM off")
				break
			}
		}
	}
	if err != nil {
		return out
	}
	rules, err := rulesOf(inv)
	if err != nil {
		return out
	}
	for _, p := range rules.ranges {
		for _, s := range rules.services {
			if p.Overlaps(s) {
				add(fact.RulePodServiceOverlap, "pod range %s overlaps service range %s", p, s)
			}
		}
		for _, t := range rules.taken {
			if p.Overlaps(t.Prefix) {
				add(fact.RuleHostPodOverlap, "pod range %s overlaps %s (%s)", p, t.Prefix, cmp.Or(t.Name, t.Source))
			}
		}
		if n, ok := networkOf(inv, fact.FamilyOf(p)); ok && !cidr.Contains(n, p) {
			add(fact.RuleFlannelNetworkMismatch, "flannel's Network %s does not contain pod range %s", n, p)
		}
	}
	return out
}

// networkOf returns flannel's range of a family; ok is false where it is not known, and where no range of any family is.
func networkOf(inv nodeipam.Inventory, f fact.Family) (netip.Prefix, bool) {
	for _, n := range inv.Networks {
		if fact.FamilyOf(n) == f {
			return n, true
		}
	}
	return netip.Prefix{}, false
}

// managerName names the host of m in a sentence.
func managerName(inv nodeipam.Inventory, m nodeipam.HostFlags) string {
	switch {
	case m.Host != "":
		return m.Host
	case inv.Assumed != "" || m.File == "":
		return "every control-plane host"
	}
	return "the control-plane host of " + m.File
}

// flagDifferences says in which flags a and b differ, "" for none. Ranges are compared as text, as the program reads it.
func flagDifferences(a, b nodeipam.ControllerFlags) string {
	var out []string
	add := func(name string, x, y any) {
		if x != y {
			out = append(out, fmt.Sprintf("%s %v and %v", name, x, y))
		}
	}
	add("--allocate-node-cidrs", a.AllocateNodeCIDRs, b.AllocateNodeCIDRs)
	add("--cluster-cidr", cmp.Or(a.ClusterCIDR, "unset"), cmp.Or(b.ClusterCIDR, "unset"))
	add("--service-cluster-ip-range", cmp.Or(a.ServiceClusterIPRange, "unset"), cmp.Or(b.ServiceClusterIPRange, "unset"))
	add("--node-cidr-mask-size", a.NodeCIDRMaskSize, b.NodeCIDRMaskSize)
	add("--node-cidr-mask-size-ipv4", a.NodeCIDRMaskSizeIPv4, b.NodeCIDRMaskSizeIPv4)
	add("--node-cidr-mask-size-ipv6", a.NodeCIDRMaskSizeIPv6, b.NodeCIDRMaskSizeIPv6)
	return strings.Join(out, ", ")
}

// exhausted describes ranges that hold too few subnets.
func (r *nodeRules) exhausted(inv nodeipam.Inventory, missing int) RangeFault {
	var parts []string
	for i, p := range r.ranges {
		pool, err := r.usable(i)
		if err != nil {
			continue
		}
		part := fmt.Sprintf("%s holds 2^%d = %d node subnets of /%d", p, r.masks[i]-p.Bits(), pool.Len(), r.masks[i])
		if lost := pool.Used(); lost > 0 {
			part += fmt.Sprintf(", %d of them lost to service ranges and hosts", lost)
		}
		parts = append(parts, part)
	}
	return RangeFault{fact.RuleClusterCIDRExhausted, fmt.Sprintf("%s; %d nodes, %d of them get none", strings.Join(parts, "; "), len(inv.Nodes), missing), missing}
}

// waysOf returns the ways out of faults that hold before the twin, best first.
func waysOf(inv nodeipam.Inventory, faults []RangeFault) []Way {
	base, ok, fitted := agreedFlags(inv)
	if !ok {
		base = inv
	}
	other := base // for ways that look for other ranges
	if fitted {
		other = inv
	}
	var out []Way
	add := func(w Way, after nodeipam.Inventory, ok bool) {
		if !ok {
			return
		}
		if w, ok = prove(inv, w, after); ok {
			out = append(out, w)
		}
	}
	if ok {
		add(waySettings(inv, base))
		add(wayWiden(inv, base))
		add(wayLongerMask(inv, base))
		add(wayServices(inv, base, faults))
	}
	add(wayMovePods(inv, other))
	if w, after, ok := wayRecreate(inv, other); ok {
		if w, ok = prove(inv, w, after); ok {
			w.Nodes, w.Drained = nil, nil // a new cluster
			out = append(out, w)
		}
	}
	rank := func(w Way) int {
		return slices.Index([]fact.Disturbance{fact.DisturbsNothing, fact.DisturbsComponent, fact.DisturbsNodes, fact.DisturbsCluster}, w.Disturbs)
	}
	slices.SortStableFunc(out, func(a, b Way) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.Drained), len(b.Drained)))
	})
	return out
}

// prove tries w on the twin. after is the cluster with its settings, and its nodes as they are.
func prove(inv nodeipam.Inventory, w Way, after nodeipam.Inventory) (Way, bool) {
	rules, err := rulesOf(after)
	if err != nil || len(rangeFaultsOf(after, nil)) > 0 {
		return w, false
	}
	r := &Repair{Inventory: after}
	missing, err := r.mend(rules)
	if err != nil || missing > 0 {
		return w, false
	}
	c := after.Stopped() // without flags, so that a step that starts it hands out nothing
	if err := r.Apply(c); err != nil {
		return w, false
	}
	flags, _ := after.Flags()
	if s := c.Start(flags); s.Err != nil || !c.Allocating() || len(s.Assigned) > 0 {
		return w, false
	}
	done := after
	done.Nodes = nil
	for _, n := range c.Nodes() {
		done.Nodes = append(done.Nodes, nodeipam.InventoryNode{Name: n.Node, PodCIDRs: n.PodCIDRs})
	}
	if left, _, _ := rules.faults(done.Nodes); len(left) > 0 {
		return w, false
	}
	p := c.Predict(0)
	w.Flags, w.Networks, w.Nodes, w.Drained = flags, after.Networks, r.Steps, r.Drained()
	w.Proof = Proof{Nodes: len(done.Nodes), More: p.More, Ranges: p.Ranges}
	w.Proof.Text = fmt.Sprintf("kube-controller-manager starts, %s with right subnets, %d more get one", words.Plural(len(done.Nodes), "node"), p.More)
	if len(w.Drained) > 0 && w.Disturbs == fact.DisturbsComponent {
		w.Disturbs = fact.DisturbsNodes
	}
	if len(w.Drained) > 0 && w.Kind != WayRecreate { // in a new cluster every node is new
		w.Steps = append(w.Steps, fmt.Sprintf("drain, delete and create again %s: %s", words.Plural(len(w.Drained), "node"), strings.Join(w.Drained, ", ")))
	}
	return w, true
}

// agreedFlags returns inv with the settings that cost fewest changes on all control-plane hosts, allocation on, and a Network of flannel
// that contains the pod ranges. Where none start, fitted ones are tried. ok is false if no flags start.
func agreedFlags(inv nodeipam.Inventory) (best nodeipam.Inventory, ok, fitted bool) {
	cost := -1
	var tried []nodeipam.ControllerFlags
	for _, m := range inv.Managers {
		tried = append(tried, m.Flags)
	}
	for _, m := range inv.Managers {
		// Masks that do not fit the ranges are left out: the defaults count then.
		f := m.Flags
		f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = 0, 0, 0
		tried = append(tried, f)
	}
	for _, text := range inv.Stated {
		f, _ := inv.Flags()
		if f.ClusterCIDR = text; inv.Managers[0].Flags.ClusterCIDR == "" {
			tried = append(tried, f)
		}
	}
	try := func(tried []nodeipam.ControllerFlags) {
		for _, f := range tried {
			f.AllocateNodeCIDRs, f.Controllers = true, nil
			after := withFlags(inv, f)
			rules, err := rulesOf(after)
			if err != nil {
				continue
			}
			_, right, _ := rules.faults(after.Nodes)
			// Of equal ones the first: rather the flags that are there.
			if c := len(after.Nodes) - len(right); cost < 0 || c < cost {
				best, cost = after, c
			}
		}
	}
	if try(tried); cost >= 0 {
		return best, true, false
	}
	tried = nil
	for _, m := range inv.Managers {
		tried = append(tried, fittedFlags(inv, m.Flags)...)
	}
	try(tried)
	return best, cost >= 0, true
}

// fittedFlags returns f with the default node masks, made longer where the range is no larger than a node's subnet, and with ranges cut
// off behind the 2^16 subnets that kube-controller-manager hands out of an IPv6 range. It returns none where no mask fits, and
// flags that do not start where ranges cannot be read.
func fittedFlags(inv nodeipam.Inventory, f nodeipam.ControllerFlags) []nodeipam.ControllerFlags {
	written := strings.Split(strings.TrimSpace(f.ClusterCIDR), ",")
	ranges, _ := ipnet.ParseCIDRs(written)
	need := 1 // bits for the nodes and one more
	for 1<<need < len(inv.Nodes)+1 {
		need++
	}
	f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = 0, 0, 0
	for i, p := range ranges {
		mask, flag := 24, &f.NodeCIDRMaskSizeIPv4
		if p.Addr().Is6() {
			mask, flag = 64, &f.NodeCIDRMaskSizeIPv6
		}
		if len(ranges) == 1 {
			flag = &f.NodeCIDRMaskSize
		}
		switch {
		case p.Bits() >= mask:
			// The network, the bridge and the broadcast address leave room for 13 pods in a /28.
			if *flag = p.Bits() + need; *flag > p.Addr().BitLen()-4 {
				return nil
			}
		case p.Addr().Is6() && mask-p.Bits() > 16:
			if w, err := netip.ParsePrefix(written[i]); err == nil {
				p = w // the part that the bits below its mask tell
			}
			ranges[i] = netip.PrefixFrom(p.Addr(), mask-16).Masked()
		}
	}
	f.ClusterCIDR = strings.Join(words.Texts(ranges), ",")
	return []nodeipam.ControllerFlags{f}
}

// withFlags returns inv with f on every control-plane host, and flannel's Network widened to what f hands out.
func withFlags(inv nodeipam.Inventory, f nodeipam.ControllerFlags) nodeipam.Inventory {
	inv.Managers = slices.Clone(inv.Managers)
	for i := range inv.Managers {
		inv.Managers[i].Flags = f
	}
	c, refused := f.Resolve(inv.Kubernetes.Or(fact.NewestKubernetes()))
	if len(refused) > 0 || len(inv.Networks) == 0 {
		return inv
	}
	var networks []netip.Prefix
	for _, p := range c.Cluster {
		if n, ok := networkOf(inv, fact.FamilyOf(p)); ok && cidr.Contains(n, p) {
			p = n
		}
		networks = append(networks, p)
	}
	inv.Networks = networks
	return inv
}

// settingsOf returns the steps that bring about the settings of after.
func settingsOf(inv nodeipam.Inventory, after nodeipam.Inventory) []string {
	f, _ := after.Flags()
	v := inv.Kubernetes.Or(fact.NewestKubernetes())
	var out []string
	for _, m := range inv.Managers {
		if d := flagDifferences(m.Flags, f); d != "" || !m.Flags.NodeIPAMEnabled(v) {
			step := fmt.Sprintf("on %s, in /etc/kubernetes/manifests/kube-controller-manager.yaml: %s", managerName(inv, m), FlagsText(f))
			if m.Flags.AllocateNodeCIDRs = true; !m.Flags.NodeIPAMEnabled(v) {
				step += "; --controllers has to leave nodeipam on"
			}
			out = append(out, step)
		}
	}
	differ := func(field func(nodeipam.ControllerFlags) string) bool {
		return slices.ContainsFunc(inv.Managers, func(m nodeipam.HostFlags) bool { return field(m.Flags) != field(f) })
	}
	if differ(func(f nodeipam.ControllerFlags) string { return f.ClusterCIDR }) {
		out = append(out,
			"kubectl -n kube-system edit configmap kubeadm-config: networking.podSubnet: "+f.ClusterCIDR+", so that the next upgrade does not undo it",
			"kubectl -n kube-system edit configmap kube-proxy: clusterCIDR: "+f.ClusterCIDR+"; then kubectl -n kube-system rollout restart daemonset kube-proxy")
	}
	if differ(maskFlagsText) {
		out = append(out, "kubectl -n kube-system edit configmap kubeadm-config: controllerManager.extraArgs: "+cmp.Or(maskFlagsText(f), "without node-cidr-mask-size")+", so that the next upgrade does not undo it")
	}
	if !slices.Equal(inv.Networks, after.Networks) {
		out = append(out, "kubectl -n kube-flannel edit configmap kube-flannel-cfg: net-conf.json: "+networkKeys(after.Networks)+
			"; then kubectl -n kube-flannel rollout restart daemonset kube-flannel-ds")
	}
	return out
}

// networkKeys names the keys of net-conf.json with their ranges.
func networkKeys(list []netip.Prefix) string {
	var out []string
	for _, p := range list {
		key := "Network "
		if fact.FamilyOf(p) == fact.IPv6 {
			key = "IPv6Network "
		}
		out = append(out, key+p.String())
	}
	return strings.Join(out, ", ")
}

// FlagsText returns f as arguments.
func FlagsText(f nodeipam.ControllerFlags) string {
	out := []string{fmt.Sprintf("--allocate-node-cidrs=%v", f.AllocateNodeCIDRs), "--cluster-cidr=" + f.ClusterCIDR}
	if f.ServiceClusterIPRange != "" {
		out = append(out, "--service-cluster-ip-range="+f.ServiceClusterIPRange)
	}
	if m := maskFlagsText(f); m != "" {
		out = append(out, m)
	}
	return strings.Join(out, " ")
}

// maskFlagsText returns the node mask flags of f as arguments, "" for none.
func maskFlagsText(f nodeipam.ControllerFlags) string {
	var out []string
	for _, m := range []struct {
		name string
		bits int
	}{{"node-cidr-mask-size", f.NodeCIDRMaskSize}, {"node-cidr-mask-size-ipv4", f.NodeCIDRMaskSizeIPv4}, {"node-cidr-mask-size-ipv6", f.NodeCIDRMaskSizeIPv6}} {
		if m.bits != 0 {
			out = append(out, fmt.Sprintf("--%s=%d", m.name, m.bits))
		}
	}
	return strings.Join(out, " ")
}

// waySettings is agreement alone.
func waySettings(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	steps := settingsOf(inv, base)
	w := Way{Kind: WaySettings, Title: "bring the settings of all components into agreement", Steps: steps, Disturbs: fact.DisturbsComponent}
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
				w.Steps = append(w.Steps, fmt.Sprintf("set kubelet's maxPods to %d or less: a /%d has no more addresses", n, m))
			}
		}
	}
	return w, base, len(steps) > 0
}

// wayWiden doubles cluster ranges in place until every node finds a subnet.
func wayWiden(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	f, _ := base.Flags()
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	ranges := slices.Clone(rules.ranges)
	for range 16 {
		done := true
		for i, lack := range lackingOf(base) {
			if lack == 0 {
				continue
			}
			done = false
			q, ok := cidr.Parent(ranges[i])
			// kubeadm takes no more than 16 bits between pod range and node mask, in both families: adm-mask-far.
			// Whether something else is in q already is seen when the way is tried.
			if !ok || rules.masks[i]-q.Bits() > 16 {
				return Way{}, inv, false
			}
			ranges[i] = q
		}
		if done {
			break
		}
		f.ClusterCIDR = strings.Join(words.Texts(ranges), ",")
		base = withFlags(base, f)
	}
	if slices.Equal(ranges, rules.ranges) {
		return Way{}, inv, false
	}
	w := Way{Kind: WayWiden, Disturbs: fact.DisturbsComponent, Title: fmt.Sprintf("widen the pod range in place: %s instead of %s; the neighbour is free", strings.Join(words.Texts(ranges), ","), strings.Join(words.Texts(rules.ranges), ","))}
	w.Steps = settingsOf(inv, base)
	return w, base, true
}

// lackingOf returns for each cluster range how many subnets it lacks for the nodes of inv and one more: a range that is full to
// the last is the next alarm.
func lackingOf(inv nodeipam.Inventory) []uint64 {
	rules, err := rulesOf(inv)
	if err != nil {
		return nil
	}
	_, right, _ := rules.faults(inv.Nodes)
	need := uint64(len(inv.Nodes)-len(right)) + 1
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

// wayLongerMask gives new nodes smaller subnets. Those that exist keep theirs, except for as many as have to make room: a
// block that is larger than the mask counts as the several that it is. The other direction, larger subnets, leads to overlaps
// (kubernetes/kubernetes#90922).
func wayLongerMask(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	f, _ := base.Flags()
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	short := lackingOf(base)
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
	w := Way{Kind: WayLongerMask, Disturbs: fact.DisturbsComponent, Title: fmt.Sprintf("smaller node subnets: %s instead of %s, for nodes that come; others keep theirs", maskText(masks), maskText(rules.masks))}
	w.Steps = settingsOf(inv, base)
	for i, p := range rules.ranges {
		if n := check.Usable(fact.FamilyOf(p), masks[i]); masks[i] != rules.masks[i] && n < 1<<30 {
			w.Steps = append(w.Steps, fmt.Sprintf("set kubelet's maxPods to %d or less on nodes that get a /%d", n, masks[i]))
		}
	}
	return w, base, true
}

// smallerSubnets returns by how many bits node subnets of p have to be smaller to make room for lack more than there are free, and how many
// nodes have to give up what they hold: as few nodes as possible, then as few bits. ok is false if the subnets then hold too few
// pods, or lie more than 16 bits below p.
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

// requestOf returns what a cluster with the nodes of inv needs, with what stays where it is.
func requestOf(inv nodeipam.Inventory) plan.Request {
	r := plan.Request{Nodes: max(2*len(inv.Nodes), 10), Kubernetes: inv.Kubernetes, PodsPerNode: inv.MaxPods}
	f, _ := inv.Flags()
	for _, s := range strings.Split(strings.TrimSpace(f.ClusterCIDR), ",") {
		if p, ok := nodeipam.ParsePodCIDR(s); ok && !slices.Contains(r.Families, fact.FamilyOf(p)) {
			r.Families = append(r.Families, fact.FamilyOf(p))
		}
	}
	if len(r.Families) == 0 {
		r.Families = []fact.Family{fact.IPv4}
	}
	for _, t := range inv.Taken {
		if slices.ContainsFunc(inv.Services, t.Prefix.Overlaps) {
			continue // the service range is there already
		}
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: t.Prefix, Name: cmp.Or(t.Name, "taken"), Source: t.Source})
	}
	return r
}

// wayServices adds a service range that does not overlap the pods', where ServiceCIDR objects exist.
func wayServices(inv nodeipam.Inventory, base nodeipam.Inventory, faults []RangeFault) (Way, nodeipam.Inventory, bool) {
	v := inv.Kubernetes.Or(fact.NewestKubernetes())
	overlap := slices.ContainsFunc(faults, func(f RangeFault) bool { return f.Rule == fact.RulePodServiceOverlap })
	if !overlap || v.Before(fact.V(1, 33, 0)) {
		return Way{}, inv, false
	}
	rules, err := rulesOf(base)
	if err != nil {
		return Way{}, inv, false
	}
	r := requestOf(base)
	for _, p := range rules.ranges {
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: "pods"})
	}
	for _, s := range rules.services {
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: s, Name: "the old service range"})
	}
	p, err := plan.New(r)
	if err != nil {
		return Way{}, inv, false
	}
	ranges := words.Texts(p.Services())
	f, _ := base.Flags()
	f.ServiceClusterIPRange = strings.Join(ranges, ",")
	base = withFlags(base, f)
	base.Services = p.Services()
	w := Way{Kind: WayServices, Disturbs: fact.DisturbsCluster, Title: "add a service range beside the pods' (ServiceCIDR, v1.33 and later), and leave the old one: " + f.ServiceClusterIPRange}
	cidrs := `"` + strings.Join(ranges, `","`) + `"`
	// In the order of kubernetes.io/docs/tasks/network/reconfigure-default-service-ip-ranges: a ServiceCIDR that is being deleted gives no more
	// addresses, and is gone when the last Service has left it, that named kubernetes, which the API server makes, included.
	w.Steps = []string{
		fmt.Sprintf(`echo '{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"services-2"},"spec":{"cidrs":[%s]}}' | kubectl apply -f -`, cidrs),
		"kubectl delete servicecidr kubernetes --wait=false: from now on new Services get addresses of the new range alone",
		"delete the Services whose ClusterIP lies in the old range and create them again, cluster DNS included (kubectl get services -A)",
		"change kubelet's clusterDNS on every node to the new address of cluster DNS, and restart kubelet and the pods",
		"on every control-plane host: --service-cluster-ip-range=" + f.ServiceClusterIPRange + " for kube-apiserver and kube-controller-manager; renew the certificate of kube-apiserver, whose first service address changes: move apiserver.crt and apiserver.key away from /etc/kubernetes/pki, then kubeadm init phase certs apiserver",
		"kubectl -n default delete service kubernetes: kube-apiserver makes it anew with the first address of the new range, and the old ServiceCIDR goes",
		"kubectl -n kube-system edit configmap kubeadm-config: networking.serviceSubnet: " + f.ServiceClusterIPRange,
	}
	w.Steps = append(w.Steps, settingsOf(inv, withFlags(base, f))...)
	return w, base, true
}

// wayMovePods finds another pod range and moves every node there.
func wayMovePods(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	r := requestOf(base)
	services := map[fact.Family]bool{}
	for _, s := range base.Services {
		if f := fact.FamilyOf(s); !services[f] && slices.Contains(r.Families, f) {
			services[f] = true
			r.Pins = append(r.Pins, plan.Pin{Role: fact.RoleServices, Prefix: s})
			continue
		}
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: s, Name: "services"})
	}
	if rules, err := rulesOf(base); err == nil {
		for _, p := range rules.ranges {
			if !slices.ContainsFunc(base.Services, p.Overlaps) {
				r.Avoid = append(r.Avoid, fact.Reservation{Prefix: p, Name: "the old pod range"})
			}
		}
		r.NodeMaskIPv4, r.NodeMaskIPv6 = maskOf(rules, fact.IPv4), maskOf(rules, fact.IPv6)
	}
	p, err := plan.New(r)
	if err != nil {
		return Way{}, inv, false
	}
	f, _ := base.Flags()
	f.AllocateNodeCIDRs, f.Controllers = true, nil
	f.ClusterCIDR = strings.Join(words.Texts(p.Pods()), ",")
	var masks []int
	for _, q := range p.Pods() {
		masks = append(masks, p.NodeMask(fact.FamilyOf(q)))
	}
	f = withMasks(f, p.Pods(), masks)
	after := withFlags(base, f)
	w := Way{Kind: WayMovePods, Disturbs: fact.DisturbsComponent, Title: "move the pods to another range: " + f.ClusterCIDR}
	if old, _ := inv.Flags(); strings.TrimSpace(old.ClusterCIDR) == "" {
		w.Title = "give the cluster a pod range: " + f.ClusterCIDR
	}
	if slices.ContainsFunc(inv.Nodes, func(n nodeipam.InventoryNode) bool { return len(n.PodCIDRs) > 0 }) {
		w.Steps = append(w.Steps, "stop kube-controller-manager on every control-plane host: nodes outside of its range keep it from starting")
	}
	w.Steps = append(w.Steps, settingsOf(inv, after)...)
	return w, after, true
}

func maskOf(r nodeRules, f fact.Family) int {
	for i, p := range r.ranges {
		if fact.FamilyOf(p) == f {
			return r.masks[i]
		}
	}
	return 0
}

// wayRecreate plans a new cluster.
func wayRecreate(inv nodeipam.Inventory, base nodeipam.Inventory) (Way, nodeipam.Inventory, bool) {
	r := requestOf(base)
	p, err := plan.New(r)
	if err != nil {
		return Way{}, inv, false
	}
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: strings.Join(words.Texts(p.Pods()), ","), ServiceClusterIPRange: strings.Join(words.Texts(p.Services()), ",")}
	var masks []int
	for _, q := range p.Pods() {
		masks = append(masks, p.NodeMask(fact.FamilyOf(q)))
	}
	f = withMasks(f, p.Pods(), masks)
	after := withFlags(inv, f)
	after.Services = p.Services()
	if len(inv.Networks) > 0 {
		after.Networks = p.Pods()
	}
	w := Way{Kind: WayRecreate, Disturbs: fact.DisturbsCluster, Title: fmt.Sprintf("create the cluster anew, with pods %s and services %s", f.ClusterCIDR, f.ServiceClusterIPRange)}
	w.Steps = []string{
		"save what runs (manifests, etcd, volumes)",
		"kubeadm reset on every host, and remove /run/flannel/subnet.env and the interfaces cni0 and flannel.1",
		fmt.Sprintf("kubeadm init --pod-network-cidr=%s --service-cidr=%s", f.ClusterCIDR, f.ServiceClusterIPRange),
		"apply flannel with " + networkKeys(p.Pods()) + ", then join the nodes",
	}
	return w, after, true
}
