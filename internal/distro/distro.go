package distro

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// A Role is what a value is about.
type Role string

// The roles of values.
const (
	Pods         Role = "pods"             // pod range of the cluster, one for each family
	Services     Role = "services"         // service range
	DNS          Role = "dns"              // address of the cluster DNS that pods are given
	NodeMask     Role = "node-mask"        // length of a node's pod subnet, for the single family of the cluster
	NodeMaskIPv4 Role = "node-mask-ipv4"   // the same for IPv4
	NodeMaskIPv6 Role = "node-mask-ipv6"   // the same for IPv6
	Hosts        Role = "hosts"            // range of the hosts' own network
	Address      Role = "address"          // address of a host, a VIP or an endpoint
	Reserved     Role = "reserved"         // range that the network uses for itself
	Allocate     Role = "allocate"         // whether kube-controller-manager hands out node subnets
	MaxPods      Role = "max-pods"         // pods on one node
	Pool         Role = "pool"             // range from which the network's own allocator takes pod addresses
	Superset     Role = "non-masquerade"   // range that contains pods and services
	HostBits     Role = "host-subnet-size" // length of a node's subnet as a number of host bits
)

// ranges reports whether values of r are lists of ranges.
func (r Role) ranges() bool {
	return r == Pods || r == Services || r == Hosts || r == Reserved || r == Pool || r == Superset
}

// addresses reports whether values of r are lists of addresses.
func (r Role) addresses() bool { return r == DNS || r == Address }

// number reports whether values of r are whole numbers.
func (r Role) number() bool {
	return r.mask() || r == MaxPods || r == HostBits
}

// mask reports whether values of r are lengths of a node's pod subnet.
func (r Role) mask() bool { return r == NodeMask || r == NodeMaskIPv4 || r == NodeMaskIPv6 }

// A Program is a component of Kubernetes that a value reaches.
type Program string

// The programs that values reach. The empty Program stands for all that the installer gives the value.
const (
	ControllerManager Program = "kube-controller-manager"
	APIServer         Program = "kube-apiserver"
	KubeProxy         Program = "kube-proxy"
	Kubelet           Program = "kubelet"
)

// A Flag is how a value reaches a program.
type Flag struct {
	Program Program
	Name    string // without dashes
}

// A Value is one thing that an installer is told, or assumes.
type Value struct {
	Role    Role
	Key     string   // as the file names it: "cluster-cidr", "spec.network.podCIDR"
	Text    string   // as written, a list joined with commas
	Pos     Position // of the value; of what it is missing from for a default
	Host    string   // node or host that it concerns, "" for the whole cluster
	Program Program  // the one program that gets it, "" for all that the installer gives it

	Default   bool   // nobody wrote it
	DefaultOf string // whose default it is
	Rendered  bool   // the installer passes it on as if it were written; always true for values that are

	Template   bool // the text has still to be filled in; it means nothing yet
	Overridden bool // another value of the same installer wins
	Ignored    bool // it stands where nothing reads it

	Prefixes []netip.Prefix // as written, host bits kept; nil where Err is set
	Places   []Position     // of each of Prefixes or Addrs, for a list; else nil
	Addrs    []netip.Addr
	Int      int
	Bool     bool
	Err      error // why Text could not be read

	places []place // while it is read
}

// IsRange reports whether v could be read as a list of ranges.
func (v Value) IsRange() bool { return len(v.Prefixes) > 0 && v.Err == nil && !v.Template }

// An Allocator is who gives pods their addresses.
type Allocator string

// The allocators.
const (
	UnknownAllocator Allocator = ""
	NodeIPAM         Allocator = "kube-controller-manager" // spec.podCIDR of the node decides
	OwnIPAM          Allocator = "network"                 // the network's own pools; spec.podCIDR does not matter
	CloudIPAM        Allocator = "cloud"                   // a cloud controller sets spec.podCIDR
)

