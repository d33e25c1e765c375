package kubeadm

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// eachObject calls f for each object of a YAML or JSON text, the items of lists one by one. A text that holds none of
// the words is not even parsed, whatever is wrong with it.
// What is read before an error is given to f; the error is an *[source.Error].
func eachObject(file *source.File, words []string, f func(*source.Node)) error {
	if !slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(file.Data, []byte(w)) }) {
		return nil
	}
	docs, err := file.YAML()
	if err != nil {
		if sections := describedData(file); len(sections) > 0 {
			docs, err = nil, nil
			for _, s := range sections {
				d, serr := s.YAML()
				docs = append(docs, d...)
				if err == nil {
					err = serr
				}
			}
		}
	}
	for _, d := range docs {
		items := d.Get("items")
		if d != nil && d.Kind == source.Sequence {
			items = d
		}
		if items == nil || items.Kind != source.Sequence {
			if d != nil && d.Kind == source.Mapping {
				f(d.AsConfigMap())
			}
			continue
		}
		for _, it := range items.Items {
			if it.Kind == source.Mapping {
				f(it.AsKind(d.ItemKind()))
			}
		}
	}
	return err
}

// describedKey matches the head of a value in what kubectl describe prints of a ConfigMap.
var describedKey = regexp.MustCompile(`(?m)^([-\w.]+):\n-{4}\n`)

// describedData returns the values of the ConfigMaps that kubectl describe prints, each as a file whose places are
// those in f; none for any other text.
func describedData(f *source.File) []*source.File {
	if !bytes.Contains(f.Data, []byte("\nData\n====\n")) || len(f.Data) > 1<<20 {
		return nil
	}
	var out []*source.File
	heads := describedKey.FindAllIndex(f.Data, 100)
	for i, at := range heads {
		end := len(f.Data)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		text := f.Data[at[1]:end]
		for _, stop := range []string{"\n\nBinaryData\n====", "\nEvents:"} {
			if k := bytes.Index(text, []byte(stop)); k >= 0 {
				text = text[:k+1]
			}
		}
		above := bytes.Count(f.Data[:at[1]], []byte("\n"))
		s, err := source.New(f.Name, append(bytes.Repeat([]byte("\n"), above), text...), source.Limits{})
		if err == nil {
			out = append(out, s)
		}
	}
	return out
}

// eachEmbedded calls f for each document of that kind in the values of a ConfigMap.
// A value that is no YAML is passed over: it is another program's.
func eachEmbedded(configMap *source.Node, kind string, f func(*source.Node)) {
	data := configMap.Get("data")
	if data == nil {
		return
	}
	for _, e := range data.Entries {
		if !strings.Contains(e.Value.Text, kind) {
			continue
		}
		docs, _ := e.Value.File().YAML()
		for _, d := range docs {
			if d.Get("kind").Str() == kind {
				f(d)
			}
		}
	}
}

// containers returns the containers of a Pod, or of the template of a workload.
func containers(n *source.Node) []*source.Node {
	spec := n.Get("spec")
	switch n.Get("kind").Str() {
	case "Pod":
	case "DaemonSet", "Deployment", "StatefulSet", "ReplicaSet", "Job":
		spec = n.Get("spec", "template", "spec")
	default:
		return nil
	}
	if c := spec.Get("containers"); c != nil {
		return c.Items
	}
	return nil
}

// programArgs returns the words of a container's command and args behind the program of that name, and where it is
// named.
func programArgs(c *source.Node, program string) (args []fact.Value[string], pos fact.Position, ok bool) {
	for _, key := range []string{"command", "args"} {
		list := c.Get(key)
		if list == nil {
			continue
		}
		for _, w := range list.Items {
			if t := w.Str(); !ok && (t == program || strings.HasSuffix(t, "/"+program)) {
				ok, pos = true, w.Pos
				continue
			}
			if ok {
				args = append(args, w.Value())
			}
		}
	}
	return args, pos, ok
}

// A flagSet is the flags that were given and that somebody asks for.
type flagSet map[string][]fact.Value[string]

// last returns the value that counts of a flag, the zero Value where it is not given.
func (f flagSet) last(name string) fact.Value[string] {
	if v := f[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	return fact.Value[string]{}
}

// parseFlags reads flags as pflag does, where known tells which there are that matter: "--f=v" and "--f v", underscores
// for dashes. Words that belong to other flags are passed over.
func parseFlags(words []fact.Value[string], known map[string]bool) flagSet {
	f := flagSet{}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !strings.HasPrefix(w.Text, "--") {
			continue
		}
		name, text, hasValue := strings.Cut(w.Text[2:], "=")
		name = strings.ReplaceAll(name, "_", "-")
		if !known[name] {
			continue
		}
		v := fact.Value[string]{V: text, Text: text, Pos: w.Pos}
		switch {
		case hasValue:
			v.Pos.Column += len(w.Text) - len(text)
		case i+1 < len(words):
			i++
			v = words[i]
		default:
			continue
		}
		f[name] = append(f[name], v)
	}
	return f
}

// kubeProxyFlags are the flags of kube-proxy that matter here; each takes a value.
// k8s.io/kubernetes v1.37.2 cmd/kube-proxy/app/options.go Options.AddFlags.
var kubeProxyFlags = map[string]bool{"config": true, "cluster-cidr": true, "detect-local-mode": true, "proxy-mode": true, "hostname-override": true}

// kubeletFlags are the flags of kubelet that matter here; each takes a value.
// k8s.io/kubernetes v1.37.2 cmd/kubelet/app/options/options.go.
var kubeletFlags = map[string]bool{"cluster-dns": true, "max-pods": true, "pod-cidr": true, "node-ip": true, "node-cidr-mask-size": true, "hostname-override": true, "config": true, "network-plugin": true}
