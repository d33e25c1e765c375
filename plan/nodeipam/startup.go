package nodeipam

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/ipnet"
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
	return !v.Before(r.Since) && (r.Before.IsZero() || v.Before(r.Before))
}

// A RefusedError says that a program does not start with the settings that it is given. It unwraps to nothing;
// Refusals holds at least one.
type RefusedError struct {
	Refusals []Refusal
	Status   int // exit status of the program
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	for i, r := range e.Refusals {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s refuses to start: %s", r.Program, r.Message)
	}
	return b.String()
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

		// kubeadm: the advertise address alone, then all others together. Field paths are bare before 1.26. The texts about
		// node masks are known from 1.20 and from 1.28 on; 1.21 to 1.27 are taken to have the newer ones.
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

// refuser collects the refusals of one program of one release.
type refuser struct {
	version fact.Version
	rules   []startupRule
	out     []Refusal
}

func newRefuser(v fact.Version) *refuser {
	return &refuser{version: v.Or(fact.NewestKubernetes()), rules: startupRules()}
}

// add records the refusal by the first of ids that the release has; args fill its text.
func (r *refuser) add(bad string, ids []string, args ...any) {
	for _, id := range ids {
		i := slices.IndexFunc(r.rules, func(s startupRule) bool { return s.ID == id && s.Holds(r.version) })
		if i < 0 {
			continue
		}
		s := r.rules[i]
		text := s.Text
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, args...)
		}
		f := Refusal{Program: s.Program, Rule: s.Rule, ID: s.ID, Field: s.Field, BadValue: bad, Message: text, Source: s.Source}
		f.Role, f.Setting = s.about()
		if s.Program == fact.Kubeadm && id != "adm-advertise" {
			// ≤1.25 has podSubnet, ≥1.26 networking.podSubnet: cmd/kubeadm/app/apis/kubeadm/validation/validation.go.
			if r.version.Before(v1(26)) {
				f.Field = strings.TrimPrefix(f.Field, "networking.")
			}
			f.Type = "FieldValueInvalid"
			f.Detail = text
			f.Message = fmt.Sprintf("%s: Invalid value: %q: %s", f.Field, bad, text)
		}
		r.out = append(r.out, f)
		return
	}
}

// dualStackGate reports whether gate IPv6DualStack is on: alpha 1.16, beta and on 1.21, GA 1.23
// (pkg/features/kube_features.go v1.22).
func dualStackGate(v fact.Version, g Gates) bool {
	switch {
	case v.Before(v1(16)):
		return false
	case v.Before(v1(23)):
		if on, ok := g["IPv6DualStack"]; ok {
			return on
		}
		return !v.Before(v1(21))
	}
	return true
}

// Ranges are what kube-controller-manager makes of its flags.
type Ranges struct {
	Cluster []netip.Prefix // masked, in flag order; IPv4-mapped ones as they are
	Masks   []int          // node masks, one for each of cluster
	Service []netip.Prefix // primary and secondary, those that it could read
	ipam    bool           // node IPAM runs
}

// NodeIPAMEnabled reports whether f starts the node IPAM controller.
func (f ControllerFlags) NodeIPAMEnabled(v fact.Version) bool {
	if !f.AllocateNodeCIDRs {
		return false
	}
	if f.Controllers == nil {
		return true
	}
	// The first entry that names the controller decides: k8s.io/controller-manager v0.37.2 app/helper.go
	// IsControllerEnabled. The long name exists since 1.28, with nodeipam as its alias.
	names := []string{"nodeipam"}
	if !v.Before(v1(28)) {
		names = append(names, "node-ipam-controller")
	}
	star := false
	for _, c := range f.Controllers {
		for _, n := range names {
			switch c {
			case n:
				return true
			case "-" + n:
				return false
			}
		}
		star = star || c == "*"
	}
	return star
}

