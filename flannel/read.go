package flannel

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Document is what a file says of flannel. The zero Document says nothing.
type Document struct {
	File     string
	Configs  []Config
	Daemons  []Daemon
	Env      *SubnetEnv     // subnet.env
	EnvErr   error          // what is wrong with it, an [EnvErrors]
	Host     string         // host that the file was taken from, or ""
	Problems []fact.Finding // faults of objects, such as a ConfigMap without net-conf.json
	CNI      string         // "flannel" or "canal" where an object tells, or ""
	CNIPos   fact.Position
	CNIErr   error         // why the CNI plugin does not take subnet.env, an *[EnvError], or nil
	Leases   []StoredLease // that etcd holds
}

// IsZero reports whether d says nothing of flannel.
func (d *Document) IsZero() bool {
	return d == nil || len(d.Configs) == 0 && len(d.Daemons) == 0 && d.Env == nil && len(d.Problems) == 0 && len(d.Leases) == 0
}

// Statements returns what the document says for plan.Check.
func (d *Document) Statements() []fact.Statement {
	if d.IsZero() {
		return nil
	}
	var out []fact.Statement
	if d.CNI != "" {
		out = append(out, fact.Statement{Component: fact.Flannel, Pos: d.CNIPos, Role: fact.RoleSetting, Setting: fact.SettingCNI, Key: "metadata.name", Text: d.CNI})
	}
	for _, m := range d.Daemons {
		out = append(out, m.Statements()...)
	}
	for _, c := range d.Configs {
		out = append(out, c.Statements()...)
	}
	out = append(out, d.leaseStatements()...)
	if d.Env != nil {
		out = append(out, d.envStatements()...)
	}
	for _, f := range d.Problems {
		s := fact.Statement{Component: fact.Flannel, Host: d.Host, Pos: fact.Position{File: d.File}, Role: fact.RoleProblem, Key: string(f.Rule), Finding: &f}
		if len(f.Where) > 0 {
			s.Pos = f.Where[0].Position
		}
		out = append(out, s)
	}
	return out
}

// Read reads a file that may hold something of flannel's, and tells what it is from its content: a net-conf.json, alone, as etcdctl
// prints it, or in a ConfigMap (any that has the key), with the DaemonSet beside it; objects in several documents, in
// lists, as kubectl prints them in YAML or JSON; the chart's values; a subnet.env. opt.Name counts only for a file that is
// named net-conf.json or subnet.env and holds something else. Logs are read by [ReadLog].
//
// It is cheap for files that have nothing to do with flannel: those that do not mention it are not parsed. In a Secret
// nothing is looked at.
//
// The error is one of the syntax of a file of objects that mentions flannel, with its place. What stands before it is returned
// with it. Faults that flannel would find are in the Document.
func Read(data []byte, opt Options) (*Document, error) {
	f, err := source.New(nameOr(opt.Name, "flannel"), data, opt.Limits.source())
	if err != nil {
		d := &Document{File: nameOr(opt.Name, "flannel"), Host: opt.Host}
		if mentions(data) {
			return d, err
		}
		return d, nil
	}
	return readFile(f, data, opt)
}

// ReadSource is [Read] of a text that other packages look at as well, so that all of them look at one tree. data is the same
// text as the file has it, in its own encoding; opt.Limits are those of a text that is not parsed yet.
// opt.Name is what the text claims to be; positions name s.
func ReadSource(s fact.Source, data []byte, opt Options) (*Document, error) {
	f, err := source.Of(s, opt.Limits.source())
	if err != nil {
		return &Document{File: nameOr(opt.Name, "flannel"), Host: opt.Host}, err
	}
	return readFile(f, data, opt)
}

// dataKey matches the beginning of what was cut out of a ConfigMap: the key, and the document below it.
var dataKey = regexp.MustCompile(`^(?:data:\s*\n\s*)?["']?(?:cni-conf|net-conf)\.json["']?:`)

