package nodeipam

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
)

// A subnetSet is one cluster range of a running controller manager: what cidr.Pool does, and the defects of the real
// allocator that Pool does not copy (k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go, v1.37.2).
type subnetSet struct {
	cluster netip.Prefix // as the controller manager parsed it: masked, maybe IPv4-mapped
	mask    int          // node mask as it counts it: up to 128 for an IPv4-mapped range
	pool    *cidr.Pool   // nil where hollow

	// early is not nil while it is unknown how many subnets failed retries have burned: pool is what is left when all
	// of them are, early what is left when only those are that must be. Invariant: what is free in pool is free in
	// early.
	early *cidr.Pool

	// hollow: the node mask is longer than an address. Each subnet is then the text "<nil>", which the API server
	// refuses; giving it back releases everything. room says whether there is a number of subnets at all.
	hollow, full, room bool
}

// errNoSubnet is the text of ErrCIDRRangeNoCIDRsRemaining.
var errNoSubnet = errors.New("CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range")

func newSubnetSet(cluster netip.Prefix, mask int) (subnetSet, error) {
	s := subnetSet{cluster: cluster, mask: mask}
	if mask > cluster.Addr().BitLen() {
		// 2^(mask-cluster) subnets in an int: 0 from a difference of 64 on.
		s.hollow, s.room = true, mask-cluster.Bits() < 64
		return s, nil
	}
	base, bits := PlainRange(cluster), mask
	if s.mapped() {
		bits -= 96
	}
	split, err := cidr.NewSplit(base, bits)
	if err != nil {
		return s, err
	}
	s.pool = cidr.NewPool(split)
	return s, nil
}

// PlainRange returns an IPv4-mapped range of length 96 or more as IPv4, any other as it is.
func PlainRange(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// mapped reports whether the range is IPv4-mapped. The real allocator then reads the wrong four bytes of it.
func (s *subnetSet) mapped() bool { return s.cluster.Addr().Is4In6() }

func (s *subnetSet) clone() subnetSet {
	t := *s
	if s.pool != nil {
		t.pool = s.pool.Clone()
	}
	if s.early != nil {
		t.early = s.early.Clone()
	}
	return t
}

// equal reports whether s and t are in the same state. What hollow and room say follows from cluster and mask.
func (s *subnetSet) equal(t *subnetSet) bool {
	same := func(p, q *cidr.Pool) bool { return p == q || p != nil && q != nil && p.Equal(q) }
	return s.cluster == t.cluster && s.mask == t.mask && s.full == t.full && same(s.pool, t.pool) && same(s.early, t.early)
}

// free returns how many subnets are free for certain.
func (s *subnetSet) free() uint64 {
	switch {
	case !s.hollow:
		return s.pool.Free()
	case s.full || !s.room:
		return 0
	}
	return 1
}

// mayFree returns how many subnets may be free.
func (s *subnetSet) mayFree() uint64 {
	if s.early != nil {
		return s.early.Free()
	}
	return s.free()
}

// widest returns the pool in which everything is free that may be.
func (s *subnetSet) widest() *cidr.Pool {
	if s.early != nil {
		return s.early
	}
	return s.pool
}

// next takes the next subnet. It is invalid where the allocator hands out "<nil>".
func (s *subnetSet) next() (netip.Prefix, error) {
	if s.hollow {
		if s.free() == 0 {
			return netip.Prefix{}, errNoSubnet
		}
		return netip.Prefix{}, nil
	}
	p, err := s.pool.Next()
	if err != nil {
		return netip.Prefix{}, errNoSubnet
	}
	s.catchUp(p)
	return s.shown(p), nil
}

// shown returns what the allocator makes of the subnet p.
func (s *subnetSet) shown(p netip.Prefix) netip.Prefix {
	if s.mapped() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), p.Bits())
	}
	return p
}

// catchUp moves early on to the subnet p, which was just handed out: all that were free before it must be burned.
func (s *subnetSet) catchUp(p netip.Prefix) {
	if s.early != nil && !advance(s.early, p) {
		s.early = nil
	}
}

// advance lets a pool hand out subnets until it has handed out p. It reports false, and changes nothing, if p is not
// free.
func advance(pool *cidr.Pool, p netip.Prefix) bool {
	if !pool.IsFree(p) {
		return false
	}
	at, _ := pool.Split().Index(p.Addr())
	from := pool.Cursor()
	if from > at {
		fill(pool, from, pool.Len())
		from = 0
	}
	fill(pool, from, at)
	_, err := pool.Next()
	return err == nil
}

