package netdist

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// An object is an object of Kubernetes, with what every row asks for.
type object struct {
	*source.Node
	kind, group, version string
	name, namespace      string
	data                 *source.Node // of a ConfigMap
	containers           []container  // of what holds a pod
}

// A container is a container of a pod, with the network whose image it runs.
type container struct {
	node  *source.Node
	name  string
	image *source.Node
	row   string // name of the network, "" for none
	agent bool
	tag   string
}

// document reads one document and what it carries.
func (r *reader) document(n *source.Node, depth int) {
	if n == nil || depth > deepest {
		return
	}
	if n.Kind == source.Sequence {
		r.fragment(n.Items)
		return
	}
	if n.Kind != source.Mapping {
		return
	}
	if items := n.Get("items"); items != nil && items.Kind == source.Sequence {
		for _, it := range items.Items {
			r.document(it, depth)
		}
		return
	}
	if n.IsSecret() {
		return
	}
	if n.Get("apiVersion") != nil {
		n = n.AsConfigMap()
	}
	o := newObject(n)
	if o.kind == "" {
		if o.group != "" || o.version != "" {
			return
		}
		if list := n.Get("containers"); list != nil && list.Kind == source.Sequence {
			r.fragment(list.Items)
		} else if n.Get("image") != nil && (n.Get("env") != nil || n.Get("args") != nil || n.Get("command") != nil) {
			r.fragment([]*source.Node{n})
		} else if data := cutData(n); data != nil {
			r.ask(&object{Node: n, kind: "ConfigMap", data: data})
		} else {
			r.values(n, "")
		}
		return
	}
	if r.carrier(o, depth) {
		return
	}
	o.containers = r.containersOf(o)
	r.images(o)
	r.ask(o)
}

// cutData returns the data of a ConfigMap of which nothing else is shown, or nil.
func cutData(n *source.Node) *source.Node {
	for _, m := range []*source.Node{n, n.Get("data")} {
		if m.Get("cluster-pool-ipv4-cidr") != nil || m.Get("cluster-pool-ipv6-cidr") != nil {
			return m
		}
	}
	return nil
}

// ask asks all rows about an object.
func (r *reader) ask(o *object) {
	for i := range r.rows {
		if read := r.rows[i].object; read != nil {
			read(r, o)
		}
	}
}

// fragment reads containers that were cut out of their object.
func (r *reader) fragment(list []*source.Node) {
	o := &object{Node: &source.Node{Kind: source.Mapping}, kind: "Pod"}
	o.containers = r.containers(list, true)
	if len(o.containers) == 0 {
		return
	}
	r.images(o)
	for i := range r.rows {
		if read := r.rows[i].object; read != nil {
			read(r, o)
		}
	}
}

func newObject(n *source.Node) *object {
	o := &object{
		Node: n, kind: n.Get("kind").Str(), name: n.Get("metadata", "name").Str(),
		namespace: n.Get("metadata", "namespace").Str(),
	}
	group, version, ok := strings.Cut(n.Get("apiVersion").Str(), "/")
	if !ok {
		group, version = "", group
	}
	o.group, o.version = group, version
	if o.kind == "ConfigMap" {
		o.data = n.Get("data")
	}
	return o
}

// is reports whether o is of that kind, in the API group.
func (o *object) is(kind, group string) bool { return o.kind == kind && o.group == group }

// configMap reports whether o is a ConfigMap with the key.
func (o *object) configMap(key string) bool { return o.data.Get(key) != nil }

// values asks every chart about a document that is no object; chart is its name where something says it.
func (r *reader) values(n *source.Node, chart string) {
	if n == nil || n.Kind != source.Mapping {
		return
	}
	for i := range r.rows {
		if read := r.rows[i].values; read != nil && read(r, n, chart) {
			return
		}
	}
	if chart == "" {
		r.subcharts(n)
	}
}

// subcharts reads values of charts that another one depends on: they stand below the chart's name. A key of that name
// without a range is something else.
func (r *reader) subcharts(n *source.Node) {
	for _, e := range n.Entries {
		row, ok := ByName(e.Key)
		if !ok || row.values == nil || r.nets[row.Name] != nil || e.Value == nil || e.Value.Kind != source.Mapping {
			continue
		}
		row.values(r, e.Value, e.Key)
		if f := r.nets[row.Name]; f != nil && len(f.Ranges) == 0 {
			delete(r.nets, row.Name)
		}
	}
}

