package cidr_test

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

// excludeCases are ranges to take out of a space: at random within a few lengths, so that they repeat, contain each other and are
// halves, and IPv6 addresses each of which differs from the others in another bit, for a trie as deep as an address is long.
func excludeCases(r *rand.Rand) (base netip.Prefix, ps []netip.Prefix, shortest int) {
	within := func(base netip.Prefix, least, most int) netip.Prefix {
		b := base.Addr().AsSlice()
		for i := base.Bits() / 8; i < (most+7)/8; i++ {
			b[i] |= byte(r.Uint32()) & byte(0xff>>max(base.Bits()-8*i, 0))
		}
		a, _ := netip.AddrFromSlice(b)
		return netip.PrefixFrom(a, least+r.IntN(most-least+1))
	}
	switch r.IntN(4) {
	case 0:
		base, shortest = pfx("10.0.0.0/24"), 29
	case 1:
		base, shortest = pfx("0.0.0.0/0"), 14
	case 2:
		base, shortest = pfx("fd00:0:0:a0::/60"), 62
	default:
		base = pfx("::/0")
		for i := range 128 {
			if r.IntN(8) > 0 {
				b := [16]byte{}
				b[i/8] = 0x80 >> (i % 8)
				ps = append(ps, netip.PrefixFrom(netip.AddrFrom16(b), 128))
			}
		}
		return base, ps, 120 + r.IntN(8)
	}
	for range r.IntN(60) {
		ps = append(ps, within(base, shortest, min(shortest+6, base.Addr().BitLen())))
	}
	return base, ps, shortest
}

// Exclude leaves the space that Occupy leaves, and rows of equal blocks come from it as they do one by one.
func TestSpaceExclude(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 200 {
		base, ps, shortest := excludeCases(r)
		list, tree, single := mustSpace(t, base.String()), mustSpace(t, base.String()), mustSpace(t, base.String())
		half := len(ps) / (1 + r.IntN(3))
		must(t, list.Exclude(ps[:half]...))
		must(t, list.Exclude(ps[half:]...))
		for _, p := range ps {
			must(t, tree.Occupy(p))
			must(t, single.Occupy(p))
		}
		must(t, list.Invariant())
		if !list.Equal(tree) || !tree.Equal(list) || !list.Clone().Equal(list) {
			t.Fatalf("%v without %v: not what Occupy leaves", base, ps)
		}
		bits := min(shortest+r.IntN(6), base.Addr().BitLen())
		for range 40 {
			want, err := single.Peek(bits)
			if peek, _ := list.Peek(bits); peek != want {
				t.Fatalf("%v without %v: Peek(%d) = %v, want %v", base, ps, bits, peek, want)
			}
			for name, s := range map[string]*cidr.Space{"list": list, "tree": tree} {
				if got, gotErr := s.Alloc(bits); got != want || (gotErr == nil) != (err == nil) {
					t.Fatalf("%s: %v without %v: Alloc(%d) = %v, %v; want %v, %v", name, base, ps, bits, got, gotErr, want, err)
				}
			}
			if err != nil {
				break
			}
			must(t, single.Occupy(want))
			for _, n := range []int{bits - 1, bits, r.IntN(base.Addr().BitLen() + 1)} {
				if list.Count(n).Cmp(single.Count(n)) != 0 || tree.Count(n).Cmp(single.Count(n)) != 0 {
					t.Fatalf("%v without %v, after %v: Count(%d) = %v and %v, want %v", base, ps, want, n, list.Count(n), tree.Count(n),
						single.Count(n))
				}
			}
		}
		for _, p := range append(ps, base) {
			if list.IsFree(p) || tree.IsFree(p) {
				t.Fatalf("%v without %v: %v is free", base, ps, p)
			}
		}
		if got, want := texts(list.Blocks()), texts(single.Blocks()); got != want || texts(tree.Blocks()) != want {
			t.Fatalf("%v without %v: free %s, want %s", base, ps, got, want)
		}
		if !list.Equal(single) || !tree.Equal(single) {
			t.Fatalf("%v without %v: another space after a row", base, ps)
		}
	}
}

func TestSpaceExcludeErrors(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/8")
	before := s.Clone()
	var e *cidr.PrefixError
	if err := s.Exclude(pfx("10.0.0.0/16"), netip.Prefix{}); !errors.Is(err, cidr.ErrInvalid) || !errors.As(err, &e) || !s.Equal(before) {
		t.Errorf("an invalid range: %v", err)
	}
	for _, p := range []string{"11.0.0.0/8", "fd00::/8", "a00::/8", "::ffff:10.0.0.0/104", "::/0"} {
		if err := s.Exclude(pfx(p)); err != nil || !s.Equal(before) {
			t.Errorf("%s, which lies outside: %v", p, err)
		}
	}
	must(t, s.Exclude())
	must(t, new(cidr.Space).Exclude(pfx("10.0.0.0/8")))
	must(t, s.Exclude(pfx("10.1.2.3/9")))
	if got := texts(s.Blocks()); got != "10.128.0.0/9" {
		t.Errorf("host bits: free %s", got)
	}
	must(t, s.Exclude(pfx("0.0.0.0/0")))
	if got := texts(s.Blocks()); got != "" {
		t.Errorf("all: free %s", got)
	}
}
