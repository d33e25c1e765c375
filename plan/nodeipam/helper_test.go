package nodeipam

import "strings"

// stated makes an inventory of nodes written as "a=10.244.0.0/24,fd00::/64".
func stated(f ControllerFlags, nodes string) Inventory {
	inv := Inventory{Managers: []HostFlags{{Host: "cp1", Flags: f}}}
	for _, w := range strings.Fields(nodes) {
		name, subnets, _ := strings.Cut(w, "=")
		n := InventoryNode{Name: name}
		if subnets != "" {
			n.PodCIDRs = strings.Split(subnets, ",")
		}
		inv.Nodes = append(inv.Nodes, n)
	}
	return inv
}
