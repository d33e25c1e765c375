package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// An owned subnet is one that a node holds, by its Node object or its subnet.env.
type owned struct {
	held
	name string
}

// overlapGroups returns the groups of subnets that overlap one another and belong to different owners, in O(n log n):
// sorted by address, a subnet overlaps an earlier one if and only if it lies inside the widest that is still open.
func overlapGroups(subs []owned) [][]owned {
	slices.SortStableFunc(subs, func(a, b owned) int { return cmp.Or(a.p.Compare(b.p), cmp.Compare(a.name, b.name)) })
	var groups [][]owned
	for i := 0; i < len(subs); {
		j := i + 1
		for j < len(subs) && cidr.Contains(subs[i].p, subs[j].p) {
			j++
		}
		if slices.ContainsFunc(subs[i+1:j], func(o owned) bool { return !sameHost(o.name, subs[i].name) }) {
			groups = append(groups, subs[i:j:j])
		}
		i = j
	}
	return groups
}

var ruleNodeSubnetDuplicate = rule{
	rank: 380,
	about: fact.Rule{
		ID: fact.RuleNodeSubnetDuplicate, Severity: fact.Error, Disturbs: fact.DisturbsNodes,
		Title:  "Two nodes hold the same or overlapping subnets",
		Cause:  "podCIDR patched by hand, often with the whole range; two allocators at work; Kubernetes 1.31.0 to 1.31.3.",
		Effect: "Pods on different nodes get the same address; traffic reaches the wrong one.",
		Mend:   "register all but one of the nodes again, so that each gets a subnet of its own",
		Source: "flannel-io/flannel#1549; kubernetes/kubernetes#127792",
	},
	find: (*checker).nodeSubnetDuplicates,
}

// nodeSubnetDuplicates: two nodes hold the same or overlapping subnets.
func (c *checker) nodeSubnetDuplicates() {
	var subs []owned
	for _, n := range c.nodes {
		for _, h := range n.subs {
			subs = append(subs, owned{h, n.name})
		}
	}
	groups := overlapGroups(subs)
	var envs []owned
	for _, e := range c.envs {
		if e.host == "" {
			continue
		}
		if n := c.nodeOf(e.host); n != nil && len(n.subs) > 0 {
			continue // compared with its own node
		}
		for _, s := range e.subnet {
			for _, h := range heldBy(s) {
				envs = append(envs, owned{h, e.host})
			}
		}
	}
	if len(envs) > 0 {
		all := slices.Concat(envs, subs)
		if len(groups) > 0 {
			all = envs
		}
		for _, g := range overlapGroups(all) {
			if !oneHostTwoNames(g, envs) {
				groups = append(groups, g)
			}
		}
	}
	for i, g := range groups {
		if i == maxGroups {
			c.moreDuplicates(groups[i:])
			break
		}
		c.duplicate(g)
	}
}

// keeper returns which of the nodes may keep the subnet that they share, as a repair chooses, and why if something else than its name tells.
func (c *checker) keeper(names []string) (keep, why string) {
	envs := map[*nodeView][]netip.Prefix{}
	for _, e := range c.envs {
		if n := c.nodeOf(e.host); n != nil {
			for _, s := range e.subnet {
				envs[n] = append(envs[n], maskedPrefixes(s)...)
			}
		}
	}
	links, routes := c.linksOfNodes()
	var list []Candidate
	for _, name := range names {
		n := c.byName[name]
		if n == nil {
			continue
		}
		var held []netip.Prefix
		for _, h := range n.subs {
			held = append(held, h.p)
		}
		list = append(list, Candidate{nodeipam.InventoryNode{Name: name, SubnetEnv: envs[n], Links: links[n], Routes: routes[n]}, held})
	}
	if len(list) == 0 {
		return names[0], ""
	}
	slices.SortFunc(list, Preferred)
	if len(list) > 1 && list[0].evidence() > list[1].evidence() {
		why = ", since subnet.env, links and routes speak for it rather than for the others"
	}
	return list[0].Node.Name, why
}

// maxGroups is how many groups of overlapping subnets get a finding of their own; the others share one.
const maxGroups = 10

// moreDuplicates reports the groups beyond the first ones in one finding.
func (c *checker) moreDuplicates(groups [][]owned) {
	f := fact.Finding{Rule: fact.RuleNodeSubnetDuplicate, Variant: further, Severity: fact.Error, Disturbs: fact.DisturbsNodes}
	var first []string
	for i, g := range groups {
		for _, o := range g {
			f.Subjects = append(f.Subjects, o.name)
		}
		if i < words.Shown {
			first = append(first, fmt.Sprintf("%s on %s", g[0].text(), words.NameList([]string{g[0].name, g[1].name})))
		}
		if i < maxPlaces {
			f.Where = append(f.Where, g[0].place(g[0].name+" "+g[0].text()), g[1].place(g[1].name+" "+g[1].text()))
		}
	}
	f.Message = fmt.Sprintf("%d more pod subnets are held by more than one node: %s", len(groups), strings.Join(first, ", "))
	if len(groups) > len(first) {
		f.Message += " and so on"
	}
	f.Fix = []string{"as for the others: one node of each group may keep its subnet, the rest are drained, deleted and registered again"}
	c.add(f)
}

