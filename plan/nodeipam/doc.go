// Package nodeipam is the node IPAM of kube-controller-manager without the program: what its flags mean and what it,
// kube-apiserver and kubeadm refuse at their start, release by release; the twin that hands node subnets out as the
// real one does; and what it hands out next.
//
//   - [Controller] is the twin: register, delete and patch nodes, restart it with other flags, and see which node gets which
//     subnet and why one gets none.
//   - [ControllerFlags], [APIServerFlags] and [KubeadmNetworking] say what the real programs refuse.
//   - [Inventory] is a real cluster as far as node subnets go; [Inventory.Predict] says what comes next in it.
//
// It knows no file format. Everything is a function of its arguments; a [Controller] is changed by its steps and can be
// read by several goroutines, but not while one takes a step.
package nodeipam
