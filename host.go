package kubecidr

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
	"show": true, "list": true, "all": true, "table": true, "crash": true, "events": true, "full": true, "default": true, "v4": true, "v6": true, "ipv4": true, "ipv6": true, "dual": true,
}

// hostFromPath returns the host that a file speaks for, told from its folder or, failing that, from its own name; "" where neither names one.
// The innermost folder counts that is no usual part of a path on a host ("etc", "kubernetes", "manifests") and no usual sorting ("logs", "nodes").
func hostFromPath(name string) string {
	dir, base := path.Split(path.Clean(strings.ReplaceAll(name, "\\", "/")))
	folders := strings.Split(strings.Trim(dir, "/"), "/")
	for i := len(folders) - 1; i >= 0; i-- {
		f := folders[i]
		if genericFolders[strings.ToLower(f)] || isDate(f) || strings.HasPrefix(f, ".") {
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
