package paste

import (
	"regexp"
	"strings"
)

// A prompt is what a shell shows in front of a command line.
type prompt struct {
	user, host string
	at         int  // offset of the command in the line; its length where there is none
	strong     bool // it is a prompt whatever follows
	head       bool // the first of two lines: it has the host, the next the command
	container  bool // it is that of a container, whose host is not known
}

// A promptForm is a shape of prompts. Patterns are anchored, so that one is tried on a line in constant time.
type promptForm struct {
	gate   func(s string) bool // a cheap test that what re matches passes
	re     *regexp.Regexp      // groups: user, host; the command begins where the match ends
	strong bool
	head   bool
}

// What may stand in front of any prompt: a virtual environment, the time, the context of kubectl.
var promptPrefix = regexp.MustCompile(`^(?:\([^()\n]{1,60}\) ?|\[\d\d:\d\d(?::\d\d)?\] ?|⎈ ?[^\s]{1,60} |[✔✘] ?|\d\d:\d\d:\d\d ){1,2}`)

const (
	// The directory of a prompt, and the branch of git behind it.
	promptDir = `(?:[~/]|[A-Za-z]:)[^\s#$%>]{0,100}`
	promptGit = `(?: ?[(\[][\w ./:|*+=!?↑↓✗✔-]{1,60}[)\]])?(?: git:\([^)]{1,60}\))?(?: [✗✔])?`
	// The sign at the end, and what must follow it.
	promptEnd = `(?:[ \t]+|$)`
)

// firstOf returns the test for a first character out of those in set.
func firstOf(set string) func(string) bool {
	var first [256]bool
	for _, r := range set {
		first[string(r)[0]] = true
	}
	return func(s string) bool { return first[s[0]] }
}

// near is how far from its start a prompt has what tells it.
const near = 120

func hasUser(s string) bool {
	i := strings.IndexByte(s[:min(len(s), near)], '@')
	return i > 0 && strings.IndexByte(s[:i], ' ') < 0
}

func hasPowerline(s string) bool { return strings.Contains(s[:min(len(s), near)], "\ue0b0") }

func isWindows(s string) bool {
	return strings.HasPrefix(s, "PS") || s[0] == '[' || len(s) > 2 && s[1] == ':' && s[2] == '\\'
}

func hasFolder(s string) bool {
	i := strings.IndexByte(s[:min(len(s), near)], ':')
	return i > 0 && i+1 < len(s) && (s[i+1] == '~' || s[i+1] == '/') && (i+2 == len(s) || s[i+2] != '/')
}

// isShort tests whether a sign follows the first word, or its folder.
func isShort(s string) bool {
	c := s[0] | 0x20
	if c < 'a' || c > 'z' {
		return false
	}
	i := 1
	for i < len(s) && s[i] > ' ' && s[i] < 0x7f && strings.IndexByte("#$%>:=\"'", s[i]) < 0 {
		i++
	}
	if i == len(s) || s[i] == ':' || s[i] == '=' {
		return false
	}
	return s[i] != ' ' || i+1 < len(s) && (strings.IndexByte("$%~/", s[i+1]) >= 0 || s[i+1] >= 0x80)
}

