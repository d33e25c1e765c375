package paste

import (
	"regexp"
	"strings"
)

// A typed is a command line in a transcript.
type typed struct {
	prompt prompt
	lines  []line // without prompts, as typed
	text   string // as one line
	next   int    // index of the first line behind it
	docs   []heredoc
}

// A heredoc is the text that a command line gets as its input.
type heredoc struct {
	lines []line
	quote bool // its delimiter was quoted: nothing in it was expanded
}

// promptAt returns the prompt at the start of line i. Behind the sign of root, which begins comments too, a command
// must not be
// followed by what a commented file goes on with.
func (c *cutter) promptAt(ls []line, i int) (prompt, bool) {
	s := ls[i].s
	p, ok := findPrompt(s)
	if !ok && len(c.leads) > 0 && s != "" && c.leads[strings.TrimRight(s, " \t")] {
		return prompt{at: len(s)}, true
	}
	if !ok || p.strong {
		return p, ok
	}
	if s[0] == '#' && !c.commandComment(ls, i, s[p.at:]) {
		return prompt{}, false
	}
	if s[0] == '$' && c.shape.data() && p.at < 2 {
		return prompt{}, false
	}
	return p, true
}

// A comment in a file may be a command line as well: it is one where its output can look like the rest of the file.
var showsFiles = regexp.MustCompile(`^(?:sudo )?(?:(?:cat|more|less|head|tail|vim?|nano) |kubectl .*(?:-o ?|--output[= ])(?:yaml|json)|(?:docker|crictl|podman|nerdctl) .*inspect|systemctl cat|kubeadm config|etcdctl |kubectl (?:-\S+ \S+ )?config view|curl )`)

// commandComment reports whether "# command" in line i is a command line.
func (c *cutter) commandComment(ls []line, i int, command string) bool {
	if showsFiles.MatchString(command) {
		return true
	}
	if c.shape.data() {
		return false
	}
	for _, l := range ls[i+1:] {
		if l.blank() {
			continue
		}
		// The next line of a commented file is an assignment, a key or a section.
		word, _, _ := strings.Cut(l.s, " ")
		return !(isAssignment(word) || strings.HasPrefix(l.s, "[") && strings.HasSuffix(l.s, "]") ||
			keyLine.MatchString(l.s) || l.s[0] == '#' && !isCommand(strings.TrimLeft(l.s[1:], " ")))
	}
	return true
}

// keyLine matches a line of YAML that begins with a key.
var keyLine = regexp.MustCompile(`^(?:- )?[A-Za-z_][\w./-]*:(?: |$)`)

// unglue cuts off prompts that stand behind output, and reports whether a line of ls is a prompt.
func (c *cutter) unglue(ls []line) (out []line, found bool) {
	out = ls
	for i, l := range ls {
		if p, ok := c.promptAt(ls, i); ok {
			c.remember(p)
			if lead := strings.TrimRight(l.s[:p.at], " \t"); !p.strong && lead != "#" && len(c.leads) < maxHosts {
				if c.leads == nil {
					c.leads = map[string]bool{}
				}
				c.leads[lead] = true
			}
			found = true
		} else if front, rest, ok := c.splitGlued(l); ok {
			if !found || len(out) == len(ls) && &out[0] == &ls[0] {
				out = append(make([]line, 0, len(ls)+1), ls[:i]...)
			}
			found = true
			out = append(out, front, rest)
			continue
		}
		if len(out) != len(ls) || len(out) > 0 && &out[0] != &ls[0] {
			out = append(out, l)
		}
	}
	return out, found
}

