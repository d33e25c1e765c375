package flannel

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An envVar is one assignment of a dotenv file.
type envVar struct {
	key, value string
	valueAt    int // offset of the value, its quote included
}

// dotenv reads the assignments of a dotenv file as the library does that flannel reads subnet.env with (joho/godotenv
// v1.5.1 parser.go), as far as that matters to flannel: names are letters, digits, "_" and "."; "=" or ":" follows; a
// value is quoted, or goes to the end of the line or to a "#" behind a blank; "export " may stand in front. $NAME is
// replaced by an earlier value of the same file; the environment, which the library asks too, is taken for empty.
//
// Where the text cannot be read, message is the library's error and offset its place; the assignments above are
// returned. The library returns none then.
func dotenv(text string) (vars []envVar, offset int, message string) {
	known := &expander{known: map[string]string{}, left: 2*len(text) + 1<<16}
	i := 0
	for {
		// to the next statement: over blanks, empty lines and comments
		for {
			j := strings.IndexFunc(text[i:], func(r rune) bool { return !unicode.IsSpace(r) })
			if j < 0 {
				return vars, 0, ""
			}
			if i += j; text[i] != '#' {
				break
			}
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return vars, 0, ""
			}
			i += end
		}
		if rest, ok := strings.CutPrefix(text[i:], "export"); ok {
			if t := strings.TrimLeftFunc(rest, isInlineSpace); len(t) < len(rest) {
				if t == "" {
					return vars, i, "zero length string"
				}
				i = len(text) - len(t)
			}
		}
		start := i
		key, rest, bad, badRune := envName(text[i:])
		if bad >= 0 {
			near, _, _ := strings.Cut(text[start:], "\n") // the library quotes all of the rest
			return vars, start, fmt.Sprintf("unexpected character %q in variable name near %q", badRune, near)
		}
		i = len(text) - len(strings.TrimLeftFunc(text[len(text)-rest:], isInlineSpace))
		v := envVar{key: key, valueAt: i}
		value, w, ok := envValue(text[i:], known)
		if !ok {
			near, _, _ := strings.Cut(text[i:], "\n")
			return vars, i, "unterminated quoted value " + near
		}
		v.value = value
		i += w
		known.known[key] = value
		vars = append(vars, v)
	}
}

// envName reads the name of a variable: rest is the length of what follows its sign. bad is the index of a character
// that a name cannot have, -1 if there is none. Where text ends before a sign, the library takes all of it for the
// value of a variable without a name.
func envName(text string) (key string, rest, bad int, badText string) {
	for j := 0; j < len(text); j++ {
		// The library looks at bytes, so that each byte of a character beyond ASCII is one of Latin-1.
		c := rune(text[j])
		switch {
		case isInlineSpace(c):
		case c == '=' || c == ':':
			return strings.TrimRightFunc(text[:j], unicode.IsSpace), len(text) - j - 1, -1, ""
		case c == '_' || c == '.' || unicode.IsLetter(c) || unicode.IsNumber(c):
		default:
			return "", 0, j, string(c)
		}
	}
	return "", len(text), -1, ""
}

// isInlineSpace reports whether r is a blank that does not end a line.
func isInlineSpace(r rune) bool {
	switch r {
	case '\t', '\v', '\f', '\r', ' ', 0x85, 0xA0:
		return true
	}
	return false
}

// envValue reads the value at the start of text and returns its length there; ok is false for a quote without end.
func envValue(text string, known *expander) (value string, length int, ok bool) {
	if text == "" {
		return "", 0, true
	}
	if q := text[0]; q == '"' || q == '\'' {
		for j := 1; j < len(text); j++ {
			if text[j] != q || text[j-1] == '\\' {
				continue
			}
			value = strings.Trim(text[:j], string(rune(q)))
			if q == '"' {
				value = known.expand(unescapeEnv(value))
			}
			return value, j + 1, true
		}
		return "", 0, false
	}
	end := strings.IndexAny(text, "\n\r")
	if end < 0 {
		end = len(text)
	}
	line := text[:end]
	// a comment: the last "#" behind a blank
	for j := len(line) - 1; j > 0; j-- {
		if r, _ := utf8.DecodeLastRuneInString(line[:j]); line[j] == '#' && isInlineSpace(r) {
			line = line[:j]
			break
		}
	}
	return known.expand(strings.TrimFunc(line, isInlineSpace)), end, true
}

// unescapeEnv decodes the escapes of a double-quoted value: \n and \r, and a backslash in front of anything but "$"
// goes.
func unescapeEnv(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case '$':
			b.WriteString(`\$`)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// An expander replaces $NAME and ${NAME}, of capitals, digits and "_", by the earlier value of that name.
type expander struct {
	known map[string]string
	// left is how many bytes may still be made, since a value that holds itself twice doubles with each line. What is
	// beyond stays as it is.
	left int
}

func (e *expander) expand(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() <= e.left; {
		escaped := strings.HasPrefix(s[i:], `\$`)
		if s[i] != '$' && !escaped {
			b.WriteByte(s[i])
			i++
			continue
		}
		j := i + 1
		if escaped {
			j++
		}
		paren := j < len(s) && s[j] == '('
		if paren {
			j++
		}
		if j < len(s) && s[j] == '{' {
			j++
		}
		name := j
		for j < len(s) && (s[j] == '_' || '0' <= s[j] && s[j] <= '9' || 'A' <= s[j] && s[j] <= 'Z') {
			j++
		}
		word := s[name:j]
		if j < len(s) && s[j] == '}' {
			j++
		}
		switch {
		case escaped:
			b.WriteString(s[i+1 : j])
		case word != "":
			b.WriteString(e.known[word])
		default:
			b.WriteString(s[i:j])
		}
		i = j
	}
	if b.Len() > e.left {
		return s
	}
	e.left -= b.Len()
	return b.String()
}
