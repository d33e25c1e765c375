// Package source reads YAML and JSON text and keeps the place of every value.
//
// It is what the format packages have in common: text in whatever encoding a file has, several documents in one file,
// line and column of each value, positions inside a value that holds a file itself (a ConfigMap's block scalar), and
// limits on size, depth and aliases, so that no input takes unbounded memory or time.
package source

import (
	"github.com/kubecidr/kubecidr/plan"
)

// Limits bound what is read. Zero fields stand for the defaults.
type Limits struct {
	Bytes int // size of one file. Default 64 MiB.
	Depth int // nesting of sequences and mappings. Default 100.
	Nodes int // values in one file, aliases resolved. Default 1,000,000.
}

// An Error is a text that could not be read, and where.
type Error struct {
	Pos plan.Position
	Msg string // lower case, without position
}

func (e *Error) Error() string {
	if p := e.Pos.String(); p != "" {
		return p + ": " + e.Msg
	}
	return e.Msg
}

// A File is a text with a name whose bytes know their place. A File made by [Node.File] is the text of one value of
// another file; its positions point into that other file.
type File struct {
	Name string
	Data []byte // UTF-8, without byte order mark, line ends as \n

	pos   func(offset int) plan.Position
	lines []int // offset of each line
	lim   Limits
}

// A Kind is the kind of a [Node].
type Kind uint8

const (
	Null Kind = iota
	Bool
	Number
	String
	Sequence
	Mapping
)

// A Node is a value of a YAML or JSON document. A nil Node is a value that is not there; every method can be called on it.
type Node struct {
	Kind    Kind
	Text    string // scalars: the value as text (quotes, escapes and block indentation undone), "null", "true", "1_8" as written
	Quoted  bool   // scalars: in quotes or a block, hence a string whatever it looks like
	Pos     plan.Position
	Entries []Entry // mappings, in file order
	Items   []*Node // sequences

	file *File // that it stands in
	raw  any   // what File needs
}

// An Entry is one key of a mapping, with its value.
type Entry struct {
	Key    string
	KeyPos plan.Position
	Value  *Node
}
