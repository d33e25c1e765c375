package plan

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestCheckTakesPlans: Check finds no error in what a plan says about itself.
func TestCheckTakesPlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, e := spaceCache{}.solve(drawRequest(rt))
		if e != nil {
			return
		}
		if err := check.Run(p.Statements()...).Err(); err != nil {
			rt.Fatalf("%s, masks %d and %d, %v: %v", ranges(p), p.NodeMaskIPv4, p.NodeMaskIPv6, p.Request.Kubernetes, err)
		}
	})
}
