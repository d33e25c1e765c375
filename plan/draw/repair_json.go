package draw

import (
	"io"
	"strings"

	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
	"github.com/kubecidr/kubecidr/plan/repair"
)

type repairDocument struct {
	Verdict     string               `json:"verdict"`
	Nodes       int                  `json:"nodes"`
	Assumed     fact.Component       `json:"assumed,omitempty"`
	Faults      []faultDocument      `json:"faults"`
	RangeFaults []rangeFaultDocument `json:"rangeFaults"`
	Ways        []wayDocument        `json:"ways"`
}

type faultDocument struct {
	Node    string      `json:"node"`
	Rule    fact.RuleID `json:"rule"`
	PodCIDR string      `json:"podCIDR,omitempty"`
	Other   string      `json:"other,omitempty"`
	Text    string      `json:"text"`
}

type rangeFaultDocument struct {
	Rule    fact.RuleID `json:"rule"`
	Text    string      `json:"text"`
	Missing int         `json:"missing,omitempty"`
}

type wayDocument struct {
	Kind     repair.WayKind   `json:"kind"`
	Title    string           `json:"title"`
	Disturbs fact.Disturbance `json:"disturbs"`
	Drained  []string         `json:"drained"`
	Minimal  bool             `json:"minimal"`
	Steps    []stepDocument   `json:"steps"`
	Proof    proofDocument    `json:"proof"`
}

type stepDocument struct {
	Kind     repair.Kind   `json:"kind"`
	Node     string        `json:"node,omitempty"`
	What     string        `json:"what"`
	Why      string        `json:"why,omitempty"`
	Old      []string      `json:"old,omitempty"`
	New      []string      `json:"new,omitempty"`
	Restarts []string      `json:"restarts,omitempty"`
	Commands []string      `json:"commands"`
	Check    []string      `json:"check"`
	Undo     []string      `json:"undo"`
	State    stateDocument `json:"state"`
}

type stateDocument struct {
	Flags    map[string]string   `json:"flags"`
	Networks []string            `json:"networks"`
	Nodes    map[string][]string `json:"nodes"`
}

type proofDocument struct {
	Text   string              `json:"text"`
	Nodes  int                 `json:"nodes"`
	More   uint64              `json:"more"`
	Ranges []nodeipam.RangeUse `json:"ranges"`
}

// RepairJSON writes r as one JSON object: verdict ("broken", "no-error" or "sound"), faults of nodes and of ranges,
// and the ways out, best first. Each step has the commands that do it, those that check it, those that undo it, and
// the state after it: the flags of kube-controller-manager, flannel's ranges and the podCIDRs of every node; of the
// nodes that the step changes alone, where all would be more than [repair.MostStates] entries.
func RepairJSON(w io.Writer, r *repair.Repair) error {
	if r == nil {
		return errNoRepair
	}
	d := repairDocument{Verdict: repairVerdict(r), Nodes: len(r.Inventory.Nodes), Assumed: r.Inventory.Assumed,
		Faults: []faultDocument{}, RangeFaults: []rangeFaultDocument{}, Ways: []wayDocument{}}
	for _, f := range r.Faults {
		d.Faults = append(d.Faults, faultDocument{f.Node, f.Rule, f.Held, f.Other, f.Text})
	}
	for _, f := range r.RangeFaults {
		d.RangeFaults = append(d.RangeFaults, rangeFaultDocument(f))
	}
	for _, way := range r.Ways {
		d.Ways = append(d.Ways, wayDocument{
			Kind: way.Kind, Title: way.Title, Disturbs: way.Disturbs, Drained: list(way.Drained), Minimal: way.Minimal, Steps: stepDocuments(r, way),
			Proof: proofDocument{way.Proof.Text, way.Proof.Nodes, way.Proof.More, list(way.Proof.Ranges)},
		})
	}
	return encodeJSON(w, d)
}

// repairVerdict returns the word for r: sound only where the controller manager's own flags, its nodes and a service
// range were seen.
func repairVerdict(r *repair.Repair) string {
	switch inv := r.Inventory; {
	case !r.Healthy():
		return "broken"
	case len(inv.Nodes) == 0 || inv.Assumed != "" || len(inv.Services) == 0:
		return "no-error"
	}
	return "sound"
}

func stepDocuments(r *repair.Repair, way repair.Way) []stepDocument {
	out := []stepDocument{}
	c := newCommander(r)
	i := 0
	for state := range way.States(r.Inventory) {
		s := way.Steps[i]
		i++
		d := stepDocument{
			Kind: s.Kind, Node: s.Node, What: stepLine(s), Why: s.Why, Old: s.Old, New: words.Texts(s.New), Restarts: s.Restarts,
			Commands: list(c.commands(s)), Check: list(c.check(s)), Undo: []string{},
			State: stateDocument{Flags: flagMap(state.Flags), Networks: list(words.Texts(state.Networks)), Nodes: map[string][]string{}},
		}
		if undo, ok := s.Undo(); ok {
			d.Undo = list(c.commands(undo))
		}
		for _, n := range state.Nodes {
			d.State.Nodes[n.Node] = list(n.PodCIDRs)
		}
		out = append(out, d)
	}
	return out
}

// flagMap returns f as simulate takes it: names without dashes.
func flagMap(f nodeipam.ControllerFlags) map[string]string {
	out := map[string]string{}
	for _, arg := range strings.Fields(repair.FlagsText(f)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		out[name] = value
	}
	if len(f.Controllers) > 0 {
		out["controllers"] = strings.Join(f.Controllers, ",")
	}
	if f.CIDRAllocatorType != "" || f.CIDRAllocatorEmpty {
		out["cidr-allocator-type"] = f.CIDRAllocatorType
	}
	return out
}
