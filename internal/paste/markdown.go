package paste

import (
	"regexp"
	"strings"
)

// maxCarriers bounds how deep quotes, fences and blocks stand in each other.
const maxCarriers = 6

// carrier cuts what people write around what they paste: quotes, fences, sentences.
func (c *cutter) carrier(ls []line, h head, depth int) {
	if len(ls) == 0 {
		return
	}
	if depth >= maxCarriers {
		c.emit(h, ls)
		return
	}
	if c.job(ls, h) {
		return
	}
	if in, ok := boxed(ls); ok {
		c.carrier(in, h, depth+1)
		return
	}
	if isQuoted(ls) {
		c.carrier(each(ls, unquoteLine), h, depth+1)
		return
	}
	if parts, ok := chat(ls); ok && !c.shape.data() && depth < maxCarriers-1 {
		for _, part := range parts {
			c.carrier(part, h, maxCarriers-1)
		}
		return
	}
	if c.hasCarrier(ls) {
		m := markdown{c: c, h: h, depth: depth}
		m.read(ls)
		return
	}
	c.block(ls, h)
}

// hasCarrier reports whether ls is a text for people with pastes in it, and not one of the pastes.
func (c *cutter) hasCarrier(ls []line) bool {
	var first *line
	for i := range ls {
		l := &ls[i]
		if l.blank() {
			continue
		}
		if first == nil {
			first = l
		}
		w, n := indent(l.s)
		if _, ok := fenceOf(l.s[n:]); ok && (w == 0 || w < 12 && !c.shape.data()) {
			return true
		}
		if strings.HasPrefix(l.s, "<") && htmlBlock.MatchString(l.s) {
			return true
		}
	}
	if first != nil && first.s[0] == '>' && !c.shape.data() {
		return true // a quote, with an answer below it
	}
	if first == nil || c.shape.data() || c.shape == shapeLog {
		return false
	}
	if c.shape == shapeProse {
		return true
	}
	for _, l := range sample(ls, sampleSize) {
		if looksLikeSentence(l.s) {
			return true
		}
		if !isHeading(l.s) && isDataLine(l.s) {
			return false
		}
	}
	return false
}

// isDataLine reports whether a line that is no sentence is one of a file, an output or a transcript.
func isDataLine(s string) bool {
	if _, ok := findPrompt(s); ok || s[0] == ' ' || s[0] == '\t' || s[0] == '[' || opensJSON(s) || isKlog(s) || isRowOrFlag(s) || isTableHead(s) || isCommand(s) {
		return true
	}
	return keyLine.MatchString(s) || likeDate(s)
}

var htmlBlock = regexp.MustCompile(`(?i)^</?(?:details|summary|pre|code|blockquote|p|div)\b[^>]*>`)

// isQuoted reports whether every line has the mark of a quote, as a mail or a reply has it, and none is a prompt of
// that look.
func isQuoted(ls []line) bool {
	n := 0
	for _, l := range ls {
		if l.blank() {
			continue
		}
		if l.s[0] != '>' {
			return false
		}
		n++
	}
	return n > 0
}

// unquoteLine takes one mark of a quote off.
func unquoteLine(l line) line {
	if l.s == "" || l.s[0] != '>' {
		return l
	}
	if strings.HasPrefix(l.s, "> ") {
		return l.from(2)
	}
	return l.from(1)
}

// A fence is the mark at the start or end of a block of code.
type fence struct {
	char byte
	n    int
	info string
}

// fenceOf returns the fence that s, a line without its indentation, is.
func fenceOf(s string) (fence, bool) {
	if len(s) < 3 || s[0] != '`' && s[0] != '~' {
		if m := tagFence.FindStringSubmatch(s); m != nil {
			return fence{char: s[0], info: strings.ReplaceAll(strings.Trim(m[1], ":="), "|", " ")}, true
		}
		return fence{}, false
	}
	n := 0
	for n < len(s) && s[n] == s[0] {
		n++
	}
	info := strings.TrimSpace(s[n:])
	if n < 3 || s[0] == '`' && strings.Contains(info, "`") || s[0] == '~' && strings.HasPrefix(info, "/") {
		return fence{}, false
	}
	return fence{s[0], n, info}, true
}

