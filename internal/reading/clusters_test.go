package reading

import (
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestClusters reads trees of one cluster and of several.
func TestClusters(t *testing.T) {
	config := func(more, pods string) string {
		return "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n" + more + "networking:\n  podSubnet: " + pods + "\n  serviceSubnet: 10.96.0.0/16\n"
	}
	const conf = "{\"Network\": \"10.1.0.0/16\", \"Backend\": {\"Type\": \"vxlan\"}}"
	table := func(names ...string) string {
		s := "NAME PODCIDR\n"
		for _, n := range names {
			s += n + "   10.244.0.0/24\n"
		}
		return s
	}
	const kind = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int // clusters; 0: all files are of one
		err   bool
	}{
		{"names", map[string]string{"a/k.yaml": config("clusterName: a\n", "10.1.0.0/16"), "a/net-conf.json": conf, "b/k.yaml": config("clusterName: b\n", "10.2.0.0/16")}, 2, false},
		{"a fault in one", map[string]string{"a/k.yaml": config("clusterName: a\n", "10.1.0.0/16"), "b/net-conf.json": conf, "b/k.yaml": config("clusterName: b\n", "10.2.0.0/16")}, 2, true},
		{"a file of both", map[string]string{"a/k.yaml": config("clusterName: a\n", "10.1.0.0/16"), "net-conf.json": conf, "b/k.yaml": config("clusterName: b\n", "10.2.0.0/16")}, 2, true},
		{"one name", map[string]string{"a/k.yaml": config("clusterName: a\n", "10.1.0.0/16"), "b/net-conf.json": conf, "b/k.yaml": config("clusterName: a\n", "10.2.0.0/16")}, 0, false},
		{"the name of all", map[string]string{"a/k.yaml": config("clusterName: kubernetes\n", "10.1.0.0/16"), "b/k.yaml": config("clusterName: b\n", "10.2.0.0/16")}, 0, false},
		{"endpoints", map[string]string{"x/a/k.yaml": config("controlPlaneEndpoint: 192.168.1.1:6443\n", "10.1.0.0/16"), "x/b/k.yaml": config("controlPlaneEndpoint: 192.168.2.1:6443\n", "10.2.0.0/16")}, 2, false},
		{"endpoints of hosts", map[string]string{"cp1/k.yaml": config("controlPlaneEndpoint: 192.168.1.1:6443\n", "10.1.0.0/16"), "cp2/k.yaml": config("controlPlaneEndpoint: 192.168.2.1:6443\n", "10.2.0.0/16")}, 0, false},
		{"no names", map[string]string{"a/k.yaml": config("", "10.1.0.0/16"), "b/k.yaml": config("", "10.2.0.0/16")}, 0, false},
		{"kind by names", map[string]string{"a/kind.yaml": kind + "name: a\n", "b/kind.yaml": kind + "name: b\n"}, 2, false},
		{"nodes of two", map[string]string{"a/n.txt": table("a-control-plane"), "a/kind.yaml": kind, "b/n.txt": table("b-control-plane"), "b/kind.yaml": kind}, 2, false},
		{"masters and workers", map[string]string{"a/n.txt": table("master-1"), "b/n.txt": table("worker-1")}, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := fstest.MapFS{}
			for name, text := range tt.files {
				m[name] = &fstest.MapFile{Data: []byte(text)}
			}
			f, err := Read(m, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(f.clusters()); got != tt.want {
				t.Errorf("%d clusters, want %d", got, tt.want)
			}
			if err := f.One(); (err != nil) != (tt.want > 0) {
				t.Errorf("One() = %v of %d clusters", err, tt.want)
			}
			if r := f.Check(); (r.Verdict() == fact.Broken) != tt.err {
				t.Errorf("verdict %s, want an error %v: %v", r.Verdict(), tt.err, r.Findings)
			}
		})
	}
}
