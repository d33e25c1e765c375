package reading

import (
	"net/netip"
	"path"
	"regexp"
	"strings"
)

// genericFolders are folder names that say what is in them, not which host it comes from.
var genericFolders = map[string]bool{
	"": true, ".": true, "/": true,
	// where the files stand on a host
	"etc": true, "kubernetes": true, "manifests": true, "var": true, "lib": true, "run": true, "flannel": true, "kube-flannel": true,
	"kubelet": true, "log": true, "logs": true, "pods": true, "containers": true, "cni": true, "net.d": true, "tmp": true, "opt": true,
	"rancher": true, "k3s": true, "rke2": true, "agent": true, "server": true, "systemd": true, "system": true, "root": true, "home": true,
	"static-pods": true, "staticpods": true, "pki": true, "conf": true, "conf.d": true, "usr": true, "local": true, "bin": true,
	// how people sort what they collect
	"config": true, "configs": true, "files": true, "data": true, "dump": true, "dumps": true, "output": true, "outputs": true, "yaml": true,
	"json": true, "cluster": true, "clusters": true, "nodes": true, "node": true, "hosts": true, "host": true, "masters": true, "workers": true,
	"control-plane": true, "controlplane": true, "control-planes": true, "kube-system": true, "default": true, "namespaces": true,
	"configmaps": true, "collected": true, "bundle": true, "support": true, "support-bundle": true, "must-gather": true, "infra": true,
	"deploy": true, "deployment": true, "charts": true, "templates": true, "overlays": true, "base": true, "kustomize": true, "kubeadm": true,
	"old": true, "new": true, "backup": true, "before": true, "after": true, "src": true, "testdata": true,
	"args": true, "snap": true, "microk8s": true, "current": true, "common": true, "snapshot": true, "cfg": true, "sysconfig": true, "proc": true,
}

// datedFolder matches folders named after a day or a run.
var datedFolder = regexp.MustCompile(`^[0-9][0-9T_.:-]*Z?$`)

// isDate reports whether s is a day or the number of a run, and not an address, which names a host.
func isDate(s string) bool {
	_, err := netip.ParseAddr(s)
	return err != nil && datedFolder.MatchString(s)
}

// fileStems are the names of the files that stand on a host, longest first. What is left of a file's name once its stem is taken
// out names the host: "cp1-kube-apiserver.yaml", "kube-controller-manager-cp2.yaml", "subnet.env.worker-7".
var fileStems = []string{
	"kube-controller-manager", "kube-apiserver", "controller-manager", "kubelet-config", "kubeadm-flags", "kubeadm-config", "kubeadm-init",
	"kube-scheduler", "kube-flannel-ds", "kube-flannel", "subnet.env", "kube-proxy", "apiserver", "flanneld", "net-conf", "subnet", "kubelet",
	"ip-6-address", "ip-6-route", "ip-6-addr", "ip6-route", "ip6-addr", "ip-address", "ip-routes", "ip-route", "ip-addr", "ip-link", "iproute", "ipaddr", "ifconfig",
	"flannel", "kubeadm", "kcm",
}

// fileWords are parts of file names that are no hosts.
var fileWords = map[string]bool{
	"": true, "yaml": true, "yml": true, "json": true, "log": true, "logs": true, "txt": true, "env": true, "conf": true, "manifest": true,
	"config": true, "init": true, "join": true, "old": true, "new": true, "bak": true, "backup": true, "orig": true, "save": true, "cfg": true,
	"previous": true, "current": true, "pod": true, "static": true, "ds": true, "err": true, "out": true, "flags": true, "args": true,
	"command": true, "cmd": true, "cm": true, "configmap": true, "service": true, "describe": true, "error": true, "errors": true,
	"show": true, "list": true, "all": true, "table": true, "crash": true, "events": true, "full": true, "default": true, "dry": true, "run": true, "dry-run": true, "dryrun": true, "v4": true, "v6": true, "ipv4": true, "ipv6": true, "dual": true,
}

