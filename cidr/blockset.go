package cidr

import (
	"iter"
	"net/netip"
	"slices"
)

// A block is a prefix without its family.
type block struct {
	key  u128
	bits int
}

// blockOf returns p as a block, host bits cleared. p is valid.
func blockOf(p netip.Prefix) block { return block{keyOf(p.Addr()).masked(p.Bits()), p.Bits()} }

// contains reports whether all of c is in b.
func (b block) contains(c block) bool { return b.bits <= c.bits && c.key.masked(b.bits) == b.key }

// common returns the addresses that b and c have in common: one of the two, or none.
func (b block) common(c block) (block, bool) {
	if c.bits > b.bits {
		b, c = c, b
	}
	return b, b.key.masked(c.bits) == c.key
}

// A blockSet is a set of addresses, kept as the fewest blocks that hold them: no block contains another, and no two are
// the halves of a longer one. The blocks are the leaves of a binary trie without one-child nodes, so that the set takes
// memory proportional to the number of blocks, and an operation takes a number of steps that is at most the length of
// an address. Nodes live in one slice and are used again, so that a set that has stopped growing allocates nothing.
//
// The trie says as much about the gaps, the blocks that are missing. A node shares its bits with all that is below it;
// where it has more bits than its parent needs, each bit that is skipped leaves out the other half:
//
//	0.0.0.0/5 ─┬─ 0.0.0.0/8          skips bits 6 and 7: gaps 2.0.0.0/7 and 1.0.0.0/8
//	           └─ 4.0.0.0/6          skips none
//
// So a link from a node of length p to one of length c has one gap of each of the lengths p+2 to c, and no other gap of
// those lengths lies below the lower node.
//
// A node stays where it is when it is divided or loses a child: what changes is copied into it, so that the one above
// needs not to be told. An operation goes down along path, changes the last node, and goes up again while sums change.
type blockSet struct {
	nodes []blockNode // nodes[0] is the root, and counts only if some is set; then come pairs of children
	some  bool        // there is a block
	spare uint32      // first pair that is not in use, 0 if there is none; the next one is its sub
	// base is the block that all blocks of the set lie in; gaps outside of it are not seen. The root hangs on a node
	// that is one bit shorter.
	base block
	// links counts the gaps: there are links[0] + ... + links[n] of length n, if there is a block; base is one if there
	// is none.
	links [131]int32
	row   row
	// flat says that there is no trie: nodes are the blocks in their order, and the gaps of each are those that flatten
	// gives it. So leaves it insertAll. Rows of take and what only reads go with it, any other change makes a trie
	// first. flatGaps are the lengths of all gaps then.
	flat     bool
	flatGaps u128
	trail    // to the node that an operation is about; void between operations, except in a row
}

// A trail is a way down the trie.
type trail struct {
	path [129]uint32 // nodes from the root on; what follows the last one is void
	// forks has bit d%64 of word d/64 set where the way goes to the first child of path[d] although the second one has
	// a gap, too, of the length that [blockSet.lowest] looks for. Other operations do not care.
	forks [2]uint64
}

type blockNode struct {
	key  u128
	gaps u128   // bit n-1 is set if there is a gap of length n on the link that leads here or below
	sub  uint32 // the child whose blocks have a 0 behind the shared bits; the one with a 1 follows it. 0 if the node is a block
	bits uint8  // length of the prefix that all blocks below share, or of the block
}

func (nd *blockNode) isLeaf() bool { return nd.sub == 0 }

// gapsOf returns the lengths of the gaps on a link from length p to length c, in the form of blockNode.gaps.
func gapsOf(p, c int) u128 { return mask(c).and(mask(p + 1).not()) }

// link counts the gaps of a link from length p to length c.
func (s *blockSet) link(p, c int) {
	s.links[p+2]++
	s.links[c+1]--
}

func (s *blockSet) unlink(p, c int) {
	s.links[p+2]--
	s.links[c+1]++
}

// pair returns two nodes that are not in use. Pointers to nodes are void after it.
func (s *blockSet) pair() uint32 {
	if id := s.spare; id != 0 {
		s.spare = s.nodes[id].sub
		return id
	}
	n := len(s.nodes)
	if n+2 > cap(s.nodes) {
		s.nodes = slices.Grow(s.nodes, n+2) // twice as many: append alone would move them more often
	}
	s.nodes = s.nodes[:n+2]
	return uint32(n)
}

func (s *blockSet) free(pair uint32) {
	s.nodes[pair] = blockNode{sub: s.spare}
	s.spare = pair
}

// clear removes all below node id, which is a leaf then.
func (s *blockSet) clear(id uint32) {
	nd := &s.nodes[id]
	if nd.isLeaf() {
		return
	}
	for child := nd.sub; child <= nd.sub+1; child++ {
		s.unlink(int(nd.bits), int(s.nodes[child].bits))
		s.clear(child)
	}
	s.free(nd.sub)
	nd.sub = 0
}

