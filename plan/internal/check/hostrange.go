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
)

// A hostAddr is an address or range of hosts with the statement that names it.
type hostAddr struct {
	s *fact.Statement
	a netip.Addr
	p netip.Prefix // for a range
}

func (h hostAddr) in(p netip.Prefix) bool {
	if h.p.IsValid() {
		return h.p.Overlaps(p)
	}
	return p.Contains(h.a)
}

func (h hostAddr) String() string {
	if h.p.IsValid() {
		return h.p.String()
	}
	return h.a.String()
}

// hostAddrs returns the addresses and ranges of hosts that have to lie outside of pods and services.
func (c *checker) hostAddrs() []hostAddr {
	var out []hostAddr
	add := func(s *fact.Statement) {
		if s.Overridden {
			return
		}
		for _, a := range s.Addrs {
			a = a.Unmap().WithZone("")
			if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
				continue
			}
			out = append(out, hostAddr{s: s, a: a})
		}
	}
	for _, s := range c.addrs {
		add(s)
	}
	for _, s := range c.view.hosts {
		for _, p := range maskedPrefixes(s) {
			if p.Bits() > 0 {
				out = append(out, hostAddr{s: s, p: p})
			}
		}
	}
	known := map[netip.Addr]bool{}
	for _, h := range out {
		known[h.a] = true
	}
	for _, s := range c.links {
		if s.Role != fact.RoleHosts {
			continue
		}
		for _, h := range heldBy(s) {
			a := h.written.Addr()
			// The bridge of a node's pods, by the name of a link of the hosts' own network.
			if n := c.nodeOf(s.Host); known[a] || n != nil && slices.ContainsFunc(n.subs, func(sub held) bool { return sub.p.Contains(a) }) {
				continue
			}
			known[a] = true
			out = append(out, hostAddr{s: s, a: a})
		}
	}
	return out
}

var ruleHostPodOverlap = rule{
	rank:    260,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleHostPodOverlap, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsNodes,
		Title:  "A host address, or the hosts' network, lies in the pod range",
		Cause:  "192.168.0.0/16 for pods in a network of 192.168.1.0/24, or hosts in 10.244.0.0/16.",
		Effect: "Hosts and pods with such addresses cannot be told apart: nodes lose sight of one another, API server or gateway cannot be reached.",
		Mend:   "choose a pod range that leaves out the hosts' network, then register the nodes again",
		Source: "no program checks it; kubernetes/kubeadm#3312",
	},
	find: (*checker).hostOverlap,
}

var ruleHostServiceOverlap = rule{
	rank:    270,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleHostServiceOverlap, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsCluster,
		Title:  "A host address, or the hosts' network, lies in the service range",
		Cause:  "Hosts in 10.96.0.0 to 10.111.255.255, the default service range.",
		Effect: "kube-proxy treats the host's address as a service: components on it cannot be reached, the control plane does not come up.",
		Mend:   "choose a service range that leaves out the hosts' network, or move the hosts",
		Source: "no program checks it; siderolabs/talos#8882",
	},
	by: fact.RuleHostPodOverlap,
}

// hostOverlap: an address or range of the hosts lies where pods or services live.
func (c *checker) hostOverlap() {
	hosts := c.hostAddrs()
	if !c.vpcCNI() {
		pods := c.claimedPods()
		hit := false
		for _, p := range pods {
			hit = c.hostsIn(hosts, p, fact.RuleHostPodOverlap, "pod", fact.Error) || hit
		}
		if !hit {
			for _, n := range c.networks {
				if !slices.ContainsFunc(pods, func(p held) bool { return p.p == n.p }) {
					c.hostsIn(hosts, n, fact.RuleHostPodOverlap, "pod", fact.Warning)
				}
			}
		}
		if len(pods) == 0 {
			c.hostsInNodeSubnets(hosts)
		}
	}
	if !c.assumed {
		for _, s := range c.services {
			c.hostsIn(hosts, s, fact.RuleHostServiceOverlap, "service", fact.Error)
		}
	}
}

