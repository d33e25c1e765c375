package kubecidr_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
)

// A report is a bundle of files as an operator has them, rebuilt after what public trackers tell, with the verdict that a
// good diagnosis reaches. The bundles stand in testdata/incidents, their section "want" has one line for each finding:
//
//	error RULE[|RULE] [TEXT]...           a finding of that severity whose message holds each text; TEXT may be A|B
//	error/warning RULE [TEXT]...          of either severity
//	also RULE...                          these may be reported besides, at whatever severity
//	healthy                               no error is reported
//
// No other rule may be reported as an error.
type bundle struct {
	name  string
	files fstest.MapFS
	want  []wanted
	also  []string
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
		b := bundle{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), files: fstest.MapFS{}}
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

func ruleByID(id string) (plan.Rule, bool) {
	i := slices.IndexFunc(plan.Rules(), func(r plan.Rule) bool { return string(r.ID) == id })
	if i < 0 {
		return plan.Rule{}, false
	}
	return plan.Rules()[i], true
}

// faults tells in what r differs from the wanted verdict.
func (b bundle) faults(r plan.Report) []string {
	var out []string
	known := slices.Clone(b.also)
	for _, w := range b.want {
		known = append(known, w.rules...)
		var why []string
		ok := slices.ContainsFunc(r.Findings, func(f plan.Finding) bool {
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
		if f.Severity == plan.Error && !slices.Contains(known, string(f.Rule)) {
			out = append(out, "unexpected error "+string(f.Rule))
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

func told(r plan.Report) string {
	var b bytes.Buffer
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\t%s %s: %s\n", f.Severity, f.Rule, f.Message)
	}
	return b.String()
}
