package fact

// Rules about what hosts and networks add to the ranges of the control plane.
const (
	RuleHostRouteOverlap      RuleID = "host-route-overlap"                // a route of a host into the pods or services
	RuleForeignBridge         RuleID = "foreign-bridge-in-pod-range"       // another network's bridge on a host, in the pod range
	RuleCertificateServiceIP  RuleID = "certificate-service-ip-missing"    // kube-apiserver's certificate lacks the first address of services
	RuleProxyOverlap          RuleID = "proxy-in-pod-range"                // the HTTP proxy of the hosts lies in the pod range
	RuleResolverOverlap       RuleID = "resolver-in-pod-range"             // a resolver of the hosts lies in pods or services
	RuleLoadBalancerOverlap   RuleID = "load-balancer-range-overlap"       // a pool for Services in pods, services, or with a host in it
	RuleHiddenRangeOverlap    RuleID = "network-hidden-range-overlap"      // what the network keeps for itself meets pods, services or hosts
	RulePluginRangeOutside    RuleID = "plugin-range-outside-cluster-cidr" // a pool of the network outside of the cluster's pod range
	RulePodSubnetMissing      RuleID = "podsubnet-missing"                 // the network's operator needs podSubnet, and kubeadm has none
	RuleTwoAllocators         RuleID = "two-allocators"                    // two programs hand out node subnets
	RulePoolOverlap           RuleID = "pool-overlap"                      // two ranges of one list, or two pools, share addresses
	RulePoolSmallerThanBlock  RuleID = "pool-smaller-than-node-block"      // a pool smaller than what one node takes
	RulePoolBlockRefused      RuleID = "pool-node-block-refused"           // a node's part is of a size that the network does not take
	RulePoolUsesMixed         RuleID = "pool-uses-mixed"                   // one pool for pods and load balancers
	RulePoolLinkLocal         RuleID = "pool-link-local"                   // a pool among link-local addresses
	RuleHiddenRangeTooSmall   RuleID = "hidden-range-too-small"            // a hidden range without an address for each node
	RuleRuntimeBridge         RuleID = "default-cni-config-in-use"         // the container runtime's own bridge gives pods their addresses
	RulePodAddressDuplicate   RuleID = "pod-address-duplicate"             // pods of two nodes have one address
	RulePodAddressOutside     RuleID = "pod-address-outside-node-subnet"   // a pod has an address of another network than its node's
	RuleNodeAddressDuplicate  RuleID = "node-address-duplicate"            // two nodes with one address
	RulePublicIPShared        RuleID = "flannel-public-ip-shared"          // two nodes announce one address to flannel
	RuleFlannelBackendMixed   RuleID = "flannel-backend-mixed"             // nodes, or net-conf.json, name different backends of flannel
	RulePublicIPStale         RuleID = "flannel-public-ip-stale"           // a node announces an address that it does not have
	RuleHostSubnetDiffers     RuleID = "host-subnet-differs"               // kubelet or a CNI file has another subnet than the node
	RuleClusterCIDRNearlyFull RuleID = "cluster-cidr-nearly-full"          // 80 % of the node subnets are taken
	RuleServicesNearlyFull    RuleID = "service-range-nearly-full"         // 80 % of the ClusterIPs are taken
	RuleFlannelIPv4Disabled   RuleID = "flannel-ipv4-disabled"             // EnableIPv4 is false and nodes have IPv4 subnets
	RuleFeatureGateRefused    RuleID = "feature-gate-refused"              // a gate that the release has locked at the other value
	RuleFeatureGateMissing    RuleID = "feature-gate-missing"              // two families before their gate is on
	RuleInstallerRefused      RuleID = "installer-refused"                 // what an installer does not take
	RuleHostRulesStale        RuleID = "host-rules-stale"                  // packet filters of a host know other ranges than the configuration
	RuleNoProxyIncomplete     RuleID = "no-proxy-incomplete"               // an HTTP proxy is asked for pods or services
)