// oneHostTwoNames reports whether a group is one subnet.env and one Node with the same subnet and, most likely, of one host:
// the name of the folder that the file was kept in is a part of the Node's name, or the other way round.
func oneHostTwoNames(g, envs []owned) bool {
	if len(g) != 2 || g[0].p != g[1].p {
		return false
	}
	isEnv := func(o owned) bool { return slices.ContainsFunc(envs, func(e owned) bool { return e.s == o.s }) }
	x, y := strings.ToLower(g[0].name), strings.ToLower(g[1].name)
	return isEnv(g[0]) != isEnv(g[1]) && (partOf(x, y) || partOf(y, x))
}

// partOf reports whether name is made of some of the parts of whole, between "-" and ".": node1 of k8s-node1.
func partOf(name, whole string) bool {
	sep := func(r rune) bool { return r == '-' || r == '.' || r == '_' }
	return len(name) > 1 && (strings.HasPrefix(whole, name) && sep(rune(whole[min(len(name), len(whole)-1)])) ||
		strings.HasSuffix(whole, name) && len(whole) > len(name) && sep(rune(whole[len(whole)-len(name)-1])))
}

// Variants of [fact.RuleNodeSubnetDuplicate].
const (
	sameSubnet     fact.Variant = "same"
	subnetsOverlap fact.Variant = "overlapping"
	wholeRange     fact.Variant = "whole-range" // one of them holds all of the pod range
	further        fact.Variant = "further"     // those beyond the first ones
)

func (c *checker) duplicate(g []owned) {
	f := fact.Finding{Rule: fact.RuleNodeSubnetDuplicate, Severity: fact.Error}
	var names []string
	same := true
	whole := false
	for i, o := range g {
		f.Subjects = append(f.Subjects, o.name)
		same = same && o.p == g[0].p
		if i < maxPlaces {
			f.Where = append(f.Where, o.place(o.name+" "+o.text()))
		}
		names = append(names, o.name)
		whole = whole || slices.ContainsFunc(slices.Concat(c.pods, c.networks), func(h held) bool { return cidr.Contains(o.p, h.p) })
	}
	slices.Sort(names)
	names = slices.Compact(names)
	f.Args = args(argNode, names, "subnet", g[0].held)
	switch {
	case whole:
		f.Variant = wholeRange
	case same:
		f.Variant = sameSubnet
	default:
		f.Variant = subnetsOverlap
	}
	if same {
		f.Message = fmt.Sprintf("%s hold the same pod subnet %s", words.NameList(names), g[0].text())
	} else {
		var ss []string
		for i, o := range g {
			if i == words.Shown+1 {
				ss = append(ss, fmt.Sprintf("and %d more", len(g)-i))
				break
			}
			ss = append(ss, o.name+" "+o.text())
		}
		f.Message = fmt.Sprintf("pod subnets of %d nodes overlap: %s", len(names), strings.Join(ss, ", "))
	}
	if len(names) > words.Shown {
		f.Message += fmt.Sprintf(" (%d nodes)", len(names))
	}
	if whole {
		f.Message += "; that is the whole pod range, of which every node needs a part of its own"
	}
	keep, why := c.keeper(names)
	f.Fix = []string{
		"a podCIDR that is set cannot be changed and must not be patched by hand: let kube-controller-manager give each node its own",
		keep + " may keep its subnet if it is of the right size" + why + "; for each of the others: " + c.rejoin(),
		c.rejoinLoses(),
		"where flannel runs, restart it on that host afterwards (" + c.restartFlannelOn("NODE") + "), and delete the links cni0 and flannel.1, so that they take the new subnet",
	}
	if whole {
		f.Changes = []fact.Component{fact.ControllerManager}
		f.Fix[1] = "none may keep it; for each node: " + c.rejoin() + " (kube-controller-manager needs --allocate-node-cidrs=true and --cluster-cidr)"
	}
	f.Disturbs = fact.DisturbsNodes
	c.add(f)
}

var rulePodCIDROutsideClusterCIDR = rule{
	rank:    290,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsNodes,
		Title:  "A node's podCIDR lies outside --cluster-cidr",
		Cause:  "The range was changed while nodes were registered, or an upgrade ran with other values.",
		Effect: "kube-controller-manager ends when it leads: \"failed to mark cidr as occupied ... out the range of cluster cidr\".",
		Mend:   "give back the old range, or register the nodes again",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go NewCIDRRangeAllocator, v1.37.2",
	},
	find:  (*checker).nodeSubnetsOutside,
	after: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer},
}

