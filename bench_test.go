package kubecidr_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// cluster returns the files of a sound cluster: control planes with three manifests each, flannel's manifest, and a list
// of nodes, each padded with about pad bytes that have nothing to do with addresses.
func cluster(controlPlanes, nodes, pad int) fstest.MapFS {
	fsys := fstest.MapFS{}
	add := func(name, text string) { fsys[name] = &fstest.MapFile{Data: []byte(text)} }
	for i := 1; i <= controlPlanes; i++ {
		for program, flags := range map[string]string{
			"kube-controller-manager": "    - --allocate-node-cidrs=true\n    - --cluster-cidr=10.0.0.0/9\n    - --service-cluster-ip-range=10.128.0.0/16\n",
			"kube-apiserver":          fmt.Sprintf("    - --advertise-address=192.168.10.%d\n    - --service-cluster-ip-range=10.128.0.0/16\n", i),
			"kube-scheduler":          "    - --leader-elect=true\n",
		} {
			add(fmt.Sprintf("cp%d/%s.yaml", i, program), fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  namespace: kube-system\nspec:\n  containers:\n  - command:\n    - %s\n%s    image: registry.k8s.io/%s:v1.37.2\n    name: %s\n  hostNetwork: true\n", program, program, flags, program, program))
		}
	}
	add("kube-flannel.yml", "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: kube-flannel-cfg\n  namespace: kube-flannel\ndata:\n  net-conf.json: |\n    {\"Network\": \"10.0.0.0/9\", \"Backend\": {\"Type\": \"vxlan\"}}\n")
	var b bytes.Buffer
	b.WriteString("{\"apiVersion\": \"v1\", \"items\": [")
	for i := range nodes {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n  {\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"worker-%05d\", \"annotations\": {\"padding\": %q}}, "+
			"\"spec\": {\"podCIDR\": \"10.%d.%d.0/24\", \"podCIDRs\": [\"10.%d.%d.0/24\"]}, "+
			"\"status\": {\"addresses\": [{\"address\": \"192.168.%d.%d\", \"type\": \"InternalIP\"}], \"nodeInfo\": {\"kubeletVersion\": \"v1.37.2\"}}}",
			i, bytes.Repeat([]byte("x"), pad), i>>8, i&255, i>>8, i&255, 64+i>>8, i&255)
	}
	b.WriteString("\n], \"kind\": \"List\"}\n")
	add("nodes.json", b.String())
	return fsys
}

func BenchmarkCheck(b *testing.B) {
	for _, bm := range []struct {
		name                      string
		controlPlanes, nodes, pad int
	}{
		{"3cp-500nodes", 3, 500, 500},
		{"3cp-500nodes-10KB-each", 3, 500, 10000},
		{"3cp-15000nodes-1KB-each", 3, 15000, 1000},
	} {
		fsys := cluster(bm.controlPlanes, bm.nodes, bm.pad)
		size := 0
		for _, f := range fsys {
			size += len(f.Data)
		}
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				r, err := kubecidr.Check(fsys)
				if err != nil {
					b.Fatal(err)
				}
				if err := r.Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestSoundCluster wants nothing to be said of the cluster that the benchmarks use.
func TestSoundCluster(t *testing.T) {
	r, err := kubecidr.Check(cluster(3, 500, 10))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Severity != fact.Info {
			t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Message)
		}
	}
}
