package fact

// A Severity says how bad a finding is. The zero value names none and does not count as an error.
type Severity string

const (
	Error   Severity = "error"   // something is broken or will be
	Warning Severity = "warning" // it costs or surprises
	Info    Severity = "info"    // it is worth knowing
)

// A Place is a position in a file that a finding rests on. The zero value points nowhere.
type Place struct {
	Position
	Host string // host that the file speaks for, or ""
	Note string // what stands there, in a few words: "pods 10.244.0.0/16"
	Line string // text of the line, of a long one the part around Column, where the caller knows it; for display
	// From says how many bytes of the line stand before what Line shows, and Chars how many characters they are, so
	// that Column-1-From is the place in Line. Both are 0 where Line begins with the line.
	From, Chars int
}

// Disturbance says what a fix interrupts. The zero value says nothing about that.
type Disturbance string

const (
	DisturbsNothing   Disturbance = "nothing"
	DisturbsComponent Disturbance = "a restart of a component"
	DisturbsNodes     Disturbance = "nodes are drained and registered again"
	DisturbsCluster   Disturbance = "a new cluster"
)

// A Variant tells the forms of one rule's findings apart, "" where there is one form. It is as stable as the rule's ID.
// The zero value is the only form of a rule.
type Variant string

// A Finding is one thing that Check has to say. What it knows is data first; its texts are made of that data, and
// nothing is decided by them. The zero value says nothing: it has no rule and no severity.
type Finding struct {
	Rule     RuleID
	Variant  Variant
	Args     []Arg // the ranges, addresses, nodes, hosts, releases and numbers that it is about
	Severity Severity
	Message  string   // what is wrong: both values, hosts, the arithmetic; one paragraph
	Effect   string   // what the operator sees, or will see
	Fix      []string // commands, or lines to change, in order
	Disturbs Disturbance
	Changes  []Component // programs whose settings the fix changes; empty where it changes none, or nobody says
	Where    []Place     // the places it rests on, the one to change first
	Field    Field       // of a caller's own value that has no place in a file; zero otherwise
	// RefusedBy names the real programs that do not start with this or do not accept it; empty means that they take it
	// and it breaks later.
	RefusedBy []Component
	// Explains holds the symptoms that this finding causes, each a line to read.
	Explains []string
	// Symptoms holds the findings that were folded under this one, their places included.
	Symptoms []Finding
	// Subjects are the nodes or hosts that it concerns, sorted.
	Subjects []string
	Waived   string // reason for which it is accepted, "" if it is not

	// Trouble says that something is wrong at this moment, and that no given file shows its cause.
	Trouble bool
}

// A Report is what Check returns: findings in a stable order, causes first, and what it could not look at.
// [Report.Verdict] says what they come to. The zero value is the report on no statements; its [Report.Err] is
// [ErrNothingStated].
type Report struct {
	Findings []Finding

	Stated        int // statements that were compared; 0: there was nothing to check
	NotSeen       []NotSeen
	NotUnderstood []NotUnderstood
}
