package cmdline

import "testing"

// What people paste, written without a look at how the finder works.
var strange = []sample{
	{"minikube ssh", "docker@minikube:~$ ps -ef | grep kube-controller\nroot        1897    1721  2 09:13 ?        00:01:12 kube-controller-manager --allocate-node-cidrs=true --bind-address=127.0.0.1 --cluster-cidr=10.244.0.0/16 --cluster-name=mk\ndocker     12345   12300  0 10:00 pts/1    00:00:00 grep --color=auto kube-controller\n",
		[]string{"ps: kube-controller-manager --allocate-node-cidrs=true --bind-address=127.0.0.1 --cluster-cidr=10.244.0.0/16 --cluster-name=mk"}},
	{"kubectl jsonpath typed", "$ kubectl -n kube-system get pod kube-controller-manager-m1 -o jsonpath='{.spec.containers[0].command}'\n[\"kube-controller-manager\",\"--allocate-node-cidrs=true\",\"--cluster-cidr=10.244.0.0/16\"]\n$",
		[]string{"argument list: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16"}},
	{"cluster-info dump", "root@cp:~# kubectl cluster-info dump | grep -m 1 cluster-cidr\n                            \"--cluster-cidr=10.244.0.0/16\",\nroot@cp:~#",
		[]string{"inspect: (kube-controller-manager|kube-proxy|k3s|rke2|cloud-controller-manager|kube-router) --cluster-cidr=10.244.0.0/16"}},
	{"rke1", "/opt/rke-tools/entrypoint.sh kube-apiserver --service-cluster-ip-range=10.43.0.0/16 is not it\nroot 3011 2900 5 Jan05 ? 03:01:02 kube-apiserver --etcd-servers=https://10.0.2.15:2379 --service-cluster-ip-range=10.43.0.0/16",
		[]string{"ps: kube-apiserver --etcd-servers=https://10.0.2.15:2379 --service-cluster-ip-range=10.43.0.0/16"}},
	{"systemctl status kubelet", "● kubelet.service - kubelet: The Kubernetes Node Agent\n   Loaded: loaded (/lib/systemd/system/kubelet.service; enabled)\n  Drop-In: /etc/systemd/system/kubelet.service.d\n           └─10-kubeadm.conf\n   Active: active (running) since Mon 2026-01-05 12:00:00 UTC; 1h ago\n Main PID: 812 (kubelet)\n    Tasks: 15\n   CGroup: /system.slice/kubelet.service\n           └─812 /usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --config=/var/lib/kubelet/config.yaml --node-ip=10.0.2.15\n\nJan 05 12:00:00 m1 kubelet[812]: I0105 12:00:00.0 812 x.go:1] Setting Pod CIDR:  -> 10.244.1.0/24\n",
		[]string{"systemctl status: kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --config=/var/lib/kubelet/config.yaml --node-ip=10.0.2.15"}},
	{"10-kubeadm.conf", "# Note: This dropin only works with kubeadm and kubelet v1.11+\n[Service]\nEnvironment=\"KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf\"\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_EXTRA_ARGS\n",
		[]string{"environment file: kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf, var KUBELET_KUBECONFIG_ARGS", "unit: kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_EXTRA_ARGS"}},
	{"heredoc of a blog", "cat > /opt/kubernetes/cfg/kube-controller-manager.conf << EOF\nKUBE_CONTROLLER_MANAGER_OPTS=\"--logtostderr=false \\\\\n--v=2 \\\\\n--cluster-cidr=10.244.0.0/16 \\\\\n--service-cluster-ip-range=10.0.0.0/24\"\nEOF\n",
		[]string{"environment file: kube-controller-manager --logtostderr=false --v=2 --cluster-cidr=10.244.0.0/16 --service-cluster-ip-range=10.0.0.0/24, var KUBE_CONTROLLER_MANAGER_OPTS, path /opt/kubernetes/cfg/kube-controller-manager.conf"}},
	{"k3d", "root         1     0  5 12:00 ?        00:00:12 /bin/k3s server --cluster-cidr=10.118.0.0/16 --tls-san 0.0.0.0",
		[]string{"ps: k3s server --cluster-cidr=10.118.0.0/16 --tls-san=0.0.0.0"}},
	{"kubectl describe node", "Name:               m1\nAnnotations:        flannel.alpha.coreos.com/public-ip: 10.0.2.15\n                    k3s.io/node-args: [\"server\",\"--flannel-iface\",\"eth1\",\"--cluster-cidr\",\"10.50.0.0/16\"]\n",
		[]string{"annotation: k3s server --flannel-iface=eth1 --cluster-cidr=10.50.0.0/16"}},
	{"flannel daemonset described", "Containers:\n  kube-flannel:\n    Image:         flannel/flannel:v0.25.1\n    Command:\n      /opt/bin/flanneld\n    Args:\n      --ip-masq\n      --kube-subnet-mgr\n      --iface=eth1\n    Limits:\n",
		[]string{"describe pod: flanneld --ip-masq --kube-subnet-mgr --iface=eth1"}},
	{"vagrant provisioning", "    m1: + kubeadm init --apiserver-advertise-address=192.168.56.10 --pod-network-cidr=10.244.0.0/16",
		[]string{"typed: kubeadm init --apiserver-advertise-address=192.168.56.10 --pod-network-cidr=10.244.0.0/16, host m1"}},
	{"mail", "> # kubeadm init --pod-network-cidr 10.244.0.0/16\n> [init] using Kubernetes version: v1.13.0\n", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"zsh", "➜  ~ sudo kubeadm init --pod-network-cidr=10.244.0.0/16 --v=5", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16 --v=5"}},
	{"crictl args only", "            \"args\": [\n              \"/opt/bin/flanneld\",\n              \"--ip-masq\",\n              \"--kube-subnet-mgr\"\n            ],", []string{"inspect: flanneld --ip-masq --kube-subnet-mgr"}},
	{"hard-way unit", "[Service]\nExecStart=/usr/local/bin/kube-apiserver \\\n  --advertise-address=10.240.0.10 \\\n  --allow-privileged='true' \\\n  --service-cluster-ip-range=10.32.0.0/24 \\\n  --v=2\nRestart=on-failure\n", []string{"unit: kube-apiserver --advertise-address=10.240.0.10 --allow-privileged=true --service-cluster-ip-range=10.32.0.0/24 --v=2"}},
	{"docker run hyperkube", "docker run -d --net=host --privileged -v /sys:/sys:ro gcr.io/google_containers/hyperkube-amd64:v1.3.0 /hyperkube kubelet --allow-privileged=true --cluster-dns=10.0.0.10 --v=2",
		[]string{"typed: kubelet --allow-privileged=true --cluster-dns=10.0.0.10 --v=2"}},
	{"history of the shell", "  120  2026-01-05 10:00:00 kubeadm reset\n  121  2026-01-05 10:01:00 sudo kubeadm init --pod-network-cidr=10.244.0.0/16\n", []string{"typed: kubeadm reset", "typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"kubectl get -o yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    kubernetes.io/config.hash: 12\nspec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --service-cluster-ip-range=10.96.0.0/12\n    image: x\nstatus: {}\n", nil},
	{"issue template", "**How to reproduce**: run kubeadm init with --pod-network-cidr=10.244.0.0/16 and apply kube-flannel.yml\n", nil},
	{"docs", "You need to pass `--pod-network-cidr=10.244.0.0/16` to `kubeadm init` so that flannel works.\n\nkube-proxy --cluster-cidr should equal kube-controller-manager --cluster-cidr.\n", nil},
	{"ansible task", "- name: init\n  shell: kubeadm init --pod-network-cidr={{ pod_cidr }} --service-cidr={{ svc }}\n", []string{"typed: kubeadm init --pod-network-cidr={{ pod_cidr }} (template) --service-cidr={{ svc }} (template)"}},
	{"grep -A", "$ grep -n -A2 command /etc/kubernetes/manifests/kube-apiserver.yaml\n14:  - command:\n15-    - kube-apiserver\n16-    - --advertise-address=10.0.2.15\n", []string{"manifest lines: kube-apiserver --advertise-address=10.0.2.15, path /etc/kubernetes/manifests/kube-apiserver.yaml"}},
	{"cmdline with tr", "root@m1:~# cat /proc/812/cmdline | tr '\\0' ' '\nkube-controller-manager --cluster-cidr=10.244.0.0/16 --allocate-node-cidrs=true root@m1:~# ", []string{"/proc cmdline: kube-controller-manager --cluster-cidr=10.244.0.0/16 --allocate-node-cidrs=true"}},
	{"rke2 log", "Jan 05 12:00:00 m1 rke2[900]: time=\"2026-01-05T12:00:00Z\" level=info msg=\"Running kube-proxy --cluster-cidr=10.42.0.0/16 --conntrack-max-per-core=0 --hostname-override=m1\"", []string{"startup log: kube-proxy --cluster-cidr=10.42.0.0/16 --conntrack-max-per-core=0 --hostname-override=m1, host m1"}},
	{"kubernetes 1.0 on CentOS", "/usr/bin/kube-apiserver --logtostderr=true --v=0 --etcd_servers=http://127.0.0.1:4001 --address=0.0.0.0 --allow_privileged=false --portal_net=10.254.0.0/16", []string{"typed: kube-apiserver --logtostderr=true --v=0 --etcd_servers=http://127.0.0.1:4001 --address=0.0.0.0 --allow_privileged=false --portal_net=10.254.0.0/16"}},
}

func TestFindStrange(t *testing.T) {
	for _, s := range strange {
		s.check(t)
	}
}

// The same again, after what the first ones showed was set right.
var stranger = []sample{
	{"lost backslashes", "kubeadm init\n  --kubernetes-version=v1.30.2\n  --pod-network-cidr=10.244.0.0/16\n", []string{"typed: kubeadm init --kubernetes-version=v1.30.2 --pod-network-cidr=10.244.0.0/16"}},
	{"a list with a blank", "kubeadm init --pod-network-cidr \"10.244.0.0/16, fd00::/56\"", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16, fd00::/56"}},
	{"a phase", "kubeadm init phase control-plane all --apiserver-advertise-address 192.0.2.12", []string{"typed: kubeadm init phase --apiserver-advertise-address=192.0.2.12"}},
	{"upgrade", "root@m1:~# kubeadm upgrade apply v1.30.2 --yes", nil},
	{"ps on alpine", "PID   USER     TIME  COMMAND\n    1 root      0:12 {entry} /bin/sh /entry\n   27 root      3:41 kube-router --run-router=true --run-firewall=true --cluster-cidr=10.42.0.0/16", []string{"ps: kube-router --run-router=true --run-firewall=true --cluster-cidr=10.42.0.0/16"}},
	{"ps auxww with tree", "root       900  0.1  0.2 712 33 ?  Sl   Jan04  12:11 /usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 12\nroot      1013  2.0  3.1 100 12 ?  Ssl  Jan04 100:01  \\_ kube-apiserver --advertise-address=10.0.2.15 --service-cluster-ip-range=10.96.0.0/12", []string{"ps: kube-apiserver --advertise-address=10.0.2.15 --service-cluster-ip-range=10.96.0.0/12"}},
	{"top -c", "  2211 root      20   0  823412 101232  61234 S   2.0   1.3   3:41.12 kube-controller-manager --cluster-cidr=10.244.0.0/16 --leader-e", []string{"ps: kube-controller-manager --cluster-cidr=10.244.0.0/16 --leader-e"}},
	{"openrc", "supervise-daemon k3s --start --pidfile /run/k3s.pid -- server", nil},
	{"docker top", "UID    PID    PPID   C   STIME   TTY   TIME       CMD\nroot   3190   3168   1   09:14   ?     00:02:10   /usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override=m1", []string{"ps: kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override=m1"}},
	{"cat of two files", "==> /etc/kubernetes/apiserver <==\nKUBE_API_ARGS=\"--service-cluster-ip-range=10.254.0.0/16\"\n\n==> /etc/kubernetes/controller-manager <==\nKUBE_CONTROLLER_MANAGER_ARGS=\"--cluster-cidr=10.254.0.0/16\"\n", []string{"environment file: kube-apiserver --service-cluster-ip-range=10.254.0.0/16, var KUBE_API_ARGS, path /etc/kubernetes/apiserver", "environment file: kube-controller-manager --cluster-cidr=10.254.0.0/16, var KUBE_CONTROLLER_MANAGER_ARGS, path /etc/kubernetes/controller-manager"}},
	{"grep of a unit", "$ grep -r cidr /etc/systemd/system\n/etc/systemd/system/kube-controller-manager.service:  --cluster-cidr=10.200.0.0/16 \\\n", []string{"manifest lines: kube-controller-manager --cluster-cidr=10.200.0.0/16, path /etc/systemd/system/kube-controller-manager.service"}},
	{"systemd-cgls", "├─kubelet.service \n│ └─812 /usr/bin/kubelet --node-ip=10.0.2.15 --max-pods=250\n", []string{"systemctl status: kubelet --node-ip=10.0.2.15 --max-pods=250"}},
	{"kubectl logs --prefix", "[pod/kube-proxy-x/kube-proxy] I0105 12:00:00.123456       1 flags.go:64] FLAG: --cluster-cidr=\"10.244.0.0/16\"\n[pod/kube-proxy-x/kube-proxy] I0105 12:00:00.123456       1 flags.go:64] FLAG: --proxy-mode=\"\"\n", []string{"FLAG lines: kube-proxy --cluster-cidr=10.244.0.0/16 --proxy-mode="}},
	{"k3s service file of the docs", "ExecStart=/usr/local/bin/k3s server --node-ip 10.0.2.15 --flannel-iface eth1", []string{"unit: k3s server --node-ip=10.0.2.15 --flannel-iface=eth1"}},
	{"k3s with URL", "curl -sfL https://get.k3s.io | K3S_URL=https://10.0.2.15:6443 K3S_TOKEN=x sh -", []string{"typed: k3s agent"}},
	{"INSTALL_K3S_EXEC plain", "curl -sfL https://get.k3s.io | INSTALL_K3S_EXEC='--flannel-backend=none --cluster-cidr=192.168.0.0/16' sh -", []string{"typed: k3s server --flannel-backend=none --cluster-cidr=192.168.0.0/16"}},
	{"docker args of flannel", "DOCKER_OPTS=\"--bip=172.17.42.1/24 --mtu=1450\"\nDOCKER_OPT_BIP=\"--bip=10.1.71.1/24\"", []string{"environment file: dockerd --bip=172.17.42.1/24 --mtu=1450, var DOCKER_OPTS", "environment file: dockerd --bip=10.1.71.1/24, var DOCKER_OPT_BIP"}},
	{"flanneld by hand", "# /opt/bin/flanneld -etcd-endpoints=http://10.0.2.15:2379 -iface=eth1 &", []string{"typed: flanneld --etcd-endpoints=http://10.0.2.15:2379 --iface=eth1"}},
	{"crictl in YAML", "info:\n  runtimeSpec:\n    process:\n      args:\n      - kube-controller-manager\n      - --cluster-cidr=10.244.0.0/16\n", []string{"manifest lines: kube-controller-manager --cluster-cidr=10.244.0.0/16"}},
	{"helm values", "extraArgs:\n  - --iface=eth1\n  - --kube-subnet-mgr\n", []string{"manifest lines: flanneld --iface=eth1 --kube-subnet-mgr"}},
	{"a chat", "did you try kubeadm init --pod-network-cidr=10.244.0.0/16 ?\nyes, kubelet --node-ip is right", nil},
	{"release notes", "- Fixed a bug where kube-controller-manager --cluster-cidr=10.244.0.0/16 --allocate-node-cidrs=true crashed.\n", nil},
	{"TypeScript", "const args = ['kubeadm', 'init', '--pod-network-cidr=10.244.0.0/16'];\nawait run(`kubeadm init --pod-network-cidr=${cidr}`);\n", nil},
	{"Go test table", "\t\t{\n\t\t\tname: \"x\",\n\t\t\targs: []string{\"--service-cluster-ip-range=10.0.0.0/24\"},\n\t\t},\n", nil},
	{"C#", "    var command = \"kube-proxy --cluster-cidr=10.244.0.0/16\";", nil},
}

func TestFindStranger(t *testing.T) {
	for _, s := range stranger {
		s.check(t)
	}
}

// Further ones.
var further = []sample{
	{"two containers described", "Name:  a\nNode:  w1/10.0.0.1\nContainers:\n  kube-proxy:\n    Image: x/kube-proxy:v1\n    Command:\n      /usr/local/bin/kube-proxy\n      --config=/x\n      --hostname-override=$(NODE_NAME)\n    State: Running\n\n\nName:  b\nNode:  w2/10.0.0.2\nContainers:\n  kube-proxy:\n    Command:\n      /usr/local/bin/kube-proxy\n      --cluster-cidr=10.1.0.0/16\n",
		[]string{"describe pod: kube-proxy --config=/x --hostname-override=$(NODE_NAME) (template), host w1", "describe pod: kube-proxy --cluster-cidr=10.1.0.0/16, host w2"}},
	{"flannel log", "I0105 12:00:00 1 main.go:1] CLI flags config: {etcdEndpoints:http://127.0.0.1:4001 etcdPrefix:/coreos.com/network iface:[eth1]}", nil},
	{"ssh loop", "for h in m1 m2; do ssh $h sudo kubeadm reset -f; done", []string{"typed: kubeadm reset --f, host $h"}},
	{"supervisor", "command=/opt/kubernetes/bin/kube-proxy --cluster-cidr=10.244.0.0/16\n", []string{"typed: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"yaml literal", "script: |\n  kubeadm init --pod-network-cidr=10.244.0.0/16\n  mkdir -p ~/.kube\n", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"kubeadm join output", "Then you can join any number of worker nodes by running the following on each as root:\n\nkubeadm join 10.0.2.15:6443 --token a.b \\\n\t--discovery-token-ca-cert-hash sha256:12 \n", []string{"typed: kubeadm join --token=a.b --discovery-token-ca-cert-hash=sha256:12"}},
	{"mid-sentence", "I use kubelet --node-ip=10.0.2.15 on all nodes\n", nil},
	{"value ends the line and prompt is glued", "10.244.0.0/16root@m1:~# kubeadm init --pod-network-cidr=10.244.0.0/16\n", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"podman inspect", "\"Config\": {\n \"Cmd\": [\n  \"server\",\n  \"--cluster-cidr=10.42.0.0/16\"\n ],\n", nil},
	{"docker inspect k3s", "\"Id\": \"12\",\n\"Path\": \"/bin/k3s\",\n\"Args\": [\n \"server\",\n \"--cluster-cidr=10.42.0.0/16\"\n],\n", []string{"inspect: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"journal of kubelet's start", "Jan 05 12:00:00 m1 systemd[1]: Started kubelet: The Kubernetes Node Agent.\nJan 05 12:00:01 m1 kubelet[812]: Flag --cluster-dns has been deprecated, This parameter should be set via the config file\n", nil},
	{"error usage", "Error: unknown flag: --cluster-cird\nUsage:\n  kube-controller-manager [flags]\n\nFlags:\n      --allocate-node-cidrs     Should CIDRs for Pods be allocated\n", nil},
	{"windows path", "C:\\k\\kube-proxy.exe --hostname-override=w1 --cluster-cidr=10.244.0.0/16 --v=4\r\n", []string{"typed: kube-proxy --hostname-override=w1 --cluster-cidr=10.244.0.0/16 --v=4"}},
	{"ps wide on 80", "root      2211  2100  4 11:02 ?        00:03:41 kube-apiserver --advertise-addr\nroot      2212  2100  4 11:02 ?        00:03:41 kube-scheduler --authentication\n", []string{"ps: kube-apiserver --advertise-addr (cut), truncated", "ps: kube-scheduler --authentication (cut), truncated"}},
}

func TestFindFurther(t *testing.T) {
	for _, s := range further {
		s.check(t)
	}
}
