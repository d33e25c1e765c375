package cidr

import (
	"iter"
	"net/netip"
)

// Overlaps returns the pairs of prefixes in ps that have an address in common, as their indices i < j, each pair once.
// The order of the pairs depends on ps alone: IPv4 first, then by the one of the two that lies inside of the other.
//
// Two prefixes overlap as [netip.Prefix.Overlaps] has it: equal ones do, host bits are ignored, an invalid prefix
// overlaps nothing, and IPv4 and IPv6 are apart, so that a list may hold both. An IPv4-mapped prefix is IPv6.
//
// It takes O(n log n) time plus the number of pairs, which may be as large as n(n-1)/2. The sequence can be ranged over
// more than once and does the work each time. ps must not change meanwhile.
func Overlaps(ps []netip.Prefix) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		var n4, n6 int
		for i := range ps {
			if p := &ps[i]; !p.IsValid() {
				continue
			} else if p.Addr().Is4() {
				n4++
			} else {
				n6++
			}
		}
		four := overlaps4
		if len(ps) > 1<<packedIndexBits {
			four = func(ps []netip.Prefix, n int, yield func(int, int) bool) bool { return overlaps6(ps, n, true, yield) }
		}
		if n4 > 0 && !four(ps, n4, yield) {
			return
		}
		if n6 > 0 {
			overlaps6(ps, n6, false, yield)
		}
	}
}

// Prefixes are sorted by their first address, and by length where that is the same: then a prefix comes after
// those that contain it, and before those that it contains. While going through them, the open ones
// are those that contain the current one: a stack, the outermost at the bottom.
//
//	|-------------- a --------------|
//	|----- b -----|   |---- d ----|      sorted: a b c d e
//	    |-- c --|       |- e -|          open at e: a d

// An IPv4 prefix and its place in the list are packed into 64 bits: address, length, index. Sorted as numbers they are
// in the order wanted, equal prefixes by index.
const (
	packedIndexBits = 26
	packedShift     = 6 + packedIndexBits // of the address
)

func overlaps4(ps []netip.Prefix, n int, yield func(int, int) bool) bool {
	keys := make([]uint64, 0, 2*n)
	for i := range ps {
		if p := &ps[i]; p.IsValid() && p.Addr().Is4() {
			k := keyOf(p.Addr()).hi & mask(p.Bits()).hi
			keys = append(keys, k|uint64(p.Bits())<<packedIndexBits|uint64(i))
		}
	}
	keys = radix4(keys, keys[n:2*n])
	stack := make([]uint64, 0, 64) // one of each length, and more where prefixes are equal
	for _, k := range keys {
		for len(stack) > 0 {
			o := stack[len(stack)-1]
			if bits := o >> packedIndexBits & 63; (o^k)>>packedShift>>(32-bits) == 0 {
				break
			}
			stack = stack[:len(stack)-1]
		}
		i := int(k & (1<<packedIndexBits - 1))
		for _, o := range stack {
			j := int(o & (1<<packedIndexBits - 1))
			if !yield(min(i, j), max(i, j)) {
				return false
			}
		}
		stack = append(stack, k)
	}
	return true
}

// radix4 sorts keys by address and length, and uses tmp, which is as long. It keeps the order of equal ones, which is
// that of their indices. The result is one of the two slices.
func radix4(keys, tmp []uint64) []uint64 {
	const digit, passes = 10, 4 // 40 bits: address, length and a part of the index, which is in order already
	const low = 64 - digit*passes
	var count [passes][1 << digit]uint32
	for _, k := range keys {
		for p := range count {
			count[p][k>>(low+p*digit)&(1<<digit-1)]++
		}
	}
	for p := range count {
		c := &count[p]
		if !prefixSums(c[:], len(keys)) {
			continue
		}
		for _, k := range keys {
			d := k >> (low + p*digit) & (1<<digit - 1)
			tmp[c[d]] = k
			c[d]++
		}
		keys, tmp = tmp, keys
	}
	return keys
}

// prefixSums turns counts of n digits into the places at which they begin. It reports false if all digits are the same,
// and nothing has to be moved.
func prefixSums(count []uint32, n int) bool {
	sum := uint32(0)
	for i, c := range count {
		if int(c) == n {
			return false
		}
		count[i] = sum
		sum += c
	}
	return true
}

// A span is a prefix and its place in the list.
type span struct {
	key  u128
	bits uint32
	i    uint32
}

// overlaps6 does what overlaps4 does for any family and any length of list.
func overlaps6(ps []netip.Prefix, n int, is4 bool, yield func(int, int) bool) bool {
	spans := make([]span, 0, 2*n)
	for i := range ps {
		if p := &ps[i]; p.IsValid() && p.Addr().Is4() == is4 {
			spans = append(spans, span{keyOf(p.Addr()).masked(p.Bits()), uint32(p.Bits()), uint32(i)})
		}
	}
	spans = radix6(spans, spans[n:2*n])
	var stack []span
	for _, s := range spans {
		for len(stack) > 0 {
			o := &stack[len(stack)-1]
			if o.key == s.key.masked(int(o.bits)) {
				break
			}
			stack = stack[:len(stack)-1]
		}
		i := int(s.i)
		for _, o := range stack {
			j := int(o.i)
			if !yield(min(i, j), max(i, j)) {
				return false
			}
		}
		stack = append(stack, s)
	}
	return true
}

// radix6 is radix4 for spans: by length, then by the bytes of the address from the last to the first.
func radix6(spans, tmp []span) []span {
	const passes = 17
	digit := func(s *span, p int) uint8 {
		switch {
		case p == 0:
			return uint8(s.bits)
		case p <= 8:
			return uint8(s.key.lo >> (8*p - 8))
		}
		return uint8(s.key.hi >> (8*p - 72))
	}
	var count [passes][256]uint32
	for i := range spans {
		s := &spans[i]
		count[0][uint8(s.bits)]++
		for p := range 8 {
			count[1+p][uint8(s.key.lo>>(8*p))]++
			count[9+p][uint8(s.key.hi>>(8*p))]++
		}
	}
	for p := range count {
		c := &count[p]
		if !prefixSums(c[:], len(spans)) {
			continue
		}
		for i := range spans {
			d := digit(&spans[i], p)
			tmp[c[d]] = spans[i]
			c[d]++
		}
		spans, tmp = tmp, spans
	}
	return spans
}
