package kubeadm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A ProblemKind says what kind of thing kubeadm does not take. The zero value names no kind.
type ProblemKind string

const (
	ProblemStructure    ProblemKind = "structure"    // a document without kind or apiVersion, a kind twice, a kind that nobody knows
	ProblemAPIVersion   ProblemKind = "apiVersion"   // an API version that the release does not read, or only when it is told to
	ProblemUnknownField ProblemKind = "unknownField" // a key that the kind does not have, in that letter case
	ProblemDuplicateKey ProblemKind = "duplicateKey" // a key that stands twice in one mapping
	ProblemType         ProblemKind = "type"         // a value of a type that is not decoded
	ProblemValue        ProblemKind = "value"        // ranges, masks and the DNS domain: what [Config.Refusals] tells
)

// A Problem is something that `kubeadm config validate` does not take, or warns of. The zero value describes no
// problem.
type Problem struct {
	Kind    ProblemKind
	Pos     fact.Position
	Path    string // from the document on, "" for the document: "networking.podSubnet", "apiServer.extraArgs[0].value"
	Message string // what is wrong, in one line, without the position
	Warning bool   // it is told, and the file is taken: a deprecated API version
}

// String returns the position and the message: "kubeadm.yaml:4:3: unknown field ...".
func (p Problem) String() string {
	if s := p.Pos.String(); s != "" {
		return s + ": " + p.Message
	}
	return p.Message
}

// Validate judges a configuration file as `kubeadm config validate` of release v does, which decodes strictly: where
// kubeadm init only warns of a key that it does not know, or that stands twice, this refuses the file. It tells all
// problems in the order of the file where kubeadm ends at the first, and none where kubeadm takes the file. The zero
// Version is taken as [Config.Refusals] takes it. kubeadm has the command since v1.26; for earlier releases the API
// versions that they read are judged in the same way.
//
// Known are the kinds of kubeadm.k8s.io from v1beta2 on. Documents of kubelet and kube-proxy are judged by their kind
// alone. Of values, ranges, node masks, the DNS domain, durations, times and tokens are judged; not paths, sockets,
// names, ports and what only the host knows.
//
// The error is that of text which is no YAML.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/common.go ValidateConfig.
func Validate(name string, data []byte, v fact.Version) ([]Problem, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return nil, err
	}
	docs, err := f.YAML()
	if err != nil {
		return nil, err
	}
	docs = slices.DeleteFunc(slices.Clone(docs), func(o *source.Node) bool { return o == nil }) // of comments alone, see empty
	c, err := readConfig(f)
	if err != nil {
		return nil, err
	}
	x := validation{v: c.release(v)}
	x.structure(docs)
	x.empty(f)
	if x.init || x.others {
		x.documents(docs)
		x.duplicates(f, docs)
	}
	if x.init && !slices.ContainsFunc(x.out, func(p Problem) bool { return !p.Warning }) {
		x.values(c)
	}
	slices.SortStableFunc(x.out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return x.out, nil
}

// A validation collects the problems of one file.
type validation struct {
	v            fact.Version
	out          []Problem
	init, others bool // there is a document that kubeadm init reads, or of another command
}

func (x *validation) say(p Problem) {
	if len(x.out) < maxProblems {
		x.out = append(x.out, p)
	}
}

// commandKinds are the kinds that bring kubeadm to look at a document, true for those with which it looks at all of the
// file.
var commandKinds = map[string]bool{"InitConfiguration": true, "ClusterConfiguration": true, "JoinConfiguration": false, "ResetConfiguration": false,
	"UpgradeConfiguration": false}

// structure refuses what kubeadm refuses before it reads any key: cmd/kubeadm/app/util/marshal.go SplitConfigDocuments,
// and cmd/kubeadm/app/util/config/common.go validateKnownGVKs, which is there since v1.26.
func (x *validation) structure(docs []*source.Node) {
	seen := map[string]bool{}
	for _, o := range docs {
		kind, api := o.Get("kind").Str(), o.Get("apiVersion").Str()
		group, version, _ := strings.Cut(api, "/")
		switch all, known := commandKinds[kind]; {
		case kind == "" || group == "" || version == "":
			x.say(Problem{Kind: ProblemStructure, Pos: o.Pos, Message: fmt.Sprintf("kind %q and apiVersion %q: both have to be given, and the apiVersion with its group", kind, api)})
			continue
		case seen[kind]:
			x.say(Problem{Kind: ProblemStructure, Pos: o.Pos, Path: "kind", Message: fmt.Sprintf("kind %q is specified twice in YAML file", kind)})
		case !x.knows(group, version, kind):
			x.say(Problem{Kind: ProblemStructure, Pos: positionOr(o.Get("apiVersion").Value().Pos, o.Pos), Path: "apiVersion", Message: fmt.Sprintf("no kind %q is known in version %q", kind, api)})
		case known:
			x.init = x.init || all
			x.others = x.others || !all
		}
		seen[kind] = true
	}
}