// tagFence matches the marks of blocks in trackers and forums: {code:yaml}, {noformat}, [code]. Group 1 is what an
// info string is elsewhere.
var tagFence = regexp.MustCompile(`^(?:\{(?:code|noformat)(:[^}]*)?\}|\[(?i:code|pre)(=[^\]]*)?\])$`)

// closes reports whether s ends the block that f began.
func (f fence) closes(s string) bool {
	switch s = strings.TrimSpace(s); f.char {
	case '{':
		return s == "{code}" || s == "{noformat}"
	case '[':
		return strings.EqualFold(s, "[/code]") || strings.EqualFold(s, "[/pre]")
	}
	g, ok := fenceOf(strings.TrimSpace(s))
	return ok && g.char == f.char && g.n >= f.n && g.info == ""
}

// gluedTo reports whether the end of the block stands behind its last line.
func (f fence) gluedTo(s string) bool {
	s = strings.TrimRight(s, " ")
	return f.char == '`' && strings.HasSuffix(s, "```") && strings.IndexByte(s, '`') == len(strings.TrimRight(s, "`"))
}

// isHeading reports whether a line is a heading of Markdown, or a line in bold.
func isHeading(s string) bool {
	s = strings.TrimSpace(s)
	return headingLine.MatchString(s) || boldLine.MatchString(s)
}

var (
	headingLine = regexp.MustCompile(`^#{1,6} \S`)
	boldLine    = regexp.MustCompile(`^\*\*[^*]+\*\*:?$|^__[^_]+__:?$`)
)

// A markdown cuts a text for people.
type markdown struct {
	c       *cutter
	h       head
	depth   int
	prose   []line // that were not emitted yet
	data    []line
	near    []string // sentences since the last block, by which the next one is named
	section string   // host that the heading names
	blank   bool     // the line above is blank
	bullet  bool     // in a list, where paragraphs are indented
}

// read cuts lines.
func (m *markdown) read(ls []line) {
	m.blank = true
	for i := 0; i < len(ls); {
		i = m.line(ls, i)
	}
	m.flushData()
	m.flushProse()
}

// line reads what begins at line i, and returns the index of what follows.
func (m *markdown) line(ls []line, i int) int {
	l := ls[i]
	w, n := indent(l.s)
	s := l.s[n:]
	if f, ok := fenceOf(s); ok && (w < 4 || m.bullet || !m.blank || m.c.shape == shapeProse) {
		return m.fenced(ls, i, f, w)
	}
	switch {
	case s == "":
		m.blank = true
		m.add(l, false)
		return i + 1
	case strings.HasPrefix(s, "<!--"):
		end := i
		for end < len(ls)-1 && !strings.Contains(ls[end].s, "-->") {
			end++
		}
		m.flushData()
		m.prose = append(m.prose, ls[i:end+1]...)
		m.blank = true
		return end + 1
	case s[0] == '<' && htmlBlock.MatchString(s):
		return m.html(ls, i)
	case s[0] == '>' && len(m.data) == 0:
		end := i
		for end < len(ls) && strings.HasPrefix(ls[end].s, ">") {
			end++
		}
		if end == i {
			break
		}
		m.block(each(ls[i:end], unquoteLine), func(part []line, h head) { m.c.carrier(part, h, m.depth+1) })
		return end
	case w >= 4 && m.blank && len(m.data) == 0 && !(m.bullet && looksLikeSentence(s)):
		return m.indented(ls, i, 4)
	case w >= 2 && m.blank && len(m.data) == 0 && isPrompted(s):
		return m.indented(ls, i, w)
	}
	m.add(l, true)
	m.blank = false
	return i + 1
}

