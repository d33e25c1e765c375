package kubectl

import (
	"bytes"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/jsonscan"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Text is what plain output of kubectl says, and the log lines that stand between. The zero value holds nothing.
type Text struct {
	Objects Objects
	Log     Log
}

// IsZero reports whether nothing was read.
func (t Text) IsZero() bool {
	return t.Objects.IsZero() && len(t.Log.Entries) == 0 && len(t.Log.Flags) == 0
}

// Statements returns what the objects and the log state.
func (t Text) Statements() []fact.Statement {
	return append(t.Objects.Statements(), t.Log.Statements()...)
}

// ReadText reads what people paste from a terminal, as far as it carries addresses: the tables of kubectl get nodes, pods,
// services, events and servicecidrs, with any columns, found by their header; custom columns and jsonpath output that
// puts a node's name before its podCIDR; kubectl describe of nodes and pods; and log lines between them, as [ReadLog] does.
// Prompts and other lines are passed over; a YAML or JSON document gives nothing.
//
// A table of nodes that does not show podCIDRs does not say that there are none; nothing is stated of them then.
//
// The error is that of r, or a *[TooLargeError] above 64 MiB: [ReadLog] has no such limit.
func ReadText(name string, r io.Reader) (Text, error) { return readText(name, nil, r, maxYAML) }

// ReadOutput is [ReadText] of what the command line argv printed, which tells what custom columns show.
func ReadOutput(name string, argv []string, r io.Reader) (Text, error) {
	return readText(name, argv, r, maxYAML)
}

// readText reads text of at most that many bytes.
func readText(name string, argv []string, r io.Reader, most int) (Text, error) {
	data, err := io.ReadAll(io.LimitReader(jsonscan.Decode(r), int64(most)+1))
	if err != nil {
		return Text{}, &source.Error{Pos: fact.Position{File: name}, Msg: err.Error()}
	}
	if len(data) > most {
		return Text{}, &TooLargeError{name, most}
	}
	if isDocument(data[:min(len(data), peekText)]) {
		return Text{}, nil
	}
	t := &textReader{file: name, log: newLogReader(name), nodes: map[string]int{}, query: queryOf(argv)}
	t.state = &t.now
	if t.table, t.cidr = t.query.unheaded(), -1; t.query.ofNodes() {
		t.cidr = podCIDRColumn(t.table)
	}
	t.pairs = t.query.ofNodes() && namesAndCIDRs(data)
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimRight(line, "\r\n")
		t.line(n, string(line[:min(len(line), maxLogLine)]))
	}
	t.endDescribe()
	return Text{Objects: t.out, Log: t.log.finish()}, nil
}

// A column is a column of a table.
type column struct {
	name  string
	start int // byte offset of the header, -1 where the blanks were squeezed
}

// A textReader reads a text line by line.
type textReader struct {
	file  string
	out   Objects
	log   *logReader
	query query // that gave the text
	table []column
	cidr  int            // the column of custom columns that shows podCIDRs, -1 for none
	nodes map[string]int // index of out.Nodes by name
	pairs bool           // each line is a node and its podCIDR

	// Of kubectl describe:
	name      fact.Value[string] // of the object, unset outside
	namespace string
	node      *Node // the object, if it is a node
	whole     bool  // the part in which PodCIDR stands has been passed
	wholePos  fact.Position
	pod       *Pod // the object, if it is a pod
	section   string
	inEvents  bool
	// Of one of its containers:
	container string
	restarts  int
	now, last containerEnd
	state     *containerEnd // one of these two
}

var (
	// headerCell matches what stands between two blanks and more.
	headerCell = regexp.MustCompile(`[^\s](?:\S| \S)*`)
	// squeezedCell matches a cell of a header whose blanks were squeezed, the names of two words that kubectl gives included.
	squeezedCell = regexp.MustCompile(`(?:FIRST|LAST) SEEN|NOMINATED NODE|READINESS GATES|POD CIDRS?|\S+`)
)

// header reads a line as the header of a table.
func (t *textReader) header(line string) []column {
	if cols := t.query.header(line); cols != nil {
		return cols
	}
	return header(line)
}

// wordAt matches a word.
var wordAt = regexp.MustCompile(`\S+`)

