package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compare returns how the recording differs from s, a replay of the same operations: one line each, none for no difference.
func (s *Scenario) Compare(recording *Scenario) []string {
	var out []string
	if len(s.Ops) != len(recording.Ops) {
		out = append(out, fmt.Sprintf("the recording has %d operations, the scenario %d", len(recording.Ops), len(s.Ops)))
	}
	for i := range min(len(s.Ops), len(recording.Ops)) {
		got, want := s.Ops[i], recording.Ops[i]
		at := fmt.Sprintf("operation %d, %s", i+1, got.Op)
		if got.Node != "" {
			at += " " + got.Node
		}
		if got.Op != want.Op || got.Node != want.Node || !slices.Equal(got.Nodes, want.Nodes) || !slices.Equal(got.Preset, want.Preset) || !slices.Equal(got.PodCIDRs, want.PodCIDRs) {
			out = append(out, at+": the recording does something else: "+strings.TrimSpace(want.Op+" "+want.Node))
			continue
		}
		out = append(out, compareOp(at, got, want)...)
	}
	seen := map[string]bool{}
	for _, e := range recording.Events {
		seen[e.Node+" "+e.Reason] = true
	}
	for _, e := range s.Events {
		if recording.Events != nil && !seen[e.Node+" "+e.Reason] {
			out = append(out, fmt.Sprintf("events: the recording has none %s on node %s, the twin has", e.Reason, e.Node))
		}
		delete(seen, e.Node+" "+e.Reason)
	}
	for _, k := range slices.Sorted(maps.Keys(seen)) {
		node, reason, _ := strings.Cut(k, " ")
		out = append(out, fmt.Sprintf("events: the recording has %s on node %s, the twin has none", reason, node))
	}
	return out
}

// differences are how two results differ, a sentence each.
type differences struct {
	at  string // of the operation
	out []string
}

func (d *differences) add(what string, recorded, twin any) {
	d.out = append(d.out, fmt.Sprintf("%s: %s: recorded %v, twin %v", d.at, what, recorded, twin))
}

// compareOp returns how the result of one operation differs.
func compareOp(at string, got, want Op) []string {
	d := &differences{at: at}
	if want.Code != 0 && got.Code != want.Code {
		d.add("code", want.Code, got.Code)
	}
	if want.Message != "" && got.Message != want.Message {
		d.add("message", want.Message, got.Message)
	}
	if (got.Refused == nil) != (want.Refused == nil) {
		d.add("create", acceptedOr(want.Refused), acceptedOr(got.Refused))
	}
	if want.Controller != "" && got.Controller != want.Controller {
		d.add("controller", want.Controller, "running")
	}
	if want.Result == nil || got.Result == nil {
		return d.out
	}
	g, w := got.Result, want.Result
	switch {
	case w.Start != nil && g.Start != nil:
		if *g.Start != *w.Start {
			d.add("start", w.Start.text(), g.Start.text())
		}
	case w.Many != nil && g.Many != nil:
		d.nodes(w.Many, g.Many)
	case w.Start == nil && g.Start == nil && w.Many == nil && g.Many == nil:
		if !slices.Equal(g.One, w.One) {
			d.add("podCIDRs", show(w.One), show(g.One))
		}
	default:
		d.add("result", "another kind", "this one")
	}
	return d.out
}

// acceptedOr returns the API server's error, or that there is none.
func acceptedOr(refused any) any {
	if refused == nil {
		return "accepted"
	}
	return refused
}

// nodes compares the podCIDRs of several nodes.
func (d *differences) nodes(recorded, twin map[string][]string) {
	names := maps.Clone(recorded)
	maps.Copy(names, twin)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		gl, gok := twin[n]
		wl, wok := recorded[n]
		switch {
		case !gok:
			d.add("node "+n, show(wl), "no such node")
		case !wok:
			d.add("node "+n, "no such node", show(gl))
		case !slices.Equal(gl, wl):
			d.add("node "+n, show(wl), show(gl))
		}
	}
}

// show prints podCIDRs.
func show(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ",")
}

func (s *Start) text() string {
	if s.Started {
		return "started"
	}
	return fmt.Sprintf("exit %d", s.Exit)
}
