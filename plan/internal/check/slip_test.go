package check

import (
	"strings"
	"testing"

	"github.com/kubecidr/kubecidr/internal/prefixtest"
)

// A typo is one digit of one number, in two IPv4 ranges of one length.
func TestNearMiss(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"10.244.0.0/16", "10.224.0.0/16", "244 and 224"},
		{"10.0.0.0/8", "20.0.0.0/8", "10 and 20"},
		{"10.0.0.16/28", "10.0.0.96/28", "16 and 96"},
		{"10.244.0.0/16", "10.244.0.0/16", ""}, // equal
		{"10.244.0.0/16", "10.224.0.0/17", ""}, // another length
		{"10.244.0.0/16", "11.224.0.0/16", ""}, // two numbers
		{"10.244.0.0/16", "10.255.0.0/16", ""}, // two digits
		{"10.244.0.0/16", "10.44.0.0/16", ""},  // a digit more
		{"10.1.0.0/16", "10.2.0.0/16", ""},     // numbers of one digit are chosen, not mistyped
		{"fd00::/16", "10.244.0.0/16", ""},
		{"10.244.0.0/16", "fd00::/16", ""},
		{"fd00::/16", "fd01::/16", ""},
	} {
		got := nearMiss(prefixtest.List(tt.a)[0], prefixtest.List(tt.b)[0])
		if (got != "") != (tt.want != "") || !strings.Contains(got, tt.want) {
			t.Errorf("nearMiss(%s, %s) = %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}
