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

// An owned subnet is one that a node holds, by its Node object or its subnet.env.
type owned struct {
	held
	name string
}

// overlapGroups returns the groups of subnets that overlap one another and belong to different owners, in O(n log n):
// sorted by address, a subnet overlaps an earlier one if and only if it lies inside the widest that is still open.
func overlapGroups(subs []owned) [][]owned {
	slices.SortStableFunc(subs, func(a, b owned) int { return cmp.Or(cidrorder.Compare(a.p, b.p), cmp.Compare(a.name, b.name)) })
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
