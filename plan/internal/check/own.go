package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Own are the values of a program that this package does not know: what plan.Ranges says, field by field.
type Own struct {
	Pods, Services, Hosts      []netip.Prefix
	DNS                        []netip.Addr
	Reserved                   []fact.Reservation
	NodeMaskIPv4, NodeMaskIPv6 int
	Nodes, PodsPerNode         int
	OwnAllocator               bool
}

// Names of the fields of Own, and of plan.Ranges.
const (
	fieldPods         = "Pods"
	fieldServices     = "Services"
	fieldHosts        = "Hosts"
	fieldDNS          = "DNS"
	fieldReserved     = "Reserved"
	fieldNodeMaskIPv4 = "NodeMaskIPv4"
	fieldNodeMaskIPv6 = "NodeMaskIPv6"
	fieldNodes        = "Nodes"
	fieldPodsPerNode  = "PodsPerNode"
)

// maxOwn is how many addresses a service range has, as an exponent, that every release and every installer takes:
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/constants/constants.go MaximumBitsForServiceSubnet.
const maxOwn = 20

// ownRules are what is asked of values, each on its own.
var ownRules = []func(*ownJudge){
	(*ownJudge).counts, (*ownJudge).lists, (*ownJudge).families, (*ownJudge).masks, (*ownJudge).sizes, (*ownJudge).overlaps,
	(*ownJudge).reserved, (*ownJudge).dns, (*ownJudge).capacity, (*ownJudge).purposes, (*ownJudge).programs,
}

// Judge returns what is wrong with o in release v, causes first, each finding with the field that it is about. The zero Version is
// no particular release: limits count that any of them has.
func (o Own) Judge(v fact.Version) fact.Report {
	j := newOwnJudge(o, v, Rules())
	for _, rule := range ownRules {
		rule(j)
	}
	slices.SortStableFunc(j.found, func(a, b fact.Finding) int {
		return cmp.Or(severityRank(a.Severity)-severityRank(b.Severity), j.rank[a.Rule]-j.rank[b.Rule])
	})
	return fact.Report{Findings: j.found, Stated: o.stated()}
}

func newOwnJudge(o Own, v fact.Version, catalogue []fact.Rule) *ownJudge {
	j := &ownJudge{Own: o, v: v, about: map[fact.RuleID]fact.Rule{}, rank: map[fact.RuleID]int{}}
	for i, r := range catalogue {
		j.about[r.ID], j.rank[r.ID] = r, i
	}
	j.pods, j.services, j.hosts = j.usable(fieldPods, o.Pods), j.usable(fieldServices, o.Services), j.usable(fieldHosts, o.Hosts)
	return j
}

// stated returns how many values o gives.
func (o Own) stated() int {
	n := len(o.Pods) + len(o.Services) + len(o.Hosts) + len(o.DNS) + len(o.Reserved)
	for _, m := range []int{o.NodeMaskIPv4, o.NodeMaskIPv6, o.Nodes, o.PodsPerNode} {
		if m != 0 {
			n++
		}
	}
	return n
}

// An ownRange is a range that can be compared: valid, not IPv4-mapped, without host bits.
type ownRange struct {
	name   string // of its field
	index  int
	p      netip.Prefix
	given  netip.Prefix // p as the caller has it
	family fact.Family
}

// An ownJudge collects findings.
type ownJudge struct {
	Own
	v                     fact.Version
	about                 map[fact.RuleID]fact.Rule
	rank                  map[fact.RuleID]int
	pods, services, hosts []ownRange
	found                 []fact.Finding
}

// add records a finding; what it does not say, the catalogue does.
func (j *ownJudge) add(f fact.Finding) {
	a := j.about[f.Rule]
	f.Severity = cmp.Or(f.Severity, a.Severity)
	f.Effect = cmp.Or(f.Effect, a.Effect)
	f.Disturbs = fact.DisturbsNothing // values that are checked are not in use yet
	f.Message = f.Field.String()
	if f.Field.BadValue != nil {
		f.Message += fmt.Sprintf(" %v", f.Field.BadValue)
	}
	f.Message += " " + f.Field.Detail
	j.found = append(j.found, f)
}

