package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestCheckGolden checks the bundles of testdata/check. Each archive is one rule: the bundles NAME.in break it in different
// ways, or are healthy neighbours; NAME.want holds a line for each finding, and indented what is folded under it.
//
// A line of a bundle is one source, in the words of [factbundle.Statements].
func TestCheckGolden(t *testing.T) { goldenBundles(t, "testdata/check/*.txtar", verdict) }

// goldenBundles holds what print makes of the report on each bundle NAME.in of the archives to NAME.want. No bundle whose name
// begins with "healthy" may have an error.
func goldenBundles(t *testing.T, pattern string, print func(fact.Report) string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no bundles:", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range ar.Files {
			if n, ok := strings.CutSuffix(f.Name, ".want"); ok {
				want[n] = string(f.Data)
			}
		}
		out := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			name, ok := strings.CutSuffix(f.Name, ".in")
			if !ok {
				continue
			}
			got := print(check.Run(factbundle.Statements(t, string(f.Data))...))
			out.Files = append(out.Files, f, txtar.File{Name: name + ".want", Data: []byte(got)})
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				if d := cmp.Diff(want[name], got); d != "" && !*golden.Update {
					t.Errorf("-want +got:\n%s", d)
				}
				if strings.HasPrefix(name, "healthy") && strings.Contains("\n"+got, "\nerror ") {
					t.Errorf("an error on a healthy cluster:\n%s", got)
				}
			})
		}
		if *golden.Update {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// verdict prints findings in the form of the archives.
func verdict(r fact.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s", f.Severity, f.Rule)
		if len(f.RefusedBy) > 0 {
			fmt.Fprintf(&b, " (refused by %v)", f.RefusedBy)
		}
		fmt.Fprintf(&b, "\n\t%s\n", f.Message)
		if len(f.Subjects) > 0 {
			fmt.Fprintf(&b, "\tconcerns %s\n", strings.Join(f.Subjects, " "))
		}
		for _, p := range f.Where {
			fmt.Fprintf(&b, "\t- %v %s\n", p.Position, p.Note)
		}
		for _, e := range f.Explains {
			fmt.Fprintf(&b, "\t> %s\n", e)
		}
	}
	return b.String()
}