// allocator returns the effective --cidr-allocator-type.
func (f ControllerFlags) allocator() string {
	if f.CIDRAllocatorType == "" && !f.CIDRAllocatorEmpty {
		return "RangeAllocator"
	}
	return f.CIDRAllocatorType
}

// Refusals returns why a kube-controller-manager of release v does not start with f, in its words; none where it
// starts. What it refuses because of the nodes that exist is told by [NewController] and [Controller.Restart].
// The zero Version is the newest release.
func (f ControllerFlags) Refusals(v fact.Version) []Refusal {
	_, out := f.Resolve(v)
	return out
}

// Resolve reads f as release v does.
func (f ControllerFlags) Resolve(v fact.Version) (Ranges, []Refusal) {
	if len(f.Malformed) > 0 {
		return Ranges{}, f.Malformed[:1:1]
	}
	r := newRefuser(v)
	v = r.version
	var c Ranges
	services := strings.Split(f.ServiceClusterIPRange, ",")

	// Options are validated first and reported together.
	if !v.Before(v1(16)) && len(services) > 2 {
		r.add(f.ServiceClusterIPRange, []string{"kcm-service-count"})
	}
	if a := f.allocator(); a != "" && a != "RangeAllocator" {
		r.add(a, []string{"kcm-allocator-unavailable"}, a)
	}
	c.ipam = f.NodeIPAMEnabled(v)
	if len(r.out) > 0 || !c.ipam {
		return c, r.out
	}

	// The rest ends at the first error.
	if f.allocator() == "CloudAllocator" {
		if r.add(f.CIDRAllocatorType, []string{"kcm-allocator-cloud"}); len(r.out) > 0 {
			return c, r.out
		}
	}
	gate := dualStackGate(v, f.FeatureGates)
	if v.Before(v1(16)) {
		_, p, ok := ipnet.ParseCIDR(f.ClusterCIDR)
		if !ok {
			r.add(f.ClusterCIDR, []string{"kcm-cluster-missing"})
			return c, r.out
		}
		c.Cluster = []netip.Prefix{p}
		if _, p, ok := ipnet.ParseCIDR(f.ServiceClusterIPRange); ok {
			c.Service = []netip.Prefix{p}
		}
	} else {
		list := strings.Split(strings.TrimSpace(f.ClusterCIDR), ",")
		var bad int
		if c.Cluster, bad = ipnet.ParseCIDRs(list); bad >= 0 {
			r.add(f.ClusterCIDR, []string{"kcm-cluster-parse"}, bad, list[bad])
			return c, r.out
		}
		n := len(c.Cluster)
		switch {
		case n > 1 && !gate:
			r.add(f.ClusterCIDR, []string{"kcm-cluster-gate", "kcm-cluster-gate-slice"}, n)
		case n > 1 && !ipnet.DualStack(c.Cluster):
			r.add(f.ClusterCIDR, []string{"kcm-cluster-families"}, n)
		case n > 2:
			r.add(f.ClusterCIDR, []string{"kcm-cluster-count-old", "kcm-cluster-count"}, n)
		}
		if len(r.out) > 0 {
			return c, r.out
		}
		// An entry that cannot be read is logged and not filtered; entries are not trimmed.
		for _, s := range services {
			if _, p, ok := ipnet.ParseCIDR(s); ok {
				c.Service = append(c.Service, p)
			}
		}
		switch {
		case len(c.Service) == 2 && !gate:
			r.add(f.ServiceClusterIPRange, []string{"kcm-service-gate"})
		case len(c.Service) == 2 && !ipnet.DualStack(c.Service):
			r.add(f.ServiceClusterIPRange, []string{"kcm-service-families"})
		}
		if len(r.out) > 0 {
			return c, r.out
		}
	}

	m4, m6 := f.nodeMasks(r, c.Cluster, gate)
	if len(r.out) > 0 {
		return c, r.out
	}
	for _, p := range c.Cluster {
		m := m6
		if ipnet.Is4(p) {
			m = m4
		}
		c.Masks = append(c.Masks, m)
	}
	for i, p := range c.Cluster {
		if p.Bits() > c.Masks[i] {
			r.add(ipnet.String(p), []string{"kcm-mask-short-old", "kcm-mask-short"})
			return c, r.out
		}
	}
	switch a := f.allocator(); {
	case a == "RangeAllocator", a == "CloudAllocator", strings.HasPrefix(a, "IPAMFrom") && v.Before(v1(31)):
		// In-tree clouds bring allocators of their own up to 1.30.
	case a == "MultiCIDRRangeAllocator" && !v.Before(v1(25)) && v.Before(v1(29)):
	default:
		r.add(a, []string{"kcm-allocator-type"}, a)
		return c, r.out
	}
	for i, p := range c.Cluster {
		// 16 bits is the allocator's bitmap, and it is checked for IPv6 alone: cidrset/cidr_set.go NewCIDRSet v1.37.2.
		if !ipnet.Is4(p) && c.Masks[i]-p.Bits() > 16 {
			r.add(ipnet.String(p), []string{"kcm-mask-far"})
			return c, r.out
		}
	}
	return c, nil
}

