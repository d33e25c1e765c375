package nodeipam

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubecidr/kubecidr/internal/gate"
	"github.com/kubecidr/kubecidr/internal/ipnet"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// An APIError is the API server's answer to a request that it does not carry out. The zero value has no status and no
// message.
type APIError struct {
	Code    int // HTTP status: 404, 409 or 422
	Message string
}

func (e *APIError) Error() string { return e.Message }

// storedPodCIDRs returns the podCIDRs that the API server stores for a Node that is sent with these two fields:
// each fills in the other, and where they differ podCIDR wins and the list is cut to it
// (pkg/apis/core/v1/conversion.go Convert_v1_NodeSpec_To_core_NodeSpec, v1.37.2).
func storedPodCIDRs(podCIDR string, podCIDRs []string) []string {
	if podCIDR != "" && (len(podCIDRs) == 0 || podCIDRs[0] != podCIDR) {
		return []string{podCIDR}
	}
	return slices.Clone(podCIDRs)
}

// ValidatePodCIDRs returns what the API server of release v has to say against the podCIDRs of a new Node, in its
// words and order; none where it takes them. The zero Version is the newest release.
//
// Not checked, as there: overlap with other nodes, with the service range, with hosts, and whether the range belongs to
// the cluster (pkg/apis/core/validation/validation.go ValidateNode, v1.37.2).
func ValidatePodCIDRs(podCIDRs []string, v fact.Version) []string {
	v = v.Or(fact.NewestKubernetes())
	var out []string
	var ranges []netip.Prefix
	bad := -1
	for i, s := range podCIDRs {
		field := fmt.Sprintf("spec.podCIDRs[%d]: Invalid value: %q: ", i, s)
		_, p, ok := ipnet.ParseCIDR(s)
		if !ok {
			if bad < 0 {
				bad = i
			}
			text := "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
			if v.Before(v1(30)) {
				text = "must be valid CIDR"
			}
			out = append(out, field+text)
			continue
		}
		ranges = append(ranges, p)
		// StrictIPCIDRValidation, KEP-4858: alpha and off in 1.33, beta and on in 1.36. Old values are not exempt.
		if v.Before(v1(36)) {
			continue
		}
		q, err := netip.ParsePrefix(s)
		switch {
		case err != nil:
			out = append(out, field+"must not have leading 0s in IP or prefix length")
		case q.Addr().Is4In6():
			out = append(out, field+"must not have an IPv4-mapped IPv6 address")
		case q != q.Masked():
			out = append(out, field+"must not have bits set beyond the prefix length")
		}
	}
	if len(podCIDRs) > 1 {
		if bad >= 0 {
			out = append(out, fmt.Sprintf("spec.podCIDRs: Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[%d]: <nil> (invalid CIDR address: %s)", bad, podCIDRs[bad]))
		}
		if len(podCIDRs) > 2 || !ipnet.DualStack(ranges) {
			list, err := json.Marshal(podCIDRs)
			if err != nil {
				list = nil // strings always marshal
			}
			out = append(out, fmt.Sprintf("spec.podCIDRs: Invalid value: %s: may specify no more than one CIDR for each IP family", list))
		}
	}
	return out
}

// validatePodCIDRChange returns what the API server has to say against the change of a Node's podCIDRs from old to new
// (ValidateNodeUpdate, v1.37.2, which runs after ValidateNode).
func validatePodCIDRChange(old, new []string, v fact.Version) []string {
	out := ValidatePodCIDRs(new, v)
	if len(old) > 0 && !slices.Equal(old, new) {
		field := "spec.podCIDRs"
		if v.Before(v1(16)) {
			field = "spec.podCIDR"
		}
		out = append(out, field+`: Forbidden: node updates may not change podCIDR except from "" to valid`)
	}
	return out
}

// validateNodeName returns what the API server has to say against the name of a new Node.
func validateNodeName(name string, v fact.Version) []string {
	switch {
	case name == "":
		return []string{"metadata.name: Required value: name or generateName is required"}
	case len(name) > 253:
		return []string{fmt.Sprintf("metadata.name: Invalid value: %q: must be no more than 253 characters", name)}
	case !gate.IsSubdomain(name):
		for _, r := range startupRules() {
			if (r.ID == "adm-dns" || r.ID == "adm-dns-old") && r.Holds(v) {
				return []string{fmt.Sprintf("metadata.name: Invalid value: %q: %s", name, r.Text)}
			}
		}
	}
	return nil
}

// invalidNode returns the API server's answer that carries errs, nil for none.
func invalidNode(name string, errs []string) *APIError {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return &APIError{422, fmt.Sprintf("Node %q is invalid: %s", name, errs[0])}
	}
	return &APIError{422, fmt.Sprintf("Node %q is invalid: [%s]", name, strings.Join(errs, ", "))}
}
