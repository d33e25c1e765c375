package nodeipam

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam"
	"pgregory.net/rapid"
)

// A realController is the real range allocator with an API server in memory. It is driven by hand, one event after the
// other, where the real program has workers and a queue.
type realController struct {
	ctx     context.Context
	client  *fake.Clientset
	factory informers.SharedInformerFactory
	params  ipam.CIDRAllocatorParams
	ranges  ipam.CIDRAllocator
}

func newRealController(ctx context.Context, params ipam.CIDRAllocatorParams) (*realController, error) {
	r := &realController{ctx: ctx, client: fake.NewClientset(), params: params}
	r.factory = informers.NewSharedInformerFactory(r.client, 0)
	return r, r.restart()
}

// restart makes a new allocator from the nodes that there are.
func (r *realController) restart() error {
	list, err := r.client.CoreV1().Nodes().List(r.ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	shut(r.ranges)
	r.ranges, err = ipam.NewCIDRRangeAllocator(r.ctx, r.client, r.factory.Core().V1().Nodes(), r.params, list)
	return err
}

// create registers a node and returns what it holds afterwards.
func (r *realController) create(name string, preset []string) ([]string, error) {
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.NodeSpec{PodCIDRs: preset}}
	if len(preset) > 0 {
		node.Spec.PodCIDR = preset[0]
	}
	if _, err := r.client.CoreV1().Nodes().Create(r.ctx, node, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	indexer := r.factory.Core().V1().Nodes().Informer().GetIndexer()
	if err := indexer.Add(node); err != nil {
		return nil, err
	}
	allocErr := r.ranges.AllocateOrOccupyCIDR(r.ctx, node)
	node, err := r.client.CoreV1().Nodes().Get(r.ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return node.Spec.PodCIDRs, errors.Join(allocErr, indexer.Update(node))
}

func (r *realController) delete(name string) error {
	node, err := r.client.CoreV1().Nodes().Get(r.ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := r.client.CoreV1().Nodes().Delete(r.ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := r.factory.Core().V1().Nodes().Informer().GetIndexer().Delete(node); err != nil {
		return err
	}
	_ = r.ranges.ReleaseCIDR(klog.FromContext(r.ctx), node) // its errors are only logged
	return nil
}

// TestController runs nodes that come and go, with and without subnets of their own, and restarts, through the real range
// allocator and through the twin, and wants the same subnets, the same refusals and the same exits.
func TestController(t *testing.T) {
	clusters := []struct {
		flags nodeipam.ControllerFlags
		masks []int
	}{
		{nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/22"}, []int{24}},
		{nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/21", ServiceClusterIPRange: "10.244.2.0/23"}, []int{24}},
		{nodeipam.ControllerFlags{ClusterCIDR: "10.96.0.0/13", ServiceClusterIPRange: "10.96.0.0/12", NodeCIDRMaskSize: 16}, []int{16}},
		{nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/24", NodeCIDRMaskSizeIPv4: 27}, []int{27}},
		{nodeipam.ControllerFlags{ClusterCIDR: "fd00:10:244::/61"}, []int{64}},
		{nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/21,fd00:10:244::/62"}, []int{24, 64}},
		{nodeipam.ControllerFlags{ClusterCIDR: "fd00:10:244::/62,10.244.0.0/22", ServiceClusterIPRange: "fd00:10:244::/112,10.244.1.0/24"}, []int{64, 24}},
		{nodeipam.ControllerFlags{ClusterCIDR: "fd00:10:244::/60,10.244.0.0/24", NodeCIDRMaskSizeIPv6: 66, NodeCIDRMaskSizeIPv4: 26}, []int{66, 26}},
	}
	presets := []string{"10.244.0.0/24", "10.244.1.0/24", "10.244.1.128/25", "10.244.2.0/23", "10.244.0.32/27", "10.97.0.0/16", "10.99.0.0/24", "fd00:10:244::/64", "fd00:10:244:1::/64", "fd00:10:244:2::/63"}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(clusters).Draw(t, "cluster")
		c.flags.AllocateNodeCIDRs = true
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		real, err := newRealController(ctx, params(c.flags, c.masks))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { shut(real.ranges) }()
		twin, err := nodeipam.NewController(c.flags, fact.NewestKubernetes())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		restart := func() bool {
			realErr := real.restart()
			step := twin.Restart(c.flags)
			if (realErr == nil) != (step.Err == nil) {
				t.Fatalf("restart: twin %v, real %v", step.Err, realErr)
			}
			if realErr != nil && !strings.Contains(step.Err.Error(), realErr.Error()) {
				t.Fatalf("restart: twin %q, real %q", step.Err, realErr)
			}
			return realErr == nil
		}
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch op := rapid.IntRange(0, 9).Draw(t, "op"); {
			case op < 5 || len(names) == 0:
				name := fmt.Sprintf("n%02d", i)
				var preset []string
				if rapid.IntRange(0, 3).Draw(t, "preset") == 0 {
					preset = []string{rapid.SampledFrom(presets).Draw(t, "subnet")}
				}
				want, realErr := real.create(name, preset)
				step := twin.Create(name, preset...)
				if step.Err != nil {
					t.Fatalf("create %s %v: %v", name, preset, step.Err)
				}
				got, _ := twin.Node(name)
				if !slices.Equal(got, want) {
					t.Fatalf("create %s %v: twin %v, real %v (%v)", name, preset, got, want, realErr)
				}
				names = append(names, name)
				if len(want) == 0 { // it waits: what comes next depends on time, so the node is taken away again
					if len(step.Events) == 0 || step.Events[0].Reason != "CIDRNotAvailable" {
						t.Fatalf("create %s: events %v, real %v", name, step.Events, realErr)
					}
					if err := real.delete(name); err != nil {
						t.Fatal(err)
					}
					twin.Delete(name)
					names = names[:len(names)-1]
					if !restart() {
						return
					}
				}
			case op < 8:
				j := rapid.IntRange(0, len(names)-1).Draw(t, "which")
				if err := real.delete(names[j]); err != nil {
					t.Fatal(err)
				}
				twin.Delete(names[j])
				names = slices.Delete(names, j, j+1)
			default:
				if !restart() {
					return
				}
			}
		}
	})
}

// params is what kube-controller-manager hands its allocator for the flags.
func params(f nodeipam.ControllerFlags, masks []int) ipam.CIDRAllocatorParams {
	p := ipam.CIDRAllocatorParams{NodeCIDRMaskSizes: masks}
	for _, s := range strings.Split(f.ClusterCIDR, ",") {
		p.ClusterCIDRs = append(p.ClusterCIDRs, ipNet(netip.MustParsePrefix(s)))
	}
	services := make([]*net.IPNet, 2)
	for i, s := range strings.Split(f.ServiceClusterIPRange, ",") {
		if s != "" {
			services[i] = ipNet(netip.MustParsePrefix(s))
		}
	}
	p.ServiceCIDR, p.SecondaryServiceCIDR = services[0], services[1]
	return p
}
