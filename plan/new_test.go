package plan

import (
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go4.org/netipx"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var equateAddrs = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

// Pins reads a list of role=prefix.
func pins(list string) []Pin {
	var out []Pin
	for _, s := range strings.Fields(list) {
		role, p, _ := strings.Cut(s, "=")
		out = append(out, Pin{fact.Role(role), netip.MustParsePrefix(p)})
	}
	return out
}

// ranges writes the ranges of a plan: "hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.244.0.0/16".
func ranges(p *Plan) string {
	var out []string
	for _, r := range p.Ranges {
		out = append(out, fmt.Sprintf("%s %v", r.Role, r.Prefix))
	}
	return strings.Join(out, ", ")
}

func TestNew(t *testing.T) {
	dual, dual6, six := []fact.Family{fact.IPv4, fact.IPv6}, []fact.Family{fact.IPv6, fact.IPv4}, []fact.Family{fact.IPv6}
	for _, tt := range []struct {
		name string // what the row is there for
		req  Request
		want string
		mask [2]int // node masks, IPv4 and IPv6
	}{
		{"the zero request", Request{},
			"hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.244.0.0/16", [2]int{24, 0}},
		{"hosts beside the familiar ranges", Request{Hosts: prefixtest.List("192.168.10.0/24")},
			"hosts 192.168.10.0/24, services 10.96.0.0/12, pods 10.244.0.0/16", [2]int{24, 0}},
		{"public hosts, outside of the space to draw from", Request{Hosts: prefixtest.List("203.0.113.0/24 198.51.100.0/25")},
			"hosts 203.0.113.0/24, hosts 198.51.100.0/25, services 10.96.0.0/12, pods 10.244.0.0/16", [2]int{24, 0}},
		{"hosts in the familiar pod range: pods move", Request{Hosts: prefixtest.List("10.244.3.0/24")},
			"hosts 10.244.3.0/24, services 10.96.0.0/12, pods 10.244.16.0/20", [2]int{24, 0}},
		{"a part of the familiar service range is taken: its base stays", Request{Avoid: plantest.Avoid("10.100.0.0/16")},
			"hosts 10.0.0.0/24, services 10.96.0.0/22, pods 10.244.0.0/16", [2]int{24, 0}},
		{"all of 10.0.0.0/8 is the hosts': the next private range", Request{Hosts: prefixtest.List("10.0.0.0/8")},
			"hosts 10.0.0.0/8, services 192.168.16.0/22, pods 192.168.0.0/20", [2]int{24, 0}},
		{"Docker's and libvirt's ranges come last", Request{Within: prefixtest.List("172.16.0.0/12 192.168.120.0/22"), Hosts: prefixtest.List("192.0.2.0/24")},
			"hosts 192.0.2.0/24, services 172.16.16.0/22, pods 172.16.0.0/20", [2]int{24, 0}},
		{"all of IPv4 to draw from, the hosts in 10.0.0.0/8: private space comes first", Request{Within: prefixtest.List("0.0.0.0/0"), Hosts: prefixtest.List("10.0.0.0/8")},
			"hosts 10.0.0.0/8, services 192.168.112.0/22, pods 192.168.96.0/20", [2]int{24, 0}},
		{"public space is all there is", Request{Within: prefixtest.List("203.0.113.0/24 198.51.96.0/19"), Hosts: prefixtest.List("192.0.2.0/24"), Services: 200},
			"hosts 192.0.2.0/24, services 203.0.113.0/24, pods 198.51.96.0/20", [2]int{24, 0}},
		{"Docker's ranges are all there is", Request{Within: prefixtest.List("172.17.0.0/16"), Hosts: prefixtest.List("192.0.2.0/24")},
			"hosts 192.0.2.0/24, services 172.17.16.0/22, pods 172.17.0.0/20", [2]int{24, 0}},
		{"1,000 nodes: the /14 around the familiar range", Request{Nodes: 1000},
			"hosts 10.0.0.0/22, services 10.96.0.0/12, pods 10.244.0.0/14", [2]int{24, 0}},
		{"65,536 nodes: pods take 10.0.0.0/8, the familiar services give way", Request{Nodes: 65536, HostCount: 1000},
			"hosts 192.168.4.0/22, services 192.168.0.0/22, pods 10.0.0.0/8", [2]int{24, 0}},
		{"best fit: the small block is used, the large one survives",
			Request{Within: prefixtest.List("10.1.0.0/16 10.2.8.0/22 10.3.0.0/20"), Hosts: prefixtest.List("192.0.2.0/24")},
			"hosts 192.0.2.0/24, services 10.2.8.0/22, pods 10.3.0.0/20", [2]int{24, 0}},
		{"exactly full", Request{Within: prefixtest.List("10.0.0.0/27"), Nodes: 2, NodeMaskIPv4: 29, PodsPerNode: 5, Services: 12, Hosts: prefixtest.List("192.0.2.0/24")},
			"hosts 192.0.2.0/24, services 10.0.0.0/28, pods 10.0.0.16/28", [2]int{29, 0}},
		{"room to double three times: services can grow into the familiar range", Request{Grow: 3},
			"hosts 10.0.0.0/24, services 10.96.0.0/15, pods 10.244.0.0/16", [2]int{24, 0}},
		{"room to double ten times: 10.0.0.0/8 has no room for a larger range that can", Request{Grow: 10, Hosts: prefixtest.List("192.0.2.0/24"), Services: 200},
			"hosts 192.0.2.0/24, services 10.96.0.0/22, pods 10.244.0.0/20", [2]int{24, 0}},
		{"room to double nine times: half of the familiar range, which can", Request{Grow: 9, Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("services=172.16.0.0/16")},
			"hosts 192.0.2.0/24, services 172.16.0.0/16, pods 10.244.0.0/17", [2]int{24, 0}},
		{"dual-stack", Request{Name: "kubernetes", Families: dual},
			"hosts 10.0.0.0/24, hosts fd01:6d86:e7ae::/64, services 10.96.0.0/12, services fd01:6d86:e7ae:4000::/112, " +
				"pods 10.244.0.0/16, pods fd01:6d86:e7ae:8000::/56", [2]int{24, 64}},
		{"dual-stack, IPv6 first: the same ranges in the other order", Request{Families: dual6},
			"hosts fd01:6d86:e7ae::/64, hosts 10.0.0.0/24, services fd01:6d86:e7ae:4000::/112, services 10.96.0.0/12, " +
				"pods fd01:6d86:e7ae:8000::/56, pods 10.244.0.0/16", [2]int{24, 64}},
		{"dual-stack with IPv4 hosts alone: they get IPv6 addresses too", Request{Families: dual, Hosts: prefixtest.List("10.0.0.0/24")},
			"hosts 10.0.0.0/24, hosts fd01:6d86:e7ae::/64, services 10.96.0.0/12, services fd01:6d86:e7ae:4000::/112, " +
				"pods 10.244.0.0/16, pods fd01:6d86:e7ae:8000::/56", [2]int{24, 64}},
		{"another name, another ULA", Request{Name: "blue", Families: six},
			"hosts fd08:128e:d548::/64, services fd08:128e:d548:4000::/112, pods fd08:128e:d548:8000::/56", [2]int{0, 64}},
		{"1,000 nodes of IPv6", Request{Nodes: 1000, Families: six},
			"hosts fd01:6d86:e7ae::/64, services fd01:6d86:e7ae:4000::/112, pods fd01:6d86:e7ae:8000::/54", [2]int{0, 64}},
		{"an IPv6 /64 is all there is: node subnets shrink", Request{Families: six, Within: prefixtest.List("fd00:1::/64")},
			"hosts fd00:1::1000:0:1:0/124, services fd00:1:0:0:1000::/112, pods fd00:1::/68", [2]int{0, 72}},
		{"an IPv6 pod range that is pinned decides the node mask", Request{Families: six, Pins: pins("pods=2001:db8:42::/64")},
			"hosts fd01:6d86:e7ae::/64, services fd01:6d86:e7ae:4000::/112, pods 2001:db8:42::/64", [2]int{0, 72}},
		{"a short IPv6 pod range that is pinned: 16 bits to the node mask", Request{Families: six, Pins: pins("pods=fd00::/40")},
			"hosts fd01:6d86:e7ae::/64, services fd01:6d86:e7ae:4000::/112, pods fd00::/40", [2]int{0, 56}},
		{"an IPv6 pod range with too few /64s: node subnets that end at a byte", Request{Families: six, Nodes: 1000, Pins: pins("pods=2001:db8:42::/56")},
			"hosts fd01:6d86:e7ae::/64, services fd01:6d86:e7ae:4000::/112, pods 2001:db8:42::/56", [2]int{0, 72}},
		{"a large IPv4 pod range that is pinned: 16 bits to the node mask", Request{PodsPerNode: 30, Pins: pins("pods=10.0.0.0/8")},
			"hosts 192.168.4.0/24, services 192.168.0.0/22, pods 10.0.0.0/8", [2]int{24, 0}},
		{"everything pinned", Request{Pins: pins("hosts=10.0.0.0/24 services=10.1.0.0/20 pods=10.2.0.0/16")},
			"hosts 10.0.0.0/24, services 10.1.0.0/20, pods 10.2.0.0/16", [2]int{24, 0}},
		{"hosts given twice, and a part of them", Request{Hosts: prefixtest.List("10.9.0.0/16 10.9.8.0/24 10.9.0.0/16")},
			"hosts 10.9.0.0/16, services 10.96.0.0/12, pods 10.244.0.0/16", [2]int{24, 0}},
		{"hosts in a range that others use: nothing else goes there", Request{Hosts: prefixtest.List("10.20.0.0/24"), Avoid: plantest.Avoid("10.0.0.0/8")},
			"hosts 10.20.0.0/24, services 192.168.16.0/22, pods 192.168.0.0/20", [2]int{24, 0}},
		{"kubeadm v1.22 takes node subnets for a /24 whatever they are", Request{Kubernetes: fact.V(1, 22, 0), Nodes: 3, PodsPerNode: 16, Within: prefixtest.List("10.64.0.0/10")},
			"hosts 10.112.1.0/24, services 10.96.0.0/12, pods 10.112.0.0/24", [2]int{27, 0}},
		{"kubeadm v1.20 reads the node mask", Request{Kubernetes: fact.V(1, 20, 0), Nodes: 3, PodsPerNode: 16, Within: prefixtest.List("10.64.0.0/10")},
			"hosts 10.112.1.0/24, services 10.96.0.0/12, pods 10.112.0.0/25", [2]int{27, 0}},
		{"v1.19 does not limit the bits of an IPv4 pod range", Request{Kubernetes: fact.V(1, 19, 0), Nodes: 100000, PodsPerNode: 10, HostCount: 1000, Services: 200},
			"hosts 10.0.0.0/22, services 10.96.0.0/12, pods 10.192.0.0/10", [2]int{27, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := New(tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, ranges(p)); diff != "" {
				t.Errorf("ranges (-want +got):\n%s", diff)
			}
			if got := [2]int{p.NodeMaskIPv4, p.NodeMaskIPv6}; got != tt.mask {
				t.Errorf("node masks %v, want %v", got, tt.mask)
			}
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
			again, err := New(tt.req)
			if diff := cmp.Diff(p, again, equateAddrs, cmpopts.EquateErrors()); err != nil || diff != "" {
				t.Errorf("a second run differs: %v\n%s", err, diff)
			}
			same, err := New(p.Request)
			if err != nil || ranges(same) != ranges(p) {
				t.Errorf("the request with its defaults gives another plan: %v, %v", same, err)
			}
		})
	}
}

func TestNewInfeasible(t *testing.T) {
	for _, tt := range []struct {
		name    string
		req     Request
		err     string   // the message up to the relaxations
		relax   []string // some relaxations, in their order
		instead string   // ranges of the alternative
	}{
		{"issue: 5,000 nodes with 250 pods in a /14", Request{Nodes: 5000, PodsPerNode: 250, Within: prefixtest.List("10.0.0.0/14")},
			"IPv4: 10.0.0.0/14 has no room for pods /10, hosts /19, services /22: 1 block of /10 is needed, 0 are free, 1 is missing",
			[]string{"draw from 10.0.0.0/9 instead of 10.0.0.0/14", "250 -> 8 pods on a node", "5,000 -> 256 nodes"},
			"hosts 10.112.0.0/19, services 10.96.0.0/12, pods 10.0.0.0/10"},
		{"issue: hosts in all of 10.0.0.0/8, both others pinned in it",
			Request{Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=10.1.0.0/16 pods=10.244.0.0/16")},
			"pin services 10.1.0.0/16 overlaps hosts 10.0.0.0/8; pin pods 10.244.0.0/16 overlaps hosts 10.0.0.0/8",
			[]string{"services not pinned to 10.1.0.0/16 and pods not pinned to 10.244.0.0/16", "hosts elsewhere"},
			"hosts 10.0.0.0/8, services 192.168.16.0/22, pods 192.168.0.0/20"},
		{"issue: fewer nodes, or a range to give up",
			Request{Nodes: 1024, Within: prefixtest.List("10.0.0.0/12"), Avoid: plantest.Avoid("10.8.0.0/13 10.4.0.0/14")},
			"IPv4: 10.0.0.0/12 has no room for pods /14, hosts /21, services /22: 129 blocks of /21 are needed, 128 are free, 1 is missing; in the way: 10.8.0.0/13 (vpn), 10.4.0.0/14 (vpn)",
			[]string{"1,024 -> 512 nodes", "give up 10.8.0.0/13 (vpn)"}, ""},
		{"pins that overlap each other", Request{Pins: pins("services=10.96.0.0/12 pods=10.100.0.0/16")},
			"pin services 10.96.0.0/12 overlaps pin pods 10.100.0.0/16",
			[]string{"services not pinned to 10.96.0.0/12", "pods not pinned to 10.100.0.0/16"},
			"hosts 10.0.0.0/24, services 10.96.0.0/22, pods 10.100.0.0/16"},
		{"a pin in a range to avoid", Request{Pins: pins("pods=10.8.0.0/16"), Avoid: plantest.Avoid("10.8.0.0/13")},
			"pin pods 10.8.0.0/16 overlaps 10.8.0.0/13 (vpn)",
			[]string{"pods not pinned to 10.8.0.0/16", "give up 10.8.0.0/13 (vpn)"},
			"hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.244.0.0/16"},
		{"a pod range that is pinned and too small", Request{Nodes: 10, Pins: pins("pods=10.244.0.0/22")},
			"pods 10.244.0.0/22: /20 or larger is needed, it is a /22 with 4 node subnets",
			[]string{"pods 10.244.0.0/20, which contains 10.244.0.0/22: nodes keep what they have", "110 -> 32 pods on a node", "pods not pinned to 10.244.0.0/22", "10 -> 4 nodes"}, ""},
		{"a service range that is pinned and too small", Request{Pins: pins("services=10.96.0.0/24")},
			"services 10.96.0.0/24: /22 or larger is needed, it is a /24",
			[]string{"services /22 -> /24 (1,000 -> 252 services)", "services not pinned to 10.96.0.0/24"}, ""},
		{"a service range that is pinned and too large for kubeadm", Request{Pins: pins("services=10.0.0.0/10")},
			"services 10.0.0.0/10: /12 is the largest that kubeadm takes (20 bits), it is a /10; use a /12 to /22",
			[]string{"services not pinned to 10.0.0.0/10"}, ""},
		{"a pod range that is pinned and too large for its node mask", Request{NodeMaskIPv4: 26, PodsPerNode: 30, Pins: pins("pods=10.0.0.0/8")},
			"pods 10.0.0.0/8: at most 16 bits may lie between pod range and node subnet, /8 to /26 are 18; use a /10 or longer, or a node mask of /24 or shorter",
			[]string{"node masks as derived from the pods of a node", "pods not pinned to 10.0.0.0/8"}, ""},
		{"a node mask too long for the pods of a node", Request{NodeMaskIPv4: 26},
			"IPv4 pods: a node subnet of /26 holds 61 pods at a time, 110 are asked for; use a node mask of /25 or shorter, or fewer pods per node",
			[]string{"110 -> 61 pods on a node", "node masks as derived from the pods of a node"}, ""},
		{"three things at once", Request{Nodes: 70000, Surge: 100000, Services: 1 << 29, HostCount: 1000},
			"IPv4 services: /12 is the largest that kubeadm takes (20 bits), /2 is needed",
			[]string{"100,000 -> 0 nodes more during a rollout and services /2 -> /12 (536,870,912 -> 1,048,572 services) and 70,000 -> 65,536 nodes"}, ""},
		{"a family can be given up, but two numbers cost less",
			Request{Families: []fact.Family{fact.IPv4, fact.IPv6}, Grow: 9, Services: 400000, Within: prefixtest.List("203.0.0.0/14 fd00::/48"), Avoid: plantest.Avoid("203.2.0.0/15 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10")},
			"IPv4: 203.0.0.0/14 has no room for pods /11, services /12, hosts /19",
			[]string{"IPv6 alone", "room to double 9 times -> not even once and services /13 -> /16 (400,000 -> 65,532 services)"}, ""},
		{"both families are short: each draws from more", Request{Families: []fact.Family{fact.IPv4, fact.IPv6}, Within: prefixtest.List("10.0.0.0/24 fd00::/122")},
			"IPv4: 10.0.0.0/24 has no room for pods /20",
			[]string{"draw from 10.0.0.0/19 instead of 10.0.0.0/24 and draw from fd00::/115 instead of fd00::/122"}, ""},
		{"two blocks become one", Request{Within: prefixtest.List("10.0.0.0/24 10.0.2.0/24")},
			"IPv4: 10.0.0.0/24,10.0.2.0/24 have no room for pods /20",
			[]string{"draw from 10.0.0.0/19 instead of 10.0.0.0/24 and 10.0.2.0/24", "draw from 172.16.0.0/12 as well"}, ""},
		{"more nodes than 16 bits number", Request{Nodes: 100000},
			"IPv4 pods: at most 16 bits may lie between pod range and node subnet, which is 65,536 nodes; asked for are 100,000 nodes with a /24 each: 131,072 subnets are /7",
			[]string{"100,000 -> 65,536 nodes"}, ""},
		{"more services than kubeadm takes", Request{Services: 2000000},
			"IPv4 services: /12 is the largest that kubeadm takes (20 bits), /11 is needed: 2,000,000 services",
			[]string{"services /11 -> /12 (2,000,000 -> 1,048,572 services)"}, ""},
		{"one node less, as one host address is short", Request{Nodes: 254, Within: prefixtest.List("10.0.0.0/16 10.1.0.0/22 10.2.0.0/24")},
			"IPv4: 10.0.0.0/16,10.1.0.0/22,10.2.0.0/24 have no room for pods /16, services /22, hosts /23: 131 blocks of /23 are needed, 130 are free, 1 is missing",
			[]string{"254 -> 253 nodes"}, ""},
		{"more IPv6 services than v1.32 hands out", Request{Services: 65534, Families: []fact.Family{fact.IPv6}, Kubernetes: fact.V(1, 32, 0)},
			"IPv6 services: before v1.33 no more than 65,535 addresses of an IPv6 range are handed out: 65,534 services",
			[]string{"services /111 -> /112 (65,534 -> 65,533 services)"}, ""},
		{"the last doubling does not fit", Request{Grow: 4, Within: prefixtest.List("10.0.0.0/17"), Hosts: prefixtest.List("192.0.2.0/24")},
			"IPv4: 10.0.0.0/17 has no room for pods /16, services /18: 1 block of /16 is needed, 0 are free, 1 is missing",
			[]string{"room to double 4 times -> twice"}, ""},
		{"one family of two is short", Request{Families: []fact.Family{fact.IPv4, fact.IPv6}, Within: prefixtest.List("fd00::/125")},
			"IPv6: fd00::/125 has no room for pods /116, services /118, hosts /124",
			[]string{"IPv4 alone"}, ""},
		{"nothing is free at all", Request{Avoid: plantest.Avoid("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16")},
			"IPv4: 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16 have no room for pods /20, services /22, hosts /28: 1 block of /20 is needed, 0 are free, 1 is missing; " +
				"in the way: 10.0.0.0/8 (vpn), 172.16.0.0/12 (vpn), 192.168.0.0/16 (vpn)",
			[]string{"give up 10.0.0.0/8 (vpn)"}, ""},
		{"two things at once", Request{Nodes: 4096, Services: 500000, Within: prefixtest.List("10.0.0.0/16"), Hosts: prefixtest.List("192.0.2.0/24")},
			"IPv4: 10.0.0.0/16 has no room for pods /12, services /13",
			[]string{"draw from 10.0.0.0/11 instead of 10.0.0.0/16"}, ""},
		{"two things at once, public space, which is not widened", Request{Nodes: 4096, Services: 500000, Within: prefixtest.List("198.18.0.0/16"),
			Hosts: prefixtest.List("192.0.2.0/24"), Avoid: plantest.Avoid("10.0.0.0/8 172.16.0.0/12 100.64.0.0/10 192.168.0.0/16")},
			"IPv4: 198.18.0.0/16 has no room for pods /12, services /13",
			[]string{"services /13 -> /17 (500,000 -> 32,764 services) and 4,096 -> 128 nodes"}, ""},
		{"contradictory, and too much", Request{Nodes: 100000, Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=10.1.0.0/16")},
			"pin services 10.1.0.0/16 overlaps hosts 10.0.0.0/8; IPv4 pods: at most 16 bits",
			[]string{"services not pinned to 10.1.0.0/16 and 100,000 -> 4,096 nodes"}, ""},
		{"a ULA is full with 65,536 nodes: another one", Request{Nodes: 65536, HostCount: 1000, Families: []fact.Family{fact.IPv6}, NodeMaskIPv6: 64},
			"IPv6: fd01:6d86:e7ae::/48 has no room for pods /48, services /118, hosts /118",
			[]string{"node masks as derived from the pods of a node", "65,536 -> 32,768 nodes", "draw from fdd5:a1ae:e2f::/48 as well"}, ""},
		{"a pod range below a /24 in v1.22", Request{Kubernetes: fact.V(1, 22, 0), Nodes: 2, PodsPerNode: 13, Pins: pins("pods=10.244.0.0/26")},
			"pods 10.244.0.0/26: /24 or larger is needed, it is a /26 with 2 node subnets: 2 nodes with a /27 each: 2 subnets are /26; kubeadm v1.22.0 takes node subnets for a /24 whatever they are",
			[]string{"pods not pinned to 10.244.0.0/26"}, ""},
		{"a pod range of more than 16 bits above a /64 in v1.21", Request{Kubernetes: fact.V(1, 21, 0), Families: []fact.Family{fact.IPv6}, Pins: pins("pods=fd00::/40")},
			"pods fd00::/40: at most 16 bits may lie between pod range and node subnet, for which kubeadm v1.21.0 takes a /64 whatever it is; use a /48 or longer",
			[]string{"pods not pinned to fd00::/40"}, ""},
		{"65,536 nodes with a /60 each in v1.22", Request{Kubernetes: fact.V(1, 22, 0), Families: []fact.Family{fact.IPv6}, Nodes: 65536, NodeMaskIPv6: 60, Within: prefixtest.List("fd00::/32")},
			"IPv6 pods: at most 16 bits may lie between pod range and node subnet, for which kubeadm v1.22.0 takes a /64 whatever it is; asked for are 65,536 nodes with a /60 each",
			[]string{"node masks as derived from the pods of a node", "65,536 -> 4,096 nodes"}, ""},
		{"numbers as large as they may be", Request{Nodes: 1 << 29, Surge: 1 << 29, PodsPerNode: 1 << 24, Churn: 16, Services: 1 << 29, HostCount: 1 << 30, Grow: 16,
			Families: []fact.Family{fact.IPv6, fact.IPv4}}, "IPv6 services: /108 is the largest that kubeadm takes (20 bits), /98 is needed", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.req)
			e, ok := errtype.As[*InfeasibleError](err)
			if !ok {
				t.Fatalf("New: %v, want an *InfeasibleError", err)
			}
			if !strings.HasPrefix(err.Error(), "no plan exists: "+tt.err) {
				t.Errorf("message\n%s\nwant\nno plan exists: %s", err, tt.err)
			}
			if _, ok := errtype.As[*cidr.ShortageError](err); ok != (len(e.Shortages) > 0) {
				t.Errorf("unwraps to a *cidr.ShortageError: %t, with %d shortages", ok, len(e.Shortages))
			}
			var changes []string
			for _, r := range e.Relaxations {
				changes = append(changes, r.Change)
			}
			rest := changes
			for _, want := range tt.relax {
				i := slices.Index(rest, want)
				if i < 0 {
					t.Fatalf("no relaxation %q, or not in this order, among %q", want, changes)
				}
				rest = rest[i+1:]
			}
			checkRelaxations(t, e)
			for _, c := range changes {
				if strings.Contains(c, "::/47") {
					t.Errorf("relaxation %q takes what others have made a ULA of", c)
				}
			}
			if p := e.Alternative(); tt.instead != "" && (p == nil || ranges(p) != tt.instead) {
				t.Errorf("alternative %v, want %s", p, tt.instead)
			}
		})
	}
}

// TestRangeWhy: what a plan says about why a range was chosen, and how far it can grow.
func TestRangeWhy(t *testing.T) {
	six := []fact.Family{fact.IPv6}
	for _, tt := range []struct {
		name string
		req  Request
		role fact.Role
		want string // prefix, block that it can grow into, reason
	}{
		{"kubeadm's default", Request{}, fact.RoleServices, "10.96.0.0/12 10.96.0.0/12 kubeadm's default service range"},
		{"exactly as large as it may be", Request{Services: 1<<20 - 4}, fact.RoleServices, "10.96.0.0/12 10.96.0.0/12 kubeadm's default service range"},
		{"a part that can double into it", Request{Grow: 3}, fact.RoleServices, "10.96.0.0/15 10.96.0.0/12 can double into kubeadm's default service range"},
		{"flannel's default", Request{}, fact.RolePods, "10.244.0.0/16 10.244.0.0/16 flannel's default network"},
		{"larger", Request{Nodes: 1000}, fact.RolePods, "10.244.0.0/14 10.244.0.0/14 around flannel's default network"},
		{"the part that can double nine times", Request{Grow: 9, Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("services=172.16.0.0/16")}, fact.RolePods, "10.244.0.0/17 10.0.0.0/8 at the base of flannel's default network"},
		{"a part of it is taken", Request{Avoid: plantest.Avoid("10.244.128.0/17")}, fact.RolePods, "10.244.0.0/20 10.244.0.0/20 at the base of flannel's default network"},
		{"its base is taken", Request{Avoid: plantest.Avoid("10.244.0.0/17")}, fact.RolePods, "10.0.16.0/20 10.0.16.0/20 the lowest /20 in the smallest free block that holds one; 10.244.0.0/16 is passed over: 10.244.0.0/17 (vpn)"},
		{"a pinned service range grows from its base", Request{Grow: 1, Pins: pins("services=10.96.0.0/13")}, fact.RoleServices, "10.96.0.0/13 10.96.0.0/12 pinned"},
		{"not before it", Request{Grow: 1, Pins: pins("services=10.104.0.0/13")}, fact.RoleServices, "10.104.0.0/13 10.104.0.0/13 pinned"},
		{"nor beyond what kubeadm takes", Request{Grow: 2, Pins: pins("services=10.96.0.0/13")}, fact.RoleServices, "10.96.0.0/13 10.96.0.0/12 pinned"},
		{"a pinned pod range grows either way", Request{Grow: 1, Pins: pins("pods=10.245.0.0/16")}, fact.RolePods, "10.245.0.0/16 10.244.0.0/15 pinned"},
		{"IPv6 services that can double six times", Request{Families: six, Grow: 6}, fact.RoleServices, "fd01:6d86:e7ae:4000::/114 fd01:6d86:e7ae:4000::/108 at subnet 4000 of fd01:6d86:e7ae::/48"},
		{"IPv6 pods that can double nine times", Request{Families: six, Grow: 9, Within: prefixtest.List("fd00::/40"), Hosts: prefixtest.List("2001:db8::/64"), Pins: pins("services=2001:db8:1::/112")}, fact.RolePods, "fd00:0:0:8000::/57 fd00::/48 at subnet 8000 of fd00::/40"},
		{"half of IPv4 for hosts", Request{Within: prefixtest.List("0.0.0.0/0"), HostCount: 1 << 30, Pins: pins("services=192.168.0.0/20 pods=172.16.0.0/16")}, fact.RoleHosts, "0.0.0.0/1 0.0.0.0/1 around 10.0.0.0/8"},
		{"an eighth", Request{Within: prefixtest.List("0.0.0.0/0"), HostCount: 1 << 26, Pins: pins("services=192.168.0.0/20 pods=172.16.0.0/16")}, fact.RoleHosts, "8.0.0.0/5 8.0.0.0/5 around 10.0.0.0/8"},
		{"all of 10.0.0.0/8", Request{HostCount: 1<<24 - 3, Pins: pins("services=192.168.0.0/20 pods=172.16.0.0/16")}, fact.RoleHosts, "10.0.0.0/8 10.0.0.0/8 the first of 10.0.0.0/8"},
		{"half of IPv4 for pods", Request{Within: prefixtest.List("0.0.0.0/0"), NodeMaskIPv4: 8, Nodes: 128, Pins: pins("services=192.168.0.0/20"), Hosts: prefixtest.List("192.0.2.0/24")}, fact.RolePods, "0.0.0.0/1 0.0.0.0/1 around flannel's default network"},
		{"the smallest pod range that kubeadm takes", Request{Nodes: 1, PodsPerNode: 5, Pins: pins("pods=10.244.0.0/28")}, fact.RolePods, "10.244.0.0/28 10.244.0.0/28 pinned"},
	} {
		p, err := New(tt.req)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, r := range p.Ranges {
			if got := fmt.Sprintf("%v %v %s", r.Prefix, r.Grow, r.Why); r.Role == tt.role && got != tt.want {
				t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
			}
		}
	}
}

// TestLimitNumbers: the lengths that a limit names, as data.
func TestLimitNumbers(t *testing.T) {
	for _, tt := range []struct {
		req         Request
		want, limit int
		reason      string // a part
	}{
		{Request{Services: 65534, Families: []fact.Family{fact.IPv6}, Kubernetes: fact.V(1, 32, 0)}, 111, 112, "no more than 65,535 addresses"},
		{Request{NodeMaskIPv4: 26}, 25, 26, "use a node mask of /25 or shorter"},
		{Request{NodeMaskIPv4: 26, PodsPerNode: 30, Pins: pins("pods=10.0.0.0/8")}, 10, 8, "/8 to /26 are 18"},
		{Request{Nodes: 100000}, 7, 8, "which is 65,536 nodes"},
		{Request{NodeMaskIPv4: 8, Nodes: 1000}, -2, 0, "1,024 subnets are more than the whole of IPv4"},
		{Request{Nodes: 1, PodsPerNode: 1, Pins: pins("pods=10.244.0.0/29")}, 28, 29, "kubeadm takes /28 or larger (14 addresses)"},
		{Request{Pins: pins("pods=10.244.0.0/24")}, 20, 24, "it is a /24 with 1 node subnet: 10 nodes"},
		{Request{Pins: pins("pods=10.244.0.0/25")}, 20, 25, "it is a /25 with not even one node subnet: 10 nodes"},
	} {
		_, err := New(tt.req)
		e, ok := errtype.As[*InfeasibleError](err)
		if !ok || len(e.Limits) != 1 {
			t.Errorf("%+v: %v", tt.req, err)
			continue
		}
		if l := e.Limits[0]; l.Want != tt.want || l.Limit != tt.limit || !strings.Contains(l.Reason, tt.reason) {
			t.Errorf("%+v: want /%d, limit /%d: %s; want /%d, /%d, %q in it", tt.req, l.Want, l.Limit, l.Reason, tt.want, tt.limit, tt.reason)
		}
	}
	// What overlaps of two ranges is the smaller one, whichever is named first.
	for _, p := range []string{"services=10.0.0.0/12 pods=10.1.0.0/16", "services=10.1.0.0/16 pods=10.0.0.0/12"} {
		_, err := New(Request{Pins: pins(p), Hosts: prefixtest.List("192.0.2.0/24")})
		if e, ok := errtype.As[*ConflictError](err); !ok || e.Overlap != netip.MustParsePrefix("10.1.0.0/16") {
			t.Errorf("%s: %+v", p, e)
		}
	}
	// Ranges that are wrong come alone: what is short in the other family may be otherwise when they are mended.
	_, err := New(Request{Families: []fact.Family{fact.IPv4, fact.IPv6}, Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=10.96.0.0/24"), Within: prefixtest.List("10.0.0.0/8 fd00::/125")})
	if e, ok := errtype.As[*InfeasibleError](err); !ok || len(e.Conflicts) != 1 || len(e.Limits) != 1 || len(e.Shortages) != 0 {
		t.Errorf("%+v", err)
	}
	// Of what is in the way that comes first which is enough to give up, then the largest.
	_, err = New(Request{Nodes: 128, Within: prefixtest.List("10.0.0.0/16"), Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("services=192.168.0.0/20"),
		Avoid: plantest.Avoid("10.0.0.0/17 10.0.0.0/18 10.0.64.0/18 10.0.128.0/24")})
	if e, ok := errtype.As[*InfeasibleError](err); !ok || len(e.Shortages) != 1 {
		t.Errorf("%v", err)
	} else {
		var got []string
		for _, o := range e.Shortages[0].InTheWay {
			got = append(got, fmt.Sprint(o.Prefix, o.Helps))
		}
		if want := "10.0.128.0/24 true, 10.0.0.0/17 false, 10.0.0.0/18 false, 10.0.64.0/18 false"; strings.Join(got, ", ") != want {
			t.Errorf("%s, want %s", strings.Join(got, ", "), want)
		}
	}
}

// checkRelaxations plans each relaxation again, and sees that no two are the same.
func checkRelaxations(t interface {
	Helper()
	Errorf(string, ...any)
}, e *InfeasibleError) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range e.Relaxations {
		if seen[r.Change] {
			t.Errorf("relaxation %q twice", r.Change)
		}
		seen[r.Change] = true
		if parts := strings.Split(r.Change, " and "); len(parts) > 1 {
			for _, part := range parts {
				if seen[part] {
					t.Errorf("relaxation %q: %q is enough", r.Change, part)
				}
			}
		}
		p, err := New(r.Request)
		if err != nil {
			t.Errorf("relaxation %q: %v", r.Change, err)
			continue
		}
		if ranges(p) != ranges(r.Plan) {
			t.Errorf("relaxation %q: %s, its plan has %s", r.Change, ranges(p), ranges(r.Plan))
		}
		if err := p.Validate(); err != nil {
			t.Errorf("relaxation %q: %v", r.Change, err)
		}
	}
}

// checkSmallest asks for one more than a relaxation that changes one number: that must be infeasible.
func checkSmallest(t *rapid.T, r Request, e *InfeasibleError) {
	t.Helper()
	full := e.Request
	for _, x := range e.Relaxations {
		q := x.Request
		var changed []string
		more := x.Request
		if q.Nodes != r.Nodes {
			changed = append(changed, "nodes")
			more.Nodes++
		}
		if q.Services != r.Services {
			changed = append(changed, "services")
			more.Services++
		}
		if q.Grow != r.Grow {
			changed = append(changed, "grow")
			more.Grow++
		}
		if q.Surge != r.Surge {
			changed = append(changed, "surge")
			more.Surge++
		}
		if len(changed) != 1 || q.PodsPerNode != r.PodsPerNode || q.Churn != r.Churn || q.HostCount != r.HostCount ||
			q.NodeMaskIPv4 != r.NodeMaskIPv4 || q.NodeMaskIPv6 != r.NodeMaskIPv6 || len(q.Pins) != len(r.Pins) ||
			len(q.Avoid) != len(r.Avoid) || len(q.Hosts) != len(r.Hosts) || !slices.Equal(q.Within, r.Within) {
			continue
		}
		if (spaceCache{}).feasible(more) {
			t.Fatalf("relaxation %q of %+v: one more is feasible, too", x.Change, full)
		}
	}
}

// smallRequest asks, in a universe of /28 blocks, for ranges of the given lengths, 25 to 28 each.
func smallRequest(hosts, services, pods, grow int) Request {
	return Request{
		HostCount: 1<<(32-hosts) - 3,
		Services:  1<<(32-services) - 4,
		Nodes:     1 << (28 - pods), PodsPerNode: 13, Churn: 1, NodeMaskIPv4: 28,
		Grow: grow,
	}
}

// blockAt returns the /28 number i of 10.0.0.0/8.
func blockAt(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 4), byte(i << 4)}), 28)
}

