package distro

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// kind: sigs.k8s.io/kind pkg/apis/config/v1alpha4 types.go and default.go, pkg/internal/apis/config/validate.go.
func kind() Installer {
	return Installer{
		Name:       "kind",
		Recognised: "apiVersion kind.x-k8s.io or kind.sigs.k8s.io, kind Cluster",
		Marks:      []string{"kind.x-k8s.io", "kind.sigs.k8s.io"},
		Groups:     []string{"kind.x-k8s.io", "kind.sigs.k8s.io"},
		Kinds:      []string{"Cluster"},
		Through:    ThroughKubeadm,
		CNI:        "kindnet",
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.244.0.0/16", IPv6: "fd00:10:244::/56", Rendered: true},
			{Role: Services, IPv4: "10.96.0.0/16", IPv6: "fd00:10:96::/112", Rendered: true,
				Releases: "v0.9 and later"},
			{Role: Services, IPv4: "10.96.0.0/12", Releases: "before v0.9", Old: true},
			{Role: NodeMaskIPv4, IPv4: "24", Of: "kubeadm"},
			{Role: NodeMaskIPv6, IPv6: "64", Of: "kubeadm"},
		},
		Checks: []Check{ChecksText, ChecksFamilies, ChecksOneEach},
		Changes: []Change{{
			Roles: []Role{Pods, Services, NodeMask, NodeMaskIPv4, NodeMaskIPv6, DNS}, Key: "networking",
			Immutable: true,
			Way:       "kind delete cluster --name NAME, then kind create cluster --config FILE",
		}},
		read:   readKind,
		refuse: refuseKind,
		Takes:  target.Terms{Doc: "a Cluster for kind create cluster --config", HasName: true, Write: writeKind},
	}
}

func readKind(c *Cluster, n *source.Node) {
	if has(n, "spec") {
		c.Installer = ""
		return
	}
	c.Name = word(n.Get("name"))
	c.Family = strings.ToLower(word(n.Get("networking", "ipFamily")))
	switch c.Family {
	case "ipv4", "ipv6", "dual":
	case "":
		c.Family = "ipv4"
	default:
		c.Family = "ipv4"
		c.refused("kind-ip-family", "invalid ipFamily", "pkg/internal/apis/config/validate.go",
			"networking.ipFamily is one of ipv4, ipv6 and dual", &Value{Pos: c.at(n.Get("networking", "ipFamily"))})
	}
	c.take(Pods, "networking.podSubnet")
	c.take(Services, "networking.serviceSubnet")
	if v := n.Get("networking", "apiServerAddress"); v != nil && !strings.HasPrefix(word(v), "127.") {
		c.take(Address, "networking.apiServerAddress")
	}
	if off, _ := truth(n.Get("networking", "disableDefaultCNI")); off {
		c.CNI, c.CNIStated, c.CNIPos = "none", true, c.at(n.Get("networking", "disableDefaultCNI"))
	}
	for _, path := range []string{"kubeadmConfigPatches[]", "nodes[].kubeadmConfigPatches[]"} {
		for _, p := range find(n, path) {
			docs, _ := p.node.File().YAML()
			for _, d := range docs {
				c.kubeadm(d, p.key, true)
			}
		}
	}
	for _, node := range items(n.Get("nodes")) {
		if _, tag, ok := strings.Cut(word(node.Get("image")), ":"); ok && c.Release == "" {
			c.Release, _, _ = strings.Cut(tag, "@")
		}
	}
}

func refuseKind(c *Cluster) {
	const src = "pkg/internal/apis/config/validate.go"
	for _, role := range []Role{Pods, Services} {
		v := c.first(role)
		if v == nil || !v.IsRange() || v.Default || strings.Contains(v.Key, "atches") {
			continue
		}
		v4, v6 := families(v.Prefixes)
		switch {
		case c.Family != "dual" && len(v.Prefixes) > 1:
			c.refused("kind-one-range", "only one CIDR allowed for single-stack networking", src,
				fmt.Sprintf("%s has %d ranges, and ipFamily is %s", v.Key, len(v.Prefixes), c.Family), v)
		case c.Family == "ipv4" && v6:
			c.refused("kind-family", "expected IPv4 CIDR for IPv4 family", src,
				fmt.Sprintf("%s %s is IPv6, and ipFamily is ipv4", v.Key, v.Text), v)
		case c.Family == "ipv6" && v4:
			c.refused("kind-family", "expected IPv6 CIDR for IPv6 family", src,
				fmt.Sprintf("%s %s is IPv4, and ipFamily is ipv6", v.Key, v.Text), v)
		case c.Family == "dual" && len(v.Prefixes) > 2, c.Family == "dual" && len(v.Prefixes) == 2 && !(v4 && v6):
			c.refused("kind-dual", "expected one (IPv4 or IPv6) CIDR or two CIDRs", src,
				fmt.Sprintf("%s %s is not one range of each family", v.Key, v.Text), v)
		case c.Family == "dual" && len(v.Prefixes) == 1:
			c.breaks("kind-dual-with-one", src, fmt.Sprintf("ipFamily is dual and %s has one range: kind takes it, "+
				"and kubeadm or kube-apiserver stop", v.Key), "name one range of each family, IPv4 first", v)
		}
	}
}

// writeKind writes a Cluster. Patches without apiVersion hold for every version of kubeadm's configuration:
// pkg/internal/patch/resource.go matches.
func writeKind(f *target.File) {
	f.Line("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4")
	if name, own := f.Name(); own {
		f.Line("name: %s", name)
	}
	family := "ipv4"
	switch {
	case f.Dual():
		family = "dual"
	case f.Plan.Families[0] == fact.IPv6:
		family = "ipv6"
	}
	f.Line("networking:\n  ipFamily: %s", family)
	f.Line("  podSubnet: %s", target.Join(f.Plan.Pods()))
	f.Line("  serviceSubnet: %s", target.Join(f.Plan.Services()))
	args, pods := f.MaskArgs(24, 64, false), 0
	if n, told := f.MaxPods(); told {
		pods = n
	}
	if len(args) > 0 || pods > 0 {
		f.Line("kubeadmConfigPatches:")
	}
	if len(args) > 0 {
		f.Line("  - |\n    kind: ClusterConfiguration\n    controllerManager:\n      extraArgs:")
		for _, a := range args {
			f.Line("        %s: \"%d\"", a.Name, a.Value)
		}
	}
	if pods > 0 {
		f.Line("  - |\n    kind: KubeletConfiguration\n    maxPods: %d", pods)
	}
}
