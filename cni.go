package kubecidr

import (
	"bytes"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// otherPlugins are words that tell CNI plugins other than flannel by the names of images and plugin types. Each hands out pod
// addresses by its own means, so that a Node without a podCIDR is no fault under it.
var otherPlugins = []struct{ word, name string }{
	{"calico/node", "calico"}, {"calico", "calico"}, {"tigera/operator", "calico"},
	{"cilium/cilium", "cilium"}, {"cilium/operator", "cilium"}, {"cilium-cni", "cilium"},
	{"weave-kube", "weave"}, {"weave-net", "weave"},
	{"kube-ovn", "kube-ovn"}, {"ovn-k8s-cni-overlay", "ovn-kubernetes"}, {"ovn-kubernetes", "ovn-kubernetes"},
	{"antrea", "antrea"}, {"amazon-k8s-cni", "aws-vpc-cni"}, {"aws-cni", "aws-vpc-cni"}, {"azure-vnet", "azure-cni"},
}

// pluginNamed returns the plugin that an image or a plugin type belongs to, "" for none of the others.
func pluginNamed(text string) string {
	text = strings.ToLower(text)
	for _, p := range otherPlugins {
		if strings.Contains(text, p.word) {
			return p.name
		}
	}
	return ""
}

// readPlugin finds out which other CNI plugin a cluster uses, from its manifest, its configuration or its pools, and the pod ranges
// that it names. It does not judge that plugin's configuration. Files that mention none are not parsed.
func readPlugin(f *source.File) ([]fact.Statement, error) {
	if !mentionsPlugin(f.Data) {
		return nil, nil
	}
	docs, err := f.YAML()
	if err != nil {
		return nil, nil // the readers of what it claims to be say so
	}
	p := &pluginReader{seen: map[string]bool{}}
	for _, d := range docs {
		p.document(d)
	}
	return p.out, nil
}

func mentionsPlugin(data []byte) bool {
	for _, w := range []string{"calico", "cilium", "weave", "kube-ovn", "ovn-k", "antrea", "amazon-k8s-cni", "aws-cni", "azure-vnet", "tigera"} {
		if bytes.Contains(data, []byte(w)) {
			return true
		}
	}
	return false
}

type pluginReader struct {
	out  []fact.Statement
	seen map[string]bool // plugins that are stated
}

// uses states that a plugin is in use.
func (r *pluginReader) uses(plugin, key string, pos fact.Position) {
	if plugin == "" || r.seen[plugin] {
		return
	}
	r.seen[plugin] = true
	r.out = append(r.out, fact.Statement{
		Component: fact.Component(plugin), Pos: pos, Role: fact.RoleSetting, Setting: fact.SettingCNI, Key: key, Text: plugin,
	})
}

// pool states a pod range of a plugin.
func (r *pluginReader) pool(plugin, key string, n *source.Node) {
	text := strings.TrimSpace(n.Str())
	if text == "" {
		return
	}
	s := fact.Statement{Component: fact.Component(plugin), Pos: n.Pos, Role: fact.RolePods, Key: key, Text: text}
	for t := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' || c == ' ' }) {
		p, err := cidr.ParseLenient(t)
		if err != nil {
			s.Prefixes, s.Err = nil, err
			break
		}
		s.Prefixes = append(s.Prefixes, p)
	}
	r.out = append(r.out, s)
}

func (r *pluginReader) document(n *source.Node) {
	if n == nil || n.Kind != source.Mapping {
		return
	}
	if items := n.Get("items"); items != nil && items.Kind == source.Sequence {
		for _, it := range items.Items {
			r.document(it)
		}
		return
	}
	kind := n.Get("kind").Str()
	group, _, _ := strings.Cut(n.Get("apiVersion").Str(), "/")
	switch {
	case kind == "DaemonSet" || kind == "Deployment":
		r.workload(n)
	case kind == "IPPool" && strings.HasSuffix(group, "projectcalico.org"):
		if n.Get("spec", "disabled").Str() == "true" {
			return
		}
		r.uses("calico", kind, n.Get("kind").Pos)
		r.pool("calico", "IPPool "+n.Get("metadata", "name").Str(), n.Get("spec", "cidr"))
	case kind == "Installation" && group == "operator.tigera.io":
		r.uses("calico", kind, n.Get("kind").Pos)
		if pools := n.Get("spec", "calicoNetwork", "ipPools"); pools != nil {
			for _, p := range pools.Items {
				r.pool("calico", "Installation ipPools", p.Get("cidr"))
			}
		}
	case kind == "ConfigMap" && n.Get("metadata", "name").Str() == "cilium-config":
		data := n.Get("data")
		if data.Get("ipam").Str() == "kubernetes" {
			return // takes podCIDRs from Node objects
		}
		r.uses("cilium", "cilium-config", n.Get("metadata", "name").Pos)
		for _, key := range []string{"cluster-pool-ipv4-cidr", "cluster-pool-ipv6-cidr"} {
			r.pool("cilium", "cilium-config "+key, data.Get(key))
		}
	case kind == "" && (n.Get("cniVersion") != nil || n.Get("plugins") != nil):
		r.cniConfig(n)
	}
}

// workload looks at the images of a DaemonSet or Deployment. A pod that runs flannel as well is canal, whose addresses are flannel's.
func (r *pluginReader) workload(n *source.Node) {
	containers := n.Get("spec", "template", "spec", "containers")
	if containers == nil {
		return
	}
	for _, c := range containers.Items {
		if strings.Contains(strings.ToLower(c.Get("image").Str()), "flannel") {
			return
		}
	}
	for _, c := range containers.Items {
		image := c.Get("image")
		plugin := pluginNamed(image.Str())
		if plugin == "" || strings.Contains(image.Str(), "kube-controllers") || strings.Contains(image.Str(), "typha") {
			continue
		}
		r.uses(plugin, "image", image.Pos)
		env := c.Get("env")
		if env == nil {
			continue
		}
		for _, e := range env.Items {
			switch key := e.Get("name").Str(); key {
			case "CALICO_IPV4POOL_CIDR", "CALICO_IPV6POOL_CIDR":
				r.pool("calico", key, e.Get("value"))
			}
		}
	}
}

// cniConfig looks at a configuration of /etc/cni/net.d. One that has host-local use the podCIDR depends on it after all.
func (r *pluginReader) cniConfig(n *source.Node) {
	plugins := []*source.Node{n}
	if list := n.Get("plugins"); list != nil {
		plugins = list.Items
	}
	for _, p := range plugins {
		if p.Get("ipam", "type").Str() == "host-local" {
			return
		}
		r.uses(pluginNamed(p.Get("type").Str()), "type", p.Get("type").Value().Pos)
	}
}
