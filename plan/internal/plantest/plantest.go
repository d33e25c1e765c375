// Package plantest has what tests write clusters with.
package plantest

import (
	"net/netip"
	"strings"

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