func readFile(f *source.File, data []byte, opt Options) (*Document, error) {
	base := strings.ToLower(path.Base(strings.ReplaceAll(opt.Name, `\`, "/")))
	opt.Name = f.Name
	d := &Document{File: opt.Name, Host: opt.Host}
	text := bytes.TrimSpace(withoutPrompts(f.Data))
	switch {
	case f.IsHTML():
		return d, nil
	case f.HoldsSecret() && mentions(f.Data): // objects, of which the Secrets are left out
	case isSubnetEnv(f.Data):
		e, err := readSubnetEnv(f, data)
		d.Env, d.EnvErr = &e, err
		_, d.CNIErr = parseSubnetEnvCNI(withoutPrompts(f.Data))
		if ce := (*EnvError)(nil); f.IsPart() && errors.As(d.CNIErr, &ce) {
			ce.Pos = f.Position(f.Offset(ce.Pos.Line, ce.Pos.Column))
		}
		return d, nil
	case isEtcdAnswer(text) && d.etcdAnswer(f, opt):
		return d, nil
	case base == "net-conf.json" && !bytes.Contains(text, []byte("apiVersion")) && !dataKey.Match(text),
		looksLikeNetConf(text, strings.Contains(base, "net-conf")):
		d.bare(f, data, opt)
		return d, nil
	case !mentions(f.Data):
		d.etcdList(f, opt)
		return d, nil
	}
	d.etcdList(f, opt)
	if isJSON := bytes.HasPrefix(bytes.TrimSpace(f.Data[f.Offset(f.Header()+1, 1):]), []byte("{")); isJSON {
		n, err := f.JSON()
		if err != nil {
			return d, ifObject(f.Data, err)
		}
		d.objects([]*source.Node{n}, opt)
		d.duplicates(f)
		return d, nil
	}
	docs, err := f.YAML()
	d.objects(docs, opt)
	d.duplicates(f)
	return d, ifObject(f.Data, err)
}

// duplicates reports keys that stand twice in a file that holds something of flannel's: kubectl and Helm take the last.
func (d *Document) duplicates(f *source.File) {
	if len(d.Configs) == 0 && len(d.Problems) == 0 {
		return
	}
	for i, pair := range f.Duplicates() {
		if i == manyFindings {
			return
		}
		a, b := pair[0], pair[1]
		d.Problems = append(d.Problems, fact.Finding{
			Rule: RuleKeyDuplicate, Severity: fact.Warning, Where: []fact.Place{{Position: a.KeyPos}, {Position: b.KeyPos, Note: "this one counts"}},
			Message: fmt.Sprintf("the key %q stands twice in one mapping, in lines %d and %d: the one in line %d counts", clip(a.Key), a.KeyPos.Line, b.KeyPos.Line, b.KeyPos.Line),
			Fix:     []string{"keep one of the two"},
		})
	}
}

var objectLine = regexp.MustCompile(`(?m)^[ \t{,]*["']?(?:apiVersion|kind|data|net-conf\.json|podCidr)["']?[ \t]*:`)

// ifObject returns err, or nil if the text is not even meant to be an object: notes and logs mention flannel too.
func ifObject(data []byte, err error) error {
	if err != nil && !objectLine.Match(data) {
		return nil
	}
	return err
}

// mentions reports whether a text can hold something of flannel's that Read knows.
func mentions(data []byte) bool {
	for _, s := range []string{"net-conf", "net_conf", "netconf", "flannel", "podCidr"} {
		if bytes.Contains(data, []byte(s)) {
			return true
		}
	}
	head := data[:min(len(data), 2)]
	return bytes.IndexByte(head, 0) >= 0 || bytes.IndexByte(head, 0xff) >= 0 // UTF-16, without a mark or with
}

var envLine = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?FLANNEL_(?:IPV6_)?(?:NETWORK|SUBNET|MTU|IPMASQ)[ \t]*[=:]`)

// isSubnetEnv reports whether most of a text's lines are variables of subnet.env.
func isSubnetEnv(data []byte) bool {
	if len(data) > 1<<16 {
		return false
	}
	n := len(envLine.FindAll(data, -1))
	if n == 0 {
		return false
	}
	other := 0
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !envLine.Match(line) {
			other++
		}
	}
	return other <= n
}

// looksLikeNetConf reports whether a text is one JSON object, well-formed or not, with keys of net-conf.json whose values
// are of the kind that flannel takes, unless its file is named so, and with no key of a Kubernetes object.
func looksLikeNetConf(text []byte, named bool) bool {
	n := etcdKey(text)
	text = bytes.TrimSpace(text[n:])
	if len(text) == 0 || text[0] != '{' || len(text) > 1<<20 {
		return false
	}
	for _, s := range []string{`"apiVersion"`, `"kind"`, `"cniVersion"`} {
		if bytes.Contains(text, []byte(s)) {
			return false
		}
	}
	if !netConfKey.Match(text) {
		return false
	}
	return named || n > 0 || netConfValue.Match(text)
}

var (
	netConfKey = regexp.MustCompile(`(?i)["'](?:Network|IPv6Network|SubnetLen|SubnetMin|SubnetMax|EnableIPv4|EnableIPv6|Backend)["']\s*:`)
	// Other programs have keys of these names too. Those of flannel have a range, the type of a backend, or a key that is
	// flannel's alone.
	netConfValue = regexp.MustCompile(`(?i)["'](?:IPv6)?Network["']\s*:\s*(?:["']\s*[0-9]{1,4}[.,:][0-9a-f]*[.,:/]|` +
		`["']\s*[0-9a-f]{0,4}:[0-9a-f:.]*[:/]|[0-9]{1,3}\.[0-9]{1,3}\.|["'][^"'\n]{0,60}[.:][^"'\n]{0,60}/[0-9]{1,3}["'])` +
		`|["']Backend["']\s*:\s*\{[^{}]*["']Type["']` +
		`|["'](?:IPv6Network|IPv6SubnetLen)["']\s*:|["']Subnet(?:Len|Min|Max)["']\s*:\s*["']?[0-9]`)
	etcdLine = regexp.MustCompile(`^(?:(?:\$|#|>).*\n)*\s*/[\w./-]*/config[ \t]*\n`)
)

// nextKey matches the line with the next key that etcdctl prints.
var nextKey = regexp.MustCompile(`(?m)^/[\w./-]+/[\w.:&-]+[ \t]*$`)

// etcdKey returns how much of a text is the line with the key that etcdctl prints above the value.
func etcdKey(text []byte) int { return len(etcdLine.Find(text)) }

// bare reads a net-conf.json that stands alone.
func (d *Document) bare(f *source.File, raw []byte, opt Options) {
	if n := etcdKey(f.Data); n > 0 {
		// Blank the line with the key, so that places stay right.
		data := bytes.Clone(f.Data)
		for i := range n {
			if data[i] != '\n' {
				data[i] = ' '
			}
		}
		d.etcdList(f, opt)
		if m := nextKey.FindIndex(data[n:]); m != nil {
			for i := n + m[0]; i < len(data); i++ {
				if data[i] != '\n' {
					data[i] = ' '
				}
			}
		}
		if g, err := f.With(data); err == nil {
			f, raw = g, data
			opt.Mode = Etcd
			c := newConfig(f, raw, opt, "")
			c.ModeKnown = true
			d.Configs = append(d.Configs, c)
			return
		}
	}
	c := newConfig(f, raw, opt, "")
	c.ModeKnown = opt.Mode == Etcd
	d.Configs = append(d.Configs, c)
}

// objects reads the objects of a file. The DaemonSets come first, since they tell the release that reads the rest.
func (d *Document) objects(docs []*source.Node, opt Options) {
	var all []*source.Node
	for _, n := range docs {
		all = flatten(all, n, 0)
	}
	for _, n := range all {
		switch kind := n.Get("kind").Str(); kind {
		case "DaemonSet", "Deployment", "Pod":
			d.workload(n, kind)
		}
	}
	for _, m := range d.Daemons {
		if opt.Version.IsZero() {
			opt.Version = m.Version
		}
	}
	defer d.modes()
	for _, n := range all {
		switch n.Get("kind").Str() {
		case "ConfigMap":
			d.configMap(n, opt)
		case "":
			switch {
			case n.Get("data", "net-conf.json") != nil:
				d.configMap(n, opt) // a ConfigMap cut out of its frame
			case n.Get("apiVersion") == nil && n.Get("net-conf.json").Str() != "": // its key and value, cut out of a ConfigMap
				f := n.Get("net-conf.json").File()
				c := newConfig(f, f.Data, opt, "")
				c.Encoding, c.ModeKnown = "", true
				d.Configs = append(d.Configs, c)
			case n.Get("apiVersion") == nil:
				d.values(n, opt)
			}
		case "HelmChartConfig", "HelmChart":
			// RKE2 and k3s: the values stand in the object, as text.
			if v := n.Get("spec", "valuesContent"); v != nil && strings.Contains(n.Get("metadata", "name").Str(), "flannel") {
				if docs, err := v.File().YAML(); err == nil && len(docs) > 0 {
					d.values(docs[0], opt)
				}
			}
		}
	}
}

// modes looks at daemons that do not read the ConfigMap that stands beside them.
func (d *Document) modes() {
	if len(d.Configs) == 0 || len(d.Daemons) == 0 {
		return
	}
	for _, m := range d.Daemons {
		if !m.ModeKnown || m.KubeSubnetMgr.V {
			return
		}
	}
	m := d.Daemons[0]
	d.Problems = append(d.Problems, fact.Finding{
		Rule: RuleKubeSubnetMgrMissing, Severity: fact.Warning, Where: []fact.Place{{Position: m.KubeSubnetMgr.Pos}, {Position: d.Configs[0].NetConf.Pos("Network"), Note: "not read"}},
		Message: fmt.Sprintf("%s runs flannel without --kube-subnet-mgr: it looks for its configuration in etcd, and net-conf.json of %s is not read", m.Object, d.Configs[0].Object),
		Effect:  "without a configuration in etcd flannel waits forever and logs \"Couldn't fetch network config\"",
		Fix:     []string{"add --kube-subnet-mgr to the arguments of flanneld"},
	})
}

// flatten appends n, or the objects of the list that n is. A Secret is not looked at.
func flatten(all []*source.Node, n *source.Node, depth int) []*source.Node {
	if n == nil || n.Kind != source.Mapping || n.IsSecret() || depth > 4 {
		return all
	}
	items := n.Get("items")
	if items == nil || items.Kind != source.Sequence {
		return append(all, n)
	}
	for _, it := range items.Items {
		all = flatten(all, it.AsKind(n.ItemKind()), depth+1)
	}
	return all
}

func objectName(n *source.Node) (namespace, name, display string) {
	namespace, name = n.Get("metadata", "namespace").Str(), n.Get("metadata", "name").Str()
	display = cmp.Or(name, "without a name")
	if namespace != "" {
		display = namespace + "/" + name
	}
	return namespace, name, display
}

// configMap reads net-conf.json in a ConfigMap of any name. The copy that kubectl apply keeps in an annotation is not looked
// at: it may be older.
func (d *Document) configMap(n *source.Node, opt Options) {
	namespace, name, display := objectName(n)
	data := n.Get("data")
	value := data.Get("net-conf.json")
	object := "ConfigMap " + display
	if value == nil {
		if strings.Contains(name, "flannel-cfg") || strings.Contains(name, "canal-config") && data.Get("cni_network_config") == nil {
			d.missing(n, data, object)
		}
		return
	}
	if d.CNI == "" || d.CNI == "flannel" {
		switch {
		case strings.Contains(name, "canal"):
			d.CNI, d.CNIPos = "canal", n.Get("metadata", "name").Value().Pos
		case strings.Contains(name, "flannel"):
			d.CNI, d.CNIPos = "flannel", n.Get("metadata", "name").Value().Pos
		}
	}
	if value.Kind == source.Mapping || value.Kind == source.Sequence || value.Kind == source.Null {
		f := fact.Finding{
			Rule: fact.RuleNetConfMalformed, Severity: fact.Error, Where: []fact.Place{{Position: value.Pos}},
			Message:   fmt.Sprintf("net-conf.json in %s is a %s, not text: the API server does not take such a ConfigMap", object, value.Kind),
			Effect:    effectNotStarting,
			RefusedBy: []fact.Component{fact.APIServer},
			Fix:       []string{"write \"net-conf.json: |\" and the JSON below it, indented"},
		}
		d.Problems = append(d.Problems, f)
		return
	}
	f := value.File()
	c := newConfig(f, f.Data, opt, object)
	c.Namespace, c.Name, c.Encoding = namespace, name, ""
	c.ModeKnown = true // flannel reads a ConfigMap with --kube-subnet-mgr alone
	d.Configs = append(d.Configs, c)
}

// missing states that flannel's ConfigMap has no net-conf.json.
func (d *Document) missing(n, data *source.Node, object string) {
	f := fact.Finding{
		Rule: fact.RuleNetConfMissing, Severity: fact.Error, Message: object + " has no key net-conf.json under data", Effect: effectNotStarting,
		RefusedBy: []fact.Component{fact.Flannel},
		Fix:       []string{`add the key net-conf.json under data, with text such as {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}`, Config{Namespace: n.Get("metadata", "namespace").Str(), Name: n.Get("metadata", "name").Str()}.restart()},
	}
	pos := n.Get("metadata", "name").Value().Pos
	switch stray := n.Get("net-conf.json"); {
	case stray != nil:
		pos = stray.Pos
		f.Message += "; the key stands beside data, not below it"
		f.Fix[0] = "indent net-conf.json below data"
	case n.Get("metadata", "net-conf.json") != nil:
		pos = n.Get("metadata", "net-conf.json").Pos
		f.Message += "; the key stands below metadata"
		f.Fix[0] = "move net-conf.json below data"
	case data != nil && data.Kind == source.Mapping:
		var keys []string
		for _, e := range data.Entries {
			keys = append(keys, e.Key)
		}
		for _, e := range data.Entries {
			if suggest.Nearest("net-conf.json", []string{e.Key}) != "" && e.Key != "cni-conf.json" {
				pos = e.KeyPos
				f.Message += fmt.Sprintf("; %q was probably meant to be it", e.Key)
				f.Fix[0] = fmt.Sprintf("rename %q to \"net-conf.json\"", e.Key)
			}
		}
		f.Message += "; it has " + cmp.Or(strings.Join(keys, ", "), "none")
	}
	f.Message += ": flannel exits with \"failed to read net conf: open /etc/kube-flannel/net-conf.json: no such file or directory\""
	f.Where = []fact.Place{{Position: posOr(pos, fact.Position{File: d.File})}}
	d.Problems = append(d.Problems, f)
}

// envStatements states a subnet.env.
func (d *Document) envStatements() []fact.Statement {
	e := *d.Env
	var out []fact.Statement
	add := func(s fact.Statement) {
		s.Component, s.Host = fact.Flannel, d.Host
		out = append(out, s)
	}
	bad := map[fact.Position]*EnvError{}
	var errs EnvErrors
	if errors.As(d.EnvErr, &errs) {
		for _, e := range errs {
			bad[e.Pos] = e
		}
	}
	for _, l := range e.Lines {
		s := fact.Statement{Key: l.Key, Text: l.Value.V, Pos: l.Value.Pos, Overridden: l.Loses}
		switch l.Key {
		case keyNetwork, keyIPv6Network:
			s.Role = fact.RolePods
			s.Prefixes, _ = envPrefixes(l)
		case keySubnet, keyIPv6Subnet:
			s.Role = fact.RoleNodePods
			s.Prefixes, _ = envPrefixes(l)
			for i, p := range s.Prefixes {
				s.Prefixes[i] = p.Masked()
			}
		case keyMTU:
			s.Role, s.Setting, s.Int = fact.RoleSetting, fact.SettingSubnetMTU, e.MTU
		default:
			continue
		}
		if err := bad[l.Value.Pos]; err != nil && len(s.Prefixes) == 0 {
			s.Err = errors.New(err.Message)
		}
		add(s)
	}
	for _, f := range d.envFindings(errs) {
		add(fact.Statement{Role: fact.RoleProblem, Key: string(f.Rule), Pos: f.Where[0].Position, Finding: &f})
	}
	return out
}

// envFindings are the faults of a subnet.env alone.
func (d *Document) envFindings(errs EnvErrors) []fact.Finding {
	var out []fact.Finding
	place := func(p fact.Position) []fact.Place { return []fact.Place{{Position: p, Host: d.Host}} }
	const effect = "every new pod of this node stays in ContainerCreating: the CNI plugin fails"
	fix := []string{"restart flannel's pod on this node, which writes the file anew; never edit it by hand"}
	done := map[int]bool{}
	for _, e := range errs {
		rule := RuleSubnetEnvMalformed
		if e.CIDR {
			rule = fact.RuleCIDRMalformed
		}
		msg := "a line of subnet.env cannot be read: " + e.Message
		if e.Key != "" {
			msg = fmt.Sprintf("%s is %q in subnet.env: %s", e.Key, clip(e.Text), clip(e.Message))
		}
		f := fact.Finding{Rule: rule, Severity: fact.Error, Message: msg, Effect: effect, Where: place(e.Pos), Fix: fix}
		switch {
		case e.Encoded:
			f.Severity, f.Effect = fact.Warning, "flannel and its CNI plugin take plain UTF-8 alone; the file is read here as if it were, since the program that saved the copy may have done this"
			f.Fix = []string{e.Mend}
		case d.CNIErr != nil:
		case e.Panic:
			f.Effect = "flannel crashes when it reads the file at its next start"
			f.Fix = []string{"remove the file, and restart flannel's pod on this node, which writes it anew"}
		case e.Key == keyIPMasq:
			f.Severity, f.Effect = fact.Warning, "the CNI plugin takes it for false and masquerades itself, beside flannel where that does so too"
		default:
			f.Severity, f.Effect = fact.Warning, "the CNI plugin reads the file all the same; flannel, at its next start, does not know which subnet it had"
		}
		out = append(out, f)
		done[e.Pos.Line] = true
	}
	var ce *EnvError
	if !errors.As(d.CNIErr, &ce) || done[ce.Pos.Line] {
		return out
	}
	f := fact.Finding{Rule: RuleSubnetEnvMalformed, Severity: fact.Error, Effect: effect, Where: place(fact.Position{File: d.File, Line: ce.Pos.Line, Column: ce.Pos.Column}), Fix: fix}
	switch {
	case ce.Key == keyMTU:
		f.Message = fmt.Sprintf("FLANNEL_MTU is %s in subnet.env, which the CNI plugin does not take (%s): the MTU in net-conf.json is smaller than what the backend needs", ce.Text, ce.Message)
		f.Fix = []string{"remove MTU from net-conf.json, or set it to the MTU of the hosts' link, such as 1500; then restart flannel"}
	case ce.Key != "" && len(out) == 0:
		f.Message = fmt.Sprintf("%s is %q in subnet.env: flannel reads it, its CNI plugin does not: %s", ce.Key, ce.Text, ce.Message)
	case ce.Key == "" && len(out) == 0:
		f.Severity = fact.Warning
		what := ce.Message
		if ce.Missing != nil {
			what = "is missing " + strings.Join(ce.Missing, ", ")
		}
		f.Message = "subnet.env is not complete: " + what + "; if that is the whole file, the CNI plugin fails"
	default:
		return out
	}
	return append(out, f)
}
