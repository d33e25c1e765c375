package cidrtest

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// AllocatorCases returns the listed cases for allocators, in an order that does not change. The caller owns what it is
// given.
func AllocatorCases() iter.Seq[AllocatorCase] {
	return func(yield func(AllocatorCase) bool) {
		for _, rows := range [...][]allocatorRow{drainRows(), changeRows(), blockRows(), newRows()} {
			for _, r := range rows {
				if !yield(r.toCase()) {
					return
				}
			}
		}
	}
}

// An allocatorRow is an AllocatorCase as one writes it. Steps are separated by semicolons: "next 3", "next all",
// "occupy PREFIX".
type allocatorRow struct {
	name           string
	rule           Rule
	cluster        string
	bits           int
	steps          string
	reason, source string
}

func (r allocatorRow) toCase() AllocatorCase {
	cluster, _ := netip.ParsePrefix(r.cluster)
	c := AllocatorCase{Name: r.name, Rule: r.rule, Cluster: cluster, NodeBits: r.bits, Reason: r.reason, Source: r.source}
	for text := range strings.SplitSeq(r.steps, "; ") {
		op, arg, _ := strings.Cut(text, " ")
		s := Step{Op: Op(op)}
		switch {
		case text == "refused":
			c.Refused = true
			continue
		case text == "may be refused":
			c.MayRefuse = true
			continue
		case arg == "all":
			s.Count = -1
		case s.Op == Next:
			_, _ = fmt.Sscan(arg, &s.Count)
		case s.Op == "":
			continue
		default:
			s.Prefix, _ = netip.ParsePrefix(arg)
		}
		c.Steps = append(c.Steps, s)
	}
	return c
}

const (
	srcSet     = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset CidrSet"
	srcRestart = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go NewCIDRRangeAllocator"
)

func drainRows() []allocatorRow {
	const each = "every range comes once"
	return []allocatorRow{
		{"sixteen ranges", RuleFull, "10.244.0.0/20", 24, "next all", each, srcSet},
		{"256 ranges", RuleFull, "10.244.0.0/16", 24, "next all", each, srcSet},
		{"4,096 ranges, IPv6", RuleFull, "fd00:10:244::/52", 64, "next all", each, srcSet},
		{"one range", RuleFull, "10.244.3.0/24", 24, "next all", "the range is the cluster's", srcSet},
		{"two ranges", RuleFull, "10.244.2.0/23", 24, "next all", each, srcSet},
		{"single addresses", RuleFull, "10.244.3.240/28", 32, "next all", "ranges of one address", srcSet},
		{"single addresses, IPv6", RuleFull, "fd00::f0/124", 128, "next all", "ranges of one address", srcSet},
		{"the first addresses of IPv4", RuleBlocks, "0.0.0.0/4", 8, "next all", "the start of the address space",
			srcSet},
		{"the last addresses of IPv4", RuleBlocks, "255.255.240.0/20", 24, "next all",
			"no address follows the last one", srcSet},
		{"the last addresses of IPv6", RuleBlocks, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120", 124, "next all",
			"no address follows the last one", srcSet},
		{"ranges within a byte", RuleBlocks, "10.244.5.0/24", 27, "next all", "lengths that are no multiple of 8",
			srcSet},
		{"ranges across a byte", RuleBlocks, "10.244.8.0/21", 27, "next all", "lengths that are no multiple of 8",
			srcSet},
		{"ranges across the words of an address", RuleBlocks, "fd00:10:244:a0::/60", 68, "next all",
			"bits on both sides of bit 64", srcSet},
		{"ranges behind the first word", RuleBlocks, "fd00:10:244:a:b000::/72", 80, "next all",
			"all bits behind bit 64", srcSet},
		{"the second half of a byte", RuleBlocks, "172.16.128.0/17", 20, "next all",
			"the range does not begin at a byte", srcSet},
	}
}