// fitsSlow reports whether ranges of the given lengths fit side by side in the free blocks of a universe of n /28s: the
// judge of New. It tries every place.
func fitsSlow(free uint64, n int, lengths []int) bool {
	if len(lengths) == 0 {
		return true
	}
	size := 1 << (28 - lengths[0])
	for at := 0; at+size <= n; at += size {
		if mask := (uint64(1)<<size - 1) << at; free&mask == mask && fitsSlow(free&^mask, n, lengths[1:]) {
			return true
		}
	}
	return false
}

// checkSmall plans in a universe of n blocks of which those in free are free, and compares with the judge.
func checkSmall(t *testing.T, free uint64, n, hosts, services, pods, grow int, byAvoid bool) {
	t.Helper()
	r := smallRequest(hosts, services, pods, grow)
	for i := range n {
		switch isFree := free>>i&1 == 1; {
		case byAvoid && !isFree:
			r.Avoid = append(r.Avoid, fact.Reservation{Prefix: blockAt(i)})
		case !byAvoid && isFree:
			r.Within = append(r.Within, blockAt(i))
		}
	}
	if byAvoid {
		r.Within = []netip.Prefix{netip.PrefixFrom(blockAt(0).Addr(), 28-log2ceil(uint64(n)))}
	} else if len(r.Within) == 0 {
		return // no space of its own means the private ranges
	}
	blocks := []int{hosts - grow, services - grow, pods - grow}
	want := fitsSlow(free, n, blocks)
	p, e := spaceCache{}.solve(r)
	if (e == nil) != want {
		t.Fatalf("%d blocks, free %b, hosts /%d services /%d pods /%d grow %d: planned %t, a plan exists: %t", n, free, hosts, services, pods, grow, e == nil, want)
	}
	if e == nil {
		if err := p.Validate(); err != nil {
			t.Fatalf("%d blocks, free %b, hosts /%d services /%d pods /%d grow %d: %v", n, free, hosts, services, pods, grow, err)
		}
		for _, x := range p.Ranges {
			if x.Grow.Bits() != x.Prefix.Bits()-grow {
				t.Fatalf("%d blocks, free %b, grow %d: %s %v can grow into %v", n, free, grow, x.Role, x.Prefix, x.Grow)
			}
		}
		return
	}
	// The certificate, counted by hand: it holds at its length and at no shorter one.
	short, ok := errtype.As[*cidr.ShortageError](error(e))
	if !ok {
		t.Fatalf("%v: no certificate", e)
	}
	for k := 0; k <= short.Bits; k++ {
		need, have := new(big.Int), new(big.Int)
		for _, b := range blocks {
			if b <= k {
				need.Add(need, new(big.Int).Lsh(big.NewInt(1), uint(k-b)))
			}
		}
		if k <= 28 {
			size := 1 << (28 - k)
			for at := 0; at+size <= n; at += size {
				if mask := (uint64(1)<<size - 1) << at; free&mask == mask {
					have.Add(have, big.NewInt(1))
				}
			}
		}
		if k == short.Bits && (need.Cmp(short.Need) != 0 || have.Cmp(short.Have) != 0 || need.Cmp(have) <= 0) {
			t.Fatalf("%d blocks, free %b, wanted %v: certificate %v, counted need %v have %v", n, free, blocks, short, need, have)
		}
		if k < short.Bits && need.Cmp(have) > 0 {
			t.Fatalf("%d blocks, free %b, wanted %v: certificate %v, but /%d is short already", n, free, blocks, short, k)
		}
	}
}

