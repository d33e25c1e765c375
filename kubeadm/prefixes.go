package kubeadm

import (
	"fmt"
	"net/netip"
	"strings"
)

// parsePrefixes reads a comma-separated list of ranges as the programs do, host bits kept and nothing trimmed. The error says
// what to do about a blank or an empty entry, which look like nothing.
func parsePrefixes(text string) ([]netip.Prefix, error) {
	ps, err := lenientPrefixes(text)
	if err == nil {
		return ps, nil
	}
	var kept []string
	for e := range strings.SplitSeq(text, ",") {
		if e = strings.TrimSpace(e); e != "" {
			kept = append(kept, e)
		}
	}
	if _, err2 := lenientPrefixes(strings.Join(kept, ",")); err2 == nil && len(kept) > 0 {
		return nil, fmt.Errorf("%q: blanks and empty entries are not allowed in a list of ranges; write %s", text, strings.Join(kept, ","))
	}
	return nil, err
}
