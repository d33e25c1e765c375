package cidr_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"go4.org/netipx"
	"pgregory.net/rapid"
)

// anyPrefix draws prefixes of both families with host bits and without, IPv4-mapped ones, and invalid ones; lengths and
// addresses are often at their limits and close to each other.
func anyPrefix() *rapid.Generator[netip.Prefix] {
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		b := rapid.SampledFrom([]byte{0, 0, 0, 1, 127, 128, 254, 255, 255})
		var a netip.Addr
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return netip.Prefix{}
		case 1:
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), rapid.SampledFrom([]int{-1, 33, 128}).Draw(t, "impossible"))
		case 2:
			a = netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: b.Draw(t, "a"), 13: b.Draw(t, "b"), 15: b.Draw(t, "c")})
		case 3, 4, 5:
			var x [16]byte
			for i := range x {
				x[i] = b.Draw(t, "byte")
			}
			a = netip.AddrFrom16(x)
		default:
			a = netip.AddrFrom4([4]byte{b.Draw(t, "a"), b.Draw(t, "b"), b.Draw(t, "c"), b.Draw(t, "d")})
		}
		p := netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
		if rapid.Bool().Draw(t, "masked") {
			p = p.Masked()
		}
		return p
	})
}

// edgePrefixes are prefixes at all limits, for the tables of every function.
var edgePrefixes = []netip.Prefix{
	{},
	netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 33),
	pfx("0.0.0.0/0"), pfx("128.0.0.0/1"), pfx("10.0.0.0/8"), pfx("10.0.2.0/8"), pfx("10.0.0.4/30"), pfx("10.0.0.2/31"),
	pfx("0.0.0.0/32"), pfx("10.0.0.1/32"), pfx("255.255.255.255/32"), pfx("255.255.255.0/24"),
	pfx("::/0"), pfx("8000::/1"), pfx("fd00::/48"), pfx("fd00::1/48"), pfx("fd00::/64"), pfx("fd00::/63"), pfx("fd00::/65"),
	pfx("::/128"), pfx("fd00::1/128"), pfx("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"), pfx("ffff::/16"),
	pfx("::ffff:10.0.0.0/104"), pfx("::ffff:10.0.0.1/128"), pfx("::ffff:10.0.0.0/90"), pfx("::ffff:0:0/96"),
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		in   netip.Prefix
		err  error
		text string
	}{
		{pfx("10.0.0.0/8"), nil, ""},
		{pfx("0.0.0.0/0"), nil, ""},
		{pfx("::/0"), nil, ""},
		{pfx("255.255.255.255/32"), nil, ""},
		{netip.Prefix{}, cidr.ErrInvalid, "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)"},
		{netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 64), cidr.ErrInvalid, "invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)"},
		{pfx("10.0.2.0/8"), cidr.ErrHostBits, "prefix 10.0.2.0/8: host bits are set; use 10.0.0.0/8"},
		{pfx("::ffff:10.0.0.0/104"), cidr.ErrMapped, "prefix ::ffff:10.0.0.0/104: IPv4-mapped IPv6; use 10.0.0.0/8"},
		{pfx("::ffff:10.0.0.0/90"), cidr.ErrMapped, "prefix ::ffff:10.0.0.0/90: IPv4-mapped IPv6 of less than 96 bits; use an IPv4 prefix"},
	} {
		err := cidr.Check(tt.in)
		if !errors.Is(err, tt.err) || err != nil && err.Error() != tt.text {
			t.Errorf("Check(%v) = %v, want %v", tt.in, err, tt.text)
		}
		var e *cidr.PrefixError
		if tt.err != nil && (!errors.As(err, &e) || e.Prefix != tt.in || e.Within.IsValid()) {
			t.Errorf("Check(%v) = %#v", tt.in, err)
		}
	}
}

func TestUnmap(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"::ffff:10.0.0.0/104", "10.0.0.0/8"},
		{"::ffff:10.0.2.0/104", "10.0.2.0/8"},
		{"::ffff:0:0/96", "0.0.0.0/0"},
		{"::ffff:255.255.255.255/128", "255.255.255.255/32"},
		{"::ffff:10.0.0.0/95", ""},
		{"::/0", ""},
		{"fd00::/100", ""},
		{"10.0.0.0/8", ""},
		{"", ""},
	} {
		if got, ok := cidr.Unmap(pfx(tt.in)); got != pfx(tt.want) || ok != (tt.want != "") {
			t.Errorf("Unmap(%v) = %v, %v; want %v", tt.in, got, ok, tt.want)
		}
	}
}

