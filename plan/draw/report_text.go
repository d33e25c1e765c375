package draw

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// ReportOptions says how a report is rendered, and what the caller knows beside the findings. The zero value is a report of
// statements that came from no file, without colour.
type ReportOptions struct {
	Read    []ReadFile // what was read, in the order in which it is to be listed
	Ignored []string   // what was given and is no source of statements
	Color   bool       // colour by ANSI escape sequences, in text alone
	Verbose bool       // all that is known, in text alone: effects, what is explained, what is worth knowing, ignored files
	Version string     // release of the program that writes a SARIF log, "" to leave it out
}

// A ReadFile is a file that statements came from. The zero value has no name.
type ReadFile struct {
	File string
	Kind string // what it is: "kube-controller-manager manifest"
}

// ellipsis is how many places, symptoms and names of one finding the text lists.
const ellipsis = 8

// ReportText writes r for people. The first lines, eight at most, say what a person needs: the verdict, the cause, where it
// stands and what to change, what was not seen. Then follows each finding with the lines that it rests on and what mends it, in the
// order in which to mend. With o.Verbose also what is worth knowing, effects, what each finding explains, and the ignored files.
func ReportText(w io.Writer, r fact.Report, o ReportOptions) error {
	b := &printer{color: o.Color}
	b.reportHead(r, o)
	n, waived := 0, 0
	for _, f := range r.Findings {
		if f.Waived != "" {
			waived++
			continue
		}
		if f.Severity == fact.Info && !o.Verbose {
			continue
		}
		n++
		b.WriteByte('\n')
		b.reportFinding(f, strconv.Itoa(n), o.Verbose)
	}
	if waived > 0 {
		b.WriteByte('\n')
		b.head("Accepted")
		for _, f := range r.Findings {
			if f.Waived != "" {
				b.wrap("  ", textWidth, fmt.Sprintf("%s (%s), because: %s", f.Rule, f.Severity, gate.Printable(f.Waived)))
				b.wrap("    ", textWidth, gate.Printable(f.Message))
			}
		}
	}
	b.reportGaps(r)
	b.reportFiles(r, o)
	return b.flushTo(w)
}

// reportGaps writes what was not seen and what was not understood.
func (b *printer) reportGaps(r fact.Report) {
	if len(r.NotSeen) > 0 {
		b.WriteByte('\n')
		b.head("Not seen")
		var rows [][]string
		for _, g := range r.NotSeen {
			rows = append(rows, []string{gate.Printable(g.What), gate.Printable(g.Command)})
		}
		b.table("  ", "ll", rows, nil)
	}
	if len(r.NotUnderstood) > 0 {
		b.WriteByte('\n')
		b.head("Not understood")
		for i, u := range r.NotUnderstood {
			if i == 2*ellipsis && len(r.NotUnderstood) > 2*ellipsis+1 {
				b.printf("  and %s\n", words.Plural(len(r.NotUnderstood)-i, "more place"))
				break
			}
			what := u.Holds
			if u.Line > 0 { // otherwise it is the file as a whole that was not read
				what = "holds " + u.Holds + ", in a form that is not read"
			}
			b.wrap("  ", textWidth, gate.Printable(fact.Position{File: u.File, Line: u.Line}.String()+"  "+what))
		}
	}
}

// reportFiles writes which files were read as what.
func (b *printer) reportFiles(r fact.Report, o ReportOptions) {
	if len(o.Read) == 0 && len(o.Ignored) == 0 {
		return
	}
	holds := map[string]bool{}
	for _, u := range r.NotUnderstood {
		holds[u.File] = true
	}
	var rows [][]string
	for _, f := range o.Read {
		rows = append(rows, []string{gate.Printable(f.File), gate.Printable(f.Kind)})
	}
	ignored := 0
	for _, f := range o.Ignored {
		switch {
		case holds[f]:
			rows = append(rows, []string{gate.Printable(f), "not understood"})
		case o.Verbose:
			rows = append(rows, []string{gate.Printable(f), "ignored: nothing about address ranges in it"})
		default:
			ignored++
		}
	}
	b.WriteByte('\n')
	b.head("Files")
	b.table("  ", "ll", rows, nil)
	if ignored > 0 {
		b.printf("  and %s without anything about address ranges\n", words.Plural(ignored, "file"))
	}
}

// headLines is how many lines the head of a report may have.
const headLines = 8

// reportHead writes the lines that a person needs first.
func (b *printer) reportHead(r fact.Report, o ReportOptions) {
	verdictLine(r, b, o)
	left := headLines - 1
	var gaps []string
	if g := r.NotSeen; len(g) > 0 {
		var what []string
		for _, x := range g {
			what = append(what, x.What)
		}
		gaps = append(gaps, gate.Printable("not seen: "+words.NameList(what)+"; first: "+g[0].Command))
	}
	if n := len(r.NotUnderstood); n > 0 {
		gaps = append(gaps, gate.Printable(fmt.Sprintf("not understood: %s, the first at %s", words.Plural(n, "place"),
			fact.Position{File: r.NotUnderstood[0].File, Line: r.NotUnderstood[0].Line})))
	}
	left -= 2 * len(gaps)
	if f := headFinding(r); f != nil {
		name := "cause"
		if f.Trouble {
			name = "seen"
		}
		at := ""
		if len(f.Where) > 0 {
			at = " at " + gate.Printable(f.Where[0].String())
		}
		b.printf("  %s: %s%s\n", name, f.Rule, at)
		left--
		lines := 2
		if len(f.Fix) == 0 {
			lines = left
		}
		left -= b.wrapLines("    ", gate.Printable(f.Message), max(1, min(lines, left-1)))
		if len(f.Fix) > 0 {
			b.wrapLines("  change: ", gate.Printable(f.Fix[0]), max(1, min(2, left)))
		}
	}
	for _, g := range gaps {
		b.wrapLines("  ", g, 2)
	}
}

