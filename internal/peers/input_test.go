package peers

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func mustSplit(tb testing.TB, prefix string, bits int) cidr.Split {
	tb.Helper()
	s, err := cidr.NewSplit(netip.MustParsePrefix(prefix), bits)
	must(tb, err)
	return s
}

// The two pools of 65,536 subnets: 2^16 is the most that Kubernetes takes for IPv6.
var families = []struct {
	name, prefix string
	bits         int
}{
	{"IPv4", "10.0.0.0/8", 24},
	{"IPv6", "fd00::/48", 64},
}

func ipNets(ps []netip.Prefix) []*net.IPNet {
	out := make([]*net.IPNet, len(ps))
	for i, p := range ps {
		out[i] = netipx.PrefixIPNet(p)
	}
	return out
}

// exclusions returns n prefixes of /20 to /28 in 10.0.0.0/8.
func exclusions(n int) []netip.Prefix {
	r := rand.New(rand.NewPCG(5, 6))
	ps := make([]netip.Prefix, n)
	for i := range ps {
		u := r.Uint32()
		ps[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(u >> 16), byte(u >> 8), byte(u)}), 20+r.IntN(9)).Masked()
	}
	return ps
}

// overlapping returns n prefixes, three quarters IPv4 of /18 to /32, the others IPv6 of /32 to /64 in fd00::/8.
func overlapping(n int) []netip.Prefix {
	r := rand.New(rand.NewPCG(7, 8))
	ps := make([]netip.Prefix, n)
	for i := range ps {
		if i%4 == 3 {
			a := [16]byte{0: 0xfd}
			for j := 1; j < 8; j++ {
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

// loop runs f as a benchmark. Beside the time that passes it reports the processor time of the whole process, garbage collection
// included: on a machine that does other work as well, that is the steadier of the two.
func loop(b *testing.B, f func()) {
	b.ReportAllocs()
	start := cpuTime()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
}
