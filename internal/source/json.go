package source

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// JSON returns the single JSON value that f holds. An empty file is an error.
// The error is an *[Error]; its Msg is that of [JSONSyntax], which also notices what follows the value.
func (f *File) JSON() (*Node, error) {
	if f == nil {
		return nil, &Error{Msg: "no file"}
	}
	docs, err := f.once(&f.json, f.parseJSON)
	if len(docs) == 0 {
		return nil, err
	}
	return docs[0], err
}

func (f *File) parseJSON() ([]*Node, error) {
	data := f.Data
	if skip := f.header(); skip > 0 {
		data = bytes.Clone(data)
		for i := range skip {
			if data[i] != '\n' {
				data[i] = ' '
			}
		}
	}
	// What is no single JSON value is refused in the words that people know.
	if off, msg := JSONSyntax(data); msg != "" {
		end := len(bytes.TrimRight(data, " \t\r\n"))
		if off >= end || msg == unexpectedEnd {
			off = end
		}
		return nil, f.errorAt(off, "%s", msg)
	}
	f.valid = true
	if off, n := countJSON(data, f.lim.Nodes); n > f.lim.Nodes {
		return nil, f.tooManyValues(off, "")
	}
	p := jsonParser{f: f, data: data}
	n, err := p.value(0)
	f.values = p.nodes
	if err != nil {
		return nil, err
	}
	return []*Node{n}, nil
}

// countJSON counts the values of valid JSON without building them, and stops at the first one behind the limit.
func countJSON(data []byte, limit int) (offset, n int) {
	open := true // a value may start here
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case ' ', '\t', '\r', '\n':
			continue
		case ',', ':':
			open = true
			continue
		case '}', ']':
			open = false
			continue
		case '"':
			start := i
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if j := i + 1; j < len(data) && data[j] == ':' {
				open = false // a key
				continue
			}
			if open {
				if n++; n > limit {
					return start, n
				}
			}
			open = false
			continue
		}
		if open {
			if n++; n > limit {
				return i, n
			}
		}
		open = data[i] == '{' || data[i] == '['
	}
	return len(data), n
}

// A jsonParser makes nodes of one JSON value that is known to be valid.
type jsonParser struct {
	f     *File
	data  []byte
	at    int // offset of the next byte
	nodes int
	free  []Node // made together, since there are many
}

// next passes over blanks and returns the byte behind them.
func (p *jsonParser) next() byte {
	for {
		switch c := p.data[p.at]; c {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return c
		}
	}
}

// value reads the next value.
func (p *jsonParser) value(depth int) (*Node, error) {
	c := p.next()
	start := p.at
	if p.nodes++; p.nodes > p.f.lim.Nodes {
		return nil, p.f.tooManyValues(start, "")
	}
	if len(p.free) == 0 {
		p.free = make([]Node, min(max(p.nodes, 16), 512))
	}
	n := &p.free[0]
	p.free = p.free[1:]
	*n = Node{Pos: p.f.Position(start), file: p.f, off: start}
	switch c {
	case '{', '[':
		if depth >= p.f.lim.Depth {
			return nil, p.f.tooDeep(start, "")
		}
		if err := p.inside(n, c, depth); err != nil {
			return nil, err
		}
		p.f.findDuplicates(n.Entries)
	case '"':
		n.Kind, n.Quoted, n.Text = String, true, p.text()
	case 'n':
		n.Kind, n.Text = Null, "null"
		p.at += len("null")
	case 't':
		n.Kind, n.Text = Bool, "true"
		p.at += len("true")
	case 'f':
		n.Kind, n.Text = Bool, "false"
		p.at += len("false")
	default:
		for p.at < len(p.data) && bytes.IndexByte([]byte("+-.0123456789Ee"), p.data[p.at]) >= 0 {
			p.at++
		}
		n.Kind, n.Text = Number, string(p.data[start:p.at])
	}
	n.end = p.at
	return n, nil
}

// inside reads the entries or items of n, which the bracket opens.
func (p *jsonParser) inside(n *Node, bracket byte, depth int) error {
	n.Kind = Sequence
	if bracket == '{' {
		n.Kind = Mapping
	}
	p.at++
	for {
		switch p.next() {
		case '}', ']':
			p.at++
			return nil
		case ',':
			p.at++
			p.next()
		}
		var key Entry
		if n.Kind == Mapping {
			key.KeyPos = p.f.Position(p.at)
			key.Key = p.text()
			p.next()
			p.at++ // the colon
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if n.Kind == Mapping {
			key.Value = v
			n.Entries = append(n.Entries, key)
		} else {
			n.Items = append(n.Items, v)
		}
	}
}

// text reads a string, its escapes undone and bytes that are no UTF-8 replaced as encoding/json does.
func (p *jsonParser) text() string {
	start := p.at
	plain := true
	for p.at++; p.data[p.at] != '"'; p.at++ {
		switch c := p.data[p.at]; {
		case c == '\\':
			plain = false
			p.at++
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	p.at++
	if plain {
		return string(p.data[start+1 : p.at-1])
	}
	var s string
	_ = json.Unmarshal(p.data[start:p.at], &s) // valid, as all of it is
	return s
}
