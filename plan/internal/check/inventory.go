package check

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// InventoryOf returns what statements say about a cluster. Their order does not matter.
func InventoryOf(statements ...fact.Statement) nodeipam.Inventory {
	v := newView(statements)
	inv := nodeipam.Inventory{Kubernetes: v.kube, Installer: v.installer, CNI: v.cni}
	if by := v.allocator(); by != fact.AllocatorNode {
		inv.Allocator = by
	}
	c := &checker{clusterView: newCluster(v)}
	if inv.Allocator == "" && c.subnetsFromEtcd() && !c.sawUnassigned() {
		inv.Allocator = fact.AllocatorOwn // flannel keeps its subnets in etcd
	}
	if inv.CNI == "" && c.usesFlannel() {
		inv.CNI = string(fact.Flannel)
	}
	if d := v.distribution(); d != nil && inv.Installer == "" {
		inv.Installer = strings.ToLower(d.name)
	}
	if inv.Allocator == fact.AllocatorOwn {
		inv.Pools = v.pools()
	}

	for _, src := range v.managers {
		inv.Managers = append(inv.Managers, nodeipam.HostFlags{Host: src.host, File: src.file, Flags: src.controllerFlags()})
	}
	slices.SortStableFunc(inv.Managers, func(a, b nodeipam.HostFlags) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.File, b.File))
	})
	if len(inv.Managers) == 0 {
		assume(&inv, v)
	}
	for _, src := range v.kubeadms {
		for _, s := range src.pods {
			if s.Text != "" {
				inv.Stated = append(inv.Stated, s.Text)
			}
		}
	}
	for _, src := range v.flannels {
		var list []netip.Prefix
		for _, h := range src.podPrefixes() {
			list = append(list, h.p)
		}
		if len(list) > 0 && !v.ownIPAM() {
			inv.Stated = append(inv.Stated, strings.Join(words.Texts(list), ","))
		}
	}
	created, ages := v.joined()
	envs := map[*nodeView][]*fact.Statement{}
	for _, env := range v.envs {
		if n := v.nodeOf(env.host); n != nil {
			envs[n] = append(envs[n], env.subnet...)
		}
	}
	links, routes := v.linksOfNodes()
	for _, n := range v.nodes {
		node := nodeipam.InventoryNode{Name: n.name}
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
		node.Created, node.Age = created[n.name], ages[n.name]
		inv.Nodes = append(inv.Nodes, node)
	}
	if !v.ownIPAM() {
		for _, src := range v.flannels {
			for _, h := range src.podPrefixes() {
				inv.Networks = AppendNew(inv.Networks, h.p)
			}
		}
	}
	for _, list := range [][]*sourceView{v.servers, v.managers, v.kubeadms, v.extraArgs} {
		for _, src := range list {
			if src.services == nil || src.services.Default && len(v.servers)+len(v.managers) > 0 {
				continue
			}
			for _, p := range maskedPrefixes(src.services) {
				inv.Services = AppendNew(inv.Services, p)
			}
		}
	}
	for _, s := range v.all {
		if s.Role != fact.RoleSetting || s.Overridden {
			continue
		}
		switch s.Setting {
		case fact.SettingMaxPods:
			inv.MaxPods = max(inv.MaxPods, s.Int)
		case fact.SettingWorkload:
			inv.FlannelWorkload = cmp.Or(inv.FlannelWorkload, s.Text)
		case fact.SettingConfigMap:
			inv.FlannelConfig = cmp.Or(inv.FlannelConfig, s.Text)
		case fact.SettingControlPlane:
			if inv.ControlPlanes == nil {
				inv.ControlPlanes = map[string]bool{}
			}
			inv.ControlPlanes[s.Host] = true
		}
	}
	for _, s := range v.hosts {
		take(&inv, s, cmp.Or(s.Text, "hosts"))
	}
	for _, s := range v.reserved {
		if s.Component == fact.Host {
			takeLink(&inv, s)
			continue
		}
		take(&inv, s, cmp.Or(s.Text, s.Key))
	}
	for _, s := range v.addrs {
		take(&inv, s, cmp.Or(s.Host, s.Key))
	}
	for _, n := range v.nodes {
		for _, s := range n.addrs {
			take(&inv, s, n.name)
		}
	}
	for _, s := range v.links {
		if s.Role == fact.RoleHosts {
			takeLink(&inv, s)
		}
	}
	slices.SortFunc(inv.Taken, func(a, b fact.Reservation) int {
		return cmp.Or(cidrorder.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Name, b.Name))
	})
	inv.Taken = slices.CompactFunc(inv.Taken, func(a, b fact.Reservation) bool { return a.Prefix == b.Prefix })
	return inv
}

