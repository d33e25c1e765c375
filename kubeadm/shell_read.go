package kubeadm

import (
	"maps"
	"slices"
	"strings"
)

// maxShell bounds the bytes of a text that are read as shell commands; what stands behind them is not read.
const maxShell = 1 << 20

// mostWords is how many words of one command are kept. Linux hands 2 MiB of arguments to a program, and nobody writes a
// tenth of it.
const mostWords = 20_000

// A shellReader is where the reading of a text stands: the commands that are complete, the words of the one that is
// being read, and the bytes of its last word.
type shellReader struct {
	shell
	s      string
	i      int            // next byte of s
	out    []shellCommand // commands that are complete
	cur    shellCommand
	vars   shellVars
	target bool // the next word is the file of a redirection

	assigned int  // how many words of cur are assignments before the command
	fresh    bool // a line begins at i

	// The word that is being read.
	word            strings.Builder
	offs            []int // for each byte of the word, where it stands in the text
	start           int
	inWord, unknown bool
	equals, assigns bool // the word has a "=", and is an assignment by what stands before the first
}

// shellVars are the variables that a text sets.
type shellVars struct {
	values map[string]string
	budget int         // bytes that variables may add
	before []shellUndo // what the assignments before the current command replaced
}

type shellUndo struct {
	name, old string
	known     bool
}

// commands returns the simple commands of a text.
func (sh shell) commands(s string) []shellCommand {
	vars := maps.Clone(sh.vars)
	if vars == nil {
		vars = map[string]string{}
	}
	r := &shellReader{shell: sh, s: s[:min(len(s), maxShell)], vars: shellVars{values: vars, budget: maxShell}, fresh: true}
	for r.i < len(r.s) {
		if !r.prompt() {
			r.next()
		}
	}
	r.flush(len(r.s))
	r.end()
	return r.out
}

// set does the assignment that w is; others, such as the -x of declare, are none.
func (v *shellVars) set(w Word) {
	name, value, _ := strings.Cut(w.Text, "=")
	name, more := strings.CutSuffix(name, "+")
	if !isName(name) || len(name) == len(w.Text) {
		return // export A, declare -x, and the like
	}
	old, known := v.values[name]
	if v.before = append(v.before, shellUndo{name, old, known}); more {
		v.budget -= len(old)
		value = old + value
	}
	if w.Unknown || more && !known || len(value) > maxEnv || v.budget < 0 {
		delete(v.values, name)
		return
	}
	v.values[name] = value
}

// undo takes back the assignments before a command: it sees none of them, nor does what follows it; they are for the
// program alone.
func (v *shellVars) undo() {
	for _, u := range slices.Backward(v.before) {
		if v.values[u.name] = u.old; !u.known {
			delete(v.values, u.name)
		}
	}
	v.before = v.before[:0]
}

// end completes the command.
func (r *shellReader) end() {
	words := r.cur.words[r.assigned:]
	switch {
	case len(words) == 0:
	case declares(words[0].Text):
		for _, w := range words[1:] {
			r.vars.set(w)
		}
	default:
		if slices.Contains([]string{"unset", "read", "for"}, words[0].Text) {
			for _, w := range words[1:] {
				delete(r.vars.values, w.Text)
			}
		}
		r.out = append(r.out, shellCommand{words: words, host: r.cur.host})
	}
	r.vars.before, r.assigned, r.target = r.vars.before[:0], 0, false
	r.cur.words = nil
}

// begin says that a word goes on at i, or begins there.
func (r *shellReader) begin(i int) {
	if !r.inWord {
		r.inWord, r.start = true, i
	}
}

// put adds text to the word; off is where it stands.
func (r *shellReader) put(text string, off int) {
	r.word.WriteString(text)
	for range len(text) {
		r.offs = append(r.offs, off)
	}
	r.equals = r.equals || strings.Contains(text, "=")
}

// putNext adds the next n bytes to the word.
func (r *shellReader) putNext(n int) {
	r.begin(r.i)
	r.put(r.s[r.i:r.i+n], r.i)
	r.i += n
}

