package cidr

import "iter"

// A block is a prefix without its family.
type block struct {
	key  u128
	bits int
}

// A blockSet is a set of addresses, kept as the fewest blocks that hold them: no block contains another, and no two are
// the halves of a longer one. The blocks are the leaves of a binary trie without one-child nodes, so that the set takes memory
// proportional to the number of blocks, and each operation takes a number of steps that is at most the length of an address.
// Nodes live in one slice and are used again, so that a set that has stopped growing allocates nothing.
//
//	          10.0.0.0/8                interior: lens {/10, /9}
//	         /          \
//	 10.0.0.0/9          10.128.0.0/9   leaf: free
//	interior: lens {/10}
type blockSet struct {
	nodes []blockNode // nodes[0] is not used: 0 means no node
	root  uint32
	spare uint32      // first node that is not in use; the next one is its left
	count [129]uint32 // number of blocks of each length
}

type blockNode struct {
	key         u128
	lens        u128 // bit n-1 is set if there is a block of length n below, or if it is one; length 0 has no bit
	left, right uint32
	bits        uint8 // length of the prefix that all blocks below share; of the block if left and right are 0
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
	s.nodes = append(s.nodes, n)
	return uint32(len(s.nodes) - 1)
}

func (s *blockSet) free(id uint32) {
	s.nodes[id] = blockNode{left: s.spare}
	s.spare = id
}

// leaf makes the node of a block.
func (s *blockSet) leaf(key u128, n int) uint32 {
	s.count[n]++
	nd := blockNode{key: key, bits: uint8(n)}
	if n > 0 {
		nd.lens = nd.lens.setBit(n - 1)
	}
	return s.alloc(nd)
}

// branch makes the node with children a and b, which differ first in bit n.
func (s *blockSet) branch(n int, a, b uint32) uint32 {
	x, y := &s.nodes[a], &s.nodes[b]
	if x.key.bit(n) != 0 {
		a, b = b, a
	}
	return s.alloc(blockNode{key: x.key.masked(n), lens: x.lens.or(y.lens), left: a, right: b, bits: uint8(n)})
}

// drop removes node id and all below it.
func (s *blockSet) drop(id uint32) {
	if n := s.nodes[id]; n.left != 0 {
		s.drop(n.left)
		s.drop(n.right)
	} else {
		s.count[n.bits]--
	}
	s.free(id)
}

// insert adds the block of length n at key, which has no bits set after the first n.
func (s *blockSet) insert(key u128, n int) { s.root = s.insertAt(s.root, key, n) }

func (s *blockSet) insertAt(id uint32, key u128, n int) uint32 {
	if id == 0 {
		return s.leaf(key, n)
	}
	nd := s.nodes[id]
	c := min(int(nd.bits), n, nd.key.xor(key).leadingZeros())
	switch {
	case c == int(nd.bits) && nd.left == 0: // contains the block
		return id
	case c == n: // the block contains it
		s.drop(id)
		return s.leaf(key, n)
	case c < int(nd.bits): // apart
		if nd.left == 0 && int(nd.bits) == n && c == n-1 { // halves
			s.drop(id)
			return s.leaf(key.masked(c), c)
		}
		return s.branch(c, id, s.leaf(key, n))
	}
	if key.bit(c) == 0 {
		l := s.insertAt(nd.left, key, n)
		s.nodes[id].left = l
	} else {
		r := s.insertAt(nd.right, key, n)
		s.nodes[id].right = r
	}
	// One of the children has changed.
	p := &s.nodes[id]
	x, y := &s.nodes[p.left], &s.nodes[p.right]
	if x.left == 0 && y.left == 0 && x.bits == p.bits+1 && y.bits == p.bits+1 { // halves
		key, n = p.key, int(p.bits)
		s.drop(id)
		return s.leaf(key, n)
	}
	p.lens = x.lens.or(y.lens)
	return id
}

// remove takes the block of length n at key out of s, as far as it is in.
func (s *blockSet) remove(key u128, n int) { s.root = s.removeAt(s.root, key, n) }

