package distro

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/target"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// k3s: github.com/k3s-io/k3s pkg/cli/cmds/server.go (flags, which are the keys of config.yaml),
// pkg/configfilearg/parser.go (merging),
// pkg/daemons/control/server.go (what becomes of them), pkg/agent/run.go (families).
func k3s() Installer {
	return Installer{
		Name: "k3s",
		Recognised: "a flat mapping of flags of k3s server, such as cluster-cidr or flannel-backend, or a command " +
			"line of k3s server",
		Marks:    append([]string{"k3s"}, flatMarks...),
		Spread:   true,
		Through:  ThroughFlags,
		CNI:      "flannel",
		DNS:      10,
		Defaults: k3sDefaults(),
		Checks:   []Check{ChecksText, ChecksFamilies},
		Units:    []string{"k3s"},
		Changes: k3sChanges("/etc/rancher/k3s/config.yaml",
			"systemctl restart k3s, one server after the other", "systemctl restart k3s-agent on each agent"),
		match: func(f *source.File, n *source.Node) bool {
			return isFlat(f, n) && !isRKE2(f, n) || nodeArgs(n, "k3s") != nil
		},
		read: func(c *Cluster, n *source.Node) {
			if args := nodeArgs(n, "k3s"); args != nil {
				c.nodeArgs(n, args)
				return
			}
			c.flatFile(n, "rancher/k3s/")
		},
		text: func(in *Installer, f *source.File) []Cluster {
			return append(commandLines(in, f, "k3s"), ansibleArgs(in, f)...)
		},
		refuse: refuseK3s,
		Takes: target.Terms{Doc: "/etc/rancher/k3s/config.yaml of the servers",
			Write: func(f *target.File) { writeFlat(f, "k3s") }},
	}
}

// ansibleKey is the variable in which roles of Ansible have further arguments of k3s server. Group 1 are blanks before it.
var ansibleKey = regexp.MustCompile(`(?m)^([ \t]*)(?:- )?extra_server_args:[ \t]*`)

// ansibleArgs reads the arguments of that variable, which may be folded over several lines. Where Jinja decides about a
// part of them, nothing says what is in use.
func ansibleArgs(in *Installer, f *source.File) []Cluster {
	m := ansibleKey.FindSubmatchIndex(f.Data)
	if m == nil {
		return nil
	}
	text := bytes.Repeat([]byte(" "), len(f.Data))
	for start, n := m[1], 0; start < len(f.Data); n++ {
		end := start + bytes.IndexByte(append(f.Data[start:len(f.Data):len(f.Data)], '\n'), '\n')
		line := f.Data[start:end]
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		if n > 0 && len(bytes.TrimSpace(line)) > 0 && indent <= m[3]-m[2] {
			break
		}
		if bytes.Contains(line, []byte("{%")) {
			return nil
		}
		if !bytes.ContainsAny(line, "{}|>") {
			copy(text[start:end], bytes.Map(unquote, line))
		}
		start = end + 1
	}
	words, _ := shellWords(text, m[1])
	if c, ok := serverCluster(in, f, words, m[0], false); ok {
		return []Cluster{c}
	}
	return nil
}

// unquote makes blanks of quotes.
func unquote(r rune) rune {
	if r == '"' || r == '\'' {
		return ' '
	}
	return r
}

// flatMarks are keys of which one stands in each config.yaml that says something about ranges.
var flatMarks = []string{
	"cluster-cidr", "service-cidr", "cluster-dns", "flannel-backend", "kube-controller-manager-arg", "tls-san",
	"node-ip",
	"cluster-init", "cluster_cidr", "service_cidr",
}

func k3sDefaults() []Default {
	return []Default{
		{Role: Pods, IPv4: "10.42.0.0/16", IPv6: "fd00:42::/56", Rendered: true},
		{Role: Services, IPv4: "10.43.0.0/16", IPv6: "fd00:43::/112", Rendered: true},
		{Role: NodeMaskIPv4, IPv4: "24", Of: "kube-controller-manager"},
		{Role: NodeMaskIPv6, IPv6: "64", Of: "kube-controller-manager"},
	}
}

