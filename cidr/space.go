package cidr

import (
	"fmt"
	"iter"
	"math/big"
	"math/bits"
	"net/netip"

	"go4.org/netipx"
)

// A Space is a set of free addresses of one family, from which prefixes of any length are cut. [NewSpace] says which
// addresses it is about; [Space.Alloc] and [Space.Occupy] take from them, and [Space.Release] gives back.
//
// The zero Space holds nothing and belongs to no family. A Space can be read by several goroutines at once, but
// not while one of them changes it.
type Space struct {
	used  blockSet // all that is not free, addresses that NewSpace was not given included
	all   blockSet // what NewSpace was given
	is4   bool
	valid bool
}

// A ShortageError proves that a list of prefix lengths does not fit into a [Space]. It looks at blocks of one length,
// Bits, and counts each requested block that is as large or larger in blocks of that length: these need more than the
// free addresses hold. Bits is the shortest length at which this is so, hence a block of that length is among those
// requested.
//
// The zero ShortageError says that of no blocks of length 0 none are missing; this package never returns it.
type ShortageError struct {
	Bits int      // prefix length of the blocks that are counted
	Need *big.Int // how many are needed, for the requested blocks of this length and shorter; nil is 0
	Have *big.Int // how many the free addresses hold, side by side; less than Need; nil is 0
}

// Missing returns how many blocks of length e.Bits are missing: Need - Have, at least 1 in an error of this package.
// The caller may change the result.
func (e *ShortageError) Missing() *big.Int {
	if e == nil {
		return new(big.Int)
	}
	return new(big.Int).Sub(orZero(e.Need), orZero(e.Have))
}

// Error returns the length, how many blocks are needed and free, and what to do.
func (e *ShortageError) Error() string {
	if e == nil {
		e = new(ShortageError)
	}
	return fmt.Sprintf("no room: blocks of /%d: %v needed, %v free, %v missing; "+
		"free that many, or ask for fewer or smaller ones", e.Bits, orZero(e.Need), orZero(e.Have), e.Missing())
}

func orZero(n *big.Int) *big.Int {
	if n == nil {
		return new(big.Int)
	}
	return n
}

// NewSpace returns the space of the addresses in free, all of them free. Prefixes that overlap or repeat are merged.
// With no prefix it is empty. The error is a *[PrefixError] if one is invalid, IPv4-mapped or has host bits set, or
// with [ErrFamily] if it is not of the family of the first.
func NewSpace(free ...netip.Prefix) (*Space, error) {
	s := new(Space)
	for _, p := range free {
		if err := Check(p); err != nil {
			return nil, err
		}
		if is4 := p.Addr().Is4(); !s.valid {
			s.is4, s.valid = is4, true
		} else if is4 != s.is4 {
			return nil, &PrefixError{p, free[0], ErrFamily}
		}
		s.all.insert(keyOf(p.Addr()), p.Bits())
	}
	s.reset()
	return s, nil
}

// SpacesFrom returns the spaces of the IPv4 and of the IPv6 addresses in set; each is empty where set holds none of
// that family. IPv4-mapped addresses in set are IPv6. A nil set is empty.
func SpacesFrom(set *netipx.IPSet) (ipv4, ipv6 *Space) {
	ipv4 = &Space{is4: true, valid: true}
	ipv6 = &Space{valid: true}
	if set != nil {
		for _, p := range set.Prefixes() {
			s := ipv6
			if p.Addr().Is4() {
				s = ipv4
			}
			s.all.insert(keyOf(p.Addr()), p.Bits())
		}
	}
	ipv4.reset()
	ipv6.reset()
	return ipv4, ipv6
}

// reset makes everything in s.all free, and nothing else.
func (s *Space) reset() {
	if !s.all.some {
		s.used.insert(u128{}, 0)
		return
	}
	top := s.all.nodes[0]
	s.used.base = block{top.key, int(top.bits)}
	s.used.insert(top.key, int(top.bits))
	for b := range s.all.all() {
		s.used.remove(b.key, b.bits)
	}
}

// maxBits returns the length of an address of the space's family, and 128 where it has none.
func (s *Space) maxBits() int {
	if s.is4 {
		return 32
	}
	return 128
}

// take returns q as a block, if s and q have an address in common.
func (s *Space) take(q netip.Prefix) (block, error) {
	if !q.IsValid() {
		return block{}, &PrefixError{Prefix: q, Err: ErrInvalid}
	}
	b := blockOf(q)
	if !s.valid || q.Addr().Is4() != s.is4 || !s.all.overlaps(b) {
		e := &PrefixError{Prefix: q, Err: ErrOutside}
		if s.all.some && s.all.nodes[0].isLeaf() { // the space is one prefix, so that the error can name it
			e.Within = s.used.base.key.prefix(s.used.base.bits, s.is4)
		}
		return block{}, e
	}
	return b, nil
}

