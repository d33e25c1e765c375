package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

var ruleClusterCIDRExhausted = rule{
	rank:    280,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleClusterCIDRExhausted, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "The pod range holds fewer node subnets than there are nodes",
		Cause:  "A /24 for the whole cluster with a /24 for each node; a /64 with the default IPv6 mask of /64; subnets lost to the service range.",
		Effect: "Further nodes get no podCIDR: event CIDRNotAvailable (of type Normal), \"no remaining CIDRs left to allocate\".",
		Mend:   "widen the range, or give each node a smaller subnet",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go AllocateNext, v1.37.2",
	},
	find:  (*checker).capacity,
	after: []fact.RuleID{fact.RulePodServiceOverlap, fact.RuleNodeMaskTooShort, "startup"},
}

var ruleClusterCIDRFull = rule{
	rank:    500,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleClusterCIDRFull, Severity: fact.Info, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "The pod range has a subnet for every node, and none for the next",
		Cause:  "As many nodes as node subnets.",
		Effect: "The next node gets no podCIDR.",
		Mend:   "widen the range before adding a node",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go AllocateNext, v1.37.2",
	},
	by: fact.RuleClusterCIDRExhausted,
}

// A nodeSpace is one pod range with the node subnets of one length that it holds, and what takes them.
type nodeSpace struct {
	k        *managerView
	h        held
	mask     int
	maskFrom *fact.Statement

	size     uint64   // node subnets
	lost     uint64   // of them to the services
	services []string // that take them
	covered  bool     // the services hold the whole range
	used     uint64   // that registered nodes hold, of whatever size
	need     uint64   // that the nodes take, once each has one
}

func (s nodeSpace) free() uint64 { return s.size - min(s.size, s.lost) }

// capacity: more nodes than node subnets.
func (c *checker) capacity() {
	if c.ownIPAM() {
		return
	}
	type space struct {
		p netip.Prefix
		m int
	}
	done := map[space]bool{}
	missing := c.withoutSubnet()
	noMore := c.remainingSymptoms()
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, h := range k.pods {
			fam := fact.FamilyOf(h.p)
			m, ms := k.mask(fam)
			if m < h.p.Bits() || m > fam.Bits() || done[space{h.p, m}] {
				continue
			}
			done[space{h.p, m}] = true
			if m-h.p.Bits() > 30 {
				continue
			}
			s := c.nodeSpaceOf(k, h, m, ms)
			seen := len(noMore) > 0 && (len(missing) > 0 || len(c.nodes) == 0)
			switch {
			case s.need > s.free() || seen && c.provesExhaustion(k, h, m, s.free(), s.need):
				c.exhausted(s, missing, noMore)
			case s.need == s.free() && len(c.nodes) > 0:
				c.nearlyFull(k, h, m, s.size, s.lost, len(c.nodes))
			}
		}
	}
}

func (c *checker) nodeSpaceOf(k *managerView, h held, m int, ms *fact.Statement) nodeSpace {
	s := nodeSpace{k: k, h: h, mask: m, maskFrom: ms, size: uint64(1) << (m - h.p.Bits())}
	for _, sv := range k.services {
		if e := nodeipam.LostBlocks(h.p, m, sv.p); e >= 0 {
			s.covered = s.covered || cidr.Contains(sv.p, h.p)
			s.lost = max(s.lost, uint64(1)<<e)
			s.services = append(s.services, sv.text())
		}
	}
	s.used = c.usedBlocks(h.p, m)
	s.need = s.used
	for _, x := range c.nodes {
		if len(x.pods) == 0 && x.none != nil {
			s.need++
		}
	}
	total := uint64(len(c.nodes))
	s.need = max(s.need, total-min(total, c.foreign(h.p)))
	if s.size == 1 && total == 0 {
		// The node that runs the control plane is registered first and takes the only subnet.
		s.need += uint64(len(c.unassignedNodes()))
		if s.need > 0 {
			s.need++
		}
	}
	return s
}

