package shapes

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// netConfPath is where the pod of flannel has its configuration.
const netConfPath = "/etc/kube-flannel/net-conf.json"

func configFrames() []Frame {
	hasMaps := func(f Facts) bool { return len(f.ConfigMaps) > 0 }
	hasNetConf := func(f Facts) bool {
		return slices.ContainsFunc(f.ConfigMaps, func(c ConfigMap) bool { return c.Data["net-conf.json"] != "" })
	}
	hasDocuments := func(f Facts) bool { return len(f.Documents) > 0 }
	hasFile := func(f Facts) bool { return len(f.NetConfs) > 0 }
	rows := []struct {
		name  string
		needs func(Facts) bool
		takes func(Facts) []Source
		print func(Facts) map[string]string
		loses func(Facts) Facts
	}{
		{"kubectl describe cm", hasMaps, mapParts, describeMaps, nil},
		{"ConfigMaps in a fence", hasMaps, mapParts, mapsFenced, nil},
		{"ConfigMaps in a here-document", hasMaps, mapParts, mapsHere, nil},
		{"kubectl get cm -o json with prompts", hasMaps, mapParts, mapsJSON, nil},
		{"kubectl get cm -A -o yaml as a list", hasMaps, mapParts, mapsList, nil},
		{"kubectl get cm without kinds", hasMaps, mapParts, mapsBare, nil},
		{"jsonpath of net-conf.json", hasNetConf, netConfMaps, netConfJSONPath, netConfOnly},
		{"cat of net-conf.json in a pod", hasNetConf, netConfMaps, netConfCat, netConfOnly},
		{"cat of a net-conf.json with prompts", hasFile, netConfFiles, netConfFileCat, nil},
		{"net-conf.json written by tee", hasFile, netConfFiles, netConfTee, nil},
		{"net-conf.json in a fence", hasFile, netConfFiles, netConfFenced, nil},
		{"configuration files with prompts", hasDocuments, configFiles, configCat, nil},
		{"configuration files in fences", hasDocuments, configFiles, configFenced, nil},
		{"configuration files in a here-document", hasDocuments, configFiles, configHere, nil},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name: row.name, Needs: row.needs, Loses: row.loses,
			Print: func(f Facts) map[string][]byte { return f.with(row.takes(f), row.print(f)) },
		}
	}
	return out
}

func mapParts(f Facts) []Source     { return sourcesOf(f.ConfigMaps) }
func netConfFiles(f Facts) []Source { return sourcesOf(f.NetConfs) }
func configFiles(f Facts) []Source  { return sourcesOf(f.Documents) }

// flannelMaps are the ConfigMaps that hold a net-conf.json.
func flannelMaps(f Facts) []ConfigMap {
	return slices.DeleteFunc(slices.Clone(f.ConfigMaps), func(c ConfigMap) bool { return c.Data["net-conf.json"] == "" })
}

func netConfMaps(f Facts) []Source { return sourcesOf(flannelMaps(f)) }

// netConfOnly returns the facts with ConfigMaps of flannel that hold nothing but net-conf.json.
func netConfOnly(f Facts) Facts {
	f.ConfigMaps = slices.Clone(f.ConfigMaps)
	for i, c := range f.ConfigMaps {
		text := c.Data["net-conf.json"]
		if text == "" {
			continue
		}
		o := map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"net-conf.json": text},
			"metadata": map[string]any{"name": c.Name, "namespace": c.Namespace},
		}
		c.Text = "---\n" + yamlText(o)
		if path.Ext(c.File) == ".json" {
			c.Text = jsonText(o, "  ")
		}
		f.ConfigMaps[i] = c
	}
	return f
}

// describe prints a ConfigMap as kubectl describe does.
func (c ConfigMap) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Name:         %s\nNamespace:    %s\n", c.Name, c.Namespace)
	labels := mapAt(mapAt(c.Object, "metadata"), "labels")
	if len(labels) == 0 {
		b.WriteString("Labels:       <none>\n")
	}
	for i, k := range sorted(labels) {
		head := "Labels:"
		if i > 0 {
			head = ""
		}
		fmt.Fprintf(&b, "%-14s%s=%v\n", head, k, labels[k])
	}
	b.WriteString("Annotations:  <none>\n\nData\n====\n")
	for _, k := range c.Keys {
		fmt.Fprintf(&b, "%s:\n----\n%s\n\n", k, c.Data[k])
	}
	b.WriteString("\nBinaryData\n====\n\nEvents:  <none>\n")
	return b.String()
}

func (c ConfigMap) ns() string {
	if c.Namespace == "" {
		return ""
	}
	return " -n " + c.Namespace
}

func describeMaps(f Facts) map[string]string {
	text := ""
	for _, c := range f.ConfigMaps {
		text += run(bash, f.controlPlane(), "kubectl"+c.ns()+" describe cm "+c.Name, c.describe())
	}
	return map[string]string{"terminal.txt": text}
}

