package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// JSON returns the single JSON value that f holds. An empty file is an error.
// The error is an *[Error]; its Msg is the message of encoding/json, which also notices what follows the value.
func (f *File) JSON() (*Node, error) {
	if f == nil {
		return nil, &Error{Msg: "no file"}
	}
	f.dups = nil
	data := f.Data
	if skip := f.header(); skip > 0 {
		data = bytes.Clone(data)
		for i := range skip {
			if data[i] != '\n' {
				data[i] = ' '
			}
		}
	}
	// The scan of Unmarshal refuses what is no single JSON value, with the messages that people know.
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, f.jsonError(data, err)
	}
	p := jsonParser{f: f, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	f.sortDuplicates()
	return n, nil
}

// jsonError returns err of encoding/json with its place.
func (f *File) jsonError(data []byte, err error) *Error {
	var syn *json.SyntaxError
	if !errors.As(err, &syn) {
		return f.errorAt(0, "%s", err)
	}
	off := int(syn.Offset) - 1 // Offset counts the bytes read, the wrong one included
	if off >= len(bytes.TrimRight(data, " \t\r\n")) || syn.Error() == "unexpected end of JSON input" {
		off = len(bytes.TrimRight(data, " \t\r\n"))
	}
	return f.errorAt(off, "%s", syn)
}

// A jsonParser makes nodes of the tokens of one JSON value that is known to be valid.
type jsonParser struct {
	f     *File
	data  []byte
	dec   *json.Decoder
	nodes int
}

// value reads the next value.
func (p *jsonParser) value(depth int) (*Node, error) {
	start := p.next()
	tok, err := p.dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, p.f.errorAt(start, "%s", err)
	}
	return p.of(tok, start, depth)
}

// next returns where the next token starts: behind blanks, commas and colons.
func (p *jsonParser) next() int {
	i := int(p.dec.InputOffset())
	for i < len(p.data) {
		switch p.data[i] {
		case ' ', '\t', '\r', '\n', ',', ':':
			i++
		default:
			return i
		}
	}
	return i
}

func (p *jsonParser) of(tok json.Token, start, depth int) (*Node, error) {
	if p.nodes++; p.nodes > p.f.lim.Nodes {
		return nil, p.f.errorAt(start, "more than %d values; give a smaller file or raise the limit", p.f.lim.Nodes)
	}
	n := &Node{Pos: p.f.Position(start), file: p.f, off: start}
	switch t := tok.(type) {
	case nil:
		n.Kind, n.Text = Null, "null"
	case bool:
		n.Kind, n.Text = Bool, "false"
		if t {
			n.Text = "true"
		}
	case json.Number:
		n.Kind, n.Text = Number, t.String()
	case string:
		n.Kind, n.Text, n.Quoted = String, t, true
	case json.Delim:
		if depth >= p.f.lim.Depth {
			return nil, p.f.errorAt(start, "nested deeper than %d levels; give a plainer file or raise the limit", p.f.lim.Depth)
		}
		n.Kind = Sequence
		if t == '{' {
			n.Kind = Mapping
		}
		for p.dec.More() {
			var key Entry
			if n.Kind == Mapping {
				at := p.next()
				k, err := p.dec.Token()
				if err != nil {
					return nil, p.f.errorAt(at, "%s", err)
				}
				key.Key, _ = k.(string)
				key.KeyPos = p.f.Position(at)
			}
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			if n.Kind == Mapping {
				key.Value = v
				n.Entries = append(n.Entries, key)
			} else {
				n.Items = append(n.Items, v)
			}
		}
		if _, err := p.dec.Token(); err != nil { // the closing one
			return nil, p.f.errorAt(p.next(), "%s", err)
		}
		p.f.findDuplicates(n.Entries)
	}
	n.end = int(p.dec.InputOffset())
	return n, nil
}
