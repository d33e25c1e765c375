package kubectl

import (
	"encoding/json"
	"strings"

	"github.com/kubecidr/kubecidr/kubeadm/internal/scalar"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// serverFlags are the flags of k3s and RKE2 that name ranges, and what counts without them on hosts that have IPv4
// only:
// github.com/k3s-io/k3s pkg/cli/cmds/server.go, pkg/cli/server/server.go.
var serverFlags = []struct {
	flag, passed string // as the programs that are run within get it
	role         fact.Role
	byDefault    string
	to           []fact.Component
	off          []string // that keep these programs from running
	arg          string   // by which the flag may be passed on besides
}{
	{"--cluster-cidr", "cluster-cidr", fact.RolePods, "10.42.0.0/16", []fact.Component{fact.ControllerManager}, []string{"--disable-controller-manager"}, "--kube-controller-manager-arg"},
	{"--service-cidr", "service-cluster-ip-range", fact.RoleServices, "10.43.0.0/16", []fact.Component{fact.APIServer}, []string{"--disable-apiserver"}, "--kube-apiserver-arg"},
}

// nodeArgs returns the flags that a server of k3s or RKE2 leaves at its Node, those of its configuration file among
// them, and the annotation; nil for agents and other nodes. pkg/nodeconfig/nodeconfig.go getNodeArgs.
func (n Node) nodeArgs() (map[string][]string, fact.Value[string]) {
	for _, key := range []string{"k3s.io/node-args", "rke2.io/node-args"} {
		v := n.annotation(key)
		var words []string
		if !v.IsSet() || json.Unmarshal([]byte(v.Text), &words) != nil || len(words) == 0 || words[0] != "server" {
			continue
		}
		flags := map[string][]string{}
		for i, w := range words[1:] {
			name, value, ok := strings.Cut(w, "=")
			if !strings.HasPrefix(name, "--") {
				continue
			}
			if next := words[i+1:]; !ok && len(next) > 1 && !strings.HasPrefix(next[1], "-") {
				value = next[1]
			}
			flags[name] = append(flags[name], value)
		}
		return flags, v
	}
	return nil, fact.Value[string]{}
}

// appendServer states what a server of k3s or RKE2 passes on to the control plane that it runs.
func (n Node) appendServer(out []fact.Statement) []fact.Statement {
	flags, v := n.nodeArgs()
	if flags == nil {
		return out
	}
	for _, f := range serverFlags {
		off := strings.Contains(strings.Join(flags[f.arg], " "), f.passed)
		for _, name := range f.off {
			off = off || flags[name] != nil
		}
		text := strings.Join(flags[f.flag], ",")
		if off || text == "" && strings.Contains(strings.Join(flags["--node-ip"], ","), ":") {
			continue
		}
		for _, c := range f.to {
			s := fact.Statement{Component: c, Host: n.Name.V, Pos: v.Pos, Role: f.role, Key: f.flag, Text: text}
			if text == "" {
				s.Text, s.Default = f.byDefault, true
			}
			s.Prefixes, s.Err = scalar.ParsePrefixes(s.Text)
			out = append(out, s)
			if c == fact.ControllerManager {
				out = append(out, fact.Statement{Component: c, Host: n.Name.V, Pos: v.Pos, Role: fact.RoleSetting,
					Setting: fact.SettingAllocate, Key: "--allocate-node-cidrs", Text: "true", Bool: true, Default: true})
			}
		}
	}
	return out
}
