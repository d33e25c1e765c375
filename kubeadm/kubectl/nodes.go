package kubectl

import (
	"io"
	"iter"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Node is what a Node object says about addresses. Values that the object does not hold are zero. The zero value is a
// node of which nothing is known, not even its name.
type Node struct {
	Name fact.Value[string]
	// Spec is the place of spec, or of the object where it has none: where a missing podCIDR would stand. It is not
	// valid for a node of which the source does not show podCIDRs; that it has none is not said then.
	Spec    fact.Position
	Created fact.Value[string] // metadata.creationTimestamp, in RFC 3339 form: the texts sort as the times do

	Age fact.Value[time.Duration] // of a table, rounded as kubectl does; 1 second or more

	// PodCIDR and PodCIDRs are spec.podCIDR and spec.podCIDRs as they are written, host bits included; V is the zero
	// Prefix where the text is no CIDR. [Node.Subnets] says which of them count.
	PodCIDR  fact.Value[netip.Prefix]
	PodCIDRs []fact.Value[netip.Prefix]

	Addresses []NodeAddress // status.addresses, in order

	KubeletVersion fact.Value[string] // status.nodeInfo.kubeletVersion
	MaxPods        fact.Value[int]    // status.allocatable.pods, else status.capacity.pods
	ControlPlane   bool               // by its label or taint
	// Ready and NetworkUnavailable are status.conditions of that type.
	Ready, NetworkUnavailable Condition
	// Annotations are those that bear on addresses: of flannel, and of other network plugins; in the order of the
	// object.
	Annotations []Annotation
}

// A NodeAddress is one of status.addresses. The zero value is no address.
type NodeAddress struct {
	Type string                 // "InternalIP", "ExternalIP", "Hostname", "InternalDNS" or "ExternalDNS"
	Addr fact.Value[netip.Addr] // V is the zero Addr where the text is a name
}

// A Condition is one of status.conditions. The zero Condition is one that the object does not hold.
type Condition struct {
	Status  string // "True", "False" or "Unknown"
	Reason  string
	Message string
	Pos     fact.Position
}

// An Annotation is one of metadata.annotations. The zero value has neither key nor value.
type Annotation struct {
	Key   string
	Value fact.Value[string]
}

// String returns the node in one line: "worker-1 10.244.1.0/24 (192.168.0.11)".
func (n Node) String() string {
	var b strings.Builder
	b.WriteString(n.Name.Text)
	subnets, _ := n.Subnets()
	if len(subnets) == 0 && n.Spec.IsValid() {
		b.WriteString(" without podCIDR")
	}
	for _, s := range subnets {
		b.WriteString(" " + s.Text)
	}
	sep := " ("
	for _, a := range n.Addresses {
		if a.Type == "InternalIP" {
			b.WriteString(sep + a.Addr.Text)
			sep = ", "
		}
	}
	if sep == ", " {
		b.WriteString(")")
	}
	return b.String()
}

// Subnets returns the pod subnets that count, primary first, none where the node holds none, and those that are written
// but do not count.
//
// The API server fills in the one of podCIDR and podCIDRs that is missing. If both are there and podCIDR is not the
// first of podCIDRs, podCIDR alone counts: k8s.io/kubernetes v1.37.2 pkg/apis/core/v1/conversion.go
// Convert_v1_NodeSpec_To_core_NodeSpec. kubectl shows what the API server holds, where both always agree.
func (n Node) Subnets() (subnets, ignored []fact.Value[netip.Prefix]) {
	switch {
	case n.PodCIDR.Text == "":
		return n.PodCIDRs, nil
	case len(n.PodCIDRs) == 0:
		return []fact.Value[netip.Prefix]{n.PodCIDR}, nil
	case n.PodCIDRs[0].Text != n.PodCIDR.Text:
		return []fact.Value[netip.Prefix]{n.PodCIDR}, n.PodCIDRs
	}
	return n.PodCIDRs, nil
}

// InternalIPs returns the addresses of type InternalIP, in order.
func (n Node) InternalIPs() []netip.Addr {
	var as []netip.Addr
	for _, a := range n.Addresses {
		if a.Type == "InternalIP" && a.Addr.V.IsValid() {
			as = append(as, a.Addr.V)
		}
	}
	return as
}

// annotation returns the annotation of that key, the zero Value where there is none.
func (n Node) annotation(key string) fact.Value[string] {
	for _, a := range n.Annotations {
		if a.Key == key {
			return a.Value
		}
	}
	return fact.Value[string]{}
}

// plugins tells network plugins by what they leave on a Node: a prefix of the key of an annotation, or the reason of
// the condition NetworkUnavailable. Earlier rows win: canal is flannel with calico's policies.
var plugins = []struct{ prefix, reason, name string }{
	{"flannel.alpha.coreos.com/", "FlannelIsUp", "flannel"}, // flannel pkg/subnet/kube annotations.go
	{"network.cilium.io/", "CiliumIsUp", "cilium"},          // cilium pkg/annotation
	{"io.cilium.network.", "", "cilium"},                    // the same, before 1.13
	{"projectcalico.org/", "CalicoIsUp", "calico"},          // calico node/pkg/lifecycle
	{"k8s.ovn.org/", "", "ovn-kubernetes"},                  // ovn-kubernetes go-controller/pkg/util
	{"ovn.kubernetes.io/", "", "kube-ovn"},                  // kube-ovn pkg/util
	{"node.antrea.io/", "", "antrea"},                       // antrea pkg/agent/types/annotations.go
	{"kube-router.io/", "", "kube-router"},                  // kube-router pkg/controllers/routing
	{"", "WeaveIsUp", "weave"},                              // weave prog/kube-utils
	{"", "RouteCreated", "routes"},                          // the route controller of a cloud
	{"networking.gke.io/", "", "gke"},                       // GKE
	{"vpc.amazonaws.com/", "", "aws-vpc-cni"},               // amazon-vpc-cni-k8s
	{"kubernetes.azure.com/azure-cni", "", "azure-cni"},     // azure-container-networking
	{"alpha.kubernetes.io/romana", "", "romana"},            // romana
	{"submariner.io/", "", ""},                              // of interest, but no plugin of its own
	{"k3s.io/", "", ""},                                     // k3s: internal-ip, external-ip
	{"alpha.kubernetes.io/provided-node-ip", "", ""},        // kubelet --node-ip
	{"rke.cattle.io/internal-ip", "", ""},                   // RKE
	{"kubeadm.kubernetes.io/", "", ""},                      // kubeadm
	{"csi.tigera.io/", "", "calico"},                        // calico by its operator
	{"kilo.squat.ai/", "", "kilo"},                          // kilo
	{"weave.works/", "", "weave"},                           // weave
	{"lbipam.cilium.io/", "", "cilium"},                     // cilium
	{"multus", "", ""},                                      // beside another plugin
}

// CNI returns the name of the network plugin that left its marks on the node, "" where none did: "flannel", "calico",
// "cilium" and so on.
func (n Node) CNI() string {
	name, _ := n.cni()
	return name
}

func (n Node) cni() (string, fact.Position) {
	for _, p := range plugins {
		if p.name == "" {
			continue
		}
		if p.prefix != "" {
			for _, a := range n.Annotations {
				if strings.HasPrefix(a.Key, p.prefix) {
					return p.name, a.Value.Pos
				}
			}
		}
		if p.reason != "" && n.NetworkUnavailable.Reason == p.reason {
			return p.name, n.NetworkUnavailable.Pos
		}
	}
	return "", fact.Position{}
}

func keepsAnnotation(key []byte) bool {
	for _, p := range plugins {
		if p.prefix != "" && len(key) >= len(p.prefix) && string(key[:len(p.prefix)]) == p.prefix {
			return true
		}
	}
	return string(key) == "k3s.io/node-args" || string(key) == "rke2.io/node-args"
}

// Nodes returns the Nodes in r, in their order: a List or NodeList as kubectl get nodes writes it with -o json or -o
// yaml, a single Node, Nodes among other objects, several documents. What is no Node is passed over, and so are lines
// above the text, such as a prompt with the command. name is the file in the positions.
//
// JSON is streamed, and so is YAML above 8 MiB that is a list as kubectl writes it: memory does not grow with r, and a
// Node is yielded once it is read. If the text is cut off or wrong, the Nodes before the fault are yielded first, then
// once a zero Node with the error, which says where and ends the sequence. The sequence reads r, so it can be ranged
// over once.
func Nodes(name string, r io.Reader) iter.Seq2[Node, error] {
	return func(yield func(Node, error) bool) {
		err := readObjects(name, r, func(o *object) error {
			if o.kind == "Node" && !yield(o.node, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(Node{}, err)
		}
	}
}

// ReadNodes returns the Nodes in r, as [Nodes] yields them; more than 100,000 are an error. Nodes that stand before an
// error are returned with it.
func ReadNodes(name string, r io.Reader) ([]Node, error) {
	var nodes []Node
	for n, err := range Nodes(name, r) {
		if err != nil {
			return nodes, err
		}
		if len(nodes) == mostObjects {
			return nodes, tooMany(n.Name.Pos)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// NodeStatements returns what the nodes state: the subnets and addresses of each, and the settings of all. A setting
// that is the same on all nodes is stated once, without a host; so is each network plugin.
func NodeStatements(nodes []Node) []fact.Statement {
	out := make([]fact.Statement, 0, 2*len(nodes))
	settings := settingCounts{}
	var own []fact.Statement // of one node at a time: 15,000 nodes have 60,000 that say the same
	for _, n := range nodes {
		out = n.appendServer(n.appendRanges(out))
		own = n.appendSettings(own[:0])
		settings.count(own)
	}
	for _, n := range nodes {
		own = n.appendSettings(own[:0])
		out = settings.append(out, own, len(nodes))
	}
	return out
}

// Statements returns what the node states.
func (n Node) Statements() []fact.Statement {
	return n.appendSettings(n.appendServer(n.appendRanges(nil)))
}

// settingCounts tells which settings all hosts have alike.
type settingCounts map[settingKey]*settingCount

type settingKey struct {
	component fact.Component
	setting   fact.Setting
	key       string
}

type settingCount struct {
	text   string // what the first says
	n      int    // how many say the same
	stated map[string]bool
}

func (c settingCounts) count(settings []fact.Statement) {
	for _, s := range settings {
		k := settingKey{s.Component, s.Setting, s.Key}
		if c[k] == nil {
			c[k] = &settingCount{text: s.Text, stated: map[string]bool{}}
		}
		if c[k].text == s.Text {
			c[k].n++
		}
	}
}

// append appends what one host says, without host and once where all hosts say it, or where it is a network plugin:
// that is of the cluster, and two show that the one is left over.
func (c settingCounts) append(out, settings []fact.Statement, hosts int) []fact.Statement {
	for _, s := range settings {
		k := c[settingKey{s.Component, s.Setting, s.Key}]
		if s.Setting == fact.SettingCNI || k.n == hosts && hosts > 1 {
			if k.stated[s.Text] {
				continue
			}
			k.stated[s.Text] = true
			s.Host = ""
		}
		out = append(out, s)
	}
	return out
}

func (n Node) appendRanges(out []fact.Statement) []fact.Statement {
	host := n.Name.V
	subnets, ignored := n.Subnets()
	if len(subnets) == 0 && n.Spec.IsValid() {
		out = append(out, fact.Statement{Component: fact.Node, Host: host, Pos: n.Spec, Role: fact.RoleNodePods, Key: "spec.podCIDR"})
	} else if len(subnets) > 0 {
		out = append(out, subnetStatement(host, subnets))
	}
	if len(ignored) > 0 {
		s := subnetStatement(host, ignored)
		s.Key, s.Overridden = "spec.podCIDRs", true
		out = append(out, s)
	}
	for _, a := range n.Addresses {
		if a.Type != "InternalIP" && a.Type != "ExternalIP" {
			continue
		}
		out = append(out, scalar.AddrStatement(fact.Node, host, a.Type, a.Addr))
	}
	for _, suffix := range []string{"public-ip", "public-ipv6", "public-ip-overwrite", "public-ipv6-overwrite"} {
		v := n.annotation("flannel.alpha.coreos.com/" + suffix)
		if !v.IsSet() || slices.ContainsFunc(n.Addresses, func(a NodeAddress) bool { return a.Addr.Text == v.Text }) {
			continue
		}
		if a := scalar.Addr(v); !a.V.IsUnspecified() { // IPv6-only host-gw writes 0.0.0.0
			out = append(out, scalar.AddrStatement(fact.Flannel, host, "flannel.alpha.coreos.com/"+suffix, a))
		}
	}
	return out
}

// subnetStatement states the podCIDRs of a node.
func subnetStatement(host string, subnets []fact.Value[netip.Prefix]) fact.Statement {
	s := fact.Statement{Component: fact.Node, Host: host, Pos: subnets[0].Pos, Role: fact.RoleNodePods, Key: "spec.podCIDR", Text: subnets[0].Text}
	if len(subnets) > 1 {
		s.Key = "spec.podCIDRs"
		s.PrefixPos = make([]fact.Position, 0, len(subnets))
	}
	s.Prefixes = make([]netip.Prefix, 0, len(subnets))
	for i, v := range subnets {
		if i > 0 {
			s.Text += "," + v.Text
		}
		if !v.V.IsValid() {
			_, s.Err = cidr.ParseLenient(v.Text)
			s.Pos, s.Prefixes, s.PrefixPos = v.Pos, nil, nil
			for _, v := range subnets[i+1:] {
				s.Text += "," + v.Text
			}
			return s
		}
		s.Prefixes = append(s.Prefixes, v.V)
		if len(subnets) > 1 {
			s.PrefixPos = append(s.PrefixPos, v.Pos)
		}
	}
	return s
}

func (n Node) appendSettings(out []fact.Statement) []fact.Statement {
	setting := func(c fact.Component, set fact.Setting, key, text string, pos fact.Position) *fact.Statement {
		out = append(out, fact.Statement{Component: c, Host: n.Name.V, Pos: pos, Role: fact.RoleSetting, Setting: set, Key: key, Text: text})
		return &out[len(out)-1]
	}
	if v := n.MaxPods; v.IsSet() {
		setting(fact.Kubelet, fact.SettingMaxPods, "status.allocatable.pods", v.Text, v.Pos).Int = v.V
	}
	if v := n.KubeletVersion; v.IsSet() {
		setting(fact.Kubelet, fact.SettingVersion, "status.nodeInfo.kubeletVersion", v.Text, v.Pos)
	}
	if n.ControlPlane {
		setting(fact.Node, fact.SettingControlPlane, "metadata.labels", "true", n.Name.Pos).Bool = true
	}
	if v := n.Created; v.IsSet() {
		setting(fact.Node, fact.SettingCreated, "metadata.creationTimestamp", v.Text, v.Pos)
	} else if v := n.Age; v.IsSet() && v.V > 0 {
		setting(fact.Node, fact.SettingCreated, "AGE", v.Text, v.Pos).Int = int(v.V / time.Second)
	}
	if name, pos := n.cni(); name != "" {
		setting(fact.Node, fact.SettingCNI, "metadata.annotations", name, pos)
	}
	const flannel = "flannel.alpha.coreos.com/"
	if v := n.annotation(flannel + "backend-type"); v.IsSet() {
		setting(fact.Flannel, fact.SettingBackend, flannel+"backend-type", strings.ToLower(v.Text), v.Pos)
	}
	if v := n.annotation(flannel + "kube-subnet-manager"); v.IsSet() {
		setting(fact.Flannel, fact.SettingKubeSubnetMgr, flannel+"kube-subnet-manager", v.Text, v.Pos).Bool = v.Text == "true"
	}
	return out
}

// podCount reads a number of pods of capacity or allocatable: a quantity, in which 2000 is written as "2k".
// k8s.io/apimachinery v0.37.2 pkg/api/resource/quantity.go Quantity.String.
func podCount(v fact.Value[string]) (fact.Value[int], bool) {
	digits, thousands := strings.CutSuffix(v.Text, "k")
	m, ok := scalar.Count(fact.Value[string]{Text: digits})
	m.Text, m.Pos = v.Text, v.Pos
	if thousands {
		ok = ok && m.V <= math.MaxInt32/1000
		m.V *= 1000
	}
	return m, ok
}

// nodeField reads spec or status of a Node.
func (d *decoder) nodeField(c cursor, o *object, key []byte) error {
	n := &o.node
	if string(key) == "spec" {
		n.Spec = c.pos()
		return c.object(func(key []byte) error {
			var v fact.Value[string]
			switch string(key) {
			case "podCIDR":
				err := value(c, &v)
				if v.Text != "" {
					n.PodCIDR = scalar.Prefix(v)
				}
				return err
			case "podCIDRs":
				n.PodCIDRs = nil
				return c.array(func() error {
					var v fact.Value[string]
					err := value(c, &v)
					switch {
					case v.Text == "" || len(n.PodCIDRs) >= 64: // at most two are legal
					case v.Text == n.PodCIDR.Text:
						n.PodCIDRs = append(n.PodCIDRs, fact.Value[netip.Prefix]{V: n.PodCIDR.V, Text: n.PodCIDR.Text, Pos: v.Pos})
					default:
						n.PodCIDRs = append(n.PodCIDRs, scalar.Prefix(v))
					}
					return err
				})
			case "taints":
				return c.array(func() error {
					return c.object(func(key []byte) error {
						if string(key) != "key" {
							return nil
						}
						var v fact.Value[string]
						err := value(c, &v)
						if v.V == "node-role.kubernetes.io/control-plane" || v.V == "node-role.kubernetes.io/master" {
							n.ControlPlane = true
						}
						return err
					})
				})
			}
			return nil
		})
	}
	return c.object(func(key []byte) error {
		switch string(key) {
		case "addresses":
			return c.array(func() error {
				var typ string
				var v fact.Value[string]
				err := c.object(func(key []byte) error {
					switch string(key) {
					case "type":
						return d.text(c, &typ)
					case "address":
						return value(c, &v)
					}
					return nil
				})
				if v.IsSet() && len(n.Addresses) < 256 {
					n.Addresses = append(n.Addresses, NodeAddress{typ, scalar.Addr(v)})
				}
				return err
			})
		case "capacity", "allocatable":
			allocatable := key[0] == 'a'
			return c.object(func(key []byte) error {
				if string(key) != "pods" {
					return nil
				}
				var v fact.Value[string]
				err := d.shared(c, &v)
				if m, ok := podCount(v); ok && (allocatable || !n.MaxPods.IsSet()) {
					n.MaxPods = m
				}
				return err
			})
		case "nodeInfo":
			return c.object(func(key []byte) error {
				if string(key) == "kubeletVersion" {
					return d.shared(c, &n.KubeletVersion)
				}
				return nil
			})
		case "conditions":
			return c.array(func() error {
				typ, cond, err := d.condition(c)
				switch typ {
				case "Ready":
					n.Ready = cond
				case "NetworkUnavailable":
					n.NetworkUnavailable = cond
				}
				return err
			})
		}
		return nil
	})
}
