package paste

import (
	"regexp"
	"strings"
)

var (
	// stepStamp matches what GitHub and others put in front of each line of a job: the time in tenths of microseconds, behind the
	// names of job and step where gh run view printed it.
	stepStamp = regexp.MustCompile(`^(?:[^\t]{1,200}\t[^\t]{1,200}\t)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z(?: |$)`)
	// stepMark matches what a job's runner says, and not the command of a step.
	stepMark = regexp.MustCompile(`^(?:##\[(group|endgroup|command|section|error|warning|notice|debug)\]|\[(command)\])`)
	// stepSetting matches a line of a step's head behind its script.
	stepSetting = regexp.MustCompile(`^(?:shell|env|with): ?`)
)

// job cuts the log of a CI job at the commands of its steps, and reports whether it is one.
func (c *cutter) job(ls []line, h head) bool {
	some := sample(ls, sampleSize)
	if len(some) == 0 || !stepStamp.MatchString(some[0].s) {
		return false
	}
	marked := false
	for _, l := range ls {
		if m := stepStamp.FindStringIndex(l.s); m != nil && stepMark.MatchString(l.s[m[1]:]) {
			marked = true
			break
		}
	}
	if !marked {
		return false
	}
	s := step{c: c, h: h}
	for _, l := range ls {
		if m := stepStamp.FindStringIndex(l.s); m != nil {
			l = l.from(m[1])
		}
		s.line(l)
	}
	s.flush()
	return true
}

// A step is what the log shows of a step so far.
type step struct {
	c        *cutter
	h        head
	commands []line
	out      []line
	inHead   bool // the step's script is shown
	settings bool // and what is behind it
}

func (s *step) line(l line) {
	m := stepMark.FindStringSubmatchIndex(l.s)
	if m == nil {
		switch {
		case s.inHead && (s.settings || stepSetting.MatchString(l.s)):
			s.settings = true
		case s.inHead:
			s.commands = append(s.commands, l)
		default:
			s.out = append(s.out, l)
		}
		return
	}
	text := l.from(m[1])
	switch l.s[max(m[2], m[4]):max(m[3], m[5])] {
	case "group":
		s.flush()
		if strings.HasPrefix(text.s, "Run ") {
			s.inHead, s.settings = true, false
			s.commands = append(s.commands, text.from(len("Run ")))
		}
	case "endgroup":
		s.inHead = false
		if n := len(s.commands); n > 1 && s.commands[0].s == s.commands[1].s {
			s.commands = s.commands[1:] // its first line is its name as well
		}
	case "command":
		s.flush()
		s.commands = append(s.commands, text)
	case "error", "warning", "notice":
		s.flush()
		s.out = append(s.out, text)
	case "section":
		s.flush()
	}
}

// flush emits the step's commands and what they printed.
func (s *step) flush() {
	if len(s.commands) > 0 {
		cmd := s.c.readCommandLines(s.commands, 0, s.commands[0], typed{next: 1})
		h := s.c.apply(cmd.text, s.h)
		if cmd.next < len(s.commands) {
			h = s.h // of several commands
			h.kind, h.partial = KindOutput, true
		}
		shown := h
		shown.kind, shown.path, shown.partial = KindCommands, "", false
		s.c.emit(shown, s.commands)
		s.c.output(s.out, h)
	} else {
		s.c.output(s.out, s.h)
	}
	s.commands, s.out, s.inHead = nil, nil, false
}
