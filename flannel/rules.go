package flannel

import "github.com/kubecidr/kubecidr/plan/fact"

// Rules of this package, about flannel's files alone. Those that files of several programs share are in package plan.
const (
	// RuleKeyDuplicate (warning): a key of net-conf.json stands twice, in one case or another; the last wins.
	RuleKeyDuplicate fact.RuleID = "netconf-key-duplicate"
	// RuleKeyUnknown (warning): a key that flannel passes over and that looks like one of its own.
	RuleKeyUnknown fact.RuleID = "netconf-key-unknown"
	// RuleBackendDefault (warning): no Backend, so flannel uses udp.
	RuleBackendDefault fact.RuleID = "flannel-backend-default"
	// RuleBackendUnknown (error): a type of backend that flannel, or this release of it, does not have.
	RuleBackendUnknown fact.RuleID = "flannel-backend-unknown"
	// RuleBackendFamily (warning): IPv6 is enabled, and the backend carries none.
	RuleBackendFamily fact.RuleID = "flannel-backend-without-ipv6"
	// RuleKubeSubnetMgrMissing (warning): flannel runs without --kube-subnet-mgr beside a ConfigMap that it then does
	// not read.
	RuleKubeSubnetMgrMissing fact.RuleID = "flannel-kube-subnet-mgr-missing"
	// RuleSubnetEnvMalformed (error, warning): a subnet.env that flannel or its CNI plugin does not take.
	RuleSubnetEnvMalformed fact.RuleID = "subnet-env-malformed"
)
