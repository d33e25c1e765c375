package netdist

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"
)

// short tells the written ranges of networks as the .is files of pasted.txtar do.
func short(ns []Network) []string {
	var out []string
	for _, n := range ns {
		out = append(out, n.Name+" "+string(n.NodeSubnets))
		for _, r := range n.Ranges {
			if r.Default {
				continue
			}
			s := fmt.Sprintf("%s %s %d", r.Use, r.Text, r.Pos.Line)
			if r.BlockSize > 0 {
				s += fmt.Sprintf(" /%d", r.BlockSize)
			}
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

func TestPasted(t *testing.T) {
	data, err := os.ReadFile("testdata/pasted/pasted.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := txtar.Parse(data).Files
	for i := 0; i+1 < len(files); i += 2 {
		f, is := files[i], files[i+1]
		if is.Name != f.Name+".is" {
			t.Fatalf("%s is followed by %s", f.Name, is.Name)
		}
		t.Run(f.Name, func(t *testing.T) {
			var want []string
			if s := strings.TrimSpace(string(is.Data)); s != "" {
				want = strings.Split(s, "\n")
			}
			slices.Sort(want)
			got := short(read(t, f.Name, f.Data))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
