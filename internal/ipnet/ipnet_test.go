package ipnet

import (
	"math"
	"net/netip"
	"testing"
)

func TestParseCIDR(t *testing.T) {
	tests := []struct {
		in, want string // want "" for refused
		why      string
	}{
		{"10.244.0.0/16", "10.244.0.0/16", "plain"},
		{"10.244.1.7/16", "10.244.0.0/16", "host bits are dropped"},
		{"010.244.00.0/016", "10.244.0.0/16", "leading zeros are decimal, in octets and in the length"},
		{"10.244.0.0", "", "no length"},
		{"10.244.0.0/33", "", "longer than the address"},
		{"10.244.0.0/-1", "", "sign"},
		{"10.244.0.0/+8", "", "sign"},
		{"10.244.0.0/0x10", "", "hexadecimal length"},
		{"10.244.0.0/255.255.0.0", "", "dotted mask"},
		{"10.244.0.0/16/8", "", "two slashes"},
		{"10.244.0.256/16", "", "octet too large"},
		{"10.244.0/16", "", "three octets"},
		{" 10.244.0.0/16", "", "blank"},
		{"10.244.0.0/16 ", "", "blank"},
		{"10.244.0.0/99999999999999999999", "", "does not overflow"},
		{"", "", "empty"},
		{"/", "", "empty parts"},
		{"/8", "", "empty address"},
		{"１０.244.0.0/16", "", "full-width digits"},
		{"fd00::/56", "fd00::/56", "IPv6"},
		{"FD00:0::/56", "fd00::/56", "upper case and a group written out"},
		{"fd00:00010::/64", "fd00:10::/64", "five digits in a group, the first a zero, which net/netip refuses"},
		{"fd00:10000::/64", "", "group too large"},
		{"fd00:::/56", "", "three colons"},
		{"fd00::1::/56", "", "two ellipses"},
		{"fd00::1%eth0/64", "", "zone"},
		{"::ffff:10.244.0.0/112", "::ffff:10.244.0.0/112", "mapped stays mapped"},
		{"::ffff:010.244.0.9/112", "::ffff:10.244.0.0/112", "leading zeros in the mapped part"},
		{"::10.0.0.0:1/64", "", "dotted part not at the end"},
		{"0.0.0.0/0", "0.0.0.0/0", "everything"},
		{"::/0", "::/0", "everything"},
	}
	for _, tt := range tests {
		_, p, ok := ParseCIDR(tt.in)
		if got := p.String(); ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("ParseCIDR(%q) = %s, %v, want %q: %s", tt.in, got, ok, tt.want, tt.why)
		}
	}
}

func TestSize(t *testing.T) {
	for in, want := range map[string]int64{
		"10.0.0.0/32": 1, "10.0.0.0/24": 256, "10.0.0.0/2": 1 << 30, "0.0.0.0/1": 0, "0.0.0.0/0": 0,
		"fd00::/128": 1, "fd00::/66": 1 << 62, "fd00::/65": math.MaxInt64, "fd00::/2": math.MaxInt64, "::/1": 0, "::/0": 0,
	} {
		if got := Size(netip.MustParsePrefix(in).Masked()); got != want {
			t.Errorf("Size(%s) = %d, want %d", in, got, want)
		}
	}
}

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"::ffff:10.244.0.0/112": "10.244.0.0/16", "10.0.0.0/8": "10.0.0.0/8", "fd00::/8": "fd00::/8", "::/0": "::/0",
	} {
		p := netip.MustParsePrefix(in)
		if got := String(p); got != want {
			t.Errorf("String(%s) = %s, want %s", in, got, want)
		}
		if Is4(p) != (want[0] == '1') {
			t.Errorf("Is4(%s) = %v", in, Is4(p))
		}
	}
	if !DualStack([]netip.Prefix{netip.MustParsePrefix("::ffff:1.2.3.0/120"), netip.MustParsePrefix("fd00::/8")}) {
		t.Error("a mapped range does not count as IPv4")
	}
}

// FuzzParseCIDR checks that whatever net/netip reads without a zone is read the same, and that nothing panics.
func FuzzParseCIDR(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "fd00::/8", "::ffff:1.2.3.4/100", "010.0.0.0/08", "::/0", "a/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, p, ok := ParseCIDR(s)
		if ok && (p != p.Masked() || !p.Contains(addr)) {
			t.Fatalf("ParseCIDR(%q) = %v, %v", s, addr, p)
		}
		if q, err := netip.ParsePrefix(s); err == nil && (!ok || q.Masked() != p || q.Addr() != addr) {
			t.Fatalf("ParseCIDR(%q) = %v, %v, want %v", s, p, ok, q)
		}
	})
}
