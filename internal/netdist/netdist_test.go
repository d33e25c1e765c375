package netdist

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/source"
)

var update = flag.Bool("update", false, "write what is read into the archives of testdata")

func read(t testing.TB, name string, data []byte) []Network {
	t.Helper()
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return Read(f)
}

// text tells networks, one range a line, for comparison.
func text(ns []Network) string {
	var b strings.Builder
	place := func(p Position) string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }
	for _, n := range ns {
		fmt.Fprintf(&b, "%s: mode %q", n.Name, n.Mode)
		if n.ModeDefault {
			b.WriteString(" by default")
		}
		fmt.Fprintf(&b, ", subnets by %q", n.NodeSubnets)
		if n.UsesPodCIDR() {
			b.WriteString(", podCIDR counts")
		}
		if n.Passive {
			b.WriteString(", passive")
		}
		if n.Release != "" {
			b.WriteString(", release " + n.Release)
		}
		fmt.Fprintf(&b, ", %s at %s\n", n.Key, place(n.Pos))
		for _, r := range n.Ranges {
			fmt.Fprintf(&b, "  %s %q %s %q", r.Use, r.Name, r.Key, r.Text)
			if r.Default {
				b.WriteString(" by default")
			} else {
				b.WriteString(" at " + place(r.Pos))
			}
			if r.Err != nil {
				b.WriteString(" unreadable")
			} else if s := fmt.Sprint(r.Prefixes); s != "["+r.Text+"]" {
				b.WriteString(" = " + s)
			}
			if r.BlockSize > 0 {
				fmt.Fprintf(&b, " /%d", r.BlockSize)
				if !r.BlockDefault {
					b.WriteString(" at " + place(r.BlockPos))
				}
			}
			for _, x := range []struct {
				is   bool
				text string
			}{
				{r.Node != "", " of " + r.Node}, {r.Disabled, " disabled"}, {r.OnDemand, " on demand"},
				{r.Where != "", " in " + r.Where},
			} {
				if x.is {
					b.WriteString(x.text)
				}
			}
			b.WriteString("\n")
		}
		for _, p := range n.Problems {
			fmt.Fprintf(&b, "  problem %s at %s: %s\n", p.ID, place(p.Range.Pos), p.Message())
		}
	}
	return b.String()
}

// TestBundles reads the files of the archives in testdata. A file x is followed by x.want, which holds what it shows;
// it is empty for files that only look like something.
func TestBundles(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(err, "no archives")
	}
	for _, name := range archives {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a := txtar.Parse(data)
		out := &txtar.Archive{Comment: a.Comment}
		for _, f := range a.Files {
			if strings.HasSuffix(f.Name, ".want") {
				continue
			}
			var want []byte
			for _, w := range a.Files {
				if w.Name == f.Name+".want" {
					want = w.Data
				}
			}
			got := []byte(text(read(t, f.Name, f.Data)))
			out.Files = append(out.Files, f, txtar.File{Name: f.Name + ".want", Data: got})
			if *update {
				continue
			}
			t.Run(filepath.Base(name)+"/"+f.Name, func(t *testing.T) {
				if d := cmp.Diff(string(want), string(got)); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
			})
		}
		if *update {
			if b := txtar.Format(out); !bytes.Equal(b, data) {
				if err := os.WriteFile(name, b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
