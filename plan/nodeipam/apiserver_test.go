package nodeipam_test

import (
	"fmt"
	"testing"

	"github.com/kubecidr/kubecidr/internal/errtype"
	"github.com/kubecidr/kubecidr/plan/fact"
	"github.com/kubecidr/kubecidr/plan/nodeipam"
)

func TestServiceRanges(t *testing.T) {
	old := fact.V(1, 15, 0)
	for _, c := range []struct {
		flag string
		v    fact.Version
		want string // ranges and address, or the rule that refuses
	}{
		{"", fact.Version{}, "[10.0.0.0/24] 10.0.0.1 true"},
		{"10.96.0.0/12", fact.Version{}, "[10.96.0.0/12] 10.96.0.1 false"},
		{"10.96.7.9/12", fact.Version{}, "[10.96.0.0/12] 10.96.0.1 false"},
		{"010.096.0.0/12", fact.Version{}, "[10.96.0.0/12] 10.96.0.1 false"},
		{"fd00:10:96::/112,10.96.0.0/16", fact.Version{}, "[fd00:10:96::/112 10.96.0.0/16] fd00:10:96::1 false"},
		{"::ffff:10.96.0.0/112", fact.Version{}, "[10.96.0.0/16] 10.96.0.1 false"},
		{" 10.96.0.0/12 ", old, "[10.96.0.0/12] 10.96.0.1 false"},
		{" 10.96.0.0/12", fact.Version{}, "api-service-parse"},
		{"10.96.0.0/12,10.112.0.0/12", fact.Version{}, "api-service-families"},
		{"10.96.0.0/12,", fact.Version{}, "api-service-second"},
		{"10.96.0.0/30", fact.Version{}, "api-service-small"},
		{"10.0.0.0/8", fact.V(1, 30, 0), "api-service-large"},
		{"10.0.0.0/8", fact.V(1, 37, 0), "[10.0.0.0/8] 10.0.0.1 false"},
		{"10.96.0.0/12,fd00::/112", old, "api-service-flag"},
	} {
		s, err := nodeipam.APIServerFlags{ServiceClusterIPRange: c.flag}.ServiceRanges(c.v)
		got := fmt.Sprint(s.Ranges, s.Kubernetes, s.Default)
		if refused, ok := errtype.As[*nodeipam.RefusedError](err); ok {
			got = refused.Refusals[0].ID
		} else if err != nil {
			t.Errorf("ServiceRanges(%q): error %v is no *RefusedError", c.flag, err)
		}
		if got != c.want {
			t.Errorf("ServiceRanges(%q) of %v = %s, want %s", c.flag, c.v, got, c.want)
		}
	}
}

// Which address the certificate of a kube-apiserver needs for the Service kubernetes.
func ExampleAPIServerFlags_ServiceRanges() {
	s, err := nodeipam.APIServerFlags{ServiceClusterIPRange: "10.96.0.0/16,fd00:10:96::/112"}.ServiceRanges(fact.V(1, 37, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Ranges, s.Kubernetes)
	// Output: [10.96.0.0/16 fd00:10:96::/112] 10.96.0.1
}
