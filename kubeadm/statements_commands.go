package kubeadm

import (
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// Statements returns what the command line says. A `kubeadm init` without a pod range makes an empty statement about
// pods; one that names a file by --config says nothing where the file decides.
func (c Command) Statements() []fact.Statement {
	f := c.Parse()
	base := fact.Statement{Component: fact.Kubeadm, Host: c.Host}
	var out []fact.Statement
	for _, e := range f.Errors {
		if e.Address {
			out = append(out, problem(base, flagFinding(fact.Kubeadm, e, "")))
		}
	}
	if m, ok := c.mixed(f); ok {
		out = append(out, problem(base, m))
	}
	_, hasConfig := f.Lookup("config")
	phase := len(f.Positional) > 0 && f.Positional[0].Text == "phase"
	cfg := c.Config()
	// A range whose value is a variable of the shell is said, but not to the reader of the text.
	for name, v := range map[string]*fact.Value[string]{"pod-network-cidr": &cfg.Cluster.PodSubnet, "service-cidr": &cfg.Cluster.ServiceSubnet} {
		if l, ok := f.Lookup(name); ok && l.Unknown {
			*v = fact.Value[string]{}
			hasConfig = true
		}
	}
	stated := cfg.statements("--pod-network-cidr", "--service-cidr", "--apiserver-advertise-address", c.Host, !hasConfig && !phase && c.Command == "init")
	for _, l := range f.Flags {
		if !l.Overridden || l.Unknown {
			continue
		}
		var s fact.Statement
		switch l.Name {
		case "pod-network-cidr":
			s = ranges(base, fact.RolePods, "--"+l.Name, l.Value, l.Pos)
		case "service-cidr":
			s = ranges(base, fact.RoleServices, "--"+l.Name, l.Value, l.Pos)
		default:
			continue
		}
		s.Overridden = true
		stated = append(stated, s)
	}
	return append(out, stated...)
}

// Statements returns what every command of the text says. Of several kubeadm init commands on one host the last one
// counts:
// people try, reset, and try again.
func (c Commands) Statements() []fact.Statement {
	last := map[string]int{}
	for i, k := range c.Kubeadm {
		if k.Command == "init" {
			last[k.Host] = i
		}
	}
	var out []fact.Statement
	for i, k := range c.Kubeadm {
		if k.Command == "init" && last[k.Host] != i {
			continue
		}
		out = append(out, k.Statements()...)
	}
	for _, p := range c.Processes {
		out = append(out, p.Statements()...)
	}
	return out
}

// Statements returns what the program is told: its ranges, an empty statement where it is given none, masks and
// settings, and what it refuses among its arguments. Values that a later flag of the same name replaces are stated as
// overridden.
func (p Process) Statements() []fact.Statement {
	f := p.Parse()
	base := fact.Statement{Component: p.Component, Host: p.Host}
	var out []fact.Statement
	for _, e := range f.Errors {
		if e.Address || !e.Unknown {
			out = append(out, problem(base, flagFinding(p.Component, e, "")))
		}
	}
	const services = "service-cluster-ip-range"
	switch p.Component {
	case fact.ControllerManager:
		for _, l := range []struct {
			role fact.Role
			name string
		}{{fact.RolePods, "cluster-cidr"}, {fact.RoleServices, services}} {
			stated, given := rangeFlags(f, base, l.role, l.name)
			if out = append(out, stated...); !given {
				out = append(out, ranges(base, l.role, "--"+l.name, fact.Value[string]{}, p.Pos))
			}
		}
		out = append(out, p.controllerSettings(f, base)...)
	case fact.APIServer:
		stated, given := rangeFlags(f, base, fact.RoleServices, services)
		if out = append(out, stated...); !given {
			out = append(out, byDefault(base, fact.RoleServices, "--"+services, defaultAPIServerRange, p.Pos))
		}
		out = append(out, p.advertises(f, base)...)
	}
	out = append(out, p.gateStatements(f, base)...)
	if !p.Version.IsZero() {
		out = append(out, versionStatement(base, "image", p.Image, p.Version))
	}
	return out
}

// rangeFlags states the ranges of every flag of that name. given is true where there is one, or a wrong word that was
// meant to be one.
func rangeFlags(f Flags, base fact.Statement, role fact.Role, name string) (out []fact.Statement, given bool) {
	given = slices.ContainsFunc(f.Errors, func(e FlagError) bool { return e.Meant == name })
	for _, l := range f.Flags {
		if l.Name != name {
			continue
		}
		if given = true; l.Unknown {
			continue
		}
		s := ranges(base, role, "--"+name, l.Value, l.Pos)
		s.Overridden = l.Overridden
		out = append(out, s)
	}
	return out, given
}

// advertises states the addresses that kube-apiserver tells, or else the one that kubeadm noted on its pod.
func (p Process) advertises(f Flags, base fact.Statement) []fact.Statement {
	var out []fact.Statement
	for _, l := range f.Flags {
		if l.Name != "advertise-address" || l.Unknown {
			continue
		}
		if s, ok := address(base, "--advertise-address", l.Value, true); ok {
			s.Overridden = l.Overridden
			out = append(out, s)
		}
	}
	if len(out) > 0 {
		return out
	}
	v := p.Endpoint
	v.V = hostOf(v.V)
	if s, ok := address(base, "advertise-address.endpoint", v, false); ok {
		out = append(out, s)
	}
	return out
}

// controllerSettings states the settings of kube-controller-manager.
func (p Process) controllerSettings(f Flags, base fact.Statement) []fact.Statement {
	var out []fact.Statement
	given := false
	for _, l := range f.Flags {
		switch l.Name {
		case "allocate-node-cidrs":
			given = true
			b, ok := (Flags{Flags: []Flag{l}}).Bool(l.Name)
			if !ok {
				continue
			}
			s := setting(base, fact.SettingAllocate, "--"+l.Name, l.Value)
			s.Bool, s.Overridden = b, l.Overridden
			out = append(out, s)
		case "cidr-allocator-type":
			s := setting(base, fact.SettingAllocatorType, "--"+l.Name, l.Value)
			s.Overridden = l.Overridden
			out = append(out, s)
		case "node-cidr-mask-size", "node-cidr-mask-size-ipv4", "node-cidr-mask-size-ipv6":
			n, ok := parseInt32(l.Value.V)
			if !ok || l.Unknown {
				continue
			}
			for _, m := range maskSettings {
				if m.flag == l.Name {
					s := setting(base, m.setting, "--"+l.Name, l.Value)
					s.Int, s.Overridden = n, l.Overridden
					out = append(out, s)
				}
			}
		}
	}
	if !given {
		s := setting(base, fact.SettingAllocate, "--allocate-node-cidrs", fact.Value[string]{Pos: p.Pos})
		s.Default = true
		out = append(out, s)
	}
	if names := p.controllers(f); names != nil {
		l, _ := f.Lookup("controllers")
		s := setting(base, fact.SettingNodeIPAM, "--controllers", l.Value)
		s.Bool = nodeIPAMOn(names)
		out = append(out, s)
	}
	return out
}

// controllers returns the entries of --controllers in order, nil where the flag is not given.
func (p Process) controllers(f Flags) []string {
	var out []string
	for _, l := range f.Flags {
		if l.Name == "controllers" && !l.Unknown {
			out = append(out, strings.Split(l.Value.V, ",")...)
		}
	}
	return out
}

// nodeIPAMOn reports whether a --controllers list leaves the node IPAM controller running, under its old or its new
// name.
// k8s.io/controller-manager v0.37.2 app/helper.go IsControllerEnabled.
func nodeIPAMOn(names []string) bool {
	star := false
	for _, n := range names {
		switch n {
		case "nodeipam", "node-ipam-controller":
			return true
		case "-nodeipam", "-node-ipam-controller":
			return false
		case "*":
			star = true
		}
	}
	return star
}
