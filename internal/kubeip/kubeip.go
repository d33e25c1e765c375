// Package kubeip reads addresses and ranges as Kubernetes reads them: leading zeros are decimal, host bits are kept.
package kubeip

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Prefix reads a CIDR as Kubernetes does in flags, configuration files and, up to 1.35, in Node.spec.podCIDRs. Numbers may
// have leading zeros, which mean nothing; bits below the mask are kept, so that the caller can speak of them; the
// IPv4-mapped form stays IPv6. Blanks are refused.
// Source: k8s.io/utils net ParseCIDRSloppy (the parser of Go 1.16).
func Prefix(s string) (netip.Prefix, error) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		if a, err := Addr(s); err == nil {
			return netip.Prefix{}, fmt.Errorf("%q has no prefix length; one address is %s/%d", s, a, a.BitLen())
		}
		return netip.Prefix{}, fmt.Errorf("%q is no CIDR, such as 10.244.0.0/16", s)
	}
	a, err := Addr(s[:i])
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no CIDR: %w", s, err)
	}
	bits, err := strconv.ParseUint(s[i+1:], 10, 24)
	if err != nil || s[i+1] < '0' || s[i+1] > '9' {
		return netip.Prefix{}, fmt.Errorf("%q is no CIDR: prefix length %q is no number", s, s[i+1:])
	}
	if int(bits) > a.BitLen() {
		return netip.Prefix{}, fmt.Errorf("%q is no CIDR: prefix length %d is more than %d", s, bits, a.BitLen())
	}
	return netip.PrefixFrom(a, int(bits)), nil
}

// Prefixes reads a list of CIDRs, separated by commas. Nothing is trimmed: a blank behind a comma is an error, as it is in
// the real programs. The prefixes before an error are returned with it.
func Prefixes(s string) ([]netip.Prefix, error) {
	var ps []netip.Prefix
	for e := range strings.SplitSeq(s, ",") {
		p, err := Prefix(e)
		if err != nil {
			return ps, err
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// Addr reads an address as Kubernetes does: numbers may have leading zeros; no zone.
// Source: k8s.io/utils net ParseIPSloppy (the parser of Go 1.16).
func Addr(s string) (netip.Addr, error) {
	if len(s) > 200 {
		return netip.Addr{}, fmt.Errorf("%q... is too long for an address", s[:40])
	}
	if strings.IndexByte(s, '%') >= 0 {
		return netip.Addr{}, fmt.Errorf("%q has a zone", s)
	}
	a, err := netip.ParseAddr(s)
	if err == nil {
		return a, nil
	}
	if t := trimZeros(s); t != s {
		if a, err := netip.ParseAddr(t); err == nil {
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("%q is no address", s)
}

// Addrs reads a list of addresses, separated by commas, without trimming. The addresses before an error are returned with
// it.
func Addrs(s string) ([]netip.Addr, error) {
	var as []netip.Addr
	for e := range strings.SplitSeq(s, ",") {
		a, err := Addr(e)
		if err != nil {
			return as, err
		}
		as = append(as, a)
	}
	return as, nil
}

// trimZeros drops the zeros that say nothing: all that lead a decimal number, and in hexadecimal those beyond four digits.
func trimZeros(s string) string {
	var b []byte
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] != '.' && s[j] != ':' {
			j++
		}
		least := 4
		if j < len(s) && s[j] == '.' || i > 0 && s[i-1] == '.' {
			least = 1
		}
		k := i
		for j-k > least && s[k] == '0' {
			k++
		}
		b = append(b, s[k:j]...)
		if j < len(s) {
			b = append(b, s[j])
			j++
		}
		i = j
	}
	return string(b)
}
