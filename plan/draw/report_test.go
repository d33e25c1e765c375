package draw_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// reported is a report with an error that has two places, a folded symptom, a warning that is waived, and a rule of no
// catalogue.
func reported(t testing.TB) (fact.Report, draw.ReportOptions) {
	r := check.Run(factbundle.Statements(t, `
kubeadm pods=10.224.0.0/16 services=10.96.0.0/12 version=v1.23.6
flannel Network=10.244.0.0/16 backend=vxlan kube=true version=v0.25.2
env@node1 network=10.244.0.0/16 subnet=10.224.0.1/24
proxy cidr=10.0.0.0/8
problem my-own-rule info something else
`)...)
	for i := range r.Findings {
		for j := range r.Findings[i].Where {
			p := &r.Findings[i].Where[j]
			p.Line, p.Column = "\tä: "+p.Note, 6
		}
	}
	r = r.Waive(fact.Waiver{Rule: fact.RuleKubeProxyMismatch, Reason: "another team's cluster"})
	return r, draw.ReportOptions{
		Version: "v0.1.0", Read: []draw.ReadFile{{File: "kubeadm.yaml", Kind: "kubeadm configuration"}, {File: "a b/flannel.yaml", Kind: "flannel manifest"}}, Ignored: []string{"notes.txt"},
	}
}

func TestReportGolden(t *testing.T) {
	const file = "testdata/report.txtar"
	r, o := reported(t)
	got := &txtar.Archive{Comment: []byte("What a report looks like in each format.\n\n")}
	for _, f := range []struct {
		name  string
		write func(*bytes.Buffer) error
	}{
		{"text", func(b *bytes.Buffer) error { return draw.ReportText(b, r, o) }},
		{"json", func(b *bytes.Buffer) error { return draw.ReportJSON(b, r, o) }},
		{"sound", func(b *bytes.Buffer) error { return draw.ReportText(b, fact.Report{}, draw.ReportOptions{}) }},
		{"sound.json", func(b *bytes.Buffer) error { return draw.ReportJSON(b, fact.Report{}, draw.ReportOptions{}) }},
	} {
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			t.Fatal(err)
		}
		got.Files = append(got.Files, txtar.File{Name: f.name, Data: b.Bytes()})
	}
	if *golden.Update {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(txtar.Format(got))); d != "" {
		t.Errorf("report (-want +got):\n%s", d)
	}
}

// TestReportSARIF holds a log to the rules of the standard's schema that concern what we write: required members, allowed
// values, indexes that point somewhere, lines and columns from 1.
func TestReportSARIF(t *testing.T) {
	r, o := reported(t)
	var b bytes.Buffer
	if err := draw.ReportSARIF(&b, r, o); err != nil {
		t.Fatal(err)
	}
	var log map[string]any
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	s := &schema{t: t}
	s.check("", log, map[string]string{"version": "!2.1.0", "$schema": "!string", "runs": "!array"})
	for i, run := range s.items(log, "runs") {
		at := fmt.Sprintf("runs[%d]", i)
		s.check(at, run, map[string]string{"tool": "!object", "columnKind": "unicodeCodePoints|utf16CodeUnits", "artifacts": "array", "results": "array", "invocations": "array"})
		for _, inv := range s.items(run, "invocations") {
			s.check(at, inv, map[string]string{"executionSuccessful": "!boolean", "toolExecutionNotifications": "array"})
			for _, n := range s.items(inv, "toolExecutionNotifications") {
				s.check(at, n, map[string]string{"level": "none|note|warning|error", "message": "!object", "locations": "array"})
			}
		}
		driver := s.member(s.member(run, "tool"), "driver")
		s.check(at+".tool.driver", driver, map[string]string{"name": "!string", "version": "string", "informationUri": "string", "rules": "array"})
		rules := s.items(driver, "rules")
		ids := map[string]bool{}
		for j, rule := range rules {
			at := fmt.Sprintf("%s.rules[%d]", at, j)
			s.check(at, rule, map[string]string{"id": "!string", "shortDescription": "object", "fullDescription": "object", "help": "object", "defaultConfiguration": "object"})
			s.check(at, s.member(rule, "defaultConfiguration"), map[string]string{"level": "none|note|warning|error"})
			for _, k := range []string{"shortDescription", "fullDescription", "help"} {
				if m := s.member(rule, k); m != nil {
					s.check(at+"."+k, m, map[string]string{"text": "!string"})
				}
			}
			id := fmt.Sprint(rule.(map[string]any)["id"])
			if ids[id] {
				t.Errorf("%s: rule %s stands twice", at, id)
			}
			ids[id] = true
		}
		for j, res := range s.items(run, "results") {
			at := fmt.Sprintf("%s.results[%d]", at, j)
			s.check(at, res, map[string]string{
				"ruleId": "string", "ruleIndex": "number", "level": "none|note|warning|error", "message": "!object", "locations": "array", "relatedLocations": "array", "suppressions": "array",
			})
			m := res.(map[string]any)
			if n := int(m["ruleIndex"].(float64)); n < 0 || n >= len(rules) || rules[n].(map[string]any)["id"] != m["ruleId"] {
				t.Errorf("%s: ruleIndex %d is not that of %v", at, n, m["ruleId"])
			}
			for _, l := range slices.Concat(s.items(res, "locations"), s.items(res, "relatedLocations")) {
				s.check(at, l, map[string]string{"id": "number", "physicalLocation": "object", "message": "object"})
				p := s.member(l, "physicalLocation")
				s.check(at, p, map[string]string{"artifactLocation": "!object", "region": "object"})
				s.check(at, s.member(p, "artifactLocation"), map[string]string{"uri": "!string"})
				if reg := s.member(p, "region"); reg != nil {
					s.check(at, reg, map[string]string{"startLine": "!number", "startColumn": "number"})
					for k, v := range reg.(map[string]any) {
						if v.(float64) < 1 {
							t.Errorf("%s: %s is %v", at, k, v)
						}
					}
				}
			}
			for _, x := range s.items(res, "suppressions") {
				s.check(at, x, map[string]string{"kind": "inSource|external", "justification": "string"})
			}
		}
	}
	text := b.String()
	for _, want := range []string{`"relatedLocations"`, `"suppressions"`, `"startColumn": 5`, `"ruleId": "my-own-rule"`, "a%20b/flannel.yaml"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log has no %s", want)
		}
	}
}

