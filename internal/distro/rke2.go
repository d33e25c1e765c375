package distro

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// rke2: github.com/rancher/rke2 pkg/cli/cmds, pkg/bootstrap setChartValues; github.com/rancher/rke2-charts.
func rke2() Installer {
	return Installer{
		Name: "rke2",
		Recognised: "as k3s, with the key cni or in /etc/rancher/rke2; HelmChartConfig and HelmChart objects of " +
			"networks",
		Marks:    append([]string{"rke2", "helm.cattle.io"}, append([]string{"cni"}, flatMarks...)...),
		Groups:   []string{"helm.cattle.io"},
		Kinds:    []string{"HelmChartConfig", "HelmChart"},
		Spread:   true,
		Through:  ThroughFlags,
		CNI:      "canal",
		DNS:      10,
		Defaults: k3sDefaults(),
		Checks:   []Check{ChecksText, ChecksFamilies},
		Units:    []string{"rke2-server"},
		Changes: k3sChanges("/etc/rancher/rke2/config.yaml",
			"systemctl restart rke2-server, one server after the other", "systemctl restart rke2-agent on each agent"),
		match: func(f *source.File, n *source.Node) bool {
			return isFlat(f, n) && isRKE2(f, n) || nodeArgs(n, "rke2") != nil
		},
		read: func(c *Cluster, n *source.Node) {
			if args := nodeArgs(n, "rke2"); args != nil {
				c.nodeArgs(n, args)
				return
			}
			if strings.HasPrefix(n.Get("kind").Str(), "HelmChart") {
				c.chartConfig(n)
				return
			}
			c.flatFile(n, "rancher/rke2/")
		},
		text:   func(in *Installer, f *source.File) []Cluster { return commandLines(in, f, "rke2") },
		refuse: refuseK3s,
		Takes: target.Terms{Doc: "/etc/rancher/rke2/config.yaml of the servers",
			Write: func(f *target.File) { writeFlat(f, "rke2") }},
	}
}

// rke2CNI reads the key cni: a word or a list in which multus comes first and another network second.
func (c *Cluster) rke2CNI(n *source.Node) {
	names := items(n)
	if len(names) == 0 {
		names = []*source.Node{n}
	}
	for _, it := range names {
		for name := range strings.SplitSeq(word(it), ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name == "" || name == "multus" || isTemplate(name) {
				continue
			}
			c.CNI, c.CNIStated, c.CNIPos = name, true, c.at(it)
			if name == "cilium" { // the chart has ipam.mode kubernetes
				c.Allocator = NodeIPAM
			}
			return
		}
	}
}

// chartConfig reads a HelmChartConfig of one of RKE2's charts, or a HelmChart with which k3s installs a network. What
// RKE2 gives its charts
// wins over valuesContent, so that some keys there have no effect (pkg/bootstrap setChartValues).
func (c *Cluster) chartConfig(n *source.Node) {
	c.Partial = true
	content := n.Get("spec", "valuesContent")
	name := n.Get("metadata", "name").Str()
	if n.Get("kind").Str() == "HelmChart" {
		if !c.chart(word(n.Get("spec", "chart")), content, "spec.valuesContent") {
			c.Installer = ""
		}
		return
	}
	docs, _ := content.File().YAML()
	if !strings.HasPrefix(name, "rke2-") || len(docs) == 0 {
		c.Installer = ""
		return
	}
	c.at = func(n *source.Node) Position { return n.Pos }
	switch name {
	case "rke2-canal", "rke2-flannel":
		c.CNI, c.CNIStated, c.CNIPos = strings.TrimPrefix(name, "rke2-"), true, c.Pos
		c.root = docs[0]
		c.chartIgnored("podCidr", "podCidrv6", "flannel.podCidr")
	case "rke2-coredns":
		c.root = docs[0]
		c.take(DNS, "service.clusterIP", "service.clusterIPs")
	default:
		if name == "rke2-cilium" {
			c.Allocator = NodeIPAM // the default of RKE2's chart
		}
		if !c.chart(name, docs[0], "spec.valuesContent") {
			c.Installer = ""
		}
	}
}