// exhausted reports that s has no subnet for every node: missing are those that hold none, noMore the messages that say so.
func (c *checker) exhausted(s nodeSpace, missing []*nodeView, noMore []*fact.Statement) {
	without := nodeNames(missing) // by their objects, or by what programs say of them
	if len(missing) == 0 && len(noMore) == 0 && len(c.nodes) == 0 {
		without = c.unassignedNodes()
	} else if len(missing) == 0 {
		for _, y := range noMore {
			without = mergeNames(without, subjectsOf(y.Symptom.Node))
		}
	}
	f := fact.Finding{
		Rule: fact.RuleClusterCIDRExhausted, Severity: fact.Error, Subjects: without,
		Args:    args(argPods, s.h, "mask", s.mask, argNode, without, argHost, s.h.s.Host),
		Message: c.exhaustedText(s, missing, len(noMore) > 0, without),
		Where:   []fact.Place{s.h.place("pods " + s.h.text())},
	}
	if s.maskFrom != nil {
		f.Where = append(f.Where, placeOf(s.maskFrom, fmt.Sprintf("node mask /%d", s.mask)))
	}
	f.Where = append(f.Where, nodePlaces(missing)...)
	f.Fix, f.Disturbs = c.widen(s.h, s.mask, s.need, s.k)
	overlap := c.cause(fact.RulePodServiceOverlap)
	if s.need <= s.size && overlap != nil && overlap.Severity == fact.Warning {
		// The nodes would fit if the services lay elsewhere.
		overlap.Severity = fact.Error
		overlap.Effect = "nodes get no podCIDR (CIDRNotAvailable), although the pod range alone would have one for each"
	}
	if s.covered && overlap != nil {
		c.explain(overlap, "cluster-cidr-exhausted: "+f.Message, f)
		return
	}
	c.add(f)
}

func (c *checker) exhaustedText(s nodeSpace, missing []*nodeView, said bool, without []string) string {
	total := len(c.nodes)
	var b strings.Builder
	fmt.Fprintf(&b, "the pod range %s holds %s node %s of /%d (%s)", s.h.says(), blockSum(s.h.p, s.mask), choose(int(min(s.size, 2)), "subnet", "subnets"),
		s.mask, maskNote(fact.FamilyOf(s.h.p), s.maskFrom))
	if s.lost > 0 {
		fmt.Fprintf(&b, ", of which the service range %s takes %d, so %d are left", strings.Join(s.services, ", "), s.lost, s.free())
	}
	if total > 0 {
		fmt.Fprintf(&b, "; %s registered", choose(total, "1 node is", fmt.Sprintf("%d nodes are", total)))
	}
	if s.used != uint64(c.withSubnet()) && s.used > 0 {
		fmt.Fprintf(&b, ", and those with a podCIDR hold %d of the %d", s.used, s.size)
	}
	switch {
	case len(missing) > 0:
		fmt.Fprintf(&b, ", and %s %s no podCIDR", words.NameList(without), choose(len(missing), "has", "have"))
	case !said && total == 0:
		fmt.Fprintf(&b, "; the first node to register took it, and %s got none", words.NameList(without))
	case said && len(without) > 0:
		fmt.Fprintf(&b, "; %s got none", words.NameList(without))
	case said:
		b.WriteString("; the controller manager says that none remain")
	}
	// The sets are asked in the order of the ranges, and what an earlier one gave is not given back: a defect of every
	// release. k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go AllocateOrOccupyCIDR.
	switch {
	case s.k.dual() && s.h.p == s.k.pods[len(s.k.pods)-1].p:
		b.WriteString("; a node needs a subnet of each family, and each failed attempt uses up one of the other family until kube-controller-manager is restarted")
	case s.k.dual():
		b.WriteString("; a node needs a subnet of each family")
	}
	return b.String()
}

// unassignedNodes returns the nodes that a program names for which it found no subnet.
func (c *checker) unassignedNodes() []string {
	var ns []string
	for _, s := range c.view.symptoms {
		if s.Component == fact.Flannel && s.Symptom.Node != "" && len(s.Symptom.Rules) > 0 && s.Symptom.Rules[0] == fact.RulePodCIDRUnset && !slices.Contains(ns, s.Symptom.Node) {
			ns = append(ns, s.Symptom.Node)
		}
	}
	slices.Sort(ns)
	return ns
}

