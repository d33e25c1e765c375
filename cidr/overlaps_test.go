package cidr_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"pgregory.net/rapid"
)

func pairs(ps []netip.Prefix) [][2]int {
	var out [][2]int
	for i, j := range cidr.Overlaps(ps) {
		out = append(out, [2]int{i, j})
	}
	return out
}

// slowPairs asks net/netip about every pair.
func slowPairs(ps []netip.Prefix) [][2]int {
	var out [][2]int
	for i := range ps {
		for j := i + 1; j < len(ps); j++ {
			if ps[i].Overlaps(ps[j]) {
				out = append(out, [2]int{i, j})
			}
		}
	}
	return out
}

func sorted(ps [][2]int) [][2]int {
	ps = slices.Clone(ps)
	slices.SortFunc(ps, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return ps
}

func TestOverlaps(t *testing.T) {
	for _, tt := range []struct {
		in   []string
		want string
		why  string
	}{
		{nil, "[]", "none"},
		{[]string{"10.0.0.0/8"}, "[]", "one"},
		{[]string{"10.0.0.0/9", "10.128.0.0/9"}, "[]", "neighbours"},
		{[]string{"10.0.0.0/8", "10.1.0.0/16"}, "[[0 1]]", "contained"},
		{[]string{"10.1.0.0/16", "10.0.0.0/8"}, "[[0 1]]", "the other way round"},
		{[]string{"10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"}, "[[0 1] [0 2] [1 2]]", "equal"},
		{[]string{"10.0.0.0/24", "10.0.0.0/8", "10.0.0.0/16"}, "[[1 2] [0 1] [0 2]]", "same first address; by the inner one"},
		{[]string{"10.0.2.0/8", "10.9.0.0/16"}, "[[0 1]]", "host bits are ignored"},
		{[]string{"0.0.0.0/0", "::/0", "255.255.255.255/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}, "[[0 2] [1 3]]", "families are apart"},
		{[]string{"a00::/8", "10.0.0.0/8"}, "[]", "the same bits in another family"},
		{[]string{"", "10.0.0.0/8", ""}, "[]", "invalid"},
		{[]string{"::ffff:10.0.0.0/104", "10.0.0.0/8", "::/0"}, "[[0 2]]", "IPv4-mapped is IPv6"},
		{[]string{"fd00::/63", "fd00:0:0:1:8000::/65", "fd00::/65", "fd00:0:0:1::/64"}, "[[0 2] [0 3] [0 1] [1 3]]", "around bit 64"},
	} {
		var ps []netip.Prefix
		for _, s := range tt.in {
			ps = append(ps, pfx(s))
		}
		if got := fmt.Sprint(pairs(ps)); got != tt.want {
			t.Errorf("Overlaps(%v) = %s, want %s (%s)", tt.in, got, tt.want, tt.why)
		}
	}
}

// Every list of three prefixes of a universe of 4 addresses, in both families.
func TestOverlapsSmall(t *testing.T) {
	var all []netip.Prefix
	for _, base := range []string{"255.255.255.252/30", "ffff:ffff:ffff:fffc::/62"} {
		for bits := pfx(base).Bits(); bits <= pfx(base).Bits()+2; bits++ {
			all = slices.AppendSeq(all, mustSplit(t, base, bits).All())
		}
	}
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				ps := []netip.Prefix{a, b, c}
				if got, want := sorted(pairs(ps)), slowPairs(ps); !slices.Equal(got, want) {
					t.Fatalf("Overlaps(%v) = %v, want %v", ps, got, want)
				}
			}
		}
	}
}

func TestOverlapsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := rapid.SliceOf(anyPrefix()).Draw(t, "ps")
		got := pairs(ps)
		if want := slowPairs(ps); !slices.Equal(sorted(got), want) {
			t.Fatalf("Overlaps(%v) = %v, want %v", ps, got, want)
		}
		if again := pairs(ps); !slices.Equal(got, again) {
			t.Fatalf("Overlaps(%v) = %v, then %v", ps, got, again)
		}
		if len(got) > 1 { // it can be stopped
			n := 0
			for range cidr.Overlaps(ps) {
				n++
				break
			}
			if n != 1 {
				t.Fatal(n)
			}
		}
	})
}

// Lists long enough for every pass of the sort, each against every pair of net/netip.
func TestOverlapsLong(t *testing.T) {
	ps := overlapping(3000)
	r := rand.New(rand.NewPCG(9, 9))
	for i := range 200 { // some that contain many
		ps[r.IntN(len(ps))] = netip.PrefixFrom(ps[i].Addr(), r.IntN(20))
	}
	got := pairs(ps)
	if want := slowPairs(ps); !slices.Equal(sorted(got), want) || len(want) < 1000 {
		t.Errorf("%d pairs, want %d", len(got), len(want))
	}
}

// Every byte of an IPv6 address takes part in the order: prefixes that differ in the bits of one byte alone.
func TestOverlapsBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for octet := range 16 {
		var ps []netip.Prefix
		for range 20 {
			a := pfx("2001:db8:1:2:3:4:5:6/128").Addr().As16()
			a[octet] = byte(r.IntN(256))
			ps = append(ps, netip.PrefixFrom(netip.AddrFrom16(a), 8*octet+r.IntN(9)).Masked())
		}
		if got, want := sorted(pairs(ps)), slowPairs(ps); !slices.Equal(got, want) {
			t.Errorf("Overlaps(%v) = %v, want %v", ps, got, want)
		}
	}
}

// The packed form of IPv4 and the general form say the same.
func TestOverlapsForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := rapid.SliceOf(anyPrefix()).Draw(t, "ps")
		var general [][2]int
		cidr.OverlapsGeneral(ps, func(i, j int) bool {
			general = append(general, [2]int{i, j})
			return true
		})
		four := slices.DeleteFunc(pairs(ps), func(p [2]int) bool { return !ps[p[0]].Addr().Is4() })
		if !slices.Equal(general, four) {
			t.Fatalf("general %v, packed %v", general, four)
		}
	})
}
