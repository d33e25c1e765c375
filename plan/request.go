package plan

import "net/netip"

// A Request says what a cluster needs. The zero Request asks for a small IPv4 cluster: every zero field stands for the
// default that its comment names.
type Request struct {
	Name        string  // of the cluster; IPv6 ranges are derived from it (RFC 4193 3.2.2). Default "kubernetes".
	Nodes       int     // largest number of nodes. Default 10.
	PodsPerNode int     // largest number of pods on one node, kubelet's maxPods. Default 110.
	Churn       float64 // addresses of a node's subnet for each pod, for those that come and go. At least 1, default 2.
	Surge       int     // nodes more during a rolling replacement. Default 0.
	Services    int     // largest number of services. Default 1000.

	Hosts     []netip.Prefix // the hosts' own ranges, fixed
	HostCount int            // or how many host addresses to find room for; 0 with no Hosts: Nodes+Surge rounded up with room
	Families  []Family       // in order, primary first. Default IPv4.

	Within []netip.Prefix // draw from these alone. Default: the private ranges (RFC 1918) and, for IPv6, a ULA /48 from Name.
	Avoid  []Reservation  // stay clear of these
	Pins   []Pin          // ranges that are fixed already

	Grow       int     // each range can double so many times in place. 0 to 16.
	Kubernetes Version // release whose limits hold. Default: [NewestKubernetes].

	NodeMaskIPv4 int // prefix length of a node's IPv4 subnet; 0 derives it from PodsPerNode and Churn
	NodeMaskIPv6 int // prefix length of a node's IPv6 subnet; 0 is 64, or what fits
}

// A Reservation is a range that is not to be used, and why.
type Reservation struct {
	Prefix netip.Prefix
	Name   string // who uses it: "docker", "vpn", or the prefix itself
	Source string // where that is known from
}

// A Pin fixes the range of a role.
type Pin struct {
	Role   Role // RoleHosts, RoleServices or RolePods
	Prefix netip.Prefix
}
