package reading_test

import (
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/internal/reading"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// TestOfOthers reads texts that look like a cluster's and are none: no error is found in them.
func TestOfOthers(t *testing.T) {
	const manager = "kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta3\nnetworking:\n  podSubnet: 10.77.0.0/16\n  serviceSubnet: 10.78.0.0/16\n"
	const links = "1: lo: <LOOPBACK,UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: eth0@if12: <BROADCAST,UP> mtu 1450\n    inet 10.77.3.25/24 scope global eth0\n"
	const routes = "default via 10.77.3.1 dev eth0\n10.77.3.0/24 dev eth0 scope link src 10.77.3.25\n"
	const shell = "$ kubectl exec -it -n web web-0 -- sh\n"
	for _, tt := range []struct {
		name, file, text string
		broken           bool
	}{
		{"flag in an item of a handbook", "docs/net.md", "# Ranges\n\nWe do not do this:\n\n- `kube-controller-manager --cluster-cidr=10.78.0.0/16 --allocate-node-cidrs=false`: it overlaps\n", false},
		{"message in an item of a handbook", "docs/net.md", "# Ranges\n\nWhat the tools say of that:\n\n- `kubeadm init --config x --pod-network-cidr=10.1.0.0/16`: refused with `can not mix '--config' with arguments [pod-network-cidr]`;\n", false},
		{"message in a report", "mail.txt", "Hello,\n\nI ran kubeadm and this is what I got from it:\n\ncan not mix '--config' with arguments [pod-network-cidr]\n\nWhat is wrong with that?\n", true},
		{"network of a chain", "config.json", `{"network": "testnet", "backend": "bolt"}`, false},
		{"network of a cloud", "net.json", `{"network": "/projects/p/networks/default", "subnetLen": "n/a"}`, false},
		{"network with settings", "app.json", `{"Network": {"version": 2}, "Backend": "redis"}`, false},
		{"network that is a range", "app.json", `{"Network": "10.1.0.0/16", "Backend": {"Type": "vxlan"}}`, true},
		{"network by the name of its file", "net-conf.json", `{"Network": "pods"}`, true},
		{"shell in a pod", "a.txt", shell + "/ # ip a\n" + links + "/ # ip r\n" + routes + "/ # exit\n$ uname\n", false},
		{"shell in a pod of a ReplicaSet", "a.txt", "root@nginx-7c5ddbdf54-lk9kd:/# ip a\n" + links + "root@nginx-7c5ddbdf54-lk9kd:/# ip r\n" + routes, false},
		{"host behind a shell in a pod", "a.txt", shell + "/ # hostname\nweb-0\n/ # exit\nroot@m1:~# ip r\n" + routes, true},
		{"machine of a MachineSet", "a.txt", "root@prod-md-0-7c5ddbdf54-lk9kd:/# ip r\n" + routes, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := reading.Check(fstest.MapFS{"kubeadm.yaml": {Data: []byte(manager)}, tt.file: {Data: []byte(tt.text)}})
			if err != nil {
				t.Fatal(err)
			}
			if broken := r.Verdict() == fact.Broken; broken != tt.broken {
				t.Errorf("broken %v, want %v: %v", broken, tt.broken, r.Findings)
			}
		})
	}
}
