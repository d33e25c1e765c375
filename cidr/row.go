package cidr

import (
	"iter"
	"math/bits"
)

// A row is what [blockSet.take] has taken since it was last asked for blocks of another length: it fills the gaps that
// hold such a block, the smallest first, and of these the lowest first, each from its start. The trie is left as it was
// before, so that the next block is a matter of counting, and the next gap one of a few steps through the trie, or
// through the list of blocks of a flat set. Of the gaps, those of
//
//	longer lengths than the blocks     are too small, and not touched
//	bits, bits-1, ... gap.bits+1       are all taken
//	gap.bits                           are taken up to gap, which is taken up to next
//	shorter lengths                    are not touched
//
// What of gap is still free are blocks, each longer than those before it. Methods that only read leave out what the row
// has taken; those that change anything else bring the trie up to date first ([blockSet.endRow]).
type row struct {
	bits  int   // length of the blocks; that of the last call of take if on is false
	step  u128  // size of a block
	gap   block // of the trie, the one that was begun last
	next  u128  // where what is free of it begins, if it is not spent
	end   u128  // where it ends, 0 at the end of the address space
	begun int   // number of gaps that were begun
	same  int   // how many of these have the length of gap
	on    bool
	spent bool // nothing of gap is free
}

// rest returns the lengths of the blocks that are free in r.gap, in the form of blockNode.gaps.
func (r *row) rest() u128 {
	// So many blocks are left, in binary: none at the end of a gap, and without a row.
	return r.next.neg().and(gapsOf(r.gap.bits-1, r.bits))
}

// at returns the block of length n that is free in r.gap.
func (r *row) at(n int) block {
	if r.next.masked(n) == r.next {
		return block{r.next, n}
	}
	return block{r.next.masked(n).add(u128{}.setBit(n - 1)), n}
}

// within yields what r.rest and the block in have in common, lowest first.
func (r *row) within(in block, yield func(block) bool) bool {
	for lens := r.rest(); !lens.isZero(); {
		n := 128 - lens.trailingZeros()
		if g, ok := r.at(n).common(in); ok && !yield(g) {
			return false
		}
		lens = lens.masked(n - 1)
	}
	return true
}

// began reports whether something of g, which is a gap of the trie, is taken.
func (r *row) began(g block) bool {
	if !r.on || g.bits > r.bits || g.bits < r.gap.bits {
		return false
	}
	return g.bits > r.gap.bits || !r.gap.key.less(g.key)
}

// overlaps reports whether something of b, which lies in the gap g of the trie, is taken.
func (r *row) overlaps(g, b block) bool {
	return r.began(g) && (g != r.gap || r.spent || b.key.less(r.next))
}

// take adds a block of length n where there is a gap for it: at the start of the smallest gap that holds it, the lowest
// of these. ok is false if there is none. The second block of a length in succession begins a row, and the first one
// does where there is no trie that it could be added to.
func (s *blockSet) take(n int) (key u128, ok bool) {
	if s.row.bits != n || !s.some {
		s.endRow()
		s.row.bits = n
		if !s.flat {
			return s.takeOne(n)
		}
	}
	r := &s.row
	if (!r.on || r.spent) && !s.advance() {
		return u128{}, false
	}
	key = r.next
	r.next = key.add(r.step)
	r.spent = r.next == r.end
	return key, true
}

// takeOne is take without a row.
func (s *blockSet) takeOne(n int) (key u128, ok bool) {
	if !s.some {
		if ok = s.base.bits <= n; ok {
			s.insert(s.base.key, n)
		}
		return s.base.key, ok
	}
	k := s.bestLength(n)
	if k < 0 {
		return u128{}, false
	}
	g, d := s.lowest(&s.trail, k)
	s.put(d, k-1, g.key, n)
	return g.key, true
}

// advance makes the next gap that holds a block of the row its gap. It reports false, and changes nothing, if there is
// none.
func (s *blockSet) advance() bool {
	r := &s.row
	below, same := r.bits, 1
	var g block
	ok := false
	if r.on {
		if g, ok = s.following(&s.trail, r.gap.bits); ok {
			same = r.same + 1
		}
		below = r.gap.bits - 1
	}
	if !ok {
		k := s.bestLength(below)
		if k < 0 {
			return false
		}
		g, _ = s.lowest(&s.trail, k)
	}
	r.gap, r.next, r.end, r.same = g, g.key, g.key.add(u128{}.setBit(g.bits-1)), same
	r.step, r.on, r.spent = u128{}.setBit(r.bits-1), true, false
	r.begun++
	return true
}

