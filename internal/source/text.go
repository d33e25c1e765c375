package source

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// File returns the text of a scalar as a file of its own, whose positions point into the file that n stands in: through
// the indentation of a block scalar, the folds of a folded one, and the escapes of a quoted one, of JSON as of YAML.
// For a nil Node, a mapping or a sequence it is an empty File without a name.
func (n *Node) File() *File {
	if n == nil || n.file == nil || n.Kind == Mapping || n.Kind == Sequence {
		return &File{lim: Limits{}.withDefaults(), lines: []int{0}}
	}
	outer := n.file
	if in := outer.inner[n]; in != nil {
		return in
	}
	in := &File{Name: n.Pos.File, Data: []byte(n.Text), lim: outer.lim, secret: outer.secret, outer: outer}
	in.index()
	segs := align(outer.Data, n.off, n.Text)
	in.pos = func(offset int) fact.Position {
		// The last segment that starts at or before offset.
		lo, hi := 0, len(segs)
		for lo < hi {
			if m := (lo + hi) / 2; segs[m].out <= offset {
				lo = m + 1
			} else {
				hi = m
			}
		}
		if lo == 0 {
			return outer.Position(n.off)
		}
		s := segs[lo-1]
		if s.fixed {
			return outer.Position(s.in)
		}
		return outer.Position(s.in + offset - s.out)
	}
	if len(n.Text) > 1<<10 { // as a file in a ConfigMap is, that several readers ask for
		if outer.inner == nil {
			outer.inner = map[*Node]*File{}
		}
		outer.inner[n] = in
	}
	return in
}

// A segment says that the bytes of a scalar's text from out on stand in its file from in on, byte by byte, or all at in
// where they are the value of one escape.
type segment struct {
	out, in int
	fixed   bool
}

// An aligner goes through a scalar's text and its source side by side.
type aligner struct {
	src   []byte
	text  string
	i     int  // next byte of src
	out   int  // next byte of text
	quote byte // the scalar's, 0 for none
	blank int  // first byte of text of the blanks that are not placed yet, or -1
	segs  []segment
}

// mark notes that text byte out stands at in.
func (a *aligner) mark(out, in int, fixed bool) {
	if k := len(a.segs) - 1; k >= 0 && !fixed && !a.segs[k].fixed && in-out == a.segs[k].in-a.segs[k].out {
		return
	}
	a.segs = append(a.segs, segment{out, in, fixed})
}

// align finds where the bytes of text, the value of the scalar that starts at src[i], stand.
//
// Every style of scalar keeps its characters that are no blanks in order; what styles do to blanks and line ends
// differs.
// So characters are found one after the other, escapes decoded on the way, and blanks lie directly before the character
// that follows them.
func align(src []byte, i int, text string) []segment {
	a := &aligner{src: src, text: text, i: i, blank: -1}
	a.open()
	for a.out < len(text) {
		if c := text[a.out]; c == ' ' || c == '\t' || c == '\n' {
			a.space(c)
		} else if !a.char() {
			return a.segs
		}
	}
	a.mark(len(text), min(a.i, len(src)), false)
	return a.segs
}

// open passes over what stands before the text of a scalar: a quote, or the line that opens a block.
func (a *aligner) open() {
	if a.i >= len(a.src) {
		return
	}
	switch a.src[a.i] {
	case '"', '\'':
		a.quote = a.src[a.i]
		a.i++
	case '|', '>':
		for a.i < len(a.src) && a.src[a.i] != '\n' {
			a.i++
		}
		a.i = min(a.i+1, len(a.src))
	}
}

// escaped reports whether an escape of a double-quoted string stands at the place that is looked at.
func (a *aligner) escaped() bool { return a.quote == '"' && a.i < len(a.src) && a.src[a.i] == '\\' }

// lineEnd reports whether the escape there is the end of a line, which stands for nothing.
func (a *aligner) lineEnd() bool { return a.i+1 < len(a.src) && a.src[a.i+1] == '\n' }

