package paste

import (
	"regexp"
	"strings"
)

// A label is a line that tells whose the lines below it are.
type label struct {
	host, pod, program, path string
	command                  []string
	kind                     Kind
	end                      bool // it ends what the label above began
	table                    bool // several in one text are needed to be sure
}

// A labelForm is a shape of labels. make gets the groups of the pattern.
type labelForm struct {
	first string // one of these bytes begins the line, if not ""
	has   string // the line has this, if not ""
	re    *regexp.Regexp
	make  func(m []string) (label, bool)
}

const lower = "abcdefghijklmnopqrstuvwxyz"

// labelForms are tried in this order on lines that are no prompts.
var labelForms = []labelForm{
	// ==== START logs for container c of pod ns/name ====
	{"=", "logs", regexp.MustCompile(`^==== (START|END) logs for container (\S+) of pod (\S+) ====$`), func(m []string) (label, bool) {
		return label{kind: KindLog, program: m[2], pod: m[3], host: staticPodHost(m[3], m[2]), end: m[1] == "END"}, true
	}},
	// ==> path <== of head and tail, ==> host <==, * ==> kubelet <== of minikube
	{"=*", " <==", regexp.MustCompile(`^(?:\* )?==> (.{1,200}?) <==$`), func(m []string) (label, bool) { return nameLabel(m[1], true) }},
	// === m1 ===, ----- m1 -----, ##### m1 #####, *** m1 ***, >>> m1 <<<, >>> m1
	{"=-#*>", "", regexp.MustCompile(`^(?:={2,}|-{2,}|#{2,}|\*{2,}|>{2,}) ?([^\s=#*<>-][^=#*<>]{0,100}?) ?(?:={2,}|-{2,}|#{2,}|\*{2,}|<{2,}|>{2,})$`), func(m []string) (label, bool) { return nameLabel(m[1], false) }},
	{"=-#>", "", regexp.MustCompile(`^(?:={2,}|-{2,}|#{2,}|>{2,}) ([A-Za-z][\w.-]{0,80}):?$`), func(m []string) (label, bool) { return nameLabel(m[1], false) }},
	// m1 | CHANGED | rc=0 >> of ansible, ok: [m1] => {
	{"", " | ", regexp.MustCompile(`^([\w.-]+) \| (?:CHANGED|SUCCESS|FAILED!?|UNREACHABLE!?)(?: \| rc=-?\d+)? (?:>>$|\(stdout\).*$|=> ?\{.*$)`), func(m []string) (label, bool) { return label{host: m[1], kind: KindOutput}, true }},
	{"cofs", ": [", regexp.MustCompile(`^(?:ok|changed|fatal|skipping|failed): \[([\w.-]+)\](?:: \w+!)?(?: => ?\{.*)?$`), func(m []string) (label, bool) { return label{host: m[1], kind: KindOutput}, true }},
	// Every 2.0s: kubectl get nodes      m1: Mon Jan  5 12:00:00 2026
	{"E", "Every", regexp.MustCompile(`^Every \d+[.,]\ds: (.*?)(?:\s{2,}|\s)([A-Za-z][\w.-]*): (?:\S+ +){2,6}\S+$`), func(m []string) (label, bool) {
		cmd := readCommand(m[1])
		return label{host: first(cmd.host, m[2]), kind: KindOutput, command: cmd.argv, path: cmd.path}, true
	}},
	// [dryrun] Would write file "/etc/kubernetes/manifests/kube-apiserver.yaml" with content:
	{"[", "[dryrun]", regexp.MustCompile(`^\[dryrun\] (?:Would write file|Wrote file) "([^"]+)" with content:?$`), func(m []string) (label, bool) { return label{path: m[1], kind: KindFile}, true }},
	{"[", "[dryrun]", regexp.MustCompile(`^\[dryrun\] Attached object:?$`), func(m []string) (label, bool) { return label{kind: KindFile}, true }},
	{"[", "[dryrun]", regexp.MustCompile(`^\[dryrun\] `), func(m []string) (label, bool) { return label{end: true}, true }},
	// # /etc/cni/net.d/10-flannel.conflist above a file. Units say the same of their fragments, and stay together.
	{"#", "", regexp.MustCompile(`^#+ ?(?:[Ff]ile: ?|cat )?(/[\w.@/-]+[\w])(?: on ([\w.-]+))?:?$`), func(m []string) (label, bool) {
		return label{path: m[1], host: m[2], kind: KindFile, table: true}, !unitPath.MatchString(m[1])
	}},
	// # m1, # host m1 above a prompt or a file
	{"#", "", regexp.MustCompile(`^#+ ?(?:[Oo]n )?(?:(?:[Hh]ost|[Nn]ode|[Ss]erver|[Mm]achine|[Ww]orker|[Mm]aster):? )?([A-Za-z0-9][\w.-]{0,80}):?$`), func(m []string) (label, bool) {
		return label{host: m[1], table: true}, isHostName(m[1])
	}},
	// /etc/cni/net.d/10-flannel.conflist: above a file
	{"/", ":", regexp.MustCompile(`^(/[\w./@+-]+\.(?:ya?ml|json|conf|conflist|env|service|toml|ini|cfg)):$`), func(m []string) (label, bool) {
		return label{path: m[1], kind: KindFile}, true
	}},
	// m1: above an output that is no YAML
	{lower, ":", regexp.MustCompile(`^([a-z][\w.-]{0,80}):$`), func(m []string) (label, bool) { return label{host: m[1], table: true}, isHostName(m[1]) }},
}

