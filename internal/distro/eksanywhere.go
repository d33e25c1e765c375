package distro

import (
	"fmt"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// eksAnywhere: github.com/aws/eks-anywhere pkg/api/v1alpha1/cluster.go, cluster_webhook.go,
// pkg/clusterapi/extraargs.go,
// pkg/networking/cilium/templater.go.
func eksAnywhere() Installer {
	return Installer{
		Name:       "eks-anywhere",
		Recognised: "apiVersion anywhere.eks.amazonaws.com, kind Cluster",
		Marks:      []string{"anywhere.eks.amazonaws.com"},
		Groups:     []string{"anywhere.eks.amazonaws.com"},
		Kinds:      []string{"Cluster"},
		Through:    ThroughKubeadm,
		CNI:        "cilium",
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "192.168.0.0/16", Releases: "written by eksctl anywhere generate, never assumed",
				Old: true},
			{Role: Services, IPv4: "10.96.0.0/12", Releases: "written by eksctl anywhere generate, never assumed",
				Old: true},
			{Role: NodeMask, IPv4: "24", IPv6: "24", Rendered: true},
		},
		Checks: []Check{ChecksText, ChecksOneEach, ChecksMask, ChecksEndpoint},
		Changes: []Change{{
			Roles: []Role{Pods, Services, NodeMask, DNS}, Key: "spec.clusterNetwork", Immutable: true,
			Way: "the webhook refuses the change; create another cluster with eksctl anywhere create cluster and " +
				"move the workloads",
		}},
		read: func(c *Cluster, n *source.Node) {
			c.Release = word(n.Get("spec", "kubernetesVersion"))
			c.Partial = !isMap(n, "spec", "clusterNetwork") // it does not speak of networks
			c.take(Pods, "spec.clusterNetwork.pods.cidrBlocks")
			c.take(Services, "spec.clusterNetwork.services.cidrBlocks")
			c.take(NodeMask, "spec.clusterNetwork.nodes.cidrMaskSize")
			c.take(Address, "spec.controlPlaneConfiguration.endpoint.host")
			c.Allocator = NodeIPAM // Cilium with ipam.mode kubernetes, or kindnetd
			for _, p := range find(n, "spec.clusterNetwork.cniConfig.cilium.helmValues") {
				c.chart("cilium", p.node, p.key)
			}
			if has(n.Get("spec", "clusterNetwork", "cniConfig"), "kindnetd") ||
				word(n.Get("spec", "clusterNetwork", "cni")) == "kindnetd" {
				c.CNI, c.CNIStated, c.CNIPos = "kindnet", true, c.at(n.Get("spec", "clusterNetwork"))
			}
		},
		refuse: refuseEKSAnywhere,
		Takes: target.Terms{Doc: "what the Cluster of eksctl anywhere has to hold", HasName: true,
			Stacks: []string{target.IPv4}, Why: "it has one block for pods and one for services", Write: writeEKSAnywhere},
	}
}

func refuseEKSAnywhere(c *Cluster) {
	const src = "pkg/api/v1alpha1/cluster.go validateNetworking"
	if c.Partial {
		return
	}
	for _, k := range []struct {
		role Role
		name string
	}{{Pods, "Pods"}, {Services, "Services"}} {
		v := c.first(k.role)
		switch {
		case v == nil:
			at := &Value{Pos: c.at(orRoot(c.root.Get("spec", "clusterNetwork"), c.root))}
			c.refused("eks-anywhere-empty", string(k.role)+" CIDR block not specified or empty", src,
				"spec.clusterNetwork names no range for "+string(k.role), at)
		case v.IsRange() && len(v.Prefixes) > 1:
			c.refused("eks-anywhere-one-block", "multiple CIDR blocks for "+k.name+" are not yet supported", src,
				fmt.Sprintf("%s has %d ranges, and one is allowed", v.Key, len(v.Prefixes)), v)
		}
	}
	pods, mask := c.first(Pods), c.first(NodeMask)
	if pods == nil || !pods.IsRange() {
		return
	}
	p := pods.Prefixes[0]
	if mask != nil && mask.Err == nil && !mask.Template && mask.Int > 0 {
		switch {
		case p.Bits() >= mask.Int:
			c.refused("eks-anywhere-mask-not-longer", "the size of pod subnet with mask is smaller than or equal to "+
				"the size of node subnet with mask", src,
				fmt.Sprintf("the pod range %v and a node mask of /%d: the mask has to be longer, an equal one is "+
					"refused as well", p, mask.Int), pods, mask)
		case mask.Int-p.Bits() > 16:
			c.refused("eks-anywhere-mask-too-far", "pod subnet mask and node-mask difference is greater than 16", src,
				fmt.Sprintf("the pod range %v and a node mask of /%d are %d bits apart, and 16 are allowed", p,
					mask.Int, mask.Int-p.Bits()), pods, mask)
		}
	}
	c.refuseEndpoint()
	on := word(c.root.Get("spec", "datacenterRef", "kind")) // an excerpt does not say
	if c.CNI == "kindnet" && on != "" && on != "DockerDatacenterConfig" {
		c.refused("eks-anywhere-kindnetd", "kindnetd is only supported on Docker provider", src,
			"kindnetd, and the cluster is not on Docker", &Value{Pos: c.CNIPos})
	}
}

// refuseEndpoint looks for the endpoint among pods and services. EKS Anywhere does so on Snow alone.
func (c *Cluster) refuseEndpoint() {
	snow := word(c.root.Get("spec", "datacenterRef", "kind")) == "SnowDatacenterConfig"
	ep := c.first(Address)
	for _, role := range []Role{Pods, Services} {
		v := c.first(role)
		if ep == nil || len(ep.Addrs) != 1 || v == nil || !v.IsRange() ||
			!v.Prefixes[0].Masked().Contains(ep.Addrs[0]) {
			continue
		}
		c.problem(Problem{
			ID: "eks-anywhere-endpoint", Refused: snow, Harmful: true, Told: true,
			Source:  "pkg/api/v1alpha1/cluster.go validateNetworking",
			Fix:     "take an endpoint outside of pods and services",
			Says:    "control plane endpoint conflicts with CIDR block",
			Message: fmt.Sprintf("the endpoint %v lies inside the %s %v", ep.Addrs[0], role, v.Prefixes[0]),
		}, []*Value{ep, v})
	}
}

func orRoot(n, root *source.Node) *source.Node {
	if n != nil {
		return n
	}
	return root
}

func writeEKSAnywhere(f *target.File) {
	name, _ := f.Name()
	f.Line("apiVersion: anywhere.eks.amazonaws.com/v1alpha1\nkind: Cluster\nmetadata:\n  name: %s\nspec:", name)
	if v, asked := f.Release(); asked {
		f.Line("  kubernetesVersion: \"%d.%d\"", v.Major, v.Minor)
	}
	f.Line("  clusterNetwork:\n    pods:")
	f.List("      ", "cidrBlocks", f.Plan.Pods())
	f.Line("    services:")
	f.List("      ", "cidrBlocks", f.Plan.Services())
	f.Line("    nodes:\n      cidrMaskSize: %d", f.Plan.NodeMaskIPv4)
}
