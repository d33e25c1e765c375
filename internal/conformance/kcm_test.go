package conformance

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/informers"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	restclient "k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"pgregory.net/rapid"
)

// fakeClients hands the constructor of a controller a client that talks to nobody.
type fakeClients struct{ client clientset.Interface }

func (f fakeClients) Config(string) (*restclient.Config, error)  { return &restclient.Config{}, nil }
func (f fakeClients) ConfigOrDie(string) *restclient.Config      { return &restclient.Config{} }
func (f fakeClients) Client(string) (clientset.Interface, error) { return f.client, nil }
func (f fakeClients) ClientOrDie(string) clientset.Interface     { return f.client }
func (f fakeClients) DiscoveryClientOrDie(string) discovery.DiscoveryInterface {
	return f.client.Discovery()
}
func (f fakeClients) DiscoveryClient(string) (discovery.DiscoveryInterface, error) {
	return f.client.Discovery(), nil
}

var descriptors = sync.OnceValue(app.NewControllerDescriptors)

// realStart starts the real node IPAM controller with the flags, as far as its constructor, and returns its complaint.
func realStart(ctx context.Context, flags nodeipam.ControllerFlags) error {
	s, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	s.KubeCloudShared.AllocateNodeCIDRs = flags.AllocateNodeCIDRs
	s.KubeCloudShared.ClusterCIDR = flags.ClusterCIDR
	s.KubeCloudShared.CIDRAllocatorType = cmp.Or(flags.CIDRAllocatorType, "RangeAllocator") // the flag's default
	s.NodeIPAMController.ServiceCIDR = flags.ServiceClusterIPRange
	s.NodeIPAMController.NodeCIDRMaskSize = int32(flags.NodeCIDRMaskSize)
	s.NodeIPAMController.NodeCIDRMaskSizeIPv4 = int32(flags.NodeCIDRMaskSizeIPv4)
	s.NodeIPAMController.NodeCIDRMaskSizeIPv6 = int32(flags.NodeCIDRMaskSizeIPv6)
	if err := s.Validate(app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()); err != nil {
		return err
	}
	client := fake.NewClientset()
	cc := app.ControllerContext{
		ClientBuilder:   fakeClients{client},
		InformerFactory: informers.NewSharedInformerFactory(client, 0),
	}
	if err := s.KubeCloudShared.ApplyTo(&cc.ComponentConfig.KubeCloudShared); err != nil {
		return err
	}
	if err := s.NodeIPAMController.ApplyTo(&cc.ComponentConfig.NodeIPAMController); err != nil {
		return err
	}
	_, err = descriptors()["node-ipam-controller"].GetControllerConstructor()(ctx, cc, "node-ipam-controller")
	return err
}

// rangeTexts are texts that people write where a range belongs, good ones and bad ones.
var rangeTexts = []string{
	"10.244.0.0/16", "10.244.0.0/24", "10.0.0.0/8", "10.244.1.5/16", "010.244.0.0/16", "10.244.0.0/33", "10.244.0.0", "10.244.0.0/0",
	"10.244.0.0/28", "10.244.0.0/32", "0.0.0.0/0", "fd00:10:244::/56", "fd00:10:244::/48", "fd00:10:244::/47", "fd00:10:244::/64",
	"fd00:10:244::/112", "fd00:10:244::1/56", "::/0", "::ffff:10.244.0.0/112", "abc", "", " 10.244.0.0/16", "10.244.0.0/16 ", "10.244.0.0/016",
	"10.96.0.0/12", "10.240.0.0/12", "fd00:10:96::/112", "fd00:10:96::/108", "10.96.0.0/29", "10.96.0.0/30",
}

func drawRanges(t *rapid.T, label string) string {
	n := rapid.IntRange(0, 3).Draw(t, label+" entries")
	var parts []string
	for i := range n {
		parts = append(parts, rapid.SampledFrom(rangeTexts).Draw(t, fmt.Sprintf("%s[%d]", label, i)))
	}
	return strings.Join(parts, rapid.SampledFrom([]string{",", ",", ",", ", ", ";"}).Draw(t, label+" separator"))
}

var maskSizes = []int{0, 0, 0, 8, 16, 24, 25, 26, 28, 32, 33, 56, 64, 72, 80, 112, 120, 128}

// marks returns how many node subnets the real controller marks at most when it starts, one after the other, as a power of two: those of an
// IPv4 range that lie in a service range. 2^32 of them take hours. A length above 32 is none of IPv4, and counts all the same: with 56, the
// real one starts, and marks 2^40 in 10.244.0.0/16.
func marks(flags nodeipam.ControllerFlags) int {
	mask := max(24, flags.NodeCIDRMaskSize, flags.NodeCIDRMaskSizeIPv4)
	most := 0
	for c := range strings.SplitSeq(flags.ClusterCIDR, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(c))
		if err != nil || !p.Addr().Is4() {
			continue
		}
		for s := range strings.SplitSeq(flags.ServiceClusterIPRange, ",") {
			if q, err := netip.ParsePrefix(strings.TrimSpace(s)); err == nil && q.Overlaps(p) {
				most = max(most, mask-max(p.Bits(), q.Bits()))
			}
		}
	}
	return most
}

// TestControllerStart wants the same answer to start-up flags from the real node IPAM controller and from
// nodeipam.ControllerFlags.Refusals: accepted or refused, and the same words.
func TestControllerStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flags := nodeipam.ControllerFlags{
			AllocateNodeCIDRs:     rapid.IntRange(0, 9).Draw(t, "allocate") > 0,
			ClusterCIDR:           drawRanges(t, "cluster-cidr"),
			ServiceClusterIPRange: drawRanges(t, "service-cluster-ip-range"),
			NodeCIDRMaskSize:      rapid.SampledFrom(maskSizes).Draw(t, "mask"),
			NodeCIDRMaskSizeIPv4:  rapid.SampledFrom(maskSizes).Draw(t, "mask4"),
			NodeCIDRMaskSizeIPv6:  rapid.SampledFrom(maskSizes).Draw(t, "mask6"),
			CIDRAllocatorType:     rapid.SampledFrom([]string{"", "", "RangeAllocator", "CloudAllocator", "nonsense"}).Draw(t, "allocator"),
		}
		if marks(flags) > 18 {
			flags.ServiceClusterIPRange = ""
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		want := realStart(ctx, flags)
		got := flags.Refusals(fact.NewestKubernetes())
		if (want == nil) != (len(got) == 0) {
			t.Fatalf("%+v: refusals %+v, the real controller says %v", flags, got, want)
		}
		if want != nil && !strings.Contains(want.Error(), got[0].Message) {
			t.Fatalf("%+v: first refusal %q, the real controller says %q", flags, got[0].Message, want)
		}
	})
}
