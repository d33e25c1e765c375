package hostnet

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// holds tells what h holds in short, a line for each value, with its place.
func holds(h Host) []string {
	var out []string
	add := func(p Pos, host, format string, args ...any) {
		s := fmt.Sprintf("%d:%d ", p.Line, p.Column)
		if host != "" {
			s += host + " "
		}
		out = append(out, s+fmt.Sprintf(format, args...))
	}
	for _, l := range h.Links {
		s := "link " + l.Name
		if l.Peer != "" {
			s += "@" + l.Peer
		}
		if l.MTU > 0 {
			s += fmt.Sprintf(" mtu %d", l.MTU)
		}
		if l.Virtual != (VXLAN{}) {
			s += fmt.Sprintf(" vxlan %d local %v dev %s port %d", l.Virtual.ID, l.Virtual.Local, l.Virtual.Dev, l.Virtual.Port)
		}
		for _, f := range []struct {
			is   bool
			name string
		}{{l.Machine, "machine"}, {l.Config, "config"}, {l.BSD, "bsd"}} {
			if f.is {
				s += " " + f.name
			}
		}
		add(l.Pos, l.Host, "%s", s)
		for _, a := range l.Addrs {
			s := a.Prefix.String()
			if a.Dynamic {
				s += " dynamic"
			}
			add(a.Pos, "", "- %s", s)
		}
	}
	for _, r := range h.Routes {
		s := strings.Join(strings.Fields("route "+r.Type+" "+r.Dst.String()), " ")
		if r.Via.IsValid() {
			s += " via " + r.Via.String()
		}
		for _, a := range r.More {
			s += " or " + a.String()
		}
		for _, w := range [][2]string{{"gateway", r.Gateway}, {"dev", r.Dev}, {"proto", r.Proto}, {"scope", r.Scope}, {"table", r.Table}} {
			if w[1] != "" {
				s += " " + w[0] + " " + w[1]
			}
		}
		if r.Src.IsValid() {
			s += " src " + r.Src.String()
		}
		if r.Metric > 0 {
			s += fmt.Sprintf(" metric %d", r.Metric)
		}
		add(r.Pos, r.Host, "%s", s)
	}
	for _, x := range h.Resolvers {
		s := "resolver " + x.Addr.String()
		if x.Dev != "" {
			s += " of " + x.Dev
		}
		if x.Pod {
			s += " pod"
		}
		add(x.Pos, x.Host, "%s", s)
	}
	for _, x := range h.Names {
		s := "address " + x.Addr.String()
		if x.First {
			s += " first"
		}
		add(x.Pos, x.Host, "%s", strings.TrimSpace(s+" "+strings.Join(x.Names, " ")))
	}
	for _, x := range h.Bridges {
		add(x.Pos, x.Host, "bridge %s %s %s %d %v", x.Engine, x.Name, x.Link, x.Size, x.Prefix)
	}
	for _, x := range h.Peers {
		add(x.Pos, x.Host, "peer %s %v %v", x.Link, x.Allowed, x.Endpoint)
	}
	for _, x := range h.Exempt {
		add(x.Pos, x.Host, "%s %v", x.Key, x.Prefix)
	}
	for _, x := range h.CNI {
		for _, p := range x.Plugins {
			add(p.Pos, x.Host, "cni %s %s %s %s", x.Name, p.Type, p.IPAM, p.Bridge)
			for _, r := range p.Ranges {
				add(r.Pos, "", "- %s %d %v", r.Key, r.Set, r.Prefix)
			}
		}
	}
	for _, x := range h.Rules {
		names := [...]string{"", "proxy-pods", "service", "virtual", "flannel-network", "flannel-subnet", "engine", "plugin"}
		add(x.Pos, x.Host, "rule %s %v %s", names[x.Meaning], x.Prefix, x.Name)
	}
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}

type formCase struct {
	why, form, in string
	opts          Options
	want          []string
}

func checkForms(t *testing.T, cases []formCase) {
	t.Helper()
	for _, tt := range cases {
		h, ok := ReadAs([]byte(tt.in), tt.opts)
		if d := cmp.Diff(tt.want, holds(h)); d != "" || ok != (tt.form != "") || strings.Join(h.Forms, ", ") != tt.form {
			t.Errorf("%s: %t, forms %q, want %q (-want +got)\n%s", tt.why, ok, h.Forms, tt.form, d)
		}
		checkPlaces(t, tt.in, h)
	}
}

