package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

func (s *familySolver) addServices() {
	f, shortest := s.family, s.req.shortestFor(fact.RoleServices, s.family, 0)
	needs, sizing := s.req.serviceNeeds(f)
	if servicesLimited(f, s.req.Kubernetes) && needs < f.Bits()-maxServiceBitsIPv6 {
		s.limit(fact.RoleServices, netip.Prefix{}, needs, f.Bits()-maxServiceBitsIPv6,
			"before v1.33 no more than 65,535 addresses of an IPv6 range are handed out: %s", sizing)
		return
	}
	pinned := s.fixed(fact.RoleServices)
	for _, c := range pinned {
		switch b := c.Prefix.Bits(); {
		case b > needs:
			permanent := ""
			if c.Kept.IsValid() {
				permanent = "; the first service range is permanent, so what is kept stays as it is"
			}
			s.limit(fact.RoleServices, c.Prefix, needs, b, "/%d or larger is needed, it is a /%d: %s%s", needs, b, sizing, permanent)
		case b < shortest:
			s.limit(fact.RoleServices, c.Prefix, needs, shortest,
				"/%d is the largest that kubeadm takes (20 bits), it is a /%d; use a /%d to /%d", shortest, b, shortest, needs)
		}
		s.given(c, needs, sizing)
	}
	if len(pinned) > 0 {
		return
	}
	if needs < shortest {
		s.limit(fact.RoleServices, netip.Prefix{}, needs, shortest, "/%d is the largest that kubeadm takes (20 bits), /%d is needed: %s", shortest, needs, sizing)
		return
	}
	d := &demand{role: fact.RoleServices, needs: needs, shortest: shortest, sizing: sizing, roomy: needs}
	if f == fact.IPv4 {
		whole := shortest + s.req.Grow
		if whole <= needs {
			why := "kubeadm's default service range"
			if s.req.Grow > 0 {
				why = "can double into kubeadm's default service range"
			}
			d.familiar = append(d.familiar, familiarRange{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 96}), whole), why})
		}
		d.familiar = append(d.familiar, familiarRange{supernet(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 96}), 32), needs), "at the base of kubeadm's default service range"})
	} else {
		d.roomy = min(needs, max(112, shortest+s.req.Grow))
		d.familiar = s.layout(0x4000, d.roomy, needs)
	}
	d.familiar = append(s.preferred(d), d.familiar...)
	s.demands = append(s.demands, d)
}

// preferred returns the ranges of [Request.Prefer] for d: the one that is named as far as d may be so large, so that it can
// double as often as is asked for, and then the part of it that d needs.
func (s *familySolver) preferred(d *demand) []familiarRange {
	i := slices.IndexFunc(s.req.Prefer, func(p Preference) bool {
		return p.Role == d.role && cidr.Check(p.Prefix) == nil && fact.FamilyOf(p.Prefix) == s.family
	})
	if i < 0 || d.needs < 1 {
		return nil
	}
	p := s.req.Prefer[i]
	var out []familiarRange
	for _, bits := range slices.Compact([]int{min(d.needs, max(p.Prefix.Bits(), d.shortest)+s.req.Grow), d.needs}) {
		q, why := supernet(netip.PrefixFrom(p.Prefix.Addr(), s.family.Bits()), bits), p.Why
		switch {
		case bits < p.Prefix.Bits():
			why = "around " + why
		case bits > p.Prefix.Bits():
			why = "at the base of " + why
		}
		block := supernet(q, d.block(bits, s.req.Grow))
		if d.role == fact.RoleServices && block.Addr() != q.Addr() {
			continue // the first address of services is permanent
		}
		out = append(out, familiarRange{q, why})
	}
	return out
}

// layout returns the ranges at a subnet of the first /48 to draw from, none if no block is so large.
func (s *familySolver) layout(subnet uint16, lengths ...int) []familiarRange {
	for _, w := range s.req.Within {
		if fact.FamilyOf(w) != s.family || w.Bits() > 48 {
			continue
		}
		a := w.Addr().As16()
		a[6], a[7] = byte(subnet>>8), byte(subnet)
		var out []familiarRange
		for _, n := range slices.Compact(slices.Clone(lengths)) {
			if p := supernet(netip.PrefixFrom(netip.AddrFrom16(a), 128), n); p.IsValid() {
				out = append(out, familiarRange{p, fmt.Sprintf("at subnet %x of %v", subnet, supernet(w, min(w.Bits(), 48)))})
			}
		}
		return out
	}
	return nil
}

