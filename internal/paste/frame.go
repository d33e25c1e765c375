package paste

import (
	"regexp"
	"slices"
	"strings"
)

// A record is what a header of a log tells.
type record struct {
	from, to  int    // of the text in the line
	host, pod string // "" unknown
	program   string
	text      *line // the text, where it had to be decoded
	partial   bool  // the next record of the same stream goes on with it
}

// A logFrame is a kind of header. read gets a line and what pattern's groups are.
type logFrame struct {
	name  string
	outer bool                // it holds other frames, or anything
	gate  func(s string) bool // a cheap test that what re matches passes
	re    *regexp.Regexp
	read  func(l line, m []int) (record, bool)
}

// logFrames are the headers of logs, outer ones first. klog's header is no frame: readers tell severity and source
// from it.
var logFrames = []logFrame{
	{"kubectl logs --prefix", true, firstOf("["), regexp.MustCompile(`^\[pod/([-a-z0-9.]+)/([-a-z0-9.]+)\] ?`), func(l line, m []int) (record, bool) {
		pod, container := l.s[m[2]:m[3]], l.s[m[4]:m[5]]
		return record{from: m[1], to: len(l.s), pod: pod, program: container, host: staticPodHost(pod, container)}, true
	}},
	{"stern", true, likeStern, regexp.MustCompile(`^(?:[-a-z0-9.]+ › )?((?:kube|etcd|core|calico|cilium|flannel|canal|k3s|rke2|metallb|weave|antrea|cloud|aws|multus|tigera)[-a-z0-9.]*) ((?:kube|etcd|core|calico|cilium|flannel|canal|install|k3s|rke2|metallb|weave|antrea|cloud|aws|multus|tigera|speaker|controller|manager|config)[-a-z0-9]*) (?:[IWEF]\d{4} |time=|\{|\d{4}[-/]\d\d[-/]\d\d|\[[A-Z]+\])`), readStern},
	{"journal", true, likeDate, regexp.MustCompile(`^(?:[\p{L}]{2,5}\.? +\d{1,2}|\d{1,2}月 +\d{1,2}) \d\d:\d\d:\d\d(?:\.\d+)? ([A-Za-z0-9][\w.-]*) ([\w./@:()-]+?)(?:\[\d+\])?: ?`), readSyslog},
	{"journal iso", true, firstOf("<0123456789"), regexp.MustCompile(`^(?:<\d{1,3}>1? ?)?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)? ([A-Za-z0-9][\w.-]*) ([\w./@:()-]+?)(?:\[\d+\])?: `), readSyslog},
	{"syslog 5424", true, firstOf("<"), regexp.MustCompile(`^<\d{1,3}>1 \S+ ([A-Za-z0-9][\w.-]*) (\S+) \S+ \S+ (?:-|\[[^\]]*\]) ?`), readSyslog},
	{"CRI", true, firstOf("0123456789"), regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* (?:stdout|stderr) ([FP])(?: |$)`), func(l line, m []int) (record, bool) {
		return record{from: m[1], to: len(l.s), partial: l.s[m[2]] == 'P'}, true
	}},
	{"kubectl logs --timestamps", true, firstOf("0123456789"), regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) `), func(l line, m []int) (record, bool) {
		return record{from: m[1], to: len(l.s)}, true
	}},
	{"JSON", true, firstOf("{"), regexp.MustCompile(`^\{`), readJSON},
	{"logrus", false, firstOf("t"), regexp.MustCompile(`^(?:time|ts)="?[^" ]+(?: [^" ]+)?"? level=\w+ (?:(?:\w+=(?:"[^"]*"|\S+) ){0,6})msg=`), readLogrus},
	{"slog", false, firstOf("tl"), regexp.MustCompile(`^(?:level=\w+ )?(?:time|ts)=\S+ (?:(?:\w+=(?:"[^"]*"|\S+) ){0,6})msg=`), readLogrus},
	{"logrus on a terminal", false, firstOf("IWEFDT"), regexp.MustCompile(`^(?:INFO|WARN|ERRO|FATA|DEBU|TRAC)\[[\d:.TZ+-]+\] `), func(l line, m []int) (record, bool) {
		return record{from: m[1], to: len(l.s)}, true
	}},
	{"zap console", false, firstOf("0123456789"), regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:?\d\d)?\t(?:INFO|WARN|ERROR|DEBUG|FATAL|DPANIC|PANIC|info|warn|error|debug|fatal)\t`), func(l line, m []int) (record, bool) {
		return record{from: m[1], to: len(l.s)}, true
	}},
}

// likeDate tests whether a line begins with a word and a number, as "Jan  5" does.
func likeDate(s string) bool {
	i := strings.IndexByte(s[:min(len(s), 16)], ' ')
	if i < 2 || i > 14 {
		return false
	}
	rest := strings.TrimLeft(s[i:], " ")
	return rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// likeStern tests whether two words stand in front of what can be a header.
func likeStern(s string) bool {
	if s[0] < 'a' || s[0] > 'z' {
		return false
	}
	s = s[:min(len(s), 200)]
	i := strings.IndexByte(s, ' ')
	j := strings.IndexByte(s[i+1:], ' ')
	return i > 0 && j > 0 && i+j+2 < len(s) && strings.IndexByte("IWEFt{[0123456789", s[i+j+2]) >= 0
}

func readStern(l line, m []int) (record, bool) {
	pod, container := l.s[m[2]:m[3]], l.s[m[4]:m[5]]
	return record{from: m[5] + 1, to: len(l.s), pod: pod, program: container, host: staticPodHost(pod, container)}, true
}

func readSyslog(l line, m []int) (record, bool) {
	host := l.s[m[2]:m[3]]
	if host == "localhost" {
		host = ""
	}
	return record{from: m[1], to: len(l.s), host: host, program: l.s[m[4]:m[5]]}, true
}

// readLogrus reads key=value fields. The text is that of msg; fields behind it follow it.
func readLogrus(l line, m []int) (record, bool) {
	start := m[1]
	if start >= len(l.s) || l.s[start] != '"' {
		return record{from: start, to: len(l.s)}, true
	}
	end := stringEnd(l.s, start)
	msg := unquote(l, start, end)
	if rest := l.s[end:]; strings.TrimSpace(rest) != "" {
		var b joiner
		b.add(msg, 0, len(msg.s))
		b.add(l, end, len(l.s))
		msg = b.line(l.src(len(l.s)))
	}
	return record{text: &msg}, true
}

// headerKeys are members of a record that are its header, not its text.
var headerKeys = words("time ts level stream logger caller v severity timestamp @timestamp attrs tag source kubernetes docker stacktrace pid thread log msg message MESSAGE")

// readJSON reads a record of Docker's json-file, the journal, zap, klog or a log shipper.
func readJSON(l line, _ []int) (record, bool) {
	list, whole := fields(l.s)
	var r record
	message := -1
	for i, f := range list {
		value := strings.Trim(l.s[f.start:f.end], `"`)
		switch f.key {
		case "log", "msg", "MESSAGE", "message":
			if message < 0 && f.start < len(l.s) && l.s[f.start] == '"' {
				message = i
			}
		case "_HOSTNAME", "hostname", "host":
			r.host = value
		case "SYSLOG_IDENTIFIER", "_COMM":
			r.program = first(r.program, value)
		case "kubernetes":
			r.shipper(l.s[f.start:f.end])
		}
	}
	if message < 0 || !whole && list[message].key != "log" || !isRecord(l.s) && whole {
		return record{}, false
	}
	f := list[message]
	text := unquote(l, f.start, f.end)
	if strings.HasSuffix(text.s, "\n") {
		text = text.cut(0, len(text.s)-1)
	} else {
		r.partial = f.key == "log" && whole && strings.Contains(l.s, `"stream"`)
	}
	if f.key == "msg" {
		text = withFields(l, text, list)
	}
	if r.host == "localhost" {
		r.host = ""
	}
	r.text = &text
	return r, true
}

