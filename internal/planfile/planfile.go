// Package planfile reads requests and plans from the documents that hold them.
package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/internal/source"
	"github.com/kubecidr/kubecidr/internal/suggest"
	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An Error says what is wrong with a document, and where.
type Error struct {
	Pos fact.Position
	Err error
}

// Error returns the place and what is wrong there.
func (e *Error) Error() string { return fmt.Sprintf("%v: %v", e.Pos, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Request reads a request from a mapping whose keys are those of [plan.RequestKeys]. The error is an *[Error].
func Request(root *source.Node) (plan.Request, error) {
	fail := func(pos fact.Position, err error) (plan.Request, error) {
		return plan.Request{}, &Error{pos, err}
	}
	var req plan.Request
	seen := make(map[string]fact.Position)
	for _, e := range root.Entries {
		key := keyOf(e.Key)
		if first, ok := seen[key]; ok {
			return fail(e.KeyPos, fmt.Errorf("%q stands already in line %d", e.Key, first.Line))
		}
		seen[key] = e.KeyPos
		values, err := valuesOf(key, e.Value)
		if err != nil {
			return fail(e.KeyPos, err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.text
		}
		if err := req.Set(key, texts...); err != nil {
			pos := e.KeyPos
			if se, ok := errtype.As[*plan.SetError](err); ok && !errors.Is(err, plan.ErrUnknownKey) && se.Index < len(values) {
				pos = values[se.Index].pos
			}
			return fail(pos, err)
		}
	}
	return req, nil
}

// keyOf returns the name of the key that is meant by one in another spelling, or the key itself.
func keyOf(key string) string {
	for _, k := range plan.RequestKeys() {
		if suggest.Same(k.Name, key) {
			return k.Name
		}
	}
	return key
}

// A value is one value of a key, as [plan.Request.Set] takes it.
type value struct {
	text string
	pos  fact.Position
}

// valuesOf returns the values under a key: a scalar, the entries of a list, and for each entry of a mapping "key=value".
func valuesOf(key string, n *source.Node) ([]value, error) {
	var out []value
	switch {
	case n == nil || n.Kind == source.Null:
		return nil, fmt.Errorf("%s: %w", key, plan.ErrNoValue)
	case n.Kind == source.Sequence:
		for _, it := range n.Items {
			vs, err := valuesOf(key, it)
			if err != nil {
				return nil, err
			}
			out = append(out, vs...)
		}
	case n.Kind == source.Mapping:
		if key != "pin" && key != "keep" && key != "avoid" && key != "range" {
			return nil, fmt.Errorf("%s: a mapping, where a value or a list is wanted", key)
		}
		for _, e := range n.Entries {
			vs, err := valuesOf(key, e.Value)
			if err != nil {
				return nil, err
			}
			for _, v := range vs {
				out = append(out, value{e.Key + "=" + v.text, e.KeyPos})
			}
		}
	default:
		out = append(out, value{n.Str(), n.Pos})
	}
	return out, nil
}

// IsPlan reports whether a document is a plan in the form that package draw writes: these keys stand together in nothing else.
func IsPlan(root *source.Node) bool {
	return root != nil && root.Kind == source.Mapping &&
		root.Get("nodeMask") != nil && root.Get("pods") != nil && root.Get("services") != nil && root.Get("capacity", "nodes") != nil
}

// Pinned reads a plan back: the request that it was made from, with its ranges as pins. The error is a *Error.
func Pinned(root *source.Node) (plan.Request, error) {
	var req plan.Request
	if r := root.Get("request"); r != nil && r.Kind == source.Mapping {
		var err error
		if req, err = Request(r); err != nil {
			return plan.Request{}, err
		}
	}
	req.Hosts, req.Keep, req.Pins = nil, nil, nil
	set := func(key string, n *source.Node, prefix string) error {
		values, err := valuesOf(key, n)
		if err != nil {
			return &Error{n.Pos, err}
		}
		var texts []string
		for _, v := range values {
			texts = append(texts, prefix+v.text)
		}
		if err := req.Set(key, texts...); err != nil {
			return &Error{n.Pos, err}
		}
		return nil
	}
	var pins []plan.Pin
	for _, role := range []string{"hosts", "services", "pods"} {
		n := root.Get(role)
		if n == nil || n.Kind != source.Sequence || len(n.Items) == 0 {
			continue
		}
		if err := set("pin", n, role+"="); err != nil {
			return plan.Request{}, err
		}
		pins = append(pins, req.Pins...)
	}
	req.Pins = pins
	if n := root.Get("named"); n != nil && n.Kind == source.Mapping && len(n.Entries) > 0 {
		asked := req.Named
		if err := set("range", n, ""); err != nil {
			return plan.Request{}, err
		}
		req.Named = placed(asked, req.Named)
	}
	req.Families = nil
	for _, p := range pins {
		if f := fact.FamilyOf(p.Prefix); p.Role == fact.RolePods && !slices.Contains(req.Families, f) {
			req.Families = append(req.Families, f)
		}
	}
	for _, k := range []struct {
		key  string
		path []string
	}{{"name", []string{"name"}}, {"kubernetes", []string{"kubernetes"}}, {"node-mask-ipv4", []string{"nodeMask", "ipv4"}}, {"node-mask-ipv6", []string{"nodeMask", "ipv6"}},
		{"pods-per-node", []string{"capacity", "podsPerNode"}}} {
		if n := root.Get(k.path...); n != nil && n.Kind != source.Null && n.Str() != "" {
			if err := set(k.key, n, ""); err != nil {
				return plan.Request{}, err
			}
		}
	}
	return req, nil
}

// placed returns the ranges with names that were asked for, each where the plan has it.
func placed(asked, at []plan.Named) []plan.Named {
	for i := range asked {
		k := slices.IndexFunc(at, func(n plan.Named) bool { return n.Name == asked[i].Name })
		if k >= 0 {
			asked[i].Prefixes = at[k].Prefixes
			at = slices.Delete(at, k, k+1)
		}
	}
	return append(asked, at...)
}

// Statements returns what a plan says about a cluster, each with the place of its key; nothing for files of other kinds.
func Statements(text *source.File) ([]fact.Statement, error) {
	if !bytes.Contains(text.Data, []byte("apiServerServiceIPs")) || !bytes.Contains(text.Data, []byte("nodeMask")) {
		return nil, nil
	}
	docs, err := text.YAML()
	if err != nil {
		return nil, err
	}
	var out []fact.Statement
	for _, root := range docs {
		if !IsPlan(root) {
			continue
		}
		req, err := Pinned(root)
		if err != nil {
			return out, err
		}
		p, err := plan.New(req)
		if err != nil {
			return out, fmt.Errorf("a plan that contradicts itself: %w", err)
		}
		for _, s := range p.Statements() {
			s.Pos = root.Pos
			if n := root.Get(planKey(s)...); n != nil {
				s.Pos = n.Pos
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// planKey returns where a plan's document says s.
func planKey(s fact.Statement) []string {
	switch s.Role {
	case fact.RoleHosts, fact.RoleServices, fact.RolePods:
		return []string{string(s.Role)}
	case fact.RoleDNS:
		return []string{"dnsServiceIPs"}
	case fact.RoleReserved:
		if s.Key == "range" {
			return []string{"named", s.Text}
		}
		return []string{"avoided"}
	}
	switch s.Setting {
	case fact.SettingNodeMask, fact.SettingNodeMaskIPv4, fact.SettingNodeMaskIPv6:
		return []string{"nodeMask"}
	case fact.SettingMaxPods:
		return []string{"capacity", "podsPerNode"}
	case fact.SettingVersion:
		return []string{"kubernetes"}
	}
	return nil
}
