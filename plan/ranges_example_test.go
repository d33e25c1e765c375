package plan_test

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubecidr/kubecidr/plan"
	"github.com/kubecidr/kubecidr/plan/fact"
)

// What an installer does with the ranges of its user: the fields have its own names, the errors the form of field.ErrorList of
// k8s.io/apimachinery.
func ExampleRanges_Check() {
	r := plan.Ranges{
		Pods:         []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")},
		Services:     []netip.Prefix{netip.MustParsePrefix("10.244.0.0/20")},
		NodeMaskIPv4: 33,
	}
	// field.NewPath("spec", "network", ...) in the real thing, and path.Index(f.Index).
	paths := map[string]string{"Pods": "spec.network.pods", "Services": "spec.network.services", "NodeMaskIPv4": "spec.network.nodeMask"}
	for _, f := range r.Check(fact.V(1, 37, 0)).Findings {
		if f.Severity != fact.Error {
			continue
		}
		path := strings.Replace(f.Field.String(), f.Field.Name, paths[f.Field.Name], 1)
		e := &fieldError{Type: string(f.Field.Type), Field: path, BadValue: f.Field.BadValue, Detail: f.Field.Detail}
		fmt.Println(e)
	}
	// Output:
	// FieldValueInvalid spec.network.nodeMask 33: is no length of an IPv4 range: those are 1 to 32
	// FieldValueInvalid spec.network.pods[0] 10.244.0.0/16: overlaps the service range 10.244.0.0/20: kube-controller-manager leaves those node ranges out if it is told the services, other allocators do not know of them
}

// A fieldError has the fields of field.Error of k8s.io/apimachinery pkg/util/validation/field.
type fieldError struct {
	Type     string
	Field    string
	BadValue any
	Detail   string
}

func (e *fieldError) String() string {
	return fmt.Sprintf("%s %s %v: %s", e.Type, e.Field, e.BadValue, e.Detail)
}
