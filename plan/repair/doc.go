// Package repair finds what is wrong with the subnets of a cluster's nodes and the shortest way out: [InventoryOf]
// makes an inventory from statements, [FaultsOf] lists the faults, and [New] returns the steps, ordered, proved on
// the twin of kube-controller-manager.
package repair
