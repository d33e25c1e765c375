package hostnet

import (
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A group is a section of a file of keys, "[Route]" and what follows.
type group struct {
	name  string
	set   []setting
	first map[string]setting
}

// get returns the first setting of a key.
func (g group) get(key string) setting { return g.first[key] }

// groupsOf reads a file of sections and keys; nil where a line is neither.
func groupsOf(s *section) []group {
	var out []group
	for _, l := range s.lines {
		if isComment(l.text) {
			continue
		}
		if body, _ := l.body(); body[0] == '[' && body[len(body)-1] == ']' {
			out = append(out, group{name: body[1 : len(body)-1], first: map[string]setting{}})
			continue
		}
		v, ok := settingOf(l)
		if !ok || len(out) == 0 {
			return nil
		}
		g := &out[len(out)-1]
		g.set = append(g.set, v)
		if _, twice := g.first[v.key]; !twice {
			g.first[v.key] = v
		}
	}
	return out
}

// keyFile reads the files that are sections of keys: those of systemd-networkd, NetworkManager and WireGuard.
func (r *reader) keyFile(s *section) bool {
	groups := groupsOf(s)
	has := func(name string) bool {
		return slices.ContainsFunc(groups, func(g group) bool { return g.name == name })
	}
	switch {
	case has("Unit") || has("Service") || has("Container") || has("Install"):
		return false // a unit of systemd
	case has("Interface") && (has("Peer") || strings.HasPrefix(path.Base(s.path), "wg")):
		return r.wireGuard(groups, s)
	case has("Peer") && !has("NetDev"):
		return r.wireGuard(groups, s)
	case has("connection") && (has("ipv4") || has("ipv6")):
		return r.keyfileNM(groups)
	case has("NetDev"):
		return r.netdev(groups)
	case has("Match") && (has("Network") || has("Address") || has("Route")),
		has("Network") && strings.HasSuffix(s.path, ".network"):
		return r.networkd(groups)
	}
	return false
}

// networkd reads a .network file of systemd-networkd.
func (r *reader) networkd(groups []group) bool {
	dev := ""
	var at Pos
	for _, g := range groups {
		if g.name == "Match" {
			if n := g.get("Name"); dev == "" && n.value != "" && !strings.ContainsAny(n.value, "*?[! ") {
				dev, at = n.value, n.pos
			}
		}
	}
	if dev == "" { // by a pattern, or by the hardware: the link has a name all the same
		for _, g := range groups {
			for _, v := range g.set {
				if g.name == "Match" && dev == "" {
					dev, at = v.value, v.pos
				}
			}
		}
	}
	k := r.link(dev, at)
	k.Config = true
	address := func(v setting) {
		if p, ok := parsePrefix(v.value); ok {
			r.add(Addr{Prefix: p, Pos: v.pos})
		}
	}
	for _, g := range groups {
		for _, v := range g.set {
			switch g.name + "." + v.key {
			case "Network.Address", "Address.Address":
				address(v)
			case "Network.Gateway":
				r.configRoute("default", v.value, dev, "", v.pos)
			case "Network.DNS":
				for w := range strings.FieldsSeq(v.value) {
					r.resolver(w, dev, false, v.pos)
				}
			case "Link.MTUBytes":
				r.out.Links[r.last-1].MTU = number(v.value)
			case "Route.Destination":
				r.configRoute(v.value, g.get("Gateway").value, dev, g.get("Table").value, v.pos)
			case "Route.Gateway":
				if g.get("Destination").value == "" {
					r.configRoute("default", v.value, dev, g.get("Table").value, v.pos)
				}
			}
		}
	}
	return true
}

// netdev reads a .netdev file of systemd-networkd, as far as WireGuard goes.
func (r *reader) netdev(groups []group) bool {
	dev, found := "", false
	for _, g := range groups {
		switch g.name {
		case "NetDev":
			dev = g.get("Name").value
		case "WireGuardPeer":
			for _, v := range g.set {
				if v.key == "AllowedIPs" {
					found = r.allowed(dev, endpointOf(g.get("Endpoint").value), v) || found
				}
			}
		}
	}
	return found
}

// allowed keeps the ranges of AllowedIPs.
func (r *reader) allowed(dev string, endpoint netip.Addr, v setting) bool {
	found, at := false, 0
	for w := range strings.SplitSeq(v.value, ",") {
		pos := v.pos
		pos.Column += at + len(w) - len(strings.TrimLeft(w, " "))
		found = r.peer(dev, endpoint, w, pos) || found
		at += len(w) + 1
	}
	return found
}

// wireGuard reads the configuration of wg-quick: /etc/wireguard/wg0.conf.
func (r *reader) wireGuard(groups []group, s *section) bool {
	dev := strings.TrimSuffix(path.Base(s.path), ".conf")
	if s.path == "" {
		dev = "wg"
	}
	found := false
	for _, g := range groups {
		for _, v := range g.set {
			switch g.name + "." + v.key {
			case "Interface.Address":
				k := r.link(dev, v.pos)
				k.Config = true
				for w := range strings.SplitSeq(v.value, ",") {
					if p, ok := parsePrefix(strings.TrimSpace(w)); ok {
						r.add(Addr{Prefix: p, Pos: v.pos})
						found = true
					}
				}
			case "Interface.MTU":
				r.link(dev, v.pos).MTU = number(v.value)
			case "Interface.DNS":
				for w := range strings.SplitSeq(v.value, ",") {
					r.resolver(strings.TrimSpace(w), dev, false, v.pos)
				}
			case "Peer.AllowedIPs":
				found = r.allowed(dev, endpointOf(g.get("Endpoint").value), v) || found
			}
		}
	}
	return found
}

// keyfileNM reads a connection of /etc/NetworkManager/system-connections.
func (r *reader) keyfileNM(groups []group) bool {
	dev := ""
	var at Pos
	for _, g := range groups {
		if g.name != "connection" {
			continue
		}
		for _, key := range []string{"interface-name", "id"} {
			if v := g.get(key); dev == "" {
				dev, at = v.value, v.pos
			}
		}
	}
	if dev == "" {
		return false
	}
	k := r.link(dev, at)
	k.Config = true
	for _, g := range groups {
		if g.name != "ipv4" && g.name != "ipv6" {
			continue
		}
		for _, v := range g.set {
			list := strings.FieldsFunc(v.value, func(c rune) bool { return c == ',' || c == ';' })
			if len(list) == 0 {
				continue
			}
			switch key := strings.TrimRight(v.key, "0123456789"); key {
			case "address", "addresses":
				if p, ok := parsePrefix(list[0]); ok {
					r.add(Addr{Prefix: p, Pos: v.pos})
				}
				if len(list) > 1 {
					r.configRoute("default", list[1], dev, "", v.pos)
				}
			case "route", "routes":
				via := ""
				if len(list) > 1 {
					via = list[1]
				}
				r.configRoute(list[0], via, dev, "", v.pos)
			case "gateway":
				r.configRoute("default", list[0], dev, "", v.pos)
			case "dns":
				for _, a := range list {
					r.resolver(a, dev, false, v.pos)
				}
			}
		}
	}
	return true
}
