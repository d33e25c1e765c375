package cidrtest

import (
	"fmt"
	"iter"
	"testing"
)

// TestValidator tests a function that says whether the ranges of a cluster may be used: it returns nil if they may, and
// an error that says why not. Each case is a subtest of its name, so that -run finds it.
//
// validate must not keep or change the slices of the case. A panic counts as a failure of the case.
func TestValidator(t *testing.T, validate func(Case) error, opts ...Option) {
	t.Helper()
	n := 0
	for c := range makeOptions(opts).validatorCases() {
		n++
		t.Run(c.Name, func(t *testing.T) {
			if f := judge(c, validate); f != nil {
				t.Error(f)
			}
		})
	}
	if n == 0 {
		t.Error("the options leave no case")
	}
}

// CheckValidator does what [TestValidator] does and returns what it found: nil if there is nothing, a [Failures]
// otherwise.
func CheckValidator(validate func(Case) error, opts ...Option) error {
	var fs Failures
	for c := range makeOptions(opts).validatorCases() {
		if f := judge(c, validate); f != nil {
			fs = append(fs, f)
		}
	}
	return fs.err()
}

func (o *options) validatorCases() iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, seq := range []iter.Seq[Case]{
			Cases(),
			Generate(1, o.generated),
			func(yield func(Case) bool) {
				for _, c := range o.cases {
					if !yield(c.clone()) {
						return
					}
				}
			},
		} {
			for c := range seq {
				if o.takes(c.Name, c.Rule, c.Stack()) && !yield(c) {
					return
				}
			}
		}
	}
}

// judge gives c to validate, and returns nil if the verdict is right.
func judge(c Case, validate func(Case) error) *Failure {
	err, panicked := guard(func() error { return validate(c.clone()) })
	f := &Failure{c.Name, c.Rule, c.String(), "", c.Reason, c.Source, err}
	switch {
	case panicked:
		f.Problem = err.Error()
	case c.Valid && err != nil:
		f.Problem = fmt.Sprintf("refused (%v), want it accepted", err)
	case !c.Valid && err == nil:
		f.Problem = "accepted, want it refused"
	default:
		return nil
	}
	return f
}
