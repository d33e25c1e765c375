// Package kubeadm reads and writes the files in which kubeadm and the control plane hold a cluster's address ranges.
// What kubectl prints of a running cluster is read by package [github.com/kubecidr/kubecidr/kubeadm/kubectl].
//
// Start with [ParseConfig] for a kubeadm configuration file or the kubeadm-config ConfigMap, [ParseCommands] for a
// `kubeadm init` or `kubeadm join` line as it was pasted from a shell, and [ParseManifests] for the manifests of
// kube-controller-manager and kube-apiserver. [ParseKubeProxy] and [ParseKubelet] read what those two are told. Each
// takes the file's name and its bytes and returns plain values, in which every value keeps its line and column. A file
// that holds none of what a function looks for gives nothing and no error, so that a caller may ask each of them about
// a file of unknown kind; [Read] asks all of them about one file, which it parses once.
//
// What was read is then turned into [fact.Statement] values by the Statements methods, which plan.Check compares with
// those of other sources. Rules that span two files are not here but there. What is wrong with one file alone is among
// the statements, with the role [fact.RoleProblem].
//
// The programs' own flag package decides what a flag means: the last of several equal flags wins, 024 is twenty, and
// `--allocate-node-cidrs false` in two words means true. [CommandLine.Parse] does as it does, and keeps each value that
// another one overrides.
//
// [Validate] judges a file as strictly as `kubeadm config validate` does. [Config.Generate] answers what kubeadm would
// write into the manifests, and [WriteClusterConfiguration] and [WriteInitCommand] write what kubeadm reads.
//
// The package does not talk to a cluster, and does not read what does not bear on address ranges. No method changes its
// value, so that values can be read by several goroutines at once.
package kubeadm
