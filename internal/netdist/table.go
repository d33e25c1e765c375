package netdist

import (
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// A Purpose says what a network is for.
type Purpose string

const (
	PodNetwork     Purpose = "pods"           // gives pods their addresses
	LoadBalancing  Purpose = "load-balancing" // gives addresses to Services or to the API server
	SecondNetwork  Purpose = "second-network" // gives pods further interfaces
	Interconnect   Purpose = "interconnect"   // joins clusters
	NodeLocal      Purpose = "node-local"     // takes an address on each node
	ClusterRanges  Purpose = "cluster-ranges" // an object that states ranges for the whole cluster
	PolicyAndOther Purpose = "other"          // known by name, holds no ranges
)

// A Row is one network of the table.
type Row struct {
	Name    string // as findings and statements name it
	Title   string // as its own project writes it
	Purpose Purpose
	Names   Names

	// Allocator hands out node subnets where Modes does not say otherwise.
	Allocator Allocator
	// Modes are the ways in which it can be set up to hand out addresses, its default first.
	Modes []Mode
	// Defaults are the ranges that it takes if nobody says others.
	Defaults []Default
	// Limits are what it demands of its own ranges.
	Limits Limits
	// Later says what can be changed once the cluster runs.
	Later []Change
	// Takes says how it takes a plan; without Write it is not planned for.
	Takes target.Terms

	object func(*reader, *object)                   // reads an object of Kubernetes, or another document
	values func(*reader, *source.Node, string) bool // reads values of its Helm chart; the name of the chart may be ""
	tables []textTable                              // reads what commands print
	lines  []textLine                               // the same, line by line
	words  []string                                 // one of them stands in every file that concerns it
}

// Names holds the names by which files, commands and logs speak of a network. A name that ends in * is the beginning of
// one, one that begins with * the end.
type Names struct {
	Aliases     []string // other names for the network: of installers, of other programs
	Images      []string // repositories of the agent's image, from the right: "calico/node"
	Controllers []string // the same, of what runs once in a cluster
	Workloads   []string // DaemonSets and Deployments; their pods begin with it and a hyphen
	ConfigMaps  []string
	Types       []string // "type" in files of /etc/cni/net.d
	Files       []string // names of these files
	Links       []string // network interfaces on hosts
	Annotations []string // of Nodes and Pods
	Reasons     []string // of the Node condition NetworkUnavailable
	Groups      []string // API groups
}

// A Mode is one way to hand out addresses.
type Mode struct {
	Name      string
	Allocator Allocator
	Key       string // what sets it: "ipam", "spec.cni.ipam.type"
	Note      string // what is special, "" for nothing
}

// A Default is a range that a network takes if nobody says another.
type Default struct {
	Use    Use
	Name   string // "join"
	Prefix string
	Block  int    // prefix length of a node's part, 0 for none
	Mode   string // only in this mode, "" for all
	If     string // only where a reader saw this, "" for always
	When   string // a condition that nobody can see in files: such a range is known, and never read. "" for none
	Moves  string // the key that moves it
	Source string // upstream path and symbol
}

// Limits are what a network demands of its own ranges. The zero value demands nothing.
type Limits struct {
	// Min and Max bound the prefix length of a node's part, 0 for no bound.
	MinBlock4, MaxBlock4, MinBlock6, MaxBlock6 int
	// MaxDiff6 is how much longer the part's prefix may be than that of an IPv6 range, 0 for no bound.
	MaxDiff6 int
	// Longer says that the part has to be smaller than the range: an equal one is refused.
	Longer bool
	// By is the program that refuses: it does not start, or takes no such object. "" where nothing does.
	By string
	// TooLarge, TooFar and Overlap are the lines that it writes, as far as they do not change.
	TooLarge, TooFar, Overlap string
	Source                    string
}

// A Change is something that people want to change later.
type Change struct {
	What     string   // "pool", "block size"
	Use      Use      // of the ranges that it moves
	Possible bool     // without a new cluster
	InPlace  bool     // by editing the value; pods and nodes follow on their own
	Steps    []string // commands or what to edit, in order, in the network's own words
	Source   string
}

// rows is the table. It is never changed.
var rows = []Row{
	flannelRow(), canalRow(), calicoRow(), ciliumRow(), ovnRow(), kubeOVNRow(), antreaRow(), weaveRow(), kubeRouterRow(),
	kindnetRow(),
	awsRow(), azureRow(), gkeRow(), terwayRow(), kiloRow(), romanaRow(), bridgeRow(), routesRow(),
	metalLBRow(), kubeVIPRow(), serviceLBRow(), openELBRow(), pureLBRow(),
	multusRow(), whereaboutsRow(), submarinerRow(), gardenerRow(), clusterCIDRRow(), nodeLocalDNSRow(),
}

// Networks returns the table of networks in its order. What the rows hold is not to be changed.
func Networks() []Row { return slices.Clone(rows) }

// ByName returns the row of that name or alias, in any case.
func ByName(name string) (Row, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, r := range rows {
		if r.Name == name || slices.Contains(r.Names.Aliases, name) {
			return r, true
		}
	}
	return Row{}, false
}

// ByImage returns the row whose agent or controller runs the image; agent says which.
// Registry, tag and digest do not count.
func ByImage(image string) (r Row, agent, ok bool) { return byImage(rows, image) }

// ByWorkload returns the row whose DaemonSet or Deployment has that name, or whose pod has it: "calico-node-x7k2p".
func ByWorkload(name string) (Row, bool) {
	return find(name, func(n Names) []string { return n.Workloads }, func(pattern, name string) bool {
		return matches(pattern, name) || !strings.Contains(pattern, "*") && strings.HasPrefix(name, pattern+"-")
	})
}

// ByType returns the row of a plugin type of /etc/cni/net.d. Types that several networks use, as bridge and
// host-local, have no row but that of the hand-made bridge.
func ByType(name string) (Row, bool) {
	return find(name, func(n Names) []string { return n.Types }, matches)
}

// ByFile returns the row that writes a file of that name to /etc/cni/net.d; folders in front do not count.
func ByFile(name string) (Row, bool) {
	return find(path.Base(name), func(n Names) []string { return n.Files }, matches)
}

// ByLink returns the row that makes network interfaces of that name.
func ByLink(name string) (Row, bool) {
	return find(name, func(n Names) []string { return n.Links }, matches)
}

// ByAnnotation returns the row that leaves an annotation of that key on Nodes or Pods.
func ByAnnotation(key string) (Row, bool) {
	return find(key, func(n Names) []string { return n.Annotations }, matches)
}

// ByReason returns the row that gives that reason for the Node condition NetworkUnavailable.
func ByReason(reason string) (Row, bool) {
	return find(reason, func(n Names) []string { return n.Reasons }, matches)
}

// ByGroup returns the row of an API group.
func ByGroup(group string) (Row, bool) {
	return find(group, func(n Names) []string { return n.Groups }, matches)
}

func find(name string, names func(Names) []string, is func(pattern, name string) bool) (Row, bool) {
	if name == "" {
		return Row{}, false
	}
	for _, r := range rows {
		for _, pattern := range names(r.Names) {
			if is(pattern, name) {
				return r, true
			}
		}
	}
	return Row{}, false
}

// matches reports whether name is pattern, begins with "pattern*", or ends with "*pattern".
func matches(pattern, name string) bool {
	if p, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, p)
	}
	if p, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, p)
	}
	return pattern == name
}

func byImage(rows []Row, image string) (r Row, agent, ok bool) {
	repo, _ := splitImage(image)
	if repo == "" {
		return Row{}, false, false
	}
	for _, r := range rows {
		if slices.ContainsFunc(r.Names.Images, func(p string) bool { return imageIs(p, repo) }) {
			return r, true, true
		}
		if slices.ContainsFunc(r.Names.Controllers, func(p string) bool { return imageIs(p, repo) }) {
			return r, false, true
		}
	}
	return Row{}, false, false
}

// imageIs reports whether the repository ends with the pattern's elements; the last one may begin with *.
func imageIs(pattern, repo string) bool {
	if p, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(repo, p)
	}
	return repo == pattern || strings.HasSuffix(repo, "/"+pattern)
}

// splitImage returns the repository of an image in lower case, with its registry, and its tag; "" for a template.
func splitImage(image string) (repo, tag string) {
	image = strings.ToLower(strings.TrimSpace(image))
	if image == "" || isTemplate(image) {
		return "", ""
	}
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[:i], image[i+1:]
	}
	return image, ""
}
