package flannel

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

var (
	// Links of the hosts' own network, by the names that the kernel, systemd and administrators give them. Others are taken for
	// it only where the default route goes through them.
	hostLAN = regexp.MustCompile(`^(?:eth|en[opsx]|eno|em|bond|team|ib|wl|ww|venet|seth|vlan|br-ex$|vmbr|br[0-9]+$|p[0-9]+p[0-9])[\w.]*$`)
	// Links that are never it, whatever routes they have.
	hostVirtual = regexp.MustCompile(`^(?:lo|docker.*|br-[0-9a-f]{12}|veth.*|cali.*|tunl.*|vxlan.*|lxc.*|cilium.*|cni.*|cbr.*|flannel.*|kube-.*|nodelocaldns|virbr.*|dummy.*|weave|datapath|antrea.*|ovn.*|ovs.*|br-int|genev.*|nerdctl.*|podman.*|lxd.*|incus.*|tailscale.*|wg.*|tun.*|tap.*|ppp.*|zt.*|ip6.*|sit.*|gre.*|erspan.*|vti.*|ifb.*|ipvlan.*|macvlan.*|mesh.*|nordlynx|kilo.*)$`)
	// Links of networks that programs on the host have made for themselves.
	hostBridges = regexp.MustCompile(`^(?:docker.*|br-[0-9a-f]{12}|virbr[0-9]+|lxdbr[0-9]+|lxcbr[0-9]+|incusbr[0-9]+|podman[0-9]+|cni-podman[0-9]+|nerdctl[0-9]+)$`)
	hostVPN     = regexp.MustCompile(`^(?:tailscale|wg|tun|ppp|zt)[\w-]*$`)
	// Links that pods do not have: those of the machine itself, and those that network plugins and container engines put there. A
	// pod has lo, eth0, and what the kernel puts into every network namespace.
	hostOnly = regexp.MustCompile(`^(?:veth|cali[0-9a-f]|cni|cbr|flannel|docker|br-|virbr|kube-|nodelocaldns|cilium_|lxc|weave|antrea|ovn|ovs|vxlan|genev|podman|nerdctl|en|bond|team|ib|wl|ww|vmbr|br[0-9]|em[0-9]|p[0-9]+p[0-9]|vlan)`)
	// Links of CNI plugins other than flannel. Beside them a bridge cni0 is left over from before.
	hostOtherCNI = regexp.MustCompile(`^(?:cali[0-9a-f].*|vxlan\.calico|cilium_.*|weave|antrea-gw[0-9]+|ovn-k8s-mp[0-9]+|ovn0|kube-bridge)$`)
)

// isTunnel reports whether a link is one that flannel makes: flannel.1, flannel-v6.1, flannel-wg, flannel.ipip, flannel0.
func isTunnel(dev string) bool { return strings.HasPrefix(dev, "flannel") }

// A hostView sorts out what one host says.
type hostView struct {
	host   string
	links  []HostLink
	routes []HostRoute
}

// Statements returns what h says for plan.Check, of Component [fact.Host]: the pod subnets of the bridge cni0 and of flannel's
// own links (the subnet begins at their address), routes by way of gateways, the networks that the host is in, ranges that
// Docker and other programs have on it, and MTUs. A Host that the text does not name is left empty.
//
// Links that are neither of the host's own network nor known to belong to something else say nothing, nor do the
// addresses of kube-proxy, NodeLocal DNSCache and pods. What was printed inside a pod, which has eth0 alone, says nothing of the host's
// own network.
func (h HostNet) Statements() []fact.Statement {
	var views []*hostView
	byName := map[string]*hostView{}
	view := func(host string) *hostView {
		v := byName[host]
		if v == nil {
			v = &hostView{host: host}
			byName[host] = v
			views = append(views, v)
		}
		return v
	}
	for _, l := range h.Links {
		v := view(l.Host)
		v.links = append(v.links, l)
	}
	for _, r := range h.Routes {
		v := view(r.Host)
		v.routes = append(v.routes, r)
	}
	var out []fact.Statement
	for _, v := range views {
		out = append(out, v.statements()...)
	}
	return out
}

