package cidr_test

import (
	"errors"
	"math/big"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
	"pgregory.net/rapid"
)

// The state machine: any prefixes of a few dozen, in both families, against netipx.
func TestSpaceMachine(t *testing.T) { rapid.Check(t, spaceMachine) }

func FuzzSpace(f *testing.F) { f.Fuzz(rapid.MakeFuzz(spaceMachine)) }

func spaceMachine(t *rapid.T) {
	m := newSpaceModel(t)
	t.Repeat(map[string]func(*rapid.T){
		"occupy": m.occupy, "exclude": m.exclude, "release": m.release, "row": m.row, "ask": m.ask, "": m.check,
		"alloc": func(t *rapid.T) { m.alloc(t, m.gen.Draw(t, "like").Bits()) },
	})
}

// A spaceModel is a Space beside two sets of package netipx: all that it was made of, and what of that is free.
type spaceModel struct {
	gen       *rapid.Generator[netip.Prefix]
	fast      *cidr.Space
	all, free *netipx.IPSet
}

func newSpaceModel(t *rapid.T) *spaceModel {
	is4 := rapid.Bool().Draw(t, "ipv4")
	// Prefixes that often meet: bits are chosen from a few places of the address.
	m := &spaceModel{gen: rapid.Custom(func(t *rapid.T) netip.Prefix {
		b := rapid.SampledFrom([]byte{0, 0, 1, 128, 255})
		if is4 {
			a := netip.AddrFrom4([4]byte{b.Draw(t, "a"), b.Draw(t, "b"), 0, b.Draw(t, "d")})
			return netip.PrefixFrom(a, rapid.IntRange(0, 32).Draw(t, "bits"))
		}
		a := [16]byte{b.Draw(t, "a"), b.Draw(t, "b"), 7: b.Draw(t, "h"), 8: b.Draw(t, "i"), 15: b.Draw(t, "p")}
		return netip.PrefixFrom(netip.AddrFrom16(a), rapid.IntRange(0, 128).Draw(t, "bits"))
	})}
	var universe netipx.IPSetBuilder
	var ps []netip.Prefix
	for _, p := range rapid.SliceOfN(m.gen, 1, 5).Draw(t, "universe") {
		ps = append(ps, p.Masked())
		universe.AddPrefix(p)
	}
	var err error
	if m.fast, err = cidr.NewSpace(ps...); err != nil {
		t.Fatal(err)
	}
	if m.all, err = universe.IPSet(); err != nil {
		t.Fatal(err)
	}
	m.free = m.all
	return m
}

// change makes free what f makes of it, within all.
func (m *spaceModel) change(t *rapid.T, f func(*netipx.IPSetBuilder)) {
	var b netipx.IPSetBuilder
	b.AddSet(m.free)
	f(&b)
	b.Intersect(m.all)
	var err error
	if m.free, err = b.IPSet(); err != nil {
		t.Fatal(err)
	}
}

func (m *spaceModel) alloc(t *rapid.T, bits int) {
	var best netip.Prefix // the blocks of netipx in order: the longest that holds it, the first of these
	for _, p := range m.free.Prefixes() {
		if p.Bits() <= bits && (!best.IsValid() || p.Bits() > best.Bits()) {
			best = p
		}
	}
	got, err := m.fast.Alloc(bits)
	if (err == nil) != best.IsValid() || err == nil && got != netip.PrefixFrom(best.Addr(), bits) {
		t.Fatalf("Alloc(%d) = %v, %v; the best block is %v", bits, got, err, best)
	}
	if err == nil {
		m.change(t, func(b *netipx.IPSetBuilder) { b.RemovePrefix(got) })
	}
}

func (m *spaceModel) row(t *rapid.T) {
	bits := m.gen.Draw(t, "like").Bits()
	for range rapid.IntRange(2, 9).Draw(t, "times") {
		m.alloc(t, bits)
	}
}

