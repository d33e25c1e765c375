package kubectl

import (
	"path"
	"slices"
	"strings"
)

// columnPaths are the heads that kubectl's own tables have for what custom columns show, by the end of their path.
// Earlier rows win.
var columnPaths = []struct{ path, head string }{
	{".metadata.name", "NAME"}, {".metadata.namespace", "NAMESPACE"}, {".spec.podCIDRs[1]", "-"}, {".spec.podCIDR", "PODCIDR"},
	{".status.addresses", "INTERNAL-IP"}, {".spec.clusterIP", "CLUSTER-IP"}, {".spec.cidrs", "CIDRS"},
	{".status.nodeInfo.kubeletVersion", "VERSION"}, {".status.podIP", "IP"}, {".spec.nodeName", "NODE"},
	{".status.phase", "STATUS"}, {"/public-ip", publicIPHead},
}

// publicIPHead is the head of the column that shows the address by which flannel reaches a node.
const publicIPHead = "PUBLIC-IP"

// A query is what a command line tells of the table that it printed. The zero query tells nothing.
type query struct {
	heads map[string]string // kubectl's heads by those of custom columns
	order []string          // the same, as the columns stand
	kind  string            // what was asked for, as typed: "nodes", "no"
	plain bool              // without heads
	wide  bool              // -o wide
	every bool              // of all namespaces
}

// queryOf returns what a command line of kubectl tells; argv is without sudo and its like.
func queryOf(argv []string) query {
	var s query
	if len(argv) == 0 {
		return s
	}
	switch path.Base(argv[0]) {
	case "kubectl", "oc", "k", "k3s", "rke2", "microk8s", "kubecolor":
	default:
		return s
	}
	for i := 1; i < len(argv); i++ {
		if argv[i] == "get" && i+1 < len(argv) {
			rest := argv[i+1:]
			for len(rest) > 1 && strings.HasPrefix(rest[0], "-") {
				rest = rest[1+min(1, strings.Count("-n -o -l", rest[0])):]
			}
			if len(rest) > 0 {
				s.kind, _, _ = strings.Cut(rest[0], "/")
			}
		}
		switch a := argv[i]; a {
		case "--no-headers", "--no-headers=true":
			s.plain = true
		case "-owide", "-o=wide", "--output=wide", "wide":
			s.wide = true
		case "-A", "--all-namespaces":
			s.every = true
		}
		if _, columns, ok := strings.Cut(argv[i], "custom-columns="); ok {
			s.heads = map[string]string{}
			for c := range strings.SplitSeq(columns, ",") {
				if head, at, ok := strings.Cut(c, ":"); ok {
					s.heads[head] = headOf(at)
					s.order = append(s.order, s.heads[head])
				}
			}
		}
	}
	return s
}

// headsOf are the heads of kubectl's own tables, without and with -o wide.
var headsOf = map[string][2]string{
	"nodes":    {"NAME STATUS ROLES AGE VERSION", "NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE"},
	"pods":     {"NAME READY STATUS RESTARTS AGE", "NAME READY STATUS RESTARTS AGE IP NODE"},
	"services": {"NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE", "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR"},
}

// unheaded returns the columns of a table that was asked for without heads, and custom columns, whose head may be cut
// off: a head that is there counts. nil where the text is another.
func (s query) unheaded() []column {
	if len(s.order) > 0 {
		return squeezed(s.order)
	}
	if !s.plain {
		return nil
	}
	kind := strings.ToLower(s.kind)
	switch kind {
	case "no", "node":
		kind = "nodes"
	case "po", "pod":
		kind = "pods"
	case "svc", "service":
		kind = "services"
	}
	row, ok := headsOf[kind]
	if !ok {
		return nil
	}
	heads := row[0]
	if s.wide {
		heads = row[1]
	}
	if s.every && kind != "nodes" {
		heads = "NAMESPACE " + heads
	}
	return squeezed(strings.Fields(heads))
}

func squeezed(heads []string) []column {
	var cols []column
	for _, h := range heads {
		cols = append(cols, column{h, -1})
	}
	return cols
}

// headOf returns kubectl's head of the column that shows what stands at a path, "-" where there is none.
func headOf(at string) string {
	at = strings.ReplaceAll(strings.Trim(at, "{}' "), "items[*]", "")
	for _, c := range columnPaths {
		if strings.Contains(at, c.path) {
			return c.head
		}
	}
	return "-"
}

// ofNodes reports whether nodes were asked for, or nothing is known of that.
func (s query) ofNodes() bool {
	switch strings.ToLower(s.kind) {
	case "", "no", "node", "nodes":
		return true
	}
	return false
}

// header gives the columns of a head that the command line tells the names that kubectl's own tables have; nil where
// the line is not that head.
func (s query) header(line string) []column {
	if len(s.heads) == 0 || len(line) > 1000 {
		return nil
	}
	var cols []column
	for _, at := range wordAt.FindAllStringIndex(line, -1) {
		head, ok := s.heads[line[at[0]:at[1]]]
		if !ok {
			return nil
		}
		if slices.ContainsFunc(cols, func(c column) bool { return c.name == head }) {
			head = "-"
		}
		cols = append(cols, column{head, at[0]})
	}
	return cols
}
