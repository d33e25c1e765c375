package paste

import (
	"bytes"
	"regexp"
	"strings"
)

// Documents returns the here-documents of a script, as the files that they become, those of scripts in them included,
// and the command lines in sentences that say that somebody ran them. Their bytes are part of s as well.
// Where a script was not cut, they are what it holds beside its commands.
func Documents(s *Segment) []Segment { return documents(s, maxCarriers) }

func documents(s *Segment, depth int) []Segment {
	if s.Kind == KindProse {
		return ranCommands(s)
	}
	if depth == 0 || s.Kind != KindCommands || !bytes.Contains(s.Data, []byte("<<")) {
		return nil
	}
	c := newCutter(string(s.Data), shapeText)
	ls := c.input()
	h := head{host: s.Host}
	for i := 0; i < len(ls); {
		if !strings.Contains(ls[i].s, "<<") || strings.HasPrefix(strings.TrimSpace(ls[i].s), "#") {
			i++
			continue
		}
		t := typed{text: ls[i].s, next: i + 1}
		for strings.HasSuffix(t.text, `\`) && t.next < len(ls) {
			t.text = strings.TrimSuffix(t.text, `\`) + ls[t.next].s
			t.next++
		}
		c.readHeredocs(ls, &t)
		c.heredocs(t, h)
		i = t.next
	}
	out := c.out
	for i := range c.out {
		c.out[i].outer = s
		out = append(out, documents(&c.out[i], depth-1)...)
	}
	return out
}

var (
	// codeSpan matches a command line in a sentence.
	codeSpan = regexp.MustCompile("`((?:sudo )?(?:kubeadm init|k3s server|rke2 server|kube-controller-manager|kube-apiserver|kube-proxy|kubelet|flanneld|minikube start|kind create|k3d cluster create) [^`\n]*-[^`\n]*)`")
	// bareSpan is the same without marks around it: a command with flags, values that a blank divides from them with a digit or a slash.
	bareSpan = regexp.MustCompile(`(?:^|\s)((?:sudo )?(?:kubeadm init|k3s server|rke2 server|minikube start|k3d cluster create [\w-]+)(?:\s+[-–—]{1,2}[a-z][a-z-]*(?:=[^\s,;]*[^\s,;.]|\s+[\w.:,/-]*[\d/][\w.:,/-]*\w)?)+)`)
	// ranIt matches what sentences say of commands that somebody ran.
	ranIt = regexp.MustCompile(`(?i)\b(?:ran|run as|run with|was run|were run|used|installed|started|created|initiali[sz]ed|bootstrapped|set up|brought up|executed|issued|did|done with|built)\b`)
	// advice matches what makes advice of a sentence.
	advice = regexp.MustCompile(`(?i)\b(?:if|when|whenever|unless|should|must|could|can|would|may|might|need|needs|please|try|e\.g|example|instead|like|such as|to be)\b`)
)

var (
	// saysSteps matches what stands above a list of what somebody did.
	saysSteps = regexp.MustCompile(`(?i)\bsteps\b.*\breproduc|\breproduc\w+ steps|\bhow to reproduce\b|\bwhat (?:i|we) (?:did|ran|tried)\b|\b(?:i|we) (?:did|ran) (?:the following|this|these)`)
	listStep  = regexp.MustCompile(`^\s*(?:[-*+]|\d{1,2}[.)]) `)
)

// ranCommands returns the command lines in sentences by which somebody says what he ran.
func ranCommands(s *Segment) []Segment {
	if !bytes.Contains(s.Data, []byte("`")) && !bareSpan.Match(s.Data) {
		return nil
	}
	c := newCutter(string(s.Data), shapeText)
	steps := false
	for _, l := range c.input() {
		if !l.blank() && !listStep.MatchString(l.s) {
			steps = saysSteps.MatchString(l.s) && !advice.MatchString(l.s)
		}
		m := codeSpan.FindStringSubmatchIndex(l.s)
		if m == nil && strings.IndexByte(l.s, '`') < 0 {
			m = bareSpan.FindStringSubmatchIndex(l.s)
		}
		if m == nil || l.s[0] == '|' || l.s[0] == '#' {
			continue
		}
		if before := l.s[:m[0]]; steps && listStep.MatchString(l.s) && !advice.MatchString(before) || ranIt.MatchString(before) && !advice.MatchString(before) {
			c.emit(head{kind: KindCommands, host: s.Host}, []line{plainDashes(l.cut(m[2], m[3]))})
		}
	}
	for i := range c.out {
		c.out[i].outer = s
	}
	return c.out
}

// typeset matches the dashes that a program for texts made of two hyphens.
var typeset = regexp.MustCompile(`(\s)[-–—]*[–—][-–—]*([a-z])`)

// plainDashes returns a line with hyphens where a program for texts made dashes of them.
func plainDashes(l line) line {
	found := typeset.FindAllStringSubmatchIndex(l.s, -1)
	if found == nil {
		return l
	}
	var b joiner
	b.add(l, 0, 0)
	start := 0
	for _, m := range found {
		b.add(l, start, m[3])
		b.put("--", l.src(m[3]))
		start = m[4]
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}

// mailField matches the fields that stand on top of a mail.
var mailField = regexp.MustCompile(`^(?:From|To|Cc|Subject|Date|Message-ID|Reply-To|In-Reply-To|Received|MIME-Version|Content-Type|List-Id|Von|An|Betreff|Datum): \S`)

// mailHead reports whether a text begins as a mail does: with three fields of a mail or more.
func mailHead(window []byte) bool {
	n := 0
	for l := range bytes.Lines(window) {
		switch l = bytes.TrimRight(l, "\r\n"); {
		case len(l) == 0:
			return n >= 3
		case mailField.Match(l):
			n++
		case l[0] != ' ' && l[0] != '\t' && n == 0:
			return false
		}
	}
	return n >= 3
}

// castEvent matches an event of a recorded terminal session: what was printed, and when.
// asciinema, doc/asciicast-v2.md.
var castEvent = regexp.MustCompile(`^\[\s*[0-9.]+\s*,\s*"o"\s*,\s*"`)

// isCast reports whether a text is a recorded terminal session.
func isCast(text []byte) bool {
	first, rest, _ := bytes.Cut(text[:min(len(text), headSize)], []byte("\n"))
	return len(first) > 0 && first[0] == '{' && bytes.Contains(first, []byte(`"version"`)) && bytes.Contains(first, []byte(`"width"`)) &&
		castEvent.Match(rest)
}

// castLines returns what a recorded session shows.
func castLines(ls []line) []line {
	var out []line
	var b joiner
	for _, l := range ls {
		at := castEvent.FindStringIndex(l.s)
		if at == nil {
			continue
		}
		text := unquote(l, at[1]-1, stringEnd(l.s, at[1]-1))
		start := 0
		for {
			i := strings.IndexByte(text.s[start:], '\n')
			if i < 0 {
				break
			}
			b.add(text, start, start+i)
			out = append(out, b.line(text.src(start+i)))
			b, start = joiner{}, start+i+1
		}
		b.add(text, start, len(text.s))
	}
	if b.b.Len() > 0 {
		out = append(out, b.line(ls[len(ls)-1].src(len(ls[len(ls)-1].s))))
	}
	return out
}
