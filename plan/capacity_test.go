package plan

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func mustNew(t testing.TB, r Request) *Plan {
	t.Helper()
	p, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCount(t *testing.T) {
	for _, tt := range []struct {
		c    Count
		text string
		json string
		u    uint64
		ok   bool
	}{
		{Count{}, "1", "1", 1, true},
		{Count{8, 3}, "253", "253", 253, true},
		{Count{4, 16}, "0", "0", 0, true},
		{Count{39, 0}, "549755813888", "549755813888", 1 << 39, true},
		{Count{40, 0}, "2^40", "1099511627776", 1 << 40, true},
		{Count{64, 2}, "2^64 - 2", "18446744073709551614", 1<<64 - 2, true},
		{Count{64, 0}, "2^64", "18446744073709551616", 0, false},
		{Count{128, 1}, "2^128 - 1", "340282366920938463463374607431768211455", 0, false},
	} {
		if got := tt.c.String(); got != tt.text {
			t.Errorf("%#v.String() = %q, want %q", tt.c, got, tt.text)
		}
		if b, err := json.Marshal(tt.c); err != nil || string(b) != tt.json {
			t.Errorf("%#v as JSON: %s, %v, want %s", tt.c, b, err, tt.json)
		}
		if u, ok := tt.c.Uint64(); u != tt.u || ok != tt.ok {
			t.Errorf("%#v.Uint64() = %d, %t, want %d, %t", tt.c, u, ok, tt.u, tt.ok)
		}
		n := tt.c.Big()
		if n.IsUint64() && n.Uint64() < 1<<64-1 && (!tt.c.AtLeast(n.Uint64()) || tt.c.AtLeast(n.Uint64()+1)) {
			t.Errorf("%#v.AtLeast is wrong around %v", tt.c, n)
		}
	}
}

func TestCapacity(t *testing.T) {
	summary := func(c Capacity) string {
		var b strings.Builder
		fmt.Fprintf(&b, "nodes %d left %d", c.Nodes, c.NodesLeft)
		for _, f := range c.Families {
			fmt.Fprintf(&b, "; %v: %d subnets left %d, %v pods each, services %v left %v band %d, hosts %v left %v",
				f.Family, f.NodeSubnets, f.NodesLeft, f.PodsPerNode, f.Services, f.ServicesLeft, f.StaticBand, f.Hosts, f.HostsLeft)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name string
		req  Request
		want string
	}{
		{"the zero request", Request{},
			"nodes 256 left 246; IPv4: 256 subnets left 246, 253 pods each, services 1048574 left 1047572 band 256, hosts 253 left 243"},
		{"surge is not left", Request{Nodes: 100, Surge: 20},
			"nodes 256 left 136; IPv4: 256 subnets left 136, 253 pods each, services 1048574 left 1047572 band 256, hosts 253 left 133"},
		{"the smaller family counts", Request{Nodes: 4, Families: []fact.Family{fact.IPv4, fact.IPv6}, Pins: pins("pods=10.0.0.0/16 pods=fd00::/62 services=10.1.0.0/22")},
			"nodes 4 left 0; IPv4: 256 subnets left 252, 253 pods each, services 1022 left 20 band 64, hosts 253 left 249; " +
				"IPv6: 4 subnets left 0, 2^64 - 2 pods each, services 65535 left 64533 band 256, hosts 18446744073709551614 left 18446744073709551610"},
		{"hosts of several ranges; too few", Request{Nodes: 300, Surge: 7, Hosts: prefixtest.List("203.0.113.0/25 203.0.113.192/31 203.0.113.200/32 203.0.113.204/30")},
			"nodes 512 left 205; IPv4: 512 subnets left 205, 253 pods each, services 1048574 left 1047572 band 256, hosts 129 left -178"},
		{"one node", Request{Nodes: 1, Pins: pins("pods=10.0.0.0/24")},
			"nodes 1 left 0; IPv4: 1 subnets left 0, 253 pods each, services 1048574 left 1047572 band 256, hosts 253 left 252"},
		{"before v1.33 an IPv6 service range has 65,535 addresses", Request{Families: []fact.Family{fact.IPv6}, Kubernetes: fact.V(1, 32, 0), Pins: pins("services=fd00::/108")},
			"nodes 256 left 246; IPv6: 256 subnets left 246, 2^64 - 2 pods each, services 65535 left 64533 band 256, hosts 18446744073709551614 left 18446744073709551604"},
	} {
		if diff := cmp.Diff(tt.want, summary(mustNew(t, tt.req).Capacity())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := summary(new(Plan).Capacity()); got != "nodes 0 left 0" {
		t.Errorf("the empty plan: %s", got)
	}
}

func TestStaticBand(t *testing.T) {
	// KEP-3070 and the recorded ranges of kube-apiserver v1.37.2: /28 none, /27 to /24 16, /23 32, /22 64, /21 128, /20 256.
	for bits, want := range map[int]int{2: 0, 4: 0, 5: 16, 6: 16, 8: 16, 9: 32, 10: 64, 11: 128, 12: 256, 20: 256, 64: 256} {
		if got := staticBand(bits); got != want {
			t.Errorf("staticBand(%d) = %d, want %d", bits, got, want)
		}
	}
}

func TestGrowth(t *testing.T) {
	for _, tt := range []struct {
		name   string
		req    Request
		role   fact.Role
		family fact.Family
		want   string // doublings, what it becomes, how many are kept, the limit
	}{
		{"up to the next range", Request{}, fact.RoleHosts, fact.IPv4, "14 10.0.0.0/10 0 services 10.96.0.0/12"},
		{"kubeadm's largest", Request{}, fact.RoleServices, fact.IPv4, "0 10.96.0.0/12 0 /12 is the largest service range that kubeadm takes"},
		{"up to kubeadm's largest", Request{Pins: pins("services=10.96.0.0/13")}, fact.RoleServices, fact.IPv4,
			"1 10.96.0.0/12 0 /12 is the largest service range that kubeadm takes"},
		{"pods may grow downwards", Request{}, fact.RolePods, fact.IPv4, "7 10.128.0.0/9 0 hosts 10.0.0.0/24"},
		{"services may not", Request{Pins: pins("services=10.97.0.0/16")}, fact.RoleServices, fact.IPv4,
			"0 10.97.0.0/16 0 10.96.0.0/15 begins before it, and the addresses of the API server and of cluster DNS would change"},
		{"what is kept for it", Request{Grow: 2}, fact.RolePods, fact.IPv4, "7 10.128.0.0/9 2 hosts 10.0.0.0/24"},
		{"a range to avoid", Request{Avoid: plantest.Avoid("10.246.0.0/24")}, fact.RolePods, fact.IPv4, "1 10.244.0.0/15 0 10.246.0.0/24 (vpn)"},
		{"the edge of the space", Request{Within: prefixtest.List("10.0.0.0/16"), Hosts: prefixtest.List("192.0.2.0/24")}, fact.RolePods, fact.IPv4,
			"0 10.0.0.0/20 0 services 10.0.16.0/22"},
		{"16 bits to the node mask", Request{Families: []fact.Family{fact.IPv6}, Within: prefixtest.List("fd00::/40"), Pins: pins("pods=fd00:0:1::/49")}, fact.RolePods, fact.IPv6,
			"1 fd00:0:1::/48 0 at most 16 bits between pod range and node subnet"},
		{"hosts are not bound by the node mask", Request{Within: prefixtest.List("0.0.0.0/0"), Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=192.168.0.0/20 pods=172.16.0.0/16")}, fact.RoleHosts, fact.IPv4,
			"7 0.0.0.0/1 0 services 192.168.0.0/20"},
		{"hosts outside of the space", Request{Hosts: prefixtest.List("203.0.113.0/24")}, fact.RoleHosts, fact.IPv4, "0 203.0.113.0/24 0 the edge of the space to draw from"},
	} {
		g, ok := mustNew(t, tt.req).Growth(tt.role, tt.family)
		if got := fmt.Sprintf("%d %v %d %s", g.Doublings, g.Into, g.Kept, g.Limit); !ok || got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if _, ok := mustNew(t, Request{}).Growth(fact.RolePods, fact.IPv6); ok {
		t.Error("a plan for IPv4 says how IPv6 pods grow")
	}
}

// TestGrowthProperties: a range that grew as far as Growth says leaves the plan sound, and so does none further.
func TestGrowthProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, e := spaceCache{}.solve(drawRequest(rt))
		if e != nil {
			return
		}
		for _, f := range p.Capacity().Families {
			var ranges, grown []netip.Prefix
			for _, r := range p.Ranges {
				if r.Family() == f.Family {
					ranges = append(ranges, r.Prefix)
				}
			}
			for _, g := range f.Growth {
				grown = append(grown, g.Prefix)
			}
			if !slices.Equal(grown, ranges) {
				rt.Fatalf("%v: growth of %v, the ranges are %v", f.Family, grown, ranges)
			}
			for _, g := range f.Growth {
				if !cidr.Contains(g.Into, g.Prefix) || g.Prefix.Bits()-g.Into.Bits() != g.Doublings || g.Kept > g.Doublings || g.Kept > p.Request.Grow || g.Limit == "" {
					rt.Fatalf("growth %+v", g)
				}
				for _, r := range p.Ranges {
					if r.Prefix != g.Prefix && r.Role != g.Role && r.Grow.Overlaps(g.Into) {
						rt.Fatalf("%s %v grows into %v, over %s %v", g.Role, g.Prefix, g.Into, r.Role, r.Grow)
					}
					if r.Prefix == g.Prefix && r.Role == g.Role && r.Prefix.Bits()-r.Grow.Bits() != g.Kept {
						rt.Fatalf("%s %v keeps %v, growth says %d doublings", r.Role, r.Prefix, r.Grow, g.Kept)
					}
				}
			}
		}
	})
}

func TestNodePodCIDRs(t *testing.T) {
	p := mustNew(t, Request{Families: []fact.Family{fact.IPv6, fact.IPv4}, Pins: pins("pods=10.244.0.0/20 pods=fd00:10::/60")})
	for _, tt := range []struct {
		i    int
		want string
	}{
		{0, "[fd00:10::/64 10.244.0.0/24]"},
		{1, "[fd00:10:0:1::/64 10.244.1.0/24]"},
		{15, "[fd00:10:0:f::/64 10.244.15.0/24]"},
		{16, "[]"}, // none left
		{-1, "[]"},
	} {
		if got := fmt.Sprint(p.NodePodCIDRs(tt.i)); got != tt.want {
			t.Errorf("NodePodCIDRs(%d) = %s, want %s", tt.i, got, tt.want)
		}
	}
	if q, ok := new(Plan).NodeSubnet(0, fact.IPv4); ok {
		t.Errorf("the empty plan gives node 0 %v", q)
	}
	if q := new(Plan).NodePodCIDRs(0); q != nil {
		t.Errorf("the empty plan gives node 0 %v", q)
	}
}

func TestServicesLeftNeverNegative(t *testing.T) {
	p := mustNew(t, Request{})
	p.Request.Services = 1 << 25
	if left := p.Capacity().Families[0].ServicesLeft; left.Cmp(new(big.Int)) != 0 {
		t.Errorf("services left: %v, want 0", left)
	}
}
