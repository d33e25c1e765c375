package netdist

import "slices"

// A Source is where Kubernetes, or an installer, says a range that one of a network's has to agree with, or keep
// clear of.
type Source string

const (
	SourceClusterCIDR   Source = "cluster-cidr"   // --cluster-cidr of kube-controller-manager
	SourcePodSubnet     Source = "podSubnet"      // networking.podSubnet of kubeadm, clusterNetwork of OpenShift
	SourceProxy         Source = "clusterCIDR"    // of kube-proxy
	SourceNode          Source = "podCIDR"        // Node.spec.podCIDRs
	SourceServices      Source = "services"       // --service-cluster-ip-range of kube-apiserver
	SourceHosts         Source = "hosts"          // the hosts' own network
	SourcePods          Source = "pods"           // those of the network itself, and of other networks
	SourceLoadBalancers Source = "load-balancers" // pools for Services
	SourceHidden        Source = "hidden"         // ranges that networks take without saying so
)

// Sources returns all sources, in the order of the matrix's columns.
func Sources() []Source {
	return []Source{
		SourceClusterCIDR, SourcePodSubnet, SourceProxy, SourceNode, SourceServices, SourceHosts, SourcePods,
		SourceLoadBalancers, SourceHidden,
	}
}

// A Relation is what a network's range and a source's have to be to each other.
type Relation string

const (
	Independent Relation = "independent" // nothing is demanded; Why says why
	Equal       Relation = "equal"
	Within      Relation = "within"   // the network's range lies in one of the source's
	Contains    Relation = "contains" // the network's range contains each of the source's
	Clear       Relation = "clear"    // they share no address
	Set         Relation = "set"      // the source has to say something at all
	Unset       Relation = "unset"    // the source should say nothing, or something that contains the network's range
)

// A Level says how bad a violation is.
type Level string

const (
	LevelNone    Level = ""
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
)

// An Agreement is one cell of the matrix: what one kind of range of a network has to be to one source.
type Agreement struct {
	Network string // name of the Row; "*" for every network that has no cell of its own
	Mode    string // of the Row, "" for all that have no cell of their own
	Use     Use
	With    Source

	Relation Relation
	Level    Level
	Rule     string // id of the rule of the checker, "" where Relation is Independent
	Why      string // the reason, in a few words

	Refused Refusal // who does not take a violation; the zero value where it is taken and breaks later
}

// A Refusal is how a program answers to a violation.
type Refusal struct {
	Level  Level  // how bad it is where it is refused; "" for the level of the cell
	By     string // the program, "" where the line is that of a failure later
	Log    string // part of the line that it writes
	While  string // when it refuses, "" for always
	Source string // upstream
}

// Ids of rules that Agreements name. Those of package plan have its spelling.
const (
	ruleOutside   = "plugin-range-outside-cluster-cidr"
	ruleProxy     = "kube-proxy-cluster-cidr-mismatch"
	ruleMissing   = "podcidr-missing"
	ruleNodePods  = "podcidr-outside-cluster-cidr"
	rulePodsSvc   = "pod-service-overlap"
	ruleHostPods  = "host-pod-overlap"
	ruleReserved  = "reserved-range-overlap"
	ruleServices  = "service-range-mismatch"
	ruleHidden    = "network-hidden-range-overlap"
	ruleTwo       = "two-allocators"
	ruleLB        = "load-balancer-range-overlap"
	ruleMasquerad = "native-routing-range-too-small"
)

// Agreements returns the agreement matrix, cells of one network together. [Agreement] lookups go through [Agree].
func Agreements() []Agreement { return slices.Clone(agreements) }

// Agree returns the cell of a network in a mode: its own, that of the network in any mode, that of every network.
// It is Independent without a reason where the matrix has none.
func Agree(network, mode string, use Use, with Source) Agreement {
	best, rank := Agreement{Network: network, Mode: mode, Use: use, With: with, Relation: Independent}, -1
	for _, a := range agreements {
		if a.Use != use || a.With != with {
			continue
		}
		r := 0
		switch {
		case a.Network == network && a.Mode == mode:
			r = 3
		case a.Network == network && a.Mode == "":
			r = 2
		case a.Network == "*":
			r = 1
		}
		if r > 0 && r > rank {
			best, rank = a, r
		}
	}
	return best
}