// headFinding returns the finding that the head tells of: the first that makes the verdict what it is.
func headFinding(r fact.Report) *fact.Finding {
	v := r.Verdict()
	for i := range r.Findings {
		f := &r.Findings[i]
		switch {
		case f.Waived != "":
		case v == fact.Broken && f.Severity == fact.Error,
			v == fact.Trouble && f.Trouble,
			v == fact.NoError && f.Severity == fact.Warning:
			return f
		}
	}
	return nil
}

// wrapLines writes s in at most n lines, the last with an ellipsis where more is left, and returns how many it wrote.
func (b *printer) wrapLines(indent, s string, n int) int {
	p := &printer{}
	p.wrap(indent, textWidth-4, s)
	lines := strings.Split(strings.TrimSuffix(p.String(), "\n"), "\n")
	if len(lines) > n {
		lines = lines[:n]
		lines[n-1] += " ..."
	}
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	return len(lines)
}

// verdictLine writes the one line that matters most.
func verdictLine(r fact.Report, b *printer, o ReportOptions) {
	errors, warnings, infos := r.Count()
	waived := len(r.Findings) - errors - warnings - infos
	from := ""
	if n := readFiles(o); n > 0 {
		from = " in " + words.Plural(n, "file")
	}
	var line, style string
	switch r.Verdict() {
	case fact.Broken:
		line, style = fmt.Sprintf("BROKEN: %s, %s%s", words.Plural(errors, "error"), words.Plural(warnings, "warning"), from), errorStyle
	case fact.Trouble:
		line, style = fmt.Sprintf("TROUBLE: something is wrong now, and its cause is in none of the given files; %s%s", words.Plural(warnings, "warning"), from), errorStyle
	case fact.NoError:
		line, style = "NO ERROR in what was seen", warningStyle
		if warnings > 0 {
			line += ", " + words.Plural(warnings, "warning")
		}
		line += from
	case fact.Sound:
		line, style = "SOUND: all that decides was seen and agrees"+from, headStyle
	default:
		line, style = "NOTHING: no statement about address ranges"+from, warningStyle
	}
	if infos > 0 {
		line += fmt.Sprintf("; %s worth knowing", words.Plural(infos, "thing"))
		if !o.Verbose {
			line += " (-v)"
		}
	}
	if waived > 0 {
		line += fmt.Sprintf("; %s accepted", words.Plural(waived, "finding"))
	}
	b.printf("%s\n", b.paint(style, line))
}

// readFiles counts the files that were read; one of several kinds is listed once for each.
func readFiles(o ReportOptions) int {
	names := map[string]bool{}
	for _, f := range o.Read {
		names[f.File] = true
	}
	return len(names)
}

// reportFinding writes one finding under a number.
func (b *printer) reportFinding(f fact.Finding, number string, verbose bool) {
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
	if len(f.Explains) > 0 && verbose {
		b.printf("\n   Explains\n")
		for i, e := range f.Explains {
			if i == ellipsis && len(f.Explains) > ellipsis+1 {
				b.printf("     and %s\n", words.Plural(len(f.Explains)-ellipsis, "more symptom"))
				break
			}
			b.wrap("     - ", textWidth, gate.Printable(e))
		}
	}
	if f.Effect != "" && verbose {
		b.printf("\n   Effect\n")
		b.wrap("     ", textWidth, gate.Printable(f.Effect))
		if len(f.RefusedBy) > 0 {
			b.wrap("     ", textWidth, "Refused by "+componentList(f.RefusedBy)+".")
		}
	}
	if verbose {
		for _, rule := range check.Rules() {
			if rule.ID == f.Rule && rule.Source != "" {
				b.printf("\n   Source\n")
				b.wrap("     ", textWidth, rule.Source)
			}
		}
	}
	if len(f.Fix) > 0 {
		b.printf("\n   Fix%s\n", disturbs(f.Disturbs, f.Changes...))
		for i, x := range f.Fix {
			b.wrap(fmt.Sprintf("     %d. ", i+1), textWidth, gate.Printable(x))
		}
	}
}

// disturbs says in brackets what a fix interrupts, and which programs it restarts where that is known.
func disturbs(d fact.Disturbance, changes ...fact.Component) string {
	switch d {
	case "":
		return ""
	case fact.DisturbsNothing:
		return " (interrupts nothing)"
	case fact.DisturbsComponent:
		if len(changes) > 0 {
			return " (restarts " + componentList(changes) + ")"
		}
		return " (restarts a component)"
	case fact.DisturbsNodes:
		return " (drains nodes and registers them again)"
	case fact.DisturbsCluster:
		return " (takes a new cluster)"
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
	line, column := excerpt(p)
	num := strconv.Itoa(p.Position.Line)
	b.printf("       %s | %s\n", num, line)
	if column >= 0 {
		b.printf("       %s | %s^\n", strings.Repeat(" ", len(num)), strings.Repeat(" ", column))
	}
}

// excerpt returns the line of a place fit for a terminal, and how many columns in front of the caret, -1 for no caret. Tabs become
// two blanks; of a very long line the part around the column is shown.
func excerpt(p fact.Place) (string, int) {
	const most, before = 90, 40
	line, column := strings.TrimRight(p.Line, " \t\r\n"), p.Column-p.From
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
