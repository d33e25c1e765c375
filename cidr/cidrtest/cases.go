package cidrtest

import (
	"iter"
	"net/netip"
	"strings"
)

// Cases returns the listed cases for validators, those of optional rules included, in an order that does not change.
// The caller owns what it is given. They are few enough to be read; [Generate] makes more.
func Cases() iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, rows := range [...][]caseRow{
			commonCases(), overlapCases(), hostCases(), familyCases(), nodeCases(), serviceCases(), prefixCases(),
		} {
			for _, r := range rows {
				if !yield(r.toCase()) {
					return
				}
			}
		}
	}
}

// A caseRow is a Case as one writes it: ranges are separated by blanks, "invalid" is the zero Prefix.
type caseRow struct {
	name                  string
	rule                  Rule
	valid                 bool
	hosts, pods, services string
	bits                  []int
	reason, source        string
}

func (r caseRow) toCase() Case {
	return Case{r.name, r.rule, prefixes(r.hosts), prefixes(r.pods), prefixes(r.services), r.bits, r.valid, r.reason, r.source}
}

func prefixes(s string) []netip.Prefix {
	var out []netip.Prefix
	for text := range strings.FieldsSeq(s) {
		p, _ := netip.ParsePrefix(text) // "invalid" is
		out = append(out, p)
	}
	return out
}

// Where most of it is known from.
const (
	srcAllocator = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/cidrset NewCIDRSet"
	srcFilter    = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/ipam/range_allocator.go filterOutServiceRange"
	srcNodeIPAM  = "k8s.io/kubernetes v1.37.2 pkg/controller/nodeipam/node_ipam_controller.go NewNodeIpamController"
	srcServer    = "k8s.io/kubernetes v1.37.2 cmd/kube-apiserver/app/options/validation.go validateClusterIPFlags"
	srcKubeadm   = "k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/validation/validation.go"
	srcEndpoint  = "k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go ValidateEndpointIP"
	srcServices  = "k8s.io/kubernetes v1.37.2 pkg/controlplane/apiserver/options/options.go ServiceIPRange"
	srcModel     = "kubernetes.io/docs/concepts/cluster-administration/networking, the four problems of addresses"
	srcDualStack = "kubernetes.io/docs/concepts/services-networking/dual-stack"
)

// Ranges that installers set up by themselves.
func commonCases() []caseRow {
	const rule = RuleCommon
	return []caseRow{
		{"defaults of kubeadm with flannel", rule, true, "192.168.50.0/24", "10.244.0.0/16", "10.96.0.0/12", nil,
			"pods end at 10.244.255.255, services at 10.111.255.255",
			"kubeadm v1beta4 defaults; flannel kube-flannel.yml"},
		{"defaults of k3s", rule, true, "172.16.7.0/24", "10.42.0.0/16", "10.43.0.0/16", []int{24},
			"the ranges are neighbours and share no address", "k3s pkg/cli/cmds/server.go"},
		{"defaults of kubespray", rule, true, "10.0.0.0/24", "10.233.64.0/18", "10.233.0.0/18", []int{24},
			"services end right before pods begin", "kubespray roles/kubespray_defaults"},
		{"defaults of EKS Anywhere", rule, true, "10.20.0.0/16", "192.168.0.0/16", "10.96.0.0/12", []int{24},
			"different private ranges", "EKS Anywhere, generated configuration"},
		{"defaults of kubeasz", rule, true, "192.168.1.0/24", "172.20.0.0/16", "10.68.0.0/16", []int{24},
			"different private ranges", "kubeasz example/hosts.multi-node"},
		{"defaults of sealos", rule, true, "192.168.1.0/24", "100.64.0.0/10", "10.96.0.0/22", []int{24},
			"shared address space may be used for pods", "sealos defaults; RFC 6598, section 4"},
		{"defaults of OpenShift", rule, true, "10.0.0.0/16", "10.128.0.0/14", "172.30.0.0/16", []int{23},
			"a node range of 512 addresses", "OpenShift installer, install-config networking"},
		{"defaults of kind with IPv6", rule, true, "fc00:f853:ccd:e793::/64", "fd00:10:244::/56", "fd00:10:96::/112",
			[]int{64},
			"unique local addresses", "kind networking.ipFamily ipv6"},
		{"defaults of kind with both families", rule, true, "172.18.0.0/16 fc00:f853:ccd:e793::/64",
			"10.244.0.0/16 fd00:10:244::/56", "10.96.0.0/16 fd00:10:96::/112", []int{24, 64},
			"each family is sound alone", srcDualStack},
		{"both families, IPv6 first", rule, true, "fd00:5::/64 192.0.2.0/24", "fd00:10:244::/56 10.244.0.0/16",
			"fd00:10:96::/112 10.96.0.0/16", []int{64, 24}, "either family can be the first", srcDualStack},
		{"defaults of KubeOne with both families", rule, true, "172.31.0.0/16 fd99::/64", "10.244.0.0/16 fd01::/48",
			"10.96.0.0/12 fd02::/120", []int{24, 64}, "2^16 node ranges of IPv6, the most there can be", srcAllocator},
		{"kubespray with both families", rule, true, "10.0.0.0/24 fd85:ee78:d8a6:8607::/120",
			"10.233.64.0/18 fd85:ee78:d8a6:8607::1:0/112", "10.233.0.0/18 fd85:ee78:d8a6:8607::1000/116",
			[]int{24, 120},
			"node ranges of 256 IPv6 addresses", "kubespray roles/kubespray_defaults"},
		{"the same first bits in both families", rule, true, "", "10.0.0.0/12 fd00::/56",
			"10.16.0.0/12 fd00:0:0:100::/112", []int{24, 64}, "families are apart; the IPv6 ranges are neighbours",
			srcDualStack},
		{"services in public space", rule, true, "10.128.0.0/20", "10.4.0.0/14", "34.118.224.0/20", []int{24},
			"the provider owns the range and routes it nowhere else", "GKE, default of services since 1.27"},
	}
}

