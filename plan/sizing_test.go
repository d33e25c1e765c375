package plan

import (
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestNodeMask(t *testing.T) {
	for _, tt := range []struct {
		pods   int
		churn  float64
		v4, v6 int
		why    string
	}{
		// The table of Google Cloud, "Flexible Pod CIDR": 8, 9 to 16, 17 to 32, 33 to 64, 65 to 128, 129 to 256 pods.
		{8, 2, 28, 124, "GKE"},
		{9, 2, 27, 123, "GKE"},
		{16, 2, 27, 123, "GKE"},
		{17, 2, 26, 122, "GKE"},
		{32, 2, 26, 122, "GKE"},
		{33, 2, 25, 121, "GKE"},
		{64, 2, 25, 121, "GKE"},
		{65, 2, 24, 120, "GKE"},
		{110, 2, 24, 120, "GKE, and kubelet's default"},
		{128, 2, 24, 120, "GKE: exactly twice"},
		{129, 2, 23, 119, "GKE"},
		{256, 2, 23, 119, "GKE"},
		{1, 2, 30, 126, "one pod beside network, bridge and broadcast address"},
		{2, 1, 29, 126, "two pods and three addresses; two and two for IPv6"},
		{253, 1, 24, 120, "as many as host-local has addresses for"},
		{254, 1, 23, 120, "one more: IPv6 has no broadcast address"},
		{255, 1, 23, 119, "one more"},
		{170, 1.5, 24, 120, "255 addresses"},
		{171, 1.5, 23, 119, "256.5, rounded up"},
	} {
		r := Request{PodsPerNode: tt.pods, Churn: tt.churn}
		if v4, v6 := r.longestNodeMask(fact.IPv4), r.longestNodeMask(fact.IPv6); v4 != tt.v4 || v6 != tt.v6 {
			t.Errorf("%d pods x %g: /%d and /%d, want /%d and /%d (%s)", tt.pods, tt.churn, v4, v6, tt.v4, tt.v6, tt.why)
		}
	}
}

func TestNeeds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		r      Request
		family fact.Family
		needs  func(r *Request, f fact.Family) (int, string)
		bits   int
		sizing string
	}{
		{"kubeadm's smallest", Request{Services: 1}, fact.IPv4, (*Request).serviceNeeds, 28,
			"1 service + 2 of the cluster (API server, DNS) + base and broadcast address = 5 addresses: /28"},
		{"exactly full", Request{Services: 252}, fact.IPv4, (*Request).serviceNeeds, 24,
			"252 services + 2 of the cluster (API server, DNS) + base and broadcast address = 256 addresses: /24"},
		{"one more", Request{Services: 253}, fact.IPv4, (*Request).serviceNeeds, 23,
			"253 services + 2 of the cluster (API server, DNS) + base and broadcast address = 257 addresses: /23"},
		{"no broadcast address", Request{Services: 253}, fact.IPv6, (*Request).serviceNeeds, 120,
			"253 services + 2 of the cluster (API server, DNS) + the base address = 256 addresses: /120"},
		{"hosts, exactly full", Request{HostCount: 253}, fact.IPv4, (*Request).hostNeeds, 24,
			"253 hosts + network, gateway and broadcast address = 256 addresses: /24"},
		{"hosts, one more", Request{HostCount: 254}, fact.IPv4, (*Request).hostNeeds, 23,
			"254 hosts + network, gateway and broadcast address = 257 addresses: /23"},
		{"IPv6 hosts", Request{HostCount: 254}, fact.IPv6, (*Request).hostNeeds, 120,
			"254 hosts + network and gateway address = 256 addresses: /120"},
		{"nodes, exactly full", Request{Nodes: 256}, fact.IPv4, podNeeds24, 16,
			"256 nodes with a /24 each: 256 subnets are /16"},
		{"nodes, one more", Request{Nodes: 257}, fact.IPv4, podNeeds24, 15,
			"257 nodes with a /24 each: 512 subnets are /15"},
		{"a rollout counts", Request{Nodes: 250, Surge: 10}, fact.IPv4, podNeeds24, 15,
			"250 nodes + 10 during a rollout with a /24 each: 512 subnets are /15"},
		{"one node", Request{Nodes: 1}, fact.IPv4, podNeeds24, 24,
			"1 node with a /24"},
		{"kubeadm takes no less than 14 addresses", Request{Nodes: 1}, fact.IPv4, podNeeds(30), 28,
			"1 node with a /30"},
		{"all of IPv4", Request{Nodes: 256}, fact.IPv4, podNeeds(8), 0,
			"256 nodes with a /8 each: 256 subnets are /0"},
		{"and one more", Request{Nodes: 257}, fact.IPv4, podNeeds(8), -1,
			"257 nodes with a /8 each: 512 subnets are more than the whole of IPv4"},
		{"a /24, which kubeadm v1.22 takes a node's subnet for", Request{Nodes: 1, Kubernetes: fact.V(1, 22, 0)}, fact.IPv4, podNeeds24, 24,
			"1 node with a /24"},
		{"and a smaller one", Request{Nodes: 1, Kubernetes: fact.V(1, 22, 0)}, fact.IPv4, podNeeds(25), 24,
			"1 node with a /25; kubeadm v1.22.0 takes node subnets for a /24 whatever they are: /24 or larger"},
	} {
		if bits, sizing := tt.needs(&tt.r, tt.family); bits != tt.bits || sizing != tt.sizing {
			t.Errorf("%s: /%d, %q\nwant /%d, %q", tt.name, bits, sizing, tt.bits, tt.sizing)
		}
	}
}

func podNeeds24(r *Request, f fact.Family) (int, string) { return r.podNeeds(f, 24) }

func podNeeds(mask int) func(r *Request, f fact.Family) (int, string) {
	return func(r *Request, f fact.Family) (int, string) { return r.podNeeds(f, mask) }
}

func TestSupernet(t *testing.T) {
	p := netip.MustParsePrefix("10.1.0.0/16")
	for bits, want := range map[int]string{-1: "invalid Prefix", 0: "0.0.0.0/0", 1: "0.0.0.0/1", 8: "10.0.0.0/8", 15: "10.0.0.0/15", 16: "10.1.0.0/16", 17: "invalid Prefix"} {
		if got := supernet(p, bits); got.String() != want {
			t.Errorf("supernet(%v, %d) = %v, want %s", p, bits, got, want)
		}
	}
}

func TestCommas(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want string
	}{{0, "0"}, {999, "999"}, {1000, "1,000"}, {-999, "-999"}, {-1000, "-1,000"}, {1048576, "1,048,576"}} {
		if got := words.Commas(tt.n); got != tt.want {
			t.Errorf("commas(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
}