// nodeMasks returns the node masks of f for the families of cluster.
func (f ControllerFlags) nodeMasks(r *refuser, cluster []netip.Prefix, gate bool) (m4, m6 int) {
	v := r.version
	plain, v4, v6 := f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6
	m4, m6 = 24, 64
	family := func() {
		if v4 != 0 {
			m4 = v4
		}
		if v6 != 0 {
			m6 = v6
		}
	}
	if v.Before(v1(17)) {
		// One mask for all, 24 where none is given, for IPv6 as well.
		m4 = 24
		if plain != 0 {
			m4 = plain
		}
		return m4, m4
	}
	dual := len(cluster) > 1
	if v.Before(v1(20)) {
		dual = gate // not the ranges but the feature gate decides which flags are legal
	}
	switch {
	case dual && plain != 0:
		r.add(strconv.Itoa(plain), []string{"kcm-mask-dual"})
	case dual:
		family()
	case v.Before(v1(23)) && (v4 != 0 || v6 != 0):
		r.add(joinMasks(v4, v6), []string{"kcm-mask-single-old"})
	case plain != 0 && (v4 != 0 || v6 != 0):
		r.add(joinMasks(v4, v6), []string{"kcm-mask-both"})
	case plain != 0:
		m4, m6 = plain, plain
	case v4 != 0 && !ipnet.Is4(cluster[0]):
		r.add(strconv.Itoa(v4), []string{"kcm-mask-ipv4"})
	case v6 != 0 && ipnet.Is4(cluster[0]):
		r.add(strconv.Itoa(v6), []string{"kcm-mask-ipv6"})
	default:
		family()
	}
	return m4, m6
}

func joinMasks(v4, v6 int) string {
	switch {
	case v4 == 0:
		return strconv.Itoa(v6)
	case v6 == 0:
		return strconv.Itoa(v4)
	}
	return strconv.Itoa(v4) + ", " + strconv.Itoa(v6)
}

// defaultServiceRange returns the service range of a kube-apiserver that is given none
// (pkg/kubeapiserver/options/options.go DefaultServiceIPCIDR, v1.37.2). kubeadm has a default of its own.
func defaultServiceRange() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, 0}), 24)
}

