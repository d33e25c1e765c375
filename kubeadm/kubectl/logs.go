package kubectl

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/logline"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Log is what the log of a Kubernetes program says about addresses. The zero value holds no messages.
type Log struct {
	Entries []LogEntry
	// Flags are the address-related flags that the program wrote down when it started ("FLAG: --cluster-cidr=..."), those
	// with a value.
	Flags []LogFlag
	// Facts are what kubeadm init says of a cluster while it makes it: the release, and the addresses in the certificate of
	// kube-apiserver, which are that of the Service kubernetes and its own.
	Facts []fact.Statement
	// Dropped is how many kinds of messages were left out of Entries, because there are more than a thousand.
	Dropped int
}

// A LogEntry is a message of the catalogue in a log. Messages that say the same of the same node and ranges are one
// entry. The zero value stands for no message.
type LogEntry struct {
	Pos       fact.Position  // of the first of them: the line, and the column of the message in it
	Component fact.Component // that says it
	Host      string         // on which it was said, as far as the line tells
	Count     int            // how many lines say it, at least 1
	Symptom   fact.Symptom
}

// A LogFlag is a flag in a log. The zero value has neither name nor value.
type LogFlag struct {
	Component fact.Component // "" where the log does not tell whose it is
	Host      string
	Name      string // "cluster-cidr"
	Value     fact.Value[string]
}

// String returns the entry in one line.
func (e LogEntry) String() string {
	s := fmt.Sprintf("%v: %s", e.Pos, e.Symptom.Message)
	if e.Count > 1 {
		s += fmt.Sprintf(" (%d times)", e.Count)
	}
	return s
}

// statement returns the entry as a symptom.
func (e LogEntry) statement() fact.Statement {
	y := e.Symptom
	host := e.Host
	if y.Node != "" {
		host = y.Node
	}
	return fact.Statement{Component: e.Component, Host: host, Pos: e.Pos, Role: fact.RoleSymptom, Key: y.ID, Text: y.Message, Symptom: &y}
}

// Statements returns the symptoms, and what the flags state.
func (l Log) Statements() []fact.Statement {
	var out []fact.Statement
	for _, e := range l.Entries {
		out = append(out, e.statement())
	}
	for _, f := range l.Flags {
		if s, ok := f.statement(); ok {
			out = append(out, s)
		}
	}
	return append(out, l.Facts...)
}

// logFlags are the flags that are read from a log, and what they state. Component is that of the only program which has the
// flag, "" where several do.
var logFlags = map[string]struct {
	component fact.Component
	role      fact.Role
	setting   fact.Setting
}{
	"cluster-cidr":             {role: fact.RolePods},
	"service-cluster-ip-range": {role: fact.RoleServices},
	"allocate-node-cidrs":      {component: fact.ControllerManager, role: fact.RoleSetting, setting: fact.SettingAllocate},
	"node-cidr-mask-size":      {component: fact.ControllerManager, role: fact.RoleSetting, setting: fact.SettingNodeMask},
	"node-cidr-mask-size-ipv4": {component: fact.ControllerManager, role: fact.RoleSetting, setting: fact.SettingNodeMaskIPv4},
	"node-cidr-mask-size-ipv6": {component: fact.ControllerManager, role: fact.RoleSetting, setting: fact.SettingNodeMaskIPv6},
	"advertise-address":        {component: fact.APIServer, role: fact.RoleAddress},
	"cluster-dns":              {component: fact.Kubelet, role: fact.RoleDNS},
}

