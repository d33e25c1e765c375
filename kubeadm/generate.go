package kubeadm

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// Generated is what kubeadm makes of a configuration, as far as it bears on addresses. The zero value has no flags and
// no addresses.
type Generated struct {
	// ControllerManager and APIServer are the flags that kubeadm writes into the static pods: those about address
	// ranges and all of extraArgs, in the order of the manifest, "--cluster-cidr=10.244.0.0/16". Flags of kubeadm's
	// that have nothing to do with addresses are left out, and so is --advertise-address where kubeadm detects it.
	ControllerManager []string
	APIServer         []string

	KubeProxyClusterCIDR string     // clusterCIDR of kube-proxy's configuration
	KubeletClusterDNS    []string   // clusterDNS of kubelet's configuration
	APIServerServiceIP   netip.Addr // address of the service "kubernetes", also in the API server's certificate; invalid where there is none
}

// String returns the flags of both programs, one line for each.
func (g Generated) String() string {
	return "kube-controller-manager " + strings.Join(g.ControllerManager, " ") + "\nkube-apiserver " + strings.Join(g.APIServer, " ")
}

// An apiVersion is the life of one version of kubeadm's API.
type apiVersion struct {
	name       string
	minors     [2]int // first release that reads it, first that no longer does; 0 for none
	deprecated int    // first release that warns, 0 for none
	lastUseful int    // release of kubeadm that the message names
}

// apiVersions are the versions of kubeadm.k8s.io. v1 is read from 1.37 on, but only by commands that take
// --allow-experimental-api.
// k8s.io/kubernetes cmd/kubeadm/app/util/config/common.go validateSupportedVersion, of each release.
var apiVersions = []apiVersion{
	{"v1alpha1", [2]int{0, 12}, 0, 11},
	{"v1alpha2", [2]int{0, 13}, 0, 12},
	{"v1alpha3", [2]int{12, 15}, 14, 14},
	{"v1beta1", [2]int{13, 22}, 17, 15},
	{"v1beta2", [2]int{15, 27}, 24, 22},
	{"v1beta3", [2]int{22, 37}, 31, 36},
	{"v1beta4", [2]int{28, 0}, 0, 0},
	{"v1", [2]int{37, 0}, 0, 0},
}

// release returns v, or the release that the configuration names, or the newest that reads the API versions of its
// documents.
func (c Config) release(v fact.Version) fact.Version {
	if v = v.Or(c.Version()); !v.IsZero() {
		return v
	}
	v = fact.NewestKubernetes()
	for _, d := range c.Documents {
		if !ofKubeadm(d.Kind.V, d.APIVersion.V) {
			continue // v1beta1 of kubelet's group is another one than kubeadm's
		}
		_, version, _ := strings.Cut(d.APIVersion.V, "/")
		for _, a := range apiVersions {
			if a.name == version && a.minors[1] > 0 && a.minors[1] <= v.Minor {
				v = fact.Version{Major: 1, Minor: a.minors[1] - 1}
			}
		}
	}
	return v
}

// Networking returns what kubeadm validates about ranges.
func (c Config) Networking() nodeipam.KubeadmNetworking {
	advertise := c.Init.AdvertiseAddress.V
	if c.Join.Pos.IsValid() && !c.Init.Pos.IsValid() {
		advertise = c.Join.AdvertiseAddress.V
	}
	return nodeipam.KubeadmNetworking{
		PodSubnet:             c.Cluster.PodSubnet.V,
		ServiceSubnet:         c.Cluster.ServiceSubnet.V,
		DNSDomain:             c.Cluster.DNSDomain.V,
		AdvertiseAddress:      advertise,
		ControllerManagerArgs: planArgs(c.Cluster.ControllerManagerArgs),
		APIServerArgs:         planArgs(c.Cluster.APIServerArgs),
		FeatureGates:          c.Cluster.gates(),
	}
}

func planArgs(args []ExtraArg) []nodeipam.Arg {
	var out []nodeipam.Arg
	for _, a := range args {
		out = append(out, nodeipam.Arg{Name: a.Name.V, Value: a.Value.V})
	}
	return out
}

