package cidr

import (
	"errors"
	"net"
	"net/netip"
)

// ErrIPNet is why [FromIPNet] cannot read a net.IPNet: it is nil, its address is not of 4 or 16 bytes, its mask is not
// a run of ones, or address and mask are of different families.
var ErrIPNet = errors.New("not a network: want an address of 4 or 16 bytes and a mask of the same family that is a run of ones")

// FromIPNet returns n as a prefix: what k8s.io/utils/net, an API type or net.ParseCIDR hold. Host bits are kept, so
// that [Check] can tell them. IPv4 in the 16 bytes of net.IP is IPv4, with a mask of 4 bytes or one of 16 that covers
// the mapped part, as net.IPNet.String has it. The error is [ErrIPNet].
func FromIPNet(n *net.IPNet) (netip.Prefix, error) {
	if n == nil {
		return netip.Prefix{}, ErrIPNet
	}
	a, ok := netip.AddrFromSlice(n.IP)
	ones, size := n.Mask.Size()
	if !ok || size == 0 {
		return netip.Prefix{}, ErrIPNet
	}
	if a.Is4In6() && (size == 32 || ones >= 96) {
		a = a.Unmap()
	}
	if a.Is4() && size == 128 && ones >= 96 {
		ones, size = ones-96, 32
	}
	if a.BitLen() != size {
		return netip.Prefix{}, ErrIPNet
	}
	return netip.PrefixFrom(a, ones), nil
}

// ToIPNet returns p as a net.IPNet, with an address of 4 bytes for IPv4 and 16 for IPv6. Host bits are kept. An
// IPv4-mapped prefix is nil: net.IP cannot tell it from IPv4. So is an invalid one.
func ToIPNet(p netip.Prefix) *net.IPNet {
	if !p.IsValid() || p.Addr().Is4In6() {
		return nil
	}
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