// k3sChanges are the ways of k3s and RKE2, docs.k3s.io/cli/server and docs.rke2.io/reference/server_config: the ranges
// are for new
// clusters. That a longer range with the same base is taken follows from kube-controller-manager.
func k3sChanges(file, server, agent string) []Change {
	return []Change{
		{
			Roles: []Role{Pods, Services}, File: file, Key: "cluster-cidr, service-cidr",
			Restart: []string{server, agent}, Immutable: true,
			Way: "install the cluster anew with the other range; a shorter prefix with the same first address is " +
				"taken, once every server has it",
		},
		{
			Roles: []Role{NodeMask, NodeMaskIPv4, NodeMaskIPv6}, File: file,
			Key:     "kube-controller-manager-arg: node-cidr-mask-size",
			Restart: []string{server}, Way: "it holds for nodes that register afterwards: kubectl delete node NODE, " +
				"then " + agent,
		},
		{Roles: []Role{DNS}, File: file, Key: "cluster-dns", Restart: []string{server, agent},
			Way: "the same value on every server"},
		{Roles: []Role{MaxPods}, File: file, Key: "kubelet-arg: max-pods", Restart: []string{server, agent}},
	}
}

// flatKeys are the keys of k3s and RKE2 that say something about ranges.
var flatKeys = []struct {
	key  string
	role Role
}{
	{"cluster-cidr", Pods}, {"service-cidr", Services}, {"cluster-dns", DNS}, {"node-ip", Address},
	{"node-external-ip", Address},
	{"advertise-address", Address}, {"bind-address", Address},
}

// flatArgs are the keys that hold flags of the programs within.
var flatArgs = []struct {
	key     string
	program Program
}{
	{"kube-controller-manager-arg", ControllerManager}, {"kube-apiserver-arg", APIServer},
	{"kube-proxy-arg", KubeProxy},
	{"kubelet-arg", Kubelet},
}

var flatKey = regexp.MustCompile(`^[a-z][a-z0-9_-]*\+?$`)

// isFlat reports whether n can be a config.yaml of k3s or RKE2: keys that are flags, none with a mapping below it, and
// among them one
// that nobody else has. In a folder of theirs each of their keys is enough.
func isFlat(f *source.File, n *source.Node) bool {
	if n == nil || n.Kind != source.Mapping || len(n.Entries) == 0 || has(n, "apiVersion") || has(n, "kind") {
		return false
	}
	sure, likely := false, 0
	for _, e := range n.Entries {
		if !flatKey.MatchString(e.Key) || e.Value != nil && e.Value.Kind == source.Mapping {
			return false
		}
		switch strings.TrimSuffix(e.Key, "+") {
		case "cluster-cidr", "service-cidr", "cluster-dns", "flannel-backend", "kube-controller-manager-arg":
			sure = true
		case "tls-san", "cluster-init", "write-kubeconfig-mode", "node-ip", "kubelet-arg", "kube-apiserver-arg", "cni",
			"disable", "token", "server":
			likely++
		case "cluster_cidr", "service_cidr":
			likely++
		}
	}
	if sure {
		return true
	}
	init := has(n, "cluster-init") && has(n, "tls-san")
	return init || likely >= 2 && (has(n, "tls-san") && has(n, "cni")) || likely > 0 && inRancher(f)
}

// inRancher reports whether f stands in a folder of k3s or RKE2, by its name or by a comment in its first line.
func inRancher(f *source.File) bool {
	return inFolder(f, "rancher/k3s/") || inFolder(f, "rancher/rke2/")
}

func inFolder(f *source.File, folder string) bool {
	if strings.Contains(f.Name, folder) {
		return true
	}
	line := f.Data[:min(len(f.Data), 200)]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	return bytes.HasPrefix(line, []byte("#")) && bytes.Contains(line, []byte(folder))
}

// isRKE2 tells the two apart: RKE2 has the key cni, or its folder.
func isRKE2(f *source.File, n *source.Node) bool {
	if inFolder(f, "rancher/k3s/") {
		return false
	}
	return inFolder(f, "rancher/rke2/") || has(n, "cni") || has(n, "cni+")
}

// dropIn reports whether the name is that of a file in config.yaml.d.
func dropIn(name string) bool { return strings.HasSuffix(path.Base(path.Dir(name)), ".yaml.d") }