// TestReportSARIFPlaces holds what the schema of the standard says of files and columns: artifacts are unique, columns count from
// 1, and a URI is a reference to the file, never to a server.
func TestReportSARIFPlaces(t *testing.T) {
	r := fact.Report{Findings: []fact.Finding{{Rule: fact.RuleFileUnreadable, Severity: fact.Error, Message: "m", Where: []fact.Place{
		{Position: fact.Position{File: "//host/x.yaml", Line: 3, Column: -1}},
		{Position: fact.Position{File: "c:x.yaml", Line: 3, Column: 2}},
	}}}}
	o := draw.ReportOptions{Read: []draw.ReadFile{{File: "kcm.yaml", Kind: "kube-controller-manager manifest"}, {File: "kcm.yaml", Kind: "kubelet configuration"}, {File: "b.yaml"}}}
	var b bytes.Buffer
	if err := draw.ReportSARIF(&b, r, o); err != nil {
		t.Fatal(err)
	}
	type place struct {
		PhysicalLocation struct {
			ArtifactLocation struct{ URI string }
			Region           map[string]int
		}
	}
	var log struct {
		Runs []struct {
			Artifacts []struct{ Location struct{ URI string } }
			Results   []struct{ Locations, RelatedLocations []place }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range log.Runs[0].Artifacts {
		got = append(got, a.Location.URI)
	}
	for _, p := range slices.Concat(log.Runs[0].Results[0].Locations, log.Runs[0].Results[0].RelatedLocations) {
		got = append(got, fmt.Sprint(p.PhysicalLocation.ArtifactLocation.URI, " ", p.PhysicalLocation.Region))
	}
	want := []string{"kcm.yaml", "b.yaml", "/.//host/x.yaml map[startLine:3]", "./c:x.yaml map[startColumn:2 startLine:3]"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("places (-want +got):\n%s", d)
	}
}

// TestReportSARIFResult: what a result says of a finding.
func TestReportSARIFResult(t *testing.T) {
	at := func(file string, line int) fact.Place {
		return fact.Place{Position: fact.Position{File: file, Line: line}}
	}
	r := fact.Report{Findings: []fact.Finding{
		{Rule: fact.RulePublicRange, Severity: fact.Warning, Message: "m", Effect: "e", Fix: []string{"a", "b"}, Where: []fact.Place{at("f", 0), at("", 7)}, Waived: "why",
			Symptoms: []fact.Finding{{Message: "s", Where: []fact.Place{at("f", 0), at("g", 3), at("", 4)}}}},
		{Rule: "my-own-rule", Severity: fact.Info, Message: "m"},
	}}
	var b bytes.Buffer
	if err := draw.ReportSARIF(&b, r, draw.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	type text struct{ Text string }
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID                    string
						FullDescription, Help *text
					}
				}
			}
			Results json.RawMessage
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	rules := map[fact.RuleID]fact.Rule{}
	for _, rule := range check.Rules() {
		rules[rule.ID] = rule
	}
	n := -1
	for i, got := range log.Runs[0].Tool.Driver.Rules {
		if got.ID == string(fact.RulePublicRange) {
			n = i
		}
		rule := rules[fact.RuleID(got.ID)]
		for _, d := range []struct {
			got  *text
			want string
		}{{got.FullDescription, strings.TrimSpace(rule.Cause + " " + rule.Effect)}, {got.Help, rule.Mend}} {
			if (d.got != nil) != (d.want != "") || d.got != nil && d.got.Text != d.want {
				t.Errorf("%s: %+v, want %q", got.ID, d.got, d.want)
			}
		}
	}
	file := func(name string) map[string]any { return map[string]any{"uri": name} }
	want := []any{
		map[string]any{"ruleId": "public-range", "ruleIndex": float64(n), "level": "warning", "message": map[string]any{"text": "m\nEffect: e\nFix\n1. a\n2. b"},
			"locations": []any{map[string]any{"physicalLocation": map[string]any{"artifactLocation": file("f")}}},
			"relatedLocations": []any{map[string]any{"id": 1.0, "message": map[string]any{"text": "s"},
				"physicalLocation": map[string]any{"artifactLocation": file("g"), "region": map[string]any{"startLine": 3.0}}}},
			"suppressions": []any{map[string]any{"kind": "external", "justification": "why"}}},
		map[string]any{"ruleId": "my-own-rule", "ruleIndex": float64(len(rules)), "level": "note", "message": map[string]any{"text": "m"}},
	}
	var got []any
	if err := json.Unmarshal(log.Runs[0].Results, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("results (-want +got):\n%s", d)
	}
}

