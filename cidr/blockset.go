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
// memory proportional to the number of blocks, and an operation takes a number of steps that is at most the length of an address.
// Nodes live in one slice and are used again, so that a set that has stopped growing allocates nothing.
//
// The trie says as much about the gaps, the blocks that are missing. A node shares its bits with all that is below it; where it
// has more bits than its parent needs, each bit that is skipped leaves out the other half:
//
//	0.0.0.0/5 ─┬─ 0.0.0.0/8          skips bits 6 and 7: gaps 2.0.0.0/7 and 1.0.0.0/8
//	           └─ 4.0.0.0/6          skips none
//
// So a link from a node of length p to one of length c has one gap of each of the lengths p+2 to c, and no other gap of
// those lengths lies below the lower node.
type blockSet struct {
	nodes []blockNode // nodes[0] is not used: 0 means no node
	root  uint32
	spare uint32 // first node that is not in use; the next one is its left
	// base is the block that all blocks of the set lie in; gaps outside of it are not seen. The root hangs on a node
	// that is one bit shorter.
	base block
	// links counts the gaps: there are links[0] + ... + links[n] of length n, if there is a root; base is one if there is none.
	links [131]int32
}

type blockNode struct {
	key         u128
	gaps        u128 // bit n-1 is set if there is a gap of length n below
	left, right uint32
	bits        uint8 // length of the prefix that all blocks below share; of the block if left and right are 0
}

func (nd *blockNode) isLeaf() bool { return nd.left == 0 }

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

func (s *blockSet) alloc(n blockNode) uint32 {
	if id := s.spare; id != 0 {
		s.spare = s.nodes[id].left
		s.nodes[id] = n
		return id
	}
	if len(s.nodes) == 0 {
		s.nodes = append(s.nodes, blockNode{})
	}
	if len(s.nodes) == cap(s.nodes) {
		s.nodes = slices.Grow(s.nodes, len(s.nodes)) // twice as many: append alone would move them more often
	}
	s.nodes = append(s.nodes, n)
	return uint32(len(s.nodes) - 1)
}

func (s *blockSet) free(id uint32) {
	s.nodes[id] = blockNode{left: s.spare}
	s.spare = id
}

// leaf makes the node of a block.
func (s *blockSet) leaf(key u128, n int) uint32 { return s.alloc(blockNode{key: key, bits: uint8(n)}) }

// branch makes the node with children a and b, which differ first in bit n.
func (s *blockSet) branch(n int, a, b uint32) uint32 {
	if s.nodes[a].key.bit(n) != 0 {
		a, b = b, a
	}
	s.link(n, int(s.nodes[a].bits))
	s.link(n, int(s.nodes[b].bits))
	id := s.alloc(blockNode{key: s.nodes[a].key.masked(n), left: a, right: b, bits: uint8(n)})
	s.sum(id)
	return id
}

// sum brings the gaps of node id up to date after a change below, and reports whether they are others now.
func (s *blockSet) sum(id uint32) (changed bool) {
	nd := &s.nodes[id]
	x, y := &s.nodes[nd.left], &s.nodes[nd.right]
	gaps := x.gaps.or(y.gaps).or(gapsOf(int(nd.bits), int(max(x.bits, y.bits))))
	changed = gaps != nd.gaps
	nd.gaps = gaps
	return changed
}

// drop removes node id and all below it.
func (s *blockSet) drop(id uint32) {
	if nd := s.nodes[id]; !nd.isLeaf() {
		s.unlink(int(nd.bits), int(s.nodes[nd.left].bits))
		s.unlink(int(nd.bits), int(s.nodes[nd.right].bits))
		s.drop(nd.left)
		s.drop(nd.right)
	}
	s.free(id)
}

// insert adds the block of length n at key, which lies in s.base and has no bits set after the first n.
func (s *blockSet) insert(key u128, n int) {
	s.unlinkRoot()
	s.root, _ = s.insertAt(s.root, key, n)
	s.linkRoot()
}

// remove takes the block of length n at key out of s, as far as it is in.
func (s *blockSet) remove(key u128, n int) {
	s.unlinkRoot()
	s.root, _ = s.removeAt(s.root, key, n)
	s.linkRoot()
}

func (s *blockSet) linkRoot() {
	if s.root != 0 {
		s.link(s.base.bits-1, int(s.nodes[s.root].bits))
	}
}

func (s *blockSet) unlinkRoot() {
	if s.root != 0 {
		s.unlink(s.base.bits-1, int(s.nodes[s.root].bits))
	}
}

