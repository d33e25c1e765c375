package kubecidr

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/draw"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// ClusterRequest returns the request that starts from the cluster whose files these are: its ranges of services and
// pods are kept, its node masks are fixed, its registered nodes hold what they hold, its hosts are where they are, what
// its files say is in use elsewhere is avoided, and its release's limits hold. Numbers of nodes and services are left
// to be set: by default as many nodes as there are.
//
// A plan among the files, alone or with others that say no pod range, is started from in the same way. The error is
// [nodeipam.ErrNoControllerFlags] where nothing says which pod range the cluster has, and that of [Files.One] for
// several clusters.
func ClusterRequest(f *Files) (plan.Request, error) {
	if f == nil {
		return plan.Request{}, nodeipam.ErrNoControllerFlags
	}
	if err := f.One(); err != nil {
		return plan.Request{}, err
	}
	statements := f.Statements()
	inv := repair.InventoryOf(statements...)
	var r plan.Request
	flags, _ := inv.Flags()
	pods := firstList(inv.Pools, prefixesOf(flags.ClusterCIDR), inv.Networks, planned(statements, fact.RolePods))
	if len(pods) == 0 {
		return r, nodeipam.ErrNoControllerFlags
	}
	r.Kubernetes, r.PodsPerNode = inv.Kubernetes, inv.MaxPods
	for _, p := range pods {
		if family := fact.FamilyOf(p); !slices.Contains(r.Families, family) {
			r.Families = append(r.Families, family)
			r.Keep = append(r.Keep, plan.Pin{Role: fact.RolePods, Prefix: p})
		}
	}
	services := firstList(prefixesOf(flags.ServiceClusterIPRange), inv.Services, planned(statements, fact.RoleServices))
	kept := make(map[fact.Family]bool)
	for _, p := range services {
		if family := fact.FamilyOf(p); slices.Contains(r.Families, family) && !kept[family] {
			kept[family] = true
			r.Keep = append(r.Keep, plan.Pin{Role: fact.RoleServices, Prefix: p})
		}
	}
	r.NodeMaskIPv4, r.NodeMaskIPv6 = flags.NodeCIDRMaskSizeIPv4, flags.NodeCIDRMaskSizeIPv6
	if len(r.Families) == 1 && flags.NodeCIDRMaskSize > 0 {
		if r.Families[0] == fact.IPv4 {
			r.NodeMaskIPv4 = flags.NodeCIDRMaskSize
		} else {
			r.NodeMaskIPv6 = flags.NodeCIDRMaskSize
		}
	}
	r.HeldCount = len(inv.Nodes)
	r.Nodes = len(inv.Nodes)
	for _, n := range inv.Nodes {
		for _, c := range n.PodCIDRs {
			if p, err := netip.ParsePrefix(c); err == nil && slices.Contains(r.Families, fact.FamilyOf(p)) && !slices.Contains(r.Held, p.Masked()) {
				r.Held = append(r.Held, p.Masked())
			}
		}
	}
	r.Hosts = hostsOf(statements, r.Families)
	r.Avoid = avoidedOf(statements)
	return r, nil
}

// firstList returns the first list that holds something.
func firstList(lists ...[]netip.Prefix) []netip.Prefix {
	for _, l := range lists {
		if len(l) > 0 {
			return slices.Clone(l)
		}
	}
	return nil
}

