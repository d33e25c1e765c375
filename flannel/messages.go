package flannel

import (
	"regexp"
	"strings"
	"sync"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Level says how much a message matters. The zero value is Notice.
type Level uint8

const (
	// Notice is a message of ordinary operation.
	Notice Level = iota
	// Trouble is a message about something that does not work, while flannel goes on.
	Trouble
	// Fatal is the last message of a flannel that stops.
	Fatal
)

// String returns "notice", "trouble" or "fatal".
func (l Level) String() string { return [...]string{"notice", "trouble", "fatal"}[min(l, Fatal)] }

// A message is one row of the catalogue of what flannel and its CNI plugin say about addresses.
type message struct {
	ID    string
	Level Level
	// Pattern is a regular expression (package regexp) for the message without time and header, \" read as ". Its groups node,
	// subnet and network give the values of a [fact.Symptom].
	Pattern string
	Cause   string        // what most often causes it
	Remedy  string        // what most often mends it
	Rules   []fact.RuleID // findings that explain it, most likely first
	Source  string        // where upstream writes it

	literals []string // one of them is in every text that Pattern matches
}

// Groups of the patterns.
const (
	reNode    = `"(?P<node>[^"]*)"`
	reSubnet  = `(?P<subnet>[0-9a-fA-F.:]+/[0-9]+)`
	reNetwork = `(?P<network>[0-9a-fA-F.:]+/[0-9]+)`
)

// messages returns the catalogue, in the order in which its patterns are tried. It belongs to the caller.
func messages() []message {
	const (
		kube = "flannel v0.28.10 pkg/subnet/kube/kube.go"
		conf = "flannel v0.28.10 pkg/subnet/config.go"
		main = "flannel v0.28.10 main.go"
		etcd = "flannel v0.28.10 pkg/subnet/etcd/local_manager.go"
		cni  = "cni-plugin v1.9.1 flannel.go"
	)
	rules := func(r ...fact.RuleID) []fact.RuleID { return r }
	unreachable := rules(fact.RuleHostServiceOverlap, fact.RuleHostPodOverlap, fact.RulePodServiceOverlap, fact.RuleServiceRangeMismatch, fact.RuleKubeProxyMismatch)
	return []message{
		// The kube subnet manager takes the node's subnet from its Node object.
		{
			ID: "pod-cidr-not-assigned", Level: Fatal, Pattern: `node ` + reNode + ` pod cidr not assigned`,
			Cause:  "the Node object has no spec.podCIDR: kube-controller-manager runs without --allocate-node-cidrs=true and --cluster-cidr, or has no subnet left",
			Remedy: "give the cluster a pod range (kubeadm networking.podSubnet or --pod-network-cidr, that is --allocate-node-cidrs=true and --cluster-cidr); flannel never assigns subnets itself",
			Rules: rules(fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed, fact.RuleClusterCIDRExhausted,
				fact.RulePodServiceOverlap, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleControlPlaneFlagsDiffer, fact.RulePodCIDRMissing),
			Source: kube + " AcquireLease", literals: []string{"pod cidr not assigned"},
		},
		{
			ID: "ipv6-pod-cidr-outside-network", Level: Fatal,
			Pattern: `subnet "` + reNetwork + `" specified in the flannel net config doesn't contain "` + reSubnet + `" IPv6 PodCIDR of the ` + reNode,
			Cause:   "the node's IPv6 podCIDR lies outside of IPv6Network in net-conf.json",
			Remedy:  "set IPv6Network to the IPv6 range of --cluster-cidr, and restart flannel",
			Rules:   rules(fact.RuleFlannelNetworkMismatch, fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer),
			Source:  kube + " AcquireLease", literals: []string{"specified in the flannel net config doesn't contain"},
		},
		{
			ID: "pod-cidr-outside-network", Level: Fatal,
			Pattern: `subnet "` + reNetwork + `" specified in the flannel net config doesn't contain "` + reSubnet + `" PodCIDR of the ` + reNode,
			Cause:   "the node's podCIDR lies outside of Network in net-conf.json",
			Remedy:  "set Network to the cluster's pod range (--cluster-cidr, podSubnet), and restart flannel; or give the cluster the range of Network and register the nodes again",
			Rules:   rules(fact.RuleFlannelNetworkMismatch, fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer, fact.RuleNodeSubnetDuplicate),
			Source:  kube + " AcquireLease", literals: []string{"specified in the flannel net config doesn't contain"},
		},
		{
			ID: "ipv6-pod-cidr-without-network", Level: Fatal,
			Pattern: `subnet "` + reSubnet + `" specified in the PodCIDR, but doesn't exist in the flannel net config of the ` + reNode,
			Cause:   "the node has an IPv6 podCIDR, and net-conf.json has no IPv6Network",
			Remedy:  "set EnableIPv6 and IPv6Network in net-conf.json, or use flannel v0.28.0 or newer, which passes over the IPv6 podCIDR",
			Rules:   rules(fact.RuleFlannelIPv6Disabled, fact.RuleDualStackIPv6First),
			Source:  "flannel v0.18.1 to v0.20.2 subnet/kube/kube.go AcquireLease", literals: []string{"doesn't exist in the flannel net config"},
		},
		{
			ID: "network-not-configured", Level: Fatal, Pattern: `could not find an ipv[46] network in the flannel configuration`,
			Cause:  "the node has a podCIDR of a family for which net-conf.json has no range",
			Remedy: "set Network, or EnableIPv6 and IPv6Network, in net-conf.json, and restart flannel",
			Rules:  rules(fact.RuleFlannelIPv6Disabled, fact.RuleNetConfMalformed, fact.RuleFlannelNetworkMismatch),
			Source: "flannel v0.21.0 to v0.24.4 pkg/subnet/config.go GetFlannelNetwork", literals: []string{"network in the flannel configuration"},
		},
		{
			ID: "no-matching-network", Level: Fatal, Pattern: `could not find flannel (?:ipv6 )?networks matching subnet ` + reSubnet,
			Cause:  "no ClusterCIDR object has a range for the node's podCIDR",
			Remedy: "use flannel v0.25 or newer, which takes Network of net-conf.json alone",
			Rules:  rules(fact.RuleFlannelNetworkMismatch),
			Source: "flannel v0.21.0 to v0.24.4 pkg/subnet/config.go GetFlannelNetwork", literals: []string{"networks matching subnet"},
		},
		{
			ID: "lease-without-family", Level: Fatal, Pattern: `failed to configure (?:wg )?interface(?: \S+)?: IPv[46] is enabled but the lease has no IPv[46]`,
			Cause:  "net-conf.json enables a family that the node has no podCIDR of",
			Remedy: "give kube-controller-manager a range of each family (--cluster-cidr=IPv4,IPv6) and register the node again; or disable the family in net-conf.json",
			Rules:  rules(fact.RulePodCIDRFamilyMissing, fact.RuleFlannelIPv6Disabled, fact.RuleFlannelNetworkMismatch, fact.RulePodCIDRMissing, fact.RuleClusterCIDRExhausted),
			Source: "flannel v0.28.10 pkg/backend/vxlan/device.go", literals: []string{"is enabled but the lease has no"},
		},
		{
			ID: "too-many-pod-cidrs", Level: Fatal, Pattern: `node ` + reNode + ` pod cidrs should be IPv4/IPv6 only or dualstack`,
			Cause: "the node has more than two podCIDRs", Remedy: "register the node again, so that it gets one subnet of each family",
			Source: kube + " AcquireLease", literals: []string{"pod cidrs should be"},
		},
		{
			ID: "address-not-ipv4", Level: Fatal, Pattern: `Address is not an IPv4 address`,
			Cause:  "an IPv6 range where flannel expects IPv4: Network in net-conf.json, or the first podCIDR of the node before v0.20.2",
			Remedy: "give IPv6 ranges to IPv6Network; put IPv4 first in --cluster-cidr, or use flannel v0.20.2 or newer",
			Rules:  rules(fact.RuleDualStackIPv6First, fact.RuleCIDRMalformed, fact.RuleNetConfMalformed, fact.RuleFlannelIPv6Disabled),
			Source: "flannel v0.13.0 to v0.28.8 pkg/ip/ipnet.go FromIP", literals: []string{"Address is not an IPv4 address"},
		},
		{
			ID: "crash-without-ipv6", Level: Fatal, Pattern: `ip\.\(\*IP6Net\)\.IncrementIP|ip\.\(\*IP6\)\.ToIP`,
			Cause:  "flannel crashed with a nil pointer: EnableIPv6 on a node without an IPv6 podCIDR, or, from v0.25.0 to v0.27.4, an IPv6 podCIDR without IPv6Network",
			Remedy: "give the cluster and net-conf.json the same families, and register the node again",
			Rules:  rules(fact.RulePodCIDRFamilyMissing, fact.RuleFlannelIPv6Disabled, fact.RulePodCIDRMissing),
			Source: "flannel pkg/ip/ip6net.go", literals: []string{"IncrementIP", "ToIP"},
		},
		{
			ID: "no-family", Level: Fatal, Pattern: `none defined stack`,
			Cause:  "net-conf.json has EnableIPv4 false, and EnableIPv6 is not true",
			Remedy: "enable a family", Rules: rules(fact.RuleNetConfMalformed), Source: main + " main", literals: []string{"none defined stack"},
		},

		// net-conf.json
		{
			ID: "net-conf-missing", Level: Fatal, Pattern: `failed to read net conf: `,
			Cause:  "there is no net-conf.json where flannel looks: the ConfigMap lacks the key, or is not mounted",
			Remedy: "look at what is mounted at /etc/kube-flannel: kubectl -n kube-flannel get configmap kube-flannel-cfg -o yaml (canal: canal-config in kube-system) has to show the key net-conf.json",
			Rules:  rules(fact.RuleNetConfMissing), Source: kube + " NewSubnetManager", literals: []string{"failed to read net conf"},
		},
		{
			ID: "subnet-range-invalid", Level: Fatal,
			Pattern: `SubnetLen must be less than /|etwork must be able to accommodate at least four subnets|etwork is too small\. Minimum useful network prefix|Subnet(?:Min|Max) is not (?:in the range of|on a SubnetLen boundary)|HostSubnet is larger network than Network`,
			Cause:   "SubnetLen, SubnetMin or SubnetMax in net-conf.json do not fit the network",
			Remedy:  "remove them: with --kube-subnet-mgr they have no effect, and releases from v0.20 pass over them",
			Rules:   rules(fact.RuleNetConfSubnetRangeInvalid), Source: conf + " CheckNetworkConfig",
			literals: []string{"SubnetLen must be", "at least four subnets", "Minimum useful network prefix", "is not in the range of", "on a SubnetLen boundary", "HostSubnet is larger"},
		},
		{
			ID: "network-undefined", Level: Fatal, Pattern: `lease define a correct (?:IPv6)?Network parameter in the flannel config`,
			Cause:  "net-conf.json has no range for an enabled family",
			Remedy: "set Network, or IPv6Network with EnableIPv6",
			Rules:  rules(fact.RuleNetConfMalformed, fact.RuleFlannelIPv6Disabled), Source: conf + " CheckNetworkConfig", literals: []string{"define a correct"},
		},
		{
			ID: "net-conf-cidr-malformed", Level: Fatal, Pattern: `(?:error parsing subnet config|Couldn't fetch network config): (?:invalid CIDR address|invalid IPv4 CIDR format)`,
			Cause:  "Network or IPv6Network in net-conf.json is no range, or of the other family",
			Remedy: "write address/length, one range to each key",
			Rules:  rules(fact.RuleCIDRMalformed, fact.RuleNetConfMalformed), Source: "flannel v0.28.10 pkg/ip/ipnet.go UnmarshalJSON", literals: []string{"invalid CIDR address", "invalid IPv4 CIDR format"},
		},
		{
			ID: "net-conf-not-in-etcd", Level: Trouble, Pattern: `flannel config not found in etcd store|Couldn't fetch network config: 100: Key not found`,
			Cause:  "there is no configuration in etcd, or it was written with the other API: flannel reads v3 since v0.18.0, v2 before",
			Remedy: "write it with ETCDCTL_API=3 etcdctl put /coreos.com/network/config; in Kubernetes run flannel with --kube-subnet-mgr instead",
			Rules:  rules(fact.RuleNetConfMissing), Source: etcd, literals: []string{"flannel config not found in etcd", "Key not found"},
		},
		{
			ID: "net-conf-malformed", Level: Fatal, Pattern: `error parsing subnet config: |error decoding Backend property of config`,
			Cause:  "flannel cannot read net-conf.json",
			Remedy: "fix the JSON of net-conf.json in the ConfigMap kube-flannel-cfg; kubectl get configmap -o yaml shows it as flannel reads it",
			Rules:  rules(fact.RuleNetConfMalformed, fact.RuleCIDRMalformed, fact.RuleNetConfSubnetRangeInvalid), Source: kube + " NewSubnetManager", literals: []string{"error parsing subnet config", "error decoding Backend"},
		},
		{
			ID: "net-conf-unavailable", Level: Trouble, Pattern: `Couldn't f(?:etch|ind) network config: `,
			Cause:  "flannel runs without --kube-subnet-mgr and finds no usable configuration in etcd; it tries again every second",
			Remedy: "in Kubernetes run flannel with --kube-subnet-mgr; with etcd, write the configuration there",
			Rules:  rules(fact.RuleNetConfMalformed, fact.RuleNetConfMissing), Source: main + " getConfig", literals: []string{"network config: "},
		},
		{
			ID: "backend-unknown", Level: Fatal, Pattern: `unknown backend type: `,
			Cause:  "Backend.Type in net-conf.json is misspelt, missing, or of a backend that this release does not have",
			Remedy: "use vxlan, or another type that the release knows",
			Rules:  rules(RuleBackendUnknown), Source: "flannel v0.28.10 pkg/backend/manager.go GetBackend", literals: []string{"unknown backend type"},
		},
		{
			ID: "backend-options-malformed", Level: Fatal,
			Pattern: `error decoding (?:\S+ )?backend config|no valid Mode configured|config error, password is too short|failed to create vxlan device: numerical result out of range|MTU \d+ of iface \S+ is too small for ipip`,
			Cause:   "an option of Backend in net-conf.json is of the wrong type or out of range",
			Remedy:  "fix the options of Backend",
			Rules:   rules(fact.RuleNetConfMalformed), Source: "flannel v0.28.10 pkg/backend",
			literals: []string{"backend config", "no valid Mode", "password is too short", "numerical result out of range", "too small for ipip"},
		},

		// Other reasons for which the daemon does not start
		{
			ID: "node-unknown", Level: Fatal, Pattern: `failed to patch node ` + reNode + `|failed to acquire lease: (?:Error getting node: )?nodes? ` + strings.Replace(reNode, "node>", "node2>", 1) + ` not found`,
			Cause:  "the API server does not know the node under the name that flannel has, or cannot be reached",
			Remedy: "compare NODE_NAME with kubectl get nodes",
			Rules:  unreachable, Source: kube + " AcquireLease", literals: []string{"failed to patch node", "failed to acquire lease"},
		},
		{
			ID: "api-unreachable", Level: Fatal, Pattern: `error retrieving pod spec for '[^']*'|error waiting for nodeController to sync state`,
			Cause:  "flannel does not reach the API server by its service address: kube-proxy does not run, or ranges overlap; or it lacks permission",
			Remedy: "on the node: curl -k https://<address of the service kubernetes>/healthz",
			Rules:  unreachable, Source: kube + " NewSubnetManager", literals: []string{"error retrieving pod spec", "nodeController to sync"},
		},
		{
			ID: "interface-not-found", Level: Fatal,
			Pattern: `Failed to find any valid interface to use|Failed to find interface to use that matches|v6 default route interface \S+ must be the same with v4 default route interface`,
			Cause:   "the node has no default route, or no address of an enabled family on its interface, or --iface names another one",
			Remedy:  "add the route, or name the interface with --iface; without IPv6 on the hosts leave EnableIPv6 off",
			Source:  main + " main", literals: []string{"Failed to find", "v6 default route interface"},
		},
		{
			ID: "public-ip-differs", Level: Fatal, Pattern: `your PublicIP differs from interface IP`,
			Cause: "host-gw does not work behind address translation", Remedy: "use vxlan, or set --public-ip to the interface's address",
			Source: "flannel v0.28.10 pkg/backend/hostgw/hostgw.go", literals: []string{"PublicIP differs"},
		},
		{
			ID: "bridge-netfilter-missing", Level: Fatal, Pattern: `Failed to check br_netfilter: `,
			Cause: "the kernel module br_netfilter is not loaded", Remedy: "modprobe br_netfilter, and name it in /etc/modules-load.d",
			Source: main + " main", literals: []string{"br_netfilter"},
		},
		{
			ID: "device-address-stale", Level: Fatal, Pattern: `link has incompatible addresses\. Remove additional addresses`,
			Cause: "flannel's device has the address of an earlier subnet", Remedy: "ip link delete flannel.1, then restart flannel on the node",
			Rules:  rules(fact.RuleSubnetEnvMismatch, fact.RuleFlannelNetworkMismatch),
			Source: "flannel v0.13.0 pkg/ip/iface.go EnsureV4AddressOnLink", literals: []string{"incompatible addresses"},
		},
		{
			ID: "vxlan-port-taken", Level: Fatal, Pattern: `failed to set interface \S+ to UP state: address already in use`,
			Cause: "another VXLAN device holds the UDP port, such as that of Cilium or Calico", Remedy: "remove the other network plugin's device, or set Port in Backend",
			Source: "Linux", literals: []string{"to UP state: address already in use"},
		},
		{
			ID: "out-of-subnets", Level: Fatal, Pattern: `\bout of subnets\b`,
			Cause:  "with etcd: every subnet between SubnetMin and SubnetMax is taken, or SubnetMin lies behind SubnetMax",
			Remedy: "widen the range, or remove leases of nodes that are gone",
			Rules:  rules(fact.RuleNetConfSubnetRangeInvalid, fact.RuleClusterCIDRExhausted), Source: etcd + " allocateSubnet", literals: []string{"out of subnets"},
		},
		{
			ID: "pod-cidr-malformed", Level: Fatal, Pattern: `failed to acquire lease: invalid CIDR address: `,
			Cause: "the node's podCIDR is no range", Remedy: "register the node again", Rules: rules(fact.RuleCIDRMalformed),
			Source: kube + " AcquireLease", literals: []string{"failed to acquire lease: invalid CIDR"},
		},
		{
			ID: "lease-failed", Level: Fatal, Pattern: `failed to acquire lease: `,
			Cause: "flannel got no subnet for the node", Remedy: "see the rest of the message", Source: kube + " AcquireLease", literals: []string{"failed to acquire lease"},
		},

		// Running, with trouble
		{
			ID: "peer-unusable", Level: Trouble, Pattern: `Error turning node ` + reNode + ` to lease: `,
			Cause:  "another node has no podCIDR of an enabled family, or flannel is not up there; its pods are not reached from here",
			Remedy: "see to that node: its podCIDRs, and the log of its flannel",
			Rules:  rules(fact.RulePodCIDRMissing, fact.RulePodCIDRFamilyMissing, fact.RuleFlannelIPv6Disabled, fact.RulePodCIDRUnset, fact.RuleClusterCIDRExhausted),
			Source: kube + " handleAddLeaseEvent", literals: []string{"Error turning node"},
		},
		{
			ID: "route-not-added", Level: Trouble, Pattern: `failed to add vxlanRoute \(` + reSubnet + ` -> |failed to add v6 vxlanRoute \((?P<subnet2>[0-9a-fA-F.:]+/[0-9]+) -> |Error adding route to (?P<subnet3>[0-9a-fA-F.:]+/[0-9]+) via `,
			Cause:  "the device has no address of the node's subnet, usually because cni0 or flannel.1 are left over from an earlier range",
			Remedy: "ip link delete cni0; ip link delete flannel.1; then restart flannel on the node",
			Rules:  rules(fact.RuleSubnetEnvMismatch, fact.RuleNodeSubnetDuplicate, fact.RuleHostPodOverlap),
			Source: "flannel v0.28.10 pkg/backend/vxlan/vxlan_network.go", literals: []string{"vxlanRoute", "Error adding route to"},
		},
		{
			ID: "other-backend", Level: Trouble, Pattern: `[Ii]gnoring non-\S+ (?:subnet: type=|v4Subnet\()`,
			Cause: "another node runs flannel with another backend; its pods are not reached", Remedy: "restart flannel on all nodes, so that they read one configuration",
			Rules:  rules(fact.RuleFlannelBackendMixed),
			Source: "flannel v0.28.10 pkg/backend", literals: []string{"gnoring non-"},
		},
		{
			ID: "subnet-file-unusable", Level: Trouble, Pattern: `Couldn't (?:parse|fetch) previous \S+ from subnet file|more than 1 entry found for key: \S+`,
			Cause: "the subnet.env of an earlier run cannot be read", Remedy: "remove /run/flannel/subnet.env and restart flannel on the node",
			Rules:  rules(RuleSubnetEnvMalformed, fact.RuleCIDRMalformed),
			Source: main + " ReadCIDRsFromSubnetFile", literals: []string{"previous", "more than 1 entry"},
		},
		{
			ID: "subnet-file-not-written", Level: Trouble, Pattern: `Failed to write subnet file: `,
			Cause: "the folder of subnet.env is not mounted or read-only; pods keep the old file, or get none", Remedy: "mount /run/flannel into the container",
			Source: main + " main", literals: []string{"Failed to write subnet file"},
		},
		{
			ID: "lease-incompatible", Level: Trouble, Pattern: `Found lease \((?:ip: )?` + reSubnet + `.*but not compatible with current config|Found previously leased subnet \((?P<subnet2>[0-9a-fA-F.:]+/[0-9]+)\) that is not compatible`,
			Cause: "with etcd: Network or SubnetLen was changed, and the node's subnet does not fit any more", Remedy: "restart the pods of the node, since it gets another subnet",
			Rules:  rules(fact.RuleNetConfSubnetRangeInvalid),
			Source: etcd + " tryAcquireLease", literals: []string{"not compatible with"},
		},

		// The CNI plugin, in events and in kubelet's log
		{
			ID: "subnet-env-incomplete", Level: Trouble, Pattern: `subnet\.env is missing FLANNEL_`,
			Cause: "subnet.env lacks a variable: it was written by hand, or cut off", Remedy: "restart flannel on the node, which writes it anew",
			Rules: rules(RuleSubnetEnvMalformed), Source: cni + " loadFlannelSubnetEnv", literals: []string{"is missing FLANNEL_"},
		},
		{
			ID: "subnet-env-mtu", Level: Trouble, Pattern: `(?i:flannel).*strconv\.ParseUint: parsing "-?\d*": (?:invalid syntax|value out of range)`,
			Cause: "FLANNEL_MTU in subnet.env is negative: the MTU option in net-conf.json is smaller than the backend's overhead", Remedy: "remove MTU from Backend, and restart flannel",
			Rules: rules(fact.RuleMTUTooLarge, RuleSubnetEnvMalformed), Source: cni + " loadFlannelSubnetEnv", literals: []string{"strconv.ParseUint"},
		},

		// k3s, which has flannel within
		{
			ID: "pod-cidr-awaited", Level: Fatal, Pattern: `flannel failed to wait for PodCIDR assignment`,
			Cause: "k3s: the node got no podCIDR", Remedy: "compare --cluster-cidr and the node mask of all servers",
			Rules:  rules(fact.RulePodCIDRUnset, fact.RuleClusterCIDRExhausted, fact.RuleControlPlaneFlagsDiffer, fact.RulePodCIDRMissing),
			Source: "k3s pkg/agent/flannel", literals: []string{"wait for PodCIDR"},
		},

		// Ordinary operation
		{ID: "subnet-changed", Pattern: `Current network or subnet \(` + reNetwork + `, ` + reSubnet + `\) is not equal to previous one`, Cause: "first start, or the node's range changed; then cni0 keeps the old address", Remedy: "if it changed: ip link delete cni0 and restart the pods of the node", Source: main, literals: []string{"is not equal to previous one"}},
		{ID: "mode-kube", Pattern: `Created subnet manager: Kubernetes Subnet Manager - (?P<node>\S+)`, Source: main, literals: []string{"Kubernetes Subnet Manager"}},
		{ID: "mode-etcd", Pattern: `Created subnet manager: Etcd Local Manager with Previous Subnet: (?:` + reSubnet + `|None)`, Source: main, literals: []string{"Etcd Local Manager"}},
		{ID: "flags", Pattern: `CLI flags config: \{`, Source: main, literals: []string{"CLI flags config"}},
		{ID: "backend", Pattern: `Found network config - Backend type: `, Source: main, literals: []string{"Found network config"}},
		{ID: "subnet-file-written", Pattern: `Wrote subnet file to `, Source: main, literals: []string{"Wrote subnet file"}},
		{ID: "subnet-file-absent", Pattern: `no subnet found for key: \S+ in file`, Cause: "first start, or a family that is not used", Source: main, literals: []string{"no subnet found for key"}},
		{ID: "peer-added", Pattern: `Subnet added: ` + reSubnet, Source: "flannel v0.28.10 pkg/backend/route_network.go", literals: []string{"Subnet added"}},
		{ID: "peer-removed", Pattern: `Subnet removed: ` + reSubnet, Source: "flannel v0.28.10 pkg/backend/route_network.go", literals: []string{"Subnet removed"}},
		{ID: "lease-allocated", Pattern: `Allocated lease \((?:ip: )?` + reSubnet, Source: etcd, literals: []string{"Allocated lease"}},
		{ID: "lease-acquired", Pattern: `(?:Subnet l|L)ease acquired: ` + reSubnet, Source: "flannel v0.5 to v0.7 network/manager.go", literals: []string{"ease acquired: "}},
		{ID: "lease-reused", Pattern: `Found (?:lease \((?:ip: )?` + reSubnet + `.* for current IP|previously leased subnet \((?P<subnet2>[0-9a-fA-F.:]+/[0-9]+)\)).*, reusing`, Source: etcd, literals: []string{"reusing"}},
		{ID: "peer-read", Pattern: `Creating the node lease for IPv[46]\. This is the n\.Spec\.PodCIDRs: \[`, Source: kube, literals: []string{"Creating the node lease"}},
		{ID: "annotations", Pattern: `List of node\((?P<node>[^)]*)\) annotations: `, Source: kube, literals: []string{"List of node("}},
		{ID: "interface", Pattern: `Using interface with name \S+ and (?:v6 )?address `, Source: main, literals: []string{"Using interface with name"}},
		{ID: "external-address", Pattern: `Defaulting external (?:v6 )?address to interface address|Using \S+ as external (?:v6 )?address`, Source: main, literals: []string{"external"}},
		{ID: "pod-cidr-found", Pattern: `Flannel found PodCIDR assigned for node (?P<node>\S+)`, Source: "k3s pkg/agent/flannel", literals: []string{"Flannel found PodCIDR"}},
	}
}

// A compiledMessage is a row with its expression.
type compiledMessage struct {
	message
	re *regexp.Regexp
}

// compiled holds the expressions; made once, never changed.
var compiled = sync.OnceValue(func() []compiledMessage {
	var out []compiledMessage
	for _, m := range messages() {
		out = append(out, compiledMessage{m, regexp.MustCompile(m.Pattern)})
	}
	return out
})
