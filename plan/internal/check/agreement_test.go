package check

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubecidr/kubecidr/internal/golden"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A scale is how large the range is that a kind of fact names.
type scale int

const (
	wide scale = iota // of the whole cluster
	node              // of one node
	addr              // a single address
)

// stating says how a source states a kind of fact: lines in the words of statedBy, in which V is the value, H the host.
type stating struct {
	scale scale
	lines string
}

// N is the number of the source: files and hosts of two sources differ.
var statings = map[kinds]stating{
	podSubnet:     {wide, "kubeadm kN.yaml pods networking.podSubnet V"},
	extraPods:     {wide, "kubeadm kN.yaml pods controllerManager.extraArgs~cluster-cidr V"},
	clusterCIDR:   {wide, "kube-controller-manager@H H/kcm.yaml pods --cluster-cidr V\nkube-controller-manager@H H/kcm.yaml :allocate-node-cidrs --allocate-node-cidrs true"},
	proxyCIDR:     {wide, "kube-proxy pN.yaml pods clusterCIDR V"},
	netConf:       {wide, "flannel fN.yaml pods Network V\nflannel fN.yaml :kube-subnet-mgr --kube-subnet-mgr true"},
	envNetwork:    {wide, "flannel@H H/subnet.env pods FLANNEL_NETWORK V\nflannel@H H/subnet.env node-pods FLANNEL_SUBNET S"},
	pluginPool:    {wide, "calico cN.yaml pods spec.cidr V\ncalico cN.yaml :cni x calico"},
	planPods:      {wide, "operator plan.json pods pods V\noperator plan.json :allocate-node-cidrs plan true"},
	ruleProxyPods: {wide, "host@H H/iptables.txt proxy-pods kube-proxy~rule V"},
	ruleNetwork:   {wide, "host@H H/iptables.txt flannel-network flannel~rule V"},

	podCIDR:     {node, "node@H nN.yaml node-pods podCIDR V"},
	envSubnet:   {node, "flannel@H H/subnet.env pods FLANNEL_NETWORK W\nflannel@H H/subnet.env node-pods FLANNEL_SUBNET V"},
	bridge:      {node, "host@H H/ip.txt node-pods cni0 V"},
	kubeletCIDR: {node, "kubelet@H H/config.yaml node-pods podCIDR V"},
	cniFile:     {node, "host@H H/10-bridge.conf cni x:~bridge V"},
	nodeBlock:   {node, "calico@H nN.yaml node-block spec.cidr V\ncalico nN.yaml :cni x calico"},
	ruleSubnet:  {node, "host@H H/iptables.txt flannel-subnet flannel~rule V"},
	podAddress:  {addr, "node@H podsN.txt pod-address default/web V"},

	serviceSubnet:   {wide, "kubeadm kN.yaml services networking.serviceSubnet V"},
	extraServices:   {wide, "kubeadm kN.yaml services apiServer.extraArgs~service-cluster-ip-range V"},
	serverServices:  {wide, "kube-apiserver@H H/api.yaml services --service-cluster-ip-range V"},
	managerServices: {wide, "kube-controller-manager@H H/kcm.yaml services --service-cluster-ip-range V"},
	serviceCIDR:     {wide, "servicecidr scN.yaml services kubernetes V"},
	otherServices:   {wide, "gardener gN.yaml services spec.networking.services V"},
	networkServices: {wide, "kube-ovn gN.yaml services --service-cluster-ip-range V"},
	planServices:    {wide, "operator plan.json services services V\noperator plan.json :allocate-node-cidrs plan true"},

	clusterIP:     {addr, "service sN.txt cluster-ip default/web V"},
	clusterDNS:    {addr, "kubelet@H H/config.yaml dns clusterDNS V"},
	serviceOfDNS:  {addr, "service sN.txt dns kube-system/kube-dns V\nservice sN.txt cluster-ip kube-system/kube-dns V"},
	podResolver:   {addr, "host podN.txt pod-resolver nameserver V"},
	certified:     {addr, "certificate@H H/crt.txt certified SAN V"},
	virtualServer: {addr, "host@H H/ipvs.txt virtual-server ipvs V"},

	nodeAddress:  {addr, "node@H nN.yaml address InternalIP V"},
	advertisedIP: {addr, "kube-apiserver@H H/api.yaml address --advertise-address V"},
	endpoint:     {addr, "kubeadm kN.yaml address controlPlaneEndpoint V"},
	hostLink:     {addr, "host@H H/ip.txt hosts ens3 V/24"},
	hostRange:    {node, "operator oN.yaml hosts hosts V"},
	unsureLink:   {addr, "host ipN.txt unsure-hosts eth0 V/24"},
	gateway:      {addr, "host@H H/ip.txt gateway ens3 V\nhost@H H/ip.txt hosts ens3 192.168.99.7/24"},
	publicIP:     {addr, "flannel@H nN.yaml address public-ip V"},

	resolver:     {addr, "host@H H/resolv.conf resolver nameserver V"},
	route:        {node, "host@H H/ip.txt route ens3 B"},
	linkRoute:    {node, "host@H H/ip.txt link-route br-lab B"},
	reserved:     {node, "vpn rN.yaml reserved vpn V"},
	enginePool:   {wide, "host@H H/daemon.json pool default-address-pools V"},
	noProxy:      {wide, "host@H H/environment no-proxy NO_PROXY V"},
	proxy:        {addr, "host@H H/environment proxy HTTP_PROXY V"},
	loadBalancer: {node, "metallb lN.yaml load-balancer addresses V"},
	hidden:       {node, "ovn-kubernetes hN.yaml hidden internalJoinSubnet V"},
}

