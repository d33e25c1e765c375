package check_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubecidr/kubecidr/internal/txtar"
	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// bundles returns all bundles of testdata/check by name.
func bundles(t testing.TB) map[string][]fact.Statement {
	t.Helper()
	out := map[string][]fact.Statement{}
	files, _ := filepath.Glob("testdata/check/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if n, ok := strings.CutSuffix(f.Name, ".in"); ok {
				out[strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+n] = factbundle.Statements(t, string(f.Data))
			}
		}
	}
	return out
}

// TestCheckOrder: the order of statements does not matter, nor does saying them twice, and Check keeps its hands off its input.
func TestCheckOrder(t *testing.T) {
	for name, ss := range bundles(t) {
		want := verdict(check.Run(ss...))
		mixed := slices.Concat(ss, ss)
		rand.New(rand.NewPCG(1, uint64(len(ss)))).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		before := fmt.Sprintf("%+v", mixed)
		if d := cmp.Diff(want, verdict(check.Run(mixed...))); d != "" {
			if strings.Contains(want, " times)") || strings.Contains(d, " times)") {
				continue // a message that was seen twice as often
			}
			t.Errorf("%s: another order gives another verdict (-want +got):\n%s", name, d)
		}
		if after := fmt.Sprintf("%+v", mixed); after != before {
			t.Errorf("%s: Check changed its input", name)
		}
	}
}

// TestCheckMergeSplit: it does not matter whether everything stands in one file, or each node in a file of its own.
func TestCheckMergeSplit(t *testing.T) {
	short := func(r fact.Report) string {
		var b strings.Builder
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "%s %s %v %s\n", f.Severity, f.Rule, f.RefusedBy, strings.Join(f.Subjects, " "))
		}
		return b.String()
	}
	for name, ss := range bundles(t) {
		if slices.ContainsFunc(ss, func(s fact.Statement) bool {
			return s.Component == fact.Flannel && strings.HasPrefix(s.Key, "FLANNEL_") && s.Host == ""
		}) {
			continue // a subnet.env says whose it is by its file alone
		}
		want := short(check.Run(ss...))
		merged, split := slices.Clone(ss), slices.Clone(ss)
		for i := range ss {
			merged[i].Pos = fact.Position{File: "all", Line: ss[i].Pos.Line, Column: ss[i].Pos.Column}
			if ss[i].Component == fact.Node || ss[i].Symptom != nil {
				split[i].Pos = fact.Position{File: fmt.Sprintf("file%d", ss[i].Pos.Line), Line: 1}
			}
		}
		// Waivers and places follow files, the verdict does not.
		if d := cmp.Diff(sortLines(want), sortLines(short(check.Run(merged...)))); d != "" {
			t.Errorf("%s: merged into one file, another verdict (-want +got):\n%s", name, d)
		}
		if d := cmp.Diff(sortLines(want), sortLines(short(check.Run(split...)))); d != "" {
			t.Errorf("%s: a file for each node, another verdict (-want +got):\n%s", name, d)
		}
	}
}

func sortLines(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A testCluster is a healthy cluster that can be written down as a bundle and broken in one place.
type testCluster struct {
	dual           bool
	pods, services []netip.Prefix // primary first
	masks          []int
	nodes          int
	version        string

	line map[string]string // lines of the bundle by name
}

func drawCluster(t *rapid.T) *testCluster {
	c := &testCluster{dual: rapid.Bool().Draw(t, "dual"), nodes: rapid.IntRange(2, 6).Draw(t, "nodes")}
	c.version = rapid.SampledFrom([]string{"v1.23.4", "v1.28.0", "v1.33.1", "v1.37.2"}).Draw(t, "version")
	second := rapid.IntRange(0, 200).Draw(t, "second octet")
	bits := rapid.IntRange(14, 20).Draw(t, "pod bits")
	pod := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(second), 0, 0}), bits).Masked()
	service := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(second + 40), 0, 0}), rapid.IntRange(14, 24).Draw(t, "service bits")).Masked()
	c.pods, c.services, c.masks = []netip.Prefix{pod}, []netip.Prefix{service}, []int{24}
	if c.dual {
		c.pods = append(c.pods, netip.MustParsePrefix("fd00:10:244::/56"))
		c.services = append(c.services, netip.MustParsePrefix("fd00:10:96::/112"))
		c.masks = append(c.masks, 64)
	}
	c.write()
	return c
}

func join(ps []netip.Prefix) string {
	var ss []string
	for _, p := range ps {
		ss = append(ss, p.String())
	}
	return strings.Join(ss, ",")
}

// subnets returns the podCIDRs of node i.
func (c *testCluster) subnets(i int) string {
	var ps []netip.Prefix
	for f, p := range c.pods {
		s, err := cidr.NewSplit(p, c.masks[f])
		if err != nil {
			panic(err)
		}
		ps = append(ps, s.At(uint64(i)))
	}
	return join(ps)
}

