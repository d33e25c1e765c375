package cidr

import (
	"fmt"
	"iter"
	"net/netip"
)

// MaxSplitBits is the largest difference between the length of a [Split]'s subnets and that of its prefix.
// The number of subnets is then at most 2^63, which [Split.Len] can say.
const MaxSplitBits = 63

// A Split is a prefix divided into equal subnets, numbered from 0 in the order of their addresses. It is a
// small value without memory per subnet, can be compared with ==, and is safe for concurrent use.
// The zero Split has no subnets.
type Split struct {
	base   u128
	length uint8 // of the prefix
	bits   uint8 // of its subnets
	is4    bool
	valid  bool
}

// A SplitError says why a prefix cannot be divided. The zero SplitError gives no reason.
type SplitError struct {
	Prefix netip.Prefix // what was to be divided
	Bits   int          // length of the subnets
	Err    error        // ErrInvalid, ErrMapped or ErrHostBits of Prefix; ErrLength or ErrTooMany of Bits
}

// Error returns what was to be divided into what, and the limit.
func (e *SplitError) Error() string {
	if e == nil {
		e = new(SplitError)
	}
	switch e.Err {
	case ErrLength:
		return fmt.Sprintf("split %v into /%d: must be /%d to /%d", e.Prefix, e.Bits, e.Prefix.Bits(), e.Prefix.Addr().BitLen())
	case ErrTooMany:
		return fmt.Sprintf("split %v into /%d: 2^%d subnets, at most 2^%d can be numbered; use /%d or shorter",
			e.Prefix, e.Bits, e.Bits-e.Prefix.Bits(), MaxSplitBits, e.Prefix.Bits()+MaxSplitBits)
	}
	return fmt.Sprintf("split into /%d: %v", e.Bits, &PrefixError{Prefix: e.Prefix, Err: e.Err})
}

// Unwrap returns e.Err, and nil for a nil e.
func (e *SplitError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// NewSplit returns p divided into subnets of length bits, which is at least p.Bits(), at most 32 for IPv4 or 128 for
// IPv6, and at most [MaxSplitBits] more than p.Bits(). With bits equal to p.Bits() there is one subnet, p.
//
// The error is a *[SplitError] if bits is none of these, or if p is invalid, IPv4-mapped or has host bits set.
func NewSplit(p netip.Prefix, bits int) (Split, error) {
	err := Check(p)
	switch {
	case err != nil:
		return Split{}, &SplitError{p, bits, err.(*PrefixError).Err}
	case bits < p.Bits() || bits > p.Addr().BitLen():
		return Split{}, &SplitError{p, bits, ErrLength}
	case bits-p.Bits() > MaxSplitBits:
		return Split{}, &SplitError{p, bits, ErrTooMany}
	}
	return Split{keyOf(p.Addr()), uint8(p.Bits()), uint8(bits), p.Addr().Is4(), true}, nil
}

// Prefix returns the prefix that is divided, and the zero Prefix for the zero Split.
func (s Split) Prefix() netip.Prefix {
	if !s.valid {
		return netip.Prefix{}
	}
	return s.base.prefix(int(s.length), s.is4)
}

// Bits returns the length of the subnets, 0 to 128, and -1 for the zero Split.
func (s Split) Bits() int {
	if !s.valid {
		return -1
	}
	return int(s.bits)
}

// Len returns the number of subnets, 1 to 2^63, and 0 for the zero Split. It is exact.
func (s Split) Len() uint64 {
	if !s.valid {
		return 0
	}
	return 1 << (s.bits - s.length)
}

// At returns subnet i, and the zero Prefix if i is [Split.Len] or more.
func (s Split) At(i uint64) netip.Prefix {
	if i >= s.Len() {
		return netip.Prefix{}
	}
	return s.at(i)
}

func (s Split) at(i uint64) netip.Prefix {
	return s.base.or(shl(i, uint(128-s.bits))).prefix(int(s.bits), s.is4)
}

// Index returns the number of the subnet that holds a. ok is false if none does, so also for an address that is
// invalid, has a zone, is of the other family or is IPv4-mapped.
func (s Split) Index(a netip.Addr) (i uint64, ok bool) {
	if !s.valid || !a.IsValid() || a.Is4() != s.is4 || a.Zone() != "" {
		return 0, false
	}
	return s.index(keyOf(a))
}

func (s Split) index(k u128) (i uint64, ok bool) {
	d := k.xor(s.base)
	if d.leadingZeros() < int(s.length) {
		return 0, false
	}
	return d.shr(uint(128 - s.bits)), true
}

// Range returns the numbers of the subnets that q touches: first to first+n-1. q may be shorter than a subnet, and n is
// then more than 1; or longer, and n is then 1; or contain the whole prefix. n is a power of two.
//
// Host bits of q are ignored. The error is a *[PrefixError] with [ErrInvalid], or with [ErrOutside] if q and s have no
// address in common, as with another family; an IPv4-mapped q is of the other family for an IPv4 split.
func (s Split) Range(q netip.Prefix) (first, n uint64, err error) {
	first, j, err := s.span(q)
	if err != nil {
		return 0, 0, err
	}
	return first, 1 << j, nil
}

// span is Range with n as an exponent.
func (s Split) span(q netip.Prefix) (first uint64, j uint, err error) {
	if !q.IsValid() {
		return 0, 0, &PrefixError{q, s.Prefix(), ErrInvalid}
	}
	a := q.Addr()
	if !s.valid || a.Is4() != s.is4 {
		return 0, 0, &PrefixError{q, s.Prefix(), ErrOutside}
	}
	n := q.Bits()
	d := keyOf(a).xor(s.base)
	if d.leadingZeros() < min(int(s.length), n) {
		return 0, 0, &PrefixError{q, s.Prefix(), ErrOutside}
	}
	switch {
	case n >= int(s.bits):
		return d.shr(uint(128 - s.bits)), 0, nil
	case n > int(s.length):
		return d.masked(n).shr(uint(128 - s.bits)), uint(int(s.bits) - n), nil
	}
	return 0, uint(s.bits - s.length), nil
}

// All returns the subnets, lowest address first, none for the zero Split. The sequence can be ranged over more than
// once.
func (s Split) All() iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		for i, n := uint64(0), s.Len(); i < n; i++ {
			if !yield(s.at(i)) {
				return
			}
		}
	}
}

// String returns "10.0.0.0/8 into /24", and "" for the zero Split.
func (s Split) String() string {
	if !s.valid {
		return ""
	}
	return fmt.Sprintf("%v into /%d", s.Prefix(), s.bits)
}