// drop forgets the word.
func (r *shellReader) drop() {
	r.word.Reset()
	r.offs = r.offs[:0]
	r.inWord, r.unknown, r.equals, r.assigns = false, false, false, false
}

// flush ends the word, where there is one; i is the byte behind it.
func (r *shellReader) flush(i int) {
	if !r.inWord {
		return
	}
	if r.target || len(r.cur.words) >= mostWords {
		r.target = false
		r.drop()
		return
	}
	w := Word{Text: r.word.String(), Pos: r.where(r.start), Unknown: r.unknown}
	w.ValuePos = w.Pos
	if eq := strings.IndexByte(w.Text, '='); eq >= 0 {
		off := i
		if eq+1 < len(r.offs) {
			off = r.offs[eq+1]
		}
		w.ValuePos = r.where(off)
	}
	if r.assigns && r.assigned == len(r.cur.words) {
		r.assigned++
		r.vars.set(w)
	} else {
		r.vars.undo()
	}
	r.cur.words = append(r.cur.words, w)
	r.drop()
}

// expand reads what the dollar sign or the backquote at i stands for. Outside of quotes blanks in the value end a word,
// except in an assignment.
func (r *shellReader) expand(quoted bool) {
	ref := readReference(r.s[r.i:])
	if ref.n == 0 {
		r.putNext(1)
		return
	}
	if !r.assigns {
		r.vars.undo()
	}
	v, ok := r.vars.values[ref.name]
	if !ok || v == "" && ref.orEmpty {
		if v, ok = ref.fallback, ref.hasFallback; ref.sets && ok {
			r.vars.values[ref.name] = v
		}
	}
	r.vars.budget -= len(v)
	i := r.i
	r.i += ref.n
	switch {
	case !ok:
		r.begin(i)
		r.unknown = true
		r.put(r.s[i:i+ref.n], i)
	case r.vars.budget < 0 || len(v)+r.word.Len() > maxEnv:
		r.begin(i)
		r.unknown = true
	case quoted || r.assigns || r.target:
		r.begin(i)
		r.put(v, i)
	default:
		r.split(v, i)
	}
}

// split adds the words of a value that stands at i outside of quotes.
func (r *shellReader) split(v string, i int) {
	for len(v) > 0 {
		word := strings.TrimLeft(v, " \t\n")
		if len(word) < len(v) {
			r.flush(i)
		}
		if v = word; v != "" {
			r.begin(i)
			k := strings.IndexAny(v+" ", " \t\n")
			r.put(v[:k], i)
			v = v[k:]
		}
	}
}

// prompt passes over what a shell printed at the beginning of a line, and reports whether there was any.
func (r *shellReader) prompt() bool {
	if !r.fresh {
		return false
	}
	r.fresh = false
	if !r.pasted {
		return false
	}
	line, _, _ := strings.Cut(r.s[r.i:], "\n")
	n, host := prompt(line)
	if n == 0 || strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") && !rootPrompt(line[n:]) {
		return false
	}
	if host != "" { // that of a continuation line names none
		r.cur.host = host
	}
	r.i += n
	return true
}

// next reads the next byte and what belongs to it.
func (r *shellReader) next() {
	switch c := r.s[r.i]; c {
	case '\\':
		r.backslash()
	case '\'', '"':
		switch {
		case r.pasted && (!closedOnLine(r.s[r.i:]) || c == '\'' && r.inWord && !r.equals):
			r.putNext(1) // an apostrophe of prose, not a quote
		case c == '"':
			r.double()
		default:
			r.single()
		}
	case '`':
		if r.pasted && (!strings.HasSuffix(r.word.String(), "=") || readReference(r.s[r.i:]).n == 0) {
			r.flush(r.i) // marks up code in prose
			r.end()
			r.i++
			return
		}
		r.expand(false)
	case '$':
		r.expand(false)
	case '\n':
		r.newline()
	case ' ', '\t', '\r':
		r.flush(r.i)
		r.i++
	case '>', '<':
		r.redirection()
	case ';', '&', '|', '(', ')':
		if c == '&' && strings.HasPrefix(r.s[r.i+1:], ">") {
			r.redirection()
			return
		}
		// What stands in parentheses behind a "=" is an array.
		r.unknown = r.unknown || c == '(' && r.assigns
		r.flush(r.i)
		r.end()
		r.i++
	default:
		r.other(c)
	}
}

