package check

import (
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// startupCauses are the rules whose findings leave nodes without a subnet, most direct first.
func startupCauses() []fact.RuleID {
	return []fact.RuleID{
		fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RuleKubeadmKeyMisplaced, fact.RuleKubeadmFlagsMixed, fact.RulePodServiceOverlap,
		fact.RuleClusterCIDRExhausted, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleNodeMaskFlagIgnored, fact.RulePodCIDROutsideClusterCIDR,
		fact.RuleCIDRMalformed, fact.RuleControlPlaneFlagsDiffer, fact.RuleIPFamilyMismatch, fact.RuleServiceRangeTooLarge, fact.RuleServiceRangeTooSmall,
	}
}

var rulePodCIDRMissing = rule{
	rank: 480,
	about: fact.Rule{
		ID: fact.RulePodCIDRMissing, Severity: fact.Warning, Also: []fact.Severity{fact.Error}, Disturbs: fact.DisturbsNothing,
		Title:  "A Node without spec.podCIDR",
		Cause:  "Usually one of the rules above; under a known cause it is listed there.",
		Effect: "flannel says \"pod cidr not assigned\" on that node; its pods get no address.",
		Mend:   "fix the cause; the node gets a subnet by itself, or is deleted and registered again",
		Source: "github.com/flannel-io/flannel pkg/subnet/kube/kube.go AcquireLease, v0.28.10",
	},
	find:  (*checker).nodesWithoutSubnet,
	after: []fact.RuleID{fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RulePodServiceOverlap, fact.RuleClusterCIDRExhausted, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskFlagIgnored, fact.RulePodCIDROutsideClusterCIDR, fact.RuleCIDRMalformed, fact.RuleControlPlaneFlagsDiffer, fact.RuleIPFamilyMismatch, fact.RuleServiceRangeTooLarge, "startup", fact.RuleUpstreamBug},
}

// nodesWithoutSubnet: a registered node holds no podCIDR. Under a cause it is a symptom.
func (c *checker) nodesWithoutSubnet() {
	missing := c.withoutSubnet()
	if len(missing) == 0 || c.ownIPAM() {
		return
	}
	if c.subnetsFromEtcd() {
		return
	}
	f := fact.Finding{Rule: fact.RulePodCIDRMissing, Args: args(argNode, missing), Severity: fact.Warning, Subjects: nodeNames(missing), Where: nodePlaces(missing)}
	f.Message = fmt.Sprintf("%s %s no podCIDR", words.NameList(nodeNames(missing)), choose(len(missing), "has", "have"))
	if len(missing) > words.Shown {
		f.Message += fmt.Sprintf(" (%d nodes)", len(missing))
	}
	if cause := c.servingCause(); cause != nil {
		c.explain(cause, "podcidr-missing: "+f.Message, f)
		cause.Subjects = mergeNames(cause.Subjects, f.Subjects)
		return
	}
	have := c.withSubnet()
	why := c.whyUnassigned()
	if !c.usesFlannel() {
		why = append(why, "or the network in use manages addresses itself, and nothing is wrong (kubectl get pods -A | grep -E 'calico|cilium|weave')")
	}
	if have > 0 {
		f.Message += fmt.Sprintf(", while %s %s one", countOf(have, "node"), choose(have, "has", "have"))
	}
	if c.flannelNeedsSubnet() {
		f.Severity, f.RefusedBy = fact.Error, []fact.Component{fact.Flannel}
		f.Message += "; flannel takes subnets from Node objects, so it stops there (pod cidr not assigned)"
	}
	f.Message += "; the given files show no cause. Most likely first: " + strings.Join(why, "; ")
	f.Fix = c.lookUnassigned(missing[0].name)
	c.add(f)
	if have == 0 && c.usesFlannel() {
		c.suspectUnset(nodePlaces(missing), f.Subjects)
	}
}

// whyUnassigned tells why a node may have no subnet where no file shows it, most likely first. What the files refute is left out.
func (c *checker) whyUnassigned() []string {
	if len(c.controllers) == 0 {
		return []string{
			"no pod range reaches kube-controller-manager (no --cluster-cidr and --allocate-node-cidrs, as after kubeadm init without --pod-network-cidr)",
			"the range is used up, or lies inside the service range",
		}
	}
	why := []string{
		"the node was registered a moment ago (look again: kubectl get nodes -o custom-columns=NAME:.metadata.name,PODCIDR:.spec.podCIDR)",
		"kube-controller-manager does not run, or with other flags than its file says",
	}
	if len(c.nodes) == 0 {
		why = append(why, "the range is used up: no file shows how many nodes hold subnets")
	}
	return why
}

// lookUnassigned tells what shows why a node has no subnet.
func (c *checker) lookUnassigned(node string) []string {
	log := "kubectl -n kube-system logs -l component=kube-controller-manager --tail=-1 | grep -i cidr"
	switch how := c.installation(); how {
	case byUnits:
		log = "journalctl -u kube-controller-manager --no-pager | grep -i cidr on every control-plane host"
	case byK3s, byRKE2:
		log = "journalctl -u " + c.dist.server + " --no-pager | grep -i cidr on every server"
	}
	events := "kubectl describe node " + gate.Name(node, "NODE") + " | grep -A3 -i cidr shows an event CIDRNotAvailable where the range is used up"
	if len(c.controllers) > 0 {
		return []string{"the log of kube-controller-manager names the reason: " + log, events}
	}
	show := controlPlaneCommands[c.installation()]
	if show == "" || c.installation() == byKubeadm {
		show = "grep -e cluster-cidr -e allocate-node-cidrs " + c.planeFile(fact.ControllerManager) + " on every control-plane host"
	}
	return []string{"look at --cluster-cidr and --allocate-node-cidrs, which decide it: " + show, events}
}

// servingCause returns the error that leaves nodes without a subnet, else the warning, nil for none.
func (c *checker) servingCause() *fact.Finding {
	var warn *fact.Finding
	for _, r := range startupCauses() {
		for _, f := range c.found {
			if f.Rule != r {
				continue
			}
			switch f.Severity {
			case fact.Error:
				return f
			case fact.Warning:
				if warn == nil && (r == fact.RulePodCIDRUnset || r == fact.RuleAllocateNodeCIDRsOff) {
					warn = f
				}
			}
		}
	}
	return warn
}
