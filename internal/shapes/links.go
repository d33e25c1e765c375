package shapes

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// HostLinks are the network links of a host, as ip addr prints them.
type HostLinks struct {
	Source
	Host  string
	Links []Link
}

// Link is a network link.
type Link struct {
	Index string
	Name  string // with the other end of a pair: veth1@if2
	Flags []string
	MTU   string
	State string   // UP, DOWN or UNKNOWN
	MAC   string   // "" where it is not shown
	Addrs []string // with length
}

var (
	linkHead = regexp.MustCompile(`^(\d+): (\S+): <([A-Z_,-]*)> mtu (\d+) .*?state (\w+)`)
	linkAddr = regexp.MustCompile(`^ +inet6? (\S+/\d+) `)
	linkMAC  = regexp.MustCompile(`^ +link/ether (\S+) `)
)

// addLinks adds the links of ip addr; any other line makes it an output that is not known.
func (f *Facts) addLinks(s Source, host string) {
	h := HostLinks{Source: s, Host: host}
	for line := range strings.Lines(s.Text) {
		if m := linkHead.FindStringSubmatch(line); m != nil {
			h.Links = append(h.Links, Link{m[1], m[2], strings.Split(m[3], ","), m[4], m[5], "", nil})
			continue
		}
		if len(h.Links) == 0 || !strings.HasPrefix(line, "    ") {
			f.Outputs = append(f.Outputs, Text{s, host})
			return
		}
		last := &h.Links[len(h.Links)-1]
		if m := linkAddr.FindStringSubmatch(line); m != nil {
			last.Addrs = append(last.Addrs, m[1])
		} else if m := linkMAC.FindStringSubmatch(line); m != nil {
			last.MAC = m[1]
		}
	}
	f.HostLinks = append(f.HostLinks, h)
}

// base returns the name of a link without the other end of a pair.
func (l Link) base() string {
	name, _, _ := strings.Cut(l.Name, "@")
	return name
}

func linkFrames() []Frame {
	rows := []struct {
		name, file, command string
		print               func([]Link) string
		loses               func(Facts) Facts
	}{
		{"ip -br addr", "ip-br-addr.txt", "", linksBrief, withoutMTU},
		{"ip -o addr", "ip-o-addr.txt", "", linksOneLine, withoutMTU},
		{"ip -j addr", "ip-j-addr.json", "", linksJSON, nil},
		{"ifconfig", "ifconfig.txt", "", linksIfconfig, nil},
		{"ifconfig of net-tools 1 and busybox", "ifconfig.txt", "", linksOldIfconfig, nil},
		{"ip -br addr in one transcript", "terminal.txt", "ip -br a", linksBrief, withoutMTU},
		{"ifconfig in one transcript", "terminal.txt", "ifconfig", linksIfconfig, nil},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name: row.name, Loses: row.loses,
			Needs: func(f Facts) bool { return len(f.HostLinks) > 0 },
			Print: func(f Facts) map[string][]byte {
				files := map[string]string{}
				for _, h := range f.HostLinks {
					if row.command != "" {
						files[row.file] += run(bash, h.Host, row.command, row.print(h.Links))
						continue
					}
					files[under(h.Host, row.file)] = row.print(h.Links)
				}
				return f.with(sourcesOf(f.HostLinks), files)
			},
		}
	}
	return out
}

// withoutMTU returns the facts with links that carry whatever is sent over them: their MTU is not printed.
func withoutMTU(f Facts) Facts {
	f.HostLinks = slices.Clone(f.HostLinks)
	for i := range f.HostLinks {
		f.HostLinks[i].Text = linkMTU.ReplaceAllString(f.HostLinks[i].Text, " mtu 65536 ")
	}
	return f
}

var linkMTU = regexp.MustCompile(` mtu \d+ `)

func linksBrief(ls []Link) string {
	text := ""
	for _, l := range ls {
		text += strings.TrimRight(fmt.Sprintf("%-16s %-14s %s", l.Name, l.State, strings.Join(l.Addrs, " ")), " ") + " \n"
	}
	return text
}

// family returns the word of ip for the family of an address, and its broadcast address.
func family(addr string) (word, broadcast string) {
	p, err := netip.ParsePrefix(addr)
	if err != nil || p.Addr().Is6() {
		return "inet6", ""
	}
	if p.Bits() > 30 {
		return "inet", ""
	}
	b := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return "inet", netip.AddrFrom4(b).String()
}

