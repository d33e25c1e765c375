package check

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A managerView is one kube-controller-manager with the values that it works with: read from its manifest, or as kubeadm
// would start it where only kubeadm's configuration is given.
type managerView struct {
	src       *sourceView
	host      string
	predicted bool // from a kubeadm configuration, not from the program's own flags

	pods     []held            // cluster ranges in order
	podsAt   *fact.Statement   // that states them, or that states nothing
	denied   []*fact.Statement // all that could state a range and state none
	services []held            // ranges that it keeps node subnets away from
	servedAt *fact.Statement
	allocate bool
	allocAt  *fact.Statement // that decides allocate, nil for a default
	ipam     bool            // the node IPAM controller is not switched off
	ipamAt   *fact.Statement
	masks    map[fact.Setting]*fact.Statement
	release  fact.Version
}

// serves reports whether c hands out pod subnets, as far as its flags go.
func (c *managerView) serves() bool { return c.allocate && c.ipam && len(c.pods) > 0 }

// label names c in a message.
func (c *managerView) label() string {
	l := "kube-controller-manager"
	if c.host != "" {
		l += " of " + c.host
	}
	if c.predicted {
		l += " (as kubeadm starts it)"
	}
	return l
}

// A clusterView adds to the view what follows from it: controllers and the ranges in force.
type clusterView struct {
	*view
	controllers []*managerView
	pods        []held // in force: of the controllers, else of kubeadm; distinct
	services    []held // in force: of the API servers and controllers, else of kubeadm, else a default; distinct
	assumed     bool   // services are kubeadm's default although nothing shows kubeadm
	networks    []held // flannel's Network and IPv6Network of an enabled family
}

// kubeadmServices is networking.serviceSubnet where a configuration leaves it out:
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go DefaultServicesSubnet.
func kubeadmServices(at *fact.Statement) *fact.Statement {
	s := &fact.Statement{
		Component: fact.Kubeadm, Role: fact.RoleServices, Key: "networking.serviceSubnet", Text: "10.96.0.0/12",
		Prefixes: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 96}), 12)}, Default: true,
	}
	if at != nil {
		s.Pos, s.Host = at.Pos, ""
	}
	return s
}

// apiServerServices is --service-cluster-ip-range of kube-apiserver where the flag is missing:
// k8s.io/kubernetes v1.37.2 pkg/kubeapiserver/options/options.go DefaultServiceIPCIDR.
func apiServerServices(at *fact.Statement) *fact.Statement {
	return &fact.Statement{
		Component: fact.APIServer, Role: fact.RoleServices, Key: "--service-cluster-ip-range", Text: "10.0.0.0/24",
		Prefixes: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 24)}, Default: true, Pos: at.Pos, Host: at.Host,
	}
}

func newCluster(v *view) *clusterView {
	c := &clusterView{view: v}
	for _, m := range v.managers {
		c.controllers = append(c.controllers, c.fromManifest(m))
	}
	if len(c.controllers) == 0 {
		if k := c.fromKubeadm(); k != nil {
			c.controllers = append(c.controllers, k)
		}
	}
	if len(c.controllers) == 0 {
		for _, o := range v.others {
			if o.comp == fact.Operator && o.saysPods() {
				k := c.fromManifest(o)
				k.predicted = true
				k.allocate = k.allocate || k.allocAt == nil // a person who names a range means it to be handed out
				c.controllers = append(c.controllers, k)
			}
		}
	}
	for _, k := range c.controllers {
		c.pods = append(c.pods, k.pods...)
	}
	c.pods = distinctHeld(c.pods)
	c.findServices()
	for _, f := range v.flannels {
		for _, h := range f.podPrefixes() {
			fam := fact.FamilyOf(h.p)
			if h.p.Bits() == 0 || fam == fact.IPv4 && !f.bool(fact.SettingEnableIPv4, true) || fam == fact.IPv6 && !f.bool(fact.SettingEnableIPv6, false) {
				continue
			}
			c.networks = append(c.networks, h)
		}
	}
	c.networks = distinctHeld(c.networks)
	return c
}

// mostRanges is how many ranges of pods or services one source is looked at for. No program takes more than two: too-many-ranges.
const mostRanges = 64