// insertAt adds the block below node id, and returns the node that takes its place. If that is the same node, with the
// same gaps as before, changed is false, and nothing needs to be done above it.
func (s *blockSet) insertAt(id uint32, key u128, n int) (now uint32, changed bool) {
	if id == 0 {
		return s.leaf(key, n), true
	}
	nd := &s.nodes[id]
	p := int(nd.bits)
	if c := min(p, n); !nd.key.xor(key).masked(c).isZero() { // apart
		c = nd.key.xor(key).leadingZeros()
		if nd.isLeaf() && p == n && c == n-1 { // halves
			s.free(id)
			return s.leaf(key.masked(c), c), true
		}
		return s.branch(c, id, s.leaf(key, n)), true
	} else if nd.isLeaf() && p <= n { // contains the block
		return id, false
	} else if n <= p { // the block contains it
		s.drop(id)
		return s.leaf(key, n), true
	}
	right := key.bit(p) != 0
	old := nd.left
	if right {
		old = nd.right
	}
	oldBits := int(s.nodes[old].bits)
	if now, changed = s.insertAt(old, key, n); !changed {
		return id, false
	}
	return s.grown(id, right, now, oldBits)
}

// grown makes now a child of node id, in place of one that had length oldBits, after addresses were added below it. It
// returns what insertAt does.
func (s *blockSet) grown(id uint32, right bool, now uint32, oldBits int) (uint32, bool) {
	nd := &s.nodes[id]
	s.relink(nd, right, now, oldBits)
	if x, y := &s.nodes[nd.left], &s.nodes[nd.right]; x.isLeaf() && y.isLeaf() && x.bits == y.bits && x.bits == nd.bits+1 { // halves
		key, n := nd.key, int(nd.bits)
		s.drop(id)
		return s.leaf(key, n), true
	}
	return id, s.sum(id)
}

// take adds a block of length n where there is a gap for it: at the start of the smallest gap that holds it, the lowest of
// these. ok is false if there is none.
func (s *blockSet) take(n int) (key u128, ok bool) {
	if s.root == 0 {
		if ok = s.base.bits <= n; ok {
			s.insert(s.base.key, n)
		}
		return s.base.key, ok
	}
	k := s.bestLength(n)
	if k < 0 {
		return u128{}, false
	}
	s.unlinkRoot()
	s.root, key, _ = s.takeAt(s.root, k, u128{}.setBit(k-1), n)
	s.linkRoot()
	return key, true
}

// takeAt does it in the lowest gap of length k on the link to node id or below it; has is bit k-1. It returns what insertAt does.
func (s *blockSet) takeAt(id uint32, k int, has u128, n int) (now uint32, key u128, changed bool) {
	nd := &s.nodes[id]
	if k <= int(nd.bits) {
		key = nd.key.masked(k).xor(has)
		now, changed = s.insertAt(id, key, n)
		return now, key, changed
	}
	old := nd.left
	right := !s.nodes[old].below(k, has)
	if right {
		old = nd.right
	}
	oldBits := int(s.nodes[old].bits)
	if now, key, changed = s.takeAt(old, k, has, n); !changed {
		return id, key, false
	}
	now, changed = s.grown(id, right, now, oldBits)
	return now, key, changed
}

// below reports whether there is a gap of length k, of which has is the bit, on the link to nd or below it, given that it
// is there or beside.
func (nd *blockNode) below(k int, has u128) bool {
	return k <= int(nd.bits) || !nd.gaps.and(has).isZero()
}

// bestLength returns the length of the smallest gaps that hold a block of length n, and -1 if there is none. s has a root.
func (s *blockSet) bestLength(n int) int {
	nd := &s.nodes[s.root]
	lens := nd.gaps.or(gapsOf(s.base.bits-1, int(nd.bits))).masked(n)
	if lens.isZero() {
		return -1
	}
	return 128 - lens.trailingZeros()
}

// relink makes node id a child of nd, in place of one that had length oldBits.
func (s *blockSet) relink(nd *blockNode, right bool, id uint32, oldBits int) {
	if right {
		nd.right = id
	} else {
		nd.left = id
	}
	if bits := int(s.nodes[id].bits); bits != oldBits {
		s.unlink(int(nd.bits), oldBits)
		s.link(int(nd.bits), bits)
	}
}

