package check

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/cidrorder"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// A view is the cluster as statements tell of it: who says what, which values are effective, what is a default.
// It holds the statements in an order of its own, so that theirs does not matter, each with its Name.
type view struct {
	all []*fact.Statement // sorted by compareStatements, without exact duplicates

	kube      fact.Version      // release of Kubernetes, zero where nothing says it
	kubeFrom  *fact.Statement   // what says it
	flannel   fact.Version      // release of flannel, zero where nothing says it
	cni       string            // name of the CNI plugin, "" where nothing says it
	changes   []*fact.Statement // how values in files of installers are changed
	installer string            // who installed the cluster, "" where nothing says it
	cniFrom   *fact.Statement
	byNodes   map[string]bool // networks that take subnets from Node objects, as they were told, or say
	linkMTU   *fact.Statement
	managers  []*sourceView // kube-controller-manager as its own file shows it
	servers   []*sourceView // kube-apiserver as its own file shows it
	kubeadms  []*sourceView // kubeadm configurations and command lines
	flannels  []*sourceView // flannel's configuration and DaemonSet
	envs      []*sourceView // subnet.env files
	proxies   []*sourceView
	kubelets  []*sourceView
	others    []*sourceView
	extraArgs []*sourceView // flags of the control plane that a kubeadm configuration sets
	nodes     []*nodeView   // sorted by name
	byName    map[string]*nodeView
	held      map[statementName]int  // the last of several sources of one file that holds a value of that name
	byShort   map[string][]*nodeView // by lower-case name without the domain
	symptoms  []*fact.Statement
	problems  []*fact.Statement
	reserved  []*fact.Statement
	hosts     []*fact.Statement
	addrs     []*fact.Statement
	links     []*fact.Statement // what hosts' links and routes say, of Component Host

	clusterIPs []*fact.Statement
	gates      map[fact.Component]nodeipam.Gates // see statedGates; nil until it is needed
}

// A sourceView is what one component says in one file for one host: the effective statements.
type sourceView struct {
	comp fact.Component
	host string
	file string

	pods     []*fact.Statement // ranges of pods; more than one where families stand under keys of their own
	services *fact.Statement
	dns      []*fact.Statement
	addrs    []*fact.Statement
	set      map[fact.Setting]*fact.Statement
	lens     []*fact.Statement // flannel's SubnetLen and its like
	subnet   []*fact.Statement // RoleNodePods
	version  fact.Version
	first    *fact.Statement
}

// A nodeView is one Node object, put together from every file that shows it.
type nodeView struct {
	name   string
	pods   []*fact.Statement // that name a subnet
	none   *fact.Statement   // says that it holds none
	addrs  []*fact.Statement
	subs   []held
	places []*fact.Statement
}

// A held prefix is one that a statement names: as written, and masked.
type held struct {
	s       *fact.Statement
	written netip.Prefix
	p       netip.Prefix
}

func compareStatements(a, b *fact.Statement) int {
	return cmp.Or(
		a.Pos.Compare(b.Pos),
		cmp.Compare(a.Component, b.Component),
		cmp.Compare(a.Host, b.Host),
		cmp.Compare(a.Role, b.Role),
		cmp.Compare(a.Key, b.Key),
		cmp.Compare(a.Setting, b.Setting),
		cmp.Compare(a.Text, b.Text),
		slices.CompareFunc(a.Prefixes, b.Prefixes, cidrorder.Compare),
		slices.CompareFunc(a.Addrs, b.Addrs, netip.Addr.Compare),
		cmp.Compare(a.Int, b.Int),
		words.CompareBool(a.Bool, b.Bool),
		words.CompareBool(a.Default, b.Default),
		words.CompareBool(a.Overridden, b.Overridden),
		slices.CompareFunc(a.PrefixPos, b.PrefixPos, fact.Position.Compare),
		compareSymptoms(a.Symptom, b.Symptom),
		compareProblems(a.Finding, b.Finding),
	)
}

func compareSymptoms(a, b *fact.Symptom) int {
	if a == nil || b == nil {
		return words.CompareBool(a != nil, b != nil)
	}
	return cmp.Or(
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Node, b.Node),
		cidrorder.Compare(a.Subnet, b.Subnet), cidrorder.Compare(a.Network, b.Network), slices.Compare(a.Rules, b.Rules),
	)
}

