package draw

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// errNoRepair is the error of a writer that is given nil for a repair.
var errNoRepair = errors.New("no repair to write")

// RepairText writes r for people: what is wrong, the way with the fewest interruptions step by step, and the other
// ways.
func RepairText(w io.Writer, r *repair.Repair, o Options) error {
	if r == nil {
		return errNoRepair
	}
	b := &printer{color: o.Color}
	if c := r.Inventory.Assumed; c != "" {
		b.wrap("", textWidth, fmt.Sprintf("No file shows the flags of kube-controller-manager; its pod range is taken from what %s says.", c))
		b.WriteByte('\n')
	}
	if r.Healthy() {
		b.printf("%s\n", b.paint(headStyle, healthyLine(r)))
		return b.flushTo(w)
	}
	b.wrap("", textWidth, repairHeadline(r))
	if len(r.Faults) > 0 {
		b.printf("\n%s\n", b.paint(headStyle, "Wrong"))
		rows := make([][]string, len(r.Faults))
		for i, f := range r.Faults {
			rows[i] = []string{gate.Printable(f.Node), string(f.Rule), gate.Printable(f.Text)}
		}
		b.table("  ", "", rows, nil)
	}
	if len(r.RangeFaults) > 0 {
		b.printf("\n%s\n", b.paint(headStyle, "The ranges are at fault"))
		for _, f := range r.RangeFaults {
			b.wrap("  - ", textWidth, gate.Printable(f.Text)+" ("+string(f.Rule)+")")
		}
	}
	b.textWays(r.Ways)
	return b.flushTo(w)
}

// healthyLine says that nothing is wrong, as far as that was seen.
func healthyLine(r *repair.Repair) string {
	n := len(r.Inventory.Nodes)
	if n == 0 {
		return "Nothing is wrong with the ranges. No Node object was given, so what nodes hold was not looked at: kubectl get nodes -o json shows it."
	}
	return fmt.Sprintf("Nothing to do: %s, each with subnets of its own in the right place.", words.Plural(n, "node"))
}

// repairHeadline sums r up: what is wrong, and what the best way costs.
func repairHeadline(r *repair.Repair) string {
	switch best, ok := r.Best(); {
	case r.Goal != "" && ok:
		return sentence(r.Goal) + " " + wayCost(best)
	case r.Goal != "":
		return sentence(r.Goal) + " Nothing has to be changed."
	case r.Healthy():
		return healthyLine(r)
	}
	wrong, none := map[string]bool{}, 0
	for _, f := range r.Faults {
		if !wrong[f.Node] && f.Held == "" && f.Range < 0 {
			none++
		}
		wrong[f.Node] = true
	}
	var parts []string
	if n := len(r.Inventory.Nodes); n > 0 && len(wrong) > 0 {
		s := fmt.Sprintf("%d of %s wrong", len(wrong), words.Plural(n, "node"))
		if none > 0 && none < len(wrong) {
			s += fmt.Sprintf(", %d of them without a podCIDR", none)
		}
		parts = append(parts, s)
	}
	if len(r.RangeFaults) > 0 {
		parts = append(parts, "the ranges are at fault")
	}
	if len(parts) == 0 {
		parts = append(parts, "flannel uses other subnets than the Node objects name")
	}
	s := strings.Join(parts, "; ") + "."
	best, ok := r.Best()
	if !ok {
		return s + " No way out of it was found."
	}
	return s + " " + wayCost(best)
}

