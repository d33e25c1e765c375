package scenario

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

// mostPossible is how many outcomes of one step are written out.
const mostPossible = 24

// mostSubnets is how many subnets of a range are written out for one step.
const mostSubnets = 256

// A player takes a cluster through a scenario.
type player struct {
	c      *nodeipam.Controller
	flags  Flags
	seen   []Op            // what was observed, for steps whose outcome is open; may be shorter
	failed map[string]bool // nodes that were observed to be given nothing at some time; nil: nobody looked
	events map[string]nodeipam.NodeEvent

	choice  int // which of the outcomes that fit is taken in the next step
	choices int // how many fitted in the last step

	partial *bool // set where outcomes that may fit were left out, because there are too many
}

// newPlayer returns one that has done nothing yet.
func newPlayer(v fact.Version, flags Flags, seen []Op, failed map[string]bool) *player {
	return &player{c: nodeipam.NewStopped(v), flags: flags, seen: seen, failed: failed, events: map[string]nodeipam.NodeEvent{}, partial: new(bool)}
}

func (p *player) clone() *player {
	q := *p
	q.c = p.c.Clone()
	q.events = maps.Clone(p.events)
	return &q
}

// mostTries is how many operations are played again, at the most, to find outcomes that fit everything that was observed.
const mostTries = 20_000

// mostForEvents is how many more are played to find outcomes that fit the events, too.
const mostForEvents = 2_000

// Replay takes a cluster of release v through the operations of s and returns them with the results of the twin. The zero
// version is that of s, or else the newest release.
//
// Where timing decides, the twin follows what was observed, provided that it is among the possible outcomes, so that what
// comes later can be compared. observed is a recording of the same operations; nil stands for s itself.
// Where nothing was observed it takes the likeliest.
func (s *Scenario) Replay(v fact.Version, observed *Scenario) *Scenario {
	out, _ := s.replay(v, observed)
	return out
}

// replay is [Scenario.Replay]. whole reports whether nothing was left out in the search: outcomes that fit all that was observed
// are then found if there are any.
func (s *Scenario) replay(v fact.Version, observed *Scenario) (out *Scenario, whole bool) {
	if v.IsZero() && s.Version != "" {
		v, _ = fact.ParseVersion(s.Version) // Read has looked at it
	}
	if observed == nil {
		observed = s
	}
	var failed map[string]bool
	if observed.Events != nil {
		failed = map[string]bool{}
		for _, e := range observed.Events {
			failed[e.Node] = failed[e.Node] || e.Reason == nodeipam.EventCIDRNotAvailable
		}
	}
	p := newPlayer(v, s.Flags, observed.Ops, failed)
	partial := p.partial
	ops, p, ok := p.search(s.Ops)
	if !ok {
		// Nothing fits, so that the recording differs: the outcomes that fit best, step by step.
		p = newPlayer(v, s.Flags, observed.Ops, failed)
		ops = nil
		for i, o := range s.Ops {
			ops = append(ops, p.play(i, o))
		}
	}
	out = &Scenario{Name: s.Name, Note: s.Note, Version: s.Version, Flags: s.Flags, Ops: ops}
	for _, k := range slices.Sorted(maps.Keys(p.events)) {
		e := p.events[k]
		out.Events = append(out.Events, Event{Node: e.Node, Type: "Normal", Reason: e.Reason, Message: e.Message, Component: "cidrAllocator"})
	}
	return out, !*partial
}

