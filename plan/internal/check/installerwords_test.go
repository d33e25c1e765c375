package check

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestInstallerUnits: a node registers again, and a range is written, in the words of the installer, not in kubeadm's.
func TestInstallerUnits(t *testing.T) {
	for _, tt := range []struct {
		installer string
		want      []string
		never     []string
	}{
		{"talos", []string{"talosctl -n NODE reboot", "cluster.network.podSubnets"}, []string{"systemctl", "kubeadm"}},
		{"k0s", []string{"systemctl restart k0sworker", "/etc/k0s/k0s.yaml"}, []string{"restart kubelet", "kubeadm"}},
		{"microk8s", []string{"snap restart microk8s"}, []string{"restart kubelet", "kubeadm"}},
		{"k3s", []string{"systemctl restart k3s (k3s-agent on an agent)"}, []string{"restart kubelet"}},
		{"kind", []string{"docker exec NODE systemctl restart kubelet"}, []string{"kubelet on it"}},
		{"k3d", []string{"docker restart NODE"}, []string{"systemctl"}},
		{"minikube", []string{"minikube ssh -n NODE"}, []string{"kubelet on it"}},
		{"kubespray", []string{"systemctl restart kubelet"}, nil},
	} {
		ranged := func(c fact.Component, host, file, key, text string, role fact.Role) fact.Statement {
			return fact.Statement{Component: c, Host: host, Role: role, Key: key, Text: text,
				Prefixes: []netip.Prefix{netip.MustParsePrefix(text)}, Pos: fact.Position{File: file, Line: 1, Column: 1}}
		}
		r := Run(
			ranged(fact.ControllerManager, "", "config", "pods", "10.244.0.0/16", fact.RolePods),
			ranged(fact.APIServer, "", "config", "services", "10.244.16.0/20", fact.RoleServices),
			ranged(fact.Node, "w1", "nodes", "spec.podCIDR", "10.244.17.0/24", fact.RoleNodePods),
			fact.Statement{Component: fact.Component(tt.installer), Role: fact.RoleSetting, Setting: fact.SettingInstaller,
				Key: "installer", Text: tt.installer, Pos: fact.Position{File: "config", Line: 1, Column: 1}},
		)
		text := ""
		for _, f := range r.Findings {
			if f.Rule == fact.RulePodServiceOverlap {
				text += strings.Join(f.Fix, "\n") + "\n"
			}
		}
		for _, w := range tt.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is not in\n%s", tt.installer, w, text)
			}
		}
		for _, w := range tt.never {
			if strings.Contains(text, w) {
				t.Errorf("%s: %q is in\n%s", tt.installer, w, text)
			}
		}
	}
}
