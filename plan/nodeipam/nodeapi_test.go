package nodeipam

import (
	"slices"
	"strings"
	"testing"
)

// TestStoredPodCIDRs: pkg/apis/core/v1/conversion.go Convert_v1_NodeSpec_To_core_NodeSpec v1.37.2.
func TestStoredPodCIDRs(t *testing.T) {
	const a, b, c = "10.244.1.0/24", "fd00::/64", "10.244.2.0/24"
	for _, tt := range []struct {
		podCIDR        string
		podCIDRs, want []string
	}{
		{"", nil, nil},
		{a, nil, []string{a}},
		{"", []string{a, b}, []string{a, b}},
		{a, []string{a, b}, []string{a, b}},
		{a, []string{c, b}, []string{a}},
	} {
		if got := storedPodCIDRs(tt.podCIDR, tt.podCIDRs); !slices.Equal(got, tt.want) {
			t.Errorf("StoredPodCIDRs(%q, %q) = %q, want %q", tt.podCIDR, tt.podCIDRs, got, tt.want)
		}
	}
}

func TestValidatePodCIDRs(t *testing.T) {
	const (
		form   = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
		bits   = "must not have bits set beyond the prefix length"
		spec   = "spec.podCIDRs: "
		family = ": may specify no more than one CIDR for each IP family"
		check  = spec + "Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR"
	)
	for _, tt := range []struct {
		list  string // with blanks between
		minor int
		want  []string
	}{
		{"10.244.1.0/24", 37, nil},
		{"10.244.1.0/24 fd00::/64", 37, nil},
		{"10.244.1.0", 37, []string{`spec.podCIDRs[0]: Invalid value: "10.244.1.0": ` + form}},
		{"10.244.1.0", 29, []string{`spec.podCIDRs[0]: Invalid value: "10.244.1.0": must be valid CIDR`}},
		{"10.244.1.1/24", 35, nil},
		{"10.244.1.1/24", 36, []string{`spec.podCIDRs[0]: Invalid value: "10.244.1.1/24": ` + bits}},
		{"010.244.1.0/24", 35, nil},
		{"010.244.1.0/24", 36, []string{`spec.podCIDRs[0]: Invalid value: "010.244.1.0/24": must not have leading 0s in IP or prefix length`}},
		{"::ffff:10.244.1.0/120", 36, []string{`spec.podCIDRs[0]: Invalid value: "::ffff:10.244.1.0/120": must not have an IPv4-mapped IPv6 address`}},
		{"10.244.1.0/24 10.244.2.0/24", 37, []string{spec + `Invalid value: ["10.244.1.0/24","10.244.2.0/24"]` + family}},
		{"10.244.1.0/24 fd00::/64 10.244.2.0/24", 37, []string{spec + `Invalid value: ["10.244.1.0/24","fd00::/64","10.244.2.0/24"]` + family}},
		{"x fd00::/64", 37, []string{`spec.podCIDRs[0]: Invalid value: "x": ` + form,
			check + "[0]: <nil> (invalid CIDR address: x)", spec + `Invalid value: ["x","fd00::/64"]` + family}},
		{"10.244.1.0/24 y", 37, []string{`spec.podCIDRs[1]: Invalid value: "y": ` + form,
			check + "[1]: <nil> (invalid CIDR address: y)", spec + `Invalid value: ["10.244.1.0/24","y"]` + family}},
		{"x y", 37, []string{`spec.podCIDRs[0]: Invalid value: "x": ` + form, `spec.podCIDRs[1]: Invalid value: "y": ` + form,
			check + "[0]: <nil> (invalid CIDR address: x)", spec + `Invalid value: ["x","y"]` + family}},
		{"10.244.1.0/24 y z", 37, []string{`spec.podCIDRs[1]: Invalid value: "y": ` + form, `spec.podCIDRs[2]: Invalid value: "z": ` + form,
			check + "[1]: <nil> (invalid CIDR address: y)", spec + `Invalid value: ["10.244.1.0/24","y","z"]` + family}},
	} {
		if got := ValidatePodCIDRs(strings.Fields(tt.list), v1(tt.minor)); !slices.Equal(got, tt.want) {
			t.Errorf("ValidatePodCIDRs(%q, 1.%d) = %q\nwant %q", tt.list, tt.minor, got, tt.want)
		}
	}
}

func TestNodeName(t *testing.T) {
	long := strings.Repeat("a", 253)
	for _, tt := range []struct {
		name  string
		minor int
		want  string // begin of what is said, "" if the name is taken
	}{
		{"node-1.example", 37, ""},
		{long, 37, ""},
		{"", 37, `Node "" is invalid: metadata.name: Required value: name or generateName is required`},
		{long + "a", 37, `Node "` + long + `a" is invalid: metadata.name: Invalid value: "` + long + `a": must be no more than 253 characters`},
		{"node_1", 37, `Node "node_1" is invalid: metadata.name: Invalid value: "node_1": a lowercase RFC 1123 subdomain must consist of`},
		{"node_1", 20, `Node "node_1" is invalid: metadata.name: Invalid value: "node_1": a lowercase RFC 1123 subdomain must consist of`},
		{"node_1", 19, `Node "node_1" is invalid: metadata.name: Invalid value: "node_1": a DNS-1123 subdomain must consist of`},
	} {
		err := NewStopped(v1(tt.minor)).Create(tt.name).Err
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
			t.Errorf("1.%d: %v, want %q", tt.minor, err, tt.want)
		}
	}
}