// hostsIn reports the hosts that lie in one range, all in one finding, and whether there are any.
func (c *checker) hostsIn(hosts []hostAddr, r held, rule fact.RuleID, what string, sev fact.Severity) bool {
	var in []hostAddr
	seen := map[string]bool{}
	for _, h := range hosts {
		if h.in(r.p) && !seen[h.String()+h.s.Host] {
			seen[h.String()+h.s.Host] = true
			in = append(in, h)
		}
	}
	if len(in) == 0 {
		return false
	}
	f := fact.Finding{Rule: rule, Severity: sev, Where: []fact.Place{r.place(what + "s " + r.text())}, Args: args(what+"s", r)}
	var names []string
	for i, h := range in {
		name := h.s.Host
		f.Args = append(f.Args, args("address", h.String(), argHost, name)...)
		if name != "" {
			f.Subjects = append(f.Subjects, name)
		}
		if i < maxPlaces {
			f.Where = append(f.Where, placeOf(h.s, strings.TrimSpace(h.s.Key+" "+h.String())))
		}
		label := h.String()
		switch {
		case name != "" && h.s.Key != "":
			label += " (" + h.s.Key + " of " + name + ")"
		case name != "":
			label += " (" + name + ")"
		default:
			label += " (" + who(h.s) + ")"
		}
		if !slices.Contains(names, label) {
			names = append(names, label)
		}
	}
	f.Message = fmt.Sprintf("%s %s inside the %s range %s, which runs from %v to %v",
		words.NameList(names), choose(len(names), "lies", "lie"), what, r.says(), r.p.Addr(), cidr.Last(r.p))
	if what == "pod" {
		f.Fix = append([]string{
			fmt.Sprintf("choose a pod range that leaves out the hosts' network, for instance %s; or give the hosts addresses outside %v instead", c.freeRange(fact.RolePods, fact.FamilyOf(r.p)), r.p),
			c.spread(),
		}, c.reregister("then, one node after the other: ")...)
		if sev == fact.Warning {
			f.Message += "; the nodes' own subnets may keep away from it, but traffic from pods to these hosts is not masqueraded"
			f.Fix = []string{"make flannel's Network no wider than the cluster's pod range, and restart flannel"}
			f.Disturbs = fact.DisturbsComponent
			f.Effect = "hosts inside flannel's Network see the pods' own addresses and may have no route back"
		} else {
			f.Disturbs = c.disturbsNodes()
			f.Changes = c.changed(fact.ControllerManager)
			c.offerCut(&f, r, "host")
		}
	} else {
		f.Fix = []string{
			fmt.Sprintf("give the hosts addresses outside %s, or install the cluster with another service range, for instance kubeadm init --service-cidr=%s", spanOf(r.p), c.freeRange(fact.RoleServices, fact.FamilyOf(r.p))),
			"the service range stands in kube-apiserver, kube-controller-manager, the certificates (1st address) and the kubelets' clusterDNS (10th): change all of them together",
		}
		f.Disturbs = fact.DisturbsCluster
	}
	c.add(f)
	return true
}

