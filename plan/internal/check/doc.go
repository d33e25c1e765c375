// Package check compares what the sources of a cluster say. [Run] is the only place where sources meet: the view puts statements in
// order by source, node and role; each file holds the rules of one subject; the catalogue says what each rule is, and words.go what
// fits the cluster at hand.
package check
