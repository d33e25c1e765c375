package paste

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns the text of data in UTF-8 without byte order mark. ok is false where it is no text. The result is
// part of data
// unless that is UTF-16.
func decode(data []byte) (text []byte, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		data = utf16Text(data[2:], 0)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		data = utf16Text(data[2:], 1)
	case len(data) >= 4 && len(data)%2 == 0 && data[0] != 0 && data[1] == 0 && data[3] == 0:
		data = utf16Text(data, 0)
	case len(data) >= 4 && len(data)%2 == 0 && data[0] == 0 && data[1] != 0 && data[2] == 0:
		data = utf16Text(data, 1)
	}
	return data, bytes.IndexByte(data[:min(len(data), headSize)], 0) < 0
}

// utf16Text returns UTF-16 as UTF-8; low is the index of the low byte in each pair.
func utf16Text(data []byte, low int) []byte {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i+low])|uint16(data[i+1-low])<<8)
	}
	out := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		out = utf8.AppendRune(out, r)
	}
	return out
}

// clean takes off each line what a terminal or a web page put into it.
func (c *cutter) clean(ls []line) []line {
	text := c.origin.text
	ls = c.unquotePrintable(ls)
	if strings.Contains(text, oneLine) {
		ls = unfoldHosts(ls)
	}
	control := strings.ContainsAny(text, "\x1b\r\b\x07")
	spaces := strings.Contains(text, "\u00a0") || strings.Contains(text, "\u200b") || strings.Contains(text, "\ufeff")
	lost := strings.Contains(text, "[0m")
	set := mayBeTypeset(text)
	if !control && !spaces && !lost && !set {
		return ls
	}
	out := make([]line, 0, len(ls))
	for _, l := range ls {
		at := len(out)
		if control && strings.ContainsAny(l.s, "\x1b\r\b\x07") {
			out = terminal(out, l)
		} else {
			out = append(out, l)
		}
		for i := at; i < len(out); i++ {
			if lost && strings.IndexByte(out[i].s, '[') >= 0 {
				out[i] = lostColours(out[i])
			}
			if spaces && strings.ContainsAny(out[i].s, "\u00a0\u200b\ufeff") {
				out[i] = webSpaces(out[i])
			}
			if set && strings.ContainsAny(out[i].s, typographic) {
				out[i] = untypeset(out[i])
			}
		}
	}
	return out
}

// oneLine stands in front of what a host printed, where ansible has all of it in one line.
const oneLine = " | (stdout) "

// unfoldHosts gives what ansible --one-line prints the lines that the hosts printed: \n stands for their ends.
func unfoldHosts(ls []line) []line {
	out := make([]line, 0, len(ls))
	for _, l := range ls {
		at := strings.Index(l.s, oneLine)
		if at < 0 || !strings.Contains(l.s[:at], " | ") {
			out = append(out, l)
			continue
		}
		var b joiner
		b.add(l, 0, at)
		b.put(" >>", l.src(at))
		out = append(out, b.line(l.src(at+len(oneLine))))
		rest := l.from(at + len(oneLine))
		if i := strings.Index(rest.s, " (stderr) "); i >= 0 {
			rest = rest.cut(0, i)
		}
		for {
			i := strings.Index(rest.s, `\n`)
			if i < 0 {
				break
			}
			out = append(out, rest.cut(0, i))
			rest = rest.from(i + len(`\n`))
		}
		if strings.TrimSpace(rest.s) != "" {
			out = append(out, rest)
		}
	}
	return out
}

// unquotePrintable decodes a mail that says that it is quoted-printable: = and two digits for a byte, = at the end of a line
// that goes on. RFC 2045 section 6.7.
func (c *cutter) unquotePrintable(ls []line) []line {
	head := strings.ToLower(c.origin.text[:min(len(c.origin.text), headSize)])
	if !strings.Contains(head, "content-transfer-encoding: quoted-printable") {
		return ls
	}
	out := make([]line, 0, len(ls))
	var open []line
	for _, l := range ls {
		s := strings.TrimRight(l.s, " \t\r")
		if strings.HasSuffix(s, "=") {
			open = append(open, printable(l.cut(0, len(s)-1)))
			continue
		}
		l = printable(l)
		if len(open) > 0 {
			l, open = join(append(open, l)), nil
		}
		out = append(out, l)
	}
	if len(open) > 0 {
		out = append(out, join(open))
	}
	return out
}

