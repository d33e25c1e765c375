package plan

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An UnsoundError says what is wrong with a plan. The zero value gives no reason.
type UnsoundError struct {
	Role   fact.Role    // "" if it concerns no single role
	Prefix netip.Prefix // invalid if it concerns no single range
	Reason string
}

// Error returns role, range and reason.
func (e *UnsoundError) Error() string {
	switch {
	case e.Prefix.IsValid():
		return fmt.Sprintf("%s %v: %s", e.Role, e.Prefix, e.Reason)
	case e.Role != "":
		return fmt.Sprintf("%s: %s", e.Role, e.Reason)
	}
	return e.Reason
}

// Validate checks p against its request from first principles: every pair of ranges, every address count, without any of
// the code that made the plan. It is slow, quadratic in ranges and reservations, and there for tests, and for callers who
// changed a plan. The error joins one [*UnsoundError] for each thing that is wrong; it is nil for a plan that [New] returned.
func (p *Plan) Validate() error {
	v := validator{p: p, r: p.Request}
	v.families()
	v.disjoint()
	v.placed()
	v.pins()
	v.grown()
	v.counts()
	v.addresses()
	v.kept()
	return errors.Join(v.errs...)
}

type validator struct {
	p    *Plan
	r    Request
	errs []error
}

func (v *validator) add(role fact.Role, q netip.Prefix, format string, args ...any) {
	v.errs = append(v.errs, &UnsoundError{role, q, fmt.Sprintf(format, args...)})
}

func (v *validator) families() {
	if len(v.p.Families) == 0 {
		v.add("", netip.Prefix{}, "the plan has no family")
	}
	if !slices.Equal(v.p.Families, v.r.Families) {
		v.add("", netip.Prefix{}, "families %v, the request has %v", v.p.Families, v.r.Families)
	}
	for _, r := range v.p.Ranges {
		switch {
		case !r.Prefix.IsValid() || r.Prefix.Masked() != r.Prefix || r.Prefix.Addr().Is4In6():
			v.add(r.Role, r.Prefix, "is no canonical prefix")
		case !slices.Contains(v.p.Families, r.Family()):
			v.add(r.Role, r.Prefix, "is of a family that the plan does not have")
		}
	}
	for _, f := range v.p.Families {
		for _, role := range []fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods} {
			n := 0
			for _, r := range v.p.Ranges {
				if r.Role == role && r.Family() == f {
					n++
				}
			}
			if n == 0 || n > 1 && role != fact.RoleHosts {
				v.add(role, netip.Prefix{}, "%d %v ranges", n, f)
			}
		}
		v.named(f)
	}
}

// named checks that every range with a name is there once, where it is fixed, and large enough; and that there is no other.
func (v *validator) named(f fact.Family) {
	known := map[fact.Role]bool{fact.RoleHosts: true, fact.RoleServices: true, fact.RolePods: true}
	for _, n := range v.r.Named {
		known[n.Role()] = true
		want := 0
		fixed, ok := n.in(f)
		if ok || n.Addresses > 0 {
			want = 1
		}
		var found []Range
		for _, r := range v.p.Ranges {
			if r.Role == n.Role() && r.Family() == f {
				found = append(found, r)
			}
		}
		switch {
		case len(found) != want:
			v.add(n.Role(), netip.Prefix{}, "%d %v ranges, want %d", len(found), f, want)
		case ok && found[0].Prefix != fixed:
			v.add(n.Role(), found[0].Prefix, "is fixed to %v by the request", fixed)
		case want == 1 && n.Addresses > 0 && Count{Exp: f.Bits() - found[0].Prefix.Bits(), Minus: serviceEdges(f)}.Big().Cmp(big.NewInt(int64(n.Addresses))) < 0:
			v.add(n.Role(), found[0].Prefix, "does not hold %s", plurals(n.Addresses))
		}
	}
	for _, r := range v.p.Ranges {
		if !known[r.Role] {
			v.add(r.Role, r.Prefix, "is of no role that the request has")
		}
	}
}

func (v *validator) disjoint() {
	for i, a := range v.p.Ranges {
		for _, b := range v.p.Ranges[i+1:] {
			if overlap(a.Prefix, b.Prefix) {
				v.add(a.Role, a.Prefix, "overlaps %s %v", b.Role, b.Prefix)
			}
		}
		for _, x := range v.r.Avoid {
			if overlap(a.Prefix, x.Prefix) && !(a.Role == fact.RoleHosts && a.Given) {
				v.add(a.Role, a.Prefix, "overlaps %v, which is to be avoided", x)
			}
		}
	}
}

