package peers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	cidr3 "github.com/3th1nk/cidr"
	gocidr "github.com/apparentlymart/go-cidr/cidr"
	cilium "github.com/cilium/cilium/pkg/ipam/cidrset"
	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
	kubernetes "k8s.io/kubernetes/pkg/controller/nodeipam/ipam/cidrset"
)

// splitPeers divide a prefix into 65,536 subnets and call f with each.
var splitPeers = []struct {
	name  string
	split func(tb testing.TB, prefix netip.Prefix, bits int, f func(i int, first netip.Addr, ones int))
}{
	{"kubecidr", func(tb testing.TB, prefix netip.Prefix, bits int, f func(int, netip.Addr, int)) {
		s, err := cidr.NewSplit(prefix, bits)
		must(tb, err)
		i := 0
		for p := range s.All() {
			f(i, p.Addr(), p.Bits())
			i++
		}
	}},
	{"netip+netipx", func(tb testing.TB, prefix netip.Prefix, bits int, f func(int, netip.Addr, int)) {
		p := netip.PrefixFrom(prefix.Addr(), bits)
		for i := range 1 << (bits - prefix.Bits()) {
			f(i, p.Addr(), p.Bits())
			p = netip.PrefixFrom(netipx.PrefixLastIP(p).Next(), bits)
		}
	}},
	{"go-cidr", func(tb testing.TB, prefix netip.Prefix, bits int, f func(int, netip.Addr, int)) {
		base := netipx.PrefixIPNet(prefix)
		for i := range 1 << (bits - prefix.Bits()) {
			n, err := gocidr.Subnet(base, bits-prefix.Bits(), i)
			if err != nil {
				tb.Fatal(err)
			}
			a, _ := netip.AddrFromSlice(n.IP)
			ones, _ := n.Mask.Size()
			f(i, a, ones)
		}
	}},
	{"3th1nk-cidr", func(tb testing.TB, prefix netip.Prefix, bits int, f func(int, netip.Addr, int)) {
		c, err := cidr3.Parse(prefix.String())
		must(tb, err)
		all, err := c.SubNetting(cidr3.MethodSubnetMask, bits)
		must(tb, err)
		for i, n := range all {
			a, _ := netip.AddrFromSlice(n.IP()) // IPv4 in the 16 bytes of net.IP
			ones, _ := n.Mask().Size()
			f(i, a.Unmap(), ones)
		}
	}},
}

func TestSplits(t *testing.T) {
	for _, fam := range families {
		s := mustSplit(t, fam.prefix, fam.bits)
		for _, peer := range splitPeers {
			n := 0
			peer.split(t, s.Prefix(), fam.bits, func(i int, a netip.Addr, ones int) {
				n++
				if got := netip.PrefixFrom(a, ones); got != s.At(uint64(i)) {
					t.Fatalf("%s: subnet %d is %v, want %v", peer.name, i, got, s.At(uint64(i)))
				}
			})
			if n != 65536 {
				t.Errorf("%s: %d subnets", peer.name, n)
			}
		}
	}
}

func BenchmarkSplit65536(b *testing.B) {
	for _, fam := range families {
		for _, peer := range splitPeers {
			b.Run(fmt.Sprintf("%s/peer=%s", fam.name, peer.name), func(b *testing.B) {
				prefix := netip.MustParsePrefix(fam.prefix)
				loop(b, func() {
					n := 0
					peer.split(b, prefix, fam.bits, func(_ int, _ netip.Addr, ones int) { n += ones })
					if n != 65536*fam.bits {
						b.Fatal(n)
					}
				})
			})
		}
	}
}

