package nodeipam

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/nodeipam/ipam"
	netutils "k8s.io/utils/net"
	"pgregory.net/rapid"
)

// A realCluster is the real range allocator with a client that keeps its nodes. Its work queue is left out: what it would try, and
// when, is called in order, so that nothing depends on time.
type realCluster struct {
	ctx     context.Context
	client  *fake.Clientset
	params  ipam.CIDRAllocatorParams
	store   cache.Indexer
	alloc   ipam.CIDRAllocator // nil where it does not run
	nodes   map[string]*corev1.Node
	waiting []string
}

// shut ends what an allocator leaves running: run with a context that has ended, it shuts down its queue and its events, which have
// goroutines and timers of their own, and does nothing else. nil is none.
func shut(alloc ipam.CIDRAllocator) {
	if alloc == nil {
		return
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	alloc.Run(ended)
}

// start makes the allocator anew, as a restart of kube-controller-manager does.
func (c *realCluster) start() error {
	shut(c.alloc)
	c.alloc = nil
	list := &corev1.NodeList{}
	for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
		list.Items = append(list.Items, *c.nodes[name])
	}
	informer := informers.NewSharedInformerFactory(c.client, 0).Core().V1().Nodes()
	c.store = informer.Informer().GetIndexer()
	for _, n := range c.nodes {
		if err := c.store.Add(n); err != nil {
			return err
		}
	}
	alloc, err := ipam.NewCIDRRangeAllocator(c.ctx, c.client, informer, c.params, list)
	if err != nil {
		return err
	}
	c.alloc = alloc
	for _, n := range slices.Sorted(slices.Values(c.waiting)) {
		c.sync(n)
	}
	return nil
}

// sync lets the allocator see a node, and takes over what it has done to it.
func (c *realCluster) sync(name string) error {
	err := c.alloc.AllocateOrOccupyCIDR(c.ctx, c.nodes[name])
	got, getErr := c.client.CoreV1().Nodes().Get(c.ctx, name, metav1.GetOptions{})
	if getErr != nil {
		return getErr
	}
	c.nodes[name] = got
	if updateErr := c.store.Update(got); updateErr != nil {
		return updateErr
	}
	if len(got.Spec.PodCIDRs) > 0 {
		c.waiting = slices.DeleteFunc(c.waiting, func(n string) bool { return n == name })
	}
	return err
}

// settle tries the nodes that wait, the last one first, as long as one of them gets something, and then often enough to burn what there is.
func (c *realCluster) settle() {
	for again := 0; again < 40 && c.alloc != nil && len(c.waiting) > 0; again++ {
		for _, n := range slices.Backward(slices.Clone(c.waiting)) {
			c.sync(n)
		}
	}
}

