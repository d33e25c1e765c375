package paste

import (
	"sort"
	"strings"
)

// A line is a line of a text from which frames may have been taken, without its end.
type line struct {
	s  string
	at int    // offset in the input of s[0]
	m  []jump // where the parts of s come from, the first at 0; nil: all of it stands at at
}

// A jump is where a part of a line begins that comes from another place than the part before.
type jump struct {
	pos, src int
	exact    bool // as in run
}

// src returns the offset in the input of the byte at i of l; that of the end of l for its length.
func (l line) src(i int) int {
	if l.m == nil {
		return l.at + i
	}
	k := sort.Search(len(l.m), func(k int) bool { return l.m[k].pos > i }) - 1
	if k < 0 {
		return l.at
	}
	if l.m[k].exact {
		return l.m[k].src + i - l.m[k].pos
	}
	return l.m[k].src
}

// cut returns the bytes of l from i to j.
func (l line) cut(i, j int) line {
	if l.m == nil {
		return line{s: l.s[i:j], at: l.at + i}
	}
	from := max(sort.Search(len(l.m), func(k int) bool { return l.m[k].pos > i })-1, 0)
	out := line{s: l.s[i:j], at: l.src(i)}
	for _, p := range l.m[from:] {
		if p.pos > j {
			break
		}
		if p.pos < i {
			if p.exact {
				p.src += i - p.pos
			}
			p.pos = i
		}
		out.m = append(out.m, jump{p.pos - i, p.src, p.exact})
	}
	return out
}

// from returns l without its first i bytes.
func (l line) from(i int) line { return l.cut(i, len(l.s)) }

// blank reports whether l has nothing to see.
func (l line) blank() bool { return strings.TrimSpace(l.s) == "" }

// A joiner makes one line of parts of others.
type joiner struct {
	b strings.Builder
	m []jump
}

// add appends what stands in l from i to j.
func (b *joiner) add(l line, i, j int) {
	part := l.cut(i, j)
	if part.m == nil {
		b.m = append(b.m, jump{b.b.Len(), part.at, true})
	}
	for _, p := range part.m {
		b.m = append(b.m, jump{b.b.Len() + p.pos, p.src, p.exact})
	}
	b.b.WriteString(part.s)
}

// put appends text that was decoded from what stands at offset src of the input.
func (b *joiner) put(text string, src int) {
	b.m = append(b.m, jump{b.b.Len(), src, false})
	b.b.WriteString(text)
}

// line returns what was added. end is the offset in the input of what follows it.
func (b *joiner) line(end int) line {
	m := append(b.m, jump{b.b.Len(), end, true})
	return line{s: b.b.String(), at: m[0].src, m: m}
}

// join returns lines as one, with nothing between them.
func join(ls []line) line {
	if len(ls) == 1 {
		return ls[0]
	}
	var b joiner
	for _, l := range ls {
		b.add(l, 0, len(l.s))
	}
	last := ls[len(ls)-1]
	return b.line(last.src(len(last.s)))
}

// splitLines cuts l where it holds line ends, which come from escapes.
func splitLines(l line) []line {
	var out []line
	for start := 0; ; {
		i := strings.IndexByte(l.s[start:], '\n')
		if i < 0 {
			if start < len(l.s) || len(out) == 0 {
				out = append(out, l.from(start))
			}
			return out
		}
		out = append(out, l.cut(start, start+i))
		start += i + 1
	}
}

// trimBlank returns ls without blank lines at both ends.
func trimBlank(ls []line) []line {
	for len(ls) > 0 && ls[0].blank() {
		ls = ls[1:]
	}
	for len(ls) > 0 && ls[len(ls)-1].blank() {
		ls = ls[:len(ls)-1]
	}
	return ls
}

// each returns f of every line.
func each(ls []line, f func(line) line) []line {
	out := make([]line, len(ls))
	for i, l := range ls {
		out[i] = f(l)
	}
	return out
}

// sample returns the first n lines that are not blank.
func sample(ls []line, n int) []line {
	out := make([]line, 0, min(n, len(ls)))
	for _, l := range ls {
		if len(out) == n {
			break
		}
		if !l.blank() {
			out = append(out, l)
		}
	}
	return out
}

// indent returns how many blanks stand in front of s; a tab counts as four.
func indent(s string) (width, n int) {
	for n < len(s) {
		switch s[n] {
		case ' ':
			width++
		case '\t':
			width += 4
		default:
			return width, n
		}
		n++
	}
	return width, n
}

// unindent takes up to width blanks off the front of l.
func unindent(l line, width int) line {
	w, i := 0, 0
	for i < len(l.s) && w < width && (l.s[i] == ' ' || l.s[i] == '\t') {
		if l.s[i] == '\t' {
			w += 3
		}
		w++
		i++
	}
	return l.from(i)
}
