package kubectl

import (
	"bytes"
	"regexp"

	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ReadSource is [ReadObjects] of a text that other packages look at as well, so that all of them look at one tree. JSON
// is scanned and not made a tree: it may be a list of any length.
func ReadSource(s fact.Source) (Objects, error) {
	f, err := source.Of(s, source.Limits{})
	if err != nil {
		return Objects{}, err
	}
	var out Objects
	d := newDecoder(out.add)
	if skip, ok := jsonAfter(f.Data[:min(len(f.Data), peekText)]); ok && !f.IsPart() {
		s := jsonscan.New(f.Name, bytes.NewReader(f.Data))
		for range skip {
			s.SkipLine()
		}
		d.items = trailingKind(f.Data)
		return out, d.stream(s)
	}
	return out, d.file(f)
}

// listKind matches the kind of a list of one kind.
var listKind = regexp.MustCompile(`"kind":\s*"([A-Z][A-Za-z]+)List"`)

// trailingKind returns the kind of the items of a list in JSON whose kind stands behind them, as it does where keys are
// sorted.
func trailingKind(data []byte) string {
	m := listKind.FindSubmatch(data[max(0, len(data)-512):])
	if m == nil {
		return ""
	}
	return string(m[1])
}
