package kubecidr

import (
	"errors"
	"fmt"
	"io"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// maxRequest is how large a request file may be, in bytes.
const maxRequest = 1 << 20

// A RequestFileError says what is wrong with a request file, and where.
type RequestFileError struct {
	Pos fact.Position
	Err error // a *plan.SetError where a key or its value is at fault
}

// Error returns the form `request.yaml:3:8: nodes "-5": must be 1 or more`.
func (e *RequestFileError) Error() string {
	msg := "not a request"
	if e.Err != nil {
		msg = e.Err.Error()
	}
	if pos := e.Pos.String(); pos != "" {
		return pos + ": " + msg
	}
	return msg
}

// Unwrap returns Err.
func (e *RequestFileError) Unwrap() error { return e.Err }

// ReadRequest reads what a cluster needs from a YAML or JSON file: one mapping whose keys are those of [plan.RequestKeys], which are
// also the flags of examples/plan. podsPerNode and pods_per_node are read as pods-per-node.
//
//	name: north
//	nodes: 400
//	hosts: [10.20.0.0/22]
//	family: dual
//	avoid: [docker, vpn=10.8.0.0/13]
//	pin:
//	  services: 10.96.0.0/16
//
// Where a key takes several values they can be one text with commas or a list; pin can also be a mapping from roles to ranges, and avoid
// one from names to ranges. name is that of the file, for positions. At most 1 MiB is read.
//
// The first thing that is wrong gives a *[RequestFileError]: text that is no YAML, an unknown key, a key that stands twice,
// a value that the key does not take.
func ReadRequest(name string, r io.Reader) (plan.Request, error) {
	fail := func(pos fact.Position, err error) (plan.Request, error) {
		return plan.Request{}, &RequestFileError{pos, err}
	}
	start := fact.Position{File: name}
	data, err := io.ReadAll(io.LimitReader(r, maxRequest+1))
	if err != nil {
		return fail(start, err)
	}
	if len(data) > maxRequest {
		return fail(start, fmt.Errorf("larger than %d bytes, the limit for a request", maxRequest))
	}
	file, err := source.New(name, data, source.Limits{})
	var docs []*source.Node
	if err == nil {
		docs, err = file.YAML()
	}
	if err != nil {
		if e, ok := errors.AsType[*source.Error](err); ok {
			return fail(e.Pos, errors.New(e.Msg))
		}
		return fail(start, err)
	}
	var root *source.Node
	for _, d := range docs {
		switch {
		case d == nil || d.Kind == source.Null:
		case root != nil:
			return fail(d.Pos, errors.New("a second document; a request is one"))
		default:
			root = d
		}
	}
	if root == nil {
		return fail(start, errors.New("empty; a request is a mapping such as nodes: 40"))
	}
	if root.Kind != source.Mapping {
		return fail(root.Pos, errors.New("not a mapping; a request is one, such as nodes: 40"))
	}

	var req plan.Request
	seen := make(map[string]fact.Position)
	for _, e := range root.Entries {
		key := requestKey(e.Key)
		if first, ok := seen[key]; ok {
			return fail(e.KeyPos, fmt.Errorf("%q stands already in line %d", e.Key, first.Line))
		}
		seen[key] = e.KeyPos
		values, err := requestValues(key, e.Value)
		if err != nil {
			return fail(e.KeyPos, err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.text
		}
		if err := req.Set(key, texts...); err != nil {
			pos := e.KeyPos
			if se, ok := errors.AsType[*plan.SetError](err); ok && !errors.Is(err, plan.ErrUnknownKey) && se.Index < len(values) {
				pos = values[se.Index].pos
			}
			return fail(pos, err)
		}
	}
	return req, nil
}

// requestKey returns the name of the key that is meant by one in another spelling, or the key itself.
func requestKey(key string) string {
	for _, k := range plan.RequestKeys() {
		if suggest.Same(k.Name, key) {
			return k.Name
		}
	}
	return key
}

// A requestValue is one value of a key, as [plan.Request.Set] takes it.
type requestValue struct {
	text string
	pos  fact.Position
}

// requestValues returns the values under a key: a scalar, the entries of a list, and for each entry of a mapping "key=value".
func requestValues(key string, n *source.Node) ([]requestValue, error) {
	var out []requestValue
	switch {
	case n == nil || n.Kind == source.Null:
		return nil, fmt.Errorf("%s: %w", key, plan.ErrNoValue)
	case n.Kind == source.Sequence:
		for _, it := range n.Items {
			vs, err := requestValues(key, it)
			if err != nil {
				return nil, err
			}
			out = append(out, vs...)
		}
	case n.Kind == source.Mapping:
		if key != "pin" && key != "keep" && key != "avoid" {
			return nil, fmt.Errorf("%s: a mapping, where a value or a list is wanted", key)
		}
		for _, e := range n.Entries {
			vs, err := requestValues(key, e.Value)
			if err != nil {
				return nil, err
			}
			for _, v := range vs {
				out = append(out, requestValue{e.Key + "=" + v.text, e.KeyPos})
			}
		}
	default:
		out = append(out, requestValue{n.Str(), n.Pos})
	}
	return out, nil
}
