package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/words"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/repair"
)

// A From says how a living cluster gets to a plan that starts from it. The zero value says that nothing needs doing.
type From struct {
	Changes []Change       // values in its files that the plan has others for, in the order of the files
	Repair  *repair.Repair // its steps are the way; nil where the files show no cluster, as when they are a plan
	Why     []string       // why there is none, in sentences; none where there is, or where nothing has to be done
}

// A Change is a value in a cluster's files that a plan replaces. The zero value changes nothing.
type Change struct {
	Pos       fact.Position
	Component fact.Component
	Key       string // name in the source
	From, To  string
}

// fromDocument is the cluster that a plan starts from.
type fromDocument struct {
	Installer  string           `json:"installer"`
	Network    string           `json:"network"`
	Kubernetes string           `json:"kubernetes"`
	Nodes      int              `json:"nodes"`
	Goal       string           `json:"goal"`
	Disturbs   fact.Disturbance `json:"disturbs"`
	Drained    []string         `json:"drained"`
	Proof      string           `json:"proof"`
	WhyNot     []string         `json:"whyNot"`
}

type changeDocument struct {
	File      string         `json:"file"`
	Line      int            `json:"line"`
	Column    int            `json:"column"`
	Component fact.Component `json:"component"`
	Key       string         `json:"key"`
	From      string         `json:"from"`
	To        string         `json:"to"`
}

// setFrom adds the cluster, the changes and the steps; lists that are empty are there all the same.
func (d *document) setFrom(f *From) {
	if f == nil {
		return
	}
	d.Changes, d.Steps = []changeDocument{}, []stepDocument{}
	for _, c := range f.Changes {
		d.Changes = append(d.Changes, changeDocument{c.Pos.File, c.Pos.Line, c.Pos.Column, c.Component, c.Key, c.From, c.To})
	}
	d.From = &fromDocument{Disturbs: fact.DisturbsNothing, Drained: []string{}, WhyNot: list(f.Why)}
	if f.Repair == nil {
		return
	}
	inv := f.Repair.Inventory
	d.From.Installer, d.From.Network, d.From.Nodes, d.From.Goal = inv.Installer, inv.CNI, len(inv.Nodes), f.Repair.Goal
	if !inv.Kubernetes.IsZero() {
		d.From.Kubernetes = inv.Kubernetes.String()
	}
	if w, ok := f.Repair.Best(); ok {
		d.From.Disturbs, d.From.Drained, d.From.Proof = w.Disturbs, list(w.Drained), w.Proof.Text
		d.Steps = stepDocuments(f.Repair, w)
	}
}

// clusterLine names the cluster of f: "k3s, flannel, v1.32.1, 62 nodes".
func clusterLine(r *repair.Repair) string {
	inv := r.Inventory
	version := ""
	if !inv.Kubernetes.IsZero() {
		version = inv.Kubernetes.String()
	}
	network := "a network that no file names"
	if in, ok := repair.InstallerOf(inv); ok && in.FlannelWithin {
		network = "flannel"
	}
	parts := []string{cmp.Or(inv.Installer, "kubeadm or by hand"), cmp.Or(inv.CNI, network), version, words.Plural(len(inv.Nodes), "node")}
	return gate.Printable(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", "))
}

// textFrom writes how the cluster gets to the plan.
func textFrom(b *printer, f *From) {
	if f == nil {
		return
	}
	b.printf("\n")
	if f.Repair != nil {
		b.head("From the cluster in these files to this plan: " + clusterLine(f.Repair))
	}
	for _, s := range f.Why {
		b.wrap("  No steps lead there: ", textWidth, gate.Printable(s))
	}
	if len(f.Changes) > 0 {
		b.head("To be changed in the cluster, at the same time; nodes keep their subnets")
		for _, c := range f.Changes {
			b.printf("  %v  %s %s: %s -> %s\n", c.Pos, c.Component, gate.Printable(c.Key), gate.Printable(c.From), gate.Printable(c.To))
		}
	}
	if f.Repair == nil || len(f.Why) > 0 {
		return
	}
	w, ok := f.Repair.Best()
	if !ok {
		b.printf("  The cluster's ranges stay as they are: nothing has to be changed\n")
		return
	}
	b.head("Steps" + disturbs(w.Disturbs))
	b.wrap("  ", textWidth, gate.Printable(sentence(w.Title))+" "+wayCost(w))
	b.textSteps("  ", w.Steps)
	b.wrap("  = ", textWidth, w.Proof.Text)
	b.wrap("  ", textWidth, "The same as a script, which looks at the live cluster first: -o commands. With commands, checks and undo of each step: -o json.")
}

// sentence returns s with a capital letter and a full stop.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%c%s.", unicode.ToUpper(r), strings.TrimSuffix(s[n:], "."))
}
