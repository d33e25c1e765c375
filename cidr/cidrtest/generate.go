package cidrtest

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
)

// Generate returns n cases for validators, the same ones for the same seed: clusters of all stacks that work, and every
// other one with a fault of [RulePodsServices], [RuleServicesInPods], [RuleHostsPods], [RuleHostsServices],
// [RuleNodeBits], [RuleNodeCount] or [RuleServiceSize] in one of its families. The names begin with "generated".
func Generate(seed uint64, n int) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		g := &generator{rand.New(rand.NewPCG(seed, 0))}
		for i := range n {
			c := g.sound()
			if i%2 == 1 {
				g.spoil(&c)
			}
			c.Name = fmt.Sprintf("generated %d of %d, %s", i, seed, c.Name)
			if !yield(c) {
				return
			}
		}
	}
}

type generator struct{ *rand.Rand }

// sound returns a case that breaks no rule.
func (g *generator) sound() Case {
	c := Case{Name: "sound", Rule: RuleCommon, Valid: true, Reason: "no two of its ranges meet, and all are of the right size",
		Source: "made that way"}
	stack := [][]bool{{true}, {true}, {false}, {true, false}, {false, true}}[g.IntN(5)]
	for _, is4 := range stack {
		var taken []netip.Prefix
		place := func(bits int) netip.Prefix { // free private space, found by trying
			for {
				p := netip.PrefixFrom(g.private(is4), bits).Masked()
				if !overlapsAny(p, taken) {
					taken = append(taken, p)
					return p
				}
			}
		}
		if is4 {
			pods := 12 + g.IntN(9) // to /20
			c.Pods = append(c.Pods, place(pods))
			c.NodeBits = append(c.NodeBits, min(pods+1+g.IntN(12), 28))
			c.Services = append(c.Services, place(13+g.IntN(14)))
			c.Hosts = append(c.Hosts, place(20+g.IntN(9)), place(32))
			continue
		}
		pods := 44 + g.IntN(60)
		c.Pods = append(c.Pods, place(pods))
		c.NodeBits = append(c.NodeBits, min(pods+1+g.IntN(16), 124))
		c.Services = append(c.Services, place(108+g.IntN(17)))
		c.Hosts = append(c.Hosts, place(64), place(128))
	}
	return c
}

// private returns an address of 10.0.0.0/8, or of fd00:0:0:0::/56 and the like, where ranges of a cluster meet by
// chance.
func (g *generator) private(is4 bool) netip.Addr {
	u := g.Uint64()
	if is4 {
		return netip.AddrFrom4([4]byte{10, byte(u), byte(u >> 8), byte(u >> 16)})
	}
	a := [16]byte{0xfd, byte(u) & 7, byte(u >> 8)}
	u = g.Uint64()
	for i := range 8 {
		a[8+i] = byte(u >> (8 * i))
	}
	a[4], a[5], a[6], a[7] = byte(g.IntN(4)), byte(g.IntN(256)), byte(g.IntN(256)), byte(g.IntN(256))
	return netip.AddrFrom16(a)
}

func overlapsAny(p netip.Prefix, qs []netip.Prefix) bool {
	for _, q := range qs {
		if p.Overlaps(q) {
			return true
		}
	}
	return false
}

// spoil plants a fault into one family of c.
func (g *generator) spoil(c *Case) {
	c.Valid = false
	i := g.IntN(len(c.Pods))
	pods, services := &c.Pods[i], &c.Services[i]
	full := pods.Addr().BitLen()
	switch g.IntN(7) {
	case 0:
		c.Name, c.Rule, c.Reason = "pods inside services", RulePodsServices, "the addresses of pods are services"
		*pods = g.inside(*services, full)
		c.NodeBits[i] = min(pods.Bits()+1, full)
	case 1:
		c.Name, c.Rule, c.Reason = "services inside pods", RuleServicesInPods, "the addresses of services are pods"
		*services = g.within(*pods, max(pods.Bits()+1, full-20), full-4)
	case 2:
		c.Name, c.Rule, c.Reason = "a host inside pods", RuleHostsPods, "its address is a pod's"
		c.Hosts[2*i+1] = g.within(*pods, full, full)
	case 3:
		c.Name, c.Rule, c.Reason = "a host inside services", RuleHostsServices, "its address is a service's"
		c.Hosts[2*i+1] = g.within(*services, full, full)
	case 4:
		c.Name, c.Rule, c.Reason = "node ranges larger than pods", RuleNodeBits, "none fits"
		c.NodeBits[i] = 1 + g.IntN(pods.Bits()-1)
	case 5:
		if full == 32 {
			c.Name, c.Rule, c.Reason = "node bits beyond the address", RuleNodeBits, "an address has 32 bits"
			c.NodeBits[i] = 33 + g.IntN(100)
			return
		}
		c.Name, c.Rule, c.Reason = "too many node ranges", RuleNodeCount, "an IPv6 range holds at most 2^16"
		c.NodeBits[i] = pods.Bits() + 17 + g.IntN(128-pods.Bits()-16)
	default:
		c.Name, c.Rule, c.Reason = "services too small", RuleServiceSize, "at least 10 addresses are needed"
		*services = netip.PrefixFrom(services.Addr(), full-g.IntN(3))
	}
}

// inside returns a range in p that is longer by 1 to 8 bits, at most full long.
func (g *generator) inside(p netip.Prefix, full int) netip.Prefix {
	return g.within(p, min(p.Bits()+1, full), min(p.Bits()+8, full))
}

// within returns a range in p of a length from least to most, both at least that of p.
func (g *generator) within(p netip.Prefix, least, most int) netip.Prefix {
	b := p.Addr().AsSlice()
	for i := range b {
		b[i] |= byte(g.IntN(256))
	}
	bits := least + g.IntN(max(most-least, 0)+1)
	random, _ := netip.AddrFromSlice(b)
	// The first p.Bits() bits are those of p, the others are random.
	x, y := p.Addr().AsSlice(), random.AsSlice()
	for i := range x {
		keep := min(max(p.Bits()-8*i, 0), 8)
		mask := byte(0xff << (8 - keep))
		y[i] = x[i]&mask | y[i]&^mask
	}
	a, _ := netip.AddrFromSlice(y)
	return netip.PrefixFrom(a, bits).Masked()
}
