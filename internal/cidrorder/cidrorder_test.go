package cidrorder

import (
	"cmp"
	"net/netip"
	"testing"
)

// sorted are prefixes in their order.
var sorted = []netip.Prefix{
	{},
	netip.MustParsePrefix("0.0.0.0/0"),
	netip.MustParsePrefix("10.0.0.5/0"), // masked 0.0.0.0/0, then the address
	netip.MustParsePrefix("0.0.0.0/32"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.1/8"),
	netip.MustParsePrefix("10.0.0.0/9"),
	netip.MustParsePrefix("10.0.0.0/32"),
	netip.MustParsePrefix("10.128.0.0/9"),
	netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("::/0"),
	netip.MustParsePrefix("::/128"),
	netip.MustParsePrefix("::ffff:10.0.0.0/104"), // IPv4-mapped is IPv6
	netip.MustParsePrefix("fd00::/8"),
	netip.MustParsePrefix("fd00::/64"),
	netip.MustParsePrefix("fd00::1/64"),
	netip.MustParsePrefix("fd00::/128"),
	netip.MustParsePrefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
}

func TestCompare(t *testing.T) {
	for i, p := range sorted {
		for j, q := range sorted {
			if got, want := Compare(p, q), cmp.Compare(i, j); got != want {
				t.Errorf("Compare(%v, %v) = %d, want %d", p, q, got, want)
			}
		}
	}
}
