// Package plantest has what tests write clusters with.
package plantest

import (
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// Inventory makes one of nodes written as "a=10.244.0.0/24,fd00::/64", with ":10.244.0.0/24" for what subnet.env says.
func Inventory(f nodeipam.ControllerFlags, nodes string) nodeipam.Inventory {
	inv := nodeipam.Inventory{Managers: []nodeipam.HostFlags{{Host: "cp1", Flags: f}}}
	for _, w := range strings.Fields(nodes) {
		name, rest, _ := strings.Cut(w, "=")
		subnets, env, _ := strings.Cut(rest, "~")
		n := nodeipam.InventoryNode{Name: name}
		if subnets != "" {
			n.PodCIDRs = strings.Split(subnets, ",")
		}
		if env != "" {
			n.SubnetEnv = []netip.Prefix{netip.MustParsePrefix(env)}
		}
		inv.Nodes = append(inv.Nodes, n)
	}
	return inv
}

// Avoid makes reservations of a list, each with the name vpn.
func Avoid(list string) []fact.Reservation {
	var out []fact.Reservation
	for _, p := range prefixtest.List(list) {
		out = append(out, fact.Reservation{Prefix: p, Name: "vpn"})
	}
	return out
}

// V4Nodes makes nodes, each with a subnet of a list.
func V4Nodes(list string) []nodeipam.InventoryNode {
	return Inventory(nodeipam.ControllerFlags{}, list).Nodes
}
