// Package words holds the small texts that several packages write: counts, lists of names and of prefixes.
package words

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
)

// Plural returns "1 node", "1,024 nodes".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Commas(n) + " " + noun + "s"
}

// Commas returns n with a comma between groups of three digits: "1,024".
func Commas(n int) string {
	if n < 0 {
		return "-" + cidr.FormatCount(-uint64(n))
	}
	return cidr.FormatCount(uint64(n))
}

// Times says how often: "not even once", "twice", "3 times".
func Times(n int) string {
	switch n {
	case 0:
		return "not even once"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// JoinPrefixes returns ps as a list with commas, as flags take it.
func JoinPrefixes(ps []netip.Prefix) string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// NameList joins names, the first few spelled out: "a, b and c", "a, b, c, d, e and 12 more".
func NameList(names []string) string {
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return names[0]
	case n <= Shown:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names[:Shown], ", ") + " and " + strconv.Itoa(len(names)-Shown) + " more"
}

func Texts(prefixes []netip.Prefix) []string {
	out := make([]string, len(prefixes))
	for i, p := range prefixes {
		out[i] = p.String()
	}
	return out
}

func CompareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Shown is how many names a message spells out; the rest is counted.
const Shown = 5
