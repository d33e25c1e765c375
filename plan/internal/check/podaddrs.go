package check

import (
	"fmt"
	"net/netip"
	"path"
	"slices"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// runtimes are the ranges that container runtimes give to their own bridges: moby libnetwork/ipamutils, cri-o contrib/cni, containerd
// script/setup/install-cni, nerdctl pkg/netutil, containers/common pkg/config/default.go.
var runtimes = []struct {
	p    netip.Prefix
	name string
}{
	{netip.MustParsePrefix("172.17.0.0/16"), "Docker"},
	{netip.MustParsePrefix("10.85.0.0/16"), "CRI-O"},
	{netip.MustParsePrefix("10.88.0.0/16"), "containerd, podman or an older CRI-O"},
	{netip.MustParsePrefix("10.4.0.0/24"), "nerdctl"},
	{netip.MustParsePrefix("1100:200::/24"), "CRI-O"},
	{netip.MustParsePrefix("2001:4860:4860::/64"), "containerd"},
}

// runtimeOf returns the runtime whose own bridge has p, "" for none.
func runtimeOf(p netip.Prefix) string {
	for _, r := range runtimes {
		if r.p == p || p.IsSingleIP() && r.p.Contains(p.Addr()) {
			return r.name
		}
	}
	return ""
}

// podAddresses: the addresses of pods against those of other nodes, and against the node's subnet.
func (c *checker) podAddresses() {
	pods := c.ofRole(fact.RolePodAddress)
	first := map[netip.Addr]*fact.Statement{}
	var twice []*fact.Statement
	byRuntime := map[string][]*fact.Statement{}
	var outside []*fact.Statement
	ranges := c.claimedPods()
	for _, s := range pods {
		for _, a := range s.Addrs {
			if o := first[a]; o != nil && o.Host != s.Host && o.Host != "" && s.Host != "" {
				twice = append(twice, o, s)
			} else if o == nil {
				first[a] = s
			}
			p := netip.PrefixFrom(a, a.BitLen())
			inRange := slices.ContainsFunc(ranges, func(h held) bool { return h.p.Contains(a) })
			name := runtimeOf(p)
			n := c.nodeOf(s.Host)
			switch {
			case name != "" && !inRange && !c.vpcCNI():
				byRuntime[name] = append(byRuntime[name], s)
			case n != nil && len(n.subs) > 0 && !s.Bool && !c.ownIPAM() && !slices.ContainsFunc(n.subs, func(h held) bool { return h.p.Contains(a) }) &&
				!slices.ContainsFunc(n.addrs, func(x *fact.Statement) bool { return slices.Contains(x.Addrs, a) }) &&
				len(familyHeld(n.subs, a)) > 0:
				outside = append(outside, s)
			}
		}
	}
	for _, r := range runtimes {
		if ss := byRuntime[r.name]; len(ss) > 0 {
			c.runtimeBridge(r.name, ss, twice)
			delete(byRuntime, r.name)
			twice = nil
		}
	}
	if len(twice) > 0 {
		c.podsTwice(twice)
	}
	if len(outside) > 0 {
		c.podsOutside(outside)
	}
	c.runtimeFiles()
}

func familyHeld(hs []held, a netip.Addr) []held {
	return ofFamily(hs, fact.FamilyOf(netip.PrefixFrom(a, a.BitLen())))
}

// podNames tells pods with address and node, and the places and nodes.
func podNames(ss []*fact.Statement) (names, hosts []string, where []fact.Place) {
	for _, s := range ss {
		name := s.Addrs[0].String() + " of " + s.Key
		if s.Host != "" {
			name += " on " + s.Host
			hosts = append(hosts, s.Host)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
			where = append(where, placeOf(s, name))
		}
	}
	return names, hosts, cutPlaces(where)
}

func (c *checker) runtimeBridge(name string, ss, twice []*fact.Statement) {
	names, hosts, where := podNames(ss)
	f := fact.Finding{Rule: fact.RuleRuntimeBridge, Severity: fact.Error, Subjects: hosts, Where: where}
	f.Message = fmt.Sprintf("%s: %s of the bridge that %s makes by itself, not of the cluster's network; every node has that whole range",
		shortList(names), choose(len(names), "this is an address", "these are addresses"), name)
	if len(twice) > 0 {
		more, _, _ := podNames(twice)
		f.Message += "; one address is there on two nodes: " + shortList(more)
	}
	list := words.NameList(mergeNames(nil, hosts))
	if list == "" {
		list = "each node"
	}
	f.Fix = []string{
		"on " + list + ": ls /etc/cni/net.d; the first file by name counts: move away what belongs to the runtime (*-crio-bridge*, *containerd-net*, 87-podman*, nerdctl-*), keep the network's own",
		"restart the runtime (systemctl restart containerd, or crio), and delete the pods listed, so that they start with an address of the network",
	}
	c.add(f)
}

func (c *checker) podsTwice(ss []*fact.Statement) {
	names, hosts, where := podNames(ss)
	f := fact.Finding{Rule: fact.RulePodAddressDuplicate, Subjects: hosts, Where: where}
	f.Message = "pods of two nodes have one address: " + shortList(names)
	if cause := c.cause(fact.RuleNodeSubnetDuplicate); cause != nil {
		c.explain(cause, string(f.Rule)+": "+f.Message, f)
		return
	}
	c.add(f)
}

func (c *checker) podsOutside(ss []*fact.Statement) {
	names, hosts, where := podNames(ss)
	n := c.nodeOf(ss[0].Host)
	f := fact.Finding{Rule: fact.RulePodAddressOutside, Subjects: hosts, Where: where}
	f.Message = fmt.Sprintf("%s: outside of the node's subnet, which is %s on %s", shortList(names), familyHeld(n.subs, ss[0].Addrs[0])[0].text(), n.name)
	c.add(f)
}

// runtimeFiles: a file of the runtime's own bridge in /etc/cni/net.d is the first of its host, so it counts.
func (c *checker) runtimeFiles() {
	if c.has(fact.RuleRuntimeBridge) {
		return
	}
	for _, s := range c.ofRole(fact.RoleCNI) {
		name := ""
		for _, p := range maskedPrefixes(s) {
			name = runtimeOf(p)
		}
		if name == "" || slices.ContainsFunc(c.claimedPods(), func(h held) bool { return slices.ContainsFunc(maskedPrefixes(s), h.p.Overlaps) }) {
			continue
		}
		other := (*fact.Statement)(nil)
		for _, o := range c.all {
			if (o.Role == fact.RoleCNI || o.Setting == fact.SettingCNI) && o.Pos.File != s.Pos.File && path.Dir(o.Pos.File) == path.Dir(s.Pos.File) {
				other = o
				if path.Base(o.Pos.File) < path.Base(s.Pos.File) {
					name = ""
				}
			}
		}
		if name == "" || other == nil {
			continue
		}
		f := fact.Finding{Rule: fact.RuleRuntimeBridge, Severity: fact.Warning, Subjects: subjectsOf(s.Host), Where: []fact.Place{placeOf(s, "pods "+writes(s)), placeOf(other, "the network's own")}}
		f.Message = fmt.Sprintf("%s comes before %s by name, so the runtime takes it: pods of %s get addresses of %s, the range of %s's own bridge, which every node has",
			path.Base(s.Pos.File), path.Base(other.Pos.File), hostOr(s.Host, "this host"), writes(s), name)
		c.add(f)
		return
	}
}

func hostOr(host, other string) string {
	if host == "" {
		return other
	}
	return host
}

// nodeAddresses: two nodes with one address, and what nodes announce to flannel.
func (c *checker) nodeAddresses() {
	byAddr := map[netip.Addr][]*nodeView{}
	var order []netip.Addr
	for _, n := range c.nodes {
		for _, s := range n.addrs {
			for _, a := range s.Addrs {
				if s.Name == fact.NameInternalIP && !slices.Contains(byAddr[a], n) {
					if byAddr[a] == nil {
						order = append(order, a)
					}
					byAddr[a] = append(byAddr[a], n)
				}
			}
		}
	}
	for _, a := range order {
		if ns := byAddr[a]; len(ns) > 1 {
			f := fact.Finding{Rule: fact.RuleNodeAddressDuplicate, Subjects: nodeNames(ns)}
			for _, n := range ns {
				f.Where = append(f.Where, placeOf(n.addrs[0], "InternalIP "+a.String()))
			}
			f.Where = cutPlaces(f.Where)
			f.Message = fmt.Sprintf("%s are registered with the same InternalIP %v", words.NameList(nodeNames(ns)), a)
			c.add(f)
		}
	}
	c.publicIPs()
}

// publicIPs looks at the annotation public-ip of flannel.
func (c *checker) publicIPs() {
	byAddr := map[netip.Addr][]*fact.Statement{}
	var order []netip.Addr
	for _, s := range c.all {
		if s.Component != fact.Flannel || s.Role != fact.RoleAddress || s.Host == "" || s.Overridden {
			continue
		}
		for _, a := range s.Addrs {
			if slices.ContainsFunc(byAddr[a], func(o *fact.Statement) bool { return o.Host == s.Host }) {
				continue
			}
			if byAddr[a] == nil {
				order = append(order, a)
			}
			byAddr[a] = append(byAddr[a], s)
		}
	}
	for _, a := range order {
		ss := byAddr[a]
		if len(ss) > 1 {
			f := fact.Finding{Rule: fact.RulePublicIPShared}
			for _, s := range ss {
				f.Subjects = append(f.Subjects, s.Host)
				f.Where = append(f.Where, placeOf(s, "public-ip "+a.String()))
			}
			f.Where = cutPlaces(f.Where)
			f.Message = fmt.Sprintf("%s announce the same address %v to flannel: packets for each other's pods come back to the sender", words.NameList(f.Subjects), a)
			f.Fix = []string{
				"give flanneld --iface (or --iface-can-reach) with the card by which the nodes reach each other, in its DaemonSet",
				c.restartFlannel(),
			}
			c.add(f)
			continue
		}
		s := ss[0]
		n := c.nodeOf(s.Host)
		var own []string
		known := n == nil
		if n != nil {
			for _, x := range n.addrs {
				if x.Name != fact.NameInternalIP && x.Name != fact.NameExternalIP {
					continue
				}
				for _, b := range x.Addrs {
					known = known || b == a
					if b.BitLen() == a.BitLen() {
						own = append(own, b.String())
					}
				}
			}
		}
		if known || len(own) == 0 {
			continue
		}
		f := fact.Finding{Rule: fact.RulePublicIPStale, Subjects: []string{n.name}, Where: []fact.Place{placeOf(s, "public-ip "+a.String()), placeOf(n.addrs[0], "InternalIP "+own[0])}}
		f.Message = fmt.Sprintf("%s announces %v to flannel, but the Node's address is %s: other nodes send packets for its pods to %v", n.name, a, own[0], a)
		f.Fix = []string{"find out which card has " + own[0] + " on " + n.name + " (ip -br addr), and give flanneld --iface with it", c.restartFlannelOn(n.name)}
		c.add(f)
	}
}
