package distro

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/hostile"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A written value is one of a healthy bundle, with the text that it has in its file.
type writtenValue struct {
	b      bundle
	file   int // index in b.files
	start  int // of its text
	end    int
	quoted bool // inside a quoted word, whose quotes are not part of the text
	v      Value
}

// writtenValues returns the values of healthy bundles that stand in their files as one word.
func writtenValues(t *testing.T) []writtenValue {
	var out []writtenValue
	for _, b := range bundles(t) {
		if b.broken {
			continue
		}
		for _, c := range b.read(t) {
			for _, v := range c.Values {
				if v.Default || v.Overridden || v.Ignored || v.Template || v.Text == "" || v.Role == Address {
					continue
				}
				for i, f := range b.files {
					if f.Name != v.Pos.File {
						continue
					}
					at := newFile(t, f.Name, f.Data).Offset(v.Pos.Line, v.Pos.Column)
					w := writtenValue{b: b, file: i, start: at, v: v}
					if at < len(f.Data) && (f.Data[at] == '"' || f.Data[at] == '\'') {
						w.start++
					}
					if !bytes.HasPrefix(f.Data[w.start:], []byte(v.Text)) {
						continue // a list with an item on each line
					}
					w.end = w.start + len(v.Text)
					if q := f.Data[w.start-1]; q == '"' || q == '\'' {
						w.quoted = true
					}
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// with returns the clusters that are read with another text in the place of the value.
func (w writtenValue) with(t *testing.T, text string) []Cluster {
	var fs []*source.File
	for i, f := range w.b.files {
		data := f.Data
		if i == w.file {
			data = append(append(bytes.Clone(data[:w.start]), text...), data[w.end:]...)
		}
		fs = append(fs, newFile(t, f.Name, data))
	}
	return ReadFiles(fs)
}

// same returns the value in cs that stands where v stood. Its place moves within the value alone.
func (w writtenValue) same(cs []Cluster) *Value {
	for _, c := range cs {
		for i := range c.Values {
			v := &c.Values[i]
			if !v.Default && v.Role == w.v.Role && v.Key == w.v.Key && v.Pos.File == w.v.Pos.File &&
				v.Pos.Line == w.v.Pos.Line {
				return v
			}
		}
	}
	return nil
}

// Each value of each healthy bundle is broken in each way, and found where it stands.
func TestMutants(t *testing.T) {
	values := writtenValues(t)
	if len(values) < 100 {
		t.Fatalf("only %d values", len(values))
	}
	total, found := 0, 0
	check := func(w writtenValue, how, text string, ok func(v *Value, cs []Cluster) bool) {
		total++
		cs := w.with(t, text)
		v := w.same(cs)
		if ok(v, cs) {
			found++
			return
		}
		t.Errorf("%s: %s %s as %q (%s): %+v", w.b.name, w.v.Key, w.v.Text, text, how, v)
	}
	for _, w := range values {
		// An empty value is one that is not given; an empty item of a list or an argument that ends in = is an error.
		failed := func(v *Value, cs []Cluster) bool { return v != nil && v.Err != nil }
		switch {
		case w.v.Role.ranges():
			check(w, "malformed", "10.300.0.0/16", failed)
			check(w, "length", "10.0.0.0/33", failed)
			if w.b.name != "script" { // there the length may stand in a variable of its own
				check(w, "no length", "10.0.0.0", failed)
			}
			check(w, "host bits", "10.1.2.3/16", func(v *Value, cs []Cluster) bool {
				return v != nil && len(v.Prefixes) == 1 && v.Prefixes[0] == netip.MustParsePrefix("10.1.2.3/16")
			})
		case w.v.Role.number():
			check(w, "no number", "many", failed)
		case w.v.Role == DNS:
			check(w, "no address", "10.0.0.300", failed)
		}
		check(w, "template", "${POD_CIDR}", func(v *Value, cs []Cluster) bool {
			return v == nil || v.Template && v.Err == nil && !stated(cs, "${POD_CIDR}")
		})
		check(w, "empty", "", func(v *Value, cs []Cluster) bool { return v == nil || v.Err != nil || v.Overridden })
	}
	t.Logf("%d of %d mutants are found", found, total)
}

// stated reports whether a statement has that text.
func stated(cs []Cluster, text string) bool {
	for _, s := range statementsOf(cs) {
		if strings.Contains(s.Text, text) && s.Role != fact.RoleProblem {
			return true
		}
	}
	return false
}

// A list where one word belongs is read as a list or is an error, and never lost.
func TestMutantsList(t *testing.T) {
	for _, w := range writtenValues(t) {
		if !strings.HasSuffix(w.b.files[w.file].Name, ".yaml") || w.quoted || !w.v.Role.ranges() ||
			len(w.v.Prefixes) != 1 {
			continue
		}
		line := w.b.files[w.file].Data[:w.start]
		line = line[bytes.LastIndexByte(line, '\n')+1:]
		if !bytes.HasSuffix(line, []byte(": ")) {
			continue
		}
		if v := w.same(w.with(t, "[10.1.0.0/16, 10.2.0.0/16]")); v == nil || v.Err == nil && len(v.Prefixes) != 2 {
			t.Errorf("%s: %s as a list: %+v", w.b.name, w.v.Key, v)
		}
		if v := w.same(w.with(t, "{a: 1}")); v != nil && v.Err == nil {
			t.Errorf("%s: %s as a mapping: %+v", w.b.name, w.v.Key, v)
		}
	}
}

var foreign = []string{
	`{"network":"mainnet"}`, `{"count":0,"network":[]}`, `{"network":{"version":2}}`, `{"backend":"x"}`,
	"kind: Cluster\napiVersion: clusters.example.com/v1\nspec: {network: {podCIDR: 10.0.0.0/16}}\n",
	"apiVersion: v1\nkind: ConfigMap\ndata: {cluster-cidr: 10.0.0.0/16}\n",
	"image: {{ .Values.image }}\nargs: [--node-ip={{ kubelet_address }}]\n",
	"version: 0.1.0\nname: chart\n", "machine: amd64\ncluster: none\n", "version: v1alpha1\nkind: Config\n",
	"disable: [a]\ntoken: x\nserver: y\n", "node-ip: 10.0.0.1\n",
	"nodes: [{name: a}]\nservices: {web: {image: nginx}}\n",
	"We started k3s server with --cluster-cidr=10.42.0.0/16 and it failed.\n", "# k3s server notes\n",
	"--flag=value\n", "[defaults]\ninventory = hosts\n", "services:\n  kubelet: {image: x}\n",
	"apiVersion: v1\nbaseDomain: x\n",
	"apiVersion: operator.openshift.io/v1\nkind: DNS\n",
	"apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nspec: {subnets: [a]}\n",
}

// What looks a little like an installer's file is none.
func TestForeign(t *testing.T) {
	for _, text := range foreign {
		if cs := Read(newFile(t, "file.yaml", []byte(text))); len(cs) != 0 {
			t.Errorf("%q is read as %s", text, dump(cs))
		}
	}
	if Read(nil) != nil {
		t.Error("no file is read")
	}
}

// No text makes the readers panic, places lie in the file, and the same text gives the same result.
func FuzzRead(f *testing.F) {
	for _, b := range bundles(f) {
		for _, file := range b.files {
			f.Add(file.Name, file.Data)
		}
	}
	for _, text := range foreign {
		f.Add("x.yaml", []byte(text))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		file, err := source.New(name, data, source.Limits{})
		if err != nil {
			return
		}
		cs := Read(file)
		again, _ := source.New(name, data, source.Limits{})
		if a, b := dump(cs), dump(Read(again)); a != b {
			t.Fatalf("read twice:\n%s\n%s", a, b)
		}
		for _, c := range cs {
			for _, v := range c.Values {
				if v.Pos.Line < 1 || v.Pos.Line > file.Lines()+1 {
					t.Fatalf("%s %s stands in line %d of %d", c.Installer, v.Key, v.Pos.Line, file.Lines())
				}
				if v.Template && (len(v.Prefixes) > 0 || v.Err != nil) {
					t.Fatalf("%s %s is a template with a value", c.Installer, v.Key)
				}
			}
			for _, s := range c.Statements() {
				if s.Role != fact.RoleProblem && s.Key == "" {
					t.Fatalf("%s: a statement without a name", c.Installer)
				}
			}
		}
	})
}

var hostileReaders = []hostile.Reader{{Name: "Read", Read: func(data []byte) {
	if f, err := source.New("config.yaml", data, source.Limits{}); err == nil {
		for _, c := range Read(f) {
			c.Statements()
		}
	}
}}}

func hostileTexts() []hostile.Text {
	return []hostile.Text{
		hostile.Fill("ranges in one word", "cluster-cidr: ", "10.0.0.0/16,", "10.0.0.0/16\n"),
		hostile.Fill("ranges in a list", "cluster-cidr:\n", "- 10.0.0.0/16\n", ""),
		hostile.Fill("keys", "service-cidr: 10.0.0.0/16\n", "cluster_cidr: 10.0.0.0/16\n", ""),
		hostile.Fill("arguments", "kube-controller-manager-arg:\n", "- node-cidr-mask-size=24\n", ""),
		hostile.Fill("documents", "", "---\nkind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n", ""),
		hostile.Fill("command lines", "", "k3s server --cluster-cidr=10.0.0.0/16 \\\n", ""),
		hostile.Fill("install lines", "", "INSTALL_K3S_EXEC='server\n", ""),
		hostile.Fill("inventory", "[kube_node]\n", "a ip=10.0.0.1\n", ""),
		hostile.Fill("flags of MicroK8s", "# $SNAP\n", "--cluster-cidr=10.0.0.0/16\n", ""),
		hostile.Fill("subnets of kops", "apiVersion: kops.k8s.io/v1\nkind: Cluster\nspec:\n  networkCIDR: "+
			"10.0.0.0/8\n  subnets:\n", "  - cidr: 10.0.0.0/16\n", ""),
		hostile.Fill("braces", "kube_pods_subnet: ", "{{ a }} ", "{{\n"),
		hostile.Fill("hosts of an inventory", "all:\n  children:\n    kube_node:\n      hosts:\n",
			"        a: {ip: 10.0.0.1}\n", ""),
	}
}

// Reading takes memory in proportion to the text.
func TestHostile(t *testing.T)      { hostile.Test(t, hostileReaders, hostileTexts()) }
func BenchmarkHostile(b *testing.B) { hostile.Bench(b, hostileReaders, hostileTexts()) }
