package cidr

import (
	"fmt"
	"math/bits"
	"net/netip"
	"unsafe"
)

// Bytes returns the memory that p holds.
func (p *Pool) Bytes() int {
	return int(unsafe.Sizeof(*p)) + cap(p.nodes)*int(unsafe.Sizeof(poolNode{})) + cap(p.leaves)*int(unsafe.Sizeof(poolLeaf{}))
}

// Bytes returns the memory that s holds.
func (s *Space) Bytes() int {
	return int(unsafe.Sizeof(*s)) + (cap(s.used.nodes)+cap(s.all.nodes))*int(unsafe.Sizeof(blockNode{}))
}

// Invariant returns what is wrong with the tree of p: sums that do not add up, nodes that are lost.
func (p *Pool) Invariant() error {
	if !p.split.valid {
		return nil
	}
	var nodes, leaves int
	used, err := p.invariantAt(p.root, p.levels, 0, &nodes, &leaves)
	if err != nil {
		return err
	}
	if used != p.used {
		return fmt.Errorf("%d bits are set, used is %d", used, p.used)
	}
	if p.next >= p.n {
		return fmt.Errorf("cursor %d of %d", p.next, p.n)
	}
	for id := p.spareNode; id != 0; id = p.nodes[id-1].child[0] {
		nodes++
	}
	for id := p.spareLeaf; id != 0; id = uint32(p.leaves[id-1].words[0]) {
		leaves++
	}
	if nodes != len(p.nodes) || leaves != len(p.leaves) {
		return fmt.Errorf("%d of %d nodes and %d of %d leaves are accounted for", nodes, len(p.nodes), leaves, len(p.leaves))
	}
	if p.nearBase != noLeaf {
		id := p.root
		for l := p.levels; l > 0; l-- {
			if p.path[l] != id {
				return fmt.Errorf("path[%d] is %d, want %d", l, p.path[l], id)
			}
			d := p.nearBase << leafBits >> shift(l) & 63
			if p.nodes[id].have>>d&1 == 0 {
				return fmt.Errorf("the near leaf is not in the tree")
			}
			id = p.nodes[id].child[d]
		}
		if p.path[0] != id {
			return fmt.Errorf("path[0] is %d, want %d", p.path[0], id)
		}
	}
	return nil
}

func (p *Pool) invariantAt(id uint32, l uint, first uint64, nodes, leaves *int) (used uint64, err error) {
	if l == 0 {
		*leaves++
		lf := &p.leaves[id]
		for w, x := range lf.words {
			if (x == full) != (lf.full>>w&1 != 0) || (x != 0) != (lf.some>>w&1 != 0) {
				return 0, fmt.Errorf("leaf %d: word %d is %x, full %x, some %x", id, w, x, lf.full, lf.some)
			}
			if x != 0 && first+uint64(w)*64+uint64(bits.Len64(x)) > p.n {
				return 0, fmt.Errorf("leaf %d: word %d is %x, beyond the last subnet", id, w, x)
			}
			used += uint64(bits.OnesCount64(x))
		}
		return used, nil
	}
	*nodes++
	nd := &p.nodes[id]
	for d := range uint64(64) {
		isFull, some, have := nd.full>>d&1 != 0, nd.some>>d&1 != 0, nd.have>>d&1 != 0
		n := uint64(1) << shift(l)
		switch {
		case isFull && !some:
			return 0, fmt.Errorf("node %d: subtree %d is full and has nothing", id, d)
		case !have && some && !isFull:
			return 0, fmt.Errorf("node %d: subtree %d has something and is not there", id, d)
		case !have && isFull:
			used += n
		case have:
			m, err := p.invariantAt(nd.child[d], l-1, first+d*n, nodes, leaves)
			if err != nil {
				return 0, err
			}
			if (m == n) != isFull || (m > 0) != some {
				return 0, fmt.Errorf("node %d: subtree %d has %d of %d, full %v, some %v", id, d, m, n, isFull, some)
			}
			used += m
		}
	}
	return used, nil
}

// InRow reports whether the next block of the last length is counted off.
func (s *Space) InRow() bool { return s.used.row.on }

// Invariant returns what is wrong with the tries of s.
func (s *Space) Invariant() error {
	if err := s.all.invariant(); err != nil {
		return fmt.Errorf("all: %w", err)
	}
	if err := s.used.invariant(); err != nil {
		return fmt.Errorf("used: %w", err)
	}
	return nil
}

// invariantFlat holds a flat set to the trie of the same blocks.
func (s *blockSet) invariantFlat() error {
	c := s.clone()
	c.row = row{}
	c.deepen()
	if c.links != s.links || c.lengths() != s.lengths() {
		return fmt.Errorf("flat: links %v, gaps %x; want %v, %x", s.links, s.lengths(), c.links, c.lengths())
	}
	return c.invariant()
}

func (s *blockSet) invariant() error {
	if s.flat {
		return s.invariantFlat()
	}
	var links [131]int32
	seen := 0
	var walk func(id uint32, p int) error
	walk = func(id uint32, p int) error {
		seen++
		nd := s.nodes[id]
		n := int(nd.bits)
		links[p+2]++
		links[n+1]--
		if n <= p || nd.key != nd.key.masked(n) || !s.base.contains(block{nd.key, n}) {
			return fmt.Errorf("node %d of length %d below one of length %d", id, n, p)
		}
		if nd.isLeaf() {
			if nd.gaps != gapsOf(p, n) {
				return fmt.Errorf("leaf %d of length %d below one of length %d: gaps %x", id, n, p, nd.gaps)
			}
			return nil
		}
		x, y := s.nodes[nd.sub], s.nodes[nd.sub+1]
		if x.key.masked(n) != nd.key || y.key.masked(n) != nd.key || x.key.bit(n) != 0 || y.key.bit(n) != 1 {
			return fmt.Errorf("node %d and its children do not agree", id)
		}
		if x.isLeaf() && y.isLeaf() && int(x.bits) == n+1 && int(y.bits) == n+1 {
			return fmt.Errorf("node %d has two halves that are not joined", id)
		}
		want := x.gaps.or(y.gaps)
		for k := p + 2; k <= n; k++ {
			want = want.setBit(k - 1)
		}
		if nd.gaps != want {
			return fmt.Errorf("node %d: gaps %x, want %x", id, nd.gaps, want)
		}
		if err := walk(nd.sub, n); err != nil {
			return err
		}
		return walk(nd.sub+1, n)
	}
	if s.some {
		if err := walk(0, s.base.bits-1); err != nil {
			return err
		}
	}
	if links != s.links {
		return fmt.Errorf("links %v, want %v", s.links, links)
	}
	if !s.some && len(s.nodes) > 0 {
		seen++
	}
	for id := s.spare; id != 0; id = s.nodes[id].sub {
		seen += 2
	}
	if seen != len(s.nodes) {
		return fmt.Errorf("%d of %d nodes are accounted for", seen, len(s.nodes))
	}
	return nil
}

// OverlapsGeneral finds the pairs among the IPv4 prefixes of ps in the way of lists that are too long to be packed.
func OverlapsGeneral(ps []netip.Prefix, yield func(int, int) bool) {
	n := 0
	for _, p := range ps {
		if p.IsValid() && p.Addr().Is4() {
			n++
		}
	}
	overlaps6(ps, n, true, yield)
}