var rulePodCIDROrder = rule{
	rank:    520,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RulePodCIDROrder, Severity: fact.Warning, Disturbs: fact.DisturbsComponent,
		Title:  "podCIDRs name the families in another order than a --cluster-cidr that nobody allocates from",
		Cause:  "The two entries of --cluster-cidr were swapped.",
		Effect: "None while that controller manager hands out no subnets; once it does, it does not start with these nodes, which is podcidr-outside-cluster-cidr.",
		Mend:   "restore the order of --cluster-cidr",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go occupyCIDRs, v1.37.2",
	},
	by: fact.RulePodCIDROutsideClusterCIDR,
}

// Variants of [fact.RulePodCIDROutsideClusterCIDR]; without one the subnet lies elsewhere.
const (
	otherOrder  fact.Variant = "order"  // families in another order
	otherFamily fact.Variant = "family" // a family that the range does not have
)

// nodeSubnetsOutside: a node's subnet lies outside the range of a controller manager.
func (c *checker) nodeSubnetsOutside() {
	type miss struct {
		k     *managerView
		nodes []*nodeView
		subs  []held
		order []*nodeView
		extra []*nodeView
	}
	var misses []*miss
	var agreed *miss
	for _, k := range c.controllers {
		if len(k.pods) == 0 {
			continue
		}
		m := &miss{k: k}
		for _, n := range c.nodes {
			hs := n.subs
			out := slices.IndexFunc(hs, func(h held) bool { return !withinAny(k.pods, h.p) && !covers(h.p, k.pods) })
			switch {
			case out >= 0 && len(ofFamily(k.pods, fact.FamilyOf(hs[out].p))) == 0:
				m.extra = append(m.extra, n)
			case out >= 0:
				m.nodes = append(m.nodes, n)
				m.subs = append(m.subs, hs[out])
			case len(hs) > 0 && len(k.pods) == 2 && fact.FamilyOf(hs[0].p) != fact.FamilyOf(k.pods[0].p):
				m.order = append(m.order, n)
			}
		}
		if len(m.nodes) == 0 {
			agreed = m
		}
		misses = append(misses, m)
	}
	if agreed != nil && len(misses) > 1 && c.has(fact.RuleControlPlaneFlagsDiffer) {
		// Only the odd hosts miss them: that is what differing flags mean.
		cause := c.cause(fact.RuleControlPlaneFlagsDiffer)
		said := map[string]bool{}
		for _, m := range misses {
			if key := joinHeld(m.k.pods); len(m.nodes) > 0 && !said[key] {
				said[key] = true
				f := c.outside(m.k, m.nodes, m.subs)
				c.explain(cause, "podcidr-outside-cluster-cidr: "+f.Message, f)
			}
		}
		return
	}
	seen := map[string]bool{}
	for _, m := range misses {
		key := joinHeld(m.k.pods)
		if seen[key] {
			continue
		}
		seen[key] = true
		if len(m.nodes) > 0 {
			f := c.outside(m.k, m.nodes, m.subs)
			// A controller manager that allocates ends whatever the network plugin does; one that kubeadm would start need not run.
			if !m.k.serves() || c.ownIPAM() && m.k.predicted {
				f.Severity = fact.Warning
				f.RefusedBy = nil
				f.Message += "; that controller manager hands out no subnets that count here, so nothing stops for it"
			}
			if cause := c.cause(fact.RuleControlPlaneFlagsDiffer); cause != nil {
				c.explain(cause, "podcidr-outside-cluster-cidr: "+f.Message, f)
			} else {
				c.add(f)
			}
		}
		if len(m.extra) > 0 && m.k.serves() && !c.ownIPAM() {
			c.add(fact.Finding{
				Variant: otherFamily, Args: args(argNode, m.extra, argPods, m.k.pods, argHost, m.k.host),
				Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Subjects: nodeNames(m.extra), RefusedBy: []fact.Component{fact.ControllerManager},
				Message: fmt.Sprintf("%s %s subnets of a family that %s (%s) does not have: %s; kube-controller-manager does not start with a podCIDR that belongs to none of its ranges",
					words.NameList(nodeNames(m.extra)), choose(len(m.extra), "holds", "hold"), m.k.label(), joinHeld(m.k.pods), nodeSubs(m.extra)),
				Where: append(nodePlaces(m.extra), placeOf(m.k.podsAt, "pods "+joinHeld(m.k.pods))),
				Fix: []string{
					"give --cluster-cidr the second family back on every control-plane host",
					"or drain, delete and register again the nodes listed",
				},
			})
		}
		if len(m.order) > 0 {
			c.otherOrder(m.k, m.order)
		}
	}
}

