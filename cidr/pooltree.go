package cidr

import "math/bits"

// after returns ones for the places behind d, 0 <= d < 64.
func after(d uint) uint64 { return ^(uint64(2)<<d - 1) }

// shift returns the exponent of the number of subnets in one subtree of a node of level l >= 1.
func shift(l uint) uint { return 6 + 6*l }

// newNode returns a node whose subtrees are all free.
func (p *Pool) newNode() uint32 {
	if id := p.spareNode; id != 0 {
		p.spareNode = p.nodes[id-1].child[0]
		return id - 1
	}
	p.nodes = append(p.nodes, poolNode{})
	return uint32(len(p.nodes) - 1)
}

// newLeaf returns a leaf whose subnets are all free.
func (p *Pool) newLeaf() uint32 {
	if id := p.spareLeaf; id != 0 {
		l := &p.leaves[id-1]
		p.spareLeaf = uint32(l.words[0])
		l.words[0] = 0
		return id - 1
	}
	p.leaves = append(p.leaves, poolLeaf{})
	return uint32(len(p.leaves) - 1)
}

// drop gives back the subtree of node id, which has level l, with all below it.
func (p *Pool) drop(id uint32, l uint) {
	if l == 0 {
		if id == p.path[0] {
			p.nearBase = noLeaf
		}
		p.leaves[id] = poolLeaf{}
		p.leaves[id].words[0] = uint64(p.spareLeaf)
		p.spareLeaf = id + 1
		return
	}
	nd := &p.nodes[id]
	for m := nd.have; m != 0; m &= m - 1 {
		p.drop(nd.child[bits.TrailingZeros64(m)], l-1)
	}
	nd.full, nd.some, nd.have = 0, 0, 0
	nd.child[0] = p.spareNode
	p.spareNode = id + 1
}

// enter returns the node of subtree d of node id, which has level l, and makes it if there is none.
func (p *Pool) enter(id uint32, l, d uint) uint32 {
	nd := &p.nodes[id]
	if nd.have>>d&1 != 0 {
		return nd.child[d]
	}
	var c uint32
	if l == 1 {
		c = p.newLeaf()
	} else {
		c = p.newNode()
	}
	nd = &p.nodes[id] // newNode may have moved it
	nd.have |= 1 << d
	nd.child[d] = c
	if nd.full>>d&1 != 0 {
		if l == 1 {
			lf := &p.leaves[c]
			lf.full, lf.some = full, full
			for w := range lf.words {
				lf.words[w] = full
			}
		} else {
			p.nodes[c].full, p.nodes[c].some = full, full
		}
	}
	return c
}

// reach makes the leaf of subnet i the near one and returns it, with the nodes on the way made where they were not
// there. It returns nil if the leaf need not be looked at, because it lies in a subtree that is wholly used (used) or
// wholly free (!used).
func (p *Pool) reach(i uint64, used bool) *poolLeaf {
	if i>>leafBits == p.nearBase {
		return &p.leaves[p.path[0]]
	}
	p.nearBase = noLeaf
	id := p.root
	for l := p.levels; l > 0; l-- {
		p.path[l] = id
		d := uint(i>>shift(l)) & 63
		nd := &p.nodes[id]
		if used && nd.full>>d&1 != 0 || !used && nd.some>>d&1 == 0 {
			return nil
		}
		if nd.have>>d&1 != 0 {
			id = nd.child[d]
		} else {
			id = p.enter(id, l, d)
		}
	}
	p.path[0] = id
	p.nearBase = i >> leafBits
	return &p.leaves[id]
}

// set marks subnet i as used.
func (p *Pool) set(i uint64) {
	lf := p.reach(i, true)
	if lf == nil {
		return
	}
	w, bit := uint(i>>6)&63, uint64(1)<<(i&63)
	old := lf.words[w]
	if old&bit != 0 {
		return
	}
	p.used++
	lf.words[w] = old | bit
	if old == 0 {
		first := lf.some == 0
		lf.some |= 1 << w
		for l := uint(1); first && l <= p.levels; l++ {
			nd := &p.nodes[p.path[l]]
			first = nd.some == 0
			nd.some |= 1 << (i >> shift(l) & 63)
		}
	}
	if old|bit == full {
		lf.full |= 1 << w
		filled := lf.full == full
		for l := uint(1); filled && l <= p.levels; l++ {
			nd := &p.nodes[p.path[l]]
			nd.full |= 1 << (i >> shift(l) & 63)
			filled = nd.full == full
		}
	}
}

