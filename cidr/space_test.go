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
		{"r 10.0.0.0/16", "prefix 10.0.0.0/16: not in use, it was released before or never taken", "free already"},
		{"o 10.0.1.0/24", "10.0.0.0/24 10.0.2.0/23 10.0.4.0/22 10.0.8.0/21 10.0.16.0/20 10.0.32.0/19 10.0.64.0/18 10.0.128.0/17 " +
			"10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 172.16.0.0/12", "one block"},
		{"r 10.0.0.0/16", "10.0.0.0/8 172.16.0.0/12", "a part is in use"},
		{"r 10.0.1.0/24", "prefix 10.0.1.0/24: not in use, it was released before or never taken", "given back with another one"},
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
