package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A sighting is one symptom with every place where it was seen.
type sighting struct {
	s      *fact.Statement
	places []fact.Place
	count  int
}

// sightings returns the symptoms, equal ones together.
func (c *checker) sightings() []*sighting {
	type key struct {
		comp            fact.Component
		id, msg, node   string
		subnet, network netip.Prefix
	}
	index := map[key]*sighting{}
	var out []*sighting
	for _, s := range c.view.symptoms {
		y := s.Symptom
		k := key{s.Component, y.ID, y.Message, y.Node, y.Subnet, y.Network}
		g := index[k]
		if g == nil {
			g = &sighting{s: s}
			index[k] = g
			out = append(out, g)
		}
		g.count++
		if len(g.places) < maxPlaces {
			g.places = append(g.places, placeOf(s, ""))
		}
	}
	return out
}

// line tells a sighting in one line, with the place where it was seen first.
func (g *sighting) line() string {
	var b strings.Builder
	if p := g.s.Pos.String(); p != "" {
		b.WriteString(p + ": ")
	}
	b.WriteString(strings.TrimSpace(g.s.Symptom.Message))
	if g.count > 1 {
		fmt.Fprintf(&b, " (%d times)", g.count)
	}
	return b.String()
}

// selfEvident are the rules that a message of the real program proves by itself: it names what it refused.
func selfEvident() []fact.RuleID {
	return []fact.RuleID{
		fact.RuleKubeadmFlagsMixed, fact.RuleKubeadmKeyMisplaced, fact.RuleClusterCIDRExhausted, fact.RuleFlannelNetworkMismatch, fact.RulePodCIDROutsideClusterCIDR,
		fact.RuleNodeMaskTooShort, fact.RuleNodeMaskTooFar, fact.RuleNodeMaskFlagIgnored, fact.RuleServiceRangeTooLarge, fact.RuleServiceRangeTooSmall,
		fact.RuleIPFamilyMismatch, fact.RulePodCIDRFamilyMissing, fact.RuleFlannelIPv6Disabled, fact.RuleDualStackIPv6First, fact.RuleNodeSubnetDuplicate,
		fact.RuleNetConfMalformed, fact.RuleNetConfMissing, fact.RuleNetConfSubnetRangeInvalid, fact.RuleCIDRMalformed, fact.RuleServiceRangeMismatch,
		fact.RuleControlPlaneFlagsDiffer, fact.RulePodCIDRUnset, fact.RuleAllocateNodeCIDRsOff, fact.RuleSubnetEnvMismatch, fact.RulePodCIDRMissing,
		"flannel-backend-unknown", fact.RuleTooManyRanges, fact.RuleAllocatorTypeUnknown, fact.RulePodRangeTooSmall, fact.RuleArgumentWithoutName,
	}
}

// networkRefuses is the message of a program of a network other than flannel that stops, or takes no such range.
const networkRefuses = "network-refuses"

// networkWaits is the message of one that waits for a subnet of its node.
const networkWaits = "network-waits"

// serviceOutside is the message of kube-apiserver about a Service that has an address outside of the range.
const serviceOutside = "service-ip-outside-range"

// proves reports whether a message of comp shows by itself that the rule is broken: the program names what it refused.
// What kubelet and kube-proxy say is seen on healthy clusters too, while they start.
func proves(comp fact.Component, y *fact.Symptom, rule fact.RuleID) bool {
	switch comp {
	case fact.Flannel, fact.ControllerManager, fact.Kubeadm:
	case fact.APIServer:
		if rule == fact.RuleClusterDNSOutside {
			return true
		}
	default:
		return y.ID == networkRefuses // it names the ranges that it does not take
	}
	if comp == fact.Kubeadm && rule == fact.RuleKubeProxyMismatch {
		return true
	}
	switch y.ID {
	case "cidr-assignment-failed", "podcidr-immutable", "peer-unusable", "route-not-added", "net-conf-unavailable", "servers-differ-unsaid", serviceOutside:
		return false // trouble that may pass, or of another making
	}
	if rule == fact.RuleNodeSubnetDuplicate {
		return false
	}
	return slices.Contains(selfEvident(), rule)
}

