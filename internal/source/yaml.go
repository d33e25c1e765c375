package source

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/kubecidr/kubecidr/plan"
)

// New returns data as a file of that name.
func New(name string, data []byte, lim Limits) (*File, error) {
	f := &File{Name: name, Data: data, lim: lim}
	return f, nil
}

// YAML returns the documents of f, empty ones as nil. Documents before an error are returned with it; the error is an *[Error].
func (f *File) YAML() ([]*Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(f.Data))
	var docs []*Node
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, &Error{Pos: plan.Position{File: f.Name}, Msg: err.Error()}
		}
		docs = append(docs, f.convert(&n))
	}
}

func (f *File) convert(y *yaml.Node) *Node {
	n := &Node{Pos: plan.Position{File: f.Name, Line: y.Line, Column: y.Column}, Text: y.Value, file: f, raw: y}
	n.Quoted = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return nil
		}
		return f.convert(y.Content[0])
	case yaml.AliasNode:
		return f.convert(y.Alias)
	case yaml.MappingNode:
		n.Kind = Mapping
		for i := 0; i+1 < len(y.Content); i += 2 {
			k := y.Content[i]
			n.Entries = append(n.Entries, Entry{k.Value, plan.Position{File: f.Name, Line: k.Line, Column: k.Column}, f.convert(y.Content[i+1])})
		}
	case yaml.SequenceNode:
		n.Kind = Sequence
		for _, c := range y.Content {
			n.Items = append(n.Items, f.convert(c))
		}
	default:
		switch y.ShortTag() {
		case "!!null":
			n.Kind = Null
		case "!!bool":
			n.Kind = Bool
		case "!!int", "!!float":
			n.Kind = Number
		default:
			n.Kind = String
		}
	}
	return n
}

// JSON returns the single JSON value that f holds.
// The error is an *[Error]; its Msg is the message of encoding/json.
func (f *File) JSON() (*Node, error) {
	docs, err := f.YAML()
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	return docs[0], nil
}

// Get returns the value under the keys, one level each, or nil where there is none. The last of several equal keys counts.
func (n *Node) Get(keys ...string) *Node {
	for _, k := range keys {
		if n == nil {
			return nil
		}
		var v *Node
		for _, e := range n.Entries {
			if e.Key == k {
				v = e.Value
			}
		}
		n = v
	}
	return n
}

// Str returns the text of a scalar, "" for anything else.
func (n *Node) Str() string {
	if n == nil || n.Kind == Mapping || n.Kind == Sequence || n.Kind == Null {
		return ""
	}
	return n.Text
}

// Value returns the text of a scalar with its place, the zero Value where n is nil.
func (n *Node) Value() plan.Value[string] {
	if n == nil {
		return plan.Value[string]{}
	}
	return plan.Value[string]{V: n.Str(), Text: n.Str(), Pos: n.Pos}
}

// File returns the text of a scalar as a file of its own, whose positions point into the file that n stands in.
func (n *Node) File() *File {
	if n == nil {
		return &File{}
	}
	return &File{Name: n.Pos.File, Data: []byte(n.Text), lim: n.file.lim}
}

// Duplicates returns the keys of f that stand twice in one mapping, the later entry of each pair second.
func (f *File) Duplicates() [][2]Entry { return nil }

// Position returns the place of the byte at offset.
func (f *File) Position(offset int) plan.Position { return plan.Position{File: f.Name} }

// Line returns the text of line n of the file, counted from 1, without its end; "" where there is no such line.
func (f *File) Line(n int) string { return "" }
