package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// passStartup asks the start-up rules of the real programs; its findings are of the rules below, and of others that it adds programs to.
var passStartup = rule{
	about: fact.Rule{ID: "startup"},
	find:  (*checker).startup,
	after: []fact.RuleID{fact.RuleCIDRMalformed, fact.RulePodCIDRUnset, fact.RuleServiceRangeTooLarge, fact.RuleNodeMaskTooShort, fact.RuleNodeMaskFlagIgnored, fact.RuleIPFamilyMismatch, fact.RuleFeatureGateRefused},
}

var ruleTooManyRanges = rule{
	rank:    90,
	changes: []fact.Component{fact.APIServer, fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleTooManyRanges, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "More ranges than families, or two of one family, in one list",
		Cause:  "Two IPv4 ranges written as a list in the hope that both are used.",
		Effect: "The component does not start.",
		Mend:   "write one range, or one of each family",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/core.go validateCIDRs; cmd/kube-apiserver/app/options/validation.go validateClusterIPFlags, v1.37.2",
	},
	by: "startup",
}

var rulePodRangeTooSmall = rule{
	rank:    120,
	changes: []fact.Component{fact.Kubeadm},
	about: fact.Rule{
		ID: fact.RulePodRangeTooSmall, Severity: fact.Error, Disturbs: fact.DisturbsCluster,
		Title:  "The pod range has fewer addresses than kubeadm asks for",
		Cause:  "A /29 or longer.",
		Effect: "kubeadm refuses it.",
		Mend:   "use a range that holds a subnet for every node, /24 or shorter for IPv4",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateNetworking, v1.37.2",
	},
	by: "startup",
}

var ruleAllocatorTypeUnknown = rule{
	rank:    170,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleAllocatorTypeUnknown, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "--cidr-allocator-type names an allocator that is not there",
		Cause:  "CloudAllocator or an IPAMFrom type kept after the cloud providers left the tree.",
		Effect: "kube-controller-manager does not start.",
		Mend:   "remove the flag, or set RangeAllocator",
		Source: "k8s.io/kubernetes cmd/kube-controller-manager/app/options/options.go Validate, v1.37.2",
	},
	by: "startup",
}

var ruleArgumentWithoutName = rule{
	rank:    190,
	changes: []fact.Component{fact.Kubeadm},
	about: fact.Rule{
		ID: fact.RuleArgumentWithoutName, Severity: fact.Error, Disturbs: fact.DisturbsNothing,
		Title:  "extraArgs of kubeadm with an argument that has no name",
		Cause:  "A list item without name.",
		Effect: "kubeadm refuses the configuration.",
		Mend:   "give the item a name",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateExtraArgs, v1.37.2",
	},
	by: "startup",
}

var ruleDNSDomainInvalid = rule{
	rank:    200,
	changes: []fact.Component{fact.Kubeadm},
	about: fact.Rule{
		ID: fact.RuleDNSDomainInvalid, Severity: fact.Error, Disturbs: fact.DisturbsNothing,
		Title:  "networking.dnsDomain is no DNS subdomain",
		Cause:  "Upper case, underscores, a trailing dot.",
		Effect: "kubeadm refuses the configuration.",
		Mend:   "use lower-case letters, digits, dashes and dots",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go ValidateNetworking, v1.37.2",
	},
	by: "startup",
}

var ruleAdvertiseAddressWrong = rule{
	rank:    210,
	changes: []fact.Component{fact.APIServer},
	about: fact.Rule{
		ID: fact.RuleAdvertiseAddressWrong, Severity: fact.Error, Disturbs: fact.DisturbsComponent,
		Title:  "The advertise address is no IP address",
		Cause:  "A host name, or an address with a mask.",
		Effect: "kubeadm or kube-apiserver does not start.",
		Mend:   "write the IP address alone",
		Source: "k8s.io/kubernetes cmd/kubeadm/app/util/config/initconfiguration.go SetAPIEndpointDynamicDefaults, v1.37.2",
	},
	by: "startup",
}

// startup asks the start-up rules of the real programs what they would refuse, and adds what no other rule has found, and to
// those that one has found, which program refuses it.
func (c *checker) startup() {
	a := asked{}
	for _, k := range c.controllers {
		if k.src.comp == fact.Operator {
			continue
		}
		if k.predicted {
			c.kubeadmRefusals(k, a)
			if len(a[fact.Kubeadm]) == 0 {
				c.predictedServer(k, a)
			}
		}
		f := k.flags()
		if k.podsAt == nil && !k.predicted {
			f.AllocateNodeCIDRs = false // of a line that is cut off: what it allocates from was not seen
		}
		says := fact.ControllerManager
		if k.predicted {
			says = fact.Kubeadm // which passes its gate on
		}
		f.FeatureGates = c.gatesFor(says, k.release, f.ClusterCIDR+f.ServiceClusterIPRange)
		rs := f.Refusals(k.release)
		c.refusals(a.note(fact.ControllerManager, rs), k.release, c.view.releaseNote(k.src), k.host, k.refused)
	}
	c.serverRefusals(a)
	c.takesAll(a)
}

