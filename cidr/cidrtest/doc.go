// Package cidrtest tests the range checks and the subnet allocators of other projects: of installers, operators and
// network plugins that take the ranges of a Kubernetes cluster from their users, or hand out node ranges themselves. It
// is to those what testing/fstest is to file systems.
//
// # A validator
//
// A validator is a function that says whether the ranges of a cluster may be used. [TestValidator] gives it clusters
// that work and clusters that do not, most of them right beside the border between the two:
//
//	func TestNetworkValidation(t *testing.T) {
//		cidrtest.TestValidator(t, func(c cidrtest.Case) error {
//			return ValidateNetwork(c.Strings(c.Pods), c.Strings(c.Services), c.NodeBitsIPv4())
//		})
//	}
//
// Each [Case] is data: its ranges, the verdict, the [Rule] that it is about, why, and where that is known from. [Cases]
// gives all of them, [Generate] as many more as one likes.
//
// # An allocator
//
// An [Allocator] hands out the node ranges of a cluster. [TestAllocator] lets it hand out, occupy and release, and
// follows with a map of what is in use: no range twice, none that is occupied, none that is not aligned or lies
// outside, all of them before it is full, and what was released once more and only once. In which order they come is
// the allocator's business.
//
// # What is a project's own policy
//
// A project that has one family alone, or no hosts to compare with, leaves out the cases that it cannot decide:
// [Without] a rule, or [Only] some of the [Stack] values. Rules on which good projects disagree are off until they are
// asked for [With] their name; the comment of each rule says which. [Skip] leaves out single cases.
//
// The package imports the standard library alone and calls nothing of package cidr, so that it can judge that one, too.
// The functions that take a [testing.T] report what [CheckValidator] and [CheckAllocator] return as errors.
package cidrtest
