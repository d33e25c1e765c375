package cmdline

import "bytes"

// A message is what a program said in a line of a log, with what the frame of the log tells.
type message struct {
	view
	host, program, path string
}

// flagMark stands before each flag that component-base's cli/flag.PrintFlags logs.
var flagMark = []byte("FLAG: --")

// unwrap takes off ln what container runtimes, journald, grep and logging libraries put around a message that holds
// mark.
func (f *finder) unwrap(ln line, mark []byte) message {
	m := message{view: f.view(ln.textPos(), ln.textPos()+len(ln.text))}
	m.host, m.program = journalHead(m.b)
	if path, n := grepPath(m.b); n > 0 {
		m.path = path
	}
	for range 3 {
		if i := bytes.Index(m.b, mark); i >= 0 && quoteBefore(m.b, i) < 0 {
			break
		}
		i := bytes.Index(m.b, mark)
		if i < 0 {
			i = len(m.b)
		}
		q := quoteBefore(m.b, i)
		if q < 0 {
			break
		}
		t, _, ok := quotedString(m.view, q)
		if !ok { // cut off
			t.view = unescape(m.from(q+1, len(m.b)))
		}
		m.view = t.view
	}
	return m
}

// messageKeys stand before what was logged, up to the quote.
var messageKeys = [...]string{
	`{"log":"`, `"log": "`, `"MESSAGE":"`, `"MESSAGE" : "`, `"MESSAGE": "`, `"msg":"`, `msg="`, `"message":"`,
}

// quoteBefore returns where the string begins that holds b[i]: the value of msg=, "log": or "MESSAGE":. It returns -1
// where none does.
func quoteBefore(b []byte, i int) int {
	for _, key := range messageKeys {
		if k := bytes.Index(b[:i], []byte(key)); k >= 0 && (k == 0 || b[k-1] != '\\') {
			return k + len(key) - 1
		}
	}
	return -1
}

// journalHead returns host and program of a line of journald or syslog: Jan 05 12:00:00 m1 kubelet[1234]: and its kin.
func journalHead(b []byte) (host, program string) {
	words, _ := split(view{b: b[:min(len(b), 120)]}, argv)
	for i := 1; i < len(words) && i < 7; i++ {
		w := words[i].b
		if len(w) < 3 || w[len(w)-1] != ':' || words[i].b[0] == '[' {
			continue
		}
		name := w[:len(w)-1]
		if k := bytes.IndexByte(name, '['); k >= 0 {
			name = name[:k]
		}
		if !hasTime(words[:i-1]) || !isName(string(words[i-1].b)) {
			return "", ""
		}
		return string(words[i-1].b), string(name)
	}
	return "", ""
}

func hasTime(words []token) bool {
	for _, w := range words {
		if bytes.IndexByte(w.b, ':') > 0 && isDigit(w.b[0]) {
			return true
		}
	}
	return false
}

// flagLog reads a run of FLAG: --name="value" lines, which is one command line.
func (f *finder) flagLog(ln line) (int, bool) {
	if i := bytes.Index(ln.text, flagMark); i < 0 || isQuotedIn(ln.text, i) {
		return 0, false
	}
	var l Line
	first := message{}
	seen := map[string]bool{}
	next := ln.start
	for next < len(f.b) {
		ln := f.lineAt(next)
		if !bytes.Contains(ln.text, flagMark) {
			break
		}
		m := f.unwrap(ln, flagMark)
		a, ok := flagLine(m.view)
		if ok {
			if len(l.Args) == 0 {
				first = m
			} else if seen[a.Name] || m.host != first.host || m.program != first.program || m.path != first.path {
				break
			}
			seen[a.Name] = true
			l.Args = append(l.Args, a)
		}
		next = ln.end + 1
	}
	if len(l.Args) == 0 {
		return ln.end + 1, true
	}
	l.Host, l.Path = first.host, first.path
	l.Pos, l.End = l.Args[0].Pos, l.Args[len(l.Args)-1].End
	p := programNamed(first.program)
	if p == none && first.path != "" {
		p = programOfPath(first.path)
	}
	if p == none && f.path != "" {
		p = programOfPath(f.path)
	}
	if p != none && programs[p].subs == "" {
		l.Program = programs[p].name
	} else if !settle(&l) {
		return next, true
	}
	f.add(l, FlagLog)
	return next, true
}

// isQuotedIn reports whether t[i] is part of a comment, a table or a sentence that shows a line of a log.
func isQuotedIn(t []byte, i int) bool {
	return t[0] == '#' || t[0] == '|' || bytes.HasPrefix(t, []byte("//")) || bytes.IndexByte(t[:i], '`') >= 0
}

// flagLine reads --name="value" behind the mark.
func flagLine(v view) (Arg, bool) {
	i := bytes.Index(v.b, flagMark)
	if i < 0 {
		return Arg{}, false
	}
	i += len(flagMark) - 2
	eq := bytes.IndexByte(v.b[i:], '=')
	if eq < 0 || !isName(string(v.b[i+2:i+eq])) || i+eq+1 < len(v.b) && v.b[i+eq+1] == '\\' {
		return Arg{}, false
	}
	eq += i
	a := Arg{Name: string(v.b[i+2 : eq]), HasValue: true, Pos: v.at(i), ValuePos: v.endAt(eq + 1)}
	if eq+1 < len(v.b) && v.b[eq+1] == '"' {
		if t, _, ok := quotedString(v, eq+1); ok {
			a.Value, a.End = string(t.b), t.end
			a.ValuePos = v.at(eq + 2)
			return a, true
		}
		eq++
		a.Cut = true
	}
	t, k := word(v, eq+1, argv)
	a.Value, a.End = string(t.b), v.endAt(k)
	if eq+1 < len(v.b) {
		a.ValuePos = v.at(eq + 1)
	}
	return a, true
}