// add puts a line to the sentences or to the paste that it is part of.
func (m *markdown) add(l line, text bool) {
	if !text {
		if len(m.data) > 0 {
			m.data = append(m.data, l)
		} else {
			m.prose = append(m.prose, l)
		}
		return
	}
	s := strings.TrimSpace(l.s)
	isData := m.isData(l, s)
	if isData && len(m.data) == 0 {
		m.data = nil
	}
	if isData || len(m.data) > 0 && (!m.blank || !isHeading(l.s)) && !(m.blank && (looksLikeSentence(s) || !isDataLine(l.s) && !m.inOutput())) && !(looksLikeSentence(s) && !m.inOutput()) {
		m.data = append(m.data, l)
		return
	}
	m.flushData()
	m.prose = append(m.prose, l)
	m.bullet = bulletLine.MatchString(l.s) || m.bullet && !m.blank || m.bullet && strings.HasPrefix(l.s, " ")
	if m.blank {
		m.near = nil // the sentences of another paragraph
	}
	if isHeading(s) {
		m.near, m.section = nil, hostIn(strings.Trim(s, "#*_: "), true)
	}
	if m.near = append(m.near, s); len(m.near) > maxNear {
		m.near = m.near[1:]
	}
}

var bulletLine = regexp.MustCompile(`^ {0,3}(?:[-*+]|\d{1,2}[.)]) `)

// maxNear is how many lines above a block may name it.
const maxNear = 3

// inOutput reports whether the paste began at a prompt: any line may be part of its output.
func (m *markdown) inOutput() bool {
	_, ok := findPrompt(m.data[0].s)
	return ok
}

// isData reports whether a line outside of any fence begins a paste.
func (m *markdown) isData(l line, s string) bool {
	if p, ok := findPrompt(l.s); ok && (p.strong || l.s[0] != '#' || m.blank && !isSentence(s)) {
		return true
	}
	if looksLikeSentence(s) {
		return false
	}
	word, _, _ := strings.Cut(s, " ")
	switch {
	case isAPIVersion(l.s), startsProgram.MatchString(s), diffHead.MatchString(l.s), processLine.MatchString(s), opensJSON(l.s), isKlog(l.s), isAssignment(word), likeDate(l.s) && journalHead.MatchString(l.s), isTableHead(l.s), strings.HasPrefix(s, "--") && len(s) > 4, isHistory(s):
		return true
	case m.blank && (isCommand(s) || knownOutput.MatchString(l.s) || yamlKeys.MatchString(l.s)):
		return true
	}
	return false
}

// isHistory reports whether a line is of a shell's history: a number, two blanks, perhaps the time, and what was typed.
func isHistory(s string) bool {
	n := historyNumber.FindString(s)
	return n != "" && isCommand(s[len(n):])
}

var historyNumber = regexp.MustCompile(`^\d{1,6}\*? {2,}(?:\d[\d/-]+[ T]\d[\d:]+(?:[+-]\d{4})? +)?`)

// startsProgram matches a line that begins with a program of the cluster and a flag.
var startsProgram = regexp.MustCompile(`^(?:sudo )?(?:/[\w./-]+/)?(?:kube-(?:apiserver|controller-manager|proxy)|kubelet|flanneld|kubeadm (?:init|join)|(?:k3s|rke2) (?:server|agent))(?: [\w./=:-]+){0,3}? --?[a-z][a-z-]+(?:[= ]\S|$)`)

// processLine matches a row of a process list: a program of the cluster with a flag, behind the columns of ps.
var processLine = regexp.MustCompile(`^[a-z_][\w.+-]* +\d.{0,100}[ /](?:kube-(?:apiserver|controller-manager|proxy|scheduler)|kubelet|flanneld|hyperkube|k3s|rke2|dockerd)(?: (?:server|agent|apiserver|controller-manager|proxy|kubelet))? +--?[a-z]`)

