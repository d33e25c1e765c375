package check_test

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// drawStatement draws any statement, sensible or not: Check takes what it is given.
func drawStatement(t *rapid.T) fact.Statement {
	prefix := rapid.Custom(func(t *rapid.T) netip.Prefix {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return netip.Prefix{}
		case 1:
			return netip.PrefixFrom(netip.AddrFrom16(rapid.SampledFrom([][16]byte{{0xfd}, {}, {0xff}, {10: 0xff, 11: 0xff, 12: 10}, {0x20, 1, 0xd, 0xb8}}).Draw(t, "v6")), rapid.IntRange(-1, 129).Draw(t, "bits"))
		}
		a := netip.AddrFrom4([4]byte{rapid.SampledFrom([]byte{0, 10, 127, 172, 192, 224, 255}).Draw(t, "a"), rapid.SampledFrom([]byte{0, 17, 96, 168, 244}).Draw(t, "b"), byte(rapid.IntRange(0, 255).Draw(t, "c")), 0})
		return netip.PrefixFrom(a, rapid.IntRange(-1, 33).Draw(t, "bits"))
	})
	host := rapid.SampledFrom([]string{"", "a", "b", "a.example", "c"})
	s := fact.Statement{
		Component: rapid.SampledFrom([]fact.Component{fact.Kubeadm, fact.APIServer, fact.ControllerManager, fact.KubeProxy, fact.Kubelet, fact.Flannel, fact.Node, fact.Service, fact.ServiceCIDR, fact.Operator, "calico", ""}).Draw(t, "component"),
		Host:      host.Draw(t, "host"),
		Pos:       fact.Position{File: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "file"), Line: rapid.IntRange(-1, 9).Draw(t, "line")},
		Role:      rapid.SampledFrom([]fact.Role{fact.RoleHosts, fact.RoleServices, fact.RolePods, fact.RoleNodePods, fact.RoleAddress, fact.RoleDNS, fact.RoleClusterIP, fact.RoleReserved, fact.RoleSetting, fact.RoleSymptom, fact.RoleProblem, "", "?"}).Draw(t, "role"),
		Key: rapid.SampledFrom([]string{"", "--cluster-cidr", "FLANNEL_NETWORK", "FLANNEL_SUBNET", "Network", "IPv6Network", "controllerManager.extraArgs cluster-cidr",
			"apiServer.extraArgs service-cluster-ip-range", "controllerManager.extraArgs", "--advertise-address", "kubernetes"}).Draw(t, "key"),
		Text:       rapid.SampledFrom([]string{"", "10.244.0.0/16", "x", "v1.31.0", "v0.15.0", "flannel", "calico", "vxlan", "ClusterCIDR", "\x00\xff"}).Draw(t, "text"),
		Prefixes:   rapid.SliceOfN(prefix, 0, 3).Draw(t, "prefixes"),
		Setting:    rapid.SampledFrom([]fact.Setting{"", fact.SettingAllocate, fact.SettingNodeIPAM, fact.SettingAllocatorType, fact.SettingNodeMask, fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6, fact.SettingMaxPods, fact.SettingKubeSubnetMgr, fact.SettingEnableIPv4, fact.SettingEnableIPv6, fact.SettingSubnetLen, fact.SettingBackend, fact.SettingBackendMTU, fact.SettingSubnetMTU, fact.SettingLinkMTU, fact.SettingDetectLocal, fact.SettingProxyMode, fact.SettingVersion, fact.SettingCNI}).Draw(t, "setting"),
		Int:        rapid.SampledFrom([]int{-1 << 62, -1, 0, 1, 16, 24, 31, 32, 33, 64, 110, 128, 129, 1500, 1 << 62}).Draw(t, "int"),
		Bool:       rapid.Bool().Draw(t, "bool"),
		Default:    rapid.Bool().Draw(t, "default"),
		Overridden: rapid.Bool().Draw(t, "overridden"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "addresses") {
		s.Addrs = append(s.Addrs, prefix.Draw(t, "address").Addr())
	}
	if rapid.Bool().Draw(t, "error") {
		s.Err = errors.New("wrong")
	}
	rule := rapid.SampledFrom([]fact.RuleID{fact.RulePodCIDRUnset, fact.RuleClusterCIDRExhausted, fact.RuleFlannelNetworkMismatch, fact.RulePodCIDROutsideClusterCIDR, fact.RuleHostServiceOverlap, fact.RuleSubnetEnvMismatch, fact.RulePodCIDRMissing, "?"})
	if rapid.Bool().Draw(t, "symptom") {
		s.Symptom = &fact.Symptom{ID: "x", Message: "m", Node: host.Draw(t, "node"), Subnet: prefix.Draw(t, "subnet"), Network: prefix.Draw(t, "network"), Rules: rapid.SliceOfN(rule, 0, 3).Draw(t, "rules")}
	}
	if rapid.Bool().Draw(t, "finding") {
		s.Finding = &fact.Finding{Rule: rule.Draw(t, "rule"), Severity: fact.Severity(rapid.SampledFrom([]string{"", "error", "warning", "info", "?"}).Draw(t, "severity"))}
	}
	return s
}

// TestCheckAnything: whatever the statements are, Check answers, the same for every order, and every renderer writes its answer.
func TestCheckAnything(t *testing.T) {
	rapid.Check(t, checkAnything)
}

func checkAnything(t *rapid.T) {
	ss := rapid.SliceOfN(rapid.Custom(drawStatement), 0, 30).Draw(t, "statements")
	r := check.Run(ss...)
	for i, j := 0, len(ss)-1; i < j; i, j = i+1, j-1 {
		ss[i], ss[j] = ss[j], ss[i]
	}
	if a, b := verdict(r), verdict(check.Run(ss...)); a != b {
		t.Fatalf("another order gives another verdict:\n%s\n%s", a, b)
	}
	var b bytes.Buffer
	if err := errors.Join(draw.ReportText(&b, r, draw.ReportOptions{}), draw.ReportJSON(&b, r, draw.ReportOptions{}), draw.ReportSARIF(&b, r, draw.ReportOptions{})); err != nil {
		t.Fatal(err)
	}
}

// FuzzCheck is [TestCheckAnything] with the statements drawn from the fuzzer's bytes.
func FuzzCheck(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(checkAnything))
}
