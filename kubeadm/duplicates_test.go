package kubeadm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Of keys that stand twice the last counts, in the files of every program, and a merge key counts where it stands: as sigs.k8s.io/yaml
// has it, with which all of them read.
func TestDuplicateKeys(t *testing.T) {
	const cluster = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
	for _, tt := range []struct {
		name, in, want string
		told           string // the places that the finding names, later one first
	}{
		{"range", cluster + "networking:\n  podSubnet: 10.1.0.0/16\n  podSubnet: 10.2.0.0/16\n", "10.2.0.0/16", "f:5:3 f:4:3"},
		{"mapping around it", cluster + "networking: {podSubnet: 10.1.0.0/16}\nnetworking: {podSubnet: 10.2.0.0/16}\n", "10.2.0.0/16", "f:4:1 f:3:1"},
		{"a mapping that does not have it", cluster + "networking: {podSubnet: 10.1.0.0/16}\nnetworking: {serviceSubnet: 10.2.0.0/16}\n", "", "f:4:1 f:3:1"},
		{"in quotes", cluster + "networking:\n  podSubnet: 10.1.0.0/16\n  \"podSubnet\": 10.2.0.0/16\n", "10.2.0.0/16", "f:5:3 f:4:3"},
		{"JSON", `{"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration",` + "\n" + `"networking": {"podSubnet": "10.1.0.0/16", "podSubnet": "10.2.0.0/16"}}`, "10.2.0.0/16", "f:2:44 f:2:16"},
		{"merge key above", cluster + "networking:\n  <<: {podSubnet: 10.1.0.0/16}\n  podSubnet: 10.2.0.0/16\n", "10.2.0.0/16", ""},
		{"merge key below", cluster + "networking:\n  podSubnet: 10.1.0.0/16\n  <<: {podSubnet: 10.2.0.0/16}\n", "10.2.0.0/16", ""},
		{"merge key with a list", cluster + "networking:\n  <<: [{podSubnet: 10.2.0.0/16}, {podSubnet: 10.1.0.0/16}]\n", "10.2.0.0/16", ""},
	} {
		c, err := ParseConfig("f", []byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var told []string
		for _, p := range c.Problems {
			if p.Rule == fact.RuleKubeadmKeyDuplicate {
				for _, w := range p.Where {
					told = append(told, w.Position.String())
				}
				if p.Severity != fact.Warning || len(p.RefusedBy) > 0 {
					t.Errorf("%s: %+v, want a warning: kubeadm takes the file", tt.name, p)
				}
			}
		}
		if c.Cluster.PodSubnet.V != tt.want || strings.Join(told, " ") != tt.told {
			t.Errorf("%s: podSubnet %q, told at %q; want %q, %q", tt.name, c.Cluster.PodSubnet.V, told, tt.want, tt.told)
		}
		if _, err := c.Generate(fact.NewestKubernetes()); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}

	const pod = "kind: Pod\nspec:\n  containers:\n  - command: [kube-controller-manager, --cluster-cidr=10.1.0.0/16]\n    command: [kube-controller-manager, --cluster-cidr=10.2.0.0/16]\n"
	ps, err := ParseManifests("f", []byte(pod))
	if err != nil || len(ps) != 1 || ps[0].Parse().Value("cluster-cidr").V != "10.2.0.0/16" {
		t.Errorf("static pod: %v, %v", ps, err)
	}
	proxies, err := ParseKubeProxy("f", []byte("kind: KubeProxyConfiguration\nclusterCIDR: 10.1.0.0/16\nclusterCIDR: 10.2.0.0/16\n"))
	if err != nil || fmt.Sprint(proxies) != "[clusterCIDR 10.2.0.0/16]" {
		t.Errorf("kube-proxy: %v, %v", proxies, err)
	}
	kubelets, err := ParseKubelet("f", []byte("kind: KubeletConfiguration\nmaxPods: 110\nmaxPods: 250\n"))
	if err != nil || fmt.Sprint(kubelets) != "[maxPods 250]" {
		t.Errorf("kubelet: %v, %v", kubelets, err)
	}
}
