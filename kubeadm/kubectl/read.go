package kubectl

import (
	"bytes"

	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/source"
)

// ReadSource is [ReadObjects] of a text that other packages of this module look at as well, so that all of them look at one
// tree. JSON is scanned and not made a tree: it may be a list of any length.
func ReadSource(f *source.File) (Objects, error) {
	var out Objects
	d := newDecoder(out.add)
	if skip, ok := jsonAfter(f.Data[:min(len(f.Data), peekText)]); ok {
		s := jsonscan.New(f.Name, bytes.NewReader(f.Data))
		for range skip {
			s.SkipLine()
		}
		return out, d.stream(s)
	}
	return out, d.file(f)
}