// promptForms are tried in this order.
var promptForms = []promptForm{
	// [root@m1 ~]# cmd
	{gate: firstOf("["), re: regexp.MustCompile(`^\[([\w.-]+)@([\w.-]+)(?:[ :][^\]\n]{0,100})?\] ?[#$%>](?:[ \t]*)`), strong: true},
	// [m1 ~]$ cmd
	{gate: firstOf("["), re: regexp.MustCompile(`^\[()([A-Za-z][\w.-]*)[ :][~/][^\]\n]{0,100}\][#$%>]` + promptEnd), strong: true},
	// root@m1:~# cmd, with the branch of git, with blanks before the sign; root@m1 12:00:01 ~ #
	{gate: hasUser, re: regexp.MustCompile(`^([\w.-]+)@([\w.-]+):(?:` + promptDir + `| ?\[[^\]]{0,60}\])?` + promptGit + ` ?[#$%>❯➜]` + promptEnd), strong: true},
	{gate: hasUser, re: regexp.MustCompile(`^([\w.-]+)@([\w.-]+)(?: \d\d:\d\d(?::\d\d)?)?(?: ` + promptDir + `| [\w.-]{1,60}| ?\[[^\]]{0,60}\])?` + promptGit + ` ?[#$%>❯➜]` + promptEnd), strong: true},
	// root@m1:/etc#cmd, where the blank was lost
	{gate: hasUser, re: regexp.MustCompile(`^([\w.-]+)@([\w.-]+):[~/][\w./~-]{0,100}[#$]`), strong: true},
	// ┌──(root㉿m1)-[~] and └─# cmd
	{gate: firstOf("┌╭└╰"), re: regexp.MustCompile(`^[┌╭][─╴]*[(\[]{1,2}([\w.-]+)[@㉿💀]([\w.-]+)[^\n]{0,120}$`), strong: true, head: true},
	{gate: firstOf("┌╭└╰"), re: regexp.MustCompile(`^()()[└╰][─╴]*[#$%>❯λ➤]?` + promptEnd), strong: true},
	// powerline: root@m1  ~  cmd
	{gate: hasPowerline, re: regexp.MustCompile(`^ ?([\w.-]+)@([\w.-]+) ?\x{E0B0}(?:[^\x{E0B0}\n]{0,100}\x{E0B0})* ?`), strong: true},
	{gate: hasPowerline, re: regexp.MustCompile(`^()() ?[~/][^\x{E0B0}\n]{0,100}\x{E0B0}(?:[^\x{E0B0}\n]{0,100}\x{E0B0})* ?`), strong: true},
	// sh-4.4# cmd, -bash-4.2$ cmd
	{gate: firstOf("-sbazdk"), re: regexp.MustCompile(`^()()-?(?:sh|bash|ash|zsh|dash|ksh)-\d[\d.]*[#$%]` + promptEnd), strong: true},
	// PS C:\Users\a> cmd, C:\>cmd
	{gate: isWindows, re: regexp.MustCompile(`^()()(?:\[[\w.-]+\]: )?PS(?: (?:[A-Za-z]:|/|~)[^>\n]{0,100})?>[ \t]*`), strong: true},
	{gate: isWindows, re: regexp.MustCompile(`^()()[A-Za-z]:\\[^>\n]{0,100}>[ \t]*`), strong: true},
	// m1:~ user$ cmd of macOS, m1:~ # cmd of SUSE, root:/# cmd
	{gate: hasFolder, re: regexp.MustCompile(`^()([\w.-]+):[~/](?:[\w.~-][^\s#$%>]{0,100})? (?:[\w.-]+)?[$#%]` + promptEnd), strong: true},
	{gate: hasFolder, re: regexp.MustCompile(`^()([A-Za-z]\w*[-\d][\w-]*):(?:~|/)(?:[\w.~-][^\s#$%>]{0,100})?[$#]` + promptEnd), strong: true}, // a host's name, not a user's
	{gate: hasFolder, re: regexp.MustCompile(`^([\w-]+)():(?:~|/)(?:[\w.~-][^\s#$%>]{0,100})?[$#]` + promptEnd), strong: true},
	// m1:/etc/kubernetes# is the same with a host that looks like one, told above; / # cmd, ~ $ cmd, /etc/kubernetes #
	// cmd
	{gate: firstOf("~/"), re: regexp.MustCompile(`^()()[~/][\w./~-]{0,100} ?(?:git:\([^)]{1,60}\) ?)?[#$%>❯➜✗]+[ \t]+`)},
	// [m1] # cmd
	{gate: firstOf("["), re: regexp.MustCompile(`^\[()([A-Za-z][\w.-]*\d)\] ?[#$%>][ \t]+`)},
	// + cmd of sh -x
	{gate: firstOf("+"), re: regexp.MustCompile(`^()()\+{1,3} `)},
	// ➜  ~ cmd, ➜  dir git:(main) ✗ cmd, ❯ cmd, λ cmd
	{gate: firstOf("➜❯λ»▶➤"), re: regexp.MustCompile(`^()()[➜❯λ»▶➤][ \t]+(?:[~/][^\s]{0,100}[ \t]+|[\w.-]+[ \t]+git:\([^)]{1,60}\)[ \t]+(?:[✗✔][ \t]+)?)?`)},
	{gate: firstOf("➜❯λ»▶➤"), re: regexp.MustCompile(`^()()[➜❯λ»▶➤][ \t]+[\w.-]{1,60}[ \t]+`)},
	// $ cmd, # cmd, % cmd
	{gate: firstOf("#$%"), re: regexp.MustCompile(`^()()[#$%][ \t]+`)},
	{gate: firstOf("#$%"), re: regexp.MustCompile(`^()()\$`)},
	// m1# cmd, m1% cmd, controlplane $ cmd, controlplane ~ ➜  cmd, m1>cmd
	{gate: isShort, re: regexp.MustCompile(`^()([A-Za-z][\w.-]{0,60})[#$%>][ \t]*`)},
	{gate: isShort, re: regexp.MustCompile(`^()([A-Za-z][\w.-]{0,60})(?: [~/][^\s]{0,100})? [$%❯➜][ \t]+`)},
}

