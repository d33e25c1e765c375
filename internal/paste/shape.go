package paste

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// A shape is what the beginning of an input looks like. It decides which frames can be in it.
type shape int

const (
	shapeText   shape = iota // none of the below: any frame
	shapeData                // YAML, JSON, an INI file or a unit: comments in it are no commands
	shapeLog                 // a log by its name: what looks like a sentence was said by a program
	shapeProse               // sentences
	shapeScript              // a script that says so: never cut
	shapeCode                // source code: never cut
	shapeDiff                // a patch: never cut
)

// headSize is how much of an input tells its shape.
const headSize = 8 << 10

// data reports whether comments may stand in the text.
func (sh shape) data() bool { return sh == shapeData }

// kind returns the kind of an input of that shape that is not cut.
func (sh shape) kind() Kind {
	switch sh {
	case shapeProse:
		return KindProse
	case shapeScript:
		return KindCommands
	case shapeCode:
		return KindCode
	case shapeDiff:
		return KindDiff
	}
	return KindFile
}

// kindOf returns the kind of a text that is not cut.
func (sh shape) kindOf(text []byte) Kind {
	if sh != shapeText && sh != shapeLog {
		return sh.kind()
	}
	var ls []line
	for l := range bytes.Lines(text[:min(len(text), headSize)]) {
		ls = append(ls, line{s: strings.TrimRight(string(l), "\r\n")})
	}
	return lookOf(sh, head{}, ls)
}

// codeExtensions are those of source code, in which flags and addresses are examples.
var codeExtensions = words(".go .py .js .ts .tsx .jsx .java .c .h .cc .cpp .hpp .rs .rb .php .pl .pm .lua .cs .kt .scala .swift .proto .css .scss .sql .vue .bzl .mk .cmake .ipynb .bats .ps1 .psm1 .mod .work")

// buildFiles are names of source code without an extension.
var buildFiles = words("Makefile Dockerfile Jenkinsfile Vagrantfile Rakefile Tiltfile BUILD")

// proseExtensions are those of texts for people.
var proseExtensions = words(".md .markdown .mdx .rst .adoc .asciidoc .org .html .htm")

// logExtensions are those of what programs said.
var logExtensions = words(".log .err .out .stderr .stdout")

// dataExtensions are those of files that programs read.
var dataExtensions = words(".yaml .yml .json .toml .ini .conf .conflist .env .service .cfg .properties .j2 .tpl .tmpl .tf .tfvars .netdev .network")

// shapeOf tells the shape of a text from its name and its first lines.
func shapeOf(name string, text []byte) shape {
	ext := strings.ToLower(path.Ext(name))
	window := text[:min(len(text), headSize)]
	first, second := firstLines(window)
	script := bytes.HasPrefix(window, []byte("#!")) || ext == ".sh" || ext == ".bash"
	switch {
	case codeExtensions[ext], buildFiles[path.Base(name)], script && shellFunction.Match(window):
		return shapeCode
	case script:
		return shapeScript
	case proseExtensions[ext], mailHead(window):
		return shapeProse
	case (diffHead.Match(first) || hunkLine.Match(first)) && hunk.Match(window) || diffHead.Match(first) && !bytes.HasPrefix(first, []byte("---")):
		return shapeDiff
	}
	if p, ok := findPrompt(string(first[:min(len(first), 400)])); ok && (p.strong || first[0] != '#' || showsFiles.Match(first[p.at:])) {
		return shapeText // a transcript, whatever it shows
	}
	if dataExtensions[ext] && !isCommand(string(first[:min(len(first), 400)])) {
		return misnamed(window)
	}
	if shellFunction.Match(window) {
		return shapeCode
	}
	if dataHead(window) {
		return shapeData
	}
	if codeHead.Match(first) && codeLine.Match(window) || bytes.HasPrefix(first, []byte("//")) && codeLine.Match(window) || bytes.HasPrefix(second, []byte("import ")) && codeLine.Match(window) {
		return shapeCode
	}
	if logExtensions[ext] {
		return shapeLog
	}
	if n, all := sentences(window); n >= 2 && n*3 >= all || n == 1 && all == 1 && oneSentence.Match(first) {
		return shapeProse
	}
	return shapeText
}

