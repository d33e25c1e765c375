package kubectl

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// symptom looks the event up in the catalogue: its message, else its reason, which stays where upstream words a message
// anew.
func (e Event) symptom() (fact.Statement, bool) {
	node := e.Host
	if e.Kind == "Node" {
		node = e.Name
	}
	s, ok := symptomStatement(e.Message.V, node, e.Message.Pos)
	if !ok {
		s, ok = symptomStatement(e.Reason, node, e.Message.Pos)
		if ok && e.Message.V != "" {
			s.Symptom.Message = e.Message.V
			s.Text = e.Message.V
		}
	}
	if ok && !s.Pos.IsValid() {
		s.Pos = e.Pos
	}
	return s, ok
}

// statement returns the event as a symptom; false where it is not in the catalogue.
func (e Event) statement() (fact.Statement, bool) { return e.symptom() }

// podRoles are the pods whose trouble bears on ranges, by a part of the name of pod or container.
var podRoles = []struct {
	part, id, cause, remedy string
	rules                   func() []fact.RuleID
}{
	{
		"flannel", "flannel-pod-not-running",
		"flannel stops when its node has no podCIDR, or one that does not lie in Network of net-conf.json",
		"kubectl -n NAMESPACE logs POD --previous says why",
		noFlannel,
	},
	{
		"canal", "flannel-pod-not-running",
		"flannel stops when its node has no podCIDR, or one that does not lie in Network of net-conf.json",
		"kubectl -n NAMESPACE logs POD -c kube-flannel --previous says why",
		noFlannel,
	},
	{
		"kube-controller-manager", "controller-manager-pod-not-running",
		"kube-controller-manager stops when a node's podCIDR lies outside of --cluster-cidr, and when it does not take its flags",
		"kubectl -n NAMESPACE logs POD --previous says why",
		func() []fact.RuleID {
			return []fact.RuleID{
				fact.RulePodCIDROutsideClusterCIDR, fact.RuleControlPlaneFlagsDiffer, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar,
				fact.RuleNodeMaskFlagIgnored, fact.RuleTooManyRanges, fact.RuleCIDRMalformed, fact.RuleAllocatorTypeUnknown,
			}
		},
	},
	{
		"kube-apiserver", "apiserver-pod-not-running",
		"kube-apiserver does not start with a service range that it does not take",
		"crictl logs on the control plane says why",
		func() []fact.RuleID {
			return []fact.RuleID{
				fact.RuleServiceRangeTooLarge, fact.RuleServiceRangeTooSmall, fact.RuleIPFamilyMismatch, fact.RuleTooManyRanges, fact.RuleCIDRMalformed,
			}
		},
	},
	{
		"coredns", "coredns-not-running",
		"pods without host network wait for the network plugin, and that for the podCIDR of its node",
		"kubectl -n NAMESPACE describe pod POD says why",
		noFlannel,
	},
}

// pluginPods tells network plugins by the names of their pods; earlier rows win.
var pluginPods = []struct{ prefix, name string }{
	{"kube-flannel-ds", "flannel"}, {"canal-", "canal"}, {"rke2-canal-", "canal"}, {"calico-node-", "calico"}, {"cilium-", "cilium"},
	{"weave-net-", "weave"}, {"antrea-agent-", "antrea"}, {"kube-router-", "kube-router"}, {"ovnkube-node-", "ovn-kubernetes"},
	{"kube-ovn-cni-", "kube-ovn"}, {"aws-node-", "aws-vpc-cni"}, {"azure-cns-", "azure-cni"}, {"kindnet-", "kindnet"},
}

// pluginOf returns the row of pluginPods for a pod of that name, -1 for none.
func pluginOf(pod string) int {
	for i, p := range pluginPods {
		if strings.HasPrefix(pod, p.prefix) {
			return i
		}
	}
	return -1
}

// statement returns the state of a pod as a symptom that its kubelet tells; false for pods whose trouble does not bear
// on ranges. What the container said when it ended is looked up first.
func (p Pod) statement() (fact.Statement, bool) {
	for _, c := range p.States {
		if s, ok := symptomStatement(c.Message, p.Node, c.Pos); ok {
			return s, true
		}
	}
	for _, r := range podRoles {
		i := -1
		for k, c := range p.States {
			if strings.Contains(p.Name.V, r.part) || strings.Contains(c.Container, r.part) {
				i = k
				if stuck(c.Reason) {
					break
				}
			}
		}
		if i < 0 || !stuck(p.States[i].Reason) {
			continue
		}
		c := p.States[i]
		pos := c.Pos
		if !pos.IsValid() {
			pos = p.Name.Pos
		}
		y := &fact.Symptom{ID: r.id, Message: p.String(), Node: p.Node, Cause: r.cause, Remedy: p.remedy(r.remedy), Rules: r.rules()}
		return fact.Statement{Component: fact.Kubelet, Host: p.Node, Pos: pos, Role: fact.RoleSymptom, Key: y.ID, Text: y.Message, Symptom: y}, true
	}
	return fact.Statement{}, false
}

// remedy returns a command about a pod in the words of p: with its name and namespace, where an API server takes them.
func (p Pod) remedy(command string) string {
	return strings.NewReplacer("NAMESPACE", gate.Name(p.Namespace, "NAMESPACE"), "POD", gate.Name(p.Name.V, "POD")).Replace(command)
}

// stuck reports whether a container in that state will not run without help.
func stuck(reason string) bool {
	switch reason {
	case "CrashLoopBackOff", "Error", "RunContainerError", "CreateContainerError", "ContainerCreating", "Init:CrashLoopBackOff", "Init:Error":
		return true
	}
	return false
}
