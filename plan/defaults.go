package plan

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Limits of a request's numbers. They are far above every real cluster and keep the arithmetic within an int of 32 bits.
const (
	maxCount       = 1 << 29
	maxHosts       = 1 << 30 // the default is nodes and surge together
	maxPodsPerNode = 1 << 24
	maxChurn       = 16
	maxGrow        = 16
)

// DefaultMaxPods is how many pods a kubelet takes by itself: pkg/kubelet/apis/config/v1beta1 SetDefaults_KubeletConfiguration v1.37.2.
const DefaultMaxPods = 110

// WithDefaults returns r with every zero field replaced by its default, except NodeMaskIPv4 and NodeMaskIPv6, whose
// default depends on what fits, and HostCount where Hosts serves every family. It does not check r and shares no memory
// with it.
func (r Request) WithDefaults() Request {
	set := func(p *int, d int) {
		if *p == 0 {
			*p = d
		}
	}
	if r.Name == "" {
		r.Name = "kubernetes"
	}
	perNode := cmp.Or(r.PodsPerNode, r.defaultPodsPerNode())
	set(&r.Nodes, max(10, r.heldNodes(), (r.Pods+perNode-1)/perNode))
	set(&r.PodsPerNode, max(perNode, (r.Pods+max(r.Nodes, 1)-1)/max(r.Nodes, 1)))
	set(&r.Services, 1000)
	if r.Churn == 0 {
		r.Churn = 2
	}
	r.Kubernetes = r.Kubernetes.Or(fact.NewestKubernetes())
	r.Families = r.planned()
	r = r.clone()
	for _, f := range r.Families {
		if !r.hasHosts(f) {
			set(&r.HostCount, r.Nodes+r.Surge)
		}
		if !slices.ContainsFunc(r.Within, func(p netip.Prefix) bool { return fact.FamilyOf(p) == f }) {
			r.Within = append(r.Within, r.defaultWithin(f)...)
		}
	}
	for i := range r.Avoid {
		if r.Avoid[i].Name == "" {
			r.Avoid[i].Name = r.Avoid[i].Prefix.String()
		}
	}
	return r
}

// defaultPodsPerNode returns what a kubelet takes by itself, or what the nodes of a living cluster have addresses for if that is less.
func (r *Request) defaultPodsPerNode() int {
	n := DefaultMaxPods
	for _, f := range r.planned() {
		mask := cmp.Or(r.nodeMask(f), r.heldMask(f))
		if h := f.Bits() - mask; r.lives(f) && mask > 0 && h >= 2 && h < 30 {
			n = min(n, 1<<h-nodeOverhead(f))
		}
	}
	return n
}

func (r *Request) hasHosts(f fact.Family) bool {
	return slices.ContainsFunc(r.Hosts, func(p netip.Prefix) bool { return fact.FamilyOf(p) == f }) ||
		slices.ContainsFunc(r.Pins, func(p Pin) bool { return p.Role == fact.RoleHosts && fact.FamilyOf(p.Prefix) == f })
}

// defaultWithin returns the space that a family is drawn from if the request names none.
func (r *Request) defaultWithin(f fact.Family) []netip.Prefix {
	if f == fact.IPv6 {
		return []netip.Prefix{ULA(r.Name)}
	}
	return []netip.Prefix{ // RFC 1918 section 3
		netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 8),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16}), 12),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168}), 16),
	}
}

