package kubectl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/source"

	"github.com/kubecidr/kubecidr/kubeadm/internal/formtest"
)

// inParts returns the objects of a text that is read item by item, in groups of that size, each as text with all its places.
func inParts(text string, group int) ([]string, error) {
	var out []string
	d := newDecoder(func(o *object) error {
		out = append(out, fmt.Sprintf("%+v", *o))
		return nil
	})
	return out, d.readYAMLList("f", strings.NewReader(text), group)
}

// asOne returns the objects of a text that is read whole.
func asOne(text string) ([]string, error) {
	var out []string
	f, err := source.New("f", []byte(text), source.Limits{})
	if err != nil {
		return nil, err
	}
	err = newDecoder(func(o *object) error {
		out = append(out, fmt.Sprintf("%+v", *o))
		return nil
	}).file(f)
	return out, err
}

// drawItem returns an item of a list as kubectl writes it, with things in it that look like the beginning of another.
func drawItem(t *rapid.T, i int) string {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	return fmt.Sprintf("- apiVersion: v1\n  kind: %s\n  metadata:\n%s    name: w%d\n%s  spec:\n    podCIDR: %s\n%s%s",
		pick("kind", "Node", "Node", "Node", "Service", "ConfigMap"),
		pick("annotations", "", "", "    annotations:\n      flannel.alpha.coreos.com/public-ip: 10.0.0.1\n", "    annotations:\n      note: |\n        - apiVersion: v1\n        items:\n\n        # no comment\n",
			"    annotations:\n      note: \"a\n        - b\n\n        c\"\n", "    annotations: {flannel.alpha.coreos.com/a: b,\n      c: d}\n", "    annotations:\n      flannel.alpha.coreos.com/a: >-\n        folded\n        text\n"),
		i, pick("labels", "", "    labels:\n      node-role.kubernetes.io/control-plane: \"\"\n"),
		pick("cidr", "10.244.1.0/24", "\"10.244.2.0/24\"", "''", "~", "&a 10.244.3.0/24\n    podCIDRs:\n    - *a"),
		pick("more", "", "    podCIDRs:\n    - 10.244.1.0/24\n    - fd00::/64\n", "\n", "  # a comment\n", "# at the left\n"),
		pick("status", "", "  status:\n    addresses:\n    - address: 192.168.10.1\n      type: InternalIP\n    nodeInfo:\n      kubeletVersion: v1.37.2\n"))
}

// A list that is read item by item gives what it gives as a whole, every value at its place.
func TestYAMLListAgainstWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
		var b strings.Builder
		b.WriteString(pick("prompt", "", "", "$ kubectl get nodes -o yaml\n", "# saved\n", "---\n"))
		for range rapid.IntRange(1, 3).Draw(t, "documents") {
			b.WriteString(pick("head", "apiVersion: v1\n", "", "apiVersion: v1\nkind: NodeList\n"))
			b.WriteString(pick("items", "items:\n", "items: # all\n", "items:\n# first\n\n"))
			indent := pick("indent", "", "", "  ")
			for i := range rapid.IntRange(1, 6).Draw(t, "n") {
				for line := range strings.Lines(drawItem(t, i)) {
					b.WriteString(indent + line)
				}
			}
			b.WriteString(pick("tail", "kind: List\nmetadata:\n  resourceVersion: \"\"\n", "", "kind: List\n"))
			b.WriteString(pick("between", "---\n", "---\napiVersion: v1\nkind: Node\nmetadata: {name: alone}\n---\n", "...\n---\n"))
		}
		text := b.String()
		if rapid.Bool().Draw(t, "CRLF") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		want, wantErr := asOne(text)
		for _, group := range []int{0, 200, 1 << 20} {
			got, err := inParts(text, group)
			if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (wantErr == nil) {
				t.Fatalf("%q in groups of %d bytes: %v, whole %v\n%s", text, group, err, wantErr, diff)
			}
		}
	})
}

