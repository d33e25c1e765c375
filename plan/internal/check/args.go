package check

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// args makes the args of a finding of pairs of a name and a value: a prefix, an address, a statement, nodes, a number and so on. What
// holds several values makes an arg of each; one that is not known makes none.
func args(pairs ...any) []fact.Arg {
	var out []fact.Arg
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		out = append(out, argsOf(name, pairs[i+1])...)
	}
	return out
}

func argsOf(name string, value any) []fact.Arg {
	var out []fact.Arg
	switch v := value.(type) {
	case netip.Prefix:
		if v.IsValid() {
			out = append(out, fact.Arg{Name: name, Prefix: v.Masked()})
		}
	case netip.Addr:
		if v.IsValid() {
			out = append(out, fact.Arg{Name: name, Addr: v})
		}
	case held:
		out = argsOf(name, v.p)
	case []held:
		for _, h := range v {
			out = append(out, argsOf(name, h.p)...)
		}
	case *fact.Statement:
		out = statementArgs(name, v)
	case *nodeView:
		if v != nil {
			out = argsOf(name, v.name)
		}
	case []*nodeView:
		out = argsOf(name, nodeNames(v))
	case []string:
		for _, s := range v {
			out = append(out, argsOf(name, s)...)
		}
	case string:
		if v != "" {
			out = append(out, fact.Arg{Name: name, Text: v})
		}
	case int:
		out = append(out, fact.Arg{Name: name, Number: v})
	case fact.Version:
		if !v.IsZero() {
			out = append(out, fact.Arg{Name: name, Version: v})
		}
	case fact.Component:
		out = append(out, fact.Arg{Name: name, Component: v})
	default:
		out = argsOf(name, fmt.Sprint(v))
	}
	return out
}

// statementArgs returns the values of s, its text where there are none.
func statementArgs(name string, s *fact.Statement) []fact.Arg {
	if s == nil {
		return nil
	}
	var out []fact.Arg
	for _, h := range heldBy(s) {
		out = append(out, argsOf(name, h.p)...)
	}
	for _, a := range s.Addrs {
		out = append(out, argsOf(name, a)...)
	}
	switch {
	case out != nil:
	case s.Text == "" && s.Role == fact.RoleSetting && s.Int != 0:
		out = argsOf(name, s.Int)
	default:
		out = argsOf(name, quoted(s))
	}
	return out
}

// names reports whether the message of f spells out the node, of several of one kind the first ones.
func names(f *fact.Finding, node string) bool {
	seen := map[string]int{}
	for _, a := range f.Args {
		if a.Name != argNode && a.Name != argHost {
			continue
		}
		if seen[a.Name]++; seen[a.Name] <= words.Shown && a.Text == node {
			return true
		}
	}
	return false
}

// Names of args that are looked for.
const (
	argNode = "node"
	argHost = "host"
	argPods = "pods" // a range of pods that a finding compares with
)

// hasArg reports whether f is about the prefix under that name.
func hasArg(f *fact.Finding, name string, p netip.Prefix) bool {
	return slices.Contains(f.Args, fact.Arg{Name: name, Prefix: p})
}
