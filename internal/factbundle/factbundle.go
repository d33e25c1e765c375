// Package factbundle has what tests write statements with: one line a source.
package factbundle

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A T is what tests of both kinds can do.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Statements makes statements from lines:
//
//	kcm[@host] pods= services= alloc= ipam= mask= mask4= mask6= version=      a manifest; what is missing is stated as missing
//	api[@host] services= advertise= version=
//	kubeadm[@host] pods= services= advertise= version= args.pods= args.alloc= args.mask= args.mask4= args.mask6= args.overridden=COLUMN:RANGES
//	flannel Network= IPv6Network= EnableIPv6= EnableIPv4= SubnetLen= backend= mtu= version= kube= configmap= daemonset=
//	env@host network= subnet= network6= subnet6= mtu=
//	node NAME SUBNETS|-|? [InternalIP=...] [version=]	(?: the file is silent on its subnet)
//	kubelet[@host] dns= maxpods=
//	proxy cidr= mode=
//	cni NAME | version V | linkmtu N | reserved NAME CIDR | hosts CIDR | clusterip NAME ADDR
//	says COMPONENT RULES|- [id=] [node=] [subnet=] [network=] : MESSAGE [| CAUSE [| REMEDY]]
//	problem RULE SEVERITY MESSAGE
//	only[@host] COMPONENT ROLE KEY [VALUE] [overridden=true] [default=true]   one statement; ROLE may be setting:NAME;
//	                via=ADDR is a route's gateway, text= replaces the text
//	again KCM|... of the same form with "overridden=KEY"
//
// A source stands in a file of its name, in the line that it has in the bundle, unless it says at=FILE:LINE.
func Statements(t T, text string) []fact.Statement {
	t.Helper()
	var out []fact.Statement
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		out = append(out, bundleLine(t, i+1, line)...)
	}
	return out
}

// A bundle is one line, and the statements made of it.
type bundle struct {
	t     T
	n     int
	text  string
	host  string
	pos   fact.Position
	kv    map[string]string // its KEY=VALUE
	plain []string          // its other words
	out   []fact.Statement
}

func bundleLine(t T, n int, text string) []fact.Statement {
	t.Helper()
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	kind, host, _ := strings.Cut(words[0], "@")
	file := kind + ".yaml"
	if host != "" {
		file = host + "/" + file
	}
	l := &bundle{t: t, n: n, text: text, host: host, pos: fact.Position{File: file, Line: n, Column: 1}, kv: map[string]string{}}
	for _, w := range words[1:] {
		if w == ":" {
			break
		}
		if k, v, ok := strings.Cut(w, "="); ok {
			l.kv[k] = v
		} else {
			l.plain = append(l.plain, w)
		}
	}
	if at := l.kv["at"]; at != "" {
		name, line, _ := strings.Cut(at, ":")
		l.pos.File = name
		l.pos.Line, _ = strconv.Atoi(line)
	}
	state, ok := map[string]func(*bundle){
		"kcm":     (*bundle).kcm,
		"api":     (*bundle).api,
		"kubeadm": (*bundle).kubeadm,
		"flannel": (*bundle).flannel,
		"env":     (*bundle).env,
		"node":    (*bundle).node,
		"kubelet": (*bundle).kubelet,
		"proxy":   (*bundle).proxy,
		"only":    (*bundle).only,
		"says":    (*bundle).says,
		"problem": (*bundle).problem,
	}[kind]
	if !ok {
		state = func(l *bundle) { l.single(kind) }
	}
	state(l)
	return l.out
}

func (l *bundle) add(s fact.Statement) {
	if !s.Pos.IsValid() {
		s.Pos = l.pos
	}
	if s.Host == "" && s.Component != fact.Node {
		s.Host = l.host
	}
	l.out = append(l.out, s)
}

func (l *bundle) ranges(c fact.Component, role fact.Role, key, text string) fact.Statement {
	s := fact.Statement{Component: c, Role: role, Key: key, Text: text}
	for _, e := range strings.Split(text, ",") {
		if text == "" {
			break
		}
		p, err := netip.ParsePrefix(e)
		if err != nil {
			s.Err, s.Prefixes = err, nil
			break
		}
		s.Prefixes = append(s.Prefixes, p)
	}
	return s
}