// overlap compares first and last addresses. All of IPv4 is less than all of IPv6, and what an invalid prefix has less than both.
func overlap(a, b netip.Prefix) bool {
	x, y := netipx.RangeOfPrefix(a), netipx.RangeOfPrefix(b)
	return a.IsValid() && x.From().Compare(y.To()) <= 0 && y.From().Compare(x.To()) <= 0
}

// space returns what the request draws from.
func (v *validator) space() *netipx.IPSet {
	var b netipx.IPSetBuilder
	for _, w := range v.r.Within {
		b.AddPrefix(w)
	}
	s, err := b.IPSet()
	if err != nil {
		return new(netipx.IPSet)
	}
	return s
}

func (v *validator) placed() {
	space := v.space()
	for _, r := range v.p.Ranges {
		fixed := slices.Contains(v.r.Pins, Pin{r.Role, r.Prefix}) || slices.Contains(v.r.Keep, Pin{r.Role, r.Prefix}) ||
			r.Role == fact.RoleHosts && slices.Contains(v.r.Hosts, r.Prefix) ||
			slices.ContainsFunc(v.r.Named, func(n Named) bool { return n.Role() == r.Role && slices.Contains(n.Prefixes, r.Prefix) })
		if fixed != r.Given {
			v.add(r.Role, r.Prefix, "given is %t, but the request says %t", r.Given, fixed)
		}
		if r.Kept.IsValid() && !fixed {
			var b netipx.IPSetBuilder
			b.AddSet(space)
			b.AddPrefix(r.Kept)
			if s, err := b.IPSet(); err != nil || !s.ContainsPrefix(r.Prefix) {
				v.add(r.Role, r.Prefix, "is more than %v, which is kept, and what lies in the space to draw from", r.Kept)
			}
			continue
		}
		if !fixed && !space.ContainsPrefix(r.Prefix) {
			v.add(r.Role, r.Prefix, "is not in the space to draw from")
		}
	}
}

// pins checks that nothing that is fixed was moved.
func (v *validator) pins() {
	fixed := slices.Clone(v.r.Pins)
	for _, h := range v.r.Hosts {
		fixed = append(fixed, Pin{fact.RoleHosts, h})
	}
	for _, x := range fixed {
		if !slices.Contains(v.p.Families, fact.FamilyOf(x.Prefix)) {
			continue
		}
		if !slices.ContainsFunc(v.p.Ranges, func(r Range) bool {
			return r.Role == x.Role && (r.Prefix == x.Prefix ||
				r.Role == fact.RoleHosts && r.Prefix.Bits() <= x.Prefix.Bits() && r.Prefix.Contains(x.Prefix.Addr()))
		}) {
			v.add(x.Role, x.Prefix, "is fixed by the request and not in the plan")
		}
	}
}

func (v *validator) grown() {
	space := v.space()
	for i, r := range v.p.Ranges {
		g := r.Grow
		if g == r.Prefix {
			continue
		}
		if g.Masked() != g || g.Bits() > r.Prefix.Bits() || !g.Contains(r.Prefix.Addr()) {
			v.add(r.Role, r.Prefix, "room to grow %v does not contain it", g)
			continue
		}
		if r.Prefix.Bits()-g.Bits() > v.r.Grow {
			v.add(r.Role, r.Prefix, "room to grow %v is more than was asked for", g)
		}
		if r.Role == fact.RoleServices && g.Addr() != r.Prefix.Addr() {
			v.add(r.Role, r.Prefix, "room to grow %v begins before it", g)
		}
		if !r.Given && !r.Kept.IsValid() && !space.ContainsPrefix(g) {
			v.add(r.Role, r.Prefix, "room to grow %v is not in the space to draw from", g)
		}
		for j, q := range v.p.Ranges {
			if i != j && overlap(g, q.Grow) {
				v.add(r.Role, r.Prefix, "room to grow %v overlaps %s %v", g, q.Role, q.Grow)
			}
		}
		for _, x := range v.r.Avoid {
			if overlap(g, x.Prefix) && !(r.Given && r.Role == fact.RoleHosts) {
				v.add(r.Role, r.Prefix, "room to grow %v overlaps %v, which is to be avoided", g, x)
			}
		}
	}
}

