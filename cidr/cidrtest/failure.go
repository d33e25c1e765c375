package cidrtest

import (
	"fmt"
	"slices"
	"strings"
)

// A Failure says what a validator or an allocator did wrong in one case. The zero Failure says nothing.
type Failure struct {
	Case    string // its name
	Rule    Rule   // what it is about
	Input   string // the ranges, or the cluster's range and the steps so far
	Problem string // what happened, and what should have
	Reason  string // why, as in the case
	Source  string // where that is known from, as in the case
	Err     error  // what the function returned, nil if nothing
}

// Error returns all of it in one line.
func (f *Failure) Error() string {
	if f == nil {
		f = new(Failure)
	}
	text := f.Input + ": " + f.Problem
	if f.Reason != "" {
		text += ": " + f.Reason
	}
	if f.Source != "" {
		text += " (" + f.Source + ")"
	}
	return text
}

// Unwrap returns f.Err, and nil for a nil f.
func (f *Failure) Unwrap() error {
	if f == nil {
		return nil
	}
	return f.Err
}

// Failures are all that was found, in the order of the cases. It is never returned empty. The zero Failures is the
// empty list.
type Failures []*Failure

// Error returns a line for each.
func (fs Failures) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the failures, for [errors.As].
func (fs Failures) Unwrap() []error {
	out := make([]error, len(fs))
	for i, f := range fs {
		out[i] = f
	}
	return out
}

// Rules returns the rules that were broken, each once, sorted.
func (fs Failures) Rules() []Rule {
	var out []Rule
	for _, f := range fs {
		if f != nil {
			out = append(out, f.Rule)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// err returns fs as an error, nil if there is none.
func (fs Failures) err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// guard calls f and returns what it panicked with as an error.
func guard(f func() error) (err error, panicked bool) {
	defer func() {
		if r := recover(); r != nil {
			err, panicked = fmt.Errorf("panic: %v", r), true
		}
	}()
	return f(), false
}
