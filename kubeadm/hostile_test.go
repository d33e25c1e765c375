package kubeadm

import (
	"strings"
	"testing"
	"time"

	"github.com/kubecidr/kubecidr/plan"
)

// TestHostileFiles reads what somebody could have made to keep a reader busy. The size is a tenth of what the readers promise to answer
// within a second, and the limit is generous, for machines that are busy: the cost has to stay in proportion to the size.
func TestHostileFiles(t *testing.T) {
	const size = 1 << 20
	fill := func(head, unit, tail string) []byte {
		return []byte(head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail)
	}
	const cluster = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
	const pod = "kind: Pod\nspec:\n  containers:\n  - name: kube-controller-manager\n    command:\n    - kube-controller-manager\n"
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"arguments of one name", fill(cluster+"controllerManager:\n  extraArgs:\n", "  - {name: cluster-cidr, value: a}\n", "")},
		{"numbers for text", fill(cluster+"controllerManager:\n  extraArgs:\n", "  - {name: x, value: 1}\n", "")},
		{"unknown keys", fill(cluster, "podSubnets: 1\n", "")},
		{"documents", fill("", "---\n"+cluster, "")},
		{"empty documents", fill(cluster, "---\n\n", "")},
		{"flags of one name", fill(pod, "    - --cluster-cidr=10.0.0.0/8\n", "")},
		{"unknown flags", fill(pod, "    - --clutser-cidr=10.0.0.0/8\n", "")},
		{"references", fill(pod, "    - $($($($($(\n", "")},
		{"one long reference", fill(pod+"    - \"", "$(", "\"\n")},
		{"shell in a manifest", fill("kind: Pod\nspec:\n  containers:\n  - command: [sh, -c, \"kube-controller-manager ", "--cluster-cidr=$X ", "\"]\n")},
		{"commands", fill("", "kubeadm init --pod-network-cidr=10.0.0.0/8\n", "")},
		{"substitutions", fill("kubeadm init ", "$($(", "")},
		{"braces", fill("kubeadm init ", "${", "")},
		{"growing variable", fill("A=aaaaaaaaaaaaaaaa\n", "A=$A$A\nkubeadm init $A\n", "")},
		{"open quote", fill("kubeadm init '", "a b ", "")},
		{"backslashes", fill("kubeadm init ", "\\ \n", "")},
		{"prompts", fill("", "root@a:~# ", "kubeadm init")},
		{"words", fill("kubeadm init ", "x ", "")},
	} {
		for _, r := range []struct {
			name string
			read func()
		}{
			{"ParseConfig", func() {
				c, _ := ParseConfig("f", tt.data)
				c.Statements()
				c.Generate(plan.Version{})
			}},
			{"ParseManifests", func() {
				ps, _ := ParseManifests("f", tt.data)
				for _, p := range ps {
					p.Statements()
				}
			}},
			{"ParseCommands", func() {
				c, _ := ParseCommands("f", tt.data)
				c.Statements()
			}},
		} {
			start := time.Now()
			r.read()
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s of %s took %v", r.name, tt.name, took)
			} else if took > 400*time.Millisecond {
				t.Logf("%s of %s took %v", r.name, tt.name, took)
			}
		}
	}
}