// otherOrder: nodes name the families in another order than the ranges of k. The position decides which range a podCIDR is
// looked up in, not its family: k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go occupyCIDRs.
func (c *checker) otherOrder(k *managerView, ns []*nodeView) {
	first := ns[0].subs[0]
	f := fact.Finding{
		Variant: otherOrder, Args: args(argNode, ns, argPods, k.pods, "subnet", first, argHost, k.host),
		Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Subjects: nodeNames(ns), RefusedBy: []fact.Component{fact.ControllerManager},
		Message: fmt.Sprintf("%s %s podCIDRs in another family order than %s, which says %s: it compares them by position, so %s of %s lies outside the first range %s, and kube-controller-manager does not start",
			words.NameList(nodeNames(ns)), choose(len(ns), "has", "have"), k.label(), joinHeld(k.pods), first.text(), ns[0].name, k.pods[0].text()),
		Where: append(nodePlaces(ns), placeOf(k.podsAt, "pods "+joinHeld(k.pods))),
		Fix: []string{
			fmt.Sprintf("give --cluster-cidr back the order that the nodes have, --cluster-cidr=%s,%s, on every control-plane host, and networking.podSubnet in the kubeadm-config ConfigMap", k.pods[1].p, k.pods[0].p),
			"or drain, delete and register again each node listed: the order of a podCIDR that is set cannot be changed",
		},
		Disturbs: fact.DisturbsComponent,
	}
	if !k.serves() || c.ownIPAM() && k.predicted {
		f.Rule, f.Variant, f.Severity, f.RefusedBy = fact.RulePodCIDROrder, "", fact.Warning, nil
		f.Message = fmt.Sprintf("%s %s podCIDRs in another family order than %s, which says %s; that controller manager hands out no subnets that count here, and would not start with these nodes if it did",
			words.NameList(nodeNames(ns)), choose(len(ns), "has", "have"), k.label(), joinHeld(k.pods))
	}
	c.add(f)
}

// covers reports whether p is wider than one of the ranges and holds it: the controller manager takes such a podCIDR.
func covers(p netip.Prefix, hs []held) bool {
	return slices.ContainsFunc(hs, func(h held) bool { return cidr.Contains(p, h.p) })
}

func (c *checker) outside(k *managerView, ns []*nodeView, subs []held) fact.Finding {
	fam := fact.FamilyOf(subs[0].p)
	var parts []string
	for i, n := range ns {
		if i == words.Shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(ns)-i))
			break
		}
		parts = append(parts, n.name+" holds "+subs[i].text())
	}
	f := fact.Finding{Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Error, Subjects: nodeNames(ns), RefusedBy: []fact.Component{fact.ControllerManager}}
	r := ofFamily(k.pods, fam)[0]
	f.Args = args(argNode, ns, argPods, r, argHost, k.host)
	f.Message = fmt.Sprintf("%s: outside the pod range %s of %s, which runs from %v to %v",
		strings.Join(parts, ", "), r.p, k.label(), r.p.Addr(), cidr.Last(r.p))
	if r.written != r.p {
		f.Message += fmt.Sprintf(" (written as %v)", r.written)
	}
	f.Where = append(nodePlaces(ns), placeOf(k.podsAt, "pods "+joinHeld(k.pods)))
	f.Fix = []string{
		fmt.Sprintf("if the range was changed by mistake, give --cluster-cidr back the range that holds %s, on every control-plane host and in the kubeadm-config ConfigMap", subs[0].text()),
		fmt.Sprintf("if %s is what is wanted, for each node listed, since a podCIDR that is set cannot be changed: %s", joinHeld(k.pods), c.rejoin()),
		c.rejoinLoses(),
	}
	f.Disturbs = fact.DisturbsNodes
	if r, ok := c.rules.of(f.Rule); ok {
		f.Effect = r.Effect
	}
	return f
}

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

