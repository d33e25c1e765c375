//go:build unix

package draw

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/kubecidr/kubecidr/cidr"
)

// A stub is a cluster with state that answers kubectl and ssh: small scripts on PATH pass their arguments through
// pipes to the test. Nodes join, kubelets register their Nodes, kube-controller-manager hands out subnets and flannel
// writes files between the calls, as in a real one.
type stub struct {
	dir      string
	nodes    map[string]map[string]any // Node objects
	hosts    map[string]*stubHost
	pods     map[string]map[string]any // namespace/name
	maps     map[string]string         // ConfigMaps as YAML
	managers []string                  // hosts with a manifest of kube-controller-manager
	k3s      bool                      // one process on each host is kubelet, flannel and, on managers, the control plane

	calls    int
	joinAt   []int  // a node joins before these calls
	failAt   int    // this call fails
	failMode string // "before" it took effect, "after" it did, or "term": it takes effect, and the script is told to end
	pid      int    // of the script
	log      []string
	touched  bool // something was changed
}

type stubHost struct {
	up     bool // kubelet runs
	labels map[string]any
	env    string // subnet.env
}

const stubManifest = `apiVersion: v1
kind: Pod
metadata:
  name: kube-controller-manager
spec:
  containers:
  - command:
    - kube-controller-manager
    - --allocate-node-cidrs=true
    - --cluster-cidr=%s
    - --leader-elect=true
    image: registry.k8s.io/kube-controller-manager:v1.34.1
`

const stubClient = `#!/bin/sh
printf '%s\0' "${0##*/}" "$@" >"$STUB/req"
case "$*" in *'-f -') cat >"$STUB/in" ;; esac
cat "$STUB/out"
read -r status <"$STUB/rc"
exit "$status"
`