// header reads a line as the header of a table: two columns or more, all in capitals, the first of them known.
func header(line string) []column {
	if len(line) > 1000 {
		return nil
	}
	t := strings.TrimSpace(line)
	switch first, _, _ := strings.Cut(t, " "); first {
	case "NAME", "NAMESPACE", "LAST", "NODE", "FIRST", "LASTSEEN":
	default:
		return nil
	}
	if t != strings.ToUpper(t) || !strings.Contains(t, " ") {
		return nil
	}
	var cols []column
	for _, at := range headerCell.FindAllStringIndex(line, -1) {
		cols = append(cols, column{line[at[0]:at[1]], at[0]})
	}
	if len(cols) == 1 { // a table whose blanks were squeezed
		cols = nil
		for _, w := range squeezedCell.FindAllString(t, -1) {
			cols = append(cols, column{w, -1})
		}
	}
	return cols
}

// cells returns the row's values by column.
func (t *textReader) cells(n int, line string) map[string]fact.Value[string] {
	out := map[string]fact.Value[string]{}
	put := func(col string, start, end int) {
		v := strings.TrimSpace(line[start:end])
		if v == "" || v == "<none>" || v == "<unset>" {
			out[col] = fact.Value[string]{}
			return
		}
		start += strings.Index(line[start:end], v)
		out[col] = fact.Value[string]{V: v, Text: v, Pos: fact.Position{File: t.file, Line: n, Column: start + 1}}
	}
	aligned := true
	for _, c := range t.table {
		if c.start < 0 || c.start > 0 && c.start < len(line) && line[c.start-1] != ' ' {
			aligned = false
		}
	}
	if aligned {
		for i, c := range t.table {
			end := len(line)
			if i+1 < len(t.table) {
				end = min(end, t.table[i+1].start)
			}
			put(c.name, min(c.start, end), end)
		}
		return out
	}
	// The row does not stand under its header: cells are told by two blanks, else by one; the last takes the rest.
	at := headerCell.FindAllStringIndex(line, -1)
	if len(at) < len(t.table) {
		at = wordCell.FindAllStringIndex(line, -1)
	}
	for i, c := range t.table {
		if i >= len(at) {
			break
		}
		end := at[i][1]
		if i == len(t.table)-1 {
			end = len(line)
		}
		put(c.name, at[i][0], end)
	}
	return out
}

var wordCell = regexp.MustCompile(`\S+(?: \([^)]*\))?`)

func (t *textReader) line(n int, line string) {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" {
		t.table = nil
		return
	}
	if t.pairs {
		t.pair(n, line)
		return
	}
	if cols := t.header(line); cols != nil {
		t.endDescribe()
		if t.table, t.cidr = cols, -1; t.query.ofNodes() {
			t.cidr = podCIDRColumn(cols)
		}
		return
	}
	if t.table != nil {
		if isPrompt(trimmed) {
			t.table = nil
			return
		}
		if t.row(n, line) {
			return
		}
		t.table = nil
	}
	if t.describe(n, line, trimmed) {
		return
	}
	t.log.line(n, []byte(line))
}

// promptWord is the beginning of a line that is a command.
var promptWord = regexp.MustCompile(`^(?:\S*[$#>%] ?)?(?:sudo )?(?:kubectl|k3s|oc|journalctl|cat|kubeadm|systemctl) `)

func isPrompt(line string) bool {
	return promptWord.MatchString(line) || strings.HasPrefix(line, "$ ") || strings.HasPrefix(line, "# ")
}

// eventSuffix matches what makes the name of an event of the name of its object: a point and the time in nanoseconds.
// k8s.io/client-go v0.37.2 tools/record/util/util.go GenerateEventName.
var eventSuffix = regexp.MustCompile(`\.[0-9a-f]{14,16}$`)

