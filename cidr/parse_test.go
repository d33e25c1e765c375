package cidr_test

import (
	"errors"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

func pfx(s string) netip.Prefix {
	if s == "" {
		return netip.Prefix{}
	}
	return netip.MustParsePrefix(s)
}

// parseTests are the texts that Parse knows. An empty masked or lenient means the zero Prefix.
var parseTests = []struct {
	in      string
	err     error // nil if Parse takes it
	masked  string
	lenient string // for the error; what it takes is lenient too
	why     string
}{
	{in: "10.244.0.0/16", why: "flannel's default"},
	{in: "0.0.0.0/0", why: "all of IPv4"},
	{in: "255.255.255.255/32", why: "last address"},
	{in: "255.255.255.0/24", why: "last block"},
	{in: "::/0", why: "all of IPv6"},
	{in: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", why: "last address"},
	{in: "FD00:10:244::/56", why: "upper case is the same prefix"},
	{in: "fd00:0010:0244:0000:0000:0000:0000:0000/56", why: "not shortened: leading zeros are the rule in IPv6 groups of four"},
	{in: "::10.0.0.0/104", why: "IPv4-compatible is not IPv4-mapped"},
	{in: "64:ff9b::10.0.0.0/104", why: "dotted tail"},

	{in: "10.0.2.0/8", err: cidr.ErrHostBits, masked: "10.0.0.0/8", lenient: "10.0.2.0/8", why: "incident: /24 was meant"},
	{in: "10.0.0.1/0", err: cidr.ErrHostBits, masked: "0.0.0.0/0", lenient: "10.0.0.1/0", why: "all bits are host bits"},
	{in: "10.0.0.1/31", err: cidr.ErrHostBits, masked: "10.0.0.0/31", lenient: "10.0.0.1/31", why: "one host bit"},
	{in: "fd00::1/127", err: cidr.ErrHostBits, masked: "fd00::/127", lenient: "fd00::1/127", why: "one host bit"},
	{in: "fd00:10:244:0:1::/64", err: cidr.ErrHostBits, masked: "fd00:10:244::/64", lenient: "fd00:10:244:0:1::/64", why: "host bits in the lower half"},

	{in: "010.244.0.0/16", err: cidr.ErrLeadingZeros, masked: "10.244.0.0/16", lenient: "10.244.0.0/16", why: "kubernetes/kubernetes#100895: decimal, not octal 8"},
	{in: "10.244.0.0/016", err: cidr.ErrLeadingZeros, masked: "10.244.0.0/16", lenient: "10.244.0.0/16", why: "in the length"},
	{in: "10.0.02.0/8", err: cidr.ErrLeadingZeros, masked: "10.0.0.0/8", lenient: "10.0.2.0/8", why: "leading zeros come before host bits"},
	{in: "10.000.0.0/8", err: cidr.ErrLeadingZeros, masked: "10.0.0.0/8", lenient: "10.0.0.0/8", why: "zeros alone"},
	{in: "00000fd00::/8", err: cidr.ErrLeadingZeros, masked: "fd00::/8", lenient: "fd00::/8", why: "more than four digits in a group"},
	{in: "::ffff:010.0.0.0/104", err: cidr.ErrLeadingZeros, masked: "10.0.0.0/8", lenient: "::ffff:10.0.0.0/104", why: "leading zeros in a dotted tail"},

	{in: "::ffff:10.0.0.0/104", err: cidr.ErrMapped, masked: "10.0.0.0/8", lenient: "::ffff:10.0.0.0/104", why: "IPv4-mapped"},
	{in: "::ffff:10.0.2.0/104", err: cidr.ErrMapped, masked: "10.0.0.0/8", lenient: "::ffff:10.0.2.0/104", why: "IPv4-mapped with host bits"},
	{in: "::ffff:0:0/96", err: cidr.ErrMapped, masked: "0.0.0.0/0", lenient: "::ffff:0.0.0.0/96", why: "all mapped addresses"},
	{in: "::ffff:10.0.0.0/95", err: cidr.ErrMapped, lenient: "::ffff:10.0.0.0/95", why: "shorter than the mapping: no IPv4 prefix says it"},

	{in: "fe80::1%eth0/64", err: cidr.ErrZone, masked: "fe80::/64", why: "zone"},
	{in: "fe80::%/10", err: cidr.ErrZone, masked: "fe80::/10", why: "empty zone"},
	{in: "10.0.0.0%eth0/8", err: cidr.ErrZone, masked: "10.0.0.0/8", why: "IPv4 has no zones"},

	{in: "10.0.0.1", err: cidr.ErrNoLength, why: "an address"},
	{in: "fd00::1", err: cidr.ErrNoLength, why: "an address"},
	{in: "010.0.0.1", err: cidr.ErrNoLength, why: "an address with leading zeros"},

	{in: "10.0.0.0/33", err: cidr.ErrLength, why: "one too long"},
	{in: "fd00::/129", err: cidr.ErrLength, why: "one too long"},
	{in: "10.0.0.0/99999999999999999999", err: cidr.ErrLength, why: "more than an int"},
	{in: "10.0.0.0/-1", err: cidr.ErrSyntax, why: "sign"},
	{in: "10.0.0.0/+8", err: cidr.ErrSyntax, why: "sign"},
	{in: "10.0.0.0/", err: cidr.ErrSyntax, why: "no length after the slash"},
	{in: "/8", err: cidr.ErrSyntax, why: "no address"},
	{in: "/", err: cidr.ErrSyntax, why: "nothing but a slash"},
	{in: "", err: cidr.ErrSyntax, why: "empty"},
	{in: " ", err: cidr.ErrSyntax, why: "blank"},
	{in: " 10.0.0.0/8", err: cidr.ErrSyntax, masked: "10.0.0.0/8", why: "blank before"},
	{in: "10.0.2.0/8\n", err: cidr.ErrSyntax, masked: "10.0.0.0/8", why: "line end behind"},
	{in: "10.0.0.0 /8", err: cidr.ErrSyntax, why: "blank inside"},
	{in: "10.0.0.0/8/8", err: cidr.ErrSyntax, why: "two lengths"},
	{in: "10.0.0.0/255.0.0.0", err: cidr.ErrSyntax, why: "a mask"},
	{in: "10.0.0/8", err: cidr.ErrSyntax, why: "three numbers"},
	{in: "10.0.0.0.0/8", err: cidr.ErrSyntax, why: "five numbers"},
	{in: "10/8", err: cidr.ErrSyntax, why: "a short form"},
	{in: "10.0.0.256/32", err: cidr.ErrSyntax, why: "number too large"},
	{in: "10..0.0/8", err: cidr.ErrSyntax, why: "a number is missing"},
	{in: "0x0a.0.0.0/8", err: cidr.ErrSyntax, why: "hexadecimal"},
	{in: "fd00:::/8", err: cidr.ErrSyntax, why: "three colons"},
	{in: "1::2::3/64", err: cidr.ErrSyntax, why: "two ellipses"},
	{in: "10.0.0.0/8,10.1.0.0/16", err: cidr.ErrSyntax, why: "a list"},
	{in: "１0.0.0.0/8", err: cidr.ErrSyntax, why: "full-width digit"},
	{in: "example.com/8", err: cidr.ErrSyntax, why: "a name"},
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		got, err := cidr.Parse(tt.in)
		if tt.err == nil {
			if want := pfx(tt.in); err != nil || got != want {
				t.Errorf("Parse(%q) = %v, %v; want %v (%s)", tt.in, got, err, want, tt.why)
			}
			continue
		}
		want := &cidr.ParseError{Text: tt.in, Err: tt.err, Masked: pfx(tt.masked), Lenient: pfx(tt.lenient)}
		var e *cidr.ParseError
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, %v; want %v (%s)", tt.in, got, err, want, tt.why)
			continue
		}
		if *e != *want || got.IsValid() {
			t.Errorf("Parse(%q) = %v, %+v; want %+v (%s)", tt.in, got, *e, *want, tt.why)
		}
		if !errors.Is(err, tt.err) {
			t.Errorf("Parse(%q): errors.Is(%v, %v) = false (%s)", tt.in, err, tt.err, tt.why)
		}
	}
}

