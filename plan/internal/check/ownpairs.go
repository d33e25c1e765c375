package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

func countAddrs(n int) string {
	if n == 1 {
		return "one address"
	}
	return fmt.Sprintf("%d addresses", n)
}

// An ownPair is two ranges that share addresses.
type ownPair struct{ a, b ownRange }

// overlapping returns for each of as one of the widest of bs that shares addresses with it, in the order of as. A range does not overlap
// itself. Prefixes are nested or apart, so that a sweep finds all in O(n log n).
func overlapping(as, bs []ownRange) []ownPair {
	all := make([]netip.Prefix, 0, len(bs))
	at := map[netip.Prefix]ownRange{}
	for _, b := range bs {
		if _, ok := at[b.p]; !ok {
			at[b.p] = b
			all = append(all, b.p)
		}
	}
	slices.SortFunc(all, cidrorder.Compare)
	var tops []netip.Prefix // those that lie in no other, sorted
	for _, p := range all {
		if n := len(tops); n == 0 || !tops[n-1].Contains(p.Addr()) {
			tops = append(tops, p)
		}
	}
	var out []ownPair
	for _, a := range as {
		i, exact := slices.BinarySearchFunc(tops, a.p, cidrorder.Compare)
		switch {
		case exact || i < len(tops) && a.p.Contains(tops[i].Addr()):
		case i > 0 && tops[i-1].Contains(a.p.Addr()):
			i--
		default:
			continue
		}
		if b := at[tops[i]]; a.name != b.name || a.index != b.index {
			out = append(out, ownPair{a, b})
		}
	}
	return out
}

