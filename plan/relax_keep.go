package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// keeps reports whether pods of family f belong to nodes that exist: kept, or held by nodes.
func (r *Request) keeps(f fact.Family) bool { return r.lives(f) || r.HeldCount > 0 }

// again says what another pod range or node mask costs.
func (r *Request) again() string {
	if n := r.heldNodes(); n > 0 {
		return words.Plural(n, "node") + " to be drained, deleted and registered again"
	}
	return "every node to be drained, deleted and registered again"
}

// registeredAgain returns r without what nodes hold in family f, as if each had been registered again.
func (r Request) registeredAgain(f fact.Family) Request {
	r.HeldCount = max(r.HeldCount, r.heldNodes())
	r.Held = slices.DeleteFunc(r.Held, func(p netip.Prefix) bool { return fact.FamilyOf(p) == f })
	return r
}

// tryKeeping widens pins of pods and hosts that are too small, in place of giving them up: nodes keep their subnets.
func (x *relaxer) tryKeeping() {
	for _, l := range x.e.Limits {
		i := slices.Index(x.orig.Pins, Pin{l.Role, l.Prefix})
		if i < 0 || l.Role == fact.RoleServices || l.Want >= l.Prefix.Bits() {
			continue
		}
		pin, f := x.orig.Pins[i], l.Family
		mask := 0
		if s := newFamilySolver(&x.e.Request, f, x.spaces); l.Role == fact.RolePods {
			mask = s.pinnedMask(pin.Prefix, x.e.Request.derivedNodeMask(f), x.e.Request.nodeMask(f))
		}
		c := change{loss: 0.4, make: func(r Request) Request {
			r.Pins = slices.DeleteFunc(r.Pins, func(p Pin) bool { return p == pin })
			r.Keep = append(r.Keep, pin)
			switch {
			case mask == 0:
			case f == fact.IPv4:
				r.NodeMaskIPv4 = mask
			default:
				r.NodeMaskIPv6 = mask
			}
			return r
		}}
		if !x.try(c) {
			continue
		}
		last := &x.out[len(x.out)-1]
		if q, ok := last.Plan.Range(l.Role, f); ok {
			last.Change = fmt.Sprintf("%s %v, which contains %v: nodes keep what they have", l.Role, q.Prefix, pin.Prefix)
		}
	}
}

// tryKeptSpace draws from the range that a kept one has to be widened to.
func (x *relaxer) tryKeptSpace() {
	for _, f := range x.e.Request.Families {
		s := newFamilySolver(&x.e.Request, f, x.spaces)
		for _, c := range s.claims {
			if !c.Kept.IsValid() {
				continue
			}
			if _, ok := s.outside(c.Kept, c.Prefix); !ok {
				continue
			}
			wider := c.Prefix
			x.try(change{fmt.Sprintf("draw from %v as well", wider), 3, func(r Request) Request {
				r = x.spaceNamed(r, f)
				r.Within = slices.DeleteFunc(r.Within, func(p netip.Prefix) bool { return cidr.Contains(wider, p) })
				r.Within = append(r.Within, wider)
				return r
			}})
		}
	}
}

// lossOfAgain is the loss of registering every node again: more than of any other change but a new cluster.
const lossOfAgain = 9

// tryAgain gives nodes of a living cluster subnets of another size, the one that is asked for or else the largest smaller one that serves: a
// remedy of last resort, as each has to be registered again.
func (x *relaxer) tryAgain() {
	req := &x.e.Request
	for _, f := range req.Families {
		if !req.keeps(f) {
			continue
		}
		now := defaultNodeMask(f)
		for _, c := range newFamilySolver(req, f, x.spaces).fixed(fact.RolePods) {
			if c.Kept.IsValid() {
				now = newFamilySolver(req, f, x.spaces).keptMask(c.Kept)
			}
		}
		longest := f.Bits() - log2ceil(uint64(req.PodsPerNode+nodeOverhead(f)))
		var masks []int
		if asked, held := req.nodeMask(f), req.heldMask(f); asked > 0 && held > 0 && asked != held {
			now, masks = held, append(masks, asked)
		}
		for mask := now + 1; mask <= longest; mask++ {
			masks = append(masks, mask)
		}
		for _, mask := range masks {
			if x.try(change{fmt.Sprintf("node subnets /%d -> /%d: %s", now, mask, req.again()), lossOfAgain, func(r Request) Request {
				r = r.registeredAgain(f)
				if f == fact.IPv4 {
					r.NodeMaskIPv4 = mask
				} else {
					r.NodeMaskIPv6 = mask
				}
				return r
			}}) {
				break
			}
		}
	}
}