// takeLink adds the ranges of a host's links. A network that holds a whole range of the cluster is no reason to use nothing of that
// range: the addresses of hosts in it are taken, the rest is not.
func takeLink(inv *nodeipam.Inventory, s *fact.Statement) {
	for _, w := range s.Prefixes {
		p := masked(w)
		if !p.IsValid() {
			continue
		}
		if p.Bits() == 0 || inRange(inv, p) {
			if s.Role != fact.RoleHosts {
				continue
			}
			p = netip.PrefixFrom(w.Addr(), w.Addr().BitLen())
		}
		inv.Taken = append(inv.Taken, fact.Reservation{Prefix: p, Name: strings.TrimSpace(s.Key + " " + s.Host), Source: s.Pos.String()})
	}
}

// inRange reports whether p holds a whole range of the cluster.
func inRange(inv *nodeipam.Inventory, p netip.Prefix) bool {
	for _, m := range inv.Managers {
		for t := range strings.SplitSeq(m.Flags.ClusterCIDR, ",") {
			if q, ok := nodeipam.ParsePodCIDR(strings.TrimSpace(t)); ok && p.Bits() <= q.Bits() && p.Overlaps(q) {
				return true
			}
		}
	}
	return false
}

// joined returns when nodes were made, and how old they were, by name; of several sources the first.
func (v *view) joined() (created map[string]time.Time, ages map[string]time.Duration) {
	created, ages = map[string]time.Time{}, map[string]time.Duration{}
	for _, s := range v.all {
		if s.Role != fact.RoleSetting || s.Setting != fact.SettingCreated {
			continue
		}
		if t, err := time.Parse(time.RFC3339, s.Text); err == nil && created[s.Host].IsZero() {
			created[s.Host] = t.UTC()
		} else if s.Int > 0 && ages[s.Host] == 0 {
			ages[s.Host] = time.Duration(min(s.Int, math.MaxInt32)) * time.Second
		}
	}
	return created, ages
}

// pools returns the ranges of a network that keeps its own book, masked, as its own configuration has them.
func (v *view) pools() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range v.all {
		if s.Role != fact.RolePods || s.Overridden || s.Default || v.cni == "" || string(s.Component) != v.cni {
			continue
		}
		for _, p := range maskedPrefixes(s) {
			out = AppendNew(out, p)
		}
	}
	return out
}

func AppendNew(list []netip.Prefix, p netip.Prefix) []netip.Prefix {
	if slices.Contains(list, p) {
		return list
	}
	return append(list, p)
}

// take adds the ranges and addresses of s.
func take(inv *nodeipam.Inventory, s *fact.Statement, name string) {
	for _, p := range maskedPrefixes(s) {
		inv.Taken = append(inv.Taken, fact.Reservation{Prefix: p, Name: name, Source: s.Pos.String()})
	}
	for _, a := range s.Addrs {
		if a = a.Unmap().WithZone(""); a.IsValid() && !a.IsUnspecified() && !a.IsLoopback() {
			inv.Taken = append(inv.Taken, fact.Reservation{Prefix: netip.PrefixFrom(a, a.BitLen()), Name: name, Source: s.Pos.String()})
		}
	}
}

