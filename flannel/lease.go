package flannel

import (
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A NodeSpec is what flannel looks at in a Node object. Texts are as they stand in the object. The zero value is a node
// without a name or a podCIDR, on which flannel does not start.
type NodeSpec struct {
	Name     string
	PodCIDR  string   // spec.podCIDR; flannel needs it even where PodCIDRs is filled
	PodCIDRs []string // spec.podCIDRs
}

// A Lease is the subnet that flannel takes for a node. A family that it has none for has the zero Prefix. The zero
// value holds a subnet of neither family.
type Lease struct {
	Subnet     netip.Prefix // IPv4, masked
	IPv6Subnet netip.Prefix // masked
}

// A LeaseError says why flannel does not start on a node. The zero value gives no reason.
type LeaseError struct {
	Node    string
	Message string // flannel's own words, without the wrappers that it logs them with
	Panic   bool   // flannel crashes with them
	Log     string // the line as flannel logs it, without the klog header; the panic's text where it crashes
	Symptom string // ID of the message in messages, "" for a crash
}

// Error returns the node and flannel's words.
func (e *LeaseError) Error() string {
	if e.Panic {
		return fmt.Sprintf("node %q: flannel crashes: %s", e.Node, e.Message)
	}
	return fmt.Sprintf("node %q: flannel stops: %s", e.Node, e.Message)
}

// Texts of Go's runtime that flannel crashes with.
const (
	nilPointer  = "runtime error: invalid memory address or nil pointer dereference"
	notIPv4     = "Address is not an IPv4 address"
	outOfBuffer = "math/big: buffer too small to fit value"
)

// leaseFailed returns an error of AcquireLease as flannel logs it when a backend registers.
func leaseFailed(node, symptom, format string, args ...any) *LeaseError {
	msg := fmt.Sprintf(format, args...)
	return &LeaseError{Node: node, Message: msg, Symptom: symptom, Log: "Error registering network: failed to acquire lease: " + msg}
}

func crash(node, msg string) *LeaseError {
	return &LeaseError{Node: node, Message: msg, Panic: true, Log: "panic: " + msg}
}

// AcquireLease returns the subnet that flannel of that release takes for node n in [Kube] mode (pkg/subnet/kube/kube.go
// AcquireLease, recorded for releases from v0.17.0 to v0.28.10). The zero version means the newest. Releases differ:
//
//   - up to v0.17 podCIDR and Network are not compared;
//   - from v0.18 podCIDR has to lie in Network, and an IPv6 podCIDR in IPv6Network, at first even where EnableIPv6 is not
//     set: v0.18.0 and v0.25.0 to v0.27.4 crash on a dual-stack node then, others stop; v0.28.0 passes it over;
//   - an absent Network contains everything, but in v0.21 to v0.24 and since v0.28.0 nothing.
//
// The error is a *[LeaseError].
func AcquireLease(c NetConf, n NodeSpec, version fact.Version) (Lease, error) {
	version = version.Or(fact.NewestFlannel())
	if n.PodCIDR == "" {
		return Lease{}, leaseFailed(n.Name, "pod-cidr-not-assigned", "node %q pod cidr not assigned", n.Name)
	}
	v4, v6, err := choosePodCIDRs(n, version)
	if err != nil {
		return Lease{}, err
	}
	var l Lease
	if v4.IsValid() && c.EnableIPv4 {
		if err := c.takesIPv4(n.Name, v4, version); err != nil {
			return Lease{}, err
		}
		l.Subnet = v4
	}
	if v6.IsValid() && !version.Before(v0_15) && (c.EnableIPv6 || version.Before(v0_28)) {
		if err := c.takesIPv6(n.Name, v6, version); err != nil {
			return Lease{}, err
		}
		if c.EnableIPv6 || !version.Before(v0_18) {
			l.IPv6Subnet = v6
		}
	}
	return l, nil
}

// ofNode is how flannel's messages name a node at their end.
func ofNode(node string, version fact.Version) string {
	s := fmt.Sprintf("of the %q node", node)
	if !version.Before(v0_18) && version.Before(v0_20) {
		s += "."
	}
	return s
}

// takesIPv4 returns why flannel does not take an IPv4 podCIDR, nil where it does.
func (c NetConf) takesIPv4(node string, v4 netip.Prefix, version fact.Version) error {
	empty := isEmpty(c.Network)
	switch {
	case version.Before(v0_18):
		if !v4.Addr().Is4() {
			return crash(node, notIPv4)
		}
	case empty && !version.Before(v0_21) && version.Before(v0_25):
		return leaseFailed(node, "network-not-configured", "could not find an ipv4 network in the flannel configuration")
	case empty && version.Before(v0_28) && v4.Addr().Is4():
		// 0.0.0.0/0 contains everything
	case empty || !covers(c.Network, v4):
		return leaseFailed(node, "pod-cidr-outside-network", "subnet %q specified in the flannel net config doesn't contain %q PodCIDR %s",
			prefixText(c.Network, fact.IPv4), ipnetText(v4), ofNode(node, version))
	}
	return nil
}

// takesIPv6 returns why flannel does not take an IPv6 podCIDR, nil where it does.
func (c NetConf) takesIPv6(node string, v6 netip.Prefix, version fact.Version) error {
	absent := !c.IPv6Network.IsValid()
	switch {
	case version.Before(v0_18):
	case absent && (version.Before(v0_18_1) || !version.Before(v0_25) && version.Before(v0_28)):
		return crash(node, nilPointer)
	case absent && version.Before(v0_21):
		return leaseFailed(node, "ipv6-pod-cidr-without-network", "subnet %q specified in the PodCIDR, but doesn't exist in the flannel net config %s", v6, ofNode(node, version))
	case absent && version.Before(v0_25):
		return leaseFailed(node, "network-not-configured", "could not find an ipv6 network in the flannel configuration")
	case !covers(c.IPv6Network, v6) && (!isEmpty(c.IPv6Network) || !version.Before(v0_28)), absent:
		end := ofNode(node, version)
		if version.Before(v0_18_1) {
			end = fmt.Sprintf("of the %q.", node)
		}
		return leaseFailed(node, "ipv6-pod-cidr-outside-network", "subnet %q specified in the flannel net config doesn't contain %q IPv6 PodCIDR %s",
			prefixText(c.IPv6Network, fact.IPv6), ipnetText(v6), end)
	}
	return nil
}

// ipnetText returns a range as net.IPNet prints it: an IPv4-mapped one as IPv4.
func ipnetText(p netip.Prefix) string {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).String()
	}
	return p.String()
}

