package cmdline

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// procFile reads the words of /proc/PID/cmdline, which end in NUL. Those of several processes may follow each other.
func (f *finder) procFile(ln line) (int, bool) {
	if bytes.IndexByte(ln.text, 0) < 0 {
		return 0, false
	}
	var toks []token
	v := f.view(ln.textPos(), ln.textPos()+len(ln.text))
	for i := 0; i < len(v.b); {
		k := bytes.IndexByte(v.b[i:], 0)
		if k < 0 {
			k = len(v.b) - i
		}
		toks = append(toks, token{view: v.from(i, i+k), end: v.endAt(i + k)})
		i += k + 1
	}
	found := false
	for i := 0; i < len(toks); i++ {
		if programIn(toks[i].b) == none && !isHyperkube(toks[i].b[bytes.LastIndexByte(toks[i].b, '/')+1:]) {
			continue
		}
		end := i + 1
		for end < len(toks) && (programIn(toks[end].b) == none || isOpenFlag(toks[end-1].b)) {
			end++
		}
		if c, ok := locate(toks[i:end]); ok {
			f.add(c.parse(), ProcFile)
			found = true
		}
		i = end - 1
	}
	return ln.end + 1, found
}

// isOpenFlag reports whether b is a flag whose value is, or may be, the next word.
func isOpenFlag(b []byte) bool {
	return isFlag(b) && bytes.IndexByte(b, '=') < 0
}

// columns is the most that a process list has before the command: ps -elf has 14, times and dates may take more words.
const columns = 18

// psCommand returns the index of the first word that is no column of a process list, and how many are columns.
// It returns 0, 0 where the line is none of a process list. A list has the process's number, alone or after a name.
func psCommand(toks []token) (first, n int) {
	i, numbers := 0, 0
	for ; i < len(toks) && i < columns; i++ {
		b := toks[i].b
		switch {
		case isNumber(b):
			numbers++
		case isColumn(b):
		case isTree(b):
			continue
		case i == 0 && isUser(b) && len(toks) > 1 && isNumber(toks[1].b):
		case i == 0 && isUser(b) && len(toks) > 2 && len(b) == 1 && isNumber(toks[2].b): // F S of ps -l
		case n == 1 && numbers == 1 && isUser(b) && i+1 < len(toks) &&
			(isColumn(toks[i+1].b) || programIn(toks[i+1].b) != none):
			// PID USER COMMAND of busybox
		case n >= 6 && isUser(b) && i+1 < len(toks) && isColumn(toks[i+1].b): // WCHAN
		case numbers > 0:
			return i, n
		default:
			return 0, 0
		}
		n++
	}
	return 0, 0
}