func mapsFenced(f Facts) map[string]string {
	text := ""
	for _, c := range f.ConfigMaps {
		text += "Output of `kubectl" + c.ns() + " get cm " + c.Name + " -o yaml`:\n\n" +
			fenced("yaml", yamlText(c.Object)) + "\n"
	}
	return map[string]string{"issue.md": text}
}

// fenced puts text into a fence that is longer than any in it.
func fenced(info, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + info + "\n" + ended(text) + fence + "\n"
}

func mapsHere(f Facts) map[string]string {
	text := ""
	for _, c := range f.ConfigMaps {
		text += run(rhel, f.controlPlane(), "cat <<'EOF' | kubectl apply -f -", yamlText(c.Object)+"EOF\n") +
			"configmap/" + c.Name + " configured\n"
	}
	return map[string]string{"terminal.txt": text + rhel(f.controlPlane())}
}

func mapsJSON(f Facts) map[string]string {
	text := ""
	for _, c := range f.ConfigMaps {
		text += run(bashUser, f.controlPlane(), "kubectl get cm"+c.ns()+" "+c.Name+" -o json", jsonText(c.Object, "    "))
	}
	return map[string]string{"terminal.txt": text + bashUser(f.controlPlane())}
}

func mapItems(f Facts) []any {
	var out []any
	for _, c := range f.ConfigMaps {
		out = append(out, c.Object)
	}
	return out
}

func mapsList(f Facts) map[string]string {
	return map[string]string{"configmaps.yaml": yamlText(listOf("List", mapItems(f)))}
}

func mapsBare(f Facts) map[string]string {
	return map[string]string{"configmaps.json": jsonText(listOf("ConfigMapList", bare(mapItems(f))), "    ")}
}

// netConfJSONPath ends without a newline where the text does.
func netConfJSONPath(f Facts) map[string]string {
	text := ""
	for _, c := range flannelMaps(f) {
		text += bash(f.controlPlane()) + "kubectl" + c.ns() + " get cm " + c.Name +
			` -o jsonpath='{.data.net-conf\.json}'` + "\n" + c.Data["net-conf.json"]
	}
	return map[string]string{"terminal.txt": text + bash(f.controlPlane())}
}

func netConfCat(f Facts) map[string]string {
	text := ""
	for _, c := range flannelMaps(f) {
		command := "kubectl" + c.ns() + " exec kube-flannel-ds-x7k2p -- cat " + netConfPath
		text += run(bash, "", command, c.Data["net-conf.json"])
	}
	return map[string]string{"terminal.txt": text + bash("")}
}

func netConfFileCat(f Facts) map[string]string {
	text := ""
	for _, t := range f.NetConfs {
		text += run(rhel, t.Host, "cat "+netConfPath, t.Text) + rhel(t.Host) + "\n"
	}
	return map[string]string{"terminal.txt": text}
}

func netConfTee(f Facts) map[string]string {
	text := ""
	for _, t := range f.NetConfs {
		text += run(bash, t.Host, "cat <<'EOF' | sudo tee "+netConfPath, ended(t.Text)+"EOF\n") + ended(t.Text)
	}
	return map[string]string{"terminal.txt": text}
}

func netConfFenced(f Facts) map[string]string {
	text := ""
	for _, t := range f.NetConfs {
		text += "`" + netConfPath + "`" + onHost(t.Host) + ":\n\n" + fenced("json", t.Text) + "\n"
	}
	return map[string]string{"issue.md": text}
}

func onHost(host string) string {
	if host == "" {
		return ""
	}
	return " on `" + host + "`"
}

// eachConfig prints each configuration file with its documents.
func eachConfig(f Facts, print func(host, file, text string) string) string {
	texts, hosts, order := map[string]string{}, map[string]string{}, []string{}
	for _, d := range f.Documents {
		if _, ok := texts[d.File]; !ok {
			order = append(order, d.File)
		}
		texts[d.File] += d.Text
		hosts[d.File] = d.Host
	}
	out := ""
	for _, file := range order {
		out += print(hosts[file], configPath(path.Base(file)), texts[file])
	}
	return out
}

// configPath returns where a configuration file stands on a host.
func configPath(base string) string {
	switch base {
	case "kubelet-config.yaml":
		return "/var/lib/kubelet/config.yaml"
	case "kube-proxy-config.yaml":
		return "/var/lib/kube-proxy/config.conf"
	}
	return base
}

func configCat(f Facts) map[string]string {
	return map[string]string{"terminal.txt": eachConfig(f, func(host, file, text string) string {
		return run(bash, host, "cat "+file, text)
	}) + bash("")}
}

func configFenced(f Facts) map[string]string {
	return map[string]string{"issue.md": eachConfig(f, func(host, file, text string) string {
		return "Contents of `" + file + "`" + onHost(host) + ":\n\n" + fenced("yaml", text) + "\n"
	})}
}

func configHere(f Facts) map[string]string {
	return map[string]string{"terminal.txt": eachConfig(f, func(host, file, text string) string {
		return run(rhel, host, "cat > "+file+" <<'EOF'", ended(text)+"EOF\n")
	})}
}

// isText reports whether a frame of text can hold the bytes.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsAny(text, "\x00\x1b\r")
}
