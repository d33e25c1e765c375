package cmdline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// render returns a line in one line of text: frame, program, subcommand, arguments, and what is set.
func render(l Line) string {
	s := l.Frame.String() + ": " + l.Program
	if l.Program == "" {
		s += "(" + strings.Join(l.Candidates, "|") + ")"
	}
	if l.Sub != "" {
		s += " " + l.Sub
	}
	for _, a := range l.Args {
		s += " --" + a.Name
		if a.HasValue {
			s += "=" + a.Value
		}
		if a.Template {
			s += " (template)"
		}
		if a.Cut {
			s += " (cut)"
		}
	}
	for _, v := range l.Vars {
		s += " $" + v
	}
	for _, m := range []struct {
		set  bool
		word string
	}{
		{l.Var != "", "var " + l.Var}, {l.Host != "", "host " + l.Host}, {l.Path != "", "path " + l.Path},
		{l.Truncated, "truncated"}, {l.Refused, "refused"}, {l.Running != l.Frame.Running(), "not running"},
	} {
		if m.set {
			s += ", " + m.word
		}
	}
	return s
}

func renderAll(lines []Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, render(l))
	}
	return out
}

// A sample is a text and the lines in it.
type sample struct {
	name string
	in   string
	want []string
}

func (s sample) check(t *testing.T) {
	t.Helper()
	got := Find([]byte(s.in))
	if diff := cmp.Diff(s.want, renderAll(got)); diff != "" {
		t.Errorf("%s: Find(%q) (-want +got):\n%s", s.name, s.in, diff)
	}
	checkPlaces(t, s.in, got)
}

// checkPlaces holds the offsets of each line against the text: a flag's begins with its name, a value's with the value,
// as far as the frame spells them as they are.
func checkPlaces(t *testing.T, in string, lines []Line) {
	t.Helper()
	for _, l := range lines {
		if l.Pos < 0 || l.End > len(in) || l.Pos > l.End {
			t.Errorf("Find(%q): line %s at [%d:%d] of %d bytes", in, render(l), l.Pos, l.End, len(in))
			continue
		}
		for _, a := range l.Args {
			if a.Pos < 0 || a.ValuePos < a.Pos || a.End > len(in) || a.End < a.Pos || a.ValuePos > len(in) {
				t.Errorf("Find(%q): --%s at %d, value at %d, end %d of %d", in, a.Name, a.Pos, a.ValuePos, a.End, len(in))
				continue
			}
			if name := strings.TrimLeft(in[a.Pos:], "-\u2013\u2014'\""); !strings.HasPrefix(name, a.Name) {
				t.Errorf("Find(%q): --%s is not at %d but %.20q", in, a.Name, a.Pos, in[a.Pos:])
			}
			if a.Value != "" && !strings.ContainsAny(in, "\\&\x1b") && !strings.HasPrefix(in[a.ValuePos:], a.Value) &&
				!strings.HasPrefix(in[a.ValuePos+1:], a.Value) {
				t.Errorf("Find(%q): value %q of --%s is not at %d but %.20q", in, a.Value, a.Name, a.ValuePos, in[a.ValuePos:])
			}
		}
	}
}
