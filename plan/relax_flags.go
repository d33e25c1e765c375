package plan

import (
	"slices"
	"strings"
)

// maxFlagValues is how many values of a list are spelt out; of longer ones it is told what comes and goes.
const maxFlagValues = 8

// flagsOf returns what to type to make to of from, in the order of RequestKeys.
func flagsOf(from, to Request) []string {
	var out []string
	for _, k := range RequestKeys() {
		old, now := from.Values(k.Name), to.Values(k.Name)
		if slices.Equal(old, now) {
			continue
		}
		flag := "-" + k.Name + " "
		if len(now) > 0 && len(now) <= maxFlagValues && k.Name != "pin" && k.Name != "keep" {
			out = append(out, flag+strings.Join(now, ","))
			continue
		}
		for _, v := range old {
			if !slices.Contains(now, v) {
				out = append(out, "without "+flag+v)
			}
		}
		for _, v := range now {
			if !slices.Contains(old, v) {
				out = append(out, flag+v)
			}
		}
	}
	return out
}
