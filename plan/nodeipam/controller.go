package nodeipam

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// A Controller is the twin of kube-controller-manager's node IPAM, together with the part of the API server that keeps
// its results: the Node objects. Flags go in as data; nodes are registered, patched and deleted, the controller manager
// is stopped, started and restarted; each [Step] says what the real ones do.
//
// The twin follows pkg/controller/nodeipam/ipam/range_allocator.go of the release it is made for, its defects
// included: what a failing allocation leaks, what a deletion frees although another node uses it, what kills it at
// the next start. Where the real outcome depends on timing, the Step says so ([Timing]) and lists what can come; the
// twin goes on with the likeliest, and [Controller.Resolve] tells it what came.
//
// Not modelled: several allocators at work at once (two controller managers, a cloud controller manager), answers of
// the API server that get lost, and allocators other than RangeAllocator.
//
// The zero Controller is a cluster of the newest release without nodes whose controller manager does not run. A
// Controller can be read by several goroutines at once, but not while one of them takes a step.
type Controller struct {
	version fact.Version
	flags   ControllerFlags
	running bool
	ranges  Ranges
	sets    []subnetSet
	nodes   map[string]nodeRecord
	waiting []string // nodes without podCIDRs, in the order of their registration
	serial  int

	last *undo // what Resolve needs; nil where the last step was certain
}

type nodeRecord struct {
	podCIDRs []string // as stored; never written to
	serial   int
	deleting bool // it has a deletion timestamp
}

// undo is the state before nodes were served, and who was.
type undo struct {
	timing *Timing
	sets   []subnetSet
	fresh  []string // nodes that are tried for certain
	served []string
}

// NodeSubnets are the podCIDRs of a Node object.
type NodeSubnets struct {
	Node     string
	PodCIDRs []string // as stored: the API server keeps the text; none for a node without subnet
}

// A NodeEvent is an Event on a Node object, of type Normal, from component cidrAllocator, in namespace default.
type NodeEvent struct {
	Node    string
	Reason  string // "CIDRNotAvailable" or "CIDRAssignmentFailed"
	Message string
}

// EventCIDRNotAvailable is the reason of the event on a node for which no subnet is left.
const EventCIDRNotAvailable = "CIDRNotAvailable"

// EventCIDRAssignmentFailed is the reason of the event on a node whose subnet the API server did not take.
const EventCIDRAssignmentFailed = "CIDRAssignmentFailed"

// An ExitError is the end of kube-controller-manager while it starts, because of the nodes that exist.
type ExitError struct {
	Node    string
	Message string // what it prints
	Status  int    // exit status
	Rule    fact.RuleID
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s ends at start: %s", fact.ControllerManager, e.Message)
}

// ErrAllocatorUnknown is the error of a start with an allocator that the twin does not model.
var ErrAllocatorUnknown = errors.New("only the allocator RangeAllocator is modelled")

// A Step is what the real programs answer to one thing that happens.
type Step struct {
	// Assigned are the nodes that were given subnets in this step, sorted by name. Where Timing is not nil it is the
	// likeliest of several outcomes.
	Assigned []NodeSubnets

	// Events are new events, at most one for each node and reason: how often it is repeated depends on time.
	Events []NodeEvent

	// Log holds the errors that the controller manager logs, without header, each once.
	Log []string

	// Err is why it was not done: *[RefusedError] or *[ExitError] for a start, *[APIError] for a request to the API
	// server, [ErrAllocatorUnknown]. The program does not run after an error at start; other steps change nothing then.
	Err error

	// Timing is nil where there is one possible outcome.
	Timing *Timing
}

// ExitStatus returns the status with which the controller manager ended in this step, 0 if it did not.
func (s Step) ExitStatus() int {
	var refused *RefusedError
	var exit *ExitError
	switch {
	case errors.As(s.Err, &exit):
		return exit.Status
	case errors.As(s.Err, &refused):
		return refused.Status
	}
	return 0
}

