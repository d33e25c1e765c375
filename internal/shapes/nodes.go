package shapes

import (
	"fmt"
	"slices"
	"strings"
)

func nodeFrames() []Frame {
	rows := []struct {
		name  string
		print func(Facts) map[string]string
		loses func(Facts) Facts
	}{
		{"kubectl describe nodes", describeNodes, nil},
		{"describe nodes in minikube logs", describeInMinikube, nil},
		{"grep of describe nodes", describeGrep, plainNodes("")},
		{"custom columns", customColumns, plainNodes("InternalIP")},
		{"jsonpath lines", nodeJSONPath, plainNodes("")},
		{"wide table and jsonpath lines", nodesWide, plainNodes("InternalIP")},
		{"hostname -I and jsonpath lines", nodesHostname, plainNodes("InternalIP")},
		{"go-template lines", nodeGoTemplate, plainNodes("InternalIP")},
		{"kubectl get nodes -o yaml with prompts", nodesYAML, nil},
		{"kubectl get nodes -o json with prompts", nodesJSON, nil},
		{"kubectl get --raw nodes on one line", nodesRaw, nil},
		{"kubectl get node for each in a transcript", nodesOneByOne, nil},
		{"node files", nodeFiles, nil},
		{"nodes as a JSON stream", nodeStream, nil},
		{"nodes in a fence", nodesFenced, nil},
		{"nodes in PowerShell", nodesPowerShell, nil},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{
			Name:  row.name,
			Needs: func(f Facts) bool { return len(f.Nodes) > 0 },
			Print: func(f Facts) map[string][]byte { return f.with(sourcesOf(f.Nodes), row.print(f)) },
			Loses: row.loses,
		}
	}
	return out
}

// plainNodes returns a function that leaves nothing of nodes but name, subnets and addresses of a type.
func plainNodes(address string) func(Facts) Facts {
	return func(f Facts) Facts {
		f.Nodes = slices.Clone(f.Nodes)
		for i, n := range f.Nodes {
			f.Nodes[i].Object = n.plain(address)
		}
		// All stand in the place of the first list; the parts of others fall away.
		first := f.Nodes[0].Source
		first.Text = jsonText(listOf("List", objectsOf(f.Nodes)), "    ")
		if !strings.HasSuffix(first.File, ".json") {
			first.Text = "---\n" + yamlText(listOf("List", objectsOf(f.Nodes)))
		}
		for i := range f.Nodes {
			f.Nodes[i].Source = first
		}
		return f
	}
}

func (n Node) plain(address string) map[string]any {
	spec, status := map[string]any{}, map[string]any{}
	if len(n.PodCIDRs) > 0 {
		spec["podCIDR"], spec["podCIDRs"] = n.PodCIDRs[0], n.PodCIDRs
	}
	if address != "" {
		var as []any
		for _, ip := range n.InternalIPs {
			as = append(as, map[string]any{"type": address, "address": ip})
		}
		status["addresses"] = as
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": n.Name}, "spec": spec, "status": status,
	}
}

func objectsOf(ns []Node) []any {
	out := make([]any, len(ns))
	for i, n := range ns {
		out[i] = n.Object
	}
	return out
}

// describe prints a Node as kubectl describe does.
func (n Node) describe() string {
	var b strings.Builder
	meta, spec, status := mapAt(n.Object, "metadata"), mapAt(n.Object, "spec"), mapAt(n.Object, "status")
	row := func(key, value string) { fmt.Fprintf(&b, "%-20s%s\n", key+":", value) }
	pairs := func(key, separator string, m map[string]any) {
		if len(m) == 0 {
			row(key, "<none>")
		}
		for i, k := range sorted(m) {
			head := ""
			if i == 0 {
				head = key + ":"
			}
			fmt.Fprintf(&b, "%-20s%s%s%v\n", head, k, separator, m[k])
		}
	}
	quantities := func(key string, m map[string]any) {
		if len(m) > 0 {
			b.WriteString(key + ":\n")
		}
		for _, k := range sorted(m) {
			fmt.Fprintf(&b, "  %-19s%v\n", k+":", m[k])
		}
	}
	row("Name", n.Name)
	row("Roles", "<none>")
	pairs("Labels", "=", mapAt(meta, "labels"))
	pairs("Annotations", ": ", mapAt(meta, "annotations"))
	row("CreationTimestamp", "Mon, 05 Jan 2026 10:00:00 +0000")
	row("Taints", taints(spec))
	row("Unschedulable", fmt.Sprint(spec["unschedulable"] == true))
	b.WriteString(conditions(listAt(status, "conditions")) + "Addresses:\n")
	for _, a := range listAt(status, "addresses") {
		m, _ := a.(map[string]any)
		fmt.Fprintf(&b, "  %-12s %v\n", stringAt(m, "type")+":", m["address"])
	}
	quantities("Capacity", mapAt(status, "capacity"))
	quantities("Allocatable", mapAt(status, "allocatable"))
	b.WriteString(systemInfo(mapAt(status, "nodeInfo")))
	wide := func(key, value string) { fmt.Fprintf(&b, "%-30s%s\n", key+":", value) }
	if one := stringAt(spec, "podCIDR"); one != "" {
		wide("PodCIDR", one)
	}
	if all := stringsAt(spec, "podCIDRs"); len(all) > 0 {
		wide("PodCIDRs", strings.Join(all, ","))
	}
	if id := stringAt(spec, "providerID"); id != "" {
		wide("ProviderID", id)
	}
	wide("Non-terminated Pods", "(0 in total)")
	row("Events", " <none>")
	return b.String()
}