func compareProblems(a, b *fact.Finding) int {
	if a == nil || b == nil {
		return words.CompareBool(a != nil, b != nil)
	}
	return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Variant, b.Variant),
		slices.CompareFunc(a.Args, b.Args, fact.Arg.Compare), cmp.Compare(a.Message, b.Message))
}

// newView sorts the statements and puts the cluster together from them.
func newView(in []fact.Statement) *view {
	v := &view{byName: map[string]*nodeView{}, held: map[statementName]int{}}
	v.all = make([]*fact.Statement, 0, len(in))
	for _, s := range in {
		s.Name = cmp.Or(s.Name, fact.NameOf(s))
		v.all = append(v.all, &s)
	}
	slices.SortStableFunc(v.all, compareStatements)
	v.all = slices.CompactFunc(v.all, func(a, b *fact.Statement) bool { return compareStatements(a, b) == 0 && sameErr(a.Err, b.Err) })

	sources := map[sourceKey]*sourceView{}
	var order []*sourceView
	for _, s := range v.all {
		if s.Component == fact.Host && s.Role != fact.RoleReserved && s.Role != fact.RoleProblem && s.Role != fact.RoleSymptom {
			if !s.Overridden {
				v.links = append(v.links, s)
			}
			continue
		}
		v.takesNodes(s)
		switch s.Role {
		case fact.RoleSymptom:
			if s.Symptom != nil {
				v.symptoms = append(v.symptoms, s)
			}
			continue
		case fact.RoleProblem:
			if s.Finding != nil {
				v.problems = append(v.problems, s)
			}
			continue
		case fact.RoleReserved:
			v.reserved = append(v.reserved, s)
			continue
		case fact.RoleHosts:
			v.hosts = append(v.hosts, s)
			continue
		case fact.RoleAddress:
			v.addrs = append(v.addrs, s)
		}
		if s.Role == fact.RoleSetting && s.Setting == fact.SettingCNI && !s.Overridden {
			v.plugin(s)
			continue
		}
		if s.Role == fact.RoleSetting && isChange(s.Setting) {
			v.changes = append(v.changes, s)
			continue
		}
		if s.Role == fact.RoleSetting && (s.Setting == fact.SettingCreated || s.Setting == fact.SettingNodes) {
			continue // looked up by name
		}
		if s.Role == fact.RoleSetting && s.Setting == fact.SettingInstaller {
			v.installer = cmp.Or(v.installer, s.Text)
			continue
		}
		if s.Role == fact.RoleSetting && (s.Setting == fact.SettingFeatureGate || s.Setting == fact.SettingAllocator) {
			continue // looked up by name: a source has several
		}
		if s.Component == fact.Node && s.Host != "" {
			v.addNode(s)
			continue
		}
		if s.Role == fact.RoleClusterIP {
			if !s.Overridden {
				v.clusterIPs = append(v.clusterIPs, s)
			}
			continue
		}
		if s.Component == fact.Flannel && s.Role == fact.RoleAddress {
			continue // an annotation of a node, no configuration
		}
		if s.Role == fact.RoleSetting && s.Setting == fact.SettingLinkMTU && !s.Overridden {
			v.linkMTU = s
		}
		if s.Overridden {
			continue
		}
		order = v.addSource(sources, order, s)
	}
	for _, src := range order {
		v.file(src)
	}
	v.byShort = make(map[string][]*nodeView, len(v.nodes))
	for _, n := range v.nodes {
		n.finish()
		short, _, _ := strings.Cut(strings.ToLower(n.name), ".")
		v.byShort[short] = append(v.byShort[short], n)
	}
	slices.SortFunc(v.nodes, func(a, b *nodeView) int { return cmp.Compare(a.name, b.name) })
	v.versions()
	return v
}

func sameErr(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}

type sourceKey struct {
	comp fact.Component
	host string
	file string
	env  bool
	args bool
	n    int
}

// A statementName is what a source holds one stated value of.
type statementName struct {
	source  sourceKey // with n 0
	role    fact.Role
	setting fact.Setting
	name    fact.Name
}

