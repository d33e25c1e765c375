package paste

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// hostPrefix matches what pdsh, clush and docker compose put in front of each line.
var hostPrefix = regexp.MustCompile(`^([A-Za-z0-9][\w.-]{0,80})(?:: ?| +\| ?)`)

// grepPrefix matches what grep -r and grep -H put in front of each line.
var grepPrefix = regexp.MustCompile(`^((?:[\w.-]+/|/|\./|~/)[\w./@+-]*\w|[\w-]+\.(?:ya?ml|json|conf|conflist|env|service)):(?:\d+:)?`)

// prefixed groups lines by the host or file in front of each of them. ok is false where not all have one. The keys of
// a mapping are
// different from each other; such prefixes are not.
func prefixed(ls []line, h head) (list []group, ok bool) {
	if len(ls) < 2 && (len(h.command) == 0 || !filters[base(h.command[0])]) {
		return nil, false
	}
	for _, p := range []struct {
		re   *regexp.Regexp
		path bool
	}{{grepPrefix, true}, {hostPrefix, false}} {
		if list, ok := groupBy(ls, h, p.re, p.path); ok {
			return list, true
		}
	}
	return nil, false
}

func groupBy(ls []line, h head, re *regexp.Regexp, isPath bool) ([]group, bool) {
	var g groups
	n := 0
	for _, l := range ls {
		if l.blank() || l.s == "--" {
			continue
		}
		m := re.FindStringSubmatchIndex(l.s)
		if m == nil {
			return nil, false
		}
		name := l.s[m[2]:m[3]]
		cur := h
		if isPath {
			cur.path, cur.kind, cur.partial = name, KindOutput, true
		} else if cur.host = name; !isHostName(name) {
			return nil, false
		} else {
			cur.kind = KindOutput
		}
		n++
		if n < 8 && len(g.list) > 4 && len(g.list) == n && !isPath {
			return nil, false
		}
		g.add(cur, l.from(m[1]))
	}
	if n == 0 || !isPath && len(g.list)*2 > n {
		return nil, false
	}
	return g.list, true
}

// unwrapLines takes off what a terminal did to the lines of an output: the frame of a panel, numbers in front of
// lines, breaks at its width.
func unwrapLines(ls []line, h head) []line {
	if out, ok := unbox(ls); ok {
		ls = out
	}
	if out, ok := ungrep(ls, h); ok {
		return out
	}
	if out, ok := unnumber(ls, len(h.command) > 1 && (h.command[0] == "nl" || h.command[1] == "-n")); ok {
		ls = out
	}
	if h.kind != KindFile || h.path == "" {
		ls = rejoin(ls)
	}
	return ls
}

// boxRule matches the rule above and below a box of plain characters.
var boxRule = regexp.MustCompile(`^\s*(?:\+[-=]{3,}\+|[┌╔╭][─═]{3,}[┐╗╮]|[└╚╰][─═]{3,}[┘╝╯])\s*$`)

