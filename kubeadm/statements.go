package kubeadm

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// Defaults of kubeadm and kube-apiserver.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go DefaultServicesSubnet,
// DefaultServiceDNSDomain; pkg/kubeapiserver/options/options.go DefaultServiceIPCIDR.
const (
	defaultServiceSubnet  = "10.96.0.0/12"
	defaultDNSDomain      = "cluster.local"
	defaultAPIServerRange = "10.0.0.0/24"
)

// ranges makes a statement about a range from a value, an empty one at the place where the value is missing.
func ranges(base fact.Statement, role fact.Role, key string, v fact.Value[string], missing fact.Position) fact.Statement {
	s := base
	s.Role, s.Key, s.Pos, s.Text = role, key, v.Pos, v.V
	if v.V == "" {
		if !v.IsSet() {
			s.Pos = missing
		}
		return s
	}
	s.Prefixes, s.Err = scalar.ParsePrefixes(trimFor(key, v.V))
	return s
}

// trimFor drops the outer blanks that a program drops itself: kube-controller-manager does so for --cluster-cidr alone.
// k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go processCIDRs.
func trimFor(key, text string) string {
	if key == "--cluster-cidr" {
		return strings.TrimSpace(text)
	}
	return text
}

// byDefault makes a statement about a default that nobody wrote.
func byDefault(base fact.Statement, role fact.Role, key, text string, pos fact.Position) fact.Statement {
	s := base
	s.Role, s.Key, s.Pos, s.Text, s.Default = role, key, pos, text, true
	s.Prefixes, s.Err = scalar.ParsePrefixes(text)
	return s
}

// address makes a statement about an address of a host. Text that is no address, such as a name, says nothing about
// ranges.
func address(base fact.Statement, key string, v fact.Value[string], strict bool) (fact.Statement, bool) {
	s := base
	s.Role, s.Key, s.Pos, s.Text = fact.RoleAddress, key, v.Pos, v.V
	if v.V == "" {
		return s, false
	}
	a, err := netip.ParseAddr(strings.TrimSpace(v.V))
	switch {
	case err == nil && a.Zone() == "":
		if a.IsUnspecified() {
			return s, false // stands for the address of the default route
		}
		s.Addrs = []netip.Addr{a}
	case strict:
		s.Err = fmt.Errorf("%q is no IP address", v.V)
	default:
		return s, false
	}
	return s, true
}

// advertised makes a statement about the address that a host is told to advertise, read as kubeadm reads it: with
// leading zeros, an IPv4-mapped one as IPv4, and without blanks.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go SetAPIEndpointDynamicDefaults.
func advertised(base fact.Statement, key string, v fact.Value[string]) (fact.Statement, bool) {
	written := v.V
	if a, ok := ipnet.ParseAddr(written); ok {
		v.V = a.Unmap().String()
	}
	s, ok := address(base, key, v, true)
	s.Text = written
	if strings.TrimSpace(written) != written {
		s.Addrs, s.Err = nil, fmt.Errorf("%q is no IP address: there are blanks around it", written)
	}
	return s, ok
}

// hostOf returns the host of "host:port", "[v6]:port" or "host".
func hostOf(s string) string {
	s = strings.TrimPrefix(s, "https://")
	if rest, ok := strings.CutPrefix(s, "["); ok {
		h, _, _ := strings.Cut(rest, "]")
		return h
	}
	if strings.Count(s, ":") == 1 {
		s, _, _ = strings.Cut(s, ":")
	}
	return s
}

// setting makes a statement about a setting.
func setting(base fact.Statement, name fact.Setting, key string, v fact.Value[string]) fact.Statement {
	s := base
	s.Role, s.Setting, s.Key, s.Pos, s.Text = fact.RoleSetting, name, key, v.Pos, v.V
	return s
}

// problem makes a statement of a finding.
func problem(base fact.Statement, f fact.Finding) fact.Statement {
	s := base
	s.Role, s.Finding = fact.RoleProblem, &f
	if len(f.Where) > 0 {
		s.Pos = f.Where[0].Position
	}
	return s
}

// versionStatement states the release of a program.
func versionStatement(base fact.Statement, key string, v fact.Value[string], release fact.Version) fact.Statement {
	s := setting(base, fact.SettingVersion, key, v)
	s.Text = release.String()
	return s
}

// maskSettings are the settings of the node mask flags.
var maskSettings = []struct {
	flag    string
	setting fact.Setting
}{
	{"node-cidr-mask-size", fact.SettingNodeMask},
	{"node-cidr-mask-size-ipv4", fact.SettingNodeMaskIPv4},
	{"node-cidr-mask-size-ipv6", fact.SettingNodeMaskIPv6},
}

