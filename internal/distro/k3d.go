package distro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
)

// k3d: github.com/k3d-io/k3d pkg/config/v1alpha5/types.go, pkg/config/transform.go.
func k3d() Installer {
	return Installer{
		Name:       "k3d",
		Recognised: "apiVersion k3d.io, kind Simple; a command k3d cluster create",
		Marks:      []string{"k3d.io", "k3d cluster"},
		Groups:     []string{"k3d.io"},
		Kinds:      []string{"Simple"},
		Through:    ThroughFlags,
		CNI:        "flannel",
		DNS:        10,
		Defaults:   k3sDefaults(),
		Checks:     []Check{ChecksText, ChecksFamilies},
		Changes: []Change{{
			Roles: []Role{Pods, Services, Hosts, DNS, NodeMask}, Key: "options.k3s.extraArgs", Immutable: true,
			Way: "k3d cluster delete NAME, then k3d cluster create --config FILE",
		}},
		read:   readK3d,
		text:   k3dCommands,
		refuse: refuseK3d,
		Takes: target.Terms{Doc: "a Simple for k3d cluster create --config", Stacks: []string{target.IPv4},
			Why: "the network of its nodes is IPv4", HasName: true, Write: writeK3d},
	}
}

// writeK3d writes a Simple. The ranges are arguments of k3s, of all servers.
func writeK3d(f *target.File) {
	f.Line("apiVersion: k3d.io/v1alpha5\nkind: Simple")
	if name, own := f.Name(); own {
		f.Line("metadata:\n  name: %s", name)
	}
	if hosts := f.Plan.Hosts(); len(hosts) == 1 {
		f.Line("subnet: %s", target.Text(hosts[0].String()))
	}
	f.Line("options:\n  k3s:\n    extraArgs:")
	arg := func(text string, nodes ...string) {
		f.Line("      - arg: %s\n        nodeFilters:", text)
		for _, n := range nodes {
			f.Line("          - %s:*", n)
		}
	}
	arg("--cluster-cidr="+target.Join(f.Plan.Pods()), "server")
	arg("--service-cidr="+target.Join(f.Plan.Services()), "server")
	for _, a := range f.MaskArgs(24, 64, false) {
		arg(fmt.Sprintf("--kube-controller-manager-arg=%s=%d", a.Name, a.Value), "server")
	}
	if n, told := f.MaxPods(); told {
		arg(fmt.Sprintf("--kubelet-arg=max-pods=%d", n), "server", "agent")
	}
}

func readK3d(c *Cluster, n *source.Node) {
	if image := word(n.Get("image")); image != "" {
		if _, tag, ok := strings.Cut(image, ":"); ok {
			c.Release = tag
		}
	}
	if word(n.Get("subnet")) != "auto" {
		c.take(Hosts, "subnet")
	}
	var args []*source.Node
	for _, path := range []string{"options.k3s.extraServerArgs[]", "options.k3s.extraArgs[]"} {
		for _, p := range find(n, path) {
			if arg := p.node; arg != nil && arg.Kind == source.Mapping {
				args = append(args, arg.Get("arg"))
			} else {
				args = append(args, arg)
			}
		}
	}
	for _, a := range args {
		name, value, ok := strings.Cut(word(a), "=")
		if !ok || !strings.HasPrefix(name, "--") {
			continue
		}
		offset := strings.IndexByte(a.Str(), '=') + 1
		c.serverFlag(strings.TrimLeft(name, "-"), value, func(o int) Position { return c.within(a, offset+o) })
	}
	c.flatFamily()
}

// k3dCommands reads k3d cluster create with --k3s-arg and --subnet.
func k3dCommands(in *Installer, f *source.File) []Cluster {
	var out []Cluster
	eachCommand(f, [][]byte{[]byte("k3d cluster")}, func(words []shellWord, at int, _ []byte) {
		c := toolCluster(in, f, words, at, "k3d", "cluster", "create")
		if c == nil {
			return
		}
		for _, o := range options(words) {
			place := func(i int) Position { return f.Position(o.offset + i) }
			switch o.name {
			case "subnet":
				if o.value != "auto" {
					v := Value{Role: Hosts, Key: "--subnet", Pos: place(0)}
					c.plain(&v, o.value, place)
				}
			case "k3s-arg", "k3s-server-arg":
				arg, _, _ := strings.Cut(o.value, "@")
				name, value, ok := strings.Cut(arg, "=")
				if ok {
					skip := len(name) + 1
					c.serverFlag(strings.TrimLeft(name, "-"), value, func(i int) Position { return place(skip + i) })
				}
			}
		}
		if len(c.Values) > 0 {
			c.flatFamily()
			out = append(out, *c)
		}
	})
	return out
}

// refuseK3d tells of ranges that one of several servers gets alone: k3s refuses to start the others then.
func refuseK3d(c *Cluster) {
	refuseK3s(c)
	if c.root == nil {
		return // a command
	}
	for i, p := range find(c.root, "options.k3s.extraArgs[]") {
		arg := word(p.node.Get("arg"))
		critical := slices.ContainsFunc([]string{"--cluster-cidr", "--service-cidr", "--cluster-dns"},
			func(f string) bool { return strings.HasPrefix(arg, f+"=") })
		if !critical || i >= most {
			continue
		}
		filters := items(p.node.Get("nodeFilters"))
		if len(filters) == 1 && strings.HasPrefix(word(filters[0]), "server:") && word(filters[0]) != "server:*" &&
			moreThanOne(c.root.Get("servers")) {
			c.breaks("k3d-one-server-alone", "k3s pkg/cluster/bootstrap",
				arg+" reaches "+word(filters[0])+" alone, and every server must have the same: the others stop with "+
					"a critical configuration value mismatch",
				`nodeFilters: ["server:*"]`, &Value{Pos: c.at(p.node.Get("arg"))})
		}
	}
}

func moreThanOne(n *source.Node) bool { w := word(n); return w != "" && w != "0" && w != "1" }
