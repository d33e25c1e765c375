package kubecidr_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/shapes"
)

var (
	updateShapes = flag.Bool("update-shapes", false, "write what holds today into testdata/shapes.txt")
	showShape    = flag.String("shape", "", "tell each pair that a frame loses, by the name of the frame")
)

// A shapeCount is how many bundles go through a frame, and how many keep their verdict: rules and severities alone, and with
// the values and hosts that the bundle wants in its messages. The latter two are floors in testdata/shapes.txt.
type shapeCount struct{ pairs, kept, told int }

// TestShapes pastes the facts of each bundle in each frame that can carry them: the verdict has to stay what it is.
//
// No frame may keep less than testdata/shapes.txt says; write it anew with -update-shapes where more is kept. -short takes
// every tenth bundle and asks for no more than the run: its sample says nothing about a floor.
func TestShapes(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 10
	}
	frames := shapes.Frames()
	counts := make([]shapeCount, len(frames))
	for i, b := range bundles(t) {
		if i%step > 0 {
			continue
		}
		facts, err := shapes.FromFiles(b.files)
		if err != nil {
			t.Fatalf("%s: %v", b.name, err)
		}
		for j, frame := range frames {
			if !frame.Needs(facts) || frame.Loses != nil && !b.kept(frame.Loses(facts).Files()) {
				continue
			}
			counts[j].pairs++
			files := mapFS(frame.Print(facts))
			r, err := kubecidr.Check(files)
			faults := b.withoutTexts().faults(r)
			if err != nil {
				faults = append(faults, err.Error())
			}
			if len(faults) == 0 {
				counts[j].kept++
				if len(b.faults(r)) == 0 {
					counts[j].told++
				}
			} else if frame.Name == *showShape {
				t.Logf("%s: %s", b.name, strings.Join(faults, "\n"))
			}
		}
	}
	table := shapeTable(frames, counts)
	t.Logf("\n%s", table)
	name := filepath.Join("testdata", "shapes.txt")
	switch {
	case testing.Short():
	case *updateShapes:
		if err := os.WriteFile(name, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		holdFloors(t, name, frames, counts)
	}
}

// withoutTexts returns the bundle with a wanted verdict of rules and severities alone.
func (b bundle) withoutTexts() bundle {
	b.want = slices.Clone(b.want)
	for i := range b.want {
		b.want[i].texts = nil
	}
	return b
}

// kept reports whether files give the verdict of the bundle.
func (b bundle) kept(files map[string][]byte) bool {
	r, err := kubecidr.Check(mapFS(files))
	return err == nil && len(b.withoutTexts().faults(r)) == 0
}

func mapFS(files map[string][]byte) fstest.MapFS {
	out := fstest.MapFS{}
	for name, data := range files {
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

// shapeTable prints pairs, kept and told of each frame, and of all.
func shapeTable(frames []shapes.Frame, counts []shapeCount) string {
	var b strings.Builder
	var all shapeCount
	line := func(name string, c shapeCount) {
		share := 0
		if c.pairs > 0 {
			share = 100 * c.kept / c.pairs
		}
		fmt.Fprintf(&b, "%-44s %5d pairs %5d kept %5d told %3d%%\n", name, c.pairs, c.kept, c.told, share)
	}
	for i, frame := range frames {
		line(frame.Name, counts[i])
		all.pairs += counts[i].pairs
		all.kept += counts[i].kept
		all.told += counts[i].told
	}
	line("all", all)
	return b.String()
}

// holdFloors compares the counts with the table of a file.
func holdFloors(t *testing.T, name string, frames []shapes.Frame, counts []shapeCount) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	floors := map[string]shapeCount{}
	for line := range strings.Lines(string(data)) {
		if len(line) < 45 {
			t.Fatalf("%s: line %q", name, line)
		}
		var c shapeCount
		if _, err := fmt.Sscanf(line[44:], "%d pairs %d kept %d told", &c.pairs, &c.kept, &c.told); err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		floors[strings.TrimSpace(line[:44])] = c
	}
	for i, frame := range frames {
		floor, ok := floors[frame.Name]
		switch c := counts[i]; {
		case !ok:
			t.Errorf("%s has no line for %q", name, frame.Name)
		case c.pairs < floor.pairs:
			t.Errorf("%s: %d bundles, want %d or more", frame.Name, c.pairs, floor.pairs)
		case c.kept < floor.kept || c.told < floor.told:
			t.Errorf("%s keeps %d verdicts and tells %d, want %d and %d or more; -shape %q tells which are lost",
				frame.Name, c.kept, c.told, floor.kept, floor.told, frame.Name)
		}
	}
}