// yamlKeys match first lines of files of which people show a part.
var yamlKeys = regexp.MustCompile(`^(?:network(?:ing)?|podCIDRs?|spec|data|items|metadata|ClusterConfiguration|cluster-cidr|service-cidr|net-conf\.json|config\.conf|mode|clusterCIDR):\s*(?:$|["\d|{])`)

// flushProse emits the sentences so far.
func (m *markdown) flushProse() {
	h := m.h
	h.kind, h.path, h.command = KindProse, "", nil
	m.c.emit(h, m.prose)
	m.prose = nil
}

// flushData emits the paste so far.
func (m *markdown) flushData() {
	ls := m.data
	m.data = nil
	if len(trimBlank(ls)) > 0 {
		m.block(trimBlank(ls), m.c.block)
	}
}

// block emits a paste with what the sentences above tell of it.
func (m *markdown) block(ls []line, emit func([]line, head)) {
	m.flushProse()
	h := m.named(m.h)
	m.near = nil
	m.blank = true
	emit(ls, h)
}

// named returns h with path and host that the lines above name.
func (m *markdown) named(h head) head {
	h.host = first(m.section, h.host)
	for i := len(m.near) - 1; i >= 0; i-- {
		if h.path == "" {
			h.path = pathIn(m.near[i])
		}
		if host := hostIn(m.near[i], false); host != "" {
			h.host = host
			break
		}
	}
	for _, s := range m.near {
		if q := quotedCommand.FindStringSubmatch(s); q != nil && h.path == "" && q[1][0] != '/' && isCommand(q[1]) {
			host := h.host
			h = m.c.apply(q[1], h)
			h.host = first(host, h.host)
		}
	}
	return h
}

// quotedCommand matches a command line in a sentence: Output of `ip route`:
var quotedCommand = regexp.MustCompile("^[^`]{0,60}`(?:[$#] )?([^`]+)`[^`]{0,40}:?\\**$")

// fenced reads the block that the fence in line i begins.
func (m *markdown) fenced(ls []line, i int, f fence, width int) int {
	m.flushData()
	end := i + 1
	for end < len(ls) && !f.closes(ls[end].s) && !f.gluedTo(ls[end].s) {
		end++
	}
	stop := end
	if end < len(ls) && !f.closes(ls[end].s) {
		ls[end] = ls[end].cut(0, len(strings.TrimRight(ls[end].s, "` ")))
		stop = end + 1
	}
	content := each(ls[i+1:stop], func(l line) line { return unindent(l, width) })
	lang, rest, _ := strings.Cut(f.info, " ")
	if f.n == 0 {
		lang, rest, _ = strings.Cut(strings.Replace(f.info, "title=", " ", 1), " ")
	} else if _, ok := findPrompt(f.info); ok || isCommand(f.info) || f.info != "" && !language.MatchString(lang) {
		at := strings.Index(ls[i].s, f.info)
		content = append([]line{ls[i].from(at)}, content...)
		lang, rest = "", ""
	} else if rest != "" && !attributes.MatchString(rest) { // the line end behind the fence was lost
		if !dataLanguages[lang] && !codeLanguages[lang] && !shellLanguages[lang] {
			lang, rest = "", f.info
		}
		content = append([]line{ls[i].from(strings.LastIndex(ls[i].s, rest))}, content...)
	}
	m.block(content, func(part []line, h head) {
		if p := infoPath(lang, rest); p != "" {
			h.path = p
		}
		m.c.code(part, h, strings.ToLower(strings.Trim(lang, "{.}")))
	})
	return min(end+1, len(ls))
}

// language matches the first word of an info string.
var language = regexp.MustCompile(`^(?:\{?\.?[A-Za-z][\w+#.-]*\}?(?::[\w./-]+)?|\{.*|/[\w./@-]+|[\w-]+=".*|[\w.-]+/[\w./-]+)$`)