var unitPath = regexp.MustCompile(`\.(?:service|socket|timer|mount|slice)(?:$|\.d/)|/systemd/`)

// Names that hold a digit and are no hosts.
var noHost = regexp.MustCompile(`^(?:v?\d[\d.]*|ipv[46]|v[46]|k[38]s|rke2?|k3d|l[23]|eth\d.*|ens?\d.*|cni\d|docker\d|flannel\.?\d?|br\d|tun\d|kubernetes-?v?[\d.]*|etcd\d?|step-?\d*|case-?\d*|test-?\d*|part-?\d*|option-?\d*|example-?\d*|issue-?\d*|ubuntu.*|debian.*|centos.*|rhel.*|rocky.*|h[1-6]|v\d.*|.*\.(?:ya?ml|json|conf|conflist|env|sh|md|txt|log|service|go|py))$`)

var roleName = regexp.MustCompile(`^(?:master|node|worker|control-plane|controlplane|cp|server|agent|minion|compute|kube)(?:[-_.].*|\d*)$`)

// isHostName reports whether a word that stands alone is the name of a host: one with a digit, a role, or an address.
func isHostName(s string) bool {
	s = strings.ToLower(s)
	if strings.Count(s, ".") == 3 && strings.Trim(s, "0123456789.") == "" {
		return true
	}
	if noHost.MatchString(s) || programs[s] != "" || strings.HasPrefix(s, "kube-") {
		return false
	}
	return roleName.MatchString(s) || s[0] >= 'a' && s[0] <= 'z' && strings.ContainsAny(s, "0123456789")
}

// nameLabel returns the label of a name, which is a path, a host or something else.
func nameLabel(name string, sure bool) (label, bool) {
	name = strings.TrimSpace(name)
	host, p, ok := strings.Cut(name, ":")
	switch {
	case ok && strings.HasPrefix(p, "/") && isWord(host):
		return label{host: host, path: p, kind: KindFile}, true // m1:/etc/hosts
	case strings.HasPrefix(name, "/"), strings.Contains(name, "/") && !strings.Contains(name, " "):
		return label{path: name, kind: KindFile}, true
	case isHostName(name) && isWord(name):
		return label{host: name, kind: KindOutput}, true
	case isCommand(name):
		cmd := readCommand(name)
		kind := KindOutput
		if cmd.path != "" {
			kind = KindFile
		}
		return label{command: cmd.argv, path: cmd.path, host: cmd.host, kind: kind}, true
	case strings.Contains(name, ".") && isWord(name):
		return label{path: name, kind: KindFile}, true
	}
	for _, prefix := range []string{"node ", "host ", "on ", "Node ", "Host ", "node: ", "host: "} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && isHostName(rest) && isWord(rest) {
			return label{host: rest, kind: KindOutput}, true
		}
	}
	return label{program: name, kind: KindOutput}, sure
}

var wordPattern = regexp.MustCompile(`^[\w.-]+$`)

