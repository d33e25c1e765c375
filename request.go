package kubecidr

import (
	"errors"
	"fmt"
	"io"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/planfile"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// maxRequest is how large a request file may be, in bytes.
const maxRequest = 16 << 20

// A RequestFileError says what is wrong with a request file, and where. The zero value has neither place nor cause.
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
// Where a key takes several values they can be one text with commas or a list; pin can also be a mapping from roles to ranges, avoid and range
// from names to ranges. name is that of the file, for positions. At most 16 MiB are read.
//
// A plan in JSON or YAML, as package draw writes it, is read too: as the request that it was made from, with every range pinned and the
// node masks fixed, so that planning again keeps everything where it is.
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
		if e, ok := errtype.As[*source.Error](err); ok {
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

	read := planfile.Request
	if planfile.IsPlan(root) {
		read = planfile.Pinned
	}
	req, err := read(root)
	if e, ok := errtype.As[*planfile.Error](err); ok {
		return fail(e.Pos, e.Err)
	}
	return req, err
}
