package kubeadm

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// planned returns a plan with these pod and service ranges.
func planned(v fact.Version, mask4, mask6 int, pods, services []string) *plan.Plan {
	p := &plan.Plan{Request: plan.Request{Kubernetes: v}, NodeMaskIPv4: mask4, NodeMaskIPv6: mask6}
	for role, list := range map[fact.Role][]string{fact.RolePods: pods, fact.RoleServices: services} {
		for _, s := range list {
			p.Ranges = append(p.Ranges, plan.Range{Role: role, Prefix: netip.MustParsePrefix(s)})
		}
	}
	return p
}

func TestWriteClusterConfiguration(t *testing.T) {
	four, six := []string{"10.244.0.0/16"}, []string{"fd00:10:244::/56"}
	services4, services6 := []string{"10.96.0.0/12"}, []string{"fd00:10:96::/112"}
	dual, dualServices := append(four[:1:1], six...), append(services4[:1:1], services6...)
	for _, tt := range []struct {
		name string
		plan *plan.Plan
		opts WriteOptions
		want string // file
		line string // kubeadm init, "" where it needs a file
	}{
		{"newest", planned(fact.Version{}, 24, 0, four, services4), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/12
`, "kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr=10.96.0.0/12\n"},
		{"v1beta3 by release, family flag", planned(release(30), 25, 0, four, services4), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.30.0
networking:
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/12
controllerManager:
  extraArgs:
    node-cidr-mask-size-ipv4: "25"
`, ""},
		{"list of arguments", planned(release(31), 25, 72, dual, dualServices), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.31.0
networking:
  podSubnet: 10.244.0.0/16,fd00:10:244::/56
  serviceSubnet: 10.96.0.0/12,fd00:10:96::/112
controllerManager:
  extraArgs:
  - name: node-cidr-mask-size-ipv4
    value: "25"
  - name: node-cidr-mask-size-ipv6
    value: "72"
`, ""},
		{"v1beta3 asked for", planned(release(36), 24, 64, dual, dualServices), WriteOptions{APIVersion: "v1beta3"}, `apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.36.0
networking:
  podSubnet: 10.244.0.0/16,fd00:10:244::/56
  serviceSubnet: 10.96.0.0/12,fd00:10:96::/112
`, `kubeadm init \
  --kubernetes-version=v1.36.0 \
  --pod-network-cidr=10.244.0.0/16,fd00:10:244::/56 \
  --service-cidr=10.96.0.0/12,fd00:10:96::/112
`},
		{"alpha gate of dual-stack", planned(release(20), 24, 64, dual, dualServices), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.20.0
featureGates:
  IPv6DualStack: true
networking:
  podSubnet: 10.244.0.0/16,fd00:10:244::/56
  serviceSubnet: 10.96.0.0/12,fd00:10:96::/112
`, `kubeadm init \
  --kubernetes-version=v1.20.0 \
  --feature-gates=IPv6DualStack=true \
  --pod-network-cidr=10.244.0.0/16,fd00:10:244::/56 \
  --service-cidr=10.96.0.0/12,fd00:10:96::/112
`},
		{"pods alone", planned(fact.Version{}, 24, 0, four, nil), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.244.0.0/16
`, "kubeadm init --pod-network-cidr=10.244.0.0/16\n"},
		{"services alone", planned(fact.Version{}, 0, 0, nil, services4), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  serviceSubnet: 10.96.0.0/12
`, "kubeadm init --service-cidr=10.96.0.0/12\n"},
		{"neither", planned(fact.Version{}, 0, 0, nil, nil), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
`, "kubeadm init\n"},
		{"a command of 80 letters", planned(fact.Version{}, 0, 64, six, services6), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: fd00:10:244::/56
  serviceSubnet: fd00:10:96::/112
`, "kubeadm init --pod-network-cidr=fd00:10:244::/56 --service-cidr=fd00:10:96::/112\n"},
		{"a command of 81 letters", planned(fact.Version{}, 0, 64, six, []string{"fd00:10:196::/112"}), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: fd00:10:244::/56
  serviceSubnet: fd00:10:196::/112
`, "kubeadm init \\\n  --pod-network-cidr=fd00:10:244::/56 \\\n  --service-cidr=fd00:10:196::/112\n"},
		{"the gate where pods alone have two families", planned(release(19), 24, 64, dual, services4), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.19.0
featureGates:
  IPv6DualStack: true
networking:
  podSubnet: 10.244.0.0/16,fd00:10:244::/56
  serviceSubnet: 10.96.0.0/12
`, "kubeadm init \\\n  --kubernetes-version=v1.19.0 \\\n  --feature-gates=IPv6DualStack=true \\\n  --pod-network-cidr=10.244.0.0/16,fd00:10:244::/56 \\\n  --service-cidr=10.96.0.0/12\n"},
		{"and where services alone have", planned(release(19), 24, 0, four, dualServices), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.19.0
featureGates:
  IPv6DualStack: true
networking:
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/12,fd00:10:96::/112
`, "kubeadm init \\\n  --kubernetes-version=v1.19.0 \\\n  --feature-gates=IPv6DualStack=true \\\n  --pod-network-cidr=10.244.0.0/16 \\\n  --service-cidr=10.96.0.0/12,fd00:10:96::/112\n"},
		{"plain flag before 1.23, and another default before 1.20", planned(release(19), 0, 64, six, services6), WriteOptions{}, `apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: v1.19.0
networking:
  podSubnet: fd00:10:244::/56
  serviceSubnet: fd00:10:96::/112
controllerManager:
  extraArgs:
    node-cidr-mask-size: "64"
`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteClusterConfiguration(&b, tt.plan, tt.opts); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			// It reads back as what it was made of.
			c, err := ParseConfig("f", b.Bytes())
			if err != nil || len(c.Problems) > 0 {
				t.Fatalf("ParseConfig of what was written: %v, %v", err, c.Problems)
			}
			if got, want := c.Cluster.PodSubnet.V, joinPrefixes(tt.plan.Pods()); got != want {
				t.Errorf("podSubnet read back = %q, want %q", got, want)
			}
			if got, want := c.Cluster.ServiceSubnet.V, joinPrefixes(tt.plan.Services()); got != want {
				t.Errorf("serviceSubnet read back = %q, want %q", got, want)
			}

			b.Reset()
			err = WriteInitCommand(&b, tt.plan)
			if tt.line == "" {
				if !errors.Is(err, ErrNeedsFile) {
					t.Errorf("WriteInitCommand error = %v, want ErrNeedsFile", err)
				}
			} else if err != nil || b.String() != tt.line {
				t.Errorf("WriteInitCommand = %q, %v, want %q", b.String(), err, tt.line)
			}
		})
	}
}

func TestWriteClusterConfigurationRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		plan *plan.Plan
		opts WriteOptions
		rule fact.RuleID // of the refusal, "" for another error
	}{
		{"services wider than kubeadm takes", planned(fact.Version{}, 24, 0, []string{"192.168.0.0/16"}, []string{"10.0.0.0/8"}), WriteOptions{}, fact.RuleServiceRangeTooLarge},
		{"two families before 1.16", planned(release(15), 24, 64, []string{"10.244.0.0/16", "fd00::/56"}, []string{"10.96.0.0/16"}), WriteOptions{}, fact.RuleCIDRMalformed},
		{"node mask too far", planned(fact.Version{}, 28, 0, []string{"10.0.0.0/8"}, []string{"192.168.0.0/16"}), WriteOptions{}, fact.RuleNodeMaskTooFar},
		{"API version that the release no longer reads", planned(fact.Version{}, 24, 0, []string{"10.244.0.0/16"}, []string{"10.96.0.0/12"}), WriteOptions{APIVersion: "v1beta3"}, ""},
		{"no such API version", planned(fact.Version{}, 24, 0, []string{"10.244.0.0/16"}, []string{"10.96.0.0/12"}), WriteOptions{APIVersion: "v1"}, ""},
		{"no such beta version", planned(fact.Version{}, 24, 0, []string{"10.244.0.0/16"}, []string{"10.96.0.0/12"}), WriteOptions{APIVersion: "v1beta9"}, ""},
		{"no beta version", planned(fact.Version{}, 24, 0, []string{"10.244.0.0/16"}, []string{"10.96.0.0/12"}), WriteOptions{APIVersion: "v1alpha3"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			err := WriteClusterConfiguration(&b, tt.plan, tt.opts)
			if err == nil || b.Len() > 0 {
				t.Fatalf("WriteClusterConfiguration = %q, %v, want an error and nothing written", b.String(), err)
			}
			var refused *nodeipam.RefusedError
			if errors.As(err, &refused) != (tt.rule != "") {
				t.Fatalf("error is a %T: %v", err, err)
			}
			if api := tt.opts.APIVersion; strings.HasPrefix(tt.name, "no ") && err.Error() != fmt.Sprintf("API version %q: want v1beta1, v1beta2, v1beta3 or v1beta4", api) {
				t.Errorf("error of API version %s: %v", api, err)
			}
			if refused != nil && refused.Refusals[0].Rule != tt.rule {
				t.Errorf("refused by %s, want %s", refused.Refusals[0].Rule, tt.rule)
			}
		})
	}
}