func newStub(t *testing.T, clusterCIDR string, nodes map[string][]string, managers ...string) *stub {
	t.Helper()
	s := &stub{dir: t.TempDir(), nodes: map[string]map[string]any{}, hosts: map[string]*stubHost{}, pods: map[string]map[string]any{}, maps: map[string]string{}, managers: managers}
	for _, name := range []string{"req", "in", "out", "rc"} {
		if err := syscall.Mkfifo(filepath.Join(s.dir, name), 0o600); err != nil {
			t.Skip(err)
		}
	}
	for _, name := range []string{"kubectl", "ssh", "sleep"} {
		if err := os.MkdirAll(filepath.Join(s.dir, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, "bin", name), []byte(stubClient), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range managers {
		if err := os.MkdirAll(filepath.Join(s.dir, "hosts", h, "etc/kubernetes/manifests"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.manifest(h), fmt.Appendf(nil, stubManifest, clusterCIDR), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		s.join(name, nodes[name])
		s.nodes[name]["metadata"].(map[string]any)["labels"].(map[string]any)["example.com/rack"] = "r-" + name
		s.nodes[name]["metadata"].(map[string]any)["annotations"].(map[string]any)["example.com/note"] = `two words, a "quote" and a: colon`
		s.nodes[name]["spec"].(map[string]any)["taints"] = []any{map[string]any{"key": "example.com/gpu", "effect": "PreferNoSchedule"}}
	}
	s.tick()
	return s
}

func (s *stub) manifest(host string) string {
	return filepath.Join(s.dir, "hosts", host, "etc/kubernetes/manifests/kube-controller-manager.yaml")
}

// join lets a host come, whose kubelet registers its Node.
func (s *stub) join(name string, podCIDRs []string) {
	s.hosts[name] = &stubHost{up: true, labels: map[string]any{"kubernetes.io/hostname": name, "example.com/from-kubelet": "yes"}}
	s.register(name)
	if len(podCIDRs) > 0 {
		s.setCIDRs(name, podCIDRs)
	}
}

func (s *stub) register(name string) {
	s.nodes[name] = map[string]any{
		"metadata": map[string]any{"name": name, "labels": maps.Clone(s.hosts[name].labels), "annotations": map[string]any{}},
		"spec":     map[string]any{},
		"status":   map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}},
	}
	if s.k3s {
		return
	}
	s.pods["kube-flannel/kube-flannel-ds-"+name+"-0"] = s.pod("kube-flannel", "kube-flannel-ds-"+name+"-0", name, "DaemonSet", "kube-flannel-ds", true)
}

func (s *stub) pod(namespace, name, node, kind, owner string, host bool) map[string]any {
	p := map[string]any{"metadata": map[string]any{"namespace": namespace, "name": name}, "spec": map[string]any{"nodeName": node, "hostNetwork": host}}
	if kind != "" {
		p["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{"kind": kind, "name": owner}}
	}
	return p
}

func (s *stub) setCIDRs(name string, list []string) {
	spec := s.nodes[name]["spec"].(map[string]any)
	spec["podCIDR"] = list[0]
	all := []any{}
	for _, c := range list {
		all = append(all, c)
	}
	spec["podCIDRs"] = all
}

func (s *stub) cidrs(name string) (out []string) {
	list, _ := s.nodes[name]["spec"].(map[string]any)["podCIDRs"].([]any)
	for _, c := range list {
		out = append(out, c.(string))
	}
	return out
}

// tick lets kubelets register, the controller manager serve and flannel start.
func (s *stub) tick() {
	for _, name := range slices.Sorted(maps.Keys(s.hosts)) {
		if s.hosts[name].up && s.nodes[name] == nil {
			s.register(name)
		}
	}
	ranges, on := s.flags()
	for _, name := range slices.Sorted(maps.Keys(s.nodes)) {
		if on && len(s.cidrs(name)) == 0 {
			s.serve(name, ranges)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.hosts)) {
		if h := s.hosts[name]; s.k3s && h.up && h.env == "" && s.nodes[name] != nil && len(s.cidrs(name)) > 0 {
			h.env = strings.Join(envLines(parsed(s.cidrs(name))), "\n") + "\n"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.pods)) {
		p := s.pods[name]
		node := p["spec"].(map[string]any)["nodeName"].(string)
		if h := s.hosts[node]; strings.HasPrefix(name, "kube-flannel/") && p["started"] == nil && h.up && s.nodes[node] != nil && len(s.cidrs(node)) > 0 {
			p["started"] = true
			h.env = "FLANNEL_NETWORK=10.244.0.0/16\n"
			for _, line := range envLines(parsed(s.cidrs(node))) {
				h.env += line + "\n"
			}
		}
	}
}

// flags returns what the manifests say, which all have to say the same.
func (s *stub) flags() (ranges string, on bool) {
	for i, h := range s.managers {
		data, err := os.ReadFile(s.manifest(h))
		if err != nil {
			return "", false
		}
		on = strings.Contains(string(data), "- --allocate-node-cidrs=true\n") && (i == 0 || on)
		_, rest, _ := strings.Cut(string(data), "--cluster-cidr=")
		ranges, _, _ = strings.Cut(rest, "\n")
	}
	return ranges, on
}

func (s *stub) serve(name, ranges string) {
	var got []string
	for _, text := range strings.Split(ranges, ",") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return
		}
		bits := 24
		if p.Addr().Is6() {
			bits = 64
		}
		split, err := cidr.NewSplit(p, bits)
		if err != nil {
			return
		}
		for q := range split.All() {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(s.nodes)), func(n string) bool {
				return slices.ContainsFunc(parsed(s.cidrs(n)), q.Overlaps)
			}) {
				got = append(got, q.String())
				break
			}
		}
	}
	if len(got) == strings.Count(ranges, ",")+1 {
		s.setCIDRs(name, got)
	}
}

// run runs a script with one shell and returns what it said and its status.
func (s *stub) run(t *testing.T, shell []string, script string, args ...string) (out string, status int) {
	t.Helper()
	path := filepath.Join(s.dir, "fix.sh")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], append(append(slices.Clone(shell[1:]), path), args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(s.dir, "bin")+":"+os.Getenv("PATH"), "STUB="+s.dir, "TRIES=3")
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	ended := make(chan struct{})
	served := make(chan struct{})
	go s.answer(ended, served)
	err := cmd.Wait()
	close(ended)
	// The one that waits for a call is let go.
	if f, err := os.OpenFile(filepath.Join(s.dir, "req"), os.O_RDWR, 0); err == nil {
		fmt.Fprint(f, "end\x00")
		defer f.Close()
		<-served
	}
	if exit, ok := err.(*exec.ExitError); ok {
		return b.String(), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return b.String(), 0
}

