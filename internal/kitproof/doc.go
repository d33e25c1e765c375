// Package kitproof shows that the test kit of package cidr/cidrtest finds the faults of real checks and real
// allocators, and none that are not there. It holds small models of what public projects refuse and accept, written for
// this test from their documentation and from reading them, and runs the kit on these and on three published modules
// that do a part of the work: k8s.io/utils/net, github.com/apparentlymart/go-cidr and go4.org/netipx.
//
// It is a module of its own, so that nobody who uses kubecidr inherits what it requires.
package kitproof