// hasSign reports whether the beginning of s has a byte of which every prompt has one: its sign, or the first byte of
// one.
func hasSign(s string) bool {
	for i := range min(len(s), 240) {
		switch s[i] {
		case '#', '$', '%', '>', '+', 0xe2, 0xce, 0xee, 0xc2:
			return true
		}
	}
	return false
}

// findPrompt returns the prompt at the start of s. What follows a weak one is a command that is known.
func findPrompt(s string) (prompt, bool) {
	if !hasSign(s) {
		return prompt{}, false
	}
	skip := 0
	if s[0] == '(' || s[0] == '[' || s[0] >= 0x80 || s[0] >= '0' && s[0] <= '9' {
		skip = len(promptPrefix.FindString(s))
	}
	rest := s[skip:]
	if rest == "" {
		return prompt{}, false
	}
	for _, f := range promptForms {
		if !f.gate(rest) {
			continue
		}
		m := f.re.FindStringSubmatchIndex(rest)
		if m == nil {
			continue
		}
		p := prompt{user: rest[m[2]:m[3]], host: rest[m[4]:m[5]], at: skip + m[1], strong: f.strong, head: f.head}
		if !p.strong && !p.plausible(s) {
			continue
		}
		if containerID.MatchString(p.host) {
			p.host, p.container = "", true
		} else if p.host == "localhost" || shells[p.host] {
			p.host = ""
		}
		return p, true
	}
	return prompt{}, false
}

// plausible reports whether a known command follows a weak prompt. Behind # it may be the sentence of a comment.
func (p prompt) plausible(s string) bool {
	if p.at >= len(s) || !isCommand(s[p.at:]) {
		return false
	}
	return true
}

// containerID matches the host name that a container has if nobody gave it one.
var containerID = regexp.MustCompile(`^[0-9a-f]{12}$|^[0-9a-f]{64}$`)

// shells are names that stand in prompts in place of a host.
var shells = words("bash sh zsh ksh ash dash fish busybox")

// gluedPrompt matches a prompt behind output that has no line end: 10.244.1.0/24root@m1:~#
var gluedPrompt = regexp.MustCompile(`(?:(?:root|ubuntu|vagrant|core|centos|ec2-user|debian|admin|azureuser|rocky|opc|user)@[A-Za-z][\w.-]*:[~/][^\s#$]{0,100}[#$]|\[[\w-]+@[\w.-]+ [^\]\s]{1,100}\][#$])(?: |$)`)

// splitGlued cuts off a prompt that stands behind output on the same line.
func (c *cutter) splitGlued(l line) (out, rest line, ok bool) {
	if !strings.ContainsRune(l.s, '@') || strings.HasPrefix(l.s, " ") {
		return l, line{}, false
	}
	for _, h := range c.hosts {
		i := strings.Index(l.s, h)
		if i <= 0 {
			continue
		}
		if l.s[i-1] == '[' {
			i--
		}
		if p, ok := findPrompt(l.s[i:]); i > 0 && ok && p.strong {
			return l.cut(0, i), l.from(i), true
		}
	}
	if m := gluedPrompt.FindStringIndex(l.s); m != nil && m[0] > 0 && l.s[m[0]-1] != ' ' {
		return l.cut(0, m[0]), l.from(m[0]), true
	}
	return l, line{}, false
}

// remember keeps user and host of a prompt, by which it is found behind output.
func (c *cutter) remember(p prompt) {
	if p.user == "" || p.host == "" || len(c.hosts) >= maxHosts {
		return
	}
	name := p.user + "@" + p.host
	for _, h := range c.hosts {
		if h == name {
			return
		}
	}
	c.hosts = append(c.hosts, name)
}

// maxHosts bounds how many prompts are looked for in each line.
const maxHosts = 32
