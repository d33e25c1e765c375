// Package flannel reads and writes what flannel reads and writes: net-conf.json in all the places where it is kept, the
// subnet.env of each node, and flannel's log lines. It accepts and refuses what the real program does, release by
// release, says so in the real program's words, and predicts what each node will get.
//
// # Where to start
//
//   - [ParseNetConf] reads a net-conf.json as the newest flannel does in its usual mode, [ReadNetConf] as another release or
//     with etcd does. [NetConf.Check] computes what flannel derives with etcd.
//   - [Read] takes any file that an operator has (a ConfigMap, kube-flannel.yml, a kubectl list, Helm values, subnet.env, a
//     log) and tells what is flannel's in it, as statements for plan.Check.
//   - [ParseSubnetEnv] reads a subnet.env as flannel does.
//   - [Predict] says what flannel does on a node with given pod CIDRs: the subnet.env that it writes, or the message that
//     it stops with.
//
// # What it is not
//
// It does not compare files with each other, nor with Kubernetes: that is package plan's plan.Check. It reads no
// cluster.
//
// # Versions
//
// flannel changed what it accepts several times. Where a release is not given, the newest that was studied is meant,
// [fact.NewestFlannel]. Sources are named by path in github.com/flannel-io/flannel with the release.
//
// # Concurrency
//
// No method changes its value, so that values can be read by several goroutines at once.
package flannel
