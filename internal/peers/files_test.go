package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr"
	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// The three files that say what a cluster's ranges are: two static-pod manifests and flannel's ConfigMap.
const (
	controllerManager = `apiVersion: v1
kind: Pod
metadata:
  labels: {component: kube-controller-manager, tier: control-plane}
  name: kube-controller-manager
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-controller-manager
    - --allocate-node-cidrs=true
    - --authentication-kubeconfig=/etc/kubernetes/controller-manager.conf
    - --bind-address=127.0.0.1
    - --client-ca-file=/etc/kubernetes/pki/ca.crt
    - --cluster-cidr=10.244.0.0/16
    - --cluster-name=kubernetes
    - --controllers=*,bootstrapsigner,tokencleaner
    - --kubeconfig=/etc/kubernetes/controller-manager.conf
    - --leader-elect=true
    - --node-cidr-mask-size=24
    - --root-ca-file=/etc/kubernetes/pki/ca.crt
    - --service-cluster-ip-range=10.96.0.0/12
    - --use-service-account-credentials=true
    image: registry.k8s.io/kube-controller-manager:v1.37.2
    livenessProbe:
      httpGet: {host: 127.0.0.1, path: /healthz, port: 10257, scheme: HTTPS}
      initialDelaySeconds: 10
    name: kube-controller-manager
    volumeMounts:
    - {mountPath: /etc/kubernetes/pki, name: k8s-certs, readOnly: true}
  hostNetwork: true
  volumes:
  - hostPath: {path: /etc/kubernetes/pki, type: DirectoryOrCreate}
    name: k8s-certs
`
	apiServer = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 192.0.2.11:6443
  labels: {component: kube-apiserver, tier: control-plane}
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    - --advertise-address=192.0.2.11
    - --allow-privileged=true
    - --authorization-mode=Node,RBAC
    - --client-ca-file=/etc/kubernetes/pki/ca.crt
    - --enable-admission-plugins=NodeRestriction
    - --etcd-servers=https://127.0.0.1:2379
    - --secure-port=6443
    - --service-account-issuer=https://kubernetes.default.svc.cluster.local
    - --service-cluster-ip-range=10.96.0.0/12
    - --tls-cert-file=/etc/kubernetes/pki/apiserver.crt
    image: registry.k8s.io/kube-apiserver:v1.37.2
    name: kube-apiserver
    volumeMounts:
    - {mountPath: /etc/kubernetes/pki, name: k8s-certs, readOnly: true}
  hostNetwork: true
  volumes:
  - hostPath: {path: /etc/kubernetes/pki, type: DirectoryOrCreate}
    name: k8s-certs
`
	flannelConfigMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: kube-flannel-cfg
  namespace: kube-flannel
data:
  cni-conf.json: |
    {"name": "cbr0", "cniVersion": "0.3.1", "plugins": [{"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true}}]}
  net-conf.json: |
    {
      "Network": "10.244.0.0/16",
      "EnableNFTables": false,
      "Backend": {"Type": "vxlan"}
    }
`
)

