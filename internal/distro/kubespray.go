package distro

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// kubespray: github.com/kubernetes-sigs/kubespray roles/kubespray_defaults,
// roles/kubernetes/control-plane/templates/kubeadm-config*,
// roles/validate_inventory, roles/network_plugin.
func kubespray() Installer {
	return Installer{
		Name: "kubespray",
		Recognised: "variables such as kube_pods_subnet; an inventory with the groups kube_control_plane or " +
			"k8s_cluster",
		Marks:   []string{"kube_", "calico_pool_", "cilium_pool_", "k8s_cluster", "k8s-cluster", "kube-master"},
		Through: ThroughKubeadm,
		CNI:     "calico",
		DNS:     3,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.233.64.0/18", IPv6: "fd85:ee78:d8a6:8607::1:0/112", Rendered: true},
			{Role: Services, IPv4: "10.233.0.0/18", IPv6: "fd85:ee78:d8a6:8607::1000/116", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Rendered: true, Releases: "v2.2 and later"},
			{Role: NodeMaskIPv6, IPv6: "120", Rendered: true},
			{Role: MaxPods, IPv4: "110", IPv6: "110", Rendered: true},
		},
		Checks: []Check{ChecksText, ChecksCapacity},
		Changes: []Change{
			{
				Roles: []Role{Pods, Services}, File: "inventory/NAME/group_vars/k8s_cluster/k8s-cluster.yml",
				Key: "kube_pods_subnet, kube_service_addresses", Immutable: true,
				Restart: []string{"ansible-playbook -i inventory/NAME/hosts.yaml cluster.yml"},
				Way: "the playbooks write flags anew and leave nodes and pools as they are; install the cluster " +
					"anew with the other ranges",
			},
			{
				Roles: []Role{NodeMask, NodeMaskIPv4, NodeMaskIPv6},
				File:  "inventory/NAME/group_vars/k8s_cluster/k8s-cluster.yml", Key: "kube_network_node_prefix",
				Restart: []string{"ansible-playbook -i inventory/NAME/hosts.yaml cluster.yml --tags=control-plane"},
				Way:     "it holds for nodes that join afterwards",
			},
		},
		match:  isKubespray,
		read:   readKubespray,
		text:   kubesprayINI,
		refuse: refuseKubespray,
		Takes: target.Terms{Doc: "group_vars/k8s_cluster/k8s-cluster.yml of the inventory",
			Stacks: []string{target.IPv4, target.IPv6, target.Dual}, Why: "of two families IPv4 comes first",
			Write: writeKubespray},
	}
}

// kubesprayKeys are the variables that nobody else has, and what they say.
var kubesprayKeys = []struct {
	key  string
	role Role
}{
	{"kube_pods_subnet", Pods}, {"kube_pods_subnet_ipv6", Pods},
	{"kube_service_addresses", Services}, {"kube_service_addresses_ipv6", Services},
	{"kube_network_node_prefix", NodeMaskIPv4}, {"kube_network_node_prefix_ipv6", NodeMaskIPv6},
	{"kubelet_max_pods", MaxPods}, {"skydns_server", DNS},
	{"calico_pool_cidr", Pool}, {"calico_pool_cidr_ipv6", Pool}, {"cilium_pool_cidr", Pool},
	{"cilium_pool_cidr_ipv6", Pool},
	{"kube_controller_manager_allocate_node_cidrs", Allocate},
}

func isKubespray(f *source.File, n *source.Node) bool {
	if n.Kind != source.Mapping || has(n, "apiVersion") {
		return false
	}
	for _, k := range kubesprayKeys {
		if has(n, k.key) && strings.Contains(k.key, "_") && k.role != DNS && k.role != MaxPods {
			return true
		}
	}
	return has(n, "kube_network_plugin") || isInventory(n)
}

// isInventory reports whether n is an Ansible inventory with groups of kubespray.
func isInventory(n *source.Node) bool {
	for _, g := range []string{"kube_control_plane", "kube_node", "kube-master", "kube-node", "k8s_cluster",
		"k8s-cluster"} {
		if n.Get("all", "children", g) != nil && isMap(n, "all") {
			return true
		}
	}
	return false
}

func readKubespray(c *Cluster, n *source.Node) {
	c.Partial = true
	if isInventory(n) {
		for _, path := range []string{"all.hosts.*", "all.children.*.hosts.*"} {
			for _, p := range find(n, path) {
				c.inventoryHost(p)
			}
		}
		if vars := n.Get("all", "vars"); vars != nil {
			c.kubesprayVars(vars)
		}
		return
	}
	if strings.Contains(c.file.Name, "kubespray_defaults") || strings.Contains(c.file.Name, "kubespray-defaults") {
		c.Installer = "" // defaults of the role, not of a cluster
		return
	}
	c.kubesprayVars(n)
}

