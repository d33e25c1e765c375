package peers

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

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

// cutPeers cut 4,096 /24s out of 10.0.0.0/8, clear of the exclusions.
var cutPeers = []struct {
	name string
	cut  func(tb testing.TB, ex []netip.Prefix, exNets []*net.IPNet, f func(netip.Prefix))
}{
	{"kubecidr", func(tb testing.TB, ex []netip.Prefix, _ []*net.IPNet, f func(netip.Prefix)) {
		s, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
		must(tb, err)
		for _, p := range ex {
			if err := s.Occupy(p); err != nil {
				tb.Fatal(err)
			}
		}
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
