package check

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

func TestInventoryOf(t *testing.T) {
	at := func(file string) fact.Position { return fact.Position{File: file, Line: 1} }
	p := netip.MustParsePrefix
	kcm := func(host, cidr string) []fact.Statement {
		return []fact.Statement{
			{Component: fact.ControllerManager, Host: host, Pos: at(host + ".yaml"), Role: fact.RolePods, Key: "--cluster-cidr", Text: cidr, Prefixes: []netip.Prefix{p(cidr)}},
			{Component: fact.ControllerManager, Host: host, Pos: at(host + ".yaml"), Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Text: "true", Bool: true},
			{Component: fact.ControllerManager, Host: host, Pos: at(host + ".yaml"), Role: fact.RoleSetting, Setting: fact.SettingNodeMask, Key: "--node-cidr-mask-size", Text: "25", Int: 25},
		}
	}
	node := func(name string, prefixes ...netip.Prefix) fact.Statement {
		s := fact.Statement{Component: fact.Node, Host: name, Pos: at("nodes.json"), Role: fact.RoleNodePods, Key: "spec.podCIDR", Prefixes: prefixes}
		for i, q := range prefixes {
			if i > 0 {
				s.Text += ","
			}
			s.Text += q.String()
		}
		return s
	}
	flags := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: 25}
	kubeadm := fact.Statement{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RolePods, Key: "networking.podSubnet", Text: "10.1.0.0/16", Prefixes: []netip.Prefix{p("10.1.0.0/16")}}
	network := fact.Statement{Component: fact.Flannel, Pos: at("net-conf.json"), Role: fact.RolePods, Key: "Network", Text: "10.2.0.0/16", Prefixes: []netip.Prefix{p("10.2.0.0/16")}}
	tests := []struct {
		name string
		in   []fact.Statement
		want nodeipam.Inventory
	}{
		{"nothing", nil, nodeipam.Inventory{}},
		{"two control planes, in any order", append(kcm("cp2", "10.244.0.0/16"), kcm("cp1", "10.244.0.0/16")...), nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", File: "cp1.yaml", Flags: flags}, {Host: "cp2", File: "cp2.yaml", Flags: flags}}}},
		{"kubeadm stands in", []fact.Statement{kubeadm}, nodeipam.Inventory{Assumed: fact.Kubeadm, Managers: []nodeipam.HostFlags{{Host: "", File: "kubeadm.yaml", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.1.0.0/16"}}}, Stated: []string{"10.1.0.0/16"}}},
		{"flannel stands in", []fact.Statement{network}, nodeipam.Inventory{CNI: "flannel", Assumed: fact.Flannel, Networks: []netip.Prefix{p("10.2.0.0/16")}, Managers: []nodeipam.HostFlags{{Host: "", File: "net-conf.json", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.2.0.0/16"}}}, Stated: []string{"10.2.0.0/16"}}},
		{"nodes, with and without", []fact.Statement{node("b", p("10.244.0.0/24"), p("fd00::/64")), node("a"),
			{Component: fact.Flannel, Host: "b", Pos: at("b/subnet.env"), Role: fact.RoleNodePods, Key: "FLANNEL_SUBNET", Text: "10.244.0.1/24", Prefixes: []netip.Prefix{p("10.244.0.0/24")}},
			{Component: fact.Node, Host: "b", Pos: at("nodes.json"), Role: fact.RoleAddress, Key: "InternalIP", Text: "192.168.0.2", Addrs: []netip.Addr{netip.MustParseAddr("192.168.0.2")}}},
			nodeipam.Inventory{
				CNI:   "flannel",
				Nodes: []nodeipam.InventoryNode{{Name: "a"}, {Name: "b", PodCIDRs: []string{"10.244.0.0/24", "fd00::/64"}, SubnetEnv: []netip.Prefix{p("10.244.0.0/24")}}},
				Taken: []fact.Reservation{{Prefix: p("192.168.0.2/32"), Name: "b", Source: "nodes.json:1"}},
			}},
		{"services, and a default that nothing bears out", []fact.Statement{
			{Component: fact.APIServer, Host: "cp1", Pos: at("api.yaml"), Role: fact.RoleServices, Key: "--service-cluster-ip-range", Text: "10.97.0.0/16", Prefixes: []netip.Prefix{p("10.97.0.0/16")}},
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleServices, Key: "networking.serviceSubnet", Text: "10.96.0.0/12", Prefixes: []netip.Prefix{p("10.96.0.0/12")}, Default: true},
		}, nodeipam.Inventory{Services: []netip.Prefix{p("10.97.0.0/16")}}},
		{"kubeadm's default where nothing else is known", []fact.Statement{
			kubeadm, {Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleServices, Key: "networking.serviceSubnet", Text: "10.96.0.0/12", Prefixes: []netip.Prefix{p("10.96.0.0/12")}, Default: true},
		}, nodeipam.Inventory{Assumed: fact.Kubeadm, Services: []netip.Prefix{p("10.96.0.0/12")}, Stated: []string{"10.1.0.0/16"},
			Managers: []nodeipam.HostFlags{{Host: "", File: "kubeadm.yaml", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.1.0.0/16", ServiceClusterIPRange: "10.96.0.0/12"}}}}},
		{"kubeadm's default beside both programs", append(kcm("cp1", "10.244.0.0/16"),
			fact.Statement{Component: fact.APIServer, Host: "cp1", Pos: at("api.yaml"), Role: fact.RoleServices, Key: "--service-cluster-ip-range", Text: "10.97.0.0/16", Prefixes: []netip.Prefix{p("10.97.0.0/16")}},
			fact.Statement{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleServices, Key: "networking.serviceSubnet", Text: "10.96.0.0/12", Prefixes: []netip.Prefix{p("10.96.0.0/12")}, Default: true},
		), nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", File: "cp1.yaml", Flags: flags}}, Services: []netip.Prefix{p("10.97.0.0/16")}}},
		{"extraArgs of kubeadm, those of another file and of the API server left out", []fact.Statement{kubeadm,
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleSetting, Setting: fact.SettingNodeMask, Key: "controllerManager.extraArgs[node-cidr-mask-size]", Text: "26", Int: 26},
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "controllerManager.extraArgs[allocate-node-cidrs]", Text: "false"},
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleSetting, Setting: fact.SettingNodeIPAM, Key: "controllerManager.extraArgs[controllers]", Text: "*,-nodeipam"},
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleSetting, Setting: fact.SettingAllocatorType, Key: "controllerManager.extraArgs[cidr-allocator-type]", Text: "CloudAllocator"},
			{Component: fact.Kubeadm, Pos: at("other.yaml"), Role: fact.RoleSetting, Setting: fact.SettingNodeMask, Key: "controllerManager.extraArgs[node-cidr-mask-size]", Text: "27", Int: 27},
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleServices, Key: "apiServer.extraArgs[service-cluster-ip-range]", Text: "10.98.0.0/16", Prefixes: []netip.Prefix{p("10.98.0.0/16")}},
		}, nodeipam.Inventory{Assumed: fact.Kubeadm, Stated: []string{"10.1.0.0/16"}, Services: []netip.Prefix{p("10.98.0.0/16")}, Managers: []nodeipam.HostFlags{{Host: "", File: "kubeadm.yaml", Flags: nodeipam.ControllerFlags{ClusterCIDR: "10.1.0.0/16", NodeCIDRMaskSize: 26, Controllers: []string{"*", "-nodeipam"}, CIDRAllocatorType: "CloudAllocator"}}}}},
		{"extraArgs that say nothing of allocation", []fact.Statement{kubeadm,
			{Component: fact.Kubeadm, Pos: at("kubeadm.yaml"), Role: fact.RoleSetting, Setting: fact.SettingNodeMaskIPv4, Key: "controllerManager.extraArgs[node-cidr-mask-size-ipv4]", Text: "26", Int: 26},
		}, nodeipam.Inventory{Assumed: fact.Kubeadm, Stated: []string{"10.1.0.0/16"}, Managers: []nodeipam.HostFlags{{Host: "", File: "kubeadm.yaml", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.1.0.0/16", NodeCIDRMaskSizeIPv4: 26}}}}},
		{"an allocator that is named, but empty", append(kcm("cp1", "10.244.0.0/16"),
			fact.Statement{Component: fact.ControllerManager, Host: "cp1", Pos: at("cp1.yaml"), Role: fact.RoleSetting, Setting: fact.SettingAllocatorType, Key: "--cidr-allocator-type"}),
			nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", File: "cp1.yaml", Flags: nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: 25, CIDRAllocatorEmpty: true}}}}},
		{"a Network that cannot be read", []fact.Statement{{Component: fact.Flannel, Pos: at("net-conf.json"), Role: fact.RolePods, Key: "Network", Text: "x", Err: errors.New("no range")}}, nodeipam.Inventory{CNI: "flannel"}},
		{"another plugin beside flannel's Network", []fact.Statement{network, {Component: fact.Node, Pos: at("cni.conf"), Role: fact.RoleSetting, Setting: fact.SettingCNI, Key: "type", Text: "cilium"}}, nodeipam.Inventory{CNI: "cilium", Allocator: fact.AllocatorOwn}},
		{"a node in two files: the first, unless the other shows more", []fact.Statement{node("a", p("10.244.0.0/24")),
			{Component: fact.Node, Host: "a", Pos: at("other.json"), Role: fact.RoleNodePods, Key: "spec.podCIDR", Text: "10.244.1.0/24", Prefixes: prefixtest.List("10.244.1.0/24")},
			node("b", p("10.244.2.0/24")),
			{Component: fact.Node, Host: "b", Pos: at("other.json"), Role: fact.RoleNodePods, Key: "spec.podCIDR", Text: "10.244.3.0/24,fd00::/64", Prefixes: prefixtest.List("10.244.3.0/24 fd00::/64")},
		}, nodeipam.Inventory{Nodes: []nodeipam.InventoryNode{{Name: "a", PodCIDRs: []string{"10.244.0.0/24"}}, {Name: "b", PodCIDRs: []string{"10.244.3.0/24", "fd00::/64"}}}}},
		{"pods on a node", []fact.Statement{{Component: fact.Kubelet, Host: "a", Pos: at("kubelet.yaml"), Role: fact.RoleSetting, Setting: fact.SettingMaxPods, Key: "maxPods", Text: "200", Int: 200}}, nodeipam.Inventory{MaxPods: 200}},
	}
	for _, tt := range tests {
		got := InventoryOf(tt.in...)
		if d := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.Prefix{}), cmp.AllowUnexported(nodeipam.Inventory{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
	}
}

// TestTake: which addresses and ranges are taken. A host's network that holds a whole range of the cluster takes its own address of it alone.
func TestTake(t *testing.T) {
	for _, tt := range []struct {
		role fact.Role
		in   string
		want string
	}{
		{fact.RoleHosts, "192.168.0.5/24", "192.168.0.0/24"},
		{fact.RoleHosts, "10.244.1.5/17", "10.244.0.0/17"},
		{fact.RoleHosts, "10.244.1.5/16", "10.244.1.5/32"},
		{fact.RoleHosts, "10.240.0.5/12", "10.240.0.5/32"},
		{fact.RoleHosts, "11.0.0.5/8", "11.0.0.0/8"},
		{fact.RoleHosts, "192.0.2.1/0", "192.0.2.1/32"},
		{fact.RoleHosts, "fd00::5/48", "fd00::5/128"},
		{fact.RoleHosts, "fd00::5/49", "fd00::/49"},
		{fact.RoleReserved, "172.17.0.1/16", "172.17.0.0/16"},
		{fact.RoleReserved, "10.240.0.1/12", ""},
		{fact.RoleReserved, "0.0.0.0/0", ""},
	} {
		inv := plantest.Inventory(nodeipam.ControllerFlags{ClusterCIDR: "10.244.0.0/16, fd00::/48"}, "")
		takeLink(&inv, &fact.Statement{Role: tt.role, Prefixes: prefixtest.List(tt.in)})
		var got []string
		for _, r := range inv.Taken {
			got = append(got, r.Prefix.String())
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s %s: %v taken, want %s", tt.role, tt.in, got, tt.want)
		}
	}
	s := &fact.Statement{Addrs: []netip.Addr{{}}}
	for _, a := range strings.Fields("0.0.0.0 127.0.0.1 :: ::1 ::ffff:127.0.0.1 10.0.0.1 ::ffff:10.0.0.2 fe80::1%eth0") {
		s.Addrs = append(s.Addrs, netip.MustParseAddr(a))
	}
	var inv nodeipam.Inventory
	take(&inv, s, "a")
	var got []string
	for _, r := range inv.Taken {
		got = append(got, r.Prefix.String())
	}
	if want := "10.0.0.1/32 10.0.0.2/32 fe80::1/128"; strings.Join(got, " ") != want {
		t.Errorf("%v taken, want %s", got, want)
	}
	for _, tt := range []struct {
		s    fact.Statement
		want string
	}{
		{fact.Statement{Text: "10.0.0.1/8", Prefixes: prefixtest.List("10.0.0.0/8")}, "10.0.0.0/8"},
		{fact.Statement{Text: "10.0.0.0/8,x", Prefixes: prefixtest.List("10.0.0.0/8"), Err: errors.New("x")}, "10.0.0.0/8 x"},
		{fact.Statement{Text: "x"}, "x"},
	} {
		if got := strings.Join(statedTexts(&tt.s), " "); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.s, got, tt.want)
		}
	}
}

// TestRoutesOfNodes: a route tells the subnet of the node that it leads to, by whatever address, not of the one that has it.
func TestRoutesOfNodes(t *testing.T) {
	at := fact.Position{File: "nodes.json"}
	address := func(node, a string) fact.Statement {
		return fact.Statement{Component: fact.Node, Host: node, Pos: at, Role: fact.RoleAddress, Key: "InternalIP", Addrs: []netip.Addr{netip.MustParseAddr(a)}}
	}
	pods := func(node, p string) fact.Statement {
		return fact.Statement{Component: fact.Node, Host: node, Pos: at, Role: fact.RoleNodePods, Key: "spec.podCIDR", Text: p, Prefixes: prefixtest.List(p)}
	}
	route := func(host, p, via string) fact.Statement {
		return fact.Statement{Component: fact.Host, Host: host, Pos: fact.Position{File: host}, Role: fact.RoleRoute, Prefixes: prefixtest.List(p), Addrs: []netip.Addr{netip.MustParseAddr(via)}}
	}
	inv := InventoryOf(pods("a", "10.244.0.0/24"), address("a", "192.168.0.1"), pods("b", "10.244.1.0/24"),
		fact.Statement{Component: fact.Host, Host: "b", Pos: fact.Position{File: "b"}, Role: fact.RoleHosts, Key: "eth0", Prefixes: prefixtest.List("192.168.0.2/24")},
		route("b", "10.244.0.0/24", "192.168.0.1"), route("a", "10.244.1.0/24", "192.168.0.2"), route("a", "10.244.7.0/24", "10.244.7.0"))
	var got []string
	for _, n := range inv.Nodes {
		got = append(got, n.Name+" "+strings.Join(words.Texts(n.Routes), ","))
	}
	if want := "a 10.244.0.0/24; b 10.244.1.0/24"; strings.Join(got, "; ") != want {
		t.Errorf("%s, want %s", strings.Join(got, "; "), want)
	}
}

func TestInventoryPredict(t *testing.T) {
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/21,fd00::/60"}
	p, err := plantest.Inventory(f, "a=10.244.0.0/24,fd00::/64 b=10.244.4.0/24,fd00:0:0:3::/64 c").Predict(4)
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
	if _, err := (nodeipam.Inventory{}).Predict(1); !errors.Is(err, nodeipam.ErrNoControllerFlags) {
		t.Errorf("nothing known: %v", err)
	}
	p, err = plantest.Inventory(f, "a=10.99.0.0/24").Predict(1)
	if err != nil || p.RestartErr == nil || len(p.Next) != 0 {
		t.Errorf("outside: %+v %v", p, err)
	}
	p, err = plantest.Inventory(nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.244.0.0/24"}, "a=10.244.0.0/24").Predict(3)
	if err != nil || len(p.Next) != 0 || p.More != 0 {
		t.Errorf("full: %+v %v", p, err)
	}
}
