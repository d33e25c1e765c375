package cidr_test

import (
	"errors"
	"math/big"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
)

// slowSpace is a Space of at most 32 addresses: one flag for each.
type slowSpace struct {
	base   netip.Prefix
	blocks map[int][]slowBlock // all blocks of a length in the base
	free   uint32
}

type slowBlock struct {
	netip.Prefix
	mask uint32 // flags of its addresses
}

func newSlowSpace(base netip.Prefix) slowSpace {
	s := slowSpace{base: base, blocks: map[int][]slowBlock{}}
	for bits := base.Bits(); bits <= base.Addr().BitLen(); bits++ {
		for i := 0; i < 1<<cidr.HostBits(base); i += 1 << (base.Addr().BitLen() - bits) {
			b := slowBlock{Prefix: netip.PrefixFrom(s.addr(i), bits)}
			for j := range 1 << cidr.HostBits(base) {
				if b.Contains(s.addr(j)) {
					b.mask |= 1 << j
				}
			}
			s.blocks[bits] = append(s.blocks[bits], b)
		}
	}
	return s
}

func (s slowSpace) with(free uint32) slowSpace { return slowSpace{s.base, s.blocks, free} }

func (s slowSpace) addr(i int) netip.Addr {
	a, _ := cidr.Nth(s.base, uint64(i))
	return a
}

func (s slowSpace) isFree(b slowBlock) bool { return s.free&b.mask == b.mask }

func (s slowSpace) count(bits int) (n int) {
	for _, b := range s.blocks[bits] {
		if s.isFree(b) {
			n++
		}
	}
	return n
}

// list returns the free blocks that are in no larger free block.
func (s slowSpace) list() (ps []netip.Prefix) {
	seen := uint32(0)
	for bits := s.base.Bits(); bits <= s.base.Addr().BitLen(); bits++ {
		for _, b := range s.blocks[bits] {
			if s.isFree(b) && seen&b.mask == 0 {
				seen |= b.mask
				ps = append(ps, b.Prefix)
			}
		}
	}
	slices.SortFunc(ps, cidrorder.Compare)
	return ps
}

// alloc is best fit, as written in the comment: the smallest free block that holds it, the lowest of these.
func (s *slowSpace) alloc(bits int) (netip.Prefix, bool) {
	var best netip.Prefix
	for _, p := range s.list() {
		if p.Bits() <= bits && (!best.IsValid() || p.Bits() > best.Bits()) {
			best = p
		}
	}
	if !best.IsValid() {
		return netip.Prefix{}, false
	}
	p := netip.PrefixFrom(best.Addr(), bits)
	for _, b := range s.blocks[bits] {
		if b.Prefix == p {
			s.free &^= b.mask
		}
	}
	return p, true
}

// packs tries every place for every block, in the order given.
func (s slowSpace) packs(bits []int) bool {
	if len(bits) == 0 {
		return true
	}
	for _, b := range s.blocks[bits[0]] {
		if s.isFree(b) && s.with(s.free&^b.mask).packs(bits[1:]) {
			return true
		}
	}
	return false
}

