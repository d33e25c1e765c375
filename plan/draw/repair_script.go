package draw

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// scriptHead is the part that all scripts have in common: the functions that take a step, undisturbed by what was
// done before, and say what is left.
//
//go:embed script.sh
var scriptHead string

// RepairCommands writes the best way of r as a POSIX shell script for kubectl and ssh. Without --apply it says what
// it would do and changes nothing; with --look it looks at the live cluster and lists what it costs. With --apply it
// looks first, and changes nothing where a host cannot be reached or a subnet is taken meanwhile. It ends at the
// first error or signal, and says what is stopped, cordoned or missing; run again, it goes on. A way that takes a new
// cluster is for people: the script says so and ends with status 1.
func RepairCommands(w io.Writer, r *repair.Repair) error {
	if r == nil {
		return errNoRepair
	}
	b := new(printer)
	b.printf("#!/bin/sh\n# %s\n# Without --apply this script says what it would do, and changes nothing. It ends at the first error; run again, it goes on.\n", gate.Line(repairHeadline(r)))
	for i, way := range r.Ways {
		if i == 0 {
			b.printf("#\n# Ways out, best first; this script goes the first:\n")
		}
		b.printf("#   %d. %s\n", i+1, gate.Line(way.Title+disturbs(way.Disturbs)))
	}
	best, ok := r.Best()
	switch {
	case r.Healthy():
		return b.flushTo(w)
	case !ok:
		b.printf("\necho 'no way out of it was found' >&2\nexit 1\n")
		return b.flushTo(w)
	case best.Disturbs == fact.DisturbsCluster:
		b.printf("\necho 'the way out is for people to go: see the text' >&2\nexit 1\n")
		return b.flushTo(w)
	}
	for _, s := range best.Steps {
		if s.Node != "" && !gate.IsSubdomain(s.Node) {
			// No Node can have that name, so the file is not what it claims; a name like -o would be read as an option.
			b.printf("\necho %s >&2\nexit 1\n", gate.Word(fmt.Sprintf("%q cannot be the name of a node", gate.Printable(s.Node))))
			return b.flushTo(w)
		}
	}
	c := newScripter(r, best)
	if why := c.unscripted(); why != "" {
		c.listing(b, r, why)
		return b.flushTo(w)
	}
	b.WriteString(scriptHead)
	c.setup(b)
	b.printf("\nsteps() {\n")
	for i, s := range best.Steps {
		line := gate.Line(stepLine(s))
		b.printf("\tstep=%s\n", gate.Word(fmt.Sprintf("%d, %s", i+1, line)))
		if why := gate.Line(s.Why); why != "" {
			b.printf("\t# %s\n", why)
		}
		c.step(b, s)
	}
	b.printf("}\n\nmain \"$@\"\n")
	return b.flushTo(w)
}

// A scripter writes the steps of one way.
type scripter struct {
	*commander
	way     repair.Way
	goals   map[string]string // node to the podCIDRs that it is to have, separated by blanks
	order   []string          // nodes with goals
	drained []string
	manager bool // a step concerns kube-controller-manager
}

func newScripter(r *repair.Repair, way repair.Way) *scripter {
	c := &scripter{commander: newCommander(r), way: way, goals: map[string]string{}}
	for _, s := range way.Steps {
		if len(s.New) > 0 {
			c.goals[s.Node] = strings.Join(words.Texts(s.New), " ")
			c.order = append(c.order, s.Node)
		}
		switch s.Kind {
		case repair.KindRecreate, repair.KindDelete:
			c.drained = append(c.drained, s.Node)
		case repair.KindPause, repair.KindResume, repair.KindFlags, repair.KindRestartController:
			c.manager = true
		}
	}
	return c
}