// TestComplete compares New with a search of every place, for each set of free blocks of a small universe and all lengths.
// KUBECIDR_LONG=1 takes the universe of 16 blocks.
func TestComplete(t *testing.T) {
	n := 8
	if os.Getenv("KUBECIDR_LONG") != "" {
		n = 16
	}
	for free := range uint64(1) << n {
		for hosts := 26; hosts <= 28; hosts++ {
			for services := 26; services <= 28; services++ {
				for pods := 25; pods <= 28; pods++ {
					for grow := range 2 {
						checkSmall(t, free, n, hosts, services, pods, grow, free%2 == 0)
					}
				}
			}
		}
	}
}

// TestCompleteLarger does the same with chance sets of a larger universe.
func TestCompleteLarger(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		length := rapid.IntRange(25, 28)
		free := rapid.Uint64().Draw(rt, "free") | rapid.Uint64().Draw(rt, "more")
		checkSmall(t, free, 64, length.Draw(rt, "hosts"), length.Draw(rt, "services"), length.Draw(rt, "pods"),
			rapid.IntRange(0, 3).Draw(rt, "grow"), rapid.Bool().Draw(rt, "avoid"))
	})
}

// drawPrefix draws a prefix inside one of roots.
func drawPrefix(rt *rapid.T, label string, longest int, roots ...netip.Prefix) netip.Prefix {
	root := rapid.SampledFrom(roots).Draw(rt, label)
	longest = max(root.Addr().BitLen()*longest/32, root.Bits())
	bits := rapid.IntRange(root.Bits(), longest).Draw(rt, label+" bits")
	s, err := cidr.NewSplit(root, min(bits, root.Bits()+63))
	if err != nil {
		rt.Fatal(err)
	}
	return s.At(rapid.Uint64Range(0, s.Len()-1).Draw(rt, label+" index"))
}

