package hostnet

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/hostile"
)

// prefix4 draws an IPv4 address with the length of its network.
func prefix4(t *rapid.T, label string) netip.Prefix {
	b := [4]byte{10, rapid.Byte().Draw(t, label+".b"), rapid.Byte().Draw(t, label+".c"), rapid.Byte().Draw(t, label+".d")}
	return netip.PrefixFrom(netip.AddrFrom4(b), rapid.IntRange(8, 32).Draw(t, label+".bits"))
}

func prefix6(t *rapid.T, label string) netip.Prefix {
	b := [16]byte{0xfd, 0x31, 15: rapid.Byte().Draw(t, label+".last")}
	b[5] = rapid.Byte().Draw(t, label+".site")
	return netip.PrefixFrom(netip.AddrFrom16(b), rapid.IntRange(48, 128).Draw(t, label+".bits"))
}

// A drawn host has links without peers, each with IPv4 and IPv6 addresses.
func drawLinks(t *rapid.T) []Link {
	var out []Link
	for i := range rapid.IntRange(1, 4).Draw(t, "links") {
		l := Link{Name: []string{"eth0", "ens3", "cni0", "flannel.1"}[i], MTU: rapid.IntRange(68, 65535).Draw(t, "mtu"), Listed: true}
		l.Addrs = append(l.Addrs, Addr{Prefix: prefix4(t, "addr4")})
		if rapid.Bool().Draw(t, "dual") {
			l.Addrs = append(l.Addrs, Addr{Prefix: prefix6(t, "addr6")})
		}
		out = append(out, l)
	}
	return out
}

func mask(bits int) string {
	v := ^uint32(0) << (32 - bits)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String()
}

// printers write links as the tools do.
var printers = map[string]func(b *strings.Builder, i int, l Link){
	"ip addr": func(b *strings.Builder, i int, l Link) {
		fmt.Fprintf(b, "%d: %s: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu %d qdisc noqueue state UP group default qlen 1000\n    link/ether 0a:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n", i+1, l.Name, l.MTU)
		for _, a := range l.Addrs {
			if a.Prefix.Addr().Is4() {
				fmt.Fprintf(b, "    inet %v brd 10.255.255.255 scope global %s\n       valid_lft forever preferred_lft forever\n", a.Prefix, l.Name)
			} else {
				fmt.Fprintf(b, "    inet6 %v scope global \n       valid_lft forever preferred_lft forever\n", a.Prefix)
			}
		}
	},
	"ip -oneline": func(b *strings.Builder, i int, l Link) {
		for _, a := range l.Addrs {
			family := "inet6"
			if a.Prefix.Addr().Is4() {
				family = "inet"
			}
			fmt.Fprintf(b, "%d: %s    %s %v scope global %s\\       valid_lft forever preferred_lft forever\n", i+1, l.Name, family, a.Prefix, l.Name)
		}
	},
	"ip -brief": func(b *strings.Builder, _ int, l Link) {
		fmt.Fprintf(b, "%-16s UP             ", l.Name)
		for _, a := range l.Addrs {
			fmt.Fprintf(b, "%v ", a.Prefix)
		}
		b.WriteByte('\n')
	},
	"ip -json": func(b *strings.Builder, i int, l Link) {
		sep := ","
		if i == 0 {
			sep = "["
		}
		fmt.Fprintf(b, `%s{"ifindex":%d,"ifname":%q,"mtu":%d,"addr_info":[`, sep, i+1, l.Name, l.MTU)
		for j, a := range l.Addrs {
			fmt.Fprintf(b, `%s{"local":%q,"prefixlen":%d}`, strings.Repeat(",", min(j, 1)), a.Prefix.Addr(), a.Prefix.Bits())
		}
		b.WriteString("]}")
	},
	"ifconfig": func(b *strings.Builder, _ int, l Link) {
		fmt.Fprintf(b, "%s: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu %d\n", l.Name, l.MTU)
		for _, a := range l.Addrs {
			if a.Prefix.Addr().Is4() {
				fmt.Fprintf(b, "        inet %v  netmask %s  broadcast 10.255.255.255\n", a.Prefix.Addr(), mask(a.Prefix.Bits()))
			} else {
				fmt.Fprintf(b, "        inet6 %v  prefixlen %d  scopeid 0x0<global>\n", a.Prefix.Addr(), a.Prefix.Bits())
			}
		}
		b.WriteByte('\n')
	},
	"ifconfig of busybox": func(b *strings.Builder, _ int, l Link) {
		fmt.Fprintf(b, "%-9s Link encap:Ethernet  HWaddr 0A:00:00:00:00:01  \n", l.Name)
		for _, a := range l.Addrs {
			if a.Prefix.Addr().Is4() {
				fmt.Fprintf(b, "          inet addr:%v  Bcast:10.255.255.255  Mask:%s\n", a.Prefix.Addr(), mask(a.Prefix.Bits()))
			} else {
				fmt.Fprintf(b, "          inet6 addr: %v Scope:Global\n", a.Prefix)
			}
		}
		fmt.Fprintf(b, "          UP BROADCAST RUNNING MULTICAST  MTU:%d  Metric:1\n\n", l.MTU)
	},
}

