package flannel

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A HostNet is what the links, addresses and routes of hosts say, as ip addr, ip link, ip route, ifconfig and route -n print them: on
// which bridge the pods of a host live, which pod subnets it has routes to, and which networks the host itself is in. The
// zero HostNet says nothing.
type HostNet struct {
	Links  []HostLink
	Routes []HostRoute
}

// A HostLink is a network link of a host.
type HostLink struct {
	Name  string // "eth0"; without the peer of "eth0@if5"
	Host  string // host that the shell prompt before it names, or ""
	MTU   int    // bytes, 0 where the output does not say it
	Addrs []HostAddr
	Pos   fact.Position
	// Listed: the output lists the links of its host, so that those which it does not hold are not there.
	Listed bool
}

// A HostAddr is an address of a link with the length of its network. Prefix has host bits set.
type HostAddr struct {
	Prefix netip.Prefix
	Pos    fact.Position
}

// A HostRoute is a unicast route of a host's main table.
type HostRoute struct {
	Dst  netip.Prefix // masked; of length 0 for the default route
	Via  netip.Addr   // the zero Addr for a route without gateway
	Src  netip.Addr   // preferred source address, or the zero Addr
	Dev  string
	Host string // as in [HostLink]
	// Kernel: the kernel made it for an address of the link.
	Kernel bool
	Text   string // as written
	Pos    fact.Position
}

// IsZero reports whether h says nothing.
func (h HostNet) IsZero() bool { return len(h.Links) == 0 && len(h.Routes) == 0 }

// ReadHost reads what ip addr, ip link (both also with -brief, -oneline and -details), ip route, ifconfig and route -n print, for
// either family, alone or among other text, and what ip -json prints. Lines of other kinds are passed over, so that a
// text which holds none of it gives the zero HostNet. opt.Name counts for positions.
//
// Routes of other tables than main, and those that lead nowhere, are left out. The error is that of [source.New] for a file that is too long.
func ReadHost(data []byte, opt Options) (HostNet, error) {
	if !mentionsHost(data) {
		return HostNet{}, nil
	}
	f, err := source.New(nameOr(opt.Name, "host"), data, opt.Limits.source())
	if err != nil {
		return HostNet{}, err
	}
	r := &hostReader{f: f, known: map[[2]string]int{}, after: map[string]int{}}
	if text := bytes.TrimSpace(f.Data); bytes.HasPrefix(text, []byte("[")) && (bytes.Contains(text, []byte(`"ifname"`)) || bytes.Contains(text, []byte(`"dst"`))) {
		r.json(bytes.Index(f.Data, []byte("[")))
		return r.out, nil
	}
	off := 0
	for line := range bytes.Lines(f.Data) {
		r.line(strings.TrimRight(string(line), " \t\n"), off)
		off += len(line)
	}
	return r.out, nil
}

// mentionsHost reports whether data may hold output that ReadHost knows.
func mentionsHost(data []byte) bool {
	for _, w := range []string{" dev ", "inet ", "inet6 ", " mtu ", "MTU:", "Iface", `"ifname"`, `"dst"`, " UP ", "UNKNOWN"} {
		if bytes.Contains(data, []byte(w)) {
			return true
		}
	}
	return bytes.IndexByte(data, 0) >= 0 // UTF-16
}

type hostReader struct {
	f     *source.File
	out   HostNet
	host  string
	last  int               // place of the link that lines belong to, counted from 1; 0 for none
	table bool              // the lines of route -n follow
	known map[[2]string]int // place of the link of a host, counted from 1
	after map[string]int    // where the search for the next key goes on
}

// link returns the link of that name, made if it is new for the host.
func (r *hostReader) link(name string, off int) *HostLink {
	name, _, _ = strings.Cut(name, "@")
	key := [2]string{r.host, name}
	if r.last = r.known[key]; r.last == 0 {
		r.out.Links = append(r.out.Links, HostLink{Name: name, Host: r.host, Pos: r.f.Position(off), Listed: true})
		r.last = len(r.out.Links)
		r.known[key] = r.last
	}
	return &r.out.Links[r.last-1]
}

