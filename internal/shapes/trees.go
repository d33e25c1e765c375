package shapes

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// treeFrames lay the bundle out as collectors do.
func treeFrames() []Frame {
	rows := []struct {
		name  string
		needs func(Facts) bool
		print func(Facts) map[string][]byte
	}{
		{"file trees of hosts", nil, hostTrees},
		{"sosreport", nil, sosreport},
		{"must-gather", isPods, mustGather},
		{"support bundle of troubleshoot.sh", isPods, troubleshoot},
		{"collector of Rancher", func(f Facts) bool { return len(f.Nodes)+len(f.Processes) > 0 }, rancher},
		{"cluster-info dump on one stream", dumps, dumpStream},
		{"cluster-info dump in a folder", dumps, dumpFolder},
		{"kubeadm init --dry-run", isOneHost, dryRun},
	}
	out := make([]Frame, len(rows))
	for i, row := range rows {
		out[i] = Frame{Name: row.name, Print: row.print, Needs: row.needs}
		if row.needs == nil {
			out[i].Needs = always
		}
	}
	return out
}

// place returns the path of a piece on its host, for what has none in the home of root.
func (p piece) place() string {
	switch {
	case strings.HasPrefix(p.path, "/"):
		return p.path
	case p.path != "":
		return "/root/" + p.path
	}
	return "/root/" + path.Base(p.file)
}

// hostTrees puts each file at its path below a folder of its host.
func hostTrees(f Facts) map[string][]byte {
	out := map[string][]byte{}
	for _, p := range f.pieces() {
		host := f.hostFor(p.host)
		put(out, "hosts/"+host+p.place(), p.text)
		out["hosts/"+host+"/etc/hostname"] = []byte(host + "\n")
	}
	return out
}

func always(Facts) bool { return true }

// put adds a file; a name that is taken gets a number.
func put(out map[string][]byte, name, text string) {
	free, ext := name, path.Ext(name)
	for i := 2; ; i++ {
		if _, taken := out[free]; !taken {
			break
		}
		free = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), i, ext)
	}
	out[free] = []byte(text)
}

