package draw

import (
	"encoding/json"
	"fmt"
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

// RepairText writes r for people: what is wrong, the steps in order, and the ways out where the ranges are at fault.
func RepairText(w io.Writer, r *repair.Repair, o Options) error {
	b := &printer{color: o.Color}
	total := len(r.Inventory.Nodes)
	if c := r.Inventory.Assumed; c != "" {
		b.wrap("", textWidth, fmt.Sprintf("No file shows the flags of kube-controller-manager; its pod range is taken from what %s says.", c))
		b.WriteByte('\n')
	}
	if r.Healthy() {
		b.printf("%s\n", b.paint(headStyle, fmt.Sprintf("Nothing to do: %s, each with subnets of its own in the right place.", words.Plural(total, "node"))))
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
	if len(r.Steps) > 0 {
		b.printf("\n%s\n", b.paint(headStyle, "Steps, in this order"))
		b.textSteps("  ", r.Steps)
		if len(r.Served) > 0 {
			b.wrap("  ", textWidth, fmt.Sprintf("Started anew, kube-controller-manager serves %s by itself; that can take the place of the patches.", words.Plural(len(r.Served), "node")))
		}
		if !r.Minimal {
			b.wrap("  ", textWidth, "Fewer drained nodes may be possible: many nodes overlap with subnets of different sizes.")
		}
	}
	if len(r.RangeFaults) > 0 {
		b.printf("\n%s\n", b.paint(headStyle, "The ranges are at fault"))
		for _, f := range r.RangeFaults {
			b.wrap("  - ", textWidth, gate.Printable(f.Text)+" ("+string(f.Rule)+")")
		}
		b.printf("\n%s\n", b.paint(headStyle, "Ways out, best first"))
		if len(r.Ways) == 0 {
			b.printf("  none that the twin of kube-controller-manager approves of\n")
		}
		for i, way := range r.Ways {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.wrap(fmt.Sprintf("  %d. ", i+1), textWidth, b.paint(headStyle, way.Title)+disturbs(way.Disturbs))
			for _, s := range way.Steps {
				b.wrap("     - ", textWidth, gate.Printable(s))
			}
			b.wrap("     = ", textWidth, way.Proof.Text)
		}
	}
	return b.flushTo(w)
}

// repairHeadline sums r up.
func repairHeadline(r *repair.Repair) string {
	wrong := map[string]bool{}
	for _, f := range r.Faults {
		wrong[f.Node] = true
	}
	patched, flannel := 0, 0
	for _, s := range r.Steps {
		switch s.Kind {
		case repair.KindPatch:
			patched++
		case repair.KindRestartFlannel:
			flannel++
		}
	}
	s := fmt.Sprintf("%d of %s wrong: %d to be patched, %d to be drained and created again.", len(wrong), words.Plural(len(r.Inventory.Nodes), "node"), patched, len(r.Drained()))
	if flannel > 0 {
		s += fmt.Sprintf(" flannel restarts on %d.", flannel)
	}
	if len(r.RangeFaults) > 0 {
		s += " That alone does not do: the ranges are at fault."
	}
	return s
}

func (b *printer) textSteps(indent string, steps []repair.Step) {
	for i, s := range steps {
		line := string(s.Kind)
		if s.Node != "" {
			line += " " + gate.Printable(s.Node)
		}
		switch {
		case len(s.New) > 0 && len(s.Old) > 0:
			line += ": " + strings.Join(words.Texts(s.New), ", ") + " instead of " + gate.Printable(strings.Join(s.Old, ", "))
		case len(s.New) > 0:
			line += ": " + strings.Join(words.Texts(s.New), ", ")
		}
		b.wrap(fmt.Sprintf("%s%d. ", indent, i+1), textWidth, line)
		if s.Bridge {
			b.wrap(indent+"   and: ", textWidth, "delete its link cni0, and the pods that lose their network with it")
		}
		// Nothing is written where there is nothing to say.
		b.wrap(indent+"   because: ", textWidth, gate.Printable(s.Why))
		b.wrap(indent+"   restarts: ", textWidth, gate.Printable(strings.Join(s.Restarts, "; ")))
	}
}

type repairDocument struct {
	Healthy     bool                 `json:"healthy"`
	Nodes       int                  `json:"nodes"`
	Assumed     fact.Component       `json:"assumed,omitempty"`
	Faults      []faultDocument      `json:"faults"`
	Steps       []stepDocument       `json:"steps"`
	Minimal     bool                 `json:"minimal"`
	Served      []servedDocument     `json:"served"`
	RangeFaults []rangeFaultDocument `json:"rangeFaults"`
	Ways        []wayDocument        `json:"ways"`
}

type servedDocument struct {
	Node     string   `json:"node"`
	PodCIDRs []string `json:"podCIDRs"`
}

type faultDocument struct {
	Node    string      `json:"node"`
	Rule    fact.RuleID `json:"rule"`
	PodCIDR string      `json:"podCIDR,omitempty"`
	Other   string      `json:"other,omitempty"`
	Text    string      `json:"text"`
}

type stepDocument struct {
	Kind     repair.Kind `json:"kind"`
	Node     string      `json:"node,omitempty"`
	Old      []string    `json:"old,omitempty"`
	New      []string    `json:"new,omitempty"`
	Why      string      `json:"why,omitempty"`
	Restarts []string    `json:"restarts,omitempty"`
	Bridge   bool        `json:"bridge,omitempty"`
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
	Steps    []string         `json:"steps"`
	Drained  []string         `json:"drained"`
	Flags    string           `json:"flags"`
	Networks []string         `json:"networks,omitempty"`
	Nodes    []stepDocument   `json:"nodes"`
	Proof    proofDocument    `json:"proof"`
}

type proofDocument struct {
	Text   string              `json:"text"`
	Nodes  int                 `json:"nodes"`
	More   uint64              `json:"more"`
	Ranges []nodeipam.RangeUse `json:"ranges"`
}

func stepDocuments(steps []repair.Step) []stepDocument {
	out := []stepDocument{}
	for _, s := range steps {
		out = append(out, stepDocument{s.Kind, s.Node, s.Old, words.Texts(s.New), s.Why, s.Restarts, s.Bridge})
	}
	return out
}

// RepairJSON writes r as one JSON object with the keys healthy, nodes, faults, steps, minimal, rangeFaults and ways.
func RepairJSON(w io.Writer, r *repair.Repair) error {
	d := repairDocument{Healthy: r.Healthy(), Nodes: len(r.Inventory.Nodes), Assumed: r.Inventory.Assumed, Steps: stepDocuments(r.Steps), Minimal: r.Minimal,
		Faults: []faultDocument{}, Served: []servedDocument{}, RangeFaults: []rangeFaultDocument{}, Ways: []wayDocument{}}
	for _, f := range r.Faults {
		d.Faults = append(d.Faults, faultDocument{f.Node, f.Rule, f.Held, f.Other, f.Text})
	}
	for _, n := range r.Served {
		d.Served = append(d.Served, servedDocument(n))
	}
	for _, f := range r.RangeFaults {
		d.RangeFaults = append(d.RangeFaults, rangeFaultDocument(f))
	}
	for _, way := range r.Ways {
		d.Ways = append(d.Ways, wayDocument{way.Kind, way.Title, way.Disturbs, way.Steps, list(way.Drained), repair.FlagsText(way.Flags), words.Texts(way.Networks),
			stepDocuments(way.Nodes), proofDocument{way.Proof.Text, way.Proof.Nodes, way.Proof.More, list(way.Proof.Ranges)}})
	}
	return encodeJSON(w, d)
}

// shellHead is the start of every script: it changes nothing without --apply, and ends at the first error.
const shellHead = `set -eu

apply=no
for arg in "$@"; do
	case $arg in
	--apply) apply=yes ;;
	*) echo "usage: $0 [--apply]" >&2; exit 2 ;;
	esac
done

# run COMMAND...: says it, and does it with --apply.
run() {
	printf '+ %s\n' "$*"
	if [ "$apply" = yes ]; then "$@"; fi
}

# on HOST COMMAND...: does it on a host, as root. SSH says how to get there.
on() {
	run ${SSH:-ssh} "$@"
}

# expect NODE PODCIDRS: ends if the node is not as it was when this was written.
expect() {
	if [ "$apply" = yes ]; then
		have=$(kubectl get node "$1" -o 'jsonpath={.spec.podCIDRs[*]}')
		if [ "$have" != "$2" ]; then
			echo "node $1 has podCIDRs \"$have\", not \"$2\": collect the files again and look anew" >&2
			exit 1
		fi
	fi
}

# save NODE: keeps labels, taints and annotations in a file, to put back those that kubelet does not set.
save() {
	printf '+ kubectl get node %s -o yaml > %s.node.yaml\n' "$1" "$1"
	if [ "$apply" = yes ]; then kubectl get node "$1" -o yaml > "$1.node.yaml"; fi
}

# create JSON: creates a Node object.
create() {
	printf '+ kubectl create -f - : %s\n' "$1"
	if [ "$apply" = yes ]; then printf '%s\n' "$1" | kubectl create -f -; fi
}

# manager stop|start: takes the static pod of kube-controller-manager away on every control-plane host, or puts it back.
manager() {
	for host in $CONTROL_PLANES; do
		case $1 in
		stop) on "$host" 'mv /etc/kubernetes/manifests/kube-controller-manager.yaml /etc/kubernetes/kube-controller-manager.yaml && sleep 30' ;;
		start) on "$host" 'mv /etc/kubernetes/kube-controller-manager.yaml /etc/kubernetes/manifests/kube-controller-manager.yaml' ;;
		esac
	done
}
`

// shellRenew is what scripts that delete a bridge need besides.
const shellRenew = `
# renew NODE: deletes its pods that are not on the network of the host, which have none any more, so that they are made anew.
renew() {
	printf '+ delete the pods of %s that are not on the network of the host\n' "$1"
	if [ "$apply" = yes ]; then
		pods=$(kubectl get pods -A --field-selector "spec.nodeName=$1" --no-headers -o 'custom-columns=A:.metadata.namespace,B:.metadata.name,C:.spec.hostNetwork')
		printf '%s\n' "$pods" | while read -r namespace name hostnetwork; do
			if [ -n "$name" ] && [ "$hostnetwork" != true ]; then kubectl -n "$namespace" delete pod "$name" </dev/null; fi
		done
	fi
}
`

// RepairCommands writes the steps of r as a POSIX shell script for kubectl and ssh. It ends at the first error. Without --apply it says
// what it would do and changes nothing. Before each change it looks whether the node is still as it was. The ways out of
// range faults are not in it: they are for people to choose.
func RepairCommands(w io.Writer, r *repair.Repair) error {
	b := new(printer)
	b.printf("#!/bin/sh\n# %s\n# Without --apply this script says what it would do, and changes nothing. It ends at the first error.\n", gate.Line(mendLine(r)))
	for i, way := range r.Ways {
		if i == 0 {
			b.printf("#\n# The ranges are at fault, which commands on nodes do not cure. Ways out, best first:\n")
		}
		b.printf("#   %d. %s\n", i+1, gate.Line(way.Title))
	}
	b.WriteString(shellHead)
	if slices.ContainsFunc(r.Steps, func(s repair.Step) bool { return s.Bridge }) {
		b.WriteString(shellRenew)
	}
	if len(r.Steps) == 0 {
		if len(r.RangeFaults) > 0 {
			b.printf("\necho 'nothing to do on nodes: the ranges are at fault' >&2\nexit 1\n")
		}
		return b.flushTo(w)
	}
	const head = "\n# Hosts that run kube-controller-manager.\n"
	if hosts := managerHosts(r); hosts != "" {
		b.printf(head+"CONTROL_PLANES=${CONTROL_PLANES:-%s}\n", gate.Word(hosts))
	} else if touchesManager(r) {
		b.printf(head + ": \"${CONTROL_PLANES:?must name the hosts that run kube-controller-manager, separated by blanks}\"\n")
	}
	for i, s := range r.Steps {
		b.printf("\n# %d. %s\n", i+1, gate.Line(strings.TrimSpace(string(s.Kind)+" "+s.Node)+": "+s.Why))
		stepCommands(r, b, s)
	}
	b.printf("\nif [ \"$apply\" = no ]; then echo 'nothing was changed; --apply does it' >&2; fi\n")
	return b.flushTo(w)
}

func mendLine(r *repair.Repair) string {
	if r.Healthy() {
		return "Nothing to mend."
	}
	return repairHeadline(r)
}

func touchesManager(r *repair.Repair) bool {
	for _, s := range r.Steps {
		if s.Kind == repair.KindStopController || s.Kind == repair.KindStartController || s.Kind == repair.KindRestartController {
			return true
		}
	}
	return false
}

// managerHosts returns the control-plane hosts separated by blanks, "" if one of them has no name.
func managerHosts(r *repair.Repair) string {
	var out []string
	for _, m := range r.Inventory.Managers {
		if !gate.IsSubdomain(m.Host) {
			return ""
		}
		out = append(out, m.Host)
	}
	return strings.Join(out, " ")
}

// stepCommands writes the commands of one step.
func stepCommands(r *repair.Repair, b *printer, s repair.Step) {
	if s.Node != "" && !gate.IsSubdomain(s.Node) {
		// No Node can have that name, so the file is not what it claims; a name like -o would be read as an option.
		b.printf("echo %s >&2\nexit 1\n", gate.Word(fmt.Sprintf("%q cannot be the name of a node", gate.Printable(s.Node))))
		return
	}
	node := gate.Word(s.Node)
	old := gate.Word(strings.Join(s.Old, " "))
	remove := func() {
		b.printf("expect %s %s\nsave %s\n", node, old, node)
		if frozen(r, s) {
			b.printf("# The API server refuses to cordon it, since its podCIDR is not in canonical form: its pods end with it.\n")
		} else {
			b.printf("run kubectl drain %s --ignore-daemonsets --delete-emptydir-data\n", node)
		}
		b.printf("on %s 'systemctl stop kubelet'\nrun kubectl delete node %s\n", node, node)
	}
	create := func() {
		b.printf("create %s\n", gate.Word(nodeObject(s.Node, s.New)))
		b.printf("on %s 'rm -f /run/flannel/subnet.env; ip link delete cni0; ip link delete flannel.1; systemctl start kubelet'\n", node)
		b.printf("run kubectl wait --for=condition=Ready node/%s --timeout=10m\n", node)
	}
	switch s.Kind {
	case repair.KindPatch:
		b.printf("expect %s ''\nrun kubectl patch node %s --type=merge -p %s\n", node, node, gate.Word(nodePatch(s.New)))
	case repair.KindRecreate:
		remove()
		create()
	case repair.KindDelete:
		remove()
	case repair.KindCreate:
		create()
	case repair.KindRestartFlannel:
		b.printf("expect %s %s\nrun kubectl -n \"${FLANNEL_NAMESPACE:-kube-flannel}\" delete pod -l app=flannel --field-selector %s\n", node, old, gate.Word("spec.nodeName="+s.Node))
		if s.Bridge {
			b.printf("on %s 'ip link delete cni0'\nrenew %s\n", node, node)
		}
	case repair.KindStopController:
		b.printf("manager stop\nif [ \"$apply\" = yes ]; then trap 'echo \"kube-controller-manager is stopped on $CONTROL_PLANES: put its manifest back from /etc/kubernetes when the rest is done\" >&2' EXIT; fi\n")
	case repair.KindStartController:
		b.printf("manager start\ntrap - EXIT\n")
	case repair.KindRestartController:
		b.printf("manager stop\nmanager start\n")
	}
}

// frozen reports whether the API server refuses every change of the Node, cordoning included (StrictIPCIDRValidation, 1.36).
func frozen(r *repair.Repair, s repair.Step) bool {
	return len(nodeipam.ValidatePodCIDRs(s.Old, r.Inventory.Kubernetes)) > 0
}

// nodeSpec is the part of a Node object that says its subnets.
type nodeSpec struct {
	PodCIDR  string   `json:"podCIDR"`
	PodCIDRs []string `json:"podCIDRs"`
}

// nodePatch returns the merge patch that sets podCIDRs.
func nodePatch(subnets []netip.Prefix) string {
	return compactJSON(struct {
		Spec nodeSpec `json:"spec"`
	}{nodeSpec{subnets[0].String(), words.Texts(subnets)}})
}

// nodeObject returns a Node object with podCIDRs. kubelet takes it for its own when it registers.
func nodeObject(name string, subnets []netip.Prefix) string {
	type metadata struct {
		Name string `json:"name"`
	}
	return compactJSON(struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Metadata   metadata `json:"metadata"`
		Spec       nodeSpec `json:"spec"`
	}{"v1", "Node", metadata{name}, nodeSpec{subnets[0].String(), words.Texts(subnets)}})
}

func compactJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return "{}" // strings always marshal
	}
	return string(data)
}
