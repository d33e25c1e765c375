package kubeadm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/source"
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
		Effect:    "kubeadm exits with an error before it changes anything",
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

// flagFinding is a finding about an argument that a program does not accept. field names where the argument comes from,
// "" for the command line itself.
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
	if o.Get("apiVersion") == nil && (isRange(o.Get("podSubnet")) || isRange(o.Get("serviceSubnet"))) {
		return true // what grep leaves of networking
	}
	return o.Get("networking", "podSubnet") != nil || o.Get("networking", "serviceSubnet") != nil || o.Get("localAPIEndpoint") != nil
}

// isRange reports whether a node is the text of a range, or of several.
func isRange(n *source.Node) bool {
	_, err := cidr.ParseList(n.Str())
	return n.Str() != "" && err == nil
}

// whole returns an object of which grep left no more than what stands below networking as one that has it.
func whole(o *source.Node) *source.Node {
	if o.Get("networking") != nil || o.Get("podSubnet") == nil && o.Get("serviceSubnet") == nil {
		return o
	}
	c := *o
	c.Entries = []source.Entry{{Key: "networking", KeyPos: o.Pos, Value: o}}
	return &c
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

// emptyDocuments refuses documents of comments and blank lines alone, which kubeadm takes for documents without a kind.
// A separator before which nothing stands belongs to the document that follows it, so one at the very top and one at
// the very end make none.
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

// duplicates says which keys stand twice, with both places. No release of any program refuses them at its start: each
// decodes with a library in which the last counts, and at most warns. kubeadm init and join warn and kubeadm config
// validate refuses the file (k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go
// documentMapToInitConfiguration strictErrors); kubelet and kube-proxy decode a second time without being strict
// (pkg/kubelet/kubeletconfig/util/codec/codec.go DecodeKubeletConfiguration, cmd/kube-proxy/app/options.go loadConfig);
// of a static pod nobody is told (pkg/kubelet/config/common.go tryDecodeSinglePod).
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

// structure refuses what kubeadm refuses before it reads any key: documents without kind or apiVersion, and a kind
// given twice.
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
			// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/util/config/initconfiguration.go
			// documentMapToInitConfiguration: it goes by the kind alone, and then decodes.
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

// mixed returns the finding about flags given together with --config.
// k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateMixedArguments,
// isAllowedFlag.
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
		Effect:    "kubeadm exits with this message before it changes anything",
		Fix:       []string{"write the values into " + firstNonEmpty(cfg.Value.V, "the file") + " (networking.podSubnet, networking.serviceSubnet) and leave the flags out"},
		Disturbs:  fact.DisturbsNothing,
		Where:     where,
		RefusedBy: []fact.Component{fact.Kubeadm},
	}, true
}
