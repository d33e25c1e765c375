package kubeadm

import (
	"path"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Process is kube-controller-manager or kube-apiserver with its arguments, as a manifest, a systemd unit or a command
// line starts it. The zero value names no program.
type Process struct {
	CommandLine
	Name     fact.Value[string] // of the pod; unset outside of manifests
	Host     string             // that it runs on, as far as the file says: spec.nodeName, or a shell prompt
	Image    fact.Value[string] // of the container
	Endpoint fact.Value[string] // address and port that kubeadm noted on kube-apiserver's pod, since 1.18
	// Env holds the variables of the container whose value the file does not say, such as references to status.hostIP.
	Env []string
}

// String returns the program with its effective flags about addresses, in one line:
// "kube-controller-manager v1.30.1 --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16".
func (p Process) String() string {
	s := p.CommandLine.String()
	if v := p.Version.String(); v != "" {
		s = strings.Replace(s, string(p.Component), string(p.Component)+" "+v, 1)
	}
	return s
}

// endpointAnnotation is where kubeadm notes the host's own API endpoint.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/constants/constants.go KubeAPIServerAdvertiseAddressEndpointAnnotationKey.
const endpointAnnotation = "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"

// ParseManifests reads the containers of a YAML or JSON file that run kube-controller-manager or kube-apiserver: static-pod
// manifests, pods as kubectl prints them, also in lists, and the pod templates of other workloads. The release is taken from
// the image's tag.
//
// Objects of other kinds give nothing. The error is that of text which is no YAML; what stood before it is returned with it.
func ParseManifests(name string, data []byte) ([]Process, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return nil, err
	}
	return readManifests(f)
}

func readManifests(f *source.File) ([]Process, error) {
	docs, err := f.YAML()
	var out []Process
	for _, o := range objects(docs) {
		out = append(out, processes(o)...)
	}
	return out, err
}

// processes returns the control-plane programs that a pod, or a workload's template, runs.
func processes(o *source.Node) []Process {
	meta, spec := o.Get("metadata"), o.Get("spec")
	switch o.Get("kind").Str() {
	case "Pod":
	case "Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "PodTemplate", "Job", "": // or cut out of one
		t := spec.Get("template")
		if t == nil {
			t = o.Get("template")
		}
		meta, spec = t.Get("metadata"), t.Get("spec")
	default:
		return nil
	}
	containers := spec.Get("containers")
	if containers == nil {
		return nil
	}
	var out []Process
	for _, c := range containers.Items {
		p, ok := process(c)
		if !ok {
			continue
		}
		p.Name = o.Get("metadata", "name").Value()
		p.Host = spec.Get("nodeName").Str()
		if p.Component == fact.APIServer {
			p.Endpoint = meta.Get("annotations", endpointAnnotation).Value()
		}
		out = append(out, p)
	}
	return out
}

// process reads a container; what is no mapping is none.
func process(c *source.Node) (Process, bool) {
	var p Process
	env, unknown := containerEnv(c.Get("env"))
	p.Env = unknown
	var words []Word
	var nodes []*source.Node
	for _, key := range []string{"command", "args"} {
		list := c.Get(key)
		if list == nil || list.Kind != source.Sequence {
			continue
		}
		for _, item := range list.Items {
			words = append(words, itemWord(item, env))
			nodes = append(nodes, item)
		}
	}
	words = unwrapJSON(unwrapShell(words, nodes, env), nodes)
	i, comp := findProgram(words)
	if comp == "" {
		// No program is named: the image's entry point, or its name, decides.
		comp = componentOf(c.Get("name").Str())
		if comp == "" {
			comp = componentOf(imageName(c.Get("image").Str()))
		}
		if comp == "" || len(words) > 0 && !strings.HasPrefix(words[0].Text, "-") {
			return Process{}, false
		}
		i = -1
	}
	p.Component = comp
	p.Args = words[i+1:]
	p.Pos = c.Pos
	for _, key := range []string{"args", "command"} {
		if n := c.Get(key); n != nil {
			p.Pos = n.Pos
		}
	}
	if i >= 0 {
		p.Pos = words[i].Pos
	}
	p.Image = c.Get("image").Value()
	p.Version = imageVersion(p.Image.V)
	return p, true
}

// itemWord returns one item of command or args with its references resolved.
func itemWord(n *source.Node, env environment) Word {
	if n == nil {
		return Word{}
	}
	text, at := expandRefs(n.Str(), env.lookup)
	w := Word{Text: text, Pos: n.Pos, ValuePos: n.Pos, Unknown: env.refersUnknown(n.Str())}
	if eq := strings.IndexByte(text, '='); eq >= 0 {
		off := eq + 1
		if at != nil {
			off = len(n.Str())
			if eq+1 < len(at) {
				off = at[eq+1]
			}
		}
		w.ValuePos = n.File().Position(off)
	}
	return w
}

// unwrapShell replaces `sh -c TEXT` by the words of the command in the text that runs a control-plane program.
func unwrapShell(words []Word, nodes []*source.Node, env environment) []Word {
	for i, w := range words {
		if i+2 >= len(words) || !slices.Contains([]string{"sh", "bash", "ash", "dash"}, path.Base(w.Text)) {
			continue
		}
		if flag := words[i+1].Text; !strings.HasPrefix(flag, "-") || !strings.HasSuffix(flag, "c") {
			continue
		}
		n := nodes[i+2]
		text, at := expandRefs(n.Str(), env.lookup)
		f := n.File()
		where := func(off int) fact.Position {
			switch {
			case at != nil && off >= len(at):
				off = len(n.Str())
			case at != nil:
				off = at[off]
			}
			return f.Position(off)
		}
		sh := shell{vars: env.known, where: where}
		for _, cmd := range sh.commands(text) {
			if _, c := findProgram(cmd.words); c != "" {
				return cmd.words
			}
		}
	}
	return words
}

