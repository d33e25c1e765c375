package nodeipam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

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

// FlagRefused is the ID of a [Refusal] by a program's flag package, which is none of the startupRules: the program does
// not get to look at the values.
const FlagRefused = "flag-refused"

// Refused returns refusals as an error, with the exit status of release v. The error has status 0 where there is none.
//
// kubeadm exits with 1; of old with 3 where its validation refuses a value. Recorded are 3 with 1.20 and 1 with 1.34
// and 1.37; in between, 1 is taken.
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
	// to 1.26, with status 255, and is an error since 1.27 (cmd/kube-controller-manager/app/core.go,
	// controllermanager.go).
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

// Restart stops the controller manager and starts it with f. With [Controller.Flags] it is what a change of the leader
// does, too.
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
