package plan

import (
	"math/big"
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Count is an exact number of addresses or subnets, 2^Exp - Minus, which may be more than an integer type holds: an
// IPv6 /48 has 2^80 addresses.
// Exp is 0 to 128 and Minus at most 2^Exp. The zero Count is 1.
type Count struct {
	Exp   int
	Minus uint64
}

// Big returns the number.
func (c Count) Big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(min(max(c.Exp, 0), 128)))
	return n.Sub(n, new(big.Int).SetUint64(c.Minus))
}

// Uint64 returns the number, and false if it does not fit.
func (c Count) Uint64() (n uint64, ok bool) {
	b := c.Big()
	if !b.IsUint64() {
		return 0, false
	}
	return b.Uint64(), true
}

// AtLeast reports whether the number is n or more.
func (c Count) AtLeast(n uint64) bool { return c.Big().Cmp(new(big.Int).SetUint64(n)) >= 0 }

// String returns the number in decimal digits, and from 2^40 on as a power: "253", "2^64 - 2".
func (c Count) String() string {
	if c.Exp < 40 {
		return c.Big().String()
	}
	s := "2^" + big.NewInt(int64(c.Exp)).String()
	if c.Minus > 0 {
		s += " - " + new(big.Int).SetUint64(c.Minus).String()
	}
	return s
}

// MarshalJSON returns the number in decimal digits, exact, however large it is.
func (c Count) MarshalJSON() ([]byte, error) { return []byte(c.Big().String()), nil }

// Capacity says how much a plan holds and how much of that the request leaves over. The zero value holds nothing.
type Capacity struct {
	Nodes     uint64 // nodes that get a subnet of every family: the smallest NodeSubnets
	NodesLeft uint64 // beyond those of the request, surge included
	Families  []FamilyCapacity
}

// FamilyCapacity is the capacity of a plan in one family. The zero value belongs to no family and holds nothing; its
// ServicesLeft is nil.
type FamilyCapacity struct {
	Family fact.Family

	NodeSubnets uint64 // node subnets in the pod range
	NodesLeft   uint64 // NodeSubnets without the request's nodes and surge
	NodeMask    int
	// PodsPerNode is how many pods have an address in one node's subnet at the same time: all its addresses without the
	// network's, the bridge's and, for IPv4, the broadcast address.
	PodsPerNode Count

	Services     Count    // services that have an address: all but base and broadcast address, at most 65,535 IPv6 ones before v1.33
	ServicesLeft *big.Int // Services without the request's and the two of the cluster itself, kubernetes and DNS; never negative
	StaticBand   int      // addresses at the start of the service range that are handed out last, 0 if there is no band (KEP-3070)

	Hosts     *big.Int // host addresses in all host ranges together: without network, broadcast and gateway address of each
	HostsLeft *big.Int // Hosts without HostCount, or without nodes and surge if it is 0; negative if hosts were given that do not suffice

	Growth []Growth // for hosts, services and pods, in the order of the plan's ranges
}

// Capacity returns how much p holds and how much of that its request leaves over.
func (p *Plan) Capacity() Capacity {
	var c Capacity
	for i, f := range p.Families {
		fc := p.FamilyCapacity(f)
		c.Families = append(c.Families, fc)
		if i == 0 || fc.NodeSubnets < c.Nodes {
			c.Nodes, c.NodesLeft = fc.NodeSubnets, fc.NodesLeft
		}
	}
	return c
}

// FamilyCapacity returns the capacity of p in family f, without ranges for a family that p does not have.
func (p *Plan) FamilyCapacity(f fact.Family) FamilyCapacity {
	c := FamilyCapacity{Family: f, NodeMask: p.NodeMask(f), ServicesLeft: new(big.Int), HostsLeft: new(big.Int)}
	if r, ok := p.Range(fact.RolePods, f); ok {
		if d := c.NodeMask - r.Prefix.Bits(); d >= 0 {
			c.NodeSubnets = 1 << d // 0 for what a uint64 cannot count
		}
		if n := uint64(p.Request.Nodes + p.Request.Surge); c.NodeSubnets > n {
			c.NodesLeft = c.NodeSubnets - n
		}
		c.PodsPerNode = Count{f.Bits() - c.NodeMask, uint64(nodeOverhead(f))}
	}
	if r, ok := p.Range(fact.RoleServices, f); ok {
		c.Services = Count{f.Bits() - r.Prefix.Bits(), serviceEdges(f)}
		if servicesLimited(f, p.Request.Kubernetes) {
			c.Services.Exp = min(c.Services.Exp, maxServiceBitsIPv6)
		}
		c.ServicesLeft.Sub(c.Services.Big(), big.NewInt(int64(p.Request.Services+ownServices)))
		if c.ServicesLeft.Sign() < 0 {
			c.ServicesLeft.SetInt64(0)
		}
		c.StaticBand = p.staticBand(r.Prefix)
	}
	hosts := new(big.Int)
	for _, r := range p.Ranges {
		if r.Role == fact.RoleHosts && r.Family() == f {
			hosts.Add(hosts, p.HostsIn(r).Big())
		}
	}
	c.Hosts = hosts
	want := p.Request.HostCount
	if want == 0 {
		want = p.Request.Nodes + p.Request.Surge
	}
	c.HostsLeft.Sub(hosts, big.NewInt(int64(want)))
	near := newNeighbourhood(p)
	for _, r := range p.Ranges {
		if r.Family() == f {
			c.Growth = append(c.Growth, near.growth(r))
		}
	}
	return c
}

// serviceEdges is how many addresses of a service range no service gets: the base and, for IPv4, the broadcast address.
// pkg/registry/core/service/ipallocator v1.37.2.
func serviceEdges(f fact.Family) uint64 {
	if f == fact.IPv4 {
		return 2
	}
	return 1
}

// HostCount returns how many hosts p has addresses for: all without network, gateway and broadcast address. A range of
// one or two addresses (RFC 3021 links, single hosts) is taken as it is.
func HostCount(p netip.Prefix) Count {
	c := Count{Exp: p.Addr().BitLen() - p.Bits()}
	if c.Exp >= 2 {
		c.Minus = serviceEdges(fact.FamilyOf(p)) + 1
	}
	return c
}

// staticBand returns how many addresses at the start of the service range q are handed out last in the release of p. None do before
// v1.25: the gate ServiceIPStaticSubrange is off in v1.24, on from v1.25 and for good from v1.26 (pkg/features/kube_features.go).
func (p *Plan) staticBand(q netip.Prefix) int {
	if p.Request.Kubernetes.Or(fact.NewestKubernetes()).Before(fact.V(1, 25, 0)) {
		return 0
	}
	return staticBand(cidr.HostBits(q))
}

// staticBand returns how many addresses at the start of a service range with hostBits bits are handed out last:
// none up to 16 addresses, otherwise a sixteenth of the range, at least 16 and at most 256.
// KEP-3070; pkg/registry/core/service/ipallocator calculateRangeOffset v1.37.2.
func staticBand(hostBits int) int {
	switch {
	case hostBits <= 4:
		return 0
	case hostBits >= 12:
		return 256
	}
	return max(16, 1<<(hostBits-4))
}
