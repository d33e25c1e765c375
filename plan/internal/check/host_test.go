package check_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// hostLink returns a statement of Component Host.
func hostLink(host, dev string, role fact.Role, prefix string, via ...string) fact.Statement {
	s := fact.Statement{Component: fact.Host, Host: host, Pos: fact.Position{File: host + "/ip.txt", Line: 1}, Role: role, Key: dev, Text: prefix, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}}
	for _, a := range via {
		s.Addrs = append(s.Addrs, netip.MustParseAddr(a))
	}
	return s
}

func hostSetting(host, dev string, k fact.Setting, text string, n int) fact.Statement {
	return fact.Statement{Component: fact.Host, Host: host, Pos: fact.Position{File: host + "/ip.txt", Line: 2}, Role: fact.RoleSetting, Setting: k, Key: dev, Text: text, Int: n}
}

// linkCluster is a sound cluster of two nodes, with flannel.
func linkCluster() []fact.Statement {
	at := func(file string) fact.Position { return fact.Position{File: file, Line: 1, Column: 1} }
	p := netip.MustParsePrefix
	s := []fact.Statement{
		{Component: fact.ControllerManager, Host: "cp1", Pos: at("kcm.yaml"), Role: fact.RolePods, Key: "--cluster-cidr", Text: "10.244.0.0/16", Prefixes: []netip.Prefix{p("10.244.0.0/16")}},
		{Component: fact.ControllerManager, Host: "cp1", Pos: at("kcm.yaml"), Role: fact.RoleServices, Key: "--service-cluster-ip-range", Text: "10.96.0.0/12", Prefixes: []netip.Prefix{p("10.96.0.0/12")}},
		{Component: fact.ControllerManager, Host: "cp1", Pos: at("kcm.yaml"), Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Bool: true},
		{Component: fact.Flannel, Pos: at("net-conf.json"), Role: fact.RolePods, Key: "Network", Text: "10.244.0.0/16", Prefixes: []netip.Prefix{p("10.244.0.0/16")}},
	}
	for i, n := range []string{"worker-0", "worker-1"} {
		sub := p([]string{"10.244.0.0/24", "10.244.1.0/24"}[i])
		a := []string{"192.168.1.10", "192.168.1.11"}[i]
		s = append(s,
			fact.Statement{Component: fact.Node, Host: n, Pos: at("nodes.yaml"), Role: fact.RoleNodePods, Key: "podCIDRs", Text: sub.String(), Prefixes: []netip.Prefix{sub}},
			fact.Statement{Component: fact.Node, Host: n, Pos: at("nodes.yaml"), Role: fact.RoleAddress, Key: "InternalIP", Text: a, Addrs: []netip.Addr{netip.MustParseAddr(a)}})
	}
	return s
}

func envOf(host, subnet string, mtu int) []fact.Statement {
	at := fact.Position{File: host + "/subnet.env", Line: 1, Column: 1}
	return []fact.Statement{
		{Component: fact.Flannel, Host: host, Pos: at, Role: fact.RolePods, Key: "FLANNEL_NETWORK", Text: "10.244.0.0/16", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}},
		{Component: fact.Flannel, Host: host, Pos: at, Role: fact.RoleNodePods, Key: "FLANNEL_SUBNET", Text: subnet, Prefixes: []netip.Prefix{netip.MustParsePrefix(subnet).Masked()}},
		{Component: fact.Flannel, Host: host, Pos: at, Role: fact.RoleSetting, Setting: fact.SettingSubnetMTU, Key: "FLANNEL_MTU", Int: mtu},
	}
}

