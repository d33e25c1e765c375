package cidr

import (
	"iter"
	"math/bits"
	"net/netip"
	"sort"
)

// A blockList is a set of blocks in the order of their addresses: no block contains another, and no two are the halves
// of a longer one. The gaps of its nodes are void.
type blockList []blockNode

func (nd *blockNode) block() block { return block{nd.key, int(nd.bits)} }

// push returns l with b, which does not begin before the last block does.
func (l blockList) push(b block) blockList {
	if n := len(l); n > 0 {
		last := l[n-1].block()
		if last.key == b.key && last.bits > b.bits {
			l = l[:n-1] // and what is before that ends before b begins
		} else if last.contains(b) {
			return l
		}
	}
	for n := len(l); n > 0 && int(l[n-1].bits) == b.bits && l[n-1].key == b.key.xor(u128{}.setBit(b.bits-1)); n = len(l) {
		l, b = l[:n-1], l[n-1].block()
		b.bits--
	}
	return append(l, blockNode{key: b.key, bits: uint8(b.bits)})
}

// insertAll adds n blocks, which lie in s.base and are sorted by their first address. It takes a number of steps that
// is proportional to the blocks in s and to n, and leaves s flat.
func (s *blockSet) insertAll(bs iter.Seq[block], n int) {
	s.endRow()
	have := blockList(s.nodes)
	if !s.flat {
		have = nil
		for b := range s.all() {
			have = append(have, blockNode{key: b.key, bits: uint8(b.bits)})
		}
	}
	l := make(blockList, 0, n+len(have))
	for b := range bs {
		for len(have) > 0 && have[0].key.less(b.key) {
			l = l.push(have[0].block())
			have = have[1:]
		}
		l = l.push(b)
	}
	for i := range have {
		l = l.push(have[i].block())
	}
	if len(l) > 0 {
		s.flatten(l)
	}
}

// flatten makes s the flat set of the blocks in l, of which there is one at least. A gap belongs to the block beside it
// from which it is told apart last: that from which it differs in its last bit alone, as far as it goes.
func (s *blockSet) flatten(l blockList) {
	s.nodes, s.some, s.flat, s.spare = l, true, true, 0
	s.links, s.flatGaps = [131]int32{}, u128{}
	s.links[s.base.bits+1]++
	before := s.base.bits - 1 // first bit in which the block differs from the one before
	for i := range l {
		nd := &l[i]
		behind := s.base.bits - 1
		if i+1 < len(l) {
			behind = nd.key.xor(l[i+1].key).leadingZeros()
			s.links[behind+2] += 2 // as many as a trie has for its node of that length
			s.links[behind+1]--
		}
		s.links[nd.bits+1]--
		nd.gaps = nd.key.and(gapsOf(before, int(nd.bits))).or(nd.key.not().and(gapsOf(behind, int(nd.bits))))
		s.flatGaps = s.flatGaps.or(nd.gaps)
		before = behind
	}
}

// deepen makes a trie of s if it is flat. The nodes on the way to the last block that have no second child yet wait on
// a stack, the root at the bottom; their number is at most the length of an address.
func (s *blockSet) deepen() {
	if !s.flat {
		return
	}
	type half struct {
		node blockNode
		fork int // first bit in which it and what comes behind it differ
	}
	var stack [128]half
	depth := 0
	l := s.nodes
	nodes := append(make([]blockNode, 0, 2*len(l)+room), blockNode{})
	for i := range l {
		x := half{blockNode{key: l[i].key, bits: l[i].bits}, -1}
		if i+1 < len(l) {
			x.fork = l[i].key.xor(l[i+1].key).leadingZeros()
		}
		for depth > 0 && stack[depth-1].fork > x.fork {
			depth--
			left, right, b := &stack[depth].node, &x.node, stack[depth].fork
			left.gaps = left.gaps.or(gapsOf(b, int(left.bits)))
			right.gaps = right.gaps.or(gapsOf(b, int(right.bits)))
			sub := uint32(len(nodes))
			nodes = append(nodes, *left, *right)
			x.node = blockNode{key: left.key.masked(b), gaps: left.gaps.or(right.gaps), sub: sub, bits: uint8(b)}
		}
		if stack[depth] = x; i+1 < len(l) {
			depth++
		}
	}
	nodes[0] = stack[0].node
	nodes[0].gaps = nodes[0].gaps.or(gapsOf(s.base.bits-1, int(nodes[0].bits)))
	s.nodes, s.flat = nodes, false
}

// room is the number of nodes for what is added after deepen, so that the first one need not move all of them.
const room = 64

