package hostnet

import (
	"net/netip"
	"regexp"
	"strings"
)

// A filterRule is a rule of a packet filter, of whatever tool printed it.
type filterRule struct {
	chain, target, comment, out string
	src, dst                    netip.Prefix
	notSrc, notDst, notOut      bool
	srcPos, dstPos              Pos
}

var (
	chainHead  = regexp.MustCompile(`^Chain ([\w.:-]+) \((?:policy|[0-9]+ references)`)
	nftChain   = regexp.MustCompile(`^\s+chain ([\w./-]+) \{$`)
	nftTable   = regexp.MustCompile(`^table (?:ip|ip6|inet) ([\w./-]+) \{$`)
	nftRange   = regexp.MustCompile(`\bip6? ([sd]addr) (!= )?([0-9a-fA-F.:/]+)`)
	nftComment = regexp.MustCompile(`\bcomment "([^"]*)"`)
	nftTarget  = regexp.MustCompile(`\b(?:(?:jump|goto) ([\w./-]+)|(return|accept|masquerade|` +
		`drop))(?: fully-random)?(?: comment "[^"]*")?$`)
)

// filterRule reads a line of iptables-save, iptables -S and -L, or nft list ruleset.
func (r *reader) filterRule(l line) bool {
	if m := nftTable.FindStringSubmatch(l.text); m != nil {
		r.kept.mode, r.kept.dev = "nft", m[1]
		return false
	}
	if m := nftChain.FindStringSubmatch(l.text); m != nil {
		r.kept.mode, r.kept.chain = "nft", m[1]
		if strings.HasPrefix(r.kept.dev, "flannel") { // flannel-ipv4, flannel-ipv6: chains postrtg and forward
			r.kept.chain = "FLANNEL-" + m[1]
		}
		return false
	}
	if m := chainHead.FindStringSubmatch(l.text); m != nil {
		r.kept.mode, r.kept.chain = "list", m[1]
		return false
	}
	body, _ := l.body()
	switch {
	case strings.HasPrefix(body, "-A ") || body[0] == '[' && strings.Contains(body, "] -A "):
		return r.told(appended(l))
	case r.kept.mode == "nft" && strings.Contains(body, "addr "):
		return r.told(r.nftRule(l))
	case r.kept.mode == "list":
		return r.told(r.listed(l))
	}
	return false
}

// words cuts a line at its blanks, with what stands in quotes together, and says where each begins.
func words(s string) (out []string, at []int) {
	for i := 0; i < len(s); {
		if s[i] == ' ' || s[i] == '\t' {
			i++
			continue
		}
		start := i
		if s[i] == '"' {
			var b strings.Builder
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				b.WriteByte(s[i])
			}
			i++
			out, at = append(out, b.String()), append(at, start+1)
			continue
		}
		for i < len(s) && s[i] != ' ' && s[i] != '\t' {
			i++
		}
		out, at = append(out, s[start:i]), append(at, start)
	}
	return out, at
}

// appended reads "-A CHAIN ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p udp -m comment --comment "..." -j KUBE-MARK-MASQ".
func appended(l line) filterRule {
	var f filterRule
	w, at := words(l.text)
	not := false
	for i := 0; i < len(w); i++ {
		if w[i] == "!" {
			not = true
			continue
		}
		if i+1 < len(w) {
			flag, v := w[i], w[i+1]
			if v == "!" && i+2 < len(w) { // "-s ! 10.0.0.0/8" of old releases
				not, i, v = true, i+1, w[i+2]
			}
			step := true
			switch flag {
			case "-A":
				f.chain = v
			case "-s", "--source":
				f.src, _ = parsePrefix(v)
				f.notSrc, f.srcPos = not, l.at(at[i+1])
			case "-d", "--destination":
				f.dst, _ = parsePrefix(v)
				f.notDst, f.dstPos = not, l.at(at[i+1])
			case "-o":
				f.out, f.notOut = v, not
			case "--comment":
				f.comment = v
			case "-j", "-g":
				f.target = v
			default:
				step = false
			}
			if step {
				i++
			}
		}
		not = false
	}
	return f
}

