package kubecidr_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A report is a bundle of files as an operator has them, rebuilt after what public trackers tell, with the verdict that a
// good diagnosis reaches. The bundles stand in testdata/incidents, their section "want" has one line for each finding:
//
//	error RULE[|RULE] [TEXT]...           a finding of that severity whose message holds each text; TEXT may be A|B
//	error/warning RULE [TEXT]...          of either severity
//	also RULE...                          these may be reported besides, at whatever severity
//	healthy                               no error is reported
//	fix TEXT                              a step of some finding holds TEXT
//	nofix TEXT                            no step does
//	refused RULE [PROGRAM]...             the programs that the findings of RULE name
//
// No other rule may be reported as an error.
type bundle struct {
	name  string
	files fstest.MapFS
	want  []wanted
	also  []string

	fix, nofix []string
	refused    map[string][]string // programs by rule
}

type wanted struct {
	severities []string
	rules      []string
	texts      []string
}

// bundles returns all bundles of testdata/incidents.
func bundles(t testing.TB) []bundle {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "incidents", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no bundles: %v", err)
	}
	var out []bundle
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b := bundle{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), files: fstest.MapFS{}, refused: map[string][]string{}}
		healthy := false
		for _, f := range ar.Files {
			if f.Name != "want" {
				b.files[f.Name] = &fstest.MapFile{Data: f.Data}
				continue
			}
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				words := strings.Fields(line)
				switch {
				case line == "healthy":
					healthy = true
				case strings.HasPrefix(line, "fix "):
					b.fix = append(b.fix, line[4:])
				case strings.HasPrefix(line, "nofix "):
					b.nofix = append(b.nofix, line[6:])
				case len(words) > 1 && words[0] == "refused":
					b.refused[words[1]] = words[2:]
				case len(words) > 1 && words[0] == "also":
					b.also = append(b.also, words[1:]...)
				case len(words) > 1:
					w := wanted{strings.Split(words[0], "/"), strings.Split(words[1], "|"), words[2:]}
					b.want = append(b.want, w)
					for _, r := range w.rules {
						if _, ok := ruleByID(r); !ok {
							t.Errorf("%s: no rule %s", name, r)
						}
					}
				default:
					t.Errorf("%s: want has a line %q", name, line)
				}
			}
		}
		if healthy == (len(b.want) > 0) || len(b.files) == 0 {
			t.Errorf("%s: want either healthy or findings, and files", name)
		}
		out = append(out, b)
	}
	return out
}

func ruleByID(id string) (fact.Rule, bool) {
	i := slices.IndexFunc(plan.Rules(), func(r fact.Rule) bool { return string(r.ID) == id })
	if i < 0 {
		return fact.Rule{}, false
	}
	return plan.Rules()[i], true
}

// faults tells in what r differs from the wanted verdict.
func (b bundle) faults(r fact.Report) []string {
	var out []string
	known := slices.Clone(b.also)
	for _, w := range b.want {
		known = append(known, w.rules...)
		var why []string
		ok := slices.ContainsFunc(r.Findings, func(f fact.Finding) bool {
			if !slices.Contains(w.rules, string(f.Rule)) {
				return false
			}
			if !slices.Contains(w.severities, string(f.Severity)) {
				why = append(why, fmt.Sprintf("%s is of severity %s", f.Rule, f.Severity))
				return false
			}
			for _, text := range w.texts {
				if !slices.ContainsFunc(strings.Split(text, "|"), func(s string) bool { return strings.Contains(f.Message, s) }) {
					why = append(why, fmt.Sprintf("%s does not say %s", f.Rule, text))
					return false
				}
			}
			return true
		})
		if !ok {
			out = append(out, fmt.Sprintf("want %s %s %v; %s", strings.Join(w.severities, "/"), strings.Join(w.rules, "|"), w.texts, strings.Join(why, ", ")))
		}
	}
	for _, f := range r.Findings {
		if f.Severity == fact.Error && !slices.Contains(known, string(f.Rule)) {
			out = append(out, "unexpected error "+string(f.Rule))
		}
	}
	return append(out, b.faultsOfFixes(r)...)
}