func (f LogFlag) statement() (fact.Statement, bool) {
	d := logFlags[f.Name]
	s := fact.Statement{Component: f.Component, Host: f.Host, Pos: f.Value.Pos, Role: d.role, Setting: d.setting, Key: "--" + f.Name, Text: f.Value.V}
	if f.Component == "" {
		return s, false
	}
	switch d.role {
	case fact.RolePods, fact.RoleServices:
		s.Prefixes, s.Err = scalar.ParsePrefixes(f.Value.V)
	case fact.RoleAddress, fact.RoleDNS:
		for e := range strings.SplitSeq(strings.Trim(f.Value.V, "[]"), ",") {
			a, err := scalar.ParseAddr(e)
			if err != nil || a.IsUnspecified() {
				return s, false
			}
			s.Addrs = append(s.Addrs, a)
		}
	default:
		n, isInt := scalar.Count(f.Value)
		s.Int, s.Bool = n.V, f.Value.V == "true"
		if d.setting != fact.SettingAllocate && (!isInt || n.V == 0) {
			return s, false
		}
	}
	return s, true
}

// recognizeLine looks a message up in the catalogue: the text of a log line or an event, with or without time and header.
func recognizeLine(text string) (fact.Symptom, fact.Component, bool) {
	return recognize(strings.ReplaceAll(text, `\"`, `"`))
}

func recognize(text string) (fact.Symptom, fact.Component, bool) {
	const most = 16 << 10
	text = text[:min(len(text), most)]
	for _, m := range catalogue() {
		if !slices.ContainsFunc(m.literals, func(l string) bool { return strings.Contains(text, l) }) {
			continue
		}
		if m.unless != "" && strings.Contains(text, m.unless) {
			continue
		}
		at := m.re.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		y := fact.Symptom{ID: m.ID, Message: scalar.FirstLine(text, 2000), Cause: m.Cause, Remedy: m.Remedy, Rules: m.Rules}
		var first, last netip.Addr
		for i, name := range m.re.SubexpNames() {
			if name == "" || at[2*i] < 0 {
				continue
			}
			v := text[at[2*i]:at[2*i+1]]
			switch name {
			case "node":
				y.Node = v
			case "subnet", "subnet2":
				y.Subnet = logPrefix(v)
			case "network", "network2":
				y.Network = logPrefix(v)
			case "first":
				first, _ = scalar.ParseAddr(v)
			case "last":
				last, _ = scalar.ParseAddr(v)
			}
		}
		if first.IsValid() {
			y.Subnet = spanning(first, last)
		}
		if y.Node == "" {
			y.Node = nodeIn(text)
		}
		return y, m.Component, true
	}
	return fact.Symptom{}, "", false
}

// logPrefix reads a CIDR, or an address as the range that holds it alone. Host bits are dropped: the programs write the
// address of an interface with the length of its network.
func logPrefix(s string) netip.Prefix {
	if p, err := cidr.ParseLenient(s); err == nil {
		return p.Masked()
	}
	if a, err := scalar.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	return netip.Prefix{}
}

// spanning returns the smallest prefix that holds both addresses: of a range set, which leaves out the first and the last
// address of a subnet, the subnet.
func spanning(a, b netip.Addr) netip.Prefix {
	p, _ := cidr.Common(netip.PrefixFrom(a, a.BitLen()), netip.PrefixFrom(b, b.BitLen()))
	return p
}

// nodeWords are the ways in which a line names the node that it is about.
var nodeWords = regexp.MustCompile(`\bnode="([^"]+)"|\berror syncing '([^']+)'|\bobject="([^"/]+)" .*\bkind="Node"|\b[Nn]odes? "([^" ]+)"|\bNode ([a-z0-9][-a-z0-9.]*) (?:has|status)`)

// nodeIn returns the node that a line names, "" for none.
func nodeIn(text string) string {
	if m := nodeWords.FindStringSubmatch(text); m != nil {
		return cmp.Or(m[1:]...)
	}
	return ""
}

var (
	// I1206 ... flags.go:64] FLAG: --cluster-cidr="10.244.0.0/16"
	flagLine = regexp.MustCompile(`^FLAG: --([-a-z0-9]+)="(.*)"$`)
	// 1.15 and before: Node cp1 has CIDR 10.32.0.0/24, occupying it in CIDR map; later "... " node="cp1" podCIDR="10.32.0.0/24"
	nodeHasCIDR = regexp.MustCompile(`Node ([-A-Za-z0-9.]+) has CIDR (\S+), occupying it|Node has CIDR, occupying it in CIDR map".* node="([^"]+)" podCIDR="([^"]+)"`)
)

