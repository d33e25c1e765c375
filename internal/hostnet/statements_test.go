package hostnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStatementsSpace: whether a text is that of a host or of a pod, by what only one of them has.
func TestStatementsSpace(t *testing.T) {
	const (
		lo   = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    inet 127.0.0.1/8 scope host lo\n"
		eth0 = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default\n"
		veth = "2: eth0@if41: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default\n"
		inet = "    inet 10.31.7.20/24 brd 10.31.7.255 scope global eth0\n"
	)
	for _, tt := range []struct {
		why, in, host string
		want          []string
	}{
		{"ip addr of a host", lo + eth0 + inet, "", []string{"4 hosts  eth0 10.31.7.20/24", "3 link-mtu  eth0 1500", "1 links  links eth0,lo"}},
		{"of a pod", lo + veth + inet, "", nil},
		{"of a node of kind, by its folder", lo + veth + inet, "w1", []string{"4 hosts w1 eth0 10.31.7.20/24", "3 link-mtu w1 eth0 1450", "1 links w1 links eth0,lo"}},
		{"a lease", "2: eth0    inet 10.31.7.20/24 brd 10.31.7.255 scope global dynamic eth0\n", "", []string{"1 hosts  eth0 10.31.7.20/24"}},
		{"one line each, which does not tell", "2: eth0    inet 10.31.7.20/24 brd 10.31.7.255 scope global eth0\n", "", []string{"1 unsure-hosts  eth0 10.31.7.20/24"}},
		{"brief", "lo UNKNOWN 127.0.0.1/8\neth0 UP 10.31.7.20/24\n", "", []string{"2 hosts  eth0 10.31.7.20/24", "1 links  links eth0,lo"}},
		{"brief, of a pod", "lo UNKNOWN 127.0.0.1/8\neth0@if7 UP 10.31.7.20/24\n", "", nil},
		{"JSON", `[{"ifname":"lo","mtu":65536,"addr_info":[]},{"ifname":"eth0","mtu":1500,"addr_info":[{"local":"10.31.7.20","prefixlen":24}]}]`, "", []string{"1 hosts  eth0 10.31.7.20/24", "1 link-mtu  eth0 1500", "1 links  links eth0,lo"}},
		{"JSON of a pod", `[{"ifname":"lo","mtu":65536,"addr_info":[]},{"ifname":"eth0","link_index":7,"mtu":1450,"addr_info":[{"local":"10.31.7.20","prefixlen":24}]}]`, "", nil},
		{"ifconfig, which does not tell", "eth0: flags=4163<UP>  mtu 1500\n        inet 10.31.7.20  netmask 255.255.255.0\n", "", []string{"2 unsure-hosts  eth0 10.31.7.20/24"}},
		{"ifconfig with the MTU of an overlay", "eth0: flags=4163<UP>  mtu 1450\n        inet 10.31.7.20  netmask 255.255.255.0\n", "", nil},
		{"ifconfig, by its folder", "eth0: flags=4163<UP>  mtu 1500\n        inet 10.31.7.20  netmask 255.255.255.0\n", "w1", []string{"2 hosts w1 eth0 10.31.7.20/24", "1 link-mtu w1 eth0 1500"}},
		{"ifconfig with two links", "eth0: flags=4163<UP>  mtu 1500\n        inet 10.31.7.20  netmask 255.255.255.0\neth1: flags=4163<UP>  mtu 1500\n        inet 10.40.0.5  netmask 255.255.252.0\n", "", []string{
			"2 hosts  eth0 10.31.7.20/24", "1 link-mtu  eth0 1500", "4 hosts  eth1 10.40.0.5/22", "3 link-mtu  eth1 1500", "1 links  links eth0,eth1",
		}},
		{"routes of DHCP", "default via 10.31.7.1 dev eth0 proto dhcp src 10.31.7.20 metric 100\n10.31.7.0/24 dev eth0 proto kernel scope link src 10.31.7.20 metric 100\n", "", []string{"1 gateway  eth0 via 10.31.7.1", "2 hosts  eth0 10.31.7.20/24"}},
		{"routes that a pod has as well", "default via 10.31.7.1 dev eth0\n10.31.7.0/24 dev eth0 proto kernel scope link src 10.31.7.20\n", "", []string{"2 unsure-hosts  eth0 10.31.7.20/24"}},
		{"routes of a pod of Calico", "default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n", "", nil},
		{"route -n of a host", "Destination Gateway Genmask Flags Metric Ref Use Iface\n0.0.0.0 10.31.7.1 0.0.0.0 UG 100 0 0 eth0\n10.31.7.0 0.0.0.0 255.255.255.0 U 100 0 0 eth0\n172.17.0.0 0.0.0.0 255.255.0.0 U 0 0 0 docker0\n", "", []string{"2 gateway  eth0 via 10.31.7.1", "3 hosts  eth0 10.31.7.0/24", "4 reserved  docker0 172.17.0.0/16"}},
		{"netstat -rn, which does not tell", "Destination Gateway Genmask Flags MSS Window irtt Iface\n0.0.0.0 10.31.7.1 0.0.0.0 UG 0 0 0 eth0\n10.31.7.0 0.0.0.0 255.255.255.0 U 0 0 0 eth0\n", "", []string{"3 unsure-hosts  eth0 10.31.7.0/24"}},
		{"the computer in front of somebody", "Destination Gateway Flags Netif Expire\ndefault 192.168.40.1 UGScg en0\n10.77 192.168.40.9 UGSc en0\n", "", nil},
	} {
		h, _ := Read([]byte(tt.in))
		if d := cmp.Diff(tt.want, says(h.Statements("host", tt.host))); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
	}
}