// answer answers calls until the script has ended.
func (s *stub) answer(ended, served chan struct{}) {
	defer close(served)
	f, err := os.OpenFile(filepath.Join(s.dir, "req"), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	var pending []byte
	for {
		n, err := f.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-ended:
			return
		default:
		}
		pending = append(pending, buf[:n]...)
		if pending[len(pending)-1] != 0 {
			continue
		}
		args := strings.Split(strings.TrimSuffix(string(pending), "\x00"), "\x00")
		pending = nil
		out, status := s.call(args)
		os.WriteFile(filepath.Join(s.dir, "out"), []byte(out), 0)
		os.WriteFile(filepath.Join(s.dir, "rc"), []byte(fmt.Sprintln(status)), 0)
	}
}

// call carries out one call.
func (s *stub) call(args []string) (out string, status int) {
	var stdin []byte
	if strings.HasSuffix(strings.Join(args, " "), "-f -") {
		stdin, _ = os.ReadFile(filepath.Join(s.dir, "in"))
	}
	if args[0] == "sleep" {
		s.tick()
		return "", 0
	}
	s.calls++
	s.log = append(s.log, strings.Join(args, " "))
	if slices.Contains(s.joinAt, s.calls) {
		s.join(fmt.Sprintf("new%d", s.calls), nil)
		s.tick()
	}
	if s.calls == s.failAt && s.failMode == "before" {
		return "", 1
	}
	switch args[0] {
	case "ssh":
		out, status = s.ssh(args[2], args[3])
	default:
		out, status = s.kubectl(args[1:], stdin)
	}
	s.tick()
	if s.calls == s.failAt && s.failMode == "after" {
		return out, 1
	}
	if s.calls == s.failAt && s.failMode == "term" {
		syscall.Kill(s.pid, syscall.SIGTERM)
	}
	return out, status
}

func (s *stub) ssh(host, command string) (string, int) {
	h := s.hosts[host]
	switch {
	case h == nil:
		return "", 255
	case command == "true":
		return "", 0
	case s.k3s:
		if out, status, ok := s.k3sHost(host, command); ok {
			return out, status
		}
	}
	switch {
	case strings.HasPrefix(command, "cat /run/flannel"):
		return h.env, 0
	case strings.Contains(command, "/etc/kubernetes"):
		s.touched = s.touched || !strings.HasPrefix(command, "test ")
		out, err := exec.Command("sh", "-c", strings.ReplaceAll(command, "/etc/kubernetes", filepath.Join(s.dir, "hosts", host, "etc/kubernetes"))).CombinedOutput()
		if err != nil {
			return string(out), 1
		}
		return string(out), 0
	case command == "systemctl stop kubelet":
		s.touched = true
		h.up = false
		return "", 0
	}
	s.touched = true
	if strings.Contains(command, "rm -f /run/flannel/subnet.env") {
		h.env = ""
	}
	if strings.HasSuffix(command, "systemctl start kubelet") {
		h.up = true
	}
	return "", 0
}