// NewStopped returns a cluster of release v without nodes whose controller manager does not run.
// The zero Version is the newest release.
func NewStopped(v fact.Version) *Controller {
	return &Controller{version: v.Or(fact.NewestKubernetes())}
}

// NewController returns a cluster of release v without nodes whose controller manager was started with f.
// The zero Version is the newest release. The error is a *[RefusedError] if it does not start, or [ErrAllocatorUnknown].
func NewController(f ControllerFlags, v fact.Version) (*Controller, error) {
	c := NewStopped(v)
	if s := c.Start(f); s.Err != nil {
		return nil, s.Err
	}
	return c, nil
}

// Version returns the release that c follows.
func (c *Controller) Version() fact.Version { return c.version.Or(fact.NewestKubernetes()) }

// Flags returns the flags of the last start.
func (c *Controller) Flags() ControllerFlags { return c.flags }

// Running reports whether the controller manager runs.
func (c *Controller) Running() bool { return c.running }

// Allocating reports whether the controller manager runs and hands out subnets.
func (c *Controller) Allocating() bool { return c.running && c.ranges.ipam }

// Len returns the number of nodes.
func (c *Controller) Len() int { return len(c.nodes) }

// Nodes returns all nodes sorted by name.
func (c *Controller) Nodes() []NodeSubnets {
	out := make([]NodeSubnets, 0, len(c.nodes))
	for _, n := range slices.Sorted(maps.Keys(c.nodes)) {
		out = append(out, NodeSubnets{n, slices.Clone(c.nodes[n].podCIDRs)})
	}
	return out
}

// Node returns the podCIDRs of a node, and whether it exists.
func (c *Controller) Node(name string) (podCIDRs []string, ok bool) {
	n, ok := c.nodes[name]
	return slices.Clone(n.podCIDRs), ok
}

// Waiting returns the nodes without podCIDRs, in the order of their registration.
func (c *Controller) Waiting() []string { return slices.Clone(c.waiting) }

// Open reports whether it is unknown how many subnets failed retries have used up, so that the subnets of the next node that
// is registered are open as well.
func (c *Controller) Open() bool {
	return slices.ContainsFunc(c.sets, func(s subnetSet) bool { return s.early != nil })
}

// Clone returns a copy of c, which shares nothing with it. A step that was not resolved can be resolved in both.
func (c *Controller) Clone() *Controller {
	d := *c
	d.nodes = maps.Clone(c.nodes)
	d.waiting = slices.Clone(c.waiting)
	d.sets = cloneSets(c.sets)
	if c.last != nil {
		u := *c.last
		u.sets = cloneSets(u.sets)
		u.served = slices.Clone(u.served)
		d.last = &u
	}
	return &d
}

func cloneSets(sets []subnetSet) []subnetSet {
	out := make([]subnetSet, len(sets))
	for i := range sets {
		out[i] = sets[i].clone()
	}
	return out
}

// Equal reports whether c and d are in the same state: every step gives the same answer in both. The names of nodes count,
// and the order of those that wait; how the state came about does not.
func (c *Controller) Equal(d *Controller) bool {
	if c == nil || d == nil {
		return c == d
	}
	if c.Version() != d.Version() || c.running != d.running || len(c.sets) != len(d.sets) ||
		len(c.nodes) != len(d.nodes) || !slices.Equal(c.waiting, d.waiting) {
		return false
	}
	for i := range c.sets {
		if !c.sets[i].equal(&d.sets[i]) {
			return false
		}
	}
	for name, n := range c.nodes {
		m, ok := d.nodes[name]
		if !ok || n.deleting != m.deleting || !slices.Equal(n.podCIDRs, m.podCIDRs) {
			return false
		}
	}
	return true
}

