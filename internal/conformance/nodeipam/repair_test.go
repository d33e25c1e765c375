package nodeipam

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/klog/v2"
	netutils "k8s.io/utils/net"
	"pgregory.net/rapid"
)

// setFlags gives the allocator the ranges that flags name, as kube-controller-manager does.
func (c *realCluster) setFlags(f nodeipam.ControllerFlags) error {
	c.params.ClusterCIDRs, c.params.NodeCIDRMaskSizes, c.params.ServiceCIDR, c.params.SecondaryServiceCIDR = nil, nil, nil, nil
	for s := range strings.SplitSeq(f.ClusterCIDR, ",") {
		_, n, err := netutils.ParseCIDRSloppy(s)
		if err != nil {
			return err
		}
		mask := cmp.Or(f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSize, 24)
		if n.IP.To4() == nil {
			mask = cmp.Or(f.NodeCIDRMaskSizeIPv6, f.NodeCIDRMaskSize, 64)
		}
		c.params.ClusterCIDRs = append(c.params.ClusterCIDRs, n)
		c.params.NodeCIDRMaskSizes = append(c.params.NodeCIDRMaskSizes, mask)
	}
	for i, s := range strings.Split(f.ServiceClusterIPRange, ",") {
		if _, n, err := netutils.ParseCIDRSloppy(s); err == nil && i < 2 {
			*[]**net.IPNet{&c.params.ServiceCIDR, &c.params.SecondaryServiceCIDR}[i] = n
		}
	}
	return nil
}

// stop ends kube-controller-manager's node IPAM.
func (c *realCluster) stop() {
	shut(c.alloc)
	c.alloc, c.store = nil, nil
}

// set writes podCIDRs of a node, which the API server takes once.
func (c *realCluster) set(name string, podCIDRs []netip.Prefix) error {
	n := c.nodes[name].DeepCopy()
	var texts []string
	for _, p := range podCIDRs {
		texts = append(texts, p.String())
	}
	if len(n.Spec.PodCIDRs) > 0 && !slices.Equal(n.Spec.PodCIDRs, texts) {
		return fmt.Errorf("podCIDRs %v of %s cannot become %v", n.Spec.PodCIDRs, name, texts) // pkg/apis/core/validation ValidateNodeUpdate
	}
	n.Spec.PodCIDR, n.Spec.PodCIDRs = texts[0], texts
	n, err := c.client.CoreV1().Nodes().Update(c.ctx, n, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	c.nodes[name] = n
	c.waiting = slices.DeleteFunc(c.waiting, func(w string) bool { return w == name })
	if c.alloc == nil {
		return nil
	}
	if err := c.store.Update(n); err != nil {
		return err
	}
	return c.sync(name)
}

// do does one step of a repair as an operator does it. ok is false for steps that are not done to Node objects and flags, and are for people.
func (c *realCluster) do(t *rapid.T, s repair.Step) (ok bool, err error) {
	switch s.Kind {
	case repair.KindPatch, repair.KindCreate:
		return true, c.set(s.Node, s.New)
	case repair.KindRecreate, repair.KindDelete:
		c.delete(t, s.Node)
		c.create(t, s.Node, nil)
		if s.Kind == repair.KindRecreate {
			return true, c.set(s.Node, s.New)
		}
	case repair.KindPause, repair.KindResume, repair.KindRestartController, repair.KindFlags:
		c.stop()
		if !s.Flags.AllocateNodeCIDRs {
			return true, nil
		}
		if err := c.setFlags(s.Flags); err != nil {
			return true, err
		}
		err := c.start()
		c.settle()
		return true, err
	case repair.KindByHand, repair.KindNewCluster, repair.KindPool:
		return false, nil
	}
	return true, nil
}

// living draws a cluster in trouble: nodes with right subnets, with subnets of others, outside, of another size, and with none.
func living(t *rapid.T) nodeipam.Inventory {
	flags := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: rapid.SampledFrom([]string{"10.244.0.0/22", "10.244.0.0/21", "10.244.0.0/20", "fd00:10:244::/61", "10.244.0.0/21,fd00:10:244::/61"}).Draw(t, "cluster-cidr"),
		ServiceClusterIPRange: rapid.SampledFrom([]string{"10.96.0.0/12", "10.244.1.0/24"}).Draw(t, "services")}
	inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "n0", Flags: flags}}}
	for i := range rapid.IntRange(1, 6).Draw(t, "nodes") {
		n := nodeipam.InventoryNode{Name: fmt.Sprintf("n%d", i)}
		if rapid.IntRange(0, 4).Draw(t, "waits") > 0 {
			for s := range strings.SplitSeq(flags.ClusterCIDR, ",") {
				k := rapid.IntRange(0, 5).Draw(t, "subnet")
				four := []string{fmt.Sprintf("10.244.%d.0/24", k), fmt.Sprintf("10.99.%d.0/24", k), fmt.Sprintf("10.244.%d.0/25", k)}
				six := []string{fmt.Sprintf("fd00:10:244:%x::/64", k), fmt.Sprintf("fd99:0:0:%x::/64", k), fmt.Sprintf("fd00:10:244:%x::/80", k)}
				list := four
				if strings.Contains(s, "::") {
					list = six
				}
				n.PodCIDRs = append(n.PodCIDRs, list[max(0, rapid.IntRange(-4, 2).Draw(t, "fault"))])
			}
		}
		inv.Nodes = append(inv.Nodes, n)
	}
	return inv
}