var ruleSymptomUnexplained = rule{
	rank: 490,
	about: fact.Rule{
		ID: fact.RuleSymptomUnexplained, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "A message about addresses whose cause no given file shows",
		Cause:  "The file that would show it was not given, or the cause is nothing that these files hold, such as a kernel module.",
		Effect: "See the message.",
		Mend:   "add the file that is named",
		Source: "the catalogues of messages in the packages kubeadm and flannel",
	},
	find:  (*checker).symptomLines,
	after: []fact.RuleID{everything},
}

var ruleSymptomPast = rule{
	rank: 700,
	about: fact.Rule{
		ID: fact.RuleSymptomPast, Severity: fact.Info, Disturbs: fact.DisturbsComponent,
		Title:  "A message about a state of the cluster that the given files no longer show",
		Cause:  "The cause was fixed, and the program was not restarted since, or the log is old.",
		Effect: "None, or a program that wants a restart.",
		Mend:   "restart the program that still says so",
		Source: "the given files",
	},
	by: fact.RuleSymptomUnexplained,
}

// symptomLines gives each symptom a cause, or lets it stand for itself.
func (c *checker) symptomLines() {
	made := map[fact.RuleID]*fact.Finding{}
	seen := map[*fact.Finding][]string{} // nodes that messages name, by what causes the message
	defer func() {
		for _, f := range c.found {
			nameNodes(f, seen[f])
		}
	}()
	var plain []*sighting // messages that no rule explains
	defer func() { c.plainMessages(plain) }()
	for _, g := range c.sightings() {
		y := g.s.Symptom
		if len(y.Rules) == 0 {
			plain = append(plain, g)
			continue
		}
		if c.contradicted(g) {
			continue
		}
		if past := c.past(g); past != "" {
			c.add(fact.Finding{
				Rule: fact.RuleSymptomPast, Where: g.places, Subjects: subjectsOf(y.Node), Args: symptomArgs(y),
				Message: fmt.Sprintf("%s says: %s; %s", g.s.Component, y.Message, past),
			})
			continue
		}
		cause := c.causeOf(y)
		if cause == nil && y.Rules[0] == fact.RulePodCIDRUnset && (takesSubnets(g.s) || c.nodeMissing(y.Node)) {
			cause = c.servingCause()
		}
		if cause != nil {
			c.explain(cause, g.line(), fact.Finding{
				Rule: cause.Rule, Severity: fact.Info, Args: symptomArgs(y), Message: y.Message, Where: g.places, Subjects: subjectsOf(y.Node),
			})
			if cause.Severity == fact.Warning && (y.ID == networkRefuses || cause.Rule == fact.RulePodServiceOverlap && y.Rules[0] == fact.RuleClusterCIDRExhausted || cause.Rule == y.Rules[0] && slices.Contains(selfEvident(), cause.Rule)) {
				cause.Severity = fact.Error
			}
			cause.Subjects = append(cause.Subjects, subjectsOf(y.Node)...)
			seen[cause] = append(seen[cause], subjectsOf(y.Node)...)
			continue
		}
		rule := y.Rules[0]
		if rule == fact.RulePodCIDRUnset && (takesSubnets(g.s) || g.s.Component == fact.Node) {
			rule = fact.RulePodCIDRMissing // that there is no subnet is seen, not why
		}
		if f := made[rule]; f != nil {
			c.explain(f, g.line(), fact.Finding{Rule: rule, Severity: fact.Info, Args: symptomArgs(y), Message: y.Message, Where: g.places, Subjects: subjectsOf(y.Node)})
			f.Subjects = append(f.Subjects, subjectsOf(y.Node)...)
			seen[f] = append(seen[f], subjectsOf(y.Node)...)
			continue
		}
		made[rule] = c.standing(g, rule)
	}
}

// plainMessages tells of messages whose cause lies outside of the files that are read (a kernel module, a missing route), each
// once. Beside an error they would only distract.
func (c *checker) plainMessages(messages []*sighting) {
	if slices.ContainsFunc(c.found, func(f *fact.Finding) bool { return f.Severity == fact.Error }) {
		return
	}
	told := map[string]bool{}
	for _, g := range messages {
		y := g.s.Symptom
		if y.Cause == "" || told[y.ID] {
			continue
		}
		told[y.ID] = true
		c.add(fact.Finding{
			Rule: fact.RuleSymptomUnexplained, Where: g.places, Subjects: subjectsOf(y.Node), Trouble: true, Args: symptomArgs(y),
			Message: fmt.Sprintf("%s says: %s; %s", cmp.Or(string(g.s.Component), "a log"), strings.TrimSpace(y.Message), y.Cause),
			Fix:     fixOf(y.Remedy),
		})
	}
}

