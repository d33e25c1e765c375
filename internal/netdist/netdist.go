// Package netdist reads the networks of a cluster: what hands addresses to pods, what gives them to load balancers, and
// what takes ranges for itself without saying so.
//
// Start with [Read], which finds the networks that one file shows, each with its ranges, their places, and who hands
// out the subnets of nodes. [Join] brings together what several files of one cluster show. [Networks] is the table of
// all networks that are known, with every name they go by, and [Agreements] says with which values of Kubernetes
// their ranges have to agree.
//
// A new network is one file and one row: how it is recognised, its keys and defaults, its hidden ranges, its words
// for a change.
//
// [Targets] gives the networks that can be planned for, with a writer for their file.
//
// The package reads and names; it compares no two sources. That, and every rule about it, is the checker's. Files of
// /etc/cni/net.d and of installers are read elsewhere; the names of plugins in them are in the table here.
//
// All of it is pure: the same file gives the same networks, whatever else was read before.
package netdist

import (
	"net/netip"
)

// A Position is a place in a file: line and column count from 1, in bytes; 0 is unknown.
type Position struct {
	File   string
	Line   int
	Column int
}

// A Use says what a range is for.
type Use string

const (
	// Pods is a range that pods get their addresses from, for the whole cluster.
	Pods Use = "pods"
	// NodeBlock is the part of a pod range that one node holds, as the network's own objects say.
	NodeBlock Use = "node-block"
	// Services is the service range as the network was told: it has to be that of kube-apiserver.
	Services Use = "services"
	// LoadBalancers is a range that Services of type LoadBalancer get addresses from. One that answers ARP lies
	// inside the hosts' network on purpose.
	LoadBalancers Use = "load-balancers"
	// Egress is a range of addresses that traffic of pods leaves with.
	Egress Use = "egress"
	// Hidden is a range that the network takes for itself: joins, transits, link-local addresses.
	Hidden Use = "hidden"
	// Secondary is a range of further interfaces of pods, beside the one that the cluster's network makes.
	Secondary Use = "secondary"
	// Hosts is a range of the hosts' own network, as an underlay or a machine network names it.
	Hosts Use = "hosts"
	// Address is a single address of the hosts' network: a virtual one of the API server.
	Address Use = "address"
	// NotMasqueraded is a range to which pods talk with their own addresses. It should contain the pods.
	NotMasqueraded Use = "not-masqueraded"
)

// An Allocator says who hands out the pod subnets of nodes.
type Allocator string

const (
	// AllocatorUnknown: nothing that was read decides it.
	AllocatorUnknown Allocator = ""
	// AllocatorNone: the network gives no addresses to pods at all, or to further interfaces alone.
	AllocatorNone Allocator = "none"
	// AllocatorNode: pods take Node.spec.podCIDR. Without one they get no address.
	AllocatorNode Allocator = "node"
	// AllocatorOwnNode: the network's own controller writes Node.spec.podCIDR. That of kube-controller-manager has to
	// be off.
	AllocatorOwnNode Allocator = "own-node-ipam"
	// AllocatorOwn: the network keeps its own book of node subnets or blocks. Node.spec.podCIDR is not looked at.
	AllocatorOwn Allocator = "own"
	// AllocatorFlat: one range for all nodes, without node subnets. Node.spec.podCIDR is not looked at.
	AllocatorFlat Allocator = "flat"
	// AllocatorCloud: addresses come from the subnets of a cloud, as a rule those of the hosts.
	AllocatorCloud Allocator = "cloud"
)

// UsesPodCIDR reports whether a node without Node.spec.podCIDR gives its pods no address.
func (a Allocator) UsesPodCIDR() bool { return a == AllocatorNode || a == AllocatorOwnNode }

// A Network is what a file shows of one network.
type Network struct {
	Name    string // that of its [Row]: "calico"
	Mode    string // name of one of the Row's Modes, "" where nothing says it
	Release string // as an image, a chart or a label names it: "3.26.1"; "" where nothing does

	// ModeDefault says that nobody wrote the mode: it is what the network does if not told.
	ModeDefault bool

	// Key and Pos are what shows the network, and where.
	Key string
	Pos Position

	// Passive says that the network hands out no pod addresses here, whatever its Row says: it does policy beside
	// another, or the only trace is a pool that is switched off.
	Passive bool

	// NodeSubnets says who hands out node subnets.
	NodeSubnets Allocator

	Ranges   []Range
	Problems []Problem
}

// UsesPodCIDR reports whether Node.spec.podCIDR matters for n.
func (n Network) UsesPodCIDR() bool { return !n.Passive && n.NodeSubnets.UsesPodCIDR() }

// A Range is one range of a network.
type Range struct {
	Use  Use
	Name string // of the pool, the subnet or the range: "default-ipv4-ippool", "join"; "" where it has none
	Key  string // where it is written: "spec.cidr", "CALICO_IPV4POOL_CIDR"
	Text string // as written
	Pos  Position

	// Prefixes holds what Text means, with host bits as written: one prefix for a CIDR, as many as are needed for a
	// range from one address to another. It is nil where Text could not be read; Err says why.
	Prefixes []netip.Prefix
	Err      error

	// BlockSize is the prefix length of what one node gets of it, 0 where nothing says it and the network has no
	// default.
	BlockSize    int
	BlockDefault bool // nobody wrote BlockSize
	BlockPos     Position

	// Default says that nobody wrote the range: DefaultOf takes it if not told. Pos is then what shows the network.
	Default   bool
	DefaultOf string

	Node      string // for NodeBlock: the node
	Disabled  bool   // no new addresses come from it; those in use stay
	OnDemand  bool   // only pods, nodes or namespaces that are chosen get addresses of it
	MixedUses bool   // its allowedUses cannot go together
	Where     string // more about it: a cluster's name, an interface
}

// IPv6 reports whether the first prefix of r is IPv6.
func (r Range) IPv6() bool { return len(r.Prefixes) > 0 && r.Prefixes[0].Addr().Is6() }

// BlocksLog2 returns the number of blocks of BlockSize in r, as a power of two; ok is false where BlockSize is not
// known, or larger than r.
func (r Range) BlocksLog2() (n int, ok bool) {
	if len(r.Prefixes) != 1 || r.BlockSize == 0 || r.BlockSize < r.Prefixes[0].Bits() ||
		r.BlockSize > r.Prefixes[0].Addr().BitLen() {
		return 0, false
	}
	return r.BlockSize - r.Prefixes[0].Bits(), true
}
