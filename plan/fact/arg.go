package fact

import (
	"cmp"
	"net/netip"
	"strconv"

	"github.com/kubecidr/kubecidr/internal/cidrorder"
)

// An Arg is one value that a finding is about. Of its values one is set, the one of its kind; the zero Arg is about
// nothing.
type Arg struct {
	Name string // what the value is to the finding: "pods", "services", "node", "mask"

	Prefix    netip.Prefix // masked
	Addr      netip.Addr
	Component Component
	Version   Version
	Number    int
	Text      string // name of a node, host or object, path of a field, or a value that could not be read
}

// String returns the value.
func (a Arg) String() string {
	switch {
	case a.Prefix.IsValid():
		return a.Prefix.String()
	case a.Addr.IsValid():
		return a.Addr.String()
	case a.Component != "":
		return string(a.Component)
	case !a.Version.IsZero():
		return a.Version.String()
	case a.Text != "":
		return a.Text
	}
	return strconv.Itoa(a.Number)
}

// Equal reports whether a and b have the same name and value.
func (a Arg) Equal(b Arg) bool { return a == b }

// Compare orders args by name, and those of one name by their values.
func (a Arg) Compare(b Arg) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cidrorder.Compare(a.Prefix, b.Prefix), a.Addr.Compare(b.Addr), cmp.Compare(a.Component, b.Component),
		a.Version.Compare(b.Version), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
}
