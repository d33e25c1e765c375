// Package plan knows what the address ranges of a Kubernetes cluster are for: it chooses them, predicts what becomes of
// them, and finds what is wrong with them. It knows no file format; packages kubeadm and flannel read and write files.
//
// # Where to start
//
//   - [New] makes a [Plan] from a [Request]: so many nodes, pods and services, these ranges are taken. Where no plan exists, an
//     [*InfeasibleError] says what is short, what is in the way, and what would help, each remedy planned.
//   - [check.Run] compares [fact.Statement] values, what each source says about a cluster, and reports [fact.Finding] values, causes first.
//     [check.Rules] is the catalogue.
//   - [nodeipam.Controller] is the twin of kube-controller-manager's node IPAM: register, delete and patch nodes, restart it with other
//     flags, and see which node gets which subnet and why one gets none.
//   - [nodeipam.ControllerFlags], [nodeipam.APIServerFlags] and [nodeipam.KubeadmNetworking] say what the real programs refuse at their start, by release.
//
// # How ranges are sized
//
//   - A node's subnet holds PodsPerNode times Churn addresses, twice the pods unless told otherwise: 110 pods give a /24, as on
//     GKE. It holds in any case every pod beside the network's, the bridge's and the broadcast address.
//   - The pod range holds the subnets of Nodes and Surge, and at least 14 addresses (kubeadm). At most 16 bits lie between it and
//     a node's subnet (kube-controller-manager for IPv6, kubeadm from v1.20 on for both families).
//   - The service range holds Services, the cluster's own two (API server, DNS), the base and the broadcast address; a /28 to /12,
//     or /124 to /108 (kubeadm).
//   - A host range that is not given holds HostCount, the network's, the gateway's and the broadcast address.
//
// Each number can be overridden in the [Request]; the sources stand beside the constants.
//
// # Promises
//
// Everything is a function of its arguments: no clock, no random source, no network, no files, no environment. The same input gives
// the same result, to the byte where it is written. No function panics on any input. Values can be used by several goroutines at
// once as long as none changes them; the methods that do are the steps of a [nodeipam.Controller] and [Request.Set].
package plan