// setup writes what the functions need to know.
func (c *scripter) setup(b *printer) {
	hash := fnv.New32a()
	hosts := map[string]bool{}
	for _, s := range c.way.Steps {
		fmt.Fprintln(hash, s.Kind, s.Node, s.Old, s.New, s.What)
		if s.Kind == repair.KindRestartFlannel || s.Kind == repair.KindRecreate || s.Kind == repair.KindDelete {
			hosts[s.Node] = true
		}
	}
	var goals, names []string
	for _, n := range c.order {
		goals = append(goals, n+"="+strings.ReplaceAll(c.goals[n], " ", ","))
	}
	for n := range hosts {
		names = append(names, n)
	}
	slices.Sort(names)
	b.printf("\nsetup() {\n")
	if c.manager {
		b.printf("\t# Hosts that run kube-controller-manager.\n")
		if len(c.hosts) > 0 {
			b.printf("\tCONTROL_PLANES=${CONTROL_PLANES:-%s}\n", gate.Word(strings.Join(c.hosts, " ")))
		} else {
			b.printf("\t: \"${CONTROL_PLANES:?must name the hosts that run kube-controller-manager, separated by blanks}\"\n")
		}
	}
	network := "other"
	manifest, restart := managerManifest, managerRestart
	switch {
	case c.in.FlannelWithin:
		network = "within"
	case c.hasFlannel:
		network = "flannel"
	}
	if c.in.Data != "" {
		manifest = c.in.Data
	}
	if list, ok := c.in.Commands(repair.Step{Kind: repair.KindRestartController}); ok {
		restart = list[0].Text
	}
	if c.inv.FlannelWorkload != "" {
		_, workload := c.flannelNames()
		b.printf("\tFLANNEL=${FLANNEL:-%s}\n", gate.Word(workload[0]+"/"+workload[1]))
	}
	b.printf("\tstate=${STATE:-kubecidr-repair-%08x}\n", hash.Sum32())
	for _, v := range [][2]string{
		{"goals", strings.Join(goals, " ")}, {"hosts", strings.Join(names, " ")}, {"drained", strings.Join(c.drained, " ")}, {"ranges", strings.ReplaceAll(c.way.Flags.ClusterCIDR, ",", " ")},
		{"network", network}, {"manifest", manifest}, {"reset", hostReset}, {"restart", restart},
		{"server_unit", c.in.Unit(true)}, {"agent_unit", c.in.Unit(false)}, {"probe", c.in.Probe}, {"drain_flags", c.drainFlags()}, {"cost", gate.Line(c.cost())},
	} {
		b.printf("\t%s=%s\n", v[0], gate.Word(v[1]))
	}
	b.printf("}\n")
}

// cost says what the way costs, before it costs it.
func (c *scripter) cost() string {
	s := wayCost(c.way)
	if len(c.drained) > 0 {
		s += " Their pods move to other nodes, as far as there is room and their budgets allow."
	}
	if slices.ContainsFunc(c.drained, c.inv.IsControlPlane) {
		s += " Control-plane hosts come last, each when the others are ready; their static pods go on."
	}
	return s
}

// step writes the calls of one step.
func (c *scripter) step(b *printer, s repair.Step) {
	node, subnets := gate.Word(s.Node), strings.Join(words.Texts(s.New), " ")
	old, mode := strings.Join(s.Old, " "), ""
	if c.frozen(s) {
		mode = " frozen"
	}
	settle := func() {
		b.printf("\tsettle %s %s %s %s\n", node, gate.Word(subnets), gate.Word(c.nodePatch(s.New)), gate.Word(strings.Join(envLines(s.New), " ")))
	}
	switch s.Kind {
	case repair.KindPatch:
		b.printf("\tassign %s %s %s\n", node, gate.Word(subnets), gate.Word(c.nodePatch(s.New)))
	case repair.KindRecreate, repair.KindDelete:
		b.printf("\tvacate %s %s %s %s%s\n", node, gate.Word(old), gate.Word(c.goals[s.Node]), gate.Word(subnets), mode)
		if s.Kind == repair.KindRecreate {
			settle()
		}
	case repair.KindCreate:
		settle()
	case repair.KindRestartFlannel:
		bridge := "no"
		if s.Bridge {
			bridge = "yes"
		}
		b.printf("\trestart_flannel %s %s %s %s\n", node, gate.Word(old), gate.Word(strings.Join(envLines(parsed(s.Old)), " ")), bridge)
	default:
		c.setting(b, s)
	}
}

// waiting returns the nodes without podCIDRs to which no step gives any: kube-controller-manager does.
func (c *scripter) waiting() (out []string) {
	for _, n := range c.inv.Nodes {
		if len(n.PodCIDRs) == 0 && c.goals[n.Name] == "" && gate.IsSubdomain(n.Name) {
			out = append(out, n.Name)
		}
	}
	return out
}

