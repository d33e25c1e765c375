package kubeadm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
)

func TestParseKubelet(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"a configuration file", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS:\n- 10.96.0.10\nmaxPods: 200\npodCIDR: \"\"\n", []string{
			`f:4:3 kubelet dns clusterDNS "10.96.0.10" 10.96.0.10`,
			`f:5:10 kubelet max-pods maxPods "200" 200`,
		}},
		{"two addresses", "kind: KubeletConfiguration\nclusterDNS: [10.96.0.10, fd00::a]\n", []string{`f:2:14 kubelet dns clusterDNS "10.96.0.10,fd00::a" 10.96.0.10 fd00::a`}},
		{"no address", "kind: KubeletConfiguration\nclusterDNS: [10.96.0.10, dns]\nmaxPods: many\n", []string{
			`f:2:26 kubelet dns clusterDNS "10.96.0.10,dns" 10.96.0.10 error: "dns" is no IP address`,
			`f:3:10 kubelet max-pods maxPods "many" error: "many" is no number of pods`,
		}},
		{"a scalar for the list", "kind: KubeletConfiguration\nclusterDNS: 10.96.0.10\nmaxPods: 0\n", []string{`f:2:13 kubelet dns clusterDNS "10.96.0.10" 10.96.0.10`}},
		{"the ConfigMap of 1.23", "kind: ConfigMap\nmetadata: {name: kubelet-config-1.23}\ndata:\n  kubelet: |\n    kind: KubeletConfiguration\n    clusterDNS:\n    - 10.96.0.10\n", []string{
			`f:7:7 kubelet dns clusterDNS "10.96.0.10" 10.96.0.10`,
		}},
		{"standalone", "kind: KubeletConfiguration\npodCIDR: 10.5.0.0/24\n", []string{`f:2:10 kubelet node-pods podCIDR "10.5.0.0/24" 10.5.0.0/24`}},
		{"nothing about addresses", "kind: KubeletConfiguration\n", nil},
		{"kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=192.168.0.11,fd00::11 --pod-infra-container-image=registry.example/pause:3.10\"\n", []string{
			`f:1:101 kubelet address --node-ip "192.168.0.11" 192.168.0.11`,
			`f:1:114 kubelet address --node-ip "fd00::11" fd00::11`,
		}},
		{"a systemd unit", "[Service]\nEnvironment=\"KUBELET_DNS_ARGS=--cluster-dns=10.96.0.10 --cluster-domain=cluster.local\"\n# ExecStart=/usr/bin/kubelet --max-pods=1\nExecStart=/usr/bin/kubelet \\\n  --max-pods 120 \\\n  --cluster-dns=fd00::a\nRestart=always\n", []string{
			`f:2:45 kubelet dns --cluster-dns "10.96.0.10,fd00::a" 10.96.0.10 fd00::a`,
			`f:5:14 kubelet max-pods --max-pods "120" 120`,
		}},
		{"a line of ps", "root  812  1.0 kubelet /usr/bin/kubelet --max-pods=110 --max-pods=50 --node-ip=::\n", []string{`f:1:67 kubelet max-pods --max-pods "50" 50`}},
		{"a log, not flags", "I0101 00:00:00.000000 1 flags.go:64] FLAG: --max-pods=\"110\"\n", nil},
		{"a command of kubeadm", "kubeadm init --node-ip=1.2.3.4\n", nil},
		{"a variable of a shell, blank lines", "\n\nKUBELET_EXTRA_ARGS=--node-ip=10.0.0.1\n\n", []string{`f:3:30 kubelet address --node-ip "10.0.0.1" 10.0.0.1`}},
		{"comments", "# KUBELET_EXTRA_ARGS=--max-pods=1\n ; /usr/bin/kubelet --max-pods=2\n#\n", nil},
		{"a flag in the value of another", "/usr/bin/kubelet --root-dir=--max-pods=1 --max-pods=2\n", []string{`f:1:53 kubelet max-pods --max-pods "2" 2`}},
		{"YAML that runs it", "kind: ConfigMap\ndata:\n  run: |\n    /usr/bin/kubelet --max-pods=1\n", nil},
		{"JSON that runs it", `{"kind":"ConfigMap","data":{"run":"` + "/usr/bin/kubelet --max-pods=1 " + `"}}`, nil},
		{"1 MiB", "/usr/bin/kubelet --max-pods=1" + strings.Repeat("\n", 1<<20-29), []string{`f:1:29 kubelet max-pods --max-pods "1" 1`}},
		{"more", "/usr/bin/kubelet --max-pods=1" + strings.Repeat("\n", 1<<20-28), nil},
		{"a mask in the wrong place", "kind: KubeletConfiguration\nnodeCidrMaskSize: 26\n", []string{`f:2:19 kubelet node-mask node-cidr-mask-size "26" 26`}},
		{"that is no mask", "kind: KubeletConfiguration\nnodeCidrMaskSize: 0\n---\nkind: KubeletConfiguration\nnodeCidrMaskSize: many\n", nil},
		{"addresses that are not there", "kind: KubeletConfiguration\nclusterDNS: [~, \"\", 10.96.0.10]\n", []string{`f:2:21 kubelet dns clusterDNS "10.96.0.10" 10.96.0.10`}},
		{"nothing", "", nil},
	} {
		ks, err := ParseKubelet("f", []byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var got []string
		for _, k := range ks {
			got = append(got, formtest.Lines(k.Statements())...)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
	}
}

func TestKubeletValues(t *testing.T) {
	const flags = "/usr/bin/kubelet --node-ip=192.168.0.1,fd00::1 --max-pods=7 --cluster-dns=10.96.0.10 --cluster-dns=fd00::a --pod-cidr=10.5.0.0/24\n"
	ks, err := ParseKubelet("f", []byte(flags))
	if err != nil || len(ks) != 1 {
		t.Fatalf("%v, %v", ks, err)
	}
	if got, want := ks[0].Pos.String()+" "+ks[0].String(), "f:1:28 clusterDNS 10.96.0.10,fd00::a, maxPods 7, podCIDR 10.5.0.0/24, node IP 192.168.0.1,fd00::1"; got != want {
		t.Errorf("%s: %s, want %s", flags, got, want)
	}
	for n, want := range map[int]int{64: 64, 65: 64} {
		ks, err := ParseKubelet("f", []byte("kind: KubeletConfiguration\nclusterDNS: ["+strings.Repeat("10.96.0.10, ", n)+"]\n"))
		if err != nil || len(ks[0].ClusterDNS) != want {
			t.Errorf("%d of %d addresses, %v, want %d", len(ks[0].ClusterDNS), n, err, want)
		}
	}
}