// demand returns a cell that demands something.
func demand(network, mode string, use Use, with Source, rel Relation, level Level, rule, why string) Agreement {
	return Agreement{
		Network: network, Mode: mode, Use: use, With: with, Relation: rel, Level: level, Rule: rule, Why: why,
	}
}

// free returns a cell that demands nothing, and why.
func free(network, mode string, use Use, with Source, why string) Agreement {
	return demand(network, mode, use, with, Independent, LevelNone, "", why)
}

func (a Agreement) refused(r Refusal) Agreement {
	a.Refused = r
	return a
}

const tigeraPool = "tigera/operator pkg/controller/ippool/defaults.go mergeAndFillPools"

// agreements is the matrix. It is never changed.
var agreements = slices.Concat(everywhere, calicoCells, ciliumCells, ovnCells, otherCells)

// everywhere holds what every network has to keep to.
var everywhere = []Agreement{
	demand("*", "", Pods, SourceServices, Clear, LevelError, rulePodsSvc,
		"a ClusterIP that is a pod's address hides that pod"),
	demand("*", "", Pods, SourceHosts, Clear, LevelError, ruleHostPods,
		"routes to pods win over those to hosts"),
	demand("*", "", Pods, SourcePods, Clear, LevelError, string(PoolOverlap),
		"two pools hand out the same address"),
	demand("*", "", Pods, SourceLoadBalancers, Clear, LevelWarning, ruleLB,
		"a Service's address is a pod's as well"),
	demand("*", "", Pods, SourceHidden, Clear, LevelError, ruleHidden,
		"nodes talk to each other by these addresses"),
	demand("*", "", Services, SourceServices, Equal, LevelError, ruleServices,
		"it tells services by it"),
	demand("*", "", LoadBalancers, SourceServices, Clear, LevelError, ruleLB,
		"kube-proxy answers for the ClusterIP"),
	demand("*", "", LoadBalancers, SourcePods, Clear, LevelWarning, ruleLB,
		"a pod's address is a Service's as well"),
	free("*", "", LoadBalancers, SourceHosts,
		"layer 2 pools lie in the hosts' network; only an address in use is a fault"),
	demand("*", "", LoadBalancers, SourceClusterCIDR, Clear, LevelWarning, ruleLB,
		"pods get addresses of it"),
	demand("*", "", LoadBalancers, SourceHidden, Clear, LevelWarning, ruleHidden,
		"nodes take these addresses for themselves"),
	demand("*", "", Egress, SourcePods, Clear, LevelWarning, ruleLB,
		"a pod's address is one that others leave with"),
	demand("*", "", Egress, SourceServices, Clear, LevelWarning, ruleLB,
		"answers go to a ClusterIP"),
	demand("*", "", Hidden, SourcePods, Clear, LevelError, ruleHidden,
		"nodes talk to each other by these addresses"),
	demand("*", "", Hidden, SourceClusterCIDR, Clear, LevelError, ruleHidden,
		"pods get addresses of it"),
	demand("*", "", Hidden, SourcePodSubnet, Clear, LevelError, ruleHidden,
		"pods get addresses of it"),
	demand("*", "", Hidden, SourceServices, Clear, LevelError, ruleHidden,
		"ClusterIPs among them are not reached"),
	demand("*", "", Hidden, SourceHosts, Clear, LevelError, ruleHidden,
		"hosts among them are not reached from pods"),
	demand("*", "", Secondary, SourcePods, Clear, LevelWarning, ruleReserved,
		"a pod with both interfaces has two routes for one address"),
	demand("*", "", Secondary, SourceServices, Clear, LevelWarning, ruleReserved,
		"the interface's route wins over the way to services"),
	free("*", "", Secondary, SourceHosts, "macvlan and ipvlan share the hosts' network on purpose"),
	free("*", "", Secondary, SourceClusterCIDR, "it is no pod range of the cluster"),
	demand("*", "", Hosts, SourceServices, Clear, LevelError, "host-service-overlap",
		"kube-proxy answers for hosts"),
	demand("*", "", Address, SourcePods, Clear, LevelError, ruleHostPods,
		"nodes look for the API server among pods"),
	demand("*", "", Address, SourceServices, Clear, LevelError, "host-service-overlap",
		"kube-proxy answers for the API server"),
	free("*", "", Address, SourceHosts, "it lies in the hosts' network on purpose"),
	demand("*", "", NotMasqueraded, SourcePods, Contains, LevelWarning, ruleMasquerad,
		"what lies outside is masqueraded between nodes"),
}