// addSource files s under its source. Several objects of one kind can stand in one file (a list of pods): the second
// statement of the same name that nothing overrides begins the next source.
func (v *view) addSource(sources map[sourceKey]*sourceView, order []*sourceView, s *fact.Statement) []*sourceView {
	comp := s.Component
	if comp == fact.Kubeadm {
		// What a kubeadm configuration sets for a component of the control plane.
		switch s.Name {
		case fact.NameControllerManagerArg:
			comp = fact.ControllerManager
		case fact.NameAPIServerArg:
			comp = fact.APIServer
		}
	}
	k := sourceKey{comp: comp, host: s.Host, file: s.Pos.File, env: isEnv(s), args: comp != s.Component}
	// A source that holds a stated value keeps it, so that the next of that name need not ask again those that hold one.
	name := statementName{k, s.Role, s.Setting, fact.NameOther}
	if s.Role == fact.RolePods && s.Component == fact.Flannel {
		name.name = s.Name
	}
	keeps := !s.Default && (s.Role == fact.RoleSetting || isStated(s))
	if keeps {
		k.n = v.held[name]
	}
	var src *sourceView
	for {
		src = sources[k]
		if src == nil {
			src = &sourceView{comp: comp, host: s.Host, file: s.Pos.File, set: map[fact.Setting]*fact.Statement{}, first: s}
			sources[k] = src
			order = append(order, src)
		}
		if src.take(s) {
			if keeps && k.n > 0 {
				v.held[name] = k.n
			}
			return order
		}
		k.n++
	}
}

// isEnv reports whether s comes from a node's subnet.env, not from flannel's configuration.
func isEnv(s *fact.Statement) bool {
	return s.Component == fact.Flannel &&
		(s.Name.IsEnv() || s.Role == fact.RoleNodePods || s.Role == fact.RoleSetting && s.Setting == fact.SettingSubnetMTU)
}

// take adds s to src, or reports that src holds another statement of that name already.
func (src *sourceView) take(s *fact.Statement) bool {
	switch s.Role {
	case fact.RolePods:
		i := slices.IndexFunc(src.pods, func(o *fact.Statement) bool { return o.Name == s.Name || s.Component != fact.Flannel })
		switch {
		case i < 0:
			src.pods = append(src.pods, s)
		case !isStated(s):
		case !isStated(src.pods[i]):
			src.pods[i] = s
		default:
			return false
		}
	case fact.RoleServices:
		if src.services != nil {
			if !isStated(s) || s.Default && !src.services.Default {
				return true
			}
			if isStated(src.services) && !src.services.Default {
				return false
			}
		}
		src.services = s
	case fact.RoleNodePods:
		src.subnet = append(src.subnet, s)
	case fact.RoleDNS:
		src.dns = append(src.dns, s)
	case fact.RoleAddress:
		src.addrs = append(src.addrs, s)
	case fact.RoleSetting:
		if s.Setting == fact.SettingSubnetLen {
			src.lens = append(src.lens, s)
			break
		}
		if o := src.set[s.Setting]; o != nil {
			if s.Default {
				return true
			}
			if !o.Default {
				return false
			}
		}
		src.set[s.Setting] = s
	}
	return true
}

// isStated reports whether s says a value, readable or not.
func isStated(s *fact.Statement) bool {
	return s != nil && (len(s.Prefixes) > 0 || len(s.Addrs) > 0 || s.Text != "" || s.Err != nil)
}

// file puts a source into the list that it belongs to.
func (v *view) file(src *sourceView) {
	if s := src.set[fact.SettingVersion]; s != nil {
		if ver, err := fact.ParseVersion(s.Text); err == nil {
			src.version = ver
		}
	}
	switch src.comp {
	case fact.ControllerManager, fact.APIServer:
		if fromKubeadm(src.first) {
			v.extraArgs = append(v.extraArgs, src)
			return
		}
		if src.comp == fact.APIServer {
			v.servers = append(v.servers, src)
			return
		}
		v.managers = append(v.managers, src)
	case fact.Kubeadm:
		v.kubeadms = append(v.kubeadms, src)
	case fact.Flannel:
		if isEnv(src.first) {
			v.envs = append(v.envs, src)
			return
		}
		v.flannels = append(v.flannels, src)
	case fact.KubeProxy:
		v.proxies = append(v.proxies, src)
	case fact.Kubelet:
		v.kubelets = append(v.kubelets, src)
	default:
		v.others = append(v.others, src)
	}
}

// fromKubeadm reports whether a statement of a control-plane component stands in a kubeadm configuration (extraArgs), not
// in a manifest of its own.
func fromKubeadm(s *fact.Statement) bool {
	return s.Name.IsExtraArg()
}

func (v *view) addNode(s *fact.Statement) {
	n := v.byName[s.Host]
	if n == nil {
		n = &nodeView{name: s.Host}
		v.byName[s.Host] = n
		v.nodes = append(v.nodes, n)
	}
	switch s.Role {
	case fact.RoleNodePods:
		n.places = append(n.places, s)
		if isStated(s) {
			n.pods = append(n.pods, s)
		} else if n.none == nil {
			n.none = s
		}
	case fact.RoleAddress:
		n.addrs = append(n.addrs, s)
	}
}

