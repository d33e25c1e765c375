package kubeip

import (
	"net/netip"
	"testing"
)

func TestPrefix(t *testing.T) {
	for _, tt := range []struct{ in, want, why string }{
		{"10.244.0.0/16", "10.244.0.0/16", "plain"},
		{"10.244.0.77/24", "10.244.0.77/24", "host bits are kept"},
		{"010.244.000.0/016", "10.244.0.0/16", "leading zeros are decimal, in the length too"},
		{"0000000010.1.2.3/8", "10.1.2.3/8", "any number of zeros"},
		{"0.0.0.0/0", "0.0.0.0/0", "all of it"},
		{"255.255.255.255/32", "255.255.255.255/32", "the last"},
		{"fd00::/048", "fd00::/48", ""},
		{"FD00:0:0::1/64", "fd00::1/64", "upper case"},
		{"0fd00::00001/128", "fd00::1/128", "more than four hexadecimal digits"},
		{"::ffff:10.244.0.0/118", "::ffff:10.244.0.0/118", "the mapped form stays IPv6"},
		{"::ffff:010.244.0.0/118", "::ffff:10.244.0.0/118", ""},
		{"10.244.0.0", "", "no length"},
		{"10.244.0.0/33", "", "too long"},
		{"fd00::/129", "", "too long"},
		{"10.244.0.0/", "", "no length"},
		{"10.244.0.0/+8", "", "sign"},
		{"10.244.0.0/-1", "", "sign"},
		{"10.244.0.0/1_6", "", "no Go number"},
		{" 10.244.0.0/16", "", "blank"},
		{"10.244.0.0/16 ", "", "blank"},
		{"10.244.0/16", "", "three numbers"},
		{"10.256.0.0/16", "", "256"},
		{"0x10.1.1.1/16", "", "hexadecimal IPv4"},
		{"fe80::1%eth0/64", "", "zone"},
		{"", "", "empty"},
		{"/", "", ""},
		{"/16", "", ""},
		{"abc", "", ""},
	} {
		p, err := Prefix(tt.in)
		if tt.want == "" {
			if err == nil || p.IsValid() {
				t.Errorf("Prefix(%q) = %v, %v, want an error (%s)", tt.in, p, err, tt.why)
			}
			continue
		}
		if err != nil || p != netip.MustParsePrefix(tt.want) {
			t.Errorf("Prefix(%q) = %v, %v, want %s (%s)", tt.in, p, err, tt.want, tt.why)
		}
	}
}

func TestLists(t *testing.T) {
	ps, err := Prefixes("10.244.0.0/16,fd00::/56")
	if err != nil || len(ps) != 2 || ps[1] != netip.MustParsePrefix("fd00::/56") {
		t.Errorf("Prefixes = %v, %v", ps, err)
	}
	if ps, err := Prefixes("10.244.0.0/16, fd00::/56"); err == nil || len(ps) != 1 {
		t.Errorf("Prefixes with a blank = %v, %v, want one and an error", ps, err)
	}
	as, err := Addrs("10.0.0.1,fd00::1")
	if err != nil || len(as) != 2 || as[0] != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("Addrs = %v, %v", as, err)
	}
	if as, err := Addrs("10.0.0.1,x"); err == nil || len(as) != 1 {
		t.Errorf("Addrs with a name = %v, %v, want one and an error", as, err)
	}
}

// What netip reads, Prefix reads as the same value.
func FuzzPrefix(f *testing.F) {
	for _, s := range []string{"10.244.0.0/16", "fd00::/56", "010.1.1.1/08", "::ffff:1.2.3.4/100", "1::%a/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Prefix(s)
		want, werr := netip.ParsePrefix(s)
		if werr == nil && (err != nil || got != want) {
			t.Fatalf("Prefix(%q) = %v, %v, netip has %v", s, got, err, want)
		}
		if err == nil {
			if again, err := Prefix(got.String()); err != nil || again != got {
				t.Fatalf("Prefix(%q) = %v, read again %v, %v", s, got, again, err)
			}
		}
	})
}
