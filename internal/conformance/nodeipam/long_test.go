package nodeipam

import (
	"flag"
	"math/rand/v2"
	"net/netip"
	"testing"

	"go4.org/netipx"
	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam/cidrset"

	"github.com/kubecidr/kubecidr/cidr"
)

var (
	poolOperations = flag.Int("pool.operations", 200_000, "number of operations of TestPoolLong")
	poolSeed       = flag.Uint64("pool.seed", 1, "seed of TestPoolLong")
)

// TestPoolLong does very many operations on the real set and on ours, and wants the same answer to each. Ranges hold up to 65,536 subnets of
// both families; each is used until its share of the operations is done, from empty to full and back, with blocks of every length
// that lie inside, around and beside.
func TestPoolLong(t *testing.T) {
	const perRange = 20_000
	rng := rand.New(rand.NewPCG(*poolSeed, 0))
	done, ranges := 0, 0
	counts := map[string]int{}
	for done < *poolOperations {
		ranges++
		base, bits := longRange(rng)
		split, err := cidr.NewSplit(base, bits)
		if err != nil {
			t.Fatalf("NewSplit(%v, %d): %v", base, bits, err)
		}
		ours := cidr.NewPool(split)
		real, err := cidrset.NewCIDRSet(ipNet(base), bits)
		if err != nil {
			t.Fatalf("NewCIDRSet(%v, %d): %v", base, bits, err)
		}
		// How often it takes rather than gives back changes on the way, so that it is full at times, and empty at others.
		take := 0
		var held []netip.Prefix
		for i := 0; i < perRange && done < *poolOperations; i++ {
			done++
			if i%1000 == 0 {
				take = 1 + rng.IntN(9)
			}
			kind, p := "next", netip.Prefix{}
			var realErr, ourErr error
			switch {
			case rng.IntN(10) < take:
				n, err := real.AllocateNext()
				want := netip.Prefix{}
				if err == nil {
					want, _ = netipx.FromStdIPNet(n)
					held = append(held, want)
				}
				p, ourErr = ours.Next()
				realErr = err
				if p != want {
					t.Fatalf("seed %d, operation %d: %v /%d Next() = %v, want %v", *poolSeed, done, base, bits, p, want)
				}
			case rng.IntN(4) == 0:
				kind, p = "occupy", longBlock(rng, split, base, bits)
				realErr, ourErr = real.Occupy(ipNet(p)), ours.Occupy(p)
			default:
				kind = "release"
				if p = longBlock(rng, split, base, bits); len(held) > 0 && rng.IntN(5) > 0 {
					k := rng.IntN(len(held))
					p, held[k] = held[k], held[len(held)-1]
					held = held[:len(held)-1]
				}
				realErr, ourErr = real.Release(ipNet(p)), ours.Release(p)
			}
			if ourPoolError(ourErr) != realPoolError(realErr) {
				t.Fatalf("seed %d, operation %d: %v /%d %s %v: %v, want %v", *poolSeed, done, base, bits, kind, p, ourErr, realErr)
			}
			counts[kind+" "+realPoolError(realErr)]++
		}
	}
	for _, kind := range []string{"next ", "next exhausted", "occupy ", "occupy outside", "release ", "release outside"} {
		if counts[kind] == 0 && done >= 10*perRange {
			t.Errorf("no operation %q among %v", kind, counts)
		}
	}
	t.Logf("%d operations on %d ranges, all answers the same: %v", done, ranges, counts)
}

// longRange draws a range and a subnet length: mostly small ones, which are full soon.
func longRange(rng *rand.Rand) (netip.Prefix, int) {
	diff := rng.IntN(9)
	if rng.IntN(4) == 0 {
		diff = 9 + rng.IntN(8)
	}
	if rng.IntN(2) == 0 {
		bits := diff + rng.IntN(129-diff)
		var b [16]byte
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		b[0] |= 0x20 // never IPv4-mapped
		p, _ := netip.AddrFrom16(b).Prefix(bits - diff)
		return p, bits
	}
	bits := max(diff, 1) + rng.IntN(33-max(diff, 1))
	v := rng.Uint32()
	p, _ := netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).Prefix(bits - diff)
	return p, bits
}

// longBlock draws a block inside base, mostly, around it or beside it.
func longBlock(rng *rand.Rand, split cidr.Split, base netip.Prefix, bits int) netip.Prefix {
	switch rng.IntN(20) {
	case 0:
		if rng.IntN(2) == 0 {
			return netip.MustParsePrefix("2001:db8::/48")
		}
		return netip.MustParsePrefix("192.0.2.0/24")
	case 1:
		p, _ := base.Addr().Prefix(rng.IntN(base.Bits() + 1))
		return p
	}
	one := split.At(rng.Uint64N(split.Len()))
	n := bits
	if rng.IntN(3) == 0 {
		n = base.Bits() + rng.IntN(base.Addr().BitLen()-base.Bits()+1)
	}
	p, _ := one.Addr().Prefix(n)
	return p
}
