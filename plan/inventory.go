package plan

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
)

// An Inventory is what a cluster consists of as far as ranges go: the flags of its controller managers, its nodes, and
// what else uses addresses. [InventoryOf] puts it together from statements. It is what [Controller] starts from when it
// predicts a real cluster, and what [NewRepair] mends.
type Inventory struct {
	Kubernetes Version // release; zero: the newest
	// Managers are the flags of kube-controller-manager on each control-plane host, sorted by host. Those of one cluster
	// are to agree; the first is taken for the one that leads. Where no file shows one, it is what kubeadm would make.
	Managers []HostFlags
	// Assumed says where Managers come from if not from kube-controller-manager's own files: "kubeadm", "flannel"; "" else.
	Assumed  Component
	Nodes    []InventoryNode // sorted by name
	Networks []netip.Prefix  // flannel's Network and IPv6Network; none: no file says so, or another CNI plugin
	Services []netip.Prefix  // every service range that a file states, masked
	Taken    []Reservation   // host ranges, addresses of hosts, and what else nodes' subnets must not touch
	MaxPods  int             // largest maxPods of a kubelet; 0: unknown, 110
	// FormerMasks are node masks that were in force before: nodes with subnets of these lengths are right as they are.
	FormerMasks []int

	resize map[string]bool // nodes for which FormerMasks does not count
	stated []string        // pod ranges that kubeadm or flannel states, for a controller manager that has none
}

// HostFlags are the flags of a control-plane host's kube-controller-manager.
type HostFlags struct {
	Host  string // "" if unknown
	File  string
	Flags ControllerFlags
}

// An InventoryNode is a node and what is known about its subnets.
type InventoryNode struct {
	Name     string
	PodCIDRs []string // of the Node object, as stored; none: it has none
	// SubnetEnv are the subnets that flannel uses on the host, from its subnet.env; none: unknown.
	SubnetEnv []netip.Prefix
	// Links are the subnets that the host's own links have, from ip addr or ip route: that of cni0, and a single address, with which
	// the subnet begins, for links of flannel; none: unknown.
	Links []netip.Prefix
	// Routes are the subnets to which other hosts have routes by way of an address of this node; none: unknown, or not routed so.
	Routes []netip.Prefix
}

// ErrNoControllerFlags says that nothing tells the cluster's pod range.
var ErrNoControllerFlags = errors.New("nothing says which pod range the cluster has: neither kube-controller-manager's flags, nor kubeadm's configuration, nor flannel's Network")

// InventoryOf returns what statements say about a cluster. Their order does not matter.
func InventoryOf(statements ...Statement) Inventory {
	v := newView(statements)
	inv := Inventory{Kubernetes: v.kube}

	for _, src := range v.managers {
		inv.Managers = append(inv.Managers, HostFlags{src.host, src.file, src.controllerFlags()})
	}
	slices.SortStableFunc(inv.Managers, func(a, b HostFlags) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.File, b.File)) })
	if len(inv.Managers) == 0 {
		inv.assume(v)
	}
	for _, src := range v.kubeadms {
		for _, s := range src.pods {
			if s.Text != "" {
				inv.stated = append(inv.stated, s.Text)
			}
		}
	}
	for _, src := range v.flannels {
		var list []netip.Prefix
		for _, h := range src.podPrefixes() {
			list = append(list, h.p)
		}
		if len(list) > 0 && !v.ownIPAM() {
			inv.stated = append(inv.stated, strings.Join(texts(list), ","))
		}
	}
	envs := map[*nodeView][]*Statement{}
	for _, env := range v.envs {
		if n := v.nodeOf(env.host); n != nil {
			envs[n] = append(envs[n], env.subnet...)
		}
	}
	links, routes := v.linksOfNodes()
	for _, n := range v.nodes {
		node := InventoryNode{Name: n.name}
		for _, h := range n.pods {
			// Files that show the same node: the one that shows most of it.
			if list := statedTexts(h); len(list) > len(node.PodCIDRs) {
				node.PodCIDRs = list
			}
		}
		if n.none == nil && len(n.pods) == 0 {
			continue // an address of a host, no Node object
		}
		for _, s := range envs[n] {
			node.SubnetEnv = append(node.SubnetEnv, maskedPrefixes(s)...)
		}
		node.Links, node.Routes = links[n], routes[n]
		inv.Nodes = append(inv.Nodes, node)
	}
	if !v.ownIPAM() {
		for _, src := range v.flannels {
			for _, h := range src.podPrefixes() {
				inv.Networks = appendNew(inv.Networks, h.p)
			}
		}
	}
	for _, list := range [][]*sourceView{v.servers, v.managers, v.kubeadms, v.extraArgs} {
		for _, src := range list {
			if src.services == nil || src.services.Default && len(v.servers)+len(v.managers) > 0 {
				continue
			}
			for _, p := range maskedPrefixes(src.services) {
				inv.Services = appendNew(inv.Services, p)
			}
		}
	}
	for _, s := range v.all {
		if s.Role == RoleSetting && s.Setting == SettingMaxPods && !s.Overridden {
			inv.MaxPods = max(inv.MaxPods, s.Int)
		}
	}
	for _, s := range v.hosts {
		inv.take(s, cmp.Or(s.Text, "hosts"))
	}
	for _, s := range v.reserved {
		if s.Component == Host {
			inv.takeLink(s)
			continue
		}
		inv.take(s, cmp.Or(s.Text, s.Key))
	}
	for _, s := range v.addrs {
		inv.take(s, cmp.Or(s.Host, s.Key))
	}
	for _, n := range v.nodes {
		for _, s := range n.addrs {
			inv.take(s, n.name)
		}
	}
	for _, s := range v.links {
		if s.Role == RoleHosts {
			inv.takeLink(s)
		}
	}
	slices.SortFunc(inv.Taken, func(a, b Reservation) int { return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(a.Name, b.Name)) })
	inv.Taken = slices.CompactFunc(inv.Taken, func(a, b Reservation) bool { return a.Prefix == b.Prefix })
	return inv
}

