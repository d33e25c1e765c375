package cidr_test

import (
	"errors"
	"fmt"
	"iter"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
	"pgregory.net/rapid"
)

func mustSpace(tb testing.TB, free ...string) *cidr.Space {
	tb.Helper()
	var ps []netip.Prefix
	for _, s := range free {
		ps = append(ps, pfx(s))
	}
	s, err := cidr.NewSpace(ps...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func texts[T fmt.Stringer](seq iter.Seq[T]) string {
	var out []string
	for x := range seq {
		out = append(out, x.String())
	}
	return strings.Join(out, " ")
}

func TestNewSpace(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
		err  error
		text string
		why  string
	}{
		{in: "10.0.0.0/8", want: "10.0.0.0/8", why: "one"},
		{in: "", want: "", why: "none"},
		{in: "10.0.0.0/9 10.128.0.0/9 10.3.0.0/16", want: "10.0.0.0/8", why: "merged"},
		{in: "192.168.0.0/16 10.0.0.0/8 172.16.0.0/12", want: "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16", why: "in order"},
		{in: "0.0.0.0/0", want: "0.0.0.0/0", why: "all of IPv4"},
		{in: "::/0", want: "::/0", why: "all of IPv6"},
		{in: "255.255.255.255/32", want: "255.255.255.255/32", why: "the last address"},
		{in: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128 ::/128", want: "::/128 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", why: "both ends"},
		{in: "10.0.2.0/8", err: cidr.ErrHostBits, text: "prefix 10.0.2.0/8: host bits are set; use 10.0.0.0/8", why: "host bits"},
		{in: "::ffff:10.0.0.0/104", err: cidr.ErrMapped, text: "prefix ::ffff:10.0.0.0/104: IPv4-mapped IPv6; use 10.0.0.0/8", why: "mapped"},
		{in: "10.0.0.0/8 fd00::/48", err: cidr.ErrFamily, text: "prefix fd00::/48: not of the family of 10.0.0.0/8; keep IPv4 and IPv6 apart", why: "two families"},
		{in: "fd00::/48 10.0.0.0/8", err: cidr.ErrFamily, text: "prefix 10.0.0.0/8: not of the family of fd00::/48; keep IPv4 and IPv6 apart", why: "two families"},
		{in: "10.0.0.0/8 invalid", err: cidr.ErrInvalid, text: "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)", why: "invalid"},
	} {
		var ps []netip.Prefix
		for _, f := range strings.Fields(tt.in) {
			p, _ := netip.ParsePrefix(f)
			ps = append(ps, p)
		}
		s, err := cidr.NewSpace(ps...)
		if !errors.Is(err, tt.err) || err != nil && (err.Error() != tt.text || s != nil) {
			t.Errorf("NewSpace(%s): %v, want %v (%s)", tt.in, err, tt.text, tt.why)
		} else if err == nil {
			if got := texts(s.Blocks()); got != tt.want {
				t.Errorf("NewSpace(%s) = %s, want %s (%s)", tt.in, got, tt.want, tt.why)
			}
			must(t, s.Invariant())
		}
	}
}

func TestSpaceAlloc(t *testing.T) {
	for _, tt := range []struct {
		free   string
		occupy string
		bits   []int
		want   string // of each, "-" where there is none
		why    string
	}{
		{"10.0.0.0/8", "", []int{16, 16, 24, 24}, "10.0.0.0/16 10.1.0.0/16 10.2.0.0/24 10.2.1.0/24", "lowest first"},
		{"10.0.0.0/8", "10.0.0.0/24", []int{16, 24, 24}, "10.1.0.0/16 10.0.1.0/24 10.0.2.0/24", "best fit: the small blocks beside what is occupied, so that large ones survive"},
		{"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16", "", []int{24, 20, 12, 8}, "192.168.0.0/24 192.168.16.0/20 172.16.0.0/12 10.0.0.0/8", "the smallest range that holds it"},
		{"10.0.0.0/30", "", []int{32, 31, 32, 32}, "10.0.0.0/32 10.0.0.2/31 10.0.0.1/32 -", "to the last address"},
		{"255.255.255.252/30", "255.255.255.252/31", []int{32, 32, 32}, "255.255.255.254/32 255.255.255.255/32 -", "the last block of the address space"},
		{"0.0.0.0/0", "", []int{0, 32}, "0.0.0.0/0 -", "all of IPv4"},
		{"::/0", "", []int{1, 128, 1, 0}, "::/1 8000::/128 - -", "IPv6"},
		{"10.1.0.0/16", "", []int{15, 16}, "- 10.1.0.0/16", "larger than what is free"},
	} {
		s := mustSpace(t, strings.Fields(tt.free)...)
		for _, p := range strings.Fields(tt.occupy) {
			must(t, s.Occupy(pfx(p)))
		}
		var got []string
		for _, b := range tt.bits {
			peek, peekErr := s.Peek(b)
			before := s.Clone()
			p, err := s.Alloc(b)
			if peek != p || (peekErr == nil) != (err == nil) {
				t.Errorf("Peek(%d) = %v, %v; Alloc gives %v, %v (%s)", b, peek, peekErr, p, err, tt.why)
			}
			var e *cidr.ShortageError
			switch {
			case err == nil:
				got = append(got, p.String())
			case errors.As(err, &e) && e.Bits == b && e.Need.Cmp(big.NewInt(1)) == 0 && e.Have.Sign() == 0 && s.Equal(before):
				got = append(got, "-")
			default:
				t.Errorf("Alloc(%d): %v (%s)", b, err, tt.why)
			}
			must(t, s.Invariant())
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("free %s without %s: Alloc(%v) = %s, want %s (%s)", tt.free, tt.occupy, tt.bits, got, tt.want, tt.why)
		}
	}
}

func TestSpaceLengthError(t *testing.T) {
	for _, tt := range []struct {
		s    *cidr.Space
		bits int
		text string
	}{
		{mustSpace(t, "10.0.0.0/8"), 33, "prefix length 33: must be 0 to 32"},
		{mustSpace(t, "10.0.0.0/8"), -1, "prefix length -1: must be 0 to 32"},
		{mustSpace(t, "fd00::/8"), 129, "prefix length 129: must be 0 to 128"},
		{new(cidr.Space), 129, "prefix length 129: must be 0 to 128"},
	} {
		_, err1 := tt.s.Alloc(tt.bits)
		_, err2 := tt.s.Peek(tt.bits)
		for _, err := range []error{err1, err2, tt.s.Fits(24, tt.bits)} {
			var e *cidr.LengthError
			if !errors.As(err, &e) || e.Bits != tt.bits || !errors.Is(err, cidr.ErrLength) || err.Error() != tt.text {
				t.Errorf("%v, want %s", err, tt.text)
			}
		}
		if n := tt.s.Count(tt.bits); n.Sign() != 0 {
			t.Errorf("Count(%d) = %v", tt.bits, n)
		}
	}
}

func TestZeroSpace(t *testing.T) {
	none, err := cidr.NewSpace()
	must(t, err)
	for _, s := range []*cidr.Space{new(cidr.Space), none} {
		var e *cidr.ShortageError
		for _, bits := range []int{0, 24, 128} {
			if _, err := s.Alloc(bits); !errors.As(err, &e) {
				t.Errorf("Alloc: %v", err)
			}
			if err := s.Fits(bits); !errors.As(err, &e) || e.Bits != bits || e.Have.Sign() != 0 {
				t.Errorf("Fits: %v", err)
			}
		}
		for _, p := range []string{"10.0.0.0/8", "0.0.0.0/0", "::/0"} {
			if err := s.Occupy(pfx(p)); !errors.Is(err, cidr.ErrOutside) {
				t.Errorf("Occupy(%s): %v", p, err)
			}
			if err := s.Release(pfx(p)); !errors.Is(err, cidr.ErrOutside) {
				t.Errorf("Release(%s): %v", p, err)
			}
			if s.IsFree(pfx(p)) {
				t.Errorf("%s is free", p)
			}
			for q := range s.Within(pfx(p)) {
				t.Errorf("%v is free", q)
			}
		}
		if err := s.Fits(); err != nil {
			t.Errorf("nothing does not fit: %v", err)
		}
		if bits, ok := s.Largest(); ok {
			t.Errorf("Largest = %d", bits)
		}
		for bits, n := range s.Capacity() {
			t.Errorf("capacity /%d: %v", bits, n)
		}
		for q := range s.Blocks() {
			t.Errorf("%v is free", q)
		}
		if set, err := s.IPSet(); err != nil || len(set.Ranges()) != 0 {
			t.Errorf("IPSet: %v, %v", set, err)
		}
		if !s.Equal(s.Clone()) {
			t.Error("is not equal to its clone")
		}
	}
}

// Every pair of sets of free blocks of a range of eight, and of ranges next to each other, at both ends of the lengths.
func TestSpaceEqual(t *testing.T) {
	for _, base := range []string{"0.0.0.0/0", "10.0.0.0/8", "255.255.255.248/29", "::/0", "fd00::/61", "fd00::/63", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff8/125"} {
		s := mustSplit(t, base, pfx(base).Bits()+3)
		var spaces []*cidr.Space
		for free := range 1 << 8 {
			sp := mustSpace(t, base)
			for i := range 8 {
				if free>>i&1 == 0 {
					must(t, sp.Occupy(s.At(uint64(i))))
				}
			}
			spaces = append(spaces, sp)
		}
		for i, a := range spaces {
			for j, b := range spaces {
				if a.Equal(b) != (i == j) {
					t.Fatalf("%s: %s and %s: Equal = %v", base, texts(a.Blocks()), texts(b.Blocks()), a.Equal(b))
				}
			}
		}
	}
	all := []*cidr.Space{
		new(cidr.Space), mustSpace(t, "10.0.0.0/9"), mustSpace(t, "10.128.0.0/9"), mustSpace(t, "10.0.0.0/8"), mustSpace(t, "10.0.0.0/9", "11.0.0.0/9"),
		mustSpace(t, "a00::/8"), mustSpace(t, "0.0.0.0/0"), mustSpace(t, "::/0"),
	}
	for i, a := range all {
		for j, b := range all {
			if a.Equal(b) != (i == j) {
				t.Errorf("spaces %d and %d: Equal = %v", i, j, a.Equal(b))
			}
		}
	}
}

func TestSpaceOccupyRelease(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/8", "172.16.0.0/12")
	for _, tt := range []struct {
		step string // o or r, and a prefix
		want string // what is free after it, or the error
		why  string
	}{
		{"o 10.0.0.0/9", "10.128.0.0/9 172.16.0.0/12", "half"},
		{"o 10.0.0.0/9", "10.128.0.0/9 172.16.0.0/12", "again"},
		{"o 10.128.0.77/10", "10.192.0.0/10 172.16.0.0/12", "host bits are ignored"},
		{"o 10.0.0.0/8", "172.16.0.0/12", "partly free"},
		{"r 10.255.255.255/32", "10.255.255.255/32 172.16.0.0/12", "an address"},
		{"r 10.255.255.254/32", "10.255.255.254/31 172.16.0.0/12", "halves are joined"},
		{"o 0.0.0.0/0", "", "contains the space"},
		{"r 172.0.0.0/8", "172.16.0.0/12", "reaches out of the space: only what belongs to it"},
		{"r 0.0.0.0/0", "10.0.0.0/8 172.16.0.0/12", "everything that belongs to it"},
		{"r 10.0.0.0/16", "10.0.0.0/8 172.16.0.0/12", "free already"},
		{"o 11.0.0.0/8", "prefix 11.0.0.0/8: outside of the range", "outside"},
		{"r 172.32.0.0/11", "prefix 172.32.0.0/11: outside of the range", "outside"},
		{"o fd00::/8", "prefix fd00::/8: outside of the range", "other family"},
		{"o a00::/8", "prefix a00::/8: outside of the range", "other family with the same first bits"},
		{"o ::ffff:10.0.0.0/104", "prefix ::ffff:10.0.0.0/104: outside of the range", "mapped"},
		{"r invalid", "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)", "invalid"},
	} {
		op, text, _ := strings.Cut(tt.step, " ")
		p, _ := netip.ParsePrefix(text)
		f := s.Occupy
		if op == "r" {
			f = s.Release
		}
		before := s.Clone()
		err := f(p)
		must(t, s.Invariant())
		var e *cidr.PrefixError
		if err != nil && err.Error() == tt.want && errors.As(err, &e) && e.Prefix == p && s.Equal(before) {
			continue
		}
		if got := texts(s.Blocks()); err != nil || got != tt.want {
			t.Errorf("%s: %v, free %s; want %s (%s)", tt.step, err, got, tt.want, tt.why)
		}
	}
}

// A space of one prefix names it.
func TestSpaceOutsideText(t *testing.T) {
	for _, tt := range []struct{ space, p, want string }{
		{"10.0.0.0/8", "11.0.0.0/8", "prefix 11.0.0.0/8: outside of 10.0.0.0/8"},
		{"10.0.0.0/8", "::ffff:10.0.0.0/104", "prefix ::ffff:10.0.0.0/104: outside of 10.0.0.0/8, as IPv4-mapped IPv6 is no IPv4; use 10.0.0.0/8"},
		{"fd00::/48", "::ffff:10.0.0.0/104", "prefix ::ffff:10.0.0.0/104: outside of fd00::/48"},
	} {
		s := mustSpace(t, tt.space)
		for _, err := range []error{s.Occupy(pfx(tt.p)), s.Release(pfx(tt.p))} {
			if !errors.Is(err, cidr.ErrOutside) || err.Error() != tt.want {
				t.Errorf("%s: %v, want %s", tt.space, err, tt.want)
			}
		}
	}
}

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
	slices.SortFunc(ps, netip.Prefix.Compare)
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

// Every set of free addresses among 8 and every list of lengths: Fits says what trying every place says, Alloc keeps the promise,
// and the certificate is true.
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

func TestFits(t *testing.T) {
	many := func(n, bits int) []int { return slices.Repeat([]int{bits}, n) }
	lengths := func(from, to int) (all []int) {
		for n := from; n <= to; n++ {
			all = append(all, n)
		}
		return all
	}
	for _, tt := range []struct {
		free string
		bits []int
		want string // of the error, "" if it fits
		why  string
	}{
		{"10.0.0.0/22", many(4, 24), "", "exactly"},
		{"10.0.0.0/22", many(5, 24), "no room: blocks of /24: 5 needed, 4 free, 1 missing; free that many, or ask for fewer or smaller ones", "one too many"},
		{"10.0.0.0/22", []int{27, 23, 24, 26, 25, 26}, "no room: blocks of /27: 33 needed, 32 free, 1 missing; free that many, or ask for fewer or smaller ones", "the smallest breaks it"},
		{"10.0.0.0/24 10.0.2.0/24", []int{23}, "no room: blocks of /23: 1 needed, 0 free, 1 missing; free that many, or ask for fewer or smaller ones", "enough addresses, no block"},
		{"0.0.0.0/0", []int{0}, "", "all of IPv4"},
		{"0.0.0.0/0", []int{0, 32}, "no room: blocks of /32: 4294967297 needed, 4294967296 free, 1 missing; free that many, or ask for fewer or smaller ones", "all of IPv4 and one address"},
		{"::/0", []int{0, 128}, "no room: blocks of /128: 340282366920938463463374607431768211457 needed, 340282366920938463463374607431768211456 free, 1 missing; free that many, or ask for fewer or smaller ones", "2^128 is exact"},
		{"::/0", []int{0, 64}, "no room: blocks of /64: 18446744073709551617 needed, 18446744073709551616 free, 1 missing; free that many, or ask for fewer or smaller ones", "2^64 is exact"},
		{"::/0", []int{0, 0, 0}, "no room: blocks of /0: 3 needed, 1 free, 2 missing; free that many, or ask for fewer or smaller ones", "three times everything"},
		{"::/0", append(lengths(1, 128), 128), "", "a half, a quarter, and so on: all of it, with a carry into bit 128"},
		{"::/0", append(lengths(1, 128), 128, 128), "no room: blocks of /128: 340282366920938463463374607431768211457 needed, 340282366920938463463374607431768211456 free, 1 missing; free that many, or ask for fewer or smaller ones", "the same and one address"},
		{"::/0", nil, "", "nothing"},
		{"::/1", []int{1, 128}, "no room: blocks of /128: 170141183460469231731687303715884105729 needed, 170141183460469231731687303715884105728 free, 1 missing; free that many, or ask for fewer or smaller ones", "2^127"},
	} {
		s := mustSpace(t, strings.Fields(tt.free)...)
		got := ""
		if err := s.Fits(tt.bits...); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("free %s: Fits(%v): %s\nwant %s (%s)", tt.free, tt.bits, got, tt.want, tt.why)
		}
	}
}

func TestSpaceCapacity(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/23")
	must(t, s.Occupy(pfx("10.0.0.0/26")))
	var got []string
	for bits, n := range s.Capacity() {
		if got = append(got, fmt.Sprintf("/%d: %v", bits, n)); bits == 28 {
			break
		}
	}
	if want := []string{"/24: 1", "/25: 3", "/26: 7", "/27: 14", "/28: 28"}; !slices.Equal(got, want) {
		t.Errorf("capacity %v, want %v", got, want)
	}
	all := mustSpace(t, "::/0")
	for _, bits := range []int{0, 1, 63, 64, 127, 128} {
		if want := new(big.Int).Lsh(big.NewInt(1), uint(bits)); all.Count(bits).Cmp(want) != 0 {
			t.Errorf("::/0 holds %v blocks of /%d, want %v", all.Count(bits), bits, want)
		}
	}
	must(t, all.Occupy(pfx("8000::/128")))
	if got, want := all.Count(128).String(), "340282366920938463463374607431768211455"; got != want {
		t.Errorf("::/0 without an address holds %s, want %s", got, want)
	}
}

func TestSpaceWithin(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/8", "192.168.0.0/16")
	must(t, s.Occupy(pfx("10.1.0.0/16")))
	for _, tt := range []struct{ in, want string }{
		{"10.0.0.0/14", "10.0.0.0/16 10.2.0.0/15"},
		{"10.0.0.0/24", "10.0.0.0/24"},
		{"10.0.0.77/24", "10.0.0.0/24"},
		{"10.1.2.0/24", ""},
		{"192.0.0.0/8", "192.168.0.0/16"},
		{"11.0.0.0/8", ""},
		{"0.0.0.0/0", texts(s.Blocks())},
		{"::/0", ""},
		{"", ""},
	} {
		if got := texts(s.Within(pfx(tt.in))); got != tt.want {
			t.Errorf("Within(%s) = %s, want %s", tt.in, got, tt.want)
		}
	}
	for _, seq := range []iter.Seq[netip.Prefix]{s.Blocks(), s.Within(pfx("10.0.0.0/14"))} {
		for range 2 { // can be used again, and stopped
			n := 0
			for range seq {
				n++
				break
			}
			if n != 1 {
				t.Error(n)
			}
		}
	}
}

func TestSpacesFrom(t *testing.T) {
	var b netipx.IPSetBuilder
	for _, p := range []string{"10.0.0.0/8", "fd00::/48", "192.168.0.0/16"} {
		b.AddPrefix(pfx(p))
	}
	b.RemovePrefix(pfx("10.0.0.0/9"))
	set, err := b.IPSet()
	must(t, err)
	v4, v6 := cidr.SpacesFrom(set)
	if got, want := texts(v4.Blocks()), "10.128.0.0/9 192.168.0.0/16"; got != want {
		t.Errorf("IPv4: %s, want %s", got, want)
	}
	if got, want := texts(v6.Blocks()), "fd00::/48"; got != want {
		t.Errorf("IPv6: %s, want %s", got, want)
	}
	back, err := v4.IPSet()
	must(t, err)
	if got := fmt.Sprint(back.Prefixes()); got != "[10.128.0.0/9 192.168.0.0/16]" {
		t.Errorf("IPSet: %s", got)
	}
	v4, v6 = cidr.SpacesFrom(nil)
	for _, s := range []*cidr.Space{v4, v6} {
		if got := texts(s.Blocks()); got != "" {
			t.Errorf("from nil: %s", got)
		}
		if err := s.Fits(32); err == nil {
			t.Error("something fits into nothing")
		}
		must(t, s.Invariant())
	}
	if err := v4.Fits(33); !errors.Is(err, cidr.ErrLength) {
		t.Errorf("an empty IPv4 space has a family: %v", err)
	}
}

// The state machine: any prefixes of a few dozen, in both families, against netipx.
func TestSpaceMachine(t *testing.T) { rapid.Check(t, spaceMachine) }

func FuzzSpace(f *testing.F) { f.Fuzz(rapid.MakeFuzz(spaceMachine)) }

func spaceMachine(t *rapid.T) {
	is4 := rapid.Bool().Draw(t, "ipv4")
	// Prefixes that often meet: bits are chosen from a few places of the address.
	gen := rapid.Custom(func(t *rapid.T) netip.Prefix {
		b := rapid.SampledFrom([]byte{0, 0, 1, 128, 255})
		if is4 {
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{b.Draw(t, "a"), b.Draw(t, "b"), 0, b.Draw(t, "d")}), rapid.IntRange(0, 32).Draw(t, "bits"))
		}
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{b.Draw(t, "a"), b.Draw(t, "b"), 7: b.Draw(t, "h"), 8: b.Draw(t, "i"), 15: b.Draw(t, "p")}), rapid.IntRange(0, 128).Draw(t, "bits"))
	})
	var universe netipx.IPSetBuilder
	var ps []netip.Prefix
	for _, p := range rapid.SliceOfN(gen, 1, 5).Draw(t, "universe") {
		ps = append(ps, p.Masked())
		universe.AddPrefix(p)
	}
	fast, err := cidr.NewSpace(ps...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := universe.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	free := all
	change := func(f func(*netipx.IPSetBuilder)) {
		var b netipx.IPSetBuilder
		b.AddSet(free)
		f(&b)
		b.Intersect(all)
		if free, err = b.IPSet(); err != nil {
			t.Fatal(err)
		}
	}
	alloc := func(t *rapid.T, bits int) {
		var best netip.Prefix // the blocks of netipx in order: the longest that holds it, the first of these
		for _, p := range free.Prefixes() {
			if p.Bits() <= bits && (!best.IsValid() || p.Bits() > best.Bits()) {
				best = p
			}
		}
		got, err := fast.Alloc(bits)
		if (err == nil) != best.IsValid() || err == nil && got != netip.PrefixFrom(best.Addr(), bits) {
			t.Fatalf("Alloc(%d) = %v, %v; the best block is %v", bits, got, err, best)
		}
		if err == nil {
			change(func(b *netipx.IPSetBuilder) { b.RemovePrefix(got) })
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"occupy": func(t *rapid.T) {
			p := gen.Draw(t, "p")
			if err := fast.Occupy(p); (err == nil) != all.OverlapsPrefix(p) || err != nil && !errors.Is(err, cidr.ErrOutside) {
				t.Fatalf("Occupy(%v) = %v", p, err)
			}
			change(func(b *netipx.IPSetBuilder) { b.RemovePrefix(p) })
		},
		"release": func(t *rapid.T) {
			p := gen.Draw(t, "p")
			if err := fast.Release(p); (err == nil) != all.OverlapsPrefix(p) || err != nil && !errors.Is(err, cidr.ErrOutside) {
				t.Fatalf("Release(%v) = %v", p, err)
			}
			change(func(b *netipx.IPSetBuilder) { b.AddPrefix(p) })
		},
		"alloc": func(t *rapid.T) { alloc(t, gen.Draw(t, "like").Bits()) },
		"row": func(t *rapid.T) {
			bits := gen.Draw(t, "like").Bits()
			for range rapid.IntRange(2, 9).Draw(t, "times") {
				alloc(t, bits)
			}
		},
		"ask": func(t *rapid.T) {
			p := gen.Draw(t, "p")
			if got, want := fast.IsFree(p), free.ContainsPrefix(p); got != want {
				t.Fatalf("IsFree(%v) = %v", p, got)
			}
			var b netipx.IPSetBuilder
			b.AddSet(free)
			var only netipx.IPSetBuilder
			only.AddPrefix(p)
			in, _ := only.IPSet()
			b.Intersect(in)
			want, _ := b.IPSet()
			if got := slices.Collect(fast.Within(p)); !slices.Equal(got, want.Prefixes()) {
				t.Fatalf("Within(%v) = %v, want %v", p, got, want.Prefixes())
			}
		},
		"": func(t *rapid.T) {
			if err := fast.Invariant(); err != nil {
				t.Fatal(err)
			}
			want := free.Prefixes()
			if got := slices.Collect(fast.Blocks()); !slices.Equal(got, want) {
				t.Fatalf("free %v, want %v", got, want)
			}
			bits := rapid.IntRange(0, 32).Draw(t, "count")
			n := new(big.Int)
			for _, p := range want {
				if p.Bits() <= bits {
					n.Add(n, new(big.Int).Lsh(big.NewInt(1), uint(bits-p.Bits())))
				}
			}
			if got := fast.Count(bits); got.Cmp(n) != 0 {
				t.Fatalf("Count(%d) = %v, want %v", bits, got, n)
			}
			if set, err := fast.IPSet(); err != nil || !set.Equal(free) {
				t.Fatalf("IPSet: %v, %v", set.Prefixes(), err)
			}
			c := fast.Clone()
			if !c.Equal(fast) {
				t.Fatal("a clone is not equal")
			}
			peek, err := fast.Peek(bits)
			if got, allocErr := c.Alloc(bits); got != peek || (err == nil) != (allocErr == nil) || c.Equal(fast) != (err != nil) {
				t.Fatalf("Peek(%d) = %v, %v; Alloc: %v, %v", bits, peek, err, got, allocErr)
			}
		},
	})
}

