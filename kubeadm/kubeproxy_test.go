package kubeadm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
)

func TestParseKubeProxy(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"a configuration file", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\ndetectLocalMode: \"\"\n", []string{
			`f:3:14 kube-proxy pods clusterCIDR "10.244.0.0/16" 10.244.0.0/16`,
		}},
		{"dual-stack with a mode", "kind: KubeProxyConfiguration\nclusterCIDR: '10.244.0.0/16,fd00::/56'\ndetectLocalMode: NodeCIDR\n", []string{
			`f:2:14 kube-proxy pods clusterCIDR "10.244.0.0/16,fd00::/56" 10.244.0.0/16 fd00::/56`,
			`f:3:18 kube-proxy detect-local-mode detectLocalMode "NodeCIDR"`,
		}},
		{"empty: stated, at the key", "kind: KubeProxyConfiguration\nclusterCIDR: \"\"\n", []string{`f:2:14 kube-proxy pods clusterCIDR ""`}},
		{"no key: stated, at the document", "kind: KubeProxyConfiguration\n", []string{`f:1:1 kube-proxy pods clusterCIDR ""`}},
		{"a blank after the comma", "kind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16, fd00::/56\n", []string{
			`f:2:14 kube-proxy pods clusterCIDR "10.244.0.0/16, fd00::/56" error: "10.244.0.0/16, fd00::/56": blanks and empty entries are not allowed in a list of ranges; write 10.244.0.0/16,fd00::/56`,
		}},
		{"beside kubeadm's documents", "kind: ClusterConfiguration\nnetworking: {}\n---\nkind: KubeProxyConfiguration\nclusterCIDR: 10.1.0.0/16\n", []string{
			`f:5:14 kube-proxy pods clusterCIDR "10.1.0.0/16" 10.1.0.0/16`,
		}},
		{"in its ConfigMap, in a list", "kind: List\nitems:\n- kind: ConfigMap\n  data:\n    config.conf: |-\n      kind: KubeProxyConfiguration\n      clusterCIDR: 10.1.0.0/16\n    kubeconfig.conf: \"kind: Config\"\n", []string{
			`f:7:20 kube-proxy pods clusterCIDR "10.1.0.0/16" 10.1.0.0/16`,
		}},
		{"kubectl describe of the ConfigMap", "Name:         kube-proxy\nNamespace:    kube-system\nLabels:       app=kube-proxy\n\nData\n====\nconfig.conf:\n----\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.1.0.0/16\n\nkubeconfig.conf:\n----\nkind: Config\n\n\nBinaryData\n====\n\nEvents:  <none>\n", []string{
			`f:11:14 kube-proxy pods clusterCIDR "10.1.0.0/16" 10.1.0.0/16`,
		}},
		{"JSON of the ConfigMap", `{"kind":"ConfigMap","data":{"config.conf":"kind: KubeProxyConfiguration\nclusterCIDR: 10.1.0.0/16\n"}}`, []string{
			`f:1:87 kube-proxy pods clusterCIDR "10.1.0.0/16" 10.1.0.0/16`,
		}},
		{"flags of a DaemonSet", "kind: DaemonSet\nspec:\n  template:\n    spec:\n      containers:\n      - image: registry.example/kube-proxy:v1.30.1@sha256:00\n        command:\n        - /usr/local/bin/kube-proxy\n        - --cluster_cidr=10.1.0.0/16\n        - --v=2\n        - --hostname-override=$(NODE_NAME)\n", []string{
			`f:9:26 kube-proxy pods --cluster-cidr "10.1.0.0/16" 10.1.0.0/16`,
			`f:6:16 kube-proxy version image "v1.30.1"`,
		}},
		{"flags of a Pod, the last wins", "kind: Pod\nspec:\n  containers:\n  - command: [kube-proxy]\n    args: [--cluster-cidr, 10.1.0.0/16, --cluster-cidr=10.2.0.0/16, --hostname-override=w1]\n", []string{
			`f:5:56 kube-proxy on w1 pods --cluster-cidr "10.2.0.0/16" 10.2.0.0/16`,
		}},
		{"flags beside --config have no effect", "kind: Pod\nspec:\n  containers:\n  - command: [kube-proxy, --config=/c, --cluster-cidr=10.1.0.0/16]\n", []string{
			`f:4:55 kube-proxy pods --cluster-cidr "10.1.0.0/16" 10.1.0.0/16 overridden`,
		}},
		{"kubeadm's DaemonSet says nothing itself", "kind: DaemonSet\nspec: {template: {spec: {containers: [{command: [kube-proxy, --config=/c]}]}}}\n", nil},
		{"another program", "kind: Pod\nspec: {containers: [{command: [kube-scheduler]}]}\n", nil},
		{"nothing", "", nil},
		{"a list of things", "- 1\n- {kind: KubeProxyConfiguration}\n", []string{`f:2:3 kube-proxy pods clusterCIDR ""`}},
	} {
		ps, err := ParseKubeProxy("f", []byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var got []string
		for _, p := range ps {
			got = append(got, formtest.Lines(p.Statements())...)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
	}
	if _, err := ParseKubeProxy("f", []byte("kind: KubeProxyConfiguration\nclusterCIDR: [")); err == nil {
		t.Error("broken YAML: no error")
	}
}
