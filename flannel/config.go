package flannel

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Config is a net-conf.json that was found somewhere, with what is known about the flannel that reads it. The zero
// value stands for no file.
type Config struct {
	NetConf NetConf
	// Err is why flannel does not take it, a *[NetConfError], or nil. What could be read is in NetConf all the same.
	Err error
	// Object names the object that holds it: "ConfigMap kube-flannel/kube-flannel-cfg", "Helm values"; "" for a bare
	// file.
	Object string
	// Namespace and Name are those of the ConfigMap, "" where there is none.
	Namespace, Name string
	Host            string       // host that the file was taken from, or ""
	Version         fact.Version // of the flannel that reads it, zero if unknown
	Mode            Mode
	ModeKnown       bool   // something says the mode: arguments, or that the text stands in a ConfigMap, which with etcd nobody reads
	Encoding        string // of a bare file that is not plain UTF-8, such as "UTF-16 little endian"; "" elsewhere
}

// String returns where the configuration is from and what it says.
func (c Config) String() string {
	where := c.Object
	if where == "" {
		where = c.NetConf.File
	}
	if c.Err != nil {
		return fmt.Sprintf("%s: %v", where, c.Err)
	}
	return fmt.Sprintf("%s: %v", where, c.NetConf)
}

// newConfig reads the text of f; raw is the text as flannel is given it.
func newConfig(f *source.File, raw []byte, opt Options, object string) Config {
	c := Config{Object: object, Host: opt.Host, Version: opt.Version, Mode: opt.Mode}
	c.NetConf, c.Err = readNetConf(f, raw, opt)
	if c.Err != nil && len(raw) != len(f.Data) && f.Encoding != "" {
		// A byte order mark or UTF-16 may come from the shell that saved the copy: read on, and say so.
		if n, err := readNetConf(f, f.Data, opt); err == nil {
			c.NetConf, c.Err, c.Encoding = n, nil, string(f.Encoding)
		}
	}
	if bare := withoutPrompts(f.Data); c.Err != nil && object == "" && !bytes.Equal(bare, f.Data) {
		if g, err := f.With(bare); err == nil {
			c.NetConf, c.Err = readNetConf(g, bare, opt)
		}
	}
	return c
}

// Statements returns what the configuration says for plan.Check: settings, a range for each family that is enabled or
// written, and a finding for each fault that concerns this file alone.
//
// 0.0.0.0/0 and ::/0 of a disabled family, as k3s writes them, are not stated: they mean that the family is off.
func (c Config) Statements() []fact.Statement {
	var out []fact.Statement
	if c.Err == nil || len(c.NetConf.Keys) > 0 {
		out = c.readableStatements()
	}
	if c.Err == nil {
		out = append(out, c.backendStatements()...)
	}
	for _, f := range c.Findings() {
		out = append(out, fact.Statement{Role: fact.RoleProblem, Key: string(f.Rule), Pos: f.Where[0].Position, Finding: &f})
	}
	for i := range out {
		s := &out[i]
		if s.Component, s.Host = fact.Flannel, c.Host; !s.Pos.IsValid() {
			s.Pos = fact.Position{File: c.NetConf.File}
		}
	}
	return out
}

// setting returns a statement about a key, and whether it is written; what is not is a default.
func (c Config) setting(key string, set fact.Setting) (fact.Statement, bool) {
	s := fact.Statement{Role: fact.RoleSetting, Setting: set, Key: key}
	k, ok := c.NetConf.Key(key)
	if ok {
		s.Text, s.Pos = k.Text, k.Value
	} else {
		s.Default = true
	}
	return s, ok
}

// readableStatements states the families, their ranges and the lengths of subnets.
func (c Config) readableStatements() []fact.Statement {
	n := c.NetConf
	var out []fact.Statement
	if c.Namespace != "" && c.Name != "" {
		out = append(out, fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingConfigMap, Key: "net-conf.json", Text: c.Namespace + "/" + c.Name})
	}
	if c.ModeKnown {
		out = append(out, fact.Statement{Role: fact.RoleSetting, Setting: fact.SettingKubeSubnetMgr, Key: "net-conf.json", Bool: c.Mode == Kube, Default: true})
	}
	enabled4, _ := c.setting("EnableIPv4", fact.SettingEnableIPv4)
	if enabled4.Bool = n.EnableIPv4; c.Err != nil {
		enabled4.Bool = enabled4.Text != "false"
	}
	enabled6, _ := c.setting("EnableIPv6", fact.SettingEnableIPv6)
	enabled6.Bool = n.EnableIPv6 || c.Err != nil && enabled6.Text == "true"
	out = append(out, enabled4, enabled6)
	out = append(out, c.rangeStatements("Network", enabled4.Bool)...)
	out = append(out, c.rangeStatements("IPv6Network", enabled6.Bool)...)
	for _, key := range []string{"SubnetLen", "SubnetMin", "SubnetMax", "IPv6SubnetLen", "IPv6SubnetMin", "IPv6SubnetMax"} {
		s, ok := c.setting(key, fact.SettingSubnetLen)
		if !ok {
			continue
		}
		switch key {
		case "SubnetLen":
			s.Int = int(min(n.SubnetLen, 1<<16))
		case "IPv6SubnetLen":
			s.Int = int(min(n.IPv6SubnetLen, 1<<16))
		}
		out = append(out, s)
	}
	return out
}

