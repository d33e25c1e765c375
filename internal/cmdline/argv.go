package cmdline

import (
	"bytes"
	"strings"
)

// A command is a program with its arguments, as tokens.
type command struct {
	p     int // index of programs
	sub   string
	words int // that are neither flags nor values
	host  string
	toks  []token // from the program on
	args  []token // behind the subcommand
}

// A wrapper is a program that runs another. values are its flags that take a separate value, skip is how many words
// stand between its flags and the other program, dashes whether a -- does.
type wrapper struct {
	name   string
	values string
	skip   int
	dashes bool
	host   bool // the word that is skipped names a host
}

var wrappers = [...]wrapper{
	{name: "sudo", values: "-u -g -h -p -C"}, {name: "nohup"}, {name: "exec", values: "-a"}, {name: "time"},
	{name: "env", values: "-u"},
	{name: "setsid"}, {name: "nice", values: "-n"}, {name: "command"}, {name: "doas", values: "-u"},
	{name: "ionice", values: "-c -n"},
	{name: "tini"}, {name: "dumb-init"}, {name: "docker-init"}, {name: "pause"}, {name: "go-runner"},
	{name: "entrypoint.sh"},
	{name: "if"}, {name: "then"}, {name: "do"}, {name: "else"}, {name: "!"}, {name: "eval"}, {name: "&&"},
	{name: "strace", values: "-e -o -p"},
	{name: "chroot", skip: 1}, {name: "timeout", values: "-s -k", skip: 1},
	{name: "ssh", values: "-i -p -o -l -F -J", skip: 1, host: true},
	{name: "nsenter", values: "-t", dashes: true}, {name: "systemd-run", values: "-p -u"}, {name: "systemd-inhibit"},
	{name: "rkt-fly-run"}, {name: "start-stop-daemon", dashes: true}, {name: "daemonize", values: "-p -l -o -e -u -c"},
	{name: "supervise-daemon", dashes: true},
}

// containerValues are the flags of docker run and its kin that take no separate value; any other does.
const containerBools = " -d -i -t -it -ti -dit -itd -dti -tid --rm --privileged --detach" +
	" --interactive --tty --init --read-only -P" +
	" --publish-all --oom-kill-disable --no-healthcheck "

// maxDepth is how many wrappers may stand in each other.
const maxDepth = 12

