package draw

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/textwidth"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Measures of the picture, in pixels. Text is monospaced, so that its width is known without measuring: no font that a
// viewer falls back to is wider than svgChar for each column at 12 pixels (0.602 em in DejaVu Sans Mono and Menlo).
const (
	svgMargin = 24
	svgChar   = 7.5
	svgLine   = 20  // between lines of text
	svgRowW   = 832 // a row of a grid, whatever the number of its cells
	svgCellW  = 52  // a cell at most
	svgCellH  = 22
	svgTick   = 4 // height of a mark on the axis
	svgRowGap = 4 // between rows of a grid
)

// svgStyle holds the colours, for light and for dark surroundings: hues that people of any colour vision can tell apart (Okabe and
// Ito, jfly.uni-koeln.de/color), with letters in each cell so that nothing depends on them.
const svgStyle = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.h{font-weight:bold;font-size:15px}.b{font-weight:bold}.m{fill:#59636e}.r{text-anchor:end}.c{text-anchor:middle;font-weight:bold}
.bg{fill:#ffffff}.free{fill:#eef1f4}.line{stroke:#ffffff}.tick{stroke:#8b949e}
.hosts{fill:#0072b2}.services{fill:#e69f00}.pods{fill:#009e73}.reserved{fill:#8b949e}
.shosts{stroke:#0072b2}.sservices{stroke:#e69f00}.spods{stroke:#009e73}.sreserved{stroke:#8b949e}.sshared{stroke:#1f2328}
.on{fill:#ffffff}.services-on{fill:#1f2328}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.m{fill:#9da7b1}.bg{fill:#0d1117}.free{fill:#1c232b}.line{stroke:#0d1117}
.hosts{fill:#3b9ddd}.services{fill:#e69f00}.pods{fill:#1fb88c}.reserved{fill:#6e7681}
.shosts{stroke:#3b9ddd}.sservices{stroke:#e69f00}.spods{stroke:#1fb88c}.sreserved{stroke:#6e7681}.sshared{stroke:#e6edf3}
.on,.services-on{fill:#0d1117}}
`

// svgNamedStyle holds the colours of ranges that a plan names itself, for the plans that have any.
const svgNamedStyle = `.named{fill:#cc79a7}.snamed{stroke:#cc79a7}
`

// SVG writes the map of [Text] as a picture: the ranges, a grid of 256 equal cells for each block that the plan
// draws from and uses, and what lies in it. The picture stands alone: it needs no script, font or other file, and follows
// the reader's preference for light or dark.
func SVG(w io.Writer, p *plan.Plan, _ Options) error {
	v, err := viewOf(p)
	if err != nil {
		return err
	}
	s := &svgWriter{y: svgMargin}
	s.text(svgMargin, "h", planHeadline(v))
	s.y += svgLine + 8
	s.ranges(v)
	drawn, idle, more := sortAreas(areasOf(v))
	for i, grids := range gridsOf(drawn) {
		s.area(drawn[i], grids)
	}
	s.idle(idle, more)
	s.legend()
	height := s.y + svgMargin/2

	b := new(printer)
	b.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="title">`+"\n",
		s.width, height, s.width, height)
	b.printf("<title id=\"title\">%s</title>\n", gate.XML(planHeadline(v)))
	style, roles := svgStyle, mapRoles()
	if len(v.Named()) > 0 {
		style += svgNamedStyle
	} else {
		roles = slices.DeleteFunc(roles, isNamed)
	}
	b.printf("<style>%s</style>\n<defs>\n", style)
	for _, role := range roles {
		b.printf(`<pattern id="grow-%s" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="s%s" d="M1 0V6" stroke-width="2"/></pattern>`+"\n", role, role)
	}
	b.printf(`<pattern id="taken" width="5" height="5" patternUnits="userSpaceOnUse"><path class="sreserved" d="M0 0L5 5M5 0L0 5" stroke-width="1"/></pattern>` + "\n")
	b.printf("</defs>\n<rect class=\"bg\" width=\"100%%\" height=\"100%%\"/>\n")
	b.Write(s.body.Bytes())
	b.printf("</svg>\n")
	return b.flushTo(w)
}

// An svgWriter draws from top to bottom.
type svgWriter struct {
	body  printer
	y     float64 // base line of the next text, or upper edge of the next shape
	width float64 // of what was drawn so far, margins included
}

// text writes s in the current line, from x on.
func (s *svgWriter) text(x float64, class, t string) {
	cw := svgChar
	if class == "h" {
		cw *= 15. / 12
	}
	if class != "" {
		class = ` class="` + class + `"`
	}
	s.width = max(s.width, x+cw*float64(textwidth.Of(t))+svgMargin)
	s.body.printf(`<text x="%.1f" y="%.1f"%s>%s</text>`+"\n", x, s.y+12, class, gate.XML(t))
}

// swatch draws a small sample of a kind of segment in the current line.
func (s *svgWriter) swatch(x float64, kind SegmentKind, role fact.Role) {
	s.shape(x, s.y+2, 12, 12, gridCell{Kind: kind, Role: role, Full: true})
}

// shape draws a rectangle as cells are drawn: filled if whole, else only outlined.
func (s *svgWriter) shape(x, y, w, h float64, c gridCell) {
	rect := func(attr string) {
		s.body.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" %s/>`+"\n", x, y, w, h, attr)
	}
	outline := func(class, fill string) {
		x, y, w, h = x+1, y+1, w-2, h-2
		rect(fmt.Sprintf(`class="%s" fill=%q stroke-width="2"`, class, fill))
	}
	role := string(mapRole(c.Role))
	switch {
	case c.Kind == SegmentFree:
		rect(`class="free"`)
	case c.Shared:
		outline("sshared", "none")
	case c.Kind == SegmentGrowth:
		rect(`class="free"`)
		rect(fmt.Sprintf(`fill="url(#grow-%s)"`, role))
	case c.Kind == SegmentReserved && c.Full:
		rect(`class="free"`)
		rect(`fill="url(#taken)"`)
	case c.Kind == SegmentReserved:
		outline("sreserved", "none")
	case c.Full:
		rect(fmt.Sprintf(`class="%s"`, role))
	default:
		outline("s"+role, "none")
	}
}

// columns writes rows of text in columns, each after a swatch, with the columns in right aligned to the right.
func (s *svgWriter) columns(x float64, rows []svgRow, right int) {
	var width []float64
	for _, r := range rows {
		for i, c := range r.cols {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], svgChar*float64(textwidth.Of(c)))
		}
	}
	for _, r := range rows {
		s.swatch(x, r.kind, r.role)
		at := x + 20
		for i, c := range r.cols {
			class := "m"
			if r.kind == SegmentUsed {
				class = "b"
			}
			if i == right {
				// The end of the text is what is aligned, wherever a narrower font would leave it. It is never the last column.
				s.body.printf(`<text x="%.1f" y="%.1f" class="%s r">%s</text>`+"\n", at+width[i], s.y+12, class, gate.XML(c))
			} else {
				s.text(at, class, c)
			}
			at += width[i] + 2*svgChar
		}
		s.y += svgLine
	}
}

// An svgRow is a line of a list: a sample and text.
type svgRow struct {
	kind SegmentKind
	role fact.Role
	cols []string
}

func (s *svgWriter) ranges(p *view) {
	var rows []svgRow
	for _, r := range p.Ranges {
		cols := []string{string(r.Role), r.Prefix.String(), size(r.Prefix), holds(p, r), ""}
		if g := p.RangeGrowth(r); g.Doublings > 0 {
			cols[4] = "room to grow to " + g.Into.String()
		}
		rows = append(rows, svgRow{SegmentUsed, r.Role, cols})
	}
	s.columns(svgMargin, rows, 2)
	s.y += svgLine
}

// area draws the grids of an area and lists its segments.
func (s *svgWriter) area(a Area, grids []grid) {
	for _, g := range grids {
		s.text(svgMargin, "b", g.title(a))
		s.y += svgLine + 4
		s.grid(a, g)
		s.y += 8
	}
	var rows []svgRow
	for _, r := range a.ledger() {
		rows = append(rows, svgRow{r.Kind, r.Role, []string{r.Span, r.Size, r.Use}})
	}
	s.columns(svgMargin, rows, 1)
	s.y += svgLine
}

// grid draws a grid, with its axis above.
func (s *svgWriter) grid(a Area, g grid) {
	split, err := cidr.NewSplit(g.Prefix, g.CellBits)
	if err != nil {
		return
	}
	label := 0
	for i := 0; i < len(g.Cells); i += gridColumns {
		label = max(label, len(split.At(uint64(i)).Addr().String()))
	}
	left := svgMargin + svgChar*float64(label) + 10
	cell := min(svgCellW, svgRowW/float64(g.columns()))
	if ts := g.ticks(cell / svgChar); len(ts) > 0 {
		for _, t := range ts {
			x := left + cell*float64(t.Column)
			s.text(x, "m", t.Label)
			s.body.printf(`<path class="tick" d="M%.1f %.1fv%d"/>`+"\n", x+.5, s.y+svgLine-svgTick, svgTick)
		}
		s.y += svgLine
	}
	for i := 0; i < len(g.Cells); i += gridColumns {
		row := g.Cells[i:min(i+gridColumns, len(g.Cells))]
		s.body.printf(`<text x="%.1f" y="%.1f" class="m r">%v</text>`+"\n", left-10, s.y+svgCellH/2+4, split.At(uint64(i)).Addr())
		r := svgCells{x: left, cell: cell, cells: row, at: func(k int) netip.Prefix { return split.At(uint64(i + k)) }}
		s.gridRow(r)
		s.y += svgCellH + svgRowGap
	}
	s.width = max(s.width, left+cell*float64(g.columns())+svgMargin)
}

// An svgCells is a row of a grid.
type svgCells struct {
	x, cell float64 // left edge of the first cell, and width of each
	cells   []gridCell
	at      func(int) netip.Prefix
}

// An svgRun is cells i to j of a row, without j, that are drawn as one shape.
type svgRun struct {
	gridCell
	i, j  int
	label string   // inside of it
	names []string // what the label leaves out, to be written beside it, the longest that has room
}

// runs returns the row as runs: equal whole cells, and cells that are free, are one.
func (r svgCells) runs() []svgRun {
	var out []svgRun
	for i := 0; i < len(r.cells); {
		c := r.cells[i]
		j := i + 1
		for c.Full && j < len(r.cells) && r.cells[j] == c || c.Kind == SegmentFree && j < len(r.cells) && r.cells[j].Kind == SegmentFree {
			j++
		}
		run := svgRun{gridCell: c, i: i, j: j}
		run.label, run.names = c.labels(int(r.cell * float64(j-i) / svgChar))
		out = append(out, run)
		i = j
	}
	return out
}

// gridRow draws one row of a grid. What a shape is, is written in it where there is room, and else beside it, where the cells are free;
// its first letter stands in it then. So no text is wider than what it stands on.
func (s *svgWriter) gridRow(r svgCells) {
	s.body.printf(`<rect class="free" x="%.1f" y="%.1f" width="%.1f" height="%d"/>`+"\n", r.x, s.y, r.cell*float64(len(r.cells)), svgCellH)
	runs := r.runs()
	var labels printer
	for _, c := range runs {
		if c.Kind == SegmentFree {
			continue
		}
		x, w := r.x+r.cell*float64(c.i), r.cell*float64(c.j-c.i)
		s.body.printf("<g><title>%s</title>\n", gate.XML(cellTitle(c.gridCell, r.at(c.i), r.at(c.j-1))))
		s.shape(x, s.y, w, svgCellH, c.gridCell)
		s.body.printf("</g>\n")
		if c.label == "" {
			continue
		}
		if c.Kind == SegmentReserved { // its pattern would make letters hard to read
			half := svgChar * float64(textwidth.Of(c.label)+1) / 2
			labels.printf(`<rect class="free" x="%.1f" y="%.1f" width="%.1f" height="16"/>`+"\n", x+w/2-half, s.y+3, 2*half)
		}
		labels.printf(`<text x="%.1f" y="%.1f" class="%s">%s</text>`+"\n", x+w/2, s.y+svgCellH/2+4, c.class(), gate.XML(c.label))
	}
	s.beside(r, runs, &labels)
	// Lines between the cells lie over the shapes and under the labels.
	var d strings.Builder
	for i := 1; i < len(r.cells); i++ {
		fmt.Fprintf(&d, "M%.1f %.1fv%d", r.x+r.cell*float64(i), s.y, svgCellH)
	}
	if d.Len() > 0 {
		s.body.printf(`<path class="line" stroke-opacity=".35" d="%s"/>`+"\n", d.String())
	}
	s.body.Write(labels.Bytes())
}

// beside writes the names that have no room in their shapes: to the right of them, else to the left, where a free run has room. Ranges of the
// plan come first.
func (s *svgWriter) beside(r svgCells, runs []svgRun, labels *printer) {
	taken := make([]float64, 2*len(runs)) // of each run, in pixels from its left and from its right edge
	place := func(i int, name string) bool {
		c, w := runs[i], svgChar*float64(textwidth.Of(name)+1)
		room := func(k int) bool {
			return k >= 0 && k < len(runs) && runs[k].Kind == SegmentFree && taken[2*k]+taken[2*k+1]+w <= r.cell*float64(runs[k].j-runs[k].i)
		}
		x, class := r.x+r.cell*float64(c.j)+4, "m"
		switch {
		case room(i + 1):
			taken[2*(i+1)] += w
		case room(i - 1):
			taken[2*(i-1)+1] += w
			x, class = r.x+r.cell*float64(c.i)-4, "m r"
		default:
			return false
		}
		labels.printf(`<text x="%.1f" y="%.1f" class="%s">%s</text>`+"\n", x, s.y+svgCellH/2+4, class, gate.XML(name))
		return true
	}
	for _, kind := range []SegmentKind{SegmentUsed, SegmentReserved} {
		for i, c := range runs {
			for _, name := range c.names {
				if c.Kind != kind || place(i, name) {
					break
				}
			}
		}
	}
}

// labels returns what is written on a run of such cells with room for n letters, and what has no room there, the longest first. A run of
// free cells, and one that is kept for growth, has neither.
func (c gridCell) labels(n int) (inside string, beside []string) {
	role := string(c.shownRole())
	names := []string{role}
	if c.Of.IsValid() {
		names = []string{role + " " + c.Of.String(), role}
	}
	name := textwidth.Cut(gate.Printable(c.Name), maxBeside)
	switch {
	case c.Zoom > 0:
		return strconv.Itoa(c.Zoom), []string{c.Roles.String()}
	case c.Shared:
		return "*", []string{c.Roles.String()}
	case c.Kind == SegmentReserved && name == "":
		return "", nil
	case c.Kind == SegmentReserved && c.Full && textwidth.Of(name)+1 < n:
		return name, nil
	case c.Kind == SegmentReserved:
		return "", []string{name}
	case c.Kind != SegmentUsed:
		return "", nil
	case !c.Full:
		return role[:1], names
	}
	for _, s := range names {
		if len(s) < n {
			return s, nil
		}
	}
	return strings.ToUpper(role[:1]), names
}

// maxBeside is how many columns the name of a reservation gets on a map.
const maxBeside = 24

// class returns the class of a label inside of a run.
func (c svgRun) class() string {
	switch {
	case c.Kind == SegmentReserved:
		return "m c"
	case !c.Full || c.crowded():
		return "c"
	case c.Role == fact.RoleServices:
		return "c services-on"
	}
	return "c on"
}

// cellTitle says what a viewer shows for cells under the pointer.
func cellTitle(c gridCell, first, last netip.Prefix) string {
	where := first.String()
	if last != first {
		where = first.Addr().String() + "-" + cidr.Last(last).String()
	}
	what := Segment{Kind: c.Kind, Role: c.shownRole(), Name: c.Name}.use()
	switch {
	case c.crowded() && c.Zoom > 0:
		return fmt.Sprintf("%s: several uses, among them %v; enlarged in map %d", where, c.Roles, c.Zoom)
	case c.crowded():
		return where + ": several uses, among them " + c.Roles.String()
	case c.Shared:
		return where + ": several uses, among them " + what
	case c.Kind == SegmentReserved && c.Name == "":
		return where + ": several reserved ranges"
	case !c.Full:
		return where + ": in part " + what
	}
	return where + ": " + what
}

func (s *svgWriter) idle(areas []Area, more []string) {
	var rows []svgRow
	for _, a := range areas {
		rows = append(rows, svgRow{SegmentFree, "", []string{a.Prefix.String(), a.idleWords()}})
	}
	for _, text := range more {
		rows = append(rows, svgRow{SegmentFree, "", []string{"", text}})
	}
	if len(rows) > 0 {
		s.columns(svgMargin, rows, -1)
		s.y += svgLine
	}
}

// legend explains how cells are drawn.
func (s *svgWriter) legend() {
	x := float64(svgMargin)
	for _, l := range []struct {
		cell gridCell
		text string
	}{
		{gridCell{Kind: SegmentUsed, Role: fact.RolePods, Full: true}, "whole cell"},
		{gridCell{Kind: SegmentUsed, Role: fact.RolePods}, "part of it"},
		{gridCell{Kind: SegmentGrowth, Role: fact.RolePods}, "kept for growth"},
		{gridCell{Kind: SegmentReserved, Full: true}, "reserved"},
		{gridCell{Kind: SegmentReserved}, "reserved in part"},
		{gridCell{Kind: SegmentUsed, Shared: true}, "several uses"},
		{gridCell{Kind: SegmentFree}, "free"},
	} {
		const sample = 13
		s.shape(x, s.y, sample, 16, l.cell)
		s.text(x+sample+7, "m", l.text)
		x += sample + 7 + svgChar*float64(len(l.text)) + 18
	}
	s.y += svgLine
}
