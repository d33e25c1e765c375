package plan

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An InfeasibleError says that no plan exists for a request, why, and what would make one possible.
// It unwraps to its causes: a [*Shortage], and through it a [*cidr.ShortageError], for each family that is short of
// space, a [*ConflictError] for each
// pair of fixed ranges that contradict each other, a [*LimitError] for each fixed range or limit of Kubernetes that the
// request does not fit in. The zero value names no cause.
type InfeasibleError struct {
	Request     Request          // with its defaults filled in
	Conflicts   []*ConflictError // fixed ranges that overlap
	Limits      []*LimitError    // fixed ranges, and limits of Kubernetes, that the request does not fit in
	Shortages   []*Shortage      // families that are short of space; only looked for where there are no conflicts
	Relaxations []Relaxation     // what would make it feasible, each verified by planning again; the smallest loss first
}

// A ConflictError says that two ranges that the request fixes overlap. The zero value names no ranges.
type ConflictError struct {
	A, B    Claim
	Overlap netip.Prefix // the addresses that both claim
}

// A Claim is a range and who claims it. The zero value claims no range.
type Claim struct {
	Prefix netip.Prefix
	Role   fact.Role    // RoleHosts, RoleServices, RolePods or RoleReserved
	By     string       // in words: "hosts", "pin services", "vpn"
	Pin    bool         // it is a pin
	Kept   netip.Prefix // the range of a living cluster that Prefix contains, invalid for other claims
}

// A Shortage says that a family has not enough space. The zero value belongs to no family and has no certificate.
type Shortage struct {
	Family   fact.Family
	Err      error          // a *cidr.ShortageError: the certificate
	Wanted   []Demand       // what is to be placed, largest first
	Within   []netip.Prefix // where
	InTheWay []Obstacle     // what takes the space, what would help most first
}

// A Demand is a range that has to be placed. The zero value asks for a range of length 0 for no role.
type Demand struct {
	Role fact.Role
	Bits int    // prefix length, neighbours kept for growth included
	Why  string // the arithmetic
}

// An Obstacle is a range that lies in the space to draw from and is taken. The zero value names no range.
type Obstacle struct {
	Claim
	Helps bool // giving it up, alone, would make the demands fit
}

// A Relaxation is a change to a request that makes it feasible. The zero value changes nothing and has no plan.
type Relaxation struct {
	Change  string   // in one line: "services /12 -> /16", "1,024 -> 512 nodes", "give up 10.8.0.0/13 (vpn)"
	Flags   []string // what to type for it, by the names of RequestKeys: "-services 252", "without -pin pods=10.1.0.0/16"
	Request Request  // with the change made
	Plan    *Plan    // what New answers to it
}

// A LimitError says that the request does not fit in a range that it fixes, or in a limit of Kubernetes. The zero value
// names neither range nor limit.
type LimitError struct {
	Role   fact.Role
	Family fact.Family
	Prefix netip.Prefix // the range that is fixed; invalid if what the request asks exceeds a limit by itself
	Want   int          // prefix length that is needed
	Limit  int          // prefix length that there is, or the shortest or longest that is allowed
	Reason string       // the arithmetic, the limit and its source
}

// maxCauses is how many causes one line tells.
const maxCauses = 8

// Error returns one line with the causes, at most eight of them, and the first relaxations.
func (e *InfeasibleError) Error() string {
	var b strings.Builder
	b.WriteString("no plan exists: ")
	causes := e.Unwrap()
	for i, err := range causes {
		if i == maxCauses {
			fmt.Fprintf(&b, "; and %s more", words.Commas(len(causes)-i))
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	for i, r := range e.Relaxations {
		if i == 3 {
			break
		}
		if i == 0 {
			b.WriteString("; would be possible with: ")
		} else {
			b.WriteString(", or ")
		}
		b.WriteString(r.Change)
	}
	return b.String()
}

// Unwrap returns the causes: conflicts, then limits, then shortages.
func (e *InfeasibleError) Unwrap() []error {
	var errs []error
	for _, c := range e.Conflicts {
		if c != nil {
			errs = append(errs, c)
		}
	}
	for _, t := range e.Limits {
		if t != nil {
			errs = append(errs, t)
		}
	}
	for _, s := range e.Shortages {
		if s != nil {
			errs = append(errs, s)
		}
	}
	return errs
}

// Error returns the form
//
//	IPv4: 10.0.0.0/14 has no room for pods /10, hosts /19, services /22: 1 block of /10 is needed, 0 are free, 1 is missing
//
// and what is in the way.
func (s *Shortage) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %s ", s.Family, words.JoinPrefixes(s.Within))
	if len(s.Within) > 1 {
		b.WriteString("have no room for ")
	} else {
		b.WriteString("has no room for ")
	}
	for i, d := range s.Wanted {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s /%d", d.Role, d.Bits)
	}
	if short, ok := errtype.As[*cidr.ShortageError](s.Err); ok && short.Need != nil && short.Have != nil {
		count := func(n *big.Int, one, many string) string {
			if n.IsInt64() && n.Int64() == 1 {
				return "1 " + one
			}
			return n.String() + " " + many
		}
		fmt.Fprintf(&b, ": %s needed, %s free, %s missing",
			count(short.Need, fmt.Sprintf("block of /%d is", short.Bits), fmt.Sprintf("blocks of /%d are", short.Bits)),
			count(short.Have, "is", "are"), count(short.Missing(), "is", "are"))
	} else if s.Err != nil {
		fmt.Fprintf(&b, ": %v", s.Err)
	}
	for i, o := range s.InTheWay {
		switch {
		case i == 3:
			fmt.Fprintf(&b, " and %s more", words.Commas(len(s.InTheWay)-i))
			return b.String()
		case i == 0:
			b.WriteString("; in the way: ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(o.String())
	}
	return b.String()
}

// Unwrap returns s.Err, a [*cidr.ShortageError].
func (s *Shortage) Unwrap() error { return s.Err }

// Alternative returns a plan that works instead: that of the first relaxation, which for contradictory pins is the one
// that gives up the fewest of them. It is nil if there is no relaxation.
func (e *InfeasibleError) Alternative() *Plan {
	if len(e.Relaxations) == 0 {
		return nil
	}
	return e.Relaxations[0].Plan
}

// Error returns the form `pin services 10.1.0.0/16 overlaps hosts 10.0.0.0/8 in 10.1.0.0/16`.
func (e *ConflictError) Error() string { return fmt.Sprintf("%v overlaps %v", e.A, e.B) }

// String returns the form "pin services 10.1.0.0/16", and "10.8.0.0/13 (vpn)" for what is to be avoided.
func (c Claim) String() string {
	if c.Role == fact.RoleReserved {
		return fact.Reservation{Prefix: c.Prefix, Name: c.By}.String()
	}
	if c.Kept.IsValid() && c.Kept != c.Prefix {
		return fmt.Sprintf("%s %v, widened to %v,", c.By, c.Kept, c.Prefix)
	}
	return fmt.Sprintf("%s %v", c.By, c.Prefix)
}

// Error returns the role, the range, both sizes and the arithmetic.
func (e *LimitError) Error() string {
	if e.Prefix.IsValid() {
		return fmt.Sprintf("%s %v: %s", e.Role, e.Prefix, e.Reason)
	}
	return fmt.Sprintf("%v %s: %s", e.Family, e.Role, e.Reason)
}