// Start starts the controller manager with f; one that runs is stopped first. Nodes without podCIDRs are served.
func (c *Controller) Start(f ControllerFlags) Step {
	c.Stop()
	c.flags = f
	ranges, refused := f.Resolve(c.Version())
	if len(refused) > 0 {
		return Step{Err: Refused(refused, c.Version())}
	}
	if ranges.ipam && f.allocator() != "RangeAllocator" {
		return Step{Err: ErrAllocatorUnknown}
	}
	var sets []subnetSet
	if ranges.ipam {
		for i, p := range ranges.Cluster {
			s, err := newSubnetSet(p, ranges.Masks[i])
			if err != nil {
				return Step{Err: err} // cannot be: resolve has refused it
			}
			sets = append(sets, s)
		}
	}
	var step Step
	// The service ranges first, then the nodes: so a node may sit in the service range, and its deletion makes that
	// part free (range_allocator.go NewCIDRRangeAllocator v1.37.2).
	for i := range sets {
		for _, service := range ranges.Service {
			if sets[i].touches(service) {
				if err := sets[i].mark(service, false); err != nil {
					step.Log = append(step.Log, "Error filtering out service cidr out cluster cidr: "+err.Error())
				}
			}
		}
	}
	c.ranges, c.sets = ranges, sets
	if ranges.ipam {
		for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
			if err := c.occupy(name); err != nil {
				c.sets = nil
				c.ranges = Ranges{}
				step.Err = &ExitError{Node: name, Message: err.Error(), Status: c.exitStatus(err), Rule: fact.RulePodCIDROutsideClusterCIDR}
				return step
			}
		}
	}
	c.running = true
	for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
		c.letGo(&step, name)
	}
	fresh := slices.Clone(c.waiting)
	slices.Sort(fresh)
	c.serve(&step, fresh, "they are registered already when it starts, and its workers take them in any order")
	return step
}

// FlagRefused is the ID of a [Refusal] by a program's flag package, which is none of the startupRules: the program does not
// get to look at the values.
const FlagRefused = "flag-refused"

// Refused returns refusals as an error, with the exit status of release v. The error has status 0 where there is none.
//
// kubeadm ends with 1; of old with 3 where its validation refuses a value. Recorded are 3 with 1.20 and 1 with 1.34 and 1.37; in
// between, 1 is taken.
func Refused(refusals []Refusal, v fact.Version) *RefusedError {
	e := &RefusedError{Refusals: refusals}
	if len(refusals) == 0 {
		return e
	}
	e.Status = 1
	if r := refusals[0]; v.Before(v1(21)) && r.Program == fact.Kubeadm && strings.HasPrefix(r.Source, srcKubeadm) {
		e.Status = 3
	}
	// What is wrong with the options ends the program before it is the leader. What comes after was a fatal log line up
	// to 1.26, with status 255, and is an error since 1.27 (cmd/kube-controller-manager/app/core.go, controllermanager.go).
	if r := refusals[0]; v.Before(v1(27)) && r.Program == fact.ControllerManager && r.ID != "kcm-service-count" &&
		r.ID != "kcm-allocator-unavailable" && r.ID != FlagRefused {
		e.Status = 255
	}
	return e
}

var errIndexPanic = errors.New("panic: runtime error: index out of range")

// exitStatus returns the status with which release c.version ends when its constructor fails with err.
func (c *Controller) exitStatus(err error) int {
	switch {
	case errors.Is(err, errIndexPanic):
		return 2
	case c.Version().Before(v1(27)):
		return 255
	}
	return 1
}

// Stop stops the controller manager. It forgets everything that is not in the Node objects.
func (c *Controller) Stop() Step {
	c.running = false
	c.ranges = Ranges{}
	c.sets = nil
	c.last = nil
	return Step{}
}

// Restart stops the controller manager and starts it with f. With [Controller.Flags] it is what a change of the leader does,
// too.
func (c *Controller) Restart(f ControllerFlags) Step { return c.Start(f) }