// removeAt takes the block out below node id, and returns the node that takes its place, 0 if nothing is left; changed is as
// in insertAt.
func (s *blockSet) removeAt(id uint32, key u128, n int) (now uint32, changed bool) {
	if id == 0 {
		return 0, false
	}
	nd := &s.nodes[id]
	p := int(nd.bits)
	if !nd.key.xor(key).masked(min(p, n)).isZero() { // apart
		return id, false
	} else if n <= p { // the block contains it
		s.drop(id)
		return 0, true
	} else if nd.isLeaf() { // contains the block: the other halves on the way down to it remain
		s.free(id)
		now = s.leaf(key.xor(u128{}.setBit(n-1)), n)
		for b := n - 1; b > p; b-- {
			now = s.branch(b-1, now, s.leaf(key.masked(b).xor(u128{}.setBit(b-1)), b))
		}
		return now, true
	}
	right := key.bit(p) != 0
	old, other := nd.left, nd.right
	if right {
		old, other = other, old
	}
	oldBits := int(s.nodes[old].bits)
	if now, changed = s.removeAt(old, key, n); !changed {
		return id, false
	}
	if now == 0 {
		s.unlink(p, oldBits)
		s.unlink(p, int(s.nodes[other].bits))
		s.free(id)
		return other, true
	}
	s.relink(&s.nodes[id], right, now, oldBits)
	return id, s.sum(id)
}

// bestGap returns the gap that take would use.
func (s *blockSet) bestGap(n int) (g block, ok bool) {
	if s.root == 0 {
		return s.base, s.base.bits <= n
	}
	k := s.bestLength(n)
	if k < 0 {
		return block{}, false
	}
	has := u128{}.setBit(k - 1)
	nd := &s.nodes[s.root]
	for k > int(nd.bits) {
		if l := &s.nodes[nd.left]; l.below(k, has) {
			nd = l
		} else {
			nd = &s.nodes[nd.right]
		}
	}
	return block{nd.key.masked(k).xor(has), k}, true
}

// gapCount returns the number of gaps of length n, given those of length n-1.
func (s *blockSet) gapCount(n int, before uint64) uint64 {
	switch {
	case s.root == 0 && n == s.base.bits:
		return 1
	case s.root == 0:
		return 0
	}
	return before + uint64(int64(s.links[n]))
}

// overlaps reports whether some of b is in s.
func (s *blockSet) overlaps(b block) bool {
	key, n := b.key, b.bits
	for id := s.root; id != 0; {
		nd := &s.nodes[id]
		p := int(nd.bits)
		if !nd.key.xor(key).masked(min(p, n)).isZero() {
			return false
		} else if nd.isLeaf() || n <= p {
			return true
		} else if key.bit(p) == 0 {
			id = nd.left
		} else {
			id = nd.right
		}
	}
	return false
}

// all returns the blocks of s, lowest first. s must not change meanwhile.
func (s *blockSet) all() iter.Seq[block] { return s.within(block{}) }

// within returns what s and the block in have in common, lowest first, as blocks. s must not change meanwhile.
func (s *blockSet) within(in block) iter.Seq[block] {
	return func(yield func(block) bool) {
		for id := s.root; id != 0; {
			nd := &s.nodes[id]
			p := int(nd.bits)
			if !nd.key.xor(in.key).masked(min(p, in.bits)).isZero() {
				return
			} else if in.bits <= p {
				s.walk(id, yield)
				return
			} else if nd.isLeaf() {
				yield(in)
				return
			} else if in.key.bit(p) == 0 {
				id = nd.left
			} else {
				id = nd.right
			}
		}
	}
}

func (s *blockSet) walk(id uint32, yield func(block) bool) bool {
	nd := s.nodes[id]
	if nd.isLeaf() {
		return yield(block{nd.key, int(nd.bits)})
	}
	return s.walk(nd.left, yield) && s.walk(nd.right, yield)
}

// gapsWithin returns what the gaps of s and the block in have in common, lowest first, as blocks. s must not change meanwhile.
func (s *blockSet) gapsWithin(in block) iter.Seq[block] {
	return func(yield func(block) bool) {
		if s.root != 0 {
			s.walkGaps(s.root, s.base.bits-1, in, yield)
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
		g, ok := block{nd.key.masked(b + 1).xor(u128{}.setBit(b)), b + 1}.common(in)
		return !ok || yield(g)
	}
	for b := p + 1; b < n; b++ { // gaps before the node, the outermost first
		if nd.key.bit(b) == 1 && !emit(b) {
			return false
		}
	}
	if !nd.isLeaf() && !(s.walkGaps(nd.left, n, in, yield) && s.walkGaps(nd.right, n, in, yield)) {
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
	return s.links == t.links && s.equalAt(s.root, t, t.root)
}

// equalAt compares two subtrees: the same set has but one trie.
func (s *blockSet) equalAt(a uint32, t *blockSet, b uint32) bool {
	if a == 0 || b == 0 {
		return a == b
	}
	x, y := &s.nodes[a], &t.nodes[b]
	return x.bits == y.bits && x.key == y.key && s.equalAt(x.left, t, y.left) && s.equalAt(x.right, t, y.right)
}