// value returns the value of an option.
func value(args []string, name string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			return v
		}
		if a == name && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func (s *stub) kubectl(args []string, stdin []byte) (string, int) {
	namespace := ""
	if args[0] == "-n" {
		namespace, args = args[1], args[2:]
	}
	if args[0] != "get" {
		s.touched = true
		return s.change(namespace, args, stdin)
	}
	items := []any{}
	switch args[1] {
	case "nodes":
		for _, n := range slices.Sorted(maps.Keys(s.nodes)) {
			items = append(items, s.nodes[n])
		}
	case "pods":
		node := strings.TrimPrefix(value(args, "--field-selector"), "spec.nodeName=")
		for _, n := range slices.Sorted(maps.Keys(s.pods)) {
			if s.pods[n]["spec"].(map[string]any)["nodeName"] == node && (namespace == "" || strings.HasPrefix(n, namespace+"/")) {
				items = append(items, s.pods[n])
			}
		}
	case "daemonsets":
		if s.k3s {
			break
		}
		items = append(items, map[string]any{"metadata": map[string]any{"namespace": "kube-flannel", "name": "kube-flannel-ds"},
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": "ghcr.io/flannel-io/flannel:v0.26.1"}}}}}})
	case "configmap":
		return s.maps[namespace+"/"+args[2]], 0
	case "pod":
		return s.show(args, s.managerPod(strings.TrimPrefix(args[2], "kube-controller-manager-")))
	case "node":
		if s.nodes[args[2]] == nil {
			return "", map[bool]int{true: 0, false: 1}[slices.Contains(args, "--ignore-not-found")]
		}
		return s.show(args, s.nodes[args[2]])
	}
	return s.show(args, map[string]any{"items": items})
}

func (s *stub) managerPod(host string) any {
	data, err := os.ReadFile(s.manifest(host))
	if err != nil {
		return map[string]any{}
	}
	var pod map[string]any
	if yaml.Unmarshal(data, &pod) != nil {
		return map[string]any{}
	}
	pod["status"] = map[string]any{"containerStatuses": []any{map[string]any{"state": map[string]any{"running": map[string]any{}}}}}
	return pod
}

func (s *stub) show(args []string, v any) (string, int) {
	text, ok := strings.CutPrefix(value(args, "-o"), "go-template=")
	if !ok {
		data, _ := json.Marshal(v)
		return string(data) + "\n", 0
	}
	t, err := template.New("").Parse(text)
	if err != nil {
		return "error: " + err.Error(), 1
	}
	var b strings.Builder
	if err := t.Execute(&b, v); err != nil {
		return "error: " + err.Error(), 1
	}
	return b.String(), 0
}

// change carries out what changes something.
func (s *stub) change(namespace string, args []string, stdin []byte) (string, int) {
	node := func(i int) map[string]any {
		if i < len(args) && s.nodes[args[i]] != nil {
			return s.nodes[args[i]]
		}
		return nil
	}
	switch args[0] + " " + args[1] {
	case "patch node":
		if node(2) == nil {
			return "not found", 1
		}
		return s.patch(args[2], value(args, "-p"))
	case "delete node":
		if node(2) == nil {
			return "not found", 1
		}
		delete(s.nodes, args[2])
		return "", 0
	case "delete pod":
		name := namespace + "/" + args[2]
		p := s.pods[name]
		delete(s.pods, name)
		if p != nil && namespace == "kube-flannel" {
			name += "x" // the DaemonSet makes another one
			s.pods[name] = s.pod(namespace, strings.TrimPrefix(name, namespace+"/"), p["spec"].(map[string]any)["nodeName"].(string), "DaemonSet", "kube-flannel-ds", true)
		}
		return "", 0
	case "taint node":
		if node(2) == nil {
			return "not found", 1
		}
		spec := node(2)["spec"].(map[string]any)
		list := []any{}
		for _, a := range args[4:] {
			key, effect, _ := strings.Cut(a, ":")
			list = append(list, map[string]any{"key": key, "effect": effect})
		}
		spec["taints"] = list
		return "", 0
	case "replace -f":
		for name := range s.maps {
			if strings.Contains(string(stdin), "name: "+name[strings.Index(name, "/")+1:]+"\n") {
				s.maps[name] = string(stdin)
			}
		}
		return "", 0
	case "patch daemonset", "rollout status":
		return "", 0
	}
	n := node(1)
	if n == nil {
		return "not found", 1
	}
	spec := n["spec"].(map[string]any)
	switch args[0] {
	case "cordon":
		spec["unschedulable"] = true
	case "uncordon":
		delete(spec, "unschedulable")
	case "drain":
		spec["unschedulable"] = true
		for name, p := range s.pods {
			if p["spec"].(map[string]any)["nodeName"] != args[1] || strings.HasPrefix(name, "kube-flannel/") {
				continue
			}
			if p["metadata"].(map[string]any)["ownerReferences"] == nil && !slices.Contains(args, "--force") {
				return "bare pod " + name, 1
			}
			delete(s.pods, name)
		}
	default:
		return "unknown: " + strings.Join(args, " "), 1
	}
	return "", 0
}

// patch merges, as the API server does: podCIDRs that are set stay.
func (s *stub) patch(name, text string) (string, int) {
	var p map[string]any
	if err := yaml.Unmarshal([]byte(text), &p); err != nil {
		return err.Error(), 1
	}
	if spec, ok := p["spec"].(map[string]any); ok && spec["podCIDRs"] != nil {
		if len(s.cidrs(name)) > 0 && fmt.Sprint(s.nodes[name]["spec"].(map[string]any)["podCIDRs"]) != fmt.Sprint(spec["podCIDRs"]) {
			return "forbidden: node updates may not change podCIDR", 1
		}
	}
	merge(s.nodes[name], p)
	return "", 0
}

func merge(into, from map[string]any) {
	for k, v := range from {
		a, ok := into[k].(map[string]any)
		b, ok2 := v.(map[string]any)
		if ok && ok2 {
			merge(a, b)
			continue
		}
		into[k] = v
	}
}
