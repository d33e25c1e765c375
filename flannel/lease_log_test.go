package flannel_test

import (
	"testing"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestLogLeases: the last lease of a host in etcd is its subnet.
func TestLogLeases(t *testing.T) {
	for _, tt := range []struct{ host, log, want string }{
		{"m1", "I1019 07:50:02.151120    1280 manager.go:250] Lease acquired: 10.3.45.0/24\n", "10.3.45.0/24"},
		{"m1", "I0101 10:00:00.000000 1 main.go:1] Subnet lease acquired: 10.0.77.0/24\n" +
			"I0101 11:00:00.000000 1 main.go:1] Subnet lease acquired: 10.0.78.0/24\n", "10.0.78.0/24"},
		{"m1", "I0101 10:00:00.000000 1 local_manager.go:134] Found lease (10.3.46.0/24) for current IP (172.25.60.14), reusing\n", "10.3.46.0/24"},
		{"m1", "I0101 10:00:00.000000 1 main.go:232] Created subnet manager: Kubernetes Subnet Manager - m1\n" +
			"I1019 07:50:02.151120    1280 manager.go:250] Lease acquired: 10.3.45.0/24\n", ""},
		{"", "I1019 07:50:02.151120    1280 manager.go:250] Lease acquired: 10.3.45.0/24\n", ""},
	} {
		g, err := flannel.ReadLog([]byte(tt.log), flannel.Options{Host: tt.host})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range g.Statements() {
			if s.Role == fact.RoleNodePods {
				got += s.Text
			}
		}
		if got != tt.want {
			t.Errorf("host %q, %q: subnet %q, want %q", tt.host, tt.log, got, tt.want)
		}
	}
}
