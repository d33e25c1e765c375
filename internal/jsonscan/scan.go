// Package jsonscan reads JSON from a stream, keeps the line and column of each value, and skips what nobody asks for.
//
// It accepts exactly the texts that encoding/json accepts, whole or in part: what is skipped is checked as well. Memory
// is one window of the input, whatever the input's size; only the text of values that a caller takes is copied. Nesting
// and the length of a text that is taken are limited.
package jsonscan

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

const (
	// MaxDepth is how deep objects and arrays may nest: encoding/json maxNestingDepth, Go 1.26.
	MaxDepth = 10000
	// MaxText is how long a key, or a string or number that is taken, may be, in bytes.
	MaxText = 1 << 20

	window = 128 << 10
)

// A Kind is the kind of a value, told by its first byte.
type Kind byte

// The kinds. None is no value: the end of the input, or a byte that begins none.
const (
	None   Kind = 0
	Object Kind = '{'
	Array  Kind = '['
	String Kind = '"'
	Number Kind = '0'
	True   Kind = 't'
	False  Kind = 'f'
	Null   Kind = 'n'
)

// A Scanner reads the values of one JSON text in order. Its methods return an error of type *[source.Error] once the
// text is found to be wrong or at an end too early, and then always the same. It is not safe for concurrent use.
type Scanner struct {
	name string
	r    io.Reader
	buf  []byte // window into the input
	pos  int    // next byte, an index of buf
	base int64  // offset of buf[0] in the input
	line int    // of buf[pos], from 1
	bol  int64  // offset of the first byte of that line
	mark int    // index of the first byte that is kept, or -1
	lost bool   // what was marked grew beyond keep
	keep int    // most bytes that are kept
	rerr error  // what the reader said last
	err  error  // sticky

	stack   []byte // open objects and arrays, as their first byte
	pending bool   // a value stands next that nobody has read
	key     []byte // of the innermost object, a copy
	scratch []byte // a text that is not a slice of the window
}

// New returns a scanner of the text that r holds, UTF-8 without a byte order mark. name is the file in its positions.
func New(name string, r io.Reader) *Scanner {
	return &Scanner{name: name, r: r, buf: make([]byte, 0, window), line: 1, mark: -1}
}

// NewAt returns a scanner of the text that r holds, which begins at pos.
func NewAt(pos fact.Position, r io.Reader) *Scanner {
	return &Scanner{name: pos.File, r: r, buf: make([]byte, 0, 4<<10), line: pos.Line, bol: int64(1 - pos.Column), mark: -1}
}

// more reads on into the window. It reports whether there is a byte to read at s.pos, which it may move.
func (s *Scanner) more() bool {
	if s.rerr != nil {
		return false
	}
	from := s.pos
	if s.mark >= 0 {
		if len(s.buf)-s.mark > s.keep {
			s.mark, s.lost = -1, true
		} else {
			from = s.mark
		}
	}
	if n := len(s.buf) - from; n == cap(s.buf) {
		b := make([]byte, n, 2*cap(s.buf))
		copy(b, s.buf)
		s.buf = b
	} else {
		s.buf = s.buf[:copy(s.buf[:cap(s.buf)], s.buf[from:])]
	}
	s.base += int64(from)
	s.pos -= from
	if s.mark >= 0 {
		s.mark -= from
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		if n < 0 || n > cap(s.buf)-len(s.buf) {
			n, err = 0, io.ErrNoProgress
		}
		s.buf = s.buf[:len(s.buf)+n]
		if s.rerr = err; n > 0 || err != nil {
			return n > 0
		}
	}
	s.rerr = io.ErrNoProgress
	return false
}

// Pos returns the place of the next byte: of the next value, after [Scanner.Kind].
func (s *Scanner) Pos() fact.Position {
	return fact.Position{File: s.name, Line: s.line, Column: int(s.base+int64(s.pos)-s.bol) + 1}
}

// Offset returns how many bytes have been read.
func (s *Scanner) Offset() int64 { return s.base + int64(s.pos) }

// Err returns the error that stopped s, or nil.
func (s *Scanner) Err() error { return s.err }

func (s *Scanner) fail(format string, args ...any) error {
	if s.err == nil {
		s.err = &source.Error{Pos: s.Pos(), Msg: fmt.Sprintf(format, args...)}
	}
	return s.err
}

// end is the error where the input stops though more has to come.
func (s *Scanner) end() error {
	if s.rerr != nil && s.rerr != io.EOF {
		return s.fail("cannot be read on: %v", s.rerr)
	}
	return s.fail("the JSON text ends too early: %d objects or lists are still open; the file is cut off", len(s.stack))
}

// unexpected is the error for the byte c at s.pos.
func (s *Scanner) unexpected(c byte, want string) error {
	return s.fail("unexpected %s in JSON, want %s", quoted(c), want)
}

func quoted(c byte) string {
	if c >= utf8.RuneSelf {
		return "byte 0x" + strconv.FormatUint(uint64(c), 16)
	}
	return strconv.QuoteRune(rune(c))
}

const eightSpaces = 0x2020202020202020

// next moves to the next byte that is no white space and returns it; false at the end of the input.
func (s *Scanner) next() (byte, bool) {
	for {
		b := s.buf[s.pos:]
		for i := 0; i < len(b); {
			c := b[i]
			if c > ' ' {
				s.pos += i
				return c, true
			}
			i++
			switch c {
			case '\n':
				s.line++
				s.bol = s.base + int64(s.pos+i)
				for len(b)-i >= 8 && binary.LittleEndian.Uint64(b[i:]) == eightSpaces {
					i += 8
				}
			case ' ', '\t', '\r':
			default:
				s.pos += i - 1
				return c, true
			}
		}
		s.pos = len(s.buf)
		if !s.more() {
			return 0, false
		}
	}
}