// drawRequest draws a request that makes sense, feasible or not.
func drawRequest(rt *rapid.T) Request {
	four := prefixtest.List("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 10.96.0.0/12 10.244.0.0/14")
	six := prefixtest.List("fd00::/40 fd01:6d86:e7ae::/48 fd00:0:1::/64")
	r := Request{
		Nodes:       rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 70000)).Draw(rt, "nodes"),
		PodsPerNode: rapid.SampledFrom([]int{0, 1, 13, 30, 110, 250, 1000}).Draw(rt, "pods"),
		Churn:       rapid.SampledFrom([]float64{0, 1, 1.5, 3}).Draw(rt, "churn"),
		Surge:       rapid.IntRange(0, 30).Draw(rt, "surge"),
		Services:    rapid.OneOf(rapid.IntRange(0, 3000), rapid.IntRange(0, 1200000)).Draw(rt, "services"),
		HostCount:   rapid.SampledFrom([]int{0, 0, 1, 50, 5000}).Draw(rt, "host count"),
		Families:    rapid.SampledFrom([][]fact.Family{nil, {fact.IPv4}, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}}).Draw(rt, "families"),
		Grow:        rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(rt, "grow"),
		Kubernetes:  rapid.SampledFrom([]fact.Version{{}, {Major: 1, Minor: 19}, {Major: 1, Minor: 28, Patch: 15}}).Draw(rt, "version"),
	}
	roots := map[fact.Family][]netip.Prefix{fact.IPv4: four, fact.IPv6: six}
	var mine []netip.Prefix
	for _, f := range r.planned() {
		mine = append(mine, roots[f]...)
	}
	for range rapid.IntRange(0, 3).Draw(rt, "within") {
		r.Within = append(r.Within, drawPrefix(rt, "within", 20, mine...))
	}
	for range rapid.IntRange(0, 8).Draw(rt, "avoid") {
		r.Avoid = append(r.Avoid, fact.Reservation{Prefix: drawPrefix(rt, "avoid", 24, slices.Concat(four, six)...), Name: "taken"})
	}
	for range rapid.IntRange(0, 2).Draw(rt, "hosts") {
		r.Hosts = append(r.Hosts, drawPrefix(rt, "hosts", 28, append(mine, prefixtest.List("203.0.113.0/24")[:len(r.Families)%2]...)...))
	}
	if len(r.Hosts) > 0 && !slices.ContainsFunc(r.Hosts, func(p netip.Prefix) bool { return slices.Contains(r.planned(), fact.FamilyOf(p)) }) {
		r.Hosts = nil
	}
	for _, role := range []fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods} {
		if rapid.IntRange(0, 4).Draw(rt, "pin") == 0 {
			r.Pins = append(r.Pins, Pin{role, drawPrefix(rt, "pin", 22, mine...)})
		}
	}
	return r
}

