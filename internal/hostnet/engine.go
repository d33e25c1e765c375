package hostnet

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// networkInspect reads what docker network inspect and podman network inspect print: a list of networks.
func (r *reader) networkInspect(s *section) bool {
	list := s.json()
	nets := items(list)
	if list != nil && list.Kind == source.Mapping {
		nets = []*source.Node{list} // with --format '{{json .}}'
	}
	found := false
	for _, n := range nets {
		name := str(n.Get("Name"))
		switch {
		case name != "" && n.Get("IPAM") != nil && n.Get("Driver") != nil:
			found = true
			link := str(n.Get("Options", "com.docker.network.bridge.name"))
			if id := str(n.Get("Id")); link == "" && len(id) >= 12 && str(n.Get("Driver")) == "bridge" {
				link = "br-" + id[:12]
			}
			for _, c := range items(n.Get("IPAM", "Config")) {
				r.bridge(Bridge{Name: name, Link: link, Engine: "Docker"}, c.Get("Subnet"))
			}
		case str(n.Get("name")) != "" && n.Get("network_interface") != nil:
			found = true
			for _, c := range items(n.Get("subnets")) {
				r.bridge(Bridge{Name: str(n.Get("name")), Link: str(n.Get("network_interface")), Engine: "Podman"}, c.Get("subnet"))
			}
		}
	}
	return found
}

// bridge keeps b with the range that n holds.
func (r *reader) bridge(b Bridge, n *source.Node) {
	if p, err := netip.ParsePrefix(str(n)); err == nil {
		b.Prefix, b.Pos, b.Host = p, place(n), r.host
		r.out.Bridges = append(r.out.Bridges, b)
	}
}

// daemonJSON reads /etc/docker/daemon.json.
func (r *reader) daemonJSON(s *section) bool {
	d := s.json()
	if d == nil || d.Kind != source.Mapping || d.Get("kind") != nil || d.Get("apiVersion") != nil {
		return false
	}
	before := len(r.out.Bridges) + len(r.out.Exempt)
	for _, key := range []string{"bip", "bip6", "fixed-cidr", "fixed-cidr-v6"} {
		r.bridge(Bridge{Name: key, Link: "docker0", Engine: "Docker"}, d.Get(key))
	}
	for _, pool := range items(d.Get("default-address-pools")) {
		b := Bridge{Name: "default-address-pools", Engine: "Docker", Size: number(pool.Get("size").Str())}
		r.bridge(b, pool.Get("base"))
	}
	if n := d.Get("proxies", "no-proxy"); str(n) != "" {
		r.exempt("no-proxy", str(n), func(i int) Pos { p := place(n); p.Column += i + 1; return p })
	}
	return len(r.out.Bridges)+len(r.out.Exempt) > before
}

// cni reads a configuration of /etc/cni/net.d: one plugin, or a list of them. CRI-O had lists with the plugin at the
// top.
func (r *reader) cni(s *section) bool {
	d := s.json()
	if d == nil || d.Kind != source.Mapping || d.Get("apiVersion") != nil {
		return false
	}
	list := items(d.Get("plugins"))
	switch {
	case str(d.Get("type")) != "":
		list = append([]*source.Node{d}, list...)
	case list == nil:
		return false
	}
	if str(d.Get("cniVersion")) == "" && str(list[0].Get("ipam", "type")) == "" {
		return false
	}
	out := CNI{Name: str(d.Get("name")), Host: r.host, Pos: place(d)}
	for _, n := range list {
		if t := str(n.Get("type")); t != "" {
			p := pluginOf(n)
			out.Plugins = append(out.Plugins, p)
			if inner := n.Get("delegate"); inner != nil && inner.Kind == source.Mapping {
				if q := pluginOf(inner); len(q.Ranges) > 0 {
					out.Plugins = append(out.Plugins, q)
				}
			}
		}
	}
	if len(out.Plugins) == 0 {
		return false
	}
	r.out.CNI = append(r.out.CNI, out)
	return true
}

// pluginOf reads a plugin with its ranges. Routes of IPAM are those inside of pods and no ranges.
func pluginOf(n *source.Node) Plugin {
	p := Plugin{Type: str(n.Get("type")), Bridge: str(n.Get("bridge")), Pos: place(n.Get("type"))}
	if p.Type == "bridge" && p.Bridge == "" {
		p.Bridge = "cni0" // github.com/containernetworking/plugins plugins/main/bridge/bridge.go defaultBrName
	}
	ipam := n.Get("ipam")
	p.IPAM = str(ipam.Get("type"))
	add := func(key string, set int, v *source.Node) {
		for text := range strings.SplitSeq(str(v), ",") {
			if q, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
				p.Ranges = append(p.Ranges, Range{q, key, set, place(v)})
			}
		}
	}
	add("subnet", 0, ipam.Get("subnet"))
	for i, set := range items(ipam.Get("ranges")) {
		if set.Kind == source.Mapping { // one range where a set belongs
			add("ranges", i, set.Get("subnet"))
		}
		for _, v := range items(set) {
			add("ranges", i, v.Get("subnet"))
		}
	}
	for _, key := range []string{"ipv4_pools", "ipv6_pools"} { // Calico
		for _, v := range items(ipam.Get(key)) {
			add(key, 0, v)
		}
	}
	add("range", 0, ipam.Get("range")) // Whereabouts
	for _, v := range items(ipam.Get("ipRanges")) {
		add("ipRanges", 0, v.Get("range"))
	}
	for _, key := range []string{"podCidr", "podCIDR"} { // Azure, Cilium chained
		add(key, 0, ipam.Get(key))
	}
	return p
}

