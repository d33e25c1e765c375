package shapes

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// programs are the programs whose command lines are facts.
var programs = []string{
	"kube-controller-manager", "kube-apiserver", "kube-proxy", "kube-scheduler", "kubelet", "cloud-controller-manager",
}

// byName says what a file is by its name alone. The first row that matches counts.
var byName = []struct {
	name *regexp.Regexp
	add  func(*Facts, Source, string)
}{
	{regexp.MustCompile(`^net-conf\.json$`), func(f *Facts, s Source, host string) {
		f.NetConfs = append(f.NetConfs, Text{s, host})
	}},
	{regexp.MustCompile(`^subnet\.env$`), func(f *Facts, s Source, host string) {
		f.SubnetEnvs = append(f.SubnetEnvs, Text{s, host})
	}},
	{regexp.MustCompile(`^kubeadm-(init|join)\.txt$|^history\.txt$`), func(f *Facts, s Source, host string) {
		f.Commands = append(f.Commands, Text{s, host})
	}},
	{regexp.MustCompile(`^ip-addr.*\.txt$`), (*Facts).addLinks},
	{regexp.MustCompile(`^(kubeadm\.log|.*\.txt)$`), func(f *Facts, s Source, host string) {
		f.Outputs = append(f.Outputs, Text{s, host})
	}},
	{regexp.MustCompile(`^(flannel|flanneld|kube-[a-z-]+|kubelet)\.log$`), (*Facts).addLog},
	{regexp.MustCompile(`^kube[a-z-]*\.service$`), (*Facts).addUnit},
}

// addFile adds what a file says.
func (f *Facts) addFile(name, text string) {
	whole := Source{File: name, Text: text}
	base, host := path.Base(name), hostOf(name)
	switch path.Ext(name) {
	case ".yaml", ".yml":
		parts := documents(text)
		objects := make([]map[string]any, len(parts))
		for i, part := range parts {
			var err error
			if objects[i], err = object(part); err != nil {
				f.Other = append(f.Other, Text{whole, host})
				return
			}
		}
		for i, part := range parts {
			f.addObject(Source{name, i, part}, host, objects[i])
		}
		return
	case ".json":
		var v map[string]any
		if base != "net-conf.json" && json.Unmarshal([]byte(text), &v) == nil {
			f.addObject(whole, host, v)
			return
		}
	}
	for _, row := range byName {
		if row.name.MatchString(base) {
			row.add(f, whole, host)
			return
		}
	}
	f.Other = append(f.Other, Text{whole, host})
}

// hostOf returns the host that the name of a file tells: a folder, or a word in front of a program.
func hostOf(name string) string {
	if host, _, ok := strings.Cut(name, "/"); ok {
		return host
	}
	for _, p := range programs {
		if host, ok := strings.CutSuffix(name, "-"+p+".yaml"); ok {
			return host
		}
	}
	return ""
}

// documents cuts a YAML stream in front of its separators.
func documents(text string) []string {
	var out []string
	for text != "" {
		i := strings.Index(text[1:], "\n---")
		if i < 0 {
			return append(out, text)
		}
		out = append(out, text[:i+2])
		text = text[i+2:]
	}
	return append(out, text)
}

func object(text string) (map[string]any, error) {
	var v map[string]any
	err := yaml.Unmarshal([]byte(text), &v)
	return v, err
}

// addObject adds an object or a configuration file.
func (f *Facts) addObject(s Source, host string, o map[string]any) {
	meta := mapAt(o, "metadata")
	name, namespace := stringAt(meta, "name"), stringAt(meta, "namespace")
	switch kind := stringAt(o, "kind"); {
	case kind == "Pod":
		f.addPod(s, host, o)
	case kind == "Node":
		f.Nodes = append(f.Nodes, nodeOf(s, o))
	case kind == "List" && f.addList(s, o):
	case kind == "ConfigMap":
		c := ConfigMap{Source: s, Namespace: namespace, Name: name, Data: map[string]string{}, Object: o}
		for k, v := range mapAt(o, "data") {
			c.Keys = append(c.Keys, k)
			c.Data[k], _ = v.(string)
		}
		slices.Sort(c.Keys)
		f.ConfigMaps = append(f.ConfigMaps, c)
	case kind == "Service":
		f.Services = append(f.Services, Service{s, namespace, name, o})
	case strings.HasSuffix(kind, "Configuration"):
		f.Documents = append(f.Documents, Document{s, host, kind})
	case kind != "" && meta != nil:
		f.Objects = append(f.Objects, Document{s, host, kind})
	default:
		f.Other = append(f.Other, Text{s, host})
	}
}