// capacity: more nodes than node subnets.
func (c *checker) capacity() {
	if c.ownIPAM() {
		return
	}
	type seenKey struct {
		p netip.Prefix
		m int
	}
	done := map[seenKey]bool{}
	total := len(c.nodes)
	missing := c.withoutSubnet()
	noMore := c.remainingSymptoms()
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, h := range k.pods {
			fam := fact.FamilyOf(h.p)
			m, ms := k.mask(fam)
			if m < h.p.Bits() || m > fam.Bits() || done[seenKey{h.p, m}] {
				continue
			}
			done[seenKey{h.p, m}] = true
			if m-h.p.Bits() > 30 {
				continue
			}
			n := uint64(1) << (m - h.p.Bits())
			lost, servicesWhole := uint64(0), false
			var by []string
			for _, s := range k.services {
				if e := nodeipam.LostBlocks(h.p, m, s.p); e >= 0 {
					servicesWhole = servicesWhole || cidr.Contains(s.p, h.p)
					if l := uint64(1) << e; l > lost {
						lost = l
					}
					by = append(by, s.text())
				}
			}
			// Subnets that registered nodes hold, of whatever size; a node without one needs one more.
			used := c.usedBlocks(h.p, m)
			need := used
			for _, x := range c.nodes {
				if len(x.pods) == 0 && x.none != nil {
					need++
				}
			}
			need = max(need, uint64(total)-min(uint64(total), c.foreign(h.p)))
			if n == 1 && total == 0 {
				// The node that runs the control plane is registered first and takes the only subnet.
				need += uint64(len(c.unassignedNodes()))
				if need > 0 {
					need++
				}
			}
			free := n - min(n, lost)
			short := need > free
			seen := len(noMore) > 0 && (len(missing) > 0 || total == 0)
			if !short && !(seen && c.provesExhaustion(k, h, m, free, need)) {
				if need == free && total > 0 {
					c.nearlyFull(k, h, m, n, lost, total)
				}
				continue
			}
			f := fact.Finding{Rule: fact.RuleClusterCIDRExhausted, Args: args(argPods, h, "mask", m, argNode, missing, argHost, h.s.Host), Severity: fact.Error, Subjects: nodeNames(missing)}
			var b strings.Builder
			fmt.Fprintf(&b, "the pod range %s holds %s node %s of /%d (%s)", h.says(), blockSum(h.p, m), choose(int(min(n, 2)), "subnet", "subnets"), m, maskNote(fam, ms))
			if lost > 0 {
				fmt.Fprintf(&b, ", of which the service range %s takes %d, so %d are left", strings.Join(by, ", "), lost, free)
			}
			if total > 0 {
				fmt.Fprintf(&b, "; %s registered", choose(total, "1 node is", fmt.Sprintf("%d nodes are", total)))
			}
			if used != uint64(c.withSubnet()) && used > 0 {
				fmt.Fprintf(&b, ", and those with a podCIDR hold %d of the %d", used, n)
			}
			if len(missing) > 0 {
				fmt.Fprintf(&b, ", and %s %s no podCIDR", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
			} else if len(noMore) == 0 && total == 0 {
				ns := c.unassignedNodes()
				fmt.Fprintf(&b, "; the first node to register took it, and %s got none", words.NameList(ns))
				f.Subjects = ns
				f.Args = append(f.Args, args(argNode, ns)...)
			} else if len(noMore) > 0 {
				var ns []string
				for _, s := range noMore {
					if s.Symptom.Node != "" && !slices.Contains(ns, s.Symptom.Node) {
						ns = append(ns, s.Symptom.Node)
					}
				}
				slices.Sort(ns)
				if len(ns) > 0 {
					fmt.Fprintf(&b, "; %s got none", words.NameList(ns))
					f.Subjects = ns
					f.Args = append(f.Args, args(argNode, ns)...)
				} else {
					b.WriteString("; the controller manager says that none remain")
				}
			}
			// The sets are asked in the order of the ranges, and what an earlier one gave is not given back: a defect of every
			// release. k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go AllocateOrOccupyCIDR.
			switch {
			case k.dual() && h.p == k.pods[len(k.pods)-1].p:
				b.WriteString("; a node needs a subnet of each family, and each failed attempt uses up one of the other family until kube-controller-manager is restarted")
			case k.dual():
				b.WriteString("; a node needs a subnet of each family")
			}
			f.Message = b.String()
			f.Where = []fact.Place{h.place("pods " + h.text())}
			if ms != nil {
				f.Where = append(f.Where, placeOf(ms, fmt.Sprintf("node mask /%d", m)))
			}
			f.Where = append(f.Where, nodePlaces(missing)...)
			f.Fix, f.Disturbs = c.widen(h, m, need, k)
			if need <= n {
				// The nodes would fit if the services lay elsewhere.
				if cause := c.cause(fact.RulePodServiceOverlap); cause != nil && cause.Severity == fact.Warning {
					cause.Severity = fact.Error
					cause.Effect = "nodes get no podCIDR (CIDRNotAvailable), although the pod range alone would have one for each"
				}
			}
			if servicesWhole {
				if cause := c.cause(fact.RulePodServiceOverlap); cause != nil {
					c.explain(cause, "cluster-cidr-exhausted: "+f.Message, f)
					continue
				}
			}
			c.add(f)
		}
	}
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
	slices.SortFunc(ps, netip.Prefix.Compare)
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
		var taken string
		for _, s := range c.services {
			if s.p.Overlaps(wide) {
				taken = "the services " + s.text()
			}
		}
		for _, a := range c.hostAddrs() {
			if taken == "" && a.in(wide) {
				taken = "the host " + a.String()
			}
		}
		if taken == "" {
			fix = append(fix, fmt.Sprintf("widen the range to %v (%s node subnets), which holds all of %v, in --cluster-cidr on every control-plane host, networking.podSubnet of the kubeadm-config ConfigMap, flannel's Network and clusterCIDR of kube-proxy; registered nodes keep their subnets; flannel and kube-proxy take it when their pods are restarted", wide, blockSum(wide, m), h.p))
		} else {
			other = true
			fix = append(fix, fmt.Sprintf("choose another range of /%d or shorter (%s node subnets), everywhere the range stands: %v cannot be widened in place, since %v takes in %s; kube-controller-manager does not start while a node holds a subnet outside its range, so every registered node has to be drained, deleted and registered again", bits, blockSum(wide, m), h.p, wide, taken))
		}
	}
	if longer := min(h.p.Bits()+(m-bits), h.p.Bits()+16); longer > m && longer <= fam.Bits()-2 {
		smaller := fmt.Sprintf("or give each node a smaller subnet: %s (%s node subnets), and register again the nodes that hold one of /%d", maskFlag(fam, k, longer), blockSum(h.p, longer), m)
		if fam == fact.IPv4 && longer > 25 {
			smaller += fmt.Sprintf("; a /%d has room for %d pods, so lower the kubelets' maxPods (110 by default) too", longer, Usable(fam, longer))
		}
		if other {
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

var ruleNodeMaskImmutable = rule{
	rank:    540,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleNodeMaskImmutable, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "The node mask was changed, but registered nodes keep subnets of the old size",
		Cause:  "--node-cidr-mask-size was changed on a running cluster.",
		Effect: "Nodes have subnets of different sizes; after a deletion a larger subnet may be handed out over a smaller one that is in use.",
		Mend:   "keep the old mask, or register every node again",
		Source: "kubernetes/kubernetes#70957, #90922",
	},
	find: (*checker).nodeMaskImmutable,
}

// nodeMaskImmutable: registered nodes hold subnets of another size than the mask says.
func (c *checker) nodeMaskImmutable() {
	if c.ownIPAM() {
		return
	}
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, h := range k.pods {
			fam := fact.FamilyOf(h.p)
			m, ms := k.mask(fam)
			var other []*nodeView
			var sizes []string
			for _, n := range c.nodes {
				for _, s := range n.subs {
					if cidr.Contains(h.p, s.p) && s.p.Bits() != m && !(s.p == h.p) {
						other = append(other, n)
						sizes = append(sizes, fmt.Sprintf("%s %s", n.name, s.text()))
						break
					}
				}
			}
			if len(other) == 0 || m < h.p.Bits() || m > fam.Bits() {
				continue
			}
			f := fact.Finding{Rule: fact.RuleNodeMaskImmutable, Args: args(argPods, h, "mask", m, argNode, other), Subjects: nodeNames(other)}
			f.Message = fmt.Sprintf("the node mask is /%d (%s), but %s of %d registered nodes %s a subnet of another size: %s; a podCIDR that is set keeps its size",
				m, maskNote(fam, ms), fmt.Sprint(len(other)), len(c.nodes), choose(len(other), "holds", "hold"), words.NameList(sizes))
			f.Where = nodePlaces(other)
			if ms != nil {
				f.Where = append([]fact.Place{placeOf(ms, fmt.Sprintf("node mask /%d", m))}, f.Where...)
			} else {
				f.Where = append([]fact.Place{h.place("pods " + h.text())}, f.Where...)
			}
			first := other[0].subs[0]
			f.Fix = []string{
				fmt.Sprintf("keep the old mask (%s) for this cluster", maskFlag(fam, k, first.p.Bits())),
				fmt.Sprintf("or, for each node listed, so that it gets a /%d: %s; mixed sizes are not supported upstream", m, c.rejoin()),
				c.rejoinLoses(),
			}
			f.Disturbs = fact.DisturbsNodes
			c.add(f)
			break
		}
		break
	}
}