// rangeStatements states the range of a family, and what a later key of the same name overrides.
func (c Config) rangeStatements(key string, enabled bool) []fact.Statement {
	s, written := c.network(key)
	if !enabled && (!written || s.Err == nil && isEmpty(first(s.Prefixes))) {
		return nil
	}
	var out []fact.Statement
	for _, k := range c.NetConf.Keys {
		if k.Name != key || !k.Loses || len(out) == manyFindings {
			continue
		}
		o := fact.Statement{Role: fact.RolePods, Key: key, Text: k.Text, Pos: k.Value, Overridden: true}
		if k.Prefix.IsValid() {
			o.Prefixes = []netip.Prefix{k.Prefix}
		}
		out = append(out, o)
	}
	return append(out, s)
}

// backendStatements states the backend and its MTU.
func (c Config) backendStatements() []fact.Statement {
	n := c.NetConf
	s, _ := c.setting("Backend", fact.SettingBackend)
	s.Text = strings.ToLower(n.BackendType)
	if k, ok := n.Key("Backend.Type"); ok {
		s.Pos = k.Value
	}
	out := []fact.Statement{s}
	if b, err := n.ParseBackend(c.Version); err == nil && b.MTUSet {
		out = append(out, fact.Statement{
			Role: fact.RoleSetting, Setting: fact.SettingBackendMTU, Key: "Backend.MTU",
			Int: b.MTUKey, Text: fmt.Sprint(b.MTUKey), Pos: n.Pos("Backend.MTU"),
		})
	}
	return out
}

// network states Network or IPv6Network as it is written.
func (c Config) network(key string) (s fact.Statement, written bool) {
	s = fact.Statement{Role: fact.RolePods, Key: key}
	k, ok := c.NetConf.Key(key)
	if !ok {
		return s, false
	}
	s.Text, s.Pos = k.Text, k.Value
	if k.Prefix.IsValid() {
		s.Prefixes = []netip.Prefix{k.Prefix}
	}
	if four := key == "Network"; k.Prefix.IsValid() && k.Prefix.Addr().Is4() != four {
		s.Prefixes = nil
		s.Err = fmt.Errorf("%q is not of the family of %s", k.Text, key)
	}
	if !k.Prefix.IsValid() {
		s.Err = errors.New("invalid CIDR address: " + k.Text) // as flannel says of the first that is
	}
	return s, true
}

// finding returns a finding about a place of the file.
func (c Config) finding(rule fact.RuleID, sev fact.Severity, pos fact.Position, message string) fact.Finding {
	return fact.Finding{Rule: rule, Severity: sev, Message: message, Where: []fact.Place{{Position: pos, Host: c.Host}}}
}

// what names the text in messages.
func (c Config) what() string {
	if c.Object != "" {
		return "net-conf.json in " + c.Object
	}
	return "net-conf.json"
}

const (
	effectNotStarting = "flannel does not start: its pods are in CrashLoopBackOff, the nodes have no /run/flannel/subnet.env, and pods stay in ContainerCreating"
)

// restart tells how flannel is made to read the configuration again: the DaemonSets of canal are named after their
// ConfigMaps.
func (c Config) restart() string {
	const restart = "restart flannel: kubectl -n "
	switch name, ok := strings.CutSuffix(c.Name, "canal-config"); {
	case c.Namespace == "":
		return restart + "kube-flannel rollout restart daemonset kube-flannel-ds (kube-system before flannel v0.19)"
	case ok:
		return restart + gate.Name(c.Namespace, "NAMESPACE") + " rollout restart daemonset " + gate.Name(name+"canal", "canal")
	}
	return restart + gate.Name(c.Namespace, "NAMESPACE") + " rollout restart daemonset kube-flannel-ds"
}

