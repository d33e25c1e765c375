package cidr

import (
	"errors"
	"fmt"
	"net/netip"
)

// What is wrong with a prefix. The struct errors of this package unwrap to one of these.
//
// The zero value of each error type stands for no error that this package returns, and so does a nil pointer; both
// still have a text that says what little they know, as has any value that a caller makes.
var (
	ErrSyntax       = errors.New("not an address, a slash and a prefix length, such as 10.0.0.0/8 or fd00::/48")
	ErrNoLength     = errors.New("the prefix length is missing")
	ErrZone         = errors.New("a prefix has no zone")
	ErrLeadingZeros = errors.New("leading zeros")
	ErrMapped       = errors.New("IPv4-mapped IPv6")
	ErrHostBits     = errors.New("host bits are set")
	ErrLength       = errors.New("prefix length out of range")
	ErrInvalid      = errors.New("invalid prefix")
	ErrTooMany      = errors.New("more than 2^63 subnets")
	ErrOutside      = errors.New("outside of the range")
	ErrFamily       = errors.New("IPv4 and IPv6 mixed")
	ErrFree         = errors.New("not in use")
)

// ErrExhausted is what [Pool.Next] answers when no subnet is free.
var ErrExhausted = errors.New("every subnet is in use")

// A PrefixError says that a function does not take a prefix. The zero PrefixError gives no reason.
type PrefixError struct {
	Prefix netip.Prefix // what was given
	Within netip.Prefix // range that it has to do with; the zero Prefix where there is none
	Err    error        // ErrInvalid, ErrHostBits, ErrMapped, ErrOutside, ErrFamily or ErrFree
}

// Error returns the prefix, what is wrong with it, and where there is one the prefix to use instead.
func (e *PrefixError) Error() string {
	if e == nil {
		e = new(PrefixError)
	}
	switch e.Err {
	case nil:
		return fmt.Sprintf("prefix %v: not taken", e.Prefix)
	case ErrInvalid:
		return "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)"
	case ErrHostBits:
		return fmt.Sprintf("prefix %v: host bits are set; use %v", e.Prefix, e.Prefix.Masked())
	case ErrMapped:
		if q, ok := Unmap(e.Prefix); ok {
			return fmt.Sprintf("prefix %v: IPv4-mapped IPv6; use %v", e.Prefix, q)
		}
		return fmt.Sprintf("prefix %v: IPv4-mapped IPv6 of less than 96 bits; use an IPv4 prefix", e.Prefix)
	case ErrOutside:
		text := fmt.Sprintf("prefix %v: %v", e.Prefix, ErrOutside)
		if e.Within.IsValid() {
			text = fmt.Sprintf("prefix %v: outside of %v", e.Prefix, e.Within)
		}
		if q, ok := Unmap(e.Prefix); ok && e.Within.Addr().Is4() {
			text += fmt.Sprintf(", as IPv4-mapped IPv6 is no IPv4; use %v", q)
		}
		return text
	case ErrFree:
		return fmt.Sprintf("prefix %v: not in use, it was released before or never taken", e.Prefix)
	case ErrFamily:
		if e.Within.IsValid() {
			return fmt.Sprintf("prefix %v: not of the family of %v; keep IPv4 and IPv6 apart", e.Prefix, e.Within)
		}
	}
	return fmt.Sprintf("prefix %v: %v", e.Prefix, e.Err)
}

// Unwrap returns e.Err, and nil for a nil e.
func (e *PrefixError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// A LengthError says that a prefix length is impossible. The zero LengthError says that only 0 is possible, and was
// given.
type LengthError struct {
	Bits int // what was given
	Max  int // largest that is possible: 32 or 128; the smallest is 0
}

// Error returns both numbers.
func (e *LengthError) Error() string {
	if e == nil {
		e = new(LengthError)
	}
	return fmt.Sprintf("prefix length %d: must be 0 to %d", e.Bits, e.Max)
}

// Unwrap returns [ErrLength].
func (e *LengthError) Unwrap() error { return ErrLength }

// A CursorError says that a pool has no subnet of a number. The zero CursorError says so of number 0 in a pool without
// subnets.
type CursorError struct {
	Cursor uint64 // what was given
	Len    uint64 // number of subnets; the largest cursor is one less
}

// Error returns both numbers.
func (e *CursorError) Error() string {
	if e == nil {
		e = new(CursorError)
	}
	if e.Len == 0 {
		return fmt.Sprintf("cursor %d: the pool has no subnets; use 0", e.Cursor)
	}
	return fmt.Sprintf("cursor %d: the pool has %d subnets; use 0 to %d", e.Cursor, e.Len, e.Len-1)
}