var calicoCells = []Agreement{
	demand("calico", "", Pods, SourcePodSubnet, Within, LevelWarning, ruleOutside,
		"kube-proxy tells pods by the range given to kubeadm").refused(Refusal{
		By: "tigera-operator", Level: LevelError, Log: "is not within the platform's configured pod network CIDR(s)",
		Source: tigeraPool,
		While:  "an Installation states the pool; operator 1.35 and later: only until the cluster has a pool",
	}),
	demand("calico", "", Pods, SourceClusterCIDR, Within, LevelWarning, ruleOutside,
		"works until a NetworkPolicy exists: kube-proxy masquerades what comes from outside its clusterCIDR"),
	demand("calico", "", Pods, SourceProxy, Within, LevelWarning, ruleProxy,
		"pods outside of it reach services with a node's address; policies then drop them on other nodes"),
	free("calico", "", Pods, SourceNode, "calico-ipam does not look at podCIDRs"),
	demand("calico", "host-local", Pods, SourceNode, Contains, LevelError, ruleMissing,
		"pods take Node.spec.podCIDR").refused(Refusal{Log: "usePodCidr found but there is no IPv4 CIDR configured"}),
	demand("calico", "host-local", Pods, SourceClusterCIDR, Contains, LevelError, ruleOutside,
		"addresses come from podCIDRs, routes and NAT from the pool").
		refused(Refusal{Log: "is not part of any IP pools"}),
	demand("calico", "host-local", Pods, SourcePodSubnet, Contains, LevelError, ruleOutside,
		"as for --cluster-cidr"),
	free("calico", "AmazonVPC", Pods, SourceNode, "the cloud gives the addresses"),
	demand("calico", "", Pods, SourcePods, Clear, LevelError, string(PoolOverlap),
		"two pools hand out the same address").refused(Refusal{
		By:  "calico",
		Log: "CIDR overlaps with IPPool",
		While: "created by calicoctl or Calico's API server; kubectl on crd.projectcalico.org takes it " +
			"before the rules of 2026",
		Source: "libcalico-go/lib/clientv3/ippool.go",
	}),
	demand("canal", "", Pods, SourceNode, Contains, LevelError, ruleMissing,
		"pods take Node.spec.podCIDR"),
	demand("canal", "", Pods, SourceClusterCIDR, Contains, LevelError, ruleOutside,
		"addresses come from podCIDRs, flannel's routes from net-conf.json"),
	demand("canal", "", Pods, SourcePodSubnet, Contains, LevelError, ruleOutside,
		"as for --cluster-cidr"),
	demand("canal", "", Pods, SourceProxy, Contains, LevelWarning, ruleProxy,
		"as for flannel"),
}

