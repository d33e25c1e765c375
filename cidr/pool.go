package cidr

import (
	"iter"
	"math/bits"
	"net/netip"
	"slices"
)

// A Pool hands out the subnets of a [Split] as the allocator of kube-controller-manager does
// (k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset, CidrSet, unchanged from v1.20 to v1.37.2):
//
//   - [Pool.Next] gives the first free subnet at or after the cursor, wrapping around at the end, and moves the cursor
//     behind it. A subnet that was released is given again only when the cursor has come round to it.
//   - [Pool.Occupy] and [Pool.Release] leave the cursor alone. A block that is shorter than the subnets is all the
//     subnets in it, one that contains the whole range is the whole range, and one that is longer is the whole subnet
//     that it lies in: releasing 10.244.1.0/26 frees 10.244.1.0/24, whoever else is in it.
//   - Both can be repeated; what is used already stays used, what is free stays free. Where a second release would be a
//     fault, ask [Pool.IsUsed] first.
//
// It differs from the original where that has a defect or a limit:
//
//   - IPv4-mapped ranges are refused ([NewSplit]): the original hands out 0.0.0.0/24. An IPv4-mapped block lies outside
//     of an IPv4 range; [Unmap] gives the IPv4 block that the original takes it for.
//   - Host bits cannot be set in the range; the original hands out subnets twice. In a block they are ignored.
//   - A node mask shorter than the range, or longer than an address, is refused by NewSplit; the original answers
//     "full", or hands out the text "<nil>".
//   - An IPv6 range of more than 2^16 subnets works. That Kubernetes refuses it is a rule of package plan.
//   - A block that is invalid gives an error with [ErrInvalid].
//
// Next, Occupy and Release take O(log n) steps for one subnet, n being the number of subnets, however many are used.
// They allocate only when the pool has to grow. Memory follows what is used, not n: one bit for each subnet where they
// lie close, a small number of tree nodes for one that lies alone, and what is needed for the ends of a large block.
// Memory is kept for reuse when subnets are released.
//
// The zero Pool is the pool of the zero Split: exhausted from the start. A Pool can be read by several goroutines at
// once, but not while one of them changes it.
type Pool struct {
	split Split
	n     uint64 // split.Len()
	used  uint64
	next  uint64 // cursor, < n

	// A tree of 64-ary nodes over the subnet numbers. A leaf holds the bits of 4,096 subnets. A node of level l holds
	// 64 subtrees of 2^(6+6l) subnets; the root has level levels, and if levels is 0 the root is a leaf.
	// Numbers of n and above are never used; their bits stay 0.
	levels uint
	root   uint32
	nodes  []poolNode
	leaves []poolLeaf

	spareNode, spareLeaf uint32 // lists of nodes and leaves not in use: 0 ends, else index+1; linked through child[0], words[0]

	// emptied is a number in the last subtree that became empty through the release of a single subnet, plus 1; 0 is
	// none. That subtree is kept until another one becomes empty, so that taking and releasing one subnet in turn need
	// not make it anew.
	emptied uint64

	// path leads to the near leaf, the one that was changed last: path[0] is that leaf, path[l] the node of level l
	// above it. nearBase is the number of its first subnet divided by 4,096; if it is noLeaf there is none.
	path     [maxPoolLevels + 1]uint32
	nearBase uint64
}

const (
	leafBits = 12 // 2^12 subnets in a leaf
	noLeaf   = ^uint64(0)
	full     = ^uint64(0)
	// maxPoolLevels is the largest number of levels above the leaves: 12 + 9*6 >= MaxSplitBits.
	maxPoolLevels = (MaxSplitBits - leafBits + 5) / 6
)

// A poolNode knows of each of its 64 subtrees whether all of it is used (full), some of it (some), and whether there is
// a node for it (have). Subtrees without a node are wholly used or wholly free. A subtree with a node may be either,
// too.
type poolNode struct {
	full, some, have uint64 // full is a subset of some
	child            [64]uint32
}

// A poolLeaf is 64 words of 64 subnets; full and some are the words that are all ones, and those that are not zero.
type poolLeaf struct {
	full, some uint64
	words      [64]uint64
}

