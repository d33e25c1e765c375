package netdist

import "strings"

// A LogLine is a line by which a program of a network tells what is wrong with a range.
type LogLine struct {
	Network string
	By      string // the program that writes it
	Text    string // the part of the line that does not change
	And     string // a second such part, "" for none
	Rule    string // id of the rule whose finding explains it
	Means   string // in a few words
	Source  string // upstream
}

// Waits reports whether the program says l as well while it starts, so that it shows no fault by itself.
func (l LogLine) Waits() bool {
	return l.And == "" && (l.Text == ciliumWaits4 || l.Text == ciliumWaits6)
}

// Agents of Cilium say these every second until their node has a podCIDR, and with a cause when they give up.
const (
	ciliumWaits4 = "required IPv4 PodCIDR not available"
	ciliumWaits6 = "required IPv6 PodCIDR not available"
	ciliumEnds   = "unable to connect to get node spec from apiserver"
)

// logLines are in the order in which they are compared. Left out is what other programs write as well: that there are
// no remaining CIDRs left to allocate is said by kube-controller-manager and by cilium-operator. It is never changed.
var logLines = []LogLine{
	{"calico", "tigera-operator", "is not within the platform's configured pod network CIDR", "IPPool", ruleOutside,
		"the operator rolls nothing out: its pool lies outside of the cluster's pod range", tigeraPool},
	{"calico", "tigera-operator", "kubeadm configuration is missing required podSubnet field", "", "podsubnet-missing",
		"the operator rolls nothing out: kubeadm was given no pod range", "tigera/operator pkg/controller/ippool/kubeadm.go"},
	{"calico", "tigera-operator", "ould not resolve CalicoNetwork IPPool and", "invalid CIDR address",
		"podsubnet-not-plain",
		"the operator finds podSubnet by its text: quotes, comments and blanks spoil it",
		"tigera/operator pkg/controller/ippool/kubeadm.go"},
	{"calico", "tigera-operator", "is specified more than once", "IP pool", string(PoolOverlap),
		"one pool stands twice in the Installation", "tigera/operator pkg/controller/ippool/validation.go"},
	{"calico", "calico-node", "Failed to extract CIDRs from kubeadm config", "", "podsubnet-not-plain",
		"calico-node takes its default pool, since it cannot read podSubnet", startupGo},
	{"calico", "calico-node", "Invalid CIDR specified in CALICO_IPV", "POOL_CIDR", "cidr-malformed", "calico-node exits",
		startupGo},
	{"calico", "calico", "CIDR overlaps with IPPool(", "", string(PoolOverlap), "a pool is refused",
		"projectcalico/calico libcalico-go/lib/clientv3/ippool.go"},
	{"calico", "calico", "IPPool CIDR is not strictly masked", "", "cidr-host-bits-set", "a pool is refused",
		"projectcalico/calico libcalico-go/lib/clientv3/ippool.go"},
	{"calico", "calico-cni", "usePodCidr found but there is no IPv", "CIDR configured", ruleMissing,
		"pods take Node.spec.podCIDR, and this node has none", "projectcalico/calico cni-plugin/internal/pkg/utils/utils.go"},
	{"calico", "calico-cni", "no configured Calico pools for node", "", "pool-selects-no-node",
		"no pool that is switched on serves this node", "projectcalico/calico libcalico-go/lib/ipam/ipam.go"},
	{"calico", "calico-cni", "No more free affine blocks and strict affinity enabled", "", "pool-full",
		"the pool has no block left for this node", "projectcalico/calico libcalico-go/lib/ipam/ipam.go"},
	{"cilium", "cilium-operator", "the node CIDR size is too big", "allocator", string(PoolBlockLimit),
		"an IPv6 pool is more than 16 bits larger than a node's part", "cilium pkg/ipam/cidrset/cidr_set.go"},
	{"cilium", "cilium-operator", "requested CIDR", "collides with", string(PoolOverlap),
		"two entries of the pool list overlap",
		"cilium operator/pkg/ipam/allocator/clusterpool"},
	{"cilium", "cilium-operator", "allocator not configured for the requested CIDR", "", "pool-changed",
		"a node keeps a subnet of a pool that was changed", "cilium operator/pkg/ipam"},
	{"cilium", "cilium-agent", ciliumWaits4, ciliumEnds, ruleMissing, "the agent exits without a podCIDR",
		"cilium pkg/k8s/init.go WaitForNodeInformation"},
	{"cilium", "cilium-agent", ciliumWaits6, ciliumEnds, ruleMissing, "the agent exits without a podCIDR",
		"cilium pkg/k8s/init.go WaitForNodeInformation"},
	{"cilium", "cilium-agent", ciliumWaits4, "", ruleMissing, "agents wait for Node.spec.podCIDR", "cilium pkg/node/sync"},
	{"cilium", "cilium-agent", ciliumWaits6, "", ruleMissing, "agents wait for Node.spec.podCIDR", "cilium pkg/node/sync"},
	{"cilium", "cilium-agent", "unable to derive PodCIDR via Node or CiliumNode resource", "", ruleMissing,
		"the agent exits without a podCIDR",
		"cilium pkg/node/sync"},
	{"cilium", "cilium-agent", "native routing cidr must be configured with option", "", "native-routing-range-missing",
		"the agent exits: with native routing it has to know what not to masquerade", "cilium pkg/option/config.go"},
	{"cilium", "cilium-agent", "pool not (yet) available", "unable to allocate from pool", "pool-missing",
		"a CiliumPodIPPool of that name does not exist",
		"cilium pkg/ipam"},
	{"ovn-kubernetes", "ovnkube", "illegal network configuration:", "overlaps", ruleHidden,
		"ovnkube exits: two of its ranges overlap, defaults count",
		"ovn-org/ovn-kubernetes go-controller/pkg/config/utils.go"},
	{"ovn-kubernetes", "ovnkube",
		"cannot use a host subnet length mask shorter than or equal to the cluster subnet mask", "", string(PoolTooSmall),
		"ovnkube exits", "ovn-org/ovn-kubernetes go-controller/pkg/config/utils.go"},
	{"ovn-kubernetes", "cluster-network-operator", "whole or subset of", "is already in use", ruleHidden,
		"the operator is degraded: two ranges overlap",
		"openshift/cluster-network-operator pkg/network"},
	{"ovn-kubernetes", "cluster-network-operator",
		"is not large enough for the maximum number of nodes which can be supported by ClusterNetwork", "",
		string(RangeTooSmall), "the operator is degraded",
		"openshift/cluster-network-operator pkg/network/ovn_kubernetes.go"},
	{"ovn-kubernetes", "cluster-network-operator", "is larger than its cidr", "hostPrefix", string(PoolTooSmall),
		"the operator is degraded",
		"openshift/cluster-network-operator pkg/network/cluster_config.go"},
	{"kube-ovn", "kube-ovn-controller", "check system cidr failed", "", ruleHidden,
		"the controller exits: two of its ranges overlap",
		"kubeovn/kube-ovn pkg/controller/controller.go"},
	{"kube-ovn", "kube-ovn-controller", "conflict with node", "cidr", ruleHostPods, "a subnet holds the address of a node",
		"kubeovn/kube-ovn pkg/controller/subnet.go"},
	{"antrea", "antrea-agent", "Spec.PodCIDR is empty for Node", "", ruleMissing, "the agent exits without a podCIDR",
		"antrea pkg/agent/agent.go"},
	{"antrea", "antrea-agent", "CIDR string is empty for node", "", ruleMissing, "the agent exits without a podCIDR",
		"antrea pkg/agent/agent.go"},
	{"weave", "weave-net", "overlaps with existing route", "Network", ruleHostPods,
		"its start script finds the range among the host's routes",
		"weaveworks/weave net/netdev.go CheckRouteExists"},
	{"kube-router", "kube-router", "node.Spec.PodCIDR not set for node", "", ruleMissing,
		"kube-router has no subnet for the node",
		"cloudnativelabs/kube-router pkg/utils/pod_cidr.go"},
	{"kube-router", "kube-router", "node.Spec.PodCIDRs empty for node", "", ruleMissing,
		"kube-router has no subnet for the node",
		"cloudnativelabs/kube-router pkg/utils/pod_cidr.go"},
	{"kube-router", "kube-router", "Couldn't determine any Pod CIDRs for the", "", ruleMissing,
		"kube-router has no subnet for the node",
		"cloudnativelabs/kube-router pkg/utils/pod_cidr.go"},
	{"metallb", "metallb", "overlaps with already defined CIDR", "pool", string(PoolOverlap),
		"MetalLB keeps its old configuration",
		"metallb/metallb internal/config/config.go"},
	{"metallb", "metallb", "is after the end IP", "invalid IP range", "cidr-malformed",
		"MetalLB keeps its old configuration",
		"metallb/metallb internal/config/config.go"},
	{"whereabouts", "whereabouts", "Could not allocate IP in range", "", "pool-full",
		"the range of a second network is used up",
		"whereabouts pkg/allocate/allocate.go"},
}

const startupGo = "projectcalico/calico node/pkg/lifecycle/startup/startup.go"

// LogLines returns the lines by which networks tell what is wrong with a range.
func LogLines() []LogLine { return append([]LogLine(nil), logLines...) }

// ByLog returns the first of LogLines that a line of a log, of an event or of a condition holds.
func ByLog(line string) (LogLine, bool) {
	for _, l := range logLines {
		if strings.Contains(line, l.Text) && strings.Contains(line, l.And) {
			return l, true
		}
	}
	return LogLine{}, false
}