// What is no such list gives what it gives as a whole, or an error.
func TestYAMLListOdd(t *testing.T) {
	check := func(text string) {
		t.Helper()
		want, wantErr := asOne(text)
		got, err := inParts(text, 100)
		if err == nil && (wantErr != nil || cmp.Diff(want, got) != "") {
			t.Errorf("%q item by item: no error, %q; whole: %v, %q", text, got, wantErr, want)
		}
	}
	formtest.Archived(t, "../testdata", func(data []byte) { check(string(data)) }, ".yaml", ".yml")
	for _, h := range hostileObjects() {
		if !strings.HasPrefix(h.Make(100), "{") && !strings.Contains(h.Make(100), "\x00") { // JSON and UTF-16 do not come here
			check(h.Make(3000))
		}
	}
	for _, text := range []string{
		"items:\n- kind: Node\n  metadata: {name: \"a\n- b\"}\n- kind: Node\n", // in quotes, not indented
		"items:\n- {kind: Node,\n- b\n}\n", "items:\n- &a {kind: Node}\n- *a\n", "items:\n- kind: Node\nitems:\n- kind: Pod\n",
		"items:\n- metadata: {name: a}\nkind: NodeList\n", "kind: NodeList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n", "items:\n- kind: Node\n  x\n- kind: Node\n", "items:\n  - kind: Node\n - kind: Node\n",
		"items:\n- kind: Node\n\tx: y\n", "items:\nkind: List\n", "items:\n- kind: Node\n\x00\n", "items: []\nkind: List\n", "items:\n- kind: Node\nx: [\n", "a:\n  items:\n  - kind: Node\n", "items:\n-\n  kind: Node\n- kind: Pod\n",
		"items:\n- kind: Node\n  a: \"\r\n  b\"\r- kind: Pod\n",
	} {
		check(text)
	}
}

// Forms of lists, and documents beside them, that are read item by item as they are whole, without an error.
func TestYAMLListForms(t *testing.T) {
	const item = "- kind: Node\n  metadata: {name: a}\n"
	long := strings.Repeat("x", 200_000)
	for _, text := range []string{
		"items:\n" + item + "--- # next\nitems:\n" + item,
		"items:\n" + item + "---\t# next\nitems:\n" + item,
		"items:\n" + item + "... # end\n---\nitems:\n" + item,
		"items:\n" + item + "-x: 5\nkind: List\n",
		"items:\n" + item + "---x: 5\nkind: List\n",
		"kind: NodeList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n",
		"kind: NodeList\nitems:\n- 5\n-\n- ~\n- metadata: {name: b}\n",
		"items:\n- kind: Node\n  metadata: {name: a, annotations: {k3s.io/x: " + long + "}}\n  spec: {podCIDR: 10.244.1.0/24}\n" + item + "# " + long + "\n" + item,
		"items: # " + long + "\n" + item,
		"kind: Node\nmetadata: {name: a}\n---\n# " + long + "\n---\nkind: Node\nmetadata: {name: b}\n",
		"items:\n" + item + "# the end\r",
	} {
		want, wantErr := asOne(text)
		for _, group := range []int{0, 10, 1 << 20} {
			got, err := inParts(text, group)
			if diff := cmp.Diff(want, got); diff != "" || err != nil || wantErr != nil {
				t.Errorf("%.100q in groups of %d bytes: %v, whole %v\n%.2000s", text, group, err, wantErr, diff)
			}
		}
	}
}

