package nodeipam

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// An Inventory is what a cluster consists of as far as ranges go: the flags of its controller managers, its nodes, and
// what else uses addresses. InventoryOf puts it together from statements. It is what [Controller] starts from when it
// predicts a real cluster, and what [repair.New] mends. The zero value is a cluster of which nothing is known.
type Inventory struct {
	Kubernetes fact.Version // release; zero: the newest
	// Managers are the flags of kube-controller-manager on each control-plane host, sorted by host. Those of one
	// cluster are to agree; the first is taken for the one that leads. Where no file shows one, it is what kubeadm
	// would make.
	Managers []HostFlags
	// Assumed says where Managers come from if not from kube-controller-manager's own files: "kubeadm", "flannel"; ""
	// else.
	Assumed  fact.Component
	Nodes    []InventoryNode    // sorted by name
	Networks []netip.Prefix     // flannel's Network and IPv6Network; none: no file says so, or another CNI plugin
	Services []netip.Prefix     // every service range that a file states, masked
	Taken    []fact.Reservation // host ranges, addresses of hosts, and what else nodes' subnets must not touch
	MaxPods  int                // largest maxPods of a kubelet; 0: unknown, 110
	// FormerMasks are node masks that were in force before: nodes with subnets of these lengths are right as they are.
	FormerMasks []int

	ControlPlanes map[string]bool // nodes that are control-plane hosts, as far as their Node objects say so

	Resize map[string]bool // nodes for which FormerMasks does not count
	Stated []string        // pod ranges that kubeadm or flannel states, for a controller manager that has none

	FlannelWorkload string // namespace/name of the DaemonSet that runs flannel; "" if unknown
	FlannelConfig   string // namespace/name of the ConfigMap that holds net-conf.json; "" if unknown

	Installer string // who installed the cluster, in lower case: "k3s", "rke2", "talos", ...; "" if unknown, or by kubeadm itself
	CNI       string // the pods' network, in lower case: "flannel", "calico", ...; "" if unknown
	// Allocator says who hands out the subnets or addresses of nodes where it is not kube-controller-manager, one of
	// the Allocator constants of package fact: spec.podCIDR of nodes decides nothing then. "": it is, or nobody knows
	// better.
	Allocator string
	Pools     []netip.Prefix // ranges of a network that keeps its own book, masked
}

// IsControlPlane reports whether the node of this name is known to be a control-plane host: kube-controller-manager
// runs there, or its Node object says so.
func (inv Inventory) IsControlPlane(name string) bool {
	for _, m := range inv.Managers {
		if m.Host == name && inv.Assumed == "" {
			return true
		}
	}
	return inv.ControlPlanes[name]
}

// HostFlags are the flags of a control-plane host's kube-controller-manager. The zero value is a
// kube-controller-manager without flags on an unknown host.
type HostFlags struct {
	Host  string // "" if unknown
	File  string
	Flags ControllerFlags
}

// An InventoryNode is a node and what is known about its subnets. The zero value is a node without a name or subnets.
type InventoryNode struct {
	Name     string
	PodCIDRs []string // of the Node object, as stored; none: it has none
	// SubnetEnv are the subnets that flannel uses on the host, from its subnet.env; none: unknown.
	SubnetEnv []netip.Prefix
	// Links are the subnets that the host's own links have, from ip addr or ip route: that of cni0, and a single
	// address, with which the subnet begins, for links of flannel; none: unknown.
	Links []netip.Prefix
	// Routes are the subnets to which other hosts have routes by way of an address of this node; none: unknown, or not
	// routed so.
	Routes []netip.Prefix
	// Created is when the Node object was made, Age how old it was when kubectl showed it; zero: unknown.
	Created time.Time
	Age     time.Duration
}

// ErrNoControllerFlags says that nothing tells the cluster's pod range.
var ErrNoControllerFlags = errors.New("nothing says which pod range the cluster has: neither kube-controller-manager's flags, nor kubeadm's configuration, nor flannel's Network")

// Flags returns the flags of the controller manager that is taken for the one that leads, and whether there is one.
func (inv Inventory) Flags() (ControllerFlags, bool) {
	if len(inv.Managers) == 0 {
		return ControllerFlags{}, false
	}
	return inv.Managers[0].Flags, true
}

// Stopped returns the twin of the cluster with its nodes and without a controller manager that runs. podCIDRs that the
// API server of the release would not take from anybody are kept: they are stored already.
func (inv Inventory) Stopped() *Controller {
	c := NewStopped(inv.Kubernetes)
	c.nodes = make(map[string]nodeRecord, len(inv.Nodes))
	for _, n := range inv.Nodes {
		if _, ok := c.nodes[n.Name]; ok {
			continue
		}
		c.serial++
		c.nodes[n.Name] = nodeRecord{podCIDRs: slices.Clone(n.PodCIDRs), serial: c.serial}
		if len(n.PodCIDRs) == 0 {
			c.waiting = append(c.waiting, n.Name)
		}
	}
	return c
}

// Controller returns the twin of the cluster as it is when its controller manager has just been started. The error says
// why that fails: see [Controller.Start]; it is [ErrNoControllerFlags] if nothing tells the pod range. The twin is
// returned with it, stopped.
func (inv Inventory) Controller() (*Controller, error) {
	c := inv.Stopped()
	f, ok := inv.Flags()
	if !ok {
		return c, ErrNoControllerFlags
	}
	s := c.Start(f)
	return c, s.Err
}

// Predict says what comes next in the cluster of inv, see [Controller.Predict] and [Prediction.CursorUnknown]. Nodes
// without podCIDRs still wait; those that a restart serves are in RestartServes. The error is that of
// [Inventory.Controller] for flags that tell nothing; a start that fails is RestartErr.
func (inv Inventory) Predict(k int) (Prediction, error) {
	f, ok := inv.Flags()
	if !ok {
		return Prediction{}, ErrNoControllerFlags
	}
	stopped := inv.Stopped()
	stopped.flags = f
	p := stopped.Predict(k)
	if errors.Is(p.RestartErr, ErrAllocatorUnknown) {
		return p, p.RestartErr
	}
	holding := inv
	holding.Nodes = slices.DeleteFunc(slices.Clone(inv.Nodes), func(n InventoryNode) bool { return len(n.PodCIDRs) == 0 })
	c, err := holding.Controller()
	if err != nil || !c.Allocating() {
		return p, nil
	}
	now := c.Predict(0)
	now.Forecast = inv.forecast(now.More)
	now.Nodes, now.AfterRestart, now.RestartServes, now.RestartMore = p.Nodes, p.AfterRestart, p.RestartServes, p.RestartMore
	now.CursorUnknown = true
	var next [][]netip.Prefix
	for i := range c.sets {
		list := c.afterHighest(i, k)
		for n := range list {
			if i == 0 {
				next = append(next, nil)
			}
			if n < len(next) {
				next[n] = append(next[n], list[n])
			}
		}
		next = next[:min(len(next), len(list))]
	}
	now.Next = next
	return now, nil
}
