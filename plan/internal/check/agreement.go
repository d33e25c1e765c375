package check

import "github.com/kubecidr/kubecidr/plan/fact"

// A demand says what two facts have to be to each other.
type demand uint8

const (
	free     demand = iota // nothing; the row says why
	equal                  // the same ranges or addresses
	within                 // the first lies inside the second
	meet                   // they share an address
	apart                  // they share no address
	distinct               // those of two hosts share no address
)

// String returns the word for d.
func (d demand) String() string {
	return [...]string{"free", "equal", "within", "meet", "apart", "distinct"}[d]
}

// An agreement is a rectangle of the agreement matrix: what each fact of one set and each of another have to be to each other, and the rules
// that hold them to it. A free one says why there is none.
//
// Where tell is set, the comparison runs from the row, see [checker.compareAgreements]; otherwise the rules look by themselves, since what
// they say depends on more than the two facts. A test sees for each cell that one of its rules fires.
type agreement struct {
	a, b  kinds
	must  demand
	rules []fact.RuleID
	why   string
	tell  *telling
}

// cellOf returns the row that decides about two kinds, which is the first that names them, with the kinds in the order in which it does; false
// where there is none.
func cellOf(rows []agreement, x, y kinds) (row agreement, a, b kinds, ok bool) {
	for _, r := range rows {
		if r.a&x != 0 && r.b&y != 0 {
			return r, x, y, true
		}
		if r.a&y != 0 && r.b&x != 0 {
			return r, y, x, true
		}
	}
	return agreement{}, x, y, false
}

// Sets of kinds that rows of the matrix have in common.
const (
	toldPods     = podSubnet | extraPods | clusterCIDR
	sharedPods   = toldPods | netConf | envNetwork | pluginPool | planPods
	nodeFacts    = podCIDR | envSubnet | bridge | kubeletCIDR | cniFile | nodeBlock | podAddress
	ruleFacts    = ruleProxyPods | ruleNetwork | ruleSubnet
	toldServices = serviceSubnet | extraServices | serverServices | managerServices | serviceCIDR | otherServices | networkServices | planServices
	runServices  = serviceSubnet | serverServices | managerServices
	serviceAddrs = clusterIP | clusterDNS | serviceOfDNS | podResolver
	hostFacts    = nodeAddress | advertisedIP | endpoint | hostLink | hostRange | publicIP
	besideFacts  = resolver | route | linkRoute | reserved | enginePool | noProxy | proxy | loadBalancer | hidden | unsureLink | gateway
	everyKind    = kindsEnd - 1
)

func demands(a, b kinds, must demand, rules ...fact.RuleID) agreement {
	return agreement{a: a, b: b, must: must, rules: rules}
}

func told(a, b kinds, must demand, t telling) agreement {
	return agreement{a: a, b: b, must: must, rules: []fact.RuleID{t.rule}, tell: &t}
}

func freely(a, b kinds, why string) agreement { return agreement{a: a, b: b, why: why} }

// agreements returns the matrix. The first row that names a pair decides.
//
// Its source is each rule's own; of networks other than flannel see internal/netdist, whose rows say which of them read which fact.
func agreements() []agreement {
	var out []agreement
	for _, part := range [][]agreement{podAgreements(), nodeAgreements(), serviceAgreements(), overlapAgreements(), hostAgreements()} {
		out = append(out, part...)
	}
	return out
}

// podAgreements are about the cluster's range of pods.
func podAgreements() []agreement {
	return []agreement{
		demands(clusterCIDR, clusterCIDR, equal, fact.RuleControlPlaneFlagsDiffer),
		demands(podSubnet, clusterCIDR, equal, fact.RuleKubeadmConfigDrift),
		demands(planPods, podSubnet|clusterCIDR, equal, fact.RulePlanLeft),
		freely(extraPods, podSubnet|extraPods|clusterCIDR|planPods, "kubeadm's reader holds the argument against the configuration that it stands in"),
		freely(podSubnet, podSubnet, "of two configurations the newer counts, and nothing tells which that is: each is held against what runs"),
		freely(planPods, planPods, "plans are a person's: each is held against what runs"),

		demands(toldPods|planPods|netConf, proxyCIDR, equal, fact.RuleKubeProxyMismatch),
		told(proxyCIDR, envNetwork|pluginPool, equal, proxyTelling),
		freely(proxyCIDR, proxyCIDR, "one ConfigMap is for all hosts: each is held against the pods"),

		demands(toldPods|planPods, netConf, within, fact.RuleFlannelNetworkMismatch),
		demands(toldPods|planPods|netConf, envNetwork, equal, fact.RuleSubnetEnvMismatch),
		told(envNetwork, envNetwork, equal, envTelling),
		freely(netConf, netConf, "each is held against the cluster's range"),

		demands(pluginPool, toldPods|planPods, within, fact.RulePluginRangeOutside),
		demands(pluginPool, pluginPool, apart, fact.RulePoolOverlap),
		freely(pluginPool, netConf|envNetwork, "where two networks are in use, one gives the addresses: Canal has flannel's range in both"),

		told(ruleProxyPods, toldPods|planPods|proxyCIDR|netConf|pluginPool, meet, proxyRulesTelling),
		told(ruleProxyPods, podCIDR|envSubnet, meet, proxySubnetTelling),
		told(ruleNetwork, netConf|envNetwork, equal, flannelRulesTelling),
		told(toldPods|planPods, ruleNetwork, within, flannelRangeTelling),
		told(ruleSubnet, podCIDR|envSubnet, meet, flannelSubnetTelling),
		freely(ruleFacts, everyKind, "what a program was told when it wrote the rules: held against its configuration of today alone"),
	}
}

