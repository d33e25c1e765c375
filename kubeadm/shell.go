package kubeadm

import (
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A shell splits text as people paste it from a terminal or write it in a script into commands. It knows quotes,
// backslashes, comments, continuation lines, prompts, assignments and the variables that the text itself sets. Words
// are those that bash makes, as far as the text can tell: the output of commands, the arguments of a script and
// variables from elsewhere make a word unknown. It does not run anything, and takes the branches of a script for lines
// that follow one another.
type shell struct {
	vars  map[string]string              // variables that are known at the start; not changed
	where func(offset int) fact.Position // place of a byte of the text
	// pasted says that the text is what somebody copied from a terminal: it may begin with a prompt, and its
	// continuation lines may have lost their backslash.
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
func rootPrompt(text string) bool {
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

// angled returns the length of the <word> in angle brackets that s begins with, 0 where it is a redirection.
// Instructions have such words for what their reader is to put in.
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
