package fact

import (
	"cmp"
	"strconv"
)

// A Position is a place in a file. Line and Column count from 1, Column in bytes of the UTF-8 text; 0 means unknown.
// The zero Position says that a value stands in no file.
type Position struct {
	File   string
	Line   int
	Column int
}

// IsValid reports whether p names a file.
func (p Position) IsValid() bool { return p.File != "" }

// String returns "file:line:column", without the parts that are unknown.
func (p Position) String() string {
	s := p.File
	if p.Line > 0 {
		if s != "" {
			s += ":"
		}
		s += strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	return s
}

// Compare orders positions by file, line and column.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// A Value is a value that a file holds, with its text and its place.
// The zero Value is one that the file does not say.
type Value[T any] struct {
	V    T        // what it means
	Text string   // as it is written, quotes removed
	Pos  Position // where the value starts
}

// IsSet reports whether a file says the value.
func (v Value[T]) IsSet() bool { return v.Pos.IsValid() }

// String returns the text as it is written.
func (v Value[T]) String() string { return v.Text }