// printable decodes the bytes of a quoted-printable line that are ASCII.
func printable(l line) line {
	if strings.IndexByte(l.s, '=') < 0 {
		return l
	}
	var b joiner
	b.add(l, 0, 0)
	start := 0
	for i := 0; i+2 < len(l.s); i++ {
		if l.s[i] != '=' {
			continue
		}
		v, err := strconv.ParseUint(l.s[i+1:i+3], 16, 8)
		if err != nil || v >= 0x80 || v < ' ' && v != '\t' {
			continue
		}
		b.add(l, start, i)
		b.put(string(rune(v)), l.src(i))
		start = i + 3
		i += 2
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}

// terminal appends a line without control sequences and what they erase. A carriage return in it begins a line: a
// terminal would write it
// over the text before, of which something may stay.
func terminal(out []line, l line) []line {
	l = l.cut(0, len(strings.TrimRight(l.s, "\r")))
	var keep []int // pairs of from and to
	start, s := 0, l.s
	flush := func() {
		var b joiner
		b.add(l, start, start)
		for i := 0; i < len(keep); i += 2 {
			b.add(l, keep[i], keep[i+1])
		}
		out = append(out, b.line(l.src(min(start, len(s)))))
		keep = keep[:0]
	}
	for i := 0; i < len(s); {
		n := 0
		switch s[i] {
		case 0x1b:
			n = escapeLength(s[i:])
		case '\b', '\r', 0x07, 0x0e, 0x0f:
			n = 1
		default:
			i++
			continue
		}
		if i > start {
			keep = append(keep, start, i)
		}
		if s[i] == '\b' && len(keep) > 0 {
			if keep[len(keep)-1]--; keep[len(keep)-1] == keep[len(keep)-2] {
				keep = keep[:len(keep)-2]
			}
		}
		erased := strings.HasPrefix(s[i+n:], "\x1b[K") || strings.HasPrefix(s[i+n:], "\x1b[2K")
		start = i + n
		if s[i] == '\r' && erased {
			keep = keep[:0]
		} else if s[i] == '\r' && len(keep) > 0 {
			flush()
		}
		i += n
	}
	if start < len(s) {
		keep = append(keep, start, len(s))
	}
	start = len(s)
	flush()
	return out
}

// escapeLength returns the length of the control sequence at the start of s.
func escapeLength(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[': // CSI: parameters, then a letter
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return len(s)
	case ']', 'P', '_', '^': // OSC and its like: up to BEL or ESC \
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				if i+1 < len(s) && s[i+1] == '\\' {
					return i + 2
				}
				return i
			}
		}
		return len(s)
	case '(', ')', '#', '%':
		return min(3, len(s))
	}
	return 2
}

// lostMarks are what is left of ESC where a program replaced it.
var lostMarks = []string{"#033", `\u001b`, `\x1b`, `\033`, `\e`, "^[", "␛", "#x1B", "\ufffd"}

// lostColours takes off colours whose ESC was lost or replaced: [36m, ^[[0m, #033[0m.
func lostColours(l line) line {
	var b joiner
	b.add(l, 0, 0)
	start := 0
	for i := 0; i < len(l.s); {
		n := 0
		if l.s[i] == '[' {
			n = colourLength(l.s[i:])
		}
		if n == 0 {
			i++
			continue
		}
		from := i
		for _, m := range lostMarks {
			if strings.HasSuffix(l.s[start:i], m) {
				from = i - len(m)
				break
			}
		}
		b.add(l, start, from)
		i += n
		start = i
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}

// colourLength returns the length of "[36m" at the start of s, 0 where there is none.
func colourLength(s string) int {
	for i := 1; i < len(s) && i < 16; i++ {
		switch ch := s[i]; {
		case ch == 'm' && i > 1 && (i+1 == len(s) || s[i+1] != ']'):
			return i + 1
		case ch != ';' && (ch < '0' || ch > '9'):
			return 0
		}
	}
	return 0
}

// webSpaces makes blanks of the spaces of web pages, and nothing of those without width.
func webSpaces(l line) line {
	var b joiner
	b.add(l, 0, 0)
	start := 0
	for i, r := range l.s {
		n := 0
		switch r {
		case '\u00a0':
			n = 2
		case '\u200b', '\ufeff':
			n = 3
		}
		if n == 0 {
			continue
		}
		b.add(l, start, i)
		if n == 2 {
			b.put(" ", l.src(i))
		}
		start = i + n
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}