// checkPlaces holds every value to be where its place says.
func checkPlaces(t *testing.T, in string, h Host) {
	t.Helper()
	lines := strings.Split(in, "\n")
	stands := func(p Pos, a netip.Addr) {
		t.Helper()
		if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len(lines[p.Line-1]) {
			t.Errorf("%v is outside of the text", p)
			return
		}
		rest := strings.TrimLeft(lines[p.Line-1][p.Column-1:], `"[!`)
		if !strings.HasPrefix(rest, a.String()) {
			t.Errorf("%v: %q, want %v", p, rest, a)
		}
	}
	for _, x := range h.Resolvers {
		if len(h.Links) == 0 {
			stands(x.Pos, x.Addr)
		}
	}
	for _, x := range h.Names {
		stands(x.Pos, x.Addr)
	}
	for _, x := range h.Bridges {
		stands(x.Pos, x.Prefix.Addr())
	}
	for _, x := range h.Peers {
		stands(x.Pos, x.Allowed.Addr())
	}
	for _, x := range h.Exempt {
		stands(x.Pos, x.Prefix.Addr())
	}
	for _, x := range h.Rules {
		stands(x.Pos, x.Prefix.Addr())
	}
	for _, c := range h.CNI {
		for _, p := range c.Plugins {
			for _, r := range p.Ranges {
				stands(r.Pos, r.Prefix.Addr())
			}
		}
	}
}

