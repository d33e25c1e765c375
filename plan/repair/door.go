package repair

import (
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// InventoryOf returns what statements say about a cluster. Their order does not matter.
func InventoryOf(statements ...plan.Statement) nodeipam.Inventory {
	return check.InventoryOf(statements...)
}