func (l *bundle) number(c fact.Component, set fact.Setting, key, text string) {
	if text == "" {
		return
	}
	v, err := strconv.Atoi(text)
	if err != nil {
		l.t.Fatalf("line %d: %v", l.n, err)
	}
	l.add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: set, Key: key, Text: text, Int: v})
}

func (l *bundle) boolean(c fact.Component, set fact.Setting, key, text string) {
	if text != "" {
		l.add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: set, Key: key, Text: text, Bool: text == "true"})
	}
}

func (l *bundle) texts(c fact.Component, set fact.Setting, key, text string) {
	if text != "" {
		l.add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: set, Key: key, Text: text})
	}
}

func (l *bundle) addr(c fact.Component, role fact.Role, key, text string) {
	for _, e := range strings.Split(text, ",") {
		if text == "" {
			break
		}
		s := fact.Statement{Component: c, Role: role, Key: key, Text: e}
		if a, err := netip.ParseAddr(e); err != nil {
			s.Err = err
		} else {
			s.Addrs = []netip.Addr{a}
		}
		l.add(s)
	}
}

func (l *bundle) kcm() {
	const c = fact.ControllerManager
	l.add(l.ranges(c, fact.RolePods, "--cluster-cidr", l.kv["pods"]))
	l.add(l.ranges(c, fact.RoleServices, "--service-cluster-ip-range", l.kv["services"]))
	if l.kv["alloc"] == "" {
		l.add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Default: true})
	}
	l.boolean(c, fact.SettingAllocate, "--allocate-node-cidrs", l.kv["alloc"])
	if v := l.kv["ipam"]; v != "" {
		list := "*,-nodeipam"
		if v == "true" {
			list = "*,nodeipam"
		}
		l.add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: fact.SettingNodeIPAM, Key: "--controllers", Text: list, Bool: v == "true"})
	}
	l.number(c, fact.SettingNodeMask, "--node-cidr-mask-size", l.kv["mask"])
	l.number(c, fact.SettingNodeMaskIPv4, "--node-cidr-mask-size-ipv4", l.kv["mask4"])
	l.number(c, fact.SettingNodeMaskIPv6, "--node-cidr-mask-size-ipv6", l.kv["mask6"])
	l.texts(c, fact.SettingVersion, "image", l.kv["version"])
	if v := l.kv["overridden"]; v != "" {
		s := l.ranges(c, fact.RolePods, "--cluster-cidr", v)
		s.Overridden = true
		l.add(s)
	}
}

func (l *bundle) api() {
	const c = fact.APIServer
	s := l.ranges(c, fact.RoleServices, "--service-cluster-ip-range", l.kv["services"])
	if s.Text == "" {
		s = l.ranges(c, fact.RoleServices, "--service-cluster-ip-range", "10.0.0.0/24")
		s.Default = true
	}
	l.add(s)
	l.addr(c, fact.RoleAddress, "--advertise-address", l.kv["advertise"])
	l.texts(c, fact.SettingVersion, "image", l.kv["version"])
}

func (l *bundle) kubeadm() {
	const c = fact.Kubeadm
	if l.kv["args.pods"] == "" || l.kv["pods"] != "" {
		l.add(l.ranges(c, fact.RolePods, "networking.podSubnet", l.kv["pods"]))
	}
	s := l.ranges(c, fact.RoleServices, "networking.serviceSubnet", l.kv["services"])
	if s.Text == "" {
		s = l.ranges(c, fact.RoleServices, "networking.serviceSubnet", "10.96.0.0/12")
		s.Default = true
	}
	l.add(s)
	l.addr(c, fact.RoleAddress, "localAPIEndpoint.advertiseAddress", l.kv["advertise"])
	l.texts(c, fact.SettingVersion, "kubernetesVersion", l.kv["version"])
	if v := l.kv["args.pods"]; v != "" {
		l.add(l.ranges(c, fact.RolePods, "controllerManager.extraArgs cluster-cidr", v))
	}
	if v := l.kv["args.overridden"]; v != "" { // COLUMN:RANGES
		at, v, _ := strings.Cut(v, ":")
		s := l.ranges(c, fact.RolePods, "controllerManager.extraArgs cluster-cidr", v)
		s.Overridden, s.Pos = true, l.pos
		s.Pos.Column, _ = strconv.Atoi(at)
		l.add(s)
	}
	l.boolean(c, fact.SettingAllocate, "controllerManager.extraArgs allocate-node-cidrs", l.kv["args.alloc"])
	l.number(c, fact.SettingNodeMask, "controllerManager.extraArgs node-cidr-mask-size", l.kv["args.mask"])
	l.number(c, fact.SettingNodeMaskIPv4, "controllerManager.extraArgs node-cidr-mask-size-ipv4", l.kv["args.mask4"])
	l.number(c, fact.SettingNodeMaskIPv6, "controllerManager.extraArgs node-cidr-mask-size-ipv6", l.kv["args.mask6"])
}