// foreign counts the nodes that hold subnets, none of them in p.
func (c *checker) foreign(p netip.Prefix) uint64 {
	n := uint64(0)
	for _, x := range c.nodes {
		if len(x.pods) > 0 && !slices.ContainsFunc(x.subs, func(h held) bool { return h.p.Overlaps(p) }) {
			n++
		}
	}
	return n
}

// usedBlocks counts the node subnets of length mask in p that the registered nodes' subnets touch.
func (c *checker) usedBlocks(p netip.Prefix, mask int) uint64 {
	var ps []netip.Prefix
	for _, n := range c.nodes {
		for _, h := range n.subs {
			switch {
			case cidr.Contains(h.p, p):
				ps = append(ps, p)
			case !cidr.Contains(p, h.p):
			case h.p.Bits() > mask:
				ps = append(ps, netip.PrefixFrom(h.p.Addr(), mask).Masked())
			default:
				ps = append(ps, h.p)
			}
		}
	}
	slices.SortFunc(ps, cidrorder.Compare)
	n := uint64(0)
	var open netip.Prefix
	for _, q := range ps {
		if open.IsValid() && cidr.Contains(open, q) {
			continue
		}
		open = q
		n += 1 << (mask - q.Bits())
	}
	return n
}

// remainingSymptoms returns the symptoms that say that no subnet is left.
func (c *checker) remainingSymptoms() []*fact.Statement {
	var out []*fact.Statement
	for _, s := range c.view.symptoms {
		if len(s.Symptom.Rules) > 0 && s.Symptom.Rules[0] == fact.RuleClusterCIDRExhausted {
			out = append(out, s)
		}
	}
	return out
}

// provesExhaustion reports whether a message that no subnet remains convicts this range, although the registered nodes
// would fit: it is the narrowest range of the controller, and no other cause explains the message.
func (c *checker) provesExhaustion(k *managerView, h held, m int, free, need uint64) bool {
	if c.has(fact.RulePodServiceOverlap, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleClusterCIDRExhausted) {
		return false
	}
	narrower := slices.ContainsFunc(k.pods, func(o held) bool {
		om, _ := k.mask(fact.FamilyOf(o.p))
		return om-o.p.Bits() < m-h.p.Bits()
	})
	return !narrower && (len(c.nodes) == 0 || free <= 4*need+4)
}