var (
	oneSentence   = regexp.MustCompile(`^[A-Z].*[.?!]\s*$`)
	diffHead      = regexp.MustCompile(`^(?:diff --git |Index: |--- \S+\s|From [0-9a-f]{40} )`)
	hunkLine      = regexp.MustCompile(`^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@`)
	hunk          = regexp.MustCompile(`(?m)^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@`)
	codeHead      = regexp.MustCompile(`^(?:package [a-z]\w*;?$|import [\w{"(*]|from [\w.]+ import |#include |using [A-Z]|use [a-z]\w*::|/\*|\(function|func |def |class |const |var |public )`)
	codeLine      = regexp.MustCompile(`(?m)^(?:\s*(?:func|def|class|fn|function|import|const|var|type|return|public|private|static) ?.*[({:;]|\s*(?:if|for|while) .*[{:]$|[}\])];?$)`)
	shellFunction = regexp.MustCompile(`(?m)^(?:function [\w-]+ ?(?:\(\))? ?\{|[\w-]+ ?\(\) ?\{)$`)
	sectionLine   = regexp.MustCompile(`^\[[A-Za-z][\w ."-]*\]\s*$`)
)

// misnamed returns the shape of a file that is named as one that programs read: a log, or sentences, where its first line
// behind headings is of such.
func misnamed(window []byte) shape {
	for l := range bytes.Lines(window) {
		s := strings.TrimRight(string(l), " \t\r\n")
		if s == "" || s[0] == '#' || s[0] == ';' {
			continue
		}
		switch {
		case isKlog(s), likeDate(s) && journalHead.MatchString(s), strings.HasPrefix(s, "time=") && strings.Contains(s, " level="):
			return shapeLog
		case looksLikeSentence(s) && !keyLine.MatchString(s) && s[0] != '-':
			return shapeProse
		}
		break
	}
	return shapeData
}

// firstLines returns the first two lines that are not blank.
func firstLines(window []byte) (first, second []byte) {
	for l := range bytes.Lines(window) {
		l = bytes.TrimRight(l, "\r\n")
		if len(bytes.TrimSpace(l)) == 0 {
			continue
		}
		if first != nil {
			return first, l
		}
		first = l
	}
	return first, nil
}

// dataHead reports whether the first lines behind comments are those of YAML, JSON, an INI file, a unit or an
// environment file.
func dataHead(window []byte) bool {
	n, keys := 0, 0
	for l := range bytes.Lines(window) {
		s := strings.TrimRight(string(l), " \t\r\n")
		if s == "" || s[0] == '#' || s[0] == ';' || strings.HasPrefix(s, "---") || strings.HasPrefix(s, "%YAML") {
			continue
		}
		if n == 0 && (opensJSON(s) || sectionLine.MatchString(s)) {
			return true
		}
		word, _, _ := strings.Cut(s, " ")
		indented := s[0] == ' ' || s[0] == '\t'
		switch {
		case keyLine.MatchString(s) && !isSentence(s), isAssignment(word) && n == keys, s[0] == '-' && strings.HasPrefix(s, "- "), indented && keys > 0:
			keys++
		case apiVersionLine.MatchString(s):
			return n == keys
		}
		if keys == 0 {
			return false // a command, a label or a sentence stands above
		}
		if n++; n >= 12 {
			break
		}
	}
	return n > 0 && keys*10 >= n*9
}

// sentences counts the lines of a text that are sentences, and those that are not blank.
func sentences(window []byte) (n, all int) {
	for l := range bytes.Lines(window) {
		s := strings.TrimSpace(string(l))
		if s == "" {
			continue
		}
		all++
		if looksLikeSentence(s) {
			n++
		}
	}
	return n, all
}

