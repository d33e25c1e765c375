package conformance

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/kubeadm"
)

// initDocument names what kubeadm would otherwise look for on the host, and clusterHead the release that it would ask the network for.
const (
	initDocument = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint:\n  advertiseAddress: 192.168.10.11\nnodeRegistration:\n  name: cp1\n  criSocket: unix:///run/containerd/containerd.sock\n---\n"
	clusterHead  = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n"
)

// forms returns files as people write and mistake them, by what they are about.
func forms() map[string][]string {
	const init, head = initDocument, clusterHead
	net := func(s string) string { return init + head + "networking:\n" + s }
	top := func(s string) string { return init + head + s }
	args := func(s string) string {
		return init + head + "networking:\n  podSubnet: 10.244.0.0/16\ncontrollerManager:\n  extraArgs:\n" + s
	}
	return map[string][]string{
		"arguments: types, names, shapes, and repeated keys": {
			args("  - name: cluster-cidr\n    name: v\n    value: '4'\n"),
			args("  - name: cluster-cidr\n    value: 10.1.0.0/16\n    value: '4'\n"),
			args("  - {name: v, value: '4'}\n  extraArgs:\n  - {name: v, value: '5'}\n"),
			args("  - {name: v, value: 4}\n"),
			args("  - {name: v, value: true}\n"),
			args("  - {name: v, value: yes}\n"),
			args("  - {name: v, value: y}\n"),
			args("  - {name: v, value: 1_000}\n"),
			args("  - {name: v, value: 0x10}\n"),
			args("  - {name: v, value: 0o10}\n"),
			args("  - {name: v, value: 010}\n"),
			args("  - {name: v, value: 1:30}\n"),
			args("  - {name: v, value: 1e3}\n"),
			args("  - {name: v, value: 1.5}\n"),
			args("  - {name: v, value: .inf}\n"),
			args("  - {name: v, value: .5}\n"),
			args("  - {name: v, value: -}\n"),
			args("  - {name: v, value: ~}\n"),
			args("  - {name: v, value: null}\n"),
			args("  - {name: v, value: }\n"),
			args("  - {name: v}\n"),
			args("  - {value: v}\n"),
			args("  - {name: '', value: v}\n"),
			args("  - name\n"),
			args("  - \n"),
			args("  - ~\n"),
			args("  - {}\n"),
			args("  - []\n"),
			args("  - {name: v, value: 2020-01-01}\n"),
			args("  - {name: v, value: 2020-01-01T00:00:00Z}\n"),
			args("  - {name: v, value: !!str 4}\n"),
			args("  - {name: v, value: !!int '4'}\n"),
			args("  - {name: v, value: !foo 4}\n"),
			args("  - {name: v, value: '4', foo: 5}\n"),
			args("  - {name: v, value: '4', Value: '5'}\n"),
			args("  - {Name: v, Value: '4'}\n"),
			args("  - {name: 5, value: '4'}\n"),
			args("  - {name: yes, value: '4'}\n"),
			args("  []\n"),
			args("  {}\n"),
			args("  ''\n"),
			args("  v: '4'\n"),
		},
		"a key that stands twice: the last counts": {
			net("  podSubnet: 10.244.0.0/16\n  podSubnet: 10.245.0.0/16\n"),
			net("  podSubnet: abc\n  podSubnet: 10.245.0.0/16\n"),
			net("  podSubnet: 10.245.0.0/16\n  podSubnet: abc\n"),
			net("  podSubnet: 10.245.0.0/16\n  podSubnet:\n"),
			net("  podSubnet: 10.245.0.0/16\n  podSubnet: 1\n"),
			net("  podSubnet: 1\n  podSubnet: 10.245.0.0/16\n"),
			net("  podSubnet: [a]\n  podSubnet: 10.245.0.0/16\n"),
			top("networking: {podSubnet: 10.1.0.0/16}\nnetworking: {serviceSubnet: 10.2.0.0/16}\n"),
			top("networking: 5\nnetworking: {serviceSubnet: 10.2.0.0/16}\n"),
			top("kind: ClusterConfiguration\nnetworking: {serviceSubnet: 10.2.0.0/16}\n"),
			top("kind: InitConfiguration\nnetworking: {serviceSubnet: 10.2.0.0/16}\n"),
			top("apiVersion: kubeadm.k8s.io/v1beta3\nnetworking: {serviceSubnet: 10.2.0.0/16}\n"),
		},
		"the networking mapping: forms of text, types, merge keys, indentation, names": {
			net("  podSubnet: !!str 10.244.0.0/16\n"),
			net("  podSubnet: \"10.244.0.0\\/16\"\n"),
			net("  podSubnet: \"10.244.0.0/16 \"\n"),
			net("  podSubnet: ' 10.244.0.0/16'\n"),
			net("  podSubnet: |\n    10.244.0.0/16\n"),
			net("  podSubnet: |-\n    10.244.0.0/16\n"),
			net("  podSubnet: >-\n    10.244.0.0/16,\n    fd00::/56\n"),
			net("  podSubnet: 10.244.0.0/16,\n    fd00::/56\n"),
			net("  podSubnet: >\n    10.244.0.0/16\n"),
			net("  podSubnet: 10.244.0.0/16 # comment\n"),
			net("  podSubnet: 10.244.0.0/16# comment\n"),
			net("  podSubnet:  10.244.0.0/16  \n"),
			net("  podSubnet: [10.244.0.0/16]\n"),
			net("  podSubnet:\n  - 10.244.0.0/16\n"),
			net("  podSubnet: {a: b}\n"),
			net("  podSubnet: ''\n"),
			net("  podSubnet: \n"),
			net("  podSubnet: null\n"),
			net("  podSubnet: ~\n"),
			net("  podSubnet: 10\n"),
			net("  podSubnet: 10.5\n"),
			net("  podSubnet: true\n"),
			net("  podSubnet: off\n"),
			net("  podSubnet: fd00:10:244::/56\n  serviceSubnet: fd00:10:96::/112\n"),
			net("  podSubnet: ::/0\n  serviceSubnet: fd00:10:96::/112\n"),
			net("  podSubnet: &a 10.244.0.0/16\n  serviceSubnet: *a\n"),
			net("  <<: {podSubnet: 10.244.0.0/16}\n"),
			net("  <<: {podSubnet: 10.244.0.0/16}\n  podSubnet: 10.245.0.0/16\n"),
			net("  podSubnet: 10.245.0.0/16\n  <<: {podSubnet: 10.244.0.0/16}\n"),
			net("  <<: [{podSubnet: 10.244.0.0/16}, {podSubnet: 10.243.0.0/16}]\n"),
			net("  <<: 5\n"),
			net("  PodSubnet: 10.244.0.0/16\n"),
			net("  podsubnet: 10.244.0.0/16\n"),
			net("  podSubnet: 10.244.0.0/16\n  podsubnet: 10.245.0.0/16\n"),
			net("  ? podSubnet\n  : 10.244.0.0/16\n"),
			net("  \"podSubnet\": 10.244.0.0/16\n"),
			net("  'podSubnet': 10.244.0.0/16\n"),
			net("  podSubnet : 10.244.0.0/16\n"),
			net("  podSubnet:10.244.0.0/16\n"),
			net("\tpodSubnet: 10.244.0.0/16\n"),
			net("  podSubnet:\t10.244.0.0/16\n"),
			net("  podSubnet: 10.244.0.0/16\t\n"),
			net("  podSubnet: 10.244.0.0/16\n serviceSubnet: 10.96.0.0/16\n"),
			net("  podSubnet: 10.244.0.0/16\n   serviceSubnet: 10.96.0.0/16\n"),
			net("podSubnet: 10.244.0.0/16\n"),
			net("- podSubnet: 10.244.0.0/16\n"),
			net("  1: 2\n"),
			net("  true: 2\n"),
			net("  [a]: 2\n"),
			net("  {a: b}: 2\n"),
			net("  ~: 2\n"),
			net("  dnsDomain: cluster.local.\n"),
			net("  dnsDomain: Cluster.local\n"),
			net("  dnsDomain: a_b\n"),
			net("  dnsDomain: ''\n"),
			net("  dnsDomain: 5\n"),
		},
		"other blocks and values of ClusterConfiguration": {
			top("controllerManager:\n  extraArgs:\nnetworking:\n  podSubnet: 10.244.0.0/16\n"),
			top("controllerManager:\nnetworking:\n  podSubnet: 10.244.0.0/16\n"),
			top("controllerManager: x\nnetworking:\n  podSubnet: 10.244.0.0/16\n"),
			top("controllerManager: []\nnetworking:\n  podSubnet: 10.244.0.0/16\n"),
			top("controllerManager: {extraArgs: [{name: cluster-cidr, value: 10.9.0.0/16}, {name: cluster-cidr, value: 10.8.0.0/16}]}\n"),
			top("apiServer: {extraArgs: [{name: service-cluster-ip-range, value: 10.9.0.0/16}]}\n"),
			top("apiServer: {extraArgs: [{name: advertise-address, value: 10.9.0.1}]}\n"),
			top("networking:\n"),
			top("networking: ''\n"),
			top("networking: []\n"),
			top("networking: {}\n"),
			top("networking: ~\n"),
			top("networking: {podSubnet: '10.244.0.0/16', }\n"),
			top("networking: {podSubnet: 10.244.0.0/16,serviceSubnet: 10.1.0.0/16}\n"),
			top("networking: {\"podSubnet\":\"10.244.0.0/16\",\"serviceSubnet\":\"10.1.0.0/16\"}\n"),
			top("networking: {podSubnet: fd00::/56, serviceSubnet: fd00:1::/112}\n"),
			top("clusterName: 5\n"),
			top("clusterName: no\n"),
			top("foo: bar\n"),
			top("podSubnet: 10.244.0.0/16\n"),
			top("featureGates: {RootlessControlPlane: true}\n"),
			top("featureGates: {A: b}\n"),
			top("controlPlaneEndpoint: 10.0.0.1\n"),
			top("controlPlaneEndpoint: 5\n"),
			top("kubernetesVersion: v1.36.0\n"),
			top("featureGates: {IPv6DualStack: 'true'}\n"),
			top("featureGates: [IPv6DualStack]\n"),
		},
		"documents: separators, comments, byte order marks, kinds that stand twice or belong to others": {
			init + "---\n" + head,
			init + "# only a comment\n---\n" + head,
			init + head + "---\n",
			init + head + "---\n# end\n",
			init + head + "...\n",
			init + head + "...\n---\n",
			"---\n" + init + head,
			"# c\n---\n" + init + head,
			"\n---\n" + init + head,
			"\ufeff" + init + head,
			strings.ReplaceAll(init+head, "\n", "\r\n"),
			init + head + "---\n" + head,
			init + init + head,
			init + head + "---\nfoo: bar\n",
			init + head + "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n",
			init + head + "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: Foo\n",
			init + head + "---\napiVersion: kubeadm.k8s.io/v1beta5\nkind: Foo\n",
			init + head + "---\napiVersion: foo.io/v1\nkind: Foo\n",
			init + head + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\n",
			init + head + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: 10.96.0.10\n",
			init + head + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: -1\n",
			init + head + "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.1.0.0/16\n",
			init + head + "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: abc\n",
			init + head + "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 5\n",
			init + head + "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: foo\n",
			init + head + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10]\n",
			init + head + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS:\n",
			init + head + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: '110'\n",
			init + head + "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: [10.1.0.0/16]\n",
			init + `{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","kubernetesVersion":"v1.37.2","networking":{"podSubnet":"10.244.0.0/16","podSubnet":"10.245.0.0/16"}}`,
			init + "{\n\t\"apiVersion\": \"kubeadm.k8s.io/v1beta4\",\n\t\"kind\": \"ClusterConfiguration\",\n\t\"kubernetesVersion\": \"v1.37.2\"\n}\n",
		},
		"API versions, kinds, the host's address and name": {
			strings.ReplaceAll(init, "v1beta4", "v1beta3") + head,
			strings.ReplaceAll(init, "v1beta4", "v1beta1") + head,
			strings.ReplaceAll(init, "v1beta4", "v1") + head,
			strings.ReplaceAll(init, "v1beta4", "v1alpha1") + head,
			strings.ReplaceAll(init, "v1beta4", "v2") + head,
			strings.ReplaceAll(init+head, "kubeadm.k8s.io/v1beta4", "v1beta4"),
			strings.ReplaceAll(init+head, "kubeadm.k8s.io/v1beta4", "kubeadm.k8s.io"),
			strings.ReplaceAll(init+head, "kubeadm.k8s.io/v1beta4", "Kubeadm.k8s.io/v1beta4"),
			strings.ReplaceAll(init+head, "kubeadm.k8s.io/v1beta4", "kubeadm.k8s.io/v1beta4/x"),
			strings.ReplaceAll(init+head, "kubeadm.k8s.io/v1beta4", "'kubeadm.k8s.io/v1beta4 '"),
			strings.ReplaceAll(init+head, "ClusterConfiguration", "clusterConfiguration"),
			strings.ReplaceAll(init+head, "ClusterConfiguration", "ClusterConfig"),
			strings.ReplaceAll(init+head, "192.168.10.11", "192.168.10.011"),
			strings.ReplaceAll(init+head, "192.168.10.11", "192.168.10.11/24"),
			strings.ReplaceAll(init+head, "192.168.10.11", "abc"),
			strings.ReplaceAll(init+head, "192.168.10.11", "' 192.168.10.11'"),
			strings.ReplaceAll(init+head, "192.168.10.11", "fd00::1"),
			strings.ReplaceAll(init+head, "192.168.10.11", "::ffff:10.0.0.1"),
			strings.ReplaceAll(init+head, "192.168.10.11", "5"),
			strings.ReplaceAll(init+head, "  name: cp1", "  name: CP1"),
			strings.ReplaceAll(init+head, "  name: cp1", "  name: 5"),
			strings.ReplaceAll(init+head, "192.168.10.11", "192.168.10.11\n  bindPort: 0"),
			strings.ReplaceAll(init+head, "kubeadm.k8s.io/v1beta4", "kubeadm.k8.io/v1beta4"),
			strings.ReplaceAll(init+head, "192.168.10.11", "::FFFF:192.168.010.011"),
			strings.ReplaceAll(init+head, "192.168.10.11", "FD00:0::0001"),
			strings.ReplaceAll(init+head, "192.168.10.11", "fe80::1"),
			strings.ReplaceAll(init+head, "192.168.10.11", "fe80::1%eth0"),
			strings.ReplaceAll(init+head, "192.168.10.11", "224.0.0.1"),
		},
	}
}