var ciliumCells = []Agreement{
	free("cilium", "", Pods, SourceClusterCIDR,
		"its operator cuts node subnets from a pool of its own: two ranges are normal"),
	free("cilium", "", Pods, SourcePodSubnet, "as for --cluster-cidr"),
	demand("cilium", "", Pods, SourceProxy, Within, LevelInfo, ruleProxy,
		"where kube-proxy runs at all, its clusterCIDR should be the pool"),
	free("cilium", "", Pods, SourceNode, "CiliumNode objects hold the subnets; podCIDRs are not looked at"),
	demand("cilium", "kubernetes", Pods, SourceNode, Set, LevelError, ruleMissing,
		"agents wait for Node.spec.podCIDR").refused(Refusal{
		By:     "cilium-agent",
		Log:    "required IPv4 PodCIDR not available",
		Source: "cilium pkg/node/sync",
	}),
	demand("cilium", "kubernetes", Pods, SourceProxy, Equal, LevelWarning, ruleProxy,
		"pods come from --cluster-cidr"),
	demand("cilium", "kubernetes", Pods, SourceClusterCIDR, Set, LevelError, "allocate-node-cidrs-off",
		"somebody has to hand out podCIDRs"),
	demand("cilium", "", Pods, SourceHosts, Clear, LevelWarning, ruleHostPods,
		"error where a host lies in a CiliumNode's subnet, or in those of the first nodes: the lowest come first").
		refused(Refusal{Source: "cilium Documentation/network/concepts/ipam/cluster-pool.rst"}),
	demand("cilium", "", Pods, SourceServices, Clear, LevelWarning, rulePodsSvc,
		"reached once as many nodes exist"),
	demand("cilium", "", Pods, SourcePods, Clear, LevelError, string(PoolOverlap),
		"list entries must not overlap").
		refused(Refusal{By: "cilium-operator", Log: "collides with", Source: "cilium operator/pkg/ipam/allocator"}),
	demand("cilium", "eni", NotMasqueraded, SourceHosts, Within, LevelError, ruleMasquerad,
		"it has to meet the VPC's range").refused(Refusal{
		By:     "cilium-agent",
		Log:    "overlaps neither the VPC primary CIDR",
		Source: "cilium pkg/option",
	}),
}

var ovnCells = []Agreement{
	demand("ovn-kubernetes", "", Pods, SourceClusterCIDR, Equal, LevelError, ruleOutside,
		"both are made from clusterNetwork"),
	demand("ovn-kubernetes", "", Pods, SourcePodSubnet, Equal, LevelError, ruleOutside,
		"both are made from clusterNetwork"),
	demand("ovn-kubernetes", "", Pods, SourceProxy, Unset, LevelWarning, ruleProxy,
		"it has its own way to services; kube-proxy should not run"),
	free("ovn-kubernetes", "", Pods, SourceNode, "the annotation k8s.ovn.org/node-subnets holds the subnet"),
	demand("ovn-kubernetes", "", Pods, SourceHidden, Clear, LevelError, ruleHidden,
		"defaults count here").refused(Refusal{
		By:     "ovnkube",
		Log:    "illegal network configuration",
		Source: "ovn-org/ovn-kubernetes go-controller/pkg/config/utils.go",
	}),
	demand("ovn-kubernetes", "", Hidden, SourcePods, Clear, LevelError, ruleHidden,
		"the operator compares written values alone, ovnkube its defaults as well").refused(Refusal{
		By:     "ovnkube",
		Log:    "illegal network configuration",
		Source: "ovn-org/ovn-kubernetes go-controller/pkg/config/utils.go",
	}),
	demand("ovn-kubernetes", "", Hidden, SourceServices, Clear, LevelError, ruleHidden,
		"as for pods").refused(Refusal{
		By:     "ovnkube",
		Log:    "illegal network configuration",
		Source: "ovn-org/ovn-kubernetes go-controller/pkg/config/utils.go",
	}),
	demand("ovn-kubernetes", "", Pods, SourceServices, Clear, LevelError, rulePodsSvc,
		"every pair has to be disjoint").refused(Refusal{
		By:     "cluster-network-operator",
		Log:    "is already in use",
		Source: "openshift/cluster-network-operator pkg/network",
	}),
	free("kube-ovn", "", Pods, SourceClusterCIDR, "its Subnets hold the range; nobody compares"),
	free("kube-ovn", "", Pods, SourcePodSubnet, "its Subnets hold the range; nobody compares"),
	demand("kube-ovn", "", Pods, SourceProxy, Within, LevelWarning, ruleProxy,
		"pods outside of it reach services with a node's address"),
	free("kube-ovn", "", Pods, SourceNode, "one flat subnet over all nodes"),
	demand("kube-ovn", "", Pods, SourceServices, Clear, LevelError, rulePodsSvc,
		"the controller checks at its start").refused(Refusal{
		By:     "kube-ovn-controller",
		Log:    "is conflict with",
		Source: "kubeovn/kube-ovn pkg/util/net.go",
	}),
	demand("kube-ovn", "", Hidden, SourcePods, Clear, LevelError, ruleHidden,
		"the controller checks at its start").refused(Refusal{
		By:     "kube-ovn-controller",
		Log:    "is conflict with",
		Source: "kubeovn/kube-ovn pkg/util/net.go",
	}),
	demand("kube-ovn", "", Pods, SourceHosts, Clear, LevelError, ruleHostPods,
		"addresses of nodes are compared").refused(Refusal{
		By:     "kube-ovn-controller",
		Log:    "conflict with node",
		Source: "kubeovn/kube-ovn pkg/controller/subnet.go",
	}),
}

