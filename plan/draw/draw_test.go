package draw_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plangen"
)

// A renderer is a method of Plan that writes.
type renderer struct {
	name  string
	write func(io.Writer, *plan.Plan, draw.Options) error
}

func renderers() []renderer {
	return []renderer{
		{"text", draw.Text},
		{"json", draw.JSON},
		{"yaml", draw.YAML},
		{"markdown", draw.Markdown},
		{"svg", draw.SVG},
	}
}

func render(t interface{ Fatalf(string, ...any) }, r renderer, p *plan.Plan, o draw.Options) string {
	var b bytes.Buffer
	if err := r.write(&b, p, o); err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	return b.String()
}

func newPlan(t interface{ Fatalf(string, ...any) }, r plan.Request) *plan.Plan {
	p, err := plan.New(r)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return p
}

// Whatever the plan, rendering works, gives the same bytes each time, and lets no control character through.
func TestRenderAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		o := draw.Options{Nodes: rapid.IntRange(-1, 300).Draw(t, "nodes listed")}
		for _, r := range renderers() {
			first := render(t, r, p, o)
			if second := render(t, r, p, o); first != second {
				t.Fatalf("%s differs the second time: %s", r.name, cmp.Diff(first, second))
			}
			for _, c := range first {
				if c < ' ' && c != '\n' || c == 0x7f {
					t.Fatalf("%s holds the control character %q", r.name, c)
				}
			}
		}
	})
}

// The zero Plan is empty; rendering it says nothing and does not fail.
func TestRenderZeroPlan(t *testing.T) {
	for _, r := range renderers() {
		if got := render(t, r, new(plan.Plan), draw.Options{Nodes: 3}); got == "" {
			t.Errorf("%s of the zero Plan is empty", r.name)
		}
	}
}

// A failingWriter takes n bytes.
type failingWriter struct{ n int }

var errFull = errors.New("disk full")

func (w *failingWriter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		return w.n, errFull
	}
	w.n -= len(b)
	return len(b), nil
}

func TestRenderReturnsWriteError(t *testing.T) {
	p := newPlan(t, plan.Request{})
	for _, r := range renderers() {
		if err := r.write(&failingWriter{10}, p, draw.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk = %v, want %v", r.name, err, errFull)
		}
	}
}

// The contract of -o json, read as another program reads it.
func TestJSONContract(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		n := rapid.IntRange(0, 20).Draw(t, "nodes listed")
		text := render(t, renderer{"json", draw.JSON}, p, draw.Options{Nodes: n})
		var got struct {
			Name                string
			Hosts               []netip.Prefix
			Services            []netip.Prefix
			Pods                []netip.Prefix
			NodeMask            map[string]int
			APIServerServiceIPs []netip.Addr
			DNSServiceIPs       []netip.Addr
			Capacity            map[string]any
			Nodes               []struct {
				Name     string
				PodCIDRs []netip.Prefix
			}
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if strings.Contains(text, "null") && !strings.Contains(p.Request.Name, "null") {
			t.Fatalf("a list is null:\n%s", text)
		}
		equal := func(what string, want, got any) {
			t.Helper()
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", what, diff)
			}
		}
		equal("hosts", p.Hosts(), got.Hosts)
		equal("services", p.Services(), got.Services)
		equal("pods", p.Pods(), got.Pods)
		equal("apiServerServiceIPs", p.APIServerServiceIPs, got.APIServerServiceIPs)
		equal("dnsServiceIPs", p.DNSServiceIPs, got.DNSServiceIPs)
		masks := make(map[string]int)
		for _, f := range p.Families {
			masks[strings.ToLower(f.String())] = p.NodeMask(f)
			if fact.FamilyOf(got.Pods[len(masks)-1]) != f {
				t.Fatalf("pods %v, want %v in place %d", got.Pods, f, len(masks)-1)
			}
		}
		equal("nodeMask", masks, got.NodeMask)
		if uint64(len(got.Nodes)) != min(uint64(n), p.Capacity().Nodes) {
			t.Fatalf("%d nodes, want %d of %d", len(got.Nodes), n, p.Capacity().Nodes)
		}
		for i, x := range got.Nodes {
			equal(x.Name, p.NodePodCIDRs(i), x.PodCIDRs)
		}
	})
}

// Where two families differ, the smaller number is what fits, whichever is the primary one.
func TestJSONCapacity(t *testing.T) {
	for _, families := range [][]fact.Family{{fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}} {
		var doc struct {
			Capacity struct{ Nodes, Services, ServicesLeft, Hosts, HostsLeft, Pods int }
		}
		text := render(t, renderer{"json", draw.JSON}, newPlan(t, plan.Request{Families: families}), draw.Options{})
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		want := struct{ Nodes, Services, ServicesLeft, Hosts, HostsLeft, Pods int }{256, 65535, 64533, 253, 243, 256 * 110}
		if doc.Capacity != want {
			t.Errorf("%v: %+v, want %+v", families, doc.Capacity, want)
		}
	}
}