// cutPeers cut 4,096 /24s out of 10.0.0.0/8, clear of the exclusions. kubecidr and netipx are given these at once, the others
// have no way to do so.
var cutPeers = []struct {
	name string
	cut  func(tb testing.TB, ex []netip.Prefix, exNets []*net.IPNet, f func(netip.Prefix))
}{
	{"kubecidr", func(tb testing.TB, ex []netip.Prefix, _ []*net.IPNet, f func(netip.Prefix)) {
		s, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
		must(tb, err)
		must(tb, s.Exclude(ex...))
		for range 4096 {
			p, err := s.Alloc(24)
			if err != nil {
				tb.Fatal(err)
			}
			f(p)
		}
	}},
	{"kubecidr-pool", func(tb testing.TB, ex []netip.Prefix, _ []*net.IPNet, f func(netip.Prefix)) {
		s, err := cidr.NewSplit(netip.MustParsePrefix("10.0.0.0/8"), 24)
		must(tb, err)
		pool := cidr.NewPool(s)
		for _, p := range ex {
			if err := pool.Occupy(p); err != nil {
				tb.Fatal(err)
			}
		}
		for range 4096 {
			p, err := pool.Next()
			if err != nil {
				tb.Fatal(err)
			}
			f(p)
		}
	}},
	{"kubernetes", func(tb testing.TB, _ []netip.Prefix, exNets []*net.IPNet, f func(netip.Prefix)) {
		_, base, _ := net.ParseCIDR("10.0.0.0/8")
		set, err := kubernetes.NewCIDRSet(base, 24)
		must(tb, err)
		for _, n := range exNets {
			if err := set.Occupy(n); err != nil {
				tb.Fatal(err)
			}
		}
		for range 4096 {
			n, err := set.AllocateNext()
			if err != nil {
				tb.Fatal(err)
			}
			p, _ := netipx.FromStdIPNet(n)
			f(p)
		}
	}},
	{"cilium", func(tb testing.TB, ex []netip.Prefix, _ []*net.IPNet, f func(netip.Prefix)) {
		set, err := cilium.NewCIDRSet(netip.MustParsePrefix("10.0.0.0/8"), 24)
		must(tb, err)
		for _, p := range ex {
			if err := set.Occupy(p); err != nil {
				tb.Fatal(err)
			}
		}
		for range 4096 {
			p, err := set.AllocateNext()
			if err != nil {
				tb.Fatal(err)
			}
			f(p)
		}
	}},
	{"netipx", func(tb testing.TB, ex []netip.Prefix, _ []*net.IPNet, f func(netip.Prefix)) {
		var b netipx.IPSetBuilder
		b.AddPrefix(netip.MustParsePrefix("10.0.0.0/8"))
		for _, p := range ex {
			b.RemovePrefix(p)
		}
		set, err := b.IPSet()
		must(tb, err)
		for range 4096 {
			var p netip.Prefix
			var ok bool
			if p, set, ok = set.RemoveFreePrefix(24); !ok {
				tb.Fatal("none left")
			}
			f(p)
		}
	}},
	{"go-cidr", func(tb testing.TB, ex []netip.Prefix, exNets []*net.IPNet, f func(netip.Prefix)) {
		_, n, _ := net.ParseCIDR("10.0.0.0/24")
		for done := 0; done < 4096; {
			free := true
			for _, e := range exNets {
				if e.Contains(n.IP) || n.Contains(e.IP) {
					free = false
					break
				}
			}
			if free {
				p, _ := netipx.FromStdIPNet(n)
				f(p)
				done++
			}
			n, _ = gocidr.NextSubnet(n, 24)
		}
	}},
}

// Every peer cuts 4,096 different /24s, inside of the range and clear of the exclusions. Which ones differs.
func TestCuts(t *testing.T) {
	for _, n := range []int{0, 100} {
		ex := exclusions(n)
		for _, peer := range cutPeers {
			seen := map[netip.Prefix]bool{}
			peer.cut(t, ex, ipNets(ex), func(p netip.Prefix) {
				if seen[p] || p.Bits() != 24 || !cidr.Contains(netip.MustParsePrefix("10.0.0.0/8"), p) {
					t.Fatalf("%s: %v", peer.name, p)
				}
				for _, e := range ex {
					if e.Overlaps(p) {
						t.Fatalf("%s: %v overlaps %v", peer.name, p, e)
					}
				}
				seen[p] = true
			})
			if len(seen) != 4096 {
				t.Errorf("%s: %d", peer.name, len(seen))
			}
		}
	}
}