// A Problem is what an installer refuses, or takes although it does not work.
type Problem struct {
	ID      string // stable: "eksa-mask-not-longer"
	Refused bool   // the installer stops; otherwise it goes on, and it breaks or has no effect
	Rule    string // of package plan that finds the same from the values, "" for none: who refuses it is news then
	Told    bool   // Value.Err tells it already, or the checker does from the values
	Harmful bool   // not refused, and it breaks; otherwise it is worth knowing
	Message string // what, with the values
	Says    string // words of the installer's own message, "" for none
	Fix     string
	Where   []Position
	Source  string // where the rule stands
}

// An Embedded document is a kubeadm document or patch that stands inside an installer's file. Its values are among
// those of the cluster
// already; package kubeadm can say more about its structure.
type Embedded struct {
	Kind  string // "ClusterConfiguration", "InitConfiguration", "JoinConfiguration"; "" where it is a patch of any
	Node  *source.Node
	Patch bool // what it leaves out comes from elsewhere
}

// A Cluster is what one file says about one cluster.
type Cluster struct {
	Installer string // name of the row: "k3s"
	Name      string // of the cluster, "" where the file does not say
	Host      string // the host that the file is for, "" for all
	Path      string // of the file on its host, which the caller knows; "" for that of Pos
	Release   string // of Kubernetes or of the distribution, as written, "" where unknown
	Family    string // "ipv4", "ipv6", "dual" where the file decides; "" follows from the ranges
	CNI       string // network, in lower case; "" unknown
	CNIPos    Position
	CNIStated bool // a file says so; otherwise it is the installer's default
	Allocator Allocator
	On        string // host whose file it is, where the caller knows it and the file does not tell
	Joins     bool   // a server that joins others, and is told no ranges in this place; Partial
	Partial   bool   // a drop-in, patch or overlay: what it leaves out is said elsewhere
	Values    []Value
	Embedded  []Embedded
	Problems  []Problem
	Pos       Position // where the description begins

	in         *Installer
	at         func(*source.Node) Position
	file       *source.File
	root       *source.Node
	keys       []string       // names at the top of a config.yaml of k3s and RKE2
	calicoMode string         // of k0s
	latest     map[string]int // index of the last value of a program and role, see override
}

// PodCIDRMatters reports whether spec.podCIDR of the nodes decides which addresses pods get, as far as is known.
func (c Cluster) PodCIDRMatters() bool { return c.Allocator == NodeIPAM || c.Allocator == CloudIPAM }

// Templates returns the values that have still to be filled in.
func (c Cluster) Templates() []Value {
	var out []Value
	for _, v := range c.Values {
		if v.Template {
			out = append(out, v)
		}
	}
	return out
}

// Row returns the row of the installer.
func (c Cluster) Row() (Installer, bool) {
	if c.in == nil {
		return Installer{}, false
	}
	return *c.in, true
}

// Through is how an installer's values reach Kubernetes.
type Through uint8

// The ways.
const (
	ThroughNothing Through = iota // the network alone reads them
	ThroughKubeadm                // networking and extraArgs of kubeadm
	ThroughFlags                  // flags of the control plane, which the installer starts itself
)

// A Default is what an installer takes where nobody says otherwise.
type Default struct {
	Role     Role
	IPv4     string
	IPv6     string // "" where it has none
	Of       string // whose default it is, "" for the installer's
	Rendered bool   // the installer writes it as if the user had
	Releases string // for which releases, "" for all that are known
	Old      bool   // of earlier releases alone; never assumed
}

// A Change says how a value is changed after the installation.
type Change struct {
	Roles     []Role
	File      string   // that holds it; "" where it is an object
	Key       string   // in the file
	Restart   []string // commands, in order
	Immutable bool     // the installer does not support it
	Way       string   // what to do, or the way round where it is immutable
}

// A Check is something that an installer may look at before it goes on.
type Check string

// The checks of installers. What an installer does not check it takes, and it breaks later.
const (
	ChecksText         Check = "text"           // that a range can be parsed
	ChecksFamilies     Check = "families"       // that families of pods and services agree
	ChecksPodsServices Check = "pods-services"  // that pods and services do not overlap
	ChecksHosts        Check = "pods-hosts"     // that pods and services keep clear of the hosts
	ChecksMask         Check = "mask"           // the node mask against the pod range
	ChecksCapacity     Check = "capacity"       // that nodes and pods fit
	ChecksNoHostBits   Check = "no-host-bits"   // that no host bits are set
	ChecksServiceSize  Check = "service-size"   // that the service range is not too large
	ChecksEndpoint     Check = "endpoint"       // that the endpoint is outside of the pods
	ChecksOneEach      Check = "one-per-family" // that there are not two ranges of one family
)

