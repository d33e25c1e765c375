package scenario

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
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
		if !p.c.Running() {
			o.Controller = "stopped"
		}
		step := p.c.Create(o.Node, o.Preset...)
		if step.Err != nil {
			o.Refused = step.Err.Error()
			o.Result = &Result{One: []string{}}
			return o
		}
		p.note(i, &o, step)
		o.Result = p.one(o.Node)
	case "burst":
		if !p.c.Running() {
			o.Controller = "stopped"
		}
		var steps []nodeipam.Step
		if len(o.Preset) == 0 {
			steps = append(steps, p.c.Burst(o.Nodes...))
			p.note(i, &o, steps[0])
		} else {
			for _, n := range o.Nodes {
				steps = append(steps, p.c.Create(n, o.Preset...))
				p.note(i, &o, steps[len(steps)-1])
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

// A sighting is what is known of the podCIDRs of a node after a step, from when it is next seen.
type sighting struct {
	podCIDRs []string // those it held; it was given them in the step, or later
	seen     bool     // false: it is deleted before anybody looks
	byHand   bool     // a patch gave it podCIDRs, or found just these there
}

// sighting returns what is seen of a node from operation i on.
func (p *player) sighting(i int, name string) sighting {
	for j := i; j < len(p.seen); j++ {
		o := p.seen[j]
		switch {
		case j > i && o.Node == name && (o.Op == "delete" || o.Op == "create"):
			return sighting{}
		case j > i && o.Node == name && o.Op == "patch":
			if o.Code == 200 {
				return sighting{o.PodCIDRs, true, true} // the API server took it, so there were none, or these
			}
			continue
		case o.Result == nil:
			continue
		case o.Op == "create" && o.Node == name:
			return sighting{podCIDRs: o.Result.One, seen: true}
		}
		if list, ok := o.Result.Many[name]; ok {
			return sighting{podCIDRs: list, seen: true}
		}
	}
	return sighting{}
}

// mostFitting is how many outcomes of one step are tried.
const mostFitting = 200

// observed returns the outcomes of t that fit what is seen from operation i on, the likeliest first. nil stands for the one
// that the twin has taken.
func (p *player) observed(i int, t *nodeipam.Timing) []nodeipam.Outcome {
	o := observation{t: t, known: nodeipam.Outcome{}, likeliest: nodeipam.Outcome{}, failed: p.failed}
	var byHand []string
	for _, n := range t.Nodes {
		if list, _ := p.c.Node(n); len(list) > 0 {
			o.likeliest[n], _ = fits(t, list)
		}
		s := p.sighting(i, n)
		if !s.seen {
			o.unseen = append(o.unseen, n)
			if p.failed != nil && !p.failed[n] {
				o.never++
			}
			continue
		}
		if got, ok := fits(t, s.podCIDRs); ok {
			o.known[n] = got // now or later
			if s.byHand {
				byHand = append(byHand, n)
			} else {
				o.served = append(o.served, n)
			}
		}
	}
	o.byHand = byHand
	few := t.Count().Cmp(big.NewInt(mostFitting)) <= 0 && !slices.ContainsFunc(t.Beyond, func(n uint64) bool { return n > 0 })
	var fitting []nodeipam.Outcome
	if few {
		for got := range t.Outcomes() {
			if o.fits(got) {
				fitting = append(fitting, got)
			}
		}
	} else {
		var whole bool
		fitting, whole = o.some()
		*p.partial = *p.partial || !whole
	}
	slices.SortStableFunc(fitting, o.compare)
	for k, got := range fitting {
		if o.isLikeliest(got) {
			fitting[k] = nil
		}
	}
	return fitting
}

// An observation is what is known of the outcome of a step.
type observation struct {
	t         *nodeipam.Timing
	known     nodeipam.Outcome // of nodes that are seen with subnets that can be had now
	served    []string         // these nodes, those that were given them by hand aside
	byHand    []string
	unseen    []string         // nodes of which nothing is known
	never     int              // how many of unseen never failed: they are served at the first try
	likeliest nodeipam.Outcome // what the twin has taken
	failed    map[string]bool  // see [player]
}

// fits reports whether got can be what happened: a node that is seen later holds what it holds then, or nothing yet.
func (o *observation) fits(got nodeipam.Outcome) bool {
	for _, n := range o.t.Nodes {
		if len(got[n]) > 0 && !slices.Contains(o.unseen, n) && !slices.Equal(got[n], o.known[n]) {
			return false
		}
	}
	return true
}

// compare orders outcomes that fit by how likely they are: those first that leave out the fewest nodes of which no failure was
// observed, then those that serve now rather than later what is seen with a subnet that can be had now, then those that serve as
// few as possible of the nodes that are never seen.
func (o *observation) compare(a, b nodeipam.Outcome) int {
	return slices.Compare(o.rank(a), o.rank(b))
}

func (o *observation) rank(got nodeipam.Outcome) []int {
	count := func(list []string) (n int) {
		for _, name := range list {
			if len(got[name]) > 0 {
				n++
			}
		}
		return n
	}
	against := 0
	if o.failed != nil {
		for _, name := range o.t.Nodes {
			if len(got[name]) == 0 && !o.failed[name] {
				against++
			}
		}
	}
	likeliest := 1
	if o.isLikeliest(got) {
		likeliest = 0
	}
	unseen := count(o.unseen)
	more := unseen - o.never
	if more < 0 {
		more = len(o.unseen) - unseen
	}
	if likeliest == 0 && len(o.unseen) == len(o.t.Nodes) {
		more = -1 // nothing speaks against it
	}
	return []int{against, len(o.served) - count(o.served), count(o.byHand), more, likeliest}
}

// isLikeliest reports whether got is what the twin has taken.
func (o *observation) isLikeliest(got nodeipam.Outcome) bool {
	for _, n := range o.t.Nodes {
		if !slices.Equal(got[n], o.likeliest[n]) {
			return false
		}
	}
	return true
}

// some returns outcomes that fit, where there are too many to look at all. whole is false if it leaves any out.
func (o *observation) some() (out []nodeipam.Outcome, whole bool) {
	whole = len(o.unseen) == 0 && len(o.byHand) == 0
	unseen := slices.Clone(o.unseen)
	slices.SortStableFunc(unseen, func(a, b string) int { return compareBool(o.failed[a], o.failed[b]) })
	if len(unseen) == len(o.t.Nodes) {
		out = append(out, o.likeliest)
	}
	for missing := range len(o.served) + 1 {
		for i := range len(unseen) + 1 {
			more := o.never + i // those that never failed and more of them, then fewer
			if more > len(unseen) {
				more = len(unseen) - i
			}
			if k := len(o.served) - missing + more; k < o.t.Min || k > o.t.Max {
				continue
			}
			parts := choose(o.served, len(o.served)-missing)
			whole = whole && len(parts) < mostFitting
			for _, now := range parts {
				for _, others := range choose(unseen, more) {
					got := nodeipam.Outcome{}
					for _, n := range now {
						got[n] = o.known[n]
					}
					if !fill(o.t, got, others) || !o.t.Allows(got) || len(out) > 0 && o.isLikeliest(got) {
						continue
					}
					if out = append(out, got); len(out) == mostFitting {
						return out, false
					}
				}
			}
		}
	}
	return out, whole
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// fits returns podCIDRs as subnets that t has to give, if they are.
func fits(t *nodeipam.Timing, list []string) ([]netip.Prefix, bool) {
	if len(list) != len(t.Subnets) {
		return nil, false
	}
	var out []netip.Prefix
	for f, s := range list {
		q, err := netip.ParsePrefix(s)
		if err != nil || !slices.Contains(t.Subnets[f], q) {
			return nil, false
		}
		out = append(out, q)
	}
	return out, true
}

// choose returns the parts of list that hold k elements, at most some hundreds.
func choose(list []string, k int) [][]string {
	var out [][]string
	var pick func(from int, part []string)
	pick = func(from int, part []string) {
		if len(part) == k {
			out = append(out, slices.Clone(part))
			return
		}
		for i := from; len(list)-i >= k-len(part) && len(out) < mostFitting; i++ {
			pick(i+1, append(part, list[i]))
		}
	}
	pick(0, make([]string, 0, k))
	return out
}

// fill gives nodes that nobody sees the first subnets that are left.
func fill(t *nodeipam.Timing, got nodeipam.Outcome, nodes []string) bool {
	used := map[netip.Prefix]bool{}
	for _, list := range got {
		for _, q := range list {
			used[q] = true
		}
	}
	next := make([]int, len(t.Subnets)) // all in front of it are used
	for _, n := range nodes {
		for f, subnets := range t.Subnets {
			for next[f] < len(subnets) && used[subnets[next[f]]] {
				next[f]++
			}
			if next[f] == len(subnets) {
				return false
			}
			used[subnets[next[f]]] = true
			got[n] = append(got[n], subnets[next[f]])
		}
	}
	return true
}

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

// compareOp returns how the result of one operation differs.
func compareOp(at string, got, want Op) []string {
	var out []string
	differ := func(what string, recorded, twin any) {
		out = append(out, fmt.Sprintf("%s: %s: recorded %v, twin %v", at, what, recorded, twin))
	}
	if want.Code != 0 && got.Code != want.Code {
		differ("code", want.Code, got.Code)
	}
	if want.Message != "" && got.Message != want.Message {
		differ("message", want.Message, got.Message)
	}
	if (got.Refused == nil) != (want.Refused == nil) {
		show := func(v any) any {
			if v == nil {
				return "accepted"
			}
			return v
		}
		differ("create", show(want.Refused), show(got.Refused))
	}
	if want.Controller != "" && got.Controller != want.Controller {
		differ("controller", want.Controller, "running")
	}
	if want.Result == nil || got.Result == nil {
		return out
	}
	g, w := got.Result, want.Result
	switch {
	case w.Start != nil && g.Start != nil:
		if *g.Start != *w.Start {
			differ("start", w.Start.text(), g.Start.text())
		}
	case w.Many != nil && g.Many != nil:
		names := map[string]bool{}
		for n := range g.Many {
			names[n] = true
		}
		for n := range w.Many {
			names[n] = true
		}
		for _, n := range slices.Sorted(maps.Keys(names)) {
			gl, gok := g.Many[n]
			wl, wok := w.Many[n]
			switch {
			case !gok:
				differ("node "+n, show(wl), "no such node")
			case !wok:
				differ("node "+n, "no such node", show(gl))
			case !slices.Equal(gl, wl):
				differ("node "+n, show(wl), show(gl))
			}
		}
	case w.Start == nil && g.Start == nil && w.Many == nil && g.Many == nil:
		if !slices.Equal(g.One, w.One) {
			differ("podCIDRs", show(w.One), show(g.One))
		}
	default:
		differ("result", "another kind", "this one")
	}
	return out
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