// transcript cuts lines at their prompts and reports whether there were any.
func (c *cutter) transcript(ls []line, h head) bool {
	ls, ok := c.unglue(ls)
	if !ok {
		return false
	}
	var pending []line // the output so far
	out, host, outer, in := h, h.host, "", shellIn{}
	label := ""
	var history []line // command lines that printed nothing
	historyHead := h
	flush := func() {
		var next string
		pending, next = c.takeLabel(pending)
		if len(trimBlank(pending)) > 0 || next != "" {
			c.emitHistory(&history, historyHead)
		}
		c.output(pending, out)
		pending, label = nil, next
	}
	for i := 0; i < len(ls); {
		p, ok := c.promptAt(ls, i)
		if !ok {
			pending = append(pending, ls[i])
			i++
			continue
		}
		flush()
		c.remember(p)
		if p.host != "" {
			host = p.host
		}
		lead := strings.TrimRight(ls[i].s[:p.at], " \t")
		if in.left(p, lead) {
			host, outer, in = first(p.host, outer), "", shellIn{}
		}
		cmd := c.readTyped(ls, i, p)
		out = h.behind(p, label, host)
		out.pod = first(in.pod, out.pod)
		if p.head || len(cmd.lines) == 0 {
			out.command, out.kind = nil, ""
			i = cmd.next
			continue
		}
		out = c.apply(cmd.text, out)
		host, outer = out.session(host, outer)
		in = out.shellIn(in, lead)
		commands := out
		commands.kind, commands.path, commands.partial = KindCommands, "", false
		if len(history) > 0 && historyHead.host != commands.host {
			c.emitHistory(&history, historyHead)
		}
		if len(history) > 0 {
			commands.command = nil // of several
		}
		history, historyHead = append(history, cmd.lines...), commands
		if len(cmd.docs) > 0 {
			c.emitHistory(&history, historyHead)
			c.heredocs(cmd, out)
		}
		i = cmd.next
	}
	flush()
	c.emitHistory(&history, historyHead)
	return true
}

// session returns the host of the prompts behind a command that do not tell it, and that to which exit leads back.
func (h head) session(host, outer string) (now, back string) {
	switch shell := len(h.command) == 0 || len(h.command) == 1 && shells[base(h.command[0])]; {
	case shell && h.host != "":
		return h.host, host
	case len(h.command) == 1 && (h.command[0] == "exit" || h.command[0] == "logout"):
		return outer, ""
	}
	return host, outer
}

// A shellIn is a shell that was opened in a pod. The zero shellIn is none.
type shellIn struct {
	pod          string
	outer, inner string // the prompts in front of the command that opened it, and within
}

// shellIn returns the shell that the prompts behind a command are of.
func (h head) shellIn(now shellIn, lead string) shellIn {
	switch shell := len(h.command) == 0 || len(h.command) == 1 && shells[base(h.command[0])]; {
	case shell && h.pod != "" && now.pod == "":
		return shellIn{pod: h.pod, outer: lead}
	case len(h.command) == 1 && (h.command[0] == "exit" || h.command[0] == "logout"):
		return shellIn{}
	}
	return now
}

// left reports whether a prompt is no longer of the shell in the pod: it names another host, or it is the one from
// which the shell was opened.
func (in *shellIn) left(p prompt, lead string) bool {
	if in.pod == "" {
		return false
	}
	if in.inner == "" {
		in.inner = lead
	}
	return p.host != "" && !strings.HasSuffix("/"+in.pod, "/"+p.host) || lead == in.outer && lead != in.inner
}

// podOf returns the pod that a shell runs in, as far as the host's name in its prompt tells: it ends as the names of a
// ReplicaSet's pods do, and not in the name of a machine, which a MachineSet makes in the same way.
func podOf(host string) string {
	if replicaName.MatchString(host) && !machineName.MatchString(host) {
		return host
	}
	return ""
}

var (
	replicaName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	machineName = regexp.MustCompile(`(?:^|-)(?:md|mp|np|machines?|workers?|nodes?|masters?|control-?planes?|cp|pools?|nodepools?|agents?|servers?|shoot|vm|host)(?:-|\d|$)`)
)

// behind returns what is known behind a prompt. Without a host of its own it is on that of the label above it, or of
// the last prompt.
func (h head) behind(p prompt, label, last string) head {
	h.kind, h.path, h.host = KindOutput, "", first(p.host, label, last)
	if p.container {
		h.host = ""
	}
	h.pod = first(h.pod, podOf(h.host))
	return h
}

// emitHistory emits the command lines that were kept.
func (c *cutter) emitHistory(lines *[]line, h head) {
	c.emit(h, *lines)
	*lines = nil
}

