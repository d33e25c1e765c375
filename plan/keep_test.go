package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
)

// nodeSubnets returns the first n subnets of length bits of p.
func nodeSubnets(p string, bits, n int) []netip.Prefix {
	plan := &Plan{Families: []fact.Family{fact.IPv4}, Ranges: []Range{{Role: fact.RolePods, Prefix: netip.MustParsePrefix(p)}}, NodeMaskIPv4: bits}
	var out []netip.Prefix
	for i := range n {
		q, _ := plan.NodeSubnet(i, fact.IPv4)
		out = append(out, q)
	}
	return out
}

// TestKeep: what a living cluster has stays, or the error says what stands in the way.
func TestKeep(t *testing.T) {
	for _, tt := range []struct {
		name  string
		req   Request
		want  string   // ranges, or the error up to the remedies
		relax []string // some remedies, in their order
	}{
		{"enough as it is", Request{Keep: pins("pods=10.20.0.0/20"), Nodes: 16}, "hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.20.0.0/20", nil},
		{"widened to either side", Request{Keep: pins("pods=10.21.0.0/16"), Nodes: 300}, "hosts 10.0.0.0/23, services 10.96.0.0/12, pods 10.20.0.0/15", nil},
		{"hosts widened", Request{Keep: pins("hosts=10.1.1.0/26"), Nodes: 100}, "hosts 10.1.1.0/25, services 10.96.0.0/12, pods 10.244.0.0/16", nil},
		{"several ranges of hosts stay", Request{Keep: pins("hosts=10.1.1.0/26 hosts=10.1.2.0/26"), Nodes: 200}, "hosts 10.1.1.0/26, hosts 10.1.2.0/26, services 10.96.0.0/12, pods 10.244.0.0/16", nil},
		{"services are permanent", Request{Keep: pins("services=10.96.0.0/24")},
			"services 10.96.0.0/24: /22 or larger is needed, it is a /24: 1,000 services + 2 of the cluster (API server, DNS) + base and broadcast address = 1,004 addresses: /22; " +
				"the first service range is permanent, so what is kept stays as it is",
			[]string{"services /22 -> /24 (1,000 -> 252 services)", "services elsewhere than in 10.96.0.0/24, which is a new cluster"}},
		{"62 nodes, 100 wanted, services in the way", Request{Nodes: 100, Keep: pins("pods=10.233.64.0/18 services=10.233.0.0/18"), Held: nodeSubnets("10.233.64.0/18", 24, 62)},
			"keep pods 10.233.64.0/18, widened to 10.233.0.0/17, overlaps keep services 10.233.0.0/18",
			[]string{"100 -> 64 nodes", "node subnets /24 -> /25: 62 nodes to be drained, deleted and registered again", "pods elsewhere than in 10.233.64.0/18: 62 nodes"}},
		{"62 nodes, 100 wanted, room beside", Request{Nodes: 100, Keep: pins("pods=10.20.64.0/18"), Held: nodeSubnets("10.20.64.0/18", 24, 62)},
			"hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.20.0.0/17", nil},
		{"another mask beside nodes that hold theirs", Request{Nodes: 100, NodeMaskIPv4: 25, Keep: pins("pods=10.20.64.0/18"), Held: nodeSubnets("10.20.64.0/18", 24, 62)},
			"IPv4 pods: 62 nodes hold a /24 each, and a node mask of /25 beside them leads to overlaps", nil},
		{"a vpn beside", Request{Nodes: 300, Keep: pins("pods=10.20.0.0/16"), Avoid: plantest.Avoid("10.21.128.0/17")},
			"keep pods 10.20.0.0/16, widened to 10.20.0.0/15, overlaps 10.21.128.0/17 (vpn)",
			[]string{"300 -> 256 nodes", "give up 10.21.128.0/17 (vpn)"}},
		{"the edge of the space", Request{Nodes: 300, Keep: pins("pods=10.20.0.0/16"), Within: prefixtest.List("10.20.0.0/16 192.168.0.0/16")},
			"pods 10.20.0.0/16: widening it to 10.20.0.0/15 takes 10.21.0.0/16, which is not in the space to draw from (10.20.0.0/16,192.168.0.0/16)",
			[]string{"300 -> 256 nodes", "draw from 10.20.0.0/15 as well"}},
		{"F70: a pin that is too small is widened first", Request{Nodes: 40, Within: prefixtest.List("10.20.0.0/16"), Pins: pins("pods=10.20.0.0/20 services=10.20.128.0/22 hosts=10.20.160.0/24")},
			"pods 10.20.0.0/20: /18 or larger is needed", []string{"pods 10.20.0.0/18, which contains 10.20.0.0/20: nodes keep what they have"}},
		{"a subnet outside of what is kept", Request{Keep: pins("pods=10.20.0.0/20"), Held: prefixtest.List("10.20.31.0/24")}, "hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.20.0.0/19", nil},
		{"as many pods as their subnets hold", Request{Keep: pins("pods=10.20.0.0/20"), NodeMaskIPv4: 26}, "hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.20.0.0/20", nil},
		{"pods in all decide the nodes", Request{Pods: 11000}, "hosts 10.0.0.0/24, services 10.96.0.0/12, pods 10.244.0.0/16", nil},
	} {
		p, err := New(tt.req)
		if err == nil {
			if got := ranges(p); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
			if err := p.Validate(); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		e, ok := errtype.As[*InfeasibleError](err)
		if !ok || !strings.HasPrefix(err.Error(), "no plan exists: "+tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			continue
		}
		var changes []string
		for _, r := range e.Relaxations {
			changes = append(changes, r.Change)
		}
		rest := changes
		for _, want := range tt.relax {
			i := slices.IndexFunc(rest, func(s string) bool { return strings.HasPrefix(s, want) })
			if i < 0 {
				t.Errorf("%s: no remedy %q, or not in this order, among\n%s", tt.name, want, strings.Join(changes, "\n"))
				break
			}
			rest = rest[i+1:]
		}
		checkRelaxations(t, e)
	}
}

// TestKeepRefused: what does not make sense of a living cluster.
func TestKeepRefused(t *testing.T) {
	for _, tt := range []struct {
		req  Request
		want string
	}{
		{Request{Nodes: 3, HeldCount: 4}, "nodes 3: 4 nodes are registered already; ask for 4 or more"},
		{Request{Held: prefixtest.List("10.0.0.0/24 10.0.0.0/25")}, "held 10.0.0.0/25: overlaps 10.0.0.0/24: two nodes cannot hold the same addresses; fix the cluster first"},
		{Request{Keep: pins("pods=10.0.0.0/16"), Pins: pins("pods=10.1.0.0/16")}, "keep[0] pods=10.0.0.0/16: pin pods=10.1.0.0/16 does not contain it; leave one out"},
		{Request{Keep: pins("pods=10.0.0.0/16 pods=10.1.0.0/16")}, "keep[1] pods=10.1.0.0/16: contradicts pods=10.0.0.0/16: a cluster has one IPv4 range of pods; leave one out"},
		{Request{Pods: 1000, Nodes: 3, PodsPerNode: 10}, "pods 1000: 3 nodes with 10 pods each have room for 30; ask for more of either, or leave one out"},
	} {
		if _, err := New(tt.req); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// bruteKeep looks for a plan by trying every placement, and returns the pod range, the smallest that contains what is kept, and whether there is any.
func bruteKeep(r Request) (pods netip.Prefix, ok bool) {
	space := netip.MustParsePrefix("10.0.0.0/24")
	free := func(p, kept netip.Prefix, beside ...netip.Prefix) bool {
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			inside := kept.IsValid() && kept.Contains(a)
			for _, w := range r.Within {
				inside = inside || w.Contains(a)
			}
			if !inside {
				return false
			}
		}
		for _, x := range r.Avoid {
			if x.Prefix.Overlaps(p) {
				return false
			}
		}
		return !slices.ContainsFunc(beside, p.Overlaps)
	}
	all := func(bits int, yield func(netip.Prefix) bool) bool {
		for a := 0; a < 256; a += 1 << (32 - bits) {
			if yield(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(a)}), bits)) {
				return true
			}
		}
		return false
	}
	services, _ := r.WithDefaults().serviceNeedsOf()
	hosts := 30
	for 1<<(32-hosts) < r.Nodes+3 {
		hosts--
	}
	kept := r.Keep[0].Prefix
	for bits := kept.Bits(); bits >= space.Bits(); bits-- {
		q := netip.PrefixFrom(kept.Addr(), bits).Masked()
		if bits <= r.NodeMaskIPv4 && 1<<(r.NodeMaskIPv4-bits) >= r.Nodes && bits <= 28 {
			return q, free(q, kept) && all(services, func(s netip.Prefix) bool {
				return free(s, netip.Prefix{}, q) && all(hosts, func(h netip.Prefix) bool { return free(h, netip.Prefix{}, q, s) })
			})
		}
	}
	return netip.Prefix{}, false
}

