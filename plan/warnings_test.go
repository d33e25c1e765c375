package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestWarnings(t *testing.T) {
	fixes := map[string]string{ // the others have none
		"public-range warning":             "take a range of private addresses",
		"special-range error":              "take a range of private addresses",
		"known-range-overlap warning":      "take another range, or move libvirt",
		"docker-bridge-overlap warning":    "take another range, or move docker",
		"host-range-too-small warning":     "give the hosts' further ranges as well",
		"dns-address-not-reserved warning": "take a /27 or larger for services",
		"node-subnet-tight warning":        "take a node mask of /24",
		"node-mask-assumed warning":        "say which node mask the cluster has: 24 is what kube-controller-manager takes by itself",
		"ula-of-default-name warning":      "give the cluster a name of its own, or ranges to draw from",
	}
	for _, tt := range []struct {
		name string
		req  Request
		want []string // rule, severity and the beginning of the message
	}{
		{"nothing to say", Request{}, nil},
		{"dual-stack, nothing to say", Request{Name: "north", Families: []fact.Family{fact.IPv4, fact.IPv6}, Grow: 2}, nil},
		{"public pods and services; hosts may be public", Request{Hosts: prefixtest.List("203.0.113.0/24"), Pins: pins("pods=198.51.0.0/16 services=8.8.0.0/20")}, []string{
			"public-range warning services 8.8.0.0/20 is not private address space",
			"public-range warning pods 198.51.0.0/16 is not private address space",
		}},
		{"IPv6 pods of one's own, of somebody's example, and for benchmarks", Request{Families: []fact.Family{fact.IPv6, fact.IPv4},
			Pins: pins("hosts=2001:db8:1::/64 services=2001:db8:2::/112 pods=2600:1700::/56 pods=198.18.0.0/16 services=10.96.0.0/12")}, []string{
			"public-range warning services 2001:db8:2::/112 is for examples in documents: 2001:db8::/32 (RFC 3849)",
			"public-range info pods 2600:1700::/56 is global address space: it has to be assigned to you",
			"dual-stack-ipv6-first info IPv6 is primary",
		}},
		{"multicast pods", Request{Pins: pins("pods=224.0.0.0/16")}, []string{
			"special-range error pods 224.0.0.0/16 overlaps addresses for another purpose: 224.0.0.0/4",
		}},
		{"docker0", Request{Pins: pins("pods=172.17.0.0/16 hosts=192.168.122.0/25")}, []string{
			"known-range-overlap warning hosts 192.168.122.0/25 overlaps 192.168.122.0/24, which libvirt takes by default",
			"docker-bridge-overlap warning pods 172.17.0.0/16 overlaps 172.17.0.0/16, which docker takes by default",
		}},
		{"hosts in a range to avoid", Request{Hosts: prefixtest.List("10.20.0.0/24"), Avoid: plantest.Avoid("10.16.0.0/12")}, []string{
			"hosts-in-reserved-range info hosts 10.20.0.0/24 overlap 10.16.0.0/12 (vpn), which is to be avoided",
		}},
		{"too few hosts", Request{Nodes: 40, Hosts: prefixtest.List("192.0.2.0/27")}, []string{
			"host-range-too-small warning IPv4 hosts have room for 29, 40 are asked for",
		}},
		{"as many hosts as they hold", Request{Nodes: 29, Hosts: prefixtest.List("192.0.2.0/27")}, nil},
		{"too few hosts while nodes are replaced", Request{Nodes: 25, Surge: 5, Hosts: prefixtest.List("192.0.2.0/27")}, []string{
			"host-range-too-small warning IPv4 hosts have room for 29, 30 are asked for",
		}},
		{"no static band", Request{Services: 5, Pins: pins("services=10.5.0.0/28")}, []string{
			"dns-address-not-reserved warning services 10.5.0.0/28 has no band of addresses that are handed out last (KEP-3070 has one from 17 addresses on): 10.5.0.10, which",
		}},
		{"no churn", Request{NodeMaskIPv4: 25}, []string{
			"node-subnet-tight warning IPv4 node subnets are /25: 110 pods on a node x 2 = 220 addresses: /24 or larger",
		}},
		{"a pin that cannot grow", Request{Grow: 2, Pins: pins("pods=10.244.0.0/16"), Avoid: plantest.Avoid("10.246.0.0/16")}, []string{
			"growth-limited info pods 10.244.0.0/16 can double once in place, 2 asked for: 10.246.0.0/16 (vpn)",
		}},
		{"services at kubeadm's limit", Request{Grow: 1, Pins: pins("services=10.96.0.0/12")}, []string{
			"growth-limited info services 10.96.0.0/12 can double not even once in place, 1 asked for: /12 is the largest service range that kubeadm takes",
		}},
		{"pinned pods of another mask than kube-controller-manager's own", Request{PodsPerNode: 60, Pins: pins("pods=10.244.0.0/16")}, []string{
			"node-mask-assumed warning IPv4 node subnets are /25, derived from the pods of a node: nobody said which mask the pod range 10.244.0.0/16 has",
		}},
		{"the mask is said", Request{PodsPerNode: 60, NodeMaskIPv4: 25, Pins: pins("pods=10.244.0.0/16")}, nil},
		{"IPv6 without a name", Request{Families: []fact.Family{fact.IPv6}}, []string{
			"ula-of-default-name warning the IPv6 ranges are drawn from fd01:6d86:e7ae::/48, which is made from the name",
		}},
		{"IPv6 without a name, from a space of its own", Request{Families: []fact.Family{fact.IPv6}, Within: prefixtest.List("fd00:1::/48")}, nil},
		{"hosts in a range to avoid grow no further in it", Request{Grow: 1, Hosts: prefixtest.List("192.168.1.0/24"), Avoid: plantest.Avoid("192.168.0.0/16")}, []string{
			"hosts-in-reserved-range info",
			"growth-limited info hosts 192.168.1.0/24 can double not even once in place, 1 asked for: 192.168.0.0/16 (vpn)",
		}},
		{"IPv6 first, long node mask, an old release", Request{Name: "north", Families: []fact.Family{fact.IPv6, fact.IPv4}, Kubernetes: fact.V(1, 22, 0), NodeMaskIPv6: 80}, []string{
			"node-mask-uncommon info IPv6 node subnets are /80, not /64",
			"dual-stack-not-stable warning dual-stack is stable from v1.23 on; v1.22.0 needs",
			"dual-stack-ipv6-first info IPv6 is primary",
		}},
	} {
		var got []string
		for i, w := range mustNew(t, tt.req).Warnings {
			var fix []string
			if text := fixes[fmt.Sprintf("%s %s", w.Rule, w.Severity)]; text != "" {
				fix = []string{text}
			}
			if diff := cmp.Diff(fix, w.Fix); diff != "" {
				t.Errorf("%s: fix of %s (-want +got):\n%s", tt.name, w.Rule, diff)
			}
			s := fmt.Sprintf("%s %s %s", w.Rule, w.Severity, w.Message)
			if i < len(tt.want) && strings.HasPrefix(s, tt.want[i]) {
				s = tt.want[i]
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestStatements(t *testing.T) {
	p := mustNew(t, Request{Families: []fact.Family{fact.IPv4, fact.IPv6}, Avoid: plantest.Avoid("10.8.0.0/16")})
	var got []string
	for _, s := range p.Statements() {
		if s.Component != fact.Operator || s.Pos.IsValid() || s.Host != "" {
			t.Errorf("%+v: said by somebody else", s)
		}
		got = append(got, fmt.Sprintf("%s %s %s %v %v %s %d %t", s.Role, s.Key, s.Text, s.Prefixes, s.Addrs, s.Setting, s.Int, s.Bool))
	}
	want := []string{
		"hosts hosts 10.0.0.0/24,fd01:6d86:e7ae::/64 [10.0.0.0/24 fd01:6d86:e7ae::/64] []  0 false",
		"services services 10.96.0.0/12,fd01:6d86:e7ae:4000::/112 [10.96.0.0/12 fd01:6d86:e7ae:4000::/112] []  0 false",
		"pods pods 10.244.0.0/16,fd01:6d86:e7ae:8000::/56 [10.244.0.0/16 fd01:6d86:e7ae:8000::/56] []  0 false",
		"setting node mask  [] [] node-mask-ipv4 24 false",
		"setting node mask  [] [] node-mask-ipv6 64 false",
		"setting node subnets  [] [] allocate-node-cidrs 0 true",
		"setting pods per node  [] [] max-pods 110 false",
		"setting Kubernetes v1.37.2 [] [] version 0 false",
		"dns cluster DNS 10.96.0.10 [] [10.96.0.10]  0 false",
		"reserved avoid vpn [10.8.0.0/16] []  0 false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	if got := new(Plan).Statements(); got != nil {
		t.Errorf("the empty plan says %+v", got)
	}
}

func TestPermanence(t *testing.T) {
	for _, tt := range []struct {
		v    fact.Version
		want string
	}{
		{fact.Version{}, "first service range, family order, node subnet size, a node's subnet | hosts' ranges, pod range, further service ranges"},
		{fact.V(1, 32, 9), "first service range, further service ranges, family order, node subnet size, a node's subnet | hosts' ranges, pod range"},
	} {
		var fixed, free []string
		for _, x := range mustNew(t, Request{Kubernetes: tt.v}).Permanence() {
			if x.Permanent && len(free) > 0 {
				t.Errorf("%s is permanent and stands behind what is not", x.What)
			}
			if x.Value == "" || x.How == "" {
				t.Errorf("%s: value %q, how %q", x.What, x.Value, x.How)
			}
			if x.Permanent {
				fixed = append(fixed, x.What)
			} else {
				free = append(free, x.What)
			}
		}
		if got := strings.Join(fixed, ", ") + " | " + strings.Join(free, ", "); got != tt.want {
			t.Errorf("%v: %s\nwant %s", tt.v, got, tt.want)
		}
	}
}
