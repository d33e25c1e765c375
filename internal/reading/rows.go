package reading

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/kubeadm/kubectl"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var (
	nodeNameKey = regexp.MustCompile(`(?i)^(?:node|node_?name|name|host|host_?name)$`)
	podCIDRKey  = regexp.MustCompile(`(?i)^(?:node_?)?(?:pod|node)?_?(?:cidrs?|subnets?)$`)
	hostIPKey   = regexp.MustCompile(`(?i)^(?:internal_?ip|node_?ip|host_?ip|ip|addr|address)$`)
)

// readRows reads what a filter such as jq leaves of Nodes: objects with a name and a CIDR, or lists of them.
func readRows(a *asked) ([]fact.Statement, error) {
	if !ofNodes(a.seg.Command) || bytes.Contains(a.text.Data, []byte("apiVersion")) || bytes.IndexByte(a.text.Data, '"') < 0 {
		return nil, nil
	}
	var nodes []kubectl.Node
	if list := listRow.FindAllSubmatchIndex(a.text.Data, -1); list != nil {
		nodes = a.listRows(list)
	} else if docs, err := a.text.YAML(); err == nil {
		for _, d := range docs {
			nodes = rowsOf(nodes, d, 0)
		}
	}
	return kubectl.NodeStatements(nodes), nil
}

// listRow matches a line that is a list of a name and CIDRs, of which each line of an output holds one.
var listRow = regexp.MustCompile(`(?m)^\["([a-z0-9][-a-z0-9.]*)",((?:"?[0-9a-fA-F.:/]+"?,?|\[|\]|null)*)\][ \t]*$`)

// listRows returns the nodes of such lines.
func (a *asked) listRows(list [][]int) []kubectl.Node {
	var nodes []kubectl.Node
	for _, m := range list {
		name := string(a.text.Data[m[2]:m[3]])
		if !isNodeName(name) {
			continue
		}
		row := kubectl.Node{Name: fact.Value[string]{V: name, Text: name, Pos: a.text.Position(m[2])}, Spec: a.text.Position(m[0])}
		for _, w := range cidrIn.FindAllIndex(a.text.Data[m[4]:m[5]], -1) {
			text := string(a.text.Data[m[4]+w[0] : m[4]+w[1]])
			if p, err := cidr.ParseLenient(text); err == nil {
				row.PodCIDRs = append(row.PodCIDRs, fact.Value[netip.Prefix]{V: p, Text: text, Pos: a.text.Position(m[4] + w[0])})
			}
		}
		if len(row.PodCIDRs) > 0 {
			row.PodCIDR = row.PodCIDRs[0]
		}
		nodes = append(nodes, row)
	}
	return nodes
}

var cidrIn = regexp.MustCompile(`[0-9a-fA-F.:]+/\d{1,3}`)

// ofNodes reports whether a command asks for Nodes.
func ofNodes(argv []string) bool {
	if !ofCluster(argv) || !slices.Contains(argv, "get") {
		return false
	}
	return slices.ContainsFunc(argv, func(w string) bool {
		w, _, _ = strings.Cut(w, "/")
		return w == "node" || w == "nodes" || w == "no"
	})
}

// rowsOf appends the nodes that n shows.
func rowsOf(nodes []kubectl.Node, n *source.Node, depth int) []kubectl.Node {
	if n == nil || depth > 2 {
		return nodes
	}
	var row kubectl.Node
	for _, e := range n.Entries {
		v := e.Value
		switch {
		case nodeNameKey.MatchString(e.Key) && !row.Name.IsSet() && isNodeName(v.Str()):
			row.Name = v.Value()
		case podCIDRKey.MatchString(e.Key):
			row.Spec = fact.Position(e.KeyPos)
			row.PodCIDRs = append(row.PodCIDRs, cidrsOf(v)...)
		case hostIPKey.MatchString(e.Key):
			if ip, err := netip.ParseAddr(v.Str()); err == nil {
				row.Addresses = append(row.Addresses, kubectl.NodeAddress{Type: "InternalIP", Addr: fact.Value[netip.Addr]{V: ip, Text: v.Str(), Pos: fact.Position(v.Pos)}})
			}
		}
	}
	for i, it := range n.Items {
		switch {
		case i == 0 && isNodeName(it.Str()):
			row.Name, row.Spec = it.Value(), fact.Position(n.Pos)
		case row.Name.IsSet():
			row.PodCIDRs = append(row.PodCIDRs, cidrsOf(it)...)
		default:
			nodes = rowsOf(nodes, it, depth+1)
		}
	}
	if !row.Name.IsSet() || !row.Spec.IsValid() && len(row.Addresses) == 0 {
		return nodes
	}
	if len(row.PodCIDRs) > 0 {
		row.PodCIDR = row.PodCIDRs[0]
	}
	return append(nodes, row)
}

// cidrsOf returns the CIDRs of a text, or of a list of texts.
func cidrsOf(n *source.Node) []fact.Value[netip.Prefix] {
	var out []fact.Value[netip.Prefix]
	for _, it := range append([]*source.Node{n}, n.Items...) {
		if p, err := cidr.ParseLenient(it.Str()); err == nil && strings.Contains(it.Str(), "/") {
			v := fact.Value[netip.Prefix]{V: p, Text: it.Str(), Pos: fact.Position(it.Pos)}
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// isNodeName reports whether s can be the name of a Node: no address, no path.
func isNodeName(s string) bool {
	_, err := netip.ParseAddr(s)
	return err != nil && nodeName.MatchString(s)
}

var nodeName = regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$`)
