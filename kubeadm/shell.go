package kubeadm

import (
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A shell splits text as people paste it from a terminal or write it in a script into commands. It knows quotes, backslashes,
// comments, continuation lines, prompts, assignments and the variables that the text itself sets. Words are those that bash makes,
// as far as the text can tell: the output of commands, the arguments of a script and variables from elsewhere make a word unknown. It does
// not run anything, and takes the branches of a script for lines that follow one another.
type shell struct {
	vars  map[string]string              // variables that are known at the start; not changed
	where func(offset int) fact.Position // place of a byte of the text
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
	assigned := 0 // how many words of cur are assignments before the command
	type setting struct {
		name, old string
		known     bool
	}
	var before []setting // what these assignments replaced
	set := func(w Word) {
		name, value, _ := strings.Cut(w.Text, "=")
		name, more := strings.CutSuffix(name, "+")
		if !isName(name) || len(name) == len(w.Text) {
			return // export A, declare -x, and the like
		}
		old, known := vars[name]
		if before = append(before, setting{name, old, known}); more {
			budget -= len(old)
			value = old + value
		}
		if w.Unknown || more && !known || len(value) > maxEnv || budget < 0 {
			delete(vars, name)
			return
		}
		vars[name] = value
	}
	// A command sees none of the assignments before it, nor does what follows it: they are for the program alone.
	undo := func() {
		for _, v := range slices.Backward(before) {
			if vars[v.name] = v.old; !v.known {
				delete(vars, v.name)
			}
		}
		before = before[:0]
	}
	target := false // the next word is the file of a redirection
	end := func() {
		words := cur.words[assigned:]
		switch {
		case len(words) == 0:
		case declares(words[0].Text):
			for _, w := range words[1:] {
				set(w)
			}
		default:
			if slices.Contains([]string{"unset", "read", "for"}, words[0].Text) {
				for _, w := range words[1:] {
					delete(vars, w.Text)
				}
			}
			out = append(out, shellCommand{words: words, host: cur.host})
		}
		before, assigned, target = before[:0], 0, false
		cur.words = nil
	}
	var b strings.Builder
	var offs []int // for each byte of the word, where it stands in the text
	inWord, unknown := false, false
	equals, assigns := false, false // the word has a "=", and is an assignment by what stands before the first
	put := func(t string, off int) {
		b.WriteString(t)
		for range len(t) {
			offs = append(offs, off)
		}
		equals = equals || strings.Contains(t, "=")
	}
	start := 0
	drop := func() {
		b.Reset()
		offs = offs[:0]
		inWord, unknown, equals, assigns = false, false, false, false
	}
	flush := func(i int) {
		if !inWord {
			return
		}
		if target || len(cur.words) >= mostWords {
			target = false
			drop()
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
		if assigns && assigned == len(cur.words) {
			assigned++
			set(w)
		} else {
			undo()
		}
		cur.words = append(cur.words, w)
		drop()
	}
	begin := func(i int) {
		if !inWord {
			inWord, start = true, i
		}
	}
	// expand reads what a dollar sign or a backquote stands for, and returns how many bytes of the text it is. Outside of quotes blanks in
	// the value end a word, except in an assignment.
	expand := func(i int, quoted bool) int {
		ref := readReference(s[i:])
		if ref.n == 0 {
			begin(i)
			put(s[i:i+1], i)
			return 1
		}
		if !assigns {
			undo()
		}
		v, ok := vars[ref.name]
		if !ok || v == "" && ref.orEmpty {
			if v, ok = ref.fallback, ref.hasFallback; ref.sets && ok {
				vars[ref.name] = v
			}
		}
		budget -= len(v)
		switch {
		case !ok:
			begin(i)
			unknown = true
			put(s[i:i+ref.n], i)
		case budget < 0 || len(v)+b.Len() > maxEnv:
			begin(i)
			unknown = true
		case quoted || assigns || target:
			begin(i)
			put(v, i)
		default:
			for len(v) > 0 {
				word := strings.TrimLeft(v, " \t\n")
				if len(word) < len(v) {
					flush(i)
				}
				if v = word; v != "" {
					begin(i)
					k := strings.IndexAny(v+" ", " \t\n")
					put(v[:k], i)
					v = v[k:]
				}
			}
		}
		return ref.n
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
					if host != "" { // that of a continuation line names none
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
			// In pasted text, a backslash with blanks behind it was meant to continue the line, and one at the end to be continued.
			if j := len(s) - len(strings.TrimLeft(s[i+1:], " \t\r")); sh.pasted && (j == len(s) || s[j] == '\n') {
				i = min(len(s), j+1)
				lineStart = true
				flush(i)
				continue
			}
			begin(i)
			k := min(i+1, len(s)-1) // at the end of the text it stands for itself
			put(s[k:k+1], k)
			i += 2
		case sh.pasted && (c == '\'' || c == '"') && (!closedOnLine(s[i:]) || c == '\'' && inWord && !equals):
			begin(i)
			put(s[i:i+1], i) // an apostrophe of prose, not a quote
			i++
		case sh.pasted && c == '`' && (!strings.HasSuffix(b.String(), "=") || readReference(s[i:]).n == 0):
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
				case s[i] == '$' || s[i] == '`':
					i += expand(i, true)
				default:
					put(s[i:i+1], i)
					i++
				}
			}
			i++
		case c == '$' || c == '`':
			i += expand(i, false)
		case c == '#' && !inWord:
			comment, _, _ := strings.Cut(s[i:], "\n")
			i += len(comment)
		case c == '\n':
			flush(i)
			i++
			lineStart, target = true, false
			if sh.pasted && len(cur.words) > 0 && strings.HasPrefix(strings.TrimLeft(s[i:min(len(s), i+256)], " \t"), "--") {
				continue // a flag alone on a line: the backslash before it was lost
			}
			end()
			cur.host = ""
		case c == ' ' || c == '\t' || c == '\r':
			flush(i)
			i++
		case c == '>' || c == '<' || c == '&' && strings.HasPrefix(s[i+1:], ">"):
			if n := angled(s[i:]); sh.pasted && n > 0 {
				begin(i)
				unknown = true
				put(s[i:i+n], i)
				i += n
				continue
			}
			if c != '&' && inWord && i-start == b.Len() && strings.Trim(b.String(), "0123456789") == "" {
				drop() // the number of a file, as in 2>&1
			}
			flush(i)
			i += len(s[i:]) - len(strings.TrimLeft(s[i:], "<>&|"))
			target = true
		case c == ';' || c == '&' || c == '|' || c == '(' || c == ')':
			// What stands in parentheses behind a "=" is an array.
			unknown = unknown || c == '(' && assigns
			flush(i)
			end()
			i++
		default:
			if c == '=' && !equals && i-start == b.Len() {
				name := strings.TrimSuffix(b.String(), "+")
				assigns = isName(name) && offs[len(offs)-1] == i-1 && (assigned == len(cur.words) || declares(cur.words[assigned].Text))
			}
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

// declares reports whether a command sets the variables that its arguments name.
func declares(command string) bool {
	switch command {
	case "export", "local", "declare", "readonly", "typeset":
		return true
	}
	return false
}

// angled returns the length of the <word> in angle brackets that s begins with, 0 where it is a redirection. Instructions have such words
// for what their reader is to put in.
func angled(s string) int {
	n := strings.IndexAny(s[1:min(len(s), 80)], "<>\n") + 2
	if s[0] != '<' || n < 3 || s[n-1] != '>' || s[1] == ' ' {
		return 0
	}
	if n < len(s) && strings.IndexByte(" \t\r\n\\\"'`", s[n]) < 0 {
		return 0
	}
	return n
}

// A reference is what a dollar sign or a backquote in a text stands for.
type reference struct {
	n           int    // how many bytes of the text it is; 0 where it is none
	name        string // of a variable, "" where the value cannot be told from the text
	fallback    string // what stands for a variable that is not set
	hasFallback bool   // and the text says it
	orEmpty     bool   // the same for an empty variable
	sets        bool   // the variable keeps the fallback
}

// longestReference bounds the bytes of a reference; what is longer is taken for text.
const longestReference = 1024

// readReference reads $NAME, ${NAME}, ${NAME:-fallback}, $(command) or `command` at the beginning of s.
func readReference(s string) reference {
	s = s[:min(len(s), longestReference)]
	if len(s) < 2 {
		return reference{}
	}
	switch c := s[1]; {
	case s[0] == '`':
		if n := strings.IndexAny(s[1:], "`\n"); n >= 0 && s[1+n] == '`' {
			return reference{n: n + 2}
		}
		return reference{}
	case c == '{':
		return bracedReference(s[:closing(s, "${", "}")])
	case c == '(':
		return reference{n: closing(s, "(", ")")}
	case strings.IndexByte("@*#?$!-", c) >= 0:
		return reference{n: 2} // arguments of the script, and the like
	}
	i := 1 // what begins with a digit is an argument of the script, too: no variable has such a name
	for i < len(s) && isNameByte(s[i], true) {
		i++
	}
	if i == 1 {
		return reference{}
	}
	return reference{n: i, name: s[1:i]}
}

// bracedReference reads ${NAME} and the forms with a fallback; s is "" or such a reference as a whole.
func bracedReference(s string) reference {
	ref := reference{n: len(s)}
	if s == "" {
		return ref
	}
	inner := s[2 : len(s)-1]
	k := 0
	for k < len(inner) && isNameByte(inner[k], k > 0) {
		k++
	}
	op, orEmpty := strings.CutPrefix(inner[k:], ":")
	switch {
	case inner[k:] == "" || strings.HasPrefix(op, "?"):
		ref.name, ref.orEmpty = inner[:k], orEmpty
	case strings.HasPrefix(op, "-"), strings.HasPrefix(op, "="):
		ref.name, ref.orEmpty, ref.sets = inner[:k], orEmpty, op[0] == '='
		if ref.fallback = op[1:]; strings.ContainsAny(ref.fallback, "$`\"'\\") {
			ref.fallback = ""
			break
		}
		ref.hasFallback = ref.name != ""
	}
	return ref
}

// closing returns the length of s up to the bracket that closes the first, 0 where there is none.
func closing(s, opens, closes string) int {
	depth := 0
	for i := range len(s) {
		switch {
		case strings.HasPrefix(s[i:], opens):
			depth++
		case strings.HasPrefix(s[i:], closes):
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
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