// endRow brings the trie up to date with the row and ends it. To fill a gap changes no other gap, so that those of the
// row are found again in their order.
func (s *blockSet) endRow() {
	r := s.row
	if !r.on {
		return
	}
	s.row = row{bits: r.bits}
	s.deepen()
	whole := r.begun
	if !r.spent {
		whole--
	}
	for range whole {
		k := s.bestLength(r.bits)
		g, d := s.lowest(&s.trail, k)
		s.put(d, k-1, g.key, k)
	}
	if r.spent {
		return
	}
	for lens := r.next.and(gapsOf(r.gap.bits-1, r.bits)); !lens.isZero(); { // so many blocks are taken, in binary
		n := lens.leadingZeros() + 1
		s.insert(r.next.masked(n-1), n) // before the bit was set
		lens = lens.and(mask(n).not())
	}
}

// bestLength returns the length of the smallest gaps of the trie that hold a block of length n, and -1 if there is
// none. s has a block.
func (s *blockSet) bestLength(n int) int { return longest(s.lengths().masked(n)) }

// lengths returns the lengths of all gaps of the trie, in the form of blockNode.gaps. s has a block.
func (s *blockSet) lengths() u128 {
	if s.flat {
		return s.flatGaps
	}
	return s.nodes[0].gaps
}

// longest returns the longest of the lengths in lens, which has the form of blockNode.gaps, and -1 if it is empty.
func longest(lens u128) int {
	if lens.isZero() {
		return -1
	}
	return 128 - lens.trailingZeros()
}

// lowest returns the lowest gap of length k, and the depth of the node on whose link it is. There is one. The way to
// that is t.
func (s *blockSet) lowest(t *trail, k int) (block, int) {
	t.forks = [2]uint64{}
	if s.flat {
		g, _ := s.scan(t, 0, k)
		return g, 0
	}
	return s.descend(t, 0, 0, k)
}

// following returns the next gap of length k behind the one to which t leads from lowest. ok is false if there is none.
func (s *blockSet) following(t *trail, k int) (g block, ok bool) {
	if s.flat {
		return s.scan(t, t.path[0]+1, k)
	}
	for w := 1; w >= 0; w-- {
		if f := t.forks[w]; f != 0 {
			d := bits.Len64(f) - 1
			t.forks[w] = f &^ (1 << d)
			d += 64 * w
			g, _ = s.descend(t, d+1, s.nodes[t.path[d]].sub+1, k)
			return g, true
		}
	}
	return block{}, false
}

// scan returns the gap of length k of the first block from number i on that has one, in a flat set; path[0] is the
// number.
func (s *blockSet) scan(t *trail, i uint32, k int) (block, bool) {
	has := u128{}.setBit(k - 1)
	for nodes := s.nodes; i < uint32(len(nodes)); i++ {
		if nd := &nodes[i]; nd.gaps.hi&has.hi|nd.gaps.lo&has.lo != 0 {
			t.path[0] = i
			return block{nd.key.masked(k).xor(has), k}, true
		}
	}
	return block{}, false
}

// descend is lowest for what is below node id, which t reaches at depth d, or on the link to it.
func (s *blockSet) descend(t *trail, d int, id uint32, k int) (block, int) {
	has := u128{}.setBit(k - 1)
	for ; ; d++ {
		t.path[d] = id
		nd := &s.nodes[id]
		if k <= int(nd.bits) { // the gap is on the link
			return block{nd.key.masked(k).xor(has), k}, d
		}
		id = nd.sub
		switch x, y := s.nodes[id].gaps.and(has), s.nodes[id+1].gaps.and(has); {
		case x.isZero():
			id++
		case !y.isZero():
			t.forks[d>>6] |= 1 << (d & 63)
		}
	}
}

// bestGap returns the gap that take would use.
func (s *blockSet) bestGap(n int) (g block, ok bool) {
	if !s.some {
		return s.base, s.base.bits <= n
	}
	r := &s.row
	if !r.on {
		k := s.bestLength(n)
		if k < 0 {
			return block{}, false
		}
		t := s.trail
		g, _ = s.lowest(&t, k)
		return g, true
	}
	t := s.trail
	after, more := s.following(&t, r.gap.bits)
	lens := s.lengths().and(gapsOf(r.gap.bits-2, r.bits).not()).or(r.rest())
	if more {
		lens = lens.setBit(r.gap.bits - 1)
	}
	switch k := longest(lens.masked(n)); {
	case k < 0:
		return block{}, false
	case k > r.gap.bits && k <= r.bits:
		return r.at(k), true
	case k == r.gap.bits:
		return after, true
	default:
		g, _ = s.lowest(&t, k)
		return g, true
	}
}

// gapCounts returns for each length from 0 to most how many gaps of it there are.
func (s *blockSet) gapCounts(most int) iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		r, rest, all := &s.row, s.row.rest(), int64(0)
		for n := range most + 1 {
			c := all + int64(s.links[n])
			all = c
			switch {
			case !s.some && n == s.base.bits:
				c = 1
			case !s.some:
				c = 0
			case r.on && n > r.gap.bits && n <= r.bits:
				c = int64(rest.bit(n - 1))
			case r.on && n == r.gap.bits:
				c -= int64(r.same)
			}
			if !yield(n, uint64(c)) {
				return
			}
		}
	}
}
