package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/overlaps"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ofRole returns the statements of a role that count, sorted by place.
func (c *checker) ofRole(role fact.Role) []*fact.Statement {
	var out []*fact.Statement
	for _, s := range c.all {
		if s.Role == role && !s.Overridden {
			out = append(out, s)
		}
	}
	return out
}

// A target is a range of pods or services that something else must not touch.
type target struct {
	held
	what string // "pod" or "service"
}

// targets returns the ranges of pods and services that are in force.
func (c *checker) targets() []target {
	var ts []target
	if !c.vpcCNI() {
		for _, h := range c.podsInUse() {
			ts = append(ts, target{h, "pod"})
		}
	}
	if !c.assumed {
		for _, h := range c.services {
			ts = append(ts, target{h, "service"})
		}
	}
	return ts
}

// podsInUse returns the ranges of pods, and where none is known the subnets of nodes, which are some of it.
func (c *checker) podsInUse() []held {
	hs := c.claimedPods()
	if len(hs) > 0 {
		return hs
	}
	for _, n := range c.nodes {
		if len(hs) >= mostRanges {
			break
		}
		hs = append(hs, n.subs...)
	}
	return hs
}

// A hostRule is a row of the table of single addresses and ranges of hosts that pods and services have to keep clear of.
type hostRule struct {
	role     fact.Role
	rule     fact.RuleID
	severity fact.Severity
	name     string // what the statement tells of, for the message
	foreign  func(c *checker, s *fact.Statement, p netip.Prefix, t target) bool
	fix      string
}

// hostRules is that table. Each role stands once.
func hostRules() []hostRule {
	return []hostRule{
		{
			role: fact.RoleGateway, rule: fact.RuleHostPodOverlap, severity: fact.Error, name: "the default gateway",
			foreign: func(c *checker, s *fact.Statement, p netip.Prefix, _ target) bool {
				return c.isMachine(s.Host) && !c.holdsOwn(s.Host, p)
			},
			fix: "choose a %s range that leaves out the hosts' network, gateway included",
		},
		{
			role: fact.RoleResolver, rule: fact.RuleResolverOverlap, severity: fact.Error, name: "the resolver",
			foreign: func(c *checker, _ *fact.Statement, p netip.Prefix, t target) bool {
				return t.what == "pod" || !c.isServiceAddr(p.Addr())
			},
			fix: "choose a %s range without that address, or give the hosts another resolver",
		},
		{
			role: fact.RoleProxy, rule: fact.RuleProxyOverlap, severity: fact.Error, name: "the HTTP proxy",
			foreign: func(c *checker, _ *fact.Statement, p netip.Prefix, t target) bool {
				return t.what == "pod" && !c.isPod(p.Addr())
			},
			fix: "choose a %s range without that address, or give the hosts a proxy outside of it (HTTP_PROXY of the units of containerd and kubelet)",
		},
		{
			role: fact.RoleRoute, rule: fact.RuleHostRouteOverlap, severity: fact.Error, name: "the route to",
			foreign: (*checker).foreignRoute,
			fix:     "choose a %s range outside of the routed network, or remove the route where nobody needs it (ip route get ADDRESS shows which one wins)",
		},
		{
			role: fact.RoleLinkRoute, rule: fact.RuleForeignBridge, severity: fact.Error, name: "the link with",
			foreign: (*checker).foreignLink,
			fix:     "find out what made the link (ip -d link show DEVICE), and give it a range outside of the %s range; remove it only where nothing uses it",
		},
		{
			role: fact.RoleUnsureHosts, rule: fact.RuleHostPodOverlap, severity: fact.Warning, name: "the link with",
			foreign: func(c *checker, s *fact.Statement, p netip.Prefix, _ target) bool { return !c.holdsOwn(s.Host, p) },
			fix:     "if this was printed on a host, and not in a pod, choose a %s range that leaves out the hosts' network: give the text with its prompt, or in a folder named after the host",
		},
		{
			role: fact.RolePool, rule: fact.RuleReservedOverlap, severity: fact.Warning, name: "the address pool",
			foreign: func(*checker, *fact.Statement, netip.Prefix, target) bool { return true },
			fix:     "choose a %s range outside of the pool, or give the container engine another one (default-address-pools in /etc/docker/daemon.json)",
		},
	}
}

