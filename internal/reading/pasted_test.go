package reading

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/internal/txtar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestPastedReports checks reports in the shapes in which they are pasted. Their section "want" has a line for each finding, as the
// bundles of testdata/incidents have: severities, rule, and texts of its message; or "healthy". No other rule is an error.
func TestPastedReports(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "pasted", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tree, want := fstest.MapFS{}, ""
			for _, f := range ar.Files {
				if f.Name == "want" {
					want = strings.TrimSpace(string(f.Data))
					continue
				}
				tree[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			files, err := Read(tree, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if want == "" || len(files.Statements()) == 0 {
				t.Fatal("nothing is wanted, or was stated")
			}
			judge(t, files.Check(), want)
		})
	}
}

// judge holds a report against what is wanted.
func judge(t *testing.T, r fact.Report, want string) {
	t.Helper()
	allowed := map[fact.RuleID]bool{}
	for line := range strings.SplitSeq(want, "\n") {
		words := strings.Fields(line)
		if line == "healthy" {
			continue
		}
		if len(words) < 2 {
			t.Fatalf("%q is no line of what is wanted", line)
		}
		rule := fact.RuleID(words[1])
		allowed[rule] = true
		if !slices.ContainsFunc(r.Findings, func(f fact.Finding) bool {
			return f.Rule == rule && slices.Contains(strings.Split(words[0], "/"), string(f.Severity)) &&
				!slices.ContainsFunc(words[2:], func(w string) bool { return !strings.Contains(f.Message, w) })
		}) {
			t.Errorf("want %s", line)
		}
	}
	for _, f := range r.Findings {
		if f.Severity == fact.Error && !allowed[f.Rule] {
			t.Errorf("error %s: %s", f.Rule, f.Message)
		}
	}
}
