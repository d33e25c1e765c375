package check_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/repair"
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
// grouping, and nothing of a fix but its words. The incidents hold every rule, and a fix of every disturbance.
func TestNonsense(t *testing.T) {
	rules, disturbances := map[fact.RuleID]bool{}, map[fact.Disturbance]bool{}
	var see func(fs []fact.Finding)
	see = func(fs []fact.Finding) {
		for _, f := range fs {
			rules[f.Rule], disturbances[f.Disturbs] = true, true
			see(f.Symptoms)
		}
	}
	for name, statements := range incidents(t) {
		report := check.Run(statements...)
		see(report.Findings)
		want := shapeOf(report)
		got := shapeOf(check.RunSaying(nonsense, inNonsense(statements)...))
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: nonsense changes the report (-words +nonsense):\n%s", name, d)
		}
	}
	for _, r := range check.Rules() {
		if !rules[r.ID] {
			t.Errorf("no incident has %s, so that nobody knows whether its sentences decide", r.ID)
		}
	}
	for _, d := range []fact.Disturbance{fact.DisturbsNothing, fact.DisturbsComponent, fact.DisturbsNodes, fact.DisturbsCluster} {
		if !disturbances[d] {
			t.Errorf("no incident has a fix that interrupts %s", d)
		}
	}
}

// A step of a repair without its texts.
type step struct {
	Kind repair.Kind
	Node string
	Undo repair.Kind
}

// A way of a repair without its texts.
type way struct {
	Kind     repair.WayKind
	Disturbs fact.Disturbance
	Steps    []step
}

// waysOf returns faults and ways out of what statements say, without texts; installer is who made the cluster, "" where the
// statements tell.
func waysOf(statements []fact.Statement, installer string) (faults []fact.RuleID, ways []way, refused bool) {
	inv := repair.InventoryOf(statements...)
	inv.Installer = cmp.Or(installer, inv.Installer)
	r, err := repair.New(inv)
	if err != nil {
		return nil, nil, true
	}
	for _, f := range r.Faults {
		faults = append(faults, f.Rule)
	}
	for _, f := range r.RangeFaults {
		faults = append(faults, f.Rule)
	}
	for _, w := range r.Ways {
		out := way{Kind: w.Kind, Disturbs: w.Disturbs}
		for _, s := range w.Steps {
			undo, _ := s.Undo()
			out.Steps = append(out.Steps, step{Kind: s.Kind, Node: s.Node, Undo: undo.Kind})
		}
		ways = append(ways, out)
	}
	return faults, ways, false
}

// TestNonsenseRepair holds the same of repairs: their faults, ways and steps come from data. The incidents have steps of every kind; those
// that change an installer's own files stand in clusters of kubespray.
func TestNonsenseRepair(t *testing.T) {
	kinds := map[repair.Kind]bool{}
	for name, statements := range incidents(t) {
		for _, installer := range []string{"", "kubespray"} {
			faults, ways, refused := waysOf(statements, installer)
			gotFaults, gotWays, gotRefused := waysOf(inNonsense(statements), installer)
			if refused != gotRefused {
				t.Errorf("%s: refused %v, in nonsense %v", name, refused, gotRefused)
			}
			if d := gocmp.Diff(faults, gotFaults); d != "" {
				t.Errorf("%s: nonsense changes the faults (-words +nonsense):\n%s", name, d)
			}
			if d := gocmp.Diff(ways, gotWays); d != "" {
				t.Errorf("%s: nonsense changes the ways (-words +nonsense):\n%s", name, d)
			}
			for _, w := range ways {
				for _, s := range w.Steps {
					kinds[s.Kind] = true
				}
			}
		}
	}
	for _, k := range []repair.Kind{
		repair.KindByHand, repair.KindConfig, repair.KindCreate, repair.KindDelete, repair.KindFlags, repair.KindKubeadmMask, repair.KindNetwork, repair.KindNewCluster,
		repair.KindPatch, repair.KindPause, repair.KindPodSubnet, repair.KindPool, repair.KindProxy, repair.KindRecreate, repair.KindRestartController,
		repair.KindRestartFlannel, repair.KindResume,
	} {
		if !kinds[k] {
			t.Errorf("no incident has a step of kind %s", k)
		}
	}
}
