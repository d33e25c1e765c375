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

// argSays is the arg of a finding that holds what the program prints.
const argSays = "says"

// refusesFile begins the message of a finding that kubeadm does not take the file; what kubeadm prints follows.
const refusesFile = "kubeadm does not take this file: "

// refusedConfig is a finding that kubeadm does not take the file.
func refusedConfig(pos fact.Position, message string, fix ...string) fact.Finding {
	return fact.Finding{
		Rule:      fact.RuleKubeadmConfigRefused,
		Severity:  fact.Error,
		Message:   refusesFile + message,
		Args:      []fact.Arg{{Name: argSays, Text: message}},
		Effect:    "kubeadm ends with an error before it changes anything",
		Fix:       fix,
		Disturbs:  fact.DisturbsNothing,
		Where:     []fact.Place{{Position: pos}},
		RefusedBy: []fact.Component{fact.Kubeadm},
	}
}

// isMaskFlag reports whether a flag, as it is written, is one of the node mask.
func isMaskFlag(flag string) bool {
	for _, m := range maskSettings {
		if strings.TrimLeft(flag, "-") == m.flag {
			return true
		}
	}
	return false
}

// flagFinding is a finding about an argument that a program does not accept. field names where the argument comes from, "" for
// the command line itself.
func flagFinding(program fact.Component, e FlagError, field string) fact.Finding {
	msg := fmt.Sprintf("%s does not accept this argument: %s", program, e.Msg)
	if field != "" {
		msg = fmt.Sprintf("%s: %s does not accept this argument: %s", field, program, e.Msg)
	}
	f := fact.Finding{
		Rule:      e.Rule,
		Severity:  fact.Error,
		Message:   msg,
		Effect:    fmt.Sprintf("%s prints the message and ends; its pod restarts over and over", program),
		Disturbs:  fact.DisturbsComponent,
		Where:     []fact.Place{{Position: e.Pos, Note: e.Flag}},
		RefusedBy: []fact.Component{program},
	}
	if program == fact.Kubeadm {
		f.Effect = "kubeadm prints the message and ends before it changes anything"
		f.Disturbs = fact.DisturbsNothing
	}
	if e.Hint != "" {
		f.Fix = []string{e.Hint}
	}
	if program != fact.ControllerManager && e.Unknown && isMaskFlag(e.Flag) {
		f.Rule = fact.RuleNodeMaskFlagIgnored
		f.Message += "; the size of node subnets is set at kube-controller-manager"
		f.Fix = append(f.Fix, "move it to kube-controller-manager (kubeadm: controllerManager.extraArgs)")
	}
	return f
}

// say adds a problem, up to the limit.
func (c *Config) say(f fact.Finding) {
	if !c.enough() {
		c.Problems = append(c.Problems, f)
	}
}

// enough reports whether so much is wrong with the file that no more is looked for.
func (c *Config) enough() bool { return len(c.Problems) >= maxProblems }

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

// findProblems looks for what kubeadm refuses, or does not read, in the documents of a file.
func (c *Config) findProblems(f *source.File, docs []*source.Node) {
	var own []*source.Node // documents of kubeadm's, those in a ConfigMap included
	inMap := false
	for _, o := range objects(docs) {
		if o.Get("kind").Str() == "ConfigMap" {
			for _, key := range []string{"ClusterConfiguration", "MasterConfiguration", "InitConfiguration"} {
				if n := o.Get("data", key); n != nil && n.Kind == source.String {
					inner, _ := n.File().YAML()
					own = append(own, objects(inner)...)
					inMap = true
				}
			}
			continue
		}
		if ofKubeadm(o.Get("kind").Str(), o.Get("apiVersion").Str()) || looksLikeKubeadm(o) {
			own = append(own, o)
		}
	}
	if len(own) == 0 {
		return
	}
	if !inMap {
		c.structure(objects(docs), own)
		c.noConfiguration(own)
		c.emptyDocuments(f)
		c.duplicates(f)
	}
	for _, o := range own {
		c.keys(o)
		c.types(o)
	}
	if !inMap {
		for _, o := range objects(docs) {
			c.componentTypes(o)
		}
	}
}