func taints(spec map[string]any) string {
	var out []string
	for _, t := range listAt(spec, "taints") {
		m, _ := t.(map[string]any)
		out = append(out, stringAt(m, "key")+":"+stringAt(m, "effect"))
	}
	return orNone(strings.Join(out, "\n                    "))
}

func conditions(cs []any) string {
	if len(cs) == 0 {
		return ""
	}
	rows := [][]string{{"  Type", "Status", "Reason", "Message"}, {"  ----", "------", "------", "-------"}}
	for _, c := range cs {
		m, _ := c.(map[string]any)
		row := []string{"  " + stringAt(m, "type"), stringAt(m, "status"), stringAt(m, "reason"), stringAt(m, "message")}
		rows = append(rows, row)
	}
	return "Conditions:\n" + table(rows...)
}

// systemInfo prints the nodeInfo of a Node in the words of kubectl.
func systemInfo(info map[string]any) string {
	if len(info) == 0 {
		return ""
	}
	out := "System Info:\n"
	for _, w := range []struct{ key, words string }{
		{"machineID", "Machine ID"}, {"kernelVersion", "Kernel Version"}, {"osImage", "OS Image"},
		{"operatingSystem", "Operating System"}, {"architecture", "Architecture"},
		{"containerRuntimeVersion", "Container Runtime Version"},
		{"kubeletVersion", "Kubelet Version"}, {"kubeProxyVersion", "Kube-Proxy Version"},
	} {
		if v := stringAt(info, w.key); v != "" {
			out += fmt.Sprintf("  %-28s%s\n", w.words+":", v)
		}
	}
	return out
}

func describeAll(f Facts) string {
	var all []string
	for _, n := range f.Nodes {
		all = append(all, n.describe())
	}
	return strings.Join(all, "\n\n")
}

func describeNodes(f Facts) map[string]string {
	host := f.controlPlane()
	return map[string]string{"terminal.txt": run(bash, host, "kubectl describe nodes", describeAll(f)) + bash(host)}
}

func describeInMinikube(f Facts) map[string]string {
	text := "* \n* ==> container status <==\n" +
		"* CONTAINER   IMAGE   CREATED   STATE   NAME   ATTEMPT   POD ID   POD\n* \n* \n" +
		"* ==> describe nodes <==\n" + indented("* ", describeAll(f)) +
		"* \n* ==> dmesg <==\n* [Jan 5 10:00] SELinux: disabled\n"
	return map[string]string{"minikube-logs.txt": text}
}

func describeGrep(f Facts) map[string]string {
	text := ""
	for line := range strings.Lines(describeAll(f)) {
		if strings.HasPrefix(line, "Name:") || strings.HasPrefix(line, "PodCIDR") {
			text += line
		}
	}
	command := "kubectl describe nodes | grep -E '^Name:|PodCIDR'"
	return map[string]string{"terminal.txt": run(rhel, f.controlPlane(), command, text)}
}

func customColumns(f Facts) map[string]string {
	rows := [][]string{{"NAME", "PODCIDRS", "IP"}}
	for _, n := range f.Nodes {
		rows = append(rows, []string{n.Name, orNone(strings.Join(n.PodCIDRs, ",")), orNone(strings.Join(n.InternalIPs, ","))})
	}
	command := "kubectl get nodes -o custom-columns='NAME:.metadata.name,PODCIDRS:.spec.podCIDRs[*]," +
		`IP:.status.addresses[?(@.type=="InternalIP")].address'`
	return map[string]string{"terminal.txt": run(bash, "", command, table(rows...))}
}