func heldBy(s *fact.Statement) []held {
	if s == nil {
		return nil
	}
	var hs []held
	for i, w := range s.Prefixes {
		if i == mostRanges && (s.Role == fact.RolePods || s.Role == fact.RoleServices || s.Role == fact.RoleNodePods) {
			break
		}
		if p := masked(w); p.IsValid() {
			hs = append(hs, held{s, w, p})
		}
	}
	return hs
}

func (c *clusterView) fromManifest(m *sourceView) *managerView {
	k := &managerView{src: m, host: m.host, masks: m.set, release: c.view.release(m)}
	if len(m.pods) > 0 {
		k.podsAt = m.pods[0]
		k.pods = heldBy(k.podsAt)
		if !isStated(k.podsAt) {
			k.denied = append(k.denied, k.podsAt)
		}
	}
	k.servedAt = m.services
	k.services = heldBy(m.services)
	k.allocAt = m.set[fact.SettingAllocate]
	k.allocate = k.allocAt != nil && k.allocAt.Bool
	k.ipamAt = m.set[fact.SettingNodeIPAM]
	k.ipam = k.ipamAt == nil || k.ipamAt.Bool
	return k
}

// fromKubeadm returns the controller that kubeadm starts from the given configurations, nil where there is none.
func (c *clusterView) fromKubeadm() *managerView {
	if len(c.kubeadms) == 0 && len(c.extraArgs) == 0 {
		return nil
	}
	k := &managerView{predicted: true, ipam: true, masks: map[fact.Setting]*fact.Statement{}, release: c.view.release(nil)}
	var subnet, services *fact.Statement
	for _, src := range c.kubeadms {
		if k.src == nil || src.saysPods() && !k.src.saysPods() {
			k.src = src
		}
		for _, s := range src.pods {
			switch {
			case isStated(s) && subnet == nil:
				subnet = s
			case !isStated(s):
				k.denied = append(k.denied, s)
			}
		}
		if s := src.services; isStated(s) && (services == nil || services.Default && !s.Default) {
			services = s
		}
		for name, s := range src.set {
			if o := k.masks[name]; o == nil || compareStatements(s, o) < 0 {
				k.masks[name] = s
			}
		}
	}
	k.podsAt = subnet
	var given *fact.Statement
	for _, src := range c.extraArgs {
		if src.comp != fact.ControllerManager {
			continue
		}
		if k.src == nil {
			k.src = src
		}
		for _, s := range src.pods {
			if isStated(s) {
				given = s
			}
		}
		if isStated(src.services) {
			services = src.services
		}
		for name, s := range src.set {
			k.masks[name] = s
		}
	}
	k.allocate = subnet != nil
	if s := k.masks[fact.SettingAllocate]; s != nil {
		k.allocate, k.allocAt = s.Bool, s
	}
	if s := k.masks[fact.SettingNodeIPAM]; s != nil {
		k.ipam, k.ipamAt = s.Bool, s
	}
	if given != nil {
		k.podsAt = given
	}
	k.pods = heldBy(k.podsAt)
	if len(k.pods) > 0 || isStated(k.podsAt) {
		k.denied = nil
	}
	if k.podsAt == nil && len(k.denied) > 0 {
		k.podsAt = k.denied[0]
	}
	if k.src == nil || subnet == nil && given == nil && len(k.denied) == 0 && len(k.masks) == 0 {
		return nil // a join, or an init whose configuration file is not given
	}
	if services == nil {
		services = kubeadmServices(k.src.first)
	}
	// kubeadm gives the service range to kube-controller-manager together with podSubnet, since 1.16:
	// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/phases/controlplane/manifests.go getControllerManagerCommand.
	if services != nil && (subnet != nil && !k.release.Before(fact.V(1, 16, 0)) || services.Component == fact.ControllerManager) {
		k.servedAt, k.services = services, heldBy(services)
	}
	return k
}