// listed reads a row of iptables -L, with -n and perhaps -v: "0 0 RETURN all -- * * 10.244.0.0/16 10.244.1.0/24 /* ...
// */".
func (r *reader) listed(l line) filterRule {
	f := filterRule{chain: r.kept.chain}
	text := l.text
	if a := strings.Index(text, "/* "); a >= 0 {
		if b := strings.Index(text[a:], " */"); b >= 0 {
			f.comment = text[a+3 : a+b]
		}
	}
	w, at := words(text)
	at0 := 0
	if len(w) >= 9 && strings.Trim(w[0], "0123456789KMGT") == "" && strings.Trim(w[1], "0123456789KMGT") == "" {
		at0 = 2 // -v: packets, bytes, then in and out behind opt
	}
	// target prot opt [in out] source destination
	src := at0 + 3
	if at0 > 0 {
		src = at0 + 5
	}
	if len(w) < src+2 || w[at0+2] != "--" && w[at0+2] != "-f" {
		return filterRule{}
	}
	f.target = w[at0]
	if at0 > 0 {
		f.out, f.notOut = strings.TrimPrefix(w[at0+4], "!"), strings.HasPrefix(w[at0+4], "!")
		if f.out == "*" {
			f.out = ""
		}
	}
	read := func(s string) (netip.Prefix, bool) {
		t := strings.TrimPrefix(s, "!")
		p, _ := parsePrefix(t)
		if p.IsValid() && p.Bits() == 0 {
			p = netip.Prefix{}
		}
		return p, t != s
	}
	f.src, f.notSrc = read(w[src])
	f.dst, f.notDst = read(w[src+1])
	f.srcPos, f.dstPos = l.at(at[src]), l.at(at[src+1])
	return f
}

// nftRule reads "ip saddr != 10.244.0.0/16 ip daddr 10.96.0.10 ... jump KUBE-MARK-MASQ".
func (r *reader) nftRule(l line) filterRule {
	f := filterRule{chain: r.kept.chain}
	for _, m := range nftRange.FindAllStringSubmatchIndex(l.text, 4) {
		p, _ := parsePrefix(l.text[m[6]:m[7]])
		not := m[4] >= 0
		if l.text[m[2]] == 's' {
			f.src, f.notSrc, f.srcPos = p, not, l.at(m[6])
		} else {
			f.dst, f.notDst, f.dstPos = p, not, l.at(m[6])
		}
	}
	if m := nftComment.FindStringSubmatch(l.text); m != nil {
		f.comment = m[1]
	}
	if m := nftTarget.FindStringSubmatch(l.text); m != nil {
		f.target = strings.ToUpper(m[2])
		if m[1] != "" {
			f.target = m[1]
		}
	}
	return f
}

func isRange(p netip.Prefix) bool { return p.IsValid() && !p.IsSingleIP() && p.Bits() > 0 }

// flannelComments are those of flannel's rules since v0.16; one rule of v0.16.3 has its own.
var flannelComments = map[string]bool{"flanneld masq": true, "flannel masq": true, "flanneld forward": true}

// told keeps what a rule tells, by its chain. It reports whether it tells anything.
func (r *reader) told(f filterRule) bool {
	before := len(r.out.Rules)
	add := func(m Meaning, p netip.Prefix, name string, pos Pos) {
		r.out.Rules = append(r.out.Rules, Rule{Meaning: m, Prefix: p, Name: name, Host: r.host, Pos: pos})
	}
	switch c := f.chain; {
	case strings.HasPrefix(c, "KUBE-"):
		r.kubeRule(f, add)
	case r.kept.mode == "nft" && strings.HasPrefix(c, "service-") && f.notSrc && isRange(f.src):
		add(ProxyPods, f.src, "", f.srcPos) // kube-proxy in nftables mode
	case strings.HasPrefix(c, "FLANNEL"), flannelComments[f.comment]:
		flannelRule(f, add)
	case c == "POSTROUTING" && isRange(f.src) && f.notOut && f.out != "" && f.target == "MASQUERADE":
		add(EngineNetwork, f.src, f.out, f.srcPos)
	case c == "POSTROUTING" && f.comment == "" && f.notSrc && isRange(f.src) && isRange(f.dst):
		flannelRule(f, add) // before v0.16: without comments
	case strings.HasPrefix(c, "CNI-") && isRange(f.dst) && !f.notDst:
		name := ""
		if _, rest, ok := strings.Cut(f.comment, `name: "`); ok {
			name, _, _ = strings.Cut(rest, `"`)
		}
		add(PluginNetwork, f.dst, name, f.dstPos)
	}
	return len(r.out.Rules) > before
}