// gates returns the feature gates of kubeadm that bear on addresses.
func (c ClusterConfiguration) gates() nodeipam.Gates {
	on, err := strconv.ParseBool(c.IPv6DualStack.V)
	if err != nil {
		return nil
	}
	return nodeipam.Gates{"IPv6DualStack": on}
}

// Refusals returns why a kubeadm of release v does not take the configuration, in its words and in its order; none
// where it does.
// The zero Version stands for the release that the configuration itself names, or else the newest that reads the API
// version of its documents. Before kubeadm looks at any range it refuses what it cannot decode, so that then nothing
// else is said.
func (c Config) Refusals(v fact.Version) []nodeipam.Refusal {
	v = c.release(v)
	var out []nodeipam.Refusal
	for _, d := range c.Documents {
		group, version, _ := strings.Cut(d.APIVersion.V, "/")
		if group != kubeadmGroup || version == "" {
			continue // without a version it is refused for that, see Problems
		}
		state, msg := refuseAPIVersion(version, d.Kind.V, v)
		if state == apiUnknown && !slices.Contains([]string{"ClusterConfiguration", "InitConfiguration", "MasterConfiguration"}, d.Kind.V) {
			continue // kubeadm init passes over other kinds
		}
		if msg != "" {
			out = append(out, nodeipam.Refusal{Program: fact.Kubeadm, Rule: fact.RuleKubeadmConfigRefused, ID: "adm-api-version", Field: "apiVersion",
				BadValue: d.APIVersion.V, Message: msg, Source: "cmd/kubeadm/app/util/config/common.go validateSupportedVersion, v1.37.2"})
		}
	}
	for _, p := range c.Problems {
		if p.Rule == fact.RuleKubeadmConfigRefused {
			out = append(out, nodeipam.Refusal{Program: fact.Kubeadm, Rule: p.Rule, ID: "adm-decode", Message: says(p),
				Source: "cmd/kubeadm/app/util/config/initconfiguration.go documentMapToInitConfiguration, v1.37.2"})
		}
	}
	if out != nil {
		return out
	}
	return c.Networking().Refusals(v)
}

// says returns what the program prints that a finding is about.
func says(f fact.Finding) string {
	for _, a := range f.Args {
		if a.Name == argSays {
			return a.Text
		}
	}
	return f.Message
}

// An apiState is how a release of kubeadm takes a version of its API.
type apiState uint8

const (
	apiRead apiState = iota
	apiMalformed
	apiUnknown
	apiExperimental
	apiOld // it was read once
)

// refuseAPIVersion returns how a kubeadm of release v takes a version of its API, and what it says where it does not
// read it.
func refuseAPIVersion(version, kind string, v fact.Version) (apiState, string) {
	if strings.Contains(version, "/") {
		return apiMalformed, "unexpected GroupVersion string: kubeadm.k8s.io/" + version
	}
	i := slices.IndexFunc(apiVersions, func(a apiVersion) bool { return a.name == version })
	if i < 0 {
		return apiUnknown, fmt.Sprintf("no kind %q is registered for version \"kubeadm.k8s.io/%s\"", kind, version)
	}
	a := apiVersions[i]
	minor := v.Minor
	if v.Major > 1 {
		minor = fact.NewestKubernetes().Minor
	}
	switch {
	case minor < a.minors[0]:
		return apiUnknown, fmt.Sprintf("no kind %q is registered for version \"kubeadm.k8s.io/%s\"", kind, version)
	case version == "v1":
		return apiExperimental, fmt.Sprintf("experimental API spec: \"kubeadm.k8s.io/v1\" (kind: %q) is not allowed. You can use the --allow-experimental-api flag if the command supports it.", kind)
	case a.minors[1] > 0 && minor >= a.minors[1]:
		return apiOld, fmt.Sprintf("your configuration file uses an old API spec: \"kubeadm.k8s.io/%s\" (kind: %q). Please use kubeadm v1.%d instead and run 'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, similar spec using a newer API version.",
			version, kind, a.lastUseful)
	}
	return apiRead, ""
}

// firstReader returns the minor of the first release of kubeadm that reads a version of its API, 0 for an unknown one.
func firstReader(version string) int {
	i := slices.IndexFunc(apiVersions, func(a apiVersion) bool { return a.name == version })
	if i < 0 {
		return 0
	}
	return apiVersions[i].minors[0]
}