// occupy marks the podCIDRs of a node, position by position. The error is the real one's, in its words.
func (c *Controller) occupy(name string) error {
	n := c.nodes[name]
	v := c.Version()
	for i, s := range n.podCIDRs {
		_, p, ok := ipnet.ParseCIDR(s)
		if !ok {
			return fmt.Errorf("failed to parse node %s, CIDR %s", name, n.podCIDRs[0])
		}
		if i >= len(c.sets) {
			if v.Before(v1(17)) {
				return fmt.Errorf("%w [%d] with length %d", errIndexPanic, i, len(c.sets)) // kubernetes/kubernetes#84732
			}
			return fmt.Errorf("node:%s has an allocated cidr: %s at index:%d that does not exist in cluster cidrs configuration", name, s, i)
		}
		if err := c.sets[i].mark(p, false); err != nil {
			if v.Before(v1(16)) {
				return fmt.Errorf("failed to mark cidr as occupied: %w", err)
			}
			return fmt.Errorf("failed to mark cidr[%s] at idx [%d] as occupied for node: %s: %w", ipnet.String(p), i, name, err)
		}
	}
	return nil
}

// release frees the podCIDRs of a node that was deleted, up to the first that cannot be.
func (c *Controller) release(name string, podCIDRs []string) error {
	for i, s := range podCIDRs {
		_, p, ok := ipnet.ParseCIDR(s)
		if !ok {
			return fmt.Errorf("failed to parse CIDR %s on Node %s", s, name)
		}
		if i >= len(c.sets) {
			return fmt.Errorf("node:%s has an allocated cidr: %s at index:%d that does not exist in cluster cidrs configuration", name, s, i)
		}
		if err := c.sets[i].mark(p, true); err != nil {
			return fmt.Errorf("error when releasing CIDR %s: %w", s, err)
		}
	}
	return nil
}

// Create registers a node, with podCIDRs that are there already, or with none. The texts are kept as the API server
// keeps them; [ValidatePodCIDRs] says what it does not take.
func (c *Controller) Create(name string, podCIDRs ...string) Step {
	var step Step
	if step.Err = c.register(name, podCIDRs); step.Err != nil {
		return step
	}
	if len(podCIDRs) > 0 {
		c.last = nil
		c.adopt(&step, name)
		c.serve(&step, nil, "")
		return step
	}
	c.serve(&step, []string{name}, "others wait already")
	return step
}

// Burst registers nodes without podCIDRs at the same moment. Names that the API server does not take are left out, and
// Err holds the first answer of that kind.
func (c *Controller) Burst(names ...string) Step {
	var step Step
	var fresh []string
	for _, n := range names {
		if err := c.register(n, nil); err != nil {
			step.Err = cmp.Or(step.Err, err)
			continue
		}
		fresh = append(fresh, n)
	}
	c.serve(&step, fresh, "they are registered at the same moment")
	return step
}

// register creates the Node object.
func (c *Controller) register(name string, podCIDRs []string) error {
	v := c.Version()
	if v.Before(v1(16)) && len(podCIDRs) > 1 {
		podCIDRs = podCIDRs[:1] // podCIDRs exists since 1.16
	}
	errs := append(validateNodeName(name, v), ValidatePodCIDRs(podCIDRs, v)...)
	if err := invalidNode(name, errs); err != nil {
		return err
	}
	if _, ok := c.nodes[name]; ok {
		return &APIError{409, fmt.Sprintf("nodes %q already exists", name)}
	}
	if c.nodes == nil {
		c.nodes = map[string]nodeRecord{}
	}
	c.serial++
	c.nodes[name] = nodeRecord{podCIDRs: slices.Clone(podCIDRs), serial: c.serial}
	if len(podCIDRs) == 0 {
		c.waiting = append(c.waiting, name)
	}
	return nil
}