// unwrapJSON replaces a wrapper with {"command": PROGRAM, "args": [...]} in one argument by the words within, as the
// http-prober of Kubermatic has it: github.com/kubermatic/kubermatic cmd/http-prober.
func unwrapJSON(words []Word, nodes []*source.Node) []Word {
	for _, n := range nodes {
		text := n.Str()
		if !strings.HasPrefix(text, "{") || !strings.Contains(text, `"command"`) {
			continue
		}
		inner, err := source.New("", []byte(text), source.Limits{})
		if err != nil {
			continue
		}
		docs, err := inner.YAML()
		if err != nil || len(docs) != 1 {
			continue
		}
		command, args := docs[0].Get("command"), docs[0].Get("args")
		if command == nil || args == nil || args.Kind != source.Sequence {
			continue
		}
		var out []Word
		for _, w := range append([]*source.Node{command}, args.Items...) {
			if w == nil {
				continue
			}
			at := inner.Offset(w.Pos.Line, w.Pos.Column)
			p := Word{Text: w.Str(), Pos: n.File().Position(at)}
			p.ValuePos = p.Pos
			if eq := strings.IndexByte(p.Text, '='); eq >= 0 { // behind the quote
				p.ValuePos = n.File().Position(at + 1 + eq + 1)
			}
			out = append(out, p)
		}
		if _, c := findProgram(out[:min(len(out), 1)]); c != "" {
			return out
		}
	}
	return words
}

// findProgram returns the index of the word that names a control-plane program, after any wrapper such as go-runner, and
// which one it is, "" where there is none.
func findProgram(words []Word) (int, fact.Component) {
	for i, w := range words {
		if strings.HasPrefix(w.Text, "-") {
			continue
		}
		base := path.Base(w.Text)
		if base == "hyperkube" && i+1 < len(words) {
			if c := componentOf(words[i+1].Text); c != "" {
				return i + 1, c
			}
		}
		switch base {
		case "kube-controller-manager":
			return i, fact.ControllerManager
		case "kube-apiserver":
			return i, fact.APIServer
		}
	}
	return 0, ""
}

// componentOf returns the control-plane program of a short name.
func componentOf(name string) fact.Component {
	switch name {
	case "kube-controller-manager", "controller-manager":
		return fact.ControllerManager
	case "kube-apiserver", "apiserver":
		return fact.APIServer
	}
	return ""
}

// imageName returns the last part of an image's path, without tag and digest, and without the architecture that old images carry.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = path.Base(image)
	image, _, _ = strings.Cut(image, ":")
	for _, arch := range []string{"-amd64", "-arm64", "-arm", "-ppc64le", "-s390x"} {
		image = strings.TrimSuffix(image, arch)
	}
	return image
}

// imageVersion returns the release that an image's tag names, the zero Version where it names none.
func imageVersion(image string) fact.Version {
	image, _, _ = strings.Cut(image, "@")
	_, tag, _ := strings.Cut(path.Base(image), ":") // a colon before the last slash is that of a port
	tag, _, _ = strings.Cut(tag, "_")               // "v1.30.2_coreos.0"
	v, err := fact.ParseVersion(tag)
	if err != nil {
		return fact.Version{}
	}
	return v
}

// An environment holds the variables of a container.
type environment struct {
	known   map[string]string
	unknown map[string]bool // set, but to what is not in the file
}

func (e environment) lookup(name string) (string, bool) {
	v, ok := e.known[name]
	return v, ok
}

// refersUnknown reports whether s refers to a variable whose value is not in the file.
func (e environment) refersUnknown(s string) bool {
	if len(e.unknown) == 0 || !strings.Contains(s, "$(") {
		return false
	}
	found := false
	expandRefs(s, func(name string) (string, bool) {
		found = found || e.unknown[name]
		return "", false
	})
	return found
}

// maxEnv bounds the bytes of a variable's value once its references are resolved; a longer one counts as not known.
const maxEnv = 1 << 16

// containerEnv reads a container's env: later entries may refer to earlier ones.
func containerEnv(env *source.Node) (environment, []string) {
	e := environment{known: map[string]string{}, unknown: map[string]bool{}}
	if env == nil {
		return e, nil
	}
	var names []string
	budget := 16 * maxEnv
	for _, item := range env.Items {
		name := item.Get("name").Str()
		if name == "" {
			continue
		}
		v := item.Get("value")
		if v == nil && item.Get("valueFrom") == nil {
			e.known[name] = ""
			delete(e.unknown, name)
			continue
		}
		size := len(v.Str())
		expandRefs(v.Str(), func(n string) (string, bool) {
			size += len(e.known[n])
			return "", false
		})
		if v == nil || e.refersUnknown(v.Str()) || size > min(maxEnv, budget) {
			delete(e.known, name)
			e.unknown[name] = true
			names = append(names, name)
			continue
		}
		budget -= size
		e.known[name], _ = expandRefs(v.Str(), e.lookup)
		delete(e.unknown, name)
	}
	slices.Sort(names)
	return e, slices.Compact(names)
}
