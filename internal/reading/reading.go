// Package reading turns what people hand over, files, folders, archives and pastes, into statements.
//
//	Input --> leaves of archives --> paste.Cut --> segments --> readers --> statements, at their places in the input
//
// Start with [Read] for a file system or [ReadInputs] for any inputs. A reader is a row of the table readers: what it
// looks at, and what it finds. Nothing is decided by the name of a file but what it claims to be and whose it is.
//
// Files are read side by side, results are in the order of the inputs, and no goroutine is left behind.
package reading

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/kubecidr/kubecidr/internal/netdist"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Kind says what a file is, told from its content.
type Kind string

// The kinds of files that are read.
const (
	KindKubeadmConfig Kind = "kubeadm-config"         // kubeadm configuration, or the kubeadm-config ConfigMap
	KindCommand       Kind = "command"                // command lines of the programs that state ranges, in any frame
	KindManifest      Kind = "control-plane-manifest" // kube-controller-manager and kube-apiserver
	KindKubeProxy     Kind = "kube-proxy-config"      // KubeProxyConfiguration, or the kube-proxy ConfigMap
	KindKubelet       Kind = "kubelet-config"         // KubeletConfiguration, or the kubelet-config ConfigMap
	KindNodes         Kind = "nodes"                  // Node objects
	KindFlannel       Kind = "flannel-config"         // net-conf.json, bare, in a ConfigMap, a manifest or Helm values
	KindSubnetEnv     Kind = "subnet-env"             // flannel's /run/flannel/subnet.env
	KindObjects       Kind = "objects"                // Services, ServiceCIDRs, Events, Pods
	KindText          Kind = "text"                   // plain output of kubectl, and log lines of Kubernetes
	KindLog           Kind = "log"                    // log lines that bear on address ranges
	KindPlugin        Kind = "network-plugin"         // manifest, configuration or pools of a CNI plugin other than flannel
	KindInstaller     Kind = "installer"              // what an installer is told: k3s, kubespray, Talos, kind, ...
	KindHost          Kind = "host-network"           // what a host says of its network: links, routes, resolvers, CNI files
	KindPlan          Kind = "plan"                   // a plan as package draw writes it, in JSON or YAML
	KindUnreadable    Kind = "unreadable"             // it claims to be one of these and cannot be read
)

// Options are settings of [Read]. The zero value reads with the defaults.
type Options struct {
	Kubernetes fact.Version // overrides the release that the files tell
	LinkMTU    int          // MTU of the hosts' link in bytes, 0 if unknown
	Limits     Limits
}

// Limits bound what is read from one file. Zero fields stand for the defaults, negative ones for no limit.
// A list of Nodes is streamed, in YAML if it is larger than 8 MiB, so the limit on bytes does not hold for it.
type Limits struct {
	Bytes int // size of the file, and of all that an archive holds. Default 64 MiB.
	Depth int // nesting of sequences and mappings. Default 100.
	Nodes int // values in the file, aliases resolved. Default 500,000, in larger files one for each 20 bytes.
}

// An Input is a file to read. Those of several inputs are opened side by side.
type Input struct {
	Name string // in the positions of what is read, and in findings
	Path string // slash-separated path that the host is told from; Name if empty
	Open func() (io.ReadCloser, error)
}

// A File is what one file says, or one member of an archive.
type File struct {
	Name       string
	Kinds      []Kind // what it holds, sorted; none: it says nothing about address ranges and is ignored
	Host       string // host that it comes from, told from its path, or ""
	Statements []fact.Statement

	text      *source.File      // for its lines; nil where the file was streamed, or says nothing
	installed []installed       // what installers' files tell, among Statements; nil once all files are joined
	networks  []netdist.Network // that it shows; what they state takes all files of a cluster
	processes []process         // units and the variables that they take
	holds     []fact.NotUnderstood
	names     []alias // names of hosts that it tells
}

// Files is what a set of files says. It is not changed by its methods, so any number of goroutines can use it.
type Files struct {
	List []File // in the order of the inputs

	added  []fact.Statement     // from the options
	unread []fact.NotUnderstood // what could not be opened
	byName map[string]int       // index of List
	joined []fact.Statement     // what takes several files to know
}

