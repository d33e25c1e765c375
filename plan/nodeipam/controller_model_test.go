package nodeipam

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A slowCluster is a second, naive implementation: one bool for each subnet, nodes in a map, and retries tried until
// nothing changes. It is the judge of [Controller] as long as order decides nothing but who gets which subnet.
type slowCluster struct {
	ranges []netip.Prefix
	masks  []int
	svc    []netip.Prefix
	used   [][]bool
	next   []int
	nodes  map[string][]string
	order  []string // of those that wait
	up     bool
}

func (m *slowCluster) at(f, i int) netip.Prefix {
	a := m.ranges[f].Addr().AsSlice()
	// Add i at bit masks[f], by counting.
	for range i {
		carry := 1
		for bit := m.masks[f] - 1; carry > 0 && bit >= 0; bit-- {
			mask := byte(1) << (7 - bit%8)
			if a[bit/8]&mask == 0 {
				a[bit/8] |= mask
				carry = 0
			} else {
				a[bit/8] &^= mask
			}
		}
	}
	addr, _ := netip.AddrFromSlice(a)
	return netip.PrefixFrom(addr, m.masks[f])
}

func (m *slowCluster) mark(f int, p netip.Prefix, used bool) bool {
	if !m.ranges[f].Overlaps(p) {
		return false
	}
	for i := range m.used[f] {
		if m.at(f, i).Overlaps(p) {
			m.used[f][i] = used
		}
	}
	return true
}

func (m *slowCluster) occupy(name string) bool {
	for f, s := range m.nodes[name] {
		if f >= len(m.ranges) || !m.mark(f, netip.MustParsePrefix(s), true) {
			return false
		}
	}
	return true
}

func (m *slowCluster) start() bool {
	m.up = false
	m.used, m.next = nil, nil
	for f := range m.ranges {
		m.used = append(m.used, make([]bool, 1<<(m.masks[f]-m.ranges[f].Bits())))
		m.next = append(m.next, 0)
		for _, s := range m.svc {
			m.mark(f, s, true)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.nodes)) {
		if !m.occupy(name) {
			return false
		}
	}
	m.up = true
	// Those that wait are served by name, as if they were registered now.
	waiting := slices.Sorted(slices.Values(m.order))
	for _, n := range waiting {
		m.try(n)
	}
	m.settle()
	return true
}

func (m *slowCluster) try(name string) bool {
	var got []string
	for f := range m.ranges {
		found := -1
		for k := range m.used[f] {
			if i := (m.next[f] + k) % len(m.used[f]); !m.used[f][i] {
				found = i
				break
			}
		}
		if found < 0 {
			return false
		}
		m.used[f][found] = true
		m.next[f] = (found + 1) % len(m.used[f])
		got = append(got, m.at(f, found).String())
	}
	m.nodes[name] = got
	m.order = slices.DeleteFunc(m.order, func(n string) bool { return n == name })
	return true
}

// settle tries those that wait, the last first, until none gets anything and no more is burned.
func (m *slowCluster) settle() {
	for {
		before := fmt.Sprint(m.used, m.order)
		for i := len(m.order) - 1; i >= 0; i-- {
			m.try(m.order[i])
		}
		if fmt.Sprint(m.used, m.order) == before {
			return
		}
	}
}

func TestControllerModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &slowCluster{nodes: map[string][]string{}}
		v4 := netip.MustParsePrefix("10.244.0.0/24")
		v6 := netip.MustParsePrefix("fd00:10:244::/60")
		b4, b6 := rapid.IntRange(0, 3).Draw(t, "v4 bits"), rapid.IntRange(0, 3).Draw(t, "v6 bits")
		p4, _ := v4.Addr().Prefix(28 - b4)
		p6, _ := v6.Addr().Prefix(64 - b6)
		f := ControllerFlags{AllocateNodeCIDRs: true}
		switch rapid.SampledFrom([]string{"4", "6", "46", "64"}).Draw(t, "families") {
		case "4":
			m.ranges, m.masks = []netip.Prefix{p4}, []int{28}
			f.NodeCIDRMaskSize = 28
		case "6":
			m.ranges, m.masks = []netip.Prefix{p6}, []int{64}
		case "46":
			m.ranges, m.masks = []netip.Prefix{p4, p6}, []int{28, 64}
			f.NodeCIDRMaskSizeIPv4 = 28
		case "64":
			m.ranges, m.masks = []netip.Prefix{p6, p4}, []int{64, 28}
			f.NodeCIDRMaskSizeIPv4 = 28
		}
		f.ClusterCIDR = strings.Join(words.Texts(m.ranges), ",")
		if rapid.Bool().Draw(t, "service") {
			m.svc = []netip.Prefix{rapid.SampledFrom([]netip.Prefix{
				netip.MustParsePrefix("10.244.0.16/28"), netip.MustParsePrefix("10.244.0.0/30"), netip.MustParsePrefix("10.0.0.0/8"),
				netip.MustParsePrefix("10.96.0.0/12"), netip.MustParsePrefix("fd00:10:244:1::/112"),
			}).Draw(t, "service range")}
			f.ServiceClusterIPRange = m.svc[0].String()
		}
		c := NewStopped(fact.Version{})
		name := func() string { return fmt.Sprintf("n%d", rapid.IntRange(0, 11).Draw(t, "node")) }
		presets := func() []string {
			var out []string
			for _, r := range m.ranges {
				bits := r.Bits() + rapid.IntRange(0, 4).Draw(t, "longer")
				host := rapid.IntRange(0, 7).Draw(t, "which")
				a := r.Addr().AsSlice()
				at := m.masks[len(out)] // subnets are counted at the node mask
				for i := range 3 {
					if host>>i&1 == 1 {
						bit := at - 1 - i
						a[bit/8] |= 1 << (7 - bit%8)
					}
				}
				addr, _ := netip.AddrFromSlice(a)
				p, _ := addr.Prefix(min(bits, addr.BitLen()))
				out = append(out, p.String())
			}
			return out[:rapid.IntRange(1, len(out)).Draw(t, "families given")]
		}
		// sync makes the model follow what the twin chose among the possible outcomes, and checks that it is one.
		check := func(step Step) {
			got := Outcome{}
			if step.Timing != nil {
				for _, n := range step.Timing.Nodes {
					list, _ := c.Node(n)
					for _, s := range list {
						got[n] = append(got[n], netip.MustParsePrefix(s))
					}
				}
				if !step.Timing.Allows(got) {
					t.Fatalf("what the twin chose, %v, is not among its outcomes %+v", got, step.Timing)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"start": func(*rapid.T) {
				s := c.Start(f)
				if up := m.start(); up != (s.Err == nil) {
					t.Fatalf("model starts %v, twin %v", up, s.Err)
				}
				check(s)
			},
			"stop": func(*rapid.T) { c.Stop(); m.up = false },
			"create": func(*rapid.T) {
				n := name()
				_, exists := m.nodes[n]
				s := c.Create(n)
				if exists != (s.Err != nil) {
					t.Fatalf("%s: %v", n, s.Err)
				}
				if exists {
					return
				}
				m.nodes[n] = nil
				m.order = append(m.order, n)
				if m.up {
					m.try(n)
					m.settle()
				}
				check(s)
			},
			"preset": func(*rapid.T) {
				n := name()
				if _, exists := m.nodes[n]; exists {
					return
				}
				p := presets()
				s := c.Create(n, p...)
				if s.Err != nil {
					t.Fatalf("%s %v: %v", n, p, s.Err)
				}
				m.nodes[n] = p
				if m.up {
					if m.occupy(n) != (len(s.Log) == 0) {
						t.Fatalf("%s %v: log %q", n, p, s.Log)
					}
					m.settle()
				}
				check(s)
			},
			"delete": func(*rapid.T) {
				n := name()
				podCIDRs, exists := m.nodes[n]
				s := c.Delete(n)
				if exists != (s.Err == nil) {
					t.Fatalf("%s: %v", n, s.Err)
				}
				if !exists {
					return
				}
				delete(m.nodes, n)
				m.order = slices.DeleteFunc(m.order, func(o string) bool { return o == n })
				if m.up {
					for f, p := range podCIDRs {
						if !m.mark(f, netip.MustParsePrefix(p), false) {
							break
						}
					}
					m.settle()
				}
				check(s)
			},
			"": func(*rapid.T) {
				if m.up != c.Running() {
					t.Fatalf("model runs %v, twin %v", m.up, c.Running())
				}
				var want []string
				for _, n := range slices.Sorted(maps.Keys(m.nodes)) {
					want = append(want, n+"="+strings.Join(m.nodes[n], ","))
				}
				if got := nodeList(c); got != strings.Join(want, " ") {
					t.Fatalf("nodes %s\nmodel %s", got, strings.Join(want, " "))
				}
				if !slices.Equal(c.waiting, m.order) {
					t.Fatalf("waiting %v, model %v", c.waiting, m.order)
				}
				if d := c.Clone(); !d.Equal(c) {
					t.Fatal("a clone differs")
				}
				if !m.up {
					return
				}
				for f := range m.ranges {
					for i, used := range m.used[f] {
						if c.sets[f].pool.IsUsed(m.at(f, i)) != used {
							t.Fatalf("subnet %v: used %v in the model", m.at(f, i), used)
						}
					}
					if got := c.sets[f].pool.Cursor(); got != uint64(m.next[f]) {
						t.Fatalf("range %d: cursor %d, model %d", f, got, m.next[f])
					}
				}
			},
		})
	})
}
