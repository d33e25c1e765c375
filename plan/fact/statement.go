package fact

import "net/netip"

// A Component is a program, or another party, that says something about a cluster's ranges. The zero value names none.
type Component string

// The components that the packages of this module read. Others may be used in statements of one's own.
const (
	Kubeadm           Component = "kubeadm"
	APIServer         Component = "kube-apiserver"
	ControllerManager Component = "kube-controller-manager"
	KubeProxy         Component = "kube-proxy"
	Kubelet           Component = "kubelet"
	Flannel           Component = "flannel"
	Node              Component = "node"        // a Node object
	Service           Component = "service"     // Service objects: kubernetes, kube-dns
	ServiceCIDR       Component = "servicecidr" // a ServiceCIDR object, Kubernetes 1.29 and later; Key is its name
	Operator          Component = "operator"    // a person: flags, plans, notes
	Host              Component = "host"        // links, addresses and routes of one Host; Key is the link
)

// A Role is what a statement is about. The zero value names none; Check ignores a statement with it.
type Role string

const (
	// RoleHosts is the range of the hosts' own network, in Prefixes. From Host it is an address with the length of its network.
	RoleHosts Role = "hosts"
	// RoleServices is the service range, primary family first, in Prefixes.
	RoleServices Role = "services"
	// RolePods is the pod range of the whole cluster in the order of the source, in Prefixes.
	// From Flannel it is Network and IPv6Network, or FLANNEL_NETWORK and FLANNEL_IPV6_NETWORK of one Host's subnet.env.
	RolePods Role = "pods"
	// RoleNodePods is the pod subnet of the node Host, in Prefixes: podCIDRs from Node (none: the node is registered and
	// holds no subnet), FLANNEL_SUBNET and FLANNEL_IPV6_SUBNET, masked, from Flannel. From Host it is the subnet of the pods' bridge,
	// or a single address at which the subnet begins.
	RoleNodePods Role = "node-pods"
	// RoleAddress is an address of Host (InternalIP, advertise address, VIP, gateway), in Addrs; Key says which.
	RoleAddress Role = "address"
	// RoleDNS is the address of the cluster DNS service that pods are given, in Addrs.
	RoleDNS Role = "dns"
	// RoleClusterIP is the address of a Service object, in Addrs; Key is "namespace/name". It belongs into the service range.
	RoleClusterIP Role = "cluster-ip"
	// RoleReserved is a range that something else uses (docker0, a VPN, another site), in Prefixes; Text says what.
	RoleReserved Role = "reserved"
	// RoleRoute is a route of Host to Prefixes by way of the gateway in Addrs, which may be missing.
	RoleRoute Role = "route"
	// RoleNodeBlock is what Host holds of a pod range by the objects of a network that keeps its own book, in Prefixes.
	RoleNodeBlock Role = "node-block"
	// RoleLoadBalancer is a range in Prefixes that Services of type LoadBalancer get addresses from; Text is its name.
	RoleLoadBalancer Role = "load-balancer"
	// RoleHidden is a range in Prefixes that the network Component takes for itself; Text says which, Key what moves it.
	RoleHidden Role = "hidden"
	// RolePodAddress is the address of a pod on Host, in Addrs; Key is "namespace/name". Pods of the hosts' network are left out;
	// Bool says that the pod may be one of them all the same, since nothing shows the address of Host.
	RolePodAddress Role = "pod-address"

	// RoleGateway is the gateway of a default route of Host, in Addrs; Key is the link.
	RoleGateway Role = "gateway"
	// RoleResolver is a DNS server that Host asks, in Addrs; Key is "nameserver" or the link.
	RoleResolver Role = "resolver"
	// RolePodResolver is the DNS server that a pod asks, in Addrs.
	RolePodResolver Role = "pod-resolver"
	// RoleLinkRoute is a range in Prefixes that Host reaches over the link Key without a gateway, where the link is
	// neither of the host's own network nor known to belong to pods, containers or a VPN: a bridge that somebody made.
	RoleLinkRoute Role = "link-route"
	// RoleUnsureHosts is what RoleHosts is, where the text may be that of a pod as well.
	RoleUnsureHosts Role = "unsure-hosts"
	// RolePool is a range in Prefixes from which a container engine takes networks later; Int is their prefix length.
	RolePool Role = "pool"
	// RoleNoProxy is a range or address in Prefixes that Host reaches without its HTTP proxy.
	RoleNoProxy Role = "no-proxy"
	// RoleProxy is the HTTP proxy of Host, in Addrs; Key says where it is set.
	RoleProxy Role = "proxy"
	// RoleCertified are the addresses in Addrs that the certificate of kube-apiserver names; Prefixes holds the one at which a client
	// asked for it in vain.
	RoleCertified Role = "certified"
	// RoleCNI is a range in Prefixes that a configuration of /etc/cni/net.d gives to pods of Host; Key is "name: type",
	// Text the range as written. Which configuration is in force depends on the names of the files.
	RoleCNI Role = "cni"
	// RoleProxyPods is a range in Prefixes that kube-proxy's rules on Host take for the pods': clusterCIDR, or the
	// node's own subnet where detectLocalMode is NodeCIDR.
	RoleProxyPods Role = "proxy-pods"
	// RoleFlannelNetwork is flannel's Network in Prefixes, as its rules on Host have it.
	RoleFlannelNetwork Role = "flannel-network"
	// RoleFlannelSubnet is flannel's subnet of Host, in Prefixes, as its rules have it.
	RoleFlannelSubnet Role = "flannel-subnet"
	// RoleVirtualServer is an address in Addrs that IPVS of Host serves: of a Service, or of a node port.
	RoleVirtualServer Role = "virtual-server"

	// RoleSetting is a setting that decides whether and how ranges are handed out: Setting with Int, Bool or Text.
	RoleSetting Role = "setting"
	// RoleSymptom is an effect that somebody saw, in Symptom.
	RoleSymptom Role = "symptom"
	// RoleProblem is a finding that concerns one file alone, made by the package that read it, in Finding.
	RoleProblem Role = "problem"
)

