package flannel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Daemon is a flannel container of a DaemonSet or Pod: which release it is and how it is started. The zero value is a
// container of which nothing is known.
type Daemon struct {
	Object  string             // "DaemonSet kube-flannel/kube-flannel-ds"
	Image   fact.Value[string] // as written
	Version fact.Version       // told from the image's tag, zero if the tag does not tell
	// KubeSubnetMgr is --kube-subnet-mgr, or FLANNELD_KUBE_SUBNET_MGR in the environment: flannel takes subnets from
	// Node objects, and SubnetLen, SubnetMin and SubnetMax of net-conf.json have no effect. Where it is not given, Pos
	// is that of the arguments.
	KubeSubnetMgr fact.Value[bool]
	ModeKnown     bool                 // the arguments, or the environment, are all there to tell the mode
	IPMasq        fact.Value[bool]     // --ip-masq
	Args          []fact.Value[string] // command and args
}

// String returns the object, the release and the mode.
func (d Daemon) String() string {
	v := d.Version.String()
	if v == "" {
		v = "of an unknown release"
	}
	mode := "with etcd"
	if d.KubeSubnetMgr.V {
		mode = "with --kube-subnet-mgr"
	}
	return fmt.Sprintf("%s: flannel %s %s", d.Object, v, mode)
}

// Statements returns what the container says for plan.Check.
func (d Daemon) Statements() []fact.Statement {
	var out []fact.Statement
	if !d.Version.IsZero() {
		out = append(out, fact.Statement{Component: fact.Flannel, Pos: d.Image.Pos, Role: fact.RoleSetting, Setting: fact.SettingVersion, Key: "image", Text: d.Version.String()})
	}
	if name, ok := strings.CutPrefix(d.Object, "DaemonSet "); ok && strings.Contains(name, "/") {
		out = append(out, fact.Statement{Component: fact.Flannel, Pos: d.Image.Pos, Role: fact.RoleSetting, Setting: fact.SettingWorkload, Key: "metadata.name", Text: name})
	}
	out = append(out, fact.Statement{
		Component: fact.Flannel, Pos: d.KubeSubnetMgr.Pos, Role: fact.RoleSetting, Setting: fact.SettingKubeSubnetMgr,
		Key: "--kube-subnet-mgr", Bool: d.KubeSubnetMgr.V, Text: d.KubeSubnetMgr.Text, Default: !d.ModeKnown,
	})
	return out
}

// workload reads the flannel containers of an object with a pod template, or of a pod.
func (d *Document) workload(n *source.Node, kind string) {
	_, _, display := objectName(n)
	spec := n.Get("spec", "template", "spec")
	if spec == nil {
		spec = n.Get("spec")
	}
	containers := spec.Get("containers")
	if containers == nil {
		return
	}
	for _, c := range containers.Items {
		if m, ok := readDaemon(c, kind+" "+display); ok {
			d.Daemons = append(d.Daemons, m)
		}
	}
}

// readDaemon reads a container; ok is false if it does not run flannel.
func readDaemon(c *source.Node, object string) (d Daemon, ok bool) {
	d = Daemon{Object: object, Image: c.Get("image").Value()}
	var words []fact.Value[string]
	for _, key := range []string{"command", "args"} {
		list := c.Get(key)
		if list == nil {
			continue
		}
		d.KubeSubnetMgr.Pos = list.Pos
		for _, w := range list.Items {
			v := w.Value()
			d.Args = append(d.Args, v)
			words = append(words, shellWords(v)...)
		}
	}
	image := strings.ToLower(d.Image.V)
	repository, tag := splitImage(image)
	name := repository[strings.LastIndexByte(repository, '/')+1:]
	runs := strings.Contains(name, "flannel") && !strings.Contains(name, "cni")
	for _, w := range words {
		runs = runs || w.V == "flanneld" || strings.HasSuffix(w.V, "/flanneld")
	}
	if !runs {
		return Daemon{}, false
	}
	if v, err := fact.ParseVersion(tag); err == nil {
		d.Version = v
	}
	if !d.KubeSubnetMgr.Pos.IsValid() {
		d.KubeSubnetMgr.Pos = c.Pos
	}
	// The environment counts where the command line is silent (flannel main.go SetFlagsFromEnv, prefix FLANNELD).
	for _, e := range itemsOf(c.Get("env")) {
		switch value := e.Get("value"); e.Get("name").Str() {
		case "FLANNELD_KUBE_SUBNET_MGR":
			setBool(&d.KubeSubnetMgr, value.Str(), value.Value().Pos, e.Get("name").Str()+"="+value.Str())
		case "FLANNELD_IP_MASQ":
			setBool(&d.IPMasq, value.Str(), value.Value().Pos, e.Get("name").Str()+"="+value.Str())
		}
	}
	for _, w := range words {
		name, ok := strings.CutPrefix(w.V, "-")
		if !ok {
			continue // the program, or the value of the flag before it
		}
		name = strings.TrimPrefix(name, "-")
		name, value, has := strings.Cut(name, "=")
		if !has {
			value = "true"
		}
		switch name {
		case "kube-subnet-mgr":
			setBool(&d.KubeSubnetMgr, value, w.Pos, w.V)
		case "ip-masq":
			setBool(&d.IPMasq, value, w.Pos, w.V)
		}
	}
	d.ModeKnown = d.KubeSubnetMgr.Text != "" || len(d.Args) > 0 && c.Get("envFrom") == nil
	return d, true
}

func itemsOf(n *source.Node) []*source.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func setBool(v *fact.Value[bool], value string, pos fact.Position, text string) {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return
	}
	*v = fact.Value[bool]{V: b, Text: text, Pos: pos}
}

// shellWords splits an argument that is a command line for a shell ("exec /opt/bin/flanneld --ip-masq"); others stay
// whole.
func shellWords(v fact.Value[string]) []fact.Value[string] {
	if !strings.Contains(v.V, "flanneld ") {
		return []fact.Value[string]{v}
	}
	var out []fact.Value[string]
	for _, w := range strings.Fields(v.V) {
		out = append(out, fact.Value[string]{V: strings.Trim(w, `"'`), Text: w, Pos: v.Pos})
	}
	return out
}

// splitImage returns the repository and the tag of an image reference; a digest is dropped.
func splitImage(image string) (repository, tag string) {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[:i], image[i+1:]
	}
	return image, ""
}
