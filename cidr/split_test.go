package cidr_test

import (
	"errors"
	"math/big"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
	"pgregory.net/rapid"
)

func TestNewSplit(t *testing.T) {
	for _, tt := range []struct {
		p    string
		bits int
		len  uint64
		err  error
		text string
		why  string
	}{
		{p: "10.244.0.0/16", bits: 24, len: 256, why: "kubeadm's default mask"},
		{p: "10.244.0.0/24", bits: 24, len: 1, why: "one subnet"},
		{p: "0.0.0.0/0", bits: 32, len: 1 << 32, why: "every IPv4 address"},
		{p: "0.0.0.0/0", bits: 0, len: 1, why: "no bit at all"},
		{p: "255.255.255.255/32", bits: 32, len: 1, why: "last address"},
		{p: "fd00:10:244::/48", bits: 64, len: 65536, why: "the most that Kubernetes takes"},
		{p: "fd00:10:244::/60", bits: 72, len: 4096, why: "across bit 64"},
		{p: "::/0", bits: 63, len: 1 << 63, why: "the most that can be numbered"},
		{p: "fd00::/65", bits: 128, len: 1 << 63, why: "the most, at the end"},
		{p: "::/0", bits: 64, err: cidr.ErrTooMany, text: "split ::/0 into /64: 2^64 subnets, at most 2^63 can be numbered; use /63 or shorter", why: "one bit more"},
		{p: "::/0", bits: 128, err: cidr.ErrTooMany, text: "split ::/0 into /128: 2^128 subnets, at most 2^63 can be numbered; use /63 or shorter", why: "the worst"},
		{p: "fd00::/8", bits: 72, err: cidr.ErrTooMany, text: "split fd00::/8 into /72: 2^64 subnets, at most 2^63 can be numbered; use /71 or shorter", why: "the difference counts"},
		{p: "10.244.0.0/16", bits: 15, err: cidr.ErrLength, text: "split 10.244.0.0/16 into /15: must be /16 to /32", why: "kube-controller-manager would say \"full\""},
		{p: "10.244.0.0/16", bits: 33, err: cidr.ErrLength, text: "split 10.244.0.0/16 into /33: must be /16 to /32", why: "kube-controller-manager would hand out \"<nil>\""},
		{p: "10.244.0.0/16", bits: -1, err: cidr.ErrLength, text: "split 10.244.0.0/16 into /-1: must be /16 to /32", why: "negative"},
		{p: "fd00::/64", bits: 129, err: cidr.ErrLength, text: "split fd00::/64 into /129: must be /64 to /128", why: "longer than an address"},
		{p: "", bits: 24, err: cidr.ErrInvalid, text: "split into /24: invalid prefix: give an address and a length of at most 32 (IPv4) or 128 (IPv6)", why: "zero Prefix"},
		{p: "10.244.1.0/16", bits: 24, err: cidr.ErrHostBits, text: "split into /24: prefix 10.244.1.0/16: host bits are set; use 10.244.0.0/16", why: "kube-controller-manager would hand out subnets twice"},
		{p: "::ffff:10.244.0.0/112", bits: 120, err: cidr.ErrMapped, text: "split into /120: prefix ::ffff:10.244.0.0/112: IPv4-mapped IPv6; use 10.244.0.0/16", why: "kube-controller-manager would hand out 0.0.0.0/24"},
	} {
		s, err := cidr.NewSplit(pfx(tt.p), tt.bits)
		var e *cidr.SplitError
		switch {
		case !errors.Is(err, tt.err) || err != nil && err.Error() != tt.text:
			t.Errorf("NewSplit(%s, %d): %v; want %v (%s)", tt.p, tt.bits, err, tt.text, tt.why)
		case tt.err != nil:
			if !errors.As(err, &e) || e.Prefix != pfx(tt.p) || e.Bits != tt.bits || s != (cidr.Split{}) {
				t.Errorf("NewSplit(%s, %d) = %v, %#v (%s)", tt.p, tt.bits, s, err, tt.why)
			}
		case s.Len() != tt.len || s.Prefix() != pfx(tt.p) || s.Bits() != tt.bits:
			t.Errorf("NewSplit(%s, %d) = %v with %d subnets, want %d (%s)", tt.p, tt.bits, s, s.Len(), tt.len, tt.why)
		}
	}
}

func TestZeroSplit(t *testing.T) {
	var s cidr.Split
	if s.Len() != 0 || s.Bits() != -1 || s.Prefix().IsValid() || s.At(0).IsValid() || s.String() != "" {
		t.Errorf("the zero Split: %d subnets of length %d of %v, first %v, %q", s.Len(), s.Bits(), s.Prefix(), s.At(0), s)
	}
	for _, a := range []netip.Addr{{}, netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.MustParseAddr("fd00::1")} {
		if i, ok := s.Index(a); ok || i != 0 {
			t.Errorf("Index(%v) = %d, %v", a, i, ok)
		}
	}
	if _, _, err := s.Range(pfx("0.0.0.0/0")); !errors.Is(err, cidr.ErrOutside) {
		t.Errorf("Range: %v", err)
	}
	for p := range s.All() {
		t.Errorf("has %v", p)
	}
}