// real returns the cluster of inv with the real allocator, which does not run yet.
func real(t *rapid.T, inv nodeipam.Inventory) *realCluster {
	c := &realCluster{ctx: t.Context(), client: fake.NewClientset(), nodes: map[string]*corev1.Node{}}
	for _, n := range inv.Nodes {
		c.create(t, n.Name, n.PodCIDRs)
	}
	return c
}

// TestRepair goes every way out that repair finds with the real range allocator: it starts after each step that starts it, nodes hold what the
// way says, and in the end all hold subnets of their own, also after one more restart.
func TestRepair(t *testing.T) {
	klog.SetLogger(klog.Logger{})
	ways := 0
	rapid.Check(t, func(t *rapid.T) {
		inv := living(t)
		r, err := repair.New(inv)
		if errors.Is(err, nodeipam.ErrNoControllerFlags) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range r.Ways {
			if goes(t, fmt.Sprintf("way %d, %s", i+1, w.Kind), inv, w) {
				ways++
			}
		}
	})
	t.Logf("%d ways gone", ways)
	if ways == 0 {
		t.Error("no way was gone to its end")
	}
}

// goes goes one way and reports whether it could be gone without people.
func goes(t *rapid.T, what string, inv nodeipam.Inventory, w repair.Way) bool {
	c := real(t, inv)
	defer c.stop()
	states, stop := iter.Pull(w.States(inv))
	defer stop()
	for i, s := range w.Steps {
		ok, err := c.do(t, s)
		if !ok {
			return false
		}
		if err != nil {
			t.Fatalf("%s, step %d %s %s: %v", what, i+1, s.Kind, s.Node, err)
		}
		state, more := states()
		if !more {
			t.Fatalf("%s ends before step %d on the twin", what, i+1)
		}
		for _, n := range state.Nodes {
			if got := c.nodes[n.Node]; got == nil || !slices.Equal(got.Spec.PodCIDRs, n.PodCIDRs) {
				t.Fatalf("%s, after step %d %s %s: %s holds %v, the way says %v", what, i+1, s.Kind, s.Node, n.Node, got.Spec.PodCIDRs, n.PodCIDRs)
			}
		}
	}
	if flags := w.Flags; flags.AllocateNodeCIDRs {
		c.stop()
		if err := errors.Join(c.setFlags(flags), c.start()); err != nil {
			t.Fatalf("%s: it does not start once more: %v", what, err)
		}
		c.settle()
	}
	var held []netip.Prefix
	for name, n := range c.nodes {
		if len(n.Spec.PodCIDRs) == 0 {
			t.Fatalf("%s: %s has no subnet in the end", what, name)
		}
		for _, s := range n.Spec.PodCIDRs {
			p := netip.MustParsePrefix(s)
			if slices.ContainsFunc(held, p.Overlaps) {
				t.Fatalf("%s: %s holds %v, which another node holds", what, name, p)
			}
			held = append(held, p)
		}
	}
	return true
}
