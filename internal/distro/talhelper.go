package distro

import "github.com/kubecidr/kubecidr/internal/source"

// talhelper: github.com/budimanjojo/talhelper pkg/config/config.go TalhelperConfig, defaults.go GetClusterPodNets,
// validator.go; it writes machine configurations of Talos.
func talhelper() Installer {
	in := talos()
	in.Name, in.Like = "talhelper", "talos"
	in.Recognised = "talconfig.yaml: clusterName, endpoint and nodes with ipAddress, without apiVersion"
	in.Marks = []string{"clusterName"}
	in.Groups, in.Kinds = nil, nil
	in.Checks = []Check{ChecksText}
	in.Changes = []Change{{
		Roles: []Role{Pods, Services}, File: "talconfig.yaml", Key: "clusterPodNets, clusterSvcNets", Immutable: true,
		Restart: []string{"talhelper genconfig", "talhelper gencommand apply"},
		Way: "Talos takes the change and starts the control plane anew; nodes keep their podCIDR and services their " +
			"addresses, so bootstrap another cluster",
	}}
	in.Takes.Write = nil // talos writes the patch that stands within
	in.match = func(_ *source.File, n *source.Node) bool {
		return !has(n, "apiVersion") && has(n, "clusterName") && has(n, "endpoint") && len(items(n.Get("nodes"))) > 0 &&
			has(items(n.Get("nodes"))[0], "ipAddress")
	}
	in.read = func(c *Cluster, n *source.Node) {
		c.Name, c.Release = word(n.Get("clusterName")), word(n.Get("kubernetesVersion"))
		c.take(Pods, "clusterPodNets")
		c.take(Services, "clusterSvcNets")
		for _, p := range find(n, "nodes[]") {
			c.put(Value{Role: Address, Host: word(p.node.Get("hostname"))}, p.node.Get("ipAddress"), p.key+".ipAddress")
		}
		c.take(Address, "endpoint")
		if name := word(n.Get("cniConfig", "name")); name != "" && !isTemplate(name) {
			c.CNI, c.CNIStated, c.CNIPos = name, true, c.at(n.Get("cniConfig", "name"))
		}
	}
	return in
}