// slowAt is At with whole numbers.
func slowAt(p netip.Prefix, bits int, i uint64) netip.Prefix {
	n := new(big.Int).Lsh(new(big.Int).SetUint64(i), uint(p.Addr().BitLen()-bits))
	return netip.PrefixFrom(intAddr(n.Add(n, addrInt(p.Addr())), p.Addr().Is4()), bits)
}

// Every split of every prefix of a few addresses, every subnet: against slowAt.
func TestSplitSmall(t *testing.T) {
	for _, base := range []string{"10.0.0.0/24", "255.255.255.0/24", "0.0.0.0/0", "fd00::10:0:0:0:0/60", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120", "::/0"} {
		b := pfx(base)
		for length := b.Bits(); length <= min(b.Bits()+8, b.Addr().BitLen()); length++ {
			p := netip.PrefixFrom(b.Addr(), length)
			for bits := length; bits <= min(length+8, b.Addr().BitLen()); bits++ {
				s := mustSplit(t, p.String(), bits)
				i := uint64(0)
				for q := range s.All() {
					if want := slowAt(p, bits, i); q != want || s.At(i) != want {
						t.Fatalf("%v: subnet %d is %v and %v, want %v", s, i, q, s.At(i), want)
					}
					for _, a := range []netip.Addr{cidr.First(q), cidr.Last(q)} {
						if got, ok := s.Index(a); !ok || got != i {
							t.Fatalf("%v: Index(%v) = %d, %v; want %d", s, a, got, ok, i)
						}
					}
					i++
				}
				if i != s.Len() || i != 1<<(bits-length) {
					t.Fatalf("%v: walked %d subnets, Len %d", s, i, s.Len())
				}
			}
		}
	}
}