func (s *familySolver) addHosts() {
	needs, sizing := s.req.hostNeeds(s.family)
	if given := s.fixed(fact.RoleHosts); len(given) > 0 {
		for _, c := range given {
			if c.Kept.IsValid() {
				s.given(c, needs, sizing)
			} else {
				s.given(c, c.Prefix.Bits(), "")
			}
		}
		return
	}
	if needs < 1 {
		s.limit(fact.RoleHosts, netip.Prefix{}, needs, 1, "more than the address space: %s", sizing)
		return
	}
	if c, ok := s.req.cloud(); ok && s.family == fact.IPv4 && needs < c.shortest {
		s.limit(fact.RoleHosts, netip.Prefix{}, needs, c.shortest, "a subnet of %s is a /%d at the most: %s; give several ranges", c.name, c.shortest, sizing)
		return
	}
	d := &demand{role: fact.RoleHosts, needs: needs, sizing: sizing}
	if s.family == fact.IPv4 {
		d.roomy = min(needs, 24)
		for _, n := range slices.Compact([]int{d.roomy, needs}) {
			why := "the first of 10.0.0.0/8"
			if n < 8 {
				why = "around 10.0.0.0/8"
			}
			d.familiar = append(d.familiar, familiarRange{supernet(netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 32), n), why})
		}
	} else {
		d.roomy = min(needs, 64)
		d.familiar = s.layout(0, d.roomy, needs)
	}
	d.familiar = append(s.preferred(d), d.familiar...)
	s.demands = append(s.demands, d)
}

// addPods adds the demand for pods, whose size setMask decides, or the pinned range with its mask.
func (s *familySolver) addPods() *demand {
	r, f := s.req, s.family
	longest := r.derivedNodeMask(f)
	asked := cmp.Or(r.nodeMask(f), r.heldMask(f))
	if asked > 0 {
		if n := uint64(r.PodsPerNode + nodeOverhead(f)); log2ceil(n) > f.Bits()-asked {
			s.limit(fact.RolePods, netip.Prefix{}, f.Bits()-log2ceil(n), asked,
				"a node subnet of /%d holds %v pods at a time, %s are asked for; use a node mask of /%d or shorter, or fewer pods per node",
				asked, Count{f.Bits() - asked, uint64(nodeOverhead(f))}, words.Commas(r.PodsPerNode), f.Bits()-log2ceil(n))
			return nil
		}
		longest = asked
	}
	nodeBits := r.nodeBits()
	if pinned := s.fixed(fact.RolePods); len(pinned) > 0 {
		for _, c := range pinned {
			s.addPinnedPods(c, longest, asked)
		}
		return nil
	}
	if nodeBits > maxNodeBits && limitsPodRange(f, r.Kubernetes) || longest-nodeBits < 1 {
		needs, sizing := r.podNeeds(f, longest)
		s.limit(fact.RolePods, netip.Prefix{}, needs, max(longest-maxNodeBits, 0),
			"at most %d bits may lie between pod range and node subnet, which is %s nodes; asked for are %s",
			maxNodeBits, words.Commas(1<<maxNodeBits), sizing)
		return nil
	}
	if needs, sizing := r.podNeeds(f, longest); r.nodeMaskUnread() && needs < r.shortestFor(fact.RolePods, f, longest) {
		s.limit(fact.RolePods, netip.Prefix{}, needs, r.shortestFor(fact.RolePods, f, longest),
			"at most %d bits may lie between pod range and node subnet, for which kubeadm %v takes a /%d whatever it is; asked for are %s",
			maxNodeBits, r.Kubernetes, defaultNodeMask(f), sizing)
		return nil
	}
	d := &demand{role: fact.RolePods}
	s.demands = append(s.demands, d)
	return d
}