// Fits against Alloc on larger spaces: it fits if and only if cutting the largest first succeeds.
func TestFitsLarge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := cidr.NewSpace(pfx("10.0.0.0/20"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 20).Draw(t, "holes") {
			a, _ := cidr.Nth(pfx("10.0.0.0/20"), rapid.Uint64Range(0, 4095).Draw(t, "at"))
			_ = s.Occupy(netip.PrefixFrom(a, rapid.IntRange(22, 32).Draw(t, "len")))
		}
		bits := rapid.SliceOfN(rapid.IntRange(20, 32), 0, 40).Draw(t, "bits")
		slices.Sort(bits)
		c := s.Clone()
		var failed error
		for _, b := range bits {
			if _, failed = c.Alloc(b); failed != nil {
				break
			}
		}
		if got := s.Fits(bits...); (got == nil) != (failed == nil) {
			t.Fatalf("Fits(%v) = %v, Alloc: %v", bits, got, failed)
		}
	})
}

// However far a row of equal blocks has come, the space is the one in which the same addresses are occupied.
func TestSpaceRows(t *testing.T) {
	for _, tt := range []struct {
		name, all string
		occupied  []string
		bits      int
	}{
		{"from the start", "10.0.0.0/26", nil, 30},
		{"single addresses", "10.0.0.0/27", nil, 32},
		{"between", "10.0.0.0/26", []string{"10.0.0.5/32", "10.0.0.32/28", "10.0.0.52/30"}, 31},
		{"two gaps of a length", "10.0.0.0/25", []string{"10.0.0.32/27", "10.0.0.96/28"}, 30},
		{"the whole of IPv4", "0.0.0.0/0", nil, 4},
		{"the whole of IPv6", "::/0", nil, 5},
		{"across the words of a key", "fd00:0:0:4::/62", []string{"fd00:0:0:4::/128"}, 67},
		{"the last addresses", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffe0/123", []string{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffe4/128"}, 127},
	} {
		t.Run(tt.name, func(t *testing.T) {
			row, other := mustSpace(t, tt.all), mustSpace(t, tt.all)
			for _, p := range tt.occupied {
				must(t, row.Occupy(pfx(p)))
				must(t, other.Occupy(pfx(p)))
			}
			for {
				want, err := other.Peek(tt.bits)
				got, rowErr := row.Alloc(tt.bits)
				if got != want || (err == nil) != (rowErr == nil) {
					t.Fatalf("%v, %v; want %v, %v", got, rowErr, want, err)
				}
				if err != nil {
					break
				}
				must(t, other.Occupy(want))
				if !row.Equal(other) || !other.Equal(row) || !row.Clone().Equal(row) {
					t.Fatalf("after %v: another space", got)
				}
				sameSpace(t, row, other, pfx(tt.all), tt.bits+2)
			}
		})
	}
	// Another change in the midst of it.
	for i := range 30 {
		for name, change := range map[string]func(*cidr.Space) error{
			"occupy":  func(s *cidr.Space) error { return s.Occupy(pfx("10.0.0.40/29")) },
			"release": func(s *cidr.Space) error { return s.Release(pfx("10.0.0.8/30")) },
			"longer":  func(s *cidr.Space) error { _, err := s.Alloc(32); return err },
			"shorter": func(s *cidr.Space) error { _, err := s.Alloc(28); return err },
		} {
			row, other := mustSpace(t, "10.0.0.0/25"), mustSpace(t, "10.0.0.0/25")
			for range i {
				p, err := row.Alloc(31)
				must(t, err)
				must(t, other.Occupy(p))
			}
			must(t, change(row))
			must(t, change(other))
			if !row.Equal(other) {
				t.Errorf("%s after %d: %v, want %v", name, i, slices.Collect(row.Blocks()), slices.Collect(other.Blocks()))
			}
			must(t, row.Invariant())
			for range 8 {
				want, err := other.Peek(31)
				got, rowErr := row.Alloc(31)
				if got != want || (err == nil) != (rowErr == nil) {
					t.Fatalf("%s after %d: %v, %v; want %v, %v", name, i, got, rowErr, want, err)
				}
				must(t, other.Occupy(want))
				sameSpace(t, row, other, pfx("10.0.0.0/25"), 32)
			}
		}
	}
}

