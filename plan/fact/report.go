package fact

import (
	"fmt"
	"reflect"
	"strings"
)

// Err returns nil where r has no finding of severity [Error] that is not waived, and otherwise an error that unwraps to
// those findings: errors.As finds a Finding or a *Finding in it. Of a report of no statements it is [ErrNothingStated].
// So a unit test is three lines:
//
//	if err := plan.Check(statements...).Err(); err != nil {
//		t.Fatal(err)
//	}
func (r Report) Err() error {
	var fs []*Finding
	for i := range r.Findings {
		if f := r.Findings[i]; f.Severity == Error && f.Waived == "" {
			fs = append(fs, &f)
		}
	}
	switch {
	case len(fs) > 0:
	case r.Stated == 0 && len(r.Findings) == 0:
		return ErrNothingStated
	default:
		return nil
	}
	return &ReportError{Findings: fs}
}

// A ReportError is a report with errors in it. The zero value has no findings.
type ReportError struct {
	Findings []*Finding // those of severity Error, at least one
}

// Error returns the findings, one a line.
func (e *ReportError) Error() string {
	var lines []string
	for _, f := range e.Findings {
		if f != nil {
			lines = append(lines, f.Error())
		}
	}
	if lines == nil {
		return "a report without findings"
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the findings as errors.
func (e *ReportError) Unwrap() []error {
	errs := make([]error, 0, len(e.Findings))
	for _, f := range e.Findings {
		if f != nil {
			errs = append(errs, f)
		}
	}
	return errs
}

// Error returns the finding in one line: where (place or field), rule, what is wrong, what to do.
func (f Finding) Error() string {
	var b strings.Builder
	if len(f.Where) > 0 {
		b.WriteString(f.Where[0].String())
		b.WriteString(": ")
	} else if f.Field.Name != "" {
		b.WriteString(f.Field.String())
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s: %s", f.Rule, f.Message)
	if len(f.Fix) > 0 {
		b.WriteString("; ")
		b.WriteString(f.Fix[0])
	}
	return b.String()
}

// As sets target to the finding where target is a *Finding, so that errors.As finds findings by value too.
func (f *Finding) As(target any) bool {
	t, ok := target.(*Finding)
	if ok {
		*t = *f
	}
	return ok
}

// Is reports whether target is an equal finding, by value or by pointer, for errors.Is: findings hold slices, and could
// not be compared otherwise.
func (f Finding) Is(target error) bool {
	switch t := target.(type) {
	case Finding:
		return reflect.DeepEqual(f, t)
	case *Finding:
		return t != nil && reflect.DeepEqual(f, *t)
	}
	return false
}

// Count returns how many findings of each severity r holds, those that are waived left out.
func (r Report) Count() (errors, warnings, infos int) {
	for _, f := range r.Findings {
		switch {
		case f.Waived != "":
		case f.Severity == Error:
			errors++
		case f.Severity == Warning:
			warnings++
		default:
			infos++
		}
	}
	return errors, warnings, infos
}
