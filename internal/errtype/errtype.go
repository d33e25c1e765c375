// Package errtype finds an error by its type, as errors.AsType does, which is new in Go 1.26.
package errtype

import "errors"

// As returns the first error of type E in err's tree, depth first, and whether there is one.
func As[E error](err error) (E, bool) {
	var e E
	ok := errors.As(err, &e)
	return e, ok
}
