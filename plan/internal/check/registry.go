package check

import (
	"cmp"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// A rule is one kind of finding: what it is, how it is found, and what has to have run before. It is a variable of its own in the file
// that holds its finder, or a row of a table of rules; list.go, which a test writes, names them all.
type rule struct {
	rank  int       // when to fix what it finds, lower first, no two alike; 0 for a pass over what others found, which has no entry in the catalogue
	about fact.Rule // its entry in the catalogue; of a pass its ID alone, for others to follow

	changes []fact.Component // programs whose settings the fixes of its findings change, where a finding does not say itself

	// find adds the findings of all the rules of its file; nil where by names the rule that does so, or a package of formats does.
	find func(*checker)
	by   fact.RuleID

	// after names rules whose findings find asks for, adds to or changes. Nothing else decides when it runs.
	after []fact.RuleID
}

// everything in a rule's after makes it follow all rules that do not say so.
const everything = "*"

// A registry holds the rules in the two orders that count. It is not changed once it is made.
type registry struct {
	all   []fact.Rule         // by rank: in the order in which findings should be fixed
	ranks map[fact.RuleID]int // index in all
	edits map[fact.RuleID][]fact.Component
	run   []rule // those that find, each after what it follows

	// say gives each text of a finding its form as soon as it is made, before a rule can read it: another alphabet in tests that nothing
	// is decided by texts. nil leaves them as they are.
	say func(string) string
}

var rules = newRegistry(allRules())

func newRegistry(list []rule) *registry {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b rule) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.about.ID, b.about.ID)) })
	x := &registry{ranks: map[fact.RuleID]int{}, edits: map[fact.RuleID][]fact.Component{}}
	for _, r := range list {
		if r.rank > 0 {
			x.ranks[r.about.ID] = len(x.all)
			x.all = append(x.all, r.about)
			x.edits[r.about.ID] = r.changes
		}
	}
	x.run = sortRules(list)
	return x
}

// sortRules returns the rules of list that find, each after those that it follows and otherwise in their order. Rules that follow each
// other in a circle are left out; a test looks for them.
func sortRules(list []rule) []rule {
	by := map[fact.RuleID]fact.RuleID{} // the rule that finds, for those that do not themselves
	var out, waiting []rule
	for _, r := range list {
		if r.find != nil {
			waiting = append(waiting, r)
		} else if r.by != "" {
			by[r.about.ID] = r.by
		}
	}
	ready := func(r rule) bool {
		return !slices.ContainsFunc(waiting, func(o rule) bool {
			if o.about.ID == r.about.ID {
				return false
			}
			if slices.Contains(r.after, everything) && !slices.Contains(o.after, everything) {
				return true
			}
			return slices.ContainsFunc(r.after, func(id fact.RuleID) bool { return o.about.ID == cmp.Or(by[id], id) })
		})
	}
	for len(waiting) > 0 {
		i := slices.IndexFunc(waiting, ready)
		if i < 0 {
			break
		}
		out = append(out, waiting[i])
		waiting = slices.Delete(waiting, i, i+1)
	}
	return out
}

// of returns the catalogue's entry for an id.
func (x *registry) of(id fact.RuleID) (fact.Rule, bool) {
	if i, ok := x.ranks[id]; ok {
		return x.all[i], true
	}
	return fact.Rule{}, false
}

// rank is the place of a rule in the catalogue; unknown rules come last.
func (x *registry) rank(id fact.RuleID) int {
	if i, ok := x.ranks[id]; ok {
		return i
	}
	return len(x.all)
}

// Rules returns the catalogue of the rules that [Run] and the format packages apply, in the order in which findings
// should be fixed. The slice belongs to the caller.
func Rules() []fact.Rule { return slices.Clone(rules.all) }
