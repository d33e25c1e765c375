package cmdline

import (
	"bytes"
	"regexp"
	"slices"
)

// dockerPS reads a row of docker ps --no-trunc, whose command stands in quotes behind a container's id and its image.
func (f *finder) dockerPS(ln line) (int, bool) {
	t := ln.text
	n := 0
	for n < len(t) && (isDigit(t[n]) || t[n] >= 'a' && t[n] <= 'f') {
		n++
	}
	q := bytes.IndexByte(t, '"')
	if n < 12 || n > 64 || n >= len(t) || !isBlank(t[n]) || q < 0 {
		return 0, false
	}
	v := f.view(ln.textPos(), ln.textPos()+len(t))
	s, _, ok := quotedString(v, q)
	if !ok {
		return 0, false
	}
	toks, _ := split(s.view, argv)
	if len(toks) > 0 && bytes.HasPrefix(toks[0].b, []byte("'")) { // 'sh -c ...'
		toks, _ = split(s.view, shell)
	}
	short := ellipsis(s.b)
	c, ok := locate(toks)
	if !ok {
		words, _ := split(v.from(0, q), argv)
		p := none
		if len(words) == 2 {
			p = programOfImage(string(words[1].b))
		}
		if p == none || len(toks) == 0 || !isFlag(toks[0].b) && !hasField(programs[p].subs, string(toks[0].b)) {
			return 0, false
		}
		c = command{p: p, args: toks}
		if !isFlag(toks[0].b) {
			c.sub, c.toks, c.args = string(toks[0].b), toks, toks[1:]
		}
	}
	l := c.parse()
	if len(c.toks) == 0 {
		l.Pos = toks[0].at(0)
	}
	l.cut()
	l.Truncated = l.Truncated || short > 0
	f.add(l, Inspect)
	return ln.end + 1, true
}

// What may stand before a command that was typed, besides a prompt: the number of a shell's history, with its time; the
// mark of a list or a quotation; the key or instruction of a file that holds commands.
var typedHead = regexp.MustCompile(`^(?:\d{1,6}\*? {2,}(?:\d[\d/-]+ \d[\d:]+ +)?|[-*+] |\d{1,2}[.)] |> ?|: \d+:\d+;|` +
	`(?:- )?(?:run|command|shell|cmd|script): +(?:\||>-?)? *|(?:RUN|CMD|ENTRYPOINT) )`)

// typed reads what was typed in a terminal or written in a script, after any prompt.
func (f *finder) typed(ln line) (int, bool) {
	t := ln.text
	if !mayRun(t) || f.ctx.containers >= 0 {
		return 0, false
	}
	h := headOf(t)
	n := h.n
	if !f.mayLocate(ln, n) {
		return 0, false
	}
	body, end := f.body(ln, n)
	toks, used := split(body, shell)
	if end == 0 {
		end = ln.textPos() + n + used
	}
	toks, end = f.lost(toks, end)
	found := len(f.out)
	f.commands(toks, h.shown || f.ctx.fence, t)
	if len(f.out) == found {
		return 0, false
	}
	next := end + 1
	if !h.shown && !f.ctx.fence && f.out[found].Pos-ln.textPos() == n && f.isProse(ln, next, &f.out[found]) ||
		h.hash && (ln.indent > 0 && !f.ctx.fence || f.isComment(ln, next)) {
		f.out = f.out[:found]
		return 0, false
	}
	refused, proc := f.isRefused(next), !h.shown && bytes.Contains(f.above(ln).text, []byte("/cmdline"))
	for i := found; i < len(f.out); i++ {
		l := &f.out[i]
		l.Refused = refused
		if l.Host == "" {
			l.Host = h.host
		}
		if proc { // its NULs were made blanks
			l.Frame, l.Running = ProcFile, true
		}
	}
	return next, true
}

// lost adds the lines below end that are indented and begin with a flag: somebody lost the \ at the ends of the lines.
func (f *finder) lost(toks []token, end int) ([]token, int) {
	for end+1 < len(f.b) {
		ln := f.lineAt(end + 1)
		if ln.indent == 0 || !bytes.HasPrefix(ln.text, []byte("--")) {
			break
		}
		more, used := split(f.view(ln.textPos(), len(f.b)), shell)
		toks = append(toks, more...)
		end = ln.textPos() + used
	}
	return toks, end
}