// covers reports whether flannel takes range p for one that holds q: not if p is empty, and not across families.
func covers(p, q netip.Prefix) bool {
	return !isEmpty(p) && p.Bits() <= q.Bits() && p.Contains(q.Addr())
}

// choosePodCIDRs returns the ranges that flannel picks from a Node: of each family the last of podCIDRs, or podCIDR
// where podCIDRs is empty. Peers that read the same Node take the first of each family (nodeToLease).
func choosePodCIDRs(n NodeSpec, version fact.Version) (v4, v6 netip.Prefix, err error) {
	parse := func(s string) (netip.Prefix, error) {
		p, ok := maskedCIDR(s)
		if !ok {
			return p, leaseFailed(n.Name, "pod-cidr-malformed", "%s", notACIDR(s).msg)
		}
		return p, nil
	}
	list := n.PodCIDRs
	if len(list) == 0 {
		list = []string{n.PodCIDR}
	}
	if len(list) >= 3 && !version.Before(v0_20_2) {
		return v4, v6, leaseFailed(n.Name, "too-many-pod-cidrs", "node %q pod cidrs should be IPv4/IPv6 only or dualstack", n.Name)
	}
	if version.Before(v0_20) {
		// The first range is taken for IPv4 before families are looked at.
		if v4, err = parse(n.PodCIDR); err != nil {
			return v4, v6, err
		}
		if version.Before(v0_15) {
			return v4, v6, nil
		}
	}
	for _, s := range list {
		p, err := parse(s)
		switch {
		case err != nil:
			return v4, v6, err
		case p.Addr().Is4():
			v4 = p
		default:
			v6 = p
		}
	}
	return v4, v6, nil
}

// SubnetEnv returns the file that flannel writes for lease l (pkg/subnet/subnet.go WriteSubnetFile): the networks of
// the enabled families as configured, and the first address of each subnet, which is the one after its network address,
// whatever its length. Which lines there are follows from the Enable keys alone: with IPv4 enabled and no IPv4 lease,
// flannel writes 0.0.0.1/0; with IPv6 enabled and no IPv6 lease it crashes.
//
// mtu is in bytes, see [NetConf.MTU]; ipMasq is flannel's --ip-masq. The error is a *[LeaseError] without a node, also
// for the zero Lease; [Predict] knows when flannel goes on without one.
func (l Lease) SubnetEnv(c NetConf, mtu int, ipMasq bool) (SubnetEnv, error) {
	if !l.Subnet.IsValid() && !l.IPv6Subnet.IsValid() {
		return SubnetEnv{}, &LeaseError{Message: "no lease: flannel writes the file when it has one", Log: "no lease"}
	}
	return l.subnetEnv(c, mtu, ipMasq)
}