func TestSize(t *testing.T) {
	for _, tt := range []struct {
		in   netip.Prefix
		bits int
		size string
		text string
	}{
		{netip.Prefix{}, -1, "0", "0"},
		{pfx("10.0.0.1/32"), 0, "1", "1"},
		{pfx("10.0.2.0/8"), 24, "16777216", "16,777,216"},
		{pfx("0.0.0.0/0"), 32, "4294967296", "4,294,967,296"},
		{pfx("fd00::/95"), 33, "8589934592", "2^33"},
		{pfx("fd00::/64"), 64, "18446744073709551616", "2^64"},
		{pfx("::/0"), 128, "340282366920938463463374607431768211456", "2^128"},
		{pfx("::ffff:10.0.0.0/104"), 24, "16777216", "16,777,216"},
	} {
		if got := cidr.HostBits(tt.in); got != tt.bits {
			t.Errorf("HostBits(%v) = %d, want %d", tt.in, got, tt.bits)
		}
		if got := cidr.Size(tt.in).String(); got != tt.size {
			t.Errorf("Size(%v) = %s, want %s", tt.in, got, tt.size)
		}
		if got := cidr.FormatPow2(tt.bits); got != tt.text {
			t.Errorf("FormatPow2(%d) = %s, want %s", tt.bits, got, tt.text)
		}
	}
}

func TestFormatCount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 12: "12", 999: "999", 1000: "1,000", 1048576: "1,048,576", 1<<64 - 1: "18,446,744,073,709,551,615"} {
		if got := cidr.FormatCount(n); got != want {
			t.Errorf("FormatCount(%d) = %s, want %s", n, got, want)
		}
	}
}

