package repair

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A mender works out the steps on nodes that lead to right subnets.
type mender struct {
	inv     nodeipam.Inventory
	faults  []NodeFault
	right   []nodeipam.InventoryNode
	minimal bool

	placer   *placer
	why      map[string][]string
	patch    []nodeipam.InventoryNode // nodes that hold nothing
	recreate []nodeipam.InventoryNode // nodes that hold something wrong: workers first, of these who kills the controller manager
	all      bool                     // every node is mended, so that what wrong nodes hold now can be given to others

	steps   []Step
	waits   bool // subnets are handed out that come free on the way
	missing int  // nodes that get no subnet, because there are too few
}

// mend returns what is to be done on the nodes of inv. Where there are too few subnets, nobody is given what another
// node holds.
func mend(inv nodeipam.Inventory, rules nodeRules) (*mender, error) {
	faults, right, minimal := rules.faults(inv.Nodes)
	var m *mender
	for _, all := range []bool{true, false} {
		m = &mender{inv: inv, faults: faults, right: right, minimal: minimal, all: all}
		if err := m.sort(rules); err != nil {
			return nil, err
		}
		late := m.place()
		// Control-plane hosts come last, when every worker has left what it held.
		workers, masters := m.recreate, []nodeipam.InventoryNode(nil)
		if i := slices.IndexFunc(workers, func(n nodeipam.InventoryNode) bool { return inv.IsControlPlane(n.Name) }); i >= 0 {
			workers, masters = workers[:i:i], workers[i:]
		}
		m.recreate = workers
		deleted := m.move()
		m.recreate = masters
		deleted = append(deleted, m.move()...)
		m.finish(deleted, late)
		m.restartFlannel()
		if m.missing == 0 {
			break
		}
	}
	return m, nil
}

// sort tells nodes that hold nothing from those that hold something wrong, and takes note of what is held.
func (m *mender) sort(rules nodeRules) error {
	p := &placer{rules: rules, held: map[string][]netip.Prefix{}}
	m.placer = p
	isRight := make(map[string]bool, len(m.right))
	for _, n := range m.right {
		isRight[n.Name] = true
	}
	for i := range rules.ranges {
		pool, err := rules.usable(i)
		if err != nil {
			return err
		}
		if err := occupy(pool, i, m.right); err != nil {
			return err
		}
		p.pools = append(p.pools, pool)
	}
	m.why = map[string][]string{}
	kills := map[string]bool{} // nodes that kill the controller manager at its next start
	for _, f := range m.faults {
		m.why[f.Node] = append(m.why[f.Node], f.Text)
		if f.Rule == fact.RulePodCIDROutsideClusterCIDR || f.Rule == fact.RuleCIDRMalformed {
			kills[f.Node] = true
		}
	}
	for _, n := range m.inv.Nodes {
		switch {
		case isRight[n.Name]:
		case len(n.PodCIDRs) == 0:
			m.patch = append(m.patch, n)
		default:
			m.recreate = append(m.recreate, n)
			p.held[n.Name] = append(p.held[n.Name], heldBy(n)...)
		}
	}
	slices.SortStableFunc(m.recreate, func(a, b nodeipam.InventoryNode) int {
		if c := words.CompareBool(m.inv.IsControlPlane(a.Name), m.inv.IsControlPlane(b.Name)); c != 0 {
			return c
		}
		return words.CompareBool(!kills[a.Name], !kills[b.Name])
	})
	p.mark()
	return nil
}

// occupy marks what nodes hold of range i.
func occupy(pool *cidr.Pool, i int, nodes []nodeipam.InventoryNode) error {
	for _, n := range nodes {
		if q, ok := nodeipam.ParsePodCIDR(n.PodCIDRs[i]); ok {
			if err := pool.Occupy(q); err != nil {
				return err
			}
		}
	}
	return nil
}

// heldBy returns the podCIDRs of n that can be read.
func heldBy(n nodeipam.InventoryNode) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range n.PodCIDRs {
		if q, ok := nodeipam.ParsePodCIDR(s); ok {
			out = append(out, q)
		}
	}
	return out
}

func (m *mender) reason(n nodeipam.InventoryNode) string { return strings.Join(m.why[n.Name], "; ") }

func (m *mender) add(kind Kind, n nodeipam.InventoryNode, got []netip.Prefix, why string) {
	s := Step{Kind: kind, Node: n.Name, New: got, Why: why}
	switch kind {
	case KindPatch:
		s.Restarts = []string{"flannel on " + n.Name + ", which waits for a subnet and restarts by itself"}
	case KindRecreate, KindDelete:
		s.Old = n.PodCIDRs
		s.Restarts = []string{m.kubelet(n), "all pods of " + n.Name + ", on other nodes"}
	}
	m.steps = append(m.steps, s)
}

