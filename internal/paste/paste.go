// Package paste cuts what people hand over into what readers understand: one input may be a terminal transcript with
// many
// commands, the body of a forum post, a log in the frame of journald or a container runtime, or several of these in
// each other.
// [Cut] takes such frames off, from outside to inside, and tells of each segment whose host it shows, of which file or
// command, and where each of its bytes stands in the input.
//
// It reads no values and knows no rule about address ranges. It is pure, allocates nothing beyond a small multiple of
// the
// input, and takes time linear in it. Archives and folders are the caller's: a call reads one input.
//
// It cuts only where a frame is certain. A manifest with comments, a script, a systemd unit, an INI file is one
// segment,
// byte for byte, since a wrong cut of a good file costs more than a frame that stays on.
package paste

import (
	"sort"
	"strings"
)

// A Kind says what a segment is, as far as its frame and the look of its first lines tell.
type Kind string

// The kinds of segments.
const (
	KindFile     Kind = "file"     // the content of a file, or a text of which no frame tells what it is
	KindOutput   Kind = "output"   // what a command printed
	KindCommands Kind = "commands" // command lines that somebody typed, or a script
	KindLog      Kind = "log"      // what a program said, its headers but klog's taken off
	KindProse    Kind = "prose"    // sentences: no reader may take one for a command line
	KindCode     Kind = "code"     // source of a program: neither
	KindDiff     Kind = "diff"     // a patch: its lines are of two files
)

// A Segment is a part of an input without its frame. The zero value is an empty segment of no kind.
// Its methods may be called by several goroutines.
type Segment struct {
	Kind     Kind
	Host     string   // whose it is: from prompt, ssh, label or log header. "" unknown. For kubectl exec the pod
	Pod      string   // "namespace/pod" or "pod" that said it, "" if none or unknown
	Program  string   // container, unit or program that said it, "" unknown
	Path     string   // of the file whose content it is, as written, "" unknown
	Command  []string // argv of the command whose output it is, or that it is; without sudo, ssh, docker exec. nil unknown
	Partial  bool     // a filter or a pager stands between the command and the output: what is absent proves nothing
	Lines    bool     // Partial, and the lines that are there are whole
	Chopped  bool     // Partial, and the ends of lines may be missing
	Written  bool     // a here-document: Path was to get this content; what the host has may differ
	Template bool     // holds marks of a template, so that its values are none yet
	Data     []byte   // the text, UTF-8, lines end in \n. The input itself where nothing was cut

	origin *origin
	runs   []run    // where Data comes from; nil: Data is the input
	lines  []int    // offset of each line of Data; nil for an input that was not cut
	outer  *Segment // that it was taken from, which is the input then
}

// A run is a stretch of Data that comes from one place of the input.
type run struct {
	pos, src int
	exact    bool // each byte of it stands at its own place; otherwise all of it was decoded from what stands at src
}

// An origin is the text that was cut.
type origin struct {
	text  string
	lines []int // offset of each line
}

// place returns line and column of an offset, both from 1.
func (o *origin) place(off int) (line, column int) {
	n := sort.SearchInts(o.lines, off+1)
	return n, off - o.lines[n-1] + 1
}

// Place returns where the byte at line and column of s.Data stands in the input. All four count from 1, columns in
// bytes, in
// the input's text after its byte order mark. A byte that was decoded from an escape has the place of the escape, a
// line
// end that of the frame behind it. A place outside of s.Data is taken for its nearest byte.
func (s *Segment) Place(line, column int) (origLine, origColumn int) {
	if s.origin == nil {
		return line, column
	}
	origLine, origColumn = s.origin.place(s.source(s.offset(line, column)))
	if s.outer != nil {
		return s.outer.Place(origLine, origColumn)
	}
	return origLine, origColumn
}

// offset returns the offset in s.Data of a place in it.
func (s *Segment) offset(line, column int) int {
	if line < 1 || len(s.lines) == 0 {
		return 0
	}
	if line > len(s.lines) {
		return len(s.Data)
	}
	end := len(s.Data)
	if line < len(s.lines) {
		end = s.lines[line] - 1
	}
	return min(s.lines[line-1]+max(column-1, 0), end)
}

// source returns the offset in the input of the byte at offset off of s.Data.
func (s *Segment) source(off int) int {
	i := sort.Search(len(s.runs), func(i int) bool { return s.runs[i].pos > off }) - 1
	if i < 0 {
		return 0
	}
	r := s.runs[i]
	if r.exact {
		r.src += off - r.pos
	}
	return min(r.src, len(s.origin.text))
}