// wayCost says in a sentence what a way costs.
func wayCost(way repair.Way) string {
	count := map[repair.Kind]int{}
	for _, s := range way.Steps {
		count[s.Kind]++
	}
	var parts []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(count[repair.KindPatch], "node is patched", "nodes are patched")
	add(len(way.Drained), "node is drained and registered again", "nodes are drained and registered again, one at a time")
	add(count[repair.KindRestartFlannel], "flannel pod restarts", "flannel pods restart")
	add(count[repair.KindPause]+count[repair.KindResume]+count[repair.KindFlags]+count[repair.KindRestartController], "restart of kube-controller-manager", "restarts of kube-controller-manager")
	add(count[repair.KindNetwork], "restart of flannel on all nodes", "restarts of flannel on all nodes")
	if count[repair.KindNewCluster] > 0 {
		parts = append(parts, "a new cluster")
	}
	head := "The way out: "
	if way.Kind == repair.WayTarget {
		head = "That takes "
	}
	if len(parts) == 0 {
		return head + way.Title + "."
	}
	return head + strings.Join(parts, ", ") + "."
}

// textWays writes the ways, the first with each of its steps.
func (b *printer) textWays(ways []repair.Way) {
	if len(ways) == 0 {
		b.printf("\n%s\n  none that the twin of kube-controller-manager approves of\n", b.paint(headStyle, "Ways out, best first"))
		return
	}
	b.printf("\n%s\n", b.paint(headStyle, "Ways out, best first"))
	for i, way := range ways {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.wrap(fmt.Sprintf("  %d. ", i+1), textWidth, b.paint(headStyle, way.Title)+disturbs(way.Disturbs))
		if i == 0 {
			b.textSteps("     ", way.Steps)
		} else {
			b.textSettings(way)
		}
		if !way.Minimal && len(way.Drained) > 0 {
			b.wrap("     ", textWidth, "Fewer drained nodes may be possible: many nodes overlap with subnets of different sizes.")
		}
		b.wrap("     = ", textWidth, way.Proof.Text)
	}
}

// textSettings writes the steps of a way that are not on nodes, and in one line what is done on nodes.
func (b *printer) textSettings(way repair.Way) {
	patched := 0
	for _, s := range way.Steps {
		switch {
		case s.Node == "":
			b.wrap("     - ", textWidth, stepLine(s))
		case s.Kind == repair.KindPatch:
			patched++
		}
	}
	if patched > 0 {
		b.wrap("     - ", textWidth, "patch "+words.Plural(patched, "node"))
	}
	if n := len(way.Drained); n > 0 {
		b.wrap("     - ", textWidth, fmt.Sprintf("drain %s, one at a time, delete and register again: %s", words.Plural(n, "node"), gate.Printable(strings.Join(way.Drained, ", "))))
	}
}

// stepLine says in a line what a step does.
func stepLine(s repair.Step) string {
	if s.What != "" {
		return gate.Printable(s.What)
	}
	line := string(s.Kind)
	if s.Node != "" {
		line += " " + gate.Printable(s.Node)
	}
	switch {
	case len(s.New) > 0 && len(s.Old) > 0:
		line += ": " + strings.Join(words.Texts(s.New), ", ") + " instead of " + gate.Printable(strings.Join(s.Old, ", "))
	case len(s.New) > 0:
		line += ": " + strings.Join(words.Texts(s.New), ", ")
	case s.Kind == repair.KindPause:
		line += ": --allocate-node-cidrs=false"
	case s.Kind == repair.KindResume:
		line += ": --allocate-node-cidrs=true"
	}
	return line
}

func (b *printer) textSteps(indent string, steps []repair.Step) {
	for i, s := range steps {
		b.wrap(fmt.Sprintf("%s%d. ", indent, i+1), textWidth, stepLine(s))
		if s.Bridge {
			b.wrap(indent+"   and: ", textWidth, "delete its link cni0, and the pods that lose their network with it")
		}
		// Nothing is written where there is nothing to say.
		b.wrap(indent+"   because: ", textWidth, gate.Printable(s.Why))
		b.wrap(indent+"   restarts: ", textWidth, gate.Printable(strings.Join(s.Restarts, "; ")))
	}
}

// managerHosts returns the control-plane hosts, none if one of them has no name.
func managerHosts(r *repair.Repair) []string {
	var out []string
	for _, m := range r.Inventory.Managers {
		if !gate.IsSubdomain(m.Host) || r.Inventory.Assumed != "" {
			return nil
		}
		out = append(out, m.Host)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
