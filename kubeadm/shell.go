package kubeadm

import (
	"strings"

	"github.com/kubecidr/kubecidr/plan"
)

// A shell splits text as people paste it from a terminal or write it in a script into commands. It knows quotes, backslashes,
// comments, continuation lines, prompts, assignments and the variables that the text itself sets. It does not run anything.
type shell struct {
	vars  map[string]string              // variables that are known at the start; not changed
	where func(offset int) plan.Position // place of a byte of the text
	// pasted says that the text is what somebody copied from a terminal: it may begin with a prompt, and its continuation lines
	// may have lost their backslash.
	pasted bool
}

// A shellCommand is one simple command.
type shellCommand struct {
	words []Word
	host  string // from the prompt, or ""
}

// prompt matches the beginning of a line that a shell printed, and returns its length and the host that it names.
func prompt(line string) (n int, host string) {
	t := strings.TrimLeft(line, " \t")
	lead := len(line) - len(t)
	end := -1
	for i := 0; i < len(t) && i < 120; i++ {
		if c := t[i]; (c == '$' || c == '#' || c == '%' || c == '>') && (i+1 < len(t) && t[i+1] == ' ') {
			end = i
			break
		}
		if t[i] == '=' || t[i] == '"' || t[i] == '\'' {
			return 0, ""
		}
	}
	if end < 0 {
		return 0, ""
	}
	head := strings.TrimSpace(t[:end])
	n = lead + end + 2
	switch {
	case head == "":
		return n, ""
	case strings.HasPrefix(head, "[") && strings.HasSuffix(head, "]"):
		head = strings.Trim(head, "[]")
	case strings.Contains(head, "@") && !strings.Contains(head, " "):
	default:
		return 0, ""
	}
	_, rest, ok := strings.Cut(head, "@")
	if !ok {
		return n, ""
	}
	host = rest
	if i := strings.IndexAny(rest, ": ~"); i >= 0 {
		host = rest[:i]
	}
	return n, host
}

// maxShell bounds the bytes of a text that are read as shell commands; what stands behind them is not read.
const maxShell = 1 << 20

// mostWords is how many words of one command are kept. Linux hands 2 MiB of arguments to a program, and nobody writes a tenth of it.
const mostWords = 20_000

// commands returns the simple commands of a text.
func (sh shell) commands(s string) []shellCommand {
	s = s[:min(len(s), maxShell)]
	budget := maxShell // bytes that variables may add
	vars := map[string]string{}
	for k, v := range sh.vars {
		vars[k] = v
	}
	var out []shellCommand
	var cur shellCommand
	end := func() {
		// Assignments before a command, or alone.
		words := cur.words
		for len(words) > 0 && isAssignment(words[0].Text) {
			name, value, _ := strings.Cut(words[0].Text, "=")
			if !words[0].Unknown && len(value) <= maxEnv {
				vars[name] = value
			} else {
				delete(vars, name)
			}
			words = words[1:]
		}
		if len(words) > 1 && (words[0].Text == "export" || words[0].Text == "local" || words[0].Text == "declare") {
			for _, w := range words[1:] {
				if name, value, ok := strings.Cut(w.Text, "="); ok && !w.Unknown && len(value) <= maxEnv {
					vars[name] = value
				}
			}
			words = nil
		}
		if len(words) > 0 {
			out = append(out, shellCommand{words: words, host: cur.host})
		}
		cur.words = nil
	}
	var b strings.Builder
	var offs []int
	inWord, unknown := false, false
	put := func(t string, off int) {
		b.WriteString(t)
		for range len(t) {
			offs = append(offs, off)
		}
	}
	start := 0
	flush := func(i int) {
		if !inWord {
			return
		}
		if len(cur.words) >= mostWords {
			b.Reset()
			offs = offs[:0]
			inWord, unknown = false, false
			return
		}
		w := Word{Text: b.String(), Pos: sh.where(start), Unknown: unknown}
		w.ValuePos = w.Pos
		if eq := strings.IndexByte(w.Text, '='); eq >= 0 {
			off := i
			if eq+1 < len(offs) {
				off = offs[eq+1]
			}
			w.ValuePos = sh.where(off)
		}
		cur.words = append(cur.words, w)
		b.Reset()
		offs = offs[:0]
		inWord, unknown = false, false
	}
	begin := func(i int) {
		if !inWord {
			inWord, start = true, i
		}
	}
	variable := func(i int) int { // at a dollar sign; returns how many bytes were read
		name, fallback, n, hasFallback := variableRef(s[i:])
		if n == 0 {
			put("$", i)
			return 1
		}
		v, ok := vars[name]
		if name == "" || !ok {
			v, ok = fallback, hasFallback
		}
		if !ok {
			unknown = true
			put(s[i:i+n], i)
			return n
		}
		if budget -= len(v); budget < 0 || len(v)+b.Len() > maxEnv {
			unknown = true
			return n
		}
		put(v, i)
		return n
	}
	lineStart := true
	for i := 0; i < len(s); {
		if lineStart {
			lineStart = false
			if sh.pasted {
				line := s[i:]
				if j := strings.IndexByte(line, '\n'); j >= 0 {
					line = line[:j]
				}
				if n, host := prompt(line); n > 0 && !(strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") && !sh.rootPrompt(line[n:])) {
					if host != "" || len(cur.words) == 0 {
						cur.host = host
					}
					i += n
					continue
				}
			}
		}
		c := s[i]
		switch {
		case c == '\\':
			if i+1 < len(s) && s[i+1] == '\n' {
				i += 2
				lineStart = true
				if sh.pasted {
					flush(i)
				}
				continue
			}
			// In pasted text, a backslash with blanks behind it was meant to continue the line.
			if j := i + 1 + len(s[i+1:]) - len(strings.TrimLeft(s[i+1:], " \t\r")); sh.pasted && j > i+1 && (j == len(s) || s[j] == '\n') {
				i = min(len(s), j+1)
				lineStart = true
				flush(i)
				continue
			}
			begin(i)
			if i+1 < len(s) {
				put(s[i+1:i+2], i+1)
			}
			i += 2
		case sh.pasted && (c == '\'' || c == '"') && (!closedOnLine(s[i:]) || c == '\'' && inWord && !strings.Contains(b.String(), "=")):
			begin(i)
			put(s[i:i+1], i) // an apostrophe of prose, not a quote
			i++
		case sh.pasted && c == '`':
			if strings.HasSuffix(b.String(), "=") {
				// The output of a command, which the text does not say.
				n := strings.IndexAny(s[i+1:min(len(s), i+1024)], "`\n")
				if n >= 0 && s[i+1+n] == '`' {
					unknown = true
					put(s[i:i+n+2], i)
					i += n + 2
					continue
				}
			}
			flush(i) // marks up code in prose
			end()
			i++
		case c == '\'':
			begin(i)
			j := strings.IndexByte(s[i+1:], '\'')
			if j < 0 {
				j = len(s) - i - 1
			}
			for k := i + 1; k < i+1+j; k++ {
				put(s[k:k+1], k)
			}
			i += j + 2
		case c == '"':
			begin(i)
			i++
			for i < len(s) && s[i] != '"' {
				switch {
				case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"\\$`\n", s[i+1]) >= 0:
					if s[i+1] != '\n' {
						put(s[i+1:i+2], i+1)
					}
					i += 2
				case s[i] == '$':
					i += variable(i)
				default:
					put(s[i:i+1], i)
					i++
				}
			}
			i++
		case c == '$':
			begin(i)
			i += variable(i)
		case c == '#' && !inWord:
			j := strings.IndexByte(s[i:], '\n')
			if j < 0 {
				j = len(s) - i
			}
			i += j
		case c == '\n':
			flush(i)
			i++
			lineStart = true
			if sh.pasted && len(cur.words) > 0 && strings.HasPrefix(strings.TrimLeft(s[i:min(len(s), i+256)], " \t"), "--") {
				continue // a flag alone on a line: the backslash before it was lost
			}
			end()
			cur.host = ""
		case c == ' ' || c == '\t' || c == '\r':
			flush(i)
			i++
		case c == ';' || c == '&' || c == '|' || c == '(' || c == ')':
			if c == '&' && i+1 < len(s) && s[i+1] == '>' {
				flush(i)
				i = skipRedirect(s, i+1)
				continue
			}
			flush(i)
			end()
			i++
		case c == '>' || c == '<':
			if inWord && strings.Trim(b.String(), "0123456789") == "" {
				inWord = false
				b.Reset()
				offs = offs[:0]
			}
			flush(i)
			i = skipRedirect(s, i)
		default:
			begin(i)
			put(s[i:i+1], i)
			i++
		}
	}
	flush(len(s))
	end()
	return out
}