var rulePodCIDRFamilyMissing = rule{
	rank: 390,
	about: fact.Rule{
		ID: fact.RulePodCIDRFamilyMissing, Severity: fact.Error, Disturbs: fact.DisturbsNodes,
		Title:  "A dual-stack cluster with a node of one family",
		Cause:  "The node was registered before the second family was added.",
		Effect: "Its pods have one address; flannel with EnableIPv6 does not start there.",
		Mend:   "delete and register the node again",
		Source: "k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidateNodeUpdate, v1.37.2",
	},
	find: (*checker).nodeFamilies,
}

// nodeFamilies: a dual-stack cluster with nodes of one family.
func (c *checker) nodeFamilies() {
	var want []fact.Family
	var ranges []held
	for _, k := range c.controllers {
		if k.dual() && k.serves() {
			want, ranges = familiesOf(k.pods), k.pods
		}
	}
	if want == nil {
		if fs := familiesOf(c.networks); len(fs) == 2 && len(c.controllers) == 0 {
			want = []fact.Family{fact.IPv4, fact.IPv6}
			ranges = []held{ofFamily(c.networks, fact.IPv4)[0], ofFamily(c.networks, fact.IPv6)[0]}
		}
	}
	if c.ownIPAM() {
		return
	}
	if want == nil {
		c.flannelWithoutIPv6Nodes()
		return
	}
	var one []*nodeView
	lacks := map[fact.Family]bool{}
	for _, n := range c.nodes {
		if len(n.subs) == 0 {
			continue
		}
		for _, f := range want {
			if len(ofFamily(n.subs, f)) == 0 {
				one = append(one, n)
				lacks[f] = true
				break
			}
		}
	}
	if len(one) == 0 {
		return
	}
	var fs []string
	nth, at := "second", ranges[1]
	for i, f := range want {
		if lacks[f] {
			fs = append(fs, f.String())
			if i == 0 && !lacks[want[1]] {
				nth, at = "first", ranges[0]
			}
		}
	}
	c.add(fact.Finding{
		Rule: fact.RulePodCIDRFamilyMissing, Args: args(argNode, one, argPods, ranges, "family", fs), Severity: fact.Error, Subjects: nodeNames(one),
		Message: fmt.Sprintf("the cluster is dual-stack, its %s range is %s, but %s %s no %s podCIDR: %s; kube-controller-manager never adds a family to a node that has a podCIDR",
			nth, at.says(), words.NameList(nodeNames(one)), choose(len(one), "has", "have"), strings.Join(fs, " and no "), nodeSubs(one)),
		Where: append(nodePlaces(one), placeOf(at.s, "pods "+writes(at.s))),
		Fix: []string{
			"for each node listed: " + c.rejoin() + "; it registers again with a subnet of each family",
			c.rejoinLoses(),
			"the kubelet's --node-ip has to name an address of each family",
		},
		Disturbs: fact.DisturbsNodes,
	})
}

