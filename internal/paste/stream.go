package paste

import (
	"regexp"
	"strings"
)

// tableHead matches the head of a table of kubectl, docker or crictl: words in capitals, two blanks between them.
var tableHead = regexp.MustCompile(`^[A-Z][A-Z0-9()/_-]+(?: [A-Z][A-Z0-9()/_-]*)*(?:(?: {2,}|\t+)[A-Z][A-Za-z0-9()/_%.-]*(?: [A-Z][A-Z0-9()/_-]*)*)+\s*$|^NAME(?:SPACE)?(?: [A-Z()/_-]+)+\s*$`)

// isTableHead reports whether a line is the head of a table.
func isTableHead(s string) bool {
	return len(s) > 4 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && (strings.Contains(s, "  ") || strings.IndexByte(s, '\t') > 0 || strings.HasPrefix(s, "NAME")) && tableHead.MatchString(s)
}

// isAPIVersion reports whether a line begins an object of Kubernetes.
func isAPIVersion(s string) bool {
	return (s[0] == 'a' || s[0] == 'k') && apiVersionLine.MatchString(s)
}

// A part is a text within an output of which the next line may be the first of another.
type part int

const (
	partNone part = iota
	partText
	partTable
	partYAML
	partJSON
)

// stream cuts a text where a document, a table or a log begins behind another.
func (c *cutter) stream(ls []line, h head) {
	ls = c.original(ls)
	if !h.fixed && c.configMaps(ls, h) {
		return
	}
	if h.fixed || len(ls) == 0 || describes(h.command) {
		c.frames(ls, h)
		return
	}
	start, cur := 0, partNone
	noJSON := false  // a document was not closed up to the end
	var keys [2]bool // apiVersion and kind of the YAML document so far
	flush := func(end int) {
		if start < end {
			c.frames(ls[start:end], h)
		}
		start = end
	}
	for i := 0; i < len(ls); i++ {
		l := ls[i]
		if l.blank() {
			continue
		}
		if strings.HasPrefix(l.s, "---") {
			keys = [2]bool{}
		}
		if cur == partYAML && c.nextFile(l.s, &keys) {
			flush(i)
			keys, cur = [2]bool{}, partNone
			c.nextFile(l.s, &keys)
		}
		if !noJSON && opensJSON(l.s) && cur != partYAML && !(cur == partText && !documentOpens(ls, i)) {
			if _, _, ok := jsonEnd(ls, i); ok {
				flush(i)
				start = c.document(ls, i, h)
				i, cur = start-1, partJSON
				continue
			}
			noJSON = true
		}
		next := c.partAt(ls, i, cur)
		if next != partNone {
			if cur != partNone && start < i {
				flush(i)
			}
			if cur = next; cur == partYAML {
				keys = [2]bool{}
				c.nextFile(l.s, &keys)
			}
		} else if (cur == partNone || cur == partJSON) && l.s[0] != '#' {
			cur = partText
		}
	}
	flush(len(ls))
}

// document cuts the JSON document, or the records of a log, that begin at line i, and returns the line behind it: that on
// which it ends, where more stands there.
func (c *cutter) document(ls []line, i int, h head) int {
	if records, next := jsonRecords(ls, i); next > i {
		c.frames(records, h)
		return next
	}
	end, rest, _ := jsonEnd(ls, i)
	if out, ok := taskLines(ls[i : end+1]); ok {
		c.body(out, h)
	} else {
		c.frames(jsonLines(ls, i, end, rest), h)
	}
	if rest >= 0 {
		ls[end] = ls[end].from(rest)
		return end
	}
	return end + 1
}

// nextFile reports whether a line begins another file right behind an object in YAML, of which keys are the apiVersion
// and kind so far: with one of these that it has already, with JSON, or with a variable.
func (c *cutter) nextFile(s string, keys *[2]bool) bool {
	for i, key := range [...]string{"apiVersion:", "kind:"} {
		if strings.HasPrefix(s, key) {
			again := keys[i]
			keys[i] = true
			return again
		}
	}
	if !keys[0] || !keys[1] || s == "" {
		return false
	}
	return s == "{" || strings.HasPrefix(s, `{"`) || s[0] >= 'A' && s[0] <= 'Z' && isAssignment(s) && strings.IndexByte(s, '_') > 0
}

// original returns a copy of ls that may be changed.
func (c *cutter) original(ls []line) []line {
	return append(make([]line, 0, len(ls)), ls...)
}

// partAt tells what begins at line i, partNone where the text goes on.
func (c *cutter) partAt(ls []line, i int, cur part) part {
	s := ls[i].s
	if s[0] == ' ' || s[0] == '\t' {
		return partNone
	}
	switch {
	case isTableHead(s) && cur != partYAML:
		return partTable
	case cur != partYAML && (isAPIVersion(s) || (strings.HasPrefix(s, "---") && strings.TrimRight(s, " \t") == "---" && yamlFollows(ls, i))):
		return partYAML
	case cur == partYAML && isTableHead(s) && i > 0:
		return partTable
	case cur == partText && i > 0 && ls[i-1].blank() && likeDate(s) && journalHead.MatchString(s):
		return partText // what systemctl status shows of the journal
	}
	return partNone
}

