package check_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/txtar"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// incidents returns what the bundles of testdata/incidents say, by name.
func incidents(t *testing.T) map[string][]fact.Statement {
	t.Helper()
	bundles, err := filepath.Glob("../../../testdata/incidents/*.txtar")
	if err != nil || len(bundles) == 0 {
		t.Fatalf("no incidents: %v", err)
	}
	out := map[string][]fact.Statement{}
	for _, bundle := range bundles {
		a, err := txtar.ParseFile(bundle)
		if err != nil {
			t.Fatal(err)
		}
		fsys := fstest.MapFS{}
		for _, f := range a.Files {
			if f.Name != "want" {
				fsys[f.Name] = &fstest.MapFile{Data: f.Data}
			}
		}
		files, err := kubecidr.Read(fsys, kubecidr.Options{})
		if err != nil {
			t.Fatalf("%s: %v", bundle, err)
		}
		out[strings.TrimSuffix(filepath.Base(bundle), ".txtar")] = files.Statements()
	}
	return out
}

// TestOrder runs the rules in other orders that they allow: what decides is declared, not where a rule happens to stand.
func TestOrder(t *testing.T) {
	orders := uint64(6)
	if testing.Short() {
		orders = 2
	}
	for name, statements := range incidents(t) {
		want := check.Run(statements...)
		for seed := range orders {
			if d := cmp.Diff(want.Findings, check.RunShuffled(seed, statements...).Findings); d != "" {
				t.Errorf("%s: another order of rules, another report (-usual +shuffled, seed %d):\n%s", name, seed, d)
				break
			}
		}
	}
}