func changeRows() []allocatorRow {
	const back = "what is given back is all that is free"
	const once = "it is free once, however often it was given back"
	return []allocatorRow{
		{"a released range", RuleReleased, "10.244.0.0/20", 24, "next all; release 10.244.7.0/24; next 1", back,
			srcSet},
		{"the first range released", RuleReleased, "10.244.0.0/20", 24, "next all; release 10.244.0.0/24; next 1",
			back, srcSet},
		{"the last range released", RuleReleased, "10.244.0.0/20", 24, "next all; release 10.244.15.0/24; next 1",
			back, srcSet},
		{"a released range, IPv6", RuleReleased, "fd00:10:244:a0::/60", 68,
			"next all; release fd00:10:244:a3:7000::/68; next 1", back, srcSet},
		{"released between", RuleReleased, "10.244.0.0/20", 24,
			"occupy 10.244.0.0/24; next 3; release 10.244.0.0/24; next all", back, srcSet},
		{"halves released", RuleReleased, "10.244.0.0/20", 24,
			"next all; release 10.244.4.0/24; release 10.244.5.0/24; next 2", "two ranges, not a larger one", srcSet},
		{"neighbours released that are no halves", RuleReleased, "10.244.0.0/20", 24,
			"next all; release 10.244.1.0/24; release 10.244.2.0/24; next 2",
			"10.244.1.0/23 is no prefix: they cannot be joined", srcSet},
		{"every other range released", RuleReleased, "10.244.0.0/21", 24,
			"next all; release 10.244.0.0/24; release 10.244.2.0/24; release 10.244.4.0/24; release 10.244.6.0/24; next 4",
			back, srcSet},
		{"all released", RuleReleased, "10.244.0.0/22", 24,
			"next all; release 10.244.3.0/24; release 10.244.1.0/24; release 10.244.0.0/24; release 10.244.2.0/24; next all",
			back, srcSet},
		{"released twice", RuleReleasedTwice, "10.244.0.0/20", 24,
			"next all; release 10.244.7.0/24; release 10.244.7.0/24; next 1", once, srcSet},
		{"released, taken, released again", RuleReleasedTwice, "10.244.0.0/20", 24,
			"next all; release 10.244.7.0/24; next 1; release 10.244.7.0/24; next 1", "each time it was in use",
			srcSet},
		{"released before anything was taken", RuleReleasedTwice, "10.244.0.0/20", 24,
			"release 10.244.7.0/24; next all", once, srcSet},
		{"two released twice", RuleReleasedTwice, "10.244.0.0/20", 24,
			"next all; release 10.244.7.0/24; release 10.244.10.0/24; release 10.244.7.0/24; release 10.244.10.0/24; next all",
			once, srcSet},
		{"an occupied range", RuleOccupied, "10.244.0.0/20", 24, "occupy 10.244.0.0/24; next all",
			"a node of before the restart has it", srcRestart},
		{"the last range occupied", RuleOccupied, "10.244.0.0/20", 24, "occupy 10.244.15.0/24; next all",
			"a node has it", srcRestart},
		{"all occupied", RuleOccupied, "10.244.0.0/22", 24,
			"occupy 10.244.0.0/24; occupy 10.244.1.0/24; occupy 10.244.2.0/24; occupy 10.244.3.0/24; next all",
			"nothing is left", srcRestart},
		{"occupied twice", RuleOccupied, "10.244.0.0/20", 24, "occupy 10.244.5.0/24; occupy 10.244.5.0/24; next all",
			"it counts once: fifteen are left", srcSet},
		{"occupied twice, released once", RuleOccupied, "10.244.0.0/22", 24,
			"occupy 10.244.1.0/24; occupy 10.244.1.0/24; release 10.244.1.0/24; next all",
			"it is free: nobody counts users", srcSet},
		{"occupied behind what was handed out", RuleOccupied, "10.244.0.0/20", 24,
			"next 3; occupy 10.244.3.0/24; occupy 10.244.4.0/24; next all", "a node has it", srcRestart},
		{"occupied, IPv6", RuleOccupied, "fd00:10:244:a0::/60", 64,
			"occupy fd00:10:244:a0::/64; occupy fd00:10:244:af::/64; next all", "nodes have them", srcRestart},
	}
}