// A Setting is the name of a setting that is no range. The zero value names none.
type Setting string

const (
	SettingAllocate      Setting = "allocate-node-cidrs" // Bool
	SettingNodeIPAM      Setting = "node-ipam"           // Bool: false where --controllers switches the node IPAM controller off
	SettingAllocatorType Setting = "cidr-allocator-type" // Text
	SettingNodeMask      Setting = "node-mask"           // Int, prefix length for the single family of the cluster
	SettingNodeMaskIPv4  Setting = "node-mask-ipv4"      // Int, prefix length
	SettingNodeMaskIPv6  Setting = "node-mask-ipv6"      // Int, prefix length
	SettingMaxPods       Setting = "max-pods"            // Int, pods on one node
	SettingKubeSubnetMgr Setting = "kube-subnet-mgr"     // Bool: flannel takes subnets from Node objects
	SettingEnableIPv4    Setting = "enable-ipv4"         // Bool, flannel's EnableIPv4
	SettingEnableIPv6    Setting = "enable-ipv6"         // Bool, flannel's EnableIPv6
	SettingSubnetLen     Setting = "subnet-len"          // Int or Text: SubnetLen, SubnetMin, SubnetMax and their IPv6 forms; Key says which
	SettingBackend       Setting = "backend"             // Text, lower case: "vxlan", "host-gw", ...
	SettingBackendMTU    Setting = "backend-mtu"         // Int, the MTU key of the backend: the size of the underlay, bytes
	SettingSubnetMTU     Setting = "subnet-mtu"          // Int, FLANNEL_MTU in subnet.env, bytes
	SettingLinkMTU       Setting = "link-mtu"            // Int, MTU of the hosts' link, bytes; from Host, of the link Key
	SettingLinks         Setting = "links"               // Text: names of all links of Host, separated by commas
	SettingDetectLocal   Setting = "detect-local-mode"   // Text, kube-proxy
	SettingProxyMode     Setting = "proxy-mode"          // Text, kube-proxy: "iptables", "ipvs", "nftables", ...
	SettingVersion       Setting = "version"             // Text: release of Component; of Kubernetes where Component is not Flannel
	SettingConfigMap     Setting = "config-map"          // Text: namespace/name of the ConfigMap that holds flannel's net-conf.json
	SettingWorkload      Setting = "workload"            // Text: namespace/name of the DaemonSet that runs flannel
	SettingControlPlane  Setting = "control-plane"       // Bool: the node Host is a control-plane host, by its label or taint
	SettingCreated       Setting = "created"             // Text: when the node Host was made, RFC 3339; or Int: how many seconds old it was, 1 or more
	SettingNodes         Setting = "nodes"               // Int: how many nodes the cluster has at the least, as a page of their list says; 0: nobody knows
	SettingCNI           Setting = "cni"                 // Text: name of the CNI plugin in use, "flannel", "calico", "cilium", ...
	SettingInstaller     Setting = "installer"           // Text: who installed the cluster, in lower case: "k3s", "rke2", "talos", ...
	SettingAllocator     Setting = "allocator"           // Text: who hands out node subnets, one of the Allocator constants
	SettingFeatureGate   Setting = "feature-gate"        // Bool: the feature gate named by Text; without Text: Component sets none
)

