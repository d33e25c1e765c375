package cmdline

import (
	"bytes"
	"html"
	"sort"
)

// A view is text that was taken out of other text, and still knows where each of its bytes came from.
type view struct {
	b     []byte
	skip  int    // b[0] is byte skip of what the edits are about
	base  int    // offset of byte 0, without edits
	edits []edit // ascending; where the distance to the original changes
}

// From byte at on, the original begins at src.
type edit struct{ at, src int }

// at returns the offset of b[i] in the original.
func (v view) at(i int) int {
	i += v.skip
	n := sort.Search(len(v.edits), func(k int) bool { return v.edits[k].at > i })
	if n == 0 {
		return v.base + i
	}
	return v.edits[n-1].src + i - v.edits[n-1].at
}

// endAt returns the offset behind b[i-1].
func (v view) endAt(i int) int {
	if i <= 0 {
		return v.at(0)
	}
	return v.at(i-1) + 1
}

// from returns v without its first i bytes and those from j on.
func (v view) from(i, j int) view {
	v.b = v.b[i:j:j]
	v.skip += i
	return v
}

// trim returns v without blanks at its ends.
func (v view) trim() view {
	i, j := 0, len(v.b)
	for i < j && isSpace(v.b[i]) {
		i++
	}
	for i < j && isSpace(v.b[j-1]) {
		j--
	}
	return v.from(i, j)
}

// A builder makes a view byte by byte.
type builder struct {
	v    view
	next int
}

func (w *builder) add(c byte, src int) {
	if len(w.v.b) == 0 {
		w.v.base = src
	} else if src != w.next {
		w.v.edits = append(w.v.edits, edit{len(w.v.b), src})
	}
	w.v.b = append(w.v.b, c)
	w.next = src + 1
}

func (w *builder) addString(s string, src int) {
	for i := range len(s) {
		w.add(s[i], src)
	}
}

// replaced are the strings that pages, editors and terminals put in place of what was typed. Where only is set, the
// next byte has to be a lower case letter or a dash, and the one before a blank.
var replaced = [...]struct {
	old, new string
	only     bool
}{
	{old: "\r\n", new: "\n"},
	{old: "\u00a0", new: " "},
	{old: "\u200b", new: ""},
	{old: "\ufeff", new: ""},
	{old: "\u201c", new: `"`},
	{old: "\u201d", new: `"`},
	{old: "\u2013-", new: "--", only: true},
	{old: "\u2014-", new: "--", only: true},
	{old: "\u2013", new: "--", only: true},
	{old: "\u2014", new: "--", only: true},
}

// clean returns text without colours, entities of HTML and what replaced lists. It copies only where it has to.
func clean(text []byte) view {
	entities := bytes.Contains(text, []byte("&quot;")) || bytes.Contains(text, []byte("&#")) ||
		bytes.Contains(text, []byte("&amp;")) || bytes.Contains(text, []byte("&lt;"))
	dirty := entities || bytes.IndexByte(text, 0x1b) >= 0
	for i := 0; i < len(replaced) && !dirty; i++ {
		dirty = bytes.Contains(text, []byte(replaced[i].old))
	}
	if !dirty {
		return view{b: text}
	}
	w := builder{v: view{b: make([]byte, 0, len(text))}}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == 0x1b:
			i += escapeLen(text[i:])
		case c == '&' && entities:
			s, n := entity(text[i:])
			w.addString(s, i)
			i += n
		case c == '\r' || c >= 0x80:
			s, n := replace(text, i)
			for k := range len(s) {
				w.add(s[k], i+min(k, n-1))
			}
			i += n
		default:
			w.add(c, i)
			i++
		}
	}
	return w.v
}

// replace returns what stands for the bytes at text[i], and how many these are.
func replace(text []byte, i int) (string, int) {
	for _, r := range replaced {
		if !bytes.HasPrefix(text[i:], []byte(r.old)) {
			continue
		}
		end := i + len(r.old)
		if r.only && (end >= len(text) || !isLower(text[end]) || i > 0 && !isSpace(text[i-1])) {
			continue
		}
		return r.new, len(r.old)
	}
	return string(text[i : i+1]), 1
}

// entity returns the text of the entity that b begins with, "&" where it is none, and its length.
func entity(b []byte) (string, int) {
	end := bytes.IndexByte(b[:min(len(b), 10)], ';')
	if end < 0 {
		return "&", 1
	}
	s := html.UnescapeString(string(b[:end+1]))
	if s == "\u00a0" {
		s = " "
	}
	if s == string(b[:end+1]) {
		return "&", 1
	}
	return s, end + 1
}

// escapeLen returns the length of the escape sequence that b begins with: ESC [ ... letter, ESC ] ... BEL, or ESC
// alone.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	limit := min(len(b), 256)
	switch b[1] {
	case '[':
		for i := 2; i < limit; i++ {
			if b[i] >= '@' && b[i] <= '~' {
				return i + 1
			}
		}
	case ']':
		for i := 2; i < limit; i++ {
			if b[i] == 7 {
				return i + 1
			}
		}
	}
	return 1
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlnum(c byte) bool { return isLower(c) || isUpper(c) || isDigit(c) }
