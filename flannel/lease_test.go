package flannel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// outcome says what Predict answers: the ranges that are written, "crash", or flannel's words.
func outcome(t *testing.T, conf string, version fact.Version, podCIDRs ...string) string {
	t.Helper()
	c, err := ReadNetConf([]byte(conf), Options{Version: version})
	if err != nil {
		return "parse: " + words(err)
	}
	n := NodeSpec{Name: "n1", PodCIDRs: podCIDRs}
	if len(podCIDRs) > 0 {
		n.PodCIDR = podCIDRs[0]
	}
	e, err := Predict(c, n, Underlay{}, Options{Version: version})
	var le *LeaseError
	switch {
	case err == nil:
		var parts []string
		for line := range strings.Lines(e.String()) {
			if key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key != keyMTU && key != keyIPMasq {
				parts = append(parts, value)
			}
		}
		return "runs " + strings.Join(parts, " ")
	case errors.As(err, &le) && le.Panic:
		return "crash " + le.Message
	}
	return le.Message
}

// What happens on a node, release by release (facts sheet 3.2, executed for ten releases).
func TestPredictReleases(t *testing.T) {
	versions := []fact.Version{v(17, 0), v(18, 0), v(18, 1), v(19, 2), v(20, 2), v(22, 3), v(24, 4), v(25, 7), v(26, 0), v(27, 4), v(28, 10)}
	const (
		v4conf   = `{"Network":"10.244.0.0/16","Backend":{"Type":"%s"}}`
		dualconf = `{"Network":"10.244.0.0/16","EnableIPv6":true,"IPv6Network":"fd00:10::/56","Backend":{"Type":"%s"}}`
		null     = "crash runtime error: invalid memory address or nil pointer dereference"
		notFour  = "crash Address is not an IPv4 address"
		outside  = `subnet "10.244.0.0/16" specified in the flannel net config doesn't contain "10.1.2.0/24" PodCIDR of the "n1" node`
		outside6 = `subnet "fd00:10::/56" specified in the flannel net config doesn't contain "fd00:99::/64" IPv6 PodCIDR of the "n1"`
		none6    = `subnet "fd00:10::/64" specified in the PodCIDR, but doesn't exist in the flannel net config of the "n1" node`
		quoted6  = `subnet "10.244.0.0/16" specified in the flannel net config doesn't contain "fd00:10::/64" PodCIDR of the "n1" node`
		absent4  = "could not find an ipv4 network in the flannel configuration"
		absent6  = "could not find an ipv6 network in the flannel configuration"
		nothing  = `subnet "0.0.0.0/0" specified in the flannel net config doesn't contain "10.244.1.0/24" PodCIDR of the "n1" node`
		define   = "parse: Please define a correct Network parameter in the flannel config"
		dual     = "runs 10.244.0.0/16 10.244.1.1/24"
		all      = "runs 0.0.0.0/0 10.244.1.1/24"
		lacks6   = "failed to configure interface flannel-v6.1: IPv6 is enabled but the lease has no IPv6"
		lacks4   = "failed to configure interface flannel.1: IPv4 is enabled but the lease has no IPv4"
		odd      = "runs 10.244.0.0/16 0.0.0.1/0"
	)
	for _, tt := range []struct {
		situation, conf, backend string
		podCIDRs                 []string
		want                     []string // one for each version
	}{
		{"no podCIDR", v4conf, "vxlan", nil, repeat(`node "n1" pod cidr not assigned`, 11)},
		{"inside", v4conf, "vxlan", []string{"10.244.1.0/24"}, repeat(dual, 11)},
		{"outside Network", v4conf, "vxlan", []string{"10.1.2.0/24"}, []string{"runs 10.244.0.0/16 10.1.2.1/24", outside + ".", outside + ".", outside + ".", outside, outside, outside, outside, outside, outside, outside}},
		{"no Network", `{"Backend":{"Type":"%s"}}`, "vxlan", []string{"10.244.1.0/24"}, []string{all, all, all, define, all, absent4, absent4, all, all, all, nothing}},
		{"0.0.0.0/0", `{"Network":"0.0.0.0/0","Backend":{"Type":"%s"}}`, "vxlan", []string{"10.244.1.0/24"}, []string{all, all, all, define, all, absent4, absent4, all, all, all, nothing}},
		{"IPv4 alone on a dual-stack node", v4conf, "vxlan", []string{"10.244.1.0/24", "fd00:10::/64"}, []string{dual, null, none6 + ".", none6 + ".", none6, absent6, absent6, null, null, null, dual}},
		{"outside IPv6Network", dualconf, "vxlan", []string{"10.244.1.0/24", "fd00:99::/64"}, []string{"runs 10.244.0.0/16 10.244.1.1/24 fd00:10::/56 fd00:99::1/64", outside6 + ".", outside6 + " node.", outside6 + " node.", outside6 + " node", outside6 + " node", outside6 + " node", outside6 + " node", outside6 + " node", outside6 + " node", outside6 + " node"}},
		{"EnableIPv6, node without, vxlan", dualconf, "vxlan", []string{"10.244.1.0/24"}, []string{null, null, null, null, null, null, null, null, lacks6, lacks6, lacks6}},
		{"EnableIPv6, node without, host-gw", dualconf, "host-gw", []string{"10.244.1.0/24"}, repeat(null, 11)},
		{"IPv4 alone, node of IPv6, vxlan", v4conf, "vxlan", []string{"fd00:10::/64"}, []string{notFour, quoted6 + ".", quoted6 + ".", quoted6 + ".", none6, absent6, absent6, null, null, null, lacks4}},
		{"IPv4 alone, node of IPv6, host-gw", v4conf, "host-gw", []string{"fd00:10::/64"}, []string{notFour, quoted6 + ".", quoted6 + ".", quoted6 + ".", none6, absent6, absent6, null, null, null, odd}},
		{"IPv6 first", dualconf, "vxlan", []string{"fd00:10::/64", "10.244.1.0/24"}, nil},
		{"equal ranges", v4conf, "vxlan", []string{"10.244.0.0/16"}, repeat("runs 10.244.0.0/16 10.244.0.1/16", 11)},
		{"the last of each family counts", v4conf, "vxlan", []string{"10.244.1.0/24", "10.244.2.0/24"}, repeat("runs 10.244.0.0/16 10.244.2.1/24", 11)},
		{"host bits", v4conf, "vxlan", []string{"10.244.1.9/24"}, repeat(dual, 11)},
		{"malformed", v4conf, "vxlan", []string{"10.244.1.0"}, repeat("invalid CIDR address: 10.244.1.0", 11)},
		{"a SubnetLen that cannot be, in kube mode", `{"Network":"10.244.0.0/16","SubnetLen":31,"Backend":{"Type":"%s"}}`, "vxlan", []string{"10.244.1.0/24"}, append(repeat("parse: SubnetLen must be less than /31", 4), repeat(dual, 7)...)},
	} {
		for i, version := range versions {
			if tt.want == nil && version.Before(v(20, 2)) {
				continue
			}
			got := outcome(t, fmt.Sprintf(tt.conf, tt.backend), version, tt.podCIDRs...)
			want := "runs 10.244.0.0/16 10.244.1.1/24 fd00:10::/56 fd00:10::1/64"
			if tt.want != nil {
				want = tt.want[i]
			}
			if got != want {
				t.Errorf("%s, flannel %v\n got %s\nwant %s", tt.situation, version, got, want)
			}
		}
	}
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestPredict(t *testing.T) {
	for _, tt := range []struct {
		why, conf string
		podCIDRs  []string
		want      string
	}{
		{"three ranges", `{"Network":"10.0.0.0/8"}`, []string{"10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"}, `node "n1" pod cidrs should be IPv4/IPv6 only or dualstack`},
		{"both families off", `{"EnableIPv4":false}`, []string{"10.1.0.0/24"}, "none defined stack"},
		{"/32 leaves the range", `{"Network":"10.0.0.0/8","Backend":{"Type":"host-gw"}}`, []string{"10.1.1.7/32"}, "runs 10.0.0.0/8 10.1.1.8/32"},
		{"the last address wraps", `{"Network":"255.0.0.0/8","Backend":{"Type":"host-gw"}}`, []string{"255.255.255.255/32"}, "runs 255.0.0.0/8 0.0.0.0/32"},
		{"IPv6 alone", `{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fd00::/48","Backend":{"Type":"vxlan"}}`, []string{"fd00:0:0:5::/64"}, "runs fd00::/48 fd00:0:0:5::1/64"},
		{"small IPv6 addresses are printed as IPv4", `{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"::102:0/112","Backend":{"Type":"vxlan"}}`, []string{"::102:300/120"}, "runs 1.2.0.0/112 1.2.3.1/120"},
		{"the last IPv6 address", `{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"ffff::/16","Backend":{"Type":"host-gw"}}`, []string{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}, "crash math/big: buffer too small to fit value"},
		{"larger than Network", `{"Network":"10.244.0.0/24"}`, []string{"10.244.0.0/16"}, `subnet "10.244.0.0/24" specified in the flannel net config doesn't contain "10.244.0.0/16" PodCIDR of the "n1" node`},
		{"::/0 holds nothing", `{"Network":"10.0.0.0/8","EnableIPv6":true,"IPv6Network":"::/0","Backend":{"Type":"vxlan"}}`, []string{"10.1.0.0/24", "fd00::/64"}, `subnet "::/0" specified in the flannel net config doesn't contain "fd00::/64" IPv6 PodCIDR of the "n1" node`},
		{"IPv4-mapped Network holds nothing", `{"Network":"::ffff:10.244.0.0/112","Backend":{"Type":"vxlan"}}`, []string{"10.244.0.0/24"}, `subnet "10.244.0.0/112" specified in the flannel net config doesn't contain "10.244.0.0/24" PodCIDR of the "n1" node`},
		{"IPv4 range as IPv6Network", `{"Network":"10.0.0.0/8","EnableIPv6":true,"IPv6Network":"10.0.0.0/8","Backend":{"Type":"vxlan"}}`, []string{"10.1.0.0/24", "fd00::/64"}, `subnet "10.0.0.0/8" specified in the flannel net config doesn't contain "fd00::/64" IPv6 PodCIDR of the "n1" node`},
		{"EnableIPv6 without a range", `{"Network":"10.0.0.0/8","EnableIPv6":true,"Backend":{"Type":"vxlan"}}`, []string{"10.1.0.0/24", "fd00::/64"}, `subnet "::/0" specified in the flannel net config doesn't contain "fd00::/64" IPv6 PodCIDR of the "n1" node`},
		{"wireguard looks at the lease too", `{"Network":"10.0.0.0/8","EnableIPv6":true,"IPv6Network":"fd00::/48","Backend":{"Type":"wireguard"}}`, []string{"10.1.0.0/24"}, "failed to configure wg interface: IPv6 is enabled but the lease has no IPv6"},
	} {
		if got := outcome(t, tt.conf, fact.Version{}, tt.podCIDRs...); got != tt.want {
			t.Errorf("%s: %s on %v\n got %s\nwant %s", tt.why, tt.conf, tt.podCIDRs, got, tt.want)
		}
	}
	c, err := ParseNetConf([]byte(`{"Network":"10.0.0.0/8","Backend":{"Type":"vxlan"}}`))
	if err != nil {
		t.Fatal(err)
	}
	// A Node of Kubernetes before v1.16 has podCIDR alone.
	for _, version := range []fact.Version{{}, v(19, 2), v(14, 0)} {
		if e, err := Predict(c, NodeSpec{Name: "n1", PodCIDR: "10.1.0.0/24"}, Underlay{}, Options{Version: version}); err != nil || e.Subnet.String() != "10.1.0.1/24" {
			t.Errorf("podCIDR alone, flannel %v: %v, %v", version, e.Subnet, err)
		}
	}
	// Before IPv6 flannel does not look at podCIDRs.
	if e, err := Predict(c, NodeSpec{Name: "n1", PodCIDR: "10.1.0.0/24", PodCIDRs: []string{"10.2.0.0/24"}}, Underlay{}, Options{Version: v(14, 0)}); err != nil || e.Subnet.String() != "10.1.0.1/24" {
		t.Errorf("flannel v0.14.0: %v, %v, want podCIDR's subnet", e.Subnet, err)
	}
	// podCIDR empty and podCIDRs filled: flannel looks at podCIDR first.
	_, err = Predict(c, NodeSpec{Name: "n1", PodCIDRs: []string{"10.1.0.0/24"}}, Underlay{}, Options{})
	var le *LeaseError
	if !errors.As(err, &le) || le.Symptom != "pod-cidr-not-assigned" || le.Log != `Error registering network: failed to acquire lease: node "n1" pod cidr not assigned` {
		t.Errorf("got %v", err)
	}
}

// Every message that a prediction ends with is one that the catalogue knows, with the same ID, node and ranges.
func TestPredictionsAreRecognised(t *testing.T) {
	seen := map[string]bool{}
	for _, conf := range []string{
		`{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}`, `{"Backend":{"Type":"vxlan"}}`, `{"EnableIPv4":false}`,
		`{"Network":"10.244.0.0/16","EnableIPv6":true,"IPv6Network":"fd00:10::/56","Backend":{"Type":"vxlan"}}`,
	} {
		for _, podCIDRs := range [][]string{nil, {"10.1.2.0/24"}, {"10.244.1.0/24", "fd00:10::/64"}, {"10.244.1.0/24", "fd00:99::/64"}, {"10.244.1.0/24"}, {"x"}, {"10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"}} {
			for _, version := range []fact.Version{v(17, 0), v(18, 0), v(19, 1), v(20, 2), v(22, 0), v(27, 4), v(28, 10)} {
				c, err := ReadNetConf([]byte(conf), Options{Version: version})
				if err != nil {
					t.Fatal(err)
				}
				n := NodeSpec{Name: "n1", PodCIDRs: podCIDRs}
				if len(podCIDRs) > 0 {
					n.PodCIDR = podCIDRs[0]
				}
				_, err = Predict(c, n, Underlay{}, Options{Version: version})
				var le *LeaseError
				if !errors.As(err, &le) || le.Panic {
					continue
				}
				seen[le.Symptom] = true
				l, ok := parseLogLine("E0102 03:04:05.000006       1 main.go:384] " + le.Log)
				if !ok || l.Symptom.ID != le.Symptom {
					t.Errorf("%q is recognised as %q, want %q", le.Log, l.Symptom.ID, le.Symptom)
				}
			}
		}
	}
	for _, id := range []string{"pod-cidr-not-assigned", "network-not-configured", "pod-cidr-outside-network", "ipv6-pod-cidr-without-network", "ipv6-pod-cidr-outside-network", "pod-cidr-malformed", "too-many-pod-cidrs", "lease-without-family", "no-family"} {
		if !seen[id] {
			t.Errorf("no case ends with %s", id)
		}
	}
}
