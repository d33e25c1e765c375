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
)

// holdsSubnet reports whether a link with address p, as [fact.Host] states it, belongs to the node subnet q: p is q, or the address at which
// q begins.
func holdsSubnet(p, q netip.Prefix) bool {
	return p == q || p.IsSingleIP() && p.Addr() == q.Addr()
}

// A linkIndex finds what the links of a host say by the host's name, with or without its domain.
type linkIndex map[string][]*fact.Statement

func shortHost(name string) string {
	short, _, _ := strings.Cut(strings.ToLower(name), ".")
	return short
}

func (c *checker) linkIndex() linkIndex {
	x := linkIndex{}
	for _, s := range c.links {
		x[shortHost(s.Host)] = append(x[shortHost(s.Host)], s)
	}
	return x
}

// of returns the statements about a host; those without a host for "".
func (x linkIndex) of(host string) []*fact.Statement {
	var out []*fact.Statement
	for _, s := range x[shortHost(host)] {
		if s.Host == host || sameHost(s.Host, host) {
			out = append(out, s)
		}
	}
	return out
}

var ruleBridgeMismatch = rule{
	rank: 410,
	about: fact.Rule{
		ID: fact.RuleBridgeMismatch, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "The pods' bridge cni0, or flannel's own link, has an address of another subnet than the node holds",
		Cause:  "The node was registered again and got another subnet, and the link from before is still there; another CNI configuration made cni0.",
		Effect: "No new pod starts on that node: cni0 already has an IP address different from the one that the plugin wants. Pods from before are not reached.",
		Mend:   "on that host: restart flannel, then ip link delete cni0, and restart the pods that are left with old addresses",
		Source: "github.com/containernetworking/plugins plugins/main/bridge/bridge.go ensureAddr",
	},
	find:  (*checker).bridges,
	after: []fact.RuleID{fact.RuleSubnetEnvMismatch},
}

// bridges: a pod bridge, or a link of flannel, with an address of another subnet than the node's. The bridge plugin does not change an
// address that is there: github.com/containernetworking/plugins plugins/main/bridge/bridge.go ensureAddr.
func (c *checker) bridges() {
	if c.ownIPAM() {
		return
	}
	flannel := c.usesFlannel()
	index := c.linkIndex()
	envs := map[string][]*sourceView{}
	for _, e := range c.envs {
		envs[shortHost(e.host)] = append(envs[shortHost(e.host)], e)
	}
	var hosts, parts []string
	var where []fact.Place
	sev := fact.Warning
	for _, s := range c.links {
		if s.Role != fact.RoleNodePods {
			continue
		}
		var want []held
		from := "its podCIDR"
		n := c.nodeOf(s.Host)
		if n == nil && s.Host == "" && len(c.nodes) == 1 {
			n = c.nodes[0]
		}
		if n != nil {
			want = n.subs
		}
		name := s.Host
		if n != nil {
			name = n.name
		}
		for _, e := range envs[shortHost(s.Host)] {
			if e.host != s.Host && !sameHost(e.host, s.Host) {
				continue
			}
			for _, sub := range e.subnet {
				if n == nil || len(n.subs) == 0 {
					from = "its subnet.env"
				}
				want = append(slices.Clip(want), heldBy(sub)...)
			}
		}
		for _, h := range heldBy(s) {
			own := ofFamily(want, fact.FamilyOf(h.p))
			if len(own) == 0 || slices.ContainsFunc(own, func(w held) bool { return holdsSubnet(h.p, w.p) }) {
				continue
			}
			likely := flannel || slices.ContainsFunc(index.of(s.Host), func(o *fact.Statement) bool { return o.Name.IsFlannelLink() })
			if !likely && own[0].p.Overlaps(h.p) {
				continue // another plugin's bridge, perhaps wider by intention
			}
			if likely {
				sev = fact.Error
			}
			parts = append(parts, fmt.Sprintf("%s of %s has %s, but %s is %s", s.Key, cmp.Or(name, "the host"), cmp.Or(s.Text, h.text()), from, own[0].text()))
			where = append(where, placeOf(s, s.Key+" "+cmp.Or(s.Text, h.text())), own[0].place(from+" "+own[0].text()))
			if name != "" {
				hosts = append(hosts, name)
			}
		}
	}
	if len(parts) == 0 {
		return
	}
	f := fact.Finding{Rule: fact.RuleBridgeMismatch, Args: args(argHost, hosts), Severity: sev, Subjects: hosts, Where: cutPlaces(allPlaces(where...))}
	f.Message = words.NameList(parts)
	if sev == fact.Warning {
		f.Message += "; no file shows that flannel is in use, so the link may be left over from another network"
	}
	for _, cause := range c.found {
		if cause.Rule == fact.RuleSubnetEnvMismatch && cause.Severity == fact.Error && slices.ContainsFunc(hosts, func(h string) bool { return slices.Contains(cause.Subjects, h) }) {
			c.explain(cause, string(f.Rule)+": "+f.Message, f)
			return
		}
	}
	c.add(f)
}