// locate finds the program that toks run, behind wrappers and assignments.
func locate(toks []token) (command, bool) {
	host := ""
	for depth := 0; depth < maxDepth && len(toks) > 0; depth++ {
		t := toks[0].b
		if p := programIn(t); p != none {
			c, ok := subcommand(p, toks)
			c.host = host
			return c, ok
		}
		base := t[bytes.LastIndexAny(t, `/\`)+1:]
		switch {
		case len(t) == 0 || toks[0].op != 0:
			return command{}, false
		case isAssignment(t):
			toks = toks[1:]
		case isHyperkube(base):
			return hyperkube(toks)
		case len(base) <= 4 && hasField("sh bash dash ash zsh ksh", string(base)):
			toks = script(toks)
		case string(base) == "docker" || string(base) == "podman" || string(base) == "nerdctl" || string(base) == "ctr":
			return container(toks)
		default:
			w := wrapperNamed(string(base))
			if w == nil {
				return command{}, false
			}
			toks, host = w.unwrap(toks, host)
		}
	}
	return command{}, false
}

func isHyperkube(base []byte) bool {
	return string(base) == "hyperkube" || bytes.HasPrefix(base, []byte("hyperkube-"))
}

func hyperkube(toks []token) (command, bool) {
	if len(toks) < 2 {
		return command{}, false
	}
	name := string(bytes.TrimPrefix(toks[1].b, []byte("--")))
	p := programNamed(name)
	if p == none {
		return command{}, false
	}
	return command{p: p, toks: toks, args: toks[2:]}, true
}

// subcommand completes the command of programs[p], which toks[0] runs.
func subcommand(p int, toks []token) (command, bool) {
	c := command{p: p, toks: toks, args: toks[1:]}
	subs := programs[p].subs
	if subs == "" {
		return c, true
	}
	for i, t := range c.args { // flags may stand before the subcommand: k3s --debug server
		if t.op != 0 {
			return command{}, false
		}
		if !isFlag(t.b) {
			if !hasField(subs, string(t.b)) {
				return command{}, false
			}
			c.sub = string(t.b)
			after := c.args[i+1:]
			if len(after) > 0 && string(after[0].b) == "phase" {
				c.sub += " phase"
				after = skipWords(after)
			}
			rest := append([]token(nil), c.args[:i]...)
			c.args = append(rest, after...)
			return c, true
		}
		if i > 4 {
			break
		}
	}
	return command{}, false
}

// skipWords returns toks from the first flag or operator on.
func skipWords(toks []token) []token {
	for len(toks) > 0 && toks[0].op == 0 && !isFlag(toks[0].b) {
		toks = toks[1:]
	}
	return toks
}

func hasField(fields, word string) bool {
	for f := range strings.FieldsSeq(fields) {
		if f == word {
			return true
		}
	}
	return false
}

func wrapperNamed(name string) *wrapper {
	for i := range wrappers {
		if wrappers[i].name == name {
			return &wrappers[i]
		}
	}
	return nil
}

// unwrap returns the tokens of what the wrapper runs.
func (w *wrapper) unwrap(toks []token, host string) ([]token, string) {
	toks = toks[1:]
	skip := w.skip
	for len(toks) > 0 && toks[0].op == 0 {
		t := string(toks[0].b)
		switch {
		case t == "--":
			return toks[1:], host
		case len(t) > 1 && t[0] == '-' || w.dashes && programIn(toks[0].b) == none:
			toks = toks[1:]
			if hasField(w.values, t) && len(toks) > 0 {
				toks = toks[1:]
			}
		case skip > 0:
			if w.host {
				host = t[strings.LastIndexByte(t, '@')+1:]
			}
			skip--
			toks = toks[1:]
		default:
			if w.host && len(toks) == 1 { // ssh m1 'kubeadm init ...'
				toks, _ = split(toks[0].view, shell)
			}
			return toks, host
		}
	}
	return nil, host
}

// script returns the tokens of the first command of sh -c '...', or of sh -s - ARGS nothing.
func script(toks []token) []token {
	for i := 1; i < len(toks) && i < 4; i++ {
		if t := toks[i].b; len(t) > 1 && t[0] == '-' && t[len(t)-1] == 'c' && i+1 < len(toks) {
			if bytes.IndexByte(toks[i+1].b, ' ') < 0 {
				return toks[i+1:] // ps: the quotes are gone
			}
			inner, _ := split(toks[i+1].view, shell)
			return inner
		}
	}
	if len(toks) > 1 && len(toks[1].b) > 0 && toks[1].b[0] == '/' {
		return toks[1:] // sh /usr/bin/x
	}
	return nil
}

// container finds the program that docker run IMAGE ARGS or docker exec NAME ARGS runs.
func container(toks []token) (command, bool) {
	if len(toks) > 1 && string(toks[1].b) == "daemon" {
		return command{p: byName["dockerd"], toks: toks, args: toks[2:]}, true
	}
	i := 1
	if i < len(toks) && string(toks[i].b) == "container" {
		i++
	}
	if i >= len(toks) {
		return command{}, false
	}
	verb := string(toks[i].b)
	if verb != "run" && verb != "create" && verb != "exec" {
		return command{}, false
	}
	for i++; i < len(toks) && len(toks[i].b) > 0 && toks[i].b[0] == '-'; i++ {
		t := string(toks[i].b)
		if !strings.Contains(t, "=") && !strings.Contains(containerBools, " "+t+" ") {
			i++
		}
	}
	if i >= len(toks) {
		return command{}, false
	}
	rest := toks[i+1:]
	image := programOfImage(string(toks[i].b))
	switch {
	case len(rest) > 0 && (programIn(rest[0].b) != none || isHyperkube(rest[0].b[bytes.LastIndexByte(rest[0].b, '/')+1:])):
		return locate(rest)
	case len(rest) > 0 && verb == "exec":
		return locate(rest)
	case image != none:
		return subcommand(image, toks[i:])
	}
	return command{}, false
}

// isAssignment reports whether a word sets a variable of the shell: NAME=value.
func isAssignment(b []byte) bool {
	n := nameLen(b)
	return n > 0 && n < len(b) && b[n] == '='
}

// nameLen returns the length of the name of a variable that b begins with.
func nameLen(b []byte) int {
	for i, c := range b {
		if !isAlnum(c) && c != '_' || i == 0 && isDigit(c) {
			return i
		}
	}
	return len(b)
}

// isFlag reports whether a word is a flag: -x, --name, --name=value.
func isFlag(b []byte) bool {
	if len(b) < 2 || b[0] != '-' {
		return false
	}
	if b[1] == '-' {
		return len(b) > 2 && (isAlnum(b[2]) || b[2] == '{' || b[2] == '<' || b[2] == '$')
	}
	return isLower(b[1]) || isUpper(b[1])
}

// parse reads the arguments of c into a Line, as pflag does: --name=value, --name value, and a bool without a value.
// What follows an operator of the shell is none of its arguments.
func (c *command) parse() Line {
	l := Line{Host: c.host, Sub: c.sub}
	if c.p != none {
		l.Program = programs[c.p].name
	}
	if len(c.toks) > 0 {
		l.Pos, l.End = c.toks[0].at(0), c.toks[0].end
	}
	args := c.args
	for i := 0; i < len(args); i++ {
		t := args[i]
		if t.op != 0 {
			if t.op == '<' || t.op == '>' {
				i++ // the file
				continue
			}
			break
		}
		l.End = max(l.End, t.end)
		if string(t.b) == "--" {
			c.words += len(args) - i - 1
			break
		}
		if !isFlag(t.b) {
			c.word(&l, t)
			continue
		}
		a := flagOf(t)
		if !a.HasValue && i+1 < len(args) && c.takes(a.Name, args[i+1]) {
			i++
			a.Value, a.HasValue = string(args[i].b), true
			a.ValuePos, a.End = args[i].at(0), args[i].end
			a.Template = a.Template || isTemplate(args[i].b)
			l.End = max(l.End, a.End)
		}
		l.Args = append(l.Args, a)
	}
	if c.p != none && l.Sub == "" && len(c.toks) > 0 {
		l.End = max(l.End, c.toks[0].end)
	}
	return l
}

// word takes a word that is no flag: a variable, or one that a program would refuse.
func (c *command) word(l *Line, t token) {
	if len(t.b) > 1 && t.b[0] == '$' {
		name := bytes.Trim(t.b[1:], "{}")
		if nameLen(name) == len(name) && len(name) > 0 {
			l.Vars = append(l.Vars, string(name))
			return
		}
	}
	if len(t.b) > 0 && !(c.sub == "join" && c.words == 0 && bytes.IndexByte(t.b, ':') > 0) {
		c.words++
	}
}

// takes reports whether the flag of that name takes the next word as its value.
func (c *command) takes(name string, next token) bool {
	if next.op != 0 {
		return false
	}
	switch k := kindOf(c.p, name); k {
	case boolean:
		return false
	case unknown:
		return !isFlag(next.b) && len(next.b) > 0 && next.b[0] != '$'
	}
	return true
}

// flagOf cuts a word into a flag's name and value.
func flagOf(t token) Arg {
	b := t.b
	n := 1
	if b[1] == '-' {
		n = 2
	}
	a := Arg{Pos: t.at(0), ValuePos: t.at(0), End: t.end, Template: isTemplate(b)}
	if i := bytes.IndexByte(b, '='); i >= 0 {
		a.Name, a.Value, a.HasValue = string(b[n:i]), string(b[i+1:]), true
		a.ValuePos = t.end
		if i+1 < len(b) {
			a.ValuePos = t.at(i + 1)
		}
		return a
	}
	a.Name = string(b[n:])
	return a
}

// isTemplate reports whether something in b is still to be filled in.
func isTemplate(b []byte) bool {
	if bytes.Contains(b, []byte("{{")) || bytes.IndexByte(b, '`') >= 0 || bytes.Contains(b, []byte("{%")) {
		return true
	}
	for i, c := range b {
		switch {
		case c == '<' && blankLen(b[i:]) > 0:
			return true
		case c == '$' && i+1 < len(b) && (b[i+1] == '{' || b[i+1] == '(' || b[i+1] == '_' || isAlnum(b[i+1])):
			return true
		}
	}
	return false
}

// plausible reports whether l is a command line rather than a sentence that begins like one. words is how many of its
// words are neither flags nor values.
func plausible(l *Line, p, words int) bool {
	if words > 0 {
		return false
	}
	for i := range l.Args {
		a := &l.Args[i]
		if !isName(a.Name) && !a.Template || a.Name == "help" || a.Name == "h" {
			return false
		}
		if a.Template {
			continue
		}
		if k := kindOf(p, a.Name); k != unknown && k != boolean && !a.HasValue {
			return false
		} else if a.HasValue && !plausibleValue(a, k) {
			return false
		}
	}
	return true
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isAlnum(c) && c != '-' && c != '_' && c != '.' || i == 0 && !isAlnum(c) {
			return false
		}
	}
	return s != "" && isAlnum(s[len(s)-1])
}

// plausibleValue reports whether a value is one that somebody may have meant for a flag of kind k. A word in capitals
// is one that a document wants to have filled in.
func plausibleValue(a *Arg, k kind) bool {
	v := a.Value
	switch k {
	case cidrs, addrs:
		if v == "" || v == "None" {
			return true
		}
		if strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == "" {
			a.Template = true
			return true
		}
		return strings.ContainsAny(v, "0123456789:") && strings.Trim(v, "0123456789abcdefABCDEFx.:/,[]% ") == "" &&
			!strings.HasSuffix(v, ".") && !strings.HasSuffix(v, ",")
	case integer:
		return v == "" || isDigit(v[len(v)-1]) || v[0] == '-' || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == ""
	}
	return v == "" || !strings.ContainsAny(v[len(v)-1:], ",;`") && !strings.HasSuffix(v, "`.")
}