// marked reports whether a line of text may have a frame. It looks at the first bytes of lines, and with patterns only
// at lines that begin as a frame does.
func (sh shape) marked(text []byte) bool {
	switch sh {
	case shapeCode, shapeScript, shapeDiff:
		return false
	}
	if bytes.IndexByte(text, 0x1b) >= 0 {
		return true
	}
	if n, _ := sentences(text[:min(len(text), headSize)]); n > 0 && sh == shapeText {
		return true
	}
	if mayBeTypeset(string(text)) && (quotedKey.Match(text) || longFlag.Match(text)) {
		return true
	}
	if bytes.Contains(text, []byte(oneLine)) {
		return true
	}
	if first, _ := firstLines(text[:min(len(text), headSize)]); stepStamp.Match(first) {
		return true
	}
	m := marker{shape: sh, first: true, above: true}
	for off := 0; off < len(text); {
		end := bytes.IndexByte(text[off:], '\n')
		next := off + end + 1
		if end < 0 {
			end, next = len(text)-off, len(text)
		}
		l := text[off : off+end]
		if m.line(l) {
			return true
		}
		off = next
	}
	return false
}

// A marker looks for the first frame in the lines of a text.
type marker struct {
	shape  shape
	first  bool // no line that is not blank was seen
	above  bool // the line above is blank, or a comment
	json   bool // the text began as JSON
	closed bool // a document of JSON has ended
	yaml   bool
	keys   [2]bool  // apiVersion and kind of the document so far
	hosts  []string // what stands before the colon of lines above, and looks like a host
	path   string   // the same of the line above, if it looks like a path
	host   bool     // the line above is a host and a colon
}

// line reads a line and reports whether it may have a frame.
func (m *marker) line(l []byte) bool {
	if len(l) == 0 || len(l) == 1 && l[0] == '\r' {
		m.above = true
		return false
	}
	if ch := l[0]; ch == ' ' || ch == '\t' {
		return m.indented(l)
	}
	if bytes.HasPrefix(l, []byte("---")) {
		m.keys = [2]bool{}
	}
	if m.keys[0] && m.keys[1] && (l[0] == '{' || l[0] >= 'A' && l[0] <= 'Z') && m.glued(string(l[:min(len(l), 400)]), "") {
		return true
	}
	if m.closed && len(bytes.TrimSpace(l)) > 0 {
		return true
	}
	m.host = false
	found := (m.first || !m.dull(l)) && m.starts(string(l[:min(len(l), 400)]), l)
	m.first, m.above = false, l[0] == '#'
	return found
}

// telling are the bytes of which a line has one that is a prompt, a row of a panel or a label.
var telling = func() (t [256]bool) {
	for i := range t {
		t[i] = i >= 0x80
	}
	for _, ch := range []byte("#$%>@|") {
		t[ch] = true
	}
	return t
}()

// dull is a cheap test that most lines of files and outputs pass, none of which begins a frame. It allocates nothing.
func (m *marker) dull(l []byte) bool {
	c, end, digit := l[0], -1, false
	for i, ch := range l[:min(len(l), 240)] {
		if telling[ch] {
			return false
		}
		if end < 0 && (ch == ' ' || ch == ':' || ch == '=') {
			end = i
		}
		digit = digit || end < 0 && (ch >= '0' && ch <= '9' || ch == '/' || ch == '.')
	}
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	switch {
	case c == '-':
		return len(l) < 2 || l[1] == ' ' || m.shape == shapeData && l[1] != '-'
	case c >= '0' && c <= '9':
		return bytes.IndexByte(l, ':') < 0 && (len(l) < 5 || l[4] != '-')
	case !letter:
		return c == '"' || c == '\'' || c == '\\'
	case end < 0:
		return bytes.IndexByte(l, '\t') < 0 && bytes.IndexByte(l, '[') < 0
	case l[end] == ':':
		return !digit && !bytes.HasPrefix(l, []byte("apiVersion")) && !bytes.HasPrefix(l, []byte("kind"))
	case l[end] == '=':
		return c != 't' && c != 'l' && !(m.above && bytes.IndexByte(l, ' ') > 0)
	case c <= 'Z':
		return len(l) > 1 && l[1] >= 'a' && c != 'E' && (end+1 == len(l) || l[end+1] > '9' || l[end+1] != ' ' && l[end+1] < '0')
	}
	second := l[end+1:]
	k := bytes.IndexByte(second[:min(len(second), 100)], ' ')
	return programs[string(l[:end])] == "" && (k <= 0 || k+1 == len(second) || bytes.IndexByte([]byte("IWEFt{[0123456789"), second[k+1]) < 0)
}