// tooOldFor reports whether no kubeadm that reads that version of its API installs release v: each installs its own
// release and the one before. k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/constants/constants.go
// MinimumControlPlaneVersion.
func tooOldFor(version string, v fact.Version) bool {
	return !v.IsZero() && v.Major == 1 && v.Minor < firstReader(version)-1
}

// isOldAPI reports whether a kubeadm of release v read that version of its API once, and does not any more.
func isOldAPI(version string, v fact.Version) bool {
	state, _ := refuseAPIVersion(version, "", v)
	return state == apiOld
}

// Generate returns what a kubeadm of release v writes for the configuration. The zero Version is taken as
// [Config.Refusals] takes it.
//
// The error is a *[nodeipam.RefusedError] if kubeadm does not take the configuration.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand,
// getAPIServerCommand, and the same functions of the releases named below.
func (c Config) Generate(v fact.Version) (Generated, error) {
	v = c.release(v)
	if r := c.Refusals(v); len(r) > 0 {
		return Generated{}, nodeipam.Refused(r, v)
	}
	cl := c.Cluster
	service := cmp.Or(cl.ServiceSubnet.V, defaultServiceSubnet)

	manager := []nodeipam.Arg{{Name: "controllers", Value: "*,bootstrapsigner,tokencleaner"}}
	if pods := cl.PodSubnet.V; pods != "" {
		manager = append(manager, nodeipam.Arg{Name: "allocate-node-cidrs", Value: "true"}, nodeipam.Arg{Name: "cluster-cidr", Value: pods})
		if !v.Before(release16) {
			manager = append(manager, nodeipam.Arg{Name: "service-cluster-ip-range", Value: service})
		}
		manager = append(manager, oldNodeMasks(v, pods, cl.gates())...)
	}
	server := []nodeipam.Arg{{Name: "service-cluster-ip-range", Value: service}}
	if a := c.Networking().AdvertiseAddress; a != "" {
		// As net.IP prints it, without leading zeros and an IPv4-mapped one as IPv4:
		// cmd/kubeadm/app/util/config/initconfiguration.go SetAPIEndpointDynamicDefaults v1.37.2.
		if ip, ok := ipnet.ParseAddr(a); ok && !ip.Unmap().IsUnspecified() && !ip.Unmap().IsLoopback() {
			server = append(server, nodeipam.Arg{Name: "advertise-address", Value: ip.Unmap().String()})
		}
	}
	if on, ok := cl.gates()["IPv6DualStack"]; ok && !v.Before(release16) && v.Before(fact.Version{Major: 1, Minor: 23}) {
		gate := nodeipam.Arg{Name: "feature-gates", Value: fmt.Sprintf("IPv6DualStack=%t", on)}
		manager, server = append(manager, gate), append(server, gate)
	}

	g := Generated{
		ControllerManager:    mergeArgs(v, manager, cl.ControllerManagerArgs),
		APIServer:            mergeArgs(v, server, cl.APIServerArgs),
		KubeProxyClusterCIDR: cmp.Or(c.ProxyClusterCIDR.V, cl.PodSubnet.V),
	}
	for _, a := range c.KubeletClusterDNS {
		g.KubeletClusterDNS = append(g.KubeletClusterDNS, a.V)
	}
	first, _, _ := strings.Cut(service, ",")
	if ps, err := scalar.ParsePrefixes(first); err == nil { // and it has ten addresses, else it was refused
		g.APIServerServiceIP = nth(ps[0], 1)
		if g.KubeletClusterDNS == nil {
			g.KubeletClusterDNS = []string{nth(ps[0], 10).String()}
		}
	}
	return g, nil
}

var release16 = fact.Version{Major: 1, Minor: 16}

// nth returns address n of a range, counted from its first.
func nth(p netip.Prefix, n int) netip.Addr {
	a := p.Masked().Addr()
	for range n {
		a = a.Next()
	}
	return a
}

