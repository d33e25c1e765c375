package kubeadm

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// objects returns the objects that documents hold, the items of lists one by one, in file order.
// Lists inside lists are not opened: kubectl does not write them.
func objects(docs []*source.Node) []*source.Node {
	var out []*source.Node
	for _, d := range docs {
		if d == nil || d.Kind != source.Mapping {
			continue
		}
		if items := d.Get("items"); items != nil && items.Kind == source.Sequence && strings.HasSuffix(d.Get("kind").Str(), "List") {
			for _, it := range items.Items {
				if it.Kind == source.Mapping {
					out = append(out, it.AsKind(d.ItemKind()))
				}
			}
			continue
		}
		out = append(out, d)
	}
	return out
}
