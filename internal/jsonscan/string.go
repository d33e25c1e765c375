package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// special returns the first index from i at which b holds a quote, a backslash or a control character, len(b) if
// nowhere.
func special(b []byte, i int) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		q := w ^ '"'*ones
		e := w ^ '\\'*ones
		// In each term the lowest byte whose top bit is set is a true hit; a borrow disturbs higher bytes alone.
		if m := ((w-' '*ones)&^w | (q-ones)&^q | (e-ones)&^e) & high; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}

// skipString reads the string whose quote is at s.pos.
func (s *Scanner) skipString() error {
	s.pos++
	for {
		i := special(s.buf, s.pos)
		s.pos = i
		if i == len(s.buf) {
			if !s.more() {
				return s.end()
			}
			continue
		}
		switch c := s.buf[i]; c {
		case '"':
			s.pos++
			return nil
		case '\\':
			if _, err := s.escape(); err != nil {
				return err
			}
		default:
			return s.unexpected(c, "no control character inside a string")
		}
	}
}

// text reads the string whose quote is at s.pos. The bytes are valid until more is read.
func (s *Scanner) text() ([]byte, error) {
	if i := special(s.buf, s.pos+1); i < len(s.buf) && s.buf[i] == '"' {
		b := s.buf[s.pos+1 : i]
		if len(b) > MaxText {
			return nil, s.fail("a text of more than %d bytes", MaxText)
		}
		s.pos = i + 1
		return s.valid(b), nil
	}
	s.pos++
	out := s.scratch[:0]
	for {
		i := special(s.buf, s.pos)
		out = append(out, s.buf[s.pos:i]...)
		s.pos = i
		if len(out) > MaxText {
			s.scratch = nil
			return nil, s.fail("a text of more than %d bytes", MaxText)
		}
		if i == len(s.buf) {
			if !s.more() {
				return nil, s.end()
			}
			continue
		}
		switch c := s.buf[i]; c {
		case '"':
			s.pos++
			s.scratch = out
			return s.valid(out), nil
		case '\\':
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			// A pair of surrogates is one character, any other surrogate is none: encoding/json unquoteBytes, Go 1.26.
			for utf16.IsSurrogate(r) {
				if c, ok := s.peek(); !ok || c != '\\' {
					r = utf8.RuneError
					break
				}
				r2, err := s.escape()
				if err != nil {
					return nil, err
				}
				if d := utf16.DecodeRune(r, r2); d != utf8.RuneError {
					r = d
					break
				}
				out = utf8.AppendRune(out, utf8.RuneError)
				r = r2
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, s.unexpected(c, "no control character inside a string")
		}
	}
}

// valid returns b with each byte that is no UTF-8 replaced by U+FFFD.
func (s *Scanner) valid(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return []byte(string([]rune(string(b))))
}

// escape reads the escape whose backslash is at s.pos. A surrogate is returned as such.
func (s *Scanner) escape() (rune, error) {
	s.pos++
	c, ok := s.peek()
	if !ok {
		return 0, s.end()
	}
	var r rune
	switch c {
	case '"', '\\', '/':
		r = rune(c)
	case 'b':
		r = '\b'
	case 'f':
		r = '\f'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	case 'u':
		for range 4 {
			s.pos++
			c, ok := s.peek()
			if !ok {
				return 0, s.end()
			}
			switch {
			case c >= '0' && c <= '9':
				c -= '0'
			case c|0x20 >= 'a' && c|0x20 <= 'f':
				c = c | 0x20 - 'a' + 10
			default:
				return 0, s.unexpected(c, "four hexadecimal digits after \\u")
			}
			r = r<<4 | rune(c)
		}
	default:
		return 0, s.unexpected(c, "an escape that JSON knows")
	}
	s.pos++
	return r, nil
}