// above returns the length of the node on which path[d] hangs.
func (s *blockSet) above(d int) int {
	if d == 0 {
		return s.base.bits - 1
	}
	return int(s.nodes[s.path[d-1]].bits)
}

// settle brings the nodes above path[d] up to date after a change of that one: halves are joined, gaps summed up.
func (s *blockSet) settle(d int) {
	for d--; d >= 0; d-- {
		nd := &s.nodes[s.path[d]]
		x, y := &s.nodes[nd.sub], &s.nodes[nd.sub+1]
		gaps := nd.gaps.masked(int(nd.bits)) // those of the link
		if x.isLeaf() && y.isLeaf() && x.bits == nd.bits+1 && y.bits == nd.bits+1 {
			s.free(nd.sub)
			nd.sub, nd.gaps = 0, gaps
			continue
		}
		if gaps = gaps.or(x.gaps).or(y.gaps); gaps == nd.gaps {
			return
		}
		nd.gaps = gaps
	}
}

// insert adds the block of length n at key, which lies in s.base and has no bits set after the first n.
func (s *blockSet) insert(key u128, n int) {
	s.endRow()
	s.deepen()
	if !s.some {
		p := s.base.bits - 1
		s.some = true
		if len(s.nodes) == 0 {
			s.nodes = append(s.nodes, blockNode{})
		}
		s.nodes[0] = blockNode{key: key, gaps: gapsOf(p, n), bits: uint8(n)}
		s.link(p, n)
		return
	}
	id := uint32(0)
	for d := 0; ; d++ {
		s.path[d] = id
		nd := &s.nodes[id]
		c := int(nd.bits)
		if diff := nd.key.xor(key); !diff.masked(min(c, n)).isZero() {
			s.put(d, diff.leadingZeros(), key, n)
			return
		} else if n <= c { // the block contains the node
			p := s.above(d)
			s.clear(id)
			s.unlink(p, c)
			s.link(p, n)
			nd.key, nd.gaps, nd.bits = key, nd.gaps.masked(n), uint8(n)
			s.settle(d)
			return
		} else if nd.isLeaf() { // and contains the block
			return
		}
		id = nd.sub + uint32(key.bit(c))
	}
}

// put adds the block of length n at key, which differs from node path[d] first in bit b, behind the length of the node
// above.
func (s *blockSet) put(d, b int, key u128, n int) {
	id := s.path[d]
	nd := &s.nodes[id]
	s.links[b+1]-- // the gap of that length that holds it
	s.links[b+2]++
	if nd.isLeaf() && int(nd.bits) == n && b == n-1 { // halves
		nd.key, nd.gaps, nd.bits = key.masked(b), nd.gaps.masked(b), uint8(b)
		s.settle(d)
		return
	}
	s.link(b, n)
	sub := s.pair()
	nd = &s.nodes[id]
	one := uint32(key.bit(b))
	x, y := &s.nodes[sub+one], &s.nodes[sub+1-one]
	*x = blockNode{key: key, gaps: gapsOf(b, n), bits: uint8(n)}
	*y = *nd
	y.gaps = nd.gaps.and(mask(b + 1).not())
	*nd = blockNode{key: key.masked(b), gaps: nd.gaps.masked(b).or(x.gaps).or(y.gaps), sub: sub, bits: uint8(b)}
	s.settle(d)
}

// remove takes the block of length n at key out of s, as far as it is in.
func (s *blockSet) remove(key u128, n int) {
	s.endRow()
	s.deepen()
	if !s.some {
		return
	}
	id := uint32(0)
	for d := 0; ; d++ {
		s.path[d] = id
		nd := &s.nodes[id]
		c := int(nd.bits)
		if !nd.key.xor(key).masked(min(c, n)).isZero() { // apart
			return
		} else if n <= c { // the block contains it
			s.cut(d)
			return
		} else if nd.isLeaf() {
			s.hollow(d, key, n)
			return
		}
		id = nd.sub + uint32(key.bit(c))
	}
}

// cut removes node path[d] with all below it. Its sibling takes the place of the node above.
func (s *blockSet) cut(d int) {
	id := s.path[d]
	s.clear(id)
	if s.unlink(s.above(d), int(s.nodes[id].bits)); d == 0 {
		s.some = false
		return
	}
	d--
	p := s.above(d)
	nd := &s.nodes[s.path[d]]
	pair := nd.sub
	other := s.nodes[2*pair+1-id]
	c := int(other.bits)
	s.unlink(int(nd.bits), c)
	s.unlink(p, int(nd.bits))
	s.link(p, c)
	other.gaps = other.gaps.or(gapsOf(p, c))
	*nd = other
	s.free(pair)
	s.settle(d)
}