// knows reports whether a kind was known to any release so far, or is to this one.
func (x *validation) knows(group, version, kind string) bool {
	switch group {
	case kubeadmGroup:
		if state, _ := refuseAPIVersion(version, kind, x.v); state == apiOld {
			return true // told when it is read
		} else if state == apiUnknown || state == apiMalformed {
			return false
		}
		return strictKind(kind, version) != nil || version != "v1" && version < "v1beta2" && isKubeadmKind(kind)
	case "kubelet.config.k8s.io":
		return version == "v1beta1" && kind == "KubeletConfiguration"
	case "kubeproxy.config.k8s.io":
		return version == "v1alpha1" && kind == "KubeProxyConfiguration"
	}
	return false
}

// empty refuses documents of comments and blank lines.
func (x *validation) empty(f *source.File) {
	var c Config
	c.emptyDocuments(f)
	for _, p := range c.Problems {
		x.say(Problem{Kind: ProblemStructure, Pos: p.Where[0].Position, Message: "a document of comments or blank lines has neither kind nor apiVersion"})
	}
}

// documents decodes the documents that kubeadm reads: with one of kubeadm init all, else those of other commands.
func (x *validation) documents(docs []*source.Node) {
	for _, o := range docs {
		if !x.reads(o) {
			continue
		}
		kind, api := o.Get("kind").Str(), o.Get("apiVersion").Str()
		group, version, _ := strings.Cut(api, "/")
		if group != kubeadmGroup {
			continue
		}
		if !x.apiVersion(o, version, kind) {
			continue
		}
		if t := strictKind(kind, version); t != nil {
			strictWalk{minor: x.minor(), say: x.say}.value(o, t, "")
		}
	}
}

// reads reports whether kubeadm decodes a document.
func (x *validation) reads(o *source.Node) bool {
	kind := o.Get("kind").Str()
	if x.init {
		return kind != ""
	}
	_, known := commandKinds[kind]
	return known
}

// minor returns the minor release, that of the newest release for those of another major one.
func (x *validation) minor() int {
	if x.v.Major > 1 {
		return fact.NewestKubernetes().Minor
	}
	return x.v.Minor
}

// apiVersion tells an API version that the release does not read, or is about not to, and reports whether it reads it.
// v1beta4 was an experiment up to v1.30.
func (x *validation) apiVersion(o *source.Node, version, kind string) bool {
	pos := positionOr(o.Get("apiVersion").Value().Pos, o.Pos)
	state, msg := refuseAPIVersion(version, kind, x.v)
	if version == "v1beta4" && x.minor() < 31 && state == apiRead {
		state, msg = apiExperimental, fmt.Sprintf("experimental API spec: %q (kind: %q) is not allowed", kubeadmGroup+"/"+version, kind)
	}
	if state == apiOld || state == apiExperimental {
		x.say(Problem{Kind: ProblemAPIVersion, Pos: pos, Path: "apiVersion", Message: msg})
		return false
	}
	for _, a := range apiVersions {
		if a.name == version && a.deprecated > 0 && x.minor() >= a.deprecated {
			x.say(Problem{Kind: ProblemAPIVersion, Pos: pos, Path: "apiVersion", Warning: true, Message: fmt.Sprintf("deprecated API spec: %q (kind: %q)", kubeadmGroup+"/"+version, kind)})
		}
	}
	return state == apiRead
}

// duplicates tells keys that stand twice in documents that kubeadm decodes.
func (x *validation) duplicates(f *source.File, docs []*source.Node) {
	for _, d := range f.Duplicates() {
		last := d[1]
		read := false
		for _, o := range docs { // in the order of the file: the document is the last that begins before
			if o.Pos.Line > last.KeyPos.Line {
				break
			}
			read = x.reads(o)
		}
		if read {
			x.say(Problem{Kind: ProblemDuplicateKey, Pos: last.KeyPos, Path: last.Key, Message: fmt.Sprintf("key %q already set, at %v", last.Key, d[0].KeyPos)})
		}
	}
}

// values tells what kubeadm refuses of the ranges.
func (x *validation) values(c Config) {
	at := map[string]fact.Position{
		"networking.podSubnet":     c.Cluster.PodSubnet.Pos,
		"networking.serviceSubnet": c.Cluster.ServiceSubnet.Pos,
		"networking.dnsDomain":     c.Cluster.DNSDomain.Pos,
	}
	for _, r := range c.Networking().Refusals(x.v) {
		x.say(Problem{Kind: ProblemValue, Pos: positionOr(at[r.Field], c.Cluster.Pos), Path: r.Field, Message: r.Message})
	}
}
