package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// Run compares what the statements say about one cluster and returns what is wrong, or worth knowing, causes first.
//
// It is the only place where sources meet. The order of the statements, and how they are grouped into files, do not
// matter. Nothing is invented: where no statement gives a value and a program's default counts, the finding names it as a
// default. A symptom (a log line, a node without a subnet, an event) is folded under the finding that causes it and stands
// for itself only where the given statements show no cause. Findings of the format packages (RoleProblem) are passed on.
//
// Check keeps nothing of its input and may be called concurrently. Its cost is O(n log n) for n statements.
func Run(statements ...fact.Statement) fact.Report { return rules.check(statements) }

func (x *registry) check(statements []fact.Statement) fact.Report {
	v := newView(statements)
	c := &checker{clusterView: newCluster(v), dist: v.distribution(), rules: x}
	c.problems()
	for _, r := range x.run {
		r.find(c)
	}
	c.fold()
	return fact.Report{Findings: c.sorted(), Stated: len(v.all), NotSeen: c.coverage()}
}

// A checker collects findings about one cluster.
type checker struct {
	*clusterView
	rules   *registry
	dist    *distribution // where it is not kubeadm's
	found   []*fact.Finding
	at      map[ruleLine]bool // the places of the first findings that were made
	indexed int               // how many those are
}

// add records a finding and returns it, so that a rule can hang symptoms under it.
func (c *checker) add(f fact.Finding) *fact.Finding {
	f.Where = allPlaces(f.Where...)
	if r, ok := c.rules.of(f.Rule); ok {
		if f.Severity == "" {
			f.Severity = r.Severity
		}
		if f.Effect == "" {
			f.Effect = r.Effect
		}
		if len(f.Fix) == 0 && r.Mend != "" {
			f.Fix = []string{r.Mend}
		}
		if f.Disturbs == "" {
			f.Disturbs = r.Disturbs
		}
		if f.Changes == nil {
			f.Changes = c.rules.edits[f.Rule]
		}
	}
	c.adapt(&f)
	slices.Sort(f.Subjects)
	f.Subjects = slices.Compact(f.Subjects)
	if say := c.rules.say; say != nil {
		f = spoken(f, say)
	}
	p := &f
	c.found = append(c.found, p)
	return p
}

// spoken returns f with say's form of each of its texts.
func spoken(f fact.Finding, say func(string) string) fact.Finding {
	f.Message, f.Effect, f.Fix, f.Where = say(f.Message), say(f.Effect), slices.Clone(f.Fix), slices.Clone(f.Where)
	for i, step := range f.Fix {
		f.Fix[i] = say(step)
	}
	for i := range f.Where {
		f.Where[i].Note = say(f.Where[i].Note)
	}
	return f
}

// cause returns the first finding of one of the rules, in the order of the rules, nil where there is none. Findings that
// are only worth knowing cause nothing.
func (c *checker) cause(rules ...fact.RuleID) *fact.Finding {
	for _, r := range rules {
		for _, f := range c.found {
			if f.Rule == r && f.Severity != fact.Info {
				return f
			}
		}
	}
	return nil
}

// has reports whether a finding of one of the rules was made.
func (c *checker) has(rules ...fact.RuleID) bool { return c.cause(rules...) != nil }

// explain hangs a symptom under a cause: the line to read, and the finding that would stand for itself without the cause.
func (c *checker) explain(cause *fact.Finding, line string, symptom fact.Finding) {
	if say := c.rules.say; say != nil {
		line, symptom = say(line), spoken(symptom, say)
	}
	if line != "" { // each once: see sorted
		cause.Explains = append(cause.Explains, line)
	}
	symptom.Where = allPlaces(symptom.Where...)
	slices.Sort(symptom.Subjects)
	cause.Symptoms = append(cause.Symptoms, symptom)
}

// problems passes on what the format packages found in single files. The same finding from the same place counts once.
func (c *checker) problems() {
	type key struct {
		rule    fact.RuleID
		variant fact.Variant
		message string
		first   fact.Position
	}
	seen := map[key][]*fact.Finding{}
	for _, s := range c.view.problems {
		f := *s.Finding
		if len(f.Where) == 0 && s.Pos.IsValid() {
			f.Where = []fact.Place{placeOf(s, "")}
		}
		f.Where = slices.Clone(f.Where)
		f.Fix = slices.Clone(f.Fix)
		f.RefusedBy = slices.Clone(f.RefusedBy)
		f.Explains = slices.Clone(f.Explains)
		f.Symptoms = slices.Clone(f.Symptoms)
		f.Subjects = slices.Clone(f.Subjects)
		k := key{rule: f.Rule, variant: f.Variant, message: f.Message}
		if len(f.Where) > 0 {
			k.first = f.Where[0].Position
		}
		dup := slices.ContainsFunc(seen[k], func(o *fact.Finding) bool {
			return slices.Equal(o.Args, f.Args) && slices.EqualFunc(o.Where, f.Where, func(a, b fact.Place) bool { return a.Position == b.Position })
		})
		if !dup {
			seen[k] = append(seen[k], c.add(f))
		}
	}
}