// attributes match what may stand behind the language of an info string.
var attributes = regexp.MustCompile(`^(?:\{.*\}|[\w-]+=\S+(?: .*)?|[\w./:,-]+)$`)

// infoPath returns the path that an info string names: yaml title="/etc/x.yaml", /etc/x.yaml, json:net-conf.json.
func infoPath(lang, rest string) string {
	if i := strings.IndexByte(lang, ':'); i >= 0 {
		rest = lang[i+1:] + " " + rest
	}
	return pathIn(lang + " " + strings.NewReplacer("=", " ", "{", " ", "}", " ").Replace(rest))
}

// codeLanguages are info strings of source code, dataLanguages those of files that have no command lines.
var (
	codeLanguages  = words("go golang python py javascript js typescript ts java c cpp rust ruby php lua sql hcl terraform groovy jsx tsx csharp powershell-script")
	shellLanguages = words("sh bash zsh shell console shell-session terminal text txt plain plaintext log output none cmd powershell")
	dataLanguages  = words("yaml yml json toml ini conf properties systemd env dotenv json5 jsonc")
)

// code cuts the content of a block of code.
func (c *cutter) code(ls []line, h head, lang string) {
	switch {
	case codeLanguages[lang]:
		h.kind, h.path = KindCode, ""
		c.emit(h, ls)
	case lang == "diff" || lang == "patch":
		h.kind = KindDiff
		c.emit(h, ls)
	case dataLanguages[lang] && len(ls) > 0 && !c.startsTyped(ls):
		c.body(ls, h)
	default:
		c.block(ls, h)
	}
}

// startsTyped reports whether the first line is a command line.
func (c *cutter) startsTyped(ls []line) bool {
	some := sample(ls, 1)
	if len(some) == 0 {
		return false
	}
	_, ok := findPrompt(some[0].s)
	return ok || isCommand(some[0].s)
}

// isPrompted reports whether s begins with a prompt.
func isPrompted(s string) bool {
	_, ok := findPrompt(s)
	return ok
}

// indented reads the block of indented lines that begins at line i,
// of at least that many blanks.
func (m *markdown) indented(ls []line, i, width int) int {
	end, last := i, i
	for end < len(ls) {
		w, n := indent(ls[end].s)
		if n < len(ls[end].s) {
			if w < width {
				break
			}
			last = end
		}
		end++
	}
	part := each(ls[i:last+1], func(l line) line { return unindent(l, width) })
	m.block(part, m.c.block)
	return last + 1
}

// html reads the tag in line i: its text is a sentence, and what stands in pre is a paste.
func (m *markdown) html(ls []line, i int) int {
	m.flushData()
	s := ls[i].s
	at := strings.Index(strings.ToLower(s), "<pre")
	if at < 0 {
		text := strings.TrimSpace(htmlTag.ReplaceAllString(s, " "))
		m.prose = append(m.prose, ls[i])
		m.blank = true
		if text != "" {
			m.near = append(m.near, text)
		}
		return i + 1
	}
	end := i
	for end < len(ls)-1 && !strings.Contains(strings.ToLower(ls[end].s), "</pre>") {
		end++
	}
	part := append([]line(nil), ls[i:end+1]...)
	open := at + len(htmlOpen.FindString(s[at:]))
	part[0] = part[0].from(open)
	last := &part[len(part)-1]
	if k := strings.Index(strings.ToLower(last.s), "</pre>"); k >= 0 {
		*last = last.cut(0, k)
	}
	last.trimTag("</code>")
	m.block(each(part, entities), m.c.block)
	return end + 1
}

// trimTag takes a tag off the end of l.
func (l *line) trimTag(tag string) {
	if strings.HasSuffix(strings.ToLower(l.s), tag) {
		*l = l.cut(0, len(l.s)-len(tag))
	}
}

