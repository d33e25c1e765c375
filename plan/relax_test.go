package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// crowd returns n /24s of 10.0.0.0/8, evenly spread.
func crowd(n int) []fact.Reservation {
	var out []fact.Reservation
	for i := range n {
		at := i * (1 << 16 / n)
		a := netip.AddrFrom4([4]byte{10, byte(at >> 8), byte(at)})
		out = append(out, fact.Reservation{Prefix: netip.PrefixFrom(a, 24), Name: fmt.Sprint("site ", i)})
	}
	return out
}

// TestSpaceShared: requests that differ in numbers alone are judged in one space. With thousands of ranges to be avoided it is
// the making of spaces that takes time, and relaxations are found by judging a hundred requests.
func TestSpaceShared(t *testing.T) {
	c := spaceCache{}
	r := Request{Families: []fact.Family{fact.IPv4, fact.IPv6}, Within: prefixtest.List("10.0.0.0/8 fd00::/48"), Nodes: 5000, PodsPerNode: 250, Avoid: crowd(5000)}
	if c.feasible(r) {
		t.Fatal("feasible, wanted a request that is not")
	}
	first := c[fact.IPv4]
	fewer := r.clone()
	fewer.Nodes, fewer.PodsPerNode, fewer.Services = 5, 30, 100
	if !c.feasible(fewer) || c[fact.IPv4] != first || c[fact.IPv6] == nil {
		t.Error("fewer nodes: not feasible, or in another space")
	}
	if p, err := c.solve(fewer); err != nil || p.Validate() != nil || c[fact.IPv4] != first {
		t.Errorf("a plan: %v, or made in another space", err)
	}
	if !c.feasible(fewer) {
		t.Error("planning took from the shared space")
	}
	for name, change := range map[string]func(*Request){
		"other blocks to draw from": func(r *Request) { r.Within = prefixtest.List("10.0.0.0/9 fd00::/48") },
		"one range less to avoid":   func(r *Request) { r.Avoid = r.Avoid[1:] },
		"a pin":                     func(r *Request) { r.Pins = pins("hosts=10.0.0.0/24") },
	} {
		other := fewer.clone()
		change(&other)
		if c.feasible(other); c[fact.IPv4] == first {
			t.Errorf("%s: judged in the same space", name)
		}
		c[fact.IPv4] = first
	}
}

// TestManyInTheWay: thousands of ranges in the way of two pins leave a message that can be read, and the pins are what is given up.
func TestManyInTheWay(t *testing.T) {
	r := Request{Pins: pins("pods=10.0.0.0/9 services=10.128.0.0/12"), Avoid: crowd(15000)}
	_, err := New(r)
	e, ok := errtype.As[*InfeasibleError](err)
	if !ok {
		t.Fatalf("New: %v, want an *InfeasibleError", err)
	}
	if n := len(e.Conflicts); n < 9000 {
		t.Errorf("%d conflicts, want one for each site in a pin", n)
	}
	if s := err.Error(); len(s) > 3000 || !strings.Contains(s, " more") {
		t.Errorf("a message of %d bytes: %.500s", len(s), s)
	}
	want := "pods not pinned to 10.0.0.0/9 and services not pinned to 10.128.0.0/12"
	if len(e.Relaxations) == 0 || e.Relaxations[0].Change != want {
		t.Errorf("relaxations %v, want %q first", e.Relaxations, want)
	}
	checkRelaxations(t, e)
}

