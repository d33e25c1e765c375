package distro

import (
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
)

// programFlags are the flags of Kubernetes' programs that say something about ranges.
var programFlags = []struct {
	program Program
	name    string
	role    Role
}{
	{ControllerManager, "cluster-cidr", Pods},
	{ControllerManager, "service-cluster-ip-range", Services},
	{ControllerManager, "node-cidr-mask-size", NodeMask},
	{ControllerManager, "node-cidr-mask-size-ipv4", NodeMaskIPv4},
	{ControllerManager, "node-cidr-mask-size-ipv6", NodeMaskIPv6},
	{ControllerManager, "allocate-node-cidrs", Allocate},
	{APIServer, "service-cluster-ip-range", Services},
	{APIServer, "advertise-address", Address},
	{KubeProxy, "cluster-cidr", Pods},
	{Kubelet, "node-ip", Address},
	{Kubelet, "cluster-dns", DNS},
	{Kubelet, "max-pods", MaxPods},
}

// flagRole returns what a flag of a program says, "" for nothing of ours.
func flagRole(program Program, name string) Role {
	name = strings.ReplaceAll(strings.TrimLeft(name, "-"), "_", "-")
	for _, f := range programFlags {
		if f.program == program && f.name == name {
			return f.role
		}
	}
	return ""
}

// flag adds the value of one flag of a program.
func (c *Cluster) flag(program Program, name string, n *source.Node, key string) {
	role := flagRole(program, name)
	if role == "" {
		return
	}
	if role == Allocate && word(n) == "" && n != nil && n.Kind != source.Mapping && n.Kind != source.Sequence {
		c.Values = append(c.Values, Value{Role: role, Key: key, Pos: c.at(n), Program: program, Bool: true,
			Text: "true"})
		c.override(role, program)
		return
	}
	if c.put(Value{Role: role, Program: program}, n, key) {
		c.override(role, program)
	}
}

// args adds the flags that n gives a program, in any of the forms that installers have: a mapping of names to values, a
// list of name=value
// or of --name=value, and a list of mappings with name and value.
func (c *Cluster) args(program Program, n *source.Node, key string) {
	switch {
	case n == nil:
	case n.Kind == source.Mapping:
		for _, e := range n.Entries {
			c.flag(program, e.Key, lastOf(e.Value), join(key, strings.TrimLeft(e.Key, "-")))
		}
	case n.Kind == source.Sequence:
		for _, it := range n.Items {
			if it != nil && it.Kind == source.Mapping {
				if name := it.Get("name"); name != nil {
					c.flag(program, name.Str(), it.Get("value"), join(key, name.Str()))
				}
				continue
			}
			c.arg(program, it, key)
		}
	default:
		c.arg(program, n, key)
	}
}

// lastOf returns the last item of a list: of a flag that is given several times the last one counts.
func lastOf(n *source.Node) *source.Node {
	if its := items(n); len(its) > 0 {
		return its[len(its)-1]
	}
	return n
}

// arg adds one flag that stands as name=value.
func (c *Cluster) arg(program Program, n *source.Node, key string) {
	if n == nil {
		return
	}
	name, value, found := strings.Cut(n.Str(), "=")
	trimmed := strings.TrimLeft(name, "- ")
	trimmed = strings.TrimRight(trimmed, "+-")
	role := flagRole(program, trimmed)
	if role == "" {
		return
	}
	if !found {
		value = "true"
	}
	v := Value{Role: role, Program: program, Key: join(key, trimmed)}
	c.text(&v, value, n, len(name)+1)
	c.override(role, program)
}

// text adds a value that is a part of a scalar's text, from offset on.
func (c *Cluster) text(v *Value, text string, n *source.Node, offset int) {
	if strings.TrimSpace(text) == "" {
		return
	}
	v.Pos = c.within(n, min(offset, len(n.Str())))
	c.plain(v, text, func(o int) Position { return c.within(n, min(offset+o, len(n.Str()))) })
}

// plain adds a value with the given text, whose bytes stand at the places that at tells.
func (c *Cluster) plain(v *Value, text string, at func(offset int) Position) {
	v.Text = strings.TrimSpace(text)
	if isTemplate(text) {
		v.Template = true
		c.Values = append(c.Values, *v)
		return
	}
	switch {
	case v.Role.ranges():
		for _, w := range split(text) {
			v.addRange(w.text, at(w.offset))
		}
	case v.Role.addresses():
		for _, w := range split(text) {
			v.addAddress(w.text, at(w.offset))
		}
	default:
		v.parseText(text)
	}
	v.settle()
	c.Values = append(c.Values, *v)
}

// kubeadm adds what a kubeadm document, or a part of one, says beside an installer's own keys, and hands the document
// on.
func (c *Cluster) kubeadm(n *source.Node, key string, patch bool) {
	if n == nil || n.Kind != source.Mapping {
		return
	}
	c.Embedded = append(c.Embedded, Embedded{Kind: n.Get("kind").Str(), Node: n, Patch: patch})
	for _, k := range []struct {
		name string
		role Role
	}{{"podSubnet", Pods}, {"serviceSubnet", Services}} {
		if v := n.Get("networking", k.name); v != nil {
			c.put(Value{Role: k.role}, v, join(key, "networking."+k.name))
			c.override(k.role, "")
		}
	}
	c.args(ControllerManager, n.Get("controllerManager", "extraArgs"), join(key, "controllerManager.extraArgs"))
	c.args(APIServer, n.Get("apiServer", "extraArgs"), join(key, "apiServer.extraArgs"))
	c.args(Kubelet, n.Get("nodeRegistration", "kubeletExtraArgs"), join(key, "nodeRegistration.kubeletExtraArgs"))
	if a := n.Get("localAPIEndpoint", "advertiseAddress"); a != nil {
		c.put(Value{Role: Address}, a, join(key, "localAPIEndpoint.advertiseAddress"))
	}
}