// What cannot be read item by item is told with its place.
func TestYAMLListErrors(t *testing.T) {
	const item = "- kind: Node\n"
	lines := func(n int) string { // comments of n bytes together
		return strings.Repeat("#"+strings.Repeat("x", 1<<20-2)+"\n", n>>20) + "#" + strings.Repeat("x", n&(1<<20-1)-2) + "\n"
	}
	const (
		kindLate = "an item without a kind, in a list whose kind is not said before; write the list with -o json"
		long     = "a line of more than 4 MiB; write the list with -o json"
		large    = "more than 4 MiB in one piece; write the list with -o json"
		mapping  = "mapping values are not allowed in this context"
		fault    = "a: b: c\n"
	)
	for _, tt := range []struct {
		name, in, err string
		objects       int
	}{
		{"the kind stands behind", "items:\n" + item + "- metadata: {name: a}\nkind: NodeList\n", "f:3:3: " + kindLate, 1},
		{"the same, with a comment", "items: # all\n" + item + "- metadata: {name: a}\nkind: NodeList\n", "f:3:3: " + kindLate, 1},
		{"the kind of the list before counts no more", "kind: NodeList\nitems:\n" + item + "---\nitems:\n- metadata: {name: a}\n", "f:6:3: " + kindLate, 1},
		{"line ends of old", "items:\r\n" + item + "# a\r# b\r# c\n- metadata: {name: x}\n", "f:6:3: " + kindLate, 1},
		{"items twice", "items:\n" + item + "items:\n" + item, "f:3:1: items stands twice in one list; write it with -o json", 0},
		{"line ends of old before items that stand twice", "items:\n" + item + "# a\r# b\r\nitems:\n" + item, "f:5:1: items stands twice in one list; write it with -o json", 0},
		{"no items", "items:\n# none\nkind: NodeList\n", "f:3:1: a list without items; write it with -o json", 0},
		{"no items at the end", "items:\n# none\n", "f:3:1: a list without items; write it with -o json", 0},
		{"a fault in an item", "items:\n" + item + "- kind: a: b\n", "f:3:10: " + mapping, 1},
		// A parser stops at the first fault, which makes these rows fast.
		{"a line of 4 MiB", fault + "#" + strings.Repeat("x", maxItem-2) + "\nitems:\n", "f:1:5: " + mapping, 0},
		{"a longer line", fault + "#" + strings.Repeat("x", maxItem-1) + "\nitems:\n", "f:2:1: " + long, 0},
		{"an item of 4 MiB", "items:\n- " + fault + lines(maxItem-len("- "+fault)+1), "f:2:7: " + mapping, 0},
		{"a larger item", "items:\n- " + fault + lines(maxItem-len("- "+fault)+2), "f:6:1: " + large, 0},
		{"much before the items", fault + lines(5<<20+2) + "items:\n" + item, "f:1:5: " + mapping, 0},
	} {
		got, err := inParts(tt.in, 1)
		if e := fmt.Sprint(err); err == nil && tt.err != "" || err != nil && !strings.HasPrefix(e, tt.err) || err != nil && tt.err == "" {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.err)
		}
		if len(got) != tt.objects {
			t.Errorf("%s: %d objects, want %d", tt.name, len(got), tt.objects)
		}
	}
}

// An item is given away once its group is full, that is with the next item.
func TestYAMLListGroups(t *testing.T) {
	const item, next = "- kind: Node\n", "- kind: Pod\n"
	bad := iotest.ErrReader(errors.New("no disk"))
	for group, want := range map[int]int{0: 1, len(item): 1, len(item) + 1: 0} {
		n := 0
		d := newDecoder(func(*object) error { n++; return nil })
		err := d.readYAMLList("f", io.MultiReader(strings.NewReader("items:\n"+item+next), bad), group)
		if n != want || err == nil || err.Error() != "f: no disk" {
			t.Errorf("groups of %d bytes: %d objects, %v, want %d", group, n, err, want)
		}
	}
}

// An error of the caller ends the reading, in a list and outside.
func TestYAMLListStops(t *testing.T) {
	for _, text := range []string{"items:\n- kind: Node\n- kind: Node\n", "kind: Node\n---\nkind: Node\n", "items:\n- kind: Node\n---\nkind: Node\n"} {
		n := 0
		d := newDecoder(func(*object) error { n++; return errStop })
		if err := d.readYAMLList("f", strings.NewReader(text), 0); err != errStop || n != 1 {
			t.Errorf("%q: %v after %d objects", text, err, n)
		}
	}
}

