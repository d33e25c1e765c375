package hostnet

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A view sorts out what one host says.
type view struct {
	host   string
	links  []*Link
	routes []*Route

	space     namespace
	defaults  map[string]bool // links that default routes go through
	config    map[string]bool // links that files set up
	bsd       map[string]bool
	others    bool         // another plugin than flannel is there
	tunnels   []netip.Addr // addresses of flannel's links
	said      map[string]bool
	bridge    map[netip.Prefix]bool
	out       []fact.Statement
	file      string
	named     bool            // something outside of the text says that it is a host's
	connected map[string]bool // links and networks that addresses tell
}

// Statements returns what h says for [plan.Check], of Component [fact.Host] but for the addresses of Services: the pod
// subnets of the bridge cni0 and of flannel's own links (the subnet begins at their address), routes, gateways, the
// networks that the host is in, ranges that Docker and other programs have on it, resolvers, and MTUs. name is the file
// of the positions. host is whose text it is as far as its path tells, or ""; a shell prompt in the text goes before
// it.
//
// Links that are neither of the host's own network nor known to belong to something else say fact.RoleLinkRoute. What was
// printed inside a pod, which has eth0 alone, says nothing of the host's own network.
func (h Host) Statements(name, host string) []fact.Statement {
	var views []*view
	byHost := map[string]*view{}
	of := func(said string) *view {
		v := byHost[said]
		if v == nil {
			v = &view{host: said, file: name, named: host != ""}
			if said == "" {
				v.host = host
			}
			byHost[said] = v
			views = append(views, v)
		}
		return v
	}
	for i := range h.Links {
		v := of(h.Links[i].Host)
		v.links = append(v.links, &h.Links[i])
	}
	for i := range h.Routes {
		if r := &h.Routes[i]; r.Type == "" && r.Table == "" {
			v := of(r.Host)
			v.routes = append(v.routes, r)
		}
	}
	var out []fact.Statement
	for _, v := range views {
		out = append(out, v.statements()...)
	}
	rest := &lister{host: host, file: name, said: map[string]bool{}}
	rest.resolvers(h, byHost)
	rest.names(h)
	rest.ranges(h)
	rest.rules(h)
	return append(out, rest.out...)
}

func (v *view) add(s fact.Statement, pos Pos) {
	s.Component, s.Host, s.Pos = fact.Host, v.host, fact.Position{File: v.file, Line: pos.Line, Column: pos.Column}
	v.out = append(v.out, s)
}

func (v *view) rng(role fact.Role, key, text string, pos Pos, p netip.Prefix, via ...netip.Addr) {
	v.add(fact.Statement{Role: role, Key: key, Text: text, Prefixes: []netip.Prefix{p}, Addrs: via}, pos)
}

// lan reports whether a link is of the host's own network, if what is seen is a host.
func (v *view) lan(dev string) bool {
	return !v.bsd[dev] && (v.defaults[dev] || (v.config[dev] || lanLink.MatchString(dev)) && !virtualLink.MatchString(dev))
}

// sort finds out what the links of v are.
func (v *view) sort() {
	v.defaults, v.config, v.bsd = map[string]bool{}, map[string]bool{}, map[string]bool{}
	v.said, v.bridge, v.connected = map[string]bool{}, map[netip.Prefix]bool{}, map[string]bool{}
	for _, l := range v.links {
		v.config[l.Name], v.bsd[l.Name] = l.Config, l.BSD
		v.others = v.others || otherPluginLink.MatchString(l.Name)
		for _, a := range l.Addrs {
			v.tunnel(l.Name, a.Prefix.Addr())
		}
	}
	for _, r := range v.routes {
		if r.BSD {
			v.bsd[r.Dev] = true
		}
		if r.Dst.Bits() == 0 && !virtualLink.MatchString(r.Dev) {
			v.defaults[r.Dev] = true
		}
		v.others = v.others || otherPluginLink.MatchString(r.Dev)
		v.tunnel(r.Dev, r.Src)
	}
	v.space = v.namespace()
}

func (v *view) tunnel(dev string, a netip.Addr) {
	if isTunnel(dev) && a.IsValid() && !slices.Contains(v.tunnels, a) && len(v.tunnels) < 16 {
		v.tunnels = append(v.tunnels, a)
	}
}