// fill occupies the subnets from to end-1, in as few blocks as there are.
func fill(pool *cidr.Pool, from, end uint64) {
	split := pool.Split()
	for from < end {
		k := bits.TrailingZeros64(from)
		for k > 62 || end-from < 1<<k {
			k--
		}
		p := split.At(from)
		_ = pool.Occupy(netip.PrefixFrom(p.Addr(), p.Bits()-k)) // it is part of the range
		from += 1 << k
	}
}

// take takes p, which [subnetSet.widest] has free: if it is not the next one of pool, fewer subnets were burned than
// thought.
func (s *subnetSet) take(p netip.Prefix) error {
	if s.early != nil {
		for q := range s.pool.Upcoming() {
			if q == p {
				_, err := s.next()
				return err
			}
			break
		}
		s.pool, s.early = s.early, nil
	}
	if !advance(s.pool, p) {
		return cidr.ErrExhausted
	}
	return nil
}

// burn takes all that is left, as failing retries do that cannot be counted.
func (s *subnetSet) burn() {
	if s.hollow || s.pool.Free() == 0 {
		return
	}
	if s.early == nil {
		s.early = s.pool.Clone()
	}
	// The last to be handed out is the highest before the cursor, or else the highest of all.
	split, cursor := s.pool.Split(), s.pool.Cursor()
	var last, highest uint64
	before := false
	for b := range s.pool.FreeBlocks() {
		first, _ := split.Index(b.Addr())
		highest = first + 1<<(s.poolBits()-b.Bits()) - 1
		if first < cursor {
			last, before = min(highest, cursor-1), true
		}
	}
	if !before {
		last = highest
	}
	advance(s.pool, split.At(last))
}

// poolBits returns the length of the subnets of pool.
func (s *subnetSet) poolBits() int { return s.pool.Split().At(0).Bits() }

// burnOne takes one subnet, as one failing attempt does.
func (s *subnetSet) burnOne() {
	if s.hollow {
		return
	}
	if s.early != nil {
		if _, err := s.early.Next(); err != nil {
			s.early = nil
		}
		return
	}
}

// touches reports whether the real allocator finds that q and the range have addresses in common.
func (s *subnetSet) touches(q netip.Prefix) bool {
	if s.mapped() && q.Addr().Is6() && !q.Addr().Is4In6() {
		return q.Contains(s.cluster.Addr()) // ::/0 holds ::ffff:10.244.0.0 once the mapping is masked away
	}
	return PlainRange(s.cluster).Overlaps(PlainRange(q))
}

// mark occupies the subnets that q touches, or releases them. q is masked, and as the text of a node or a flag says it.
// The errors are those of the real allocator, in its words.
func (s *subnetSet) mark(q netip.Prefix, release bool) error {
	all, p := PlainRange(s.cluster), PlainRange(q)
	if !s.touches(q) {
		return fmt.Errorf("cidr %s is out the range of cluster cidr %s", ipnet.String(q), ipnet.String(s.cluster))
	}
	if s.hollow {
		// Only a block that is no longer than the range has an index; the mask is nil for all others.
		if q.Bits() > s.cluster.Bits() {
			return errors.New("invalid IP: <nil>")
		}
		s.full = !release
		return nil
	}
	switch {
	case s.mapped() && q.Bits() <= s.cluster.Bits():
		p = all // lengths are compared without regard to the family: 24 is shorter than 112
	case s.mapped():
		p = s.pool.Split().At(0) // the index is that of 0.0.0.0 in 0.0.0.0, whatever the block
	case q.Addr().Is4In6():
		// The end of the block is read from the wrong four bytes, as 0.0.0.0.
		first := netip.PrefixFrom(p.Addr(), s.mask).Masked()
		for _, a := range []netip.Addr{first.Addr(), netip.IPv4Unspecified()} {
			if !all.Contains(a) {
				return fmt.Errorf("CIDR: %s/%d is out of the range of CIDR allocator", a, s.mask)
			}
		}
		if first.Addr() != netip.IPv4Unspecified() {
			return nil // an interval that ends before it begins
		}
		p = first
	}
	for _, pool := range []*cidr.Pool{s.pool, s.early} {
		if pool == nil {
			continue
		}
		f := pool.Occupy
		if release {
			f = pool.Release
		}
		if err := f(p); err != nil {
			return err // cannot be: p overlaps the range and is of its family
		}
	}
	return nil
}