// Every set of free addresses among 16: blocks, counts, allocation of each length, the way there and back.
func TestSpaceSmall(t *testing.T) {
	for _, base := range []string{"10.0.0.0/28", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124"} {
		whole := mustSpace(t, base)
		width := pfx(base).Addr().BitLen()
		slow := newSlowSpace(pfx(base))
		last := uint32(1<<16 - 1)
		step := uint32(1)
		if testing.Short() || width == 128 {
			step = 7
		}
		for set := uint32(0); set <= last; set += step {
			slow := slow.with(set)
			s := whole.Clone()
			var free []netip.Prefix
			for i := range 16 {
				p := netip.PrefixFrom(slow.addr(i), width)
				if set>>i&1 == 0 {
					must(t, s.Occupy(p))
				} else {
					free = append(free, p)
				}
			}
			must(t, s.Invariant())
			blocks := slow.list()
			if got := slices.Collect(s.Blocks()); !slices.Equal(got, blocks) {
				t.Fatalf("%016b: free %v, want %v", set, got, blocks)
			}
			bits := width - 4
			for n, c := range s.Capacity() {
				for ; bits < n; bits++ {
					if slow.count(bits) != 0 {
						t.Fatalf("%016b: Capacity begins with /%d, but there are %d of /%d", set, n, slow.count(bits), bits)
					}
				}
				if want := slow.count(n); c.Cmp(big.NewInt(int64(want))) != 0 || s.Count(n).Cmp(c) != 0 {
					t.Fatalf("%016b: /%d: Capacity %v, Count %v, want %d", set, n, c, s.Count(n), want)
				}
				bits++
			}
			if largest, ok := s.Largest(); ok != (set != 0) || ok && (slow.count(largest) == 0 || slow.count(largest-1) != 0) {
				t.Fatalf("%016b: Largest = %d, %v", set, largest, ok)
			}
			for bits := width - 4; bits <= width; bits++ {
				for _, b := range slow.blocks[bits] {
					if got := s.IsFree(b.Prefix); got != slow.isFree(b) {
						t.Fatalf("%016b: IsFree(%v) = %v", set, b.Prefix, got)
					}
				}
				fast, slow := s.Clone(), slow
				got, err := fast.Alloc(bits)
				want, ok := slow.alloc(bits)
				if got != want || ok != (err == nil) || ok != (s.Fits(bits) == nil) {
					t.Fatalf("%016b: Alloc(%d) = %v, %v; want %v", set, bits, got, err, want)
				}
				must(t, fast.Invariant())
				if got, want := slices.Collect(fast.Blocks()), slow.list(); !slices.Equal(got, want) {
					t.Fatalf("%016b: after Alloc(%d): %v, want %v", set, bits, got, want)
				}
				if ok {
					must(t, fast.Release(got))
					if !fast.Equal(s) {
						t.Fatalf("%016b: released %v: %s, before %s", set, got, texts(fast.Blocks()), texts(s.Blocks()))
					}
				}
			}
			// The same set the other way: from nothing, by Release.
			other := whole.Clone()
			must(t, other.Occupy(pfx(base)))
			for _, p := range free {
				must(t, other.Release(p))
			}
			if !other.Equal(s) {
				t.Fatalf("%016b: released one by one: %s, want %s", set, texts(other.Blocks()), texts(s.Blocks()))
			}
			if len(free) > 0 && set%5 == 0 {
				// And from its blocks: no address outside belongs to it.
				made, err := cidr.NewSpace(free...)
				must(t, err)
				must(t, made.Invariant())
				if got := slices.Collect(made.Blocks()); !slices.Equal(got, blocks) {
					t.Fatalf("%016b: NewSpace: %v, want %v", set, got, blocks)
				}
				must(t, made.Occupy(pfx(base)))
				must(t, made.Release(pfx(base)))
				if got := slices.Collect(made.Blocks()); !slices.Equal(got, blocks) {
					t.Fatalf("%016b: all occupied and released: %v, want %v", set, got, blocks)
				}
			}
		}
	}
}

// Every set of free addresses among 8 and every list of lengths: Fits says what trying every place says, Alloc keeps
// the promise, and the certificate is true.
func TestFitsSmall(t *testing.T) {
	base := pfx("10.0.0.0/29")
	whole, slow := mustSpace(t, "10.0.0.0/29"), newSlowSpace(base)
	for set := range uint32(1 << 8) {
		s := whole.Clone()
		slow := slow.with(set)
		for i := range 8 {
			if set>>i&1 == 0 {
				must(t, s.Occupy(netip.PrefixFrom(slow.addr(i), 32)))
			}
		}
		for a := range 2 {
			for b := range 3 {
				for c := range 5 {
					for d := range 9 {
						var bits []int
						for n, k := range []int{a, b, c, d} {
							for range k {
								bits = append(bits, 29+n)
							}
						}
						if 8*a+4*b+2*c+d > 10 {
							continue
						}
						checkFits(t, s, slow, bits)
					}
				}
			}
		}
	}
}

func checkFits(t *testing.T, s *cidr.Space, slow slowSpace, bits []int) {
	t.Helper()
	err := s.Fits(bits...)
	if want := slow.packs(bits); want != (err == nil) {
		t.Fatalf("%08b: Fits(%v) = %v, want %v", slow.free, bits, err, want)
	}
	if err == nil {
		c := s.Clone()
		for _, b := range slices.Sorted(slices.Values(bits)) {
			if _, err := c.Alloc(b); err != nil {
				t.Fatalf("%08b: Fits(%v), but Alloc(%d): %v", slow.free, bits, b, err)
			}
		}
		return
	}
	var e *cidr.ShortageError
	if !errors.As(err, &e) {
		t.Fatalf("%08b: Fits(%v): %v", slow.free, bits, err)
	}
	need := 0
	for _, b := range bits {
		if b <= e.Bits {
			need += 1 << (e.Bits - b)
		}
	}
	if have := slow.count(e.Bits); e.Need.Cmp(big.NewInt(int64(need))) != 0 || e.Have.Cmp(big.NewInt(int64(have))) != 0 || need <= have {
		t.Fatalf("%08b: Fits(%v) = %v; /%d: need %d, have %d", slow.free, bits, err, e.Bits, need, have)
	}
	if e.Missing().Cmp(big.NewInt(int64(need-slow.count(e.Bits)))) != 0 {
		t.Fatalf("%08b: Missing = %v", slow.free, e.Missing())
	}
	if !slices.Contains(bits, e.Bits) {
		t.Fatalf("%08b: Fits(%v) = %v, but no /%d was requested", slow.free, bits, err, e.Bits)
	}
	for b := e.Bits - 1; b >= 0; b-- { // shorter lengths fit
		if short := slices.DeleteFunc(slices.Clone(bits), func(n int) bool { return n > b }); s.Fits(short...) != nil {
			t.Fatalf("%08b: Fits(%v) names /%d, but %v do not fit either", slow.free, bits, e.Bits, short)
		}
	}
}
