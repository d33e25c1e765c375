// Package gate is what every text of the input passes on its way out: onto a terminal, into a script or a command that
// people paste, into JSON, SARIF, YAML, Markdown and SVG. A writer asks it for the form that its format takes, and has
// no rule of its own:
//
//   - [Printable] for a line that a person reads, [Line] for one that must stay one line
//   - [Word] for a word of a POSIX shell; [Name] for the name of an object in a command that people paste
//   - [JSON] for JSON text, [YAML] for strings within YAML, [XML] for text and attributes, [Markdown] and [Code] for Markdown
//   - [Mask] for text that may hold a secret
//
// It requires the standard library alone, so that every package can use it.
package gate

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Printable returns s with line breaks, control characters, marks that turn the direction of writing, characters that
// cannot be seen and invalid UTF-8 replaced by question marks, so that a name from the input cannot change the layout
// of a document, forge a line or drive a terminal.
func Printable(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// plain reports whether s is printable ASCII, as most of what is printed is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Line returns s as one line without blanks around and with single ones within, for comments.
func Line(s string) string { return Printable(strings.Join(strings.Fields(s), " ")) }

// IsControl reports whether r is a control character above ASCII, a separator of lines, a mark that turns the direction
// of writing, or one that shows nothing and that no text about addresses needs: what lets a text look like another.
// Unicode Standard Annex 9, sections 2.1 to 2.6: directional formatting characters.
func IsControl(r rune) bool {
	switch {
	case r < 0x7f:
		return false
	case r < 0xa0, r == 0xad, r == 0x061c: // DEL and C1, soft hyphen, ARABIC LETTER MARK
		return true
	case r < 0x200b:
		return r == 0x180e
	case r <= 0x200f: // blanks without width, joiners, LEFT-TO-RIGHT and RIGHT-TO-LEFT MARK
		return true
	case r >= 0x2028 && r <= 0x202e: // LINE and PARAGRAPH SEPARATOR, embeddings and overrides
		return true
	case r >= 0x2060 && r <= 0x206f: // invisible operators, isolates, deprecated marks
		return true
	case r == 0xfeff, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe007f: // byte order mark, annotations, tags
		return true
	}
	return r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef // no characters
}

// Word returns s as one word of a POSIX shell, whatever it holds. Bytes that no argument can hold (NUL), and what
// drives a terminal on which the command is pasted, become question marks.
func Word(s string) string {
	return "'" + strings.ReplaceAll(Printable(s), "'", `'\''`) + "'"
}

// Arg returns s as it stands in a command that people read and paste: bare where a shell takes it so, else as [Word].
func Arg(s string) string {
	if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=@%+-") != "" {
		return Word(s)
	}
	return s
}

// Name returns s if an API server takes it as the name of an object, and else instead: a file that names an object
// otherwise is not what it claims to be, and its text belongs into no command.
func Name(s, instead string) string {
	if len(s) <= 253 && IsSubdomain(s) {
		return s
	}
	return instead
}

// IsSubdomain reports whether s has the form of an RFC 1123 subdomain, which names of objects have; their length is at
// most 253.
// k8s.io/apimachinery v0.37.2 pkg/util/validation/validation.go IsDNS1123Subdomain.
func IsSubdomain(s string) bool {
	if s == "" {
		return false
	}
	before := byte('.')
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		switch {
		case alnum:
		case c == '-' && before != '.':
		case c == '.' && before != '.' && before != '-':
		default:
			return false
		}
		before = c
	}
	return before != '-' && before != '.'
}

// JSON returns valid JSON text with escapes for what encoding/json leaves as it is though terminals act on it, readers
// cannot see it, or YAML does not allow it. Such characters can stand only within strings.
func JSON(text []byte) []byte {
	return escape(text, func(out []byte, r rune) []byte {
		if r > 0xffff {
			r -= 0x10000
			return fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		return fmt.Appendf(out, `\u%04x`, r)
	})
}

// YAML is [JSON] for strings in quotes within YAML, whose escapes know no surrogates: YAML 1.2.2, section 5.7.
func YAML(text []byte) []byte {
	return escape(text, func(out []byte, r rune) []byte {
		if r > 0xffff {
			return fmt.Appendf(out, `\U%08x`, r)
		}
		return fmt.Appendf(out, `\u%04x`, r)
	})
}

func escape(text []byte, as func([]byte, rune) []byte) []byte {
	if !bytes.ContainsFunc(text, IsControl) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for _, r := range string(text) {
		if IsControl(r) {
			out = as(out, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// XML returns s as text of an XML document, or as the value of an attribute in quotes.
func XML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(Printable(s))) // a Builder takes everything
	return b.String()
}

// Markdown returns s as text that Markdown takes literally, also within a cell of a table.
func Markdown(s string) string {
	var b strings.Builder
	for _, r := range Printable(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Code returns s as code within a line of Markdown or a cell of a table: between more backticks than it has in a row.
func Code(s string) string {
	s = Printable(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || s == "" {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}
