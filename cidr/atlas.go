package cidr

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// A Use is a range that a program, a distribution or a provider takes for itself unless it is told otherwise. The zero
// Use has no name and an invalid prefix; it is not in the [Atlas].
type Use struct {
	Name   string // by which it is selected: "docker", "libvirt", "gke"
	Prefix netip.Prefix
	What   string // what the range is for: "docker0"
	Source string // where that is known from: file and symbol of the program, or its documentation
	Fixed  bool   // it cannot be moved by a setting
}

// Atlas returns ranges that popular software takes without being asked, and that the ranges of a cluster therefore
// collide with. They are ordered by name, and within a name as the software takes them. A range may stand under several
// names.
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

// AtlasByName returns the entries of the [Atlas] with the given name, in the order of the atlas. Upper and lower case
// are the same. ok is false, and there is none, for a name that is not in [AtlasNames].
func AtlasByName(name string) (uses []Use, ok bool) {
	for _, row := range atlas {
		if strings.EqualFold(row.name, name) {
			uses = append(uses, row.use())
		}
	}
	return uses, len(uses) > 0
}

type atlasRow struct {
	name, prefix, what, source string
	fixed                      bool
}

func (r atlasRow) use() Use {
	return Use{r.name, netip.MustParsePrefix(r.prefix), r.what, r.source, r.fixed}
}