// serviceBits returns how many host bits a service range of kube-apiserver may have, -1 for any number: the allocator
// of the release that stores them, by its gates (cmd/kube-apiserver/app/options/validation.go validateClusterIPFlags
// of v1.26, v1.30, v1.33 and v1.37.2).
func serviceBits(v fact.Version, g Gates) int {
	on := func(name string, byDefault fact.Version) bool {
		if b, ok := g[name]; ok {
			return b
		}
		return !v.Before(byDefault)
	}
	switch {
	case v.Before(v1(27)):
		return 20
	case v.Before(v1(31)):
		if g["MultiCIDRServiceAllocator"] {
			return 64
		}
		return 20
	case v.Before(v1(34)):
		if on("MultiCIDRServiceAllocator", v1(33)) && on("DisableAllocatorDualWrite", v1(34)) {
			return -1
		}
		return 20
	case v.Before(v1(35)) && !on("DisableAllocatorDualWrite", v1(34)):
		return 20
	}
	return -1
}

// Refusals returns why a kube-apiserver of release v does not start with f, in its words; none where it starts.
// The zero Version is the newest release.
func (f APIServerFlags) Refusals(v fact.Version) []Refusal {
	r := newRefuser(v)
	v = r.version

	// The flag parser comes first. It trims blanks and takes no leading zeros (pflag v1.0.10 ip.go).
	var advertise netip.Addr
	if s := strings.TrimSpace(f.AdvertiseAddress); s != "" {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			r.add(f.AdvertiseAddress, []string{"api-advertise"}, f.AdvertiseAddress, f.AdvertiseAddress)
			return r.out
		}
		advertise = a.Unmap()
	}

	list := []string{defaultServiceRange().String()}
	if f.ServiceClusterIPRange != "" {
		list = strings.Split(f.ServiceClusterIPRange, ",")
		if v.Before(v1(16)) {
			list = []string{strings.TrimSpace(f.ServiceClusterIPRange)}
		}
	}
	_, first, ok := ipnet.ParseCIDR(list[0])
	if !ok {
		r.add(list[0], []string{"api-service-parse", "api-service-flag"}, f.ServiceClusterIPRange, list[0])
		return r.out
	}
	if ipnet.Size(first) < 8 {
		r.add(list[0], []string{"api-service-small"})
		return r.out
	}
	var second netip.Prefix
	if len(list) > 1 {
		if _, second, ok = ipnet.ParseCIDR(list[1]); !ok {
			r.add(list[1], []string{"api-service-second"})
			return r.out
		}
	}

	// From here on everything is reported together.
	if len(list) > 2 {
		r.add(f.ServiceClusterIPRange, []string{"api-service-count"})
	}
	limit := serviceBits(v, f.FeatureGates)
	large := func(p netip.Prefix, ids ...string) {
		if size := p.Addr().BitLen(); limit >= 0 && size-p.Bits() > limit {
			r.addAny(ipnet.String(p), ids, size, size-limit)
		}
	}
	large(first, "api-service-large-old", "api-service-large")
	if second.IsValid() {
		if !ipnet.DualStack([]netip.Prefix{first, second}) {
			r.add(f.ServiceClusterIPRange, []string{"api-service-families"})
		}
		large(second, "api-service-second-large-old", "api-service-second-large")
	}
	if advertise.IsValid() && ipnet.Is4(first) != advertise.Is4() {
		r.add(advertise.String(), []string{"api-advertise-family"}, ipnet.String(first), advertise.String())
	}
	return r.out
}

// addAny is add for a rule that a feature gate keeps beyond its last release.
func (r *refuser) addAny(bad string, ids []string, args ...any) {
	n := len(r.out)
	if r.add(bad, ids, args...); len(r.out) > n {
		return
	}
	v := r.version
	r.version = v1(33)
	r.add(bad, ids, args...)
	r.version = v
}