// shipper reads what a log shipper says of the pod.
func (r *record) shipper(s string) {
	list, _ := fields(s)
	for _, f := range list {
		value := strings.Trim(s[f.start:f.end], `"`)
		switch f.key {
		case "host", "node_name":
			r.host = value
		case "pod_name":
			r.pod = value
		case "container_name":
			r.program = value
		}
	}
}

// withFields appends the other members of a record to its text, as klog does: key="value".
func withFields(l, text line, list []field) line {
	var b joiner
	b.add(text, 0, len(text.s))
	for _, f := range list {
		if headerKeys[f.key] || f.start >= f.end {
			continue
		}
		value := l.cut(f.start, f.end)
		b.put(" "+f.key+"=", l.src(f.start))
		b.add(value, 0, len(value.s))
	}
	return b.line(l.src(len(l.s)))
}

// maxFrames bounds how many headers stand in each other: stern, CRI, logrus, JSON.
const maxFrames = 4

// frames takes the headers off the lines of a log, and emits what they say, by host. A text that is no log is emitted
// as it is.
func (c *cutter) frames(ls []line, h head) {
	c.framesAt(ls, h, 0)
}

func (c *cutter) framesAt(ls []line, h head, depth int) {
	ls = trimIfCut(ls, len(c.origin.lines))
	if len(ls) == 0 {
		return
	}
	if depth < maxFrames {
		if f, ok := frameOf(ls, depth > 0); ok {
			for _, g := range c.unwrapLog(ls, f, h) {
				c.framesAt(g.lines, g.head, depth+1)
			}
			return
		}
	}
	if depth == 0 {
		if groups, ok := prefixed(ls, h); ok {
			for _, g := range groups {
				c.stream(g.lines, g.head)
			}
			return
		}
		ls = unwrapLines(ls, h)
	}
	if h.kind == KindOutput && looksLikeLog(ls) {
		h.kind = KindLog
	}
	c.emit(h, ls)
}

