package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// loadBalancers: pools for Services against services, pods, and addresses of hosts. That they lie in the hosts' network is right.
func (c *checker) loadBalancers() {
	pools := c.ofRole(fact.RoleLoadBalancer)
	for _, s := range pools {
		for _, h := range heldBy(s) {
			for _, t := range c.targets() {
				if !h.p.Overlaps(t.p) {
					continue
				}
				f := fact.Finding{Rule: fact.RuleLoadBalancerOverlap, Severity: fact.Error, Where: []fact.Place{h.place("load balancers " + h.text()), t.place(t.what + "s " + t.text())}}
				why := "kube-proxy answers for a ClusterIP, whatever the load balancer does"
				if t.what == "pod" {
					f.Severity = fact.Warning
					why = "an address of a pod is that of a Service as well"
				}
				f.Message = fmt.Sprintf("the load-balancer range %s of %s overlaps the %s range %s: %s", h.text(), poolName(s), t.what, t.says(), why)
				f.Fix = []string{fmt.Sprintf("give the pool addresses of the hosts' network that nothing uses, outside of %v", t.p)}
				c.add(f)
			}
			if in := c.hostsWithin(h.p); len(in) > 0 {
				f := fact.Finding{Rule: fact.RuleLoadBalancerOverlap, Severity: fact.Warning, Where: []fact.Place{h.place("load balancers " + h.text())}}
				var names []string
				for _, a := range in {
					names = append(names, a.a.String()+" ("+who(a.s)+")")
					f.Where = append(f.Where, placeOf(a.s, a.a.String()))
				}
				f.Where = cutPlaces(f.Where)
				f.Message = fmt.Sprintf("the load-balancer range %s of %s holds %s in use by hosts: %s", h.text(), poolName(s), choose(len(names), "an address", "addresses"), shortList(names))
				f.Fix = []string{"leave addresses of hosts out of the pool"}
				c.add(f)
			}
		}
	}
}

func poolName(s *fact.Statement) string {
	if s.Text != "" && !strings.Contains(s.Text, "/") {
		return s.Text
	}
	return string(s.Component)
}

// hostsWithin returns the nodes' own addresses in p, virtual ones left out: those are what such pools are for.
func (c *checker) hostsWithin(p netip.Prefix) []hostAddr {
	var out []hostAddr
	for _, h := range c.hostAddrs() {
		if !h.p.IsValid() && h.a.IsValid() && p.Contains(h.a) && h.s.Component == fact.Node {
			out = append(out, h)
		}
	}
	return out
}

// hiddenRanges: what the network that is seen keeps for itself against pods, services and hosts.
func (c *checker) hiddenRanges() {
	for _, s := range c.ofRole(fact.RoleHidden) {
		for _, h := range heldBy(s) {
			for _, t := range c.targets() {
				if h.p.Overlaps(t.p) && t.s != s {
					c.hiddenHit(s, h, t.what+" range "+t.says(), t.place(t.what+"s "+t.text()), refusesHidden(s.Component))
				}
			}
			for _, a := range c.hostAddrs() {
				if a.in(h.p) {
					c.hiddenHit(s, h, "address "+a.String()+" ("+who(a.s)+")", placeOf(a.s, a.String()), "")
					break
				}
			}
		}
	}
}

// refusesHidden returns the program of a network that does not start where one of its own ranges meets pods or services, "" where
// nothing looks: ovn-kubernetes go-controller/pkg/config/utils.go CheckForOverlap, kube-ovn pkg/controller/config.go and
// pkg/util/net.go CheckSystemCIDR.
func refusesHidden(network fact.Component) fact.Component {
	switch network {
	case "ovn-kubernetes":
		return "ovnkube"
	case "kube-ovn":
		return "kube-ovn-controller"
	}
	return ""
}

// hiddenHit: a hidden range meets another; by is the program that refuses both together, "" for none.
func (c *checker) hiddenHit(s *fact.Statement, h held, with string, at fact.Place, by fact.Component) {
	f := fact.Finding{Rule: fact.RuleHiddenRangeOverlap, Where: []fact.Place{h.place("hidden " + h.text()), at}}
	if !s.Default {
		f.Where[0], f.Where[1] = at, f.Where[0]
	}
	def := ""
	if s.Default {
		def = ", its default, since no file says otherwise"
	}
	f.Message = fmt.Sprintf("%s takes %s for itself (%s%s), and the %s overlaps it", poolName(s), h.text(), s.Key, def, with)
	if by != "" {
		f.Severity, f.RefusedBy = fact.Error, []fact.Component{by}
		f.Message += fmt.Sprintf(": %s does not start with both", by)
	}
	f.Fix = []string{fmt.Sprintf("move the range by %s while the cluster is new, or choose ranges outside of %v", s.Key, h.p)}
	c.add(f)
}