// inventoryHost reads the addresses of one host.
func (c *Cluster) inventoryHost(p place) {
	host := p.key[strings.LastIndexByte(p.key, '.')+1:]
	for _, k := range []string{"ip", "ip6", "ansible_host", "access_ip"} {
		if v := p.node.Get(k); v != nil && p.node.Kind == source.Mapping {
			c.put(Value{Role: Address, Host: host}, v, k)
		}
	}
}

func (c *Cluster) kubesprayVars(n *source.Node) {
	c.root = n
	v4, _ := truth(n.Get("ipv4_stack"))
	v6, _ := truth(n.Get("ipv6_stack"))
	old, _ := truth(n.Get("enable_dual_stack_networks"))
	dual := v6 && (v4 || !has(n, "ipv4_stack")) || old
	only6 := v6 && has(n, "ipv4_stack") && !v4
	for _, k := range kubesprayKeys {
		for _, p := range find(n, k.key) {
			if c.put(Value{Role: k.role}, p.node, p.key) {
				six := strings.HasSuffix(k.key, "_ipv6")
				v := &c.Values[len(c.Values)-1]
				v.Overridden = six && !dual && !only6 || !six && only6 &&
					(k.role == Pods || k.role == Services || k.role == NodeMaskIPv4 || k.role == Pool)
				if k.role == Allocate {
					v.Program = ControllerManager
				}
			}
		}
	}
	c.kubesprayCNI(n)
}

// kubesprayCNI decides whether kube-controller-manager allocates: not for Calico without host-local, since v2.24 and
// v2.23.2
// (kubernetes-sigs/kubespray#10639), nor for Cilium with its own pools.
func (c *Cluster) kubesprayCNI(n *source.Node) {
	plugin := word(n.Get("kube_network_plugin"))
	if plugin == "" || isTemplate(plugin) {
		return
	}
	c.CNI, c.CNIStated, c.CNIPos = plugin, true, c.at(n.Get("kube_network_plugin"))
	local, _ := truth(n.Get("calico_ipam_host_local"))
	switch mode := word(n.Get("cilium_ipam_mode")); {
	case plugin == "calico" && local, plugin == "cilium" && mode == "kubernetes":
		c.Allocator = NodeIPAM
	case plugin == "calico", plugin == "cilium":
		c.Allocator = OwnIPAM
		if c.first(Allocate) == nil && c.first(Pods) != nil {
			v := Value{Role: Allocate, Key: "allocate-node-cidrs", Pos: c.CNIPos, Text: "false", Default: true,
				DefaultOf: c.Installer, Rendered: true, Program: ControllerManager}
			c.Values = append(c.Values, v)
		}
	case plugin == "cni", plugin == "none", plugin == "cloud", plugin == "custom_cni", plugin == "macvlan":
		c.Allocator = UnknownAllocator
	}
}

// kubesprayINI reads an inventory in INI form: lines of name key=value under sections in brackets.
func kubesprayINI(in *Installer, f *source.File) []Cluster {
	c := Cluster{in: in, Installer: in.Name, file: f, Partial: true, Pos: f.Position(0),
		at: func(*source.Node) Position { return f.Position(0) }}
	known := false
	iniLines(f, func(section string, words []shellWord) {
		switch group, _, _ := strings.Cut(section, ":"); group {
		case "kube_control_plane", "kube-master", "kube_node", "kube-node", "k8s_cluster", "k8s-cluster":
			known = true
		}
		if strings.Contains(section, ":") {
			for _, w := range words {
				c.iniVar(f, w)
			}
			return
		}
		for _, w := range words[min(1, len(words)):] {
			name, value, _ := strings.Cut(w.text, "=")
			switch name {
			case "ip", "ip6", "ansible_host", "access_ip":
				v := Value{Role: Address, Key: name, Host: words[0].text, Pos: f.Position(w.eq)}
				c.plain(&v, value, func(o int) Position { return f.Position(w.eq + o) })
			}
		}
	})
	if !known || len(c.Values) == 0 {
		return nil
	}
	return []Cluster{c}
}

// iniVar reads a variable of the section [all:vars] or [k8s_cluster:vars].
func (c *Cluster) iniVar(f *source.File, w shellWord) {
	name, value, ok := strings.Cut(w.text, "=")
	if !ok || w.eq == 0 {
		return
	}
	for _, k := range kubesprayKeys {
		if k.key == name {
			v := Value{Role: k.role, Key: name, Pos: f.Position(w.eq)}
			c.plain(&v, value, func(o int) Position { return f.Position(w.eq + o) })
		}
	}
}