// adopt lets a running controller manager see a node that has podCIDRs. What kills it at the next start is a line in
// its log now: kubernetes/kubernetes#82773, #95948.
func (c *Controller) adopt(step *Step, name string) {
	if !c.Allocating() {
		return
	}
	err := c.occupy(name)
	if err == nil {
		return
	}
	if errors.Is(err, errIndexPanic) {
		// The handler of 1.16 panics in the running program as well.
		c.Stop()
		step.Err = &ExitError{Node: name, Message: err.Error(), Status: 2, Rule: fact.RulePodCIDROutsideClusterCIDR}
		return
	}
	c.logSync(step, name, err)
}

// logSync adds an error about a node to the log, as release c.version words it.
func (c *Controller) logSync(step *Step, name string, err error) {
	line := err.Error()
	if !c.Version().Before(v1(31)) {
		line = fmt.Sprintf("error syncing '%s': %s, requeuing", name, line)
	}
	if !slices.Contains(step.Log, line) {
		step.Log = append(step.Log, line)
	}
}

// Terminate asks for the deletion of a node that a finalizer holds: it gets a deletion timestamp, and stays until [Controller.Delete].
// Up to 1.30 the allocator does not look at that. Since 1.31 such a node is given no subnet any more, and an update of it does not
// occupy the one that it has. Releases 1.31.0 to 1.31.3 free its subnets at once, at each of its updates and when they start, so that another
// node can get them; the twin has them freed before nodes that wait are served at a start, which the real one does in any order.
// pkg/controller/nodeipam/ipam/range_allocator.go syncNode v1.31.0, kubernetes/kubernetes#127792.
func (c *Controller) Terminate(name string) Step {
	var step Step
	n, ok := c.nodes[name]
	switch {
	case !ok:
		step.Err = &APIError{404, fmt.Sprintf("nodes %q not found", name)}
		return step
	case n.deleting:
		return c.Wait()
	}
	n.deleting = true
	c.nodes[name] = n
	if c.retries() {
		c.unwait(name)
		c.letGo(&step, name)
	}
	c.serve(&step, nil, "")
	return step
}

// letGo is what releases 1.31.0 to 1.31.3 do when they see a node that is being deleted.
func (c *Controller) letGo(step *Step, name string) {
	v, n := c.Version(), c.nodes[name]
	if !n.deleting || !c.Allocating() || v.Before(v1(31)) || !v.Before(fact.V(1, 31, 4)) {
		return
	}
	if err := c.release(name, n.podCIDRs); err != nil {
		c.logSync(step, name, err)
	}
}

// Delete removes a node. Its subnets are free then, whoever else holds them.
func (c *Controller) Delete(name string) Step {
	var step Step
	n, ok := c.nodes[name]
	if !ok {
		step.Err = &APIError{404, fmt.Sprintf("nodes %q not found", name)}
		return step
	}
	delete(c.nodes, name)
	c.unwait(name)
	if c.Allocating() {
		if err := c.release(name, n.podCIDRs); err != nil {
			step.Log = append(step.Log, err.Error())
		}
	}
	c.serve(&step, nil, "")
	return step
}

// unwait takes a node off the list of those that wait.
func (c *Controller) unwait(name string) {
	n := len(c.waiting)
	switch {
	case n == 0:
	case c.waiting[0] == name: // the usual ones: nodes that are served in order, and one that has just been registered
		c.waiting = c.waiting[1:]
	case c.waiting[n-1] == name:
		c.waiting = c.waiting[:n-1]
	default:
		if i := slices.Index(c.waiting, name); i >= 0 {
			c.waiting = slices.Delete(c.waiting, i, i+1)
		}
	}
}

// Patch sets the podCIDRs of a node, as a merge patch of spec.podCIDR and spec.podCIDRs does. The API server refuses
// it where the node has others.
func (c *Controller) Patch(name string, podCIDRs ...string) Step {
	var step Step
	n, ok := c.nodes[name]
	if !ok {
		step.Err = &APIError{404, fmt.Sprintf("nodes %q not found", name)}
		return step
	}
	if c.Version().Before(v1(16)) && len(podCIDRs) > 1 {
		podCIDRs = podCIDRs[:1]
	}
	if err := invalidNode(name, validatePodCIDRChange(n.podCIDRs, podCIDRs, c.Version())); err != nil {
		step.Err = err
		return step
	}
	if len(n.podCIDRs) == 0 && len(podCIDRs) > 0 {
		n.podCIDRs = slices.Clone(podCIDRs)
		c.nodes[name] = n
		c.unwait(name)
	}
	return c.touch(step, name)
}

