package reading

import (
	"bytes"
	"strings"

	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/internal/source"
)

// mostEmbedded bounds the files that are taken out of one text.
const mostEmbedded = 200

// embedded reads the files that a text carries in itself: those of write_files of cloud-init, of a KubeadmConfig and of
// a machine configuration of Talos, each a path with its content.
func (file *File) embedded(in Input, a *asked) {
	data := a.text.Data
	if a.seg.Kind != paste.KindFile && a.seg.Kind != paste.KindOutput || !bytes.Contains(data, []byte("content:")) || !bytes.Contains(data, []byte("path:")) ||
		!bytes.Contains(data, []byte("files:")) || a.text.HoldsSecret() {
		return
	}
	docs, err := a.text.YAML()
	if err != nil {
		return
	}
	n := 0
	for _, d := range docs {
		eachFile(d, 0, func(name string, content *source.Node) {
			if n++; n > mostEmbedded {
				return
			}
			text := content.File()
			seg := &paste.Segment{Kind: paste.KindFile, Path: name, Host: a.seg.Host, Data: text.Data, Written: true, Template: a.seg.Template}
			part := &asked{seg: seg, text: text, data: text.Data, path: name, host: a.host, nested: true}
			file.ask(part, "")
		})
	}
}

// eachFile calls f for each mapping below n that has a path and a content.
func eachFile(n *source.Node, depth int, f func(name string, content *source.Node)) {
	if n == nil || depth > 12 {
		return
	}
	for _, it := range n.Items {
		eachFile(it, depth+1, f)
	}
	name, content := n.Get("path").Str(), n.Get("content")
	if strings.HasPrefix(name, "/") && content.Str() != "" {
		f(name, content)
		return
	}
	for _, e := range n.Entries {
		eachFile(e.Value, depth+1, f)
	}
}