// subnetEnv is SubnetEnv of what flannel has for a lease, which is none where the node is of a family that is disabled.
func (l Lease) subnetEnv(c NetConf, mtu int, ipMasq bool) (SubnetEnv, error) {
	e := SubnetEnv{MTU: mtu, IPMasq: ipMasq}
	if c.EnableIPv4 {
		network, subnet := c.Network, l.Subnet
		if !network.IsValid() {
			network = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		}
		if !subnet.IsValid() {
			subnet = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		}
		e.Networks = []netip.Prefix{network}
		e.Subnet = netip.PrefixFrom(addr4(value4(subnet.Masked().Addr())+1), subnet.Bits()) // wraps, as flannel's does
	}
	if c.EnableIPv6 {
		network := c.IPv6Network
		if !network.IsValid() {
			network = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
		if !l.IPv6Subnet.IsValid() {
			return SubnetEnv{}, crash("", nilPointer)
		}
		next := l.IPv6Subnet.Masked().Addr().Next()
		if !next.IsValid() {
			return SubnetEnv{}, crash("", outOfBuffer)
		}
		e.IPv6Networks = []netip.Prefix{network}
		e.IPv6Subnet = netip.PrefixFrom(next, l.IPv6Subnet.Bits())
	}
	return e, nil
}

// Underlay says what a node's own network is like. The zero Underlay is an Ethernet of 1500 bytes.
type Underlay struct {
	MTU    int  // of the interface that flannel uses, bytes. Default 1500.
	NoMasq bool // flannel runs without --ip-masq, which its manifest sets
}

// Predict returns the subnet.env that flannel of opt.Version writes on node n, or the message that it stops with. It is
// [AcquireLease] between what the backend looks at before and after: its type, its options, and whether the lease has
// each enabled family. opt.Mode and opt.Name mean nothing here.
//
// The error is a *[LeaseError], or a *[BackendError] for a Backend that flannel does not take.
func Predict(c NetConf, n NodeSpec, u Underlay, opt Options) (SubnetEnv, error) {
	version := opt.Version.Or(fact.NewestFlannel())
	if !c.EnableIPv4 && !c.EnableIPv6 {
		return SubnetEnv{}, &LeaseError{Node: n.Name, Message: "none defined stack", Symptom: "no-family", Log: "none defined stack"}
	}
	b, err := c.ParseBackend(version)
	if err != nil {
		return SubnetEnv{}, err
	}
	l, err := AcquireLease(c, n, version)
	if err != nil {
		return SubnetEnv{}, err
	}
	if err := b.configure(c, n, l, version); err != nil {
		return SubnetEnv{}, err
	}
	e, err := l.subnetEnv(c, b.MTUOver(u.MTU), !u.NoMasq)
	if le, ok := err.(*LeaseError); ok {
		le.Node = n.Name
	}
	return e, err
}

// configure is what a backend with devices of its own says to a lease without an enabled family
// (pkg/backend/vxlan/device.go Configure, pkg/backend/wireguard/device.go). The other backends do not look.
func (b Backend) configure(c NetConf, n NodeSpec, l Lease, version fact.Version) error {
	if b.Type != "vxlan" && b.Type != "wireguard" {
		return nil
	}
	for _, f := range []fact.Family{fact.IPv4, fact.IPv6} {
		subnet, suffix := l.Subnet, ""
		if f == fact.IPv6 {
			subnet, suffix = l.IPv6Subnet, "-v6"
		}
		if subnet.IsValid() || !c.Enabled(f) {
			continue
		}
		if version.Before(v0_26) || f == fact.IPv4 && version.Before(v0_28) {
			return crash(n.Name, nilPointer)
		}
		what := fmt.Sprintf("failed to configure interface flannel%s.%d", suffix, b.VNI)
		if b.Type == "wireguard" {
			what = "failed to configure wg interface"
		}
		msg := fmt.Sprintf("%s: %v is enabled but the lease has no %v", what, f, f)
		return &LeaseError{Node: n.Name, Message: msg, Symptom: "lease-without-family", Log: "Error registering network: " + msg}
	}
	return nil
}