// prefixesOf returns the prefixes of a list separated by commas, those that can be read.
func prefixesOf(list string) []netip.Prefix {
	var out []netip.Prefix
	for s := range strings.SplitSeq(list, ",") {
		if p, err := netip.ParsePrefix(strings.TrimSpace(s)); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// planned returns the ranges of a role that an operator's plan states.
func planned(statements []fact.Statement, role fact.Role) []netip.Prefix {
	for _, s := range statements {
		if s.Component == fact.Operator && s.Role == role {
			return s.Prefixes
		}
	}
	return nil
}

// hostsOf returns the hosts' networks in the families, and the addresses of nodes that lie in none of them.
func hostsOf(statements []fact.Statement, families []fact.Family) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range statements {
		switch {
		case s.Role == fact.RoleHosts:
			for _, p := range s.Prefixes {
				all = append(all, p.Masked())
			}
		case s.Role == fact.RoleAddress && s.Component == fact.Node:
			for _, a := range s.Addrs {
				if p, err := a.Unmap().WithZone("").Prefix(a.Unmap().BitLen()); err == nil {
					all = append(all, p)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b netip.Prefix) int { return cmp.Or(cmp.Compare(a.Bits(), b.Bits()), cidrorder.Compare(a, b)) })
	var out []netip.Prefix
	seen := make(map[netip.Prefix]bool)
	for _, p := range all {
		inside := !p.IsValid() || p.Addr().Is4In6() || !slices.Contains(families, fact.FamilyOf(p))
		for n := p.Bits(); n >= 0 && !inside; n-- {
			q, err := p.Addr().Prefix(n)
			inside = err == nil && seen[q]
		}
		if !inside {
			seen[p] = true
			out = append(out, p)
		}
	}
	slices.SortFunc(out, cidrorder.Compare)
	return together(out)
}

// together replaces addresses of hosts that share a /24 or /64 by the smallest range that holds them: sixty hosts are
// one network.
func together(sorted []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for i := 0; i < len(sorted); {
		p := sorted[i]
		near, err := p.Addr().Prefix(p.Addr().BitLen() / 4 * 3)
		if p.Addr().Is6() {
			near, err = p.Addr().Prefix(64)
		}
		j := i + 1
		for err == nil && p.IsSingleIP() && j < len(sorted) && sorted[j].IsSingleIP() && near.Contains(sorted[j].Addr()) {
			j++
		}
		for n := j - i; n > 1 && p.Bits() > near.Bits() && (!p.Contains(sorted[j-1].Addr()) || !plan.HostCount(p).AtLeast(uint64(n))); {
			p = netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
		}
		out = append(out, p)
		i = j
	}
	return out
}

// avoidedOf returns what statements say is in use by something else.
func avoidedOf(statements []fact.Statement) []fact.Reservation {
	var out []fact.Reservation
	for _, s := range statements {
		if s.Role != fact.RoleReserved {
			continue
		}
		for _, p := range s.Prefixes {
			if p = p.Masked(); p.IsValid() && !p.Addr().Is4In6() {
				out = append(out, fact.Reservation{Prefix: p, Name: cmp.Or(s.Text, s.Key), Source: s.Pos.String()})
			}
		}
	}
	return out
}

// A Change is a value in a cluster's files that a plan has another one for.
type Change = draw.Change

// From returns how the cluster of f gets to p, a plan that starts from it: what changes in its files, and the steps on
// the living cluster, proved like those of [repair.New], or why there are none. A plan among the files is no cluster:
// it has changes and no steps.
func From(f *Files, p *plan.Plan) *draw.From {
	out := &draw.From{Changes: Changes(f, p)}
	if f == nil || p == nil {
		return out
	}
	statements := f.Statements()
	r, err := repair.Toward(repair.InventoryOf(statements...), repair.Target{
		Pods: p.Pods(), Services: p.Services(), MaskIPv4: p.NodeMaskIPv4, MaskIPv6: p.NodeMaskIPv6,
	})
	if errors.Is(err, nodeipam.ErrNoControllerFlags) {
		return out
	}
	out.Repair = r
	for _, err := range []error{err, repair.Complete(statements...)} {
		if err != nil {
			out.Why = append(out.Why, err.Error())
			r.Ways = nil
		}
	}
	return out
}

// Changes returns where the files of f say a pod range that p replaces by one that contains it, in the order of the
// files.
func Changes(f *Files, p *plan.Plan) []Change {
	var out []Change
	if f == nil || p == nil {
		return nil
	}
	statements := f.Statements()
	network := ""
	if n, ok := repair.NetworkOf(repair.InventoryOf(statements...)); ok {
		network = n.Name
	}
	for _, s := range statements {
		if s.Role != fact.RolePods || s.Default || s.Overridden || len(s.Prefixes) == 0 {
			continue
		}
		own := network != "" && string(s.Component) == network
		to := slices.Clone(s.Prefixes)
		for i, q := range to {
			for _, r := range p.Ranges {
				switch {
				case r.Role != fact.RolePods || r.Kept != q.Masked():
				case own: // its ranges cannot be changed, and others stand beside them
					to = append(to, around(r.Kept, r.Prefix)...)
				default:
					to[i] = r.Prefix
				}
			}
		}
		if !slices.Equal(to, s.Prefixes) {
			out = append(out, Change{Pos: s.Pos, Component: s.Component, Key: s.Key, From: joined(s.Prefixes), To: joined(to)})
		}
	}
	return out
}

// around returns the blocks that q holds beside p, which it contains.
func around(p, q netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for ok := true; ok && p.Bits() > q.Bits(); p, ok = cidr.Parent(p) {
		if b, has := cidr.Buddy(p); has {
			out = append(out, b)
		}
	}
	return out
}

func joined(ps []netip.Prefix) string {
	var s []string
	for _, p := range ps {
		s = append(s, p.String())
	}
	return strings.Join(s, ",")
}
