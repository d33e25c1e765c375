package cmdline

import (
	"bytes"
	"math"
	"regexp"
	"slices"
)

// A line is a line of the text: b[start:end] without its line end, and without blanks around it as text.
type line struct {
	start, end int
	indent     int // blanks in front
	text       []byte
}

// A frame is a row of the table of frames. read looks at a line that may hold or begin a command line. It returns where
// to go on, and whether the line was one of its own; what it found it has added to f.out.
type frame struct {
	name string
	read func(f *finder, ln line) (next int, ok bool)
}

// frames are asked in this order; what cannot be mistaken comes first.
func frames() []frame {
	return []frame{
		{"NUL separated", (*finder).procFile},
		{"FLAG lines", (*finder).flagLog},
		{"startup log", (*finder).started},
		{"annotation", (*finder).annotation},
		{"journal fields", (*finder).journal},
		{"unit", (*finder).unit},
		{"describe", (*finder).describe},
		{"docker ps", (*finder).dockerPS},
		{"variable", (*finder).variable},
		{"JSON array", (*finder).jsonArray},
		{"Go list", (*finder).goList},
		{"JSON items", (*finder).jsonItems},
		{"manifest items", (*finder).manifest},
		{"status tree", (*finder).statusTree},
		{"ps", (*finder).ps},
		{"one flag per line", (*finder).argsFile},
		{"typed", (*finder).typed},
		{"path", (*finder).pathLine},
	}
}

// A finder goes through a text once.
type finder struct {
	v   view
	b   []byte
	out []Line

	anchor [len(anchors)]int // where each is next
	hot    int               // the least of them

	ctx      context
	path     string // of the file that is shown here, by the command or head above
	unitName string
	units    []unitOf // what each unit line of out belongs to

	refusal         int // where the next begins, see nextRefusal
	noItems, noArgs int // up to here, lines were looked at by jsonItems and argsFile and are none
}

type unitOf struct {
	line int
	name string
}

// A context is what the lines above say about the next one.
type context struct {
	fence      bool   // in a fenced block
	containers int    // indent of containers: in YAML, below which we are; -1 outside
	jsonPod    int    // the same for "containers": [ in JSON
	open       int    // offset of the [ that ended a line, -1 where none is open
	image      string // describe: of the container
	node       string // describe: of the pod
	program    string // JSON: value of "Path"
	host       string // JSON: value of "Hostname"
}

func (f *finder) run() {
	f.ctx.containers, f.ctx.jsonPod, f.ctx.open = -1, -1, -1
	f.hot = -1
	for i := range f.anchor {
		f.anchor[i] = -1
	}
	rows := frames()
	for pos := 0; pos < len(f.b); {
		ln := f.lineAt(pos)
		pos = ln.end + 1
		if len(ln.text) == 0 {
			continue
		}
		f.context(ln)
		if !f.isHot(ln) && !isDescribeHead(ln.text) && !bytes.HasPrefix(ln.text, []byte("ExecStart=")) {
			continue
		}
		for _, row := range rows {
			if next, ok := row.read(f, ln); ok {
				pos = max(pos, next)
				break
			}
		}
	}
}

// lineAt returns the line that begins at pos.
func (f *finder) lineAt(pos int) line {
	ln := line{start: pos, end: lineEnd(f.b, pos)}
	i, j := ln.start, ln.end
	for i < j && isBlank(f.b[i]) {
		i++
	}
	for j > i && isSpace(f.b[j-1]) {
		j--
	}
	ln.indent = i - ln.start
	ln.text = f.b[i:j]
	return ln
}

// textPos returns the offset of ln.text.
func (ln line) textPos() int { return ln.start + ln.indent }

// isHot reports whether one of the anchors stands in ln. Each is searched once through the text.
func (f *finder) isHot(ln line) bool {
	if f.hot < ln.start {
		f.hot = math.MaxInt
		for i, a := range anchors {
			if f.anchor[i] < ln.start {
				f.anchor[i] = math.MaxInt
				if k := bytes.Index(f.b[ln.start:], a); k >= 0 {
					f.anchor[i] = ln.start + k
				}
			}
			f.hot = min(f.hot, f.anchor[i])
		}
	}
	return f.hot < ln.end
}

