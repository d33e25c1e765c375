package flannel

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/logline"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A LogLine is a line of flannel's log that the catalogue knows. The zero value stands for no line.
type LogLine struct {
	Pos      fact.Position // of the first of several that say the same
	Host     string        // host that the log was taken from, or ""
	Count    int           // lines that say the same, at least 1
	Level    Level
	Severity byte   // klog's letter: 'I', 'W', 'E' or 'F'; 0 without a header
	Time     string // klog's month, day and time, as written; "" without a header
	Source   string // file and line of flannel's source, "main.go:384"; "" without a header
	// From and To are the oldest and the newest release of flannel whose source has the message at that line; zero if
	// that does not tell.
	From, To fact.Version
	Symptom  fact.Symptom
}

// String returns the place and the message.
func (l LogLine) String() string {
	s := l.Symptom.Message
	if p := l.Pos.String(); p != "" {
		s = p + ": " + s
	}
	if l.Count > 1 {
		s += fmt.Sprintf(" (%d times)", l.Count)
	}
	return s
}

// parseLogLine looks a line of a log, or the text of an event, up in the catalogue. What containers, journald and
// kubectl put in front of it is passed over. ok is false for every line that the catalogue does not know.
func parseLogLine(line string) (l LogLine, ok bool) {
	const most = 16 << 10
	line = line[:min(len(line), most)]
	if !mayMatch(line) {
		return LogLine{}, false
	}
	in := logline.Split(line)
	l.Severity, l.Time, l.Source = in.Severity, in.Time, in.Source
	text := strings.TrimSpace(strings.ReplaceAll(in.Text, `\"`, `"`))
	y, level, ok := recognize(text)
	if !ok {
		return LogLine{}, false
	}
	l.Symptom, l.Level, l.Count = y, level, 1
	l.From, l.To = releasesOf(l.Source, text)
	return l, true
}

// mayMatch is a cheap look for any of the catalogue's words.
func mayMatch(line string) bool {
	return slices.ContainsFunc(compiled(), func(m compiledMessage) bool { return m.mayMatch(line) })
}

// mayMatch reports whether text has one of the words of m, without which the expression does not match.
func (m *compiledMessage) mayMatch(text string) bool {
	return slices.ContainsFunc(m.literals, func(word string) bool { return strings.Contains(text, word) })
}

// recognize looks text up in the catalogue.
func recognize(text string) (fact.Symptom, Level, bool) {
	for _, m := range compiled() {
		if !m.mayMatch(text) {
			continue
		}
		at := m.re.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		y := fact.Symptom{ID: m.ID, Message: text, Cause: m.Cause, Remedy: m.Remedy, Rules: m.Rules}
		for i, name := range m.re.SubexpNames() {
			if name == "" || at[2*i] < 0 {
				continue
			}
			v := text[at[2*i]:at[2*i+1]]
			switch strings.TrimRight(name, "23") {
			case "node":
				y.Node = v
			case "subnet":
				y.Subnet = maskedText(v)
			case "network":
				y.Network = maskedText(v)
			}
		}
		return y, m.Level, true
	}
	return fact.Symptom{}, 0, false
}

// maskedText reads a range of a message, the zero Prefix if it is none.
func maskedText(s string) netip.Prefix {
	p, _ := maskedCIDR(s)
	return p
}