// indented reads a line that begins with blanks.
func (m *marker) indented(l []byte) bool {
	if m.host { // m1: above an output, as salt prints it
		m.host = false
		if s := string(bytes.TrimLeft(l[:min(len(l), 200)], " ")); s != "" && indentedOutput(s) {
			return true
		}
	}
	if m.shape == shapeData {
		return false
	}
	s := bytes.TrimLeft(l, " \t")
	if m.shape == shapeProse {
		above := m.above
		m.above = len(s) == 0
		if above && len(s) > 0 && len(l)-len(s) >= 2 && (s[0] == '$' || s[0] == '#' || s[0] == '[') || above && len(s) > 0 && len(l)-len(s) >= 4 || above && l[0] == '\t' {
			return true
		}
	} else if m.first && len(s) > 0 {
		found := m.starts(string(s[:min(len(s), 400)]), s)
		m.first = false
		return found
	}
	return len(s) > 2 && (s[0] == '`' || s[0] == '~') && s[0] == s[1] && s[1] == s[2] || len(s) > 2 && s[0] == 0xe2 || bytes.HasSuffix(l, []byte("│"))
}

// starts reports whether s, the beginning of line l, begins a frame.
func (m *marker) starts(s string, l []byte) bool {
	switch ch := s[0]; {
	case ch == '{' || ch == '[' || ch == '}' || ch == ']':
		return m.bracket(s, l)
	case ch == '`' || ch == '~':
		if strings.HasPrefix(s, "```") || strings.HasPrefix(s, "~~~") {
			return true
		}
	case ch == '<' || ch == '>':
		return m.shape != shapeData
	case ch >= 0x80:
		return m.shape != shapeData
	case ch == '#':
		if m.shape == shapeProse {
			return false
		}
		if p, ok := findPrompt(s); ok {
			return m.shape != shapeData || m.first && showsFiles.MatchString(s[p.at:])
		}
		l, ok := labelAt([]line{{s: s}, {s: "{"}}, 0)
		return ok && (l.host != "" || l.path != "" && m.shape != shapeData)
	case ch == '+' && boxRule.MatchString(s):
		return true
	case s == dataHeadline:
		return !m.first
	case ch == '=' || ch == '*' || ch == '-' && m.shape != shapeData && strings.HasPrefix(s, "--"):
		if _, ok := labelAt([]line{{s: s}}, 0); ok || ch == '-' && isRule(s) {
			return true
		}
	case ch == ':' || ch == '/':
		if _, ok := labelAt([]line{{s: s}}, 0); ok || isRule(s) {
			return true
		}
	case ch >= '0' && ch <= '9':
		if m.shape != shapeData && chatForms[0].re.MatchString(s) {
			return true
		}
		if len(s) > 20 && s[4] == '-' && s[10] == 'T' || strings.HasPrefix(strings.TrimLeft(s, "0123456789"), "月") || lineNumber.MatchString(s) && m.first {
			return true
		}
	}
	return m.word(s)
}