func (s *blockSet) removeAt(id uint32, key u128, n int) uint32 {
	if id == 0 {
		return 0
	}
	nd := s.nodes[id]
	c := min(int(nd.bits), n, nd.key.xor(key).leadingZeros())
	switch {
	case c == n: // the block contains it
		s.drop(id)
		return 0
	case c < int(nd.bits): // apart
		return id
	case nd.left == 0: // contains the block: the other halves on the way down to it remain
		s.drop(id)
		rest := s.leaf(key.xor(u128{}.setBit(n-1)), n)
		for b := n - 1; b > int(nd.bits); b-- {
			rest = s.branch(b-1, rest, s.leaf(key.masked(b).xor(u128{}.setBit(b-1)), b))
		}
		return rest
	}
	var child uint32
	if key.bit(c) == 0 {
		child = s.removeAt(nd.left, key, n)
		s.nodes[id].left = child
	} else {
		child = s.removeAt(nd.right, key, n)
		s.nodes[id].right = child
	}
	p := &s.nodes[id]
	if child == 0 {
		other := p.left + p.right
		s.free(id)
		return other
	}
	p.lens = s.nodes[p.left].lens.or(s.nodes[p.right].lens)
	return id
}

// best returns the block from which to cut a block of length n: the smallest that holds it, the lowest of these.
func (s *blockSet) best(n int) (b block, ok bool) {
	if s.root == 0 {
		return block{}, false
	}
	nd := &s.nodes[s.root]
	if nd.left == 0 {
		return block{nd.key, int(nd.bits)}, int(nd.bits) <= n
	}
	lens := nd.lens.masked(n)
	if lens.isZero() {
		return block{}, false
	}
	bit := u128{}.setBit(127 - lens.trailingZeros())
	for nd.left != 0 {
		if l := &s.nodes[nd.left]; !l.lens.and(bit).isZero() {
			nd = l
		} else {
			nd = &s.nodes[nd.right]
		}
	}
	return block{nd.key, int(nd.bits)}, true
}

// contains reports whether all of the block of length n at key is in s.
func (s *blockSet) contains(key u128, n int) bool {
	for id := s.root; id != 0; {
		nd := &s.nodes[id]
		if c := int(nd.bits); c > n || !nd.key.xor(key).masked(c).isZero() {
			return false
		} else if nd.left == 0 {
			return true
		} else if c == n {
			return false
		} else if key.bit(c) == 0 {
			id = nd.left
		} else {
			id = nd.right
		}
	}
	return false
}

// overlaps reports whether some of the block of length n at key is in s.
func (s *blockSet) overlaps(key u128, n int) bool {
	for id := s.root; id != 0; {
		nd := &s.nodes[id]
		c := min(int(nd.bits), n)
		if !nd.key.xor(key).masked(c).isZero() {
			return false
		} else if nd.left == 0 || c == n {
			return true
		} else if key.bit(c) == 0 {
			id = nd.left
		} else {
			id = nd.right
		}
	}
	return false
}

// all returns the blocks of s, lowest first. s must not change meanwhile.
func (s *blockSet) all() iter.Seq[block] {
	return func(yield func(block) bool) { s.walk(s.root, yield) }
}

func (s *blockSet) walk(id uint32, yield func(block) bool) bool {
	if id == 0 {
		return true
	}
	nd := &s.nodes[id]
	if nd.left == 0 {
		return yield(block{nd.key, int(nd.bits)})
	}
	left, right := nd.left, nd.right
	return s.walk(left, yield) && s.walk(right, yield)
}

// within returns the blocks that the block of length n at key and s have in common, lowest first.
func (s *blockSet) within(key u128, n int) iter.Seq[block] {
	return func(yield func(block) bool) {
		for id := s.root; id != 0; {
			nd := &s.nodes[id]
			c := min(int(nd.bits), n)
			if !nd.key.xor(key).masked(c).isZero() {
				return
			} else if c == n {
				s.walk(id, yield)
				return
			} else if nd.left == 0 {
				yield(block{key, n})
				return
			} else if key.bit(c) == 0 {
				id = nd.left
			} else {
				id = nd.right
			}
		}
	}
}