func (m *spaceModel) occupy(t *rapid.T) {
	p := m.gen.Draw(t, "p")
	if err := m.fast.Occupy(p); (err == nil) != m.all.OverlapsPrefix(p) || err != nil && !errors.Is(err, cidr.ErrOutside) {
		t.Fatalf("Occupy(%v) = %v", p, err)
	}
	m.change(t, func(b *netipx.IPSetBuilder) { b.RemovePrefix(p) })
}

func (m *spaceModel) exclude(t *rapid.T) {
	ps := append(rapid.SliceOfN(m.gen, 0, 20).Draw(t, "ps"), pfx("fd00::/8"), pfx("0.0.0.0/30"))
	if err := m.fast.Exclude(ps...); err != nil {
		t.Fatal(err)
	}
	m.change(t, func(b *netipx.IPSetBuilder) {
		for _, p := range ps {
			b.RemovePrefix(p)
		}
	})
}

func (m *spaceModel) release(t *rapid.T) {
	p := m.gen.Draw(t, "p")
	var want error
	if !m.all.OverlapsPrefix(p) {
		want = cidr.ErrOutside
	} else if !inUse(m.all, m.free).OverlapsPrefix(p) {
		want = cidr.ErrFree
	}
	if err := m.fast.Release(p); !errors.Is(err, want) {
		t.Fatalf("Release(%v) = %v, want %v", p, err, want)
	}
	m.change(t, func(b *netipx.IPSetBuilder) { b.AddPrefix(p) })
}

func (m *spaceModel) ask(t *rapid.T) {
	p := m.gen.Draw(t, "p")
	if got, want := m.fast.IsFree(p), m.free.ContainsPrefix(p); got != want {
		t.Fatalf("IsFree(%v) = %v", p, got)
	}
	var b netipx.IPSetBuilder
	b.AddSet(m.free)
	var only netipx.IPSetBuilder
	only.AddPrefix(p)
	in, _ := only.IPSet()
	b.Intersect(in)
	want, _ := b.IPSet()
	if got := slices.Collect(m.fast.Within(p)); !slices.Equal(got, want.Prefixes()) {
		t.Fatalf("Within(%v) = %v, want %v", p, got, want.Prefixes())
	}
}

func (m *spaceModel) check(t *rapid.T) {
	if err := m.fast.Invariant(); err != nil {
		t.Fatal(err)
	}
	want := m.free.Prefixes()
	if got := slices.Collect(m.fast.Blocks()); !slices.Equal(got, want) {
		t.Fatalf("free %v, want %v", got, want)
	}
	bits := rapid.IntRange(0, 32).Draw(t, "count")
	n := new(big.Int)
	for _, p := range want {
		if p.Bits() <= bits {
			n.Add(n, new(big.Int).Lsh(big.NewInt(1), uint(bits-p.Bits())))
		}
	}
	if got := m.fast.Count(bits); got.Cmp(n) != 0 {
		t.Fatalf("Count(%d) = %v, want %v", bits, got, n)
	}
	if set, err := m.fast.IPSet(); err != nil || !set.Equal(m.free) {
		t.Fatalf("IPSet: %v, %v", set.Prefixes(), err)
	}
	c := m.fast.Clone()
	if !c.Equal(m.fast) {
		t.Fatal("a clone is not equal")
	}
	peek, err := m.fast.Peek(bits)
	if got, allocErr := c.Alloc(bits); got != peek || (err == nil) != (allocErr == nil) || c.Equal(m.fast) != (err != nil) {
		t.Fatalf("Peek(%d) = %v, %v; Alloc: %v, %v", bits, peek, err, got, allocErr)
	}
}

// inUse returns what of all is not free.
func inUse(all, free *netipx.IPSet) *netipx.IPSet {
	var b netipx.IPSetBuilder
	b.AddSet(all)
	b.RemoveSet(free)
	set, _ := b.IPSet()
	return set
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