// A schema checks objects against member lists: "!" marks a required member, "a|b" the allowed texts.
type schema struct{ t *testing.T }

func (s *schema) member(v any, key string) any {
	m, _ := v.(map[string]any)
	return m[key]
}

func (s *schema) items(v any, key string) []any {
	a, _ := s.member(v, key).([]any)
	return a
}

func (s *schema) check(at string, v any, want map[string]string) {
	s.t.Helper()
	m, ok := v.(map[string]any)
	if !ok {
		s.t.Errorf("%s: %T is no object", at, v)
		return
	}
	for k := range m {
		if _, ok := want[k]; !ok {
			s.t.Errorf("%s: member %s is not in the schema", at, k)
		}
	}
	for k, w := range want {
		w, required := strings.CutPrefix(w, "!")
		x, ok := m[k]
		if !ok {
			if required {
				s.t.Errorf("%s: %s is missing", at, k)
			}
			continue
		}
		good := false
		switch w {
		case "string":
			_, good = x.(string)
		case "number":
			_, good = x.(float64)
		case "boolean":
			_, good = x.(bool)
		case "array":
			_, good = x.([]any)
		case "object":
			_, good = x.(map[string]any)
		default:
			t, isText := x.(string)
			good = isText && slices.Contains(strings.Split(w, "|"), t)
		}
		if !good {
			s.t.Errorf("%s.%s: %v, want %s", at, k, x, w)
		}
	}
}

func TestReportErr(t *testing.T) {
	r, _ := reported(t)
	err := r.Err()
	var byPointer *fact.Finding
	var byValue fact.Finding
	var whole *fact.ReportError
	if !errors.As(err, &byPointer) || byPointer.Rule != fact.RuleFlannelNetworkMismatch {
		t.Errorf("errors.As finds %v by pointer in %v", byPointer, err)
	}
	if !errors.As(err, &byValue) || byValue.Rule != fact.RuleFlannelNetworkMismatch {
		t.Errorf("errors.As finds %v by value in %v", byValue, err)
	}
	if !errors.As(err, &whole) || len(whole.Findings) != 1 {
		t.Errorf("errors.As finds %v in %v", whole, err)
	}
	if !errors.Is(err, byValue) || !errors.Is(err, byPointer) || errors.Is(err, fact.Finding{Rule: byValue.Rule}) {
		t.Error("errors.Is does not compare findings by their content")
	}
	for _, want := range []string{"flannel.yaml:3:", "flannel-network-mismatch", "10.224.0.0/16", "10.244.0.0/16"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q has no %q", err, want)
		}
	}
	if err := r.Waive(fact.Waiver{Rule: fact.RuleFlannelNetworkMismatch}).Err(); err != nil {
		t.Errorf("a waived finding is still an error: %v", err)
	}
	if r.Findings[0].Waived != "" {
		t.Error("Waive changed the report that it was called on")
	}
	if err := (fact.Report{}).Err(); !errors.Is(err, fact.ErrNothingStated) {
		t.Errorf("a report of nothing: %v, want %v", err, fact.ErrNothingStated)
	}
	warn := fact.Report{Findings: []fact.Finding{{Rule: fact.RulePublicRange, Severity: fact.Warning}}}
	if err := warn.Err(); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
}