// fixOf returns a mend of one line, none where there is no line.
func fixOf(line string) []string {
	if line == "" {
		return nil
	}
	return []string{line}
}

// nodeMissing reports whether a node of this name is registered and holds no subnet: what it says of its network then has the
// cause of that.
func (c *checker) nodeMissing(name string) bool {
	if name == "" {
		return false
	}
	n := c.nodeOf(name)
	return n != nil && n.missing()
}

// nameNodes adds the nodes that the message does not name yet.
func nameNodes(f *fact.Finding, nodes []string) {
	nodes = slices.DeleteFunc(mergeNames(nil, nodes), func(n string) bool { return names(f, n) })
	if len(nodes) > 0 {
		f.Args = append(f.Args, args("seen", nodes)...)
		f.Message += "; seen on " + words.NameList(nodes)
	}
}

func subjectsOf(node string) []string {
	if node == "" {
		return nil
	}
	return []string{node}
}

// causeOf returns the finding that explains a symptom: an error of one of its rules, else a warning of its first one.
func (c *checker) causeOf(y *fact.Symptom) *fact.Finding {
	for _, r := range y.Rules {
		for _, f := range c.foundBy[r] {
			if f.Severity == fact.Error && c.fits(f, y) {
				return f
			}
		}
	}
	rules := y.Rules[:1]
	if slices.Contains(y.Rules, fact.RuleTwoAllocators) {
		rules = append(slices.Clip(rules), fact.RuleTwoAllocators)
	}
	if y.Rules[0] == fact.RuleClusterCIDRExhausted {
		rules = append(slices.Clip(rules), fact.RulePodServiceOverlap) // which withholds subnets
	}
	if y.ID == networkRefuses {
		rules = y.Rules
	}
	for _, f := range c.found {
		if slices.Contains(rules, f.Rule) && f.Severity == fact.Warning && c.fits(f, y) {
			return f
		}
	}
	return nil
}

// fits reports whether a finding can be about the subnet and network that a symptom names, where it names both.
func (c *checker) fits(f *fact.Finding, y *fact.Symptom) bool {
	if f.Rule == fact.RuleReservedOverlap {
		return hasArg(f, "reserved", y.Network.Masked()) || hasArg(f, "reserved", y.Subnet.Masked())
	}
	if f.Rule != fact.RuleFlannelNetworkMismatch && f.Rule != fact.RulePodCIDROutsideClusterCIDR {
		return true
	}
	if !y.Network.IsValid() || !y.Subnet.IsValid() {
		return true
	}
	if fact.FamilyOf(y.Network) == fact.FamilyOf(y.Subnet) {
		return true
	}
	// A subnet is looked up in a range of the other family only where positions do not match, and then the finding names that range.
	return f.Rule == fact.RulePodCIDROutsideClusterCIDR && hasArg(f, argPods, y.Network.Masked())
}

// past says why a symptom belongs to an earlier state of the cluster, "" where the given files do not show that.
func (c *checker) past(g *sighting) string {
	y := g.s.Symptom
	n := (*nodeView)(nil)
	if y.Node != "" {
		n = c.nodeOf(y.Node)
	}
	switch y.Rules[0] {
	case fact.RulePodCIDRUnset, fact.RulePodCIDRMissing, fact.RuleAllocateNodeCIDRsOff, fact.RuleClusterCIDRExhausted:
		if n != nil && len(n.subs) > 0 {
			return fmt.Sprintf("node %s holds %s by now, so the cause is gone; a program that still says so wants a restart", n.name, n.subs[0].text())
		}
	case fact.RuleFlannelNetworkMismatch:
		sub := masked(y.Subnet)
		nets := ofFamily(c.networks, fact.FamilyOf(sub))
		if withinAny(nets, sub) {
			return fmt.Sprintf("flannel's configuration says %s by now, which holds %v: restart flannel", nets[0].text(), sub)
		}
		if n != nil {
			own := ofFamily(n.subs, fact.FamilyOf(sub))
			if len(own) > 0 && withinAny(nets, own[0].p) {
				return fmt.Sprintf("node %s holds %s by now, inside %s: restart flannel there", n.name, own[0].text(), nets[0].text())
			}
		}
	case fact.RulePodCIDROutsideClusterCIDR:
		sub, net := masked(y.Subnet), masked(y.Network)
		// A podCIDR is looked up in the range at its own position: of two ranges in the wrong order, both are still there.
		still := slices.ContainsFunc(c.pods, func(h held) bool { return h.p == net })
		if !still && len(c.managers) > 0 && withinAny(c.pods, sub) && !c.has(fact.RuleControlPlaneFlagsDiffer) {
			return fmt.Sprintf("the pod range is %s by now, which holds %v", joinHeld(c.pods), sub)
		}
	}
	return ""
}

