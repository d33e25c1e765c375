package plan_test

import (
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestCloud: how large hosts' ranges have to be, and how many hosts those have room for that are given.
func TestCloud(t *testing.T) {
	for _, tt := range []struct{ values, hosts, room, why string }{
		{"hosts 251 within 10.0.0.0/16 cloud aws", "10.0.0.0/24", "251", "five are kept"},
		{"hosts 252 within 10.0.0.0/16 cloud aws", "10.0.0.0/23", "507", "one more"},
		{"hosts 252 within 10.0.0.0/16 cloud gcp", "10.0.0.0/24", "252", "four are kept"},
		{"hosts 253 within 10.0.0.0/16 cloud gcp", "10.0.0.0/23", "508", "one more"},
		{"hosts 253 within 10.0.0.0/16 cloud oci", "10.0.0.0/24", "253", "three are kept"},
		{"hosts 253 within 10.0.0.0/16", "10.0.0.0/24", "253", "the healthy counterpart: no cloud"},
		{"hosts 10.0.0.0/28 cloud gcp", "10.0.0.0/28", "12", "given"},
		{"hosts 10.0.0.0/28 cloud aws", "10.0.0.0/28", "11", "given"},
		{"hosts 10.0.0.0/28 cloud eks", "10.0.0.0/28", "11", "by the name of its Kubernetes"},
		{"hosts 10.0.0.0/29 cloud azure", "10.0.0.0/29", "3", "given"},
		{"hosts 10.0.0.0/30 cloud azure", "10.0.0.0/30", "0", "nothing is left"},
		{"hosts 10.0.0.7/32 cloud aws", "10.0.0.7/32", "1", "a single host is no subnet"},
		{"hosts 10.0.0.0/28,10.0.1.0/28 cloud aws", "10.0.0.0/28", "22", "each subnet keeps its own"},
		{"hosts 10.0.0.0/28", "10.0.0.0/28", "13", "the healthy counterpart: no cloud"},
		{"hosts 2 within 10.0.0.0/26 nodes 1 pods-per-node 5 services 5 cloud aws", "/28", "11", "the smallest subnet"},
		{"hosts 2 within 10.0.0.0/26 nodes 1 pods-per-node 5 services 5 cloud oci", "/29", "5", "that of another cloud"},
		{"hosts fd00::/64 family ipv6 cloud aws", "fd00::/64", "18446744073709551611", "five of IPv6, too"},
	} {
		p, err := plan.New(named(t, strings.Fields(tt.values)...))
		if err != nil {
			t.Errorf("%s: %v", tt.values, err)
			continue
		}
		c := p.FamilyCapacity(p.Families[0])
		if got := p.Hosts()[0].String(); !strings.HasSuffix(got, tt.hosts) || c.Hosts.String() != tt.room {
			t.Errorf("%s: %s with room for %v, want %s, %s: %s", tt.values, got, c.Hosts, tt.hosts, tt.room, tt.why)
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", tt.values, err)
		}
	}
}

func TestCloudRefused(t *testing.T) {
	var r plan.Request
	if err := r.Set("cloud", "moon"); err == nil || err.Error() != `cloud "moon": must be one of aws, azure, gcp, oci` {
		t.Error(err)
	}
	if err := (plan.Request{Cloud: "moon"}).Check(); err == nil || err.Error() != "cloud moon: must be one of aws, azure, gcp, oci" {
		t.Error(err)
	}
	_, err := plan.New(named(t, "cloud", "aws", "hosts", "70000"))
	if err == nil || !strings.Contains(err.Error(), "a subnet of aws is a /16 at the most") {
		t.Error(err)
	}
	// Of another family the cloud has no such limit.
	if _, err := plan.New(named(t, "cloud", "aws", "hosts", "70000", "family", "ipv6", "within", "fd00::/48")); err != nil {
		t.Error(err)
	}
	p, err := plan.New(named(t, "cloud", "gcp", "hosts", "10.0.0.0/28", "nodes", "13"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Warnings {
		if f.Rule == fact.RuleHostRangeTooSmall && strings.Contains(f.Message, "room for 12, 13 are asked for") {
			return
		}
	}
	t.Errorf("no warning of 13 hosts in a /28: %v", p.Warnings)
}
