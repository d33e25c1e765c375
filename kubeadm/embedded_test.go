package kubeadm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
)

// What kubectl describe prints of ConfigMaps is read, each value at its place.
func TestDescribedData(t *testing.T) {
	const (
		head   = "Name:         kubelet-config\nNamespace:    kube-system\nLabels:       <none>\n\nData\n====\n"
		events = "\nEvents:\n  Type    Reason  Message\n  Normal  X       so: it: is\n"
		config = "kubelet:\n----\nkind: KubeletConfiguration\nmaxPods: 200\n"
	)
	want := []string{`f:10:10 kubelet max-pods maxPods "200" 200`}
	pad := func(n int) string { // a ConfigMap of n bytes
		return head + config + "# " + strings.Repeat("x", n-len(head)-len(config)-len("# \n")-len(events)) + "\n" + events
	}
	for _, tt := range []struct {
		name, in string
		want     []string
		err      string
	}{
		{"with events", head + config + events, want, ""},
		{"with binary data", head + config + "\nBinaryData\n====\nx: y: z\n\n" + events, want, ""},
		{"an empty value behind", head + config + "other:\n----\n" + events, want, ""},
		{"another program's value behind", head + config + "other:\n----\nx: y: z\n" + events, want, "f:13:"},
		{"two that are no YAML: the first is told", head + "other:\n----\na: b: c\n" + "third:\n----\nx: y: z\n" + config, []string{`f:16:10 kubelet max-pods maxPods "200" 200`}, "f:9:"},
		{"the command above", "$ kubectl -n kube-system describe cm kubelet-config\n" + head + config + events, []string{`f:11:10 kubelet max-pods maxPods "200" 200`}, ""},
		{"two ConfigMaps", head + config + events + "\n\n" + head + config + events, append(want, `f:26:10 kubelet max-pods maxPods "200" 200`), ""},
		{"a heading of Markdown", "Notes\n" + config + "x: y: z\n", nil, "f:"},
		{"1 MiB", pad(1 << 20), want, ""},
		{"more", pad(1<<20 + 1), nil, "f:"},
	} {
		ks, err := ParseKubelet("f", []byte(tt.in))
		var got []string
		for _, k := range ks {
			got = append(got, formtest.Lines(k.Statements())...)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
		if (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
		}
	}
}

// Which objects of a file are looked at: those of documents and of lists, whatever stands between.
func TestEachObject(t *testing.T) {
	const kubelet = "kind: KubeletConfiguration\nmaxPods: 7\n"
	for _, tt := range []struct {
		name, in string
		want     int
	}{
		{"behind empty documents", "---\n---\n# nothing\n---\n" + kubelet, 1},
		{"beside what is no object", "---\nKubeletConfiguration\n---\n- 5\n- ~\n- [KubeletConfiguration]\n---\n" + kubelet, 1},
		{"in a list", "items:\n- kind: KubeletConfiguration\n  maxPods: 7\n- 5\n-\n- {kind: KubeletConfiguration, maxPods: 8}\n", 2},
		{"items alone", "- {kind: KubeletConfiguration, maxPods: 8}\n", 1},
		{"in a ConfigMap, beside other values", "kind: ConfigMap\ndata:\n  a: 5\n  b:\n  c: {kind: KubeletConfiguration}\n  d: |\n    kind: KubeletConfiguration\n    maxPods: 7\n  e: \"KubeletConfiguration: a: b\"\n  f: |\n    kind: Other\n    x: KubeletConfiguration\n", 1},
		{"a ConfigMap without data", "kind: ConfigMap\nx: KubeletConfiguration\n", 0},
	} {
		ks, err := ParseKubelet("f", []byte(tt.in))
		if err != nil || len(ks) != tt.want {
			t.Errorf("%s: %d kubelets, %v, want %d", tt.name, len(ks), err, tt.want)
		}
	}
}

// Lists of manifests are opened; what only looks like one is not.
func TestObjects(t *testing.T) {
	const pod = "kind: Pod\n  metadata: {name: kube-apiserver}\n  spec: {containers: [{name: kube-apiserver, command: [kube-apiserver, --service-cluster-ip-range=10.96.0.0/12]}]}\n"
	for _, tt := range []struct {
		name, in string
		want     int
	}{
		{"List", "kind: List\nitems:\n- " + pod + "- 5\n-\n- " + pod, 2},
		{"PodList", "kind: PodList\nitems:\n- " + pod, 1},
		{"another kind", "kind: Shelf\nitems:\n- " + pod, 0},
		{"List without items", "kind: List\n", 0},
		{"List of no items", "kind: List\nitems: 5\n", 0},
	} {
		ps, err := ParseManifests("f", []byte(tt.in))
		if err != nil || len(ps) != tt.want {
			t.Errorf("%s: %d processes, %v, want %d", tt.name, len(ps), err, tt.want)
		}
	}
}

// The flags of a container are the words behind the program, wherever it stands.
func TestProgramArgs(t *testing.T) {
	for _, tt := range []struct{ name, command, want string }{
		{"by its path", "[/usr/local/bin/kube-proxy, --cluster-cidr=10.244.0.0/16]", "10.244.0.0/16"},
		{"behind a wrapper", "[/bin/exec, --cluster-cidr=10.1.0.0/16, kube-proxy, --cluster-cidr=10.244.0.0/16]", "10.244.0.0/16"},
		{"its name is a value, too", "[kube-proxy, --hostname-override, kube-proxy, --cluster-cidr, 10.244.0.0/16]", "10.244.0.0/16"},
		{"the name of a value alone", "[run, --cluster-cidr, kube-proxy, --cluster-cidr, 10.244.0.0/16]", "10.244.0.0/16"},
		{"another program", "[my-kube-proxy, --cluster-cidr=10.244.0.0/16]", ""},
		{"no value", "[kube-proxy, --cluster-cidr]", ""},
	} {
		ps, err := ParseKubeProxy("f", []byte("kind: Pod\nmetadata: {name: kube-proxy-x}\nspec:\n  containers:\n  - command: "+tt.command+"\n"))
		got := ""
		for _, p := range ps {
			got += p.ClusterCIDR.V
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}