// nodeAgreements are about the subnets of nodes.
func nodeAgreements() []agreement {
	return []agreement{
		demands(podCIDR, podCIDR, distinct, fact.RuleNodeSubnetDuplicate),
		demands(envSubnet, envSubnet, distinct, fact.RuleNodeSubnetDuplicate),
		demands(kubeletCIDR|cniFile, kubeletCIDR|cniFile, distinct, fact.RuleNodeSubnetDuplicate),
		told(bridge, bridge, distinct, bridgesTelling),
		told(nodeBlock, nodeBlock, distinct, blocksTelling),
		demands(podCIDR, envSubnet, equal, fact.RuleSubnetEnvMismatch),
		demands(podCIDR|envSubnet, bridge, equal, fact.RuleBridgeMismatch),
		demands(podCIDR|envSubnet, kubeletCIDR|cniFile, equal, fact.RuleHostSubnetDiffers),
		freely(bridge, kubeletCIDR|cniFile, "both are held against the node's subnet"),

		demands(podAddress, podAddress, distinct, fact.RulePodAddressDuplicate),
		demands(podAddress, podCIDR, within, fact.RulePodAddressOutside),
		freely(podAddress, envSubnet|bridge|kubeletCIDR|cniFile, "through the node's subnet, against which each is held"),
		freely(podAddress, nodeBlock, "a node gets further blocks, and borrows from those of others"),
		freely(podAddress, sharedPods|proxyCIDR, "through the node's subnet, which lies in the range"),
		freely(nodeBlock, nodeFacts, "the network keeps its own book, and does not look at the node's subnet"),
		told(nodeBlock, pluginPool, within, formerPoolTelling),
		freely(nodeBlock, sharedPods|proxyCIDR, "through the network's pools, which are held against the range"),

		demands(podCIDR, toldPods|planPods, within, fact.RulePodCIDROutsideClusterCIDR),
		demands(podCIDR, netConf, within, fact.RuleFlannelNetworkMismatch),
		told(podCIDR, proxyCIDR, within, proxyTelling),
		freely(podCIDR, envNetwork, "through FLANNEL_SUBNET, which stands in the same file"),
		freely(podCIDR, pluginPool, "networks with pools of their own do not look at podCIDR; where they do, the pools are held against the range"),
		demands(envSubnet, toldPods|planPods|netConf|envNetwork, within, fact.RuleSubnetEnvMismatch),
		freely(envSubnet, proxyCIDR|pluginPool, "through FLANNEL_NETWORK, which stands in the same file"),
		told(bridge, toldPods|planPods, within, leftTelling),
		freely(bridge, netConf|envNetwork|proxyCIDR|pluginPool, "through the node's subnet or the cluster's range"),
		demands(kubeletCIDR|cniFile, toldPods|planPods, within, fact.RulePodCIDROutsideClusterCIDR),
		freely(kubeletCIDR|cniFile, netConf|envNetwork|proxyCIDR|pluginPool, "through the node's subnet or the cluster's range"),
	}
}

