package netdist

import (
	"bytes"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// A textTable is a table that a command prints.
type textTable struct {
	heads []string // headings that have to be there, in their order
	row   func(r *reader, cells map[string]cell)
}

// A cell is one cell of a table, with its place.
type cell struct {
	text string
	pos  Position
}

// A textLine is a line that a command prints.
type textLine struct {
	mark   string // begins every such line, behind blanks
	inside bool   // it may also stand further on in the line
	read   func(r *reader, line string, pos Position)
}

// widest is how long a line of a table may be; longer ones are no table.
const widest = 4096

// text reads what commands print.
func (r *reader) text(f *source.File) {
	var heads []element
	var row func(*reader, map[string]cell)
	data := f.Data
	for off := 0; off < len(data); {
		end := off + bytes.IndexByte(data[off:], '\n')
		if end < off {
			end = len(data)
		}
		if end-off <= widest {
			line := string(data[off:end])
			if h, fn := r.heading(line); fn != nil {
				heads, row = h, fn
			} else {
				heads, row = r.tableRow(f, line, off, heads, row)
				r.line(f, line, off)
			}
		}
		off = end + 1
	}
}

// tableRow reads a line below a heading, if there is one, and returns the heading as long as the table goes on.
func (r *reader) tableRow(f *source.File, line string, off int, heads []element, row func(*reader,
	map[string]cell)) ([]element, func(*reader, map[string]cell)) {
	if row == nil {
		return nil, nil
	}
	if strings.Trim(line, "+-| \t") == "" && strings.TrimSpace(line) != "" {
		return heads, row // a rule of a box
	}
	cells := cellsOf(f, line, off, heads)
	if cells == nil {
		return nil, nil
	}
	row(r, cells)
	return heads, row
}

// line reads a line on its own.
func (r *reader) line(f *source.File, line string, off int) {
	for i := range r.rows {
		for _, l := range r.rows[i].lines {
			if j := strings.Index(line, l.mark); j >= 0 && (l.inside || strings.TrimSpace(line[:j]) == "") {
				l.read(r, line[j:], Position(f.Position(off+j)))
			}
		}
	}
}

// heading returns the headings of a line that is the head of a known table.
func (r *reader) heading(line string) ([]element, func(*reader, map[string]cell)) {
	if !strings.Contains(line, "CIDR") && !strings.Contains(line, "ADDRESSES") && !strings.Contains(line, "INTERNALIP") {
		return nil, nil
	}
	var heads []element
	for i := range r.rows {
		for _, t := range r.rows[i].tables {
			if heads == nil {
				heads = columns(line)
			}
			if sameHeads(heads, t.heads) {
				return heads, t.row
			}
		}
	}
	return nil, nil
}

// sameHeads reports whether the headings begin with want, after the one of a namespace.
func sameHeads(heads []element, want []string) bool {
	if len(heads) > 0 && heads[0].text == "NAMESPACE" && want[0] != "NAMESPACE" {
		heads = heads[1:]
	}
	if len(heads) < len(want) {
		return false
	}
	for i, w := range want {
		if heads[i].text != w {
			return false
		}
	}
	return true
}

// columns cuts a line at two blanks or more, at tabs, and at the bars of a box.
func columns(line string) []element {
	var out []element
	start := -1
	for i := 0; i <= len(line); i++ {
		gap := i == len(line) || line[i] == '\t' || line[i] == '|' || line[i] == ' ' && (start < 0 || i+1 >= len(line) ||
			line[i+1] == ' ' || line[i+1] == '|')
		switch {
		case gap && start >= 0:
			out = append(out, element{line[start:i], start})
			start = -1
		case !gap && start < 0:
			start = i
		}
	}
	return out
}

// cellsOf returns the cells of a line by heading, nil where the line is none of the table's.
func cellsOf(f *source.File, line string, off int, heads []element) map[string]cell {
	cols := columns(line)
	if len(cols) == 0 || strings.HasPrefix(strings.TrimSpace(line), "$") {
		return nil
	}
	out := make(map[string]cell, len(heads))
	if len(cols) == len(heads) {
		for i, h := range heads {
			out[h.text] = cell{text: cols[i].text, pos: Position(f.Position(off + cols[i].off))}
		}
		return out
	}
	for _, c := range cols { // some cells are empty: they stand below their headings
		for _, h := range heads {
			if h.off == c.off {
				out[h.text] = cell{text: c.text, pos: Position(f.Position(off + c.off))}
			}
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// seeAt notes that a network is in use, by a place in a text.
func (r *reader) seeAt(name, key string, pos Position) *found {
	n := r.network(name)
	n.active = true
	if n.Key == "" {
		n.Key, n.Pos = key, pos
	}
	return n
}

// afterColon returns the value of a line "KEY:   value", as kubectl describe prints, and how far it is from the key's
// start. It is "" where the key is not the whole word before the colon, or where one blank follows, as in YAML.
func afterColon(line, key string) (string, int) {
	rest, ok := strings.CutPrefix(line, key)
	if !ok {
		return "", 0
	}
	value, ok := strings.CutPrefix(rest, ":")
	if !ok || !strings.HasPrefix(value, "  ") && !strings.HasPrefix(value, "\t") {
		return "", 0
	}
	t := strings.TrimLeft(value, " \t")
	return strings.TrimRight(t, " \t\r"), len(line) - len(t)
}