// state returns what source n says: value v of kind k for a host.
func state(t *testing.T, k kinds, n int, host, v string) []fact.Statement {
	t.Helper()
	st := statings[k]
	p := netip.MustParsePrefix(v)
	if st.scale == addr {
		v = p.Addr().String()
	}
	sub := netip.PrefixFrom(p.Addr(), 24).String()
	up := netip.PrefixFrom(p.Addr(), 16).Masked().String()
	var out []fact.Statement
	for line := range strings.SplitSeq(st.lines, "\n") {
		r := strings.NewReplacer("N.", fmt.Sprint(n, "."), "@H", "@"+host, "H/", host+"/", " V", " "+v, " S", " "+sub, " W", " "+up, " B", " "+netip.PrefixFrom(p.Addr(), 20).Masked().String())
		out = append(out, statedRange(t, r.Replace(line))...)
	}
	return out
}

// statedRange is statedBy for roles of all kinds.
func statedRange(t *testing.T, line string) []fact.Statement {
	t.Helper()
	out := statedBy(t, line)
	for i := range out {
		s := &out[i]
		if s.Role == fact.RoleSetting || len(s.Prefixes)+len(s.Addrs) > 0 {
			continue
		}
		if p, err := netip.ParsePrefix(s.Text); err == nil {
			s.Prefixes = []netip.Prefix{p}
		} else if a, err := netip.ParseAddr(s.Text); err == nil {
			s.Addrs = []netip.Addr{a}
		}
		if s.Role == fact.RoleRoute {
			s.Addrs = []netip.Addr{netip.MustParseAddr("192.168.99.1")}
		}
	}
	return out
}

// Values of the cells: the standard of a region, and another of the same size.
func cellValue(k kinds, region, other int) string {
	switch statings[k].scale {
	case wide:
		return fmt.Sprintf("10.%d.0.0/16", region+other)
	case node:
		return fmt.Sprintf("10.%d.3.0/24", region+other)
	}
	return fmt.Sprintf("10.%d.3.7/32", region+other)
}

