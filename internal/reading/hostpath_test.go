package reading

import "testing"

func TestHostFromPath(t *testing.T) {
	for _, tt := range []struct{ name, want, why string }{
		{"kube-apiserver.yaml", "", "a file alone names nobody"},
		{"cp1/kube-apiserver.yaml", "cp1", "folder per host"},
		{"cp1/etc/kubernetes/manifests/kube-apiserver.yaml", "cp1", "a copy of the host's own tree"},
		{"etc/kubernetes/manifests/kube-apiserver.yaml", "", "the tree of one host, unnamed"},
		{"cluster/nodes/worker-0001/run/flannel/subnet.env", "worker-0001", "innermost folder that names a host"},
		{"north/cp1/kube-apiserver.yaml", "cp1", "the innermost of several"},
		{"kube-controller-manager-cp2.yaml", "cp2", "name of the mirror pod"},
		{"cp2-kube-controller-manager.yaml", "cp2", "host first"},
		{"cp2.example.kube-apiserver.yaml", "cp2.example", "dotted host"},
		{"kube-apiserver.cp3.yaml", "cp3", "host between dots"},
		{"subnet.env.worker-7", "worker-7", "suffix"},
		{"worker-7.subnet.env", "worker-7", "prefix"},
		{"subnet-worker-7.env", "worker-7", "inside"},
		{"kube-apiserver.yaml.bak", "", "a backup is no host"},
		{"kube-controller-manager-old.yaml", "", "nor is an old copy"},
		{"kubelet-config.yaml", "", "the stem itself"},
		{"kubeadm-config-configmap.yaml", "", "what it is, not whose"},
		{"kubeadm-config.yaml", "", "the stem itself"},
		{"kubeadm-init.txt", "", "the stem itself"},
		{"2026-11-20/kube-apiserver.yaml", "", "a day is no host"},
		{"logs/flannel.log", "", "sorted by kind"},
		{"nodes.json", "", "no stem"},
		{"kube-flannel.yml", "", "the stem itself"},
		{"net-conf.json", "", "the stem itself"},
		{`cp1\kube-apiserver.yaml`, "cp1", "a path from Windows"},
		{"192.168.10.11/kube-apiserver.yaml", "192.168.10.11", "an address names a host"},
	} {
		if got := hostFromPath(tt.name); got != tt.want {
			t.Errorf("hostFromPath(%q) = %q, want %q: %s", tt.name, got, tt.want, tt.why)
		}
	}
}
