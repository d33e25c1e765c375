package plan

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCheckTakesPlans: Check finds no error in what a plan says about itself.
func TestCheckTakesPlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, e := spaceCache{}.solve(drawRequest(rt))
		if e != nil {
			return
		}
		if err := Check(p.Statements()...).Err(); err != nil {
			rt.Fatalf("%s, masks %d and %d, %v: %v", ranges(p), p.NodeMaskIPv4, p.NodeMaskIPv6, p.Request.Kubernetes, err)
		}
	})
}
