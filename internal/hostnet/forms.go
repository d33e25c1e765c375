package hostnet

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// A form is one way in which a host tells about its network. A new form is a row of forms, and its parser.
type form struct {
	name string
	// words: a section without any of them does not hold the form. None: only a command or path tells it.
	words []string
	// whole reads a section that holds nothing but the form, and reports whether it does.
	whole func(r *reader, s *section) bool
	// line reads one line, among whatever others, and reports whether it is of the form.
	line func(r *reader, l line) bool
	json bool // a text that begins like JSON may be of the form
}

// forms holds all forms. Those that take a whole section come first; the first that takes a section or a line has it.
var forms = []form{
	{name: "ip -json", json: true, words: []string{`"ifname"`, `"dst"`}, whole: (*reader).ipJSON},
	{name: "docker network inspect", json: true, words: []string{`"IPAM"`, `"subnets"`}, whole: (*reader).networkInspect},
	{name: "daemon.json", json: true, whole: (*reader).daemonJSON,
		words: []string{`"bip"`, `"default-address-pools"`, `"fixed-cidr`, `"no-proxy"`}},
	{name: "CNI configuration", json: true, words: []string{`"cniVersion"`, `"ipam"`}, whole: (*reader).cni},
	{name: "netplan", whole: (*reader).netplan,
		words: []string{"ethernets:", "bonds:", "bridges:", "vlans:", "wifis:", "tunnels:"}},
	{name: "resolv.conf", words: []string{"nameserver"}, whole: (*reader).resolvConf},
	{name: "hosts", words: []string{""}, whole: (*reader).hostsFile},
	{name: "ifcfg", words: []string{"IPADDR", "GATEWAY", "ADDRESS0", "BOOTPROTO"}, whole: (*reader).ifcfg},
	{name: "sections of keys", whole: (*reader).keyFile,
		words: []string{"[Network]", "[Interface]", "[Peer]", "[connection]", "[Address]", "[Route]", "[WireGuardPeer]"}},
	{name: "hostname -I", words: []string{""}, whole: (*reader).hostnameI},

	{name: "ip addr", words: []string{" mtu ", "inet "}, line: (*reader).ipLink},
	{name: "ip -oneline", words: []string{"inet"}, line: (*reader).ipOneline},
	{name: "ifconfig", words: []string{" mtu ", "Link encap:", "MTU:"}, line: (*reader).ifconfigLink},
	{name: "ip -brief", words: []string{" UP", "DOWN", " UNKNOWN", " DORMANT", " NOTPRESENT"}, line: (*reader).ipBrief},
	{name: "nmcli", words: []string{"IP4.", "IP6.", "GENERAL.DEVICE", "ipv4.", "ipv6.", "inet4 "}, line: (*reader).nmcli},
	{name: "networkctl", words: []string{"Network File:", "Link File:"}, line: (*reader).networkctl},
	{name: "resolvectl", words: []string{"DNS Server", "Link "}, line: (*reader).resolvectl},
	{name: "interfaces", words: []string{"iface "}, line: (*reader).interfaces},
	{name: "wg show", words: []string{"allowed ips:"}, line: (*reader).wgShow},
	{name: "address", words: []string{"inet", "MTU:", "vxlan id ", "altname "}, line: (*reader).ofLink},
	{name: "iptables", words: []string{"-A ", "Chain ", "chain "}, line: (*reader).filterRule},
	{name: "ipvsadm", words: []string{"Scheduler Flags"}, line: (*reader).ipvsadm},
	{name: "NO_PROXY", words: []string{"NO_PROXY", "no_proxy"}, line: (*reader).noProxy},
	{name: "route", words: []string{"Genmask", "Next Hop", "Netif"}, line: (*reader).tableRow},
	{name: "ip route", words: []string{"dev ", "nexthop "}, line: (*reader).ipRoute},
}

// marks are what texts without an IPv4 address hold that forms know all the same.
var marks = [][]byte{
	[]byte(" mtu "), []byte("MTU:"), []byte("::"), []byte(`"ifname"`), []byte(`"cniVersion"`), []byte("UP "),
}

