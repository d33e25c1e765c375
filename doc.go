// Package kubecidr reads any set of a cluster's files and checks that they agree about its address ranges: hosts,
// services, pods.
//
// [Check] does it in one call, over an [io/fs.FS]:
//
//	report, err := kubecidr.Check(os.DirFS("collected"))
//	if err == nil {
//		err = report.Err()
//	}
//
// [Read] gives the steps in between: what each file is, told from its content, which host it comes from, told from its
// folder's or its own name, and what it says, as values of type plan.Statement. [ReadRequest] reads what a cluster
// needs from a file, and [WriteFlannel], [WriteCommands] and, for installers and other networks, [WriteTarget] write
// what applies a plan.
//
// The picture of the packages is in docs/architecture.md: package cidr has the arithmetic, plan chooses and checks,
// kubeadm and flannel know their formats, and this package reads any set of files.
//
// # What it is not
//
// It is no IPAM: it keeps no database, talks to no cluster and changes nothing.
//
// # Promises
//
// All packages are pure: no clock, no random source, no network, no environment, no global state. The same input gives
// the same bytes of output. No input makes them panic, and none takes unbounded memory or time. Rule IDs and the JSON
// of reports and plans are only added to. Values of all packages can be read by several goroutines at once, but not
// while one of them changes them; those that methods change are [cidr.Pool], [cidr.Space], [nodeipam.Controller] and,
// by Set, [plan.Request].
package kubecidr
