package draw

import (
	"io"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A reportDocument is a report in JSON. Its names are a contract with other programs: fields are added, never renamed.
// Lists are never null.
type reportDocument struct {
	Verdict       fact.Verdict            `json:"verdict"`
	Findings      []findingDocument       `json:"findings"`
	Read          []readDocument          `json:"read"`
	Ignored       []string                `json:"ignored"`
	NotUnderstood []notUnderstoodDocument `json:"notUnderstood"`
	NotSeen       []notSeenDocument       `json:"notSeen"`
	Summary       summaryDocument         `json:"summary"`
}

type notUnderstoodDocument struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Holds string `json:"holds"`
}

type notSeenDocument struct {
	What    string `json:"what"`
	Command string `json:"command"`
}

type findingDocument struct {
	Rule      fact.RuleID       `json:"rule"`
	Severity  fact.Severity     `json:"severity"`
	Message   string            `json:"message"`
	Effect    string            `json:"effect"`
	Fix       []string          `json:"fix"`
	Disturbs  fact.Disturbance  `json:"disturbs,omitempty"`
	Where     []placeDocument   `json:"where"`
	RefusedBy []fact.Component  `json:"refusedBy"`
	Explains  []string          `json:"explains"`
	Symptoms  []symptomDocument `json:"symptoms,omitempty"`
	Subjects  []string          `json:"subjects,omitempty"`
	Waived    string            `json:"waived,omitempty"`
	Trouble   bool              `json:"trouble,omitempty"`
}

// A symptomDocument is a finding that was folded under its cause.
type symptomDocument struct {
	Rule     fact.RuleID     `json:"rule"`
	Severity fact.Severity   `json:"severity"`
	Message  string          `json:"message"`
	Where    []placeDocument `json:"where"`
	Subjects []string        `json:"subjects,omitempty"`
}

type placeDocument struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Host   string `json:"host,omitempty"`
	Note   string `json:"note,omitempty"`
}

type readDocument struct {
	File string `json:"file"`
	Kind string `json:"kind"`
}

type summaryDocument struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	Waived   int `json:"waived"`
}

// ReportJSON writes r as one JSON object with the keys verdict, findings, read, ignored, notUnderstood, notSeen and
// summary. The verdict is broken, trouble, no-error or sound, and empty where nothing was stated. Findings that are
// waived stay in the list, with the reason under "waived", and are not counted among errors and warnings.
func ReportJSON(w io.Writer, r fact.Report, o ReportOptions) error {
	d := reportDocument{
		Verdict: r.Verdict(), Findings: []findingDocument{}, Read: []readDocument{}, Ignored: list(o.Ignored),
		NotUnderstood: []notUnderstoodDocument{}, NotSeen: []notSeenDocument{},
	}
	for _, u := range r.NotUnderstood {
		d.NotUnderstood = append(d.NotUnderstood, notUnderstoodDocument(u))
	}
	for _, g := range r.NotSeen {
		d.NotSeen = append(d.NotSeen, notSeenDocument(g))
	}
	for _, f := range r.Findings {
		fd := findingDocument{
			Rule: f.Rule, Severity: f.Severity, Message: f.Message, Effect: f.Effect, Fix: list(f.Fix), Disturbs: f.Disturbs,
			Where: placeDocuments(f.Where), RefusedBy: list(f.RefusedBy), Explains: list(f.Explains), Subjects: f.Subjects, Waived: f.Waived,
			Trouble: f.Trouble,
		}
		for _, s := range f.Symptoms {
			fd.Symptoms = append(fd.Symptoms, symptomDocument{s.Rule, s.Severity, s.Message, placeDocuments(s.Where), s.Subjects})
		}
		d.Findings = append(d.Findings, fd)
	}
	for _, f := range o.Read {
		d.Read = append(d.Read, readDocument(f))
	}
	d.Summary.Errors, d.Summary.Warnings, d.Summary.Infos = r.Count()
	d.Summary.Waived = len(r.Findings) - d.Summary.Errors - d.Summary.Warnings - d.Summary.Infos
	return encodeJSON(w, d)
}

func placeDocuments(ps []fact.Place) []placeDocument {
	out := []placeDocument{}
	for _, p := range ps {
		out = append(out, placeDocument{p.File, p.Position.Line, p.Column, p.Host, p.Note})
	}
	return out
}
