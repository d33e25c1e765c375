package hostnet

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// ipLink reads the first line of a link in ip addr and ip link: "2: eth0@if5: <BROADCAST,UP> mtu 1500 qdisc noqueue
// ...".
func (r *reader) ipLink(l line) bool {
	_, name, rest, ok := indexed(l.text)
	if !ok || !strings.HasSuffix(name, ":") || len(name) < 2 || !strings.HasPrefix(rest, "<") {
		return false
	}
	k := r.link(strings.TrimSuffix(name, ":"), l.at(0))
	k.Listed, k.Bare = true, k.Peer == ""
	k.MTU = mtuIn(rest, k.MTU)
	// Both ends of a veth pair have noqueue; what drives hardware has queues.
	_, q, ok := strings.Cut(rest, " qdisc ")
	if ok && !strings.HasPrefix(q, "noqueue") && !strings.HasPrefix(q, "noop") && k.Bare {
		k.Machine = true
	}
	return true
}

// indexed cuts "2: eth0    inet ..." into index, name and rest. The name has the colon that follows it.
func indexed(s string) (index, name, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	index, s, ok = strings.Cut(s, ": ")
	if !ok || index == "" || len(index) > 9 || strings.Trim(index, "0123456789") != "" {
		return "", "", "", false
	}
	i := strings.IndexAny(s, " \t")
	if i <= 0 || strings.Contains(s[:i-1], ":") {
		return "", "", "", false
	}
	return index, s[:i], strings.TrimLeft(s[i:], " \t"), true
}

// ipOneline reads a line of ip -oneline addr: "2: eth0    inet 192.168.1.11/24 brd ... scope global eth0\ ...".
func (r *reader) ipOneline(l line) bool {
	_, name, rest, ok := indexed(l.text)
	if !ok || strings.HasSuffix(name, ":") || !strings.HasPrefix(rest, "inet") {
		return false
	}
	r.link(name, l.at(0)).Listed = true
	r.inet(rest, l.at(len(l.text)-len(rest)))
	return true
}

// ofLink reads the indented lines below a link, of ip and of ifconfig.
func (r *reader) ofLink(l line) bool {
	body, pos := l.body()
	if r.last == 0 || pos.Column == 1 {
		return false
	}
	k := &r.out.Links[r.last-1]
	switch {
	case strings.HasPrefix(body, "inet"):
		return r.inet(body, pos)
	case strings.Contains(body, "MTU:"):
		k.MTU = mtuIn(body, k.MTU)
		return true
	case strings.HasPrefix(body, "altname "):
		k.Machine = true
		return true
	case strings.HasPrefix(body, "vxlan id "):
		w := strings.Fields(body)
		k.Virtual.ID = number(w[2])
		for i := 3; i+1 < len(w); i++ {
			switch w[i] {
			case "local", "local6":
				k.Virtual.Local, _ = parseAddr(w[i+1])
			case "dev":
				k.Virtual.Dev = w[i+1]
			case "dstport":
				k.Virtual.Port = number(w[i+1])
			}
		}
		return true
	}
	return false
}

var mtuOf = regexp.MustCompile(`(?:\bmtu |\bMTU:)([0-9]+)`)

// mtuIn returns the MTU that s tells, or old.
func mtuIn(s string, old int) int {
	if m := mtuOf.FindStringSubmatch(s); m != nil {
		if n := number(m[1]); n > 0 {
			return n
		}
	}
	return old
}

// inetOld brings what ifconfig of net-tools 1.60 prints, in English, French and German, into the form of later ones.
var inetOld = strings.NewReplacer("addr:", " ", "adr:", " ", "Adresse:", " ",
	"Mask:", " netmask ", "Masque:", " netmask ", "Maske:", " netmask ")

