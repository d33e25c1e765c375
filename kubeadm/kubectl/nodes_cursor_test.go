package kubectl

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
)

// How JSON is told from YAML, and how many lines of something else are passed over before it.
func TestJSONAfter(t *testing.T) {
	const json = `{"kind":"List"}`
	for _, tt := range []struct {
		name, in string
		lines    int
		ok       bool
	}{
		{"an object", json, 0, true},
		{"an empty object", "{ }", 0, true},
		{"an object, its first key below", "{\n \n  \"a\": 1}", 0, true},
		{"cut off", "{", 0, true},
		{"a list", `[{}]`, 0, true},
		{"a list, its first item below", "[\n  {}\n]", 0, true},
		{"an empty list", "[ ]", 0, true},
		{"a list, cut off", "[", 0, true},
		{"a list of strings: not of objects", `["a"]`, 0, false},
		{"blank lines above", "\n  \r\n" + json, 2, true},
		{"a prompt", "$ kubectl get nodes -o json\n" + json, 1, true},
		{"a prompt in brackets", "[root@cp1 ~]# kubectl get nodes -o json\n" + json, 1, true},
		{"a prompt with a colon", "admin@cp1:~$ kubectl get nodes -o json\n" + json, 1, true},
		{"a prompt with a path", "cp1/root: kubectl get nodes -o json\n" + json, 1, true},
		{"a warning", "Warning: v1 ComponentStatus is deprecated\n" + json, 1, true},
		{"words", "here it is\n" + json, 1, true},
		{"a sign", "|a: x\n" + json, 1, true},
		{"a YAML mapping", "apiVersion: v1\n" + json, 0, false},
		{"a YAML mapping, last letter", "zone: v1\n" + json, 0, false},
		{"a YAML flow mapping", "{a: b}\n" + json, 0, false},
		{"a template", "{{ .Values.x }}\n" + json, 0, false},
		{"a YAML document", "---\n" + json, 0, false},
		{"a YAML list", "- a\n" + json, 0, false},
		{"49 lines above", strings.Repeat("x\n", 49) + json, 49, true},
		{"50 lines above", strings.Repeat("x\n", 50) + json, 0, false},
		{"nothing", "", 0, false},
	} {
		if lines, ok := jsonAfter([]byte(tt.in)); lines != tt.lines || ok != tt.ok {
			t.Errorf("%s: %d, %t, want %d, %t", tt.name, lines, ok, tt.lines, tt.ok)
		}
	}
}

// Addresses are read as Kubernetes reads them.
func TestLenientAddr(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"10.96.0.10", "10.96.0.10"},
		{"010.096.000.010", "10.96.0.10"},
		{"fd00::A", "fd00::a"},
		{"::ffff:10.96.0.10", "::ffff:10.96.0.10"},
		{"fe80::1%eth0", `"fe80::1%eth0" is no IP address`},
		{"10.96.0.10/32", `"10.96.0.10/32" is no IP address`},
		{"10.96.0", `"10.96.0" is no IP address`},
		{"", `"" is no IP address`},
		{strings.Repeat("x", 60) + "\ny", `"` + strings.Repeat("x", 60) + `" is no IP address`},
		{strings.Repeat("x", 61), `"` + strings.Repeat("x", 60) + `..." is no IP address`},
		{strings.Repeat("x", 59) + "é", `"` + strings.Repeat("x", 59) + `..." is no IP address`},
	} {
		a, err := scalar.ParseAddr(tt.in)
		got := a.String()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("scalar.ParseAddr(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

// A list in YAML of 8 MiB is read whole, whatever is in it; a larger one is read item by item, and no item may be that large.
func TestWholeYAML(t *testing.T) {
	list := func(n int) io.Reader {
		const head = "items:\n- kind: a: b\n" // a parser stops here
		comment := "#" + strings.Repeat("x", 1<<20-2) + "\n"
		s := head + strings.Repeat(comment, 7)
		return strings.NewReader(s + "#" + strings.Repeat("x", n-len(s)-1))
	}
	for n, want := range map[int]string{
		wholeYAML:     "f:2:10: mapping values are not allowed in this context",
		wholeYAML + 1: "f:7:1: more than 4 MiB in one piece; write the list with -o json",
	} {
		if _, err := ReadNodes("f", list(n)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%d bytes: %v, want %s", n, err, want)
		}
	}
}

// An error of the reader is told with the file's name, wherever it comes.
func TestReaderErrors(t *testing.T) {
	bad := iotest.ErrReader(errors.New("no disk"))
	for _, head := range []string{"", `{"kind":"List","items":[`, "kind: List\nitems:\n- kind: Node\n" + strings.Repeat("# x\n", peekText)} {
		_, err := ReadNodes("f", io.MultiReader(strings.NewReader(head), bad))
		if err == nil || !strings.HasPrefix(err.Error(), "f") || !strings.Contains(err.Error(), "no disk") {
			t.Errorf("behind %d bytes: %v", len(head), err)
		}
	}
	_, err := ReadText("f", bad)
	if want := "f: no disk"; fmt.Sprint(err) != want {
		t.Errorf("ReadText: %v, want %s", err, want)
	}
}