// TestReportErrText: each finding in a line of its own, with its place and its mend if there are any.
func TestReportErrText(t *testing.T) {
	r := fact.Report{Findings: []fact.Finding{
		{Rule: "a", Severity: fact.Error, Message: "m"},
		{Rule: "b", Severity: fact.Error, Message: "n", Where: []fact.Place{{Position: fact.Position{File: "f", Line: 3}}, {}}, Fix: []string{"x", "y"}},
		{Rule: "c", Severity: fact.Warning, Message: "o"},
	}}
	if got, want := fmt.Sprint(r.Err()), "a: m\nf:3: b: n; x"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f := r.Findings[1]
	for i, tt := range []struct {
		target error
		want   bool
	}{{f, true}, {&f, true}, {r.Findings[0], false}, {&r.Findings[0], false}, {(*fact.Finding)(nil), false}, {errors.New("x"), false}} {
		if got := f.Is(tt.target); got != tt.want {
			t.Errorf("%d: Is(%v) = %v", i, tt.target, got)
		}
	}
}

// TestReportCounts: waived findings count as nothing else.
func TestReportCounts(t *testing.T) {
	var r fact.Report
	for i, s := range []fact.Severity{fact.Error, fact.Warning, fact.Info} {
		for range i + 2 {
			r.Findings = append(r.Findings, fact.Finding{Rule: "r", Severity: s})
		}
	}
	r.Findings = append(r.Findings, fact.Finding{Rule: "r", Severity: fact.Error, Waived: "why"})
	var b bytes.Buffer
	if err := draw.ReportJSON(&b, r, draw.ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	var doc struct{ Summary map[string]int }
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]int{"errors": 2, "warnings": 3, "infos": 4, "waived": 1}, doc.Summary); d != "" {
		t.Errorf("summary (-want +got):\n%s", d)
	}
}

func TestParseWaiver(t *testing.T) {
	for _, tt := range []struct {
		text, err string
		want      fact.Waiver
	}{
		{"public-range", "", fact.Waiver{Rule: "public-range"}},
		{" public-range = our own prefix, see x=y ", "", fact.Waiver{Rule: "public-range", Reason: "our own prefix, see x=y"}},
		{"public-range@cp1/kcm.yaml=ours", "", fact.Waiver{Rule: "public-range", File: "cp1/kcm.yaml", Reason: "ours"}},
		{"", `waiver "": no rule is named; write rule or rule=reason`, fact.Waiver{}},
		{"=why", `waiver "=why": no rule is named; write rule or rule=reason`, fact.Waiver{}},
		{"publik-range", `waiver "publik-range": no rule is called "publik-range"; the rules are in the catalogue`, fact.Waiver{}},
	} {
		got, err := check.ParseWaiver(tt.text)
		if text := fmt.Sprint(err); got != tt.want || text != tt.err && (err != nil || tt.err != "") {
			t.Errorf("ParseWaiver(%q) = %+v, %v, want %+v, %s", tt.text, got, err, tt.want, tt.err)
		}
	}
}

func TestReadWaivers(t *testing.T) {
	ws, err := check.ReadWaivers("waivers", strings.NewReader("\ufeff# ours\n\npublic-range=ours\r\ndocker-bridge-overlap=no Docker here"))
	want := []fact.Waiver{{Rule: "public-range", Reason: "ours"}, {Rule: "docker-bridge-overlap", Reason: "no Docker here"}}
	if d := cmp.Diff(want, ws); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	_, err = check.ReadWaivers("waivers", strings.NewReader("\npublic-range\n"))
	var we *fact.WaiverError
	if !errors.As(err, &we) || we.Pos.Line != 2 || !strings.HasPrefix(err.Error(), "waivers:2: ") {
		t.Errorf("a waiver without a reason: %v", err)
	}
}

func TestWaiveByFile(t *testing.T) {
	r, _ := reported(t)
	w := fact.Waiver{Rule: fact.RuleFlannelNetworkMismatch, File: "flannel.yaml", Reason: "why"}
	if f := r.Waive(w).Findings[0]; f.Waived != "why" {
		t.Errorf("%+v does not accept %v", w, f.Where)
	}
	w.File = "other.yaml"
	if f := r.Waive(w).Findings[0]; f.Waived != "" {
		t.Errorf("%+v accepts %v", w, f.Where)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestReportWriterFails(t *testing.T) {
	r, o := reported(t)
	for name, err := range map[string]error{
		"text": draw.ReportText(failing{}, r, o), "json": draw.ReportJSON(failing{}, r, o), "sarif": draw.ReportSARIF(failing{}, r, o),
	} {
		if err == nil {
			t.Errorf("%s: the writer's error is lost", name)
		}
	}
}