// carrier reads the documents that o carries in texts, and reports whether o is nothing else.
func (r *reader) carrier(o *object, depth int) bool {
	switch {
	case o.group == "helm.cattle.io" && (o.kind == "HelmChart" || o.kind == "HelmChartConfig"):
		// k3s and RKE2: the name is that of the chart, as rke2-cilium.
		chart := o.name
		if c := o.Get("spec", "chart").Str(); c != "" {
			chart = c
		}
		r.valuesIn(o.Get("spec", "valuesContent"), chart)
		r.values(o.Get("spec", "values"), chart)
		return true
	case o.is("HelmRelease", "helm.toolkit.fluxcd.io"):
		r.values(o.Get("spec", "values"), o.Get("spec", "chart", "spec", "chart").Str())
		return true
	case o.is("HelmChartProxy", "addons.cluster.x-k8s.io"):
		r.valuesIn(o.Get("spec", "valuesTemplate"), o.Get("spec", "chartName").Str())
		return true
	case o.is("Application", "argoproj.io"):
		sources := []*source.Node{o.Get("spec", "source")}
		if list := o.Get("spec", "sources"); list != nil {
			sources = append(sources, list.Items...)
		}
		for _, s := range sources {
			chart := s.Get("chart").Str()
			r.valuesIn(s.Get("helm", "values"), chart)
			r.values(s.Get("helm", "valuesObject"), chart)
		}
		return true
	case o.kind == "ConfigMap" && o.group == "":
		r.manifestsIn(o.data, depth)
	}
	return false
}

// valuesIn reads values that are a text.
func (r *reader) valuesIn(n *source.Node, chart string) {
	if n.Str() == "" {
		return
	}
	docs, _ := n.File().YAML()
	for _, d := range docs {
		r.values(d, chart)
	}
}

// manifestsIn reads the manifests in a ConfigMap's data, as a ClusterResourceSet of Cluster API
// holds them, and values of charts.
func (r *reader) manifestsIn(data *source.Node, depth int) {
	if data == nil {
		return
	}
	for _, e := range data.Entries {
		text := e.Value.Str()
		if strings.HasSuffix(e.Key, "values.yaml") || strings.HasSuffix(e.Key, "values.yml") {
			r.valuesIn(e.Value, "")
			continue
		}
		if !strings.Contains(text, "kind:") && !strings.Contains(text, `"kind"`) || !strings.Contains(text, "metadata") ||
			!mentioned([]byte(text)) {
			continue
		}
		docs, _ := e.Value.File().YAML()
		for _, d := range docs {
			if d.Get("kind") != nil && d.Get("apiVersion") != nil {
				r.document(d, depth+1)
			}
		}
	}
}

// podSpec returns the pod spec of a workload, nil for other objects.
func podSpec(o *object) *source.Node {
	switch o.kind {
	case "DaemonSet", "Deployment", "StatefulSet", "ReplicaSet", "Job":
		return o.Get("spec", "template", "spec")
	case "Pod":
		return o.Get("spec")
	}
	return nil
}

func (r *reader) containersOf(o *object) []container {
	spec := podSpec(o)
	if spec == nil {
		return nil
	}
	var out []container
	for _, list := range []string{"containers", "initContainers"} {
		l := spec.Get(list)
		if l == nil {
			continue
		}
		out = append(out, r.containers(l.Items, list == "containers")...)
	}
	return out
}

// containers returns the containers of a list; run says that they are none that end before the pod is up.
func (r *reader) containers(list []*source.Node, run bool) []container {
	var out []container
	for _, n := range list {
		if n == nil || n.Kind != source.Mapping {
			continue
		}
		c := container{node: n, name: n.Get("name").Str(), image: n.Get("image")}
		row, agent, ok := byImage(r.rows, c.image.Str())
		if ok {
			c.row, c.agent = row.Name, agent && run
			_, c.tag = splitImage(c.image.Str())
		}
		out = append(out, c)
	}
	return out
}

