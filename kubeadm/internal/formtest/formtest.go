// Package formtest holds what the tests of the packages below kubeadm share: statements as lines of text, files of
// archives, and the promises that every reader gives.
package formtest

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Lines prints statements, one a line, so that a table row can hold what it wants.
func Lines(ss []fact.Statement) []string {
	var out []string
	for _, s := range ss {
		l := fmt.Sprintf("%v %s", s.Pos, s.Component)
		if s.Host != "" {
			l += " on " + s.Host
		}
		l += fmt.Sprintf(" %s %s %q", What(s), s.Key, s.Text)
		for _, p := range s.Prefixes {
			l += " " + p.String()
		}
		for _, a := range s.Addrs {
			l += " " + a.String()
		}
		if s.Int != 0 {
			l += fmt.Sprint(" ", s.Int)
		}
		if s.Bool {
			l += " true"
		}
		if s.Overridden {
			l += " overridden"
		}
		if s.Err != nil {
			l += " error: " + s.Err.Error()
		}
		if y := s.Symptom; y != nil {
			l += " " + Describe(s.Component, "", *y)
		}
		out = append(out, l)
	}
	return out
}

// What names what a statement is about: its setting, or else its role.
func What(s fact.Statement) string {
	if s.Role == fact.RoleSetting {
		return string(s.Setting)
	}
	return string(s.Role)
}

// Describe prints a symptom.
func Describe(c fact.Component, host string, y fact.Symptom) string {
	show := func(p netip.Prefix) string {
		if !p.IsValid() {
			return ""
		}
		return p.String()
	}
	s := fmt.Sprintf("%s %s node=%s subnet=%s network=%s", y.ID, c, y.Node, show(y.Subnet), show(y.Network))
	if host != "" {
		s += " host=" + host
	}
	return s
}

// Archived calls f with every file of dir/*.txtar whose name ends in one of the suffixes.
func Archived(t testing.TB, dir string, f func(data []byte), suffixes ...string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			if slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(file.Name, s) }) {
				f(file.Data)
			}
		}
	}
}

// CheckStatements holds statements of any input to what every reader promises: places inside the file, findings with a
// place and a rule, either prefixes or an error for a text about ranges.
func CheckStatements(t *testing.T, data []byte, ss []fact.Statement) {
	t.Helper()
	lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
	for _, s := range ss {
		if s.Pos.File != "f" || s.Pos.Line < 1 || s.Pos.Line > lines || s.Pos.Column < 1 {
			t.Fatalf("place %v of %v %v is not in the file of %d lines", s.Pos, s.Component, s.Role, lines)
		}
		if s.Role == fact.RoleProblem && (s.Finding == nil || s.Finding.Rule == "" || s.Finding.Message == "" || len(s.Finding.Where) == 0) {
			t.Fatalf("a problem without rule, message or place: %+v", s)
		}
		if (s.Role == fact.RolePods || s.Role == fact.RoleServices) && s.Text != "" && (s.Err == nil) == (len(s.Prefixes) == 0) {
			t.Fatalf("%v %q: prefixes %v and error %v", s.Role, s.Text, s.Prefixes, s.Err)
		}
		for _, p := range s.Prefixes {
			if !p.IsValid() {
				t.Fatalf("invalid prefix of %q", s.Text)
			}
		}
	}
}

// SameAgain holds a parsed value to being comparable with go-cmp, and equal to itself read once more.
func SameAgain[T any](t *testing.T, a, b T) {
	t.Helper()
	if diff := cmp.Diff(a, b, cmpopts.EquateErrors(), cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Fatalf("read twice, different values:\n%s", diff)
	}
}