// Pods and services.
func overlapCases() []caseRow {
	const why = "an address would belong to a pod and to a service: kube-proxy takes it from the pod"
	const inside = "the range allocator leaves out the node ranges that services touch, other allocators do not know of them"
	const end = "the last address before, and the first behind: no address is shared"
	return []caseRow{
		{"pods equal services", RulePodsServices, false, "", "10.96.0.0/12", "10.96.0.0/12", []int{24}, why, srcModel},
		{"pods equal services, IPv6", RulePodsServices, false, "", "fd00::/112", "fd00::/112", []int{120}, why,
			srcModel},
		{"pods inside services", RulePodsServices, false, "", "10.100.0.0/16", "10.96.0.0/12", []int{24},
			why + "; the range allocator has no node range left", srcFilter},
		{"pods inside services, at the start", RulePodsServices, false, "", "10.96.0.0/16", "10.96.0.0/12", []int{24},
			why, srcFilter},
		{"pods inside services, at the end", RulePodsServices, false, "", "10.111.0.0/16", "10.96.0.0/12", []int{24},
			why, srcFilter},
		{"pods inside services, IPv6", RulePodsServices, false, "", "fd00::8000/114", "fd00::/112", []int{120}, why,
			srcFilter},
		{"pods inside services, second family", RulePodsServices, false, "", "10.244.0.0/16 fd00::8000/114",
			"10.96.0.0/12 fd00::/112", []int{24, 120}, why, srcFilter},
		{"pods equal services, second family", RulePodsServices, false, "", "10.244.0.0/16 fd00::/112",
			"10.96.0.0/12 fd00::/112", []int{24, 120}, why, srcModel},
		{"pods equal services, first family", RulePodsServices, false, "", "10.96.0.0/12 fd00::/56",
			"10.96.0.0/12 fd01::/112", []int{24, 64}, why, srcModel},
		{"pods equal services, families in another order", RulePodsServices, false, "", "fd00::/56 10.96.0.0/12",
			"10.96.0.0/12 fd01::/112", []int{64, 24}, why, srcModel},
		{"services inside pods", RuleServicesInPods, false, "", "10.0.0.0/8", "10.96.0.0/12", []int{24}, inside,
			srcFilter},
		{"services inside pods, at the start", RuleServicesInPods, false, "", "10.244.0.0/16", "10.244.0.0/20",
			[]int{24}, inside, srcFilter},
		{"services inside pods, at the end", RuleServicesInPods, false, "", "10.244.0.0/16", "10.244.240.0/20",
			[]int{24}, inside, srcFilter},
		{"services inside pods, IPv6", RuleServicesInPods, false, "", "fd00:10::/56", "fd00:10:0:5::/112", []int{64},
			inside, srcFilter},
		{"services inside pods, second family", RuleServicesInPods, false, "", "10.244.0.0/16 fd00:10::/56",
			"10.96.0.0/12 fd00:10:0:ff::/112", []int{24, 64}, inside, srcFilter},
		{"services right before pods", RulePodsServices, true, "", "10.112.0.0/12", "10.96.0.0/12", []int{24}, end,
			srcModel},
		{"services right behind pods", RulePodsServices, true, "", "10.80.0.0/12", "10.96.0.0/12", []int{24}, end,
			srcModel},
		{"small services right behind pods", RuleServicesInPods, true, "", "10.244.0.0/16", "10.245.0.0/24", []int{24},
			end, srcModel},
		{"services right behind pods, IPv6", RulePodsServices, true, "", "fd00:0:0:100::/56", "fd00:0:0:200::/112",
			[]int{64}, end, srcModel},
		{"pods overlap pods", RuleSameRole, false, "", "10.244.0.0/16 10.244.128.0/17", "10.96.0.0/12", []int{24, 24},
			"two nodes can be given the same range", srcModel},
		{"pods twice", RuleSameRole, false, "", "10.244.0.0/16 10.244.0.0/16", "10.96.0.0/12", []int{24, 24},
			"two nodes can be given the same range", srcModel},
		{"services twice", RuleSameRole, false, "", "10.244.0.0/16", "10.96.0.0/16 10.96.0.0/16", []int{24},
			"a second range is of the other family", srcServer},
	}
}

