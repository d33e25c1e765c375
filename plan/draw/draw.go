package draw

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/textwidth"
	"github.com/kubecidr/kubecidr/internal/words"
)

// Options says how a plan is rendered. The zero value lists no nodes and uses no colour.
type Options struct {
	Nodes int  // how many nodes to list with the subnets predicted for them; no more are listed than get one. 0: none
	Color bool // colour by ANSI escape sequences, in text alone

	Attachments []Attachment // files that a Markdown document ends with
	// From says how a living cluster gets to the plan, for plans that start from one: in text, Markdown, JSON and YAML.
	// Nil: none lives.
	From *From
}

// A printer collects output, so that a renderer writes once and returns the first error of its writer.
type printer struct {
	bytes.Buffer
	color bool
}

func (b *printer) printf(format string, args ...any) { fmt.Fprintf(b, format, args...) }

func (b *printer) flushTo(w io.Writer) error {
	_, err := w.Write(b.Bytes())
	return err
}

// paint returns s in an ANSI style such as "1" or "44;97", and s itself where no colour is wanted.
func (b *printer) paint(style, s string) string {
	if !b.color || style == "" || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// table writes rows in columns two blanks apart, each line after indent. right says which columns are aligned to the
// right; style, if not nil, gives the ANSI style of a row's first column.
func (b *printer) table(indent string, right string, rows [][]string, style func(row int) string) {
	var width []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], textwidth.Of(c))
		}
	}
	for n, r := range rows {
		line := indent
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-textwidth.Of(c))
			if i == 0 && style != nil {
				c = b.paint(style(n), c)
			}
			if i < len(right) && right[i] == 'r' {
				line += pad + c
			} else {
				line += c + pad
			}
			line += "  " // removed again at the end
		}
		b.WriteString(strings.TrimRight(line, " "))
		b.WriteByte('\n')
	}
}

// wrap writes s in lines of at most width runes, the first after indent, the others as far to the right. Words longer
// than that stay whole.
func (b *printer) wrap(indent string, width int, s string) {
	n := 0
	for _, w := range strings.Fields(s) {
		l := textwidth.Of(w)
		switch {
		case n == 0:
			b.WriteString(indent)
			n = len(indent)
		case n+1+l > width:
			b.WriteString("\n" + strings.Repeat(" ", len(indent)))
			n = len(indent)
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(w)
		n += l
	}
	if n > 0 {
		b.WriteByte('\n')
	}
}

// size returns the number of addresses of p, for people.
func size(p netip.Prefix) string { return cidr.FormatPow2(cidr.HostBits(p)) }

// largest returns the largest prefix that lies in the addresses from first to last, the lowest of several.
func largest(first, last netip.Addr) netip.Prefix {
	var best netip.Prefix
	for _, p := range netipx.IPRangeFrom(first, last).Prefixes() {
		if !best.IsValid() || p.Bits() < best.Bits() {
			best = p
		}
	}
	return best
}

// span returns the addresses of s as a prefix where they are one, else as first-last.
func (s Segment) span() string {
	if s.Prefix.IsValid() {
		return s.Prefix.String()
	}
	return s.First.String() + "-" + s.Last.String()
}

// maxName is how many columns the name of a reservation gets in a list.
const maxName = 48

// use says in a few words what the addresses of s are for.
func (s Segment) use() string {
	switch s.Kind {
	case SegmentUsed:
		return string(s.Role)
	case SegmentGrowth:
		return "kept free so that " + string(s.Role) + " can grow"
	case SegmentReserved:
		return "reserved: " + textwidth.Cut(gate.Printable(s.Name), maxName)
	}
	if s.Prefix.IsValid() {
		return "free"
	}
	return fmt.Sprintf("free, the largest block is a /%d", largest(s.First, s.Last).Bits())
}

// areasOf returns the map of all families, primary first.
func areasOf(p *view) []Area {
	var as []Area
	for _, f := range p.Families {
		as = append(as, Map(p.Plan, f)...)
	}
	return as
}

// maxAreas is how many blocks are drawn, and how many that hold nothing are listed.
const maxAreas = 16

// sortAreas divides areas into those to draw and those that hold no range; more says how many of either are left out.
func sortAreas(areas []Area) (drawn, idle []Area, more []string) {
	for _, a := range areas {
		if a.used() {
			drawn = append(drawn, a)
		} else {
			idle = append(idle, a)
		}
	}
	if n := len(drawn) - maxAreas; n > 0 {
		drawn = drawn[:maxAreas]
		more = append(more, words.Plural(n, "further block")+" with ranges of the plan, listed above")
	}
	if n := len(idle) - maxAreas; n > 0 {
		idle = idle[:maxAreas]
		more = append(more, words.Plural(n, "further block")+" not used")
	}
	return drawn, idle, more
}

// A nodeSubnets is a node and the subnets that are predicted for it.
type nodeSubnets struct {
	Name     string
	PodCIDRs []netip.Prefix // primary family first
}

// nodesOf returns the first n nodes, or as many as get a subnet.
func nodesOf(p *view, n int) []nodeSubnets {
	var out []nodeSubnets
	for i := range n {
		cidrs := p.NodePodCIDRs(i)
		if cidrs == nil {
			break
		}
		out = append(out, nodeSubnets{fmt.Sprintf("node-%04d", i+1), cidrs})
	}
	return out
}

// used reports whether the area holds a range of the plan.
func (a Area) used() bool {
	return slices.ContainsFunc(a.Segments, func(s Segment) bool { return s.Kind == SegmentUsed })
}

// A ledgerRow is a line in the list of an area's segments: one segment, or several of no interest that are told
// together.
type ledgerRow struct {
	Segment
	Span, Size, Use string
}

// ledger returns the segments of the area as rows. Runs of more than 8 rows that are no range of the plan are
// shortened.
func (a Area) ledger() []ledgerRow {
	var rows []ledgerRow
	row := func(s Segment) ledgerRow {
		r := ledgerRow{s, s.span(), "", s.use()}
		if s.Prefix.IsValid() {
			r.Size = size(s.Prefix)
		}
		return r
	}
	for i := 0; i < len(a.Segments); {
		j := i
		for j < len(a.Segments) && a.Segments[j].Kind != SegmentUsed && a.Segments[j].Kind != SegmentGrowth {
			j++
		}
		if j-i > 8 {
			for _, s := range a.Segments[i : i+3] {
				rows = append(rows, row(s))
			}
			n := 0
			var free netip.Prefix
			for _, s := range a.Segments[i+3 : j-3] {
				if s.Kind == SegmentReserved {
					n++
				} else if p := largest(s.First, s.Last); !free.IsValid() || p.Bits() < free.Bits() {
					free = p
				}
			}
			mid := Segment{First: a.Segments[i+3].First, Last: a.Segments[j-4].Last, Kind: SegmentReserved}
			use := fmt.Sprintf("%s more reserved", cidr.FormatCount(uint64(n)))
			if free.IsValid() {
				use += fmt.Sprintf(", the largest free block between them is %v", free)
			}
			rows = append(rows, ledgerRow{mid, mid.span(), "", use})
			i = j - 3
		}
		for ; i < j; i++ {
			rows = append(rows, row(a.Segments[i]))
		}
		if i < len(a.Segments) {
			rows = append(rows, row(a.Segments[i]))
			i++
		}
	}
	return rows
}
