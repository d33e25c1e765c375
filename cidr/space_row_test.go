package cidr_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

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
}

// Another change in the midst of a row.
func TestSpaceRowChanged(t *testing.T) {
	for i := range 30 {
		for name, change := range map[string]func(*cidr.Space) error{
			"occupy":  func(s *cidr.Space) error { return s.Occupy(pfx("10.0.0.40/29")) },
			"release": func(s *cidr.Space) error { return ignore(s.Release(pfx("10.0.0.8/30")), cidr.ErrFree) },
			"exclude": func(s *cidr.Space) error {
				return s.Exclude(pfx("10.0.0.40/29"), pfx("10.0.0.0/31"), pfx("11.0.0.0/8"))
			},
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

// ignore returns err, and nil if it is what.
func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

// A row is begun by the second block of a length, not by the first, so that lengths that take turns cost nothing more.
func TestSpaceRowBegins(t *testing.T) {
	s := mustSpace(t, "10.0.0.0/20")
	for i, tt := range []struct {
		bits int
		row  bool
	}{
		{24, false}, {25, false}, {24, false}, // each out of a free block of its own
		{26, false}, {26, true}, {26, true}, // the rest of a /25, then a /24
		{27, false}, {27, true}, {27, true}, {27, true}, {27, true}, {27, true}, // what is left of that: a /26, a /25, and on
		{27, true}, {28, false}, {28, true},
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