// setting writes the calls of a step on settings.
func (c *scripter) setting(b *printer, s repair.Step) {
	config, workload := c.flannelNames()
	list, own := c.in.Commands(s)
	flags := func() string {
		set, _ := manifestFlags(s)
		edit := manifestEdit(s)
		if own {
			edit = list[0].Text
		}
		return gate.Word(edit) + " " + gate.Word(strings.Join(set, " "))
	}
	if own && s.Kind != repair.KindPause && s.Kind != repair.KindResume && s.Kind != repair.KindFlags && s.Kind != repair.KindRestartController {
		c.installer(b, list)
		return
	}
	switch s.Kind {
	case repair.KindPause:
		b.printf("\tif pending; then manager %s %s; fi\n", flags(), gate.Word("kube-controller-manager hands out no subnets (--allocate-node-cidrs=false in its manifest), so that nodes that join wait; the last step of this script ends that, by hand --allocate-node-cidrs=true does,"))
	case repair.KindResume, repair.KindFlags:
		b.printf("\tmanager %s -\n", flags())
		if waiting := c.waiting(); len(waiting) > 0 {
			b.printf("\twait_served %s\n", gate.Word(strings.Join(waiting, " ")))
		}
	case repair.KindRestartController:
		b.printf("\trestart_manager %s\n", gate.Word(strings.Join(c.waiting(), " ")))
	case repair.KindNetwork:
		b.printf("\tconfigmap %s %s %s %s %s\n", gate.Word(config[0]), gate.Word(config[1]), gate.Word(workload[1]), gate.Word(strings.Join(words.Texts(s.Networks), ",")), networkEdit(s))
	case repair.KindPodSubnet:
		b.printf("\tconfigmap kube-system kubeadm-config - %s %s\n", gate.Word(s.Flags.ClusterCIDR), podSubnetEdit(s))
	case repair.KindProxy:
		b.printf("\tconfigmap kube-system kube-proxy kube-proxy %s %s\n", gate.Word(s.Flags.ClusterCIDR), proxyEdit(s))
	case repair.KindPool:
		do, _ := c.network.Commands(s)
		c.installer(b, do)
	default:
		b.printf("\tsay %s\n", gate.Word("by hand: "+gate.Line(s.What)))
	}
}

// installer writes the calls of a step that an installer has its own commands for.
func (c *scripter) installer(b *printer, list []repair.Command) {
	for _, cmd := range list {
		switch {
		case strings.HasPrefix(cmd.Text, "#"):
			b.printf("\tsay %s\n", gate.Word("by hand: "+strings.TrimPrefix(cmd.Text, "# ")))
		case cmd.On == repair.OnHere:
			b.printf("\trun sh -c %s\n", gate.Word(cmd.Text))
		default:
			b.printf("\t%s %s\n", cmd.On, gate.Word(cmd.Text))
		}
	}
}

// unscripted says why no script goes the way, "" where one does.
func (c *scripter) unscripted() string {
	switch {
	case c.in.Name != "" && !c.in.Script:
		return c.in.Title + " is changed from elsewhere than from its hosts"
	case c.in.Within && slices.ContainsFunc(c.drained, c.inv.IsControlPlane):
		return "a server of " + c.in.Title + " is the API server as well, and leaves the cluster when its Node is deleted"
	}
	return ""
}

// listing writes the steps of the way as commands for people, in a form that a shell refuses to run.
func (c *scripter) listing(b *printer, r *repair.Repair, why string) {
	b.printf("#\n# %s: these are the commands, to be read and given one by one.\necho 'this is a list for people, not a script' >&2\nexit 1\n", gate.Line(why))
	for i, d := range stepDocuments(r, c.way) {
		b.printf("\n# %d. %s\n", i+1, gate.Line(d.What))
		for _, part := range []struct {
			head  string
			lines []string
		}{{"", d.Commands}, {"# to see whether it worked:", d.Check}, {"# back:", d.Undo}} {
			if part.head != "" && len(part.lines) > 0 {
				b.printf("%s\n", part.head)
			}
			for _, line := range part.lines {
				if part.head != "" && !strings.HasPrefix(line, "#") {
					line = "#   " + line
				}
				b.printf("%s\n", gate.Line(line))
			}
		}
	}
}

// parsed returns podCIDRs that can be read, for subnet.env.
func parsed(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if p, ok := nodeipam.ParsePodCIDR(s); ok {
			out = append(out, p)
		}
	}
	return out
}