// Refusals returns why a kubeadm of release v does not take n, in its words, in its order; none where it does.
// The zero Version is the newest release.
func (n KubeadmNetworking) Refusals(v fact.Version) []Refusal {
	r := newRefuser(v)
	v = r.version

	if n.AdvertiseAddress != "" {
		if _, ok := ipnet.ParseAddr(n.AdvertiseAddress); !ok {
			r.add(n.AdvertiseAddress, []string{"adm-advertise"}, n.AdvertiseAddress)
			return r.out
		}
	}
	if d := n.DNSDomain; d != "" {
		if len(d) > 253 {
			r.add(d, []string{"adm-dns-length"})
		}
		if !gate.IsSubdomain(d) {
			r.add(d, []string{"adm-dns-old", "adm-dns"})
		}
	}
	if n.ServiceSubnet != "" {
		list := n.subnets(r, n.ServiceSubnet, "adm-service", 10)
		for _, p := range list {
			if size := p.Addr().BitLen(); size-p.Bits() > 20 {
				r.add(ipnet.String(p), []string{"adm-service-large"}, size, size-20)
			}
		}
	}
	if n.PodSubnet != "" {
		least := int64(14)
		if v.Before(v1(20)) {
			least = 10
		}
		list := n.subnets(r, n.PodSubnet, "adm-pod", least)
		if lastArg(n.ControllerManagerArgs, "allocate-node-cidrs") != "false" {
			for _, p := range list {
				n.nodeMask(r, p)
			}
		}
	}
	for _, a := range []struct {
		id   string
		args []Arg
	}{{"adm-apiserver-args", n.APIServerArgs}, {"adm-controller-args", n.ControllerManagerArgs}} {
		for i, arg := range a.args {
			if arg.Name == "" {
				r.add(fmt.Sprintf("index %d", i), []string{a.id})
			}
		}
	}
	return r.out
}

// subnets checks one list of ranges and returns what could be read of it.
func (n KubeadmNetworking) subnets(r *refuser, text, id string, least int64) []netip.Prefix {
	parts := []string{text}
	if !r.version.Before(v1(16)) {
		parts = strings.Split(text, ",")
	}
	list, bad := ipnet.ParseCIDRs(parts)
	switch {
	case bad >= 0:
		r.add(text, []string{id + "-parse"})
		return nil
	case len(list) > 1 && !dualStackGate(r.version, n.FeatureGates):
		r.add(text, []string{id + "-single"})
	case len(list) > 2, len(list) == 2 && !ipnet.DualStack(list):
		r.add(text, []string{id + "-families"})
	}
	for _, p := range list {
		if size := ipnet.Size(p); size < least {
			r.add(ipnet.String(p), []string{id + "-small-old", id + "-small"}, size)
		}
	}
	return list
}

// nodeMask checks that p can be cut into node subnets.
func (n KubeadmNetworking) nodeMask(r *refuser, p netip.Prefix) {
	if r.version.Before(v1(20)) {
		return
	}
	name, mask := "node-cidr-mask-size-ipv6", 64
	if ipnet.Is4(p) {
		name, mask = "node-cidr-mask-size-ipv4", 24
	}
	if r.version.Before(v1(21)) && !dualStackGate(r.version, n.FeatureGates) {
		name = "node-cidr-mask-size"
	}
	if s := lastArg(n.ControllerManagerArgs, name); s != "" {
		m, err := strconv.Atoi(s)
		if err != nil {
			// kubeadm prints the error of strconv with it.
			why := "invalid syntax"
			if errors.Is(err, strconv.ErrRange) {
				why = "value out of range"
			}
			r.add(ipnet.String(p), []string{"adm-mask-number"}, name, "strconv.Atoi: parsing "+strconv.Quote(s)+": "+why)
			return
		}
		mask = m
	}
	switch {
	case p.Bits() > mask:
		r.add(ipnet.String(p), []string{"adm-mask-short-old", "adm-mask-short"}, p.Bits(), mask)
	case mask-p.Bits() > 16:
		r.add(ipnet.String(p), []string{"adm-mask-far-old", "adm-mask-far"}, p.Bits(), mask)
	}
}

// lastArg returns the value of the last argument of that name, "" where there is none.
func lastArg(args []Arg, name string) string {
	for i := len(args) - 1; i >= 0; i-- {
		if args[i].Name == name {
			return args[i].Value
		}
	}
	return ""
}
