package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// has reports whether the node is registered with the address.
func (n *nodeView) has(a netip.Addr) bool {
	return slices.ContainsFunc(n.addrs, func(s *fact.Statement) bool { return slices.Contains(s.Addrs, a) })
}

// mixedBackends: nodes that flannel has registered with another backend than others, or than its configuration says. Each backend
// leaves out the leases of another.
func (c *checker) mixedBackends() {
	if c.ownIPAM() {
		return
	}
	by := map[string][]*fact.Statement{}
	var order []string
	registered := false
	for _, s := range c.all {
		if s.Component != fact.Flannel || s.Setting != fact.SettingBackend || s.Default || s.Overridden || s.Text == "" {
			continue
		}
		registered = registered || s.Host != "" && c.nodeOf(s.Host) != nil
		t := strings.ToLower(s.Text)
		if by[t] == nil {
			order = append(order, t)
		}
		by[t] = append(by[t], s)
	}
	if len(by) < 2 || !registered {
		return // two files for two clusters, or an earlier version of one
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(by[b]) - len(by[a]) })
	f := fact.Finding{Rule: fact.RuleFlannelBackendMixed, Severity: fact.Warning}
	var parts []string
	for _, t := range order {
		var of []string
		for i, s := range by[t] {
			name := s.Host
			if name == "" {
				name = "net-conf.json"
			}
			of = append(of, name)
			if i < 2 {
				f.Where = append(f.Where, placeOf(s, "backend "+s.Text))
			}
			if t != order[0] && s.Host != "" {
				f.Subjects = append(f.Subjects, s.Host)
			}
		}
		parts = append(parts, t+" ("+words.NameList(mergeNames(nil, of))+")")
	}
	f.Args = args("backend", order, argHost, f.Subjects)
	f.Message = fmt.Sprintf("flannel is registered with several backends: %s; a node makes no routes to those with another one", words.NameList(parts))
	f.Fix = []string{c.restartFlannel()}
	c.add(f)
}