// Update lets something about a node change that is not its podCIDRs, as kubelet does with its status every five
// minutes.
func (c *Controller) Update(name string) Step {
	var step Step
	if _, ok := c.nodes[name]; !ok {
		step.Err = &APIError{404, fmt.Sprintf("nodes %q not found", name)}
		return step
	}
	return c.touch(step, name)
}

// touch is the update event of a node.
func (c *Controller) touch(step Step, name string) Step {
	switch {
	case c.nodes[name].deleting && c.retries():
		c.letGo(&step, name)
	case len(c.nodes[name].podCIDRs) == 0:
		c.serve(&step, []string{name}, "others wait as well")
		return step
	case !c.Version().Before(v1(31)):
		// Since 1.31 every update occupies again; before, one of a node that has podCIDRs is ignored, so that
		// podCIDRs set by hand are not known until the next start.
		c.adopt(&step, name)
	}
	c.serve(&step, nil, "")
	return step
}

// Wait lets time pass.
func (c *Controller) Wait() Step {
	var step Step
	c.serve(&step, nil, "")
	return step
}

// retries reports whether failed nodes are tried again on their own: since 1.31, with a backoff of 5 ms that doubles up to
// 1000 s. Before, only an event of the node does (range_allocator.go v1.30, v1.31).
func (c *Controller) retries() bool { return !c.Version().Before(v1(31)) }

// serve lets the controller manager handle the nodes that wait: fresh ones in this order, then the others, the one that
// has waited the shortest first, whose backoff is shortest. why says what makes the order of fresh ones open.
func (c *Controller) serve(step *Step, fresh []string, why string) {
	c.last = nil
	if !c.Allocating() || len(c.waiting) == 0 {
		return
	}
	order := slices.Clone(fresh)
	least, most := c.least(), c.most()
	if most > 0 && len(c.waiting) > len(fresh) {
		isFresh := make(map[string]bool, len(fresh))
		for _, n := range fresh {
			isFresh[n] = true
		}
		for _, n := range slices.Backward(c.waiting) {
			if !isFresh[n] {
				order = append(order, n)
			}
		}
	}
	if t := c.timing(order, len(fresh), least, most, why); t != nil {
		step.Timing = t
		c.last = &undo{timing: t, sets: cloneSets(c.sets), fresh: slices.Clone(fresh)}
	}
	tries := order
	if !c.retries() {
		tries = fresh
	}
	for i, name := range tries {
		if i >= len(fresh) && c.least() == 0 {
			break
		}
		got := c.attempt(step, name)
		if got == nil {
			continue
		}
		c.assign(name, got)
		step.Assigned = append(step.Assigned, NodeSubnets{name, words.Texts(got)})
		if c.last != nil {
			c.last.served = append(c.last.served, name)
		}
		if c.ranges.mapped() && c.retries() {
			c.adopt(step, name) // the event of its own change: 0.0.0.0/24 is outside
		}
	}
	slices.SortFunc(step.Assigned, func(a, b NodeSubnets) int { return strings.Compare(a.Node, b.Node) })
	c.drain()
}

// assign stores subnets in a Node object.
func (c *Controller) assign(name string, subnets []netip.Prefix) {
	n := c.nodes[name]
	n.podCIDRs = words.Texts(subnets)
	c.nodes[name] = n
	c.unwait(name)
}

// least returns how many nodes can be served for certain, most how many at the most.
func (c *Controller) least() uint64 {
	return c.smallest((*subnetSet).free)
}

