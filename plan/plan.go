package plan

import "net/netip"

// A Plan assigns a range to each role and family, so that none overlaps another or anything that the request avoids.
// Plans are made by [New].
type Plan struct {
	Request  Request  // with its defaults filled in
	Families []Family // primary first
	Ranges   []Range  // hosts, services, pods; within a role primary family first

	NodeMaskIPv4 int // prefix length of a node's IPv4 subnet, 0 without IPv4
	NodeMaskIPv6 int // prefix length of a node's IPv6 subnet, 0 without IPv6

	APIServerServiceIPs []netip.Addr // address 1 of each service range: the service "kubernetes"
	DNSServiceIPs       []netip.Addr // address 10 of each service range: cluster DNS, as kubeadm chooses it

	Warnings []Finding // what is legal and may surprise
}

// A Range is the range of one role in one family.
type Range struct {
	Role   Role
	Prefix netip.Prefix
	Given  bool         // fixed by the request (hosts or a pin), not chosen
	Grow   netip.Prefix // the range together with the neighbours that are kept free for it; equals Prefix where none are
	Why    string       // why this one: rule, arithmetic, what was passed over
}
