package cmdline

import "testing"

// The shapes of each frame, as frames.md collects them.
var samples = []sample{
	// ps
	{"ps aux", "USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n" +
		"root      2211  4.0  1.1 202012 92312 ?        Ssl  11:02   3:41 kube-controller-manager --cluster-cidr=10.244.0.0/16 --allocate-node-cidrs=true\n",
		[]string{"ps: kube-controller-manager --cluster-cidr=10.244.0.0/16 --allocate-node-cidrs=true"}},
	{"ps -ef without a header", "root      2211  2100  4 11:02 ?        00:03:41 /usr/local/bin/kube-apiserver --service-cluster-ip-range=10.96.0.0/12\n",
		[]string{"ps: kube-apiserver --service-cluster-ip-range=10.96.0.0/12"}},
	{"ps -ef with a date", "root  2211  2100  4 Jan05 ?  1-00:03:41 kube-proxy --cluster-cidr 10.244.0.0/16 --v=2",
		[]string{"ps: kube-proxy --cluster-cidr=10.244.0.0/16 --v=2"}},
	{"ps ax", " 2211 ?        Ssl    3:41 kubelet --pod-cidr=10.244.1.0/24", []string{"ps: kubelet --pod-cidr=10.244.1.0/24"}},
	{"ps auxf", `root 2211 4.0 1.1 202012 92312 ? Ssl 11:02 3:41  |   \_ kube-proxy --cluster-cidr=10.244.0.0/16`,
		[]string{"ps: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"ps -eo pid,args", "  PID COMMAND\n 2211 kube-apiserver --service-cluster-ip-range=10.96.0.0/12\n", []string{"ps: kube-apiserver --service-cluster-ip-range=10.96.0.0/12"}},
	{"pgrep -a", "2211 kube-controller-manager --cluster-cidr=10.244.0.0/16", []string{"ps: kube-controller-manager --cluster-cidr=10.244.0.0/16"}},
	{"ps of a container", "    1 root      0:03 /opt/bin/flanneld --ip-masq --kube-subnet-mgr --iface=eth1", []string{"ps: flanneld --ip-masq --kube-subnet-mgr --iface=eth1"}},
	{"ps hyperkube", "root 12 3 0 11:02 ? 00:00:10 /hyperkube controller-manager --cluster-cidr=10.2.0.0/16", []string{"ps: kube-controller-manager --cluster-cidr=10.2.0.0/16"}},
	{"ps k3s", "root 12 3 0 11:02 ? 00:00:10 /usr/local/bin/k3s server --cluster-cidr 10.42.0.0/16", []string{"ps: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"ps shell", "root 12 0.0 0.1 1 2 ? Ss 11:02 0:00 /bin/sh -c exec /usr/local/bin/kube-proxy --cluster-cidr=10.244.0.0/16 1>>/var/log/x", []string{"ps: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"the grep itself", "root 1 0.0 0.0 1 2 pts/0 S+ 11:02 0:00 grep --color=auto kube-apiserver --x", nil},
	{"ps cut", "root 12 3 0 11:02 ? 00:00:10 kube-proxy --v=2 --cluster-cidr=10.2…", []string{"ps: kube-proxy --v=2 --cluster-cidr=10.2 (cut), truncated"}},
	{"pdsh", "m1: root 12 3 0 11:02 ? 00:00:10 kube-proxy --cluster-cidr=10.2.0.0/16", []string{"ps: kube-proxy --cluster-cidr=10.2.0.0/16, host m1"}},
	{"pgrep glued", "12 kube-proxy--config=/x--cluster-cidr=10.244.0.0/16", []string{"ps: kube-proxy --config=/x --cluster-cidr=10.244.0.0/16"}},

	// systemctl status
	{"status tree", "   CGroup: /system.slice/kubelet.service\n           └─1234 /usr/bin/kubelet --node-ip=10.0.2.15 --cluster-dns=10.96.0.10\n",
		[]string{"systemctl status: kubelet --node-ip=10.0.2.15 --cluster-dns=10.96.0.10"}},
	{"status ascii", "           `-1234 /usr/bin/kubelet --node-ip=10.0.2.15", []string{"systemctl status: kubelet --node-ip=10.0.2.15"}},
	{"status branch", "           ├─1234 /usr/bin/kube-proxy --cluster-cidr=10.244.0.0/16\n           └─1235 sleep", []string{"systemctl status: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"status cut", "           └─1234 /usr/bin/kubelet --node-ip=10.0.2.15 --cluster-d...", []string{"systemctl status: kubelet --node-ip=10.0.2.15 --cluster-d (cut), truncated"}},
	{"status process", "  Process: 1234 ExecStart=/usr/bin/kube-apiserver --service-cluster-ip-range=10.96.0.0/12 (code=exited, status=1/FAILURE)",
		[]string{"systemctl status: kube-apiserver --service-cluster-ip-range=10.96.0.0/12"}},
	{"show", "ExecStart={ path=/usr/bin/kubelet ; argv[]=/usr/bin/kubelet --pod-cidr=10.200.1.0/24 ; ignore_errors=no ; }", []string{"systemctl status: kubelet --pod-cidr=10.200.1.0/24"}},

	// units
	{"unit", "[Service]\nExecStart=/usr/local/bin/kube-controller-manager \\\n  --bind-address=0.0.0.0 \\\n  --cluster-cidr=10.200.0.0/16 \\\n  --v=2\nRestart=on-failure\n",
		[]string{"unit: kube-controller-manager --bind-address=0.0.0.0 --cluster-cidr=10.200.0.0/16 --v=2"}},
	{"unit k3s", "ExecStart=/usr/local/bin/k3s \\\n    server \\\n\t'--cluster-cidr' \\\n\t'10.42.0.0/16' \\\n", []string{"unit: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"unit with variables", "ExecStart=/usr/bin/kube-apiserver $KUBE_LOGTOSTDERR ${KUBE_SERVICE_ADDRESSES} --v=2", []string{"unit: kube-apiserver --v=2 $KUBE_LOGTOSTDERR $KUBE_SERVICE_ADDRESSES"}},
	{"reset", "# /usr/lib/systemd/system/kubelet.service\nExecStart=/usr/bin/kubelet --node-ip=10.0.0.1\n\n# /etc/systemd/system/kubelet.service.d/10.conf\n[Service]\nExecStart=\nExecStart=-/usr/bin/kubelet --node-ip=10.0.0.2\n",
		[]string{"unit: kubelet --node-ip=10.0.0.2, path /etc/systemd/system/kubelet.service.d/10.conf"}},
	{"comment between", "ExecStart=/usr/bin/kube-proxy \\\n# --cluster-cidr=10.1.0.0/16 \\\n --cluster-cidr=10.2.0.0/16", []string{"unit: kube-proxy --cluster-cidr=10.2.0.0/16"}},
	{"unit grep", "/etc/systemd/system/kube-proxy.service:ExecStart=/usr/bin/kube-proxy --cluster-cidr=10.2.0.0/16", []string{"unit: kube-proxy --cluster-cidr=10.2.0.0/16, path /etc/systemd/system/kube-proxy.service"}},
	{"unit docker", "ExecStart=/usr/bin/docker run --net=host --rm -v /a:/b rancher/k3s:v1.20.4-k3s1 server --cluster-cidr=10.42.0.0/16", []string{"unit: k3s server --cluster-cidr=10.42.0.0/16"}},

	// variables
	{"sysconfig", "# the range\nKUBE_SERVICE_ADDRESSES=\"--service-cluster-ip-range=172.16.32.0/21\"\n", []string{"environment file: kube-apiserver --service-cluster-ip-range=172.16.32.0/21, var KUBE_SERVICE_ADDRESSES"}},
	{"over lines", "KUBE_CONTROLLER_MANAGER_OPTS=\"--logtostderr=false \\\n--cluster-cidr=10.244.0.0/16 \\\n--v=2\"\n", []string{"environment file: kube-controller-manager --logtostderr=false --cluster-cidr=10.244.0.0/16 --v=2, var KUBE_CONTROLLER_MANAGER_OPTS"}},
	{"over lines, doubled", "KUBE_PROXY_OPTS=\"--v=2 \\\\\n--cluster-cidr=10.244.0.0/16\"\n", []string{"environment file: kube-proxy --v=2 --cluster-cidr=10.244.0.0/16, var KUBE_PROXY_OPTS"}},
	{"over lines, no mark", "KUBE_PROXY_OPTS=\"--v=2\n--cluster-cidr=10.244.0.0/16\"\n", []string{"environment file: kube-proxy --v=2 --cluster-cidr=10.244.0.0/16, var KUBE_PROXY_OPTS"}},
	{"kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--network-plugin=cni --node-ip=10.0.2.15\"", []string{"environment file: kubelet --network-plugin=cni --node-ip=10.0.2.15, var KUBELET_KUBEADM_ARGS"}},
	{"no quotes", "KUBELET_EXTRA_ARGS=--node-ip=10.0.2.15 --max-pods=50\n", []string{"environment file: kubelet --node-ip=10.0.2.15 --max-pods=50, var KUBELET_EXTRA_ARGS"}},
	{"flannel", "FLANNEL_OPTIONS=\"-iface=eth1\"", []string{"environment file: flanneld --iface=eth1, var FLANNEL_OPTIONS"}},
	{"docker", "DOCKER_NETWORK_OPTIONS=\" --bip=10.1.71.1/24 --ip-masq=true --mtu=1450\"", []string{"environment file: dockerd --bip=10.1.71.1/24 --ip-masq=true --mtu=1450, var DOCKER_NETWORK_OPTIONS"}},
	{"Environment", "Environment=\"KUBELET_DNS_ARGS=--cluster-dns=10.96.0.10 --cluster-domain=cluster.local\" \"KUBELET_X=--max-pods=50\"", []string{
		"environment file: kubelet --cluster-dns=10.96.0.10 --cluster-domain=cluster.local, var KUBELET_DNS_ARGS", "environment file: kubelet --max-pods=50, var KUBELET_X"}},
	{"unknown variable", "MY_OPTS=\"--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16\"", []string{"environment file: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16, var MY_OPTS"}},
	{"ambiguous variable", "MY_OPTS=\"--cluster-cidr=10.244.0.0/16\"", []string{"environment file: (kube-controller-manager|kube-proxy|k3s|rke2|cloud-controller-manager|kube-router) --cluster-cidr=10.244.0.0/16, var MY_OPTS"}},
	{"the unit decides", "MY_OPTS=\"--cluster-cidr=10.244.0.0/16\"\nExecStart=/usr/bin/kube-proxy $MY_OPTS\n", []string{
		"environment file: kube-proxy --cluster-cidr=10.244.0.0/16, var MY_OPTS", "unit: kube-proxy $MY_OPTS"}},
	{"export", "export INSTALL_K3S_EXEC='server --cluster-cidr=10.42.0.0/16'", []string{"environment file: k3s server --cluster-cidr=10.42.0.0/16, var INSTALL_K3S_EXEC"}},
	{"template", "KUBE_PROXY_OPTS=\"--cluster-cidr=${POD_SUBNET} --v=2\"", []string{"environment file: kube-proxy --cluster-cidr=${POD_SUBNET} (template) --v=2, var KUBE_PROXY_OPTS"}},

	// containers
	{"docker inspect", "[\n    {\n        \"Id\": \"4f2a\",\n        \"Path\": \"kube-controller-manager\",\n        \"Args\": [\n            \"--cluster-cidr=10.244.0.0/16\",\n            \"--allocate-node-cidrs=true\"\n        ],\n        \"Config\": {\n            \"Cmd\": null,\n            \"Entrypoint\": [\n                \"kube-controller-manager\",\n                \"--cluster-cidr=10.244.0.0/16\",\n                \"--allocate-node-cidrs=true\"\n            ]\n        }\n    }\n]\n",
		[]string{"inspect: kube-controller-manager --cluster-cidr=10.244.0.0/16 --allocate-node-cidrs=true"}},
	{"docker inspect, one line", `[{"Id":"4f2a","Path":"/hyperkube","Args":["kube-proxy","--cluster-cidr=10.244.0.0/16"],"Name":"/x"}]`, []string{"inspect: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"crictl inspect", "{\n \"info\": {\n  \"runtimeSpec\": {\n   \"process\": {\n    \"args\": [\n     \"kube-apiserver\",\n     \"--service-cluster-ip-range=10.96.0.0/12\"\n    ],\n    \"env\": [\n     \"A=b\"\n    ]\n   }\n  }\n }\n}",
		[]string{"inspect: kube-apiserver --service-cluster-ip-range=10.96.0.0/12"}},
	{"command and args", `{"command": ["kube-apiserver"], "args": ["--service-cluster-ip-range=10.96.0.0/12"]}`, []string{"inspect: kube-apiserver --service-cluster-ip-range=10.96.0.0/12"}},
	{"docker ps", "4f2a9c0d1e2f   registry.k8s.io/x   \"kube-controller-manager --cluster-cidr=10.244.0.0/16 --v=2\"   2 days ago   Up 2 days   k8s_x",
		[]string{"inspect: kube-controller-manager --cluster-cidr=10.244.0.0/16 --v=2"}},
	{"docker ps cut", "4f2a9c0d1e2f   registry.k8s.io/x   \"kube-controller-manager --cluster-ci…\"   2 days ago   Up 2 days   k8s_x",
		[]string{"inspect: kube-controller-manager --cluster-ci (cut), truncated"}},
	{"docker ps image", "4f2a9c0d1e2f   rancher/k3s:v1.20   \"server --cluster-cidr 10.42.0.0/16\"   2 days ago", []string{"inspect: k3s server --cluster-cidr=10.42.0.0/16"}},

	// kubectl
	{"describe", "Name:         kube-controller-manager-m1\nNode:         m1/10.0.2.15\nContainers:\n  kube-controller-manager:\n    Image:         registry.k8s.io/kube-controller-manager:v1.30.0\n    Command:\n      kube-controller-manager\n      --cluster-cidr=10.244.0.0/16\n      --v=2\n    State:          Running\n",
		[]string{"describe pod: kube-controller-manager --cluster-cidr=10.244.0.0/16 --v=2, host m1"}},
	{"describe args", "    Command:\n      /opt/bin/flanneld\n    Args:\n      --ip-masq\n      --kube-subnet-mgr\n    State:\n", []string{"describe pod: flanneld --ip-masq --kube-subnet-mgr"}},
	{"describe image", "    Image:  docker.io/cloudnativelabs/kube-router:v2\n    Args:\n      --run-router=true\n      --cluster-cidr=10.244.0.0/16\n", []string{"describe pod: kube-router --run-router=true --cluster-cidr=10.244.0.0/16"}},
	{"describe old", "    Command:\n      /hyperkube\n      apiserver\n      --service-cluster-ip-range=10.0.0.0/24\n", []string{"describe pod: kube-apiserver --service-cluster-ip-range=10.0.0.0/24"}},
	{"describe shell", "    Command:\n      /bin/sh\n      -c\n      exec kube-proxy --cluster-cidr=10.244.0.0/16 2>&1\n", []string{"describe pod: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"jsonpath", `["kube-controller-manager","--cluster-cidr=10.244.0.0/16","--v=2"]`, []string{"argument list: kube-controller-manager --cluster-cidr=10.244.0.0/16 --v=2"}},
	{"jsonpath and prompt", `["kube-apiserver","--service-cluster-ip-range=10.96.0.0/12"]root@m1:~# `, []string{"argument list: kube-apiserver --service-cluster-ip-range=10.96.0.0/12"}},
	{"Go list", `[kube-apiserver --service-cluster-ip-range=10.96.0.0/12 --v=2]`, []string{"argument list: kube-apiserver --service-cluster-ip-range=10.96.0.0/12 --v=2"}},
	{"jsonpath pretty", "[\n  \"kube-proxy\",\n  \"--cluster-cidr=10.96.0.0/12\"\n]", []string{"argument list: kube-proxy --cluster-cidr=10.96.0.0/12"}},
	{"dump grep", "                            \"--allocate-node-cidrs=true\",\n                            \"--cluster-cidr=10.244.0.0/16\",\n", []string{"inspect: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16"}},

	// manifests
	{"grep", "/etc/kubernetes/manifests/kube-controller-manager.yaml:    - --allocate-node-cidrs=true\n/etc/kubernetes/manifests/kube-controller-manager.yaml:    - --cluster-cidr=10.244.0.0/16\n",
		[]string{"manifest lines: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16, path /etc/kubernetes/manifests/kube-controller-manager.yaml"}},
	{"grep -n", "18:    - --allocate-node-cidrs=true\n19:    - --cluster-cidr=10.244.0.0/16\n", []string{"manifest lines: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16"}},
	{"grep -rn", "/etc/kubernetes/manifests/kube-apiserver.yaml:33:    - --service-cluster-ip-range=10.96.0.0/12", []string{"manifest lines: kube-apiserver --service-cluster-ip-range=10.96.0.0/12, path /etc/kubernetes/manifests/kube-apiserver.yaml"}},
	{"grep typed", "root@m1:~# grep cidr /etc/kubernetes/manifests/kube-controller-manager.yaml\n    - --cluster-cidr=10.244.0.0/16\n", []string{"manifest lines: kube-controller-manager --cluster-cidr=10.244.0.0/16, path /etc/kubernetes/manifests/kube-controller-manager.yaml"}},
	{"bare", "    - --allocate-node-cidrs=true\n    - --cluster-cidr=10.244.0.0/16\n", []string{"manifest lines: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16"}},
	{"piece", "  - command:\n    - kube-proxy\n    - --cluster-cidr=10.244.0.0/16\n", []string{"manifest lines: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"template", "    - --cluster-cidr={{ .Values.podCIDR }}\n    - --allocate-node-cidrs=true\n", []string{"manifest lines: kube-controller-manager --cluster-cidr={{ .Values.podCIDR }} (template) --allocate-node-cidrs=true"}},

	// logs
	{"FLAG", "I0105 12:00:00.123456    1234 flags.go:64] FLAG: --allocate-node-cidrs=\"true\"\nI0105 12:00:00.123456    1234 flags.go:64] FLAG: --cluster-cidr=\"10.244.0.0/16\"\n",
		[]string{"FLAG lines: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16"}},
	{"FLAG journal", "Jan 05 12:00:00 m1 kubelet[1234]: I0105 12:00:00.123456    1234 flags.go:64] FLAG: --cluster-dns=\"[10.96.0.10]\"", []string{"FLAG lines: kubelet --cluster-dns=[10.96.0.10], host m1"}},
	{"FLAG bare", "FLAG: --pod-cidr=\"\"\nFLAG: --max-pods=\"110\"", []string{"FLAG lines: kubelet --pod-cidr= --max-pods=110"}},
	{"FLAG docker", `{"log":"I0105 flags.go:64] FLAG: --proxy-mode=\"ipvs\"\n","stream":"stderr"}` + "\n" + `{"log":"I0105 flags.go:64] FLAG: --cluster-cidr=\"10.244.0.0/16\"\n","stream":"stderr"}`, []string{"FLAG lines: kube-proxy --proxy-mode=ipvs --cluster-cidr=10.244.0.0/16"}},
	{"FLAG CRI", "2026-01-05T12:00:00.1Z stderr F I0105 12:00:00 1 flags.go:64] FLAG: --node-cidr-mask-size=\"24\"\n", []string{"FLAG lines: kube-controller-manager --node-cidr-mask-size=24"}},
	{"Running", `time="2026-01-05T12:00:00Z" level=info msg="Running kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.42.0.0/16"`, []string{"startup log: kube-controller-manager --allocate-node-cidrs=true --cluster-cidr=10.42.0.0/16"}},
	{"Running journal", `Jan 05 12:00:00 m1 k3s[1234]: time="2026-01-05T12:00:00Z" level=info msg="Running kube-apiserver --service-cluster-ip-range=10.43.0.0/16"`, []string{"startup log: kube-apiserver --service-cluster-ip-range=10.43.0.0/16, host m1"}},
	{"Running TTY", "INFO[2019-01-22T15:16:20.19-07:00] Running kube-controller-manager --kubeconfig /x --allocate-node-cidrs --cluster-cidr 10.42.0.0/16 --leader-elect=false", []string{"startup log: kube-controller-manager --kubeconfig=/x --allocate-node-cidrs --cluster-cidr=10.42.0.0/16 --leader-elect=false"}},
	{"Running bare", "Running kube-proxy --cluster-cidr=10.42.0.0/16", []string{"startup log: kube-proxy --cluster-cidr=10.42.0.0/16"}},
	{"Running docker", `{"log":"time=\"2026-01-05T12:00:00Z\" level=info msg=\"Running kubelet --cluster-dns=10.43.0.10\"\n","stream":"stderr"}`, []string{"startup log: kubelet --cluster-dns=10.43.0.10"}},
	{"journal JSON", `{"MESSAGE":"x","_HOSTNAME":"m1","_CMDLINE":"/usr/bin/kubelet --node-ip=10.0.2.15"}` + "\n" + `{"MESSAGE":"y","_HOSTNAME":"m1","_CMDLINE":"/usr/bin/kubelet --node-ip=10.0.2.15"}`, []string{"journal: kubelet --node-ip=10.0.2.15, host m1"}},
	{"sudo", "Jan 05 12:00:00 m1 sudo[12]: user : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/kubeadm init --pod-network-cidr=10.244.0.0/16", []string{"journal: kubeadm init --pod-network-cidr=10.244.0.0/16, host m1, not running"}},

	// annotations
	{"annotation YAML", `    k3s.io/node-args: '["server","--cluster-cidr","10.42.0.0/16"]'`, []string{"annotation: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"annotation JSON", `  "k3s.io/node-args": "[\"server\",\"--cluster-cidr\",\"10.42.0.0/16\"]",`, []string{"annotation: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"annotation describe", `                    k3s.io/node-args: ["server","--service-cidr","10.43.0.0/16"]`, []string{"annotation: k3s server --service-cidr=10.43.0.0/16"}},
	{"annotation rke2", `    rke2.io/node-args: '["server","--cluster-cidr","10.42.0.0/16"]'`, []string{"annotation: rke2 server --cluster-cidr=10.42.0.0/16"}},
	{"annotation agent", `    k3s.io/node-args: '["agent"]'`, []string{"annotation: k3s agent"}},

	// files
	{"cmdline", "kube-proxy\x00--cluster-cidr=10.244.0.0/16\x00--v\x002\x00", []string{"/proc cmdline: kube-proxy --cluster-cidr=10.244.0.0/16 --v=2"}},
	{"cmdline path", "/usr/bin/kubelet\x00--node-ip=10.0.2.15\x00", []string{"/proc cmdline: kubelet --node-ip=10.0.2.15"}},
	{"cmdline hyperkube", "/hyperkube\x00kubelet\x00--node-ip=10.0.2.15\x00", []string{"/proc cmdline: kubelet --node-ip=10.0.2.15"}},
	{"cmdline two", "kube-proxy\x00--v=2\x00kubelet\x00--max-pods=5\x00", []string{"/proc cmdline: kube-proxy --v=2", "/proc cmdline: kubelet --max-pods=5"}},
	{"cmdline k3s", "/usr/local/bin/k3s\x00server\x00--cluster-cidr\x0010.42.0.0/16\x00", []string{"/proc cmdline: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"args", "--service-cluster-ip-range=10.152.183.0/24\n--etcd-servers=unix:///x\n", []string{"arguments file: kube-apiserver --service-cluster-ip-range=10.152.183.0/24 --etcd-servers=unix:///x"}},
	{"args typed", "$ cat /var/snap/microk8s/current/args/kube-proxy\n--kubeconfig=/x\n--cluster-cidr=10.1.0.0/16\n", []string{"arguments file: kube-proxy --kubeconfig=/x --cluster-cidr=10.1.0.0/16, path /var/snap/microk8s/current/args/kube-proxy"}},
	{"args program", "/usr/bin/kubelet\n--node-ip=10.0.2.15\n--max-pods\n50\n", nil},

	// typed
	{"typed", "kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr 10.96.0.0/12\n", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr=10.96.0.0/12"}},
	{"prompt", "root@m1:~# kubeadm init --pod-network-cidr=10.244.0.0/16", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"prompt RHEL", "[root@m1 ~]# kubeadm init", []string{"typed: kubeadm init"}},
	{"sudo", "$ sudo -E kubeadm init --pod-network-cidr=10.244.0.0/16 | tee log", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"continued", "# kubeadm init \\\n> --pod-network-cidr=10.244.0.0/16 \\\n> --v=5\n", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16 --v=5"}},
	{"history", "  501  kubeadm init --pod-network-cidr=10.244.0.0/16\n  502  kubeadm reset -f\n", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16", "typed: kubeadm reset --f"}},
	{"refused", "root@m1:~# kubeadm init\n[init] Using Kubernetes version: v1.30.0\n[preflight] Some fatal errors occurred:\n\t[ERROR Port-6443]: Port 6443 is in use\nroot@m1:~#", []string{"typed: kubeadm init, refused"}},
	{"k3s install", "curl -sfL https://get.k3s.io | INSTALL_K3S_EXEC=\"server --cluster-cidr=10.42.0.0/16\" sh -s - --flannel-backend none", []string{"typed: k3s server --cluster-cidr=10.42.0.0/16 --flannel-backend=none"}},
	{"k3s install args", "curl -sfL https://get.k3s.io | sh -s - server --cluster-cidr 10.42.0.0/16", []string{"typed: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"docker run", "docker run -d --privileged -p 6443:6443 rancher/k3s:v1.20 server --cluster-cidr 10.42.0.0/16", []string{"typed: k3s server --cluster-cidr=10.42.0.0/16"}},
	{"ssh", "$ ssh root@m2 'kubeadm init --pod-network-cidr=10.244.0.0/16'", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16, host m2"}},
	{"dashes", "kubeadm init –pod-network-cidr=10.244.0.0/16", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"windows", "PS C:\\k> .\\kube-proxy.exe --cluster-cidr=10.244.0.0/16 --v=4\r\n", []string{"typed: kube-proxy --cluster-cidr=10.244.0.0/16 --v=4"}},
	{"nohup", "nohup env A=b ./kube-proxy --cluster-cidr=10.244.0.0/16 >/tmp/x 2>&1 &", []string{"typed: kube-proxy --cluster-cidr=10.244.0.0/16"}},
	{"chain", "swapoff -a && kubeadm init --pod-network-cidr=10.244.0.0/16; echo $?", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"template", "kubeadm init --pod-network-cidr=<POD_SUBNET> --service-cidr=${SVC}", []string{"typed: kubeadm init --pod-network-cidr=<POD_SUBNET> (template) --service-cidr=${SVC} (template)"}},
	{"quotes", "$ kubeadm init --pod-network-cidr '10.244.0.0/16' --node-name=\"m1\"", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16 --node-name=m1"}},
	{"entities", "kubeadm init --pod-network-cidr=&quot;10.244.0.0/16&quot; --service-cidr=10.96.0.0/12", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr=10.96.0.0/12"}},
	{"colour", "\x1b[32mroot@m1\x1b[0m:~# kubeadm init --pod-network-cidr=10.244.0.0/16", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"fence", "I ran\n```\nkubeadm init --pod-network-cidr=10.244.0.0/16\n```\nand it failed", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"code span", "`kubeadm init --pod-network-cidr=10.244.0.0/16`", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"bool takes no word", "kube-controller-manager --allocate-node-cidrs --cluster-cidr 10.244.0.0/16", []string{"typed: kube-controller-manager --allocate-node-cidrs --cluster-cidr=10.244.0.0/16"}},
	{"cloud-init", "runcmd:\n  - kubeadm init --pod-network-cidr=10.244.0.0/16", []string{"typed: kubeadm init --pod-network-cidr=10.244.0.0/16"}},
	{"join", "kubeadm join 10.0.2.15:6443 --token a.b --discovery-token-ca-cert-hash sha256:12", []string{"typed: kubeadm join --token=a.b --discovery-token-ca-cert-hash=sha256:12"}},
}

func TestFind(t *testing.T) {
	for _, s := range samples {
		s.check(t)
	}
}