// addList adds the items of a list of one kind that is known.
func (f *Facts) addList(s Source, o map[string]any) bool {
	items, _ := o["items"].([]any)
	if len(items) == 0 {
		return false
	}
	kind := ""
	for _, item := range items {
		m, ok := item.(map[string]any)
		if k := stringAt(m, "kind"); !ok || k != "Node" && k != "Service" || kind != "" && kind != k {
			return false
		}
		kind = stringAt(m, "kind")
	}
	for _, item := range items {
		m := item.(map[string]any)
		if kind == "Node" {
			f.Nodes = append(f.Nodes, nodeOf(s, m))
			continue
		}
		meta := mapAt(m, "metadata")
		f.Services = append(f.Services, Service{s, stringAt(meta, "namespace"), stringAt(meta, "name"), m})
	}
	return true
}

func nodeOf(s Source, o map[string]any) Node {
	n := Node{Source: s, Name: stringAt(mapAt(o, "metadata"), "name"), Object: o}
	spec := mapAt(o, "spec")
	n.PodCIDRs = stringsAt(spec, "podCIDRs")
	if one := stringAt(spec, "podCIDR"); len(n.PodCIDRs) == 0 && one != "" {
		n.PodCIDRs = []string{one}
	}
	for _, a := range listAt(mapAt(o, "status"), "addresses") {
		if m, ok := a.(map[string]any); ok && stringAt(m, "type") == "InternalIP" {
			n.InternalIPs = append(n.InternalIPs, stringAt(m, "address"))
		}
	}
	return n
}

// addPod adds a static pod of one container whose program is known; other pods stay as they are.
func (f *Facts) addPod(s Source, host string, o map[string]any) {
	containers := listAt(mapAt(o, "spec"), "containers")
	if len(containers) == 1 {
		c, _ := containers[0].(map[string]any)
		argv := argvOf(slices.Concat(stringsAt(c, "command"), stringsAt(c, "args")))
		if len(argv) > 0 && slices.Contains(programs, path.Base(argv[0])) {
			program := path.Base(argv[0])
			name := stringAt(mapAt(o, "metadata"), "name")
			if rest, ok := strings.CutPrefix(name, program+"-"); ok && host == "" {
				host = rest
			}
			f.Processes = append(f.Processes, Process{s, host, program, argv, stringAt(c, "image"), o})
			return
		}
	}
	f.Objects = append(f.Objects, Document{s, host, "Pod"})
}

// argvOf returns the arguments of the program itself, where a shell is told to become it.
func argvOf(words []string) []string {
	if len(words) != 3 || path.Base(words[0]) != "sh" || words[1] != "-c" {
		return words
	}
	var out []string
	for _, w := range strings.Fields(strings.TrimPrefix(words[2], "exec ")) {
		if strings.ContainsAny(w, "<>&|") {
			break
		}
		out = append(out, w)
	}
	return out
}

// addUnit adds the program that a unit starts.
func (f *Facts) addUnit(s Source, host string) {
	text := strings.ReplaceAll(s.Text, "\\\n", " ")
	for _, line := range strings.Split(text, "\n") {
		rest, ok := strings.CutPrefix(line, "ExecStart=")
		argv := strings.Fields(rest)
		if ok && len(argv) > 0 && slices.Contains(programs, path.Base(argv[0])) && !strings.ContainsAny(rest, "$\"'") {
			f.Processes = append(f.Processes, Process{s, host, path.Base(argv[0]), argv, "", nil})
			return
		}
	}
	f.Other = append(f.Other, Text{s, host})
}

// journalLine matches the short form of a journal: time, host, program, text.
var journalLine = regexp.MustCompile(`^[A-Z][a-z]{2} +\d{1,2} [\d:]{8} (\S+) [\w.-]+(?:\[\d+\])?: (.*)$`)

// addLog adds a log; the frame of a journal is taken off.
func (f *Facts) addLog(s Source, host string) {
	l := Log{Source: s, Host: host, Program: strings.TrimSuffix(path.Base(s.File), ".log")}
	if l.Program == "flannel" {
		l.Program = "flanneld"
	}
	for _, line := range strings.Split(strings.TrimSuffix(s.Text, "\n"), "\n") {
		if m := journalLine.FindStringSubmatch(line); m != nil {
			if l.Host == "" {
				l.Host = m[1]
			}
			line = m[2]
		}
		l.Lines = append(l.Lines, line)
	}
	f.Logs = append(f.Logs, l)
}

func mapAt(m map[string]any, key string) map[string]any { v, _ := m[key].(map[string]any); return v }
func stringAt(m map[string]any, key string) string      { v, _ := m[key].(string); return v }
func listAt(m map[string]any, key string) []any         { v, _ := m[key].([]any); return v }

// stringsAt returns a list of strings, none where one of its items is something else.
func stringsAt(m map[string]any, key string) []string {
	var out []string
	for _, v := range listAt(m, key) {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}