// componentNames tells programs by the name in a header.
var componentNames = map[string]fact.Component{
	"kubelet": fact.Kubelet, "kube-controller-manager": fact.ControllerManager, "kube-controller": fact.ControllerManager,
	"kube-apiserver": fact.APIServer, "kube-proxy": fact.KubeProxy, "kubeadm": fact.Kubeadm,
	"controllermanager.go": fact.ControllerManager, "range_allocator.go": fact.ControllerManager, "node_ipam_controller.go": fact.ControllerManager,
	"controller_utils.go": fact.ControllerManager, "instance.go": fact.APIServer, "repairip.go": fact.APIServer, "repair.go": fact.APIServer,
	"kubelet.go": fact.Kubelet, "kuberuntime_sandbox.go": fact.Kubelet, "pod_workers.go": fact.Kubelet, "server_others.go": fact.KubeProxy,
}

// A logLine is a line without its headers.
type logLine struct {
	text      string
	offset    int // of text in the line
	host      string
	component fact.Component
}

// splitLog takes the headers off a line, and tells from them whose it is.
func splitLog(line string) logLine {
	in := logline.Split(line)
	l := logLine{text: in.Text, offset: in.Offset, host: in.Host}
	l.component = componentNames[in.Container]
	if h, ok := strings.CutPrefix(in.Pod, in.Container+"-"); ok && l.host == "" && l.component != "" && l.component != fact.KubeProxy {
		l.host = h // a static pod is named after its host
	}
	for _, name := range []string{in.Program, in.File()} {
		if l.component == "" {
			l.component = componentNames[name]
		}
	}
	return l
}

const (
	maxLogLine    = 64 << 10 // the rest of a longer line is not looked at
	maxLogEntries = 1000
)

// ReadLog reads a log of kube-controller-manager, kube-apiserver, kubelet, kube-proxy or kubeadm: klog's lines old and new,
// structured or not, in JSON, from journalctl, docker, a container runtime or kubectl logs. Lines that are not in the
// catalogue (messages) are passed over, so any text can be given; a YAML or JSON document is no log, and nothing is read
// from it: its Events and Pods are for [ReadObjects]. Memory does not grow with r.
//
// The error is that of r; what was read before it is returned with it.
func ReadLog(name string, r io.Reader) (Log, error) {
	l := newLogReader(name)
	b := bufio.NewReaderSize(jsonscan.Decode(r), maxLogLine)
	if head, _ := b.Peek(peekText); isDocument(head) {
		return Log{}, nil
	}
	for n := 1; ; n++ {
		data, err := b.ReadSlice('\n')
		l.line(n, bytes.TrimRight(data, "\r\n"))
		for err == bufio.ErrBufferFull {
			_, err = b.ReadSlice('\n')
		}
		if err == io.EOF {
			return l.finish(), nil
		}
		if err != nil {
			return l.finish(), &source.Error{Pos: fact.Position{File: name, Line: n}, Msg: err.Error()}
		}
	}
}

// firstLines matches the beginning of a YAML or JSON document, as opposed to lines of log in JSON.
var firstLines = regexp.MustCompile(`^(?:\s|#.*\n|---.*\n|%YAML.*\n|\[)*(?:["']?(?:apiVersion|kind|items|metadata|spec|data|status)["']?[ \t]*:|\{\s*(?:\n|\}|["'](?:apiVersion|kind|items|metadata|spec|data|status)["']\s*:))`)

// isDocument reports whether a text whose beginning is head is YAML or JSON as a whole.
func isDocument(head []byte) bool {
	if firstLines.Match(head) {
		return true
	}
	if lines, ok := jsonAfter(head); ok {
		for range lines {
			_, head, _ = bytes.Cut(head, []byte("\n"))
		}
		return firstLines.Match(head)
	}
	return false
}

// A logReader puts a log together from its lines.
type logReader struct {
	file      string
	log       Log
	seen      map[logKey]int
	owner     map[netip.Prefix]string // of a subnet, as the log says
	flags     map[string]bool
	component fact.Component // whose log it is, as its flags tell
}

