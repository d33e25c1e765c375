// Package shapes prints the facts of a bundle of files in the forms in which people paste them, so that the tests
// can ask whether a verdict depends on the form. Facts go in, frames come out:
//
//	facts, err := shapes.FromFiles(bundle)
//	for _, frame := range shapes.Frames() {
//		if frame.Needs(facts) {
//			pasted := frame.Print(facts)
//		}
//	}
//
// The printers follow the upstream programs and know nothing of the readers of this module: a frame that a reader
// does not understand is what the package is for. It is for tests alone. Hosts that a bundle does not name are
// called m1, as one control plane needs a name in most forms; times, process ids and hashes are constants. Same
// facts, same bytes.
package shapes

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Facts are what a bundle of files says, in plain data. Every fact knows the part of a file that it comes from, so
// that a frame can take it out and leave the rest as it is.
type Facts struct {
	Nodes      []Node
	Processes  []Process
	ConfigMaps []ConfigMap
	Services   []Service
	Logs       []Log
	// Documents are configuration files: of kubeadm, kubelet and kube-proxy.
	Documents []Document
	// NetConfs, SubnetEnvs and Commands are flannel's own files and lines that somebody typed.
	NetConfs, SubnetEnvs, Commands []Text
	HostLinks                      []HostLinks
	// Outputs are what tools of hosts and kubectl print, pasted already: routes, tables, descriptions.
	Outputs []Text
	// Objects are all other objects of Kubernetes, such as the DaemonSet beside a ConfigMap.
	Objects []Document
	// Other is what is not known, verbatim.
	Other []Text
}

// Source is a part of a file: a document of a stream, or the whole.
type Source struct {
	File string
	Part int    // position in the file, from 0
	Text string // verbatim; the parts of a file in order are the file
}

// Node is a Node object. All nodes of a list have the source of the list.
type Node struct {
	Source
	Name        string
	InternalIPs []string
	PodCIDRs    []string // primary family first; none where unset
	Object      map[string]any
}

// Process is a program of a control plane or a node with its flags, from a static pod or a unit.
type Process struct {
	Source
	Host    string   // "" where the bundle does not say
	Program string   // such as kube-controller-manager
	Argv    []string // the program first; flags in order
	Image   string   // "" for a unit
	Pod     map[string]any
}

// ConfigMap is a ConfigMap object. Data stands in the order of its keys.
type ConfigMap struct {
	Source
	Namespace, Name string
	Keys            []string
	Data            map[string]string
	Object          map[string]any
}

// Service is a Service object.
type Service struct {
	Source
	Namespace, Name string
	Object          map[string]any
}

// Log is what a program wrote, without the frame of a journal.
type Log struct {
	Source
	Host, Program string
	Lines         []string
}

// Document is an object or a configuration file, verbatim.
type Document struct {
	Source
	Host, Kind string
}

// Text is a file of a host, verbatim.
type Text struct {
	Source
	Host string
}

// Frame is a form in which facts are pasted.
type Frame struct {
	Name string
	// Needs reports whether the facts are such that the frame says something new and can carry them.
	Needs func(Facts) bool
	// Print returns the files, by slash-separated name. Facts that the frame does not carry stay in the files of
	// the bundle.
	Print func(Facts) map[string][]byte
	// Loses returns the facts without those that the frame cannot carry, nil where it carries all that it prints.
	// Where the verdict depends on one of them, the frame is not for these facts.
	Loses func(Facts) Facts
}

// Frames returns all frames.
func Frames() []Frame {
	return slices.Concat(processFrames(), logOfProcessFrames(), nodeFrames(), configFrames(), hostFileFrames(),
		linkFrames(), logFrames(), serviceFrames(), bundleFrames(), treeFrames(), byteFrames())
}

// Files returns the facts in the form of the bundle.
func (f Facts) Files() map[string][]byte { return f.rest(nil) }

// sources returns the parts of all facts, each once.
func (f Facts) sources() map[partOf]Source {
	out := map[partOf]Source{}
	add := func(s Source) { out[s.key()] = s }
	for _, n := range f.Nodes {
		add(n.Source)
	}
	for _, p := range f.Processes {
		add(p.Source)
	}
	for _, c := range f.ConfigMaps {
		add(c.Source)
	}
	for _, s := range f.Services {
		add(s.Source)
	}
	for _, l := range f.Logs {
		add(l.Source)
	}
	for _, h := range f.HostLinks {
		add(h.Source)
	}
	for _, d := range slices.Concat(f.Documents, f.Objects) {
		add(d.Source)
	}
	for _, t := range slices.Concat(f.NetConfs, f.SubnetEnvs, f.Commands, f.Outputs, f.Other) {
		add(t.Source)
	}
	return out
}

type partOf struct {
	file string
	part int
}

func (s Source) key() partOf { return partOf{s.File, s.Part} }

// rest returns the files of the bundle without the parts that a frame has taken.
func (f Facts) rest(taken []Source) map[string][]byte {
	all := f.sources()
	for _, s := range taken {
		delete(all, s.key())
	}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b partOf) int {
		if a.file != b.file {
			return strings.Compare(a.file, b.file)
		}
		return a.part - b.part
	})
	out := map[string][]byte{}
	for _, k := range keys {
		out[k.file] = append(out[k.file], all[k].Text...)
	}
	return out
}

// with returns the rest of the bundle and the files that replace what was taken.
func (f Facts) with(taken []Source, files map[string]string) map[string][]byte {
	out := f.rest(taken)
	for _, name := range sorted(files) {
		put(out, name, files[name])
	}
	return out
}

// sourcesOf returns the parts that facts come from.
func sourcesOf[T interface{ source() Source }](facts []T) []Source {
	out := make([]Source, len(facts))
	for i, t := range facts {
		out[i] = t.source()
	}
	return out
}

func (s Source) source() Source { return s }

// FromFiles returns the facts of a bundle in the simple forms of testdata/incidents.
func FromFiles(fsys fs.FS) (Facts, error) {
	var f Facts
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f.addFile(name, string(data))
		return nil
	})
	return f, err
}
