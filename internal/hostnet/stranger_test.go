package hostnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStranger: texts as people paste them, written from the tools' own output and not from the parsers.
func TestStranger(t *testing.T) {
	for _, tt := range []struct {
		why, in, host string
		want          []string
	}{
		{"busybox ip a", "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast qlen 1000\n    link/ether 52:54:00:aa:00:01 brd ff:ff:ff:ff:ff:ff\n    inet 172.30.9.4/20 scope global eth0\n       valid_lft forever preferred_lft forever\n", "",
			[]string{"7 hosts  eth0 172.30.9.4/20", "5 link-mtu  eth0 1500", "1 links  links eth0,lo"}},
		{"ip -4 -o a with a label", "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n2: ens192    inet 172.30.9.4/20 brd 172.30.15.255 scope global noprefixroute ens192\\       valid_lft forever preferred_lft forever\n2: ens192    inet 172.30.9.100/32 scope global ens192:vip\\       valid_lft forever preferred_lft forever\n", "",
			[]string{"2 hosts  ens192 172.30.9.4/20", "3 hosts  ens192 172.30.9.100/32", "1 links  links ens192,lo"}},
		{"busybox ip r", "default via 172.30.0.1 dev eth0  metric 202 \n172.30.0.0/20 dev eth0 scope link  src 172.30.9.4 \n10.60.2.0/24 dev cni0 scope link  src 10.60.2.1 \n", "n7",
			[]string{"1 gateway n7 eth0 via 172.30.0.1", "2 hosts n7 eth0 172.30.9.4/20", "3 node-pods n7 cni0 10.60.2.1/24"}},
		{"ip -6 r of a host", "fd60:1::/64 dev enp1s0 proto ra metric 100 pref medium\nfe80::/64 dev enp1s0 proto kernel metric 1024 pref medium\ndefault via fe80::1 dev enp1s0 proto ra metric 100 pref medium\n", "",
			[]string{"1 hosts  enp1s0 fd60:1::/64"}},
		{"ip -d r", "unicast default via 172.30.0.1 dev ens192 proto static scope global metric 100 \nunicast 10.60.0.0/16 via 172.30.9.200 dev ens192 proto static scope global \nunicast 172.30.0.0/20 dev ens192 proto kernel scope link src 172.30.9.4 metric 100 \n", "",
			[]string{"1 gateway  ens192 via 172.30.0.1", "2 route  ens192 10.60.0.0/16 via 172.30.9.200", "3 hosts  ens192 172.30.9.4/20"}},
		{"ip -j -p a", "[ {\n        \"ifindex\": 1,\n        \"ifname\": \"lo\",\n        \"mtu\": 65536,\n        \"addr_info\": [ {\n                \"family\": \"inet\",\n                \"local\": \"127.0.0.1\",\n                \"prefixlen\": 8\n            } ]\n    },{\n        \"ifindex\": 2,\n        \"ifname\": \"eth0\",\n        \"flags\": [ \"UP\" ],\n        \"mtu\": 1500,\n        \"addr_info\": [ {\n                \"family\": \"inet\",\n                \"local\": \"172.30.9.4\",\n                \"prefixlen\": 20,\n                \"dynamic\": true\n            } ]\n    } ]\n", "",
			[]string{"17 hosts  eth0 172.30.9.4/20", "12 link-mtu  eth0 1500", "3 links  links eth0,lo"}},
		{"behind a prompt that wants no host", "$ ip -j r\n[{\"dst\":\"10.60.3.0/24\",\"gateway\":\"172.30.9.5\",\"dev\":\"ens192\",\"flags\":[]},{\"dst\":\"172.30.0.0/20\",\"dev\":\"ens192\",\"protocol\":\"kernel\",\"scope\":\"link\",\"prefsrc\":\"172.30.9.4\",\"flags\":[]}]\n$ \n", "",
			[]string{"2 route  ens192 10.60.3.0/24 via 172.30.9.5", "2 hosts  ens192 172.30.9.4/20"}},
		{"ifconfig -a of CentOS 7", "docker0: flags=4099<UP,BROADCAST,MULTICAST>  mtu 1500\n        inet 172.17.0.1  netmask 255.255.0.0  broadcast 172.17.255.255\n        ether 02:42:00:00:00:01  txqueuelen 0  (Ethernet)\n        RX packets 0  bytes 0 (0.0 B)\n\nens192: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet 172.30.9.4  netmask 255.255.240.0  broadcast 172.30.15.255\n        ether 00:50:56:00:00:01  txqueuelen 1000  (Ethernet)\n\nlo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        loop  txqueuelen 1000  (Local Loopback)\n", "",
			[]string{"2 reserved  docker0 172.17.0.0/16", "7 hosts  ens192 172.30.9.4/20", "6 link-mtu  ens192 1500", "1 links  links docker0,ens192,lo"}},
		{"ifconfig in a pod", "/ # ifconfig\neth0      Link encap:Ethernet  HWaddr 5A:00:00:00:00:01  \n          inet addr:10.60.2.9  Bcast:10.60.2.255  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1450  Metric:1\n\nlo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n/ # ", "", nil},
		{"netstat -nr with a VPN", "[root@n7 ~]# netstat -nr\nKernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n0.0.0.0         172.30.0.1      0.0.0.0         UG        0 0          0 eth0\n10.60.0.0       10.8.0.5        255.255.0.0     UG        0 0          0 tun0\n10.8.0.5        0.0.0.0         255.255.255.255 UH        0 0          0 tun0\n172.30.0.0      0.0.0.0         255.255.240.0   U         0 0          0 eth0\n", "",
			[]string{"4 gateway n7 eth0 via 172.30.0.1", "5 route n7 tun0 10.60.0.0/16 via 10.8.0.5", "7 hosts n7 eth0 172.30.0.0/20"}},
		{"route of CentOS 6", "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n172.30.0.0      *               255.255.240.0   U     0      0        0 em1\nlink-local      *               255.255.0.0     U     1002   0        0 em1\ndefault         rt1.lan         0.0.0.0         UG    0      0        0 em1\n", "",
			[]string{"3 hosts  em1 172.30.0.0/20"}},
		{"hostname -I behind zsh", "ops@n7 ~ % hostname -I\n172.30.9.4 10.60.2.0 10.60.2.1 fd60:1::4 \n", "", []string{"2 hosts n7 hostname 172.30.9.4/32", "2 hosts n7 hostname fd60:1::4/128"}},
		{"nmcli con show", "connection.id:                          ens192\nconnection.interface-name:              ens192\nipv4.method:                            manual\nipv4.dns:                               172.30.0.2,10.96.0.10\nipv4.addresses:                         172.30.9.4/20\nipv4.gateway:                           172.30.0.1\nipv4.routes:                            { ip = 10.60.0.0/16, nh = 172.30.9.200 }; { ip = 10.61.0.0/16, nh = 172.30.9.201 }\n", "",
			[]string{"5 hosts  ens192 172.30.9.4/20", "6 gateway  ens192 via 172.30.0.1", "7 route  ens192 10.60.0.0/16 via 172.30.9.200", "7 route  ens192 10.61.0.0/16 via 172.30.9.201", "4 resolver  ens192 via 172.30.0.2", "4 resolver  ens192 via 10.96.0.10"}},
		{"nmcli -t device show", "GENERAL.DEVICE:eth0\nGENERAL.MTU:1500\nIP4.ADDRESS[1]:172.30.9.4/20\nIP4.GATEWAY:172.30.0.1\nIP4.ROUTE[1]:dst = 172.30.0.0/20, nh = 0.0.0.0, mt = 100\n", "",
			[]string{"3 hosts  eth0 172.30.9.4/20", "1 link-mtu  eth0 1500", "4 gateway  eth0 via 172.30.0.1"}},
		{"resolvectl dns", "Global:\nLink 2 (ens192): 172.30.0.2 10.96.0.10\nLink 3 (docker0):\n", "", []string{"2 resolver  ens192 via 172.30.0.2", "2 resolver  ens192 via 10.96.0.10"}},
		{"netplan with names and VLANs", "# cloud-init\nnetwork:\n    version: 2\n    ethernets:\n        nic:\n            match: {macaddress: '52:54:00:aa:00:01'}\n            set-name: lan0\n            dhcp4: true\n    vlans:\n        vlan40:\n            id: 40\n            link: lan0\n            addresses: [10.40.0.4/22]\n", "",
			[]string{"13 hosts  vlan40 10.40.0.4/22"}},
		{"interfaces of both families", "source /etc/network/interfaces.d/*\n\nallow-hotplug eth0\niface eth0 inet static\n\taddress 172.30.9.4/20\n\tgateway 172.30.0.1\n\tmtu 9000\n\niface eth0 inet6 static\n\taddress fd60:1::4\n\tnetmask 64\n", "",
			[]string{"5 hosts  eth0 172.30.9.4/20", "10 hosts  eth0 fd60:1::4/64", "4 link-mtu  eth0 9000", "6 gateway  eth0 via 172.30.0.1"}},
		{"a .network with parts", "[Match]\nName=en*\n\n[Network]\nDHCP=no\n\n[Address]\nAddress=172.30.9.4/20\n\n[Address]\nAddress=fd60:1::4/64\n\n[Route]\nDestination=10.60.0.0/16\nGateway=172.30.9.200\n", "",
			[]string{"8 hosts  en* 172.30.9.4/20", "11 hosts  en* fd60:1::4/64", "14 route  en* 10.60.0.0/16 via 172.30.9.200"}},
		{"resolv.conf of Windows ends", "# x\r\nsearch lan\r\nnameserver 172.30.0.2\r\n", "n7", []string{"3 resolver n7 nameserver via 172.30.0.2"}},
		{"daemon.json with more", "{\n  \"exec-opts\": [\"native.cgroupdriver=systemd\"],\n  \"log-driver\": \"json-file\",\n  \"bip\": \"10.60.0.1/20\"\n}\n", "n7", []string{"4 reserved n7 bip 10.60.0.0/20"}},
		{"docker network inspect bridge", "root@n7:~# docker network inspect bridge\n[\n    {\n        \"Name\": \"bridge\",\n        \"Id\": \"aaaaaaaaaaaabbbbbbbbbbbb\",\n        \"Scope\": \"local\",\n        \"Driver\": \"bridge\",\n        \"EnableIPv6\": false,\n        \"IPAM\": {\n            \"Driver\": \"default\",\n            \"Options\": null,\n            \"Config\": [\n                {\n                    \"Subnet\": \"172.17.0.0/16\",\n                    \"Gateway\": \"172.17.0.1\"\n                }\n            ]\n        },\n        \"Containers\": {},\n        \"Options\": {\n            \"com.docker.network.bridge.name\": \"docker0\"\n        }\n    }\n]\n", "",
			[]string{"14 reserved n7 bridge 172.17.0.0/16"}},
		{"CRI-O with a list that is none", "{\n  \"cniVersion\": \"1.0.0\",\n  \"name\": \"crio\",\n  \"type\": \"bridge\",\n  \"bridge\": \"cni0\",\n  \"isGateway\": true,\n  \"ipam\": {\n    \"type\": \"host-local\",\n    \"routes\": [{ \"dst\": \"0.0.0.0/0\" }],\n    \"ranges\": [\n      [{ \"subnet\": \"10.85.0.0/16\", \"rangeStart\": \"10.85.0.10\" }]\n    ]\n  }\n}\n", "n7", []string{"11 cni n7 crio: bridge 10.85.0.0/16"}},
		{"Calico with host-local", "{\"name\":\"k8s-pod-network\",\"cniVersion\":\"0.3.1\",\"plugins\":[{\"type\":\"calico\",\"nodename\":\"n7\",\"ipam\":{\"type\":\"host-local\",\"subnet\":\"usePodCidr\"}}]}\n", "n7", nil},
		{"iptables -S", "-P FORWARD ACCEPT\n-N FLANNEL-FWD\n-A FORWARD -m comment --comment \"flanneld forward\" -j FLANNEL-FWD\n-A FLANNEL-FWD -s 10.60.0.0/16 -m comment --comment \"flanneld forward\" -j ACCEPT\n-A FLANNEL-FWD -d 10.60.0.0/16 -m comment --comment \"flanneld forward\" -j ACCEPT\n", "n7", []string{"4 flannel-network n7 flannel rule 10.60.0.0/16"}},
		{"ipvsadm -ln", "n7:~ # ipvsadm -ln\nIP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  10.96.0.1:443 rr persistent 10800\n  -> 172.30.9.4:6443              Masq    1      0          0         \n", "", []string{"5 virtual-server n7 ipvs via 10.96.0.1"}},
		{"a drop-in with proxies", "[Service]\nEnvironment=\"HTTP_PROXY=http://172.30.0.9:3128\" \"NO_PROXY=localhost,172.30.0.0/20,10.96.0.0/12\"\n", "n7", []string{"2 no-proxy n7 NO_PROXY 172.30.0.0/20", "2 no-proxy n7 NO_PROXY 10.96.0.0/12"}},
		{"/etc/environment", "PATH=\"/usr/bin\"\nno_proxy=\"127.0.0.1,localhost,10.60.0.0/16\"\n", "", []string{"2 no-proxy  no_proxy 127.0.0.1/32", "2 no-proxy  no_proxy 10.60.0.0/16"}},
		{"ip route under an oh-my-zsh prompt", "➜  ~ ip route\ndefault via 172.30.0.1 dev wlp2s0 proto dhcp metric 600\n172.30.0.0/20 dev wlp2s0 proto kernel scope link src 172.30.9.4 metric 600\n", "", []string{"2 gateway  wlp2s0 via 172.30.0.1", "3 hosts  wlp2s0 172.30.9.4/20"}},
		{"ip a of a host with bonds and VLANs", "4: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 9000 qdisc noqueue state UP group default qlen 1000\n    link/ether 0a:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n5: bond0.40@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9000 qdisc noqueue state UP group default qlen 1000\n    inet 10.40.0.4/22 brd 10.40.3.255 scope global bond0.40\n", "", []string{"1 link-mtu  bond0 9000", "4 hosts  bond0.40 10.40.0.4/22", "3 link-mtu  bond0.40 9000", "1 links  links bond0,bond0.40"}},
		{"a policy table and a gateway of RFC 5549", "10.60.0.0/16 via inet6 fe80::9 dev ens192 proto bgp metric 20\ndefault via 172.30.0.1 dev ens192 table 200\n", "", []string{"1 route  ens192 10.60.0.0/16 via fe80::9"}},
		{"a sentence about routes", "The default route goes via 10.0.0.1 dev eth0, and 10.60.0.0/16 dev cni0 is missing.\n10.60.0.0/16 dev cni0 should be there\n", "", nil},
		{"kubectl get nodes -o wide", "root@n7:~# kubectl get nodes -o wide\nNAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE\nn7 Ready <none> 9d v1.31.0 172.30.9.4 <none> Debian\n", "", nil},
	} {
		h, _ := Read([]byte(tt.in))
		if d := cmp.Diff(tt.want, says(h.Statements("host", tt.host))); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
	}
}