// search plays ops. What was done while nobody looked is seen only later, so where an operation comes out otherwise than
// observed it goes back to the last step in which several outcomes fitted, and takes the next. ok is false if none does.
func (p *player) search(ops []Op) (out []Op, end *player, ok bool) {
	type fork struct {
		before *player // its choice is the outcome that was taken
		at     int
	}
	var forks []fork
	var best []Op // fits what came of the operations, though not the events
	var bestEnd *player
	tries, most := 0, mostTries+len(ops)
	for i := 0; ; i++ {
		if i < len(ops) {
			var before *player
			if p.mayFork(ops[i]) {
				before = p.clone()
			}
			o := p.play(i, ops[i])
			if before != nil && p.choices > before.choice+1 {
				forks = append(forks, fork{before, i})
			}
			p.choice = 0
			if tries++; i >= len(p.seen) || len(compareOp("", o, p.seen[i])) == 0 {
				out = append(out[:i], o)
				continue
			}
		} else {
			if p.eventsFit() {
				return out, p, true
			}
			if best == nil {
				best, bestEnd, most = slices.Clone(out), p, tries+mostForEvents
			}
		}
		if len(forks) == 0 || tries > most {
			*p.partial = *p.partial || len(forks) > 0
			return best, bestEnd, best != nil
		}
		last := forks[len(forks)-1]
		forks = forks[:len(forks)-1]
		p = last.before
		p.choice++
		i = last.at - 1
	}
}

// eventsFit reports whether the nodes that were observed to be given nothing are those of the replay.
func (p *player) eventsFit() bool {
	if p.failed == nil {
		return true
	}
	failed := map[string]bool{}
	for _, e := range p.events {
		if e.Reason == nodeipam.EventCIDRNotAvailable {
			failed[e.Node] = true
		}
	}
	for n := range failed {
		if !p.failed[n] {
			return false
		}
	}
	for n, yes := range p.failed {
		if yes && !failed[n] {
			return false
		}
	}
	return true
}

// mayFork reports whether the outcome of o can be open.
func (p *player) mayFork(o Op) bool {
	return o.Op == "burst" || o.Op == "start" || o.Op == "restart" || len(p.c.Waiting()) > 0 || p.c.Open()
}

// play does operation i and returns it with its result.
func (p *player) play(i int, o Op) Op {
	o.Controller, o.Result, o.Code, o.Message, o.Refused, o.Reason, o.Log, o.Timing = "", nil, 0, "", nil, "", nil, nil
	p.choices = 1
	switch o.Op {
	case "start", "restart":
		if o.Flags != nil {
			p.flags = o.Flags
		}
		p.start(i, &o)
	case "stop":
		p.c.Stop()
	case "create":
		p.create(i, &o)
	case "burst":
		p.burst(i, &o)
	case "delete":
		step := p.c.Delete(o.Node)
		p.answer(&o, step)
		p.note(i, &o, step)
	case "terminate":
		step := p.c.Terminate(o.Node)
		p.answer(&o, step)
		p.note(i, &o, step)
	case "patch":
		step := p.c.Patch(o.Node, o.PodCIDRs...)
		if o.Code = 200; step.Err != nil {
			p.answer(&o, step)
			return o
		}
		p.note(i, &o, step)
		o.Result = p.one(o.Node)
	case "wait":
		p.note(i, &o, p.c.Wait())
	case "list":
		p.note(i, &o, p.c.Wait()) // whoever was not yet served may be now
		o.Timing = nil
		o.Result = &Result{Many: map[string][]string{}}
		for _, n := range p.c.Nodes() {
			o.Result.Many[n.Node] = p.one(n.Node).One
		}
	}
	return o
}

// create registers one node.
func (p *player) create(i int, o *Op) {
	if !p.c.Running() {
		o.Controller = "stopped"
	}
	step := p.c.Create(o.Node, o.Preset...)
	if step.Err != nil {
		o.Refused = step.Err.Error()
		o.Result = &Result{One: []string{}}
		return
	}
	p.note(i, o, step)
	o.Result = p.one(o.Node)
}

// burst registers several nodes at once.
func (p *player) burst(i int, o *Op) {
	if !p.c.Running() {
		o.Controller = "stopped"
	}
	var steps []nodeipam.Step
	if len(o.Preset) == 0 {
		steps = append(steps, p.c.Burst(o.Nodes...))
		p.note(i, o, steps[0])
	} else {
		for _, n := range o.Nodes {
			steps = append(steps, p.c.Create(n, o.Preset...))
			p.note(i, o, steps[len(steps)-1])
		}
	}
	for _, step := range steps {
		if step.Err != nil && o.Refused == nil {
			o.Refused = step.Err.Error()
		}
	}
	o.Result = &Result{Many: map[string][]string{}}
	for _, n := range o.Nodes {
		o.Result.Many[n] = p.one(n).One
	}
}