// poolOverlaps: ranges of one list, and pools of one network, that share addresses. That a network's own reader has said it is enough.
func (c *checker) poolOverlaps() {
	if c.has(fact.RulePoolOverlap) {
		return
	}
	type name struct {
		comp fact.Component
		host string
		role fact.Role
	}
	groups := map[name][]*fact.Statement{}
	var order []name
	for _, s := range c.all {
		if s.Overridden || s.Default || s.Component == fact.Host || s.Component == fact.Flannel {
			continue
		}
		switch s.Role {
		case fact.RolePods, fact.RoleServices, fact.RoleLoadBalancer:
		default:
			continue
		}
		// Of the control plane the ranges of one list, of a network all of its pools.
		n := name{s.Component, s.Host, s.Role}
		switch s.Component {
		case fact.Kubeadm, fact.ControllerManager, fact.APIServer, fact.KubeProxy, fact.Operator, fact.ServiceCIDR:
			n.host += "\x00" + s.Pos.File + "\x00" + s.Key
		}
		if groups[n] == nil {
			order = append(order, n)
		}
		groups[n] = append(groups[n], s)
	}
	for _, n := range order {
		var hs []held
		for _, s := range groups[n] {
			hs = append(hs, heldBy(s)...)
		}
		hs = distinctHeld(hs)
		slices.SortFunc(hs, func(a, b held) int { return cidrorder.Compare(a.p, b.p) })
		for i := 1; i < len(hs); i++ {
			if a, b := hs[i-1], hs[i]; cidr.Contains(a.p, b.p) {
				c.add(fact.Finding{
					Rule: fact.RulePoolOverlap, Where: []fact.Place{b.place(string(n.role) + " " + b.text()), a.place(string(n.role) + " " + a.text())},
					Message: fmt.Sprintf("the %s ranges %s and %s overlap: the second lies inside the first", n.role, a.says(), b.says()),
				})
				break
			}
		}
	}
}

// A relation is what the pods of a network have to be to the cluster's pod range.
type relation struct {
	network string
	equal   bool // not only within
	level   fact.Severity
	why     string
	byNode  bool // also where pods take the subnets of nodes
}

// relations is the table of networks that hand out addresses by themselves and whose range others have to know. Networks that are not
// in it need no agreement: cilium and kube-ovn cut node subnets from a pool of their own.
func relations() []relation {
	return []relation{
		{"calico", false, fact.Warning, "kube-proxy tells pods by the cluster's range and masquerades the others, whose answers are lost where a policy counts", false},
		{"weave", true, fact.Warning, "kube-proxy tells pods by the cluster's range", false},
		{"ovn-kubernetes", true, fact.Error, "both are made from clusterNetwork", false},
		{"gardener", true, fact.Error, "Gardener writes the flag from the Shoot", false},
		{"kindnet", true, fact.Warning, "it masquerades what goes to pods of other nodes, whose addresses are not in its range", true},
	}
}

// clusterPods returns the pod ranges that Kubernetes was told, by kubeadm or the controller manager.
func (c *checker) clusterPods() []held {
	if len(c.pods) > 0 {
		return c.pods
	}
	if s := kubeadmPods(c.view); s != nil {
		return heldBy(s)
	}
	return nil
}

// isInstallation reports whether s is of an Installation of Calico's operator, which refuses pools that Kubernetes does not know.
func isInstallation(s *fact.Statement) bool { return s.Name == fact.NameInstallation }

// pluginRanges: pools of the network against the cluster's pod range.
func (c *checker) pluginRanges() {
	var rel *relation
	for _, r := range relations() {
		if r.network == c.cni {
			rel = &r
		}
	}
	if rel == nil || c.allocator() == fact.AllocatorNode && !rel.byNode {
		return
	}
	cluster := c.clusterPods()
	var out []*fact.Statement
	var first held
	refused := false
	for _, o := range c.others {
		if string(o.comp) != c.cni {
			continue
		}
		for _, h := range o.podPrefixes() {
			known := ofFamily(cluster, fact.FamilyOf(h.p))
			if h.s.Default || len(known) == 0 || withinAny(known, h.p) && (!rel.equal || slices.ContainsFunc(known, func(k held) bool { return k.p == h.p })) {
				continue
			}
			if len(out) == 0 || isInstallation(h.s) && !refused {
				first = h
			}
			out = append(out, h.s)
			refused = refused || isInstallation(h.s)
		}
	}
	if len(out) > 0 {
		k := ofFamily(cluster, fact.FamilyOf(first.p))[0]
		f := fact.Finding{Rule: fact.RulePluginRangeOutside, Severity: rel.level}
		f.Message = fmt.Sprintf("the pool %s lies outside of the cluster's pod range %s, which runs from %v to %v: %s", first.says(), k.says(), k.p.Addr(), cidr.Last(k.p), rel.why)
		if refused {
			f.Severity, f.RefusedBy = fact.Error, []fact.Component{"tigera-operator"}
			f.Message = fmt.Sprintf("the pool %s lies outside of the cluster's pod range %s, which runs from %v to %v: Calico's operator stops with \"IPPool ... is not within the platform's configured pod network CIDR(s)\"", first.says(), k.says(), k.p.Addr(), cidr.Last(k.p))
		}
		for _, s := range out {
			f.Where = append(f.Where, placeOf(s, "pool "+writes(s)))
		}
		f.Where = append(cutPlaces(f.Where), k.place("pods "+k.text()))
		f.Fix = []string{
			fmt.Sprintf("write %v, or a range inside it, into the pool of %s while no pod has an address of it", k.p, c.cni),
			fmt.Sprintf("or, on a cluster whose pods have addresses of %v already, give --cluster-cidr, podSubnet and clusterCIDR of kube-proxy that range", first.p),
		}
		c.add(f)
	}
	c.podSubnetMissing()
}