// likely reports whether text may hold anything that forms know: an address, or links. It is the gate before all else.
func likely(text []byte) bool {
	if hasIPv4(text) {
		return true
	}
	for _, m := range marks {
		if bytes.Contains(text, m) {
			return true
		}
	}
	return false
}

// hasIPv4 reports whether three dots with one to three digits between them are in text, and a digit behind.
func hasIPv4(text []byte) bool {
	digits := func(i int) int {
		n := 0
		for n < 4 && i+n < len(text) && text[i+n]-'0' <= 9 {
			n++
		}
		return n
	}
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '.')
		if i < 0 {
			return false
		}
		if at += i; at == 0 || text[at-1]-'0' > 9 {
			continue
		}
		b := digits(at + 1)
		if b == 0 || b > 3 || at+1+b >= len(text) || text[at+1+b] != '.' {
			continue
		}
		c := digits(at + 2 + b)
		if c == 0 || c > 3 || at+2+b+c >= len(text) || text[at+2+b+c] != '.' {
			continue
		}
		if digits(at+3+b+c) > 0 {
			return true
		}
	}
}

// A section is what one command printed, or a whole text without shell prompts.
type section struct {
	host    string
	command string
	path    string
	lines   []line
	text    []byte
	file    *source.File // made when it is asked for
}

// doc returns the section as a file of values whose places are those of the whole text.
func (s *section) doc() *source.File {
	if s.file == nil && len(s.lines) > 0 {
		f, err := source.NewBelow(s.lines[0].n-1, "", s.text, source.Limits{})
		if err != nil {
			f = &source.File{}
		}
		s.file = f
	}
	return s.file
}

// isJSON reports whether the section begins like JSON: with an object, or a list of objects.
func (s *section) isJSON() bool {
	text := bytes.TrimLeft(s.text[:min(len(s.text), 4096)], " \t\r\n")
	if list, ok := bytes.CutPrefix(text, []byte("[")); ok {
		text = bytes.TrimLeft(list, " \t\r\n")
	}
	return len(text) > 0 && text[0] == '{'
}

// A line is one line of the text, without its end.
type line struct {
	n    int // from 1
	text string
}

// body returns l without the blanks around it, and where that begins.
func (l line) body() (string, Pos) {
	s := strings.TrimLeft(l.text, " \t")
	return s, Pos{l.n, len(l.text) - len(s) + 1}
}

// at returns the place of the byte i.
func (l line) at(i int) Pos { return Pos{l.n, i + 1} }

// of returns the place of the first part that is word, or that of the line.
func (l line) of(word string) Pos { return l.at(max(0, strings.Index(l.text, word))) }

var (
	// "root@worker-1:~# ip addr", "[root@worker-1 ~]$ ", "core@m1 ~ $ ip r", with (venv) or a time before it.
	prompt = regexp.MustCompile(`^(?:[(\[][\w:.-]+[)\]] )?(\[?)[A-Za-z_][\w.-]*@([A-Za-z0-9][\w.-]*)` +
		`(?:[: ]?[~/][^\s#$%>\]]*|[ :][\w./~-]+)? ?(\]?) ?[#$%>](?: +(.*))?$`)
	// "$ ip a", "# ip route", "/ # ifconfig", "sh-5.1# cat /etc/resolv.conf", "➜  ~ ip r": no host, a command that is
	// known.
	weakPrompt = regexp.MustCompile(`^(?:(?:[~/][\w./~-]* ?|(?:sh|bash|ash)-[0-9.]+)?[#$%]|` +
		`[➜❯λ](?: +[~/][\w./~-]*)?|([A-Za-z0-9][\w.-]*):[~/][\w./~-]* ?(?:[\w.-]+ ?)?[#$>%])` +
		` *((?:sudo )?(?:/s?bin/|/usr/s?bin/)?(?:ip|ifconfig|route|netstat|hostname|nmcli|networkctl|resolvectl|` +
		`cat|wg|docker|podman|iptables|ip6tables|` +
		`iptables-save|ip6tables-save|nft|ipvsadm|systemd-resolve|kubectl|ps|ls|grep)(?: .*)?)$`)
	// A prompt at which nothing was typed. "#" alone is a comment.
	emptyPrompt = regexp.MustCompile(`^(?:\$|[~/][\w./~-]* ?[#$%]|(?:sh|bash|ash)-[0-9.]+[#$]|` +
		`[➜❯λ](?: +[~/][\w./~-]*)?|[A-Za-z0-9][\w.-]*:[~/][\w./~-]* ?(?:[\w.-]+ ?)?[#$>%])$`)
)

