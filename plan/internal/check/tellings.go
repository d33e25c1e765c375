package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
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

var proxyRulesTelling = telling{
	rule: fact.RuleHostRulesStale,
	text: "kube-proxy has run there since before the range changed, and masquerades by the old one",
	one:  true,
	when: func(c *checker) bool { return !c.vpcCNI() && !c.has(fact.RuleKubeProxyMismatch) },
	skip: func(c *checker, h held) bool { return slices.ContainsFunc(c.subnetsOf(h.s.Host), h.p.Overlaps) },
	mend: restartProxies,
}

// Rules of kube-proxy have its clusterCIDR, or in mode NodeCIDR the subnet that its node had when it started: either meets the subnet of today.
var proxySubnetTelling = telling{
	rule:  fact.RuleHostRulesStale,
	text:  "kube-proxy has run there since before the node got its subnet, and takes pods for strangers",
	hosts: true,
	one:   true,
	when: func(c *checker) bool {
		return !c.ownIPAM() && !c.has(fact.RuleHostRulesStale, fact.RuleKubeProxyMismatch)
	},
	mend: restartProxies,
}

var flannelRulesTelling = telling{
	rule: fact.RuleHostRulesStale,
	text: "flannel has run there since before its Network changed, and masquerades by the old one",
	one:  true,
	when: (*checker).flannelRules,
	mend: restartFlannels,
}

var flannelRangeTelling = telling{
	rule:   fact.RuleHostRulesStale,
	text:   "flannel runs there with another Network, and masquerades what pods of other nodes send",
	hosts:  true,
	second: true,
	when: func(c *checker) bool {
		return len(c.networks) == 0 && c.flannelRules() && !c.has(fact.RuleHostRulesStale)
	},
	mend: restartFlannels,
}

var flannelSubnetTelling = telling{
	rule:  fact.RuleHostRulesStale,
	text:  "flannel has run there since before the node got its subnet",
	hosts: true,
	one:   true,
	when:  func(c *checker) bool { return c.flannelRules() && !c.has(fact.RuleHostRulesStale) },
	mend:  restartFlannels,
}

// flannelRules reports whether flannel's rules on hosts are those of the network in use.
func (c *checker) flannelRules() bool { return !c.vpcCNI() && !c.ownIPAM() }

// restartProxies makes kube-proxy of the hosts of hits write its rules again.
func restartProxies(c *checker, hits []hit) []string {
	var out []string
	for _, host := range hostsOfHits(hits) {
		switch c.installation() {
		case byKubeadm:
			out = append(out, "kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName="+gate.Name(host, "NODE"))
		case byUnits:
			out = append(out, "systemctl restart kube-proxy on "+hostOr(host, "the host"))
		default:
			out = append(out, c.restartKubelet()+" on "+hostOr(host, "the host")+" restarts its kube-proxy, where that runs on it")
		}
	}
	return out
}

// restartFlannels makes flannel of the hosts of hits write its rules again.
func restartFlannels(c *checker, hits []hit) []string {
	var out []string
	for _, host := range hostsOfHits(hits) {
		cmd := c.restartFlannel()
		if host != "" {
			cmd = c.restartFlannelOn(host)
		}
		out = append(out, cmd)
	}
	return append(out, "rules of before that stay (iptables -t nat -S FLANNEL-POSTRTG) go with a restart of the host")
}

// hostsOfHits returns some of the hosts that first facts are about, or the second ones where those are of none.
func hostsOfHits(hits []hit) []string {
	var out []string
	for _, h := range hits {
		if host := cmp.Or(h.a.s.Host, h.b.s.Host); !slices.Contains(out, host) && len(out) < maxPlaces {
			out = append(out, host)
		}
	}
	return out
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

var blockTelling = telling{
	rule:     fact.RulePodServiceOverlap,
	severity: fact.Error,
	text:     "pods of that node and services get the same addresses",
	fix:      []string{"give the network a pool outside of the services, drain the node, and let it get a block of that pool"},
	when: func(c *checker) bool {
		return !c.assumed && !c.has(fact.RulePodServiceOverlap)
	},
}

// Cilium does not take back what a CiliumNode holds; Calico goes on with blocks of a pool that is gone, without its rules for outgoing traffic.
var formerPoolTelling = telling{
	rule:    fact.RulePluginRangeOutside,
	text:    "the pool was changed after the node got its block, which it keeps",
	network: true,
	fix:     []string{"give the network back the pool that holds the block, or drain the node and let it get another one"},
	when:    func(c *checker) bool { return !c.has(fact.RulePluginRangeOutside) },
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
	when: func(c *checker) bool { return !c.has(fact.RuleClusterDNSOutside, fact.RuleClusterDNSOther) },
	mend: func(c *checker, hits []hit) []string {
		is, was := hits[0].b.p.Addr(), hits[0].a.p.Addr()
		return []string{
			fmt.Sprintf("if the kubelets say %v (clusterDNS): restart the pod, which has the address of before", is),
			"else " + c.kubeletDNS(is.String(), was),
		}
	},
}

var addressTelling = telling{
	rule:     fact.RulePodServiceOverlap,
	severity: fact.Error,
	text:     "the address of a service is one of the pods' as well",
	soft:     func(c *checker) bool { return c.ownIPAM() }, // as where the ranges are compared: a node may never get that part
	when: func(c *checker) bool {
		// Where the range of services is known, that is compared.
		known := !c.assumed && slices.ContainsFunc(c.services, func(h held) bool { return !h.s.Default })
		return !known && !c.vpcCNI() && !c.has(fact.RulePodServiceOverlap, fact.RuleClusterDNSOutside, fact.RuleClusterIPOutside)
	},
}

// A list of names and single addresses is of somebody who did not think of ranges, which few programs take.
var proxylessTelling = telling{
	rule:   fact.RuleNoProxyIncomplete,
	text:   "what has the list in its environment asks the proxy for addresses of the cluster",
	hosts:  true,
	second: true,
	counts: func(list []held) bool {
		return slices.ContainsFunc(list, func(h held) bool { return !h.p.IsSingleIP() && !ofEngine(h.s.Pos.File) })
	},
	say: func(hits []hit) string {
		var parts []string
		for _, h := range hits {
			part := fmt.Sprintf("%s%s does not hold %s (%s)", h.b.s.Key, ofHost(h.b.s.Host), plainRange(h.a.p), who(h.a.s))
			if !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
		return shortList(parts)
	},
	mend: func(_ *checker, hits []hit) []string {
		var ranges []string
		for _, h := range hits {
			if t := plainRange(h.a.p); !slices.Contains(ranges, t) {
				ranges = append(ranges, t)
			}
		}
		return []string{fmt.Sprintf("add %s to NO_PROXY and no_proxy of the hosts and in the manifests of the control plane (kubeadm copies them there), and restart the kubelets", words.NameList(ranges))}
	},
}

// ofEngine reports whether a file is a drop-in of a container engine's unit: its proxy is asked for images alone.
func ofEngine(file string) bool {
	return slices.ContainsFunc([]string{"containerd", "docker", "crio", "cri-o"}, func(unit string) bool { return strings.Contains(file, unit+".service") })
}

var hiddenTelling = telling{
	rule: fact.RuleHiddenRangeOverlap,
	text: "nodes take these addresses for themselves, so the load balancer's are not reached",
	fix:  []string{"move the hidden range by its key while the cluster is new, or give the pool other addresses"},
}
