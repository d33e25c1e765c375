package check_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// nonsense writes a text in an alphabet in which no word, name, number or address can be found.
func nonsense(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return r
		}
		return '\u4e00' + r%0x4000
	}, text)
}

// inNonsense returns what the statements say with nonsense for every sentence, message and shown key.
func inNonsense(in []fact.Statement) []fact.Statement {
	out := make([]fact.Statement, 0, len(in))
	for _, s := range in {
		s.Name = fact.NameOf(s)
		switch {
		case s.Component == fact.Host, s.Component == fact.ServiceCIDR, s.Component == fact.Service:
			// Here the key names a link or an object.
		default:
			s.Key = nonsense(s.Key)
		}
		if s.Err != nil {
			s.Err = errors.New(nonsense(s.Err.Error()))
		}
		if s.Symptom != nil {
			y := *s.Symptom
			y.Message, y.Cause, y.Remedy = nonsense(y.Message), nonsense(y.Cause), nonsense(y.Remedy)
			s.Symptom = &y
		}
		if s.Finding != nil {
			f := *s.Finding
			f.Message, f.Effect, f.Fix = nonsense(f.Message), nonsense(f.Effect), append([]string(nil), f.Fix...)
			for i := range f.Fix {
				f.Fix[i] = nonsense(f.Fix[i])
			}
			s.Finding = &f
		}
		out = append(out, s)
	}
	return out
}

// A shape is a report without its texts.
type shape struct {
	Verdict  fact.Verdict
	Err      bool
	Findings []finding
	NotSeen  int
}

type finding struct {
	fact.Finding // without texts
	Steps        int
	Explained    int
	Folded       []finding
}

func shapeOf(r fact.Report) shape {
	s := shape{Verdict: r.Verdict(), Err: r.Err() != nil, NotSeen: len(r.NotSeen)}
	for _, f := range r.Findings {
		s.Findings = append(s.Findings, findingOf(f))
	}
	return s
}

func findingOf(f fact.Finding) finding {
	out := finding{Finding: f, Steps: len(f.Fix), Explained: len(f.Explains)}
	for _, y := range f.Symptoms {
		out.Folded = append(out.Folded, findingOf(y))
	}
	out.Message, out.Effect, out.Fix, out.Explains, out.Symptoms = "", "", nil, nil, nil
	out.Where = append([]fact.Place(nil), f.Where...)
	for i := range out.Where {
		out.Where[i].Note = ""
	}
	return out
}

// TestNonsense holds that nothing is decided by a sentence: texts in an alphabet of nonsense change no verdict, no finding, no order and
// grouping, and nothing of a fix but its words.
func TestNonsense(t *testing.T) {
	for name, statements := range incidents(t) {
		want := shapeOf(check.Run(statements...))
		got := shapeOf(check.RunSaying(nonsense, inNonsense(statements)...))
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: nonsense changes the report (-words +nonsense):\n%s", name, d)
		}
	}
}