// overlaps: an address is a host's, a pod's or a service's (kubernetes.io/docs/concepts/cluster-administration/networking).
func (j *ownJudge) overlaps() {
	for _, x := range overlapping(j.pods, j.services) {
		how := "its addresses would be pods' and services' as well"
		if x.a.p.Bits() < x.b.p.Bits() {
			// k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange.
			how = "kube-controller-manager leaves those node ranges out if it is told the services, other allocators do not know of them"
		}
		j.at(x.a, fact.RulePodServiceOverlap, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range outside %v", x.b.p), "overlaps the service range %v: %s", x.b.p, how)
	}
	for _, x := range overlapping(j.pods, j.hosts) {
		j.at(x.a, fact.RuleHostPodOverlap, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range outside %v", x.b.p), "overlaps the hosts' %v", hostText(x.b))
	}
	for _, x := range overlapping(j.services, j.hosts) {
		j.at(x.a, fact.RuleHostServiceOverlap, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range outside %v", x.b.p), "overlaps the hosts' %v", hostText(x.b))
	}
}

// hostText tells an address as one.
func hostText(r ownRange) string {
	if r.p.IsSingleIP() {
		return r.p.Addr().String()
	}
	return r.p.String()
}

// reserved: ranges that something else uses, as the caller says (an invalid one is none), or as popular software does by default.
func (j *ownJudge) reserved() {
	var given []ownRange
	for i, r := range j.Reserved {
		if q := r.Prefix.Masked(); q.IsValid() {
			given = append(given, ownRange{fieldReserved, i, q, r.Prefix, fact.FamilyOf(q)})
		}
	}
	for _, x := range overlapping(slices.Concat(j.pods, j.services), given) {
		j.at(x.a, fact.RuleReservedOverlap, fact.Error, fact.FieldInvalid, fmt.Sprintf("give a range outside %v", x.b.p), "overlaps %v", j.Reserved[x.b.index])
	}
	for _, r := range slices.Concat(j.pods, j.services) {
		var uses []string
		for _, u := range LocalDefaults() {
			if u.Prefix.Overlaps(r.p) {
				uses = append(uses, fmt.Sprintf("%v of %s", u.Prefix, u.Name))
			}
		}
		if len(uses) > 0 {
			j.at(r, fact.RuleKnownRangeOverlap, fact.Info, fact.FieldInvalid, "", "overlaps what other software takes on hosts where it runs: %s", words.NameList(uses))
		}
	}
}

// dns: the address of cluster DNS is one of the services', and not the first, which is the API server's
// (k8s.io/kubernetes v1.37.2 pkg/controlplane/apiserver/options/options.go ServiceIPRange).
func (j *ownJudge) dns() {
	for i, a := range j.DNS {
		bad := func(fix, format string, args ...any) {
			j.add(fact.Finding{Rule: fact.RuleClusterDNSOutside, Severity: fact.Error, Fix: []string{fix},
				Field: fact.Field{Name: fieldDNS, Index: i, Type: fact.FieldInvalid, BadValue: a, Detail: fmt.Sprintf(format, args...)}})
		}
		if !a.IsValid() || a.Zone() != "" || a.Is4In6() {
			bad("give an address such as 10.96.0.10", "is no address of a service: it is zero, IPv4-mapped or has a zone")
			continue
		}
		if len(j.services) == 0 {
			continue
		}
		k := slices.IndexFunc(j.services, func(s ownRange) bool { return s.p.Contains(a) })
		if k < 0 {
			bad("give "+tenth(j.services, a), "lies in none of the service ranges")
			continue
		}
		p := j.services[k].p
		switch {
		case a == p.Addr(), a.Is4() && a == cidr.Last(p):
			bad("give "+tenth(j.services, a), "is the first or last address of %v, which no service gets", p)
		case a == p.Addr().Next():
			bad("give "+tenth(j.services, a), "is the second address of %v, which is that of the kubernetes service", p)
		}
	}
}

// tenth returns the customary address of cluster DNS in the service range of a's family.
func tenth(services []ownRange, a netip.Addr) string {
	for _, s := range services {
		if t, ok := cidr.Nth(s.p, 10); ok && t.Is4() == a.Is4() {
			return t.String()
		}
	}
	return "an address of the service range"
}

// capacity: as many nodes and pods as the caller says.
func (j *ownJudge) capacity() {
	for _, f := range familiesOfOwn(j.pods) {
		m, _, given := j.mask(f)
		if m < 1 || m > f.Bits() || j.OwnAllocator && !given {
			continue
		}
		nodes := 0
		var last ownRange
		for _, p := range j.pods {
			if p.family == f && m >= p.p.Bits() {
				nodes += 1 << min(m-p.p.Bits(), 30)
				last = p
			}
		}
		if last.name == "" {
			continue // reported: not a single node fits
		}
		if nodes < j.Nodes {
			j.at(last, fact.RuleClusterCIDRExhausted, fact.Error, fact.FieldInvalid, "give a wider range, or a longer node mask",
				"leaves room for %s of /%d: there are to be %d nodes", words.Plural(nodes, "node range"), m, j.Nodes)
		}
		if use := Usable(f, m); j.PodsPerNode > use {
			j.at(last, fact.RuleMaxPodsOverNodeRange, fact.Warning, fact.FieldInvalid, "give a shorter node mask, or fewer pods for each node",
				"has node ranges of /%d, each with room for %d pods: %d are to run on a node", m, use, j.PodsPerNode)
		}
	}
}

// purposes: addresses that are set aside for something else (the IANA special-purpose registries), and public ones.
func (j *ownJudge) purposes() {
	for _, r := range slices.Concat(j.pods, j.services, j.hosts) {
		switch kind := Special(r.p); {
		case kind != "":
			j.at(r, fact.RuleSpecialRange, fact.Error, fact.FieldInvalid, "give a private range", "holds addresses for another purpose: %s", kind)
		case r.name != fieldHosts && !IsPrivate(r.p) && !isShared(r.p):
			j.at(r, fact.RulePublicRange, fact.Warning, fact.FieldInvalid, "give a private range, or one that is routed to you",
				"is not private address space: its owner on the Internet cannot be reached from the cluster")
		}
	}
}

// isShared reports whether p lies in space that is nobody's on the Internet.
func isShared(p netip.Prefix) bool {
	s, ok := cidr.Special(p)
	return ok && (s.Kind == cidr.KindShared || s.Kind == cidr.KindBenchmarking || s.Kind == cidr.KindReserved || s.Kind == cidr.KindDocumentation)
}

// programs asks kube-apiserver, kube-controller-manager and kubeadm of the release: whoever takes a value that was found is named,
// and what only a release refuses is found here.
func (j *ownJudge) programs() {
	if len(j.pods)+len(j.services) < len(j.Pods)+len(j.Services) {
		return // reported, and nothing that could be put into a flag
	}
	dual := len(familiesOfOwn(j.pods)) > 1
	four, six := j.flagMask(fact.IPv4), j.flagMask(fact.IPv6)
	gates := nodeipam.Gates{"IPv6DualStack": true, "EndpointSlice": true} // bothFamilies asks for it
	c := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: joinOwn(j.pods), ServiceClusterIPRange: joinOwn(j.services), FeatureGates: gates}
	k := nodeipam.KubeadmNetworking{PodSubnet: joinOwn(j.pods), ServiceSubnet: joinOwn(j.services), FeatureGates: gates}
	switch {
	case dual:
		c.NodeCIDRMaskSizeIPv4, c.NodeCIDRMaskSizeIPv6 = four, six
	case len(j.pods) > 0 && j.pods[0].family == fact.IPv4:
		c.NodeCIDRMaskSize = four
	case len(j.pods) > 0:
		c.NodeCIDRMaskSize = six
	}
	k.ControllerManagerArgs = []nodeipam.Arg{
		{Name: "node-cidr-mask-size-ipv4", Value: fmt.Sprint(four)}, {Name: "node-cidr-mask-size-ipv6", Value: fmt.Sprint(six)},
	}
	if len(j.services) > 0 {
		a := nodeipam.APIServerFlags{ServiceClusterIPRange: joinOwn(j.services), FeatureGates: gates}
		j.refused(a.Refusals(j.v), true)
	}
	if len(j.pods) > 0 && !j.OwnAllocator {
		j.refused(c.Refusals(j.v), true)
		j.refused(k.Refusals(j.v), false)
	}
}

// flagMask returns the mask of family f, the default where the one given is no length.
func (j *ownJudge) flagMask(f fact.Family) int {
	m, _, _ := j.mask(f)
	if m >= 1 && m <= f.Bits() {
		return m
	}
	if f == fact.IPv4 {
		return 24
	}
	return 64
}

func joinOwn(rs []ownRange) string {
	ss := make([]string, len(rs))
	for i, r := range rs {
		ss[i] = r.p.String()
	}
	return strings.Join(ss, ",")
}

// refused names the program at the findings of the same rule and field, and makes one of its own where there is none and fresh is true.
func (j *ownJudge) refused(rs []nodeipam.Refusal, fresh bool) {
	for _, r := range rs {
		name, at := fieldPods, j.pods
		switch r.Field {
		case "--service-cluster-ip-range", "networking.serviceSubnet", "serviceSubnet":
			name, at = fieldServices, j.services
		}
		if len(at) == 0 {
			continue
		}
		last := at[len(at)-1]
		known := false
		for i := range j.found {
			f := &j.found[i]
			if f.Field.Name != name || f.Rule != r.Rule && (f.Severity != fact.Error || f.Rule != fact.RuleTooManyRanges) {
				continue
			}
			known = true
			if !slices.Contains(f.RefusedBy, r.Program) {
				f.RefusedBy = append(f.RefusedBy, r.Program)
			}
		}
		if known || !fresh {
			continue
		}
		v := j.v.Or(fact.NewestKubernetes())
		j.add(fact.Finding{Rule: r.Rule, Severity: fact.Error, RefusedBy: []fact.Component{r.Program}, Field: fact.Field{
			Name: name, Index: last.index, Type: fact.FieldInvalid, BadValue: last.given,
			Detail: fmt.Sprintf("is not taken by %s %v: %s", r.Program, v, r.Message),
		}})
	}
}