// A row is begun by the second block of a length, not by the first, so that lengths that take turns cost nothing more.
func TestSpaceRowBegins(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/20")
	for i, tt := range []struct {
		bits int
		row  bool
	}{
		{24, false}, {25, false}, {24, false}, // each out of a free block of its own
		{26, false}, {26, false}, {26, true}, // the rest of a /25, then a /24
		{27, false}, {27, false}, {27, true}, {27, true}, {27, true}, {27, false}, // what is left of that: a /26, a /25 to its end
		{27, true}, {28, false},
	} {
		_, err := s.Alloc(tt.bits)
		must(t, err)
		if s.InRow() != tt.row {
			t.Errorf("%d, /%d: in a row: %v", i, tt.bits, s.InRow())
		}
	}
}

// sameSpace compares what two spaces say of p and what it holds down to length most.
func sameSpace(t *testing.T, a, b *cidr.Space, p netip.Prefix, most int) {
	t.Helper()
	if got, want := slices.Collect(a.Blocks()), slices.Collect(b.Blocks()); !slices.Equal(got, want) {
		t.Fatalf("free %v, want %v", got, want)
	}
	for q := range a.Blocks() { // no further than the first
		if first, _ := a.Peek(q.Bits()); first.Bits() != q.Bits() {
			t.Fatalf("Peek(%d) = %v", q.Bits(), first)
		}
		break
	}
	for bits := range p.Addr().BitLen() + 1 {
		got, err := a.Peek(bits)
		want, wantErr := b.Peek(bits)
		if got != want || (err == nil) != (wantErr == nil) || a.Count(bits).Cmp(b.Count(bits)) != 0 {
			t.Fatalf("Peek(%d) = %v, %v, want %v; Count %v, want %v", bits, got, err, want, a.Count(bits), b.Count(bits))
		}
	}
	for bits := p.Bits(); bits <= min(most, p.Addr().BitLen()); bits++ {
		split, err := cidr.NewSplit(p, bits)
		must(t, err)
		for i := range split.Len() {
			q := split.At(i)
			if a.IsFree(q) != b.IsFree(q) {
				t.Fatalf("IsFree(%v) = %v", q, a.IsFree(q))
			}
			if got, want := slices.Collect(a.Within(q)), slices.Collect(b.Within(q)); !slices.Equal(got, want) {
				t.Fatalf("Within(%v) = %v, want %v", q, got, want)
			}
			for range a.Within(q) {
				break
			}
		}
	}
}