// A logKey is what two messages have to agree in to be one entry.
type logKey struct {
	component       fact.Component
	id, node, host  string
	subnet, network netip.Prefix
}

func newLogReader(file string) *logReader {
	return &logReader{file: file, seen: map[logKey]int{}, owner: map[netip.Prefix]string{}, flags: map[string]bool{}}
}

// line reads line n.
func (r *logReader) line(n int, data []byte) {
	flag := bytes.Contains(data, []byte("FLAG: --"))
	if !flag && !worthALook(data) {
		return
	}
	l := splitLog(string(data))
	text := l.text
	if strings.Contains(text, `\"`) {
		text = strings.ReplaceAll(text, `\"`, `"`)
	}
	pos := fact.Position{File: r.file, Line: n, Column: l.offset + 1}
	if flag {
		f, c, ok := logFlag(text, l, pos)
		if c != "" {
			r.component = c
		}
		if ok && len(r.log.Flags) < 100 && !r.flags[f.Name+f.Value.V] {
			r.flags[f.Name+f.Value.V] = true
			r.log.Flags = append(r.log.Flags, f)
		}
		return
	}
	if strings.Contains(text, "has CIDR") && len(r.owner) < 100_000 {
		if m := nodeHasCIDR.FindStringSubmatch(text); m != nil {
			if p := logPrefix(m[2] + m[4]); p.IsValid() {
				r.owner[p] = m[1] + m[3]
			}
		}
	}
	r.fact(text, l, pos)
	y, c, ok := recognize(text)
	if !ok {
		return
	}
	if y.Node == "" && y.Subnet.IsValid() {
		y.Node = r.owner[y.Subnet]
	}
	k := logKey{c, y.ID, y.Node, l.host, y.Subnet, y.Network}
	switch i, ok := r.seen[k]; {
	case ok:
		r.log.Entries[i].Count++
	case len(r.log.Entries) >= maxLogEntries:
		r.log.Dropped++
	default:
		r.seen[k] = len(r.log.Entries)
		r.log.Entries = append(r.log.Entries, LogEntry{Pos: pos, Component: c, Host: l.host, Count: 1, Symptom: y})
	}
}

var (
	// Skipping "nodeipam"; since 1.27 "Skipping controller" controller="node-ipam-controller"
	ipamSkipped = regexp.MustCompile(`^Skipping "nodeipam"|^"Skipping controller" controller="(?:nodeipam|node-ipam-controller)"`)
	initVersion = regexp.MustCompile(`\[init\] Using Kubernetes version: (v\d+\.\d+\.\d+\S*)`)
	signedFor   = regexp.MustCompile(`apiserver serving cert is signed for DNS names \[[^\]]*\] and IPs \[([0-9a-fA-F.:]+) ([0-9a-fA-F.:]+)`)
)

// fact reads what a line states of the cluster.
func (r *logReader) fact(text string, l logLine, pos fact.Position) {
	if len(r.log.Facts) >= 100 {
		return
	}
	at := func(i int) fact.Position {
		p := pos
		p.Column += i
		return p
	}
	switch {
	case strings.Contains(text, "ipping"):
		// The controller that hands out subnets is not started without --allocate-node-cidrs:
		// k8s.io/kubernetes v1.37.2 cmd/kube-controller-manager/app/core.go newNodeIpamController.
		if ipamSkipped.MatchString(text) && !r.flags["skipped"] {
			r.flags["skipped"] = true
			r.log.Facts = append(r.log.Facts, fact.Statement{
				Component: fact.ControllerManager, Host: l.host, Pos: pos, Role: fact.RoleSetting, Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Text: "false",
			})
		}
	case strings.Contains(text, "[init]"):
		if m := initVersion.FindStringSubmatchIndex(text); m != nil {
			r.log.Facts = append(r.log.Facts, fact.Statement{
				Component: fact.Kubeadm, Pos: at(m[2]), Role: fact.RoleSetting, Setting: fact.SettingVersion, Key: "[init]", Text: text[m[2]:m[3]],
			})
		}
	case strings.Contains(text, "is signed for"):
		m := signedFor.FindStringSubmatchIndex(text)
		if m == nil {
			return
		}
		for i, what := range []struct {
			role fact.Role
			key  string
		}{{fact.RoleClusterIP, "default/kubernetes"}, {fact.RoleAddress, "[certs]"}} {
			v := text[m[2*i+2]:m[2*i+3]]
			if a, err := scalar.ParseAddr(v); err == nil {
				r.log.Facts = append(r.log.Facts, fact.Statement{Component: fact.Kubeadm, Host: l.host, Pos: at(m[2*i+2]), Role: what.role, Key: what.key, Text: v, Addrs: []netip.Addr{a}})
			}
		}
	}
}

