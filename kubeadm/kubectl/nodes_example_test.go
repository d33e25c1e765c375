package kubectl_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan"
)

// Which nodes have no pod subnet?
func ExampleReadNodes() {
	const list = `{
  "kind": "List",
  "items": [
    {"kind": "Node", "metadata": {"name": "cp1"}, "spec": {"podCIDR": "10.244.0.0/24"}},
    {"kind": "Node", "metadata": {"name": "w1"}, "spec": {}}
  ]
}`
	nodes, err := kubectl.ReadNodes("nodes.json", strings.NewReader(list))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range nodes {
		if subnets, _ := n.Subnets(); len(subnets) == 0 {
			fmt.Printf("%v: %v\n", n.Spec, n)
		}
	}
	// Output: nodes.json:5:58: w1 without podCIDR
}

// A list that was cut off says what stands before the cut, and where that is.
func ExampleNodes() {
	const cut = `{"kind":"List","items":[
{"kind":"Node","metadata":{"name":"cp1"},"spec":{"podCIDR":"10.244.0.0/24"}},
{"kind":"Node","metadata":{"name":"w1"},"spec":{"podCI`
	for n, err := range kubectl.Nodes("nodes.json", strings.NewReader(cut)) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(n)
	}
	// Output:
	// cp1 10.244.0.0/24
	// nodes.json:3:55: the JSON text ends too early: 4 objects or lists are still open; the file is cut off
}

// What does a cluster say when its nodes are checked alone?
func ExampleNodeStatements() {
	const list = `{"kind":"List","items":[
{"kind":"Node","metadata":{"name":"w1"},"spec":{"podCIDR":"10.244.1.0/24"}},
{"kind":"Node","metadata":{"name":"w2"},"spec":{"podCIDR":"10.244.1.0/24"}}]}`
	nodes, err := kubectl.ReadNodes("nodes.json", strings.NewReader(list))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range plan.Check(kubectl.NodeStatements(nodes)...).Findings {
		fmt.Println(f.Severity, f.Rule, f.Subjects)
	}
	// Output: error node-subnet-duplicate [w1 w2]
}

// Why does kube-controller-manager not stay up?
func ExampleReadLog() {
	const log = `I1129 10:44:16.207338       1 range_allocator.go:108] Node cp1 has CIDR 10.32.0.0/24, occupying it in CIDR map
F1129 10:44:16.207420       1 controllermanager.go:197] error starting controllers: failed to mark cidr as occupied: cidr 10.32.0.0/24 is out the range of cluster cidr 172.31.0.0/16
`
	l, err := kubectl.ReadLog("kube-controller-manager.log", strings.NewReader(log))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range l.Entries {
		fmt.Println(e.Pos, e.Symptom.ID)
		fmt.Printf("node %s holds %v, the cluster has %v\n", e.Symptom.Node, e.Symptom.Subnet, e.Symptom.Network)
		fmt.Println(e.Symptom.Cause)
	}
	// Output:
	// kube-controller-manager.log:2:57 node-cidr-outside-cluster-cidr
	// node cp1 holds 10.32.0.0/24, the cluster has 172.31.0.0/16
	// a node holds a subnet that lies outside of --cluster-cidr: the range was changed, or this control plane has another one than the rest
}

func ExampleReadObjects() {
	const list = `apiVersion: v1
kind: List
items:
- kind: Service
  metadata: {name: kubernetes, namespace: default}
  spec: {clusterIP: 10.96.0.1}
- kind: ServiceCIDR
  metadata: {name: kubernetes}
  spec: {cidrs: [10.97.0.0/16]}
- kind: Event
  message: Node w2 status is now CIDRNotAvailable
  reason: CIDRNotAvailable
- kind: Secret
  metadata: {name: token}
`
	o, err := kubectl.ReadObjects("objects.yaml", strings.NewReader(list))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(o.Services[0])
	fmt.Println(o.ServiceCIDRs[0])
	fmt.Println(o.Kinds)
	// Output:
	// default/kubernetes 10.96.0.1
	// kubernetes 10.97.0.0/16
	// map[Event:1 Secret:1 Service:1 ServiceCIDR:1]
}

func ExampleReadText() {
	const pasted = `$ kubectl get nodes -o custom-columns=NAME:.metadata.name,PODCIDR:.spec.podCIDR
NAME   PODCIDR
cp1    10.244.0.0/24
w1     <none>
`
	text, err := kubectl.ReadText("pasted.txt", strings.NewReader(pasted))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range text.Objects.Nodes {
		fmt.Println(n)
	}
	// Output:
	// cp1 10.244.0.0/24
	// w1 without podCIDR
}

// Give the next free subnet to a node that has none; one that has its own is refused.
func ExampleNewNodePatch() {
	const list = `[{"kind":"Node","metadata":{"name":"w1"}},{"kind":"Node","metadata":{"name":"w2"},"spec":{"podCIDR":"10.244.0.0/16"}}]`
	nodes, err := kubectl.ReadNodes("nodes.json", strings.NewReader(list))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range nodes {
		p, err := kubectl.NewNodePatch(n, netip.MustParsePrefix("10.244.7.0/24"))
		if errors.Is(err, kubectl.ErrHoldsSubnet) {
			fmt.Println(err)
			continue
		}
		if err := kubectl.WriteNodePatches(os.Stdout, p); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// kubectl patch node w1 --type=merge -p '{"spec":{"podCIDR":"10.244.7.0/24","podCIDRs":["10.244.7.0/24"]}}'
	// node "w2": it holds 10.244.0.0/16, and a podCIDR cannot be changed; drain it, delete the Node object and restart its kubelet
}