// One message for each reason.
func TestParseErrorText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"10.0.2.0/8", `prefix "10.0.2.0/8": host bits are set; use 10.0.0.0/8`},
		{"010.244.0.0/16", `prefix "010.244.0.0/16": leading zeros: Kubernetes reads them as decimal in the ranges of flags, newer API fields and most other programs refuse them; use 10.244.0.0/16`},
		{"::ffff:10.0.0.0/104", `prefix "::ffff:10.0.0.0/104": IPv4-mapped IPv6: programs disagree whether this is IPv4 or IPv6; use 10.0.0.0/8`},
		{"fe80::1%eth0/64", `prefix "fe80::1%eth0/64": a prefix has no zone; use fe80::/64`},
		{"10.0.0.1", `prefix "10.0.0.1": the prefix length is missing; 10.0.0.1/32 is the one address`},
		{"10.0.0.0/33", `prefix "10.0.0.0/33": prefix length out of range, 0 to 32 for IPv4 and 0 to 128 for IPv6`},
		{"pods", `prefix "pods": not an address, a slash and a prefix length, such as 10.0.0.0/8 or fd00::/48`},
		{" 10.0.0.0/8", `prefix " 10.0.0.0/8": blanks around the prefix; use 10.0.0.0/8`},
	} {
		if _, err := cidr.Parse(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("Parse(%q): %v\nwant %s", tt.in, err, tt.want)
		}
	}
}