func blockRows() []allocatorRow {
	const whole = "every range in it counts"
	const nothing = "it has nothing to do with the cluster"
	return []allocatorRow{
		{"a larger block occupied", RuleLarger, "10.244.0.0/20", 24, "occupy 10.244.4.0/22; next all", whole, srcSet},
		{"a larger block occupied in part before", RuleLarger, "10.244.0.0/20", 24,
			"occupy 10.244.5.0/24; occupy 10.244.4.0/22; next all", whole, srcSet},
		{"the cluster occupied", RuleLarger, "10.244.0.0/20", 24, "occupy 10.244.0.0/20; next 1", "nothing is left",
			srcSet},
		{"more than the cluster occupied", RuleLarger, "10.244.0.0/20", 24, "occupy 10.0.0.0/8; next 1",
			"nothing is left, or it is refused", srcSet},
		{"a larger block released", RuleLarger, "10.244.0.0/20", 24, "next all; release 10.244.8.0/22; next 4", whole,
			srcSet},
		{"an address occupied", RuleSmaller, "10.244.0.0/20", 24, "occupy 10.244.0.77/32; next all",
			"the range around it would be given to a node", srcSet},
		{"a quarter of a range occupied", RuleSmaller, "10.244.0.0/20", 24, "occupy 10.244.0.0/26; next all",
			"a free rest of three quarters is no range, and what follows it is not aligned", srcSet},
		{"the end of a range occupied", RuleSmaller, "10.244.0.0/20", 24, "occupy 10.244.3.192/26; next all",
			"the range around it would be given to a node", srcSet},
		{"an address occupied, IPv6", RuleSmaller, "fd00:10:244:a0::/60", 64, "occupy fd00:10:244:a0::1/128; next all",
			"the range around it would be given to a node", srcSet},
		{"occupied right before the cluster", RuleOutside, "10.244.0.0/20", 24, "occupy 10.243.255.0/24; next all",
			nothing, srcSet},
		{"occupied right behind the cluster", RuleOutside, "10.244.0.0/20", 24, "occupy 10.244.16.0/24; next all",
			nothing, srcSet},
		{"released outside", RuleOutside, "10.244.0.0/20", 24,
			"next all; release 10.244.16.0/24; release 10.243.255.0/24", nothing, srcSet},
		{"another family occupied", RuleOutside, "10.244.0.0/20", 24, "occupy fd00::/64; next all", nothing, srcSet},
		{"the same bits of another family occupied", RuleOutside, "10.244.0.0/20", 24, "occupy af4::/24; next all",
			nothing, srcSet},
		{"an invalid block occupied", RuleOutside, "10.244.0.0/20", 24, "occupy invalid; release invalid; next all",
			nothing, srcSet},
	}
}

func newRows() []allocatorRow {
	return []allocatorRow{
		{"ranges larger than the cluster", RuleNew, "10.244.0.0/25", 24, "refused", "there is none", srcNodeIPAM},
		{"ranges larger than the cluster, IPv6", RuleNew, "fd00::/65", 64, "refused", "there is none", srcNodeIPAM},
		{"ranges longer than IPv4", RuleNew, "10.244.0.0/20", 33, "refused", "an address has 32 bits", srcAllocator},
		{"ranges longer than IPv6", RuleNew, "fd00::/120", 129, "refused", "an address has 128 bits", srcAllocator},
		{"ranges of a negative length", RuleNew, "10.244.0.0/20", -1, "refused", "there is no such length",
			srcAllocator},
		{"an invalid cluster range", RuleNew, "invalid", 24, "refused", "there is nothing to hand out", srcAllocator},
		{"a cluster range with host bits", RuleNew, "10.244.1.0/22", 24, "may be refused; next all",
			"if it is taken it is 10.244.0.0/22", srcAllocator},
		{"a cluster range with host bits within a range", RuleNew, "10.244.0.9/22", 24, "may be refused; next all",
			"if it is taken it is 10.244.0.0/22", srcAllocator},
		{"an IPv4-mapped cluster range", RuleNew, "::ffff:10.244.0.0/116", 120, "may be refused; next all",
			"if it is taken its ranges lie in it", srcAllocator},
		{"2^40 ranges", RuleNew, "fd00::/24", 64, "may be refused; next 3; occupy fd00:0:0:3::/64; next 100",
			"Kubernetes refuses more than 2^16", srcAllocator},
	}
}

// GenerateAllocator returns n cases for allocators, the same ones for the same seed: small cluster ranges of both
// families, on which ranges and blocks are handed out, occupied and released at random. The names begin with
// "generated".
func GenerateAllocator(seed uint64, n int) iter.Seq[AllocatorCase] {
	return func(yield func(AllocatorCase) bool) {
		g := &generator{rand.New(rand.NewPCG(seed, 1))}
		for i := range n {
			is4 := g.IntN(2) == 0
			full := 128
			if is4 {
				full = 32
			}
			bits := 8 + g.IntN(full-7) // of ranges
			size := 1 + g.IntN(6)
			c := AllocatorCase{
				Name: fmt.Sprintf("generated %d of %d", i, seed), Rule: RuleOccupied,
				Cluster: netip.PrefixFrom(g.private(is4), bits-size).Masked(), NodeBits: bits,
				Reason: "a map of what is in use says otherwise", Source: "made that way",
			}
			for range 1 + g.IntN(30) {
				p := g.within(c.Cluster, bits-g.IntN(min(size, 2)), bits)
				c.Steps = append(c.Steps, [...]Step{
					{Op: Next, Count: 1 + g.IntN(5)}, {Op: Occupy, Prefix: p}, {Op: Release, Prefix: p}, {Op: Release, Prefix: p},
				}[g.IntN(4)])
			}
			if !yield(c) {
				return
			}
		}
	}
}