func TestNewProperties(t *testing.T) { rapid.Check(t, newProperties) }

func FuzzNew(f *testing.F) { f.Fuzz(rapid.MakeFuzz(newProperties)) }

// newProperties: a plan is sound, an infeasible request is judged by counting, both are the same on every run, and
// the request stays as it is.
func newProperties(rt *rapid.T) {
	r := drawRequest(rt)
	before := r.clone()
	p, err := New(r)
	if diff := cmp.Diff(before, r, equateAddrs); diff != "" {
		rt.Fatalf("New changed its request:\n%s", diff)
	}
	if p2, err2 := New(r); fmt.Sprint(err) != fmt.Sprint(err2) || p != nil && !cmp.Equal(p, p2, equateAddrs) {
		rt.Fatalf("two runs differ: %v and %v", err, err2)
	}
	if err == nil {
		if err := p.Validate(); err != nil {
			rt.Fatal(err)
		}
		for _, x := range p.Ranges {
			shortest := p.Request.shortestFor(x.Role, x.Family(), p.NodeMask(x.Family()))
			if kept := x.Prefix.Bits() - x.Grow.Bits(); !x.Given && kept < min(p.Request.Grow, x.Needs-shortest) {
				rt.Fatalf("%s %v: room for %d doublings of %d, /%d is needed and /%d the largest allowed", x.Role, x.Prefix, kept, p.Request.Grow, x.Needs, shortest)
			}
		}
		return
	}
	e, ok := errtype.As[*InfeasibleError](err)
	if !ok {
		rt.Fatalf("New: %v", err)
	}
	checkRelaxations(rt, e)
	checkSmallest(rt, r, e)
	for _, s := range e.Shortages {
		checkShortage(rt, e.Request, s)
	}
	if len(e.Conflicts)+len(e.Limits)+len(e.Shortages) == 0 {
		rt.Fatal("infeasible, and nothing says why")
	}
}