// oldNodeMasks returns the node masks that kubeadm wrote up to 1.19.
// k8s.io/kubernetes v1.13 to v1.19 cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand,
// calcNodeCidrSize.
func oldNodeMasks(v fact.Version, pods string, g nodeipam.Gates) []nodeipam.Arg {
	on, present := g["IPv6DualStack"]
	switch {
	case !v.Before(fact.Version{Major: 1, Minor: 20}):
		return nil
	case v.Before(fact.Version{Major: 1, Minor: 17}):
	case v.Before(fact.Version{Major: 1, Minor: 18}):
		if present {
			return nil
		}
	case on:
		var out []nodeipam.Arg
		for _, part := range []string{"ipv4", "ipv6"} {
			for pod := range strings.SplitSeq(pods, ",") {
				if mask, six := oldNodeMask(pod); six == (part == "ipv6") {
					out = append(out, nodeipam.Arg{Name: "node-cidr-mask-size-" + part, Value: strconv.Itoa(mask)})
					break
				}
			}
		}
		return out
	}
	mask, _ := oldNodeMask(pods)
	return []nodeipam.Arg{{Name: "node-cidr-mask-size", Value: strconv.Itoa(mask)}}
}

// oldNodeMask returns the node mask that kubeadm computed for a pod range up to 1.19: 24, also for what it could not
// read, and for IPv6 the range's own length in steps of eight, at least eight and at most 15 bits longer.
func oldNodeMask(pods string) (mask int, six bool) {
	ps, err := scalar.ParsePrefixes(pods)
	if err != nil || len(ps) != 1 || !ps[0].Addr().Is6() || ps[0].Addr().Is4In6() {
		return 24, false
	}
	switch n := ps[0].Bits(); {
	case n == 112:
		return 120, true
	case n < 112:
		return 128 - ((127-n)/8-1)*8, true
	default:
		return n, true
	}
}

// userArgs returns the arguments of extraArgs that take no part in merging, in the order in which release v writes
// them: sorted by name and value up to 1.35, a map's last value of each name alone up to 1.28, as they stand from 1.36
// on.
func userArgs(v fact.Version, extra []ExtraArg) []ExtraArg {
	last := make(map[string]int, len(extra))
	for i, e := range extra {
		last[e.Name.V] = i
	}
	var out []ExtraArg
	for i, e := range extra {
		if e.MergeMethod == "" && (last[e.Name.V] == i || !v.Before(fact.Version{Major: 1, Minor: 29})) {
			out = append(out, e)
		}
	}
	if v.Before(fact.Version{Major: 1, Minor: 36}) {
		slices.SortStableFunc(out, func(a, b ExtraArg) int {
			return cmp.Or(cmp.Compare(a.Name.V, b.Name.V), cmp.Compare(a.Value.V, b.Value.V))
		})
	}
	return out
}

// mergeArgs puts together kubeadm's own arguments and those of extraArgs, in the order in which release v writes them.
// k8s.io/kubernetes cmd/kubeadm/app/util/arguments.go BuildArgumentListFromMap (v1.13 to v1.28), ArgumentsToCommand
// (v1.29 on).
func mergeArgs(v fact.Version, base []nodeipam.Arg, extra []ExtraArg) []string {
	byName := func(a, b nodeipam.Arg) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) }
	overrides := map[string]ExtraArg{}
	for _, e := range extra {
		overrides[e.Name.V] = e
	}
	slices.SortFunc(base, byName)
	var kept, user []nodeipam.Arg
	for _, b := range base {
		o, ok := overrides[b.Name]
		switch {
		case !ok:
		case o.MergeMethod == "append":
			b.Value += o.Value.V
		case o.MergeMethod == "prepend":
			b.Value = o.Value.V + b.Value
		default:
			continue
		}
		kept = append(kept, b)
	}
	for _, e := range userArgs(v, extra) {
		user = append(user, nodeipam.Arg{Name: e.Name.V, Value: e.Value.V})
	}
	var out []nodeipam.Arg
	switch {
	case v.Before(fact.Version{Major: 1, Minor: 14}):
		out = append(user, kept...)
	case v.Before(fact.Version{Major: 1, Minor: 36}):
		out = append(kept, user...)
		slices.SortFunc(out, byName)
	default:
		out = append(kept, user...)
	}
	var args []string
	for _, a := range out {
		args = append(args, "--"+a.Name+"="+a.Value)
	}
	return args
}