var runningMark = []byte("Running ")

// started reads Running kube-apiserver --name=value, which k3s and RKE2 log for each program that they contain.
func (f *finder) started(ln line) (int, bool) {
	i := bytes.Index(ln.text, runningMark)
	if i < 0 || !isStart(ln.text, i) || isQuotedIn(ln.text, i) {
		return 0, false
	}
	m := f.unwrap(ln, runningMark)
	i = bytes.Index(m.b, runningMark)
	if i < 0 {
		return 0, false
	}
	toks, _ := split(m.from(i+len(runningMark), len(m.b)), argv)
	c, ok := locate(toks)
	if !ok || len(c.args) == 0 || !isFlag(c.args[0].b) {
		return 0, false
	}
	l := c.parse()
	l.Host = m.host
	l.cut()
	if len(l.Args) == 0 || !plausible(&l, c.p, 0) {
		return 0, false
	}
	f.add(l, Started)
	return ln.end + 1, true
}

// isStart reports whether t[i] begins a message: after a header, a quote, or nothing.
func isStart(t []byte, i int) bool {
	if i == 0 || t[i-1] == '"' {
		return true
	}
	return t[i-1] == ' ' && i >= 2 && (t[i-2] == ']' || t[i-2] == ':' || t[i-2] == 'F')
}

// journal reads the _CMDLINE field of journalctl -o json, and COMMAND= of sudo's log.
func (f *finder) journal(ln line) (int, bool) {
	t := ln.text
	if i := bytes.Index(t, []byte(`"_CMDLINE"`)); i >= 0 {
		v := f.view(ln.textPos(), ln.textPos()+len(t))
		q := i + len(`"_CMDLINE"`)
		for q < len(t) && t[q] != '"' && q < i+16 {
			q++
		}
		if q >= len(t) || t[q] != '"' {
			return 0, false
		}
		s, _, _ := quotedString(v, q)
		toks, _ := split(s.view, argv)
		c, ok := locate(toks)
		if !ok {
			return 0, false
		}
		l := c.parse()
		l.Host = fieldOf(t, `"_HOSTNAME"`)
		if n := len(f.out); n > 0 && f.out[n-1].Frame == Journal && same(f.out[n-1], l) {
			return ln.end + 1, true
		}
		f.add(l, Journal)
		return ln.end + 1, true
	}
	i := bytes.Index(t, []byte("COMMAND=/"))
	if i < 0 {
		return 0, false
	}
	k := ln.textPos() + i + len("COMMAND=")
	toks, _ := split(f.view(k, ln.textPos()+len(t)), argv)
	c, ok := locate(toks)
	if !ok {
		return 0, false
	}
	l := c.parse()
	l.Host, _ = journalHead(t)
	f.add(l, Journal)
	f.out[len(f.out)-1].Running = false
	return ln.end + 1, true
}

// fieldOf returns the string that follows a key of a JSON object in one line.
func fieldOf(t []byte, key string) string {
	i := bytes.Index(t, []byte(key))
	if i < 0 {
		return ""
	}
	s := bytes.TrimLeft(t[i+len(key):], " :")
	if len(s) < 2 || s[0] != '"' {
		return ""
	}
	s, _, _ = bytes.Cut(s[1:], []byte{'"'})
	return string(s)
}

// same reports whether two lines state the same.
func same(a, b Line) bool {
	if a.Program != b.Program || a.Sub != b.Sub || a.Host != b.Host || len(a.Args) != len(b.Args) {
		return false
	}
	for i := range a.Args {
		if a.Args[i].Name != b.Args[i].Name || a.Args[i].Value != b.Args[i].Value {
			return false
		}
	}
	return true
}

// annotation reads k3s.io/node-args: ["server","--cluster-cidr","10.42.0.0/16"], as YAML, JSON and describe have it.
func (f *finder) annotation(ln line) (int, bool) {
	i := bytes.Index(ln.text, []byte(".io/node-args"))
	if i < 0 {
		return 0, false
	}
	p := byName["k3s"]
	if bytes.HasSuffix(ln.text[:i], []byte("rke2")) {
		p = byName["rke2"]
	}
	start := ln.textPos() + i
	k := bytes.IndexByte(f.b[start:ln.end], '[')
	if k < 0 {
		return 0, false
	}
	v := f.view(start+k, len(f.b))
	next := ln.end + 1
	if start+k+1 < len(f.b) && f.b[start+k+1] == '\\' { // a string of JSON, or one in double quotes of YAML
		v = unescape(f.view(start+k, ln.end))
	}
	items, n, ok := stringArray(v, 0)
	if !ok {
		return 0, false
	}
	if len(v.edits) == 0 {
		next = max(next, lineEnd(f.b, min(start+k+n, len(f.b)))+1)
	}
	c := command{p: p, args: items}
	if len(items) > 0 && hasField(programs[p].subs, string(items[0].b)) {
		c.sub, c.toks, c.args = string(items[0].b), items, items[1:]
	}
	l := c.parse()
	if l.Pos == 0 && len(l.Args) > 0 {
		l.Pos = l.Args[0].Pos
	}
	if l.Sub != "" || len(l.Args) > 0 {
		l.Host = f.ctx.node
		f.add(l, Annotation)
	}
	return next, true
}
