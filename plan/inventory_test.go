package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestInventoryOf(t *testing.T) {
	at := func(file string) Position { return Position{File: file, Line: 1} }
	p := netip.MustParsePrefix
	kcm := func(host, cidr string) []Statement {
		return []Statement{
			{Component: ControllerManager, Host: host, Pos: at(host + ".yaml"), Role: RolePods, Key: "--cluster-cidr", Text: cidr, Prefixes: []netip.Prefix{p(cidr)}},
			{Component: ControllerManager, Host: host, Pos: at(host + ".yaml"), Role: RoleSetting, Setting: SettingAllocate, Key: "--allocate-node-cidrs", Text: "true", Bool: true},
			{Component: ControllerManager, Host: host, Pos: at(host + ".yaml"), Role: RoleSetting, Setting: SettingNodeMask, Key: "--node-cidr-mask-size", Text: "25", Int: 25},
		}
	}
	node := func(name string, prefixes ...netip.Prefix) Statement {
		s := Statement{Component: Node, Host: name, Pos: at("nodes.json"), Role: RoleNodePods, Key: "spec.podCIDR", Prefixes: prefixes}
		for i, q := range prefixes {
			if i > 0 {
				s.Text += ","
			}
			s.Text += q.String()
		}
		return s
	}
	flags := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: 25}
	kubeadm := Statement{Component: Kubeadm, Pos: at("kubeadm.yaml"), Role: RolePods, Key: "networking.podSubnet", Text: "10.1.0.0/16", Prefixes: []netip.Prefix{p("10.1.0.0/16")}}
	network := Statement{Component: Flannel, Pos: at("net-conf.json"), Role: RolePods, Key: "Network", Text: "10.2.0.0/16", Prefixes: []netip.Prefix{p("10.2.0.0/16")}}
	tests := []struct {
		name string
		in   []Statement
		want Inventory
	}{
		{"nothing", nil, Inventory{}},
		{"two control planes, in any order", append(kcm("cp2", "10.244.0.0/16"), kcm("cp1", "10.244.0.0/16")...), Inventory{Managers: []HostFlags{{"cp1", "cp1.yaml", flags}, {"cp2", "cp2.yaml", flags}}}},
		{"kubeadm stands in", []Statement{kubeadm}, Inventory{Assumed: Kubeadm, Managers: []HostFlags{{"", "kubeadm.yaml", ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.1.0.0/16"}}}, stated: []string{"10.1.0.0/16"}}},
		{"flannel stands in", []Statement{network}, Inventory{Assumed: Flannel, Networks: []netip.Prefix{p("10.2.0.0/16")}, Managers: []HostFlags{{"", "net-conf.json", ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.2.0.0/16"}}}, stated: []string{"10.2.0.0/16"}}},
		{"nodes, with and without", []Statement{node("b", p("10.244.0.0/24"), p("fd00::/64")), node("a"),
			{Component: Flannel, Host: "b", Pos: at("b/subnet.env"), Role: RoleNodePods, Key: "FLANNEL_SUBNET", Text: "10.244.0.1/24", Prefixes: []netip.Prefix{p("10.244.0.0/24")}},
			{Component: Node, Host: "b", Pos: at("nodes.json"), Role: RoleAddress, Key: "InternalIP", Text: "192.168.0.2", Addrs: []netip.Addr{netip.MustParseAddr("192.168.0.2")}}},
			Inventory{
				Nodes: []InventoryNode{{Name: "a"}, {Name: "b", PodCIDRs: []string{"10.244.0.0/24", "fd00::/64"}, SubnetEnv: []netip.Prefix{p("10.244.0.0/24")}}},
				Taken: []Reservation{{Prefix: p("192.168.0.2/32"), Name: "b", Source: "nodes.json:1"}},
			}},
		{"services, and a default that nothing bears out", []Statement{
			{Component: APIServer, Host: "cp1", Pos: at("api.yaml"), Role: RoleServices, Key: "--service-cluster-ip-range", Text: "10.97.0.0/16", Prefixes: []netip.Prefix{p("10.97.0.0/16")}},
			{Component: Kubeadm, Pos: at("kubeadm.yaml"), Role: RoleServices, Key: "networking.serviceSubnet", Text: "10.96.0.0/12", Prefixes: []netip.Prefix{p("10.96.0.0/12")}, Default: true},
		}, Inventory{Services: []netip.Prefix{p("10.97.0.0/16")}}},
		{"pods on a node", []Statement{{Component: Kubelet, Host: "a", Pos: at("kubelet.yaml"), Role: RoleSetting, Setting: SettingMaxPods, Key: "maxPods", Text: "200", Int: 200}}, Inventory{MaxPods: 200}},
	}
	for _, tt := range tests {
		got := InventoryOf(tt.in...)
		if d := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.Prefix{}), cmp.AllowUnexported(Inventory{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
	}
}

func TestInventoryPredict(t *testing.T) {
	f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00::/60"}
	p, err := inventory(f, "a=10.244.0.0/24,fd00::/64 b=10.244.4.0/24,fd00:0:0:3::/64 c").Predict(4)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.Next), "[[10.244.5.0/24 fd00:0:0:4::/64] [10.244.6.0/24 fd00:0:0:5::/64] [10.244.7.0/24 fd00:0:0:6::/64] [10.244.1.0/24 fd00:0:0:7::/64]]"; got != want {
		t.Errorf("next %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(p.AfterRestart[:1], p.RestartServes), "[[10.244.2.0/24 fd00:0:0:2::/64]] [{c [10.244.1.0/24 fd00:0:0:1::/64]}]"; got != want {
		t.Errorf("after a restart %s, want %s", got, want)
	}
	if !p.CursorUnknown || p.Nodes != 3 || p.Holding != 2 || p.More != 6 || p.RestartMore != 5 {
		t.Errorf("%+v", p)
	}
	if _, err := (Inventory{}).Predict(1); !errors.Is(err, ErrNoControllerFlags) {
		t.Errorf("nothing known: %v", err)
	}
	p, err = inventory(f, "a=10.99.0.0/24").Predict(1)
	if err != nil || p.RestartErr == nil || len(p.Next) != 0 {
		t.Errorf("outside: %+v %v", p, err)
	}
	p, err = inventory(ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/24"}, "a=10.244.0.0/24").Predict(3)
	if err != nil || len(p.Next) != 0 || p.More != 0 {
		t.Errorf("full: %+v %v", p, err)
	}
}
