package distro

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"
)

// Files in the shapes in which people have them are read as they mean them. Each archive holds one file and what is
// written in it: the
// installer, the role, the text and the line, in any order; nothing where the file is none of ours.
func TestStrange(t *testing.T) {
	names, err := filepath.Glob("testdata/strange/*.txtar")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d files: %v", len(names), err)
	}
	for _, n := range names {
		a, err := txtar.ParseFile(n)
		if err != nil || len(a.Files) != 2 {
			t.Fatalf("%s: %d files: %v", n, len(a.Files), err)
		}
		var got []string
		for _, c := range Read(newFile(t, a.Files[0].Name, a.Files[0].Data)) {
			got = append(got, writtenLines(c)...)
		}
		var want []string
		for line := range strings.Lines(string(a.Files[1].Data)) {
			want = append(want, strings.TrimSpace(line))
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", n, diff)
		}
	}
}

// writtenLines tells each value of c that is neither a default nor a template, and the installer alone where there is
// none.
func writtenLines(c Cluster) []string {
	var out []string
	for _, v := range c.Values {
		if !v.Default && !v.Template {
			out = append(out, fmt.Sprintf("%s %s %s %d", c.Installer, v.Role, v.Text, v.Pos.Line))
		}
	}
	if len(out) == 0 {
		out = append(out, c.Installer)
	}
	return out
}