func (c *Controller) most() uint64 {
	return c.smallest((*subnetSet).mayFree)
}

func (c *Controller) smallest(free func(*subnetSet) uint64) uint64 {
	n := ^uint64(0)
	for i := range c.sets {
		if c.sets[i].hollow {
			return 0 // the API server refuses what is handed out
		}
		n = min(n, free(&c.sets[i]))
	}
	return n
}

// timing returns what is open when the nodes of order are handled, nil if nothing is.
func (c *Controller) timing(order []string, fresh int, least, most uint64, why string) *Timing {
	n := len(order)
	t := &Timing{Nodes: slices.Sorted(slices.Values(order)), Why: why, Paired: !c.retries()}
	t.Max = int(min(uint64(n), most))
	t.Min = int(min(uint64(fresh), least))
	if t.Max == 0 {
		return nil
	}
	open := n > 1 || fresh == 0
	for i := range c.sets {
		s := &c.sets[i]
		skips := s.early != nil
		for j := i + 1; j < len(c.sets); j++ {
			// A node that fails at a later range has taken a subnet of this one, with others at work between the two. Up
			// to 1.30 one goroutine takes both, so that those that fail come last.
			skips = skips || c.retries() && c.sets[j].mayFree() < uint64(n)
		}
		limit := uint64(t.Max)
		switch {
		case s.early != nil:
			limit = s.mayFree()
		case skips:
			// None fails before the later range is full, and by then whoever is served holds its subnet of this one: each
			// node has taken at most one so far.
			limit = min(s.mayFree(), uint64(n))
		}
		var rest *cidr.Pool
		all := limit
		limit = min(all, mostListed)
		if all != limit {
			rest = s.widest().Clone()
		}
		list := make([]netip.Prefix, 0, limit)
		for p := range s.widest().Upcoming() {
			if uint64(len(list)) == limit {
				break
			}
			list = append(list, s.shown(p))
		}
		if s.mapped() {
			skips = true // all subnets are the same
		}
		t.Subnets = append(t.Subnets, list)
		t.rest, t.Beyond = append(t.rest, rest), append(t.Beyond, all-limit)
		t.Skips = append(t.Skips, skips)
		t.Paired = t.Paired && !skips
		// One that may be free is certain only if it is free in any case.
		open = open || s.early != nil && (limit > 1 || s.free() < limit)
	}
	if !open || c.ranges.mapped() {
		return nil
	}
	if len(c.sets) < 2 {
		t.Paired = false
	}
	if fresh < n {
		switch {
		case !c.retries():
			t.Why = "nodes that wait are tried again when something about them changes, within about five minutes"
		case fresh == 0:
			t.Why = "nodes that wait are tried again after a pause that doubles up to 1000 s; whose ends first is not known"
		}
	} else if n == 1 {
		t.Why = "retries of nodes that wait have used up an unknown number of subnets"
	}
	return t
}

// mapped reports whether a cluster range is IPv4-mapped: all of its subnets are then the same.
func (r Ranges) mapped() bool {
	return slices.ContainsFunc(r.Cluster, func(p netip.Prefix) bool { return p.Addr().Is4In6() })
}

// attempt takes one subnet of each range for a node, nil where one has none left. What earlier ranges gave is lost then.
func (c *Controller) attempt(step *Step, name string) []netip.Prefix {
	var got []netip.Prefix
	hollow := false
	for i := range c.sets {
		p, err := c.sets[i].next()
		if err != nil {
			if i == 0 && c.sets[0].early != nil && c.sets[1].free() == 0 { // only a range before another one has early
				// Perhaps there was one left, and the second range failed.
				c.sets[0].burnOne()
			}
			text := fmt.Errorf("failed to allocate cidr from cluster cidr at idx:%d: %w", i, err)
			if c.Version().Before(v1(16)) {
				text = fmt.Errorf("failed to allocate cidr: %w", err)
			}
			c.fail(step, name, EventCIDRNotAvailable, text)
			c.drain()
			return nil
		}
		hollow = hollow || c.sets[i].hollow
		got = append(got, p)
	}
	if !hollow {
		return got
	}
	// The API server refuses the text "<nil>", and everything is given back.
	list := make([]string, len(got))
	for i, p := range got {
		list[i] = "<nil>"
		if p.IsValid() {
			list[i] = p.String()
			if err := c.sets[i].mark(p, true); err != nil {
				step.Log = append(step.Log, err.Error())
			}
			continue
		}
		c.sets[i].full = false
	}
	refused := invalidNode(name, ValidatePodCIDRs(list, c.Version()))
	c.fail(step, name, EventCIDRAssignmentFailed, fmt.Errorf("failed to patch node CIDR: %w", refused))
	return nil
}

