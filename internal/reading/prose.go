package reading

import (
	"bytes"
	"regexp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// explained reports whether a message stands in a sentence that explains it, as handbooks and lists of changes do, and
// nobody saw it: it is a code span in an item of a list, in a row of a table, or behind a condition.
func explained(data []byte, s fact.Statement) bool {
	if s.Symptom == nil {
		return false
	}
	text := bytes.TrimSpace(lineAt(data, s.Pos.Line))
	return codeSpan.Match(text) && (listItem.Match(text) || conditional.Match(text))
}

var (
	codeSpan    = regexp.MustCompile("`[^`\n]+`")
	listItem    = regexp.MustCompile(`^(?:[-*+] |\d{1,2}[.)] |\|)`)
	conditional = regexp.MustCompile("(?i)^[^`]*\\b(?:if|when|whenever|unless|whoever)\\b[^`]*`")
)

// lineAt returns line n of data, counted from 1, nil where there is none.
func lineAt(data []byte, n int) []byte {
	for line := range bytes.Lines(data) {
		if n--; n == 0 {
			return line
		}
	}
	return nil
}