func isWord(s string) bool { return wordPattern.MatchString(s) }

// staticPods are the programs whose static pods have the node's name at the end of theirs.
var staticPods = words("kube-apiserver kube-controller-manager kube-scheduler etcd kube-vip cloud-controller-manager")

// staticPodHost returns the node of a static pod, "" of any other.
func staticPodHost(pod, container string) string {
	pod = pod[strings.LastIndexByte(pod, '/')+1:]
	if rest, ok := strings.CutPrefix(pod, container+"-"); ok && staticPods[container] {
		return rest
	}
	return ""
}

// mayMatch is a cheap test that what f matches passes.
func (f labelForm) mayMatch(s string) bool {
	switch {
	case s == "", f.first != "" && strings.IndexByte(f.first, s[0]) < 0:
		return false
	case f.has == ":":
		return s[len(s)-1] == ':'
	}
	return f.has == "" || strings.Contains(s, f.has)
}

// labelAt returns the label that line i is.
func labelAt(ls []line, i int) (label, bool) {
	s := strings.TrimRight(ls[i].s, " \t")
	if s == "" || len(s) > 300 || s[0] == ' ' || s[0] == '\t' {
		return label{}, false
	}
	for _, f := range labelForms {
		if !f.mayMatch(s) {
			continue
		}
		m := f.re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		if l, ok := f.make(m); ok {
			l.table = l.table || s[0] == '#'
			return l, !l.table || tableLabel(ls, i, s)
		}
	}
	return label{}, false
}

// knownOutput matches first lines of outputs and files that are no YAML.
var knownOutput = regexp.MustCompile(`^(?:[A-Z_]+=|\d+: [\w.@-]+:? |default via |[\d.]+/\d+ |[\w.-]+: flags=|[\w.-]+ +Link encap|Kernel IP|[A-Z][A-Z-]+ {2,}[A-Z]|nameserver |\{|I\d{4} |[$#] |\*(?:nat|filter|mangle)$)`)

// tableLabel reports whether a comment or key in line i is a label: what follows begins as an output or file does that
// has no such
// line itself, and the lines above it are none of the same text.
func tableLabel(ls []line, i int, s string) bool {
	if i+1 >= len(ls) || ls[i+1].blank() {
		return false
	}
	if i > 0 && !ls[i-1].blank() && s[0] == '#' && ls[i-1].s[0] == '#' {
		return false // in a comment of several lines
	}
	next := ls[i+1].s
	if s[0] != '#' {
		return indentedOutput(strings.TrimLeft(next, " "))
	}
	return knownOutput.MatchString(next) || apiVersionLine.MatchString(next) || strings.HasPrefix(next, "---")
}

// indentedOutput reports whether s, a line without its indentation, begins an output that is no YAML.
func indentedOutput(s string) bool {
	return s[0] != '{' && knownOutput.MatchString(s) && !keyLine.MatchString(s)
}

var apiVersionLine = regexp.MustCompile(`^(?:apiVersion|kind): `)

// clushLabel returns the label that the lines above line i and it are: a rule, a name and a rule, as clush -b prints
// them above hosts and
// more above files. Of several hosts none is the one.
func clushLabel(ls []line, i int) (label, bool) {
	if i < 2 || !isRule(ls[i].s) || !isRule(ls[i-2].s) {
		return label{}, false
	}
	name, _, _ := strings.Cut(strings.TrimSpace(ls[i-1].s), " (")
	if name == "" || strings.ContainsAny(name, " \t=") {
		return label{}, false
	}
	if ls[i].s[0] == ':' {
		return label{path: name, kind: KindFile}, true
	}
	if !isWord(name) {
		name = ""
	}
	return label{host: name, kind: KindOutput}, true
}

// isRule reports whether a line has dashes or colons only.
func isRule(s string) bool {
	s = strings.TrimRight(s, " ")
	return len(s) > 5 && (s[0] == '-' || s[0] == ':') && strings.Trim(s, s[:1]) == ""
}

