package nodeipam

import (
	"errors"
	"fmt"

	"github.com/kubecidr/kubecidr/plan/fact"
)

// NodeSubnets are the podCIDRs of a Node object. The zero value is a node without a name or subnets.
type NodeSubnets struct {
	Node     string
	PodCIDRs []string // as stored: the API server keeps the text; none for a node without subnet
}

// A NodeEvent is an Event on a Node object, of type Normal, from component cidrAllocator, in namespace default. The
// zero value is no event.
type NodeEvent struct {
	Node    string
	Reason  string // "CIDRNotAvailable" or "CIDRAssignmentFailed"
	Message string
}

// EventCIDRNotAvailable is the reason of the event on a node for which no subnet is left.
const EventCIDRNotAvailable = "CIDRNotAvailable"

// eventCIDRAssignmentFailed is the reason of the event on a node whose subnet the API server did not take.
const eventCIDRAssignmentFailed = "CIDRAssignmentFailed"

// An ExitError says why kube-controller-manager exits while it starts, because of the nodes that exist. The zero value
// has no message.
type ExitError struct {
	Node    string
	Message string // what it prints
	Status  int    // exit status
	Rule    fact.RuleID
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s exits at start: %s", fact.ControllerManager, e.Message)
}

// ErrAllocatorUnknown is the error of a start with an allocator that the twin does not model.
var ErrAllocatorUnknown = errors.New("only the allocator RangeAllocator is modelled")

// A Step is what the real programs answer to one thing that happens. The zero value is a step in which nothing
// happened.
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
