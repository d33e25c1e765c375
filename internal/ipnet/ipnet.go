// Package ipnet reads and prints ranges as Kubernetes does, where that differs from net/netip: leading zeros are
// decimal, host bits are dropped, and an IPv4-mapped range is IPv4 for every question of family and in every message.
//
// The functions of this package are for the questions "does the real program take this text" and "what does it print".
// What package cidr reads is stricter on purpose.
package ipnet

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// ParseCIDR reads s as ParseCIDRSloppy does (k8s.io/utils v0.0.0-20260626 net/parse.go): octets, groups and the prefix
// length may have leading zeros, which mean nothing; zones, blanks and lengths beyond the family are refused.
// It returns the address as written and the range it lies in, masked. An IPv4-mapped address stays one.
// ok is false where the real function returns an error.
func ParseCIDR(s string) (addr netip.Addr, prefix netip.Prefix, ok bool) {
	a, m, found := strings.Cut(s, "/")
	if !found {
		return netip.Addr{}, netip.Prefix{}, false
	}
	addr, ok = ParseAddr(a)
	if !ok {
		return netip.Addr{}, netip.Prefix{}, false
	}
	bits, n := digits(m)
	if n == 0 || n != len(m) || bits > addr.BitLen() {
		return netip.Addr{}, netip.Prefix{}, false
	}
	prefix, err := addr.Prefix(bits)
	return addr, prefix, err == nil
}

// ParseCIDRs reads each element as [ParseCIDR] does. bad is the index of the first that cannot be read, -1 if all can.
func ParseCIDRs(list []string) (prefixes []netip.Prefix, bad int) {
	for i, s := range list {
		_, p, ok := ParseCIDR(s)
		if !ok {
			return nil, i
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, -1
}

// ParseAddr reads s as ParseIPSloppy does: like [netip.ParseAddr], but with leading zeros and without zones.
func ParseAddr(s string) (netip.Addr, bool) {
	if !strings.Contains(s, ":") {
		t, ok := octets(s)
		if !ok {
			return netip.Addr{}, false
		}
		a, err := netip.ParseAddr(t)
		return a, err == nil
	}
	if strings.Contains(s, "%") {
		return netip.Addr{}, false
	}
	groups := strings.Split(s, ":")
	for i, g := range groups {
		if strings.Contains(g, ".") {
			if i != len(groups)-1 {
				return netip.Addr{}, false
			}
			t, ok := octets(g)
			if !ok {
				return netip.Addr{}, false
			}
			groups[i] = t
			continue
		}
		groups[i] = stripZeros(g)
	}
	a, err := netip.ParseAddr(strings.Join(groups, ":"))
	return a, err == nil
}

// octets removes the leading zeros of four decimal octets.
func octets(s string) (string, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return "", false
	}
	for i, p := range parts {
		v, n := digits(p)
		if n == 0 || n != len(p) || v > 255 {
			return "", false
		}
		parts[i] = strconv.Itoa(v)
	}
	return strings.Join(parts, "."), true
}

func stripZeros(g string) string {
	for len(g) > 1 && g[0] == '0' {
		g = g[1:]
	}
	return g
}

// digits reads decimal digits from the start of s: their value, at most 2^24, and how many there are.
func digits(s string) (v, n int) {
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		v = min(v*10+int(s[n]-'0'), 1<<24)
		n++
	}
	return v, n
}

// Is4 reports whether the programs take p for an IPv4 range. An IPv4-mapped one counts (net.IP.To4 is not nil).
func Is4(p netip.Prefix) bool { return p.Addr().Is4() || p.Addr().Is4In6() }

// String returns p as net.IPNet prints it: an IPv4-mapped range of length 96 or more in its IPv4 form.
func String(p netip.Prefix) string {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).String()
	}
	return p.String()
}

// DualStack reports whether both families are among prefixes.
func DualStack(prefixes []netip.Prefix) bool {
	var v4, v6 bool
	for _, p := range prefixes {
		if Is4(p) {
			v4 = true
		} else {
			v6 = true
		}
	}
	return v4 && v6
}

// Size returns the number of addresses in p as RangeSize counts them (k8s.io/utils net/net.go): 0 for the lengths 0
// and 1, and 2^63-1 where there are more.
func Size(p netip.Prefix) int64 {
	host := p.Addr().BitLen() - p.Bits()
	switch {
	case p.Bits() <= 1:
		return 0
	case host >= 63:
		return math.MaxInt64
	}
	return 1 << host
}