func scope(addr string) string {
	if strings.HasPrefix(addr, "127.") || addr == "::1/128" {
		return "host"
	}
	return "global"
}

func linksOneLine(ls []Link) string {
	text := ""
	for _, l := range ls {
		for _, a := range l.Addrs {
			word, broadcast := family(a)
			if broadcast != "" && scope(a) == "global" {
				broadcast = " brd " + broadcast
			} else {
				broadcast = ""
			}
			text += fmt.Sprintf("%s: %s    %s %s%s scope %s %s\\       valid_lft forever preferred_lft forever\n",
				l.Index, l.base(), word, a, broadcast, scope(a), l.base())
		}
	}
	return text
}

func linksJSON(ls []Link) string {
	var all []any
	for _, l := range ls {
		addrs := []any{}
		for _, a := range l.Addrs {
			p, err := netip.ParsePrefix(a)
			if err != nil {
				continue
			}
			word, _ := family(a)
			addrs = append(addrs, map[string]any{
				"family": word, "local": p.Addr().String(), "prefixlen": p.Bits(), "scope": scope(a), "label": l.base(),
			})
		}
		all = append(all, map[string]any{
			"ifindex": json.Number(l.Index), "ifname": l.base(), "flags": l.Flags, "mtu": json.Number(l.MTU),
			"operstate": l.State, "addr_info": addrs,
		})
	}
	return jsonText(all, "")
}

// mask returns a mask in dots.
func mask(bits int) string {
	var b [4]byte
	for i := range bits {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(b).String()
}

// linksIfconfig shows the links that are up, the first IPv4 address of each.
func linksIfconfig(ls []Link) string {
	var all []string
	for _, l := range ls {
		if !slices.Contains(l.Flags, "UP") {
			continue
		}
		flags := "4163<UP,BROADCAST,RUNNING,MULTICAST>"
		if slices.Contains(l.Flags, "LOOPBACK") {
			flags = "73<UP,LOOPBACK,RUNNING>"
		}
		text := fmt.Sprintf("%s: flags=%s  mtu %s\n", l.base(), flags, l.MTU)
		text += ifconfigAddrs(l, func(p netip.Prefix, broadcast string) string {
			line := "        inet " + p.Addr().String() + "  netmask " + mask(p.Bits())
			if broadcast != "" && !p.Addr().IsLoopback() {
				line += "  broadcast " + broadcast
			}
			return line + "\n"
		}, func(p netip.Prefix) string {
			return fmt.Sprintf("        inet6 %s  prefixlen %d  scopeid 0x0<global>\n", p.Addr(), p.Bits())
		})
		if l.MAC != "" {
			text += "        ether " + l.MAC + "  txqueuelen 1000  (Ethernet)\n"
		}
		all = append(all, text+"        RX packets 8120  bytes 1024000 (1.0 MB)\n"+
			"        TX packets 7011  bytes 901222 (901.2 KB)\n")
	}
	return strings.Join(all, "\n") + "\n"
}

// ifconfigAddrs prints the first IPv4 address and all IPv6 addresses.
func ifconfigAddrs(l Link, v4 func(netip.Prefix, string) string, v6 func(netip.Prefix) string) string {
	text, first := "", true
	for _, a := range l.Addrs {
		p, err := netip.ParsePrefix(a)
		switch word, broadcast := family(a); {
		case err != nil:
		case word == "inet6":
			text += v6(p)
		case first:
			first = false
			text += v4(p, broadcast)
		}
	}
	return text
}

func linksOldIfconfig(ls []Link) string {
	var all []string
	for _, l := range ls {
		if !slices.Contains(l.Flags, "UP") {
			continue
		}
		text := fmt.Sprintf("%-9s Link encap:Ethernet  HWaddr %s\n", l.base(), l.MAC)
		if slices.Contains(l.Flags, "LOOPBACK") {
			text = fmt.Sprintf("%-9s Link encap:Local Loopback\n", l.base())
		}
		text += ifconfigAddrs(l, func(p netip.Prefix, broadcast string) string {
			line := "          inet addr:" + p.Addr().String()
			if broadcast != "" && !p.Addr().IsLoopback() {
				line += "  Bcast:" + broadcast
			}
			return line + "  Mask:" + mask(p.Bits()) + "\n"
		}, func(p netip.Prefix) string { return "          inet6 addr: " + p.String() + " Scope:Global\n" })
		all = append(all, text+"          UP BROADCAST RUNNING MULTICAST  MTU:"+l.MTU+"  Metric:1\n")
	}
	return strings.Join(all, "\n") + "\n"
}
