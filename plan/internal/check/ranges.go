package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
)

// LocalDefaults returns the ranges that popular software takes on every host where it runs, as the atlas knows them. Large
// pools from which it takes a small part only when asked for more networks are not among them: Docker's last one,
// 192.168.0.0/16, is used after 31 networks, and half of all sites would be warned.
func LocalDefaults() []cidr.Use {
	var out []cidr.Use
	for u := range cidr.Atlas() {
		switch {
		case u.Name == "docker" && u.Prefix != netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168}), 16),
			u.Name == "podman" && u.Prefix == netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 88}), 16),
			u.Name == "libvirt":
			out = append(out, u)
		}
	}
	return out
}

// Docker0 returns the range of Docker's default bridge.
func Docker0() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 17}), 16) }

// Special names the purpose of addresses in p that cannot be a cluster's, "" if there are none: loopback, multicast and
// the like. Documentation and benchmarking addresses can.
func Special(p netip.Prefix) string {
	for s := range cidr.SpecialRanges() {
		switch s.Kind {
		case cidr.KindThisNetwork, cidr.KindLoopback, cidr.KindLinkLocal, cidr.KindMulticast, cidr.KindBroadcast:
			if s.Prefix.Overlaps(p) {
				return fmt.Sprintf("%v, %s (%s)", s.Prefix, s.Name, s.RFC)
			}
		}
	}
	return ""
}

// IsPrivate reports whether p lies in address space that is private to a site: RFC 1918, RFC 6598 (shared), RFC 4193.
func IsPrivate(p netip.Prefix) bool {
	return slices.ContainsFunc(PrivateRanges(), func(q netip.Prefix) bool { return cidr.Contains(q, p) })
}

func PrivateRanges() []netip.Prefix {
	return []netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 8),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16}), 12),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168}), 16),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10),
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfc}), 7),
	}
}
