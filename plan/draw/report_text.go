package draw

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ReportOptions says how a report is rendered, and what the caller knows beside the findings. The zero value is a report of
// statements that came from no file, without colour.
type ReportOptions struct {
	Read    []ReadFile // what was read, in the order in which it is to be listed
	Ignored []string   // what was given and is no source of statements
	Color   bool       // colour by ANSI escape sequences, in text alone
	Version string     // release of the program that writes a SARIF log, "" to leave it out
}

// A ReadFile is a file that statements came from.
type ReadFile struct {
	File string
	Kind string // what it is: "kube-controller-manager manifest"
}

// ellipsis is how many places, symptoms and names of one finding the text lists.
const ellipsis = 8

// ReportText writes r for people: the verdict, then each finding with what is wrong, the lines that it rests on, the effect, and
// what mends it, in the order in which to mend.
func ReportText(w io.Writer, r fact.Report, o ReportOptions) error {
	b := &printer{color: o.Color}
	verdictLine(r, b, o)
	n := 0
	for _, f := range r.Findings {
		if f.Waived != "" {
			continue
		}
		n++
		b.WriteByte('\n')
		b.reportFinding(f, strconv.Itoa(n))
	}
	if n < len(r.Findings) {
		b.WriteByte('\n')
		b.head("Accepted")
		for _, f := range r.Findings {
			if f.Waived != "" {
				b.wrap("  ", textWidth, fmt.Sprintf("%s (%s), because: %s", f.Rule, f.Severity, gate.Printable(f.Waived)))
				b.wrap("    ", textWidth, gate.Printable(f.Message))
			}
		}
	}
	if len(o.Read) > 0 || len(o.Ignored) > 0 {
		b.WriteByte('\n')
		b.head("Files")
		var rows [][]string
		for _, f := range o.Read {
			rows = append(rows, []string{gate.Printable(f.File), gate.Printable(f.Kind)})
		}
		for _, f := range o.Ignored {
			rows = append(rows, []string{gate.Printable(f), "ignored: nothing about address ranges in it"})
		}
		b.table("  ", "ll", rows, nil)
	}
	return b.flushTo(w)
}

// verdictLine writes the one line that matters most, and which rules broke.
func verdictLine(r fact.Report, b *printer, o ReportOptions) {
	errors, warnings, infos := r.Count()
	waived := len(r.Findings) - errors - warnings - infos
	from := ""
	if n := len(o.Read); n > 0 {
		from = " in " + words.Plural(n, "file")
	}
	var line, style string
	switch {
	case errors > 0:
		line, style = fmt.Sprintf("BROKEN: %s, %s%s", words.Plural(errors, "error"), words.Plural(warnings, "warning"), from), errorStyle
	case warnings > 0:
		line, style = fmt.Sprintf("NO ERROR, %s%s", words.Plural(warnings, "warning"), from), warningStyle
	case infos > 0:
		line, style = fmt.Sprintf("SOUND: no error, no warning%s; %s worth knowing", from, words.Plural(infos, "thing")), headStyle
	default:
		line, style = "SOUND: no error, no warning"+from, headStyle
	}
	if waived > 0 {
		line += fmt.Sprintf("; %s accepted", words.Plural(waived, "finding"))
	}
	b.printf("%s\n", b.paint(style, line))
}

// reportFinding writes one finding under a number.
func (b *printer) reportFinding(f fact.Finding, number string) {
	style := headStyle
	switch f.Severity {
	case fact.Error:
		style = errorStyle
	case fact.Warning:
		style = warningStyle
	}
	b.printf("%s. %s %s\n", number, b.paint(style, strings.ToUpper(string(f.Severity))), f.Rule)
	b.wrap("   ", textWidth, gate.Printable(f.Message))
	if len(f.Where) > 0 {
		b.WriteByte('\n')
	}
	for i, p := range f.Where {
		if i == ellipsis && len(f.Where) > ellipsis+1 {
			b.printf("     and %s\n", words.Plural(len(f.Where)-ellipsis, "more place"))
			break
		}
		b.reportPlace(p)
	}
	if len(f.Subjects) > ellipsis {
		b.wrap("     ", textWidth, gate.Printable(fmt.Sprintf("all %d: %s", len(f.Subjects), strings.Join(f.Subjects[:min(len(f.Subjects), 60)], " "))))
		if len(f.Subjects) > 60 {
			b.printf("     and %d more\n", len(f.Subjects)-60)
		}
	}
	if len(f.Explains) > 0 {
		b.printf("\n   Explains\n")
		for i, e := range f.Explains {
			if i == ellipsis && len(f.Explains) > ellipsis+1 {
				b.printf("     and %s\n", words.Plural(len(f.Explains)-ellipsis, "more symptom"))
				break
			}
			b.wrap("     - ", textWidth, gate.Printable(e))
		}
	}
	if f.Effect != "" {
		b.printf("\n   Effect\n")
		b.wrap("     ", textWidth, gate.Printable(f.Effect))
		if len(f.RefusedBy) > 0 {
			b.wrap("     ", textWidth, "Refused by "+componentList(f.RefusedBy)+".")
		}
	}
	if len(f.Fix) > 0 {
		b.printf("\n   Mend%s\n", disturbs(f.Disturbs))
		for i, x := range f.Fix {
			b.wrap(fmt.Sprintf("     %d. ", i+1), textWidth, gate.Printable(x))
		}
	}
}

// disturbs tells what a mend interrupts, in brackets.
func disturbs(d fact.Disturbance) string {
	switch d {
	case "":
		return ""
	case fact.DisturbsNothing:
		return " (interrupts nothing)"
	case fact.DisturbsNodes:
		return " (" + string(d) + ")"
	}
	return " (takes " + string(d) + ")"
}

func componentList(cs []fact.Component) string {
	var ss []string
	for _, c := range cs {
		ss = append(ss, string(c))
	}
	return words.NameList(ss)
}

// reportPlace writes a place, and the line that stands there with a caret below the value.
func (b *printer) reportPlace(p fact.Place) {
	at := p.String()
	if p.Note != "" {
		at += "  " + p.Note
	}
	b.printf("     %s\n", gate.Printable(at))
	if p.Line == "" {
		return
	}
	line, column := excerpt(p.Line, p.Column)
	num := strconv.Itoa(p.Position.Line)
	b.printf("       %s | %s\n", num, line)
	if column >= 0 {
		b.printf("       %s | %s^\n", strings.Repeat(" ", len(num)), strings.Repeat(" ", column))
	}
}

// excerpt returns a line of a file fit for a terminal, and how many columns in front of the caret, -1 for no caret. Tabs become
// two blanks; of a very long line the part around the column is shown.
func excerpt(line string, column int) (string, int) {
	const most, before = 90, 40
	line = strings.TrimRight(line, " \t\r\n")
	head := ""
	if column > 0 && column-1 <= len(line) {
		head = line[:column-1]
	}
	clean := func(s string) []rune { return []rune(gate.Printable(strings.ReplaceAll(s, "\t", "  "))) }
	text, caret := clean(line), len(clean(head))
	if column <= 0 || column-1 > len(line) {
		caret = -1
	}
	from := max(0, min(caret-before, len(text)-most))
	out := string(text[from:min(len(text), from+most)])
	if from > 0 {
		out, caret = "..."+out, caret-from+3
	}
	if from+most < len(text) {
		out += "..."
	}
	return out, caret
}