// hostRanges compares what hosts use beside their own addresses with pods and services.
func (c *checker) hostRanges() {
	targets := c.targets()
	for _, r := range hostRules() {
		stated := c.ofRole(r.role)
		var all []netip.Prefix
		var by []int // index in stated, of each of all
		for i, s := range stated {
			for _, p := range rangesOf(s) {
				if p.Bits() > 0 {
					all, by = append(all, p), append(by, i)
				}
			}
		}
		index := overlaps.New(slices.All(all))
		for _, t := range targets {
			var hits []*fact.Statement
			var at []netip.Prefix
			last := -1
			for _, i := range slices.Sorted(index.Overlapping(t.p)) {
				if s := stated[by[i]]; by[i] != last && r.foreign(c, s, all[i], t) {
					hits, at, last = append(hits, s), append(at, all[i]), by[i]
				}
			}
			if len(hits) > 0 {
				c.hostHit(r, t, hits, at)
			}
		}
	}
}

// rangesOf returns what s names: ranges, or single addresses where it has no ranges.
func rangesOf(s *fact.Statement) []netip.Prefix {
	if len(s.Prefixes) > 0 {
		return maskedPrefixes(s)
	}
	var ps []netip.Prefix
	for _, a := range s.Addrs {
		if a = a.Unmap().WithZone(""); a.IsValid() && !a.IsUnspecified() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			ps = append(ps, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return ps
}

// plainRange tells a range, a single address without its length.
func plainRange(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// hostHit is one finding about all hosts of which r says the same.
func (c *checker) hostHit(r hostRule, t target, hits []*fact.Statement, at []netip.Prefix) {
	f := fact.Finding{Rule: r.rule, Severity: r.severity, Disturbs: fact.DisturbsNothing}
	if t.what == "service" && r.rule == fact.RuleHostPodOverlap {
		f.Rule = fact.RuleHostServiceOverlap
	}
	if t.what == "service" && r.role == fact.RoleRoute {
		f.Severity = fact.Warning // ClusterIPs are rewritten before routes count
	}
	if (r.role == fact.RoleLinkRoute || r.role == fact.RoleProxy) && !c.inUseByNodes(at) {
		f.Severity = fact.Warning // nothing breaks before a node gets that subnet
	}
	var names []string
	for i, s := range hits {
		name := plainRange(at[i])
		if s.Key != "" && r.role != fact.RoleResolver && r.role != fact.RoleProxy {
			name += " over " + s.Key
		}
		if len(s.Addrs) > 0 && len(s.Prefixes) > 0 {
			name += " by way of " + s.Addrs[0].String()
		}
		if s.Host != "" {
			name += " of " + s.Host
			f.Subjects = append(f.Subjects, s.Host)
		} else if slices.ContainsFunc(hits, func(o *fact.Statement) bool { return o.Host != "" && slices.Equal(o.Addrs, s.Addrs) }) && len(s.Prefixes) == 0 {
			continue // told of a host as well
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		f.Where = append(f.Where, placeOf(s, strings.TrimSpace(r.name+" "+plainRange(at[i]))))
	}
	f.Where = append(cutPlaces(f.Where), t.place(t.what+"s "+t.text()))
	f.Message = fmt.Sprintf("%s %s %s in the %s range %s, which runs from %v to %v",
		r.name, shortList(names), choose(len(names), "lies", "lie"), t.what, t.says(), t.p.Addr(), cidr.Last(t.p))
	if r.role == fact.RoleUnsureHosts {
		f.Message += "; the text may be that of a pod, whose address lies there by right"
	}
	f.Fix = []string{fmt.Sprintf(r.fix, t.what)}
	c.add(f)
}

// inUseByNodes reports whether a node may hold one of the ranges: a Node's subnet overlaps it, or no Node's subnet is known.
func (c *checker) inUseByNodes(ps []netip.Prefix) bool {
	known := false
	for _, n := range c.nodes {
		for _, s := range n.pods {
			for _, q := range maskedPrefixes(s) {
				known = true
				if slices.ContainsFunc(ps, q.Overlaps) {
					return true
				}
			}
		}
	}
	return !known
}

// shortList names a few of many.
func shortList(names []string) string {
	const most = 6
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// isServiceAddr reports whether a is the address of a Service: a resolver of a host may be the cluster's own DNS.
func (c *checker) isServiceAddr(a netip.Addr) bool {
	for _, s := range slices.Concat(c.clusterIPs, c.ofRole(fact.RoleDNS)) {
		if slices.Contains(s.Addrs, a) {
			return true
		}
	}
	for _, h := range c.services {
		if h.p.Contains(a) && a == clusterDNSOf(h.p) {
			return true
		}
	}
	return false
}

// isPod reports whether a is the address of a pod: a proxy may run in the cluster.
func (c *checker) isPod(a netip.Addr) bool {
	return slices.ContainsFunc(c.ofRole(fact.RolePodAddress), func(s *fact.Statement) bool { return slices.Contains(s.Addrs, a) })
}

// clusterDNSOf returns the address that kubeadm gives to cluster DNS: the tenth.
func clusterDNSOf(p netip.Prefix) netip.Addr {
	a := p.Addr()
	for range 10 {
		a = a.Next()
	}
	return a
}

// subnetsOf returns the pod subnets that a host holds, by whatever says so.
func (c *checker) subnetsOf(host string) []netip.Prefix {
	var ps []netip.Prefix
	if n := c.nodeOf(host); n != nil {
		for _, h := range n.subs {
			ps = append(ps, h.p)
		}
	}
	for _, e := range c.envs {
		if e.host == host || sameHost(e.host, host) {
			for _, s := range e.subnet {
				ps = append(ps, maskedPrefixes(s)...)
			}
		}
	}
	return ps
}

// holdsOwn reports whether p lies in the pod subnet of its host, where pods and their bridge have addresses by right.
func (c *checker) holdsOwn(host string, p netip.Prefix) bool {
	return slices.ContainsFunc(c.subnetsOf(host), func(q netip.Prefix) bool { return cidr.Contains(q, p) })
}

// isMachine reports whether something else shows that a name is a host's: a pod has its gateway in the pod range by right.
func (c *checker) isMachine(host string) bool {
	return c.nodeOf(host) != nil || slices.ContainsFunc(c.links, func(s *fact.Statement) bool {
		return s.Role == fact.RoleHosts && (s.Host == host || sameHost(s.Host, host))
	})
}

// podLinks are the first letters of links that networks of pods make.
var podLinks = []string{"flannel", "cni", "cali", "tunl", "vxlan.calico", "cilium", "lxc", "weave", "kube-", "ovn", "antrea", "veth", "genev", "wireguard.cali", "cbr"}

func isPodLink(name string) bool {
	return slices.ContainsFunc(podLinks, func(p string) bool { return strings.HasPrefix(name, p) })
}

// nodeMaskIn returns the length of a node's subnet in the range of t, as far as it is known.
func (c *checker) nodeMaskIn(t target) int {
	for _, k := range c.controllers {
		if slices.ContainsFunc(k.pods, func(h held) bool { return h.p == t.p }) {
			m, _ := k.mask(fact.FamilyOf(t.p))
			return m
		}
	}
	for _, n := range c.nodes {
		for _, h := range n.subs {
			if cidr.Contains(t.p, h.p) {
				return h.p.Bits()
			}
		}
	}
	if t.p.Addr().Is4() {
		return 24
	}
	return 64
}

// vpnLinks are the first letters of links by which hosts reach other networks than their own: OpenVPN, WireGuard, PPP and others.
var vpnLinks = []string{"tun", "tap", "utun", "wg", "ppp", "zt", "nordlynx", "gpd", "cscotun", "ipsec", "xfrm", "vti"}

// isVPN reports whether a link leads to a network beyond the hosts' own. Those of kube-router and kilo lead to nodes.
func isVPN(name string) bool {
	return !strings.HasPrefix(name, "tun-") && !strings.HasPrefix(name, "tunl") && slices.ContainsFunc(vpnLinks, func(p string) bool { return strings.HasPrefix(name, p) })
}

// foreignRoute reports whether a route into t is none of the pods' own. One that is wider than the range loses against the routes of
// nodes; one of a node's length, by way of a host, is how networks without tunnels reach that node's pods.
func (c *checker) foreignRoute(s *fact.Statement, p netip.Prefix, t target) bool {
	if isPodLink(s.Key) || p != t.p && cidr.Contains(p, t.p) {
		return false
	}
	if len(s.Addrs) == 0 || t.what == "service" {
		return !c.holdsOwn(s.Host, p)
	}
	via := s.Addrs[0]
	if t.p.Contains(via) {
		return false // over a tunnel, to the first address of the other node's subnet
	}
	if isVPN(s.Key) && p.Bits() > c.nodeMaskIn(t) && !slices.ContainsFunc(c.nodes, func(n *nodeView) bool { return n.has(via) }) {
		return true // it wins against the route to a node's subnet, whoever holds that
	}
	for _, n := range c.nodes {
		for _, h := range n.subs {
			if cidr.Contains(h.p, p) {
				return false
			}
		}
	}
	if p.Bits() < c.nodeMaskIn(t) {
		return true
	}
	for _, g := range c.ofRole(fact.RoleGateway) {
		if (g.Host == s.Host || sameHost(g.Host, s.Host)) && slices.Contains(g.Addrs, via) {
			return true // no node: the way out
		}
	}
	return false
}

// foreignLink reports whether a link with a range in t is none of the pods' own: a bridge with the node's subnet is.
func (c *checker) foreignLink(s *fact.Statement, p netip.Prefix, t target) bool {
	if isPodLink(s.Key) || cidr.Contains(p, t.p) || c.holdsOwn(s.Host, p) {
		return false
	}
	if t.what == "service" || p.Bits() < c.nodeMaskIn(t) {
		return true
	}
	return len(c.subnetsOf(s.Host)) > 0
}

// A claim is a subnet that a file of one host gives to its pods.
type claim struct {
	held
	host string
	what string
}

// hostClaims returns what kubelets and CNI files give to the pods of their hosts.
func (c *checker) hostClaims() []claim {
	var out []claim
	for _, s := range c.all {
		if s.Overridden || s.Host == "" {
			continue
		}
		switch {
		case s.Role == fact.RoleCNI, s.Component == fact.Kubelet && s.Role == fact.RoleNodePods:
			for _, h := range heldBy(s) {
				if h.p.Bits() > 0 && runtimeOf(h.p) == "" {
					out = append(out, claim{h, s.Host, strings.TrimSpace(cmp.Or(s.Key, "pod range"))})
				}
			}
		}
	}
	return out
}

// hostSubnets compares what files of hosts give to pods: with other hosts, with the node, with the cluster's range.
func (c *checker) hostSubnets() {
	claims := c.hostClaims()
	var subs []owned
	for _, x := range claims {
		if !slices.ContainsFunc(c.claimedPods(), func(h held) bool { return h.p == x.p && c.ownIPAM() }) {
			subs = append(subs, owned{x.held, x.host})
		}
	}
	for i, g := range overlapGroups(subs) {
		if i == maxGroups {
			break
		}
		names := map[string]bool{}
		for _, o := range g {
			names[shortHost(o.name)] = true
		}
		if len(names) > 1 && !c.has(fact.RuleNodeSubnetDuplicate) {
			c.duplicate(g)
		}
	}
	for _, x := range claims {
		var own []netip.Prefix
		for _, q := range c.subnetsOf(x.host) {
			if q.Addr().BitLen() == x.p.Addr().BitLen() {
				own = append(own, q)
			}
		}
		if len(own) > 0 && !slices.ContainsFunc(own, func(q netip.Prefix) bool { return q.Overlaps(x.p) }) && !c.ownIPAM() {
			c.add(fact.Finding{
				Rule: fact.RuleHostSubnetDiffers, Subjects: []string{x.host}, Where: []fact.Place{x.place(x.what + " " + x.text())},
				Message: fmt.Sprintf("%s of %s gives pods %s, but the node holds %v", x.what, x.host, x.text(), own[0]),
				Fix:     []string{fmt.Sprintf("write %v into it on %s, and delete the pods that have other addresses; routes of other nodes lead to %v", own[0], x.host, own[0])},
			})
			continue
		}
		pods := ofFamily(c.pods, fact.FamilyOf(x.p))
		if len(own) == 0 && len(pods) > 0 && !slices.ContainsFunc(pods, func(h held) bool { return h.p.Overlaps(x.p) }) && !c.ownIPAM() {
			c.add(fact.Finding{
				Rule: fact.RulePodCIDROutsideClusterCIDR, Severity: fact.Warning, Subjects: []string{x.host},
				Where: []fact.Place{x.place(x.what + " " + x.text()), pods[0].place("pods " + pods[0].text())},
				Message: fmt.Sprintf("%s of %s gives pods %s, outside of the cluster's pod range %s, which runs from %v to %v",
					x.what, x.host, x.text(), pods[0].says(), pods[0].p.Addr(), cidr.Last(pods[0].p)),
				Fix: []string{"give the host a subnet of the cluster's range, one that no other host has"},
			})
		}
	}
}