func (c *realCluster) create(t *rapid.T, name string, podCIDRs []string) (logged error) {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if n.Spec.PodCIDRs = podCIDRs; len(podCIDRs) > 0 {
		n.Spec.PodCIDR = podCIDRs[0]
	} else {
		c.waiting = append(c.waiting, name)
	}
	n, err := c.client.CoreV1().Nodes().Create(c.ctx, n, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.nodes[name] = n
	if c.alloc != nil {
		if err := c.store.Add(n); err != nil {
			t.Fatal(err)
		}
		logged = c.sync(name)
		c.settle()
	}
	return logged
}

func (c *realCluster) delete(t *rapid.T, name string) (logged error) {
	n := c.nodes[name]
	if err := c.client.CoreV1().Nodes().Delete(c.ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	delete(c.nodes, name)
	c.waiting = slices.DeleteFunc(c.waiting, func(w string) bool { return w == name })
	if c.alloc != nil {
		if err := c.store.Delete(n); err != nil {
			t.Fatal(err)
		}
		logged = c.alloc.ReleaseCIDR(klog.FromContext(c.ctx), n)
		c.settle()
	}
	return logged
}

// podCIDRTexts are podCIDRs that nodes come with: right, wide, narrow, outside, with host bits, mapped.
var podCIDRTexts = map[bool][]string{
	true: {"10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24", "10.244.0.0/23", "10.244.0.0/21", "10.0.0.0/8", "10.244.1.128/25", "10.244.1.0/26",
		"10.244.2.7/24", "10.99.0.0/24", "0.0.0.0/24", "010.244.3.0/24", "::ffff:10.244.1.0/120"},
	false: {"fd00:10:244::/64", "fd00:10:244:1::/64", "fd00:10:244:2::/64", "fd00:10:244::/62", "fd00:10:244::/32", "fd00:10:244:1::/80", "fd00:10:244::7/64", "fd99::/64", "::/0"},
}

// TestTwin registers, deletes and restarts with the real range allocator and with the twin, and wants the same subnets and the same
// words for what is wrong.
func TestTwin(t *testing.T) {
	klog.SetLogger(klog.Logger{})
	rapid.Check(t, func(t *rapid.T) {
		ranges := rapid.SampledFrom([]string{
			"10.244.0.0/22", "10.244.0.0/21", "10.244.0.0/24", "fd00:10:244::/62", "10.244.0.0/21,fd00:10:244::/63", "fd00:10:244::/62,10.244.0.0/22", "::ffff:10.244.0.0/117",
		}).Draw(t, "cluster-cidr")
		services := rapid.SampledFrom([]string{"", "10.96.0.0/12", "10.244.1.0/24", "10.244.0.0/23", "10.244.2.64/26", "10.240.0.0/12", "fd00:10:244:1::/112", "10.244.0.0/25,fd00:10:244::/64"}).Draw(t, "service range")
		flags := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: ranges, ServiceClusterIPRange: services}
		real := &realCluster{ctx: t.Context(), client: fake.NewClientset(), nodes: map[string]*corev1.Node{}}
		defer func() { shut(real.alloc) }()
		for _, s := range strings.Split(ranges, ",") {
			_, n, err := netutils.ParseCIDRSloppy(s)
			if err != nil {
				t.Fatal(err)
			}
			real.params.ClusterCIDRs = append(real.params.ClusterCIDRs, n)
			mask := 24
			switch {
			case strings.HasPrefix(s, "::ffff"):
				mask, flags.NodeCIDRMaskSize = 120, 120
			case strings.HasPrefix(s, "fd"):
				mask = 64
			}
			real.params.NodeCIDRMaskSizes = append(real.params.NodeCIDRMaskSizes, mask)
		}
		for i, s := range strings.Split(services, ",") {
			_, n, err := netutils.ParseCIDRSloppy(s)
			if err != nil {
				continue
			}
			for _, to := range []**net.IPNet{&real.params.ServiceCIDR, &real.params.SecondaryServiceCIDR}[i : i+1] {
				*to = n
			}
		}
		// 1.35 is the last release whose API server takes host bits and mapped ranges; its controller manager is the same.
		twin := nodeipam.NewStopped(fact.Version{Major: 1, Minor: 35})
		start := func() {
			want := real.start()
			real.settle()
			got := twin.Start(flags)
			if (want == nil) != (got.Err == nil) || want != nil && !strings.HasSuffix(got.Err.Error(), ": "+want.Error()) {
				t.Fatalf("start: %v, the real one says %v", got.Err, want)
			}
		}
		logged := func(what string, step nodeipam.Step, want error) {
			if strings.HasPrefix(ranges, "::ffff") {
				return // every node that is served is an error in the log there
			}
			if want == nil && len(step.Log) > 0 || want != nil && !strings.Contains(strings.Join(step.Log, "\n"), want.Error()) {
				t.Fatalf("%s: log %q, the real one says %v", what, step.Log, want)
			}
		}
		start()
		t.Repeat(map[string]func(*rapid.T){
			"restart": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "rarely") == 0 {
					start()
				}
			},
			"create": func(t *rapid.T) {
				name := fmt.Sprintf("n%d", rapid.IntRange(0, 15).Draw(t, "node"))
				if real.nodes[name] != nil {
					return
				}
				var podCIDRs []string
				if rapid.IntRange(0, 2).Draw(t, "preset") == 0 {
					// One of each family, in either order, or of one.
					first := rapid.Bool().Draw(t, "IPv4 first")
					podCIDRs = []string{rapid.SampledFrom(podCIDRTexts[first]).Draw(t, "podCIDR")}
					if rapid.Bool().Draw(t, "two") {
						podCIDRs = append(podCIDRs, rapid.SampledFrom(podCIDRTexts[!first]).Draw(t, "second podCIDR"))
					}
				}
				step := twin.Create(name, podCIDRs...)
				if step.Err != nil {
					t.Fatalf("create %s %v: %v", name, podCIDRs, step.Err)
				}
				err := real.create(t, name, podCIDRs)
				if twin.Running() {
					logged("create "+name, step, err)
				}
			},
			"delete": func(t *rapid.T) {
				name := fmt.Sprintf("n%d", rapid.IntRange(0, 15).Draw(t, "node"))
				if real.nodes[name] == nil {
					return
				}
				step := twin.Delete(name)
				logged("delete "+name, step, real.delete(t, name))
			},
			"": func(t *rapid.T) {
				for _, n := range twin.Nodes() {
					if got := real.nodes[n.Node]; got == nil || !slices.Equal(n.PodCIDRs, got.Spec.PodCIDRs) {
						t.Fatalf("%s: twin %v, real %+v", n.Node, n.PodCIDRs, got)
					}
				}
				if twin.Len() != len(real.nodes) || twin.Running() != (real.alloc != nil) {
					t.Fatalf("twin: %d nodes, running %v; real: %d, %v", twin.Len(), twin.Running(), len(real.nodes), real.alloc != nil)
				}
				if !slices.Equal(twin.Waiting(), real.waiting) {
					t.Fatalf("waiting: twin %v, real %v", twin.Waiting(), real.waiting)
				}
			},
		})
	})
}
