package distro

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// templates are the marks of text that a program has to fill in first: Helm and Go, Jinja, clusterctl and shells, and
// angle brackets of
// documentation.
var templates = regexp.MustCompile(`\{\{|\{%|\$\{|\$\(|\$[A-Za-z_]|<[A-Za-z][^<>]*>|%\([A-Za-z]|@[A-Z][A-Z_]+@|ʬ`)

// isTemplate reports whether text has still to be filled in.
func isTemplate(text string) bool { return templates.MatchString(text) }

// mark stands for two braces in a text whose templates are covered. It has as many bytes as they have, so that places
// remain.
const mark = "ʬ"

// documents returns the YAML documents of f, and how the place of a node of theirs is told. A template that is no YAML
// is read with what
// has to be filled in covered, as far as the rest is YAML then.
func documents(f *source.File) ([]*source.Node, func(*source.Node) Position) {
	own := func(n *source.Node) Position {
		if n == nil {
			return f.Position(0)
		}
		return n.Pos
	}
	docs, err := f.YAML()
	if err == nil || !bytes.Contains(f.Data, []byte("{{")) && !bytes.Contains(f.Data, []byte("{%")) {
		return docs, own
	}
	covered, err := source.New(f.Name, cover(f.Data), source.Limits{})
	if err != nil {
		return docs, own
	}
	docs, _ = covered.YAML()
	return docs, func(n *source.Node) Position { return f.Position(n.Offset()) }
}

// cover replaces what a template engine fills in by text of the same length that means nothing to YAML. Lines that are
// instructions to
// the engine become comments.
func cover(data []byte) []byte {
	out := bytes.Clone(data)
	for start := 0; start < len(out); {
		end := bytes.IndexByte(out[start:], '\n')
		if end < 0 {
			end = len(out)
		} else {
			end += start
		}
		coverLine(out[start:end])
		start = end + 1
	}
	return out
}

func coverLine(line []byte) {
	body := bytes.TrimSpace(line)
	whole := bytes.HasPrefix(body, []byte("{{")) && bytes.HasSuffix(body, []byte("}}")) &&
		bytes.Count(body, []byte("{{")) == 1
	if whole || bytes.HasPrefix(body, []byte("{%")) || bytes.HasPrefix(body, []byte("{#")) {
		line[bytes.IndexByte(line, body[0])] = '#'
		return
	}
	for _, b := range [][2]string{{"{{", "}}"}, {"{%", "%}"}} {
		for at := 0; ; {
			i := bytes.Index(line[at:], []byte(b[0]))
			if i < 0 {
				break
			}
			i += at
			n := bytes.Index(line[i:], []byte(b[1]))
			if n < 0 {
				copy(line[i:], mark)
				break
			}
			copy(line[i:], mark)
			for k := i + 2; k < i+n; k++ {
				if strings.IndexByte(`"':#{}[],&*!|>%@`+"`", line[k]) >= 0 {
					line[k] = '_'
				}
			}
			copy(line[i+n:], mark)
			at = i + n + 2
		}
	}
}