// addrInt returns the number that the bytes of a make up.
func addrInt(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

func intAddr(n *big.Int, is4 bool) netip.Addr {
	b := make([]byte, 16)
	if is4 {
		b = b[:4]
	}
	a, _ := netip.AddrFromSlice(n.FillBytes(b))
	return a
}

func checkPrefixFuncs(t interface{ Errorf(string, ...any) }, p netip.Prefix) {
	first, last := cidr.First(p), cidr.Last(p)
	if !p.IsValid() {
		if first.IsValid() || last.IsValid() {
			t.Errorf("First and Last of an invalid prefix: %v, %v", first, last)
		}
		if a, ok := cidr.Nth(p, 0); ok || a.IsValid() {
			t.Errorf("Nth(%v, 0) = %v, %v", p, a, ok)
		}
		if _, ok := cidr.Parent(p); ok {
			t.Errorf("an invalid prefix has a parent")
		}
		if _, ok := cidr.Buddy(p); ok {
			t.Errorf("an invalid prefix has a buddy")
		}
		return
	}
	if want := netipx.RangeOfPrefix(p); first != want.From() || last != want.To() {
		t.Errorf("First, Last of %v = %v, %v; want %v", p, first, last, want)
	}
	size := cidr.Size(p)
	if got := new(big.Int).Sub(addrInt(last), addrInt(first)); got.Add(got, big.NewInt(1)).Cmp(size) != 0 {
		t.Errorf("%v: Last - First + 1 = %v, Size %v", p, got, size)
	}
	for _, n := range []uint64{0, 1, 2, 10, 255, 256, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		a, ok := cidr.Nth(p, n)
		off := new(big.Int).SetUint64(n)
		if want := off.Cmp(size) < 0; ok != want {
			t.Errorf("Nth(%v, %d) = %v, %v; want ok %v", p, n, a, ok, want)
		} else if ok && a != intAddr(off.Add(off, addrInt(first)), p.Addr().Is4()) || !ok && a.IsValid() {
			t.Errorf("Nth(%v, %d) = %v", p, n, a)
		}
	}
	parent, ok := cidr.Parent(p)
	buddy, ok2 := cidr.Buddy(p)
	if p.Bits() == 0 {
		if ok || ok2 || parent.IsValid() || buddy.IsValid() {
			t.Errorf("%v has parent %v and buddy %v", p, parent, buddy)
		}
		return
	}
	if want, _ := p.Addr().Prefix(p.Bits() - 1); !ok || parent != want {
		t.Errorf("Parent(%v) = %v, %v; want %v", p, parent, ok, want)
	}
	if !ok2 || buddy == p.Masked() || buddy.Bits() != p.Bits() || buddy != buddy.Masked() || !parent.Contains(buddy.Addr()) {
		t.Errorf("Buddy(%v) = %v, %v", p, buddy, ok2)
	}
	if again, _ := cidr.Buddy(buddy); again != p.Masked() {
		t.Errorf("the buddy of %v is %v, and of that %v", p, buddy, again)
	}
}

func checkPairFuncs(t interface{ Errorf(string, ...any) }, p, q netip.Prefix) {
	both := p.IsValid() && q.IsValid() && p.Addr().Is4() == q.Addr().Is4()
	want := both && p.Bits() <= q.Bits() && p.Masked().Contains(q.Addr())
	if got := cidr.Contains(p, q); got != want {
		t.Errorf("Contains(%v, %v) = %v", p, q, got)
	}
	c, ok := cidr.Common(p, q)
	if ok != both || !ok && c.IsValid() {
		t.Errorf("Common(%v, %v) = %v, %v", p, q, c, ok)
	} else if ok {
		if c != c.Masked() || !cidr.Contains(c, p) || !cidr.Contains(c, q) {
			t.Errorf("Common(%v, %v) = %v does not contain both", p, q, c)
		}
		longer := netip.PrefixFrom(p.Addr(), c.Bits()+1).Masked()
		if c.Bits() < min(p.Bits(), q.Bits()) && cidr.Contains(longer, p) && cidr.Contains(longer, q) {
			t.Errorf("Common(%v, %v) = %v is not the longest", p, q, c)
		}
	}
}

func TestPrefixFuncs(t *testing.T) {
	for _, p := range edgePrefixes {
		checkPrefixFuncs(t, p)
		for _, q := range edgePrefixes {
			checkPairFuncs(t, p, q)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p, q := anyPrefix().Draw(t, "p"), anyPrefix().Draw(t, "q")
		checkPrefixFuncs(t, p)
		checkPairFuncs(t, p, q)
	})
}

func TestNth(t *testing.T) {
	for _, tt := range []struct {
		p    string
		n    uint64
		want string
	}{
		{"10.96.0.0/12", 1, "10.96.0.1"},
		{"10.96.0.0/12", 10, "10.96.0.10"},
		{"10.96.3.0/12", 10, "10.96.0.10"},
		{"fd00:10:96::/112", 10, "fd00:10:96::a"},
		{"255.255.255.255/32", 0, "255.255.255.255"},
		{"255.255.255.255/32", 1, ""},
		{"255.255.255.0/24", 256, ""},
	} {
		a, ok := cidr.Nth(pfx(tt.p), tt.n)
		if ok != (tt.want != "") || ok && a.String() != tt.want {
			t.Errorf("Nth(%s, %d) = %v, %v; want %s", tt.p, tt.n, a, ok, tt.want)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct {
		in, want []string
		why      string
	}{
		{nil, nil, "none"},
		{[]string{"10.0.0.0/9", "10.128.0.0/9"}, []string{"10.0.0.0/8"}, "halves"},
		{[]string{"10.128.0.0/9", "10.64.0.0/10", "10.0.0.0/10"}, []string{"10.0.0.0/8"}, "joined twice"},
		{[]string{"10.64.0.0/10", "10.128.0.0/10"}, []string{"10.64.0.0/10", "10.128.0.0/10"}, "neighbours that are no halves"},
		{[]string{"10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8"}, []string{"10.0.0.0/8"}, "contained and repeated"},
		{[]string{"fd00::/64", "10.0.2.0/8", "", "::/1", "8000::/1"}, []string{"10.0.0.0/8", "::/0"}, "families, host bits, invalid"},
		{[]string{"::ffff:10.0.0.0/104", "10.0.0.0/8"}, []string{"10.0.0.0/8", "::ffff:10.0.0.0/104"}, "mapped is IPv6"},
		{[]string{"255.255.255.254/32", "255.255.255.255/32"}, []string{"255.255.255.254/31"}, "last block"},
	} {
		var in, want []netip.Prefix
		for _, s := range tt.in {
			in = append(in, pfx(s))
		}
		for _, s := range tt.want {
			want = append(want, pfx(s))
		}
		if got := cidr.Merge(in...); !slices.Equal(got, want) {
			t.Errorf("Merge(%v) = %v, want %v (%s)", in, got, want, tt.why)
		}
	}
	// netipx as the judge.
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var in []netip.Prefix
		var b netipx.IPSetBuilder
		for range r.IntN(40) {
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, byte(r.Uint32())}), 24+r.IntN(9))
			if r.IntN(2) == 0 {
				p = netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xff, 15: byte(r.Uint32())}), 120+r.IntN(9))
			}
			in = append(in, p)
			b.AddPrefix(p)
		}
		set, err := b.IPSet()
		must(t, err)
		if got, want := cidr.Merge(in...), set.Prefixes(); !slices.Equal(got, want) {
			t.Fatalf("Merge(%v) = %v, want %v", in, got, want)
		}
	}
}
