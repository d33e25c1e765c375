package plan

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// Ranges are the address ranges that a program takes from its own users: an installer, an operator, a network plugin.
// [Ranges.Check] judges them in one call, without files and without statements. A field with its zero value is not
// known, and what needs it is not asked.
type Ranges struct {
	// Pods are the pod ranges, of the cluster's first family first: what becomes --cluster-cidr of
	// kube-controller-manager.
	Pods []netip.Prefix
	// Services are the service ranges in the same order: --service-cluster-ip-range of kube-apiserver.
	Services []netip.Prefix
	// Hosts are addresses of nodes, as /32 or /128 or with the length of their network, or networks of hosts, in any
	// order.
	Hosts []netip.Prefix
	// DNS are the addresses of cluster DNS that kubelets are told.
	DNS []netip.Addr
	// Reserved are ranges that something else uses; invalid ones are passed over.
	Reserved []fact.Reservation

	// NodeMaskIPv4 and NodeMaskIPv6 are the prefix lengths of a node's pod range, 1 to 32 and 1 to 128. 0 stands for
	// the defaults of kube-controller-manager, 24 and 64.
	NodeMaskIPv4, NodeMaskIPv6 int
	// Nodes and PodsPerNode are how many there are to be, 0 for not known.
	Nodes, PodsPerNode int
	// OwnAllocator says that the network hands out pod addresses itself (Calico, Cilium, OVN-Kubernetes), so that rules
	// of kube-controller-manager's allocator do not count: several pod ranges of a family are fine, and default node
	// masks mean nothing.
	OwnAllocator bool
}

// Check returns what is wrong with r in Kubernetes release v, causes first, each finding with its [fact.Field]:
// "Pods[1]". The zero Version is no particular release: then a limit counts that any release has. Findings that are
// errors are those of [fact.Report.Err]; a range with host bits, a public one, and more than 2^16 IPv4 node ranges are
// warnings, as programs take them.
// Invalid and IPv4-mapped prefixes are errors, and so is a Ranges with nothing in it. RefusedBy names kube-apiserver,
// kube-controller-manager and kubeadm where they do not take the value. The cost is O(n log n) for n ranges.
func (r Ranges) Check(v Version) Report { return check.Own(r).Judge(v) }