// looksLikeKubeadm reports whether an object without kind, or without kind and apiVersion, holds kubeadm's settings.
func looksLikeKubeadm(o *source.Node) bool {
	if o.Get("kind").Str() != "" || strings.Contains(o.Get("apiVersion").Str(), "/") {
		return false
	}
	return o.Get("networking", "podSubnet") != nil || o.Get("networking", "serviceSubnet") != nil || o.Get("localAPIEndpoint") != nil
}

// noConfiguration refuses a file in which no document is one that kubeadm begins with.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go documentMapToInitConfiguration.
func (c *Config) noConfiguration(own []*source.Node) {
	for _, o := range own {
		switch o.Get("kind").Str() {
		case "", "ClusterConfiguration", "InitConfiguration", "MasterConfiguration", "JoinConfiguration", "NodeConfiguration",
			"ClusterStatus", "ResetConfiguration", "UpgradeConfiguration":
			return
		}
	}
	c.say(refusedConfig(own[0].Pos, "no InitConfiguration or ClusterConfiguration kind was found in the configuration file",
		fmt.Sprintf("%s: write kind: ClusterConfiguration", own[0].Get("kind").Value().Pos)))
}

// emptyDocuments refuses documents of comments and blank lines alone, which kubeadm takes for documents without a kind. A separator
// before which nothing stands belongs to the document that follows it, so one at the very top and one at the very end make none.
// k8s.io/apimachinery v0.37.2 pkg/util/yaml/decoder.go YAMLReader.Read.
func (c *Config) emptyDocuments(f *source.File) {
	start, offset, empty := 0, 0, true
	end := func() {
		if empty && offset > start {
			p := refusedConfig(f.Position(start),
				"invalid configuration for GroupVersionKind /, Kind=: kind and apiVersion is mandatory information that must be specified",
				fmt.Sprintf("%s: remove the separator (---) that makes a document of these comments or blank lines", f.Position(start)))
			p.Severity = fact.Warning // somebody may have put them there after kubeadm had read the file
			c.say(p)
		}
	}
	for line := range strings.Lines(string(f.Data)) {
		if c.enough() {
			return
		}
		rest, separator := strings.CutPrefix(line, "---")
		rest = strings.TrimSpace(rest)
		if separator = separator && (rest == "" || rest[0] == '#'); separator && offset > start {
			end()
			offset += len(line)
			start, empty = offset, true
			continue
		}
		offset += len(line)
		if t := strings.TrimSpace(line); !separator && t != "" && t[0] != '#' {
			empty = false
		}
	}
	end()
}

// duplicates says which keys stand twice, with both places. No release of any program refuses them at its start: each decodes with a
// library in which the last counts, and at most warns. kubeadm init and join warn and kubeadm config validate refuses the file
// (k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go documentMapToInitConfiguration strictErrors); kubelet and
// kube-proxy decode a second time without being strict (pkg/kubelet/kubeletconfig/util/codec/codec.go DecodeKubeletConfiguration,
// cmd/kube-proxy/app/options.go loadConfig); of a static pod nobody is told (pkg/kubelet/config/common.go tryDecodeSinglePod).
func (c *Config) duplicates(f *source.File) {
	for _, d := range f.Duplicates() {
		if c.enough() {
			return
		}
		first, last := d[0], d[1]
		c.say(fact.Finding{
			Rule:     fact.RuleKubeadmKeyDuplicate,
			Severity: fact.Warning,
			Message:  fmt.Sprintf("the key %s stands twice, with %q and with %q; kubeadm init takes the last", last.Key, listValue(first.Value).V, listValue(last.Value).V),
			Effect:   "the first value has no effect; kubeadm config validate refuses the file",
			Fix:      []string{fmt.Sprintf("%s: remove one of the two", first.KeyPos)},
			Disturbs: fact.DisturbsNothing,
			Where:    []fact.Place{{Position: last.KeyPos, Note: last.Key}, {Position: first.KeyPos, Note: last.Key}},
		})
	}
}