// fired returns the rules of findings, those folded under others as well.
func fired(t *testing.T, in ...[]fact.Statement) []fact.RuleID {
	t.Helper()
	var out []fact.RuleID
	for _, f := range Run(slices.Concat(in...)...).Findings {
		if f.Severity == fact.Info {
			continue
		}
		out = append(out, f.Rule)
		for _, s := range f.Symptoms {
			out = append(out, s.Rule)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestAgreements builds for each cell of the matrix that demands something two statements that break it, and two that keep it: one of the
// cell's rules is found in the first, and none in the second. No cell is empty.
func TestAgreements(t *testing.T) {
	rows := agreements()
	var b strings.Builder
	used := make([]bool, len(rows))
	ids := map[fact.RuleID]bool{}
	for _, r := range Rules() {
		ids[r.ID] = true
	}
	for i, x := range allKinds() {
		for _, y := range allKinds()[i:] {
			row, p, q, ok := cellOf(rows, x, y)
			if !ok || row.must == free && row.why == "" || row.must != free && len(row.rules) == 0 {
				t.Errorf("the cell %s, %s is empty", x, y)
				continue
			}
			used[slices.IndexFunc(rows, func(r agreement) bool { return r.a == row.a && r.b == row.b && r.must == row.must && r.why == row.why })] = true
			if row.must == free {
				fmt.Fprintf(&b, "%s, %s: free: %s\n", x, y, row.why)
				continue
			}
			var names []string
			for _, id := range row.rules {
				names = append(names, string(id))
				if !ids[id] {
					t.Errorf("%s, %s: no rule %s", x, y, id)
				}
			}
			how := ""
			if row.tell != nil {
				how = ", from the matrix"
			}
			fmt.Fprintf(&b, "%s, %s: %s: %s%s\n", p, q, row.must, strings.Join(names, " "), how)
			testCell(t, row, p, q)
		}
	}
	for i, r := range rows {
		if !used[i] {
			t.Errorf("the row %v of %b and %b decides nothing: rows above it take all its cells", r.must, r.a, r.b)
		}
	}
	const file = "testdata/agreements.txt"
	if *golden.Update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != b.String() {
		t.Errorf("%s is not the matrix (%v); go test ./plan/internal/check -run TestAgreements -update writes it (-want +got):\n%s", file, err, cmp.Diff(string(want), b.String()))
	}
}

// TestEveryRoleHasKind: a role that package fact gains is in the matrix, or is none of a range or an address.
func TestEveryRoleHasKind(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../fact/statement.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || fmt.Sprint(v.Type) != "Role" {
			return true
		}
		found++
		role := fact.Role(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`))
		told := slices.Contains([]fact.Role{fact.RoleSetting, fact.RoleSymptom, fact.RoleProblem}, role)
		if k := kindOf(&fact.Statement{Role: role}); (k == 0) != told {
			t.Errorf("%s is of kind %v", v.Names[0].Name, k)
		}
		return true
	})
	if found < 20 {
		t.Errorf("%d roles found in statement.go", found)
	}
}

// testCell sees a rule of the row fire for values that do not agree, and none for those that do.
func testCell(t *testing.T, row agreement, a, b kinds) {
	t.Helper()
	host := "w1"
	if row.must == distinct || row.must == apart || a == b {
		host = "w2"
	}
	same, other := cellValue(b, 50, 0), cellValue(b, 50, 7)
	if row.must == apart && a == b {
		same = strings.Replace(strings.Replace(same, ".0.0/16", ".128.0/17", 1), ".3.0/24", ".3.128/25", 1) // the same range is one pool
	}
	bad, good := other, same
	if row.must == apart || row.must == distinct {
		bad, good = same, other
	}
	in := func(v string) []fact.RuleID {
		return fired(t, state(t, a, 1, "w1", cellValue(a, 50, 0)), state(t, b, 2, host, v))
	}
	found := in(bad)
	if !slices.ContainsFunc(row.rules, func(id fact.RuleID) bool { return slices.Contains(found, id) }) {
		t.Errorf("%s %s, %s %s, to be %s: found %v, want %v", a, cellValue(a, 50, 0), b, bad, row.must, found, row.rules)
	}
	for _, id := range in(good) {
		if slices.Contains(row.rules, id) {
			t.Errorf("%s %s, %s %s, to be %s: they agree, and %s is found", a, cellValue(a, 50, 0), b, good, row.must, id)
		}
	}
}
