// Package target is how installers and networks take a plan: which families and node masks they take, which ranges they
// have by default, and their own file.
//
// A [Target] is made from a row of the table of package distro or netdist, which holds its [Terms]. [Target.Request]
// changes what is asked for to what it can have, and [Target.Write] writes its file or says why it does not take the
// plan, with a [*RefusedError]. The package knows no installer.
package target

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Stacks are the families of a plan as one word each, primary first.
const (
	IPv4     = "ipv4"
	IPv6     = "ipv6"
	Dual     = "dual"
	DualIPv6 = "dual-ipv6"
)

// Terms are how one installer or network takes a plan.
type Terms struct {
	Doc    string   // what its file is, for a list of formats
	Stacks []string // families that it takes, nil for all
	Why    string   // why it takes no others, to follow a semicolon

	IPv4, IPv6 Mask // bounds of node masks
	NoMasks    bool // nobody is told a node mask there
	// FamilyMasks says that node masks reach kube-controller-manager as the flags of their families, also where there
	// is one: it takes them since v1.23.
	FamilyMasks bool
	HasName     bool // its file holds the name of the cluster, which has to be one of an object

	Avoid []fact.Reservation // ranges that it takes for itself
	Write func(f *File)      // nil where its file is not written
}

// A Mask bounds the length of a node's subnet in a family. The zero Mask allows all.
type Mask struct {
	Min, Max int    // 0 for no bound; equal for a length that cannot be set
	Why      string // to follow a semicolon
}

// allows reports whether a length lies in the bounds.
func (m Mask) allows(bits int) bool { return bits >= m.Min && (m.Max == 0 || bits <= m.Max) }

// A Target is an installer or a network to plan for.
type Target struct {
	Name string // as -o and -for take it
	Terms
	Prefer       []plan.Preference // its default ranges
	Mask4, Mask6 int               // node masks that it takes if nobody says, 0 for none
	// Refusals returns what the target itself refuses in its file, nil for nothing.
	Refusals func(text []byte) []string
}

// A RefusedError says why an installer or a network does not take a plan.
type RefusedError struct {
	Target  string
	Reasons []string // at least one
}

// Error returns the form "kops does not take this plan: reason; reason".
func (e *RefusedError) Error() string {
	return e.Target + " does not take this plan: " + strings.Join(e.Reasons, "; ")
}

// stack returns the word for families.
func stack(fs []fact.Family) string {
	switch {
	case len(fs) == 2 && fs[0] == fact.IPv6:
		return DualIPv6
	case len(fs) == 2:
		return Dual
	case len(fs) == 1 && fs[0] == fact.IPv6:
		return IPv6
	}
	return IPv4
}

// bounds returns the bounds of a family's node mask, and the mask by default.
func (t Target) bounds(f fact.Family) (Mask, int) {
	if f == fact.IPv6 {
		return t.IPv6, t.Mask6
	}
	return t.IPv4, t.Mask4
}

// refused returns why the target does not take families, "" where it does.
func (t Target) refused(fs []fact.Family) string {
	s := stack(fs)
	if len(t.Stacks) == 0 || slices.Contains(t.Stacks, s) {
		return ""
	}
	return fmt.Sprintf("-family %s: it takes %s; %s", s, strings.Join(t.Stacks, ", "), t.Why)
}

// planned reports whether p has a pod and a service range of each of its families, as every plan that [plan.New] makes.
func planned(p *plan.Plan) bool {
	of := func(rs []netip.Prefix) bool {
		return slices.EqualFunc(p.Families, rs, func(f fact.Family, r netip.Prefix) bool { return fact.FamilyOf(r) == f })
	}
	return len(p.Families) > 0 && of(p.Pods()) && of(p.Services())
}

// Write writes the file of the target with the ranges of p. The error is a [*RefusedError] if it does not take them,
// and otherwise the writer's; nothing is written then. A nil plan, one without ranges, and one with a range that has
// host bits, is an error.
func (t Target) Write(w io.Writer, p *plan.Plan) error {
	if p == nil || !planned(p) {
		return errNoPlan
	}
	for _, r := range slices.Concat(p.Hosts(), p.Pods(), p.Services()) {
		if !r.IsValid() || r != r.Masked() {
			return fmt.Errorf("range %v of the plan is no range: write %v", r, r.Masked())
		}
	}
	f := &File{Plan: p}
	if why := t.refused(p.Families); why != "" {
		f.refused = append(f.refused, why)
	}
	for _, fam := range p.Families {
		m, _ := t.bounds(fam)
		if bits := p.NodeMask(fam); !m.allows(bits) {
			f.Refuse("a node mask of /%d: %s; %s", bits, m, m.Why)
		}
	}
	if v := p.Request.Kubernetes.Or(fact.NewestKubernetes()); t.FamilyMasks && !f.Dual() && v.Before(fact.V(1, 23, 0)) {
		f.Refuse("-kubernetes %v: it sets the node mask by the flag of the family, which kube-controller-manager takes "+
			"since v1.23", v)
	}
	for _, r := range p.Ranges {
		for _, a := range t.Avoid {
			if r.Prefix.Overlaps(a.Prefix) {
				f.Refuse("%s %v overlap %v; -for %s plans other ranges", r.Role, r.Prefix, a, t.Name)
			}
		}
	}
	if t.HasName && !isObjectName(f.name()) {
		f.Refuse("-name %q: its file holds it as the name of an object, which has lower case letters, digits, dots and "+
			"hyphens, 63 at most", f.name())
	}
	if len(f.refused) == 0 {
		t.Terms.Write(f)
	}
	if len(f.refused) == 0 && t.Refusals != nil {
		f.refused = t.Refusals(f.b.Bytes())
	}
	if len(f.refused) > 0 {
		return &RefusedError{Target: t.Name, Reasons: f.refused}
	}
	_, err := w.Write(f.b.Bytes())
	return err
}