// TestRoundLinks: links come back as they are printed, whichever tool prints them.
func TestRoundLinks(t *testing.T) {
	for name, print := range printers {
		rapid.Check(t, func(t *rapid.T) {
			want := drawLinks(t)
			var b strings.Builder
			for i, l := range want {
				print(&b, i, l)
			}
			switch name {
			case "ip -json":
				b.WriteString("]\n")
			case "ip -oneline", "ip -brief":
				for i := range want {
					want[i].MTU = 0
				}
			}
			got, ok := Read([]byte(b.String()))
			d := cmp.Diff(want, got.Links, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{}, VXLAN{}),
				cmpopts.IgnoreFields(Link{}, "Pos", "Bare"), cmpopts.IgnoreFields(Addr{}, "Pos", "Scope"))
			if !ok || d != "" || len(got.Routes) > 0 {
				t.Fatalf("%s: %t (-want +got)\n%s\n%s", name, ok, d, b.String())
			}
		})
	}
}

// TestRoundRoutes: routes come back as they are printed.
func TestRoundRoutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Route
		var ip, table strings.Builder
		table.WriteString("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n")
		for range rapid.IntRange(1, 5).Draw(t, "routes") {
			r := Route{Dst: prefix4(t, "dst").Masked(), Dev: rapid.SampledFrom([]string{"eth0", "flannel.1", "br-lan"}).Draw(t, "dev"), Metric: rapid.IntRange(0, 2000).Draw(t, "metric")}
			gateway, flags := "0.0.0.0", "U"
			fmt.Fprintf(&ip, "%v", r.Dst)
			if rapid.Bool().Draw(t, "via") {
				r.Via = prefix4(t, "gateway").Addr()
				gateway, flags = r.Via.String(), "UG"
				fmt.Fprintf(&ip, " via %v", r.Via)
			}
			fmt.Fprintf(&ip, " dev %s", r.Dev)
			if r.Metric > 0 {
				fmt.Fprintf(&ip, " metric %d", r.Metric)
			}
			ip.WriteString(" onlink \n")
			fmt.Fprintf(&table, "%-15v %-15s %-15s %-5s %-6d 0        0 %s\n", r.Dst.Addr(), gateway, mask(r.Dst.Bits()), flags, r.Metric, r.Dev)
			want = append(want, r)
		}
		for _, in := range []string{ip.String(), table.String()} {
			got, _ := Read([]byte(in))
			d := cmp.Diff(want, got.Routes, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{}), cmpopts.IgnoreFields(Route{}, "Pos", "Text"))
			if d != "" {
				t.Fatalf("(-want +got)\n%s\n%s", d, in)
			}
		}
	})
}

