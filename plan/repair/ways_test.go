package repair

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

func wayKinds(r *Repair) string {
	var out []string
	for _, w := range r.Ways {
		out = append(out, string(w.Kind))
	}
	return strings.Join(out, " ")
}

func TestWays(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23", ServiceClusterIPRange: "10.96.0.0/16"}
	full := "a=10.244.0.0/24 b=10.244.1.0/24 c"
	with := func(inv nodeipam.Inventory, change func(*nodeipam.Inventory)) nodeipam.Inventory {
		change(&inv)
		return inv
	}
	tests := []struct {
		name  string
		inv   nodeipam.Inventory
		rules string
		ways  string
		first string // in the title of the first way
	}{
		{"full, the neighbour is free", plantest.Inventory(v4, full), "cluster-cidr-exhausted", "widen longer-mask move-pods recreate", "10.244.0.0/21 instead of 10.244.0.0/23"},
		{"the neighbour is taken", with(plantest.Inventory(v4, full), func(i *nodeipam.Inventory) {
			i.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.2.0/24"), Name: "vpn"}}
		}), "cluster-cidr-exhausted", "longer-mask move-pods recreate", "/25 instead of /24"},
		{"and many pods on a node", with(plantest.Inventory(v4, full), func(i *nodeipam.Inventory) {
			i.MaxPods = 200
			i.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.2.0/24"), Name: "vpn"}}
		}), "cluster-cidr-exhausted", "move-pods recreate", "move the pods to another range"},
		{"flannel's Network has to follow", with(plantest.Inventory(v4, full), func(i *nodeipam.Inventory) { i.Networks = []netip.Prefix{netip.MustParsePrefix("10.244.0.0/23")} }), "cluster-cidr-exhausted", "widen longer-mask move-pods recreate", "10.244.0.0/21"},
		{"flannel's Network is wrong", with(plantest.Inventory(v4, "a=10.244.0.0/24"), func(i *nodeipam.Inventory) { i.Networks = []netip.Prefix{netip.MustParsePrefix("10.224.0.0/16")} }), "flannel-network-mismatch", "settings move-pods recreate", "agreement"},
		{"hosts differ", with(plantest.Inventory(v4, "a=10.245.0.0/24"), func(i *nodeipam.Inventory) {
			other := v4
			other.ClusterCIDR = "10.245.0.0/16"
			i.Managers = append(i.Managers, nodeipam.HostFlags{Host: "cp2", Flags: other})
		}), "control-plane-flags-differ", "settings move-pods recreate", "agreement"},
		{"allocation is off", plantest.Inventory(nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/16"}, "a b"), "allocate-node-cidrs-off", "settings move-pods recreate", "agreement"},
		{"services in the pods", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "10.244.0.0/20"}, "a=10.244.16.0/24"), "pod-service-overlap", "restore move-pods service-range recreate", "--cluster-cidr=10.244.16.0/20"},
		{"before ServiceCIDR", with(plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "10.244.0.0/20"}, "a=10.244.16.0/24"), func(i *nodeipam.Inventory) { i.Kubernetes = fact.V(1, 32, 0) }), "pod-service-overlap", "restore move-pods recreate", "--cluster-cidr=10.244.16.0/20"},
		{"hosts in the pods", with(plantest.Inventory(v4, "a=10.244.0.0/24"), func(i *nodeipam.Inventory) {
			i.Taken = []fact.Reservation{{Prefix: netip.MustParsePrefix("10.244.1.5/32"), Name: "a"}}
		}), "host-pod-overlap", "move-pods recreate", "move the pods"},
		{"flags that do not start", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSizeIPv6: 80}, "a=10.244.0.0/24"), "node-mask-flag-ignored", "settings move-pods recreate", "agreement"},
		{"a range smaller than a node's subnet", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/25", ServiceClusterIPRange: "10.96.0.0/16"}, "a b"), "node-mask-too-short", "settings move-pods recreate", "fit each other: --cluster-cidr=10.244.0.0/25 --node-cidr-mask-size=27"},
		{"and too small for any", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/28"}, "a b"), "node-mask-too-short", "move-pods recreate", "move the pods"},
		{"an IPv6 range of too many subnets", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "fd00:10:244::/40"}, "a=fd00:10:244:1::/64 b"), "node-mask-too-far", "settings move-pods recreate", "fit each other: --cluster-cidr=fd00:10:244::/48"},
		{"dual-stack, IPv6 is full", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16,fd00:10:244::/63"}, "a=10.244.0.0/24,fd00:10:244::/64 b=10.244.1.0/24,fd00:10:244:1::/64 c"), "cluster-cidr-exhausted", "widen longer-mask move-pods recreate", "10.244.0.0/16,fd00:10:244::/61 instead of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := New(tt.inv)
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
}, inv nodeipam.Inventory, w Way) {
	t.Helper()
	if len(w.Steps) == 0 || w.Proof.Text == "" || w.Proof.Nodes != len(inv.Nodes) {
		t.Errorf("%s: incomplete: %+v", w.Kind, w)
	}
	if w.Kind == WayRecreate {
		return // no cluster is left to take the steps
	}
	c, ok := replay(inv, w.Steps, w.Flags)
	if !ok {
		t.Errorf("%s: not proven: %s", w.Kind, stepList(w.Steps))
	}
	var held []netip.Prefix
	for _, n := range c.Nodes() {
		for _, s := range n.PodCIDRs {
			p, ok := nodeipam.ParsePodCIDR(s)
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
				if fact.FamilyOf(n) == fact.FamilyOf(p) && !n.Contains(p.Addr()) {
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
		r, err := New(inv)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.RangeFaults) > 0 && (len(r.Ways) == 0 || r.Ways[len(r.Ways)-1].Kind != WayRecreate) {
			t.Fatalf("no way out of %+v", r.RangeFaults)
		}
		if len(r.RangeFaults) == 0 && len(r.Faults) == 0 && slices.ContainsFunc(r.Ways, func(w Way) bool { return w.Kind != WayNodes || len(w.Drained) > 0 }) {
			t.Fatal("ways without a fault")
		}
		sound(t, r)
	})
}