// String returns the bounds in words.
func (m Mask) String() string {
	switch {
	case m.Max == 0:
		return fmt.Sprintf("it takes /%d and longer", m.Min)
	case m.Min == m.Max:
		return fmt.Sprintf("it has /%d alone", m.Min)
	}
	return fmt.Sprintf("it takes /%d to /%d", m.Min, m.Max)
}

// Request returns r with the limits and, where nothing else is asked for, the defaults of the target: its ranges are
// taken where they are free and large enough, and its node masks where they hold the pods of a node. The error is a
// [*RefusedError] where it does not take the families of r or a node mask that r fixes.
func (t Target) Request(r plan.Request) (plan.Request, error) {
	families := r.Families
	if len(families) == 0 {
		families = []fact.Family{fact.IPv4}
	}
	if why := t.refused(families); why != "" {
		return r, &RefusedError{Target: t.Name, Reasons: []string{why}}
	}
	if r.Services == 0 {
		r.Services = t.services(&r, families)
	}
	whole := r.WithDefaults()
	r.Prefer = append(slices.Clone(r.Prefer), t.Prefer...)
	r.Avoid = append(slices.Clone(r.Avoid), t.Avoid...)
	r.Within = slices.Clone(r.Within)
	for _, f := range families {
		in := func(p netip.Prefix) bool { return fact.FamilyOf(p) == f }
		if !slices.ContainsFunc(r.Within, in) {
			for _, p := range whole.Within {
				if in(p) {
					r.Within = append(r.Within, p)
				}
			}
			for _, d := range t.Prefer {
				if in(d.Prefix) {
					r.Within = append(r.Within, d.Prefix)
				}
			}
		}
		m, _ := t.bounds(f)
		mask := &r.NodeMaskIPv4
		if f == fact.IPv6 {
			mask = &r.NodeMaskIPv6
		}
		if *mask == 0 {
			*mask = t.mask(&r, &whole, f)
		} else if !m.allows(*mask) {
			why := fmt.Sprintf("a node mask of /%d: %s; %s", *mask, m, m.Why)
			return r, &RefusedError{Target: t.Name, Reasons: []string{why}}
		}
	}
	return r, nil
}

// services returns how many services the target's default ranges hold, 0 where they hold as many as are planned for
// if nobody says, or where r fixes or keeps a range: the network's address and the last one are no service's, nor
// are those of the API server and of cluster DNS.
func (t Target) services(r *plan.Request, families []fact.Family) int {
	fixed := func(p plan.Pin) bool { return p.Role == fact.RoleServices }
	if slices.ContainsFunc(r.Pins, fixed) || slices.ContainsFunc(r.Keep, fixed) {
		return 0
	}
	const own = 4
	n := r.WithDefaults().Services
	for _, p := range t.Prefer {
		if h := p.Prefix.Addr().BitLen() - p.Prefix.Bits(); p.Role == fact.RoleServices && h > 3 && h < 16 &&
			slices.Contains(families, fact.FamilyOf(p.Prefix)) {
			n = min(n, 1<<h-own)
		}
	}
	return n
}

// mask returns the node mask to ask for in family f, 0 to leave it to the plan: the target's where it holds the pods
// of a node and nobody asks for another number of them, and what its bounds leave.
func (t Target) mask(r, whole *plan.Request, f fact.Family) int {
	m, def := t.bounds(f)
	living := func(p plan.Pin) bool { return p.Role == fact.RolePods && fact.FamilyOf(p.Prefix) == f }
	if t.NoMasks || slices.ContainsFunc(r.Keep, living) || slices.ContainsFunc(r.Pins, living) || len(r.Held) > 0 {
		return 0
	}
	longest := f.Bits() - hostBits(whole.PodsPerNode, whole.Churn)
	asked := f == fact.IPv4 && (r.PodsPerNode > 0 || r.Churn > 0 || r.Pods > 0)
	switch {
	case def > 0 && def <= longest && m.allows(def) && !asked:
		return def
	case m == (Mask{}) || f == fact.IPv4 && m.allows(longest) || f == fact.IPv6 && m.allows(64):
		return 0
	case m.Max > 0 && longest > m.Max:
		return m.Max
	}
	return max(longest, m.Min)
}

// hostBits returns how many bits number the addresses of a node, as package plan counts them.
func hostBits(pods int, churn float64) int {
	n := max(math.Ceil(float64(pods)*churn), float64(pods+3))
	bits := 0
	for ; bits < 31 && float64(uint64(1)<<bits) < n; bits++ {
	}
	return bits
}

// Names returns the names of targets, in order.
func Names(ts []Target) []string {
	var out []string
	for _, t := range ts {
		out = append(out, t.Name)
	}
	return out
}

// ByName returns the target of that name.
func ByName(ts []Target, name string) (Target, bool) {
	i := slices.IndexFunc(ts, func(t Target) bool { return t.Name == name })
	if i < 0 {
		return Target{}, false
	}
	return ts[i], true
}