// A head is what stands before a command that was typed.
type head struct {
	n     int    // its length
	shown bool   // it tells that a command follows
	hash  bool   // it is a # that may as well begin a comment
	host  string // vagrant's and pdsh's label
}

// headOf returns the head of t.
func headOf(t []byte) head {
	var h head
	if k := labelLen(t); k > 0 {
		if n, _ := promptLen(t[k:]); n > 0 {
			h.n, h.host = k, string(t[:k-2])
		}
	}
	for h.n+1 < len(t) && t[h.n] == '>' && isBlank(t[h.n+1]) { // a quotation
		h.n += 2
		h.shown = true
	}
	n, strong := promptLen(t[h.n:])
	h.hash = n > 0 && !strong && t[h.n] == '#'
	h.shown = h.shown || n > 0
	h.n += n
	for range 3 {
		m := typedHead.Find(t[h.n:])
		if len(m) == 0 {
			break
		}
		h.shown = h.shown || m[len(m)-1] != ' ' || isDigit(m[0])
		h.n += len(m)
	}
	return h
}

// above returns the line above ln, an empty one where there is none.
func (f *finder) above(ln line) line {
	if ln.start == 0 {
		return line{}
	}
	from := max(0, ln.start-1000)
	return f.lineAt(from + bytes.LastIndexByte(f.b[from:ln.start-1], '\n') + 1)
}

// nextPrompt is a prompt behind output that ended without a line end.
var nextPrompt = regexp.MustCompile(`\s(?:\[[\w.@~][^\]\n]{0,60}\][#$]|[\w.-]+@[\w.-]+:[^\s#$]{0,80}[#$])$`)

// body returns what follows the head of n bytes, without the backticks around it. end is 0 where it may go on in the
// next line.
func (f *finder) body(ln line, n int) (v view, end int) {
	t := ln.text
	if len(t)-n > 2 && t[n] == '`' && t[len(t)-1] == '`' && bytes.Count(t[n:], []byte("`")) == 2 {
		return f.view(ln.textPos()+n+1, ln.textPos()+len(t)-1), ln.end
	}
	if c := t[len(t)-1]; n < len(t) && (c == '#' || c == '$') {
		if m := nextPrompt.FindIndex(t[n:]); m != nil {
			return f.view(ln.textPos()+n, ln.textPos()+n+m[0]), ln.end
		}
	}
	return f.view(ln.textPos()+n, len(f.b)), 0
}

// mayLocate looks at the one line before its continuations are read: whether it names a program, or goes on.
func (f *finder) mayLocate(ln line, n int) bool {
	t := ln.text
	if t[len(t)-1] == '\\' || bytes.Contains(t, []byte("K3S")) || bytes.Contains(t, []byte("get.k3s.io")) {
		return true
	}
	rest, from := t[n:], 0
	if !bytes.ContainsAny(rest, "|;&") {
		end := 0
		for end < len(rest) && !isSpace(rest[end]) {
			end++
		}
		if !mayBegin(bytes.Trim(rest[:end], "`'\"")) {
			return false
		}
	}
	for i := 0; i <= len(rest); i++ {
		if i < len(rest) && !isSpace(rest[i]) && bytes.IndexByte([]byte("'\"`;|&"), rest[i]) < 0 {
			continue
		}
		w := rest[from:i]
		from = i + 1
		if programIn(w) != none || isHyperkube(w[bytes.LastIndexByte(w, '/')+1:]) || string(w) == "docker" ||
			string(w) == "podman" || string(w) == "nerdctl" {
			return true
		}
	}
	return false
}

