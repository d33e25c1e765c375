package distro

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// rke2: github.com/rancher/rke2 pkg/cli/cmds, pkg/bootstrap setChartValues; github.com/rancher/rke2-charts.
func rke2() Installer {
	return Installer{
		Name:       "rke2",
		Recognised: "as k3s, with the key cni or in /etc/rancher/rke2; HelmChartConfig objects of its charts",
		Marks:      append([]string{"rke2"}, append([]string{"cni"}, flatMarks...)...),
		Groups:     []string{"helm.cattle.io"},
		Kinds:      []string{"HelmChartConfig"},
		Spread:     true,
		Through:    ThroughFlags,
		CNI:        "canal",
		DNS:        10,
		Defaults:   k3sDefaults(),
		Checks:     []Check{ChecksText, ChecksFamilies},
		Units:      []string{"rke2-server"},
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
			if n.Get("kind").Str() == "HelmChartConfig" {
				c.chartConfig(n)
				return
			}
			c.flatFile(n, "rancher/rke2/")
		},
		text:   func(in *Installer, f *source.File) []Cluster { return commandLines(in, f, "rke2") },
		refuse: refuseK3s,
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

// chartConfig reads a HelmChartConfig of one of the networks' charts. What setChartValues gives the chart wins over
// valuesContent, so
// that some keys there have no effect.
func (c *Cluster) chartConfig(n *source.Node) {
	c.Partial = true
	name := n.Get("metadata", "name").Str()
	content := n.Get("spec", "valuesContent")
	docs, _ := content.File().YAML()
	if !strings.HasPrefix(name, "rke2-") || len(docs) == 0 {
		c.Installer = ""
		return
	}
	c.root, c.file = docs[0], content.File()
	c.at = func(n *source.Node) Position { return n.Pos }
	switch name {
	case "rke2-canal", "rke2-flannel":
		c.CNI = strings.TrimPrefix(name, "rke2-")
		c.chartIgnored("podCidr", "podCidrv6", "flannel.podCidr")
	case "rke2-cilium":
		c.CNI = "cilium"
		c.chartCilium("")
		c.chartCilium("cilium.")
	case "rke2-calico":
		c.CNI, c.Allocator = "calico", OwnIPAM
		c.take(Pool, "installation.calicoNetwork.ipPools[].cidr")
	case "rke2-coredns":
		c.take(DNS, "service.clusterIP", "service.clusterIPs")
	default:
		c.Installer = ""
		return
	}
	c.CNIStated, c.CNIPos = c.CNI != "", c.Pos
}

func (c *Cluster) chartIgnored(paths ...string) {
	for _, path := range paths {
		for _, p := range find(c.root, path) {
			if c.put(Value{Role: Pods, Ignored: true}, p.node, p.key) {
				v := &c.Values[len(c.Values)-1]
				c.breaks("rke2-chart-key-ignored", "rke2-charts packages rke2-canal, rke2-flannel",
					fmt.Sprintf("%s %s has no effect: cluster-cidr of the server wins over it", v.Key, v.Text),
					"set cluster-cidr in config.yaml before the cluster is installed", v)
			}
		}
	}
}

// chartCilium reads the IPAM of Cilium: kubernetes, unless cluster-pool is chosen, whose own defaults are 10.0.0.0/8
// and 24.
func (c *Cluster) chartCilium(prefix string) {
	for _, p := range find(c.root, prefix+"ipam.mode") {
		switch word(p.node) {
		case "kubernetes":
			c.Allocator = NodeIPAM
		case "cluster-pool":
			c.Allocator = OwnIPAM
			if !c.take(Pool, prefix+"ipam.operator.clusterPoolIPv4PodCIDRList") {
				v := Value{Role: Pool, Key: prefix + "ipam.operator.clusterPoolIPv4PodCIDRList", Pos: c.at(p.node),
					Default: true, DefaultOf: "cilium", Rendered: true}
				c.plain(&v, "10.0.0.0/8", func(int) Position { return v.Pos })
			}
			c.take(Pool, prefix+"ipam.operator.clusterPoolIPv6PodCIDRList")
		default:
			c.Allocator = OwnIPAM
		}
	}
}