// isPrompt returns the host and the command of a line that is a shell prompt. A weak prompt may name no host.
func isPrompt(s string) (host, command string, ok bool) {
	if len(s) > 4096 || !strings.ContainsAny(s, "#$%>➜❯λ") {
		return "", "", false
	}
	if strings.IndexByte(s, '@') > 0 {
		if m := prompt.FindStringSubmatch(s); m != nil && (m[1] == "") == (m[3] == "") {
			return m[2], strings.TrimPrefix(m[4], "sudo "), true
		}
	}
	if m := weakPrompt.FindStringSubmatch(s); m != nil {
		return m[1], strings.TrimPrefix(m[2], "sudo "), true
	}
	return "", "", len(s) < 100 && emptyPrompt.MatchString(s)
}

// sections cuts a text at its shell prompts.
func sections(text []byte, o Options) []section {
	var out []section
	cur := section{host: o.Host, command: o.Command, path: o.Path}
	start, off, n := 0, 0, 0
	flush := func(end int) {
		if len(cur.lines) > 0 {
			cur.text = text[start:end]
			out = append(out, cur)
		}
	}
	for raw := range bytes.Lines(text) {
		n++
		s := strings.TrimRight(string(raw), " \t\r\n")
		if s != "" {
			if host, command, ok := isPrompt(s); ok {
				flush(off)
				if host == "" {
					host = cur.host
				}
				cur = section{host: host, command: command}
				if words := strings.Fields(command); len(words) == 2 && words[0] == "cat" {
					cur.path = words[1]
				}
				off += len(raw)
				start = off
				continue
			}
		}
		cur.lines = append(cur.lines, line{n, s})
		off += len(raw)
	}
	flush(off)
	return out
}

type addrKey struct {
	link int
	p    netip.Prefix
}

// A reader collects what sections say.
type reader struct {
	out   Host
	host  string            // of the section
	known map[[2]string]int // place of the link of a host, counted from 1
	addrs map[addrKey]bool  // addresses that are there
	forms map[string]bool   // that were found

	last  int      // place of the link that lines belong to, counted from 1; 0 for none
	hop   *pending // a route whose next hops follow
	table tableKind
	kept  kept
}

// kept is what parsers of lines keep of the lines above; each section begins anew.
type kept struct {
	dev   string     // link that the lines are about
	mode  string     // of nmcli, resolvectl, interfaces: which list continues
	chain string     // of the packet filter
	peer  netip.Addr // endpoint of a peer of wg
	seen  bool       // a head was seen, so that rows count
}

func (r *reader) section(s section) {
	r.host, r.last, r.hop, r.table, r.kept = s.host, 0, nil, tableNone, kept{}
	if isSource(s.text) {
		return
	}
	var rows []*form
	json := s.isJSON()
	for i := range forms {
		f := &forms[i]
		if f.json != json || !slices.ContainsFunc(f.words, func(w string) bool { return bytes.Contains(s.text, []byte(w)) }) {
			continue
		}
		if f.whole == nil {
			rows = append(rows, f)
		} else if f.whole(r, &s) {
			r.found(f)
			return
		}
	}
	if len(rows) == 0 {
		return
	}
	for _, l := range s.lines {
		if l.text == "" {
			continue
		}
		for _, f := range rows {
			if f.line(r, l) {
				r.found(f)
				break
			}
		}
	}
	r.endHops()
}

func (r *reader) found(f *form) {
	if !r.forms[f.name] {
		r.forms[f.name] = true
		r.out.found(f.name)
	}
}

