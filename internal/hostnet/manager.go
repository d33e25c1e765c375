package hostnet

import (
	"net/netip"
	"regexp"
	"strings"
)

var (
	// "IP4.ADDRESS[1]:    10.0.2.15/24", "ipv4.routes:   { ip = 10.0.0.0/8, nh = 10.0.2.1 }", "GENERAL.DEVICE:  eth0"
	nmcliLine = regexp.MustCompile(`^(GENERAL\.(?:DEVICE|MTU)|IP[46]\.(?:ADDRESS|GATEWAY|ROUTE|DNS)|` +
		`ipv[46]\.(?:addresses|gateway|routes|dns)|connection\.interface-name)(?:\[[0-9]+\])?: *(.*)$`)
	// "eth0: connected to Wired connection 1", the head of what nmcli prints alone
	nmcliHead = regexp.MustCompile(`^([A-Za-z][\w.-]*): (?:connected|connecting|disconnected|unmanaged|unavailable)\b`)
	nmcliDest = regexp.MustCompile(`(?:dst|ip) = ([0-9a-fA-F.:/]+), nh = ([0-9a-fA-F.:]+)?`)
)

// nmcli reads nmcli alone, nmcli device show, and nmcli connection show.
func (r *reader) nmcli(l line) bool {
	if m := nmcliLine.FindStringSubmatch(l.text); m != nil {
		return r.nmcliField(m[1], m[2], l)
	}
	if m := nmcliHead.FindStringSubmatch(l.text); m != nil {
		r.kept.mode, r.kept.dev = "nmcli", m[1]
		r.nmcliLink(m[1], l.at(0))
		return true
	}
	if strings.HasPrefix(l.text, "DNS configuration:") && r.kept.mode == "nmcli" {
		r.kept.mode = "nmcli dns"
		return true
	}
	body, pos := l.body()
	if pos.Column == 1 {
		return false
	}
	w := strings.Fields(body)
	switch r.kept.mode + " " + w[0] {
	case "nmcli inet4", "nmcli inet6":
		if len(w) == 2 {
			if p, err := netip.ParsePrefix(w[1]); err == nil {
				r.last = r.known[[2]string{r.host, r.kept.dev}]
				r.add(Addr{Prefix: p, Pos: l.of(w[1])})
				return true
			}
		}
	case "nmcli route4", "nmcli route6":
		if len(w) >= 2 {
			words := append(w[1:len(w):len(w)], "dev", r.kept.dev)
			return r.routeWords(words, l.of(w[1]), strings.Join(words, " "))
		}
	case "nmcli dns servers:":
		for _, a := range w[1:] {
			r.resolver(a, "", false, l.of(a))
		}
		return true
	}
	return false
}

func (r *reader) nmcliLink(name string, pos Pos) *Link {
	k := r.link(name, pos)
	k.Machine = true // NetworkManager runs on machines
	return k
}

func (r *reader) nmcliField(key, value string, l line) bool {
	if value == "" || value == "--" {
		return true
	}
	pos := l.at(len(l.text) - len(value))
	switch key {
	case "GENERAL.DEVICE", "connection.interface-name":
		r.kept.dev = value
		r.nmcliLink(value, pos)
		return true
	case "GENERAL.MTU":
		if r.kept.dev != "" {
			k := r.nmcliLink(r.kept.dev, pos)
			k.MTU = number(value)
		}
		return true
	}
	dev := r.kept.dev
	_, what, _ := strings.Cut(strings.ToLower(key), ".")
	switch what {
	case "address", "addresses":
		if dev == "" {
			dev = "unnamed"
		}
		r.nmcliLink(dev, pos)
		for w := range strings.SplitSeq(value, ",") {
			w = strings.TrimPrefix(strings.TrimSpace(w), "ip = ")
			if p, err := netip.ParsePrefix(w); err == nil {
				r.add(Addr{Prefix: p, Pos: l.of(w)})
			}
		}
	case "gateway":
		r.configRoute("default", value, dev, "", pos)
	case "dns":
		for w := range strings.SplitSeq(value, ",") {
			w = strings.TrimSpace(w)
			r.resolver(w, dev, false, l.of(w))
		}
	case "route", "routes":
		for _, m := range nmcliDest.FindAllStringSubmatch(value, -1) {
			if m[2] == "0.0.0.0" || m[2] == "::" || m[2] == "" {
				if p, ok := parseDst(m[1]); ok && p.Bits() > 0 {
					r.route(Route{Dst: p, Dev: dev, Proto: "kernel", Text: m[1] + " dev " + dev, Pos: pos})
				}
				continue
			}
			r.configRoute(m[1], m[2], dev, "", pos)
		}
	}
	return true
}

var (
	// "● 2: eth0", the head of networkctl status
	networkctlHead = regexp.MustCompile(`^(?:[●*○] *)?[0-9]+: ([\w.@-]+)$`)
	networkctlDHCP = regexp.MustCompile(`^([0-9a-fA-F.:]+)(?:/([0-9]+))?(?: \((.*)\))?(?: on ([\w.@-]+))?$`)
)

