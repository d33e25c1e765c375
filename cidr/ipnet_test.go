package cidr_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/cidr"
)

func TestFromIPNet(t *testing.T) {
	mask := func(ones, bits int) net.IPMask { return net.CIDRMask(ones, bits) }
	ip := net.ParseIP
	for _, c := range []struct {
		name string
		n    *net.IPNet
		want string // "" for an error
	}{
		{"IPv4 of net.ParseCIDR", &net.IPNet{IP: ip("10.244.0.0").To4(), Mask: mask(16, 32)}, "10.244.0.0/16"},
		{"IPv4 in 16 bytes", &net.IPNet{IP: ip("10.244.0.0"), Mask: mask(16, 32)}, "10.244.0.0/16"},
		{"IPv4 in 16 bytes, a mask of 16", &net.IPNet{IP: ip("10.244.0.0"), Mask: mask(112, 128)}, "10.244.0.0/16"},
		{"IPv4, a mask of 16", &net.IPNet{IP: ip("10.244.0.0").To4(), Mask: mask(96, 128)}, "10.244.0.0/0"},
		{"host bits", &net.IPNet{IP: ip("10.244.0.1").To4(), Mask: mask(16, 32)}, "10.244.0.1/16"},
		{"IPv6", &net.IPNet{IP: ip("fd00::"), Mask: mask(56, 128)}, "fd00::/56"},
		{"all of IPv6", &net.IPNet{IP: net.IPv6zero, Mask: mask(0, 128)}, "::/0"},
		{"all of IPv4", &net.IPNet{IP: net.IPv4zero.To4(), Mask: mask(0, 32)}, "0.0.0.0/0"},
		{"a mapped network wider than IPv4", &net.IPNet{IP: ip("10.0.0.0"), Mask: mask(90, 128)}, "::ffff:10.0.0.0/90"},
		{"nil", nil, ""},
		{"zero", &net.IPNet{}, ""},
		{"no mask", &net.IPNet{IP: ip("10.0.0.0")}, ""},
		{"no address", &net.IPNet{Mask: mask(8, 32)}, ""},
		{"a mask with holes", &net.IPNet{IP: ip("10.0.0.0").To4(), Mask: net.IPv4Mask(255, 0, 255, 0)}, ""},
		{"an IPv6 address with a mask of IPv4", &net.IPNet{IP: ip("fd00::"), Mask: mask(24, 32)}, ""},
		{"IPv4 with a mask too wide", &net.IPNet{IP: ip("10.0.0.0").To4(), Mask: mask(90, 128)}, ""},
		{"five bytes", &net.IPNet{IP: net.IP{1, 2, 3, 4, 5}, Mask: mask(8, 32)}, ""},
	} {
		p, err := cidr.FromIPNet(c.n)
		if c.want == "" {
			if !errors.Is(err, cidr.ErrIPNet) || p != (netip.Prefix{}) {
				t.Errorf("%s: FromIPNet = %v, %v, want ErrIPNet", c.name, p, err)
			}
			continue
		}
		if err != nil || p.String() != c.want {
			t.Errorf("%s: FromIPNet(%v) = %v, %v, want %s", c.name, c.n, p, err, c.want)
		}
		if n := cidr.ToIPNet(p); n != nil {
			if back, err := cidr.FromIPNet(n); back != p || err != nil {
				t.Errorf("%s: %v is %v and back %v, %v", c.name, p, n, back, err)
			}
		}
	}
}

func TestToIPNet(t *testing.T) {
	for _, p := range []netip.Prefix{{}, netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33), netip.MustParsePrefix("::ffff:10.0.0.0/104")} {
		if n := cidr.ToIPNet(p); n != nil {
			t.Errorf("ToIPNet(%v) = %v, want nil", p, n)
		}
	}
	for _, s := range []string{"0.0.0.0/0", "10.1.2.3/8", "255.255.255.255/32", "::/0", "fd00::1/56", "::1/128"} {
		n := cidr.ToIPNet(netip.MustParsePrefix(s))
		if n == nil || n.String() != s {
			t.Errorf("ToIPNet(%s) = %v", s, n)
		}
	}
}

// A program that holds net.IPNet asks this module, and goes back.
func ExampleFromIPNet() {
	_, n, err := net.ParseCIDR("10.244.0.0/16")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := cidr.FromIPNet(n)
	if err != nil {
		fmt.Println(err)
		return
	}
	split, err := cidr.NewSplit(p, 24)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cidr.ToIPNet(split.At(7)))
	// Output: 10.244.7.0/24
}
