package kubecidr_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/internal/shapes"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

var (
	soakRounds = flag.Int("soak", 0, "damaged pastes that TestSoak looks at; 0 takes 300, 40 with -short or -race")
	soakSeed   = flag.Uint64("soak-seed", 1, "first seed of TestSoak")
)

// A damage is one way in which a paste goes wrong between the terminal and the reader. It may change the map and must not change
// the bytes that it holds.
type damage struct {
	name string
	// loses reports that text of the cluster may be gone afterwards, so that nobody can still see what was wrong.
	loses bool
	do    func(r *rand.Rand, files map[string][]byte)
}

func damages() []damage {
	each := func(f func(r *rand.Rand, data []byte) []byte) func(*rand.Rand, map[string][]byte) {
		return func(r *rand.Rand, files map[string][]byte) {
			if name := anyOf(r, files); name != "" {
				files[name] = f(r, files[name])
			}
		}
	}
	return []damage{
		{"none", false, func(*rand.Rand, map[string][]byte) {}},
		{"doubled file", false, func(r *rand.Rand, files map[string][]byte) {
			if name := anyOf(r, files); name != "" {
				files[path.Join(path.Dir(name), "copy-of-"+path.Base(name))] = files[name]
			}
		}},
		{"doubled text", false, each(func(_ *rand.Rand, data []byte) []byte { return bytes.Repeat(data, 2) })},
		{"line ends of another system", false, each(func(_ *rand.Rand, data []byte) []byte {
			return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		})},
		{"blanks at line ends", false, each(func(_ *rand.Rand, data []byte) []byte {
			return bytes.ReplaceAll(data, []byte("\n"), []byte("  \n"))
		})},
		{"cut off", true, each(func(r *rand.Rand, data []byte) []byte { return data[:r.IntN(len(data)+1)] })},
		{"begins in the middle", true, each(func(r *rand.Rand, data []byte) []byte { return data[r.IntN(len(data)+1):] })},
		{"lost lines", true, each(func(r *rand.Rand, data []byte) []byte {
			lines := bytes.SplitAfter(data, []byte("\n"))
			i := r.IntN(len(lines))
			j := min(len(lines), i+1+r.IntN(3))
			return bytes.Join(append(append([][]byte{}, lines[:i]...), lines[j:]...), nil)
		})},
		{"swapped lines", true, each(func(r *rand.Rand, data []byte) []byte {
			lines := bytes.SplitAfter(data, []byte("\n"))
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
			return bytes.Join(lines, nil)
		})},
		{"garbled bytes", true, each(func(r *rand.Rand, data []byte) []byte {
			out := bytes.Clone(data)
			for range 1 + r.IntN(8) {
				if len(out) > 0 {
					out[r.IntN(len(out))] = byte(r.UintN(256))
				}
			}
			return out
		})},
		{"lost file", true, func(r *rand.Rand, files map[string][]byte) { delete(files, anyOf(r, files)) }},
		{"files in one", false, func(_ *rand.Rand, files map[string][]byte) {
			var all []byte
			for _, name := range sortedNames(files) {
				all = append(append(all, files[name]...), '\n')
				delete(files, name)
			}
			files["pasted.txt"] = all
		}},
	}
}

func sortedNames(files map[string][]byte) []string {
	var names []string
	_ = fs.WalkDir(mapFS(files), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return nil
	})
	return names
}

func anyOf(r *rand.Rand, files map[string][]byte) string {
	names := sortedNames(files)
	if len(names) == 0 {
		return ""
	}
	return names[r.IntN(len(names))]
}

// TestSoak pastes bundles in random frames, damages what is pasted, and puts it through every program: nothing panics or hangs, and
// a broken cluster is not called sound while all that shows it is still there. -soak N looks at N of them.
func TestSoak(t *testing.T) {
	n := *soakRounds
	switch {
	case n > 0:
	case testing.Short() || underRace:
		n = 40
	default:
		n = 300
	}
	all, frames, ways := bundles(t), shapes.Frames(), damages()
	verdicts := map[fact.Verdict]int{}
	for i := range n {
		seed := *soakSeed + uint64(i)
		r := rand.New(rand.NewPCG(seed, 1))
		b, d := all[r.IntN(len(all))], ways[r.IntN(len(ways))]
		files, said := map[string][]byte{}, "as it is"
		for name, file := range b.files {
			files[name] = file.Data
		}
		if facts, err := shapes.FromFiles(b.files); err == nil && r.IntN(4) > 0 {
			if f := frames[r.IntN(len(frames))]; f.Needs(facts) {
				files, said = f.Print(facts), f.Name
			}
		}
		before, report := soak(t, files)
		if before == "" {
			continue
		}
		evidence := errorLines(report, files)
		d.do(r, files)
		after, shown := soak(t, files)
		verdicts[after]++
		if before == fact.Broken && after == fact.Sound && (!d.loses || holdsAll(files, evidence)) {
			t.Errorf("-soak-seed %d: %s, %s, %s: %s becomes %s\n%+v", seed, b.name, said, d.name, before, after, shown)
		}
		if r.IntN(8) == 0 { // two clusters in one paste
			other := all[r.IntN(len(all))]
			for name, file := range other.files {
				files[path.Join("other", name)] = file.Data
			}
			soak(t, files)
		}
	}
	t.Logf("%d pastes: %v", n, verdicts)
}

// soak puts files through check and repair, in every format, and returns the verdict and the report.
func soak(t *testing.T, in map[string][]byte) (fact.Verdict, fact.Report) {
	t.Helper()
	files, err := kubecidr.Read(mapFS(in), kubecidr.Options{})
	if err != nil {
		return "", fact.Report{}
	}
	r, o := files.Check(), files.ReportOptions()
	for _, write := range []func(io.Writer) error{
		func(w io.Writer) error { return draw.ReportText(w, r, o) },
		func(w io.Writer) error { return draw.ReportJSON(w, r, o) },
		func(w io.Writer) error { return draw.ReportSARIF(w, r, o) },
	} {
		if err := write(io.Discard); err != nil {
			t.Error(err)
		}
	}
	if rep, err := repair.New(repair.InventoryOf(files.Statements()...)); err == nil {
		for _, write := range []func(io.Writer) error{
			func(w io.Writer) error { return draw.RepairText(w, rep, draw.Options{}) },
			func(w io.Writer) error { return draw.RepairJSON(w, rep) },
			func(w io.Writer) error { return draw.RepairCommands(w, rep) },
		} {
			if err := write(io.Discard); err != nil {
				t.Errorf("%v\n%s", err, fmt.Sprintf("%.2000q", in))
			}
		}
	}
	return r.Verdict(), r
}

// errorLines returns the lines on which the errors of a report rest.
func errorLines(r fact.Report, files map[string][]byte) []string {
	var out []string
	for _, f := range r.Findings {
		for _, at := range f.Where {
			lines := strings.Split(string(files[at.File]), "\n")
			if f.Severity == fact.Error && at.Position.Line >= 1 && at.Position.Line <= len(lines) {
				out = append(out, lines[at.Position.Line-1])
			}
		}
	}
	return out
}

// holdsAll reports whether each line still stands in one of the files. Without any line nothing can be asked.
func holdsAll(files map[string][]byte, lines []string) bool {
	var all []byte
	for _, name := range sortedNames(files) {
		all = append(all, files[name]...)
	}
	for _, line := range lines {
		if !bytes.Contains(all, []byte(line)) {
			return false
		}
	}
	return len(lines) > 0
}