// Familiar returns the ranges of family f that are proposed for pods or services, the first choice first. None of the pods' touches one
// of the services', so that the mends of one report can be followed together.
func Familiar(role fact.Role, f fact.Family) []netip.Prefix {
	var texts []string
	switch {
	case role == fact.RoleServices && f == fact.IPv6:
		texts = []string{"fd00:10:96::/112", "fd42:10:96::/112"}
	case role == fact.RoleServices:
		texts = []string{"10.96.0.0/16", "172.28.0.0/16", "10.112.0.0/16", "192.168.112.0/20"}
	case f == fact.IPv6:
		texts = []string{"fd00:10:244::/56", "fd42:10:244::/56"}
	default:
		texts = []string{"10.244.0.0/16", "10.200.0.0/16", "172.20.0.0/16", "192.168.128.0/17"}
	}
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// freeRange proposes a familiar range of family f for pods or services that touches no host, pod, service or reserved range
// that is known. Where flannel's Network lies does not count: it is written anew with the pod range.
func (c *checker) freeRange(role fact.Role, f fact.Family) string {
	hosts := c.hostAddrs()
	var pools []held
	for _, o := range c.others {
		pools = append(pools, o.podPrefixes()...)
	}
	for _, p := range Familiar(role, f) {
		free := !slices.ContainsFunc(hosts, func(h hostAddr) bool { return h.in(p) }) &&
			!slices.ContainsFunc(slices.Concat(c.pods, pools, c.services), func(h held) bool { return h.p.Overlaps(p) }) &&
			!slices.ContainsFunc(c.view.reserved, func(r *fact.Statement) bool {
				return slices.ContainsFunc(maskedPrefixes(r), p.Overlaps)
			})
		if free {
			return p.String()
		}
	}
	return "one that no host, pod or service range touches"
}

// offerCut puts in front of the mends of f to cut the pod range r down to what holds no host or service, where that goes.
func (c *checker) offerCut(f *fact.Finding, r held, what string) {
	cut := c.cutDown(r)
	if !cut.IsValid() {
		return
	}
	f.Fix[0] = "or " + f.Fix[0]
	f.Fix = append([]string{fmt.Sprintf("cut the pod range down to %v, which holds every subnet that nodes have, and no %s: %s; registered nodes keep their subnets",
		cut, what, c.setFlags(fact.ControllerManager, "set", flag{"cluster-cidr", c.clusterCIDRWith(r, cut)}))}, f.Fix...)
	f.Disturbs = fact.DisturbsComponent
}

// cutDown returns the widest part of the pod range r that holds what all nodes have of it and one subnet more, and nothing else that is known;
// the zero Prefix where there is none.
func (c *checker) cutDown(r held) netip.Prefix {
	var all netip.Prefix
	mask := 0
	for _, n := range c.nodes {
		for _, h := range n.subs {
			if fact.FamilyOf(h.p) != fact.FamilyOf(r.p) {
				continue
			}
			if !cidr.Contains(r.p, h.p) || mask > 0 && mask != h.p.Bits() {
				return netip.Prefix{}
			}
			mask = h.p.Bits()
			if !all.IsValid() {
				all = h.p
			}
			for !cidr.Contains(all, h.p) {
				all, _ = cidr.Parent(all)
			}
		}
	}
	if !all.IsValid() || c.ownIPAM() || r.s.Component != fact.ControllerManager && r.s.Component != fact.Kubeadm {
		return netip.Prefix{}
	}
	hosts := c.hostAddrs()
	for bits := r.p.Bits() + 1; bits <= all.Bits(); bits++ {
		p := netip.PrefixFrom(all.Addr(), bits).Masked()
		taken := slices.ContainsFunc(hosts, func(h hostAddr) bool { return h.in(p) }) || slices.ContainsFunc(c.services, func(h held) bool { return h.p.Overlaps(p) }) ||
			slices.ContainsFunc(c.view.reserved, func(s *fact.Statement) bool { return slices.ContainsFunc(maskedPrefixes(s), p.Overlaps) })
		if !taken && mask-bits < 63 && uint64(1)<<(mask-bits) > uint64(len(c.nodes)) {
			return p
		}
	}
	return netip.Prefix{}
}

// clusterCIDRWith returns the pod ranges as --cluster-cidr has them, with p in place of r.
func (c *checker) clusterCIDRWith(r held, p netip.Prefix) string {
	list := []held{r}
	for _, k := range c.controllers {
		if slices.ContainsFunc(k.pods, func(h held) bool { return h.p == r.p }) {
			list = k.pods
			break
		}
	}
	var texts []string
	for _, h := range list {
		if h.p == r.p {
			h.p = p
		}
		texts = append(texts, h.p.String())
	}
	return strings.Join(texts, ",")
}

// hostsInNodeSubnets looks for hosts in the nodes' pod subnets, where no pod range is known.
func (c *checker) hostsInNodeSubnets(hosts []hostAddr) {
	var subs []held
	for _, n := range c.nodes {
		subs = append(subs, n.subs...)
	}
	slices.SortFunc(subs, func(a, b held) int { return cidrorder.Compare(a.p, b.p) })
	for _, h := range hosts {
		if h.p.IsValid() {
			// Of several subnets in it any will do, and so will one that holds it.
			i, _ := slices.BinarySearchFunc(subs, h.p.Addr(), func(s held, a netip.Addr) int { return cmp.Or(s.p.Addr().Compare(a), 1) })
			for _, s := range subs[max(i-1, 0):min(i+1, len(subs))] {
				if s.p.Overlaps(h.p) {
					c.hostsIn([]hostAddr{h}, s, fact.RuleHostPodOverlap, "pod", fact.Error)
					return
				}
			}
			continue
		}
		i, _ := slices.BinarySearchFunc(subs, h.a, func(s held, a netip.Addr) int { return cmp.Or(s.p.Addr().Compare(a), -1) })
		if i > 0 && subs[i-1].p.Contains(h.a) {
			c.hostsIn([]hostAddr{h}, subs[i-1], fact.RuleHostPodOverlap, "pod", fact.Error)
			return
		}
	}
}
