package check

import (
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// plugin takes note of the CNI plugin in use. Several may show: one that does policy alone beside flannel (canal), or an
// annotation that an earlier one left behind. flannel wins, since its rules then still concern the nodes.
func (v *view) plugin(s *fact.Statement) {
	name := strings.ToLower(strings.TrimSpace(s.Text))
	if name == "" || v.cni == "flannel" || v.cni == "canal" {
		return
	}
	v.cni, v.cniFrom = name, s
}

// ownIPAM reports whether a CNI plugin is in use that does not take pod subnets from Node objects, or may do without them.
func (v *view) ownIPAM() bool {
	if v.byNodes[v.cni] {
		return false
	}
	switch v.cni {
	case "", "flannel", "canal", "kube-router", "bridge", "kubenet", "kindnet", "host-local", "routes", "gke", "kilo":
		return false
	}
	return true
}

// takesNodes takes note of a network that was told, or says, that it takes the subnets of Node objects.
func (v *view) takesNodes(s *fact.Statement) {
	if s.Setting == fact.SettingAllocator && s.Text == fact.AllocatorNode && !s.Overridden || s.Role == fact.RoleSymptom && s.Symptom != nil && takesSubnets(s) &&
		len(s.Symptom.Rules) > 0 && s.Symptom.Rules[0] == fact.RulePodCIDRUnset {
		if v.byNodes == nil {
			v.byNodes = map[string]bool{}
		}
		v.byNodes[string(s.Component)] = true
	}
}

// vpcCNI reports whether pods take their addresses from the network of the hosts by design.
func (v *view) vpcCNI() bool {
	switch v.cni {
	case "aws", "aws-cni", "aws-node", "aws-vpc-cni", "amazon-vpc-cni", "amazon-vpc-cni-k8s", "azure", "azure-vnet", "azure-cni", "terway":
		return true
	}
	return false
}

// usesFlannel reports whether something shows that flannel is the network of this cluster.
func (v *view) usesFlannel() bool {
	if v.ownIPAM() {
		return false
	}
	if len(v.flannels) > 0 || len(v.envs) > 0 || v.cni == "flannel" || v.cni == "canal" {
		return true
	}
	for _, s := range v.symptoms {
		if s.Component == fact.Flannel {
			return true
		}
	}
	for _, s := range v.problems {
		if s.Component == fact.Flannel || strings.HasPrefix(string(s.Finding.Rule), "netconf-") {
			return true
		}
	}
	return false
}