// clear marks subnet i as free.
func (p *Pool) clear(i uint64) {
	lf := p.reach(i, false)
	if lf == nil {
		return
	}
	w, bit := uint(i>>6)&63, uint64(1)<<(i&63)
	old := lf.words[w]
	if old&bit == 0 {
		return
	}
	p.used--
	lf.words[w] = old &^ bit
	if old == full {
		was := lf.full == full
		lf.full &^= 1 << w
		for l := uint(1); was && l <= p.levels; l++ {
			nd := &p.nodes[p.path[l]]
			was = nd.full == full
			nd.full &^= 1 << (i >> shift(l) & 63)
		}
	}
	if old == bit {
		lf.some &^= 1 << w
		if lf.some != 0 {
			return
		}
		empty := true
		for l := uint(1); empty && l <= p.levels; l++ {
			nd := &p.nodes[p.path[l]]
			nd.some &^= 1 << (i >> shift(l) & 63)
			empty = nd.some == 0
		}
		p.prune(i)
	}
}

// prune gives back the subtree that became empty before the one of subnet i did, if it is still empty, and remembers
// this one.
func (p *Pool) prune(i uint64) {
	old := p.emptied
	p.emptied = i + 1
	if old--; old == full {
		return
	}
	id := p.root
	for l := p.levels; l > 0; l-- {
		nd := &p.nodes[id]
		d := uint(old>>shift(l)) & 63
		switch {
		case nd.have>>d&1 == 0:
			return
		case nd.some>>d&1 == 0 && old>>shift(l) != i>>shift(l):
			c := nd.child[d]
			nd.have &^= 1 << d
			p.drop(c, l-1)
			return
		}
		id = nd.child[d]
	}
}

// run returns ones for the places of the 2^j subnets from i in a node whose places stand for 2^s subnets each, j >= s.
func run(i uint64, j, s uint) uint64 {
	if j-s >= 6 {
		return full
	}
	return (1<<(1<<(j-s)) - 1) << (i >> s & 63)
}

// setBlock marks the 2^j subnets from i as used, i being a multiple of 2^j. They lie in the subtree of node id, which
// has level l. It returns how many were free.
func (p *Pool) setBlock(id uint32, l uint, i uint64, j uint) (changed uint64) {
	if l == 0 {
		lf := &p.leaves[id]
		if j < 6 {
			w := uint(i>>6) & 63
			m := run(i, j, 0)
			changed = uint64(bits.OnesCount64(m &^ lf.words[w]))
			lf.words[w] |= m
			lf.some |= 1 << w
			if lf.words[w] == full {
				lf.full |= 1 << w
			}
			return changed
		}
		m := run(i, j, 6)
		lf.full |= m
		lf.some |= m
		for ; m != 0; m &= m - 1 {
			w := bits.TrailingZeros64(m)
			changed += uint64(64 - bits.OnesCount64(lf.words[w]))
			lf.words[w] = full
		}
		return changed
	}
	s := shift(l)
	if j < s {
		d := uint(i>>s) & 63
		if p.nodes[id].full>>d&1 != 0 {
			return 0
		}
		c := p.enter(id, l, d)
		changed = p.setBlock(c, l-1, i, j)
		nd := &p.nodes[id]
		nd.some |= 1 << d
		if p.isFull(c, l-1) {
			nd.full |= 1 << d
		}
		return changed
	}
	nd := &p.nodes[id]
	m := run(i, j, s)
	for t := m &^ nd.full; t != 0; t &= t - 1 {
		d := uint(bits.TrailingZeros64(t))
		changed += 1<<s - p.countAt(id, l, d)
		if nd.have>>d&1 != 0 {
			p.drop(nd.child[d], l-1)
			nd.have &^= 1 << d
		}
	}
	nd.full |= m
	nd.some |= m
	return changed
}

