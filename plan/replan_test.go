package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// TestReplanMachine plans a cluster, registers nodes with the controller that its flags start, and plans again and again as needs grow: more
// nodes, services, surge, growth, ranges that others take, a second family. Nothing that stands ever moves, each plan is sound and raises no
// finding, and the controller with the new flags goes on where the old one was. A need that cannot be met is an error, and the plan before
// it still stands.
func TestReplanMachine(t *testing.T) {
	rapid.Check(t, replanMachine)
}

func replanMachine(t *rapid.T) {
	r := Request{
		Nodes:       rapid.IntRange(1, 40).Draw(t, "nodes"),
		PodsPerNode: rapid.SampledFrom([]int{0, 13, 110, 250}).Draw(t, "pods"),
		Families:    rapid.SampledFrom([][]fact.Family{{fact.IPv4}, {fact.IPv6}, {fact.IPv4, fact.IPv6}, {fact.IPv6, fact.IPv4}}).Draw(t, "families"),
		Grow:        rapid.IntRange(0, 2).Draw(t, "grow"),
	}
	p, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Controller()
	if err != nil {
		t.Fatal(err)
	}
	held := map[string][]string{} // subnets of nodes that are registered
	dualFrom := -1                // number of the first node after the second family came, if it came
	old := slices.Clone(p.Ranges)

	// again plans with what edit adds; false if that cannot be met.
	again := func(t *rapid.T, edit func(*Request)) bool {
		r := p.Pinned()
		edit(&r)
		q, e := spaceCache{}.solve(r) // New, but for what would help
		if e != nil {
			return false
		}
		s := c.Restart(q.ControllerFlags())
		if s.Err != nil {
			t.Fatalf("the controller does not start with the new flags %+v: %v", q.ControllerFlags(), s.Err)
		}
		p, old = q, append(old, q.Ranges...)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		if err := check.Run(p.Statements()...).Err(); err != nil {
			t.Fatal(err)
		}
		return true
	}
	avoid := func(t *rapid.T, q netip.Prefix) bool {
		return again(t, func(r *Request) {
			r.Avoid = append(r.Avoid, fact.Reservation{Prefix: q, Name: fmt.Sprint("site ", len(r.Avoid))})
		})
	}
	t.Repeat(map[string]func(*rapid.T){
		"register": func(t *rapid.T) {
			n := len(held)
			if n >= p.Request.Nodes+p.Request.Surge {
				t.Skip("as many as planned")
			}
			name := fmt.Sprintf("w%03d", n)
			s := c.Create(name)
			got, _ := c.Node(name)
			if held[name] = got; len(got) == 0 {
				t.Fatalf("node %d of %d planned gets nothing: %v", n, p.Request.Nodes, s)
			}
			var want []string
			for _, q := range p.NodePodCIDRs(n) {
				want = append(want, q.String())
			}
			if dualFrom >= 0 { // the second family begins at its first subnet
				q, _ := p.NodeSubnet(n-dualFrom, p.Families[1])
				want[1] = q.String()
			}
			if !slices.Equal(got, want) {
				t.Fatalf("node %d gets %v, planned %v", n, got, want)
			}
		},
		"more nodes": func(t *rapid.T) {
			more := rapid.IntRange(1, 200).Draw(t, "more")
			if !again(t, func(r *Request) { r.Nodes += more }) && p.Capacity().Nodes >= uint64(p.Request.Nodes+p.Request.Surge+more) {
				t.Fatalf("room for %d nodes, and not for %d and %d more", p.Capacity().Nodes, p.Request.Nodes, more)
			}
		},
		"more services": func(t *rapid.T) {
			again(t, func(r *Request) { r.Services += rapid.IntRange(1, 5000).Draw(t, "more") })
		},
		"surge": func(t *rapid.T) { again(t, func(r *Request) { r.Surge++ }) },
		"grow":  func(t *rapid.T) { again(t, func(r *Request) { r.Grow++ }) },
		"a site takes a range elsewhere": func(t *rapid.T) {
			q := drawPrefix(t, "site", 24, prefixtest.List("10.0.0.0/8 172.16.0.0/12 fd00::/40")...)
			// Hosts may lie in somebody's network.
			hit := slices.ContainsFunc(p.Ranges, func(x Range) bool { return x.Role != fact.RoleHosts && x.Prefix.Overlaps(q) })
			if planned := avoid(t, q); planned == hit {
				t.Fatalf("%v is taken, pods or services lie in it: %v, planned: %v; ranges %s", q, hit, planned, ranges(p))
			}
		},
		"a second family": func(t *rapid.T) {
			if len(p.Families) == 2 {
				t.Skip("it has two")
			}
			if again(t, func(r *Request) { r.Families = append(slices.Clone(p.Families), fact.IPv4+fact.IPv6-p.Families[0]) }) {
				dualFrom = len(held)
			} else if len(p.Request.Avoid) == 0 {
				t.Fatal("no plan with a second family, and nothing is taken")
			}
		},
		"": func(t *rapid.T) {
			for _, x := range old {
				if !slices.ContainsFunc(p.Ranges, func(y Range) bool { return x.Role == y.Role && x.Prefix == y.Prefix }) {
					t.Fatalf("%s %v has moved: %s", x.Role, x.Prefix, ranges(p))
				}
			}
			for name, want := range held {
				if got, _ := c.Node(name); !slices.Equal(got, want) {
					t.Fatalf("%s held %v and holds %v", name, want, got)
				}
			}
		},
	})
}
