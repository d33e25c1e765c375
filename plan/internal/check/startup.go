package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// startup asks the start-up rules of the real programs what they would refuse, and adds what no other rule has found, and to
// those that one has found, which program refuses it.
func (c *checker) startup() {
	for _, k := range c.controllers {
		if k.src.comp == fact.Operator {
			continue
		}
		if k.predicted {
			c.kubeadmRefusals(k)
			continue
		}
		f := k.flags()
		f.Controllers = nil
		if !k.ipam {
			f.Controllers = []string{"*", "-nodeipam", "-node-ipam-controller"}
		}
		c.refusals(f.Refusals(k.release), k.release, c.view.releaseNote(k.src), k.host, func(field string) *fact.Statement {
			switch {
			case strings.Contains(field, "mask-size-ipv4") && k.masks[fact.SettingNodeMaskIPv4] != nil:
				return k.masks[fact.SettingNodeMaskIPv4]
			case strings.Contains(field, "mask-size-ipv6") && k.masks[fact.SettingNodeMaskIPv6] != nil:
				return k.masks[fact.SettingNodeMaskIPv6]
			case strings.Contains(field, "mask-size") && k.masks[fact.SettingNodeMask] != nil:
				return k.masks[fact.SettingNodeMask]
			case strings.Contains(field, "allocator"):
				return k.masks[fact.SettingAllocatorType]
			case strings.Contains(field, "service"):
				return k.servedAt
			}
			return k.podsAt
		})
	}
	for _, src := range c.servers {
		f := nodeipam.APIServerFlags{}
		if isStated(src.services) && !src.services.Default {
			f.ServiceClusterIPRange = src.services.Text
		}
		addr, at := advertised(src.addrs)
		if addr.IsValid() {
			f.AdvertiseAddress = addr.String()
		}
		rel := c.view.release(src)
		f.FeatureGates = gatesFor(rel, f.ServiceClusterIPRange)
		c.refusals(f.Refusals(rel), rel, c.view.releaseNote(src), src.host, func(field string) *fact.Statement {
			if strings.Contains(field, "advertise") {
				return at
			}
			return src.services
		})
	}
}

// flags returns the flags that k has, as its statements tell them.
func (k *managerView) flags() nodeipam.ControllerFlags {
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: k.allocate}
	if isStated(k.podsAt) {
		f.ClusterCIDR = k.podsAt.Text
	}
	if isStated(k.servedAt) {
		f.ServiceClusterIPRange = k.servedAt.Text
	}
	mask := func(s fact.Setting) int {
		if st := k.masks[s]; st != nil && st.Err == nil {
			return st.Int
		}
		return 0
	}
	f.NodeCIDRMaskSize, f.NodeCIDRMaskSizeIPv4, f.NodeCIDRMaskSizeIPv6 = mask(fact.SettingNodeMask), mask(fact.SettingNodeMaskIPv4), mask(fact.SettingNodeMaskIPv6)
	if s := k.masks[fact.SettingAllocatorType]; s != nil {
		f.CIDRAllocatorType, f.CIDRAllocatorEmpty = s.Text, s.Text == ""
	}
	f.FeatureGates = gatesFor(k.release, f.ClusterCIDR+f.ServiceClusterIPRange)
	return f
}

// gatesFor returns the feature gates to assume: statements do not tell them, and a list of two ranges before 1.23 is written by
// somebody who switched dual-stack on.
func gatesFor(v fact.Version, ranges string) nodeipam.Gates {
	if strings.Contains(ranges, ",") && v.Before(fact.V(1, 23, 0)) {
		return nodeipam.Gates{"IPv6DualStack": true, "EndpointSlice": true}
	}
	return nil
}