// Cut returns the segments of an input in the order in which they begin. name is that of the file, and tells source
// code
// and scripts; data is kept by an input that is not cut, and not changed.
//
// Most inputs have no frame. To find that out, Cut looks at the first 8 KiB for what the text is, and then at the
// first byte of each
// line: one that is blank, as most are in YAML and JSON, costs no more, and any other is compared with the
// few beginnings that a frame can have. Only a line that has one is matched with patterns. Such an input
// is returned as it came, neither copied nor decoded.
func Cut(name string, data []byte) []Segment {
	text, ok := decode(data)
	shape := shapeOf(name, text)
	if ok && isCast(text) {
		c := newCutter(string(text), shapeText)
		c.name = name
		if c.carrier(c.clean(castLines(c.input())), head{}, 0); len(c.out) > 0 {
			return c.out
		}
	}
	if ok && shape == shapeDiff {
		c := newCutter(string(text), shape)
		c.name = name
		if c.emit(head{kind: KindDiff}, c.input()); len(c.out) > 0 && !c.out[0].unframed() {
			return c.out
		}
	}
	if !ok || !shape.marked(text) {
		kind := shape.kindOf(text)
		return []Segment{{Kind: kind, Data: data, Template: isTemplate(name, text, kind)}}
	}
	c := newCutter(string(text), shape)
	c.name = name
	c.carrier(c.clean(c.input()), head{}, 0)
	if len(c.out) == 0 {
		return []Segment{{Kind: shape.kind(), Data: data}}
	}
	if s := &c.out[0]; len(c.out) == 1 && s.unframed() {
		s.Data, s.origin, s.runs, s.lines = data, nil, nil, nil
	}
	return c.out
}

// unframed reports whether s is all of the input.
func (s *Segment) unframed() bool {
	return len(s.Data) == len(s.origin.text) && len(s.runs) == 1 && s.runs[0].exact
}

// A head is what is known of a text before it is read.
type head struct {
	kind      Kind
	host, pod string
	program   string
	path      string
	command   []string
	partial   bool
	cuts      bool // lines themselves may be cut, where partial
	chops     bool // the ends of lines may be cut off, where partial
	written   bool
	fixed     bool // it is the content of one file: no further frame is looked for in it
}

// A cutter cuts one input.
type cutter struct {
	origin   *origin
	name     string
	shape    shape
	hosts    []string        // user@host of the prompts so far, each once
	leads    map[string]bool // weak prompts so far, which may stand without a command
	searched int             // lines that were searched in vain for the end of a here-document
	out      []Segment
}

func newCutter(text string, sh shape) *cutter {
	c := &cutter{origin: &origin{text: text, lines: []int{0}}, shape: sh}
	for off := 0; ; {
		i := strings.IndexByte(text[off:], '\n')
		if i < 0 {
			return c
		}
		off += i + 1
		c.origin.lines = append(c.origin.lines, off)
	}
}

// input returns the lines of the input.
func (c *cutter) input() []line {
	starts, text := c.origin.lines, c.origin.text
	ls := make([]line, 0, len(starts))
	for i, at := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1] - 1
		} else if at == end {
			break // behind the last line end
		}
		ls = append(ls, line{s: text[at:end], at: at})
	}
	return ls
}

// emit adds lines as a segment, a patch as what its files hold.
func (c *cutter) emit(h head, ls []line) {
	if len(ls) > 0 && (h.kind == KindDiff || h.kind == "" || h.kind == KindOutput && !h.fixed) && isPatch(ls) {
		c.patch(h, ls)
		return
	}
	c.emitAs(h, ls)
}

// isPatch reports whether lines begin as a patch does.
func isPatch(ls []line) bool {
	some := sample(ls, sampleSize)
	if len(some) < 3 || !diffHead.MatchString(some[0].s) && !hunkLine.MatchString(some[0].s) {
		return false
	}
	for _, l := range some {
		if hunkLine.MatchString(l.s) {
			return true
		}
	}
	return false
}

// emitAs adds lines as a segment. Blank lines around it belong to its frame unless it is all of the input.
func (c *cutter) emitAs(h head, ls []line) {
	if len(ls) == 0 || len(ls) != len(c.origin.lines) && len(trimBlank(ls)) == 0 {
		return
	}
	if len(c.out) > 0 || ls[0].src(0) != 0 {
		ls = trimBlank(ls)
		if len(ls) == 0 {
			return
		}
	}
	s := Segment{Kind: h.kind, Host: h.host, Pod: h.pod, Program: h.program, Path: h.path, Command: h.command,
		Partial: h.partial, Lines: h.partial && !h.cuts && h.kind == KindOutput, Chopped: h.chops, Written: h.written, origin: c.origin}
	size := 0
	for _, l := range ls {
		size += len(l.s) + 1
	}
	s.Data = make([]byte, 0, size)
	s.lines = make([]int, 0, len(ls))
	for _, l := range ls {
		s.lines = append(s.lines, len(s.Data))
		s.addLine(l)
	}
	if s.Kind == "" {
		s.Kind = lookOf(c.shape, h, ls)
	}
	s.Template = isTemplate(h.path, s.Data, s.Kind)
	c.out = append(c.out, s)
}

// addLine appends a line and its end, which the last line of the input may not have.
func (s *Segment) addLine(l line) {
	if l.m == nil {
		s.addRun(run{len(s.Data), l.at, true})
	}
	for _, j := range l.m {
		s.addRun(run{len(s.Data) + j.pos, j.src, j.exact})
	}
	s.Data = append(s.Data, l.s...)
	end := l.src(len(l.s))
	if end >= len(s.origin.text) {
		return
	}
	s.addRun(run{len(s.Data), end, s.origin.text[end] == '\n'})
	s.Data = append(s.Data, '\n')
}

// addRun appends a run, which may go on with the last one.
func (s *Segment) addRun(r run) {
	if n := len(s.runs); n > 0 {
		last := &s.runs[n-1]
		if last.exact && r.exact && r.pos-last.pos == r.src-last.src {
			return
		}
		if last.pos == r.pos {
			*last = r
			return
		}
	}
	s.runs = append(s.runs, r)
}