// NewPool returns a pool of the subnets of s, all of them free.
func NewPool(s Split) *Pool {
	p := &Pool{split: s, n: s.Len(), nearBase: noLeaf}
	if !s.valid {
		return p
	}
	if k := uint(s.bits - s.length); k > leafBits {
		p.levels = (k - leafBits + 5) / 6
	}
	if p.levels == 0 {
		p.root = p.newLeaf()
	} else {
		p.root = p.newNode()
	}
	return p
}

// Split returns the subnets that p hands out.
func (p *Pool) Split() Split { return p.split }

// Len returns the number of subnets, used and free: that of [Pool.Split].
func (p *Pool) Len() uint64 { return p.n }

// Used returns the number of subnets that are in use.
func (p *Pool) Used() uint64 { return p.used }

// Free returns the number of subnets that are free.
func (p *Pool) Free() uint64 { return p.n - p.used }

// Cursor returns the number of the subnet at which [Pool.Next] begins to search, 0 to Len-1, and 0 for the zero Pool.
// Together with [Pool.UsedBlocks] it is all that a pool remembers: [Pool.SetCursor] restores it.
func (p *Pool) Cursor() uint64 { return p.next }

// SetCursor moves the cursor to subnet i, so that [Pool.Next] begins to search there. With [Pool.Occupy] of what is
// used it restores a pool that was written down: the two then hand out the same subnets. It can also follow a
// kube-controller-manager that has been running for a while: its cursor is behind the subnet that it handed out last.
//
// The error is a *[CursorError] if i is [Pool.Len] or more; the cursor then stays. What [Pool.Cursor] returned is taken
// by every pool of the same split, and 0 by the zero Pool, too.
func (p *Pool) SetCursor(i uint64) error {
	if i != 0 && i >= p.n {
		return &CursorError{i, p.n}
	}
	p.next = i
	return nil
}

// Rewind moves the cursor to the first subnet, as a restart of kube-controller-manager does.
func (p *Pool) Rewind() { p.next = 0 }

// Next takes the first free subnet at or after the cursor, the first one following the last, and moves the cursor
// behind it. The error is [ErrExhausted] if none is free; the cursor then stays.
func (p *Pool) Next() (netip.Prefix, error) {
	if p.used == p.n {
		return netip.Prefix{}, ErrExhausted
	}
	i := p.nextFree(p.next)
	if i >= p.n {
		i = p.nextFree(0)
	}
	p.set(i)
	p.next = (i + 1) & (p.n - 1)
	return p.split.at(i), nil
}

// Occupy marks the subnets that q touches as used. Host bits of q are ignored.
//
// The error is a *[PrefixError]: with [ErrOutside] if q has no address in common with the range, as with another family
// and with an IPv4-mapped q where the range is IPv4; with [ErrInvalid] if q is invalid. Nothing has changed then.
func (p *Pool) Occupy(q netip.Prefix) error {
	i, j, err := p.split.span(q)
	switch {
	case err != nil:
		return err
	case j == 0:
		p.set(i)
	default:
		p.used += p.setBlock(p.root, p.levels, i, j)
	}
	return nil
}

// Release marks the subnets that q touches as free. Host bits of q are ignored. The errors are those of [Pool.Occupy].
func (p *Pool) Release(q netip.Prefix) error {
	i, j, err := p.split.span(q)
	switch {
	case err != nil:
		return err
	case j == 0:
		p.clear(i)
	default:
		p.used -= p.clearBlock(p.root, p.levels, i, j)
	}
	return nil
}

// UsedIn returns how many of the subnets that q touches are in use. Host bits of q are ignored. The errors are those of
// [Pool.Occupy]. It counts, so that it takes time in proportion to what is used there; [Pool.IsUsed] and [Pool.IsFree]
// do not.
func (p *Pool) UsedIn(q netip.Prefix) (uint64, error) {
	i, j, err := p.split.span(q)
	if err != nil {
		return 0, err
	}
	return p.countBlock(i, j), nil
}

