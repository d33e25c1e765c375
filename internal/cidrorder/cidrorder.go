// Package cidrorder has the one order in which all packages sort ranges: that of netip.Prefix.Compare, which is new in
// Go 1.26.
package cidrorder

import (
	"cmp"
	"net/netip"
)

// Compare compares by validity (invalid ones first), family (IPv4 first), masked address, length and unmasked address.
// A range therefore follows those that contain it.
func Compare(p, q netip.Prefix) int {
	// Masked returns the zero Prefix for an invalid one, and the zero Addr is less than any other.
	if c := p.Masked().Addr().Compare(q.Masked().Addr()); c != 0 {
		return c
	}
	if c := cmp.Compare(p.Bits(), q.Bits()); c != 0 {
		return c
	}
	return p.Addr().Compare(q.Addr())
}