var (
	hostileReaders = []hostile.Reader{{Name: "Read", Read: func(data []byte) {
		h, _ := ReadAs(data, Options{Command: "hostname -I", Path: "/etc/wireguard/wg0.conf"})
		h.Statements("host", "")
	}}}
	hostileTexts = []hostile.Text{
		hostile.Fill("prompts", "", "root@a:~# ip a\n10.0.0.0/8 dev a\n", ""),
		hostile.Fill("empty prompts", "10.0.0.1\n", "a@b:~$ \n", ""),
		hostile.Fill("indexes", "", "2: a0: <UP> mtu 1500\n", ""),
		hostile.Fill("addresses of one link", "2: a0: <UP> mtu 1500\n", "    inet 10.0.0.1/24\n", ""),
		hostile.Fill("an address and blanks", "2: a0: <UP> mtu 1500\n    inet 10.0.0.1/24", " ", "\n"),
		hostile.Fill("next hops", "10.0.0.0/8 proto bird\n", "\tnexthop via 10.0.0.1 dev a weight 1\n", ""),
		hostile.Fill("next hops in a line", "10.0.0.0/8 dev a", " nexthop via 10.0.0.1 dev a", "\n"),
		hostile.Fill("rows", "Destination Gateway Genmask Flags Metric Ref Use Iface\n", "10.0.0.0 10.0.0.1 255.0.0.0 UG 0 0 0 a\n", ""),
		hostile.Fill("rules", "*nat\n", "-A KUBE-SERVICES ! -s 10.0.0.0/8 -d 10.0.0.1/32 --comment \"a/b cluster IP\" -j X\n", ""),
		hostile.Fill("quotes", "-A FLANNEL-FWD -s 10.0.0.0/8 ", `"\"`, "\n"),
		hostile.Fill("addresses", "", "10.0.0.1 ", "\n"),
		hostile.Fill("names", "127.0.0.1 localhost", " a", "\n"),
		hostile.Fill("resolvers", "", "nameserver 10.0.0.1\n", ""),
		hostile.Fill("allowed ranges", "interface: wg0\npeer: a\n  allowed ips: 10.0.0.1/32", ", 10.0.0.0/8", "\n"),
		hostile.Fill("exempt ranges", "NO_PROXY=10.0.0.1", ",10.0.0.0/8", "\n"),
		hostile.Fill("keys of a route", "[Match]\nName=a\n[Network]\n[Route]\n", "Destination=10.0.0.0/8\n", ""),
		hostile.Fill("gateways of a route", "[Match]\nName=a\n[Network]\n[Route]\n", "Gateway=10.0.0.1\n", ""),
		hostile.Fill("groups", "[Match]\n[Network]\nAddress=10.0.0.1/8\n", "[Route]\n", ""),
		hostile.Fill("keys of ifcfg", "DEVICE=a\nBOOTPROTO=none\n", "IPADDR1=10.0.0.1\n", ""),
		hostile.Fill("JSON", "[", `{"ifname":"a","addr_info":[{"local":"10.0.0.1","prefixlen":8}]},`, "{}]"),
		hostile.Fill("brackets", `"ifname" 10.0.0.1`, "[", ""),
		hostile.Fill("netplan", "network:\n  ethernets:\n    a:\n      addresses:\n", "        - 10.0.0.1/8\n", ""),
		hostile.Fill("nmcli", "GENERAL.DEVICE: a\nIP4.ROUTE[1]: ", "dst = 10.0.0.0/8, nh = 10.0.0.1, ", "\n"),
		hostile.Fill("dots", "", "1.", ""),
		hostile.Fill("one long prompt", "a@b:", "~", "# ip a 10.0.0.1\n"),
		hostile.Fill("words of a route", "10.0.0.0/8 dev a", " dead", "\n"),
	}
)

// TestHostile: no text costs more than its size.
func TestHostile(t *testing.T) { hostile.Test(t, hostileReaders, hostileTexts) }

func BenchmarkHostile(b *testing.B) { hostile.Bench(b, hostileReaders, hostileTexts) }