func TestParseList(t *testing.T) {
	for _, tt := range []struct {
		in      string
		want    string // joined by blanks
		element int    // of the error, 0 if there is none
		err     error
		why     string
	}{
		{"10.244.0.0/16", "10.244.0.0/16", 0, nil, "one"},
		{"10.244.0.0/16,fd00:10:244::/56", "10.244.0.0/16 fd00:10:244::/56", 0, nil, "dual-stack"},
		{"fd00::/56, 10.0.0.0/8 ,\t10.0.0.0/8", "fd00::/56 10.0.0.0/8 10.0.0.0/8", 0, nil, "blanks around, order and repetition kept"},
		{"", "", 1, cidr.ErrSyntax, "an empty list"},
		{" ", "", 1, cidr.ErrSyntax, "a blank list"},
		{"10.0.0.0/8,", "", 2, cidr.ErrSyntax, "comma at the end"},
		{",10.0.0.0/8", "", 1, cidr.ErrSyntax, "comma at the start"},
		{"10.0.0.0/8,,10.0.0.0/8", "", 2, cidr.ErrSyntax, "two commas"},
		{"10.0.0.0/8;10.0.0.0/8", "", 1, cidr.ErrSyntax, "semicolon"},
		{"10.0.0.0/8,10.0.2.0/8,x", "", 2, cidr.ErrHostBits, "the first wrong one is told"},
	} {
		got, err := cidr.ParseList(tt.in)
		var text []string
		for _, p := range got {
			text = append(text, p.String())
		}
		var e *cidr.ParseError
		if tt.err == nil && err == nil && strings.Join(text, " ") == tt.want {
			continue
		}
		if tt.err != nil && got == nil && errors.As(err, &e) && e.Element == tt.element && e.Err == tt.err {
			continue
		}
		t.Errorf("ParseList(%q) = %v, %v; want %v, element %d: %v (%s)", tt.in, text, err, tt.want, tt.element, tt.err, tt.why)
	}
}

