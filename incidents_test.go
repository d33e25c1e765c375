package kubecidr_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// expectation is one entry of an incident's meta.json.
type expectation struct {
	RootCause    string   `json:"root_cause"`
	Severity     string   `json:"severity"`
	SeverityAlso []string `json:"severity_also"`
	Says         []string `json:"says"`
	Required     bool     `json:"required"`
	Accept       []string `json:"accept"`
}

// TestIncidents checks real reports, where they are at hand: each required cause at its severity, with the values that a good
// message names, and no error that nobody expects.
func TestIncidents(t *testing.T) {
	metas, _ := filepath.Glob(filepath.Join("..", "shared", "incidents", "*", "meta.json"))
	if len(metas) == 0 {
		t.Skip("../shared/incidents is not here")
	}
	for _, meta := range metas {
		dir := filepath.Dir(meta)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(meta)
			if err != nil {
				t.Fatal(err)
			}
			var m struct {
				Expected []expectation `json:"expected"`
				Negative bool          `json:"negative"`
			}
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			r, err := kubecidr.Check(without(t, os.DirFS(dir), "meta.json"))
			if err != nil {
				t.Fatal(err)
			}
			judge(t, r, m.Expected, m.Negative)
		})
	}
}

func judge(t *testing.T, r fact.Report, expected []expectation, negative bool) {
	t.Helper()
	known := map[string]bool{}
	for _, e := range expected {
		rules := append([]string{e.RootCause}, e.Accept...)
		for _, rule := range rules {
			known[rule] = true
		}
		i := slices.IndexFunc(r.Findings, func(f fact.Finding) bool { return slices.Contains(rules, string(f.Rule)) })
		if i < 0 {
			if e.Required {
				t.Errorf("no finding %v", rules)
			}
			continue
		}
		f := r.Findings[i]
		if string(f.Severity) != e.Severity && !slices.Contains(e.SeverityAlso, string(f.Severity)) && e.Required {
			t.Errorf("%s is of severity %s, want %s", f.Rule, f.Severity, e.Severity)
		}
		for _, s := range e.Says {
			if e.Required && !strings.Contains(f.Message, s) {
				t.Errorf("%s does not say %q: %s", f.Rule, s, f.Message)
			}
		}
	}
	for _, f := range r.Findings {
		if f.Severity == fact.Error && (negative || !known[string(f.Rule)]) {
			t.Errorf("unexpected error %s: %s", f.Rule, f.Message)
		}
	}
	if t.Failed() {
		for _, f := range r.Findings {
			t.Logf("%s %s: %s", f.Severity, f.Rule, f.Message)
		}
	}
}

// without returns the files of fsys without the one of that name.
func without(t *testing.T, fsys fs.FS, name string) fs.FS {
	t.Helper()
	m := fstest.MapFS{}
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == name {
			return err
		}
		data, err := fs.ReadFile(fsys, path)
		m[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