func TestSplitEnds(t *testing.T) {
	for _, tt := range []struct {
		p    string
		bits int
		last string
	}{
		{"10.244.0.0/16", 24, "10.244.255.0/24"},
		{"0.0.0.0/0", 32, "255.255.255.255/32"},
		{"fd00::/48", 64, "fd00:0:0:ffff::/64"},
		{"::/0", 63, "ffff:ffff:ffff:fffe::/63"},
		{"ffff:ffff:ffff:ffff:8000::/65", 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
		{"fd00::/24", 64, "fd00:ff:ffff:ffff::/64"},
	} {
		s := mustSplit(t, tt.p, tt.bits)
		if got := s.At(s.Len() - 1); got != pfx(tt.last) {
			t.Errorf("%v: last subnet %v, want %v", s, got, tt.last)
		}
		for _, i := range []uint64{s.Len(), s.Len() + 1, 1<<64 - 1} {
			if got := s.At(i); got.IsValid() {
				t.Errorf("%v: At(%d) = %v, want the zero Prefix", s, i, got)
			}
		}
		if i, ok := s.Index(cidr.Last(pfx(tt.p))); !ok || i != s.Len()-1 {
			t.Errorf("%v: Index of the last address = %d, %v", s, i, ok)
		}
	}
}

func TestSplitIndex(t *testing.T) {
	s := mustSplit(t, "10.244.0.0/16", 24)
	for _, tt := range []struct {
		a   netip.Addr
		i   uint64
		ok  bool
		why string
	}{
		{netip.MustParseAddr("10.244.0.0"), 0, true, "first"},
		{netip.MustParseAddr("10.244.3.77"), 3, true, "inside"},
		{netip.MustParseAddr("10.244.255.255"), 255, true, "last"},
		{netip.MustParseAddr("10.243.255.255"), 0, false, "before"},
		{netip.MustParseAddr("10.245.0.0"), 0, false, "behind"},
		{netip.MustParseAddr("::ffff:10.244.3.77"), 0, false, "IPv4-mapped"},
		{netip.MustParseAddr("fd00::1"), 0, false, "other family"},
		{netip.MustParseAddr("af4::"), 0, false, "other family with the same first bits"},
		{netip.Addr{}, 0, false, "zero Addr"},
	} {
		if i, ok := s.Index(tt.a); i != tt.i || ok != tt.ok {
			t.Errorf("Index(%v) = %d, %v; want %d, %v (%s)", tt.a, i, ok, tt.i, tt.ok, tt.why)
		}
	}
	six := mustSplit(t, "fe80::/10", 64)
	if _, ok := six.Index(netip.MustParseAddr("fe80::1%eth0")); ok {
		t.Error("an address with a zone is in no subnet")
	}
	if i, ok := six.Index(netip.MustParseAddr("fe80:0:0:5::1")); !ok || i != 5 {
		t.Error("fe80:0:0:5::1", i, ok)
	}
}

func TestSplitRange(t *testing.T) {
	s := mustSplit(t, "10.244.0.0/22", 24)
	for _, tt := range []struct {
		q     string
		first uint64
		n     uint64
		err   error
		why   string
	}{
		{"10.244.0.0/24", 0, 1, nil, "one subnet"},
		{"10.244.3.0/24", 3, 1, nil, "the last one"},
		{"10.244.1.77/24", 1, 1, nil, "host bits"},
		{"10.244.1.128/25", 1, 1, nil, "half of one"},
		{"10.244.3.255/32", 3, 1, nil, "an address"},
		{"10.244.2.0/23", 2, 2, nil, "two"},
		{"10.244.3.0/23", 2, 2, nil, "two, host bits"},
		{"10.244.0.0/22", 0, 4, nil, "all"},
		{"10.244.1.0/22", 0, 4, nil, "all, host bits"},
		{"10.0.0.0/8", 0, 4, nil, "contains the range"},
		{"0.0.0.0/0", 0, 4, nil, "contains everything"},
		{"10.244.4.0/24", 0, 0, cidr.ErrOutside, "behind"},
		{"10.243.255.255/32", 0, 0, cidr.ErrOutside, "before"},
		{"11.0.0.0/8", 0, 0, cidr.ErrOutside, "a larger block elsewhere"},
		{"fd00::/64", 0, 0, cidr.ErrOutside, "other family"},
		{"::/0", 0, 0, cidr.ErrOutside, "all of the other family"},
		{"::ffff:10.244.1.0/120", 0, 0, cidr.ErrOutside, "IPv4-mapped"},
		{"", 0, 0, cidr.ErrInvalid, "zero Prefix"},
	} {
		first, n, err := s.Range(pfx(tt.q))
		if first != tt.first || n != tt.n || !errors.Is(err, tt.err) {
			t.Errorf("Range(%v) = %d, %d, %v; want %d, %d, %v (%s)", tt.q, first, n, err, tt.first, tt.n, tt.err, tt.why)
		}
		var e *cidr.PrefixError
		if tt.err != nil && (!errors.As(err, &e) || e.Prefix != pfx(tt.q) || e.Within != pfx("10.244.0.0/22")) {
			t.Errorf("Range(%v): %#v", tt.q, err)
		}
	}
	for _, tt := range []struct{ q, want string }{
		{"10.245.0.0/24", "prefix 10.245.0.0/24: outside of 10.244.0.0/22"},
		{"::ffff:10.244.1.0/120", "prefix ::ffff:10.244.1.0/120: outside of 10.244.0.0/22, as IPv4-mapped IPv6 is no IPv4; use 10.244.1.0/24"},
	} {
		if _, _, err := s.Range(pfx(tt.q)); err == nil || err.Error() != tt.want {
			t.Errorf("Range(%s): %v, want %s", tt.q, err, tt.want)
		}
	}
}

// Range is what going through all subnets finds.
func TestSplitRangeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]netip.Prefix{pfx("0.0.0.0/0"), pfx("255.255.255.0/24"), pfx("::/0"), pfx("ffff:ffff:ffff:fff0::/60"), pfx("10.0.0.4/30")}).Draw(t, "base")
		s, err := cidr.NewSplit(base, min(base.Bits()+rapid.IntRange(0, 6).Draw(t, "more"), base.Addr().BitLen()))
		if err != nil {
			t.Fatal(err)
		}
		q := anyPrefix().Draw(t, "q")
		var first, n uint64
		i := uint64(0)
		for p := range s.All() {
			if p.Overlaps(q) {
				if n == 0 {
					first = i
				}
				n++
			}
			i++
		}
		gotFirst, gotN, err := s.Range(q)
		if gotFirst != first || gotN != n || (err == nil) != (n > 0) {
			t.Fatalf("%v: Range(%v) = %d, %d, %v; want %d, %d", s, q, gotFirst, gotN, err, first, n)
		}
	})
}

func TestSplitAllStops(t *testing.T) {
	s := mustSplit(t, "::/0", 63)
	for range 2 { // the sequence can be used again
		n := 0
		for p := range s.All() {
			if p != s.At(uint64(n)) {
				t.Fatal(p)
			}
			if n++; n == 3 {
				break
			}
		}
	}
	if got, want := s.String(), "::/0 into /63"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestNoAllocs(t *testing.T) {
	s := mustSplit(t, "fd00::/48", 64)
	q := s.At(77)
	a := cidr.Last(q)
	for name, f := range map[string]func(){
		"Parse":   func() { cidr.Parse("10.244.0.0/16") },
		"At":      func() { q = s.At(77) },
		"Index":   func() { s.Index(a) },
		"Range":   func() { s.Range(q) },
		"Last":    func() { a = cidr.Last(q) },
		"Nth":     func() { cidr.Nth(q, 10) },
		"Buddy":   func() { cidr.Buddy(q) },
		"Common":  func() { cidr.Common(q, s.Prefix()) },
		"Special": func() { cidr.Special(q) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