func (l *HostLink) add(p netip.Prefix, pos fact.Position) {
	for _, a := range l.Addrs {
		if a.Prefix == p {
			return
		}
	}
	l.Addrs = append(l.Addrs, HostAddr{p, pos})
}

var (
	// "root@worker-1:~# ip addr", "[root@worker-1 ~]# ip addr"
	hostPrompt = regexp.MustCompile(`^\[?[A-Za-z_][\w.-]*@([A-Za-z0-9][\w.-]*)[: ][^#$]*[#$] *(?:sudo )?(?:/s?bin/)?(?:ip|ifconfig|route|netstat)\b`)
	// "2: eth0: <BROADCAST,UP> mtu 1500 ...", "2: eth0    inet 192.168.1.11/24 ..."
	hostIndexed = regexp.MustCompile(`^\s*[0-9]+: ([^\s:]+)(:?)\s+(.*)$`)
	// "eth0: flags=4163<UP,...>  mtu 1500", "eth0      Link encap:Ethernet"
	hostIfconfig = regexp.MustCompile(`^([A-Za-z][\w.@-]*):? +(?:flags=[0-9]+<[A-Z0-9_,-]*> +(?:metric [0-9]+ +)?mtu ([0-9]+)|Link encap:.*)$`)
	// "eth0             UP             192.168.1.11/24 fe80::1/64"
	hostBrief = regexp.MustCompile(`^([A-Za-z][\w.@-]*) +(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|NOTPRESENT)((?: +[0-9a-fA-F:.]+/[0-9]+)*)$`)
	hostMTU   = regexp.MustCompile(`(?:\bmtu |\bMTU:)([0-9]+)`)
)

// line reads one line of text, which begins at off.
func (r *hostReader) line(s string, off int) {
	if m := find(hostPrompt, s, strings.ContainsAny(s, "#$") && strings.Contains(s, "@")); m != nil {
		r.host, r.last, r.table = m[1], 0, false
		return
	}
	if m := find(hostIndexed, s, strings.Contains(s, ": ")); m != nil {
		switch {
		case m[2] == ":" && strings.HasPrefix(m[3], "<"):
			l := r.link(m[1], off)
			l.MTU = mtuIn(m[3], l.MTU)
		case m[2] == "" && strings.HasPrefix(m[3], "inet"):
			r.addr(r.link(m[1], off), m[3], off+len(s)-len(m[3]))
		}
		return
	}
	if m := find(hostIfconfig, s, strings.Contains(s, "flags=") || strings.Contains(s, "Link encap:")); m != nil {
		l := r.link(strings.TrimSuffix(m[1], ":"), off)
		l.MTU = mtuIn(s, l.MTU)
		return
	}
	if m := find(hostBrief, s, strings.Contains(s, " UP") || strings.Contains(s, "DOWN") || strings.Contains(s, " UNKNOWN") || strings.Contains(s, " DORMANT") || strings.Contains(s, " NOTPRESENT")); m != nil {
		l := r.link(m[1], off)
		for w := range strings.FieldsSeq(m[2]) {
			if p, err := netip.ParsePrefix(w); err == nil {
				l.add(p, r.f.Position(off+strings.Index(s, w)))
			}
		}
		return
	}
	body := strings.TrimLeft(s, " \t")
	at := off + len(s) - len(body)
	if r.last > 0 && len(body) < len(s) {
		l := &r.out.Links[r.last-1]
		switch {
		case strings.HasPrefix(body, "inet"):
			r.addr(l, body, at)
			return
		case strings.Contains(body, "MTU:"):
			l.MTU = mtuIn(body, l.MTU)
			return
		}
	}
	if strings.HasPrefix(body, "Destination") && strings.Contains(body, "Genmask") {
		r.table = true
		return
	}
	if r.table {
		if r.row(body, at) {
			return
		}
		r.table = false
	}
	r.route(body, at)
}

// find returns what re finds in s, nil where likely is false: searching every line of a long log takes its time.
func find(re *regexp.Regexp, s string, likely bool) []string {
	if !likely {
		return nil
	}
	return re.FindStringSubmatch(s)
}