// podSubnetMissing: Calico's operator beside a kubeadm configuration without podSubnet.
func (c *checker) podSubnetMissing() {
	if len(c.clusterPods()) > 0 {
		return
	}
	var inst *fact.Statement
	for _, s := range c.all {
		if isInstallation(s) {
			inst = s
		}
	}
	for _, src := range c.kubeadms {
		if inst == nil || !src.deniesPods() {
			continue
		}
		c.add(fact.Finding{
			Rule: fact.RulePodSubnetMissing, RefusedBy: []fact.Component{"tigera-operator"},
			Where:   []fact.Place{placeOf(src.pods[0], "no pod range here"), placeOf(inst, "Installation")},
			Message: "Calico's operator reads podSubnet of kubeadm's configuration, which has none: it stops with \"kubeadm configuration is missing required podSubnet field\" while the cluster has no pool",
			Fix:     []string{"kubectl -n kube-system edit configmap kubeadm-config, and set networking.podSubnet to the range of the pool"},
		})
		return
	}
}

// twoAllocators: somebody else hands out node subnets beside kube-controller-manager.
func (c *checker) twoAllocators() {
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, o := range c.others {
			a := o.set[fact.SettingAllocate]
			if a == nil || !a.Bool || o.comp == fact.Operator {
				continue
			}
			hs := o.podPrefixes()
			sev := fact.Error
			if o.comp == "cloud-controller-manager" && (len(hs) == 0 || sameHeld(hs, k.pods)) {
				if !c.assignmentFailed() {
					continue // most of them make routes to what others handed out: the same range is right
				}
				sev = fact.Warning
			}
			f := fact.Finding{Rule: fact.RuleTwoAllocators, Severity: sev, Where: []fact.Place{placeOf(a, string(o.comp)+" allocates")}}
			with := ""
			if len(hs) > 0 {
				with = " from " + joinHeld(hs)
				f.Where = append(f.Where, hs[0].place("pods "+joinHeld(hs)))
			}
			f.Where = append(f.Where, placeOf(k.podsAt, "pods "+joinHeld(k.pods)))
			f.Message = fmt.Sprintf("%s hands out node subnets%s, and %s from %s: neither knows what the other gave", o.comp, with, k.label(), joinHeld(k.pods))
			if sev == fact.Warning {
				f.Message = fmt.Sprintf("%s and %s both have --allocate-node-cidrs%s, and a node would not take a second subnet (CIDRAssignmentFailed): some cloud controller managers hand out subnets with it, others make routes alone", o.comp, k.label(), with)
			}
			f.Fix = []string{fmt.Sprintf("let one of the two allocate: --allocate-node-cidrs=false for %s, or for kube-controller-manager", o.comp)}
			c.add(f)
			return
		}
		if c.allocator() == fact.AllocatorOwnNode {
			f := fact.Finding{Rule: fact.RuleTwoAllocators, Where: []fact.Place{placeOf(k.podsAt, "pods "+joinHeld(k.pods))}}
			f.Message = fmt.Sprintf("%s writes podCIDRs of nodes by its own controller, and %s hands them out from %s as well", c.cni, k.label(), joinHeld(k.pods))
			f.Fix = []string{"set --allocate-node-cidrs=false in kube-controller-manager on every control-plane host"}
			c.add(f)
			return
		}
	}
}

// assignmentFailed reports whether somebody saw that a node did not take a subnet.
func (c *checker) assignmentFailed() bool {
	return slices.ContainsFunc(c.view.symptoms, func(s *fact.Statement) bool {
		return s.Symptom.ID == "cidr-assignment-failed" || s.Symptom.ID == "podcidr-immutable"
	})
}