// netplanKinds are the keys of a netplan file below which links stand.
var netplanKinds = []string{
	"ethernets", "bonds", "bridges", "vlans", "wifis", "tunnels", "modems", "vrfs", "dummy-devices",
}

// netplan reads a file of /etc/netplan.
func (r *reader) netplan(s *section) bool {
	docs, err := s.doc().YAML()
	if err != nil && len(docs) == 0 {
		return false
	}
	found := false
	for _, d := range docs {
		n := d.Get("network")
		if n == nil || n.Kind != source.Mapping || d.Get("kind") != nil {
			continue
		}
		for _, kind := range netplanKinds {
			links := n.Get(kind)
			if links == nil || links.Kind != source.Mapping {
				continue
			}
			for _, e := range links.Entries {
				if e.Value != nil && e.Value.Kind == source.Mapping {
					r.netplanLink(e)
					found = true
				}
			}
		}
	}
	return found
}

func (r *reader) netplanLink(e source.Entry) {
	v := e.Value
	name := e.Key
	if set := str(v.Get("set-name")); set != "" {
		name = set
	}
	k := r.link(name, Pos{e.KeyPos.Line, e.KeyPos.Column})
	k.Config = true // a file of a machine; pods have none
	if n := number(v.Get("mtu").Str()); n > 0 {
		k.MTU = n
	}
	for _, a := range items(v.Get("addresses")) {
		n := a
		if a.Kind == source.Mapping && len(a.Entries) == 1 { // "10.0.2.15/24": {lifetime: 0}
			n = &source.Node{Kind: source.String, Text: a.Entries[0].Key, Pos: a.Entries[0].KeyPos}
		}
		if p, err := netip.ParsePrefix(n.Str()); err == nil {
			r.add(Addr{Prefix: p, Pos: place(n)})
		}
	}
	for _, key := range []string{"gateway4", "gateway6"} {
		if via, ok := parseAddr(v.Get(key).Str()); ok {
			r.configRoute("default", via.String(), name, "", place(v.Get(key)))
		}
	}
	for _, x := range items(v.Get("routes")) {
		r.configRoute(x.Get("to").Str(), x.Get("via").Str(), name, x.Get("table").Str(), place(x.Get("to")))
	}
	for _, a := range items(v.Get("nameservers", "addresses")) {
		r.resolver(a.Str(), name, false, place(a))
	}
	for _, peer := range items(v.Get("peers")) {
		for _, a := range items(peer.Get("allowed-ips")) {
			r.peer(name, endpointOf(peer.Get("endpoint").Str()), a.Str(), place(a))
		}
	}
}

// configRoute keeps a route that a file makes. to may be "default", and via empty. It reports whether to and via are
// such.
func (r *reader) configRoute(to, via, dev, table string, pos Pos) bool {
	out := Route{Dev: dev, Proto: "static", Table: table, Text: to, Pos: pos}
	if table == "main" || table == "254" {
		out.Table = ""
	}
	if via != "" {
		a, ok := parseAddr(via)
		if !ok {
			return false
		}
		out.Text += " via " + via
		if !a.IsUnspecified() {
			out.Via = a
		}
	}
	switch p, ok := parseDst(to); {
	case ok:
		out.Dst = p
	case (to == "default" || to == "") && out.Via.IsValid():
		out.Dst = anywhere(out.Via.Is4())
	default:
		return false
	}
	if dev != "" {
		out.Text += " dev " + dev
	}
	r.route(out)
	return true
}

// peer keeps the ranges of one peer of WireGuard.
func (r *reader) peer(link string, endpoint netip.Addr, allowed string, pos Pos) bool {
	p, ok := parsePrefix(strings.TrimSpace(allowed))
	if ok {
		r.out.Peers = append(r.out.Peers, Peer{Link: link, Endpoint: endpoint, Allowed: p, Host: r.host, Pos: pos})
	}
	return ok
}

// endpointOf returns the address of "192.168.1.12:51820", the zero Addr for a name.
func endpointOf(s string) netip.Addr {
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().WithZone("")
	}
	return netip.Addr{}
}

// pathIs reports whether a path, or the file of a command such as cat, is one of those.
func (s *section) pathIs(names ...string) bool {
	p := strings.ReplaceAll(s.path, `\`, "/")
	return p != "" && slices.ContainsFunc(names, func(n string) bool {
		return p == n || path.Base(p) == n || strings.HasSuffix(p, "/"+n)
	})
}