// asked holds what each program was asked about refused.
type asked map[fact.Component][]nodeipam.Refusal

// note takes note of the answer of a program, and returns it.
func (a asked) note(p fact.Component, rs []nodeipam.Refusal) []nodeipam.Refusal {
	a[p] = append(a[p], rs...)
	return rs
}

// answerable are the rules on which a program that was asked has the last word.
var answerable = map[fact.Component][]fact.RuleID{
	fact.APIServer:         {fact.RuleServiceRangeTooSmall, fact.RuleServiceRangeTooLarge, fact.RuleTooManyRanges},
	fact.ControllerManager: {fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleNodeMaskFlagIgnored, fact.RuleTooManyRanges},
	fact.Kubeadm: {
		fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleNodeMaskFlagIgnored, fact.RuleServiceRangeTooSmall, fact.RuleServiceRangeTooLarge,
		fact.RulePodRangeTooSmall, fact.RuleTooManyRanges,
	},
}

// takesAll leaves a program that was asked and refuses nothing out of what refuses the findings about its values.
func (c *checker) takesAll(a asked) {
	for _, f := range c.found {
		f.RefusedBy = slices.DeleteFunc(f.RefusedBy, func(p fact.Component) bool {
			rs, ok := a[p]
			return ok && len(rs) == 0 && slices.Contains(answerable[p], f.Rule)
		})
	}
}

// valueOf is the text of a statement about ranges, as a program is given it.
func valueOf(s *fact.Statement) string {
	if s.Text != "" {
		return s.Text
	}
	return strings.Join(words.Texts(s.Prefixes), ",")
}

// predictedServer asks the kube-apiserver that kubeadm starts from its configuration.
func (c *checker) predictedServer(k *managerView, a asked) {
	s := k.servedAt
	f := nodeipam.APIServerFlags{}
	for _, src := range slices.Concat(c.kubeadms, c.extraArgs) {
		if isStated(src.services) && src.comp != fact.ControllerManager {
			s = src.services
		}
	}
	if s == nil || s.Default {
		return
	}
	f.ServiceClusterIPRange = valueOf(s)
	f.FeatureGates = c.gatesFor(fact.APIServer, k.release, f.ServiceClusterIPRange)
	c.refusals(a.note(fact.APIServer, f.Refusals(k.release)), k.release, c.view.releaseNote(k.src), k.host, func(nodeipam.Refusal) *fact.Statement { return s })
}

// serverRefusals asks each kube-apiserver that a file shows.
func (c *checker) serverRefusals(a asked) {
	for _, src := range c.servers {
		f := nodeipam.APIServerFlags{}
		if isStated(src.services) && !src.services.Default {
			f.ServiceClusterIPRange = valueOf(src.services)
		}
		addr, at := advertised(src.addrs)
		if addr.IsValid() {
			f.AdvertiseAddress = addr.String()
		}
		rel := c.view.release(src)
		f.FeatureGates = c.gatesFor(fact.APIServer, rel, f.ServiceClusterIPRange)
		c.unreachableAddress(src, addr, at)
		c.refusals(a.note(fact.APIServer, f.Refusals(rel)), rel, c.view.releaseNote(src), src.host, func(r nodeipam.Refusal) *fact.Statement {
			if r.Role == fact.RoleAddress {
				return at
			}
			return src.services
		})
	}
}

// unreachableAddress: an address that kube-apiserver cannot write into the endpoints of the Service kubernetes:
// k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go ValidateEndpointIP.
func (c *checker) unreachableAddress(src *sourceView, a netip.Addr, at *fact.Statement) {
	kind := ""
	switch {
	case !a.IsValid() || a.Zone() != "": // or not taken for an address
	case a.IsLoopback():
		kind = "loopback"
	case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast():
		kind = "link-local"
	}
	if kind == "" {
		return
	}
	c.add(fact.Finding{
		Rule: fact.RuleAdvertiseAddressWrong, RefusedBy: []fact.Component{fact.APIServer}, Subjects: subjectsOf(src.host), Args: args("address", a, argHost, src.host),
		Message: fmt.Sprintf("%s is %v, a %s address: the API server does not take it as an endpoint of the Service kubernetes, so that no pod reaches it there", who(at), a, kind),
		Where:   []fact.Place{placeOf(at, "address "+a.String())},
		Effect:  "the Service kubernetes has no endpoints: pods do not reach the API server",
		Fix:     []string{"write the address by which the other hosts reach this one, or leave the flag out: it is that of the default route then"},
	})
}