// kubelet names what restarts where a node registers anew: the unit that kubelet runs within, where it is not its own.
func (m *mender) kubelet(n nodeipam.InventoryNode) string {
	in, _ := InstallerOf(m.inv)
	unit := in.Unit(m.inv.IsControlPlane(n.Name))
	switch {
	case unit == "kubelet":
		return "kubelet and flannel on " + n.Name
	case in.FlannelWithin:
		return unit + " on " + n.Name + ", with kubelet and flannel within it"
	}
	return unit + " on " + n.Name + ", with kubelet within it, and flannel"
}

// place gives subnets to nodes that hold none; it returns those for which none is free yet.
func (m *mender) place() (late []nodeipam.InventoryNode) {
	for _, n := range m.patch {
		if got := m.placer.place(n, true); got != nil {
			m.add(KindPatch, n, got, m.reason(n))
			continue
		}
		late = append(late, n)
	}
	return late
}

// move gives other subnets to nodes that hold wrong ones. Nodes whose place is held by another that is still to be
// mended are deleted, and returned.
func (m *mender) move() (deleted []nodeipam.InventoryNode) {
	p := m.placer
	batch := 1
	for len(m.recreate) > 0 {
		// What cannot be placed now cannot be until it is marked again, since less and less is free.
		placed := 0
		for i, n := range m.recreate {
			got := p.place(n, true)
			if got == nil {
				m.recreate[i-placed] = n
				continue
			}
			placed++
			p.release(n)
			m.add(KindRecreate, n, got, m.reason(n))
		}
		m.recreate = m.recreate[:len(m.recreate)-placed]
		switch {
		case p.stale:
			p.mark()
			continue
		case !m.all:
			m.missing += len(m.recreate)
			m.recreate = nil
			continue
		case len(m.recreate) == 0:
			continue
		}
		// One at a time as long as there are few, and more and more of very many: each look takes long then.
		some := min(batch, len(m.recreate))
		if len(m.recreate) > check.LargestExact {
			batch *= 2
		}
		for _, n := range m.recreate[:some] {
			p.release(n)
			deleted = append(deleted, n)
			m.add(KindDelete, n, nil, m.reason(n)+"; what it holds is needed, and there is no other place for it yet")
		}
		m.recreate = m.recreate[some:]
	}
	if p.stale {
		p.mark()
	}
	return deleted
}

// finish gives subnets to nodes that had to wait for others.
func (m *mender) finish(deleted, late []nodeipam.InventoryNode) {
	for _, n := range deleted {
		if got := m.placer.place(n, false); got != nil {
			m.add(KindCreate, n, got, m.reason(n))
			continue
		}
		m.missing++
	}
	for _, n := range late {
		if got := m.placer.place(n, !m.all); got != nil {
			m.waits = true
			m.add(KindPatch, n, got, m.reason(n))
			continue
		}
		m.missing++
	}
}

// restartFlannel lets flannel start anew where it uses other subnets than the Node object of a right node names.
func (m *mender) restartFlannel() {
	for _, n := range m.right {
		c := check.Candidate{Node: n, Held: heldBy(n)}
		var why []string
		if len(n.SubnetEnv) > 0 && !c.Agrees() {
			why = append(why, fmt.Sprintf("its subnet.env says %s", strings.Join(words.Texts(n.SubnetEnv), ", ")))
		}
		bridge := false
		if len(n.Links) > 0 && !c.LinksAgree() {
			why = append(why, fmt.Sprintf("its links have %s", strings.Join(words.Texts(n.Links), ", ")))
			bridge = c.OtherBridge()
		}
		if len(why) > 0 {
			m.steps = append(m.steps, Step{
				Kind: KindRestartFlannel, Node: n.Name, Old: n.PodCIDRs, Why: strings.Join(why, "; "), Bridge: bridge,
				Restarts: []string{"flannel on " + n.Name, "pods on " + n.Name + " whose address is outside of its podCIDR"},
			})
		}
	}
}

// pauses reports whether node IPAM has to be off while the steps are taken, where the cluster goes on with the same
// flags, and why.
func (m *mender) pauses() (why string, ok bool) {
	if m.waits {
		return "subnets come free on the way that it would hand out by itself", true
	}
	if slices.ContainsFunc(m.steps, Step.drains) {
		return "it would hand out subnets to nodes that are registered anew, and to others those that are meant for them", true
	}
	c, err := m.inv.Controller()
	if err != nil {
		return "", false
	}
	for _, s := range m.steps {
		if s.apply(c) != nil {
			break
		}
	}
	for _, u := range c.Uses() {
		if u.Reused > 0 || u.Leaked > 0 {
			return "it takes subnets for free that nodes hold, or for used that none holds, until it counts afresh", true
		}
	}
	return "", false
}
