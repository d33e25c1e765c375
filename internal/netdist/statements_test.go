package netdist

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// statementRows says what files become; want is sorted before it is compared.
func statementRows() []statementRow {
	const pool = "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.1.0.0/16%s}\n"
	return []statementRow{
		{
			"pool", fmt.Sprintf(pool, ""),
			[]string{`calico setting cni "calico" kind IPPool`, `calico pods "10.1.0.0/16" a spec.cidr`},
			"the plugin and its pods",
		},
		{"disabled pool", fmt.Sprintf(pool, ", disabled: true"), nil, "it shows nothing"},
		{"pool for load balancers", fmt.Sprintf(pool, ", allowedUses: [LoadBalancer]"), []string{
			`calico load-balancer "Calico load balancers a" spec.cidr`,
		},
			"F18: no pods"},
		{"unreadable pool", strings.Replace(fmt.Sprintf(pool, ""), "/16", "/36", 1),
			[]string{`calico setting cni "calico" kind IPPool`,
				`calico pods "10.1.0.0/36" a spec.cidr unreadable`}, "the checker says so once"},
		{"cilium kubernetes",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {ipam: kubernetes}\n", nil,
			"pods take podCIDRs: the name would mean that they do not"},
		{"cilium default",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {ipam: cluster-pool}\n",
			[]string{
				`cilium setting cni "cilium" kind ConfigMap cilium-config`,
				`cilium pods "10.0.0.0/8" ipam.operator.clusterPoolIPv4PodCIDRList default`},
			"the default is named as one"},
		{"ovn",
			"apiVersion: v1\nkind: Node\n" +
				"metadata: {name: n, annotations: {k8s.ovn.org/node-subnets: '{\"default\":[\"10.1.0.0/23\"]}'}}\n",
			[]string{
				`ovn-kubernetes hidden "OVN-Kubernetes join" ipv4.internalJoinSubnet default`,
				`ovn-kubernetes hidden "OVN-Kubernetes join" ipv6.internalJoinSubnet default`,
				`ovn-kubernetes hidden "OVN-Kubernetes masquerade" gatewayConfig.ipv6.internalMasqueradeSubnet default`,
				`ovn-kubernetes hidden "OVN-Kubernetes transit" ipv4.internalTransitSwitchSubnet default`,
				`ovn-kubernetes hidden "OVN-Kubernetes transit" ipv6.internalTransitSwitchSubnet default`,
				`ovn-kubernetes node-block "10.1.0.0/23" k8s.ovn.org/node-subnets`,
				`ovn-kubernetes setting cni "ovn-kubernetes" kind k8s.ovn.org/node-subnets`},
			"F33: hidden ranges of a network that is seen"},
		{"two pools", fmt.Sprintf(pool, "") + "---\n" + strings.Replace(fmt.Sprintf(pool, ""), "name: a", "name: b", 1),
			[]string{
				`calico problem pool-overlap error at 9:14 and 4:14`, `calico pods "10.1.0.0/16" a spec.cidr`,
				`calico pods "10.1.0.0/16" b spec.cidr`,
				`calico setting cni "calico" kind IPPool`}, "F39"},
		{"metallb",
			"apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\n" +
				"metadata: {name: lan}\nspec: {addresses: [10.1.0.0-10.1.0.3]}\n",
			[]string{
				`metallb load-balancer "MetalLB load balancers lan" spec.addresses`}, "F40"},
		{"kube-vip", "apiVersion: v1\nkind: Pod\n" +
			"spec: {containers: [{image: \"kube-vip/kube-vip:v1.0\", env: [{name: address, value: 10.9.0.1}]}]}\n", []string{
			`kube-vip address "10.9.0.1" address [10.9.0.1]`}, "an address of the hosts"},
		{"aws",
			"apiVersion: operator.tigera.io/v1\nkind: Installation\nspec: {cni: {type: AmazonVPC}}\n", []string{
				`aws-vpc-cni setting cni "aws-vpc-cni" kind spec.cni.type`, `calico setting cni "calico" kind Installation`},
			"Calico does policy for another"},
	}
}

type statementRow struct {
	name, text string
	want       []string
	why        string
}

// TestStatements says which networks and ranges become statements, and as what.
func TestStatements(t *testing.T) {
	for _, tt := range statementRows() {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, n := range read(t, "f", []byte(tt.text)) {
				for _, s := range n.Statements() {
					if s.Setting == fact.SettingAllocator { // held by TestAllocatorStatements
						continue
					}
					got = append(got, statementText(s))
				}
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%s (-want +got)\n%s", tt.why, d)
			}
		})
	}
}

// TestAllocatorStatements: who hands out node subnets is stated in the words of package fact, where the network decides it.
func TestAllocatorStatements(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range inputs(t) {
		for _, n := range read(t, f.Name, f.Data) {
			for _, s := range n.Statements() {
				if s.Setting == fact.SettingAllocator {
					seen[s.Text] = true
				}
			}
		}
	}
	for _, want := range []string{fact.AllocatorNode, fact.AllocatorOwnNode, fact.AllocatorOwn, fact.AllocatorFlat, fact.AllocatorCloud} {
		if !seen[want] {
			t.Errorf("no input of testdata states the allocator %q", want)
		}
		delete(seen, want)
	}
	for text := range seen {
		t.Errorf("the allocator %q is no word of package fact", text)
	}
}

func statementText(s fact.Statement) string {
	switch s.Role {
	case fact.RoleSetting:
		return fmt.Sprintf("%s setting %s %q kind %s", s.Component, s.Setting, s.Text, s.Key)
	case fact.RoleProblem:
		return fmt.Sprintf("%s problem %s %s at %d:%d and %d:%d", s.Component, s.Finding.Rule, s.Finding.Severity,
			s.Pos.Line, s.Pos.Column,
			s.Finding.Where[1].Position.Line, s.Finding.Where[1].Column)
	}
	out := fmt.Sprintf("%s %s %q %s", s.Component, s.Role, s.Text, s.Key)
	if len(s.Addrs) > 0 {
		out += fmt.Sprint(" ", s.Addrs)
	}
	if s.Err != nil {
		out += " unreadable"
	}
	if s.Default {
		out += " default"
	}
	return out
}

// TestProblemsSpeak: every kind of problem has a sentence and a fix of its own, and names who refuses.
func TestProblemsSpeak(t *testing.T) {
	seen := map[ProblemID]bool{}
	for _, f := range inputs(t) {
		for _, n := range read(t, f.Name, f.Data) {
			for _, p := range n.Problems {
				seen[p.ID] = true
				if m := p.Message(); m == p.Range.label() || strings.Contains(m, "%!") || p.Fix() == "" || p.RefusedBy == "" ||
					p.Source == "" {
					t.Errorf("%s: %q, %q, %+v", p.ID, m, p.Fix(), p)
				}
			}
		}
	}
	for _, id := range []ProblemID{
		PoolOverlap, PoolTooSmall, PoolBlockLimit, PoolUsesMixed, PoolLinkLocal, RangeTooSmall,
	} {
		if !seen[id] {
			t.Errorf("no input of testdata shows %s", id)
		}
	}
}
