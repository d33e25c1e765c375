package conformance

import (
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	"k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/validation"
	"pgregory.net/rapid"
)

// TestKubeadmNetworking wants kubeadm's own list of errors, field by field and word by word.
func TestKubeadmNetworking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nodeipam.KubeadmNetworking{
			PodSubnet:     drawRanges(t, "podSubnet"),
			ServiceSubnet: drawRanges(t, "serviceSubnet"),
			DNSDomain:     "cluster.local",
		}
		for range rapid.IntRange(0, 3).Draw(t, "args") {
			n.ControllerManagerArgs = append(n.ControllerManagerArgs, nodeipam.Arg{
				Name:  rapid.SampledFrom([]string{"node-cidr-mask-size", "node-cidr-mask-size-ipv4", "node-cidr-mask-size-ipv6", "allocate-node-cidrs"}).Draw(t, "name"),
				Value: rapid.SampledFrom([]string{"24", "25", "8", "33", "64", "72", "80", "false", "true", "abc", "", "024"}).Draw(t, "value"),
			})
		}
		c := &kubeadmapi.ClusterConfiguration{Networking: kubeadmapi.Networking{PodSubnet: n.PodSubnet, ServiceSubnet: n.ServiceSubnet, DNSDomain: n.DNSDomain}}
		for _, a := range n.ControllerManagerArgs {
			c.ControllerManager.ExtraArgs = append(c.ControllerManager.ExtraArgs, kubeadmapi.Arg{Name: a.Name, Value: a.Value})
		}
		if n.ServiceSubnet == "" {
			c.Networking.ServiceSubnet = "10.96.0.0/12" // kubeadm fills it in before it validates: v1beta4.SetDefaults_ClusterConfiguration
		}
		want := validation.ValidateNetworking(c, field.NewPath("networking"))
		got := n.Refusals(fact.NewestKubernetes())
		if len(got) != len(want) {
			t.Fatalf("%+v: %d refusals %+v, kubeadm has %d: %v", n, len(got), got, len(want), want)
		}
		for i, w := range want {
			if !strings.Contains(got[i].Message, w.Detail) || got[i].Field != w.Field {
				t.Fatalf("%+v: refusal %d is %+v, kubeadm says %v", n, i, got[i], w)
			}
		}
	})
}
