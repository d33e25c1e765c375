// Package conformance compares this project with the real code of Kubernetes and flannel, on generated input.
// The SARIF logs of its reports are validated against the schema of the standard as well.
//
// It is a module of its own, so that nobody who imports kubecidr inherits Kubernetes. Everything is in its tests, those of pools and of the
// twin in the package nodeipam:
//
//	go -C internal/conformance test ./...
//	go -C internal/conformance test ./nodeipam -run TestPoolLong -pool.operations=5000000
//
// Where the project differs on purpose, the difference stands in [Differences] with its reason, and a test shows that it is
// still there: a difference that went away is as much a failure as a new one.
package conformance

// A Difference is a place where the project differs from the real program on purpose.
type Difference struct {
	ID     string // names the test that shows it
	What   string
	Real   string // upstream path, symbol, version
	Reason string
}