func (v *view) statements() []fact.Statement {
	v.sort()
	var names []string
	var first Pos
	for _, l := range v.links {
		if l.Listed {
			if names = append(names, l.Name); first.Line == 0 {
				first = l.Pos
			}
		}
		for _, a := range l.Addrs {
			v.addr(l.Name, a.Prefix, a.Pos)
		}
		if l.MTU > 0 && (v.space == machine && v.lan(l.Name) || isTunnel(l.Name)) {
			v.add(fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingLinkMTU, Key: l.Name, Int: l.MTU}, l.Pos)
		}
	}
	for _, r := range v.routes {
		v.route(r)
	}
	if len(names) > 1 && v.space == machine {
		slices.Sort(names)
		text := strings.Join(slices.Compact(names), ",")
		v.add(fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingLinks, Key: "links", Text: text}, first)
	}
	return v.out
}

// dockerDefault is the address of docker0 that nobody chose: moby libnetwork/ipamutils.
var dockerDefault = netip.MustParsePrefix("172.17.0.1/16")

// addr states an address of a link, once.
func (v *view) addr(dev string, p netip.Prefix, pos Pos) {
	a := p.Addr()
	key := dev + " " + p.String()
	if !p.IsValid() || a.Is4In6() || isSpecial(a) || a.IsUnspecified() || v.said[key] {
		return
	}
	v.said[key] = true
	v.connected[dev+" "+p.Masked().String()] = true
	switch {
	case dev == "cni0":
		if v.bridge[p.Masked()] = true; !v.others {
			v.rng(fact.RoleNodePods, dev, p.String(), pos, p)
		}
	case isTunnel(dev):
		// Its address is the base of the subnet, as a /32 or /128, with the length of Network in old releases.
		v.rng(fact.RoleNodePods, dev, p.String(), pos, netip.PrefixFrom(a, a.BitLen()))
	case dev == "docker0" && p != dockerDefault && slices.ContainsFunc(v.tunnels, func(t netip.Addr) bool { return t == p.Masked().Addr() }):
		// Docker was started with --bip of flannel's subnet.env: its bridge is that of the pods.
		v.rng(fact.RoleNodePods, dev, p.String(), pos, p)
	case engineLink.MatchString(dev):
		v.rng(fact.RoleReserved, dev, engineText(dev), pos, p.Masked())
	case vpnLink.MatchString(dev):
		v.rng(fact.RoleReserved, dev, "VPN "+dev, pos, p.Masked())
	case dev == "kube-ipvs0":
		v.add(fact.Statement{Role: fact.RoleVirtualServer, Key: dev, Text: p.String(), Addrs: []netip.Addr{a}}, pos)
	case v.lan(dev):
		switch v.space {
		case machine:
			v.rng(fact.RoleHosts, dev, p.String(), pos, p)
		case unsure:
			v.rng(fact.RoleUnsureHosts, dev, p.String(), pos, p)
		}
	case v.space == machine && !virtualLink.MatchString(dev) && !v.bsd[dev] && !p.IsSingleIP():
		v.rng(fact.RoleLinkRoute, dev, p.String(), pos, p.Masked())
	}
}

// isSpecial reports whether an address is none that can collide: it means something else on every link.
func isSpecial(a netip.Addr) bool { return a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() }

// engineText tells whose network a link of a container engine is.
func engineText(dev string) string {
	switch {
	case dev == "docker0":
		return dev
	case strings.HasPrefix(dev, "br-") || strings.HasPrefix(dev, "docker"):
		return "network " + dev + " of Docker"
	}
	return "bridge " + dev
}

