package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// claimedPods returns the pod ranges that overlap rules look at: those in force, those that other sources add (another
// CNI's), and, where nobody says more, what flannel's Network says.
func (c *checker) claimedPods() []held {
	hs := slices.Clone(c.pods)
	for _, o := range c.others {
		hs = append(hs, o.podPrefixes()...)
	}
	if len(hs) == 0 {
		for _, p := range c.proxies {
			if p.set[fact.SettingDetectLocal] == nil || p.set[fact.SettingDetectLocal].Text == "" || p.set[fact.SettingDetectLocal].Text == "ClusterCIDR" {
				hs = append(hs, p.podPrefixes()...)
			}
		}
		hs = slices.DeleteFunc(hs, func(h held) bool {
			return slices.ContainsFunc(c.services, func(s held) bool { return s.p == h.p })
		})
	}
	if len(hs) == 0 {
		hs = append(hs, c.networks...)
	}
	if len(hs) == 0 {
		for _, e := range c.envs {
			hs = append(hs, e.podPrefixes()...)
		}
	}
	return distinctHeld(hs)
}

var rulePodServiceOverlap = rule{
	rank:    250,
	changes: []fact.Component{fact.Kubeadm, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RulePodServiceOverlap, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsNodes,
		Title:  "Pod and service range of one family overlap",
		Cause:  "A pod range inside 10.96.0.0/12, kubeadm's default service range, which runs to 10.111.255.255; or a pod range such as 10.0.0.0/8 that holds it.",
		Effect: "Pods inside services: no node subnet is handed out (CIDRNotAvailable), or pods and services share addresses and traffic goes astray. Services inside pods: node subnets are lost.",
		Mend:   "choose ranges that do not overlap, and write them everywhere they stand",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange, v1.37.2; kubernetes/kubernetes#85809",
	},
	find: (*checker).podServiceOverlap,
}

// podServiceOverlap: pods and services of one family share addresses.
func (c *checker) podServiceOverlap() {
	claimed := c.claimedPods()
	found := false
	for _, p := range claimed {
		for _, s := range c.services {
			if !p.p.Overlaps(s.p) {
				continue
			}
			found = true
			c.overlapPair(p, s)
		}
	}
	if found || c.assumed {
		return
	}
	// No range of pods is known, or none overlaps; a node may hold a subnet of the service range all the same.
	for _, s := range c.services {
		var in []*nodeView
		for _, n := range c.nodes {
			if slices.ContainsFunc(n.subs, func(h held) bool { return h.p.Overlaps(s.p) }) {
				in = append(in, n)
			}
		}
		if len(in) == 0 {
			continue
		}
		c.add(fact.Finding{
			Rule: fact.RulePodServiceOverlap, Severity: fact.Error, Subjects: nodeNames(in), Args: args(argNode, in, "services", s),
			Message: fmt.Sprintf("%s %s a pod subnet inside the service range %s, which runs from %v to %v: %s",
				words.NameList(nodeNames(in)), choose(len(in), "holds", "hold"), s.says(), s.p.Addr(), cidr.Last(s.p), nodeSubs(in)),
			Where: append(nodePlaces(in), s.place("services "+s.text())),
			Fix: []string{
				"choose a pod range outside " + s.p.String() + " and write it everywhere it stands (kubeadm, kube-controller-manager, flannel, kube-proxy)",
				"then, for each node listed, since a podCIDR that is set cannot be changed: " + c.rejoin(),
				c.rejoinLoses(),
			},
			Disturbs: fact.DisturbsNodes,
		})
	}
}

// nodeSubs tells the subnets of the first few nodes: "node1 10.96.1.0/24, node2 10.96.2.0/24".
func nodeSubs(ns []*nodeView) string {
	var ss []string
	for i, n := range ns {
		if i == words.Shown {
			break
		}
		var subs []string
		for _, h := range n.subs {
			subs = append(subs, h.text())
		}
		ss = append(ss, n.name+" "+strings.Join(subs, ","))
	}
	if len(ns) > words.Shown {
		ss = append(ss, fmt.Sprintf("and %d more", len(ns)-words.Shown))
	}
	return strings.Join(ss, ", ")
}