// flannelWithoutIPv6Nodes: flannel wants an IPv6 subnet of each node of a cluster that has IPv4 alone.
func (c *checker) flannelWithoutIPv6Nodes() {
	six := ofFamily(c.networks, fact.IPv6)
	kube, _ := c.kubeMode()
	serving := slices.IndexFunc(c.controllers, func(k *managerView) bool { return k.serves() })
	if len(six) == 0 || !kube || serving < 0 || len(ofFamily(c.pods, fact.IPv6)) > 0 ||
		slices.ContainsFunc(c.nodes, func(n *nodeView) bool { return len(ofFamily(n.subs, fact.IPv6)) > 0 }) {
		return
	}
	k := c.controllers[serving]
	c.add(fact.Finding{
		Changes: []fact.Component{fact.Flannel, fact.ControllerManager}, Args: args("network", six[0], argPods, k.pods, argHost, k.host),
		Rule: fact.RulePodCIDRFamilyMissing, Severity: fact.Error, Subjects: nodeNames(c.nodes), RefusedBy: []fact.Component{fact.Flannel},
		Message: fmt.Sprintf("flannel has EnableIPv6 and %s, but the cluster's pod range is IPv4 alone: %s; no node gets an IPv6 podCIDR, and flannel does not start without one",
			six[0].says(), says(k.podsAt)),
		Where: []fact.Place{six[0].place("pods " + six[0].text()), placeOf(k.podsAt, "pods "+joinHeld(k.pods))},
		Fix: []string{
			"if IPv6 is not wanted: remove EnableIPv6 and IPv6Network from net-conf.json, and restart flannel",
			fmt.Sprintf("if it is: --cluster-cidr=%s,%v on every control-plane host, a second service range, and every node drained, deleted and registered again", joinHeld(k.pods), six[0].p),
		},
		Disturbs: fact.DisturbsComponent,
	})
}

// startupCauses are the rules whose findings leave nodes without a subnet, most direct first.
func startupCauses() []fact.RuleID {
	return []fact.RuleID{
		fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed, fact.RulePodServiceOverlap,
		fact.RuleClusterCIDRExhausted, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleNodeMaskFlagIgnored, fact.RulePodCIDROutsideClusterCIDR,
		fact.RuleCIDRMalformed, fact.RuleControlPlaneFlagsDiffer, fact.RuleIPFamilyMismatch, fact.RuleServiceRangeTooLarge, fact.RuleServiceRangeTooSmall,
	}
}