// mayBegin reports whether a command line may begin with the word: a program, a wrapper, an assignment.
func mayBegin(word []byte) bool {
	base := word[bytes.LastIndexAny(word, `/\`)+1:]
	return programIn(word) != none || isAssignment(word) || isHyperkube(base) || wrapperNamed(string(base)) != nil ||
		hasField("sh bash dash ash zsh ksh docker podman nerdctl ctr for while", string(base))
}

// mayRun is cheap: one of the programs, or the script that installs one, is named in t.
func mayRun(t []byte) bool {
	for _, s := range [...]string{"kube", "k3s", "K3S", "rke2", "flannel", "docker", "cloud-controller-manager"} {
		if bytes.Contains(t, []byte(s)) {
			return true
		}
	}
	return false
}

// commands adds what the simple commands between the operators in toks run. bare allows those without a flag.
func (f *finder) commands(toks []token, shown bool, t []byte) {
	k3s := bytes.Contains(t, []byte("INSTALL_K3S")) || bytes.Contains(t, []byte("get.k3s.io"))
	for start := 0; start < len(toks); {
		end := start
		for end < len(toks) && (toks[end].op == 0 || toks[end].op == '<' || toks[end].op == '>') {
			end++
		}
		simple := toks[start:end]
		start = end + 1
		c, ok := locate(simple)
		if !ok && k3s {
			c, ok = installK3s(simple)
		}
		if !ok {
			continue
		}
		l := c.parse()
		if !plausible(&l, c.p, c.words) || len(l.Args) == 0 && !mayBeBare(&l, &c, shown, len(toks)) {
			continue
		}
		if len(c.toks) == 0 && len(c.args) > 0 {
			l.Pos = c.args[0].at(0)
		}
		f.add(l, Typed)
	}
}

// mayBeBare reports whether a command without a flag says something: a subcommand of an installer does, where it is
// shown as a command, stands alone, or behind a wrapper.
func mayBeBare(l *Line, c *command, shown bool, n int) bool {
	if len(c.toks) == 0 {
		return true // of the script that installs k3s
	}
	return l.Sub != "" && (shown || n == 2 || len(c.args) == 0 || string(c.toks[0].b) != programs[c.p].name)
}

// installK3s reads INSTALL_K3S_EXEC="server --x" sh -s - --y: k3s gets what both say, in this order.
func installK3s(toks []token) (command, bool) {
	c := command{p: byName["k3s"]}
	agent, sh, exec := false, false, false
	var args []token
	for i, t := range toks {
		if value, ok := bytes.CutPrefix(t.b, []byte("INSTALL_K3S_EXEC=")); ok {
			words, _ := split(t.from(len(t.b)-len(value), len(t.b)), envValue)
			args = append(args, words...)
			exec = true
			continue
		}
		if bytes.HasPrefix(t.b, []byte("K3S_URL=")) {
			agent = true
			continue
		}
		base := t.b[bytes.LastIndexByte(t.b, '/')+1:]
		if string(base) != "sh" && string(base) != "bash" && !bytes.HasSuffix(base, []byte(".sh")) {
			continue
		}
		sh = true
		rest := toks[i+1:]
		if len(rest) > 0 && string(rest[0].b) == "-s" {
			rest = rest[1:]
		}
		if len(rest) > 0 && (string(rest[0].b) == "-" || string(rest[0].b) == "--") {
			rest = rest[1:]
		}
		args = append(args, rest...)
		break
	}
	if !sh && !exec {
		return c, false
	}
	c.sub = "server"
	if agent {
		c.sub = "agent"
	}
	if len(args) > 0 && hasField(programs[c.p].subs, string(args[0].b)) {
		c.sub, args = string(args[0].b), args[1:]
	}
	c.args = args
	return c, true
}

// isProse reports whether l, which begins a line without a prompt, is a part of a sentence: the line above or below is
// one.
func (f *finder) isProse(ln line, next int, l *Line) bool {
	if ln.indent >= 4 && len(l.Args) > 0 {
		return false
	}
	above := f.above(ln).text
	return len(above) > 0 && isSentence(above, false) || next < len(f.b) && isSentence(f.lineAt(next).text, true)
}

// isSentence reports whether t reads like a line of prose that goes on above (tail) or below: words of letters, most of
// them in lower case, and no sign of a command.
func isSentence(t []byte, tail bool) bool {
	words := bytes.Fields(t[:min(len(t), 200)])
	if len(words) < 3 || t[len(t)-1] == ':' && !tail {
		return false
	}
	plain := 0
	for _, w := range words {
		w = bytes.TrimRight(w, ",.;:")
		if len(bytes.Trim(w, "abcdefghijklmnopqrstuvwxyz'")) == 0 {
			plain++
		}
	}
	if tail && !isLower(t[0]) {
		return false
	}
	return plain*4 >= len(words)*3 && wrapperNamed(string(words[0])) == nil && !isShower(t)
}

// isComment reports whether a line that begins with # is a comment rather than what root typed: what stands around it
// is a script, YAML, or another comment.
func (f *finder) isComment(ln line, next int) bool {
	if f.ctx.fence && ln.start == 0 {
		return false
	}
	if bytes.HasPrefix(f.b, []byte("#!")) {
		return true
	}
	for pos, n := next, 0; pos < len(f.b) && n < 3; n++ {
		l := f.lineAt(pos)
		pos = l.end + 1
		if len(l.text) == 0 {
			continue
		}
		if isCode(l.text) {
			return true
		}
		break
	}
	end := ln.start - 1
	for n := 0; end > 0 && n < 3; n++ {
		from := max(0, end-1000)
		k := from + bytes.LastIndexByte(f.b[from:end], '\n') + 1
		l := f.lineAt(k)
		end = k - 1
		if len(l.text) == 0 {
			continue
		}
		return isCode(l.text)
	}
	return false
}

// isCode reports whether t is a line of YAML, of a script, or a comment that is no command.
func isCode(t []byte) bool {
	if t[0] == '#' {
		words := bytes.Fields(t[1:])
		return len(words) == 0 || !bytes.Equal(words[0], bytes.ToLower(words[0])) ||
			isSentence(bytes.TrimLeft(t, "# "), false)
	}
	if t[0] == '-' && len(t) > 1 && t[1] == ' ' {
		return true
	}
	if n := nameLen(t); n > 0 && n < len(t) {
		if t[n] == ':' && (n+1 == len(t) || t[n+1] == ' ') || t[n] == '=' {
			return true
		}
		switch string(t[:n]) {
		case "if", "fi", "then", "else", "for", "done", "do", "export", "function", "echo", "set", "exit",
			"sudo", "apt", "yum":
			return true
		}
	}
	return programIn(bytes.Fields(t)[0]) != none
}

// refusals are what kubeadm, pflag and a shell print when they do not do what was typed.
var refusals = [...]string{
	"[preflight] Some fatal errors occurred", "error execution phase", "unknown flag:", "unknown shorthand flag:",
	"flag needs an argument:", "invalid argument \"", "can not mix '--config' with arguments", "command not found",
	"[ERROR ", "flag provided but not defined",
}

// isRefused reports whether the output that begins at pos, up to the next prompt, shows a refusal.
func (f *finder) isRefused(pos int) bool {
	if f.refusal < pos {
		f.refusal = f.nextRefusal(pos)
	}
	if f.refusal == len(f.b) {
		return false
	}
	for n := 0; n < 40 && pos < len(f.b); n++ {
		ln := f.lineAt(pos)
		pos = ln.end + 1
		if len(ln.text) == 0 {
			continue
		}
		if k, strong := promptLen(ln.text); k > 0 && (strong || ln.text[0] != '>') {
			return false
		}
		if ln.end > f.refusal && refuses(ln.text[:min(len(ln.text), 400)]) {
			return true
		}
	}
	return false
}

func refuses(line []byte) bool {
	return slices.ContainsFunc(refusals[:], func(s string) bool { return bytes.Contains(line, []byte(s)) })
}

// nextRefusal returns where the first refusal at or behind pos begins, the length of the text where there is none.
func (f *finder) nextRefusal(pos int) int {
	next := len(f.b)
	if pos >= next {
		return next
	}
	for _, s := range refusals {
		if i := bytes.Index(f.b[pos:next], []byte(s)); i >= 0 {
			next = pos + i
		}
	}
	return next
}