func BenchmarkCut4096(b *testing.B) {
	for _, n := range []int{0, 1000} {
		ex := exclusions(n)
		nets := ipNets(ex)
		for _, peer := range cutPeers {
			b.Run(fmt.Sprintf("exclusions=%d/peer=%s", n, peer.name), func(b *testing.B) {
				loop(b, func() {
					n := 0
					peer.cut(b, ex, nets, func(netip.Prefix) { n++ })
					if n != 4096 {
						b.Fatal(n)
					}
				})
			})
		}
	}
}

// mixedLengths are the lengths of 4,096 blocks, /22 to /28 in turn, as a network is handed out to its users.
func mixedLengths() []int {
	r := rand.New(rand.NewPCG(9, 10))
	out := make([]int, 4096)
	for i := range out {
		out[i] = 22 + r.IntN(7)
	}
	return out
}

// mixedPeers cut blocks of those lengths out of 10.0.0.0/8, and give back every other one.
var mixedPeers = []struct {
	name string
	cut  func(tb testing.TB, lengths []int, f func(netip.Prefix)) (free func(netip.Prefix) bool)
}{
	{"kubecidr", func(tb testing.TB, lengths []int, f func(netip.Prefix)) func(netip.Prefix) bool {
		s, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
		must(tb, err)
		given := make([]netip.Prefix, 0, len(lengths))
		for _, n := range lengths {
			p, err := s.Alloc(n)
			if err != nil {
				tb.Fatal(err)
			}
			f(p)
			given = append(given, p)
		}
		for i := 0; i < len(given); i += 2 {
			if err := s.Release(given[i]); err != nil {
				tb.Fatal(err)
			}
		}
		return s.IsFree
	}},
	{"netipx", func(tb testing.TB, lengths []int, f func(netip.Prefix)) func(netip.Prefix) bool {
		var b netipx.IPSetBuilder
		b.AddPrefix(netip.MustParsePrefix("10.0.0.0/8"))
		set, err := b.IPSet()
		must(tb, err)
		given := make([]netip.Prefix, 0, len(lengths))
		for _, n := range lengths {
			var p netip.Prefix
			var ok bool
			if p, set, ok = set.RemoveFreePrefix(uint8(n)); !ok {
				tb.Fatal("none left")
			}
			f(p)
			given = append(given, p)
		}
		// All at once: one after the other would copy the set for each.
		b = netipx.IPSetBuilder{}
		b.AddSet(set)
		for i := 0; i < len(given); i += 2 {
			b.AddPrefix(given[i])
		}
		set, err = b.IPSet()
		must(tb, err)
		return set.ContainsPrefix
	}},
}

// Blocks of any length are aligned and disjoint, and what is given back is free, nothing else.
func TestMixed(t *testing.T) {
	for _, peer := range mixedPeers {
		var given []netip.Prefix
		lengths := mixedLengths()
		free := peer.cut(t, lengths, func(p netip.Prefix) { given = append(given, p) })
		for i, p := range given {
			if p != p.Masked() || p.Bits() != lengths[i] {
				t.Fatalf("%s: block %d is %v, want a /%d", peer.name, i, p, lengths[i])
			}
			if free(p) != (i%2 == 0) {
				t.Errorf("%s: block %d, %v, is free: %v", peer.name, i, p, free(p))
			}
		}
		for range cidr.Overlaps(given) {
			t.Fatalf("%s: blocks overlap", peer.name)
		}
	}
}

func BenchmarkMixed4096(b *testing.B) {
	lengths := mixedLengths()
	for _, peer := range mixedPeers {
		b.Run("peer="+peer.name, func(b *testing.B) {
			loop(b, func() {
				n := 0
				peer.cut(b, lengths, func(netip.Prefix) { n++ })
				if n != 4096 {
					b.Fatal(n)
				}
			})
		})
	}
}
