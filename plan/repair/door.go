package repair

import (
	"fmt"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// InventoryOf returns what statements say about a cluster. Their order does not matter.
func InventoryOf(statements ...plan.Statement) nodeipam.Inventory {
	return check.InventoryOf(statements...)
}

// An IncompleteError says that a list of nodes is cut off, so that nobody can tell which subnets are free. The zero
// value names no file.
type IncompleteError struct {
	File string
	Why  string // the finding about the file
}

func (e *IncompleteError) Error() string {
	return e.File + ": the list of nodes is not complete, and a subnet that looks free may be that of a node which is missing from it: " + e.Why
}

// Complete returns an [*IncompleteError] if statements show a part of a list of nodes alone: a file from which nodes
// were read cannot be read to its end, or is a page of a list whose other pages are not all there.
func Complete(statements ...plan.Statement) error {
	nodes, names := map[string]bool{}, map[string]bool{}
	pages := []*plan.Statement{}
	for i, s := range statements {
		switch {
		case s.Component == fact.Node && s.Role == fact.RoleNodePods:
			nodes[s.Pos.File], names[s.Host] = true, true
		case s.Role == fact.RoleSetting && s.Setting == fact.SettingNodes:
			pages = append(pages, &statements[i])
		}
	}
	if s := check.UnseenPage(pages, len(names)); s != nil {
		return &IncompleteError{File: s.Pos.File, Why: pageText(s.Int, len(names))}
	}
	for _, s := range statements {
		if s.Finding != nil && s.Finding.Rule == fact.RuleFileUnreadable && nodes[s.Pos.File] {
			return &IncompleteError{File: s.Pos.File, Why: s.Finding.Message}
		}
	}
	return nil
}

// pageText says that a list goes on elsewhere: atLeast nodes exist, 0 if nobody knows how many, and so many are there.
func pageText(atLeast, there int) string {
	s := "it is a page of a longer list, as metadata.continue says"
	if atLeast > 0 {
		s += fmt.Sprintf(", of %s or more, while %d are given", words.Plural(atLeast, "node"), there)
	}
	return s + "; kubectl get nodes -o json shows all"
}