func (c *testCluster) write() {
	c.line = map[string]string{}
	for i := 1; i <= 3; i++ {
		c.line[fmt.Sprintf("kcm%d", i)] = fmt.Sprintf("kcm@cp%d pods=%s services=%s alloc=true version=%s", i, join(c.pods), join(c.services), c.version)
		c.line[fmt.Sprintf("api%d", i)] = fmt.Sprintf("api@cp%d services=%s advertise=192.168.7.%d version=%s", i, join(c.services), i, c.version)
	}
	c.line["kubeadm"] = fmt.Sprintf("kubeadm pods=%s services=%s version=%s", join(c.pods), join(c.services), c.version)
	flannel := "flannel Network=" + c.pods[0].String() + " backend=vxlan kube=true version=v0.25.5"
	if c.dual {
		flannel += " IPv6Network=" + c.pods[1].String() + " EnableIPv6=true"
	}
	c.line["flannel"] = flannel
	c.line["proxy"] = "proxy cidr=" + join(c.pods)
	dns, _ := cidr.Nth(c.services[0], 10)
	c.line["kubelet"] = "kubelet dns=" + dns.String() + " maxpods=110"
	for i := range c.nodes {
		c.line[fmt.Sprintf("node%d", i)] = fmt.Sprintf("node n%d %s InternalIP=192.168.8.%d", i, c.subnets(i), i+1)
	}
	sub, _, _ := strings.Cut(c.subnets(0), ",")
	p := netip.MustParsePrefix(sub)
	c.line["env"] = fmt.Sprintf("env@n0 network=%v subnet=%v/%d mtu=1450", c.pods[0], p.Addr().Next(), p.Bits())
}

