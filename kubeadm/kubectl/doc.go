// Package kubectl reads what kubectl prints of a cluster: objects, tables, descriptions and logs.
//
// Start with [ReadObjects] for lists and objects in JSON or YAML, of any length, and with [ReadText] for tables, the
// output of kubectl describe, and excerpts that people paste. [Nodes] gives the nodes of a list one by one, and
// [ReadNodes] all of them. [ReadLog] reads the lines of logs that bear on address ranges.
// [NewNodePatch] writes the subnet of a node that has none.
//
// What was read is turned into [fact.Statement] values by the Statements methods, which plan.Check compares with those
// of other sources. Every value keeps its line and column.
//
// The package does not talk to a cluster. No method changes its value, so that values can be read by several goroutines
// at once.
package kubectl