// alreadyAt reports whether a finding of the rule points at the place, so that a rule does not repeat a format package.
func (c *checker) alreadyAt(rule fact.RuleID, pos fact.Position) bool {
	if c.at == nil {
		c.at = map[ruleLine]bool{}
	}
	for ; c.indexed < len(c.found); c.indexed++ {
		f := c.found[c.indexed]
		for _, p := range f.Where {
			c.at[ruleLine{f.Rule, p.File, p.Position.Line}] = true
		}
	}
	return c.at[ruleLine{rule, pos.File, pos.Line}]
}

// A ruleLine is a line that a finding of a rule points at.
type ruleLine struct {
	rule fact.RuleID
	file string
	line int
}

// fold hangs findings that follow from another finding under it. Each pair says which rule makes which other follow, and
// why.
func (c *checker) fold() {
	drop := map[*fact.Finding]bool{}
	under := func(rule fact.RuleID, causes ...fact.RuleID) {
		for _, f := range c.found {
			if f.Rule != rule || drop[f] {
				continue
			}
			for _, r := range causes {
				var cause *fact.Finding
				for _, o := range c.found {
					if o.Rule == r && o != f && !drop[o] && worse(o.Severity, f.Severity) >= 0 {
						cause = o
						break
					}
				}
				if cause == nil {
					continue
				}
				c.explain(cause, string(f.Rule)+": "+f.Message, *f)
				drop[f] = true
				break
			}
		}
	}
	// A range under a key that kubeadm does not read is why no range reaches the controller manager.
	under(fact.RulePodCIDRUnset, fact.RuleKubeadmKeyMisplaced, fact.RuleCIDRMalformed)
	// A net-conf.json that flannel does not take says nothing else about flannel.
	under(fact.RuleNetConfSubnetRangeInvalid, fact.RuleNetConfMalformed, fact.RuleNetConfMissing)
	if f := c.cause(fact.RuleNetConfMalformed, fact.RuleNetConfMissing); f != nil && f.Severity == fact.Error {
		under(fact.RuleFlannelIPv6Disabled, f.Rule)
	} else if f := c.cause(fact.RuleCIDRMalformed); f != nil && slices.Contains(f.RefusedBy, fact.Flannel) {
		under(fact.RuleFlannelIPv6Disabled, fact.RuleCIDRMalformed)
	}
	c.found = slices.DeleteFunc(c.found, func(f *fact.Finding) bool { return drop[f] })
}

// worse compares severities: positive where a is worse than b.
func worse(a, b fact.Severity) int { return severityRank(b) - severityRank(a) }

// severityRank is 0 for an error, 1 for a warning, 2 for anything else.
func severityRank(s fact.Severity) int {
	switch s {
	case fact.Error:
		return 0
	case fact.Warning:
		return 1
	}
	return 2
}

// sorted returns the findings in the order in which they should be read: errors first, among them what to mend first.
func (c *checker) sorted() []fact.Finding {
	out := make([]fact.Finding, 0, len(c.found))
	for _, f := range c.found {
		slices.SortStableFunc(f.Symptoms, c.rules.compare)
		slices.Sort(f.Explains)
		f.Explains = slices.Compact(f.Explains)
		slices.Sort(f.Subjects)
		f.Subjects = slices.Compact(f.Subjects)
		slices.Sort(f.RefusedBy)
		f.RefusedBy = slices.Compact(f.RefusedBy)
		out = append(out, *f)
	}
	slices.SortStableFunc(out, c.rules.compare)
	return out
}

// compare is the order of a report.
func (x *registry) compare(a, b fact.Finding) int {
	return cmp.Or(
		severityRank(a.Severity)-severityRank(b.Severity),
		x.rank(a.Rule)-x.rank(b.Rule),
		cmp.Compare(a.Rule, b.Rule),
		slices.CompareFunc(a.Where, b.Where, func(x, y fact.Place) int { return x.Position.Compare(y.Position) }),
		cmp.Compare(a.Variant, b.Variant),
		slices.CompareFunc(a.Args, b.Args, fact.Arg.Compare),
		cmp.Compare(a.Message, b.Message), // those of the format packages that have no args
	)
}

