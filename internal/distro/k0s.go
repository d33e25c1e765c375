package distro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// k0s: github.com/k0sproject/k0s pkg/apis/k0s/v1beta1/network.go, dualstack.go,
// pkg/component/controller/controllermanager.go.
func k0s() Installer {
	return Installer{
		Name:       "k0s",
		Recognised: "apiVersion k0s.k0sproject.io, kind ClusterConfig or Cluster",
		Marks:      []string{"k0s.k0sproject.io", "serviceCIDR"},
		Groups:     []string{"k0s.k0sproject.io"},
		Kinds:      []string{"ClusterConfig", "Cluster"},
		Through:    ThroughFlags,
		CNI:        "kube-router",
		DNS:        10,
		Defaults: []Default{
			{Role: Pods, IPv4: "10.244.0.0/16", Rendered: true},
			{Role: Services, IPv4: "10.96.0.0/12", Rendered: true},
			{Role: NodeMaskIPv4, IPv4: "24", Rendered: true},
			{Role: NodeMaskIPv6, IPv6: "117", Rendered: true},
		},
		Checks: []Check{ChecksText, ChecksFamilies, ChecksOneEach},
		Changes: []Change{
			{
				Roles: []Role{Pods, Services, DNS}, File: "/etc/k0s/k0s.yaml",
				Key: "spec.network.podCIDR, spec.network.serviceCIDR", Immutable: true,
				Restart: []string{"k0s stop", "k0s start"}, Way: "documented as not changeable; k0s reset on each " +
					"host and install it anew with the other ranges",
			},
			{
				Roles: []Role{NodeMask, NodeMaskIPv4, NodeMaskIPv6}, File: "/etc/k0s/k0s.yaml",
				Key:     "spec.controllerManager.extraArgs",
				Restart: []string{"k0s stop", "k0s start"}, Way: "it holds for nodes that register afterwards",
			},
		},
		Units: []string{"k0scontroller"},
		match: func(f *source.File, n *source.Node) bool { // an excerpt
			network := n.Get("spec", "network")
			return !has(n, "apiVersion") && isMap(n, "spec", "network") && has(network, "podCIDR") &&
				has(network, "serviceCIDR")
		},
		read: func(c *Cluster, n *source.Node) {
			c.Partial = !has(n, "apiVersion")
			c.k0sSpec(n, "spec")
		},
		refuse: func(c *Cluster) {
			refuseK0s(c)
			c.sortIPv6First()
		},
		Takes: target.Terms{Doc: "the ClusterConfig of /etc/k0s/k0s.yaml", Write: writeK0s},
	}
}

// k0sctl: github.com/k0sproject/k0sctl pkg/apis/k0sctl.k0sproject.io/v1beta1; the configuration of k0s stands within.
func k0sctl() Installer {
	in := k0s()
	in.Name, in.Like = "k0sctl", "k0s"
	in.Recognised = "apiVersion k0sctl.k0sproject.io, kind Cluster"
	in.Marks = []string{"k0sctl.k0sproject.io"}
	in.match = nil
	in.Takes = target.Terms{} // the file of k0s stands within
	in.Groups, in.Kinds = []string{"k0sctl.k0sproject.io"}, []string{"Cluster"}
	in.Changes = []Change{{
		Roles: []Role{Pods, Services, DNS}, File: "k0sctl.yaml", Key: "spec.k0s.config.spec.network", Immutable: true,
		Restart: []string{"k0sctl apply --config k0sctl.yaml"},
		Way:     "k0sctl reset, then k0sctl apply with the other ranges",
	}}
	in.read = func(c *Cluster, n *source.Node) {
		c.Release = word(n.Get("spec", "k0s", "version"))
		for _, p := range find(n, "spec.hosts[]") {
			for _, k := range []string{"ssh.address", "openSSH.address", "winRM.address", "privateAddress"} {
				for _, a := range find(p.node, k) {
					c.put(Value{Role: Address, Host: word(p.node.Get("hostname"))}, a.node, p.key+"."+a.key)
				}
			}
		}
		c.k0sSpec(n, "spec.k0s.config.spec")
	}
	return in
}