func (c *clusterView) findServices() {
	var hs []held
	for _, src := range c.servers {
		switch {
		case isStated(src.services):
			hs = append(hs, heldBy(src.services)...)
		case src.services != nil:
			hs = append(hs, heldBy(apiServerServices(src.services))...)
		}
	}
	for _, m := range c.managers {
		if isStated(m.services) {
			hs = append(hs, heldBy(m.services)...)
		}
	}
	if len(hs) == 0 {
		for _, src := range c.extraArgs {
			hs = append(hs, heldBy(src.services)...)
		}
	}
	if len(hs) == 0 {
		for _, src := range c.kubeadms {
			if isStated(src.services) && !src.services.Default {
				hs = append(hs, heldBy(src.services)...)
			}
		}
	}
	if len(hs) == 0 {
		for _, src := range c.others {
			hs = append(hs, heldBy(src.services)...)
		}
	}
	// ServiceCIDR objects are service ranges beside those of the flags.
	for _, src := range c.others {
		if src.comp == fact.ServiceCIDR {
			hs = append(hs, heldBy(src.services)...)
		}
	}
	for _, src := range c.kubeadms {
		if len(hs) == 0 && isStated(src.services) {
			hs = append(hs, heldBy(src.services)...)
		}
	}
	for _, src := range c.kubeadms {
		if len(hs) == 0 && len(src.pods) > 0 {
			hs = heldBy(kubeadmServices(src.first))
		}
	}
	if len(hs) == 0 && len(c.managers) > 0 {
		hs, c.assumed = heldBy(kubeadmServices(nil)), true
	}
	c.services = distinctHeld(hs)
}

// mask returns the prefix length of a node's subnet of family f, with the statement that sets it (nil for a default).
func (k *managerView) mask(f fact.Family) (int, *fact.Statement) {
	own := fact.SettingNodeMaskIPv4
	if f == fact.IPv6 {
		own = fact.SettingNodeMaskIPv6
	}
	if s := k.masks[own]; s != nil && s.Int != 0 && s.Err == nil {
		return s.Int, s
	}
	if s := k.masks[fact.SettingNodeMask]; s != nil && s.Int != 0 && s.Err == nil && !k.dual() {
		return s.Int, s
	}
	if f == fact.IPv4 {
		return 24, nil
	}
	// Until 1.16 one default served both families: cmd/kube-controller-manager/app/options/nodeipamcontroller.go@v1.15.
	// Until 1.19 kubeadm wrote a mask derived from an IPv6 range: cmd/kubeadm/app/phases/controlplane/manifests.go
	// calcNodeCidrSize.
	if k.predicted && k.release.Before(fact.V(1, 20, 0)) {
		for _, h := range k.pods {
			if fact.FamilyOf(h.p) == fact.IPv6 && !k.dual() {
				return kubeadmMaskIPv6(h.p.Bits()), nil
			}
		}
	}
	if !k.predicted && k.release.Before(fact.V(1, 16, 0)) {
		return 24, nil
	}
	return 64, nil
}

// kubeadmMaskIPv6 is the node mask that kubeadm until 1.19 derives from the length of an IPv6 pod range.
func kubeadmMaskIPv6(bits int) int {
	switch {
	case bits == 112:
		return 120
	case bits < 112:
		return 128 - ((127-bits)/8-1)*8
	}
	return bits
}

// dual reports whether k has ranges of both families.
func (k *managerView) dual() bool {
	return len(ofFamily(k.pods, fact.IPv4)) > 0 && len(ofFamily(k.pods, fact.IPv6)) > 0
}

// maskNote says where a node mask comes from.
func maskNote(f fact.Family, at *fact.Statement) string {
	if at == nil {
		if f == fact.IPv6 {
			return "the default for IPv6, since no --node-cidr-mask-size-ipv6 is given"
		}
		return "the default, since no --node-cidr-mask-size is given"
	}
	return who(at)
}

// familiesOf returns the families of hs in order, each once.
func familiesOf(hs []held) []fact.Family {
	var fs []fact.Family
	for _, h := range hs {
		if f := fact.FamilyOf(h.p); !slices.Contains(fs, f) {
			fs = append(fs, f)
		}
	}
	return fs
}

// familyList names families in order: "IPv4", "IPv4 and IPv6".
func familyList(fs []fact.Family) string {
	var ss []string
	for _, f := range fs {
		ss = append(ss, f.String())
	}
	return strings.Join(ss, " and ")
}

// joinHeld tells several ranges of one list: "10.42.0.0/16,fd01::/64".
func joinHeld(hs []held) string {
	var ss []string
	for _, h := range hs {
		ss = append(ss, h.p.String())
	}
	return strings.Join(ss, ",")
}

// equalRanges reports whether two lists name the same networks in the same order.
func equalRanges(a, b []held) bool {
	return slices.EqualFunc(a, b, func(x, y held) bool { return x.p == y.p })
}
