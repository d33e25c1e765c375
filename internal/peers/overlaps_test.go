package peers

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/gaissmai/bart"
	"github.com/kubecidr/kubecidr/cidr"
	"github.com/yl2chen/cidranger"
)

// overlapPeers call f for each pair of overlapping prefixes, with their indices in any order.
var overlapPeers = []struct {
	name  string
	most  int // prefixes that it is asked about
	pairs func(tb testing.TB, ps []netip.Prefix, nets []*net.IPNet, f func(i, j int))
}{
	{"kubecidr", 100_000, func(_ testing.TB, ps []netip.Prefix, _ []*net.IPNet, f func(int, int)) {
		for i, j := range cidr.Overlaps(ps) {
			f(i, j)
		}
	}},
	{"bart", 100_000, func(_ testing.TB, ps []netip.Prefix, _ []*net.IPNet, f func(int, int)) {
		// The table holds one value for a prefix: the last index, from which the earlier ones of equal prefixes are linked.
		var t bart.Table[int]
		same := make([]int, len(ps))
		each := func(i int, g func(int)) {
			for ; i >= 0; i = same[i] {
				g(i)
			}
		}
		for i, p := range ps {
			for q, j := range t.Supernets(p) {
				if q != p {
					each(j, func(j int) { f(j, i) })
				}
			}
			same[i] = -1
			for q, j := range t.Subnets(p) {
				each(j, func(j int) { f(j, i) })
				if q == p {
					same[i] = j
				}
			}
			t.Insert(p, i)
		}
	}},
	{"cidranger", 100_000, func(tb testing.TB, ps []netip.Prefix, nets []*net.IPNet, f func(int, int)) {
		// It holds one entry for a network too.
		r := cidranger.NewPCTrieRanger()
		at := make(map[netip.Prefix][]int, len(ps))
		for i, p := range ps {
			if at[p] == nil {
				must(tb, r.Insert(entry{*nets[i], p}))
			}
			at[p] = append(at[p], i)
		}
		for i, p := range ps {
			es, err := r.ContainingNetworks(nets[i].IP)
			must(tb, err)
			for _, e := range es {
				q := e.(entry).p
				if q.Bits() > p.Bits() {
					continue
				}
				for _, j := range at[q] {
					if q != p || j < i {
						f(j, i)
					}
				}
			}
		}
	}},
	{"netip-pairwise", 10_000, func(_ testing.TB, ps []netip.Prefix, _ []*net.IPNet, f func(int, int)) {
		for i, p := range ps {
			for j := range i {
				if p.Overlaps(ps[j]) {
					f(j, i)
				}
			}
		}
	}},
}

type entry struct {
	n net.IPNet
	p netip.Prefix
}

func (e entry) Network() net.IPNet { return e.n }

func TestOverlaps(t *testing.T) {
	ps := overlapping(3000)
	copy(ps[100:], ps[:50]) // equal ones
	want := map[[2]int]bool{}
	for i, p := range ps {
		for j := i + 1; j < len(ps); j++ {
			if p.Overlaps(ps[j]) {
				want[[2]int{i, j}] = true
			}
		}
	}
	if len(want) < 50 {
		t.Fatal("too few pairs to tell", len(want))
	}
	for _, peer := range overlapPeers {
		got := map[[2]int]bool{}
		peer.pairs(t, ps, ipNets(ps), func(i, j int) {
			k := [2]int{min(i, j), max(i, j)}
			if got[k] || !want[k] {
				t.Errorf("%s: %v %v, twice %v", peer.name, ps[i], ps[j], got[k])
			}
			got[k] = true
		})
		if len(got) != len(want) {
			t.Errorf("%s: %d pairs, want %d", peer.name, len(got), len(want))
		}
	}
}

func BenchmarkOverlaps(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		ps := overlapping(n)
		nets := ipNets(ps)
		want := 0
		for range cidr.Overlaps(ps) {
			want++
		}
		for _, peer := range overlapPeers {
			if n > peer.most {
				continue
			}
			b.Run(fmt.Sprintf("n=%d/peer=%s", n, peer.name), func(b *testing.B) {
				loop(b, func() {
					n := 0
					peer.pairs(b, ps, nets, func(int, int) { n++ })
					if n != want {
						b.Fatal(n, want)
					}
				})
			})
		}
	}
}