// kubeadmRefusals asks what kubeadm refuses of its configuration.
func (c *checker) kubeadmRefusals(k *managerView) {
	n := nodeipam.KubeadmNetworking{}
	var pods, services, addr *fact.Statement
	for _, src := range c.kubeadms {
		for _, s := range src.pods {
			if isStated(s) && pods == nil {
				pods, n.PodSubnet = s, s.Text
			}
		}
		if isStated(src.services) && !src.services.Default && services == nil {
			services, n.ServiceSubnet = src.services, src.services.Text
		}
		if a, s := advertised(src.addrs); s != nil && addr == nil {
			addr, n.AdvertiseAddress = s, a.String()
		}
	}
	for _, src := range c.extraArgs {
		for _, s := range slices.Concat(src.pods, []*fact.Statement{src.services}) {
			if isStated(s) {
				addArg(&n, src.comp, s, s.Text)
			}
		}
		for _, set := range []fact.Setting{fact.SettingAllocate, fact.SettingNodeMask, fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6} {
			if s := src.set[set]; s != nil {
				addArg(&n, src.comp, s, quoted(s))
			}
		}
	}
	if n.PodSubnet == "" && n.ServiceSubnet == "" {
		return
	}
	n.FeatureGates = gatesFor(k.release, n.PodSubnet+n.ServiceSubnet)
	c.refusals(n.Refusals(k.release), k.release, c.view.releaseNote(k.src), k.host, func(field string) *fact.Statement {
		field = strings.ToLower(field)
		switch {
		case strings.Contains(field, "service"):
			return services
		case strings.Contains(field, "advertise"):
			return addr
		}
		return cmp.Or(pods, k.podsAt)
	})
}

// addArg adds an extra argument, whose name is the last word of its key.
func addArg(n *nodeipam.KubeadmNetworking, comp fact.Component, s *fact.Statement, value string) {
	words := strings.Fields(s.Key)
	if len(words) == 0 {
		return
	}
	a := nodeipam.Arg{Name: words[len(words)-1], Value: value}
	if comp == fact.APIServer {
		n.APIServerArgs = append(n.APIServerArgs, a)
	} else {
		n.ControllerManagerArgs = append(n.ControllerManagerArgs, a)
	}
}

// refusals adds what programs refuse.
func (c *checker) refusals(rs []nodeipam.Refusal, v fact.Version, note, host string, at func(field string) *fact.Statement) {
	for _, r := range rs {
		if r.Rule == fact.RuleNodeMaskFlagRefused {
			r.Rule = fact.RuleNodeMaskFlagIgnored // one rule for mask flags that do not do what they were written for
		}
		s := at(r.Field)
		if f := c.sameFault(r, s); f != nil {
			if !slices.Contains(f.RefusedBy, r.Program) {
				f.RefusedBy = append(f.RefusedBy, r.Program)
			}
			// The same fault at another place.
			if s != nil && s.Pos.IsValid() && !isAt(f, s.Pos) {
				f.Where = cutPlaces(append(f.Where, placeOf(s, r.Field+" "+writes(s))))
				if host != "" {
					f.Subjects = mergeNames(f.Subjects, []string{host})
				}
			}
			continue
		}
		f := fact.Finding{Rule: r.Rule, Severity: fact.Error, RefusedBy: []fact.Component{r.Program}}
		f.Message = fmt.Sprintf("%s %v does not take %s %q: %s%s", r.Program, v, r.Field, r.BadValue, r.Message, note)
		if s != nil {
			f.Where = []fact.Place{placeOf(s, r.Field+" "+writes(s))}
		}
		if host != "" {
			f.Subjects = []string{host}
		}
		c.add(f)
	}
}

// isAt reports whether f points at the line of pos.
func isAt(f *fact.Finding, pos fact.Position) bool {
	return slices.ContainsFunc(f.Where, func(p fact.Place) bool { return p.File == pos.File && p.Position.Line == pos.Line })
}

// sameFault returns the finding that speaks of what a program refuses in s, nil where there is none: one that points there before others.
// One that is only worth knowing speaks of another place.
func (c *checker) sameFault(r nodeipam.Refusal, s *fact.Statement) *fact.Finding {
	rules := []fact.RuleID{r.Rule}
	switch r.Rule {
	case fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar:
		rules = append(rules, fact.RuleNodeMaskFlagIgnored)
	case fact.RulePodRangeTooSmall:
		rules = append(rules, fact.RuleNodeMaskTooShort)
	case fact.RuleTooManyRanges, fact.RuleAdvertiseAddressWrong:
		rules = append(rules, fact.RuleCIDRMalformed)
	case fact.RuleCIDRMalformed:
		rules = append(rules, fact.RulePodCIDRUnset, fact.RuleFlagRefused)
	}
	var first *fact.Finding
	for _, rule := range rules {
		for _, f := range c.found {
			if f.Rule != rule || f.Severity == fact.Info {
				continue
			}
			if s != nil && isAt(f, s.Pos) {
				return f
			}
			if first == nil {
				first = f
			}
		}
	}
	return first
}
