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
	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/internal/shapes"
)

var showShape = flag.String("shape", "", "print through the frame of that name alone, and tell each bundle whose verdict it loses")

// A shapeCount is how many bundles go through a frame and how many keep their verdict, in rules and severities; of
// those with findings, how many there are and how many keep these with the values and hosts that the bundle wants
// in its messages. A bundle without findings is easily kept: by a frame of which nothing is read, if it leaves
// other files.
type shapeCount struct{ pairs, kept, sick, told int }

// TestShapes pastes the facts of each bundle in each frame that can carry them: the verdict has to stay what it is.
//
// No frame may keep less than testdata/shapes.txt says. -update writes the file anew where nothing is lost: a floor
// goes down by hand alone. -short takes every tenth bundle, and holds the frames that keep all.
func TestShapes(t *testing.T) {
	step := 1
	if testing.Short() || underRace {
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
		kept := map[string]bool{} // verdicts of what is left of the bundle, which is the same for most frames
		for j, frame := range frames {
			if *showShape != "" && frame.Name != *showShape || !frame.Needs(facts) || frame.Loses != nil && !b.kept(frame.Loses(facts).Files(), kept) {
				continue
			}
			counts[j].pairs++
			if len(b.want) > 0 {
				counts[j].sick++
			}
			files := mapFS(frame.Print(facts))
			r, err := kubecidr.Check(files)
			faults := b.withoutTexts().faults(r)
			if err != nil {
				faults = append(faults, err.Error())
			}
			if len(faults) == 0 {
				counts[j].kept++
				if len(b.want) > 0 && len(b.withoutFixes().faults(r)) == 0 {
					counts[j].told++
				}
			} else if frame.Name == *showShape {
				t.Logf("%s: %s", b.name, strings.Join(faults, "\n"))
			}
		}
	}
	table := shapeTable(frames, counts)
	t.Logf("\n%s", table)
	if *showShape != "" {
		return
	}
	name := filepath.Join("testdata", "shapes.txt")
	holdFloors(t, name, frames, counts)
	if *golden.Update && !testing.Short() && !underRace && !t.Failed() {
		if err := os.WriteFile(name, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// withoutTexts returns the bundle with a wanted verdict of rules and severities alone.
func (b bundle) withoutTexts() bundle {
	b = b.withoutFixes()
	b.want = slices.Clone(b.want)
	for i := range b.want {
		b.want[i].texts = nil
	}
	return b
}

// withoutFixes returns the bundle without what its fixes have to say: that follows the frame, which shows units or manifests.
func (b bundle) withoutFixes() bundle {
	b.fix, b.nofix, b.refused = nil, nil, nil
	return b
}

// kept reports whether files give the verdict of the bundle; it notes in known what it finds.
func (b bundle) kept(files map[string][]byte, known map[string]bool) bool {
	key := fmt.Sprintf("%q", files) // printed in the order of names
	ok, found := known[key]
	if !found {
		r, err := kubecidr.Check(mapFS(files))
		ok = err == nil && len(b.withoutTexts().faults(r)) == 0
		known[key] = ok
	}
	return ok
}

func mapFS(files map[string][]byte) fstest.MapFS {
	out := fstest.MapFS{}
	for name, data := range files {
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

// shapeTable prints the counts of each frame, and of all.
func shapeTable(frames []shapes.Frame, counts []shapeCount) string {
	var b strings.Builder
	var all shapeCount
	line := func(name string, c shapeCount) {
		fmt.Fprintf(&b, "%-44s %5d pairs %5d kept %5d sick %5d told %3d%% %3d%%\n",
			name, c.pairs, c.kept, c.sick, c.told, 100*c.kept/max(c.pairs, 1), 100*c.told/max(c.sick, 1))
	}
	for i, frame := range frames {
		c := counts[i]
		line(frame.Name, c)
		all = shapeCount{all.pairs + c.pairs, all.kept + c.kept, all.sick + c.sick, all.told + c.told}
	}
	line("all", all)
	return b.String()
}

// shapeFloors reads what shapeTable printed.
func shapeFloors(t *testing.T, name string) map[string]shapeCount {
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
		_, err := fmt.Sscanf(line[44:], "%d pairs %d kept %d sick %d told", &c.pairs, &c.kept, &c.sick, &c.told)
		if err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		floors[strings.TrimSpace(line[:44])] = c
	}
	return floors
}

// holdFloors compares the counts with the table of a file.
func holdFloors(t *testing.T, name string, frames []shapes.Frame, counts []shapeCount) {
	t.Helper()
	floors := shapeFloors(t, name)
	for i, frame := range frames {
		c := counts[i]
		floor, ok := floors[frame.Name]
		if testing.Short() || underRace { // of a sample only what holds for all is known
			floor = shapeCount{
				kept: c.pairs * (floor.kept / max(floor.pairs, 1)),
				told: c.sick * (floor.told / max(floor.sick, 1)),
			}
		}
		switch {
		case !ok && !*golden.Update:
			t.Errorf("%s has no line for %q; -update writes one", name, frame.Name)
		case c.pairs < floor.pairs:
			t.Errorf("%s: %d bundles, want %d or more", frame.Name, c.pairs, floor.pairs)
		case c.kept < floor.kept || c.told < floor.told:
			t.Errorf("%s keeps %d verdicts and tells %d, want %d and %d or more; -shape %q tells which are lost",
				frame.Name, c.kept, c.told, floor.kept, floor.told, frame.Name)
		}
	}
}