// releaseLines tells the releases of flannel by the line of main.go that writes a message (sources of the tags named).
var releaseLines = []struct {
	message  string
	line     int
	from, to fact.Version
}{
	{"Error registering network", 280, v(10, 0), v(10, 0)}, {"Error registering network", 289, v(11, 0), v(11, 0)}, {"Error registering network", 291, v(12, 0), v(13, 0)},
	{"Error registering network", 293, v(14, 0), v(14, 1)}, {"Error registering network", 325, v(15, 0), v(16, 3)}, {"Error registering network", 317, v(17, 0), v(17, 0)},
	{"Error registering network", 326, v(18, 0), v(18, 1)}, {"Error registering network", 330, v(19, 0), v(19, 2)}, {"Error registering network", 327, v(20, 0), v(20, 2)},
	{"Error registering network", 334, v(21, 0), v(21, 5)}, {"Error registering network", 335, v(22, 0), v(22, 3)}, {"Error registering network", 332, v(24, 0), v(24, 4)},
	{"Error registering network", 333, v(23, 0), v(25, 1)}, {"Error registering network", 343, v(25, 2), v(25, 7)}, {"Error registering network", 357, v(26, 0), v(26, 0)},
	{"Error registering network", 360, v(26, 1), v(26, 1)}, {"Error registering network", 359, v(26, 4), v(27, 0)}, {"Error registering network", 367, v(27, 2), v(27, 2)},
	{"Error registering network", 370, v(27, 4), v(28, 2)}, {"Error registering network", 381, v(28, 5), v(28, 8)}, {"Error registering network", 384, v(28, 9), v(28, 10)},
	{"Failed to create SubnetManager", 232, v(10, 0), v(10, 0)}, {"Failed to create SubnetManager", 241, v(11, 0), v(11, 0)}, {"Failed to create SubnetManager", 243, v(12, 0), v(13, 0)},
	{"Failed to create SubnetManager", 251, v(14, 0), v(14, 1)}, {"Failed to create SubnetManager", 234, v(15, 0), v(16, 3)}, {"Failed to create SubnetManager", 222, v(17, 0), v(17, 0)},
	{"Failed to create SubnetManager", 224, v(18, 0), v(19, 2)}, {"Failed to create SubnetManager", 221, v(20, 0), v(20, 2)}, {"Failed to create SubnetManager", 229, v(22, 0), v(26, 1)},
	{"Failed to create SubnetManager", 228, v(21, 0), v(27, 0)}, {"Failed to create SubnetManager", 227, v(23, 0), v(25, 1)}, {"Failed to create SubnetManager", 226, v(24, 0), v(24, 4)},
	{"Failed to create SubnetManager", 235, v(27, 2), v(27, 2)}, {"Failed to create SubnetManager", 237, v(27, 4), v(28, 2)}, {"Failed to create SubnetManager", 248, v(28, 5), v(28, 8)},
	{"Found network config", 353, v(10, 0), v(10, 0)}, {"Found network config", 386, v(11, 0), v(11, 0)}, {"Found network config", 390, v(12, 0), v(13, 0)}, {"Found network config", 392, v(14, 0), v(14, 1)},
	{"Found network config", 459, v(15, 0), v(16, 3)}, {"Found network config", 454, v(17, 0), v(17, 0)}, {"Found network config", 463, v(18, 0), v(18, 1)}, {"Found network config", 467, v(19, 0), v(20, 2)},
	{"Found network config", 542, v(21, 0), v(21, 5)}, {"Found network config", 543, v(22, 0), v(22, 3)}, {"Found network config", 541, v(23, 0), v(23, 0)}, {"Found network config", 442, v(25, 0), v(25, 1)},
	{"Found network config", 466, v(26, 0), v(26, 0)}, {"Found network config", 469, v(26, 1), v(26, 1)}, {"Found network config", 468, v(26, 4), v(26, 7)}, {"Found network config", 479, v(27, 0), v(27, 0)},
	{"Found network config", 519, v(27, 2), v(27, 2)}, {"Found network config", 523, v(27, 4), v(28, 2)}, {"Found network config", 534, v(28, 5), v(28, 8)},
}

func v(minor, patch int) fact.Version { return fact.Version{Minor: minor, Patch: patch} }

// releasesOf returns the oldest and the newest release whose main.go writes the message at that line.
func releasesOf(src, text string) (from, to fact.Version) {
	n, ok := strings.CutPrefix(src, "main.go:")
	if !ok {
		return from, to
	}
	line, err := strconv.Atoi(n)
	if err != nil {
		return from, to
	}
	for _, r := range releaseLines {
		if r.line == line && strings.HasPrefix(text, r.message) {
			return r.from, r.to
		}
	}
	return from, to
}

// A Log is what a log says of flannel. The zero value holds no lines.
type Log struct {
	Lines []LogLine // lines that say the same of the same node, ranges and interface address are one
	// Dropped counts different messages that were left out of Lines, since there are more than a thousand.
	Dropped int
}