// closedOnLine reports whether the quote that s begins with is closed before the end of its line.
func closedOnLine(s string) bool {
	for i := 1; i < len(s) && s[i] != '\n'; i++ {
		switch {
		case s[i] == s[0]:
			return true
		case s[i] == '\\' && s[0] == '"':
			i++
		}
	}
	return false
}

// rootPrompt reports whether the text after "# " is a command and no comment.
func (sh shell) rootPrompt(text string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(text, " \t"), " ")
	switch first {
	case "kubeadm", "sudo", "kube-controller-manager", "kube-apiserver", "k3s":
		return true
	}
	return false
}

// skipRedirect returns the offset behind a redirection that begins at i.
func skipRedirect(s string, i int) int {
	for i < len(s) && strings.IndexByte("<>&|", s[i]) >= 0 {
		i++
	}
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	for i < len(s) && strings.IndexByte(" \t\n;|&()", s[i]) < 0 {
		i++
	}
	return i
}

// variableRef reads $NAME, ${NAME}, ${NAME:-fallback} or $(command) at the beginning of s, and returns how long it is; 0 where
// there is none. The name is empty where the value cannot be told from the text.
func variableRef(s string) (name, fallback string, n int, hasFallback bool) {
	if len(s) < 2 {
		return "", "", 0, false
	}
	switch {
	case s[1] == '{':
		end := strings.IndexByte(s[:min(len(s), 1024)], '}')
		if end < 0 {
			return "", "", 0, false
		}
		name = s[2:end]
		if i := strings.Index(name, ":-"); i >= 0 {
			name, fallback, hasFallback = name[:i], name[i+2:], true
		} else if i := strings.IndexByte(name, '-'); i >= 0 {
			name, fallback, hasFallback = name[:i], name[i+1:], true
		}
		if !isName(name) {
			return "", "", end + 1, false
		}
		return name, fallback, end + 1, hasFallback
	case s[1] == '(':
		depth := 0
		for i := 1; i < len(s) && i < 1024; i++ {
			switch s[i] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return "", "", i + 1, false
				}
			}
		}
		return "", "", 0, false
	}
	i := 1
	for i < len(s) && isNameByte(s[i], i > 1) {
		i++
	}
	if i == 1 {
		return "", "", 0, false
	}
	return s[1:i], "", i, false
}

func isNameByte(c byte, digits bool) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || digits && c >= '0' && c <= '9'
}

func isName(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i], i > 0) {
			return false
		}
	}
	return s != ""
}

// isAssignment reports whether a word is NAME=VALUE.
func isAssignment(s string) bool {
	name, _, ok := strings.Cut(s, "=")
	return ok && isName(name)
}
