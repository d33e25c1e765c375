package kubeadm_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func TestValidate(t *testing.T) {
	doc := func(version, kind string, lines ...string) string {
		return "apiVersion: kubeadm.k8s.io/" + version + "\nkind: " + kind + "\n" + strings.Join(lines, "\n") + "\n"
	}
	v := func(minor int) fact.Version { return fact.V(1, minor, 0) }
	for _, tt := range []struct {
		name    string
		file    string
		release fact.Version
		want    string // problems, "; " between: kind line:column path, warnings in brackets
	}{
		{"sound", doc("v1beta4", "ClusterConfiguration", "networking: {podSubnet: 10.244.0.0/16}"), v(37), ""},
		{"nothing", "", v(37), ""},
		{"only of kubelet", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nnonsense: 1\n", v(37), ""},

		// Structure.
		{"no kind", "apiVersion: kubeadm.k8s.io/v1beta4\n", v(37), "structure 1:1 "},
		{"no apiVersion", "kind: ClusterConfiguration\n", v(37), "structure 1:1 "},
		{"no group", "apiVersion: v1\nkind: ConfigMap\n", v(37), "structure 1:1 "},
		{"a list", "- a\n", v(37), "structure 1:1 "},
		{"comments alone", doc("v1beta4", "ClusterConfiguration") + "---\n# nothing\n---\n", v(37), "structure 5:1 "},
		{"twice", doc("v1beta4", "ClusterConfiguration") + "---\n" + doc("v1beta4", "ClusterConfiguration"), v(37), "structure 5:1 kind"},
		{"unknown kind", doc("v1beta4", "ClusterConfig"), v(37), "structure 1:13 apiVersion"},
		{"unknown group", "apiVersion: kubeadm.k8s.i/v1beta4\nkind: ClusterConfiguration\n", v(37), "structure 1:13 apiVersion"},
		{"a kind that came later", doc("v1beta3", "ResetConfiguration"), v(30), "structure 1:13 apiVersion"},
		{"a version that comes later", doc("v1beta4", "ClusterConfiguration"), v(27), "structure 1:13 apiVersion"},

		// API versions.
		{"old", doc("v1beta3", "ClusterConfiguration", "nonsense: 1"), v(37), "apiVersion 1:13 apiVersion"},
		{"older", doc("v1alpha3", "ClusterConfiguration"), v(30), "apiVersion 1:13 apiVersion"},
		{"deprecated", doc("v1beta3", "ClusterConfiguration"), v(36), "(apiVersion 1:13 apiVersion)"},
		{"deprecated, with an unknown key", doc("v1beta3", "ClusterConfiguration", "nonsense: 1"), v(36), "(apiVersion 1:13 apiVersion); unknownField 3:1 nonsense"},
		{"not deprecated yet", doc("v1beta3", "ClusterConfiguration"), v(30), ""},
		{"an experiment", doc("v1", "ClusterConfiguration"), v(37), "apiVersion 1:13 apiVersion"},
		{"an experiment once", doc("v1beta4", "ClusterConfiguration"), v(30), "apiVersion 1:13 apiVersion"},
		{"the release that the file names", doc("v1beta3", "ClusterConfiguration", "kubernetesVersion: v1.30.2"), fact.Version{}, ""},

		// Keys.
		{"misspelt", doc("v1beta4", "ClusterConfiguration", "networking: {podSubset: 10.244.0.0/16}"), v(37), "unknownField 3:14 networking.podSubset"},
		{"letter case", doc("v1beta4", "ClusterConfiguration", "networking: {PodSubnet: 10.244.0.0/16}"), v(37), "unknownField 3:14 networking.PodSubnet"},
		{"in another kind", doc("v1beta4", "ClusterConfiguration", "localAPIEndpoint: {}"), v(37), "unknownField 3:1 localAPIEndpoint"},
		{"of an item", doc("v1beta4", "ClusterConfiguration", "apiServer: {extraArgs: [{name: v, valu: '2'}]}"), v(37), "unknownField 3:35 apiServer.extraArgs[0].valu"},
		{"of an earlier version", doc("v1beta4", "ClusterConfiguration", "apiServer: {timeoutForControlPlane: 4m0s}"), v(37), "unknownField 3:13 apiServer.timeoutForControlPlane"},
		{"of its own version", doc("v1beta3", "ClusterConfiguration", "apiServer: {timeoutForControlPlane: 4m0s, extraArgs: {v: '2'}}"), v(30), ""},
		{"before its release", doc("v1beta4", "ClusterConfiguration", "etcd: {external: {endpoints: [a], httpEndpoints: [b]}}"), v(34), "unknownField 3:35 etcd.external.httpEndpoints"},
		{"from its release on", doc("v1beta4", "ClusterConfiguration", "etcd: {external: {endpoints: [a], httpEndpoints: [b]}}"), v(35), ""},
		{"of v1beta2 alone", doc("v1beta2", "ClusterConfiguration", "dns: {type: CoreDNS}", "useHyperKubeImage: true"), v(23), ""},
		{"twice", doc("v1beta4", "ClusterConfiguration", "networking:", "  podSubnet: 10.244.0.0/16", "  podSubnet: 10.245.0.0/16"), v(37), "duplicateKey 5:3 podSubnet"},
		{"twice in a document that is not read", doc("v1beta4", "JoinConfiguration", "discovery: {}") + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 1\nmaxPods: 2\n", v(37), ""},
		{"twice in a document that is read", doc("v1beta4", "ClusterConfiguration") + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 1\nmaxPods: 2\n", v(37), "duplicateKey 8:1 maxPods"},

		// Types and values.
		{"a list for a text", doc("v1beta4", "ClusterConfiguration", "networking: {podSubnet: [10.244.0.0/16]}"), v(37), "type 3:25 networking.podSubnet"},
		{"a number for a text", doc("v1beta4", "ClusterConfiguration", "clusterName: 5"), v(37), "type 3:14 clusterName"},
		{"a word that YAML 1.1 takes for a boolean", doc("v1beta4", "ClusterConfiguration", "clusterName: on"), v(37), "type 3:14 clusterName"},
		{"a text for a number", doc("v1beta4", "InitConfiguration", "localAPIEndpoint: {bindPort: '6443'}"), v(37), "type 3:30 localAPIEndpoint.bindPort"},
		{"a fraction", doc("v1beta4", "InitConfiguration", "localAPIEndpoint: {bindPort: 64.5}"), v(37), "type 3:30 localAPIEndpoint.bindPort"},
		{"a whole number with a point", doc("v1beta4", "InitConfiguration", "localAPIEndpoint: {bindPort: 6443.0}"), v(37), ""},
		{"a number that is too large", doc("v1beta4", "InitConfiguration", "localAPIEndpoint: {bindPort: 4294967296}"), v(37), "type 3:30 localAPIEndpoint.bindPort"},
		{"a map for a list", doc("v1beta4", "ClusterConfiguration", "controllerManager: {extraArgs: {v: '2'}}"), v(37), "type 3:32 controllerManager.extraArgs"},
		{"a list for a map", doc("v1beta3", "ClusterConfiguration", "controllerManager: {extraArgs: [{name: v, value: '2'}]}"), v(30), "type 3:32 controllerManager.extraArgs"},
		{"a number in a map of texts", doc("v1beta3", "ClusterConfiguration", "controllerManager: {extraArgs: {v: 2}}"), v(30), "type 3:36 controllerManager.extraArgs.v"},
		{"a duration", doc("v1beta4", "InitConfiguration", "timeouts: {discovery: 5}"), v(37), "type 3:23 timeouts.discovery"},
		{"a token", doc("v1beta4", "InitConfiguration", "bootstrapTokens: [{token: abc}]"), v(37), "type 3:27 bootstrapTokens[0].token"},
		{"no value", doc("v1beta4", "ClusterConfiguration", "networking:", "etcd: null"), v(37), ""},
		{"an argument without a name", doc("v1beta4", "ClusterConfiguration", "scheduler: {extraArgs: [{value: a}]}"), v(37), "value 3:25 scheduler.extraArgs[0]"},
		{"ranges", doc("v1beta4", "ClusterConfiguration", "networking:", "  serviceSubnet: 10.96.0.0/8"), v(37), "value 4:18 networking.serviceSubnet"},
		{"ranges are not looked at before the rest is well", doc("v1beta4", "ClusterConfiguration", "networking:", "  serviceSubnet: 10.96.0.0/8", "nonsense: 1"), v(37), "unknownField 5:1 nonsense"},
	} {
		ps, err := kubeadm.Validate("kubeadm.yaml", []byte(tt.file), tt.release)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, p := range ps {
			s := fmt.Sprintf("%s %d:%d %s", p.Kind, p.Pos.Line, p.Pos.Column, p.Path)
			if p.Warning {
				s = "(" + s + ")"
			}
			got = append(got, s)
			if p.Message == "" || !strings.HasPrefix(p.String(), "kubeadm.yaml:") {
				t.Errorf("%s: %q", tt.name, p)
			}
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s: %s\nwant %s\n%v", tt.name, s, tt.want, ps)
		}
	}
	if _, err := kubeadm.Validate("kubeadm.yaml", []byte("a: [\n"), fact.Version{}); err == nil {
		t.Error("text that is no YAML gives no error")
	}
}

// TestValidateAgrees: what ParseConfig finds wrong with a file, Validate does not take.
func TestValidateAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"networking: {podSubnet: 10.244.0.0/16}", "networking: {podSubset: 10.244.0.0/16}", "networking: [a]", "clusterName: 5", "clusterName: a", "apiServer: {extraArgs: {a: b}}",
			"podSubnet: 10.244.0.0/16", "scheduler: {extraArgs: [{name: a, value: 1}]}", "kind: ClusterConfiguration", "featureGates: {A: 'true'}", "networking: {serviceSubnet: 10.96.0.0/8}"})
		file := "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n" + strings.Join(rapid.SliceOfN(line, 0, 4).Draw(t, "lines"), "\n") + "\n"
		c, err := kubeadm.ParseConfig("kubeadm.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		ps, err := kubeadm.Validate("kubeadm.yaml", []byte(file), fact.NewestKubernetes())
		if err != nil {
			t.Fatal(err)
		}
		if refused := len(c.Problems)+len(c.Refusals(fact.NewestKubernetes())) > 0; refused != (len(ps) > 0) {
			t.Fatalf("%s\nParseConfig finds %v, Refusals %v, Validate %v", file, c.Problems, c.Refusals(fact.NewestKubernetes()), ps)
		}
	})
}

// Would `kubeadm config validate` take this file?
func ExampleValidate() {
	problems, err := kubeadm.Validate("kubeadm.yaml", []byte(`apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubset: 10.244.0.0/16
  serviceSubnet: [10.96.0.0/12]
`), fact.V(1, 37, 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// kubeadm.yaml:4:3: unknown field "networking.podSubset"
	// kubeadm.yaml:5:18: networking.serviceSubnet: cannot take array as string
}
