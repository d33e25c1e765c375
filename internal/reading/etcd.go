package reading

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/kubecidr/kubecidr/flannel"
	"github.com/kubecidr/kubecidr/internal/paste"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var (
	// etcdWrites matches a command that writes flannel's configuration to etcd: etcdctl of v2 and v3, and curl. Groups: the key, the value.
	etcdWrites = []*regexp.Regexp{
		regexp.MustCompile(`\betcdctl\b[^\n;|]*?\s(?:set|mk|put|update)\s+["']?(/[\w./-]+/config)["']?\s+(?:--\s+)?('\{[^']*\}\s*'|"\{(?:[^"\\]|\\.)*\}\s*"|\{\S*\})`),
		regexp.MustCompile(`\bcurl\b[^\n;|]*?/v2/keys(/[\w./-]+/config)\b[^\n;|]*?\bvalue=('\{[^']*\}\s*'|"\{(?:[^"\\]|\\.)*\}\s*"|\{\S*\})`),
	}
	// etcdFields matches a key and its value as etcdctl v3 prints them with -w fields.
	etcdFields = regexp.MustCompile(`(?m)^\s*"Key" : ("(?:[^"\\]|\\.)*")\s*$(?:\n\s*"(?:CreateRevision|ModRevision|Version|Lease)" : .*$)*\n\s*"Value" : ("(?:[^"\\]|\\.)*")\s*$`)
	// leaseKey matches the key of a lease that a command asks for.
	leaseKey = regexp.MustCompile(`^/[\w./-]*/subnets/[0-9a-fA-F.:]+-\d{1,3}`)
)

// mostEtcd bounds the keys that are read of one part.
const mostEtcd = 10_000

// readEtcd reads flannel's keys of etcd from commands that write them, and from outputs that do not show the key beside its value.
func readEtcd(a *asked) ([]fact.Statement, error) {
	data := a.text.Data
	var out []fact.Statement
	switch {
	case a.seg.Kind == paste.KindOutput && len(a.seg.Command) > 0 && bytes.Contains(data, []byte("PublicIP")):
		for _, w := range a.seg.Command {
			if leaseKey.MatchString(w) && !bytes.Contains(data, []byte("/subnets/")) {
				at := len(data) - len(bytes.TrimLeft(data, " \t\n"))
				out = append(out, a.etcdValue(w, bytes.TrimSpace(data), at)...)
			}
		}
	case bytes.Contains(data, []byte(`"Key" : `)):
		for _, m := range etcdFields.FindAllSubmatchIndex(data, mostEtcd) {
			key, err := strconv.Unquote(string(data[m[2]:m[3]]))
			value, err2 := strconv.Unquote(string(data[m[4]:m[5]]))
			if err == nil && err2 == nil {
				out = append(out, a.etcdValue(key, []byte(value), m[4])...)
			}
		}
	case bytes.Contains(data, []byte("etcdctl")) || bytes.Contains(data, []byte("/v2/keys/")):
		for _, re := range etcdWrites {
			for _, m := range re.FindAllSubmatchIndex(data, mostEtcd) {
				if value := unquoteShell(data[m[4]:m[5]]); !bytes.ContainsAny(value, "$<") && !bytes.Contains(value, []byte("{{")) {
					out = append(out, a.etcdValue(string(data[m[2]:m[3]]), value, m[4])...)
				}
			}
		}
	}
	return out, nil
}

// unquoteShell returns a word of a shell without its quotes.
func unquoteShell(w []byte) []byte {
	switch w[0] {
	case '\'':
		return w[1 : len(w)-1]
	case '"':
		return bytes.ReplaceAll(bytes.ReplaceAll(w[1:len(w)-1], []byte(`\"`), []byte(`"`)), []byte(`\\`), []byte(`\`))
	}
	return w
}

// etcdValue returns what flannel's key in etcd states, whose value stands at an offset of the part: all of it is said to stand there.
func (a *asked) etcdValue(key string, value []byte, offset int) []fact.Statement {
	pos := a.text.Position(offset)
	part, err := source.NewPart(func(int, int) (int, int) { return pos.Line, pos.Column }, a.text.Name, append([]byte(key+"\n"), value...), source.Limits{})
	if err != nil {
		return nil
	}
	d, _ := flannel.ReadSource(part, part.Data, flannel.Options{Name: "etcd", Mode: flannel.Etcd})
	if d == nil {
		return nil
	}
	d.File = a.text.Name
	return d.Statements()
}
