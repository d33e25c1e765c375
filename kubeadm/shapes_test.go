package kubeadm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestShapes reads every file of testdata/*.txtar with the readers of configuration, commands and manifests, and compares what they say
// with the file "want" at the end. The comment of each archive says what it is there for.
func TestShapes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			ar := txtar.Parse(text)
			var got strings.Builder
			want := -1
			for i, f := range ar.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				describeFile(&got, f.Name, f.Data)
			}
			if *golden.Update {
				if want < 0 {
					ar.Files = append(ar.Files, txtar.File{Name: "want"})
					want = len(ar.Files) - 1
				}
				ar.Files[want].Data = []byte(got.String())
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatal("no file \"want\"; write it with -update")
			}
			if diff := cmp.Diff(string(ar.Files[want].Data), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// describeFile writes what the readers say about a file.
func describeFile(w *strings.Builder, name string, data []byte) {
	var ss []fact.Statement
	if strings.HasSuffix(name, ".txt") || strings.HasSuffix(name, ".sh") || strings.HasSuffix(name, ".service") {
		c, err := ParseCommands(name, data)
		if err != nil {
			fmt.Fprintln(w, "error:", err)
		}
		for _, k := range c.Kubeadm {
			fmt.Fprintf(w, "command: %v\n", k)
			for _, r := range k.Refusals(fact.Version{}) {
				fmt.Fprintf(w, "  refused by %s: %s\n", r.Program, r.Message)
			}
		}
		for _, p := range c.Processes {
			fmt.Fprintf(w, "process: %v\n", p)
		}
		ss = c.Statements()
	} else {
		ps, err := ParseManifests(name, data)
		for _, p := range ps {
			fmt.Fprintf(w, "process: %v\n", p)
			for _, r := range p.Refusals(fact.Version{}) {
				fmt.Fprintf(w, "  refused by %s: %s\n", r.Program, r.Message)
			}
			ss = append(ss, p.Statements()...)
		}
		c, err2 := ParseConfig(name, data)
		if err != nil || err2 != nil {
			fmt.Fprintln(w, "error:", err, err2)
		}
		if !c.IsZero() {
			fmt.Fprintf(w, "configuration: %v\n", c)
			g, err := c.Generate(fact.Version{})
			if err != nil {
				fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
			} else {
				fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(g.String(), "\n", "\n  "))
			}
			ss = append(ss, c.Statements()...)
		}
	}
	for _, s := range ss {
		writeStatement(w, s)
	}
}

// writeStatement writes a statement in one line, a finding in a few.
func writeStatement(w *strings.Builder, s fact.Statement) {
	fmt.Fprintf(w, "%v %s %s", s.Pos, s.Component, s.Role)
	if s.Host != "" {
		fmt.Fprintf(w, " of %s", s.Host)
	}
	if s.Key != "" {
		fmt.Fprintf(w, " %q", s.Key)
	}
	switch {
	case s.Role == fact.RoleSetting:
		fmt.Fprintf(w, " %s", s.Setting)
		switch s.Setting {
		case fact.SettingAllocate, fact.SettingNodeIPAM:
			fmt.Fprintf(w, " %t", s.Bool)
		case fact.SettingNodeMask, fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6:
			fmt.Fprintf(w, " %d", s.Int)
		default:
			fmt.Fprintf(w, " %s", s.Text)
		}
	case s.Finding != nil:
		f := s.Finding
		fmt.Fprintf(w, " %s %s: %s\n", f.Severity, f.Rule, f.Message)
		if f.RefusedBy != nil {
			fmt.Fprintf(w, "  refused by: %v\n", f.RefusedBy)
		}
		for _, p := range f.Where[1:] {
			fmt.Fprintf(w, "  also: %v %s\n", p.Position, p.Note)
		}
		for _, l := range f.Fix {
			fmt.Fprintf(w, "  fix: %s\n", strings.ReplaceAll(l, "\n", "\n  | "))
		}
		return
	case s.Text == "":
		w.WriteString(" none")
	case s.Err != nil:
		fmt.Fprintf(w, " %q: %v", s.Text, s.Err)
	case s.Role == fact.RoleAddress:
		fmt.Fprintf(w, " %v", s.Addrs)
	default:
		fmt.Fprintf(w, " %v", s.Prefixes)
	}
	if s.Default {
		w.WriteString(" (default)")
	}
	if s.Overridden {
		w.WriteString(" (overridden)")
	}
	w.WriteByte('\n')
}
