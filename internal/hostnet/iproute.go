package hostnet

import (
	"net/netip"
	"slices"
	"strings"
)

// routeValues are the words that ip route puts before a value, and routeFlags those that stand alone. A line with any
// other word is no route.
var (
	routeValues = map[string]bool{
		"via": true, "dev": true, "proto": true, "scope": true, "src": true, "metric": true, "mtu": true, "advmss": true,
		"table": true, "pref": true, "expires": true, "error": true, "window": true, "rtt": true, "hoplimit": true,
		"realm": true, "realms": true, "initcwnd": true, "initrwnd": true, "features": true, "weight": true, "nhid": true,
		"tos": true, "congctl": true, "encap": true, "rto_min": true, "quickack": true, "ttl": true, "users": true,
		"age": true, "cwnd": true, "ssthresh": true, "reordering": true, "rttvar": true, "protocol": true,
	}
	routeFlags = map[string]bool{
		"onlink": true, "linkdown": true, "dead": true, "pervasive": true, "offload": true, "trap": true, "notify": true,
		"lock": true, "cache": true, "rt_offload": true, "rt_trap": true, "rt_offload_failed": true, "linkup": true,
	}
	// routeTypes are the types of routes; those with false lead to the host itself or to all, which its addresses say
	// already.
	routeTypes = map[string]bool{
		"unicast": true, "blackhole": true, "unreachable": true, "prohibit": true, "throw": true,
		"local": false, "broadcast": false, "multicast": false, "anycast": false,
	}
)

// A pending is a route without a link, whose next hops may follow on lines of their own.
type pending struct {
	route Route
	words []string
	line  int
}