// What iproute2 prints.
func TestFormsIP(t *testing.T) {
	checkForms(t, []formCase{
		{"a host of lo and eth0", "ip addr, address", `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 0a:11:22:33:44:55 brd ff:ff:ff:ff:ff:ff
    altname enp1s0
    inet 10.31.7.20/24 metric 100 brd 10.31.7.255 scope global dynamic eth0
       valid_lft 3000sec preferred_lft 3000sec
    inet6 fd31::20/64 scope global dynamic mngtmpaddr noprefixroute
       valid_lft 3000sec preferred_lft 3000sec
`, Options{}, []string{"1:1 link lo mtu 65536", "3:5 - 127.0.0.1/8", "5:1 link eth0 mtu 1500 machine", "8:5 - 10.31.7.20/24 dynamic", "10:5 - fd31::20/64 dynamic"}},
		{"details of a tunnel", "ip addr, address", `7: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default
    link/ether 1e:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535
    vxlan id 1 local 10.31.7.20 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum
    inet 10.77.3.0/32 scope global flannel.1
`, Options{}, []string{"1:1 link flannel.1 mtu 1450 vxlan 1 local 10.31.7.20 dev eth0 port 8472", "4:5 - 10.77.3.0/32"}},
		{"a pod", "ip addr, address", "3: eth0@if41: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default\n    link/ether 5a:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0\n    inet 10.77.3.9/24 brd 10.77.3.255 scope global eth0\n",
			Options{}, []string{"1:1 link eth0@if41 mtu 1450", "3:5 - 10.77.3.9/24"}},
		{"brief", "ip -brief", "lo               UNKNOWN        127.0.0.1/8 ::1/128 \neth0             UP             10.31.7.20/24 metric 100 fd31::20/64 \ntun3             UNKNOWN        10.8.0.6 peer 10.8.0.5/32 \n",
			Options{}, []string{"1:1 link lo", "1:33 - 127.0.0.1/8", "1:45 - ::1/128", "2:1 link eth0", "2:33 - 10.31.7.20/24", "2:58 - fd31::20/64", "3:1 link tun3", "3:33 - 10.8.0.6/32"}},
		{"brief links", "ip -brief", "lo    UNKNOWN    00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \neth0@if9    UP    0a:11:22:33:44:55 <BROADCAST,MULTICAST,UP,LOWER_UP> \n::1\n",
			Options{}, []string{"1:1 link lo", "2:1 link eth0@if9"}},
		{"one line each", "ip -oneline", "2: eth0    inet 10.31.7.20/24 brd 10.31.7.255 scope global dynamic eth0\\       valid_lft 3000sec preferred_lft 3000sec\n2: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever\n",
			Options{}, []string{"1:1 link eth0 machine", "1:12 - 10.31.7.20/24 dynamic", "2:12 - fe80::1/64"}},
		{"JSON, with the empty elements of old releases", "ip -json", `[{},{"ifindex":2,"ifname":"eth0","flags":["UP"],"mtu":1500,"qdisc":"mq","addr_info":[{"family":"inet","local":"10.31.7.20","prefixlen":24,"scope":"global","dynamic":true,"label":"eth0"},{}]},
{"ifindex":3,"link_index":12,"ifname":"veth1","mtu":1450,"link_netnsid":0,"addr_info":[]}]
`, Options{}, []string{"1:27 link eth0 mtu 1500 machine", "1:111 - 10.31.7.20/24 dynamic", "2:39 link veth1@if12 mtu 1450"}},
		{"routes", "ip route", `default via 10.31.7.1 dev eth0 proto dhcp src 10.31.7.20 metric 100
10.31.7.0/24 dev eth0 proto kernel scope link src 10.31.7.20 metric 100
10.77.16.0/20 via 10.31.7.254 dev eth0 proto static
10.78.0.0/18 dev mynet0 scope link
blackhole 10.77.64.0/26 proto bird
unreachable 10.99.0.0/16
prohibit 10.98.0.0/16 metric 5
10.244/16 via 10.31.7.9 dev eth0
10.31.7.1 dev eth0 proto dhcp scope link src 10.31.7.20 metric 100
local 10.31.7.20 dev eth0 table local proto kernel scope host src 10.31.7.20
100.64.3.4 dev tailscale0 table 52
`, Options{}, []string{
			"1:1 route 0.0.0.0/0 via 10.31.7.1 dev eth0 proto dhcp src 10.31.7.20 metric 100",
			"2:1 route 10.31.7.0/24 dev eth0 proto kernel scope link src 10.31.7.20 metric 100",
			"3:1 route 10.77.16.0/20 via 10.31.7.254 dev eth0 proto static",
			"4:1 route 10.78.0.0/18 dev mynet0 scope link",
			"5:1 route blackhole 10.77.64.0/26 proto bird",
			"6:1 route unreachable 10.99.0.0/16",
			"7:1 route prohibit 10.98.0.0/16 metric 5",
			"8:1 route 10.244.0.0/16 via 10.31.7.9 dev eth0",
			"9:1 route 10.31.7.1/32 dev eth0 proto dhcp scope link src 10.31.7.20 metric 100",
			"11:1 route 100.64.3.4/32 dev tailscale0 table 52",
		}},
		{"next hops on lines of their own", "ip route", "default proto static metric 20\n\tnexthop via 10.31.7.1 dev eth0 weight 1\n\tnexthop via 10.31.8.1 dev eth1 weight 1\n10.5.0.0/16 dev eth0 scope link\n",
			Options{}, []string{"1:1 route 0.0.0.0/0 via 10.31.7.1 or 10.31.8.1 dev eth0 proto static metric 20", "4:1 route 10.5.0.0/16 dev eth0 scope link"}},
		{"JSON routes with next hops", "ip -json", `[{"dst":"default","protocol":"static","flags":[],"nexthops":[{"gateway":"10.31.7.1","dev":"eth0","weight":1,"flags":[]},{"gateway":"10.31.8.1","dev":"eth1","weight":1,"flags":[]}]},
{"dst":"10.9.0.0/16","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","metric":7,"flags":["onlink"]}]`,
			Options{}, []string{"1:9 route 0.0.0.0/0 via 10.31.7.1 or 10.31.8.1 dev eth0 proto static", "2:8 route 10.9.0.0/16 via fe80::1 dev eth0 metric 7"}},
		{"several commands of several hosts", "ip route, resolv.conf, hostname -I", "ops@w1:~$ ip r\n10.5.0.0/16 dev eth0 scope link\nops@w1:~$ cat /etc/resolv.conf\nnameserver 10.5.0.2\nops@w1:~$ \n[root@w2 ~]# hostname -I\n10.5.0.3 172.17.0.1 \n[root@w2 ~]# ",
			Options{}, []string{"2:1 w1 route 10.5.0.0/16 dev eth0 scope link", "4:12 w1 resolver 10.5.0.2", "7:1 w2 address 10.5.0.3 first", "7:10 w2 address 172.17.0.1"}},
	})
}

