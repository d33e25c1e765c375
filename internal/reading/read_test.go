package reading

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// once is an input that can be read only once, as standard input can.
func once(name, text string) Input {
	r := strings.NewReader(text)
	return Input{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

func again(name, text string) Input {
	return Input{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func read(t *testing.T, in Input, lim Limits) File {
	t.Helper()
	files, err := ReadInputs([]Input{in}, Options{Limits: lim})
	if err != nil {
		t.Fatal(err)
	}
	return files.List[0]
}

// TestReadMixedList reads a list that begins with a Node and goes on with a ConfigMap of flannel's: it is streamed for its Nodes, and
// read once more for the rest, where it can be.
func TestReadMixedList(t *testing.T) {
	const node = `{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}, "spec": {"podCIDR": "10.244.0.0/24"}}`
	const conf = `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-flannel-cfg"}, "data": {"net-conf.json": "{\"Network\": \"10.244.0.0/16\"}"}}`
	nodes := `{"apiVersion": "v1", "items": [` + node + `], "kind": "List"}`
	mixed := `{"apiVersion": "v1", "items": [` + node + `, ` + conf + `], "kind": "List"}`
	for _, tt := range []struct {
		name string
		in   Input
		want []Kind
	}{
		{"nodes alone", again("a.json", nodes), []Kind{KindNodes}},
		{"nodes alone, read once", once("a.json", nodes), []Kind{KindNodes}},
		{"mixed", again("a.json", mixed), []Kind{KindFlannel, KindNodes}},
		{"mixed, read once", once("a.json", mixed), []Kind{KindNodes}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := read(t, tt.in, Limits{})
			if !slices.Equal(f.Kinds, tt.want) {
				t.Errorf("kinds %v, want %v", f.Kinds, tt.want)
			}
			held := 0
			for _, s := range f.Statements {
				if s.Role == fact.RoleNodePods && s.Host == "w1" {
					held++
				}
			}
			if held != 1 {
				t.Errorf("w1 holds its subnet %d times, want once", held)
			}
		})
	}
}

// TestReadNodeListOnce wants a list of Nodes alone to be opened once: it is streamed, whatever its size.
func TestReadNodeListOnce(t *testing.T) {
	opened := 0
	in := again("a.json", `{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}}], "kind": "List"}`)
	open := in.Open
	in.Open = func() (io.ReadCloser, error) {
		opened++
		return open()
	}
	if read(t, in, Limits{}); opened != 1 {
		t.Errorf("opened %d times, want once", opened)
	}
}

// TestReadLargeYAMLList reads a list of Nodes in YAML item by item once it is larger than what is made a tree, whatever the limit on
// a file's size; what stands among the Nodes is read as long as the limit allows.
func TestReadLargeYAMLList(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nitems:\n")
	pad := strings.Repeat("x", 4000)
	n := 0
	for ; b.Len() <= wholeYAML; n++ {
		fmt.Fprintf(&b, "- apiVersion: v1\n  kind: Node\n  metadata:\n    annotations:\n      note: %s\n    name: w%d\n  spec:\n    podCIDR: 10.%d.%d.0/24\n", pad, n, n>>8, n&255)
	}
	const conf = "- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: kube-flannel-cfg\n  data:\n    net-conf.json: '{\"Network\": \"10.0.0.0/8\"}'\n"
	const end = "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
	for _, tt := range []struct {
		name string
		in   Input
		lim  Limits
		want []Kind
	}{
		{"nodes alone", once("a.yaml", b.String()+end), Limits{Bytes: 1 << 20}, []Kind{KindNodes}},
		{"mixed", again("a.yaml", b.String()+conf+end), Limits{}, []Kind{KindFlannel, KindNodes}},
	} {
		f := read(t, tt.in, tt.lim)
		if !slices.Equal(f.Kinds, tt.want) {
			t.Errorf("%s: kinds %v, want %v", tt.name, f.Kinds, tt.want)
		}
		held, last := 0, fact.Statement{}
		for _, s := range f.Statements {
			if s.Role == fact.RoleNodePods {
				held++
				last = s
			}
		}
		if held != n || last.Host != fmt.Sprintf("w%d", n-1) || last.Pos.Line != 2+8*n || last.Pos.Column != 14 {
			t.Errorf("%s: %d subnets, the last of %s at %v, want %d, of w%d in line %d", tt.name, held, last.Host, last.Pos, n, n-1, 2+8*n)
		}
	}
}

// TestReadLongLog reads the start of a log that is longer than the limit, and says so; one of exactly the limit is read whole.
func TestReadLongLog(t *testing.T) {
	line := "E0101 10:00:00.000000       1 main.go:332] Error registering network: failed to acquire lease: node \"w1\" pod cidr not assigned\n"
	other := strings.ReplaceAll(line, "w1", "w2")
	for _, tt := range []struct {
		limit       int
		first, last bool // whether each line is read
		cut         bool
	}{
		{2 * len(line), true, true, false},
		{2*len(line) - 1, true, false, true},
		{len(line) + 1, true, false, true},
		{-1, true, true, false},
	} {
		f := read(t, again("flannel.log", line+other), Limits{Bytes: tt.limit})
		seen := map[string]bool{}
		for _, s := range f.Statements {
			if s.Symptom != nil {
				seen[s.Symptom.Node] = true
			}
		}
		i := slices.IndexFunc(f.Statements, func(s fact.Statement) bool { return s.Finding != nil })
		if seen["w1"] != tt.first || seen["w2"] != tt.last || (i >= 0) != tt.cut {
			t.Errorf("limit %d: lines of %v, finding at %d; want w1 %v, w2 %v, cut %v", tt.limit, seen, i, tt.first, tt.last, tt.cut)
		}
		if i >= 0 && (f.Statements[i].Finding.Rule != fact.RuleFileUnreadable || f.Statements[i].Finding.Severity != fact.Warning) {
			t.Errorf("limit %d: finding %v", tt.limit, f.Statements[i].Finding)
		}
	}
}