// linksOfNodes returns which subnets the nodes have by their own links, and by the routes of others.
func (v *view) linksOfNodes() (links, routes map[*nodeView][]netip.Prefix) {
	links, routes = map[*nodeView][]netip.Prefix{}, map[*nodeView][]netip.Prefix{}
	if v.ownIPAM() {
		return links, routes
	}
	byAddr := map[netip.Addr]*nodeView{}
	for _, n := range v.nodes {
		for _, s := range n.addrs {
			for _, a := range s.Addrs {
				byAddr[a.Unmap().WithZone("")] = n
			}
		}
	}
	for _, s := range v.links {
		if n := v.nodeOf(s.Host); n != nil && s.Role == RoleHosts {
			for _, p := range s.Prefixes {
				byAddr[p.Addr()] = n
			}
		}
	}
	for _, s := range v.links {
		switch s.Role {
		case RoleNodePods:
			if n := v.nodeOf(s.Host); n != nil {
				for _, p := range maskedPrefixes(s) {
					links[n] = appendNew(links[n], p)
				}
			}
		case RoleRoute:
			for _, a := range s.Addrs {
				if n := byAddr[a]; n != nil {
					for _, p := range maskedPrefixes(s) {
						routes[n] = appendNew(routes[n], p)
					}
				}
			}
		}
	}
	return links, routes
}

// takeLink adds the ranges of a host's links. A network that holds a whole range of the cluster is no reason to use nothing of that
// range: the addresses of hosts in it are taken, the rest is not.
func (inv *Inventory) takeLink(s *Statement) {
	for _, w := range s.Prefixes {
		p := masked(w)
		if !p.IsValid() {
			continue
		}
		if p.Bits() == 0 || inv.inRange(p) {
			if s.Role != RoleHosts {
				continue
			}
			p = netip.PrefixFrom(w.Addr(), w.Addr().BitLen())
		}
		inv.Taken = append(inv.Taken, Reservation{Prefix: p, Name: strings.TrimSpace(s.Key + " " + s.Host), Source: s.Pos.String()})
	}
}

// inRange reports whether p holds a whole range of the cluster.
func (inv *Inventory) inRange(p netip.Prefix) bool {
	for _, m := range inv.Managers {
		for t := range strings.SplitSeq(m.Flags.ClusterCIDR, ",") {
			if q, ok := parsePodCIDR(strings.TrimSpace(t)); ok && p.Bits() <= q.Bits() && p.Overlaps(q) {
				return true
			}
		}
	}
	return false
}

func appendNew(list []netip.Prefix, p netip.Prefix) []netip.Prefix {
	if slices.Contains(list, p) {
		return list
	}
	return append(list, p)
}

// take adds the ranges and addresses of s.
func (inv *Inventory) take(s *Statement, name string) {
	for _, p := range maskedPrefixes(s) {
		inv.Taken = append(inv.Taken, Reservation{Prefix: p, Name: name, Source: s.Pos.String()})
	}
	for _, a := range s.Addrs {
		if a = a.Unmap().WithZone(""); a.IsValid() && !a.IsUnspecified() && !a.IsLoopback() {
			inv.Taken = append(inv.Taken, Reservation{Prefix: netip.PrefixFrom(a, a.BitLen()), Name: name, Source: s.Pos.String()})
		}
	}
}

// statedTexts returns the ranges of s, each as it is written.
func statedTexts(s *Statement) []string {
	if s.Err != nil || len(s.Prefixes) == 0 {
		return strings.Split(s.Text, ",")
	}
	return texts(s.Prefixes)
}