// start starts the controller manager with the flags in force.
func (p *player) start(i int, o *Op) {
	version := p.c.Version()
	proc := p.flags.process(version)
	// What its flag package refuses, the program never gets to see.
	if refused := proc.Refusals(version); len(refused) > 0 && refused[0].Rule == fact.RuleFlagRefused {
		p.c.Stop()
		o.Reason = refused[0].Message
		o.Result = &Result{Start: &Start{Exit: 1}}
		return
	}
	step := p.c.Start(proc.ControllerFlags())
	if step.Err != nil {
		o.Result = &Result{Start: &Start{Exit: step.ExitStatus()}}
		o.Log = step.Log
		o.Reason = reason(step.Err)
		return
	}
	p.note(i, o, step)
	o.Result = &Result{Start: &Start{Started: true}}
}

// reason returns what the program prints.
func reason(err error) string {
	var refused *nodeipam.RefusedError
	var exit *nodeipam.ExitError
	switch {
	case errors.As(err, &refused):
		var lines []string
		for _, r := range refused.Refusals {
			lines = append(lines, r.Message)
		}
		if len(lines) == 1 {
			return lines[0]
		}
		return "[" + strings.Join(lines, ", ") + "]"
	case errors.As(err, &exit):
		return exit.Message
	}
	return err.Error()
}

// answer notes the API server's error.
func (p *player) answer(o *Op, step nodeipam.Step) {
	var api *nodeipam.APIError
	if errors.As(step.Err, &api) {
		o.Code, o.Message = api.Code, api.Message
	}
}

// note adds what a step says beside its result.
func (p *player) note(i int, o *Op, step nodeipam.Step) {
	logged := make(map[string]bool, len(o.Log)+len(step.Log))
	for _, l := range o.Log {
		logged[l] = true
	}
	for _, l := range step.Log {
		if !logged[l] {
			logged[l] = true
			o.Log = append(o.Log, l)
		}
	}
	events := step.Events
	if t := step.Timing; t != nil {
		o.Timing = timingOf(t)
		var got nodeipam.Outcome
		if fitting := p.observed(i, t); len(fitting) > 0 {
			got = fitting[p.choice/p.choices%len(fitting)] // a step of several parts has the outcomes of each with those of every other
			if p.choices < mostTries {
				p.choices *= len(fitting)
			} else {
				*p.partial = true
			}
		}
		if got != nil && p.c.Resolve(got) {
			// Those that got nothing are others than the twin thought.
			events = nil
			for _, n := range t.Nodes {
				if len(got[n]) == 0 {
					events = append(events, nodeipam.NodeEvent{Node: n, Reason: nodeipam.EventCIDRNotAvailable, Message: "Node " + n + " status is now: " + nodeipam.EventCIDRNotAvailable})
				}
			}
		}
	}
	for _, e := range events {
		p.events[e.Node+" "+e.Reason] = e
	}
}

// one returns the podCIDRs of a node, an empty list for none.
func (p *player) one(name string) *Result {
	list, _ := p.c.Node(name)
	if list == nil {
		list = []string{}
	}
	return &Result{One: list}
}

func timingOf(t *nodeipam.Timing) *Timing {
	out := &Timing{Nodes: t.Nodes, Min: t.Min, Max: t.Max, Why: t.Why, Outcomes: t.Count().String()}
	for _, list := range t.Subnets {
		n := min(len(list), mostSubnets)
		out.Omitted += len(list) - n
		out.Subnets = append(out.Subnets, texts(list[:n]))
	}
	if slices.Contains(t.Skips, true) {
		out.Any = t.Skips
	}
	if n := t.Count(); n.IsInt64() && n.Int64() <= mostPossible {
		for o := range t.Outcomes() {
			m := map[string][]string{}
			for _, n := range t.Nodes {
				m[n] = texts(o[n])
			}
			out.Possible = append(out.Possible, m)
		}
	}
	return out
}

func texts(list []netip.Prefix) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}

// mostFitting is how many outcomes of one step are tried.
const mostFitting = 200
