package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestCheckPlaces is [TestCheckGolden] with bundles in which files and lines count, so that they cannot be merged into one file.
func TestCheckPlaces(t *testing.T) { goldenBundles(t, "testdata/places/*.txtar", verdict) }

// Findings of the format packages keep their places, take that of their statement where they have none, and count once where rule,
// message and places are the same.
func TestCheckPassesProblemsOn(t *testing.T) {
	at := func(line int) fact.Position { return fact.Position{File: "f", Line: line} }
	says := func(component fact.Component, pos fact.Position, rule fact.RuleID, message string, places ...int) fact.Statement {
		f := &fact.Finding{Rule: rule, Message: message}
		for _, line := range places {
			f.Where = append(f.Where, fact.Place{Position: at(line)})
		}
		return fact.Statement{Component: component, Role: fact.RoleProblem, Pos: pos, Finding: f}
	}
	const one, other = fact.RuleNetConfMalformed, fact.RuleNetConfMissing
	first := says(fact.Flannel, at(1), one, "m", 7)
	for _, tt := range []struct {
		name string
		in   []fact.Statement
		want string // rule, message and places of each
	}{
		{"places of its own", []fact.Statement{says(fact.Flannel, at(1), one, "m", 7, 8)}, "netconf-malformed m f:7 f:8"},
		{"place of the statement", []fact.Statement{says(fact.Flannel, at(1), one, "m")}, "netconf-malformed m f:1"},
		{"in no file", []fact.Statement{says(fact.Flannel, fact.Position{}, one, "m")}, "netconf-malformed m"},
		{"said by two", []fact.Statement{first, says(fact.Operator, at(2), one, "m", 7)}, "netconf-malformed m f:7"},
		{"of two places", []fact.Statement{first, says(fact.Operator, at(2), one, "m", 8)}, "netconf-malformed m f:7\nnetconf-malformed m f:8"},
		{"of a place more", []fact.Statement{first, says(fact.Operator, at(2), one, "m", 7, 8)}, "netconf-malformed m f:7\nnetconf-malformed m f:7 f:8"},
		{"in other words", []fact.Statement{first, says(fact.Operator, at(2), one, "n", 7)}, "netconf-malformed m f:7\nnetconf-malformed n f:7"},
		{"of two rules", []fact.Statement{first, says(fact.Operator, at(2), other, "m", 7)}, "netconf-malformed m f:7\nnetconf-missing m f:7"},
	} {
		var got []string
		for _, f := range check.Run(tt.in...).Findings {
			line := fmt.Sprint(f.Rule, " ", f.Message)
			for _, p := range f.Where {
				line += " " + p.Position.String()
			}
			got = append(got, line)
		}
		if d := cmp.Diff(tt.want, strings.Join(got, "\n")); d != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, d)
		}
	}
}

// Of many places of one finding the first 20 are named, and all are counted.
func TestCheckBoundsPlaces(t *testing.T) {
	for _, tt := range []struct {
		rule   fact.RuleID
		line   func(i int) string
		beside int // places that stand for no line
		says   func(n int) string
	}{
		{
			fact.RuleHostServiceOverlap, func(i int) string { return fmt.Sprintf("node n%02d - InternalIP=10.96.0.%d", i, i) },
			1, func(n int) string { return fmt.Sprintf(" and %d more lie inside", n-5) },
		},
		{
			fact.RuleNetConfMissing, func(int) string { return "says flannel netconf-missing : failed to read net conf" },
			0, func(n int) string { return fmt.Sprintf("(%d times)", n) },
		},
	} {
		for _, n := range []int{19, 20, 21, 30} {
			text := "api services=10.96.0.0/12\n"
			for i := range n {
				text += tt.line(i) + "\n"
			}
			fs := check.Run(factbundle.Statements(t, text)...).Findings
			i := slices.IndexFunc(fs, func(f fact.Finding) bool { return f.Rule == tt.rule })
			if i < 0 {
				t.Errorf("%s: not found with %d", tt.rule, n)
				continue
			}
			if want := min(n, 20) + tt.beside; len(fs[i].Where) != want || !strings.Contains(fs[i].Message, tt.says(n)) {
				t.Errorf("%s: %d have %d places, want %d, and %q in %q", tt.rule, n, len(fs[i].Where), want, tt.says(n), fs[i].Message)
			}
		}
	}
}

// A public range of IPv6 may be one's own.
func TestPublicRangeEffect(t *testing.T) {
	for in, own := range map[string]bool{
		"kubeadm pods=172.32.0.0/16":                      false,
		"kubeadm pods=2600:1f00::/56 services=fd00::/112": true,
	} {
		fs := check.Run(factbundle.Statements(t, in)...).Findings
		i := slices.IndexFunc(fs, func(f fact.Finding) bool { return f.Rule == fact.RulePublicRange })
		if i < 0 || strings.Contains(fs[i].Effect, "fine where this is your own prefix") != own {
			t.Errorf("%s: want it told as fine where it is one's own: %v, have %+v", in, own, fs)
		}
	}
}
