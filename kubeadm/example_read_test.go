package kubeadm_test

import (
	"fmt"

	"github.com/kubecidr/kubecidr/kubeadm"
)

// A file of which nobody says what it is: here a manifest, and the configuration that was pasted below it.
func ExampleRead() {
	c, err := kubeadm.Read("pasted.yaml", []byte(`kind: Pod
metadata: {name: kube-controller-manager-cp1, namespace: kube-system}
spec:
  containers:
  - command: [kube-controller-manager, --cluster-cidr=10.244.0.0/16]
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {podSubnet: 10.245.0.0/16}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Config)
	fmt.Println(c.Manifests[0])
	// Output:
	// podSubnet 10.245.0.0/16
	// kube-controller-manager --cluster-cidr=10.244.0.0/16
}

func ExampleParseKubeProxy() {
	const configMap = `kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |-
    kind: KubeProxyConfiguration
    clusterCIDR: 10.96.0.0/12
`
	proxies, err := kubeadm.ParseKubeProxy("kube-proxy.yaml", []byte(configMap))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range proxies {
		fmt.Printf("%v: %v\n", p.ClusterCIDR.Pos, p)
	}
	// Output: kube-proxy.yaml:6:18: clusterCIDR 10.96.0.0/12
}

func ExampleParseKubelet() {
	const env = `KUBELET_KUBEADM_ARGS="--node-ip=192.168.0.11 --cluster-dns=10.96.0.10 --max-pods=250"`
	kubelets, err := kubeadm.ParseKubelet("kubeadm-flags.env", []byte(env))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(kubelets[0])
	// Output: clusterDNS 10.96.0.10, maxPods 250, node IP 192.168.0.11
}