// ipRoute reads a line of ip route: "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink".
func (r *reader) ipRoute(l line) bool {
	body, pos := l.body()
	if r.hop != nil && strings.HasPrefix(body, "nexthop ") && pos.Column > 1 {
		r.hop.words = append(r.hop.words, strings.Fields(body)...)
		r.hop.line = l.n
		return true
	}
	r.endHops()
	if c := body[0]; !(c-'0' <= 9 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'F' || c == ':') {
		return false
	}
	words := strings.Fields(strings.ReplaceAll(body, `\`, " ")) // -oneline
	if len(words) == 0 {
		return false
	}
	if !slices.Contains(words, "dev") && words[0] != "default" && !routeTypes[words[0]] {
		if _, ok := parseDst(words[0]); !ok {
			return false
		}
	}
	if !slices.Contains(words, "dev") && !blocks(words[0]) {
		if words[0] == "default" || strings.ContainsAny(words[0], "/.:") {
			r.hop = &pending{route: Route{Text: body, Pos: pos}, words: words}
		}
		return false
	}
	return r.routeWords(words, pos, body)
}

// blocks reports whether a word is a type of routes that have no link.
func blocks(word string) bool { return routeTypes[word] && word != "unicast" }

// endHops keeps the route whose next hops came on lines of their own.
func (r *reader) endHops() {
	if h := r.hop; h != nil {
		r.hop = nil
		if h.line > 0 {
			r.routeWords(h.words, h.route.Pos, h.route.Text)
		}
	}
}

// routeWords reads the words of a route and keeps it. It reports whether they are one.
func (r *reader) routeWords(w []string, pos Pos, text string) bool {
	out := Route{Text: text, Pos: pos}
	keep := true
	if kind, ok := routeTypes[w[0]]; ok {
		if keep = kind; w[0] != "unicast" {
			out.Type = w[0]
		}
		w = w[1:]
	}
	if len(w) == 0 {
		return false
	}
	family := netip.Addr{}
	if w[0] != "default" {
		p, ok := parseDst(w[0])
		if !ok {
			return false
		}
		out.Dst, family = p, p.Addr()
	}
	if !out.attributes(w[1:]) || out.Dev == "" && !blocks(out.Type) {
		return false
	}
	if !family.IsValid() {
		family = out.Via
	}
	if !out.Dst.IsValid() {
		if !family.IsValid() {
			family = out.Src
		}
		if !family.IsValid() {
			return true // it does not tell its family
		}
		out.Dst = anywhere(family.Is4())
	}
	if keep {
		r.route(out)
	}
	return true
}

// attributes reads what follows the destination of a route.
func (r *Route) attributes(w []string) bool {
	hops := 0
	for i := 0; i < len(w); i++ {
		switch {
		case routeFlags[w[i]]:
			continue
		case w[i] == "nexthop":
			hops++
			continue
		case !routeValues[w[i]] || i+1 >= len(w):
			return false
		}
		i++
		v := w[i]
		switch w[i-1] {
		case "via":
			if v == "inet" || v == "inet6" {
				if i++; i >= len(w) {
					return false
				}
				v = w[i]
			}
			a, ok := parseAddr(v)
			if !ok {
				return false
			}
			if !r.Via.IsValid() && hops <= 1 {
				r.Via = a
			} else {
				r.More = append(r.More, a)
			}
		case "src":
			r.Src, _ = parseAddr(v)
		case "dev":
			if r.Dev == "" {
				r.Dev = v
			}
		case "proto", "protocol":
			r.Proto = v
		case "scope":
			r.Scope = v
		case "metric":
			r.Metric = number(v)
		case "table":
			if r.Table = v; v == "main" || v == "254" {
				r.Table = ""
			}
		case "features", "encap", "lock":
		}
	}
	return true
}

// A tableKind is the head under which the rows of a table of routes stand.
type tableKind uint8

const (
	tableNone    tableKind = iota
	tableRoute             // Destination Gateway Genmask Flags Metric Ref Use Iface
	tableNetstat           // Destination Gateway Genmask Flags MSS Window irtt Iface
	tableIPv6              // Destination Next Hop Flag Met Ref Use If
	tableBSD               // Destination Gateway Flags Netif Expire
)

func tableHead(s string) tableKind {
	switch w := strings.Fields(s); {
	case len(w) < 4 || w[0] != "Destination":
		return tableNone
	case slices.Contains(w, "Genmask") && slices.Contains(w, "MSS"):
		return tableNetstat
	case slices.Contains(w, "Genmask"):
		return tableRoute
	case w[1] == "Next" && w[2] == "Hop":
		return tableIPv6
	case w[1] == "Gateway" && slices.Contains(w, "Netif"):
		return tableBSD
	}
	return tableNone
}

// tableRow reads a row of route and netstat -r, and the head above them.
func (r *reader) tableRow(l line) bool {
	body, pos := l.body()
	if k := tableHead(body); k != tableNone {
		r.table = k
		return true
	}
	w := strings.Fields(body)
	ok := false
	switch r.table {
	case tableRoute, tableNetstat:
		ok = r.row4(w, body, pos)
	case tableIPv6:
		ok = r.row6(w, body, pos)
	case tableBSD:
		ok = r.rowBSD(w, body, pos)
	}
	if !ok {
		r.table = tableNone
	}
	return ok
}

// row4 reads a row of an IPv4 table. Without -n names may stand for addresses: the mask is right, the address is lost.
func (r *reader) row4(w []string, text string, pos Pos) bool {
	if len(w) != 8 {
		return false
	}
	bits, ok := maskBits(w[2])
	if !ok || !strings.Contains(w[3], "U") || strings.Contains(w[3], "!") {
		_, ok := parseAddr(w[0])
		return ok || w[0] == "default"
	}
	out := Route{Dev: w[7], Text: text, Pos: pos}
	switch dst, ok := parseAddr(w[0]); {
	case ok && dst.Is4():
		out.Dst, _ = dst.Prefix(bits)
	case w[0] == "default":
		out.Dst = anywhere(true)
	default:
		return ok || len(w[0]) > 0 && w[0][0]|0x20 >= 'a'
	}
	via, ok := parseAddr(w[1])
	switch {
	case ok && via.IsUnspecified(), w[1] == "*":
	case ok:
		out.Via = via
	default:
		out.Gateway = w[1]
	}
	if r.table == tableRoute {
		out.Metric = number(w[4])
	}
	r.route(out)
	return true
}

// row6 reads a row of an IPv6 table: "fd00::/64  [::]  U  256 1 0 eth0". Rows of the host itself and of multicast are
// passed over.
func (r *reader) row6(w []string, text string, pos Pos) bool {
	if len(w) != 7 {
		return false
	}
	bare := strings.NewReplacer("[", "", "]", "")
	dst, ok := parseDst(bare.Replace(w[0]))
	via, ok2 := parseAddr(bare.Replace(w[1]))
	if !ok || !ok2 {
		return ok || w[0] == "default"
	}
	if !strings.Contains(w[2], "U") || strings.ContainsAny(w[2], "!n") || dst.Addr().IsMulticast() || w[6] == "lo" {
		return true
	}
	out := Route{Dst: dst, Dev: w[6], Metric: number(w[3]), Text: text, Pos: pos}
	if !via.IsUnspecified() {
		out.Via = via
	}
	r.route(out)
	return true
}

// rowBSD reads a row of netstat -rn of a BSD or macOS: "default 10.0.2.1 UGScg en0", "10.0.2/24 link#4 UCS en0".
func (r *reader) rowBSD(w []string, text string, pos Pos) bool {
	if len(w) < 4 || strings.Trim(w[2], "0123456789ABCGHILMRSUWXYZabcdgilmprsw") != "" {
		return false
	}
	out := Route{Dev: w[3], BSD: true, Text: text, Pos: pos}
	via, ok := parseAddr(w[1])
	if ok {
		out.Via = via
	}
	if w[0] == "default" {
		if ok {
			out.Dst = anywhere(via.Is4())
			r.route(out)
		}
		return true
	}
	if zone := strings.IndexByte(w[0], '%'); zone >= 0 {
		return true // fe80::%lo0/64
	}
	if out.Dst, ok = parseDst(w[0]); ok {
		r.route(out)
	}
	return ok || w[0][0]-'0' <= 9
}
