package reading

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// podRanges returns the pod ranges that a tree states, each once.
func podRanges(t *testing.T, tree map[string]string) []string {
	t.Helper()
	m := fstest.MapFS{}
	for name, text := range tree {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	f, err := Read(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range f.Statements() {
		if s.Role == fact.RolePods && !slices.Contains(out, s.Text) {
			out = append(out, s.Text)
		}
	}
	slices.Sort(out)
	return out
}

// TestDropIns: files of config.yaml.d change the config.yaml of their host, and that of no other.
func TestDropIns(t *testing.T) {
	const base, changed = "cluster-cidr: 10.42.0.0/16\nservice-cidr: 10.43.0.0/16\n", "cluster-cidr: 10.50.0.0/16\n"
	for _, tt := range []struct {
		name string
		tree map[string]string
		want []string
	}{
		{"a file alone", map[string]string{"etc/rancher/k3s/config.yaml": base}, []string{"10.42.0.0/16"}},
		{"a drop-in", map[string]string{"etc/rancher/k3s/config.yaml": base, "etc/rancher/k3s/config.yaml.d/20-pods.yaml": changed}, []string{"10.50.0.0/16"}},
		{"the last of several", map[string]string{"etc/rancher/k3s/config.yaml": base, "etc/rancher/k3s/config.yaml.d/20-pods.yaml": "cluster-cidr: 10.60.0.0/16\n", "etc/rancher/k3s/config.yaml.d/30-pods.yaml": changed}, []string{"10.50.0.0/16"}},
		{"of other hosts", map[string]string{"m1/etc/rancher/k3s/config.yaml": base, "m2/etc/rancher/k3s/config.yaml.d/20-pods.yaml": changed}, []string{"10.42.0.0/16", "10.50.0.0/16"}},
		{"pasted", map[string]string{"paste.txt": "root@m1:~# cat /etc/rancher/k3s/config.yaml\n" + base + "root@m1:~# cat /etc/rancher/k3s/config.yaml.d/20-pods.yaml\n" + changed}, []string{"10.50.0.0/16"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := podRanges(t, tt.tree); !slices.Equal(got, tt.want) {
				t.Errorf("pod ranges %q, want %q", got, tt.want)
			}
		})
	}
}

// TestEmbedded: files that another file writes are read as those files.
func TestEmbedded(t *testing.T) {
	const head = "#cloud-config\nwrite_files:\n"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"of cloud-init", head + "- path: /etc/rancher/k3s/config.yaml\n  content: |\n    cluster-cidr: 10.50.0.0/16\n    service-cidr: 10.43.0.0/16\n", []string{"10.50.0.0/16"}},
		{"of a KubeadmConfig", "apiVersion: bootstrap.cluster.x-k8s.io/v1beta1\nkind: KubeadmConfig\nmetadata: {name: a}\nspec:\n  files:\n  - path: /run/flannel/net-conf.json\n    content: '{\"Network\": \"10.51.0.0/16\", \"Backend\": {\"Type\": \"vxlan\"}}'\n", []string{"10.51.0.0/16"}},
		{"prose in a file", head + "- path: /etc/motd\n  content: |\n    The pods of this host are in 10.50.0.0/16.\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := podRanges(t, map[string]string{"user-data.yaml": tt.text}); !slices.Equal(got, tt.want) {
				t.Errorf("pod ranges %q, want %q", got, tt.want)
			}
		})
	}
}