// backslash reads a backslash and what it stands before.
func (r *shellReader) backslash() {
	s, i := r.s, r.i
	if i+1 < len(s) && s[i+1] == '\n' {
		r.i += 2
		r.fresh = true
		if r.pasted {
			r.flush(r.i)
		}
		return
	}
	// In pasted text, a backslash with blanks behind it was meant to continue the line, and one at the end to be
	// continued.
	if j := len(s) - len(strings.TrimLeft(s[i+1:], " \t\r")); r.pasted && (j == len(s) || s[j] == '\n') {
		r.i = min(len(s), j+1)
		r.fresh = true
		r.flush(r.i)
		return
	}
	r.begin(i)
	k := min(i+1, len(s)-1) // at the end of the text it stands for itself
	r.put(s[k:k+1], k)
	r.i += 2
}

// single reads text in single quotes, double text in double ones.
func (r *shellReader) single() {
	r.begin(r.i)
	j := strings.IndexByte(r.s[r.i+1:], '\'')
	if j < 0 {
		j = len(r.s) - r.i - 1
	}
	for k := r.i + 1; k < r.i+1+j; k++ {
		r.put(r.s[k:k+1], k)
	}
	r.i += j + 2
}

func (r *shellReader) double() {
	r.begin(r.i)
	r.i++
	for s := r.s; r.i < len(s) && s[r.i] != '"'; {
		switch i := r.i; {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"\\$`\n", s[i+1]) >= 0:
			if s[i+1] != '\n' {
				r.put(s[i+1:i+2], i+1)
			}
			r.i += 2
		case s[i] == '$' || s[i] == '`':
			r.expand(true)
		default:
			r.putNext(1)
		}
	}
	r.i++
}

// newline reads the end of a line, which ends the command as a rule.
func (r *shellReader) newline() {
	r.flush(r.i)
	r.i++
	r.fresh, r.target = true, false
	ahead := strings.TrimLeft(r.s[r.i:min(len(r.s), r.i+256)], " \t")
	if r.pasted && len(r.cur.words) > 0 && strings.HasPrefix(ahead, "--") {
		return // a flag alone on a line: the backslash before it was lost
	}
	r.end()
	r.cur.host = ""
}

// redirection reads what leads input or output elsewhere; the next word is a file then.
func (r *shellReader) redirection() {
	if n := angled(r.s[r.i:]); r.pasted && n > 0 {
		r.unknown = true
		r.putNext(n)
		return
	}
	if r.s[r.i] != '&' && r.inWord && r.i-r.start == r.word.Len() && strings.Trim(r.word.String(), "0123456789") == "" {
		r.drop() // the number of a file, as in 2>&1
	}
	r.flush(r.i)
	r.i += len(r.s[r.i:]) - len(strings.TrimLeft(r.s[r.i:], "<>&|"))
	r.target = true
}

// other reads a byte that stands for itself, or begins a comment.
func (r *shellReader) other(c byte) {
	if c == '#' && !r.inWord {
		comment, _, _ := strings.Cut(r.s[r.i:], "\n")
		r.i += len(comment)
		return
	}
	if c == '=' && !r.equals && r.i-r.start == r.word.Len() {
		name := strings.TrimSuffix(r.word.String(), "+")
		leads := r.assigned == len(r.cur.words) || declares(r.cur.words[r.assigned].Text)
		r.assigns = isName(name) && r.offs[len(r.offs)-1] == r.i-1 && leads
	}
	r.putNext(1)
}
