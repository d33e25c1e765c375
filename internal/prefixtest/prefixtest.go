// Package prefixtest has what tests write prefixes with.
package prefixtest

import (
	"net/netip"
	"strings"
)

// List reads a list with blanks between its elements.
func List(list string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range strings.Fields(list) {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}