func (c *checker) overlapPair(p, s held) {
	f := fact.Finding{Rule: fact.RulePodServiceOverlap, Args: args(argPods, p, "services", s, argHost, p.s.Host, argHost, s.s.Host), Where: []fact.Place{p.place("pods " + p.text()), s.place("services " + s.text())}}
	fam := fact.FamilyOf(p.p)
	mask := 24
	if fam == fact.IPv6 {
		mask = 64
	}
	// The controller that hands out p, and whether it keeps away from s.
	var k *managerView
	for _, m := range c.controllers {
		if slices.ContainsFunc(m.pods, func(h held) bool { return h.p == p.p }) {
			k = m
			break
		}
	}
	filtered := false
	var ms *fact.Statement
	if k != nil {
		mask, ms = k.mask(fam)
		filtered = k.serves() && !c.ownIPAM() && slices.ContainsFunc(k.services, func(h held) bool { return cidr.Contains(h.p, s.p) })
	}
	var inside []*nodeView
	for _, n := range c.nodes {
		if slices.ContainsFunc(n.subs, func(h held) bool { return h.p.Overlaps(s.p) }) {
			inside = append(inside, n)
		}
	}
	f.Subjects = nodeNames(inside)
	f.Args = append(f.Args, args(argNode, inside)...)
	var b strings.Builder
	fmt.Fprintf(&b, "the pod range %s and the service range %s overlap: ", p.says(), s.says())
	switch {
	case p.p == s.p:
		b.WriteString("both are the same range")
	case cidr.Contains(s.p, p.p):
		fmt.Fprintf(&b, "the pods lie inside the services, which run from %v to %v", s.p.Addr(), cidr.Last(s.p))
	default:
		fmt.Fprintf(&b, "the services lie inside the pods, which run from %v to %v", p.p.Addr(), cidr.Last(p.p))
	}
	n := nodeipam.LostBlocks(p.p, mask, s.p)
	total := mask - p.p.Bits()
	f.Severity = fact.Error
	switch {
	case cidr.Contains(s.p, p.p):
		if k != nil && filtered && total >= 0 {
			fmt.Fprintf(&b, "; kube-controller-manager keeps all %s node subnets of /%d away from the services, so no new node gets one", blockSum(p.p, mask), mask)
		} else {
			b.WriteString("; pods get addresses that are services as well")
		}
	case total >= 0:
		switch {
		case filtered:
			fmt.Fprintf(&b, "; kube-controller-manager withholds %s of the %s node subnets of /%d (%s) from the nodes", powerOfTwo(n), blockSum(p.p, mask), mask, maskNote(fam, ms))
			if n == total {
				b.WriteString(", which leaves none")
				break
			}
			f.Severity = fact.Warning
			f.Effect = "fewer nodes fit than the pod range seems to hold; the rest works while kube-controller-manager knows the service range"
		case c.cni == "cilium":
			// Its operator hands out from the lowest address on: the services are reached after many nodes, or never.
			f.Severity = fact.Warning
			b.WriteString("; cilium hands out from the lowest address on, and reaches the services when enough nodes are there")
		case c.ownIPAM():
			fmt.Fprintf(&b, "; %s hands out pod addresses itself and does not keep away from the services", c.cni)
		case k != nil && k.serves():
			fmt.Fprintf(&b, "; kube-controller-manager has no --service-cluster-ip-range that holds it, so the node subnets in it (%s of %s) are handed out, and pods get addresses of services", powerOfTwo(n), blockSum(p.p, mask))
		case p.s.Component == fact.Flannel:
			// As kops lays it out: the network of flannel is wider than the ranges in it.
			f.Severity = fact.Warning
			b.WriteString("; that works only where the nodes' subnets keep away from the services")
		default:
			b.WriteString("; pods can get addresses that are services as well")
		}
	}
	if c.dist != nil && f.Severity == fact.Warning && p.s.Component != fact.Flannel && c.cni != "cilium" {
		f.Severity = fact.Error
		f.Effect = ""
		fmt.Fprintf(&b, "; %s keeps both ranges for the life of a cluster, so that this is fixed before anything runs on it or not at all", c.dist.name)
	}
	if len(inside) > 0 {
		f.Severity = fact.Error
		f.Effect = ""
		fmt.Fprintf(&b, "; already inside: %s", nodeSubs(inside))
		f.Where = append(f.Where, nodePlaces(inside)...)
	}
	if c.assumed {
		f.Severity = fact.Warning
		b.WriteString("; no file says the service range: compare with --service-cluster-ip-range of kube-apiserver")
	}
	f.Message = b.String()
	proposal := c.freeRange(fact.RolePods, fam)
	f.Fix = append([]string{
		fmt.Sprintf("choose a pod range outside %s, for instance %s, or at installation another service range (--service-cidr)", spanOf(s.p), proposal),
		c.spread(),
	}, c.reregister("then, one node after the other, so that each gets a subnet of the new range: ")...)
	f.Disturbs = c.disturbsNodes()
	f.Changes = c.changed(fact.Kubeadm, fact.ControllerManager)
	c.offerCut(&f, p, "service")
	c.add(f)
}