// Check reports what does not make sense in r, whatever space there is: a *RequestError for the first field at fault,
// in the order of the fields. Zero fields stand for their defaults and are never at fault.
func (r Request) Check() error {
	number := func(field string, v, lo, hi int) error {
		switch {
		case v < lo && lo == 1:
			return &RequestError{Field: field, Value: strconv.Itoa(v), Reason: "must be 1 or more; 0 stands for the default"}
		case v < lo:
			return &RequestError{Field: field, Value: strconv.Itoa(v), Reason: "must be 0 or more"}
		case v > hi:
			return &RequestError{Field: field, Value: strconv.Itoa(v), Reason: fmt.Sprintf("must be %d or less", hi)}
		}
		return nil
	}
	positive := func(field string, v, hi int) error {
		if v == 0 {
			return nil
		}
		return number(field, v, 1, hi)
	}
	// Built one after the other, so that the first error wins.
	for _, check := range []func() error{
		func() error { return positive("nodes", r.Nodes, maxCount) },
		func() error { return positive("pods per node", r.PodsPerNode, maxPodsPerNode) },
		func() error {
			if r.Churn == 0 || r.Churn >= 1 && r.Churn <= maxChurn {
				return nil
			}
			return &RequestError{Field: "churn", Value: strconv.FormatFloat(r.Churn, 'g', -1, 64),
				Reason: "must be 1 to 16, addresses of a node's subnet for each pod; 0 stands for the default"}
		},
		func() error { return number("surge", r.Surge, 0, maxCount) },
		func() error { return positive("services", r.Services, maxCount) },
		r.checkPods,
		func() error { return r.checkPrefixes("hosts", r.Hosts) },
		func() error { return positive("host count", r.HostCount, maxHosts) },
		r.checkFamilies,
		func() error { return r.checkPrefixes("within", r.Within) },
		func() error {
			for i, a := range r.Avoid {
				if err := checkPrefix("avoid", i, a.Prefix); err != nil {
					return err
				}
			}
			return nil
		},
		r.checkPins,
		r.checkNamed,
		r.checkCloud,
		r.checkKeep,
		r.checkHeld,
		func() error { return number("grow", r.Grow, 0, maxGrow) },
		func() error { return positive("IPv4 node mask", r.NodeMaskIPv4, 30) },
		func() error { return positive("IPv6 node mask", r.NodeMaskIPv6, 126) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Request) checkFamilies() error {
	for i, f := range r.Families {
		if f != fact.IPv4 && f != fact.IPv6 {
			return &RequestError{Field: fmt.Sprintf("families[%d]", i), Value: strconv.Itoa(int(f)), Reason: "must be 4 for IPv4 or 6 for IPv6"}
		}
		if slices.Contains(r.Families[:i], f) {
			return &RequestError{Field: fmt.Sprintf("families[%d]", i), Value: f.String(), Reason: "is named twice; name each family once, the primary first"}
		}
	}
	// podCIDRs and comma lists exist since v1.16, behind the gate IPv6DualStack; node masks for each family since v1.17, and no one mask
	// serves both: cmd/kube-controller-manager/app/core.go startNodeIpamController v1.16.
	if v := r.Kubernetes.Or(fact.NewestKubernetes()); len(r.Families) == 2 && v.Before(fact.V(1, 17, 0)) {
		reason := "%v has no dual-stack"
		if !v.Before(fact.V(1, 16, 0)) {
			reason = "the dual-stack of %v has one node mask for both families"
		}
		return &RequestError{Field: "families", Value: r.Families[0].String() + "," + r.Families[1].String(),
			Reason: fmt.Sprintf(reason+"; use v1.23 or later, where it is stable, or one family", v)}
	}
	return nil
}

func (r *Request) checkPins() error { return r.checkRoles("pins", r.Pins) }

// checkRoles checks ranges of roles.
func (r *Request) checkRoles(list string, pins []Pin) error {
	type of struct {
		role   fact.Role
		family fact.Family
	}
	first := make(map[of]Pin)
	for i, p := range pins {
		field := fmt.Sprintf("%s[%d]", list, i)
		if p.Role != fact.RoleHosts && p.Role != fact.RoleServices && p.Role != fact.RolePods {
			return &RequestError{Field: field, Value: p.String(), Reason: `the role must be "hosts", "services" or "pods"`}
		}
		if err := checkPrefix(list, i, p.Prefix); err != nil {
			return err
		}
		if p.Role != fact.RoleHosts && !slices.Contains(r.planned(), fact.FamilyOf(p.Prefix)) {
			return &RequestError{Field: field, Value: p.String(),
				Reason: fmt.Sprintf("is %v, a family that the request does not plan; add it to the families, as with family: dual", fact.FamilyOf(p.Prefix))}
		}
		key := of{p.Role, fact.FamilyOf(p.Prefix)}
		if q, ok := first[key]; ok && p.Role != fact.RoleHosts && q != p {
			return &RequestError{Field: field, Value: p.String(),
				Reason: fmt.Sprintf("contradicts %v: a cluster has one %v range of %s; leave one out", q, key.family, p.Role)}
		} else if !ok {
			first[key] = p
		}
	}
	return nil
}

// checkPrefixes checks a list. One that serves other families as well is fine, one that serves only others is a mistake.
func (r *Request) checkPrefixes(field string, ps []netip.Prefix) error {
	serves := len(ps) == 0
	for i, p := range ps {
		if err := checkPrefix(field, i, p); err != nil {
			return err
		}
		serves = serves || slices.Contains(r.planned(), fact.FamilyOf(p))
	}
	if !serves {
		return &RequestError{Field: field, Value: words.JoinPrefixes(ps),
			Reason: fmt.Sprintf("%v alone, a family that the request does not plan; add it to the families, as with family: dual", fact.FamilyOf(ps[0]))}
	}
	return nil
}

// planned returns the families that r plans.
func (r *Request) planned() []fact.Family {
	if len(r.Families) == 0 {
		return []fact.Family{fact.IPv4}
	}
	return r.Families
}

// checkPrefix checks element i of a list.
func checkPrefix(list string, i int, p netip.Prefix) error {
	err := cidr.Check(p)
	if err == nil {
		return nil
	}
	e := &RequestError{Field: fmt.Sprintf("%s[%d]", list, i), Value: p.String()}
	switch {
	case errors.Is(err, cidr.ErrHostBits):
		e.Masked = p.Masked()
		e.Reason = fmt.Sprintf("has host bits set; the range is %v", e.Masked)
	case errors.Is(err, cidr.ErrMapped):
		e.Reason = "is an IPv4-mapped IPv6 prefix; write it as IPv4"
	default:
		e.Reason = "is no valid prefix; write one such as 10.0.0.0/16"
	}
	return e
}