func (l *bundle) flannel() {
	const c = fact.Flannel
	for _, k := range []string{"Network", "IPv6Network"} {
		if v := l.kv[k]; v != "" {
			l.add(l.ranges(c, fact.RolePods, k, v))
		}
	}
	l.boolean(c, fact.SettingEnableIPv4, "EnableIPv4", l.kv["EnableIPv4"])
	l.boolean(c, fact.SettingEnableIPv6, "EnableIPv6", l.kv["EnableIPv6"])
	l.boolean(c, fact.SettingKubeSubnetMgr, "--kube-subnet-mgr", l.kv["kube"])
	l.number(c, fact.SettingSubnetLen, "SubnetLen", l.kv["SubnetLen"])
	l.number(c, fact.SettingBackendMTU, "MTU", l.kv["mtu"])
	l.texts(c, fact.SettingBackend, "Type", l.kv["backend"])
	l.texts(c, fact.SettingConfigMap, "net-conf.json", l.kv["configmap"])
	l.texts(c, fact.SettingWorkload, "metadata.name", l.kv["daemonset"])
	l.texts(c, fact.SettingVersion, "image", l.kv["version"])
}

func (l *bundle) env() {
	const c = fact.Flannel
	for _, k := range [][2]string{{"network", "FLANNEL_NETWORK"}, {"network6", "FLANNEL_IPV6_NETWORK"}} {
		if v := l.kv[k[0]]; v != "" {
			l.add(l.ranges(c, fact.RolePods, k[1], v))
		}
	}
	for _, k := range [][2]string{{"subnet", "FLANNEL_SUBNET"}, {"subnet6", "FLANNEL_IPV6_SUBNET"}} {
		if v := l.kv[k[0]]; v != "" {
			s := l.ranges(c, fact.RoleNodePods, k[1], v)
			for i := range s.Prefixes {
				s.Prefixes[i] = s.Prefixes[i].Masked()
			}
			l.add(s)
		}
	}
	l.number(c, fact.SettingSubnetMTU, "FLANNEL_MTU", l.kv["mtu"])
}

func (l *bundle) node() {
	if l.kv["at"] == "" {
		l.pos.File = "nodes.json"
	}
	s := l.ranges(fact.Node, fact.RoleNodePods, "spec.podCIDR", strings.TrimPrefix(l.plain[1], "-"))
	s.Host = l.plain[0]
	if l.plain[1] != "?" {
		l.add(s)
	}
	if v := l.kv["version"]; v != "" {
		l.add(fact.Statement{Component: fact.Kubelet, Host: l.plain[0], Role: fact.RoleSetting, Setting: fact.SettingVersion, Key: "status.nodeInfo.kubeletVersion", Text: v})
	}
	for _, e := range strings.Split(l.kv["InternalIP"], ",") {
		if e != "" {
			a := netip.MustParseAddr(e)
			l.add(fact.Statement{Component: fact.Node, Host: l.plain[0], Role: fact.RoleAddress, Key: "InternalIP", Text: e, Addrs: []netip.Addr{a}})
		}
	}
}

func (l *bundle) kubelet() {
	l.addr(fact.Kubelet, fact.RoleDNS, "clusterDNS", l.kv["dns"])
	l.number(fact.Kubelet, fact.SettingMaxPods, "maxPods", l.kv["maxpods"])
}

func (l *bundle) proxy() {
	l.add(l.ranges(fact.KubeProxy, fact.RolePods, "clusterCIDR", l.kv["cidr"]))
	l.texts(fact.KubeProxy, fact.SettingDetectLocal, "detectLocalMode", l.kv["mode"])
	l.texts(fact.KubeProxy, fact.SettingProxyMode, "mode", l.kv["proxier"])
}