// at records a finding about one range.
func (j *ownJudge) at(r ownRange, rule fact.RuleID, sev fact.Severity, kind fact.FieldType, fix, format string, args ...any) {
	f := fact.Finding{Rule: rule, Severity: sev, Field: fact.Field{Name: r.name, Index: r.index, Type: kind, BadValue: r.given, Detail: fmt.Sprintf(format, args...)}}
	if fix != "" {
		f.Fix = []string{fix}
	}
	j.add(f)
}

// number records a finding about a field that is a number.
func (j *ownJudge) number(name string, value int, rule fact.RuleID, sev fact.Severity, kind fact.FieldType, fix, format string, args ...any) {
	j.add(fact.Finding{Rule: rule, Severity: sev, Fix: []string{fix},
		Field: fact.Field{Name: name, Index: -1, Type: kind, BadValue: value, Detail: fmt.Sprintf(format, args...)}})
}

// usable returns those of ps that can be compared, and reports the others.
func (j *ownJudge) usable(name string, ps []netip.Prefix) []ownRange {
	var out []ownRange
	for i, p := range ps {
		r := ownRange{name, i, p, p, fact.FamilyOf(p)}
		switch {
		case !p.IsValid():
			j.at(r, fact.RuleCIDRMalformed, fact.Error, fact.FieldInvalid, "give an address and a length, such as 10.244.0.0/16 or fd00:10:244::/56",
				"is no range: netip.Prefix is zero, or its length is not one of its family")
			continue
		case p.Addr().Is4In6():
			// net.IP.To4 of k8s.io/utils net takes it for IPv4, netip and the API server's strict parser do not.
			fix := "give an IPv6 range"
			if q, ok := cidr.Unmap(p); ok {
				fix = fmt.Sprintf("give %v", q)
			}
			j.at(r, fact.RuleCIDRMalformed, fact.Error, fact.FieldInvalid, fix, "is IPv4-mapped: some programs take it for IPv4, others for IPv6")
			continue
		case name != fieldHosts && p != p.Masked(): // an address of a host with the length of its network is what links have
			j.at(r, fact.RuleCIDRHostBitsSet, fact.Warning, fact.FieldInvalid, fmt.Sprintf("give %v, or the length that was meant", p.Masked()),
				"has bits set below its length: what runs is %v", p.Masked())
		}
		r.p = p.Masked()
		out = append(out, r)
	}
	return out
}

// counts: numbers that cannot be.
func (j *ownJudge) counts() {
	for _, n := range []struct {
		name string
		n    int
		rule fact.RuleID
	}{{fieldNodes, j.Nodes, fact.RuleClusterCIDRExhausted}, {fieldPodsPerNode, j.PodsPerNode, fact.RuleMaxPodsOverNodeRange}} {
		if n.n < 0 {
			j.number(n.name, n.n, n.rule, fact.Error, fact.FieldInvalid, "give 1 or more, or 0 for not known", "is less than 0")
		}
	}
}

