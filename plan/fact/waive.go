package fact

import (
	"fmt"
	"slices"
)

// A Waiver accepts findings of one rule: they are still shown, and no longer count. The zero value accepts nothing.
type Waiver struct {
	Rule   RuleID
	File   string // accepts only findings with a place in this file; "" for any
	Reason string // why; "" stands for "accepted"
}

// A WaiverError is a waiver that cannot be read. The zero value gives no reason.
type WaiverError struct {
	Pos  Position // in a file of waivers
	Text string   // as it is written
	Msg  string
}

func (e *WaiverError) Error() string {
	where := ""
	if p := e.Pos.String(); p != "" {
		where = p + ": "
	}
	return fmt.Sprintf("%swaiver %q: %s", where, e.Text, e.Msg)
}

// Waive returns r with the findings that a waiver accepts marked as waived; r itself stays as it is. Where several
// accept a finding, the first counts.
func (r Report) Waive(ws ...Waiver) Report {
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, w := range ws {
			if f.Waived == "" && w.accepts(*f) {
				f.Waived = w.Reason
				if f.Waived == "" {
					f.Waived = "accepted"
				}
			}
		}
	}
	return r
}

func (w Waiver) accepts(f Finding) bool {
	if w.Rule == "" || w.Rule != f.Rule {
		return false
	}
	return w.File == "" || slices.ContainsFunc(f.Where, func(p Place) bool { return p.File == w.File })
}