// statements returns what the options say.
func (o Options) statements() []fact.Statement {
	var s []fact.Statement
	if !o.Kubernetes.IsZero() {
		s = append(s, fact.Statement{Component: fact.Operator, Role: fact.RoleSetting, Setting: fact.SettingVersion,
			Key: "-kubernetes", Text: o.Kubernetes.String()})
	}
	if o.LinkMTU != 0 {
		s = append(s, fact.Statement{Component: fact.Operator, Role: fact.RoleSetting, Setting: fact.SettingLinkMTU,
			Key: "-link-mtu", Text: fmt.Sprint(o.LinkMTU), Int: o.LinkMTU})
	}
	return s
}

// Statements returns what all files say, in their order, what only all of them together say, and what the options add.
func (f *Files) Statements() []fact.Statement {
	s := slices.Clone(f.added)
	for _, file := range f.List {
		s = append(s, file.Statements...)
	}
	return append(s, f.joined...)
}

// Recognised reports whether any of the files says something about address ranges.
func (f *Files) Recognised() bool {
	return slices.ContainsFunc(f.List, func(file File) bool { return len(file.Kinds) > 0 })
}

// Ignored returns the names of the files that say nothing about address ranges.
func (f *Files) Ignored() []string {
	var names []string
	for _, file := range f.List {
		if len(file.Kinds) == 0 && len(file.holds) == 0 {
			names = append(names, file.Name)
		}
	}
	return names
}

// NotUnderstood returns what the files hold about address ranges in forms that are not read, and what was not read,
// in the order of the inputs; at most 20 places of a file.
func (f *Files) NotUnderstood() []fact.NotUnderstood {
	var out []fact.NotUnderstood
	for _, file := range f.List {
		out = append(out, file.holds...)
	}
	return append(out, f.unread...)
}

// ReportOptions returns what a report says of the files: which were read, as what, and which were ignored.
func (f *Files) ReportOptions() draw.ReportOptions {
	o := draw.ReportOptions{Ignored: f.Ignored()}
	for _, file := range f.List {
		for _, k := range file.Kinds {
			o.Read = append(o.Read, draw.ReadFile{File: file.Name, Kind: string(k)})
		}
	}
	return o
}

// Check checks what the files say, as plan.Check does, adds to each place the text of its line, and says what was not
// understood. Where folders beside each other are certainly those of several clusters, by the clusters' names,
// endpoints or nodes, each cluster is checked alone, with the files that stand outside of these folders.
func (f *Files) Check() fact.Report {
	var r fact.Report
	if clusters := f.clusters(); clusters != nil {
		r = f.checkEach(clusters)
	} else {
		r = plan.Check(f.Statements()...)
	}
	f.quote(r.Findings)
	r.NotUnderstood = f.NotUnderstood()
	return r
}

// quote fills in the lines of the findings' places.
func (f *Files) quote(findings []fact.Finding) {
	for i := range findings {
		for j := range findings[i].Where {
			p := &findings[i].Where[j]
			if p.Line == "" {
				p.Line, p.From, p.Chars = f.excerpt(p.Position)
			}
		}
		f.quote(findings[i].Symptoms)
	}
}

// excerpt returns what the line at p shows, "" where it is not kept.
func (f *Files) excerpt(p fact.Position) (text string, from, chars int) {
	i, ok := f.byName[p.File]
	if !ok || f.List[i].text == nil {
		return "", 0, 0
	}
	return f.List[i].text.Excerpt(p.Line, p.Column)
}

// Check reads every file of fsys and checks what they say together: [Read] and [Files.Check] in one call. The error is
// that of Read, or [fact.ErrNothingStated] where no file was recognised.
func Check(fsys fs.FS) (fact.Report, error) {
	f, err := Read(fsys, Options{})
	if err != nil {
		return fact.Report{}, err
	}
	r := f.Check()
	if r.Verdict() == "" {
		return r, fact.ErrNothingStated
	}
	return r, nil
}

// defaultBytes is the limit on the size of a file that is not streamed.
const defaultBytes = 64 << 20

// bytes returns the limit on the size of a file, 0 for none.
func (l Limits) bytes() int { return max(cmp.Or(l.Bytes, defaultBytes), 0) }

func (l Limits) source() source.Limits {
	return source.Limits{Bytes: l.Bytes, Depth: l.Depth, Nodes: l.Nodes}
}