// kubeRule: k8s.io/kubernetes v1.13.0 and v1.37.2 pkg/proxy/iptables/proxier.go syncProxyRules.
func (r *reader) kubeRule(f filterRule, add func(Meaning, netip.Prefix, string, Pos)) {
	switch c := f.chain; {
	case (strings.HasPrefix(c, "KUBE-SERVICES") || strings.HasPrefix(c, "KUBE-SVC-")) && f.notSrc && isRange(f.src):
		add(ProxyPods, f.src, "", f.srcPos)
	case c == "KUBE-FORWARD" && strings.Contains(f.comment, "pod "):
		if isRange(f.src) && !f.notSrc {
			add(ProxyPods, f.src, "", f.srcPos)
		}
		if isRange(f.dst) && !f.notDst {
			add(ProxyPods, f.dst, "", f.dstPos)
		}
	case (strings.HasPrefix(c, "KUBE-XLB-") || strings.HasPrefix(c, "KUBE-EXT-")) && isRange(f.src) && !f.notSrc:
		add(ProxyPods, f.src, "", f.srcPos)
	}
	service, ok := strings.CutSuffix(f.comment, " cluster IP")
	if ok && !f.notDst && f.dst.IsValid() && f.dst.IsSingleIP() && strings.Contains(service, "/") {
		if i := strings.LastIndexByte(service, ':'); i >= 0 {
			service = service[:i]
		}
		add(ServiceIP, f.dst, service, f.dstPos)
	}
}

// flannelRule: github.com/flannel-io/flannel v0.5.0 to v0.28.9 network/ipmasq.go, network/iptables.go, pkg/trafficmngr.
func flannelRule(f filterRule, add func(Meaning, netip.Prefix, string, Pos)) {
	src, dst := isRange(f.src), isRange(f.dst) && !f.dst.Addr().IsMulticast()
	switch {
	case src && dst && f.src == f.dst:
		add(FlannelNetwork, f.src, "", f.srcPos)
	case src && dst && f.notSrc && !f.notDst: // what comes from outside of Network to this host's pods
		add(FlannelNetwork, f.src, "", f.srcPos)
		add(FlannelSubnet, f.dst, "", f.dstPos)
	case src && dst && f.src.Bits() < f.dst.Bits() && f.src.Contains(f.dst.Addr()):
		add(FlannelNetwork, f.src, "", f.srcPos)
		add(FlannelSubnet, f.dst, "", f.dstPos)
	case src && dst && f.dst.Contains(f.src.Addr()):
		add(FlannelSubnet, f.src, "", f.srcPos)
		add(FlannelNetwork, f.dst, "", f.dstPos)
	case src && !f.notSrc:
		add(FlannelNetwork, f.src, "", f.srcPos)
	case dst && !f.notDst:
		add(FlannelNetwork, f.dst, "", f.dstPos)
	}
}

// ipvsadm reads ipvsadm -Ln: "TCP  10.96.0.1:443 rr".
func (r *reader) ipvsadm(l line) bool {
	if strings.HasPrefix(l.text, "Prot LocalAddress:Port Scheduler Flags") {
		r.kept.mode = "ipvs"
		return false
	}
	w := strings.Fields(l.text)
	if r.kept.mode != "ipvs" || len(w) < 3 || w[0] != "TCP" && w[0] != "UDP" && w[0] != "SCTP" {
		return false
	}
	a, err := netip.ParseAddrPort(w[1])
	if err != nil {
		return false
	}
	addr := a.Addr().WithZone("")
	served := netip.PrefixFrom(addr, addr.BitLen())
	r.out.Rules = append(r.out.Rules, Rule{Meaning: VirtualServer, Prefix: served, Host: r.host, Pos: l.of(w[1])})
	return true
}