// differentForms returns files that kubeadm refuses and kubeadm.Config does not, by the IDs of the differences that they show.
func differentForms() map[string][]string {
	const init, head = initDocument, clusterHead
	return map[string][]string{
		"kubeadm-other-fields": {
			init + head + "featureGates: {IPv6DualStack: true}\n",
			init + head + "controlPlaneEndpoint: 10.0.0.1:99999\n",
			init + head + "controlPlaneEndpoint: a b\n",
			strings.ReplaceAll(init+head, "  name: cp1", "  name: cp_1"),
			strings.ReplaceAll(init+head, "192.168.10.11", "192.168.10.11\n  bindPort: 70000"),
			strings.ReplaceAll(init+head, "192.168.10.11", "192.168.10.11\n  bindPort: '6443'"),
		},
		"kubeadm-objects-beside": {
			init + head + "---\napiVersion: v1\nkind: Pod\n",
		},
		"kubeadm-nothing-in-it": {
			"", "\n", "# x\n", "a", "5", "[]", "- a\n",
		},
		"kubeadm-yaml-directive": {
			"%YAML 1.1\n---\n" + init + head,
		},
		"kubeadm-json-escape": {
			`{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","networking":{"podSubnet":"10.244.0.0\/16"}}`,
		},
	}
}

