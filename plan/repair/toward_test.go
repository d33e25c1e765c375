package repair

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestTowardKeeps: on the way to ranges that contain those of today every node that is right keeps what it holds, and the state
// after the last step has the ranges that were asked for.
func TestTowardKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t)
		f, ok := inv.Flags()
		rules, err := rulesOf(inv)
		if !ok || err != nil {
			return
		}
		var target Target
		for _, p := range rules.ranges {
			bits := max(1, p.Bits()-rapid.IntRange(0, 3).Draw(t, "doublings"))
			target.Pods = append(target.Pods, netip.PrefixFrom(p.Addr(), bits).Masked())
		}
		r, err := Toward(inv, target)
		if _, ok := errtype.As[*UnreachableError](err); ok {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		w, ok := r.Best()
		if !ok {
			if !sameList(f.ClusterCIDR, target.Pods) {
				t.Fatalf("no steps from %s to %v", f.ClusterCIDR, target.Pods)
			}
			return
		}
		var last State
		n := 0
		for s := range w.States(inv) {
			last = s
			n++
		}
		if n != len(w.Steps) || !sameList(last.Flags.ClusterCIDR, target.Pods) || !last.Flags.AllocateNodeCIDRs {
			t.Fatalf("%d of %d steps, flags %+v, want %v", n, len(w.Steps), last.Flags, target.Pods)
		}
		there, err := rulesOf(withFlags(inv, w.Flags))
		if err != nil {
			t.Fatal(err)
		}
		_, right, _ := there.faults(inv.Nodes)
		for _, n := range right {
			i := slices.IndexFunc(last.Nodes, func(m nodeipam.NodeSubnets) bool { return m.Node == n.Name })
			if i >= 0 && !slices.Equal(last.Nodes[i].PodCIDRs, n.PodCIDRs) && slices.ContainsFunc(w.Steps, func(s Step) bool { return s.Node == n.Name }) {
				// Where something else is in what it grows into, the twin has refused.
				t.Fatalf("%s holds %v, and %v after %v", n.Name, n.PodCIDRs, last.Nodes[i].PodCIDRs, w.Steps)
			}
		}
	})
}

// TestTowardRefused names what stands in the way.
func TestTowardRefused(t *testing.T) {
	inv := nodeipam.Inventory{
		Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}}},
		Nodes:    []nodeipam.InventoryNode{{Name: "w1", PodCIDRs: []string{"10.244.0.0/24"}}},
		Services: prefixtest.List("10.96.0.0/16"),
		Taken:    []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.3.0/24"), Name: "vpn"}},
	}
	for _, tc := range []struct {
		target Target
		want   string
	}{
		{Target{Pods: prefixtest.List("10.244.0.0/22")}, "vpn"},
		{Target{Pods: prefixtest.List("10.244.0.0/23"), Services: prefixtest.List("10.97.0.0/16")}, "new cluster"},
	} {
		r, err := Toward(inv, tc.target)
		if e, ok := errtype.As[*UnreachableError](err); !ok || !strings.Contains(e.Error(), tc.want) || len(r.Ways) > 0 {
			t.Errorf("%v: %v, want something about %s", tc.target, err, tc.want)
		}
	}
	if _, err := Toward(nodeipam.Inventory{}, Target{}); !errors.Is(err, nodeipam.ErrNoControllerFlags) {
		t.Errorf("of nothing: %v", err)
	}
	r, err := Toward(inv, Target{Pods: prefixtest.List("10.244.0.0/23"), MaskIPv4: 24})
	if err != nil || len(r.Ways) > 0 || r.Goal == "" {
		t.Errorf("to where it is: %v, %v", r, err)
	}
	if (&UnreachableError{}).Error() == "" {
		t.Error("an error without words")
	}
}
