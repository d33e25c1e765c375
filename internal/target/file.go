package target

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

var errNoPlan = errors.New("no plan")

// A File is the text that a plan becomes for a target, and what speaks against it.
type File struct {
	Plan    *plan.Plan
	b       bytes.Buffer
	refused []string
}

// Line adds a line. Ranges and addresses are to be given through [Text], [Join] or [File.List].
func (f *File) Line(format string, args ...any) {
	fmt.Fprintf(&f.b, format, args...)
	f.b.WriteByte('\n')
}

// Refuse says that the target does not take the plan, and why.
func (f *File) Refuse(format string, args ...any) {
	f.refused = append(f.refused, fmt.Sprintf(format, args...))
}

// List adds a list in YAML below a key.
func (f *File) List(indent, key string, ps []netip.Prefix) {
	f.Line("%s%s:", indent, key)
	for _, p := range ps {
		f.Line("%s  - %s", indent, Text(p.String()))
	}
}

// name returns the name of the cluster.
func (f *File) name() string {
	if n := f.Plan.Request.Name; n != "" {
		return n
	}
	return "kubernetes"
}

// Name returns the name of the cluster as it stands in YAML; own reports whether somebody gave it.
func (f *File) Name() (name string, own bool) { return Text(f.name()), f.name() != "kubernetes" }

// Release returns the release of Kubernetes without the v, where one is asked for.
func (f *File) Release() (v fact.Version, asked bool) {
	v = f.Plan.Request.Kubernetes
	return v, !v.IsZero() && v != fact.NewestKubernetes()
}

// MaxPods returns how many pods a kubelet has to be told, where its default is not right.
func (f *File) MaxPods() (n int, told bool) {
	n = f.Plan.Request.PodsPerNode
	return n, n != 0 && n != plan.DefaultMaxPods
}

// Range returns the range of a role in a family.
func (f *File) Range(role fact.Role, fam fact.Family) (netip.Prefix, bool) {
	r, ok := f.Plan.Range(role, fam)
	return r.Prefix, ok
}

// Dual reports whether the plan has both families.
func (f *File) Dual() bool { return len(f.Plan.Families) > 1 }

// A MaskArg is a flag of kube-controller-manager that sets a node mask.
type MaskArg struct {
	Name  string // without dashes
	Value int
}

// MaskArgs returns the flags that set the node masks where they are not mask4 and mask6, which is what is taken without
// them. One names the flag without a family, for a single family; it is the only one before v1.23
// (cmd/kube-controller-manager/app/core.go setNodeCIDRMaskSizes), and the only one that goes beside itself.
func (f *File) MaskArgs(mask4, mask6 int, one bool) []MaskArg {
	v := f.Plan.Request.Kubernetes.Or(fact.NewestKubernetes())
	var out []MaskArg
	for _, fam := range f.Plan.Families {
		mask, def := f.Plan.NodeMask(fam), mask4
		if fam == fact.IPv6 {
			def = mask6
		}
		if mask == 0 || mask == def && !v.Before(fact.V(1, 20, 0)) {
			continue
		}
		name := "node-cidr-mask-size-" + strings.ToLower(fam.String())
		if !f.Dual() && (one || v.Before(fact.V(1, 23, 0))) {
			name = "node-cidr-mask-size"
		}
		out = append(out, MaskArg{name, mask})
	}
	return out
}

// Join returns ranges as one scalar of YAML, separated by commas.
func Join(ps []netip.Prefix) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return Text(strings.Join(out, ","))
}

var (
	plainText  = regexp.MustCompile(`^[a-z][a-z0-9.-]*$|^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(/[0-9]+)?$`)
	objectName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// isObjectName reports whether s can be the name of an object and the value of a label:
// k8s.io/apimachinery pkg/util/validation IsDNS1123Subdomain, LabelValueMaxLength.
func isObjectName(s string) bool { return len(s) <= 63 && objectName.MatchString(s) }

// Text returns s as a scalar of YAML that reads back as the same text.
func Text(s string) string {
	switch s {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(s)
	}
	if plainText.MatchString(s) {
		return s
	}
	return strconv.QuoteToGraphic(s)
}
