package distro

import (
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Position is a place in a file.
type Position = fact.Position

// RuleInstaller is the rule of what installers refuse, or take although it does not work: [Problem] in the vocabulary
// of plan.
const RuleInstaller fact.RuleID = "installer-refused"

// Statements returns what the installer is told in the vocabulary of package fact: ranges as statements of the program
// that
// they reach, settings,
// addresses of hosts, and what the installer refuses. Values that are templates, overridden or ignored state nothing,
// and neither do
// defaults that the installer does not pass on.
func (c Cluster) Statements() []fact.Statement {
	var out []fact.Statement
	for _, p := range c.Problems {
		if !p.Told && (p.Refused || p.Rule == "") {
			out = append(out, c.problemStatement(p))
		}
	}
	if c.in == nil {
		return out
	}
	switch {
	case c.Allocator == CloudIPAM || c.in.Through == ThroughNothing:
		own := fact.Component(c.Installer)
		out = c.ranges(out, own, Pods, ControllerManager, fact.RolePods)
		out = c.ranges(out, own, Services, APIServer, fact.RoleServices)
	case c.in.Through == ThroughKubeadm:
		out = c.throughKubeadm(out)
	default:
		out = c.throughFlags(out)
	}
	out = c.ranges(out, fact.Component(firstOf(c.CNI, c.Installer)), Pool, "", fact.RolePods)
	out = c.kubelet(out)
	out = c.hosts(out)
	out = c.network(out)
	out = append(out, fact.Statement{
		Component: fact.Component(c.Installer), Host: c.Host, Role: fact.RoleSetting, Setting: fact.SettingInstaller,
		Key: "installer", Text: firstOf(c.in.Like, c.Installer), Pos: c.Pos,
	})
	return c.changes(out)
}

// changed are the settings by which changes of a role are stated.
var changed = map[Role]fact.Setting{
	Pods: fact.SettingChangePods, Services: fact.SettingChangeServices, DNS: fact.SettingChangeDNS,
	NodeMask: fact.SettingChangeNodeMask, NodeMaskIPv4: fact.SettingChangeNodeMask,
	NodeMaskIPv6: fact.SettingChangeNodeMask, MaxPods: fact.SettingChangeMaxPods,
}

// changes states how values of the installer are changed: a sentence for each kind of value, of the first row that has it.
func (c *Cluster) changes(out []fact.Statement) []fact.Statement {
	seen := map[fact.Setting]bool{}
	for _, ch := range c.in.Changes {
		for _, role := range ch.Roles {
			set := changed[role]
			if set == "" || seen[set] {
				continue
			}
			seen[set] = true
			out = append(out, fact.Statement{
				Component: fact.Component(c.Installer), Role: fact.RoleSetting, Setting: set, Key: "change",
				Text: ch.words(c.Installer), Pos: c.Pos,
			})
		}
	}
	return out
}

// words returns the change as a sentence.
func (ch Change) words(installer string) string {
	s := "with " + installer + " it is " + ch.Key
	if ch.File != "" {
		s += " in " + ch.File
	}
	if len(ch.Restart) > 0 {
		s += "; then " + strings.Join(ch.Restart, ", ")
	}
	switch {
	case ch.Immutable:
		s += "; a cluster that is installed cannot change it: " + ch.Way
	case ch.Way != "":
		s += "; " + ch.Way
	}
	return s
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// key returns the name of a value as it is shown. The name of the installer stands behind it; the words that mark a
// kubeadm configuration
// are kept for kubeadm.
func (c *Cluster) key(v *Value) string {
	key := strings.NewReplacer("extraArgs", "extra args", "ExtraArgs", "extra args").Replace(v.Key)
	if v.Default {
		return key + " (default of " + v.DefaultOf + ")"
	}
	return key + " (" + c.Installer + ")"
}

// ranges adds one statement of all values of a role that count for a program.
func (c *Cluster) ranges(out []fact.Statement, comp fact.Component, role Role, program Program,
	as fact.Role) []fact.Statement {
	s := fact.Statement{Component: comp, Host: c.Host, Role: as}
	var texts []string
	for _, v := range c.of(role, program) {
		if v.Template || v.Default && !v.Rendered || len(v.Prefixes) == 0 && v.Err == nil {
			continue
		}
		if len(texts) == 0 {
			s.Pos, s.Key, s.Default = v.Pos, c.key(v), v.Default
			if v.Program == "" {
				s.Name = fact.NameInstallerKey
			}
		}
		texts = append(texts, v.Text)
		if v.Err != nil && s.Err == nil {
			s.Err, s.Pos = v.Err, v.Pos
		}
		for i, p := range v.Prefixes {
			s.Prefixes = append(s.Prefixes, p)
			at := v.Pos
			if len(v.Places) > i {
				at = v.Places[i]
			}
			s.PrefixPos = append(s.PrefixPos, at)
		}
	}
	if len(texts) == 0 {
		return out
	}
	s.Text = strings.Join(texts, ",")
	if s.Err != nil {
		s.Prefixes = nil
	}
	if len(s.Prefixes) < 2 {
		s.PrefixPos = nil
	}
	return append(out, s)
}

// extraArg returns the name of a value that kubeadm gets as an extra argument: the words that mark such an argument
// come first, and its
// own name last.
func (c *Cluster) extraArg(prefix string, v *Value, flag string) string {
	if strings.HasPrefix(c.key(v), "controllerManager.extra args") {
		return prefix + flag
	}
	return prefix + "(" + c.key(v) + ") " + flag
}

// masks adds the node masks for the component that allocates. With a file, only those that stand in it.
func (c *Cluster) masks(out []fact.Statement, comp fact.Component, prefix, file string) []fact.Statement {
	for _, m := range []struct {
		role    Role
		setting fact.Setting
		flag    string
	}{
		{NodeMask, fact.SettingNodeMask, "node-cidr-mask-size"},
		{NodeMaskIPv4, fact.SettingNodeMaskIPv4, "node-cidr-mask-size-ipv4"},
		{NodeMaskIPv6, fact.SettingNodeMaskIPv6, "node-cidr-mask-size-ipv6"},
	} {
		for _, v := range c.of(m.role, ControllerManager) {
			if v.Template || v.Default && !v.Rendered || v.Err != nil {
				continue
			}
			if file != "" && v.Pos.File != file {
				continue
			}
			key := c.key(v)
			if prefix != "" {
				key = c.extraArg(prefix, v, m.flag)
			}
			out = append(out, fact.Statement{
				Component: comp, Host: c.Host, Role: fact.RoleSetting, Setting: m.setting, Key: key, Text: v.Text,
				Int: v.Int,
				Pos: v.Pos, Default: v.Default,
			})
		}
	}
	return out
}

// allocate adds whether kube-controller-manager hands out node subnets: as it is written, else as the installer does
// it.
func (c *Cluster) allocate(out []fact.Statement, comp fact.Component, prefix string) []fact.Statement {
	for _, v := range c.of(Allocate, ControllerManager) {
		if v.Template || v.Err != nil {
			continue
		}
		key := c.key(v)
		if prefix != "" {
			key = c.extraArg(prefix, v, "allocate-node-cidrs")
		}
		return append(out, fact.Statement{
			Component: comp, Host: c.Host, Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: key,
			Text: v.Text,
			Bool: v.Bool, Pos: v.Pos, Default: v.Default,
		})
	}
	return out
}

// throughKubeadm states what reaches kubeadm: its networking, and flags of single programs as extraArgs.
func (c *Cluster) throughKubeadm(out []fact.Statement) []fact.Statement {
	const manager, server = "controllerManager.extraArgs ", "apiServer.extraArgs "
	out = c.ranges(out, fact.Kubeadm, Pods, "", fact.RolePods)
	out = c.ranges(out, fact.Kubeadm, Services, "", fact.RoleServices)
	out = c.alone(out, ControllerManager, Pods, manager+"cluster-cidr")
	out = c.alone(out, ControllerManager, Services, manager+"service-cluster-ip-range")
	out = c.alone(out, APIServer, Services, server+"service-cluster-ip-range")
	off := false
	for _, v := range c.of(Allocate, ControllerManager) {
		off = off || v.Err == nil && !v.Template && !v.Bool
	}
	if !off { // no installer writes masks for a controller that does not allocate
		out = c.masks(out, fact.Kubeadm, manager, "")
	}
	out = c.allocate(out, fact.Kubeadm, manager)
	return c.release(out, fact.Kubeadm)
}

// alone adds what one program gets by itself, in the place of an extra argument of kubeadm.
func (c *Cluster) alone(out []fact.Statement, program Program, role Role, key string) []fact.Statement {
	for _, v := range c.of(role, program) {
		if v.Program != program {
			return out
		}
	}
	as := fact.RolePods
	if role == Services {
		as = fact.RoleServices
	}
	before := len(out)
	out = c.ranges(out, fact.Kubeadm, role, program, as)
	if len(out) > before {
		out[before].Key = key
	}
	return out
}

// throughFlags states what reaches the flags of the control plane. The checker takes what stands in one file for one
// controller, so that
// masks that another file of config.yaml.d sets are left out.
func (c *Cluster) throughFlags(out []fact.Statement) []fact.Statement {
	before := len(out)
	out = c.ranges(out, fact.ControllerManager, Pods, ControllerManager, fact.RolePods)
	pods := len(out) > before
	if pods {
		at := out[before].Pos
		with := len(out)
		out = c.ranges(out, fact.ControllerManager, Services, ControllerManager, fact.RoleServices)
		if len(out) > with && out[with].Pos.File != at.File {
			out = out[:with]
		}
		out = c.masks(out, fact.ControllerManager, "", at.File)
		with = len(out)
		out = c.allocate(out, fact.ControllerManager, "")
		if len(out) == with && c.in.Name != "microk8s" {
			out = append(out, fact.Statement{
				Component: fact.ControllerManager, Host: c.Host, Role: fact.RoleSetting, Setting: fact.SettingAllocate,
				Key: "allocate-node-cidrs (default of " + c.Installer + ")", Bool: true, Pos: at, Default: true,
			})
		}
		if at.File == c.Pos.File {
			out = c.release(out, fact.ControllerManager)
		}
	}
	out = c.ranges(out, fact.APIServer, Services, APIServer, fact.RoleServices)
	if all := c.first(Pods); all != nil && pods {
		if own := c.of(Pods, ControllerManager)[0]; own.Program == ControllerManager && !sameRanges(own, all) {
			out = c.ranges(out, fact.Component(c.Installer), Pods, "", fact.RolePods) // what all but one program have
		}
	}
	for _, v := range c.of(Pods, KubeProxy) {
		if v.Program == KubeProxy {
			return c.ranges(out, fact.KubeProxy, Pods, KubeProxy, fact.RolePods)
		}
	}
	return out
}

func (c *Cluster) release(out []fact.Statement, comp fact.Component) []fact.Statement {
	if v, err := fact.ParseVersion(c.Release); err == nil && !v.IsZero() {
		out = append(out, fact.Statement{
			Component: comp, Host: c.Host, Role: fact.RoleSetting, Setting: fact.SettingVersion,
			Key:  "release (" + c.Installer + ")",
			Text: c.Release, Pos: c.Pos,
		})
	}
	return out
}

// kubelet states what kubelets are given, as far as somebody wrote it.
func (c *Cluster) kubelet(out []fact.Statement) []fact.Statement {
	for _, v := range c.of(DNS, Kubelet) {
		if v.Default || v.Template {
			continue
		}
		out = append(out, fact.Statement{
			Component: fact.Kubelet, Role: fact.RoleDNS, Key: c.key(v), Text: v.Text, Addrs: v.Addrs, Err: v.Err,
			Pos: v.Pos,
		})
	}
	for _, v := range c.of(MaxPods, Kubelet) {
		if v.Default || v.Template || v.Err != nil || v.Int == 0 {
			continue
		}
		out = append(out, fact.Statement{
			Component: fact.Kubelet, Role: fact.RoleSetting, Setting: fact.SettingMaxPods, Key: c.key(v), Text: v.Text,
			Int: v.Int, Pos: v.Pos,
		})
	}
	return out
}

// hosts states networks and addresses of hosts, and ranges that the network uses within.
func (c *Cluster) hosts(out []fact.Statement) []fact.Statement {
	own := fact.Component(c.Installer)
	for i := range c.Values {
		v := &c.Values[i]
		if v.Template || v.Overridden || v.Ignored || v.Default && !v.Rendered {
			continue
		}
		s := fact.Statement{Component: own, Host: v.Host, Key: c.key(v), Text: v.Text, Pos: v.Pos, Default: v.Default,
			Err: v.Err}
		switch {
		case v.Role == Hosts && (len(v.Prefixes) > 0 || v.Err != nil):
			s.Role, s.Prefixes, s.PrefixPos = fact.RoleHosts, v.Prefixes, v.Places
		case v.Role == Reserved && len(v.Prefixes) > 0:
			s.Role, s.Prefixes, s.Text = fact.RoleReserved, v.Prefixes, v.Key
		case v.Role == Address && len(v.Addrs) > 0:
			s.Role, s.Addrs = fact.RoleAddress, v.Addrs
		default:
			continue
		}
		out = append(out, s)
	}
	return out
}

// network states which network the cluster has. Cilium that takes podCIDRs from nodes is not told: its name alone
// stands for its own pools.
func (c *Cluster) network(out []fact.Statement) []fact.Statement {
	if c.CNI == "" || c.CNI == "none" || c.CNI == "custom" || c.Allocator == NodeIPAM &&
		allocatorOf(c.CNI) != NodeIPAM || !c.CNIStated && c.Partial && c.CNI != "calico" {
		return out
	}
	pos := c.CNIPos
	if !c.CNIStated {
		pos = c.Pos
	}
	return append(out, fact.Statement{
		Component: fact.Component(c.CNI), Role: fact.RoleSetting, Setting: fact.SettingCNI,
		Key:  "network (" + c.Installer + ")",
		Text: c.CNI, Pos: pos, Default: !c.CNIStated,
	})
}

func (c *Cluster) problemStatement(p Problem) fact.Statement {
	f := fact.Finding{Rule: RuleInstaller, Message: c.Installer + ": " + p.Message, Severity: fact.Info}
	switch {
	case p.Refused:
		f.Severity = fact.Error
		f.RefusedBy = []fact.Component{fact.Component(c.Installer)}
	case p.Harmful:
		f.Severity = fact.Error
	}
	if p.Says != "" {
		f.Effect = c.Installer + " says: " + p.Says
	}
	if p.Fix != "" {
		f.Fix = []string{p.Fix}
	}
	s := fact.Statement{Component: fact.Component(c.Installer), Role: fact.RoleProblem}
	for _, w := range p.Where {
		f.Where = append(f.Where, fact.Place{Position: w})
	}
	if len(p.Where) > 0 {
		s.Pos = p.Where[0]
	}
	s.Finding = &f
	return s
}
