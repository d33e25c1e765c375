package kubeadm

import (
	"cmp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Config is what kubeadm's configuration says about address ranges: a file with one or several documents, the
// kubeadm-config ConfigMap, or the flags of a command line ([Command.Config]). The zero value is that of a file without
// a kubeadm document.
type Config struct {
	Documents []Document // every document of kubeadm's, kubelet's and kube-proxy's API groups, in file order
	Cluster   ClusterConfiguration
	Init      InitConfiguration
	Join      JoinConfiguration
	Endpoints []Endpoint // of ClusterStatus, in the ConfigMap up to 1.21

	// ProxyClusterCIDR and KubeletClusterDNS are what documents of kube-proxy and kubelet in the same file set: kubeadm
	// keeps them instead of its own values.
	ProxyClusterCIDR  fact.Value[string]
	KubeletClusterDNS []fact.Value[string]

	// Problems holds what is wrong with the file itself: keys that kubeadm does not read, structure that it refuses.
	Problems []fact.Finding
}

// A Document is one document of a configuration file. The zero value names no kind.
type Document struct {
	APIVersion fact.Value[string] // "kubeadm.k8s.io/v1beta4"
	Kind       fact.Value[string] // "ClusterConfiguration"
	Pos        fact.Position
}

// A ClusterConfiguration holds the settings of the whole cluster, also those of MasterConfiguration before v1alpha3.
// The zero value is that of a file without one.
type ClusterConfiguration struct {
	Pos                   fact.Position // of the document; not valid where the file has none
	APIVersion            string        // "v1beta4"; "" for a command line
	KubernetesVersion     fact.Value[string]
	ControlPlaneEndpoint  fact.Value[string]
	Networking            fact.Position // of the networking mapping; not valid where there is none
	PodSubnet             fact.Value[string]
	ServiceSubnet         fact.Value[string]
	DNSDomain             fact.Value[string]
	IPv6DualStack         fact.Value[string] // featureGates.IPv6DualStack, "true" or "false"
	ControllerManagerArgs []ExtraArg
	APIServerArgs         []ExtraArg
}

// An InitConfiguration holds the settings of the host on which `kubeadm init` runs. The zero value is that of a file
// without one.
type InitConfiguration struct {
	Pos              fact.Position
	APIVersion       string
	NodeName         fact.Value[string]
	AdvertiseAddress fact.Value[string]
	KubeletExtraArgs []ExtraArg
}

// A JoinConfiguration holds the settings of a host that joins. The zero value is that of a file without one.
type JoinConfiguration struct {
	Pos               fact.Position
	APIVersion        string
	NodeName          fact.Value[string]
	ControlPlane      bool // it becomes a control-plane host
	AdvertiseAddress  fact.Value[string]
	APIServerEndpoint fact.Value[string]
	KubeletExtraArgs  []ExtraArg
}

// An ExtraArg is one entry of extraArgs, from a map or a list, in file order. The zero value has neither name nor
// value; kubeadm refuses such an entry since 1.29.
type ExtraArg struct {
	Name        fact.Value[string]
	Value       fact.Value[string]
	MergeMethod string // v1: "append", "prepend" or "" for replace
}

// An Endpoint is a control-plane host's entry in ClusterStatus. The zero value has neither host nor address.
type Endpoint struct {
	Node             string
	AdvertiseAddress fact.Value[string]
}

// Version returns the release that the configuration names, the zero Version where it names none or a label such as
// "stable-1".
func (c Config) Version() fact.Version {
	v, err := fact.ParseVersion(c.Cluster.KubernetesVersion.V)
	if err != nil {
		return fact.Version{}
	}
	return v
}

// IsZero reports whether nothing was found that bears on kubeadm.
func (c Config) IsZero() bool {
	return len(c.Documents) == 0 && !c.Cluster.Pos.IsValid() && !c.Init.Pos.IsValid() && !c.Join.Pos.IsValid() && len(c.Endpoints) == 0 && len(c.Problems) == 0
}

// String returns the ranges in one line: "podSubnet 10.244.0.0/16, serviceSubnet 10.96.0.0/12". What is not written is
// not there.
func (c Config) String() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("podSubnet", c.Cluster.PodSubnet.V)
	add("serviceSubnet", c.Cluster.ServiceSubnet.V)
	for _, a := range c.Cluster.ControllerManagerArgs {
		if isAddressFlag(a.Name.V) {
			add(a.Name.V, a.Value.V)
		}
	}
	add("advertiseAddress", cmp.Or(c.Init.AdvertiseAddress.V, c.Join.AdvertiseAddress.V))
	if len(parts) == 0 {
		return "no ranges"
	}
	return strings.Join(parts, ", ")
}