func mtuIn(s string, old int) int {
	if m := hostMTU.FindStringSubmatch(s); m != nil {
		if n, err := strconv.ParseUint(m[1], 10, 31); err == nil {
			return int(n)
		}
	}
	return old
}

// hostOld brings what ifconfig of net-tools 1.60 prints into the form of later ones.
var hostOld = strings.NewReplacer("addr:", " ", "Mask:", " netmask ")

// addr reads "inet 10.244.1.1/24 brd ... scope global cni0", "inet 10.0.0.1 peer 10.0.0.2/32", and what ifconfig prints: "inet
// 10.244.1.1  netmask 255.255.255.0", "inet addr:10.244.1.1  Bcast:... Mask:255.255.255.0", "inet6 fd00::1  prefixlen 64", "inet6 addr: fd00::1/64".
func (r *hostReader) addr(l *HostLink, s string, off int) {
	words := strings.Fields(hostOld.Replace(s))
	if len(words) < 2 || words[0] != "inet" && words[0] != "inet6" {
		return
	}
	pos := r.f.Position(off)
	if p, err := netip.ParsePrefix(words[1]); err == nil {
		l.add(p, pos)
		return
	}
	a, err := netip.ParseAddr(words[1])
	if err != nil {
		return
	}
	bits := a.BitLen()
	for i := 2; i+1 < len(words); i++ {
		switch words[i] {
		case "netmask":
			if n, ok := maskBits(words[i+1]); ok {
				bits = n
			}
		case "prefixlen":
			if n, err := strconv.Atoi(words[i+1]); err == nil {
				bits = n
			}
		}
	}
	if p := netip.PrefixFrom(a.WithZone(""), bits); p.IsValid() {
		l.add(p, pos)
	}
}

// maskBits returns the length of a mask such as 255.255.255.0.
func maskBits(s string) (int, bool) {
	a, _ := netip.ParseAddr(s)
	if !a.Is4() {
		return 0, false
	}
	v := value4(a)
	n := 0
	for v&(1<<31) != 0 {
		n++
		v <<= 1
	}
	return n, v == 0
}

// row reads a row of route -n.
func (r *hostReader) row(s string, off int) bool {
	w := strings.Fields(s)
	if len(w) != 8 {
		return false
	}
	dst, err1 := netip.ParseAddr(w[0])
	via, err2 := netip.ParseAddr(w[1])
	bits, ok := maskBits(w[2])
	if err2 != nil || !ok || !dst.Is4() || !strings.Contains(w[3], "U") || strings.Contains(w[3], "!") {
		return err1 == nil
	}
	p, err := dst.Prefix(bits)
	if err != nil {
		return true
	}
	if via.IsUnspecified() {
		via = netip.Addr{}
	}
	r.out.Routes = append(r.out.Routes, HostRoute{Dst: p, Via: via, Dev: w[7], Host: r.host, Text: s, Pos: r.f.Position(off)})
	return true
}

// routeWords are the words that ip route puts before a value, and routeFlags those that stand alone. A line with any other
// word is no route.
var (
	routeWords = map[string]bool{
		"via": true, "dev": true, "proto": true, "scope": true, "src": true, "metric": true, "mtu": true, "advmss": true, "table": true,
		"pref": true, "expires": true, "error": true, "window": true, "rtt": true, "hoplimit": true, "realm": true, "realms": true,
		"initcwnd": true, "initrwnd": true, "features": true, "weight": true, "nhid": true, "tos": true, "congctl": true, "encap": true,
		"rto_min": true, "quickack": true, "ttl": true, "users": true, "age": true,
	}
	routeFlags = map[string]bool{
		"onlink": true, "linkdown": true, "dead": true, "pervasive": true, "offload": true, "trap": true, "notify": true, "lock": true,
		"cache": true, "rt_offload": true, "rt_trap": true, "rt_offload_failed": true, "linkup": true,
	}
)