func (c *Controller) fail(step *Step, name, reason string, err error) {
	e := NodeEvent{name, reason, "Node " + name + " status is now: " + reason}
	if !slices.Contains(step.Events, e) {
		step.Events = append(step.Events, e)
	}
	c.logSync(step, name, err)
}

// drain burns what retries burn: while a later range is full, every try of a node that waits takes a subnet of the
// earlier ones and does not give it back (range_allocator.go AllocateOrOccupyCIDR v1.37.2).
func (c *Controller) drain() {
	if !c.retries() || len(c.waiting) == 0 {
		return
	}
	for i := range c.sets {
		if c.sets[i].hollow || c.sets[i].free() > 0 {
			continue
		}
		for j := range i {
			c.sets[j].burn()
		}
	}
}

// Resolve tells c which of the possible outcomes of its last step came true: which podCIDRs the nodes of the step's
// [Timing] hold now. It reports false, and changes nothing, if it is not one of them, or if the last step was certain.
func (c *Controller) Resolve(got Outcome) bool {
	u := c.last
	if u == nil || !u.timing.Allows(got) {
		return false
	}
	served := u.timing.served(got)
	for _, name := range u.served {
		n := c.nodes[name]
		n.podCIDRs = nil
		c.nodes[name] = n
		c.waiting = append(c.waiting, name)
	}
	slices.SortFunc(c.waiting, func(a, b string) int { return c.nodes[a].serial - c.nodes[b].serial })
	c.sets = cloneSets(u.sets)
	for f := range c.sets {
		// In the order in which they were handed out: those between were burned.
		want := make(map[netip.Prefix]bool, len(served))
		for _, name := range served {
			want[got[name][f]] = true
		}
		order := slices.Clone(u.timing.Subnets[f])
		listed := len(order)
		for _, name := range served {
			if p := got[name][f]; !slices.Contains(order[:listed], p) {
				order = append(order, p) // one that is not written out: those come behind
			}
		}
		pool := c.sets[f].widest()
		slices.SortFunc(order[listed:], func(p, q netip.Prefix) int {
			i, _ := pool.Split().Index(p.Addr())
			j, _ := pool.Split().Index(q.Addr())
			n, at := pool.Len(), pool.Cursor() // n is a power of two, so that what is before the cursor wraps around to the end
			return cmp.Compare((i-at)%n, (j-at)%n)
		})
		for _, p := range order {
			if want[p] {
				if err := c.sets[f].take(p); err != nil {
					return false // cannot be: Allows has looked
				}
			}
		}
	}
	// A fresh node that got nothing has taken one of each range before the one that was full.
	taken := uint64(len(served))
	for _, name := range u.fresh {
		if len(got[name]) == 0 {
			taken++
		}
	}
	for i := range c.sets {
		if c.sets[i].free() > 0 {
			continue
		}
		for j := range i {
			for u.sets[j].mayFree()-c.sets[j].mayFree() < taken {
				if _, err := c.sets[j].next(); err != nil {
					break
				}
			}
		}
	}
	u.served = nil
	for _, name := range served {
		c.assign(name, got[name])
		u.served = append(u.served, name)
	}
	c.drain()
	return true
}