// ParseConfig reads kubeadm's configuration in any of its API versions, v1alpha1 to v1: a file of one or several
// documents, or the kubeadm-config ConfigMap, also as `kubectl get -o yaml|json` prints it and inside a list. Documents
// of other groups that kubeadm takes in the same file, KubeletConfiguration and KubeProxyConfiguration, are listed in
// Documents; of them only what [Config.Generate] needs is kept.
//
// What kubeadm refuses is not refused here: it is read as far as it goes, and said in Problems and by
// [Config.Refusals].
// The error is that of text which is no YAML; what stood before it is returned with it.
func ParseConfig(name string, data []byte) (Config, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return Config{}, err
	}
	return readConfig(f)
}

func readConfig(f *source.File) (Config, error) {
	docs, err := f.YAML()
	var c Config
	c.read(objects(docs), false)
	c.findProblems(f, docs)
	return c, err
}

// read takes what the objects say; embedded tells that they stand in a ConfigMap.
func (c *Config) read(objs []*source.Node, embedded bool) {
	for _, o := range objs {
		kind, api := o.Get("kind"), o.Get("apiVersion")
		if !embedded && kind.Str() == "ConfigMap" {
			c.readConfigMap(o)
			continue
		}
		group, version, _ := strings.Cut(api.Str(), "/")
		switch {
		case group == "kubelet.config.k8s.io", group == "kubeproxy.config.k8s.io":
		case ofKubeadm(kind.Str(), api.Str()):
		case looksLikeKubeadm(o):
			// So were both, or this is a part of a file.
			if !c.Cluster.Pos.IsValid() {
				c.Cluster = readCluster(whole(o), "")
			}
			if !c.Init.Pos.IsValid() && o.Get("localAPIEndpoint") != nil {
				c.Init = readInit(o, "")
			}
			continue
		default:
			continue
		}
		c.Documents = append(c.Documents, Document{APIVersion: api.Value(), Kind: kind.Value(), Pos: o.Pos})
		switch group {
		case "kubelet.config.k8s.io":
			if dns := o.Get("clusterDNS"); dns != nil {
				for _, it := range dns.Items {
					c.KubeletClusterDNS = append(c.KubeletClusterDNS, it.Value())
				}
			}
			continue
		case "kubeproxy.config.k8s.io":
			c.ProxyClusterCIDR = o.Get("clusterCIDR").Value()
			continue
		}
		switch kind.Str() {
		case "ClusterConfiguration":
			if !c.Cluster.Pos.IsValid() {
				c.Cluster = readCluster(o, version)
			}
		case "MasterConfiguration": // v1alpha1 and v1alpha2: both in one
			if !c.Cluster.Pos.IsValid() {
				c.Cluster = readCluster(o, version)
				c.Init = readInit(o, version)
			}
		case "InitConfiguration":
			if !c.Init.Pos.IsValid() {
				c.Init = readInit(o, version)
			}
		case "JoinConfiguration", "NodeConfiguration":
			if !c.Join.Pos.IsValid() {
				c.Join = readJoin(o, version)
			}
		case "ClusterStatus":
			c.readStatus(o)
		}
	}
}

// readConfigMap reads the keys of kubeadm-config.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/constants/constants.go ClusterConfigurationConfigMapKey;
// v1.21 ClusterStatusConfigMapKey; v1.11 MasterConfigurationConfigMapKey.
func (c *Config) readConfigMap(o *source.Node) {
	for _, key := range []string{"ClusterConfiguration", "MasterConfiguration", "InitConfiguration", "ClusterStatus"} {
		n := o.Get("data", key)
		if n == nil || n.Kind != source.String {
			continue
		}
		docs, err := n.File().YAML()
		if err != nil {
			c.say(refusedConfig(n.Pos, key+" of the ConfigMap cannot be read: "+err.Error()))
		}
		c.read(objects(docs), true)
	}
}

// kubeadmGroup is the API group of kubeadm's configuration.
const kubeadmGroup = "kubeadm.k8s.io"

// ofKubeadm reports whether a document is meant for kubeadm by its kind and apiVersion. One of kubeadm's kinds whose
// group was forgotten, or misspelt as in kubeadm.k8.io, is: kubeadm refuses the file, and what was meant is plain. The
// ClusterConfiguration of another project is not.
func ofKubeadm(kind, api string) bool {
	group, _, ok := strings.Cut(api, "/")
	return group == kubeadmGroup || isKubeadmKind(kind) && (!ok || group == "" || misspeltGroup(group))
}

// misspeltGroup reports whether group is nearly kubeadm's.
func misspeltGroup(group string) bool {
	return group != kubeadmGroup && suggest.Within(group, []string{kubeadmGroup}, 4) != ""
}

// isKubeadmKind reports whether kind is one of kubeadm's.
func isKubeadmKind(kind string) bool {
	switch kind {
	case "ClusterConfiguration", "InitConfiguration", "JoinConfiguration", "MasterConfiguration", "NodeConfiguration",
		"ClusterStatus", "ResetConfiguration", "UpgradeConfiguration":
		return true
	}
	return false
}

