package plan

import (
	"fmt"
	"net/netip"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Request says what a cluster needs. The zero Request asks for a small IPv4 cluster: every zero field stands for the
// default that its comment names. [New] checks it; what does not make sense gives a [*RequestError].
type Request struct {
	Name        string  // of the cluster; IPv6 ranges are derived from it, see [ULA]. Default "kubernetes".
	Nodes       int     // largest number of nodes, control plane included. 1 to 2^29. Default 10.
	PodsPerNode int     // largest number of pods on one node, kubelet's maxPods. 1 to 2^24. Default 110.
	Churn       float64 // addresses of a node's subnet for each pod, for those that come and go. 1 to 16. Default 2.
	Surge       int     // nodes more during a rolling replacement. 0 to 2^29. Default 0.
	Services    int     // largest number of services. 1 to 2^29. Default 1000.
	// Pods is the largest number of pods in all, 0 if only those of a node are counted: what of Nodes and PodsPerNode is not given is
	// as large as that takes.
	Pods int

	// Hosts holds the hosts' own ranges, fixed. They may be public, lie outside Within and lie inside ranges of Avoid;
	// nothing else is placed in them. In a planned family that Hosts has no range of, one is placed.
	Hosts []netip.Prefix
	// Cloud is where the hosts are: "aws", "azure", "gcp" or "oci", which keep addresses of each subnet; "" for none of these.
	Cloud string
	// HostCount is how many host addresses to find room for where Hosts has no range of a family.
	// Default: Nodes+Surge, in a /24 or a /64 if there is room.
	HostCount int

	Families []fact.Family // in order, primary first: one, or both. Default IPv4.

	// Within holds the ranges to draw from. A family of which it holds none is drawn from its default: the private ranges
	// of RFC 1918 for IPv4, the /48 of [ULA] for IPv6. Pins and Hosts may lie elsewhere.
	Within []netip.Prefix
	Avoid  []fact.Reservation // stay clear of these; hosts that are given may lie in them, as in a part of somebody's network
	Pins   []Pin              // ranges that are fixed already; at most one of services and of pods for each family

	// Keep holds ranges that a living cluster uses: the plan's range of that role contains it and is as small as suffices. A range of
	// services is kept as it is, for the first one is permanent; a range of pods keeps its node mask, see NodeMaskIPv4; of several
	// ranges of hosts each is kept as it is. What is added lies in Within.
	Keep []Pin
	// Held holds the subnets that registered nodes hold, of any family: they stay, inside the pod range, and their length is the node
	// mask. HeldCount says how many nodes there are where their subnets are not known. Nodes counts them too.
	Held      []netip.Prefix
	HeldCount int

	// Named holds further ranges that nothing of the cluster may overlap and that overlap nothing: of load balancers, a VPN, storage. One that is fixed
	// stays where it is; the others are placed as the cluster's are. The order is that of the plan.
	Named []Named

	// Prefer holds ranges to take for services, pods and hosts where they are free and large enough, ahead of those that [New]
	// prefers by itself: the defaults of an installer. One that is too small stands for the larger range around it. The first of
	// a role and family counts. What does not make sense for its role or family is passed over.
	Prefer []Preference

	// Grow is how many times each range can double in place, 0 to 16: the neighbours it needs for that are kept free.
	// A service range stays below the largest that kubeadm takes, a pod range within 16 bits of the node mask. What is
	// fixed by Hosts and Pins gets what room there is.
	Grow       int
	Kubernetes fact.Version // release whose limits hold. Default: [fact.NewestKubernetes].

	// NodeMaskIPv4 is the prefix length of a node's IPv4 subnet, 1 to 30.
	// 0 derives it: the longest whose subnet holds PodsPerNode times Churn addresses. Where a pod range is kept it is the length of
	// Held, or else that of kube-controller-manager, 24 or 64, if a node's pods fit in it.
	NodeMaskIPv4 int
	// NodeMaskIPv6 is the prefix length of a node's IPv6 subnet, 1 to 126.
	// 0 is 64 where that fits, and otherwise a longer one that holds PodsPerNode times Churn addresses.
	NodeMaskIPv6 int
}

// A Pin fixes the range of a role. The zero value is invalid: it names no role and no range.
type Pin struct {
	Role   fact.Role // RoleHosts, RoleServices or RolePods
	Prefix netip.Prefix
}

// String returns the form "services=10.96.0.0/12", as the flag -pin of examples/plan takes it.
func (p Pin) String() string { return fmt.Sprintf("%s=%v", p.Role, p.Prefix) }

// A Preference is a range that is taken for a role if that is possible. The zero value is invalid: it names no role and
// no range.
type Preference struct {
	Role   fact.Role // RoleHosts, RoleServices or RolePods
	Prefix netip.Prefix
	Why    string // what [Range.Why] says of it: "the default of k3s"
}

// A RequestError says that a field of a request does not make sense, whatever space there is. The zero value names no
// field.
type RequestError struct {
	Field  string       // name of the field in words: "nodes", "pods per node", "within[1]"
	Value  string       // as it was given
	Reason string       // the limit, and what to do
	Masked netip.Prefix // the prefix without its host bits, where these are what is wrong
}

// Error returns the form `nodes -3: must be at least 1; 0 stands for the default`.
func (e *RequestError) Error() string { return fmt.Sprintf("%s %s: %s", e.Field, e.Value, e.Reason) }
