package hostnet

import (
	"net/netip"
	"path"
	"regexp"
	"strings"
)

// resolvConf reads resolv.conf. Every line has to be one of its keywords.
func (r *reader) resolvConf(s *section) bool {
	var servers []line
	pod := false
	for _, l := range s.lines {
		w := strings.Fields(l.text)
		if len(w) == 0 || w[0][0] == '#' || w[0][0] == ';' {
			continue
		}
		switch w[0] {
		case "nameserver":
			if len(w) < 2 {
				return false
			}
			if _, ok := parseAddr(w[1]); !ok {
				return false
			}
			servers = append(servers, l)
		case "search", "domain":
			for _, d := range w[1:] {
				pod = pod || strings.HasPrefix(d, "svc.") || strings.Contains(d, ".svc.")
			}
		case "options", "sortlist":
		default:
			return false
		}
	}
	for _, l := range servers {
		w := strings.Fields(l.text)
		r.resolver(w[1], "", pod, l.of(w[1]))
	}
	return len(servers) > 0
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([\w.-]*[A-Za-z0-9_.])?$`)

// hostsFile reads /etc/hosts: the address of localhost is in it, or the path says so.
func (r *reader) hostsFile(s *section) bool {
	known := s.pathIs("etc/hosts")
	var out []Name
	pod := false
	for _, l := range s.lines {
		text, _, _ := strings.Cut(l.text, "#")
		w := strings.Fields(text)
		if len(w) == 0 {
			pod = pod || strings.HasPrefix(l.text, "# Kubernetes-managed hosts file")
			continue
		}
		a, ok := parseAddr(w[0])
		if !ok || len(w) < 2 {
			return false
		}
		local := false
		for _, n := range w[1:] {
			if !hostName.MatchString(n) {
				return false
			}
			local = local || n == "localhost" || strings.HasPrefix(n, "localhost.") || strings.HasPrefix(n, "ip6-")
		}
		known = known || local && a.IsLoopback()
		if !local {
			out = append(out, Name{Addr: a, Names: w[1:], Host: r.host, Pos: l.of(w[0])})
		}
	}
	if !known || pod {
		return false
	}
	r.out.Names = append(r.out.Names, out...)
	return true
}

var addressList = regexp.MustCompile(`^[0-9a-fA-F.:]+(?: [0-9a-fA-F.:]+)*$`)

// hostnameI reads what hostname -I prints: a line of addresses that ends with a blank. hostname -i has no blank, so
// that the command has to tell where there is one address.
func (r *reader) hostnameI(s *section) bool {
	var only *line
	for i := range s.lines {
		if s.lines[i].text != "" {
			if only != nil {
				return false
			}
			only = &s.lines[i]
		}
	}
	if only == nil || !addressList.MatchString(only.text) {
		return false
	}
	words := strings.Fields(only.text)
	command := strings.Fields(s.command)
	sure := len(command) > 1 && path.Base(command[0]) == "hostname" && strings.Contains(command[1], "i") ||
		len(command) > 1 && path.Base(command[0]) == "hostname" && strings.Contains(command[1], "I")
	if !sure && len(words) < 2 && !strings.HasSuffix(strings.TrimRight(string(s.text), "\r\n"), only.text+" ") {
		return false
	}
	var out []Name
	first4, first6 := true, true
	at := 0
	for _, w := range words {
		a, ok := parseAddr(w)
		if !ok {
			return false
		}
		first := &first6
		if a.Is4() {
			first = &first4
		}
		at += strings.Index(only.text[at:], w)
		if !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			out = append(out, Name{Addr: a, Host: r.host, First: *first, Pos: only.at(at)})
			*first = false
		}
		at += len(w)
	}
	r.out.Names = append(r.out.Names, out...)
	return len(out) > 0
}

// A setting is a line "KEY=value" of a file.
type setting struct {
	key, value string // without quotes
	pos        Pos    // of the value
}

var keyValue = regexp.MustCompile(`^(?:export +)?([A-Za-z_][\w.-]*) *= *(.*)$`)

// settingOf reads a line "KEY=value", quotes removed.
func settingOf(l line) (setting, bool) {
	body, pos := l.body()
	if strings.IndexByte(body, '=') <= 0 {
		return setting{}, false
	}
	m := keyValue.FindStringSubmatchIndex(body)
	if m == nil {
		return setting{}, false
	}
	v := body[m[4]:m[5]]
	pos.Column += m[4]
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		v, pos.Column = v[1:len(v)-1], pos.Column+1
	}
	return setting{body[m[2]:m[3]], v, pos}, true
}

// isComment reports whether a line says nothing in files of keys.
func isComment(s string) bool {
	s = strings.TrimLeft(s, " \t")
	return s == "" || s[0] == '#' || s[0] == ';'
}

var ifcfgAddr = regexp.MustCompile(`^(IPADDR|PREFIX|NETMASK|ADDRESS|GATEWAY)([0-9]*)$`)

// ifcfg reads ifcfg-eth0 and route-eth0 of /etc/sysconfig/network-scripts.
func (r *reader) ifcfg(s *section) bool {
	set := map[string]setting{}
	var order []string
	for _, l := range s.lines {
		if isComment(l.text) {
			continue
		}
		v, ok := settingOf(l)
		if !ok {
			return false
		}
		if _, twice := set[v.key]; !twice {
			order = append(order, v.key)
		}
		set[v.key] = v
	}
	dev := ifcfgLink(set, s)
	_, boot := set["BOOTPROTO"]
	_, onboot := set["ONBOOT"]
	_, routes := set["ADDRESS0"]
	if !routes && (dev == "" || !boot && !onboot && set["IPADDR"].value == "" && set["IPADDR0"].value == "") {
		return false
	}
	if !routes {
		k := r.link(dev, r.posOf(set["DEVICE"], s))
		k.Config = true
		k.MTU = max(k.MTU, number(set["MTU"].value))
	}
	for _, key := range order {
		m := ifcfgAddr.FindStringSubmatch(key)
		if m == nil {
			r.ifcfgOther(set[key], dev)
			continue
		}
		n := m[2]
		switch m[1] {
		case "IPADDR":
			bits := number(set["PREFIX"+n].value)
			if b, ok := maskBits(set["NETMASK"+n].value); ok && bits == 0 {
				bits = b
			}
			if a, ok := parseAddr(set[key].value); ok && bits > 0 {
				r.add(Addr{Prefix: netip.PrefixFrom(a, bits), Pos: set[key].pos})
			}
		case "ADDRESS":
			if b, ok := maskBits(set["NETMASK"+n].value); ok {
				if a, ok := parseAddr(set[key].value); ok && a.Is4() {
					r.configRoute(netip.PrefixFrom(a, b).Masked().String(), set["GATEWAY"+n].value, dev, "", set[key].pos)
				}
			}
		case "GATEWAY":
			if !routes {
				r.configRoute("default", set[key].value, dev, "", set[key].pos)
			}
		}
	}
	return true
}

// ifcfgLink returns the link that a file is about: by its key, by its path, or by the name of the connection.
func ifcfgLink(set map[string]setting, s *section) string {
	if dev := set["DEVICE"].value; dev != "" {
		return dev
	}
	for _, name := range []string{"ifcfg-", "route-", "route6-"} {
		if dev, ok := strings.CutPrefix(path.Base(s.path), name); ok {
			return dev
		}
	}
	return set["NAME"].value
}

func (r *reader) posOf(v setting, s *section) Pos {
	if v.pos.Line > 0 {
		return v.pos
	}
	return s.lines[0].at(0)
}

// ifcfgOther reads the keys of ifcfg files that have no numbers behind them, or those of IPv6.
func (r *reader) ifcfgOther(v setting, dev string) {
	switch {
	case strings.HasPrefix(v.key, "DNS"):
		r.resolver(v.value, dev, false, v.pos)
	case v.key == "IPV6ADDR" || v.key == "IPV6ADDR_SECONDARIES":
		for w := range strings.FieldsSeq(v.value) {
			if p, err := netip.ParsePrefix(w); err == nil {
				r.add(Addr{Prefix: p, Pos: v.pos})
			}
		}
	case v.key == "IPV6_DEFAULTGW":
		gw, _, _ := strings.Cut(v.value, "%")
		r.configRoute("default", gw, dev, "", v.pos)
	}
}

// interfaces reads /etc/network/interfaces: "iface eth0 inet static", and the options below it.
func (r *reader) interfaces(l line) bool {
	body, pos := l.body()
	w := strings.Fields(body)
	if w[0] == "iface" {
		if len(w) < 4 || w[2] != "inet" && w[2] != "inet6" {
			return false
		}
		r.kept.mode, r.kept.dev = "iface", w[1]
		name, _, _ := strings.Cut(w[1], ":")
		k := r.link(name, pos)
		k.Config = true
		return true
	}
	if r.kept.mode != "iface" {
		return false
	}
	switch w[0] {
	case "auto", "source", "mapping", "source-directory":
		r.kept.mode = ""
		return false
	}
	if len(w) < 2 {
		return false
	}
	r.last = r.known[[2]string{r.host, r.kept.dev}]
	pos = l.of(w[1])
	switch w[0] {
	case "address":
		if p, ok := parsePrefix(w[1]); ok {
			r.add(Addr{Prefix: p, Pos: pos})
		}
	case "netmask":
		r.netmask(w[1])
	case "mtu":
		if r.last > 0 {
			r.out.Links[r.last-1].MTU = number(w[1])
		}
	case "gateway":
		r.configRoute("default", w[1], r.kept.dev, "", pos)
	case "dns-nameservers", "dns-nameserver":
		for _, a := range w[1:] {
			r.resolver(a, r.kept.dev, false, l.of(a))
		}
	case "up", "post-up", "pre-up":
		r.routeCommand(w[1:], l)
	default:
		return false
	}
	return true
}

// netmask sets the length of the last address of the link that lines are about.
func (r *reader) netmask(s string) {
	bits, ok := maskBits(s)
	if !ok {
		bits = number(s)
	}
	if r.last == 0 || bits == 0 {
		return
	}
	k := &r.out.Links[r.last-1]
	if n := len(k.Addrs); n > 0 && k.Addrs[n-1].Prefix.IsSingleIP() {
		if p := netip.PrefixFrom(k.Addrs[n-1].Prefix.Addr(), bits); p.IsValid() {
			k.Addrs[n-1].Prefix = p
		}
	}
}

// routeCommand reads "ip route add 10.0.0.0/8 via 10.0.2.1 dev eth0" and "route add -net 10.0.0.0 netmask 255.0.0.0 gw
// 10.0.2.1".
func (r *reader) routeCommand(w []string, l line) {
	if len(w) > 3 && path.Base(w[0]) == "ip" {
		w = w[1:]
		for len(w) > 0 && strings.HasPrefix(w[0], "-") {
			w = w[1:]
		}
		if len(w) < 3 || !strings.HasPrefix("route", w[0]) || w[1] != "add" && w[1] != "replace" && w[1] != "append" {
			return
		}
		w = w[2:]
		for i, s := range w {
			if s == "||" || s == "&&" || s == ";" || s == "2>/dev/null" {
				w = w[:i]
				break
			}
		}
		dev := strings.NewReplacer("$IFACE", r.kept.dev, "${IFACE}", r.kept.dev, "%i", r.kept.dev)
		words := strings.Fields(dev.Replace(strings.Join(w, " ")))
		if len(words) > 0 && !strings.Contains(strings.Join(words, " ")+" ", " dev ") {
			words = append(words, "dev", r.kept.dev)
		}
		if len(words) > 0 {
			r.routeWords(words, l.of(w[0]), strings.Join(w, " "))
		}
		return
	}
	if len(w) > 3 && path.Base(w[0]) == "route" && w[1] == "add" {
		to, via, bits := "", "", ""
		for i := 2; i+1 < len(w); i++ {
			switch w[i] {
			case "-net", "-host":
				to = w[i+1]
			case "netmask":
				if n, ok := maskBits(w[i+1]); ok {
					bits = "/" + itoa(n)
				}
			case "gw":
				via = w[i+1]
			}
		}
		if to != "" {
			r.configRoute(to+bits, via, r.kept.dev, "", l.of(to))
		}
	}
}