// Folders whose names hold that of a host and more: of support bundles, and of the logs of a pod on its host.
var (
	// sosreport-cp1-2026-11-20-abcdefg, sosreport-cp1-12345678-20261120101010
	sosFolder = regexp.MustCompile(`^(?:sosreport|sos-collector|supportconfig|scc|nts)[-_](.+?)(?:[-_](?:\d{4}-\d{2}-\d{2}|\d{6,14}).*)?$`)
	// cp1-2026-11-20_10_00_00, cp1_20261120, cp1-2026-11-20T100000Z: of the collectors of Rancher, RKE2 and k3s
	datedHost = regexp.MustCompile(`^(.*?[A-Za-z].*?)[-_.](?:20\d{2}-\d{2}-\d{2}|20\d{6})(?:[-_.T]?[0-9Z:_.-]*)?$`)
	// kube-system_kube-apiserver-cp1_0a1b2c: /var/log/pods
	podFolder = regexp.MustCompile(`^[a-z0-9-]+_([a-z0-9.-]+)_[0-9a-f-]{6,}$`)
)

// hostOfFolder returns the host that is a part of a folder's name. ok reports that the name is of a known form, whether it
// names a host or not.
func hostOfFolder(f string) (host string, ok bool) {
	if m := podFolder.FindStringSubmatch(f); m != nil {
		return hostOfPod(m[1]), true
	}
	if h := hostOfPod(f); h != "" {
		return h, true
	}
	for _, re := range []*regexp.Regexp{sosFolder, datedHost} {
		if m := re.FindStringSubmatch(f); m != nil {
			if genericFolders[strings.ToLower(m[1])] {
				return "", true
			}
			return m[1], true
		}
	}
	return "", false
}

// staticPods are the programs that a host runs as static pods, each of which is named after its host.
var staticPods = []string{"kube-apiserver-", "kube-controller-manager-", "kube-scheduler-", "etcd-"}

// hostOfPod returns the host of a static pod, of which pod is the name, "" for other pods.
func hostOfPod(pod string) string {
	pod = pod[strings.LastIndexByte(pod, '/')+1:]
	for _, p := range staticPods {
		if h, ok := strings.CutPrefix(pod, p); ok && !fileWords[strings.ToLower(h)] {
			return h
		}
	}
	return ""
}

// clusterCommands are programs whose output is the cluster's, wherever they are called.
var clusterCommands = map[string]bool{"kubectl": true, "oc": true, "helm": true, "k9s": true, "stern": true, "kubectl.exe": true,
	"calicoctl": true, "cilium": true, "talosctl": true, "etcdctl": true, "microk8s.kubectl": true, "velero": true}

// ofCluster reports whether what a command prints is said of the cluster, and not of the host on which it runs.
func ofCluster(argv []string) bool {
	if len(argv) == 0 {
		return false
	}
	name := path.Base(argv[0])
	if (name == "k3s" || name == "rke2" || name == "microk8s" || name == "k0s" || name == "minikube") && len(argv) > 1 {
		name = argv[1]
	}
	return clusterCommands[name]
}

// hostFromPath returns the host that a file speaks for, told from its folder or, failing that, from its own name; "" where neither names one.
// The innermost folder counts that is no usual part of a path on a host ("etc", "kubernetes", "manifests") and no usual sorting ("logs", "nodes").
func hostFromPath(name string) string {
	dir, base := path.Split(path.Clean(strings.ReplaceAll(name, "\\", "/")))
	folders := strings.Split(strings.Trim(dir, "/"), "/")
	for i := len(folders) - 1; i >= 0; i-- {
		f := folders[i]
		if h, ok := hostOfFolder(f); ok && h != "" {
			return h
		} else if ok || genericFolders[strings.ToLower(f)] || isDate(f) || strings.HasPrefix(f, ".") || strings.HasSuffix(f, ".d") {
			continue
		}
		return f
	}
	lower := strings.ReplaceAll(strings.ToLower(base), "_", "-") // ip_route
	for _, stem := range fileStems {
		i := strings.Index(lower, stem)
		if i < 0 {
			continue
		}
		before := strings.Trim(base[:i], "-_. @")
		after := strings.Trim(base[i+len(stem):], "-_. @")
		for _, part := range []string{before, trimExtensions(after)} {
			if part != "" && !fileWords[strings.ToLower(part)] && !isDate(part) && !strings.HasPrefix(part, "v1.") {
				return part
			}
		}
		return ""
	}
	return ""
}

// trimExtensions drops what stands behind the last dots of s and is no host: "cp1.yaml.bak" gives "cp1".
func trimExtensions(s string) string {
	for {
		i := strings.LastIndexAny(s, ".-_")
		if i < 0 || !fileWords[strings.ToLower(s[i+1:])] {
			if i < 0 && fileWords[strings.ToLower(s)] {
				return ""
			}
			return s
		}
		s = s[:i]
	}
}