// Alloc takes a block of prefix length bits out of s and returns it. It is cut from the smallest free block that holds
// it, so that larger ones survive, and of these from the lowest; within that block it is the lowest.
//
// With L bits in an address it costs O(L). Calls with the same length in a row cost O(1) within a free block and a few
// steps from one to the next; the first change of another kind after such a row then costs O(L) for each free block
// that was begun, which the calls of the row have saved.
//
// The error is a *[ShortageError] if there is no such block, and a *[LengthError] if bits is not a length of the
// family.
func (s *Space) Alloc(bits int) (netip.Prefix, error) {
	if !s.valid || bits < 0 || bits > s.maxBits() {
		return netip.Prefix{}, s.checkLength(bits)
	}
	key, ok := s.used.take(bits)
	if !ok {
		return netip.Prefix{}, &ShortageError{bits, big.NewInt(1), new(big.Int)}
	}
	return key.prefix(bits, s.is4), nil
}

// checkLength returns an error if there are no blocks of length bits, or no addresses at all.
func (s *Space) checkLength(bits int) error {
	if bits < 0 || bits > s.maxBits() {
		return &LengthError{bits, s.maxBits()}
	}
	if !s.valid {
		return &ShortageError{bits, big.NewInt(1), new(big.Int)}
	}
	return nil
}

// Peek returns what [Space.Alloc] would, and takes nothing.
func (s *Space) Peek(bits int) (netip.Prefix, error) {
	if err := s.checkLength(bits); err != nil {
		return netip.Prefix{}, err
	}
	b, ok := s.used.bestGap(bits)
	if !ok {
		return netip.Prefix{}, &ShortageError{bits, big.NewInt(1), new(big.Int)}
	}
	return b.key.prefix(bits, s.is4), nil
}

// Occupy takes all of p that is free out of s; what of it is not free stays as it is. Host bits are ignored. The error
// is a *[PrefixError]: [ErrInvalid], or [ErrOutside] if p has no address in common with what [NewSpace] was given, as
// with another family; an IPv4-mapped p is of the other family for an IPv4 space.
func (s *Space) Occupy(p netip.Prefix) error {
	b, err := s.take(p)
	if err != nil {
		return err
	}
	b, _ = b.common(s.used.base)
	s.used.insert(b.key, b.bits)
	return nil
}

// Exclude takes all that is free of all of ps out of s, as [Space.Occupy] of each does, with one difference: what lies
// outside of s, as all of the other family does, is passed over. It is meant for the ranges that others use, wherever
// they are, and much quicker than Occupy for many of them: O(n log n) for n ranges and what is taken already. The
// ranges are kept as a list until s is changed in another way than by [Space.Alloc] of one length in a row; until then
// [Space.Peek] goes through that list.
//
// The error is a *[PrefixError] with [ErrInvalid] for the first one that is invalid. Nothing has changed then.
func (s *Space) Exclude(ps ...netip.Prefix) error {
	for _, p := range ps {
		if !p.IsValid() {
			return &PrefixError{Prefix: p, Err: ErrInvalid}
		}
	}
	if !s.valid || len(ps) == 0 {
		return nil
	}
	bs, n := sortedBlocks(ps, s.is4, s.used.base)
	if n < len(s.used.nodes)/16 { // few against what is there, which insertAll goes through
		for b := range bs {
			s.used.insert(b.key, b.bits)
		}
		return nil
	}
	s.used.insertAll(bs, n)
	return nil
}

// Release makes all of p free again that [NewSpace] was given; what of it is free already stays so. Host bits are
// ignored. The errors are those of [Space.Occupy], and a *[PrefixError] with [ErrFree] if nothing of p is in use: it
// was given back before, or never taken.
func (s *Space) Release(p netip.Prefix) error {
	b, err := s.take(p)
	if err != nil {
		return err
	}
	used := false
	for in := range s.all.within(b) {
		if s.used.overlaps(in) {
			used = true
			s.used.remove(in.key, in.bits)
		}
	}
	if !used {
		return &PrefixError{Prefix: p, Err: ErrFree}
	}
	return nil
}

// IsFree reports whether every address of p is free. Host bits are ignored. It is false for a p that is invalid or
// of another family.
func (s *Space) IsFree(p netip.Prefix) bool {
	return p.IsValid() && s.valid && p.Addr().Is4() == s.is4 &&
		s.used.base.contains(blockOf(p)) && !s.used.overlaps(blockOf(p))
}

// Blocks returns the free blocks, lowest address first: the fewest prefixes that hold all free addresses. s must
// not change while they are ranged over.
func (s *Space) Blocks() iter.Seq[netip.Prefix] { return s.blocks(block{}) }

