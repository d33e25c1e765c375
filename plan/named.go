package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Named is a range of the network that is none of the cluster's three: of load balancers, a VPN, storage. The zero
// value names none.
type Named struct {
	Name      string         // in lower case: a letter, then letters, digits and dashes, 30 at the most; the Role of its ranges
	Addresses int            // how many addresses to find room for in each family; 0: Prefixes alone. 1 to 2^29
	Prefixes  []netip.Prefix // where it is already, at most one of a family: these are not moved
}

// Role returns the role of the ranges of n in a plan.
func (n Named) Role() fact.Role { return fact.Role(n.Name) }

// in returns the range of n in f that is fixed.
func (n Named) in(f fact.Family) (netip.Prefix, bool) {
	i := slices.IndexFunc(n.Prefixes, func(p netip.Prefix) bool { return fact.FamilyOf(p) == f })
	if i < 0 {
		return netip.Prefix{}, false
	}
	return n.Prefixes[i], true
}

// namedPattern matches the names that ranges can have.
var namedPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)

// checkNamed checks the ranges with names.
func (r *Request) checkNamed() error {
	for i, n := range r.Named {
		field := fmt.Sprintf("ranges[%d]", i)
		switch fact.Role(n.Name) {
		case fact.RoleHosts, fact.RoleServices, fact.RolePods:
			return &RequestError{Field: field, Value: n.Name, Reason: "is a role that every cluster has; use hosts, services, nodes or pin"}
		case fact.RoleReserved:
			return &RequestError{Field: field, Value: n.Name, Reason: "is what this program calls ranges of others; use another name"}
		}
		switch {
		case !namedPattern.MatchString(n.Name):
			return &RequestError{Field: field, Value: strconv.Quote(n.Name), Reason: "the name must be a letter, then up to 29 letters, digits and dashes, all in lower case"}
		case slices.ContainsFunc(r.Named[:i], func(m Named) bool { return m.Name == n.Name }):
			return &RequestError{Field: field, Value: n.Name, Reason: "is named twice; give each range one name"}
		case n.Addresses < 0 || n.Addresses > maxCount:
			return &RequestError{Field: field, Value: n.Name, Reason: fmt.Sprintf("must have 1 to %d addresses", maxCount)}
		case n.Addresses == 0 && len(n.Prefixes) == 0:
			return &RequestError{Field: field, Value: n.Name, Reason: "needs a number of addresses, or a range"}
		}
		if err := r.checkPrefixes(field, n.Prefixes); err != nil {
			return err
		}
		for k, p := range n.Prefixes {
			if slices.ContainsFunc(n.Prefixes[:k], func(q netip.Prefix) bool { return fact.FamilyOf(q) == fact.FamilyOf(p) }) {
				return &RequestError{Field: field, Value: fmt.Sprintf("%s=%v", n.Name, p), Reason: fmt.Sprintf("a second %v range; give it a name of its own", fact.FamilyOf(p))}
			}
		}
	}
	return nil
}

// namedNeeds returns the prefix length of the smallest range that holds the addresses of n, and the arithmetic.
func (n Named) namedNeeds(f fact.Family) (int, string) {
	all, edges := n.Addresses+int(serviceEdges(f)), "base address"
	if f == fact.IPv4 {
		edges = "base and broadcast address"
	}
	b := f.Bits() - log2ceil(uint64(all))
	return b, fmt.Sprintf("%s + %s = %s: /%d", plurals(n.Addresses), edges, words.Commas(all), b)
}

// plurals returns "1 address" or "2 addresses".
func plurals(n int) string {
	if n == 1 {
		return "1 address"
	}
	return words.Commas(n) + " addresses"
}

// addNamed adds the ranges with names: those that are fixed, and demands for the others. An IPv6 range is a /64 where
// there is room.
func (s *familySolver) addNamed() {
	for _, n := range s.req.Named {
		needs, sizing := n.namedNeeds(s.family)
		if fixed := s.fixed(n.Role()); len(fixed) > 0 {
			for _, c := range fixed {
				if n.Addresses == 0 {
					needs, sizing = c.Prefix.Bits(), ""
				} else if c.Prefix.Bits() > needs {
					s.limit(n.Role(), c.Prefix, needs, c.Prefix.Bits(), "/%d or larger is needed, it is a /%d: %s", needs, c.Prefix.Bits(), sizing)
				}
				s.given(c, needs, sizing)
			}
			continue
		}
		if n.Addresses == 0 {
			continue
		}
		d := &demand{role: n.Role(), needs: needs, sizing: sizing, roomy: needs}
		if s.family == fact.IPv6 {
			d.roomy = min(needs, 64)
		}
		s.demands = append(s.demands, d)
	}
}

