package check

import (
	"math/bits"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A kind is one kind of fact about ranges and addresses: a role, as one program or source says it. kinds are sets of them.
//
// Every statement that names a range or an address is of one kind; each pair of kinds is a cell of the agreement matrix.
type kinds uint64

const (
	// Ranges of pods.
	podSubnet     kinds = 1 << iota // networking.podSubnet of kubeadm
	extraPods                       // --cluster-cidr among the extraArgs of kubeadm
	clusterCIDR                     // --cluster-cidr of kube-controller-manager
	proxyCIDR                       // clusterCIDR of kube-proxy
	netConf                         // flannel's Network and IPv6Network
	envNetwork                      // FLANNEL_NETWORK of a subnet.env
	pluginPool                      // a pool of another network, or of an installer that hands out by itself
	planPods                        // pods of a plan, or of a note
	ruleProxyPods                   // what kube-proxy's rules on a host take for pods
	ruleNetwork                     // flannel's Network, as its rules on a host have it
	// Subnets of one node.
	podCIDR     // podCIDRs of a Node
	envSubnet   // FLANNEL_SUBNET
	bridge      // cni0 or flannel.1 of a host
	kubeletCIDR // podCIDR of a kubelet
	cniFile     // a file in /etc/cni/net.d
	nodeBlock   // what a node holds by the network's own book
	ruleSubnet  // flannel's subnet, as its rules on a host have it
	podAddress  // the address of a pod
	// Ranges of services.
	serviceSubnet   // networking.serviceSubnet of kubeadm
	extraServices   // --service-cluster-ip-range among the extraArgs of kubeadm
	serverServices  // --service-cluster-ip-range of kube-apiserver
	managerServices // --service-cluster-ip-range of kube-controller-manager
	serviceCIDR     // the ServiceCIDR kubernetes, and others
	otherServices   // services as an installer or another network has them
	networkServices // services as a network is told them, see toldOfServices
	planServices    // services of a plan
	// Addresses of services.
	clusterIP     // of a Service
	clusterDNS    // that kubelets give to pods
	serviceOfDNS  // of the Service of cluster DNS
	podResolver   // nameserver of a pod
	virtualServer // what IPVS of a host serves
	certified     // addresses that the certificate of kube-apiserver names
	// Hosts.
	nodeAddress  // InternalIP and ExternalIP of a Node
	advertisedIP // the address that an API server advertises
	endpoint     // another address of hosts: of the control plane, an endpoint, a node of an installer
	hostLink     // a link of a host
	hostRange    // the hosts' network
	unsureLink   // a link of a host, or of a pod
	gateway      // of a default route
	publicIP     // what a node announces to flannel
	// What else lives on hosts and in networks.
	resolver     // DNS server of a host
	route        // of a host
	linkRoute    // a link that somebody made
	reserved     // docker0, a VPN, what a person has set aside
	enginePool   // from which a container engine takes networks
	noProxy      // what a host reaches without its proxy
	proxy        // HTTP proxy of a host
	loadBalancer // a pool for Services
	hidden       // what a network keeps for itself
	kindsEnd
)

// kindNames are the names of the kinds, in their order.
var kindNames = [...]string{
	"kubeadm podSubnet", "extraArgs cluster-cidr", "--cluster-cidr", "kube-proxy clusterCIDR", "flannel Network", "FLANNEL_NETWORK",
	"pool of a network", "planned pods", "kube-proxy rules", "flannel rules, network",
	"podCIDR", "FLANNEL_SUBNET", "bridge of pods", "kubelet podCIDR", "CNI file", "block of a node", "flannel rules, subnet", "pod address",
	"kubeadm serviceSubnet", "extraArgs services", "kube-apiserver services", "kube-controller-manager services", "ServiceCIDR",
	"other services", "services as a network has them", "planned services",
	"ClusterIP", "clusterDNS", "service of DNS", "resolver of a pod", "virtual server", "certificate",
	"Node address", "advertise address", "other host address", "link of a host", "network of hosts", "link of host or pod", "gateway",
	"flannel public-ip",
	"resolver of a host", "route", "foreign link", "reserved range", "pool of an engine", "NO_PROXY", "proxy of a host", "load-balancer pool", "hidden range",
}

// String returns the name of a single kind.
func (k kinds) String() string {
	if i := bits.TrailingZeros64(uint64(k)); i < len(kindNames) && k == 1<<i {
		return kindNames[i]
	}
	return "several kinds"
}

// allKinds returns the kinds, each alone, in their order.
func allKinds() []kinds {
	var out []kinds
	for k := podSubnet; k < kindsEnd; k <<= 1 {
		out = append(out, k)
	}
	return out
}

// kindOf returns the kind of what s says, 0 for a setting, a symptom, a problem.
func kindOf(s *fact.Statement) kinds {
	switch s.Role {
	case fact.RolePods:
		return podsKind(s)
	case fact.RoleServices:
		return servicesKind(s)
	case fact.RoleNodePods:
		switch s.Component {
		case fact.Flannel:
			return envSubnet
		case fact.Host:
			return bridge
		case fact.Kubelet:
			return kubeletCIDR
		}
		return podCIDR
	case fact.RoleHosts:
		if s.Component == fact.Host {
			return hostLink
		}
		return hostRange
	case fact.RoleAddress:
		switch {
		case s.Component == fact.Flannel:
			return publicIP
		case s.Name == fact.NameAdvertised:
			return advertisedIP
		case s.Component == fact.Node:
			return nodeAddress
		}
		return endpoint
	case fact.RoleDNS:
		if s.Component == fact.Service {
			return serviceOfDNS
		}
		return clusterDNS
	}
	return rolesOfOneKind[s.Role]
}

// rolesOfOneKind are the roles that mean one kind, whoever says it.
var rolesOfOneKind = map[fact.Role]kinds{
	fact.RoleProxyPods: ruleProxyPods, fact.RoleFlannelNetwork: ruleNetwork, fact.RoleFlannelSubnet: ruleSubnet, fact.RoleCNI: cniFile,
	fact.RoleNodeBlock: nodeBlock, fact.RolePodAddress: podAddress, fact.RoleClusterIP: clusterIP, fact.RolePodResolver: podResolver,
	fact.RoleVirtualServer: virtualServer, fact.RoleUnsureHosts: unsureLink, fact.RoleGateway: gateway, fact.RoleResolver: resolver,
	fact.RoleRoute: route, fact.RoleLinkRoute: linkRoute, fact.RoleReserved: reserved, fact.RolePool: enginePool,
	fact.RoleNoProxy: noProxy, fact.RoleProxy: proxy, fact.RoleCertified: certified, fact.RoleLoadBalancer: loadBalancer, fact.RoleHidden: hidden,
}

func podsKind(s *fact.Statement) kinds {
	switch s.Component {
	case fact.Kubeadm:
		if s.Name.IsExtraArg() {
			return extraPods
		}
		return podSubnet
	case fact.ControllerManager:
		return clusterCIDR
	case fact.KubeProxy:
		return proxyCIDR
	case fact.Operator:
		return planPods
	case fact.Flannel:
		if s.Name.IsEnv() {
			return envNetwork
		}
		return netConf
	}
	return pluginPool
}

func servicesKind(s *fact.Statement) kinds {
	switch s.Component {
	case fact.Kubeadm:
		if s.Name.IsExtraArg() {
			return extraServices
		}
		return serviceSubnet
	case fact.APIServer:
		return serverServices
	case fact.ControllerManager:
		return managerServices
	case fact.ServiceCIDR:
		return serviceCIDR
	case fact.Operator:
		return planServices
	}
	if _, ok := toldOf(s.Component); ok {
		return networkServices
	}
	return otherServices
}