// faultsOfFixes tells in what the steps of r, and the programs that it names, differ from the wanted ones.
func (b bundle) faultsOfFixes(r fact.Report) []string {
	var out, steps []string
	by := map[string][]string{}
	for _, f := range r.Findings {
		steps = append(steps, f.Fix...)
		for _, p := range f.RefusedBy {
			if !slices.Contains(by[string(f.Rule)], string(p)) {
				by[string(f.Rule)] = append(by[string(f.Rule)], string(p))
			}
		}
	}
	for rule, want := range b.refused {
		if got := slices.Sorted(slices.Values(by[rule])); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			out = append(out, fmt.Sprintf("%s is refused by %v, want %v", rule, got, want))
		}
	}
	holds := func(text string) bool {
		return slices.ContainsFunc(steps, func(s string) bool { return strings.Contains(s, text) })
	}
	for _, text := range b.fix {
		if !holds(text) {
			out = append(out, fmt.Sprintf("no step says %q: %q", text, steps))
		}
	}
	for _, text := range b.nofix {
		if holds(text) {
			out = append(out, fmt.Sprintf("a step says %q: %q", text, steps))
		}
	}
	return out
}

// TestReports judges every bundle: each cause at its severity, with the values and hosts that a good message names, and no
// error of another rule.
func TestReports(t *testing.T) {
	for _, b := range bundles(t) {
		t.Run(b.name, func(t *testing.T) {
			r, err := kubecidr.Check(b.files)
			if err != nil {
				t.Fatal(err)
			}
			if faults := b.faults(r); len(faults) > 0 {
				t.Errorf("%s\n%s", strings.Join(faults, "\n"), told(r))
			}
		})
	}
}

func told(r fact.Report) string {
	var b bytes.Buffer
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\t%s %s: %s\n", f.Severity, f.Rule, f.Message)
	}
	return b.String()
}

// TestReportsStable gives each bundle in other forms: the verdict is the same.
func TestReportsStable(t *testing.T) {
	for _, b := range bundles(t) {
		t.Run(b.name, func(t *testing.T) {
			plain, err := kubecidr.Check(b.files)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range forms {
				files := form.of(b.files)
				if files == nil {
					continue // it has no such form
				}
				r, err := kubecidr.Check(files)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(verdict(plain), verdict(r)); d != "" {
					t.Errorf("%s changes the verdict (-plain +%s):\n%s%s", form.name, form.name, d, told(r))
				}
			}
		})
	}
}

// verdict is what counts of a report: rules and severities, each once.
func verdict(r fact.Report) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Severity != fact.Info {
			out = append(out, string(f.Severity)+" "+string(f.Rule))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// forms are ways to hand over the same files. of returns nil where a bundle has no such form.
var forms = []struct {
	name string
	of   func(fstest.MapFS) fstest.MapFS
}{
	{"CRLF", func(m fstest.MapFS) fstest.MapFS { return each(m, crlf) }},
	{"UTF-8 with a BOM", func(m fstest.MapFS) fstest.MapFS { return each(m, withBOM) }},
	{"UTF-16", func(m fstest.MapFS) fstest.MapFS { return each(m, utf16le) }},
	{"no newline at the end", func(m fstest.MapFS) fstest.MapFS {
		return each(m, func(_ string, data []byte) []byte { return bytes.TrimRight(data, "\n") })
	}},
	{"a folder above", func(m fstest.MapFS) fstest.MapFS {
		return renamed(m, func(name string) string { return "collected/" + name })
	}},
	{"files beside", beside},
	{"one YAML file", merged},
	{"JSON for YAML", jsonForYAML},
	{"one file for each Node", splitNodes},
	{"standard input", asInput},
}

func each(m fstest.MapFS, edit func(name string, data []byte) []byte) fstest.MapFS {
	out := fstest.MapFS{}
	for name, f := range m {
		out[name] = &fstest.MapFile{Data: edit(name, f.Data)}
	}
	return out
}

func renamed(m fstest.MapFS, to func(string) string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, f := range m {
		out[to(name)] = f
	}
	return out
}

func crlf(_ string, data []byte) []byte { return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) }