// yamlFollows reports whether the line behind line i begins a document.
func yamlFollows(ls []line, i int) bool {
	return i+1 < len(ls) && (keyLine.MatchString(ls[i+1].s) || strings.HasPrefix(ls[i+1].s, "#"))
}

// opensJSON reports whether a line can begin a JSON document.
func opensJSON(s string) bool {
	if s == "" || s[0] != '{' && s[0] != '[' {
		return false
	}
	rest := strings.TrimLeft(s[1:], " \t")
	switch {
	case rest == "":
		return true
	case s[0] == '{':
		return rest[0] == '"' || rest[0] == '}'
	}
	return rest[0] == '{'
}

// warnings matches what kubectl prints in front of a document.
var warnings = regexp.MustCompile(`^(?:Warning|[WIE]\d{4} |Defaulted container|error: |Flag --|Picked up)`)

// documentOpens reports whether the document that begins at line i is none of the text above it, as the value of a key
// is.
func documentOpens(ls []line, i int) bool {
	return i == 0 || ls[i-1].blank() || warnings.MatchString(ls[i-1].s)
}

// jsonEnd returns the line in which the JSON document ends that begins at line i, and where in that line another text
// begins,
// -1 if none does.
func jsonEnd(ls []line, i int) (end, rest int, ok bool) {
	depth, inString := 0, false
	for n := i; n < len(ls); n++ {
		s := ls[n].s
		for k := 0; k < len(s); k++ {
			switch ch := s[k]; {
			case inString && ch == '\\':
				k++
			case ch == '"':
				inString = !inString
			case inString:
			case ch == '{' || ch == '[':
				depth++
			case ch == '}' || ch == ']':
				if depth--; depth > 0 {
					continue
				}
				if t := strings.TrimLeft(s[k+1:], " \t,"); t != "" {
					return n, len(s) - len(t), true
				}
				return n, -1, true
			}
		}
		if n-i > 0 && depth == 1 && isTableHead(s) {
			return 0, 0, false // the document is cut off
		}
	}
	return 0, 0, false
}

// jsonLines returns the lines from i to end, the last one without what begins at rest.
func jsonLines(ls []line, i, end, rest int) []line {
	out := append([]line(nil), ls[i:end+1]...)
	if rest >= 0 {
		last := &out[len(out)-1]
		*last = last.cut(0, rest)
	}
	return out
}

// taskOutput matches the key below which ansible prints the lines of a task's output.
var taskOutput = regexp.MustCompile(`"(?:[\w.]*\.)?stdout_lines"\s*:\s*\[`)

// taskLines returns the lines that a task of ansible printed, which stand as strings in a JSON document.
func taskLines(ls []line) (out []line, ok bool) {
	in := false
	for _, l := range ls {
		i := 0
		if !in {
			m := taskOutput.FindStringIndex(l.s)
			if m == nil {
				continue
			}
			in, i = true, m[1]
		}
		for i < len(l.s) {
			switch l.s[i] {
			case ']':
				return out, len(out) > 0
			case '"':
				end := stringEnd(l.s, i)
				out = append(out, splitLines(unquote(l, i, end))...)
				i = end
			default:
				i++
			}
		}
	}
	return nil, false
}

// jsonRecords returns the records of a log that begin at line i, one a line, and the line behind them; i where there
// are none.
// A record is an object in a line, or one that was printed over several.
func jsonRecords(ls []line, i int) (records []line, next int) {
	for n := i; n < len(ls); {
		end := n
		switch s := strings.TrimSpace(ls[n].s); {
		case s == "":
			n++
			continue
		case s == "{" && recordLines(ls[n:min(n+16, len(ls))]):
			var rest int
			var ok bool
			if end, rest, ok = jsonEnd(ls, n); !ok || rest >= 0 {
				return records, next
			}
		case !isRecord(s):
			return records, max(next, i)
		}
		records = append(records, join(ls[n:end+1]))
		n = end + 1
		next = n
	}
	return records, max(next, i)
}

// recordKeys are keys of objects that are records of a log.
var recordKeys = []string{`"log":`, `"msg":`, `"MESSAGE":`, `"message":`, `"MESSAGE" :`, `"log" :`, `"msg" :`}

// recordMarks are keys beside them, without which an object is something else.
var recordMarks = []string{`"stream"`, `"ts"`, `"time"`, `"level"`, `"caller"`, `"__REALTIME_TIMESTAMP"`, `"_HOSTNAME"`, `"@timestamp"`, `"severity"`, `"kubernetes"`, `"timestamp"`}

// isRecord reports whether a JSON object is a record of a log. Objects of Kubernetes have a kind or metadata.
func isRecord(s string) bool {
	if len(s) < 2 || s[0] != '{' || !strings.Contains(s, `"`) {
		return false
	}
	return containsAny(s, recordKeys) && containsAny(s, recordMarks) && !strings.Contains(s, `"apiVersion"`)
}

func containsAny(s string, list []string) bool {
	for _, k := range list {
		if strings.Contains(s, k) {
			return true
		}
	}
	return false
}

// describes reports whether a command is kubectl describe, which prints the documents of a ConfigMap among its own lines.
func describes(argv []string) bool {
	if len(argv) == 0 || base(argv[0]) != "kubectl" && base(argv[0]) != "oc" {
		return false
	}
	for _, a := range argv[1:] {
		if a == "describe" {
			return true
		}
	}
	return false
}