var otherCells = []Agreement{
	demand("antrea", "", Pods, SourceNode, Set, LevelError, ruleMissing,
		"pods take Node.spec.podCIDR").refused(Refusal{
		By:     "antrea-agent",
		Log:    "Spec.PodCIDR is empty for Node",
		Source: "antrea pkg/agent/agent.go",
	}),
	demand("antrea", "", Pods, SourceClusterCIDR, Equal, LevelError, ruleOutside,
		"kube-controller-manager hands out"),
	demand("antrea", "nodeIPAM", Pods, SourceClusterCIDR, Unset, LevelError, ruleTwo,
		"antrea-controller hands out podCIDRs: with --allocate-node-cidrs they are two").
		refused(Refusal{Source: "antrea docs/antrea-ipam.md"}),
	demand("antrea", "nodeIPAM", Pods, SourceNode, Contains, LevelError, ruleNodePods,
		"every podCIDR comes from clusterCIDRs"),
	demand("antrea", "", Pods, SourceProxy, Equal, LevelWarning, ruleProxy,
		"pods come from --cluster-cidr"),
	demand("weave", "", Pods, SourceClusterCIDR, Equal, LevelWarning, ruleOutside,
		"kube-proxy tells pods by it"),
	demand("weave", "", Pods, SourcePodSubnet, Equal, LevelWarning, ruleOutside,
		"kube-proxy tells pods by it"),
	demand("weave", "", Pods, SourceProxy, Within, LevelWarning, ruleProxy,
		"pods outside of it reach services with a node's address"),
	free("weave", "", Pods, SourceNode, "nodes share one flat range"),
	demand("weave", "", Pods, SourceHosts, Clear, LevelError, ruleHostPods,
		"its start script compares with the host's routes").refused(Refusal{
		By:     "weave-net",
		Log:    "overlaps with existing route",
		Source: "weaveworks/weave net/netdev.go CheckRouteExists",
	}),
	demand("kube-router", "", Pods, SourceNode, Set, LevelError, ruleMissing,
		"pods take Node.spec.podCIDRs, or annotations of the Node").refused(Refusal{
		By:     "kube-router",
		Log:    "Couldn't determine any Pod CIDRs",
		Source: "cloudnativelabs/kube-router pkg/utils/pod_cidr.go",
	}),
	demand("kube-router", "", Pods, SourceClusterCIDR, Set, LevelError, "allocate-node-cidrs-off",
		"somebody has to hand out podCIDRs"),
	demand("kube-router", "", Pods, SourceProxy, Equal, LevelWarning, ruleProxy,
		"where kube-proxy runs at all, it tells pods by it"),
	free("kube-router", "no-router", Pods, SourceNode, "another network gives the addresses"),
	free("kube-router", "no-router", Pods, SourceClusterCIDR, "another network gives the addresses"),
	demand("kube-router", "", NodeBlock, SourceClusterCIDR, Within, LevelWarning, ruleNodePods,
		"an annotation wins over podCIDR"),
	demand("kube-router", "", LoadBalancers, SourceServices, Clear, LevelError, ruleLB,
		"newer releases refuse").refused(Refusal{
		By:     "kube-router",
		While:  "strict external IP validation",
		Source: "cloudnativelabs/kube-router docs",
	}),
	demand("kindnet", "", Pods, SourceNode, Contains, LevelError, ruleMissing,
		"pods take Node.spec.podCIDRs"),
	demand("kindnet", "", Pods, SourceClusterCIDR, Equal, LevelError, ruleOutside,
		"kind writes both from podSubnet"),
	demand("kindnet", "", Pods, SourceProxy, Equal, LevelWarning, ruleProxy,
		"kind writes both from podSubnet"),
	demand("kindnet", "", Pods, SourcePodSubnet, Equal, LevelError, ruleOutside,
		"kind writes both from podSubnet"),
	demand("flannel", "", Pods, SourceNode, Contains, LevelError, ruleMissing,
		"pods take Node.spec.podCIDR"),
	demand("flannel", "", Pods, SourceClusterCIDR, Contains, LevelError, "flannel-network-mismatch",
		"flannel's Network has to hold every podCIDR"),
	demand("flannel", "", Pods, SourcePodSubnet, Contains, LevelError, "flannel-network-mismatch",
		"as for --cluster-cidr"),
	free("aws-vpc-cni", "", Pods, SourceHosts, "pods have addresses of the hosts' subnets by design"),
	free("aws-vpc-cni", "", Pods, SourceNode, "the cloud gives the addresses"),
	free("aws-vpc-cni", "", Pods, SourceClusterCIDR, "the cloud gives the addresses"),
	free("azure-cni", "", Pods, SourceHosts, "pods have addresses of the hosts' subnets by design"),
	free("azure-cni", "", Pods, SourceNode, "the cloud gives the addresses"),
	free("azure-cni", "", Pods, SourceClusterCIDR, "the cloud gives the addresses"),
	free("terway", "", Pods, SourceHosts, "pods have addresses of the hosts' subnets by design"),
	free("clustercidr", "", Pods, SourceClusterCIDR, "the objects stand in place of the flag"),
	demand("clustercidr", "", Pods, SourceNode, Contains, LevelError, ruleNodePods,
		"every podCIDR comes from one of them"),
	demand("gardener", "", Pods, SourceClusterCIDR, Equal, LevelError, ruleOutside,
		"Gardener writes the flag from the Shoot"),
	demand("gardener", "", Pods, SourceServices, Clear, LevelError, rulePodsSvc,
		"refused when the Shoot is created").refused(Refusal{
		By:     "gardener-apiserver",
		Log:    "shoot pod network intersects with shoot service network",
		Source: "gardener/gardener pkg/utils/validation/cidr",
	}),
	demand("gardener", "", Pods, SourceHosts, Clear, LevelError, ruleHostPods,
		"refused when the Shoot is created").refused(Refusal{
		By:     "gardener-apiserver",
		Log:    "shoot pod network intersects with shoot node network",
		Source: "gardener/gardener pkg/utils/validation/cidr",
	}),
	demand("gardener", "", Pods, SourceHidden, Clear, LevelError, ruleHidden,
		"refused when the Shoot is created").refused(Refusal{
		By:     "gardener-apiserver",
		Log:    "network intersects with",
		Source: "gardener/gardener pkg/utils/validation/cidr",
	}),
	demand("submariner", "", Pods, SourcePods, Clear, LevelError, ruleOutside,
		"without Globalnet all clusters' ranges have to be disjoint").refused(Refusal{
		By:     "subctl",
		Log:    "overlaps with cluster",
		While:  "the mode is not globalnet",
		Source: "submariner-operator pkg/discovery/globalnet",
	}),
	free("submariner", "globalnet", Pods, SourcePods, "clusters may have the same ranges"),
	demand("metallb", "", LoadBalancers, SourceLoadBalancers, Clear, LevelError, string(PoolOverlap),
		"pools have to be disjoint").refused(Refusal{
		By:     "metallb",
		Log:    "overlaps with already defined CIDR",
		Source: "metallb/metallb internal/config/config.go",
	}),
	demand("cilium", "", LoadBalancers, SourceLoadBalancers, Clear, LevelWarning, string(PoolOverlap),
		"the later pool is marked as conflicting and hands out nothing").
		refused(Refusal{Log: "cilium.io/PoolConflict", Source: "cilium operator/pkg/lbipam"}),
	free("nodelocaldns", "", Hidden, SourceServices, "clusterDNS of kubelets with this address is healthy"),
}
