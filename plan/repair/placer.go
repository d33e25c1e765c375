package repair

import (
	"net/netip"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A placer hands out subnets to nodes that are mended one after the other.
type placer struct {
	rules nodeRules
	pools []*cidr.Pool              // for each range, used: kept by a right node, given already, or not usable
	held  map[string][]netip.Prefix // what nodes that are not yet mended hold

	// What mark works out. It stays on the safe side, since nodes that are mended hold less and less, until it is
	// worked out again.
	clean []*cidr.Pool    // used: used in pools, or held by any of them
	alone map[string]bool // nodes of which no other of them holds a part
	stale bool
}

// mark works out clean and alone.
func (p *placer) mark() {
	p.stale = false
	p.clean = nil
	for i, pool := range p.pools {
		clean := pool.Clone()
		seen := map[netip.Prefix]bool{}
		for _, held := range p.held {
			for _, q := range held {
				if !seen[q] && q.Overlaps(p.rules.ranges[i]) {
					seen[q] = true
					_ = clean.Occupy(q) // it overlaps, so it is inside or around
				}
			}
		}
		p.clean = append(p.clean, clean)
	}
	p.alone = make(map[string]bool, len(p.held))
	var list []check.Candidate
	for name, held := range p.held {
		list = append(list, check.Candidate{Node: nodeipam.InventoryNode{Name: name}, Held: held})
	}
	for _, group := range check.Components(list) {
		if len(group) == 1 {
			p.alone[list[group[0]].Node.Name] = true
		}
	}
}

// release takes note that n is deleted.
func (p *placer) release(n nodeipam.InventoryNode) {
	if _, ok := p.held[n.Name]; ok {
		delete(p.held, n.Name)
		p.stale = true
	}
}

// place finds subnets for n, one of each range, and takes them; nil where there are none. What it holds now and may
// keep it keeps. clean says that nothing may be touched that another node holds that is not yet mended.
func (p *placer) place(n nodeipam.InventoryNode, clean bool) []netip.Prefix {
	var got []netip.Prefix
	for i := range p.rules.ranges {
		q, ok := p.placeIn(i, n, clean)
		if !ok {
			return nil
		}
		got = append(got, q)
	}
	for i, q := range got {
		_ = p.pools[i].Occupy(q) // a subnet of both pools
		_ = p.clean[i].Occupy(q)
	}
	return got
}

func (p *placer) placeIn(i int, n nodeipam.InventoryNode, clean bool) (netip.Prefix, bool) {
	own := p.alone[n.Name] || !clean
	// Its own, if that is right in this family.
	if i < len(n.PodCIDRs) && own {
		if q, ok := nodeipam.ParsePodCIDR(n.PodCIDRs[i]); ok && q.Bits() == p.rules.masks[i] && p.rules.ranges[i].Overlaps(q) && p.pools[i].IsFree(q) {
			return q, true
		}
	}
	for q := range p.clean[i].FreeSubnets() {
		return q, true
	}
	if !clean {
		for q := range p.pools[i].FreeSubnets() {
			return q, true
		}
		return netip.Prefix{}, false
	}
	if !own {
		return netip.Prefix{}, false
	}
	// What only it holds itself is free once it is deleted.
	split := p.pools[i].Split()
	for _, q := range p.held[n.Name] {
		if !q.Overlaps(p.rules.ranges[i]) {
			continue
		}
		first, ok := split.Index(q.Addr())
		if !ok {
			first = 0 // it is larger than the range
		}
		for at := first; at < split.Len() && split.At(at).Overlaps(q); at++ {
			if sub := split.At(at); p.pools[i].IsFree(sub) {
				return sub, true
			}
		}
	}
	return netip.Prefix{}, false
}