func (r Request) serviceNeedsOf() (int, string) { return r.serviceNeeds(fact.IPv4) }

// TestKeepOracle: New finds a plan that keeps a pod range if and only if trying every placement does, and the pod range is the smallest that serves.
func TestKeepOracle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bits := rapid.IntRange(25, 28).Draw(rt, "bits")
		at := rapid.IntRange(0, 1<<(bits-24)-1).Draw(rt, "at") << (32 - bits)
		r := Request{
			NodeMaskIPv4: rapid.IntRange(28, 30).Draw(rt, "mask"), PodsPerNode: 1, Nodes: rapid.IntRange(1, 40).Draw(rt, "nodes"),
			Services: rapid.IntRange(1, 28).Draw(rt, "services"),
			Keep:     []Pin{{fact.RolePods, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(at)}), bits)}},
		}
		for range rapid.IntRange(1, 6).Draw(rt, "blocks") {
			r.Within = append(r.Within, drawPrefix(rt, "within", 28, netip.MustParsePrefix("10.0.0.0/24")))
		}
		if rapid.Bool().Draw(rt, "all") {
			r.Within = prefixtest.List("10.0.0.0/24")
		}
		for i := range rapid.IntRange(0, 2).Draw(rt, "avoid") {
			r.Avoid = append(r.Avoid, fact.Reservation{Prefix: drawPrefix(rt, "avoid", 30, netip.MustParsePrefix("10.0.0.0/24")), Name: fmt.Sprint(i)})
		}
		want, ok := bruteKeep(r)
		p, e := spaceCache{}.solve(r)
		switch {
		case (e == nil) != ok:
			rt.Fatalf("a plan exists: %v, found: %v %v", ok, p, e)
		case e != nil:
			return
		case p.Pods()[0] != want:
			rt.Fatalf("pods %v, the smallest range that serves is %v", p.Pods()[0], want)
		}
		if err := p.Validate(); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestHeldSubnets: nodes that are registered come first, and further ones get the lowest subnets that are free, as from the controller.
func TestHeldSubnets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := Request{Nodes: 8, Keep: pins("pods=10.20.0.0/20")}
		for i, q := range nodeSubnets("10.20.0.0/20", 24, 16) {
			if rapid.Bool().Draw(rt, fmt.Sprint(i)) && len(r.Held) < 8 {
				r.Held = append(r.Held, q)
			}
		}
		p, err := New(r)
		if err != nil {
			rt.Fatal(err)
		}
		c, err := p.Controller()
		if err != nil {
			rt.Fatal(err)
		}
		for i, h := range r.Held {
			c.Create(fmt.Sprint("old", i), h.String())
		}
		for i := range 16 {
			got, _ := p.NodeSubnet(i, p.Families[0])
			if i < len(r.Held) {
				if got != r.Held[i] {
					rt.Fatalf("node %d: %v, holds %v", i, got, r.Held[i])
				}
				continue
			}
			name := fmt.Sprint("new", i)
			c.Create(name)
			if want, _ := c.Node(name); len(want) != 1 || want[0] != got.String() {
				rt.Fatalf("node %d: %v, the controller gives %v", i, got, want)
			}
		}
	})
}
