package kubeadm

import (
	"testing"

	"github.com/kubecidr/kubecidr/internal/hostile"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// hostileFiles are texts that somebody could have made to keep the readers of configuration, manifests and commands busy.
func hostileFiles() []hostile.Text {
	const cluster = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
	const pod = "kind: Pod\nspec:\n  containers:\n  - name: kube-controller-manager\n    command:\n    - kube-controller-manager\n"
	return []hostile.Text{
		hostile.Fill("arguments of one name", cluster+"controllerManager:\n  extraArgs:\n", "  - {name: cluster-cidr, value: a}\n", ""),
		hostile.Fill("numbers for text", cluster+"controllerManager:\n  extraArgs:\n", "  - {name: x, value: 1}\n", ""),
		hostile.Fill("unknown keys", cluster, "podSubnets: 1\n", ""),
		hostile.Fill("documents", "", "---\n"+cluster, ""),
		hostile.Fill("empty documents", cluster, "---\n\n", ""),
		hostile.Fill("flags of one name", pod, "    - --cluster-cidr=10.0.0.0/8\n", ""),
		hostile.Fill("unknown flags", pod, "    - --clutser-cidr=10.0.0.0/8\n", ""),
		hostile.Fill("references", pod, "    - $($($($($(\n", ""),
		hostile.Fill("one long reference", pod+"    - \"", "$(", "\"\n"),
		hostile.Fill("shell in a manifest", "kind: Pod\nspec:\n  containers:\n  - command: [sh, -c, \"kube-controller-manager ", "--cluster-cidr=$X ", "\"]\n"),
		hostile.Fill("commands", "", "kubeadm init --pod-network-cidr=10.0.0.0/8\n", ""),
		hostile.Fill("substitutions", "kubeadm init ", "$($(", ""),
		hostile.Fill("braces", "kubeadm init ", "${", ""),
		hostile.Fill("growing variable", "A=aaaaaaaaaaaaaaaa\n", "A=$A$A\nkubeadm init $A\n", ""),
		hostile.Fill("variable made longer", "A=a\n", "A+=a\n", "kubeadm init $A\n"),
		hostile.Fill("apostrophes", "kubeadm init x", "'", ""),
		hostile.Fill("open quote", "kubeadm init '", "a b ", ""),
		hostile.Fill("backslashes", "kubeadm init ", "\\ \n", ""),
		hostile.Fill("prompts", "", "root@a:~# ", "kubeadm init"),
		hostile.Fill("words", "kubeadm init ", "x ", ""),
	}
}

var fileReaders = []hostile.Reader{
	{Name: "ParseKubelet", Read: func(data []byte) { ParseKubelet("f", data) }},
	{Name: "ParseConfig", Read: func(data []byte) {
		c, _ := ParseConfig("f", data)
		c.Statements()
		c.Generate(fact.Version{})
	}},
	{Name: "ParseManifests", Read: func(data []byte) {
		ps, _ := ParseManifests("f", data)
		for _, p := range ps {
			p.Statements()
		}
	}},
	{Name: "ParseCommands", Read: func(data []byte) {
		c, _ := ParseCommands("f", data)
		c.Statements()
	}},
}

func TestHostileFiles(t *testing.T)      { hostile.Test(t, fileReaders, hostileFiles()) }
func BenchmarkHostileFiles(b *testing.B) { hostile.Bench(b, fileReaders, hostileFiles()) }
