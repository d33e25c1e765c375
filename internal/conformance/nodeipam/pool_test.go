package nodeipam

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"go4.org/netipx"
	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam/cidrset"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
)

// realPoolError and ourPoolError sort the errors of both sides into the kinds that a caller can tell apart.
func realPoolError(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, cidrset.ErrCIDRRangeNoCIDRsRemaining):
		return "exhausted"
	case strings.Contains(err.Error(), "is out the range of cluster cidr"):
		return "outside"
	}
	return err.Error()
}

func ourPoolError(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, cidr.ErrExhausted):
		return "exhausted"
	case errors.Is(err, cidr.ErrOutside):
		return "outside"
	}
	return err.Error()
}

// TestPool runs one sequence of operations on the real set and on ours and wants the same answer to each.
func TestPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, bits := drawRange(t)
		split, err := cidr.NewSplit(base, bits)
		if err != nil {
			t.Fatalf("NewSplit(%v, %d): %v", base, bits, err)
		}
		ours := cidr.NewPool(split)
		real, err := cidrset.NewCIDRSet(netipx.PrefixIPNet(base), bits)
		if err != nil {
			t.Fatalf("NewCIDRSet(%v, %d): %v", base, bits, err)
		}
		t.Repeat(map[string]func(*rapid.T){
			"next": func(t *rapid.T) {
				n, realErr := real.AllocateNext()
				var want netip.Prefix
				if realErr == nil {
					want, _ = netipx.FromStdIPNet(n)
				}
				got, ourErr := ours.Next()
				if got != want || ourPoolError(ourErr) != realPoolError(realErr) {
					t.Fatalf("%v /%d Next() = %v, %v, want %v, %v", base, bits, got, ourErr, want, realErr)
				}
			},
			"occupy": func(t *rapid.T) {
				p := drawBlock(t, base, bits)
				realErr := real.Occupy(ipNet(p))
				ourErr := ours.Occupy(p)
				if ourPoolError(ourErr) != realPoolError(realErr) {
					t.Fatalf("%v /%d Occupy(%v) = %v, want %v", base, bits, p, ourErr, realErr)
				}
			},
			"release": func(t *rapid.T) {
				p := drawBlock(t, base, bits)
				realErr := real.Release(ipNet(p))
				ourErr := ours.Release(p)
				if ourPoolError(ourErr) != realPoolError(realErr) {
					t.Fatalf("%v /%d Release(%v) = %v, want %v", base, bits, p, ourErr, realErr)
				}
			},
		})
	})
}

// ipNet makes the value that net.ParseCIDR makes: four bytes for IPv4.
func ipNet(p netip.Prefix) *net.IPNet {
	n := netipx.PrefixIPNet(p.Masked())
	if p.Addr().Is4() {
		n.IP = n.IP.To4()
	}
	return n
}

// drawRange draws a range and a subnet length that the real set takes, small enough to fill.
func drawRange(t *rapid.T) (netip.Prefix, int) {
	diff := rapid.IntRange(0, 8).Draw(t, "diff")
	if rapid.Bool().Draw(t, "v6") {
		bits := rapid.IntRange(diff, 128).Draw(t, "bits")
		var b [16]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "addr"))
		b[0] |= 0x20 // never IPv4-mapped
		p, _ := netip.AddrFrom16(b).Prefix(bits - diff)
		return p, bits
	}
	bits := rapid.IntRange(max(diff, 1), 32).Draw(t, "bits")
	var b [4]byte
	copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "addr"))
	p, _ := netip.AddrFrom4(b).Prefix(bits - diff)
	return p, bits
}

// drawBlock draws a block that lies inside base, around it or beside it, of any length.
func drawBlock(t *rapid.T, base netip.Prefix, bits int) netip.Prefix {
	max := base.Addr().BitLen()
	switch rapid.IntRange(0, 9).Draw(t, "where") {
	case 0: // anywhere, either family
		if rapid.Bool().Draw(t, "v6") {
			return netip.MustParsePrefix("2001:db8::/48")
		}
		return netip.MustParsePrefix("192.0.2.0/24")
	case 1: // around
		p, _ := base.Addr().Prefix(rapid.IntRange(0, base.Bits()).Draw(t, "around"))
		return p
	}
	split, err := cidr.NewSplit(base, bits)
	if err != nil {
		t.Fatal(err)
	}
	one := split.At(rapid.Uint64Range(0, split.Len()-1).Draw(t, "index"))
	lo, hi := base.Bits(), max
	if rapid.Bool().Draw(t, "exact") {
		lo, hi = bits, bits
	}
	p, _ := one.Addr().Prefix(rapid.IntRange(lo, hi).Draw(t, "length"))
	return p
}

// TestSplitOf16Bits drains splits of 16 bits on both sides, the largest that the real set takes for IPv6.
func TestSplitOf16Bits(t *testing.T) {
	for _, tt := range []struct {
		base string
		bits int
	}{{"10.0.0.0/8", 24}, {"fd00:10:244::/48", 64}, {"fd00:10:244::/56", 72}, {"fd00::/112", 128}} {
		base := netip.MustParsePrefix(tt.base)
		split, err := cidr.NewSplit(base, tt.bits)
		if err != nil {
			t.Fatal(err)
		}
		ours := cidr.NewPool(split)
		real, err := cidrset.NewCIDRSet(ipNet(base), tt.bits)
		if err != nil {
			t.Fatal(err)
		}
		for i := range split.Len() {
			n, err := real.AllocateNext()
			if err != nil {
				t.Fatal(err)
			}
			got, err := ours.Next()
			if err != nil || got.String() != n.String() || got != split.At(i) {
				t.Fatalf("%s /%d subnet %d: %v, %v, want %v", tt.base, tt.bits, i, got, err, n)
			}
		}
		if _, err := ours.Next(); ourPoolError(err) != "exhausted" {
			t.Fatalf("%s /%d after the last: %v", tt.base, tt.bits, err)
		}
	}
}
