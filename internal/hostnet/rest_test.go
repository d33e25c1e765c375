package hostnet

import "testing"

// Keys that few files have, and lines that are not as expected.
func TestFormsRare(t *testing.T) {
	checkForms(t, []formCase{
		{"flannel whose delegate has a range", "CNI configuration", `{"name":"cbr0","cniVersion":"0.3.1","type":"flannel","delegate":{"type":"bridge","ipam":{"type":"host-local","subnet":"10.77.3.0/24"}}}`, Options{},
			[]string{"1:44 cni cbr0 flannel", "1:73 cni cbr0 bridge host-local cni0", "1:119 - subnet 0 10.77.3.0/24"}},
		{"Whereabouts", "CNI configuration", `{"cniVersion":"0.3.1","name":"w","type":"macvlan","ipam":{"type":"whereabouts","range":"10.5.0.0/24","ipRanges":[{"range":"10.6.0.0/24"}]}}`, Options{},
			[]string{"1:41 cni w macvlan whereabouts", "1:88 - range 0 10.5.0.0/24", "1:123 - ipRanges 0 10.6.0.0/24"}},
		{"a range where a set belongs", "CNI configuration", `{"cniVersion":"0.3.1","name":"w","type":"bridge","ipam":{"type":"host-local","ranges":[{"subnet":"10.5.0.0/24"}]}}`, Options{},
			[]string{"1:41 cni w bridge host-local cni0", "1:98 - ranges 0 10.5.0.0/24"}},
		{"lists of plugins that are none", "", `{"cniVersion":"0.3.1","name":"10.0.0.1","plugins":[{"x":1}]}`, Options{}, nil},
		{"an object of Kubernetes", "", `{"apiVersion":"v1","kind":"X","bip":"10.0.0.1/8","cniVersion":"1","type":"bridge"}`, Options{}, nil},
		{"VLAN and VXLAN in JSON", "ip -json", `[{"ifname":"bond0.4","link":"bond0","mtu":1500,"addr_info":[]},{"ifname":"flannel.1","mtu":1450,"linkinfo":{"info_kind":"vxlan","info_data":{"id":1,"local":"10.31.7.20","link":"eth0","port":8472}},"addr_info":[]}]`, Options{},
			[]string{"1:12 link bond0.4@bond0 mtu 1500", "1:74 link flannel.1 mtu 1450 vxlan 1 local 10.31.7.20 dev eth0 port 8472"}},
		{"negation of old releases, and pods of old load balancers", "iptables", "-A KUBE-SERVICES -s ! 10.77.0.0/16 -d 10.96.0.1/32 -j KUBE-MARK-MASQ\n-A KUBE-XLB-AAAA -s 10.77.0.0/16 -m comment --comment \"Redirect pods\" -j KUBE-SVC-A\n-A KUBE-FORWARD -d 10.77.0.0/16 -m comment --comment \"kubernetes forwarding conntrack pod destination rule\" -j ACCEPT\n", Options{},
			[]string{"1:23 rule proxy-pods 10.77.0.0/16", "2:21 rule proxy-pods 10.77.0.0/16", "3:20 rule proxy-pods 10.77.0.0/16"}},
		{"interfaces without links", "interfaces", "iface eth0\niface eth1 inet static\naddress 10.31.7.20\nnetmask 24\nup route\nup ip -4 route replace 10.9.0.0/16 via 10.31.7.9\nup echo 10.1.1.1\nauto eth2\naddress 10.1.1.1/8\n", Options{},
			[]string{"2:1 link eth1 config", "3:9 - 10.31.7.20/24", "6:24 route 10.9.0.0/16 via 10.31.7.9 dev eth1"}},
		{"ifcfg of IPv6, named by its path", "ifcfg", "# lan\nBOOTPROTO=static\nIPV6ADDR=fd31::20/64\nIPV6_DEFAULTGW=fd31::1%eth0\n", Options{Path: "ifcfg-eth0"},
			[]string{"1:1 link eth0 config", "3:10 - fd31::20/64", "4:16 route ::/0 via fd31::1 dev eth0 proto static"}},
		{"networkd with MTU and tables", "sections of keys", "[Match]\nMACAddress=0a:00:00:00:00:01\n[Link]\nMTUBytes=9000\n[Network]\nAddress=10.31.7.20/24\n[Route]\nGateway=10.31.7.1\nTable=254\n[Route]\nDestination=10.9.0.0/16\nTable=7\n", Options{},
			[]string{"2:12 link 0a:00:00:00:00:01 mtu 9000 config", "6:9 - 10.31.7.20/24", "8:9 route 0.0.0.0/0 via 10.31.7.1 dev 0a:00:00:00:00:01 proto static", "11:13 route 10.9.0.0/16 dev 0a:00:00:00:00:01 proto static table 7"}},
		{"WireGuard without a path", "sections of keys", "[Interface]\nAddress = 10.8.0.1/24\nMTU = 1420\n[Peer]\nAllowedIPs = 10.8.0.2/32\nEndpoint = 192.168.5.5:51820\n", Options{},
			[]string{"2:11 link wg mtu 1420 config", "2:11 - 10.8.0.1/24", "5:14 peer wg 10.8.0.2/32 192.168.5.5"}},
		{"resolvers with ports", "resolvectl", "Link 2 (eth0)\n       DNS Servers: 10.31.7.2:5353 fe80::1%2 nobody\n", Options{}, []string{"2:21 resolver 10.31.7.2 of eth0", "2:36 resolver fe80::1 of eth0"}},
		{"networkctl with masks", "networkctl", "● 2: eth0\n  Network File: n/a\n       Address: 10.31.7.20/24\n                nothing\n", Options{}, []string{"1:1 link eth0 machine", "3:17 - 10.31.7.20/24"}},
		{"resolv.conf that is none", "", "nameserver 10.0.0.1\nand more\n", Options{}, nil},
		{"a server that is none", "", "nameserver\nnameserver 10.0.0.x 10.0.0.1\n", Options{}, nil},
		{"the old form of ranges, and zones", "ip route", "default via fe80::1%eth0 dev eth0\n10/8 via 10.31.7.9 dev eth0\n10.244.0/33 dev eth0\n10.31.7.2\n", Options{}, []string{"1:1 route ::/0 via fe80::1 dev eth0", "2:1 route 10.0.0.0/8 via 10.31.7.9 dev eth0"}},
		{"a program behind a prompt", "", "root@w1:~# cat x.go\npackage x\n10.5.0.0/16 dev eth0 scope link\n", Options{}, nil},
	})
}
