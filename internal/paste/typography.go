package paste

import (
	"regexp"
	"strings"
)

// What word processors and web pages make of the dashes and quotes that somebody typed.
const typographic = "\u2013\u2014\u201c\u201d\u2018\u2019"

var (
	// longFlag matches a dash at the place of the two before a flag.
	longFlag = regexp.MustCompile("(?:^|[\\s\"'`])((?:[\u2013\u2014]+-?|-[\u2013\u2014]))[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:[=\\s\"'`,]|$)")
	// typedLine matches a line that holds a command of a cluster, or a flag about ranges.
	typedLine = regexp.MustCompile(`\b(?:kubeadm|kubectl|kubelet|kube-[a-z-]+|flanneld|etcdctl|k3s|rke2|hyperkube|minikube|helm|docker|[a-z-]*-cidr|ip-range)\b`)
	// quotedKey matches a line of JSON or YAML that begins with a key in such quotes, or holds one behind a brace.
	quotedKey = regexp.MustCompile("(?:^|[{,])\\s*[\u201c\u201d][\\w./-]+[\u201c\u201d]\\s*:")
)

// untypeset gives a command line its dashes back, and a command line or a line of JSON its quotes.
func untypeset(l line) line {
	typed := typedLine.MatchString(l.s)
	dashes := map[int]int{} // ends by beginning
	if typed {
		for _, m := range longFlag.FindAllStringSubmatchIndex(l.s, -1) {
			dashes[m[2]] = m[3]
		}
	}
	quotes := quotedKey.MatchString(l.s) || typed && (len(dashes) > 0 || isPrompted(l.s) || isCommand(l.s))
	if len(dashes) == 0 && !quotes {
		return l
	}
	var b joiner
	start := 0
	put := func(i, end int, text string) {
		b.add(l, start, i)
		b.put(text, l.src(i))
		start = end
	}
	for i, r := range l.s {
		switch end, ok := dashes[i]; {
		case i < start:
		case ok:
			put(i, end, "--")
		case !quotes:
		case r == '\u201c' || r == '\u201d':
			put(i, i+len("\u201c"), `"`)
		case r == '\u2018' || r == '\u2019':
			put(i, i+len("\u2018"), "'")
		}
	}
	b.add(l, start, len(l.s))
	return b.line(l.src(len(l.s)))
}

// mayBeTypeset is a cheap test that a text may have such dashes or quotes.
func mayBeTypeset(s string) bool {
	return strings.Contains(s, "\u2013") || strings.Contains(s, "\u2014") || strings.Contains(s, "\u201c") || strings.Contains(s, "\u2018")
}