// images sees the networks whose agents o runs. One that runs flannel beside Calico is Canal.
func (r *reader) images(o *object) {
	flannel, calico := -1, -1
	for i, c := range o.containers {
		switch {
		case c.agent && c.row == "flannel":
			flannel = i
		case c.agent && c.row == "calico":
			calico = i
		}
	}
	canal := flannel >= 0 && calico >= 0
	for i := range o.containers {
		c := &o.containers[i]
		if canal && (c.row == "flannel" || c.row == "calico") {
			c.row, c.agent = "canal", c.agent && i == calico
		}
		if !c.agent || c.row == "flannel" { // package flannel reads its pods
			continue
		}
		n := r.see(c.row, "image", c.image)
		if n.Release == "" {
			n.Release = release(c.tag)
		}
	}
}

// run returns the containers of o that belong to the network, agents or not.
func (o *object) run(name string) []container {
	var out []container
	for _, c := range o.containers {
		if c.row == name {
			out = append(out, c)
		}
	}
	return out
}

// env returns the value of an environment variable, nil where it is not set or comes from elsewhere.
func (c container) env(name string) *source.Node {
	list := c.node.Get("env")
	if list == nil {
		return nil
	}
	var v *source.Node
	for _, e := range list.Items {
		if e.Get("name").Str() == name {
			v = e.Get("value") // the last of several counts
		}
	}
	return v
}

// envFrom returns the ConfigMap key that an environment variable comes from, "" for none.
func (c container) envFrom(name string) string {
	list := c.node.Get("env")
	if list == nil {
		return ""
	}
	for _, e := range list.Items {
		if e.Get("name").Str() == name {
			return e.Get("valueFrom", "configMapKeyRef", "key").Str()
		}
	}
	return ""
}

// An argument is a flag of a command line.
type argument struct {
	name, text string
	pos        Position
}

// flags returns the flags of command and args that have the names, the last of each: in lists, and in the text of a
// shell's -c.
func (c container) flags(names ...string) map[string]argument {
	out := map[string]argument{}
	for _, list := range []string{"command", "args"} {
		l := c.node.Get(list)
		if l == nil {
			continue
		}
		pending := ""
		for _, it := range l.Items {
			text := it.Str()
			if pending != "" && !strings.HasPrefix(text, "-") {
				out[pending] = argument{pending, text, Position(it.Pos)}
				pending = ""
				continue
			}
			pending = ""
			words := elements(text, " \t\n\\")
			for i, w := range words {
				name, value, ok := strings.Cut(strings.TrimLeft(w.text, "-"), "=")
				if !strings.HasPrefix(w.text, "-") || !contains(names, name) {
					continue
				}
				off := w.off + len(w.text) - len(value)
				switch {
				case ok && value != "":
				case i+1 < len(words) && !strings.HasPrefix(words[i+1].text, "-"):
					value, off = words[i+1].text, words[i+1].off
				case i+1 == len(words) && !ok:
					pending = name
					continue
				default:
					continue
				}
				if unq := strings.Trim(value, `"'`); unq != value {
					off += strings.Index(value, unq)
					value = unq
				}
				out[name] = argument{name, value, Position(it.File().Position(off))}
			}
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if t == s {
			return true
		}
	}
	return false
}

// addFlag adds the ranges of a flag.
func (n *found) addFlag(rg Range, fl argument, fm form, seps string) {
	if fl.text == "" || isTemplate(fl.text) {
		return
	}
	for _, e := range elements(fl.text, seps) {
		pos := fl.pos
		pos.Column += e.off
		n.addText(rg, e.text, pos, fm)
	}
}

// number returns a whole number of a scalar, also of one in quotes; 0 for anything else.
func number(n *source.Node) int {
	v := 0
	text := strings.TrimSpace(n.Str())
	if text == "" || len(text) > 4 {
		return 0
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0
		}
		v = v*10 + int(c-'0')
	}
	return v
}

// block sets the size of a node's part from a scalar, or the default for the family of the range.
func (rg Range) block(n *source.Node, def int) Range {
	rg.BlockSize, rg.BlockDefault, rg.BlockPos = def, def > 0, Position{}
	if v := number(n); v > 0 {
		rg.BlockSize, rg.BlockDefault, rg.BlockPos = v, false, Position(n.Pos)
	}
	return rg
}

// blockFor sets default sizes by family for ranges of which nobody wrote one, as it is known once they are parsed.
func blockFor(rs []Range, size *source.Node, v4, v6 int) {
	for i := range rs {
		def := v4
		if rs[i].IPv6() {
			def = v6
		}
		if rs[i].BlockSize == 0 {
			rs[i] = rs[i].block(size, def)
		}
	}
}