// TestHostLinks checks what links and routes of hosts are held against, and that those of a healthy host are never at fault.
func TestHostLinks(t *testing.T) {
	usual := []fact.Statement{
		hostLink("worker-1", "ens3", fact.RoleHosts, "192.168.1.11/24"),
		hostLink("worker-1", "docker0", fact.RoleReserved, "172.17.0.0/16"),
		hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.1.1/24"),
		hostLink("worker-1", "flannel.1", fact.RoleNodePods, "10.244.1.0/32"),
		hostLink("worker-1", "flannel.1", fact.RoleRoute, "10.244.0.0/24", "10.244.0.0"),
		hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450),
		hostSetting("worker-1", "ens3", fact.SettingLinkMTU, "", 1500),
		hostSetting("worker-1", "links", fact.SettingLinks, "cni0,docker0,ens3,flannel.1,lo", 0),
	}
	for _, tt := range []struct {
		why  string
		with []fact.Statement
		want []string // severity, rule and a part of the message, apart by "|"; errors and warnings
	}{
		{"healthy", usual, nil},
		{"healthy, with subnet.env", slices.Concat(usual, envOf("worker-1", "10.244.1.1/24", 1450)), nil},
		{"healthy, host by its full name", []fact.Statement{hostLink("worker-1.example.com", "cni0", fact.RoleNodePods, "10.244.1.1/24")}, nil},
		{"a host that is no node", []fact.Statement{hostLink("jumphost", "cni0", fact.RoleNodePods, "10.88.0.1/16")}, nil},
		{"another family of cni0", []fact.Statement{hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.1.1/24"), hostLink("worker-1", "cni0", fact.RoleNodePods, "fd00:1::1/64")}, nil},
		{"cni0 of before", []fact.Statement{hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.7.1/24")},
			[]string{"error|cni-bridge-mismatch|cni0 of worker-1 has 10.244.7.1/24, but its podCIDR is 10.244.1.0/24"}},
		{"flannel.1 of before", []fact.Statement{hostLink("worker-1", "flannel.1", fact.RoleNodePods, "10.244.7.0/32")},
			[]string{"error|cni-bridge-mismatch|flannel.1 of worker-1 has 10.244.7.0/32, but its podCIDR is 10.244.1.0/24"}},
		{"cni0 of before and a stale subnet.env: one fault", slices.Concat([]fact.Statement{hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.8.1/24")}, envOf("worker-1", "10.244.7.1/24", 1450)),
			[]string{"error|subnet-env-mismatch|FLANNEL_SUBNET is 10.244.7.1/24"}},
		{"cni0 as the stale subnet.env has it", slices.Concat([]fact.Statement{hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.7.1/24")}, envOf("worker-1", "10.244.7.1/24", 1450)),
			[]string{"error|subnet-env-mismatch|FLANNEL_SUBNET is 10.244.7.1/24"}},
		{"a host inside the pod range, without Node objects that say so", []fact.Statement{hostLink("cp1", "ens3", fact.RoleHosts, "10.244.0.5/24")},
			[]string{"error|host-pod-overlap|10.244.0.5 (ens3 of cp1)"}},
		{"a host inside the service range", []fact.Statement{hostLink("cp1", "ens3", fact.RoleHosts, "10.100.0.5/24")},
			[]string{"error|host-service-overlap|10.100.0.5 (ens3 of cp1)"}},
		{"a pod bridge under the name of a network card", []fact.Statement{hostLink("worker-1", "br0", fact.RoleHosts, "10.244.1.1/24")}, nil},
		{"a network around pods and services", []fact.Statement{hostLink("cp1", "eno1", fact.RoleHosts, "10.0.0.5/8"), hostLink("cp2", "eno1", fact.RoleHosts, "10.0.0.6/8")}, []string{
			"warning|host-pod-overlap|the pod range 10.244.0.0/16", "warning|host-service-overlap|lies inside 10.0.0.0/8, the network that cp1 is in with eno1 (10.0.0.5)"}},
		{"docker0 beside", []fact.Statement{hostLink("cp1", "docker0", fact.RoleReserved, "10.244.0.0/16"), hostLink("cp2", "docker0", fact.RoleReserved, "10.244.0.0/16")},
			[]string{"error|docker-bridge-overlap|the pod range 10.244.0.0/16"}},
		{"MTU beyond flannel.1", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1500), []fact.Statement{hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450)}),
			[]string{"warning|mtu-too-large|FLANNEL_MTU is 1500 in subnet.env of worker-1, but its link flannel.1 carries 1450 bytes"}},
		{"MTU beyond the card", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "ens3", fact.SettingLinkMTU, "", 1450)}),
			[]string{"warning|mtu-too-large|more than 1450-50 = 1400"}},
		{"one of two cards carries it", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{
			hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "ens3", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "ens4", fact.SettingLinkMTU, "", 9000)}), nil},
		{"of two tunnels the larger, the first", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{
			hostSetting("worker-1", "flannel-wg", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1400)}), nil},
		{"of two tunnels the larger, the second", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{
			hostSetting("worker-1", "flannel-wg", fact.SettingLinkMTU, "", 1400), hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450)}), nil},
		{"of two tunnels as large the first", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{
			hostSetting("worker-1", "flannel-wg", fact.SettingLinkMTU, "", 1400), hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1400)}),
			[]string{"warning|mtu-too-large|its link flannel-wg carries 1400 bytes"}},
		{"of two cards as large the first", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450),
			hostSetting("worker-1", "ens3", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "ens4", fact.SettingLinkMTU, "", 1450)}),
			[]string{"warning|mtu-too-large|leaves of ens3 with 1450 bytes"}},
		{"a card without an MTU", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{
			hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "ens3", fact.SettingLinkMTU, "", 0)}), nil},
		{"another number of a card", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1450), []fact.Statement{
			hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450), hostSetting("worker-1", "ens3", "link-speed", "", 1000)}), nil},
		{"MTU of a host of another domain", slices.Concat(envOf("worker-1.a.example", "10.244.1.1/24", 1500), []fact.Statement{
			hostSetting("worker-1.b.example", "flannel.1", fact.SettingLinkMTU, "", 1450)}), nil},
		{"MTU of the host by its short name", slices.Concat(envOf("worker-1.a.example", "10.244.1.1/24", 1500), []fact.Statement{
			hostSetting("worker-1", "flannel.1", fact.SettingLinkMTU, "", 1450)}), []string{"warning|mtu-too-large|its link flannel.1 carries 1450 bytes"}},
		{"an address whose mask is missing", []fact.Statement{hostLink("cp1", "eno1", fact.RoleHosts, "192.168.1.5/0")}, nil},
		{"MTU of another host", slices.Concat(envOf("worker-1", "10.244.1.1/24", 1500), []fact.Statement{hostSetting("worker-0", "flannel.1", fact.SettingLinkMTU, "", 1450)}), nil},
	} {
		r := check.Run(slices.Concat(linkCluster(), tt.with)...)
		var got []string
		for _, f := range r.Findings {
			if f.Severity != fact.Info {
				got = append(got, string(f.Severity)+"|"+string(f.Rule)+"|"+f.Message)
			}
		}
		ok := len(got) == len(tt.want)
		for i := range tt.want {
			parts := strings.SplitN(tt.want[i], "|", 3)
			ok = ok && strings.HasPrefix(got[i], parts[0]+"|"+parts[1]+"|") && strings.Contains(got[i], parts[2])
		}
		if !ok {
			t.Errorf("%s:\n got %q\nwant %q", tt.why, got, tt.want)
		}
	}
	// Another network than flannel takes care of itself.
	calico := fact.Statement{Component: "calico", Pos: fact.Position{File: "calico.yaml", Line: 1}, Role: fact.RoleSetting, Setting: fact.SettingCNI, Key: "image", Text: "calico"}
	r := check.Run(append(linkCluster(), calico, hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.7.1/24"))...)
	if slices.ContainsFunc(r.Findings, func(f fact.Finding) bool { return f.Rule == fact.RuleBridgeMismatch }) {
		t.Errorf("with calico: %+v", r.Findings)
	}
	// Without a docker0 on any host there is none to collide with.
	docker := linkCluster()
	for i := range docker {
		if docker[i].Component == fact.ControllerManager && docker[i].Role == fact.RolePods {
			docker[i].Text, docker[i].Prefixes = "172.17.0.0/16", []netip.Prefix{netip.MustParsePrefix("172.17.0.0/16")}
		}
	}
	has := func(s ...fact.Statement) bool {
		return slices.ContainsFunc(check.Run(append(slices.Clone(docker), s...)...).Findings, func(f fact.Finding) bool { return f.Rule == fact.RuleDockerBridgeOverlap })
	}
	if !has(hostSetting("worker-1", "ens3", fact.SettingLinkMTU, "", 1500)) {
		t.Error("one link is known, and docker0 is taken to be none")
	}
	if !has() || has(hostSetting("worker-1", "links", fact.SettingLinks, "cni0,ens3,lo", 0)) || !has(hostSetting("worker-1", "links", fact.SettingLinks, "docker0,ens3,lo", 0)) {
		t.Error("docker0 where links show that there is none, or nothing where they do not")
	}
}

// TestRepairKeepsWhatHostsUse: of two nodes with one subnet that one keeps it which the host bears out.
func TestRepairKeepsWhatHostsUse(t *testing.T) {
	base := func() []fact.Statement {
		s := linkCluster()
		for i := range s {
			if s[i].Component == fact.Node && s[i].Host == "worker-1" && s[i].Role == fact.RoleNodePods {
				s[i].Text, s[i].Prefixes = "10.244.0.0/24", []netip.Prefix{netip.MustParsePrefix("10.244.0.0/24")}
			}
		}
		return s
	}
	for _, tt := range []struct {
		why     string
		with    []fact.Statement
		drained string
	}{
		{"nothing is known: the first name stays", nil, "worker-1"},
		{"subnet.env of one", envOf("worker-1", "10.244.0.1/24", 1450), "worker-0"},
		{"cni0 of one", []fact.Statement{hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.0.1/24")}, "worker-0"},
		{"flannel.1 of one", []fact.Statement{hostLink("worker-1", "flannel.1", fact.RoleNodePods, "10.244.0.0/32")}, "worker-0"},
		{"cni0 of the other shows another", []fact.Statement{hostLink("worker-0", "cni0", fact.RoleNodePods, "10.244.9.1/24")}, "worker-0"},
		{"a route of a third host by way of one", []fact.Statement{hostLink("cp1", "eth0", fact.RoleRoute, "10.244.0.0/24", "192.168.1.11")}, "worker-0"},
		{"a route by way of the other with another subnet", []fact.Statement{hostLink("cp1", "eth0", fact.RoleRoute, "10.244.5.0/24", "192.168.1.10")}, "worker-0"},
		{"routes by way of both", []fact.Statement{hostLink("cp1", "eth0", fact.RoleRoute, "10.244.0.0/24", "192.168.1.11"), hostLink("cp2", "eth0", fact.RoleRoute, "10.244.0.0/24", "192.168.1.10")}, "worker-1"},
		{"a route by way of an address that a link tells", []fact.Statement{hostLink("worker-1", "eth1", fact.RoleHosts, "192.168.7.11/24"), hostLink("cp1", "eth1", fact.RoleRoute, "10.244.0.0/24", "192.168.7.11")}, "worker-0"},
		{"a default route says nothing", []fact.Statement{hostLink("cp1", "eth0", fact.RoleRoute, "0.0.0.0/0", "192.168.1.1")}, "worker-1"},
		{"subnet.env against routes: both count", slices.Concat(envOf("worker-1", "10.244.0.1/24", 1450), []fact.Statement{hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.9.1/24")},
			[]fact.Statement{hostLink("cp1", "eth0", fact.RoleRoute, "10.244.0.0/24", "192.168.1.10")}), "worker-1"},
	} {
		r, err := repair.New(check.InventoryOf(append(base(), tt.with...)...))
		if err != nil {
			t.Fatal(err)
		}
		best, _ := r.Best()
		if got := strings.Join(best.Drained, " "); got != tt.drained || len(r.RangeFaults) > 0 {
			t.Errorf("%s: %s is drained, want %s; %v", tt.why, got, tt.drained, r.RangeFaults)
		}
		// The check says the same.
		keep := map[string]string{"worker-0": "worker-1", "worker-1": "worker-0"}[tt.drained]
		report := check.Run(append(base(), tt.with...)...)
		if i := slices.IndexFunc(report.Findings, func(f fact.Finding) bool { return f.Rule == fact.RuleNodeSubnetDuplicate }); i < 0 ||
			!strings.Contains(strings.Join(report.Findings[i].Fix, "\n"), keep+" may keep its subnet") {
			t.Errorf("%s: the check does not say that %s may keep its subnet", tt.why, keep)
		}
		again, err := repair.New(r.After())
		if err != nil || !again.Healthy() {
			t.Errorf("%s: afterwards %v, %+v", tt.why, err, again)
		}
	}
}

// TestRepairOfLinks: a bridge of another subnet is deleted, and a network around the pod range takes nothing of it away.
func TestRepairOfLinks(t *testing.T) {
	mended := func(s ...fact.Statement) *repair.Repair {
		t.Helper()
		r, err := repair.New(check.InventoryOf(append(linkCluster(), s...)...))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := mended(hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.1.1/24"), hostLink("worker-1", "eno1", fact.RoleHosts, "10.1.0.5/8"), hostLink("worker-1", "tun0", fact.RoleReserved, "10.0.0.0/8")); !r.Healthy() {
		t.Errorf("a healthy cluster: %+v %+v", r.Faults, r.Ways)
	}
	r := mended(hostLink("worker-1", "cni0", fact.RoleNodePods, "10.244.7.1/24"))
	best, _ := r.Best()
	if len(best.Steps) != 1 || best.Steps[0].Kind != repair.KindRestartFlannel || !best.Steps[0].Bridge || best.Steps[0].Node != "worker-1" {
		t.Fatalf("%+v", best.Steps)
	}
	var b strings.Builder
	if err := draw.RepairCommands(&b, r); err != nil {
		t.Fatal(err)
	}
	if want := "restart_flannel 'worker-1' '10.244.1.0/24' 'FLANNEL_SUBNET=10.244.1.1/24' yes\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
	// The part of the pod range that hosts live in is not handed out.
	r = mended(hostLink("cp1", "ens3", fact.RoleHosts, "10.244.1.5/28"))
	best, _ = r.Way(repair.WayMovePods)
	if got := strings.Join(best.Drained, " "); !strings.Contains(got, "worker-1") || len(best.Steps) == 0 {
		t.Errorf("drained %q: %+v", got, r.Faults)
	}
}

// TestBridges checks whose bridge is held against what, and how sure the finding is.
func TestBridges(t *testing.T) {
	const manager = "kcm pods=10.244.0.0/16 services=10.96.0.0/12 alloc=true\n"
	const network = manager + "flannel Network=10.244.0.0/16\n"
	cni0 := func(host, addr string) []fact.Statement {
		return []fact.Statement{hostLink(host, "cni0", fact.RoleNodePods, addr)}
	}
	for _, tt := range []struct {
		why, bundle string
		links       []fact.Statement
		want        []string // severity, rule and a part of the message, apart by "|"
	}{
		{"one node, links of no host", network + "node a 10.244.1.0/24", cni0("", "10.244.7.1/24"), []string{"error|cni-bridge-mismatch|cni0 of a has 10.244.7.1/24, but its podCIDR is 10.244.1.0/24"}},
		{"one node, links of another host", network + "node a 10.244.1.0/24", cni0("b", "10.244.7.1/24"), nil},
		{"two nodes, links of no host", network + "node a 10.244.1.0/24\nnode b 10.244.2.0/24", cni0("", "10.244.7.1/24"), nil},
		{"subnet.env and links of no host", network + "env network=10.244.0.0/16 subnet=10.244.1.1/24", cni0("", "10.244.7.1/24"),
			[]string{"error|cni-bridge-mismatch|cni0 of the host has 10.244.7.1/24, but its subnet.env is 10.244.1.0/24"}},
		{"a host that is no node", network + "env@b network=10.244.0.0/16 subnet=10.244.1.1/24", cni0("b", "10.244.7.1/24"),
			[]string{"error|cni-bridge-mismatch|cni0 of b has 10.244.7.1/24, but its subnet.env is 10.244.1.0/24"}},
		{"a node without a subnet", manager + "node a ? InternalIP=192.168.0.1\nenv@a network=10.244.0.0/16 subnet=10.244.1.1/24", cni0("a", "10.244.7.1/24"),
			[]string{"error|cni-bridge-mismatch|cni0 of a has 10.244.7.1/24, but its subnet.env is 10.244.1.0/24"}},
		{"a node with its subnet.env", network + "node a 10.244.1.0/24\nenv@a network=10.244.0.0/16 subnet=10.244.1.1/24", cni0("a", "10.244.7.1/24"),
			[]string{"error|cni-bridge-mismatch|cni0 of a has 10.244.7.1/24, but its podCIDR is 10.244.1.0/24"}},
		{"subnet.env of a host of another domain", network + "env@a.x.example network=10.244.0.0/16 subnet=10.244.1.1/24", cni0("a.y.example", "10.244.7.1/24"), nil},
		{"a wider bridge of another network", manager + "node a 10.244.1.0/24", cni0("a", "10.244.0.1/16"), nil},
		{"a wider bridge beside flannel", network + "node a 10.244.1.0/24", cni0("a", "10.244.0.1/16"), []string{"error|cni-bridge-mismatch|cni0 of a has 10.244.0.1/16"}},
		{"a bridge of another network", manager + "node a 10.244.1.0/24", cni0("a", "10.9.0.1/24"),
			[]string{"warning|cni-bridge-mismatch|but its podCIDR is 10.244.1.0/24; no file shows that flannel is in use, so the link may be left over"}},
		{"a bridge beside a tunnel of flannel", manager + "node a 10.244.1.0/24", append(cni0("a", "10.9.0.1/24"), hostSetting("a", "flannel.1", fact.SettingLinkMTU, "", 1450)),
			[]string{"error|cni-bridge-mismatch|cni0 of a has 10.9.0.1/24"}},
		{"a tunnel of another host of that short name", manager + "node a.x.example 10.244.1.0/24", append(cni0("a.x.example", "10.9.0.1/24"), hostSetting("a.y.example", "flannel.1", fact.SettingLinkMTU, "", 1450)),
			[]string{"warning|cni-bridge-mismatch|cni0 of a.x.example has 10.9.0.1/24"}},
		{"stale on one node, and another bridge on the other", network + "node a 10.244.1.0/24\nnode b 10.244.2.0/24\nenv@a network=10.244.0.0/16 subnet=10.244.7.1/24", cni0("b", "10.244.9.1/24"),
			[]string{"error|subnet-env-mismatch|10.244.7.1/24", "error|cni-bridge-mismatch|cni0 of b has 10.244.9.1/24"}},
		{"a node with another fault", network + "node a 10.244.1.0/24\nnode b 10.244.1.0/24", cni0("b", "10.244.9.1/24"),
			[]string{"error|node-subnet-duplicate|a and b", "error|cni-bridge-mismatch|cni0 of b has 10.244.9.1/24"}},
	} {
		r := check.Run(append(factbundle.Statements(t, tt.bundle), tt.links...)...)
		var got []string
		for _, f := range r.Findings {
			if f.Severity != fact.Info {
				got = append(got, string(f.Severity)+"|"+string(f.Rule)+"|"+f.Message)
			}
		}
		ok := slices.EqualFunc(got, tt.want, func(g, w string) bool {
			i := strings.LastIndex(w, "|") + 1
			return strings.HasPrefix(g, w[:i]) && strings.Contains(g[i:], w[i:])
		})
		if !ok {
			t.Errorf("%s:\n got %q\nwant %q", tt.why, got, tt.want)
		}
	}
}

// What is found on a host concerns it, and nobody where the host is not known.
func TestHostSubjects(t *testing.T) {
	mtu := func(host string) []fact.Statement {
		return append(envOf(host, "10.244.1.1/24", 1500), hostSetting(host, "flannel.1", fact.SettingLinkMTU, "", 1450))
	}
	for _, tt := range []struct {
		in   []fact.Statement
		rule fact.RuleID
		want []string
	}{
		{mtu("worker-1"), fact.RuleMTUTooLarge, []string{"worker-1"}},
		{mtu(""), fact.RuleMTUTooLarge, nil},
		{[]fact.Statement{hostLink("cp1", "eno1", fact.RoleHosts, "10.0.0.5/8")}, fact.RuleHostPodOverlap, []string{"cp1"}},
		{[]fact.Statement{hostLink("", "eno1", fact.RoleHosts, "10.0.0.5/8")}, fact.RuleHostPodOverlap, nil},
	} {
		fs := check.Run(append(linkCluster(), tt.in...)...).Findings
		i := slices.IndexFunc(fs, func(f fact.Finding) bool { return f.Rule == tt.rule })
		if i < 0 || !slices.Equal(fs[i].Subjects, tt.want) {
			t.Errorf("%s of host %q: %+v, want subjects %q", tt.rule, tt.in[0].Host, fs, tt.want)
		}
	}
}
