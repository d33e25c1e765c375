package draw

import (
	"fmt"
	"io"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
)

// Tradeoffs writes how a space can be divided, one way in a line, the largest node subnets first. Of no way it writes
// one line that says so.
func Tradeoffs(w io.Writer, ways []plan.Tradeoff, o Options) error {
	b := &printer{color: o.Color}
	if len(ways) == 0 {
		b.WriteString("nothing fits\n")
		return b.flushTo(w)
	}
	rows := [][]string{{"NODE MASK", "NODES", "PODS A NODE", "PODS IN ALL", "SERVICES"}}
	for _, t := range ways {
		rows = append(rows, []string{fmt.Sprintf("/%d", t.NodeMask), words.Commas(t.Nodes), words.Commas(t.PodsPerNode),
			words.Commas(t.Nodes * t.PodsPerNode), words.Commas(t.Services)})
	}
	b.table("", "lrrrr", rows, nil)
	return b.flushTo(w)
}