// ReadLog reads a log, or any text with lines of one, and returns the lines that the catalogue knows. opt.Version and
// opt.Mode mean nothing here. The error is that of a text longer than opt.Limits allows.
func ReadLog(data []byte, opt Options) (Log, error) {
	f, err := source.New(nameOr(opt.Name, "flannel.log"), data, opt.Limits.source())
	if err != nil {
		return Log{}, err
	}
	type key struct {
		id, node        string
		subnet, network netip.Prefix
		address         netip.Addr // of the interface that flannel takes, one of each family
	}
	const most = 1000
	var out Log
	seen := map[key]int{}
	for _, start := range linesWithWords(f.Data) {
		line := f.Data[start:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		l, ok := parseLogLine(string(line[:min(len(line), 16<<10)]))
		if !ok {
			continue
		}
		k := key{l.Symptom.ID, l.Symptom.Node, l.Symptom.Subnet, l.Symptom.Network, netip.Addr{}}
		k.address, _ = hostAddress(l.Symptom)
		if i, ok := seen[k]; ok {
			out.Lines[i].Count++
			continue
		}
		if len(out.Lines) == most {
			out.Dropped++
			continue
		}
		l.Pos, l.Host = f.Position(start+max(bytes.Index(line, []byte(l.Symptom.Message)), 0)), opt.Host // not in line where it had escapes
		seen[k] = len(out.Lines)
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

// linesWithWords returns where the lines start that have one of the catalogue's words, in order. Looking for one word
// after the other in the whole text is much faster than for all of them in each line.
func linesWithWords(data []byte) []int {
	var starts []int
	for _, m := range compiled() {
		for _, word := range m.literals {
			for off := 0; ; {
				i := bytes.Index(data[off:], []byte(word))
				if i < 0 {
					break
				}
				i += off
				starts = append(starts, bytes.LastIndexByte(data[:i], '\n')+1)
				end := bytes.IndexByte(data[i:], '\n')
				if end < 0 {
					break
				}
				off = i + end
			}
		}
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// Statements returns the symptoms among the lines, those of [Trouble] and [Fatal], and what the others settle: the mode
// that flannel runs in, and its release where the line numbers of its messages tell it to the minor version.
func (g Log) Statements() []fact.Statement {
	var out []fact.Statement
	mode, version := false, false
	leases := g.leases()
	for i, l := range g.Lines {
		s := fact.Statement{Component: fact.Flannel, Host: l.Host, Pos: l.Pos}
		if a, link := hostAddress(l.Symptom); a.IsValid() {
			t := s
			t.Role, t.Key, t.Text, t.Addrs = fact.RoleAddress, "interface "+link, a.String(), []netip.Addr{a}
			out = append(out, t)
		}
		if !version && !l.From.IsZero() && l.From.Minor == l.To.Minor {
			version = true
			t := s
			t.Role, t.Setting, t.Key, t.Text = fact.RoleSetting, fact.SettingVersion, l.Source, l.From.String()
			out = append(out, t)
		}
		if l.Level == Notice {
			switch l.Symptom.ID {
			case "mode-kube", "mode-etcd":
				if !mode {
					mode = true
					s.Role, s.Setting, s.Key, s.Bool, s.Text = fact.RoleSetting, fact.SettingKubeSubnetMgr, "log", l.Symptom.ID == "mode-kube", l.Symptom.Message
					out = append(out, s)
				}
			case "lease-allocated", "lease-reused", "lease-acquired":
				if slices.Contains(leases, i) {
					s.Role, s.Key, s.Text, s.Prefixes = fact.RoleNodePods, "lease", l.Symptom.Subnet.String(), []netip.Prefix{l.Symptom.Subnet}
					out = append(out, s)
				}
			}
			continue
		}
		y := l.Symptom
		if y.Node != "" && s.Host == "" {
			s.Host = y.Node
		}
		s.Role, s.Key, s.Text, s.Symptom = fact.RoleSymptom, y.ID, y.Message, &y
		out = append(out, s)
	}
	return out
}

// leases returns the lines that tell the subnets which hosts hold in etcd, the last of each host and family. Subnets of
// Node objects are none of them, and a log of no known host tells nothing.
func (g Log) leases() []int {
	type key struct {
		host string
		v4   bool
	}
	last := map[key]int{}
	for i, l := range g.Lines {
		switch l.Symptom.ID {
		case "mode-kube":
			return nil
		case "lease-allocated", "lease-reused", "lease-acquired":
			if p := l.Symptom.Subnet; l.Host != "" && p.IsValid() {
				last[key{l.Host, p.Addr().Is4()}] = i
			}
		}
	}
	return slices.Sorted(maps.Values(last))
}

// usingLink is what flannel says of the host's interface and address that it takes.
var usingLink = regexp.MustCompile(`^Using interface with name (\S+) and (?:v6 )?address (\S+)`)

// hostAddress returns the address that the host has on the interface which flannel took, and the interface. Those that
// container networks make themselves are no hosts' addresses.
func hostAddress(y fact.Symptom) (netip.Addr, string) {
	m := usingLink.FindStringSubmatch(y.Message)
	if m == nil {
		return netip.Addr{}, ""
	}
	for _, p := range []string{"lo", "cni", "flannel", "docker", "br-", "virbr", "veth", "cali", "tunl", "vxlan", "kube", "cilium", "weave"} {
		if strings.HasPrefix(m[1], p) {
			return netip.Addr{}, ""
		}
	}
	a, err := netip.ParseAddr(m[2])
	if err != nil {
		return netip.Addr{}, ""
	}
	return a, m[1]
}