// clearBlock marks the 2^j subnets from i as free, as setBlock. It returns how many were used.
func (p *Pool) clearBlock(id uint32, l uint, i uint64, j uint) (changed uint64) {
	if l == 0 {
		lf := &p.leaves[id]
		if j < 6 {
			w := uint(i>>6) & 63
			m := run(i, j, 0)
			changed = uint64(bits.OnesCount64(m & lf.words[w]))
			lf.words[w] &^= m
			if lf.words[w] == 0 {
				lf.some &^= 1 << w
			}
			lf.full &^= 1 << w
			return changed
		}
		m := run(i, j, 6)
		for t := m & lf.some; t != 0; t &= t - 1 {
			w := bits.TrailingZeros64(t)
			changed += uint64(bits.OnesCount64(lf.words[w]))
			lf.words[w] = 0
		}
		lf.full &^= m
		lf.some &^= m
		return changed
	}
	s := shift(l)
	if j < s {
		d := uint(i>>s) & 63
		if p.nodes[id].some>>d&1 == 0 {
			return 0
		}
		c := p.enter(id, l, d)
		changed = p.clearBlock(c, l-1, i, j)
		nd := &p.nodes[id]
		nd.full &^= 1 << d
		if p.isEmpty(c, l-1) {
			nd.some &^= 1 << d
			nd.have &^= 1 << d
			p.drop(c, l-1)
		}
		return changed
	}
	nd := &p.nodes[id]
	m := run(i, j, s)
	for t := m & (nd.some | nd.have); t != 0; t &= t - 1 {
		d := uint(bits.TrailingZeros64(t))
		changed += p.countAt(id, l, d)
		if nd.have>>d&1 != 0 {
			p.drop(nd.child[d], l-1)
		}
	}
	nd.full &^= m
	nd.some &^= m
	nd.have &^= m
	return changed
}

func (p *Pool) isFull(id uint32, l uint) bool {
	if l == 0 {
		return p.leaves[id].full == full
	}
	return p.nodes[id].full == full
}

func (p *Pool) isEmpty(id uint32, l uint) bool {
	if l == 0 {
		return p.leaves[id].some == 0
	}
	return p.nodes[id].some == 0
}

// countAt returns the number of subnets in use in subtree d of node id, which has level l >= 1.
func (p *Pool) countAt(id uint32, l, d uint) uint64 {
	nd := &p.nodes[id]
	switch {
	case nd.full>>d&1 != 0:
		return 1 << shift(l)
	case nd.some>>d&1 == 0:
		return 0
	}
	return p.count(nd.child[d], l-1)
}

// count returns the number of subnets in use in the subtree of node id, which has level l.
func (p *Pool) count(id uint32, l uint) (n uint64) {
	if l == 0 {
		lf := &p.leaves[id]
		for m := lf.some; m != 0; m &= m - 1 {
			n += uint64(bits.OnesCount64(lf.words[bits.TrailingZeros64(m)]))
		}
		return n
	}
	nd := &p.nodes[id]
	for m := nd.some; m != 0; m &= m - 1 {
		n += p.countAt(id, l, uint(bits.TrailingZeros64(m)))
	}
	return n
}

// countBlock returns the number of subnets in use among the 2^j subnets from i, i being a multiple of 2^j.
func (p *Pool) countBlock(i uint64, j uint) (n uint64) {
	id, l := p.root, p.levels
	for ; l > 0; l-- {
		nd := &p.nodes[id]
		s := shift(l)
		if j >= s {
			for m := run(i, j, s) & nd.some; m != 0; m &= m - 1 {
				n += p.countAt(id, l, uint(bits.TrailingZeros64(m)))
			}
			return n
		}
		d := uint(i>>s) & 63
		switch {
		case nd.full>>d&1 != 0:
			return 1 << j
		case nd.some>>d&1 == 0:
			return 0
		}
		id = nd.child[d]
	}
	lf := &p.leaves[id]
	if j < 6 {
		return uint64(bits.OnesCount64(lf.words[i>>6&63] & run(i, j, 0)))
	}
	for m := run(i, j, 6) & lf.some; m != 0; m &= m - 1 {
		n += uint64(bits.OnesCount64(lf.words[bits.TrailingZeros64(m)]))
	}
	return n
}

