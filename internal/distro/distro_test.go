package distro

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

	"github.com/kubecidr/kubecidr/internal/source"
)

var update = flag.Bool("update", false, "write what is read into testdata")

func newFile(t testing.TB, name string, data []byte) *source.File {
	t.Helper()
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// dump writes clusters as testdata holds them.
func dump(cs []Cluster) string {
	var b strings.Builder
	for _, c := range cs {
		fmt.Fprintf(&b, "%s %q", c.Installer, c.Name)
		for _, s := range []struct{ name, value string }{{"host", c.Host}, {"release", c.Release}, {"family", c.Family},
			{"cni", c.CNI}, {"allocator", string(c.Allocator)}} {
			if s.value != "" {
				fmt.Fprintf(&b, " %s=%s", s.name, s.value)
			}
		}
		if c.Partial {
			b.WriteString(" partial")
		}
		b.WriteString("\n")
		for _, v := range c.Values {
			b.WriteString("  " + dumpValue(v) + "\n")
		}
		for _, e := range c.Embedded {
			fmt.Fprintf(&b, "  embedded %s patch=%v %v\n", e.Kind, e.Patch, e.Node.Pos)
		}
		for _, p := range c.Problems {
			word := "note"
			if p.Refused {
				word = "refused"
			} else if p.Harmful {
				word = "breaks"
			}
			fmt.Fprintf(&b, "  %s %s %v\n", word, p.ID, p.Where)
		}
	}
	return b.String()
}

func dumpValue(v Value) string {
	s := fmt.Sprintf("%s %s = %s", v.Role, v.Key, v.Text)
	if v.Program != "" {
		s += " -> " + string(v.Program)
	}
	if v.Host != "" {
		s += " of " + v.Host
	}
	if v.Default {
		return s + ", default of " + v.DefaultOf
	}
	s += " at " + v.Pos.String()
	if len(v.Places) > 1 {
		s += fmt.Sprint(", ", v.Places[1:])
	}
	for _, f := range []struct {
		on   bool
		text string
	}{{v.Template, "template"}, {v.Overridden, "overridden"}, {v.Ignored, "ignored"}} {
		if f.on {
			s += ", " + f.text
		}
	}
	if v.Err != nil {
		s += ", error"
	}
	return s
}

// A bundle is one archive of testdata.
type bundle struct {
	name   string
	a      *txtar.Archive
	files  []txtar.File
	want   string
	broken bool
}

func bundles(t testing.TB) []bundle {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	var out []bundle
	for _, n := range names {
		a, err := txtar.ParseFile(n)
		if err != nil {
			t.Fatal(err)
		}
		b := bundle{name: strings.TrimSuffix(filepath.Base(n), ".txtar"), a: a, broken: strings.Contains(n, "broken")}
		for _, f := range a.Files {
			if f.Name == "want" {
				b.want = string(f.Data)
			} else {
				b.files = append(b.files, f)
			}
		}
		out = append(out, b)
	}
	return out
}

func (b bundle) read(t testing.TB) []Cluster {
	var fs []*source.File
	for _, f := range b.files {
		fs = append(fs, newFile(t, f.Name, f.Data))
	}
	return ReadFiles(fs)
}

// Each archive holds files of one cluster and what is read from them. Healthy ones are neither refused nor do they
// break.
func TestBundles(t *testing.T) {
	for _, b := range bundles(t) {
		t.Run(b.name, func(t *testing.T) {
			cs := b.read(t)
			got := dump(cs)
			if *update {
				b.a.Files = append(slices.Clone(b.files), txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile("testdata/"+b.name+".txtar", txtar.Format(b.a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(b.want, got); diff != "" {
				t.Errorf("read otherwise than wanted (-want +got):\n%s", diff)
			}
			bad := 0
			for _, c := range cs {
				for _, p := range c.Problems {
					if p.Refused || p.Harmful {
						bad++
					}
				}
			}
			if (bad > 0) != b.broken {
				t.Errorf("%d problems in a bundle that is broken: %v\n%s", bad, b.broken, got)
			}
			if len(cs) == 0 {
				t.Error("nothing is read")
			}
		})
	}
}

// Every row has healthy and, where it judges, broken bundles, and is read from them.
func TestEveryInstallerHasBundles(t *testing.T) {
	healthy, broken := map[string]bool{}, map[string]bool{}
	for _, b := range bundles(t) {
		for _, c := range b.read(t) {
			if b.broken {
				broken[c.Installer] = true
			} else {
				healthy[c.Installer] = true
			}
		}
	}
	for _, in := range Installers() {
		if !healthy[in.Name] {
			t.Errorf("%s: no healthy bundle", in.Name)
		}
		if in.refuse != nil && !broken[in.Name] {
			t.Errorf("%s: no broken bundle", in.Name)
		}
	}
}

// Rows are complete and their names are unique.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, in := range Installers() {
		if in.Name == "" || seen[in.Name] {
			t.Errorf("name %q is empty or stands twice", in.Name)
		}
		seen[in.Name] = true
		if in.Recognised == "" || len(in.Marks) == 0 || len(in.Changes) == 0 || in.read == nil && in.text == nil {
			t.Errorf("%s: how it is recognised, its marks, changes or reader are missing", in.Name)
		}
		for _, c := range in.Changes {
			if len(c.Roles) == 0 || c.Key == "" || c.Immutable && c.Way == "" {
				t.Errorf("%s: a change without roles or key, or without a way round: %+v", in.Name, c)
			}
		}
		for _, d := range in.Defaults {
			v := Value{Role: d.Role}
			for _, text := range []string{d.IPv4, d.IPv6} {
				if text == "" {
					continue
				}
				if d.Role.ranges() {
					v.addRange(text, Position{})
				} else {
					v.parseText(text)
				}
			}
			if v.Err != nil || d.IPv4 == "" && d.IPv6 == "" {
				t.Errorf("%s: default %+v: %v", in.Name, d, v.Err)
			}
		}
	}
}