// Statements returns what the configuration says about ranges, addresses and settings, and what is wrong with the file
// itself.
// Without a pod range there is an empty statement about pods at the place where it belongs; without a service range the
// one that kubeadm chooses stands for it, as a default.
func (c Config) Statements() []fact.Statement {
	return c.statements("networking.podSubnet", "networking.serviceSubnet", "localAPIEndpoint.advertiseAddress", "", true)
}

// statements is Statements with the keys that name the values; states says that what is not written counts as well.
func (c Config) statements(podKey, serviceKey, addressKey, host string, states bool) []fact.Statement {
	base := fact.Statement{Component: fact.Kubeadm}
	var out []fact.Statement
	for _, p := range c.Problems {
		out = append(out, problem(base, p))
	}
	v := c.Version()
	out = append(out, c.apiVersionRefused(base, v)...)
	out = append(out, c.refused(base, v)...)
	if c.Cluster.Pos.IsValid() {
		out = append(out, c.clusterStatements(base, podKey, serviceKey, states)...)
	}
	if c.Init.Pos.IsValid() {
		key := addressKey
		switch c.Init.APIVersion {
		case "v1alpha1", "v1alpha2":
			key = "api.advertiseAddress"
		case "v1alpha3":
			key = "apiEndpoint.advertiseAddress"
		}
		out = append(out, hostStatements(base, firstNonEmpty(c.Init.NodeName.V, host), key, c.Init.AdvertiseAddress, c.Init.KubeletExtraArgs)...)
	}
	if c.Join.Pos.IsValid() {
		key := addressKey
		if key == "localAPIEndpoint.advertiseAddress" {
			key = "controlPlane.localAPIEndpoint.advertiseAddress"
		}
		out = append(out, hostStatements(base, firstNonEmpty(c.Join.NodeName.V, host), key, c.Join.AdvertiseAddress, c.Join.KubeletExtraArgs)...)
		out = append(out, endpointStatement(base, "apiServerEndpoint", c.Join.APIServerEndpoint)...)
	}
	for _, e := range c.Endpoints {
		b := base
		b.Host = e.Node
		if s, ok := address(b, "apiEndpoints", e.AdvertiseAddress, true); ok {
			out = append(out, s)
		}
	}
	return out
}

// apiVersionRefused states the documents whose API version no kubeadm of that release reads.
func (c Config) apiVersionRefused(base fact.Statement, v fact.Version) []fact.Statement {
	var out []fact.Statement
	for _, r := range c.Refusals(v) {
		if r.ID != "adm-api-version" {
			continue
		}
		pos := c.documentOf(r.BadValue)
		switch _, version, _ := strings.Cut(r.BadValue, "/"); {
		case !v.IsZero() && isOldAPI(version, v):
			out = append(out, problem(base, refusedConfig(pos, r.Message,
				"kubeadm config migrate --old-config OLD --new-config NEW, with the kubeadm that the message names")))
		case tooOldFor(version, v):
			out = append(out, problem(base, refusedConfig(pos, fmt.Sprintf("kubernetesVersion %v does not go with %s: that takes kubeadm v1.%d or newer, which installs its own release and the one before it, and none that is older",
				v, r.BadValue, firstReader(version)), fmt.Sprintf("set kubernetesVersion to the release of the kubeadm in use, or write apiVersion: %s/%s for a kubeadm of %v", kubeadmGroup, writeAPIVersion(v), v))))
		case !isAPIVersion(version): // and so no release to come reads it either
			out = append(out, problem(base, refusedConfig(pos, r.Message,
				fmt.Sprintf("%s: write apiVersion: %s/%s", pos, kubeadmGroup, writeAPIVersion(v.Or(fact.NewestKubernetes()))))))
		}
	}
	return out
}

// clusterStatements states what a ClusterConfiguration says.
func (c Config) clusterStatements(base fact.Statement, podKey, serviceKey string, states bool) []fact.Statement {
	cl := c.Cluster
	out := cl.gateStatements(base)
	missing := cl.Networking
	if !missing.IsValid() {
		missing = cl.Pos
	}
	inArgs := slices.ContainsFunc(cl.ControllerManagerArgs, func(a ExtraArg) bool { return a.Name.V == "cluster-cidr" })
	if states && !inArgs || cl.PodSubnet.V != "" {
		out = append(out, ranges(base, fact.RolePods, podKey, cl.PodSubnet, missing))
	}
	switch {
	case cl.ServiceSubnet.V != "":
		out = append(out, ranges(base, fact.RoleServices, serviceKey, cl.ServiceSubnet, missing))
	case states:
		out = append(out, byDefault(base, fact.RoleServices, serviceKey, defaultServiceSubnet, missing))
	}
	if v := c.Version(); !v.IsZero() {
		key := "kubernetesVersion"
		if podKey == "--pod-network-cidr" {
			key = "--kubernetes-version"
		}
		out = append(out, versionStatement(base, key, cl.KubernetesVersion, v))
	}
	out = append(out, c.argStatements(base)...)
	out = append(out, c.argsAgainstNetworking(base)...)
	return append(out, endpointStatement(base, "controlPlaneEndpoint", cl.ControlPlaneEndpoint)...)
}

