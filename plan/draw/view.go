package draw

import (
	"errors"
	"net/netip"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// ErrNoPlan is the error of a writer that is given nil for a plan.
var ErrNoPlan = errors.New("no plan to write")

// A view is a plan with what is derived from it, computed once: a document asks about each range many times.
type view struct {
	*plan.Plan
	capacity plan.Capacity
	growth   map[growing]plan.Growth
}

// growing is what a range is known by.
type growing struct {
	role   fact.Role
	prefix netip.Prefix
	kept   netip.Prefix
}

func viewOf(p *plan.Plan) (*view, error) {
	if p == nil {
		return nil, ErrNoPlan
	}
	v := &view{p, p.Capacity(), make(map[growing]plan.Growth)}
	for i, g := range p.Growths() {
		v.growth[of(p.Ranges[i])] = g
	}
	return v, nil
}

func of(r plan.Range) growing { return growing{r.Role, r.Prefix, r.Grow} }

// Capacity is that of the plan.
func (v *view) Capacity() plan.Capacity { return v.capacity }

// FamilyCapacity is that of the plan.
func (v *view) FamilyCapacity(f fact.Family) plan.FamilyCapacity {
	for _, c := range v.capacity.Families {
		if c.Family == f {
			return c
		}
	}
	return v.Plan.FamilyCapacity(f)
}

// RangeGrowth is that of the plan, for one of its ranges.
func (v *view) RangeGrowth(r plan.Range) plan.Growth { return v.growth[of(r)] }