// controllerFlags returns the flags that src states.
func (src *sourceView) controllerFlags() ControllerFlags {
	var f ControllerFlags
	for _, s := range src.pods {
		f.ClusterCIDR = s.Text
	}
	if s := src.services; s != nil {
		f.ServiceClusterIPRange = s.Text
	}
	number := func(k Setting) int {
		if s := src.set[k]; s != nil {
			return s.Int
		}
		return 0
	}
	f.NodeCIDRMaskSize = number(SettingNodeMask)
	f.NodeCIDRMaskSizeIPv4 = number(SettingNodeMaskIPv4)
	f.NodeCIDRMaskSizeIPv6 = number(SettingNodeMaskIPv6)
	if s := src.set[SettingAllocate]; s != nil {
		f.AllocateNodeCIDRs = s.Bool
	}
	if s := src.set[SettingNodeIPAM]; s != nil && !s.Bool {
		f.Controllers = []string{"*", "-nodeipam"}
	}
	if s := src.set[SettingAllocatorType]; s != nil && !s.Default {
		f.CIDRAllocatorType, f.CIDRAllocatorEmpty = s.Text, s.Text == ""
	}
	return f
}

// assume fills in Managers from what others say, where no file of kube-controller-manager was given.
func (inv *Inventory) assume(v *view) {
	for _, src := range v.kubeadms {
		for _, s := range src.pods {
			if s.Text == "" {
				continue
			}
			f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: s.Text}
			if src.services != nil {
				f.ServiceClusterIPRange = src.services.Text
			}
			for _, args := range v.extraArgs {
				if args.comp == ControllerManager && args.file == src.file {
					f = overlay(f, args)
				}
			}
			inv.Managers = append(inv.Managers, HostFlags{src.host, src.file, f})
			inv.Assumed = Kubeadm
			return
		}
	}
	for _, src := range v.flannels {
		if list := src.podPrefixes(); len(list) > 0 && !v.ownIPAM() {
			var ranges []netip.Prefix
			for _, h := range list {
				ranges = append(ranges, h.p)
			}
			f := ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: strings.Join(texts(ranges), ",")}
			inv.Managers = append(inv.Managers, HostFlags{src.host, src.file, f})
			inv.Assumed = Flannel
			return
		}
	}
}

// overlay returns f with what extraArgs of kubeadm set.
func overlay(f ControllerFlags, args *sourceView) ControllerFlags {
	g := args.controllerFlags()
	f.ClusterCIDR = cmp.Or(g.ClusterCIDR, f.ClusterCIDR)
	f.ServiceClusterIPRange = cmp.Or(g.ServiceClusterIPRange, f.ServiceClusterIPRange)
	f.NodeCIDRMaskSize = g.NodeCIDRMaskSize
	f.NodeCIDRMaskSizeIPv4 = g.NodeCIDRMaskSizeIPv4
	f.NodeCIDRMaskSizeIPv6 = g.NodeCIDRMaskSizeIPv6
	if s := args.set[SettingAllocate]; s != nil {
		f.AllocateNodeCIDRs = s.Bool
	}
	if g.Controllers != nil {
		f.Controllers = g.Controllers
	}
	if g.CIDRAllocatorType != "" {
		f.CIDRAllocatorType = g.CIDRAllocatorType
	}
	return f
}

// Flags returns the flags of the controller manager that is taken for the one that leads, and whether there is one.
func (inv Inventory) Flags() (ControllerFlags, bool) {
	if len(inv.Managers) == 0 {
		return ControllerFlags{}, false
	}
	return inv.Managers[0].Flags, true
}

// Stopped returns the twin of the cluster with its nodes and without a controller manager that runs. podCIDRs that the
// API server of the release would not take from anybody are kept: they are stored already.
func (inv Inventory) Stopped() *Controller {
	c := NewStopped(inv.Kubernetes)
	c.nodes = make(map[string]nodeRecord, len(inv.Nodes))
	for _, n := range inv.Nodes {
		if _, ok := c.nodes[n.Name]; ok {
			continue
		}
		c.serial++
		c.nodes[n.Name] = nodeRecord{podCIDRs: slices.Clone(n.PodCIDRs), serial: c.serial}
		if len(n.PodCIDRs) == 0 {
			c.waiting = append(c.waiting, n.Name)
		}
	}
	return c
}

// Controller returns the twin of the cluster as it is when its controller manager has just been started. The error says
// why that fails: see [Controller.Start]; it is [ErrNoControllerFlags] if nothing tells the pod range. The twin is returned with
// it, stopped.
func (inv Inventory) Controller() (*Controller, error) {
	c := inv.Stopped()
	f, ok := inv.Flags()
	if !ok {
		return c, ErrNoControllerFlags
	}
	s := c.Start(f)
	return c, s.Err
}

// parsePodCIDR reads a podCIDR as the programs do.
func parsePodCIDR(s string) (netip.Prefix, bool) {
	_, p, ok := ipnet.ParseCIDR(s)
	if !ok || p.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return p, true
}
