package repair

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// TestRepairLarge keeps thousands of nodes, healthy or all wrong, within seconds.
func TestRepairLarge(t *testing.T) {
	const n = 5000
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: "10.0.0.0/8,fd00::/48"}
	at := func(i, v4, v6 int) nodeipam.InventoryNode {
		return nodeipam.InventoryNode{Name: fmt.Sprintf("n%05d", i), PodCIDRs: []string{
			netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(v4 >> 8), byte(v4), 0}), 24).String(),
			netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 6: byte(v6 >> 8), 7: byte(v6)}), 64).String(),
		}}
	}
	for _, tt := range []struct {
		name    string
		node    func(i int) nodeipam.InventoryNode
		drained int
	}{
		{"healthy", func(i int) nodeipam.InventoryNode { return at(i, i, i) }, 0},
		{"all the same", func(i int) nodeipam.InventoryNode { return at(i, 0, 0) }, n - 1},
		{"pairs in both families, shifted", func(i int) nodeipam.InventoryNode { return at(i, i/2, (i+1)/2) }, n / 2},
		{"all wide", func(i int) nodeipam.InventoryNode {
			m := at(i, i, i)
			m.PodCIDRs[0] = "10.0.0.0/8"
			return m
		}, n},
		{"all outside of the range", func(i int) nodeipam.InventoryNode {
			m := at(i, i, i)
			m.PodCIDRs[0] = netip.PrefixFrom(netip.AddrFrom4([4]byte{192, byte(i >> 8), byte(i), 0}), 24).String()
			return m
		}, 0}, // the old range is put back
		{"of different sizes, in each other", func(i int) nodeipam.InventoryNode {
			m := at(i, i, i)
			m.PodCIDRs[0] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24-i%9).Masked().String()
			return m
		}, n * 8 / 9},
		{"none has any", func(i int) nodeipam.InventoryNode { return nodeipam.InventoryNode{Name: fmt.Sprintf("n%05d", i)} }, 0},
	} {
		inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: f}}}
		for i := range n {
			inv.Nodes = append(inv.Nodes, tt.node(i))
			inv.Taken = append(inv.Taken, fact.Reservation{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16, byte(i >> 8), byte(i)}), 32)})
		}
		start := time.Now()
		r, err := New(inv)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := r.Best()
		if got := len(w.Drained); got < tt.drained-1 || got > tt.drained+1 || len(r.RangeFaults) > 0 {
			t.Errorf("%s: %d drained, want %d; %v", tt.name, got, tt.drained, r.RangeFaults)
		}
		t.Logf("%s: %v", tt.name, time.Since(start))
	}
}