// checkShortage counts the free blocks of the certificate's length by means of package netipx, and the blocks that are
// needed: the certificate must hold. (That it does not hold for a shorter length is checked in small universes.)
func checkShortage(t *rapid.T, r Request, s *Shortage) {
	t.Helper()
	short, ok := errtype.As[*cidr.ShortageError](s.Err)
	if !ok {
		t.Fatalf("%v: no certificate", s.Err)
	}
	var b netipx.IPSetBuilder
	for _, w := range s.Within {
		b.AddPrefix(w)
	}
	for _, a := range r.Avoid {
		b.RemovePrefix(a.Prefix)
	}
	for _, h := range r.Hosts {
		b.RemovePrefix(h)
	}
	for _, p := range r.Pins {
		b.RemovePrefix(p.Prefix)
	}
	set, err := b.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	have, need := new(big.Int), new(big.Int)
	one := big.NewInt(1)
	for _, p := range set.Prefixes() {
		if fact.FamilyOf(p) == s.Family && p.Bits() <= short.Bits {
			have.Add(have, new(big.Int).Lsh(one, uint(short.Bits-p.Bits())))
		}
	}
	for _, d := range s.Wanted {
		if d.Bits <= short.Bits {
			need.Add(need, new(big.Int).Lsh(one, uint(short.Bits-d.Bits)))
		}
	}
	if have.Cmp(short.Have) != 0 || need.Cmp(short.Need) != 0 || have.Cmp(need) >= 0 {
		t.Fatalf("%v: counted need %v, have %v", short, need, have)
	}
}

