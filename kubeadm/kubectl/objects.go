package kubectl

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Objects is what the objects of a cluster say about addresses: of kubectl get with -o json or -o yaml ([ReadObjects]),
// or of its tables and kubectl describe ([ReadText]). The zero value holds no objects.
type Objects struct {
	Nodes        []Node
	Services     []Service
	ServiceCIDRs []ServiceCIDR
	IPAddresses  []IPAddress
	Events       []Event // that are in the catalogue of messages
	Pods         []Pod   // that do not run
	Addressed    []Pod   // that hold an address on a node, their States left out
	// CNI is the name of the network plugin whose pods were seen, with the place of the first of them; Text is its
	// namespace and name.
	CNI fact.Value[string]
	// Pages says of each list of Nodes that is a page of a longer one, as metadata.continue tells, how many Nodes there
	// are at the least; 0 where it does not say.
	Pages []fact.Value[int]
	// Kinds counts all objects by their kind, also those of kinds that are read elsewhere, such as ConfigMap, or
	// nowhere.
	// Objects without a kind count under "".
	Kinds map[string]int
}

// A Service is what a Service object says. The zero value is a Service without a name or an address.
type Service struct {
	Namespace  string
	Name       fact.Value[string]
	ClusterIPs []fact.Value[netip.Addr] // primary first; none for headless ones
}

// String returns "namespace/name address,address".
func (s Service) String() string {
	var ips []string
	for _, a := range s.ClusterIPs {
		ips = append(ips, a.Text)
	}
	return s.Namespace + "/" + s.Name.Text + " " + strings.Join(ips, ",")
}

// A ServiceCIDR is a range of service addresses as an object, Kubernetes 1.29 (alpha) and since 1.33. The zero value
// holds no range.
type ServiceCIDR struct {
	Name  fact.Value[string] // "kubernetes" is made from kube-apiserver's flag
	CIDRs []fact.Value[netip.Prefix]
	Ready Condition
}

// String returns "name range,range".
func (s ServiceCIDR) String() string {
	var cs []string
	for _, c := range s.CIDRs {
		cs = append(cs, c.Text)
	}
	return s.Name.Text + " " + strings.Join(cs, ",")
}

// An IPAddress is an address of a service range that is taken, as an object, Kubernetes 1.27 (alpha) and since 1.33.
// The zero value holds no address.
type IPAddress struct {
	Addr   fact.Value[netip.Addr] // metadata.name
	Parent string                 // "namespace/name" of the Service
}

// String returns "address namespace/name".
func (a IPAddress) String() string { return a.Addr.Text + " " + a.Parent }

// An Event is an Event object. The zero value says nothing.
type Event struct {
	Pos             fact.Position
	Type            string // "Normal" or "Warning"; CIDRNotAvailable is Normal
	Reason          string
	Message         fact.Value[string]
	Kind            string // of the object that it is about
	Namespace, Name string
	Source          string // component that made it
	Host            string // on which it was made
	Count           int    // how often; 0 means that the event does not say
}

// String returns the event in one line: "Node w1 CIDRNotAvailable: Node w1 status is now: CIDRNotAvailable".
func (e Event) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s: %s", e.Kind, e.Name, e.Reason, e.Message.Text))
}

// A Pod is what a Pod object says about its state. The zero value is a pod of which nothing is known.
type Pod struct {
	Namespace   string
	Name        fact.Value[string]
	Node        string // that it is on, "" for none yet
	HostNetwork bool   // its address is the node's
	// NetworkUnknown says that the pod was read from a table, which does not show HostNetwork.
	NetworkUnknown bool
	IPs            []fact.Value[netip.Addr] // primary first
	Phase          string
	Status         fact.Position // of status
	States         []ContainerState
}

// A ContainerState is a container that waits, or that ended otherwise than it should. The zero value is a container of
// which nothing is known.
type ContainerState struct {
	Container string
	Reason    string // "CrashLoopBackOff", "Error", "ContainerCreating", ...
	Message   string
	Restarts  int
	Pos       fact.Position
}

// String returns the pod in one line: "kube-flannel/kube-flannel-ds-x on w1: kube-flannel CrashLoopBackOff".
func (p Pod) String() string {
	s := p.Namespace + "/" + p.Name.Text
	if p.Node != "" {
		s += " on " + p.Node
	}
	sep := ": "
	for _, c := range p.States {
		s += sep + strings.TrimSpace(c.Container+" "+c.Reason)
		sep = ", "
	}
	return s
}

// ReadObjects reads objects as kubectl writes them with -o json or -o yaml: alone, in lists of one or several kinds, in
// several documents, with lines above the text. Nodes, Services, ServiceCIDRs, IPAddresses, Events and Pods are read,
// the others counted. JSON is streamed, and so is YAML above 8 MiB that is a list as kubectl writes it: memory follows
// what is kept, not the size of r. Other YAML is read up to 64 MiB.
//
// If the text is cut off or wrong, or holds more than 100,000 objects that are kept, what stands before the fault is
// returned with the error, which says where.
func ReadObjects(name string, r io.Reader) (Objects, error) {
	var out Objects
	err := readObjects(name, r, out.add)
	return out, err
}

const (
	mostObjects = 100_000 // that are kept; Kubernetes is made for 5,000 nodes
	mostTrouble = 10_000  // Events and Pods that are kept; further ones are dropped
)

// tooMany is the error for the first object that is not kept.
func tooMany(pos fact.Position) error {
	return &source.Error{Pos: pos, Msg: fmt.Sprintf("more than %d objects; split the list", mostObjects)}
}

