package kubeadm_test

import (
	"fmt"
	"os"

	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Which range does kubeadm give to kube-controller-manager, when extraArgs name cluster-cidr twice? That depends on the release.
func ExampleConfig_Generate() {
	c, err := kubeadm.ParseConfig("kubeadm.yaml", []byte(`
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.0.0.0/16
controllerManager:
  extraArgs:
  - {name: cluster-cidr, value: 10.50.0.0/16}
  - {name: cluster-cidr, value: 10.128.0.0/14}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, minor := range []int{35, 36} {
		g, err := c.Generate(fact.Version{Major: 1, Minor: minor})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(minor, g.ControllerManager)
	}
	// Output:
	// 35 [--allocate-node-cidrs=true --cluster-cidr=10.128.0.0/14 --cluster-cidr=10.50.0.0/16 --controllers=*,bootstrapsigner,tokencleaner --service-cluster-ip-range=10.96.0.0/12]
	// 36 [--allocate-node-cidrs=true --controllers=*,bootstrapsigner,tokencleaner --service-cluster-ip-range=10.96.0.0/12 --cluster-cidr=10.50.0.0/16 --cluster-cidr=10.128.0.0/14]
}

// Why does no node get a subnet from this file?
func ExampleParseConfig() {
	c, err := kubeadm.ParseConfig("kubeadm.yaml", []byte(`apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podCIDR: 10.244.0.0/16
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	for _, p := range c.Problems {
		fmt.Println(p.Where[0].Position, p.Message)
	}
	// Output:
	// no ranges
	// kubeadm.yaml:4:3 kubeadm does not read networking.podCIDR 10.244.0.0/16 (no such name); the key is networking.podSubnet
}

// Would kubeadm take this configuration?
func ExampleConfig_Refusals() {
	c, err := kubeadm.ParseConfig("kubeadm.yaml", []byte(`apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.28.0
networking:
  podSubnet: 10.244.0.0/25
controllerManager:
  extraArgs:
    node-cidr-mask-size: "26"
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range c.Refusals(fact.Version{}) {
		fmt.Println(r.Message)
	}
	// Output:
	// networking.podSubnet: Invalid value: "10.244.0.0/25": the size of pod subnet with mask 25 is smaller than the size of node subnet with mask 24
}

// What did the operator ask for, and what did he not?
func ExampleParseCommands() {
	c, err := kubeadm.ParseCommands("history.txt", []byte(`root@cp-1:~# sudo kubeadm init \
>   --apiserver-advertise-address=192.0.2.11 \
>   --service-cidr 10.96.0.0/16
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range c.Statements() {
		fmt.Println(s.Pos, s.Key, s.Prefixes, s.Addrs)
	}
	// Output:
	// history.txt:1:19 --pod-network-cidr [] []
	// history.txt:3:20 --service-cidr [10.96.0.0/16] []
	// history.txt:2:35 --apiserver-advertise-address [] [192.0.2.11]
}

// The last of two flags counts, octal numbers are octal, and a boolean flag does not take the next word.
func ExampleParseManifests() {
	ps, err := kubeadm.ParseManifests("kube-controller-manager.yaml", []byte(`apiVersion: v1
kind: Pod
metadata:
  name: kube-controller-manager
spec:
  containers:
  - name: kube-controller-manager
    image: registry.k8s.io/kube-controller-manager:v1.30.1
    command:
    - kube-controller-manager
    - --allocate-node-cidrs
    - "false"
    - --cluster-cidr=10.244.0.0/16
    - --cluster-cidr=10.245.0.0/16
    - --node-cidr-mask-size=032
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range ps {
		flags := p.Parse()
		allocate, _ := flags.Bool("allocate-node-cidrs")
		mask, _ := flags.Int("node-cidr-mask-size")
		cidr, _ := flags.Lookup("cluster-cidr")
		fmt.Println(p.Version, allocate, mask, cidr, cidr.Pos.Line)
		for _, r := range p.Refusals(fact.Version{}) {
			fmt.Println(r.Message)
		}
	}
	// Output:
	// v1.30.1 true 26 --cluster-cidr=10.245.0.0/16 14
	// "kube-controller-manager" does not take any arguments, got ["false"]
}

// The file for kubeadm init that asks for the ranges of a plan.
func ExampleWriteClusterConfiguration() {
	p, err := plan.New(plan.Request{Nodes: 100, PodsPerNode: 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := kubeadm.WriteClusterConfiguration(os.Stdout, p, kubeadm.WriteOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// apiVersion: kubeadm.k8s.io/v1beta4
	// kind: ClusterConfiguration
	// networking:
	//   podSubnet: 10.244.0.0/16
	//   serviceSubnet: 10.96.0.0/12
	// controllerManager:
	//   extraArgs:
	//   - name: node-cidr-mask-size-ipv4
	//     value: "25"
	// ---
	// apiVersion: kubelet.config.k8s.io/v1beta1
	// kind: KubeletConfiguration
	// maxPods: 50
}

// The command that asks for the ranges of a plan.
func ExampleInitCommand() {
	p, err := plan.New(plan.Request{Nodes: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	words, err := kubeadm.InitCommand(p)
	fmt.Println(words, err)
	// Output:
	// [kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr=10.96.0.0/12] <nil>
}