// withBOM marks a text as some editors do. flannel itself does not take that, so its own files are left alone.
func withBOM(name string, data []byte) []byte {
	if readByFlannel(name) {
		return data
	}
	return append([]byte("\xef\xbb\xbf"), data...)
}

// utf16le is what a Windows shell writes when output is redirected.
func utf16le(name string, data []byte) []byte {
	if readByFlannel(name) {
		return data
	}
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(data))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func readByFlannel(name string) bool {
	return strings.HasSuffix(name, "net-conf.json") || strings.HasSuffix(name, "subnet.env")
}

func beside(m fstest.MapFS) fstest.MapFS {
	out := renamed(m, func(name string) string { return name })
	out["notes.md"] = &fstest.MapFile{Data: []byte("# Notes\n\nThe network does not come up.\n")}
	out["web.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n")}
	out["logs/dmesg.log"] = &fstest.MapFile{Data: []byte("[    0.000000] Linux version 5.15.0\n")}
	out["image.png"] = &fstest.MapFile{Data: []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")}
	return out
}

// isYAML reports whether a file at the top, so of no host in particular, is YAML.
func isYAML(name string, data []byte) bool {
	if !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") || strings.Contains(name, "/") {
		return false
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var v map[string]any
		switch err := d.Decode(&v); err {
		case nil:
		case io.EOF:
			return true
		default:
			return false
		}
	}
}

// merged puts the documents of all YAML files into one.
func merged(m fstest.MapFS) fstest.MapFS {
	out := fstest.MapFS{}
	var all []byte
	n := 0
	for _, name := range slices.Sorted(maps.Keys(m)) {
		data := m[name].Data
		if !isYAML(name, data) || strings.HasPrefix(name, "cp") { // the name tells the host
			out[name] = m[name]
			continue
		}
		n++
		if !bytes.HasPrefix(data, []byte("---\n")) {
			all = append(all, "---\n"...)
		}
		all = append(all, data...)
	}
	if n < 2 {
		return nil
	}
	out["all.yaml"] = &fstest.MapFile{Data: all}
	return out
}

// jsonForYAML writes YAML files of one document as JSON, as kubectl -o json would.
func jsonForYAML(m fstest.MapFS) fstest.MapFS {
	out := fstest.MapFS{}
	n := 0
	for name, f := range m {
		var v map[string]any
		if name == "values.yaml" || bytes.Contains(f.Data, []byte("\n---")) || !isYAML(name, f.Data) || yaml.Unmarshal(f.Data, &v) != nil || v == nil {
			out[name] = f
			continue
		}
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			out[name] = f
			continue
		}
		n++
		out[strings.TrimSuffix(name, path.Ext(name))+".json"] = &fstest.MapFile{Data: data}
	}
	if n == 0 {
		return nil
	}
	return out
}

// splitNodes gives each Node of a list a file of its own.
func splitNodes(m fstest.MapFS) fstest.MapFS {
	f, ok := m["nodes.json"]
	var list struct{ Items []json.RawMessage }
	if !ok || json.Unmarshal(f.Data, &list) != nil {
		return nil
	}
	out := renamed(m, func(name string) string { return name })
	delete(out, "nodes.json")
	for i, item := range list.Items {
		out[fmt.Sprintf("node%d.json", i)] = &fstest.MapFile{Data: item}
	}
	return out
}

// asInput gives the only file of a bundle without a name that says anything.
func asInput(m fstest.MapFS) fstest.MapFS {
	if len(m) != 1 {
		return nil
	}
	for name, f := range m {
		if strings.Contains(name, "/") || bytes.HasPrefix(f.Data, []byte("<html>")) {
			return nil // of a page without a name nobody can tell what it should have been
		}
		return fstest.MapFS{"-": f}
	}
	return nil
}
