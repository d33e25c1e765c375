package check

import (
	"cmp"
	"slices"

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
	rules    *registry
	dist     *distribution            // where it is not kubeadm's
	changeAt map[fact.Position]string // see installerWords; nil until it is needed
	found    []*fact.Finding
	foundBy  map[fact.RuleID][]*fact.Finding // found, by their rule, each in the order of found
	at       map[ruleLine]bool               // the places of the first findings that were made
	indexed  int                             // how many those are
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
	if c.foundBy == nil {
		c.foundBy = map[fact.RuleID][]*fact.Finding{}
	}
	c.foundBy[f.Rule] = append(c.foundBy[f.Rule], p)
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
		for _, f := range c.foundBy[r] {
			if f.Severity != fact.Info {
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
		for _, f := range c.foundBy[rule] {
			if drop[f] {
				continue
			}
			for _, r := range causes {
				var cause *fact.Finding
				for _, o := range c.foundBy[r] {
					if o != f && !drop[o] && worse(o.Severity, f.Severity) >= 0 {
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
	dropped := func(f *fact.Finding) bool { return drop[f] }
	c.found = slices.DeleteFunc(c.found, dropped)
	for r := range c.foundBy {
		c.foundBy[r] = slices.DeleteFunc(c.foundBy[r], dropped)
	}
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