// nodeJSONPath ends without a newline, so that the prompt stands on the same line.
func nodeJSONPath(f Facts) map[string]string {
	text := bash(f.controlPlane()) +
		`kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}{"\t"}{.spec.podCIDRs[*]}{"\n"}{end}'` + "\n"
	for _, n := range f.Nodes {
		text += n.Name + "\t" + strings.Join(n.PodCIDRs, " ") + "\n"
	}
	return map[string]string{"terminal.txt": text + bash(f.controlPlane())}
}

// nodesWide has the addresses in a table, and the subnets below.
func nodesWide(f Facts) map[string]string {
	rows := [][]string{{"NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE",
		"KERNEL-VERSION", "CONTAINER-RUNTIME"}}
	for _, n := range f.Nodes {
		ip := ""
		if len(n.InternalIPs) > 0 {
			ip = n.InternalIPs[0]
		}
		rows = append(rows, []string{n.Name, "Ready", "<none>", "9d", n.version(), orNone(ip), "<none>",
			"Ubuntu 22.04.4 LTS", "5.15.0-97-generic", "containerd://1.7.3"})
	}
	text := run(bash, f.controlPlane(), "kubectl get nodes -o wide", table(rows...))
	return map[string]string{"terminal.txt": text + nodeJSONPath(f)["terminal.txt"]}
}

func (n Node) version() string {
	if v := stringAt(mapAt(mapAt(n.Object, "status"), "nodeInfo"), "kubeletVersion"); v != "" {
		return v
	}
	return "v1.29.2"
}

// nodesHostname has the addresses of each host without a mask, as hostname -I prints them.
func nodesHostname(f Facts) map[string]string {
	text := ""
	for _, n := range f.Nodes {
		text += run(rhel, n.Name, "hostname -I", strings.Join(n.InternalIPs, " ")+" \n")
	}
	return map[string]string{"terminal.txt": text + nodeJSONPath(f)["terminal.txt"]}
}

func nodeGoTemplate(f Facts) map[string]string {
	text := ""
	for _, n := range f.Nodes {
		text += n.Name + " [" + strings.Join(n.PodCIDRs, " ") + "] " + strings.Join(n.InternalIPs, " ") + "\n"
	}
	command := `kubectl get nodes -o go-template='{{range .items}}{{.metadata.name}} {{.spec.podCIDRs}} ` +
		`{{range .status.addresses}}{{if eq .type "InternalIP"}}{{.address}}{{end}}{{end}}{{"\n"}}{{end}}'`
	return map[string]string{"terminal.txt": run(zsh, "", command, text)}
}

func nodesYAML(f Facts) map[string]string {
	host := f.controlPlane()
	text := run(bash, host, "kubectl get nodes -o yaml", yamlText(listOf("List", objectsOf(f.Nodes))))
	return map[string]string{"terminal.txt": text + bash(host)}
}

func nodesJSON(f Facts) map[string]string {
	text := run(rhel, f.controlPlane(), "kubectl get no -ojson", jsonText(listOf("List", objectsOf(f.Nodes)), "    "))
	return map[string]string{"terminal.txt": text + rhel(f.controlPlane())}
}

func nodesRaw(f Facts) map[string]string {
	text := jsonText(listOf("NodeList", bare(objectsOf(f.Nodes))), "")
	return map[string]string{"terminal.txt": run(bash, "", "kubectl get --raw /api/v1/nodes", text)}
}

func nodesOneByOne(f Facts) map[string]string {
	text := ""
	for _, n := range f.Nodes {
		text += run(rhel, "", "kubectl get node "+n.Name+" -o yaml", yamlText(n.Object))
	}
	return map[string]string{"terminal.txt": text}
}

func nodeFiles(f Facts) map[string]string {
	out := map[string]string{}
	for _, n := range f.Nodes {
		out["nodes/"+n.Name+".yaml"] = "---\n" + yamlText(n.Object)
	}
	return out
}

func nodeStream(f Facts) map[string]string {
	text := ""
	for _, n := range f.Nodes {
		text += jsonText(n.Object, "    ")
	}
	return map[string]string{"nodes-stream.txt": text}
}

func nodesFenced(f Facts) map[string]string {
	text := "The nodes, as `kubectl get nodes -o json` prints them:\n\n```json\n" +
		jsonText(listOf("List", objectsOf(f.Nodes)), "    ") + "```\n"
	return map[string]string{"nodes.md": text}
}

func nodesPowerShell(f Facts) map[string]string {
	text := run(powershell, "", "kubectl get nodes -o yaml", yamlText(listOf("List", objectsOf(f.Nodes)))) + powershell("")
	return map[string]string{"console.txt": strings.ReplaceAll(text, "\n", "\r\n")}
}