// boxed takes a box off whose rules stand above and below all lines, and reports whether there is one.
func boxed(ls []line) ([]line, bool) {
	ls = trimBlank(ls)
	if len(ls) < 3 || !boxRule.MatchString(ls[0].s) || !boxRule.MatchString(ls[len(ls)-1].s) {
		return nil, false
	}
	var out []line
	for _, l := range ls[1 : len(ls)-1] {
		s := strings.TrimSpace(l.s)
		if boxRule.MatchString(s) {
			continue
		}
		for _, side := range []string{"|", "│", "║"} {
			if !strings.HasPrefix(s, side) || !strings.HasSuffix(s, side) || len(s) < 2*len(side) {
				continue
			}
			from := strings.Index(l.s, side) + len(side)
			to := strings.LastIndex(l.s, side)
			in := l.cut(from, from+len(strings.TrimRight(l.s[from:to], " ")))
			if strings.HasPrefix(in.s, " ") {
				in = in.from(1)
			}
			out = append(out, in)
			s = ""
			break
		}
		if s != "" {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// unbox takes the frame of a panel, of k9s, off each line.
func unbox(ls []line) ([]line, bool) {
	n := 0
	for _, l := range sample(ls, sampleSize) {
		if strings.HasPrefix(strings.TrimLeft(l.s, " "), "│") || strings.HasSuffix(strings.TrimRight(l.s, " "), "│") {
			n++
		}
	}
	if n < 2 || n*10 < len(sample(ls, sampleSize))*6 {
		return nil, false
	}
	return each(ls, func(l line) line {
		end := len(strings.TrimRight(l.s, " "))
		if strings.HasSuffix(l.s[:end], "│") {
			end = len(strings.TrimRight(l.s[:end-len("│")], " "))
		}
		l = l.cut(0, end)
		if i := len(l.s) - len(strings.TrimLeft(l.s, " ")); strings.HasPrefix(l.s[i:], "│") {
			l = l.from(i + len("│"))
			if strings.HasPrefix(l.s, " ") {
				l = l.from(1)
			}
		}
		return l
	}), true
}

var lineNumber = regexp.MustCompile(`^ *(\d+)(?:\t| *[|:] ?| {2})`)

// linkRow matches what follows the number of a link in the output of ip: no line of a numbered file.
var linkRow = regexp.MustCompile(`^\s*[\w.@-]+(?::\s+<|:?\s+inet6?\s)`)

// unnumber takes the numbers of lines off, where they count from the first to the last. Where the command is known to print them, two will do.
func unnumber(ls []line, known bool) ([]line, bool) {
	if len(ls) < 3 && !known || !lineNumber.MatchString(ls[0].s) {
		return nil, false
	}
	out := make([]line, len(ls))
	want := 0
	for i, l := range ls {
		m := lineNumber.FindStringSubmatchIndex(l.s)
		end := 0
		if m != nil {
			end = m[1]
		} else if t := strings.TrimSpace(l.s); isDigits(t) {
			m, end = []int{0, 0, strings.Index(l.s, t), strings.Index(l.s, t) + len(t)}, len(l.s)
		} else {
			return nil, false
		}
		if linkRow.MatchString(l.s[end:]) {
			return nil, false
		}
		n := 0
		for _, ch := range l.s[m[2]:m[3]] {
			n = min(n*10+int(ch-'0'), 1<<30)
		}
		if i == 0 {
			want = n
		}
		if n != want {
			return nil, false
		}
		want++
		out[i] = l.from(end)
	}
	return out, knownNumbered.MatchString(out[0].s) || want-len(ls) == 1
}

var knownNumbered = regexp.MustCompile(`^\s*[-A-Za-z{\[#"]`)

// grepNumber matches the number of a line that grep -n prints, with the mark of a line beside those that match.
var grepNumber = regexp.MustCompile(`^(\d{1,6})[:-](?:[ \t]*[-A-Za-z"'{}#/]|\s*$)`)

// ungrep takes the numbers of lines off that grep -n prints, which grow from line to line. Where no command tells that it
// is grep's, three are needed.
func ungrep(ls []line, h head) ([]line, bool) {
	known := len(h.command) > 1 && filters[base(h.command[0])] && strings.Contains(strings.Join(h.command[1:], " "), "-n") ||
		len(h.command) > 1 && strings.HasPrefix(h.command[1], "-") && strings.Contains(h.command[1], "n") && base(h.command[0]) == "grep"
	if len(ls) < 3 && !known {
		return nil, false
	}
	out := make([]line, 0, len(ls))
	last := -1
	for _, l := range ls {
		if l.s == "--" {
			continue
		}
		m := grepNumber.FindStringSubmatchIndex(l.s)
		if m == nil {
			return nil, false
		}
		n, _ := strconv.Atoi(l.s[m[2]:m[3]])
		if n <= last || linkRow.MatchString(l.s[m[3]+1:]) {
			return nil, false
		}
		last = n
		out = append(out, l.from(m[3]+1))
	}
	return out, len(out) > 0
}

// terminalWidths are widths at which lines of one break only are taken for broken.
var terminalWidths = map[int]bool{80: true, 100: true, 120: true, 132: true, 136: true, 157: true, 160: true}

// minWidth is that of the narrowest terminal whose breaks are mended.
const minWidth = 72

// flagInLine matches a flag of a long name behind something else.
var flagInLine = regexp.MustCompile(`\s--[a-z][a-z-]+`)

// rejoin joins lines that a terminal broke at its width, where that is certain: no line is longer, the broken lines
// have flags, and
// what follows them begins as no other line does.
func rejoin(ls []line) []line {
	width, at := 0, 0
	for _, l := range ls {
		switch n := utf8.RuneCountInString(l.s); {
		case n > width:
			width, at = n, 1
		case n == width:
			at++
		}
	}
	if width < minWidth || at < 2 && !terminalWidths[width] {
		return ls
	}
	var out []line
	for i := 0; i < len(ls); {
		j := i
		for j+1 < len(ls) && utf8.RuneCountInString(ls[j].s) == width && goesOn(ls[i:j+1], ls[j+1]) {
			j++
		}
		if j > i && out == nil {
			out = append(make([]line, 0, len(ls)), ls[:i]...)
		}
		if out != nil {
			out = append(out, join(ls[i:j+1]))
		}
		i = j + 1
	}
	if out == nil {
		return ls
	}
	return out
}

// lineStart matches what begins a line of its own: a header, a row, a flag, a key.
var lineStart = regexp.MustCompile(`^(?:\s|[IWEF]\d{4} |\d{4}-\d\d|[A-Z][a-z]{2} [ \d]\d |root +\d|\[|\{|time=|[├└●]|-[A-Z] |$)`)

// goesOn reports whether next is the rest of a line with flags that begins in lines.
func goesOn(lines []line, next line) bool {
	first := lines[0].s
	return flagInLine.MatchString(first) && !lineStart.MatchString(next.s) && !strings.HasSuffix(first, `\`)
}