// TestStrangerMore: more of the kind of TestStranger.
func TestStrangerMore(t *testing.T) {
	for _, tt := range []struct {
		why, in, host string
		want          []string
	}{
		{"a node of kind behind docker exec", "root@kind-worker:/# ip -br a\nlo               UNKNOWN        127.0.0.1/8 ::1/128 \nveth1234@if2     UP             10.244.1.1/32 \neth0@if9         UP             172.18.0.3/16 fc00:f853::3/64 \n", "", []string{"4 hosts kind-worker eth0 172.18.0.3/16", "4 hosts kind-worker eth0 fc00:f853::3/64", "2 links kind-worker links eth0,lo,veth1234"}},
		{"ip r in a pod of a Deployment", "root@web-5d4f8b7c9d-x7k2p:/# ip r\ndefault via 10.244.1.1 dev eth0 \n10.244.0.0/16 via 10.244.1.1 dev eth0 \n10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.7 \n", "", []string{"3 route web-5d4f8b7c9d-x7k2p eth0 10.244.0.0/16 via 10.244.1.1", "4 unsure-hosts web-5d4f8b7c9d-x7k2p eth0 10.244.1.7/24"}},
		{"resolv.conf in a pod, behind a prompt", "/ # cat /etc/resolv.conf\nsearch default.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n/ #\n", "", []string{"3 pod-resolver  nameserver via 10.96.0.10"}},
		{"two commands without prompts", "2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n    inet 172.30.9.4/20 scope global ens3\n\nKernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n0.0.0.0         172.30.0.1      0.0.0.0         UG    0      0        0 ens3\n172.30.0.0      0.0.0.0         255.255.240.0   U     0      0        0 ens3\n", "n7", []string{"2 hosts n7 ens3 172.30.9.4/20", "1 link-mtu n7 ens3 1500", "6 gateway n7 ens3 via 172.30.0.1"}},
		{"ip route get", "10.244.2.5 via 10.244.2.0 dev flannel.1 src 10.244.1.0 uid 0 \n    cache \n", "n7", nil},
		{"flannel.1 of IPv6 and a stale cni0", "5: flannel-v6.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1430 qdisc noqueue state UNKNOWN group default \n    inet6 fd60:2:3::/128 scope global \n       valid_lft forever preferred_lft forever\n6: cni0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1450 qdisc noqueue state DOWN group default qlen 1000\n    inet 10.200.29.1/24 brd 10.200.29.255 scope global cni0\n", "n7", []string{"2 node-pods n7 flannel-v6.1 fd60:2:3::/128", "1 link-mtu n7 flannel-v6.1 1430", "5 node-pods n7 cni0 10.200.29.1/24", "1 links n7 links cni0,flannel-v6.1"}},
		{"flannel0 of UDP", "10.10.0.0/16 dev flannel0 proto kernel scope link src 10.10.29.0\n10.10.29.0/24 dev docker0 proto kernel scope link src 10.10.29.1\n172.30.0.0/20 dev eth0 proto kernel scope link src 172.30.9.4\n", "", []string{"1 node-pods  flannel0 10.10.29.0/32", "2 node-pods  docker0 10.10.29.1/24", "3 hosts  eth0 172.30.9.4/20"}},
		{"tailscale and podman", "2: wlan0: <UP> mtu 1500\n    inet 192.168.4.2/24 scope global dynamic wlan0\n3: tailscale0: <POINTOPOINT,UP> mtu 1280\n    inet 100.101.102.103/32 scope global tailscale0\n4: podman0: <UP> mtu 1500\n    inet 10.88.0.1/16 scope global podman0\n", "", []string{"2 hosts  wlan0 192.168.4.2/24", "1 link-mtu  wlan0 1500", "4 reserved  tailscale0 100.101.102.103/32", "6 reserved  podman0 10.88.0.0/16", "1 links  links podman0,tailscale0,wlan0"}},
		{"route -n with -v in front", "root@n7:~$ route -v\nKernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\ndefault         172.30.0.1      0.0.0.0         UG    100    0        0 ens5\n10.60.128.0     172.30.0.9      255.255.240.0   UG    0      0        0 ens5\n172.30.0.0      0.0.0.0         255.255.240.0   U     100    0        0 ens5\n", "", []string{"4 gateway n7 ens5 via 172.30.0.1", "5 route n7 ens5 10.60.128.0/20 via 172.30.0.9", "6 hosts n7 ens5 172.30.0.0/20"}},
		{"netplan without links", "network:\n  version: 2\n", "", nil},
		{"docker network ls", "NETWORK ID     NAME      DRIVER    SCOPE\n0a1b2c3d4e5f   bridge    bridge    local\n", "", nil},
		{"a file of podman", "{\n \"name\": \"podman\",\n \"driver\": \"bridge\",\n \"network_interface\": \"podman0\",\n \"subnets\": [\n  {\"subnet\": \"10.89.0.0/24\", \"gateway\": \"10.89.0.1\"}\n ]\n}\n", "n7", []string{"6 reserved n7 podman 10.89.0.0/24"}},
		{"minikube's bridge", "{\n  \"cniVersion\": \"0.4.0\",\n  \"name\": \"bridge\",\n  \"plugins\": [\n    {\n      \"type\": \"bridge\",\n      \"bridge\": \"bridge\",\n      \"ipam\": {\n          \"type\": \"host-local\",\n          \"subnet\": \"10.244.0.0/16\"\n      }\n    }\n  ]\n}\n", "n7", []string{"10 cni n7 bridge: bridge 10.244.0.0/16"}},
		{"a here-document of a CNI file", "cat <<EOF | sudo tee /etc/cni/net.d/10-bridge.conf\n{\"cniVersion\":\"1.0.0\",\"name\":\"bridge\",\"type\":\"bridge\",\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.200.0.0/24\"}]]}}\nEOF\n", "", nil},
		{"wg of a site", "root@n7:~# wg\ninterface: wg0\n  public key: aaaa\n  private key: (hidden)\n  listening port: 51820\n\npeer: bbbb\n  preshared key: (hidden)\n  endpoint: [fd60::9]:51820\n  allowed ips: fd60:9::/48\n", "", []string{"10 reserved n7 wg0 fd60:9::/48"}},
		{"iptables of kube-proxy with NodeCIDR and cni", "*nat\n-A KUBE-SVC-AAAA ! -s 10.60.2.0/24 -d 10.96.0.1/32 -p tcp -m comment --comment \"default/kubernetes:https cluster IP\" -m tcp --dport 443 -j KUBE-MARK-MASQ\n-A POSTROUTING -s 10.88.0.4/32 -m comment --comment \"name: \\\"podman\\\" id: \\\"0\\\"\" -j CNI-0a\n-A CNI-0a -d 10.88.0.0/16 -m comment --comment \"name: \\\"podman\\\" id: \\\"0\\\"\" -j ACCEPT\nCOMMIT\n", "n7", []string{"2 proxy-pods n7 kube-proxy rule 10.60.2.0/24", "2 cluster-ip  default/kubernetes via 10.96.0.1", "4 cni n7 podman: bridge 10.88.0.0/16"}},
		{"hosts of cloud-init", "# Your system has configured 'manage_etc_hosts' as True.\n127.0.1.1 n7.lan n7\n127.0.0.1 localhost\n\n# The following lines are desirable for IPv6 capable hosts\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n172.30.9.10 cp.lan cp\n", "", []string{"8 address cp.lan hosts via 172.30.9.10"}},
		{"an inventory of Ansible", "[all]\nn1 ansible_host=172.30.9.1 ip=172.30.9.1\n[kube_node]\nn1\n", "", nil},
		{"Corefile", ".:53 {\n    forward . 172.30.0.2\n    bind 169.254.20.10 10.96.0.10\n}\n", "", nil},
		{"an IPPool", "apiVersion: crd.projectcalico.org/v1\nkind: IPPool\nspec:\n  cidr: 10.60.0.0/16\n", "", nil},
		{"output of ping", "PING 10.96.0.10 (10.96.0.10) 56(84) bytes of data.\nFrom 172.30.0.1 icmp_seq=1 Destination Host Unreachable\n", "", nil},
		{"an nftables file of one's own", "table inet filter {\n\tchain input {\n\t\tip saddr 10.0.0.0/8 accept\n\t}\n}\n", "", nil},
		{"docker inspect of a container", "[{\"Id\":\"0a\",\"Name\":\"/x\",\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAMConfig\":null,\"IPAddress\":\"172.17.0.2\"}}}}]", "", nil},
		{"a kubelet configuration", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\nresolvConf: /run/systemd/resolve/resolv.conf\n", "", nil},
		{"networkctl without status", "IDX LINK TYPE     OPERATIONAL SETUP\n  1 lo   loopback carrier     unmanaged\n  2 eth0 ether    routable    configured\n", "", nil},
	} {
		h, _ := Read([]byte(tt.in))
		if d := cmp.Diff(tt.want, says(h.Statements("host", tt.host))); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
	}
}
