package paste

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// looksLikeSentence reports whether a line is a sentence, or part of one: words in small letters, some of which only
// sentences have, and no
// more marks of data than those.
func looksLikeSentence(s string) bool {
	s = strings.TrimSpace(s[:min(len(s), 1000)])
	if s == "" {
		return false
	}
	switch ch := s[0]; {
	case ch == '{' || ch == '[' || ch == '}' || ch == ']' || ch == '$' || ch == '"' || ch == '|' || ch == '/' || ch == '#' || ch == ';':
		return false
	case ch >= '0' && ch <= '9' && !listNumber.MatchString(s):
		return false
	}
	if isKlog(s) || likeDate(s) && journalHead.MatchString(s) || isRowOrFlag(s) || message.MatchString(s) {
		return false
	}
	n, small, marks, cjk := 0, 0, 0, 0
	for w := range strings.FieldsSeq(s) {
		n++
		switch bare := strings.Trim(w, ".,:;!?()\"'`*"); {
		case sentenceWords[strings.ToLower(bare)] || glueWords[strings.ToLower(bare)]:
			small++
		case strings.ContainsAny(bare, "=[]{}<>|") || strings.HasPrefix(bare, "--"):
			marks++
		}
	}
	for _, r := range s {
		if r > 0x2e80 && (unicode.Is(unicode.Han, r) || r >= 0x3040 && r < 0x3100 || r >= 0xac00 && r < 0xd7b0) {
			cjk++
		}
	}
	return n >= 4 && small >= 2 && marks <= small || n >= 3 && small >= 1 && marks == 0 && strings.IndexByte(".?!:,", s[len(s)-1]) >= 0 && !strings.Contains(s, "=") || cjk >= 4 && marks <= 1
}

// message matches what programs say: an error, or the path of a field with what is wrong about it.
var message = regexp.MustCompile(`^(?:(?i:error|warning|fatal|panic)\b[^.?!]*:|[a-z]+(?:[A-Z.\[]\S*)+: |Error from server)`)

var listNumber = regexp.MustCompile(`^\d{1,2}[.)] `)

// glueWords are words of sentences that command lines and tables may have as well.
var glueWords = words("in on for from at by as or no after before here please thanks hi hello all only how why where when while same each both into now just but same like using use used set given give get see also still already need needs want wants don't can't doesn't didn't isn't won't i've it's that's its")

// isRowOrFlag reports whether a line is a row of a table, an assignment or a line of flags.
func isRowOrFlag(s string) bool {
	if strings.HasPrefix(s, "--") || strings.HasPrefix(s, "- --") || strings.Contains(strings.TrimLeft(s, "-*0123456789.) "), "   ") {
		return true
	}
	word, _, _ := strings.Cut(s, " ")
	return isAssignment(word) || strings.Contains(word, "://") && !strings.Contains(s, " ")
}

// unfinished values of templates: ${POD_CIDR}, <POD_SUBNET>, {{ .Values.x }}, {% if %}, <your-cidr>.
var (
	templateVariable = regexp.MustCompile(`\$\{[A-Za-z_]\w*(?:[:\-?+][^}\n]*)?\}`)
	templateHole     = regexp.MustCompile(`<(?:[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)+|(?:[Yy]our|[Rr]eplace|[Ii]nsert)[ _-][\w -]{1,40}|(?:pod|service|cluster|node|host)[-_](?:cidr|subnet|network|ip|address)s?)>`)
	templateBraces   = regexp.MustCompile(`\{\{[-~#/^!>]?[ \t]*[\w.$"'(@/]|\{%[-+]?[ \t]*\w+`)
	unitSection      = regexp.MustCompile(`(?m)^\[(?:Unit|Service|Install)\]`)
)

// templateNames are extensions of templates. A file that has one and no mark is none.
var templateNames = words(".j2 .tpl .tmpl .gotmpl .jinja .jinja2 .erb .mustache")

// isTemplate reports whether values in a text are still to be filled in. Scripts and units expand variables themselves.
func isTemplate(name string, text []byte, kind Kind) bool {
	switch kind {
	case KindProse, KindCode, KindLog, KindDiff, KindCommands:
		return false
	}
	if kind == KindFile && (bytes.Contains(text, []byte("{{")) || bytes.Contains(text, []byte("{%"))) && templateBraces.Match(text) {
		return true
	}
	if bytes.Contains(text, []byte("${")) && templateVariable.Match(text) && !unitSection.Match(text[:min(len(text), headSize)]) {
		return true
	}
	if templateNames[path.Ext(name)] && bytes.Contains(text, []byte("<%")) {
		return true
	}
	return kind == KindFile && bytes.IndexByte(text, '<') >= 0 && templateHole.Match(text)
}

// lookOf returns the kind of a text of which no frame tells it.
func lookOf(sh shape, h head, ls []line) Kind {
	some := sample(ls, sampleSize)
	if len(some) == 0 {
		return KindFile
	}
	var b strings.Builder
	for _, l := range some {
		b.WriteString(l.s[:min(len(l.s), 400)])
		b.WriteByte('\n')
	}
	text := []byte(b.String())
	switch {
	case hunk.Match(text) || diffHead.MatchString(some[0].s) && len(some) > 3:
		return KindDiff
	case strings.HasPrefix(some[0].s, "#!") || shellFunction.Match(text):
		return KindCommands
	case looksLikeLog(some):
		return KindLog
	case codeHead.MatchString(some[0].s) && codeLine.Match(text):
		return KindCode
	case isScript(some):
		return KindCommands
	}
	return KindFile
}

// isScript reports whether most lines are commands or go on with one.
func isScript(ls []line) bool {
	n, open := 0, false
	for _, l := range ls {
		s := strings.TrimSpace(l.s)
		command := open || isCommand(s) || shellWords.MatchString(s)
		if command || s[0] == '#' {
			n++
		}
		open = command && strings.HasSuffix(s, `\`)
	}
	return (isCommand(strings.TrimSpace(ls[0].s)) || ls[0].s[0] == '#' || shellWords.MatchString(ls[0].s)) && n*10 >= len(ls)*7 && anyCommand(ls)
}

func anyCommand(ls []line) bool {
	for _, l := range ls {
		if isCommand(strings.TrimSpace(l.s)) {
			return true
		}
	}
	return false
}

var shellWords = regexp.MustCompile(`^(?:if \[|then|else|fi|done|do|esac|case |while |until |export [A-Z]|set -|EOF$)`)
