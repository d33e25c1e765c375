package kubectl

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// keepAddress keeps a pod that holds an address and is placed on a node.
func (out *Objects) keepAddress(p Pod) {
	if p.Node == "" || len(p.IPs) == 0 || len(out.Addressed) >= mostTrouble {
		return
	}
	switch p.Phase {
	case "Completed", "Succeeded", "Failed", "Evicted", "Error": // the address is free again
		return
	}
	p.States = nil
	out.Addressed = append(out.Addressed, p)
}

// hostPods are the first letters of pods that are in their hosts' network, beside those of [pluginPods].
var hostPods = []string{"kube-proxy-", "kube-apiserver-", "kube-controller-manager-", "kube-scheduler-", "etcd-", "kube-vip-", "tigera-operator-", "cloud-controller-manager-"}

// inHostNetwork reports whether the pod's name, or its manifest, says that it is in the network of its host. Pods that
// a kubelet runs from a file carry the name of its node at their end.
func (p Pod) inHostNetwork() bool {
	return p.HostNetwork || pluginOf(p.Name.V) >= 0 || strings.HasSuffix(p.Name.V, "-"+p.Node) && p.NetworkUnknown ||
		slices.ContainsFunc(hostPods, func(h string) bool { return strings.HasPrefix(p.Name.V, h) })
}

// podAddresses states the addresses of pods, those of the hosts' network left out. A table does not tell the two apart;
// there an address is the host's where two pods of one node show it, a pod that is known for it, or the node. Where the
// host's address is not known at all, Bool says that this may be it.
func (o Objects) podAddresses() []fact.Statement {
	type at struct {
		node string
		addr netip.Addr
	}
	hosts, known, times := map[at]bool{}, map[string]bool{}, map[at]int{}
	own := func(node string, a netip.Addr) { hosts[at{node, a}], known[node] = true, true }
	for _, n := range o.Nodes {
		for _, a := range n.Addresses {
			if a.Addr.V.IsValid() {
				own(n.Name.V, a.Addr.V)
			}
		}
	}
	for _, p := range o.Addressed {
		for _, a := range p.IPs {
			k := at{p.Node, a.V}
			if times[k]++; a.V.IsValid() && (p.inHostNetwork() || times[k] > 1) {
				own(p.Node, a.V)
			}
		}
	}
	var out []fact.Statement
	for _, p := range o.Addressed {
		s := fact.Statement{Component: fact.Node, Host: p.Node, Role: fact.RolePodAddress, Key: p.Namespace + "/" + p.Name.V}
		if p.Namespace == "" {
			s.Key = p.Name.V
		}
		for _, a := range p.IPs {
			if !a.V.IsValid() || hosts[at{p.Node, a.V}] || p.inHostNetwork() {
				continue
			}
			if len(s.Addrs) == 0 {
				s.Pos, s.Text = a.Pos, a.Text
			} else {
				s.Text += "," + a.Text
			}
			s.Addrs = append(s.Addrs, a.V)
		}
		s.Bool = p.NetworkUnknown && !known[p.Node]
		if len(s.Addrs) > 0 {
			out = append(out, s)
		}
	}
	return out
}