func (l *bundle) only() {
	role, set, _ := strings.Cut(l.plain[1], ":")
	value := ""
	if len(l.plain) > 3 {
		value = l.plain[3]
	}
	s := fact.Statement{Component: fact.Component(l.plain[0]), Role: fact.Role(role), Key: l.plain[2], Text: value}
	switch s.Role {
	case fact.RoleSetting:
		s.Setting, s.Bool = fact.Setting(set), value == "true"
		s.Int, _ = strconv.Atoi(value)
	case fact.RoleAddress, fact.RoleDNS, fact.RoleClusterIP, fact.RoleGateway, fact.RoleResolver, fact.RoleProxy, fact.RoleCertified, fact.RolePodAddress, fact.RoleVirtualServer:
		a, err := netip.ParseAddr(value)
		if s.Err = err; err == nil {
			s.Addrs = []netip.Addr{a}
		}
	default:
		s = l.ranges(s.Component, s.Role, s.Key, value)
	}
	if v := l.kv["via"]; v != "" {
		s.Addrs = []netip.Addr{netip.MustParseAddr(v)}
	}
	if v := l.kv["text"]; v != "" {
		s.Text = v
	}
	s.Overridden, s.Default = l.kv["overridden"] == "true", l.kv["default"] == "true"
	l.add(s)
}

func (l *bundle) says() {
	if l.kv["at"] == "" {
		l.pos.File = l.plain[0] + ".log"
	}
	_, msg, _ := strings.Cut(l.text, " : ")
	msg, cause, _ := strings.Cut(msg, " | ")
	cause, remedy, _ := strings.Cut(cause, " | ")
	id := l.plain[1]
	if v := l.kv["id"]; v != "" {
		id = v
	}
	y := &fact.Symptom{ID: id, Message: strings.TrimSpace(msg), Node: l.kv["node"], Cause: strings.TrimSpace(cause), Remedy: strings.TrimSpace(remedy)}
	for _, r := range strings.Split(l.plain[1], ",") {
		if r != "-" {
			y.Rules = append(y.Rules, fact.RuleID(r))
		}
	}
	if v := l.kv["subnet"]; v != "" {
		y.Subnet = netip.MustParsePrefix(v)
	}
	if v := l.kv["network"]; v != "" {
		y.Network = netip.MustParsePrefix(v)
	}
	l.add(fact.Statement{Component: fact.Component(l.plain[0]), Role: fact.RoleSymptom, Key: y.ID, Text: y.Message, Symptom: y})
}

func (l *bundle) problem() {
	f := &fact.Finding{Rule: fact.RuleID(l.plain[0]), Severity: fact.Severity(l.plain[1]), Message: strings.Join(l.plain[2:], " ")}
	if l.kv["bare"] != "true" {
		f.Where = []fact.Place{{Position: l.pos}}
	}
	l.add(fact.Statement{Component: fact.Kubeadm, Role: fact.RoleProblem, Finding: f})
}

// single makes one statement that needs no method of its own.
func (l *bundle) single(kind string) {
	switch kind {
	case "cni":
		l.texts(fact.Node, fact.SettingCNI, "metadata.annotations", l.plain[0])
	case "version":
		l.texts(fact.Operator, fact.SettingVersion, "-kubernetes", l.plain[0])
	case "linkmtu":
		l.number(fact.Operator, fact.SettingLinkMTU, "-link-mtu", l.plain[0])
	case "reserved":
		s := l.ranges(fact.Operator, fact.RoleReserved, "avoid", l.plain[1])
		s.Text = l.plain[0]
		l.add(s)
	case "hosts":
		l.add(l.ranges(fact.Operator, fact.RoleHosts, "hosts", l.plain[0]))
	case "pods":
		l.add(l.ranges(fact.Component(l.plain[0]), fact.RolePods, "pool", l.plain[1]))
	case "clusterip":
		l.add(fact.Statement{Component: fact.Service, Role: fact.RoleClusterIP, Key: l.plain[0], Text: l.plain[1], Addrs: []netip.Addr{netip.MustParseAddr(l.plain[1])}})
	case "dns":
		l.add(fact.Statement{Component: fact.Service, Role: fact.RoleDNS, Key: l.plain[0], Text: l.plain[1], Addrs: []netip.Addr{netip.MustParseAddr(l.plain[1])}})
	case "servicecidr":
		l.add(l.ranges(fact.ServiceCIDR, fact.RoleServices, l.plain[0], l.plain[1]))
	default:
		l.t.Fatalf("line %d: no source is called %q", l.n, kind)
	}
}