// flatFile reads a config.yaml.
func (c *Cluster) flatFile(n *source.Node, folder string) {
	c.Partial = dropIn(c.file.Name)
	if before, _, ok := strings.Cut(c.file.Name, "/etc/"+folder); ok {
		c.Host = path.Base(before)
		if before == "" || c.Host == "." || c.Host == "/" {
			c.Host = ""
		}
	}
	if has(n, "server") && !hasAny(n, "cluster-cidr", "service-cidr", "cluster-dns", "flannel-backend",
		"kube-controller-manager-arg", "tls-san", "cni") {
		c.Partial = true // an agent's
	}
	c.flat(n, "")
}

func hasAny(n *source.Node, keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return has(n, k) || has(n, k+"+") })
}

// flat reads the keys of k3s and RKE2 in n.
func (c *Cluster) flat(n *source.Node, prefix string) {
	for _, e := range entries(n) {
		if prefix == "" {
			c.keys = append(c.keys, e.Key)
		}
		c.flatEntry(strings.TrimSuffix(e.Key, "+"), e, prefix)
	}
	c.flatFamily()
}

// flatFamily sets the family of defaults: that of the first address of the node. pkg/util/net.go GetDefaultAddresses.
func (c *Cluster) flatFamily() {
	if c.says(Pods) && c.says(Services) {
		return
	}
	c.Family = "ipv4"
	for _, v := range c.Values {
		if v.Role == Address && strings.HasSuffix(v.Key, "node-ip") && v.Program == "" && len(v.Addrs) > 0 {
			if !v.Addrs[0].Unmap().Is4() {
				c.Family = "ipv6"
			}
			return
		}
	}
}

func (c *Cluster) flatEntry(name string, e source.Entry, prefix string) {
	key := join(prefix, e.Key)
	for _, k := range flatKeys {
		if k.key == name {
			c.put(Value{Role: k.role, Host: c.hostOf(k.role)}, e.Value, key)
			return
		}
	}
	for _, a := range flatArgs {
		if a.key == name {
			c.args(a.program, e.Value, key)
			return
		}
	}
	switch name {
	case "flannel-backend":
		if w := word(e.Value); w == "none" {
			c.CNI, c.CNIStated, c.Allocator = "none", true, UnknownAllocator
			c.CNIPos = c.at(e.Value)
		} else if w != "" {
			c.CNI, c.CNIStated, c.CNIPos = "flannel", true, c.at(e.Value)
		}
	case "cni":
		c.rke2CNI(e.Value)
	case "cluster_cidr", "service_cidr", "cluster_dns", "clusterCIDR", "serviceCIDR", "pod-cidr", "node-cidr-mask-size",
		"node-cidr-mask-size-ipv4", "node-cidr-mask-size-ipv6":
		v := Value{Role: Pods, Key: key, Pos: c.at(e.Value), Text: word(e.Value), Ignored: true}
		c.Values = append(c.Values, v)
	}
}

// nodeArgs returns the annotation of a Node object that holds the arguments of the node's last start, nil where there
// is none.
// github.com/k3s-io/k3s pkg/nodeconfig/nodeconfig.go getNodeArgs.
func nodeArgs(n *source.Node, name string) *source.Node {
	if n.Get("kind").Str() != "Node" {
		return nil
	}
	return n.Get("metadata", "annotations", name+".io/node-args")
}

// nodeArgs reads that annotation. An agent's says nothing about ranges, by what it leaves out neither.
func (c *Cluster) nodeArgs(n, args *source.Node) {
	c.Host = n.Get("metadata", "name").Str()
	c.Name = ""
	c.Release = word(n.Get("status", "nodeInfo", "kubeletVersion"))
	list, err := args.File().JSON()
	words := items(list)
	if err != nil || len(words) == 0 || words[0].Str() != "server" {
		c.Installer = ""
		return
	}
	for i := 0; i+1 < len(words); i++ {
		name, ok := strings.CutPrefix(words[i].Str(), "--")
		if !ok || strings.HasPrefix(words[i+1].Str(), "--") {
			continue
		}
		value := words[i+1]
		c.serverFlag(name, value.Str(), func(o int) Position {
			if o == 0 {
				return value.Pos
			}
			return value.File().Position(o)
		})
		i++
	}
	c.flatFamily()
}