// TestStable: what is pinned never moves, whatever is added to the request.
func TestStable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRequest(rt)
		p, e := spaceCache{}.solve(r)
		if e != nil {
			return
		}
		if again, err := New(p.Pinned()); err != nil || ranges(again) != ranges(p) {
			rt.Fatalf("pinned, nothing added: %v, was %s", again, ranges(p))
		}
		more := p.Pinned()
		// Add requirements. Some make it infeasible: that is an answer too, but never a plan in which something moved.
		more.Grow = rapid.IntRange(0, 4).Draw(rt, "more grow")
		more.Nodes += rapid.IntRange(0, 300).Draw(rt, "more nodes")
		more.Services += rapid.IntRange(0, 3000).Draw(rt, "more services")
		if rapid.Bool().Draw(rt, "more avoid") {
			more.Avoid = append(more.Avoid, fact.Reservation{Prefix: drawPrefix(rt, "avoid", 24, prefixtest.List("10.0.0.0/8 192.168.0.0/16")...)})
		}
		if len(more.Families) == 1 && !more.Kubernetes.Before(fact.V(1, 20, 0)) && rapid.Bool().Draw(rt, "dual") {
			more.Families = append(more.Families, fact.IPv4+fact.IPv6-more.Families[0])
		}
		q, e := spaceCache{}.solve(more)
		if e != nil {
			return
		}
		for _, old := range p.Ranges {
			if !slices.ContainsFunc(q.Ranges, func(x Range) bool { return x.Role == old.Role && x.Prefix == old.Prefix }) {
				rt.Fatalf("%s %v moved: %s", old.Role, old.Prefix, ranges(q))
			}
		}
		for _, f := range p.Families {
			if p.NodeMask(f) != q.NodeMask(f) {
				rt.Fatalf("%v node mask %d became %d", f, p.NodeMask(f), q.NodeMask(f))
			}
		}
		if err := q.Validate(); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestObstacles: of many ranges in the way, those that would suffice alone come first, and only they are offered.
