package paste

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"
)

var update = flag.Bool("update", false, "write the wanted output of testdata/*.txtar")

// format prints segments: a line with what is known of each, then its lines, each with its place in the input.
func format(segments []Segment) string {
	var b strings.Builder
	for i := range segments {
		s := &segments[i]
		fmt.Fprintf(&b, "@ %s", s.Kind)
		for _, f := range [][2]string{{"host", s.Host}, {"pod", s.Pod}, {"program", s.Program}, {"path", s.Path}} {
			if f[1] != "" {
				fmt.Fprintf(&b, " %s=%s", f[0], f[1])
			}
		}
		if s.Command != nil {
			fmt.Fprintf(&b, " command=%q", s.Command)
		}
		for _, f := range []struct {
			name string
			set  bool
		}{{"partial", s.Partial}, {"written", s.Written}, {"template", s.Template}} {
			if f.set {
				b.WriteString(" " + f.name)
			}
		}
		b.WriteByte('\n')
		for n, l := range strings.Split(strings.TrimSuffix(string(s.Data), "\n"), "\n") {
			line, column := s.Place(n+1, 1)
			fmt.Fprintf(&b, "%d:%d| %s\n", line, column, pictures.Replace(l))
		}
	}
	return b.String()
}

// controls makes control characters of their pictures, so that test data is plain text.
var controls = strings.NewReplacer("␛", "\x1b", "␍", "\r", "␇", "\a", "⍽", "\u00a0", "␀", "\x00")

// pictures is the reverse of controls.
var pictures = strings.NewReplacer("\x1b", "␛", "\r", "␍", "\a", "␇", "\x00", "␀")

// cases calls f for every pair NAME.in and NAME.out of testdata, and writes what f returns with -update. An input may
// be
// called NAME.in/FILE, where FILE is given as its name.
func cases(t *testing.T, f func(t *testing.T, name, file, input string) string) {
	t.Helper()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("testdata/*.txtar: %v, %d files", err, len(archives))
	}
	for _, archive := range archives {
		a, err := txtar.ParseFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(a.Files); i++ {
			name, file, ok := strings.Cut(a.Files[i].Name, ".in")
			if !ok {
				continue
			}
			input := controls.Replace(string(a.Files[i].Data))
			if strings.Contains(file, "!") {
				input = strings.TrimSuffix(input, "\n") // no line end at its end
			}
			t.Run(strings.TrimSuffix(filepath.Base(archive), ".txtar")+"/"+name, func(t *testing.T) {
				got := f(t, name, strings.Trim(file, "/!"), input)
				if got == "" {
					return
				}
				want := ""
				if i+1 < len(a.Files) && a.Files[i+1].Name == name+".out" {
					want = string(a.Files[i+1].Data)
				} else if *update {
					a.Files = slices.Insert(a.Files, i+1, txtar.File{Name: name + ".out"})
				}
				if *update {
					a.Files[i+1].Data = []byte(got)
				} else if d := cmp.Diff(want, got); d != "" {
					t.Errorf("Cut (-want +got):\n%s", d)
				}
			})
		}
		if *update {
			if err := os.WriteFile(archive, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestCut(t *testing.T) {
	cases(t, func(t *testing.T, name, file, input string) string {
		segments := Cut(file, []byte(input))
		verify(t, input, segments)
		if strings.HasPrefix(name, "same-") && (len(segments) != 1 || string(segments[0].Data) != input) {
			t.Errorf("cut into %d segments:\n%s", len(segments), format(segments))
		}
		return format(segments)
	})
}
