package shapes

import (
	"fmt"
	"maps"
	"path"
	"strings"
)

// pod returns the object of a process under a name, in the form of kubeadm where the bundle has a unit.
func (p Process) pod(name string) map[string]any {
	container := map[string]any{"name": p.Program, "command": p.Argv}
	if p.Image != "" {
		container["image"] = p.Image
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{
			"name": name, "namespace": "kube-system",
			"labels": map[string]any{"component": p.Program, "tier": "control-plane"},
		},
		"spec": map[string]any{"containers": []any{container}, "hostNetwork": true},
	}
}

// mirror returns the pod that the kubelet of a host shows for a static pod.
func (f Facts) mirror(p Process) map[string]any {
	host := f.hostFor(p.Host)
	pod := p.pod(p.Program + "-" + host)
	maps.Copy(mapAt(pod, "metadata"), map[string]any{
		"annotations": map[string]any{
			"kubernetes.io/config.hash":   hash(p.Program+host, 32),
			"kubernetes.io/config.source": "file",
		},
		"uid": uid(p.Program + host),
	})
	mapAt(pod, "spec")["nodeName"] = host
	status := map[string]any{"phase": "Running"}
	if a := f.address(host); a != "" {
		status["hostIP"], status["podIP"] = a, a
	}
	pod["status"] = status
	return pod
}

func uid(s string) string {
	h := hash(s, 32)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

func (f Facts) mirrors() []any {
	out := make([]any, len(f.Processes))
	for i, p := range f.Processes {
		out[i] = f.mirror(p)
	}
	return out
}

func podsYAML(f Facts) map[string]string {
	text := run(bash, f.controlPlane(), "kubectl -n kube-system get pods -o yaml", yamlText(listOf("List", f.mirrors())))
	return map[string]string{"terminal.txt": text + bash(f.controlPlane())}
}

// podsRaw prints what the API server sends: items have neither kind nor apiVersion.
func podsRaw(f Facts) map[string]string {
	return map[string]string{"pods.json": jsonText(listOf("PodList", bare(f.mirrors())), "")}
}

// bare returns items of a list without kind and apiVersion.
func bare(items []any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		m := maps.Clone(item.(map[string]any))
		delete(m, "kind")
		delete(m, "apiVersion")
		out[i] = m
	}
	return out
}

func podJSONPath(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		command := "kubectl -n kube-system get pod " + p.Program + "-" + f.hostFor(p.Host) +
			" -o jsonpath='{.spec.containers[0].command}'"
		b.WriteString(bash(f.controlPlane()) + command + "\n" + strings.TrimSuffix(jsonText(p.Argv, ""), "\n"))
	}
	return map[string]string{"terminal.txt": b.String() + bash(f.controlPlane())}
}

func describePods(f Facts) map[string]string {
	var pods []string
	for _, p := range f.Processes {
		host := f.hostFor(p.Host)
		var b strings.Builder
		row := func(key, value string) { fmt.Fprintf(&b, "%-22s%s\n", key+":", value) }
		row("Name", p.Program+"-"+host)
		row("Namespace", "kube-system")
		row("Priority", "2000001000")
		row("Priority Class Name", "system-node-critical")
		row("Node", host+"/"+f.address(host))
		row("Labels", "component="+p.Program)
		b.WriteString("                      tier=control-plane\n")
		row("Annotations", "kubernetes.io/config.source: file")
		row("Status", "Running")
		row("IP", f.address(host))
		b.WriteString("Containers:\n  " + p.Program + ":\n    Container ID:  containerd://" + p.id() + "\n")
		if p.Image != "" {
			b.WriteString("    Image:         " + p.Image + "\n")
		}
		b.WriteString("    Port:          <none>\n    Host Port:     <none>\n    Command:\n")
		for _, a := range p.Argv {
			b.WriteString("      " + a + "\n")
		}
		b.WriteString("    State:          Running\n      Started:      Mon, 05 Jan 2026 11:02:00 +0000\n" +
			"    Ready:          True\n    Restart Count:  0\n    Environment:    <none>\n    Mounts:         <none>\n" +
			"QoS Class:         Burstable\nNode-Selectors:    <none>\nTolerations:       :NoExecute op=Exists\n" +
			"Events:            <none>\n")
		pods = append(pods, b.String())
	}
	text := strings.Join(pods, "\n\n")
	return map[string]string{"describe-pods.txt": run(bash, "", "kubectl describe pod -n kube-system", text)}
}

// manifest returns the path and the text of a static pod on its host.
func (p Process) manifest() string { return "/etc/kubernetes/manifests/" + p.Program + ".yaml" }