// What net-tools, busybox and others print.
func TestFormsTables(t *testing.T) {
	checkForms(t, []formCase{
		{"ifconfig of busybox", "ifconfig, address", "eth0      Link encap:Ethernet  HWaddr 0A:11:22:33:44:55  \n          inet addr:10.31.7.20  Bcast:10.31.7.255  Mask:255.255.255.0\n          inet6 addr: fd31::20/64 Scope:Global\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\neth0:1    Link encap:Ethernet\n          inet addr:10.31.7.99  Mask:255.255.255.255\n",
			Options{}, []string{"1:1 link eth0 mtu 1500", "2:11 - 10.31.7.20/24", "3:11 - fd31::20/64", "7:11 - 10.31.7.99/32"}},
		{"ifconfig, in French", "ifconfig, address", "eth0      Link encap:Ethernet\n          inet adr:10.31.7.20  Bcast:10.31.7.255  Masque:255.255.254.0\n", Options{}, []string{"1:1 link eth0", "2:11 - 10.31.7.20/23"}},
		{"macOS", "ifconfig, address", "en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n\tinet6 fe80::1%en0 prefixlen 64 secured scopeid 0x4 \n\tinet 192.168.40.7 netmask 0xffffff00 broadcast 192.168.40.255\n",
			Options{}, []string{"1:1 link en0 mtu 1500 bsd", "2:2 - fe80::1/64", "3:2 - 192.168.40.7/24"}},
		{"route -n", "route", "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n0.0.0.0         10.31.7.1       0.0.0.0         UG    100    0        0 eth0\n10.31.7.0       0.0.0.0         255.255.255.0   U     100    0        0 eth0\n10.77.128.0     10.31.7.254     255.255.240.0   UG    0      0        0 eth0\n10.77.9.9       10.31.7.3       255.255.255.255 UGH   0      0        0 eth0\n",
			Options{}, []string{"3:1 route 0.0.0.0/0 via 10.31.7.1 dev eth0 metric 100", "4:1 route 10.31.7.0/24 dev eth0 metric 100", "5:1 route 10.77.128.0/20 via 10.31.7.254 dev eth0", "6:1 route 10.77.9.9/32 via 10.31.7.3 dev eth0"}},
		{"route, with names", "route", "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\ndefault         _gateway        0.0.0.0         UG    100    0        0 eth0\nlink-local      0.0.0.0         255.255.0.0     U     1000   0        0 eth0\n10.77.128.0     gw.lan          255.255.240.0   UG    0      0        0 eth0\n10.31.7.0       *               255.255.255.0   U     0      0        0 eth0\n",
			Options{}, []string{"3:1 route 0.0.0.0/0 gateway _gateway dev eth0 metric 100", "5:1 route 10.77.128.0/20 gateway gw.lan dev eth0", "6:1 route 10.31.7.0/24 dev eth0"}},
		{"netstat -rn", "route", "Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n0.0.0.0         10.31.7.1       0.0.0.0         UG        0 0          0 eth0\n10.31.7.0       0.0.0.0         255.255.255.0   U         0 0          0 eth0\n",
			Options{}, []string{"3:1 route 0.0.0.0/0 via 10.31.7.1 dev eth0", "4:1 route 10.31.7.0/24 dev eth0"}},
		{"route -6 -n", "route", "Kernel IPv6 routing table\nDestination                    Next Hop                   Flag Met Ref Use If\nfd31::/64                      [::]                       U    256 1     0 eth0\n[::]/0                         fe80::1                    UGDAe 1024 2    0 eth0\nfd31::20/128                   [::]                       Un   0   3     0 eth0\nff00::/8                       [::]                       U    256 2     0 eth0\n",
			Options{}, []string{"3:1 route fd31::/64 dev eth0 metric 256", "4:1 route ::/0 via fe80::1 dev eth0 metric 1024"}},
		{"netstat -rn of macOS", "route", "Routing tables\n\nInternet:\nDestination        Gateway            Flags               Netif Expire\ndefault            192.168.40.1       UGScg                 en0\n192.168.40         link#4             UCS                   en0      !\n10.9/16            10.8.0.1           UGSc                utun3\n",
			Options{}, []string{"5:1 route 0.0.0.0/0 via 192.168.40.1 dev en0", "7:1 route 10.9.0.0/16 via 10.8.0.1 dev utun3"}},
		{"hostname -I", "hostname -I", "10.31.7.20 172.17.0.1 10.77.3.0 fd31::20 \n", Options{}, []string{"1:1 address 10.31.7.20 first", "1:12 address 172.17.0.1", "1:23 address 10.77.3.0", "1:33 address fd31::20 first"}},
		{"one address, by the command", "hostname -I", "10.31.7.20\n", Options{Command: "hostname -i"}, []string{"1:1 address 10.31.7.20 first"}},
		{"one address, by the blank behind it", "hostname -I", "10.31.7.20 \n", Options{}, []string{"1:1 address 10.31.7.20 first"}},
		{"one address of anything", "", "10.31.7.20\n", Options{}, nil},
		{"nmcli device show", "nmcli", "GENERAL.DEVICE:                         eth0\nGENERAL.MTU:                            1500\nIP4.ADDRESS[1]:                         10.31.7.20/24\nIP4.GATEWAY:                            10.31.7.1\nIP4.ROUTE[1]:                           dst = 10.31.7.0/24, nh = 0.0.0.0, mt = 100\nIP4.ROUTE[2]:                           dst = 10.77.0.0/16, nh = 10.31.7.9, mt = 0\nIP4.DNS[1]:                             10.31.7.2\nIP6.GATEWAY:                            --\n",
			Options{}, []string{"1:41 link eth0 mtu 1500 machine", "3:41 - 10.31.7.20/24", "4:41 route 0.0.0.0/0 via 10.31.7.1 dev eth0 proto static", "5:41 route 10.31.7.0/24 dev eth0 proto kernel", "6:41 route 10.77.0.0/16 via 10.31.7.9 dev eth0 proto static", "7:41 resolver 10.31.7.2 of eth0"}},
		{"nmcli", "nmcli", "eth0: connected to eth0\n        \"Virtio\"\n        ethernet (virtio_net), 0A:11:22:33:44:55, hw, mtu 1500\n        ip4 default\n        inet4 10.31.7.20/24\n        route4 default via 10.31.7.1 metric 100\n        route4 10.31.7.0/24 metric 100\n\nDNS configuration:\n        servers: 10.31.7.2\n        interface: eth0\n",
			Options{}, []string{"1:1 link eth0 machine", "5:15 - 10.31.7.20/24", "6:16 route 0.0.0.0/0 via 10.31.7.1 dev eth0 metric 100", "7:16 route 10.31.7.0/24 dev eth0 metric 100", "10:18 resolver 10.31.7.2"}},
		{"networkctl status", "networkctl", "● 2: eth0\n                     Link File: /usr/lib/systemd/network/99-default.link\n                  Network File: /etc/systemd/network/10-eth0.network\n                           MTU: 1500 (min: 68, max: 65535)\n                       Address: 10.31.7.20 (DHCP4 via 10.31.7.1)\n                                fd31::20\n                       Gateway: 10.31.7.1\n                           DNS: 10.31.7.2\n                                10.31.7.3\n",
			Options{}, []string{"1:1 link eth0 mtu 1500 machine", "5:33 - 10.31.7.20/32 dynamic", "6:33 - fd31::20/128", "7:33 route 0.0.0.0/0 via 10.31.7.1 dev eth0 proto static", "8:33 resolver 10.31.7.2 of eth0", "9:33 resolver 10.31.7.3 of eth0"}},
		{"resolvectl status", "resolvectl", "Global\n         Protocols: -LLMNR -mDNS\n\nLink 2 (eth0)\n    Current Scopes: DNS\nCurrent DNS Server: 10.31.7.2\n       DNS Servers: 10.31.7.2 10.96.0.10\n                    10.31.7.3#dns.lan\n        DNS Domain: lan\n",
			Options{}, []string{"7:21 resolver 10.31.7.2 of eth0", "7:31 resolver 10.96.0.10 of eth0", "8:21 resolver 10.31.7.3 of eth0"}},
		{"wg show", "wg show", "interface: wg0\n  public key: aaaa\n  listening port: 51820\n\npeer: bbbb\n  endpoint: 192.168.5.5:51820\n  allowed ips: 10.8.0.2/32, 10.77.0.0/16\n  latest handshake: 1 minute ago\n\npeer: cccc\n  allowed ips: (none)\n",
			Options{}, []string{"1:12 link wg0", "7:16 peer wg0 10.8.0.2/32 192.168.5.5", "7:29 peer wg0 10.77.0.0/16 192.168.5.5"}},
		{"NO_PROXY", "NO_PROXY", "export HTTPS_PROXY=http://10.1.1.1:3128\nexport NO_PROXY=\"localhost,127.0.0.1,10.96.0.0/12, 10.77.0.0/16,.svc\"\nEnvironment=\"NO_PROXY=10.31.0.0/16\"\n# set NO_PROXY=10.0.0.0/8 for all\n", Options{}, []string{"2:28 NO_PROXY 127.0.0.1/32", "2:38 NO_PROXY 10.96.0.0/12", "2:52 NO_PROXY 10.77.0.0/16", "3:23 NO_PROXY 10.31.0.0/16"}},
		{"NO_PROXY without blanks", "NO_PROXY", "no_proxy=localhost,10.96.0.0/12,10.77.0.1\n", Options{}, []string{"1:20 no_proxy 10.96.0.0/12", "1:33 no_proxy 10.77.0.1/32"}},
	})
}
