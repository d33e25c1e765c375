package plan

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// every returns n prefixes of length bits, every other one from a on.
func every(a string, bits, n int) []netip.Prefix {
	at := netip.MustParseAddr(a).As4()
	base := uint32(at[0])<<24 | uint32(at[1])<<16 | uint32(at[2])<<8 | uint32(at[3])
	var out []netip.Prefix
	for i := range n {
		x := base + uint32(2*i)<<(32-bits)
		out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)}), bits))
	}
	return out
}

// hostPins pins ps as hosts.
func hostPins(ps []netip.Prefix) []Pin {
	var out []Pin
	for _, p := range ps {
		out = append(out, Pin{fact.RoleHosts, p})
	}
	return out
}

// manyInfeasible are requests of n ranges that no plan exists for.
func manyInfeasible(n int) map[string]Request {
	return map[string]Request{
		"within": {Within: every("172.16.0.0", 30, n)},
		"pins":   {Pins: append(hostPins(every("10.0.0.0", 28, n)), Pin{fact.RolePods, netip.MustParsePrefix("10.0.0.0/13")})},
		"hosts":  {Hosts: every("10.0.0.0", 28, n), Within: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/20")}},
		"avoid":  {Avoid: crowd(n), Pins: []Pin{{fact.RolePods, netip.MustParsePrefix("10.0.0.0/9")}}},
	}
}

// BenchmarkManyInfeasible explains why no plan exists among many ranges.
func BenchmarkManyInfeasible(b *testing.B) {
	for _, n := range []int{400, 4000, 40000} {
		for name, r := range manyInfeasible(n) {
			b.Run(fmt.Sprintf("%s %d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := New(r); err == nil {
						b.Fatal("feasible")
					}
				}
			})
		}
	}
}

// TestManyInfeasibleScale: four times the ranges take about four times the allocations to explain.
func TestManyInfeasibleScale(t *testing.T) {
	few, lots := manyInfeasible(250), manyInfeasible(1000)
	for name := range few {
		explain := func(r Request) float64 {
			return testing.AllocsPerRun(1, func() {
				if _, err := New(r); err == nil {
					t.Fatal("feasible")
				}
			})
		}
		if a, b := explain(few[name]), explain(lots[name]); b > 6*a {
			t.Errorf("%s: 250 take %.0f allocations, 1,000 take %.0f", name, a, b)
		}
	}
}
