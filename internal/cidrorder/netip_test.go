//go:build go1.26

package cidrorder

import (
	"net/netip"
	"testing"
)

// TestAsNetip holds the order to that of netip.Prefix.Compare: each address with each length, those that do not fit included.
func TestAsNetip(t *testing.T) {
	var all []netip.Prefix
	for _, p := range sorted {
		for _, bits := range []int{-1, 0, 1, 8, 9, 31, 32, 33, 64, 127, 128, 129} {
			all = append(all, netip.PrefixFrom(p.Addr(), bits))
		}
	}
	for _, p := range all {
		for _, q := range all {
			if got, want := Compare(p, q), p.Compare(q); got != want {
				t.Errorf("Compare(%v, %v) = %d, want %d", p, q, got, want)
			}
		}
	}
}