// counts checks that everything that the request asks for has its address.
func (v *validator) counts() {
	// atLeast reports whether 2^n is k or more.
	atLeast := func(n, k int) bool {
		return n >= 0 && new(big.Int).Lsh(big.NewInt(1), uint(n)).Cmp(big.NewInt(int64(k))) >= 0
	}
	for _, r := range v.p.Ranges {
		all := r.Prefix.Addr().BitLen()
		four := all == 32
		edges := 1 // the base address
		if four {
			edges = 2 // and the broadcast address
		}
		switch r.Role {
		case fact.RoleServices:
			if !atLeast(all-r.Prefix.Bits(), v.r.Services+2+edges) {
				v.add(r.Role, r.Prefix, "does not hold %d services", v.r.Services)
			}
			if h := all - r.Prefix.Bits(); h < 4 || h > 20 {
				v.add(r.Role, r.Prefix, "kubeadm takes 4 to 20 bits of services, not %d", h)
			}
		case fact.RolePods:
			mask := v.p.NodeMaskIPv6
			if four {
				mask = v.p.NodeMaskIPv4
			}
			if !atLeast(mask-r.Prefix.Bits(), v.r.Nodes+v.r.Surge) {
				v.add(r.Role, r.Prefix, "does not hold %d nodes with a /%d each", v.r.Nodes+v.r.Surge, mask)
			}
			if !atLeast(all-mask, v.r.PodsPerNode+edges+1) {
				v.add(r.Role, r.Prefix, "a /%d does not hold %d pods", mask, v.r.PodsPerNode)
			}
			if all-r.Prefix.Bits() < 4 {
				v.add(r.Role, r.Prefix, "kubeadm takes no pod range of fewer than 14 addresses")
			}
			if mask-r.Prefix.Bits() > 16 && !(four && v.r.Kubernetes.Before(fact.V(1, 20, 0))) {
				v.add(r.Role, r.Prefix, "more than 16 bits to the node mask /%d", mask)
			}
		case fact.RoleHosts:
			kept := edges + 1
			if n, ok := map[string][2]int{"aws": {5, 5}, "azure": {5, 5}, "gcp": {4, 2}, "oci": {3, 2}}[v.r.Cloud]; ok {
				kept = n[edges&1] // 2 for IPv4, 1 for IPv6
			}
			if !r.Given && !atLeast(all-r.Prefix.Bits(), v.r.HostCount+kept) {
				v.add(r.Role, r.Prefix, "does not hold %s", words.Plural(v.r.HostCount, "host"))
			}
		}
	}
}

// kept checks that what a living cluster has is still there.
func (v *validator) kept() {
	for _, k := range v.r.Keep {
		if !slices.ContainsFunc(v.p.Ranges, func(r Range) bool {
			return r.Role == k.Role && r.Prefix.Bits() <= k.Prefix.Bits() && r.Prefix.Contains(k.Prefix.Addr())
		}) {
			v.add(k.Role, k.Prefix, "is kept by the request and in no range of the plan")
		}
	}
	for _, h := range v.r.Held {
		if !slices.ContainsFunc(v.p.Ranges, func(r Range) bool {
			return r.Role == fact.RolePods && r.Prefix.Bits() <= h.Bits() && r.Prefix.Contains(h.Addr())
		}) {
			v.add(fact.RolePods, h, "is held by a node and in no pod range")
		}
	}
}

// addresses checks the API server's and cluster DNS's address by counting from the base.
func (v *validator) addresses() {
	var api, dns []netip.Addr
	for _, f := range v.p.Families {
		for _, r := range v.p.Ranges {
			if r.Role != fact.RoleServices || r.Family() != f {
				continue
			}
			a := r.Prefix.Addr()
			for i := 1; i <= 10; i++ {
				if a = a.Next(); !r.Prefix.Contains(a) {
					break
				}
				switch i {
				case 1:
					api = append(api, a)
				case 10:
					dns = append(dns, a)
				}
			}
		}
	}
	if !slices.Equal(api, v.p.APIServerServiceIPs) {
		v.add(fact.RoleServices, netip.Prefix{}, "API server addresses %v, should be %v", v.p.APIServerServiceIPs, api)
	}
	if !slices.Equal(dns, v.p.DNSServiceIPs) {
		v.add(fact.RoleServices, netip.Prefix{}, "DNS addresses %v, should be %v", v.p.DNSServiceIPs, dns)
	}
}
