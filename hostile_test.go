package kubecidr_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/hostile"
)

// hostileFiles are texts that somebody could have made to keep a check of a whole folder busy. Each mentions what makes the readers
// look at it: one that none of them takes for its own costs nothing.
func hostileFiles() []hostile.Text {
	const (
		words   = "# flannel net-conf.json KubeProxyConfiguration KubeletConfiguration calico\n"
		cluster = words + "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
		pod     = words + "kind: Pod\nspec:\n  containers:\n  - name: kube-controller-manager\n    command:\n    - kube-controller-manager\n"
		netConf = words + "kind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\ndata:\n  net-conf.json: |\n    {\"Network\": \"10.244.0.0/16\",\n"
		inMap   = words + "kind: ConfigMap\ndata:\n  ClusterConfiguration: |\n    kind: ClusterConfiguration\n    networking:\n"
		list    = "{\"kind\": \"List\", \"metadata\": {\"flannel\": \"calico KubeProxyConfiguration KubeletConfiguration\"}, \"items\": ["
	)
	lines := func(name, head string, unit func(i int) string, tail string) hostile.Text {
		return hostile.Text{Name: name, Make: func(size int) string {
			var b strings.Builder
			b.WriteString(head)
			for i := 0; b.Len() < size; i++ {
				b.WriteString(unit(i))
			}
			b.WriteString(tail)
			return b.String()
		}}
	}
	key := func(i int) string {
		return string([]byte{'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676%26), 'a' + byte(i/17576%26)})
	}
	texts := []hostile.Text{
		lines("keys.yaml", cluster+"networking:\n", func(i int) string { return "  " + key(i) + ": 1\n" }, ""),
		lines("long-keys.yaml", cluster+"networking:\n", func(i int) string { return "  " + key(i) + ": 10.244.0.0/16 # a key\n" }, ""),
		lines("just-enough.yaml", cluster+"networking:\n", func(i int) string { return "  " + key(i) + ": 10.244.0.0/16 and so on to the limit\n" }, ""),
		lines("just-enough.json", list, func(i int) string {
			return "{\"kind\": \"ConfigMap\", \"" + key(i) + "\": \"10.244.0.0/16 and so on, nearly to the limit\"},"
		}, "{}]}"),
		hostile.Fill("one-key.yaml", cluster+"networking:\n", "  podSubnet: 10.244.0.0/16\n", ""),
		hostile.Fill("deep.yaml", cluster+"x: ", "[", ""),
		hostile.Fill("deep-closed.yaml", cluster, "a: {b: [[[[[[[[[[]]]]]]]]]]}\n", ""),
		hostile.Fill("deeper.yaml", cluster, "- ", ""),
		hostile.Fill("aliases.yaml", words+"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [", "*c,", "*c]\n"),
		hostile.Fill("anchors.yaml", cluster, "- &a 1\n", ""),
		hostile.Fill("merges.yaml", words+"a: &a {b: 1, c: 2}\n", "- <<: *a\n", ""),
		hostile.Fill("one-line.yaml", cluster+"x: [", "10.0.0.0/8,", "]\n"),
		hostile.Fill("one-line-pairs.yaml", cluster+"x: {", "a: 1,", "}\n"),
		hostile.Fill("one-scalar.yaml", cluster+"x: \"", "x", "\"\n"),
		hostile.Fill("escapes.yaml", cluster+"x: \"", `\u0041`, "\"\n"),
		hostile.Fill("words.yaml", cluster+"x: ", "10.0.0.0/8 ", "\n"),
		hostile.Fill("block.yaml", cluster+"x: |\n", "  kubeadm init --pod-network-cidr=10.0.0.0/8\n", ""),
		hostile.Fill("folded.yaml", cluster+"x: >\n", "  a\n\n", ""),
		hostile.Fill("documents.yaml", "", "---\n"+cluster, ""),
		hostile.Fill("empty-documents.yaml", cluster, "---\n", ""),
		hostile.Fill("separators.yaml", cluster, "--- a\n", ""),
		hostile.Fill("flow.yaml", cluster+"x: [", "a: b, ", "]\n"),
		hostile.Fill("sequence.yaml", cluster+"x:\n", "- 1\n", ""),
		hostile.Fill("comments.yaml", cluster, "#\n", ""),
		hostile.Fill("tabs.yaml", cluster, "\t", ""),
		hostile.Fill("blanks.yaml", cluster, " \n", ""),
		hostile.Fill("arguments.yaml", pod, "    - --cluster-cidr=10.0.0.0/8\n", ""),
		hostile.Fill("containers.yaml", words+"kind: Pod\nspec:\n  containers:\n", "  - command: [kube-apiserver]\n", ""),
		lines("net-conf-keys.yaml", netConf, func(i int) string { return "    \"" + key(i) + "\": 1,\n" }, "    \"x\": 1}\n"),
		hostile.Fill("net-conf-long.yaml", netConf+"    \"x\": \"", "x", "\"}\n"),
		lines("config-in-map.yaml", inMap, func(i int) string { return "      " + key(i) + ": 1\n" }, ""),
		hostile.Fill("nodes.yaml", "apiVersion: v1\nitems:\n", "- apiVersion: v1\n  kind: Node\n", "kind: List\n"),
		hostile.Fill("objects.yaml", words+"apiVersion: v1\nitems:\n", "- {kind: ConfigMap}\n", ""),
		hostile.Fill("keys.json", "{\"flannel\": \"calico KubeProxyConfiguration KubeletConfiguration\",", "\"a\":1,", "\"b\":1}"),
		hostile.Fill("deep.json", list, "[", ""),
		hostile.Fill("nodes.json", list, "{\"kind\":\"Node\"},", "{\"kind\":\"Node\"}]}"),
		hostile.Fill("objects.json", list, "{\"kind\":\"ConfigMap\"},", "{\"kind\":\"ConfigMap\"}]}"),
		hostile.Fill("numbers.json", list, "1,", "1]}"),
		hostile.Fill("one-string.json", list+"\"", "x", "\"]}"),
		hostile.Fill("escapes.json", list+"\"", `\u0041`, "\"]}"),
		hostile.Fill("half.json", list, "{\"kind\":\"ConfigMap\"},", ""),
		hostile.Fill("net-conf.json", "{", "\"Network\":\"10.0.0.0/8\",", "\"Network\":\"10.0.0.0/8\"}"),
		hostile.Fill("zeros", "", "\x00", ""),
		hostile.Fill("zeros.yaml", cluster, "\x00", ""),
		hostile.Fill("dashes", "", "-", ""),
		hostile.Fill("dashes.yaml", cluster, "-\n", ""),
		hostile.Fill("colons", "", ":", ""),
		hostile.Fill("colons.yaml", cluster, "a: : : :\n", ""),
		hostile.Fill("quotes", "", "\"", ""),
		hostile.Fill("quotes.yaml", cluster, "\"a\": '", ""),
		hostile.Fill("flannel.log", "", "E0611 08:15:02.000001       1 main.go:326] Error registering network: failed to acquire lease: node \"n\" pod cidr not assigned\n", ""),
		hostile.Fill("kubelet.log", "", "Jun 11 08:15:02 cp1 kubelet[1]: E0611 08:15:02.000001       1 kubelet.go:326] nothing about addresses\n", ""),
		hostile.Fill("line.log", "", "cidr out the range of cluster cidr ", ""),
		hostile.Fill("command", "kubeadm init", " --pod-network-cidr=10.0.0.0/8", ""),
		hostile.Fill("commands.txt", "", "kubeadm init --pod-network-cidr=10.0.0.0/8\n", ""),
		hostile.Fill("command-words", "kubeadm init ", "a ", ""),
		hostile.Fill("subnet.env", "", "FLANNEL_NETWORK=10.0.0.0/8\n", ""),
		hostile.Fill("growing-subnet.env", "", "A=$A$A\n", ""),
		hostile.Fill("table.txt", "NAME   PODCIDR\n", "a      10.0.0.0/24\n", ""),
		hostile.Fill("random", "", "\xffa\x80b{[:-\n", ""),
	}
	for _, t := range texts[:1] {
		texts = append(texts, hostile.Text{Name: "utf16-" + t.Name, Make: func(size int) string {
			b := []byte{0xff, 0xfe}
			for _, u := range utf16.Encode([]rune(t.Make(size / 2))) {
				b = append(b, byte(u), byte(u>>8))
			}
			return string(b)
		}})
	}
	return texts
}

// hostileCheck is a check of one file as a folder has it.
func hostileCheck(name string) []hostile.Reader {
	return []hostile.Reader{{Name: "Check", Read: func(data []byte) {
		_, _ = kubecidr.Check(fstest.MapFS{name: &fstest.MapFile{Data: data}})
	}}}
}

func TestHostile(t *testing.T) {
	for i, text := range hostileFiles() {
		if (testing.Short() || underRace) && i%8 != 0 {
			continue
		}
		hostile.Test(t, hostileCheck(text.Name), []hostile.Text{text})
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, text := range hostileFiles() {
		hostile.Bench(b, hostileCheck(text.Name), []hostile.Text{text})
	}
}