// apply adds to h what a command line tells of its output.
func (c *cutter) apply(text string, h head) head {
	cmd := readCommand(text)
	h.kind, h.command, h.path, h.partial = KindOutput, cmd.argv, cmd.path, cmd.partial
	h.cuts, h.chops = cmd.cuts, cmd.chops
	if len(cmd.argv) > 0 && (base(cmd.argv[0]) == "kubectl" || base(cmd.argv[0]) == "oc") {
		h.pod = "" // what it shows is the cluster's, in whichever pod it was typed
	}
	h.host, h.pod = first(cmd.host, h.host), first(cmd.pod, h.pod)
	if h.path != "" && (len(cmd.argv) == 0 || !filters[base(cmd.argv[0])] || base(cmd.argv[0]) == "head" || base(cmd.argv[0]) == "tail") {
		h.kind = KindFile
	}
	return h
}

// output emits what a command printed.
func (c *cutter) output(ls []line, h head) {
	ls = trimBlank(ls)
	for len(ls) > 0 && pagerEnd.MatchString(ls[len(ls)-1].s) {
		ls = trimBlank(ls[:len(ls)-1])
	}
	if len(h.command) > 0 && (h.pod != "" || h.kind == KindFile) {
		for len(ls) > 0 && notices.MatchString(ls[0].s) {
			ls = trimBlank(ls[1:])
		}
	}
	if len(ls) > 0 {
		c.body(ls, h)
	}
}

// pagerEnd matches what a pager leaves below a text: the end of less, with its filling, and what more asks.
var pagerEnd = regexp.MustCompile(`^(?:\(END\)|lines \d+-\d+(?:/\d+)? \(END\)|--More--(?:\s*\(\d+%\))?|~|:)\s*$`)

// notices matches what kubectl exec and ssh print above the output of the command that they run.
var notices = regexp.MustCompile(`^(?:Defaulted container |Defaulting container name to |Use 'kubectl describe pod|Unable to use a TTY|` +
	`Warning: Permanently added|Last login: |Authorized uses only)`)

// continued matches what a shell shows in front of the next line of a command.
var continued = regexp.MustCompile(`^(?:> ?|>> ?|(?:d?quote|heredoc|pipe|cmdsubst|cmdand|bquote|for|while|if|then|do)(?: \w+)*> ?|\.\.\. ?)`)

// Bounds on the lines of one command, so that a quote that is never closed takes no whole transcript.
const (
	maxContinued = 200
	maxOpenQuote = 40
)

// readTyped reads the command line at line i, behind its prompt.
func (c *cutter) readTyped(ls []line, i int, p prompt) typed {
	t := typed{prompt: p, next: i + 1}
	l := ls[i].from(p.at)
	if p.head || l.blank() {
		return t
	}
	return c.readCommandLines(ls, i, l, t)
}

// readCommandLines reads the command line that begins with first, the rest of line i, and goes on in the lines behind
// it.
func (c *cutter) readCommandLines(ls []line, i int, first line, t typed) typed {
	t.lines = append(t.lines, first)
	var b strings.Builder
	b.WriteString(first.s)
	var open shellState
	open.feed(first.s)
	for n := 0; t.next < len(ls) && n < maxContinued; n++ {
		state := open.lacks
		l := ls[t.next]
		m := continued.FindString(l.s)
		if state == closed || state == openQuote && m == "" && !c.closesQuote(ls[t.next:], open.quote) || state == openPipe && m == "" {
			break
		}
		if _, ok := c.promptAt(ls, t.next); ok && m == "" {
			break
		}
		l = l.from(len(m))
		t.lines = append(t.lines, l)
		t.next++
		b.WriteString("\n" + l.s)
		open.feed(l.s)
	}
	t.text = b.String()
	c.readHeredocs(ls, &t)
	return t
}

// What a command line lacks at its end.
type openness int

const (
	closed    openness = iota
	openLine           // it ends in a backslash
	openQuote          // a quote is not closed
	openPipe           // it ends in | or &&
)

// A shellState is where a shell stands that has read a part of a command line.
type shellState struct {
	quote byte // of the string that is open, or 0
	lacks openness
}