// manifestText returns the manifest as YAML, verbatim where the bundle has it so.
func (p Process) manifestText() string {
	if path.Ext(p.File) == ".json" || p.Pod == nil {
		return yamlText(p.pod(p.Program))
	}
	return strings.TrimPrefix(ended(p.Text), "---\n")
}

func catManifests(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		b.WriteString(run(rhel, p.Host, "cat "+p.manifest(), p.manifestText()))
	}
	return map[string]string{"terminal.txt": b.String() + rhel(f.Processes[len(f.Processes)-1].Host)}
}

// matching returns the lines of a manifest that hold "cidr" or "cluster-ip-range".
func matching(p Process) []string {
	var out []string
	for line := range strings.Lines(p.manifestText()) {
		if strings.Contains(line, "cidr") || strings.Contains(line, "cluster-ip-range") {
			out = append(out, line)
		}
	}
	return out
}

func grepRecursive(f Facts) map[string]string {
	return transcript(f, bash, "grep -rE 'cidr|cluster-ip-range' /etc/kubernetes/manifests", func(ps []Process) string {
		var b strings.Builder
		for _, p := range ps {
			for _, line := range matching(p) {
				b.WriteString(p.manifest() + ":" + line)
			}
		}
		return b.String()
	})
}

func grepBare(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		b.WriteString(run(bash, p.Host, "grep -E 'cidr|cluster-ip-range' "+p.manifest(), strings.Join(matching(p), "")))
	}
	return map[string]string{"terminal.txt": b.String()}
}

// kubeletName is the name that the kubelet gives to the container of a pod in Docker.
func (f Facts) kubeletName(p Process) string {
	host := f.hostFor(p.Host)
	return "k8s_" + p.Program + "_" + p.Program + "-" + host + "_kube-system_" + hash(p.Program+host, 32) + "_0"
}

func (f Facts) podLabels(p Process) map[string]any {
	return map[string]any{
		"io.kubernetes.container.name": p.Program,
		"io.kubernetes.pod.name":       p.Program + "-" + f.hostFor(p.Host),
		"io.kubernetes.pod.namespace":  "kube-system",
	}
}

func dockerInspect(f Facts) map[string]string {
	out := map[string]string{}
	for _, host := range hostsOf(f.Processes) {
		var all []any
		for _, p := range on(f.Processes, host) {
			all = append(all, map[string]any{
				"Id": p.id(), "Created": "2026-01-05T11:02:00.000000000Z", "Path": p.Argv[0], "Args": p.Argv[1:],
				"State": map[string]any{"Status": "running", "Running": true, "Pid": p.pid()},
				"Image": "sha256:" + hash(p.Image, 64), "Name": "/" + f.kubeletName(p),
				"HostConfig": map[string]any{"NetworkMode": "host"},
				"Config": map[string]any{
					"Hostname": f.hostFor(host), "Env": []any{"PATH=/usr/local/bin:/usr/bin:/bin"},
					"Cmd": p.Argv[1:], "Entrypoint": p.Argv[:1], "Image": p.Image, "Labels": f.podLabels(p),
				},
				"NetworkSettings": map[string]any{"IPAddress": "", "IPPrefixLen": 0, "Gateway": ""},
			})
		}
		out[under(host, "docker-inspect.json")] = jsonText(all, "    ")
	}
	return out
}

func dockerPS(f Facts) map[string]string {
	return transcript(f, bash, "docker ps --no-trunc", func(ps []Process) string {
		rows := [][]string{{"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"}}
		for _, p := range ps {
			command := `"` + strings.ReplaceAll(p.line(), `"`, `\"`) + `"`
			rows = append(rows, []string{p.id(), p.Image, command, "40 minutes ago", "Up 40 minutes", "", f.kubeletName(p)})
		}
		return table(rows...)
	})
}

func crictlInspect(f Facts) map[string]string {
	var b strings.Builder
	for _, p := range f.Processes {
		b.WriteString(run(rhel, p.Host, "crictl inspect "+p.id()[:13], jsonText(map[string]any{
			"status": map[string]any{
				"id": p.id(), "metadata": map[string]any{"attempt": 0, "name": p.Program}, "state": "CONTAINER_RUNNING",
				"image": map[string]any{"image": p.Image}, "labels": f.podLabels(p),
			},
			"info": map[string]any{
				"pid": p.pid(), "config": map[string]any{"command": p.Argv},
				"runtimeSpec": map[string]any{
					"hostname": f.hostFor(p.Host), "process": map[string]any{"args": p.Argv, "cwd": "/"},
				},
			},
		}, "  ")))
	}
	return map[string]string{"terminal.txt": b.String()}
}
