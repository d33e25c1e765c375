package plan

import (
	"io"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/internal/check"
)

// Names of package fact that requests, plans and reports are made of, so that most callers import this package alone.
type (
	Family      = fact.Family
	Finding     = fact.Finding
	Report      = fact.Report
	Reservation = fact.Reservation
	Role        = fact.Role
	Statement   = fact.Statement
	Version     = fact.Version
)

// Check compares what statements say about a cluster and returns what is wrong, causes first. The order of the
// statements does not matter. O(n log n) in the number of statements. See [Rules] for what it looks for, and
// [fact.Report.Err] for what an error is.
func Check(statements ...Statement) Report { return check.Run(statements...) }

// Rules returns the catalogue of the rules that [Check] and the format packages apply, in the order in which findings
// should be fixed.
// The slice belongs to the caller.
func Rules() []fact.Rule { return check.Rules() }

// ParseWaiver reads "rule", "rule=reason", "rule@file" or "rule@file=reason". The error is a *[fact.WaiverError]: a
// waiver names a rule of [Rules], so that a typo does not pass for one.
func ParseWaiver(s string) (fact.Waiver, error) { return check.ParseWaiver(s) }

// ReadWaivers reads waivers, one a line in the form of [ParseWaiver]; blank lines and those that begin with # are left
// out. name is the file's, for errors. Every waiver of a file has to have a reason. It stops at the first error, a
// *[fact.WaiverError] or that of r.
func ReadWaivers(name string, r io.Reader) ([]fact.Waiver, error) { return check.ReadWaivers(name, r) }