// text returns the bundle, its lines in an order that depends on nothing.
func (c *testCluster) text() string {
	var lines []string
	for _, l := range c.line {
		lines = append(lines, l)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (c *testCluster) swap(line, old, new string) {
	c.line[line] = strings.Replace(c.line[line], old, new, 1)
}

// breaks are the ways to break a healthy cluster in one place: what is changed, the rule that has to find it, and the further
// errors that the change means by itself.
var breaks = []struct {
	name  string
	dual  bool // needs a dual-stack cluster
	do    func(c *testCluster)
	rule  fact.RuleID
	sev   fact.Severity
	allow []fact.RuleID
}{
	{name: "one control plane with other pods", do: func(c *testCluster) { c.swap("kcm2", "pods=10.", "pods=11.") }, rule: fact.RuleControlPlaneFlagsDiffer, sev: fact.Error},
	{name: "one control plane with another mask", do: func(c *testCluster) {
		c.line["kcm3"] += map[bool]string{false: " mask=26", true: " mask4=26"}[c.dual]
	}, rule: fact.RuleControlPlaneFlagsDiffer, sev: fact.Error},
	{name: "one API server with other services", do: func(c *testCluster) { c.swap("api1", "services=10.", "services=11.") }, rule: fact.RuleServiceRangeMismatch, sev: fact.Error,
		allow: []fact.RuleID{fact.RuleControlPlaneFlagsDiffer}},
	{name: "two nodes with one subnet", do: func(c *testCluster) {
		a, _, _ := strings.Cut(c.subnets(0), ",")
		b, _, _ := strings.Cut(c.subnets(1), ",")
		c.swap("node1", b, a)
	}, rule: fact.RuleNodeSubnetDuplicate, sev: fact.Error},
	{name: "a node outside", do: func(c *testCluster) { c.swap("node1", " 10.", " 11.") }, rule: fact.RulePodCIDROutsideClusterCIDR, sev: fact.Error},
	{name: "flannel with another network", do: func(c *testCluster) { c.swap("flannel", "Network=10.", "Network=11.") }, rule: fact.RuleFlannelNetworkMismatch, sev: fact.Error},
	{name: "a stale subnet.env", do: func(c *testCluster) {
		s, _ := cidr.NewSplit(c.pods[0], c.masks[0])
		p := s.At(s.Len() - 1)
		c.line["env"] = fmt.Sprintf("env@n0 network=%v subnet=%v/%d", c.pods[0], p.Addr().Next(), p.Bits())
	}, rule: fact.RuleSubnetEnvMismatch, sev: fact.Error},
	{name: "kube-proxy with the services", do: func(c *testCluster) { c.line["proxy"] = "proxy cidr=" + join(c.services) }, rule: fact.RuleKubeProxyMismatch, sev: fact.Error},
	{name: "DNS elsewhere", do: func(c *testCluster) { c.line["kubelet"] = "kubelet dns=192.168.9.10" }, rule: fact.RuleClusterDNSOutside, sev: fact.Error},
	{name: "a node's address among the pods", do: func(c *testCluster) {
		c.swap("node1", "192.168.8.2", cidr.Last(c.pods[0]).Prev().String())
	}, rule: fact.RuleHostPodOverlap, sev: fact.Error},
	{name: "an advertise address among the services", do: func(c *testCluster) {
		c.swap("api2", "192.168.7.2", cidr.Last(c.services[0]).Prev().String())
	}, rule: fact.RuleHostServiceOverlap, sev: fact.Error},
	{name: "a node of one family", dual: true, do: func(c *testCluster) {
		_, six, _ := strings.Cut(c.subnets(1), ",")
		c.swap("node1", ","+six, "")
	}, rule: fact.RulePodCIDRFamilyMissing, sev: fact.Error},
	{name: "flannel without IPv6", dual: true, do: func(c *testCluster) { c.swap("flannel", "EnableIPv6=true", "EnableIPv6=false") }, rule: fact.RuleFlannelIPv6Disabled, sev: fact.Error},
	{name: "services with IPv6 first", dual: true, do: func(c *testCluster) {
		for i := 1; i <= 3; i++ {
			for _, l := range []string{"api", "kcm"} {
				c.swap(fmt.Sprint(l, i), "services="+join(c.services), "services="+join([]netip.Prefix{c.services[1], c.services[0]}))
			}
		}
		c.swap("kubeadm", "services="+join(c.services), "services="+join([]netip.Prefix{c.services[1], c.services[0]}))
	}, rule: fact.RuleIPFamilyMismatch, sev: fact.Error},
	{name: "host bits", do: func(c *testCluster) {
		c.swap("proxy", c.pods[0].String(), netip.PrefixFrom(c.pods[0].Addr().Next(), c.pods[0].Bits()).String())
	}, rule: fact.RuleCIDRHostBitsSet, sev: fact.Warning},
	{name: "no mask", do: func(c *testCluster) { c.line["proxy"] = "proxy cidr=" + c.pods[0].Addr().String() }, rule: fact.RuleCIDRMalformed, sev: fact.Error},
	{name: "too many pods", do: func(c *testCluster) { c.swap("kubelet", "maxpods=110", "maxpods=254") }, rule: fact.RuleMaxPodsOverNodeRange, sev: fact.Warning},
	{name: "nobody allocates", do: func(c *testCluster) {
		for i := 1; i <= 3; i++ {
			c.swap(fmt.Sprint("kcm", i), "alloc=true", "alloc=false")
		}
		c.unassigned()
	}, rule: fact.RuleAllocateNodeCIDRsOff, sev: fact.Error},
	{name: "no range", do: func(c *testCluster) {
		for i := 1; i <= 3; i++ {
			c.swap(fmt.Sprint("kcm", i), "pods="+join(c.pods), "")
		}
		c.unassigned()
	}, rule: fact.RulePodCIDRUnset, sev: fact.Error},
}

// unassigned takes the nodes' subnets away.
func (c *testCluster) unassigned() {
	delete(c.line, "env")
	for i := range c.nodes {
		c.swap(fmt.Sprint("node", i), c.subnets(i), "-")
	}
}

// TestCheckOneBreak: a healthy cluster has no error and no warning; broken in one place, the matching rule finds it, and no other
// cause is named.
func TestCheckOneBreak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCluster(t)
		for _, f := range check.Run(factbundle.Statements(t, c.text())...).Findings {
			if f.Severity != fact.Info {
				t.Fatalf("healthy, but %s %s: %s\n%s", f.Severity, f.Rule, f.Message, c.text())
			}
		}
		b := rapid.SampledFrom(breaks).Draw(t, "break")
		if b.dual && !c.dual {
			t.Skip("needs both families")
		}
		b.do(c)
		r := check.Run(factbundle.Statements(t, c.text())...)
		i := slices.IndexFunc(r.Findings, func(f fact.Finding) bool { return f.Rule == b.rule })
		if i < 0 || r.Findings[i].Severity != b.sev {
			t.Fatalf("%s: no %s %s in\n%s\n%s", b.name, b.sev, b.rule, verdict(r), c.text())
		}
		for _, f := range r.Findings {
			if f.Severity == fact.Error && f.Rule != b.rule && !slices.Contains(b.allow, f.Rule) {
				t.Fatalf("%s: also %s: %s\n%s", b.name, f.Rule, f.Message, c.text())
			}
			if len(f.Where) == 0 || f.Effect == "" || len(f.Fix) == 0 {
				t.Fatalf("%s: %s has no place, effect or mend", b.name, f.Rule)
			}
		}
	})
}

// TestCheckManyDuplicates: a cluster that is wrong a thousand times has a report that can be read, and names every node all the same.
func TestCheckManyDuplicates(t *testing.T) {
	ss := manyNodes(t, 1000)
	for i := range ss {
		if ss[i].Component == fact.Node {
			twin := ss[i]
			twin.Host += "-twin"
			ss = append(ss, twin)
		}
	}
	r := check.Run(ss...)
	named := map[string]bool{}
	n := 0
	for _, f := range r.Findings {
		if f.Rule == fact.RuleNodeSubnetDuplicate {
			n++
			for _, s := range f.Subjects {
				named[s] = true
			}
		}
	}
	if n > 20 || len(named) != 2000 {
		t.Errorf("%d findings name %d nodes, want a few that name 2000", n, len(named))
	}
}