// hostOf returns the host that an address in a file of one host belongs to.
func (c *Cluster) hostOf(r Role) string {
	if r == Address {
		return c.Host
	}
	return ""
}

// refuseK3s says what k3s and RKE2 say: pkg/cli/server/server.go, pkg/agent/run.go run.
func refuseK3s(c *Cluster) {
	told := map[Position]bool{}
	for _, p := range c.Problems {
		told[p.Where[0]] = true
	}
	for i := range c.Values {
		if v := &c.Values[i]; v.Ignored && !told[v.Pos] {
			c.breaks(c.Installer+"-key-unknown", "pkg/configfilearg/parser.go",
				fmt.Sprintf("%s is no key of %s, which passes over it with a warning; the default counts instead",
					v.Key, c.Installer),
				"write cluster-cidr, service-cidr or cluster-dns, and masks as kube-controller-manager-arg: "+
					"node-cidr-mask-size=N", v)
		}
	}
	pods, services := c.prefixes(Pods), c.prefixes(Services)
	if !c.Partial && len(pods) > 0 && len(services) > 0 {
		says := "must share the same IP version (IPv4, IPv6 or dual-stack)"
		if !c.refuseFamilies(c.Installer+"-families", says, "pkg/agent/run.go") &&
			ipnet.Is4(pods[0]) != ipnet.Is4(services[0]) {
			c.refused(c.Installer+"-family-order", says, "pkg/agent/run.go",
				fmt.Sprintf("the first pod range %v and the first service range %v are of different families", pods[0],
					services[0]), c.first(Pods), c.first(Services))
		}
	}
	for _, role := range []Role{Pods, Services} {
		if v := c.twoOfOne(role); v != nil {
			c.breaks(c.Installer+"-two-of-a-family", "pkg/cli/server/server.go",
				fmt.Sprintf("%s %s has two ranges of one family: %s takes them, and kube-controller-manager and "+
					"kube-apiserver do not", v.Key, v.Text, c.Installer), "keep one range of each family", v)
		}
	}
	c.refuseArgAlone(ControllerManager, Pods, "flannel and kube-proxy keep the other range")
	c.refuseArgAlone(ControllerManager, Services, "kube-apiserver keeps the other range")
	c.refuseArgAlone(APIServer, Services, "the DNS address and kube-controller-manager keep the other range")
}

// refuseArgAlone tells of a flag that gives one program another range than the installer's own key gives to all.
func (c *Cluster) refuseArgAlone(program Program, role Role, effect string) {
	var own *Value
	for _, v := range c.of(role, program) {
		if v.Program == program && v.IsRange() {
			own = v
		}
	}
	all := c.first(role)
	if own == nil || all == nil || !all.IsRange() || sameRanges(own, all) {
		return
	}
	c.breaks(c.Installer+"-arg-alone", "pkg/daemons/control/server.go",
		fmt.Sprintf("%s %s reaches %s alone, and %s is %s: %s", own.Key, own.Text, program, all.Key, all.Text, effect),
		"remove "+own.Key+" and write the range that is meant as "+all.Key, own, all)
}

func sameRanges(a, b *Value) bool {
	if len(a.Prefixes) != len(b.Prefixes) {
		return false
	}
	for i, p := range a.Prefixes {
		if p.Masked() != b.Prefixes[i].Masked() {
			return false
		}
	}
	return true
}

// writeFlat writes the config.yaml of k3s and RKE2. The node mask is a flag of kube-controller-manager, which these
// take under its own name alone.
func writeFlat(f *target.File, name string) {
	f.Line("# /etc/rancher/%s/config.yaml, the same on every server", name)
	if f.Plan.Families[0] == fact.IPv6 {
		f.Line("# node-ip of each node begins with an IPv6 address")
	}
	f.Line("cluster-cidr: %s", target.Join(f.Plan.Pods()))
	f.Line("service-cidr: %s", target.Join(f.Plan.Services()))
	if args := f.MaskArgs(24, 64, false); len(args) > 0 {
		f.Line("kube-controller-manager-arg:")
		for _, a := range args {
			f.Line("  - %s=%d", a.Name, a.Value)
		}
	}
	if n, told := f.MaxPods(); told {
		f.Line("# of agents as well")
		f.Line("kubelet-arg:")
		f.Line("  - max-pods=%d", n)
	}
}
