package kubectl

import (
	"regexp"
	"slices"
	"sync"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A message is one row of the catalogue of what Kubernetes' programs say about addresses, in a log or an event.
type message struct {
	ID        string
	Component fact.Component // that says it
	// Pattern is a regular expression (package regexp) for the message without time and header, \" read as ". Its groups
	// node, subnet, network, first and last give the values of a [fact.Symptom]; first and last are the ends of a range.
	Pattern string
	Cause   string        // what most often causes it
	Remedy  string        // what most often mends it
	Rules   []fact.RuleID // findings that explain it, most likely first
	Source  string        // where upstream writes it

	literals []string // one of them is in every text that Pattern matches
	unless   string   // a text that holds it is somebody else's
}

// Groups of the patterns. CIDRs stand as the programs print them, in brackets and quotes or not.
const (
	reSubnet  = `(?P<subnet>[0-9a-fA-F.:]+/[0-9]+)`
	reNetwork = `(?P<network>[0-9a-fA-F.:]+/[0-9]+)`
	reAddr    = `(?P<subnet>[0-9a-fA-F.:]*[0-9a-fA-F])`
	reNode    = `(?P<node>[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?)`
)

// noSubnet are the rules that leave a node without a subnet.
var noSubnet = func() []fact.RuleID {
	return []fact.RuleID{
		fact.RuleClusterCIDRExhausted, fact.RulePodServiceOverlap, fact.RuleNodeMaskTooShort, fact.RuleControlPlaneFlagsDiffer,
	}
}

// noFlannel are the rules that keep flannel from writing subnet.env.
var noFlannel = func() []fact.RuleID {
	return []fact.RuleID{
		fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed,
		fact.RuleClusterCIDRExhausted, fact.RuleFlannelNetworkMismatch, fact.RuleNetConfMalformed, fact.RuleNetConfMissing,
		fact.RuleNetConfSubnetRangeInvalid, fact.RuleFlannelIPv6Disabled, fact.RuleDualStackIPv6First, fact.RulePodServiceOverlap,
		fact.RulePodCIDRFamilyMissing, fact.RulePodCIDRMissing,
	}
}

// messages returns the catalogue, in the order in which its patterns are tried. It belongs to the caller.
func messages() []message {
	const (
		kcm     = fact.ControllerManager
		server  = fact.APIServer
		proxy   = fact.KubeProxy
		kubelet = fact.Kubelet
		adm     = fact.Kubeadm
		ipam    = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go"
		set     = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset/cidr_set.go"
		core    = "k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go"
		apisrv  = "k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go"
		admval  = "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/validation/validation.go"
		svcip   = "k8s.io/kubernetes v1.37.2 pkg/registry/core/service/ipallocator"
		corev   = "k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go"
	)
	rules := func(r ...fact.RuleID) []fact.RuleID { return r }
	return []message{
		// kube-controller-manager: the node IPAM controller.
		{
			ID: "node-cidr-outside-cluster-cidr", Component: kcm,
			Pattern: `failed to mark cidr\[` + reSubnet + `\] at idx \[\d+\] as occupied for node: ` + reNode + `: cidr \S+ is out the range of cluster cidr ` + reNetwork,
			Cause:   "a node holds a subnet that lies outside of --cluster-cidr: the range was changed, or this control plane has another one than the rest",
			Remedy:  "give kube-controller-manager the range that the nodes were numbered from, on every control plane; or drain, delete and register the node again",
			Rules:   rules(fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer, fact.RuleDualStackIPv6First, fact.RuleIPFamilyMismatch),
			Source:  ipam + " NewCIDRRangeAllocator, occupyCIDRs", literals: []string{"out the range of cluster cidr"},
		},
		{
			ID: "node-cidr-outside-cluster-cidr", Component: kcm,
			Pattern: `cidr ` + reSubnet + ` is out the range of cluster cidr ` + reNetwork,
			Cause:   "a node holds a subnet that lies outside of --cluster-cidr: the range was changed, or this control plane has another one than the rest",
			Remedy:  "give kube-controller-manager the range that the nodes were numbered from, on every control plane; or drain, delete and register the node again",
			Rules:   rules(fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer, fact.RuleDualStackIPv6First, fact.RuleIPFamilyMismatch),
			Source:  set + " CidrSet.getBeginningAndEndIndices; without the node up to 1.15", literals: []string{"out the range of cluster cidr"},
		},
		{
			ID: "node-cidr-beyond-cluster-cidrs", Component: kcm,
			Pattern: `node:` + reNode + ` has an allocated cidr: ` + reSubnet + ` at index:\d+ that does not exist in cluster cidrs configuration`,
			Cause:   "a node holds more subnets than --cluster-cidr has ranges: a dual-stack cluster was given one range",
			Remedy:  "put both ranges back into --cluster-cidr; going to one family needs every node deleted and registered again",
			Rules:   rules(fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer, fact.RuleFlagGivenTwice),
			Source:  ipam + " occupyCIDRs, since 1.17", literals: []string{"does not exist in cluster cidrs"},
		},
		{
			ID: "node-cidr-malformed", Component: kcm,
			Pattern: `failed to parse node ` + reNode + `, CIDR \S+`,
			Cause:   "a Node object holds a podCIDR that is none",
			Remedy:  "delete the Node object and let its kubelet register again",
			Rules:   rules(fact.RuleCIDRMalformed),
			Source:  ipam + " occupyCIDRs", literals: []string{"failed to parse node"},
		},
		{
			ID: "no-remaining-cidrs", Component: kcm,
			Pattern: `(?:error syncing '` + reNode + `': )?(?:failed to allocate cidr[^:]*(?: idx:\d+)?: )?CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range`,
			Cause:   "every node subnet of the range is taken: the range is too small for the nodes, or the service range covers it",
			Remedy:  "a wider --cluster-cidr that contains the old one, or longer node masks for new nodes; and a service range that does not overlap",
			Rules:   noSubnet(),
			Source:  set + " ErrCIDRRangeNoCIDRsRemaining", literals: []string{"no remaining CIDRs left"},
		},
		{
			ID: "cidr-not-available", Component: kcm,
			Pattern: `Node ` + reNode + ` status is now: CIDRNotAvailable`,
			Cause:   "no subnet was left for this node: the range is too small for the nodes, or the service range covers it",
			Remedy:  "a wider --cluster-cidr that contains the old one, or longer node masks for new nodes; and a service range that does not overlap",
			Rules:   noSubnet(),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/controller/util/node/controller_utils.go RecordNodeStatusChange", literals: []string{"CIDRNotAvailable"},
		},
		{
			ID: "cidr-not-available", Component: kcm,
			Pattern: `Recording status change CIDRNotAvailable event message for node ` + reNode + `|Recording status change event message for node" .*status="CIDRNotAvailable"`,
			Cause:   "no subnet was left for this node: the range is too small for the nodes, or the service range covers it",
			Remedy:  "a wider --cluster-cidr that contains the old one, or longer node masks for new nodes; and a service range that does not overlap",
			Rules:   noSubnet(),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/controller/util/node/controller_utils.go RecordNodeStatusChange", literals: []string{"Recording status change"},
		},
		{
			ID: "cidr-assignment-failed", Component: kcm,
			Pattern: `Node ` + reNode + ` status is now: CIDRAssignmentFailed|Failed to update node PodCIDR after multiple attempts`,
			Cause:   "the API server did not take the subnet: the node holds one already, the mask is longer than an address, or the server did not answer",
			Remedy:  "read the error behind it; kubectl get node -o yaml shows what the node holds",
			Rules:   rules(fact.RuleNodeMaskTooFar, fact.RuleTwoAllocators, fact.RuleCIDRMalformed, fact.RuleNodeSubnetDuplicate),
			Source:  ipam + " updateCIDRsAllocation", literals: []string{"CIDRAssignmentFailed", "Failed to update node PodCIDR"},
		},
		{
			ID: "node-cidr-out-of-allocator", Component: kcm,
			Pattern: `CIDR: ` + reSubnet + ` is out of the range of CIDR allocator`,
			Cause:   "a subnet does not belong to the range that this controller hands out",
			Remedy:  "compare --cluster-cidr on all control planes with the nodes' podCIDRs",
			Rules:   rules(fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer),
			Source:  set + " CidrSet.getIndexForIP", literals: []string{"out of the range of CIDR allocator"},
		},
		{
			ID: "node-mask-too-far", Component: kcm,
			Pattern: `New CIDR set failed; the node CIDR size is too big`,
			Cause:   "the IPv6 node mask is more than 16 bits longer than the range",
			Remedy:  "a longer range or a shorter node mask: /48 with /64, /56 with /72",
			Rules:   rules(fact.RuleNodeMaskTooFar),
			Source:  set + " clusterSubnetMaxDiff", literals: []string{"node CIDR size is too big"},
		},
		{
			ID: "node-mask-too-short", Component: kcm,
			Pattern: `Invalid --cluster-cidr, mask size of cluster CIDR must be less than (?:or equal to )?--node-cidr-mask-size`,
			Cause:   "one node's subnet would be larger than the whole range",
			Remedy:  "use a shorter prefix for the range, or make the mask, by the flag that the message names, at least as long as it",
			Rules:   rules(fact.RuleNodeMaskTooShort),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController", literals: []string{"Invalid --cluster-cidr"},
		},
		{
			ID: "node-mask-flag-refused", Component: kcm,
			Pattern: `usage of --node-cidr-mask-size[-a-z0-9 ]*(?:is|are) not allowed|--node-cidr-mask-size[-a-z0-9 ]*are not allowed with non dual-stack clusters`,
			Cause:   "the node mask flags do not go with the families of --cluster-cidr",
			Remedy:  "one family: --node-cidr-mask-size, or the flag of that family; two families: --node-cidr-mask-size-ipv4 and -ipv6",
			Rules:   rules(fact.RuleNodeMaskFlagIgnored),
			Source:  core + " setNodeCIDRMaskSizes", literals: []string{"--node-cidr-mask-size"},
		},
		{
			ID: "cluster-cidr-unset", Component: kcm,
			Pattern: `(?i)unsuccessful parsing of cluster CIDR ?: *invalid CIDR address: *$|invalid CIDR\[0\]: <nil> \(invalid CIDR address: \)|Must specify --cluster-cidr if --allocate-node-cidrs is set`,
			Cause:   "kube-controller-manager has no --cluster-cidr: kubeadm was given no pod range, or did not read it",
			Remedy:  "networking.podSubnet in kubeadm's configuration or --pod-network-cidr; on a running cluster --allocate-node-cidrs=true and --cluster-cidr in every kube-controller-manager.yaml",
			Rules:   rules(fact.RulePodCIDRUnset, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed),
			Source:  core + " processCIDRs", literals: []string{"nvalid CIDR", "nsuccessful parsing of cluster CIDR", "Must specify --cluster-cidr"},
		},
		{
			ID: "cluster-cidr-malformed", Component: kcm,
			Pattern: `(?i)unsuccessful parsing of (?:cluster|service) CIDR(?: [^ :]+)? ?: *invalid CIDR address: *\S+|invalid CIDR\[\d\]: <nil> \(invalid CIDR address: [^)]*\)|unsuccessful parsing of service CIDR" err="invalid CIDR address: [^"]+"`,
			Cause:   "a range in kube-controller-manager's flags is no CIDR: quotes, a blank behind the comma, a missing length",
			Remedy:  "write it as 10.244.0.0/16, or 10.244.0.0/16,fd00::/56 without a blank",
			Rules:   rules(fact.RuleCIDRMalformed),
			Source:  core + " processCIDRs, startNodeIpamController", literals: []string{"nvalid CIDR address"},
		},
		{
			ID: "too-many-cluster-cidrs", Component: kcm,
			Pattern: `len of ClusterCIDRs==2 and they are not configured as dual stack|len(?:gth)? of cluster(?:CIDR)?s is:? ?>?\d+ (?:> )?more than max allowed of 2|serviceCIDR and secondaryServiceCIDR are not dualstack|--service-cluster-ip-range can not contain more than two entries`,
			Cause:   "kube-controller-manager takes one range, or two of different families",
			Remedy:  "one range of each family; to widen a range give the wider one alone",
			Rules:   rules(fact.RuleTooManyRanges),
			Source:  core + " validateCIDRs", literals: []string{"of ClusterCIDRs", "of clusterCIDRs", "max allowed of 2", "not dualstack", "more than two entries"},
		},
		{
			ID: "cidr-allocator-unknown", Component: kcm,
			Pattern: `The ipam \S+ is not available|invalid CIDR allocator type: `,
			Cause:   "--cidr-allocator-type names an allocator that this release does not have",
			Remedy:  "remove the flag",
			Rules:   rules(fact.RuleAllocatorTypeUnknown),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/options/nodeipamcontroller.go Validate", literals: []string{"The ipam", "CIDR allocator type"},
		},
		{
			ID: "stray-argument", Component: kcm,
			Pattern: `"kube-controller-manager" does not take any arguments, got \["(?:true|false)"\]`,
			Cause:   "a boolean flag was written with a blank: --allocate-node-cidrs false means true, and a word that belongs to nothing",
			Remedy:  "write --allocate-node-cidrs=true",
			Rules:   rules(fact.RuleAllocateNodeCIDRsOff),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/controllermanager.go, since 1.19", literals: []string{"does not take any arguments"},
		},

		{
			ID: "servers-differ-unsaid", Component: kcm,
			Pattern: `critical configuration value mismatch`,
			Cause:   "this server of k3s or RKE2 was given other values than the one that it joins, of ranges or of other things",
			Remedy:  "the same cluster-cidr, service-cidr, cluster-dns and flannel-backend on every server; the lines above say which differ",
			Rules:   rules(fact.RuleControlPlaneFlagsDiffer),
			Source:  "github.com/k3s-io/k3s pkg/cluster/bootstrap.go", literals: []string{"configuration value mismatch"},
		},
		{
			ID: "servers-differ", Component: kcm,
			Pattern: `critical configuration mismatched: (?:ClusterIPRanges?|ServiceIPRanges?|ClusterDNSs?)`,
			Cause:   "this server of k3s or RKE2 was given other ranges than the one that it joins",
			Remedy:  "the same cluster-cidr, service-cidr and cluster-dns on every server",
			Rules:   rules(fact.RuleControlPlaneFlagsDiffer, fact.RuleServiceRangeMismatch),
			Source:  "github.com/k3s-io/k3s pkg/cluster/bootstrap.go", literals: []string{"configuration mismatched"},
		},

		// kube-apiserver.
		{
			ID: "service-ip-outside-range", Component: server,
			Pattern: `(?i)cluster IP (?:\[[^\]]*\]: ?)?` + reAddr + `(?: for service \S+)? is not within (?:the|any configured) service CIDR(?:s)?(?: ` + reNetwork + `)?`,
			Cause:   "a Service was given its address from another range than this kube-apiserver has: the range was changed, or the control planes have different ones",
			Remedy:  "the same --service-cluster-ip-range on every control plane; then delete the Service, and it is created again with an address of the range",
			Rules:   rules(fact.RuleControlPlaneFlagsDiffer, fact.RuleServiceRangeMismatch, fact.RuleClusterDNSOutside, fact.RuleClusterIPOutside),
			Source:  svcip + "/controller/repairip.go, repair.go", literals: []string{"not within the service CIDR", "not within any configured"},
		},
		{
			ID: "service-ip-refused", Component: server,
			Pattern: `failed to allocate (?:IP|a serviceIP:? ?)(?: ` + reAddr + `)?:? ?(?:the )?provided IP(?: \([^)]*\))? is not in the valid range(?:\. The range of valid IPs is ` + reNetwork + `)?`,
			Cause:   "a Service asks for an address outside of the service range: cluster DNS was rendered for another range",
			Remedy:  "the tenth address of the range for kube-dns, and the same address as clusterDNS of the kubelets",
			Rules:   rules(fact.RuleClusterDNSOutside, fact.RuleServiceRangeMismatch, fact.RuleControlPlaneFlagsDiffer),
			Source:  svcip + " ErrNotInRange", literals: []string{"not in the valid range"},
		},
		{
			ID: "default-service-cidr-inconsistent", Component: server,
			Pattern: `The default ServiceCIDR \[?` + reSubnet + `.* does not match the controller flag configurations \[?` + reNetwork + `|Inconsistent ServiceCIDR status for \S+, controller configuration: \[?` + `(?P<network2>[0-9a-fA-F.:]+/[0-9]+)` + `.*ServiceCIDR configuration: \[?` + `(?P<subnet2>[0-9a-fA-F.:]+/[0-9]+)` + `|KubernetesDefaultServiceCIDRInconsistent`,
			Cause:   "--service-cluster-ip-range was changed, but the ServiceCIDR object kubernetes keeps the old range: the flag alone changes nothing",
			Remedy:  "put the old range back into the flag; or add a ServiceCIDR with the new one, move the Services, and delete the old object",
			Rules:   rules(fact.RuleServiceRangeMismatch, fact.RuleControlPlaneFlagsDiffer),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go, since 1.33", literals: []string{"ServiceCIDR"},
		},
		{
			ID: "service-range-too-large", Component: server,
			Pattern: `specified (?P<field>--service-cluster-ip-range|--secondary-service-cluster-ip-range|service-cluster-ip-range\S*) is too large|shortest allowed prefix length for service CIDR is 64, got \d+`,
			Cause:   "the service range has more addresses than this release of kube-apiserver takes",
			Remedy:  "a /12 or longer for IPv4, a /108 or longer for IPv6",
			Rules:   rules(fact.RuleServiceRangeTooLarge),
			Source:  apisrv + " validateMaxCIDRRange", literals: []string{"is too large", "shortest allowed prefix length"},
		},
		{
			ID: "service-range-too-small", Component: server,
			Pattern: `the service cluster IP range must be at least 8 IP addresses`,
			Cause:   "the service range has fewer than 8 addresses",
			Remedy:  "a /24 or shorter leaves room; kubeadm takes a /28 at least",
			Rules:   rules(fact.RuleServiceRangeTooSmall, fact.RuleCIDRMalformed),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/controlplane/apiserver/options/options.go ServiceIPRange", literals: []string{"at least 8 IP addresses"},
		},
		{
			ID: "service-range-full", Component: server,
			Pattern: `failed to allocate (?:IP|a serviceIP)[^"]*: range is full|the service CIDR ` + reNetwork + ` is full`,
			Cause:   "every address of the service range is taken",
			Remedy:  "since 1.33 add a ServiceCIDR object; before, a new cluster with a wider range",
			Rules:   rules(fact.RuleServiceRangeTooSmall),
			Source:  svcip + " ErrFull", literals: []string{"range is full", "is full; you must"},
		},
		{
			ID: "service-ranges-wrong", Component: server,
			Pattern: `--service-cluster-ip-range must not contain more than two entries|--service-cluster-ip-range\[0\] and --service-cluster-ip-range\[1\] must be of different IP family`,
			Cause:   "kube-apiserver takes one service range, or two of different families",
			Remedy:  "one range of each family",
			Rules:   rules(fact.RuleTooManyRanges),
			Source:  apisrv + " validateClusterIPFlags", literals: []string{"--service-cluster-ip-range"},
		},
		{
			ID: "service-range-malformed", Component: server,
			Pattern: `service-cluster-ip-range\[\d\] is not (?:a valid cidr|an ip net)`,
			Cause:   "--service-cluster-ip-range is no CIDR: quotes, a blank behind the comma, a missing length",
			Remedy:  "write it as 10.96.0.0/12, or 10.96.0.0/16,fd00::/108 without a blank",
			Rules:   rules(fact.RuleCIDRMalformed),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/controlplane/apiserver/options getServiceIPAndRanges", literals: []string{"service-cluster-ip-range["},
		},
		{
			ID: "service-family-mismatch", Component: server,
			Pattern: `service IP family "` + reNetwork + `" must match public address family "` + reAddr + `"`,
			Cause:   "the first service range is of another family than --advertise-address",
			Remedy:  "put the range of the advertise address's family first, or advertise an address of the other family",
			Rules:   rules(fact.RuleIPFamilyMismatch),
			Source:  apisrv + " validatePublicIPServiceClusterIPRangeIPFamilies, since 1.24", literals: []string{"must match public address family"},
		},
		{
			ID: "podcidr-immutable", Component: server,
			Pattern: `node updates may not change podCIDR except from "" to valid`,
			Cause:   "somebody, or a controller, tried to change the subnet of a node that holds one",
			Remedy:  "drain the node, delete the Node object, and restart its kubelet: it registers again and is given a subnet",
			Rules:   rules(fact.RuleNodeSubnetDuplicate, fact.RulePodCIDROutsideClusterCIDR, fact.RuleNodeMaskImmutable, fact.RuleFlannelNetworkMismatch),
			Source:  corev + " ValidateNodeUpdate", literals: []string{"may not change podCIDR"},
		},
		{
			ID: "podcidr-families", Component: server,
			Pattern: `may specify no more than one CIDR for each IP family`,
			Cause:   "a node was given two subnets of one family",
			Remedy:  "one subnet of each family",
			Rules:   rules(fact.RuleTooManyRanges),
			Source:  corev + " ValidateNode", literals: []string{"no more than one CIDR for each IP family"},
		},
		{
			ID: "podcidr-not-canonical", Component: server,
			Pattern: `(?i)podCIDRs?\S*: Invalid value: "` + reSubnet + `": must not have (?:bits set beyond the prefix length|leading 0s in IP or prefix length|an IPv4-mapped IPv6 address)`,
			Cause:   "a node holds a subnet that Kubernetes 1.36 and later refuse; labels and taints of such a node cannot be changed either",
			Remedy:  "drain the node, delete the Node object, and restart its kubelet",
			Rules:   rules(fact.RuleCIDRHostBitsSet, fact.RuleCIDRMalformed),
			Source:  corev + " gate StrictIPCIDRValidation, on since 1.36", literals: []string{"must not have"},
		},

		// kube-proxy.
		{
			ID: "kube-proxy-no-cluster-cidr", Component: proxy,
			Pattern: `(?i)detect-local-mode set to ClusterCIDR, but no cluster CIDR (?:defined|specified for primary IP family)|clusterCIDR not specified, unable to distinguish between internal and external traffic`,
			Cause:   "kube-proxy has no clusterCIDR: kubeadm was given no pod range",
			Remedy:  "clusterCIDR in the ConfigMap kube-proxy, then restart kube-proxy; without it traffic from outside is not told from pods' traffic",
			Rules:   rules(fact.RulePodCIDRUnset, fact.RuleKubeProxyMismatch, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kube-proxy/app/server_linux.go getLocalDetectors", literals: []string{"no cluster CIDR", "clusterCIDR not specified"},
		},
		{
			ID: "kube-proxy-family", Component: proxy,
			Pattern: `(?i)cluster is \S+-only but clusterCIDRs contains only IPv[46] addresses|clusterCIDRs contains only IPv[46] addresses`,
			Cause:   "clusterCIDR of kube-proxy is of another family than the node",
			Remedy:  "clusterCIDR in the ConfigMap kube-proxy with the family of the nodes, then restart kube-proxy",
			Rules:   rules(fact.RuleKubeProxyMismatch, fact.RuleIPFamilyMismatch),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kube-proxy/app/server.go checkBadConfig", literals: []string{"clusterCIDRs contains only"},
		},
		{
			ID: "kube-proxy-cidr-malformed", Component: proxy,
			Pattern: `(?i)ClusterCIDRs?: Invalid value: .*must be (?:a )?(?:either a single CIDR|a valid CIDR block)|must be a either a single CIDR or dual-stack pair of CIDRs`,
			Cause:   "clusterCIDR of kube-proxy is no CIDR, or more than one of each family",
			Remedy:  "write it as 10.244.0.0/16, or 10.244.0.0/16,fd00::/56 without a blank",
			Rules:   rules(fact.RuleCIDRMalformed, fact.RuleTooManyRanges, fact.RuleKubeProxyMismatch),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/proxy/apis/config/validation/validation.go", literals: []string{"must be a"},
		},

		// kubelet, and the network plugins whose errors it hands on.
		{
			ID: "subnet-env-missing", Component: kubelet,
			Pattern: `open /run/flannel/subnet\.env: no such file or directory`,
			Cause:   "flannel has not written /run/flannel/subnet.env on this node: it was given no subnet, or does not run",
			Remedy:  "the log of the kube-flannel pod of this node says why; most often the node has no podCIDR",
			Rules:   noFlannel(),
			Source:  "github.com/flannel-io/cni-plugin flannel.go loadFlannelSubnetEnv", literals: []string{"/run/flannel/subnet.env"},
		},
		{
			ID: "cni0-address-differs", Component: kubelet,
			Pattern: `"?cni0"? already has an IP address different from ` + reSubnet,
			Cause:   "the bridge cni0 still has an address of the subnet that this node had before",
			Remedy:  "on the node: ip link set cni0 down; ip link delete cni0; the next pod creates it anew",
			Rules:   rules(fact.RuleSubnetEnvMismatch, fact.RuleBridgeMismatch, fact.RuleNodeSubnetDuplicate, fact.RuleFlannelNetworkMismatch),
			Source:  "github.com/containernetworking/plugins plugins/main/bridge/bridge.go ensureAddr", literals: []string{"already has an IP address different from"},
		},
		{
			ID: "node-subnet-full", Component: kubelet,
			Pattern: `no IP addresses available in range set: (?P<first>[0-9a-fA-F.:]+)-(?P<last>[0-9a-fA-F.:]+)`,
			Cause:   "every address of this node's subnet is taken: more pods than addresses, or addresses that were never given back after a crash",
			Remedy:  "lower maxPods below the addresses of the subnet; with few pods running, remove stale files of /var/lib/cni/networks on the node",
			Rules:   rules(fact.RuleMaxPodsOverNodeRange),
			Source:  "github.com/containernetworking/plugins plugins/ipam/host-local/backend/allocator/allocator.go IPAllocator.Get", literals: []string{"no IP addresses available in range set"},
		},
		{
			ID: "kubenet-without-pod-cidr", Component: kubelet,
			Pattern: `kubenet does not have netConfig\. This is most likely due to lack of PodCIDR`,
			Cause:   "the node has no podCIDR",
			Remedy:  "--allocate-node-cidrs=true and --cluster-cidr for kube-controller-manager",
			Rules:   append(rules(fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff), noSubnet()...),
			Source:  "k8s.io/kubernetes pkg/kubelet/dockershim/network/kubenet, up to 1.23", literals: []string{"lack of PodCIDR"},
		},
		{
			ID: "cluster-dns-unset", Component: kubelet,
			Pattern: `kubelet does not have ClusterDNS IP configured`,
			Cause:   "the kubelet has no clusterDNS",
			Remedy:  "clusterDNS in /var/lib/kubelet/config.yaml: the address of the service kube-dns",
			Rules:   rules(fact.RuleClusterDNSOutside),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/kubelet/network/dns/dns.go", literals: []string{"ClusterDNS IP"},
		},
		{
			ID: "network-plugin-not-ready", Component: kubelet,
			Pattern: `(?i)cni plugin not initialized|cni config uninitialized|Unable to update cni config: no (?:valid )?networks found in`,
			Cause:   "no network plugin has put its configuration into /etc/cni/net.d: it is not installed, or does not start",
			Remedy:  "the log of the network plugin's pod of this node says why",
			Rules:   noFlannel(),
			Source:  "k8s.io/kubernetes v1.37.2 pkg/kubelet/kubelet.go, containerd internal/cri/server", literals: []string{"cni", "CNI"},
		},

		// Any program in a pod that does not reach the API server under its service address, the first of the range.
		{
			ID: "service-ip-unreachable", Component: "pod",
			Pattern: `dial tcp \[?(?P<subnet>[0-9a-fA-F.:]*[.:]1)\]?:443: (?:i/o timeout|connect: (?:no route to host|network is unreachable|connection refused|connection timed out))`,
			Cause:   "the service address of the API server is not reached from a pod: its range overlaps the hosts' or the pods', kube-proxy does not run or has the wrong clusterCIDR, or a firewall is in the way",
			Remedy:  "compare the service range with the hosts' addresses and the pod range; kubectl -n kube-system logs ds/kube-proxy",
			Rules: rules(fact.RuleHostServiceOverlap, fact.RulePodServiceOverlap, fact.RuleHostPodOverlap, fact.RuleKubeProxyMismatch,
				fact.RuleControlPlaneFlagsDiffer, fact.RuleServiceRangeMismatch, fact.RuleFlannelNetworkMismatch, fact.RuleNodeSubnetDuplicate, fact.RuleSubnetEnvMismatch),
			Source: "Go net.OpError", literals: []string{"dial tcp"}, unless: "error retrieving pod spec", // flannel's own message
		},

		// kubeadm.
		{
			ID: "kubeadm-flags-mixed", Component: adm,
			Pattern: `can not mix '--config' with arguments \[[^\]]*(?:pod-network-cidr|service-cidr|apiserver-advertise-address)`,
			Cause:   "kubeadm takes ranges from --config or from flags, not both",
			Remedy:  "networking.podSubnet and networking.serviceSubnet of ClusterConfiguration in the file, and none of the flags",
			Rules:   rules(fact.RuleKubeadmFlagsMixed),
			Source:  admval + " ValidateMixedArguments", literals: []string{"can not mix '--config'"},
		},
		{
			ID: "kubeadm-key-unknown", Component: adm,
			Pattern: `unknown field "(?:[a-zA-Z.\[\]0-9]*\.)?(?i:pod-?subnets?|service-?subnets?|pod-?cidrs?|service-?cidrs?|pod-?network-?cidr|cluster-?cidr|dns-?domain|networking)"`,
			Cause:   "kubeadm does not know the key there: wrong case, wrong depth or a wrong name; kubeadm init drops it with a warning",
			Remedy:  "networking.podSubnet and networking.serviceSubnet, below ClusterConfiguration",
			Rules:   rules(fact.RuleKubeadmKeyMisplaced, fact.RulePodCIDRUnset),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/strict", literals: []string{"unknown field"},
		},
		{
			ID: "kubeadm-cidr-malformed", Component: adm,
			Pattern: `(?:podSubnet|serviceSubnet|podSubnetCIDR|networking\.\w+)\S*: Invalid value: "[^"]*": couldn't parse subnet`,
			Cause:   "a range of kubeadm's configuration is no CIDR",
			Remedy:  "write it as 10.244.0.0/16, or 10.244.0.0/16,fd00::/56 without a blank",
			Rules:   rules(fact.RuleCIDRMalformed),
			Source:  admval + " ValidateIPNetFromString", literals: []string{"couldn't parse subnet"},
		},
		{
			ID: "kubeadm-service-range-too-small", Component: adm,
			Pattern: `serviceSubnet: Invalid value: "(?:` + reSubnet + `|[^"]*)": (?:subnet with \d+ address\(es\) is too small|subnet is too small)|can't generate IP with index 10 from subnet`,
			Cause:   "kubeadm needs 10 addresses for services: the tenth is that of cluster DNS",
			Remedy:  "a /28 at least, /24 or shorter leaves room",
			Rules:   rules(fact.RuleServiceRangeTooSmall),
			Source:  admval + " ValidateIPNetFromString", literals: []string{"too small"},
		},
		{
			ID: "kubeadm-pod-range-too-small", Component: adm,
			Pattern: `podSubnet: Invalid value: "(?:` + reSubnet + `|[^"]*)": (?:subnet with \d+ address\(es\) is too small|subnet is too small)`,
			Cause:   "kubeadm needs 14 addresses for pods",
			Remedy:  "a range that holds a subnet for each node: /16 for 256 nodes of /24",
			Rules:   rules(fact.RulePodRangeTooSmall),
			Source:  admval + " ValidateIPNetFromString", literals: []string{"too small"},
		},
		{
			ID: "kubeadm-service-range-too-large", Component: adm,
			Pattern: `(?:Invalid value: "` + reSubnet + `": )?specified service subnet is too large`,
			Cause:   "kubeadm takes 20 bits of service addresses at most",
			Remedy:  "a /12 or longer for IPv4, a /108 or longer for IPv6",
			Rules:   rules(fact.RuleServiceRangeTooLarge),
			Source:  admval + " validateServiceSubnetSize", literals: []string{"service subnet is too large"},
		},
		{
			ID: "kubeadm-node-mask-too-short", Component: adm,
			Pattern: `(?:Invalid value: "(?:` + reSubnet + `|[^"]*)": )?(?:the size of pod subnet with mask \d+ is smaller than the size of node subnet with mask \d+|pod subnet size is smaller than the node subnet size)`,
			Cause:   "one node's subnet would be larger than the whole pod range",
			Remedy:  "a shorter prefix for podSubnet, or node-cidr-mask-size-ipv4 (-ipv6) in controllerManager.extraArgs",
			Rules:   rules(fact.RuleNodeMaskTooShort, fact.RuleNodeMaskFlagIgnored),
			Source:  admval + " validatePodSubnetNodeMask", literals: []string{"is smaller than the"},
		},
		{
			ID: "kubeadm-node-mask-too-far", Component: adm,
			Pattern: `(?:Invalid value: "(?:` + reSubnet + `|[^"]*)": )?pod subnet mask (?:\(\d+\) )?and node-mask (?:\(\d+\) )?difference (?:is|can not be) greater than 16`,
			Cause:   "the node mask is more than 16 bits longer than podSubnet",
			Remedy:  "a longer prefix for podSubnet, or a shorter node mask",
			Rules:   rules(fact.RuleNodeMaskTooFar),
			Source:  admval + " validatePodSubnetNodeMask", literals: []string{"node-mask"},
		},
		{
			ID: "kubeadm-too-many-ranges", Component: adm,
			Pattern: `expected one \(IPv4 or IPv6\) CIDR or two CIDRs from each family for dual-stack networking|only one CIDR allowed for single-stack networking|expected at least one IP from each family`,
			Cause:   "kubeadm takes one range, or two of different families",
			Remedy:  "one range of each family",
			Rules:   rules(fact.RuleTooManyRanges),
			Source:  admval + " ValidateIPNetFromString", literals: []string{"dual-stack networking", "single-stack networking"},
		},
		{
			ID: "kubeadm-cluster-cidr-differs", Component: adm,
			Pattern: `The recommended value for "clusterCIDR" in "KubeProxyConfiguration" is: "?` + reNetwork + `\S*"?; the provided value is: "?` + reSubnet,
			Cause:   "clusterCIDR of KubeProxyConfiguration is not podSubnet",
			Remedy:  "remove clusterCIDR: kubeadm fills it in",
			Rules:   rules(fact.RuleKubeProxyMismatch),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/componentconfigs/kubeproxy.go", literals: []string{`"clusterCIDR"`},
		},
		{
			ID: "kubeadm-cluster-dns-differs", Component: adm,
			Pattern: `The recommended value for "clusterDNS" in "KubeletConfiguration" is: \[?\S+?\]?; the provided value is: \[?` + reAddr,
			Cause:   "clusterDNS of KubeletConfiguration is not the tenth address of the service range",
			Remedy:  "remove clusterDNS: kubeadm fills it in",
			Rules:   rules(fact.RuleClusterDNSOutside),
			Source:  "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/componentconfigs/kubelet.go", literals: []string{`"clusterDNS"`},
		},
		{
			ID: "kubeadm-argument-without-name", Component: adm,
			Pattern: `(?:[Ee]xtraArgs\S*|Invalid value: "index \d+"): argument has no name`,
			Cause:   "an entry of extraArgs has no name",
			Remedy:  "name and value for each entry",
			Rules:   rules(fact.RuleArgumentWithoutName),
			Source:  admval + " ValidateExtraArgs", literals: []string{"argument has no name"},
		},
	}
}

// A matcher is a row of the catalogue, ready to be used.
type matcher struct {
	message
	re *regexp.Regexp
}

// catalogue returns the compiled catalogue. It is not to be changed.
var catalogue = sync.OnceValue(func() []matcher {
	var out []matcher
	for _, m := range messages() {
		out = append(out, matcher{m, regexp.MustCompile(m.Pattern)})
	}
	return slices.Clip(out)
})
