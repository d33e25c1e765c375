package check_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/factbundle"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// manyNodes returns the statements of a healthy cluster with three control planes, flannel and n nodes, each with its addresses.
func manyNodes(t factbundle.T, n int) []fact.Statement {
	var b strings.Builder
	for i := 1; i <= 3; i++ {
		fmt.Fprintf(&b, "kcm@cp%d pods=10.0.0.0/9 services=10.200.0.0/16 alloc=true version=v1.33.1\n", i)
		fmt.Fprintf(&b, "api@cp%d services=10.200.0.0/16 advertise=192.168.7.%d version=v1.33.1\n", i, i)
	}
	b.WriteString("flannel Network=10.0.0.0/9 backend=vxlan kube=true\nkubelet dns=10.200.0.10 maxpods=110\nproxy cidr=10.0.0.0/9\n")
	ss := factbundle.Statements(t, b.String())
	for i := range n {
		name := fmt.Sprintf("node-%05d", i)
		pos := fact.Position{File: "nodes.json", Line: 10 * i, Column: 5}
		a := netip.AddrFrom4([4]byte{172, byte(16 + i>>16), byte(i >> 8), byte(i)})
		ss = append(ss,
			fact.Statement{Component: fact.Node, Host: name, Pos: pos, Role: fact.RoleNodePods, Key: "spec.podCIDR",
				Prefixes: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)}},
			fact.Statement{Component: fact.Node, Host: name, Pos: pos, Role: fact.RoleAddress, Key: "InternalIP", Addrs: []netip.Addr{a}},
			fact.Statement{Component: fact.Kubelet, Host: name, Pos: pos, Role: fact.RoleSetting, Setting: fact.SettingMaxPods, Key: "status.allocatable.pods", Int: 110})
	}
	return ss
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{500, 15000} {
		ss := manyNodes(b, n)
		b.Run(fmt.Sprint(n, " nodes"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := check.Run(ss...); r.Err() != nil {
					b.Fatal(r.Err())
				}
			}
		})
		broken := append(ss[:len(ss):len(ss)], ss...)
		for i := range broken[len(ss):] {
			s := &broken[len(ss)+i]
			if s.Component == fact.Node {
				s.Host += "-twin"
			}
		}
		b.Run(fmt.Sprint(n, " nodes, each subnet twice"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := check.Run(broken...); r.Err() == nil {
					b.Fatal("no error")
				}
			}
		})
	}
}
