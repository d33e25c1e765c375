package draw

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// SARIF 2.1.0, as far as it is used here: OASIS Standard sarif-v2.1.0, sections 3.13 (log), 3.14 (run), 3.19 (tool component),
// 3.20 (invocation), 3.58 (notification), 3.27 (result), 3.28 (location), 3.35 (suppression), 3.49 (reporting descriptor).
type (
	sarifLog struct {
		Version string     `json:"version"`
		Schema  string     `json:"$schema"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations,omitempty"`
		ColumnKind  string            `json:"columnKind"`
		Artifacts   []sarifArtifact   `json:"artifacts,omitempty"`
		Results     []sarifResult     `json:"results"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifText    `json:"shortDescription"`
		FullDescription  *sarifText   `json:"fullDescription,omitempty"`
		Help             *sarifText   `json:"help,omitempty"`
		Default          sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifArtifact struct {
		Location sarifFile `json:"location"`
	}
	sarifFile struct {
		URI string `json:"uri"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations,omitempty"`
		Related      []sarifLocation    `json:"relatedLocations,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifFile    `json:"artifactLocation"`
		Region   *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification,omitempty"`
	}
)

// ReportSARIF writes r as a SARIF 2.1.0 log with one run: a result for each finding, the place to change first as its location,
// the others as related locations, waived findings as suppressed ones. Places without a file are left out. Each file of o.Read is
// one artifact, of however many kinds it is.
func ReportSARIF(w io.Writer, r fact.Report, o ReportOptions) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{
		Name: "kubecidr", Version: o.Version, InformationURI: "https://github.com/kubecidr/kubecidr", Rules: []sarifRule{},
	}
	index, listed := map[fact.RuleID]int{}, map[sarifArtifact]bool{}
	for _, rule := range check.Rules() {
		index[rule.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: string(rule.ID), ShortDescription: sarifText{rule.Title}, Default: sarifDefault{sarifLevel(rule.Severity)},
			FullDescription: sarifTextOf(joinSentences(rule.Cause, rule.Effect)), Help: sarifTextOf(rule.Mend),
		})
	}
	for _, f := range o.Read {
		// A file of several kinds is listed once for each; artifacts are unique: section 3.14.15.
		if a := (sarifArtifact{sarifFile{sarifURI(f.File)}}); !listed[a] {
			listed[a] = true
			run.Artifacts = append(run.Artifacts, a)
		}
	}
	for _, f := range r.Findings {
		i, ok := index[f.Rule]
		if !ok {
			i = len(run.Tool.Driver.Rules)
			index[f.Rule] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
				ID: string(f.Rule), ShortDescription: sarifText{string(f.Rule)}, Default: sarifDefault{sarifLevel(f.Severity)},
			})
		}
		text := f.Message
		if f.Effect != "" {
			text += "\nEffect: " + f.Effect
		}
		if len(f.Fix) > 0 {
			text += "\nFix" + sarifSteps(f.Fix)
		}
		res := sarifResult{RuleID: string(f.Rule), RuleIndex: i, Level: sarifLevel(f.Severity), Message: sarifText{text}}
		var at []fact.Place
		for _, p := range f.Where {
			if p.IsValid() {
				at = append(at, p)
			}
		}
		for _, s := range f.Symptoms {
			for _, p := range s.Where {
				if p.IsValid() && !slices.ContainsFunc(at, func(o fact.Place) bool { return o.Position == p.Position }) {
					p.Note = s.Message
					at = append(at, p)
				}
			}
		}
		for n, p := range at {
			l := sarifLocation{Physical: sarifPhysical{Artifact: sarifFile{sarifURI(p.File)}}, Message: sarifTextOf(p.Note)}
			if p.Position.Line > 0 {
				l.Physical.Region = &sarifRegion{StartLine: p.Position.Line, StartColumn: sarifColumn(p)}
			}
			if n == 0 {
				res.Locations = []sarifLocation{l}
				continue
			}
			l.ID = n
			res.Related = append(res.Related, l)
		}
		if f.Waived != "" {
			res.Suppressions = []sarifSuppression{{Kind: "external", Justification: f.Waived}}
		}
		run.Results = append(run.Results, res)
	}
	run.Invocations = sarifNotes(r)
	return encodeJSON(w, sarifLog{
		Version: "2.1.0", Schema: "https://json.schemastore.org/sarif-2.1.0.json", Runs: []sarifRun{run},
	})
}

// sarifSteps returns the one step behind a colon, or several numbered, a line each.
func sarifSteps(steps []string) string {
	if len(steps) == 1 {
		return ": " + steps[0]
	}
	var b strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&b, "\n%d. %s", i+1, s)
	}
	return b.String()
}

// sarifNotes returns the verdict, what was not seen and what was not understood as notes of the one invocation.
func sarifNotes(r fact.Report) []sarifInvocation {
	note := func(text string) sarifNotification {
		return sarifNotification{Level: "note", Message: sarifText{text}}
	}
	inv := sarifInvocation{Successful: true, Notifications: []sarifNotification{note("verdict: " + cmp.Or(string(r.Verdict()), "nothing was stated"))}}
	for _, g := range r.NotSeen {
		inv.Notifications = append(inv.Notifications, note("not seen: "+g.What+"; "+g.Command+" shows it"))
	}
	for _, u := range r.NotUnderstood {
		n := note("not understood: " + u.Holds)
		l := sarifLocation{Physical: sarifPhysical{Artifact: sarifFile{sarifURI(u.File)}}}
		if u.Line > 0 {
			l.Physical.Region = &sarifRegion{StartLine: u.Line}
		}
		n.Locations = []sarifLocation{l}
		inv.Notifications = append(inv.Notifications, n)
	}
	return []sarifInvocation{inv}
}

// sarifLevel returns the level of a severity: section 3.27.10.
func sarifLevel(s fact.Severity) string {
	switch s {
	case fact.Error:
		return "error"
	case fact.Warning:
		return "warning"
	}
	return "note"
}

func sarifTextOf(s string) *sarifText {
	if s == "" {
		return nil
	}
	return &sarifText{s}
}

// sarifURI returns a file name as a relative URI reference: section 3.4.3. One that begins with two slashes would read as the
// name of a server: RFC 3986, section 4.2.
func sarifURI(file string) string {
	if strings.HasPrefix(file, "//") {
		file = "/." + file
	}
	return (&url.URL{Path: file}).String()
}

// sarifColumn returns the column of p in Unicode code points, as far as the line is known; bytes otherwise. 0 is no column.
func sarifColumn(p fact.Place) int {
	if n := p.Column - 1 - p.From; p.Column > 1 && n >= 0 && n <= len(p.Line) {
		return max(p.Chars+utf8.RuneCountInString(p.Line[:n]), 0) + 1
	}
	return max(p.Column, 0)
}

func joinSentences(ss ...string) string {
	var out []string
	for _, s := range ss {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}