// lists: how many ranges a list may have. One of each family: k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go
// validateClusterIPFlags, cmd/kube-controller-manager/app/core.go validateCIDRs.
func (j *ownJudge) lists() {
	for _, l := range []struct {
		ranges []ownRange
		bounds bool // one of each family and no more
		who    string
	}{{j.services, true, "kube-apiserver"}, {j.pods, !j.OwnAllocator, "kube-controller-manager"}} {
		seen := map[fact.Family]ownRange{}
		for _, r := range l.ranges {
			first, again := seen[r.family]
			switch {
			case !again:
				seen[r.family] = r
			case first.p == r.p:
				j.at(r, fact.RuleTooManyRanges, fact.Error, fact.FieldDuplicate, "give each range once", "stands twice in the list")
			case l.bounds:
				j.at(r, fact.RuleTooManyRanges, fact.Error, fact.FieldInvalid, "give one range of each family, wide enough for all",
					"is %v as %v before it is: %s takes one range of each family", r.family, first.p, l.who)
			}
		}
	}
	j.bothFamilies(j.services)
	if !j.OwnAllocator {
		j.bothFamilies(j.pods)
		return
	}
	for _, x := range overlapping(j.pods, j.pods) {
		if x.a.p != x.b.p {
			j.at(x.a, fact.RuleTooManyRanges, fact.Error, fact.FieldInvalid, "give ranges that share no address", "overlaps the pod range %v: two nodes can be given the same addresses", x.b.p)
		}
	}
}

// bothFamilies: two families need a release that knows of them, and up to 1.20 a feature gate:
// k8s.io/kubernetes pkg/features/kube_features.go IPv6DualStack, alpha in v1.16, beta in v1.21, stable in v1.23.
func (j *ownJudge) bothFamilies(rs []ownRange) {
	i := slices.IndexFunc(rs, func(r ownRange) bool { return r.family != rs[0].family })
	switch {
	case i < 0 || j.v.IsZero() || !j.v.Before(fact.V(1, 21, 0)):
	case j.v.Before(fact.V(1, 16, 0)):
		j.at(rs[i], fact.RuleTooManyRanges, fact.Error, fact.FieldTooMany, "give one range, or install 1.23 or later", "is of a second family, which Kubernetes %v does not have", j.v)
	default:
		j.at(rs[i], fact.RuleTooManyRanges, fact.Warning, fact.FieldInvalid, "set the feature gate IPv6DualStack, or install 1.23 or later",
			"is of a second family, which Kubernetes %v has behind the feature gate IPv6DualStack", j.v)
	}
}

// families: a service has endpoints of its own family alone, and what comes first is the cluster's first family
// (kubernetes.io/docs/concepts/services-networking/dual-stack).
func (j *ownJudge) families() {
	if len(j.pods) == 0 || len(j.services) == 0 {
		return
	}
	pods, services := familiesOfOwn(j.pods), familiesOfOwn(j.services)
	missing := false
	for _, s := range j.services {
		if !slices.Contains(pods, s.family) {
			missing = true
			j.at(s, fact.RuleIPFamilyMismatch, fact.Error, fact.FieldInvalid, fmt.Sprintf("add an %v pod range, or take the %v services away", s.family, s.family),
				"is %v, and there are no %v pods: its services have no endpoints", s.family, s.family)
		}
	}
	if missing {
		return
	}
	for _, p := range j.pods {
		if !slices.Contains(services, p.family) {
			j.at(p, fact.RuleFamilyListsDiffer, fact.Info, fact.FieldInvalid, fmt.Sprintf("add an %v service range if services are wanted on %v", p.family, p.family),
				"is %v, and there are no %v services: pods reach each other on it, services are not made on it", p.family, p.family)
			return
		}
	}
	if pods[0] != services[0] {
		j.at(j.pods[0], fact.RuleFamilyListsDiffer, fact.Warning, fact.FieldInvalid, "name the families in one order in all lists",
			"is %v and stands first, the first service range is %v: the cluster's first family is that of the services", pods[0], j.services[0].p)
	}
}

func familiesOfOwn(rs []ownRange) []fact.Family {
	var out []fact.Family
	for _, r := range rs {
		if !slices.Contains(out, r.family) {
			out = append(out, r.family)
		}
	}
	return out
}