// sameHeld reports whether two lists hold the same ranges, in any order.
func sameHeld(a, b []held) bool {
	in := func(list []held, h held) bool {
		return slices.ContainsFunc(list, func(o held) bool { return o.p == h.p })
	}
	return !slices.ContainsFunc(a, func(h held) bool { return !in(b, h) }) &&
		!slices.ContainsFunc(b, func(h held) bool { return !in(a, h) })
}

// fullFrom is from which part of a range, in percent, its fill is told.
const fullFrom = 80

// fillLevels: how much of the node subnets and of the ClusterIPs is taken.
func (c *checker) fillLevels() {
	c.nodeFill()
	for _, h := range c.services {
		used := map[netip.Addr]bool{}
		for _, s := range c.clusterIPs {
			for _, a := range s.Addrs {
				if h.p.Contains(a) {
					used[a] = true
				}
			}
		}
		n := h.p.Addr().BitLen() - h.p.Bits()
		if n > 20 || h.s.Default {
			continue
		}
		usable := 1<<n - 1 // pkg/registry/core/service/ipallocator: the network address, and the broadcast address of IPv4
		if h.p.Addr().Is4() {
			usable--
		}
		if len(used) == 0 || len(used)*100 < usable*fullFrom {
			continue
		}
		f := fact.Finding{Rule: fact.RuleServicesNearlyFull, Where: []fact.Place{h.place("services " + h.text())}}
		f.Message = fmt.Sprintf("%d of the %d ClusterIPs of the service range %s are taken: 2^(%d-%d) = %d addresses, without those that are none", len(used), usable, h.says(), h.p.Addr().BitLen(), h.p.Bits(), 1<<n)
		c.add(f)
	}
}

func (c *checker) nodeFill() {
	if c.ownIPAM() || c.has(fact.RuleClusterCIDRExhausted, fact.RuleClusterCIDRFull) {
		return
	}
	done := map[netip.Prefix]bool{}
	for _, k := range c.controllers {
		if !k.serves() {
			continue
		}
		for _, h := range k.pods {
			m, _ := k.mask(fact.FamilyOf(h.p))
			n := m - h.p.Bits()
			if n < 2 || n > 16 || done[h.p] {
				continue
			}
			done[h.p] = true
			lost := uint64(0)
			for _, s := range k.services {
				if e := nodeipam.LostBlocks(h.p, m, s.p); e >= 0 {
					lost = max(lost, 1<<e)
				}
			}
			total := uint64(1)<<n - lost
			used := c.usedBlocks(h.p, m)
			if total == 0 || used*100 < total*fullFrom || used >= total {
				continue
			}
			f := fact.Finding{Rule: fact.RuleClusterCIDRNearlyFull, Where: []fact.Place{h.place("pods " + h.text())}}
			f.Message = fmt.Sprintf("%d of the %d node subnets of /%d in the pod range %s are taken; %d nodes more, and the next gets none", used, total, m, h.says(), total-used)
			f.Fix, f.Disturbs = c.widen(h, m, used+1, k)
			c.add(f)
		}
	}
}

// flannelIPv4Off: flannel has IPv6 alone, and a node has no IPv6 subnet; one of both families passes:
// flannel v0.28.10 pkg/subnet/kube/kube.go AcquireLease, pkg/subnet/subnet.go WriteSubnetFile.
func (c *checker) flannelIPv4Off() {
	for _, src := range c.flannels {
		s := src.set[fact.SettingEnableIPv4]
		if s == nil || s.Bool || s.Default {
			continue
		}
		var ns []*nodeView
		for _, n := range c.nodes {
			if len(ofFamily(n.subs, fact.IPv4)) > 0 && len(ofFamily(n.subs, fact.IPv6)) == 0 {
				ns = append(ns, n)
			}
		}
		four := ofFamily(c.pods, fact.IPv4)
		if len(ns) == 0 && (len(four) == 0 || len(ofFamily(c.pods, fact.IPv6)) > 0) {
			continue
		}
		f := fact.Finding{Rule: fact.RuleFlannelIPv4Disabled, Subjects: nodeNames(ns), RefusedBy: []fact.Component{fact.Flannel}, Where: []fact.Place{placeOf(s, "EnableIPv4 is false")}}
		who := "every node gets an IPv4 subnet alone"
		if len(ns) > 0 {
			who = fmt.Sprintf("%s %s an IPv4 subnet alone: %s", words.NameList(nodeNames(ns)), choose(len(ns), "holds", "hold"), nodeSubs(ns))
			f.Where = append(f.Where, nodePlaces(ns)...)
		} else {
			who += " of " + four[0].says()
			f.Where = append(f.Where, four[0].place("pods "+four[0].text()))
		}
		f.Message = fmt.Sprintf("flannel's EnableIPv4 is false, but %s; flannel exits with a panic there", who)
		f.Fix = []string{c.editFlannel() + ": remove EnableIPv4, and write the pod range as Network", c.restartFlannel()}
		c.add(f)
	}
}
