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
	f.Fix = []string{
		fmt.Sprintf("choose a pod range outside %s, for instance %s, or at installation another service range (--service-cidr)", spanOf(s.p), proposal),
		"write it everywhere it stands: networking.podSubnet (kubeadm-config ConfigMap), --cluster-cidr of kube-controller-manager on every control-plane host, flannel's Network, clusterCIDR of kube-proxy",
		"then, one node after the other, so that each gets a subnet of the new range: " + c.rejoin(),
		c.rejoinLoses(),
	}
	f.Disturbs = fact.DisturbsNodes
	c.add(f)
}

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
		f.Fix = []string{
			fmt.Sprintf("choose a pod range that leaves out the hosts' network, for instance %s, and write it everywhere it stands (networking.podSubnet, --cluster-cidr, flannel's Network, clusterCIDR of kube-proxy)", c.freeRange(fact.RolePods, fact.FamilyOf(r.p))),
			"then, one node after the other: " + c.rejoin() + "; or give the hosts addresses outside " + r.p.String() + " instead",
			c.rejoinLoses(),
		}
		if sev == fact.Warning {
			f.Message += "; the nodes' own subnets may keep away from it, but traffic from pods to these hosts is not masqueraded"
			f.Fix = []string{"make flannel's Network no wider than the cluster's pod range, and restart flannel"}
			f.Disturbs = fact.DisturbsComponent
			f.Effect = "hosts inside flannel's Network see the pods' own addresses and may have no route back"
		} else {
			f.Disturbs = fact.DisturbsNodes
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

// freeRange proposes a familiar range of family f for pods or services that touches no host, pod, service or reserved range
// that is known. What it proposes for pods never touches what it proposes for services, so that the mends of one report can
// be followed together. Where flannel's Network lies does not count: it is written anew with the pod range.
func (c *checker) freeRange(role fact.Role, f fact.Family) string {
	var try []string
	switch {
	case role == fact.RoleServices && f == fact.IPv6:
		try = []string{"fd00:10:96::/112", "fd42:10:96::/112"}
	case role == fact.RoleServices:
		try = []string{"10.96.0.0/16", "172.28.0.0/16", "10.112.0.0/16", "192.168.112.0/20"}
	case f == fact.IPv6:
		try = []string{"fd00:10:244::/56", "fd42:10:244::/56"}
	default:
		try = []string{"10.244.0.0/16", "10.200.0.0/16", "172.20.0.0/16", "192.168.128.0/17"}
	}
	hosts := c.hostAddrs()
	for _, t := range try {
		p := netip.MustParsePrefix(t)
		free := !slices.ContainsFunc(hosts, func(h hostAddr) bool { return h.in(p) }) &&
			!slices.ContainsFunc(slices.Concat(c.pods, c.services), func(h held) bool { return h.p.Overlaps(p) }) &&
			!slices.ContainsFunc(c.view.reserved, func(r *fact.Statement) bool {
				return slices.ContainsFunc(maskedPrefixes(r), p.Overlaps)
			})
		if free {
			return t
		}
	}
	return "one that no host, pod or service range touches"
}

// hostsInNodeSubnets looks for hosts in the nodes' pod subnets, where no pod range is known.
func (c *checker) hostsInNodeSubnets(hosts []hostAddr) {
	var subs []held
	for _, n := range c.nodes {
		subs = append(subs, n.subs...)
	}
	slices.SortFunc(subs, func(a, b held) int { return a.p.Compare(b.p) })
	for _, h := range hosts {
		if h.p.IsValid() {
			continue
		}
		i, _ := slices.BinarySearchFunc(subs, h.a, func(s held, a netip.Addr) int { return cmp.Or(s.p.Addr().Compare(a), -1) })
		if i > 0 && subs[i-1].p.Contains(h.a) {
			c.hostsIn([]hostAddr{h}, subs[i-1], fact.RuleHostPodOverlap, "pod", fact.Error)
			return
		}
	}
}

var ruleReservedOverlap = rule{
	rank: 650,
	about: fact.Rule{
		ID: fact.RuleReservedOverlap, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "Pod or service range overlaps a range that something else uses",
		Cause:  "A VPN, another site, another cluster.",
		Effect: "One of the two cannot be reached from the other.",
		Mend:   "choose another range",
		Source: "the statement that names the range",
	},
	find: (*checker).reservedOverlap,
}

var ruleDockerBridgeOverlap = rule{
	rank: 640,
	about: fact.Rule{
		ID: fact.RuleDockerBridgeOverlap, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "Pod or service range overlaps docker0, 172.17.0.0/16 by default",
		Cause:  "A range from 172.16.0.0/12 taken without looking.",
		Effect: "On hosts with Docker the bridge takes the traffic for those addresses.",
		Mend:   "choose another range, or set \"bip\" in /etc/docker/daemon.json",
		Source: "github.com/moby/moby, default bridge network",
	},
	by: fact.RuleReservedOverlap,
}

// reservedOverlap: pods or services lie where something else lives.
func (c *checker) reservedOverlap() {
	docker := &fact.Statement{Component: "docker", Role: fact.RoleReserved, Name: fact.NameDocker, Key: "docker0", Text: "docker0", Default: true, Prefixes: []netip.Prefix{Docker0()}}
	reserved := slices.Clone(c.view.reserved)
	if !slices.ContainsFunc(reserved, func(s *fact.Statement) bool {
		return s.Name == fact.NameDocker0 || s.Name == fact.NameDocker && s.Component != fact.Host
	}) && !c.noDocker() {
		reserved = append(reserved, docker)
	}
	reserved, more := sameOnHosts(reserved)
	ranges := c.claimedPods()
	roles := make([]string, len(ranges))
	for i := range roles {
		roles[i] = "pod"
	}
	if !c.assumed {
		for _, s := range c.services {
			ranges, roles = append(ranges, s), append(roles, "service")
		}
	}
	for _, r := range reserved {
		if r.Overridden {
			continue
		}
		for _, rp := range maskedPrefixes(r) {
			for i, h := range ranges {
				if !h.p.Overlaps(rp) || h.s == r {
					continue
				}
				f := fact.Finding{Rule: fact.RuleReservedOverlap, Args: args(roles[i]+"s", h, "reserved", rp, argHost, h.s.Host, argHost, r.Host), Where: []fact.Place{h.place(roles[i] + "s " + h.text()), placeOf(r, "reserved "+rp.String())}}
				name := cmp.Or(strings.TrimSpace(strings.Replace(r.Text, rp.String(), "", 1)), r.Key, string(r.Component))
				from := " (" + name + ")"
				if isDocker(r) {
					f.Rule = fact.RuleDockerBridgeOverlap
					from = " (docker0)"
					if r.Default {
						from = " (docker0, Docker's default bridge, since no file says otherwise)"
					}
					f.Fix = []string{
						fmt.Sprintf("choose a %s range outside %v, or give docker0 another range on every host that runs Docker: \"bip\" in /etc/docker/daemon.json", roles[i], rp),
					}
				} else {
					f.Fix = []string{fmt.Sprintf("choose a %s range outside %v, or free that range", roles[i], rp)}
				}
				f.Message = fmt.Sprintf("the %s range %s overlaps %v%s", roles[i], h.says(), rp, from)
				f.Where = append(f.Where, cutPlaces(more[r])...)
				c.add(f)
			}
		}
	}
}

var ruleKnownRangeOverlap = rule{
	rank: 660,
	about: fact.Rule{
		ID: fact.RuleKnownRangeOverlap, Severity: fact.Info, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsNothing,
		Title:  "Pod or service range overlaps a range that popular software takes by default",
		Cause:  "libvirt, Podman or further networks of Docker on the hosts, with their defaults.",
		Effect: "On a host where it runs, traffic for those addresses stays on that host.",
		Mend:   "choose another range, or move that software",
		Source: "the atlas of package cidr, each entry with its own source",
	},
	find: (*checker).knownOverlap,
}

// knownOverlap: pods or services lie where popular software lives by default, on hosts that run it. Nothing shows that they do.
func (c *checker) knownOverlap() {
	type pair struct {
		h    held
		role string
	}
	var ranges []pair
	for _, h := range c.claimedPods() {
		ranges = append(ranges, pair{h, "pod"})
	}
	if !c.assumed {
		for _, h := range c.services {
			ranges = append(ranges, pair{h, "service"})
		}
	}
	for _, r := range ranges {
		var uses []string
		for _, u := range LocalDefaults() {
			if u.Prefix != Docker0() && u.Prefix.Overlaps(r.h.p) {
				uses = append(uses, fmt.Sprintf("%v of %s", u.Prefix, u.Name))
			}
		}
		if len(uses) == 0 || r.h.s.Default {
			continue
		}
		c.add(fact.Finding{
			Rule: fact.RuleKnownRangeOverlap, Args: args(r.role+"s", r.h), Severity: fact.Info, Where: []fact.Place{r.h.place(r.role + "s " + r.h.text())},
			Message: fmt.Sprintf("the %s range %s overlaps what other software takes by default where it runs: %s", r.role, r.h.says(), words.NameList(uses)),
		})
	}
}

func isDocker(s *fact.Statement) bool {
	return s.Name == fact.NameDocker || s.Name == fact.NameDocker0
}

var ruleSpecialRange = rule{
	rank: 460,
	about: fact.Rule{
		ID: fact.RuleSpecialRange, Severity: fact.Error, Disturbs: fact.DisturbsCluster,
		Title:  "A range that no pod or service can use: loopback, link-local, multicast",
		Cause:  "A slip of the pen, or a range taken from elsewhere.",
		Effect: "Hosts do not forward such addresses.",
		Mend:   "use a private range",
		Source: "RFC 6890 and the IANA special-purpose address registries",
	},
	find: (*checker).specialRanges,
}

var rulePublicRange = rule{
	rank: 670,
	about: fact.Rule{
		ID: fact.RulePublicRange, Severity: fact.Warning, Disturbs: fact.DisturbsNodes,
		Title:  "A cluster range is not private address space",
		Cause:  "A slip of the pen (172.32, 192.169), or a range taken from an example.",
		Effect: "The owners of those addresses cannot be reached from the cluster.",
		Mend:   "use 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8",
		Source: "RFC 1918, RFC 4193, RFC 6598",
	},
	by: fact.RuleSpecialRange,
}

// specialRanges: ranges that are public, or that no address of a pod or service can come from.
func (c *checker) specialRanges() {
	pods := c.claimedPods()
	check := func(h held, role string) {
		if h.p.Bits() == 0 {
			return
		}
		if kind := Special(h.p); kind != "" {
			c.add(fact.Finding{
				Rule: fact.RuleSpecialRange, Args: args(role+"s", h), Severity: fact.Error, Where: []fact.Place{h.place(role + "s " + h.text())},
				Message: fmt.Sprintf("the %s range %s overlaps addresses for another purpose: %s", role, h.says(), kind),
			})
			return
		}
		if IsPrivate(h.p) {
			return
		}
		f := fact.Finding{Rule: fact.RulePublicRange, Args: args(role+"s", h, argHost, h.s.Host), Where: []fact.Place{h.place(role + "s " + h.text())}}
		f.Fix = []string{"use a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"}
		if fact.FamilyOf(h.p) == fact.IPv6 {
			f.Fix = []string{"use a range of fd00::/8, or of a prefix that is routed to you"}
		}
		if r, ok := cidr.Special(h.p); ok {
			switch r.Kind {
			case cidr.KindShared, cidr.KindBenchmarking, cidr.KindReserved:
				return // not private by name, and nobody's on the Internet
			case cidr.KindDocumentation:
				f.Message = fmt.Sprintf("the %s range %s is not private address space: %v is set aside for documentation (%s) and may be left over from an example", role, h.says(), r.Prefix, r.RFC)
				f.Effect = "it works inside the cluster; filters elsewhere drop such addresses"
				c.add(f)
				return
			}
		}
		space := "RFC 1918: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"
		if fact.FamilyOf(h.p) == fact.IPv6 {
			space = "RFC 4193: fc00::/7"
		}
		f.Message = fmt.Sprintf("the %s range %s is not private address space (%s); %v to %v may belong to somebody on the Internet", role, h.says(), space, h.p.Addr(), cidr.Last(h.p))
		if fact.FamilyOf(h.p) == fact.IPv6 {
			f.Effect = "fine where this is your own prefix, routed to the cluster; otherwise its real owner cannot be reached"
		}
		c.add(f)
	}
	for _, h := range pods {
		check(h, "pod")
	}
	for _, h := range c.services {
		if !h.s.Default {
			check(h, "service")
		}
	}
}