// refused returns the statement of k that r is about.
func (k *managerView) refused(r nodeipam.Refusal) *fact.Statement {
	switch {
	case r.Role == fact.RoleServices:
		return k.servedAt
	case r.Role != fact.RoleSetting:
		return k.podsAt
	case r.Setting == fact.SettingAllocatorType:
		return k.masks[r.Setting]
	}
	of := map[fact.Setting][]fact.Setting{
		fact.SettingNodeMaskIPv4: {fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6, fact.SettingNodeMask}, // a refusal of both is about the first
		fact.SettingNodeMaskIPv6: {fact.SettingNodeMaskIPv6, fact.SettingNodeMask},
		fact.SettingNodeMask:     {fact.SettingNodeMask},
	}
	for _, s := range of[r.Setting] {
		if k.masks[s] != nil {
			return k.masks[s]
		}
	}
	return k.podsAt
}

// flags returns the flags that k has, as its statements tell them.
func (k *managerView) flags() nodeipam.ControllerFlags {
	f := nodeipam.ControllerFlags{AllocateNodeCIDRs: k.allocate}
	if !k.ipam {
		f.Controllers = []string{"*", "-nodeipam", "-node-ipam-controller"}
	}
	if isStated(k.podsAt) {
		f.ClusterCIDR = valueOf(k.podsAt)
	}
	if isStated(k.servedAt) {
		f.ServiceClusterIPRange = valueOf(k.servedAt)
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
	if k.predicted && k.release.Before(fact.V(1, 20, 0)) && len(familiesOf(k.pods)) == 1 && f.NodeCIDRMaskSize+f.NodeCIDRMaskSizeIPv4+f.NodeCIDRMaskSizeIPv6 == 0 {
		f.NodeCIDRMaskSize, _ = k.mask(fact.FamilyOf(k.pods[0].p)) // which kubeadm writes: see mask
	}
	return f
}

// gatesFor returns the feature gates of a program: those that files state, and where none does the ones to assume. A list of two ranges
// before 1.23 is written by somebody who switched dual-stack on.
func (c *checker) gatesFor(comp fact.Component, v fact.Version, ranges string) nodeipam.Gates {
	if g := c.view.statedGates(comp); g != nil {
		return g
	}
	if strings.Contains(ranges, ",") && v.Before(fact.V(1, 23, 0)) {
		return nodeipam.Gates{"IPv6DualStack": true, "EndpointSlice": true}
	}
	return nil
}

// kubeadmRefusals asks what kubeadm refuses of its configuration.
func (c *checker) kubeadmRefusals(k *managerView, asked asked) {
	n := nodeipam.KubeadmNetworking{}
	var pods, services, addr *fact.Statement
	for _, src := range c.kubeadms {
		for _, s := range src.pods {
			if isStated(s) && pods == nil {
				pods, n.PodSubnet = s, valueOf(s)
			}
		}
		if isStated(src.services) && !src.services.Default && services == nil {
			services, n.ServiceSubnet = src.services, valueOf(src.services)
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
	n.FeatureGates = c.gatesFor(fact.Kubeadm, k.release, n.PodSubnet+n.ServiceSubnet)
	c.refusals(asked.note(fact.Kubeadm, n.Refusals(k.release)), k.release, c.view.releaseNote(k.src), k.host, func(r nodeipam.Refusal) *fact.Statement {
		switch r.Role {
		case fact.RoleServices:
			return services
		case fact.RoleAddress:
			return addr
		}
		return cmp.Or(pods, k.podsAt)
	})
}

// flagOf is the flag of a program of the control plane that s gives a value to.
func flagOf(s *fact.Statement) string {
	switch s.Role {
	case fact.RolePods:
		return "cluster-cidr"
	case fact.RoleServices:
		return "service-cluster-ip-range"
	}
	switch s.Setting {
	case fact.SettingNodeIPAM:
		return "controllers"
	case fact.SettingNodeMask:
		return "node-cidr-mask-size"
	case fact.SettingNodeMaskIPv4:
		return "node-cidr-mask-size-ipv4"
	case fact.SettingNodeMaskIPv6:
		return "node-cidr-mask-size-ipv6"
	}
	return string(s.Setting)
}

// addArg adds an extra argument.
func addArg(n *nodeipam.KubeadmNetworking, comp fact.Component, s *fact.Statement, value string) {
	a := nodeipam.Arg{Name: flagOf(s), Value: value}
	if comp == fact.APIServer {
		n.APIServerArgs = append(n.APIServerArgs, a)
	} else {
		n.ControllerManagerArgs = append(n.ControllerManagerArgs, a)
	}
}

// refusals adds what programs refuse.
func (c *checker) refusals(rs []nodeipam.Refusal, v fact.Version, note, host string, at func(nodeipam.Refusal) *fact.Statement) {
	for _, r := range rs {
		s := at(r)
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
		f.Args = args("refusal", r.ID, "program", r.Program, "release", v, "field", r.Field, "value", r.BadValue, argHost, host)
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
	case fact.RuleTooManyRanges:
		rules = append(rules, fact.RuleCIDRMalformed, fact.RuleFeatureGateMissing)
	case fact.RuleAdvertiseAddressWrong:
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
