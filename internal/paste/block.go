package paste

import (
	"regexp"
	"strings"
)

// block cuts a paste of which nothing is known: a transcript, command lines, an output or a file.
func (c *cutter) block(ls []line, h head) {
	if len(ls) == 0 || c.transcript(ls, h) {
		return
	}
	if !c.shape.data() && c.bare(ls, h) {
		return
	}
	c.body(ls, h)
}

// bare cuts a text at command lines that stand without a prompt above their output, and at the here-documents of
// command lines.
// It reports whether there were any.
func (c *cutter) bare(ls []line, h head) bool {
	lead := trimBlank(ls)
	if len(lead) == 0 {
		return false
	}
	at := 0 // of the first command line: labels and comments may stand above
	for at < len(ls) && (ls[at].blank() || ls[at].s[0] == '#') {
		at++
	}
	if at == len(ls) || !isCommand(ls[at].s) {
		return false
	}
	if script := isScript(sample(ls, sampleSize)); script && !strings.Contains(joined(ls), "<<") {
		h.kind, h.path, h.command = KindCommands, "", nil
		if cmd, n := c.one(ls, at); n {
			h.command = cmd
		}
		c.emit(h, ls)
		return true
	}
	var history, pending []line
	hh, out := h, h
	flush := func() {
		if len(trimBlank(pending)) > 0 {
			c.emitHistory(&history, hh)
			c.output(pending, out)
		}
		pending = nil
	}
	for i := 0; i < len(ls); {
		if !c.bareAt(ls, i, at, len(pending) > 0) {
			if len(pending) > 0 || !ls[i].blank() && ls[i].s[0] != '#' || len(history) > 0 && out.kind != KindCommands {
				pending = append(pending, ls[i])
			} else {
				history = append(history, ls[i])
			}
			i++
			continue
		}
		flush()
		cmd := c.readCommandLines(ls, i, ls[i], typed{next: i + 1})
		out = c.apply(cmd.text, h)
		hh = out
		hh.kind, hh.path, hh.partial = KindCommands, "", false
		if len(trimBlank(history)) > 0 {
			hh.command = nil
		}
		history = append(history, cmd.lines...)
		if len(cmd.docs) > 0 {
			c.emitHistory(&history, hh)
			c.heredocs(cmd, out)
			out.kind = KindCommands
		}
		i = cmd.next
	}
	flush()
	c.emitHistory(&history, hh)
	return true
}

// bareAt reports whether line i is a command line without prompt: the first one, one behind another, one behind a
// blank line, and one
// that shows a file.
func (c *cutter) bareAt(ls []line, i, first int, output bool) bool {
	s := ls[i].s
	if i < first || s == "" || s[0] == ' ' || !isCommand(s) {
		return false
	}
	return i == first || !output || ls[i-1].blank() || showsFiles.MatchString(s) || asksCluster.MatchString(s)
}

// asksCluster matches command lines that no file or output holds at the start of a line: what somebody asks a cluster or a host.
var asksCluster = regexp.MustCompile(`^(?:sudo )?(?:(?:kubectl|oc)(?: -n \S+)? (?:get|describe|logs) [a-z]|systemctl (?:start|stop|restart|status|cat) [a-z]|ip (?:-\w+ )*(?:a|addr|r|route)(?: |$)|journalctl -)`)

// one returns the argv of the only command line in ls, which begins at line at.
func (c *cutter) one(ls []line, at int) ([]string, bool) {
	cmd := c.readCommandLines(ls, at, ls[at], typed{next: at + 1})
	for _, l := range ls[cmd.next:] {
		if !l.blank() {
			return nil, false
		}
	}
	argv := readCommand(cmd.text).argv
	return argv, argv != nil
}

// joined returns the first lines as one text.
func joined(ls []line) string {
	var b strings.Builder
	for _, l := range ls {
		b.WriteString(l.s)
		b.WriteByte('\n')
	}
	return b.String()
}
