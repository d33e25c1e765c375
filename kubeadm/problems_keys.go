package kubeadm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A keyRole is what a misplaced key was meant to say.
type keyRole struct {
	kind, path string // where it belongs: document kind and path in it
}

// keyRoles are the places of the roles of flagSynonyms.
var keyRoles = map[string]keyRole{
	"pods":     {"ClusterConfiguration", "networking.podSubnet"},
	"services": {"ClusterConfiguration", "networking.serviceSubnet"},
	"domain":   {"ClusterConfiguration", "networking.dnsDomain"},
	"address":  {"InitConfiguration", "localAPIEndpoint.advertiseAddress"},
	"endpoint": {"ClusterConfiguration", "controlPlaneEndpoint"},
	"mask":     {"ClusterConfiguration", "controllerManager.extraArgs (node-cidr-mask-size)"},
	"mask4":    {"ClusterConfiguration", "controllerManager.extraArgs (node-cidr-mask-size-ipv4)"},
	"mask6":    {"ClusterConfiguration", "controllerManager.extraArgs (node-cidr-mask-size-ipv6)"},
	"allocate": {"ClusterConfiguration", "controllerManager.extraArgs (allocate-node-cidrs)"},
}

// keys looks for keys that kubeadm does not read.
func (c *Config) keys(o *source.Node) {
	_, version, _ := strings.Cut(o.Get("apiVersion").Str(), "/")
	kind := o.Get("kind").Str()
	s := schemaOf(kind, version)
	if s == nil {
		if kind != "" {
			if !isKubeadmKind(kind) {
				c.unknownKind(o, kind)
			}
			return
		}
		s = clusterSchema
	}
	if kind == "" {
		kind = "ClusterConfiguration"
	}
	c.walk(keyWalk{kind: kind, version: version, root: s}, o, s, nil)
}

// unknownKind says that kubeadm passes over a document whose kind it does not know.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go documentMapToInitConfiguration.
func (c *Config) unknownKind(o *source.Node, kind string) {
	f := fact.Finding{
		Rule:     fact.RuleKubeadmKeyMisplaced,
		Severity: fact.Error,
		Message:  fmt.Sprintf("kubeadm knows no kind %s and passes over the whole document", kind),
		Effect:   "kubeadm init prints a warning (Ignored configuration document) and goes on without it, or finds no configuration at all",
		Disturbs: fact.DisturbsNothing,
		Where:    []fact.Place{{Position: o.Get("kind").Pos, Note: "kind: " + kind}},
	}
	if best := suggest.Within(kind, []string{"ClusterConfiguration", "InitConfiguration", "JoinConfiguration"}, 8); best != "" {
		f.Message += "; " + best + " is probably meant"
		f.Fix = []string{fmt.Sprintf("%s: write kind: %s", o.Get("kind").Pos, best)}
	}
	if lost := addressKeysIn(o); len(lost) > 0 {
		e := lost[0].entry
		f.Message += fmt.Sprintf("; %s %s in it is not read", e.Key, listValue(e.Value).V)
		f.Where = append(f.Where, fact.Place{Position: e.KeyPos, Note: e.Key})
	} else {
		f.Severity = fact.Warning
	}
	c.say(f)
}

// A keyWalk is where a walk over a document's keys is.
type keyWalk struct {
	kind, version string
	root          *schema
}

func (c *Config) walk(w keyWalk, n *source.Node, s *schema, path []string) {
	if n == nil {
		return
	}
	for _, e := range n.Entries {
		sub, known := (*s)[e.Key]
		if known {
			if sub != opaque && sub != leaf {
				c.walk(w, e.Value, sub, append(path[:len(path):len(path)], e.Key))
			}
			continue
		}
		c.unknownKey(w, e, s, path)
	}
}

// unknownKey says what a key that kubeadm does not read was meant to be, and where it belongs.
func (c *Config) unknownKey(w keyWalk, e source.Entry, s *schema, path []string) {
	if c.enough() {
		return
	}
	full := strings.Join(append(path[:len(path):len(path)], e.Key), ".")
	if role, ok := flagSynonyms[squash(e.Key)]; ok {
		c.say(c.misplaced(w, e, role, full))
		return
	}
	if role := misspeltRange(e); role != "" {
		c.say(c.misplaced(w, e, role, full))
		return
	}
	// A whole block under a wrong name or in the wrong document: what stands in it is lost as well.
	if lost := addressKeysIn(e.Value); len(lost) > 0 {
		for _, l := range lost {
			p := c.misplaced(w, l.entry, l.role, full+"."+l.path)
			p.Where = append(p.Where, fact.Place{Position: e.KeyPos, Note: "kubeadm does not read " + full})
			c.say(p)
		}
		return
	}
	var siblings []string
	for k := range *s {
		siblings = append(siblings, k)
	}
	slices.Sort(siblings)
	f := fact.Finding{
		Rule:     fact.RuleKubeadmKeyUnknown,
		Severity: fact.Warning,
		Message:  fmt.Sprintf("kubeadm does not read the key %s of %s", full, w.kind),
		Effect:   "kubeadm init prints a warning and goes on as if the line were not there; kubeadm config validate refuses the file",
		Disturbs: fact.DisturbsNothing,
		Where:    []fact.Place{{Position: e.KeyPos, Note: e.Key}},
	}
	if best := suggest.Within(e.Key, siblings, 1+len(e.Key)/6); best != "" {
		f.Message += fmt.Sprintf("; %s is probably meant", best)
		f.Fix = []string{fmt.Sprintf("%s: write %s", e.KeyPos, best)}
	} else if place := elsewhere(e.Key, w); place != "" {
		f.Message += "; it belongs in " + place
		f.Fix = []string{fmt.Sprintf("%s: move %s to %s", e.KeyPos, e.Key, place)}
	} else {
		f.Severity = fact.Info
	}
	c.say(f)
}

