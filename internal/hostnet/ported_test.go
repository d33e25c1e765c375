package hostnet

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// says tells statements in short: line, role, host, key, value.
func says(ss []fact.Statement) []string {
	var out []string
	for _, s := range ss {
		var v []string
		for _, p := range s.Prefixes {
			v = append(v, p.String())
		}
		for _, a := range s.Addrs {
			v = append(v, "via "+a.String())
		}
		switch {
		case s.Setting == fact.SettingLinks:
			v = append(v, s.Text)
		case s.Role == fact.RoleSetting:
			v = append(v, fmt.Sprint(s.Int))
		}
		role := string(s.Role)
		if s.Role == fact.RoleSetting {
			role = string(s.Setting)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s", s.Pos.Line, role, s.Host, s.Key, strings.Join(v, " "))))
	}
	return out
}

// readText reads a text in whatever encoding it is written.
func readText(t *testing.T, in string) Host {
	t.Helper()
	f, err := source.New("host", []byte(in), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	h, _ := Read(f.Data)
	return h
}

// knownRoles are those that checks have rules for.
var knownRoles = []fact.Role{fact.RoleHosts, fact.RoleNodePods, fact.RoleRoute, fact.RoleReserved, fact.RoleSetting}

const workerAddr = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host
       valid_lft forever preferred_lft forever
2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
    altname enp0s3
    inet 192.168.1.11/24 brd 192.168.1.255 scope global dynamic ens3
       valid_lft 86000sec preferred_lft 86000sec
    inet6 fe80::5054:ff:fe12:3456/64 scope link
       valid_lft forever preferred_lft forever
3: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default
    inet 172.20.0.1/16 brd 172.20.255.255 scope global docker0
4: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default
    inet 10.244.1.0/32 scope global flannel.1
       valid_lft forever preferred_lft forever
5: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default qlen 1000
    inet 10.244.1.1/24 brd 10.244.1.255 scope global cni0
6: veth0a1b2c3d@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master cni0 state UP group default
    link/ether 9a:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0
7: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN group default
    inet 10.96.0.1/32 scope global kube-ipvs0
8: nodelocaldns: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN group default
    inet 169.254.20.10/32 scope global nodelocaldns
    inet 10.96.0.10/32 scope global nodelocaldns
`

func TestStatementsOfHost(t *testing.T) {
	links := "cni0,docker0,ens3,flannel.1,kube-ipvs0,lo,nodelocaldns,veth0a1b2c3d"
	for _, tt := range []struct {
		why, in string
		want    []string
	}{
		{"ip addr", workerAddr, []string{
			"10 hosts  ens3 192.168.1.11/24", "7 link-mtu  ens3 1500", "15 reserved  docker0 172.20.0.0/16",
			"17 node-pods  flannel.1 10.244.1.0/32", "16 link-mtu  flannel.1 1450", "20 node-pods  cni0 10.244.1.1/24", "1 links  links " + links,
		}},
		{"behind a shell prompt, which names the host", "[root@worker-1 ~]# ip -4 addr\n" + workerAddr + "root@worker-2:/home/x# ip route\n10.244.2.0/24 dev cni0 proto kernel scope link src 10.244.2.1\n", []string{
			"11 hosts worker-1 ens3 192.168.1.11/24", "8 link-mtu worker-1 ens3 1500", "16 reserved worker-1 docker0 172.20.0.0/16",
			"18 node-pods worker-1 flannel.1 10.244.1.0/32", "17 link-mtu worker-1 flannel.1 1450", "21 node-pods worker-1 cni0 10.244.1.1/24", "2 links worker-1 links " + links,
			"30 node-pods worker-2 cni0 10.244.2.1/24",
		}},
		{"ip route, vxlan", `default via 192.168.1.1 dev eth0 proto dhcp metric 100
10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink
10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1
169.254.0.0/16 dev eth0 scope link metric 1002
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown
192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11 metric 100
`, []string{
			"2 route  flannel.1 10.244.0.0/24 via 10.244.0.0", "3 node-pods  cni0 10.244.1.1/24", "5 reserved  docker0 172.17.0.0/16", "6 hosts  eth0 192.168.1.11/24",
		}},
		{"ip route, host-gw", "10.244.0.0/24 via 192.168.1.10 dev eth0\n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1\n", []string{
			"1 route  eth0 10.244.0.0/24 via 192.168.1.10", "2 node-pods  cni0 10.244.1.1/24",
		}},
		{"ip -6 route", `fd00:10:244::/64 via fd00:10:244:: dev flannel-v6.1 metric 1024 onlink pref medium
fd00:10:244:1::/64 dev cni0 proto kernel metric 256 pref medium
fe80::/64 dev cni0 proto kernel metric 256 pref medium
default via fe80::1 dev eth0 proto ra metric 100 expires 1700sec pref medium
multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium
`, []string{"1 route  flannel-v6.1 fd00:10:244::/64 via fd00:10:244::", "2 node-pods  cni0 fd00:10:244:1::/64"}},
		{"other tables, and routes that lead nowhere", `blackhole 10.244.3.0/24 proto bird
unreachable 10.0.0.0/8 dev lo
10.244.9.0/24 via 192.168.1.3 dev ens3 table 100
local 192.168.1.11 dev ens3 table local proto kernel scope host src 192.168.1.11
broadcast 192.168.1.255 dev ens3 table local proto kernel scope link src 192.168.1.11
10.9.0.0/16 dev ens3 proto kernel scope link src 10.9.0.2 table main
`, []string{"6 hosts  ens3 10.9.0.2/16"}},
		{"several next hops", "10.244.2.0/24 proto bird\n\tnexthop via 192.168.1.4 dev ens3 weight 1\n10.244.5.0/24 nexthop via 192.168.1.5 dev ens3 weight 1 nexthop via 192.168.1.6 dev ens4 weight 1\n",
			[]string{"1 route  ens3 10.244.2.0/24 via 192.168.1.4", "3 route  ens3 10.244.5.0/24 via 192.168.1.5"}},
		{"ip -brief addr", "lo               UNKNOWN        127.0.0.1/8 ::1/128\nens3             UP             192.168.1.11/24 fe80::1/64\ncni0             UP             10.244.1.1/24\nflannel.1        UNKNOWN        10.244.1.0/32\nvethab@if3       UP\n", []string{
			"2 hosts  ens3 192.168.1.11/24", "3 node-pods  cni0 10.244.1.1/24", "4 node-pods  flannel.1 10.244.1.0/32", "1 links  links cni0,ens3,flannel.1,lo,vethab",
		}},
		{"ip -brief addr, links that are not up", "lo   UNKNOWN   127.0.0.1/8\nwlan0            DORMANT        192.168.9.2/24\nusb0             NOTPRESENT     192.168.8.2/24\neth1             LOWERLAYERDOWN 192.168.7.2/24\ncni0             DOWN           10.244.1.1/24\n", []string{
			"2 hosts  wlan0 192.168.9.2/24", "4 hosts  eth1 192.168.7.2/24", "5 node-pods  cni0 10.244.1.1/24", "1 links  links cni0,eth1,lo,usb0,wlan0",
		}},
		{"the same link and the same address told twice", "1: lo: <LOOPBACK,UP> mtu 65536\n2: cni0: <BROADCAST,UP> mtu 1450 qdisc noqueue\n    inet 10.244.1.1/24 scope global cni0\n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1\n2: cni0: <BROADCAST,UP> mtu 1450 qdisc noqueue\n    inet 10.244.1.1/24 scope global cni0\n", []string{
			"3 node-pods  cni0 10.244.1.1/24", "1 links  links cni0,lo",
		}},
		{"flannel beside another plugin", "4: flannel.1: <BROADCAST,UP> mtu 1450 qdisc noqueue\n    inet 10.244.1.0/32 scope global flannel.1\n9: cali12345678901@if3: <BROADCAST,UP> mtu 1450 qdisc noqueue\n5: cni0: <BROADCAST,UP> mtu 1450 qdisc noqueue\n    inet 10.244.1.1/24 scope global cni0\n", []string{
			"2 node-pods  flannel.1 10.244.1.0/32", "1 link-mtu  flannel.1 1450", "1 links  links cali12345678901,cni0,flannel.1",
		}},
		{"ip -json route, one destination twice", "[{\"dst\":\"10.244.2.0/24\",\"gateway\":\"192.168.1.2\",\"dev\":\"eth0\"},\n{\"dst\":\"10.244.2.0/24\",\"gateway\":\"192.168.1.3\",\"dev\":\"eth0\"}]", []string{
			"1 route  eth0 10.244.2.0/24 via 192.168.1.2", "2 route  eth0 10.244.2.0/24 via 192.168.1.3",
		}},
		{"ip -oneline addr", "2: ens3    inet 192.168.1.11/24 brd 192.168.1.255 scope global ens3\\       valid_lft forever preferred_lft forever\n5: cni0    inet 10.244.1.1/24 scope global cni0\n", []string{
			"1 hosts  ens3 192.168.1.11/24", "2 node-pods  cni0 10.244.1.1/24", "1 links  links cni0,ens3",
		}},
		{"ifconfig", `cni0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1450
        inet 10.244.1.1  netmask 255.255.255.0  broadcast 10.244.1.255
        inet6 fd00:10:244:1::1  prefixlen 64  scopeid 0x0<global>
        ether 9a:00:00:00:00:01  txqueuelen 1000  (Ethernet)

eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9000
        inet 192.168.1.11  netmask 255.255.252.0  broadcast 192.168.3.255
`, []string{"2 node-pods  cni0 10.244.1.1/24", "3 node-pods  cni0 fd00:10:244:1::1/64", "7 hosts  eth0 192.168.1.11/22", "6 link-mtu  eth0 9000", "1 links  links cni0,eth0"}},
		{"ifconfig of net-tools 1.60", `cni0      Link encap:Ethernet  HWaddr 9A:00:00:00:00:01
          inet addr:10.244.1.1  Bcast:10.244.1.255  Mask:255.255.255.0
          inet6 addr: fe80::9800:ff:fe00:1/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1450  Metric:1

eth0      Link encap:Ethernet  HWaddr 52:54:00:12:34:56
          inet addr:192.168.1.11  Bcast:192.168.1.255  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
`, []string{"2 node-pods  cni0 10.244.1.1/24", "7 hosts  eth0 192.168.1.11/24", "6 link-mtu  eth0 1500", "1 links  links cni0,eth0"}},
		{"route -n", `Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         192.168.1.1     0.0.0.0         UG    100    0        0 ens3
10.244.0.0      10.244.0.0      255.255.255.0   UG    0      0        0 flannel.1
10.244.1.0      0.0.0.0         255.255.255.0   U     0      0        0 cni0
10.244.7.0      -               255.255.255.0   !     0      -        0 -
`, []string{"4 route  flannel.1 10.244.0.0/24 via 10.244.0.0"}},
		{"ip -json addr", `[{"ifindex":2,"ifname":"ens3","mtu":1500,"addr_info":[{"family":"inet","local":"192.168.1.11","prefixlen":24}]},
{"ifindex":5,"ifname":"cni0","mtu":1450,"addr_info":[{"family":"inet","local":"10.244.1.1","prefixlen":24},{"family":"inet6","local":"fe80::1","prefixlen":64}]}]`,
			[]string{"1 hosts  ens3 192.168.1.11/24", "1 link-mtu  ens3 1500", "2 node-pods  cni0 10.244.1.1/24", "1 links  links cni0,ens3"}},
		{"ip -json route", `[ {"dst":"default","gateway":"192.168.1.1","dev":"ens3","protocol":"dhcp","flags":[]},
 {"dst":"10.244.0.0/24","gateway":"192.168.1.10","dev":"ens3","flags":[]},
 {"type":"blackhole","dst":"10.1.0.0/16","dev":"lo","flags":[]},
 {"dst":"10.244.1.0/24","dev":"cni0","protocol":"kernel","scope":"link","prefsrc":"10.244.1.1","flags":[]} ]`,
			[]string{"2 route  ens3 10.244.0.0/24 via 192.168.1.10", "4 node-pods  cni0 10.244.1.1/24"}},
		{"inside a pod: its network is not that of a host", "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: tunl0@NONE: <NOARP> mtu 1480\n3: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450\n    inet 10.244.1.5/24 brd 10.244.1.255 scope global eth0\ndefault via 10.244.1.1 dev eth0\n10.244.0.0/16 via 10.244.1.1 dev eth0\n10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.5\n",
			[]string{"7 route  eth0 10.244.0.0/16 via 10.244.1.1"}},
		{"calico: a bridge is left over", "1: ens3: <UP> mtu 1500\n    inet 192.168.1.11/24 scope global ens3\n2: cni0: <UP> mtu 1450\n    inet 10.244.1.1/24 scope global cni0\n3: vxlan.calico: <UP> mtu 1410\n    inet 10.10.1.0/32 scope global vxlan.calico\n4: cali0123456789a@if3: <UP> mtu 1410\n", []string{
			"2 hosts  ens3 192.168.1.11/24", "1 link-mtu  ens3 1500", "1 links  links cali0123456789a,cni0,ens3,vxlan.calico",
		}},
		{"canal: links of both", "1: ens3: <UP> mtu 1500\n2: flannel.1: <UP> mtu 1450\n    inet 10.244.1.0/32 scope global flannel.1\n3: cali0123456789a@if3: <UP> mtu 1450\n", []string{
			"1 link-mtu  ens3 1500", "3 node-pods  flannel.1 10.244.1.0/32", "2 link-mtu  flannel.1 1450", "1 links  links cali0123456789a,ens3,flannel.1",
		}},
		{"other networks of the host", "1: eno1: <UP> mtu 1500\n    inet 10.0.0.5/8 scope global eno1\n2: br-0123456789ab: <UP> mtu 1500\n    inet 172.18.0.1/16 scope global br-0123456789ab\n3: virbr0: <UP> mtu 1500\n    inet 192.168.122.1/24 scope global virbr0\n4: wg0: <UP> mtu 1420\n    inet 10.8.0.2/24 scope global wg0\n5: ppp0: <UP> mtu 1400\n    inet 10.9.0.1 peer 10.9.0.2/32 scope global ppp0\n6: foo0: <UP> mtu 1500\n    inet 10.66.0.1/24 scope global foo0\n", []string{
			"2 hosts  eno1 10.0.0.5/8", "1 link-mtu  eno1 1500", "4 reserved  br-0123456789ab 172.18.0.0/16", "6 reserved  virbr0 192.168.122.0/24", "8 reserved  wg0 10.8.0.0/24", "10 reserved  ppp0 10.9.0.1/32", "1 links  links br-0123456789ab,eno1,foo0,ppp0,virbr0,wg0",
		}},
		{"a link of any name with the default route", "default via 192.168.7.1 dev lan7 proto static\n192.168.7.0/24 dev lan7 proto kernel scope link src 192.168.7.2\n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1\n", []string{
			"2 hosts  lan7 192.168.7.2/24", "3 node-pods  cni0 10.244.1.1/24",
		}},
		{"a link of any name without it", "192.168.7.0/24 dev lan7 proto kernel scope link src 192.168.7.2\n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1\n", []string{"2 node-pods  cni0 10.244.1.1/24"}},
		{"the default route through a VPN", "2: ens3: <UP> mtu 1500\n3: wg0: <UP> mtu 1420\n    inet 10.8.0.2/24 scope global wg0\ndefault via 10.8.0.1 dev wg0\n", []string{
			"1 link-mtu  ens3 1500", "3 reserved  wg0 10.8.0.0/24", "1 links  links ens3,wg0",
		}},
		{"calico, by its routes: a bridge is left over", "10.10.0.5 dev cali0123456789a scope link\n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1\n", nil},
		{"canal, by its routes", "10.244.1.5 dev cali0123456789a scope link\n10.244.0.0/16 dev flannel.1 proto kernel scope link src 10.244.1.0\n", []string{"2 node-pods  flannel.1 10.244.1.0/32"}},
		{"an IPv4-mapped address is none of IPv6", "2: ens3: <UP> mtu 1500\n    inet6 ::ffff:192.168.1.11/120 scope global\n3: cni0: <UP> mtu 1450\n", []string{"1 link-mtu  ens3 1500", "1 links  links cni0,ens3"}},
		{"a source address of the other family", "10.0.0.0/8 dev ens3 proto static src fd00::1\n", nil},
		{"one link is not the list of all", "2: ens3: <UP> mtu 1500\n", []string{"1 link-mtu  ens3 1500"}},
		{"a log", "I1121 10:00:00.000000 1 route_network.go:93] Subnet added: 10.244.2.0/24 via 192.168.1.12\nerror: inet 10.0.0.1/8 is up dev eth0\nspec:\n  dev: eth0\n  mtu 1500\n", nil},
		{"sentences", "Destination 10.0.0.0/8 is unreachable\n10.244.1.0/24 is what dev eth0 should say\ndefault is UP\n", nil},
		{"JSON of another kind", `[{"ifname": 3}, {"dst": {}}]`, nil},
		{"empty", "", nil},
	} {
		h := readText(t, tt.in)
		ss := slices.DeleteFunc(h.Statements("host", ""), func(s fact.Statement) bool { return !slices.Contains(knownRoles, s.Role) })
		got := says(ss)
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
	}
}

// hostHolds tells what h holds in short.
func hostHolds(h Host) string {
	var out []string
	for _, l := range h.Links {
		s := fmt.Sprintf("link %s %d", l.Name, l.MTU)
		for _, a := range l.Addrs {
			s += " " + a.Prefix.String()
		}
		out = append(out, s)
	}
	for _, r := range h.Routes {
		if r.Type != "" || r.Table != "" || r.Gateway != "" {
			continue
		}
		s := r.Dst.String()
		if r.Via.IsValid() {
			s += " via " + r.Via.String()
		}
		s += " dev " + r.Dev
		if r.Src.IsValid() {
			s += " src " + r.Src.String()
		}
		if r.Kernel() {
			s += " kernel"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// TestReadLines: which lines are read, and what a line says that is not as expected.
func TestReadLines(t *testing.T) {
	const (
		head = "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
		row  = "10.0.0.0        192.168.1.1     255.0.0.0       UG    0      0        0 ens3\n"
		read = "10.0.0.0/8 via 192.168.1.1 dev ens3"
	)
	wide := func(s string, littleEndian bool) string {
		var b []byte
		for _, c := range []byte(s) {
			if littleEndian {
				b = append(b, c, 0)
			} else {
				b = append(b, 0, c)
			}
		}
		return string(b)
	}
	for _, tt := range []struct{ why, in, want string }{
		{"address without more", "2: ens3: <UP> mtu 1500\n    inet 10.244.1.1/24\n", "link ens3 1500 10.244.1.1/24"},
		{"a line that is not indented belongs to no link", "2: ens3: <UP> mtu 1500\ninet 10.0.0.1/8 scope global\n", "link ens3 1500"},
		{"other words", "2: ens3: <UP> mtu 1500\n    inet\n    inetd 10.0.0.9/8 is up\n", "link ens3 1500"},
		{"masks that are none", "eth0: flags=4163<UP>  mtu 1500\n    inet 10.0.0.5  netmask\n    inet 10.0.0.6  netmask 255.0.255.0\n    inet 10.0.0.7  netmask ffff::\n    inet6 fd00::1  prefixlen x\n    inet6 fd00::2  prefixlen 129\n",
			"link eth0 1500 10.0.0.5/32 10.0.0.6/32 10.0.0.7/32 fd00::1/128"},
		{"the largest MTU", "2: ens3: <UP> mtu 2147483647\n3: ens4: <UP> mtu 2147483648\n", "link ens3 2147483647; link ens4 0"},
		{"numbered lines", "1: foo: bar mtu 1500\n2: eth0 <UP> mtu 1500\n3: apples   mtu 1500\n4: eth1: inet 10.0.0.1/8\n", ""},
		{"sentences", "Destination 10.0.0.0/8 is unreachable\n10.244.1.0/24 is what dev eth0 should say\ndefault is UP\n", ""},
		{"UTF-16, as Windows PowerShell writes it", "\xff\xfe" + wide("10.9.0.0/16 dev ens3\n", true), "10.9.0.0/16 dev ens3"},
		{"UTF-16 of the other kind, without a mark", wide("10.9.0.0/16 dev ens3\n", false), "10.9.0.0/16 dev ens3"},

		{"route", "10.9.0.0/16 dev ens3", "10.9.0.0/16 dev ens3"},
		{"ip -details route", "unicast 10.244.2.0/24 via 192.168.1.12 dev ens3 proto boot scope global", "10.244.2.0/24 via 192.168.1.12 dev ens3"},
		{"to an address", "10.244.2.7 dev cni0 scope link\nfd00::7 dev cni0", "10.244.2.7/32 dev cni0; fd00::7/128 dev cni0"},
		{"host bits", "10.244.2.9/24 dev cni0", "10.244.2.0/24 dev cni0"},
		{"of the kernel", "10.0.0.0/8 dev ens3 proto kernel scope link src 10.0.0.5 linkdown", "10.0.0.0/8 dev ens3 src 10.0.0.5 kernel"},
		{"a gateway of the other family", "10.0.0.0/8 via inet6 fe80::1 dev ens3\ndefault via inet fe80::2 dev ens3", "10.0.0.0/8 via fe80::1 dev ens3; ::/0 via fe80::2 dev ens3"},
		{"default routes", "default via 192.168.1.1 dev ens3\ndefault via fe80::1 dev ens3\ndefault dev ppp0 scope link", "0.0.0.0/0 via 192.168.1.1 dev ens3; ::/0 via fe80::1 dev ens3"},
		{"tables", "10.1.0.0/16 dev ens3 table 254\n10.2.0.0/16 dev ens3 table main\n10.3.0.0/16 dev ens3 table 100", "10.1.0.0/16 dev ens3; 10.2.0.0/16 dev ens3"},
		{"words without their value", "10.0.0.0/8 dev ens3 metric\n10.0.0.0/8 dev ens3 via inet6\n10.0.0.0/8 dev\nunicast dev \\", ""},
		{"what is no route", "10.0.0.0/8 via nowhere dev ens3\nhost dev ens3\n10.0.0.0/8 dev ens3 says so", ""},

		{"table", head + row, read},
		{"rows that are passed over, and one behind each", head +
			"10.1.0.0 gateway.example 255.255.0.0 UG 0 0 0 ens3\n" + row +
			"10.2.0.0 0.0.0.0 255.0.255.0 U 0 0 0 ens3\n" + row +
			"fd00:: 0.0.0.0 255.255.0.0 U 0 0 0 ens3\n" + row +
			"10.3.0.0 0.0.0.0 255.255.0.0 G 0 0 0 ens3\n" + row +
			"10.4.0.0 0.0.0.0 255.255.0.0 U! 0 0 0 ens3\n" + row,
			strings.Join([]string{read, read, read, read, read}, "; ")},
		{"a line of another kind ends the table", head + "one two three four five six seven eight\n" + row, ""},
		{"half a head", "Destination of all Flags\n" + row + "Gateway Genmask Iface\n" + row, ""},

		{"JSON: routes of other kinds and tables, or without a link", `[{"type":"unicast","dst":"10.1.0.0/16","dev":"ens3","table":"main"},{"type":"local","dst":"10.2.0.1","dev":"ens3"},{"dst":"10.3.0.0/16","dev":"ens3","table":"local"},
			{"dst":"10.4.0.0/16","dev":"ens3","table":100},{"type":"blackhole","dst":"10.5.0.0/16","dev":"lo","table":"main"},{"dst":"10.6.0.0/16"},{"dev":"ens3"}]`, "10.1.0.0/16 dev ens3"},
	} {
		h := readText(t, tt.in)
		if got := hostHolds(h); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.why, got, tt.want)
		}
	}
}

// Whose network a link is of tells its name.
func TestReserved(t *testing.T) {
	for _, tt := range []struct{ dev, want string }{
		{"docker0", "docker0"}, {"docker_gwbridge", "network docker_gwbridge of Docker"}, {"br-0123456789ab", "network br-0123456789ab of Docker"},
		{"virbr0", "bridge virbr0"}, {"tailscale0", "VPN tailscale0"}, {"br-lan", ""},
	} {
		h := readText(t, "10.9.0.0/16 dev "+tt.dev+" proto kernel scope link src 10.9.0.1\n")
		got := ""
		for _, s := range h.Statements("host", "") {
			if s.Role == fact.RoleReserved {
				got += s.Text
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.dev, got, tt.want)
		}
	}
}

// TestReadLarge: a host with very many links and routes is read in time that grows with its text.
func TestReadLarge(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "%d: veth%d@if3: <UP> mtu 1450\n10.%d.%d.0/24 via 192.168.1.9 dev ens3\nfd00:%x:%x::/64 dev cni0 proto kernel\nroot@h%d:~# ip a\n", i+1, i, i/256%256, i%256, i/65536, i%65536, i)
	}
	h, _ := Read([]byte(b.String()))
	if len(h.Links) != 20_000 || len(h.Routes) != 40_000 {
		t.Errorf("%d links, %d routes", len(h.Links), len(h.Routes))
	}
	h.Statements("host", "")
}

// FuzzRead: no text makes it panic, and what it says are ranges that are valid.
func FuzzRead(f *testing.F) {
	f.Add([]byte(workerAddr))
	f.Add([]byte("10.244.0.0/24 via inet6 fd00::1 dev flannel.1 onlink\ndefault nexthop dev a weight 1\n"))
	f.Add([]byte(`[{"ifname":"cni0","addr_info":[{"local":"10.244.1.1","prefixlen":240}]},{"dst":"10.0.0.0/8","dev":"x","table":3}]`))
	f.Add([]byte("Destination Gateway Genmask Flags Metric Ref Use Iface\n10.0.0.0 0.0.0.0 255.0.255.0 U 0 0 0 a\ncni0      Link encap:x\n inet addr:1.2.3.4 Mask:255.255.0.0\n"))
	for _, text := range hostileTexts {
		f.Add([]byte(text.Make(300)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, ok := Read(data)
		if ok == h.IsZero() {
			t.Fatalf("%t, but IsZero is %t", ok, h.IsZero())
		}
		for _, s := range h.Statements("host", "") {
			if s.Err != nil || s.Pos.Line < 1 || s.Pos.Column < 1 {
				t.Fatalf("%+v", s)
			}
			for _, p := range s.Prefixes {
				if !p.IsValid() {
					t.Fatalf("%+v", s)
				}
			}
		}
	})
}