// Within returns what is free in p as the fewest prefixes, lowest address first. Host bits are ignored; a p that is
// invalid or of another family gives none. s must not change while they are ranged over.
func (s *Space) Within(p netip.Prefix) iter.Seq[netip.Prefix] {
	if !p.IsValid() || p.Addr().Is4() != s.is4 {
		return func(func(netip.Prefix) bool) {}
	}
	return s.blocks(blockOf(p))
}

func (s *Space) blocks(in block) iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		if !s.valid {
			return
		}
		for b := range s.used.gapsWithin(in) {
			if !yield(b.key.prefix(b.bits, s.is4)) {
				return
			}
		}
	}
}

// Largest returns the length of the largest free block. ok is false if nothing is free.
func (s *Space) Largest() (bits int, ok bool) {
	for n, have := range s.held() {
		if have != (u192{}) {
			return n, true
		}
	}
	return 0, false
}

// Count returns how many blocks of prefix length bits the free addresses hold, side by side: what [Space.Alloc] would
// give if asked for that length alone. It is exact, at most 2^128, and 0 for a length that the family does not have.
// The caller may change the result.
func (s *Space) Count(bits int) *big.Int {
	if bits < 0 || bits > s.maxBits() {
		return new(big.Int)
	}
	var have u192
	for k, n := range s.held() {
		if have = n; k == bits {
			break
		}
	}
	return have.big()
}

// held returns for each length, from 0 on, how many blocks of it the free addresses hold, side by side.
func (s *Space) held() iter.Seq2[int, u192] {
	return func(yield func(int, u192) bool) {
		var have u192
		for n, gaps := range s.used.gapCounts(s.maxBits()) {
			if s.valid {
				have = have.double().add(gaps)
			}
			if !yield(n, have) {
				return
			}
		}
	}
}

// Capacity returns [Space.Count] of each length from [Space.Largest] to that of a single address. It is empty if
// nothing is free.
func (s *Space) Capacity() iter.Seq2[int, *big.Int] {
	return func(yield func(int, *big.Int) bool) {
		for k, n := range s.held() {
			if n != (u192{}) && !yield(k, n.big()) {
				return
			}
		}
	}
}

// Fits returns nil if blocks of the given prefix lengths can all be cut out of s, in whatever order they are given:
// then [Space.Alloc] succeeds for each, the largest blocks first (shortest lengths first). Nothing is taken. Otherwise
// the error is a *[ShortageError], which proves that no choice of places helps; or a *[LengthError] if a length is not
// one of the family.
//
// Let N(k) be the number of blocks of length k that the free addresses hold. The list fits if and only if for every k
// the requested blocks of length k or shorter, counted in blocks of length k, are at most N(k). That is needed, as
// these blocks lie side by side in N(k) places. It is enough, because cutting a block of length m out of any free block
// lowers N(k) by 2^(k-m) for every k >= m, wherever it is cut, and N(m) >= 1 means that a free block of length m or
// shorter is there to cut it from.
func (s *Space) Fits(bits ...int) error {
	var want [129]uint64
	for _, b := range bits {
		if b < 0 || b > s.maxBits() {
			return &LengthError{b, s.maxBits()}
		}
		want[b]++
	}
	var need u192
	for k, have := range s.held() {
		// need <= have <= 2^(k-1) so far: doubled and increased by the length of a list it is still exact.
		if need = need.double().add(want[k]); have.less(need) {
			return &ShortageError{k, need.big(), have.big()}
		}
	}
	return nil
}

// IPSet returns the free addresses as a set of package netipx.
func (s *Space) IPSet() (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for p := range s.Blocks() {
		b.AddPrefix(p)
	}
	return b.IPSet()
}

// Clone returns a copy of s, which shares nothing with it.
func (s *Space) Clone() *Space {
	c := *s
	c.used, c.all = s.used.clone(), s.all.clone()
	return &c
}

// Equal reports whether s and t were made for the same addresses and have the same ones free. Two spaces that never
// held an address are equal. A nil t equals nothing.
func (s *Space) Equal(t *Space) bool {
	return t != nil && s.is4 == t.is4 && s.valid == t.valid && s.all.equal(&t.all) && s.used.equal(&t.used)
}

// A u192 counts blocks: at most 2^128, doubled, and the length of a list.
type u192 struct{ a, b, c uint64 }

func (n u192) double() u192 { return u192{n.a<<1 | n.b>>63, n.b<<1 | n.c>>63, n.c << 1} }

func (n u192) add(m uint64) u192 {
	c, carry := bits.Add64(n.c, m, 0)
	b, carry := bits.Add64(n.b, 0, carry)
	return u192{n.a + carry, b, c}
}

func (n u192) less(m u192) bool {
	if n.a != m.a {
		return n.a < m.a
	}
	if n.b != m.b {
		return n.b < m.b
	}
	return n.c < m.c
}

func (n u192) big() *big.Int {
	x := new(big.Int).SetUint64(n.a)
	x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(n.b))
	return x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(n.c))
}