// serviceAgreements are about the range of services and addresses of it.
func serviceAgreements() []agreement {
	return []agreement{
		demands(serverServices, serverServices, equal, fact.RuleControlPlaneFlagsDiffer),
		demands(managerServices, managerServices, equal, fact.RuleControlPlaneFlagsDiffer),
		demands(serviceSubnet, serverServices|managerServices, equal, fact.RuleKubeadmConfigDrift),
		demands(serverServices, managerServices|serviceCIDR, equal, fact.RuleServiceRangeMismatch),
		told(serviceSubnet|managerServices, serviceCIDR, equal, objectTelling),
		demands(planServices, runServices, equal, fact.RulePlanLeft),
		freely(extraServices, toldServices, "kubeadm's reader holds the argument against the configuration that it stands in"),
		freely(serviceSubnet, serviceSubnet, "of two configurations the newer counts, and nothing tells which that is: each is held against what runs"),
		freely(serviceCIDR, serviceCIDR|planServices, "ranges may be added, and may overlap"),
		freely(otherServices, toldServices, "flags are written from it, and its reader states those"),
		freely(planServices, planServices, "plans are a person's: each is held against what runs"),
		demands(networkServices, serviceSubnet|serverServices, equal, fact.RuleServiceRangeMismatch),
		freely(networkServices, toldServices, "through the range of kubeadm or kube-apiserver, against which it is held"),

		demands(clusterIP|serviceOfDNS, toldServices, within, fact.RuleClusterIPOutside),
		demands(clusterDNS, toldServices, within, fact.RuleClusterDNSOutside),
		told(podResolver, toldServices, within, resolverTelling),
		demands(clusterDNS, serviceOfDNS, equal, fact.RuleClusterDNSOther),
		told(podResolver, serviceOfDNS, equal, otherDNSTelling),
		freely(serviceAddrs, serviceAddrs, "each is held against the range, and what pods are told against the service of cluster DNS"),
		demands(virtualServer, toldServices, within, fact.RuleClusterIPOutside),
		freely(certified, everyKind, "it holds many addresses: certificate-service-ip-missing looks for the first one of services among them"),
		freely(virtualServer, everyKind, "IPVS serves node ports, external addresses and load balancers as well: any address may be right"),
	}
}

// overlapAgreements are about pods, services, and addresses of either.
func overlapAgreements() []agreement {
	return []agreement{
		freely(podSubnet|extraPods, managerServices, "a kube-controller-manager whose flags are seen has no other pods than its --cluster-cidr"),
		demands(sharedPods, toldServices, apart, fact.RulePodServiceOverlap),
		demands(proxyCIDR, toldServices, apart, fact.RuleKubeProxyMismatch),
		demands(podCIDR|envSubnet, toldServices, apart, fact.RulePodServiceOverlap),
		told(nodeBlock, toldServices, apart, blockTelling),
		freely(nodeFacts, toldServices, "through the node's subnet or the pool, against which each is held"),
		freely(clusterDNS|serviceOfDNS, podSubnet, "through kubeadm's range of services, which is there by default where it is not written"),
		told(clusterIP|clusterDNS|serviceOfDNS, sharedPods, apart, addressTelling),
		freely(serviceAddrs, nodeFacts|proxyCIDR|podResolver|sharedPods, "through the ranges of services and pods"),
	}
}

// hostAgreements are about hosts, and what else lives on them and in networks.
func hostAgreements() []agreement {
	const pods, services = sharedPods | proxyCIDR | podCIDR | envSubnet, toldServices
	return []agreement{
		demands(serverServices, advertisedIP, apart, fact.RuleHostServiceOverlap, fact.RuleIPFamilyMismatch),
		demands(pods, hostFacts|unsureLink|gateway, apart, fact.RuleHostPodOverlap),
		demands(services, hostFacts|unsureLink|gateway, apart, fact.RuleHostServiceOverlap),
		demands(pods|services, resolver, apart, fact.RuleResolverOverlap),
		demands(pods, proxy, apart, fact.RuleProxyOverlap),
		freely(services, proxy, "a proxy may be a Service of the cluster, which hosts reach as well"),
		freely(podCIDR, route|linkRoute, "a route to a node's subnet is how its pods are reached, and a wider one loses against it"),
		demands(pods|services, route, apart, fact.RuleHostRouteOverlap),
		demands(pods|services, linkRoute, apart, fact.RuleForeignBridge),
		demands(pods|services, reserved|enginePool, apart, fact.RuleReservedOverlap),
		demands(pods|services, loadBalancer, apart, fact.RuleLoadBalancerOverlap),
		demands(pods|services, hidden, apart, fact.RuleHiddenRangeOverlap),
		told(toldPods|runServices, noProxy, within, proxylessTelling),
		freely(pods|services, noProxy, "what kubeadm and the control plane were told is held against it"),
		freely(nodeFacts, hostFacts|besideFacts, "through the node's subnet or the pool, against which each is held"),
		freely(serviceAddrs, hostFacts|besideFacts, "through the range of services"),

		demands(nodeAddress, nodeAddress, distinct, fact.RuleNodeAddressDuplicate),
		demands(publicIP, publicIP, distinct, fact.RulePublicIPShared),
		demands(publicIP, nodeAddress, equal, fact.RulePublicIPStale),
		demands(loadBalancer, nodeAddress, apart, fact.RuleLoadBalancerOverlap),
		demands(loadBalancer, loadBalancer, apart, fact.RulePoolOverlap),
		demands(hidden, hostFacts, apart, fact.RuleHiddenRangeOverlap),
		told(hidden, loadBalancer, apart, hiddenTelling),
		freely(loadBalancer, hostFacts|besideFacts, "such a pool lies in the hosts' network on purpose: an address in use by a node is what harms"),
		freely(hidden, besideFacts, "it stays inside the network's own namespace and routers"),
		freely(hostFacts|besideFacts, hostFacts|besideFacts, "no program of the cluster hands these out: they are the site's own, and their agreement is the site's"),
	}
}
