// Package scenario replays what happens to a cluster, written down as JSON, through the twin of kube-controller-manager
// (plan.Controller), and compares it with what a real one did.
//
//	{"flags": {"allocate-node-cidrs": "true", "cluster-cidr": "10.244.0.0/22"},
//	 "ops": [{"op": "start"}, {"op": "create", "node": "n1"}, {"op": "list"}]}
//
// The operations are start, stop, restart (with flags of its own, or the same), create (with a preset), burst (with one that all hold), delete, terminate (a deletion that a finalizer holds up), patch, wait and
// list. Each is given its result; where timing decides, also what else can come.
package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/kubeadm"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Scenario is a series of operations on one cluster.
type Scenario struct {
	Name    string  `json:"name,omitempty"`
	Note    string  `json:"note,omitempty"`
	Version string  `json:"version,omitempty"` // of Kubernetes
	Flags   Flags   `json:"flags"`             // of kube-controller-manager
	Ops     []Op    `json:"ops"`
	Events  []Event `json:"events,omitempty"`
}

// Flags are flags of kube-controller-manager without their dashes. In JSON they may be a list of arguments as well.
type Flags map[string]string

// An Op is one thing that happens, with its result.
type Op struct {
	Op       string   `json:"op"`
	Node     string   `json:"node,omitempty"`
	Nodes    []string `json:"nodes,omitempty"`
	Preset   []string `json:"preset,omitempty"`
	PodCIDRs []string `json:"podCIDRs,omitzero"`
	Flags    Flags    `json:"flags,omitzero"`

	Controller string   `json:"controller,omitempty"` // "stopped" where it does not run
	Result     *Result  `json:"result,omitempty"`
	Code       int      `json:"code,omitempty"`    // of a patch: the API server's answer
	Message    string   `json:"message,omitempty"` // of the API server
	Refused    any      `json:"refused,omitempty"` // of a create: the API server's error
	Reason     string   `json:"reason,omitempty"`  // what the controller manager prints where it does not start
	Log        []string `json:"log,omitempty"`     // errors that it logs
	Timing     *Timing  `json:"timing,omitempty"`  // what else can come

	extra map[string]json.RawMessage // fields that are not known here, kept
}

// A Result is one of three things: whether a start succeeded, the podCIDRs of one node, or those of several.
type Result struct {
	Start *Start
	One   []string
	Many  map[string][]string
}

// A Start is the result of a start.
type Start struct {
	Started bool `json:"started"`
	Exit    int  `json:"exit,omitempty"` // exit status
}

// Timing is what can come where timing decides: between Min and Max of Nodes hold subnets, the first ones of each list or, where
// Any is set, any of it. At most 256 of a list are written out. Outcomes is how many there are; up to 24 are written out.
type Timing struct {
	Nodes    []string              `json:"nodes"`
	Min      int                   `json:"min"`
	Max      int                   `json:"max"`
	Subnets  [][]string            `json:"subnets"`
	Any      []bool                `json:"any,omitempty"`
	Omitted  int                   `json:"omitted,omitempty"` // how many of Subnets are not written out
	Why      string                `json:"why"`
	Outcomes string                `json:"outcomes"`
	Possible []map[string][]string `json:"possible,omitempty"`
}

// An Event is an Event on a Node object.
type Event struct {
	Node      string `json:"node"`
	Type      string `json:"type"`
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	Component string `json:"component"`
}

// A flagsError says what is wrong with flags.
type flagsError struct{ msg string }

func (e *flagsError) Error() string { return "flags: " + e.msg }

// UnmarshalJSON reads a map of flags, or a list of arguments.
func (f *Flags) UnmarshalJSON(data []byte) error {
	out := Flags{}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		var args []string
		if err := json.Unmarshal(data, &args); err != nil {
			return err
		}
		for i := 0; i < len(args); i++ {
			name, ok := strings.CutPrefix(args[i], "--")
			if !ok {
				return &flagsError{fmt.Sprintf("%q does not begin with --", args[i])}
			}
			name, value, ok := strings.Cut(name, "=")
			if !ok && i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
				i++
				value, ok = args[i], true
			}
			if !ok {
				value = "true"
			}
			out[name] = value
		}
		*f = out
		return nil
	}
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return err
	}
	for name, v := range m {
		switch v := v.(type) {
		case string:
			out[name] = v
		case bool:
			out[name] = strconv.FormatBool(v)
		case json.Number:
			out[name] = v.String()
		default:
			return &flagsError{fmt.Sprintf("the value of %q is neither text nor a number", name)}
		}
	}
	*f = out
	return nil
}

// MarshalJSON writes what the result is.
func (r *Result) MarshalJSON() ([]byte, error) {
	switch {
	case r.Start != nil:
		return json.Marshal(r.Start)
	case r.Many != nil:
		return json.Marshal(r.Many)
	case r.One == nil:
		return []byte("[]"), nil
	}
	return json.Marshal(r.One)
}

// UnmarshalJSON tells the three kinds apart by their form.
func (r *Result) UnmarshalJSON(data []byte) error {
	*r = Result{}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		r.One = []string{}
		return json.Unmarshal(data, &r.One)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	if started, ok := m["started"]; ok && (string(started) == "true" || string(started) == "false") {
		r.Start = &Start{}
		return json.Unmarshal(data, r.Start)
	}
	r.Many = map[string][]string{}
	return json.Unmarshal(data, &r.Many)
}

// opFields are the fields of an [Op].
type opFields Op

