package draw

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// severitiesOf tells the usual severity of a rule and the others that it has.
func severitiesOf(r fact.Rule) string {
	s := string(r.Severity)
	for _, a := range r.Also {
		s += ", " + string(a)
	}
	return s
}

// releasesOf tells which Kubernetes releases a rule concerns, "" for all.
func releasesOf(r fact.Rule) string {
	switch {
	case !r.Since.IsZero() && !r.Until.IsZero():
		return fmt.Sprintf("%v to %v", r.Since, r.Until)
	case !r.Since.IsZero():
		return fmt.Sprintf("since %v", r.Since)
	case !r.Until.IsZero():
		return fmt.Sprintf("until %v", r.Until)
	}
	return ""
}

// RuleText writes the rule for people: what it checks, how clusters get there, what shows, what fixes it.
func RuleText(w io.Writer, r fact.Rule) error {
	b := &printer{}
	b.printf("%s (%s)\n", r.ID, severitiesOf(r))
	for _, part := range [][2]string{
		{"", r.Title}, {"Cause", r.Cause}, {"Effect", r.Effect}, {"Fix", r.Mend}, {"Interrupts", string(r.Disturbs)},
		{"Releases", releasesOf(r)}, {"Source", r.Source},
	} {
		if part[1] == "" {
			continue
		}
		if part[0] != "" {
			b.printf("\n%s\n", part[0])
		}
		b.wrap("  ", textWidth, part[1])
	}
	return b.flushTo(w)
}

// RulesText writes the catalogue as a table, a line for each rule in the order in which findings should be fixed.
func RulesText(w io.Writer) error {
	b := &printer{}
	rows := [][]string{{"RULE", "SEVERITY", "WHAT IT CHECKS"}}
	for _, r := range check.Rules() {
		rows = append(rows, []string{string(r.ID), severitiesOf(r), r.Title})
	}
	b.table("", "lll", rows, nil)
	return b.flushTo(w)
}

// RulesMarkdown writes the catalogue as the project's documentation page, docs/rules.md.
func RulesMarkdown(w io.Writer) error {
	b := &printer{}
	b.printf("# Rules\n\n")
	b.wrap("", textWidth, "What plan.Check and the format packages look for, in the order in which findings should be fixed. "+
		"The ids are stable. This page is generated from plan.Rules; change it there.")
	b.printf("\n| rule | severity | what it checks |\n|---|---|---|\n")
	for _, r := range check.Rules() {
		b.printf("| [%s](#%s) | %s | %s |\n", r.ID, r.ID, severitiesOf(r), strings.ReplaceAll(gate.Markdown(r.Title), "\n", " "))
	}
	for _, r := range check.Rules() {
		b.printf("\n## %s\n\n", r.ID)
		b.wrap("", textWidth, gate.Markdown(r.Title)+".")
		b.printf("\n")
		for _, part := range [][2]string{
			{"Severity", severitiesOf(r)}, {"Cause", r.Cause}, {"Effect", r.Effect}, {"Fix", r.Mend},
			{"The fix interrupts", string(r.Disturbs)}, {"Releases", releasesOf(r)}, {"Source", r.Source},
		} {
			if part[1] != "" {
				b.wrap("- ", textWidth, "**"+part[0]+":** "+gate.Markdown(part[1]))
			}
		}
	}
	return b.flushTo(w)
}