// trimIfCut is trimBlank for a part of an input of so many lines.
func trimIfCut(ls []line, whole int) []line {
	if len(ls) >= whole {
		return ls
	}
	return trimBlank(ls)
}

// sampleSize is how many lines are looked at to tell the frame of a log.
const sampleSize = 40

// frameOf returns the frame that most of the first lines have. In a log, of which other lines may be klog's, a line is
// enough for an inner frame.
func frameOf(ls []line, inLog bool) (logFrame, bool) {
	some := slices.DeleteFunc(sample(ls, sampleSize), func(l line) bool { return strings.HasPrefix(l.s, "-- ") }) // of journalctl itself
	if len(some) == 0 {
		return logFrame{}, false
	}
	for _, f := range logFrames {
		n, klog := 0, 0
		for _, l := range some {
			if f.gate(l.s) {
				if m := f.re.FindStringSubmatchIndex(l.s); m != nil {
					if _, ok := f.read(l, m); ok {
						n++
					}
					continue
				}
			}
			if !f.outer && isKlog(l.s) {
				klog++
			}
		}
		if (n+klog)*10 >= len(some)*6 && n > 0 || n > 0 && inLog && !f.outer {
			return f, true
		}
	}
	return logFrame{}, false
}

// A group is the lines of one speaker.
type group struct {
	head  head
	lines []line
}

// speaker tells groups apart.
type speaker struct{ host, pod, program, path string }

// groups collects lines by speaker, first one first.
type groups struct {
	list  []group
	index map[speaker]int
}

func (g *groups) add(h head, l line) {
	key := speaker{h.host, h.pod, h.program, h.path}
	i, ok := g.index[key]
	if !ok {
		i = len(g.list)
		if g.index == nil {
			g.index = map[speaker]int{}
		}
		g.index[key] = i
		g.list = append(g.list, group{head: h})
	}
	g.list[i].lines = append(g.list[i].lines, l)
}

// unwrapLog takes the header off each line that has it. One without belongs to the line above. Programs of one host
// stay together,
// since their order tells what happened.
func (c *cutter) unwrapLog(ls []line, f logFrame, h head) []group {
	var g groups
	cur := h
	cur.kind = KindLog
	var open []line // parts of a line that is not at its end
	programs := map[string]bool{}
	for _, l := range ls {
		if l.blank() {
			continue
		}
		var r record
		ok := false
		if f.gate(l.s) {
			if m := f.re.FindStringSubmatchIndex(l.s); m != nil {
				r, ok = f.read(l, m)
			}
		}
		if !ok {
			g.add(cur, l)
			continue
		}
		text := line{}
		if r.text != nil {
			text = *r.text
		} else {
			text = l.cut(r.from, r.to)
		}
		cur.host, cur.pod = first(r.host, h.host), first(r.pod, h.pod)
		if r.pod != "" {
			cur.program = r.program
		} else if r.program != "" {
			programs[r.program] = true
		}
		if r.partial {
			open = append(open, text)
			continue
		}
		if len(open) > 0 {
			text = join(append(open, text))
			open = nil
		}
		for _, t := range splitLines(text) {
			g.add(cur, t)
		}
	}
	if len(open) > 0 {
		g.add(cur, join(open))
	}
	for i := range g.list {
		if len(programs) == 1 {
			for p := range programs {
				g.list[i].head.program = first(g.list[i].head.program, p)
			}
		}
	}
	return g.list
}

// recordLines reports whether the first lines of an object have the keys of a record.
func recordLines(ls []line) bool {
	key, mark := false, false
	for _, l := range ls {
		if strings.Contains(l.s, `"apiVersion"`) || strings.Contains(l.s, `"kind"`) {
			return false
		}
		s := strings.TrimLeft(l.s, " \t")
		for _, k := range recordKeys {
			key = key || strings.HasPrefix(s, k)
		}
		for _, k := range recordMarks {
			mark = mark || strings.HasPrefix(s, k)
		}
	}
	return key && mark
}

// klogHeader matches a line of klog, and those of Calico and CoreDNS.
var klogHeader = regexp.MustCompile(`^(?:[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ |\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \[\w+\]|\[(?:INFO|ERROR|WARNING|FATAL)\] |\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )`)

// isKlog reports whether a line has such a header.
func isKlog(s string) bool {
	return len(s) > 9 && (s[1] >= '0' && s[1] <= '9' || s[0] == '[') && klogHeader.MatchString(s)
}

// looksLikeLog reports whether most lines begin as those of a log without frame.
func looksLikeLog(ls []line) bool {
	some := sample(ls, sampleSize)
	n := 0
	for _, l := range some {
		if isKlog(l.s) {
			n++
		}
	}
	return n > 0 && n*2 >= len(some)
}
