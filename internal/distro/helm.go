package distro

import (
	"fmt"
	"path"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// chart reads Helm values of a network that an installer has in its own file. The name is that of the chart, with or
// without its
// repository; prefix is the path of values. It reports whether it knows the chart.
// github.com/cilium/cilium install/kubernetes/cilium, github.com/projectcalico/calico charts/tigera-operator,
// github.com/flannel-io/flannel chart/kube-flannel, github.com/rancher/rke2-charts.
func (c *Cluster) chart(name string, values *source.Node, prefix string) bool {
	name = strings.TrimPrefix(path.Base(name), "rke2-")
	outer, at := c.root, c.at
	defer func() { c.root, c.at = outer, at }()
	if values != nil && values.Kind != source.Mapping {
		docs, _ := values.File().YAML()
		values = nil
		if len(docs) > 0 {
			values = docs[0]
		}
		c.at = func(n *source.Node) Position { return n.Pos }
	}
	c.root = values
	before := len(c.Values)
	switch name {
	case "cilium":
		c.CNI = "cilium"
		c.chartCilium("")
		c.chartCilium("cilium.")
	case "calico", "tigera-operator":
		c.CNI, c.Allocator = "calico", OwnIPAM
		c.take(Pool, "installation.calicoNetwork.ipPools[].cidr")
	case "flannel", "kube-flannel":
		c.CNI = "flannel"
		c.take(Pool, "podCidr", "podCidrv6")
	case "canal":
		c.CNI = "canal"
	default:
		return false
	}
	c.CNIStated = true
	if values != nil {
		c.CNIPos = c.at(values)
	}
	for i := before; i < len(c.Values); i++ {
		c.Values[i].Key = join(prefix, c.Values[i].Key)
	}
	return true
}

// chartIgnored notes values of a chart that the installer's own win over.
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

// chartCilium reads the IPAM of Cilium: cluster-pool by the chart itself, kubernetes by RKE2's, which is what
// c.Allocator says then. The
// pool's own defaults are 10.0.0.0/8 and 24.
func (c *Cluster) chartCilium(prefix string) {
	for _, p := range find(c.root, prefix+"ipam.mode") {
		switch word(p.node) {
		case "kubernetes":
			c.Allocator = NodeIPAM
		case "cluster-pool":
			c.Allocator = OwnIPAM
			key := prefix + "ipam.operator.clusterPoolIPv4PodCIDRList"
			if !c.take(Pool, key) {
				v := Value{Role: Pool, Key: key, Pos: c.at(p.node), Default: true, DefaultOf: "cilium", Rendered: true}
				c.plain(&v, "10.0.0.0/8", func(int) Position { return v.Pos })
			}
			c.take(Pool, prefix+"ipam.operator.clusterPoolIPv6PodCIDRList")
		default:
			c.Allocator = OwnIPAM
		}
	}
}