// route states a unicast route of the main table.
func (v *view) route(r *Route) {
	switch {
	case v.bsd[r.Dev]:
	case r.Dst.Bits() == 0:
		if v.space == machine && r.Via.IsValid() && !r.Via.IsLinkLocalUnicast() && !virtualLink.MatchString(r.Dev) {
			gateways := append([]netip.Addr{r.Via}, r.More...)
			v.add(fact.Statement{Role: fact.RoleGateway, Key: r.Dev, Text: r.Text, Addrs: gateways}, r.Pos)
		}
	case r.Via.IsValid():
		v.rng(fact.RoleRoute, r.Dev, r.Text, r.Pos, r.Dst, r.Via) // of several next hops the first
	case r.Gateway != "":
		v.rng(fact.RoleRoute, r.Dev, r.Text, r.Pos, r.Dst)
	case r.Dst.IsSingleIP():
	case r.Src.BitLen() == r.Dst.Addr().BitLen():
		v.addr(r.Dev, netip.PrefixFrom(r.Src, r.Dst.Bits()), r.Pos)
	case r.Dev == "cni0" && r.Kernel():
		if !v.bridge[r.Dst] {
			v.addr(r.Dev, r.Dst, r.Pos) // IPv6 routes do not tell the address
		}
	default:
		v.linkRoute(r)
	}
}

// linkRoute states a route without gateway and source address: that of a network which the host is in, as route -n
// tells it, or one that somebody made.
func (v *view) linkRoute(r *Route) {
	if v.space == pod || v.connected[r.Dev+" "+r.Dst.String()] || isSpecial(r.Dst.Addr()) || r.Src.IsValid() {
		return
	}
	switch {
	case engineLink.MatchString(r.Dev):
		v.rng(fact.RoleReserved, r.Dev, engineText(r.Dev), r.Pos, r.Dst)
	case vpnLink.MatchString(r.Dev):
		v.rng(fact.RoleReserved, r.Dev, "VPN "+r.Dev, r.Pos, r.Dst)
	case virtualLink.MatchString(r.Dev):
	case v.lan(r.Dev) && v.space == unsure:
		v.rng(fact.RoleUnsureHosts, r.Dev, r.Dst.String(), r.Pos, r.Dst)
	case v.lan(r.Dev):
		v.rng(fact.RoleHosts, r.Dev, r.Dst.String(), r.Pos, r.Dst)
	default:
		v.rng(fact.RoleLinkRoute, r.Dev, r.Text, r.Pos, r.Dst)
	}
}

// A lister states what does not depend on the links of a host.
type lister struct {
	host, file string
	said       map[string]bool
	out        []fact.Statement
}

// add states s of a host once.
func (l *lister) add(host string, pos Pos, s fact.Statement) {
	if s.Component == "" {
		s.Component = fact.Host
		if s.Host == "" {
			s.Host = cmp.Or(host, l.host)
		}
	}
	key := string(s.Component) + "\x00" + string(s.Role) + "\x00" + s.Host + "\x00" + s.Key
	for _, p := range s.Prefixes {
		key += "\x00" + p.String()
	}
	for _, a := range s.Addrs {
		key += "\x00" + a.String()
	}
	if l.said[key] {
		return
	}
	l.said[key] = true
	s.Pos = fact.Position{File: l.file, Line: pos.Line, Column: pos.Column}
	l.out = append(l.out, s)
}

func (l *lister) resolvers(h Host, views map[string]*view) {
	for _, x := range h.Resolvers {
		role := fact.RoleResolver
		switch v := views[x.Host]; {
		case x.Pod:
			role = fact.RolePodResolver
		case v != nil && v.space == pod: // dnsPolicy is Default or None: it asks whom its host or its author asks
			continue
		}
		if !x.Addr.IsLoopback() {
			key := x.Dev
			if key == "" {
				key = "nameserver"
			}
			l.add(x.Host, x.Pos, fact.Statement{Role: role, Key: key, Text: x.Addr.String(), Addrs: []netip.Addr{x.Addr}})
		}
	}
}

func (l *lister) names(h Host) {
	for _, x := range h.Names {
		p := netip.PrefixFrom(x.Addr, x.Addr.BitLen())
		switch {
		case isSpecial(x.Addr):
		case len(x.Names) > 0:
			s := fact.Statement{Role: fact.RoleAddress, Host: x.Names[0], Key: "hosts", Addrs: []netip.Addr{x.Addr}}
			s.Text = x.Addr.String()
			l.add("", x.Pos, s)
		case x.First:
			s := fact.Statement{Role: fact.RoleUnsureHosts, Key: "hostname", Text: x.Addr.String(), Prefixes: []netip.Prefix{p}}
			if l.host != "" || x.Host != "" && !podName.MatchString(x.Host) {
				s.Role = fact.RoleHosts
			}
			l.add(x.Host, x.Pos, s)
		}
	}
}