func (out *Objects) add(o *object) error {
	if len(out.Nodes)+len(out.Services)+len(out.ServiceCIDRs)+len(out.IPAddresses) >= mostObjects {
		return tooMany(o.pos)
	}
	if o.kind == pageKind {
		out.Pages = append(out.Pages, fact.Value[int]{V: o.page.atLeast, Text: o.page.left.Text, Pos: o.pos})
		return nil
	}
	if out.Kinds == nil {
		out.Kinds = map[string]int{}
	}
	if len(out.Kinds) < 1000 || out.Kinds[o.kind] > 0 {
		out.Kinds[o.kind]++
	}
	switch o.kind {
	case "Node":
		out.Nodes = append(out.Nodes, o.node)
	case "Service":
		out.Services = append(out.Services, o.service)
	case "ServiceCIDR":
		out.ServiceCIDRs = append(out.ServiceCIDRs, ServiceCIDR{Name: o.name, CIDRs: o.cidrs, Ready: o.ready})
	case "IPAddress":
		out.IPAddresses = append(out.IPAddresses, IPAddress{Addr: scalar.Addr(o.name), Parent: o.parent})
	case "Event":
		if _, ok := o.event.symptom(); ok && len(out.Events) < mostTrouble {
			out.Events = append(out.Events, o.event)
		}
	case "Pod":
		out.sawPod(o.pod)
		out.keepAddress(o.pod)
		if len(o.pod.States) > 0 && len(out.Pods) < mostTrouble {
			out.Pods = append(out.Pods, o.pod)
		}
	}
	return nil
}

// sawPod notes the network plugin that a pod is of.
func (out *Objects) sawPod(p Pod) {
	i := pluginOf(p.Name.V)
	if i < 0 {
		return
	}
	for k, q := range pluginPods {
		if q.name == out.CNI.V && k <= i {
			return
		}
	}
	name := p.Name.V
	if p.Namespace != "" {
		name = p.Namespace + "/" + name
	}
	out.CNI = fact.Value[string]{V: pluginPods[i].name, Text: name, Pos: p.Name.Pos}
}

// IsZero reports whether nothing was read.
func (o Objects) IsZero() bool { return len(o.Kinds) == 0 }

// Statements returns what the objects state. Nodes are stated as by [NodeStatements].
func (o Objects) Statements() []fact.Statement {
	out := NodeStatements(o.Nodes)
	for _, n := range o.Nodes {
		if s, ok := n.symptom(); ok {
			out = append(out, s)
		}
	}
	for _, p := range o.Pages {
		out = append(out, pageStatement(p))
	}
	for _, s := range o.Services {
		out = append(out, s.Statements()...)
	}
	for _, s := range o.ServiceCIDRs {
		out = append(out, s.statement())
	}
	if o.CNI.IsSet() {
		out = append(out, fact.Statement{Component: fact.Node, Pos: o.CNI.Pos, Role: fact.RoleSetting, Setting: fact.SettingCNI, Key: o.CNI.Text, Text: o.CNI.V})
	}
	seen := map[string]bool{}
	for _, e := range o.Events {
		if s, ok := e.statement(); ok && !seen[s.Key+"\x00"+s.Host+"\x00"+s.Text] {
			seen[s.Key+"\x00"+s.Host+"\x00"+s.Text] = true
			out = append(out, s)
		}
	}
	out = append(out, o.podAddresses()...)
	for _, p := range o.Pods {
		if s, ok := p.statement(); ok {
			out = append(out, s)
		}
	}
	return out
}

// symptom states that a node is not ready for want of a network plugin.
func (n Node) symptom() (fact.Statement, bool) {
	if n.Ready.Status != "False" {
		return fact.Statement{}, false
	}
	return symptomStatement(n.Ready.Message, n.Name.V, n.Ready.Pos)
}

// symptomStatement states a message of the catalogue that is about a node.
func symptomStatement(text, node string, pos fact.Position) (fact.Statement, bool) {
	y, c, ok := recognizeLine(text)
	if !ok {
		return fact.Statement{}, false
	}
	if y.Node == "" {
		y.Node = node
	}
	return fact.Statement{Component: c, Host: y.Node, Pos: pos, Role: fact.RoleSymptom, Key: y.ID, Text: y.Message, Symptom: &y}, true
}

// Statements returns the addresses of the service, and that of cluster DNS as such: the Service kube-dns, or one of the
// names that other installers give it.
func (s Service) Statements() []fact.Statement {
	if len(s.ClusterIPs) == 0 {
		return nil
	}
	st := fact.Statement{Component: fact.Service, Pos: s.ClusterIPs[0].Pos, Role: fact.RoleClusterIP, Key: s.Namespace + "/" + s.Name.V}
	for i, a := range s.ClusterIPs {
		if i > 0 {
			st.Text += ","
		}
		st.Text += a.Text
		switch {
		case a.V.IsValid():
			st.Addrs = append(st.Addrs, a.V)
		case st.Err == nil:
			_, st.Err = scalar.ParseAddr(a.Text)
			st.Pos = a.Pos
		}
	}
	out := []fact.Statement{st}
	if s.Namespace == "kube-system" && slices.Contains([]string{"kube-dns", "coredns", "rke2-coredns-rke2-coredns"}, s.Name.V) {
		st.Role = fact.RoleDNS
		out = append(out, st)
	}
	return out
}

// statement returns the range as one of services. Key is the name of the object.
func (s ServiceCIDR) statement() fact.Statement {
	st := fact.Statement{Component: fact.ServiceCIDR, Pos: s.Name.Pos, Role: fact.RoleServices, Key: s.Name.V}
	for i, c := range s.CIDRs {
		if i == 0 {
			st.Pos, st.Text = c.Pos, c.Text
		} else {
			st.Text += "," + c.Text
		}
	}
	st.Prefixes, st.Err = scalar.OptionalPrefixes(st.Text)
	return st
}