// namedClaims returns the ranges with names that are fixed.
func (s *familySolver) namedClaims() []Claim {
	var out []Claim
	for _, n := range s.req.Named {
		if p, ok := n.in(s.family); ok {
			out = append(out, Claim{Prefix: p, Role: n.Role(), By: "range " + n.Name, Pin: true})
		}
	}
	return out
}

// roles returns all roles of r in the order of a plan's ranges.
func (r *Request) roles() []fact.Role {
	out := []fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods}
	for _, n := range r.Named {
		out = append(out, n.Role())
	}
	return out
}

// isNamed reports whether the role is that of a range with a name.
func isNamed(role fact.Role) bool {
	switch role {
	case fact.RoleHosts, fact.RoleServices, fact.RolePods, fact.RoleReserved, "":
		return false
	}
	return true
}

// Named returns the ranges with names, in the order of the request; within a name primary family first.
func (p *Plan) Named() []Range {
	var out []Range
	for _, r := range p.Ranges {
		if isNamed(r.Role) {
			out = append(out, r)
		}
	}
	return out
}

// pinnedNamed returns the ranges with names of the request, each where the plan has it.
func (p *Plan) pinnedNamed() []Named {
	out := slices.Clone(p.Request.Named)
	for i := range out {
		out[i].Prefixes = p.prefixes(out[i].Role())
	}
	return out
}

// namedDials turn down the addresses of ranges with names.
func (x *relaxer) namedDials() []dial {
	var out []dial
	for i, n := range x.e.Request.Named {
		if n.Addresses <= 1 {
			continue
		}
		out = append(out, turnDown(n.Addresses, 1, 1.1,
			func(q *Request, k int) {
				q.Named = slices.Clone(q.Named)
				q.Named[i].Addresses = k
			},
			func(k int) string {
				return fmt.Sprintf("%s -> %s of %s", words.Commas(n.Addresses), plurals(k), n.Name)
			},
			x.edges(func(f fact.Family) int { return int(serviceEdges(f)) })...))
	}
	return out
}

// tryWithoutNamed tries to do without one of the ranges with names.
func (x *relaxer) tryWithoutNamed() {
	for i, n := range x.orig.Named {
		x.try(change{"no range for " + n.Name, 5, func(r Request) Request {
			r.Named = slices.Delete(slices.Clone(r.Named), i, i+1)
			return r
		}})
	}
}

// parseNamed reads a name with its number of addresses or its range into list, which may have it already.
func parseNamed(list []Named, item string) ([]Named, error) {
	name, text, ok := strings.Cut(item, "=")
	if name, text = strings.TrimSpace(name), strings.TrimSpace(text); !ok {
		return list, errors.New("want name=addresses or name=CIDR, such as lb=50 or vpn=10.8.0.0/24")
	}
	i := slices.IndexFunc(list, func(n Named) bool { return n.Name == name })
	if i < 0 {
		i, list = len(list), append(list, Named{Name: name})
	}
	if !strings.ContainsAny(text, "./:") {
		n, err := number(text, 1)
		if err == nil && list[i].Addresses > 0 {
			err = fmt.Errorf("a second number of addresses for %s", name)
		}
		list[i].Addresses = n
		return list, err
	}
	p, err := parseOne(text)
	list[i].Prefixes = append(list[i].Prefixes, p)
	return list, err
}

// checkName reports what is wrong with the names alone, whatever families are planned.
func checkName(list []Named) error {
	r := Request{Named: list, Families: []fact.Family{fact.IPv4, fact.IPv6}}
	var e *RequestError
	if errors.As(r.checkNamed(), &e) {
		return errors.New(e.Reason)
	}
	return nil
}

// namedTexts returns the values that parseNamed reads.
func namedTexts(list []Named) []string {
	var out []string
	for _, n := range list {
		if n.Addresses > 0 {
			out = append(out, n.Name+"="+strconv.Itoa(n.Addresses))
		}
		for _, p := range n.Prefixes {
			out = append(out, n.Name+"="+p.String())
		}
	}
	return out
}

// unfixed returns r with the range of a name to be found room for, as much as it has now, in place of p. r shares no
// memory with others.
func (r Request) unfixed(role fact.Role, p netip.Prefix) Request {
	for i := range r.Named {
		n := &r.Named[i]
		if n.Role() != role || !slices.Contains(n.Prefixes, p) {
			continue
		}
		n.Prefixes = slices.DeleteFunc(n.Prefixes, func(q netip.Prefix) bool { return q == p })
		if f := fact.FamilyOf(p); n.Addresses == 0 {
			n.Addresses = max(1, 1<<min(f.Bits()-p.Bits(), 16)-int(serviceEdges(f)))
		}
	}
	return r
}