// passHostNetworks looks for networks of hosts that hold a whole range; its findings are of the rules of addresses of hosts.
var passHostNetworks = rule{
	about: fact.Rule{ID: "host-networks"},
	find:  (*checker).hostNetworks,
	after: []fact.RuleID{fact.RuleHostPodOverlap},
}

// hostNetworks: a network that hosts are in holds the whole of a range of pods or services, and the hosts themselves are outside
// of it. That works, but for neighbours with addresses inside.
func (c *checker) hostNetworks() {
	if c.vpcCNI() {
		return
	}
	type seen struct{ network, inside netip.Prefix }
	done := map[seen]bool{}
	look := func(r held, rule fact.RuleID, what string) {
		for _, s := range c.links {
			if s.Role != fact.RoleHosts {
				continue
			}
			for _, h := range heldBy(s) {
				if h.p.Bits() == 0 || !cidr.Contains(h.p, r.p) || r.p.Contains(h.written.Addr()) || done[seen{h.p, r.p}] {
					continue
				}
				done[seen{h.p, r.p}] = true
				name := cmp.Or(s.Host, "a host")
				f := fact.Finding{Rule: rule, Variant: "network", Args: args(what+"s", r, "network", h, "address", h.written.Addr(), argHost, s.Host), Severity: fact.Warning, Where: []fact.Place{r.place(what + "s " + r.text()), placeOf(s, s.Key+" "+cmp.Or(s.Text, h.text()))}}
				f.Message = fmt.Sprintf("the %s range %s lies inside %v, the network that %s is in with %s (%v)", what, r.says(), h.p, name, s.Key, h.written.Addr())
				f.Effect = "machines of that network that have addresses inside of the range cannot be reached from the nodes; the rest works"
				f.Fix = []string{
					fmt.Sprintf("see to it that nothing in %v is given an address of %v (DHCP included), or correct the mask of %s if it is wider than the network is", h.p, r.p, s.Key),
				}
				f.Disturbs = fact.DisturbsNothing
				if s.Host != "" {
					f.Subjects = []string{s.Host}
				}
				c.add(f)
			}
		}
	}
	for _, p := range c.claimedPods() {
		look(p, fact.RuleHostPodOverlap, "pod")
	}
	if !c.assumed {
		for _, s := range c.services {
			look(s, fact.RuleHostServiceOverlap, "service")
		}
	}
}

// noDocker reports whether the links of hosts are known, and none of them has a docker0.
func (c *checker) noDocker() bool {
	known := false
	for _, s := range c.links {
		if s.Role == fact.RoleSetting && s.Setting == fact.SettingLinks {
			known = true
			if slices.Contains(strings.Split(s.Text, ","), "docker0") {
				return false
			}
		}
	}
	return known
}

// sameOnHosts returns reserved ranges with those of several hosts that are the same joined to one, and the places of each.
func sameOnHosts(in []*fact.Statement) (out []*fact.Statement, places map[*fact.Statement][]fact.Place) {
	type key struct {
		text, prefix string
	}
	first := map[key]*fact.Statement{}
	places = map[*fact.Statement][]fact.Place{}
	for _, s := range in {
		if s.Component == fact.Host && len(s.Prefixes) == 1 {
			k := key{s.Text, s.Prefixes[0].Masked().String()}
			if o := first[k]; o != nil {
				places[o] = append(places[o], placeOf(s, "reserved "+k.prefix))
				continue
			}
			first[k] = s
		}
		out = append(out, s)
	}
	return out, places
}

// linksOfNodes returns which subnets the nodes have by their own links, and by the routes of others.
func (v *view) linksOfNodes() (links, routes map[*nodeView][]netip.Prefix) {
	links, routes = map[*nodeView][]netip.Prefix{}, map[*nodeView][]netip.Prefix{}
	if v.ownIPAM() {
		return links, routes
	}
	byAddr := map[netip.Addr]*nodeView{}
	for _, n := range v.nodes {
		for _, s := range n.addrs {
			for _, a := range s.Addrs {
				byAddr[a.Unmap().WithZone("")] = n
			}
		}
	}
	for _, s := range v.links {
		if n := v.nodeOf(s.Host); n != nil && s.Role == fact.RoleHosts {
			for _, p := range s.Prefixes {
				byAddr[p.Addr()] = n
			}
		}
	}
	for _, s := range v.links {
		switch s.Role {
		case fact.RoleNodePods:
			if n := v.nodeOf(s.Host); n != nil {
				for _, p := range maskedPrefixes(s) {
					links[n] = AppendNew(links[n], p)
				}
			}
		case fact.RoleRoute:
			for _, a := range s.Addrs {
				if n := byAddr[a]; n != nil {
					for _, p := range maskedPrefixes(s) {
						routes[n] = AppendNew(routes[n], p)
					}
				}
			}
		}
	}
	return links, routes
}
