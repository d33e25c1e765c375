package kubeadm

import (
	"strings"
	"testing"
)

// TestParseCommands holds which commands are found in a text, the host of each, and where a join goes.
func TestParseCommands(t *testing.T) {
	const flag = " --service-cidr=10.9.0.0/16"
	for _, tt := range []struct{ text, want string }{
		{"kubeadm init", "kubeadm init"},
		{"/usr/bin/kubeadm init" + flag + "\nkubeadm.exe join 192.0.2.1:6443\nkubeadm2 init" + flag, "kubeadm init" + flag + "\nkubeadm join to 192.0.2.1:6443"},
		{"root@a:~# kubeadm init\n$ kubeadm join 192.0.2.1:6443", "a: kubeadm init\nkubeadm join to 192.0.2.1:6443"},
		{"kubeadm join $API --token a.b\nkubeadm join\nkubeadm join --config j.yaml\nAPI=192.0.2.1; kubeadm join $API:6443", "kubeadm join\nkubeadm join\nkubeadm join\nkubeadm join to 192.0.2.1:6443"},
		// Flags before the subcommand, and their values.
		{"kubeadm --v 5 init" + flag + "\nkubeadm -v 5 init" + flag + "\nkubeadm --rootfs / init" + flag, strings.Repeat("\nkubeadm init"+flag, 3)[1:]},
		{"kubeadm --v=5 init" + flag + "\nkubeadm --skip-headers -v5 init" + flag, strings.Repeat("\nkubeadm init"+flag, 2)[1:]},
		{"kubeadm\nkubeadm -v\nkubeadm --v 5\nkubeadm reset init" + flag + "\nkubeadm --skip-headers 5 init" + flag, ""},
		// What may stand before a command, and what makes a sentence of it.
		{"sudo -E A=1 kubeadm init\n102 kubeadm init\n  - run: time kubeadm init", strings.Repeat("\nkubeadm init", 3)[1:]},
		{"so kubeadm init\nwe used kubeadm init" + flag + " and more --pod-network-cidr=10.0.0.0/8", "kubeadm init" + flag},
		// The programs of the control plane, with at most four words before them and a flag behind.
		{"nohup sudo -E A=1 kube-apiserver" + " --service-cluster-ip-range=10.9.0.0/16", "kube-apiserver --service-cluster-ip-range=10.9.0.0/16"},
		{"now nohup sudo -E A=1 kube-apiserver" + " --service-cluster-ip-range=10.9.0.0/16", ""},
		{"kube-controller-manager is up\nkube-controller-manager", ""},
		// Commands that name a program do not run it.
		{"systemctl status kube-apiserver --no-pager\njournalctl -u kube-controller-manager --since today\nkubectl kube-proxy -l k8s-app=kube-proxy", ""},
		{"[Service]\nExecStart=/opt/kube-controller-manager --cluster-cidr=10.0.0.0/8", "kube-controller-manager --cluster-cidr=10.0.0.0/8"},
	} {
		c, err := ParseCommands("f", []byte(tt.text))
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		var got []string
		for _, k := range c.Kubeadm {
			s := k.String()
			if k.Host != "" {
				s = k.Host + ": " + s
			}
			if to := k.Config().Join.APIServerEndpoint.V; to != "" {
				s += " to " + to
			}
			got = append(got, s)
		}
		for _, p := range c.Processes {
			got = append(got, p.String())
		}
		if got := strings.Join(got, "\n"); got != tt.want {
			t.Errorf("%q\n reads as %q\n want     %q", tt.text, got, tt.want)
		}
	}
}
