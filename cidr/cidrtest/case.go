package cidrtest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A Case is a cluster, and whether its ranges may be used. It is data: nothing of it is needed to judge it but the
// ranges. The zero Case has no ranges, no name and no rule.
type Case struct {
	// Name tells the case from all others and does not change: "pods equal services". Tests are named by it.
	Name string
	// Rule is what the case is about.
	Rule Rule

	// Hosts are addresses of nodes (as /32 or /128) or their networks, in no order; none if the case does not need
	// them.
	Hosts []netip.Prefix
	// Pods are the pod ranges, of the cluster's first family first: --cluster-cidr of kube-controller-manager.
	Pods []netip.Prefix
	// Services are the service ranges in the same order: --service-cluster-ip-range of kube-apiserver.
	Services []netip.Prefix
	// NodeBits are the prefix lengths of node ranges, one for each of Pods. It is empty if the case does not depend on
	// them: then /24 and /64, the defaults, will do unless they do not fit into the pods.
	NodeBits []int

	// Valid is the verdict: true if a validator has to return nil, false if it has to return an error.
	Valid bool
	// Reason says in a sentence why.
	Reason string
	// Source is where that is known from: a document with its section, a program with its release, path and symbol.
	Source string
}

// String returns the name and the ranges of c.
func (c Case) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s [%s]", c.Name, c.Rule)
	for _, part := range []struct {
		role   string
		ranges []netip.Prefix
	}{{"hosts", c.Hosts}, {"pods", c.Pods}, {"services", c.Services}} {
		if len(part.ranges) > 0 {
			fmt.Fprintf(&b, ", %s %s", part.role, strings.Join(c.Strings(part.ranges), ","))
		}
	}
	if len(c.NodeBits) > 0 {
		fmt.Fprintf(&b, ", node bits %v", c.NodeBits)
	}
	return b.String()
}

// Strings returns the texts of ps, for validators that read text. An invalid prefix is "".
func (Case) Strings(ps []netip.Prefix) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		if p.IsValid() {
			out[i] = p.String()
		}
	}
	return out
}

// NodeBitsIPv4 returns the length of IPv4 node ranges: that of the first IPv4 pod range, or 24 if the case does not
// say.
func (c Case) NodeBitsIPv4() int { return c.nodeBits(true, 24) }

// NodeBitsIPv6 returns the length of IPv6 node ranges: that of the first IPv6 pod range, or 64 if the case does not
// say.
func (c Case) NodeBitsIPv6() int { return c.nodeBits(false, 64) }

func (c Case) nodeBits(is4 bool, otherwise int) int {
	for i, p := range c.Pods {
		if p.Addr().Is4() == is4 && i < len(c.NodeBits) {
			return c.NodeBits[i]
		}
	}
	return otherwise
}

// A Stack is the families that a cluster has. The zero Stack, "", is that of a case without valid pod and service
// ranges.
type Stack string

// The stacks.
const (
	IPv4     Stack = "ipv4"
	IPv6     Stack = "ipv6"
	IPv4IPv6 Stack = "ipv4-ipv6" // both, the first pod range is IPv4
	IPv6IPv4 Stack = "ipv6-ipv4" // both, the first pod range is IPv6
)

// Stack returns the families of c's pods and services. IPv4-mapped ranges are IPv6.
func (c Case) Stack() Stack {
	var first Stack
	var has4, has6 bool
	for _, p := range slices.Concat(c.Pods, c.Services) {
		s := IPv6
		switch {
		case !p.IsValid():
			continue
		case p.Addr().Is4():
			s, has4 = IPv4, true
		default:
			has6 = true
		}
		if first == "" {
			first = s
		}
	}
	switch {
	case has4 && has6 && first == IPv4:
		return IPv4IPv6
	case has4 && has6:
		return IPv6IPv4
	}
	return first
}

// clone returns a copy of c that shares no slice with it.
func (c Case) clone() Case {
	c.Hosts, c.Pods, c.Services = slices.Clone(c.Hosts), slices.Clone(c.Pods), slices.Clone(c.Services)
	c.NodeBits = slices.Clone(c.NodeBits)
	return c
}
