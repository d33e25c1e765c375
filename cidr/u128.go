package cidr

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// A u128 holds the bits of an address, first bit of the address at the top, whatever the family: 10.0.0.0 and a00:: are
// the same key. A prefix length then means the same place in both families.
type u128 struct{ hi, lo uint64 }

// keyOf returns the bits of a. An invalid address has key 0.
func keyOf(a netip.Addr) u128 {
	switch {
	case a.Is4():
		b := a.As4()
		return u128{hi: uint64(binary.BigEndian.Uint32(b[:])) << 32}
	case a.IsValid():
		b := a.As16()
		return u128{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
	}
	return u128{}
}

// addr returns the address that k is the key of.
func (k u128) addr(is4 bool) netip.Addr {
	if is4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(k.hi>>32))
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k.hi)
	binary.BigEndian.PutUint64(b[8:], k.lo)
	return netip.AddrFrom16(b)
}

// prefix returns the prefix of length n that begins at k.
func (k u128) prefix(n int, is4 bool) netip.Prefix { return netip.PrefixFrom(k.addr(is4), n) }

func (k u128) or(l u128) u128  { return u128{k.hi | l.hi, k.lo | l.lo} }
func (k u128) and(l u128) u128 { return u128{k.hi & l.hi, k.lo & l.lo} }
func (k u128) xor(l u128) u128 { return u128{k.hi ^ l.hi, k.lo ^ l.lo} }
func (k u128) not() u128       { return u128{^k.hi, ^k.lo} }

// add returns k + l, and neg -k, without what does not fit.
func (k u128) add(l u128) u128 {
	lo, carry := bits.Add64(k.lo, l.lo, 0)
	hi, _ := bits.Add64(k.hi, l.hi, carry)
	return u128{hi, lo}
}

func (k u128) neg() u128 { return k.not().add(u128{lo: 1}) }

func (k u128) less(l u128) bool { return k.hi < l.hi || k.hi == l.hi && k.lo < l.lo }

func (k u128) isZero() bool { return k.hi|k.lo == 0 }

// shl returns i * 2^n, 0 <= n. Go's shifts by 64 and more give 0, and a negative count turned unsigned is such a shift.
func shl(i uint64, n uint) u128 { return u128{i>>(64-n) | i<<(n-64), i << n} }

// shr returns the low 64 bits of k / 2^n, 0 <= n.
func (k u128) shr(n uint) uint64 { return k.lo>>n | k.hi<<(64-n) | k.hi>>(n-64) }

// mask returns n ones, then zeros. 0 <= n <= 128.
func mask(n int) u128 {
	const ones = ^uint64(0)
	return u128{^(ones >> uint(n)), ones << uint(128-n)}
}

// masked returns the first n bits of k, and zeros.
func (k u128) masked(n int) u128 { return k.and(mask(n)) }

// bit returns bit n of k, 0 being the first bit of the address.
func (k u128) bit(n int) int {
	if n < 64 {
		return int(k.hi >> uint(63-n) & 1)
	}
	return int(k.lo >> uint(127-n) & 1)
}

// setBit returns k with bit n set, 0 being the first bit of the address.
func (k u128) setBit(n int) u128 {
	if n < 64 {
		return u128{k.hi | 1<<uint(63-n), k.lo}
	}
	return u128{k.hi, k.lo | 1<<uint(127-n)}
}

// leadingZeros returns the number of zero bits before the first one.
func (k u128) leadingZeros() int {
	if k.hi != 0 {
		return bits.LeadingZeros64(k.hi)
	}
	return 64 + bits.LeadingZeros64(k.lo)
}

// trailingZeros returns the number of zero bits after the last one.
func (k u128) trailingZeros() int {
	if k.lo != 0 {
		return bits.TrailingZeros64(k.lo)
	}
	return 64 + bits.TrailingZeros64(k.hi)
}
