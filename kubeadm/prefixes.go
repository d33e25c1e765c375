package kubeadm

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/cidr"
)

// parsePrefixes reads a comma-separated list of ranges as the programs do, host bits kept and nothing trimmed. The error says
// what to do about a blank or an empty entry, which look like nothing.
func parsePrefixes(text string) ([]netip.Prefix, error) {
	ps, err := lenientList(strings.Split(text, ","))
	if err == nil {
		return ps, nil
	}
	var kept []string
	for e := range strings.SplitSeq(text, ",") {
		if e = strings.TrimSpace(e); e != "" {
			kept = append(kept, e)
		}
	}
	if _, err2 := lenientList(kept); err2 == nil && len(kept) > 0 {
		return nil, fmt.Errorf("%q: blanks and empty entries are not allowed in a list of ranges; write %s", text, strings.Join(kept, ","))
	}
	return nil, err
}

func lenientList(entries []string) ([]netip.Prefix, error) {
	var ps []netip.Prefix
	for _, e := range entries {
		p, err := cidr.ParseLenient(e)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	return ps, nil
}
