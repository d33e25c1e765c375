package plan

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Plan assigns a range to each role and family, so that none overlaps another or anything that the request avoids.
// Plans are made by [New]; the zero Plan is empty. Its fields are for reading.
type Plan struct {
	Request  Request       // with its defaults filled in, see [Request.WithDefaults]
	Families []fact.Family // primary first
	Ranges   []Range       // hosts, services, pods, then those of Request.Named; within a role primary family first. Hosts can have several of a family.

	NodeMaskIPv4 int // prefix length of a node's IPv4 subnet, 0 without IPv4
	NodeMaskIPv6 int // prefix length of a node's IPv6 subnet, 0 without IPv6

	APIServerServiceIPs []netip.Addr // address 1 of each service range: the service "kubernetes"
	// DNSServiceIPs holds address 10 of each service range, primary family first: cluster DNS, as kubeadm chooses it
	// (cmd/kubeadm/app/constants GetDNSIP, v1.37.2). A range of fewer than 11 addresses has none and is left out.
	DNSServiceIPs []netip.Addr

	Warnings []fact.Finding // what is legal and may surprise, in a fixed order
}

// A Range is the range of one role in one family. The zero value is no range; its Prefix is invalid.
type Range struct {
	Role   fact.Role // RoleHosts, RoleServices, RolePods, or the name of a Named
	Prefix netip.Prefix
	Given  bool         // fixed by the request (hosts, a pin, or kept as it is), not chosen
	Kept   netip.Prefix // the range of a living cluster that Prefix contains, see [Request.Keep]; invalid where there is none
	Grow   netip.Prefix // the range together with the neighbours that are kept free for it; equals Prefix where none are
	Needs  int          // prefix length of the smallest range that serves the request; Prefix is as large or larger
	Sizing string       // the arithmetic behind Needs: "1000 services + 2 of the cluster + base and broadcast address = 1004, in a /22"
	Why    string       // why this one: rule, what was passed over
}

// Family returns the family of r.
func (r Range) Family() fact.Family { return fact.FamilyOf(r.Prefix) }

// Hosts returns the hosts' ranges, primary family first.
func (p *Plan) Hosts() []netip.Prefix { return p.prefixes(fact.RoleHosts) }

// Services returns the service ranges, one for each family, primary first.
func (p *Plan) Services() []netip.Prefix { return p.prefixes(fact.RoleServices) }

// Pods returns the pod ranges of the cluster, one for each family, primary first.
func (p *Plan) Pods() []netip.Prefix { return p.prefixes(fact.RolePods) }

func (p *Plan) prefixes(role fact.Role) []netip.Prefix {
	var ps []netip.Prefix
	for _, r := range p.Ranges {
		if r.Role == role {
			ps = append(ps, r.Prefix)
		}
	}
	return ps
}

// Range returns the range of a role in a family, the first where hosts have several.
// ok is false if the plan has none.
func (p *Plan) Range(role fact.Role, f fact.Family) (r Range, ok bool) {
	for _, r := range p.Ranges {
		if r.Role == role && r.Family() == f {
			return r, true
		}
	}
	return Range{}, false
}

// NodeMask returns the prefix length of a node's subnet in family f, 0 if the plan does not have the family.
func (p *Plan) NodeMask(f fact.Family) int {
	switch f {
	case fact.IPv4:
		return p.NodeMaskIPv4
	case fact.IPv6:
		return p.NodeMaskIPv6
	}
	return 0
}

// Pins returns the ranges of p as pins, those with names left out. [Plan.Pinned] gives the whole request with them.
func (p *Plan) Pins() []Pin {
	pins := make([]Pin, 0, len(p.Ranges))
	for _, r := range p.Ranges {
		if !isNamed(r.Role) {
			pins = append(pins, Pin{r.Role, r.Prefix})
		}
	}
	return pins
}

// Pinned returns the request of p with every range pinned and the node masks fixed: what is planned from it, after adding to
// it, keeps everything where it is. It shares no memory with p.
func (p *Plan) Pinned() Request {
	r := p.Request.clone()
	r.Hosts, r.Keep, r.Pins, r.Named = nil, nil, p.Pins(), p.pinnedNamed()
	r.NodeMaskIPv4, r.NodeMaskIPv6 = p.NodeMaskIPv4, p.NodeMaskIPv6
	return r
}
