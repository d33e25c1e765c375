package check

import (
	"math/rand/v2"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// RunShuffled is Run with the rules in another order that what they declare allows.
func RunShuffled(seed uint64, statements ...fact.Statement) fact.Report {
	list := allRules()
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	x := *rules
	x.run = sortRules(list)
	return x.check(statements)
}

// RunSaying is Run with say's form of each text that a rule makes, from the moment it is made.
func RunSaying(say func(string) string, statements ...fact.Statement) fact.Report {
	x := *rules
	x.say = say
	return x.check(statements)
}