// networkctl reads networkctl status: "Address: 10.0.2.15 (DHCP4 via 10.0.2.2)", and further values on lines of their
// own.
func (r *reader) networkctl(l line) bool {
	if m := networkctlHead.FindStringSubmatch(strings.TrimSpace(l.text)); m != nil {
		r.kept.mode, r.kept.dev = "", m[1]
		r.link(m[1], l.at(0)).Machine = true // the host runs systemd-networkd
		return true
	}
	if r.kept.dev == "" {
		return false
	}
	body, _ := l.body()
	key, value, ok := strings.Cut(body, ": ")
	if !ok {
		key, value = r.kept.mode, body
	}
	r.kept.mode = key
	value = strings.TrimSpace(value)
	pos := l.at(len(l.text) - len(value))
	switch key {
	case "MTU":
		k := r.link(r.kept.dev, pos)
		n, _, _ := strings.Cut(value, " ")
		k.MTU = number(n)
	case "Address", "Gateway":
		m := networkctlDHCP.FindStringSubmatch(value)
		if m == nil {
			return false
		}
		a, ok := parseAddr(m[1])
		if !ok {
			return false
		}
		if key == "Gateway" {
			return r.configRoute("default", m[1], r.kept.dev, "", pos)
		}
		bits := a.BitLen() // networkctl does not tell the mask
		if m[2] != "" {
			bits = number(m[2])
		}
		r.link(r.kept.dev, pos)
		r.add(Addr{Prefix: netip.PrefixFrom(a, bits), Dynamic: strings.HasPrefix(m[3], "DHCP"), Pos: pos})
	case "DNS":
		return r.resolver(value, r.kept.dev, false, pos)
	default:
		return false
	}
	return true
}

// "Link 2 (eth0)", and "Link 2 (eth0): 10.31.7.2" of resolvectl dns
var resolvectlHead = regexp.MustCompile(`^Link [0-9]+ \(([\w.@-]+)\)(?:: *(.*))?$`)

// resolvectl reads resolvectl status, systemd-resolve --status and resolvectl dns.
func (r *reader) resolvectl(l line) bool {
	body, pos := l.body()
	if m := resolvectlHead.FindStringSubmatch(body); m != nil {
		r.kept.mode, r.kept.dev = "", m[1]
		return m[2] == "" || r.servers(m[2], l)
	}
	if body == "Global" {
		r.kept.mode, r.kept.dev = "", ""
		return true
	}
	key, value, ok := strings.Cut(body, ": ")
	if !ok {
		if r.kept.mode != "DNS Servers" || pos.Column == 1 {
			return false
		}
		key, value = r.kept.mode, body
	}
	r.kept.mode = key
	if key != "DNS Servers" {
		return key == "Current DNS Server"
	}
	return r.servers(value, l)
}

// servers keeps a list of resolvers as systemd-resolved prints them, with ports and names.
func (r *reader) servers(list string, l line) bool {
	for w := range strings.FieldsSeq(list) {
		at := l.of(w)
		w, _, _ = strings.Cut(w, "#") // the name for DNS over TLS
		if ap, err := netip.ParseAddrPort(w); err == nil {
			w = ap.Addr().String()
		}
		if !r.resolver(w, r.kept.dev, false, at) {
			return false
		}
	}
	return true
}

// wgShow reads wg show: "interface: wg0", "peer: ...", "  allowed ips: 10.8.0.2/32, 10.9.0.0/16".
func (r *reader) wgShow(l line) bool {
	body, _ := l.body()
	key, value, ok := strings.Cut(body, ": ")
	if !ok {
		return false
	}
	value = strings.TrimSpace(value)
	switch key {
	case "interface":
		r.kept.dev, r.kept.peer, r.kept.seen = value, netip.Addr{}, true
		r.link(value, l.of(value))
	case "peer":
		r.kept.peer = netip.Addr{}
	case "endpoint":
		r.kept.peer = endpointOf(value)
	case "allowed ips":
		if value == "(none)" {
			return true
		}
		return r.allowed(r.kept.dev, r.kept.peer, setting{value: value, pos: l.at(len(l.text) - len(value))})
	default:
		return false
	}
	return true
}

// noProxyUnit matches NO_PROXY among further variables of a unit.
var noProxyUnit = regexp.MustCompile(`^\s*Environment=.*["'](NO_PROXY|no_proxy)=([^"']*)["']`)

// noProxyLine matches NO_PROXY in shells, environment files and units.
var noProxyLine = regexp.MustCompile(`^\s*(?:export +|declare -x +|set +|Environment= *)?["']?(NO_PROXY|` +
	`no_proxy) *= *["']?([^"'#;|&<>$]*?)["']?;?\s*$`)

// noProxy reads a line that sets NO_PROXY.
func (r *reader) noProxy(l line) bool {
	if !strings.Contains(l.text, "NO_PROXY") && !strings.Contains(l.text, "no_proxy") {
		return false
	}
	m := noProxyLine.FindStringSubmatchIndex(l.text)
	if m == nil {
		if m = noProxyUnit.FindStringSubmatchIndex(l.text); m == nil {
			return false
		}
	}
	return r.exempt(l.text[m[2]:m[3]], l.text[m[4]:m[5]], func(i int) Pos { return l.at(m[4] + i) })
}

// exempt keeps the ranges of a list for NO_PROXY. at gives the place of a byte of the list.
func (r *reader) exempt(key, list string, at func(int) Pos) bool {
	found, i := false, 0
	for w := range strings.SplitSeq(list, ",") {
		text := strings.TrimSpace(w)
		if p, ok := parsePrefix(text); ok {
			r.out.Exempt = append(r.out.Exempt, Exempt{Prefix: p, Key: key, Host: r.host, Pos: at(i + strings.Index(w, text))})
			found = true
		}
		i += len(w) + 1
	}
	return found
}