// mask returns the length of node ranges of family f, the name of its field, and whether it was given.
func (j *ownJudge) mask(f fact.Family) (bits int, name string, given bool) {
	// The defaults: k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes.
	if f == fact.IPv4 {
		return cmp.Or(j.NodeMaskIPv4, 24), fieldNodeMaskIPv4, j.NodeMaskIPv4 != 0
	}
	return cmp.Or(j.NodeMaskIPv6, 64), fieldNodeMaskIPv6, j.NodeMaskIPv6 != 0
}

// masks: node ranges are cut from pod ranges: k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset NewCIDRSet.
func (j *ownJudge) masks() {
	for _, f := range []fact.Family{fact.IPv4, fact.IPv6} {
		m, name, given := j.mask(f)
		pods := slices.DeleteFunc(slices.Clone(j.pods), func(r ownRange) bool { return r.family != f })
		switch {
		case m < 1 || m > f.Bits():
			j.number(name, m, fact.RuleNodeMaskTooFar, fact.Error, fact.FieldInvalid, fmt.Sprintf("give 1 to %d, or 0 for the default", f.Bits()),
				"is no length of an %v range: those are 1 to %d", f, f.Bits())
			continue
		case given && len(pods) == 0 && len(j.pods) > 0:
			j.number(name, m, fact.RuleNodeMaskFlagIgnored, fact.Warning, fact.FieldForbidden, fmt.Sprintf("leave it out, or add an %v pod range", f),
				"has no effect: there are no %v pods", f)
		}
		for _, p := range pods {
			j.maskOf(p, m, name, given)
		}
	}
}

func (j *ownJudge) maskOf(p ownRange, m int, name string, given bool) {
	label := fmt.Sprintf("node ranges of /%d, the default of %s", m, name)
	if given {
		label = fmt.Sprintf("node ranges of /%d, as %s says", m, name)
	}
	switch bits := p.p.Bits(); {
	case m < bits && (given || !j.OwnAllocator):
		j.at(p, fact.RuleNodeMaskTooShort, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range of /%d or shorter, or a mask of %d or more", m, bits),
			"is smaller than one of the %s: not a single node fits", label)
	case m-bits > 16 && !j.OwnAllocator:
		// For IPv6 the allocator's bitmap ends at 16 bits; kubeadm asks for it in both families.
		sev := fact.Error
		if p.family == fact.IPv4 {
			sev = fact.Warning
		}
		j.at(p, fact.RuleNodeMaskTooFar, sev, fact.FieldInvalid, fmt.Sprintf("give a range of /%d or longer, or a mask of %d or less", m-16, bits+16),
			"is %d bits shorter than the %s: at most 16 are taken", m-bits, label)
	}
}

// sizes: how many services there may be: k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/validation/validation.go
// ValidateServiceSubnetSize, constants MinimumAddressesInServiceSubnet; validateMaxCIDRRange of kube-apiserver until 1.33.
func (j *ownJudge) sizes() {
	for _, s := range j.services {
		host := s.family.Bits() - s.p.Bits()
		switch {
		case host > maxOwn && (j.v.IsZero() || j.v.Before(fact.V(1, 34, 0))) || s.family == fact.IPv6 && host > 64:
			j.at(s, fact.RuleServiceRangeTooLarge, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range of /%d or longer", s.family.Bits()-maxOwn),
				"has 2^%d addresses, more than the 2^%d that kube-apiserver takes up to 1.33 and kubeadm in all releases", host, maxOwn)
		case host > maxOwn:
			j.at(s, fact.RuleServiceRangeTooLarge, fact.Warning, fact.FieldInvalid, fmt.Sprintf("give a range of /%d or longer", s.family.Bits()-maxOwn),
				"has 2^%d addresses: kube-apiserver takes that since 1.34, kubeadm takes 2^%d and no more", host, maxOwn)
		case host < 4:
			j.at(s, fact.RuleServiceRangeTooSmall, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range of /%d or shorter", s.family.Bits()-4),
				"has %s: kube-apiserver asks for 8, and cluster DNS takes the tenth", countAddrs(1<<host))
		}
	}
}