// misspeltRange returns the role of a key whose name is nearly that of a range and whose value is one, such as
// podSubset:
// 10.244.0.0/16, else "".
func misspeltRange(e source.Entry) string {
	for _, one := range strings.Split(listValue(e.Value).V, ",") {
		if _, _, ok := ipnet.ParseCIDR(strings.TrimSpace(one)); !ok {
			return ""
		}
	}
	best := suggest.Within(squash(e.Key), []string{"podsubnet", "podnetworkcidr", "servicesubnet", "servicecidr", "clustercidr"}, 2)
	return flagSynonyms[best]
}

// A lostKey names something about address ranges inside a block that kubeadm does not read.
type lostKey struct {
	entry source.Entry
	role  string
	path  string // from the block on
}

// addressKeysIn returns the first key of each role below n, at most four mappings further down.
func addressKeysIn(n *source.Node) []lostKey {
	var out []lostKey
	var in func(n *source.Node, path string, depth int)
	in = func(n *source.Node, path string, depth int) {
		if depth > 4 || n == nil {
			return
		}
		for _, e := range n.Entries {
			role := flagSynonyms[squash(e.Key)]
			if role == "pods" || role == "services" || strings.HasPrefix(role, "mask") {
				if !slices.ContainsFunc(out, func(l lostKey) bool { return l.role == role }) {
					out = append(out, lostKey{e, role, path + e.Key})
				}
				continue
			}
			in(e.Value, path+e.Key+".", depth+1)
		}
	}
	in(n, "", 0)
	return out
}

// elsewhere says in which document, and under which key, a key belongs that is right but stands in the wrong place.
func elsewhere(key string, w keyWalk) string {
	for _, k := range []struct {
		kind string
		s    *schema
	}{{"ClusterConfiguration", clusterSchema}, {"InitConfiguration", initSchema}, {"JoinConfiguration", joinSchema}} {
		if path := findKey(k.s, key); path != "" {
			if k.kind == w.kind {
				return path
			}
			return k.kind + ": " + path
		}
	}
	switch key {
	case "apiServerExtraArgs":
		return "ClusterConfiguration: apiServer.extraArgs"
	case "controllerManagerExtraArgs":
		return "ClusterConfiguration: controllerManager.extraArgs"
	case "schedulerExtraArgs":
		return "ClusterConfiguration: scheduler.extraArgs"
	case "apiServerCertSANs":
		return "ClusterConfiguration: apiServer.certSANs"
	}
	return ""
}

// findKey returns the path of a key in a schema, the shortest and then the first one, "" where there is none.
func findKey(s *schema, key string) string {
	if s == nil {
		return ""
	}
	if _, ok := (*s)[key]; ok {
		return key
	}
	for _, k := range slices.Sorted(maps.Keys(*s)) {
		if p := findKey((*s)[k], key); p != "" {
			return k + "." + p
		}
	}
	return ""
}