// hostStatements states what InitConfiguration and JoinConfiguration say about their host.
func hostStatements(base fact.Statement, host, key string, advertise fact.Value[string], args []ExtraArg) []fact.Statement {
	base.Host = host
	var out []fact.Statement
	if s, ok := advertised(base, key, advertise); ok {
		out = append(out, s)
	}
	return append(out, kubeletArgs(base, args)...)
}

// endpointStatement states the address of an endpoint, none where it is a name.
func endpointStatement(base fact.Statement, key string, v fact.Value[string]) []fact.Statement {
	v.V = hostOf(v.V)
	if s, ok := address(base, key, v, false); ok {
		return []fact.Statement{s}
	}
	return nil
}

// isAPIVersion reports whether version has the form of v1, v1alpha1 or v1beta1.
// k8s.io/apimachinery v0.37.2 pkg/version/helpers.go kubeVersionRegex.
func isAPIVersion(version string) bool {
	return apiVersionForm.MatchString(version)
}

var apiVersionForm = regexp.MustCompile(`^v[0-9]+(?:(?:alpha|beta)[0-9]+)?$`)

// documentOf returns the place of the apiVersion of the first document that has this one.
func (c Config) documentOf(apiVersion string) fact.Position {
	for _, d := range c.Documents {
		if d.APIVersion.V == apiVersion {
			return d.APIVersion.Pos
		}
	}
	return fact.Position{}
}

// argStatements states what extraArgs say beyond what the configuration itself says.
func (c Config) argStatements(base fact.Statement) []fact.Statement {
	var out []fact.Statement
	for _, part := range []struct {
		field string
		comp  fact.Component
		args  []ExtraArg
	}{
		{"controllerManager.extraArgs", fact.ControllerManager, c.Cluster.ControllerManagerArgs},
		{"apiServer.extraArgs", fact.APIServer, c.Cluster.APIServerArgs},
	} {
		flags := extraArgLine(part.comp, c.Version(), userArgs(c.release(fact.Version{}), part.args)).Parse()
		for _, f := range flags.Flags {
			if f.Unknown {
				continue
			}
			key := part.field + " " + f.Name
			var s fact.Statement
			switch f.Name {
			case "cluster-cidr":
				s = ranges(base, fact.RolePods, key, f.Value, f.Pos)
			case "service-cluster-ip-range":
				s = ranges(base, fact.RoleServices, key, f.Value, f.Pos)
			case "allocate-node-cidrs":
				s = setting(base, fact.SettingAllocate, key, f.Value)
				b, ok := (Flags{Flags: []Flag{f}}).Bool(f.Name)
				if !ok {
					continue
				}
				s.Bool = b
			case "advertise-address":
				var ok bool
				if s, ok = address(base, key, f.Value, true); !ok {
					continue
				}
			default:
				i := slices.IndexFunc(maskSettings, func(m struct {
					flag    string
					setting fact.Setting
				}) bool {
					return m.flag == f.Name
				})
				if i < 0 {
					continue
				}
				n, ok := parseInt32(f.Value.V)
				if !ok {
					continue
				}
				s = setting(base, maskSettings[i].setting, key, f.Value)
				s.Int = n
			}
			s.Overridden = f.Overridden
			out = append(out, s)
		}
		for _, e := range flags.Errors {
			if e.Address && !c.refusedAt(e.Pos) {
				f := flagFinding(part.comp, e, part.field)
				if isMaskFlag(e.Flag) && slices.ContainsFunc(c.Refusals(fact.Version{}), func(r nodeipam.Refusal) bool { return r.ID == "adm-mask-number" }) {
					f.RefusedBy = append(f.RefusedBy, fact.Kubeadm)
				}
				out = append(out, problem(base, f))
			}
		}
	}
	return out
}

