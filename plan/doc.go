// Package plan chooses the address ranges of a Kubernetes cluster and finds what is wrong with those of one that
// exists.
//
//   - [New] makes a [Plan] from a [Request]: so many nodes, pods and services, these ranges are taken. Where no plan exists, an
//     [*InfeasibleError] says what is short, what is in the way, and what would help.
//   - [Check] compares what sources say about a cluster and reports what is wrong, causes first. [Rules] is the catalogue.
//
// The rooms below it: package fact has the vocabulary, nodeipam the twin of kube-controller-manager, draw writes plans
// and reports, repair mends clusters. Packages kubeadm and flannel read and write files; this one knows no format.
//
// # How ranges are sized
//
//   - A node's subnet holds PodsPerNode times Churn addresses, and every pod beside the three addresses that pods cannot have.
//   - The pod range holds the subnets of Nodes and Surge; at most 16 bits lie between it and a node's subnet.
//   - The service range holds Services, the cluster's own two, the base and the broadcast address; a /28 to /12, or /124 to /108.
//   - A host range that is not given holds HostCount, the network's, the gateway's and the broadcast address.
//
// The sources stand beside the constants. Everything is a function of its arguments, the same bytes on every run; no
// function panics.
// Values can be used by several goroutines at once as long as none changes them with [Request.Set].
package plan
