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
	src  []byte
	segs []segment
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
// Every style of scalar keeps its characters that are no blanks in order; what styles do to blanks and line ends differs.
// So characters are found one after the other, escapes decoded on the way, and blanks lie directly before the character
// that follows them.
func align(src []byte, i int, text string) []segment {
	a := &aligner{src: src}
	quote := byte(0)
	if i < len(src) {
		switch src[i] {
		case '"', '\'':
			quote = src[i]
			i++
		case '|', '>':
			for i < len(src) && src[i] != '\n' {
				i++
			}
			i = min(i+1, len(src))
		}
	}
	blank := -1 // first text byte of the blanks not placed yet
	for out := 0; out < len(text); {
		if c := text[out]; c == ' ' || c == '\t' || c == '\n' {
			if quote == '"' && i+1 < len(src) && src[i] == '\\' && src[i+1] != '\n' {
				// a blank that is written as an escape: \n, \t, \u0020
				if s, w := unescape(src[i:]); w > 0 && s == text[out:out+len(s)] {
					a.blanks(text, blank, out, i)
					blank = -1
					a.mark(out, i, true)
					out += len(s)
					i += w
					continue
				}
			}
			if i < len(src) && src[i] == c {
				if blank < 0 {
					a.mark(out, i, false)
				}
				i++
			} else if blank < 0 {
				a.mark(out, i, true)
				blank = out
			}
			out++
			continue
		}
		// a character: pass blanks, and line ends that were folded
		for i < len(src) && (src[i] == ' ' || src[i] == '\t' || src[i] == '\n' || quote == '"' && src[i] == '\\' && i+1 < len(src) && src[i+1] == '\n') {
			i++
		}
		a.blanks(text, blank, out, i)
		blank = -1
		switch {
		case i >= len(src):
			a.mark(out, len(src), true)
			return a.segs
		case quote == '"' && src[i] == '\\':
			s, w := unescape(src[i:])
			if w == 0 {
				a.mark(out, i, true)
				return a.segs
			}
			i += w
			if len(bytes.TrimLeft([]byte(s), " \t\n")) == 0 {
				continue // a blank that was placed already
			}
			a.mark(out, i-w, true)
			out += max(len(s), 1)
		case quote == '\'' && src[i] == '\'':
			a.mark(out, i, false)
			out++
			i += 2
		case strings.HasPrefix(text[out:], "\uFFFD") && !bytes.HasPrefix(src[i:], []byte("\uFFFD")):
			// encoding/json writes U+FFFD for a byte that is no UTF-8
			a.mark(out, i, true)
			out += len("\uFFFD")
			i++
		default:
			a.mark(out, i, false)
			out++
			i++
		}
	}
	a.mark(len(text), min(i, len(src)), false)
	return a.segs
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

// unescape returns the value of the escape sequence of a double-quoted string, of YAML or JSON, that s begins with, and
// its length; 0 if it is none.
func unescape(s []byte) (string, int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	digits := 0
	switch s[1] {
	case '0':
		return "\x00", 2
	case 'a':
		return "\a", 2
	case 'b':
		return "\b", 2
	case 't', '\t':
		return "\t", 2
	case 'n':
		return "\n", 2
	case 'v':
		return "\v", 2
	case 'f':
		return "\f", 2
	case 'r':
		return "\r", 2
	case 'e':
		return "\x1b", 2
	case ' ', '"', '/', '\\', '\'':
		return string(s[1]), 2
	case 'N':
		return "\u0085", 2
	case '_':
		return "\u00a0", 2
	case 'L':
		return "\u2028", 2
	case 'P':
		return "\u2029", 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
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