// YAML is the same document: what a YAML parser reads is what a JSON parser reads.
func TestYAMLIsJSON(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, p *plan.Plan) {
		o := draw.Options{Nodes: 2}
		var fromJSON, fromYAML any
		dec := json.NewDecoder(strings.NewReader(render(t, renderer{"json", draw.JSON}, p, o)))
		if err := dec.Decode(&fromJSON); err != nil {
			t.Fatalf("JSON: %v", err)
		}
		text := render(t, renderer{"yaml", draw.YAML}, p, o)
		if err := yaml.Unmarshal([]byte(text), &fromYAML); err != nil {
			t.Fatalf("YAML: %v in\n%s", err, text)
		}
		// Numbers are of other Go types: compare them as JSON.
		again, err := json.Marshal(fromYAML)
		if err != nil {
			t.Fatalf("%v", err)
		}
		fromYAML = nil
		if err := json.Unmarshal(again, &fromYAML); err != nil {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(fromJSON, fromYAML); diff != "" {
			t.Fatalf("YAML differs from JSON (-json +yaml):\n%s\n%s", diff, text)
		}
	}
	for _, name := range []string{"north", "yes", "No", "null", "~", "0x10", "1_000", "1e3", "12:30:45", "a: b", "# c", "- d", "'", `"`, "\\", "a\nb", "\t", "é", "東京", "\u2028",
		"&a", "*a", "!a", "%a", "@a", "`", "[", "{", "|", ">", "", "on", "y", ".5", "=", "<<", "2001:10:20:30:40:50:11:12"} {
		check(t, newPlan(t, plan.Request{Name: name, Families: []fact.Family{fact.IPv6, fact.IPv4}}))
	}
	check(t, new(plan.Plan))
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		check(t, p)
	})
}

// Colour changes nothing but colour, and is there when asked for.
func TestTextColor(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	p := newPlan(t, plan.Request{Name: "\x1b[31mred", Grow: 1, Families: []fact.Family{fact.IPv4, fact.IPv6}})
	text := renderer{"text", draw.Text}
	plain := render(t, text, p, draw.Options{Nodes: 2})
	colored := render(t, text, p, draw.Options{Nodes: 2, Color: true})
	if escapes.MatchString(plain) || strings.Contains(plain, "\x1b") {
		t.Errorf("an escape sequence in text without colour:\n%q", plain)
	}
	if n := len(escapes.FindAllString(colored, -1)); n < 20 || n%2 != 0 {
		t.Errorf("%d escape sequences in coloured text, want many, in pairs", n)
	}
	if diff := cmp.Diff(plain, escapes.ReplaceAllString(colored, "")); diff != "" {
		t.Errorf("coloured text differs (-plain +coloured):\n%s", diff)
	}

	_, err := plan.New(plan.Request{Nodes: 5000, Within: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/20")}})
	none, ok := errtype.As[*plan.InfeasibleError](err)
	if !ok {
		t.Fatalf("New = %v, want an *InfeasibleError", err)
	}
	var a, b bytes.Buffer
	if err := errors.Join(draw.InfeasibleText(&a, none, draw.Options{}), draw.InfeasibleText(&b, none, draw.Options{Color: true})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.String(), escapes.ReplaceAllString(b.String(), "")); diff != "" || a.String() == b.String() {
		t.Errorf("coloured explanation differs, or has no colour (-plain +coloured):\n%s", diff)
	}
}

// Each table of a Markdown document has as many cells in every row as in its head, whatever names hold.
func TestMarkdownTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.New(plangen.Draw(t))
		if err != nil {
			t.Skip("no plan:", err)
		}
		doc := render(t, renderer{"markdown", draw.Markdown}, p, draw.Options{Nodes: 3})
		cells, code := 0, false
		for i, line := range strings.Split(doc, "\n") {
			if strings.HasPrefix(line, "```") {
				code = !code
			}
			if code || !strings.HasPrefix(line, "|") {
				cells = 0
				continue
			}
			n := strings.Count(strings.ReplaceAll(strings.ReplaceAll(line, `\\`, ""), `\|`, ""), "|")
			if cells == 0 {
				cells = n
			}
			if n != cells {
				t.Fatalf("line %d has %d cells, its table %d: %s", i+1, n-1, cells-1, line)
			}
		}
	})
}

// A file in the appendix cannot end its own block.
func TestMarkdownAttachments(t *testing.T) {
	p := newPlan(t, plan.Request{})
	doc := render(t, renderer{"markdown", draw.Markdown}, p, draw.Options{
		Attachments: []draw.Attachment{{Title: "kubeadm.yaml", Language: "yaml", Text: "a: 1\n```\nb: 2\n"}, {Title: "second", Text: "c"}},
	})
	want := "## Appendix: files\n\n### kubeadm.yaml\n\n````yaml\na: 1\n```\nb: 2\n````\n\n### second\n\n```\nc\n```\n\n"
	if !strings.HasSuffix(doc, want) {
		t.Errorf("the document ends\n%s\nwant\n%s", doc[max(0, len(doc)-len(want)):], want)
	}
}
