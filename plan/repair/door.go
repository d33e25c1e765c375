package repair

import (
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
// were read cannot be read to its end.
func Complete(statements ...plan.Statement) error {
	nodes := map[string]bool{}
	for _, s := range statements {
		if s.Component == fact.Node && s.Role == fact.RoleNodePods {
			nodes[s.Pos.File] = true
		}
	}
	for _, s := range statements {
		if s.Finding != nil && s.Finding.Rule == fact.RuleFileUnreadable && nodes[s.Pos.File] {
			return &IncompleteError{File: s.Pos.File, Why: s.Finding.Message}
		}
	}
	return nil
}
