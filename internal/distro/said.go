package distro

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/logline"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A printedRefusal is what an installer prints of ranges that it does not take.
type printedRefusal struct {
	installer string
	text      string      // that every such line holds
	rule      fact.RuleID // that explains it, where a file shows the values
	source    string
}

// printedRefusals are the messages of installers, those first that hold others.
var printedRefusals = []printedRefusal{
	{"eks-anywhere", "multiple CIDR blocks for Pods are not yet supported", fact.RuleTooManyRanges, "pkg/api/v1alpha1/cluster.go validateNetworking"},
	{"eks-anywhere", "multiple CIDR blocks for Services are not yet supported", fact.RuleTooManyRanges, "the same"},
	{"eks-anywhere", "invalid CIDR block format for ", fact.RuleCIDRMalformed, "the same"},
	{"eks-anywhere", "is smaller than or equal to the size of node subnet with mask", fact.RuleNodeMaskTooShort, "the same"},
	{"eks-anywhere", "difference is greater than 16", fact.RuleNodeMaskTooFar, "the same"},
	{"eks-anywhere", "conflicts with pods CIDR block", fact.RuleHostPodOverlap, "the same"},
	{"kubeone", "must be longer than the mask size of the pod CIDR", fact.RuleNodeMaskTooShort, "pkg/apis/kubeone/validation"},
	{"kubeone", "ip families are currently not supported", fact.RuleIPFamilyMismatch, "the same"},
	{"kubeone", ".clusterNetwork.podSubnet must be valid", fact.RuleCIDRMalformed, "the same"},
	{"kubeone", ".clusterNetwork.serviceSubnet must be valid", fact.RuleCIDRMalformed, "the same"},
	{"talos", "is smaller than the per-node pod CIDR mask size", fact.RuleNodeMaskTooShort, "pkg/machinery/config/types/k8s/network.go"},
	{"talos", "number of pod subnets must match the number of service subnets", fact.RuleIPFamilyMismatch, "the same"},
	{"talos", "host and Kubernetes pod/service CIDR addresses overlap", fact.RuleHostPodOverlap, "diagnostics/address_overlap.go"},
	{"k0s", "podCIDR and serviceCIDR must be both IPv4 or IPv6", fact.RuleIPFamilyMismatch, "pkg/apis/k0s/v1beta1/network.go"},
	{"k0s", "if DualStack is enabled, podCIDR must be IPv4", fact.RuleIPFamilyMismatch, "pkg/apis/k0s/v1beta1/dualstack.go"},
	{"openshift", "service network must not overlap with any of the machine networks", fact.RuleHostServiceOverlap, "pkg/types/validation/installconfig.go"},
	{"openshift", "cluster network must not overlap with service network", fact.RulePodServiceOverlap, "the same"},
	{"openshift", "service network must not overlap with cluster network", fact.RulePodServiceOverlap, "the same"},
	{"openshift", "cluster network must not overlap with any of the machine networks", fact.RuleHostPodOverlap, "the same"},
	{"openshift", "must not overlap with OVNKubernetes ", fact.RuleHiddenRangeOverlap, "the same"},
	{"openshift", "host subnetwork prefix must not be larger size than CIDR", fact.RuleNodeMaskTooShort, "the same"},
	{"openshift", "overlaps built-in join subnet", fact.RuleHiddenRangeOverlap, "ovn-kubernetes"},
	{"openshift", "unsupported change to ServiceNetwork", fact.RuleInstallerRefused, "cluster-network-operator pkg/network/cluster_config.go"},
	{"openshift", "modifying IP network value", fact.RuleInstallerRefused, "the same"},
	{"openshift", "modifying a clusterNetwork's hostPrefix value is unsupported", fact.RuleInstallerRefused, "the same"},
	{"openshift", "reducing IP range with a larger CIDR mask", fact.RuleInstallerRefused, "the same"},
}

// complains matches the mark of a line in which a program says what is wrong, or the item of a list of that.
var complains = regexp.MustCompile(`(?i)(?:^|[\s"\[=])(?:error|errors|err|erro|fatal|fata|failed|invalid|degraded|warning|warn)\b|^\s*(?:\*|-|✗|❌) `)

// mostPrinted bounds what is kept of one text.
const mostPrinted = 50

// Said returns what installers say in f of ranges that they do not take. running is the program whose output it is, "" unknown.
func Said(f *source.File, running string) []fact.Statement {
	if f == nil || f.HoldsSecret() {
		return nil
	}
	var out []fact.Statement
	seen := map[string]bool{}
	for _, r := range printedRefusals {
		if !bytes.Contains(f.Data, []byte(r.text)) {
			continue
		}
		off := 0
		for line := range bytes.Lines(f.Data) {
			at := off
			off += len(line)
			if len(line) > 16<<10 || !bytes.Contains(line, []byte(r.text)) || running == "" && !complains.Match(line) {
				continue
			}
			l := logline.Split(strings.TrimRight(string(line), "\r\n"))
			message := strings.Join(strings.Fields(l.Text), " ")
			if seen[message] || len(out) >= mostPrinted {
				continue
			}
			seen[message] = true
			rules := []fact.RuleID{r.rule}
			if r.rule != fact.RuleInstallerRefused {
				rules = append(rules, fact.RuleInstallerRefused)
			}
			y := &fact.Symptom{ID: "network-refuses", Message: message, Rules: rules, Cause: "the installer does not take these values"}
			out = append(out, fact.Statement{Component: fact.Component(r.installer), Host: l.Host, Pos: f.Position(at + l.Offset),
				Role: fact.RoleSymptom, Key: y.ID, Text: message, Symptom: y})
		}
	}
	return out
}