// context notes what ln says about the lines below.
func (f *finder) context(ln line) {
	t, c := ln.text, &f.ctx
	switch {
	case bytes.HasPrefix(t, []byte("```")) || bytes.HasPrefix(t, []byte("~~~")):
		c.fence = !c.fence
		if !c.fence {
			f.path = ""
		}
	case bytes.HasPrefix(t, []byte("---")) && len(t) <= 4:
		c.containers, f.path = -1, ""
	}
	if c.containers >= 0 && (ln.indent < c.containers || ln.indent == c.containers && t[0] != '-' && t[0] != '#') {
		c.containers = -1
	}
	if c.jsonPod >= 0 && ln.indent <= c.jsonPod && (c.jsonPod > 0 || isPodEnd(t)) {
		c.jsonPod = -1
	}
	c.last(ln)
	c.first(ln)
	if bytes.HasPrefix(t, []byte("==> ")) {
		f.pathLine(ln)
		return
	}
	if f.path != "" {
		if n, _ := promptLen(t); n > 0 && n <= len(t) {
			f.path = ""
		}
	}
}

// last looks at how ln ends: a key, or an array that goes on below.
func (c *context) last(ln line) {
	t := ln.text
	switch t[len(t)-1] {
	case ':':
		name := bytes.TrimPrefix(t, []byte("- "))
		if s := string(name); s == "containers:" || s == "initContainers:" {
			c.containers = ln.indent
		}
		if ln.indent == 2 && isName(string(t[:len(t)-1])) {
			c.image = string(t[:len(t)-1])
		}
	case '[':
		c.open = ln.textPos() + len(t) - 1
		if bytes.HasPrefix(t, []byte(`"containers"`)) || bytes.HasPrefix(t, []byte(`"initContainers"`)) {
			c.jsonPod = ln.indent
		}
	case ']', '}':
		c.open = -1
	}
}

// first looks at how ln begins: a field of kubectl describe, or of docker inspect.
func (c *context) first(ln line) {
	t := ln.text
	switch t[0] {
	case 'I':
		if s, ok := bytes.CutPrefix(t, []byte("Image:")); ok {
			c.image = string(bytes.TrimSpace(s))
		}
	case 'N':
		if s, ok := bytes.CutPrefix(t, []byte("Node:")); ok {
			s = bytes.TrimSpace(s)
			name, _, _ := bytes.Cut(s, []byte("/"))
			c.node = string(name)
		} else if bytes.HasPrefix(t, []byte("Name:")) && ln.indent == 0 {
			c.node, c.image = "", ""
		}
	case '"':
		if s, ok := stringField(t, `"Path":`); ok {
			c.program = s
		} else if s, ok := stringField(t, `"Hostname":`); ok {
			c.host = s
		} else if bytes.HasPrefix(t, []byte(`"Id":`)) {
			c.program, c.host = "", ""
		}
	}
}

func isPodEnd(t []byte) bool {
	return bytes.HasPrefix(t, []byte(`"status"`)) || bytes.HasPrefix(t, []byte(`"metadata"`))
}

// stringField returns the value of a line `"Key": "value",`.
func stringField(t []byte, key string) (string, bool) {
	s, ok := bytes.CutPrefix(t, []byte(key))
	if !ok {
		return "", false
	}
	s = bytes.TrimRight(bytes.TrimSpace(s), ",")
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	return string(s[1 : len(s)-1]), true
}