// structure refuses what kubeadm refuses before it reads any key: documents without kind or apiVersion, and a kind given twice.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/marshal.go SplitConfigDocuments.
func (c *Config) structure(all, own []*source.Node) {
	seen := map[string]fact.Position{}
	mine := make(map[*source.Node]bool, len(own))
	for _, o := range own {
		mine[o] = true
	}
	for _, o := range all {
		kind, api := o.Get("kind").Str(), o.Get("apiVersion").Str()
		group, version, _ := strings.Cut(api, "/")
		if !mine[o] && kind != "" && api != "" {
			continue // an object of the cluster's, beside which the configuration was collected
		}
		if kind == "" || group == "" || version == "" {
			g, v := "", ""
			if api != "" {
				if g, v = group, version; version == "" {
					g, v = "", group
				}
			}
			p := refusedConfig(o.Pos,
				fmt.Sprintf("invalid configuration for GroupVersionKind %s/%s, Kind=%s: kind and apiVersion is mandatory information that must be specified", g, v, kind),
				"add the missing line above the document: apiVersion: kubeadm.k8s.io/v1beta4, kind: ClusterConfiguration")
			if kind == "" && api == "" {
				p.Severity = fact.Warning // it may be a part of a file that somebody copied
			}
			c.say(p)
			continue
		}
		if misspeltGroup(group) {
			// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go documentMapToInitConfiguration: it goes by the kind
			// alone, and then decodes.
			c.say(refusedConfig(o.Get("apiVersion").Pos, fmt.Sprintf("no kind %q is registered for version %q", kind, api),
				fmt.Sprintf("%s: write apiVersion: %s/%s", o.Get("apiVersion").Pos, kubeadmGroup, version)))
		}
		if first, ok := seen[kind]; ok {
			p := refusedConfig(o.Pos, fmt.Sprintf("invalid configuration: kind %q is specified twice in YAML file", kind),
				"merge the two documents into one")
			p.Where = append(p.Where, fact.Place{Position: first, Note: "the first " + kind})
			c.say(p)
			continue
		}
		seen[kind] = o.Pos
	}
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

// misspeltRange returns the role of a key whose name is nearly that of a range and whose value is one, such as podSubset:
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
	switch {
	case strings.HasPrefix(role, "mask"):
		f.Rule = fact.RuleNodeMaskFlagIgnored
		f.Effect += "; every node gets the default, a /24 or a /64"
		size := firstNonEmpty(value, "25")
		name := map[string]string{"mask": "node-cidr-mask-size", "mask4": "node-cidr-mask-size-ipv4", "mask6": "node-cidr-mask-size-ipv6"}[role]
		if role == "mask" {
			name = "node-cidr-mask-size-ipv4"
		}
		f.Message = fmt.Sprintf("%s %s has no effect here: kubeadm does not read this key; the node mask is a flag of kube-controller-manager and belongs in %s under controllerManager.extraArgs as %s", full, value, to.kind, name)
		f.Fix = []string{fmt.Sprintf("%s: remove %s", e.KeyPos, e.Key), fmt.Sprintf("write controllerManager: {extraArgs: [{name: %s, value: %q}]}, or up to v1beta3 controllerManager: {extraArgs: {%s: %q}}", name, size, name, size)}
		return f
	case role == "pods":
		f.Disturbs = fact.DisturbsComponent
		f.Effect += ": kube-controller-manager gets neither --cluster-cidr nor --allocate-node-cidrs, and no node gets a podCIDR"
		if c.Cluster.PodSubnet.V != "" {
			f.Severity = fact.Warning
			f.Effect = "only networking.podSubnet " + c.Cluster.PodSubnet.V + " counts"
		}
	case role == "services":
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
	if full == to.path && w.kind == to.kind {
		full = e.Key
	}
	f.Message = fmt.Sprintf("%s %s stands where kubeadm does not read it (%s of %s); it belongs in %s as %s", e.Key, value, full, w.kind, to.kind, to.path)
	parent, name, _ := strings.Cut(to.path, ".")
	if fullParent, _, ok := strings.Cut(full, "."); ok && fullParent == parent && w.kind == to.kind && strings.Count(full, ".") == 1 {
		why := "no such name"
		if squash(e.Key) == squash(name) {
			why = "names are case sensitive"
		}
		f.Message = fmt.Sprintf("kubeadm does not read %s %s (%s); the key is %s", full, value, why, to.path)
		f.Fix = []string{fmt.Sprintf("%s: write %s instead of %s", e.KeyPos, name, e.Key)}
	} else if block, inner, ok := strings.Cut(full, "."); ok && block == parent && w.kind != to.kind && inner == name {
		f.Fix = []string{fmt.Sprintf("%s: move the block %s to the document of kind %s: %s", e.KeyPos, parent, to.kind, flow(to.path, value))}
	} else if parent, name, ok := strings.Cut(to.path, "."); ok && value != "" && !strings.Contains(name, " ") {
		f.Fix = []string{fmt.Sprintf("%s: write it below %s, indented, as %s: %s", e.KeyPos, parent, name, flow(to.path, value))}
	} else {
		f.Fix = []string{fmt.Sprintf("%s: move it to %s", e.KeyPos, to.path)}
	}
	switch role {
	case "pods":
		f.Fix = append(f.Fix, "then kubeadm reset and kubeadm init --config again; where the cluster runs already, set --allocate-node-cidrs=true and --cluster-cidr in kube-controller-manager.yaml of every control-plane host, and networking.podSubnet in the kubeadm-config ConfigMap")
	case "services":
		if f.Disturbs == fact.DisturbsCluster {
			f.Fix = append(f.Fix, "then kubeadm reset and kubeadm init --config again: a cluster keeps its service range")
		}
	}
	return f
}

// flow writes a value below its path as one line of YAML.
func flow(path, value string) string {
	parts := strings.Split(path, ".")
	last := len(parts) - 1
	return strings.Join(parts[:last], ": {") + fmt.Sprintf(": {%s: %q", parts[last], value) + strings.Repeat("}", last)
}

// mixed returns the finding about flags given together with --config.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateMixedArguments, isAllowedFlag.
func (c Command) mixed(f Flags) (fact.Finding, bool) {
	cfg, ok := f.Lookup("config")
	if !ok {
		return fact.Finding{}, false
	}
	var names []string
	var where []fact.Place
	for _, l := range f.Flags {
		switch l.Name {
		case "config", "ignore-preflight-errors", "dry-run", "kubeconfig", "node-name", "kubeconfig-dir", "upload-certs", "print-join-command", "rootfs", "v",
			"log-file", "experimental-upload-certs":
			continue
		}
		if strings.HasPrefix(l.Name, "skip-") {
			continue
		}
		if !slices.Contains(names, l.Name) {
			names = append(names, l.Name)
		}
		where = append(where, fact.Place{Position: l.Pos, Note: l.Written + " " + l.Value.V})
	}
	if len(names) == 0 {
		return fact.Finding{}, false
	}
	slices.Sort(names)
	where = append(where, fact.Place{Position: cfg.Pos, Note: "--config " + cfg.Value.V})
	var given []string
	for _, n := range names {
		given = append(given, strings.TrimSpace("--"+n+" "+f.Value(n).V))
	}
	return fact.Finding{
		Rule:     fact.RuleKubeadmFlagsMixed,
		Severity: fact.Error,
		Message: fmt.Sprintf("can not mix '--config' with arguments [%s]: kubeadm %s takes %s either as flags or from the file %s, not both",
			strings.Join(names, " "), c.Command, strings.Join(given, ", "), cfg.Value.V),
		Effect:    "kubeadm ends with this message before it changes anything",
		Fix:       []string{"write the values into " + firstNonEmpty(cfg.Value.V, "the file") + " (networking.podSubnet, networking.serviceSubnet) and leave the flags out"},
		Disturbs:  fact.DisturbsNothing,
		Where:     where,
		RefusedBy: []fact.Component{fact.Kubeadm},
	}, true
}