// Settings that say how a value in the file of Component, an installer, is changed: Text is a sentence to be shown. They stand in
// that file.
const (
	SettingChangePods     Setting = "change-pods"
	SettingChangeServices Setting = "change-services"
	SettingChangeDNS      Setting = "change-dns"
	SettingChangeNodeMask Setting = "change-node-mask"
	SettingChangeMaxPods  Setting = "change-max-pods"
)

// Values of SettingAllocator.
const (
	AllocatorNode    = "node"          // pods take Node.spec.podCIDR, which kube-controller-manager hands out
	AllocatorOwnNode = "own-node-ipam" // the network's own controller writes Node.spec.podCIDR
	AllocatorOwn     = "own"           // the network keeps its own book; Node.spec.podCIDR is not looked at
	AllocatorFlat    = "flat"          // one range for all nodes
	AllocatorCloud   = "cloud"         // addresses of the subnets of a cloud
)

// A Statement is what one source says about a cluster's address ranges. plan.Check compares statements; it is the only
// place where sources meet. The packages kubeadm and flannel make statements from files; any caller can add others.
//
// Statements are plain data and say what is written, not what is right: Prefixes may have host bits set, and a value
// that could not be read is stated too, with its Text and Err and without Prefixes, so that Check can report it once
// for all sources. A source that was read and that could name a range, but names none, makes a statement with neither
// Text nor Prefixes: "this kube-controller-manager has no --cluster-cidr" is worth knowing. The zero value states
// nothing.
type Statement struct {
	Component Component
	Host      string   // host or node that it speaks for; "" for the whole cluster or unknown
	Pos       Position // where; the place of the value, or of the list it is missing from
	Role      Role
	Name      Name   // what the key means, where that decides anything; plan.Check takes it from Key where it is zero
	Key       string // name in the source, as it is shown: "--cluster-cidr", "networking.podSubnet", "Network", "InternalIP"
	Text      string // value as written, "" where nothing is written

	Prefixes []netip.Prefix // for roles that are ranges, in the order of the source, as written (host bits kept)
	Addrs    []netip.Addr   // for roles that are addresses
	Err      error          // why Text could not be read

	// PrefixPos says where each of Prefixes stands, for those that have places of their own, as in a list of podCIDRs.
	// Otherwise it is nil, and they stand in Text, separated by commas.
	PrefixPos []Position

	Setting Setting // for RoleSetting
	Int     int
	Bool    bool

	Default    bool // nobody wrote it: the component's default, named by Key
	Overridden bool // written, but a later one of the same name in the same source wins

	Symptom *Symptom // for RoleSymptom
	Finding *Finding // for RoleProblem
}

// A Symptom is an effect that somebody saw: a log line, an event, the state of a pod. The zero value stands for no
// message.
type Symptom struct {
	ID      string // of the message in the catalogue of the package that recognised it, such as "pod-cidr-not-assigned"
	Message string // the line, without time and header
	Node    string // node that it names, or ""
	Subnet  netip.Prefix
	Network netip.Prefix
	Cause   string   // what most often causes it
	Remedy  string   // what most often mends it
	Rules   []RuleID // rules whose findings explain it, most likely first
}
