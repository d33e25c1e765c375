package kubectl

import (
	"strconv"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// pageKind is the kind of an object that stands for the end of a page of Nodes. No API has it.
const pageKind = "page of Nodes"

// A page is what metadata of a list says of those that follow it: a client that asks with a limit gets a list in
// pieces.
// k8s.io/apimachinery v0.37.2 pkg/apis/meta/v1/types.go ListMeta.
type page struct {
	more    fact.Value[string] // continue: set where others follow
	left    fact.Value[string] // remainingItemCount, which is not there where the client selects
	atLeast int                // how many Nodes there are at the least, 0: unknown
}

// pageOf reads metadata of a list.
func pageOf(metadata *source.Node) page {
	var p page
	for at, dst := range map[string]*fact.Value[string]{"continue": &p.more, "remainingItemCount": &p.left} {
		if n := metadata.Get(at); n != nil && (n.Kind == source.String || n.Kind == source.Number) {
			*dst = n.Value()
		}
	}
	return p
}

// endList emits the end p of a list of that kind, before which so many Nodes were read, if it is a page of Nodes that
// others follow.
func (d *decoder) endList(p page, kind string, before int) error {
	nodes := d.nodes - before
	left, err := strconv.Atoi(p.left.Text)
	if p.more.Text == "" && (err != nil || left <= 0) || nodes == 0 && kind != "NodeList" {
		return nil
	}
	o := d.begin(p.more.Pos, pageKind)
	if !p.more.Pos.IsValid() {
		o.pos = p.left.Pos
	}
	if o.page = p; err == nil && left > 0 && left < mostObjects {
		o.page.atLeast = nodes + left
	}
	return d.emit(o)
}

// pageStatement states how many nodes there are at the least.
func pageStatement(v fact.Value[int]) fact.Statement {
	return fact.Statement{Component: fact.Node, Pos: v.Pos, Role: fact.RoleSetting, Setting: fact.SettingNodes, Key: "metadata.continue", Text: v.Text, Int: v.V}
}
