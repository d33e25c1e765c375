package paste

import (
	"regexp"
	"strings"
)

// dataHeadline is what kubectl describe prints above the values of a ConfigMap, behind a line that says Data.
const dataHeadline = "===="

// describedKey matches the key above a value, behind which a line of dashes stands.
var describedKey = regexp.MustCompile(`^([-\w.]+):$`)

// configMaps cuts what kubectl describe prints of ConfigMaps at their values, each of which becomes a file, and reports
// whether there are any.
func (c *cutter) configMaps(ls []line, h head) bool {
	start, found := 0, false
	for i := 0; i+1 < len(ls); i++ {
		if ls[i].s != "Data" || ls[i+1].s != dataHeadline {
			continue
		}
		found = true
		c.frames(ls[start:i+2], h)
		i += 2
		for i+1 < len(ls) && valueHead(ls, i) != "" {
			value := h
			value.kind, value.path, value.fixed = KindFile, valueHead(ls, i), true
			i += 2
			end := i
			for end < len(ls) && !valueEnds(ls, end) {
				end++
			}
			c.emit(value, trimBlank(ls[i:end]))
			i = end
		}
		start = i
		i--
	}
	if found && start < len(ls) {
		c.frames(ls[start:], h)
	}
	return found
}

// valueHead returns the key that stands in line i, "" where none does.
func valueHead(ls []line, i int) string {
	m := describedKey.FindStringSubmatch(ls[i].s)
	if m == nil || i+1 >= len(ls) || ls[i+1].s != "----" {
		return ""
	}
	return m[1]
}

// valueEnds reports whether line i is none of the value above it.
func valueEnds(ls []line, i int) bool {
	s := ls[i].s
	return valueHead(ls, i) != "" || i+1 < len(ls) && s == "BinaryData" && ls[i+1].s == dataHeadline ||
		strings.HasPrefix(s, "Events:") || strings.HasPrefix(s, "Name:  ") && i > 0 && ls[i-1].blank()
}
