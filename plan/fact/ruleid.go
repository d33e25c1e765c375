package fact

// A RuleID names a rule. IDs are stable: callers and tests match on them, not on messages. The zero value names no
// rule.
type RuleID string

// The rules. Each is described by plan.Rules.
const (
	RulePodCIDRUnset              RuleID = "pod-cidr-unset"
	RuleAllocateNodeCIDRsOff      RuleID = "allocate-node-cidrs-off"
	RuleKubeadmKeyMisplaced       RuleID = "kubeadm-config-key-misplaced"
	RuleKubeadmFlagsMixed         RuleID = "kubeadm-flags-mixed-with-config"
	RuleClusterCIDRExhausted      RuleID = "cluster-cidr-exhausted"
	RulePodServiceOverlap         RuleID = "pod-service-overlap"
	RuleHostPodOverlap            RuleID = "host-pod-overlap"
	RuleHostServiceOverlap        RuleID = "host-service-overlap"
	RuleDockerBridgeOverlap       RuleID = "docker-bridge-overlap"
	RuleFlannelNetworkMismatch    RuleID = "flannel-network-mismatch"
	RuleSubnetEnvMismatch         RuleID = "subnet-env-mismatch"
	RuleNodeSubnetDuplicate       RuleID = "node-subnet-duplicate"
	RulePodCIDROutsideClusterCIDR RuleID = "podcidr-outside-cluster-cidr"
	RulePodCIDRMissing            RuleID = "podcidr-missing"
	RulePodCIDRFamilyMissing      RuleID = "podcidr-family-missing"
	RuleControlPlaneFlagsDiffer   RuleID = "control-plane-flags-differ"
	RuleServiceRangeMismatch      RuleID = "service-range-mismatch"
	RuleServiceRangeTooLarge      RuleID = "service-range-too-large"
	RuleServiceRangeTooSmall      RuleID = "service-range-too-small"
	RuleClusterDNSOutside         RuleID = "cluster-dns-outside-service-range"
	RuleKubeProxyMismatch         RuleID = "kube-proxy-cluster-cidr-mismatch"
	RuleIPFamilyMismatch          RuleID = "ip-family-mismatch"
	RuleFlannelIPv6Disabled       RuleID = "flannel-ipv6-disabled"
	RuleDualStackIPv6First        RuleID = "dual-stack-ipv6-first"
	RuleNodeMaskTooShort          RuleID = "node-mask-too-short"
	RuleNodeMaskTooFar            RuleID = "node-mask-too-far"
	RuleNodeMaskFlagIgnored       RuleID = "node-mask-flag-ignored"
	RuleNodeMaskImmutable         RuleID = "node-mask-immutable"
	RuleFlagGivenTwice            RuleID = "flag-given-twice"
	RuleMaxPodsOverNodeRange      RuleID = "max-pods-over-node-range"
	RuleCIDRHostBitsSet           RuleID = "cidr-host-bits-set"
	RuleCIDRMalformed             RuleID = "cidr-malformed"
	RuleNetConfMalformed          RuleID = "netconf-malformed"
	RuleNetConfMissing            RuleID = "netconf-missing"
	RuleNetConfSubnetRangeInvalid RuleID = "netconf-subnet-range-invalid"
	RuleNetConfSubnetLenIgnored   RuleID = "netconf-subnetlen-ignored"
	RuleFileUnreadable            RuleID = "file-unreadable"
	RulePublicRange               RuleID = "public-range"

	RuleTooManyRanges         RuleID = "too-many-ranges"           // more ranges than families, or two of one family
	RuleAllocatorTypeUnknown  RuleID = "cidr-allocator-unknown"    // --cidr-allocator-type
	RulePodRangeTooSmall      RuleID = "pod-range-too-small"       // fewer addresses than kubeadm asks for
	RuleArgumentWithoutName   RuleID = "argument-without-name"     // extraArgs of kubeadm
	RuleDNSDomainInvalid      RuleID = "dns-domain-invalid"        // networking.dnsDomain of kubeadm
	RuleAdvertiseAddressWrong RuleID = "advertise-address-invalid" // no IP address

	RuleFlagRefused          RuleID = "flag-refused"                 // an argument that a program's flag package does not accept
	RuleKubeadmConfigRefused RuleID = "kubeadm-config-refused"       // structure, types or API version that kubeadm does not accept
	RuleKubeadmKeyDuplicate  RuleID = "kubeadm-config-key-duplicate" // a key that stands twice in one mapping
	RuleKubeadmKeyUnknown    RuleID = "kubeadm-config-key-unknown"   // a key that kubeadm does not read, not about ranges

	RuleKubeadmConfigDrift RuleID = "kubeadm-config-drift"             // manifests and kubeadm's configuration differ
	RulePlanLeft           RuleID = "plan-left"                        // the cluster has other ranges than a plan among the files
	RuleReservedOverlap    RuleID = "reserved-range-overlap"           // pods or services where something else lives
	RulePodCIDROrder       RuleID = "podcidr-order-differs"            // podCIDRs and --cluster-cidr name the families in another order
	RuleClusterCIDRFull    RuleID = "cluster-cidr-full"                // the next node gets nothing
	RuleFamilyListsDiffer  RuleID = "ip-families-differ"               // pods and services do not have the same families, or order
	RuleMTUTooLarge        RuleID = "mtu-too-large"                    // flannel's MTU is more than the link carries
	RuleUpstreamBug        RuleID = "upstream-bug"                     // a known defect of the release in use
	RuleSymptomUnexplained RuleID = "symptom-unexplained"              // a message whose cause no file shows
	RuleClusterIPOutside   RuleID = "cluster-ip-outside-service-range" // Services hold addresses of another range
	RuleClusterDNSOther    RuleID = "cluster-dns-other-than-service"   // kubelets give another address than cluster DNS has
	RuleBridgeMismatch     RuleID = "cni-bridge-mismatch"              // cni0 or flannel.1 with an address of another subnet than the node's
	RuleSymptomPast        RuleID = "symptom-past"                     // a message about an earlier state of the cluster
)

// Rules that only a plan's own warnings use.
const (
	RuleHostsInReserved    RuleID = "hosts-in-reserved-range"
	RuleHostRangeTooSmall  RuleID = "host-range-too-small"
	RuleDNSNotReserved     RuleID = "dns-address-not-reserved"
	RuleGrowthLimited      RuleID = "growth-limited"
	RuleKnownRangeOverlap  RuleID = "known-range-overlap"
	RuleSpecialRange       RuleID = "special-range"
	RuleNodeSubnetTight    RuleID = "node-subnet-tight"
	RuleNodeMaskUncommon   RuleID = "node-mask-uncommon"
	RuleNodeMaskAssumed    RuleID = "node-mask-assumed"   // of a pod range that is in use: nobody said which
	RuleULANotNamed        RuleID = "ula-of-default-name" // IPv6 ranges of a cluster that has no name of its own
	RuleFamiliesDiffer     RuleID = "families-differ-in-size"
	RuleDualStackNotStable RuleID = "dual-stack-not-stable"
)
