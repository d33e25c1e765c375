package distro

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// rke1: github.com/rancher/rke types, cluster/defaults.go, cluster/plan.go, v1.6.3, the last release.
func rke1() Installer {
	return Installer{
		Name:       "rke",
		Recognised: "cluster.yml without apiVersion: nodes with address and role, or services with kube-controller",
		Marks:      []string{"kube-controller", "kubeController", "controlplane"},
		Through:    ThroughFlags,
		CNI:        "canal",
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.42.0.0/16", Rendered: true},
			{Role: Services, IPv4: "10.43.0.0/16", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kube-controller-manager"},
		},
		Changes: []Change{{
			Roles: []Role{Pods, Services, DNS, NodeMask}, File: "cluster.yml",
			Key: "services.kube-controller, services.kube-api, services.kubelet", Immutable: true,
			Restart: []string{"rke up"}, Way: "rke up writes flags anew and leaves nodes and services as they are; " +
				"rke remove, then rke up with the other ranges",
		}},
		match: func(f *source.File, n *source.Node) bool {
			if n.Kind != source.Mapping || has(n, "apiVersion") || has(n, "kind") {
				return false
			}
			nodes := items(n.Get("nodes"))
			if len(nodes) > 0 && has(nodes[0], "address") && has(nodes[0], "role") {
				return true
			}
			return hasAny(n.Get("services"), "kube-controller", "kubeController") && isMap(n, "services")
		},
		read:   func(c *Cluster, n *source.Node) { rke1Keys(c, "") },
		refuse: refuseRKE1,
	}
}

// rke1Keys reads cluster.yml, or what Rancher keeps of it. In camel case the command line tool passes over the keys;
// Rancher does not.
func rke1Keys(c *Cluster, key string) {
	n := c.root
	c.Name = word(n.Get("cluster_name"))
	c.Release = word(n.Get("kubernetes_version"))
	camel := key != ""
	for _, k := range []struct {
		path, camel string
		role        Role
		program     Program
	}{
		{"services.kube-controller.cluster_cidr", "services.kubeController.clusterCidr", Pods, ""},
		{"services.kube-api.service_cluster_ip_range", "services.kubeApi.serviceClusterIpRange", Services, APIServer},
		{"services.kube-controller.service_cluster_ip_range", "services.kubeController.serviceClusterIpRange", Services,
			ControllerManager},
		{"services.kubelet.cluster_dns_server", "services.kubelet.clusterDnsServer", DNS, ""},
	} {
		path, other := k.path, k.camel
		if camel {
			path, other = other, path
		}
		for _, p := range find(n, path) {
			c.put(Value{Role: k.role, Program: k.program}, p.node, key+p.key)
		}
		for _, p := range find(n, other) {
			c.put(Value{Role: k.role, Program: k.program, Ignored: !camel}, p.node, key+p.key)
		}
	}
	for _, k := range []struct {
		path    string
		program Program
	}{
		{"services.kube-controller.extra_args", ControllerManager}, {"services.kube-api.extra_args", APIServer},
		{"services.kubelet.extra_args", Kubelet}, {"services.kubeproxy.extra_args", KubeProxy},
		{"services.kubeController.extraArgs", ControllerManager}, {"services.kubeApi.extraArgs", APIServer},
		{"services.kubelet.extraArgs", Kubelet},
	} {
		for _, p := range find(n, k.path) {
			c.args(k.program, p.node, key+p.key)
		}
	}
	for _, p := range find(n, "nodes[]") {
		host := word(p.node.Get("hostname_override"))
		for _, k := range []string{"address", "internal_address"} {
			if p.node.Kind == source.Mapping {
				c.put(Value{Role: Address, Host: host}, p.node.Get(k), key+p.key+"."+k)
			}
		}
	}
	if plugin := n.Get("network", "plugin"); word(plugin) != "" && !isTemplate(word(plugin)) {
		c.CNI, c.CNIStated, c.CNIPos = strings.ToLower(word(plugin)), true, c.at(plugin)
	}
}

func refuseRKE1(c *Cluster) {
	for i := range c.Values {
		if v := &c.Values[i]; v.Ignored {
			c.breaks("rke-key-camel-case", "rancher/rke#2480",
				v.Key+" is Rancher's spelling: rke passes over it, and the default counts",
				"write it with underscores: cluster_cidr, service_cluster_ip_range, cluster_dns_server", v)
		}
	}
	api, kcm := c.of(Services, APIServer), c.of(Services, ControllerManager)
	if len(api) == 1 && len(kcm) == 1 && api[0].IsRange() && kcm[0].IsRange() && !sameRanges(api[0], kcm[0]) {
		c.breaks("rke-services-differ", "cluster/defaults.go, cluster/plan.go",
			fmt.Sprintf("%s is %s and %s is %s: nothing compares them", api[0].Key, api[0].Text, kcm[0].Key,
				kcm[0].Text), "write the same range in both", api[0], kcm[0])
	}
	if d := c.first(DNS); d != nil && !d.Default && len(d.Addrs) > 0 && len(api) == 1 && api[0].IsRange() &&
		!inside(netip.PrefixFrom(d.Addrs[0], d.Addrs[0].BitLen()), api[0].Prefixes) {
		c.breaks("rke-dns-outside", "cluster/plan.go",
			fmt.Sprintf("%s %s lies outside of %s %s", d.Key, d.Text, api[0].Key, api[0].Text),
			"take the tenth address of the service range", d, api[0])
	}
}
