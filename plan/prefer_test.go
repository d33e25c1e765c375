package plan

import (
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestPrefer(t *testing.T) {
	pods, services := netip.MustParsePrefix("10.42.0.0/16"), netip.MustParsePrefix("10.43.0.0/16")
	prefer := []Preference{{fact.RolePods, pods, "the default"}, {fact.RoleServices, services, "the default"}}
	avoid := func(s string) []fact.Reservation {
		return []fact.Reservation{{Prefix: netip.MustParsePrefix(s), Name: "taken"}}
	}
	for _, tt := range []struct {
		name           string
		request        Request
		pods, services string
		why            string // of the pods
	}{
		{"free", Request{}, "10.42.0.0/16", "10.43.0.0/16", "the default"},
		{"too small", Request{Nodes: 300}, "10.244.0.0/15", "10.43.0.0/16", "around flannel's default network"}, // 10.42/15 meets services
		{"room to double", Request{Grow: 1}, "10.42.0.0/17", "10.43.0.0/17", "at the base of the default"},
		{"pods taken", Request{Avoid: avoid("10.42.200.0/24")}, "10.42.0.0/20", "10.43.0.0/16", "at the base of the default"},
		{"all taken", Request{Avoid: avoid("10.40.0.0/13")}, "10.244.0.0/16", "10.96.0.0/12", "flannel's default network"},
		{"elsewhere", Request{Within: []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12")}}, "172.16.0.0/20", "172.16.16.0/22", ""},
		{"pinned", Request{Pins: []Pin{{fact.RolePods, netip.MustParsePrefix("10.1.0.0/16")}}}, "10.1.0.0/16", "10.43.0.0/16", "pinned"},
		{"nothing that makes sense", Request{Prefer: []Preference{{fact.RolePods, netip.Prefix{}, "none"},
			{fact.RolePods, netip.MustParsePrefix("10.42.0.1/16"), "host bits"}, {"", pods, "no role"}}}, "10.42.0.0/16", "10.43.0.0/16", "the default"},
	} {
		r := tt.request
		r.Prefer = append(r.Prefer, prefer...)
		p, err := New(r)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got, _ := p.Range(fact.RolePods, fact.IPv4)
		if s := p.Services()[0].String(); got.Prefix.String() != tt.pods || s != tt.services || tt.why != "" && got.Why != tt.why {
			t.Errorf("%s: pods %v (%s), services %s, want %s (%s) and %s", tt.name, got.Prefix, got.Why, s, tt.pods, tt.why, tt.services)
		}
	}
}
