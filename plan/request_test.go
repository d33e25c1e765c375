package plan

import (
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestRequestCheck(t *testing.T) {
	dual := []fact.Family{fact.IPv4, fact.IPv6}
	for _, tt := range []struct {
		req  Request
		want string // "" if it makes sense
	}{
		{Request{}, ""},
		{Request{Nodes: -3}, "nodes -3: must be 1 or more; 0 stands for the default"},
		{Request{Nodes: 1<<29 + 1}, "nodes 536870913: must be 536870912 or less"},
		{Request{PodsPerNode: -1}, "pods per node -1: must be 1 or more; 0 stands for the default"},
		{Request{PodsPerNode: 1<<24 + 1}, "pods per node 16777217: must be 16777216 or less"},
		{Request{Churn: 0.5}, "churn 0.5: must be 1 to 16, addresses of a node's subnet for each pod; 0 stands for the default"},
		{Request{Churn: 16.25}, "churn 16.25: must be 1 to 16, addresses of a node's subnet for each pod; 0 stands for the default"},
		{Request{Churn: math.NaN()}, "churn NaN: must be 1 to 16, addresses of a node's subnet for each pod; 0 stands for the default"},
		{Request{Churn: math.Inf(1)}, "churn +Inf: must be 1 to 16, addresses of a node's subnet for each pod; 0 stands for the default"},
		{Request{Surge: -1}, "surge -1: must be 0 or more"},
		{Request{Services: -1}, "services -1: must be 1 or more; 0 stands for the default"},
		{Request{HostCount: -1}, "host count -1: must be 1 or more; 0 stands for the default"},
		{Request{Grow: -1}, "grow -1: must be 0 or more"},
		{Request{Grow: 17}, "grow 17: must be 16 or less"},
		{Request{NodeMaskIPv4: 31}, "IPv4 node mask 31: must be 30 or less"},
		{Request{NodeMaskIPv6: -64}, "IPv6 node mask -64: must be 1 or more; 0 stands for the default"},
		{Request{Hosts: []netip.Prefix{{}}}, "hosts[0] invalid Prefix: is no valid prefix; write one such as 10.0.0.0/16"},
		{Request{Hosts: prefixtest.List("10.0.2.0/8")}, "hosts[0] 10.0.2.0/8: has host bits set; the range is 10.0.0.0/8"},
		{Request{Within: prefixtest.List("10.0.0.0/8 ::ffff:10.0.0.0/104")}, "within[1] ::ffff:10.0.0.0/104: is an IPv4-mapped IPv6 prefix; write it as IPv4"},
		{Request{Within: prefixtest.List("fd00::/48")}, "within fd00::/48: IPv6 alone, a family that the request does not plan; add it to the families, as with family: dual"},
		{Request{Within: prefixtest.List("fd00::/48 10.0.0.0/8")}, ""},
		{Request{Hosts: prefixtest.List("2001:db8::/64")}, "hosts 2001:db8::/64: IPv6 alone, a family that the request does not plan; add it to the families, as with family: dual"},
		{Request{Avoid: plantest.Avoid("10.8.0.1/16")}, "avoid[0] 10.8.0.1/16: has host bits set; the range is 10.8.0.0/16"},
		{Request{Avoid: []fact.Reservation{{}}}, "avoid[0] invalid Prefix: is no valid prefix; write one such as 10.0.0.0/16"},
		{Request{Families: []fact.Family{5}}, "families[0] 5: must be 4 for IPv4 or 6 for IPv6"},
		{Request{Families: []fact.Family{fact.IPv4, fact.IPv4}}, "families[1] IPv4: is named twice; name each family once, the primary first"},
		{Request{Families: dual, Kubernetes: fact.V(1, 15, 0)}, "families IPv4,IPv6: v1.15.0 has no dual-stack; use v1.23 or later, where it is stable, or one family"},
		{Request{Families: dual, Kubernetes: fact.V(1, 16, 0)}, "families IPv4,IPv6: the dual-stack of v1.16.0 has one node mask for both families; use v1.23 or later, where it is stable, or one family"},
		{Request{Families: dual, Kubernetes: fact.V(1, 17, 0)}, ""},
		{Request{Pins: pins("node-pods=10.0.0.0/16")}, `pins[0] node-pods=10.0.0.0/16: the role must be "hosts", "services" or "pods"`},
		{Request{Pins: pins("pods=10.0.0.1/16")}, "pins[0] 10.0.0.1/16: has host bits set; the range is 10.0.0.0/16"},
		{Request{Pins: pins("pods=fd00::/56")}, "pins[0] pods=fd00::/56: is IPv6, a family that the request does not plan; add it to the families, as with family: dual"},
		{Request{Pins: pins("pods=10.0.0.0/16 pods=10.1.0.0/16")},
			"pins[1] pods=10.1.0.0/16: contradicts pods=10.0.0.0/16: a cluster has one IPv4 range of pods; leave one out"},
		{Request{Pins: pins("pods=10.0.0.0/16 pods=10.0.0.0/16 hosts=10.1.0.0/24 hosts=10.1.1.0/24")}, ""},
	} {
		err := tt.req.Check()
		if tt.want == "" {
			if err != nil {
				t.Errorf("Check = %v, want nil", err)
			}
			if _, err := New(tt.req); err != nil {
				t.Errorf("New = %v, want a plan", err)
			}
			continue
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("Check = %v\nwant    %s", err, tt.want)
		}
		p, err := New(tt.req)
		e, ok := errtype.As[*RequestError](err)
		if !ok || p != nil {
			t.Fatalf("New = %v, %v, want a *RequestError", p, err)
		}
		if strings.Contains(tt.want, "has host bits set") != e.Masked.IsValid() || e.Masked.IsValid() && !strings.HasSuffix(tt.want, e.Masked.String()) {
			t.Errorf("%v: masked form %v", err, e.Masked)
		}
	}
}

func TestWithDefaults(t *testing.T) {
	r := Request{}.WithDefaults()
	want := Request{Name: "kubernetes", Nodes: 10, PodsPerNode: 110, Churn: 2, Services: 1000, HostCount: 10,
		Families: []fact.Family{fact.IPv4}, Within: prefixtest.List("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"), Kubernetes: fact.NewestKubernetes()}
	if diff := cmp.Diff(want, r, equateAddrs); diff != "" {
		t.Errorf("the zero request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(r, r.WithDefaults(), equateAddrs); diff != "" {
		t.Errorf("defaults of defaults (-want +got):\n%s", diff)
	}
	in := Request{Hosts: prefixtest.List("192.0.2.0/24"), Within: prefixtest.List("10.0.0.0/16"), Families: []fact.Family{fact.IPv4, fact.IPv6},
		Avoid: []fact.Reservation{{Prefix: netip.MustParsePrefix("10.0.1.0/24")}}, Surge: 5, Nodes: 20}
	out := in.WithDefaults()
	if out.HostCount != 25 {
		t.Errorf("host count %d, want 25: IPv6 has no hosts yet, and there are 20 nodes and 5 more", out.HostCount)
	}
	if want := prefixtest.List("10.0.0.0/16 fd01:6d86:e7ae::/48"); !cmp.Equal(out.Within, want, equateAddrs) {
		t.Errorf("within %v, want %v", out.Within, want)
	}
	if in.Avoid[0].Name != "" || out.Avoid[0].Name != "10.0.1.0/24" {
		t.Errorf("names %q and %q: the default is the prefix, in the copy alone", in.Avoid[0].Name, out.Avoid[0].Name)
	}
}

// TestDefaultHostCount: addresses for hosts are looked for in the families that have none.
func TestDefaultHostCount(t *testing.T) {
	both := []fact.Family{fact.IPv4, fact.IPv6}
	for _, tt := range []struct {
		name string
		req  Request
		want int
	}{
		{"no hosts", Request{Nodes: 20}, 20},
		{"hosts", Request{Hosts: prefixtest.List("192.0.2.0/24")}, 0},
		{"pinned hosts", Request{Pins: pins("hosts=192.0.2.0/24")}, 0},
		{"other pins", Request{Pins: pins("pods=10.244.0.0/16")}, 10},
		{"hosts of the other family", Request{Hosts: prefixtest.List("2001:db8::/64"), Families: both}, 10},
		{"pinned hosts of the other family", Request{Pins: pins("hosts=2001:db8::/64"), Families: both}, 10},
		{"one family by hosts, one by pin", Request{Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("hosts=2001:db8::/64"), Families: both}, 0},
	} {
		if got := tt.req.WithDefaults().HostCount; got != tt.want {
			t.Errorf("%s: HostCount %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestReservationString(t *testing.T) {
	for name, want := range map[string]string{"vpn": "10.8.0.0/13 (vpn)", "": "10.8.0.0/13", "10.8.0.0/13": "10.8.0.0/13"} {
		if got := (fact.Reservation{Prefix: netip.MustParsePrefix("10.8.0.0/13"), Name: name}).String(); got != want {
			t.Errorf("name %q: %q, want %q", name, got, want)
		}
	}
}

func TestULA(t *testing.T) {
	// printf %s NAME | sha256sum | cut -c55-64
	for name, want := range map[string]string{
		"kubernetes": "fd01:6d86:e7ae::/48",
		"blue":       "fd08:128e:d548::/48",
		"":           "fd1b:7852:b855::/48",
	} {
		if got := ULA(name); got != netip.MustParsePrefix(want) {
			t.Errorf("ULA(%q) = %v, want %s", name, got, want)
		}
	}
}
