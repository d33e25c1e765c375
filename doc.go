// Package kubecidr plans, predicts, checks and repairs the address ranges of a Kubernetes cluster: hosts, services, pods.
package kubecidr
