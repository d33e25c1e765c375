package check

import (
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// What rows of the agreement matrix tell.

var proxyTelling = telling{
	rule:     fact.RuleKubeProxyMismatch,
	severity: fact.Error,
	text:     "kube-proxy tells by clusterCIDR which traffic comes from pods, and masquerades the rest",
	fix: []string{
		"kubectl -n kube-system edit configmap kube-proxy, and in config.conf set clusterCIDR to the range that holds the pods",
		"kubectl -n kube-system rollout restart daemonset kube-proxy",
	},
	when: func(c *checker) bool {
		// Where the range of pods is known, the rule itself compares with that.
		return len(c.pods) == 0 && len(c.networks) == 0 && !c.has(fact.RuleKubeProxyMismatch) && !c.vpcCNI() &&
			!slices.ContainsFunc(c.proxies, func(p *sourceView) bool {
				s := p.set[fact.SettingDetectLocal]
				return s != nil && s.Text != "" && s.Text != "ClusterCIDR"
			})
	},
}

var envTelling = telling{
	rule: fact.RuleSubnetEnvMismatch,
	text: "flannel writes its Network into the file when it starts, so one of these hosts has not restarted it since the range changed",
	fix:  []string{"restart flannel on the hosts whose file has the old range (it writes /run/flannel/subnet.env when it starts)"},
	when: func(c *checker) bool { return len(c.networks) == 0 && !c.has(fact.RuleSubnetEnvMismatch) },
}

var rulesTelling = telling{
	rule:  fact.RuleHostRulesStale,
	text:  "the host still has packet-filter rules of an earlier range, which count until they are removed",
	hosts: false,
	when:  func(c *checker) bool { return !c.vpcCNI() },
	skip: func(c *checker, h held) bool {
		// Where kube-proxy tells pods by the node's own subnet, or a rule is about a part of the range, it is right.
		return slices.ContainsFunc(c.claimedPods(), func(p held) bool { return p.p.Overlaps(h.p) }) ||
			slices.ContainsFunc(c.subnetsOf(h.s.Host), h.p.Overlaps)
	},
}

var bridgesTelling = telling{
	rule:     fact.RuleNodeSubnetDuplicate,
	severity: fact.Error,
	text:     "pods of different nodes get the same addresses",
	when:     func(c *checker) bool { return !c.ownIPAM() && !c.has(fact.RuleNodeSubnetDuplicate) },
	skip: func(c *checker, h held) bool {
		return len(c.subnetsOf(h.s.Host)) > 0 || runtimeOf(h.p) != "" // compared with its own node; every host has the runtime's
	},
}

var blocksTelling = telling{
	rule:     fact.RuleNodeSubnetDuplicate,
	severity: fact.Error,
	text:     "pods of different nodes get the same addresses",
	fix:      []string{"give back the block of one of the two nodes by the network's own tool, and restart its agent and the pods there"},
}

var leftTelling = telling{
	rule: fact.RuleBridgeMismatch,
	text: "the link was made for another range, and pods behind it are not reached from other nodes",
	fix:  []string{"on that host: see what made the link (ip -d link show), restart the network's agent, then ip link delete LINK, and restart the pods that are left with old addresses"},
	when: func(c *checker) bool { return !c.ownIPAM() && !c.has(fact.RuleBridgeMismatch) },
	skip: func(c *checker, h held) bool { return len(c.subnetsOf(h.s.Host)) > 0 || runtimeOf(h.p) != "" },
}

var objectTelling = telling{
	rule: fact.RuleServiceRangeMismatch,
	text: "the ServiceCIDR kubernetes keeps the range of the installation; changing a flag or the configuration alone changes nothing",
	fix:  []string{"give kubeadm's configuration and the flags the object's range; a further range is added as a ServiceCIDR of its own"},
	when: func(c *checker) bool {
		return len(c.servers) == 0 && !c.has(fact.RuleServiceRangeMismatch, fact.RuleKubeadmConfigDrift)
	},
}

var resolverTelling = telling{
	rule:     fact.RuleClusterDNSOutside,
	severity: fact.Error,
	text:     "names do not resolve in that pod, since no service has the address it asks",
	fix: []string{
		"kubectl -n kube-system get service kube-dns shows the address that DNS has",
		"write it as clusterDNS in the kubelet-config ConfigMap and in /var/lib/kubelet/config.yaml of every node, restart the kubelets, and then the pods",
	},
	when: func(c *checker) bool { return !c.assumed && !c.has(fact.RuleClusterDNSOutside) },
}

var otherDNSTelling = telling{
	rule: fact.RuleClusterDNSOther,
	text: "the pod was started when cluster DNS had another address, or its kubelet is told another one",
	fix:  []string{"write the service's address as clusterDNS of every kubelet, restart the kubelets, and then the pods"},
	when: func(c *checker) bool { return !c.has(fact.RuleClusterDNSOutside, fact.RuleClusterDNSOther) },
}

var addressTelling = telling{
	rule:     fact.RulePodServiceOverlap,
	severity: fact.Error,
	text:     "the address of a service is one of the pods' as well",
	when: func(c *checker) bool {
		// Where the range of services is known, that is compared.
		known := !c.assumed && slices.ContainsFunc(c.services, func(h held) bool { return !h.s.Default })
		return !known && !c.vpcCNI() && !c.has(fact.RulePodServiceOverlap, fact.RuleClusterDNSOutside, fact.RuleClusterIPOutside)
	},
}

var proxylessTelling = telling{
	rule:  fact.RuleNoProxyIncomplete,
	text:  "what speaks HTTP to such an address asks the proxy, which does not know it",
	hosts: true,
	fix:   []string{"add the ranges of pods and services to NO_PROXY and no_proxy of the hosts, restart the container runtime and the kubelet, and let kubeadm write the control plane's manifests again"},
}

var hiddenTelling = telling{
	rule: fact.RuleHiddenRangeOverlap,
	text: "nodes take these addresses for themselves, so the load balancer's are not reached",
	fix:  []string{"move the hidden range by its key while the cluster is new, or give the pool other addresses"},
}