// Hosts beside pods and services.
func hostCases() []caseRow {
	const pods = "a node would send what is meant for that host to a pod, or keep it"
	const services = "kube-proxy answers for the addresses of services, and the host is not reached"
	return []caseRow{
		{"a host inside pods", RuleHostsPods, false, "10.244.7.9/32", "10.244.0.0/16", "10.96.0.0/12", nil, pods,
			srcModel},
		{"the first address of pods is a host", RuleHostsPods, false, "10.244.0.0/32", "10.244.0.0/16", "10.96.0.0/12",
			nil, pods, srcModel},
		{"the last address of pods is a host", RuleHostsPods, false, "10.244.255.255/32", "10.244.0.0/16",
			"10.96.0.0/12", nil, pods, srcModel},
		{"the second host inside pods", RuleHostsPods, false, "192.168.1.10/32 10.244.7.9/32", "10.244.0.0/16",
			"10.96.0.0/12", nil, pods, srcModel},
		{"hosts equal pods", RuleHostsPods, false, "192.168.0.0/16", "192.168.0.0/16", "10.96.0.0/12", nil, pods,
			srcModel},
		{"hosts inside pods", RuleHostsPods, false, "192.168.56.0/24", "192.168.0.0/16", "10.96.0.0/12", nil, pods,
			srcModel},
		{"pods inside hosts", RuleHostsPods, false, "10.0.0.0/8", "10.244.0.0/16", "172.20.0.0/16", nil, pods,
			srcModel},
		{"a host inside pods, IPv6", RuleHostsPods, false, "fd00:10:244:7::9/128", "fd00:10:244::/56",
			"fd00:10:96::/112", nil, pods, srcModel},
		{"a host inside pods, second family", RuleHostsPods, false, "10.0.0.9/32 fd00:10:244:7::9/128",
			"10.244.0.0/16 fd00:10:244::/56", "10.96.0.0/12 fd00:10:96::/112", nil, pods, srcModel},
		{"a host right before pods", RuleHostsPods, true, "10.243.255.255/32", "10.244.0.0/16", "10.96.0.0/12", nil,
			"the last address before", srcModel},
		{"a host right behind pods", RuleHostsPods, true, "10.245.0.0/32", "10.244.0.0/16", "10.96.0.0/12", nil,
			"the first address behind", srcModel},
		{"a host inside services", RuleHostsServices, false, "10.96.0.5/32", "10.244.0.0/16", "10.96.0.0/12", nil,
			services, srcModel},
		{"hosts inside services", RuleHostsServices, false, "10.100.0.0/24", "10.244.0.0/16", "10.96.0.0/12", nil,
			services, srcModel},
		{"services inside hosts", RuleHostsServices, false, "10.0.0.0/8", "192.168.0.0/16", "10.96.0.0/12", nil,
			services, srcModel},
		{"hosts equal services", RuleHostsServices, false, "172.20.0.0/16", "10.244.0.0/16", "172.20.0.0/16", nil,
			services, srcModel},
		{"a host inside services, IPv6", RuleHostsServices, false, "fd00:10:96::7/128", "fd00:10:244::/56",
			"fd00:10:96::/112", nil, services, srcModel},
		{"a host right behind services", RuleHostsServices, true, "10.112.0.0/32", "10.244.0.0/16", "10.96.0.0/12", nil,
			"the first address behind", srcModel},
	}
}