// peek returns the byte at s.pos; false at the end of the input.
func (s *Scanner) peek() (byte, bool) {
	if s.pos == len(s.buf) && !s.more() {
		return 0, false
	}
	return s.buf[s.pos], true
}

// Kind returns the kind of the next value, and moves to it; None at the end of the input, or where no value begins.
func (s *Scanner) Kind() Kind {
	if s.err != nil {
		return None
	}
	c, ok := s.next()
	if !ok {
		return None
	}
	return kindOf(c)
}

func kindOf(c byte) Kind {
	switch c {
	case '{', '[', '"', 't', 'f', 'n':
		return Kind(c)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	}
	return None
}

// Object reads an object. It calls f for each key, with the value next; a value that f does not read is skipped. The
// key is valid until the next call of a method. Any other value is skipped, without a call. An error of f ends the
// reading and is returned.
func (s *Scanner) Object(f func(key []byte) error) error {
	if s.Kind() != Object {
		return s.Skip()
	}
	s.pending = false
	if err := s.push('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.member(first)
		if err != nil || !more {
			return err
		}
		key, err := s.text()
		if err != nil {
			return err
		}
		s.key = append(s.key[:0], key...)
		if err := s.colon(); err != nil {
			return err
		}
		s.pending = true
		if err := f(s.key); err != nil {
			return err
		}
		if s.pending {
			if err := s.Skip(); err != nil {
				return err
			}
		}
	}
}

// Array reads an array. It calls f for each element, which is next; an element that f does not read is skipped. Any
// other value is skipped, without a call. An error of f ends the reading and is returned.
func (s *Scanner) Array(f func() error) error {
	if s.Kind() != Array {
		return s.Skip()
	}
	s.pending = false
	if err := s.push('['); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.member(first)
		if err != nil || !more {
			return err
		}
		s.pending = true
		if err := f(); err != nil {
			return err
		}
		if s.pending {
			if err := s.Skip(); err != nil {
				return err
			}
		}
	}
}

func (s *Scanner) push(c byte) error {
	if len(s.stack) >= MaxDepth {
		return s.fail("objects and lists nest more than %d deep", MaxDepth)
	}
	s.stack = append(s.stack, c)
	s.pos++
	return nil
}

// member moves to the next member of the innermost object or array. It reports false at its end, which it consumes.
// In an object the next byte is then the quote of a key.
func (s *Scanner) member(first bool) (bool, error) {
	object := s.stack[len(s.stack)-1] == '{'
	c, ok := s.next()
	if !ok {
		return false, s.end()
	}
	if object && c == '}' || !object && c == ']' {
		s.stack = s.stack[:len(s.stack)-1]
		s.pos++
		return false, nil
	}
	if !first {
		if c != ',' {
			if object {
				return false, s.unexpected(c, `"," or "}" after a value of an object`)
			}
			return false, s.unexpected(c, `"," or "]" after a value of a list`)
		}
		s.pos++
		if c, ok = s.next(); !ok {
			return false, s.end()
		}
	}
	if object && c != '"' {
		return false, s.unexpected(c, "a key in quotes")
	}
	return true, nil
}

// colon reads the colon after a key.
func (s *Scanner) colon() error {
	c, ok := s.next()
	if !ok {
		return s.end()
	}
	if c != ':' {
		return s.unexpected(c, `":" after a key`)
	}
	s.pos++
	return nil
}

// End returns nil if nothing but white space follows.
func (s *Scanner) End() error {
	if s.err != nil {
		return s.err
	}
	if c, ok := s.next(); ok {
		return s.unexpected(c, "nothing more after the end of the JSON text")
	}
	if s.rerr != io.EOF {
		return s.end()
	}
	return nil
}

// Text returns the next value as text and moves behind it: a string without quotes and escapes, a number, true, false
// or null as it is written. Objects and arrays are skipped; their text is empty.
func (s *Scanner) Text() (string, Kind, error) {
	k := s.Kind()
	s.pending = false
	var err error
	switch k {
	case String:
		var b []byte
		if b, err = s.text(); err == nil {
			return string(b), k, nil
		}
	case Number:
		s.scratch = s.scratch[:0]
		if err = s.number(&s.scratch); err == nil {
			return string(s.scratch), k, nil
		}
	case True:
		return "true", k, s.literal("true")
	case False:
		return "false", k, s.literal("false")
	case Null:
		return "null", k, s.literal("null")
	default:
		err = s.Skip()
	}
	return "", k, err
}

// Mark begins to keep the text of the next value, until [Scanner.Marked]. At most most bytes are kept.
func (s *Scanner) Mark(most int) {
	s.Kind()
	s.mark, s.lost, s.keep = s.pos, false, most
}

// Marked returns the text since [Scanner.Mark] and ends the keeping. It reports false if the text was too long to be
// kept.
// The text is valid until the next call.
func (s *Scanner) Marked() ([]byte, bool) {
	if s.lost || s.mark < 0 || s.pos-s.mark > s.keep {
		s.mark = -1
		return nil, false
	}
	b := s.buf[s.mark:s.pos]
	s.mark = -1
	return b, true
}