// Above 500,000 values a list may have one for each 20 bytes.
func TestYAMLListValues(t *testing.T) {
	const item = "- {kind: Node}\n"
	f, err := source.New("f", []byte(item), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.YAML(); err != nil {
		t.Fatal(err)
	}
	values := f.Values()
	for _, tt := range []struct {
		read, seen int // before
		err        string
	}{
		{0, manyListValues - values, ""},
		{0, manyListValues - values + 1, "f:2:1: more than 500000 values; split the list, or write it with -o json"},
		{leastPerValue*(manyListValues+9) - len(item), manyListValues + 9 - values, ""},
		{leastPerValue*(manyListValues+9) - len(item), manyListValues + 10 - values, "f:2:1: more than 500009 values; split the list, or write it with -o json"},
		{leastPerValue*(manyListValues+9) - len(item) - 1, manyListValues + 9 - values, "f:2:1: more than 500008 values; split the list, or write it with -o json"},
	} {
		l := &yamlList{name: "f", d: newDecoder(func(*object) error { return nil }), state: inItems, dash: -1, read: tt.read, seen: tt.seen}
		err := l.line([]byte(item))
		if err == nil {
			err = l.endDocument()
		}
		if got := fmt.Sprint(err); err == nil && tt.err != "" || err != nil && got != tt.err {
			t.Errorf("%d bytes with %d values and %q: %v, want %s", tt.read, tt.seen, item, err, tt.err)
		}
	}
}

// yamlNodes returns a list of n Nodes of some kilobytes each as kubectl get nodes -o yaml writes it.
func yamlNodes(t testing.TB, n int) io.Reader {
	t.Helper()
	var one bytes.Buffer
	fullNode(&one, 0, 20)
	var v any
	if err := yaml.Unmarshal(one.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	enc := yaml.NewEncoder(&text)
	enc.SetIndent(2)
	if err := enc.Encode([]any{v}); err != nil {
		t.Fatal(err)
	}
	i := -1
	var b bytes.Buffer
	return readerFunc(func(p []byte) (int, error) {
		for b.Len() < len(p) && i <= n {
			switch i {
			case -1:
				b.WriteString("apiVersion: v1\nitems:\n")
			case n:
				b.WriteString("kind: List\nmetadata:\n  resourceVersion: \"\"\n")
			default:
				b.Write(bytes.ReplaceAll(text.Bytes(), []byte("worker-00000"), fmt.Appendf(nil, "worker-%05d", i)))
			}
			i++
		}
		return b.Read(p)
	})
}

// A list that is larger than what is read whole is read all the same, with its places.
func TestYAMLListLarge(t *testing.T) {
	const n = 2000
	text, err := io.ReadAll(yamlNodes(t, n))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) <= wholeYAML {
		t.Fatalf("%d bytes are not large", len(text))
	}
	nodes, err := ReadNodes("f", bytes.NewReader(text))
	if err != nil || len(nodes) != n {
		t.Fatalf("%d nodes, %v, want %d", len(nodes), err, n)
	}
	for i, node := range nodes {
		line := bytes.Split(text[:min(len(text), (i+2)*2*len(text)/n)], []byte("\n"))[max(node.Name.Pos.Line-1, 0)]
		if want := fmt.Sprintf("worker-%05d", i); node.Name.V != want || string(line[node.Name.Pos.Column-1:]) != want {
			t.Fatalf("node %d is %q at %v, where %q stands", i, node.Name.V, node.Name.Pos, line)
		}
		if i == 20 {
			break // the first ones and the last one: splitting the text is slow
		}
	}
	last := nodes[n-1]
	if lines := bytes.Count(text, []byte("\n")); last.Name.V != fmt.Sprintf("worker-%05d", n-1) || last.Name.Pos.Line < lines-lines/n-3 || last.Name.Pos.Line > lines {
		t.Errorf("the last node is %q at %v of %d lines", last.Name.V, last.Name.Pos, lines)
	}
}

func BenchmarkYAMLNodes(b *testing.B) {
	text, err := io.ReadAll(yamlNodes(b, 2000))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadNodes("f", bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

// TestYAMLListCut: kubectl writes the kind of a list behind its items, so that a list without it is cut off, and what is there is not all.
func TestYAMLListCut(t *testing.T) {
	const node = "- apiVersion: v1\n  kind: Node\n  metadata: {name: a}\n"
	for _, tt := range []struct {
		text string
		cut  bool
	}{
		{"apiVersion: v1\nitems:\n" + node, true},
		{"apiVersion: v1\nitems:\n" + node + node, true},
		{"apiVersion: v1\nitems:\n" + node + "kind: List\nmetadata: {}\n", false},
		{"apiVersion: v1\nkind: NodeList\nitems:\n" + node, false},
		{node, false},
		{"items:\n" + node, false}, // of somebody's own tool
		{"apiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n", false},
	} {
		for _, group := range []int{0, 10} {
			_, err := inParts(tt.text, group)
			if _, whole := ReadObjects("f", strings.NewReader(tt.text)); (err != nil) != tt.cut || (whole != nil) != tt.cut {
				t.Errorf("%q in groups of %d bytes: %v, whole %v, want cut off %v", tt.text, group, err, whole, tt.cut)
			}
		}
	}
}