// Families, of pods and services.
func familyCases() []caseRow {
	const rule = RuleFamilies
	return []caseRow{
		{"IPv4 pods, IPv6 services", rule, false, "", "10.244.0.0/16", "fd00:10:96::/112", nil,
			"a service has no endpoint of its family", srcDualStack},
		{"IPv6 pods, IPv4 services", rule, false, "", "fd00:10:244::/56", "10.96.0.0/12", nil,
			"a service has no endpoint of its family", srcDualStack},
		{"two service ranges of IPv4", rule, false, "", "10.244.0.0/16", "10.96.0.0/16 10.97.0.0/16", nil,
			"a second service range is of the other family", srcServer},
		{"two service ranges of IPv6", rule, false, "", "fd00:10:244::/56", "fd00:10:96::/112 fd00:10:97::/112", nil,
			"a second service range is of the other family", srcServer},
		{"three service ranges", rule, false, "", "10.244.0.0/16 fd00:10:244::/56",
			"10.96.0.0/16 fd00:10:96::/112 10.97.0.0/16", nil, "there are at most two", srcServer},
		{"two service ranges, two pod ranges", rule, true, "", "10.244.0.0/16 fd00:10:244::/56",
			"10.96.0.0/16 fd00:10:96::/112", []int{24, 64}, "one of each family", srcServer},
	}
}