// finish works out the subnets that a node holds: the same subnet from two files counts once.
func (n *nodeView) finish() {
	for _, s := range n.pods {
		for _, w := range s.Prefixes {
			p := masked(w)
			if !p.IsValid() || slices.ContainsFunc(n.subs, func(h held) bool { return h.p == p }) {
				continue
			}
			n.subs = append(n.subs, held{s, w, p})
		}
	}
}

// missing reports whether the node is registered and holds no subnet, in no file.
func (n *nodeView) missing() bool { return len(n.pods) == 0 && n.none != nil }

// place returns the statement to point at for n.
func (n *nodeView) place() *fact.Statement {
	if len(n.pods) > 0 {
		return n.pods[0]
	}
	return n.none
}

// versions decides which release of Kubernetes and flannel the rules assume.
func (v *view) versions() {
	rank := func(s *fact.Statement) int {
		switch s.Component {
		case fact.Operator:
			return 0
		case fact.ControllerManager:
			return 1
		case fact.APIServer:
			return 2
		case fact.Kubeadm:
			return 3
		case fact.KubeProxy, fact.Kubelet:
			return 4
		case fact.Node:
			return 5
		}
		return 6
	}
	for _, s := range v.all {
		if s.Role != fact.RoleSetting || s.Setting != fact.SettingVersion || s.Overridden {
			continue
		}
		ver, err := fact.ParseVersion(s.Text)
		if err != nil {
			continue
		}
		if s.Component == fact.Flannel {
			if v.flannel.IsZero() || v.flannel.Before(ver) {
				v.flannel = ver
			}
			continue
		}
		if rank(s) > 5 {
			continue
		}
		if v.kubeFrom == nil || rank(s) < rank(v.kubeFrom) || rank(s) == rank(v.kubeFrom) && v.kube.Before(ver) {
			v.kube, v.kubeFrom = ver, s
		}
	}
}

// release returns the release that the rules about src assume: what the operator says, its own, the cluster's, the newest.
func (v *view) release(src *sourceView) fact.Version {
	if v.kubeFrom != nil && v.kubeFrom.Component == fact.Operator {
		return v.kube
	}
	if src != nil && !src.version.IsZero() {
		return src.version
	}
	return v.kube.Or(fact.NewestKubernetes())
}

// releaseNote says where an assumed release comes from, for messages of rules that depend on it.
func (v *view) releaseNote(src *sourceView) string {
	if v.kubeFrom == nil && (src == nil || src.version.IsZero()) {
		return " (no file says the release; " + fact.NewestKubernetes().String() + " is assumed)"
	}
	return ""
}

// podPrefixes returns the masked pod ranges that src states, each with its statement.
func (src *sourceView) podPrefixes() []held {
	var hs []held
	for _, s := range src.pods {
		for _, w := range s.Prefixes {
			if p := masked(w); p.IsValid() {
				hs = append(hs, held{s, w, p})
			}
		}
	}
	return hs
}

// saysPods reports whether src states a pod range, readable or not.
func (src *sourceView) saysPods() bool { return slices.ContainsFunc(src.pods, isStated) }

// deniesPods reports whether src could state a pod range and states none.
func (src *sourceView) deniesPods() bool { return len(src.pods) > 0 && !src.saysPods() }

// bool returns the value of a setting, or def where src does not say it.
func (src *sourceView) bool(k fact.Setting, def bool) bool {
	if s := src.set[k]; s != nil {
		return s.Bool
	}
	return def
}

// sameHost reports whether two names mean one host: equal, or one is the other without its domain.
func sameHost(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(b) > len(a) && b[len(a)] == '.' && strings.EqualFold(b[:len(a)], a) && !strings.Contains(a, ".")
}

// nodeOf returns the node that a host name means, nil where there is none or more than one: that of the same name, whatever its
// case, or that whose name is the other's without its domain.
func (v *view) nodeOf(host string) *nodeView {
	if n := v.byName[host]; n != nil || host == "" {
		return n
	}
	host = strings.ToLower(host)
	short, _, qualified := strings.Cut(host, ".")
	var found []*nodeView
	for _, n := range v.byShort[short] {
		name := strings.ToLower(n.name)
		if name == host || !qualified || name == short {
			found = append(found, n)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return nil
}
