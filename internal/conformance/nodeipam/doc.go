// Package nodeipam compares pools, the twin and the ways of repair with the real node allocator of Kubernetes: cidrset and the range allocator around it.
//
// It imports nothing of kube-controller-manager's program, so that its tests are built in a fraction of the time, and so that the
// queues of the allocators, many thousands in a long run, are not measured by its metrics, which takes goroutines and timers.
//
//	go -C internal/conformance test ./nodeipam
//	go -C internal/conformance test ./nodeipam -run TestPoolLong -pool.operations=5000000
//	go -C internal/conformance test ./nodeipam -rapid.checks=2000 -timeout 30m
package nodeipam
