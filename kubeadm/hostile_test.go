package kubeadm

import (
	"strings"
	"testing"
	"time"

	"github.com/kubecidr/kubecidr/plan"
)

// TestHostileFiles reads what somebody could have made to keep a reader busy: the cost has to stay in proportion to the size. Where a
// reader takes long, it must not take much more than four times as long as with a quarter of the text; a machine that is busy is
// asked again.
func TestHostileFiles(t *testing.T) {
	const size = 1 << 20
	fill := func(head, unit, tail string) func(size int) []byte {
		return func(size int) []byte {
			return []byte(head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail)
		}
	}
	const cluster = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
	const pod = "kind: Pod\nspec:\n  containers:\n  - name: kube-controller-manager\n    command:\n    - kube-controller-manager\n"
	for _, tt := range []struct {
		name string
		data func(size int) []byte
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
			read func(data []byte)
		}{
			{"ParseConfig", func(data []byte) {
				c, _ := ParseConfig("f", data)
				c.Statements()
				c.Generate(plan.Version{})
			}},
			{"ParseManifests", func(data []byte) {
				ps, _ := ParseManifests("f", data)
				for _, p := range ps {
					p.Statements()
				}
			}},
			{"ParseCommands", func(data []byte) {
				c, _ := ParseCommands("f", data)
				c.Statements()
			}},
		} {
			measure := func(size int) time.Duration {
				data := tt.data(size)
				start := time.Now()
				r.read(data)
				return time.Since(start)
			}
			took := measure(size)
			for attempt := 0; took > 500*time.Millisecond; attempt++ {
				quarter := measure(size / 4)
				if took < 10*quarter {
					break
				}
				if attempt == 3 {
					t.Errorf("%s of %s took %v, and %v for a quarter of it", r.name, tt.name, took, quarter)
					break
				}
				took = measure(size)
			}
		}
	}
}
