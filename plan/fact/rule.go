package fact

// A Rule describes one kind of finding. The zero value describes nothing.
type Rule struct {
	ID       RuleID
	Severity Severity   // usual severity
	Also     []Severity // severities that it has in other circumstances
	Title    string     // what it checks, in one line
	Cause    string     // how clusters come to it
	Effect   string     // what the operator sees
	Mend     string     // what to do
	Disturbs Disturbance
	Since    Version // first release of Kubernetes that it concerns; zero: all that this package knows
	Until    Version // last release that it concerns; zero: the newest still
	Source   string  // upstream path and symbol, RFC, or issue that the rule rests on
}