// TestProveRefuses: a way after which the cluster is not sound is no way.
func TestProveRefuses(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23", ServiceClusterIPRange: "10.96.0.0/16"}
	nodes := "a=10.244.0.0/24 b=10.244.1.0/24 c"
	with := func(change func(*nodeipam.ControllerFlags)) nodeipam.Inventory {
		f := v4
		change(&f)
		return plantest.Inventory(f, nodes)
	}
	for _, tt := range []struct {
		why   string
		after nodeipam.Inventory
		ok    bool
	}{
		{"wide enough", with(func(f *nodeipam.ControllerFlags) { f.ClusterCIDR = "10.244.0.0/22" }), true},
		{"still full", with(func(f *nodeipam.ControllerFlags) {}), false},
		{"does not start", with(func(f *nodeipam.ControllerFlags) { f.ClusterCIDR = "10.244.0.0/22"; f.NodeCIDRMaskSizeIPv6 = 64 }), false},
		{"hands out nothing", with(func(f *nodeipam.ControllerFlags) { f.ClusterCIDR = "10.244.0.0/22"; f.AllocateNodeCIDRs = false }), false},
		{"inside the services", with(func(f *nodeipam.ControllerFlags) { f.ClusterCIDR = "10.96.0.0/17" }), false},
		{"hands out nothing, and nobody waits", plantest.Inventory(nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/22"}, "a=10.244.0.0/24 b=10.244.1.0/24 c=10.244.2.0/24"), false},
		{"no flags at all", nodeipam.Inventory{Nodes: plantest.V4Nodes(nodes)}, false},
	} {
		w, ok := prove(plantest.Inventory(v4, nodes), Way{Kind: WayWiden, Steps: settingsOf(plantest.Inventory(v4, nodes), tt.after)}, tt.after)
		if ok != tt.ok || ok && (w.Proof.Nodes != 3 || w.Proof.Text == "") {
			t.Errorf("%s: %v, %+v", tt.why, ok, w.Proof)
		}
	}
}

// TestWaySteps: what a way says that is to be done, to whom, and what the settings are afterwards.
func TestWaySteps(t *testing.T) {
	const kcm = "/etc/kubernetes/manifests/kube-controller-manager.yaml: "
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23", ServiceClusterIPRange: "10.96.0.0/16"}
	range4 := func(cidr string, mask int) nodeipam.ControllerFlags {
		return nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: cidr, NodeCIDRMaskSize: mask}
	}
	dual := func(cidr string, mask4, mask6 int) nodeipam.ControllerFlags {
		return nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: cidr, NodeCIDRMaskSizeIPv4: mask4, NodeCIDRMaskSizeIPv6: mask6}
	}
	full := "a=10.244.0.0/24 b=10.244.1.0/24 c"
	with := func(inv nodeipam.Inventory, change func(*nodeipam.Inventory)) nodeipam.Inventory {
		change(&inv)
		return inv
	}
	networks := func(list string) func(*nodeipam.Inventory) {
		return func(i *nodeipam.Inventory) { i.Networks = prefixtest.List(list) }
	}
	neighbours := func(i *nodeipam.Inventory) { i.Taken = plantest.Avoid("10.244.2.0/23 10.244.4.0/22") }
	former := func(cidr, nodes string) nodeipam.Inventory {
		return with(plantest.Inventory(range4(cidr, 0), nodes), func(i *nodeipam.Inventory) { i.FormerMasks = []int{9, 10} })
	}
	differ := with(plantest.Inventory(range4("10.244.0.0/16", 0), "a=10.245.0.0/24"), func(i *nodeipam.Inventory) {
		i.Managers = append(i.Managers, nodeipam.HostFlags{Host: "cp2", Flags: range4("10.245.0.0/16", 0)})
	})
	wrong := networks("10.224.0.0/16")
	tests := []struct {
		name  string
		inv   nodeipam.Inventory
		kind  WayKind
		want  string   // disturbs, flags, Networks, drained; "" where there is no such way
		steps []string // a part of each
	}{
		{"flannel's Network follows", with(plantest.Inventory(v4, full), networks("10.244.0.0/23")), WayWiden,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/21 --service-cluster-ip-range=10.96.0.0/16 [10.244.0.0/21] []",
			[]string{"on cp1, in " + kcm + "--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/21 --service-cluster-ip-range=10.96.0.0/16",
				"kubeadm-config: networking.podSubnet: 10.244.0.0/21,", "kube-proxy: clusterCIDR: 10.244.0.0/21;", "net-conf.json: Network 10.244.0.0/21;"}},
		{"no Network is known", plantest.Inventory(range4("10.244.0.0/23", 24), full), WayWiden,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/21 --node-cidr-mask-size=24 [] []",
			[]string{"on cp1, in " + kcm + "--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/21 --node-cidr-mask-size=24", "networking.podSubnet", "clusterCIDR"}},
		{"IPv6Network", with(plantest.Inventory(range4("fd00:10:244::/63", 0), "a=fd00:10:244::/64 b=fd00:10:244:1::/64 c"), networks("fd00:10:244::/63")), WayWiden,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=fd00:10:244::/61 [fd00:10:244::/61] []",
			[]string{"on cp1, ", "networking.podSubnet", "clusterCIDR", "net-conf.json: IPv6Network fd00:10:244::/61;"}},
		{"16 bits to the node mask", former("10.0.0.0/9", "a=10.0.0.0/10 b=10.64.0.0/10 c"), WayWiden,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.0.0.0/8 [] []", []string{"on cp1, ", "networking.podSubnet", "clusterCIDR"}},
		{"but not 17", former("10.0.0.0/8", "a=10.0.0.0/9 b=10.128.0.0/9 c"), WayWiden, "", nil},
		{"two make room with half of theirs", with(plantest.Inventory(v4, full), neighbours), WayLongerMask,
			"nodes are drained and registered again --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/23 --service-cluster-ip-range=10.96.0.0/16 --node-cidr-mask-size=25 [] [a b]",
			[]string{"on cp1, ", "kubeadm-config: controllerManager.extraArgs: --node-cidr-mask-size=25,",
				"set kubelet's maxPods to 125 or less on nodes that get a /25"}},
		{"one with three quarters", with(plantest.Inventory(v4, full), func(i *nodeipam.Inventory) { neighbours(i); i.MaxPods = 30 }), WayLongerMask,
			"nodes are drained and registered again --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/23 --service-cluster-ip-range=10.96.0.0/16 --node-cidr-mask-size=26 [] [b]",
			[]string{"on cp1, ", "controllerManager.extraArgs: --node-cidr-mask-size=26,", "maxPods to 61 or less on nodes that get a /26"}},
		{"what is free is enough", with(plantest.Inventory(range4("10.244.0.0/22", 0), "a=10.244.0.0/24 b=10.244.1.0/24 c d e"), func(i *nodeipam.Inventory) { i.Taken = plantest.Avoid("10.244.4.0/22") }), WayLongerMask,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/22 --node-cidr-mask-size=25 [] []",
			[]string{"on cp1, ", "controllerManager.extraArgs", "maxPods to 125 or less on nodes that get a /25"}},
		{"one family of two, which holds more pods than a number says", with(plantest.Inventory(dual("10.244.0.0/16,fd00:10:244::/63", 0, 0), "a=10.244.0.0/24,fd00:10:244::/64 b=10.244.1.0/24,fd00:10:244:1::/64 c"),
			func(i *nodeipam.Inventory) { i.Taken = plantest.Avoid("fd00:10:244:2::/63") }), WayLongerMask,
			"nodes are drained and registered again --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16,fd00:10:244::/63 --node-cidr-mask-size-ipv4=24 --node-cidr-mask-size-ipv6=66 [] [b]",
			[]string{"on cp1, ", "controllerManager.extraArgs: --node-cidr-mask-size-ipv4=24 --node-cidr-mask-size-ipv6=66,"}},
		{"the host whose flags cost more changes follows", differ, WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.245.0.0/16 [] []",
			[]string{"on cp1, in " + kcm + "--allocate-node-cidrs=true --cluster-cidr=10.245.0.0/16", "networking.podSubnet: 10.245.0.0/16", "clusterCIDR: 10.245.0.0/16"}},
		{"and pods that move leave the range that both agree on", differ, WayMovePods,
			"nodes are drained and registered again --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 [] [a]",
			[]string{"on cp2, ", "networking.podSubnet", "clusterCIDR"}},
		{"no node has any: nothing is stopped", with(plantest.Inventory(v4, "a b"), wrong), WayMovePods,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.200.0.0/16 --service-cluster-ip-range=10.96.0.0/16 [10.200.0.0/16] []",
			[]string{"on cp1, ", "networking.podSubnet", "clusterCIDR", "net-conf.json"}},
		{"services of another family, and a second range", with(plantest.Inventory(v4, "a=10.244.0.0/24"), func(i *nodeipam.Inventory) {
			wrong(i)
			i.Services = prefixtest.List("fd00::/112 10.96.0.0/16 10.0.16.0/20")
		}), WayMovePods,
			"nodes are drained and registered again --allocate-node-cidrs=true --cluster-cidr=10.200.0.0/16 --service-cluster-ip-range=10.96.0.0/16 [10.200.0.0/16] [a]",
			[]string{"on cp1, ", "networking.podSubnet", "clusterCIDR", "net-conf.json"}},
		{"masks that fit stay", with(plantest.Inventory(range4("10.244.0.0/16", 24), "a=10.244.0.0/24"), wrong), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 --node-cidr-mask-size=24 [10.244.0.0/16] []", []string{"net-conf.json: Network 10.244.0.0/16;"}},
		{"a host without a name", with(plantest.Inventory(nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/16"}, "a"), func(i *nodeipam.Inventory) {
			i.Managers = []nodeipam.HostFlags{{File: "a.yaml", Flags: i.Managers[0].Flags}}
		}), WaySettings, "a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 [] []", []string{"on the control-plane host of a.yaml, in "}},
		{"nor a file", with(plantest.Inventory(nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/16"}, "a"), func(i *nodeipam.Inventory) {
			i.Managers = []nodeipam.HostFlags{{Flags: i.Managers[0].Flags}}
		}), WaySettings, "a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 [] []", []string{"on every control-plane host, in "}},
		{"nor a file of its own", with(plantest.Inventory(nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/16"}, "a"), func(i *nodeipam.Inventory) {
			i.Assumed = fact.Kubeadm
			i.Managers = []nodeipam.HostFlags{{File: "kubeadm.yaml", Flags: i.Managers[0].Flags}}
		}), WaySettings, "a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 [] []", []string{"on every control-plane host, in "}},
		{"node IPAM is switched off", plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", Controllers: []string{"*", "-nodeipam"}}, "a"), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 [] []",
			[]string{kcm + "--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16; --controllers has to leave nodeipam on"}},
		{"kubeadm states the range", with(plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true}, "a"), func(i *nodeipam.Inventory) { i.Stated = []string{"10.7.0.0/16"} }), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.7.0.0/16 [] []", []string{"on cp1, ", "networking.podSubnet", "clusterCIDR"}},
		{"a range smaller than a node's subnet: three nodes and one more", plantest.Inventory(range4("10.244.0.0/25", 0), "a b c"), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/25 --node-cidr-mask-size=27 [] []",
			[]string{"on cp1, ", "controllerManager.extraArgs: --node-cidr-mask-size=27,", "set kubelet's maxPods to 29 or less: a /27 has no more addresses"}},
		{"as many pods as it has addresses", with(plantest.Inventory(range4("10.244.0.0/25", 0), "a b c"), func(i *nodeipam.Inventory) { i.MaxPods = 29 }), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/25 --node-cidr-mask-size=27 [] []", []string{"on cp1, ", "controllerManager.extraArgs"}},
		{"one pod more", with(plantest.Inventory(range4("10.244.0.0/25", 0), "a b c"), func(i *nodeipam.Inventory) { i.MaxPods = 30 }), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/25 --node-cidr-mask-size=27 [] []", []string{"on cp1, ", "controllerManager.extraArgs", "maxPods to 29 or less"}},
		{"the mask was there before", with(plantest.Inventory(range4("10.244.0.0/16", 27), "a=10.244.0.0/27"), wrong), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 --node-cidr-mask-size=27 [10.244.0.0/16] []", []string{"net-conf.json"}},
		{"the smallest subnet, a /28", plantest.Inventory(range4("10.244.0.0/27", 0), "a"), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/27 --node-cidr-mask-size=28 [] []", []string{"on cp1, ", "controllerManager.extraArgs", "maxPods to 13 or less"}},
		{"none is left over for one more", plantest.Inventory(range4("10.244.0.0/27", 0), "a b"), WaySettings, "", nil},
		{"too many IPv6 subnets, and the node in the first of them", plantest.Inventory(range4("fd00:10:244::/40", 0), "a=fd00:10:244:1::/64"), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=fd00:10:244::/48 [] []", []string{"on cp1, ", "networking.podSubnet", "clusterCIDR"}},
		{"two ranges, each with its own fault", plantest.Inventory(dual("10.244.0.0/24,fd00:10:244::/40", 20, 0), ""), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/24,fd00:10:244::/48 --node-cidr-mask-size-ipv4=25 [] []",
			[]string{"on cp1, ", "networking.podSubnet", "clusterCIDR", "controllerManager.extraArgs"}},
		{"two ranges, one fits", plantest.Inventory(dual("10.244.0.0/16,fd00:10:244::/40", 0, 0), "a"), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16,fd00:10:244::/48 [] []", []string{"on cp1, ", "networking.podSubnet", "clusterCIDR"}},
		{"two ranges, the other one fits", plantest.Inventory(dual("10.244.0.0/25,fd00:10:244::/56", 0, 0), "a"), WaySettings,
			"a restart of a component --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/25,fd00:10:244::/56 --node-cidr-mask-size-ipv4=26 [] []",
			[]string{"on cp1, ", "controllerManager.extraArgs", "maxPods to 61 or less: a /26 has no more addresses"}},
		{"a range that cannot be read", plantest.Inventory(range4("10.244.0.0/25,x", 0), "a"), WaySettings, "", nil},
		{"a new cluster, with flannel", with(plantest.Inventory(v4, full), networks("10.244.0.0/23")), WayRecreate,
			"a new cluster --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 --service-cluster-ip-range=10.96.0.0/12 [10.244.0.0/16] []",
			[]string{"save", "reset", "kubeadm init --pod-network-cidr=10.244.0.0/16 --service-cidr=10.96.0.0/12", "flannel with Network 10.244.0.0/16"}},
		{"a new cluster, its nodes in other ranges", plantest.Inventory(v4, "a=10.99.0.0/24 b=10.244.0.0/24 c=10.244.0.0/24 d"), WayRecreate,
			"a new cluster --allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16 --service-cluster-ip-range=10.96.0.0/12 [] []",
			[]string{"save", "reset", "kubeadm init", "flannel with"}},
	}
	for _, tt := range tests {
		r, err := New(tt.inv)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		i := slices.IndexFunc(r.Ways, func(w Way) bool { return w.Kind == tt.kind })
		if i < 0 {
			if tt.want != "" {
				t.Errorf("%s: no way %s: %s, %+v", tt.name, tt.kind, wayKinds(r), r.RangeFaults)
			}
			continue
		}
		w := r.Ways[i]
		if got := fmt.Sprint(w.Disturbs, " ", FlagsText(w.Flags), " ", w.Networks, " ", w.Drained); got != tt.want {
			t.Errorf("%s: %s\n%s, want\n%s", tt.name, w.Title, got, tt.want)
		}
		var settings []string
		for _, s := range w.settings() {
			if s.Kind != KindPause && s.Kind != KindResume {
				settings = append(settings, s.What)
			}
		}
		ok := len(settings) == len(tt.steps)
		for _, want := range tt.steps {
			ok = ok && slices.ContainsFunc(settings, func(s string) bool { return strings.Contains(s, want) })
		}
		network := slices.IndexFunc(w.Steps, func(s Step) bool { return s.Kind == KindNetwork })
		if flags := slices.IndexFunc(w.Steps, func(s Step) bool { return s.Kind == KindFlags }); network > flags && flags >= 0 {
			t.Errorf("%s: flannel has to know a range before it is handed out", tt.name)
		}
		if !ok {
			t.Errorf("%s: steps\n%s\nwant in them\n%s", tt.name, strings.Join(settings, "\n"), strings.Join(tt.steps, "\n"))
		}
	}
}

// TestRangeFaultTexts: what is said about ranges, with its numbers.
func TestRangeFaultTexts(t *testing.T) {
	v4 := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/23"}
	lost := plantest.Inventory(v4, "a=10.244.0.0/24 b")
	lost.Services = prefixtest.List("10.244.1.0/26")
	dual := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/22,fd00::/64"}
	for _, tt := range []struct {
		inv     nodeipam.Inventory
		text    string // of the last
		missing int
	}{
		{plantest.Inventory(v4, "a=10.244.0.0/24 b=10.244.1.0/24 c"), "10.244.0.0/23 holds 2^1 = 2 node subnets of /24; 3 nodes, 1 of them get none", 1},
		{lost, "10.244.0.0/23 holds 2^1 = 2 node subnets of /24, 1 of them lost to service ranges and hosts; 2 nodes, 1 of them get none", 1},
		{plantest.Inventory(dual, "a b c"), "10.244.0.0/22 holds 2^2 = 4 node subnets of /24; fd00::/64 holds 2^0 = 1 node subnets of /64; 3 nodes, 2 of them get none", 2},
	} {
		r, err := New(tt.inv)
		if err != nil {
			t.Fatal(err)
		}
		if f := r.RangeFaults[len(r.RangeFaults)-1]; f.Rule != fact.RuleClusterCIDRExhausted || f.Text != tt.text || f.Missing != tt.missing {
			t.Errorf("%+v, want %q", f, tt.text)
		}
	}
}

// TestWayRequest: a cluster that is planned anew has room for twice the nodes, in the families that it has.
func TestWayRequest(t *testing.T) {
	for _, tt := range []struct {
		cidr     string
		nodes    int
		want     int
		families []fact.Family
	}{
		{"10.244.0.0/16", 0, 10, []fact.Family{fact.IPv4}},
		{"10.244.0.0/16", 5, 10, []fact.Family{fact.IPv4}},
		{"10.244.0.0/16", 6, 12, []fact.Family{fact.IPv4}},
		{"fd00::/48,10.244.0.0/16", 1, 10, []fact.Family{fact.IPv6, fact.IPv4}},
		{"10.244.0.0/16,10.245.0.0/16", 1, 10, []fact.Family{fact.IPv4}},
		{"x,fd00::/48", 1, 10, []fact.Family{fact.IPv6}},
		{"", 1, 10, []fact.Family{fact.IPv4}},
	} {
		inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Flags: nodeipam.ControllerFlags{ClusterCIDR: tt.cidr}}}, Nodes: make([]nodeipam.InventoryNode, tt.nodes)}
		if r := requestOf(inv); r.Nodes != tt.want || !slices.Equal(r.Families, tt.families) {
			t.Errorf("%q, %d nodes: %d nodes, %v, want %d, %v", tt.cidr, tt.nodes, r.Nodes, r.Families, tt.want, tt.families)
		}
	}
}

// TestSmallerSubnets compares with counting: nodes give up their subnets one after the other until there is enough.
func TestSmallerSubnets(t *testing.T) {
	check := func(p netip.Prefix, mask, pods int, lack, free uint64) {
		t.Helper()
		bits, drained, ok := 0, uint64(0), false
		for d := 1; mask+d-p.Bits() <= 16; d++ {
			holds := 1<<(p.Addr().BitLen()-mask-d) - 2
			if p.Addr().Is4() {
				holds-- // the broadcast address
			}
			if holds < pods {
				break
			}
			room, n := free<<d, uint64(0)
			for ; room < lack+free; n++ {
				room += 1<<d - 1 // the node takes one of its own parts
			}
			if !ok || n < drained {
				bits, drained, ok = d, n, true
			}
		}
		if b, n, o := smallerSubnets(p, mask, pods, lack, free); b != bits || n != drained || o != ok {
			t.Errorf("smallerSubnets(%v, /%d, %d pods, %d, %d) = %d bits, %d nodes, %v, want %d, %d, %v", p, mask, pods, lack, free, b, n, o, bits, drained, ok)
		}
	}
	for _, pods := range []int{1, 2, 13, 14, 29, 30, 110, 125, 126, 253} {
		for _, free := range []uint64{0, 1, 2, 7} {
			for _, lack := range []uint64{1, 2, 3, 4, 7, 8, 20} {
				check(netip.MustParsePrefix("10.0.0.0/20"), 24, pods, lack, free)
				check(netip.MustParsePrefix("10.0.0.0/10"), 24, pods, lack, free)
				check(netip.MustParsePrefix("10.0.0.0/8"), 24, pods, lack, free)
				check(netip.MustParsePrefix("fd00::/110"), 118, pods, lack, free)
			}
		}
	}
	// All sixteen bits.
	check(netip.MustParsePrefix("fd00::/100"), 100, 110, 1<<16-1, 0)
	check(netip.MustParsePrefix("fd00::/100"), 100, 110, 1<<16, 0)
	check(netip.MustParsePrefix("fd00::/99"), 100, 110, 1<<16, 0)
}