// Node ranges, cut from pods.
func nodeCases() []caseRow {
	const larger = "no node range fits into the pods"
	const count = "an IPv6 range holds at most 2^16 node ranges, for the allocator's bitmap"
	const count4 = "kubeadm wants at most 16 bits between pods and node ranges in both families"
	return []caseRow{
		{"node ranges larger than pods", RuleNodeBits, false, "", "10.244.0.0/25", "10.96.0.0/16", []int{24}, larger,
			srcNodeIPAM},
		{"node ranges much larger than pods", RuleNodeBits, false, "", "10.244.0.0/24", "10.96.0.0/16", []int{16},
			larger, srcNodeIPAM},
		{"node ranges larger than pods, IPv6", RuleNodeBits, false, "", "fd00:10:244::/65", "fd00:10:96::/112",
			[]int{64}, larger, srcNodeIPAM},
		{"node ranges larger than pods, second family", RuleNodeBits, false, "", "10.244.0.0/16 fd00:10:244::/72",
			"10.96.0.0/16 fd00:10:96::/112", []int{24, 64}, larger, srcNodeIPAM},
		{"node bits beyond IPv4", RuleNodeBits, false, "", "10.244.0.0/20", "10.96.0.0/16", []int{33},
			"an address has 32 bits; the allocator hands out a text that is no range", srcAllocator},
		{"node bits of IPv6 for IPv4", RuleNodeBits, false, "", "10.244.0.0/16", "10.96.0.0/16", []int{64},
			"an address has 32 bits", srcAllocator},
		{"node bits beyond IPv6", RuleNodeBits, false, "", "fd00:10:244::/120", "fd00:10:96::/112", []int{129},
			"an address has 128 bits", srcAllocator},
		{"negative node bits", RuleNodeBits, false, "", "10.244.0.0/16", "10.96.0.0/16", []int{-1},
			"a length is 0 to 32", srcAllocator},
		{"two node ranges", RuleNodeBits, true, "", "10.244.0.0/23", "10.96.0.0/16", []int{24},
			"one bit more than the pods", srcNodeIPAM},
		{"node ranges across the words of an address", RuleNodeBits, true, "", "fd00:10:244::/60", "fd00:10:96::/112",
			[]int{68},
			"lengths above 64 are taken", srcAllocator},
		{"one node range", RuleOneNode, true, "", "10.244.0.0/24", "10.96.0.0/16", []int{24},
			"it is the pods; a cluster of one node", srcNodeIPAM},
		{"one node range, IPv6", RuleOneNode, true, "", "fd00:10:244::/64", "fd00:10:96::/112", []int{64},
			"it is the pods", srcNodeIPAM},
		{"2^17 node ranges, IPv6", RuleNodeCount, false, "", "fd00:10::/47", "fd01::/112", []int{64}, count,
			srcAllocator},
		{"2^40 node ranges, IPv6", RuleNodeCount, false, "", "fd00::/24", "fd80::/112", []int{64}, count, srcAllocator},
		{"2^17 node ranges, second family", RuleNodeCount, false, "", "10.244.0.0/16 fd00:10::/63",
			"10.96.0.0/16 fd01::/112", []int{24, 80}, count, srcAllocator},
		{"2^16 node ranges, IPv6", RuleNodeCount, true, "", "fd00:10::/48", "fd01::/112", []int{64},
			"the most there can be", srcAllocator},
		{"2^16 node ranges behind the first word", RuleNodeCount, true, "", "fd00:10::/64", "fd01::/112", []int{80},
			"the most there can be", srcAllocator},
		{"2^16 node ranges, IPv4", RuleNodeCountIPv4, true, "", "10.0.0.0/8", "172.20.0.0/16", []int{24},
			"the most that kubeadm takes", srcKubeadm},
		{"2^17 node ranges, IPv4", RuleNodeCountIPv4, false, "", "10.0.0.0/8", "172.20.0.0/16", []int{25}, count4,
			srcKubeadm},
		{"2^17 node ranges, IPv4 second", RuleNodeCountIPv4, false, "", "fd00:10::/56 10.64.0.0/11",
			"fd01::/112 172.20.0.0/16", []int{64, 28}, count4, srcKubeadm},
	}
}

// Sizes of service ranges.
func serviceCases() []caseRow {
	const rule = RuleServiceSize
	const large = "more than 20 bits of services: kubeadm refuses it, and so does kube-apiserver up to 1.33"
	const small = "too few addresses: kubeadm wants 10, kube-apiserver 8"
	return []caseRow{
		{"services of 2^21 addresses", rule, false, "", "192.168.0.0/16", "10.0.0.0/11", nil, large, srcKubeadm},
		{"services of a /8", rule, false, "", "192.168.0.0/16", "10.0.0.0/8", nil, large, srcKubeadm},
		{"services of 2^20 addresses", rule, true, "", "192.168.0.0/16", "10.0.0.0/12", nil, "20 bits, the most",
			srcKubeadm},
		{"services of 2^21 addresses, IPv6", rule, false, "", "fd00:10:244::/56", "fd00:10:96::/107", nil, large,
			srcKubeadm},
		{"services of a /64, IPv6", rule, false, "", "fd00:10:244::/56", "fd00:10:96::/64", nil, large, srcKubeadm},
		{"services of a /64, second family", rule, false, "", "10.244.0.0/16 fd00:10:244::/56",
			"10.96.0.0/16 fd00:10:96::/64", nil, large, srcKubeadm},
		{"services of 2^20 addresses, IPv6", rule, true, "", "fd00:10:244::/56", "fd00:10:96::/108", nil,
			"20 bits, the most", srcKubeadm},
		{"services of 2^16 addresses, IPv6", rule, true, "", "fd00:10:244::/56", "fd00:10:96::/112", nil,
			"16 bits are less than 20: a longer prefix is a smaller range", srcKubeadm},
		{"services of 2^8 addresses, IPv6", rule, true, "", "fd00:10:244::/56", "fd00:10:96::/120", nil,
			"8 bits are less than 20: a longer prefix is a smaller range", srcKubeadm},
		{"services of 4 addresses", rule, false, "", "10.244.0.0/16", "10.96.0.0/30", nil, small, srcServices},
		{"services of one address", rule, false, "", "10.244.0.0/16", "10.96.0.1/32", nil, small, srcServices},
		{"services of 4 addresses, IPv6", rule, false, "", "fd00:10:244::/56", "fd00:10:96::/126", nil, small,
			srcServices},
		{"services of 16 addresses", rule, true, "", "10.244.0.0/16", "10.96.0.0/28", nil, "10 are enough", srcKubeadm},
		{"services of 16 addresses, IPv6", rule, true, "", "fd00:10:244::/56", "fd00:10:96::/124", nil,
			"10 are enough", srcKubeadm},
	}
}