// nameCell matches the names that Kubernetes gives to objects.
var nameCell = regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$`)

// row reads a row of the table; false where the line is none.
func (t *textReader) row(n int, line string) bool {
	c := t.cells(n, line)
	has := func(name string) bool {
		return slices.ContainsFunc(t.table, func(col column) bool { return col.name == name })
	}
	name := c["NAME"]
	count := func(kind string) {
		if t.out.Kinds == nil {
			t.out.Kinds = map[string]int{}
		}
		t.out.Kinds[kind]++
	}
	switch {
	case has("REASON") && has("MESSAGE"):
		e := Event{Pos: fact.Position{File: t.file, Line: n, Column: 1}, Type: c["TYPE"].V, Reason: c["REASON"].V, Message: c["MESSAGE"], Namespace: c["NAMESPACE"].V, Source: c["SOURCE"].V}
		if e.Reason == "" {
			return false
		}
		kind, object, _ := strings.Cut(c["OBJECT"].V, "/")
		if !has("OBJECT") {
			kind, object = c["KIND"].V, name.V
		}
		e.Kind, e.Name = kind, eventSuffix.ReplaceAllString(object, "")
		switch strings.ToLower(kind) {
		case "node":
			e.Kind = "Node"
		case "pod":
			e.Kind = "Pod"
		}
		if v, ok := scalar.Count(c["COUNT"]); ok {
			e.Count = v.V
		}
		t.event(e)
		return true
	case !nameCell.MatchString(name.V) && !has("NODE"):
		return false
	case has("CLUSTER-IP"):
		count("Service")
		s := Service{Namespace: c["NAMESPACE"].V, Name: name}
		if s.Namespace == "" && name.V == "kubernetes" {
			s.Namespace = "default"
		}
		if s.Namespace == "" && (name.V == "kube-dns" || name.V == "coredns") {
			s.Namespace = "kube-system"
		}
		if v := c["CLUSTER-IP"]; v.V != "" && v.V != "None" {
			s.ClusterIPs = scalar.Addrs(v)
		}
		t.out.Services = append(t.out.Services, s)
		return true
	case has("CIDRS"):
		count("ServiceCIDR")
		s := ServiceCIDR{Name: name}
		if v := c["CIDRS"]; v.IsSet() {
			s.CIDRs = splitPrefixes(v)
		}
		t.out.ServiceCIDRs = append(t.out.ServiceCIDRs, s)
		return true
	case has("READY") && has("STATUS") && has("RESTARTS"):
		count("Pod")
		p := Pod{Namespace: c["NAMESPACE"].V, Name: name, Node: c["NODE"].V, Phase: c["STATUS"].V, NetworkUnknown: true}
		if a := c["IP"]; a.IsSet() {
			p.IPs = scalar.Addrs(a)
		}
		t.out.sawPod(p)
		t.out.keepAddress(p)
		restarts, _, _ := strings.Cut(c["RESTARTS"].V, " ")
		count, _ := scalar.Count(fact.Value[string]{Text: restarts})
		if v := c["STATUS"]; v.V != "" && v.V != "Running" && v.V != "Completed" && v.V != "Terminating" && v.V != "Succeeded" {
			p.Status = v.Pos
			p.States = []ContainerState{{Reason: v.V, Restarts: count.V, Pos: v.Pos}}
			if len(t.out.Pods) < mostTrouble {
				t.out.Pods = append(t.out.Pods, p)
			}
		}
		return true
	case t.cidr >= 0:
		if !name.IsSet() {
			name = c["NODE"]
		}
		if !nameCell.MatchString(name.V) {
			return false
		}
		v := c[t.table[t.cidr].name]
		if v.IsSet() && strings.Trim(v.V, "0123456789") == "" {
			return true // a number of something
		}
		nd := t.nodeNamed(name)
		nd.Spec = fact.Position{File: t.file, Line: n, Column: 1}
		if v.IsSet() {
			v.V = strings.Trim(v.V, "[]")
			v.Pos.Column += len(v.Text) - len(strings.TrimLeft(v.Text, "["))
			v.Text = v.V
			nd.PodCIDRs = splitPrefixes(fact.Value[string]{V: strings.ReplaceAll(v.V, " ", ","), Pos: v.Pos})
			if len(nd.PodCIDRs) > 0 {
				nd.PodCIDR = nd.PodCIDRs[0]
			}
		}
		t.wide(nd, c)
		return true
	case has("STATUS") && has("ROLES") || has("INTERNAL-IP") || has(publicIPHead):
		t.wide(t.nodeNamed(name), c)
		return true
	case has("PARENTREF"):
		count("IPAddress")
		parent, ok := strings.CutPrefix(c["PARENTREF"].V, "services/")
		if !ok {
			parent = c["PARENTREF"].V
		}
		t.out.IPAddresses = append(t.out.IPAddresses, IPAddress{Addr: scalar.Addr(name), Parent: parent})
		return true
	}
	return true // a table of something else
}

// podCIDRColumn returns the column of custom columns that shows a node's subnet, -1 for none.
func podCIDRColumn(table []column) int {
	return slices.IndexFunc(table, func(c column) bool {
		switch strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(c.name) {
		case "PODCIDR", "PODCIDRS", "CIDR", "SUBNET", "PODSUBNET", "PODSUBNETS", "SPECPODCIDR", "NODECIDR", "PODNET", "PODNETWORK",
			"PODRANGE", "PODS", "RANGE":
			return true
		}
		return false
	})
}

// wide takes what kubectl get nodes -o wide shows.
func (t *textReader) wide(nd *Node, c map[string]fact.Value[string]) {
	for _, col := range []struct{ name, typ string }{{"INTERNAL-IP", "InternalIP"}, {"INTERNALIP", "InternalIP"}, {"IP", "InternalIP"}, {"ADDR", "InternalIP"}, {"ADDRESS", "InternalIP"}, {"EXTERNAL-IP", "ExternalIP"}} {
		if v := c[col.name]; v.IsSet() {
			for _, a := range scalar.Addrs(v) {
				if !a.V.IsValid() && (col.name != "INTERNAL-IP" && col.name != "EXTERNAL-IP" || len(t.query.heads) > 0) {
					continue // a column of custom columns may show anything
				}
				if !slices.ContainsFunc(nd.Addresses, func(b NodeAddress) bool { return b.Type == col.typ && b.Addr.Text == a.Text }) { // shown before
					nd.Addresses = append(nd.Addresses, NodeAddress{col.typ, a})
				}
			}
		}
	}
	if v := c[publicIPHead]; v.IsSet() && len(t.query.heads) > 0 {
		nd.Annotations = append(nd.Annotations, Annotation{"flannel.alpha.coreos.com/public-ip", v})
	}
	if v := c["VERSION"]; v.IsSet() {
		nd.KubeletVersion = v
	}
	if v := c["AGE"]; v.IsSet() && !nd.Age.IsSet() {
		if age, ok := humanDuration(v.V); ok {
			nd.Age = fact.Value[time.Duration]{V: age, Text: v.Text, Pos: v.Pos}
		}
	}
	if r := c["ROLES"].V; strings.Contains(r, "control-plane") || strings.Contains(r, "master") {
		nd.ControlPlane = true
	}
	if v := c["STATUS"]; v.IsSet() && nd.Ready.Status == "" {
		// kubectl says "Ready,SchedulingDisabled"; custom columns show status itself.
		nd.Ready.Pos = v.Pos
		switch first, _, _ := strings.Cut(v.V, ","); first {
		case "Ready", "True":
			nd.Ready.Status = "True"
		case "NotReady", "False":
			nd.Ready.Status = "False"
		default:
			nd.Ready.Status = "Unknown"
		}
	}
}

// humanDuration reads an age as kubectl shows it, such as 2y45d, 119d, 5d3h, 47m or 10s; 0s is a second, so that it is not taken for unknown.
// k8s.io/apimachinery v0.37.2 pkg/util/duration HumanDuration, for which a year has 365 days.
func humanDuration(s string) (age time.Duration, ok bool) {
	units := map[byte]time.Duration{'y': 365 * 24 * time.Hour, 'd': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	digits := 0
	n := time.Duration(0)
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' && digits < 6 {
			n = n*10 + time.Duration(c-'0')
			digits++
			continue
		}
		unit := units[s[i]]
		if unit == 0 || digits == 0 || age > 100*units['y'] || n > 100*units['y']/unit {
			return 0, false
		}
		age += n * unit
		n, digits = 0, 0
	}
	if s == "" || digits > 0 {
		return 0, false
	}
	return max(age, time.Second), true
}

// nodeNamed returns the node of that name, a new one if there is none yet. The pointer is valid until the next call.
func (t *textReader) nodeNamed(name fact.Value[string]) *Node {
	i, ok := t.nodes[name.V]
	if !ok {
		i = len(t.out.Nodes)
		t.nodes[name.V] = i
		t.out.Nodes = append(t.out.Nodes, Node{Name: name})
		if t.out.Kinds == nil {
			t.out.Kinds = map[string]int{}
		}
		t.out.Kinds["Node"]++
	}
	return &t.out.Nodes[i]
}

// splitPrefixes reads CIDRs with commas between them, each at its own place.
func splitPrefixes(v fact.Value[string]) []fact.Value[netip.Prefix] {
	var out []fact.Value[netip.Prefix]
	pos := v.Pos
	for e := range strings.SplitSeq(v.V, ",") {
		at := pos
		at.Column += len(e) - len(strings.TrimLeft(e, " "))
		pos.Column += len(e) + 1
		if t := strings.TrimSpace(e); t != "" {
			out = append(out, scalar.Prefix(fact.Value[string]{V: t, Text: t, Pos: at}))
		}
	}
	return out
}

func (t *textReader) event(e Event) {
	if t.out.Kinds == nil {
		t.out.Kinds = map[string]int{}
	}
	t.out.Kinds["Event"]++
	if _, ok := e.symptom(); ok && len(t.out.Events) < mostTrouble {
		t.out.Events = append(t.out.Events, e)
	}
}

// pairLine is a line of jsonpath output: a name and CIDRs, or nothing for a node without.
var pairLine = regexp.MustCompile(`^\s*([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)[\s:=,]+(\[?"?[0-9a-fA-F.:]+/\d{1,3}(?:"?[, ]+"?[0-9a-fA-F.:]+/\d{1,3})*"?\]?|<none>|<nil>|null)?(?:\s+\d{1,3}(?:\.\d{1,3}){3}|\s+[0-9a-f:]*:[0-9a-f:]+)*\s*$`)

// noNodes are names that stand before a CIDR in lists of other things.
var noNodes = regexp.MustCompile(`^(?:pods?|services?|svc|hosts?|lan|vpn|docker\d*|cni\d*|br-.*|virbr\d*|eth\d*|ens\d*|lo|flannel[.\d]*|cluster-?cidrs?|network|default|subnet)$`)

// namesAndCIDRs reports whether every line of a text is a name followed by CIDRs of a length that one node may have, at least
// one of them with CIDRs.
func namesAndCIDRs(data []byte) bool {
	some := false
	for line := range bytes.Lines(data[:min(len(data), 1<<20)]) {
		line = bytes.TrimRight(line, "\r\n")
		if len(bytes.TrimSpace(line)) == 0 || isPrompt(string(bytes.TrimSpace(line[:min(len(line), 200)]))) {
			continue
		}
		if len(line) > 500 {
			return false
		}
		m := pairLine.FindSubmatch(line)
		if m == nil {
			if !nameCell.Match(bytes.TrimSpace(line)) {
				return false
			}
			continue
		}
		if noNodes.Match(m[1]) {
			return false
		}
		for _, w := range cidrWord.FindAll(m[2], -1) {
			p, err := cidr.ParseLenient(string(w))
			if err != nil || p.Bits() < 18 {
				return false
			}
			some = true
		}
	}
	return some
}

// pair reads a line of jsonpath output.
func (t *textReader) pair(n int, line string) {
	if isPrompt(strings.TrimSpace(line)) {
		return
	}
	at := func(start, end int) fact.Value[string] {
		return fact.Value[string]{V: line[start:end], Text: line[start:end], Pos: fact.Position{File: t.file, Line: n, Column: start + 1}}
	}
	m := pairLine.FindStringSubmatchIndex(line)
	if m == nil {
		start := len(line) - len(strings.TrimLeft(line, " \t"))
		t.nodeNamed(at(start, start+len(strings.TrimSpace(line)))).Spec = fact.Position{File: t.file, Line: n, Column: 1}
		return
	}
	nd := t.nodeNamed(at(m[2], m[3]))
	nd.Spec = fact.Position{File: t.file, Line: n, Column: 1}
	if m[4] < 0 {
		return
	}
	nd.PodCIDRs = nil
	for _, p := range cidrWord.FindAllStringIndex(line[m[4]:m[5]], -1) {
		nd.PodCIDRs = append(nd.PodCIDRs, scalar.Prefix(at(m[4]+p[0], m[4]+p[1])))
	}
	if len(nd.PodCIDRs) > 0 {
		nd.PodCIDR = nd.PodCIDRs[0]
	}
}
