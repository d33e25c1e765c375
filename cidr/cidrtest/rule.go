package cidrtest

// A Rule names what a case is about. Tests of a project may rely on the names; they stay. The zero Rule, "", is no
// rule, and no case has it.
type Rule string

// Rules for validators. Cases of a rule lie on both sides of it: some break it, others just do not.
const (
	// RuleCommon is for clusters as installers make them by default, which every validator takes. All its cases are
	// valid.
	RuleCommon Rule = "common"
	// RulePodsServices: no pod range equals a service range or lies inside of one. A service address would belong to a
	// pod as well.
	RulePodsServices Rule = "pods-services"
	// RuleServicesInPods: no service range lies inside of a pod range. The range allocator of Kubernetes leaves out the
	// node ranges that it touches, plugins with an allocator of their own do not know of it.
	RuleServicesInPods Rule = "services-in-pods"
	// RuleHostsPods: no pod range contains the address of a host or shares addresses with the hosts' network.
	RuleHostsPods Rule = "hosts-pods"
	// RuleHostsServices: the same for service ranges.
	RuleHostsServices Rule = "hosts-services"
	// RuleSameRole: two pod ranges share no address, nor do two service ranges.
	RuleSameRole Rule = "same-role"
	// RuleFamilies: there are at most two service ranges, one of each family, and pods of every family that services
	// have.
	RuleFamilies Rule = "families"
	// RuleNodeBits: a node range is not larger than the pod range that it is cut from, and not longer than an address.
	RuleNodeBits Rule = "node-bits"
	// RuleNodeCount: IPv6 pods hold at most 2^16 node ranges.
	RuleNodeCount Rule = "node-count"
	// RuleServiceSize: a service range holds at most 2^20 addresses, so that it is /12 or longer for IPv4, /108 or
	// longer for IPv6; and at least 10.
	RuleServiceSize Rule = "service-size"
	// RuleUnusable: no range holds addresses that no pod and no service can have: loopback, link-local, multicast,
	// 0.0.0.0/8.
	RuleUnusable Rule = "unusable"
	// RuleInvalid: no range is an invalid prefix, or missing among others.
	RuleInvalid Rule = "invalid"
	// RuleMapped: no range is IPv4-mapped IPv6. Programs disagree on its family.
	RuleMapped Rule = "mapped"
)

// Rules for validators that are off unless they are asked for [With] their name, as good projects disagree on them.
const (
	// RuleHostBits: no range has host bits set. Kubernetes clears them in silence.
	RuleHostBits Rule = "host-bits"
	// RuleNodeCountIPv4: IPv4 pods hold at most 2^16 node ranges. kubeadm asks for it, kube-controller-manager does
	// not.
	RuleNodeCountIPv4 Rule = "node-count-ipv4"
	// RuleOneNode: pods of a single node range are taken. Some installers ask for two at least.
	RuleOneNode Rule = "one-node"
)

// Rules for allocators.
const (
	// RuleBlocks: what is handed out is a range of the right length, without host bits, inside of the cluster's range.
	RuleBlocks Rule = "blocks"
	// RuleFull: every range is handed out once, then there is an error, and it stays.
	RuleFull Rule = "full"
	// RuleOccupied: what is occupied is not handed out; occupying it once more changes nothing.
	RuleOccupied Rule = "occupied"
	// RuleReleased: what is released is handed out again.
	RuleReleased Rule = "released"
	// RuleReleasedTwice: what is released twice is handed out once.
	RuleReleasedTwice Rule = "released-twice"
	// RuleLarger: occupying or releasing a larger block means every range in it.
	RuleLarger Rule = "larger"
	// RuleSmaller: occupying a block smaller than a range keeps the range from being handed out, or is refused.
	RuleSmaller Rule = "smaller"
	// RuleOutside: a block outside of the cluster's range changes nothing, whether it is refused or not.
	RuleOutside Rule = "outside"
	// RuleNew: an allocator that cannot work is not made.
	RuleNew Rule = "new"
)

// optional reports whether r is off unless it is asked for.
func (r Rule) optional() bool { return r == RuleHostBits || r == RuleNodeCountIPv4 || r == RuleOneNode }
