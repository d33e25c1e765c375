package scenario

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/plan"
)

// TestRecordings replays every recorded scenario: the twin does what the real one did, or what was recorded is among the
// possible outcomes.
func TestRecordings(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "golden", "live")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("%s does not exist", dir)
	}
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var probe struct{ Ops []json.RawMessage }
		if json.Unmarshal(data, &probe) != nil || probe.Ops == nil {
			continue // start combinations and API answers, which package plan tests
		}
		n++
		rec, err := Read(filepath.Base(file), data)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, d := range rec.Replay(plan.Version{}, nil).Compare(rec) {
			t.Errorf("%s: %s", rec.Name, d)
		}
		// Without the recording the twin takes the likeliest; what it then says must be possible as well.
		blind := rec.bare().Replay(plan.Version{}, nil)
		for _, d := range blind.bare().Replay(plan.Version{}, blind).Compare(blind) {
			t.Errorf("%s: its own outcome is not possible: %s", rec.Name, d)
		}
	}
	t.Logf("%d recordings", n)
}

// bare returns s without results.
func (s *Scenario) bare() *Scenario {
	out := *s
	out.Ops = slices.Clone(s.Ops)
	out.Events = nil
	for i := range out.Ops {
		o := &out.Ops[i]
		o.Controller, o.Result, o.Code, o.Message, o.Refused, o.Reason, o.Log, o.Timing = "", nil, 0, "", nil, "", nil, nil
	}
	return &out
}