// k0sSpec reads the configuration of k0s below prefix.
func (c *Cluster) k0sSpec(n *source.Node, prefix string) {
	c.root = n
	c.take(Pods, prefix+".network.podCIDR")
	c.take(Services, prefix+".network.serviceCIDR")
	for _, p := range find(n, prefix+".network.dualStack") {
		on, _ := truth(p.node.Get("enabled"))
		if !on {
			continue
		}
		c.Family = "dual"
		for _, k := range []struct {
			key, first string
			role       Role
		}{{"IPv6podCIDR", "10.244.0.0/16", Pods}, {"IPv6serviceCIDR", "10.96.0.0/12", Services}} {
			if !c.says(k.role) && !c.Partial {
				v := Value{Role: k.role, Key: string(k.role), Pos: c.at(p.node), Default: true, DefaultOf: c.Installer,
					Rendered: true}
				c.plain(&v, k.first, func(int) Position { return v.Pos })
			}
			if !c.put(Value{Role: k.role}, p.node.Get(k.key), p.key+"."+k.key) && !c.Partial {
				c.refused("k0s-dual-ipv6", "must be an IPv6 CIDR", "pkg/apis/k0s/v1beta1/dualstack.go",
					p.key+"."+k.key+" is missing, and dualStack is on", &Value{Pos: c.at(p.node)})
			}
		}
	}
	for _, p := range find(n, prefix+".network.provider") {
		name := strings.ToLower(word(p.node))
		if name == "" || isTemplate(name) {
			continue
		}
		if name == "kuberouter" {
			name = "kube-router"
		}
		c.CNI, c.CNIStated, c.CNIPos = name, true, c.at(p.node)
	}
	if c.CNI == "custom" {
		for _, p := range find(n, prefix+".extensions.helm.charts[]") {
			c.chart(word(p.node.Get("chartname")), p.node.Get("values"), p.key+".values")
		}
	}
	for _, p := range find(n, prefix+".network.calico.mode") {
		c.calicoMode = word(p.node)
	}
	c.take(Pool, prefix+".network.calico.envVars.CALICO_IPV4POOL_CIDR")
	c.take(Address, prefix+".api.address", prefix+".api.externalAddress")
	for _, p := range find(n, prefix+".controllerManager.extraArgs") {
		c.args(ControllerManager, p.node, p.key)
	}
	for _, p := range find(n, prefix+".api.extraArgs") {
		c.args(APIServer, p.node, p.key)
	}
}

