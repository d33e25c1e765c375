package check_test

import (
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestRuntimeFile: of the files in /etc/cni/net.d the first by name counts.
func TestRuntimeFile(t *testing.T) {
	for _, tt := range []struct {
		file string
		want bool
	}{
		{"10-crio-bridge.conflist", true},
		{"100-crio-bridge.conflist", true}, // "100" sorts before "20"
		{"87-podman-bridge.conflist", false},
	} {
		r := check.Run(factbundle.Statements(t, `
kcm@cp pods=10.244.0.0/16 services=10.96.0.0/12 alloc=true
only@w1 host cni crio:_bridge 10.85.0.0/16 at=w1/net.d/`+tt.file+`:1
only@w1 node setting:cni type flannel at=w1/net.d/20-flannel.conflist:1
`)...)
		got := slices.ContainsFunc(r.Findings, func(f fact.Finding) bool { return f.Rule == fact.RuleRuntimeBridge })
		if got != tt.want {
			t.Errorf("%s: a finding %v, want %v", tt.file, got, tt.want)
		}
	}
}