// argsAgainstNetworking says where extraArgs give a component another range than networking gives to the rest of what
// kubeadm writes.
func (c Config) argsAgainstNetworking(base fact.Statement) []fact.Statement {
	cl := c.Cluster
	v := c.release(fact.Version{})
	manager := extraArgLine(fact.ControllerManager, v, userArgs(v, cl.ControllerManagerArgs)).Parse()
	server := extraArgLine(fact.APIServer, v, userArgs(v, cl.APIServerArgs)).Parse()
	var out []fact.Statement
	differ := func(rule fact.RuleID, arg Flag, argName string, other fact.Value[string], otherName, message, effect string) {
		a, errA := scalar.ParsePrefixes(arg.Value.V)
		b, errB := scalar.ParsePrefixes(other.V)
		if errA != nil || errB != nil || slices.EqualFunc(a, b, func(a, b netip.Prefix) bool { return a.Masked() == b.Masked() }) {
			return
		}
		f := fact.Finding{
			Rule:     rule,
			Severity: fact.Error,
			Message:  fmt.Sprintf("%s %s and %s %s differ: %s", argName, arg.Value.V, otherName, other.V, message),
			Effect:   effect,
			Fix:      []string{fmt.Sprintf("%v: remove %s from extraArgs, and write the range that is meant into networking", arg.Pos, arg.Name)},
			Disturbs: fact.DisturbsComponent,
			Where:    []fact.Place{{Position: arg.Value.Pos, Note: arg.Name + " " + arg.Value.V}},
		}
		if other.IsSet() {
			f.Where = append(f.Where, fact.Place{Position: other.Pos, Note: otherName + " " + other.V})
		}
		out = append(out, problem(base, f))
	}
	if arg, ok := manager.Lookup("cluster-cidr"); ok && cl.PodSubnet.V != "" && c.ProxyClusterCIDR.V == "" {
		differ(fact.RuleKubeProxyMismatch, arg, "controllerManager.extraArgs cluster-cidr", cl.PodSubnet, "networking.podSubnet",
			"nodes get subnets of the first, and kubeadm gives the second to kube-proxy as clusterCIDR",
			"kube-proxy takes pods for outsiders and masquerades what they send to services")
	}
	services, name := cl.ServiceSubnet, "networking.serviceSubnet"
	if services.V == "" {
		services, name = fact.Value[string]{V: defaultServiceSubnet}, "networking.serviceSubnet, by default"
	}
	if arg, ok := server.Lookup("service-cluster-ip-range"); ok {
		differ(fact.RuleServiceRangeMismatch, arg, "apiServer.extraArgs service-cluster-ip-range", services, name,
			"services get addresses of the first, and kubeadm writes the first and the tenth address of the second into certificates and kubelet configurations",
			"pods ask a DNS address that no service has, and the certificate of the API server does not name its service address")
	}
	if arg, ok := manager.Lookup("service-cluster-ip-range"); ok {
		if own, ok := server.Lookup("service-cluster-ip-range"); ok {
			services, name = own.Value, "apiServer.extraArgs service-cluster-ip-range"
		}
		differ(fact.RuleServiceRangeMismatch, arg, "controllerManager.extraArgs service-cluster-ip-range", services, name,
			"kube-controller-manager keeps node subnets clear of the first alone",
			"a node's subnet can lie inside the service range")
	}
	return out
}

// refusedAt reports whether kubeadm refuses what stands at a place, so that no other program gets to see it.
func (c Config) refusedAt(pos fact.Position) bool {
	return slices.ContainsFunc(c.Problems, func(p fact.Finding) bool {
		return p.Rule == fact.RuleKubeadmConfigRefused && p.Where[0].Position == pos
	})
}

// extraArgLine returns the arguments that kubeadm makes of extraArgs.
func extraArgLine(comp fact.Component, v fact.Version, args []ExtraArg) CommandLine {
	l := CommandLine{Component: comp, Version: v}
	for _, a := range args {
		l.Args = append(l.Args, Word{Text: "--" + a.Name.V + "=" + a.Value.V, Pos: a.Name.Pos, ValuePos: cmp.Or(a.Value.Pos, a.Name.Pos)})
	}
	return l
}

// kubeletArgs states the addresses that kubelet's --node-ip names, and node masks, which the kubelet does not have.
func kubeletArgs(base fact.Statement, args []ExtraArg) []fact.Statement {
	var out []fact.Statement
	for _, a := range args {
		for _, m := range maskSettings {
			if m.flag != a.Name.V {
				continue
			}
			if n, ok := parseInt32(a.Value.V); ok {
				s := setting(base, m.setting, "kubeletExtraArgs "+m.flag, a.Value)
				s.Component, s.Int = fact.Kubelet, n
				out = append(out, s)
			}
		}
		if a.Name.V != "node-ip" {
			continue
		}
		for part := range strings.SplitSeq(a.Value.V, ",") {
			v := a.Value
			v.V = part
			if s, ok := address(base, "kubeletExtraArgs node-ip", v, true); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