var rulePodCIDRMissing = rule{
	rank: 480,
	about: fact.Rule{
		ID: fact.RulePodCIDRMissing, Severity: fact.Warning, Also: []fact.Severity{fact.Error}, Disturbs: fact.DisturbsNothing,
		Title:  "A Node without spec.podCIDR",
		Cause:  "Usually one of the rules above; under a known cause it is listed there.",
		Effect: "flannel says \"pod cidr not assigned\" on that node; its pods get no address.",
		Mend:   "mend the cause; the node gets a subnet by itself, or is deleted and registered again",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	find:  (*checker).nodesWithoutSubnet,
	after: []fact.RuleID{fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RulePodServiceOverlap, fact.RuleClusterCIDRExhausted, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskFlagIgnored, fact.RulePodCIDROutsideClusterCIDR, fact.RuleCIDRMalformed, fact.RuleControlPlaneFlagsDiffer, fact.RuleIPFamilyMismatch, fact.RuleServiceRangeTooLarge, "startup", fact.RuleUpstreamBug},
}

// nodesWithoutSubnet: a registered node holds no podCIDR. Under a cause it is a symptom.
func (c *checker) nodesWithoutSubnet() {
	missing := c.withoutSubnet()
	if len(missing) == 0 || c.ownIPAM() {
		return
	}
	if c.subnetsFromEtcd() {
		return
	}
	f := fact.Finding{Rule: fact.RulePodCIDRMissing, Args: args(argNode, missing), Severity: fact.Warning, Subjects: nodeNames(missing), Where: nodePlaces(missing)}
	f.Message = fmt.Sprintf("%s %s no podCIDR", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
	if len(missing) > words.Shown {
		f.Message += fmt.Sprintf(" (%d nodes)", len(missing))
	}
	if cause := c.servingCause(); cause != nil {
		c.explain(cause, "podcidr-missing: "+f.Message, f)
		cause.Subjects = mergeNames(cause.Subjects, f.Subjects)
		return
	}
	have := c.withSubnet()
	var why []string
	if len(c.controllers) == 0 {
		why = append(why,
			"no pod range reaches kube-controller-manager (--cluster-cidr and --allocate-node-cidrs in /etc/kubernetes/manifests/kube-controller-manager.yaml)",
			"the range is used up, or lies inside the service range (kubectl -n kube-system logs kube-controller-manager-HOST | grep -i cidr)")
	} else {
		why = append(why,
			"the node was registered a moment ago (kubectl get node -o wide, and look again)",
			"kube-controller-manager is not running (kubectl -n kube-system get pods; its log names the reason)")
	}
	if !c.usesFlannel() {
		why = append(why, "or the network in use manages addresses itself, and nothing is wrong (kubectl get pods -A | grep -E 'calico|cilium|weave')")
	}
	if have > 0 {
		f.Message += fmt.Sprintf(", while %s %s one", countOf(have, "node"), choose(have, "has", "have"))
	}
	if c.flannelNeedsSubnet() {
		f.Severity, f.RefusedBy = fact.Error, []fact.Component{fact.Flannel}
		f.Message += "; flannel takes subnets from Node objects, so it stops there (pod cidr not assigned)"
	}
	f.Message += "; the given files show no cause. Most likely first: " + strings.Join(why, "; ")
	f.Fix = []string{
		"kubectl describe node NODE | grep -A3 -i cidr shows an event CIDRNotAvailable where the range is used up",
		"add kube-controller-manager.yaml, or the kubeadm configuration, to the files given: they decide it",
	}
	c.add(f)
	if have == 0 && c.usesFlannel() {
		c.suspectUnset(nodePlaces(missing), f.Subjects)
	}
}

// servingCause returns the error that leaves nodes without a subnet, else the warning, nil for none.
func (c *checker) servingCause() *fact.Finding {
	var warn *fact.Finding
	for _, r := range startupCauses() {
		for _, f := range c.found {
			if f.Rule != r {
				continue
			}
			switch f.Severity {
			case fact.Error:
				return f
			case fact.Warning:
				if warn == nil && (r == fact.RulePodCIDRUnset || r == fact.RuleAllocateNodeCIDRsOff) {
					warn = f
				}
			}
		}
	}
	return warn
}

func mergeNames(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// Usable returns how many pods a subnet of length bits can hold behind a bridge with a gateway: the network address, the
// gateway and, for IPv4, the broadcast address are none. containernetworking/plugins host-local range.go.
func Usable(f fact.Family, bits int) int {
	n := f.Bits() - bits
	if n > 30 {
		return 1 << 30
	}
	if n < 2 {
		return 0
	}
	if f == fact.IPv4 {
		return 1<<n - 3
	}
	return 1<<n - 2
}
