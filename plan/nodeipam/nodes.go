package nodeipam

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/kubecidr/kubecidr/plan/fact"
)

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

// Terminate asks for the deletion of a node that a finalizer holds: it gets a deletion timestamp, and stays until
// [Controller.Delete].
// Up to 1.30 the allocator does not look at that. Since 1.31 such a node is given no subnet any more, and an update of
// it does not occupy the one that it has. Releases 1.31.0 to 1.31.3 free its subnets at once, at each of its updates
// and when they start, so that another node can get them; the twin has them freed before nodes that wait are served at
// a start, which the real one does in any order.
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
