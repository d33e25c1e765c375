package draw

import (
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// textWidth is the width that running text is wrapped to. Tables take what they need.
const textWidth = 100

// ANSI styles.
const (
	headStyle     = "1"
	growthStyle   = "36"
	reservedStyle = "35"
	freeStyle     = "2"
	warningStyle  = "1;33"
	errorStyle    = "1;31"
)

// wholeStyle returns the ANSI style of a cell that a role has to itself.
func wholeStyle(r fact.Role) string {
	switch r {
	case fact.RoleHosts:
		return "44;97"
	case fact.RoleServices:
		return "43;30"
	case fact.RolePods:
		return "42;30"
	case "":
		return ""
	}
	if isNamed(r) {
		return "45;97"
	}
	return ""
}

// nameStyle returns the ANSI style of a role's name, and of a cell of which it has a part.
func nameStyle(r fact.Role) string {
	switch r {
	case fact.RoleHosts:
		return "1;34"
	case fact.RoleServices:
		return "1;33"
	case fact.RolePods:
		return "1;32"
	}
	if isNamed(r) {
		return "1;35"
	}
	return ""
}

// Text writes p as text for people: the ranges, a map of the address space, nodes, numbers and warnings.
// The map is in proportion: 256 equal cells for each block that the plan draws from and uses.
func Text(w io.Writer, p *plan.Plan, o Options) error {
	v, err := viewOf(p)
	if err != nil {
		return err
	}
	b := &printer{color: o.Color}
	b.printf("%s\n\n", b.paint(headStyle, planHeadline(v)))
	textRanges(v, b)
	textMap(v, b)
	textNodes(v, b, o.Nodes)
	textNumbers(v, b)
	textWhy(v, b)
	textPermanence(v, b)
	textWarnings(v, b)
	textPins(v, b)
	textFrom(b, o.From)
	return b.flushTo(w)
}

// planHeadline says in one line what the plan is for.
func planHeadline(p *view) string {
	r := p.Request
	return fmt.Sprintf("Plan for \"%s\": %s, %s on each, %s, %s, Kubernetes %v", gate.Printable(r.Name),
		words.Plural(r.Nodes, "node"), words.Plural(r.PodsPerNode, "pod"), words.Plural(r.Services, "service"), familyWords(p), r.Kubernetes)
}

// familyWords returns "IPv4", "IPv6", "IPv4 and IPv6" or "IPv6 and IPv4".
func familyWords(p *view) string {
	var s []string
	for _, f := range p.Families {
		s = append(s, f.String())
	}
	return strings.Join(s, " and ")
}

func (b *printer) head(s string) { b.printf("%s\n", b.paint(headStyle, s)) }

func textRanges(p *view, b *printer) {
	b.head("Ranges")
	rows := [][]string{{"", "RANGE", "ADDRESSES", "HOLDS", "ROOM TO GROW"}}
	for _, r := range p.Ranges {
		rows = append(rows, []string{string(r.Role), r.Prefix.String(), size(r.Prefix), holds(p, r), growsTo(p, r)})
	}
	b.table("  ", "llrll", rows, func(n int) string {
		if n == 0 {
			return ""
		}
		return nameStyle(p.Ranges[n-1].Role)
	})
	b.WriteByte('\n')
}

// holds says what has room in a range.
func holds(p *view, r plan.Range) string {
	c := p.FamilyCapacity(r.Family())
	switch r.Role {
	case fact.RoleHosts:
		return plural(p.HostsIn(r), "host")
	case fact.RoleServices:
		return plural(c.Services, "service")
	case fact.RolePods:
		if c.NodeSubnets == 1 {
			return fmt.Sprintf("1 node with a /%d", c.NodeMask)
		}
		return fmt.Sprintf("%s nodes with a /%d each", cidr.FormatCount(c.NodeSubnets), c.NodeMask)
	}
	return namedHolds(r)
}

// namedHolds says how many addresses a range that the plan names has, base and broadcast address left out.
func namedHolds(r plan.Range) string {
	c := plan.Count{Exp: r.Prefix.Addr().BitLen() - r.Prefix.Bits()}
	if c.Exp >= 2 {
		if c.Minus = 1; r.Prefix.Addr().Is4() {
			c.Minus = 2
		}
	}
	if n, ok := c.Uint64(); ok && n == 1 {
		return "1 address"
	}
	return formatCount(c) + " addresses"
}

// plural returns a count of things: "1 host", "2 hosts".
func plural(c plan.Count, noun string) string {
	if n, ok := c.Uint64(); ok && n == 1 {
		return "1 " + noun
	}
	return formatCount(c) + " " + noun + "s"
}

func growsTo(p *view, r plan.Range) string {
	g := p.RangeGrowth(r)
	if g.Doublings == 0 {
		return "-"
	}
	return g.Into.String()
}

// formatCount returns c with commas between thousands, or as a power where it is beyond 2^40.
func formatCount(c plan.Count) string {
	if n, ok := c.Uint64(); ok && c.Exp < 40 {
		return cidr.FormatCount(n)
	}
	return c.String()
}

// formatBig returns n with commas between thousands, or "about 2^k" from 2^40 on, k being rounded.
func formatBig(n *big.Int) string {
	switch {
	case n == nil:
		return "0"
	case n.BitLen() > 40:
		k := n.BitLen() - 1
		return fmt.Sprintf("about 2^%d", k+int(n.Bit(k-1)))
	case n.Sign() < 0:
		return "-" + cidr.FormatCount(new(big.Int).Neg(n).Uint64())
	}
	return cidr.FormatCount(n.Uint64())
}

func textMap(p *view, b *printer) {
	b.head("Address space")
	drawn, idle, more := sortAreas(areasOf(p))
	zoomed := false
	for i, grids := range gridsOf(drawn) {
		b.textArea(drawn[i], grids)
		zoomed = zoomed || len(grids) > 1
	}
	for _, a := range idle {
		b.printf("  %v  %s\n", a.Prefix, a.idleWords())
	}
	for _, s := range more {
		b.printf("  %s\n", s)
	}
	if len(idle)+len(more) > 0 {
		b.WriteByte('\n')
	}
	if len(drawn) > 0 {
		named := ""
		if len(p.Named()) > 0 {
			named = "  " + b.paint(wholeStyle(roleNamed), "N") + " named"
		}
		b.printf("  %s hosts  %s services  %s pods%s  %s kept for growth  %s reserved  %s free\n",
			b.paint(wholeStyle(fact.RoleHosts), "H"), b.paint(wholeStyle(fact.RoleServices), "S"), b.paint(wholeStyle(fact.RolePods), "P"), named,
			b.paint(growthStyle, "+"), b.paint(reservedStyle, "X"), b.paint(freeStyle, "."))
		several := "*: several in one cell"
		if zoomed {
			several = "digits: several in one cell, enlarged below; *: several"
		}
		b.printf("  small letters: a part of the cell; %s\n\n", several)
	}
}

// textArea draws the grids of an area and lists its segments.
func (b *printer) textArea(a Area, grids []grid) {
	for _, g := range grids {
		b.printf("  %s\n", g.title(a))
		b.textGrid(g)
		b.WriteByte('\n')
	}
	var rows [][]string
	ledger := a.ledger()
	for _, r := range ledger {
		rows = append(rows, []string{r.Span, r.Size, r.Use})
	}
	b.table("    ", "lrl", rows, func(n int) string {
		switch r := ledger[n]; r.Kind {
		case SegmentUsed:
			return nameStyle(r.Role)
		case SegmentGrowth:
			return growthStyle
		case SegmentReserved:
			return reservedStyle
		}
		return freeStyle
	})
	b.WriteByte('\n')
}

// textGrid draws a grid, with its axis above.
func (b *printer) textGrid(g grid) {
	split, err := cidr.NewSplit(g.Prefix, g.CellBits)
	if err != nil {
		return
	}
	width := 0
	for i := 0; i < len(g.Cells); i += gridColumns {
		width = max(width, len(split.At(uint64(i)).Addr().String()))
	}
	axis := ""
	for _, t := range g.ticks(1) {
		axis += strings.Repeat(" ", t.Column-len(axis)) + t.Label
	}
	if axis != "" {
		b.printf("    %-*s  %s\n", width, "", axis)
	}
	for i := 0; i < len(g.Cells); i += gridColumns {
		b.printf("    %-*s  ", width, split.At(uint64(i)).Addr())
		b.cells(g.Cells[i:min(i+gridColumns, len(g.Cells))])
		b.WriteByte('\n')
	}
}

// cells writes one row of a grid, runs of equal cells in one piece.
func (b *printer) cells(cells []gridCell) {
	for i := 0; i < len(cells); {
		mark, style := cells[i].mark()
		j := i + 1
		for ; j < len(cells); j++ {
			if m, _ := cells[j].mark(); m != mark { // each has its style
				break
			}
		}
		b.WriteString(b.paint(style, strings.Repeat(mark, j-i)))
		i = j
	}
}

// mark returns the letter of a cell and its ANSI style.
func (c gridCell) mark() (mark, style string) {
	switch {
	case c.Kind == SegmentFree:
		return ".", freeStyle
	case c.Zoom > 0:
		return strconv.Itoa(c.Zoom), "1"
	case c.Shared:
		return "*", "1"
	case c.Kind == SegmentGrowth:
		return "+", growthStyle
	case c.Kind == SegmentReserved && c.Full:
		return "X", reservedStyle
	case c.Kind == SegmentReserved:
		return "x", reservedStyle
	}
	letter := "?" // of a plan made by hand, whose range has no role
	for _, r := range c.Role {
		letter = string(r)
		break
	}
	if c.Full {
		return strings.ToUpper(letter), wholeStyle(c.Role)
	}
	return letter, nameStyle(c.Role)
}

// idleWords says of an area without a range of the plan how much of it is free.
func (a Area) idleWords() string {
	var best netip.Prefix
	reserved := 0
	for _, s := range a.Segments {
		switch s.Kind {
		case SegmentFree:
			if q := largest(s.First, s.Last); !best.IsValid() || q.Bits() < best.Bits() {
				best = q
			}
		case SegmentReserved:
			reserved++
		}
	}
	switch {
	case !best.IsValid():
		return "reserved, nothing free"
	case reserved == 0:
		return "not used, all free"
	}
	return fmt.Sprintf("not used, %s reserved, the largest free block is %v", words.Plural(reserved, "range"), best)
}

func textNodes(p *view, b *printer, n int) {
	nodes := nodesOf(p, n)
	if len(nodes) == 0 {
		return
	}
	b.head("Nodes, in the order in which they register")
	var rows [][]string
	for _, x := range nodes {
		row := []string{x.Name}
		for _, q := range x.PodCIDRs {
			row = append(row, q.String())
		}
		rows = append(rows, row)
	}
	b.table("  ", "", rows, nil)
	if c := p.Capacity().Nodes; uint64(len(nodes)) < c {
		b.printf("  %s more have room\n", cidr.FormatCount(c-uint64(len(nodes))))
	}
	b.WriteByte('\n')
}

// A fact is a number of a plan with what it means.
type keyFigure struct{ what, value string }

// keyFigures returns the numbers of a plan, in the order in which to show them.
func keyFigures(p *view) []keyFigure {
	c := p.Capacity()
	r := p.Request
	fs := []keyFigure{
		{"API server service IP", joinAddrs(p.APIServerServiceIPs)},
		{"cluster DNS IP", joinAddrs(p.DNSServiceIPs)},
		{"nodes", fmt.Sprintf("%s, %s fit, %s left", withSurge(r), cidr.FormatCount(c.Nodes), cidr.FormatCount(c.NodesLeft))},
	}
	for _, f := range c.Families {
		in := ""
		if len(c.Families) > 1 {
			in = ", " + f.Family.String()
		}
		fs = append(fs,
			keyFigure{"node subnet" + in, fmt.Sprintf("/%d, room for %s pods at a time, %s planned", f.NodeMask, formatCount(f.PodsPerNode), words.Commas(r.PodsPerNode))},
			keyFigure{"services" + in, fmt.Sprintf("%s planned, %s fit, %s left", words.Commas(r.Services), formatCount(f.Services), formatBig(f.ServicesLeft))},
			keyFigure{"host addresses" + in, fmt.Sprintf("%s fit, %s left", formatBig(f.Hosts), formatBig(f.HostsLeft))})
		if f.StaticBand > 0 {
			fs = append(fs, keyFigure{"fixed service IPs" + in, fmt.Sprintf("the first %d addresses are handed out last: choose fixed ones there", f.StaticBand)})
		}
	}
	return fs
}

// withSurge says how many nodes are planned.
func withSurge(r plan.Request) string {
	if r.Surge == 0 {
		return words.Commas(r.Nodes) + " planned"
	}
	return fmt.Sprintf("%s planned, %s more during replacement", words.Commas(r.Nodes), words.Commas(r.Surge))
}

func joinAddrs(as []netip.Addr) string {
	if len(as) == 0 {
		return "none"
	}
	var s []string
	for _, a := range as {
		s = append(s, a.String())
	}
	return strings.Join(s, ", ")
}

func textNumbers(p *view, b *printer) {
	b.head("Numbers")
	var rows [][]string
	for _, f := range keyFigures(p) {
		rows = append(rows, []string{f.what, f.value})
	}
	b.table("  ", "", rows, nil)
	b.WriteByte('\n')
}

func textWhy(p *view, b *printer) {
	b.head("Why these")
	for _, r := range p.Ranges {
		b.printf("  %s %v\n", b.paint(nameStyle(r.Role), string(r.Role)), r.Prefix)
		b.wrap("    ", textWidth, gate.Printable(r.Sizing))
		b.wrap("    ", textWidth, gate.Printable(r.Why))
	}
	b.WriteByte('\n')
}

func textPermanence(p *view, b *printer) {
	b.head("Permanent after installation")
	var rows, later [][]string
	for _, x := range p.Permanence() {
		if x.Permanent {
			rows = append(rows, []string{x.What, x.Value})
		} else {
			later = append(later, []string{x.What, x.Value})
		}
	}
	b.table("  ", "", rows, nil)
	b.WriteByte('\n')
	b.head("Can be changed later")
	b.table("  ", "", later, nil)
}

func textWarnings(p *view, b *printer) {
	if len(p.Warnings) == 0 {
		return
	}
	b.WriteByte('\n')
	b.head("Warnings")
	for _, f := range p.Warnings {
		b.textFinding(f)
	}
}

// textPins says how to keep the ranges.
func textPins(p *view, b *printer) {
	if len(p.Ranges) == 0 {
		return
	}
	b.WriteByte('\n')
	b.head("To keep these ranges, and the node masks, when the request changes, add to it")
	for _, x := range p.Pins() {
		b.printf("  -pin %v\n", x)
	}
	for _, r := range p.Named() {
		b.printf("  -range %s=%v\n", r.Role, r.Prefix)
	}
	for _, f := range p.Families {
		b.printf("  -%s %d\n", maskKey(f), p.NodeMask(f))
	}
}

// maskKey returns the key of a request that fixes the node mask of a family.
func maskKey(f fact.Family) string {
	if f == fact.IPv6 {
		return "node-mask-ipv6"
	}
	return "node-mask-ipv4"
}

// textFinding writes a finding with its effect and what mends it.
func (b *printer) textFinding(f fact.Finding) {
	style := warningStyle
	if f.Severity == fact.Error {
		style = errorStyle
	}
	b.printf("  %s %s\n", b.paint(style, string(f.Severity)), f.Rule)
	b.wrap("    ", textWidth, gate.Printable(f.Message))
	b.wrap("    ", textWidth, gate.Printable(f.Effect))
	for _, fix := range f.Fix {
		b.wrap("    - ", textWidth, gate.Printable(fix))
	}
}

// maxListed is how many contradictions, and how many ranges in the way, are listed.
const maxListed = 12

// InfeasibleText writes why no plan exists, what would make one possible, and a plan that works instead.
func InfeasibleText(w io.Writer, e *plan.InfeasibleError, o Options) error {
	if e == nil {
		return ErrNoPlan
	}
	b := &printer{color: o.Color}
	b.printf("%s\n", b.paint(errorStyle, "No plan exists for this request."))
	b.textCauses(e)
	if len(e.Relaxations) == 0 {
		return b.flushTo(w)
	}
	b.WriteByte('\n')
	b.head("What would make it possible, each tried")
	for i, r := range e.Relaxations {
		b.wrap(fmt.Sprintf("  %d. ", i+1), textWidth, gate.Printable(r.Change))
		if len(r.Flags) > 0 {
			b.wrap("       ", textWidth, gate.Printable(strings.Join(r.Flags, " ")))
		}
	}
	if p, err := viewOf(e.Alternative()); err == nil {
		b.WriteByte('\n')
		b.head("The plan with the first of these")
		var rows [][]string
		for _, r := range p.Ranges {
			rows = append(rows, []string{string(r.Role), r.Prefix.String(), holds(p, r)})
		}
		b.table("  ", "", rows, func(n int) string { return nameStyle(p.Ranges[n].Role) })
	}
	return b.flushTo(w)
}

// textCauses writes what stands in the way: ranges that contradict each other, limits, families that are short of space.
func (b *printer) textCauses(e *plan.InfeasibleError) {
	conflicts := withoutNil(e.Conflicts)
	if len(conflicts) > 0 {
		b.WriteByte('\n')
		b.head("Ranges that contradict each other")
		for i, c := range conflicts {
			if i == maxListed {
				b.printf("  and %s more\n", words.Commas(len(conflicts)-i))
				break
			}
			b.wrap("  ", textWidth, gate.Printable(c.Error()))
		}
	}
	if limits := withoutNil(e.Limits); len(limits) > 0 {
		b.WriteByte('\n')
		b.head("What does not fit")
		for _, t := range limits {
			b.wrap("  ", textWidth, gate.Printable(t.Error()))
		}
	}
	for _, s := range withoutNil(e.Shortages) {
		b.textShortage(s)
	}
}

// withoutNil returns the elements of a list that are there.
func withoutNil[T any](list []*T) []*T {
	return slices.DeleteFunc(slices.Clone(list), func(x *T) bool { return x == nil })
}

func (b *printer) textShortage(s *plan.Shortage) {
	b.WriteByte('\n')
	b.head(fmt.Sprintf("Not enough %s space", s.Family))
	var within []string
	for _, q := range s.Within {
		within = append(within, q.String())
	}
	b.wrap("  ", textWidth, "to draw from: "+strings.Join(within, ", "))
	if s.Err != nil {
		b.wrap("  ", textWidth, gate.Printable(s.Err.Error()))
	}
	b.printf("  to be placed:\n")
	var rows [][]string
	for _, d := range s.Wanted {
		rows = append(rows, []string{string(d.Role), fmt.Sprintf("/%d", d.Bits), gate.Printable(d.Why)})
	}
	b.table("    ", "", rows, func(n int) string { return nameStyle(s.Wanted[n].Role) })
	if len(s.InTheWay) == 0 {
		return
	}
	b.printf("  in the way:\n")
	rows = nil
	for i, o := range s.InTheWay {
		if i == maxListed {
			rows = append(rows, []string{"", fmt.Sprintf("and %s more", words.Commas(len(s.InTheWay)-i)), ""})
			break
		}
		helps := ""
		if o.Helps {
			helps = "giving it up would suffice"
		}
		rows = append(rows, []string{o.Prefix.String(), gate.Printable(o.By), helps})
	}
	b.table("    ", "", rows, func(int) string { return reservedStyle })
}
