package scenario

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/kubecidr/kubecidr/internal/gate"
)

// WriteText writes s as a table, one operation a line, followed by what is open and by the events.
func (s *Scenario) WriteText(w io.Writer) error {
	var b strings.Builder
	if s.Name != "" || s.Note != "" {
		fmt.Fprintln(&b, shown(strings.Trim(s.Name+": "+s.Note, ": ")))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Flags)) {
		fmt.Fprintf(&b, "--%s=%s\n", shown(name), shown(s.Flags[name]))
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	t := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "#\toperation\tresult")
	for i, o := range s.Ops {
		lines := o.lines()
		fmt.Fprintf(t, "%d\t%s\t%s\n", i+1, shown(o.what()), shown(lines[0]))
		for _, l := range lines[1:] {
			fmt.Fprintf(t, "\t\t%s\n", shown(l))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(s.Events) > 0 {
		b.WriteString("\nevents\n")
		for _, e := range s.Events {
			fmt.Fprintf(&b, "  %s %s (%s): %s\n", shown(e.Type), shown(e.Reason), shown(e.Component), shown(e.Message))
		}
	}
	// tabwriter pads the last column of a row that has none.
	out := b.String()
	var clean strings.Builder
	for line := range strings.Lines(out) {
		clean.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(w, clean.String())
	return err
}

// shown returns a text of the scenario as it may stand in a line of a terminal.
func shown(s string) string { return gate.Printable(gate.Mask(s)) }

// what names the operation.
func (o Op) what() string {
	s := strings.TrimSpace(o.Op + " " + o.Node)
	switch {
	case len(o.Nodes) > 0:
		s += fmt.Sprintf(" %d nodes", len(o.Nodes))
	case len(o.Preset) > 0:
		s += " with " + strings.Join(o.Preset, ",")
	case o.Op == "patch":
		s += " to " + show(o.PodCIDRs)
	}
	return s
}

// lines returns what came of the operation, the result first.
func (o Op) lines() []string {
	var out []string
	switch {
	case o.Refused != nil:
		out = append(out, fmt.Sprintf("refused: %v", o.Refused))
	case o.Message != "":
		out = append(out, fmt.Sprintf("%d %s", o.Code, o.Message))
	case o.Result == nil:
		out = append(out, "")
	case o.Result.Start != nil:
		out = append(out, o.Result.Start.text())
	case o.Result.Many != nil:
		for _, n := range slices.Sorted(maps.Keys(o.Result.Many)) {
			out = append(out, n+" "+show(o.Result.Many[n]))
		}
		if len(out) == 0 {
			out = append(out, "no nodes")
		}
	default:
		out = append(out, show(o.Result.One))
	}
	if o.Reason != "" {
		out = append(out, o.Reason)
	}
	for _, l := range o.Log {
		out = append(out, "log: "+l)
	}
	if t := o.Timing; t != nil {
		out = append(out, fmt.Sprintf("open: %s possible outcomes for %s: %s", t.Outcomes, strings.Join(t.Nodes, ", "), t.Why))
	}
	if out[0] == "" && len(out) > 1 {
		out = out[1:]
	}
	return out
}
