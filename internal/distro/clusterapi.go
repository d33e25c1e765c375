package distro

import (
	"fmt"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// clusterAPI: sigs.k8s.io/cluster-api api/core, api/controlplane/kubeadm, api/bootstrap/kubeadm; the controller joins
// the blocks of the
// Cluster into networking of kubeadm (bootstrap/kubeadm/reconcilers/kubeadmconfig).
func clusterAPI() Installer {
	return Installer{
		Name:       "cluster-api",
		Recognised: "apiVersion of cluster.x-k8s.io, controlplane.cluster.x-k8s.io or bootstrap.cluster.x-k8s.io",
		Marks:      []string{"cluster.x-k8s.io"},
		Groups: []string{
			"cluster.x-k8s.io", "controlplane.cluster.x-k8s.io", "bootstrap.cluster.x-k8s.io",
			"infrastructure.cluster.x-k8s.io",
		},
		Kinds: []string{
			"Cluster", "KubeadmControlPlane", "KubeadmControlPlaneTemplate", "KubeadmConfig", "KubeadmConfigTemplate",
			"AWSCluster", "AWSClusterTemplate", "AzureCluster", "OpenStackCluster", "VSphereCluster", "MetalCluster",
			"Metal3Cluster",
		},
		Through: ThroughKubeadm,
		DNS:     10,
		Defaults: []Default{
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kubeadm"},
			{Role: NodeMaskIPv6, IPv6: "64", Of: "kubeadm"},
		},
		Checks: []Check{ChecksText},
		Changes: []Change{
			{
				Roles: []Role{Pods, Services}, Key: "spec.clusterNetwork", Immutable: true,
				Restart: []string{"kubectl edit cluster NAME"},
				Way: "the object takes the change, and control planes that exist are not rolled for it; create " +
					"another cluster with the other ranges",
			},
			{
				Roles:   []Role{NodeMask, NodeMaskIPv4, NodeMaskIPv6},
				Key:     "spec.kubeadmConfigSpec.clusterConfiguration.controllerManager.extraArgs",
				Restart: []string{"kubectl edit kubeadmcontrolplane NAME"},
				Way:     "it rolls the control plane and holds for machines that are created afterwards",
			},
		},
		read:   readClusterAPI,
		refuse: refuseClusterAPI,
		Takes: target.Terms{Doc: "a Cluster, and what a KubeadmControlPlane has to hold", HasName: true,
			Write: writeClusterAPI},
	}
}

func readClusterAPI(c *Cluster, n *source.Node) {
	switch n.Get("kind").Str() {
	case "Cluster":
		if !isMap(n, "spec") {
			c.Installer = ""
			return
		}
		c.take(Pods, "spec.clusterNetwork.pods.cidrBlocks")
		c.take(Services, "spec.clusterNetwork.services.cidrBlocks")
		c.take(Address, "spec.controlPlaneEndpoint.host")
		c.Release = word(n.Get("spec", "topology", "version"))
	case "KubeadmControlPlane":
		c.Release = word(n.Get("spec", "version"))
		c.configSpec(n.Get("spec", "kubeadmConfigSpec"), "spec.kubeadmConfigSpec")
	case "KubeadmControlPlaneTemplate":
		c.configSpec(n.Get("spec", "template", "spec", "kubeadmConfigSpec"), "spec.template.spec.kubeadmConfigSpec")
	case "KubeadmConfig":
		c.configSpec(n.Get("spec"), "spec")
	case "KubeadmConfigTemplate":
		c.configSpec(n.Get("spec", "template", "spec"), "spec.template.spec")
	default:
		c.Partial = true
		c.take(Hosts, "spec.network.vpc.cidrBlock", "spec.template.spec.network.vpc.cidrBlock",
			"spec.network.subnets[].cidrBlock",
			"spec.networkSpec.vnet.cidrBlocks", "spec.networkSpec.subnets[].cidrBlocks", "spec.managedSubnets[].cidr",
			"spec.nodeCidr")
		c.take(Address, "spec.controlPlaneEndpoint.host")
		if len(c.Values) == 0 {
			c.Installer = ""
		}
	}
}

// configSpec reads the kubeadm documents of a machine's bootstrap configuration.
func (c *Cluster) configSpec(n *source.Node, key string) {
	c.Partial = true
	for _, part := range []struct{ field, kind string }{
		{"clusterConfiguration", "ClusterConfiguration"}, {"initConfiguration", "InitConfiguration"},
		{"joinConfiguration", "JoinConfiguration"},
	} {
		d := n.Get(part.field)
		if d == nil {
			continue
		}
		at := len(c.Embedded)
		c.kubeadm(d, key+"."+part.field, true)
		if len(c.Embedded) > at {
			c.Embedded[at].Kind = part.kind
		}
	}
}

func refuseClusterAPI(c *Cluster) {
	for i := range c.Values {
		v := &c.Values[i]
		if v.Role != Pods && v.Role != Services || v.Program != "" || v.Err != nil || v.Template {
			continue
		}
		if t := c.twoOfOne(v.Role); t != nil && t.Pos == v.Pos {
			c.breaks("cluster-api-two-of-a-family", "internal/webhooks/cluster.go validateCIDRBlocks; "+
				"kubernetes-sigs/cluster-api#7538",
				fmt.Sprintf("%s %s has two ranges of one family: the webhook takes them, and kubeadm refuses them on "+
					"the first machine", v.Key, v.Text), "keep one block of each family", v)
		}
	}
	pods, services := c.prefixes(Pods), c.prefixes(Services)
	if len(pods) > 0 && len(services) > 0 {
		p4, p6 := families(pods)
		s4, s6 := families(services)
		if (p4 != s4 || p6 != s6) && !(p4 && p6) || ipnet.Is4(pods[0]) != ipnet.Is4(services[0]) {
			c.breaks("cluster-api-families", "internal/webhooks/cluster.go validateCIDRBlocks",
				fmt.Sprintf("pods are %s and services are %s, or in another order: the webhook does not compare them",
					familyWords(p4, p6), familyWords(s4, s6)),
				"name the same families in both lists, in the same order", c.first(Pods), c.first(Services))
		}
	}
}

// writeClusterAPI writes v1beta2, in which extraArgs are a list: api/bootstrap/kubeadm/v1beta2 Arg.
func writeClusterAPI(f *target.File) {
	name, _ := f.Name()
	f.Line("apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: %s\nspec:\n  clusterNetwork:", name)
	f.Line("    pods:")
	f.List("      ", "cidrBlocks", f.Plan.Pods())
	f.Line("    services:")
	f.List("      ", "cidrBlocks", f.Plan.Services())
	args := f.MaskArgs(24, 64, false)
	v, asked := f.Release()
	n, told := f.MaxPods()
	if len(args) > 0 || asked || told {
		f.Line("---\n# to be merged into the control plane's object")
		f.Line("apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: KubeadmControlPlane\nmetadata:\n  name: %s", name)
		f.Line("spec:")
	}
	if asked {
		f.Line("  version: %v", v)
	}
	if len(args) > 0 || told {
		f.Line("  kubeadmConfigSpec:")
	}
	if len(args) > 0 {
		f.Line("    clusterConfiguration:\n      controllerManager:\n        extraArgs:")
		for _, a := range args {
			f.Line("          - name: %s\n            value: \"%d\"", a.Name, a.Value)
		}
	}
	if told {
		const node = "%[1]s%[2]s:\n%[1]s  nodeRegistration:\n%[1]s    kubeletExtraArgs:\n" +
			"%[1]s      - name: max-pods\n%[1]s        value: \"%[3]d\""
		f.Line(node, "    ", "initConfiguration", n)
		f.Line(node, "    ", "joinConfiguration", n)
		f.Line("---\n# to be merged into the objects of the workers")
		f.Line("apiVersion: bootstrap.cluster.x-k8s.io/v1beta2\nkind: KubeadmConfigTemplate\nmetadata:\n  name: %s", name)
		f.Line("spec:\n  template:\n    spec:")
		f.Line(node, "      ", "joinConfiguration", n)
	}
}