// takeLabel takes a label off the end of an output: it belongs to the prompt below.
func (c *cutter) takeLabel(ls []line) (rest []line, host string) {
	t := trimBlank(ls)
	if len(t) == 0 {
		return ls, ""
	}
	s := strings.TrimRight(t[len(t)-1].s, " \t")
	for _, f := range labelForms {
		if !f.mayMatch(s) {
			continue
		}
		m := f.re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		if l, ok := f.make(m); ok && l.host != "" && l.path == "" && l.command == nil && l.pod == "" {
			return t[:len(t)-1], l.host
		}
	}
	return ls, ""
}

// body cuts an output or a file at its labels.
func (c *cutter) body(ls []line, h head) {
	start, cur := 0, h
	repeated := c.shape != shapeData || repeatedLabels(ls)
	if lab, ok := labelAt(ls[:min(len(ls), 2)], 0); ok && h.host == "" && ls[0].s[0] == '#' && lab.table && lab.host != "" && lab.path == "" && !(repeated && c.shape == shapeData) {
		cur.host, h.host = lab.host, lab.host // # m1 below the command
		if strings.HasPrefix(ls[1].s, "{") {
			start = 1 // JSON has no comments
		}
	}
	for i := range ls {
		l, ok := clushLabel(ls, i)
		if s := ls[i].s; !ok && s != "" && (s[0] < 'A' || s[0] > 'Z' || s[0] == 'E') {
			l, ok = labelAt(ls, i)
		}
		if i == 0 && h.host != "" && l.host == h.host && l.table {
			continue
		}
		if !ok || l.table && (h.path != "" || !repeated && ls[i].s[0] == '#') {
			continue
		}
		end := i
		if isRule(ls[i].s) {
			end -= 2
		}
		c.stream(dedent(ls[start:max(end, start)], cur, h), cur)
		start = i + 1
		cur = h.with(l)
		if brace := strings.Index(ls[i].s, "=> {"); brace >= 0 {
			ls[i] = ls[i].from(brace + len("=> "))
			start = i
		}
	}
	c.stream(dedent(ls[start:], cur, h), cur)
}

// starred reports whether every line begins with a star, as those below the heads of minikube logs.
func starred(ls []line) bool {
	n := 0
	for _, l := range ls {
		if l.blank() {
			continue
		}
		if n++; l.s != "*" && !strings.HasPrefix(l.s, "* ") {
			return false
		}
	}
	return n > 1
}

// tabbed reports whether every line begins with a tab, as those of a file that kubeadm init --dry-run prints.
func tabbed(ls []line) bool {
	for _, l := range ls {
		if !l.blank() && l.s[0] != '\t' {
			return false
		}
	}
	return true
}

// dedent takes the indentation off an output below a host, as salt prints it, and off a file, as kubeadm does.
func dedent(ls []line, cur, outer head) []line {
	if cur.program != outer.program && starred(ls) {
		return each(ls, func(l line) line {
			if l.s == "*" {
				return l.from(1)
			}
			return l.from(min(2, len(l.s)))
		})
	}
	if len(ls) == 0 || cur.host == outer.host && !(cur.path != "" && tabbed(ls)) {
		return ls
	}
	least := 1 << 10
	for _, l := range ls {
		if !l.blank() {
			w, _ := indent(l.s)
			least = min(least, w)
		}
	}
	if least == 0 || least == 1<<10 {
		return ls
	}
	return each(ls, func(l line) line { return unindent(l, least) })
}

// repeatedLabels reports whether a text of data is several files, each below a comment that names its host: the first
// line is one, and behind
// each of them stands the same key.
func repeatedLabels(ls []line) bool {
	n, key := 0, ""
	for i, l := range ls {
		if l.s == "" || l.s[0] != '#' {
			if n == 0 && !l.blank() {
				return false
			}
			continue
		}
		if lab, ok := labelAt(ls, i); ok && lab.table {
			k := ls[i+1].s[:strings.IndexAny(ls[i+1].s+"=", "=: ")]
			if n > 0 && k != key {
				return false
			}
			key = k
			n++
		}
	}
	return n > 1
}

// with returns h below a label.
func (h head) with(l label) head {
	if l.end {
		return h
	}
	if l.kind != "" {
		h.kind = l.kind
	}
	h.host, h.pod, h.program = first(l.host, h.host), first(l.pod, h.pod), first(l.program, h.program)
	if l.path != "" {
		h.path = l.path
	}
	if l.command != nil {
		h.command = l.command
	}
	return h
}
