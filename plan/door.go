package plan

import "github.com/kubecidr/kubecidr/plan/fact"

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
