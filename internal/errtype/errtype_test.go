package errtype

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestAs(t *testing.T) {
	in := &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}
	tests := []struct {
		why  string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"itself", in, true},
		{"wrapped", fmt.Errorf("read: %w", in), true},
		{"one of a list", errors.Join(errors.New("other"), in), true},
		{"of another type", fs.ErrNotExist, false},
		{"named by its text alone", errors.New(in.Error()), false},
	}
	for _, tc := range tests {
		got, ok := As[*fs.PathError](tc.err)
		if ok != tc.want || ok != (got == in) {
			t.Errorf("%s: As(%v) = %v, %v, want %v", tc.why, tc.err, got, ok, tc.want)
		}
	}
}
