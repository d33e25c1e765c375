package cidr

import (
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// Check returns nil if p is canonical: valid, no host bits set and not IPv4-mapped.
// The error is a *[PrefixError] with [ErrInvalid], [ErrMapped] or [ErrHostBits].
func Check(p netip.Prefix) error {
	switch {
	case !p.IsValid():
		return &PrefixError{Prefix: p, Err: ErrInvalid}
	case p.Addr().Is4In6():
		return &PrefixError{Prefix: p, Err: ErrMapped}
	case p != p.Masked():
		return &PrefixError{Prefix: p, Err: ErrHostBits}
	}
	return nil
}

// Unmap returns the IPv4 prefix that the IPv4-mapped prefix p stands for: 10.0.0.0/8 for ::ffff:10.0.0.0/104, with host
// bits as they are. ok is false if p is not IPv4-mapped, or is shorter than the 96 bits that all mapped addresses
// share.
func Unmap(p netip.Prefix) (q netip.Prefix, ok bool) {
	if !p.Addr().Is4In6() || p.Bits() < 96 { // -1 where p is invalid
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96), true
}

// HostBits returns the exponent of p's size: p holds 2^HostBits(p) addresses, 0 to 128. It is -1 for an invalid p.
func HostBits(p netip.Prefix) int {
	if !p.IsValid() {
		return -1
	}
	return p.Addr().BitLen() - p.Bits()
}

// Size returns the number of addresses in p, 1 to 2^128, and 0 for an invalid p. Network and broadcast
// address are counted. The caller may change the result.
func Size(p netip.Prefix) *big.Int {
	if !p.IsValid() {
		return new(big.Int)
	}
	return new(big.Int).Lsh(big.NewInt(1), uint(HostBits(p)))
}

// FormatPow2 returns 2^n as text for people: "65,536" up to 2^32, "2^64" above. It is "0" for a negative n, so that
// FormatPow2(HostBits(p)) tells the size of any prefix.
func FormatPow2(n int) string {
	switch {
	case n < 0:
		return "0"
	case n > 32:
		return "2^" + strconv.Itoa(n)
	}
	return FormatCount(1 << uint(n))
}

// FormatCount returns n with commas between thousands: "1,048,576".
func FormatCount(n uint64) string {
	s := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, c := range []byte(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// First returns the lowest address of p, host bits cleared, and the zero Addr for an invalid p.
func First(p netip.Prefix) netip.Addr { return p.Masked().Addr() }

// Last returns the highest address of p: 10.255.255.255 for 10.0.0.0/8, and the zero Addr for an invalid p.
// Host bits are ignored.
func Last(p netip.Prefix) netip.Addr {
	if !p.IsValid() {
		return netip.Addr{}
	}
	return keyOf(p.Addr()).or(mask(p.Bits()).not()).addr(p.Addr().Is4())
}

// Nth returns address n of p, the lowest being number 0: Nth(10.96.0.0/12, 10) is 10.96.0.10.
// ok is false if p holds n addresses or fewer, or is invalid. Host bits are ignored.
func Nth(p netip.Prefix, n uint64) (a netip.Addr, ok bool) {
	h := HostBits(p)
	if h < 0 || n>>uint(h) != 0 { // a shift by 64 or more gives 0
		return netip.Addr{}, false
	}
	is4 := p.Addr().Is4()
	off := u128{lo: n}
	if is4 {
		off = u128{hi: n << 32}
	}
	return keyOf(p.Addr()).masked(p.Bits()).or(off).addr(is4), true
}

// Contains reports whether every address of q is in p. Host bits of both are ignored; an invalid prefix contains
// nothing and is contained in nothing, and families are apart.
func Contains(p, q netip.Prefix) bool {
	return p.Bits() <= q.Bits() && p.Overlaps(q)
}

// Parent returns the prefix that is one bit shorter than p and contains it. ok is false for a p of length 0 and for an
// invalid one. Host bits are ignored.
func Parent(p netip.Prefix) (q netip.Prefix, ok bool) {
	if p.Bits() < 1 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked(), true
}

// Buddy returns the other half of the parent of p: 10.1.0.0/16 for 10.0.0.0/16, and the other way round. ok is false
// for a p of length 0 and for an invalid one. Host bits are ignored.
func Buddy(p netip.Prefix) (q netip.Prefix, ok bool) {
	n := p.Bits()
	if n < 1 {
		return netip.Prefix{}, false
	}
	k := keyOf(p.Addr()).masked(n).xor(u128{}.setBit(n - 1))
	return k.prefix(n, p.Addr().Is4()), true
}

// Common returns the longest prefix that contains both p and q. ok is false if one of them is invalid or they are not
// of one family. Host bits are ignored.
func Common(p, q netip.Prefix) (c netip.Prefix, ok bool) {
	if !p.IsValid() || !q.IsValid() || p.Addr().Is4() != q.Addr().Is4() {
		return netip.Prefix{}, false
	}
	k := keyOf(p.Addr())
	n := min(p.Bits(), q.Bits(), k.xor(keyOf(q.Addr())).leadingZeros())
	return k.masked(n).prefix(n, p.Addr().Is4()), true
}

// Merge returns the shortest list of prefixes that hold the same addresses as ps: contained ones dropped, halves
// joined. It is in the order of [netip.Prefix.Compare], IPv4 first. Host bits are ignored, invalid prefixes left out;
// IPv4-mapped ones are IPv6.
func Merge(ps ...netip.Prefix) []netip.Prefix {
	var v4, v6 blockSet
	for _, p := range ps {
		if !p.IsValid() {
			continue
		}
		s := &v6
		if p.Addr().Is4() {
			s = &v4
		}
		s.insert(keyOf(p.Addr()).masked(p.Bits()), p.Bits())
	}
	var out []netip.Prefix
	for b := range v4.all() {
		out = append(out, b.key.prefix(b.bits, true))
	}
	for b := range v6.all() {
		out = append(out, b.key.prefix(b.bits, false))
	}
	return out
}
