package cidr_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

func mustSplit(tb testing.TB, s string, bits int) cidr.Split {
	tb.Helper()
	split, err := cidr.NewSplit(netip.MustParsePrefix(s), bits)
	if err != nil {
		tb.Fatal(err)
	}
	return split
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// The pools that the benchmarks run on: 65,536 subnets, as many as an IPv6 range of Kubernetes can have, and 2^40.
var benchPools = []struct {
	name, prefix string
	bits         int
}{
	{"IPv4/65536", "10.0.0.0/8", 24},
	{"IPv6/65536", "fd00::/48", 64},
	{"IPv6/2^40", "fd00::/24", 64},
}

// fillPool returns a pool of which the given share of the first 65,536 subnets is used, spread at random.
func fillPool(tb testing.TB, s cidr.Split, percent int) *cidr.Pool {
	p := cidr.NewPool(s)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range uint64(65536) {
		if r.IntN(100) < percent {
			must(tb, p.Occupy(s.At(i)))
		}
	}
	return p
}

// BenchmarkPoolNextRelease takes a subnet and gives it back, so that the fill stays as it is while the cursor goes
// round.
func BenchmarkPoolNextRelease(b *testing.B) {
	for _, c := range benchPools {
		s := mustSplit(b, c.prefix, c.bits)
		for _, fill := range []int{0, 50, 99} {
			b.Run(fmt.Sprintf("%s/used=%d%%", c.name, fill), func(b *testing.B) {
				p := fillPool(b, s, fill)
				b.ReportAllocs()
				for b.Loop() {
					q, err := p.Next()
					if err != nil {
						b.Fatal(err)
					}
					if err := p.Release(q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(c.name+"/free=1", func(b *testing.B) {
			p := cidr.NewPool(s)
			must(b, p.Occupy(s.Prefix()))
			must(b, p.Release(s.At(s.Len()/3)))
			b.ReportAllocs()
			for b.Loop() {
				q, err := p.Next()
				if err != nil {
					b.Fatal(err)
				}
				if err := p.Release(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPoolOccupy occupies a subnet and gives it back: always the same one, and one at random.
func BenchmarkPoolOccupy(b *testing.B) {
	for _, c := range benchPools {
		s := mustSplit(b, c.prefix, c.bits)
		for _, kind := range []string{"same", "random"} {
			b.Run(c.name+"/"+kind, func(b *testing.B) {
				p := fillPool(b, s, 50)
				r := rand.New(rand.NewPCG(3, 4))
				qs := make([]netip.Prefix, 4096)
				for i := range qs {
					qs[i] = s.At(r.Uint64N(65536))
					if kind == "same" {
						qs[i] = qs[0]
					}
				}
				i := 0
				b.ReportAllocs()
				for b.Loop() {
					q := qs[i&4095]
					i++
					if err := p.Release(q); err != nil {
						b.Fatal(err)
					}
					if err := p.Occupy(q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkPoolDrain65536(b *testing.B) {
	for _, c := range benchPools[:2] {
		s := mustSplit(b, c.prefix, c.bits)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := cidr.NewPool(s)
				for {
					if _, err := p.Next(); err != nil {
						break
					}
				}
				if p.Free() != 0 {
					b.Fatal(p.Free())
				}
			}
		})
	}
}

func BenchmarkSplit65536(b *testing.B) {
	for _, c := range benchPools[:2] {
		s := mustSplit(b, c.prefix, c.bits)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for p := range s.All() {
					n += p.Bits()
				}
				if n != 65536*c.bits {
					b.Fatal(n)
				}
			}
		})
	}
}

// exclusions returns n prefixes of /20 to /28 within 10.0.0.0/8.
func exclusions(n int) []netip.Prefix {
	r := rand.New(rand.NewPCG(5, 6))
	ps := make([]netip.Prefix, n)
	for i := range ps {
		u := r.Uint32()
		ps[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(u >> 16), byte(u >> 8), byte(u)}), 20+r.IntN(9)).Masked()
	}
	return ps
}

// BenchmarkSpaceAlloc4096 cuts 4,096 /24s out of 10.0.0.0/8, with and without 1,000 exclusions, which are given one by
// one or at once. "then=release" gives a block back at the end, so that the row of equal blocks has to be written down.
func BenchmarkSpaceAlloc4096(b *testing.B) {
	occupy := func(s *cidr.Space, ex []netip.Prefix) error {
		for _, p := range ex {
			if err := s.Occupy(p); err != nil {
				return err
			}
		}
		return nil
	}
	exclude := func(s *cidr.Space, ex []netip.Prefix) error { return s.Exclude(ex...) }
	for _, c := range []struct {
		name    string
		n       int
		take    func(*cidr.Space, []netip.Prefix) error
		release bool
	}{
		{"exclusions=0", 0, occupy, false},
		{"exclusions=1000/by=occupy", 1000, occupy, false},
		{"exclusions=1000/by=exclude", 1000, exclude, false},
		{"exclusions=1000/by=exclude/then=release", 1000, exclude, true},
	} {
		ex := exclusions(c.n)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
				if err != nil {
					b.Fatal(err)
				}
				if err := c.take(s, ex); err != nil {
					b.Fatal(err)
				}
				var last netip.Prefix
				for range 4096 {
					if last, err = s.Alloc(24); err != nil {
						b.Fatal(err)
					}
				}
				if c.release {
					must(b, s.Release(last))
				}
			}
		})
	}
}

// BenchmarkSpaceExclude takes n ranges out of 10.0.0.0/8 at once.
func BenchmarkSpaceExclude(b *testing.B) {
	for _, n := range []int{1, 10, 1000, 100_000} {
		ex := exclusions(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := cidr.NewSpace(netip.MustParsePrefix("10.0.0.0/8"))
				if err != nil {
					b.Fatal(err)
				}
				must(b, s.Exclude(ex...))
			}
		})
	}
}

// overlapping returns n prefixes of mixed lengths, of both families, of which about a quarter overlap another one.
func overlapping(n int) []netip.Prefix {
	r := rand.New(rand.NewPCG(7, 8))
	ps := make([]netip.Prefix, n)
	for i := range ps {
		if i%4 == 3 {
			var a [16]byte
			a[0], a[1] = 0xfd, byte(r.Uint32())
			for j := 2; j < 8; j++ {
				a[j] = byte(r.Uint32())
			}
			ps[i] = netip.PrefixFrom(netip.AddrFrom16(a), 32+r.IntN(33)).Masked()
			continue
		}
		u := r.Uint32()
		ps[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(u >> 24), byte(u >> 16), byte(u >> 8), byte(u)}), 18+r.IntN(15)).Masked()
	}
	return ps
}

func BenchmarkOverlaps(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		ps := overlapping(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			pairs := 0
			for b.Loop() {
				pairs = 0
				for range cidr.Overlaps(ps) {
					pairs++
				}
			}
			b.ReportMetric(float64(pairs), "pairs")
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{"10.244.0.0/16", "fd00:10:244::/56"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cidr.Parse(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
