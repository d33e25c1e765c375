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

func bundleLine(t T, n int, line string) []fact.Statement {
	t.Helper()
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	kind, host, _ := strings.Cut(words[0], "@")
	file := kind + ".yaml"
	if host != "" {
		file = host + "/" + file
	}
	pos := fact.Position{File: file, Line: n, Column: 1}
	kv := map[string]string{}
	var plain []string
	for _, w := range words[1:] {
		if w == ":" {
			break
		}
		if k, v, ok := strings.Cut(w, "="); ok {
			kv[k] = v
		} else {
			plain = append(plain, w)
		}
	}
	if at := kv["at"]; at != "" {
		name, line, _ := strings.Cut(at, ":")
		pos.File = name
		pos.Line, _ = strconv.Atoi(line)
	}
	var out []fact.Statement
	add := func(s fact.Statement) {
		if !s.Pos.IsValid() {
			s.Pos = pos
		}
		if s.Host == "" && s.Component != fact.Node {
			s.Host = host
		}
		out = append(out, s)
	}
	ranges := func(c fact.Component, role fact.Role, key, text string) fact.Statement {
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
	number := func(c fact.Component, set fact.Setting, key, text string) {
		if text == "" {
			return
		}
		v, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: set, Key: key, Text: text, Int: v})
	}
	boolean := func(c fact.Component, set fact.Setting, key, text string) {
		if text != "" {
			add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: set, Key: key, Text: text, Bool: text == "true"})
		}
	}
	texts := func(c fact.Component, set fact.Setting, key, text string) {
		if text != "" {
			add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: set, Key: key, Text: text})
		}
	}
	addr := func(c fact.Component, role fact.Role, key, text string) {
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
			add(s)
		}
	}
	switch kind {
	case "kcm":
		const c = fact.ControllerManager
		add(ranges(c, fact.RolePods, "--cluster-cidr", kv["pods"]))
		add(ranges(c, fact.RoleServices, "--service-cluster-ip-range", kv["services"]))
		if kv["alloc"] == "" {
			add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Default: true})
		}
		boolean(c, fact.SettingAllocate, "--allocate-node-cidrs", kv["alloc"])
		if v := kv["ipam"]; v != "" {
			list := "*,-nodeipam"
			if v == "true" {
				list = "*,nodeipam"
			}
			add(fact.Statement{Component: c, Role: fact.RoleSetting, Setting: fact.SettingNodeIPAM, Key: "--controllers", Text: list, Bool: v == "true"})
		}
		number(c, fact.SettingNodeMask, "--node-cidr-mask-size", kv["mask"])
		number(c, fact.SettingNodeMaskIPv4, "--node-cidr-mask-size-ipv4", kv["mask4"])
		number(c, fact.SettingNodeMaskIPv6, "--node-cidr-mask-size-ipv6", kv["mask6"])
		texts(c, fact.SettingVersion, "image", kv["version"])
		if v := kv["overridden"]; v != "" {
			s := ranges(c, fact.RolePods, "--cluster-cidr", v)
			s.Overridden = true
			add(s)
		}
	case "api":
		const c = fact.APIServer
		s := ranges(c, fact.RoleServices, "--service-cluster-ip-range", kv["services"])
		if s.Text == "" {
			s = ranges(c, fact.RoleServices, "--service-cluster-ip-range", "10.0.0.0/24")
			s.Default = true
		}
		add(s)
		addr(c, fact.RoleAddress, "--advertise-address", kv["advertise"])
		texts(c, fact.SettingVersion, "image", kv["version"])
	case "kubeadm":
		const c = fact.Kubeadm
		if kv["args.pods"] == "" || kv["pods"] != "" {
			add(ranges(c, fact.RolePods, "networking.podSubnet", kv["pods"]))
		}
		s := ranges(c, fact.RoleServices, "networking.serviceSubnet", kv["services"])
		if s.Text == "" {
			s = ranges(c, fact.RoleServices, "networking.serviceSubnet", "10.96.0.0/12")
			s.Default = true
		}
		add(s)
		addr(c, fact.RoleAddress, "localAPIEndpoint.advertiseAddress", kv["advertise"])
		texts(c, fact.SettingVersion, "kubernetesVersion", kv["version"])
		if v := kv["args.pods"]; v != "" {
			add(ranges(c, fact.RolePods, "controllerManager.extraArgs cluster-cidr", v))
		}
		if v := kv["args.overridden"]; v != "" { // COLUMN:RANGES
			at, v, _ := strings.Cut(v, ":")
			s := ranges(c, fact.RolePods, "controllerManager.extraArgs cluster-cidr", v)
			s.Overridden, s.Pos = true, pos
			s.Pos.Column, _ = strconv.Atoi(at)
			add(s)
		}
		boolean(c, fact.SettingAllocate, "controllerManager.extraArgs allocate-node-cidrs", kv["args.alloc"])
		number(c, fact.SettingNodeMask, "controllerManager.extraArgs node-cidr-mask-size", kv["args.mask"])
		number(c, fact.SettingNodeMaskIPv4, "controllerManager.extraArgs node-cidr-mask-size-ipv4", kv["args.mask4"])
		number(c, fact.SettingNodeMaskIPv6, "controllerManager.extraArgs node-cidr-mask-size-ipv6", kv["args.mask6"])
	case "flannel":
		const c = fact.Flannel
		for _, k := range []string{"Network", "IPv6Network"} {
			if v := kv[k]; v != "" {
				add(ranges(c, fact.RolePods, k, v))
			}
		}
		boolean(c, fact.SettingEnableIPv4, "EnableIPv4", kv["EnableIPv4"])
		boolean(c, fact.SettingEnableIPv6, "EnableIPv6", kv["EnableIPv6"])
		boolean(c, fact.SettingKubeSubnetMgr, "--kube-subnet-mgr", kv["kube"])
		number(c, fact.SettingSubnetLen, "SubnetLen", kv["SubnetLen"])
		number(c, fact.SettingBackendMTU, "MTU", kv["mtu"])
		texts(c, fact.SettingBackend, "Type", kv["backend"])
		texts(c, fact.SettingConfigMap, "net-conf.json", kv["configmap"])
		texts(c, fact.SettingWorkload, "metadata.name", kv["daemonset"])
		texts(c, fact.SettingVersion, "image", kv["version"])
	case "env":
		const c = fact.Flannel
		for _, k := range [][2]string{{"network", "FLANNEL_NETWORK"}, {"network6", "FLANNEL_IPV6_NETWORK"}} {
			if v := kv[k[0]]; v != "" {
				add(ranges(c, fact.RolePods, k[1], v))
			}
		}
		for _, k := range [][2]string{{"subnet", "FLANNEL_SUBNET"}, {"subnet6", "FLANNEL_IPV6_SUBNET"}} {
			if v := kv[k[0]]; v != "" {
				s := ranges(c, fact.RoleNodePods, k[1], v)
				for i := range s.Prefixes {
					s.Prefixes[i] = s.Prefixes[i].Masked()
				}
				add(s)
			}
		}
		number(c, fact.SettingSubnetMTU, "FLANNEL_MTU", kv["mtu"])
	case "node":
		if kv["at"] == "" {
			pos.File = "nodes.json"
		}
		s := ranges(fact.Node, fact.RoleNodePods, "spec.podCIDR", strings.TrimPrefix(plain[1], "-"))
		s.Host = plain[0]
		if plain[1] != "?" {
			add(s)
		}
		if v := kv["version"]; v != "" {
			add(fact.Statement{Component: fact.Kubelet, Host: plain[0], Role: fact.RoleSetting, Setting: fact.SettingVersion, Key: "status.nodeInfo.kubeletVersion", Text: v})
		}
		for _, e := range strings.Split(kv["InternalIP"], ",") {
			if e != "" {
				a := netip.MustParseAddr(e)
				add(fact.Statement{Component: fact.Node, Host: plain[0], Role: fact.RoleAddress, Key: "InternalIP", Text: e, Addrs: []netip.Addr{a}})
			}
		}
	case "kubelet":
		addr(fact.Kubelet, fact.RoleDNS, "clusterDNS", kv["dns"])
		number(fact.Kubelet, fact.SettingMaxPods, "maxPods", kv["maxpods"])
	case "proxy":
		add(ranges(fact.KubeProxy, fact.RolePods, "clusterCIDR", kv["cidr"]))
		texts(fact.KubeProxy, fact.SettingDetectLocal, "detectLocalMode", kv["mode"])
		texts(fact.KubeProxy, fact.SettingProxyMode, "mode", kv["proxier"])
	case "cni":
		texts(fact.Node, fact.SettingCNI, "metadata.annotations", plain[0])
	case "version":
		texts(fact.Operator, fact.SettingVersion, "-kubernetes", plain[0])
	case "linkmtu":
		number(fact.Operator, fact.SettingLinkMTU, "-link-mtu", plain[0])
	case "reserved":
		s := ranges(fact.Operator, fact.RoleReserved, "avoid", plain[1])
		s.Text = plain[0]
		add(s)
	case "hosts":
		add(ranges(fact.Operator, fact.RoleHosts, "hosts", plain[0]))
	case "pods":
		add(ranges(fact.Component(plain[0]), fact.RolePods, "pool", plain[1]))
	case "clusterip":
		add(fact.Statement{Component: fact.Service, Role: fact.RoleClusterIP, Key: plain[0], Text: plain[1], Addrs: []netip.Addr{netip.MustParseAddr(plain[1])}})
	case "dns":
		add(fact.Statement{Component: fact.Service, Role: fact.RoleDNS, Key: plain[0], Text: plain[1], Addrs: []netip.Addr{netip.MustParseAddr(plain[1])}})
	case "servicecidr":
		add(ranges(fact.ServiceCIDR, fact.RoleServices, plain[0], plain[1]))
	case "only":
		role, set, _ := strings.Cut(plain[1], ":")
		value := ""
		if len(plain) > 3 {
			value = plain[3]
		}
		s := fact.Statement{Component: fact.Component(plain[0]), Role: fact.Role(role), Key: plain[2], Text: value}
		switch s.Role {
		case fact.RoleSetting:
			s.Setting, s.Bool = fact.Setting(set), value == "true"
			s.Int, _ = strconv.Atoi(value)
		case fact.RoleAddress, fact.RoleDNS, fact.RoleClusterIP, fact.RoleGateway, fact.RoleResolver, fact.RolePodAddress, fact.RoleVirtualServer:
			a, err := netip.ParseAddr(value)
			if s.Err = err; err == nil {
				s.Addrs = []netip.Addr{a}
			}
		default:
			s = ranges(s.Component, s.Role, s.Key, value)
		}
		if v := kv["via"]; v != "" {
			s.Addrs = []netip.Addr{netip.MustParseAddr(v)}
		}
		if v := kv["text"]; v != "" {
			s.Text = v
		}
		s.Overridden, s.Default = kv["overridden"] == "true", kv["default"] == "true"
		add(s)
	case "says":
		if kv["at"] == "" {
			pos.File = plain[0] + ".log"
		}
		_, msg, _ := strings.Cut(line, " : ")
		msg, cause, _ := strings.Cut(msg, " | ")
		cause, remedy, _ := strings.Cut(cause, " | ")
		id := plain[1]
		if v := kv["id"]; v != "" {
			id = v
		}
		y := &fact.Symptom{ID: id, Message: strings.TrimSpace(msg), Node: kv["node"], Cause: strings.TrimSpace(cause), Remedy: strings.TrimSpace(remedy)}
		for _, r := range strings.Split(plain[1], ",") {
			if r != "-" {
				y.Rules = append(y.Rules, fact.RuleID(r))
			}
		}
		if v := kv["subnet"]; v != "" {
			y.Subnet = netip.MustParsePrefix(v)
		}
		if v := kv["network"]; v != "" {
			y.Network = netip.MustParsePrefix(v)
		}
		add(fact.Statement{Component: fact.Component(plain[0]), Role: fact.RoleSymptom, Key: y.ID, Text: y.Message, Symptom: y})
	case "problem":
		f := &fact.Finding{Rule: fact.RuleID(plain[0]), Severity: fact.Severity(plain[1]), Message: strings.Join(plain[2:], " ")}
		if kv["bare"] != "true" {
			f.Where = []fact.Place{{Position: pos}}
		}
		add(fact.Statement{Component: fact.Kubeadm, Role: fact.RoleProblem, Finding: f})
	default:
		t.Fatalf("line %d: no source is called %q", n, kind)
	}
	return out
}
