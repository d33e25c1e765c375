package fact

import "errors"

// A Verdict is what a report comes to. The zero Verdict says that nothing was stated, so that there is none.
type Verdict string

const (
	Broken  Verdict = "broken"   // at least one error that is not waived
	Trouble Verdict = "trouble"  // a symptom of now, and its cause is in none of the given files
	NoError Verdict = "no-error" // none in what was seen; there are warnings, or something was not seen or not understood
	Sound   Verdict = "sound"    // all that decides was seen, and agrees
)

// A NotSeen is something that decides and that no statement tells of. The zero value names nothing.
type NotSeen struct {
	What    string // "the service range of kube-apiserver on cp-2"
	Command string // the one command that shows it
}

// A NotUnderstood is text that holds something about address ranges in a form that is not read. The zero value points
// at no text.
type NotUnderstood struct {
	File  string
	Line  int    // from 1; 0 is the file as a whole
	Holds string // the range or the key that stands there; for a file as a whole, why it was not read
}

// ErrNothingStated is what [Report.Err] returns for a report of no statements: a test that renders nothing has to fail.
var ErrNothingStated = errors.New("nothing was stated about address ranges, so nothing was checked")

// Verdict returns what r comes to, waivers considered.
func (r Report) Verdict() Verdict {
	errors, warnings, _ := r.Count()
	trouble := false
	for _, f := range r.Findings {
		trouble = trouble || f.Trouble && f.Waived == ""
	}
	switch {
	case errors > 0:
		return Broken
	case trouble:
		return Trouble
	case r.Stated == 0 && len(r.Findings) == 0:
		return ""
	case warnings > 0 || len(r.NotSeen) > 0 || len(r.NotUnderstood) > 0:
		return NoError
	}
	return Sound
}
