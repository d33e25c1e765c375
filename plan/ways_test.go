package plan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func wayKinds(r *Repair) string {
	var out []string
	for _, w := range r.Ways {
		out = append(out, string(w.Kind))
	}
	return strings.Join(out, " ")
}

func TestWays(t *testing.T) {
	v4 := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23", ServiceClusterIPRange: "10.96.0.0/16"}
	full := "a=10.244.0.0/24 b=10.244.1.0/24 c"
	with := func(inv Inventory, change func(*Inventory)) Inventory { change(&inv); return inv }
	tests := []struct {
		name  string
		inv   Inventory
		rules string
		ways  string
		first string // in the title of the first way
	}{
		{"full, the neighbour is free", inventory(v4, full), "cluster-cidr-exhausted", "widen longer-mask move-pods recreate", "10.244.0.0/22 instead of 10.244.0.0/23"},
		{"the neighbour is taken", with(inventory(v4, full), func(i *Inventory) {
			i.Taken = []Reservation{{Prefix: netip.MustParsePrefix("10.244.2.0/24"), Name: "vpn"}}
		}), "cluster-cidr-exhausted", "longer-mask move-pods recreate", "/25 instead of /24"},
		{"and many pods on a node", with(inventory(v4, full), func(i *Inventory) {
			i.MaxPods = 200
			i.Taken = []Reservation{{Prefix: netip.MustParsePrefix("10.244.2.0/24"), Name: "vpn"}}
		}), "cluster-cidr-exhausted", "move-pods recreate", "move the pods to another range"},
		{"flannel's Network has to follow", with(inventory(v4, full), func(i *Inventory) { i.Networks = []netip.Prefix{netip.MustParsePrefix("10.244.0.0/23")} }), "cluster-cidr-exhausted", "widen longer-mask move-pods recreate", "10.244.0.0/22"},
		{"flannel's Network is wrong", with(inventory(v4, "a=10.244.0.0/24"), func(i *Inventory) { i.Networks = []netip.Prefix{netip.MustParsePrefix("10.224.0.0/16")} }), "flannel-network-mismatch", "settings move-pods recreate", "agreement"},
		{"hosts differ", with(inventory(v4, "a=10.245.0.0/24"), func(i *Inventory) {
			other := v4
			other.ClusterCIDR = "10.245.0.0/16"
			i.Managers = append(i.Managers, HostFlags{Host: "cp2", Flags: other})
		}), "control-plane-flags-differ", "settings move-pods recreate", "agreement"},
		{"allocation is off", inventory(ControllerFlags{ClusterCIDR: "10.244.0.0/16"}, "a b"), "allocate-node-cidrs-off", "settings move-pods recreate", "agreement"},
		{"services in the pods", inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "10.244.0.0/20"}, "a=10.244.16.0/24"), "pod-service-overlap", "move-pods service-range recreate", "move the pods"},
		{"before ServiceCIDR", with(inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "10.244.0.0/20"}, "a=10.244.16.0/24"), func(i *Inventory) { i.Kubernetes = v1(32) }), "pod-service-overlap", "move-pods recreate", "move the pods"},
		{"hosts in the pods", with(inventory(v4, "a=10.244.0.0/24"), func(i *Inventory) {
			i.Taken = []Reservation{{Prefix: netip.MustParsePrefix("10.244.1.5/32"), Name: "a"}}
		}), "host-pod-overlap", "move-pods recreate", "move the pods"},
		{"flags that do not start", inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSizeIPv6: 80}, "a=10.244.0.0/24"), "node-mask-flag-refused", "settings move-pods recreate", "agreement"},
		{"a range smaller than a node's subnet", inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/25", ServiceClusterIPRange: "10.96.0.0/16"}, "a b"), "node-mask-too-short", "settings move-pods recreate", "fit each other: --cluster-cidr=10.244.0.0/25 --node-cidr-mask-size=27"},
		{"and too small for any", inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/28"}, "a b"), "node-mask-too-short", "move-pods recreate", "move the pods"},
		{"an IPv6 range of too many subnets", inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "fd00:10:244::/40"}, "a=fd00:10:244:1::/64 b"), "node-mask-too-far", "settings move-pods recreate", "fit each other: --cluster-cidr=fd00:10:244::/48"},
		{"dual-stack, IPv6 is full", inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16,fd00:10:244::/63"}, "a=10.244.0.0/24,fd00:10:244::/64 b=10.244.1.0/24,fd00:10:244:1::/64 c"), "cluster-cidr-exhausted", "widen longer-mask move-pods recreate", "10.244.0.0/16,fd00:10:244::/62 instead of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewRepair(tt.inv)
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, f := range r.RangeFaults {
				rules = append(rules, string(f.Rule))
			}
			if got := strings.Join(rules, " "); got != tt.rules {
				t.Errorf("faults %s, want %s: %+v", got, tt.rules, r.RangeFaults)
			}
			if got := wayKinds(r); got != tt.ways {
				t.Errorf("ways %s, want %s", got, tt.ways)
			}
			if len(r.Ways) > 0 && !strings.Contains(r.Ways[0].Title, tt.first) {
				t.Errorf("first way %q, want %q in it", r.Ways[0].Title, tt.first)
			}
			for _, w := range r.Ways {
				proven(t, tt.inv, w)
			}
		})
	}
}

