package peers

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	cilium "github.com/cilium/cilium/pkg/ipam/cidrset"
	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
	kubernetes "k8s.io/kubernetes/pkg/controller/nodeipam/ipam/cidrset"
)

// A pooler is a pool of one of the peers, with prefixes in the form in which that peer takes them, made beforehand.
type pooler struct {
	next    func() (netip.Prefix, bool)
	occupy  func(netip.Prefix) error // for preparing, and for the test
	release func(netip.Prefix) error

	pair  func(tb testing.TB)        // next, and release of what it gave
	again func(tb testing.TB, i int) // release and occupy of subnet i of those given to the maker
	drain func() int                 // a new pool, until it is empty
}

// The makers of a pool of each peer. qs are the subnets that again is about.
var poolPeers = []struct {
	name string
	make func(tb testing.TB, prefix string, bits int, qs []netip.Prefix) pooler
}{
	{"kubecidr", func(tb testing.TB, prefix string, bits int, qs []netip.Prefix) pooler {
		s := mustSplit(tb, prefix, bits)
		p := cidr.NewPool(s)
		return pooler{
			next:    func() (netip.Prefix, bool) { q, err := p.Next(); return q, err == nil },
			occupy:  p.Occupy,
			release: p.Release,
			pair: func(tb testing.TB) {
				q, err := p.Next()
				if err == nil {
					err = p.Release(q)
				}
				if err != nil {
					tb.Fatal(err)
				}
			},
			again: func(tb testing.TB, i int) {
				if err := p.Release(qs[i]); err != nil {
					tb.Fatal(err)
				}
				if err := p.Occupy(qs[i]); err != nil {
					tb.Fatal(err)
				}
			},
			drain: func() (n int) {
				p := cidr.NewPool(s)
				for {
					if _, err := p.Next(); err != nil {
						return n
					}
					n++
				}
			},
		}
	}},
	{"kubernetes", func(tb testing.TB, prefix string, bits int, qs []netip.Prefix) pooler {
		cluster := netipx.PrefixIPNet(netip.MustParsePrefix(prefix))
		fresh := func() *kubernetes.CidrSet {
			p, err := kubernetes.NewCIDRSet(cluster, bits)
			must(tb, err)
			return p
		}
		p := fresh()
		nets := ipNets(qs)
		return pooler{
			next: func() (netip.Prefix, bool) {
				n, err := p.AllocateNext()
				if err != nil {
					return netip.Prefix{}, false
				}
				q, ok := netipx.FromStdIPNet(n)
				return q, ok
			},
			occupy:  func(q netip.Prefix) error { return p.Occupy(netipx.PrefixIPNet(q)) },
			release: func(q netip.Prefix) error { return p.Release(netipx.PrefixIPNet(q)) },
			pair: func(tb testing.TB) {
				n, err := p.AllocateNext()
				if err == nil {
					err = p.Release(n)
				}
				if err != nil {
					tb.Fatal(err)
				}
			},
			again: func(tb testing.TB, i int) {
				if err := p.Release(nets[i]); err != nil {
					tb.Fatal(err)
				}
				if err := p.Occupy(nets[i]); err != nil {
					tb.Fatal(err)
				}
			},
			drain: func() (n int) {
				p := fresh()
				for {
					if _, err := p.AllocateNext(); err != nil {
						return n
					}
					n++
				}
			},
		}
	}},
	{"cilium", func(tb testing.TB, prefix string, bits int, qs []netip.Prefix) pooler {
		cluster := netip.MustParsePrefix(prefix)
		fresh := func() *cilium.CidrSet {
			p, err := cilium.NewCIDRSet(cluster, bits)
			must(tb, err)
			return p
		}
		p := fresh()
		return pooler{
			next:    func() (netip.Prefix, bool) { q, err := p.AllocateNext(); return q, err == nil },
			occupy:  p.Occupy,
			release: p.Release,
			pair: func(tb testing.TB) {
				q, err := p.AllocateNext()
				if err == nil {
					err = p.Release(q)
				}
				if err != nil {
					tb.Fatal(err)
				}
			},
			again: func(tb testing.TB, i int) {
				if err := p.Release(qs[i]); err != nil {
					tb.Fatal(err)
				}
				if err := p.Occupy(qs[i]); err != nil {
					tb.Fatal(err)
				}
			},
			drain: func() (n int) {
				p := fresh()
				for {
					if _, err := p.AllocateNext(); err != nil {
						return n
					}
					n++
				}
			},
		}
	}},
}