// sourceLine matches lines that programs and tests begin with, whose strings are nobody's host.
var sourceLine = regexp.MustCompile(`^(?:package \w+;?$|import \(|import [\w{*"']|from [\w.]+ import |` +
	`#include [<"]|#!/|func \w+\(|def \w+\(|using [\w.]+;|<\?php|module [\w:]+$|\{\{-? ?(?:if|define|range))`)

// isSource reports whether a text is a program: its first lines tell.
func isSource(text []byte) bool {
	seen := 0
	for l := range bytes.Lines(text) {
		if l = bytes.TrimRight(l, " \t\r\n"); len(l) == 0 {
			continue
		}
		if len(l) < 200 && sourceLine.Match(l) {
			return true
		}
		if seen++; seen == 40 {
			break
		}
	}
	return false
}

// link returns the link of that name, "eth0@if5" or "eth0", made if it is new for the host.
func (r *reader) link(name string, pos Pos) *Link {
	name, peer, _ := strings.Cut(name, "@")
	key := [2]string{r.host, name}
	if r.last = r.known[key]; r.last == 0 {
		r.out.Links = append(r.out.Links, Link{Name: name, Host: r.host, Pos: pos})
		r.last = len(r.out.Links)
		r.known[key] = r.last
	}
	l := &r.out.Links[r.last-1]
	if peer != "" && peer != "NONE" {
		l.Peer = peer
	}
	return l
}

// add gives the link that lines belong to an address, once.
func (r *reader) add(a Addr) {
	if k := (addrKey{r.last, a.Prefix}); r.last > 0 && a.Prefix.IsValid() && !r.addrs[k] {
		r.addrs[k] = true
		l := &r.out.Links[r.last-1]
		l.Addrs = append(l.Addrs, a)
		l.Machine = l.Machine || a.Dynamic && a.Prefix.Addr().Is4()
	}
}

func (r *reader) route(x Route) {
	x.Host = r.host
	r.out.Routes = append(r.out.Routes, x)
}

// resolver adds a DNS server that a and perhaps a zone, a port or a name behind # tell.
func (r *reader) resolver(text, dev string, pod bool, pos Pos) bool {
	a, ok := parseAddr(text)
	if ok {
		r.out.Resolvers = append(r.out.Resolvers, Resolver{Addr: a, Dev: dev, Host: r.host, Pod: pod, Pos: pos})
	}
	return ok
}

// parseAddr reads an address without its zone.
func parseAddr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a.WithZone(""), err == nil
}

// parsePrefix reads a range as it is written, or an address as the range of itself.
func parsePrefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, true
	}
	a, ok := parseAddr(s)
	return netip.PrefixFrom(a, a.BitLen()), ok
}

// parseDst reads the destination of a route: a range, an address, or a range with the short form of its address
// (10.244/16).
func parseDst(s string) (netip.Prefix, bool) {
	if p, ok := parsePrefix(s); ok {
		return p.Masked(), true
	}
	addr, bits, ok := strings.Cut(s, "/")
	if dots := strings.Count(addr, "."); ok && dots < 3 && !strings.Contains(addr, ":") {
		p, err := netip.ParsePrefix(addr + strings.Repeat(".0", 3-dots) + "/" + bits)
		return p.Masked(), err == nil
	}
	return netip.Prefix{}, false
}

// anywhere returns the range of the default route of a family.
func anywhere(is4 bool) netip.Prefix {
	if is4 {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// maskBits returns the length of a mask such as 255.255.255.0 or 0xffffff00.
func maskBits(s string) (int, bool) {
	var v uint32
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return 0, false
		}
		v = uint32(n)
	} else {
		a, _ := netip.ParseAddr(s)
		if !a.Is4() {
			return 0, false
		}
		for _, b := range a.As4() {
			v = v<<8 | uint32(b)
		}
	}
	n := 0
	for v&(1<<31) != 0 {
		n++
		v <<= 1
	}
	return n, v == 0
}

// number reads a count that fits in 31 bits, 0 for anything else.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
