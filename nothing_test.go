package kubecidr_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestCheckNothing: a unit test that renders nothing must fail.
func TestCheckNothing(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"no file":      {},
		"another file": {"notes.txt": {Data: []byte("nothing about it\n")}},
		"an empty one": {"notes.txt": {}},
	} {
		if r, err := kubecidr.Check(files); !errors.Is(err, fact.ErrNothingStated) || !errors.Is(r.Err(), fact.ErrNothingStated) {
			t.Errorf("%s: %v and %v, want %v", name, err, r.Err(), fact.ErrNothingStated)
		}
	}
	if err := plan.Check().Err(); !errors.Is(err, fact.ErrNothingStated) {
		t.Errorf("no statement: %v, want %v", err, fact.ErrNothingStated)
	}
}