// ranges states those of container engines, VPNs, proxies and CNI configurations.
func (l *lister) ranges(h Host) {
	add := func(host string, pos Pos, role fact.Role, key, text string, p netip.Prefix, n int) {
		if p.Bits() > 0 {
			l.add(host, pos, fact.Statement{Role: role, Key: key, Text: text, Prefixes: []netip.Prefix{p}, Int: n})
		}
	}
	for _, b := range h.Bridges {
		text := "network " + b.Name + " of " + b.Engine
		switch {
		case b.Size > 0 || b.Name == "default-address-pools":
			add(b.Host, b.Pos, fact.RolePool, b.Name, "address pool of "+b.Engine, b.Prefix.Masked(), b.Size)
			continue
		case b.Link == "docker0":
			text = b.Link
		}
		add(b.Host, b.Pos, fact.RoleReserved, b.Name, text, b.Prefix.Masked(), 0)
	}
	for _, p := range h.Peers {
		switch {
		case !isTunnel(p.Link):
			add(p.Host, p.Pos, fact.RoleReserved, p.Link, "VPN "+p.Link, p.Allowed.Masked(), 0)
		case p.Endpoint.IsValid(): // flannel's own: the subnet of the peer, by way of its host
			l.add(p.Host, p.Pos, fact.Statement{Role: fact.RoleRoute, Key: p.Link, Text: p.Allowed.String(),
				Prefixes: []netip.Prefix{p.Allowed.Masked()}, Addrs: []netip.Addr{p.Endpoint}})
		}
	}
	for _, x := range h.Exempt {
		add(x.Host, x.Pos, fact.RoleNoProxy, x.Key, x.Prefix.String(), x.Prefix, 0)
	}
	for _, c := range h.CNI {
		for _, p := range c.Plugins {
			for _, r := range p.Ranges {
				add(c.Host, r.Pos, fact.RoleCNI, c.Name+": "+p.Type, r.Prefix.String(), r.Prefix, r.Set)
			}
		}
	}
}

// rules states what packet filters tell.
func (l *lister) rules(h Host) {
	pods := map[string]netip.Prefix{}
	for _, x := range h.Rules {
		if x.Meaning == FlannelNetwork && x.Prefix.Addr().Is4() {
			pods[x.Host] = x.Prefix
		}
	}
	for _, x := range h.Rules {
		s := fact.Statement{Text: x.Prefix.String(), Prefixes: []netip.Prefix{x.Prefix}}
		switch x.Meaning {
		case ProxyPods:
			s.Role, s.Key = fact.RoleProxyPods, "kube-proxy rule"
		case FlannelNetwork:
			s.Role, s.Key = fact.RoleFlannelNetwork, "flannel rule"
		case FlannelSubnet:
			s.Role, s.Key = fact.RoleFlannelSubnet, "flannel rule"
		case ServiceIP:
			s.Component, s.Role, s.Key = fact.Service, fact.RoleClusterIP, x.Name
			s.Text, s.Prefixes, s.Addrs = x.Prefix.Addr().String(), nil, []netip.Addr{x.Prefix.Addr()}
		case VirtualServer:
			s.Role, s.Key = fact.RoleVirtualServer, "ipvs"
			s.Text, s.Prefixes, s.Addrs = x.Prefix.Addr().String(), nil, []netip.Addr{x.Prefix.Addr()}
		case EngineNetwork:
			s.Role, s.Key, s.Text = fact.RoleReserved, x.Name, engineText(x.Name)
			if isTunnel(x.Name) || x.Name == "cni0" || pods[x.Host].Contains(x.Prefix.Addr()) { // Docker has flannel's subnet
				continue
			}
		case PluginNetwork:
			s.Role, s.Key = fact.RoleCNI, x.Name+": bridge"
		}
		l.add(x.Host, x.Pos, s)
	}
}