// addPinnedPods adds a pod range that is fixed, or the limits that it exceeds. longest is the longest node mask that may be chosen.
func (s *familySolver) addPinnedPods(c Claim, longest, asked int) {
	r, f := s.req, s.family
	b := c.Prefix.Bits()
	s.mask = s.pinnedMask(c.Prefix, longest, asked)
	if c.Kept.IsValid() {
		s.mask = s.keptMask(c.Kept)
	}
	needs, sizing := r.podNeeds(f, s.mask)
	s.given(c, needs, sizing)
	switch {
	case b > f.Bits()-minHostBits:
		s.limit(fact.RolePods, c.Prefix, f.Bits()-minHostBits, b, "kubeadm takes /%d or larger (14 addresses)", f.Bits()-minHostBits)
	case b > needs:
		most := "not even one node subnet"
		if s.mask >= b {
			most = words.Plural(1<<(s.mask-b), "node subnet")
		}
		s.limit(fact.RolePods, c.Prefix, needs, b, "/%d or larger is needed, it is a /%d with %s: %s; %s",
			needs, b, most, sizing, r.nodeMaskSizing(f, s.mask))
	case s.mask-b > maxNodeBits && limitsPodRange(f, r.Kubernetes):
		s.limit(fact.RolePods, c.Prefix, s.mask-maxNodeBits, b,
			"at most %d bits may lie between pod range and node subnet, /%d to /%d are %d; use a /%d or longer, or a node mask of /%d or shorter",
			maxNodeBits, b, s.mask, s.mask-b, s.mask-maxNodeBits, b+maxNodeBits)
	case b < r.shortestFor(fact.RolePods, f, s.mask):
		s.limit(fact.RolePods, c.Prefix, r.shortestFor(fact.RolePods, f, s.mask), b,
			"at most %d bits may lie between pod range and node subnet, for which kubeadm %v takes a /%d whatever it is; use a /%d or longer",
			maxNodeBits, r.Kubernetes, defaultNodeMask(f), defaultNodeMask(f)-maxNodeBits)
	}
}

// pinnedMask returns the node mask for a pod range that is fixed: longest, or what the limit of 16 bits makes of it; for
// IPv6 64 where that serves.
func (s *familySolver) pinnedMask(p netip.Prefix, longest, asked int) int {
	if asked > 0 {
		return asked
	}
	mask := longest
	if limitsPodRange(s.family, s.req.Kubernetes) {
		mask = min(mask, p.Bits()+maxNodeBits)
	}
	if s.family == fact.IPv6 {
		for _, m := range niceMasks() {
			if m <= mask && m-p.Bits() >= s.req.nodeBits() {
				return m
			}
		}
	}
	return mask
}

// niceMasks returns the IPv6 node masks from 64 on, the preferred first: 64, then those that end at a byte, at a hexadecimal digit, anywhere.
func niceMasks() []int {
	out := []int{64}
	for _, step := range []int{8, 4, 1} {
		for m := 65; m <= 128; m++ {
			if m%step == 0 && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// masks returns the node masks to try, the preferred first, the one that needs least last.
func (s *familySolver) masks(pods *demand) []int {
	longest := s.req.derivedNodeMask(s.family)
	switch {
	case pods == nil:
		return []int{s.mask}
	case s.family == fact.IPv4:
		return []int{cmp.Or(s.req.NodeMaskIPv4, s.req.heldMask(s.family), longest)}
	case s.req.NodeMaskIPv6 > 0 || s.req.heldMask(s.family) > 0:
		return []int{cmp.Or(s.req.NodeMaskIPv6, s.req.heldMask(s.family))}
	}
	var out []int
	for _, m := range niceMasks() {
		if m >= 64 && m < longest {
			out = append(out, m)
		}
	}
	return append(out, longest)
}

// setMask decides the node mask and with it the size of the pod range.
func (s *familySolver) setMask(pods *demand, mask int) {
	s.mask = mask
	if pods == nil {
		return
	}
	f := s.family
	pods.needs, pods.sizing = s.req.podNeeds(f, mask)
	pods.sizing = s.req.nodeMaskSizing(f, mask) + "; " + pods.sizing
	pods.shortest = s.req.shortestFor(fact.RolePods, f, mask)
	pods.roomy = pods.needs
	if f == fact.IPv6 {
		pods.roomy = min(pods.needs, max(mask-8, pods.shortest+s.req.Grow))
		pods.familiar = append(s.preferred(pods), s.layout(0x8000, pods.roomy, pods.needs)...)
		return
	}
	base := netip.AddrFrom4([4]byte{10, 244})
	// As large as the default, unless it could not double so many times then.
	bits := min(pods.needs, max(16, pods.shortest+s.req.Grow))
	why := "flannel's default network"
	switch {
	case bits < 16:
		why = "around flannel's default network"
	case bits > 16:
		why = "at the base of flannel's default network"
	}
	pods.familiar = append(s.preferred(pods), familiarRange{supernet(netip.PrefixFrom(base, 32), bits), why})
	if pods.needs > bits {
		pods.familiar = append(pods.familiar, familiarRange{netip.PrefixFrom(base, pods.needs), "at the base of flannel's default network"})
	}
}
