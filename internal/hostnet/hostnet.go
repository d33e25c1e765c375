// Package hostnet reads what a host says about its own network: links, addresses, routes, resolvers, the ranges of
// bridges and VPNs on it, the files of /etc/cni/net.d, and the ranges in its packet filter.
//
// Start with [Read]. It knows what the tools of a host print (ip, ifconfig, route, netstat, hostname, nmcli,
// networkctl, resolvectl, docker network inspect, wg, iptables-save, nft, ipvsadm) and what its files hold (netplan,
// ifcfg, interfaces, systemd-networkd, NetworkManager, resolv.conf, hosts, daemon.json, CNI and WireGuard
// configurations). Each form is a row of a table: how it is recognised, and its parser. Text of other kinds gives
// nothing.
//
// A [Host] is plain data: what is written and where. [Host.Statements] says what it means for the ranges of a cluster.
package hostnet

import (
	"net/netip"
	"slices"
)

// A Pos is a place in a text. Line and Column count from 1, Column in bytes. The zero Pos is unknown.
type Pos struct{ Line, Column int }

// A Host is what a text says about the networks of one host or more. The zero Host says nothing.
type Host struct {
	Links     []Link
	Routes    []Route
	Resolvers []Resolver
	Names     []Name   // addresses without a link
	Bridges   []Bridge // networks of container engines, and the pools that they take them from
	Peers     []Peer   // what WireGuard sends to a peer
	Exempt    []Exempt // NO_PROXY
	CNI       []CNI
	Rules     []Rule   // what rules of a packet filter tell
	Forms     []string // names of the forms that were found, in the order of the text, each once
}

// IsZero reports whether h says nothing.
func (h Host) IsZero() bool { return len(h.Forms) == 0 }

// A Link is a network link of a host.
type Link struct {
	Name string // "eth0"; without the peer of "eth0@if5"
	Peer string // "if5" of "eth0@if5": the other end, in another network namespace where it is "if" and a number
	Host string // host that the shell prompt above it names, or ""
	MTU  int    // bytes, 0 where the text does not say it
	// Virtual is the VXLAN that the link carries, or zero.
	Virtual VXLAN
	Addrs   []Addr
	Pos     Pos
	// Listed: the text lists the links of its host, so that those which it does not hold are not there.
	Listed bool
	// Bare: the form would show a Peer, and there is none. Pods have eth0@if5, machines eth0.
	Bare bool
	// Machine: something that only links of machines have, such as a lease of DHCP or a second name.
	Machine bool
	// Config: a file sets it up. It is of a machine, and of its own network, unless its name tells a bridge or a VPN.
	Config bool
	// BSD: a BSD or macOS printed it; most often the computer in front of which somebody sits.
	BSD bool
}

// A VXLAN is what ip -details says about a link of that kind. The zero VXLAN is none.
type VXLAN struct {
	ID    int
	Local netip.Addr // address of the host's end
	Dev   string     // link below
	Port  int        // UDP
}

// An Addr is an address of a link with the length of its network. Prefix has host bits set.
type Addr struct {
	Prefix  netip.Prefix
	Scope   string // "global", "link", "host", or "" where the text does not say it
	Dynamic bool   // a lease of DHCP or from router advertisements
	Pos     Pos
}

// A Route is a route of a host, from its kernel or from a file that makes it.
type Route struct {
	Dst     netip.Prefix // masked; of length 0 for the default route
	Via     netip.Addr   // the zero Addr for a route without gateway, and for one whose gateway has only a name
	Gateway string       // name of the gateway, where route without -n prints it instead of the address
	More    []netip.Addr // gateways of further next hops
	Src     netip.Addr   // preferred source address, or the zero Addr
	Dev     string       // of the first next hop, "" where a file does not say it
	Host    string       // as in [Link]
	Type    string       // "" for unicast; "blackhole", "unreachable", "prohibit", "throw"
	Table   string       // "" for main
	Proto   string       // "kernel", "dhcp", "static", ... or ""
	Scope   string       // "link", "global", ... or ""
	Metric  int
	BSD     bool   // as in [Link]
	Text    string // as written
	Pos     Pos
}

// Kernel reports whether the kernel made the route for an address of the link.
func (r Route) Kernel() bool { return r.Proto == "kernel" }

// A Resolver is a DNS server that a host or a pod asks.
type Resolver struct {
	Addr netip.Addr
	Dev  string // link whose server it is, or ""
	Host string // as in [Link]
	// Pod: the file is that of a pod, as its search list tells.
	Pod bool
	Pos Pos
}