// bracket reads a line that begins with a bracket.
func (m *marker) bracket(s string, l []byte) bool {
	if m.shape != shapeData && s[0] == '[' && chatForms[0].re.MatchString(s) {
		return true
	}
	if p, ok := findPrompt(s); ok && (p.strong || m.shape != shapeData) || tagFence.MatchString(s) || strings.HasPrefix(s, "[pod/") || strings.HasPrefix(s, "[dryrun]") {
		return true
	}
	if m.first && opensJSON(s) {
		m.json = true
		if isRecord(string(l[:min(len(l), 4096)])) {
			return true
		}
		line := bytes.TrimRight(l, " \t\r")
		if end := line[len(line)-1]; len(line) > 1 && (end == '}' || end == ']') {
			m.closed = true
		}
		return false
	}
	if m.json && (s[0] == '}' || s[0] == ']') {
		m.closed = true
		return len(bytes.TrimSpace(l)) > 1
	}
	return m.shape != shapeData && opensJSON(s) && !m.first
}

// journalHead matches the date that a log has in front of each line.
var journalHead = regexp.MustCompile(`^[\p{L}]{2,5}\.? +\d{1,2} \d\d:\d\d:\d\d`)

// word reads a line that begins with a word.
func (m *marker) word(s string) bool {
	data := m.shape == shapeData
	if p, ok := findPrompt(s); ok && (p.strong || !data) {
		return true
	}
	word, rest, spaced := strings.Cut(s, " ")
	if m.first && len(s) < 80 && !data && speakerHead.MatchString(s) || m.glued(s, word) {
		return true
	}
	switch {
	case isAPIVersion(s):
		if !m.first && !m.yaml && !data {
			return true
		}
		m.yaml = true
	case strings.HasSuffix(s, "=> {") && strings.Contains(s, ": ["): // a task of ansible
		return true
	case strings.HasPrefix(s, "time=") || strings.HasPrefix(s, "ts=") || strings.HasPrefix(s, "level=") || strings.HasPrefix(s, "Every "), likeDate(s) && journalHead.MatchString(s),
		strings.HasPrefix(s, "INFO["), strings.HasPrefix(s, "WARN["), strings.HasPrefix(s, "ERRO["):
		return true
	case spaced && !data && (m.above || m.first) && (programs[word] != "" || isAssignment(word)) && isCommand(s):
		return true
	case spaced && !data && strings.HasPrefix(rest, "| "):
		return true
	case isTableHead(s):
		return !m.first
	case !data && (strings.Count(s, "@") > 0 && gluedPrompt.MatchString(s) || strings.HasSuffix(s, "]# ") || strings.HasSuffix(s, ":~# ")):
		return true
	case !data && likeStern(s) && logFrames[1].re.MatchString(s):
		return true
	}
	return m.repeats(s)
}

// glued reports whether a line begins another file, right behind an object in YAML: with a key that the object has
// already, with JSON, or with a variable. word is its first word.
func (m *marker) glued(s, word string) bool {
	for i, key := range [...]string{"apiVersion:", "kind:"} {
		if word == key {
			if m.keys[i] {
				return true
			}
			m.keys[i] = true
		}
	}
	if !m.keys[0] || !m.keys[1] || m.json {
		return false
	}
	return s == "{" || strings.HasPrefix(s, `{"`) || s[0] >= 'A' && s[0] <= 'Z' && isAssignment(s) && strings.IndexByte(s, '_') > 0
}

// maxPrefixes bounds how many hosts are remembered that stand in front of lines.
const maxPrefixes = 16

// repeats reports whether several lines begin with the same host and a colon, or with the same path.
func (m *marker) repeats(s string) bool {
	i := strings.IndexByte(s, ':')
	if i <= 0 || i > 200 || strings.ContainsAny(s[:i], " \t\"'") {
		return false
	}
	prefix := s[:i]
	if strings.ContainsAny(prefix, "/.") && grepPrefix.MatchString(s) {
		seen := m.path == prefix
		m.path = prefix
		return seen
	}
	if !strings.ContainsAny(prefix, "0123456789") || !isHostName(prefix) {
		return false
	}
	m.host = i+1 == len(strings.TrimRight(s, "\r"))
	for _, h := range m.hosts {
		if h == prefix {
			return true
		}
	}
	if len(m.hosts) < maxPrefixes {
		m.hosts = append(m.hosts, prefix)
	}
	return false
}