// search returns the number of blocks of a flat set that begin at key or before.
func (s *blockSet) search(key u128) int {
	return sort.Search(len(s.nodes), func(i int) bool { return key.less(s.nodes[i].key) })
}

// overlapsFlat is overlaps for a flat set.
func (s *blockSet) overlapsFlat(b block) bool {
	i, k := s.search(b.key), 0
	for j := max(i-1, 0); j < min(i+1, len(s.nodes)); j++ {
		nd := s.nodes[j].block()
		if _, ok := nd.common(b); ok {
			return true
		}
		k = max(k, nd.key.xor(b.key).leadingZeros()+1)
	}
	return s.row.overlaps(block{b.key.masked(k), k}, b)
}

// flatGapsWithin yields the gaps of a flat set as walkGaps does.
func (s *blockSet) flatGapsWithin(in block, yield func(block) bool) bool {
	for i := max(s.search(in.key)-1, 0); i < len(s.nodes); i++ {
		nd := &s.nodes[i]
		for lens := nd.gaps.and(nd.key); !lens.isZero(); { // before it, the outermost first
			k := lens.leadingZeros() + 1
			if !s.yieldGap(nd.key, k, in, yield) {
				return false
			}
			lens = lens.and(mask(k).not())
		}
		for lens := nd.gaps.and(nd.key.not()); !lens.isZero(); { // behind it, the innermost first
			k := 128 - lens.trailingZeros()
			if !s.yieldGap(nd.key, k, in, yield) {
				return false
			}
			lens = lens.masked(k - 1)
		}
		if in.key.less(nd.key) && nd.key.masked(in.bits) != in.key {
			return true
		}
	}
	return true
}

// yieldGap yields what is free of the gap of length k beside key, as far as it is in the block in.
func (s *blockSet) yieldGap(key u128, k int, in block, yield func(block) bool) bool {
	g := block{key.masked(k).xor(u128{}.setBit(k - 1)), k}
	if s.row.began(g) {
		return g != s.row.gap || s.row.within(in, yield)
	}
	g, ok := g.common(in)
	return !ok || yield(g)
}

// sortedBlocks returns what the prefixes of one family in ps have in common with base, sorted by their first address,
// and how many they are.
func sortedBlocks(ps []netip.Prefix, is4 bool, base block) (iter.Seq[block], int) {
	if !is4 {
		spans := make([]span, 0, 2*len(ps))
		for i := range ps {
			if !ps[i].Addr().Is4() {
				if b, ok := blockOf(ps[i]).common(base); ok {
					spans = append(spans, span{b.key, uint32(b.bits), 0})
				}
			}
		}
		n := len(spans)
		spans = radix6(spans, spans[n:2*n])
		return func(yield func(block) bool) {
			for _, x := range spans {
				if !yield(block{x.key, int(x.bits)}) {
					return
				}
			}
		}, n
	}
	keys := make([]uint64, 0, 2*len(ps))
	for i := range ps {
		if a := ps[i].Addr(); a.Is4() {
			if b, ok := (block{keyOf(a).masked(ps[i].Bits()), ps[i].Bits()}).common(base); ok {
				keys = append(keys, b.key.hi|uint64(b.bits))
			}
		}
	}
	n := len(keys)
	keys = radixHigh(keys, keys[n:2*n])
	return func(yield func(block) bool) {
		for _, k := range keys {
			if !yield(block{u128{hi: k >> 32 << 32}, int(uint32(k))}) {
				return
			}
		}
	}, n
}

// radixHigh sorts keys by their upper 32 bits, and uses tmp, which is as long. The result is one of the two slices.
// Bits in which all are the same cost nothing: ranges that are taken out of a /8 and hold 16 addresses or more differ
// in 20.
func radixHigh(keys, tmp []uint64) []uint64 {
	if len(keys) == 0 {
		return keys
	}
	differ := uint64(0)
	for _, k := range keys {
		differ |= k ^ keys[0]
	}
	differ >>= 32
	const digit = 10
	for shift := 32 + bits.TrailingZeros64(differ|1<<32); shift < 32+bits.Len64(differ); shift += digit {
		var count [1 << digit]uint32
		for _, k := range keys {
			count[k>>shift&(1<<digit-1)]++
		}
		sum := uint32(0)
		for i, c := range count {
			count[i] = sum
			sum += c
		}
		for _, k := range keys {
			d := k >> shift & (1<<digit - 1)
			tmp[count[d]] = k
			count[d]++
		}
		keys, tmp = tmp, keys
	}
	return keys
}