var ruleCIDRMalformed = rule{
	rank: 50,
	about: fact.Rule{
		ID: fact.RuleCIDRMalformed, Severity: fact.Error, Also: []fact.Severity{fact.Warning}, Disturbs: fact.DisturbsComponent,
		Title:  "A range or address that does not parse",
		Cause:  "A missing mask, a mask beyond 32 or 128, a blank after the comma, quotes inside a manifest's value.",
		Effect: "The component that reads it does not start, or ignores the entry.",
		Mend:   "write the range as network/length, two families separated by a comma without blanks",
		Source: "k8s.io/utils net/parse.go ParseCIDRs; k8s.io/kubernetes cmd/kube-controller-manager/app/core.go processCIDRs, v1.37.2",
	},
	find: (*checker).values,
}

var ruleCIDRHostBitsSet = rule{
	rank: 630,
	about: fact.Rule{
		ID: fact.RuleCIDRHostBitsSet, Severity: fact.Warning, Disturbs: fact.DisturbsNothing,
		Title:  "The address has bits below the mask; components use the masked network",
		Cause:  "A host's address, or the gateway's, written with a mask.",
		Effect: "The range is another one than it seems; since 1.36 the API server refuses such a podCIDR.",
		Mend:   "write the masked network",
		Source: "k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidateNode, v1.37.2",
	},
	by: fact.RuleCIDRMalformed,
}

// values reports what single values are wrong about, once for all places that repeat one: text that is no prefix, and bits
// that are set below the mask.
func (c *checker) values() {
	type key struct {
		role fact.Role
		text string
	}
	bad, bits := map[key][]*fact.Statement{}, map[key][]*fact.Statement{}
	var badOrder, bitsOrder []key
	for _, s := range c.all {
		if s.Overridden {
			continue
		}
		switch s.Role {
		case fact.RolePods, fact.RoleServices, fact.RoleNodePods, fact.RoleHosts, fact.RoleReserved:
		case fact.RoleAddress, fact.RoleDNS:
			if s.Err == nil {
				continue
			}
		default:
			continue
		}
		k := key{s.Role, strings.TrimSpace(s.Text)}
		if s.Err != nil {
			if c.alreadyAt(fact.RuleCIDRMalformed, s.Pos) || c.alreadyAt(fact.RuleNetConfMalformed, s.Pos) {
				continue
			}
			if bad[k] == nil {
				badOrder = append(badOrder, k)
			}
			bad[k] = append(bad[k], s)
			continue
		}
		if s.Role == fact.RoleNodePods && (s.Component == fact.Flannel || s.Component == fact.Host) || s.Role == fact.RoleHosts {
			continue // FLANNEL_SUBNET names the bridge's address, and so do links
		}
		for _, w := range s.Prefixes {
			if p := masked(w); p.IsValid() && p != w {
				if c.alreadyAt(fact.RuleCIDRHostBitsSet, s.Pos) {
					break
				}
				if bits[k] == nil {
					bitsOrder = append(bitsOrder, k)
				}
				bits[k] = append(bits[k], s)
				break
			}
		}
	}
	for _, k := range badOrder {
		ss := bad[k]
		f := fact.Finding{Rule: fact.RuleCIDRMalformed, Severity: fact.Error, Args: args("role", string(k.role), "value", k.text, argHost, ss[0].Host)}
		what, isRange := string(k.role)+" range", true
		switch k.role {
		case fact.RoleAddress:
			what, isRange = "address", false
		case fact.RoleDNS:
			what, isRange = "dns address", false
		}
		f.Message = fmt.Sprintf("%s: the %s %q cannot be read: %s", who(ss[0]), what, k.text, reason(ss[0].Err))
		for _, s := range ss {
			f.Where = append(f.Where, placeOf(s, who(s)+" "+k.text))
			if s.Host != "" {
				f.Subjects = append(f.Subjects, s.Host)
			}
			switch s.Component {
			case fact.Kubeadm, fact.ControllerManager, fact.APIServer, fact.Flannel:
				if !slices.Contains(f.RefusedBy, s.Component) {
					f.RefusedBy = append(f.RefusedBy, s.Component)
				}
			}
		}
		f.Fix = []string{"write the range as network/length, such as 10.244.0.0/16 or fd00:10:244::/56, in every place listed; separate two families by a comma without a blank"}
		if !isRange {
			f.Fix = []string{"write one IP address, such as 10.96.0.10 or fd00::a"}
		}
		c.add(f)
	}
	for _, k := range bitsOrder {
		ss := bits[k]
		f := fact.Finding{Rule: fact.RuleCIDRHostBitsSet, Args: args("network", heldBy(ss[0]), "value", k.text, argNode, ss[0].Host)}
		var parts []string
		for _, h := range heldBy(ss[0]) {
			if h.written == h.p {
				continue
			}
			parts = append(parts, fmt.Sprintf("%v has bits set below its mask; the network is %v (%v to %v), and that is what the components use",
				h.written, h.p, h.p.Addr(), cidr.Last(h.p)))
			f.Fix = append(f.Fix, fmt.Sprintf("write %v instead of %v, or the prefix length that was meant, in every place listed", h.p, h.written))
		}
		f.Message = who(ss[0]) + ": " + strings.Join(parts, "; ")
		for _, s := range ss {
			for _, h := range heldBy(s) {
				if h.written != h.p {
					f.Where = append(f.Where, h.place(who(s)+" "+k.text))
				}
			}
			if s.Role == fact.RoleNodePods {
				f.Subjects = append(f.Subjects, s.Host)
				// k8s.io/kubernetes v1.37.2 pkg/apis/core/validation/validation.go ValidateNode, StrictIPCIDRValidation since 1.36.
				if r := c.view.release(nil); !r.Before(fact.V(1, 36, 0)) {
					f.Effect = "since Kubernetes 1.36 the API server refuses such a podCIDR, and updates of a Node that already has it (labels, cordon)"
				}
			}
		}
		f.Where = cutPlaces(allPlaces(f.Where...))
		c.add(f)
	}
}