func (r *logReader) finish() Log {
	for i := range r.log.Flags {
		if r.log.Flags[i].Component == "" {
			r.log.Flags[i].Component = r.component
		}
	}
	return r.log
}

// stems are parts of words, one of which is in every literal of the catalogue: most lines of a log have none.
var stems = []string{
	"CIDR", "cidr", "subnet", "stack", "cni", "CNI", "mask", "Recording status", "failed to parse node", "The ipam",
	"any arguments", "argument has", "dualstack", "two entries", "is too large", "too small", "at least 8", "unknown field",
	"prefix length", "address family", "must not have", "must be a", "an IP address", "IP addresses", "ClusterDNS",
	"clusterDNS", "'--config'", "is smaller than", "is full", "not within any", "IP family", "max allowed", "range of",
	"valid range", "range is", "range set", "-ip-range", "nodeipam", "node-ipam", "[init]", "is signed for", "dial tcp",
	"configuration mismatched", "value mismatch",
}

// A stemIndex finds stems in one pass over a line.
type stemIndex struct {
	begins [1 << 16]bool // pairs of bytes with which a stem begins
	by     map[uint16][]string
}

var stemsByStart = sync.OnceValue(func() *stemIndex {
	x := &stemIndex{by: map[uint16][]string{}}
	for _, s := range stems {
		k := uint16(s[0])<<8 | uint16(s[1])
		x.begins[k] = true
		x.by[k] = append(x.by[k], s)
	}
	return x
})

// worthALook reports whether a line may be in the catalogue.
func worthALook(line []byte) bool {
	x := stemsByStart()
	if len(line) == 0 {
		return false
	}
	k := uint16(line[0])
	for i, c := range line[1:] {
		k = k<<8 | uint16(c)
		if !x.begins[k] {
			continue
		}
		for _, s := range x.by[k] {
			if rest := line[i:]; len(rest) >= len(s) && string(rest[:len(s)]) == s {
				return true
			}
		}
	}
	return false
}

// tellingFlags are flags that only one program has.
var tellingFlags = map[string]fact.Component{
	"allocate-node-cidrs": fact.ControllerManager, "etcd-servers": fact.APIServer, "proxy-mode": fact.KubeProxy,
	"detect-local-mode": fact.KubeProxy, "max-pods": fact.Kubelet,
}

// logFlag reads a line in which a program writes down a flag. c is the program that has it, where only one does; ok is false
// for flags that say nothing about ranges.
func logFlag(text string, l logLine, pos fact.Position) (f LogFlag, c fact.Component, ok bool) {
	m := flagLine.FindStringSubmatch(text)
	if m == nil {
		return f, "", false
	}
	c = tellingFlags[m[1]]
	d, ok := logFlags[m[1]]
	if !ok || m[2] == "" || m[2] == "[]" || m[2] == "<nil>" {
		return f, c, false
	}
	f = LogFlag{Component: d.component, Host: l.host, Name: m[1], Value: fact.Value[string]{V: m[2], Text: m[2], Pos: pos}}
	f.Value.Pos.Column += len("FLAG: --") + len(m[1]) + len(`="`)
	if f.Component == "" {
		f.Component = l.component
	}
	return f, c, true
}