func TestObstacles(t *testing.T) {
	r := Request{Nodes: 64, Within: prefixtest.List("10.0.0.0/16"), Hosts: prefixtest.List("192.0.2.0/25")}
	for i := range 64 { // every second /22 of the first half is taken, and the second half whole
		if i%2 == 0 && i < 32 {
			r.Avoid = append(r.Avoid, fact.Reservation{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(4 * i)}), 22), Name: fmt.Sprint("site ", i)})
		}
	}
	r.Avoid = append(r.Avoid, fact.Reservation{Prefix: netip.MustParsePrefix("10.0.128.0/17"), Name: "lab"})
	_, err := New(r)
	e, ok := errtype.As[*InfeasibleError](err)
	if !ok {
		t.Fatalf("New: %v", err)
	}
	var got []string
	for _, o := range e.Shortages[0].InTheWay[:3] {
		got = append(got, fmt.Sprintf("%v %t", o, o.Helps))
	}
	want := []string{"10.0.128.0/17 (lab) true", "10.0.0.0/22 (site 0) false", "10.0.8.0/22 (site 2) false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in the way (-want +got):\n%s", diff)
	}
	for _, x := range e.Relaxations {
		if strings.Contains(x.Change, "site") {
			t.Errorf("relaxation %q does not help", x.Change)
		}
	}
	if !slices.ContainsFunc(e.Relaxations, func(x Relaxation) bool { return x.Change == "give up 10.0.128.0/17 (lab)" }) {
		t.Errorf("no relaxation gives up the lab: %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	var taken []fact.Reservation
	for i := range 1000 {
		taken = append(taken, fact.Reservation{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 2), byte(i << 6)}), 24), Name: "taken"})
	}
	for _, bb := range []struct {
		name string
		req  Request
	}{
		{"default", Request{}},
		{"dual", Request{Families: []fact.Family{fact.IPv4, fact.IPv6}}},
		{"avoid1000", Request{Avoid: taken}},
		{"infeasible", Request{Nodes: 5000, PodsPerNode: 250, Within: prefixtest.List("10.0.0.0/14")}},
		{"infeasible,avoid5000,dual", Request{Nodes: 5000, PodsPerNode: 250, Families: []fact.Family{fact.IPv4, fact.IPv6}, Within: prefixtest.List("10.0.0.0/8 fd00::/48"), Avoid: crowd(5000)}},
		{"infeasible,avoid1000", Request{Nodes: 5000, PodsPerNode: 250, Within: prefixtest.List("10.0.0.0/8"), Avoid: taken}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(bb.req); (err != nil) != strings.HasPrefix(bb.name, "infeasible") {
					b.Fatal(err)
				}
			}
		})
	}
}