// sosName mangles a command as sos does.
func sosName(command string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ReplaceAll(command, "/", ".") {
		ok := r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !ok {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sosreport has a root for each host; what kubectl prints stands in the report of the control plane.
func sosreport(f Facts) map[string][]byte {
	out := map[string][]byte{}
	root := func(host string) string { return "sosreport-" + host + "-2026-01-05-abcdefg" }
	const kubectl = "kubectl --kubeconfig=/etc/kubernetes/admin.conf get -o json "
	const folder = "/sos_commands/kubernetes/cluster-info/"
	cluster := root(f.controlPlane())
	if len(f.Nodes) > 0 {
		out[cluster+folder+sosName(kubectl+"nodes")] = []byte(jsonText(listOf("List", objectsOf(f.Nodes)), "    "))
	}
	taken := slices.Concat(sourcesOf(f.Nodes), sourcesOf(f.ConfigMaps))
	for _, ns := range namespaces(f) {
		items := mapItems(Facts{ConfigMaps: inNamespace(f, ns)})
		out[cluster+folder+sosName(kubectl+"--namespace="+ns+" configmaps")] = []byte(jsonText(listOf("List", items), "    "))
	}
	for _, p := range f.without(taken).pieces() {
		host := f.hostFor(p.host)
		put(out, root(host)+p.place(), p.text)
		out[root(host)+"/hostname"] = []byte(host + "\n")
	}
	out[cluster+"/hostname"] = []byte(f.controlPlane() + "\n")
	return out
}

// without returns the facts without those of the parts.
func (f Facts) without(taken []Source) Facts {
	gone := map[partOf]bool{}
	for _, s := range taken {
		gone[s.key()] = true
	}
	f.Nodes = keep(f.Nodes, gone)
	f.Processes = keep(f.Processes, gone)
	f.ConfigMaps = keep(f.ConfigMaps, gone)
	f.Services = keep(f.Services, gone)
	f.Logs = keep(f.Logs, gone)
	return f
}

func keep[T interface{ source() Source }](facts []T, gone map[partOf]bool) []T {
	return slices.DeleteFunc(slices.Clone(facts), func(t T) bool { return gone[t.source().key()] })
}

// namespaces returns the namespaces of the ConfigMaps, each once.
func namespaces(f Facts) []string {
	var out []string
	for _, c := range f.ConfigMaps {
		out = append(out, orDefault(c.Namespace))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func inNamespace(f Facts, ns string) []ConfigMap {
	return slices.DeleteFunc(slices.Clone(f.ConfigMaps), func(c ConfigMap) bool { return orDefault(c.Namespace) != ns })
}

// clusterParts are the parts that a collector asks the API server for.
func (f Facts) clusterParts() []Source {
	return slices.Concat(sourcesOf(f.Nodes), sourcesOf(f.ConfigMaps), sourcesOf(f.Processes), sourcesOf(f.Services))
}

// mustGather prints what oc adm must-gather lays out; files of hosts stand beside it.
func mustGather(f Facts) map[string][]byte {
	out := map[string][]byte{}
	root := "must-gather.local.5461/quay-io-openshift-origin-must-gather-sha256-" + hash("must-gather", 64) + "/"
	for _, n := range f.Nodes {
		out[root+"cluster-scoped-resources/core/nodes/"+n.Name+".yaml"] = []byte("---\n" + yamlText(n.Object))
	}
	for _, ns := range namespaces(f) {
		items := mapItems(Facts{ConfigMaps: inNamespace(f, ns)})
		out[root+"namespaces/"+ns+"/core/configmaps.yaml"] = []byte("---\n" + yamlText(listOf("ConfigMapList", items)))
	}
	for _, p := range f.Processes {
		name := p.Program + "-" + f.hostFor(p.Host)
		put(out, root+"namespaces/kube-system/pods/"+name+"/"+name+".yaml", "---\n"+yamlText(f.mirror(p)))
	}
	taken := f.clusterParts()
	taken = slices.DeleteFunc(taken, func(s Source) bool {
		return slices.ContainsFunc(f.Services, func(v Service) bool { return v.key() == s.key() })
	})
	for _, l := range f.Logs {
		if l.Program == "kubelet" {
			continue
		}
		namespace, pod, container := f.logPod(l)
		folder := root + "namespaces/" + namespace + "/pods/" + pod + "/" + container + "/" + container + "/logs/"
		put(out, folder+"current.log", strings.Join(l.Lines, "\n")+"\n")
		taken = append(taken, l.Source)
	}
	out[root+"version"] = []byte("openshift/must-gather\n4.16.0\n")
	return merge(out, f.rest(taken), "")
}

func merge(out, more map[string][]byte, folder string) map[string][]byte {
	for _, name := range sorted(more) {
		put(out, folder+name, string(more[name]))
	}
	return out
}

// troubleshoot prints lists with kinds on list and items.
func troubleshoot(f Facts) map[string][]byte {
	out := map[string][]byte{}
	const root = "support-bundle-2026-01-05T11_42_00/"
	if len(f.Nodes) > 0 {
		out[root+"cluster-resources/nodes.json"] = []byte(jsonText(listOf("NodeList", objectsOf(f.Nodes)), "  "))
	}
	if len(f.Processes) > 0 {
		out[root+"cluster-resources/pods/kube-system.json"] = []byte(jsonText(listOf("PodList", f.mirrors()), "  "))
	}
	for _, ns := range namespaces(f) {
		items := mapItems(Facts{ConfigMaps: inNamespace(f, ns)})
		out[root+"cluster-resources/configmaps/"+ns+".json"] = []byte(jsonText(listOf("ConfigMapList", items), "  "))
	}
	out[root+"version.yaml"] = []byte("apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n" +
		"spec:\n  versionNumber: v0.133.0\n")
	taken := slices.Concat(sourcesOf(f.Nodes), sourcesOf(f.ConfigMaps), sourcesOf(f.Processes))
	return merge(out, f.rest(taken), "")
}

// rancher has a root for each host, and files without extensions.
func rancher(f Facts) map[string][]byte {
	out := map[string][]byte{}
	root := func(host string) string { return f.hostFor(host) + "-2026-01-05_11_42_00/" }
	for _, host := range hostsOf(f.Processes) {
		out[root(host)+"systeminfo/ps"] = []byte(auxHead + auxRows(on(f.Processes, host), ` \_ `))
		out[root(host)+"systeminfo/hostname"] = []byte(f.hostFor(host) + "\n")
		for _, p := range on(f.Processes, host) {
			if p.Pod != nil {
				put(out, root(host)+"rke2/pod-manifests/"+p.Program+".yaml", p.manifestText())
			}
		}
	}
	if len(f.Nodes) > 0 {
		out[root("")+"rke2/kubectl/nodes.json"] = []byte(jsonText(listOf("List", objectsOf(f.Nodes)), "    "))
		out[root("")+"rke2/kubectl/nodesdescribe"] = []byte(describeAll(f))
	}
	return merge(out, f.rest(slices.Concat(sourcesOf(f.Processes), sourcesOf(f.Nodes))), "")
}

// dumps reports whether the API server has something that a dump shows.
func dumps(f Facts) bool { return len(f.Nodes)+len(f.Processes) > 0 && isPods(f) }

// dumpLists returns the lists of a namespace in the order of the dump.
func dumpLists(f Facts) [][2]string {
	var out [][2]string
	var services []any
	for _, s := range f.Services {
		services = append(services, s.Object)
	}
	for _, row := range []struct {
		file, kind string
		items      []any
	}{
		{"events", "EventList", nil}, {"replication-controllers", "ReplicationControllerList", nil},
		{"services", "ServiceList", bare(services)}, {"daemonsets", "DaemonSetList", nil},
		{"deployments", "DeploymentList", nil}, {"replicasets", "ReplicaSetList", nil},
		{"pods", "PodList", bare(f.mirrors())},
	} {
		if row.items == nil {
			row.items = []any{}
		}
		out = append(out, [2]string{row.file, jsonText(listOf(row.kind, row.items), "    ")})
	}
	return out
}

// dumpLog frames a log as the dump does.
func dumpLog(f Facts, l Log) string {
	namespace, pod, container := f.logPod(l)
	name := container + " of pod " + namespace + "/" + pod + " ====\n"
	return "==== START logs for container " + name + strings.Join(l.Lines, "\n") + "\n==== END logs for container " + name
}

// dumped are the parts that a dump shows; ConfigMaps are none of them.
func dumped(f Facts) []Source {
	taken := slices.Concat(sourcesOf(f.Nodes), sourcesOf(f.Processes), sourcesOf(f.Services))
	for _, l := range f.Logs {
		if l.Program != "kubelet" {
			taken = append(taken, l.Source)
		}
	}
	return taken
}

func dumpStream(f Facts) map[string][]byte {
	text := jsonText(listOf("NodeList", bare(objectsOf(f.Nodes))), "    ")
	for _, list := range dumpLists(f) {
		text += list[1]
	}
	for _, l := range f.Logs {
		if l.Program != "kubelet" {
			text += dumpLog(f, l)
		}
	}
	return f.with(dumped(f), map[string]string{"cluster-info-dump.txt": text})
}

func dumpFolder(f Facts) map[string][]byte {
	files := map[string]string{"dump/nodes.json": jsonText(listOf("NodeList", bare(objectsOf(f.Nodes))), "    ")}
	for _, list := range dumpLists(f) {
		files["dump/kube-system/"+list[0]+".json"] = list[1]
	}
	for _, l := range f.Logs {
		if namespace, pod, _ := f.logPod(l); l.Program != "kubelet" {
			files["dump/"+namespace+"/"+pod+"/logs.txt"] += dumpLog(f, l)
		}
	}
	return f.with(dumped(f), files)
}

// isOneHost reports whether all programs are static pods of one host.
func isOneHost(f Facts) bool { return hasProcesses(f) && isPods(f) && len(hostsOf(f.Processes)) == 1 }

// dryRun prints the manifests of one host as kubeadm tells them.
func dryRun(f Facts) map[string][]byte {
	text := "[init] Using Kubernetes version: " + dryRunVersion(f) + "\n[preflight] Running pre-flight checks\n"
	for _, p := range f.Processes {
		text += `[dryrun] Would write file "` + p.manifest() + `" with content:` + "\n" + indented("\t", p.manifestText())
	}
	text += "[dryrun] Finished dry-running successfully. Above are the resources that would be created\n"
	name := under(f.Processes[0].Host, "kubeadm-dry-run.txt")
	return f.with(sourcesOf(f.Processes), map[string]string{name: text})
}

func dryRunVersion(f Facts) string {
	for _, p := range f.Processes {
		if v := version(p.Image); v != "" {
			return v
		}
	}
	return "v1.30.0"
}