func TestParseListErrorText(t *testing.T) {
	_, err := cidr.ParseList("10.0.0.0/8,10.0.2.0/8")
	if want := `element 2: prefix "10.0.2.0/8": host bits are set; use 10.0.0.0/8`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseLenient(t *testing.T) {
	for _, tt := range parseTests {
		want := pfx(tt.lenient)
		if tt.err == nil {
			want = pfx(tt.in)
		}
		got, err := cidr.ParseLenient(tt.in)
		if got != want || (err == nil) != want.IsValid() {
			t.Errorf("ParseLenient(%q) = %v, %v; want %v (%s)", tt.in, got, err, want, tt.why)
		}
		wantErr := tt.err
		if wantErr != cidr.ErrNoLength && wantErr != cidr.ErrLength {
			wantErr = cidr.ErrSyntax // zones and blanks are no syntax of Kubernetes
		}
		var e *cidr.ParseError
		if err != nil && (!errors.As(err, &e) || e.Text != tt.in || e.Err != wantErr) {
			t.Errorf("ParseLenient(%q): %#v, want %v (%s)", tt.in, err, wantErr, tt.why)
		}
	}
}

func TestMustParse(t *testing.T) {
	if got := cidr.MustParse("10.0.0.0/8"); got != pfx("10.0.0.0/8") {
		t.Error(got)
	}
	defer func() {
		if r, _ := recover().(string); !strings.Contains(r, "use 10.0.0.0/8") {
			t.Errorf("MustParse of a text that Parse refuses: recovered %q", r)
		}
	}()
	cidr.MustParse("10.0.2.0/8")
}

// slowLenient reads as Kubernetes does, in the most obvious way: numbers as numbers. It is the judge of ParseLenient.
func slowLenient(s string) (netip.Prefix, bool) {
	addr, length, ok := strings.Cut(s, "/")
	if !ok {
		return netip.Prefix{}, false
	}
	number := func(s, digits string, base int, limit int64) (int64, bool) {
		if s == "" || strings.Trim(s, digits) != "" {
			return 0, false
		}
		n, _ := new(big.Int).SetString(s, base)
		return n.Int64(), n.Cmp(big.NewInt(limit)) <= 0
	}
	dotted := func(s string) (b []byte, ok bool) {
		parts := strings.Split(s, ".")
		for _, p := range parts {
			n, ok := number(p, "0123456789", 10, 255)
			if !ok {
				return nil, false
			}
			b = append(b, byte(n))
		}
		return b, len(parts) == 4
	}
	groups := func(s string) (b []byte, ok bool) {
		if s == "" {
			return nil, true
		}
		parts := strings.Split(s, ":")
		for i, p := range parts {
			if i == len(parts)-1 && strings.Contains(p, ".") {
				d, ok := dotted(p)
				if !ok {
					return nil, false
				}
				b = append(b, d...)
				continue
			}
			n, ok := number(p, "0123456789abcdefABCDEF", 16, 0xffff)
			if !ok {
				return nil, false
			}
			b = append(b, byte(n>>8), byte(n))
		}
		return b, true
	}
	var raw []byte
	if b, ok := dotted(addr); ok {
		raw = b
	} else if before, after, ok := strings.Cut(addr, "::"); ok {
		x, ok1 := groups(before)
		y, ok2 := groups(after)
		if !ok1 || !ok2 || len(x)+len(y) > 14 || strings.Contains(before, ".") {
			return netip.Prefix{}, false
		}
		raw = append(append(x, make([]byte, 16-len(x)-len(y))...), y...)
	} else if b, ok := groups(addr); ok && len(b) == 16 {
		raw = b
	} else {
		return netip.Prefix{}, false
	}
	a, _ := netip.AddrFromSlice(raw)
	n, ok := number(length, "0123456789", 10, int64(a.BitLen()))
	if !ok {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, int(n)), true
}

func FuzzParse(f *testing.F) {
	for _, tt := range parseTests {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lenient, lerr := cidr.ParseLenient(s)
		if want, ok := slowLenient(s); ok != (lerr == nil) || ok && lenient != want {
			t.Errorf("ParseLenient(%q) = %v, %v; the slow one says %v, %v", s, lenient, lerr, want, ok)
		}
		p, err := cidr.Parse(s)
		std, stdErr := netip.ParsePrefix(s)
		if want := stdErr == nil && std == std.Masked() && !std.Addr().Is4In6(); want != (err == nil) || want && p != std {
			t.Errorf("Parse(%q) = %v, %v; net/netip reads %v, %v", s, p, err, std, stdErr)
		}
		if _, n, nerr := net.ParseCIDR(s); nerr == nil && (lerr != nil || lenient.Masked().Bits() != ones(n)) {
			t.Errorf("ParseLenient(%q) = %v, %v; net.ParseCIDR reads %v", s, lenient, lerr, n)
		}
		if err == nil {
			if again, err := cidr.Parse(p.String()); err != nil || again != p {
				t.Errorf("Parse(%q) = %v, which reads as %v, %v", s, p, again, err)
			}
			if cidr.Check(p) != nil {
				t.Errorf("Parse(%q) = %v, which is not canonical: %v", s, p, cidr.Check(p))
			}
			return
		}
		var e *cidr.ParseError
		if !errors.As(err, &e) || e.Err == nil || e.Text != s || !strings.Contains(e.Error(), strconv.Quote(s)) {
			t.Errorf("Parse(%q): %#v", s, err)
		} else if e.Masked.IsValid() && cidr.Check(e.Masked) != nil {
			t.Errorf("Parse(%q) offers %v, which is not canonical", s, e.Masked)
		} else if e.Lenient != lenient {
			t.Errorf("Parse(%q): Lenient %v, want %v", s, e.Lenient, lenient)
		}
	})
}

func ones(n *net.IPNet) int {
	o, _ := n.Mask.Size()
	return o
}
