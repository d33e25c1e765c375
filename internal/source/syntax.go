package source

import "strconv"

// maxJSONDepth is how deep encoding/json lets values nest.
const maxJSONDepth = 10_000

// unexpectedEnd is what is said of JSON text that is cut off.
const unexpectedEnd = "unexpected end of JSON input"

// JSONSyntax says what is wrong with data as a single JSON value, in the words of encoding/json as programs built with
// Go 1.2 to 1.26 print them, whatever release built this one. offset is that of the byte that it stops at; msg is ""
// where data is one JSON value.
func JSONSyntax(data []byte) (offset int, msg string) {
	s := syntax{data: data}
	for s.msg == "" && s.step() {
	}
	return s.stop, s.msg
}

// A place says what a JSON text may go on with.
type place uint8

const (
	wantValue      place = iota
	wantFirstValue       // or the end of the list
	wantFirstKey         // or the end of the object
	wantKey
	wantColon
	afterValue
)

// A syntax is a walk through JSON text.
type syntax struct {
	data []byte
	at   int    // next byte
	open []byte // brackets that are open
	want place
	msg  string // what is wrong at stop
	stop int
}

// fail notes what is wrong with the next byte. The end of the text counts as a blank.
func (s *syntax) fail(context string) {
	c := byte(' ')
	if s.stop = min(s.at, len(s.data)-1); s.at < len(s.data) {
		c = s.data[s.at]
	}
	q := strconv.Quote(string(rune(c)))
	switch c {
	case '\'':
		q = `"\'"`
	case '"':
		q = `"""`
	}
	s.msg = "invalid character '" + q[1:len(q)-1] + "' " + context
}

// step reads one token; it returns false at the end.
func (s *syntax) step() bool {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\t' || s.data[s.at] == '\r' || s.data[s.at] == '\n') {
		s.at++
	}
	if s.at == len(s.data) {
		if s.want != afterValue || len(s.open) > 0 {
			s.msg, s.stop = unexpectedEnd, len(s.data)
		}
		return false
	}
	c := s.data[s.at]
	switch s.want {
	case wantValue, wantFirstValue:
		if c == ']' && s.want == wantFirstValue {
			s.close()
			return true
		}
		s.value(c)
	case wantKey, wantFirstKey:
		switch {
		case c == '}' && s.want == wantFirstKey:
			s.close()
		case c != '"':
			s.fail("looking for beginning of object key string")
		default:
			s.text()
			s.want = wantColon
		}
	case wantColon:
		if c != ':' {
			s.fail("after object key")
		}
		s.at++
		s.want = wantValue
	case afterValue:
		s.after(c)
	}
	return true
}

// after reads what follows a value.
func (s *syntax) after(c byte) {
	if len(s.open) == 0 {
		s.fail("after top-level value")
		return
	}
	context, end, next := "after array element", byte(']'), wantValue
	if s.open[len(s.open)-1] == '{' {
		context, end, next = "after object key:value pair", '}', wantKey
	}
	switch c {
	case ',':
		s.at++
		s.want = next
	case end:
		s.close()
	default:
		s.fail(context)
	}
}

func (s *syntax) close() {
	s.at++
	s.open = s.open[:len(s.open)-1]
	s.want = afterValue
}

// value reads the beginning of a value, or all of one that holds no others.
func (s *syntax) value(c byte) {
	s.want = afterValue
	switch {
	case c == '{' || c == '[':
		if len(s.open) == maxJSONDepth {
			s.fail("exceeded max depth")
			return
		}
		s.open = append(s.open, c)
		s.at++
		if s.want = wantFirstKey; c == '[' {
			s.want = wantFirstValue
		}
	case c == '"':
		s.text()
	case c == '-' || '0' <= c && c <= '9':
		s.number()
	case c == 't':
		s.literal("true")
	case c == 'f':
		s.literal("false")
	case c == 'n':
		s.literal("null")
	default:
		s.fail("looking for beginning of value")
	}
}

// text reads a string, at its first quote.
func (s *syntax) text() {
	for s.at++; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return
		case c < ' ':
			s.fail("in string literal")
			return
		case c == '\\':
			if s.at++; !s.escape() {
				return
			}
		}
	}
	s.msg, s.stop = unexpectedEnd, len(s.data)
}

// escape reads what follows a backslash, up to its last byte.
func (s *syntax) escape() bool {
	if s.at == len(s.data) {
		s.fail("in string escape code")
		return false
	}
	switch s.data[s.at] {
	case 'b', 'f', 'n', 'r', 't', '\\', '/', '"':
		return true
	case 'u':
		for range 4 {
			if s.at++; s.at == len(s.data) || !isHex(s.data[s.at]) {
				s.fail(`in \u hexadecimal character escape`)
				return false
			}
		}
		return true
	}
	s.fail("in string escape code")
	return false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// number reads a number.
func (s *syntax) number() {
	if s.data[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.data) && s.data[s.at] == '0' {
		s.at++
	} else if !s.digits("in numeric literal") {
		return
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		if s.at++; !s.digits("after decimal point in numeric literal") {
			return
		}
	}
	if s.at < len(s.data) && (s.data[s.at] == 'e' || s.data[s.at] == 'E') {
		if s.at++; s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		s.digits("in exponent of numeric literal")
	}
}

// digits reads one digit or more.
func (s *syntax) digits(context string) bool {
	start := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		s.fail(context)
	}
	return s.at > start
}

// literal reads true, false or null, whose first letter is there.
func (s *syntax) literal(word string) {
	for i := range len(word) {
		if s.at == len(s.data) || s.data[s.at] != word[i] {
			s.fail("in literal " + word + " (expecting '" + word[i:i+1] + "')")
			return
		}
		s.at++
	}
}