// sortIPv6First puts the ranges below dualStack before the others where primaryAddressFamily says so: network.go
// BuildServiceCIDR.
func (c *Cluster) sortIPv6First() {
	primary := append(find(c.root, "spec.network.primaryAddressFamily"),
		find(c.root, "spec.k0s.config.spec.network.primaryAddressFamily")...)
	if c.Family != "dual" || len(primary) == 0 || word(primary[0].node) != "IPv6" {
		return
	}
	six := func(v Value) int {
		if len(v.Prefixes) > 0 && !ipnet.Is4(v.Prefixes[0]) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(c.Values, func(a, b Value) int { return six(a) - six(b) })
}

// refuseK0s: pkg/apis/k0s/v1beta1/network.go Network.Validate.
func refuseK0s(c *Cluster) {
	const src = "pkg/apis/k0s/v1beta1/network.go"
	if !slices.Contains([]string{"kube-router", "calico", "custom"}, c.CNI) && c.CNIStated &&
		allocatorOf(c.CNI) == UnknownAllocator {
		c.refused("k0s-provider", "supported values: kuberouter, calico, custom", src, "network.provider "+c.CNI,
			&Value{Pos: c.CNIPos})
	}
	pods, services := c.of(Pods, ""), c.of(Services, "")
	if len(pods) == 0 || len(services) == 0 || !pods[0].IsRange() || !services[0].IsRange() {
		return
	}
	if len(pods[0].Prefixes) > 1 || len(services[0].Prefixes) > 1 {
		c.refused("k0s-one-range", "invalid CIDR address", src,
			"podCIDR and serviceCIDR take one range each; IPv6 ranges "+
				"of a dual-stack cluster stand below dualStack", pods[0], services[0])
		return
	}
	p, s := pods[0].Prefixes[0], services[0].Prefixes[0]
	if ipnet.Is4(p) != ipnet.Is4(s) {
		c.refused("k0s-families", "podCIDR and serviceCIDR must be both IPv4 or IPv6", src,
			fmt.Sprintf("podCIDR %v and serviceCIDR %v are of different families", p, s), pods[0], services[0])
	}
	if c.Family == "dual" {
		c.refuseK0sDual(pods, services)
		return
	}
	switch {
	case !ipnet.Is4(s) && s.Bits() > 108:
		c.notes("k0s-ipv6-services-upside-down", "k0s commit 29548b05, v1.37.0-alpha",
			fmt.Sprintf("serviceCIDR %v is right for kube-apiserver; k0s v1.37.0-alpha refuses it, since it asks for "+
				"a length of at most 108", s), services[0])
	case !ipnet.Is4(s) && s.Bits() < 108:
		c.breaks("k0s-ipv6-services-too-large", "k8s.io/kubernetes cmd/kube-apiserver/app/options/validation.go",
			fmt.Sprintf("serviceCIDR %v: k0s takes it, and kube-apiserver stops: more than 20 host bits", s),
			"take a range of /108 or longer", services[0])
	}
	if !ipnet.Is4(p) {
		c.notes("k0s-ipv6-gate", src, "k0s takes IPv6 alone with the feature gate IPv6SingleStack only", pods[0])
	}
}

// refuseK0sDual looks at dual-stack: the first ranges are IPv4, those below dualStack IPv6.
func (c *Cluster) refuseK0sDual(pods, services []*Value) {
	const src = "pkg/apis/k0s/v1beta1/network.go"
	for _, list := range [][]*Value{pods, services} {
		if !ipnet.Is4(list[0].Prefixes[0]) {
			c.refused("k0s-dual-ipv4", "if DualStack is enabled, podCIDR and serviceCIDR must be IPv4", src,
				list[0].Key+" "+list[0].Text+" is IPv6, and dualStack is on", list[0])
		}
		for _, v := range list[1:min(len(list), most)] {
			switch {
			case !v.IsRange():
			case ipnet.Is4(v.Prefixes[0]):
				c.refused("k0s-dual-ipv6", "must be an IPv6 CIDR, not IPv4", src, v.Key+" "+v.Text+" is IPv4", v)
			case v.Role == Services && v.Prefixes[0].Bits() < 108:
				c.refused("k0s-dual-services-too-large", "IPv6 service CIDR prefix must be <= 108", src,
					v.Key+" "+v.Text+" has more than 20 host bits", v)
			}
		}
	}
	if mode := c.calicoMode; c.CNI == "calico" && mode != "bird" {
		c.refused("k0s-dual-calico", "dual-stack for calico is only supported for mode `bird`", src,
			"network.calico.mode is not bird, and dualStack is on", &Value{Pos: c.CNIPos})
	}
}

// writeK0s writes a ClusterConfig. Of one family k0s sets --node-cidr-mask-size, beside which
// kube-controller-manager takes no flag of the family: pkg/component/controller/controllermanager.go.
func writeK0s(f *target.File) {
	f.Line("# /etc/k0s/k0s.yaml")
	f.Line("apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata:\n  name: k0s\nspec:\n  network:")
	first := fact.IPv4
	if !f.Dual() {
		first = f.Plan.Families[0]
	}
	for _, k := range []struct {
		indent, pods, services string
		family                 fact.Family
	}{{"    ", "podCIDR", "serviceCIDR", first}, {"      ", "IPv6podCIDR", "IPv6serviceCIDR", fact.IPv6}} {
		if k.pods == "IPv6podCIDR" {
			if !f.Dual() {
				break
			}
			if f.Plan.Families[0] == fact.IPv6 {
				f.Line("    primaryAddressFamily: IPv6")
			}
			f.Line("    dualStack:\n      enabled: true")
		}
		pods, _ := f.Range(fact.RolePods, k.family)
		services, _ := f.Range(fact.RoleServices, k.family)
		f.Line("%s%s: %s\n%s%s: %s", k.indent, k.pods, target.Text(pods.String()), k.indent, k.services,
			target.Text(services.String()))
	}
	if args := f.MaskArgs(24, 117, true); len(args) > 0 {
		f.Line("  controllerManager:\n    extraArgs:")
		for _, a := range args {
			f.Line("      %s: \"%d\"", a.Name, a.Value)
		}
	}
	if n, told := f.MaxPods(); told {
		f.Line("  # for k0s worker --profile=max-pods-%d", n)
		f.Line("  workerProfiles:\n    - name: max-pods-%d\n      values:\n        maxPods: %d", n, n)
	}
}
