package kubeadm

import "strings"

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
