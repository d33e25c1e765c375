package kubeadm_test

import (
	"fmt"

	"github.com/kubecidr/kubecidr/kubeadm"
)

// A file of which nobody says what it is: here a node, and the configuration that was pasted below it.
func ExampleRead() {
	c, err := kubeadm.Read("pasted.yaml", []byte(`apiVersion: v1
kind: Node
metadata: {name: worker-1}
spec: {podCIDR: 10.244.1.0/24}
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
	fmt.Println(c.Objects.Nodes[0])
	// Output:
	// podSubnet 10.245.0.0/16
	// worker-1 10.244.1.0/24
}
