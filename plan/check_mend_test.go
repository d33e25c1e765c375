package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kubecidr/kubecidr/plan"
)

// TestMends holds what findings advise: the bundles NAME.in of testdata/mend, in the words of [bundle], each with NAME.want,
// a line for each finding, the lines of its mend below it. The comment of an archive says what advice must not do.
func TestMends(t *testing.T) {
	files, err := filepath.Glob("testdata/mend/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no bundles:", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := &txtar.Archive{Comment: ar.Comment}
		for i, f := range ar.Files {
			name, ok := strings.CutSuffix(f.Name, ".in")
			if !ok {
				continue
			}
			want := ""
			if i+1 < len(ar.Files) && ar.Files[i+1].Name == name+".want" {
				want = string(ar.Files[i+1].Data)
			}
			got := mends(plan.Check(bundle(t, string(f.Data))...))
			out.Files = append(out.Files, f, txtar.File{Name: name + ".want", Data: []byte(got)})
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				if d := cmp.Diff(want, got); d != "" && !*updateCheck {
					t.Errorf("mends (-want +got):\n%s", d)
				}
			})
		}
		if *updateCheck {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func mends(r plan.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s (%s)\n", f.Severity, f.Rule, f.Disturbs)
		for _, line := range f.Fix {
			fmt.Fprintf(&b, "\t%s\n", line)
		}
	}
	return b.String()
}