// route reads a line of ip route: "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink".
func (r *hostReader) route(s string, off int) {
	if !strings.Contains(s, "dev ") {
		return
	}
	w := strings.Fields(strings.ReplaceAll(s, `\`, " ")) // -oneline
	if w[0] == "unicast" {                               // with -details
		w = w[1:]
	}
	out := HostRoute{Host: r.host, Text: s, Pos: r.f.Position(off)}
	var family netip.Addr
	if w[0] != "default" {
		p, ok := routeDst(w[0])
		if !ok {
			return // text, or a route of another kind: blackhole, broadcast
		}
		out.Dst, family = p, p.Addr()
	}
	main := true
	for i := 1; i < len(w); i++ {
		switch {
		case routeFlags[w[i]]:
			continue
		case w[i] == "nexthop" && out.Dev != "":
			i = len(w) // the first of several
			continue
		case w[i] == "nexthop":
			continue
		case !routeWords[w[i]] || i+1 >= len(w):
			return
		}
		i++
		v := w[i]
		switch w[i-1] {
		case "via":
			if v == "inet" || v == "inet6" {
				if i++; i >= len(w) {
					return
				}
				v = w[i]
			}
			a, err := netip.ParseAddr(v)
			if err != nil {
				return
			}
			if out.Via = a.WithZone(""); !family.IsValid() {
				family = out.Via
			}
		case "src":
			out.Src, _ = netip.ParseAddr(v)
		case "dev":
			out.Dev = v
		case "proto":
			out.Kernel = v == "kernel"
		case "table":
			main = v == "main" || v == "254"
		}
	}
	if !out.Dst.IsValid() {
		switch {
		case !family.IsValid():
			return // it does not tell its family
		case family.Is4():
			out.Dst = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		default:
			out.Dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
	}
	if out.Dev != "" && main {
		r.out.Routes = append(r.out.Routes, out)
	}
}

// routeDst reads the destination of a route: a range, or an address.
func routeDst(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.WithZone(""), a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// json reads what ip -json prints: a list of links or of routes. What is neither is passed over.
func (r *hostReader) json(off int) {
	var list []struct {
		IfName   string `json:"ifname"`
		MTU      int    `json:"mtu"`
		AddrInfo []struct {
			Local     string `json:"local"`
			PrefixLen int    `json:"prefixlen"`
		} `json:"addr_info"`
		Dst      string `json:"dst"`
		Type     string `json:"type"`
		Gateway  string `json:"gateway"`
		Dev      string `json:"dev"`
		Protocol string `json:"protocol"`
		PrefSrc  string `json:"prefsrc"`
		Table    any    `json:"table"`
	}
	if err := json.Unmarshal(r.f.Data[off:], &list); err != nil {
		return // the readers of JSON say so
	}
	for _, e := range list {
		switch {
		case e.IfName != "":
			l := r.link(e.IfName, r.find(off, `"ifname"`, e.IfName))
			l.MTU = e.MTU
			for _, a := range e.AddrInfo {
				if addr, err := netip.ParseAddr(a.Local); err == nil {
					if p := netip.PrefixFrom(addr, a.PrefixLen); p.IsValid() {
						l.add(p, r.f.Position(r.find(off, `"local"`, a.Local)))
					}
				}
			}
		case e.Dst != "":
			if e.Type != "" && e.Type != "unicast" || e.Table != nil && e.Table != "main" {
				continue
			}
			words := []string{e.Dst}
			for _, w := range [][2]string{{"via", e.Gateway}, {"dev", e.Dev}, {"proto", e.Protocol}, {"src", e.PrefSrc}} {
				if w[1] != "" {
					words = append(words, w[0], w[1])
				}
			}
			r.route(strings.Join(words, " "), r.find(off, `"dst"`, e.Dst))
		}
	}
}

// find returns the place of the next string value of a key that is value, or off.
func (r *hostReader) find(off int, key, value string) int {
	quoted := []byte(`"` + value + `"`)
	at := max(off, r.after[key])
	defer func() { r.after[key] = at }()
	for {
		i := bytes.Index(r.f.Data[at:], []byte(key))
		if i < 0 {
			at = len(r.f.Data)
			return off
		}
		at += i + len(key)
		rest := bytes.TrimLeft(r.f.Data[at:], ": \t\n")
		if bytes.HasPrefix(rest, quoted) {
			return len(r.f.Data) - len(rest)
		}
	}
}
