package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"

	"github.com/google/go-cmp/cmp"
	"k8s.io/kubernetes/cmd/kubeadm/app/phases/controlplane"
	kubeadmconfig "k8s.io/kubernetes/cmd/kubeadm/app/util/config"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/kubeadm"
)

// addressFlags are the flags that the project claims to predict, beside everything in extraArgs.
var addressFlags = map[string]bool{
	"--allocate-node-cidrs": true, "--cluster-cidr": true, "--service-cluster-ip-range": true, "--node-cidr-mask-size": true,
	"--node-cidr-mask-size-ipv4": true, "--node-cidr-mask-size-ipv6": true, "--advertise-address": true, "--controllers": true,
}

// realManifests returns the arguments that kubeadm writes into both static pods, those about addresses and the extra ones.
func realManifests(doc string, extra map[string]bool) (kcm, api []string, err error) {
	cfg, err := kubeadmconfig.BytesToInitConfiguration([]byte(doc), true)
	if err != nil {
		return nil, nil, err
	}
	pods := controlplane.GetStaticPodSpecs(&cfg.ClusterConfiguration, &cfg.LocalAPIEndpoint, nil)
	keep := func(command []string) []string {
		var out []string
		for _, a := range command[1:] {
			name, _, _ := strings.Cut(a, "=")
			if addressFlags[name] || extra[strings.TrimPrefix(name, "--")] {
				out = append(out, a)
			}
		}
		return out
	}
	return keep(pods["kube-controller-manager"].Spec.Containers[0].Command), keep(pods["kube-apiserver"].Spec.Containers[0].Command), nil
}

// TestManifests wants the flags that kubeadm writes, in their order, from Config.Generate.
func TestManifests(t *testing.T) {
	good := []string{"10.244.0.0/16", "10.244.0.0/16,fd00:10:244::/56", "fd00:10:244::/56,10.244.0.0/16", "fd00:10:244::/56", "10.244.7.9/16", "010.244.0.0/16", "10.0.0.0/24", ""}
	services := []string{"10.96.0.0/12", "10.96.0.0/16,fd00:10:96::/112", "fd00:10:96::/112", "10.96.0.7/16", ""}
	names := []string{"cluster-cidr", "node-cidr-mask-size", "node-cidr-mask-size-ipv4", "allocate-node-cidrs", "cluster_cidr", "service-cluster-ip-range", "v"}
	values := []string{"10.50.0.0/16", "10.128.0.0/14", "25", "24", "true", "false"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: 192.168.10.11\nnodeRegistration:\n  name: cp1\n  criSocket: unix:///run/containerd/containerd.sock\n---\n")
		b.WriteString("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.2\nnetworking:\n  dnsDomain: cluster.local\n")
		if s := rapid.SampledFrom(good).Draw(t, "podSubnet"); s != "" {
			fmt.Fprintf(&b, "  podSubnet: %q\n", s)
		}
		if s := rapid.SampledFrom(services).Draw(t, "serviceSubnet"); s != "" {
			fmt.Fprintf(&b, "  serviceSubnet: %q\n", s)
		}
		extra := map[string]bool{}
		if n := rapid.IntRange(0, 4).Draw(t, "args"); n > 0 {
			b.WriteString("controllerManager:\n  extraArgs:\n")
			for range n {
				name := rapid.SampledFrom(names).Draw(t, "name")
				extra[name] = true
				fmt.Fprintf(&b, "  - name: %s\n    value: %q\n", name, rapid.SampledFrom(values).Draw(t, "value"))
			}
		}
		doc := b.String()
		kcm, api, err := realManifests(doc, extra)
		c, parseErr := kubeadm.ParseConfig("kubeadm-config.yaml", []byte(doc))
		if parseErr != nil {
			t.Fatalf("ParseConfig: %v\n%s", parseErr, doc)
		}
		got, genErr := c.Generate(fact.NewestKubernetes())
		if (err != nil) != (genErr != nil) {
			t.Fatalf("Generate: %v, kubeadm: %v\n%s", genErr, err, doc)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(kcm, got.ControllerManager); diff != "" {
			t.Fatalf("kube-controller-manager (-kubeadm +ours):\n%s\n%s", diff, doc)
		}
		if diff := cmp.Diff(api, got.APIServer); diff != "" {
			t.Fatalf("kube-apiserver (-kubeadm +ours):\n%s\n%s", diff, doc)
		}
	})
}