// isColumn reports whether a word is a cell of a process list: a number, a time, a date, a terminal, a state.
func isColumn(b []byte) bool {
	switch {
	case len(b) == 0 || len(b) > 12:
		return false
	case isDigit(b[0]):
		return len(bytes.Trim(b, "0123456789:.-mgMG%")) == 0 || len(b) == 7 && isUpper(b[2])
	case len(b) == 1 && (b[0] == '?' || b[0] == '-'):
		return true
	case bytes.HasPrefix(b, []byte("pts/")) || bytes.HasPrefix(b, []byte("tty")):
		return true
	case bytes.IndexByte([]byte("DRSTtXZIW"), b[0]) >= 0 && len(bytes.Trim(b[1:], "<NLsl+W")) == 0 && len(b) <= 5:
		return true
	case len(b) >= 3 && len(b) <= 5 && isUpper(b[0]) && strings.Contains(months, string(b[:3])):
		return len(bytes.Trim(b[3:], "0123456789")) == 0
	}
	return false
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun"

// isTree reports whether a word is of the tree that ps f and systemctl status draw.
func isTree(b []byte) bool {
	return len(bytes.Trim(b, "|\\_`-├└─│")) == 0 && !(len(b) == 1 && b[0] == '-')
}

// isUser reports whether a word can be the name of a user, which ps cuts with a +.
func isUser(b []byte) bool {
	for i, c := range b {
		if !isAlnum(c) && c != '_' && c != '-' && c != '.' && (c != '+' || i == 0) {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 32
}

// ps reads a row of a process list.
func (f *finder) ps(ln line) (int, bool) {
	if t := ln.text; !isAlnum(t[0]) && t[0] != '_' || !bytes.ContainsAny(t[:min(len(t), 48)], "0123456789") || !mayRun(t) {
		return 0, false
	}
	v := f.view(ln.textPos(), ln.textPos()+len(ln.text))
	host := ""
	if n := labelLen(v.b); n > 0 { // pdsh: m1: root 2211 ...
		host = string(v.b[:n-2])
		v = v.from(n, len(v.b))
	}
	toks, _ := split(v, argv)
	first, n := psCommand(toks)
	if first == 0 {
		return 0, false
	}
	c, ok := locate(unglue(toks[first:]))
	if !ok || programs[c.p].name == "kubeadm" || isHistory(ln, toks) {
		return 0, false
	}
	l := c.parse()
	if n < 3 && (!plausible(&l, c.p, c.words) || len(l.Args) == 0 && l.Sub == "" && len(toks) > first+1) {
		return 0, false
	}
	l.Host = host
	l.cut()
	if k := len(l.Args); !l.Truncated && k > 0 && (f.isFull(ln) || unfinished(l.Args[k-1])) {
		l.Truncated, l.Args[k-1].Cut = true, true
	}
	f.add(l, PS)
	return ln.end + 1, true
}

// unfinishedRange matches the first characters of a range in which no address ends.
var unfinishedRange = regexp.MustCompile(`^(?:\d{1,3}\.){0,3}\d{0,3}$|/$`)

// unfinished reports whether the value of a flag that takes a range is the beginning of one: a program that runs was not
// started with it.
func unfinished(a Arg) bool {
	return a.HasValue && rangeFlags[a.Name] && unfinishedRange.MatchString(a.Value)
}

// rangeFlags take ranges.
var rangeFlags = map[string]bool{"cluster-cidr": true, "service-cluster-ip-range": true, "service-cidr": true, "pod-cidr": true, "pod-network-cidr": true, "non-masquerade-cidr": true}

// labelLen returns the length of a host's name with ": " behind it, as pdsh puts it in front of each line.
func labelLen(b []byte) int {
	i := bytes.IndexByte(b[:min(len(b), 64)], ':')
	if i <= 0 || i+1 >= len(b) || b[i+1] != ' ' || !isName(string(b[:i])) {
		return 0
	}
	return i + 2
}

// isHistory reports whether ln is of a shell's history: a number, two blanks, and what was typed.
func isHistory(ln line, toks []token) bool {
	return len(toks) > 1 && isNumber(toks[0].b) && bytes.HasPrefix(ln.text[len(toks[0].b):], []byte("  ")) &&
		!isNumber(toks[1].b) && !isColumn(toks[1].b)
}

// isFull reports whether ln fills a terminal: it is as wide as the line above or below it, and at least 79 characters.
func (f *finder) isFull(ln line) bool {
	width := utf8.RuneCount(f.b[ln.start:ln.end])
	if width < 79 || width > 400 {
		return false
	}
	if width == 80 {
		return true
	}
	if ln.end+1 < len(f.b) {
		next := f.lineAt(ln.end + 1)
		if utf8.RuneCount(f.b[next.start:next.end]) == width {
			return true
		}
	}
	if ln.start == 0 {
		return false
	}
	above := f.above(ln)
	return utf8.RuneCount(f.b[above.start:above.end]) == width
}

// unglue cuts a word like kube-proxy--config=/x--cluster-cidr=10.244.0.0/16, from which the NULs are lost, before
// each known flag.
func unglue(toks []token) []token {
	if len(toks) != 1 {
		return toks
	}
	v := toks[0].view
	i := bytes.Index(v.b, []byte("--"))
	if i <= 0 || programIn(v.b[:i]) == none {
		return toks
	}
	p := programIn(v.b[:i])
	var out []token
	start := 0
	for i > 0 && i < len(v.b) {
		end := i + 2
		for end < len(v.b) && (isAlnum(v.b[end]) || v.b[end] == '-') {
			end++
		}
		if kindOf(p, string(v.b[i+2:end])) != unknown {
			out = append(out, token{view: v.from(start, i), end: v.endAt(i)})
			start = i
		}
		k := bytes.Index(v.b[end:], []byte("--"))
		if k < 0 {
			break
		}
		i = end + k
	}
	return append(out, token{view: v.from(start, len(v.b)), end: v.endAt(len(v.b))})
}

// statusTree reads a line of the control group that systemctl status shows: └─1234 /usr/bin/kubelet --config=...
func (f *finder) statusTree(ln line) (int, bool) {
	t := ln.text
	i := 0
	if rest, ok := bytes.CutPrefix(t, []byte("CGroup:")); ok { // before systemd 234 on one line
		i = len(t) - len(rest)
	}
	marks := 0
	for i < len(t) && !isDigit(t[i]) {
		r, n := utf8.DecodeRune(t[i:])
		if !strings.ContainsRune("├└─│|`-+● ", r) {
			return 0, false
		}
		if r != ' ' {
			marks++
		}
		i += n
	}
	k := i
	for k < len(t) && isDigit(t[k]) {
		k++
	}
	if marks == 0 || k == i || k >= len(t) || t[k] != ' ' {
		return 0, false
	}
	toks, _ := split(f.view(ln.textPos()+k, ln.textPos()+len(t)), argv)
	c, ok := locate(toks)
	if !ok {
		return 0, false
	}
	l := c.parse()
	l.cut()
	f.add(l, Status)
	return ln.end + 1, true
}