// misplaced is the finding about a key that holds something about addresses where kubeadm does not look for it.
func (c *Config) misplaced(w keyWalk, e source.Entry, role, full string) fact.Finding {
	to := keyRoles[role]
	switch {
	case role == "address" && w.kind == "JoinConfiguration":
		to.kind, to.path = "JoinConfiguration", "controlPlane.localAPIEndpoint.advertiseAddress"
	case w.kind == "MasterConfiguration":
		to.kind = w.kind
		if role == "address" {
			to.path = "api.advertiseAddress"
		}
	}
	value := ""
	if e.Value != nil {
		value = listValue(e.Value).V
	}
	f := fact.Finding{
		Rule:     fact.RuleKubeadmKeyMisplaced,
		Severity: fact.Error,
		Effect:   "kubeadm init prints at most a warning and goes on as if the line were not there",
		Disturbs: fact.DisturbsNothing,
		Where:    []fact.Place{{Position: e.KeyPos, Note: strings.TrimSpace(e.Key + " " + value)}},
	}
	if strings.HasPrefix(role, "mask") {
		return maskMisplaced(f, e, role, full, value, to.kind)
	}
	c.misplacedEffect(&f, role, value)
	if full == to.path && w.kind == to.kind {
		full = e.Key
	}
	f.Message = fmt.Sprintf("%s %s stands where kubeadm does not read it (%s of %s); it belongs in %s as %s", e.Key, value, full, w.kind, to.kind, to.path)
	parent, name, _ := strings.Cut(to.path, ".")
	block, inner, nested := strings.Cut(full, ".")
	switch {
	case nested && block == parent && w.kind == to.kind && strings.Count(full, ".") == 1:
		why := "no such name"
		if squash(e.Key) == squash(name) {
			why = "names are case sensitive"
		}
		f.Message = fmt.Sprintf("kubeadm does not read %s %s (%s); the key is %s", full, value, why, to.path)
		f.Fix = []string{fmt.Sprintf("%s: write %s instead of %s", e.KeyPos, name, e.Key)}
	case nested && block == parent && w.kind != to.kind && inner == name:
		f.Fix = []string{fmt.Sprintf("%s: move the block %s to the document of kind %s: %s", e.KeyPos, parent, to.kind, flow(to.path, value))}
	case name != "" && value != "" && !strings.Contains(name, " "):
		f.Fix = []string{fmt.Sprintf("%s: write it below %s, indented, as %s: %s", e.KeyPos, parent, name, flow(to.path, value))}
	default:
		f.Fix = []string{fmt.Sprintf("%s: move it to %s", e.KeyPos, to.path)}
	}
	switch {
	case role == "pods":
		f.Fix = append(f.Fix, "then kubeadm reset and kubeadm init --config again; where the cluster runs already, set --allocate-node-cidrs=true and --cluster-cidr in kube-controller-manager.yaml of every control-plane host, and networking.podSubnet in the kubeadm-config ConfigMap")
	case role == "services" && f.Disturbs == fact.DisturbsCluster:
		f.Fix = append(f.Fix, "then kubeadm reset and kubeadm init --config again: a cluster keeps its service range")
	}
	return f
}

// maskMisplaced is the finding about a node mask: no key of kubeadm's sets it.
func maskMisplaced(f fact.Finding, e source.Entry, role, full, value, kind string) fact.Finding {
	f.Rule = fact.RuleNodeMaskFlagIgnored
	f.Effect += "; every node gets the default, a /24 or a /64"
	size := firstNonEmpty(value, "25")
	name := "node-cidr-mask-size-ipv4"
	if role == "mask6" {
		name = "node-cidr-mask-size-ipv6"
	}
	f.Message = fmt.Sprintf("%s %s has no effect here: kubeadm does not read this key; the node mask is a flag of kube-controller-manager and belongs in %s under controllerManager.extraArgs as %s", full, value, kind, name)
	f.Fix = []string{fmt.Sprintf("%s: remove %s", e.KeyPos, e.Key), fmt.Sprintf("write controllerManager: {extraArgs: [{name: %s, value: %q}]}, or up to v1beta3 controllerManager: {extraArgs: {%s: %q}}", name, size, name, size)}
	return f
}

// misplacedEffect says what kubeadm does without the key.
func (c *Config) misplacedEffect(f *fact.Finding, role, value string) {
	switch role {
	case "pods":
		f.Disturbs = fact.DisturbsComponent
		f.Effect += ": kube-controller-manager gets neither --cluster-cidr nor --allocate-node-cidrs, and no node gets a podCIDR"
		if c.Cluster.PodSubnet.V != "" {
			f.Severity = fact.Warning
			f.Effect = "only networking.podSubnet " + c.Cluster.PodSubnet.V + " counts"
		}
	case "services":
		f.Disturbs = fact.DisturbsCluster
		f.Effect += ": services get the default, " + defaultServiceSubnet
		if _, p, ok := ipnet.ParseCIDR(value); ok && p.Masked().String() == defaultServiceSubnet {
			f.Severity = fact.Warning
			f.Effect += ", which is the same"
			f.Disturbs = fact.DisturbsNothing
		}
		if c.Cluster.ServiceSubnet.V != "" {
			f.Severity = fact.Warning
			f.Effect = "only networking.serviceSubnet " + c.Cluster.ServiceSubnet.V + " counts"
		}
	default:
		f.Severity = fact.Warning
	}
}

// flow writes a value below its path as one line of YAML.
func flow(path, value string) string {
	parts := strings.Split(path, ".")
	last := len(parts) - 1
	return strings.Join(parts[:last], ": {") + fmt.Sprintf(": {%s: %q", parts[last], value) + strings.Repeat("}", last)
}