// Any number of goroutines may read a space.
func TestSpaceReaders(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/8", "192.168.0.0/16")
	for _, p := range exclusions(200) {
		must(t, s.Occupy(p))
	}
	for range 500 { // some of a row
		_, err := s.Alloc(24)
		must(t, err)
	}
	want := s.Clone()
	readers(func() {
		if err := s.Fits(16, 24, 24, 32); err != nil {
			t.Error(err)
		}
		if _, err := s.Peek(20); err != nil {
			t.Error(err)
		}
		n := 0
		for p := range s.Blocks() {
			n++
			if !s.IsFree(p) {
				t.Errorf("%v is listed and not free", p)
			}
		}
		if !s.Equal(want) || n == 0 || s.Count(24).Sign() == 0 {
			t.Error("a reader changed the space")
		}
	})
}

func TestSpaceMemory(t *testing.T) {
	s := mustSpace(t, "::/0")
	if n := s.Bytes(); n > 4<<10 {
		t.Errorf("a space takes %d bytes", n)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var ps []netip.Prefix
	for range 1000 {
		var a [16]byte
		for i := range a {
			a[i] = byte(r.Uint32())
		}
		ps = append(ps, netip.PrefixFrom(netip.AddrFrom16(a), 128))
		must(t, s.Occupy(ps[len(ps)-1]))
	}
	n := s.Bytes()
	if n > 256<<10 {
		t.Errorf("1,000 blocks take %d bytes", n)
	}
	if allocs := testing.AllocsPerRun(10, func() {
		for _, p := range ps {
			_ = s.Release(p)
		}
		for _, p := range ps {
			_ = s.Occupy(p)
		}
	}); allocs > 2000 { // the iterators of Release
		t.Errorf("%v allocations", allocs)
	}
	if m := s.Bytes(); m != n {
		t.Errorf("released and occupied again: %d bytes, before %d", m, n)
	}
}