// The prompts of shells. A strong one is a prompt without a command, too, and may follow a range that was printed
// without a line end; a weak one is only before a known program.
var (
	strongPrompt = regexp.MustCompile(`^(?:[\d.:a-f/]+/\d{1,3}|\([\w.-]+\) ?|\[[\d:]{5,8}\] ?|⎈ \S+ )?(?:` +
		`\[[\w.@~][^\]\n]{0,60}\] ?[#$%>]|[\w.-]+@[\w.-]+(?::|\s)[^\n#$%>]{0,80}[#$%>]|` +
		`(?:sh|bash|ash|zsh)-\d[\d.]*[#$]|PS(?: [A-Z]:[^>\n]{0,80})?>|[A-Z]:\\[^>\n]{0,80}>|` +
		`[└╰][─╴]*[#$❯λ➤]|[\w.-]+:[~/][^\n$#]{0,60} ?[\w.-]*[$#])(?:\s+|$)`)
	weakPrompt = regexp.MustCompile(`^(?:[~/][\w./~-]{0,60}\s[#$]|` +
		`[#$%❯λ>+]|➜\s+\S+(?: git:\(\S+\) ?✗?)?|[\w.-]+%)\s+`)
)

// promptLen returns the length of the prompt that t begins with, 0 without one, and whether it is a strong one.
func promptLen(t []byte) (n int, strong bool) {
	head := t[:min(len(t), 160)]
	if !bytes.ContainsAny(head, "#$%>❯➜λ➤+") {
		return 0, false
	}
	if m := strongPrompt.FindIndex(head); m != nil {
		return m[1], true
	}
	if m := weakPrompt.FindIndex(head); m != nil {
		return m[1], false
	}
	return 0, false
}

// view returns the view of f.b[i:j].
func (f *finder) view(i, j int) view {
	return view{b: f.b[i:j:j], base: i}
}

// add takes a line that was found.
func (f *finder) add(l Line, fr Frame) {
	l.Frame = fr
	l.Running = fr.Running()
	f.out = append(f.out, l)
}

// settle names the program of l, which has none yet, by its flags. It reports whether l is worth keeping: what belongs
// to several programs is kept where a flag bears on addresses.
func settle(l *Line) bool {
	bears := false
	for _, a := range l.Args {
		k := kindOf(none, a.Name)
		bears = bears || k == cidrs || k == addrs || hasField(bearing, a.Name)
	}
	if !bears {
		return false
	}
	p, candidates := guess(l.Args)
	if p != none {
		l.Program = programs[p].name
		return true
	}
	l.Candidates = candidates
	return len(candidates) > 0
}

// bearing are the flags that bear on ranges and take no address.
const bearing = "allocate-node-cidrs node-cidr-mask-size node-cidr-mask-size-ipv4" +
	" node-cidr-mask-size-ipv6 iface iface-regex" +
	" kube-subnet-mgr ip-masq flannel-backend flannel-iface max-pods network-plugin cidr-allocator-type etcd-prefix" +
	" configure-cloud-routes default-address-pool detect-local-mode run-router enable-cni configure-cbr0"

// cut marks l, whose frame shortened it with an ellipsis.
func (l *Line) cut() {
	if n := len(l.Args); n > 0 {
		a := &l.Args[n-1]
		s := &a.Name
		if a.HasValue {
			s = &a.Value
		}
		for _, mark := range [...]string{"\u2026", "..."} {
			if k := len(*s) - len(mark); k >= 0 && (*s)[k:] == mark {
				*s = (*s)[:k]
				a.Cut, l.Truncated = true, true
			}
		}
	}
}

// ellipsis returns the length of the mark of a cut-off line at the end of b.
func ellipsis(b []byte) int {
	for _, mark := range [...]string{"\u2026", "..."} {
		if bytes.HasSuffix(b, []byte(mark)) {
			return len(mark)
		}
	}
	return 0
}

// join leaves out what was taken back, and gives the variables of environment files to the program whose unit uses
// them.
func (f *finder) join() {
	f.out = slices.DeleteFunc(f.out, func(l Line) bool { return l.Frame == 0 })
	users := map[string]string{}
	for _, l := range f.out {
		for _, v := range l.Vars {
			if u, ok := users[v]; ok && u != l.Program {
				users[v] = "" // used by several
			} else {
				users[v] = l.Program
			}
		}
	}
	for i := range f.out {
		l := &f.out[i]
		if p := users[l.Var]; l.Var != "" && p != "" {
			l.Program, l.Candidates = p, nil
		}
	}
}