// hollow takes the block of length n at key out of path[d], a longer block that contains it: the other halves on the
// way down to it remain.
func (s *blockSet) hollow(d int, key u128, n int) {
	id, p := s.path[d], s.above(d)
	c := int(s.nodes[id].bits)
	gap := u128{}.setBit(n - 1)
	gaps := s.nodes[id].gaps.or(gap)
	s.unlink(p, c)
	for b := c; b < n-1; b++ { // the half of length b+1 that does not hold the block, beside what remains of the one that does
		sub := s.pair()
		s.nodes[id] = blockNode{key: key.masked(b), gaps: gaps, sub: sub, bits: uint8(b)}
		s.link(p, b)
		one := uint32(key.bit(b))
		s.nodes[sub+1-one] = blockNode{key: key.masked(b + 1).xor(u128{}.setBit(b)), bits: uint8(b + 1)}
		id, p, gaps = sub+one, b, gap
	}
	s.nodes[id] = blockNode{key: key.xor(gap), gaps: gaps, bits: uint8(n)}
	s.link(p, n)
	s.settle(d)
}

// overlaps reports whether some of b is in s.
func (s *blockSet) overlaps(b block) bool {
	if !s.some {
		return false
	}
	if s.flat {
		return s.overlapsFlat(b)
	}
	key, n := b.key, b.bits
	for id := uint32(0); ; {
		nd := &s.nodes[id]
		c := int(nd.bits)
		if diff := nd.key.xor(key); !diff.masked(min(c, n)).isZero() {
			k := diff.leadingZeros() + 1
			return s.row.overlaps(block{key.masked(k), k}, b)
		} else if nd.isLeaf() || n <= c {
			return true
		}
		id = nd.sub + uint32(key.bit(c))
	}
}

// all returns the blocks of s, which is a trie, lowest first. s must not change meanwhile.
func (s *blockSet) all() iter.Seq[block] { return s.within(block{}) }

// within returns what s, which is a trie, and the block in have in common, lowest first, as blocks. s must not change
// meanwhile.
func (s *blockSet) within(in block) iter.Seq[block] {
	return func(yield func(block) bool) {
		for id := uint32(0); s.some; {
			nd := &s.nodes[id]
			c := int(nd.bits)
			if !nd.key.xor(in.key).masked(min(c, in.bits)).isZero() {
				return
			} else if in.bits <= c {
				s.walk(id, yield)
				return
			} else if nd.isLeaf() {
				yield(in)
				return
			}
			id = nd.sub + uint32(in.key.bit(c))
		}
	}
}

func (s *blockSet) walk(id uint32, yield func(block) bool) bool {
	nd := s.nodes[id]
	if nd.isLeaf() {
		return yield(block{nd.key, int(nd.bits)})
	}
	return s.walk(nd.sub, yield) && s.walk(nd.sub+1, yield)
}

// gapsWithin returns what the gaps of s and the block in have in common, lowest first, as blocks. s must not change
// meanwhile.
func (s *blockSet) gapsWithin(in block) iter.Seq[block] {
	return func(yield func(block) bool) {
		if s.flat {
			s.flatGapsWithin(in, yield)
		} else if s.some {
			s.walkGaps(0, s.base.bits-1, in, yield)
		} else if g, ok := s.base.common(in); ok {
			yield(g)
		}
	}
}

// walkGaps goes through the gaps on the link from length p to node id, and those below it.
func (s *blockSet) walkGaps(id uint32, p int, in block, yield func(block) bool) bool {
	nd := s.nodes[id]
	n := int(nd.bits)
	if !nd.key.xor(in.key).masked(min(p+1, in.bits)).isZero() {
		return true
	}
	emit := func(b int) bool { // the gap on the other side of bit b
		return s.yieldGap(nd.key, b+1, in, yield)
	}
	for b := p + 1; b < n; b++ { // gaps before the node, the outermost first
		if nd.key.bit(b) == 1 && !emit(b) {
			return false
		}
	}
	if !nd.isLeaf() && !(s.walkGaps(nd.sub, n, in, yield) && s.walkGaps(nd.sub+1, n, in, yield)) {
		return false
	}
	for b := n - 1; b > p; b-- { // gaps behind it, the innermost first
		if nd.key.bit(b) == 0 && !emit(b) {
			return false
		}
	}
	return true
}

func (s *blockSet) clone() blockSet {
	c := *s
	c.nodes = slices.Clone(s.nodes)
	return c
}

func (s *blockSet) equal(t *blockSet) bool {
	if s.row.on || s.flat {
		c := s.clone()
		c.endRow()
		c.deepen()
		return c.equal(t)
	}
	if t.row.on || t.flat {
		return t.equal(s)
	}
	return s.some == t.some && s.links == t.links && (!s.some || s.equalAt(0, t, 0))
}

// equalAt compares two subtrees: the same set has but one trie.
func (s *blockSet) equalAt(a uint32, t *blockSet, b uint32) bool {
	x, y := &s.nodes[a], &t.nodes[b]
	return x.bits == y.bits && x.key == y.key && x.isLeaf() == y.isLeaf() &&
		(x.isLeaf() || s.equalAt(x.sub, t, y.sub) && s.equalAt(x.sub+1, t, y.sub+1))
}
