package fact

import "net/netip"

// A Family is an IP family. The zero value is neither family.
type Family uint8

const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// String returns "IPv4" or "IPv6".
func (f Family) String() string {
	switch f {
	case IPv4:
		return "IPv4"
	case IPv6:
		return "IPv6"
	}
	return ""
}

// Bits returns the length of an address in bits: 32 or 128.
func (f Family) Bits() int {
	switch f {
	case IPv4:
		return 32
	case IPv6:
		return 128
	}
	return 0
}

// FamilyOf returns the family of p. An IPv4-mapped IPv6 prefix counts as IPv6, an invalid one as 0.
func FamilyOf(p netip.Prefix) Family {
	switch {
	case !p.IsValid():
		return 0
	case p.Addr().Is4():
		return IPv4
	}
	return IPv6
}