// statedTexts returns the ranges of s, each as it is written.
func statedTexts(s *fact.Statement) []string {
	if s.Err != nil || len(s.Prefixes) == 0 {
		return strings.Split(s.Text, ",")
	}
	return words.Texts(s.Prefixes)
}

// controllerFlags returns the flags that src states.
func (src *sourceView) controllerFlags() nodeipam.ControllerFlags {
	var f nodeipam.ControllerFlags
	for _, s := range src.pods {
		f.ClusterCIDR = s.Text
	}
	if s := src.services; s != nil {
		f.ServiceClusterIPRange = s.Text
	}
	number := func(k fact.Setting) int {
		if s := src.set[k]; s != nil {
			return s.Int
		}
		return 0
	}
	f.NodeCIDRMaskSize = number(fact.SettingNodeMask)
	f.NodeCIDRMaskSizeIPv4 = number(fact.SettingNodeMaskIPv4)
	f.NodeCIDRMaskSizeIPv6 = number(fact.SettingNodeMaskIPv6)
	if s := src.set[fact.SettingAllocate]; s != nil {
		f.AllocateNodeCIDRs = s.Bool
	}
	if s := src.set[fact.SettingNodeIPAM]; s != nil && !s.Bool {
		f.Controllers = []string{"*", "-nodeipam"}
	}
	if s := src.set[fact.SettingAllocatorType]; s != nil && !s.Default {
		f.CIDRAllocatorType, f.CIDRAllocatorEmpty = s.Text, s.Text == ""
	}
	return f
}

// assume fills in Managers from what others say, where no file of kube-controller-manager was given.
func assume(inv *nodeipam.Inventory, v *view) {
	for _, src := range v.kubeadms {
		for _, s := range src.pods {
			if s.Text == "" {
				continue
			}
			f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: s.Text}
			if src.services != nil {
				f.ServiceClusterIPRange = src.services.Text
			}
			for _, args := range v.extraArgs {
				if args.comp == fact.ControllerManager && args.file == src.file {
					f = overlay(f, args)
				}
			}
			if ps := maskedPrefixes(s); len(ps) == 1 && ps[0].Addr().Is6() && f.NodeCIDRMaskSize+f.NodeCIDRMaskSizeIPv6 == 0 && v.release(nil).Before(fact.V(1, 20, 0)) {
				f.NodeCIDRMaskSize = kubeadmMaskIPv6(ps[0].Bits())
			}
			inv.Managers = append(inv.Managers, nodeipam.HostFlags{Host: src.host, File: src.file, Flags: f})
			inv.Assumed = fact.Kubeadm
			return
		}
	}
	// subnet.env names the network, too: FLANNEL_NETWORK.
	for _, src := range slices.Concat(v.flannels, v.envs) {
		if list := src.podPrefixes(); len(list) > 0 && !v.ownIPAM() {
			var ranges []netip.Prefix
			for _, h := range list {
				ranges = append(ranges, h.p)
			}
			f := nodeipam.ControllerFlags{AllocateNodeCIDRs: true, ClusterCIDR: strings.Join(words.Texts(ranges), ",")}
			inv.Managers = append(inv.Managers, nodeipam.HostFlags{Host: src.host, File: src.file, Flags: f})
			inv.Assumed = fact.Flannel
			return
		}
	}
}

// overlay returns f with what extraArgs of kubeadm set.
func overlay(f nodeipam.ControllerFlags, args *sourceView) nodeipam.ControllerFlags {
	g := args.controllerFlags()
	f.ClusterCIDR = cmp.Or(g.ClusterCIDR, f.ClusterCIDR)
	f.ServiceClusterIPRange = cmp.Or(g.ServiceClusterIPRange, f.ServiceClusterIPRange)
	f.NodeCIDRMaskSize = g.NodeCIDRMaskSize
	f.NodeCIDRMaskSizeIPv4 = g.NodeCIDRMaskSizeIPv4
	f.NodeCIDRMaskSizeIPv6 = g.NodeCIDRMaskSizeIPv6
	if s := args.set[fact.SettingAllocate]; s != nil {
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
