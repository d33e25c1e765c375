package plan

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestValidate breaks a sound plan in one place after the other.
func TestValidate(t *testing.T) {
	p4 := netip.MustParsePrefix
	for _, tt := range []struct {
		name  string
		spoil func(p *Plan)
		want  string // part of the message; "" if the plan is sound
	}{
		{"sound", func(*Plan) {}, ""},
		{"pods over services", func(p *Plan) { p.Ranges[2].Prefix, p.Ranges[2].Grow = p4("10.96.0.0/12"), p4("10.96.0.0/12") },
			"services 10.96.0.0/12: overlaps pods 10.96.0.0/12"},
		{"services around hosts, by one address", func(p *Plan) { p.Ranges[0].Prefix, p.Ranges[0].Grow = p4("10.111.255.255/32"), p4("10.111.255.255/32") },
			"hosts 10.111.255.255/32: overlaps services 10.96.0.0/12"},
		{"hosts around services, by one address", func(p *Plan) { p.Ranges[0].Prefix, p.Ranges[0].Grow = p4("10.96.0.0/32"), p4("10.96.0.0/32") },
			"hosts 10.96.0.0/32: overlaps services 10.96.0.0/12"},
		{"host bits", func(p *Plan) { p.Ranges[2].Prefix = p4("10.244.0.1/16") }, "is no canonical prefix"},
		{"another family", func(p *Plan) { p.Ranges[2].Prefix = p4("fd00::/48") }, "pods fd00::/48: is of a family that the plan does not have"},
		{"no pods", func(p *Plan) { p.Ranges = p.Ranges[:2] }, "pods: 0 IPv4 ranges"},
		{"two service ranges", func(p *Plan) {
			p.Ranges = append(p.Ranges, Range{Role: fact.RoleServices, Prefix: p4("10.7.0.0/16"), Grow: p4("10.7.0.0/16")})
		},
			"services: 2 IPv4 ranges"},
		{"in a range to avoid", func(p *Plan) { p.Request.Avoid = plantest.Avoid("10.244.128.0/24") },
			"pods 10.244.0.0/16: overlaps 10.244.128.0/24 (vpn), which is to be avoided"},
		{"chosen hosts in a range to avoid", func(p *Plan) { p.Request.Avoid = plantest.Avoid("10.0.0.0/16") },
			"hosts 10.0.0.0/24: overlaps 10.0.0.0/16 (vpn), which is to be avoided"},
		{"given hosts in a range to avoid", func(p *Plan) {
			p.Request.Avoid, p.Request.Hosts, p.Ranges[0].Given = plantest.Avoid("10.0.0.0/16"), prefixtest.List("10.0.0.0/24"), true
		}, ""},
		{"given pods in a range to avoid", func(p *Plan) {
			p.Request.Avoid, p.Request.Pins, p.Ranges[2].Given = plantest.Avoid("10.244.128.0/24"), pins("pods=10.244.0.0/16"), true
		}, "pods 10.244.0.0/16: overlaps 10.244.128.0/24 (vpn), which is to be avoided"},
		{"outside of the space", func(p *Plan) { p.Request.Within = prefixtest.List("10.0.0.0/9") },
			"pods 10.244.0.0/16: is not in the space to draw from"},
		{"a pin was moved", func(p *Plan) { p.Request.Pins = pins("pods=10.200.0.0/16") },
			"pods 10.200.0.0/16: is fixed by the request and not in the plan"},
		{"a pin was enlarged", func(p *Plan) { p.Request.Pins = pins("services=10.96.0.0/16") },
			"services 10.96.0.0/16: is fixed by the request and not in the plan"},
		{"given hosts are left out", func(p *Plan) { p.Request.Hosts = prefixtest.List("10.9.0.0/25") },
			"hosts 10.9.0.0/25: is fixed by the request and not in the plan"},
		{"a part of the given hosts is left out", func(p *Plan) { p.Request.Hosts = prefixtest.List("10.0.0.0/23") },
			"hosts 10.0.0.0/23: is fixed by the request and not in the plan"},
		{"given hosts that lie in others", func(p *Plan) { p.Request.Hosts, p.Ranges[0].Given = prefixtest.List("10.0.0.0/24 10.0.0.64/26"), true }, ""},
		{"chosen, it says, but the request pins it", func(p *Plan) { p.Request.Pins = pins("pods=10.244.0.0/16") },
			"pods 10.244.0.0/16: given is false, but the request says true"},
		{"room to grow over another range", func(p *Plan) { p.Request.Grow = 16; p.Ranges[0].Grow = p4("10.0.0.0/9") },
			"hosts 10.0.0.0/24: room to grow 10.0.0.0/9 overlaps services 10.96.0.0/12"},
		{"room to grow elsewhere", func(p *Plan) { p.Request.Grow = 1; p.Ranges[0].Grow = p4("10.2.0.0/23") },
			"hosts 10.0.0.0/24: room to grow 10.2.0.0/23 does not contain it"},
		{"room to grow that is smaller", func(p *Plan) { p.Request.Grow = 1; p.Ranges[0].Grow = p4("10.0.0.0/25") },
			"hosts 10.0.0.0/24: room to grow 10.0.0.0/25 does not contain it"},
		{"room to grow with host bits", func(p *Plan) { p.Request.Grow = 1; p.Ranges[0].Grow = p4("10.0.0.1/23") },
			"hosts 10.0.0.0/24: room to grow 10.0.0.1/23 does not contain it"},
		{"no room to grow", func(p *Plan) { p.Ranges[0].Grow = netip.Prefix{} },
			"hosts 10.0.0.0/24: room to grow invalid Prefix does not contain it"},
		{"room to grow in a range to avoid", func(p *Plan) {
			p.Request.Grow, p.Ranges[0].Grow, p.Request.Avoid = 1, p4("10.0.0.0/23"), plantest.Avoid("10.0.1.0/24")
		}, "hosts 10.0.0.0/24: room to grow 10.0.0.0/23 overlaps 10.0.1.0/24 (vpn), which is to be avoided"},
		{"of given hosts", func(p *Plan) {
			p.Request.Grow, p.Ranges[0].Grow, p.Request.Avoid = 1, p4("10.0.0.0/23"), plantest.Avoid("10.0.1.0/24")
			p.Request.Hosts, p.Ranges[0].Given = prefixtest.List("10.0.0.0/24"), true
		}, ""},
		{"of given pods", func(p *Plan) {
			p.Request.Grow, p.Ranges[2].Grow, p.Request.Avoid = 1, p4("10.244.0.0/15"), plantest.Avoid("10.245.0.0/24")
			p.Request.Pins, p.Ranges[2].Given = pins("pods=10.244.0.0/16"), true
		}, "pods 10.244.0.0/16: room to grow 10.244.0.0/15 overlaps 10.245.0.0/24 (vpn), which is to be avoided"},
		{"more room to grow than asked for", func(p *Plan) { p.Ranges[0].Grow = p4("10.0.0.0/23") },
			"hosts 10.0.0.0/24: room to grow 10.0.0.0/23 is more than was asked for"},
		{"services grow downwards", func(p *Plan) {
			p.Request.Grow = 1
			p.Ranges[1].Prefix, p.Ranges[1].Grow = p4("10.112.0.0/12"), p4("10.96.0.0/11")
		}, "services 10.112.0.0/12: room to grow 10.96.0.0/11 begins before it"},
		{"too many nodes", func(p *Plan) { p.Request.Nodes = 257 }, "pods 10.244.0.0/16: does not hold 257 nodes with a /24 each"},
		{"as many nodes as fit", func(p *Plan) { p.Request.Nodes = 256 }, ""},
		{"surge counts", func(p *Plan) { p.Request.Nodes, p.Request.Surge = 256, 1 }, "does not hold 257 nodes"},
		{"too many pods", func(p *Plan) { p.Request.PodsPerNode = 254 }, "a /24 does not hold 254 pods"},
		{"as many pods as fit", func(p *Plan) { p.Request.PodsPerNode = 253 }, ""},
		{"too many services", func(p *Plan) { p.Request.Services = 1<<20 - 3 }, "does not hold 1048573 services"},
		{"as many services as fit", func(p *Plan) { p.Request.Services = 1<<20 - 4 }, ""},
		{"services too large", func(p *Plan) { p.Ranges[1].Prefix, p.Ranges[1].Grow = p4("10.128.0.0/10"), p4("10.128.0.0/10") },
			"kubeadm takes 4 to 20 bits of services, not 22"},
		{"17 bits of nodes", func(p *Plan) { p.NodeMaskIPv4, p.Request.PodsPerNode = 33-16, 1; p.Ranges[2].Prefix = p4("10.0.0.0/0") },
			"more than 16 bits to the node mask"},
		{"pods of 16 addresses", func(p *Plan) {
			p.Request.Nodes, p.Request.PodsPerNode, p.NodeMaskIPv4 = 4, 1, 30
			p.Ranges[2].Prefix, p.Ranges[2].Grow = p4("10.244.0.0/28"), p4("10.244.0.0/28")
		}, ""},
		{"pods of 8 addresses", func(p *Plan) {
			p.Request.Nodes, p.Request.PodsPerNode, p.NodeMaskIPv4 = 2, 1, 30
			p.Ranges[2].Prefix, p.Ranges[2].Grow = p4("10.244.0.0/29"), p4("10.244.0.0/29")
		}, "kubeadm takes no pod range of fewer than 14 addresses"},
		{"too many hosts", func(p *Plan) { p.Request.HostCount = 254 }, "hosts 10.0.0.0/24: does not hold 254 hosts"},
		{"another API server", func(p *Plan) { p.APIServerServiceIPs[0] = netip.MustParseAddr("10.96.0.2") }, "API server addresses"},
		{"another DNS", func(p *Plan) { p.DNSServiceIPs = nil }, "DNS addresses [], should be [10.96.0.10]"},
		{"families of another request", func(p *Plan) { p.Request.Families = []fact.Family{fact.IPv6} }, "families [IPv4], the request has [IPv6]"},
		{"services without a tenth address", func(p *Plan) {
			p.Request.Services, p.Ranges[1].Prefix, p.Ranges[1].Grow = 4, p4("10.96.0.0/29"), p4("10.96.0.0/29")
		}, "DNS addresses [10.96.0.10], should be []"},
		{"services at the end of all addresses", func(p *Plan) {
			p.Ranges[1].Prefix, p.Ranges[1].Grow = p4("255.255.255.255/32"), p4("255.255.255.255/32")
		}, "API server addresses [10.96.0.1], should be []"},
		{"the empty plan", func(p *Plan) { *p = Plan{} }, "the plan has no family"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := New(Request{})
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(p)
			err = p.Validate()
			if tt.want == "" {
				if err != nil {
					t.Errorf("Validate = %v, want nil", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Validate = %v, want %q", err, tt.want)
			}
			if _, ok := errtype.As[*UnsoundError](err); !ok {
				t.Errorf("Validate = %T, want an *UnsoundError in it", err)
			}
		})
	}
}