var (
	htmlTag  = regexp.MustCompile(`<[^>]*>`)
	htmlOpen = regexp.MustCompile(`(?i)^<pre[^>]*>(?:<code[^>]*>)?`)
	entity   = regexp.MustCompile(`&(?:lt|gt|amp|quot|apos|nbsp|#39|#34|#x27|#x2[fF]|#47);|<br ?/?>|</?span[^>]*>`)
)

// entityTexts are what entities stand for. Tags that are not here stand for nothing.
var entityTexts = map[string]string{"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": `"`, "&apos;": "'", "&nbsp;": " ", "&#39;": "'", "&#34;": `"`, "&#x27;": "'", "&#x2f;": "/", "&#x2F;": "/", "&#47;": "/"}

// entities resolves the entities of HTML in a line.
func entities(l line) line {
	found := entity.FindAllStringIndex(l.s, -1)
	if found == nil {
		return l
	}
	var b joiner
	b.add(l, 0, 0)
	start := 0
	for _, m := range found {
		b.add(l, start, m[0])
		b.put(entityTexts[l.s[m[0]:m[1]]], l.src(m[0]))
		start = m[1]
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}

var (
	// Paths in a sentence: absolute ones in the folders of a host, and files by the names that they have there.
	absolutePath = regexp.MustCompile("(?:^|[\\s`\"'(*\\[:=,])(/(?:etc|run|var|opt|usr|root|home|lib|tmp|srv|mnt|data|k8s|proc)/[\\w./@+-]*\\w)")
	knownFile    = regexp.MustCompile("(?:^|[\\s`\"'(*\\[=,])((?:[\\w.-]+/)*(?:[\\w-][\\w.-]*\\.(?:ya?ml|json|conf|conflist|env|toml|ini|cfg|service)|resolv\\.conf|kubeadm-flags\\.env))(?:$|[\\s`\"'):*\\],.])")
	// node m1, on host m1, worker `m1`, and a name that stands alone.
	hostWords = regexp.MustCompile("(?i)(?:^|\\s|\\*|\\()(?:on|from|of|node|host|worker|master|server|machine|vm|control plane)(?: the)?(?: (?:node|host|worker|master|server|machine|vm|named))? [`\"*]{0,2}([a-z0-9][\\w.-]*\\w)[`\"*]{0,2}\\)?(?:'s\\b.*)?[.:,]?\\)?\\**$")
	// on node m1 within the sentence
	hostInside = regexp.MustCompile("(?i)\\b(?:on|from)(?: the)? (?:node|host|worker|master|server|machine|vm) [`\"*]{0,2}([a-z0-9][\\w.-]*\\w)")
)

// pathIn returns the last path that a sentence names.
func pathIn(s string) string {
	if strings.IndexByte(s, '/') < 0 && strings.IndexByte(s, '.') < 0 {
		return ""
	}
	for _, re := range []*regexp.Regexp{absolutePath, knownFile} {
		if all := re.FindAllStringSubmatch(s, -1); len(all) > 0 {
			return strings.TrimRight(all[len(all)-1][1], ".")
		}
	}
	return ""
}

// hostIn returns the host that a sentence or heading names, "" where it may be a role or anything else.
func hostIn(s string, heading bool) string {
	s = strings.Trim(strings.TrimSpace(s), "*_`: ")
	if isWord(s) && isHostName(s) && (heading || !strings.HasSuffix(s, ".")) {
		return s
	}
	for _, re := range []*regexp.Regexp{hostWords, hostInside} {
		if m := re.FindStringSubmatch(s); m != nil && isHostName(m[1]) && !roleOnly[strings.ToLower(m[1])] {
			return m[1]
		}
	}
	return ""
}

// roleOnly are words that name what hosts do: "on the master" may be any of three.
var roleOnly = words("master node worker server agent host cp control-plane controlplane minion compute nodes workers masters kube")