// An Installer is one row of the table: all that is particular to one way to install Kubernetes.
type Installer struct {
	Name       string
	Like       string   // the installer whose cluster it makes, "" for its own: what is mended is mended in its words
	Recognised string   // how its files are known
	Marks      []string // one of these words stands in each of its files
	Groups     []string // API groups of its objects, before the slash
	Kinds      []string // kinds of these groups that say something; nil for all
	Spread     bool     // several files together tell a cluster
	Through    Through
	CNI        string // the network that it installs by default, "" for none
	DNS        int    // which address of the service range cluster DNS gets, 0 where unknown
	Defaults   []Default
	Checks     []Check
	Changes    []Change
	Units      []string     // systemd units that run the control plane, "" prefix for none
	Takes      target.Terms // how it takes a plan; without Write it is not planned for

	match  func(f *source.File, n *source.Node) bool     // documents without one of Groups
	read   func(c *Cluster, n *source.Node)              // reads a document that is known
	text   func(in *Installer, f *source.File) []Cluster // files that are neither YAML nor JSON
	refuse func(c *Cluster)                              // what the installer says to the values
}

// installers is the table of all installers. Nothing changes it.
var installers = []Installer{
	k3s(), rke2(), rancher(), k3d(), kind(), minikube(), clusterAPI(), eksAnywhere(), kubespray(), kubeKey(),
	kubeasz(), sealos(),
	k0s(), k0sctl(), talos(), talhelper(), microK8s(), kops(), kubeOne(), openShift(), rke1(), eksctl(), byHand(),
}

// Installers returns the table of all installers.
func Installers() []Installer { return slices.Clone(installers) }