// A Name is an address without link and mask, from hostname -I or /etc/hosts.
type Name struct {
	Addr  netip.Addr
	Names []string // of /etc/hosts; none from hostname -I
	Host  string   // as in [Link]
	First bool     // from hostname -I: the first of its family, which is that of the first link
	Pos   Pos
}

// A Bridge is a network of a container engine, or a pool of such networks.
type Bridge struct {
	Name   string // network: "bridge", "kind"; "bip", "fixed-cidr" or "default-address-pools" of daemon.json
	Link   string // "docker0", where it is known
	Engine string // "Docker" or "Podman"
	Prefix netip.Prefix
	Size   int // of a pool: prefix length of the networks taken from it; 0 for a network
	Host   string
	Pos    Pos
}

// A Peer is a range that WireGuard sends to a peer, and takes from it.
type Peer struct {
	Link     string // "wg0", or "" where a file does not name it
	Endpoint netip.Addr
	Allowed  netip.Prefix
	Host     string
	Pos      Pos
}

// An Exempt is a range or address of NO_PROXY.
type Exempt struct {
	Prefix netip.Prefix // an address as /32 or /128
	Key    string       // as written: "NO_PROXY", "no_proxy", "no-proxy"
	Host   string
	Pos    Pos
}

// A CNI is a configuration of /etc/cni/net.d.
type CNI struct {
	Name    string
	Plugins []Plugin
	Host    string
	Pos     Pos
}

// A Plugin is one plugin of a [CNI].
type Plugin struct {
	Type   string // "bridge", "flannel", "calico", ...
	IPAM   string // "host-local", "calico-ipam", ... or ""
	Bridge string // link, where the configuration names it
	Ranges []Range
	Pos    Pos
}

// A Range is one that a plugin takes addresses for pods from.
type Range struct {
	Prefix netip.Prefix // as written
	Key    string       // "subnet", "ranges", "ipv4_pools", ...
	Set    int          // range set of host-local, from 0: a pod gets an address of each
	Pos    Pos
}

// A Meaning says what a [Rule] tells.
type Meaning uint8

// The meanings of rules.
const (
	// ProxyPods: what kube-proxy takes for addresses of pods: clusterCIDR, or the node's own subnet (detectLocalMode
	// NodeCIDR).
	ProxyPods Meaning = iota + 1
	// ServiceIP: the cluster IP of the Service Name, "namespace/name".
	ServiceIP
	// VirtualServer: an address that IPVS serves: of a Service, or of a node port.
	VirtualServer
	// FlannelNetwork: flannel's Network.
	FlannelNetwork
	// FlannelSubnet: flannel's subnet of this host.
	FlannelSubnet
	// EngineNetwork: a network that a container engine masquerades, behind the link Name.
	EngineNetwork
	// PluginNetwork: a network of the CNI plugin bridge that it masquerades.
	PluginNetwork
)

// A Rule is what one rule of a packet filter, or one line of ipvsadm, tells.
type Rule struct {
	Meaning Meaning
	Prefix  netip.Prefix // an address as /32 or /128
	Name    string
	Host    string
	Pos     Pos
}

// Options tell what is known about a text from outside of it. The zero Options tell nothing.
type Options struct {
	Host    string // whose text it is
	Command string // that printed it: "hostname -I"
	Path    string // of the file that holds it: "/etc/wireguard/wg0.conf"
}

// Read finds what text says, in whatever forms it holds, behind shell prompts or not. It reports false, and the zero
// Host, for a text that holds none of them. text is UTF-8; lines end with \n or \r\n. Time and memory grow with its
// length.
func Read(text []byte) (Host, bool) { return ReadAs(text, Options{}) }

// ReadAs is [Read] with what is known about the text.
func ReadAs(text []byte, o Options) (Host, bool) {
	if !likely(text) || isSource(text) {
		return Host{}, false
	}
	r := &reader{host: o.Host, known: map[[2]string]int{}, addrs: map[addrKey]bool{}, forms: map[string]bool{}}
	for _, s := range sections(text, o) {
		r.section(s)
	}
	if len(r.forms) == 0 {
		return Host{}, false
	}
	return r.out, true
}

// found adds the name of a form, once.
func (h *Host) found(form string) {
	if !slices.Contains(h.Forms, form) {
		h.Forms = append(h.Forms, form)
	}
}