// Findings returns the faults of the configuration itself, each with its severity, in a fixed order. Faults that show
// only in the company of other files are plan.Check's.
func (c Config) Findings() []fact.Finding {
	n := c.NetConf
	version := c.Version.Or(fact.NewestFlannel())
	var out []fact.Finding
	add := func(f fact.Finding) { out = append(out, f) }

	if c.Encoding != "" {
		f := c.finding(fact.RuleNetConfMalformed, fact.Warning, fact.Position{File: n.File, Line: 1, Column: 1},
			fmt.Sprintf("%s is %s: flannel takes plain UTF-8 alone and would not start with this file; it is read here as if it were, since the shell that saved it may have added it", c.what(), c.Encoding))
		f.Fix = []string{"save it as UTF-8 without a byte order mark"}
		add(f)
	}
	out = append(out, c.keyFindings()...)

	var e *NetConfError
	if errors.As(c.Err, &e) {
		out = append(out, c.errorFinding(e))
		return out
	}
	if !n.EnableIPv4 && !n.EnableIPv6 {
		f := c.finding(fact.RuleNetConfMalformed, fact.Error, n.Pos("EnableIPv4"), c.what()+" disables both families: flannel exits with \"none defined stack\"")
		f.Effect, f.RefusedBy = effectNotStarting, []fact.Component{fact.Flannel}
		f.Fix = []string{`set "EnableIPv4": true or "EnableIPv6": true`, c.restart()}
		add(f)
	}
	out = append(out, c.networkFindings(version)...)
	out = append(out, c.backendFindings()...)
	out = append(out, c.rangeFindings(version)...)
	return out
}

// errorFinding is the finding for a text that flannel does not take.
func (c Config) errorFinding(e *NetConfError) fact.Finding {
	var b strings.Builder
	verb := "does not take"
	if e.Panic {
		verb = "crashes with"
	}
	fmt.Fprintf(&b, "flannel %s %s: %s", verb, c.what(), clip(e.Flannel))
	if e.Key != "" && !strings.Contains(e.Flannel, e.Text) {
		fmt.Fprintf(&b, " (%s is %q", e.Key, clip(e.Text))
		if family, _, ok := strings.Cut(e.Key, "Subnet"); ok {
			if k, ok := c.NetConf.Key(family + "Network"); ok {
				fmt.Fprintf(&b, ", %sNetwork is %q", family, clip(k.Text))
			}
		}
		b.WriteByte(')')
	} else if !strings.Contains(e.Flannel, e.Key) {
		fmt.Fprintf(&b, " (%s)", e.Key)
	}
	if e.Pos.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Pos.Line)
	}
	f := c.finding(e.Rule, fact.Error, e.Pos, b.String())
	f.Effect, f.RefusedBy, f.Disturbs = effectNotStarting, []fact.Component{fact.Flannel}, fact.DisturbsComponent
	if e.Mend != "" {
		f.Fix = append(f.Fix, e.Mend)
	}
	f.Fix = append(f.Fix, c.restart())
	return f
}

// manyFindings is how many findings of one kind a file gets; what is beyond says nothing new.
const manyFindings = 20

// keyFindings are about keys that stand twice, and keys that flannel passes over.
func (c Config) keyFindings() []fact.Finding {
	n := c.NetConf
	var out []fact.Finding
	done := map[string]bool{}
	for _, k := range n.Keys {
		if k.Name == "" || !k.Loses || done[k.Name] || done["Backend"] && strings.HasPrefix(k.Name, "Backend.") {
			continue
		}
		done[k.Name] = true
		wins, _ := n.Key(k.Name)
		variant := ""
		if k.Written != wins.Written {
			variant = fmt.Sprintf(" (%q and %q are one key to flannel, case does not count)", k.Written, wins.Written)
		}
		f := c.finding(RuleKeyDuplicate, fact.Warning, k.Pos,
			fmt.Sprintf("%s has %s twice%s: %s in line %d has no effect, %s in line %d counts", c.what(), k.Name, variant, short(k), k.Pos.Line, short(wins), wins.Pos.Line))
		f.Where = append(f.Where, fact.Place{Position: wins.Pos, Host: c.Host, Note: "this one counts"})
		f.Fix = []string{fmt.Sprintf("remove one of the two, %s or %s", k.Pos, wins.Pos)}
		out = append(out, f)
	}
	var names []string
	for _, k := range knownKeys {
		names = append(names, k.name)
	}
	unknown := 0
	for _, k := range n.Keys {
		if k.Name != "" {
			continue
		}
		if unknown++; unknown > manyFindings {
			break
		}
		meant, why := suggest.Nearest(k.Written, names), ""
		if strings.EqualFold(k.Written, "BackendType") || strings.EqualFold(k.Written, "Type") {
			meant, why = `"Backend": {"Type": ...}`, "; without Backend flannel uses udp"
		}
		if canonicalKey(k.Written, fact.NewestFlannel()) != "" {
			meant, why = "", fmt.Sprintf("; flannel %v does not know it yet", c.Version)
		} else if meant == "" {
			continue // flannel passes it over, and so do we
		}
		f := c.finding(RuleKeyUnknown, fact.Warning, k.Pos, fmt.Sprintf("%s: flannel passes over the key %q%s", c.what(), k.Written, why))
		if meant != "" {
			f.Message += fmt.Sprintf("; %s was probably meant", meant)
			f.Fix = []string{fmt.Sprintf("rename %q to %s, or remove it", k.Written, meant)}
		}
		out = append(out, f)
	}
	return out
}