// inet reads "inet 10.244.1.1/24 brd ... scope global cni0", "inet 10.0.0.1 peer 10.0.0.2/32", and what ifconfig
// prints: "inet 10.244.1.1  netmask 255.255.255.0", "inet addr:10.244.1.1  Bcast:... Mask:255.255.255.0", "inet6
// fd00::1 prefixlen 64", "inet6 addr: fd00::1/64 Scope:Global", "inet 10.0.2.15 netmask 0xffffff00".
func (r *reader) inet(s string, pos Pos) bool {
	w := strings.Fields(inetOld.Replace(s))
	if len(w) < 2 || w[0] != "inet" && w[0] != "inet6" {
		return false
	}
	out := Addr{Pos: pos}
	p, err := netip.ParsePrefix(w[1])
	a, ok := p.Addr(), err == nil
	bits := p.Bits()
	if !ok {
		if a, ok = parseAddr(w[1]); !ok {
			return false
		}
		bits = a.BitLen()
	}
	k := &r.out.Links[r.last-1]
	for i := 2; i < len(w); i++ {
		next := ""
		if i+1 < len(w) {
			next = strings.TrimRight(w[i+1], `\`)
		}
		switch word := strings.TrimRight(w[i], `\`); word {
		case "netmask":
			if n, ok := maskBits(next); ok && err != nil {
				bits, k.BSD = n, k.BSD || strings.HasPrefix(next, "0x")
			}
		case "prefixlen":
			if n := number(next); n > 0 && err != nil {
				bits = n
			}
		case "scope":
			out.Scope = next
		case "dynamic", "mngtmpaddr":
			out.Dynamic = true
		case "noprefixroute":
			k.Machine = k.Machine || k.Peer == ""
		default:
			if scope, ok := strings.CutPrefix(word, "Scope:"); ok {
				out.Scope = strings.ToLower(scope)
			}
		}
	}
	out.Prefix = netip.PrefixFrom(a, bits)
	r.add(out)
	return true
}

var (
	// "eth0: flags=4163<UP,...>  mtu 1500", "eth0      Link encap:Ethernet", "eth0:1    Link encap:Ethernet".
	ifconfigHead = regexp.MustCompile(`^([A-Za-z][\w.@-]*)(:[0-9]+)?:? +(?:flags=[0-9a-f]+<[A-Z0-9_,-]*> +` +
		`(?:metric [0-9]+ +)?mtu ([0-9]+)(?: index [0-9]+)?|(?:Link|Lien) encap:.*)$`)
	briefName   = regexp.MustCompile(`^[A-Za-z][\w.@-]*$`)
	linkAddress = regexp.MustCompile(`^[0-9a-f]{2}(?::[0-9a-f]{2}){5,19}$`)
)

// ifconfigLink reads the first line of a link in ifconfig.
func (r *reader) ifconfigLink(l line) bool {
	if !strings.Contains(l.text, "flags=") && !strings.Contains(l.text, "encap:") {
		return false
	}
	m := ifconfigHead.FindStringSubmatch(l.text)
	if m == nil {
		return false
	}
	k := r.link(m[1], l.at(0))
	k.Listed = true
	k.MTU = mtuIn(l.text, k.MTU)
	return true
}

// ipBrief reads a line of ip -brief addr or link: "eth0@if5    UP    192.168.1.11/24 metric 100 fe80::1/64".
func (r *reader) ipBrief(l line) bool {
	w := strings.Fields(l.text)
	if len(w) < 2 || l.text[0] == ' ' || l.text[0] == '\t' || !briefName.MatchString(w[0]) {
		return false
	}
	switch w[1] {
	case "UP", "DOWN", "UNKNOWN", "LOWERLAYERDOWN", "DORMANT", "NOTPRESENT":
	default:
		return false
	}
	var addrs []Addr
	sure := w[0] == "lo" || r.kept.seen
	for i := 2; i < len(w); i++ {
		p, err := netip.ParsePrefix(w[i])
		switch {
		case err == nil:
			addrs = append(addrs, Addr{Prefix: p, Pos: l.of(w[i])})
		case (w[i] == "metric" || w[i] == "peer") && i+1 < len(w):
			i++
		case linkAddress.MatchString(w[i]):
		case strings.HasPrefix(w[i], "<") && strings.HasSuffix(w[i], ">"):
			sure = true
		default:
			a, ok := parseAddr(w[i])
			if !ok || i+1 >= len(w) || w[i+1] != "peer" {
				return false
			}
			addrs = append(addrs, Addr{Prefix: netip.PrefixFrom(a, a.BitLen()), Pos: l.of(w[i])})
		}
	}
	if sure = sure || len(addrs) > 0; !sure {
		return false
	}
	r.kept.seen = true
	k := r.link(w[0], l.at(0))
	k.Listed, k.Bare = true, k.Peer == ""
	for _, a := range addrs {
		r.add(a)
	}
	return true
}

// ipJSON reads what ip -json prints: a list of links or of routes. What is neither is passed over.
func (r *reader) ipJSON(s *section) bool {
	list := s.json()
	if list == nil || list.Kind != source.Sequence {
		return false
	}
	found := false
	for _, e := range list.Items {
		switch {
		case str(e.Get("ifname")) != "":
			r.jsonLink(e)
			found = true
		case str(e.Get("dst")) != "" && e.Get("flags") != nil || str(e.Get("dst")) != "" && str(e.Get("dev")) != "":
			r.jsonRoute(e)
			found = true
		}
	}
	return found
}

func (r *reader) jsonLink(e *source.Node) {
	k := r.link(str(e.Get("ifname")), place(e.Get("ifname")))
	k.Listed, k.Bare, k.MTU = true, true, number(e.Get("mtu").Str())
	if i := e.Get("link_index").Str(); i != "" && k.Name != "lo" {
		k.Peer, k.Bare = "if"+i, false
	} else if peer := str(e.Get("link")); peer != "" {
		k.Peer, k.Bare = peer, false
	}
	if d := e.Get("linkinfo", "info_data"); str(e.Get("linkinfo", "info_kind")) == "vxlan" {
		local, _ := parseAddr(str(d.Get("local")))
		k.Virtual = VXLAN{number(d.Get("id").Str()), local, str(d.Get("link")), number(d.Get("port").Str())}
	}
	k.Machine = k.Machine || len(items(e.Get("altnames"))) > 0
	for _, a := range items(e.Get("addr_info")) {
		if addr, ok := parseAddr(str(a.Get("local"))); ok {
			bits := number(a.Get("prefixlen").Str())
			dynamic := a.Get("dynamic").Str() == "true"
			r.add(Addr{netip.PrefixFrom(addr, bits), str(a.Get("scope")), dynamic, place(a.Get("local"))})
		}
	}
}

func (r *reader) jsonRoute(e *source.Node) {
	words := []string{str(e.Get("dst"))}
	if t := str(e.Get("type")); t != "" {
		words = append([]string{t}, words...)
	}
	put := func(word string, n *source.Node) {
		if t := n.Str(); t != "" {
			words = append(words, word, t)
		}
	}
	hop := func(n *source.Node) {
		put("via", n.Get("gateway"))
		if n.Get("gateway") == nil {
			put("via", n.Get("via", "host"))
		}
		put("dev", n.Get("dev"))
	}
	hop(e)
	put("proto", e.Get("protocol"))
	put("scope", e.Get("scope"))
	put("src", e.Get("prefsrc"))
	put("metric", e.Get("metric"))
	put("table", e.Get("table"))
	for _, n := range items(e.Get("nexthops")) {
		words = append(words, "nexthop")
		hop(n)
	}
	r.routeWords(words, place(e.Get("dst")), jsonRouteText(e))
}

// jsonRouteText tells a route of ip -json in the words of ip route.
func jsonRouteText(e *source.Node) string {
	text := str(e.Get("dst"))
	for _, w := range [][2]string{{"via", "gateway"}, {"dev", "dev"}, {"proto", "protocol"}, {"src", "prefsrc"}} {
		if v := e.Get(w[1]).Str(); v != "" {
			text += " " + w[0] + " " + v
		}
	}
	return text
}

// str returns the text of a string, "" for any other value.
func str(n *source.Node) string {
	if n == nil || n.Kind != source.String {
		return ""
	}
	return n.Text
}

func items(n *source.Node) []*source.Node {
	if n == nil || n.Kind != source.Sequence {
		return nil
	}
	return n.Items
}

func place(n *source.Node) Pos {
	if n == nil {
		return Pos{}
	}
	return Pos{n.Pos.Line, n.Pos.Column}
}

// json returns the JSON value that s holds, nil where it holds none.
func (s *section) json() *source.Node {
	n, err := s.doc().JSON()
	if err != nil {
		return nil
	}
	return n
}