func (v *hostView) statements() []fact.Statement {
	defaults := map[string]bool{}
	others, machine := false, false
	for _, r := range v.routes {
		machine = machine || hostOnly.MatchString(r.Dev)
		if r.Dst.Bits() == 0 && !hostVirtual.MatchString(r.Dev) {
			defaults[r.Dev] = true
		}
		others = others || hostOtherCNI.MatchString(r.Dev)
	}
	for _, l := range v.links {
		machine = machine || hostOnly.MatchString(l.Name)
		others = others || hostOtherCNI.MatchString(l.Name)
	}
	lan := func(dev string) bool {
		return machine && (defaults[dev] || hostLAN.MatchString(dev) && !hostVirtual.MatchString(dev))
	}

	var out []fact.Statement
	add := func(role fact.Role, key, text string, pos fact.Position, p netip.Prefix, addrs ...netip.Addr) {
		s := fact.Statement{Component: fact.Host, Host: v.host, Pos: pos, Role: role, Key: key, Text: text, Addrs: addrs}
		if p.IsValid() {
			s.Prefixes = []netip.Prefix{p}
		}
		out = append(out, s)
	}
	setting := func(k fact.Setting, key, text string, n int, pos fact.Position) {
		out = append(out, fact.Statement{Component: fact.Host, Host: v.host, Pos: pos, Role: fact.RoleSetting, Setting: k, Key: key, Text: text, Int: n})
	}
	said := map[string]bool{}
	bridge := map[netip.Prefix]bool{}
	addr := func(dev string, p netip.Prefix, pos fact.Position) {
		a := p.Addr()
		if !p.IsValid() || a.Is4In6() || a.IsLinkLocalUnicast() || a.IsLoopback() || a.IsMulticast() || a.IsUnspecified() || said[dev+" "+p.String()] {
			return
		}
		said[dev+" "+p.String()] = true
		switch {
		case dev == "cni0":
			if bridge[p.Masked()] = true; !others {
				add(fact.RoleNodePods, dev, p.String(), pos, p)
			}
		case isTunnel(dev):
			// Its address is the base of the subnet, as a /32 or /128, with the length of Network in old releases.
			add(fact.RoleNodePods, dev, p.String(), pos, netip.PrefixFrom(a, a.BitLen()))
		case hostBridges.MatchString(dev):
			what := "bridge " + dev
			switch {
			case dev == "docker0":
				what = dev
			case strings.HasPrefix(dev, "br-") || strings.HasPrefix(dev, "docker"):
				what = "network " + dev + " of Docker"
			}
			add(fact.RoleReserved, dev, what, pos, p.Masked())
		case hostVPN.MatchString(dev):
			add(fact.RoleReserved, dev, "VPN "+dev, pos, p.Masked())
		case lan(dev):
			add(fact.RoleHosts, dev, p.String(), pos, p)
		}
	}
	var names []string
	var first fact.Position
	for _, l := range v.links {
		if l.Listed {
			if names = append(names, l.Name); !first.IsValid() {
				first = l.Pos
			}
		}
		for _, a := range l.Addrs {
			addr(l.Name, a.Prefix, a.Pos)
		}
		if l.MTU > 0 && (lan(l.Name) || isTunnel(l.Name)) {
			setting(fact.SettingLinkMTU, l.Name, "", l.MTU, l.Pos)
		}
	}
	for _, r := range v.routes {
		switch {
		case r.Dst.Bits() == 0:
		case r.Via.IsValid():
			add(fact.RoleRoute, r.Dev, r.Text, r.Pos, r.Dst, r.Via)
		case r.Dst.IsSingleIP():
		case r.Src.BitLen() == r.Dst.Addr().BitLen():
			addr(r.Dev, netip.PrefixFrom(r.Src, r.Dst.Bits()), r.Pos)
		case r.Dev == "cni0" && r.Kernel:
			if !bridge[r.Dst] {
				addr(r.Dev, r.Dst, r.Pos) // IPv6 routes do not tell the address
			}
		}
	}
	if len(names) > 1 && machine {
		slices.Sort(names)
		setting(fact.SettingLinks, "links", strings.Join(slices.Compact(names), ","), 0, first)
	}
	return out
}