// TestStatementsOther: what has no link of a host's own network.
func TestStatementsOther(t *testing.T) {
	for _, tt := range []struct {
		why, in string
		want    []string
	}{
		{"a static route into the pods' range", "default via 192.168.1.254 dev ens3 proto static\n10.42.128.0/20 via 192.168.1.254 dev ens3\n10.43.0.0/16 via 192.168.1.3 dev ens3 table 9\nblackhole 10.44.0.0/16\n", []string{"1 gateway  ens3 via 192.168.1.254", "2 route  ens3 10.42.128.0/20 via 192.168.1.254"}},
		{"a bridge of somebody", "10.10.0.0/18 dev mynet0\n10.11.0.0/18 dev mynet1 proto kernel scope link src 10.11.0.1\n10.9.0.0/16 dev ens3 proto static scope link\n10.9.0.0/16 dev tun0 scope link\n", []string{"1 link-route  mynet0 10.10.0.0/18", "2 link-route  mynet1 10.11.0.0/18", "3 hosts  ens3 10.9.0.0/16", "4 reserved  tun0 10.9.0.0/16"}},
		{"a gateway by its name", "Destination Gateway Genmask Flags Metric Ref Use Iface\n10.42.0.0 gw.lan 255.255.0.0 UG 0 0 0 ens3\n", []string{"2 route  ens3 10.42.0.0/16"}},
		{"addresses that IPVS serves", "2: kube-ipvs0: <NOARP> mtu 1500\n    inet 10.96.0.1/32 scope global kube-ipvs0\n", []string{"2 virtual-server  kube-ipvs0 via 10.96.0.1"}},
		{"resolv.conf", "nameserver 127.0.0.53\nnameserver 10.96.0.10\n", []string{"2 resolver  nameserver via 10.96.0.10"}},
		{"resolv.conf of a pod", "nameserver 10.96.0.10\nsearch default.svc.cluster.local\n", []string{"1 pod-resolver  nameserver via 10.96.0.10"}},
		{"/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 w1\n10.31.7.20 w1 w1.lan\n", []string{"3 address w1 hosts via 10.31.7.20"}},
		{"hostname -I", "ops@w1:~$ hostname -I\n10.31.7.20 172.17.0.1 10.77.3.1 \n", []string{"2 hosts w1 hostname 10.31.7.20/32"}},
		{"hostname -I of nobody", "10.31.7.20 172.17.0.1 10.77.3.1 \n", []string{"1 unsure-hosts  hostname 10.31.7.20/32"}},
		{"daemon.json", `{"bip": "10.200.0.1/24", "default-address-pools": [{"base": "10.201.0.0/16", "size": 24}]}`, []string{"1 reserved  bip 10.200.0.0/24", "1 pool  default-address-pools 10.201.0.0/16"}},
		{"a network of Docker", `[{"Name":"kind","Id":"0123456789abcdef","Driver":"bridge","IPAM":{"Config":[{"Subnet":"172.18.0.0/16"}]}}]`, []string{"1 reserved  kind 172.18.0.0/16"}},
		{"WireGuard", "interface: wg0\npeer: a\n  allowed ips: 10.77.0.0/16, 0.0.0.0/0\n", []string{"3 reserved  wg0 10.77.0.0/16"}},
		{"WireGuard of flannel", "interface: flannel-wg\npeer: a\n  endpoint: 10.31.7.21:51820\n  allowed ips: 10.77.4.0/24\n", []string{"4 route  flannel-wg 10.77.4.0/24 via 10.31.7.21"}},
		{"NO_PROXY", "NO_PROXY=10.96.0.0/12,localhost\n", []string{"1 no-proxy  NO_PROXY 10.96.0.0/12"}},
		{"CNI", `{"cniVersion":"1.0.0","name":"crio","type":"bridge","bridge":"cni0","ipam":{"type":"host-local","ranges":[[{"subnet":"10.85.0.0/16"}],[{"subnet":"1100:200::/24"}]]}}`, []string{"1 cni  crio: bridge 10.85.0.0/16", "1 cni  crio: bridge 1100:200::/24"}},
		{"rules", `-A KUBE-SERVICES ! -s 10.77.0.0/16 -d 10.96.0.10/32 -m comment --comment "kube-system/kube-dns:dns cluster IP" -j KUBE-MARK-MASQ
-A KUBE-SERVICES ! -s 10.77.0.0/16 -d 10.96.0.1/32 -m comment --comment "default/kubernetes:https cluster IP" -j KUBE-MARK-MASQ
-A POSTROUTING ! -s 10.77.0.0/16 -d 10.77.3.0/24 -j RETURN
-A POSTROUTING -s 172.19.0.0/16 ! -o br-0123456789ab -j MASQUERADE
`, []string{"1 proxy-pods  kube-proxy rule 10.77.0.0/16", "1 cluster-ip  kube-system/kube-dns via 10.96.0.10", "2 cluster-ip  default/kubernetes via 10.96.0.1",
			"3 flannel-network  flannel rule 10.77.0.0/16", "3 flannel-subnet  flannel rule 10.77.3.0/24", "4 reserved  br-0123456789ab 172.19.0.0/16"}},
		{"rules of Docker with flannel's subnet", "-A POSTROUTING -s 10.77.3.0/24 ! -o docker0 -j MASQUERADE\n-A POSTROUTING ! -s 10.77.0.0/16 -d 10.77.0.0/16 -j MASQUERADE\n", []string{"2 flannel-network  flannel rule 10.77.0.0/16"}},
		{"netplan", "network:\n  ethernets:\n    lan7:\n      addresses: [10.31.7.20/24]\n      routes: [{to: 10.42.0.0/16, via: 10.31.7.9}, {to: default, via: 10.31.7.1}]\n  bridges:\n    br-lan:\n      addresses: [10.5.0.1/16]\n", []string{
			"4 hosts  lan7 10.31.7.20/24", "8 hosts  br-lan 10.5.0.1/16", "5 route  lan7 10.42.0.0/16 via 10.31.7.9", "5 gateway  lan7 via 10.31.7.1"}},
	} {
		h, _ := Read([]byte(tt.in))
		if d := cmp.Diff(tt.want, says(h.Statements("host", ""))); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
	}
}