// space finds the place of a blank or a line end of the text.
func (a *aligner) space(c byte) {
	if a.escaped() && a.i+1 < len(a.src) && !a.lineEnd() {
		// a blank that is written as an escape: \n, \t, \u0020
		if s, w := unescape(a.src[a.i:]); w > 0 && s == a.text[a.out:a.out+len(s)] {
			a.blanks(a.text, a.blank, a.out, a.i)
			a.blank = -1
			a.mark(a.out, a.i, true)
			a.out += len(s)
			a.i += w
			return
		}
	}
	if a.i < len(a.src) && a.src[a.i] == c {
		if a.blank < 0 {
			a.mark(a.out, a.i, false)
		}
		a.i++
	} else if a.blank < 0 {
		a.mark(a.out, a.i, true)
		a.blank = a.out
	}
	a.out++
}

// char finds the place of a character of the text; false where the source has no more.
func (a *aligner) char() bool {
	// pass blanks, and line ends that were folded
	for a.i < len(a.src) && (a.src[a.i] == ' ' || a.src[a.i] == '\t' || a.src[a.i] == '\n' || a.escaped() && a.lineEnd()) {
		a.i++
	}
	a.blanks(a.text, a.blank, a.out, a.i)
	a.blank = -1
	switch {
	case a.i >= len(a.src):
		a.mark(a.out, len(a.src), true)
		return false
	case a.escaped():
		s, w := unescape(a.src[a.i:])
		if w == 0 {
			a.mark(a.out, a.i, true)
			return false
		}
		a.i += w
		if strings.TrimLeft(s, " \t\n") == "" {
			return true // a blank that was placed already
		}
		a.mark(a.out, a.i-w, true)
		a.out += max(len(s), 1)
	case a.quote == '\'' && a.src[a.i] == '\'':
		a.mark(a.out, a.i, false)
		a.out++
		a.i += 2
	case strings.HasPrefix(a.text[a.out:], "\uFFFD") && !bytes.HasPrefix(a.src[a.i:], []byte("\uFFFD")):
		// encoding/json writes U+FFFD for a byte that is no UTF-8
		a.mark(a.out, a.i, true)
		a.out += len("\uFFFD")
		a.i++
	default:
		a.mark(a.out, a.i, false)
		a.out++
		a.i++
	}
	return true
}

// blanks places the blanks of text[from:to], as far as they stand on one line, before the character at src[i].
func (a *aligner) blanks(text string, from, to, i int) {
	if from < 0 {
		// The blanks had places, but indentation was taken for them where the character stands further right.
		from = to
		for from > 0 && (text[from-1] == ' ' || text[from-1] == '\t') {
			from--
		}
	} else if k := bytes.LastIndexByte([]byte(text[from:to]), '\n'); k >= 0 {
		from += k + 1
	}
	w := to - from
	if w == 0 || w > i || len(bytes.TrimLeft(a.src[i-w:i], " \t")) > 0 {
		return
	}
	for k := len(a.segs) - 1; k >= 0 && a.segs[k].out >= from; k-- {
		a.segs = a.segs[:k]
	}
	a.mark(from, i-w, false)
}

// escapes are the escapes of a double-quoted string that consist of one letter.
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': "\"", '/': "/", '\\': "\\", '\'': "'", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// unescape returns the value of the escape sequence of a double-quoted string, of YAML or JSON, that s begins with, and
// its length; 0 if it is none.
func unescape(s []byte) (string, int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	if v, ok := escapes[s[1]]; ok {
		return v, 2
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	if digits == 0 || len(s) < 2+digits {
		return "", 0
	}
	v, err := strconv.ParseUint(string(s[2:2+digits]), 16, 32)
	if err != nil {
		return "", 0
	}
	w := 2 + digits
	r := rune(v)
	if v > utf8.MaxRune {
		r = utf8.RuneError
	}
	if digits == 4 && utf16.IsSurrogate(r) {
		// JSON writes what is beyond 16 bits as two escapes.
		if len(s) >= w+6 && s[w] == '\\' && s[w+1] == 'u' {
			if lo, err := strconv.ParseUint(string(s[w+2:w+6]), 16, 32); err == nil {
				if full := utf16.DecodeRune(r, rune(lo)); full != utf8.RuneError {
					return string(full), w + 6
				}
			}
		}
		r = utf8.RuneError
	}
	return string(r), w
}
