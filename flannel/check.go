package flannel

import (
	"fmt"
	"math/big"
	"net/netip"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Check checks c as flannel of that release does before it hands out subnets itself, and returns it with the values
// that flannel fills in: SubnetLen, SubnetMin, SubnetMax and their IPv6 forms, for each enabled family. The zero
// version means the newest.
// c does not change.
//
// Since v0.20.0 flannel does this in [Etcd] mode alone (pkg/subnet/config.go CheckNetworkConfig); before, in both
// modes, as part of reading the configuration, though in [Kube] mode the values are used for nothing.
// The error is a *[NetConfError] with flannel's message.
func (c NetConf) Check(version fact.Version) (NetConf, error) {
	version = version.Or(fact.NewestFlannel())
	if c.EnableIPv4 || version.Before(v0_15) {
		if err := c.checkIPv4(version); err != nil {
			return c, err
		}
	}
	if c.EnableIPv6 && !version.Before(v0_15) {
		if err := c.checkIPv6(version); err != nil {
			return c, err
		}
	}
	return c, nil
}

// bad returns an error about a key.
func (c NetConf) bad(key, text, mend, format string, args ...any) *NetConfError {
	return &NetConfError{Pos: c.Pos(key), Rule: fact.RuleNetConfSubnetRangeInvalid, Key: key, Text: text, Flannel: fmt.Sprintf(format, args...), Mend: mend}
}

// four is flannel's message about too few subnets: with a capital before v0.20.0.
func (c NetConf) four(version fact.Version, key string, n uint, bits int) error {
	msg := "network must be able to accommodate at least four subnets"
	if version.Before(v0_20) {
		msg = "N" + msg[1:]
	}
	return c.bad(key, fmt.Sprint(n), fmt.Sprintf("the range is a /%d, so set it to %d or more, or widen the range", bits, bits+2), "%s", msg)
}

// checkIPv4 checks and completes the IPv4 values.
func (c *NetConf) checkIPv4(version fact.Version) error {
	network := c.Network
	if !network.IsValid() {
		network = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	if isEmpty(c.Network) && !version.Before(v0_19_2) {
		msg := "please define a correct Network parameter in the flannel config"
		if version.Before(v0_20) {
			msg = "P" + msg[1:]
		}
		return c.bad("Network", "", `set "Network" to the pod range of the cluster, or "EnableIPv4" to false`, "%s", msg)
	}
	length := c.subnetLen4
	if version.Before(v0_10) {
		length = c.subnetLen4Old
	}
	if err := length(version, network); err != nil {
		return err
	}
	return c.subnetBounds4(version, network)
}

// subnetLen4Old checks SubnetLen, or sets it, as releases before v0.10 do: no smallest size (subnet/config.go
// ParseConfig of v0.9.1).
func (c *NetConf) subnetLen4Old(_ fact.Version, network netip.Prefix) error {
	bits := network.Bits()
	switch {
	case c.SubnetLen > 0:
		if c.SubnetLen < uint(bits) {
			return c.bad("SubnetLen", fmt.Sprint(c.SubnetLen), fmt.Sprintf("set it to more than %d", bits), "HostSubnet is larger network than Network")
		}
	case bits < 24:
		c.SubnetLen = 24
	default:
		c.SubnetLen = uint(bits) + 1
	}
	return nil
}

// subnetLen4 checks SubnetLen, or sets it.
func (c *NetConf) subnetLen4(version fact.Version, network netip.Prefix) error {
	bits := network.Bits() // up to 128 for an IPv4-mapped Network
	switch {
	case c.SubnetLen > 30:
		return c.bad("SubnetLen", fmt.Sprint(c.SubnetLen), "set it to 30 or less: each node needs a tunnel and a bridge address", "SubnetLen must be less than /31")
	case c.SubnetLen > 0:
		if c.SubnetLen < uint(bits)+2 {
			return c.four(version, "SubnetLen", c.SubnetLen, bits)
		}
	case bits > 28:
		msg := "network is too small. Minimum useful network prefix is /28"
		if version.Before(v0_20) {
			msg = "N" + msg[1:]
		}
		return c.bad("Network", network.String(), "use a range of /28 or larger", "%s", msg)
	case bits <= 22:
		c.SubnetLen = 24
	default:
		c.SubnetLen = uint(bits) + 2
	}
	return nil
}

// subnetBounds4 checks SubnetMin and SubnetMax, or sets them. Addresses are 32 bits that wrap, as flannel's are.
func (c *NetConf) subnetBounds4(version fact.Version, network netip.Prefix) error {
	base := value4(network.Addr())
	var size, span uint32 // one subnet, the whole Network; 0 for 2^32
	if c.SubnetLen <= 32 {
		size = uint32(uint64(1) << (32 - c.SubnetLen))
	}
	if bits := network.Bits(); bits <= 32 {
		span = uint32(uint64(1) << (32 - bits))
	}
	mask := ^(span - 1)
	bounds := []struct {
		key string
		set netip.Addr
		at  uint32
	}{{"SubnetMin", c.SubnetMin, base + size}, {"SubnetMax", c.SubnetMax, base + span - size}}
	for i := range bounds {
		b := &bounds[i]
		if !b.set.IsValid() {
			continue
		}
		if b.at = value4(b.set); b.at&mask != base&mask {
			return c.bad(b.key, b.set.String(), "choose an address in "+network.String(), "%s is not in the range of the Network", b.key)
		}
	}
	for _, b := range bounds {
		if b.at&(size-1) != 0 && !version.Before(v0_10) {
			a := addr4(b.at)
			begins := fmt.Sprintf("the /%d there begins at %v", c.SubnetLen, addr4(b.at&^(size-1)))
			return c.bad(b.key, a.String(), begins, "%s is not on a SubnetLen boundary: %v", b.key, a)
		}
	}
	c.SubnetMin, c.SubnetMax = addr4(bounds[0].at), addr4(bounds[1].at)
	return nil
}

func value4(a netip.Addr) uint32 {
	b := a.As16()
	return uint32(b[12])<<24 | uint32(b[13])<<16 | uint32(b[14])<<8 | uint32(b[15])
}

func addr4(v uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// checkIPv6 checks and completes the IPv6 values.
func (c *NetConf) checkIPv6(version fact.Version) error {
	if isEmpty(c.IPv6Network) && !version.Before(v0_19_2) {
		msg := "please define a correct IPv6Network parameter in the flannel config"
		if version.Before(v0_20) {
			msg = "P" + msg[1:]
		}
		return c.bad("IPv6Network", "", `set "IPv6Network" to the IPv6 pod range of the cluster, or "EnableIPv6" to false`, "%s", msg)
	}
	network := c.IPv6Network
	if !network.IsValid() {
		network = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	bits := network.Bits()
	switch {
	case c.IPv6SubnetLen > 126:
		return c.bad("IPv6SubnetLen", fmt.Sprint(c.IPv6SubnetLen), "set it to 126 or less: each node needs a tunnel and a bridge address", "SubnetLen must be less than /127")
	case c.IPv6SubnetLen > 0:
		if c.IPv6SubnetLen < uint(bits)+2 {
			return c.four(version, "IPv6SubnetLen", c.IPv6SubnetLen, bits)
		}
	case bits > 124:
		return c.bad("IPv6Network", network.String(), "use a range of /124 or larger", "IPv6Network is too small. Minimum useful network prefix is /124")
	case bits <= 62:
		c.IPv6SubnetLen = 64
	default:
		c.IPv6SubnetLen = uint(bits) + 2
	}

	one := big.NewInt(1)
	size := new(big.Int).Lsh(one, 128-c.IPv6SubnetLen)
	span := new(big.Int).Lsh(one, uint(128-bits))
	base := value6(network.Addr())
	low := new(big.Int).Add(base, size)
	high := new(big.Int).Sub(new(big.Int).Add(base, span), size)
	inside := func(v *big.Int) bool {
		n := uint(128 - bits)
		return new(big.Int).Rsh(v, n).Cmp(new(big.Int).Rsh(base, n)) == 0
	}
	if c.IPv6SubnetMin.IsValid() {
		if low = value6(c.IPv6SubnetMin); !inside(low) {
			return c.bad("IPv6SubnetMin", c.IPv6SubnetMin.String(), "choose an address in "+network.String(), "IPv6SubnetMin is not in the range of the IPv6Network")
		}
	}
	if c.IPv6SubnetMax.IsValid() {
		if high = value6(c.IPv6SubnetMax); !inside(high) {
			return c.bad("IPv6SubnetMax", c.IPv6SubnetMax.String(), "choose an address in "+network.String(), "IPv6SubnetMax is not in the range of the IPv6Network")
		}
	}
	below := new(big.Int).Sub(size, one) // bits that a boundary has clear
	for _, v := range []struct {
		key string
		a   *big.Int
	}{{"IPv6SubnetMin", low}, {"IPv6SubnetMax", high}} {
		if new(big.Int).And(v.a, below).Sign() != 0 {
			begin := addr6(new(big.Int).AndNot(v.a, below))
			return c.bad(v.key, addr6(v.a).String(), fmt.Sprintf("the /%d there begins at %v", c.IPv6SubnetLen, begin), "%s is not on a SubnetLen boundary: %s", v.key, text6(addr6(v.a)))
		}
	}
	c.IPv6SubnetMin, c.IPv6SubnetMax = addr6(low), addr6(high)
	return nil
}

func value6(a netip.Addr) *big.Int {
	b := a.As16()
	return new(big.Int).SetBytes(b[:])
}

// addr6 returns v, which is less than 2^128, as an address.
func addr6(v *big.Int) netip.Addr {
	var b [16]byte
	v.FillBytes(b[:])
	return netip.AddrFrom16(b)
}

// text6 returns an IPv6 address as flannel prints it: where its value fits in 32 bits, and is more than 24 bits long,
// or is IPv4-mapped, as IPv4 (pkg/ip/ip6net.go IP6.ToIP). ::102:304 is 1.2.3.4 to it.
func text6(a netip.Addr) string {
	b := a.As16()
	short := b[12] != 0
	for _, x := range b[:12] {
		short = short && x == 0
	}
	if short {
		return addr4(value4(a)).String()
	}
	if a.Is4In6() {
		return a.Unmap().String()
	}
	return a.String()
}

// prefixText returns a range as flannel prints it: an empty one as 0.0.0.0/0 or ::/0.
func prefixText(p netip.Prefix, f fact.Family) string {
	switch {
	case !p.IsValid() && f == fact.IPv4:
		return "0.0.0.0/0"
	case !p.IsValid():
		return "::/0"
	}
	return fmt.Sprintf("%s/%d", text6(p.Addr()), p.Bits())
}