// IsUsed reports whether a subnet that q touches is in use, in O(log n) steps. Host bits of q are ignored; it is false
// where [Pool.Occupy] gives an error.
func (p *Pool) IsUsed(q netip.Prefix) bool {
	i, j, err := p.split.span(q)
	return err == nil && p.nextUsed(i) < i+1<<j
}

// IsFree reports whether q lies in the range and every subnet that it touches is free, in O(log n) steps. Host bits of
// q are ignored. It is false for a q that reaches out of the range.
func (p *Pool) IsFree(q netip.Prefix) bool {
	i, j, err := p.split.span(q)
	return err == nil && q.Bits() >= int(p.split.length) && p.nextUsed(i) >= i+1<<j
}

// UsedSubnets returns the subnets in use, lowest address first. What is changed while they are ranged over is seen if
// it lies further on.
func (p *Pool) UsedSubnets() iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		for i := p.nextUsed(0); i < p.n; i = p.nextUsed(i + 1) {
			if !yield(p.split.at(i)) {
				return
			}
		}
	}
}

// FreeSubnets returns the free subnets, lowest address first. What is changed while they are ranged over is seen if it
// lies further on.
func (p *Pool) FreeSubnets() iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		for i := p.nextFree(0); i < p.n; i = p.nextFree(i + 1) {
			if !yield(p.split.at(i)) {
				return
			}
		}
	}
}

// Upcoming returns the free subnets in the order in which [Pool.Next] hands them out if nothing is released meanwhile:
// from the cursor to the end, then from the beginning to the cursor. p does not change.
func (p *Pool) Upcoming() iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		start := p.next
		for i := p.nextFree(start); i < p.n; i = p.nextFree(i + 1) {
			if !yield(p.split.at(i)) {
				return
			}
		}
		for i := p.nextFree(0); i < start; i = p.nextFree(i + 1) {
			if !yield(p.split.at(i)) {
				return
			}
		}
	}
}

// FreeBlocks returns the free subnets as the fewest prefixes, lowest address first.
func (p *Pool) FreeBlocks() iter.Seq[netip.Prefix] { return p.blocks(p.nextFree, p.nextUsed) }

// UsedBlocks returns the subnets in use as the fewest prefixes, lowest address first.
func (p *Pool) UsedBlocks() iter.Seq[netip.Prefix] { return p.blocks(p.nextUsed, p.nextFree) }

// blocks returns the runs that begin where in finds a number and end where out does, cut into prefixes.
func (p *Pool) blocks(in, out func(uint64) uint64) iter.Seq[netip.Prefix] {
	return func(yield func(netip.Prefix) bool) {
		for i := in(0); i < p.n; i = in(i) {
			for end := min(out(i), p.n); i < end; {
				k := min(bits.TrailingZeros64(i), bits.Len64(end-i)-1)
				q := p.split.at(i)
				if !yield(netip.PrefixFrom(q.Addr(), q.Bits()-k)) {
					return
				}
				i += 1 << k
			}
		}
	}
}

// Clone returns a copy of p, which shares nothing with it.
func (p *Pool) Clone() *Pool {
	c := *p
	c.nodes = slices.Clone(p.nodes)
	c.leaves = slices.Clone(p.leaves)
	return &c
}

// Equal reports whether p and q hand out the same subnets, have the same ones in use and the cursor at the same place.
// A nil q equals nothing.
func (p *Pool) Equal(q *Pool) bool {
	return q != nil && p.split == q.split && p.used == q.used && p.next == q.next &&
		(!p.split.valid || p.equalAt(p.root, q, q.root, p.levels))
}

func (p *Pool) equalAt(a uint32, q *Pool, b uint32, level uint) bool {
	if level == 0 {
		return p.leaves[a].words == q.leaves[b].words
	}
	x, y := &p.nodes[a], &q.nodes[b]
	if x.full != y.full || x.some != y.some {
		return false
	}
	for m := x.some &^ x.full; m != 0; m &= m - 1 {
		d := bits.TrailingZeros64(m)
		if !p.equalAt(x.child[d], q, y.child[d], level-1) {
			return false
		}
	}
	return true
}
