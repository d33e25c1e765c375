package plan

import "slices"

// A Rule describes one kind of finding.
type Rule struct {
	ID       RuleID
	Severity Severity   // usual severity
	Also     []Severity // severities that it has in other circumstances
	Title    string     // what it checks, in one line
	Cause    string     // how clusters come to it
	Effect   string     // what the operator sees
	Mend     string     // what to do
	Disturbs Disturbance
	Since    Version // first release of Kubernetes that it concerns; zero: all that this package knows
	Until    Version // last release that it concerns; zero: the newest still
	Source   string  // upstream path and symbol, RFC, or issue that the rule rests on
}

// Rules returns the catalogue of the rules that [Check] and the format packages apply, in the order in which findings
// should be mended. The slice belongs to the caller.
func Rules() []Rule { return slices.Clone(catalogue()) }

// ruleOf returns the catalogue's entry for an id.
func ruleOf(id RuleID) (Rule, bool) {
	for _, r := range catalogue() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// ruleRank is the place of a rule in the catalogue; unknown rules come last.
func ruleRank(id RuleID) int {
	rs := catalogue()
	if i := slices.IndexFunc(rs, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return i
	}
	return len(rs)
}

// catalogue holds the rules in the order in which findings should be mended: what keeps everything else from working first,
// symptoms after causes, errors before warnings.
func catalogue() []Rule { return ruleTable }

var ruleTable = []Rule{
	{
		ID: RuleKubeadmFlagsMixed, Severity: Error, Disturbs: DisturbsNothing,
		Title:  "kubeadm init is given --config together with --pod-network-cidr or --service-cidr",
		Cause:  "A range was added on the command line of an installation that has a configuration file.",
		Effect: "kubeadm ends with \"can not mix '--config' with arguments\"; nothing is installed.",
		Mend:   "move the range into networking.podSubnet or networking.serviceSubnet of the configuration file and leave the flag out",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateMixedArguments, v1.37.2",
	},
	{
		ID: RuleKubeadmKeyMisplaced, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsCluster,
		Title:  "A range stands under a key or at a depth that kubeadm does not read",
		Cause:  "Wrong indentation, another spelling (podCIDR, podsubnet), or the key of another tool.",
		Effect: "kubeadm warns of an unknown field, or says nothing, and installs the cluster without the range: flannel says \"pod cidr not assigned\".",
		Mend:   "write it as networking.podSubnet or networking.serviceSubnet of the ClusterConfiguration, indented below networking:",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/util/config/strict/strict.go VerifyUnmarshalStrict, v1.37.2",
	},
	{
		ID: RulePodCIDRUnset, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "No cluster pod range reaches kube-controller-manager",
		Cause:  "kubeadm init without --pod-network-cidr or networking.podSubnet (their default is empty), or a manifest without --cluster-cidr.",
		Effect: "No Node gets a podCIDR. flannel ends with \"pod cidr not assigned\", its pods restart for ever, nodes stay NotReady.",
		Mend:   "give kube-controller-manager --allocate-node-cidrs=true and --cluster-cidr on every control-plane host, and networking.podSubnet in the kubeadm-config ConfigMap",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand, v1.37.2; flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	{
		ID: RuleAllocateNodeCIDRsOff, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "A cluster range is there, but --allocate-node-cidrs is absent or false, or node IPAM is switched off",
		Cause:  "The flag was removed, was never written, or stands as two list items with \"false\".",
		Effect: "kube-controller-manager ignores --cluster-cidr; no Node gets a podCIDR.",
		Mend:   "set --allocate-node-cidrs=true in kube-controller-manager.yaml on every control-plane host",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go newNodeIpamController, v1.37.2",
	},
	{
		ID: RuleCIDRMalformed, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "A range or address that does not parse",
		Cause:  "A missing mask, a mask beyond 32 or 128, a blank after the comma, quotes inside a manifest's value.",
		Effect: "The component that reads it does not start, or ignores the entry.",
		Mend:   "write the range as network/length, two families separated by a comma without blanks",
		Source: "k8s.io/utils net/parse.go ParseCIDRs; k8s.io/kubernetes cmd/kube-controller-manager/app/core.go processCIDRs, v1.37.2",
	},
	{
		ID: RuleControlPlaneFlagsDiffer, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "Control-plane hosts do not carry the same ranges or masks",
		Cause:  "One host was installed or edited with other values; kubeadm join and upgrade write manifests from the ConfigMap, hand edits stay on one host.",
		Effect: "It depends on which host leads: node subnets come out of different ranges, or kube-controller-manager of the odd host ends as soon as it leads.",
		Mend:   "write the same values into the manifests of every control-plane host and into the kubeadm-config ConfigMap",
		Source: "kubernetes/kubernetes#50305, #75461, #95948; k3s-io/k3s#4708",
	},
	{
		ID: RuleServiceRangeMismatch, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "--service-cluster-ip-range differs between kube-apiserver and kube-controller-manager of one host",
		Cause:  "One of two manifests was edited.",
		Effect: "Node subnets may be cut out of the service range, services get addresses that the controller manager does not keep free.",
		Mend:   "set --service-cluster-ip-range of kube-controller-manager to the value of kube-apiserver",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange, v1.37.2",
	},
	{
		ID: RuleIPFamilyMismatch, Severity: Error, Disturbs: DisturbsCluster,
		Title:  "Family of the first service range differs from the advertise address's or from that of all pods",
		Cause:  "An IPv6 cluster without --service-cidr (its default is IPv4), or lists in another order than the hosts' addresses.",
		Effect: "Since 1.24 kube-apiserver does not start: \"service IP family must match public address family\".",
		Mend:   "name the families in the same order in hosts, services and pods, that of the advertise address first",
		Source: "k8s.io/kubernetes cmd/kube-apiserver/app/options/validation.go validatePublicIPServiceClusterIPRangeIPFamilies, v1.37.2",
	},
	{
		ID: RuleTooManyRanges, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "More ranges than families, or two of one family, in one list",
		Cause:  "Two IPv4 ranges written as a list in the hope that both are used.",
		Effect: "The component does not start.",
		Mend:   "write one range, or one of each family",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go validateCIDRs; cmd/kube-apiserver/app/options/validation.go validateClusterIPFlags, v1.37.2",
	},
	{
		ID: RuleServiceRangeTooLarge, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsCluster,
		Title:  "The service range has more addresses than kube-apiserver or kubeadm takes",
		Cause:  "A /8, or an IPv6 range longer than needed: /64 instead of /112.",
		Effect: "kube-apiserver before 1.34 and every kubeadm refuse more than 20 host bits: /12 for IPv4, /108 for IPv6.",
		Mend:   "use /12 or longer for IPv4, /108 or longer for IPv6",
		Source: "k8s.io/kubernetes cmd/kube-apiserver/app/options/validation.go validateMaxCIDRRange; cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateIPNetFromString, v1.37.2",
	},
	{
		ID: RuleServiceRangeTooSmall, Severity: Error, Disturbs: DisturbsCluster,
		Title:  "The service range has fewer addresses than kubeadm needs",
		Cause:  "A /29 or longer.",
		Effect: "kubeadm asks for 10 addresses, since DNS takes the 10th; kube-apiserver for 8.",
		Mend:   "use /28 or shorter (/124 for IPv6); it cannot be widened later without much work",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateIPNetFromString, v1.37.2",
	},
	{
		ID: RulePodRangeTooSmall, Severity: Error, Disturbs: DisturbsCluster,
		Title:  "The pod range has fewer addresses than kubeadm asks for",
		Cause:  "A /29 or longer.",
		Effect: "kubeadm refuses it.",
		Mend:   "use a range that holds a subnet for every node, /24 or shorter for IPv4",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateNetworking, v1.37.2",
	},
	{
		ID: RuleNodeMaskTooShort, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "A node's subnet is larger than the whole pod range",
		Cause:  "A pod range of /25 or longer with the default mask of /24, or of /65 and longer for IPv6.",
		Effect: "kube-controller-manager ends with \"mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size\"; kubeadm since 1.20 refuses it.",
		Mend:   "use a shorter pod range, or a longer node mask",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController, v1.37.2",
	},
	{
		ID: RuleNodeMaskTooFar, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "The node mask is more than 16 bits longer than the pod range",
		Cause:  "An IPv6 range of /47 or shorter with the default mask of /64; an IPv4 range of /7.",
		Effect: "kube-controller-manager ends with \"New CIDR set failed; the node CIDR size is too big\" (IPv6); kubeadm since 1.20 refuses both families.",
		Mend:   "use a longer pod range, or a shorter node mask",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go NewCIDRSet clusterSubnetMaxDiff, v1.37.2",
	},
	{
		ID: RuleNodeMaskFlagIgnored, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "A node mask stands where it has no effect",
		Cause:  "node-cidr-mask-size in a dual-stack cluster, the flag of the other family, or among the arguments of another component.",
		Effect: "The mask is not used, and where the controller manager has the flag it does not start.",
		Mend:   "use --node-cidr-mask-size-ipv4 and -ipv6 in kube-controller-manager (kubeadm: controllerManager.extraArgs)",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes, v1.37.2",
	},
	{
		ID: RuleNodeMaskFlagRefused, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "A node mask flag that the program does not take with these ranges",
		Cause:  "A flag of one family beside the flag for both, or in a cluster without that family.",
		Effect: "kube-controller-manager does not start.",
		Mend:   "use the flag of the families that the cluster has",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes, v1.37.2",
	},
	{
		ID: RuleAllocatorTypeUnknown, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "--cidr-allocator-type names an allocator that is not there",
		Cause:  "CloudAllocator or an IPAMFrom type kept after the cloud providers left the tree.",
		Effect: "kube-controller-manager does not start.",
		Mend:   "remove the flag, or set RangeAllocator",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/options/options.go Validate, v1.37.2",
	},
	{
		ID: RuleFlagRefused, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "An argument that a program's flag package does not accept",
		Cause:  "A wrong number of dashes, a number that is none, a word left over.",
		Effect: "The program does not start.",
		Mend:   "write the flag as --name=value",
		Source: "github.com/spf13/pflag v1.0.10 flag.go",
	},
	{
		ID: RuleArgumentWithoutName, Severity: Error, Disturbs: DisturbsNothing,
		Title:  "extraArgs of kubeadm with an argument that has no name",
		Cause:  "A list item without name.",
		Effect: "kubeadm refuses the configuration.",
		Mend:   "give the item a name",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateExtraArgs, v1.37.2",
	},
	{
		ID: RuleDNSDomainInvalid, Severity: Error, Disturbs: DisturbsNothing,
		Title:  "networking.dnsDomain is no DNS subdomain",
		Cause:  "Upper case, underscores, a trailing dot.",
		Effect: "kubeadm refuses the configuration.",
		Mend:   "use lower-case letters, digits, dashes and dots",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateNetworking, v1.37.2",
	},
	{
		ID: RuleAdvertiseAddressWrong, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "The advertise address is no IP address",
		Cause:  "A host name, or an address with a mask.",
		Effect: "kubeadm or kube-apiserver does not start.",
		Mend:   "write the IP address alone",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/util/config/initconfiguration.go SetAPIEndpointDynamicDefaults, v1.37.2",
	},
	{
		ID: RuleKubeadmConfigRefused, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsNothing,
		Title:  "A structure, type or API version that kubeadm does not accept",
		Cause:  "A configuration of another release, a number without quotes in extraArgs.",
		Effect: "kubeadm refuses the configuration.",
		Mend:   "kubeadm config migrate, or kubeadm config validate, with the release in use",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/util/config/common.go, v1.37.2",
	},
	{
		ID: RuleKubeadmKeyUnknown, Severity: Warning, Also: []Severity{Info}, Disturbs: DisturbsNothing,
		Title:  "A key that kubeadm does not read, not about ranges",
		Cause:  "A slip of the pen, or a key of another API version.",
		Effect: "kubeadm warns and goes on without it.",
		Mend:   "remove or correct the key",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/util/config/strict/strict.go, v1.37.2",
	},
	{
		ID: RulePodServiceOverlap, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsNodes,
		Title:  "Pod and service range of one family overlap",
		Cause:  "A pod range inside 10.96.0.0/12, kubeadm's default service range, which runs to 10.111.255.255; or a pod range such as 10.0.0.0/8 that holds it.",
		Effect: "Pods inside services: no node subnet is handed out (CIDRNotAvailable), or pods and services share addresses and traffic goes astray. Services inside pods: node subnets are lost.",
		Mend:   "choose ranges that do not overlap, and write them everywhere they stand",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange, v1.37.2; kubernetes/kubernetes#85809",
	},
	{
		ID: RuleHostPodOverlap, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsNodes,
		Title:  "A host address, or the hosts' network, lies in the pod range",
		Cause:  "192.168.0.0/16 for pods in a network of 192.168.1.0/24, or hosts in 10.244.0.0/16.",
		Effect: "Hosts and pods with such addresses cannot be told apart: nodes lose sight of one another, API server or gateway cannot be reached.",
		Mend:   "choose a pod range that leaves out the hosts' network, then register the nodes again",
		Source: "no program checks it; kubernetes/kubeadm#3312",
	},
	{
		ID: RuleHostServiceOverlap, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsCluster,
		Title:  "A host address, or the hosts' network, lies in the service range",
		Cause:  "Hosts in 10.96.0.0 to 10.111.255.255, the default service range.",
		Effect: "kube-proxy treats the host's address as a service: components on it cannot be reached, the control plane does not come up.",
		Mend:   "choose a service range that leaves out the hosts' network, or move the hosts",
		Source: "no program checks it; siderolabs/talos#8882",
	},
	{
		ID: RuleClusterCIDRExhausted, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "The pod range holds fewer node subnets than there are nodes",
		Cause:  "A /24 for the whole cluster with a /24 for each node; a /64 with the default IPv6 mask of /64; subnets lost to the service range.",
		Effect: "Further nodes get no podCIDR: event CIDRNotAvailable (of type Normal), \"no remaining CIDRs left to allocate\".",
		Mend:   "widen the range, or give each node a smaller subnet",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go AllocateNext, v1.37.2",
	},
	{
		ID: RulePodCIDROutsideClusterCIDR, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsNodes,
		Title:  "A node's podCIDR lies outside --cluster-cidr",
		Cause:  "The range was changed while nodes were registered, or an upgrade ran with other values.",
		Effect: "kube-controller-manager ends when it leads: \"failed to mark cidr as occupied ... out the range of cluster cidr\".",
		Mend:   "give back the old range, or register the nodes again",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go NewCIDRRangeAllocator, v1.37.2",
	},
	{
		ID: RuleFlannelNetworkMismatch, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "flannel's Network or IPv6Network does not hold the cluster range or a node's podCIDR",
		Cause:  "kube-flannel.yml applied with its default 10.244.0.0/16 to a cluster of another range, or a slip of the pen (10.224 for 10.244).",
		Effect: "flannel ends with \"subnet specified in the flannel net config doesn't contain PodCIDR\"; before 0.18 it ran, and pods of other nodes could not be reached.",
		Mend:   "set Network in net-conf.json to the cluster's pod range and restart flannel",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go containsCIDR, v0.28.10",
	},
	{
		ID: RuleNetConfMalformed, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "flannel's net-conf.json does not parse",
		Cause:  "A trailing comma, YAML instead of JSON, a range that is none.",
		Effect: "flannel ends with \"error parsing subnet config\".",
		Mend:   "mend the JSON in the ConfigMap kube-flannel-cfg and restart flannel",
		Source: "github.com/flannel-io/flannel pkg/subnet/config.go ParseConfig, v0.28.10",
	},
	{
		ID: RuleNetConfMissing, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "flannel has no net-conf.json, or no Network in it",
		Cause:  "A ConfigMap without the key net-conf.json, or without Network.",
		Effect: "flannel ends with \"failed to read net conf\", or refuses every subnet.",
		Mend:   "apply the ConfigMap kube-flannel-cfg with net-conf.json and restart flannel",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go NewSubnetManager, v0.28.10",
	},
	{
		ID: RuleNetConfSubnetRangeInvalid, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "SubnetLen, SubnetMin or SubnetMax do not fit Network",
		Cause:  "A SubnetLen shorter than Network, bounds outside of it or not on a boundary.",
		Effect: "flannel does not start where it allots subnets itself, and in 0.10 to 0.19 everywhere.",
		Mend:   "make them fit, or remove them",
		Source: "github.com/flannel-io/flannel pkg/subnet/config.go CheckNetworkConfig, v0.28.10",
	},
	{
		ID: RuleFlannelIPv6Disabled, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "IPv6 podCIDRs, but net-conf.json lacks EnableIPv6 or IPv6Network",
		Cause:  "A dual-stack cluster with the manifest for IPv4.",
		Effect: "flannel does not start on such a node (0.18 to 0.27), or pods get no IPv6 address.",
		Mend:   "set EnableIPv6 and IPv6Network in net-conf.json and restart flannel",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	{
		ID: RuleDualStackIPv6First, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "Lists put IPv6 first and flannel of that release reads the first podCIDR as IPv4",
		Cause:  "podSubnet and serviceSubnet with IPv6 in front.",
		Effect: "flannel panics: \"Address is not an IPv4 address\".",
		Mend:   "use flannel v0.20.2 or newer, or put IPv4 first",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, before v0.20.2",
	},
	{
		ID: RuleNodeSubnetDuplicate, Severity: Error, Disturbs: DisturbsNodes,
		Title:  "Two nodes hold the same or overlapping subnets",
		Cause:  "podCIDR patched by hand, often with the whole range; two allocators at work; Kubernetes 1.31.0 to 1.31.3.",
		Effect: "Pods on different nodes get the same address; traffic reaches the wrong one.",
		Mend:   "register all but one of the nodes again, so that each gets a subnet of its own",
		Source: "flannel-io/flannel#1549; kubernetes/kubernetes#127792",
	},
	{
		ID: RulePodCIDRFamilyMissing, Severity: Error, Disturbs: DisturbsNodes,
		Title:  "A dual-stack cluster with a node of one family",
		Cause:  "The node was registered before the second family was added.",
		Effect: "Its pods have one address; flannel with EnableIPv6 does not start there.",
		Mend:   "delete and register the node again",
		Source: "k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidateNodeUpdate, v1.37.2",
	},
	{
		ID: RuleSubnetEnvMismatch, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "subnet.env of a node names another subnet or network than its podCIDR or net-conf.json",
		Cause:  "The node was registered again, or the range changed, and flannel was not restarted; flannel 0.17 and older with a wrong Network.",
		Effect: "Pods get addresses of an old subnet; other nodes have no route to them.",
		Mend:   "restart flannel on that node and remove cni0",
		Source: "github.com/flannel-io/flannel pkg/subnet/subnet.go WriteSubnetFile, v0.28.10",
	},
	{
		ID: RuleClusterDNSOutside, Severity: Error, Disturbs: DisturbsComponent,
		Title:  "The DNS address of the kubelets is not inside the service range",
		Cause:  "A service range other than the default, with clusterDNS left at 10.96.0.10.",
		Effect: "Names do not resolve in pods: the address belongs to no service.",
		Mend:   "set clusterDNS to the address of the service kube-dns and restart the kubelets",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/constants/constants.go GetDNSIP, v1.37.2",
	},
	{
		ID: RuleKubeProxyMismatch, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "kube-proxy's clusterCIDR is the service range or differs from the pod range",
		Cause:  "The range was changed, and the ConfigMap of kube-proxy was not.",
		Effect: "Traffic from pods is masqueraded or not, the wrong way round: network policies and source addresses fail.",
		Mend:   "set clusterCIDR in the kube-proxy ConfigMap to the pod range and restart kube-proxy",
		Source: "k8s.io/kubernetes pkg/proxy/apis/config/validation/validation.go, v1.37.2",
	},
	{
		ID: RuleSpecialRange, Severity: Error, Disturbs: DisturbsCluster,
		Title:  "A range that no pod or service can use: loopback, link-local, multicast",
		Cause:  "A slip of the pen, or a range taken from elsewhere.",
		Effect: "Hosts do not forward such addresses.",
		Mend:   "use a private range",
		Source: "RFC 6890 and the IANA special-purpose address registries",
	},
	{
		ID: RuleFileUnreadable, Severity: Error, Also: []Severity{Warning}, Disturbs: DisturbsNothing,
		Title:  "An input is not the file that it claims to be",
		Cause:  "An HTML page saved as YAML, wrong indentation, a file cut off.",
		Effect: "Nothing in it is checked; the program that reads it refuses it.",
		Mend:   "fetch the file again, or mend the place that is named",
		Source: "the package that reads it",
	},
	{
		ID: RulePodCIDRMissing, Severity: Warning, Also: []Severity{Error}, Disturbs: DisturbsNothing,
		Title:  "A Node without spec.podCIDR",
		Cause:  "Usually one of the rules above; under a known cause it is listed there.",
		Effect: "flannel says \"pod cidr not assigned\" on that node; its pods get no address.",
		Mend:   "mend the cause; the node gets a subnet by itself, or is deleted and registered again",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	{
		ID: RuleSymptomUnexplained, Severity: Warning, Disturbs: DisturbsNothing,
		Title:  "A message about addresses whose cause no given file shows",
		Cause:  "The file that would show it was not given.",
		Effect: "See the message.",
		Mend:   "add the file that is named",
		Source: "the catalogues of messages in the packages kubeadm and flannel",
	},
	{
		ID: RuleClusterCIDRFull, Severity: Info, Also: []Severity{Warning}, Disturbs: DisturbsComponent,
		Title:  "The pod range has a subnet for every node, and none for the next",
		Cause:  "As many nodes as node subnets.",
		Effect: "The next node gets no podCIDR.",
		Mend:   "widen the range before adding a node",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go AllocateNext, v1.37.2",
	},
	{
		ID: RuleKubeadmConfigDrift, Severity: Warning, Disturbs: DisturbsNothing,
		Title:  "The manifests carry other ranges than kubeadm's configuration",
		Cause:  "A manifest or the ConfigMap was edited by hand.",
		Effect: "The next kubeadm upgrade or join writes kubeadm's value on that host alone.",
		Mend:   "make the kubeadm-config ConfigMap say what the manifests say",
		Source: "kubernetes/kubeadm#541, #950, #2157",
	},
	{
		ID: RulePodCIDROrder, Severity: Warning, Disturbs: DisturbsComponent,
		Title:  "podCIDRs name the families in another order than --cluster-cidr",
		Cause:  "The two entries of --cluster-cidr were swapped.",
		Effect: "kube-controller-manager compares by position and ends at its next start.",
		Mend:   "restore the order of --cluster-cidr",
		Source: "k8s.io/kubernetes pkg/controller/nodeipam/ipam/range_allocator.go occupyCIDRs, v1.37.2",
	},
	{
		ID: RuleFamilyListsDiffer, Severity: Warning, Also: []Severity{Info}, Disturbs: DisturbsComponent,
		Title:  "Pods and services do not have the same families, or not in the same order",
		Cause:  "A second family was added on one side.",
		Effect: "Services of a family without pods have no endpoints; default families differ.",
		Mend:   "name the same families in the same order for pods and services",
		Source: "k8s.io/kubernetes pkg/registry/core/service/storage/alloc.go, v1.37.2",
	},
	{
		ID: RuleNodeMaskImmutable, Severity: Warning, Disturbs: DisturbsNodes,
		Title:  "The node mask was changed, but registered nodes keep subnets of the old size",
		Cause:  "--node-cidr-mask-size was changed on a running cluster.",
		Effect: "Nodes have subnets of different sizes; after a deletion a larger subnet may be handed out over a smaller one that is in use.",
		Mend:   "keep the old mask, or register every node again",
		Source: "kubernetes/kubernetes#70957, #90922",
	},
	{
		ID: RuleMaxPodsOverNodeRange, Severity: Warning, Disturbs: DisturbsComponent,
		Title:  "maxPods of the kubelet exceeds the addresses of a node's subnet",
		Cause:  "A longer node mask, or a raised maxPods.",
		Effect: "Pods beyond the addresses stay in ContainerCreating: \"no IP addresses available in range set\".",
		Mend:   "lower maxPods, or use a shorter node mask",
		Source: "github.com/containernetworking/plugins plugins/ipam/host-local/backend/allocator/range.go",
	},
	{
		ID: RuleNetConfSubnetLenIgnored, Severity: Warning, Disturbs: DisturbsNothing,
		Title:  "SubnetLen, SubnetMin and SubnetMax have no effect with --kube-subnet-mgr",
		Cause:  "Keys for flannel with etcd in the ConfigMap of a Kubernetes cluster.",
		Effect: "Nodes get subnets of the size that kube-controller-manager cuts.",
		Mend:   "remove them; set --node-cidr-mask-size of kube-controller-manager for another size",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go, v0.20.0 and later",
	},
	{
		ID: RuleFlagGivenTwice, Severity: Warning, Also: []Severity{Info}, Disturbs: DisturbsComponent,
		Title:  "A range or mask flag is repeated; the last one wins",
		Cause:  "Dual-stack written as two flags, or a flag added below an older one.",
		Effect: "The first value has no effect.",
		Mend:   "keep one flag; for dual-stack write one list",
		Source: "github.com/spf13/pflag v1.0.10 flag.go Set",
	},
	{
		ID: RuleCIDRHostBitsSet, Severity: Warning, Disturbs: DisturbsNothing,
		Title:  "The address has bits below the mask; components use the masked network",
		Cause:  "A host's address, or the gateway's, written with a mask.",
		Effect: "The range is another one than it seems; since 1.36 the API server refuses such a podCIDR.",
		Mend:   "write the masked network",
		Source: "k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidateNode, v1.37.2",
	},
	{
		ID: RuleDockerBridgeOverlap, Severity: Warning, Disturbs: DisturbsNodes,
		Title:  "Pod or service range overlaps docker0, 172.17.0.0/16 by default",
		Cause:  "A range from 172.16.0.0/12 taken without looking.",
		Effect: "On hosts with Docker the bridge takes the traffic for those addresses.",
		Mend:   "choose another range, or set \"bip\" in /etc/docker/daemon.json",
		Source: "github.com/moby/moby, default bridge network",
	},
	{
		ID: RuleReservedOverlap, Severity: Warning, Disturbs: DisturbsNodes,
		Title:  "Pod or service range overlaps a range that something else uses",
		Cause:  "A VPN, another site, another cluster.",
		Effect: "One of the two cannot be reached from the other.",
		Mend:   "choose another range",
		Source: "the statement that names the range",
	},
	{
		ID: RuleKnownRangeOverlap, Severity: Info, Also: []Severity{Warning}, Disturbs: DisturbsNothing,
		Title:  "Pod or service range overlaps a range that popular software takes by default",
		Cause:  "libvirt, Podman or further networks of Docker on the hosts, with their defaults.",
		Effect: "On a host where it runs, traffic for those addresses stays on that host.",
		Mend:   "choose another range, or move that software",
		Source: "the atlas of package cidr, each entry with its own source",
	},
	{
		ID: RulePublicRange, Severity: Warning, Disturbs: DisturbsNodes,
		Title:  "A cluster range is not private address space",
		Cause:  "A slip of the pen (172.32, 192.169), or a range taken from an example.",
		Effect: "The owners of those addresses cannot be reached from the cluster.",
		Mend:   "use 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8",
		Source: "RFC 1918, RFC 4193, RFC 6598",
	},
	{
		ID: RuleMTUTooLarge, Severity: Warning, Also: []Severity{Error}, Disturbs: DisturbsComponent,
		Title:  "flannel's MTU is more than the link carries",
		Cause:  "The MTU key is taken for that of the pods; it is that of the hosts' link.",
		Effect: "Large packets are lost, small ones pass.",
		Mend:   "set MTU to the link's, or remove it",
		Source: "github.com/flannel-io/flannel pkg/backend/vxlan, v0.28.10",
	},
	{
		ID: RuleUpstreamBug, Severity: Warning, Also: []Severity{Info}, Disturbs: DisturbsComponent,
		Title:  "The release in use has a known defect around address ranges",
		Cause:  "See the message.",
		Effect: "See the message.",
		Mend:   "upgrade to the release that is named",
		Source: "the issue that the message names",
	},
	{
		ID: RuleSymptomPast, Severity: Info, Disturbs: DisturbsComponent,
		Title:  "A message about a state of the cluster that the given files no longer show",
		Cause:  "The cause was mended, and the program was not restarted since, or the log is old.",
		Effect: "None, or a program that wants a restart.",
		Mend:   "restart the program that still says so",
		Source: "the given files",
	},
}