// short returns a key's value for a message: never more than a few words, nor what is secret in a Backend.
func short(k Key) string {
	if k.Name == "Backend" || k.Text == "" || len(k.Text) > 60 || strings.Contains(k.Text, "\n") {
		return "the value"
	}
	return fmt.Sprintf("%q", k.Text)
}

// networkFindings are about Network and IPv6Network where flannel reads them and cannot use them.
func (c Config) networkFindings(version fact.Version) []fact.Finding {
	n := c.NetConf
	var out []fact.Finding
	if n.EnableIPv4 && isEmpty(n.Network) {
		refused := !version.Before(v0_28) || !version.Before(v0_21) && version.Before(v0_25) || !version.Before(v0_19_2) && (version.Before(v0_20) || c.Mode == Etcd)
		what := "has no Network"
		if k, ok := n.Key("Network"); ok {
			what = fmt.Sprintf("has the Network %q, which flannel takes for none", k.Text)
		}
		f := c.finding(fact.RuleNetConfMalformed, fact.Warning, n.Pos("Network"), "")
		if refused {
			f.Severity, f.RefusedBy, f.Effect = fact.Error, []fact.Component{fact.Flannel}, effectNotStarting
			f.Message = fmt.Sprintf("%s %s while IPv4 is enabled (EnableIPv4 is true where it is not set to false): flannel %v does not start with it", c.what(), what, version)
		} else {
			f.Message = fmt.Sprintf("%s %s while IPv4 is enabled: flannel %v runs with FLANNEL_NETWORK=0.0.0.0/0, so pods reach nothing outside without their own address", c.what(), what, version)
		}
		f.Fix = []string{`set "Network" to the cluster's pod range, such as 10.244.0.0/16, or "EnableIPv4": false in a cluster of IPv6 alone`, c.restart()}
		out = append(out, f)
	}
	if k, _ := n.Key("IPv6Network"); k.Prefix.Addr().Is4() {
		f := c.finding(fact.RuleCIDRMalformed, fact.Warning, k.Value, fmt.Sprintf("IPv6Network %q in %s is an IPv4 range: flannel reads it, and no node's IPv6 subnet lies in it", k.Text, c.what()))
		if n.EnableIPv6 {
			f.Severity, f.RefusedBy, f.Effect = fact.Error, []fact.Component{fact.Flannel}, effectNotStarting
		}
		f.Fix = []string{"give IPv6Network an IPv6 range such as fd00:10:244::/56, and IPv4 ranges to Network"}
		out = append(out, f)
	}
	if k, ok := n.Key("Network"); ok && n.EnableIPv4 && n.Network.Addr().Is4In6() {
		f := c.finding(fact.RuleCIDRMalformed, fact.Error, k.Value,
			fmt.Sprintf("Network %q in %s is IPv4-mapped: flannel reads it as %s, in which no node's subnet lies", k.Text, c.what(), prefixText(n.Network, fact.IPv4)))
		f.RefusedBy, f.Effect = []fact.Component{fact.Flannel}, effectNotStarting
		f.Fix = []string{fmt.Sprintf("write it as %v/%d", n.Network.Addr().Unmap(), max(n.Network.Bits()-96, 0)), c.restart()}
		out = append(out, f)
	}
	return out
}

