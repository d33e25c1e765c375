package cmdline

import "bytes"

// A token is a word of a command line without its quotes, or an operator of the shell.
type token struct {
	view
	end    int // offset behind it, quotes included
	op     byte
	quoted bool // some of it stood in quotes
}

// A syntax says how a text is cut into words. The zero syntax cuts at blanks, as ps prints an argument vector.
type syntax struct {
	quotes bool // ' " and \ as in a shell, and lines that go on after a \ at their end
	ops    bool // | & ; < > and comments, as in a shell
	lines  bool // a line end is a blank
	unit   bool // a comment between lines that go on is left out
}

var (
	shell    = syntax{quotes: true, ops: true}
	unitLine = syntax{quotes: true, unit: true}
	envValue = syntax{quotes: true, lines: true}
	argv     = syntax{}
)

// maxQuote is how far apart two quotes may be that belong to each other.
const maxQuote = 16 << 10

// split cuts v into tokens up to the end of its logical line, and returns how many bytes that took.
func split(v view, sx syntax) (toks []token, n int) {
	b := v.b
	i := 0
	for i < len(b) {
		c := b[i]
		switch {
		case c == '\n' && !sx.lines:
			return toks, i
		case isSpace(c):
			i++
		case sx.quotes && more(b, i) > 0:
			i += more(b, i)
			for sx.unit && i < len(b) && (b[i] == '#' || b[i] == ';') {
				i = lineEnd(b, i) + 1
				i = min(i, len(b))
				for i < len(b) && isBlank(b[i]) {
					i++
				}
			}
		case sx.ops && c == '#':
			i = lineEnd(b, i)
		case sx.ops && isOperator(b, i):
			op := c
			for i < len(b) && bytes.IndexByte([]byte("|&;<>()"), b[i]) >= 0 {
				i++
			}
			toks = append(toks, token{view: v.from(i-1, i), end: v.endAt(i), op: op})
		default:
			t, k := word(v, i, sx)
			if sx.ops && k < len(b) && (b[k] == '<' || b[k] == '>') && isNumber(t.b) && isOperator(b, k) {
				i = k // 2>
				continue
			}
			toks = append(toks, t)
			i = k
		}
	}
	return toks, i
}

// more returns the length of what makes a line go on at b[i], 0 where it does not: one or two backslashes, or the sign
// of another shell, and a line end, with the prompt of the second line.
func more(b []byte, i int) int {
	k := i
	switch {
	case bytes.HasPrefix(b[k:], []byte(`\\`)):
		k += 2
	case b[k] == '\\' || b[k] == '`' || b[k] == '^':
		k++
	default:
		return 0
	}
	for k < len(b) && isBlank(b[k]) {
		k++
	}
	if k >= len(b) || b[k] != '\n' {
		if k >= len(b) && b[i] == '\\' {
			return k - i
		}
		return 0
	}
	for k++; k < len(b) && isBlank(b[k]); k++ {
	}
	if k < len(b) && b[k] == '>' && (k+1 >= len(b) || isSpace(b[k+1])) {
		k++
	}
	for k < len(b) && isBlank(b[k]) {
		k++
	}
	return k - i
}

func lineEnd(b []byte, i int) int {
	if k := bytes.IndexByte(b[i:], '\n'); k >= 0 {
		return i + k
	}
	return len(b)
}

// isOperator reports whether b[i] is an operator of the shell; <POD_CIDR> is none.
func isOperator(b []byte, i int) bool {
	switch b[i] {
	case '|', '&', ';', '>', '(', ')':
		return true
	case '<':
		return blankLen(b[i:]) == 0
	}
	return false
}

// blankLen returns the length of the <NAME> that b begins with, 0 where it does not.
func blankLen(b []byte) int {
	for i := 1; i < len(b) && i < 48; i++ {
		switch c := b[i]; {
		case c == '>' && i > 1:
			return i + 1
		case !isAlnum(c) && c != '_' && c != '-' && c != ' ' && c != '.' && c != '/':
			return 0
		case i == 1 && !isAlnum(c):
			return 0
		}
	}
	return 0
}

