package check

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestEvidence: what each of the three witnesses of a host is worth, and what a bridge of another subnet is.
func TestEvidence(t *testing.T) {
	for _, tt := range []struct {
		name           string
		env, links, to string // subnet.env, the host's links, the routes of others
		want           int
		agrees         bool
		otherBridge    bool
	}{
		{"nothing is known", "", "", "", 0, false, false},
		{"subnet.env agrees", "10.244.1.0/24", "", "", 1, true, false},
		{"in both families", "10.244.1.0/24 fd00::/64", "", "", 1, true, false},
		{"in one family only", "10.244.1.0/24 fd00:1::/64", "", "", -1, false, false},
		{"subnet.env disagrees", "10.244.9.0/24", "", "", -1, false, false},
		{"links agree: the bridge, and a tunnel with the first address", "", "10.244.1.0/24 10.244.1.0/32 fd00::/128", "", 1, false, false},
		{"the tunnel alone is of another subnet", "", "10.244.1.0/24 10.244.9.0/32", "", -1, false, false},
		{"the bridge is", "", "10.244.9.0/24 10.244.1.0/32", "", -1, false, true},
		{"routes agree", "", "", "10.244.1.0/24", 1, false, false},
		{"old routes count for nothing beside the right one", "", "", "10.244.9.0/24 10.244.1.0/24", 1, false, false},
		{"routes disagree", "", "", "10.244.9.0/24", -1, false, false},
		{"all agree", "10.244.1.0/24", "10.244.1.0/24", "10.244.1.0/24", 3, true, false},
		{"all disagree", "10.244.9.0/24", "10.244.9.0/24", "10.244.9.0/24", -3, false, true},
		{"two against one", "10.244.9.0/24", "10.244.1.0/24", "10.244.1.0/24", 1, false, false},
	} {
		c := Candidate{nodeipam.InventoryNode{Name: "a", SubnetEnv: prefixtest.List(tt.env), Links: prefixtest.List(tt.links), Routes: prefixtest.List(tt.to)}, prefixtest.List("10.244.1.0/24 fd00::/64")}
		if got := c.evidence(); got != tt.want {
			t.Errorf("%s: evidence %d, want %d", tt.name, got, tt.want)
		}
		if c.Agrees() != tt.agrees || c.OtherBridge() != tt.otherBridge {
			t.Errorf("%s: subnet.env agrees %v, other bridge %v; want %v, %v", tt.name, c.Agrees(), c.OtherBridge(), tt.agrees, tt.otherBridge)
		}
	}
	// More evidence comes first, then the name.
	held := prefixtest.List("10.244.1.0/24")
	node := func(name string, env ...netip.Prefix) Candidate {
		return Candidate{nodeipam.InventoryNode{Name: name, SubnetEnv: env}, held}
	}
	for _, tt := range []struct{ first, second Candidate }{
		{node("b", held...), node("a")},
		{node("b"), node("a", prefixtest.List("10.244.9.0/24")...)},
		{node("a"), node("b")},
	} {
		if Preferred(tt.first, tt.second) >= 0 || Preferred(tt.second, tt.first) <= 0 || Preferred(tt.first, tt.first) != 0 {
			t.Errorf("%v does not come before %v", tt.first, tt.second)
		}
	}
}

// TestKeepMostPreferred: among the largest choices the preferred is sought where as many as largestPreferred overlap, although a
// largest choice is found first that another node is in. n000 and n001 share a second subnet, all but n001 and n003 the first one.
func TestKeepMostPreferred(t *testing.T) {
	v4, v6 := prefixtest.List("10.0.0.0/24 10.0.1.0/24"), func(i int) netip.Prefix { return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 7: byte(i)}), 64) }
	for _, n := range []int{4, 50, largestPreferred} {
		list := []Candidate{{nodeipam.InventoryNode{Name: "n000"}, []netip.Prefix{v4[0], v6(0)}}, {nodeipam.InventoryNode{Name: "n001"}, []netip.Prefix{v4[1], v6(0)}}}
		for i := 2; i < n; i++ {
			list = append(list, Candidate{nodeipam.InventoryNode{Name: fmt.Sprintf("n%03d", i)}, []netip.Prefix{v4[0], v6(i)}})
		}
		list[3].Held[0] = v4[1]
		keep, exact := KeepMost(list)
		for i, k := range keep {
			if k != (i == 0 || i == 3) {
				t.Errorf("%d nodes: n%03d kept: %v", n, i, k)
			}
		}
		if !exact {
			t.Errorf("%d nodes: not exact", n)
		}
	}
}

// TestKeepMostSizes: the choice is the largest whatever the number of nodes where subnets are equal or apart, and up to largestExact where
// they are not.
func TestKeepMostSizes(t *testing.T) {
	v4 := func(i int) netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 0}), 24) }
	v6 := func(i int) netip.Prefix { return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 7: byte(i)}), 64) }
	wide := netip.MustParsePrefix("10.0.0.0/16")
	for _, tt := range []struct {
		name  string
		nodes int
		held  func(i int) []netip.Prefix
		kept  int
		exact bool
	}{
		{"all hold one", 100, func(int) []netip.Prefix { return []netip.Prefix{v4(0)} }, 1, true},
		{"a chain through both families", 100, func(i int) []netip.Prefix { return []netip.Prefix{v4(i / 2), v6((i + 1) / 2)} }, 50, true},
		{"some of a family alone", 100, func(i int) []netip.Prefix { return []netip.Prefix{v4(i / 2), v6((i + 1) / 2)}[:1+min(i%3, 1)] }, 50, true},
		{"one around all others", LargestExact, func(i int) []netip.Prefix { return []netip.Prefix{[]netip.Prefix{wide, v4(i)}[min(i, 1)]} }, LargestExact - 1, true},
		{"one more", LargestExact + 1, func(i int) []netip.Prefix { return []netip.Prefix{[]netip.Prefix{v4(i), wide}[i/LargestExact]} }, LargestExact, false},
		{"of several lengths in the second family", LargestExact + 1, func(i int) []netip.Prefix {
			return []netip.Prefix{v4(i), netip.PrefixFrom(v6(i).Addr(), 64-i/LargestExact*8).Masked()}
		}, LargestExact, false},
	} {
		var list []Candidate
		for i := range tt.nodes {
			list = append(list, Candidate{nodeipam.InventoryNode{Name: fmt.Sprintf("n%03d", i)}, tt.held(i)})
		}
		keep, exact := KeepMost(list)
		kept := 0
		for _, k := range keep {
			if k {
				kept++
			}
		}
		if kept != tt.kept || exact != tt.exact {
			t.Errorf("%s: %d kept, exact %v; want %d, %v", tt.name, kept, exact, tt.kept, tt.exact)
		}
	}
}