// backendFindings are about Backend.
func (c Config) backendFindings() []fact.Finding {
	n := c.NetConf
	b, err := n.ParseBackend(c.Version)
	var be *BackendError
	if errors.As(err, &be) {
		rule := RuleBackendUnknown
		if _, known := backendByName(be.Type); known && !be.Unknown {
			rule = fact.RuleNetConfMalformed
		}
		f := c.finding(rule, fact.Error, be.Pos, fmt.Sprintf("flannel does not start with the Backend of %s: %s", c.what(), be.Message))
		f.Effect, f.RefusedBy = effectNotStarting, []fact.Component{fact.Flannel}
		f.Fix = []string{be.Mend, c.restart()}
		return []fact.Finding{f}
	}
	var out []fact.Finding
	if n.Backend == "" && b.Type == "udp" {
		f := c.finding(RuleBackendDefault, fact.Warning, fact.Position{File: n.File}, c.what()+" has no Backend: flannel then uses udp, which is slow, carries no IPv6 and is built for amd64 alone; not vxlan, as its documentation says")
		if len(n.Keys) > 0 {
			f.Where[0].Position = n.Keys[0].Pos
		}
		f.Fix = []string{`add "Backend": {"Type": "vxlan"}`, c.restart()}
		out = append(out, f)
	}
	if n.EnableIPv6 && !b.carriesIPv6() {
		f := c.finding(RuleBackendFamily, fact.Warning, n.Pos("Backend"),
			fmt.Sprintf("%s enables IPv6, and the %s backend carries none: pods get IPv6 addresses that reach no other node", c.what(), b.Type))
		f.Fix = []string{"use vxlan, host-gw or wireguard, or disable IPv6", c.restart()}
		out = append(out, f)
	}
	return out
}

// networkNote names the network that a message about subnets of it leaves out.
func (c Config) networkNote(e *NetConfError) string {
	key := "Network"
	if strings.HasPrefix(e.Key, "IPv6") {
		key = "IPv6Network"
	}
	if k, ok := c.NetConf.Key(key); ok && e.Key != key && k.Text != "" {
		return fmt.Sprintf("; %s is %q", key, k.Text)
	}
	return ""
}

// rangeFindings are about what flannel would hand out itself.
func (c Config) rangeFindings(version fact.Version) []fact.Finding {
	n := c.NetConf
	if c.ModeKnown && c.Mode == Kube && !c.Version.IsZero() && !version.Before(v0_20) {
		return nil // not looked at
	}
	var keys []string
	for _, k := range n.Keys {
		if slices.Contains([]string{"SubnetLen", "SubnetMin", "SubnetMax", "IPv6SubnetLen", "IPv6SubnetMin", "IPv6SubnetMax"}, k.Name) && !k.Loses {
			keys = append(keys, k.Name)
		}
	}
	eff, err := n.Check(version)
	var e *NetConfError
	if errors.As(err, &e) {
		if len(keys) == 0 && c.Mode != Etcd && (c.ModeKnown || !strings.Contains(e.Flannel, "too small")) {
			return nil // nobody asked for subnets of flannel's own
		}
		f := c.errorFinding(e)
		if c.Mode != Etcd {
			f.Message = fmt.Sprintf("%s asks for subnets that flannel cannot hand out: %s", c.what(), e.Flannel)
			if e.Text != "" {
				f.Message += fmt.Sprintf(" (%s is %q)", e.Key, e.Text)
			}
			f.Message += c.networkNote(e)
			f.Message += "; with etcd, and in releases v0.10 to v0.19 in any case, flannel does not start with it, newer ones with --kube-subnet-mgr pass it over"
			if c.ModeKnown {
				f.Severity, f.RefusedBy = fact.Warning, nil
				f.Effect = "flannel v0.10 to v0.19 does not start; newer releases take subnets of the size that kube-controller-manager cuts"
			}
		} else {
			f.Message += c.networkNote(e)
		}
		return []fact.Finding{f}
	}
	if c.Mode != Etcd && c.ModeKnown {
		return nil
	}
	var out []fact.Finding
	for _, x := range []struct {
		enabled  bool
		family   string
		min, max netip.Addr
	}{{n.EnableIPv4, "", eff.SubnetMin, eff.SubnetMax}, {n.EnableIPv6, "IPv6", eff.IPv6SubnetMin, eff.IPv6SubnetMax}} {
		if x.enabled && x.max.Less(x.min) {
			f := c.finding(fact.RuleNetConfSubnetRangeInvalid, fact.Error, n.Pos(x.family+"SubnetMin"),
				fmt.Sprintf("%[1]sSubnetMin %[2]v in %[3]s lies behind %[1]sSubnetMax %[4]v: flannel accepts it, and then every node ends with \"out of subnets\"", x.family, x.min, c.what(), x.max))
			f.Effect = effectNotStarting
			f.Fix = []string{fmt.Sprintf("exchange %[1]sSubnetMin and %[1]sSubnetMax, or remove both", x.family)}
			out = append(out, f)
		}
	}
	return out
}
