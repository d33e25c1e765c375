package shapes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A shell is what stands in front of a command on a host; "" is a host without a name.
type shell func(host string) string

func bash(host string) string {
	if host == "" {
		return "$ "
	}
	return "root@" + host + ":~# "
}

func bashUser(host string) string {
	if host == "" {
		return "$ "
	}
	return "ops@" + host + ":/etc/kubernetes$ "
}

func rhel(host string) string {
	if host == "" {
		return "# "
	}
	return "[root@" + host + " ~]# "
}

func zsh(host string) string {
	if host == "" {
		return "% "
	}
	return host + "% "
}

func powershell(string) string { return `PS C:\Users\ops> ` }

// run returns a prompt with a command and what it printed.
func run(s shell, host, command, output string) string {
	return s(host) + command + "\n" + ended(output)
}

// ended returns text with a newline at its end, nothing for nothing.
func ended(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

// yamlText prints as kubectl does: keys sorted, lists at the indent of their key.
func yamlText(v any) string {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if e.Encode(v) != nil || e.Close() != nil {
		return ""
	}
	return b.String()
}

// jsonText prints with indent as kubectl does, on one line where indent is "".
func jsonText(v any, indent string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if e.Encode(v) != nil {
		return ""
	}
	return b.String()
}

func listOf(kind string, items []any) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": kind, "items": items, "metadata": map[string]any{"resourceVersion": ""},
	}
}

// table prints rows under heads, columns three blanks apart, as kubectl does.
func table(rows ...[]string) string {
	width := make([]int, 0)
	for _, row := range rows {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s", width[i]+3, cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// indented returns text with a prefix in front of each line.
func indented(prefix, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix + line)
	}
	return b.String()
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// orNone returns s, or what kubectl prints for nothing.
func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}

// controlPlaneName matches what people call a control plane.
var controlPlaneName = regexp.MustCompile(`^(k8s-|kube-)?(m|cp|master|server|control|controller|control-plane)[-\d]*$`)

// controlPlane returns the host of the control plane: the one that a file tells, the Node that is called so, the
// first Node.
func (f Facts) controlPlane() string {
	for _, p := range f.Processes {
		if p.Host != "" {
			return p.Host
		}
	}
	for _, n := range f.Nodes {
		if controlPlaneName.MatchString(n.Name) {
			return n.Name
		}
	}
	if len(f.Nodes) > 0 {
		return f.Nodes[0].Name
	}
	return "m1"
}

// hostFor returns host, or the control plane where it is not known.
func (f Facts) hostFor(host string) string {
	if host == "" {
		return f.controlPlane()
	}
	return host
}

// address returns the first InternalIP of a Node, "" where there is none.
func (f Facts) address(host string) string {
	for _, n := range f.Nodes {
		if n.Name == host && len(n.InternalIPs) > 0 {
			return n.InternalIPs[0]
		}
	}
	return ""
}

// hosts returns the hosts of processes in the order of their files, each once.
func hostsOf(ps []Process) []string {
	var out []string
	for _, p := range ps {
		if !slices.Contains(out, p.Host) {
			out = append(out, p.Host)
		}
	}
	return out
}

// on returns the processes of a host.
func on(ps []Process, host string) []Process {
	return slices.DeleteFunc(slices.Clone(ps), func(p Process) bool { return p.Host != host })
}

// under returns name in a folder of host, name alone where the host is not known.
func under(host, name string) string { return strings.TrimPrefix(path.Join(host, name), "/") }

// version returns the tag of an image, "" without one.
func version(image string) string {
	_, tag, ok := strings.Cut(path.Base(image), ":")
	if !ok {
		return ""
	}
	return tag
}

// hash returns n hexadecimal digits that depend on s alone.
func hash(s string, n int) string {
	h := uint64(14695981039346656037) // FNV-1a
	var b strings.Builder
	for b.Len() < n {
		for _, c := range []byte(s) {
			h = (h ^ uint64(c)) * 1099511628211
		}
		fmt.Fprintf(&b, "%016x", h)
	}
	return b.String()[:n]
}