// proven goes a way on the twin: its settings, then its node steps.
func proven(t interface {
	Helper()
	Errorf(string, ...any)
}, inv Inventory, w Way) {
	t.Helper()
	if len(w.Steps) == 0 || w.Proof.Text == "" || w.Proof.Nodes != len(inv.Nodes) {
		t.Errorf("%s: incomplete: %+v", w.Kind, w)
	}
	if w.Kind == WayRecreate {
		return // no cluster is left to take the steps
	}
	c := inv.Stopped()
	for _, s := range w.Nodes {
		if s.Kind == RepairStartController || s.Kind == RepairRestartController || s.Kind == RepairStopController {
			continue
		}
		if err := s.apply(c); err != nil {
			t.Errorf("%s: %v", w.Kind, err)
		}
	}
	if s := c.Start(w.Flags); s.Err != nil || len(c.Waiting()) > 0 {
		t.Errorf("%s: %v, waiting %v", w.Kind, s.Err, c.Waiting())
	}
	var held []netip.Prefix
	for _, n := range c.Nodes() {
		for _, s := range n.PodCIDRs {
			p, ok := parsePodCIDR(s)
			if !ok || slices.ContainsFunc(held, p.Overlaps) {
				t.Errorf("%s: %s holds %s", w.Kind, n.Node, s)
			}
			held = append(held, p)
			for _, r := range inv.Taken {
				if r.Prefix.Overlaps(p) {
					t.Errorf("%s: %s overlaps %s", w.Kind, s, r.Prefix)
				}
			}
			for _, n := range w.Networks {
				if FamilyOf(n) == FamilyOf(p) && !n.Contains(p.Addr()) {
					t.Errorf("%s: %s outside of flannel's %s", w.Kind, s, n)
				}
			}
		}
	}
}

// TestWaysProven: whatever is wrong, a way that is offered leads to a sound cluster, and the last one always does.
func TestWaysProven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInventory(t)
		if rapid.Bool().Draw(t, "network") {
			inv.Networks = []netip.Prefix{netip.MustParsePrefix(rapid.SampledFrom([]string{"10.244.0.0/16", "10.244.0.0/24", "10.0.0.0/16"}).Draw(t, "flannel"))}
		}
		r, err := NewRepair(inv)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.RangeFaults) > 0 && (len(r.Ways) == 0 || r.Ways[len(r.Ways)-1].Kind != WayRecreate) {
			t.Fatalf("no way out of %+v", r.RangeFaults)
		}
		if len(r.RangeFaults) == 0 && len(r.Ways) > 0 {
			t.Fatal("ways without a fault")
		}
		for _, w := range r.Ways {
			proven(t, inv, w)
		}
	})
}

// TestProveRefuses: a way after which the cluster is not sound is no way.
func TestProveRefuses(t *testing.T) {
	v4 := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23", ServiceClusterIPRange: "10.96.0.0/16"}
	nodes := "a=10.244.0.0/24 b=10.244.1.0/24 c"
	with := func(change func(*ControllerFlags)) Inventory {
		f := v4
		change(&f)
		return inventory(f, nodes)
	}
	for _, tt := range []struct {
		why   string
		after Inventory
		ok    bool
	}{
		{"wide enough", with(func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/22" }), true},
		{"still full", with(func(f *ControllerFlags) {}), false},
		{"does not start", with(func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/22"; f.NodeCIDRMaskSizeIPv6 = 64 }), false},
		{"hands out nothing", with(func(f *ControllerFlags) { f.ClusterCIDR = "10.244.0.0/22"; f.AllocateNodeCIDRs = false }), false},
		{"inside the services", with(func(f *ControllerFlags) { f.ClusterCIDR = "10.96.0.0/17" }), false},
		{"no flags at all", Inventory{Nodes: v4Nodes(nodes)}, false},
	} {
		w, ok := inventory(v4, nodes).prove(Way{Kind: WayWiden, Disturbs: DisturbsComponent}, tt.after)
		if ok != tt.ok || ok && (w.Proof.Nodes != 3 || w.Proof.Text == "") {
			t.Errorf("%s: %v, %+v", tt.why, ok, w.Proof)
		}
	}
}

func v4Nodes(list string) []InventoryNode { return inventory(ControllerFlags{}, list).Nodes }
