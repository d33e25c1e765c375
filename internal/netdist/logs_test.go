package netdist

import "testing"

func TestByLog(t *testing.T) {
	for _, tt := range []struct{ line, network, rule string }{
		{"Error querying installation: Could not resolve CalicoNetwork IPPool and kubeadm configuration: IPPool " +
			"192.168.0.0/16 is not within the platform's configured pod network CIDR(s) [10.244.0.0/16]", "calico", ruleOutside},
		{`could not resolve CalicoNetwork IPPool and kubeadm configuration: invalid CIDR address: "10.244.0.0/16"`,
			"calico", "podsubnet-not-plain"},
		{"could not resolve CalicoNetwork IPPool and kubeadm configuration: " +
			"kubeadm configuration is missing required podSubnet field", "calico",
			"podsubnet-missing"},
		{"2026-01-02 03:04:05.678 [WARNING][9] startup/startup.go 768: " +
			"Failed to extract CIDRs from kubeadm config. error=x", "calico",
			"podsubnet-not-plain"},
		{`level=fatal msg="Unable to init cluster-pool allocator" ` +
			`error="unable to initialize IPv6 allocator New CIDR set failed; the node CIDR size is too big"`,
			"cilium", string(PoolBlockLimit)},
		{"Failed to create new CIDR set: New CIDR set failed; the node CIDR size is too big", "", ""},
		// kube-controller-manager
		{"CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range", "", ""},
		{`illegal network configuration: cluster subnet "100.64.0.0/14" overlaps built-in join subnet "100.64.0.0/16"`,
			"ovn-kubernetes", ruleHidden},
		{"Network 10.32.0.0/12 overlaps with existing route 10.40.0.0/16 on host", "weave", ruleHostPods},
		{"Spec.PodCIDR is empty for Node n1. Please make sure --allocate-node-cidrs is enabled", "antrea", ruleMissing},
		{"nothing of this", "", ""},
		{"", "", ""},
	} {
		l, ok := ByLog(tt.line)
		if l.Network != tt.network || l.Rule != tt.rule || ok != (tt.network != "") {
			t.Errorf("ByLog(%q) = %q, %q, %v, want %q, %q", tt.line, l.Network, l.Rule, ok, tt.network, tt.rule)
		}
	}
	for _, l := range LogLines() {
		if _, ok := ByName(l.Network); !ok || l.Text == "" || l.Rule == "" || l.Means == "" || l.Source == "" {
			t.Errorf("line %+v", l)
		}
	}
}