// widen proposes ways out of an exhausted range, and says what the first of them disturbs.
func (c *checker) widen(h held, m int, need uint64, k *managerView) ([]string, fact.Disturbance) {
	fam := fact.FamilyOf(h.p)
	bits := m
	for bits > 0 && uint64(1)<<(m-bits) < 2*need && m-bits < 16 {
		bits--
	}
	var fix []string
	other := false
	if bits < h.p.Bits() {
		wide := netip.PrefixFrom(h.p.Addr(), bits).Masked()
		taken := c.takenIn(wide)
		for b := bits + 1; taken != "" && b < h.p.Bits() && uint64(1)<<(m-b) > need; b++ {
			if less := netip.PrefixFrom(h.p.Addr(), b).Masked(); c.takenIn(less) == "" {
				wide, taken = less, "" // not twice as many, but every node and one more
			}
		}
		if taken == "" {
			fix = append(fix, fmt.Sprintf("widen the range to %v (%s node subnets), which holds all of %v, in --cluster-cidr on every control-plane host, networking.podSubnet of the kubeadm-config ConfigMap, flannel's Network and clusterCIDR of kube-proxy; registered nodes keep their subnets; flannel and kube-proxy take it when their pods are restarted", wide, blockSum(wide, m), h.p))
		} else {
			other = true
			fix = append(fix, fmt.Sprintf("choose another range of /%d or shorter (%s node subnets), for instance %s, everywhere the range stands: %v cannot be widened in place, since %v takes in %s; kube-controller-manager does not start while a node holds a subnet outside its range, so every registered node has to be drained, deleted and registered again", bits, blockSum(wide, m), c.freeRange(fact.RolePods, fam), h.p, wide, taken))
		}
	}
	if longer := min(h.p.Bits()+(m-bits), h.p.Bits()+16); longer > m && longer <= fam.Bits()-2 {
		smaller := fmt.Sprintf("or give each node a smaller subnet: %s (%s node subnets), and register again the nodes that hold one of /%d", maskFlag(fam, k, longer), blockSum(h.p, longer), m)
		if fam == fact.IPv4 && longer > 25 {
			smaller += fmt.Sprintf("; a /%d has room for %d pods, so lower the kubelets' maxPods (110 by default) too", longer, Usable(fam, longer))
		}
		if other && Usable(fam, longer) >= c.podsOnNode() {
			fix = append([]string{strings.TrimPrefix(smaller, "or ")}, "or "+fix[0])
		} else {
			fix = append(fix, smaller)
		}
	}
	if wide, per := c.wideNodes(h.p, m); len(wide) > 0 {
		other = true
		again := fmt.Sprintf("%s %s a subnet as large as %d of /%d: drain, kubectl delete node, and restart the kubelet of each, one after the other, so that it registers again with a /%d and gives the rest back",
			words.NameList(wide), choose(len(wide), "holds", "hold"), per, m, m)
		if len(fix) > 0 {
			fix[0] = "or " + fix[0]
		}
		fix = append([]string{again}, fix...)
	}
	fix = append(fix, "then restart kube-controller-manager; nodes without a podCIDR get one, those that hold one keep it")
	if other {
		return fix, fact.DisturbsNodes
	}
	return fix, fact.DisturbsComponent
}

// takenIn names services or a host in p, "" for none.
func (c *checker) takenIn(p netip.Prefix) string {
	for _, s := range c.services {
		if s.p.Overlaps(p) {
			return "the services " + s.text()
		}
	}
	for _, a := range c.hostAddrs() {
		if a.in(p) {
			return "the host " + a.String()
		}
	}
	return ""
}

// podsOnNode returns how many pods the kubelets take, the default where no file says.
func (c *checker) podsOnNode() int {
	n := 0
	for _, k := range c.kubelets {
		if s := k.set[fact.SettingMaxPods]; s != nil && s.Err == nil {
			n = max(n, s.Int)
		}
	}
	return cmp.Or(n, 110)
}

// wideNodes returns the nodes that hold a subnet in p larger than the mask, and how many of the mask the first of them takes.
func (c *checker) wideNodes(p netip.Prefix, mask int) ([]string, uint64) {
	var names []string
	per := uint64(0)
	for _, n := range c.nodes {
		for _, h := range n.subs {
			if cidr.Contains(p, h.p) && h.p.Bits() < mask {
				names = append(names, n.name)
				per = cmp.Or(per, uint64(1)<<(mask-h.p.Bits()))
				break
			}
		}
	}
	return names, per
}

// nearlyFull tells that the next node will get nothing.
func (c *checker) nearlyFull(k *managerView, h held, m int, n, lost uint64, total int) {
	f := fact.Finding{Rule: fact.RuleClusterCIDRFull, Args: args(argPods, h, "mask", m, "nodes", total), Where: []fact.Place{h.place("pods " + h.text())}}
	f.Message = fmt.Sprintf("the pod range %s holds %s node %s of /%d", h.says(), blockSum(h.p, m), choose(int(min(n, 2)), "subnet", "subnets"), m)
	if lost > 0 {
		f.Message += fmt.Sprintf(", less %d for the services", lost)
	}
	f.Message += fmt.Sprintf(", and %s registered: the next node gets no podCIDR", choose(total, "1 node is", fmt.Sprintf("%d nodes are", total)))
	if total > 1 {
		f.Severity = fact.Warning
	}
	f.Fix, f.Disturbs = c.widen(h, m, uint64(total)+1, k)
	c.add(f)
}
