package reading_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubecidr/kubecidr/internal/reading"
	"github.com/kubecidr/kubecidr/plan/fact"
)

const (
	unallocated = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-controller-manager\nspec:\n  containers:\n  - name: kube-controller-manager\n    command:\n" +
		"    - kube-controller-manager\n    - --cluster-cidr=10.244.0.0/16\n    - --allocate-node-cidrs=false\n    - --service-cluster-ip-range=10.96.0.0/12\n"
	bareNode = "apiVersion: v1\nkind: Node\nmetadata:\n  name: a\nspec: {}\nstatus:\n  addresses:\n  - type: InternalIP\n    address: 192.168.5.5\n"
)

// Under a plugin with its own address management nobody has to hand out node subnets, and its pools are pod ranges.
func TestOtherPlugins(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		rule             fact.RuleID // wanted error, "" for none
		why              string
	}{
		{"none", "notes.txt", "nothing", fact.RuleAllocateNodeCIDRsOff, "nothing says that another plugin is there"},
		{"calico manifest", "calico.yaml", "kind: DaemonSet\napiVersion: apps/v1\nmetadata:\n  name: calico-node\nspec:\n  template:\n    spec:\n      containers:\n      - name: calico-node\n        image: docker.io/calico/node:v3.26.1\n", "", "the image of the agent"},
		{"calico pool among hosts", "calico.yaml", "kind: DaemonSet\napiVersion: apps/v1\nspec:\n  template:\n    spec:\n      containers:\n      - image: quay.io/calico/node:v3.26.1\n        env:\n        - name: CALICO_IPV4POOL_CIDR\n          value: 192.168.0.0/16\n", fact.RuleHostPodOverlap, "the pool holds the node's address"},
		{"ip pool", "pool.yaml", "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata:\n  name: default\nspec:\n  cidr: 10.50.0.0/16\n", "", "a pool shows that Calico is there"},
		{"disabled ip pool", "pool.yaml", "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata:\n  name: default\nspec:\n  disabled: true\n  cidr: 192.168.0.0/16\n", fact.RuleAllocateNodeCIDRsOff, "a disabled pool shows nothing"},
		{"operator", "custom-resources.yaml", "apiVersion: operator.tigera.io/v1\nkind: Installation\nspec:\n  calicoNetwork:\n    ipPools:\n    - cidr: 10.100.0.0/16\n", fact.RulePodServiceOverlap + " " + fact.RulePluginRangeOutside, "the pool lies among the services, and outside of --cluster-cidr, which the operator refuses"},
		{"cilium", "cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cilium-config\ndata:\n  ipam: cluster-pool\n  cluster-pool-ipv4-cidr: 10.50.0.0/16\n", "", "cluster-pool hands out by itself"},
		{"cilium by node", "cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cilium-config\ndata:\n  ipam: kubernetes\n", fact.RuleAllocateNodeCIDRsOff, "ipam kubernetes takes podCIDRs"},
		{"conflist", "10-calico.conflist", `{"name":"k8s-pod-network","cniVersion":"0.3.1","plugins":[{"type":"calico","ipam":{"type":"calico-ipam"}}]}`, "", "calico-ipam"},
		{"conflist by node", "10-calico.conflist", `{"name":"k8s-pod-network","cniVersion":"0.3.1","plugins":[{"type":"calico","ipam":{"type":"host-local","subnet":"usePodCidr"}}]}`, fact.RuleAllocateNodeCIDRsOff, "host-local takes the podCIDR"},
		{"canal", "canal.yaml", "kind: DaemonSet\napiVersion: apps/v1\nspec:\n  template:\n    spec:\n      containers:\n      - image: calico/node:v3.26.1\n      - image: flannel/flannel:v0.25.1\n", fact.RuleAllocateNodeCIDRsOff, "flannel hands out in canal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := reading.Check(fstest.MapFS{
				"kube-controller-manager.yaml": {Data: []byte(unallocated)}, "nodes.yaml": {Data: []byte(bareNode)}, tt.file: {Data: []byte(tt.text)},
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Findings {
				if f.Severity == fact.Error {
					got = append(got, string(f.Rule))
				}
			}
			if strings.Join(got, " ") != string(tt.rule) {
				t.Errorf("errors %v, want %q: %s", got, tt.rule, tt.why)
			}
		})
	}
}