func readCluster(o *source.Node, version string) ClusterConfiguration {
	net := o.Get("networking")
	c := ClusterConfiguration{
		Pos:                  o.Pos,
		APIVersion:           version,
		KubernetesVersion:    o.Get("kubernetesVersion").Value(),
		ControlPlaneEndpoint: o.Get("controlPlaneEndpoint").Value(),
		PodSubnet:            listValue(net.Get("podSubnet")),
		ServiceSubnet:        listValue(net.Get("serviceSubnet")),
		DNSDomain:            net.Get("dnsDomain").Value(),
		IPv6DualStack:        o.Get("featureGates", "IPv6DualStack").Value(),
	}
	if net != nil {
		c.Networking = net.Pos
	}
	switch version {
	case "v1alpha1", "v1alpha2", "v1alpha3":
		c.ControllerManagerArgs = readArgs(o.Get("controllerManagerExtraArgs"))
		c.APIServerArgs = readArgs(o.Get("apiServerExtraArgs"))
	default:
		c.ControllerManagerArgs = readArgs(o.Get("controllerManager", "extraArgs"))
		c.APIServerArgs = readArgs(o.Get("apiServer", "extraArgs"))
	}
	return c
}

// listValue returns the text of a scalar. A list, which kubeadm refuses there, is read as what it was meant to be: its
// items with commas between them.
func listValue(n *source.Node) fact.Value[string] {
	if n == nil || n.Kind != source.Sequence {
		return n.Value()
	}
	items := make([]string, len(n.Items))
	for i, it := range n.Items {
		items[i] = it.Str()
	}
	text := strings.Join(items, ",")
	return fact.Value[string]{V: text, Text: text, Pos: n.Pos}
}

func readInit(o *source.Node, version string) InitConfiguration {
	c := InitConfiguration{
		Pos:              o.Pos,
		APIVersion:       version,
		NodeName:         o.Get("nodeRegistration", "name").Value(),
		AdvertiseAddress: o.Get("localAPIEndpoint", "advertiseAddress").Value(),
		KubeletExtraArgs: readArgs(o.Get("nodeRegistration", "kubeletExtraArgs")),
	}
	switch version {
	case "v1alpha1", "v1alpha2":
		c.AdvertiseAddress = o.Get("api", "advertiseAddress").Value()
		if n := o.Get("nodeName"); n != nil {
			c.NodeName = n.Value()
		}
	case "v1alpha3":
		c.AdvertiseAddress = o.Get("apiEndpoint", "advertiseAddress").Value()
	}
	return c
}

func readJoin(o *source.Node, version string) JoinConfiguration {
	c := JoinConfiguration{
		Pos:               o.Pos,
		APIVersion:        version,
		NodeName:          o.Get("nodeRegistration", "name").Value(),
		APIServerEndpoint: o.Get("discovery", "bootstrapToken", "apiServerEndpoint").Value(),
		KubeletExtraArgs:  readArgs(o.Get("nodeRegistration", "kubeletExtraArgs")),
	}
	if cp := o.Get("controlPlane"); cp != nil && cp.Kind == source.Mapping {
		c.ControlPlane = true
		c.AdvertiseAddress = cp.Get("localAPIEndpoint", "advertiseAddress").Value()
	}
	if version == "v1alpha3" {
		cp := o.Get("controlPlane")
		c.ControlPlane = cp.Str() == "true"
		c.AdvertiseAddress = o.Get("apiEndpoint", "advertiseAddress").Value()
	}
	return c
}

// readArgs reads extraArgs in either of its shapes.
func readArgs(n *source.Node) []ExtraArg {
	if n == nil {
		return nil
	}
	var out []ExtraArg
	switch n.Kind {
	case source.Mapping:
		last := map[string]int{} // of equal keys a map keeps the last
		for i, e := range n.Entries {
			last[e.Key] = i
		}
		for i, e := range n.Entries {
			if last[e.Key] != i {
				continue
			}
			out = append(out, ExtraArg{Name: fact.Value[string]{V: e.Key, Text: e.Key, Pos: e.KeyPos}, Value: e.Value.Value()})
		}
	case source.Sequence:
		for _, it := range n.Items {
			if it == nil || it.Kind != source.Mapping && it.Kind != source.Null {
				continue
			}
			out = append(out, ExtraArg{Name: it.Get("name").Value(), Value: it.Get("value").Value(), MergeMethod: it.Get("mergeMethod").Str()})
		}
	}
	return out
}

func (c *Config) readStatus(o *source.Node) {
	eps := o.Get("apiEndpoints")
	if eps == nil {
		return
	}
	for _, e := range eps.Entries {
		c.Endpoints = append(c.Endpoints, Endpoint{Node: e.Key, AdvertiseAddress: e.Value.Get("advertiseAddress").Value()})
	}
}