// form is what one side makes of a file: the flags of both programs, or a refusal.
type form struct {
	ControllerManager, APIServer []string
	Refused                      bool
}

// readForm returns what kubeadm and kubeadm.Config make of a file, with the errors of both.
func readForm(doc string) (real, ours form, realErr, oursErr error) {
	real.ControllerManager, real.APIServer, realErr = realManifests(doc, map[string]bool{"v": true, "cluster-cidr": true})
	real.Refused = realErr != nil
	c, oursErr := kubeadm.ParseConfig("kubeadm-config.yaml", []byte(doc))
	if oursErr == nil {
		var g kubeadm.Generated
		g, oursErr = c.Generate(fact.NewestKubernetes())
		ours.ControllerManager, ours.APIServer = g.ControllerManager, g.APIServer
	}
	ours.Refused = oursErr != nil
	return real, ours, realErr, oursErr
}

// TestForms wants the same answer to files in unusual and mistaken forms: refused with the same words, or the same flags.
func TestForms(t *testing.T) {
	all := forms()
	for _, about := range slices.Sorted(maps.Keys(all)) {
		t.Run(about, func(t *testing.T) {
			for _, doc := range all[about] {
				real, ours, realErr, oursErr := readForm(doc)
				if diff := cmp.Diff(real, ours); diff != "" {
					t.Errorf("(-kubeadm +ours), errors %v and %v:\n%s\n%s", realErr, oursErr, diff, doc)
					continue
				}
				refused, ok := errors.AsType[*nodeipam.RefusedError](oursErr)
				if !ok || strings.Contains(realErr.Error(), "error converting YAML to JSON") {
					continue // taken, or no YAML, which each side says in its own words
				}
				if !slices.ContainsFunc(refused.Refusals, func(r nodeipam.Refusal) bool { return strings.Contains(realErr.Error(), r.Message) }) {
					t.Errorf("refused with %v, kubeadm says %v:\n%s", oursErr, realErr, doc)
				}
			}
		})
	}
}