// feed reads the next line.
func (st *shellState) feed(s string) {
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '\\' && st.quote != '\'':
			i++
		case st.quote == 0 && (ch == '\'' || ch == '"'):
			st.quote = ch
		case ch == st.quote:
			st.quote = 0
		}
	}
	s = strings.TrimRight(s, " \t")
	switch {
	case strings.HasSuffix(s, `\`) && st.quote != '\'':
		st.lacks = openLine
	case st.quote != 0:
		st.lacks = openQuote
	case strings.HasSuffix(s, "|") || strings.HasSuffix(s, "&&"):
		st.lacks = openPipe
	default:
		st.lacks = closed
	}
}

// closesQuote reports whether a quote that is open is closed soon, before the next prompt.
func (c *cutter) closesQuote(ls []line, quote byte) bool {
	for i := range ls[:min(len(ls), maxOpenQuote)] {
		if _, ok := c.promptAt(ls, i); ok {
			return false
		}
		if strings.IndexByte(ls[i].s, quote) >= 0 {
			return true
		}
	}
	return false
}

// heredocMark matches the operator of a here-document, not that of a here-string. Group 1 is the dash, 2 the quote, 3
// the delimiter.
var heredocMark = regexp.MustCompile(`(?:^|[^<])<<(-?)[ \t]*(\\|['"]?)([A-Za-z_][\w.-]*)`)

// readHeredocs reads the here-documents behind a command line, which stand in the lines from t.next on.
func (c *cutter) readHeredocs(ls []line, t *typed) {
	if !strings.Contains(t.text, "<<") {
		return
	}
	for _, m := range heredocMark.FindAllStringSubmatch(t.text, 4) {
		if c.searched > 4*len(c.origin.lines) {
			return // so many here-documents had no end that this is no transcript
		}
		doc, next, ok := readHeredoc(ls[t.next:], m[1] == "-", m[3])
		if !ok {
			c.searched += len(ls) - t.next
			return
		}
		doc.quote = m[2] != ""
		t.docs = append(t.docs, doc)
		t.next += next
	}
}

// readHeredoc reads lines up to the delimiter, and tells how many lines that are. Where a shell showed its second
// prompt in
// front of each of them, it is taken off.
func readHeredoc(ls []line, dash bool, delimiter string) (doc heredoc, n int, ok bool) {
	prompted := len(ls) > 0 && continued.MatchString(ls[0].s)
	for i, l := range ls {
		if prompted {
			m := continued.FindString(l.s)
			if m == "" {
				return doc, 0, false
			}
			l = l.from(len(m))
		}
		end := strings.TrimRight(l.s, " \t\r")
		if dash {
			l = l.from(len(l.s) - len(strings.TrimLeft(l.s, "\t")))
			end = strings.TrimLeft(end, " \t")
		}
		if end == delimiter {
			return doc, i + 1, true
		}
		doc.lines = append(doc.lines, l)
	}
	return doc, 0, false
}

// heredocs emits the here-documents of a command line as the files that they become.
func (c *cutter) heredocs(t typed, h head) {
	cmd := readCommand(t.text)
	for i, doc := range t.docs {
		d := h
		d.kind, d.path, d.written, d.partial = KindFile, cmd.target, true, false
		d.host, d.pod = first(cmd.host, d.host), first(cmd.pod, d.pod)
		if cmd.shell {
			d.kind, d.path, d.written = KindCommands, "", false
		}
		ls := doc.lines
		if !doc.quote {
			ls = each(ls, unescapeHeredoc)
		}
		if i > 0 {
			d.path = ""
		}
		c.emit(d, ls)
	}
}

// unescapeHeredoc resolves the escapes of a here-document that the shell expands: \\, \$ and \`.
func unescapeHeredoc(l line) line {
	if strings.IndexByte(l.s, '\\') < 0 {
		return l
	}
	var b joiner
	start := 0
	for i := 0; i+1 < len(l.s); i++ {
		if l.s[i] == '\\' && strings.IndexByte("\\$`", l.s[i+1]) >= 0 {
			b.add(l, start, i)
			start = i + 1
			i++
		}
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}