// nextFree returns the lowest number from i on that is not in use. It is n or more if there is none below n, and if i
// is n or more.
func (p *Pool) nextFree(i uint64) uint64 {
	if i >= p.n {
		return full
	}
	var walked [maxPoolLevels + 1]uint32
	path := &walked
	id, l := p.root, p.levels
	if i>>leafBits == p.nearBase {
		path, id, l = &p.path, p.path[0], 0
	}
	for l > 0 {
		path[l] = id
		nd := &p.nodes[id]
		d := uint(i>>shift(l)) & 63
		if nd.full>>d&1 != 0 {
			break
		}
		if nd.some>>d&1 == 0 {
			return i
		}
		id = nd.child[d]
		l--
	}
	if l == 0 {
		lf := &p.leaves[id]
		w := uint(i>>6) & 63
		if z := ^lf.words[w] >> (i & 63); z != 0 {
			return i + uint64(bits.TrailingZeros64(z))
		}
		if z := ^lf.full & after(w); z != 0 {
			w := uint64(bits.TrailingZeros64(z))
			return i>>leafBits<<leafBits | w<<6 | uint64(bits.TrailingZeros64(^lf.words[w]))
		}
		l = 1
	}
	return p.freeBehind(path, l, i)
}

// freeBehind is nextFree for what lies behind the subtree of subnet i in the node path[l], l >= 1. path leads to there.
func (p *Pool) freeBehind(path *[maxPoolLevels + 1]uint32, l uint, i uint64) uint64 {
	// Up, until there is a subtree further on that is not full; down to its first free subnet.
	for ; l <= p.levels; l++ {
		s := shift(l)
		nd := &p.nodes[path[l]]
		z := ^nd.full & after(uint(i>>s)&63)
		if z == 0 {
			continue
		}
		i = i >> s >> 6 << 6 << s
		for {
			d := uint64(bits.TrailingZeros64(z))
			i |= d << s
			if nd.some>>d&1 == 0 {
				return i
			}
			id := nd.child[d]
			if l--; l == 0 {
				lf := &p.leaves[id]
				w := uint64(bits.TrailingZeros64(^lf.full))
				return i | w<<6 | uint64(bits.TrailingZeros64(^lf.words[w]))
			}
			nd = &p.nodes[id]
			z = ^nd.full
			s = shift(l)
		}
	}
	return full
}

// nextUsed returns the lowest number from i on that is in use, and a number of n or more if there is none.
func (p *Pool) nextUsed(i uint64) uint64 {
	if i >= p.n {
		return full
	}
	var path [maxPoolLevels + 1]uint32
	id, l := p.root, p.levels
	for l > 0 {
		path[l] = id
		nd := &p.nodes[id]
		d := uint(i>>shift(l)) & 63
		if nd.some>>d&1 == 0 {
			break
		}
		if nd.full>>d&1 != 0 {
			return i
		}
		id = nd.child[d]
		l--
	}
	if l == 0 {
		lf := &p.leaves[id]
		w := uint(i>>6) & 63
		if z := lf.words[w] >> (i & 63); z != 0 {
			return i + uint64(bits.TrailingZeros64(z))
		}
		if z := lf.some & after(w); z != 0 {
			w := uint64(bits.TrailingZeros64(z))
			return i>>leafBits<<leafBits | w<<6 | uint64(bits.TrailingZeros64(lf.words[w]))
		}
		l = 1
	}
	for ; l <= p.levels; l++ {
		s := shift(l)
		nd := &p.nodes[path[l]]
		z := nd.some & after(uint(i>>s)&63)
		if z == 0 {
			continue
		}
		i = i >> s >> 6 << 6 << s
		for {
			d := uint64(bits.TrailingZeros64(z))
			i |= d << s
			if nd.full>>d&1 != 0 {
				return i
			}
			id := nd.child[d]
			if l--; l == 0 {
				lf := &p.leaves[id]
				w := uint64(bits.TrailingZeros64(lf.some))
				return i | w<<6 | uint64(bits.TrailingZeros64(lf.words[w]))
			}
			nd = &p.nodes[id]
			z = nd.some
			s = shift(l)
		}
	}
	return full
}
