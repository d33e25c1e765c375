package kubectl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestPages: a list that goes on in another one is told, in whatever order and form its keys come.
func TestPages(t *testing.T) {
	const (
		item  = `{"metadata": {"name": "w1", "continue": "x"}, "spec": {"podCIDR": "10.244.1.0/24"}}`
		yItem = "items:\n- metadata: {name: w1}\n  spec: {podCIDR: 10.244.1.0/24}\n- metadata: {name: w2}\n"
	)
	for _, tt := range []struct{ name, text, want string }{
		{"head", `{"kind": "NodeList", "metadata": {"continue": "x", "remainingItemCount": 9}, "items": [` + item + `]}`, "10 at 1:47"},
		{"tail", `{"items": [` + item + `], "kind": "NodeList", "metadata": {"remainingItemCount": 9, "continue": "x"}}`, "10 at 1:168"},
		{"selected", `{"kind": "NodeList", "metadata": {"continue": "x"}, "items": [` + item + `]}`, "0 at 1:47"},
		{"remaining alone", `{"kind": "NodeList", "metadata": {"remainingItemCount": 1}, "items": [` + item + `]}`, "2 at 1:57"},
		{"empty page", `{"kind": "NodeList", "metadata": {"continue": "x", "remainingItemCount": 9}, "items": []}`, "9 at 1:47"},
		{"last", `{"kind": "NodeList", "metadata": {"continue": "", "remainingItemCount": 0}, "items": [` + item + `]}`, ""},
		{"whole", `{"kind": "NodeList", "metadata": {"resourceVersion": ""}, "items": [` + item + `]}`, ""},
		{"pods", `{"kind": "PodList", "metadata": {"continue": "x", "remainingItemCount": 9}, "items": [{"metadata": {"name": "p"}}]}`, ""},
		{"two pages", `{"kind": "NodeList", "metadata": {"continue": "x", "remainingItemCount": 9}, "items": [` + item + `]}` +
			`{"kind": "NodeList", "metadata": {}, "items": [` + item + `]}`, "10 at 1:47"},
		{"no number", `{"kind": "NodeList", "metadata": {"continue": "x", "remainingItemCount": "many"}, "items": [` + item + `]}`, "0 at 1:47"},
		{"beyond any cluster", `{"kind": "NodeList", "metadata": {"continue": "x", "remainingItemCount": 9223372036854775807}, "items": [` + item + `]}`, "0 at 1:47"},
		{"a node", `{"kind": "Node", "metadata": {"name": "w1", "continue": "x"}}`, ""},
		{"yaml", "kind: NodeList\nmetadata:\n  continue: x\n  remainingItemCount: 9\n" + yItem, "11 at 3:13"},
		{"yaml, tail", "apiVersion: v1\n" + yItem + "kind: NodeList\nmetadata:\n  continue: x\n  remainingItemCount: 9\n", "11 at 8:13"},
		{"yaml, then a whole one", yItem + "kind: NodeList\nmetadata:\n  continue: x\n---\n" + yItem + "kind: NodeList\n", "0 at 7:13"},
	} {
		f, err := source.New("f", []byte(tt.text), source.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		objects, err := ReadSource(f)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := pagesOf(objects); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if !strings.HasPrefix(tt.name, "yaml") {
			continue
		}
		var long Objects
		d := newDecoder(long.add)
		if err := d.readYAMLList("f", strings.NewReader(strings.ReplaceAll(tt.text, "items:\n", "kind: NodeList\nitems:\n")), 1); err != nil && !strings.Contains(err.Error(), "kind") {
			t.Errorf("%s, item by item: %v", tt.name, err)
		}
		if len(long.Pages) != len(objects.Pages) {
			t.Errorf("%s, item by item: %q, want %q", tt.name, pagesOf(long), tt.want)
		}
	}
}

// pagesOf returns the pages of o in the form "10 at 1:47".
func pagesOf(o Objects) string {
	var out []string
	for _, s := range o.Statements() {
		if s.Setting == fact.SettingNodes {
			out = append(out, fmt.Sprintf("%d at %d:%d", s.Int, s.Pos.Line, s.Pos.Column))
		}
	}
	return strings.Join(out, ", ")
}
