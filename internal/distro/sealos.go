package distro

import "github.com/kubecidr/kubecidr/internal/source"

// sealos: github.com/labring/sealos lifecycle/pkg/types/v1beta1, lifecycle/pkg/runtime/kubernetes. The ranges stand in
// kubeadm documents
// beside the Cluster, which package kubeadm reads.
func sealos() Installer {
	return Installer{
		Name:       "sealos",
		Recognised: "apiVersion apps.sealos.io, kind Cluster",
		Marks:      []string{"apps.sealos.io"},
		Groups:     []string{"apps.sealos.io"},
		Kinds:      []string{"Cluster"},
		Through:    ThroughKubeadm,
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "100.64.0.0/10", Rendered: true},
			{Role: Services, IPv4: "10.96.0.0/22", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kubeadm"},
		},
		Changes: []Change{{
			Roles: []Role{Pods, Services, NodeMask, DNS}, File: "~/.sealos/NAME/Clusterfile",
			Key: "networking of the kubeadm document", Immutable: true,
			Way: "sealos reset, then sealos apply -f Clusterfile with the other ranges",
		}},
		read: func(c *Cluster, n *source.Node) {
			if !isMap(n, "spec") {
				c.Installer = ""
				return
			}
			c.take(Address, "spec.hosts[].ips")
			// The kubeadm documents beside it say the ranges, where they are there.
			docs, _ := c.file.YAML()
			for _, d := range docs {
				if d.Get("kind").Str() != "ClusterConfiguration" || d.Kind != source.Mapping {
					continue
				}
				c.Partial = word(d.Get("networking", "podSubnet")) != "" ||
					word(d.Get("networking", "serviceSubnet")) != ""
			}
		},
	}
}
