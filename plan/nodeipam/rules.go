package nodeipam

import (
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A startupRule is a rule by which a real program refuses settings, with the text that it then prints.
// The same rule with another text in another release is another StartupRule with the same Rule.
type startupRule struct {
	ID      string // unique among startupRules
	Program fact.Component
	Rule    fact.RuleID  // finding that plan.Check makes of it
	Field   string       // flag or field path in the program's terms
	Text    string       // what it prints; %s, %q and %d stand for values
	Since   fact.Version // first release that has it; zero: 1.13 or older
	Before  fact.Version // first release that no longer has it; zero: the newest still has it
	Source  string       // upstream path, symbol and the version it was read in
}

// Holds reports whether release v has the rule. The zero Version is the newest release.
func (r startupRule) Holds(v fact.Version) bool {
	v = v.Or(fact.NewestKubernetes())
	return (r.Since.IsZero() || !v.Before(r.Since)) && (r.Before.IsZero() || v.Before(r.Before))
}

func v1(minor int) fact.Version { return fact.V(1, minor, 0) }

// Sources that several rules share.
const (
	srcKCMCore    = "cmd/kube-controller-manager/app/core.go"
	srcKCMOptions = "cmd/kube-controller-manager/app/options"
	srcNodeIPAM   = "pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController"
	srcAPIServer  = "cmd/kube-apiserver/app/options"
	srcKubeadm    = "cmd/kubeadm/app/apis/kubeadm/validation/validation.go"
)

const (
	dnsSubdomain = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
	dnsCharset   = "must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
)

// startupRules returns the rules by which kube-controller-manager, kube-apiserver and kubeadm refuse address ranges
// and what belongs to them, in the order in which each program applies them. The slice belongs to the caller.
func startupRules() []startupRule {
	const kcm, api, adm = fact.ControllerManager, fact.APIServer, fact.Kubeadm
	return []startupRule{
		// kube-controller-manager, options: before it talks to anybody, allocation on or off.
		{"kcm-service-count", kcm, fact.RuleTooManyRanges, "--service-cluster-ip-range", "--service-cluster-ip-range can not contain more than two entries", v1(16), fact.Version{}, srcKCMOptions + "/nodeipamcontroller.go Validate, v1.37.2"},
		{"kcm-allocator-unavailable", kcm, fact.RuleAllocatorTypeUnknown, "--cidr-allocator-type", "built-in cloud providers are disabled. The ipam %s is not available", v1(32), fact.Version{}, srcKCMOptions + "/options.go Validate, v1.37.2"},
		// kube-controller-manager, once it is the leader and allocation is on.
		{"kcm-allocator-cloud", kcm, fact.RuleAllocatorTypeUnknown, "--cidr-allocator-type", "--cidr-allocator-type is set to 'CloudAllocator' but cloud provider is not configured", v1(31), v1(32), srcKCMCore + " newNodeIpamController, v1.37.2"},
		{"kcm-cluster-parse", kcm, fact.RuleCIDRMalformed, "--cluster-cidr", "invalid CIDR[%d]: <nil> (invalid CIDR address: %s)", v1(16), fact.Version{}, srcKCMCore + " processCIDRs, v1.37.2"},
		{"kcm-cluster-missing", kcm, fact.RulePodCIDRUnset, "--cluster-cidr", "Controller: Must specify --cluster-cidr if --allocate-node-cidrs is set", fact.Version{}, v1(16), srcNodeIPAM + ", v1.13.12"},
		{"kcm-cluster-gate", kcm, fact.RuleTooManyRanges, "--cluster-cidr", "len of ClusterCIDRs==%d and dualstack feature is not enabled", v1(16), v1(17), srcKCMCore + " startNodeIpamController, v1.16"},
		{"kcm-cluster-gate-slice", kcm, fact.RuleTooManyRanges, "--cluster-cidr", "len of ClusterCIDRs==%d and dualstack or EndpointSlice feature is not enabled", v1(17), v1(23), srcKCMCore + " startNodeIpamController, v1.17 to v1.22"},
		{"kcm-cluster-families", kcm, fact.RuleTooManyRanges, "--cluster-cidr", "len of ClusterCIDRs==%d and they are not configured as dual stack (at least one from each IPFamily", v1(16), fact.Version{}, srcKCMCore + " validateCIDRs, v1.37.2"},
		{"kcm-cluster-count-old", kcm, fact.RuleTooManyRanges, "--cluster-cidr", "len of clusters is:%d > more than max allowed of 2", v1(16), v1(26), srcKCMCore + " startNodeIpamController, v1.25"},
		{"kcm-cluster-count", kcm, fact.RuleTooManyRanges, "--cluster-cidr", "length of clusterCIDRs is:%d more than max allowed of 2", v1(26), fact.Version{}, srcKCMCore + " validateCIDRs, v1.37.2"},
		{"kcm-service-gate", kcm, fact.RuleTooManyRanges, "--service-cluster-ip-range", "secondary service cidr is provided and IPv6DualStack feature is not enabled", v1(16), v1(23), srcKCMCore + " startNodeIpamController, v1.16 to v1.22"},
		{"kcm-service-families", kcm, fact.RuleTooManyRanges, "--service-cluster-ip-range", "serviceCIDR and secondaryServiceCIDR are not dualstack (from different IPfamiles)", v1(16), fact.Version{}, srcKCMCore + " newNodeIpamController, v1.37.2"},
		{"kcm-mask-dual", kcm, fact.RuleNodeMaskFlagIgnored, "--node-cidr-mask-size", "usage of --node-cidr-mask-size is not allowed with dual-stack clusters", v1(17), fact.Version{}, srcKCMCore + " setNodeCIDRMaskSizes, v1.37.2"},
		{"kcm-mask-single-old", kcm, fact.RuleNodeMaskFlagIgnored, "--node-cidr-mask-size-ipv4, --node-cidr-mask-size-ipv6", "usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 are not allowed with non dual-stack clusters", v1(17), v1(23), srcKCMCore + " setNodeCIDRMaskSizes, v1.22"},
		{"kcm-mask-both", kcm, fact.RuleNodeMaskFlagIgnored, "--node-cidr-mask-size-ipv4, --node-cidr-mask-size-ipv6", "usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters please unset it and use IPFamily specific flags", v1(23), fact.Version{}, srcKCMCore + " setNodeCIDRMaskSizes, v1.37.2"},
		{"kcm-mask-ipv4", kcm, fact.RuleNodeMaskFlagIgnored, "--node-cidr-mask-size-ipv4", "usage of --node-cidr-mask-size-ipv4 is not allowed for a single-stack IPv6 cluster", v1(23), fact.Version{}, srcKCMCore + " setNodeCIDRMaskSizes, v1.37.2"},
		{"kcm-mask-ipv6", kcm, fact.RuleNodeMaskFlagIgnored, "--node-cidr-mask-size-ipv6", "usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster", v1(23), fact.Version{}, srcKCMCore + " setNodeCIDRMaskSizes, v1.37.2"},
		{"kcm-mask-short-old", kcm, fact.RuleNodeMaskTooShort, "--cluster-cidr", "Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than --node-cidr-mask-size", fact.Version{}, v1(17), srcNodeIPAM + ", v1.16"},
		{"kcm-mask-short", kcm, fact.RuleNodeMaskTooShort, "--cluster-cidr", "Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family", v1(17), fact.Version{}, srcNodeIPAM + ", v1.37.2"},
		{"kcm-mask-far", kcm, fact.RuleNodeMaskTooFar, "--cluster-cidr", "New CIDR set failed; the node CIDR size is too big", fact.Version{}, fact.Version{}, "pkg/controller/nodeipam/ipam/cidrset/cidr_set.go NewCIDRSet clusterSubnetMaxDiff, v1.37.2"},
		{"kcm-allocator-type", kcm, fact.RuleAllocatorTypeUnknown, "--cidr-allocator-type", "invalid CIDR allocator type: %s", fact.Version{}, fact.Version{}, "pkg/controller/nodeipam/ipam/cidr_allocator.go New, v1.37.2"},

		// kube-apiserver: completion ends at the first, validation reports all.
		{"api-advertise", api, fact.RuleAdvertiseAddressWrong, "--advertise-address", `invalid argument %q for "--advertise-address" flag: failed to parse IP: %q`, fact.Version{}, fact.Version{}, "github.com/spf13/pflag ip.go ipValue.Set, v1.0.10"},
		{"api-service-flag", api, fact.RuleCIDRMalformed, "--service-cluster-ip-range", `invalid argument %q for "--service-cluster-ip-range" flag: invalid CIDR address: %s`, fact.Version{}, v1(16), "github.com/spf13/pflag ipnet.go ipNetValue.Set, v1.0.10"},
		{"api-service-parse", api, fact.RuleCIDRMalformed, "--service-cluster-ip-range", "service-cluster-ip-range[0] is not a valid cidr", v1(16), fact.Version{}, srcAPIServer + "/completion.go getServiceIPAndRanges, v1.37.2"},
		{"api-service-small", api, fact.RuleServiceRangeTooSmall, "--service-cluster-ip-range", "error determining service IP ranges for primary service cidr: the service cluster IP range must be at least 8 IP addresses", fact.Version{}, fact.Version{}, "pkg/controlplane/apiserver/options/options.go ServiceIPRange, v1.37.2"},
		{"api-service-second", api, fact.RuleCIDRMalformed, "--service-cluster-ip-range", "service-cluster-ip-range[1] is not an ip net", v1(16), fact.Version{}, srcAPIServer + "/completion.go getServiceIPAndRanges, v1.37.2"},
		{"api-service-count", api, fact.RuleTooManyRanges, "--service-cluster-ip-range", "--service-cluster-ip-range must not contain more than two entries", v1(16), fact.Version{}, srcAPIServer + "/validation.go validateClusterIPFlags, v1.37.2"},
		{"api-service-large-old", api, fact.RuleServiceRangeTooLarge, "--service-cluster-ip-range", "specified --service-cluster-ip-range is too large", fact.Version{}, v1(19), srcAPIServer + "/validation.go, v1.18"},
		{"api-service-large", api, fact.RuleServiceRangeTooLarge, "--service-cluster-ip-range", "specified --service-cluster-ip-range is too large; for %d-bit addresses, the mask must be >= %d", v1(19), v1(34), srcAPIServer + "/validation.go validateMaxCIDRRange, v1.37.2"},
		{"api-service-families", api, fact.RuleTooManyRanges, "--service-cluster-ip-range", "--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family", v1(16), fact.Version{}, srcAPIServer + "/validation.go validateClusterIPFlags, v1.37.2"},
		{"api-service-second-large-old", api, fact.RuleServiceRangeTooLarge, "--service-cluster-ip-range", "specified --secondary-service-cluster-ip-range is too large", v1(16), v1(19), srcAPIServer + "/validation.go, v1.18"},
		{"api-service-second-large", api, fact.RuleServiceRangeTooLarge, "--service-cluster-ip-range", "specified --service-cluster-ip-range[1] is too large; for %d-bit addresses, the mask must be >= %d", v1(19), v1(34), srcAPIServer + "/validation.go validateMaxCIDRRange, v1.37.2"},
		{"api-advertise-family", api, fact.RuleIPFamilyMismatch, "--advertise-address", `service IP family %q must match public address family %q`, v1(24), fact.Version{}, srcAPIServer + "/validation.go validatePublicIPServiceClusterIPRangeIPFamilies, v1.37.2"},

		// kubeadm: the advertise address alone, then all others together. Field paths are bare before 1.26. The texts
		// about node masks are known from 1.20 and from 1.28 on; 1.21 to 1.27 are taken to have the newer ones.
		{"adm-advertise", adm, fact.RuleAdvertiseAddressWrong, "localAPIEndpoint.advertiseAddress", `couldn't use %q as "apiserver-advertise-address", must be ipv4 or ipv6 address`, fact.Version{}, fact.Version{}, "cmd/kubeadm/app/util/config/initconfiguration.go SetAPIEndpointDynamicDefaults, v1.37.2"},
		{"adm-dns-length", adm, fact.RuleDNSDomainInvalid, "networking.dnsDomain", "must be no more than 253 characters", fact.Version{}, fact.Version{}, "k8s.io/apimachinery pkg/util/validation/validation.go IsDNS1123Subdomain, v0.37.2"},
		{"adm-dns-old", adm, fact.RuleDNSDomainInvalid, "networking.dnsDomain", "a DNS-1123 subdomain " + dnsCharset + " (e.g. 'example.com', regex used for validation is '" + dnsSubdomain + "')", fact.Version{}, v1(20), "k8s.io/apimachinery pkg/util/validation/validation.go IsDNS1123Subdomain, v0.19"},
		{"adm-dns", adm, fact.RuleDNSDomainInvalid, "networking.dnsDomain", "a lowercase RFC 1123 subdomain " + dnsCharset + " (e.g. 'example.com', regex used for validation is '" + dnsSubdomain + "')", v1(20), fact.Version{}, "k8s.io/apimachinery pkg/util/validation/validation.go IsDNS1123Subdomain, v0.37.2"},
		{"adm-service-parse", adm, fact.RuleCIDRMalformed, "networking.serviceSubnet", "couldn't parse subnet", fact.Version{}, fact.Version{}, srcKubeadm + " ValidateIPNetFromString, v1.37.2"},
		{"adm-service-families", adm, fact.RuleTooManyRanges, "networking.serviceSubnet", "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking", v1(16), fact.Version{}, srcKubeadm + " ValidateIPNetFromString, v1.37.2"},
		{"adm-service-single", adm, fact.RuleTooManyRanges, "networking.serviceSubnet", "only one CIDR allowed for single-stack networking", v1(16), v1(23), srcKubeadm + " ValidateIPNetFromString, v1.20.2"},
		{"adm-service-small-old", adm, fact.RuleServiceRangeTooSmall, "networking.serviceSubnet", "subnet is too small", fact.Version{}, v1(20), srcKubeadm + " ValidateIPNetFromString, v1.19"},
		{"adm-service-small", adm, fact.RuleServiceRangeTooSmall, "networking.serviceSubnet", "subnet with %d address(es) is too small, the minimum is 10", v1(20), fact.Version{}, srcKubeadm + " ValidateIPNetFromString, constants MinimumAddressesInServiceSubnet, v1.37.2"},
		{"adm-service-large", adm, fact.RuleServiceRangeTooLarge, "networking.serviceSubnet", "specified service subnet is too large; for %d-bit addresses, the mask must be >= %d", v1(20), fact.Version{}, srcKubeadm + " ValidateServiceSubnetSize, v1.37.2"},
		{"adm-pod-parse", adm, fact.RuleCIDRMalformed, "networking.podSubnet", "couldn't parse subnet", fact.Version{}, fact.Version{}, srcKubeadm + " ValidateIPNetFromString, v1.37.2"},
		{"adm-pod-families", adm, fact.RuleTooManyRanges, "networking.podSubnet", "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking", v1(16), fact.Version{}, srcKubeadm + " ValidateIPNetFromString, v1.37.2"},
		{"adm-pod-single", adm, fact.RuleTooManyRanges, "networking.podSubnet", "only one CIDR allowed for single-stack networking", v1(16), v1(23), srcKubeadm + " ValidateIPNetFromString, v1.20.2"},
		{"adm-pod-small-old", adm, fact.RulePodRangeTooSmall, "networking.podSubnet", "subnet is too small", fact.Version{}, v1(20), srcKubeadm + " ValidateIPNetFromString, v1.19: the minimum was 10"},
		{"adm-pod-small", adm, fact.RulePodRangeTooSmall, "networking.podSubnet", "subnet with %d address(es) is too small, the minimum is 14", v1(20), fact.Version{}, srcKubeadm + " ValidateIPNetFromString, constants MinimumAddressesInPodSubnet, v1.37.2"},
		{"adm-mask-number", adm, fact.RuleNodeMaskFlagIgnored, "networking.podSubnet", "could not parse the value of the kube-controller-manager flag %s as an integer: %s", v1(20), fact.Version{}, srcKubeadm + " getClusterNodeMask, v1.37.2"},
		{"adm-mask-short-old", adm, fact.RuleNodeMaskTooShort, "networking.podSubnet", "pod subnet size is smaller than the node subnet size", v1(20), v1(21), srcKubeadm + " ValidatePodSubnetNodeMask, v1.20"},
		{"adm-mask-short", adm, fact.RuleNodeMaskTooShort, "networking.podSubnet", "the size of pod subnet with mask %d is smaller than the size of node subnet with mask %d", v1(21), fact.Version{}, srcKubeadm + " ValidatePodSubnetNodeMask, v1.37.2"},
		{"adm-mask-far-old", adm, fact.RuleNodeMaskTooFar, "networking.podSubnet", "pod subnet mask and node-mask difference can not be greater than 16", v1(20), v1(21), srcKubeadm + " ValidatePodSubnetNodeMask, v1.20"},
		{"adm-mask-far", adm, fact.RuleNodeMaskTooFar, "networking.podSubnet", "pod subnet mask (%d) and node-mask (%d) difference is greater than 16", v1(21), fact.Version{}, srcKubeadm + " ValidatePodSubnetNodeMask, constants PodSubnetNodeMaskMaxDiff, v1.37.2"},
		{"adm-apiserver-args", adm, fact.RuleArgumentWithoutName, "apiServer.extraArgs", "argument has no name", v1(29), fact.Version{}, srcKubeadm + " ValidateExtraArgs, v1.37.2"},
		{"adm-controller-args", adm, fact.RuleArgumentWithoutName, "controllerManager.extraArgs", "argument has no name", v1(29), fact.Version{}, srcKubeadm + " ValidateExtraArgs, v1.37.2"},
	}
}

// about says which value of the program a rule is about.
func (r startupRule) about() (fact.Role, fact.Setting) {
	switch r.Field {
	case "--service-cluster-ip-range", "networking.serviceSubnet":
		return fact.RoleServices, ""
	case "--advertise-address", "localAPIEndpoint.advertiseAddress":
		return fact.RoleAddress, ""
	case "--cidr-allocator-type":
		return fact.RoleSetting, fact.SettingAllocatorType
	case "--node-cidr-mask-size":
		return fact.RoleSetting, fact.SettingNodeMask
	case "--node-cidr-mask-size-ipv6":
		return fact.RoleSetting, fact.SettingNodeMaskIPv6
	case "--node-cidr-mask-size-ipv4", "--node-cidr-mask-size-ipv4, --node-cidr-mask-size-ipv6":
		return fact.RoleSetting, fact.SettingNodeMaskIPv4
	}
	return fact.RolePods, ""
}