// word returns the word at v.b[i] and where it ends.
func word(v view, i int, sx syntax) (token, int) {
	b := v.b
	if !sx.quotes {
		k := i
		for k < len(b) && !isSpace(b[k]) {
			k++
		}
		return token{view: v.from(i, k), end: v.endAt(k)}, k
	}
	t := token{}
	var w builder
	for i < len(b) && !isSpace(b[i]) && more(b, i) == 0 {
		c := b[i]
		if sx.ops && isOperator(b, i) {
			break
		}
		n := span(b[i:])
		switch {
		case n > 0:
			for k := range n {
				w.add(b[i+k], v.at(i+k))
			}
			i += n
		case c == '\'' || c == '"':
			k := closing(b, i, sx)
			if k < 0 {
				w.add(c, v.at(i))
				i++
				break
			}
			t.quoted = true
			for j := i + 1; j < k; j++ {
				if c == '"' && b[j] == '\\' && j+1 < k && (b[j+1] == '"' || b[j+1] == '\\' || b[j+1] == '$') {
					j++
				}
				w.add(b[j], v.at(j))
			}
			if k == i+1 && len(w.v.b) == 0 {
				w.v.base = v.at(k)
			}
			i = k + 1
		case c == '\\' && isWindowsPath(w.v.b):
			w.add(c, v.at(i))
			i++
		case c == '\\' && i+1 < len(b) && b[i+1] != '\n':
			w.add(b[i+1], v.at(i+1))
			i += 2
		default:
			w.add(c, v.at(i))
			i++
		}
	}
	t.view = w.v
	t.end = v.endAt(i)
	return t, i
}

// isWindowsPath reports whether a backslash behind b separates folders: .\x, C:\x.
func isWindowsPath(b []byte) bool {
	return len(b) == 1 && b[0] == '.' || len(b) >= 2 && b[1] == ':' && isUpper(b[0]) || bytes.IndexByte(b, '\\') > 0
}

// span returns the length of a piece that is taken as it stands though blanks may be in it: {{ x }}, $(x), ${x}, <x>.
func span(b []byte) int {
	open, end := "", ""
	switch {
	case b[0] == '<':
		return blankLen(b)
	case bytes.HasPrefix(b, []byte("{{")):
		open, end = "{{", "}}"
	case bytes.HasPrefix(b, []byte("$(")):
		open, end = "$(", ")"
	case bytes.HasPrefix(b, []byte("${")):
		open, end = "${", "}"
	case b[0] == '`':
		open, end = "`", "`"
	default:
		return 0
	}
	line := b[:min(len(b), 256)]
	line = line[:lineEnd(line, 0)]
	if k := bytes.Index(line[len(open):], []byte(end)); k >= 0 {
		return k + len(open) + len(end)
	}
	return 0
}

// closing returns where the quote at b[i] is closed, -1 where it is not.
func closing(b []byte, i int, sx syntax) int {
	limit := min(len(b), i+maxQuote)
	if sx.ops && i > 0 && isAlnum(b[i-1]) { // an apostrophe
		limit = lineEnd(b, i)
	}
	for k := i + 1; k < limit; k++ {
		switch {
		case b[k] == b[i]:
			return k
		case b[k] == '\\' && b[i] == '"':
			k++
		case b[k] == '\n' && sx.unit:
			return -1
		}
	}
	return -1
}

func isNumber(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0
}

// quotedString returns the JSON or Go string that v.b[i], a ", begins, decoded, and where it ends.
func quotedString(v view, i int) (token, int, bool) {
	b := v.b
	k := i + 1
	for k < len(b) && b[k] != '"' && b[k] != '\n' {
		if b[k] == '\\' {
			k++
		}
		k++
	}
	if k >= len(b) || b[k] != '"' {
		return token{}, min(k, len(b)), false
	}
	return token{view: unescape(v.from(i+1, k)), end: v.endAt(k + 1), quoted: true}, k + 1, true
}

// unescape decodes the escapes of JSON and Go in v. Those it does not know stay as they are.
func unescape(v view) view {
	if bytes.IndexByte(v.b, '\\') < 0 {
		return v
	}
	w := builder{v: view{b: make([]byte, 0, len(v.b)), base: v.at(0)}}
	for i := 0; i < len(v.b); i++ {
		c := v.b[i]
		if c != '\\' || i+1 >= len(v.b) {
			w.add(c, v.at(i))
			continue
		}
		src := v.at(i)
		i++
		switch v.b[i] {
		case 'n':
			w.add('\n', src)
		case 't':
			w.add('\t', src)
		case 'r':
		case 'u':
			r, ok := hex4(v.b[i+1:])
			if !ok {
				w.addString(`\u`, src)
				continue
			}
			w.addString(string(r), src)
			i += 4
		default:
			w.add(v.b[i], v.at(i))
		}
	}
	return w.v
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	r := rune(0)
	for _, c := range b[:4] {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