// nodeList returns what kubectl get nodes -o json prints for n nodes, about 2 kB each.
func nodeList(n int) []byte {
	var b bytes.Buffer
	b.WriteString("{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n")
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "annotations": {
                    "flannel.alpha.coreos.com/backend-data": "{\"VNI\":1,\"VtepMAC\":\"02:00:00:00:00:01\"}",
                    "flannel.alpha.coreos.com/backend-type": "vxlan",
                    "flannel.alpha.coreos.com/kube-subnet-manager": "true",
                    "flannel.alpha.coreos.com/public-ip": "172.%[1]d.%[2]d.%[3]d"
                },
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "labels": {
                    "kubernetes.io/arch": "amd64",
                    "kubernetes.io/hostname": "worker-%05[4]d",
                    "kubernetes.io/os": "linux"
                },
                "name": "worker-%05[4]d",
                "resourceVersion": "%[4]d"
            },
            "spec": {
                "podCIDR": "10.%[5]d.%[6]d.0/24",
                "podCIDRs": [
                    "10.%[5]d.%[6]d.0/24"
                ]
            },
            "status": {
                "addresses": [
                    {
                        "address": "172.%[1]d.%[2]d.%[3]d",
                        "type": "InternalIP"
                    },
                    {
                        "address": "worker-%05[4]d",
                        "type": "Hostname"
                    }
                ],
                "allocatable": {
                    "cpu": "8",
                    "memory": "32Gi",
                    "pods": "110"
                },
                "capacity": {
                    "cpu": "8",
                    "memory": "32Gi",
                    "pods": "110"
                },
                "conditions": [
                    {
                        "lastHeartbeatTime": "2026-01-01T00:00:00Z",
                        "message": "kubelet is posting ready status",
                        "reason": "KubeletReady",
                        "status": "True",
                        "type": "Ready"
                    }
                ],
                "nodeInfo": {
                    "architecture": "amd64",
                    "kubeletVersion": "v1.37.2",
                    "operatingSystem": "linux"
                }
            }
        }`, 16+i>>16, i>>8&255, i&255, i, 64+i>>8, i&255)
	}
	b.WriteString("\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n")
	return b.Bytes()
}

// cluster returns the files of three control planes and n nodes.
func cluster(n int) fs.FS {
	f := fstest.MapFS{
		"flannel.yaml": {Data: []byte(flannelConfigMap)},
		"nodes.json":   {Data: nodeList(n)},
	}
	cm := strings.Replace(controllerManager, "10.244.0.0/16", "10.64.0.0/10", 1)
	f["flannel.yaml"].Data = []byte(strings.Replace(flannelConfigMap, "10.244.0.0/16", "10.64.0.0/10", 1))
	api := strings.ReplaceAll(apiServer, "10.96.0.0/12", "10.32.0.0/16")
	cm = strings.Replace(cm, "10.96.0.0/12", "10.32.0.0/16", 1)
	for _, host := range []string{"cp-1", "cp-2", "cp-3"} {
		f[host+"/kube-controller-manager.yaml"] = &fstest.MapFile{Data: []byte(cm)}
		f[host+"/kube-apiserver.yaml"] = &fstest.MapFile{Data: []byte(api)}
	}
	return f
}

// typedFlags returns the arguments of the first container, read into the type of the API.
func typedFlags(data string) ([]string, error) {
	var pod corev1.Pod
	if err := yaml.Unmarshal([]byte(data), &pod); err != nil {
		return nil, err
	}
	return pod.Spec.Containers[0].Command, nil
}

func TestFiles(t *testing.T) {
	for _, data := range []string{controllerManager, apiServer} {
		ps, err := kubeadm.ParseManifests("manifest.yaml", []byte(data))
		must(t, err)
		typed, err := typedFlags(data)
		must(t, err)
		if len(ps) != 1 || len(typed) < 10 {
			t.Errorf("%d processes, %d arguments", len(ps), len(typed))
		}
	}
	d, err := flannel.Read([]byte(flannelConfigMap), flannel.Options{})
	must(t, err)
	if len(d.Statements()) == 0 {
		t.Error("flannel's ConfigMap states nothing")
	}
	nodes, err := kubectl.ReadNodes("nodes.json", bytes.NewReader(nodeList(300)))
	must(t, err)
	var typed corev1.NodeList
	must(t, json.Unmarshal(nodeList(300), &typed))
	if len(nodes) != 300 || len(typed.Items) != 300 {
		t.Fatalf("%d and %d nodes", len(nodes), len(typed.Items))
	}
	for i, n := range nodes {
		if want := typed.Items[i].Name; n.Name.V != want {
			t.Fatalf("node %d is %s, want %s", i, n.Name.V, want)
		}
	}
	for _, n := range []int{3, 15_000} {
		r, err := kubecidr.Check(cluster(n))
		must(t, err)
		if err := r.Err(); err != nil {
			t.Errorf("%d nodes: %v", n, err)
		}
	}
}

// The three files. The peer reads them into the types of the Kubernetes API, without places.
func BenchmarkParseManifests(b *testing.B) {
	b.Run("peer=kubecidr", func(b *testing.B) {
		loop(b, func() {
			for _, data := range []string{controllerManager, apiServer} {
				if _, err := kubeadm.ParseManifests("manifest.yaml", []byte(data)); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := flannel.Read([]byte(flannelConfigMap), flannel.Options{}); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("peer=sigs.k8s.io-yaml", func(b *testing.B) {
		loop(b, func() {
			for _, data := range []string{controllerManager, apiServer} {
				if _, err := typedFlags(data); err != nil {
					b.Fatal(err)
				}
			}
			var m corev1.ConfigMap
			if err := yaml.Unmarshal([]byte(flannelConfigMap), &m); err != nil {
				b.Fatal(err)
			}
			var conf map[string]any
			if err := json.Unmarshal([]byte(m.Data["net-conf.json"]), &conf); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// A node list of 15,000 nodes, 30 MB. The peer reads it into the types of the Kubernetes API.
func BenchmarkReadNodes15000(b *testing.B) {
	data := nodeList(15_000)
	b.Run("peer=kubecidr", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		loop(b, func() {
			n := 0
			for _, err := range kubectl.Nodes("nodes.json", bytes.NewReader(data)) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 15_000 {
				b.Fatal(n)
			}
		})
	})
	b.Run("peer=encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		loop(b, func() {
			var list corev1.NodeList
			if err := json.NewDecoder(bytes.NewReader(data)).Decode(&list); err != nil || len(list.Items) != 15_000 {
				b.Fatal(err, len(list.Items))
			}
		})
	})
}

// Reading and checking all files of a cluster. There is no peer that does it.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{3, 15_000} {
		fsys := cluster(n)
		b.Run(fmt.Sprintf("nodes=%d/peer=kubecidr", n), func(b *testing.B) {
			loop(b, func() {
				if _, err := kubecidr.Check(fsys); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