// Read returns the clusters that f describes in the words of an installer, none where it holds nothing of the kind. A
// text that is
// neither YAML nor JSON is no error: the readers of what it claims to be say so.
func Read(f *source.File) []Cluster {
	if f == nil || len(f.Data) == 0 {
		return nil
	}
	var rows []Installer
	for i := range installers {
		if installers[i].marked(f.Data) {
			rows = append(rows, installers[i])
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var out []Cluster
	for i := range rows {
		if rows[i].text != nil {
			out = append(out, rows[i].text(&rows[i], f)...)
		}
	}
	if len(out) == 0 {
		docs, at := documents(f)
		r := &reading{rows: rows, file: f, at: at}
		for _, d := range docs {
			r.document(d, 0)
		}
		out = r.out
	}
	for i := range out {
		out[i].finish()
	}
	return out
}

// marked reports whether one of the row's words stands in data.
func (in *Installer) marked(data []byte) bool {
	return slices.ContainsFunc(in.Marks, func(m string) bool { return bytes.Contains(data, []byte(m)) })
}

// A reading goes through the documents of one file.
type reading struct {
	rows []Installer
	file *source.File
	at   func(*source.Node) Position
	out  []Cluster
}

// document asks the rows about n and, in a list of objects, about each.
func (r *reading) document(n *source.Node, depth int) {
	if n == nil {
		return
	}
	if n.Kind == source.Sequence && depth < 2 { // objects of a file that a program wrote as a plain list
		if len(n.Items) > 0 && has(n.Items[0], "op") && has(n.Items[0], "path") {
			r.ask(n) // a patch of RFC 6902
			return
		}
		for _, it := range n.Items {
			if has(it, "apiVersion") || has(it, "machine") {
				r.document(it, depth+1)
			}
		}
		return
	}
	if n.Kind != source.Mapping {
		return
	}
	if items := n.Get("items"); items != nil && items.Kind == source.Sequence &&
		strings.HasSuffix(n.Get("kind").Str(), "List") && depth < 2 {
		for _, it := range items.Items {
			r.document(it, depth+1)
		}
		return
	}
	if !r.ask(n) {
		r.within(n, depth)
	}
}

// deepest is how many files may stand in one another: cloud-init in an object, a config.yaml in it.
const deepest = 2

// within looks at files that stand in other objects as text of several lines: cloud-init, ConfigMaps, compose files.
func (r *reading) within(n *source.Node, depth int) {
	if depth > deepest || n == nil {
		return
	}
	name := word(n.Get("path"))
	for _, e := range n.Entries {
		r.block(e.Value, name, depth)
	}
	for _, it := range n.Items {
		r.block(it, "", depth)
	}
}

// block reads a text of several lines as a file, with the name that stands beside it.
func (r *reading) block(n *source.Node, name string, depth int) {
	if n == nil || n.Kind == source.Mapping || n.Kind == source.Sequence {
		r.within(n, depth)
		return
	}
	marked := func(in Installer) bool { return in.marked([]byte(n.Text)) }
	if !n.Quoted || !strings.Contains(n.Text, "\n") || !slices.ContainsFunc(r.rows, marked) {
		return
	}
	inner := *n.File()
	if name != "" {
		inner.Name = name
	}
	docs, at := documents(&inner)
	other := reading{rows: r.rows, file: &inner, at: at}
	for _, d := range docs {
		other.document(d, depth+1)
	}
	r.out = append(r.out, other.out...)
}

// ask lets the first row that knows n read it, and reports whether one does.
func (r *reading) ask(n *source.Node) bool {
	for i := range r.rows {
		in := &r.rows[i]
		if in.read == nil || !in.knows(r.file, n) {
			continue
		}
		c := Cluster{in: in, Installer: in.Name, at: r.at, file: r.file, root: n, Pos: r.at(n)}
		c.Name = n.Get("metadata", "name").Str()
		in.read(&c, n)
		if c.Installer == "" {
			continue // on a closer look it is something else
		}
		r.out = append(r.out, c)
		return true
	}
	return false
}

// knows reports whether n is a document of the installer.
func (in *Installer) knows(f *source.File, n *source.Node) bool {
	group, _, _ := strings.Cut(n.Get("apiVersion").Str(), "/")
	if slices.Contains(in.Groups, group) && n.Get("apiVersion").Str() != "" {
		return in.Kinds == nil || slices.Contains(in.Kinds, n.Get("kind").Str())
	}
	return in.match != nil && in.match(f, n)
}

// finish adds defaults, derives who hands out addresses, and lets the installer judge.
func (c *Cluster) finish() {
	if c.in == nil {
		return
	}
	if c.CNI == "" && !c.Partial {
		c.CNI = c.in.CNI
	}
	if c.Allocator == UnknownAllocator {
		c.Allocator = allocatorOf(c.CNI)
	}
	c.addDefaults()
	if c.in.refuse != nil {
		c.in.refuse(c)
	}
	c.refuseText()
	c.refuseMasks()
	for i := range c.Values {
		c.Values[i].places = nil
	}
	c.root, c.at, c.file, c.latest = nil, nil, nil, nil
}

// allocators tells for each network who hands out the addresses of pods, unless it is told otherwise.
var allocators = []struct {
	cni string
	by  Allocator
}{
	{"flannel", NodeIPAM}, {"canal", NodeIPAM}, {"kindnet", NodeIPAM}, {"kube-router", NodeIPAM}, {"kubenet", NodeIPAM},
	{"antrea", NodeIPAM}, {"cilium", OwnIPAM}, {"calico", OwnIPAM}, {"weave", OwnIPAM}, {"kube-ovn", OwnIPAM},
	{"ovn-kubernetes", OwnIPAM}, {"openshift-sdn", OwnIPAM}, {"aws-vpc-cni", OwnIPAM}, {"azure-cni", OwnIPAM},
	{"bridge", OwnIPAM},
	{"hybridnet", OwnIPAM}, {"romana", OwnIPAM},
}

func allocatorOf(cni string) Allocator {
	for _, a := range allocators {
		if a.cni == cni {
			return a.by
		}
	}
	return UnknownAllocator
}