// TestRelaxations: all that is offered, in its order, counted by hand. The space to draw from is public in most rows, which is not widened, and
// private space is taken, so that nothing else helps.
func TestRelaxations(t *testing.T) {
	taken := plantest.Avoid("10.0.0.0/8 172.16.0.0/12 100.64.0.0/10 192.168.0.0/16")
	// pods asks for pods alone.
	pods := func(within string, r Request) Request {
		r.Within, r.Hosts = prefixtest.List(within), prefixtest.List("192.0.2.0/24")
		r.Pins, r.Avoid = append(r.Pins, pins("services=203.0.112.0/22")...), append(r.Avoid, taken...)
		return r
	}
	two := func(r Request) Request {
		r.Within, r.Hosts, r.Avoid = prefixtest.List("198.18.0.0/20"), prefixtest.List("192.0.2.0/24"), taken
		return r
	}
	const eleven = "198.18.0.0/24 198.18.1.0/24 198.18.2.0/24 198.18.3.0/24 198.18.4.0/24 198.18.5.0/25 198.18.5.128/25 198.18.6.0/25 198.18.6.128/25 198.18.7.0/25 198.18.7.128/25"
	for _, tt := range []struct {
		name string
		req  Request
		want []string
	}{
		// 2,048 /24s are a /13, 256 of them the /16; so are 2,048 /27s, half of whose addresses are for 16 pods.
		{"an eighth of the nodes", pods("198.18.0.0/16", Request{Nodes: 2048}),
			[]string{"110 -> 16 pods on a node", "2,048 -> 256 nodes"}},
		{"a sixteenth: a quarter of both as well", pods("198.18.0.0/16", Request{Nodes: 4096}),
			[]string{"4,096 -> 1,024 nodes and 110 -> 32 pods on a node", "110 -> 8 pods on a node", "4,096 -> 256 nodes"}},
		{"a sixty-fourth: two other numbers as well", pods("198.18.0.0/16", Request{Nodes: 16384}),
			[]string{"16,384 -> 512 nodes and 2 -> 1 address for each pod of a node", "16,384 -> 2,048 nodes and 110 -> 16 pods on a node", "16,384 -> 256 nodes", "110 -> 1 pod on a node"}},
		// A /29 for two pods, a /30 for one.
		{"as few pods as there can be", pods("198.18.0.0/21", Request{Nodes: 4096, PodsPerNode: 2}),
			[]string{"4,096 -> 512 nodes and 2 -> 1 pod on a node", "4,096 -> 256 nodes"}},
		{"beside a wider block", Request{Nodes: 4096, PodsPerNode: 2, Within: prefixtest.List("10.0.0.0/21"), Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("services=203.0.112.0/22"), Avoid: plantest.Avoid("172.16.0.0/12 100.64.0.0/10 192.168.0.0/16")},
			[]string{"draw from 10.0.0.0/17 instead of 10.0.0.0/21", "4,096 -> 512 nodes and 2 -> 1 pod on a node", "4,096 -> 256 nodes"}},
		{"both are turned down together once", pods("198.18.0.0/21", Request{Nodes: 8192, PodsPerNode: 2}),
			[]string{"8,192 -> 512 nodes and 2 -> 1 pod on a node", "8,192 -> 256 nodes"}},
		{"a /30 for one pod", pods("198.18.0.0/28", Request{Nodes: 4, PodsPerNode: 2}), []string{"2 -> 1 pod on a node", "4 -> 2 nodes"}},
		{"a pod has sixteen addresses", pods("198.18.0.0/26", Request{Nodes: 4, PodsPerNode: 2, Churn: 16}),
			[]string{"16 -> 1 address for each pod of a node", "2 -> 1 pod on a node", "4 -> 2 nodes"}},
		{"a /26 holds 61 pods at a time", pods("198.18.0.0/24", Request{Nodes: 4, Churn: 1}), []string{"110 -> 61 pods on a node", "4 -> 2 nodes"}},
		{"one address for each pod", pods("198.18.0.0/21", Request{Nodes: 10}), []string{"2 -> 1 address for each pod of a node", "110 -> 64 pods on a node", "10 -> 8 nodes"}},
		// A /20 for 4,000 services, and one for ten /24s.
		{"services and one of three numbers", two(Request{Nodes: 10, Services: 4000}), []string{
			"services /20 -> /21 (4,000 -> 2,044 services) and 2 -> 1 address for each pod of a node",
			"services /20 -> /21 (4,000 -> 2,044 services) and 110 -> 64 pods on a node",
			"services /20 -> /21 (4,000 -> 2,044 services) and 10 -> 8 nodes"}},
		{"services and the node mask", two(Request{Nodes: 8, Services: 4000, NodeMaskIPv4: 20}), []string{
			"services /20 -> /21 (4,000 -> 2,044 services) and node masks as derived from the pods of a node"}},
		// One node with 2,600 pods is a /19, with 2,048 the /20.
		{"one node is too many: as many pods as it can have", pods("198.18.0.0/20", Request{Nodes: 10, PodsPerNode: 2600}),
			[]string{"10 -> 1 node and 2 -> 1 address for each pod of a node", "2,600 -> 128 pods on a node", "10 -> 1 node and 2,600 -> 2,048 pods on a node"}},
		// 14 nodes and 3 addresses of the hosts' range are 17.
		{"a node less, beside others during a rollout", Request{Nodes: 10, Surge: 4, Within: prefixtest.List("198.18.0.0/20 198.19.0.0/22 203.0.113.0/28"), Avoid: taken},
			[]string{"services /22 -> /23 (1,000 -> 508 services)", "2 -> 1 address for each pod of a node", "110 -> 64 pods on a node", "4 -> 3 nodes more during a rollout", "10 -> 9 nodes"}},
		{"hosts, rather than thrice as wide a block", Request{HostCount: 2000, Within: prefixtest.List("10.0.0.0/24"), Pins: pins("services=203.0.112.0/22 pods=198.18.0.0/20")}, []string{
			"2,000 -> 253 host addresses", "draw from 10.0.0.0/21 instead of 10.0.0.0/24", "draw from 172.16.0.0/12 as well", "draw from 192.168.0.0/16 as well", "draw from 100.64.0.0/10 as well"}},
		{"the whole of a private range", Request{Nodes: 4096, Within: prefixtest.List("172.16.0.0/16"), Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("services=203.0.112.0/22"), Avoid: plantest.Avoid("10.0.0.0/8 100.64.0.0/10 192.168.0.0/16")},
			[]string{"draw from 172.16.0.0/12 instead of 172.16.0.0/16", "4,096 -> 1,024 nodes and 110 -> 32 pods on a node", "110 -> 8 pods on a node", "4,096 -> 256 nodes"}},
		{"but no more than that", Request{Nodes: 8192, Within: prefixtest.List("172.16.0.0/13"), Hosts: prefixtest.List("192.0.2.0/24"), Pins: pins("services=203.0.112.0/22"), Avoid: plantest.Avoid("10.0.0.0/8 100.64.0.0/10 192.168.0.0/16")},
			[]string{"110 -> 32 pods on a node", "8,192 -> 2,048 nodes"}},
		{"any two of three that overlap each other", Request{Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=10.244.0.0/20 pods=10.244.0.0/16")}, []string{
			"services not pinned to 10.244.0.0/20 and pods not pinned to 10.244.0.0/16",
			"services not pinned to 10.244.0.0/20 and hosts elsewhere",
			"pods not pinned to 10.244.0.0/16 and hosts elsewhere"}},
		{"eight in the way: two that are enough", pods("198.18.0.0/20", Request{Nodes: 8, Avoid: plantest.Avoid("198.18.0.0/24 198.18.4.0/24 198.18.8.0/24 198.18.9.0/24 198.18.10.0/24 198.18.12.0/24 198.18.13.0/24 198.18.14.0/24")}),
			[]string{"110 -> 32 pods on a node", "8 -> 2 nodes", "give up 198.18.0.0/24 (vpn) and give up 198.18.4.0/24 (vpn)"}},
		{"nine: no more than one at a time", pods("198.18.0.0/20", Request{Nodes: 8, Avoid: plantest.Avoid("198.18.0.0/24 198.18.4.0/24 198.18.8.0/24 198.18.9.0/24 198.18.10.0/24 198.18.12.0/24 198.18.13.0/24 198.18.14.0/24 198.18.15.0/24")}),
			[]string{"110 -> 32 pods on a node", "8 -> 2 nodes"}},
		{"four of eight, nothing is free", pods("198.18.0.0/20", Request{Nodes: 8, Avoid: plantest.Avoid("198.18.0.0/23 198.18.2.0/23 198.18.4.0/23 198.18.6.0/23 198.18.8.0/23 198.18.10.0/23 198.18.12.0/23 198.18.14.0/23")}), []string{
			"give up 198.18.0.0/23 (vpn) and give up 198.18.2.0/23 (vpn) and give up 198.18.4.0/23 (vpn) and give up 198.18.6.0/23 (vpn)",
			"give up 198.18.8.0/23 (vpn) and give up 198.18.10.0/23 (vpn) and give up 198.18.12.0/23 (vpn) and give up 198.18.14.0/23 (vpn)"}},
		{"five would do: all but the hosts, since no more than four are tried in combination",
			Request{Nodes: 8, Within: prefixtest.List("198.18.0.0/21 198.19.0.0/24"), Hosts: prefixtest.List("198.19.0.0/25"), Pins: pins("services=203.0.112.0/22"),
				Avoid: slices.Concat(plantest.Avoid("198.18.0.0/23 198.18.2.0/23 198.18.4.0/23 198.18.6.0/24 198.18.7.0/24 198.19.0.128/25"), taken)},
			[]string{"give up 198.18.0.0/23 (vpn) and give up 198.18.2.0/23 (vpn) and give up 198.18.4.0/23 (vpn) and give up 198.18.6.0/24 (vpn) and give up 198.18.7.0/24 (vpn) and give up 198.19.0.128/25 (vpn)"}},
		{"a pin, and eleven ranges in it", pods("198.18.0.0/21", Request{Nodes: 8, Pins: pins("pods=198.18.0.0/21"), Avoid: plantest.Avoid(eleven)}), []string{
			"pods not pinned to 198.18.0.0/21 and give up " + strings.ReplaceAll(eleven, " ", " (vpn) and give up ") + " (vpn)"}},
		{"twelve: too many", pods("198.18.0.0/21", Request{Nodes: 8, Pins: pins("pods=198.18.0.0/21"), Avoid: plantest.Avoid(strings.Replace(eleven, "198.18.4.0/24", "198.18.4.0/25 198.18.4.128/25", 1))}), nil},
		{"contradictory, and too much", Request{Nodes: 100000, Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=10.1.0.0/16")},
			[]string{"services not pinned to 10.1.0.0/16 and 100,000 -> 4,096 nodes"}},
	} {
		_, err := New(tt.req)
		e, ok := errtype.As[*InfeasibleError](err)
		if !ok {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, r := range e.Relaxations {
			got = append(got, r.Change)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
		checkRelaxations(t, e)
	}
}

// TestHostsElsewhere: whoever gives up the hosts' ranges, pinned or not, keeps what else is pinned.
func TestHostsElsewhere(t *testing.T) {
	for _, r := range []Request{
		{Hosts: prefixtest.List("10.0.0.0/8"), Pins: pins("services=10.96.0.0/16")},
		{Pins: pins("hosts=10.0.0.0/8 services=10.96.0.0/16")},
	} {
		_, err := New(r)
		e, ok := errtype.As[*InfeasibleError](err)
		if !ok {
			t.Fatal(err)
		}
		i := slices.IndexFunc(e.Relaxations, func(r Relaxation) bool { return r.Change == "hosts elsewhere" })
		if i < 0 {
			t.Fatal(err)
		}
		if got, want := ranges(e.Relaxations[i].Plan), "hosts 10.0.0.0/24, services 10.96.0.0/16, pods 10.244.0.0/16"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestInfeasibleText: how much one line tells.
func TestInfeasibleText(t *testing.T) {
	e := &InfeasibleError{}
	for i := range 10 {
		e.Conflicts = append(e.Conflicts, &ConflictError{
			A: Claim{Prefix: netip.MustParsePrefix("10.0.0.0/8"), Role: fact.RoleHosts, By: "hosts"},
			B: Claim{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i)}), 16), Role: fact.RoleReserved, By: "vpn"},
		})
	}
	for _, c := range []string{"a", "b", "c", "d"} {
		e.Relaxations = append(e.Relaxations, Relaxation{Change: c})
	}
	var causes []string
	for i := range 10 {
		causes = append(causes, fmt.Sprintf("hosts 10.0.0.0/8 overlaps 10.%d.0.0/16 (vpn)", i))
	}
	for _, tt := range []struct {
		conflicts, relaxations int
		want                   string
	}{
		{1, 0, causes[0]},
		{2, 1, causes[0] + "; " + causes[1] + "; would be possible with: a"},
		{1, 3, causes[0] + "; would be possible with: a, or b, or c"},
		{1, 4, causes[0] + "; would be possible with: a, or b, or c"},
		{8, 0, strings.Join(causes[:8], "; ")},
		{9, 0, strings.Join(causes[:8], "; ") + "; and 1 more"},
		{10, 2, strings.Join(causes[:8], "; ") + "; and 2 more; would be possible with: a, or b"},
	} {
		part := *e
		part.Conflicts, part.Relaxations = e.Conflicts[:tt.conflicts], e.Relaxations[:tt.relaxations]
		if got, want := part.Error(), "no plan exists: "+tt.want; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	s := &Shortage{Family: fact.IPv4, Err: errors.New("why"), Within: prefixtest.List("10.0.0.0/8"), Wanted: []Demand{{Role: fact.RolePods, Bits: 16}}}
	for n, want := range []string{"", "; in the way: 10.0.0.0/16 (vpn)", "; in the way: 10.0.0.0/16 (vpn), 10.1.0.0/16 (vpn)",
		"; in the way: 10.0.0.0/16 (vpn), 10.1.0.0/16 (vpn), 10.2.0.0/16 (vpn)", "; in the way: 10.0.0.0/16 (vpn), 10.1.0.0/16 (vpn), 10.2.0.0/16 (vpn) and 1 more",
		"; in the way: 10.0.0.0/16 (vpn), 10.1.0.0/16 (vpn), 10.2.0.0/16 (vpn) and 2 more"} {
		s.InTheWay = nil
		for _, c := range e.Conflicts[:n] {
			s.InTheWay = append(s.InTheWay, Obstacle{Claim: c.B})
		}
		if got, want := s.Error(), "IPv4: 10.0.0.0/8 has no room for pods /16: why"+want; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
