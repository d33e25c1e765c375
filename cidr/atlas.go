package cidr

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/suggest"
)

// A Use is a range that a program, a distribution or a provider takes for itself unless it is told otherwise.
type Use struct {
	Name   string // by which it is selected: "docker", "libvirt", "gke"
	Prefix netip.Prefix
	What   string // what the range is for: "docker0"
	Source string // where that is known from: file and symbol of the program, or its documentation
	Fixed  bool   // it cannot be moved by a setting
}

// Atlas returns ranges that popular software takes without being asked, and that the ranges of a cluster therefore collide with. They
// are ordered by name, and within a name as the software takes them. A range may stand under several names.
func Atlas() iter.Seq[Use] {
	return func(yield func(Use) bool) {
		for _, row := range atlas {
			if !yield(row.use()) {
				return
			}
		}
	}
}

// AtlasNames returns the names of the [Atlas], sorted. The caller owns the slice.
func AtlasNames() []string {
	var names []string
	for _, row := range atlas {
		names = append(names, row.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// AtlasByName returns the entries of the [Atlas] with the given name, in the order of the atlas. Upper and lower case are the same.
// ok is false, and there is none, for a name that is not in [AtlasNames].
func AtlasByName(name string) (uses []Use, ok bool) {
	for _, row := range atlas {
		if strings.EqualFold(row.name, name) {
			uses = append(uses, row.use())
		}
	}
	return uses, len(uses) > 0
}

// A NameError says that a text is neither a prefix nor a name of the [Atlas].
type NameError struct {
	Text    string // what was given
	Element int    // its place in the list, counting from 1
	Near    string // name that was probably meant, "" if none is near
}

func (e *NameError) Error() string {
	names := e.Near
	if names == "" {
		names = "one of " + strings.Join(AtlasNames(), ", ")
	}
	return fmt.Sprintf("element %d: %q is neither a prefix nor a known name; use a prefix such as 10.8.0.0/16, or %s", e.Element, e.Text, names)
}

// ParseUses reads a list such as "docker,libvirt,10.8.0.0/16": names of the [Atlas] and canonical prefixes, separated by commas,
// blanks around an element removed. A prefix gives a Use with the prefix itself as its Name and "given" as its Source. The error is
// a *[ParseError] for an element that looks like a prefix, a *[NameError] for one that does not.
func ParseUses(list string) ([]Use, error) {
	var uses []Use
	n := 0
	for t := range strings.SplitSeq(list, ",") {
		n++
		t = strings.TrimSpace(t)
		if named, ok := AtlasByName(t); ok {
			uses = append(uses, named...)
			continue
		}
		if t != "" && !strings.ContainsAny(t, "./:%") {
			return nil, &NameError{t, n, suggest.Nearest(t, AtlasNames())}
		}
		p, err := Parse(t)
		if err != nil {
			e := parseError(t)
			e.Element = n
			return nil, e
		}
		uses = append(uses, Use{Name: p.String(), Prefix: p, What: p.String(), Source: "given"})
	}
	return uses, nil
}

type atlasRow struct {
	name, prefix, what, source string
	fixed                      bool
}

func (r atlasRow) use() Use {
	return Use{r.name, netip.MustParsePrefix(r.prefix), r.what, r.source, r.fixed}
}