// opKeys are the names of the fields of an [Op], scenarioKeys those of a [Scenario].
var (
	opKeys       = []string{"op", "node", "nodes", "preset", "podCIDRs", "flags", "controller", "result", "code", "message", "refused", "reason", "log", "timing"}
	scenarioKeys = []string{"name", "note", "version", "flags", "ops", "events", "log"}
)

// misspelt returns an error for a key that is not known and is nearly one that is: without it the replay would be of something else. Other
// keys may be what a recorder adds.
func misspelt(key string, known []string) error {
	if slices.Contains(known, key) {
		return nil
	}
	best := suggest.Within(key, known, 1+len(key)/8)
	if len(key) <= 2 {
		best = ""
	}
	if i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, key) }); i >= 0 {
		best = known[i] // encoding/json takes it for that one, and which of two counts depends on their order
	}
	if best != "" {
		return fmt.Errorf("no field %q: write %q", key, best)
	}
	return nil
}

// misplaced returns an error for fields that mean nothing to the operation and something to another.
func (o Op) misplaced() error {
	switch {
	case o.Op != "patch" && len(o.PodCIDRs) > 0:
		return fmt.Errorf(`%s has podCIDRs, which is for patch; a create has "preset"`, o.Op)
	case o.Op != "create" && o.Op != "burst" && len(o.Preset) > 0:
		return fmt.Errorf(`%s has preset, which is for create and burst; a patch has "podCIDRs"`, o.Op)
	case o.Op != "burst" && len(o.Nodes) > 0:
		return fmt.Errorf("%s has nodes, which is for burst", o.Op)
	case o.Op == "burst" && o.Node != "":
		return errors.New(`burst has node: write "nodes"`)
	}
	return nil
}

// UnmarshalJSON keeps the fields that it does not know.
func (o *Op) UnmarshalJSON(data []byte) error {
	var fields opFields
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	*o = Op(fields)
	for _, k := range opKeys {
		delete(all, k)
	}
	o.extra = all
	return nil
}

// MarshalJSON writes the fields that were not known as well, sorted, behind the others.
func (o Op) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(opFields(o))
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(o.extra)) {
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		data = append(data[:len(data)-1], ',')
		data = append(data, key...)
		data = append(data, ':')
		data = append(data, o.extra[k]...)
		data = append(data, '}')
	}
	return data, nil
}

// An Error is a scenario that cannot be read, and where.
type Error struct {
	Name string // of the file
	Line int    // counted from 1, 0 if unknown
	Op   int    // number of the operation, counted from 1, 0 if none
	Err  error
}

func (e *Error) Error() string {
	s := e.Name
	if e.Line > 0 {
		s += ":" + strconv.Itoa(e.Line)
	}
	if e.Op > 0 {
		s += ": operation " + strconv.Itoa(e.Op)
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Read reads a scenario. The error is an *[Error] with the name.
func Read(name string, data []byte) (*Scenario, error) {
	f, err := source.New(name, data, source.Limits{})
	if err != nil {
		return nil, &Error{Name: name, Err: err}
	}
	data = f.Data // without a byte order mark, of whatever encoding
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &Error{Name: name, Err: errors.New("it is empty")}
	}
	if offset, msg := source.JSONSyntax(data); msg != "" {
		return nil, &Error{Name: name, Line: f.Position(offset).Line, Err: errors.New(msg)}
	}
	root, err := f.JSON()
	if err != nil {
		return nil, &Error{Name: name, Err: err}
	}
	if root == nil {
		root = &source.Node{}
	}
	if err := checkForm(root); err != nil {
		return nil, &Error{Name: name, Err: err}
	}
	s := &Scenario{}
	if err := json.Unmarshal(data, s); err != nil {
		var own *flagsError
		if errors.As(err, &own) {
			return nil, &Error{Name: name, Err: own}
		}
		return nil, &Error{Name: name, Err: errNoScenario}
	}
	if len(s.Ops) == 0 {
		return nil, &Error{Name: name, Err: errors.New(`no operations: want {"flags": {...}, "ops": [{"op": "start"}, ...]}`)}
	}
	for i, o := range s.Ops {
		if err := o.check(); err != nil {
			return nil, &Error{Name: name, Op: i + 1, Err: err}
		}
	}
	if s.Flags == nil {
		s.Flags = Flags{}
	}
	if s.Version != "" {
		if _, err := fact.ParseVersion(s.Version); err != nil {
			return nil, &Error{Name: name, Err: err}
		}
	}
	return s, nil
}

// check returns why o cannot be played, nil where it can.
func (o Op) check() error {
	switch o.Op {
	case "start", "stop", "restart", "wait", "list":
	case "create", "delete", "patch", "terminate":
		if o.Node == "" {
			return fmt.Errorf("%s without node", o.Op)
		}
	case "burst":
		if len(o.Nodes) == 0 {
			return errors.New("burst without nodes")
		}
	default:
		return fmt.Errorf("op %q: must be start, stop, restart, create, burst, delete, terminate, patch, wait or list", o.Op)
	}
	if err := o.misplaced(); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(o.extra)) {
		if err := misspelt(k, opKeys); err != nil {
			return err
		}
	}
	return nil
}

// Write writes s as JSON.
func (s *Scenario) Write(w io.Writer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// process returns the program with its flags, for the reader that knows what the flag package makes of them.
func (f Flags) process(v fact.Version) kubeadm.Process {
	l := kubeadm.CommandLine{Component: fact.ControllerManager, Version: v}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		l.Args = append(l.Args, kubeadm.Word{Text: "--" + name + "=" + f[name]})
	}
	return kubeadm.Process{CommandLine: l}
}