// reason returns the text of an error without the quoted input that the message has already.
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "netip.ParsePrefix: ")
}

var ruleFlagGivenTwice = rule{
	rank:    620,
	changes: []fact.Component{fact.ControllerManager},
	about: fact.Rule{
		ID: fact.RuleFlagGivenTwice, Severity: fact.Warning, Also: []fact.Severity{fact.Info}, Disturbs: fact.DisturbsComponent,
		Title:  "A range or mask flag is repeated; the last one wins",
		Cause:  "Dual-stack written as two flags, or a flag added below an older one.",
		Effect: "The first value has no effect.",
		Mend:   "keep one flag; for dual-stack write one list",
		Source: "github.com/spf13/pflag v1.0.10 flag.go Set",
	},
	find: (*checker).repeatedFlags,
}

// repeatedFlags tells of flags that stand twice in one place: the last one counts.
func (c *checker) repeatedFlags() {
	type name struct {
		comp       fact.Component
		host, file string
		role       fact.Role
		setting    fact.Setting
		key        string
	}
	nameOf := func(s *fact.Statement) name {
		n := name{s.Component, s.Host, s.Pos.File, s.Role, s.Setting, s.Key}
		if s.Role != fact.RoleSetting {
			n.key = "" // --cluster-cidr and --cluster_cidr are one flag
		}
		return n
	}
	var lost []*fact.Statement
	winners := map[name]*fact.Statement{}
	for _, s := range c.all {
		if s.Overridden {
			lost = append(lost, s)
			winners[nameOf(s)] = nil
		}
	}
	for _, s := range c.all {
		if len(lost) == 0 {
			return
		}
		if w, ok := winners[nameOf(s)]; ok && w == nil && !s.Overridden && !s.Default {
			winners[nameOf(s)] = s
		}
	}
	for _, s := range lost {
		winner := winners[nameOf(s)]
		if winner == nil || c.alreadyAt(fact.RuleFlagGivenTwice, s.Pos) {
			continue
		}
		f := fact.Finding{Rule: fact.RuleFlagGivenTwice, Args: args("lost", s, "wins", winner, "program", s.Component, argHost, s.Host)}
		if s.Text == winner.Text {
			f.Severity = fact.Info
		}
		why := "because it stands later"
		if fromKubeadm(s) && s.Text != winner.Text && winner.Pos.File == s.Pos.File && winner.Pos.Compare(s.Pos) < 0 {
			why = "although it stands earlier: this release of kubeadm sorts repeated arguments by their text"
		}
		f.Message = fmt.Sprintf("%s is given more than once: %s has no effect, %s wins %s", who(s), quoted(s), quoted(winner), why)
		f.Where = []fact.Place{placeOf(s, quoted(s)+", without effect"), placeOf(winner, quoted(winner)+", in force")}
		f.Fix = []string{fmt.Sprintf("remove %s %s, or write both families as one comma-separated list if dual-stack was meant", s.Key, quoted(s))}
		if s.Host != "" {
			f.Subjects = []string{s.Host}
		}
		c.add(f)
	}
}

// quoted tells the value of a statement as it is written.
func quoted(s *fact.Statement) string {
	switch {
	case s.Text != "":
		return s.Text
	case s.Role == fact.RoleSetting && s.Int != 0:
		return fmt.Sprint(s.Int)
	case s.Role == fact.RoleSetting:
		return fmt.Sprint(s.Bool)
	}
	return writes(s)
}