// Every peer gives the same subnets for the same operations.
func TestPools(t *testing.T) {
	for _, f := range families {
		s := mustSplit(t, f.prefix, f.bits)
		for _, peer := range poolPeers {
			want := cidr.NewPool(s)
			got := peer.make(t, f.prefix, f.bits, nil)
			r := rand.New(rand.NewPCG(1, 2))
			for i := range 20_000 {
				q := s.At(r.Uint64N(300))
				if r.IntN(8) == 0 {
					q = netip.PrefixFrom(q.Addr(), f.bits-r.IntN(5)).Masked()
				}
				switch r.IntN(4) {
				case 0:
					must(t, want.Occupy(q))
					must(t, got.occupy(q))
				case 1:
					must(t, want.Release(q))
					must(t, got.release(q))
				default:
					p, err := want.Next()
					if g, ok := got.next(); ok != (err == nil) || g != p {
						t.Fatalf("%s: operation %d: %v, %v; want %v, %v", peer.name, i, g, ok, p, err)
					}
				}
			}
			if n := got.drain(); n != 65536 {
				t.Errorf("%s: drained %d", peer.name, n)
			}
		}
	}
}

// Next, and Release of what it gave: the fill stays, the cursor goes round.
func BenchmarkNextRelease(b *testing.B) {
	for _, f := range families {
		s := mustSplit(b, f.prefix, f.bits)
		for _, fill := range []string{"0%", "50%", "99%", "all-but-one"} {
			for _, peer := range poolPeers {
				b.Run(fmt.Sprintf("%s/used=%s/peer=%s", f.name, fill, peer.name), func(b *testing.B) {
					p := peer.make(b, f.prefix, f.bits, nil)
					if fill == "all-but-one" {
						must(b, p.occupy(s.Prefix()))
						must(b, p.release(s.At(20_000)))
					} else {
						var percent int
						fmt.Sscanf(fill, "%d", &percent)
						r := rand.New(rand.NewPCG(1, 2))
						for q := range s.All() {
							if r.IntN(100) < percent {
								must(b, p.occupy(q))
							}
						}
					}
					loop(b, func() {
						p.pair(b)
					})
				})
			}
		}
	}
}

// Release and Occupy of one subnet in a pool that is half used, the subnets at random.
func BenchmarkOccupyRelease(b *testing.B) {
	for _, f := range families {
		s := mustSplit(b, f.prefix, f.bits)
		for _, peer := range poolPeers {
			b.Run(fmt.Sprintf("%s/peer=%s", f.name, peer.name), func(b *testing.B) {
				r := rand.New(rand.NewPCG(3, 4))
				qs := make([]netip.Prefix, 4096)
				for i := range qs {
					qs[i] = s.At(r.Uint64N(65536))
				}
				p := peer.make(b, f.prefix, f.bits, qs)
				for i := range uint64(32768) {
					must(b, p.occupy(s.At(2*i)))
				}
				i := 0
				loop(b, func() {
					p.again(b, i&4095)
					i++
				})
			})
		}
	}
}

func BenchmarkDrain65536(b *testing.B) {
	for _, f := range families {
		for _, peer := range poolPeers {
			b.Run(fmt.Sprintf("%s/peer=%s", f.name, peer.name), func(b *testing.B) {
				p := peer.make(b, f.prefix, f.bits, nil)
				loop(b, func() {
					if n := p.drain(); n != 65536 {
						b.Fatal(n)
					}
				})
			})
		}
	}
}

// A pool that no bitmap can hold: 2^40 subnets. The peers are not here, since they refuse it.
func BenchmarkNextReleaseLarge(b *testing.B) {
	for _, fill := range []string{"0%", "all-but-one"} {
		b.Run(fmt.Sprintf("IPv6-2^40/used=%s/peer=kubecidr", fill), func(b *testing.B) {
			p := poolPeers[0].make(b, "fd00::/24", 64, nil)
			if fill != "0%" {
				must(b, p.occupy(netip.MustParsePrefix("fd00::/24")))
				must(b, p.release(netip.MustParsePrefix("fd00:20::/64")))
			}
			loop(b, func() {
				p.pair(b)
			})
		})
	}
}