// iniLines calls yield for each line of an INI file below a section, with its words.
func iniLines(f *source.File, yield func(section string, words []shellWord)) {
	section := ""
	for at := 0; at < len(f.Data); {
		next := len(f.Data)
		if end := bytes.IndexByte(f.Data[at:], '\n'); end >= 0 {
			next = at + end + 1
		}
		line := bytes.TrimSpace(f.Data[at:next])
		switch {
		case len(line) == 0 || line[0] == '#' || line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			section = string(line[1 : len(line)-1])
		case section != "":
			if words, stop := shellWords(f.Data, at); len(words) > 0 {
				if len(words) > 2 && words[1].text == "=" { // blanks around the sign
					words = []shellWord{{words[0].text + "=" + words[2].text, words[0].offset, words[2].offset}}
				}
				yield(section, words)
				next = max(next, stop)
			}
		}
		at = next
	}
}

// refuseKubesprayMaxPods compares pods on a node with the addresses that it gets, 110 where nobody says otherwise.
func (c *Cluster) refuseKubesprayMaxPods() {
	mask, pods := c.first(NodeMaskIPv4), c.first(MaxPods)
	if mask == nil || mask.Err != nil || mask.Template || mask.Int > 32 || !c.CNIStated || c.CNI == "calico" ||
		c.CNI == "none" {
		return
	}
	n := 110
	if pods != nil {
		if pods.Err != nil || pods.Template {
			return
		}
		n = pods.Int
	}
	if room := 1<<(32-mask.Int) - 2; n > room {
		c.refused("kubespray-max-pods", "Do not schedule more pods on a node than inet addresses are available.",
			"roles/validate_inventory/tasks/main.yml",
			fmt.Sprintf("kubelet_max_pods %d does not fit into a /%d, which has %d addresses for pods", n, mask.Int,
				room),
			mask, pods)
	}
}

func refuseKubespray(c *Cluster) {
	const src = "roles/validate_inventory/tasks/main.yml"
	for _, p := range c.of(Pods, "") {
		for _, v := range c.of(Services, "") {
			if p.IsRange() && v.IsRange() && inside(p.Prefixes[0], v.Prefixes[:1]) {
				c.refused("kubespray-pods-in-services", "kube_pods_subnet cannot be the same network segment as "+
					"kube_service_addresses", src,
					fmt.Sprintf("%s %s lies in %s %s", p.Key, p.Text, v.Key, v.Text), p, v)
			}
		}
	}
	for _, role := range []Role{Pods, Services} {
		for _, v := range c.of(role, "") {
			if p, ok := hostBits(v); ok {
				c.refused("kubespray-host-bits", "is not a valid network range", src,
					fmt.Sprintf("%s %v has host bits set; write %v", v.Key, p, p.Masked()), v)
			}
		}
	}
	c.refuseKubesprayMaxPods()
	var all []*Value
	for i := range c.Values {
		v := &c.Values[i]
		if v.Role == Pods && v.IsRange() && !v.Overridden {
			all = append(all, v)
		}
	}
	for _, v := range c.of(Pool, "") {
		if !v.IsRange() {
			continue
		}
		for _, p := range all {
			if ipnet.Is4(p.Prefixes[0]) == ipnet.Is4(v.Prefixes[0]) && !inside(v.Prefixes[0], p.Prefixes) &&
				strings.HasPrefix(v.Key, "calico") {
				c.refused("kubespray-pool-outside", "is not within or equal to kube_pods_subnet",
					"roles/network_plugin/calico/tasks/check.yml",
					fmt.Sprintf("%s %s does not lie in %s %s", v.Key, v.Text, p.Key, p.Text), v, p)
			}
		}
	}
}

// writeKubespray writes variables. With two families IPv4 comes first in what kubespray makes of them:
// roles/kubespray_defaults/defaults/main/main.yml kube_pods_subnets.
func writeKubespray(f *target.File) {
	f.Line("# inventory/NAME/group_vars/k8s_cluster/k8s-cluster.yml")
	if v, asked := f.Release(); asked {
		f.Line("kube_version: %s", strings.TrimPrefix(v.String(), "v"))
	}
	if f.Plan.Families[0] == fact.IPv6 || f.Dual() {
		f.Line("ipv4_stack: %t\nipv6_stack: true", f.Dual())
	}
	for _, fam := range f.Plan.Families {
		suffix := ""
		if fam == fact.IPv6 {
			suffix = "_ipv6"
		}
		if p, ok := f.Range(fact.RolePods, fam); ok {
			f.Line("kube_pods_subnet%s: %s", suffix, target.Text(p.String()))
		}
		if p, ok := f.Range(fact.RoleServices, fam); ok {
			f.Line("kube_service_addresses%s: %s", suffix, target.Text(p.String()))
		}
		f.Line("kube_network_node_prefix%s: %d", suffix, f.Plan.NodeMask(fam))
	}
	if len(f.Plan.DNSServiceIPs) > 0 {
		f.Line("skydns_server: %s", target.Text(f.Plan.DNSServiceIPs[0].String()))
	}
	if n, told := f.MaxPods(); told {
		f.Line("kubelet_max_pods: %d", n)
	}
}
