package plan

import (
	"math"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/plantest"
)

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		req                   Request
		nodes, pods, services int
		want                  string
	}{
		{"a /22: 110 pods on a node as usual", Request{Within: prefixtest.List("10.20.0.0/22")}, 2, 128, 252, "hosts 10.20.3.0/24, services 10.20.2.0/24, pods 10.20.0.0/23"},
		{"a /16", Request{Within: prefixtest.List("10.20.0.0/16")}, 128, 128, 16380, "hosts 10.20.192.0/24, services 10.20.128.0/18, pods 10.20.0.0/17"},
		{"nodes are asked for", Request{Nodes: 40, Within: prefixtest.List("10.20.0.0/16")}, 40, 256, 16380, "hosts 10.20.192.0/24, services 10.20.128.0/18, pods 10.20.0.0/17"},
		{"pods and services are asked for", Request{PodsPerNode: 30, Services: 250, Within: prefixtest.List("10.20.0.0/22")}, 8, 30, 250, ""},
		{"a /26: the pods of a node bend", Request{Within: prefixtest.List("10.20.0.0/26")}, 1, 29, 12, ""},
		{"a kept range: no more nodes than it can be widened to", Request{Keep: pins("pods=10.20.0.0/20"), Held: nodeSubnets("10.20.0.0/20", 24, 5), Within: prefixtest.List("10.20.0.0/18")}, 32, 128, 4092, ""},
	} {
		p, err := Fit(tt.req)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if r := p.Request; r.Nodes != tt.nodes || r.PodsPerNode != tt.pods || r.Services != tt.services || tt.want != "" && ranges(p) != tt.want {
			t.Errorf("%s: %d nodes, %d pods on each, %d services: %s; want %d, %d, %d: %s", tt.name, r.Nodes, r.PodsPerNode, r.Services, ranges(p), tt.nodes, tt.pods, tt.services, tt.want)
		}
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Fit(Request{Within: prefixtest.List("10.20.0.0/28")}); err == nil {
		t.Error("a /28 holds a cluster")
	}
}

func TestTradeoffs(t *testing.T) {
	got, err := Tradeoffs(Request{Within: prefixtest.List("10.20.0.0/22"), Avoid: plantest.Avoid("10.20.3.0/26")})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got {
		p, err := New(x.Request)
		if err != nil || p.NodeMaskIPv4 != x.NodeMask {
			t.Errorf("%+v: %v", x, err)
		}
		if i > 0 && got[i-1].PodsPerNode <= x.PodsPerNode {
			t.Errorf("%d pods on a node after %d", x.PodsPerNode, got[i-1].PodsPerNode)
		}
	}
	if len(got) < 4 || got[0].NodeMask != 23 {
		t.Errorf("%d ways, the first with /%d", len(got), got[0].NodeMask)
	}
}

// bruteFit reports whether hosts, services and pods have room, by trying every placement.
func bruteFit(r Request, nodes, pods, services int) bool {
	log := func(n int) int { return int(math.Ceil(math.Log2(float64(n)))) }
	mask := 32 - max(log(pods+3), log(int(math.Ceil(float64(pods)*r.Churn))))
	lengths := []int{min(28, mask-log(nodes)), min(28, 32-log(services+4)), 32 - max(2, log(nodes+3))}
	var place func(lengths []int, taken []netip.Prefix) bool
	place = func(lengths []int, taken []netip.Prefix) bool {
		if len(lengths) == 0 {
			return true
		}
		if lengths[0] < 24 {
			return false
		}
		for a := 0; a < 256; a += 1 << (32 - lengths[0]) {
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(a)}), lengths[0])
			in := slices.ContainsFunc(r.Within, func(w netip.Prefix) bool { return w.Bits() <= p.Bits() && w.Contains(p.Addr()) })
			if in && !slices.ContainsFunc(taken, p.Overlaps) && place(lengths[1:], append(taken, p)) {
				return true
			}
		}
		return false
	}
	var taken []netip.Prefix
	for _, x := range r.Avoid {
		taken = append(taken, x.Prefix)
	}
	return place(lengths, taken)
}

// TestFitOracle: Fit finds as many nodes, then pods, then services as trying every placement for every number does.
func TestFitOracle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Blocks of the space are canonical and not neighbours that would merge into one.
		r := Request{Within: prefixtest.List(rapid.SampledFrom([]string{"10.0.0.0/24", "10.0.0.0/25 10.0.0.192/26", "10.0.0.64/26 10.0.0.128/25", "10.0.0.0/26 10.0.0.160/27 10.0.0.224/28"}).Draw(rt, "within")),
			Churn: rapid.SampledFrom([]float64{1, 2}).Draw(rt, "churn")}
		for range rapid.IntRange(0, 2).Draw(rt, "avoid") {
			r.Avoid = append(r.Avoid, fact.Reservation{Prefix: drawPrefix(rt, "avoid", 30, netip.MustParsePrefix("10.0.0.0/26"), netip.MustParsePrefix("10.0.0.128/26"))})
		}
		if rapid.Bool().Draw(rt, "pods asked") {
			r.PodsPerNode = rapid.IntRange(1, 30).Draw(rt, "pods")
		}
		if rapid.Bool().Draw(rt, "nodes asked") {
			r.Nodes = rapid.IntRange(1, 8).Draw(rt, "nodes")
		}
		if rapid.Bool().Draw(rt, "services asked") {
			r.Services = rapid.IntRange(1, 60).Draw(rt, "services")
		}
		nodes, pods, services := max(1, r.Nodes), r.PodsPerNode, max(1, r.Services)
		if pods == 0 {
			for pods = 110; pods > 1 && !bruteFit(r, nodes, pods, services); pods-- {
			}
		}
		p, err := Fit(r)
		if bruteFit(r, nodes, pods, services) != (err == nil) {
			rt.Fatalf("%d nodes, %d pods, %d services have room, but: %v", nodes, pods, services, err)
		}
		if err != nil {
			return
		}
		for r.Nodes == 0 && bruteFit(r, nodes+1, pods, services) {
			nodes++
		}
		for r.PodsPerNode == 0 && bruteFit(r, nodes, pods+1, services) {
			pods++
		}
		for r.Services == 0 && bruteFit(r, nodes, pods, services+1) {
			services++
		}
		if q := p.Request; q.Nodes != nodes || q.PodsPerNode != pods || q.Services != services {
			rt.Fatalf("%d nodes, %d pods, %d services; as many as fit are %d, %d, %d", q.Nodes, q.PodsPerNode, q.Services, nodes, pods, services)
		}
		if err := p.Validate(); err != nil {
			rt.Fatal(err)
		}
	})
}
