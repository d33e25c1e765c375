// Package textwidth measures text in columns of a monospaced font.
package textwidth

import (
	"strings"
	"unicode"
)

// Of returns how many columns s takes in a monospaced font: none for combining marks and invisible characters, two for
// East Asian wide characters and emoji, one for all others. It is an upper bound rather than exact where fonts differ.
func Of(s string) int {
	n := 0
	for _, r := range s {
		n += width(r)
	}
	return n
}

// Cut returns s, or where it is wider than max columns what fits of it with "…" at the end. max is at least 1.
func Cut(s string, max int) string {
	if Of(s) <= max {
		return s
	}
	n := 1 // for the ellipsis
	for i, r := range s {
		if n += width(r); n > max {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

func width(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, // Hangul
		r >= 0x2e80 && r <= 0xa4cf, // CJK, kana, Yi
		r >= 0xac00 && r <= 0xd7a3, // Hangul syllables
		r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f,
		r >= 0xff00 && r <= 0xff60, // full width forms
		r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff, // emoji
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}
