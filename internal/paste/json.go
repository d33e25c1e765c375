package paste

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A field is a member of a JSON object: its key, and where its value stands.
type field struct {
	key        string
	start, end int
}

// fields returns the members of the JSON object that s is, those of objects in it not. ok is false where s is none,
// has something
// behind it, or is cut off; only in the last case are its members returned all the same.
func fields(s string) (list []field, ok bool) {
	i := skipBlank(s, 0)
	if i >= len(s) || s[i] != '{' {
		return nil, false
	}
	i++
	for {
		i = skipBlank(s, i)
		if i < len(s) && s[i] == ',' {
			i = skipBlank(s, i+1)
		}
		if i >= len(s) {
			return list, false
		}
		if s[i] == '}' {
			if skipBlank(s, i+1) < len(s) {
				return nil, false
			}
			return list, true
		}
		if s[i] != '"' {
			return list, false
		}
		end := stringEnd(s, i)
		key := s[i:end]
		i = skipBlank(s, end)
		if i >= len(s) || s[i] != ':' {
			return list, false
		}
		start := skipBlank(s, i+1)
		i = valueEnd(s, start)
		list = append(list, field{strings.Trim(key, `"`), start, i})
	}
}

func skipBlank(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the offset behind the string that begins at i.
func stringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// valueEnd returns the offset behind the value that begins at i.
func valueEnd(s string, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			i = stringEnd(s, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

// unquote returns the text of the string literal, of JSON or Go, that stands in l from i to j with its quotes; the
// last may be missing.
func unquote(l line, i, j int) line {
	end := l.src(j)
	if i < j && l.s[i] == '"' {
		i++
		if j > i && l.s[j-1] == '"' {
			j--
			end = l.src(j)
		}
	}
	if strings.IndexByte(l.s[i:j], '\\') < 0 {
		out := l.cut(i, j)
		return out
	}
	var b joiner
	start := i
	for k := i; k < j; {
		if l.s[k] != '\\' {
			k++
			continue
		}
		b.add(l, start, k)
		text, n := unescape(l.s[k:j])
		b.put(text, l.src(k))
		k += n
		start = k
	}
	b.add(l, start, j)
	return b.line(end)
}

// escapes are the characters that stand for others behind a backslash.
var escapes = map[byte]string{'n': "\n", 't': "\t", 'r': "", 'b': "", 'f': "", 'a': "", 'v': "", '"': `"`, '\\': `\`, '/': "/", '\'': "'"}

// unescape returns what the escape at the start of s stands for, and its length.
func unescape(s string) (string, int) {
	if len(s) < 2 {
		return s, len(s)
	}
	if text, ok := escapes[s[1]]; ok {
		return text, 2
	}
	size := map[byte]int{'u': 4, 'x': 2, 'U': 8}[s[1]]
	if size == 0 || len(s) < 2+size {
		return s[:1], 1
	}
	v, err := strconv.ParseUint(s[2:2+size], 16, 32)
	if err != nil {
		return s[:1], 1
	}
	n := 2 + size
	r := rune(v)
	if utf16.IsSurrogate(r) {
		r = utf8.RuneError
		if len(s) >= n+6 && s[n] == '\\' && s[n+1] == 'u' {
			if low, err := strconv.ParseUint(s[n+2:n+6], 16, 32); err == nil {
				r = utf16.DecodeRune(rune(v), rune(low))
				n += 6
			}
		}
	}
	if r == 0x1b || r == 0 {
		return "", n // colours are taken off by name below
	}
	return string(r), n
}