// Prefixes that are no range for a cluster.
func prefixCases() []caseRow {
	const unusable = "no pod and no service can have such an address"
	const invalid = "it says nothing"
	const mapped = "kube-controller-manager hands out 0.0.0.0/24 from it"
	const bits = "what runs is not what is written: 10.244.1.0/16 is 10.244.0.0/16"
	return []caseRow{
		{"half of IPv4 for pods", RuleUnusable, false, "", "0.0.0.0/1", "172.20.0.0/16", []int{16},
			"it holds 0.0.0.0/8 and 127.0.0.0/8: " + unusable, srcEndpoint},
		{"all of IPv4 for pods", RuleUnusable, false, "", "0.0.0.0/0", "172.20.0.0/16", []int{16}, unusable,
			srcEndpoint},
		{"all of IPv6 for pods", RuleUnusable, false, "", "::/0", "fd00:10:96::/112", []int{16}, unusable, srcEndpoint},
		{"loopback for pods", RuleUnusable, false, "", "127.0.0.0/8", "10.96.0.0/12", []int{24}, unusable, srcEndpoint},
		{"inside of loopback for services", RuleUnusable, false, "", "10.244.0.0/16", "127.64.0.0/16", []int{24},
			unusable, srcEndpoint},
		{"link-local for pods", RuleUnusable, false, "", "169.254.0.0/16", "10.96.0.0/12", []int{24}, unusable,
			srcEndpoint},
		{"link-local for services, IPv6", RuleUnusable, false, "", "fd00:10:244::/56", "fe80::/112", []int{64},
			unusable, srcEndpoint},
		{"multicast for pods", RuleUnusable, false, "", "239.0.0.0/16", "10.96.0.0/12", []int{24}, unusable,
			srcEndpoint},
		{"multicast for pods, IPv6", RuleUnusable, false, "", "ff05::/56", "fd00:10:96::/112", []int{64}, unusable,
			srcEndpoint},
		{"no pods but an invalid range", RuleInvalid, false, "", "invalid", "10.96.0.0/12", []int{24}, invalid,
			srcAllocator},
		{"no services but an invalid range", RuleInvalid, false, "", "10.244.0.0/16", "invalid", []int{24}, invalid,
			srcServer},
		{"an invalid second pod range", RuleInvalid, false, "", "10.244.0.0/16 invalid", "10.96.0.0/12", []int{24, 64},
			invalid, srcAllocator},
		{"IPv4-mapped pods", RuleMapped, false, "", "::ffff:10.244.0.0/112", "fd00:10:96::/112", []int{120}, mapped,
			srcAllocator},
		{"IPv4-mapped services", RuleMapped, false, "", "fd00:10:244::/56", "::ffff:10.96.0.0/112", []int{64},
			"it is IPv4 to some programs and IPv6 to others", "RFC 4291, section 2.5.5.2"},
		{"host bits in pods", RuleHostBits, false, "", "10.244.1.0/16", "10.96.0.0/12", []int{24}, bits, srcKubeadm},
		{"host bits in services", RuleHostBits, false, "", "10.244.0.0/16", "10.96.0.1/12", []int{24},
			bits, srcKubeadm},
		{"host bits in pods, IPv6", RuleHostBits, false, "", "fd00:10:244::1/56", "fd00:10:96::/112", []int{64}, bits,
			srcKubeadm},
	}
}
