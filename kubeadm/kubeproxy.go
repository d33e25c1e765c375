package kubeadm

import (
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A KubeProxy is what kube-proxy is told about the pod range, by its configuration or by flags. Values that are not
// written are zero. The zero value sets nothing.
type KubeProxy struct {
	Pos         fact.Position // of the configuration, or of the program in a command
	Flags       bool          // it is told by flags, not by a configuration file
	ConfigFile  fact.Value[string]
	Host        fact.Value[string] // hostnameOverride, where it is set: the node that this is for
	ClusterCIDR fact.Value[string] // clusterCIDR or --cluster-cidr, one range or two with a comma
	DetectLocal fact.Value[string] // detectLocalMode or --detect-local-mode
	Mode        fact.Value[string] // mode or --proxy-mode
	Image       fact.Value[string] // of the container, where there is one
}

// String returns the settings in one line: "clusterCIDR 10.244.0.0/16, detectLocalMode ClusterCIDR".
func (p KubeProxy) String() string {
	s := "no clusterCIDR"
	if p.ClusterCIDR.V != "" {
		s = "clusterCIDR " + p.ClusterCIDR.V
	}
	if p.DetectLocal.V != "" {
		s += ", detectLocalMode " + p.DetectLocal.V
	}
	return s
}

// prefixes returns the ranges of ClusterCIDR, none where it is empty. Two are separated by a comma, without a blank:
// k8s.io/kubernetes v1.37.2 pkg/proxy/apis/config/v1alpha1/conversion.go. Host bits are kept.
// The error says which of them cannot be read; there are no ranges then.
func (p KubeProxy) prefixes() ([]netip.Prefix, error) {
	return scalar.OptionalPrefixes(p.ClusterCIDR.V)
}

// ParseKubeProxy reads kube-proxy's configuration in any place: a KubeProxyConfiguration, alone or beside kubeadm's
// documents; the kube-proxy ConfigMap, whatever its key; the flags of a DaemonSet or Pod that runs kube-proxy; any of
// them in a list as kubectl writes it, or as kubectl describe prints the ConfigMap. Positions inside a ConfigMap point
// into the file itself.
//
// Anything else gives nothing and no error. The error is that of text which is no YAML; what stands before it is
// returned with it.
func ParseKubeProxy(name string, data []byte) ([]KubeProxy, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return nil, err
	}
	return readKubeProxies(f)
}

func readKubeProxies(f *source.File) ([]KubeProxy, error) {
	var out []KubeProxy
	err := eachObject(f, []string{"KubeProxyConfiguration", "kube-proxy"}, func(n *source.Node) {
		switch kind := n.Get("kind").Str(); kind {
		case "KubeProxyConfiguration":
			out = append(out, readKubeProxy(n))
		case "ConfigMap":
			eachEmbedded(n, "KubeProxyConfiguration", func(d *source.Node) { out = append(out, readKubeProxy(d)) })
		default:
			for _, c := range containers(n) {
				if p, ok := kubeProxyContainer(c); ok {
					out = append(out, p)
				}
			}
		}
	})
	return out, err
}

func readKubeProxy(n *source.Node) KubeProxy {
	return KubeProxy{
		Pos:         n.Pos,
		Host:        n.Get("hostnameOverride").Value(),
		ClusterCIDR: n.Get("clusterCIDR").Value(),
		DetectLocal: n.Get("detectLocalMode").Value(),
		Mode:        n.Get("mode").Value(),
	}
}

// kubeProxyContainer reads the flags of a container that runs kube-proxy.
func kubeProxyContainer(c *source.Node) (KubeProxy, bool) {
	args, pos, ok := programArgs(c, "kube-proxy")
	if !ok {
		return KubeProxy{}, false
	}
	f := parseFlags(args, kubeProxyFlags)
	return KubeProxy{
		Pos: pos, Flags: true, ConfigFile: f.last("config"), Host: f.last("hostname-override"), ClusterCIDR: f.last("cluster-cidr"),
		DetectLocal: f.last("detect-local-mode"), Mode: f.last("proxy-mode"), Image: c.Get("image").Value(),
	}, true
}

// Statements returns what kube-proxy is told: the pod range, empty where none is written, how it tells local traffic,
// its mode, and its release where an image's tag says it. With --config the flags about ranges have no effect
// (k8s.io/kubernetes v1.37.2 cmd/kube-proxy/app/options.go Options.Complete), so those are stated as overridden.
func (p KubeProxy) Statements() []fact.Statement {
	host := p.Host.V
	if strings.ContainsAny(host, "$({") { // $(NODE_NAME): every node has its own
		host = ""
	}
	clusterKey, modeKey := "clusterCIDR", "detectLocalMode"
	if p.Flags {
		clusterKey, modeKey = "--cluster-cidr", "--detect-local-mode"
	}
	overridden := p.ConfigFile.IsSet()
	var out []fact.Statement
	if s := (fact.Statement{Component: fact.KubeProxy, Host: host, Pos: p.ClusterCIDR.Pos, Role: fact.RolePods, Key: clusterKey, Text: p.ClusterCIDR.V, Overridden: overridden}); !overridden || s.Text != "" {
		if !s.Pos.IsValid() {
			s.Pos = p.Pos
		}
		s.Prefixes, s.Err = p.prefixes()
		out = append(out, s)
	}
	if p.DetectLocal.V != "" {
		out = append(out, fact.Statement{
			Component: fact.KubeProxy, Host: host, Pos: p.DetectLocal.Pos, Role: fact.RoleSetting, Setting: fact.SettingDetectLocal,
			Key: modeKey, Text: p.DetectLocal.V, Overridden: overridden,
		})
	}
	if p.Mode.V != "" {
		key := "mode"
		if p.Flags {
			key = "--proxy-mode"
		}
		out = append(out, fact.Statement{
			Component: fact.KubeProxy, Host: host, Pos: p.Mode.Pos, Role: fact.RoleSetting, Setting: fact.SettingProxyMode,
			Key: key, Text: p.Mode.V, Overridden: overridden,
		})
	}
	return appendImageVersion(out, fact.KubeProxy, host, p.Image)
}

// appendImageVersion states the release that the tag of an image names, if it names one.
func appendImageVersion(out []fact.Statement, c fact.Component, host string, image fact.Value[string]) []fact.Statement {
	v := imageVersion(image.V)
	if v.IsZero() {
		return out
	}
	return append(out, fact.Statement{Component: c, Host: host, Pos: image.Pos, Role: fact.RoleSetting, Setting: fact.SettingVersion, Key: "image", Text: v.String()})
}