// standing makes a finding of a symptom for which no file shows a cause.
func (c *checker) standing(g *sighting, rule fact.RuleID) *fact.Finding {
	y := g.s.Symptom
	if rule == fact.RulePodCIDRMissing && proves(g.s.Component, y, rule) {
		return c.unassigned(g)
	}
	f := fact.Finding{Rule: rule, Args: symptomArgs(y), Severity: fact.Error, Where: g.places, Subjects: subjectsOf(y.Node)}
	if r, _ := c.rules.of(rule); !proves(g.s.Component, y, rule) {
		f.Severity = fact.Warning
		switch rule {
		case fact.RuleSubnetEnvMismatch, fact.RulePodCIDRMissing:
		default:
			if r.Severity != fact.Warning {
				f.Rule = fact.RuleSymptomUnexplained
			}
		}
	}
	ends := g.s.Component == fact.ControllerManager && proves(g.s.Component, y, rule)
	if rule == fact.RulePodCIDRUnset && !c.usesFlannel() && len(c.withoutSubnet()) == 0 && !ends {
		f.Severity = fact.Warning
	}
	if rule == fact.RulePodCIDRUnset && c.ownIPAM() && !ends {
		f.Severity = fact.Info
	}
	says := cmp.Or(string(g.s.Component), "a log")
	pool := poolFix{}
	if rule == fact.RuleClusterCIDRExhausted && c.ownIPAM() && !slices.ContainsFunc(c.controllers, (*managerView).serves) {
		pool = poolFixOf(c.cni) // the same words, by the network's own controller
		says = pool.program
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s says: %s", says, strings.TrimSpace(y.Message))
	sub, net := masked(y.Subnet), masked(y.Network)
	switch {
	case rule == fact.RuleFlannelNetworkMismatch && sub.IsValid() && net.IsValid():
		fmt.Fprintf(&b, "; flannel's Network %v (%v to %v) does not hold the podCIDR %v", net, net.Addr(), cidr.Last(net), sub)
		if y.Node != "" {
			fmt.Fprintf(&b, " of node %s", y.Node)
		}
		f.RefusedBy = []fact.Component{fact.Flannel}
	case rule == fact.RulePodCIDROutsideClusterCIDR && sub.IsValid() && net.IsValid():
		fmt.Fprintf(&b, "; the podCIDR %v", sub)
		if y.Node != "" {
			fmt.Fprintf(&b, " of node %s", y.Node)
		}
		fmt.Fprintf(&b, " lies outside --cluster-cidr %v (%v to %v), and kube-controller-manager does not start with that", net, net.Addr(), cidr.Last(net))
		f.RefusedBy = []fact.Component{fact.ControllerManager}
	case pool.fix != "":
		b.WriteString("; the pool of " + c.cni + " holds fewer node subnets than there are nodes")
	case rule == fact.RuleClusterCIDRExhausted:
		b.WriteString("; the pod range holds fewer node subnets, 2^(node mask - length of the range), than there are nodes, or the service range covers it")
	default:
		if y.Cause != "" {
			b.WriteString("; " + y.Cause)
		}
		switch g.s.Component {
		case fact.Kubeadm, fact.ControllerManager, fact.APIServer, fact.Flannel:
			if proves(g.s.Component, y, rule) && (rule != fact.RulePodCIDRUnset || ends) && rule != fact.RuleSubnetEnvMismatch {
				f.RefusedBy = []fact.Component{g.s.Component}
			}
		}
	}
	if g.count > 1 {
		fmt.Fprintf(&b, " (%d times)", g.count)
	}
	if f.Rule == fact.RuleSymptomUnexplained {
		var rs []string
		for _, r := range y.Rules {
			rs = append(rs, string(r))
		}
		b.WriteString("; the given files show no cause. Most likely first: " + strings.Join(rs, ", "))
	}
	f.Message = b.String()
	f.Trouble = f.Severity == fact.Warning
	switch {
	case pool.fix != "":
		f.Fix, f.Changes = []string{pool.fix}, []fact.Component{fact.Component(pool.program)}
		return c.add(f)
	case rule == fact.RulePodCIDRUnset && ends && c.ownIPAM():
		f.Fix = []string{c.noAllocation()}
		return c.add(f)
	}
	f.Fix = fixOf(y.Remedy) // that of the message says more than the rule's, which stands in for it
	if r, _ := c.rules.of(rule); len(f.Fix) == 0 {
		f.Fix = fixOf(r.Mend)
	}
	return c.add(f)
}

// A poolFix tells how a network that keeps its own book gets more node subnets.
type poolFix struct {
	program string // that hands them out
	fix     string
}

// poolFixOf returns that of a network: cilium Documentation/network/concepts/ipam/cluster-pool.rst; antrea docs/antrea-ipam.md.
func poolFixOf(cni string) poolFix {
	switch cni {
	case "cilium":
		return poolFix{"cilium-operator", "add a further range to cluster-pool-ipv4-cidr (cluster-pool-ipv6-cidr) of the ConfigMap cilium-config, or to ipam.operator.clusterPoolIPv4PodCIDRList of the Helm values, and restart cilium-operator; a range that is there cannot be changed"}
	case "antrea":
		return poolFix{"antrea-controller", "widen nodeIPAM.clusterCIDRs in the ConfigMap antrea-config, and restart antrea-controller"}
	}
	return poolFix{cni, "give " + cni + " a further range for pods, by its own configuration"}
}

// unassigned is the finding for a program that misses its node's subnet, where no file shows why.
func (c *checker) unassigned(g *sighting) *fact.Finding {
	y := g.s.Symptom
	for _, f := range c.found {
		if f.Rule == fact.RulePodCIDRMissing {
			f.Severity = fact.Error
			c.explain(f, g.line(), fact.Finding{Rule: fact.RulePodCIDRMissing, Severity: fact.Info, Args: symptomArgs(y), Message: y.Message, Where: g.places, Subjects: subjectsOf(y.Node)})
			f.Subjects = append(f.Subjects, subjectsOf(y.Node)...)
			c.suspectUnset(g.places, subjectsOf(y.Node))
			return f
		}
	}
	f := fact.Finding{Rule: fact.RulePodCIDRMissing, Args: symptomArgs(y), Severity: fact.Error, Where: g.places, Subjects: subjectsOf(y.Node)}
	name := "a node"
	if y.Node != "" {
		name = "node " + y.Node
	}
	f.Message = fmt.Sprintf("%s has no podCIDR: %s; the given files show no cause. Most likely first: %s",
		name, strings.TrimSpace(y.Message), strings.Join(c.whyUnassigned(), "; "))
	f.Fix = c.lookUnassigned(y.Node)
	p := c.add(f)
	c.suspectUnset(g.places, subjectsOf(y.Node))
	return p
}

// suspected is the variant of [fact.RulePodCIDRUnset] that no file shows.
const suspected fact.Variant = "suspected"

// symptomArgs are the args of a finding that rests on a message.
func symptomArgs(y *fact.Symptom) []fact.Arg {
	return args("message", y.ID, argNode, y.Node, "subnet", y.Subnet, "network", y.Network)
}

// suspectUnset adds the likeliest cause of a missing subnet as a suspicion, where no file says anything about the range.
func (c *checker) suspectUnset(where []fact.Place, nodes []string) {
	if len(c.controllers) > 0 || c.withSubnet() > 0 || c.has(fact.RulePodCIDRUnset) {
		return
	}
	want, from := c.wantedPods()
	f := fact.Finding{Rule: fact.RulePodCIDRUnset, Variant: suspected, Args: args("wanted", want), Severity: fact.Warning, Where: slices.Clone(where), Subjects: nodes}
	f.Message = "no given file says a pod range for the cluster; most likely kube-controller-manager has no --cluster-cidr (kubeadm init without --pod-network-cidr), so that no node gets a podCIDR"
	if from != nil {
		f.Message += "; flannel expects subnets of " + want
		f.Where = append(f.Where, placeOf(from, "pods "+want))
	}
	f.Fix = c.givePods(want)
	f.Fix[0] = "if its flags are missing, " + f.Fix[0]
	f.Changes = c.changed(fact.ControllerManager, fact.Kubeadm)
	f.Disturbs = fact.DisturbsComponent
	c.add(f)
}
